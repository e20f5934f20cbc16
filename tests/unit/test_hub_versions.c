/* A hub.db of every earlier version opens, says what it said then, and takes new rows. What stands in the frozen ones is told in
 * fixtures/db/README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/hub/audit.h"
#include "sync/hub/feed_publisher.h"
#include "sync/hub/storage_segments.h"
#include "tests/unit/folder.h"

struct copy {
    struct vn_hub hub;
    struct folder folder;
};

static int open_copy(void **state)
{
    struct copy *copy = calloc(1, sizeof *copy);
    struct vn_error error = {VN_OK, "", ""};
    assert_non_null(copy);
    folder_create(&copy->folder);
    folder_copy(VERNO_SOURCE "/fixtures/db/v1/hub.sqlite", folder_file(&copy->folder, "hub.db"));
    if (vn_storage_open(copy->folder.file, NULL, &copy->hub.storage, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    *state = copy;
    return 0;
}

static enum vn_status on_contradiction(void *ctx, const char *sentence)
{
    (void)ctx;
    print_error("%s\n", sentence);
    return VN_CORRUPT;
}

static void audit(struct vn_hub *hub, int64_t expected_entries)
{
    int64_t entries = 0;
    assert_int_equal(vn_audit(hub, on_contradiction, NULL, &entries), VN_OK);
    assert_int_equal(entries, expected_entries);
}

static void test_versions_ledger_of_1_is_whole(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    const int64_t expected[VN_PLACES] = {
        [VN_PLACE_ISSUED] = -12285, [VN_PLACE_FREE] = 12129,  [VN_PLACE_RIGHT] = 20, [VN_PLACE_HELD] = 10,
        [VN_PLACE_REDEEMED] = 100,  [VN_PLACE_SUSPENSE] = 20, [VN_PLACE_PAST] = 6};
    int64_t totals[VN_PLACES];
    int64_t owned = 0;
    audit(hub, 33);
    assert_int_equal(vn_storage_totals(hub->storage, totals), VN_OK);
    assert_memory_equal(totals, expected, sizeof totals);
    assert_int_equal(vn_storage_owned(hub->storage, "w6", &owned), VN_OK);
    assert_int_equal(owned, 3030);
}

static enum vn_status count_kinds(void *ctx, const struct vn_sale_row *row)
{
    ((int *)ctx)[row->state]++;
    return VN_OK;
}

static enum vn_status count_entries(void *ctx, const char *till, const struct vn_quarantined_row *row)
{
    assert_string_equal(till, "t3");
    assert_true(row->reason[0] != '\0');
    ++*(int *)ctx;
    return VN_OK;
}

static void test_versions_sales_of_1_are_there(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    int kinds[VN_SALE_RETURNED + 1] = {0};
    int quarantined = 0;
    struct vn_counters counters;
    assert_int_equal(vn_storage_sales(hub->storage, "", count_kinds, kinds), VN_OK);
    assert_int_equal(kinds[VN_SALE_HELD], 2);
    assert_int_equal(kinds[VN_SALE_COMMITTED], 6);
    assert_int_equal(kinds[VN_SALE_USED], 1);
    assert_int_equal(kinds[VN_SALE_VOIDED], 2);
    assert_int_equal(kinds[VN_SALE_RETURNED], 1);
    assert_int_equal(vn_storage_quarantine(hub->storage, count_entries, &quarantined), VN_OK);
    assert_int_equal(quarantined, 4);
    assert_int_equal(vn_storage_counters(hub->storage, 3, "w1", &counters), VN_OK);
    assert_int_equal(counters.granted, 50);
    assert_int_equal(counters.out, 30);
}

static void test_versions_1_takes_new_rows(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    const struct vn_slot from = {"w6", VN_PLACE_ISSUED, 0};
    const struct vn_slot to = {"w6", VN_PLACE_FREE, 0};
    const struct vn_cause cause = {.why = "import", .at_ms = 1795334400000};
    const struct vn_lot lot = {.amount = 5, .earned_ms = 1795334400000};
    struct vn_sale_row sale = {
        .enrolment = 1, .till = "t1", .key = {"1", "2026-11-22", "99"}, .account = "w6"};
    struct vn_change change;
    int64_t id = 0;
    int64_t last = 0;
    int64_t published = 0;
    bool more = true;
    unsigned count = 0;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    assert_int_equal(vn_storage_change_last(hub->storage, &last), VN_OK);
    assert_int_equal(vn_storage_move(hub->storage, &from, &to, 5, &cause), VN_OK);
    assert_int_equal(vn_storage_lot_add(hub->storage, "w6", &lot, &id), VN_OK);
    assert_true(id > 88);
    assert_int_equal(vn_storage_sale_put(hub->storage, &sale), VN_OK);
    assert_true(sale.id > 12);
    assert_int_equal(vn_storage_change(hub->storage, VN_FEED_MEMBER, "w6"), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    assert_int_equal(vn_storage_changes(hub->storage, "", 0, &change, 1, &count), VN_OK);
    assert_int_equal(count, 1); /* what the first version had numbered */
    assert_true(change.number <= last);
    hub->clock = vn_clock_system();
    assert_int_equal(vn_feed_publish(hub, &published, &more), VN_OK);
    assert_true(published > last);
    assert_int_equal(vn_storage_changes(hub->storage, "", last, &change, 1, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(change.key, "w6");
    audit(hub, 33);
}

static int close_copy(void **state)
{
    struct copy *copy = *state;
    vn_storage_close(copy->hub.storage);
    folder_remove(&copy->folder);
    free(copy);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_versions_ledger_of_1_is_whole, open_copy, close_copy),
        cmocka_unit_test_setup_teardown(test_versions_sales_of_1_are_there, open_copy, close_copy),
        cmocka_unit_test_setup_teardown(test_versions_1_takes_new_rows, open_copy, close_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
