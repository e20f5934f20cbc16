/* What the HTTP side of the hub shares: who waits for what on the loop.
 *
 * Journals that arrive in one turn of the loop are taken in together at its end: one transaction, one fsync,
 * then the replies (api_journal.c). Long-polls wait in a list and are looked at once per turn in which
 * something was committed (api_feed.c). Single-threaded: the loop owns the store. */
#ifndef VN_HUB_SERVICE_H
#define VN_HUB_SERVICE_H

#include <uv.h>

#include "agent/base/json.h"

#include "sync/hub/hub.h"
#include "sync/net/server.h"
#include "sync/wire/batch.h"
#include "sync/wire/stamp.h"

struct vn_pending; /* a journal request of this turn */
struct vn_waiter;  /* a long-poll */

struct vn_service {
    struct vn_hub *hub;
    uv_loop_t *loop;
    uv_check_t turn; /* the end of a turn with something to do */
    uv_idle_t awake; /* keeps that turn from sleeping */
    uv_timer_t patience;
    bool changed; /* something was committed in this turn */
    struct vn_pending *journals;
    struct vn_waiter *waiters;
    char (*revoked)[VN_SERIAL_TEXT_MAX]; /* serial numbers; checked at every request */
    size_t revoked_count;
    int64_t *contacts; /* wall time of the last request, by number of the enrolment */
    size_t contact_count;
};

VN_MUST_USE enum vn_status vn_service_init(struct vn_service *service, struct vn_hub *hub, uv_loop_t *loop,
                                           struct vn_error *error);
/* Closes the handles; the loop must run until they are gone, and then deinit frees the memory. */
void vn_service_close(struct vn_service *service);
void vn_service_deinit(struct vn_service *service);

/* Something was committed: look at the long-polls at the end of this turn. */
void vn_service_changed(struct vn_service *service);
/* A journal waits for the end of this turn. */
void vn_service_journal_waits(struct vn_service *service);
/* Takes in the journals that wait, now. */
void vn_service_take_journals(struct vn_service *service);
/* Reads the list of revoked serial numbers anew. */
VN_MUST_USE enum vn_status vn_service_read_revoked(struct vn_service *service);
bool vn_service_is_revoked(void *service, const char *serial); /* hook of the server */
void vn_service_contact(struct vn_service *service, int64_t enrolment);
int64_t vn_service_last_contact(const struct vn_service *service, int64_t enrolment); /* 0: not since start */

/* The handlers of the two servers. */
void vn_api_tills(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request);
void vn_api_admin(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request);

/* Parts of vn_api_tills. All of them end or keep the exchange. */
void vn_api_journal(struct vn_service *service, struct vn_http_exchange *exchange,
                    const struct vn_http_request *request, const struct vn_enrolment_row *row);
void vn_api_feed(struct vn_service *service, struct vn_http_exchange *exchange,
                 const struct vn_http_request *request, const struct vn_enrolment_row *row);
void vn_api_snapshot(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_enrolment_row *row);

/* At the end of a turn. */
void vn_journals_flush(struct vn_service *service);
void vn_waiters_wake(struct vn_service *service);
void vn_waiters_expire(struct vn_service *service);

/* Replies. The body of `json` is dumped and the reference taken. */
void vn_reply_json(struct vn_http_exchange *exchange, int http_status, json_t *json);
/* A problem document for a status; `error` may be NULL. Logs what is our own trouble. */
void vn_reply_status(struct vn_service *service, struct vn_http_exchange *exchange, enum vn_status status,
                     const struct vn_error *error);

#endif
