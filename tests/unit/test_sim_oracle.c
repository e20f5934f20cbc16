/* The simulator's oracle is fed what a hub or till with a fault would show, and must complain with the right number; and of
 * what is in order it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/oracle/oracle.h"
#include "tests/sim/world/story.h"

#define NOW_MS 1796284800000
#define DAY_MS (86400 * 1000LL)

/* In the place of the simulator's: nothing is told. */
void sim_story(const char *who, const char *format, ...)
{
    (void)who;
    (void)format;
}

bool sim_story_told(void)
{
    return true;
}

static struct sim_oracle oracle;

static void begin(const struct sim_terms *terms)
{
    const struct sim_oracle_chain chain = {.members = 20, .terms = *terms, .opened_ms = NOW_MS};
    sim_oracle_init(&oracle, &chain);
}

/* The chain may lose what a customer spends too much here: that it loses more than that is a complaint of its own. */
static const struct sim_terms plain = {.count = 2, .budget_minor = 1000, .risk_total = 10000};

static int setup(void **state)
{
    (void)state;
    begin(&plain);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_oracle_deinit(&oracle);
    return 0;
}

/* Nothing but these violations, all of one invariant; 0 times: none at all. */
static void must_complain(unsigned invariant, unsigned times)
{
    assert_int_equal(oracle.violation_count, times);
    assert_int_equal(oracle.violations[invariant], times);
}

struct receipt {
    const char *number;
    unsigned member, coupon;
    int64_t earned, spent, at_ms;
    const char *outcome; /* JSON */
};

static size_t ask(const struct receipt *receipt)
{
    json_t *outcome = receipt->outcome == NULL ? NULL : json_loads(receipt->outcome, 0, NULL);
    struct sim_sale sale = {.pos = "p1", .date = "2026-12-03", .state = SIM_SALE_ASKED};
    const struct sim_shown shown = {receipt->member, receipt->coupon, receipt->at_ms};
    assert_true(receipt->outcome == NULL || outcome != NULL);
    (void)snprintf(sale.receipt, sizeof sale.receipt, "%s", receipt->number);
    sale.member = receipt->member;
    sale.earned = receipt->earned;
    sale.begun_ms = receipt->at_ms;
    sim_printed_read(outcome, &shown, &sale.printed);
    json_decref(outcome);
    return sim_oracle_asks(&oracle, &sale);
}

static size_t sell(const struct receipt *receipt)
{
    size_t sale = ask(receipt);
    sim_oracle_sold(&oracle, sale, receipt->earned, receipt->spent, receipt->at_ms);
    return sale;
}

#define WITH_COUPON "{\"applications\":[{\"promotion\":\"coupon-100\",\"line\":1,\"discount_minor\":1000}]}"
#define WITH_DAILY  "{\"applications\":[{\"promotion\":\"daily\",\"line\":1,\"discount_minor\":10}]}"
#define WITH_COUNT  "{\"applications\":[{\"promotion\":\"count\",\"line\":1,\"discount_minor\":500}]}"
#define WITH_STAMPS "{\"given\":[{\"kind\":\"stamp\",\"what\":\"coffee\",\"amount\":2}]}"
#define WITH_FREE   "{\"applications\":[{\"promotion\":\"stamped\",\"line\":1,\"discount_minor\":4990}]}"
#define WITH_BUDGET                                                                                          \
    "{\"applications\":[{\"promotion\":\"budget\",\"line\":1,\"discount_minor\":300},"                       \
    "{\"promotion\":\"budget\",\"line\":2,\"discount_minor\":300}]}"

/* --- while the stores sell --------------------------------------------------------------------------------------- */

static void test_points_spent_twice(void **state)
{
    (void)state; /* member 1 has 250 at first */
    (void)sell(&(struct receipt){"1", 1, 0, 10, 250, NOW_MS, NULL});
    must_complain(3, 0);
    (void)sell(&(struct receipt){"2", 1, 0, 10, 250, NOW_MS, NULL});
    must_complain(3, 1);
}

static void test_points_that_came_back_are_spent_again(void **state)
{
    (void)state;
    size_t first = sell(&(struct receipt){"1", 1, 0, 0, 250, NOW_MS, NULL});
    sim_oracle_unwinds(&oracle, first);
    (void)sell(&(struct receipt){"2", 1, 0, 0, 250, NOW_MS, NULL});
    must_complain(3, 0);
    sim_oracle_undone(&oracle, first, SIM_SALE_COMMITTED); /* it was refused after all */
    (void)sell(&(struct receipt){"3", 1, 0, 0, 5, NOW_MS, NULL});
    must_complain(3, 1);
}

static void test_points_of_an_answer_that_is_on_its_way(void **state)
{
    (void)state;
    (void)ask(&(struct receipt){"1", 3, 0, 40, 0, NOW_MS, NULL}); /* member 3 has nothing at first */
    (void)sell(&(struct receipt){"2", 3, 0, 0, 40, NOW_MS, NULL});
    must_complain(3, 0);
    (void)sell(&(struct receipt){"3", 3, 0, 0, 5, NOW_MS, NULL});
    must_complain(3, 1);
}

static void test_points_that_are_not_mature(void **state)
{
    (void)state;
    const struct sim_terms terms = {.matures_days = 1, .risk_total = 10000};
    begin(&terms);
    (void)sell(&(struct receipt){"1", 3, 0, 40, 0, NOW_MS, NULL});
    (void)sell(&(struct receipt){"2", 3, 0, 0, 20, NOW_MS + DAY_MS, NULL});
    must_complain(3, 0);
    (void)sell(&(struct receipt){"3", 3, 0, 40, 0, NOW_MS + DAY_MS, NULL});
    (void)sell(&(struct receipt){"4", 3, 0, 0, 40, NOW_MS + 2 * DAY_MS - 1, NULL});
    must_complain(3, 1);
}

static void test_coupon_used_twice(void **state)
{
    (void)state;
    size_t first = sell(&(struct receipt){"1", 0, 7, 0, 0, NOW_MS, WITH_COUPON});
    (void)sell(&(struct receipt){"2", 0, 8, 0, 0, NOW_MS, WITH_COUPON});
    (void)sell(&(struct receipt){"3", 0, 7, 0, 0, NOW_MS, "{}"}); /* shown, and not accepted */
    must_complain(5, 0);
    (void)sell(&(struct receipt){"4", 0, 7, 0, 0, NOW_MS, WITH_COUPON});
    must_complain(5, 1);
    sim_oracle_undone(&oracle, first, SIM_SALE_VOIDED);
    sim_oracle_undone(&oracle, 3, SIM_SALE_RETURNED);
    (void)sell(&(struct receipt){"5", 0, 7, 0, 0, NOW_MS, WITH_COUPON});
    must_complain(5, 1);
}

/* As much as they held, and of that account alone. Member 1 has 250 at first, member 3 nothing. */
static void test_a_copy_spends_what_it_held(void **state)
{
    (void)state;
    sim_copies_add(&oracle.copies, "w1", 30);
    sim_copies_add(&oracle.copies, "w1", 20);
    (void)sell(&(struct receipt){"1", 1, 0, 0, 300, NOW_MS, NULL});
    must_complain(3, 0);
    (void)sell(&(struct receipt){"2", 1, 0, 0, 1, NOW_MS, NULL});
    must_complain(3, 1);
    (void)sell(&(struct receipt){"3", 3, 0, 0, 1, NOW_MS, NULL});
    must_complain(3, 2);
}

static void test_once_a_day(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 1, 0, 0, 0, NOW_MS, WITH_DAILY});
    (void)sell(&(struct receipt){"2", 2, 0, 0, 0, NOW_MS, WITH_DAILY});
    (void)sell(&(struct receipt){"3", 1, 0, 0, 0, NOW_MS + DAY_MS, WITH_DAILY});
    must_complain(5, 0);
    (void)sell(&(struct receipt){"4", 1, 0, 0, 0, NOW_MS + 60000, WITH_DAILY});
    must_complain(5, 1);
}

static void test_stamps_used_that_were_not_given(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 1, 0, 0, 0, NOW_MS, WITH_STAMPS});
    (void)sell(&(struct receipt){"2", 1, 0, 0, 0, NOW_MS, WITH_STAMPS});
    (void)sell(&(struct receipt){"3", 1, 0, 0, 0, NOW_MS, WITH_FREE});
    must_complain(5, 0);
    (void)sell(&(struct receipt){"4", 1, 0, 0, 0, NOW_MS, WITH_FREE});
    must_complain(5, 1);
}

static void test_count_and_budget_of_the_chain(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 1, 0, 0, 0, NOW_MS, WITH_COUNT});
    (void)sell(&(struct receipt){"2", 2, 0, 0, 0, NOW_MS, WITH_COUNT});
    (void)sell(&(struct receipt){"3", 1, 0, 0, 0, NOW_MS, WITH_BUDGET});
    must_complain(5, 0);
    (void)sell(&(struct receipt){"4", 3, 0, 0, 0, NOW_MS, WITH_COUNT});
    must_complain(5, 1);
    (void)sell(&(struct receipt){"5", 2, 0, 0, 0, NOW_MS, WITH_BUDGET});
    must_complain(5, 2);
}

static void test_what_is_risked_and_said(void **state)
{
    (void)state;
    char account[VN_ID_MAX];
    char outcome[256];
    const struct sim_use use = {.of = SIM_RISKY, .subject = 1};
    sim_use_account(&use, account);
    (void)snprintf(outcome, sizeof outcome,
                   "{\"applications\":[{\"promotion\":\"risky\",\"discount_minor\":700}],"
                   "\"consumptions\":[{\"account\":\"%s\",\"amount\":1,\"risk\":true}]}",
                   account);
    (void)sell(&(struct receipt){"1", 1, 0, 0, 0, NOW_MS, outcome});
    (void)sell(&(struct receipt){"2", 1, 0, 0, 0, NOW_MS, outcome});
    must_complain(5, 0);
    assert_int_equal(oracle.sales[1].printed.risked, 1);
}

/* Member 3 has nothing at first: all of it is at the chain's risk. */
static size_t risk(const char *number, int64_t points)
{
    char outcome[96];
    (void)snprintf(outcome, sizeof outcome,
                   "{\"consumptions\":[{\"account\":\"w3\",\"amount\":%d,\"risk\":true}]}", (int)points);
    return sell(&(struct receipt){number, 3, 0, 0, points, NOW_MS, outcome});
}

static void test_what_is_settled_is_risked_again(void **state)
{
    (void)state;
    const struct sim_terms terms = {.risk_total = 50};
    begin(&terms);
    (void)risk("1", 50);
    sim_oracle_settles(&oracle, "w3", 30);
    (void)risk("2", 30);
    must_complain(3, 0);
    (void)risk("3", 1);
    must_complain(3, 1);
}

static void test_other_answer_to_the_same(void **state)
{
    (void)state;
    size_t sale = sell(&(struct receipt){"1", 1, 0, 0, 0, NOW_MS, NULL});
    sim_oracle_same(&oracle, &oracle.sales[sale], "/v1/commit", 200, 200, true);
    must_complain(6, 0);
    sim_oracle_same(&oracle, &oracle.sales[sale], "/v1/commit", 200, 200, false);
    sim_oracle_same(&oracle, &oracle.sales[sale], "/v1/commit", 200, 409, true);
    must_complain(6, 2);
}

/* --- at the end --------------------------------------------------------------------------------------------------- */

static void check_sales(const char *rows)
{
    json_t *sales = json_loads(rows, 0, NULL);
    assert_non_null(sales);
    sim_oracle_check_sales(&oracle, sales);
    json_decref(sales);
}

#define ROW(number, kind, earned, spent)                                                                     \
    "{\"sale\":[\"p1\",\"2026-12-03\",\"" number "\"],\"kind\":\"" kind "\",\"points_earned\":" #earned      \
    ",\"points_spent\":" #spent "}"

static void test_sales_exactly_once(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 1, 0, 10, 5, NOW_MS, NULL});
    sim_oracle_refused(&oracle, ask(&(struct receipt){"2", 1, 0, 10, 0, NOW_MS, NULL}));
    check_sales("{\"sales\":[" ROW("1", "committed", 10, 5) "," ROW("2", "cancelled", 0, 0) "]}");
    check_sales("{\"sales\":[" ROW("1", "committed", 10, 5) "," ROW("9", "held", 0, 0) "]}");
    must_complain(2, 0);
    check_sales("{\"sales\":[]}"); /* lost */
    must_complain(2, 1);
    check_sales("{\"sales\":[" ROW("1", "committed", 10, 5) "," ROW("1", "committed", 10, 5) "]}");
    must_complain(2, 2);
    check_sales("{\"sales\":[" ROW("1", "voided", 10, 5) "]}");
    must_complain(2, 3);
    check_sales("{\"sales\":[" ROW("1", "committed", 11, 5) "]}");
    must_complain(2, 4);
    check_sales("{\"sales\":[" ROW("1", "committed", 10, 5) "," ROW("3", "committed", 1, 0) "]}");
    must_complain(2, 5);
    check_sales("{\"sales\":[" ROW("1", "committed", 10, 5) "," ROW("2", "used", 0, 0) "]}");
    must_complain(2, 6);
}

static void check_member(unsigned member, const char *text, int64_t at_ms)
{
    json_t *ledger = json_loads(text, 0, NULL);
    assert_non_null(ledger);
    sim_oracle_check_member(&oracle, member, ledger, at_ms);
    json_decref(ledger);
}

static void test_balance(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 1, 0, 10, 60, NOW_MS, NULL});
    check_member(1, "{\"balance\":200,\"places\":[{\"place\":\"free\",\"amount\":200}]}", NOW_MS);
    must_complain(1, 0);
    check_member(1, "{\"balance\":210,\"places\":[{\"place\":\"free\",\"amount\":210}]}", NOW_MS);
    must_complain(1, 1);
}

/* A hub that was set back may have forgotten it. */
static void test_balance_when_a_debt_was_settled(void **state)
{
    (void)state;
    const char *owes = "{\"balance\":-50,\"places\":[{\"place\":\"debt\",\"amount\":-50}]}";
    (void)risk("1", 50);
    sim_oracle_settles(&oracle, "w3", 50);
    check_member(3, owes, NOW_MS); /* nobody knows yet whether the hub did it */
    check_member(3, "{\"balance\":0,\"places\":[]}", NOW_MS);
    must_complain(1, 0);
    sim_oracle_settled(&oracle, "w3", 50);
    check_member(3, "{\"balance\":0,\"places\":[]}", NOW_MS);
    must_complain(1, 0);
    check_member(3, owes, NOW_MS);
    check_member(3, "{\"balance\":50,\"places\":[]}", NOW_MS);
    must_complain(1, 2);
    sim_oracle_hub_set_back(&oracle, NOW_MS);
    check_member(3, owes, NOW_MS);
    must_complain(1, 2);
}

static void test_debt_without_a_reason(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 1, 0, 10, 10, NOW_MS, NULL});
    check_member(1,
                 "{\"balance\":250,\"places\":[{\"place\":\"free\",\"amount\":260},"
                 "{\"place\":\"debt\",\"amount\":-10}]}",
                 NOW_MS);
    must_complain(3, 1);
}

static void test_expiry(void **state)
{
    (void)state;
    const struct sim_terms terms = {.expires_days = 2};
    begin(&terms);
    (void)sell(&(struct receipt){"1", 1, 0, 40, 0, NOW_MS + DAY_MS, NULL});
    static const char all[] = "{\"balance\":290,\"places\":[{\"place\":\"free\",\"amount\":290}]}";
    static const char left[] = "{\"balance\":40,\"places\":[{\"place\":\"free\",\"amount\":40},"
                               "{\"place\":\"expired\",\"amount\":250}]}";
    check_member(1, all, NOW_MS + 2 * DAY_MS - 1);
    check_member(1, left, NOW_MS + 2 * DAY_MS + 3600000);
    must_complain(1, 0);
    check_member(1, left, NOW_MS + 2 * DAY_MS - 1); /* too early */
    must_complain(1, 1);
    check_member(1, all, NOW_MS + 2 * DAY_MS + 3600000); /* never */
    must_complain(1, 2);
}

static void test_stamps_left(void **state)
{
    (void)state;
    const struct sim_use use = {.of = SIM_STAMPED, .subject = 3};
    char account[VN_ID_MAX];
    char text[160];
    sim_use_account(&use, account);
    (void)sell(&(struct receipt){"1", 3, 0, 0, 0, NOW_MS, WITH_STAMPS});
    (void)snprintf(text, sizeof text, "{\"balance\":0,\"counters\":[{\"account\":\"%s\",\"value\":2}]}",
                   account);
    check_member(3, text, NOW_MS);
    must_complain(1, 0);
    check_member(3, "{\"balance\":0}", NOW_MS);
    must_complain(1, 1);
}

static void check_limited(size_t at, const char *text)
{
    struct sim_use *uses = NULL;
    json_t *ledger = json_loads(text, 0, NULL);
    assert_non_null(ledger);
    assert_in_range(at, 0, sim_oracle_limited(&oracle, &uses) - 1);
    sim_oracle_check_limited(&oracle, &uses[at], ledger);
    json_decref(ledger);
    free(uses);
}

static void test_uses_at_the_hub(void **state)
{
    (void)state;
    (void)sell(&(struct receipt){"1", 0, 7, 0, 0, NOW_MS, WITH_COUPON});
    check_limited(0, "{\"places\":[{\"place\":\"redeemed\",\"amount\":1}]}");
    must_complain(1, 0);
    check_limited(0, "{\"places\":[{\"place\":\"free\",\"amount\":1}]}");
    must_complain(1, 1);
}

static void test_loss_that_is_not_stated(void **state)
{
    (void)state;
    const struct sim_use use = {.of = SIM_COUPON, .subject = 7};
    char account[VN_ID_MAX];
    sim_use_account(&use, account);
    sim_copies_add(&oracle.copies, account, 1); /* a till was cloned that held it */
    (void)sell(&(struct receipt){"1", 0, 7, 0, 0, NOW_MS, WITH_COUPON});
    (void)sell(&(struct receipt){"2", 0, 7, 0, 0, NOW_MS, WITH_COUPON});
    must_complain(5, 0);
    check_limited(0,
                  "{\"places\":[{\"place\":\"redeemed\",\"amount\":2},{\"place\":\"debt\",\"amount\":-1}]}");
    must_complain(3, 0);
    check_limited(0, "{\"places\":[{\"place\":\"redeemed\",\"amount\":2}]}");
    must_complain(3, 1);
}

static void test_what_is_stuck(void **state)
{
    (void)state;
    json_t *good = json_pack("{s:{s:i, s:i}}", "totals", "held", 0, "right", 5);
    json_t *bad = json_pack("{s:{s:i, s:i}}", "totals", "held", 3, "lent", 2);
    sim_oracle_check_rest(&oracle, good);
    must_complain(10, 0);
    sim_oracle_check_rest(&oracle, bad);
    must_complain(10, 2);
    json_decref(good);
    json_decref(bad);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_points_spent_twice),
        TEST(test_points_that_came_back_are_spent_again),
        TEST(test_points_of_an_answer_that_is_on_its_way),
        TEST(test_points_that_are_not_mature),
        TEST(test_coupon_used_twice),
        TEST(test_a_copy_spends_what_it_held),
        TEST(test_once_a_day),
        TEST(test_stamps_used_that_were_not_given),
        TEST(test_count_and_budget_of_the_chain),
        TEST(test_what_is_risked_and_said),
        TEST(test_what_is_settled_is_risked_again),
        TEST(test_other_answer_to_the_same),
        TEST(test_sales_exactly_once),
        TEST(test_balance),
        TEST(test_balance_when_a_debt_was_settled),
        TEST(test_debt_without_a_reason),
        TEST(test_expiry),
        TEST(test_stamps_left),
        TEST(test_uses_at_the_hub),
        TEST(test_loss_that_is_not_stated),
        TEST(test_what_is_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
