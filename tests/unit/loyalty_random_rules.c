/* Random rulesets, by a grammar. In its texts <name> stands for the rule of that name, <3-70> for a number from 3 to 70,
 * <a|b|c> for one of the texts between the bars, which may be empty and may hold more of the same; ' is ". */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/random.h"
#include "tests/unit/loyalty_random.h"

struct rule {
    const char *name, *text;
};

static const struct rule grammar[] = {
    {"header", "{'ruleset':1,'engine':2,'currency':'EUR','exponent':2,'law':'<none|rs|pl|ru>',<clocks><caps>"
               "'wallet':{<wallet><proof>},'earning':{'points':<0-3>,'per_minor':70},"
               "'wallets':[{'id':'partner',<wallet>,'earning':{'points':<0-2>,'per_minor':<1-90>}}],"
               "'groups':[{'id':'first','stage':'units',<base>,'choice':'first'},"
               "{'id':'all','stage':'units',<base>,'choice':'all'},"
               "{'id':'best','stage':'units',<base>,'choice':'best'},"
               "{'id':'again','stage':'units',<base>,'choice':'best'},"
               "{'id':'receipt','stage':'basket',<base>,'choice':'all'},"
               "{'id':'better','stage':'basket',<base>,'choice':'<first|best>'},"
               "{'id':'coupon','stage':'coupons',<base>,'choice':'<first|all|best>'},"
               "{'id':'points','stage':'earning','choice':'all'},"
               "{'id':'either','stage':'earning','choice':'<first|best>'}]}\n"},
    {"base", "'base':'<list|running>'"},
    {"clocks", "'utc_offset_min':60,'utc_offsets':[{'from_ms':1774746000000,'offset_min':120},"
               "{'from_ms':1792890000000,'offset_min':60}],"
               "'zones':[{'stores':['s1'],'utc_offset_min':-180},"
               "{'store_groups':['east'],'utc_offset_min':330,'utc_offsets':[]}],"
               "'store_groups':{'north':['s0','s1'],'east':['s2']},"
               "'calendars':{'feasts':['2026-01-07','2026-05-01','2026-11-11']},"},
    {"caps", "<||'floor_bp':<0-6000>,><||||'max_unit_discount_bp':<500-9500>,>"
             "<||||'max_unit_discount_minor':<50-950>,><||||'max_receipt_discount_bp':<500-9500>,>"
             "<||||'max_receipt_discount_minor':<100-4100>,><|'member_max_age_s':<3600-864000>,>"
             "<|'tiers':{'by':'<spend|points>','steps':[{'id':'silver','from':<1-2000>},"
             "{'id':'gold','from':<2001-6000>}]},>"},
    {"wallet",
     "'exponent':<0-2>,'worth':{'points':<1-3>,'minor':<1-5>},'spend_min':<0-20>,'spend_step':<1-9>"
     "<|,'spend_share_bp':<1000-10000>><||,'spend_left_minor':<1-200>>"
     "<|,'spent_as':'discount'|,'spent_as':'tender'><|||,'exclude':<selector>>"
     "<|||,'earn_max_receipt':<1-300>><|,'matures_days':14,'expires_days':365,'return_grace_days':30>"},
    {"proof", "<||,'proof':true,'unproved_points':<0-400>>"},
    {"rows", "{'table':'leaflet','code':'<0-4>','price_minor':<0-1500>}\n"
             "{'table':'leaflet','code':'<5-9>','price_minor':<0-1500>}\n"
             "{'table':'winter','code':'<0-4>','price_minor':<0-900>,'group':'north'}\n"
             "{'table':'winter','code':'<5-9>','price_minor':<0-900>,'from':'2026-03-01T00:00',"
             "'to':'2026-10-01T00:00'}\n"},
    {"table", "'table':'<leaflet|winter>'"},
    {"terms", "<'codes':['<0-9>','<0-9>','<0-9>']|'brands':['b<0-2>']|'tags':['t<0-2>']|"
              "'categories':['c<0-2>']|'categories':['c<0-2>/s1','c1']>"},
    {"selector", "<{}|{}|{<terms>}|{<terms>}|{<terms>}|{<terms>}|{'not_reduced':true}|{<table>}|"
                 "{'price':{'min_minor':<0-900>}}|{'price':{'min_minor':<0-900>,'max_minor':<900-3000>}}|"
                 "{'exclude':{<terms>}}|{<terms>,'exclude':{<terms>},'price':{'max_minor':<1500-2500>}}>"},
    {"of", "<|,'selector':<selector>|,'selector':<selector>>"},
    {"kept", "<|,'on_return':'revoke_if_unused'|,'on_return':'keep'>"},
    {"on_return", "<<kept>|<kept>|<kept>|,'on_return':'charge','charge_minor':150>"},
    /* rewards, by their kinds */
    {"percent_off", "'rate_bp':<1-10000><of>"},
    {"amount_off", "'amount_minor':<1-900><of>"},
    {"new_price", "<'table_price':true,'selector':{<table>}|'price_minor':<0-1500><of>>"},
    {"nth_free", "<'n':2,'free':1|'n':3,'free':1|'n':3,'free':2|'n':5,'free':2><of><rate><|||,'cheapest':"
                 "false><weighed>"},
    {"rate", "<|,'rate_bp':<1-10000>>"},
    {"weighed", "<|||,'weighed':true>"},
    {"part", "{'selector':<selector>,'n':<1-2>}"},
    {"buy_get", "'buy':<part>,'get':<part><rate><weighed>"},
    {"bundle", "'parts':[<part>,<part><||,<part>>],'price_minor':<300-3000>"},
    {"gift", "'selector':{'codes':['<0-9>','<0-9>']}<|,'n':2><on_return>"},
    {"ladder",
     "'steps':[<{'from_minor':<1-2000>,'rate_bp':<1-900>},{'from_minor':<2001-5000>,'rate_bp':<901-3000>}|"
     "{'from_minor':<1-2000>,'amount_minor':<1-300>},{'from_minor':<2001-5000>,'amount_minor':<301-900>}>]<"
     "of>"},
    {"accumulative",
     "'steps':[<{'from_minor':<1-2000>,'rate_bp':<1-900>},{'from_minor':<2001-5000>,'rate_bp':<901-2000>}|"
     "{'tier':'silver','rate_bp':<1-900>},{'tier':'gold','rate_bp':<901-2000>}>]<of>"},
    {"partner", "<||,'wallet':'partner'>"},
    {"points_per_spend", "'points':<1-40>,'per_minor':<1-700><of><partner>"},
    {"points_per_unit", "'points':<1-40><of><partner>"},
    {"points_multiplier", "'times_bp':<10001-50000><of>"},
    {"points_bonus", "'points':<1-50><partner>"},
    {"stamp", "'card':'k<0-1>'<|,'points':3><|||,'once':true><of><kept>"},
    {"issue_coupon", "'coupon':'next-<0-2>'<|,'n':2><|,'valid_after_days':1,'valid_days':14><on_return>"},
    {"add_tag", "'tag':'seg<0-2>'<kept>"},
    {"say", "'where':'<prompt|receipt>','text':{'en':'Thank you','sr':'Хвала'}"},
    /* conditions; each is there sometimes */
    {"when",
     "<||||'when':{<'from':'2026-0<1-4>-01T00:00','to':'2026-1<0-2>-01T12:30'|'weekdays':[<1-5>,6]|"
     "'hours':[['08:00','20:00']]|'weekdays':[1,2,3,4],'hours':[['22:00','06:00']]|'holidays':'feasts'|"
     "'not_holidays':'feasts'|'from':'2026-02-01T00:00'>},>"},
    {"where", "<||||||'where':{<'stores':['s0','s1']|'not_stores':['s2']|'store_groups':['north']|"
              "'not_store_groups':['east']|'tills':['t0']|'not_tills':['t1']|'lanes':['manned','web']>},>"},
    {"who",
     "<|||'who':{'kind':<'members',<member>|'members',<member>|'anyone'|'members'|'households'|'staff'|"
     "'not_staff'>},>"},
    {"member",
     "<'tiers':['silver','gold']|'segments':['seg0','seg1']|'not_segments':['seg2']|'clubs':['wine']|"
     "'birthday':{'days_before':40,'days_after':40}|'anniversary':{'days_before':60,'days_after':20}|"
     "'first_purchase':true|'nth_visit':{'n':3,'every':true}|'nth_visit':{'n':2,'every':false}|"
     "'days_since_visit':10|'referral':true|'control':{'campaign':'x1','held_out_bp':4000}>"},
    {"if", "<<if_any>,|'if':{<condition>},|||||>"},
    {"if_coupon", "'if':{<|||<condition>,>'coupon':true},"},
    {"condition",
     "<'min_spend':{'selector':<selector>,'amount_minor':<1-5000>,<base>}|"
     "'quantity':{'selector':<selector>,'qty_milli':<1-3000>}|"
     "'quantity':[{'selector':<selector>,'qty_milli':<1-3000>},{'selector':<selector>,'qty_milli':1000}]|"
     "'tenders':['card','voucher']|'stamps':{'card':'k<0-1>','count':4}>"},
    {"if_any", "'if':{'min_spend':{'amount_minor':<1-3000>}}"},
    {"limits",
     "<||||||||'limits':{'per_receipt':<1-4>},|'limits':{<member_limit>},|'limits':{<chain_limit>},|"
     "'limits':{'per_receipt':<1-2>,<member_limit>,<chain_limit>},>"},
    {"member_limit", "'member':{'count':<1-2>,'period':'<ever|day|week|month|year>'}"},
    {"chain_limit",
     "'all':{<'count':<10-90>|'budget_minor':<5000-9000>|'count':<10-90>,'budget_minor':<5000-9000>>}"},
    {"cap", "<|||||'caps':{'max_discount_minor':<1-900>},>"},
    {"funders", "<||'funders':[<{'id':'maker','share_bp':5000}|{'id':'maker','per_unit_minor':50}|"
                "{'id':'maker','share_bp':3333},{'id':'bank','share_bp':3333,'cap_minor':100}|"
                "{'id':'bank','share_bp':10000,'cap_minor':70}>],>"},
    {"offline", "<||||'offline':'<rights|risk|never>',>"},
};

static const char *const piece_kinds[] = {"percent_off", "amount_off", "new_price", NULL};
static const char *const unit_kinds[] = {"percent_off", "amount_off", "new_price", "nth_free",
                                         "buy_get",     "bundle",     "gift",      NULL};
static const char *const basket_kinds[] = {"percent_off", "amount_off", "ladder", "accumulative", NULL};
static const char *const coupon_kinds[] = {"percent_off", "amount_off", "ladder", "accumulative", "new_price",
                                           "nth_free",    "buy_get",    "bundle", "gift",         NULL};
static const char *const later_kinds[] = {"points_per_spend",
                                          "points_per_unit",
                                          "points_multiplier",
                                          "points_bonus",
                                          "stamp",
                                          "issue_coupon",
                                          "add_tag",
                                          "say",
                                          NULL};

/* Where promotions go, with the rewards that they may have there. */
static const struct {
    const char *name;
    const char *const *kinds;
} groups[] = {
    {"first", unit_kinds},    {"all", unit_kinds},       {"best", unit_kinds},
    {"again", unit_kinds},    {"receipt", basket_kinds}, {"better", basket_kinds},
    {"coupon", coupon_kinds}, {"points", later_kinds},   {"either", later_kinds},
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

uint32_t random_below(uint64_t *seed, uint32_t limit)
{
    uint8_t bytes[4];
    struct vn_random random = vn_random_seeded(seed);
    if (limit == 0 || vn_random_fill(&random, bytes, sizeof bytes) != VN_OK) {
        abort();
    }
    uint32_t value = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return value % limit;
}

bool random_once_in(uint64_t *seed, uint32_t times)
{
    return random_below(seed, times) == 0;
}

static void put_char(struct random_rules *rules, char c)
{
    if (rules->len + 1 >= sizeof rules->text) {
        (void)fprintf(stderr, "a random ruleset of more than %d bytes\n", RANDOM_TEXT_MAX);
        abort();
    }
    rules->text[rules->len++] = c == '\'' ? '"' : c;
    rules->text[rules->len] = '\0';
}

static void put_span(uint64_t *seed, struct random_rules *rules, const char *text, const char *end);

static void put_number(uint64_t *seed, struct random_rules *rules, const char *from, const char *dash)
{
    char digits[16];
    uint32_t low = (uint32_t)strtoul(from, NULL, 10);
    uint32_t high = (uint32_t)strtoul(dash + 1, NULL, 10);
    (void)snprintf(digits, sizeof digits, "%u", low + random_below(seed, high - low + 1));
    put_span(seed, rules, digits, digits + strlen(digits));
}

static void put_rule(uint64_t *seed, struct random_rules *rules, const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT(grammar); i++) {
        if (strlen(grammar[i].name) == len && memcmp(grammar[i].name, name, len) == 0) {
            put_span(seed, rules, grammar[i].text, grammar[i].text + strlen(grammar[i].text));
            return;
        }
    }
    (void)fprintf(stderr, "no rule '%.*s'\n", (int)len, name);
    abort();
}

/* The end of what starts at `at`: the next bar or closing bracket of this level. */
static const char *end_of_choice(const char *at, const char *end)
{
    int depth = 0;
    for (; at < end && (depth > 0 || *at != '|'); at++) {
        depth += *at == '<' ? 1 : *at == '>' ? -1 : 0;
    }
    return at;
}

/* What stands between two brackets. */
static void put_bracket(uint64_t *seed, struct random_rules *rules, const char *text, const char *end)
{
    uint32_t choices = 1;
    for (const char *bar = end_of_choice(text, end); bar < end; bar = end_of_choice(bar + 1, end)) {
        choices++;
    }
    const char *dash = memchr(text, '-', (size_t)(end - text));
    if (choices == 1 && dash != NULL && isdigit((unsigned char)text[0])) {
        put_number(seed, rules, text, dash);
    } else if (choices == 1) {
        put_rule(seed, rules, text, (size_t)(end - text));
    } else {
        for (uint32_t skip = random_below(seed, choices); skip > 0; skip--) {
            text = end_of_choice(text, end) + 1;
        }
        put_span(seed, rules, text, end_of_choice(text, end));
    }
}

static void put_span(uint64_t *seed, struct random_rules *rules, const char *text, const char *end)
{
    for (; text < end; text++) {
        if (*text != '<') {
            put_char(rules, *text);
            continue;
        }
        const char *close = ++text;
        for (int depth = 1; depth > 0; close++) {
            depth += *close == '<' ? 1 : *close == '>' ? -1 : 0;
        }
        put_bracket(seed, rules, text, close - 1);
        text = close - 1;
    }
}

void random_rules_put(uint64_t *seed, struct random_rules *rules, const char *text)
{
    put_span(seed, rules, text, text + strlen(text));
}

static const char *pick_kind(uint64_t *seed, const char *const *kinds)
{
    uint32_t count = 0;
    while (kinds[count] != NULL) {
        count++;
    }
    return kinds[random_below(seed, count)];
}

static void put_reward(uint64_t *seed, struct random_rules *rules, const char *kind)
{
    random_rules_put(seed, rules, "{'kind':'");
    random_rules_put(seed, rules, kind);
    random_rules_put(seed, rules, "',");
    put_rule(seed, rules, kind, strlen(kind));
    random_rules_put(seed, rules, "}");
}

static void put_rewards(uint64_t *seed, struct random_rules *rules, const char *const *kinds,
                        const char *kind)
{
    bool piece = false;
    for (size_t i = 0; piece_kinds[i] != NULL; i++) {
        piece = piece || (kinds == unit_kinds && strcmp(piece_kinds[i], kind) == 0);
    }
    uint32_t pieces = piece && random_once_in(seed, 3) ? 1 : 0;
    uint32_t later = random_once_in(seed, 3) ? 1 + random_below(seed, 2) : 0;
    bool list = pieces + later > 0 || random_once_in(seed, 5);
    random_rules_put(seed, rules, list ? "'then':[" : "'then':");
    put_reward(seed, rules, kind);
    for (; pieces > 0; pieces--) {
        random_rules_put(seed, rules, ",");
        put_reward(seed, rules, pick_kind(seed, piece_kinds));
    }
    for (; later > 0; later--) {
        random_rules_put(seed, rules, ",");
        put_reward(seed, rules, pick_kind(seed, later_kinds));
    }
    random_rules_put(seed, rules, list ? "]}\n" : "}\n");
}

/* Reads back what the grammar drew for the promotion whose text this is. */
static void note_limits(const char *text, struct random_promotion *out)
{
    static const char *const periods[] = {"ever", "day", "week", "month", "year"};
    out->member_period = -1;
    out->chain_count = strstr(text, "\"all\":{\"count\"") != NULL;
    out->chain_budget = strstr(text, "\"budget_minor\"") != NULL;
    out->member_once = strstr(text, "\"days_before\"") != NULL ||
                       strstr(text, "\"first_purchase\"") != NULL || strstr(text, "\"referral\"") != NULL;
    const char *period = strstr(text, "\"period\":\"");
    for (int i = 0; period != NULL && i < (int)COUNT(periods); i++) {
        if (strncmp(period + strlen("\"period\":\""), periods[i], strlen(periods[i])) == 0) {
            out->member_period = i;
        }
    }
}

void random_rules_add(uint64_t *seed, struct random_rules *rules, const char *group)
{
    size_t at = 0;
    while (at < COUNT(groups) && strcmp(groups[at].name, group) != 0) {
        at++;
    }
    if (rules->count == RANDOM_PROMOTIONS_MAX || at == COUNT(groups)) {
        abort();
    }
    struct random_promotion *promotion = &rules->promotions[rules->count];
    const char *kind = pick_kind(seed, groups[at].kinds);
    memset(promotion, 0, sizeof *promotion);
    (void)snprintf(promotion->id, sizeof promotion->id, "p%u.%s", rules->count++, kind);
    promotion->coupon = groups[at].kinds == coupon_kinds;
    char head[2 * VN_ID_MAX + 64];
    (void)snprintf(head, sizeof head, "{'id':'%s','group':'%s','priority':<0-2>,<when><where><who>",
                   promotion->id, group);
    size_t start = rules->len;
    random_rules_put(seed, rules, head);
    random_rules_put(seed, rules, promotion->coupon ? "<if_coupon>" : "<if>");
    random_rules_put(seed, rules, groups[at].kinds == later_kinds ? "<limits>" : "<limits><cap><funders>");
    random_rules_put(seed, rules, "<offline>");
    put_rewards(seed, rules, groups[at].kinds, kind);
    note_limits(rules->text + start, promotion);
}

void random_rules(uint64_t *seed, unsigned promotions, struct random_rules *out)
{
    out->text[0] = '\0';
    out->len = 0;
    out->count = 0;
    random_rules_put(seed, out, "<header><rows>");
    for (unsigned i = 0; i < promotions; i++) {
        random_rules_add(seed, out, groups[random_below(seed, COUNT(groups))].name);
    }
}
