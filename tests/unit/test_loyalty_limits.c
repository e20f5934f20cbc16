/* How often and for how much: limits of a receipt, of a member and a period, of the chain; caps; rights and risk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/bytes.h"
#include "agent/loyalty/accounts.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/time_text.h"
#include "tests/unit/loyalty_world.h"

#define NOW      "1795345200000" /* Sunday 2026-11-22, 12:00 in the stores */
#define TEXT_MAX 4096

/* 500 off the basket of 100.00, under these keys. */
static void judge(struct world *world, const char *keys, const char *more)
{
    char text[TEXT_MAX];
    (void)snprintf(text, sizeof text,
                   "{%s'started_ms':" NOW ",'promotions':[{'id':'p','group':'basket',%s'then':{'kind':"
                   "'amount_off','amount_minor':500}}],'lines':[{'id':1,'code':'x','amount_minor':10000}]}",
                   more, keys);
    world_outcome(world, text);
}

/* A member, with so many uses of the limit of the period that began on that day, and that right. */
static const char *member(const char *period_start, int uses, int available, const char *more)
{
    static char text[TEXT_MAX];
    char account[VN_ID_MAX];
    int32_t start = 0;
    assert_true(period_start[0] == '\0' || vn_time_read_day(period_start, &start));
    vn_account_member_limit("m7", "p", start, account);
    (void)snprintf(
        text, sizeof text,
        "%s'rights':{'%s':%d},'member':{'known':true,'id':'m7','account':'w7','counters':[{'account':"
        "'%s','value':%d}]},",
        more, account, available, account, uses);
    return text;
}

static void expect(const struct world *world, int reason, int64_t missing, int64_t discount)
{
    int64_t found = -1;
    assert_int_equal(world_reason(world, "p", &found), reason);
    assert_int_equal(found, missing);
    assert_int_equal(world_discount(world, "p"), discount);
}

static void test_names_of_accounts_stay_what_they_are(void **state)
{
    (void)state;
    char name[VN_ID_MAX];
    vn_account_member_limit("m7", "p", 20779, name);
    assert_string_equal(name, "n260cd674ca6aa68a");
    vn_account_chain_count("p", name);
    assert_string_equal(name, "a08d5a807b576079d");
    vn_account_chain_budget("p", name);
    assert_string_equal(name, "b08d5a807b576079d");
    vn_account_stamps("m7", "coffee", name);
    assert_string_equal(name, "s56ce8b17fe983da1");
    char other[VN_ID_MAX];
    vn_account_stamps("m", "7coffee", other); /* parts are apart */
    assert_string_not_equal(name, other);
}

static void test_a_members_limit_is_one_of_its_period(void **state)
{
    static const struct {
        const char *keys, *start;
        int64_t days_left;
    } periods[] = {
        {"'limits':{'member':{'count':2,'period':'day'}},", "2026-11-22", 1},
        {"'limits':{'member':{'count':2,'period':'week'}},", "2026-11-16", 1},
        {"'limits':{'member':{'count':2,'period':'month'}},", "2026-11-01", 9},
        {"'limits':{'member':{'count':2,'period':'year'}},", "2026-01-01", 40},
        {"'limits':{'member':{'count':2,'period':'ever'}},", "", 0},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        judge(world, periods[i].keys, member(periods[i].start, 1, 1, ""));
        expect(world, VN_REASON_APPLIED, 0, 500);
        assert_int_equal(world->out.consumption_count, 1);
        assert_string_equal(world->out.consumptions[0].account, world->rights[0].account);
        assert_int_equal(world->out.consumptions[0].amount, 1);
        assert_false(world->out.consumptions[0].risk);
        judge(world, periods[i].keys, member(periods[i].start, 2, 1, ""));
        expect(world, VN_REASON_LIMIT_USED, periods[i].days_left, 0);
        judge(world, periods[i].keys, member(periods[i].start, 1, 0, ""));
        expect(world, VN_REASON_NEEDS_HUB, 0, 0);
        judge(world, periods[i].keys, member("1999-01-01", 2, 1, "")); /* another period's right */
        expect(world, VN_REASON_NEEDS_HUB, 0, 0);
    }
    judge(world, periods[0].keys, "");
    expect(world, VN_REASON_NEEDS_MEMBER, 0, 0);
}

static void test_who_has_no_right_may_take_a_risk_while_the_hub_is_away(void **state)
{
    static const char keys[] = "'offline':'risk','limits':{'member':{'count':1,'period':'day'}},";
    struct world *world = *state;
    judge(world, keys, member("2026-11-22", 0, 0, ""));
    expect(world, VN_REASON_APPLIED, 0, 500);
    assert_true(world->out.consumptions[0].risk);
    judge(world, keys, member("2026-11-22", 0, 0, "'hub':true,"));
    expect(world, VN_REASON_NEEDS_HUB, 0, 0);
    judge(world, keys, member("2026-11-22", 0, 0, "'risk':false,"));
    expect(world, VN_REASON_NEEDS_HUB, 0, 0);
    judge(world, keys, member("2026-11-22", 0, 1, ""));
    assert_false(world->out.consumptions[0].risk);
    judge(world, keys, member("2026-11-22", 1, 0, "")); /* what is known to be used up is no risk */
    expect(world, VN_REASON_LIMIT_USED, 1, 0);
    judge(world, "'offline':'never','limits':{'all':{'count':1}},", member("2026-11-22", 0, 1, ""));
    expect(world, VN_REASON_NEEDS_HUB, 0, 0);
}

/* Rights of the chain's count and budget. */
static const char *chain(int count, int budget, const char *more)
{
    static char text[TEXT_MAX];
    char counts[VN_ID_MAX];
    char money[VN_ID_MAX];
    vn_account_chain_count("p", counts);
    vn_account_chain_budget("p", money);
    (void)snprintf(text, sizeof text, "%s'rights':{'%s':%d,'%s':%d},", more, counts, count, money, budget);
    return text;
}

static void test_the_chains_count_and_budget_are_taken_by_right(void **state)
{
    struct world *world = *state;
    static const char both[] = "'limits':{'all':{'count':1000,'budget_minor':100000}},";
    judge(world, both, chain(1, 500, ""));
    expect(world, VN_REASON_APPLIED, 0, 500);
    assert_int_equal(world->out.consumption_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        bool money = world->out.consumptions[i].account[0] == 'b';
        assert_int_equal(world->out.consumptions[i].amount, money ? 500 : 1);
    }
    judge(world, both, chain(1, 499, "")); /* so much is still there, and is given */
    expect(world, VN_REASON_APPLIED, 0, 499);
    judge(world, both, chain(0, 500, ""));
    expect(world, VN_REASON_NEEDS_HUB, 0, 0);
    judge(world, both, chain(1, 0, ""));
    expect(world, VN_REASON_NEEDS_HUB, 0, 0);
    judge(world, "'offline':'risk','limits':{'all':{'budget_minor':100000}},", chain(0, 0, ""));
    expect(world, VN_REASON_APPLIED, 0, 500);
    assert_int_equal(world->out.consumption_count, 1);
    assert_true(world->out.consumptions[0].risk);
    assert_int_equal(world->out.consumptions[0].amount, 500);
}

static void test_caps_of_a_promotion_and_of_a_receipt(void **state)
{
    struct world *world = *state;
    judge(world, "'caps':{'max_discount_minor':499},", "");
    expect(world, VN_REASON_APPLIED, 0, 499);
    judge(world, "'caps':{'max_discount_minor':501},", "");
    expect(world, VN_REASON_APPLIED, 0, 500);
    judge(world, "", "'header':{'max_receipt_discount_minor':300},");
    expect(world, VN_REASON_APPLIED, 0, 300);
    judge(world, "", "'header':{'max_receipt_discount_bp':299},"); /* of 100.00, rounded down */
    expect(world, VN_REASON_APPLIED, 0, 299);
}

static void test_a_receipts_cap_holds_over_all_promotions_but_not_over_points(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'max_receipt_discount_minor':800},'spend_points':100,'rights':{'w7':100},"
                  "'member':{'known':true,'account':'w7','balance':100},'promotions':["
                  "{'id':'a','group':'basket','priority':3,'then':{'kind':'amount_off','amount_minor':500}},"
                  "{'id':'b','group':'basket','priority':2,'then':{'kind':'amount_off','amount_minor':500}},"
                  "{'id':'c','group':'basket','priority':1,'then':{'kind':'amount_off','amount_minor':500}}],"
                  "'lines':[{'id':1,'code':'x','amount_minor':50000}]}");
    assert_int_equal(world_discount(world, "a"), 500);
    assert_int_equal(world_discount(world, "b"), 300);
    assert_int_equal(world_reason(world, "c", NULL), VN_REASON_CAPPED);
    assert_int_equal(world->out.points_value_minor, 10000);
    assert_int_equal(world->out.discount_minor, 10800);
}

/* 100 % off three pieces at 10.00 and half a kilogram for 10.00, under these bounds of a unit. */
static void unit_floor(struct world *world, const char *header, int64_t pieces, int64_t weighed)
{
    char text[TEXT_MAX];
    (void)snprintf(
        text, sizeof text,
        "{'header':{%s},'promotions':[{'id':'p','group':'all','then':{'kind':'percent_off','rate_bp':"
        "10000}}],'lines':[{'id':1,'code':'x','qty_milli':3000,'amount_minor':3000},"
        "{'id':2,'code':'w','kind':'weighed','qty_milli':500,'amount_minor':1000}]}",
        header);
    world_outcome(world, text);
    assert_int_equal(world->out.lines[0].payable_minor, pieces);
    assert_int_equal(world->out.lines[1].payable_minor, weighed);
}

static void test_no_unit_goes_below_its_floor(void **state)
{
    struct world *world = *state;
    unit_floor(world, "'law':'rs'", 0, 0);
    unit_floor(world, "'floor_bp':3333", 3 * 334, 334);             /* rounded up */
    unit_floor(world, "'max_unit_discount_bp':3333", 3 * 667, 667); /* rounded down */
    unit_floor(world, "'max_unit_discount_minor':1", 3 * 999, 999);
    unit_floor(world, "'max_unit_discount_minor':1001", 0, 0);
    unit_floor(world, "'floor_bp':5000,'max_unit_discount_bp':4000,'max_unit_discount_minor':450", 3 * 600,
               600);
    unit_floor(world, "'floor_bp':7000,'max_unit_discount_bp':4000", 3 * 700, 700);
}

static void test_the_floor_outlives_a_negative_line(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'header':{'floor_bp':5000},'promotions':[{'id':'p','group':'all','then':{'kind':'percent_off',"
        "'rate_bp':10000}}],'lines':[{'id':1,'code':'x','amount_minor':1000},"
        "{'id':2,'code':'off','amount_minor':-100}]}");
    assert_int_equal(world->out.payable_minor, 500);
}

/* One account more than an outcome can touch: the promotion that would need it gives nothing. */
static void test_without_room_for_an_account_nothing_is_given(void **state)
{
    struct world *world = *state;
    struct vn_buf text;
    vn_buf_init(&text, 65536);
    assert_int_equal(vn_buf_append_str(&text, "{'promotions':["), VN_OK);
    for (int i = 0; i <= VN_RIGHTS_MAX; i++) {
        assert_int_equal(
            vn_buf_printf(&text,
                          "%s{'id':'p%02d','group':'basket','offline':'risk','limits':{'all':{'count':1}}"
                          ",'then':{'kind':'amount_off','amount_minor':1}}",
                          i == 0 ? "" : ",", i),
            VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&text, "],'lines':[{'id':1,'code':'x','amount_minor':1000}]}"), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_outcome(world, (const char *)text.data);
    vn_buf_deinit(&text);
    assert_int_equal(world->out.consumption_count, VN_RIGHTS_MAX);
    assert_int_equal(world->out.discount_minor, VN_RIGHTS_MAX);
    assert_int_equal(world_reason(world, "p31", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "p32", NULL), VN_REASON_CAPPED);
}

/* Today's table lets nothing be discounted that has a minimum price, so the floor is looked at itself. */
static void test_the_laws_minimum_price_is_a_floor(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'header':{'law':'ru','floor_bp':1000},'items':{'v':{'legal_class':'alcohol','min_price_minor':"
        "333},'x':{'min_price_minor':333}},'promotions':[],'lines':["
        "{'id':1,'code':'v','qty_milli':2000,'amount_minor':1000},"
        "{'id':2,'code':'v','kind':'weighed','qty_milli':1001,'amount_minor':1000},"
        "{'id':3,'code':'x','amount_minor':1000}]}");
    const struct vn_unit *units = world->work->units;
    assert_int_equal(world->work->unit_count, 4);
    assert_int_equal(units[0].floor_minor, 333);
    assert_int_equal(units[1].law_minor, 333);
    assert_int_equal(units[2].floor_minor, 334); /* 1.001 kg, rounded up */
    assert_int_equal(units[3].floor_minor, 100); /* no class of the table: the ruleset's floor alone */
    assert_int_equal(units[3].law_minor, 0);
}

static void test_the_tightest_of_several_limits_holds(void **state)
{
    struct world *world = *state;
    judge(world, "'caps':{'max_discount_minor':400},'limits':{'all':{'budget_minor':9}},", chain(0, 300, ""));
    expect(world, VN_REASON_APPLIED, 0, 300);
    judge(world, "'caps':{'max_discount_minor':200},'limits':{'all':{'budget_minor':9}},", chain(0, 300, ""));
    expect(world, VN_REASON_APPLIED, 0, 200);
    assert_int_equal(world->out.consumptions[0].amount, 200);
}

static void test_pieces_count_as_applications(void **state)
{
    struct world *world = *state;
    char text[TEXT_MAX];
    static const char document[] =
        "{%s'promotions':[{'id':'p','group':'first','limits':{%s},'then':{'kind':'amount_off','amount_minor':"
        "10}}],'lines':[{'id':1,'code':'x','qty_milli':5000,'amount_minor':5000}]}";
    (void)snprintf(text, sizeof text, document, "", "'per_receipt':3");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 30);
    (void)snprintf(text, sizeof text, document, chain(4, 0, ""), "'per_receipt':9,'all':{'count':99}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 40);
    assert_int_equal(world->out.consumption_count, 1);
    assert_int_equal(world->out.consumptions[0].amount, 4);
}

/* Stamps that one promotion has used up are no right of the next, whatever the member's card says. */
static void test_a_right_is_used_up_once(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    char text[TEXT_MAX];
    vn_account_stamps("m7", "coffee", account);
    for (int available = 7; available <= 8; available++) {
        (void)snprintf(text, sizeof text,
                       "{'started_ms':" NOW ",'rights':{'%s':%d},'member':{'known':true,'id':'m7','account':"
                       "'w7','counters':[{'account':'%s','value':100}]},'promotions':["
                       "{'id':'p','priority':9,'group':'basket','if':{'stamps':{'card':'coffee','count':4}},"
                       "'then':{'kind':'amount_off','amount_minor':500}},"
                       "{'id':'q','group':'basket','if':{'stamps':{'card':'coffee','count':4}},"
                       "'then':{'kind':'amount_off','amount_minor':300}}],"
                       "'lines':[{'id':1,'code':'x','amount_minor':10000}]}",
                       account, available, account);
        world_outcome(world, text);
        assert_int_equal(world_discount(world, "p"), 500);
        assert_int_equal(world_reason(world, "q", NULL),
                         available == 8 ? VN_REASON_APPLIED : VN_REASON_NEEDS_HUB);
        assert_int_equal(world_consumed(world, account), available == 8 ? 8 : 4);
    }
}

/* Of ten pieces one is an application: the points and stamps that come with it are for one too. */
static void test_a_receipts_limit_holds_what_comes_with_a_price(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'member':{'known':true,'id':'m7','account':'w7'},'promotions':[{'id':'p','group':'first','limits':"
        "{'per_receipt':1},'then':[{'kind':'amount_off','amount_minor':10},{'kind':'points_per_unit','points'"
        ":5},{'kind':'stamp','card':'k'}]}],'lines':[{'id':1,'code':'x','qty_milli':10000,'amount_minor':"
        "9900}]}");
    assert_int_equal(world_discount(world, "p"), 10);
    assert_int_equal(world_points(world, "p"), 5);
    assert_int_equal(world->out.given_count, 1);
    assert_int_equal(world->out.given[0].amount, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_accounts_stay_what_they_are),
        cmocka_unit_test(test_a_members_limit_is_one_of_its_period),
        cmocka_unit_test(test_who_has_no_right_may_take_a_risk_while_the_hub_is_away),
        cmocka_unit_test(test_the_chains_count_and_budget_are_taken_by_right),
        cmocka_unit_test(test_caps_of_a_promotion_and_of_a_receipt),
        cmocka_unit_test(test_a_receipts_cap_holds_over_all_promotions_but_not_over_points),
        cmocka_unit_test(test_no_unit_goes_below_its_floor),
        cmocka_unit_test(test_the_floor_outlives_a_negative_line),
        cmocka_unit_test(test_without_room_for_an_account_nothing_is_given),
        cmocka_unit_test(test_the_laws_minimum_price_is_a_floor),
        cmocka_unit_test(test_the_tightest_of_several_limits_holds),
        cmocka_unit_test(test_pieces_count_as_applications),
        cmocka_unit_test(test_a_right_is_used_up_once),
        cmocka_unit_test(test_a_receipts_limit_holds_what_comes_with_a_price),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
