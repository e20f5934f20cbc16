/* One statement for many rows at once, over each database. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

#define OTHERS                                                                                               \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"              \
    " AND pid <> pg_backend_pid()"

static int64_t number_of(struct vn_storage *storage, const char *name)
{
    int64_t value = -1;
    enum vn_status status = vn_storage_number(storage, name, &value);
    assert_true(status == VN_OK || status == VN_ABSENT);
    return value;
}

#define MANY 1000

struct many {
    int first;     /* number of the first name */
    int same_from; /* from here on all have this name */
    int bound;
    int seen;
    int64_t sum;
    enum vn_status stop;
    char name[32];
};

static void bind_number(void *ctx, size_t at, struct vn_row *row)
{
    struct many *many = ctx;
    int number = many->first + (int)at;
    many->bound++;
    (void)snprintf(many->name, sizeof many->name, "n%d", number < many->same_from ? number : many->same_from);
    vn_row_bind(row, "ti", many->name, (int64_t)number);
}

static void bind_name(void *ctx, size_t at, struct vn_row *row)
{
    struct many *many = ctx;
    (void)snprintf(many->name, sizeof many->name, "n%d", (int)at);
    vn_row_bind(row, "t", many->name);
}

static enum vn_status see_number(void *ctx, size_t at, struct vn_row *row)
{
    struct many *many = ctx;
    assert_int_equal(vn_row_int(row, 0), at);
    many->seen++;
    many->sum += vn_row_int(row, 0);
    return many->seen == 700 ? many->stop : VN_OK;
}

#define PUT_NUMBER "INSERT INTO number(name, value) VALUES(?, ?)"

static void test_storage_many_rows_are_put_and_found(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    struct many many = {.same_from = MANY};
    struct vn_sql_batch put = {PUT_NUMBER, "ti", MANY, bind_number, NULL, &many};
    /* One more than there are: what is not found is not shown. */
    const struct vn_sql_batch get = {
        "SELECT value FROM number WHERE name = ?", "t", MANY + 1, bind_name, see_number, &many};
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_many(storage, &put), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    assert_int_equal(many.bound, MANY);
    assert_int_equal(vn_sql_many(storage, &get), VN_OK);
    assert_int_equal(many.seen, MANY);
    assert_int_equal(many.sum, MANY * (MANY - 1) / 2);
    many = (struct many){.stop = VN_INPUT};
    assert_int_equal(vn_sql_many(storage, &get), VN_INPUT);
    assert_int_equal(many.seen, 700);
    put.count = 0;
    assert_int_equal(vn_sql_many(storage, &put), VN_OK);
    /* The connection can be used as before. */
    assert_int_equal(number_of(storage, "n999"), 999);
}

static void test_storage_many_rows_are_changed(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    struct many many = {.same_from = 10};
    const struct vn_sql_batch put = {PUT_NUMBER
                                     " ON CONFLICT(name) DO UPDATE SET value = number.value + excluded.value",
                                     "ti",
                                     MANY,
                                     bind_number,
                                     NULL,
                                     &many};
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_many(storage, &put), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    assert_int_equal(number_of(storage, "n9"), 9);
    assert_int_equal(number_of(storage, "n10"), MANY * (MANY - 1) / 2 - 45);
}

static void test_storage_many_rows_of_which_one_is_there_already(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    for (int count = 2; count <= MANY; count += MANY / 2 - 1) {
        struct many many = {.same_from = count - 2};
        const struct vn_sql_batch put = {PUT_NUMBER, "ti", (size_t)count, bind_number, NULL, &many};
        assert_int_equal(vn_storage_begin(storage), VN_OK);
        assert_int_equal(vn_sql_many(storage, &put), VN_CONFLICT);
        vn_storage_rollback(storage);
        assert_int_equal(number_of(storage, "n0"), -1);
    }
}

static void test_storage_many_on_a_line_that_breaks(void **state)
{
    struct world *world = *state;
    struct many many = {.same_from = MANY};
    const struct vn_sql_batch put = {PUT_NUMBER, "ti", MANY, bind_number, NULL, &many};
    const struct vn_sql_batch change = {PUT_NUMBER " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                                        "ti",
                                        MANY,
                                        bind_number,
                                        NULL,
                                        &many};
    if (world->database == NULL) {
        return;
    }
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
        database_run(OTHERS);
        assert_int_equal(vn_sql_many(world->hub.storage, turn == 0 ? &put : &change), VN_GONE);
        assert_int_equal(vn_sql_many(world->hub.storage, turn == 0 ? &put : &change), VN_GONE);
        vn_storage_rollback(world->hub.storage);
        assert_int_equal(number_of(world->hub.storage, "n0"), -1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_storage_many_rows_are_put_and_found),
        TEST(test_storage_many_rows_are_changed),
        TEST(test_storage_many_rows_of_which_one_is_there_already),
        TEST(test_storage_many_on_a_line_that_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
