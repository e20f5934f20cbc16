/* What each kind of entry does to balances, lots and rights; after each, the audit finds no contradiction. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/rights/rights.h"
#include "tests/unit/hub_world.h"

static void check(struct world *world, const char *account, const int64_t expected[VN_PLACES], int64_t till)
{
    for (int place = 0; place < VN_PLACES; place++) {
        bool own = place == VN_PLACE_RIGHT || place == VN_PLACE_HELD || place == VN_PLACE_SUSPENSE;
        int64_t found = world_balance(world, account, (enum vn_ledger_place)place, own ? till : 0);
        if (found != expected[place]) {
            fail_msg("%s '%s': %lld, not %lld", account, vn_ledger_place_name((enum vn_ledger_place)place),
                     (long long)found, (long long)expected[place]);
        }
    }
    world_audit(world);
}

#define CHECK(account, ...) check(world, account, (const int64_t[VN_PLACES]){__VA_ARGS__}, till.id)

static void test_earning_makes_a_lot_that_is_free(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w2", .total_minor = 10000, .earned = 35});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", [VN_PLACE_ISSUED] = -35, [VN_PLACE_FREE] = 35);
    struct vn_ledger_view *view = NULL;
    assert_int_equal(vn_ledger_view_create(&view), VN_OK);
    assert_int_equal(vn_ledger_view_read(view, world->hub.storage, world_account(world, "w2")), VN_OK);
    const struct vn_book_wallet *wallet = &vn_ledger_view_book(view)->wallets[0];
    assert_int_equal(wallet->lot_count, 1);
    assert_int_equal(wallet->lots[0].amount, 35);
    assert_int_equal(wallet->lots[0].expires_ms, world->now_ms + 365 * INT64_C(86400000));
    vn_ledger_view_destroy(view);
    world_till_end(&till);
}

static void test_a_hold_is_redeemed_by_its_commit(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 300), 300);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 300);
    struct world_step step = {
        .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 100, .right = "w1", .out = 100};
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    CHECK(
        "w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 200, [VN_PLACE_HELD] = 100);
    assert_int_equal(world_owned(world, "w1"), 500);
    step.kind = VN_ENTRY_COMMIT;
    step.out = 0;
    step.earned = 7;
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -507, [VN_PLACE_FREE] = 207, [VN_PLACE_RIGHT] = 200,
          [VN_PLACE_REDEEMED] = 100);
    assert_int_equal(world_owned(world, "w1"), 407);
    world_till_end(&till);
}

static void test_a_commit_that_needs_less_gives_the_rest_of_its_hold_back(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    (void)world_rights(&till, "w1", 300);
    struct world_step step = {
        .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 100, .right = "w1", .out = 100};
    world_append(&till, &step);
    step = (struct world_step){
        .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .spent = 60, .right = "w1", .in = 40};
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 240,
          [VN_PLACE_REDEEMED] = 60);
    world_till_end(&till);
}

static void test_a_cancel_gives_the_hold_back_to_the_right(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    (void)world_rights(&till, "w1", 300);
    struct world_step step = {
        .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 100, .right = "w1", .out = 100};
    world_append(&till, &step);
    step.kind = VN_ENTRY_CANCEL;
    step.out = 0;
    step.in = 100;
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 300);
    world_till_end(&till);
}

/* 100 of a right to 300 points were held, and the next receipt was committed. */
static void start_with_a_used_hold(struct world *world, struct world_till *till)
{
    struct world_step step = {.kind = VN_ENTRY_HOLD,
                              .receipt = "1",
                              .account = "w1",
                              .spent = 100,
                              .earned = 9,
                              .right = "w1",
                              .out = 100};
    world_start(world, till);
    (void)world_rights(till, "w1", 300);
    world_append(till, &step);
    step.kind = VN_ENTRY_USED;
    step.out = 0;
    world_append(till, &step);
}

static void test_a_hold_that_counts_as_used_is_redeemed_and_earns_nothing(void **state)
{
    struct world *world = *state;
    struct world_till till;
    start_with_a_used_hold(world, &till);
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 200,
          [VN_PLACE_REDEEMED] = 100);
    world_till_end(&till);
}

static void test_a_void_of_what_counts_as_used_gives_it_back_and_takes_nothing(void **state)
{
    struct world *world = *state;
    struct world_till till;
    start_with_a_used_hold(world, &till);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1", .right = "w1", .in = 100});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 300);
    world_till_end(&till);
}

static void test_a_void_undoes_all_that_its_commit_posted(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    (void)world_rights(&till, "w1", 300);
    struct world_step step = {.kind = VN_ENTRY_COMMIT,
                              .receipt = "1",
                              .account = "w1",
                              .spent = 100,
                              .earned = 35,
                              .right = "w1",
                              .out = 100};
    world_append(&till, &step);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1", .right = "w1", .in = 100});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 200, [VN_PLACE_RIGHT] = 300);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 300});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 500);
    world_till_end(&till);
}

static void test_points_taken_back_that_were_spent_become_a_debt_that_earning_pays(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    struct world_step earn = {.kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w2", .earned = 50};
    world_append(&till, &earn);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_rights(&till, "w2", 50), 50);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w2", .spent = 50, .right = "w2", .out = 50});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", [VN_PLACE_REDEEMED] = 50, [VN_PLACE_DEBT] = -50);
    assert_int_equal(world_owned(world, "w2"), -50);
    earn.receipt = "3";
    earn.earned = 80;
    world_append(&till, &earn);
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", [VN_PLACE_ISSUED] = -80, [VN_PLACE_FREE] = 30, [VN_PLACE_REDEEMED] = 50);
    world_till_end(&till);
}

static void test_a_return_at_another_till_gives_points_and_coupon_back(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    (void)world_rights(&till, "c1", 1);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .earned = 20, .right = "c1", .out = 1});
    assert_int_equal(world_sync(&till), 0);
    CHECK("c1", [VN_PLACE_ISSUED] = -1, [VN_PLACE_REDEEMED] = 1);
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_RETURN, .receipt = "1"});
    assert_int_equal(world_sync(&other), 0);
    CHECK("c1", [VN_PLACE_ISSUED] = -1, [VN_PLACE_FREE] = 1);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_FREE] = 500);
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_RETURN, .receipt = "1"});
    assert_int_equal(world_sync(&other), 1);
    CHECK("c1", [VN_PLACE_ISSUED] = -1, [VN_PLACE_FREE] = 1);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_what_is_consumed_without_a_right_is_a_debt_and_flagged(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    world_start(world, &till);
    /* The outcome consumes 60 of w2, the envelope moves no right. */
    world_append(&till,
                 &(struct world_step){
                     .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w2", .spent = 60, .right = "w2"});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", [VN_PLACE_REDEEMED] = 60, [VN_PLACE_DEBT] = -60);
    world_sale(world, "1", &sale);
    assert_string_equal(sale.flags, "no-right");
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", 0);
    world_till_end(&till);
}

/* Limits and stamp cards are accounts that nobody opened (agent/loyalty/accounts.h). */
static void test_what_is_taken_at_risk_is_owed_and_the_sale_counts(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    char account[VN_ID_MAX];
    world_start(world, &till);
    vn_account_member_limit("w2", "welcome", 0, account);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                             .receipt = "1",
                                             .account = "w2",
                                             .total_minor = 10000,
                                             .earned = 35,
                                             .at_risk = account});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", [VN_PLACE_ISSUED] = -35, [VN_PLACE_FREE] = 35);
    CHECK(account, [VN_PLACE_REDEEMED] = 1, [VN_PLACE_DEBT] = -1);
    world_sale(world, "1", &sale);
    assert_string_equal(sale.flags, "risk");
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    CHECK(account, 0);
    CHECK("w2", 0);
    account[5] = 'g'; /* no such name: still refused */
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "2", .at_risk = account});
    assert_int_equal(world_sync(&till), 1);
    world_till_end(&till);
}

static void test_lots_are_granted_soonest_to_expire_first(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_claim claim;
    world_start(world, &till);
    world_append(
        &till, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w2", .earned = 10});
    assert_int_equal(world_sync(&till), 0);
    world->now_ms += 86400000;
    world_append(
        &till, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w2", .earned = 20});
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_rights(&till, "w2", 15), 15);
    world_claim(world, till.id, "w2", &claim);
    assert_int_equal(claim.slices.rows[0].amount, 10);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_COMMIT, .receipt = "3", .account = "w2", .spent = 12, .right = "w2", .out = 12});
    assert_int_equal(world_sync(&till), 0);
    world_claim(world, till.id, "w2", &claim);
    assert_int_equal(claim.slices.rows[0].amount, 3);
    world_audit(world);
    world_till_end(&till);
}

static void test_lots_that_expired_are_not_granted(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    world->now_ms += 366 * INT64_C(86400000);
    assert_int_equal(world_rights(&till, "w1", 300), 0);
    world_till_end(&till);
}

static void test_rights_are_a_target_and_never_above_what_is_free(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    assert_int_equal(world_rights(&till, "w1", 300), 300);
    assert_int_equal(world_rights(&till, "w1", 300), 300);
    assert_int_equal(till.grant, 1);
    assert_int_equal(world_rights(&other, "w1", 300), 200);
    assert_int_equal(world_rights(&other, "w1", 900), 200);
    assert_int_equal(world_rights(&till, "w1", 100), 300);
    CHECK("w1", [VN_PLACE_ISSUED] = -500, [VN_PLACE_RIGHT] = 300);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_a_grant_whose_answer_was_lost_is_told_again(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_error error;
    struct vn_enrolment_row row;
    struct vn_rights_request request = {.count = 1, .wants = {{.account = "w1", .granted = 300}}};
    struct vn_rights_reply replies[2];
    world_start(world, &till);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
        world_row(&till, &row);
        assert_int_equal(vn_rights_grant(&world->hub, &row, &request, 0, &replies[i], &error), VN_OK);
        assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    }
    assert_int_equal(replies[1].number, replies[0].number);
    assert_int_equal(replies[1].grants[0].granted, 300);
    assert_int_equal(replies[1].grants[0].slice_count, replies[0].grants[0].slice_count);
    assert_int_equal(replies[1].grants[0].free, 200);
    world_till_end(&till);
}

static void test_an_unknown_card_earns_and_its_member_gets_it(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_hash hash;
    char hex[2 * VN_HASH_SIZE + 1];
    char account[VN_HUB_ACCOUNT_MAX];
    world_start(world, &till);
    vn_hub_card_hash(&world->hub, "2990000000031", &hash);
    vn_hex_encode(vn_view_of(hash.bytes, VN_HASH_SIZE), hex);
    (void)snprintf(account, sizeof account, "card:%s", hex);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .card = hex, .earned = 40});
    assert_int_equal(world_sync(&till), 0);
    CHECK(account, [VN_PLACE_ISSUED] = -40, [VN_PLACE_FREE] = 40);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":3,\"cards\":[\"2990000000031\"],\"balance\":5}\n");
    CHECK(account, 0);
    CHECK("w3", [VN_PLACE_ISSUED] = -45, [VN_PLACE_FREE] = 45);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    CHECK("w3", [VN_PLACE_ISSUED] = -5, [VN_PLACE_FREE] = 5);
    world_till_end(&till);
}

/* Both books are at the end of what sums may be; he owes a point, too, which the card's would pay. */
static void test_a_card_with_figures_beyond_belief_does_not_shut_its_members_book(void **state)
{
    struct world *world = *state;
    struct world_till till, honest;
    struct vn_hash hash;
    char hex[2 * VN_HASH_SIZE + 1];
    world_start(world, &till);
    world_till_start(world, &honest, "t2");
    vn_hub_card_hash(&world->hub, "2990000000093", &hash);
    vn_hex_encode(vn_view_of(hash.bytes, VN_HASH_SIZE), hex);
    struct world_step step = {.kind = VN_ENTRY_COMMIT,
                              .receipt = "1",
                              .card = hex,
                              .total_minor = 1000,
                              .qualifying = 1000 * VN_AMOUNT_MAX};
    world_append(&till, &step);
    step.receipt = "2";
    step.card = NULL;
    step.account = step.at_risk = "w2";
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    CHECK("w2", [VN_PLACE_DEBT] = -1, [VN_PLACE_REDEEMED] = 1);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":2,\"cards\":[\"2990000000093\"]}\n");
    world_commit(&honest, "3", "w2", 1000, 7);
    assert_int_equal(world_sync(&honest), 0);
    assert_int_equal(world_owned(world, "w2"), 6);
    world_till_end(&honest);
    world_till_end(&till);
}

static void test_imports_are_idempotent_by_id(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    const char *history = "{\"member\":1,\"at_ms\":1795000000000,\"store\":\"s1\",\"total_minor\":9000,"
                          "\"points\":12}\n";
    for (int i = 0; i < 2; i++) {
        world_fill(world);
        world_import(world, VN_IMPORT_HISTORY, history);
    }
    CHECK("w1", [VN_PLACE_ISSUED] = -512, [VN_PLACE_FREE] = 500, [VN_PLACE_PAST] = 12);
    CHECK("c1", [VN_PLACE_ISSUED] = -1, [VN_PLACE_FREE] = 1);
    assert_int_equal(world_owned(world, "w1"), 500);
    world_till_end(&till);
}

static void test_an_import_with_a_bad_line_names_it_and_changes_nothing(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    int64_t count = 0;
    const char *text = "{\"id\":8,\"cards\":[]}\n{\"id\":9,\"cards\":[\"29 90\"]}\n";
    assert_int_equal(vn_import(&world->hub, VN_IMPORT_MEMBERS, vn_view_str(text), &count, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/cards/0");
    assert_memory_equal(error.text, "line 2: ", 8);
    assert_null(strstr(error.text, "29 90"));
    assert_int_equal(vn_storage_member_get(world->hub.storage, 8, NULL), VN_ABSENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_earning_makes_a_lot_that_is_free),
        TEST(test_a_hold_is_redeemed_by_its_commit),
        TEST(test_a_commit_that_needs_less_gives_the_rest_of_its_hold_back),
        TEST(test_a_cancel_gives_the_hold_back_to_the_right),
        TEST(test_a_hold_that_counts_as_used_is_redeemed_and_earns_nothing),
        TEST(test_a_void_of_what_counts_as_used_gives_it_back_and_takes_nothing),
        TEST(test_a_void_undoes_all_that_its_commit_posted),
        TEST(test_points_taken_back_that_were_spent_become_a_debt_that_earning_pays),
        TEST(test_a_return_at_another_till_gives_points_and_coupon_back),
        TEST(test_what_is_consumed_without_a_right_is_a_debt_and_flagged),
        TEST(test_what_is_taken_at_risk_is_owed_and_the_sale_counts),
        TEST(test_lots_are_granted_soonest_to_expire_first),
        TEST(test_lots_that_expired_are_not_granted),
        TEST(test_rights_are_a_target_and_never_above_what_is_free),
        TEST(test_a_grant_whose_answer_was_lost_is_told_again),
        TEST(test_an_unknown_card_earns_and_its_member_gets_it),
        TEST(test_a_card_with_figures_beyond_belief_does_not_shut_its_members_book),
        TEST(test_imports_are_idempotent_by_id),
        TEST(test_an_import_with_a_bad_line_names_it_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
