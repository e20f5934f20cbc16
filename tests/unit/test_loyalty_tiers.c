/* The tier that a receipt lifts its member to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

static void tier(struct world *world, const char *by, const char *present, int64_t counter, int64_t amount)
{
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "{'header':{'tiers':{'by':'%s','steps':[{'id':'silver','from':1000},{'id':'gold','from':5000}]},"
        "'earning':{'points':1,'per_minor':10}},'items':{'t':{'legal_class':'tobacco'}},"
        "'member':{'known':true,'account':'w1','tier':'%s','qualifying':%lld},'lines':["
        "{'id':1,'code':'a','amount_minor':%lld},{'id':2,'code':'t','amount_minor':70000}]}",
        by, present, (long long)counter, (long long)amount);
    world_outcome(world, text);
}

static void test_a_receipt_lifts_the_tier_at_its_exact_number(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *by, *present;
        int64_t counter, amount, adds;
        const char *after;
    } rows[] = {
        {"spend", "", 0, 999, 999, ""},
        {"spend", "", 0, 1000, 1000, "silver"},
        {"spend", "", 4000, 1000, 1000, "gold"},
        {"spend", "silver", 4000, 999, 999, ""},
        {"spend", "silver", 0, 5000, 5000, "gold"},
        {"spend", "gold", 0, 10, 10, ""},
        {"spend", "founder", 0, 9000, 9000, ""},
        {"points", "", 900, 999, 99, ""},
        {"points", "", 900, 1000, 100, "silver"},
        {"spend", "", -500, 1000, 1000, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tier(world, rows[i].by, rows[i].present, rows[i].counter, rows[i].amount);
        assert_int_equal(world->out.qualifying, rows[i].adds);
        assert_string_equal(world->out.tier_after, rows[i].after);
    }
}

static void test_tiers_are_for_members_of_a_ruleset_that_has_them(void **state)
{
    struct world *world = *state;
    static const char steps[] = "'header':{'tiers':{'by':'spend','steps':[{'id':'silver','from':0}]}},";
    static const struct {
        const char *header, *member;
        int64_t adds;
    } rows[] = {{steps, "'known':true", 900},
                {steps, "'known':false", 0},
                {"", "'known':true", 0},
                {steps, "'known':true,'blocked':true", 0}};
    char text[512];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{%s'member':{%s,'account':'w1'},'lines':[{'id':1,'code':'a','amount_minor':900}]}",
                       rows[i].header, rows[i].member);
        world_outcome(world, text);
        assert_int_equal(world->out.qualifying, rows[i].adds);
        assert_string_equal(world->out.tier_after, rows[i].adds > 0 ? "silver" : "");
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_receipt_lifts_the_tier_at_its_exact_number),
        T(test_tiers_are_for_members_of_a_ruleset_that_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
