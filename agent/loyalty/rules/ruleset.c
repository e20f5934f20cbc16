#include "agent/loyalty/ruleset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/price_table.h"

#define DAYS_END 1000000 /* in the year 4707 */

void vn_ruleset_destroy(struct vn_ruleset *ruleset)
{
    if (ruleset == NULL) {
        return;
    }
    free(ruleset->promotions);
    free(ruleset->by_id);
    free(ruleset->always);
    free(ruleset->spans);
    free(ruleset->table_users);
    vn_price_tables_destroy(ruleset);
    free(ruleset->posting_starts);
    free(ruleset->postings);
    vn_symbols_deinit(&ruleset->symbols);
    vn_arena_deinit(&ruleset->arena);
    free(ruleset);
}

size_t vn_ruleset_find(const struct vn_ruleset *ruleset, const char *id)
{
    size_t low = 0;
    size_t high = ruleset->promotion_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(ruleset->promotions[ruleset->by_id[middle]].id, id);
        if (order == 0) {
            return ruleset->by_id[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ruleset->promotion_count;
}

uint32_t vn_store_group_find(const struct vn_ruleset *ruleset, const char *id)
{
    uint32_t at = 0;
    while (at < ruleset->store_group_count && strcmp(ruleset->store_groups[at].id, id) != 0) {
        at++;
    }
    return at;
}

uint64_t vn_store_groups_of(const struct vn_ruleset *ruleset, const char *store)
{
    uint64_t groups = 0;
    for (uint32_t i = 0; i < ruleset->store_group_count; i++) {
        groups |= (uint64_t)vn_terms_have(&ruleset->store_groups[i].stores, store) << i;
    }
    return groups;
}

uint64_t vn_ruleset_number(const struct vn_ruleset *ruleset)
{
    return (uint64_t)ruleset->number;
}

const char *vn_ruleset_currency(const struct vn_ruleset *ruleset)
{
    return ruleset->currency;
}

unsigned vn_ruleset_currency_exponent(const struct vn_ruleset *ruleset)
{
    return (unsigned)ruleset->exponent;
}

int64_t vn_ruleset_utc_offset_min(const struct vn_ruleset *ruleset, const char *store, int64_t wall_ms)
{
    return vn_clock_offset_min(vn_clock_zone(ruleset, store), wall_ms);
}

size_t vn_ruleset_size_bytes(const struct vn_ruleset *ruleset)
{
    uint32_t symbols = ruleset->symbols.count;
    size_t postings = ruleset->posting_starts[symbols + 1];
    size_t tables = 0;
    for (size_t i = 0; i < ruleset->table_count; i++) {
        tables += vn_price_table_size_bytes(ruleset->tables[i]);
    }
    return tables + sizeof *ruleset + ruleset->arena.bytes +
           (ruleset->promotion_count + 1) * sizeof *ruleset->promotions +
           (ruleset->promotion_count + 1) * (sizeof(uint16_t) + sizeof(struct vn_span)) +
           (ruleset->promotion_count / 64 + 1) * sizeof(uint64_t) + ((size_t)symbols + 2) * sizeof(uint32_t) +
           (postings + 1) * sizeof(uint16_t) + vn_symbols_size_bytes(&ruleset->symbols);
}

const struct vn_wallet *vn_ruleset_wallet(const struct vn_ruleset *ruleset)
{
    return &ruleset->wallets[0];
}

size_t vn_ruleset_wallets(const struct vn_ruleset *ruleset, const struct vn_wallet **out)
{
    *out = ruleset->wallets;
    return ruleset->wallet_count;
}

int64_t vn_ruleset_late_card_days(const struct vn_ruleset *ruleset)
{
    return ruleset->late_card_days;
}

size_t vn_ruleset_promotion_count(const struct vn_ruleset *ruleset)
{
    return ruleset->promotion_count;
}

static const int64_t longest[] = {
    [VN_PERIOD_DAY] = 1, [VN_PERIOD_WEEK] = 7, [VN_PERIOD_MONTH] = 31, [VN_PERIOD_YEAR] = 366};

#define STARTS 3 /* of periods around a day: its own, the one before and the one behind it */

/* A limit of some promotion, by the number in its name: what is the same for all promotions is reckoned once. */
struct limit_look {
    uint64_t wanted, member;
    struct {
        int64_t day;
        char text[24];
    } starts[VN_PERIOD_YEAR + 1][STARTS];
};

/* False: the account is no member's limit. */
static bool look_for_limit(struct limit_look *look, const char *member, const char *account, int64_t day)
{
    if (account[0] != 'n' || !vn_account_name_hash(account, &look->wanted)) {
        return false;
    }
    look->member = vn_account_hash_of(member);
    for (unsigned period = VN_PERIOD_EVER; period <= VN_PERIOD_YEAR; period++) {
        int64_t step =
            period == VN_PERIOD_YEAR ? longest[VN_PERIOD_YEAR] : 1; /* stores have days of their own */
        for (unsigned i = 0; i < STARTS; i++) {
            int64_t at = day + ((int64_t)i - 1) * step;
            int64_t start = period == VN_PERIOD_EVER ? 0 : vn_clock_period_start((enum vn_period)period, at);
            look->starts[period][i].day = start;
            (void)snprintf(look->starts[period][i].text, sizeof look->starts[period][i].text, "%" PRId64,
                           start);
        }
    }
    return true;
}

/* The first day of the period around the day whose limit the account is; -1: of none. A limit of a year may be for a
 * birthday's year, which is another than the receipt's around New Year. */
static int64_t limit_start(const struct limit_look *look, const struct vn_promotion *promotion)
{
    if (promotion->limits.member_count <= 0) {
        return -1;
    }
    uint64_t hash = vn_account_hash_more(look->member, promotion->id);
    enum vn_period period = promotion->limits.member_period;
    for (unsigned i = 0; i < STARTS; i++) {
        if (vn_account_hash_more(hash, look->starts[period][i].text) == look->wanted) {
            return look->starts[period][i].day;
        }
    }
    return -1;
}

/* One of a year that is for an occasion is kept a year more. */
int64_t vn_ruleset_limit_end(const struct vn_ruleset *ruleset, const char *member, const char *account,
                             int64_t day)
{
    struct limit_look look;
    size_t count = look_for_limit(&look, member, account, day) ? ruleset->promotion_count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct vn_promotion *promotion = &ruleset->promotions[i];
        enum vn_period period = promotion->limits.member_period;
        int64_t start = limit_start(&look, promotion);
        bool occasion = period == VN_PERIOD_YEAR && (promotion->who.birthday || promotion->who.anniversary);
        if (start >= 0) {
            return period == VN_PERIOD_EVER
                       ? INT64_MAX
                       : vn_clock_period_start(period, start + (occasion ? 2 : 1) * longest[period]);
        }
    }
    return 0;
}

bool vn_ruleset_limited(const struct vn_ruleset *ruleset, const char *member, const char *account,
                        int64_t day, const char **promotion, int64_t *period_day)
{
    struct limit_look look;
    uint64_t wanted = 0;
    bool of_member = look_for_limit(&look, member, account, day);
    bool of_chain = (account[0] == 'a' || account[0] == 'b') && vn_account_name_hash(account, &wanted);
    for (size_t i = 0; (of_member || of_chain) && i < ruleset->promotion_count; i++) {
        *promotion = ruleset->promotions[i].id;
        *period_day = of_member ? limit_start(&look, &ruleset->promotions[i]) : 0;
        if (of_member ? *period_day >= 0 : vn_account_hash_of(*promotion) == wanted) {
            return true;
        }
    }
    return false;
}

bool vn_ruleset_limits(const struct vn_ruleset *ruleset, const char *promotion, int64_t day,
                       struct vn_ruleset_limits *out)
{
    size_t at = vn_ruleset_find(ruleset, promotion);
    memset(out, 0, sizeof *out);
    if (at == ruleset->promotion_count) {
        return false;
    }
    const struct vn_limits *limits = &ruleset->promotions[at].limits;
    *out = (struct vn_ruleset_limits){limits->member_count, limits->all_count, limits->all_budget_minor};
    return limits->member_period == VN_PERIOD_EVER
               ? day == 0
               : day > 0 && day < DAYS_END && vn_clock_period_start(limits->member_period, day) == day;
}

size_t vn_ruleset_skipped_count(const struct vn_ruleset *ruleset)
{
    return ruleset->skipped_count;
}

const struct vn_error *vn_ruleset_skipped(const struct vn_ruleset *ruleset)
{
    return &ruleset->skipped;
}

size_t vn_ruleset_card_ranges(const struct vn_ruleset *ruleset, const struct vn_card_range **out)
{
    *out = ruleset->ranges;
    return ruleset->range_count;
}

const char *vn_ruleset_promotion_name(const struct vn_ruleset *ruleset, const char *promotion,
                                      const char *locale)
{
    size_t at = vn_ruleset_find(ruleset, promotion);
    if (at == ruleset->promotion_count) {
        return promotion;
    }
    const struct vn_promotion *found = &ruleset->promotions[at];
    const char *english = found->id;
    for (uint32_t i = 0; i < found->name.count; i++) {
        if (strcmp(found->name.list[i].locale, locale) == 0) {
            return found->name.list[i].text;
        }
        if (strcmp(found->name.list[i].locale, "en") == 0) {
            english = found->name.list[i].text;
        }
    }
    return english;
}
