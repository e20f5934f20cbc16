/* A sale that was committed is quoted again from what its journal keeps: it comes out the same, unless somebody changed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/journal_json.h"
#include "agent/loyalty/requote.h"
#include "tests/unit/loyalty_worlds.h"

#define AT_MS INT64_C(1795334400123)

/* A sale as a journal keeps it, read back. */
struct kept {
    struct vn_basket basket;
    struct vn_outcome committed, scratch;
    struct vn_with with;
    struct vn_requote_input input;
    struct vn_requote_result result;
};

/* Through its bytes; takes `json`. */
static json_t *through_text(json_t *json)
{
    assert_non_null(json);
    char *text = json_dumps(json, JSON_COMPACT);
    json_t *again = json_loads(text, 0, NULL);
    assert_non_null(again);
    free(text);
    json_decref(json);
    return again;
}

static struct kept *keep(const struct random_world *world)
{
    const struct vn_quote_input *input = &world->sale.input;
    struct kept *kept = calloc(1, sizeof *kept);
    struct vn_error error;
    assert_non_null(kept);
    vn_with_take(input, &kept->with);
    vn_with_narrow(&kept->with, world->ruleset, input->basket);
    char account[VN_ID_MAX];
    memcpy(account, kept->with.member.account, sizeof account);
    json_t *with = through_text(vn_with_write(&kept->with, account));
    json_t *basket = through_text(vn_basket_write_journal(input->basket, input->items, AT_MS));
    json_t *outcome = through_text(vn_outcome_write_journal(&world->out, input->basket));
    struct vn_json_in in = vn_json_root(with, &error);
    vn_with_read(&in, account, &kept->with);
    assert_int_equal(error.status, VN_OK);
    in = vn_json_root(basket, &error);
    vn_basket_read_journal(&in, &input->basket->key, AT_MS, &kept->basket);
    assert_int_equal(error.status, VN_OK);
    in = vn_json_root(outcome, &error);
    vn_outcome_read_journal(&in, &kept->basket, &kept->committed);
    assert_int_equal(error.status, VN_OK);
    json_decref(with);
    json_decref(basket);
    json_decref(outcome);
    kept->input = (struct vn_requote_input){.ruleset = world->ruleset,
                                            .basket = &kept->basket,
                                            .items = input->items,
                                            .committed = &kept->committed,
                                            .with = &kept->with,
                                            .place = input->place};
    return kept;
}

static enum vn_requote_answer requote(struct random_world *world, struct kept *kept)
{
    assert_int_equal(vn_requote(world->work, &kept->input, &kept->scratch, &kept->result), VN_OK);
    return kept->result.answer;
}

static void check_same(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    struct kept *kept = keep(world);
    if (requote(world, kept) != VN_REQUOTE_SAME) {
        fail_msg("%s at %s", kept->result.text, kept->result.pointer);
    }
    assert_string_equal(kept->result.text, "");
    free(kept);
}

static void test_what_a_till_committed_comes_out_the_same(void **state)
{
    (void)state;
    unsigned quoted = 0;
    worlds_each(120, NULL, check_same, &quoted);
    worlds_assert_seen(quoted, 300);
}

/* --- planted differences ------------------------------------------------------------------------------------------ */

static unsigned planted[8];

/* One figure of what was committed becomes another, where it is there. */
static bool plant(struct random_world *world, struct vn_outcome *committed, unsigned which)
{
    unsigned line = committed->line_count == 0 ? 0 : random_below(&world->state, committed->line_count);
    switch (which) {
    case 0: committed->points_earned++; return true;
    case 1: committed->lines[line].earn_minor++; return committed->line_count > 0;
    case 2: committed->qualifying++; return true;
    case 3: committed->applications[0].discount_minor++; return committed->application_count > 0;
    case 4: committed->consumptions[0].amount++; return committed->consumption_count > 0;
    case 5: committed->fundings[0].amount_minor++; return committed->funding_count > 0;
    case 6: committed->given[0].amount++; return committed->given_count > 0;
    default: committed->optimal = !committed->optimal; return true;
    }
}

/* The sums that people ask for stand in the sentence, as committed and as they come out. */
static void check_sentence(const struct kept *kept, unsigned which)
{
    char expected[96];
    if (which == 0) {
        (void)snprintf(expected, sizeof expected, "points earned %lld, not %lld",
                       (long long)kept->committed.points_earned, (long long)kept->scratch.points_earned);
        assert_string_equal(kept->result.text, expected);
    } else {
        assert_string_not_equal(kept->result.text, "");
    }
}

static void check_planted(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    struct kept *kept = keep(world);
    unsigned which = random_below(&world->state, 8);
    if (plant(world, &kept->committed, which)) {
        assert_int_equal(requote(world, kept), VN_REQUOTE_DIFFERS);
        assert_string_not_equal(kept->result.pointer, "");
        check_sentence(kept, which);
        planted[which]++;
    }
    free(kept);
}

static void test_a_planted_difference_is_always_found(void **state)
{
    (void)state;
    memset(planted, 0, sizeof planted);
    worlds_each(100, NULL, check_planted, NULL);
    for (unsigned i = 0; i < 8; i++) {
        worlds_assert_seen(planted[i], 5);
    }
}

/* --- what can't be judged ----------------------------------------------------------------------------------------- */

static unsigned unknown;

static void check_why(struct random_world *world, struct kept *kept, enum vn_requote_why why)
{
    assert_int_equal(requote(world, kept), VN_REQUOTE_UNKNOWN);
    assert_string_equal(vn_requote_why_name(kept->result.why), vn_requote_why_name(why));
    assert_string_not_equal(kept->result.text, "");
    assert_string_equal(kept->result.pointer, "");
}

static void check_unknown(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    struct kept *kept = keep(world);
    const struct vn_requote_input whole = kept->input;
    kept->input.items = NULL;
    check_why(world, kept, VN_REQUOTE_GOODS);
    kept->input = whole;
    kept->input.with = NULL;
    check_why(world, kept, VN_REQUOTE_WITH);
    kept->input = whole;
    kept->input.ruleset = NULL;
    check_why(world, kept, VN_REQUOTE_RULESET);
    kept->input = whole;
    kept->input.printed_differs = true;
    check_why(world, kept, VN_REQUOTE_PRINTED);
    kept->input = whole;
    kept->input.items_moved = true;
    assert_int_equal(requote(world, kept), VN_REQUOTE_SAME);
    kept->committed.points_earned++;
    check_why(world, kept, VN_REQUOTE_MOVED);
    kept->input = whole;
    kept->committed.ruleset++;
    check_why(world, kept, VN_REQUOTE_RULESET);
    kept->committed.ruleset--;
    kept->committed.engine = VN_ENGINE_VERSION + 1;
    check_why(world, kept, VN_REQUOTE_ENGINE);
    assert_string_equal(kept->result.text, "another version of the engine reckoned it");
    kept->committed.engine = 0;
    check_why(world, kept, VN_REQUOTE_NO_RULES);
    unknown++;
    free(kept);
}

static void test_what_lacks_an_input_is_not_judged(void **state)
{
    (void)state;
    unknown = 0;
    worlds_each(2, NULL, check_unknown, NULL);
    worlds_assert_seen(unknown, 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_a_till_committed_comes_out_the_same, worlds_say_seed),
        cmocka_unit_test_teardown(test_a_planted_difference_is_always_found, worlds_say_seed),
        cmocka_unit_test_teardown(test_what_lacks_an_input_is_not_judged, worlds_say_seed),
    };
    worlds_words(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
