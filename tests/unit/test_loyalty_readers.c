/* Every key of a ruleset reaches its field, and what a schema can't say is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/price_table.h"
#include "tests/unit/loyalty_text.h"

#define HEAD                                                                                                 \
    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs',"                  \
    "'store_groups':{'east':['s2','s1'],'west':['s3']},'calendars':{'rs':['2026-05-01','2026-01-01']},"      \
    "'wallets':[{'id':'partner'}],'tiers':{'by':'spend','steps':[{'id':'gold','from':5}]},'groups':["        \
    "{'id':'u','stage':'units','choice':'first'},{'id':'b','stage':'basket','choice':'all'},"                \
    "{'id':'c','stage':'coupons','choice':'best'},{'id':'e','stage':'earning','choice':'all'}]}\n"
#define OFF "'then':{'kind':'percent_off','rate_bp':1000}"
#define ROW "{'table':'leaf','code':'1','price_minor':999}\n"

static struct vn_ruleset *accept(const char *text)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    if (text_ruleset(text, &ruleset, &error) != VN_OK || vn_ruleset_skipped_count(ruleset) > 0) {
        const struct vn_error *why = ruleset == NULL ? &error : vn_ruleset_skipped(ruleset);
        fail_msg("%s: %s at '%s'", text, why->text, why->pointer);
    }
    return ruleset;
}

/* The only promotion of a ruleset. */
static const struct vn_promotion *accept_one(const char *keys, struct vn_ruleset **ruleset)
{
    char text[4096];
    (void)snprintf(text, sizeof text, HEAD ROW "{'id':'p',%s}", keys);
    *ruleset = accept(text);
    assert_int_equal((*ruleset)->promotion_count, 1);
    return &(*ruleset)->promotions[0];
}

static void assert_terms(const struct vn_terms *terms, const char *first, const char *second)
{
    assert_int_equal(terms->count, second == NULL ? 1 : 2);
    assert_string_equal(terms->values[0], first);
    if (second != NULL) {
        assert_string_equal(terms->values[1], second);
    }
}

/* the header */

static void test_a_header_has_times_stores_and_calendars(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = accept(
        "{'ruleset':9,'engine':2,'currency':'EUR','exponent':2,'utc_offset_min':60,'law':'pl','name':'x',"
        "'note':{'any':1},'utc_offsets':[{'from_ms':5,'offset_min':120},{'from_ms':6,'offset_min':60}],"
        "'zones':[{'stores':['s5'],'store_groups':['east'],'utc_offset_min':-180,'utc_offsets':["
        "{'from_ms':1,'offset_min':0}]}],'store_groups':{'east':['s2','s1']},"
        "'calendars':{'pl':['2026-05-01','1970-01-02']},'member_max_age_s':604800,'late_card_days':14,"
        "'tiers':{'by':'points','steps':[{'id':'silver','from':0},{'id':'gold','from':5}]}}");
    assert_int_equal(ruleset->number, 9);
    assert_int_equal(ruleset->law, VN_LAW_PL);
    assert_int_equal(ruleset->zone.offset_min, 60);
    assert_int_equal(ruleset->zone.change_count, 2);
    assert_int_equal(ruleset->zone.changes[1].from_ms, 6);
    assert_int_equal(ruleset->zone.changes[0].offset_min, 120);
    assert_int_equal(ruleset->zone_count, 1);
    assert_terms(&ruleset->zones[0].stores, "s5", NULL);
    assert_terms(&ruleset->zones[0].store_groups, "east", NULL);
    assert_int_equal(ruleset->zones[0].offset_min, -180);
    assert_int_equal(ruleset->zones[0].change_count, 1);
    assert_int_equal(ruleset->store_group_count, 1);
    assert_string_equal(ruleset->store_groups[0].id, "east");
    assert_terms(&ruleset->store_groups[0].stores, "s1", "s2");
    assert_int_equal(ruleset->calendar_count, 1);
    assert_string_equal(ruleset->calendars[0].id, "pl");
    assert_int_equal(ruleset->calendars[0].count, 2);
    assert_int_equal(ruleset->calendars[0].days[0], 1);
    assert_int_equal(ruleset->calendars[0].days[1], 20574);
    assert_int_equal(ruleset->member_max_age_s, 604800);
    assert_int_equal(vn_ruleset_late_card_days(ruleset), 14);
    assert_true(ruleset->tiers_by_points && ruleset->tier_count == 2);
    assert_string_equal(ruleset->tiers[1].id, "gold");
    assert_int_equal(ruleset->tiers[1].from, 5);
    vn_ruleset_destroy(ruleset);
}

static void test_a_header_has_wallets_caps_and_groups(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = accept(
        "{'ruleset':9,'engine':2,'currency':'EUR','exponent':2,'utc_offset_min':60,'law':'none',"
        "'wallet':{'exponent':1,'worth':{'points':2,'minor':3},'spend_min':4,'spend_step':5,'spend_share_bp':"
        "6,"
        "'spend_left_minor':7,'spent_as':'tender','proof':true,'unproved_points':8,'exclude':{'tags':['t']},"
        "'earn_max_receipt':9,'matures_days':10,'expires_days':11,'return_grace_days':12},"
        "'earning':{'points':13,'per_minor':14},"
        "'wallets':[{'id':'partner','earning':{'points':15,'per_minor':16}}],"
        "'floor_bp':1,'max_unit_discount_bp':2,'max_unit_discount_minor':3,'max_receipt_discount_bp':4,"
        "'max_receipt_discount_minor':5,'groups':[{'id':'a','stage':'basket','base':'list','choice':'best'},"
        "{'id':'b','stage':'tenders','choice':'all'}],'cards':[{'prefix':'2','length':1}],"
        "'coupons':[{'prefix':'3','length':9}]}");
    const struct vn_wallet *wallet = &ruleset->wallets[0];
    assert_true(wallet->id[0] == '\0' && wallet->exponent == 1 && wallet->worth_minor_den == 2);
    assert_true(wallet->worth_minor_num == 3 && wallet->spend_min_points == 4);
    assert_true(wallet->spend_step_points == 5 && wallet->spend_share_bp == 6);
    assert_true(wallet->spend_left_minor == 7 && wallet->tender && wallet->proof_needed);
    assert_true(wallet->unproved_points == 8 && wallet->earn_max_receipt == 9 && wallet->matures_days == 10);
    assert_true(wallet->expires_days == 11 && wallet->return_grace_days == 12);
    assert_true(wallet->earn_points == 13 && wallet->earn_per_minor == 14);
    assert_terms(&wallet->excluded->include[VN_SELECT_TAGS], "t", NULL);
    wallet = &ruleset->wallets[1];
    assert_int_equal(ruleset->wallet_count, 2);
    assert_string_equal(wallet->id, "partner");
    assert_true(wallet->earn_points == 15 && wallet->earn_per_minor == 16);
    assert_true(wallet->return_grace_days == 30 && wallet->spend_step_points == 1); /* the defaults */
    assert_true(wallet->spend_share_bp == 10000 && wallet->worth_minor_den == 1 && !wallet->tender);
    assert_true(ruleset->floor_bp == 1 && ruleset->max_unit_discount_bp == 2);
    assert_true(ruleset->max_unit_discount_minor == 3 && ruleset->max_receipt_discount_bp == 4);
    assert_int_equal(ruleset->max_receipt_discount_minor, 5);
    const struct vn_group *group = &ruleset->groups[0];
    assert_int_equal(ruleset->group_count, 2);
    assert_true(group->stage == VN_STAGE_BASKET && group->choice == VN_CHOICE_BEST && !group->newer);
    assert_true(!group->running && ruleset->groups[1].newer && ruleset->groups[1].running);
    assert_true(ruleset->range_count == 2 && ruleset->ranges[1].coupon && ruleset->ranges[1].length == 9);
    vn_ruleset_destroy(ruleset);
}

/* promotions */

static void test_a_promotion_has_times_places_and_people(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = NULL;
    const struct vn_promotion *p = accept_one(
        "'version':3,'engine':2,'name':{'en':'n'},'group':'u','priority':-4,'offline':'risk'," OFF
        ",'when':{'from':'1970-01-01T00:01','to':'1970-01-02T00:00','weekdays':[1,7],'hours':[['08:00','24:"
        "00']],"
        "'not_holidays':'rs'},'where':{'stores':['s'],'not_stores':['t'],'store_groups':['east'],"
        "'not_store_groups':['west'],'tills':['1'],'not_tills':['2'],'lanes':['self','web']},"
        "'who':{'kind':'staff','tiers':['gold'],'segments':['a'],'not_segments':['b'],'clubs':['c'],"
        "'anniversary':{'days_before':1,'days_after':2},'nth_visit':{'n':5,'every':true},"
        "'days_since_visit':60,'control':{'campaign':'xmas','held_out_bp':1000}}",
        &ruleset);
    assert_true(p->version == 3 && p->priority == -4 && p->offline == VN_OFFLINE_RISK);
    assert_string_equal(p->name.list[0].text, "n");
    assert_true(p->when.from_minute == 1 && p->when.to_minute == 1440 && p->when.weekdays == 0x41);
    assert_true(p->when.hours_count == 1 && p->when.hours[0].from_minute == 480);
    assert_int_equal(p->when.hours[0].to_minute, 1440);
    assert_true(p->when.holidays == &ruleset->calendars[0] && p->when.not_holidays);
    assert_terms(&p->where.stores, "s", NULL);
    assert_terms(&p->where.not_stores, "t", NULL);
    assert_terms(&p->where.store_groups, "east", NULL);
    assert_terms(&p->where.not_store_groups, "west", NULL);
    assert_terms(&p->where.tills, "1", NULL);
    assert_terms(&p->where.not_tills, "2", NULL);
    assert_int_equal(p->where.lanes, 1 << VN_LANE_SELF | 1 << VN_LANE_WEB);
    assert_int_equal(p->who.kind, VN_WHO_STAFF);
    assert_terms(&p->who.tiers, "gold", NULL);
    assert_terms(&p->who.segments, "a", NULL);
    assert_terms(&p->who.not_segments, "b", NULL);
    assert_terms(&p->who.clubs, "c", NULL);
    assert_true(!p->who.birthday && p->who.anniversary);
    assert_true(p->who.days_before == 1 && p->who.days_after == 2);
    assert_true(p->who.nth_visit == 5 && p->who.every_nth && p->who.days_since_visit == 60);
    assert_string_equal(p->who.campaign, "xmas");
    assert_int_equal(p->who.held_out_bp, 1000);
    vn_ruleset_destroy(ruleset);
}

static void test_a_promotion_has_conditions_limits_and_funders(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = NULL;
    const struct vn_promotion *p = accept_one(
        "'group':'c','then':{'kind':'percent_off','rate_bp':5,'max_discount_minor':9},"
        "'if':{'min_spend':{'selector':{'brands':['b']},'amount_minor':1,'base':'running'},"
        "'quantity':[{'qty_milli':2},{'selector':{'codes':['x']},'qty_milli':3}],'tenders':['card'],"
        "'coupon':true,'stamps':{'card':'coffee','count':9}},"
        "'limits':{'per_receipt':3,'member':{'count':2,'period':'week'},'all':{'count':4,'budget_minor':5}},"
        "'caps':{'max_discount_minor':7},'funders':[{'id':'f','share_bp':6000,'cap_minor':1},"
        "{'id':'g','per_unit_minor':8}]",
        &ruleset);
    assert_true(p->cond.spend_asked && p->cond.spend_running && p->cond.spend_least_minor == 1);
    assert_terms(&p->cond.spend_selector->include[VN_SELECT_BRANDS], "b", NULL);
    assert_int_equal(p->cond.quantity_count, 2);
    assert_null(p->cond.quantities[0].selector);
    assert_int_equal(p->cond.quantities[0].least_milli, 2);
    assert_terms(&p->cond.quantities[1].selector->include[VN_SELECT_CODES], "x", NULL);
    assert_terms(&p->cond.tenders, "card", NULL);
    assert_true(p->cond.coupon && p->cond.stamp_count == 9);
    assert_string_equal(p->cond.stamps, "coffee");
    assert_true(p->limits.per_receipt == 3 && p->limits.member_count == 2);
    assert_true(p->limits.member_period == VN_PERIOD_WEEK && p->limits.all_count == 4);
    assert_int_equal(p->limits.all_budget_minor, 5);
    assert_int_equal(p->max_discount_minor, 7); /* the lower of both caps */
    assert_int_equal(p->funder_count, 2);
    assert_string_equal(p->funders[0].id, "f");
    assert_true(p->funders[0].share_bp == 6000 && p->funders[0].cap_minor == 1);
    assert_int_equal(p->funders[1].per_unit_minor, 8);
    vn_ruleset_destroy(ruleset);
}

static void test_occasions_imply_a_limit_per_member_unless_one_is_given(void **state)
{
    (void)state;
    static const struct {
        const char *who, *limits;
        int64_t count;
        enum vn_period period;
    } rows[] = {{"'birthday':{}", "{}", 1, VN_PERIOD_YEAR},
                {"'anniversary':{}", "{'per_receipt':1}", 1, VN_PERIOD_YEAR},
                {"'first_purchase':true", "{}", 1, VN_PERIOD_EVER},
                {"'referral':true", "{}", 1, VN_PERIOD_EVER},
                {"'birthday':{}", "{'member':{'count':2,'period':'month'}}", 2, VN_PERIOD_MONTH},
                {"'nth_visit':{'n':2}", "{}", 0, VN_PERIOD_EVER}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char keys[512];
        struct vn_ruleset *ruleset = NULL;
        (void)snprintf(keys, sizeof keys, "'group':'u'," OFF ",'who':{'kind':'members',%s},'limits':%s",
                       rows[i].who, rows[i].limits);
        const struct vn_promotion *p = accept_one(keys, &ruleset);
        assert_int_equal(p->limits.member_count, rows[i].count);
        assert_int_equal(p->limits.member_period, rows[i].period);
        vn_ruleset_destroy(ruleset);
    }
}

static void test_a_selector_has_all_its_keys(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = NULL;
    const struct vn_promotion *p = accept_one(
        "'group':'u','then':{'kind':'percent_off','rate_bp':5,'selector':{'codes':['2','1'],'brands':['b'],"
        "'tags':['t'],'categories':['c/d'],'exclude':{'codes':['3'],'brands':['x'],'tags':['y'],"
        "'categories':['z']},'price':{'min_minor':5,'max_minor':6},'not_reduced':true,'table':'leaf'}}",
        &ruleset);
    const struct vn_selector *selector = p->rewards[0].selector;
    static const char *const in[] = {"1", "b", "t", "c/d"};
    static const char *const out[] = {"3", "x", "y", "z"};
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        assert_terms(&selector->include[key], in[key], key == VN_SELECT_CODES ? "2" : NULL);
        assert_terms(&selector->exclude[key], out[key], NULL);
    }
    assert_true(selector->least_minor == 5 && selector->most_minor == 6 && selector->not_reduced);
    assert_ptr_equal(selector->table, vn_price_table_named(ruleset, "leaf"));
    vn_ruleset_destroy(ruleset);
}

/* rewards */

static void check_sets(const struct vn_reward *r)
{
    assert_true(r[0].kind == VN_REWARD_NTH && r[0].n == 3 && r[0].take == 2 && !r[0].cheapest);
    assert_true(r[0].rate_bp == 5000 && r[0].weighed);
}

static void check_buy_get(const struct vn_reward *r)
{
    assert_true(r->kind == VN_REWARD_BUY_GET && r->n == 2 && r->take == 1 && r->rate_bp == 10000);
    assert_int_equal(r->part_count, 1);
    assert_int_equal(r->parts[0].n, 2);
    assert_terms(&r->parts[0].selector->include[VN_SELECT_CODES], "1", NULL);
    assert_terms(&r->selector->include[VN_SELECT_CODES], "2", NULL);
}

static void check_bundle(const struct vn_reward *r)
{
    assert_true(r->kind == VN_REWARD_BUNDLE && r->part_count == 2 && r->amount_minor == 9);
    assert_int_equal(r->parts[1].n, 4);
    assert_terms(&r->parts[1].selector->include[VN_SELECT_TAGS], "t", NULL);
}

static void check_gift(const struct vn_reward *r)
{
    assert_true(r->kind == VN_REWARD_GIFT && r->take == 2 && r->on_return == VN_RETURN_CHARGE);
    assert_int_equal(r->charge_minor, 7);
}

static void check_ladder(const struct vn_reward *r)
{
    assert_true(r->kind == VN_REWARD_LADDER && r->step_count == 2);
    assert_true(r->steps[0].from == 0 && r->steps[0].rate_bp == 5);
    assert_true(r->steps[1].from == 10 && r->steps[1].amount_minor == 6);
}

static void check_accumulative(const struct vn_reward *r)
{
    assert_true(r->kind == VN_REWARD_ACCUMULATIVE && r->step_count == 2);
    assert_string_equal(r->steps[1].tier, "gold");
    assert_int_equal(r->steps[1].rate_bp, 9);
}

static void check_table_price(const struct vn_reward *r)
{
    assert_true(r->kind == VN_REWARD_NEW_PRICE && r->table_price && r->amount_minor == 0);
}

static void test_a_set_and_a_sum_stand_alone(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        void (*check)(const struct vn_reward *reward);
    } rows[] = {{"'group':'u','then':{'kind':'nth_free','n':3,'free':2,'cheapest':false,'rate_bp':5000,'"
                 "weighed':true}",
                 check_sets},
                {"'group':'u','then':{'kind':'buy_get','buy':{'selector':{'codes':['1']},'n':2},"
                 "'get':{'selector':{'codes':['2']},'n':1}}",
                 check_buy_get},
                {"'group':'u','then':{'kind':'bundle','parts':[{'n':1},{'selector':{'tags':['t']},'n':4}],"
                 "'price_minor':9}",
                 check_bundle},
                {"'group':'u','then':{'kind':'gift','selector':{'codes':['1']},'n':2,'on_return':'charge',"
                 "'charge_minor':7}",
                 check_gift},
                {"'group':'b','then':{'kind':'ladder','steps':[{'from_minor':0,'rate_bp':5},"
                 "{'from_minor':10,'amount_minor':6}]}",
                 check_ladder},
                {"'group':'b','then':{'kind':'accumulative','steps':[{'tier':'silver','rate_bp':8},"
                 "{'tier':'gold','rate_bp':9}]}",
                 check_accumulative},
                {"'group':'u','then':{'kind':'new_price','table_price':true,'selector':{'table':'leaf'}}",
                 check_table_price}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_ruleset *ruleset = NULL;
        const struct vn_promotion *p = accept_one(rows[i].keys, &ruleset);
        assert_true(p->reward_count == 1 && p->price_count == 1);
        rows[i].check(&p->rewards[0]);
        vn_ruleset_destroy(ruleset);
    }
}

static void test_rewards_on_prices_come_first_and_the_rest_keeps_its_order(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = NULL;
    const struct vn_promotion *p = accept_one(
        "'group':'u','then':[{'kind':'points_bonus','points':5,'wallet':'partner'},"
        "{'kind':'amount_off','amount_minor':3},{'kind':'say','where':'receipt','text':{'en':'Hello'}},"
        "{'kind':'new_price','price_minor':0},{'kind':'stamp','card':'coffee','points':2,'once':true,"
        "'on_return':'keep'},{'kind':'issue_coupon','coupon':'five','valid_after_days':1,'valid_days':14,"
        "'n':2},{'kind':'add_tag','tag':'vip'},{'kind':'points_per_spend','points':1,'per_minor':100}]",
        &ruleset);
    static const enum vn_reward_kind kinds[] = {
        VN_REWARD_AMOUNT_OFF, VN_REWARD_NEW_PRICE,    VN_REWARD_POINTS_BONUS, VN_REWARD_SAY,
        VN_REWARD_STAMP,      VN_REWARD_ISSUE_COUPON, VN_REWARD_ADD_TAG,      VN_REWARD_POINTS_PER_SPEND};
    const struct vn_reward *r = p->rewards;
    assert_true(p->price_count == 2 && p->reward_count == 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(r[i].kind, kinds[i]);
    }
    assert_true(r[0].amount_minor == 3 && r[1].amount_minor == 0 && !r[1].table_price);
    assert_true(r[2].points == 5 && strcmp(r[2].wallet, "partner") == 0);
    assert_string_equal(r[3].what, "receipt");
    assert_string_equal(r[3].text.list[0].text, "Hello");
    assert_true(strcmp(r[4].what, "coffee") == 0 && r[4].points == 2 && r[4].once);
    assert_int_equal(r[4].on_return, VN_RETURN_KEEP);
    assert_true(strcmp(r[5].what, "five") == 0 && r[5].n == 2 && r[5].valid_after_days == 1);
    assert_true(r[5].valid_days == 14 && r[5].on_return == VN_RETURN_REVOKE_IF_UNUSED);
    assert_string_equal(r[6].what, "vip");
    assert_true(r[7].points == 1 && r[7].per_minor == 100 && r[7].wallet[0] == '\0');
    vn_ruleset_destroy(ruleset);
    p = accept_one("'group':'e','then':[{'kind':'points_multiplier','times_bp':20000},"
                   "{'kind':'points_per_unit','points':3,'selector':{'tags':['t']}}]",
                   &ruleset);
    assert_true(p->price_count == 0 && p->rewards[0].rate_bp == 20000 && p->rewards[1].points == 3);
    vn_ruleset_destroy(ruleset);
}

/* refusals */

static void refuse(const char *text, const char *pointer, const char *words)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    enum vn_status status = text_ruleset(text, &ruleset, &error);
    if (status != VN_INPUT || strcmp(error.pointer, pointer) != 0 || strstr(error.text, words) == NULL) {
        fail_msg("%s: %s '%s' at '%s'", text, vn_status_name(status), error.text, error.pointer);
    }
    assert_null(ruleset);
}

static void test_what_a_schema_cannot_say_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"'group':'u'," OFF ",'when':{'holidays':'pl'}", "/when/holidays", "a calendar of the header"},
        {"'group':'u'," OFF ",'when':{'from':'2026-02-29T00:00'}", "/when/from", "a local time"},
        {"'group':'u'," OFF ",'when':{'hours':[['08:00','09:00'],['24:00','00:00']]}", "/when/hours/1",
         "two different times"},
        {"'group':'u'," OFF ",'where':{'store_groups':['north']}", "/where/store_groups", "of the header"},
        {"'group':'u'," OFF ",'where':{'not_store_groups':['x']}", "/where/not_store_groups",
         "of the header"},
        {"'group':'u'," OFF ",'who':{'kind':'anyone','clubs':['c']}", "/who/kind", "members"},
        {"'group':'u'," OFF ",'who':{'kind':'anyone','referral':true}", "/who/kind", "members"},
        {"'group':'u'," OFF ",'who':{'kind':'anyone','birthday':{}}", "/who/kind", "members"},
        {"'group':'u'," OFF ",'who':{'kind':'anyone','not_segments':['s']}", "/who/kind", "members"},
        {"'group':'u'," OFF ",'funders':[{'id':'a','share_bp':6000},{'id':'b','share_bp':4001}]", "/funders",
         "more than the whole"},
        {"'group':'u'," OFF ",'funders':[{'id':'a','share_bp':6},{'id':'a','share_bp':4}]", "/funders/1/id",
         "an id of its own"},
        {"'group':'u','then':{'kind':'percent_off','rate_bp':1,'selector':{'price':{'min_minor':2,"
         "'max_minor':1}}}",
         "/then/selector/price/max_minor", "below"},
        {"'group':'u','then':{'kind':'new_price','table_price':true}", "/then/table_price", "with a table"},
        {"'group':'u','then':{'kind':'points_bonus','points':1,'wallet':'x'}", "/then/wallet", "a wallet"},
        {"'group':'u','then':{'kind':'gift','selector':{'codes':['1']},'on_return':'charge'}",
         "/then/charge_minor", "go together"},
        {"'group':'u','then':{'kind':'gift','selector':{'codes':['1']},'charge_minor':5}",
         "/then/charge_minor", "go together"},
        {"'group':'b','then':{'kind':'ladder','steps':[{'from_minor':5,'rate_bp':1},{'from_minor':5,"
         "'rate_bp':2}]}",
         "/then/steps/1/from_minor", "ascend"},
        {"'group':'b','then':{'kind':'accumulative','steps':[{'tier':'a','rate_bp':1},{'from_minor':5,"
         "'rate_bp':2}]}",
         "/then/steps/1", "not by both"},
        {"'group':'b','then':{'kind':'accumulative','steps':[{'tier':'a','rate_bp':1},{'tier':'a',"
         "'rate_bp':2}]}",
         "/then/steps/1/tier", "a tier of its own"},
        {"'group':'b','then':{'kind':'nth_free','n':3,'free':1}", "/then/kind", "of the stage basket"},
        {"'group':'u','then':[{'kind':'say','where':'prompt','text':{'en':'x'}},{'kind':'ladder','steps':["
         "{'from_minor':5,'rate_bp':1}]}]",
         "/then/1/kind", "of the stage units"},
        {"'group':'u','then':[{'kind':'nth_free','n':3,'free':1},{'kind':'percent_off','rate_bp':1}]",
         "/then", "nth_free can't stand beside"},
        {"'group':'c','if':{'coupon':true},'then':[{'kind':'new_price','price_minor':1},"
         "{'kind':'percent_off','rate_bp':1}]",
         "/then", "in the stage coupons"},
        {"'group':'u','then':{'kind':'stamp','card':'coffee'}", "/then", "of the stage earning"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text, HEAD "{'id':'p',%s}", rows[i][0]);
        refuse(text, rows[i][1], rows[i][2]);
    }
}

static void test_headers_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"'utc_offsets':[{'from_ms':5,'offset_min':0},{'from_ms':5,'offset_min':1}]",
         "/utc_offsets/1/from_ms", "ascend"},
        {"'zones':[{'store_groups':['x'],'utc_offset_min':0}]", "/zones/0/store_groups", "of the header"},
        {"'calendars':{'x':['2026-01-01','2026-13-01']}", "/calendars/x/1", "a day as"},
        {"'wallet':{'matures_days':5,'expires_days':5}", "/wallet/expires_days", "before they mature"},
        {"'wallets':[{'id':'a'},{'id':'a'}]", "/wallets/1/id", "an id of its own"},
        {"'tiers':{'by':'spend','steps':[{'id':'a','from':1},{'id':'b','from':1}]}", "/tiers/steps/1/from",
         "ascend"},
        {"'tiers':{'by':'spend','steps':[{'id':'a','from':1},{'id':'a','from':2}]}", "/tiers/steps/1/id",
         "an id of its own"},
        {"'groups':[{'id':'a','stage':'units','choice':'all'},{'id':'a','stage':'units','choice':'all'}]",
         "/groups/1/id", "an id of its own"},
        {"'cards':[{'prefix':'29','length':1}]", "/cards/0/length", "from 2 to 63"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        (void)snprintf(
            text, sizeof text,
            "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs',%s}",
            rows[i][0]);
        refuse(text, rows[i][1], rows[i][2]);
    }
}

static void test_a_name_has_so_many_languages_and_no_more(void **state)
{
    (void)state;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    for (int languages = VN_LOCALES_MAX; languages <= VN_LOCALES_MAX + 1; languages++) {
        struct vn_buf text;
        vn_buf_init(&text, 4096);
        assert_int_equal(vn_buf_append_str(&text, HEAD "{'id':'p','group':'u'," OFF ",'name':{"), VN_OK);
        for (int i = 0; i < languages; i++) {
            assert_int_equal(vn_buf_printf(&text, "%s'l%d':'x'", i == 0 ? "" : ",", i), VN_OK);
        }
        assert_int_equal(vn_buf_append(&text, vn_view_of("}}", 3)), VN_OK); /* with its NUL */
        enum vn_status status = text_ruleset((const char *)text.data, &ruleset, &error);
        assert_int_equal(status, languages == VN_LOCALES_MAX ? VN_OK : VN_INPUT);
        vn_ruleset_destroy(ruleset);
        vn_buf_deinit(&text);
    }
    assert_string_equal(error.pointer, "/name");
}

static void test_cards_and_coupons_share_their_ranges(void **state)
{
    (void)state;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    for (int coupons = 2; coupons <= 3; coupons++) {
        struct vn_buf text;
        vn_buf_init(&text, 4096);
        assert_int_equal(vn_buf_append_str(&text, "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,"
                                                  "'utc_offset_min':60,'law':'rs','cards':["),
                         VN_OK);
        for (int i = 0; i < VN_CARD_RANGES_MAX - 2; i++) {
            assert_int_equal(vn_buf_printf(&text, "%s{'prefix':'%d','length':13}", i == 0 ? "" : ",", i + 10),
                             VN_OK);
        }
        assert_int_equal(vn_buf_append_str(&text, "],'coupons':["), VN_OK);
        for (int i = 0; i < coupons; i++) {
            assert_int_equal(vn_buf_printf(&text, "%s{'prefix':'%d','length':9}", i == 0 ? "" : ",", i + 10),
                             VN_OK);
        }
        assert_int_equal(vn_buf_append(&text, vn_view_of("]}", 3)), VN_OK); /* with its NUL */
        enum vn_status status = text_ruleset((const char *)text.data, &ruleset, &error);
        assert_int_equal(status, coupons == 2 ? VN_OK : VN_INPUT);
        vn_ruleset_destroy(ruleset);
        vn_buf_deinit(&text);
    }
    assert_string_equal(error.pointer, "/coupons");
    assert_non_null(strstr(error.text, "at most 32 ranges in cards and coupons together"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_has_times_stores_and_calendars),
        cmocka_unit_test(test_a_header_has_wallets_caps_and_groups),
        cmocka_unit_test(test_a_promotion_has_times_places_and_people),
        cmocka_unit_test(test_a_promotion_has_conditions_limits_and_funders),
        cmocka_unit_test(test_occasions_imply_a_limit_per_member_unless_one_is_given),
        cmocka_unit_test(test_a_selector_has_all_its_keys),
        cmocka_unit_test(test_a_set_and_a_sum_stand_alone),
        cmocka_unit_test(test_rewards_on_prices_come_first_and_the_rest_keeps_its_order),
        cmocka_unit_test(test_what_a_schema_cannot_say_is_refused_with_its_place),
        cmocka_unit_test(test_headers_that_contradict_themselves_are_refused),
        cmocka_unit_test(test_a_name_has_so_many_languages_and_no_more),
        cmocka_unit_test(test_cards_and_coupons_share_their_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
