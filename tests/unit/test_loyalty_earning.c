/* Points for what is really paid: base, multipliers, rewards in points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "agent/loyalty/accounts.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "tests/unit/loyalty_world.h"

/* The usual wallet: 1 point for each 100.00. */
#define MEMBER "'member':{'known':true,'account':'w1'}"

static void earn(struct world *world, const char *header, const char *promotions, const char *lines)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "{'header':{%s}," MEMBER ",'promotions':[%s],'lines':[%s]}", header,
                   promotions, lines);
    world_outcome(world, text);
}

#define LINE(id, code, amount) "{'id':" #id ",'code':'" code "','amount_minor':" #amount "}"

/* base and multipliers */

static void test_the_base_is_floored_once_at_its_exact_number(void **state)
{
    struct world *world = *state;
    earn(world, "", "", LINE(1, "a", 5000) "," LINE(2, "b", 4999));
    assert_int_equal(world->out.points_earned, 0);
    earn(world, "", "", LINE(1, "a", 5000) "," LINE(2, "b", 5000));
    assert_int_equal(world->out.points_earned, 1);
    assert_int_equal(world->out.lines[0].earn_minor, 5000);
    earn(world, "", "", LINE(1, "a", 29999));
    assert_int_equal(world->out.points_earned, 2);
    earn(world, "'earning':{'points':0,'per_minor':1}", "", LINE(1, "a", 29999));
    assert_int_equal(world->out.points_earned, 0);
    earn(world, "'earning':{'points':1,'per_minor':20001}", "", LINE(1, "a", 20000)); /* 0.99995 */
    assert_int_equal(world->out.points_earned, 0);
    earn(world, "'earning':{'points':1,'per_minor':20001}", "", LINE(1, "a", 20001));
    assert_int_equal(world->out.points_earned, 1);
}

static void test_lines_say_what_they_earned_on(void **state)
{
    struct world *world = *state;
    earn(
        world, "'earning':{'points':1,'per_minor':100}",
        "{'id':'m','group':'points','then':{'kind':'points_multiplier','times_bp':25000,'selector':{'codes':["
        "'b']}}}",
        LINE(1, "a", 10000) "," LINE(2, "b",
                                     333) ",{'id':3,'code':'g','kind':'gift_card','amount_minor':5000}");
    assert_int_equal(world->out.lines[0].earn_minor, 10000);
    assert_int_equal(world->out.lines[1].earn_minor, 833); /* 832.5 */
    assert_int_equal(world->out.lines[2].earn_minor, 0);
    assert_int_equal(world->out.points_earned, 108); /* of 108.325 */
    assert_int_equal(world_points(world, "m"), 5);   /* 103 without it */
}

static void test_multipliers_add_beyond_the_base_and_are_floored_together(void **state)
{
    struct world *world = *state;
    earn(world, "'earning':{'points':1,'per_minor':100}",
         "{'id':'m','priority':2,'group':'points','then':[{'kind':'points_multiplier','times_bp':15000},"
         "{'kind':'points_multiplier','times_bp':15000,'selector':{'codes':['a']}}]},"
         "{'id':'n','priority':1,'group':'points','then':{'kind':'points_multiplier','times_bp':20000}}",
         LINE(1, "a", 333));
    assert_int_equal(world->out.points_earned, 9); /* 333 x 3 */
    assert_int_equal(world_points(world, ""), 3);
    assert_int_equal(world_points(world, "m"), 3); /* 6.66 - 3 */
    assert_int_equal(world_points(world, "n"), 3); /* 9.99 - 6 */
}

/* rewards in points */

static void test_points_for_spend_are_floored_once_for_the_reward(void **state)
{
    struct world *world = *state;
    static const char reward[] = "{'id':'s','group':'points','then':{'kind':'points_per_spend','points':3,"
                                 "'per_minor':1000,'selector':{'codes':['a','b']}}}";
    earn(world, "", reward, LINE(1, "a", 166) "," LINE(2, "b", 167) "," LINE(3, "c", 9000));
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_CAPPED); /* 0.999 */
    earn(world, "", reward, LINE(1, "a", 167) "," LINE(2, "b", 167) "," LINE(3, "c", 9000));
    assert_int_equal(world_points(world, "s"), 1);
    earn(world, "", reward, LINE(1, "a", 900) "," LINE(2, "b", 100));
    assert_int_equal(world_points(world, "s"), 3);
}

static void test_points_for_pieces_count_what_is_paid_for(void **state)
{
    struct world *world = *state;
    static const char lines[] = "{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000},"
                                "{'id':2,'code':'a','qty_milli':734,'kind':'weighed','amount_minor':500},"
                                "{'id':3,'code':'a','qty_milli':2000,'amount_minor':0}";
    earn(world, "", "{'id':'u','group':'points','then':{'kind':'points_per_unit','points':7}}", lines);
    assert_int_equal(world_points(world, "u"), 28); /* three pieces and a weighed line */
    earn(
        world, "",
        "{'id':'u','group':'points','limits':{'per_receipt':2},'then':{'kind':'points_per_unit','points':7}}",
        lines);
    assert_int_equal(world_points(world, "u"), 14);
    earn(world, "",
         "{'id':'f','group':'first','then':{'kind':'nth_free','n':3,'free':1}},"
         "{'id':'u','group':'points','then':{'kind':'points_per_unit','points':7}}",
         "{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000}");
    assert_int_equal(world->out.discount_minor, 1000);
    assert_int_equal(world_points(world, "u"), 14);
}

#define ONE_GROUP "'header':{'groups':[{'id':'one','stage':'earning','choice':'first'}]}"

static void test_a_limit_counts_the_dearest_pieces_and_takes_them(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{" MEMBER "," ONE_GROUP ",'promotions':["
        "{'id':'p','priority':3,'group':'one','limits':{'per_receipt':1},"
        "'then':{'kind':'points_per_unit','points':5}},"
        "{'id':'q','priority':2,'group':'one','then':{'kind':'points_per_unit','points':2,'selector':{'codes'"
        ":["
        "'a']}}},{'id':'r','priority':1,'group':'one','then':{'kind':'points_per_unit','points':2,'selector':"
        "{"
        "'codes':['b']}}}],'lines':["
        "{'id':1,'code':'a','qty_milli':2000,'amount_minor':200},{'id':2,'code':'b','amount_minor':900}]}");
    assert_int_equal(world_points(world, "p"), 5);
    assert_int_equal(world_points(world, "q"), 4);
    assert_int_equal(world_reason(world, "r", NULL), VN_REASON_OUTBID); /* b was the dearest */
}

static void test_a_bonus_takes_no_goods(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{" MEMBER "," ONE_GROUP ",'promotions':["
                  "{'id':'p','priority':3,'group':'one','then':[{'kind':'points_bonus','points':5},"
                  "{'kind':'add_tag','tag':'x'}]},"
                  "{'id':'q','priority':2,'group':'one','if':{'min_spend':{'amount_minor':99999}},"
                  "'then':{'kind':'points_per_unit','points':2}},"
                  "{'id':'r','priority':1,'group':'one','then':{'kind':'points_per_unit','points':2}},"
                  "{'id':'s','priority':0,'group':'one','then':{'kind':'points_per_unit','points':2}}],"
                  "'lines':[" LINE(1, "a", 100) "]}");
    assert_int_equal(world_points(world, "p"), 5);
    assert_int_equal(world_reason(world, "q", NULL), VN_REASON_SPEND_SHORT);
    assert_int_equal(world_points(world, "r"), 2);
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_OUTBID);
}

static void test_a_member_s_limit_holds_points_too(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{%s'promotions':[{'id':'p','group':'points','limits':{'member':{'count':1,'period':'ever'}},"
        "'then':[{'kind':'points_bonus','points':50},{'kind':'points_per_spend','points':2,'per_minor':100}]}"
        "],"
        "'lines':[{'id':1,'code':'a','amount_minor':1000}]}";
    char account[VN_ID_MAX];
    char member[256];
    char text[1024];
    (void)snprintf(text, sizeof text, document, "");
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_MEMBER);
    assert_int_equal(world->out.explanations[0].worth_minor, 7000); /* 70 points of 1.00 */
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
        assert_int_equal(world_points(world, "p"), i == 0 ? 70 : 0);
        assert_int_equal(world->out.consumption_count, i == 0 ? 1 : 0);
    }
}

static void test_a_bonus_needs_something_paid(void **state)
{
    struct world *world = *state;
    static const char bonus[] = "{'id':'b','group':'points','then':{'kind':'points_bonus','points':50}}";
    earn(world, "", bonus, LINE(1, "a", 1));
    assert_int_equal(world_points(world, "b"), 50);
    earn(world, "", bonus, LINE(1, "a", 0));
    assert_int_equal(world_reason(world, "b", NULL), VN_REASON_CAPPED);
    earn(world, "", bonus, "{'id':1,'code':'g','kind':'gift_card','amount_minor':5000}");
    assert_int_equal(world->out.points_earned, 0);
}

static void test_the_law_and_what_is_no_goods_earn_nothing(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{" MEMBER ",'items':{'t':{'legal_class':'tobacco'}},'promotions':["
                  "{'id':'s','group':'points','then':{'kind':'points_per_spend','points':1,'per_minor':1}},"
                  "{'id':'u','group':'points','then':{'kind':'points_per_unit','points':1}},"
                  "{'id':'t','group':'points','then':{'kind':'points_per_unit','points':1,'selector':{'codes'"
                  ":['t']}}}],"
                  "'lines':[" LINE(1, "a", 100) "," LINE(
                      2, "t", 90000) ",{'id':3,'parent':1,'code':'d','kind':'deposit',"
                                     "'amount_minor':5000},{'id':4,'code':'g','kind':"
                                     "'gift_card','amount_minor':90000},{'id':5,'code':"
                                     "'s','kind':'service','amount_minor':90000}]}");
    assert_int_equal(world_points(world, ""), 0);
    assert_int_equal(world_points(world, "s"), 100);
    assert_int_equal(world_points(world, "u"), 1);
    assert_int_equal(world_reason(world, "t", NULL), VN_REASON_LAW);
    for (unsigned i = 1; i < 5; i++) {
        assert_int_equal(world->out.lines[i].earn_minor, 0);
    }
}

/* what follows a price */

static void test_a_price_promotion_gives_points_beside(void **state)
{
    struct world *world = *state;
    static const char promotion[] =
        "{'id':'p','group':'first','if':{'min_spend':{'amount_minor':5000}},'then':["
        "{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['a']}},"
        "{'kind':'points_bonus','points':10},{'kind':'points_per_unit','points':3,'selector':{'codes':['b']}}"
        ","
        "{'kind':'points_per_spend','points':1,'per_minor':1000},"
        "{'kind':'points_multiplier','times_bp':20000,'selector':{'codes':['a']}}]}";
    static const char header[] = "'earning':{'points':1,'per_minor':100}";
    earn(world, header, promotion,
         LINE(1, "a", 5000) ",{'id':2,'code':'b','qty_milli':2000,'amount_minor':999}");
    assert_int_equal(world->out.discount_minor, 500);
    /* 54.99 base; 10 + 6 + 5 of 54.99 per 10.00, and 45 again for the 45.00 of a */
    assert_int_equal(world_points(world, ""), 54);
    assert_int_equal(world_points(world, "p"), 10 + 6 + 5 + 45);
    assert_int_equal(world->out.lines[0].earn_minor, 9000);
    earn(world, header, promotion, LINE(1, "a", 4999));
    assert_int_equal(world->out.points_earned, 49);
    assert_int_equal(world_points(world, "p"), 0);
}

static void test_nobody_s_price_promotion_gives_no_points(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{%s'promotions':[{'id':'p','group':'first','then':[{'kind':'percent_off','rate_bp':1000},"
        "{'kind':'points_bonus','points':10}]}],'lines':[{'id':1,'code':'a','amount_minor':20000}]}";
    static const struct {
        const char *member;
        int64_t points;
        bool provisional;
    } rows[] = {{"", 0, false},
                {"'member':{'known':true,'account':'w1','blocked':true},", 0, false},
                {"'member':{'known':false},", 1, true},
                {"'member':{'known':true,'account':'w1'},", 11, false}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].member);
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, 2000);
        assert_int_equal(world->out.points_earned, rows[i].points);
        assert_int_equal(world->out.provisional, rows[i].provisional);
    }
}

static void test_a_spent_point_earns_nothing(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallet':{'worth':{'points':1,'minor':1},'spent_as':'%s'},"
        "'earning':{'points':1,'per_minor':100}},'member':{'known':true,'account':'w1','balance':99999},"
        "'rights':{'w1':99999},'spend_points':%d,'promotions':["
        "{'id':'s','group':'points','then':{'kind':'points_per_spend','points':1,'per_minor':10}},"
        "{'id':'u','group':'points','then':{'kind':'points_per_unit','points':1}},"
        "{'id':'m','group':'points','then':{'kind':'points_multiplier','times_bp':20000}},"
        "{'id':'b','group':'points','then':{'kind':'points_bonus','points':5}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':6000},{'id':2,'code':'b','amount_minor':4000}]}";
    static const char *const ways[] = {"discount", "tender"};
    char text[2048];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, document, ways[i], 2500);
        world_outcome(world, text);
        assert_int_equal(world->out.points_spent, 2500);
        assert_int_equal(world_points(world, ""), 75);
        assert_int_equal(world_points(world, "m"), 75);
        assert_int_equal(world_points(world, "s"), 750);
        assert_int_equal(world_points(world, "u"), 2);
        assert_int_equal(world->out.lines[0].earn_minor, 9000);
        (void)snprintf(text, sizeof text, document, ways[i], 10000);
        world_outcome(world, text);
        assert_int_equal(world->out.points_spent, 10000);
        assert_int_equal(world->out.points_earned, 0);
        assert_int_equal(world_reason(world, "b", NULL), VN_REASON_CAPPED);
    }
}

/* room */

/* A full outcome: two promotions on so many lines that no other row has room; the base points have theirs. */
static void test_base_points_have_room_whatever_else_has_not(void **state)
{
    struct world *world = *state;
    static char text[65536];
    for (int free = 0; free <= 2; free += 2) { /* the base, and what comes first */
        size_t len = (size_t)snprintf(
            text, sizeof text,
            "{" MEMBER ",'promotions':[{'id':'p','priority':2,'group':'all','then':[{'kind':'percent_off','"
            "rate_bp':1000},"
            "{'kind':'points_bonus','points':5}]},{'id':'q','priority':1,'group':'all','then':{'kind':'"
            "percent_off',"
            "'rate_bp':1000,'selector':{'exclude':{'codes':['x']}}}},"
            "{'id':'r','group':'points','then':{'kind':'points_bonus','points':7}}],'lines':[");
        int whole = VN_APPLICATIONS_MAX - VN_WALLETS_MAX - VN_LINES_MAX - free;
        for (int i = 1; i <= VN_LINES_MAX; i++) {
            len +=
                (size_t)snprintf(text + len, sizeof text - len, "%s{'id':%d,'code':'%s','amount_minor':1000}",
                                 i == 1 ? "" : ",", i, i <= whole ? "a" : "x");
        }
        (void)snprintf(text + len, sizeof text - len, "]}");
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, VN_LINES_MAX * 100 + whole * 90);
        assert_int_equal(world_points(world, ""), (500000 - world->out.discount_minor) / 10000);
        assert_int_equal(world_points(world, "r"), free == 2 ? 7 : 0);
        assert_int_equal(world_points(world, "p"), 0);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_CAPPED);
        assert_int_equal(world_reason(world, "r", NULL), free == 2 ? VN_REASON_APPLIED : VN_REASON_CAPPED);
    }
}

/* what a choice between promotions goes by */

static void test_what_a_reward_gives_on_a_piece_in_thousandths(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'header':{'wallet':{'worth':{'points':3,'minor':2}},'earning':{'points':1,'per_minor':7},"
        "'wallets':[{'id':'two','worth':{'points':1,'minor':5}},{'id':'none'}]},'member':{'known':true,"
        "'account':'w1','wallets':[{'id':'two','account':'w2'}]},'promotions':[{'id':'p','group':'points',"
        "'then':[{'kind':'points_per_unit','points':4},"
        "{'kind':'points_per_spend','points':2,'per_minor':9},"
        "{'kind':'points_multiplier','times_bp':15000},{'kind':'points_bonus','points':9},"
        "{'kind':'points_per_unit','points':4,'wallet':'two'},"
        "{'kind':'points_per_unit','points':4,'wallet':'none'},{'kind':'points_per_spend','points':1,'per_"
        "minor':9,"
        "'wallet':'two'},{'kind':'say','where':'receipt','text':"
        "{'en':'hello'}}]}],'lines':[" LINE(1, "a", 100) "]}");
    const struct vn_promotion *promotion = &world->ruleset->promotions[0];
    /* 4 x 2/3; 2/9 x 1000 x 2/3; half of 1/7 x 1000 x 2/3; nothing for the receipt's; 4 x 5; not the member's;
     * 1/9 x 1000 x 5; no points */
    static const int64_t expected[] = {2666, 148148, 47619, 0, 20000, 0, 555555, 0};
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        int64_t value = -1;
        assert_true(vn_earning_unit_value(world->work, &promotion->rewards[i], 1000, &value));
        assert_int_equal(value, expected[i]);
        assert_true(vn_earning_unit_value(world->work, &promotion->rewards[i], 0, &value));
        assert_int_equal(value, 0); /* of which nothing is paid */
    }
    struct vn_reward huge = promotion->rewards[1];
    int64_t value = 0;
    huge.points = INT64_MAX / 4;
    assert_false(vn_earning_unit_value(world->work, &huge, 1000, &value));
}

static void test_points_out_of_range_are_an_input_error(void **state)
{
    struct world *world = *state;
    static const char document[] = "{" MEMBER ",'promotions':[{'id':'p','group':'points','then':{"
                                   "'kind':'points_per_spend','points':1000000000,'per_minor':1}}],"
                                   "'lines':[{'id':1,'code':'a','amount_minor':%lld}]}";
    static const int64_t amounts[] = {1000001, 100000000000, VN_AMOUNT_MAX};
    char text[512];
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        (void)snprintf(text, sizeof text, document, (long long)amounts[i]);
        world_quote(world, text);
        assert_int_equal(world->status, VN_INPUT);
        assert_int_equal(world->out.points_earned, 0);
    }
    world_quote(world, "{" MEMBER ",'lines':[{'id':1,'code':'a','amount_minor':1000000000000000}]}");
    assert_int_equal(world->status, VN_INPUT); /* the base alone: factors are basis points */
    (void)snprintf(text, sizeof text, document, 1000000LL);
    world_outcome(world, text);
    assert_int_equal(world_points(world, "p"), VN_AMOUNT_MAX);
}

/* properties */

/* However many rewards there are: rows add up, no wallet exceeds its maximum, lines earn on no more than was paid. */
static void test_random_receipts_earn_what_was_paid(void **state)
{
    struct world *world = *state;
    unsigned earned = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t at = seed;
        struct vn_random random = vn_random_seeded(&at);
        uint16_t r[12];
        char text[4096];
        assert_int_equal(vn_random_fill(&random, (uint8_t *)r, sizeof r), VN_OK);
        int64_t per = 1 + r[1] % 300;
        (void)snprintf(
            text, sizeof text,
            "{'header':{'wallet':{'worth':{'points':3,'minor':2},'spent_as':'%s'%s},"
            "'earning':{'points':%d,'per_minor':%lld}},'member':{'known':true,'account':'w1','balance':%d},"
            "'rights':{'w1':99999},'spend_points':%d,'promotions':["
            "{'id':'m','priority':%d,'group':'points','then':{'kind':'points_multiplier','times_bp':%d,'"
            "selector':{"
            "'codes':['1','2']}}},"
            "{'id':'n','priority':3,'group':'points','then':{'kind':'points_multiplier','times_bp':17500}},"
            "{'id':'s','priority':2,'group':'points','then':{'kind':'points_per_spend','points':2,'per_minor'"
            ":77}},"
            "{'id':'d','group':'first','then':{'kind':'percent_off','rate_bp':%d}}],'lines':["
            "{'id':1,'code':'0','amount_minor':%d},{'id':2,'code':'1','qty_milli':3000,'amount_minor':%d},"
            "{'id':3,'code':'2','amount_minor':%d}]}",
            r[0] % 2 == 0 ? "discount" : "tender", r[0] % 4 < 2 ? "" : ",'earn_max_receipt':200",
            1 + r[2] % 5, (long long)per, r[3] % 5000, r[4] % 5000, r[5] % 6, 10001 + r[6], 1 + r[7] % 9999,
            r[8] % 9000, r[9] % 9000, r[10] % 9000);
        world_outcome(world, text);
        const struct vn_outcome *out = &world->out;
        int64_t paid = out->payable_minor - out->tender_minor;
        int64_t first = out->lines[0].earn_minor;
        int64_t factor = 10000 + 7500 + r[6] + 1;
        assert_true(first <= (out->lines[0].payable_minor * 17500 + 5000) / 10000);
        int64_t of_all = 0;
        for (unsigned i = 0; i < out->line_count; i++) {
            of_all += out->lines[i].earn_minor;
        }
        assert_true(of_all <= paid * factor / 10000 + 3);
        if (r[0] % 4 >= 2) {
            assert_true(out->points_earned <= 200);
        } else {
            int64_t base = world_points(world, "") + world_points(world, "m") + world_points(world, "n");
            int64_t most = (of_all + 2) * (1 + r[2] % 5) / per;
            int64_t least = (of_all - 2) * (1 + r[2] % 5) / per;
            assert_true(base <= most && base >= least); /* one floor of the sum, whoever gave it */
            assert_int_equal(world_points(world, "s"), paid * 2 / 77);
        }
        earned += out->points_earned > 0 ? 1 : 0;
    }
    assert_true(earned > 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_base_is_floored_once_at_its_exact_number),
        T(test_lines_say_what_they_earned_on),
        T(test_multipliers_add_beyond_the_base_and_are_floored_together),
        T(test_points_for_spend_are_floored_once_for_the_reward),
        T(test_points_for_pieces_count_what_is_paid_for),
        T(test_a_limit_counts_the_dearest_pieces_and_takes_them),
        T(test_a_bonus_takes_no_goods),
        T(test_a_member_s_limit_holds_points_too),
        T(test_a_bonus_needs_something_paid),
        T(test_the_law_and_what_is_no_goods_earn_nothing),
        T(test_a_price_promotion_gives_points_beside),
        T(test_nobody_s_price_promotion_gives_no_points),
        T(test_a_spent_point_earns_nothing),
        T(test_base_points_have_room_whatever_else_has_not),
        T(test_what_a_reward_gives_on_a_piece_in_thousandths),
        T(test_points_out_of_range_are_an_input_error),
        T(test_random_receipts_earn_what_was_paid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
