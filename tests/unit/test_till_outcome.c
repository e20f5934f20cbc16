/* What an outcome says besides prices, on its way to the journal, the POS and the screen: what is taken at risk, points that
 * are a tender, a proof that is asked for, the largest receipts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "tests/unit/loyalty_text.h"
#include "tests/unit/till_world.h"

#define CARDS "'cards':[{'prefix':'2990','length':13}],'coupons':[{'prefix':'2991','length':13}]"
#define HEADER(more)                                                                                         \
    "{'ruleset':2,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','wallet':{'worth'" \
    ":{'points':"                                                                                            \
    "1,'minor':100},'spend_min':50,'spend_step':10,'spend_share_bp':5000" more                               \
    "},'earning':{'points':1,'per_minor':5000}," CARDS ",'groups':["

/* Rulesets with ' for ". */
static void rules(struct world *world, const char *text)
{
    char *quoted = text_quoted(text);
    world_rules(world, quoted);
    free(quoted);
}

/* Once a member, and 3 times in the whole chain; 10.00 off each time. */
static void limited_rules(struct world *world)
{
    rules(world,
          HEADER("") "{'id':'basket','stage':'basket','choice':'all'}]}\n"
                     "{'id':'once','group':'basket','who':{'kind':'members'},"
                     "'then':{'kind':'amount_off','amount_minor':1000},"
                     "'limits':{'member':{'count':1,'period':'day'},'all':{'count':3,'budget_minor':5000}},"
                     "'offline':'risk'}\n");
    world_tell(world, VN_ACCOUNT_RISK, 5000);
    vn_till_risk(world->till, 3000);
    vn_till_network(world->till, false, 0, false);
}

static void test_what_is_taken_at_risk_moves_no_right(void **state)
{
    struct world *world = *state;
    limited_rules(world);
    world_card(world, MILICA);
    uint64_t quote = world_quote(world, "1", 0, 5);
    assert_non_null(strstr(world_body(world, quote), "\"risk\":true"));
    assert_int_equal(world_field(world, quote, "payable_minor"), 49000);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 5)), 200);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, commit), 200);
    assert_int_equal(world_field(world, commit, "points_earned"), 9);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 0);
}

static void test_a_hold_at_risk_can_be_cancelled_and_counts_as_used(void **state)
{
    struct world *world = *state;
    limited_rules(world);
    world_card(world, MILICA);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 5)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 200);
    assert_int_equal(world_http(world, world_hold(world, "1", 1, 0, 5)), 200);
    (void)world_quote(world, "2", 0, 1);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 1);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
}

static void test_points_as_a_tender_lower_what_is_left_to_pay(void **state)
{
    struct world *world = *state;
    rules(world, HEADER(",'spent_as':'tender'") "]}\n");
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t choice = world_choose(world, "1", 300);
    world_grant(world);
    assert_int_equal(world_field(world, choice, "payable_minor"), 100000);
    assert_int_equal(world_field(world, choice, "tender_minor"), 30000);
    const struct vn_session *session = vn_till_session(world->till);
    assert_int_equal(session->total_minor, 100000);
    assert_int_equal(session->discount_minor, 0);
    assert_int_equal(session->payable_minor, 70000); /* the screen says what the customer still has to pay */
    assert_int_equal(session->spend_value_minor, 30000);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 10)), 200);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 300);
    assert_int_equal(world_field(world, commit, "points_earned"), 14);
    assert_int_equal(world_points(world, "w1"), 14 - 300);
    uint64_t back = world_return(world, "2", "1", "");
    assert_int_equal(world_field(world, back, "refund_minor"), 70000);
    assert_int_equal(world_field(world, back, "tender_minor"), 30000);
    assert_int_equal(world_field(world, back, "points_given_back"), 300);
    assert_int_equal(world_points(world, "w1"), 0);
}

static uint64_t quote_proved(struct world *world, enum vn_proof proof)
{
    struct vn_basket *basket = world_basket("1", 0, 10);
    basket->proof = proof;
    uint64_t id = world_call_async(world, VN_TILL_QUOTE, "1", 0, basket, "");
    world_pump(world);
    return id;
}

static void test_a_choice_without_the_proof_is_refused_and_the_hub_not_asked(void **state)
{
    struct world *world = *state;
    rules(world, HEADER(",'proof':true,'unproved_points':100") "]}\n");
    world_card(world, MILICA);
    (void)quote_proved(world, VN_PROOF_NONE);
    assert_int_equal(vn_till_session(world->till)->spend_max, 0); /* no button that does nothing */
    uint64_t choice = world_choose(world, "1", 300);
    assert_int_equal(world_http(world, choice), 403);
    assert_int_equal(world->asked_count, 0);
    assert_int_equal(world_http(world, world_choose(world, "1", 0)), 200);
    (void)quote_proved(world, VN_PROOF_PIN);
    assert_int_equal(vn_till_session(world->till)->spend_max, 500);
    choice = world_choose(world, "1", 300);
    world_grant(world);
    assert_int_equal(world_http(world, choice), 200);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 70000);
}

static void test_what_a_promotion_says_is_told_in_words(void **state)
{
    struct world *world = *state;
    rules(world, HEADER("") "{'id':'basket','stage':'earning','choice':'all'}]}\n"
                            "{'id':'thanks','group':'basket','then':[{'kind':'say','where':'receipt',"
                            "'text':{'en':'See you on Friday','pl':'Do piątku'}}]}\n");
    world_card(world, MILICA);
    uint64_t quote = world_quote(world, "1", 0, 5);
    assert_non_null(strstr(world_body(world, quote), "\"text\":\"See you on Friday\""));
    uint64_t hold = world_hold(world, "1", 0, 0, 5);
    assert_non_null(strstr(world_body(world, hold), "\"text\":\"See you on Friday\""));
}

static void test_what_is_nearly_had_is_a_hint(void **state)
{
    struct world *world = *state;
    rules(world, HEADER("") "{'id':'basket','stage':'basket','choice':'all'}]}\n"
                            "{'id':'club','name':{'en':'Club'},'group':'basket','who':{'kind':'members'},"
                            "'then':{'kind':'amount_off','amount_minor':2000}}\n"
                            "{'id':'bank','name':{'en':'Bank'},'group':'basket','if':{'tenders':['card']},"
                            "'then':{'kind':'amount_off','amount_minor':1000}}\n");
    (void)world_quote(world, "1", 0, 5);
    const struct vn_session *session = vn_till_session(world->till);
    assert_int_equal(session->hint_count, 2);
    assert_int_equal(session->hints[0].kind, VN_SESSION_MISSING_CARD);
    assert_string_equal(session->hints[0].name, "Club");
    assert_int_equal(session->hints[0].worth_minor, 2000);
    assert_int_equal(session->hints[1].kind, VN_SESSION_MISSING_TENDER);
    world_card(world, MILICA);
    session = vn_till_session(world->till);
    assert_int_equal(session->hint_count, 1);
    assert_string_equal(session->benefits[0].name, "Club");
}

/* 500 lines of the longest codes, names and ids, as many rows as an outcome has room for, and each coupon hangs on all of
 * the lines. */
static void fat_rules(struct world *world)
{
    char text[32768];
    int len = snprintf(text, sizeof text,
                       HEADER("") "{'id':'basket','stage':'basket','choice':'all'},"
                                  "{'id':'gifts','stage':'earning','choice':'all'}]}\n");
    for (int i = 0; i < 2; i++) {
        len +=
            snprintf(text + len, sizeof text - (size_t)len,
                     "{'id':'off-%d-a-promotion-with-the-longest-id-of-all','group':'basket',"
                     "'name':{'en':'A promotion with a name'},'then':{'kind':'percent_off','rate_bp':100}}\n",
                     i);
    }
    for (int i = 0; i < VN_GIVEN_MAX; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "{'id':'coupon-%02d-with-a-very-long-id-of-promotion','group':'gifts',"
                        "'if':{'min_spend':{'amount_minor':1}},'then':{'kind':'issue_coupon','coupon':"
                        "'a-kind-of-coupon-%d','valid_days':30}}\n",
                        i, i);
    }
    assert_true(len < (int)sizeof text);
    rules(world, text);
}

static void test_the_largest_receipt_is_held_and_committed(void **state)
{
    struct world *world = *state;
    struct vn_basket *basket = world_basket("1", 0, VN_LINES_MAX);
    fat_rules(world);
    for (unsigned i = 0; i < basket->line_count; i++) {
        struct vn_line *line = &basket->lines[i];
        line->id = INT64_MAX - VN_LINES_MAX + (int64_t)i;
        (void)snprintf(line->code, sizeof line->code, "%031u", i);
        memset(line->name, 'n', sizeof line->name - 1);
        line->amount_minor = line->unit_price_minor = line->list_amount_minor = INT64_C(1000000000000);
        (void)snprintf(line->tax, sizeof line->tax, "ABCDEFG");
    }
    world_card(world, MILICA);
    uint64_t hold = world_call_async(world, VN_TILL_HOLD, "1", 0, basket, "");
    world_pump(world);
    assert_int_equal(world_http(world, hold), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_taken_at_risk_moves_no_right, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_hold_at_risk_can_be_cancelled_and_counts_as_used, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_points_as_a_tender_lower_what_is_left_to_pay, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_choice_without_the_proof_is_refused_and_the_hub_not_asked,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_promotion_says_is_told_in_words, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_nearly_had_is_a_hint, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_largest_receipt_is_held_and_committed, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
