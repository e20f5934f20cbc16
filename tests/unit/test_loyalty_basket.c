/* Rewards on what a selector has left: percent and amount off, ladders, discounts by lifetime spend or tier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "agent/loyalty/accounts.h"
#include "tests/unit/loyalty_world.h"

#define LADDER(id, group)                                                                                    \
    "{'id':'" id "','group':'" group "','then':{'kind':'ladder','steps':["                                   \
    "{'from_minor':10000,'rate_bp':500},{'from_minor':20000,'rate_bp':1000},"                                \
    "{'from_minor':50000,'amount_minor':10000}]}}"

/* A basket of one line of so much, with a ladder. */
static void climb(struct world *world, int64_t amount_minor)
{
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "{'promotions':[" LADDER("l", "basket") "],'lines':[{'id':1,'code':'a','amount_minor':%lld}]}",
        (long long)amount_minor);
    world_outcome(world, text);
}

/* The n-th explanation of a promotion, or NULL. */
static const struct vn_explanation *row_of(const struct world *world, const char *promotion, unsigned n)
{
    for (unsigned i = 0; i < world->out.explanation_count; i++) {
        if (strcmp(world->out.explanations[i].promotion, promotion) == 0 && n-- == 0) {
            return &world->out.explanations[i];
        }
    }
    return NULL;
}

static void test_a_ladder_gives_its_highest_step_at_its_exact_number(void **state)
{
    struct world *world = *state;
    static const int64_t rows[][2] = {{9999, 0},     {10000, 500},   {19999, 1000}, {20000, 2000},
                                      {49999, 5000}, {50000, 10000}, {60000, 10000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        climb(world, rows[i][0]);
        assert_int_equal(world_discount(world, "l"), rows[i][1]);
        assert_int_equal(world->out.payable_minor, rows[i][0] - rows[i][1]);
    }
}

static void test_a_ladder_says_what_is_missing_to_its_first_step(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    climb(world, 9999);
    assert_int_equal(world_reason(world, "l", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 1);
    assert_int_equal(row_of(world, "l", 0)->worth_minor, 500);
    assert_int_equal(world->out.near_miss_count, 1);
    climb(world, 4999); /* not half-way */
    assert_int_equal(world_reason(world, "l", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 5001);
    assert_int_equal(world->out.near_miss_count, 0);
}

static void test_the_next_step_is_told_when_it_is_half_way(void **state)
{
    struct world *world = *state;
    climb(world, 10000);
    assert_int_equal(world_reason(world, "l", NULL), VN_REASON_APPLIED);
    const struct vn_explanation *next = row_of(world, "l", 1);
    assert_non_null(next);
    assert_int_equal(next->reason, VN_REASON_SPEND_SHORT);
    assert_int_equal(next->missing, 10000);
    assert_int_equal(next->worth_minor, 500); /* 1000 instead of 500 */
    assert_int_equal(world->out.near_miss_count, 1);
    assert_ptr_equal(&world->out.explanations[world->out.near_misses[0]], next);
    climb(world, 24999); /* 500.00 is more than twice as far */
    assert_null(row_of(world, "l", 1));
    climb(world, 25000);
    assert_int_equal(row_of(world, "l", 1)->missing, 25000);
    assert_int_equal(row_of(world, "l", 1)->worth_minor, 7500);
    climb(world, 50000);
    assert_null(row_of(world, "l", 1));
    assert_int_equal(world->out.near_miss_count, 0);
}

static void test_a_ladder_measures_list_amounts_unless_it_says_running(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'groups':[{'id':'shelf','stage':'units','base':'list','choice':'first'},"
        "{'id':'bill','stage':'basket','base':'%s','choice':'all'}]},'promotions':["
        "{'id':'p','group':'shelf','then':{'kind':'percent_off','rate_bp':1000}},"
        "{'id':'l','group':'bill','then':{'kind':'ladder','steps':[{'from_minor':10000,'amount_minor':500}]%"
        "s}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':%d}]}";
    char text[1024];
    int64_t missing = 0;
    static const char *const bases[] = {"list", "running"};
    for (size_t i = 0; i < 2; i++) { /* the group's base has no say in a threshold */
        (void)snprintf(text, sizeof text, document, bases[i], "", 10000);
        world_outcome(world, text);
        assert_int_equal(world_discount(world, "l"), 500);
        (void)snprintf(text, sizeof text, document, bases[i], ",'base':'running'", 10000);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "l", &missing), VN_REASON_SPEND_SHORT);
        assert_int_equal(missing, 1000); /* 90.00 are left to pay */
        (void)snprintf(text, sizeof text, document, bases[i], ",'base':'running'", 11112);
        world_outcome(world, text);
        assert_int_equal(world_discount(world, "l"), 500); /* of 100.01 */
    }
}

static void test_a_ladder_feels_no_negative_line_and_no_other_goods(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'promotions':[" LADDER(
            "l",
            "basket") "],'lines':["
                      "{'id':1,'code':'a','amount_minor':10000},{'id':2,'code':'v','amount_minor':-1000}]}");
    assert_int_equal(world_discount(world, "l"), 450); /* of what is left to pay */
    world_outcome(world,
                  "{'items':{'t':{'legal_class':'tobacco'}},'promotions':["
                  "{'id':'l','group':'basket','then':{'kind':'ladder','selector':{'exclude':{'codes':['x']}},"
                  "'steps':[{'from_minor':10000,'rate_bp':1000}]}}],'lines':["
                  "{'id':1,'code':'a','amount_minor':9999},{'id':2,'code':'x','amount_minor':70000},"
                  "{'id':3,'code':'t','amount_minor':70000}]}");
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "l", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 1);
    world_outcome(world, "{'items':{'t':{'legal_class':'tobacco'}},'promotions':[" LADDER(
                             "l", "basket") "],'lines':[{'id':1,'code':'t','amount_minor':70000}]}");
    assert_int_equal(world_reason(world, "l", NULL), VN_REASON_LAW);
}

/* lifetime spend and tiers */

static void accumulate(struct world *world, const char *member, const char *steps)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{'header':{'member_max_age_s':100},'started_ms':1000000,%s"
                   "'promotions':[{'id':'p','group':'basket','then':{'kind':'accumulative','steps':[%s]}}],"
                   "'lines':[{'id':1,'code':'a','amount_minor':10000}]}",
                   member, steps);
    world_outcome(world, text);
}

static void test_a_discount_grows_with_what_the_member_spent_before(void **state)
{
    struct world *world = *state;
    static const char steps[] = "{'from_minor':100000,'rate_bp':300},{'from_minor':500000,'rate_bp':700}";
    static const int64_t rows[][2] = {{99999, 0}, {100000, 300}, {499999, 300}, {500000, 700}, {900000, 700}};
    char member[256];
    int64_t missing = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(member, sizeof member,
                       "'member':{'known':true,'account':'w1','as_of_ms':900000,"
                       "'lifetime_spend_minor':%lld},",
                       (long long)rows[i][0]);
        accumulate(world, member, steps);
        assert_int_equal(world_discount(world, "p"), rows[i][1]);
        assert_null(row_of(world, "p", 1)); /* the next step is not for this receipt */
        assert_int_equal(world->out.near_miss_count, 0);
    }
    accumulate(world, "'member':{'known':true,'account':'w1','as_of_ms':900000},", steps);
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 100000);
}

static void test_a_discount_by_tier(void **state)
{
    struct world *world = *state;
    static const char steps[] = "{'tier':'silver','rate_bp':300},{'tier':'gold','rate_bp':700}";
    static const struct {
        const char *tier;
        int64_t off;
        int reason;
    } rows[] = {{"gold", 700, VN_REASON_APPLIED},
                {"silver", 300, VN_REASON_APPLIED},
                {"bronze", 0, VN_REASON_NEEDS_TIER},
                {"", 0, VN_REASON_NEEDS_TIER}};
    char member[256];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(member, sizeof member,
                       "'member':{'known':true,'account':'w1','as_of_ms':900000,'tier':'%s'},", rows[i].tier);
        accumulate(world, member, steps);
        assert_int_equal(world_discount(world, "p"), rows[i].off);
        assert_int_equal(world_reason(world, "p", NULL), rows[i].reason);
    }
}

static void test_a_member_s_discount_needs_a_member_of_a_fresh_row(void **state)
{
    struct world *world = *state;
    static const char steps[] = "{'from_minor':0,'rate_bp':500}";
    static const struct {
        const char *member;
        int reason;
    } rows[] = {
        {"", VN_REASON_NEEDS_MEMBER},
        {"'member':{'known':true,'blocked':true,'account':'w1','as_of_ms':900000},", VN_REASON_BLOCKED},
        {"'member':{'known':false},", VN_REASON_NEEDS_HUB},
        {"'member':{'known':true,'account':'w1','as_of_ms':899999},", VN_REASON_TOO_OLD},
        {"'member':{'known':true,'account':'w1'},", VN_REASON_TOO_OLD},
        {"'member':{'known':true,'account':'w1','as_of_ms':900000},", VN_REASON_APPLIED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        accumulate(world, rows[i].member, steps);
        assert_int_equal(world_reason(world, "p", NULL), rows[i].reason);
        assert_int_equal(world->out.discount_minor, rows[i].reason == VN_REASON_APPLIED ? 500 : 0);
    }
}

/* several rewards, caps, rounding */

static void test_rewards_of_a_promotion_follow_one_another(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'groups':[{'id':'bill','stage':'basket','base':'%s','choice':'all'}]},'promotions':["
        "{'id':'p','group':'bill'%s,'then':[{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['a']}},"
        "%s]}],'lines':[{'id':1,'code':'a','amount_minor':10000},{'id':2,'code':'b','amount_minor':5000}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, "running", "", "{'kind':'amount_off','amount_minor':500}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 1500);
    assert_int_equal(world->out.lines[0].discount_minor, 1000 + 321); /* 500 over 9000 and 5000 */
    assert_int_equal(world->out.lines[1].discount_minor, 179);
    assert_int_equal(world->out.application_count, 2); /* one row a line, whatever made it */
    (void)snprintf(text, sizeof text, document, "running", "", "{'kind':'percent_off','rate_bp':1000}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 1000 + 1400);
    (void)snprintf(text, sizeof text, document, "list", "", "{'kind':'percent_off','rate_bp':1000}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 1000 + 1500);
    (void)snprintf(text, sizeof text, document, "running", ",'caps':{'max_discount_minor':1200}",
                   "{'kind':'amount_off','amount_minor':500}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 1200);
    assert_int_equal(world->out.lines[1].discount_minor, 71); /* 200 over 9000 and 5000 */
    (void)snprintf(text, sizeof text, document, "running", "",
                   "{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['z']}}");
    world_outcome(world, text); /* one that means nothing does not stop the other */
    assert_int_equal(world->out.discount_minor, 1000);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_APPLIED);
}

static void test_the_first_reward_that_fails_speaks_when_none_gives(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'items':{'t':{'legal_class':'tobacco'}},'promotions':[{'id':'p','group':'basket','then':["
                  "{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['t']}},"
                  "{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['z']}}]}],"
                  "'lines':[{'id':1,'code':'t','amount_minor':10000}]}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_LAW);
    assert_int_equal(world->out.discount_minor, 0);
}

static void test_one_sum_is_rounded_once_and_ties_go_to_the_earlier_line(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'promotions':[{'id':'p','group':'basket','then':%s}],'lines':["
        "{'id':9,'code':'a','amount_minor':%d},{'id':4,'code':'b','amount_minor':%d},"
        "{'id':7,'code':'c','amount_minor':%d}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, "{'kind':'amount_off','amount_minor':100}", 100, 100, 100);
    world_outcome(world, text);
    assert_int_equal(world->out.lines[0].line_id, 4);
    assert_int_equal(world->out.lines[0].discount_minor, 34);
    assert_int_equal(world->out.lines[1].discount_minor, 33);
    assert_int_equal(world->out.lines[2].discount_minor, 33);
    /* 5 % of 30 is 1.5, half away from zero; each line by itself would give 0.5 three times */
    (void)snprintf(text, sizeof text, document, "{'kind':'percent_off','rate_bp':500}", 10, 10, 10);
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 2);
    assert_int_equal(world->out.lines[2].discount_minor, 0);
    (void)snprintf(text, sizeof text, document, "{'kind':'percent_off','rate_bp':500}", 10, 10, 9);
    world_outcome(world, text); /* 1.45 */
    assert_int_equal(world->out.discount_minor, 1);
}

static void test_nothing_left_above_the_floor_is_capped(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'floor_bp':9000},'promotions':["
                  "{'id':'p','group':'all','then':{'kind':'percent_off','rate_bp':900}},"
                  "{'id':'q','priority':2,'group':'basket','then':{'kind':'amount_off','amount_minor':500}},"
                  "{'id':'r','priority':1,'group':'basket','then':{'kind':'amount_off','amount_minor':500}}],"
                  "'lines':[{'id':1,'code':'a','amount_minor':10000}]}");
    assert_int_equal(world_discount(world, "p"), 900);
    assert_int_equal(world_discount(world, "q"), 100);
    assert_int_equal(world_reason(world, "r", NULL), VN_REASON_CAPPED);
    assert_int_equal(world->out.payable_minor, 9000);
}

static void test_limits_of_receipt_and_chain_hold_the_sum(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'max_receipt_discount_minor':%d},'rights':{'%s':%d},'promotions':["
        "{'id':'p','group':'basket','limits':{'all':{'budget_minor':100000}},"
        "'then':[{'kind':'percent_off','rate_bp':1000},{'kind':'amount_off','amount_minor':1000}]}],"
        "'lines':[{'id':1,'code':'a','amount_minor':10000}]}";
    static const struct {
        int receipt, budget;
        int64_t off;
        int reason;
    } rows[] = {{5000, 5000, 2000, VN_REASON_APPLIED},
                {1999, 5000, 1999, VN_REASON_APPLIED},
                {5000, 1001, 1001, VN_REASON_APPLIED},
                {5000, 0, 0, VN_REASON_NEEDS_HUB}};
    char account[VN_ID_MAX];
    char text[1024];
    vn_account_chain_budget("p", account);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].receipt, account, rows[i].budget);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), rows[i].reason);
        assert_int_equal(world->out.discount_minor, rows[i].off);
        assert_int_equal(world->out.consumption_count, rows[i].off > 0 ? 1 : 0);
        if (rows[i].off > 0) {
            assert_int_equal(world->out.consumptions[0].amount, rows[i].off);
        }
    }
}

static void test_a_member_s_limit_holds_and_tells_what_a_card_would_give(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{%s'promotions':[{'id':'p','group':'basket','limits':{'member':{'count':1,'period':'ever'}},"
        "'then':{'kind':'percent_off','rate_bp':1000}}],'lines':[{'id':1,'code':'a','amount_minor':10000}]}";
    char account[VN_ID_MAX];
    char member[256];
    char text[1024];
    (void)snprintf(text, sizeof text, document, "");
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_MEMBER);
    assert_int_equal(row_of(world, "p", 0)->worth_minor, 1000);
    assert_int_equal(world->out.near_miss_count, 1);
    vn_account_member_limit("m1", "p", 0, account);
    static const int reasons[] = {VN_REASON_APPLIED, VN_REASON_LIMIT_USED, VN_REASON_NEEDS_HUB};
    for (int i = 0; i < 3; i++) {
        (void)snprintf(
            member, sizeof member,
            "'member':{'known':true,'account':'w1','id':'m1','counters':[{'account':'%s','value':%d}]},"
            "'rights':{'%s':%d},",
            account, i == 1 ? 1 : 0, account, i == 2 ? 0 : 1);
        (void)snprintf(text, sizeof text, document, member);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), reasons[i]);
        assert_int_equal(world->out.discount_minor, i == 0 ? 1000 : 0);
    }
}

/* What one promotion looked at and did not get is free for the next. */
static void test_only_what_is_given_serves(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'header':{'groups':[{'id':'bill','stage':'basket','base':'list','choice':'first'}]},'promotions':["
        "{'id':'p','priority':4,'group':'bill','if':{'min_spend':{'amount_minor':99999}},'then':"
        "{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['a']}}},"
        "{'id':'q','priority':3,'group':'bill','then':[{'kind':'percent_off','rate_bp':1000,'selector':{'"
        "codes':["
        "'b']}},{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['z']}}]},"
        "{'id':'r','priority':2,'group':'bill','then':{'kind':'percent_off','rate_bp':2000}},"
        "{'id':'s','priority':1,'group':'bill','then':{'kind':'percent_off','rate_bp':3000}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':1000}]}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_SPEND_SHORT);
    assert_int_equal(world->out.lines[1].discount_minor, 100);
    assert_int_equal(world->out.lines[0].discount_minor, 200);
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_OUTBID);
}

/* What a basket reward gives is one rounding away from the rate, whatever the lines are and whatever their order. */
static void test_random_baskets_get_the_rounded_rate_of_their_sum(void **state)
{
    struct world *world = *state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t at = seed;
        struct vn_random random = vn_random_seeded(&at);
        uint8_t bytes[64];
        char text[8192];
        assert_int_equal(vn_random_fill(&random, bytes, sizeof bytes), VN_OK);
        int64_t rate = 1 + (bytes[0] << 8 | bytes[1]) % 10000;
        unsigned count = 1 + bytes[2] % 20;
        int64_t sum = 0;
        size_t len = (size_t)snprintf(text, sizeof text,
                                      "{'promotions':[{'id':'p','group':'basket','then':{'kind':'ladder',"
                                      "'steps':[{'from_minor':0,'rate_bp':%lld}]}}],'lines':[",
                                      (long long)rate);
        for (unsigned i = 0; i < count; i++) {
            int64_t amount = bytes[3 + i] << 4 | bytes[30 + i] % 16;
            sum += amount;
            len += (size_t)snprintf(
                text + len, sizeof text - len, "%s{'id':%u,'code':'%u','qty_milli':%u,'amount_minor':%lld}",
                i == 0 ? "" : ",", (i * 7) % 23 + 1, i, 1000 * (1 + bytes[50] % 5), (long long)amount);
        }
        (void)snprintf(text + len, sizeof text - len, "]}");
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, (sum * rate + 5000) / 10000);
        for (unsigned i = 0; i < world->out.line_count; i++) {
            const struct vn_line_outcome *line = &world->out.lines[i];
            int64_t amount = line->payable_minor + line->discount_minor;
            int64_t exact = sum == 0 ? 0 : amount * world->out.discount_minor / sum;
            assert_in_range(line->discount_minor, exact, exact + 1);
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_ladder_gives_its_highest_step_at_its_exact_number),
        T(test_a_ladder_says_what_is_missing_to_its_first_step),
        T(test_the_next_step_is_told_when_it_is_half_way),
        T(test_a_ladder_measures_list_amounts_unless_it_says_running),
        T(test_a_ladder_feels_no_negative_line_and_no_other_goods),
        T(test_a_discount_grows_with_what_the_member_spent_before),
        T(test_a_discount_by_tier),
        T(test_a_member_s_discount_needs_a_member_of_a_fresh_row),
        T(test_rewards_of_a_promotion_follow_one_another),
        T(test_the_first_reward_that_fails_speaks_when_none_gives),
        T(test_one_sum_is_rounded_once_and_ties_go_to_the_earlier_line),
        T(test_nothing_left_above_the_floor_is_capped),
        T(test_limits_of_receipt_and_chain_hold_the_sum),
        T(test_a_member_s_limit_holds_and_tells_what_a_card_would_give),
        T(test_only_what_is_given_serves),
        T(test_random_baskets_get_the_rounded_rate_of_their_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
