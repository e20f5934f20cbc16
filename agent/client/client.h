/* The C client of the agent's local API (docs/integrator.md), for a POS, a tool or a screen on the same
 * machine.
 *
 *     vn_client_open("/var/lib/verno/pos.sock", &client, &error);
 *     vn_buf_init(&reply, VN_CLIENT_REPLY_MAX);
 *     vn_client_call(client, "POST", "/v1/quote", body, 1000, &http_status, &reply, &error);
 *     vn_client_close(client);
 *
 * Calls block; streams (GET /v1/events, /v1/screen) bring lines while the client is pumped. A program with a
 * loop of its own polls vn_client_fd for reading, at most vn_client_wait_ms, and then calls
 * vn_client_pump(client, 0). One thread a client. Lines can also arrive within vn_client_call, so on_line
 * must bear that and must not call or close the client itself.
 *
 * Not here: what the requests mean, retries of failed calls (the same request may simply be sent again: the
 * agent gives the stored reply), TCP. */
#ifndef VN_CLIENT_CLIENT_H
#define VN_CLIENT_CLIENT_H

#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"

struct vn_client; /* opaque */

/* Makes a client for the unix socket; does not connect yet, so the agent may start later. VN_ARG, VN_NOMEM,
 * VN_IO. *out is owned by the caller. */
VN_MUST_USE enum vn_status vn_client_open(const char *socket_path, struct vn_client **out,
                                          struct vn_error *error);
/* Drops what is under way; on_end is not called for streams. NULL is fine. */
void vn_client_close(struct vn_client *client);

/* One request and its answer; waits at most timeout_ms. A 4xx or 5xx answer is VN_OK too: look at
 * *http_status, and at vn_client_problem. `reply` is cleared first; its own maximum bounds the answer.
 * Otherwise VN_ABSENT (no such socket: the agent isn't there), VN_GONE, VN_TIMEOUT, VN_DENIED, VN_INPUT,
 * VN_FULL, VN_IO, VN_NOMEM, with a sentence in *error, and *http_status is 0. */
VN_MUST_USE enum vn_status vn_client_call(struct vn_client *client, const char *method, const char *path,
                                          struct vn_view body, int64_t timeout_ms, int *http_status,
                                          struct vn_buf *reply, struct vn_error *error);

/* The sentence of a problem document (RFC 9457), "title: detail", for people; "the agent answered 400" when
 * the reply is none. Its pointer, if any, is in error->pointer. */
void vn_client_problem(int http_status, struct vn_view reply, struct vn_error *error);

struct vn_client_follower {
    /* One line, without its newline; the view lives until the callback returns. */
    void (*on_line)(void *ctx, struct vn_view line);
    /* The stream has ended (the agent went away, or refused: VN_UNSUPPORTED); follow again if wanted, not
     * from within. May be NULL. */
    void (*on_end)(void *ctx, enum vn_status status);
    void *ctx;
};

/* Starts following a path that streams lines, on a connection of its own. Returns at once; a failure to
 * connect comes as on_end. A line above VN_CLIENT_LINE_MAX ends the stream with VN_FULL. VN_FULL when
 * VN_CLIENT_FOLLOWS_MAX streams run already; VN_ARG, VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_client_follow(struct vn_client *client, const char *path,
                                            const struct vn_client_follower *follower,
                                            struct vn_error *error);

/* Handles what has come in; waits for something at most wait_ms (0: not at all). */
void vn_client_pump(struct vn_client *client, int64_t wait_ms);
/* For poll(): the descriptor becomes readable when vn_client_pump has something to do. */
int vn_client_fd(const struct vn_client *client);
/* How long poll() may wait before vn_client_pump is due; -1: without end. */
int vn_client_wait_ms(const struct vn_client *client);

#endif
