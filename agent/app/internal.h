/* What the files of the agent share. Nobody else includes this.
 *
 *   agent.c       its life; the till's wishes, the answers of journal and cache, devices
 *   agent_hub.c   the uplink's wishes, what is told about this till, and pruning
 *   agent_renewal.c   its next certificate */
#ifndef VN_APP_INTERNAL_H
#define VN_APP_INTERNAL_H

#include "agent/app/agent.h"
#include "agent/app/cache_thread.h"
#include "agent/app/hub_link.h"
#include "agent/app/journal_thread.h"
#include "agent/app/status.h"
#include "agent/crypto/sign.h"
#include "agent/pos/local_api.h"
#include "agent/store/enrolment.h"
#include "agent/till/till.h"
#include "drivers/devices.h"
#include "sync/uplink/uplink.h"

struct agent_renewal; /* agent_renewal.c */

struct vn_agent {
    uv_loop_t *loop;
    struct vn_log *log;
    struct vn_clock clock;
    struct vn_random random;
    char folder[VN_PATH_MAX];
    struct vn_app_config config;
    struct vn_enrolment enrolment;
    struct vn_key *key;                       /* until the link has it */
    struct vn_uplink_certificate certificate; /* that is shown */
    struct agent_renewal *renewal;            /* asked for; NULL: none */
    struct vn_journal_head head;
    struct vn_journal_thread *journal;
    struct vn_cache_thread *cache;
    struct vn_local_api *api;
    struct vn_till *till;
    struct vn_hub_link *link;
    struct vn_uplink *uplink;
    struct vn_devices *devices;
    int64_t told_seq,
        next_told_seq; /* of the frame applied last, and of the one being applied; -1: not said */
    char journal_trouble[VN_ERROR_TEXT_MAX]; /* why the last entry was not taken; "" when it was */
    bool journal_damaged;                    /* somewhere: an entry could not be taken, or not leave it */
    bool ending;                             /* nothing new is begun any more */
    bool failed;
};

/* The link and its uplink, not started yet. */
enum vn_status agent_hub_open(struct vn_agent *agent, struct vn_error *error);
/* For struct vn_uplink_io; ctx: the agent. */
void agent_renewal_ask(void *ctx, struct vn_buf *out);
void agent_renewal_keep(void *ctx, struct vn_view body);
void agent_renewal_end(struct vn_agent *agent);
/* Prunes what the hub has and the cache includes. */
void agent_hub_prune(struct vn_agent *agent);
/* The answer to GET /v1/status; ctx: the agent. */
json_t *agent_status_json(void *ctx);

#endif
