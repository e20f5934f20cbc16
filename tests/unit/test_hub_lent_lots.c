/* Of which lots loans are whose journals come in another order: takes that are posted before their lender was granted what it
 * lent. */
#include "sync/hub/ledger/jobs.h"
#include "tests/unit/hub_store.h"

#define DAY_MS INT64_C(86400000)

/* A loan that was taken, and let go of, before its lender was granted it: the grant makes that good and is out no more, so that
 * what the lender lets go of later is of the lot that it was granted then. */
static void test_what_is_granted_for_a_loan_of_before_is_out_no_more(void **state)
{
    struct store store;
    struct world_claim claim;
    struct vn_jobs_result jobs;
    store_start(&store, *state);
    struct world *world = store.world;
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    world->now_ms += 364 * DAY_MS;
    const struct vn_give give = store_give(&store, 0, 1, 1, 500);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    world_append(b, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 500});
    assert_int_equal(world_sync(b), 0);
    assert_int_equal(world_rights(a, "w1", 500), 500);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(a), 0);
    world_claim(world, a->id, "w1", &claim);
    assert_int_equal(claim.slices.count, 0);
    world->now_ms += 2 * DAY_MS;
    assert_int_equal(world_rights(a, "w1", 800), 800);
    world_append(a, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 300});
    assert_int_equal(world_sync(a), 0);
    assert_int_equal(vn_jobs_slice(&world->hub, &jobs), VN_OK);
    check_figures(&store, 500, 0, 0); /* none is of the lot that has expired */
    store_end(&store);
}

/* The take was posted before its lender was granted what it lent. What the borrower lets go of then goes back to the lot that the
 * grant was of, and lives no longer for having been lent. */
static void test_a_loan_of_before_its_grant_comes_back_to_the_lot_of_the_grant(void **state)
{
    struct store store;
    struct vn_jobs_result jobs;
    store_start(&store, *state);
    struct world *world = store.world;
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 300);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(b), 0);
    assert_int_equal(world_rights(a, "w1", 500), 500);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(a), 0);
    world_audit(world);
    world->now_ms += 10 * DAY_MS;
    world_append(b, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 100});
    assert_int_equal(world_sync(b), 0);
    assert_int_equal(vn_jobs_slice(&world->hub, &jobs), VN_OK);
    check_figures(&store, 100, 0, 0);
    world->now_ms += 356 * DAY_MS;
    world_append(b, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 200});
    assert_int_equal(world_sync(b), 0);
    assert_int_equal(vn_jobs_slice(&world->hub, &jobs), VN_OK);
    check_figures(&store, 0, 0, 0);
    assert_int_equal(store_place(&store, VN_PLACE_EXPIRED), 300);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 200);
    store_end(&store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_granted_for_a_loan_of_before_is_out_no_more),
        TEST(test_a_loan_of_before_its_grant_comes_back_to_the_lot_of_the_grant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
