/* What the till writes of a sale into its journal, and what it makes of entries that an earlier version wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/wire/entry_sale.h"
#include "tests/unit/till_world.h"

/* The entries that the journal has of a sale. */
struct stored {
    struct vn_sale_state state;
    struct vn_entry hold, commit;
    struct vn_buf hold_body, commit_body;
};

static void decode(const struct vn_buf *body, struct vn_entry *out)
{
    struct vn_error error;
    vn_entry_init(out, VN_ENTRY_KINDS);
    if (body->len > 0) {
        assert_int_equal(vn_entry_decode(vn_buf_view(body), out, &error), VN_OK);
    }
}

static void stored_read(struct world *world, const char *receipt, struct stored *out)
{
    struct vn_sale_key key = world_key(receipt);
    vn_buf_init(&out->hold_body, VN_ENTRY_MAX);
    vn_buf_init(&out->commit_body, VN_ENTRY_MAX);
    assert_int_equal(vn_journal_sale(world->journal, &key, &out->state, &out->hold_body, &out->commit_body),
                     VN_OK);
    decode(&out->hold_body, &out->hold);
    decode(&out->commit_body, &out->commit);
}

static void stored_end(struct stored *stored)
{
    vn_entry_deinit(&stored->hold);
    vn_entry_deinit(&stored->commit);
    vn_buf_deinit(&stored->hold_body);
    vn_buf_deinit(&stored->commit_body);
}

static struct vn_basket basket;
static struct vn_outcome outcome;

static struct vn_entry_sale said_by(const struct vn_entry *entry)
{
    struct vn_entry_sale said;
    struct vn_error error;
    assert_int_equal(vn_entry_sale_read(entry, &basket, &outcome, &said, &error), VN_OK);
    return said;
}

/* Milica's, of `milk` and `other` lines. */
static void hold(struct world *world, const char *receipt, int milk, int other)
{
    world_card(world, MILICA);
    (void)world_quote(world, receipt, milk, other);
    assert_int_equal(world_http(world, world_hold(world, receipt, 0, milk, other)), 200);
}

static void test_a_commit_of_what_was_held_names_the_hold(void **state)
{
    struct world *world = *state;
    struct stored stored;
    hold(world, "1", 2, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    stored_read(world, "1", &stored);
    assert_true(said_by(&stored.hold).has_outcome);
    assert_int_equal(basket.line_count, 5);
    struct vn_entry_sale said = said_by(&stored.commit);
    assert_int_equal(said.held, stored.state.hold_seq);
    assert_false(said.has_basket || said.has_outcome);
    assert_string_equal(stored.commit.account, "w1");
    assert_string_equal(stored.commit.card, ""); /* the account says whose it is */
    assert_int_equal(stored.commit.points, outcome.points_earned);
    stored_end(&stored);
}

static void test_a_restart_between_hold_and_commit_changes_nothing_of_that(void **state)
{
    struct world *world = *state;
    struct stored stored;
    hold(world, "1", 2, 3);
    world_restart(world);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    stored_read(world, "1", &stored);
    assert_int_equal(said_by(&stored.commit).held, stored.state.hold_seq);
    stored_end(&stored);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 0);
}

static void test_a_second_hold_is_the_one_that_is_named(void **state)
{
    struct world *world = *state;
    struct stored stored;
    hold(world, "1", 2, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 200);
    assert_int_equal(world_http(world, world_hold(world, "1", 1, 2, 4)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    stored_read(world, "1", &stored);
    assert_int_equal(stored.state.holds, 2);
    assert_int_equal(said_by(&stored.commit).held, stored.state.hold_seq);
    stored_end(&stored);
    uint64_t call = world_return(world, "2", "1", "");
    assert_int_equal(world_field(world, call, "refund_minor"), 60000 - 2 * 1000);
}

static void test_a_commit_without_a_hold_says_all_of_it(void **state)
{
    struct world *world = *state;
    struct stored stored;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 1, 2);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    stored_read(world, "1", &stored);
    struct vn_entry_sale said = said_by(&stored.commit);
    assert_int_equal(said.held, 0);
    assert_true(said.has_basket && said.has_outcome);
    assert_int_equal(basket.line_count, 3);
    assert_int_equal(outcome.total_minor, 30000);
    stored_end(&stored);
}

static void test_a_printed_basket_that_differs_is_written_beside_the_outcome(void **state)
{
    struct world *world = *state;
    struct stored stored;
    hold(world, "1", 2, 3);
    uint64_t call =
        world_call_async(world, VN_TILL_COMMIT, "1", 0, world_basket("1", 2, 2), "printed otherwise");
    world_pump(world);
    assert_int_equal(world_http(world, call), 200);
    stored_read(world, "1", &stored);
    struct vn_entry_sale said = said_by(&stored.commit);
    assert_int_equal(said.held, 0);
    assert_int_equal(basket.line_count, 4);
    assert_int_equal(outcome.line_count, 5);
    assert_int_equal(outcome.total_minor, 50000);
    stored_end(&stored);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 0);
}

static void test_the_entry_says_what_was_quoted_with(void **state)
{
    struct world *world = *state;
    struct stored stored;
    struct vn_error error;
    static struct vn_with with;
    hold(world, "1", 2, 3);
    stored_read(world, "1", &stored);
    assert_int_equal(vn_entry_with_read(&stored.hold, &with, &error), VN_OK);
    assert_true(with.has_member && with.member.known);
    assert_string_equal(with.member.account, "w1");
    assert_string_equal(with.member.first_name, ""); /* no rule asks for it */
    assert_int_equal(with.member.balance, 0);        /* nothing is spent */
    assert_string_equal(with.items, "1.7");          /* as the tables of these tests say */
    assert_string_equal(with.items_since, "");
    stored_end(&stored);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);

    world_card(world, MILICA);
    (void)world_quote(world, "2", 0, 10);
    (void)world_choose(world, "2", 200);
    world_grant(world);
    (void)world_hold(world, "2", 0, 0, 10);
    stored_read(world, "2", &stored);
    assert_int_equal(vn_entry_with_read(&stored.hold, &with, &error), VN_OK);
    assert_int_equal(with.choices.spend_points, 200);
    assert_true(with.member.balance > 0);
    assert_int_equal(with.right_count, 1);
    assert_int_equal(with.rights[0].available, 200);
    stored_end(&stored);
}

static void test_a_card_that_is_not_known_is_in_the_entry(void **state)
{
    struct world *world = *state;
    struct stored stored;
    world_card(world, STRANGER);
    (void)world_quote(world, "1", 0, 2);
    (void)world_hold(world, "1", 0, 0, 2);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    stored_read(world, "1", &stored);
    assert_string_equal(stored.commit.account, "");
    assert_int_equal(strlen(stored.commit.card), 64);
    stored_end(&stored);
}

/* --- entries of version 1 ----------------------------------------------------------------------------------------- */

/* As tills wrote it: basket and outcome in full, in hold and commit. */
static void append_version_1(struct world *world, enum vn_entry_kind kind, const char *receipt)
{
    struct vn_entry entry;
    struct vn_error error;
    struct vn_journal_append append = {.entry = &entry, .reply_status = 200, .reply = vn_view_str("{}")};
    int64_t seq = 0;
    vn_entry_init(&entry, kind);
    entry.version = 1;
    entry.wall_ms = world->now_ms;
    entry.has_sale = true;
    entry.sale = world_key(receipt);
    memcpy(entry.account, "w1", sizeof "w1");
    memset(entry.card, 'a', sizeof entry.card - 1);
    if (kind == VN_ENTRY_COMMIT) {
        entry.points = outcome.points_earned;
        entry.body = json_pack("{s:s}", "fiscal", "F1");
    }
    assert_int_equal(vn_entry_sale_write(&entry, &basket, NULL, &outcome, NULL), VN_OK);
    assert_int_equal(vn_journal_append(world->journal, &append, &seq, &error), VN_OK);
    vn_entry_deinit(&entry);
}

static void test_sales_that_an_earlier_version_wrote_go_on(void **state)
{
    struct world *world = *state;
    struct stored stored;
    hold(world, "1", 2, 3); /* of this version: basket and outcome for the others */
    stored_read(world, "1", &stored);
    assert_true(said_by(&stored.hold).has_outcome);
    stored_end(&stored);
    append_version_1(world, VN_ENTRY_HOLD, "2");
    append_version_1(world, VN_ENTRY_HOLD, "3");
    append_version_1(world, VN_ENTRY_COMMIT, "3");
    append_version_1(world, VN_ENTRY_HOLD, "4");
    append_version_1(world, VN_ENTRY_COMMIT, "4");
    world_restart(world);

    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    stored_read(world, "2", &stored);
    assert_int_equal(stored.hold.version, 1);
    assert_int_equal(stored.commit.version, VN_ENTRY_VERSION);
    assert_int_equal(said_by(&stored.commit).held, stored.state.hold_seq);
    stored_end(&stored);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "2", 0)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "3", 0)), 200);
    uint64_t call = world_return(world, "5", "4", "");
    assert_int_equal(world_field(world, call, "refund_minor"), outcome.payable_minor);
    assert_int_equal(world_points(world, "w1"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_commit_of_what_was_held_names_the_hold, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_restart_between_hold_and_commit_changes_nothing_of_that,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_second_hold_is_the_one_that_is_named, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_commit_without_a_hold_says_all_of_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_printed_basket_that_differs_is_written_beside_the_outcome,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_entry_says_what_was_quoted_with, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_that_is_not_known_is_in_the_entry, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_sales_that_an_earlier_version_wrote_go_on, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
