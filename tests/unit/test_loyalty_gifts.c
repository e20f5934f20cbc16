/* Gifts that the POS has yet to add: what is asked for is free once it is there, and the asking has an end. */
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

/* Each round asks for a piece at least; no ruleset here has gifts and conditions for so many. */
#define ROUNDS_MAX 100

static int64_t asked_for(const struct vn_outcome *out, const char *promotion)
{
    int64_t pieces = 0;
    for (unsigned i = 0; i < out->given_count; i++) {
        const struct vn_given *row = &out->given[i];
        bool of_it = promotion == NULL || strcmp(row->promotion, promotion) == 0;
        pieces += row->kind == VN_GIVEN_GIFT && of_it ? row->amount : 0;
    }
    return pieces;
}

static void quote(struct world *world, const char *promotions, const char *lines)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "{'header':{'engine':2},'promotions':[%s],'lines':[%s]}", promotions,
                   lines);
    world_outcome(world, text);
}

/* --- groups `first` ------------------------------------------------------------------------------------------------------- */

#define FIRST(id, priority, more) "{'id':'" id "','group':'first','priority':" priority "," more "}"
#define GIFT                      "'then':{'kind':'gift','selector':{'codes':['cup']}}"
#define TENTH_OFF                 "'then':{'kind':'percent_off','rate_bp':1000}"
#define THREE_COFFEES             "'if':{'quantity':{'selector':{'codes':['coffee']},'qty_milli':3000}},"

static void test_a_gift_is_kept_from_the_discounts_before_it(void **state)
{
    struct world *world = *state;
    static const char promotions[] = FIRST("all", "9", TENTH_OFF) "," FIRST("cup", "0", GIFT);
    quote(world, promotions, "{'id':1,'code':'a','amount_minor':1000}");
    assert_int_equal(asked_for(&world->out, "cup"), 1);
    assert_int_equal(world->out.payable_minor, 900);
    quote(world, promotions,
          "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'cup','amount_minor':500}");
    assert_int_equal(asked_for(&world->out, "cup"), 0);
    assert_int_equal(world_discount(world, "cup"), 500);
    assert_int_equal(world->out.payable_minor, 900);
    /* the others do what they did without it: it is no piece of three for two, and meets no condition */
    static const char sets[] = FIRST("sets", "9", "'then':{'kind':'nth_free','n':3,'free':1}") "," FIRST(
        "cup", "0", GIFT) "," FIRST("four", "5", "'if':{'quantity':{'qty_milli':4000}}," TENTH_OFF);
    quote(world, sets,
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':600},{'id':2,'code':'cup','qty_milli':2000,"
          "'amount_minor':2000}");
    assert_int_equal(world_discount(world, "cup"), 1000);
    assert_int_equal(world_discount(world, "sets"), 300);
    assert_int_equal(world_reason(world, "four", NULL), VN_REASON_QUANTITY_SHORT);
}

static void test_nothing_is_kept_for_a_gift_that_does_not_come_about(void **state)
{
    struct world *world = *state;
    /* the discount takes the coffees that the gift would need; then it takes the cup too */
    quote(world, FIRST("all", "9", TENTH_OFF) "," FIRST("cup", "0", THREE_COFFEES GIFT),
          "{'id':1,'code':'coffee','qty_milli':3000,'amount_minor':900},"
          "{'id':2,'code':'cup','amount_minor':500}");
    assert_int_equal(world_discount(world, "all"), 140);
    assert_int_equal(world_reason(world, "cup", NULL), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(world->out.given_count, 0);
    /* with coffees to spare both have theirs, before and after the cup is there */
    static const char spare[] =
        FIRST("some", "9", "'limits':{'per_receipt':2}," TENTH_OFF) "," FIRST("cup", "0", THREE_COFFEES GIFT);
    quote(world, spare, "{'id':1,'code':'coffee','qty_milli':5000,'amount_minor':1500}");
    assert_int_equal(asked_for(&world->out, "cup"), 1);
    assert_int_equal(world->out.payable_minor, 1440);
    quote(world, spare,
          "{'id':1,'code':'coffee','qty_milli':5000,'amount_minor':1500},"
          "{'id':2,'code':'cup','amount_minor':500}");
    assert_int_equal(asked_for(&world->out, "cup"), 0);
    assert_int_equal(world->out.payable_minor, 1440);
}

/* A gift that another gift's condition would count: it is given, it is not bought. */
static void test_a_gift_does_not_earn_another_gift(void **state)
{
    struct world *world = *state;
    static const char promotions[] =
        FIRST("plate", "9",
              "'if':{'quantity':{'selector':{'codes':['cup']},'qty_milli':1000}},"
              "'then':{'kind':'gift','selector':{'codes':['plate']}}") "," FIRST("cup", "0", GIFT);
    quote(world, promotions, "{'id':1,'code':'a','amount_minor':1000}");
    assert_int_equal(asked_for(&world->out, "cup"), 1);
    quote(world, promotions,
          "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'cup','amount_minor':500},"
          "{'id':3,'code':'plate','amount_minor':300}");
    assert_int_equal(asked_for(&world->out, NULL), 0);
    assert_int_equal(world_reason(world, "plate", NULL), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(world->out.payable_minor, 1300);
    /* a cup more is bought, and earns the plate */
    quote(world, promotions,
          "{'id':2,'code':'cup','qty_milli':2000,'amount_minor':1000},"
          "{'id':3,'code':'plate','amount_minor':300}");
    assert_int_equal(world->out.payable_minor, 500);
    assert_int_equal(asked_for(&world->out, NULL), 0);
}

/* A plate for three goods, and two cups for a plate: the cups that were asked for do not count for the plate, and what was
 * kept for the plate that did not come about is the other gift's again. */
static void test_a_gift_that_fails_leaves_its_goods_to_the_next(void **state)
{
    struct world *world = *state;
    static const char promotions[] =
        FIRST("plate", "9",
              "'if':{'quantity':{'qty_milli':3000}},'then':{'kind':'gift','selector':{'codes':['plate']}"
              "}") "," FIRST("cup", "5",
                             "'if':{'quantity':{'selector':{'codes':['plate']},'qty_milli':1000}},"
                             "'then':{'kind':'gift','selector':{'codes':['cup']},'n':2}");
    quote(world, promotions,
          "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'plate','amount_minor':300}");
    assert_int_equal(asked_for(&world->out, "cup"), 2);
    assert_int_equal(world->out.payable_minor, 1300);
    quote(world, promotions,
          "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'plate','amount_minor':300},"
          "{'id':3,'code':'cup','qty_milli':2000,'amount_minor':1000}");
    assert_int_equal(world_discount(world, "cup"), 1000);
    assert_int_equal(world_reason(world, "plate", NULL), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(world->out.payable_minor, 1300);
    assert_int_equal(asked_for(&world->out, NULL), 0);
}

/* One cup of two is there. Without it the set takes other goods, and what is left would do for the gift; with it kept, none
 * would: nothing is kept, and no second cup is asked for that the set would take. */
static void test_no_more_is_asked_for_a_gift_of_which_nothing_is_kept(void **state)
{
    struct world *world = *state;
    static const char promotions[] =
        FIRST("set", "9",
              "'limits':{'per_receipt':1},'then':{'kind':'bundle','parts':[{'n':2}],'price_minor':"
              "1}") "," FIRST("cup", "0",
                              "'if':{'quantity':{'selector':{'codes':['a']},'qty_milli':1000}},"
                              "'then':{'kind':'gift','selector':{'codes':['cup']},'n':2}");
    quote(world, promotions,
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':600},{'id':2,'code':'cup','amount_minor':500}");
    assert_int_equal(world_discount(world, "set"), 799); /* a cup and an a */
    assert_int_equal(world_reason(world, "cup", NULL), VN_REASON_OUTBID);
    assert_int_equal(asked_for(&world->out, NULL), 0);
}

/* As long as the cup is kept, the discount takes a coffee; then the cup, and the coffees do for the plate. */
static void test_what_is_given_up_is_looked_at_anew(void **state)
{
    struct world *world = *state;
    quote(
        world,
        FIRST("off", "9", "'limits':{'per_receipt':1},'then':{'kind':'amount_off','amount_minor':100}") "," FIRST(
            "cup", "5",
            THREE_COFFEES
                GIFT) "," FIRST("plate", "1",
                                "'if':{'quantity':{'selector':{'codes':['coffee']},'qty_milli':2000}},"
                                "'then':{'kind':'gift','selector':{'codes':['plate']}}"),
        "{'id':1,'code':'coffee','qty_milli':2000,'amount_minor':600},"
        "{'id':2,'code':'cup','amount_minor':500}");
    assert_int_equal(world_line_discount(world, 2), 100);
    assert_int_equal(asked_for(&world->out, "plate"), 1);
    assert_int_equal(asked_for(&world->out, "cup"), 0);
}

/* --- whose the piece is ----------------------------------------------------------------------------------------------------- */

static void test_two_gifts_are_two_pieces(void **state)
{
    struct world *world = *state;
    static const char *const groups[][2] = {
        {"first", "first"}, {"all", "all"}, {"best", "best"}, {"first", "best"}, {"all", "best"}};
    char text[1024];
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{'id':'one','group':'%s'," GIFT "},{'id':'two','group':'%s'," GIFT "}", groups[i][0],
                       groups[i][1]);
        quote(world, text, "{'id':1,'code':'a','amount_minor':1000}");
        assert_int_equal(asked_for(&world->out, NULL), 2);
        quote(world, text, "{'id':1,'code':'cup','amount_minor':500}");
        assert_int_equal(world_discount(world, "one"), 500);
        assert_int_equal(asked_for(&world->out, "one"), 0);
        assert_int_equal(asked_for(&world->out, "two"), 1);
        quote(world, text, "{'id':1,'code':'cup','qty_milli':3000,'amount_minor':1500}");
        assert_int_equal(asked_for(&world->out, NULL), 0);
        assert_int_equal(world->out.payable_minor, 500);
    }
}

static void test_a_second_piece_is_asked_for_whatever_the_choice(void **state)
{
    struct world *world = *state;
    static const char *const groups[] = {"first", "all", "best"};
    char text[1024];
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{'id':'cup','group':'%s','then':{'kind':'gift','selector':{'codes':['cup']},'n':2}}",
                       groups[i]);
        quote(world, text, "{'id':1,'code':'cup','amount_minor':500}");
        assert_int_equal(world_discount(world, "cup"), 500);
        assert_int_equal(asked_for(&world->out, "cup"), 1);
    }
}

/* The cup brings a plate, so it is bought; the other promotion's cup is another one. */
static void test_a_piece_that_serves_for_a_gift_is_no_other_gift(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'engine':2,'groups':[{'id':'g','stage':'%s','choice':'best'}]},'promotions':["
        "{'id':'plate','group':'g','if':{'quantity':{'selector':{'codes':['cup']},'qty_milli':1000}%s},"
        "'then':{'kind':'gift','selector':{'codes':['plate']}}},"
        "{'id':'cup','group':'g',%s" GIFT "}%s],"
        "'lines':[{'id':1,'code':'cup','amount_minor':100},{'id':2,'code':'plate','amount_minor':300}],"
        "'coupons':[{'promotion':'plate'},{'promotion':'cup'},{'promotion':'off'}]}";
    char text[2048];
    for (int coupons = 0; coupons < 2; coupons++) { /* then with a reward on the basket */
        (void)snprintf(text, sizeof text, document, coupons == 0 ? "units" : "coupons",
                       coupons == 0 ? "" : ",'coupon':true", coupons == 0 ? "" : "'if':{'coupon':true},",
                       coupons == 0 ? ""
                                    : ",{'id':'off','group':'g','if':{'coupon':true},'then':{'kind':"
                                      "'amount_off','amount_minor':1,'selector':{'codes':['x']}}}");
        world_outcome(world, text);
        assert_int_equal(world_discount(world, "plate"), 300);
        assert_int_equal(world_discount(world, "cup"), 0);
        assert_int_equal(asked_for(&world->out, "cup"), 1);
    }
}

/* What a discount holds, and would hold again, is not replaced. */
static void test_a_piece_that_a_discount_holds_is_there(void **state)
{
    struct world *world = *state;
    /* a cup for half a pot is worth more than a free cup, as long as there are pots */
    static const char set[] =
        "{'id':'pot','group':'best','then':{'kind':'buy_get','buy':{'selector':{'codes':['cup']},'n':1},"
        "'get':{'selector':{'codes':['pot']},'n':1},'rate_bp':5000}},{'id':'cup','group':'best'," GIFT "}";
    quote(world, set, "{'id':1,'code':'cup','amount_minor':500},{'id':2,'code':'pot','amount_minor':3000}");
    assert_int_equal(world_discount(world, "pot"), 1500);
    assert_int_equal(world_reason(world, "cup", NULL), VN_REASON_OUTBID);
    assert_int_equal(world->out.given_count, 0);
    /* one that costs nothing already */
    static const char *const groups[] = {"all", "first", "best"};
    char text[1024];
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{'id':'free','group':'first','then':{'kind':'new_price','price_minor':0,'selector':"
                       "{'codes':['cup']}}},{'id':'cup','group':'%s'," GIFT "}",
                       i == 1 ? "all" : groups[i]);
        quote(world, text, "{'id':1,'code':'cup','amount_minor':500}");
        assert_int_equal(world_discount(world, "free"), 500);
        assert_int_equal(world_reason(world, "cup", NULL), VN_REASON_CAPPED);
        assert_int_equal(world->out.given_count, 0);
    }
}

static void test_what_the_law_or_the_scales_deny_is_not_asked_for_again(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'engine':2},'items':{'rum':{'legal_class':'alcohol'}},'promotions':[{'id':'g','group':"
        "'first','then':{'kind':'gift','selector':{'codes':['rum','cup']},'n':3}}],'lines':[%s]}";
    static const struct {
        const char *lines;
        int64_t off;
    } rows[] = {
        {"{'id':1,'code':'rum','amount_minor':900}", 0},
        {"{'id':1,'code':'rum','amount_minor':900},{'id':2,'code':'cup','amount_minor':500}", 500},
        {"{'id':1,'code':'cup','kind':'weighed','qty_milli':300,'amount_minor':900}", 0},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].lines);
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, rows[i].off);
        assert_int_equal(world->out.given_count, 0);
    }
}

/* --- any ruleset
 * ---------------------------------------------------------------------------------------------------------------- */

/* The goods of the line's code, as they are in the basket; else some. */
static struct vn_item item_of(const struct random_sale *sale, const char *code)
{
    struct vn_item item = {.known = true};
    for (unsigned i = 0; i < sale->basket.line_count; i++) {
        if (strcmp(sale->basket.lines[i].code, code) == 0) {
            return sale->items[i];
        }
    }
    (void)snprintf(item.code, sizeof item.code, "%s", code);
    (void)snprintf(item.category, sizeof item.category, "c%d/s%d", (code[0] - '0') % 3, (code[0] - '0') % 2);
    return item;
}

/* The cashier puts what is asked for into the basket; returns how many pieces. */
static int64_t add_asked(struct random_world *world, const struct vn_outcome *out)
{
    struct random_sale *sale = &world->sale;
    for (unsigned i = 0; i < out->given_count; i++) {
        const struct vn_given *row = &out->given[i];
        if (row->kind != VN_GIVEN_GIFT) {
            continue;
        }
        assert_true(sale->basket.line_count < VN_LINES_MAX);
        unsigned at = sale->basket.line_count;
        struct vn_line *line = &sale->basket.lines[at];
        memset(line, 0, sizeof *line);
        sale->items[at] = item_of(sale, row->what);
        (void)snprintf(line->code, sizeof line->code, "%s", row->what);
        line->id = 1000 + at;
        line->qty_milli = row->amount * 1000;
        line->unit_price_minor = random_below(&world->state, 2000);
        line->amount_minor = line->list_amount_minor = line->unit_price_minor * row->amount;
        sale->basket.line_count++;
    }
    return asked_for(out, NULL);
}

static unsigned added;

static void check_end(struct random_world *world)
{
    world->copy = world->out;
    for (unsigned round = 0; world->status == VN_OK && add_asked(world, &world->copy) > 0; round++) {
        assert_true(round < ROUNDS_MAX);
        if (worlds_quote(world, &world->copy) != VN_OK) {
            return; /* beside a line of the highest amount there is */
        }
        world_check_outcome(&world->sale.basket, &world->copy);
        added++;
    }
}

static void test_the_asking_has_an_end(void **state)
{
    (void)state;
    static const char *const units[] = {"first", "all", "best", "again", "coupon", NULL};
    static const char *const first[] = {"first", NULL};
    static const char *const best[] = {"best", NULL};
    added = 0;
    worlds_each(300, units, check_end, NULL);
    worlds_each(200, first, check_end, NULL);
    worlds_each(200, best, check_end, NULL);
    worlds_assert_seen(added, 300);
}

/* Discounts on pieces, then a group of all kinds and up to three gifts, whose goods are their own and met by no gift's
 * condition; no caps. */
static void make_gift_rules(struct random_world *world)
{
    static const char *const kinds[] = {"percent_off", "amount_off", "new_price",
                                        "nth_free",    "buy_get",    "bundle"};
    struct random_rules *rules = &world->rules;
    uint64_t *seed = &world->state;
    char text[512];
    rules->text[0] = '\0';
    rules->len = rules->count = 0;
    random_rules_put(
        seed, rules,
        "{'ruleset':1,'engine':2,'currency':'EUR','exponent':2,'law':'none',<clocks>'floor_bp':<0-6000>,"
        "'groups':[{'id':'all','stage':'units',<base>,'choice':'all'},"
        "{'id':'main','stage':'units',<base>,'choice':'<first|best>'}]}\n<rows>");
    unsigned discounts = 1 + random_below(seed, 6);
    for (unsigned i = 0; i < discounts; i++) {
        bool all = random_once_in(seed, 4);
        const char *kind = kinds[random_below(seed, all ? 3 : 6)];
        (void)snprintf(text, sizeof text,
                       "{'id':'d%u','group':'%s',%s'priority':<0-2>,'then':{'kind':'%s',<%s>}}\n", i,
                       all ? "all" : "main",
                       all ? ""
                           : "<||'if':{'quantity':{'selector':<selector>,'qty_milli':<1-3000>}},>"
                             "<|||'limits':{'per_receipt':<1-3>},>",
                       kind, kind);
        random_rules_put(seed, rules, text);
    }
    unsigned gifts = 1 + random_below(seed, 3);
    for (unsigned i = 0; i < gifts; i++) {
        (void)snprintf(text, sizeof text,
                       "{'id':'g%u','group':'main','priority':<0-2>,<||'if':{'quantity':{'selector':"
                       "{<|<terms>,|'price':{'min_minor':<0-900>},>'exclude':{'codes':['0','1','2','3','4',"
                       "'5']}},'qty_milli':<1-3000>}},>"
                       "'then':{'kind':'gift','selector':{'codes':['%u','%u']},'n':<1-2>}}\n",
                       i, 2 * i, 2 * i + 1);
        random_rules_put(seed, rules, text);
    }
    worlds_parse(world);
}

static unsigned free_of_charge;

static void check_price(struct random_world *world)
{
    make_gift_rules(world);
    world->sale.input.member = NULL;
    world->sale.input.choices = NULL;
    for (unsigned i = 0; i < world->sale.basket.line_count; i++) {
        if (world->sale.basket.lines[i].amount_minor < 0) {
            return; /* what they take off is spread over gifts too */
        }
    }
    if (worlds_quote(world, &world->out) != VN_OK) {
        return;
    }
    for (unsigned round = 0; add_asked(world, &world->out) > 0; round++) {
        assert_true(round < ROUNDS_MAX);
        if (worlds_quote(world, &world->copy) != VN_OK) {
            return;
        }
        if (world->out.optimal && world->copy.optimal) {
            assert_true(world->copy.payable_minor <= world->out.payable_minor);
            free_of_charge++;
        }
        world->out = world->copy;
    }
}

static void test_what_is_asked_for_costs_nothing(void **state)
{
    (void)state;
    free_of_charge = 0;
    worlds_each(600, NULL, check_price, NULL);
    worlds_assert_seen(free_of_charge, 300);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(int argc, char **argv)
{
    worlds_words(argc, argv);
    const struct CMUnitTest tests[] = {
        T(test_a_gift_is_kept_from_the_discounts_before_it),
        T(test_nothing_is_kept_for_a_gift_that_does_not_come_about),
        T(test_a_gift_does_not_earn_another_gift),
        T(test_a_gift_that_fails_leaves_its_goods_to_the_next),
        T(test_no_more_is_asked_for_a_gift_of_which_nothing_is_kept),
        T(test_what_is_given_up_is_looked_at_anew),
        T(test_two_gifts_are_two_pieces),
        T(test_a_second_piece_is_asked_for_whatever_the_choice),
        T(test_a_piece_that_serves_for_a_gift_is_no_other_gift),
        T(test_a_piece_that_a_discount_holds_is_there),
        T(test_what_the_law_or_the_scales_deny_is_not_asked_for_again),
        cmocka_unit_test_teardown(test_the_asking_has_an_end, worlds_say_seed),
        cmocka_unit_test_teardown(test_what_is_asked_for_costs_nothing, worlds_say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
