/* What must hold of choosing among promotions, and of rulesets and sales that are garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"
#include "tests/unit/loyalty_worlds.h"

/* --- one promotion more in a group `best` --------------------------------------------------------------------------------- */

static unsigned better;

static void check_one_more(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    struct random_rules before = world->rules;
    random_rules_add(&world->state, &world->rules, "best");
    world->sale.input.member = NULL; /* else points have a worth too */
    worlds_parse(world);
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    world->rules = before;
    worlds_parse(world);
    assert_int_equal(worlds_quote(world, &world->out), VN_OK);
    if (world->out.optimal && world->copy.optimal) {
        assert_true(world->copy.discount_minor >= world->out.discount_minor);
        better += world->copy.discount_minor > world->out.discount_minor ? 1 : 0;
    }
}

static void test_one_promotion_more_never_makes_the_best_worse(void **state)
{
    (void)state;
    static const char *const groups[] = {"best", NULL};
    better = 0;
    worlds_each(200, groups, check_one_more, NULL);
    worlds_assert_seen(better, 50);
}

/* --- a deal or a bundle by itself ------------------------------------------------------------------------------------------ */

static unsigned sets_made;

/* What the promotion takes alone, in a group of that choice; < 0: it is not known to be the best. */
static int64_t discount_by(struct random_world *world, const char *terms, const char *choice,
                           const char *promotion)
{
    struct random_rules *rules = &world->rules;
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{'ruleset':1,'engine':2,'currency':'EUR','exponent':2,'utc_offset_min':0,'law':'none',"
                   "'groups':[{'id':'g','stage':'units','choice':'%s',%s}\n"
                   "{'table':'leaflet','code':'1','price_minor':1}\n"
                   "{'table':'winter','code':'2','price_minor':1}\n%s",
                   choice, terms, promotion);
    rules->text[0] = '\0';
    rules->len = rules->count = 0;
    random_rules_put(&world->state, rules, text);
    worlds_parse(world);
    enum vn_status status = worlds_quote(world, &world->copy);
    return status == VN_OK && world->copy.optimal ? world->copy.discount_minor : -1;
}

/* Bundles of what costs its base: of pieces that were cut before, the dearest may not be the ones that give most. */
static void check_sets(struct random_world *world)
{
    struct random_rules promotion = {.len = 0};
    bool bundle = random_once_in(&world->state, 2);
    const char *terms =
        bundle ? "'base':'running'}]" : "'base':'list'}],'floor_bp':3000,'max_unit_discount_minor':900";
    random_rules_put(
        &world->state, &promotion,
        bundle ? "{'id':'p','group':'g',<||'limits':{'per_receipt':<1-3>},>'then':{'kind':'bundle',"
                 "<bundle>}}\n"
               : "{'id':'p','group':'g',<||'limits':{'per_receipt':<1-3>},>'then':{'kind':'buy_get',"
                 "<buy_get>}}\n");
    world->sale.input.member = NULL;
    world->sale.input.choices = NULL;
    int64_t alone = discount_by(world, terms, "first", promotion.text);
    int64_t best = discount_by(world, terms, "best", promotion.text);
    if (alone >= 0 && best >= 0) {
        assert_int_equal(alone, best);
        sets_made += best > 0 ? 1 : 0;
    }
}

static void test_deals_and_bundles_take_what_gives_most(void **state)
{
    (void)state;
    static const char *const groups[] = {"first", NULL};
    sets_made = 0;
    worlds_each(500, groups, check_sets, NULL);
    worlds_assert_seen(sets_made, 200);
}

/* --- lines that are split --------------------------------------------------------------------------------------------------- */

/* A line of equal pieces becomes two; the ids keep their order. */
static unsigned split_lines(struct random_world *world)
{
    struct random_sale *sale = &world->sale;
    unsigned count = sale->basket.line_count;
    unsigned more = 0;
    for (unsigned i = 0; i < count; i++) {
        struct vn_line *line = &sale->basket.lines[i];
        line->id *= 2;
        line->parent *= 2;
        int64_t pieces = line->qty_milli / 1000;
        if (line->kind != VN_LINE_GOODS || pieces < 2 || line->qty_milli % 1000 != 0 ||
            line->amount_minor % pieces != 0 || line->list_amount_minor % pieces != 0 ||
            line->pos_discounts_minor % pieces != 0) {
            continue;
        }
        int64_t first = 1 + (int64_t)random_below(&world->state, (uint32_t)pieces - 1);
        struct vn_line *rest = &sale->basket.lines[count + more];
        sale->items[count + more++] = sale->items[i];
        *rest = *line;
        rest->id++;
        rest->qty_milli -= first * 1000;
        rest->amount_minor -= line->amount_minor / pieces * first;
        rest->list_amount_minor -= line->list_amount_minor / pieces * first;
        rest->pos_discounts_minor -= line->pos_discounts_minor / pieces * first;
        line->qty_milli -= rest->qty_milli;
        line->amount_minor -= rest->amount_minor;
        line->list_amount_minor -= rest->list_amount_minor;
        line->pos_discounts_minor -= rest->pos_discounts_minor;
    }
    sale->basket.line_count += more;
    return more;
}

static unsigned splits;

/* Some line has less left than one minor unit a piece: which piece is paid for is then a matter of how a sum on the basket was
 * spread over lines, and points by the piece follow it (docs/rules.md, points_per_unit). */
static bool is_thin(const struct vn_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->line_count; i++) {
        const struct vn_line_outcome *line = &outcome->lines[i];
        if (line->payable_minor > 0 && line->payable_minor < line->qty_milli / 1000) {
            return true;
        }
    }
    return false;
}

static void check_split(struct random_world *world)
{
    for (unsigned i = 0; i < world->sale.basket.line_count; i++) {
        if (world->sale.basket.lines[i].amount_minor < 0) {
            return; /* what negative lines take off is spread over lines */
        }
    }
    if (world->status != VN_OK || split_lines(world) == 0) {
        return;
    }
    world->sale.input.choices = NULL;
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    struct random_sale *sale = &world->sale;
    /* put together again, with the same ids */
    for (unsigned i = sale->basket.line_count; i > 0; i--) {
        struct vn_line *rest = &sale->basket.lines[i - 1];
        if (rest->id % 2 == 0) {
            continue;
        }
        struct vn_line *line = &sale->basket.lines[0];
        while (line->id != rest->id - 1) {
            line++;
        }
        line->qty_milli += rest->qty_milli;
        line->amount_minor += rest->amount_minor;
        line->list_amount_minor += rest->list_amount_minor;
        line->pos_discounts_minor += rest->pos_discounts_minor;
        sale->basket.line_count--;
    }
    assert_int_equal(worlds_quote(world, &world->out), VN_OK);
    assert_int_equal(world->out.payable_minor, world->copy.payable_minor);
    if (!is_thin(&world->out) && !is_thin(&world->copy)) {
        assert_int_equal(world->out.points_earned, world->copy.points_earned);
    }
    splits += world->out.discount_minor > 0 ? 1 : 0;
}

static void test_a_line_that_is_split_costs_the_same(void **state)
{
    (void)state;
    static const char *const each[] = {"first", NULL};
    static const char *const best[] = {"best", NULL};
    static const char *const together[] = {"better", NULL};
    splits = 0;
    worlds_each(100, each, check_split, NULL);
    worlds_each(100, best, check_split, NULL);
    worlds_each(100, together, check_split, NULL);
    worlds_assert_seen(splits, 100);
}

/* --- garbage ------------------------------------------------------------------------------------------------------------------ */

static unsigned accepted;

/* A few bytes of the published text are something else. It is refused, or it is a ruleset like any other. */
static void check_garbled_rules(struct random_world *world)
{
    struct vn_ruleset *ruleset = NULL;
    char *text = strdup(world->rules.text);
    assert_non_null(text);
    for (unsigned i = 1 + random_below(&world->state, 3); i > 0; i--) {
        uint32_t at = random_below(&world->state, (uint32_t)world->rules.len);
        text[at] = random_once_in(&world->state, 4) ? (char)random_below(&world->state, 256)
                                                    : "0123456789,:{}[]\"-"[random_below(&world->state, 18)];
    }
    enum vn_status status = vn_ruleset_parse(vn_view_of(text, world->rules.len), &ruleset, &world->error);
    assert_true(status == VN_OK ? ruleset != NULL : ruleset == NULL);
    if (status == VN_OK) {
        world->sale.input.ruleset = ruleset;
        status = worlds_quote(world, &world->copy);
        assert_true(status == VN_OK || status == VN_INPUT);
        if (status == VN_OK) {
            world_check_outcome(&world->sale.basket, &world->copy);
            accepted++;
        }
        world->sale.input.ruleset = world->ruleset;
        vn_ruleset_destroy(ruleset);
    }
    free(text);
}

static void test_a_garbled_ruleset_is_refused_or_reckons(void **state)
{
    (void)state;
    accepted = 0;
    worlds_each(200, NULL, check_garbled_rules, NULL);
    worlds_assert_seen(accepted, 50);
}

static int64_t extreme(uint64_t *seed, int64_t most)
{
    const int64_t values[] = {0, 1, -1, 999, 1000, 1001, most, -most, most - 1, most / 2 + 1};
    return values[random_below(seed, sizeof values / sizeof values[0])];
}

static unsigned reckoned, refused;

static void check_extreme_sale(struct random_world *world)
{
    struct random_sale *sale = &world->sale;
    uint64_t *seed = &world->state;
    for (unsigned i = 0; i < sale->basket.line_count; i++) {
        struct vn_line *line = &sale->basket.lines[i];
        if (random_once_in(seed, 3)) {
            line->qty_milli = extreme(seed, VN_QTY_MAX);
        }
        if (random_once_in(seed, 3)) {
            line->amount_minor = extreme(seed, VN_AMOUNT_MAX);
        }
        if (random_once_in(seed, 3)) {
            line->list_amount_minor = extreme(seed, VN_AMOUNT_MAX);
        }
        if (random_once_in(seed, 5)) {
            line->parent = 1 + (int64_t)random_below(seed, 5);
        }
        sale->items[i].min_price_minor = random_once_in(seed, 9) ? VN_AMOUNT_MAX : 0;
    }
    sale->member.balance = extreme(seed, VN_AMOUNT_MAX);
    sale->member.debt = random_once_in(seed, 3) ? VN_AMOUNT_MAX : 0;
    sale->member.qualifying = random_once_in(seed, 3) ? VN_AMOUNT_MAX : 0;
    sale->choices.spend_points = random_once_in(seed, 2) ? VN_AMOUNT_MAX : -1;
    sale->basket.started_ms = random_once_in(seed, 3) ? 253402300799999 : sale->basket.started_ms;
    enum vn_status status = worlds_quote(world, &world->copy);
    assert_true(status == VN_OK || status == VN_INPUT);
    if (status == VN_OK) {
        world_check_outcome(&sale->basket, &world->copy);
        reckoned++;
    } else {
        assert_int_equal(world->copy.line_count, 0);
        refused++;
    }
}

static void test_extreme_numbers_are_refused_or_reckoned(void **state)
{
    (void)state;
    reckoned = refused = 0;
    worlds_each(300, NULL, check_extreme_sale, NULL);
    worlds_assert_seen(reckoned, 100);
    worlds_assert_seen(refused, 100);
}

int main(int argc, char **argv)
{
    worlds_words(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_one_promotion_more_never_makes_the_best_worse, worlds_say_seed),
        cmocka_unit_test_teardown(test_deals_and_bundles_take_what_gives_most, worlds_say_seed),
        cmocka_unit_test_teardown(test_a_line_that_is_split_costs_the_same, worlds_say_seed),
        cmocka_unit_test_teardown(test_a_garbled_ruleset_is_refused_or_reckons, worlds_say_seed),
        cmocka_unit_test_teardown(test_extreme_numbers_are_refused_or_reckoned, worlds_say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
