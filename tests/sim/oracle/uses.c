#include "tests/sim/oracle/uses.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/loyalty/accounts.h"

#define DAY_MS (86400 * 1000LL)

static int64_t number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static bool is_text(const json_t *json, const char *key, const char *text)
{
    const char *there = json_string_value(json_object_get(json, key));
    return there != NULL && strcmp(there, text) == 0;
}

int64_t sim_local_day(int64_t at_ms)
{
    return (at_ms + SIM_OFFSET_MIN * 60000LL) / DAY_MS;
}

static int64_t first_day_of_year(int64_t day)
{
    time_t seconds = (time_t)(day * (DAY_MS / 1000));
    struct tm date;
    if (gmtime_r(&seconds, &date) == NULL) {
        return 0;
    }
    return day - date.tm_yday;
}

/* How much the promotion took off, and whether it is there at all. */
static bool applied(const json_t *outcome, const char *promotion, int64_t *discount_minor)
{
    size_t index = 0;
    json_t *row = NULL;
    bool found = false;
    *discount_minor = 0;
    json_array_foreach(json_object_get(outcome, "applications"), index, row)
    {
        if (is_text(row, "promotion", promotion)) {
            found = true;
            *discount_minor += number_of(row, "discount_minor");
        }
    }
    return found;
}

static bool at_risk(const json_t *outcome, const char *account)
{
    size_t index = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(outcome, "consumptions"), index, row)
    {
        if (is_text(row, "account", account) && json_is_true(json_object_get(row, "risk"))) {
            return true;
        }
    }
    return false;
}

static struct sim_use use_of(enum sim_limited of, const struct sim_shown *shown, int64_t discount_minor)
{
    int64_t day = sim_local_day(shown->at_ms);
    struct sim_use use = {.of = of, .subject = shown->member, .amount = 1};
    switch (of) {
    case SIM_COUPON: use.subject = shown->coupon; break;
    case SIM_STAMPED: use.amount = SIM_STAMPS; break;
    case SIM_DAILY: use.period = day; break;
    case SIM_BIRTHDAY: use.period = first_day_of_year(day); break;
    case SIM_COUNT: use.subject = 0; break;
    case SIM_BUDGET:
        use.subject = 0;
        use.amount = discount_minor;
        break;
    default: break;
    }
    return use;
}

void sim_printed_read(const json_t *outcome, const struct sim_shown *shown, struct sim_printed *out)
{
    size_t index = 0;
    json_t *row = NULL;
    memset(out, 0, sizeof *out);
    out->ruleset = number_of(outcome, "ruleset");
    out->discount_minor = number_of(outcome, "discount_minor");
    out->spent = number_of(outcome, "points_spent");
    out->provisional = json_is_true(json_object_get(outcome, "provisional"));
    json_array_foreach(json_object_get(outcome, "given"), index, row)
    {
        out->stamps += is_text(row, "what", SIM_STAMP_CARD) ? number_of(row, "amount") : 0;
    }
    json_array_foreach(json_object_get(outcome, "consumptions"), index, row)
    {
        out->risked += json_is_true(json_object_get(row, "risk")) ? number_of(row, "amount") : 0;
    }
    for (int i = 0; i < SIM_LIMITED; i++) {
        int64_t discount_minor = 0;
        if (applied(outcome, sim_promotion((enum sim_limited)i), &discount_minor)) {
            char account[VN_ID_MAX];
            struct sim_use *use = &out->uses[out->use_count++];
            *use = use_of((enum sim_limited)i, shown, discount_minor);
            sim_use_account(use, account);
            use->risk = at_risk(outcome, account);
        }
    }
}

void sim_use_account(const struct sim_use *use, char out[VN_ID_MAX])
{
    const char *promotion = sim_promotion(use->of);
    char member[VN_ID_MAX];
    (void)snprintf(member, sizeof member, "w%u", use->subject);
    switch (use->of) {
    case SIM_COUPON: (void)snprintf(out, VN_ID_MAX, "c%u", use->subject); break;
    case SIM_STAMPED: vn_account_stamps(member, SIM_STAMP_CARD, out); break;
    case SIM_COUNT: vn_account_chain_count(promotion, out); break;
    case SIM_BUDGET: vn_account_chain_budget(promotion, out); break;
    default: vn_account_member_limit(member, promotion, use->period, out); break;
    }
}
