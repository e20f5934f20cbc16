/* The local API: how a POS, the screens and the technician's commands talk to the agent. HTTP/1.1 and JSON on a unix
 * socket; docs/integrator.md shows every path with an example.
 *
 * This box turns requests into calls of the till and the till's answers into replies. It decides nothing about a sale.
 * Everything is on the loop's thread. */
#ifndef VN_POS_LOCAL_API_H
#define VN_POS_LOCAL_API_H

#include <uv.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/till/till.h"

struct vn_local_api; /* opaque */

/* What the API shows that is not the till's. */
struct vn_local_api_sources {
    json_t *(*status)(void *ctx); /* the body of GET /v1/status; a new reference */
    /* Reads `count` entries from `from`; `done` comes later, with lines {"seq","hash","entry"}. VN_AGAIN: busy. */
    enum vn_status (*journal)(void *ctx, int64_t from, int64_t count,
                              void (*done)(void *done_ctx, enum vn_status status, struct vn_view lines),
                              void *done_ctx);
    /* What this till may take without asking: an object for GET /v1/rights; `done` comes later, with a new reference, or NULL if
     * it can't be read. VN_AGAIN: busy. */
    enum vn_status (*rights)(void *ctx, void (*done)(void *done_ctx, json_t *rights), void *done_ctx);
    void *ctx;
};

/* Listens on `path` with mode 0660. VN_CONFLICT: another agent is there. `log` may be NULL. */
VN_MUST_USE enum vn_status vn_local_api_create(uv_loop_t *loop, struct vn_clock clock, struct vn_log *log,
                                               const char *path, const char *locale,
                                               const struct vn_local_api_sources *sources,
                                               struct vn_local_api **out, struct vn_error *error);
/* The till that calls go to; set once, before the loop runs. */
void vn_local_api_till(struct vn_local_api *api, struct vn_till *till);
/* Ends streams and refuses what waits; memory goes when the loop has closed the handles. */
void vn_local_api_destroy(struct vn_local_api *api);

/* The till's answers: wired to struct vn_till_io. */
void vn_local_api_answer(struct vn_local_api *api, uint64_t call, int http_status, struct vn_view json);
void vn_local_api_problem(struct vn_local_api *api, uint64_t call, int http_status, const char *title,
                          const char *detail, const char *pointer);
void vn_local_api_changed(struct vn_local_api *api); /* the session is another: screens follow */
void vn_local_api_event(struct vn_local_api *api, const struct vn_till_event *event);
/* Things that the till does not know. */
void vn_local_api_event_network(struct vn_local_api *api, bool online);
void vn_local_api_event_ruleset(struct vn_local_api *api, int64_t number);

#endif
