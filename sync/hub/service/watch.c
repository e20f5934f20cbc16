#include "sync/hub/service/watch.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/core/setting.h"

#include "sync/hub/core/clock_guard.h"
#include "sync/hub/service/requote.h"
#include "sync/hub/storage/account_id.h"

#define EVERY_MS 2000
#define QUIET_MS INT64_C(86400000)

struct look {
    struct vn_task task; /* first */
    struct vn_watch *watch;
    struct vn_settings before;
    int64_t quarantined, backup_ms, epoch, unshown, not_told;
    struct vn_open_loans untold, unended;
    struct vn_ca_look keys;
    bool seen, standby;
};

static void run_look(struct vn_task *task, struct vn_hub *hub)
{
    struct look *look = (struct look *)task;
    enum vn_status status = vn_settings_read(hub->settings, &look->before, hub->storage);
    if (status == VN_OK) {
        status = vn_storage_quarantined(hub->storage, &look->quarantined);
    }
    if (status == VN_OK) {
        status = vn_storage_number(hub->storage, "backup_ms", &look->backup_ms);
    }
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_storage_number(hub->storage, "epoch", &look->epoch);
    }
    if (status == VN_OK) {
        status = vn_storage_held(hub->storage, &look->standby);
    }
    if (status == VN_OK) {
        status = vn_storage_unshown(hub->storage, &look->unshown);
    }
    if (status == VN_OK) {
        status = vn_storage_not_told(hub->storage, &look->not_told);
    }
    if (status == VN_OK) {
        status = vn_storage_loans_untold(hub->storage, vn_hub_now_ms(hub), &look->untold);
    }
    if (status == VN_OK) {
        status = vn_storage_loans_unended(hub->storage, vn_hub_now_ms(hub), &look->unended);
    }
    look->seen = status == VN_OK;
    vn_ca_look(hub->keys->ca, vn_hub_now_ms(hub), &look->keys);
}

static bool look_ended(struct vn_task *task)
{
    struct look *look = (struct look *)task;
    look->watch->busy = false;
    if (look->keys.issuing_until_ms != 0) { /* it was run */
        look->watch->keys = look->keys;
    }
    if (look->seen) {
        look->watch->quarantined = look->quarantined;
        look->watch->backup_ms = look->backup_ms;
        look->watch->epoch = look->epoch;
        look->watch->standby = look->standby;
        look->watch->unshown = look->unshown;
        look->watch->untold = look->untold;
        look->watch->unended = look->unended;
        look->watch->looked = true;
        if (look->watch->not_told > 0 && look->not_told == 0) {
            vn_service_release(task->service); /* what waits for the tills goes on */
        }
        look->watch->not_told = look->not_told;
    }
    return false;
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_watch *watch = timer->data;
    struct look *look = watch->busy ? NULL : vn_task_own(sizeof *look, watch->service);
    if (look != NULL) {
        watch->busy = true;
        look->watch = watch;
        vn_settings_copy(watch->service->hub->settings, &look->before);
        look->task.run = run_look;
        look->task.ended = look_ended;
        vn_task_post(&look->task, VN_LANE_LOOKS);
    }
}

void vn_watch_init(struct vn_watch *watch, const struct vn_hub *hub)
{
    *watch = (struct vn_watch){.hub = hub, .started_ns = vn_clock_mono_ns(&hub->clock)};
}

bool vn_watch_away(struct vn_watch *watch, const char *reason)
{
    bool news = watch->away_since_ms == 0 || strcmp(watch->away_reason, reason) != 0;
    watch->away_since_ms = watch->away_since_ms == 0 ? vn_hub_now_ms(watch->hub) : watch->away_since_ms;
    (void)snprintf(watch->away_reason, sizeof watch->away_reason, "%s", reason);
    return news;
}

void vn_watch_start(struct vn_watch *watch, struct vn_service *service)
{
    watch->service = service;
    watch->epoch = service->hub->epoch;
    watch->away_since_ms = 0;
    (void)uv_timer_init(service->loop, &watch->timer);
    watch->timer.data = watch;
    (void)uv_timer_start(&watch->timer, on_timer, 0, EVERY_MS);
}

void vn_watch_close(struct vn_watch *watch)
{
    uv_close((uv_handle_t *)&watch->timer, NULL);
}

void vn_watch_replied(void *watch, const struct vn_http_peer *peer, const char *path, int status)
{
    struct vn_watch *self = watch;
    const struct vn_fleet_seen *seen = status < 400 || self->service == NULL
                                           ? NULL
                                           : vn_fleet_table_by_name(self->service->fleet, peer->name);
    vn_metrics_replied(&self->metrics, path, status);
    vn_bad_note(&self->bad, vn_hub_mono_ms(self->hub), status, seen == NULL ? "" : seen->till);
}

/* The fleet, counted. */
static void count_fleet(const struct vn_watch *watch, struct vn_levels *out)
{
    const struct vn_service *service = watch->service;
    int64_t now_ms = vn_hub_now_ms(service->hub);
    for (size_t i = 0; i < vn_fleet_table_count(service->fleet); i++) {
        const struct vn_fleet_seen *seen = vn_fleet_table_at(service->fleet, i);
        out->enrolments[seen->state]++;
        out->acknowledged += seen->high_seq;
        out->quiet += seen->state == VN_ENROLMENT_ACTIVE && now_ms - seen->contact_ms > QUIET_MS ? 1 : 0;
    }
}

/* What the machine's clock says, when it is doubted; else 0. */
static int64_t doubted_ms(const struct vn_hub *hub)
{
    struct vn_clock_view view = vn_clock_guard_look(hub->guard);
    return view.doubted ? view.machine_ms : 0;
}

static const char *what_is_lent(int64_t account)
{
    switch (vn_account_kind(account)) {
    case VN_ACCOUNT_MEMBER:
    case VN_ACCOUNT_FURTHER: return "points";
    case VN_ACCOUNT_COUPON: return "coupons";
    case VN_ACCOUNT_NAMED: break;
    }
    return "uses of an offer, or stamps";
}

static struct vn_health_loan loan_of(const struct vn_open_loans *loans)
{
    struct vn_health_loan loan = {.count = loans->count,
                                  .amount = loans->amount,
                                  .lender = loans->lender,
                                  .borrower = loans->borrower,
                                  .what = what_is_lent(loans->account),
                                  .heard = loans->heard};
    if (loans->ended) {
        vn_hex_encode(vn_view_of(loans->enrolment.bytes, VN_ID_BYTES), loan.ended);
    }
    return loan;
}

/* What is known without a database. */
static void judge_waiting(const struct vn_watch *watch, struct vn_health *out)
{
    const struct vn_health_facts facts = {.now_ms = vn_hub_now_ms(watch->hub),
                                          .machine_ms = doubted_ms(watch->hub),
                                          .away_since_ms = watch->away_since_ms,
                                          .away_reason = watch->away_reason};
    vn_health_judge(&facts, out);
}

void vn_watch_health(const struct vn_watch *watch, struct vn_health *out)
{
    const struct vn_service *service = watch->service;
    struct vn_levels levels = {.epoch = 0};
    if (service == NULL) {
        judge_waiting(watch, out);
        return;
    }
    count_fleet(watch, &levels);
    struct vn_health_facts facts = {.now_ms = vn_hub_now_ms(service->hub),
                                    .machine_ms = doubted_ms(service->hub),
                                    .away_since_ms = vn_storage_away_since_ms(service->writes.storage),
                                    .trouble_since_ms = service->trouble.since_ms,
                                    .trouble = service->trouble.status,
                                    .backlog = service->backlog,
                                    .still = service->still.count,
                                    .still_till = service->still.till,
                                    .unposted_since_ms = service->unposted.since_ms,
                                    .unposted_reason = service->unposted.reason,
                                    .untold = loan_of(&watch->untold),
                                    .unended = loan_of(&watch->unended),
                                    .quarantined = watch->quarantined,
                                    .differing = vn_requotes_totals(service->requotes)->recent,
                                    .branches = levels.enrolments[VN_ENROLMENT_BRANCH],
                                    .unshown = watch->unshown,
                                    .backup_ms = watch->backup_ms,
                                    .enrolments = watch->looked ? levels.enrolments[VN_ENROLMENT_ACTIVE] : 0,
                                    .bad = vn_bad_lately(&watch->bad, vn_hub_mono_ms(service->hub)),
                                    .bad_status = watch->bad.status,
                                    .bad_till = watch->bad.till,
                                    .standby = watch->standby,
                                    .keys = watch->keys,
                                    .server = vn_storage_is_server(service->writes.storage)};
    (void)snprintf(facts.reason, sizeof facts.reason, "%s", service->trouble.reason);
    vn_health_judge(&facts, out);
}

static void count_requoted(const struct vn_watch *watch, struct vn_levels *out)
{
    const struct vn_requote_totals *totals = vn_requotes_totals(watch->service->requotes);
    _Static_assert(VN_REQUOTED_SUMS <= VN_METRIC_SUMS_MAX, "all have a place");
    out->requote_lag = totals->lag;
    out->requoted_count = VN_REQUOTED_SUMS;
    for (unsigned i = 0; i < VN_REQUOTED_SUMS; i++) {
        out->requoted[i] = (struct vn_metric_sum){vn_requoted_name(i), totals->sums[i]};
    }
}

enum vn_status vn_watch_metrics(const struct vn_watch *watch, struct vn_buf *out)
{
    const struct vn_service *service = watch->service;
    struct vn_health health;
    struct vn_levels levels = {.quarantined = watch->quarantined,
                               .backup_ms = watch->backup_ms,
                               .issuing_until_ms = watch->keys.issuing_until_ms,
                               .server_until_ms = watch->keys.server_until_ms};
    vn_watch_health(watch, &health);
    if (service != NULL) {
        levels.epoch = watch->epoch;
        levels.tasks = service->tasks;
        levels.repeats = vn_storage_repeats(service->writes.storage);
        count_fleet(watch, &levels);
        count_requoted(watch, &levels);
        levels.posted = levels.acknowledged - service->backlog;
    }
    levels.up_ms = (vn_clock_mono_ns(&watch->hub->clock) - watch->started_ns) / 1000000;
    levels.connections = watch->tills == NULL ? 0 : (int64_t)vn_http_server_connections(watch->tills);
    levels.troubles = health.count;
    return vn_metrics_write(&watch->metrics, &levels, out);
}
