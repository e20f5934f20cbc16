/* The line between a screen and the agent: models come in, taps go out. For the window and the text screen.
 *
 * Asks the agent's local API for `GET /v1/screen`, an answer without end whose lines are screen models, and
 * hands on each model that differs from the one before. When the agent is away it tries again, after 0.2 s at
 * first and 2 s at most, and after the first vain try hands on the model that says so. Lines that are no model
 * are logged and skipped. Nothing blocks; everything is on the loop's thread. There is no timer while
 * connected. */
#ifndef VN_FEED_FEED_H
#define VN_FEED_FEED_H

#include <uv.h>

#include "agent/base/error.h"
#include "agent/base/log.h"
#include "ui/prompt/model.h"

struct vn_screen_feed; /* opaque */

struct vn_screen_feed_options {
    const char *socket_path; /* of the agent's local API */
    const char *locale;      /* of what the screen says by itself, until a model has brought the agent's */
    struct vn_log *log;      /* borrowed, may be NULL */
    void (*show)(void *ctx, const struct vn_screen_model *model); /* the model lives until it returns */
    void *ctx;
};

/* Starts at once; `show` is called from the loop, never from within create. VN_ARG (text in *error),
 * VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_screen_feed_create(uv_loop_t *loop,
                                                 const struct vn_screen_feed_options *options,
                                                 struct vn_screen_feed **out, struct vn_error *error);

/* Sends `POST /v1/tap`. VN_AGAIN: the tap before is still under way; VN_GONE: the agent is away; VN_ARG,
 * VN_NOMEM. A tap that gets lost is not sent again: the screen still shows the choice. */
VN_MUST_USE enum vn_status vn_screen_feed_tap(struct vn_screen_feed *feed, enum vn_action action);

/* The memory goes when the loop has closed the handles: run it until then. NULL is fine. */
void vn_screen_feed_destroy(struct vn_screen_feed *feed);

#endif
