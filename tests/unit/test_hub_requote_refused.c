/* What the database refuses while receipts are quoted again: a row that it can't read, or can't write, is passed over and
 * counted, and stops nothing else. A server that says so ends the transaction with it. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/storage/requote.h"
#include "tests/unit/hub_seller.h"

#define HEADER                                                                                               \
    "{\"ruleset\":1,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"         \
    "\"none\",\"wallet\":{\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":10,\"spend_step\":1},"        \
    "\"earning\":{\"points\":1,\"per_minor\":1000},"                                                         \
    "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"choice\":\"all\"}]}\n"
#define GOODS                                                                                                \
    "{\"code\":\"100\",\"name\":\"Coffee\",\"category\":\"food/coffee\"}\n"                                  \
    "{\"code\":\"200\",\"name\":\"Tea\",\"category\":\"food/tea\"}\n"

/* What PostgreSQL says of a row whose page or whose large value is damaged. Of a costly function it asks for the rows of the
 * result alone. */
#define DAMAGED                                                                                              \
    "CREATE FUNCTION damaged() RETURNS bytea STABLE COST 1000 LANGUAGE plpgsql AS $$ BEGIN"                  \
    " RAISE EXCEPTION 'missing chunk number 0 for toast value 1' USING ERRCODE = 'XX001'; END $$;"

static struct seller *begin(void **state)
{
    struct seller *seller = seller_start(*state);
    seller_publish(seller, HEADER);
    seller_import(seller, GOODS);
    return seller;
}

/* One receipt a batch. `more`: points that the till invents. */
static void sell(struct seller *seller, const char *receipt, const char *code, int64_t more)
{
    seller_begin(seller, receipt);
    seller_line(seller, code, 10000);
    seller_member(seller, "w2");
    assert_int_equal(seller_quote(seller), VN_OK);
    seller->outcome.points_earned += more;
    seller_write(seller, VN_ENTRY_COMMIT);
    assert_int_equal(world_sync(&seller->till), 0);
}

/* The next receipts are another till's. */
static void change_till(struct seller *seller, struct world_till *before)
{
    *before = seller->till;
    world_till_start(seller->world, &seller->till, "t2");
}

static void test_an_item_that_the_server_can_not_read_costs_its_receipts_alone(void **state)
{
    struct world_till first;
    if (!database_is_postgres()) {
        skip();
    }
    struct seller *seller = begin(state);
    sell(seller, "1", "100", 0);
    sell(seller, "2", "200", 0);
    sell(seller, "3", "100", 0);
    change_till(seller, &first);
    sell(seller, "4", "200", 0);
    sell(seller, "5", "100", 50);
    database_run(DAMAGED "ALTER TABLE item_state RENAME TO item_state_whole;"
                         "CREATE VIEW item_state AS SELECT code, n, at_ms, until_ms, CASE WHEN code = '200' "
                         "THEN damaged() ELSE"
                         " document END AS document FROM item_state_whole");
    seller_requote(seller, 1000);
    seller_check(seller, 2, "unreadable", 2, "differs", 1, NULL);
    world_till_end(&first);
    seller_end(seller);
}

static void test_a_segment_that_the_server_can_not_read_is_passed_over(void **state)
{
    struct world_till first;
    char sql[1024];
    if (!database_is_postgres()) {
        skip();
    }
    struct seller *seller = begin(state);
    sell(seller, "1", "100", 0);
    sell(seller, "2", "100", 0);
    sell(seller, "3", "100", 0);
    change_till(seller, &first);
    sell(seller, "4", "100", 0);
    (void)snprintf(
        sql, sizeof sql,
        DAMAGED
        "ALTER TABLE segment RENAME TO segment_whole;"
        "CREATE VIEW segment AS SELECT enrolment, from_seq, count, skip, head, since_ms, arrived_ms, packing,"
        " CASE WHEN enrolment = %lld AND from_seq = 2 THEN damaged() ELSE bytes END AS bytes FROM "
        "segment_whole",
        (long long)first.id);
    database_run(sql);
    seller_requote(seller, 1000);
    seller_check(seller, 3, "unreadable", 1, NULL);
    database_run(
        "DROP VIEW segment; ALTER TABLE segment_whole RENAME TO segment"); /* for the audit at the end */
    world_till_end(&first);
    seller_end(seller);
}

static enum vn_status count_differing(void *ctx, const struct vn_differing_row *row)
{
    int *count = ctx;
    assert_string_equal(row->sale.receipt, "3");
    ++*count;
    return VN_OK;
}

static void test_a_sale_that_the_server_can_not_flag_keeps_no_other_waiting(void **state)
{
    int count = 0;
    if (!database_is_postgres()) {
        skip();
    }
    struct seller *seller = begin(state);
    sell(seller, "1", "100", 0);
    sell(seller, "2", "100", 50);
    sell(seller, "3", "100", 50);
    database_run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 " RAISE EXCEPTION 'invalid page in block 0' USING ERRCODE = 'XX001'; END $$;"
                 "CREATE TRIGGER refused BEFORE UPDATE ON sale FOR EACH ROW WHEN (NEW.receipt = '2')"
                 " EXECUTE FUNCTION refuse()");
    seller_requote(seller, 1000);
    seller_check(seller, 1, "unreadable", 1, "differs", 1, NULL);
    assert_int_equal(vn_storage_differing(seller->world->hub.storage, "", count_differing, &count), VN_OK);
    assert_int_equal(count, 1);
    seller_end(seller);
}

/* More rows than a slice passes over. */
static void test_many_rows_that_can_not_be_read_are_passed_over_slice_by_slice(void **state)
{
    char receipt[16];
    if (!database_is_postgres()) {
        skip();
    }
    struct seller *seller = begin(state);
    for (int i = 1; i <= 40; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        sell(seller, receipt, i == 40 ? "100" : "200", 0);
    }
    database_run(DAMAGED "ALTER TABLE item_state RENAME TO item_state_whole;"
                         "CREATE VIEW item_state AS SELECT code, n, at_ms, until_ms, CASE WHEN code = '200' "
                         "THEN damaged() ELSE"
                         " document END AS document FROM item_state_whole");
    seller_requote(seller, 1000);
    seller_check(seller, 1, "unreadable", 39, NULL);
    seller_end(seller);
}

static enum vn_status take_differing(void *ctx, const struct vn_differing_row *row)
{
    *(struct vn_differing_row *)ctx = *row;
    return VN_OK;
}

/* Whatever a till's entry can say, and texts that were cut in the middle of a letter. */
static void test_no_row_is_refused_for_what_is_in_it(void **state)
{
    struct seller *seller = begin(state);
    struct vn_storage *storage = seller->world->hub.storage;
    struct vn_differing_row row = {.enrolment = seller->till.id,
                                   .seq = INT64_MAX,
                                   .found_ms = INT64_MIN,
                                   .at_ms = INT64_MAX,
                                   .earned = {INT64_MIN, INT64_MAX},
                                   .spent = {INT64_MAX, INT64_MIN},
                                   .discount_minor = {INT64_MIN, INT64_MIN}};
    struct vn_differing_row found;
    memset(row.till, 't', sizeof row.till - 1);
    (void)snprintf(row.sale.pos, sizeof row.sale.pos, "p\xff\xc3");
    (void)snprintf(row.sale.date, sizeof row.sale.date, "\x01\x7f'\"\\");
    memset(row.sale.receipt, 0xf0, sizeof row.sale.receipt - 1);
    memset(row.pointer, 0x80, sizeof row.pointer - 1);
    memset(row.text, 0xe2, sizeof row.text - 1);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_differing_put(storage, &row), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    assert_int_equal(vn_storage_differing(storage, row.till, take_differing, &found), VN_OK);
    assert_int_equal(found.seq, INT64_MAX);
    assert_int_equal(found.earned[0], INT64_MIN);
    assert_int_equal(strlen(found.text), sizeof row.text - 1);
    seller_end(seller);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_item_that_the_server_can_not_read_costs_its_receipts_alone),
        TEST(test_a_segment_that_the_server_can_not_read_is_passed_over),
        TEST(test_a_sale_that_the_server_can_not_flag_keeps_no_other_waiting),
        TEST(test_many_rows_that_can_not_be_read_are_passed_over_slice_by_slice),
        TEST(test_no_row_is_refused_for_what_is_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
