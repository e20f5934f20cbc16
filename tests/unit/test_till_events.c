/* The order of events changes nothing: the card first or last, coupons before or after the goods. Each order of a receipt's
 * events is lived through in a till of its own; every hold must be answered with the same outcome, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

/* A best group, a threshold, a stage for members alone, coupons, points: all that could depend on who was there first. */
static const char rules[] =
    "{\"ruleset\":2,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"rs\","
    "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":50,\"spend_step\":10,"
    "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":5000},"
    "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"best\"},"
    "{\"id\":\"receipt\",\"stage\":\"basket\",\"base\":\"running\",\"choice\":\"all\"},"
    "{\"id\":\"coupons\",\"stage\":\"coupons\",\"base\":\"running\",\"choice\":\"first\"},"
    "{\"id\":\"points\",\"stage\":\"earning\",\"choice\":\"all\"}],"
    "\"cards\":[{\"prefix\":\"2990\",\"length\":13}],\"coupons\":[{\"prefix\":\"2991\",\"length\":13}]}\n"
    "{\"id\":\"three\",\"group\":\"shelf\",\"then\":{\"kind\":\"nth_free\",\"n\":3,\"free\":1,\"cheapest\":"
    "true,"
    "\"selector\":{\"tags\":[\"milk\"]}}}\n"
    "{\"id\":\"club\",\"group\":\"shelf\",\"who\":{\"kind\":\"members\"},"
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1500,\"selector\":{\"tags\":[\"milk\"]}}}\n"
    "{\"id\":\"much\",\"group\":\"receipt\",\"if\":{\"min_spend\":{\"amount_minor\":50000}},"
    "\"then\":{\"kind\":\"amount_off\",\"amount_minor\":1000}}\n"
    "{\"id\":\"coupon-50\",\"group\":\"coupons\",\"if\":{\"coupon\":true},"
    "\"then\":{\"kind\":\"amount_off\",\"amount_minor\":5000}}\n"
    "{\"id\":\"double\",\"group\":\"points\",\"who\":{\"kind\":\"members\"},"
    "\"then\":{\"kind\":\"points_multiplier\",\"times_bp\":20000,\"selector\":{\"tags\":[\"milk\"]}}}\n";

enum event { CARD, SINGLE, MANY, LINES, EVENTS = LINES + 2 };

static void happen(struct world *world, enum event event, unsigned *quotes)
{
    static const int milk[] = {1, 4};
    static const int other[] = {0, 3};
    switch (event) {
    case CARD: world_card(world, MILICA); break;
    case SINGLE: world_coupon(world, COUPON_ONE); break;
    case MANY: world_coupon(world, COUPON_MANY); break;
    default:
        (void)world_quote(world, "1", milk[*quotes], other[*quotes]);
        (*quotes)++;
        break;
    }
    if (world->asked) {
        world_grant(world);
    }
}

/* What the hold is answered after these events, up to the number of its entry. */
static void live_through(const enum event *order, char *outcome, size_t size)
{
    void *state = NULL;
    assert_int_equal(world_setup(&state), 0);
    struct world *world = state;
    unsigned quotes = 0;
    world_rules(world, rules);
    for (unsigned i = 0; i < EVENTS; i++) {
        happen(world, order[i], &quotes);
    }
    (void)world_choose(world, "1", 60);
    if (world->asked) {
        world_grant(world);
    }
    uint64_t hold = world_hold(world, "1", 0, 4, 3);
    assert_int_equal(world_http(world, hold), 200);
    assert_int_equal(world_field(world, hold, "points_spent"), 60);
    (void)snprintf(outcome, size, "%s", world_body(world, hold));
    char *seq = strstr(outcome, ",\"seq\":");
    assert_non_null(seq);
    *seq = '\0';
    assert_int_equal(world_teardown(&state), 0);
}

/* The next order in the alphabet; LINES stands twice in it. False after the last. */
static bool next_order(enum event *order)
{
    int at = EVENTS - 2;
    int with = EVENTS - 1;
    while (at >= 0 && order[at] >= order[at + 1]) {
        at--;
    }
    if (at < 0) {
        return false;
    }
    while (order[with] <= order[at]) {
        with--;
    }
    enum event moved = order[at];
    order[at] = order[with];
    order[with] = moved;
    for (int i = at + 1, j = EVENTS - 1; i < j; i++, j--) {
        moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
    return true;
}

static void test_events_in_each_order_come_to_the_same_outcome(void **state)
{
    (void)state;
    enum event order[EVENTS] = {CARD, SINGLE, MANY, LINES, LINES};
    char first[8192];
    char outcome[8192];
    unsigned orders = 1;
    live_through(order, first, sizeof first);
    /* 100.00 and 15.00 off the milk, 10.00 off the receipt, one coupon of 50.00, and 60 points */
    assert_non_null(strstr(first, "\"discount_minor\":23500,\"payable_minor\":46500,\"points_earned\":13"));
    const char *const parts[] = {"three", "club", "much", "coupon-50", "double"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_non_null(strstr(first, parts[i]));
    }
    while (next_order(order)) {
        live_through(order, outcome, sizeof outcome);
        assert_string_equal(outcome, first);
        orders++;
    }
    assert_int_equal(orders, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_in_each_order_come_to_the_same_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
