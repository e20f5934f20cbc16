/* What the files of the agent share. Nobody else includes this.
 *
 *   agent.c       its life; the till's wishes, the answers of journal and cache, devices
 *   agent_hub.c   the uplink's wishes, what is told about this till, and pruning
 *   agent_renewal.c   its next certificate
 *   agent_peer.c  the other tills of its store
 *   agent_rights.c    what it may take without asking, for people */
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
struct agent_peer;    /* agent_peer.c */

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
    struct agent_peer *peer;
    struct vn_devices *devices;
    int64_t told_seq,
        next_told_seq; /* of the frame applied last, and of the one being applied; -1: not said */
    char journal_trouble[VN_ERROR_TEXT_MAX]; /* why the last entry was not taken; "" when it was */
    int64_t risk_member;                     /* as the hub last said */
    bool counting;                           /* its rights, for people */
    bool outage;                             /* since the hub was reached last */
    bool journal_damaged;                    /* somewhere: an entry could not be taken, or not leave it */
    bool ending;                             /* nothing new is begun any more */
    bool failed;
};

/* For struct vn_local_api_sources; ctx: the agent. */
enum vn_status agent_rights_count(void *ctx, void (*done)(void *done_ctx, json_t *rights), void *done_ctx);
/* The link and its uplink, not started yet. */
enum vn_status agent_hub_open(struct vn_agent *agent, struct vn_error *error);
/* For struct vn_uplink_io; ctx: the agent. */
void agent_renewal_ask(void *ctx, struct vn_buf *out);
void agent_renewal_keep(void *ctx, struct vn_view body);
void agent_renewal_end(struct vn_agent *agent);
/* The journal's disk failed: the agent ends. */
void agent_end_if_disk_failed(struct vn_agent *agent, enum vn_status status);

/* Before the hub's part and after it; `judging` is the clock that certificates are judged by. */
enum vn_status agent_peer_open(struct vn_agent *agent, struct vn_clock judging, struct vn_error *error);
void agent_peer_start(struct vn_agent *agent);
void agent_peer_end(struct vn_agent *agent);     /* no input any more; jobs of the journal may be under way */
void agent_peer_destroy(struct vn_agent *agent); /* behind the journal */
/* For struct vn_uplink_io; ctx: the agent. */
void agent_peer_roster(void *ctx, struct vn_view document);
/* The till's wish: to the hub when it can be asked, else to neighbours. */
void agent_peer_rights(struct vn_agent *agent, const struct vn_rights_request *request);
/* The hub's answer came. True: there was none, and neighbours are asked instead. */
bool agent_peer_instead(struct vn_agent *agent, const struct vn_rights_reply *reply);
/* What neighbours have of an account, for the till. False: they are not asked now. */
bool agent_peer_look(struct vn_agent *agent, const char *account);
/* After a renewal. */
void agent_peer_renew(struct vn_agent *agent, const struct vn_key *key);
void agent_peer_network(struct vn_agent *agent, bool online, bool refused); /* by the hub */
json_t *agent_peer_place(struct vn_agent *agent); /* of a report to the hub; NULL: no memory */
json_t *agent_peer_json(struct vn_agent *agent);  /* for people; NULL: no memory */

/* Prunes what the hub has and the cache includes. */
void agent_hub_prune(struct vn_agent *agent);
/* The answer to GET /v1/status; ctx: the agent. */
json_t *agent_status_json(void *ctx);

#endif
