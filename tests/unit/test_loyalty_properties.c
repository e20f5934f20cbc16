/* What must hold for any ruleset and any sale: thousands of both, made from seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/law.h"
#include "tests/unit/loyalty_world.h"
#include "tests/unit/loyalty_worlds.h"

static int64_t available(const struct vn_quote_input *input, const char *account)
{
    for (size_t i = 0; i < input->right_count; i++) {
        if (strcmp(input->rights[i].account, account) == 0) {
            return input->rights[i].available;
        }
    }
    return 0;
}

/* --- sums ---------------------------------------------------------------------------------------------------------------- */

static void check_sums(struct random_world *world)
{
    if (world->status != VN_OK) {
        assert_int_equal(world->status, VN_INPUT);
        assert_true(world->error.text[0] != '\0');
        assert_int_equal(world->out.line_count + world->out.application_count, 0);
        return;
    }
    world_check_outcome(&world->sale.basket, &world->out);
}

static void test_parts_add_up(void **state)
{
    (void)state;
    unsigned quoted = 0;
    worlds_each(300, NULL, check_sums, &quoted);
    worlds_assert_seen(quoted, 500);
}

/* --- bounds: rights, ranges, caps ------------------------------------------------------------------------------------- */

static void check_points(const struct random_world *world)
{
    const struct vn_outcome *out = &world->out;
    const struct vn_member *member = world->sale.input.member;
    assert_true(out->points_spent == 0 || out->points_spent >= out->spend_min_points);
    assert_true(out->points_spent <= out->spend_max_points);
    assert_true(out->points_spent == 0 ||
                (member != NULL && out->points_spent <= member->balance - member->debt));
    assert_true(out->spend_step_points == 0 || out->points_spent % out->spend_step_points == 0);
    int64_t of_lots[2] = {0, 0};
    for (unsigned i = 0; i < out->lot_use_count; i++) {
        assert_true(out->lot_uses[i].amount > 0);
        of_lots[strcmp(out->lot_uses[i].account, "w1") == 0 ? 0 : 1] += out->lot_uses[i].amount;
    }
    assert_true(of_lots[0] == 0 || of_lots[0] == out->points_spent);
    assert_true(of_lots[1] == 0 || (out->wallet_count == 1 && of_lots[1] == out->wallets[0].spent));
    assert_true(out->tender_minor >= 0 &&
                (out->tender_minor == 0 || out->tender_minor <= out->payable_minor));
}

static void check_bounds(struct random_world *world)
{
    const struct vn_outcome *out = &world->out;
    if (world->status != VN_OK) {
        return;
    }
    for (unsigned i = 0; i < out->consumption_count; i++) {
        const struct vn_consumption *at = &out->consumptions[i];
        assert_true(at->amount > 0);
        assert_true(at->risk || at->amount <= available(&world->sale.input, at->account));
        assert_true(!at->risk || !world->sale.input.hub_reachable);
        for (unsigned other = 0; other < i; other++) {
            assert_string_not_equal(at->account, out->consumptions[other].account);
        }
    }
    for (unsigned i = 1; i < out->near_miss_count; i++) {
        assert_true(out->explanations[out->near_misses[i - 1]].worth_minor >=
                    out->explanations[out->near_misses[i]].worth_minor);
    }
    int64_t most = world->ruleset->max_receipt_discount_minor;
    int64_t without_points = 0;
    for (unsigned i = 0; i < out->application_count; i++) {
        without_points +=
            out->applications[i].stage != VN_STAGE_POINTS ? out->applications[i].discount_minor : 0;
    }
    assert_true(most == 0 || without_points <= most);
    check_points(world);
}

static void test_nothing_goes_beyond_rights_ranges_and_caps(void **state)
{
    (void)state;
    worlds_each(300, NULL, check_bounds, NULL);
}

/* --- the floor ---------------------------------------------------------------------------------------------------------- */

static bool is_corrected(const struct vn_basket *basket, int64_t id)
{
    for (unsigned i = 0; i < basket->line_count; i++) {
        if (basket->lines[i].amount_minor < 0 || basket->lines[i].parent == id) {
            return true;
        }
    }
    return false;
}

static bool has_gift(const struct vn_outcome *out, int64_t id)
{
    for (unsigned i = 0; i < out->application_count; i++) {
        const char *dot = strchr(out->applications[i].promotion, '.');
        if (out->applications[i].line_id == id && dot != NULL && strcmp(dot, ".gift") == 0) {
            return true;
        }
    }
    return false;
}

/* What the line may cost at least: its pieces' floors, where the POS has left so much. */
static int64_t line_floor(const struct vn_ruleset *ruleset, const struct vn_line *line)
{
    int64_t pieces = line->kind == VN_LINE_GOODS ? line->qty_milli / 1000 : 1;
    int64_t sum = 0;
    for (int64_t i = 0; i < pieces; i++) {
        int64_t list = line->list_amount_minor / pieces + (i < line->list_amount_minor % pieces ? 1 : 0);
        int64_t amount = line->amount_minor / pieces + (i < line->amount_minor % pieces ? 1 : 0);
        int64_t floor = (list * ruleset->floor_bp + VN_BP_WHOLE - 1) / VN_BP_WHOLE;
        int64_t most = ruleset->max_unit_discount_minor;
        if (most > 0 && list - most > floor) {
            floor = list - most;
        }
        most = list * ruleset->max_unit_discount_bp / VN_BP_WHOLE;
        if (ruleset->max_unit_discount_bp > 0 && list - most > floor) {
            floor = list - most;
        }
        sum += amount < floor ? amount : floor;
    }
    return sum;
}

static unsigned floors;

static void check_floor(struct random_world *world)
{
    const struct vn_basket *basket = &world->sale.basket;
    for (unsigned i = 0; world->status == VN_OK && i < basket->line_count; i++) {
        const struct vn_line *line = &basket->lines[i];
        const struct vn_line_outcome *now = NULL;
        for (unsigned at = 0; at < world->out.line_count; at++) {
            now = world->out.lines[at].line_id == line->id ? &world->out.lines[at] : now;
        }
        if (now == NULL) {
            fail_msg("a line without its outcome");
            return;
        }
        if (line->kind > VN_LINE_WEIGHED) {
            assert_int_equal(now->discount_minor, 0);
        } else if (!is_corrected(basket, line->id) && !has_gift(&world->out, line->id)) {
            int64_t floor = line_floor(world->ruleset, line);
            assert_true(now->payable_minor >= floor);
            floors += floor > 0 && now->payable_minor == floor && now->discount_minor > 0 ? 1 : 0;
        }
    }
}

static void test_no_line_goes_below_its_floor(void **state)
{
    (void)state;
    floors = 0;
    worlds_each(300, NULL, check_floor, NULL);
    worlds_assert_seen(floors, 5); /* lines that stand on it */
}

/* --- the law ---------------------------------------------------------------------------------------------------------------- */

static unsigned forbidden;

static void check_law(struct random_world *world)
{
    const struct vn_basket *basket = &world->sale.basket;
    for (unsigned i = 0; world->status == VN_OK && i < basket->line_count; i++) {
        const struct vn_item *item = &world->sale.items[i];
        if (!item->known || vn_law_forbids(world->ruleset->law, item->legal_class) != VN_FORBID_ALL) {
            continue;
        }
        for (unsigned at = 0; at < world->out.application_count; at++) {
            assert_int_not_equal(world->out.applications[at].line_id, basket->lines[i].id);
        }
        for (unsigned at = 0; at < world->out.line_count; at++) {
            bool same = world->out.lines[at].line_id == basket->lines[i].id;
            assert_int_equal(same ? world->out.lines[at].earn_minor : 0, 0);
        }
        forbidden += world->out.application_count > 0 ? 1 : 0;
    }
}

static void test_what_the_law_forbids_gets_and_earns_nothing(void **state)
{
    (void)state;
    forbidden = 0;
    worlds_each(300, NULL, check_law, NULL);
    worlds_assert_seen(forbidden, 200);
}

/* --- order ----------------------------------------------------------------------------------------------------------------- */

static void swap(void *a, void *b, void *scratch, size_t size)
{
    memcpy(scratch, a, size);
    memcpy(a, b, size);
    memcpy(b, scratch, size);
}

/* Lines with their items, coupons and rights in another order. */
static void shuffle(struct random_world *world)
{
    struct random_sale *sale = &world->sale;
    struct vn_line line;
    struct vn_item item;
    struct vn_coupon coupon;
    struct vn_right right;
    for (unsigned i = sale->basket.line_count; i > 1; i--) {
        unsigned with = random_below(&world->state, i);
        swap(&sale->basket.lines[i - 1], &sale->basket.lines[with], &line, sizeof line);
        swap(&sale->items[i - 1], &sale->items[with], &item, sizeof item);
    }
    for (unsigned i = sale->choices.coupon_count; i > 1; i--) {
        unsigned with = random_below(&world->state, i);
        swap(&sale->choices.coupons[i - 1], &sale->choices.coupons[with], &coupon, sizeof coupon);
    }
    for (unsigned i = (unsigned)sale->input.right_count; i > 1; i--) {
        unsigned with = random_below(&world->state, i);
        swap(&sale->rights[i - 1], &sale->rights[with], &right, sizeof right);
    }
}

static void check_order(struct random_world *world)
{
    if (world->status != VN_OK) {
        return; /* which of several contradictions is named may depend on the order */
    }
    char *first = worlds_json(&world->out);
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    char *again = worlds_json(&world->copy);
    assert_string_equal(first, again);
    shuffle(world);
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    char *shuffled = worlds_json(&world->copy);
    assert_string_equal(first, shuffled);
    free(first);
    free(again);
    free(shuffled);
}

static void test_the_same_sale_in_any_order_gives_the_same_bytes(void **state)
{
    (void)state;
    worlds_each(300, NULL, check_order, NULL);
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------ */

static void check_json(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    json_t *json = vn_outcome_write(&world->out);
    assert_non_null(json);
    struct vn_json_in in = vn_json_root(json, &world->error);
    vn_outcome_read(&in, &world->copy);
    if (vn_json_failed(&in)) {
        fail_msg("%s at %s", world->error.text, world->error.pointer);
    }
    json_decref(json);
    char *first = worlds_json(&world->out);
    char *second = worlds_json(&world->copy);
    assert_string_equal(first, second);
    assert_int_equal(world->copy.discount_minor, world->out.discount_minor);
    assert_int_equal(world->copy.given_count, world->out.given_count);
    assert_int_equal(world->copy.funding_count, world->out.funding_count);
    free(first);
    free(second);
}

static void test_an_outcome_survives_its_journey_as_json(void **state)
{
    (void)state;
    worlds_each(200, NULL, check_json, NULL);
}

/* --- members ---------------------------------------------------------------------------------------------------------------- */

static void check_nobody(struct random_world *world)
{
    if (world->status != VN_OK || world->out.total_minor > VN_AMOUNT_MAX / 2) {
        return; /* points for such sums may be out of range for one member and not for another */
    }
    struct vn_quote_input *input = &world->sale.input;
    input->member = NULL;
    assert_int_equal(worlds_quote(world, &world->out), VN_OK);
    world_check_outcome(&world->sale.basket, &world->out);
    assert_int_equal(world->out.points_earned + world->out.points_spent + world->out.lot_use_count, 0);
    input->member = &world->sale.member;
    world->sale.member.known = true;
    world->sale.member.blocked = true;
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    world_check_outcome(&world->sale.basket, &world->copy);
    assert_int_equal(world->copy.points_earned + world->copy.points_spent + world->copy.lot_use_count, 0);
    assert_false(world->copy.provisional);
    world->sale.member.blocked = false;
    world->sale.member.known = false;
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    world_check_outcome(&world->sale.basket, &world->copy);
    assert_int_equal(world->copy.points_spent, 0);
    assert_true(world->copy.provisional);
    for (unsigned i = 0; i < world->copy.application_count; i++) {
        const struct vn_application *at = &world->copy.applications[i];
        assert_true(at->points == 0 || at->promotion[0] == '\0'); /* base points alone */
    }
}

static void test_no_unknown_or_blocked_card_gets_no_more_than_its_due(void **state)
{
    (void)state;
    worlds_each(200, NULL, check_nobody, NULL);
}

int main(int argc, char **argv)
{
    worlds_words(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_parts_add_up, worlds_say_seed),
        cmocka_unit_test_teardown(test_nothing_goes_beyond_rights_ranges_and_caps, worlds_say_seed),
        cmocka_unit_test_teardown(test_no_line_goes_below_its_floor, worlds_say_seed),
        cmocka_unit_test_teardown(test_what_the_law_forbids_gets_and_earns_nothing, worlds_say_seed),
        cmocka_unit_test_teardown(test_the_same_sale_in_any_order_gives_the_same_bytes, worlds_say_seed),
        cmocka_unit_test_teardown(test_an_outcome_survives_its_journey_as_json, worlds_say_seed),
        cmocka_unit_test_teardown(test_no_unknown_or_blocked_card_gets_no_more_than_its_due, worlds_say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
