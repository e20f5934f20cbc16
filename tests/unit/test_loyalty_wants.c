/* What a quote lacked: each account exactly, and what its name was made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/wants.h"
#include "tests/unit/loyalty_world.h"
#include "tests/unit/loyalty_worlds.h"

#define NOW "1795345200000" /* Sunday 2026-11-22, 12:00 in the stores */
#define DAY 20779

struct asked {
    unsigned count;
    struct vn_quote_want wants[VN_RIGHTS_MAX];
};

static struct vn_outcome *scratch(void)
{
    struct vn_outcome *out = calloc(1, sizeof *out);
    assert_non_null(out);
    return out;
}

static bool lists(char accounts[VN_RIGHTS_MAX][VN_ID_MAX], unsigned count, const char *account)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(accounts[i], account) == 0) {
            return true;
        }
    }
    return false;
}

/* What is wanted after the quote of the document; all of it is among what a cheap look lists. */
static void must_want(struct world *world, const char *document, struct asked *asked)
{
    char accounts[VN_RIGHTS_MAX][VN_ID_MAX];
    world_outcome(world, document);
    unsigned lacked = vn_quote_lacked(world->work, accounts);
    struct vn_outcome *out = scratch();
    asked->count = vn_quote_wants(world->work, &world->input, out, asked->wants);
    for (unsigned i = 0; i < asked->count; i++) {
        assert_true(lists(accounts, lacked, asked->wants[i].account));
    }
    free(out);
}

static const struct vn_quote_want *want_of(const struct asked *asked, const char *account)
{
    for (unsigned i = 0; i < asked->count; i++) {
        if (strcmp(asked->wants[i].account, account) == 0) {
            return &asked->wants[i];
        }
    }
    fail_msg("%s is not wanted", account);
    return NULL;
}

#define MEMBER "'member':{'known':true,'id':'m7','account':'w7','balance':900"
#define BASKET "'started_ms':" NOW ",'lines':[{'id':1,'code':'x','qty_milli':3000,'amount_minor':30000}]"

static void test_a_members_limit_is_wanted_once_with_the_day_of_its_period(void **state)
{
    struct asked asked;
    char account[VN_ID_MAX];
    vn_account_member_limit("m7", "p", DAY, account);
    must_want(*state,
              "{" MEMBER
              "},'promotions':[{'id':'p','group':'basket','limits':{'member':{'count':2,'period':'day'"
              "}},'then':{'kind':'amount_off','amount_minor':500}}]," BASKET "}",
              &asked);
    assert_int_equal(asked.count, 1);
    const struct vn_quote_want *want = want_of(&asked, account);
    assert_int_equal(want->missing, 1);
    assert_string_equal(want->promotion, "p");
    assert_string_equal(want->member, "m7");
    assert_int_equal(want->day, DAY);
    assert_string_equal(want->card, "");
}

static void test_stamps_are_wanted_as_many_as_would_be_used(void **state)
{
    struct asked asked;
    char account[VN_ID_MAX];
    char text[2048];
    vn_account_stamps("m7", "coffee", account);
    static const struct {
        int stamps, right;
        int64_t missing;
    } rows[] = {{9, 0, 0}, {10, 0, 10}, {25, 0, 20}, {25, 4, 16}, {25, 20, 0}, {100, 0, 30}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{'rights':{'%s':%d}," MEMBER
                       ",'counters':[{'account':'%s','value':%d}]},'promotions':["
                       "{'id':'free','group':'first','if':{'stamps':{'card':'coffee','count':10}},'then':{"
                       "'kind':'percent_off','rate_bp':10000}}]," BASKET "}",
                       account, rows[i].right, account, rows[i].stamps);
        must_want(*state, text, &asked);
        assert_int_equal(asked.count, rows[i].missing > 0);
        if (rows[i].missing > 0) {
            assert_int_equal(want_of(&asked, account)->missing, rows[i].missing);
            assert_string_equal(want_of(&asked, account)->card, "coffee");
            assert_string_equal(want_of(&asked, account)->member, "m7");
            assert_string_equal(want_of(&asked, account)->promotion, "free");
        }
    }
}

static void test_counts_and_budgets_are_wanted_to_the_unit(void **state)
{
    struct asked asked;
    char count[VN_ID_MAX];
    char budget[VN_ID_MAX];
    char text[2048];
    vn_account_chain_count("p", count);
    vn_account_chain_budget("p", budget);
    static const struct {
        int count, budget;
        int64_t counts, minor;
    } rows[] = {{0, 0, 3, 3000}, {1, 1000, 2, 2000}, {3, 2999, 0, 1}, {0, 3000, 3, 0}, {3, 3000, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(
            text, sizeof text,
            "{'rights':{'%s':%d,'%s':%d},'promotions':[{'id':'p','group':'first','limits':{'all':{"
            "'count':1000,'budget_minor':100000}},'then':{'kind':'amount_off','amount_minor':1000}}]"
            "," BASKET "}",
            count, rows[i].count, budget, rows[i].budget);
        must_want(*state, text, &asked);
        assert_int_equal(asked.count, (rows[i].counts > 0) + (rows[i].minor > 0));
        if (rows[i].counts > 0) {
            assert_int_equal(want_of(&asked, count)->missing, rows[i].counts);
            assert_string_equal(want_of(&asked, count)->promotion, "p");
            assert_string_equal(want_of(&asked, count)->member, "");
        }
        if (rows[i].minor > 0) {
            assert_int_equal(want_of(&asked, budget)->missing, rows[i].minor);
        }
    }
}

static void test_points_and_coupons_are_wanted_by_their_accounts_alone(void **state)
{
    struct asked asked;
    must_want(*state,
              "{'rights':{'w7':20},'choices':{'spend_points':100,'coupons':[{'account':'c5','promotion':'k',"
              "'label':'1234','single_use':true}]}," MEMBER
              "},'promotions':[{'id':'k','group':'coupons','if':{"
              "'coupon':true},'then':{'kind':'amount_off','amount_minor':500}}]," BASKET "}",
              &asked);
    assert_int_equal(asked.count, 2);
    assert_int_equal(want_of(&asked, "w7")->missing, 80);
    assert_string_equal(want_of(&asked, "w7")->promotion, "");
    assert_int_equal(want_of(&asked, "c5")->missing, 1);
    assert_string_equal(want_of(&asked, "c5")->promotion, "");
}

static void test_what_is_refused_anyhow_is_not_wanted(void **state)
{
    struct asked asked;
    must_want(
        *state,
        "{" MEMBER "},'stopped':['p'],'promotions':[{'id':'p','group':'basket','limits':{'member':{'count':"
        "1,'period':'day'}},'then':{'kind':'amount_off','amount_minor':500}},{'id':'q','group':'basket',"
        "'limits':{'all':{'count':5}},'if':{'spend':{'least_minor':30001}},'then':{'kind':'amount_off',"
        "'amount_minor':500}}]," BASKET "}",
        &asked);
    assert_int_equal(asked.count, 0);
}

static void test_what_was_taken_at_risk_is_wanted(void **state)
{
    struct world *world = *state;
    struct asked asked;
    must_want(
        world,
        "{'promotions':[{'id':'p','group':'basket','offline':'risk','limits':{'all':{'count':5}},'then':{"
        "'kind':'amount_off','amount_minor':500}}]," BASKET "}",
        &asked);
    assert_true(world->out.consumptions[0].risk);
    assert_int_equal(asked.count, 1);
    assert_int_equal(asked.wants[0].missing, 1);
}

static void test_points_at_risk_are_bounded_and_marked(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'rights':{'w7':20},'spend_points':100,'risk_points':%d," MEMBER "},'promotions':[]," BASKET "}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, 79);
    world_outcome(world, text);
    assert_int_equal(world->out.points_spent, 0);
    (void)snprintf(text, sizeof text, document, 80);
    world_outcome(world, text);
    assert_int_equal(world->out.points_spent, 100);
    assert_true(world->out.consumptions[0].risk);
    world->input.hub_reachable = true; /* then it can be asked */
    world_again(world);
    assert_int_equal(world->out.points_spent, 0);
    world->input.hub_reachable = false;
    world->input.risk_allowed = false;
    world_again(world);
    assert_int_equal(world->out.points_spent, 0);
}

/* --- any ruleset, any sale ---------------------------------------------------------------------------------------- */

static bool give(struct random_sale *sale, const struct vn_quote_want *want)
{
    for (size_t i = 0; i < sale->input.right_count; i++) {
        if (strcmp(sale->rights[i].account, want->account) == 0) {
            int64_t before = sale->rights[i].available > 0 ? sale->rights[i].available : 0;
            sale->rights[i].available = before + want->missing;
            return true;
        }
    }
    if (sale->input.right_count == VN_RIGHTS_MAX) {
        return false;
    }
    struct vn_right *right = &sale->rights[sale->input.right_count++];
    memcpy(right->account, want->account, VN_ID_MAX);
    right->available = want->missing;
    return true;
}

static int64_t consumed(const struct vn_outcome *out, const char *account)
{
    for (unsigned i = 0; i < out->consumption_count; i++) {
        if (strcmp(out->consumptions[i].account, account) == 0) {
            return out->consumptions[i].amount;
        }
    }
    return 0;
}

/* Given what it wants, the quote is the one without bounds, and wants nothing more. */
static void check_wants(struct random_world *world)
{
    struct asked asked;
    struct vn_outcome *free_of_bounds = scratch();
    struct random_sale *sale = &world->sale;
    if (world->status == VN_OK) {
        struct vn_error error;
        assert_int_equal(vn_quote(world->work, &sale->input, &world->out, &error), VN_OK);
        asked.count = vn_quote_wants(world->work, &sale->input, free_of_bounds, asked.wants);
        bool fits = true;
        for (unsigned i = 0; i < asked.count; i++) {
            assert_true(!vn_account_is_named(asked.wants[i].account) || asked.wants[i].promotion[0] != '\0');
            fits = give(sale, &asked.wants[i]) && fits;
        }
        assert_int_equal(vn_quote(world->work, &sale->input, &world->out, &error), VN_OK);
        for (unsigned i = 0; fits && i < asked.count; i++) {
            const char *account = asked.wants[i].account;
            assert_int_equal(consumed(&world->out, account), consumed(free_of_bounds, account));
        }
        assert_true(!fits || world->out.payable_minor == free_of_bounds->payable_minor);
        assert_true(!fits || vn_quote_wants(world->work, &sale->input, free_of_bounds, asked.wants) == 0);
    }
    free(free_of_bounds);
}

static void test_what_is_wanted_is_enough_and_no_more(void **state)
{
    (void)state;
    unsigned quoted = 0;
    worlds_each(300, NULL, check_wants, &quoted);
    worlds_assert_seen(quoted, 500);
}

/* --- what is withheld --------------------------------------------------------------------------------------------- */

#define ONCE(id, group, minor)                                                                               \
    "{'id':'" id "','group':'" group "','limits':{'member':{'count':1,'period':'day'}},"                     \
    "'then':{'kind':'amount_off','amount_minor':" minor "}}"
#define PLAIN(id, group, minor)                                                                              \
    "{'id':'" id "','group':'" group "','then':{'kind':'amount_off','amount_minor':" minor "}}"
#define NEVER "{'id':'n','group':'basket','offline':'never','then':{'kind':'amount_off','amount_minor':700}}"

static void check_withheld(struct world *world, const char *member, const char *promotions, const char *id,
                           int64_t worth)
{
    struct vn_withheld rows[VN_NEAR_MISSES_MAX];
    struct vn_outcome *out = scratch();
    char text[2048];
    (void)snprintf(text, sizeof text, "{%s'promotions':[%s]," BASKET "}", member, promotions);
    world_outcome(world, text);
    unsigned count = vn_quote_withheld(world->work, &world->input, &world->out, out, rows);
    assert_int_equal(count, id[0] != '\0');
    if (count > 0) {
        assert_string_equal(rows[0].promotion, id);
        assert_int_equal(rows[0].worth_minor, worth);
    }
    free(out);
}

static void test_what_the_hub_could_give_is_withheld_while_it_is_away(void **state)
{
    static const char member[] = MEMBER "},";
    static const char strange[] = "'member':{'known':false},";
    check_withheld(*state, member, ONCE("o", "basket", "500"), "o", 500);
    check_withheld(*state, member, NEVER, "n", 700);
    check_withheld(*state, member, PLAIN("p", "basket", "500"), "", 0);
    check_withheld(*state, member, ONCE("o", "first", "500") "," PLAIN("p", "first", "600"), "o", 1500);
    /* what he would not have got anyhow */
    check_withheld(*state, member, PLAIN("a", "first", "600") "," ONCE("o", "first", "500"), "", 0);
    check_withheld(*state, "", ONCE("o", "basket", "500"), "", 0); /* nobody to count it for */
    check_withheld(*state, strange, ONCE("o", "basket", "500"), "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_members_limit_is_wanted_once_with_the_day_of_its_period,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_stamps_are_wanted_as_many_as_would_be_used, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_counts_and_budgets_are_wanted_to_the_unit, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_points_and_coupons_are_wanted_by_their_accounts_alone,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_refused_anyhow_is_not_wanted, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_taken_at_risk_is_wanted, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_points_at_risk_are_bounded_and_marked, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_the_hub_could_give_is_withheld_while_it_is_away,
                                        world_setup, world_teardown),
        cmocka_unit_test(test_what_is_wanted_is_enough_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
