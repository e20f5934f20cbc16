/* What a till may consume, as a request for a quote says it. Accounts of limits, budgets and stamps have hashes for names
 * (agent/loyalty/accounts.h), which nobody types: "member:PROMOTION", "count:PROMOTION", "budget:PROMOTION" and "stamps:CARD"
 * stand for them. */
#include <string.h>

#include "agent/cli/quote_papers.h"
#include "agent/loyalty/accounts.h"
#include "agent/loyalty/asks.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"

struct rights {
    const struct vn_json_in *in;
    struct vn_desk *desk;
    const char *member;
    int64_t day; /* local */
};

static void add(const struct rights *rights, const char *account, int64_t available)
{
    struct vn_desk *desk = rights->desk;
    if (desk->input.right_count == VN_DESK_RIGHTS_MAX) {
        vn_json_refuse(rights->in, NULL, "more rights than one receipt can use");
        return;
    }
    struct vn_right *right = &desk->rights[desk->input.right_count++];
    (void)snprintf(right->account, sizeof right->account, "%s", account);
    right->available = available;
}

/* Of each period that begins on or around the day: the promotion asks for one of them. A birthday's year may be the one
 * before or behind. */
static void add_member(const struct rights *rights, const char *promotion, int64_t available)
{
    static const enum vn_period periods[] = {VN_PERIOD_DAY, VN_PERIOD_WEEK, VN_PERIOD_MONTH};
    const int64_t year = vn_clock_date(rights->day).year;
    int64_t starts[sizeof periods / sizeof periods[0] + 4] = {0};
    size_t count = 1; /* 0: ever */
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        starts[count++] = vn_clock_period_start(periods[i], rights->day);
    }
    for (int64_t other = year - 1; other <= year + 1; other++) {
        starts[count++] = vn_clock_day_of(other, 1, 1);
    }
    for (size_t i = 0; i < count; i++) {
        char account[VN_ID_MAX];
        vn_account_member_limit(rights->member, promotion, starts[i], account);
        add(rights, account, available);
    }
}

/* What stands behind the word and a colon; NULL: it does not begin so. */
static const char *behind(const char *key, const char *word)
{
    size_t len = strlen(word);
    return strncmp(key, word, len) == 0 && key[len] == ':' ? key + len + 1 : NULL;
}

static void add_named(const struct rights *rights, const char *key, int64_t available)
{
    char account[VN_ID_MAX];
    const char *card = behind(key, "stamps");
    const char *member = behind(key, "member");
    const char *count = behind(key, "count");
    const char *budget = behind(key, "budget");
    const char *promotion = member != NULL ? member : count != NULL ? count : budget;
    if ((card != NULL || member != NULL) && rights->member[0] == '\0') {
        vn_json_refuse(rights->in, key, "it is a member's, and the request has no member");
    } else if (promotion != NULL && !vn_ruleset_has(rights->desk->ruleset, promotion)) {
        vn_json_refuse(rights->in, key, "the ruleset has no such promotion");
    } else if (member != NULL) {
        add_member(rights, member, available);
    } else if (card != NULL) {
        vn_account_stamps(rights->member, card, account);
        add(rights, account, available);
    } else if (count != NULL) {
        vn_account_chain_count(count, account);
        add(rights, account, available);
    } else if (budget != NULL) {
        vn_account_chain_budget(budget, account);
        add(rights, account, available);
    } else {
        vn_json_refuse(rights->in, key,
                       "expected an account, or member:, count:, budget: and a promotion, or stamps: and a "
                       "card, found another word");
    }
}

void vn_desk_read_rights(const struct vn_json_in *in, json_t *request, struct vn_desk *desk)
{
    struct vn_json_in object = vn_json_object(in, "rights", VN_OPTIONAL);
    const struct vn_member *member = desk->input.member;
    int64_t offset_min =
        vn_ruleset_utc_offset_min(desk->ruleset, desk->input.place.store, desk->basket.started_ms);
    const struct rights rights = {
        .in = &object,
        .desk = desk,
        .member = member == NULL          ? ""
                  : member->id[0] != '\0' ? member->id
                                          : member->account,
        .day = vn_clock_day(vn_time_local_minute(desk->basket.started_ms, offset_min))};
    const char *key = NULL;
    json_t *value = NULL;
    desk->input.right_count = 0;
    if (object.value == NULL) {
        return;
    }
    json_object_foreach(json_object_get(request, "rights"), key, value)
    {
        int64_t available = 0;
        vn_json_int(&object, key, VN_REQUIRED, 0, VN_AMOUNT_MAX, &available);
        if (vn_json_failed(&object)) {
            return;
        }
        if (strchr(key, ':') != NULL) {
            add_named(&rights, key, available);
        } else if (strlen(key) >= VN_ID_MAX) {
            vn_json_fail(&object, key, "an account's name");
        } else {
            add(&rights, key, available);
        }
    }
}
