#include "sync/hub/service/admission.h"

#include "sync/hub/core/setting.h"
#include "sync/hub/service/service.h"

#define MINUTE_MS   60000
#define NS_IN_S     INT64_C(1000000000)
#define RETRY_MAX_S 60
#define PACE_OLD    7 /* parts of the pace that are kept when one of the new is added */

void vn_pace_add(struct vn_pace *pace, unsigned entries, int64_t work_ns)
{
    if (entries == 0) {
        return;
    }
    int64_t now = (int64_t)entries * NS_IN_S / (work_ns < 1000 ? 1000 : work_ns);
    now = now < 1 ? 1 : now;
    pace->per_s = pace->per_s == 0 ? now : (PACE_OLD * pace->per_s + now) / (PACE_OLD + 1);
}

int64_t vn_pace_s(const struct vn_pace *pace, int64_t entries)
{
    return pace->per_s == 0 ? 0 : (entries + pace->per_s - 1) / pace->per_s;
}

static void refuse(struct vn_http_exchange *exchange, int http_status, int64_t retry_s, const char *title,
                   const char *detail)
{
    vn_answer_retry_after(exchange, retry_s);
    vn_http_reply_problem(exchange, http_status, title, detail, NULL);
}

void vn_admission_refuse_away(struct vn_http_exchange *exchange)
{
    refuse(exchange, 503, VN_HUB_TROUBLE_S, "gone", "the hub's database is away");
}

bool vn_admission_open(struct vn_service *service, struct vn_http_exchange *exchange)
{
    if (service->ending) {
        refuse(exchange, 503, VN_HUB_TROUBLE_S, "ending", "the hub is being stopped");
        return false;
    }
    if (service->tasks >= VN_HUB_TASKS_MAX) {
        refuse(exchange, 503, VN_HUB_TROUBLE_S, "busy",
               "more is being asked than the hub can do; ask again later");
        return false;
    }
    return true;
}

int64_t vn_admission_wait_s(const struct vn_admission *admission, int64_t most_s)
{
    int64_t wait_s = vn_pace_s(&admission->intake, admission->queued);
    if (wait_s <= most_s && admission->queued <= VN_HUB_QUEUE_MAX) {
        return 0;
    }
    return wait_s < 1 ? 1 : wait_s > RETRY_MAX_S ? RETRY_MAX_S : wait_s;
}

bool vn_admission_takes(struct vn_service *service, struct vn_http_exchange *exchange)
{
    if (vn_storage_away_since_ms(service->hub->storage) != 0) {
        vn_service_post(service); /* somebody has to ask whether it is back */
        vn_admission_refuse_away(exchange);
        return false;
    }
    int64_t wait_s =
        vn_admission_wait_s(&service->admission, vn_setting(service->hub->settings, VN_SETTING_QUEUE_S));
    if (wait_s > 0) {
        refuse(exchange, 429, wait_s, "busy",
               "more is being sent than the hub can take in; send it again later");
    }
    return wait_s == 0;
}

bool vn_admission_signs_up(struct vn_service *service, struct vn_fleet_seen *seen,
                           struct vn_http_exchange *exchange)
{
    int64_t now_ms = vn_hub_now_ms(service->hub);
    if (seen->signup_minute != now_ms / MINUTE_MS) {
        seen->signup_minute = now_ms / MINUTE_MS;
        seen->signups = 0;
    }
    if (seen->signups >= vn_setting(service->hub->settings, VN_SETTING_SIGNUPS)) {
        refuse(exchange, 429, (MINUTE_MS - now_ms % MINUTE_MS) / 1000 + 1, "busy",
               "this till signs up more customers in a minute than a person can");
        return false;
    }
    seen->signups++;
    return true;
}

void vn_admission_tell(const struct vn_service *service, struct vn_ack *ack)
{
    const struct vn_settings *settings = service->hub->settings;
    int64_t lag_s = vn_pace_s(&service->admission.posting, service->backlog);
    int64_t most_s = vn_setting(settings, VN_SETTING_LAG_S);
    ack->delay_ms = lag_s > most_s ? (lag_s - most_s) * 1000 : 0;
    ack->spread_s =
        (int64_t)vn_fleet_table_count(service->fleet) / vn_setting(settings, VN_SETTING_RETURN_TILLS);
}
