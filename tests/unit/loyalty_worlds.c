#include "tests/unit/loyalty_worlds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"

#define SALES_PER_RULESET 5
#define PROMOTIONS        16
#define RIVALS            7 /* of one group */
#define LINES             10
#define NORMAL_SECONDS    10 /* what a program of these tests takes at most when it is not told to take longer */

static uint64_t only_seed, last_seed;

void worlds_words(int argc, char **argv)
{
    only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
}

void worlds_assert_seen(unsigned count, unsigned least)
{
    assert_true(only_seed != 0 || count >= least);
}

int worlds_say_seed(void **state)
{
    (void)state;
    print_message("the last seed was %llu\n", (unsigned long long)last_seed);
    return 0;
}

enum vn_status worlds_quote(struct random_world *world, struct vn_outcome *out)
{
    memset(out, 0xaa, sizeof *out);
    return vn_quote(world->work, &world->sale.input, out, &world->error);
}

void worlds_parse(struct random_world *world)
{
    vn_ruleset_destroy(world->ruleset);
    if (vn_ruleset_parse(vn_view_str(world->rules.text), &world->ruleset, &world->error) != VN_OK) {
        fail_msg("%s at %s of\n%s", world->error.text, world->error.pointer, world->rules.text);
    }
    if (vn_ruleset_skipped_count(world->ruleset) != 0) {
        const struct vn_error *why = vn_ruleset_skipped(world->ruleset);
        fail_msg("%s at %s of\n%s", why->text, why->pointer, world->rules.text);
    }
    world->sale.input.ruleset = world->ruleset;
}

static void make_rules(struct random_world *world, const char *const *groups)
{
    unsigned promotions = 1 + random_below(&world->state, groups == NULL ? PROMOTIONS : RIVALS);
    unsigned choice = 0;
    random_rules(&world->state, groups == NULL ? promotions : 0, &world->rules);
    while (groups != NULL && groups[choice] != NULL) {
        choice++;
    }
    for (unsigned i = 0; choice > 0 && i < promotions; i++) {
        random_rules_add(&world->state, &world->rules, groups[random_below(&world->state, choice)]);
    }
    worlds_parse(world);
}

void worlds_each(unsigned rulesets, const char *const *groups, void (*check)(struct random_world *world),
                 unsigned *quoted)
{
    const char *seconds = getenv("VERNO_LONG_SECONDS");
    unsigned times = seconds == NULL ? 1 : (unsigned)strtoul(seconds, NULL, 10) / NORMAL_SECONDS + 1;
    struct random_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(vn_quote_work_create(&world->work), VN_OK);
    unsigned good = 0;
    for (uint64_t seed = 1; seed <= (uint64_t)rulesets * times; seed++) {
        if (only_seed != 0 && seed != only_seed) {
            continue;
        }
        last_seed = world->state = seed;
        make_rules(world, groups);
        for (int i = 0; i < SALES_PER_RULESET; i++) {
            random_sale(&world->state, &world->rules, world->ruleset, LINES, &world->sale);
            world->status = worlds_quote(world, &world->out);
            good += world->status == VN_OK ? 1 : 0;
            check(world);
        }
    }
    vn_ruleset_destroy(world->ruleset);
    vn_quote_work_destroy(world->work);
    free(world);
    if (quoted != NULL) {
        *quoted = good;
    }
}

char *worlds_json(const struct vn_outcome *outcome)
{
    json_t *json = vn_outcome_write(outcome);
    assert_non_null(json);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_non_null(text);
    json_decref(json);
    return text;
}
