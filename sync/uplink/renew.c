/* Renewing the certificate that this till shows.
 *
 * At two thirds of its term, and some days later, drawn, so that tills that enrolled in one week don't come in one minute;
 * when the hub asks for it (another key signs there), or the certificate lacks something that tills have come to need; and when
 * the hub says that it has expired, which a till that was in a cupboard hears first of all. By the hub's time once it has told
 * it: a wall clock that is years ahead must not renew again and again. A renewal that fails does not take the till offline: the
 * present certificate is good still. */
#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/uplink/internal.h"

#define TIMEOUT_MS   30000
#define PAUSE_MS     3600000 /* after one that was refused */
#define ASKED_MS     600000  /* over which tills spread that the hub asks */
#define JITTER_PARTS 12      /* of the term */
#define LEAST_MS                                                                                             \
    86400000 /* between two of them, whatever the clocks say; an hour when the hub says that the new one has expired */

static int64_t mono_ms(const struct vn_uplink *u)
{
    return vn_clock_mono_ns(&u->clock) / 1000000;
}

static int64_t hub_now_ms(const struct vn_uplink *u)
{
    int64_t told_ms = vn_uplink_hub_now_ms(u);
    return told_ms != 0 ? told_ms : vn_clock_wall_ms(&u->clock);
}

static int64_t draw(struct vn_uplink *u, int64_t most)
{
    uint64_t bits = 0;
    if (most <= 0 || vn_random_fill(&u->random, (uint8_t *)&bits, sizeof bits) != VN_OK) {
        return 0;
    }
    return (int64_t)(bits % (uint64_t)most);
}

void renew_plan(struct vn_uplink *u, const struct vn_uplink_certificate *certificate)
{
    int64_t term_ms = certificate->not_after_ms - certificate->not_before_ms;
    u->renewal = (struct renewal){.due_ms = certificate->not_before_ms + term_ms / 3 * 2 +
                                            draw(u, term_ms / JITTER_PARTS)};
    if (certificate->lacks) {
        u->renewal.asked_ms = mono_ms(u) + draw(u, ASKED_MS) + 1;
    }
    u->info.certificate_until_ms = certificate->not_after_ms;
    u->info.renewal[0] = '\0';
}

bool renew_is_due(const struct vn_uplink *u)
{
    const struct renewal *renewal = &u->renewal;
    if (u->info.certificate_until_ms == 0 || mono_ms(u) < renewal->pause_ms) {
        return false;
    }
    return renewal->expired || (renewal->asked_ms != 0 && mono_ms(u) >= renewal->asked_ms) ||
           hub_now_ms(u) >= renewal->due_ms;
}

/* One that was made by a hub's clock that was years behind is no good when that is right again. */
bool renew_when_expired(struct vn_uplink *u)
{
    if (u->renewal.fresh) {
        u->renewal.pause_ms -= LEAST_MS - PAUSE_MS;
        u->renewal.fresh = false;
    }
    u->renewal.expired = true;
    return u->info.certificate_until_ms != 0 && mono_ms(u) >= u->renewal.pause_ms;
}

void renew_hear(struct vn_uplink *u, struct vn_view status_reply)
{
    struct vn_error error;
    json_t *root = NULL;
    if (u->renewal.asked_ms == 0 && vn_json_parse(status_reply, &root, &error) == VN_OK &&
        json_is_true(json_object_get(root, "renew"))) {
        u->renewal.asked_ms = mono_ms(u) + draw(u, ASKED_MS) + 1;
    }
    json_decref(root);
}

static void pause(struct vn_uplink *u, const char *why)
{
    u->renewal.pause_ms = mono_ms(u) + PAUSE_MS;
    (void)snprintf(u->info.renewal, sizeof u->info.renewal, "%s", why);
    vn_log_event(u->log, VN_LOG_WARN, "certificate_not_renewed", VN_S("why", why));
    u->io.changed(u->io.ctx);
}

bool renew_send(struct vn_uplink *u)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_POS_BODY_MAX);
    u->io.renew(u->io.ctx, &body);
    bool sent = body.len > 0;
    if (sent) {
        const struct vn_uplink_request request = {.method = "POST",
                                                  .path = VN_RENEW_PATH,
                                                  .body = vn_buf_view(&body),
                                                  .content_type = "application/json",
                                                  .timeout_ms = TIMEOUT_MS};
        u->up = UP_RENEW;
        u->channels[VN_UPLINK_UP].busy = true;
        u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
    } else {
        pause(u, "no new key can be made");
    }
    vn_buf_deinit(&body);
    return sent;
}

/* Whether the refusal concerns the till, and not this wish of it. */
static bool is_general(const struct vn_uplink_response *r)
{
    const char *problem = r->problem == NULL ? "" : r->problem;
    return r->status != VN_OK || r->http_status == 401 || r->http_status == 429 || r->http_status == 503 ||
           (r->http_status == 403 &&
            (strstr(problem, "branch") != NULL || strstr(problem, "revoked") != NULL ||
             strstr(problem, "replaced") != NULL || strstr(problem, "unknown") != NULL));
}

static void refused(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    char why[VN_ERROR_TEXT_MAX];
    if (r->http_status == 404) {
        (void)snprintf(why, sizeof why, "the hub does not renew certificates yet: upgrade it");
    } else {
        (void)snprintf(why, sizeof why, "the hub answered %d: %.200s", r->http_status,
                       r->problem == NULL ? "" : r->problem);
    }
    pause(u, why);
}

void renew_response(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    if (is_general(r)) {
        (void)uplink_failed(u, VN_UPLINK_UP, r);
    } else if (r->http_status != 200) {
        refused(u, r);
    } else {
        u->channels[VN_UPLINK_UP].busy = true; /* until it is kept */
        u->io.renewed(u->io.ctx, r->body);
    }
}

void vn_uplink_on_renewed(struct vn_uplink *u, enum vn_status status,
                          const struct vn_uplink_certificate *certificate, const char *why)
{
    u->channels[VN_UPLINK_UP].busy = false;
    if (status != VN_OK) {
        pause(u, why);
    } else {
        renew_plan(u, certificate);
        u->renewal.pause_ms = mono_ms(u) + LEAST_MS;
        u->renewal.fresh = true;
        u->report = true; /* shows the new one, so that the hub knows that it arrived */
        u->channels[VN_UPLINK_UP].failures = 0;
        u->channels[VN_UPLINK_FEED].failures = 0;
        u->channels[VN_UPLINK_FEED].waiting = false; /* it may have been refused for the old one */
        vn_log_event(u->log, VN_LOG_NOTICE, "certificate_renewed",
                     VN_I("until_ms", certificate->not_after_ms));
        u->io.changed(u->io.ctx);
    }
    upload_next(u);
    follow_next(u);
}
