/* What a journal keeps of lending: one beginning and one end for each transfer, whatever is repeated, and after each crash. */
#include "tests/unit/journal_world.h"

#include <string.h>

#define NEIGHBOUR 0x99

/* A transfer of this till's (0x42) with its neighbour; `lends`: it is the lender. */
static struct vn_give give_of(bool lends, int64_t count, int64_t amount)
{
    struct vn_give give = {.account = "w1", .amount = amount};
    memset(give.lender.bytes, lends ? 0x42 : NEIGHBOUR, VN_ID_BYTES);
    memset(give.borrower.bytes, lends ? NEIGHBOUR : 0x42, VN_ID_BYTES);
    vn_transfer_number(&give.borrower, count, give.transfer);
    return give;
}

static enum vn_status put(struct world *world, enum vn_entry_kind kind, const struct vn_give *give)
{
    const struct vn_signature signature = {3, {1, 2, 3}};
    bool is_signed = kind == VN_ENTRY_TAKE || kind == VN_ENTRY_BACK;
    struct vn_entry entry = entry_of(kind, "", NULL, 0);
    assert_int_equal(vn_entry_transfer_write(&entry, give, is_signed ? &signature : NULL), VN_OK);
    return world_append(world, &entry, 0);
}

static void assert_state(struct world *world, const struct vn_give *give, enum vn_transfer_state wanted)
{
    struct vn_give found;
    enum vn_transfer_state state;
    assert_int_equal(vn_journal_transfer(world->journal, give->transfer, &found, &state), VN_OK);
    assert_true(vn_give_equal(give, &found));
    assert_int_equal(state, wanted);
}

static size_t open_gives(struct world *world)
{
    struct vn_give gives[4];
    size_t count = 0;
    assert_int_equal(vn_journal_open_gives(world->journal, gives, 4, &count), VN_OK);
    return count;
}

static void test_a_give_goes_out_once_and_comes_back_once(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    const struct vn_give give = give_of(true, 7, 300);
    struct vn_give found;
    enum vn_transfer_state of;
    assert_int_equal(vn_journal_transfer(world.journal, give.transfer, &found, &of), VN_ABSENT);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &give), VN_DENIED); /* there is nothing to lend */
    assert_int_equal(world_grant(&world, 1, "w1", 500), VN_OK);
    assert_int_equal(put(&world, VN_ENTRY_BACK, &give), VN_ABSENT);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &give), VN_OK);
    assert_counters(&world, "w1", 500, 0, 300);
    assert_state(&world, &give, VN_TRANSFER_GIVEN);
    world_reopen(&world);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &give), VN_CONFLICT);
    assert_counters(&world, "w1", 500, 0, 300);
    assert_int_equal(open_gives(&world), 1);
    struct vn_give more = give;
    more.amount++;
    assert_int_equal(put(&world, VN_ENTRY_BACK, &more), VN_ABSENT); /* no such give */
    assert_int_equal(put(&world, VN_ENTRY_BACK, &give), VN_OK);
    assert_counters(&world, "w1", 500, 300, 300);
    world_reopen(&world);
    assert_int_equal(put(&world, VN_ENTRY_BACK, &give), VN_CONFLICT);
    assert_counters(&world, "w1", 500, 300, 300);
    assert_state(&world, &give, VN_TRANSFER_GIVEN_BACK);
    assert_int_equal(open_gives(&world), 0);
    world_destroy(&world);
}

static void test_a_give_that_was_kept_never_comes_back(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    const struct vn_give kept = give_of(true, 7, 300);
    const struct vn_give gone = give_of(true, 8, 100);
    assert_int_equal(world_grant(&world, 1, "w1", 500), VN_OK);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &kept), VN_OK);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &gone), VN_OK);
    assert_int_equal(open_gives(&world), 2);
    assert_int_equal(vn_journal_give_ended(world.journal, kept.transfer, VN_TRANSFER_GIVEN_BACK), VN_ARG);
    assert_int_equal(vn_journal_give_ended(world.journal, kept.transfer, VN_TRANSFER_GIVEN_KEPT), VN_OK);
    assert_int_equal(vn_journal_give_ended(world.journal, gone.transfer, VN_TRANSFER_GIVEN_GONE), VN_OK);
    world_reopen(&world);
    assert_int_equal(open_gives(&world), 0);
    assert_int_equal(put(&world, VN_ENTRY_BACK, &kept), VN_CONFLICT);
    assert_int_equal(vn_journal_give_ended(world.journal, kept.transfer, VN_TRANSFER_GIVEN_GONE), VN_OK);
    assert_state(&world, &kept, VN_TRANSFER_GIVEN_KEPT); /* an end is for good */
    assert_state(&world, &gone, VN_TRANSFER_GIVEN_GONE);
    assert_counters(&world, "w1", 500, 0, 400);
    world_destroy(&world);
}

static void test_a_transfer_is_taken_or_refused_and_never_both(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    const struct vn_give taken = give_of(false, 1, 300);
    const struct vn_give refused = give_of(false, 2, 300);
    assert_int_equal(put(&world, VN_ENTRY_TAKE, &taken), VN_OK);
    assert_counters(&world, "w1", 0, 300, 0);
    assert_int_equal(put(&world, VN_ENTRY_REFUSE, &refused), VN_OK);
    world_reopen(&world);
    assert_int_equal(put(&world, VN_ENTRY_TAKE, &taken), VN_CONFLICT);
    assert_int_equal(put(&world, VN_ENTRY_REFUSE, &taken), VN_CONFLICT);
    assert_int_equal(put(&world, VN_ENTRY_TAKE, &refused), VN_CONFLICT);
    assert_int_equal(put(&world, VN_ENTRY_REFUSE, &refused), VN_CONFLICT);
    assert_counters(&world, "w1", 0, 300, 0);
    assert_state(&world, &taken, VN_TRANSFER_TOOK);
    assert_state(&world, &refused, VN_TRANSFER_NEVER);
    assert_int_equal(open_gives(&world), 0); /* of others: not this till's to ask for */
    /* What was borrowed can be lent on. */
    const struct vn_give on = give_of(true, 3, 200);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &on), VN_OK);
    assert_counters(&world, "w1", 0, 300, 200);
    world_destroy(&world);
}

static void test_transfers_of_others_are_not_journaled(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    const struct vn_give mine = give_of(true, 1, 10);
    const struct vn_give theirs = give_of(false, 1, 10);
    assert_int_equal(world_grant(&world, 1, "w1", 500), VN_OK);
    assert_int_equal(put(&world, VN_ENTRY_TAKE, &mine), VN_ARG);
    assert_int_equal(put(&world, VN_ENTRY_REFUSE, &mine), VN_ARG);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &theirs), VN_ARG);
    assert_int_equal(put(&world, VN_ENTRY_BACK, &theirs), VN_ARG);
    struct vn_entry bare = entry_of(VN_ENTRY_TAKE, "", "w1", 10); /* a right out of nothing */
    assert_int_equal(world_append(&world, &bare, 0), VN_ARG);
    assert_counters(&world, "w1", 500, 0, 0);
    world_destroy(&world);
}

/* The end outlives its entry by VN_REPLY_DAYS, an open give as long as it is open; and what was taken is never forgotten: its
 * lender may ask for the end after a year, and would have it again if it was refused then. */
static void test_ended_transfers_age_with_their_entries(void **state)
{
    (void)state;
    struct world world;
    const int64_t day = 86400000;
    bool more = true;
    world_create(&world);
    const struct vn_give ended = give_of(false, 1, 10);
    const struct vn_give open = give_of(true, 2, 10);
    const struct vn_give taken = give_of(false, 3, 10);
    struct vn_give found;
    enum vn_transfer_state of;
    assert_int_equal(put(&world, VN_ENTRY_REFUSE, &ended), VN_OK);
    assert_int_equal(put(&world, VN_ENTRY_TAKE, &taken), VN_OK);
    assert_int_equal(put(&world, VN_ENTRY_GIVE, &open), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "1", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_acked(world.journal, 5, 5, 0), VN_OK);
    assert_int_equal(vn_journal_prune(world.journal, 5, 100 * day, &more, &world.error), VN_OK);
    assert_state(&world, &ended, VN_TRANSFER_NEVER);
    while (more) {
        assert_int_equal(vn_journal_prune(world.journal, 5, 500 * day, &more, &world.error), VN_OK);
    }
    assert_int_equal(vn_journal_transfer(world.journal, ended.transfer, &found, &of), VN_ABSENT);
    assert_state(&world, &open, VN_TRANSFER_GIVEN);
    assert_state(&world, &taken, VN_TRANSFER_TOOK);
    assert_int_equal(put(&world, VN_ENTRY_REFUSE, &taken), VN_CONFLICT);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_give_goes_out_once_and_comes_back_once),
        cmocka_unit_test(test_a_give_that_was_kept_never_comes_back),
        cmocka_unit_test(test_a_transfer_is_taken_or_refused_and_never_both),
        cmocka_unit_test(test_transfers_of_others_are_not_journaled),
        cmocka_unit_test(test_ended_transfers_age_with_their_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
