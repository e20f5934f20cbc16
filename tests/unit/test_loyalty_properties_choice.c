/* What must hold of choosing among promotions, and of rulesets and sales that are garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/rules/compiled.h"
#include "tests/unit/loyalty_world.h"
#include "tests/unit/loyalty_worlds.h"

/* --- one promotion more in a group `best` --------------------------------------------------------------------------------- */

static unsigned better, with_member;
static const char *rival_group; /* that all promotions are of */

/* Some groups of the random header choose otherwise in some rulesets. */
static bool chooses_best(const struct random_rules *rules)
{
    char id[32];
    (void)snprintf(id, sizeof id, "\"id\":\"%s\"", rival_group);
    const char *group = strstr(rules->text, id);
    const char *choice = group == NULL ? NULL : strstr(group, "\"choice\":\"");
    return choice != NULL && strncmp(choice, "\"choice\":\"best\"", strlen("\"choice\":\"best\"")) == 0;
}

/* What the group gives, in 1/1000 minor units: discounts, and points at their worth. A coupon with terms of its own and points
 * for what is paid come after it. *weighed: points are weighed before each row of them is rounded down to whole ones. */
static int64_t worth_of(const struct random_world *world, const struct vn_outcome *out, int64_t *weighed)
{
    int64_t worth = 0;
    *weighed = 0;
    for (unsigned i = 0; i < out->application_count; i++) {
        const struct vn_application *at = &out->applications[i];
        const struct vn_wallet *wallet = &world->ruleset->wallets[at->wallet[0] == '\0' ? 0 : 1];
        if (at->promotion[0] == 'p') {
            int64_t points = at->points * 1000 * wallet->worth_minor_num / wallet->worth_minor_den;
            int64_t one = at->points > 0 ? 1000 * wallet->worth_minor_num / wallet->worth_minor_den : 0;
            worth += at->discount_minor * 1000 + points;
            *weighed += one;
        }
    }
    *weighed += worth;
    return worth;
}

/* The sale as both rulesets get it: with the coupon that the new promotion may want; without points that pay, because they
 * are of no group; without a member when points would be weighed beside prices, which is by the piece and not by the receipt. */
static void prepare(struct random_world *world)
{
    const struct random_promotion *added = &world->rules.promotions[world->rules.count - 1];
    struct vn_choices *choices = &world->sale.choices;
    if (added->coupon && choices->coupon_count < VN_COUPONS_MAX) {
        struct vn_coupon *coupon = &choices->coupons[choices->coupon_count++];
        memset(coupon, 0, sizeof *coupon);
        memcpy(coupon->promotion, added->id, sizeof coupon->promotion);
        world->sale.input.choices = choices;
    }
    choices->spend_points = 0;
    choices->spend_count = 0;
    if (strcmp(rival_group, "either") != 0 && strstr(world->rules.text, "\"points_") != NULL) {
        world->sale.input.member = NULL;
    }
}

static void check_one_more(struct random_world *world)
{
    bool capped = strstr(world->rules.text, "earn_max_receipt") != NULL; /* cuts what was chosen */
    if (world->status != VN_OK || !chooses_best(&world->rules) ||
        (capped && strcmp(rival_group, "either") == 0)) {
        return;
    }
    struct random_rules before = world->rules;
    random_rules_add(&world->state, &world->rules, rival_group);
    prepare(world);
    worlds_parse(world);
    enum vn_status status = worlds_quote(world, &world->copy);
    int64_t most = 0;
    int64_t after = status == VN_OK ? worth_of(world, &world->copy, &most) : 0;
    world->rules = before;
    worlds_parse(world);
    if (status != VN_OK || worlds_quote(world, &world->out) != VN_OK) {
        return; /* points for such sums are out of range */
    }
    if (world->out.optimal && world->copy.optimal) {
        int64_t ignored;
        int64_t worth = worth_of(world, &world->out, &ignored);
        assert_true((strcmp(rival_group, "either") == 0 ? most : after) >= worth);
        better += after > worth ? 1 : 0;
        with_member += after > worth && world->sale.input.member != NULL ? 1 : 0;
    }
}

static void test_one_promotion_more_never_makes_the_best_worse(void **state)
{
    (void)state;
    static const char *const groups[][2] = {
        {"best", NULL}, {"better", NULL}, {"coupon", NULL}, {"either", NULL}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        rival_group = groups[i][0];
        better = with_member = 0;
        worlds_each(320, groups[i], check_one_more, NULL);
        worlds_assert_seen(better, 40);
        worlds_assert_seen(with_member, 20);
    }
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

static unsigned splits, points;
static bool coupons; /* are presented */

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

/* What is paid of a line and of the line that was split off it. */
static int64_t paid_of(const struct vn_outcome *outcome, int64_t id)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < outcome->line_count; i++) {
        sum += outcome->lines[i].line_id / 2 == id / 2 ? outcome->lines[i].payable_minor : 0;
    }
    return sum;
}

/* A sum on the basket was spread otherwise, by a minor unit: points for what was paid for some goods follow it. */
static bool is_spread_alike(const struct vn_outcome *whole, const struct vn_outcome *split)
{
    for (unsigned i = 0; i < whole->line_count; i++) {
        int64_t id = whole->lines[i].line_id;
        if (paid_of(whole, id) != paid_of(split, id)) {
            return false;
        }
    }
    return true;
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
    struct random_sale *sale = &world->sale;
    sale->choices.spend_points = 0; /* spread over lines */
    sale->choices.spend_count = 0;
    sale->input.choices = coupons ? sale->input.choices : NULL;
    if (worlds_quote(world, &world->copy) != VN_OK) {
        return; /* points for such sums are out of range */
    }
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
    if (!world->out.optimal || !world->copy.optimal) {
        return;
    }
    assert_int_equal(world->out.payable_minor, world->copy.payable_minor);
    if (!is_thin(&world->out) && !is_thin(&world->copy) && is_spread_alike(&world->out, &world->copy)) {
        assert_int_equal(world->out.points_earned, world->copy.points_earned);
        points += world->out.points_earned > 0 ? 1 : 0;
    }
    splits += world->out.discount_minor > 0 ? 1 : 0;
}

static void test_a_line_that_is_split_costs_the_same(void **state)
{
    (void)state;
    /* sums on the basket that stack are spread over lines, which may move a minor unit (docs/rules.md): there is one here */
    static const char *const groups[][2] = {
        {"better", NULL}, {"first", NULL}, {"all", NULL}, {"best", NULL}, {"again", NULL}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        splits = points = 0;
        coupons = i > 0;
        worlds_each(100, groups[i], check_split, NULL);
        worlds_assert_seen(splits, 30);
        worlds_assert_seen(points, 100);
    }
}

/* --- garbage
 * ------------------------------------------------------------------------------------------------------------------ */

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
