/* The uplink's hands: its requests over TLS, its timers, its answers back. Two connections, one a channel. */
#ifndef VN_APP_HUB_LINK_H
#define VN_APP_HUB_LINK_H

#include <uv.h>

#include "agent/base/log.h"
#include "agent/base/random.h"
#include "agent/crypto/sign.h"
#include "agent/store/enrolment.h"
#include "sync/uplink/uplink.h"

struct vn_hub_link; /* opaque */

struct vn_hub_link_target {
    const char *host;
    uint16_t port;
    const struct vn_enrolment *enrolment; /* certificates; read at create */
    const struct vn_key *key;             /* copied */
};

/* Connects nothing yet. `stamp` fills the header of each request, at the moment when it leaves. */
VN_MUST_USE enum vn_status vn_hub_link_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                              struct vn_log *log, const struct vn_hub_link_target *target,
                                              void (*stamp)(void *ctx, struct vn_stamp *out), void *ctx,
                                              struct vn_hub_link **out, struct vn_error *error);
/* Another certificate, key and authority, for all requests from now on. A long-poll that is under way is asked anew; anything
 * else must not be. Statuses of vn_http_client_create; on failure nothing has changed. */
VN_MUST_USE enum vn_status vn_hub_link_renew(struct vn_hub_link *link, const struct vn_enrolment *enrolment,
                                             const struct vn_key *key, struct vn_error *error);
/* Whom answers and timers go to; set once. */
void vn_hub_link_uplink(struct vn_hub_link *link, struct vn_uplink *uplink);
/* The memory goes when the loop has closed the handles. */
void vn_hub_link_destroy(struct vn_hub_link *link);

/* For struct vn_uplink_io. */
void vn_hub_link_send(struct vn_hub_link *link, enum vn_uplink_channel channel,
                      const struct vn_uplink_request *request);
void vn_hub_link_timer(struct vn_hub_link *link, enum vn_uplink_channel channel, int64_t delay_ms);
void vn_hub_link_rights_timer(struct vn_hub_link *link, int64_t delay_ms);

#endif
