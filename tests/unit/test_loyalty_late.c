/* A card that was forgotten: it earns what it would have earned on the prices that were paid, once, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/late.h"
#include "agent/loyalty/returns.h"
#include "tests/unit/loyalty_random.h"
#include "tests/unit/loyalty_world.h"

#define DAY_MS INT64_C(86400000)

static void test_until_the_next_receipt_or_some_days_by_its_code(void **state)
{
    (void)state;
    static const struct {
        struct vn_late_receipt receipt;
        int64_t days, after_ms;
        enum vn_late_answer answer;
    } rows[] = {
        {{.committed = false}, 3, 0, VN_LATE_NOT_PAID},
        {{.committed = true}, 0, 5 * DAY_MS, VN_LATE_YES}, /* the lane has stood still since */
        {{.committed = true, .taken_back = true}, 3, 0, VN_LATE_TAKEN_BACK},
        {{.committed = true, .has_card = true}, 3, 0, VN_LATE_HAS_CARD},
        {{.committed = true, .next_started = true}, 3, 0, VN_LATE_NEEDS_CODE},
        {{.committed = true, .next_started = true, .by_code = true}, 3, 3 * DAY_MS - 1, VN_LATE_YES},
        {{.committed = true, .next_started = true, .by_code = true}, 3, 3 * DAY_MS, VN_LATE_TOO_LATE},
        {{.committed = true, .next_started = true, .by_code = true}, 0, 0, VN_LATE_TOO_LATE},
        {{.committed = true, .next_started = true, .by_code = true}, 0, -9 * DAY_MS, VN_LATE_TOO_LATE},
        {{.committed = true, .next_started = true, .by_code = true}, 1, -9 * DAY_MS, VN_LATE_YES},
        {{.committed = true, .next_started = true, .by_code = true}, 1, INT64_MAX, VN_LATE_TOO_LATE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_late_receipt receipt = rows[i].receipt;
        receipt.committed_ms = -1;
        int64_t now_ms = rows[i].after_ms == INT64_MAX ? INT64_MAX : rows[i].after_ms - 1;
        assert_int_equal(vn_late_judge(&receipt, rows[i].days, now_ms), rows[i].answer);
        assert_string_not_equal(vn_late_name(rows[i].answer), "unknown");
    }
}

struct papers {
    struct vn_basket late_basket;
    struct vn_outcome sale, late, joined;
    struct vn_return_work work;
    struct vn_return plan;
    struct random_rules rules;
    struct random_sale random;
};

/* 20.00 off 100.00 for everybody, a coupon in hand, double points on coffee, and points that could pay. */
#define WORLD                                                                                                \
    "{'promotions':["                                                                                        \
    "{'id':'off','group':'all','then':{'kind':'percent_off','rate_bp':2000,'selector':{'codes':['1']}}},"    \
    "{'id':'members','group':'basket','who':{'kind':'members'},'then':{'kind':'percent_off',"                \
    "'rate_bp':5000}},"                                                                                      \
    "{'id':'double','group':'points','then':{'kind':'points_multiplier','times_bp':20000,"                   \
    "'selector':{'codes':['1']}}}],"                                                                         \
    "'lines':[{'id':1,'code':'1','qty_milli':2000,'amount_minor':1000000},"                                  \
    "{'id':2,'code':'2','qty_milli':1000,'amount_minor':300000}],"                                           \
    "'spend_points':200,'rights':{'w1':500}"

static void test_it_earns_on_what_was_paid_and_lowers_no_price(void **state)
{
    struct world *world = *state;
    struct papers *papers = calloc(1, sizeof *papers);
    assert_non_null(papers);
    world_outcome(world, WORLD "}");
    papers->sale = world->out;
    assert_int_equal(papers->sale.payable_minor, 1100000);
    assert_int_equal(papers->sale.points_earned, 0);

    world_outcome(world, WORLD ",'member':{'known':true,'account':'w1','balance':500}}");
    assert_true(world->out.payable_minor < 1100000); /* with the card in time */
    assert_int_equal(vn_late_basket(&world->basket, &papers->sale, &papers->late_basket, NULL), VN_OK);
    assert_int_equal(papers->late_basket.card_entry, VN_CARD_LATE);
    world->input.basket = &papers->late_basket;
    world->input.earning_only = true;
    world_again(world);
    assert_int_equal(world->status, VN_OK);
    papers->late = world->out;
    assert_int_equal(papers->late.discount_minor, 0);
    assert_int_equal(papers->late.payable_minor, 1100000);
    assert_int_equal(papers->late.points_spent, 0);
    assert_int_equal(papers->late.spend_max_points, 0);
    assert_int_equal(papers->late.points_earned, 80 + 30 + 80);
    assert_int_equal(world_points(world, "double"), 80);
    assert_int_equal(world_reason(world, "members", NULL), -1);

    assert_int_equal(vn_late_join(&papers->sale, &papers->late, &papers->joined, NULL), VN_OK);
    world_check_outcome(&world->basket, &papers->joined);
    assert_int_equal(papers->joined.discount_minor, 200000);
    assert_int_equal(papers->joined.points_earned, 190);
    /* once: neither on the joined outcome nor on one that was quoted with a card */
    assert_int_equal(vn_late_join(&papers->joined, &papers->late, &papers->sale, &world->error), VN_INPUT);
    assert_string_equal(world->error.text, "the receipt has a card already");
    /* the first line comes back: it earned 160 of them */
    const struct vn_return_item item = {1, 2000};
    const struct vn_return_input input = {
        .basket = &world->basket, .outcome = &papers->joined, .now = &item, .now_count = 1};
    assert_int_equal(vn_return_plan(&input, &papers->work, &papers->plan, NULL), VN_OK);
    assert_int_equal(papers->plan.refund_minor, 800000);
    assert_int_equal(papers->plan.points_taken_back, 160);
    free(papers);
}

static enum vn_status join(struct papers *papers)
{
    return vn_late_join(&papers->sale, &papers->late, &papers->joined, NULL);
}

/* A sale, and the same outcome as what its late card earned. */
static struct papers *make_pair(struct world *world)
{
    struct papers *papers = calloc(1, sizeof *papers);
    assert_non_null(papers);
    world_outcome(world, WORLD "}");
    papers->sale = papers->late = world->out;
    papers->late.discount_minor = 0;
    assert_int_equal(join(papers), VN_OK);
    return papers;
}

static void test_papers_of_another_receipt_are_refused(void **state)
{
    struct world *world = *state;
    struct papers *papers = make_pair(world);
    papers->late.lines[0].payable_minor++;
    assert_int_equal(join(papers), VN_INPUT);
    papers->late.lines[0].payable_minor--;
    papers->late.points_spent = 1;
    assert_int_equal(join(papers), VN_INPUT);
    papers->late.points_spent = 0;
    papers->sale.wallet_count = 1;
    assert_int_equal(join(papers), VN_INPUT);
    papers->sale.wallet_count = 0;
    papers->sale.lines[1].earn_minor = 1;
    assert_int_equal(join(papers), VN_INPUT);
    papers->sale.lines[1].earn_minor = 0;
    assert_int_equal(join(papers), VN_OK);
    papers->sale.lines[0].line_id = 7;
    assert_int_equal(vn_late_basket(&world->basket, &papers->sale, &papers->late_basket, NULL), VN_INPUT);
    papers->sale.lines[0].line_id = 1;
    papers->sale.lines[0].payable_minor = INT64_MIN;
    assert_int_equal(vn_late_basket(&world->basket, &papers->sale, &papers->late_basket, NULL), VN_INPUT);
    papers->sale.line_count = 1;
    assert_int_equal(vn_late_basket(&world->basket, &papers->sale, &papers->late_basket, NULL), VN_INPUT);
    free(papers);
}

/* Rows of both stand behind each other, as far as there is room. */
static void test_what_the_card_earned_joins_what_the_sale_has(void **state)
{
    struct world *world = *state;
    struct papers *papers = make_pair(world);
    assert_false(papers->joined.provisional);
    papers->late.provisional = true;
    papers->late.wallet_count = 1;
    papers->late.wallets[0].earned = 5;
    papers->sale.given_count = 1;
    papers->late.given_count = VN_GIVEN_MAX - 1;
    papers->late.given[1].amount = 7;
    papers->late.application_count = VN_APPLICATIONS_MAX - papers->sale.application_count;
    assert_int_equal(join(papers), VN_OK);
    assert_true(papers->joined.provisional);
    assert_int_equal(papers->joined.wallet_count, 1);
    assert_int_equal(papers->joined.wallets[0].earned, 5);
    assert_int_equal(papers->joined.application_count, VN_APPLICATIONS_MAX);
    assert_int_equal(papers->joined.given_count, VN_GIVEN_MAX);
    assert_int_equal(papers->joined.given[2].amount, 7);
    papers->late.given_count++;
    assert_int_equal(join(papers), VN_FULL);
    papers->late.given_count--;
    papers->late.application_count++;
    assert_int_equal(join(papers), VN_FULL);
    free(papers);
}

static void test_one_account_has_one_row_whatever_is_at_risk_of_it(void **state)
{
    struct world *world = *state;
    struct papers *papers = make_pair(world);
    papers->sale.consumption_count = papers->late.consumption_count = 1;
    for (unsigned risk = 0; risk < 4; risk++) {
        papers->sale.consumptions[0] = (struct vn_consumption){"n1", 1, (risk & 1) != 0};
        papers->late.consumptions[0] = (struct vn_consumption){"n1", 2, (risk & 2) != 0};
        assert_int_equal(join(papers), VN_OK);
        assert_int_equal(papers->joined.consumption_count, 1);
        assert_int_equal(papers->joined.consumptions[0].amount, 3);
        assert_int_equal(papers->joined.consumptions[0].risk, risk != 0);
    }
    papers->late.consumptions[0].amount = INT64_MAX;
    assert_int_equal(join(papers), VN_INPUT);
    papers->late.consumptions[0] = (struct vn_consumption){"n2", 1, false};
    papers->sale.consumption_count = VN_RIGHTS_MAX - 1;
    assert_int_equal(join(papers), VN_OK);
    assert_string_equal(papers->joined.consumptions[VN_RIGHTS_MAX - 1].account, "n2");
    papers->sale.consumption_count = VN_RIGHTS_MAX;
    assert_int_equal(join(papers), VN_FULL);
    free(papers);
}

static bool quote(struct world *world, struct vn_quote_input *input, struct vn_outcome *out)
{
    return vn_quote(world->work, input, out, &world->error) == VN_OK;
}

/* One sale without its card, then with it: late. Returns what it earned. */
static int64_t attach(struct world *world, struct papers *papers)
{
    struct vn_quote_input input = papers->random.input;
    const struct vn_member *member = input.member;
    const struct vn_outcome *late = &papers->late;
    input.member = NULL;
    if (member == NULL || !quote(world, &input, &papers->sale)) {
        return 0;
    }
    assert_int_equal(vn_late_basket(&papers->random.basket, &papers->sale, &papers->late_basket, NULL),
                     VN_OK);
    input.basket = &papers->late_basket;
    input.member = member;
    input.choices = NULL;
    input.earning_only = true;
    assert_true(quote(world, &input, &papers->late));
    world_check_outcome(&papers->late_basket, late);
    assert_int_equal(late->payable_minor, papers->sale.payable_minor);
    assert_int_equal(late->discount_minor + late->points_spent + late->tender_minor, 0);
    assert_int_equal(late->spend_max_points + late->lot_use_count + late->funding_count, 0);
    for (unsigned i = 0; i < late->application_count; i++) {
        assert_int_equal(late->applications[i].stage, VN_STAGE_EARNING);
    }
    enum vn_status status = vn_late_join(&papers->sale, late, &papers->joined, &world->error);
    if (status == VN_FULL) {
        return 0;
    }
    assert_int_equal(status, VN_OK);
    world_check_outcome(&papers->random.basket, &papers->joined);
    assert_int_equal(papers->joined.points_earned, late->points_earned);
    assert_int_equal(papers->joined.payable_minor, papers->sale.payable_minor);
    if (late->points_earned > 0) {
        assert_int_equal(vn_late_join(&papers->joined, late, &papers->sale, &world->error), VN_INPUT);
    }
    return late->points_earned;
}

static void test_any_receipt_can_get_its_card_late(void **state)
{
    struct world *world = *state;
    struct papers *papers = calloc(1, sizeof *papers);
    uint64_t seed = 20261123;
    unsigned earned = 0;
    unsigned discounted = 0;
    assert_non_null(papers);
    for (int rules = 0; rules < 60; rules++) {
        random_rules(&seed, 12, &papers->rules);
        world_ruleset(world, papers->rules.text);
        for (int sale = 0; sale < 12; sale++) {
            random_sale(&seed, &papers->rules, world->ruleset, 10, &papers->random);
            papers->random.input.ruleset = world->ruleset;
            if (attach(world, papers) > 0) {
                earned++;
                discounted += papers->joined.discount_minor > 0 ? 1 : 0;
            }
        }
    }
    assert_true(earned > 100 && discounted > 30);
    free(papers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_until_the_next_receipt_or_some_days_by_its_code),
        cmocka_unit_test_setup_teardown(test_it_earns_on_what_was_paid_and_lowers_no_price, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_papers_of_another_receipt_are_refused, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_the_card_earned_joins_what_the_sale_has, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_one_account_has_one_row_whatever_is_at_risk_of_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_any_receipt_can_get_its_card_late, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
