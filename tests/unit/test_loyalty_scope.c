/* For whom, where, with which coupon and how paid: each condition when it just holds, when it just does not, and the number
 * that it then names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "tests/unit/loyalty_world.h"

#define NOW      "1795345200000" /* Sunday 2026-11-22, 12:00 in the stores */
#define DAY_MS   86400000
#define NONE     INT64_MIN /* the promotion is not in scope at all */
#define TEXT_MAX 4096

struct row {
    const char *keys;  /* of the promotion */
    const char *world; /* of the scenario */
    int64_t reason, missing;
};

/* 10 % off goods "x", one of which is bought for 100.00. */
static void judge(struct world *world, const struct row *row)
{
    char text[TEXT_MAX];
    int64_t missing = 0;
    (void)snprintf(
        text, sizeof text,
        "{%s'started_ms':" NOW ",'header':{'store_groups':{'east':['s1','s2'],'west':['s3']},"
        "'member_max_age_s':86400},'promotions':[{'id':'p','group':'all',%s'then':{'kind':'percent_off',"
        "'selector':{'codes':['x']},'rate_bp':1000}}],'lines':[{'id':1,'code':'x','amount_minor':10000}]}",
        row->world, row->keys);
    world_outcome(world, text);
    int reason = world_reason(world, "p", &missing);
    if (reason != row->reason || missing != row->missing) {
        fail_msg("%s %s: %s, %lld missing", row->keys, row->world, vn_reason_name((enum vn_reason)reason),
                 (long long)missing);
    }
    assert_int_equal(world->out.discount_minor, reason == VN_REASON_APPLIED ? 1000 : 0);
}

static void judge_all(struct world *world, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        judge(world, &rows[i]);
    }
}

static void test_stores_groups_tills_and_lanes(void **state)
{
    static const struct row rows[] = {
        {"'where':{'stores':['s1','s9']},", "", VN_REASON_APPLIED, 0},
        {"'where':{'stores':['s1','s9']},", "'store':'s2',", VN_REASON_NOT_HERE, 0},
        {"'where':{'not_stores':['s2']},", "", VN_REASON_APPLIED, 0},
        {"'where':{'not_stores':['s2']},", "'store':'s2',", VN_REASON_NOT_HERE, 0},
        {"'where':{'store_groups':['east']},", "'store':'s2',", VN_REASON_APPLIED, 0},
        {"'where':{'store_groups':['east']},", "'store':'s3',", VN_REASON_NOT_HERE, 0},
        {"'where':{'stores':['s3'],'store_groups':['east']},", "'store':'s3',", VN_REASON_APPLIED, 0},
        {"'where':{'store_groups':['east'],'not_stores':['s2']},", "'store':'s2',", VN_REASON_NOT_HERE, 0},
        {"'where':{'not_store_groups':['west']},", "'store':'s2',", VN_REASON_APPLIED, 0},
        {"'where':{'not_store_groups':['west']},", "'store':'s3',", VN_REASON_NOT_HERE, 0},
        {"'where':{'tills':['t1']},", "'till':'t1',", VN_REASON_APPLIED, 0},
        {"'where':{'tills':['t1']},", "'till':'t2',", VN_REASON_NOT_HERE, 0},
        {"'where':{'not_tills':['t1']},", "'till':'t2',", VN_REASON_APPLIED, 0},
        {"'where':{'not_tills':['t1']},", "'till':'t1',", VN_REASON_NOT_HERE, 0},
        {"'where':{'lanes':['self','web']},", "'lane':'self',", VN_REASON_APPLIED, 0},
        {"'where':{'lanes':['self','web']},", "'lane':'manned',", VN_REASON_NOT_HERE, 0},
    };
    judge_all(*state, rows, sizeof rows / sizeof rows[0]);
}

#define FRESH "'known':true,'id':'m7','account':'w7','as_of_ms':" NOW

static void test_who_the_customer_is(void **state)
{
    static const struct row rows[] = {
        {"'who':{'kind':'members'},", "", VN_REASON_NEEDS_MEMBER, 0},
        {"'who':{'kind':'members'},", "'member':{" FRESH "},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members'},", "'member':{'known':true,'blocked':true},", VN_REASON_BLOCKED, 0},
        {"'who':{'kind':'members'},", "'member':{'known':false},", VN_REASON_NEEDS_HUB, 0},
        {"'who':{'kind':'households'},", "'member':{" FRESH ",'household':'h'},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'households'},", "'member':{" FRESH "},", VN_REASON_NEEDS_SEGMENT, 0},
        {"'who':{'kind':'staff'},", "'member':{" FRESH ",'staff':true},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'staff'},", "'member':{" FRESH "},", VN_REASON_NEEDS_SEGMENT, 0},
        {"'who':{'kind':'not_staff'},", "'member':{" FRESH "},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'not_staff'},", "'member':{" FRESH ",'staff':true},", VN_REASON_NEEDS_SEGMENT, 0},
        {"'who':{'kind':'not_staff'},", "", VN_REASON_NEEDS_MEMBER, 0},
        {"'who':{'kind':'members','tiers':['gold']},", "'member':{" FRESH ",'tier':'gold'},",
         VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','tiers':['gold']},", "'member':{" FRESH ",'tier':'silver'},",
         VN_REASON_NEEDS_TIER, 0},
        {"'who':{'kind':'members','segments':['a','b']},", "'member':{" FRESH ",'segments':['c','b']},",
         VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','segments':['a','b']},", "'member':{" FRESH ",'segments':['c']},",
         VN_REASON_NEEDS_SEGMENT, 0},
        {"'who':{'kind':'members','not_segments':['a']},", "'member':{" FRESH ",'segments':['c']},",
         VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','not_segments':['a']},", "'member':{" FRESH ",'segments':['c','a']},",
         VN_REASON_NEEDS_SEGMENT, 0},
        {"'who':{'kind':'members','clubs':['baby']},", "'member':{" FRESH ",'clubs':['wine','baby']},",
         VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','clubs':['baby']},", "'member':{" FRESH ",'clubs':['wine']},",
         VN_REASON_NEEDS_CLUB, 0},
    };
    judge_all(*state, rows, sizeof rows / sizeof rows[0]);
}

static void test_a_row_that_is_too_old_judges_nobody(void **state)
{
    static const struct row rows[] = {
        /* a day and no millisecond more */
        {"'who':{'kind':'members','tiers':['gold']},",
         "'member':{'known':true,'tier':'gold','as_of_ms':1795258800000},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','tiers':['gold']},",
         "'member':{'known':true,'tier':'gold','as_of_ms':1795258799999},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','segments':['a']},", "'member':{'known':true,'segments':['a']},",
         VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','clubs':['a']},", "'member':{'known':true,'clubs':['a']},",
         VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','not_segments':['a']},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','nth_visit':{'n':1}},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','birthday':{}},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','anniversary':{}},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','first_purchase':true},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','days_since_visit':1},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'members','referral':true},", "'member':{'known':true},", VN_REASON_TOO_OLD, 0},
        {"'who':{'kind':'staff'},", "'member':{'known':true,'staff':true},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members'},", "'member':{'known':true},", VN_REASON_APPLIED, 0},
    };
    struct world *world = *state;
    judge_all(world, rows, sizeof rows / sizeof rows[0]);
    assert_int_equal(world->out.points_earned, 0); /* 90.00 earns none, but see below */
    world_outcome(world,
                  "{'header':{'member_max_age_s':1},'member':{'known':true,'account':'w1'},'promotions':[{"
                  "'id':'p','group':'points','who':{'kind':'members','tiers':['gold']},'then':{'kind':"
                  "'points_bonus','points':5}}],'lines':[{'id':1,'code':'x','amount_minor':50000}]}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_TOO_OLD);
    assert_int_equal(world->out.points_earned, 5); /* 500.00 at the base rate: the card earns all the same */
}

static void test_visits_and_referrals(void **state)
{
    static const struct row rows[] = {
        {"'who':{'kind':'members','nth_visit':{'n':10}},", "'member':{" FRESH ",'visits':9},",
         VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','nth_visit':{'n':10}},", "'member':{" FRESH ",'visits':8},",
         VN_REASON_NEEDS_OCCASION, 1},
        {"'who':{'kind':'members','nth_visit':{'n':10}},", "'member':{" FRESH ",'visits':10},",
         VN_REASON_NEEDS_OCCASION, 0},
        {"'who':{'kind':'members','nth_visit':{'n':10,'every':true}},", "'member':{" FRESH ",'visits':29},",
         VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','nth_visit':{'n':10,'every':true}},", "'member':{" FRESH ",'visits':10},",
         VN_REASON_NEEDS_OCCASION, 9},
        /* last here on Sunday 8 November, at noon; the days are the calendar's */
        {"'who':{'kind':'members','days_since_visit':14},",
         "'member':{" FRESH ",'last_visit_ms':1794139200000},", VN_REASON_APPLIED, 0},
        {"'who':{'kind':'members','days_since_visit':15},",
         "'member':{" FRESH ",'last_visit_ms':1794139200000},", VN_REASON_NEEDS_OCCASION, 1},
        {"'who':{'kind':'members','days_since_visit':15},", "'member':{" FRESH "},", VN_REASON_NEEDS_OCCASION,
         0},
    };
    judge_all(*state, rows, sizeof rows / sizeof rows[0]);
}

static void name_right(char *out, size_t size, const char *more, int64_t period_day)
{
    char account[VN_ID_MAX];
    vn_account_member_limit("m7", "p", period_day, account);
    (void)snprintf(out, size, "'rights':{'%s':1},'member':{" FRESH "%s},", account, more);
}

/* These imply a limit, and so take a right. */
static void test_first_purchase_and_referral_happen_once(void **state)
{
    struct world *world = *state;
    char text[512];
    struct row row = {"'who':{'kind':'members','first_purchase':true},", text, VN_REASON_APPLIED, 0};
    name_right(text, sizeof text, "", 0);
    judge(world, &row);
    assert_int_equal(world->out.consumption_count, 1);
    assert_int_equal(world->out.consumptions[0].amount, 1);
    name_right(text, sizeof text, ",'visits':1", 0);
    row.reason = VN_REASON_NEEDS_OCCASION;
    judge(world, &row);
    row.keys = "'who':{'kind':'members','referral':true},";
    judge(world, &row);
    name_right(text, sizeof text, ",'referred':true", 0);
    row.reason = VN_REASON_APPLIED;
    judge(world, &row);
}

static void test_a_control_group_is_held_out_and_said_so(void **state)
{
    struct world *world = *state;
    char keys[128];
    int64_t share = vn_account_share_bp("m7", "xmas");
    assert_in_range(share, 1, 9998);
    struct row row = {keys, "'member':{" FRESH "},", VN_REASON_HELD_OUT, 0};
    (void)snprintf(keys, sizeof keys,
                   "'who':{'kind':'members','control':{'campaign':'xmas','held_out_bp':%d}},",
                   (int)share + 1);
    judge(world, &row);
    (void)snprintf(keys, sizeof keys,
                   "'who':{'kind':'members','control':{'campaign':'xmas','held_out_bp':%d}},", (int)share);
    row.reason = VN_REASON_APPLIED;
    judge(world, &row);
    /* who would not have been meant is not held out */
    row.keys = "'who':{'kind':'members','tiers':['gold'],'control':{'campaign':'xmas','held_out_bp':10000}},";
    row.reason = VN_REASON_NEEDS_TIER;
    judge(world, &row);
}

static void test_the_share_of_a_control_group_is_even(void **state)
{
    (void)state;
    int held_out = 0;
    for (int i = 0; i < 10000; i++) {
        char member[VN_ID_MAX];
        (void)snprintf(member, sizeof member, "m%d", i);
        held_out += vn_account_share_bp(member, "xmas") < 1000 ? 1 : 0;
    }
    assert_in_range(held_out, 900, 1100); /* 1,000 are meant; a standard deviation is 30 */
    assert_int_not_equal(vn_account_share_bp("m7", "xmas"), vn_account_share_bp("m7", "easter"));
}

static void test_how_it_is_paid(void **state)
{
    static const struct row rows[] = {
        {"'if':{'tenders':['card','gift_card']},",
         "'tenders':[{'kind':'cash'},{'kind':'card','amount_minor':1}],", VN_REASON_APPLIED, 0},
        {"'if':{'tenders':['card']},", "'tenders':[{'kind':'cash'}],", VN_REASON_NEEDS_TENDER, 0},
        {"'if':{'tenders':['card']},", "", VN_REASON_NEEDS_TENDER, 0},
    };
    struct world *world = *state;
    judge_all(world, rows, sizeof rows / sizeof rows[0]);
    assert_int_equal(world->out.near_miss_count, 1); /* "pay by card": 10.00 */
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].worth_minor, 1000);
}

static void judge_stamps(struct world *world, int stamps, int available, const char *more, int reason,
                         int64_t missing)
{
    char text[512];
    char account[VN_ID_MAX];
    vn_account_stamps("m7", "coffee", account);
    (void)snprintf(text, sizeof text,
                   "%s'rights':{'%s':%d},'member':{" FRESH ",'counters':[{'account':'%s','value':%d}]},",
                   more, account, available, account, stamps);
    struct row row = {"'offline':'risk','if':{'stamps':{'card':'coffee','count':9}},", text, reason, missing};
    judge(world, &row);
}

static void test_stamps_are_used_up_by_right(void **state)
{
    struct world *world = *state;
    judge_stamps(world, 9, 9, "'hub':true,", VN_REASON_APPLIED, 0);
    assert_int_equal(world->out.consumption_count, 1);
    assert_int_equal(world->out.consumptions[0].amount, 9);
    assert_false(world->out.consumptions[0].risk);
    judge_stamps(world, 8, 9, "'hub':true,", VN_REASON_STAMPS_SHORT, 1);
    assert_int_equal(world->out.near_miss_count, 1);
    judge_stamps(world, 4, 9, "'hub':true,", VN_REASON_STAMPS_SHORT, 5);
    assert_int_equal(world->out.near_miss_count, 0); /* not half-way */
    judge_stamps(world, 9, 8, "'hub':true,", VN_REASON_NEEDS_HUB, 0);
    judge_stamps(world, 9, 8, "", VN_REASON_APPLIED, 0); /* the hub is away: at the till's risk */
    assert_true(world->out.consumptions[0].risk);
    struct row row = {"'if':{'stamps':{'card':'coffee','count':9}},", "", VN_REASON_NEEDS_MEMBER, 0};
    judge(world, &row);
}

static void test_each_application_uses_its_stamps(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    char text[1024];
    vn_account_stamps("m7", "coffee", account);
    (void)snprintf(
        text, sizeof text,
        "{'rights':{'%s':29},'member':{" FRESH ",'counters':[{'account':'%s','value':29}]},"
        "'promotions':[{'id':'p','group':'first','if':{'stamps':{'card':'coffee','count':9}},'then':"
        "{'kind':'percent_off','rate_bp':10000}}],'lines':[{'id':1,'code':'x','qty_milli':5000,"
        "'amount_minor':500}]}",
        account, account);
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 300); /* three times nine of twenty-nine */
    assert_int_equal(world->out.consumptions[0].amount, 27);
}

#define COUPON_OFFER                                                                                         \
    "{'id':'c','group':'coupons','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':500}}"

static void judge_coupon(struct world *world, const char *coupon, const char *more, int reason)
{
    char text[TEXT_MAX];
    (void)snprintf(text, sizeof text,
                   "{%s'started_ms':" NOW ",'coupons':[{'promotion':'c',%s}],'promotions':[" COUPON_OFFER
                   "],'lines':[{'id':1,'code':'x','amount_minor':10000}]}",
                   more, coupon);
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "c", NULL), reason);
    assert_int_equal(world->out.discount_minor, reason == VN_REASON_APPLIED ? 500 : 0);
}

static void test_a_coupon_bound_to_a_member_is_his_alone(void **state)
{
    struct world *world = *state;
    judge_coupon(world, "'label':'1234'", "", VN_REASON_APPLIED);
    judge_coupon(world, "'member':'m7'", "'member':{" FRESH "},", VN_REASON_APPLIED);
    judge_coupon(world, "'member':'m7'", "'member':{'known':true,'id':'m8'},", VN_REASON_NEEDS_MEMBER);
    judge_coupon(world, "'member':'m7'", "", VN_REASON_NEEDS_MEMBER);
    judge_coupon(world, "'member':'m7'", "'member':{" FRESH ",'blocked':true},", VN_REASON_BLOCKED);
    judge_coupon(world, "'member':'m7'", "'member':{},",
                 VN_REASON_NEEDS_HUB); /* who knows whose card it is */
    judge_coupon(world, "'member':'m7'", "'member':{'id':'m7'},", VN_REASON_NEEDS_HUB);
    judge_coupon(world, "'member':'w7'", "'member':{'known':true,'account':'w7'},", VN_REASON_APPLIED);
    judge_coupon(world, "'valid_until_ms':1795345200001", "", VN_REASON_APPLIED);
    judge_coupon(world, "'valid_until_ms':" NOW, "", VN_REASON_COUPON_EXPIRED);
    judge_coupon(world, "'valid_from_ms':" NOW, "", VN_REASON_APPLIED);
    judge_coupon(world, "'valid_from_ms':1795345200001", "", VN_REASON_COUPON_EXPIRED);
    judge_coupon(world, "'account':'c1','spent':true", "'rights':{'c1':1},", VN_REASON_COUPON_SPENT);
    judge_coupon(world, "'account':'c1'", "'rights':{'c1':1},", VN_REASON_APPLIED);
    judge_coupon(world, "'account':'c1'", "", VN_REASON_NEEDS_HUB);
}

#define OWN_TERMS(coupons)                                                                                   \
    "{'coupons':[" coupons "],'promotions':[{'id':'b','group':'basket','then':{'kind':'percent_off',"        \
    "'rate_bp':5000}},{'id':'z','group':'points','then':{'kind':'points_bonus','points':3}}],"               \
    "'rights':{'c1':1,'c2':1},'member':{'known':true,'account':'w1'},"                                       \
    "'lines':[{'id':1,'code':'x','amount_minor':10000},{'id':2,'code':'y','amount_minor':6000}]}"

static void test_a_coupon_with_terms_of_its_own_needs_no_promotion(void **state)
{
    struct world *world = *state;
    /* 50 % off all, then 10 % off what is left of y */
    world_outcome(world, OWN_TERMS("{'account':'c1','promotion':'','label':'1234','single_use':true,"
                                   "'terms':{'off_bp':1000,'codes':['y','q']}}"));
    assert_int_equal(world_reason(world, "~1234", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_discount(world, "~1234"), 300);
    assert_int_equal(world->out.consumption_count, 1);
    assert_string_equal(world->out.consumptions[0].account, "c1");
    assert_int_equal(world_reason(world, "z", NULL), VN_REASON_APPLIED);
    /* its least spend is measured on the same goods, at list prices */
    world_outcome(world, OWN_TERMS("{'promotion':'','label':'1234','terms':{'off_minor':700,'least_minor':"
                                   "6001,'codes':['y']}}"));
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "~1234", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 1);
    world_outcome(world, OWN_TERMS("{'promotion':'','label':'1234','terms':{'off_minor':700,'least_minor':"
                                   "6000,'codes':['y']}}"));
    assert_int_equal(world_discount(world, "~1234"), 700);
    world_outcome(world,
                  OWN_TERMS("{'promotion':'','label':'1234','terms':{'off_minor':700,'codes':['q']}}"));
    assert_int_equal(world_reason(world, "~1234", NULL), VN_REASON_NOTHING_MATCHES);
    world_outcome(world, OWN_TERMS("{'account':'c3','promotion':'','label':'1234','terms':{'off_minor':7}}"));
    assert_int_equal(world_reason(world, "~1234", NULL), VN_REASON_NEEDS_HUB);
}

static void test_coupons_with_terms_stack_in_the_order_of_their_labels(void **state)
{
    struct world *world = *state;
    world_outcome(world, OWN_TERMS("{'account':'c2','promotion':'','label':'B','terms':{'off_bp':5000}},"
                                   "{'account':'c1','promotion':'','label':'A','terms':{'off_minor':1000}}"));
    assert_int_equal(world_discount(world, "~A"), 1000);
    assert_int_equal(world_discount(world, "~B"), 3500);
    world_outcome(world, OWN_TERMS("{'account':'c1','promotion':'','label':'A','terms':{'off_minor':1000}},"
                                   "{'account':'c2','promotion':'','label':'B','terms':{'off_bp':5000}}"));
    assert_int_equal(world_discount(world, "~B"), 3500);
    /* of one label: by account */
    world_outcome(world, OWN_TERMS("{'account':'c2','promotion':'','label':'A','terms':{'off_bp':5000}},"
                                   "{'account':'c1','promotion':'','label':'A','terms':{'off_minor':1000}}"));
    assert_int_equal(world_discount(world, "~A"), 1000 + 3500);
    world_outcome(world, OWN_TERMS("{'account':'c1','promotion':'','label':'A','terms':{'off_minor':1000}},"
                                   "{'account':'c2','promotion':'','label':'A','terms':{'off_bp':5000}}"));
    assert_int_equal(world_discount(world, "~A"), 1000 + 3500);
}

static void test_a_coupon_that_is_presented_twice_is_presented_once(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  OWN_TERMS("{'label':'A','terms':{'off_bp':1000}},{'label':'A','terms':{'off_bp':1000}}"));
    assert_int_equal(world_discount(world, "~A"), 800);
    assert_int_equal(world->out.explanation_count, 3);
    world_outcome(world, OWN_TERMS("{'label':'A','account':'c1','terms':{'off_bp':1000}},"
                                   "{'label':'A','account':'c1','terms':{'off_bp':1000}}"));
    assert_int_equal(world_discount(world, "~A"), 800);
    assert_int_equal(world->out.explanation_count, 3);
    world_outcome(world, OWN_TERMS("{'label':'A','terms':{'off_bp':1000,'codes':['x']}},"
                                   "{'label':'A','terms':{'off_bp':1000,'codes':['y']}}"));
    assert_int_equal(world_discount(world, "~A"), 800); /* 500 of x, 300 of y: two coupons */
    assert_int_equal(world->out.explanation_count, 4);
}

static void test_prices_and_the_poss_own_cuts_narrow_a_selector(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'promotions':[{'id':'p','group':'all','then':{'kind':'amount_off','amount_minor':1,"
                  "'selector':{'codes':['a','b','w'],'price':{'min_minor':100,'max_minor':200}}}},"
                  "{'id':'n','group':'all','then':{'kind':'amount_off','amount_minor':1,'selector':{'codes':"
                  "['a','b'],'not_reduced':true}}}],'lines':["
                  "{'id':1,'code':'a','qty_milli':3000,'amount_minor':300},"
                  "{'id':2,'code':'b','qty_milli':3000,'amount_minor':299},"
                  "{'id':3,'code':'a','qty_milli':2000,'amount_minor':400},"
                  "{'id':4,'code':'b','qty_milli':2000,'amount_minor':401},"
                  "{'id':5,'code':'w','kind':'weighed','qty_milli':500,'amount_minor':100},"
                  "{'id':6,'code':'w','kind':'weighed','qty_milli':500,'amount_minor':101},"
                  "{'id':7,'code':'a','amount_minor':90,'list_amount_minor':150,'pos_discounts_minor':60}]}");
    /* 3 pieces at 1.00, 2 at 2.00, half a kilogram at 2.00, one at a list price of 1.50 */
    assert_int_equal(world_discount(world, "p"), 3 + 2 + 1 + 1);
    assert_int_equal(world_discount(world, "n"), 3 + 3 + 2 + 2);
}

static void test_a_price_table_means_what_it_prices_here_and_now(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'store_groups':{'east':['s1']}},'store':'%s','started_ms':" NOW ",'promotions':["
        "{'table':'t','code':'a','price_minor':1,'group':'east'},"
        "{'table':'t','code':'b','price_minor':1,'from':'2026-11-22T12:00','to':'2026-11-22T12:01'},"
        "{'table':'t','code':'c','price_minor':1,'from':'2026-11-22T12:01'},"
        "{'id':'p','group':'all','then':{'kind':'amount_off','amount_minor':1,'selector':{'table':'t'}}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':10},{'id':2,'code':'b','amount_minor':10},"
        "{'id':3,'code':'c','amount_minor':10},{'id':4,'code':'d','amount_minor':10}]}";
    char text[TEXT_MAX];
    (void)snprintf(text, sizeof text, document, "s1");
    world_outcome(world, text);
    assert_int_equal(world_discount(world, "p"), 2);
    (void)snprintf(text, sizeof text, document, "s2");
    world_outcome(world, text);
    assert_int_equal(world_discount(world, "p"), 1);
}

static void test_a_running_threshold_is_measured_when_its_group_begins(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'promotions':[{'id':'u','group':'first','then':{'kind':'amount_off','amount_minor':1000}},"
        "{'id':'a','group':'basket','priority':2,'then':{'kind':'amount_off','amount_minor':4000}},"
        "{'id':'b','group':'basket','if':{'min_spend':{'amount_minor':%d,'base':'running'}},'then':"
        "{'kind':'amount_off','amount_minor':100}}],'lines':[{'id':1,'code':'x','amount_minor':10000}]}";
    char text[TEXT_MAX];
    int64_t missing = 0;
    (void)snprintf(text, sizeof text, document, 9000);
    world_outcome(world, text);
    assert_int_equal(world_discount(world, "b"), 100);
    (void)snprintf(text, sizeof text, document, 9001);
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "b", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 1);
}

static void test_all_quantities_of_a_list_must_be_there(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'promotions':[{'id':'p','group':'basket','if':{'quantity':[{'selector':{'codes':['a']},'qty_milli':"
        "2000},{'selector':{'codes':['w']},'qty_milli':1500}]},'then':{'kind':'amount_off','amount_minor':5}}"
        "],'lines':[{'id':1,'code':'a','qty_milli':2000,'amount_minor':100},"
        "{'id':2,'code':'w','kind':'weighed','qty_milli':%d,'amount_minor':100}]}";
    char text[TEXT_MAX];
    int64_t missing = 0;
    (void)snprintf(text, sizeof text, document, 1500);
    world_outcome(world, text);
    assert_int_equal(world_discount(world, "p"), 5);
    (void)snprintf(text, sizeof text, document, 1499);
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores_groups_tills_and_lanes),
        cmocka_unit_test(test_who_the_customer_is),
        cmocka_unit_test(test_a_row_that_is_too_old_judges_nobody),
        cmocka_unit_test(test_visits_and_referrals),
        cmocka_unit_test(test_first_purchase_and_referral_happen_once),
        cmocka_unit_test(test_a_control_group_is_held_out_and_said_so),
        cmocka_unit_test(test_the_share_of_a_control_group_is_even),
        cmocka_unit_test(test_how_it_is_paid),
        cmocka_unit_test(test_stamps_are_used_up_by_right),
        cmocka_unit_test(test_each_application_uses_its_stamps),
        cmocka_unit_test(test_a_coupon_bound_to_a_member_is_his_alone),
        cmocka_unit_test(test_a_coupon_with_terms_of_its_own_needs_no_promotion),
        cmocka_unit_test(test_coupons_with_terms_stack_in_the_order_of_their_labels),
        cmocka_unit_test(test_a_coupon_that_is_presented_twice_is_presented_once),
        cmocka_unit_test(test_prices_and_the_poss_own_cuts_narrow_a_selector),
        cmocka_unit_test(test_a_price_table_means_what_it_prices_here_and_now),
        cmocka_unit_test(test_a_running_threshold_is_measured_when_its_group_begins),
        cmocka_unit_test(test_all_quantities_of_a_list_must_be_there),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
