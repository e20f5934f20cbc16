/* An enrolled till that lies, and a receipt that nobody thought of: what it can gain, and whom it can stop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed/feed.h"
#include "sync/hub/rights/rights.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

/* Every line of the feed is one that a till can read; one that it can't would stop all tills. */
static void check_feed(struct world_till *till, struct vn_feed_item *member, const char *account)
{
    struct vn_enrolment_row row;
    struct vn_buf frame;
    struct vn_view line;
    struct vn_feed_made made;
    bool found = false;
    struct vn_feed_item *item = calloc(1, sizeof *item);
    assert_non_null(item);
    world_row(till, &row);
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    (void)world_publish(till->world);
    const struct vn_feed_ask ask = {.store = row.store, .snapshot = true, .max = 1000, .own = &row};
    assert_int_equal(vn_feed_make(&till->world->hub, &ask, &frame, &made), VN_OK);
    struct vn_view rest = vn_buf_view(&frame);
    assert_true(vn_wire_next_line(&rest, &line));
    while (vn_wire_next_line(&rest, &line)) {
        struct vn_error error = {VN_OK, "", ""};
        if (vn_feed_item_decode(line, item, &error) != VN_OK) {
            fail_msg("%.*s: %s at %s", (int)line.len, (const char *)line.data, error.text, error.pointer);
        }
        if (item->kind == VN_FEED_MEMBER && strcmp(item->member.account, account) == 0) {
            found = true;
            *member = *item;
            member->hold = NULL;
        }
        vn_feed_item_deinit(item);
    }
    assert_true(found);
    vn_buf_deinit(&frame);
    free(item);
}

static void test_no_sale_earns_into_a_coupon(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "c1", 1), 1);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .right = "c1", .out = 1});
    world_commit(&till, "2", "c1", 1000, 1);
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(world_owned(world, "c1"), 0);
    assert_int_equal(world_rights(&till, "c1", 2), 1);
    world_audit(world);
    world_till_end(&till);
}

static void test_what_a_receipt_earns_is_capped_and_taken_back_as_capped(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    world_start(world, &till);
    world_commit(&till, "1", "w2", 1000, VN_EARN_RECEIPT_MAX + 1);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), VN_EARN_RECEIPT_MAX);
    world_sale(world, "1", &sale);
    assert_non_null(strstr(sale.flags, "capped"));
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), 0);
    world_audit(world);
    world_till_end(&till);
}

static void test_what_an_account_earns_in_a_day_is_capped(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    char receipt[16];
    world_start(world, &till);
    for (int i = 0; i < 9; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        world_commit(&till, receipt, "w2", 1000, VN_EARN_RECEIPT_MAX / 2);
    }
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), VN_EARN_DAY_MAX);
    world_sale(world, "8", &sale);
    assert_int_equal(sale.points_earned, 0);
    world->now_ms += INT64_C(86400000);
    world_commit(&till, "9", "w2", 1000, 5);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), VN_EARN_DAY_MAX + 5);
    world_audit(world);
    world_till_end(&till);
}

static void test_a_receipt_below_zero_stops_no_till(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_feed_item *member = calloc(1, sizeof *member);
    world_start(world, &till);
    world_commit(&till, "1", "w2", -25000, 0);
    assert_int_equal(world_sync(&till), 0);
    check_feed(&till, member, "w2");
    assert_int_equal(member->member.lifetime_spend_minor, 0);
    world_commit(&till, "2", "w2", 75000, 0);
    assert_int_equal(world_sync(&till), 0);
    check_feed(&till, member, "w2");
    assert_int_equal(member->member.lifetime_spend_minor, 50000);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1"});
    assert_int_equal(world_sync(&till), 0);
    check_feed(&till, member, "w2");
    assert_int_equal(member->member.lifetime_spend_minor, 75000);
    free(member);
    world_till_end(&till);
}

static void test_a_member_who_is_imported_again_has_spent_no_more(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_feed_item *member = calloc(1, sizeof *member);
    world_start(world, &till);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":3,\"cards\":[],\"lifetime_spend_minor\":10000}\n");
    world_commit(&till, "1", "w3", 2500, 0);
    assert_int_equal(world_sync(&till), 0);
    world_import(world, VN_IMPORT_MEMBERS,
                 "{\"id\":3,\"cards\":[],\"tier\":\"gold\",\"lifetime_spend_minor\":12500}\n");
    check_feed(&till, member, "w3");
    assert_string_equal(member->member.tier, "gold");
    assert_int_equal(member->member.lifetime_spend_minor, 12500);
    free(member);
    world_till_end(&till);
}

static void test_an_import_with_a_payment_card_is_refused_with_line_and_place(void **state)
{
    static const struct {
        enum vn_import_kind kind;
        const char *line, *pointer;
    } cases[] = {
        {VN_IMPORT_MEMBERS, "{\"id\":8,\"cards\":[],\"first_name\":\"4111 1111 1111 1111\"}", "/first_name"},
        {VN_IMPORT_MEMBERS, "{\"id\":8,\"cards\":[],\"last_name\":\"V-378282246310005\"}", "/last_name"},
        {VN_IMPORT_MEMBERS, "{\"id\":8,\"cards\":[],\"segments\":[\"a\",\"4111111111111111\"]}", "/segments"},
        {VN_IMPORT_ITEMS, "{\"code\":\"1\",\"name\":\"4111-1111-1111-1111\"}", "/name"},
        {VN_IMPORT_COUPONS, "{\"number\":\"299100001\",\"promotion\":\"4111111111111111\"}", "/promotion"},
    };
    struct world *world = *state;
    char text[256];
    int64_t count = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_error error = {VN_OK, "", ""};
        (void)snprintf(text, sizeof text, "\n%s\n", cases[i].line);
        assert_int_equal(vn_import(&world->hub, cases[i].kind, vn_view_str(text), &count, &error), VN_INPUT);
        assert_non_null(strstr(error.text, "line 2: "));
        assert_non_null(strstr(error.text, "payment card"));
        assert_null(strstr(error.text, "1111"));
        assert_string_equal(error.pointer, cases[i].pointer);
    }
    /* what is hashed, and codes of goods */
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":8,\"cards\":[\"4111111111111111\"]}\n");
    world_import(world, VN_IMPORT_COUPONS, "{\"number\":\"4111111111111111\",\"promotion\":\"p\"}\n");
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"4222222222222\"}\n");
}

static void test_a_coupon_is_of_a_member_whose_number_can_be(void **state)
{
    struct world *world = *state;
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    const char *line = "{\"number\":\"2991\",\"promotion\":\"p\",\"member\":9007199254740992}\n";
    assert_int_equal(vn_import(&world->hub, VN_IMPORT_COUPONS, vn_view_str(line), &count, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/member");
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"2991\",\"promotion\":\"p\",\"member\":9007199254740991}\n");
}

/* The till counts its own entries above included_seq, which moves past the entry in quarantine. */
static void test_points_in_quarantine_stay_in_the_balance_of_their_own_till(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    struct vn_feed_item *member = calloc(1, sizeof *member);
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    world_commit(&till, "1", "w1", 1000, 5);
    world_commit(&till, "1", "w1", 1000, 30);
    world_commit(&till, "2", "w1", 1000, 7);
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(world_owned(world, "w1"), 512);
    check_feed(&till, member, "w1");
    assert_int_equal(member->included_seq, 3);
    assert_int_equal(member->member.balance, 542);
    check_feed(&other, member, "w1");
    assert_int_equal(member->member.balance, 512);
    world_audit(world);
    free(member);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_figures_beyond_belief_stop_no_till(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_feed_item *member = calloc(1, sizeof *member);
    char receipt[16];
    world_start(world, &till);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                 .receipt = receipt,
                                                 .account = "w2",
                                                 .total_minor = 900 * VN_AMOUNT_MAX,
                                                 .earned = i % 2 == 0 ? VN_AMOUNT_MAX : 0,
                                                 .spent = i % 2 == 0 ? 0 : VN_AMOUNT_MAX,
                                                 .right = i % 2 == 0 ? NULL : "w2"});
    }
    (void)world_sync(&till);
    check_feed(&till, member, "w2");
    world_audit(world);
    world_commit(&till, "good", "w1", 1000, 7);
    (void)world_sync(&till);
    assert_int_equal(world_owned(world, "w1"), 507);
    world_audit(world);
    free(member);
    world_till_end(&till);
}

static void test_an_enrolment_that_has_ended_is_granted_nothing(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_rights_request request = {.count = 1, .wants = {{.account = "w1", .granted = 100}}};
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    world_start(world, &till);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    world_row(&till, &row);
    assert_int_equal(vn_fleet_branch(&world->hub, &row), VN_OK);
    assert_int_equal(vn_rights_grant(&world->hub, &row, &request, 0, reply, &error), VN_DENIED);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 500);
    free(reply);
    world_till_end(&till);
}

static enum vn_status note_sale(void *ctx, const struct vn_sale_row *row)
{
    int64_t *seen = ctx;
    assert_true(row->id > seen[1]);
    seen[0]++;
    seen[1] = row->id;
    return VN_OK;
}

static void test_a_list_of_sales_ends_and_shows_the_newest(void **state)
{
    struct world *world = *state;
    struct vn_sale_row sale = {.state = VN_SALE_COMMITTED, .till = "t1", .key = {"1", "2026-11-22", ""}};
    const struct vn_sale_row *row = &sale;
    const bool fresh = true;
    int64_t seen[2] = {0, 0};
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    for (int i = 0; i < VN_REPORT_ROWS_MAX + 5; i++) {
        assert_int_equal(vn_storage_next_sale(world->hub.storage, &sale.id), VN_OK);
        (void)snprintf(sale.key.receipt, sizeof sale.key.receipt, "%d", i);
        assert_int_equal(vn_storage_sales_put(world->hub.storage, &row, &fresh, 1), VN_OK);
    }
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_sales(world->hub.storage, "", note_sale, seen), VN_OK);
    assert_int_equal(seen[0], VN_REPORT_ROWS_MAX);
    assert_int_equal(seen[1], sale.id);
}

/* A hold of 300 KB, and small commits that name it: each has to be read with its hold. */
static void send_heavy(struct world_till *till, int commits)
{
    static const char head[] =
        "{\"v\":1,\"kind\":\"%s\",\"t\":1795335330000,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"S\"],"
        "\"account\":\"w1\",\"body\":{";
    const size_t padding = 300000;
    struct vn_buf text;
    vn_buf_init(&text, VN_ENTRY_MAX);
    assert_int_equal(vn_buf_printf(&text, head, "hold"), VN_OK);
    assert_int_equal(vn_buf_append_str(&text, "\"pad\":\""), VN_OK);
    for (size_t i = 0; i < padding; i++) {
        assert_int_equal(vn_buf_append_str(&text, "x"), VN_OK);
    }
    assert_int_equal(
        vn_buf_append_str(&text, "\",\"outcome\":{\"total_minor\":1,\"payable_minor\":1,\"consumptions\":"
                                 "[{\"account\":\"c99\",\"amount\":1,\"risk\":true}]}}}"),
        VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_append_raw(till, (const char *)text.data);
    assert_int_equal(world_sync(till), 0);
    vn_buf_clear(&text);
    assert_int_equal(vn_buf_printf(&text, head, "commit"), VN_OK);
    assert_int_equal(vn_buf_append_str(&text, "\"fiscal\":\"F\",\"held\":1}}"), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    for (int i = 0; i < commits; i++) {
        world_append_raw(till, (const char *)text.data);
    }
    vn_buf_deinit(&text);
}

static void test_entries_that_take_long_to_read_leave_others_their_turn(void **state)
{
    struct world *world = *state;
    struct world_till liar;
    struct world_till good;
    struct vn_ingest_result result;
    int64_t later = 0;
    world_start(world, &liar);
    world_till_start(world, &good, "t2");
    send_heavy(&liar, 20);
    world_commit(&liar, "9", "w1", 1000, 1);
    world_commit(&good, "1", "w1", 1000, 1);
    world_take(&liar, 2, &result);
    world_take(&good, 1, &result);
    world_post(world);
    assert_int_equal(
        vn_sql_number(world->hub.storage, &later,
                      "SELECT a.id - b.id FROM sale AS a, sale AS b WHERE a.till = 't1' AND a.receipt = '9'"
                      " AND b.till = 't2' AND b.receipt = '1'",
                      ""),
        VN_OK);
    assert_true(later > 0); /* its turn came between */
    struct vn_enrolment_row row;
    world_row(&liar, &row);
    assert_int_equal(row.posted_seq, 22);
    assert_int_equal(row.quarantined, 20);
    world_audit(world);
    world_till_end(&liar);
    world_till_end(&good);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_no_sale_earns_into_a_coupon),
        TEST(test_what_a_receipt_earns_is_capped_and_taken_back_as_capped),
        TEST(test_what_an_account_earns_in_a_day_is_capped),
        TEST(test_a_receipt_below_zero_stops_no_till),
        TEST(test_a_member_who_is_imported_again_has_spent_no_more),
        TEST(test_an_import_with_a_payment_card_is_refused_with_line_and_place),
        TEST(test_a_coupon_is_of_a_member_whose_number_can_be),
        TEST(test_points_in_quarantine_stay_in_the_balance_of_their_own_till),
        TEST(test_figures_beyond_belief_stop_no_till),
        TEST(test_an_enrolment_that_has_ended_is_granted_nothing),
        TEST(test_entries_that_take_long_to_read_leave_others_their_turn),
        TEST(test_a_list_of_sales_ends_and_shows_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
