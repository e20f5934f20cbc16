/* Entries that lie about rights, and steps of a sale in an order that no honest till writes them. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/hub_world.h"

#define RIGHT(granted, in, out)                                                                              \
    "\"rights\":[{\"account\":\"w1\",\"granted\":" #granted ",\"in\":" #in ",\"out\":" #out ",\"move\":0}]"
#define SALE "\"sale\":[\"1\",\"2026-11-22\",\"1\"]"

static void test_counters_beyond_belief_in_quarantine_give_nothing(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w1", .in = VN_AMOUNT_MAX});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 5000});
    world_append(&till,
                 &(struct world_step){
                     .kind = VN_ENTRY_COMMIT, .receipt = "1", .right = "w1", .spent = 400, .out = 400});
    assert_int_equal(world_sync(&till), 3);
    assert_int_equal(world_owned(world, "w1"), 500);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 400);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_REDEEMED, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

static void test_an_unknown_kind_that_moves_a_right_is_counted_and_blocks_nothing(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    world_append_raw(&till, "{\"v\":1,\"kind\":\"lend\",\"t\":1,\"mono\":1,\"rights\":[{\"account\":\"w1\","
                            "\"granted\":100,\"in\":0,\"out\":40,\"move\":40}]}");
    world_append_raw(&till, "{\"v\":9,\"rights\":[{\"account\":\"w1\",\"granted\":100,\"in\":0,\"out\":60,"
                            "\"move\":20}]}");
    world_append_raw(&till, "[");
    world_commit(&till, "1", "w2", 1000, 5);
    assert_int_equal(world_sync(&till), 3);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 40);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_SUSPENSE, till.id), 60);
    assert_int_equal(world_owned(world, "w2"), 5);
    world_audit(world);
    world_till_end(&till);
}

static void test_a_hold_of_an_earlier_enrolment_is_used_by_the_commit(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till anew;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 300), 300);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 100, .right = "w1", .out = 100});
    assert_int_equal(world_sync(&till), 0);
    world_till_start(world, &anew, "t1");
    world_append(&anew, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                             .receipt = "1",
                                             .account = "w1",
                                             .total_minor = 1000,
                                             .spent = 100,
                                             .right = "w1",
                                             .earned = 7});
    assert_int_equal(world_sync(&anew), 0);
    assert_int_equal(world_owned(world, "w1"), 407);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, till.id), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_REDEEMED, 0), 100);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_DEBT, 0), 0);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&anew);
}

static void test_a_void_after_enrolling_anew_leaves_the_commit_where_it_was(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till anew;
    world_start(world, &till);
    world_commit(&till, "1", "w2", 1000, 30);
    assert_int_equal(world_sync(&till), 0);
    world_till_start(world, &anew, "t1");
    world_append(&anew, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&anew), 0);
    assert_int_equal(world_owned(world, "w2"), 0);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&anew);
}

/* Void and return of one sale, in both orders, by two tills: the second finds nothing to give back. */
static void test_a_coupon_is_given_back_once(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    for (int turn = 0; turn < 2; turn++) {
        const char *receipt = turn == 0 ? "1" : "2";
        (void)world_rights(&till, "c1", turn + 1);
        world_append(&till, &(struct world_step){
                                .kind = VN_ENTRY_COMMIT, .receipt = receipt, .right = "c1", .out = 1});
        (void)world_sync(&till);
        assert_int_equal(world_owned(world, "c1"), 0);
        const struct world_step given = {.kind = VN_ENTRY_RETURN, .receipt = receipt};
        const struct world_step taken = {
            .kind = VN_ENTRY_VOID, .receipt = receipt, .right = "c1", .in = turn == 0 ? 1 : 0};
        world_append(turn == 0 ? &till : &other, turn == 0 ? &taken : &given);
        (void)world_sync(turn == 0 ? &till : &other);
        assert_int_equal(world_owned(world, "c1"), 1);
        world_append(turn == 0 ? &other : &till, turn == 0 ? &given : &taken);
        assert_true(world_sync(turn == 0 ? &other : &till) > 0);
        assert_int_equal(world_owned(world, "c1"), 1);
        world_append(&other, &given);
        (void)world_sync(&other);
        assert_int_equal(world_owned(world, "c1"), 1);
        if (turn == 0) {
            world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "c1", .out = 1});
            (void)world_sync(&till);
        }
    }
    world_audit(world);
    world_till_end(&till);
    world_till_end(&other);
}

/* Each of these is well formed, and each would gain something if it were believed. */
static void test_counters_that_lie_are_not_believed(void **state)
{
    static const char *const lies[] = {
        "{\"v\":1,\"kind\":\"finding\",\"t\":1,\"mono\":1," RIGHT(900, 0, 40) "}",
        "{\"v\":1,\"kind\":\"finding\",\"t\":1,\"mono\":1," RIGHT(100, 0, 10) "}",
        "{\"v\":1,\"kind\":\"cancel\",\"t\":1,\"mono\":1," SALE "," RIGHT(100, 40, 100) "}",
        "{\"v\":1,\"kind\":\"grant\",\"t\":1,\"mono\":1," RIGHT(77, 40, 100) "}",
    };
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 40, .right = "w1", .out = 40});
    assert_int_equal(world_sync(&till), 0);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        world_append_raw(&till, lies[i]);
        assert_int_equal(world_sync(&till), i + 1);
        assert_int_equal(world_owned(world, "w1"), 500);
        world_audit(world);
    }
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 400);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, till.id), 40);
    world_till_end(&till);
}

static void test_what_one_sale_holds_no_other_can_spend(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 100, .right = "w1", .out = 100});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                             .receipt = "2",
                                             .account = "w1",
                                             .spent = 100,
                                             .right = "w1",
                                             .out = 100});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 100});
    assert_int_equal(world_sync(&till), 2);
    world_append(&till,
                 &(struct world_step){
                     .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .spent = 100, .right = "w1"});
    assert_int_equal(world_sync(&till), 2);
    assert_int_equal(world_owned(world, "w1"), 400);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 400);
    world_audit(world);
    world_till_end(&till);
}

static void test_a_sale_that_is_done_can_not_be_held_or_cancelled(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    world_start(world, &till);
    world_commit(&till, "1", "w2", 1000, 30);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w2"});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_CANCEL, .receipt = "1"});
    world_commit(&till, "1", "w2", 1000, 30);
    assert_int_equal(world_sync(&till), 3);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_COMMITTED);
    assert_int_equal(world_owned(world, "w2"), 30);
    world_till_end(&till);
}

static void test_a_hold_that_was_used_has_no_points_to_take_back(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .earned = 30});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_USED, .receipt = "1"});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w1"), 500);
    world_audit(world);
    world_till_end(&till);
}

/* What was a debt never was a right: a void that raises `in` by it asks for one out of nothing. */
static void test_a_debt_is_given_back_as_no_right(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    world_append(&till,
                 &(struct world_step){
                     .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .spent = 600, .right = "w1"});
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w1"), -100);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1", .right = "w1", .in = 600});
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(world_owned(world, "w1"), -100);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 500);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_DEBT, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_counters_beyond_belief_in_quarantine_give_nothing),
        TEST(test_an_unknown_kind_that_moves_a_right_is_counted_and_blocks_nothing),
        TEST(test_a_hold_of_an_earlier_enrolment_is_used_by_the_commit),
        TEST(test_a_void_after_enrolling_anew_leaves_the_commit_where_it_was),
        TEST(test_a_coupon_is_given_back_once),
        TEST(test_counters_that_lie_are_not_believed),
        TEST(test_what_one_sale_holds_no_other_can_spend),
        TEST(test_a_sale_that_is_done_can_not_be_held_or_cancelled),
        TEST(test_a_hold_that_was_used_has_no_points_to_take_back),
        TEST(test_a_debt_is_given_back_as_no_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
