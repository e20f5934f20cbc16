/* What an outcome says about promotions that did not apply, and which of them the cashier is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/bytes.h"
#include "agent/loyalty/loyalty_json.h"
#include "tests/unit/loyalty_world.h"

#define PERCENT(rate) "'then':{'kind':'percent_off','selector':{'codes':['x']},'rate_bp':" #rate "}"
#define LINE          "'lines':[{'id':1,'code':'x','amount_minor':10000}]"

static const struct vn_explanation *near_miss(const struct world *world, unsigned at)
{
    assert_true(at < world->out.near_miss_count);
    return &world->out.explanations[world->out.near_misses[at]];
}

static void test_every_reason_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < VN_REASON_COUNT; a++) {
        assert_string_not_equal(vn_reason_name((enum vn_reason)a), "unknown");
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(vn_reason_name((enum vn_reason)a), vn_reason_name((enum vn_reason)b));
        }
    }
    assert_string_equal(vn_reason_name(VN_REASON_COUNT), "unknown");
}

static void test_near_misses_come_by_worth_then_by_id(void **state)
{
    struct world *world = *state;
    world_outcome(
        world, "{'promotions':["
               "{'id':'b','group':'basket','if':{'min_spend':{'amount_minor':20000}}," PERCENT(
                   1000) "},"
                         "{'id':'a','group':'basket','if':{'min_spend':{'amount_minor':19999}}," PERCENT(
                             1000) "},"
                                   "{'id':'m','group':'basket','who':{'kind':'members'}," PERCENT(
                                       3000) "},"
                                             "{'id':'t','group':'basket','if':{'tenders':['card']}," PERCENT(
                                                 2000) "},"
                                                       "{'id':'far','group':'basket','if':{'min_spend':{'"
                                                       "amount_minor':20001}}," PERCENT(9000) "}]," LINE "}");
    assert_int_equal(world->out.near_miss_count, 4);
    static const struct {
        const char *id;
        int64_t missing, worth;
    } expected[] = {{"m", 0, 3000}, {"t", 0, 2000}, {"a", 9999, 1000}, {"b", 10000, 1000}};
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(near_miss(world, i)->promotion, expected[i].id);
        assert_int_equal(near_miss(world, i)->missing, expected[i].missing);
        assert_int_equal(near_miss(world, i)->worth_minor, expected[i].worth);
    }
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "far", &missing), VN_REASON_SPEND_SHORT); /* said, but no prompt */
    assert_int_equal(missing, 10001);
}

static void test_only_the_best_near_misses_are_kept(void **state)
{
    struct world *world = *state;
    struct vn_buf text;
    vn_buf_init(&text, 65536);
    assert_int_equal(vn_buf_append_str(&text, "{'promotions':["), VN_OK);
    for (int i = 0; i < 80; i++) {
        assert_int_equal(
            vn_buf_printf(&text,
                          "%s{'id':'p%02d','group':'basket','who':{'kind':'members'},'then':{'kind':"
                          "'percent_off','rate_bp':%d}}",
                          i == 0 ? "" : ",", i, 100 * (i + 1)),
            VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&text, "]," LINE "}"), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_outcome(world, (const char *)text.data);
    vn_buf_deinit(&text);
    assert_int_equal(world->out.near_miss_count, VN_NEAR_MISSES_MAX);
    for (unsigned i = 0; i < VN_NEAR_MISSES_MAX; i++) {
        assert_int_equal(near_miss(world, i)->worth_minor, 100 * (80 - i));
    }
}

/* More promotions in scope than an outcome explains: those that are merely elsewhere or over give way. */
static void test_what_is_not_here_or_not_now_gives_way(void **state)
{
    struct world *world = *state;
    struct vn_buf text;
    vn_buf_init(&text, 1 << 20);
    assert_int_equal(
        vn_buf_append_str(&text, "{'started_ms':1795345200000,'stopped':['p001'],'promotions':["), VN_OK);
    int count = 3 * VN_REASONS_MAX;
    for (int i = 0; i < count; i++) {
        const char *when = i % 2 == 0 ? "'when':{'to':'2020-01-01T00:00'}," : "'where':{'stores':['s9']},";
        assert_int_equal(vn_buf_printf(&text, "%s{'id':'p%03d','group':'basket',%s" PERCENT(1) "}",
                                       i == 0 ? "" : ",", i, i < count - 10 ? when : ""),
                         VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&text, "]," LINE "}"), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_outcome(world, (const char *)text.data);
    vn_buf_deinit(&text);
    assert_int_equal(world->out.explanation_count, VN_REASONS_MAX);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(world->out.explanations[i].reason, VN_REASON_APPLIED);
    }
    assert_int_equal(world_reason(world, "p000", NULL), VN_REASON_NOT_NOW);
    assert_int_equal(world_reason(world, "p001", NULL), VN_REASON_STOPPED);
    assert_int_equal(world_reason(world, "p003", NULL), VN_REASON_NOT_HERE);
    assert_int_equal(world->out.discount_minor, 10);
}

/* What is said without a card, and whether the cashier is told to ask for one. */
static void test_a_card_is_asked_for_where_it_is_all_that_is_missing(void **state)
{
    static const struct {
        const char *keys, *world;
        unsigned near;
    } rows[] = {
        {"'group':'basket','who':{'kind':'members'},", "", 1},
        {"'group':'basket','who':{'kind':'not_staff'},", "", 1},
        {"'group':'basket','limits':{'member':{'count':1,'period':'day'}},", "", 1},
        /* a card alone does not make anybody one of these */
        {"'group':'basket','who':{'kind':'staff'},", "", 0},
        {"'group':'basket','who':{'kind':'households'},", "", 0},
        {"'group':'basket','who':{'kind':'members','tiers':['gold']},", "", 0},
        {"'group':'basket','who':{'kind':'members','clubs':['wine']},", "", 0},
        {"'group':'basket','who':{'kind':'members','birthday':{}},", "", 0},
        {"'group':'basket','who':{'kind':'members','nth_visit':{'n':100}},", "", 0},
        {"'group':'basket','if':{'stamps':{'card':'k','count':9}},", "", 0},
        /* nor does it pay, call the hub or bring a coupon */
        {"'group':'basket','who':{'kind':'members'},'if':{'tenders':['card']},", "", 0},
        {"'group':'basket','who':{'kind':'members'},'if':{'tenders':['card']},",
         "'tenders':[{'kind':'card'}],", 1},
        {"'group':'basket','who':{'kind':'members'},'offline':'never',", "", 0},
        {"'group':'basket','who':{'kind':'members'},'offline':'never',", "'hub':true,", 1},
        {"'group':'coupons','who':{'kind':'members'},'if':{'coupon':true},", "", 0},
        {"'group':'coupons','who':{'kind':'members'},'if':{'coupon':true},", "'coupons':[{'promotion':'p'}],",
         1},
        {"'group':'coupons','who':{'kind':'members'},'if':{'coupon':true},",
         "'coupons':[{'promotion':'p','spent':true}],", 0},
        {"'group':'coupons','if':{'coupon':true},", "'coupons':[{'promotion':'p','member':'m7'}],", 1},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "{%s'promotions':[{'id':'p',%s" PERCENT(1000) "}]," LINE "}",
                       rows[i].world, rows[i].keys);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_MEMBER);
        if (world->out.near_miss_count != rows[i].near) {
            fail_msg("%s %s: %u near misses", rows[i].keys, rows[i].world, world->out.near_miss_count);
        }
    }
}

/* His card is there already: another would have to be, and nobody can be asked for it. */
static void test_a_coupon_of_another_member_is_no_near_miss(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'member':{'known':true,'id':'m8'},'coupons':[{'promotion':'p','member':'m7'}],"
                  "'promotions':[{'id':'p','group':'coupons','if':{'coupon':true}," PERCENT(1000) "}]," LINE
                                                                                                  "}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_MEMBER);
    assert_int_equal(world->out.near_miss_count, 0);
}

/* Nobody rises by a receipt that is not paid yet, so the cashier has nothing to say: no screen has words for it. */
static void test_a_tier_is_never_a_hint(void **state)
{
    static const char *const promotions[] = {
        "'who':{'kind':'members','tiers':['gold']}," PERCENT(1000),
        "'who':{'kind':'members'},'then':{'kind':'accumulative','steps':[{'tier':'gold','rate_bp':1000}]}",
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof promotions / sizeof promotions[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "{'hub':true,'member':{'known':true,'id':'m8'},'promotions':[{'id':'p','group':"
                       "'basket',%s}]," LINE "}",
                       promotions[i]);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_TIER);
        assert_int_equal(world->out.near_miss_count, 0);
    }
}

static void test_another_way_to_pay_does_not_bring_the_hub(void **state)
{
    static const char document[] =
        "{%s'promotions':[{'id':'p','group':'basket','offline':'never','if':{'tenders':['card']}," PERCENT(
            1000) "}]," LINE "}";
    struct world *world = *state;
    for (unsigned hub = 0; hub < 2; hub++) {
        char text[512];
        (void)snprintf(text, sizeof text, document, hub == 1 ? "'hub':true," : "");
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_TENDER);
        assert_int_equal(world->out.near_miss_count, hub);
    }
}

/* One more piece of x is nearly there; it is told if what else is missing is no further away. */
static void test_a_hint_is_as_near_as_the_furthest_condition(void **state)
{
    static const struct {
        const char *more; /* conditions */
        unsigned near;
    } rows[] = {
        {"", 1},
        {",'min_spend':{'amount_minor':20000}", 1},
        {",'min_spend':{'amount_minor':20001}", 0},
        {",'min_spend':{'amount_minor':10000}", 1},
    };
    struct world *world = *state;
    char text[1024];
    int64_t missing = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(
            text, sizeof text,
            "{'promotions':[{'id':'p','group':'basket','if':{'quantity':{'qty_milli':2000}%s}," PERCENT(
                1000) "}]," LINE "}",
            rows[i].more);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
        assert_int_equal(missing, 1000);
        assert_int_equal(world->out.near_miss_count, rows[i].near);
    }
    for (int pieces = 1; pieces <= 2; pieces++) { /* of y, of which none is there */
        (void)snprintf(
            text, sizeof text,
            "{'promotions':[{'id':'p','group':'basket','if':{'quantity':[{'selector':{'codes':['x']},"
            "'qty_milli':2000},{'selector':{'codes':['y']},'qty_milli':%d000}]}," PERCENT(1000) "}]," LINE
                                                                                                "}",
            pieces);
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_QUANTITY_SHORT);
        assert_int_equal(world->out.near_miss_count, 0);
    }
}

static void test_the_hub_does_not_bring_another_way_to_pay(void **state)
{
    static const char document[] =
        "{%s'coupons':[{'promotion':'p','account':'c1'}],'promotions':[{'id':'p','group':'coupons','if':"
        "{'coupon':true,'tenders':['card']}," PERCENT(1000) "}]," LINE "}";
    struct world *world = *state;
    for (unsigned paid = 0; paid < 2; paid++) {
        char text[512];
        (void)snprintf(text, sizeof text, document, paid == 1 ? "'tenders':[{'kind':'card'}]," : "");
        world_outcome(world, text);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_HUB);
        assert_int_equal(world->out.near_miss_count, paid);
    }
}

/* Two pieces would be needed; who may not be talked into buying is not. The other line is of no promotion. */
static unsigned hints_for(struct world *world, const char *legal_class, const char *other_class)
{
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "{'items':{'x':{'legal_class':'%s'},'y':{'legal_class':'%s'}},'promotions':[{'id':'p','group':"
        "'basket','if':{'quantity':{'selector':{'codes':['x']},'qty_milli':2000}}," PERCENT(
            1000) "}],'lines':[{'id':1,'code':'x','amount_minor':10000},"
                  "{'id':2,'code':'y','amount_minor':1}]}",
        legal_class, other_class);
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_QUANTITY_SHORT);
    return world->out.near_miss_count;
}

static void test_nobody_is_talked_into_what_the_law_forbids(void **state)
{
    assert_int_equal(hints_for(*state, "general", "general"), 1);
    assert_int_equal(hints_for(*state, "general", "age-restricted"), 1);
    assert_int_equal(hints_for(*state, "age-restricted", "general"), 0);
}

static void test_the_least_amount_is_worth_a_hint(void **state)
{
    struct world *world = *state;
    world_outcome(
        world, "{'promotions':[{'id':'p','group':'first','if':{'quantity':{'qty_milli':2000}},'then':{'kind':"
               "'amount_off','amount_minor':1}}],'lines':[{'id':1,'code':'a','amount_minor':100}]}");
    assert_int_equal(world->out.near_miss_count, 1);
}

static void test_an_empty_basket_explains_presented_coupons_alone(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'coupons':[{'promotion':'c'},{'promotion':'strange'},{'promotion':'odd'},{'promotion':'alien'}],"
        "'promotions':[{'id':'p','group':'basket',"
        "'then':{'kind':'percent_off','rate_bp':1}},{'id':'c','group':'coupons','if':{'coupon':true},"
        "'then':{'kind':'percent_off','rate_bp':1}}],'lines':[]}");
    static const char *const rows[] = {"alien", "odd", "strange", "c"}; /* strangers first, by their ids */
    assert_int_equal(world->out.explanation_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(world->out.explanations[i].promotion, rows[i]);
    }
    assert_int_equal(world_reason(world, "strange", NULL), VN_REASON_NOTHING_MATCHES);
    assert_int_equal(world_reason(world, "c", NULL), VN_REASON_NOTHING_MATCHES);
}

/* free() it */
static char *text_of(const struct vn_outcome *outcome)
{
    json_t *value = vn_outcome_write(outcome);
    assert_non_null(value);
    char *text = json_dumps(value, JSON_COMPACT);
    assert_non_null(text);
    json_decref(value);
    return text;
}

static void test_a_refused_quote_leaves_an_empty_outcome(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'promotions':[{'id':'p','group':'basket'," PERCENT(5000) "}]," LINE "}");
    assert_int_equal(world->out.application_count, 1);
    world->basket.lines[0].id = 0;
    world_again(world);
    assert_int_equal(world->status, VN_INPUT);
    struct vn_outcome *empty = calloc(1, sizeof *empty);
    assert_non_null(empty);
    char *expected = text_of(empty);
    char *found = text_of(&world->out);
    assert_string_equal(found, expected);
    free(expected);
    free(found);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason_has_a_name_of_its_own),
        cmocka_unit_test(test_near_misses_come_by_worth_then_by_id),
        cmocka_unit_test(test_only_the_best_near_misses_are_kept),
        cmocka_unit_test(test_what_is_not_here_or_not_now_gives_way),
        cmocka_unit_test(test_a_card_is_asked_for_where_it_is_all_that_is_missing),
        cmocka_unit_test(test_a_coupon_of_another_member_is_no_near_miss),
        cmocka_unit_test(test_a_tier_is_never_a_hint),
        cmocka_unit_test(test_another_way_to_pay_does_not_bring_the_hub),
        cmocka_unit_test(test_a_hint_is_as_near_as_the_furthest_condition),
        cmocka_unit_test(test_the_hub_does_not_bring_another_way_to_pay),
        cmocka_unit_test(test_nobody_is_talked_into_what_the_law_forbids),
        cmocka_unit_test(test_the_least_amount_is_worth_a_hint),
        cmocka_unit_test(test_an_empty_basket_explains_presented_coupons_alone),
        cmocka_unit_test(test_a_refused_quote_leaves_an_empty_outcome),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
