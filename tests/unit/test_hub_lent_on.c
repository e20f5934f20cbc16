/* A till that is written off had lent on what it had of another: whoever tells of it first, and whether before or after the
 * write-off, it is in one place. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/hub_store.h"

/* t1 lent to t2, which lent on to t3 and tells nothing. Whatever the order of the lender's give (g), the borrower's take (t) and
 * the write-off (w), it comes to the same. */
static void check_lent_on(void **state, const char *order, int64_t held, const char *account)
{
    struct store store;
    store_start(&store, *state);
    bool coupon = account[0] == 'c';
    struct vn_give first = store_give(&store, 0, 1, 1, coupon ? 1 : 50);
    struct vn_give on = store_give(&store, 1, 2, 2, coupon ? 1 : 50);
    (void)snprintf(first.account, sizeof first.account, "%s", account);
    (void)snprintf(on.account, sizeof on.account, "%s", account);
    assert_int_equal(world_rights(&store.tills[0].till, account, held), held);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    for (const char *what = order; *what != '\0'; what++) {
        if (*what == 'w') {
            store_write_off(&store, "t2", strcmp(order, "gwt") == 0 && !coupon ? 50 : 0);
            continue;
        }
        unsigned whose = *what == 'g' ? 0 : 2;
        store_append(&store, whose, whose == 0 ? VN_ENTRY_GIVE : VN_ENTRY_TAKE, whose == 0 ? &first : &on,
                     whose == 0 ? 0 : 1);
        assert_int_equal(world_sync(&store.tills[whose].till), 0);
        world_audit(store.world);
    }
    for (unsigned i = 0; i < 3; i++) {
        int64_t right = i == 0 ? held - first.amount : i == 2 ? first.amount : 0;
        int64_t id = store.tills[i].till.id;
        assert_int_equal(world_balance(store.world, account, VN_PLACE_RIGHT, id), right);
        assert_int_equal(world_balance(store.world, account, VN_PLACE_LENT, id), 0);
    }
    assert_int_equal(world_balance(store.world, account, VN_PLACE_FREE, 0), coupon ? 0 : 500 - held);
    assert_int_equal(world_balance(store.world, account, VN_PLACE_LOST, 0), 0);
    assert_int_equal(world_balance(store.world, account, VN_PLACE_DEBT, 0), 0);
    store_end(&store);
}

static void test_what_a_till_that_is_gone_lent_on_and_its_lender_tells_first(void **state)
{
    check_lent_on(state, "wgt", 400, "w1");
}

static void test_what_a_till_that_is_gone_lent_on_and_its_borrower_tells_first(void **state)
{
    check_lent_on(state, "wtg", 400, "w1");
}

/* Nothing is free meanwhile: it is owed until its lender tells. */
static void test_what_a_till_that_is_gone_lent_on_of_all_that_there_was(void **state)
{
    check_lent_on(state, "wtg", 500, "w1");
}

static void test_what_a_till_lent_on_before_it_is_written_off(void **state)
{
    check_lent_on(state, "gtw", 400, "w1");
}

static void test_what_a_till_lent_on_and_both_others_told_before(void **state)
{
    check_lent_on(state, "tgw", 500, "w1");
}

static void test_what_a_till_lent_on_and_its_borrower_told_before(void **state)
{
    check_lent_on(state, "twg", 400, "w1");
}

static void test_what_a_till_lent_on_and_its_lender_told_before(void **state)
{
    check_lent_on(state, "gwt", 400, "w1");
}

/* It had lent on a part of what is heard of later: the rest is lost, and no more. */
static void test_what_a_till_that_is_gone_lent_on_is_found_once(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *lender = &store.tills[0].till;
    const struct vn_give on = store_give(&store, 1, 2, 1, 50);
    assert_int_equal(world_rights(lender, "w1", 400), 400);
    store_write_off(&store, "t2", 0);
    store_append(&store, 2, VN_ENTRY_TAKE, &on, 1);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    check_figures(&store, 50, 0, 0);
    const struct vn_give gives[] = {store_give(&store, 0, 1, 2, 30), store_give(&store, 0, 1, 3, 100),
                                    store_give(&store, 0, 1, 4, 7)};
    const int64_t lost[] = {0, 80, 87};
    int64_t free = 50;
    for (unsigned i = 0; i < 3; i++) {
        store_append(&store, 0, VN_ENTRY_GIVE, &gives[i], 0);
        assert_int_equal(world_sync(lender), 0);
        free += gives[i].amount;
        check_figures(&store, free, lost[i], 0);
    }
    assert_int_equal(world_owned(store.world, "w1"), 500);
    store_end(&store);
}

static void test_a_coupon_that_a_till_that_is_gone_lent_on(void **state)
{
    check_lent_on(state, "wgt", 1, "c1");
}

static void test_a_coupon_that_a_till_that_is_gone_lent_on_is_told_by_its_borrower(void **state)
{
    check_lent_on(state, "wtg", 1, "c1");
}

static void test_a_coupon_that_a_till_lent_on_before_it_is_written_off(void **state)
{
    check_lent_on(state, "gtw", 1, "c1");
}

static void test_a_coupon_that_a_till_lent_on_is_told_by_its_borrower_before(void **state)
{
    check_lent_on(state, "twg", 1, "c1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_till_that_is_gone_lent_on_and_its_lender_tells_first),
        TEST(test_what_a_till_that_is_gone_lent_on_and_its_borrower_tells_first),
        TEST(test_what_a_till_that_is_gone_lent_on_of_all_that_there_was),
        TEST(test_what_a_till_lent_on_before_it_is_written_off),
        TEST(test_what_a_till_lent_on_and_both_others_told_before),
        TEST(test_what_a_till_lent_on_and_its_borrower_told_before),
        TEST(test_what_a_till_lent_on_and_its_lender_told_before),
        TEST(test_what_a_till_that_is_gone_lent_on_is_found_once),
        TEST(test_a_coupon_that_a_till_that_is_gone_lent_on),
        TEST(test_a_coupon_that_a_till_that_is_gone_lent_on_is_told_by_its_borrower),
        TEST(test_a_coupon_that_a_till_lent_on_before_it_is_written_off),
        TEST(test_a_coupon_that_a_till_lent_on_is_told_by_its_borrower_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
