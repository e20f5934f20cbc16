/* HTTP calls from a fiber that waits for the answer: what a POS, a technician or an operator does. */
#ifndef SIM_WORLD_CALLER_H
#define SIM_WORLD_CALLER_H

#include <jansson.h>

#include "agent/base/bytes.h"
#include "tests/sim/core/sim.h"
#include "tests/sim/uv/loop.h"

#include "sync/net/client.h"

struct sim_caller {
    uv_loop_t loop;
    struct vn_http_client *client;
    struct vn_http_target target;
    const struct vn_http_header_out *headers; /* of each request; borrowed, NULL: none */
    size_t header_count;
    const char *content_type; /* NULL: JSON */
    enum vn_status status;
    int http;
    struct vn_buf reply;
};

/* In the fiber that will ask. The texts of `target` are borrowed. */
void sim_caller_open(struct sim_caller *caller, const struct vn_http_target *target);
void sim_caller_close(struct sim_caller *caller);
/* The HTTP status; 0: no answer, and caller->status says why. The body is in caller->reply. */
int sim_caller_ask(struct sim_caller *caller, const char *method, const char *path, struct vn_view body,
                   int64_t timeout_ms);
/* The same with JSON; `body` may be NULL and is taken. *out is the caller's, NULL when it isn't JSON. */
int sim_caller_json(struct sim_caller *caller, const char *method, const char *path, json_t *body,
                    int64_t timeout_ms, json_t **out);

#endif
