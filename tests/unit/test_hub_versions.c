/* A hub.db of every earlier version opens, says what it said then, and takes new rows. What stands in the frozen ones is told in
 * fixtures/db/README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/hub/feed/publisher.h"
#include "sync/hub/ledger/audit.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/storage/branch.h"
#include "sync/hub/storage/items.h"
#include "sync/hub/storage/lists.h"
#include "sync/hub/storage/requote.h"
#include "tests/unit/folder.h"

struct copy {
    struct vn_hub hub;
    struct folder folder;
};

static int open_copy_of(const char *file, void **state)
{
    struct copy *copy = calloc(1, sizeof *copy);
    struct vn_error error = {VN_OK, "", ""};
    assert_non_null(copy);
    folder_create(&copy->folder);
    folder_copy(file, folder_file(&copy->folder, "hub.db"));
    if (vn_storage_open(copy->folder.file, NULL, &copy->hub.storage, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(vn_ledger_attach(&copy->hub, VN_LEDGER_WRITES), VN_OK);
    *state = copy;
    return 0;
}

static int open_copy(void **state)
{
    return open_copy_of(VERNO_SOURCE "/fixtures/db/v1/hub.sqlite", state);
}

static int open_copy_2(void **state)
{
    return open_copy_of(VERNO_SOURCE "/fixtures/db/v2/hub.sqlite", state);
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
    struct vn_ledger_view *view = NULL;
    audit(hub, 33);
    assert_int_equal(vn_storage_totals(hub->storage, totals), VN_OK);
    assert_memory_equal(totals, expected, sizeof totals);
    assert_int_equal(vn_ledger_view_create(&view), VN_OK);
    assert_int_equal(vn_ledger_view_read(view, hub->storage, vn_account_of_member(6, 0)), VN_OK);
    assert_int_equal(vn_ledger_owned(vn_ledger_view_row(view)), 3030);
    vn_ledger_view_destroy(view);
}

static enum vn_status count_kinds(void *ctx, const struct vn_sale_row *row)
{
    ((int *)ctx)[row->state]++;
    return VN_OK;
}

static enum vn_status count_entries(void *ctx, const struct vn_quarantine_row *row)
{
    assert_true(row->reason[0] != '\0');
    ++((int *)ctx)[row->class_];
    return VN_OK;
}

static enum vn_status check_claim(void *ctx, const struct vn_claim_row *row)
{
    *(bool *)ctx = true;
    assert_int_equal(row->granted, 50);
    assert_int_equal(row->out, 30);
    return VN_OK;
}

static void test_versions_sales_of_1_are_there(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    int kinds[VN_SALE_RETURNED + 1] = {0};
    int quarantined[VN_QUARANTINE_CLASSES] = {0};
    const struct vn_claim_key claim = {3, vn_account_of_member(1, 0)};
    const struct vn_quarantine_choice all = {.class_ = VN_QUARANTINE_CLASSES, .max = 100};
    bool found = false;
    assert_int_equal(vn_storage_sales(hub->storage, "", count_kinds, kinds), VN_OK);
    assert_int_equal(kinds[VN_SALE_HELD], 2);
    assert_int_equal(kinds[VN_SALE_COMMITTED], 6);
    assert_int_equal(kinds[VN_SALE_USED], 1);
    assert_int_equal(kinds[VN_SALE_VOIDED], 2);
    assert_int_equal(kinds[VN_SALE_RETURNED], 1);
    assert_int_equal(vn_storage_quarantine(hub->storage, &all, count_entries, quarantined), VN_OK);
    assert_int_equal(quarantined[VN_QUARANTINE_WAITS], 1);
    assert_int_equal(quarantined[VN_QUARANTINE_UNSUPPORTED], 2);
    assert_int_equal(quarantined[VN_QUARANTINE_REFUSED], 1);
    assert_int_equal(vn_storage_claims_load(hub->storage, &claim, 1, check_claim, &found), VN_OK);
    assert_true(found);
}

static void test_versions_1_takes_new_rows(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    struct vn_change change;
    int64_t id = 0;
    int64_t last = 0;
    int64_t published = 0;
    unsigned count = 0;
    bool more = true;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    assert_int_equal(vn_storage_change_last(hub->storage, &last), VN_OK);
    assert_int_equal(vn_storage_next_sale(hub->storage, &id), VN_OK);
    assert_true(id > 12);
    assert_int_equal(vn_ledger_past(hub->post, 6, 5, 1795334400000), VN_OK);
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

/* What tills have of its goods is known from the numbers on that the first version gave last. */
static void test_versions_goods_of_1_have_a_state(void **state)
{
    struct vn_storage *storage = ((struct copy *)*state)->hub.storage;
    struct vn_buf item, known;
    char code[VN_CODE_MAX];
    unsigned count = 0;
    int64_t from = 0;
    int64_t last = 0;
    int64_t next_ms = -1;
    int64_t lag = -1;
    vn_buf_init(&item, 65536);
    vn_buf_init(&known, 65536);
    assert_int_equal(vn_storage_items_after(storage, "", &code, 1, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(vn_storage_change_last(storage, &last), VN_OK);
    assert_int_equal(vn_storage_item_states_from(storage, &from), VN_OK);
    assert_true(from >= last && last > 0);
    assert_int_equal(vn_storage_item_get(storage, code, &item), VN_OK);
    assert_int_equal(vn_storage_item_state(storage, code, from, &known, &next_ms), VN_OK);
    assert_int_equal(next_ms, 0);
    assert_int_equal(item.len, known.len);
    assert_memory_equal(item.data, known.data, item.len);
    vn_buf_deinit(&item);
    vn_buf_deinit(&known);
    /* and what it had posted is not quoted again */
    assert_int_equal(vn_storage_requote_lag(storage, &lag), VN_OK);
    assert_int_equal(lag, 0);
}

static void test_versions_ledger_of_2_is_whole(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    const int64_t expected[VN_PLACES] = {
        [VN_PLACE_ISSUED] = -8105, [VN_PLACE_FREE] = 7954, [VN_PLACE_HELD] = 80, [VN_PLACE_REDEEMED] = 71};
    int64_t totals[VN_PLACES];
    audit(hub, 63);
    assert_int_equal(vn_storage_totals(hub->storage, totals), VN_OK);
    assert_memory_equal(totals, expected, sizeof totals);
}

static enum vn_status on_branch(void *ctx, const struct vn_branch_row *row)
{
    ++*(unsigned *)ctx;
    assert_int_equal(row->sales, 1);
    return VN_OK;
}

/* One of each: sales in their states, entries in quarantine, a branch that was handed in, a blocked card, aliases. */
static void test_versions_rows_of_2_are_there(void **state)
{
    struct vn_storage *storage = ((struct copy *)*state)->hub.storage;
    int kinds[VN_SALE_RETURNED + 1] = {0};
    int quarantined[VN_QUARANTINE_CLASSES] = {0};
    const struct vn_quarantine_choice all = {.class_ = VN_QUARANTINE_CLASSES, .max = 100};
    char aliases[VN_ALIASES_MAX][VN_CODE_MAX];
    unsigned count = 0;
    assert_int_equal(vn_storage_sales(storage, "", count_kinds, kinds), VN_OK);
    assert_int_equal(kinds[VN_SALE_HELD], 1);
    assert_int_equal(kinds[VN_SALE_COMMITTED], 16);
    assert_int_equal(kinds[VN_SALE_VOIDED], 2);
    assert_int_equal(kinds[VN_SALE_RETURNED], 1);
    assert_int_equal(vn_storage_quarantine(storage, &all, count_entries, quarantined), VN_OK);
    assert_int_equal(quarantined[VN_QUARANTINE_WAITS], 1);
    assert_int_equal(quarantined[VN_QUARANTINE_UNSUPPORTED], 2);
    assert_int_equal(vn_storage_aliases(storage, "8601001000031", aliases, &count), VN_OK);
    assert_int_equal(count, 2);
    assert_string_equal(aliases[0], "40170725");
    count = 0;
    assert_int_equal(vn_storage_branches(storage, on_branch, &count), VN_OK);
    assert_int_equal(count, 1);
}

static enum vn_status on_blocked(void *ctx, const struct vn_blocked_row *row)
{
    *(struct vn_blocked_row *)ctx = *row;
    return VN_OK;
}

static void test_versions_2_takes_new_rows(void **state)
{
    struct vn_hub *hub = &((struct copy *)*state)->hub;
    struct vn_blocked_row blocked = {.reason = ""};
    const struct vn_hash none = {{0}};
    int64_t last = 0;
    int64_t published = 0;
    bool more = true;
    hub->clock = vn_clock_system();
    assert_int_equal(vn_storage_blocked_page(hub->storage, &none, 10, on_blocked, &blocked), VN_OK);
    assert_string_equal(blocked.reason, "lost");
    assert_int_equal(vn_storage_change_last(hub->storage, &last), VN_OK);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    assert_int_equal(vn_storage_blocked_drop(hub->storage, &blocked.card), VN_OK);
    assert_int_equal(vn_storage_change(hub->storage, VN_FEED_MEMBER, "w5"), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    assert_int_equal(vn_feed_publish(hub, &published, &more), VN_OK);
    assert_true(published > last);
    audit(hub, 63);
}

static int close_copy(void **state)
{
    struct copy *copy = *state;
    vn_ledger_detach(&copy->hub);
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
        cmocka_unit_test_setup_teardown(test_versions_goods_of_1_have_a_state, open_copy, close_copy),
        cmocka_unit_test_setup_teardown(test_versions_1_takes_new_rows, open_copy, close_copy),
        cmocka_unit_test_setup_teardown(test_versions_ledger_of_2_is_whole, open_copy_2, close_copy),
        cmocka_unit_test_setup_teardown(test_versions_rows_of_2_are_there, open_copy_2, close_copy),
        cmocka_unit_test_setup_teardown(test_versions_2_takes_new_rows, open_copy_2, close_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
