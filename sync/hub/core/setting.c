#include "sync/hub/core/setting.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/limits.h"

#define NUMBER     "setting-" /* the names of their numbers in the store begin so */
#define NUMBER_MAX 64
#define HALF       32 /* bits of a word */

_Static_assert(VN_EARN_DAY_MAX <= INT32_MAX && VN_EARN_RECEIPT_MAX <= INT32_MAX, "a value has half a word");

static const struct vn_setting_info infos[VN_SETTINGS] = {
    [VN_SETTING_SLOW_LANE_S] = {"slow-lane-s",
                                "how often tills far from a member hear what receipts changed of him; 0: at "
                                "once; auto: at once in a "
                                "chain of up to 200 tills, hourly in a larger one",
                                VN_SETTING_AUTO, 86400, VN_SETTING_AUTO},
    [VN_SETTING_NEAR_STORES] =
        {"near-stores",
         "how many stores hear of a member at once: where he joined, then those that he "
         "visited last",
         1, VN_NEAR_MAX, VN_NEAR_MAX},
    [VN_SETTING_RECEIPT_POINTS] = {"receipt-points-max",
                                   "points that one receipt may earn, whatever its till says", 1,
                                   VN_EARN_RECEIPT_MAX, VN_EARN_RECEIPT_MAX},
    [VN_SETTING_DAY_POINTS] = {"day-points-max", "points that one account may earn in a day", 1,
                               VN_EARN_DAY_MAX, VN_EARN_DAY_MAX},
    [VN_SETTING_RECEIPT_STAMPS] = {"receipt-stamps-max",
                                   "stamps that one receipt may give, all its cards together, whatever its "
                                   "till says",
                                   1, VN_STAMPS_RECEIPT_MAX, VN_STAMPS_RECEIPT},
    [VN_SETTING_QUEUE_S] = {"queue-s",
                            "how long a journal may have to wait for the database before tills are told 429",
                            1, 60, VN_HUB_QUEUE_S},
    [VN_SETTING_LAG_S] = {"lag-s", "how far posting may be behind before tills are asked to pause", 1, 3600,
                          VN_HUB_LAG_S},
    [VN_SETTING_RETURN_TILLS] = {"return-tills", "how many tills a second come back after an outage", 1,
                                 10000, VN_HUB_RETURN_TILLS},
    [VN_SETTING_SIGNUPS] = {"signups-minute", "customers that one till may sign up in a minute", 0, 10000,
                            VN_SIGNUPS_MINUTE},
    [VN_SETTING_RIGHTS_AHEAD_BP] =
        {"rights-ahead-bp",
         "share of a member's spendable points, in hundredths of a percent, that "
         "is granted to the till where he was last, for when it is alone; 0: nothing",
         0, 10000, VN_RIGHTS_AHEAD_BP},
    [VN_SETTING_RIGHTS_AHEAD_MOST] = {"rights-ahead-most", "and points that this is at most", 0, 1000000000,
                                      VN_RIGHTS_AHEAD_MOST},
    [VN_SETTING_RIGHTS_AHEAD_DAYS] =
        {"rights-ahead-days", "how long ago a member may have been there for points to be granted ahead", 1,
         VN_DAYS_MAX, VN_RIGHTS_AHEAD_DAYS},
    [VN_SETTING_RIGHTS_PORTION_BP] = {"rights-portion-bp",
                                      "share of what is left of a promotion's count or budget, in hundredths "
                                      "of a percent, that a till gets which asks for some of it",
                                      0, 5000, VN_RIGHTS_PORTION_BP},
    [VN_SETTING_RISK_TOTAL] = {"risk-total",
                               "points that tills which are alone may give without a right, all together, "
                               "until they are paid; 0: none",
                               0, 1000000000, 0},
    [VN_SETTING_RISK_TILL] = {"risk-till", "and of these, one till", 0, 1000000000, 0},
    [VN_SETTING_RISK_MEMBER] = {"risk-member", "and to one member, in one outage", 0, 1000000000, 0},
};

const struct vn_setting_info *vn_setting_info(enum vn_setting setting)
{
    return &infos[setting];
}

enum vn_setting vn_setting_find(const char *name)
{
    unsigned at = 0;
    while (at < VN_SETTINGS && strcmp(infos[at].name, name) != 0) {
        at++;
    }
    return (enum vn_setting)at;
}

static uint64_t word_of(uint64_t times, int64_t value)
{
    return times << HALF | (uint32_t)value;
}

void vn_settings_init(struct vn_settings *settings)
{
    for (unsigned i = 0; i < VN_SETTINGS; i++) {
        atomic_init(&settings->words[i], word_of(0, infos[i].otherwise));
    }
}

void vn_settings_copy(const struct vn_settings *settings, struct vn_settings *out)
{
    for (unsigned i = 0; i < VN_SETTINGS; i++) {
        atomic_init(&out->words[i], atomic_load(&settings->words[i]));
    }
}

void vn_setting_set(struct vn_settings *settings, enum vn_setting setting, int64_t value)
{
    uint64_t times = atomic_load(&settings->words[setting]) >> HALF;
    atomic_store(&settings->words[setting], word_of(times + 1, value));
}

int64_t vn_setting(const struct vn_settings *settings, enum vn_setting setting)
{
    return settings == NULL ? infos[setting].otherwise : (int32_t)(uint32_t)settings->words[setting];
}

static void number_name(enum vn_setting setting, char out[NUMBER_MAX])
{
    (void)snprintf(out, NUMBER_MAX, NUMBER "%s", infos[setting].name);
}

enum vn_status vn_settings_read(struct vn_settings *settings, const struct vn_settings *before,
                                struct vn_storage *storage)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < VN_SETTINGS && status == VN_OK; i++) {
        char name[NUMBER_MAX];
        int64_t value = 0;
        number_name((enum vn_setting)i, name);
        status = vn_storage_number_or(storage, name, infos[i].otherwise, &value);
        value = value < infos[i].least ? infos[i].least : value > infos[i].most ? infos[i].most : value;
        if (status == VN_OK) {
            uint64_t word = atomic_load(&before->words[i]);
            (void)atomic_compare_exchange_strong(&settings->words[i], &word, word_of(word >> HALF, value));
        }
    }
    return status;
}

struct put {
    enum vn_setting setting;
    int64_t value;
};

static enum vn_status put_unit(void *ctx, struct vn_storage *storage)
{
    const struct put *put = ctx;
    char name[NUMBER_MAX];
    number_name(put->setting, name);
    return put->value == VN_SETTING_DEFAULT ? vn_storage_number_drop(storage, name)
                                            : vn_storage_number_put(storage, name, put->value);
}

enum vn_status vn_setting_put(struct vn_settings *settings, struct vn_storage *storage,
                              enum vn_setting setting, int64_t value, struct vn_error *error)
{
    const struct vn_setting_info *info = &infos[setting];
    struct put put = {setting, value};
    bool may_auto = info->least == VN_SETTING_AUTO;
    if (value != VN_SETTING_DEFAULT && (value < info->least || value > info->most)) {
        return vn_fail(error, VN_INPUT, "%s is a number from %lld to %lld%s, or default", info->name,
                       (long long)(may_auto ? 0 : info->least), (long long)info->most,
                       may_auto ? ", auto" : "");
    }
    enum vn_status status = vn_storage_unit(storage, VN_SQL_WRITE, put_unit, &put);
    if (status == VN_OK) {
        vn_setting_set(settings, setting, value == VN_SETTING_DEFAULT ? info->otherwise : value);
    }
    return status;
}
