/* What other systems get wrong (rules.md, "What other systems get wrong here"): a test for each of the twenty, as far as the
 * reckoning itself can show it. Where the till or the hub has the larger part, the tests that hold it there:
 *
 *   1  retried sale          test_till_sale: a_commit_that_the_journal_has_already_gets_the_stored_reply;
 *                            test_hub_ingest: a_batch_that_comes_again_is_acknowledged_and_posts_nothing
 *   3  points taken twice    test_hub_ledger: points_taken_back_that_were_spent_become_a_debt_that_earning_pays
 *   4  cancelled sale        test_till_coupon: a_void_gives_a_coupon_back
 *  11  card first            test_till_card: a_card_before_the_first_item_stays_with_the_sale
 *  13  two tills, a coupon   test_hub_lies: what_one_sale_holds_no_other_can_spend;
 *                            test_till_coupon: a_single_use_coupon_is_backed_by_a_right_and_used_once
 *  15  restart               test_till_order: a_ruleset_between_receipts_is_in_force_at_once
 *  16  how many points       test_till_points: amounts_outside_the_range_name_the_field
 *  18  Monday's receipt      test_hub_ingest: a_sale_is_committed_once_even_after_enrolling_anew
 *  19  tills cut off         test_till_points: offline_needs_the_hub_and_the_sale_goes_on;
 *                            test_hub_ledger: rights_are_a_target_and_never_above_what_is_free
 *  17  scans, measured       tests/bench/bench_quote.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/fiscal.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/returns.h"
#include "tests/unit/loyalty_world.h"

/* One return after another, each of one piece of line 1; the sums of all. */
static struct vn_return return_pieces(const struct world *world, unsigned pieces)
{
    static struct vn_return_work work;
    static struct vn_return plan;
    struct vn_return sum = {0};
    struct vn_return_item before = {.line_id = 1};
    const struct vn_return_item now = {.line_id = 1, .qty_milli = 1000};
    for (unsigned i = 0; i < pieces; i++) {
        before.qty_milli = 1000 * (int64_t)i;
        const struct vn_return_input input = {.basket = &world->basket,
                                              .outcome = &world->out,
                                              .before = &before,
                                              .before_count = i == 0 ? 0 : 1,
                                              .now = &now,
                                              .now_count = 1};
        assert_int_equal(vn_return_plan(&input, &work, &plan, NULL), VN_OK);
        assert_int_equal(plan.all, i + 1 == pieces);
        sum.refund_minor += plan.refund_minor;
        sum.points_taken_back += plan.points_taken_back;
        sum.points_given_back += plan.points_given_back;
    }
    return sum;
}

#define MEMBER "'member':{'known':true,'account':'w1','balance':1000%s}"

static void test_01_the_same_sale_again_earns_the_same_points(void **state)
{
    struct world *world = *state;
    world_outcome(
        world, "{'promotions':[{'id':'b','group':'points','then':{'kind':'points_bonus','points':50}}],"
               "'member':{'known':true,'account':'w1'},'lines':[{'id':1,'code':'x','amount_minor':30000}]}");
    assert_int_equal(world->out.points_earned, 53);
    world_again(world); /* nothing of the first time is left in the scratch */
    assert_int_equal(world->out.points_earned, 53);
    assert_int_equal(world->out.application_count, 2);
}

static void test_02_what_comes_back_takes_its_points_along_and_once(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'member':{'known':true,'account':'w1'},"
                         "'lines':[{'id':1,'code':'x','qty_milli':3000,'amount_minor':100000}]}");
    assert_int_equal(world->out.points_earned, 10);
    struct vn_return sum = return_pieces(world, 3);
    assert_int_equal(sum.points_taken_back, 10);
    assert_int_equal(sum.refund_minor, 100000);
}

static void test_03_points_that_paid_come_back_once_and_are_not_taken_as_earned(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'member':{'known':true,'account':'w1','balance':1000},'rights':{'w1':1000},"
                  "'spend_points':500,'lines':[{'id':1,'code':'x','qty_milli':3000,'amount_minor':100000}]}");
    assert_int_equal(world->out.points_spent, 500);
    assert_int_equal(world->out.points_earned, 5); /* on what was left to pay in money */
    struct vn_return sum = return_pieces(world, 3);
    assert_int_equal(sum.points_given_back, 500);
    assert_int_equal(sum.points_taken_back, 5);
    assert_int_equal(sum.refund_minor, 50000);
}

static void test_04_a_sale_that_is_undone_gives_its_coupon_back(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'promotions':[{'id':'c','group':'coupons','if':{'coupon':true},"
                         "'then':{'kind':'amount_off','amount_minor':500}}],"
                         "'coupons':[{'account':'c7','promotion':'c','single_use':true}],'rights':{'c7':1},"
                         "'lines':[{'id':1,'code':'x','amount_minor':1000}]}");
    assert_int_equal(world_consumed(world, "c7"), 1);
    struct vn_reversal reversal;
    vn_outcome_reverse(&world->out, &reversal);
    assert_int_equal(reversal.consumption_count, 1);
    assert_string_equal(reversal.consumptions[0].account, "c7");
    assert_int_equal(reversal.consumptions[0].amount, 1);
}

static void test_05_a_discount_that_is_split_loses_nothing(void **state)
{
    struct world *world = *state;
    world_outcome(
        world, "{'promotions':[{'id':'b','group':'basket','then':{'kind':'amount_off','amount_minor':1000}}],"
               "'lines':[{'id':3,'code':'x','amount_minor':5000},{'id':1,'code':'x','amount_minor':5000},"
               "{'id':2,'code':'x','amount_minor':5000}]}");
    assert_int_equal(world->out.discount_minor, 1000);
    assert_int_equal(world->out.lines[0].discount_minor, 334); /* the smallest id has the odd one */
    assert_int_equal(world->out.lines[1].discount_minor, 333);
    assert_int_equal(world->out.lines[2].discount_minor, 333);
}

static void test_06_forty_and_seventy_percent_are_not_all(void **state)
{
    struct world *world = *state;
    static const char sale[] = "{'header':{'floor_bp':%d},'promotions':["
                               "{'id':'a','group':'first','then':{'kind':'percent_off','rate_bp':4000}},"
                               "{'id':'b','group':'all','then':{'kind':'percent_off','rate_bp':7000}}],"
                               "'lines':[{'id':1,'code':'x','amount_minor':10000}]}";
    char text[512];
    (void)snprintf(text, sizeof text, sale, 0);
    world_outcome(world, text);
    assert_int_equal(world->out.payable_minor, 1800); /* 60 % of it, then 30 % of that */
    (void)snprintf(text, sizeof text, sale, 3000);
    world_outcome(world, text);
    assert_int_equal(world->out.payable_minor, 3000); /* the floor, whatever is stacked */
    assert_int_equal(world_discount(world, "b"), 3000);
}

static void test_07_the_cheapest_is_free_and_not_more(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'promotions':[{'id':'n','group':'first','then':{'kind':'nth_free','n':3,'free':1}},"
                  "{'id':'h','group':'all','then':{'kind':'amount_off','amount_minor':60}}],"
                  "'lines':[{'id':1,'code':'x','amount_minor':300},{'id':2,'code':'y','amount_minor':50},"
                  "{'id':3,'code':'z','amount_minor':200}]}");
    assert_int_equal(world_discount(world, "n"), 50);
    assert_int_equal(world_discount(world, "h"), 120); /* two pieces; the free one has nothing left to give */
    assert_int_equal(world->out.lines[1].payable_minor, 0);
}

static void test_08_a_discount_line_of_the_pos_earns_and_counts_to_nothing(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'promotions':[{'id':'s','group':'points','if':{'min_spend':{'amount_minor':50001}},"
                  "'then':{'kind':'points_bonus','points':9}}],'member':{'known':true,'account':'w1'},"
                  "'lines':[{'id':1,'code':'x','amount_minor':50000},"
                  "{'id':2,'code':'discount','qty_milli':-1000,'amount_minor':-20000}]}");
    int64_t missing = 0;
    assert_int_equal(world->out.points_earned, 3);
    assert_int_equal(world_reason(world, "s", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 1); /* measured on the goods: lowered by no line that names none */
}

static void test_09_what_expires_first_is_spent_first(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'member':{'known':true,'account':'w1','balance':600,'lots':["
                         "{'id':1,'amount':200},{'id':2,'amount':200,'expires_ms':3000},"
                         "{'id':3,'amount':200,'expires_ms':2000}]},'started_ms':1000,'rights':{'w1':600},"
                         "'spend_points':300,'lines':[{'id':1,'code':'x','amount_minor':100000}]}");
    assert_int_equal(world->out.points_spent, 300);
    assert_int_equal(world->out.lot_use_count, 2);
    assert_int_equal(world->out.lot_uses[0].lot, 3);
    assert_int_equal(world->out.lot_uses[0].amount, 200); /* gone from the lot that would have expired */
    assert_int_equal(world->out.lot_uses[1].lot, 2);
    assert_int_equal(world->out.lot_uses[1].amount, 100);
}

static void test_10_spending_points_demotes_nobody(void **state)
{
    struct world *world = *state;
    static const char sale[] =
        "{'header':{'engine':2,'tiers':{'by':'points','steps':[{'id':'silver','from':100},{'id':'gold','from'"
        ":200}]}},"
        "'promotions':[{'id':'g','group':'first','who':{'kind':'members','tiers':['gold']},"
        "'then':{'kind':'percent_off','rate_bp':1000}}],'rights':{'w1':1000},'spend_points':%d,"
        "'member':{'known':true,'account':'w1','tier':'gold','balance':1000,'qualifying':150},"
        "'lines':[{'id':1,'code':'x','amount_minor':200000}]}";
    char text[700];
    for (int points = 0; points <= 900; points += 900) {
        (void)snprintf(text, sizeof text, sale, points);
        world_outcome(world, text);
        assert_int_equal(world->out.points_spent, points);
        assert_int_equal(world_reason(world, "g", NULL), VN_REASON_APPLIED);
        assert_true(world->out.qualifying >= 0);
        assert_string_equal(world->out.tier_after, ""); /* silver is no step up, and gold is not taken away */
    }
}

static void test_11_a_card_counts_whenever_it_came(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'member':{'known':true,'account':'w1'},'lines':[]}"); /* scanned before the first item */
    assert_int_equal(world->out.points_earned, 0);
    world_outcome(
        world, "{'member':{'known':true,'account':'w1'},'lines':[{'id':1,'code':'x','amount_minor':20000}]}");
    json_t *before = vn_outcome_write(&world->out);
    world->input.member = NULL;
    world_again(world);
    assert_int_equal(world->out.points_earned, 0);
    world->input.member = &world->member; /* and after the last */
    world_again(world);
    json_t *after = vn_outcome_write(&world->out);
    assert_true(json_equal(before, after));
    assert_int_equal(world->out.points_earned, 2);
    json_decref(before);
    json_decref(after);
}

static void test_12_the_hub_reckons_what_the_till_did(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'promotions':[{'id':'p','group':'first','then':{'kind':'percent_off','rate_bp':3333}},"
                  "{'id':'q','group':'basket','then':{'kind':'percent_off','rate_bp':777}}],"
                  "'member':{'known':true,'account':'w1','balance':70,'tier':'gold'},"
                  "'lines':[{'id':1,'code':'x','qty_milli':3000,'amount_minor':1000},"
                  "{'id':2,'code':'y','kind':'weighed','qty_milli':734,'amount_minor':877}]}");
    json_t *told = vn_outcome_write(&world->out);
    json_t *basket = vn_basket_write(&world->basket); /* as the journal's entry carries them */
    json_t *member = vn_member_write(&world->member);
    struct vn_json_in in = vn_json_root(basket, &world->error);
    vn_basket_read(&in, &world->basket);
    assert_false(vn_json_failed(&in));
    in = vn_json_root(member, &world->error);
    vn_member_read(&in, &world->member);
    assert_false(vn_json_failed(&in));
    world_again(world);
    json_t *found = vn_outcome_write(&world->out);
    assert_true(json_equal(told, found));
    json_decref(told);
    json_decref(found);
    json_decref(basket);
    json_decref(member);
}

static void test_13_a_coupon_without_its_right_gives_nothing(void **state)
{
    struct world *world = *state;
    static const char sale[] =
        "{'promotions':[{'id':'c','group':'coupons','if':{'coupon':true},"
        "'then':{'kind':'amount_off','amount_minor':500}}],"
        "'coupons':[{'account':'c7','promotion':'c','single_use':true}],'rights':{'c7':%d},"
        "'hub':true,'lines':[{'id':1,'code':'x','amount_minor':1000}]}";
    char text[512];
    (void)snprintf(text, sizeof text, sale, 1); /* the till to which the hub gave it */
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 500);
    (void)snprintf(text, sizeof text, sale, 0); /* the other, at the same moment */
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 0);
    assert_int_equal(world_reason(world, "c", NULL), VN_REASON_NEEDS_HUB);
}

static void test_14_an_offer_for_few_is_neither_lost_nor_for_all_when_the_row_is_old(void **state)
{
    struct world *world = *state;
    static const char sale[] =
        "{'header':{'engine':2,'member_max_age_s':3600},'promotions':[{'id':'s','group':'first',"
        "'who':{'kind':'members','segments':['vip']},'then':{'kind':'percent_off','rate_bp':1000}}],"
        "'started_ms':%d,'member':{'known':true,'account':'w1','segments':['%s'],'as_of_ms':1000000},"
        "'lines':[{'id':1,'code':'x','amount_minor':20000}]}";
    static const struct {
        int started_ms;
        const char *segment;
        int reason;
    } cases[] = {{4600000, "vip", VN_REASON_APPLIED},
                 {4601000, "vip", VN_REASON_TOO_OLD},
                 {4600000, "other", -1 /* not told about it */}};
    char text[700];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(text, sizeof text, sale, cases[i].started_ms, cases[i].segment);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "s", NULL), cases[i].reason);
        assert_int_equal(world_discount(world, "s"), cases[i].reason == VN_REASON_APPLIED ? 2000 : 0);
        assert_true(world->out.points_earned > 0); /* the card earns all the same */
    }
}

static void test_15_the_next_quote_is_by_the_ruleset_that_it_is_given(void **state)
{
    struct world *world = *state;
    for (int rate = 1; rate <= 3; rate++) {
        char text[256];
        (void)snprintf(
            text, sizeof text,
            "{'promotions':[{'id':'p','group':'first','then':{'kind':'percent_off','rate_bp':%d00}}],"
            "'lines':[{'id':1,'code':'x','amount_minor':10000}]}",
            rate);
        world_outcome(world, text); /* another ruleset, the same scratch */
        assert_int_equal(world->out.discount_minor, 100 * rate);
    }
}

static void test_16_the_customer_chooses_how_many_points(void **state)
{
    struct world *world = *state;
    static const int chosen[][2] = {{0, 0}, {99, 0}, {100, 100}, {149, 100}, {350, 350}, {9000, 500}};
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "{" MEMBER ",'rights':{'w1':1000},'spend_points':%d,"
                       "'lines':[{'id':1,'code':'x','amount_minor':100000}]}",
                       "", chosen[i][0]);
        world_outcome(world, text);
        assert_int_equal(world->out.spend_min_points, 100);
        assert_int_equal(world->out.spend_max_points, 500); /* half of the receipt, in steps of 50 */
        assert_int_equal(world->out.spend_step_points, 50);
        assert_int_equal(world->out.points_spent, chosen[i][1]);
    }
}

static void test_17_promotions_for_other_goods_are_not_looked_at(void **state)
{
    struct world *world = *state;
    enum { MANY = 3000 };
    json_t *document = json_object();
    json_t *promotions = json_array();
    for (int i = 0; i < MANY; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "%d", i);
        assert_int_equal(
            json_array_append_new(promotions, json_pack("{s:s,s:s,s:{s:s,s:i,s:{s:[s]}}}", "id", code,
                                                        "group", "first", "then", "kind", "percent_off",
                                                        "rate_bp", 100, "selector", "codes", code)),
            0);
    }
    assert_int_equal(json_object_set_new(document, "promotions", promotions), 0);
    assert_int_equal(
        json_object_set_new(document, "lines",
                            json_pack("[{s:i,s:s,s:i}]", "id", 1, "code", "77", "amount_minor", 1000)),
        0);
    world_quote_json(world, document);
    json_decref(document);
    assert_int_equal(world->status, VN_OK);
    assert_int_equal(world->out.discount_minor, 10);
    assert_int_equal(world->work->candidate_count, 1);
}

static void test_18_the_same_number_on_another_day_is_another_sale(void **state)
{
    (void)state;
    struct vn_sale_key monday = {"pos1", "2026-11-23", "0001"};
    struct vn_sale_key tuesday = {"pos1", "2026-11-24", "0001"};
    struct vn_sale_key other_pos = {"pos2", "2026-11-23", "0001"};
    assert_false(vn_sale_key_equal(&monday, &tuesday));
    assert_false(vn_sale_key_equal(&monday, &other_pos));
    tuesday = monday;
    assert_true(vn_sale_key_equal(&monday, &tuesday));
}

static void test_19_stamps_and_daily_offers_need_a_right_where_the_hub_is_away(void **state)
{
    struct world *world = *state;
    char stamps[VN_ID_MAX];
    char today[VN_ID_MAX];
    char text[1024];
    vn_account_stamps("m1", "coffee", stamps);
    vn_account_member_limit("m1", "daily", 20000, today);
    for (int rights = 0; rights < 2; rights++) {
        (void)snprintf(
            text, sizeof text,
            "{'header':{'engine':2,'utc_offset_min':0},'promotions':["
            "{'id':'tenth','group':'first','priority':1,'who':{'kind':'members'},"
            "'if':{'stamps':{'card':'coffee','count':9}},'then':{'kind':'percent_off','rate_bp':10000}},"
            "{'id':'daily','group':'all','who':{'kind':'members'},'limits':{'member':{'count':1,"
            "'period':'day'}},'then':{'kind':'amount_off','amount_minor':1}}],'started_ms':1728000000000,"
            "'member':{'known':true,'id':'m1','account':'w1','counters':[{'account':'%s','value':9}]},"
            "'rights':{'%s':%d,'%s':%d},'lines':[{'id':1,'code':'x','amount_minor':900},"
            "{'id':2,'code':'x','amount_minor':500}]}",
            stamps, stamps, 9 * rights, today, rights);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "tenth", NULL),
                         rights == 1 ? VN_REASON_APPLIED : VN_REASON_NEEDS_HUB);
        assert_int_equal(world_consumed(world, stamps), 9 * rights);
        assert_int_equal(world_consumed(world, today), rights);
        /* nine stamps free one piece, the dearest; the daily offer has the other */
        assert_int_equal(world->out.discount_minor, rights == 1 ? 901 : 0);
    }
}

static void test_20_the_fiscal_printer_takes_the_discounted_line(void **state)
{
    struct world *world = *state;
    static struct vn_sold sold;
    static struct vn_fiscal fiscal;
    world_outcome(
        world, "{'promotions':[{'id':'b','group':'basket','then':{'kind':'amount_off','amount_minor':200}}],"
               "'lines':[{'id':1,'code':'x','qty_milli':3000,'unit_price_minor':400,'amount_minor':1200}]}");
    assert_int_equal(vn_fiscal_lines(vn_fiscal_profile(VN_FISCAL_RS), &world->basket, &world->out, &sold,
                                     &fiscal, &world->error),
                     VN_OK);
    assert_int_equal(fiscal.count, 2); /* 10.00 for 3 = 2 x 3.33 + 3.34 */
    assert_int_equal(fiscal.lines[0].qty_milli, 2000);
    assert_int_equal(fiscal.lines[0].unit_price_minor, 333);
    assert_int_equal(fiscal.lines[1].qty_milli, 1000);
    assert_int_equal(fiscal.lines[1].unit_price_minor, 334);
    assert_int_equal(fiscal.total_minor, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_01_the_same_sale_again_earns_the_same_points),
        TEST(test_02_what_comes_back_takes_its_points_along_and_once),
        TEST(test_03_points_that_paid_come_back_once_and_are_not_taken_as_earned),
        TEST(test_04_a_sale_that_is_undone_gives_its_coupon_back),
        TEST(test_05_a_discount_that_is_split_loses_nothing),
        TEST(test_06_forty_and_seventy_percent_are_not_all),
        TEST(test_07_the_cheapest_is_free_and_not_more),
        TEST(test_08_a_discount_line_of_the_pos_earns_and_counts_to_nothing),
        TEST(test_09_what_expires_first_is_spent_first),
        TEST(test_10_spending_points_demotes_nobody),
        TEST(test_11_a_card_counts_whenever_it_came),
        TEST(test_12_the_hub_reckons_what_the_till_did),
        TEST(test_13_a_coupon_without_its_right_gives_nothing),
        TEST(test_14_an_offer_for_few_is_neither_lost_nor_for_all_when_the_row_is_old),
        TEST(test_15_the_next_quote_is_by_the_ruleset_that_it_is_given),
        TEST(test_16_the_customer_chooses_how_many_points),
        TEST(test_17_promotions_for_other_goods_are_not_looked_at),
        TEST(test_18_the_same_number_on_another_day_is_another_sale),
        TEST(test_19_stamps_and_daily_offers_need_a_right_where_the_hub_is_away),
        TEST(test_20_the_fiscal_printer_takes_the_discounted_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
