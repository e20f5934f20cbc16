/* The index is only a fast way: what it finds, and what selectors are said to match, is what looking at everything finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/reckon/match_memo.h"
#include "agent/loyalty/rules/compile.h"
#include "agent/loyalty/rules/price_table.h"
#include "tests/unit/loyalty_world.h"
#include "tests/unit/loyalty_worlds.h"

#define RULESETS 400

static void same(const struct random_world *world, const struct vn_outcome *other, const char *what)
{
    char *one = worlds_json(&world->out);
    char *two = worlds_json(other);
    if (strcmp(one, two) != 0) {
        fail_msg("%s:\n%s\n%s\n%s", what, one, two, world->rules.text);
    }
    free(one);
    free(two);
}

/* Every promotion is proposed on every receipt. */
static void check_brute_force(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    struct vn_ruleset *ruleset = world->ruleset;
    uint64_t *always = ruleset->always;
    uint64_t all[VN_PROMOTIONS_MAX / 64 + 1] = {0};
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        all[i / 64] |= UINT64_C(1) << (i % 64);
    }
    ruleset->always = all;
    assert_int_equal(worlds_quote(world, &world->copy), VN_OK);
    ruleset->always = always;
    same(world, &world->copy, "the index finds something else than all promotions");
}

static void test_an_index_finds_what_looking_at_all_promotions_finds(void **state)
{
    (void)state;
    unsigned quoted = 0;
    worlds_each(RULESETS, NULL, check_brute_force, &quoted);
    assert_true(quoted > 0);
}

/* Text by text and number by number, with no memory of other lines. */
static bool means(const struct vn_quote_work *work, const struct vn_selector *selector,
                  const struct vn_work_line *at)
{
    int64_t price = 0;
    int64_t qty = at->qty_milli > 0 ? at->qty_milli : 1000;
    if (!at->counts || !vn_selector_matches(selector, at->line, at->item)) {
        return false;
    }
    if (at->list_minor * 1000 < selector->least_minor * qty ||
        (selector->most_minor > 0 && at->list_minor * 1000 > selector->most_minor * qty)) {
        return false;
    }
    if (selector->not_reduced &&
        (at->line->pos_discounts_minor > 0 || at->line->amount_minor < at->line->list_amount_minor)) {
        return false;
    }
    return selector->table == NULL ||
           vn_price_table_find(selector->table, at->line->code, work->store_groups, work->local_minute,
                               &price) ||
           (at->item->known && vn_price_table_find(selector->table, at->item->code, work->store_groups,
                                                   work->local_minute, &price));
}

static unsigned matched, not_matched;

static void check_selector(const struct vn_quote_work *work, const struct vn_selector *selector)
{
    bool any = false;
    for (size_t i = 0; selector != NULL && i < work->line_count; i++) {
        bool expected = means(work, selector, &work->lines[i]);
        any = any || expected;
        if (vn_match_line(work, selector, i) != expected) {
            fail_msg("selector %u, line %zu", selector->number, i);
        }
        matched += expected ? 1 : 0;
        not_matched += expected ? 0 : 1;
    }
    if (selector != NULL) {
        assert_int_equal(vn_match_any(work, selector), any);
    }
}

static void check_selectors(struct random_world *world)
{
    const struct vn_quote_work *work = world->work;
    for (size_t i = 0; world->status == VN_OK && i < world->ruleset->promotion_count; i++) {
        const struct vn_promotion *promotion = &world->ruleset->promotions[i];
        for (uint32_t r = 0; r < promotion->reward_count; r++) {
            check_selector(work, promotion->rewards[r].selector);
            for (uint32_t p = 0; p < promotion->rewards[r].part_count; p++) {
                check_selector(work, promotion->rewards[r].parts[p].selector);
            }
        }
        check_selector(work, promotion->cond.spend_selector);
        for (uint32_t q = 0; q < promotion->cond.quantity_count; q++) {
            check_selector(work, promotion->cond.quantities[q].selector);
        }
    }
}

static void test_a_selector_means_the_lines_that_it_says(void **state)
{
    (void)state;
    worlds_each(RULESETS, NULL, check_selectors, NULL);
    assert_true(matched > 1000 && not_matched > 1000);
}

/* Quotes one after another in the same scratch, and one in a scratch that never saw another. */
static void check_fresh_scratch(struct random_world *world)
{
    struct vn_quote_work *used = world->work;
    assert_int_equal(vn_quote_work_create(&world->work), VN_OK);
    assert_int_equal(worlds_quote(world, &world->copy), world->status);
    vn_quote_work_destroy(world->work);
    world->work = used;
    same(world, &world->copy, "what was quoted before has a say");
}

static void test_what_was_quoted_before_has_no_say(void **state)
{
    (void)state;
    worlds_each(RULESETS / 4, NULL, check_fresh_scratch, NULL);
}

static void test_stamps_that_run_over_forget_old_answers(void **state)
{
    (void)state;
    struct world *world = world_create();
    static const char document[] = "{'promotions':[{'id':'p','group':'all','then':{'kind':'amount_off','"
                                   "amount_minor':1,'selector':{'codes':"
                                   "['x']}}}],'lines':[{'id':1,'code':'%s','amount_minor':100}]}";
    char text[512];
    (void)snprintf(text, sizeof text, document, "x");
    world_outcome(world, text); /* the first quote: its answer stands under stamp 1 */
    assert_int_equal(world->out.discount_minor, 1);
    world->work->match->stamp = UINT32_MAX;
    (void)snprintf(text, sizeof text, document, "y");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 0);
    world->work->match->stamp = UINT32_MAX;
    (void)snprintf(text, sizeof text, document, "x");
    world_outcome(world, text); /* and what was never asked is no answer */
    assert_int_equal(world->out.discount_minor, 1);
    world_destroy(world);
}

static void test_equal_selectors_have_one_number(void **state)
{
    (void)state;
    struct world *world = world_create();
    world_ruleset(
        world,
        "{\"ruleset\":1,\"engine\":2,\"currency\":\"EUR\",\"exponent\":2,\"utc_offset_min\":0,\"law\":"
        "\"none\","
        "\"groups\":[{\"id\":\"g\",\"stage\":\"units\",\"choice\":\"all\"}]}\n"
        "{\"id\":\"a\",\"group\":\"g\",\"then\":{\"kind\":\"amount_off\",\"amount_minor\":1,\"selector\":"
        "{\"codes\":[\"1\",\"2\"]}}}\n"
        "{\"id\":\"b\",\"group\":\"g\",\"then\":{\"kind\":\"amount_off\",\"amount_minor\":1,\"selector\":"
        "{\"codes\":[\"2\",\"1\"]}}}\n"
        "{\"id\":\"c\",\"group\":\"g\",\"then\":{\"kind\":\"amount_off\",\"amount_minor\":1,\"selector\":"
        "{\"tags\":[\"1\",\"2\"]}}}\n"
        "{\"id\":\"d\",\"group\":\"g\",\"then\":{\"kind\":\"amount_off\",\"amount_minor\":1,\"selector\":"
        "{\"codes\":[\"1\",\"2\"],\"not_reduced\":true}}}\n");
    const struct vn_promotion *promotions = world->ruleset->promotions;
    assert_int_equal(world->ruleset->selector_count, 3);
    assert_int_equal(promotions[0].rewards[0].selector->number, promotions[1].rewards[0].selector->number);
    assert_int_not_equal(promotions[0].rewards[0].selector->number,
                         promotions[3].rewards[0].selector->number);
    assert_int_equal(world->ruleset->symbols.count, 4); /* the code 1 is not the tag 1 */
    world_destroy(world);
}

/* Which goods bring a promotion into scope, and which do not. */
static void test_what_brings_a_promotion_into_scope(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *code, *member;
        bool in_scope;
    } rows[] = {
        {"'group':'all','then':{'kind':'buy_get','buy':{'selector':{'codes':['a']},'n':1},'get':{'selector':"
         "{'codes':['b']},'n':1}}",
         "a", "", true},
        {"'group':'all','then':{'kind':'buy_get','buy':{'selector':{'codes':['a']},'n':1},'get':{'selector':"
         "{'codes':['b']},'n':1}}",
         "b", "", true},
        {"'group':'all','then':{'kind':'buy_get','buy':{'selector':{'codes':['a']},'n':1},'get':{'selector':"
         "{'codes':['b']},'n':1}}",
         "c", "", false},
        {"'group':'all','if':{'quantity':{'selector':{'codes':['a']},'qty_milli':1000}},'then':{'kind':'gift'"
         ","
         "'selector':{'codes':['g']}}",
         "a", "", true},
        {"'group':'all','if':{'quantity':{'selector':{'codes':['a']},'qty_milli':1000}},'then':{'kind':'gift'"
         ","
         "'selector':{'codes':['g']}}",
         "c", "", false},
        {"'group':'basket','if':{'min_spend':{'selector':{'codes':['a']},'amount_minor':1}},'then':{'kind':"
         "'percent_off','rate_bp':1}",
         "c", "", false},
        {"'group':'basket','if':{'min_spend':{'selector':{'codes':['a']},'amount_minor':1}},'then':{'kind':"
         "'percent_off','rate_bp':1}",
         "a", "", true},
        {"'group':'basket','who':{'kind':'members','clubs':['wine']},'then':{'kind':'percent_off','rate_bp':"
         "1}",
         "c", "'member':{'known':true,'clubs':['wine']},", true},
        {"'group':'basket','who':{'kind':'members','clubs':['wine']},'then':{'kind':'percent_off','rate_bp':"
         "1}",
         "c", "'member':{'known':true,'clubs':['baby']},", false},
        {"'group':'basket','who':{'kind':'members','clubs':['wine']},'then':{'kind':'percent_off','rate_bp':"
         "1}",
         "c", "", false},
        {"'group':'basket','who':{'kind':'members'},'then':{'kind':'percent_off','rate_bp':1}", "c", "",
         true},
        {"'group':'coupons','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':1}", "c", "",
         false},
        {"'group':'coupons','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':1}", "c",
         "'coupons':[{'promotion':'p'}],", true},
    };
    struct world *world = world_create();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text,
                       "{%s'promotions':[{'id':'p',%s}],'lines':[{'id':1,'code':'%s','amount_minor':1000}]}",
                       rows[i].member, rows[i].keys, rows[i].code);
        world_outcome(world, text);
        if ((world_reason(world, "p", NULL) >= 0) != rows[i].in_scope) {
            fail_msg("%s with %s %s", rows[i].keys, rows[i].code, rows[i].member);
        }
    }
    world_destroy(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_an_index_finds_what_looking_at_all_promotions_finds, worlds_say_seed),
        cmocka_unit_test_teardown(test_a_selector_means_the_lines_that_it_says, worlds_say_seed),
        cmocka_unit_test_teardown(test_what_was_quoted_before_has_no_say, worlds_say_seed),
        cmocka_unit_test(test_stamps_that_run_over_forget_old_answers),
        cmocka_unit_test(test_equal_selectors_have_one_number),
        cmocka_unit_test(test_what_brings_a_promotion_into_scope),
    };
    worlds_words(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
