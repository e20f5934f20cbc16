/* Text on a surface: measured, wrapped at blanks into lines of like length, shrunk, and only then cut with "…". Over SDL2_ttf. */
#ifndef VN_SCREEN_TEXT_H
#define VN_SCREEN_TEXT_H

#include <SDL2/SDL.h>
#include <stdbool.h>

#include "agent/base/error.h"

struct vn_screen_fonts; /* opaque: a plain and a bold face */

/* `path` NULL: the first of a list of known places. VN_ABSENT with the sentence to show, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_screen_fonts_open(const char *path, struct vn_screen_fonts **out,
                                                struct vn_error *error);
void vn_screen_fonts_close(struct vn_screen_fonts *fonts); /* NULL is fine */

enum vn_screen_align { VN_SCREEN_LEFT, VN_SCREEN_RIGHT, VN_SCREEN_CENTRE };

struct vn_screen_line {
    const char *text;
    bool bold;
    int size_max, size_min; /* pixels; the largest that fits is taken */
    unsigned lines_max;     /* at most VN_SCREEN_LINES_MAX */
    enum vn_screen_align align;
    SDL_Color colour;
};

#define VN_SCREEN_LINES_MAX 4

/* What became of a text: where its pixels are, and whether it had to be cut. */
struct vn_screen_ink {
    SDL_Rect box;
    bool cut;
};

/* Draws into `box`, centred vertically, never outside of it. */
struct vn_screen_ink vn_screen_text(struct vn_screen_fonts *fonts, SDL_Surface *surface, SDL_Rect box,
                                    const struct vn_screen_line *line);

/* The size at which vn_screen_text would draw it; what stands side by side is drawn at the smallest of all. */
int vn_screen_text_size(struct vn_screen_fonts *fonts, SDL_Rect box, const struct vn_screen_line *line);

/* Width in pixels at a size, in one line. */
int vn_screen_text_width(struct vn_screen_fonts *fonts, const char *text, bool bold, int size);

#endif
