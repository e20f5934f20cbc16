/* The cashier's window on a libuv loop: a strip that stays visible over a full-screen POS, never takes the
 * keyboard's focus, and repaints only when its model or its size changed.
 *
 * Under X11 it is an override-redirect window that watches the root and raises itself, at most every
 * VN_SCREEN_RAISE_MS, when another window is mapped, raised or moved; while nothing happens nothing runs. On
 * other displays SDL has no descriptor to wait on and is asked every VN_SCREEN_POLL_MS. Touch arrives as
 * mouse. */
#ifndef VN_SCREEN_WINDOW_H
#define VN_SCREEN_WINDOW_H

#include <uv.h>

#include "agent/base/error.h"
#include "ui/prompt/model.h"

#define VN_SCREEN_RAISE_MS 100
#define VN_SCREEN_POLL_MS  20

enum vn_screen_edge { VN_SCREEN_BOTTOM, VN_SCREEN_TOP };

struct vn_screen_window_options {
    int width, height; /* pixels; cut to the display */
    enum vn_screen_edge edge;
    const char *font;                              /* NULL: DejaVu Sans where Debian has it */
    void (*tap)(void *ctx, enum vn_action action); /* on the loop */
    void (*closed)(void *ctx);                     /* the window was closed from outside */
    void *ctx;
};

struct vn_screen_window; /* opaque */

/* Opens the window, empty. VN_ABSENT: no display, or no font (sentence in *error); VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_screen_window_open(uv_loop_t *loop,
                                                 const struct vn_screen_window_options *options,
                                                 struct vn_screen_window **out, struct vn_error *error);
/* Draws the model, which is copied. */
void vn_screen_window_show(struct vn_screen_window *window, const struct vn_screen_model *model);
/* The memory goes when the loop has closed the handles: run it until then. NULL is fine. */
void vn_screen_window_close(struct vn_screen_window *window);

#endif
