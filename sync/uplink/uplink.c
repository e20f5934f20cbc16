#include "sync/uplink/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/uplink/internal.h"

#define BACKOFF_FIRST_MS   500
#define BACKOFF_MAX_MS     60000
#define BACKOFF_LEAST_MS   100 /* a fault that comes at once must not become a busy loop */
#define RETRY_AFTER_MAX_MS 3600000
#define RETRY_AFTER_STEPS  6 /* of the back-off that is added to it */

const char *vn_uplink_state_name(enum vn_uplink_state state)
{
    static const char *const names[] = {"new",     "enrolled",    "snapshot", "live",
                                        "backoff", "quarantined", "revoked"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

enum vn_status vn_uplink_create(struct vn_clock clock, struct vn_random random, struct vn_log *log,
                                const struct vn_uplink_io *io, struct vn_uplink **out)
{
    struct vn_uplink *uplink = calloc(1, sizeof *uplink);
    *out = uplink;
    if (uplink == NULL) {
        return VN_NOMEM;
    }
    uplink->clock = clock;
    uplink->random = random;
    uplink->log = log;
    uplink->io = *io;
    uplink->batch_max = VN_BATCH_ENTRIES_MAX;
    uplink->batch_bytes_max = UPLINK_BATCH_FIRST;
    (void)snprintf(uplink->info.reason, sizeof uplink->info.reason, "the hub has not been reached yet");
    return VN_OK;
}

void vn_uplink_destroy(struct vn_uplink *uplink)
{
    free(uplink);
}

void vn_uplink_info(const struct vn_uplink *uplink, struct vn_uplink_info *out)
{
    *out = uplink->info;
}

int64_t vn_uplink_hub_now_ms(const struct vn_uplink *u)
{
    return u->hub_mono_ms == 0 ? 0 : u->hub_mono_ms + vn_clock_mono_ns(&u->clock) / 1000000;
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

void uplink_wait(struct vn_uplink *u, enum vn_uplink_channel channel, int64_t delay_ms)
{
    u->channels[channel].waiting = true;
    u->io.timer(u->io.ctx, channel, delay_ms);
}

/* Full jitter: anything from nothing to the ceiling, so that a thousand tills don't come back in step. After a long
 * outage the ceiling is at least what the hub asked for while it was there. */
int64_t uplink_backoff_ms(struct vn_uplink *u, int failures)
{
    int64_t most = u->spread_ms > BACKOFF_MAX_MS ? u->spread_ms : BACKOFF_MAX_MS;
    int64_t ceiling = BACKOFF_FIRST_MS;
    for (int i = 1; i < failures && ceiling < most; i++) {
        ceiling *= 2;
    }
    ceiling = ceiling > most ? most : ceiling;
    uint64_t draw = 0;
    if (vn_random_fill(&u->random, (uint8_t *)&draw, sizeof draw) != VN_OK) {
        return ceiling;
    }
    return BACKOFF_LEAST_MS + (int64_t)(draw % (uint64_t)ceiling);
}

/* --- online, offline ---------------------------------------------------------------------------------------------- */

void uplink_answer_rights(struct vn_uplink *u, const struct vn_rights_reply *reply)
{
    if (u->rights_wanted) {
        u->rights_wanted = false;
        u->rights_sent = false;
        u->io.rights(u->io.ctx, reply, true);
    }
}

static bool is_refused(const struct vn_uplink *u)
{
    return u->info.state == VN_UPLINK_QUARANTINED || u->info.state == VN_UPLINK_REVOKED;
}

/* `proves_journal`: the hub took entries, or stated rights against our head. Only that ends a quarantine; the feed may
 * work in spite of any refusal. */
void uplink_went_well(struct vn_uplink *u, enum vn_uplink_channel channel, bool proves_journal)
{
    enum vn_uplink_state state = u->info.cursor.epoch == 0 ? VN_UPLINK_SNAPSHOT : VN_UPLINK_LIVE;
    u->ever_online = true;
    if (channel == VN_UPLINK_UP) {
        u->channels[channel].failures = 0;
        u->up_reason[0] = '\0';
    }
    if ((u->info.state == VN_UPLINK_QUARANTINED && !proves_journal) ||
        (u->info.state == VN_UPLINK_REVOKED && channel == VN_UPLINK_FEED)) {
        return;
    }
    bool news = !u->info.online || u->info.state != state;
    u->info.online = true;
    u->info.offline_since_ms = 0;
    u->info.state = state;
    (void)snprintf(
        u->info.reason, sizeof u->info.reason, "%s",
        u->reloads
            ? "the hub no longer has what changed since this till was last in touch: all is loaded anew"
            : u->up_reason);
    if (news) {
        u->report = true; /* what it was told last was that we are not */
        vn_log_event(u->log, VN_LOG_NOTICE, "hub_online", VN_S("state", vn_uplink_state_name(state)));
        u->io.changed(u->io.ctx);
    }
}

/* A refusal stays what it is, whatever else goes wrong meanwhile; a till that never was in touch stays that. */
static void go_offline(struct vn_uplink *u, enum vn_uplink_state state, const char *reason)
{
    if (is_refused(u) && state == VN_UPLINK_BACKOFF) {
        return;
    }
    if (u->info.state == VN_UPLINK_ENROLLED && state == VN_UPLINK_BACKOFF) {
        state = VN_UPLINK_ENROLLED;
    }
    bool news = u->info.online || u->info.state != state ||
                strncmp(u->info.reason, reason, sizeof u->info.reason - 1) != 0;
    if (u->info.online || (u->ever_online && u->info.offline_since_ms == 0)) {
        u->info.offline_since_ms = vn_clock_wall_ms(&u->clock);
    }
    u->info.online = false;
    u->info.state = state;
    (void)snprintf(u->info.reason, sizeof u->info.reason, "%s", reason);
    if (news) {
        vn_log_event(u->log, VN_LOG_WARN, "hub_offline", VN_S("state", vn_uplink_state_name(state)),
                     VN_S("why", reason));
        u->io.changed(u->io.ctx);
    }
}

void uplink_went_wrong(struct vn_uplink *u, enum vn_uplink_channel channel, enum vn_uplink_state state,
                       const char *reason, int64_t retry_ms)
{
    struct channel *c = &u->channels[channel];
    c->failures++;
    if (channel == VN_UPLINK_UP) {
        u->report = true; /* so that there is something to try again with, whatever this request was */
        /* One entry finds out whether the hub answers again; and on a line too slow for many at once, beginning with
         * all of them each time would hardly bring one through. Each batch that is taken doubles it. */
        u->batch_max = 1;
        u->batch_bytes_max =
            u->batch_bytes_max / 2 > UPLINK_BATCH_LEAST ? u->batch_bytes_max / 2 : UPLINK_BATCH_LEAST;
        (void)snprintf(u->up_reason, sizeof u->up_reason, "%s", reason != NULL ? reason : "");
    } else {
        u->polled = false;
    }
    go_offline(u, state, reason != NULL ? reason : "");
    uplink_answer_rights(u, NULL);
    uplink_wait(u, channel, retry_ms >= 0 ? retry_ms : uplink_backoff_ms(u, c->failures));
}

/* Many tills that are sent away for a second each, again and again, are more than the hub has time for. */
static int64_t retry_after_ms(struct vn_uplink *u, enum vn_uplink_channel channel,
                              const struct vn_uplink_response *r)
{
    if (r->retry_after_ms < 0) {
        return -1;
    }
    int64_t wanted = r->retry_after_ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : r->retry_after_ms;
    int failures = u->channels[channel].failures + 1;
    return wanted + uplink_backoff_ms(u, failures < RETRY_AFTER_STEPS ? failures : RETRY_AFTER_STEPS);
}

bool uplink_failed(struct vn_uplink *u, enum vn_uplink_channel channel, const struct vn_uplink_response *r)
{
    char reason[VN_ERROR_TEXT_MAX];
    const char *problem = r->problem == NULL ? "" : r->problem;
    enum vn_uplink_state state = VN_UPLINK_BACKOFF;
    int64_t retry_ms = -1;
    if (r->status != VN_OK) {
        uplink_went_wrong(u, channel, state, r->reason, -1);
        return true;
    }
    switch (r->http_status) {
    case 200: return false;
    case 401: /* a date, another authority, a hub that was made anew: not the same as revoked */
        (void)snprintf(reason, sizeof reason, "the hub does not accept this till's certificate: %s", problem);
        retry_ms = UPLINK_REFUSED_RETRY_MS;
        if (strstr(problem, "expired") != NULL && renew_when_expired(u)) {
            retry_ms = uplink_backoff_ms(u, 1);
        }
        break;
    case 403:
        (void)snprintf(reason, sizeof reason, "the hub refuses this till: %s", problem);
        state = strstr(problem, "branch") != NULL ? VN_UPLINK_QUARANTINED : VN_UPLINK_REVOKED;
        retry_ms = UPLINK_REFUSED_RETRY_MS;
        break;
    case 413:
        (void)snprintf(reason, sizeof reason,
                       "the hub does not take an entry as large as this till's next one: %s", problem);
        retry_ms = UPLINK_REFUSED_RETRY_MS;
        break;
    case 426:
        (void)snprintf(reason, sizeof reason,
                       "the hub needs a newer version of the agent: upgrade this till");
        retry_ms = UPLINK_REFUSED_RETRY_MS;
        break;
    case 429:
        retry_ms = retry_after_ms(u, channel, r);
        (void)snprintf(reason, sizeof reason, "the hub has too much to do, and is asked again in a while");
        break;
    case 503:
        retry_ms = retry_after_ms(u, channel, r);
        (void)snprintf(reason, sizeof reason, "the hub can't work now%s%s", problem[0] == '\0' ? "" : ": ",
                       problem);
        break;
    default:
        (void)snprintf(reason, sizeof reason, "the hub answered %d%s%s", r->http_status,
                       problem[0] == '\0' ? "" : ": ", problem);
        break;
    }
    uplink_went_wrong(u, channel, state, reason, retry_ms);
    return true;
}

/* --- events ------------------------------------------------------------------------------------------------------- */

void vn_uplink_start(struct vn_uplink *u, const struct vn_uplink_from *from)
{
    u->started = true;
    u->head_seq = from->head_seq;
    u->sent_seq = from->acked_seq;
    u->info.acked_seq = from->acked_seq;
    u->info.durable_seq = from->durable_seq;
    u->info.hub_offset_ms = from->hub_offset_ms;
    u->info.cursor = from->cursor;
    u->grant = from->grant;
    u->own = from->enrolment;
    u->told = -1;
    u->rights_due = true;
    renew_plan(u, &from->certificate);
    bool never = from->cursor.epoch == 0 && from->acked_seq == 0;
    u->info.state = never ? VN_UPLINK_ENROLLED : VN_UPLINK_BACKOFF;
    u->report = true;
    follow_next(u);
    upload_next(u);
}

void vn_uplink_on_grown(struct vn_uplink *u, int64_t head_seq)
{
    u->head_seq = head_seq > u->head_seq ? head_seq : u->head_seq;
    upload_next(u);
}

void vn_uplink_on_granted(struct vn_uplink *u, int64_t grant)
{
    u->grant = grant;
}

void vn_uplink_on_response(struct vn_uplink *u, enum vn_uplink_channel channel,
                           const struct vn_uplink_response *response)
{
    u->channels[channel].busy = false;
    if (channel == VN_UPLINK_UP) {
        upload_response(u, response);
    } else {
        follow_response(u, response);
    }
    upload_next(u);
    follow_next(u);
}

void vn_uplink_on_timer(struct vn_uplink *u, enum vn_uplink_channel channel)
{
    u->channels[channel].waiting = false;
    if (channel == VN_UPLINK_UP) {
        upload_next(u);
    } else {
        follow_next(u);
    }
}

void vn_uplink_report(struct vn_uplink *u)
{
    u->report = true;
    upload_next(u);
}

enum vn_status vn_uplink_ask(struct vn_uplink *u, const struct vn_rights_request *request)
{
    if (request->count == 0 || request->count > VN_RIGHTS_MAX) {
        return VN_ARG;
    }
    u->rights_wanted = true;
    u->rights_sent = false;
    u->rights = *request;
    u->io.rights_timer(u->io.ctx, u->info.online ? VN_RIGHTS_WAIT_MS : 0);
    if (u->info.online) {
        upload_next(u);
    }
    return VN_OK;
}

void vn_uplink_on_rights_timer(struct vn_uplink *u)
{
    uplink_answer_rights(u, NULL);
}
