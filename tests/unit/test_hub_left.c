/* An enrolment that its till has left for another: its holds, which their POS voids at the next one, since nothing waits for a
 * receipt that can't come, and what its certificate is good for. */
#include "tests/unit/hub_handed.h"

#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/write_off.h"

#define DAILY  "n6996bf9f4ac4bd30"
#define STAMPS "s7e4bb668b17278ff"

static const struct world_step hold = {.kind = VN_ENTRY_HOLD,
                                       .receipt = "1",
                                       .account = "w1",
                                       .total_minor = 1000,
                                       .spent = 60,
                                       .right = "w1",
                                       .out = 60};
static const char void_elsewhere[] =
    "{\"v\":1,\"kind\":\"void\",\"t\":1795334400000,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
    "\"account\":\"\",\"points\":0,\"body\":{\"elsewhere\":true}}";

struct tills {
    struct world *world;
    struct world_till before, next;
};

/* Till t1 holds 60 of its right to 100 of member 1, who has 500 points. */
static void start(struct world *world, struct tills *tills)
{
    tills->world = world;
    world_start(world, &tills->before);
    assert_int_equal(world_rights(&tills->before, "w1", 100), 100);
    world_append(&tills->before, &hold);
}

static void enrol_anew(struct tills *tills)
{
    world_till_start(tills->world, &tills->next, "t1");
}

/* It is voided, and what it held is the right of the journal that ended. */
static void assert_ended(struct tills *tills, int64_t right)
{
    struct world *world = tills->world;
    struct vn_sale_row sale;
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, 0), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, tills->before.id), right);
    assert_int_equal(world_owned(world, "w1"), 500);
    world_audit(world);
    world_till_end(&tills->before);
    world_till_end(&tills->next);
}

static void test_a_hold_is_voided_at_the_next_enrolment(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.before), 0);
    enrol_anew(&tills);
    world_append_raw(&tills.next, void_elsewhere);
    assert_int_equal(world_sync(&tills.next), 0);
    assert_ended(&tills, 100);
}

static void test_a_hold_that_counted_as_used_is_voided_there(void **state)
{
    struct tills tills;
    start(*state, &tills);
    world_append(&tills.before, &(struct world_step){.kind = VN_ENTRY_USED, .receipt = "1"});
    assert_int_equal(world_sync(&tills.before), 0);
    assert_int_equal(world_owned(*state, "w1"), 440);
    enrol_anew(&tills);
    world_append_raw(&tills.next, void_elsewhere);
    assert_int_equal(world_sync(&tills.next), 0);
    assert_ended(&tills, 40);
}

static int64_t counter(struct world *world, const char *account)
{
    assert_int_equal(vn_ledger_view_read(world->hub.view, world->hub.storage, world_account(world, "w2")),
                     VN_OK);
    return vn_book_counter(vn_ledger_view_book(world->hub.view), account);
}

/* An offer of once a day and a card of stamps, which it told of: the customer has both again. */
static void test_what_a_hold_counted_when_it_was_used_counts_no_more(void **state)
{
    struct tills tills;
    struct world *world = *state;
    tills.world = world;
    world_start(world, &tills.before);
    world_append_raw(
        &tills.before,
        "{\"v\":1,\"kind\":\"commit\",\"t\":1795334400000,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"0\"],"
        "\"account\":\"w2\",\"body\":{\"outcome\":{\"total_minor\":1,\"payable_minor\":1,\"given\":["
        "{\"kind\":\"stamp\",\"what\":\"card\",\"account\":\"" STAMPS "\",\"amount\":9}]}}}");
    world_append_raw(
        &tills.before,
        "{\"v\":1,\"kind\":\"hold\",\"t\":1795334400000,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
        "\"account\":\"w2\",\"body\":{\"outcome\":{\"total_minor\":1,\"payable_minor\":1,\"consumptions\":["
        "{\"account\":\"" DAILY "\",\"amount\":1},{\"account\":\"" STAMPS "\",\"amount\":8}]}}}");
    world_append(&tills.before, &(struct world_step){.kind = VN_ENTRY_USED, .receipt = "1"});
    assert_int_equal(world_sync(&tills.before), 0);
    assert_int_equal(counter(world, DAILY), 1);
    assert_int_equal(counter(world, STAMPS), 1);
    enrol_anew(&tills);
    world_append_raw(&tills.next, void_elsewhere);
    assert_int_equal(world_sync(&tills.next), 0);
    assert_int_equal(counter(world, DAILY), 0);
    assert_int_equal(counter(world, STAMPS), 9);
    assert_ended(&tills, 0);
}

static void test_a_hold_that_was_written_off_is_voided(void **state)
{
    struct tills tills;
    struct vn_loss loss;
    struct vn_error error;
    char id[2 * VN_ID_BYTES + 1];
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.before), 0);
    enrol_anew(&tills);
    vn_hex_encode(vn_view_of(tills.before.enrolment.bytes, VN_ID_BYTES), id);
    assert_int_equal(vn_write_off(&tills.world->hub, id, 100, "test", &loss, &error), VN_OK);
    world_append_raw(&tills.next, void_elsewhere);
    assert_int_equal(world_sync(&tills.next), 0);
    assert_ended(&tills, 0);
}

/* The till's own journal tells of its hold; what the POS asks of the next one comes first. */
static void test_a_hold_that_is_handed_in_later_is_voided(void **state)
{
    struct tills tills;
    start(*state, &tills);
    enrol_anew(&tills);
    world_append_raw(&tills.next, void_elsewhere);
    assert_int_equal(world_sync(&tills.next), 1);
    world_hand_in(&tills.next, &tills.before, 1);
    world_append_raw(&tills.next, "no entry");
    assert_int_equal(world_sync(&tills.next), 1); /* that one only */
    assert_ended(&tills, 100);
}

/* Hold and receipt come together: what waits for them goes on once. */
static void test_what_waits_for_a_sale_that_is_handed_in_goes_on_once(void **state)
{
    struct tills tills;
    struct world_step commit = hold;
    start(*state, &tills);
    commit.kind = VN_ENTRY_COMMIT;
    commit.out = 0;
    world_append(&tills.before, &commit);
    enrol_anew(&tills);
    world_append_raw(&tills.next, void_elsewhere);
    assert_int_equal(world_sync(&tills.next), 1);
    world_hand_in(&tills.next, &tills.before, 1);
    world_append(&tills.next, &(struct world_step){.kind = VN_ENTRY_BOOT});
    assert_int_equal(world_sync(&tills.next), 0);
    assert_ended(&tills, 100);
}

/* It is the journal in force that holds, and an older one that asks: a receipt may come. */
static void test_a_hold_of_the_enrolment_in_force_is_waited_for(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    tills.world = *state;
    world_start(tills.world, &tills.before);
    enrol_anew(&tills);
    world_append(&tills.next,
                 &(struct world_step){.kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w2", .earned = 30});
    assert_int_equal(world_sync(&tills.next), 0);
    world_append_raw(&tills.before, void_elsewhere);
    assert_int_equal(world_sync(&tills.before), 1);
    world_sale(tills.world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_HELD);
    world_audit(tills.world);
    world_till_end(&tills.before);
    world_till_end(&tills.next);
}

/* The next enrolment holds the same receipt, and ends that hold by `how`: what the journal before held is that one's right again,
 * and a write-off finds it. */
static void check_held_twice(struct world *world, enum vn_entry_kind how, int64_t right, int64_t redeemed)
{
    struct tills tills;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    struct world_step step = hold;
    start(world, &tills);
    assert_int_equal(world_sync(&tills.before), 0);
    enrol_anew(&tills);
    assert_int_equal(world_rights(&tills.next, "w1", 50), 50);
    step.spent = step.out = 50;
    world_append(&tills.next, &step);
    step = (struct world_step){.kind = how, .receipt = "1", .right = "w1", .in = right};
    world_append(&tills.next, &step);
    assert_int_equal(world_sync(&tills.next), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, 0), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, tills.before.id), 100);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, tills.next.id), right);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_REDEEMED, 0), redeemed);
    assert_int_equal(vn_write_off(&world->hub, "t1", 100 + right, "test", &loss, &error), VN_OK);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 500 - redeemed);
    world_audit(world);
    world_till_end(&tills.before);
    world_till_end(&tills.next);
}

static void test_a_hold_that_the_next_enrolment_cancels_is_left_to_nobody(void **state)
{
    check_held_twice(*state, VN_ENTRY_CANCEL, 50, 0);
}

static void test_a_hold_that_the_next_enrolment_finds_open_is_left_to_nobody(void **state)
{
    check_held_twice(*state, VN_ENTRY_USED, 0, 50);
}

/* Who has an old disk has its certificate, too. */
static void test_an_older_enrolment_does_not_end_a_newer_one(void **state)
{
    struct world *world = *state;
    struct world_till old;
    struct world_till till;
    struct vn_ingest_result result;
    struct vn_enrolment_row row;
    world_start(world, &old);
    world_till_start(world, &till, "t1");
    world_commit(&till, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_hand(&old, &till, 1, 1, &result), VN_DENIED);
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_ACTIVE);
    world_till_end(&old);
    world_till_end(&till);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_hold_is_voided_at_the_next_enrolment),
        TEST(test_a_hold_that_counted_as_used_is_voided_there),
        TEST(test_what_a_hold_counted_when_it_was_used_counts_no_more),
        TEST(test_a_hold_that_was_written_off_is_voided),
        TEST(test_a_hold_that_is_handed_in_later_is_voided),
        TEST(test_what_waits_for_a_sale_that_is_handed_in_goes_on_once),
        TEST(test_a_hold_of_the_enrolment_in_force_is_waited_for),
        TEST(test_a_hold_that_the_next_enrolment_cancels_is_left_to_nobody),
        TEST(test_a_hold_that_the_next_enrolment_finds_open_is_left_to_nobody),
        TEST(test_an_older_enrolment_does_not_end_a_newer_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
