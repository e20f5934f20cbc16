/* Fleet and masters: what is put is found as it was put, over each database. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "sync/hub/storage/items.h"
#include "sync/hub/storage/lists.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

#define NOW_MS 1795334400000

/* A unit of one call that must do. */
#define PUT(call)                                                                                            \
    do {                                                                                                     \
        assert_int_equal(vn_storage_begin(storage), VN_OK);                                                  \
        assert_int_equal(call, VN_OK);                                                                       \
        assert_int_equal(vn_storage_commit(storage), VN_OK);                                                 \
    } while (0)

static struct vn_storage *storage_of(void **state)
{
    return ((struct world *)*state)->hub.storage;
}

static void test_rows_stores_have_a_name_that_changes(void **state)
{
    struct vn_storage *storage = storage_of(state);
    char name[VN_NAME_MAX];
    assert_int_equal(vn_storage_store_name(storage, "s7", name), VN_ABSENT);
    PUT(vn_storage_store_put(storage, "s7", "Glavna"));
    PUT(vn_storage_store_put(storage, "s7",
                             "Glavna ulica 7, \xd0\x91\xd0\xb5\xd0\xbe\xd0\xb3\xd1\x80\xd0\xb0\xd0\xb4"));
    assert_int_equal(vn_storage_store_name(storage, "s7", name), VN_OK);
    assert_string_equal(name, "Glavna ulica 7, \xd0\x91\xd0\xb5\xd0\xbe\xd0\xb3\xd1\x80\xd0\xb0\xd0\xb4");
}

/* Stops at the second row. */
static enum vn_status visit_one(void *ctx, const char *id, const char *name, int64_t tills)
{
    int *seen = ctx;
    (void)id;
    (void)name;
    (void)tills;
    return ++*seen == 2 ? VN_ABSENT : VN_OK;
}

static void test_rows_what_a_visitor_says_ends_the_walk_and_is_returned(void **state)
{
    struct vn_storage *storage = storage_of(state);
    int seen = 0;
    PUT(vn_storage_store_put(storage, "s7", "Glavna"));
    PUT(vn_storage_store_put(storage, "s8", "Stara"));
    assert_int_equal(vn_storage_stores(storage, visit_one, &seen), VN_ABSENT);
    assert_int_equal(seen, 2);
    seen = 2;
    assert_int_equal(vn_storage_stores(storage, visit_one, &seen), VN_OK); /* the statement begins anew */
    assert_int_equal(seen, 5);
}

static void test_rows_a_code_is_taken_once_and_in_time(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct vn_code_row code = {.hash = {1}, .store = "s1", .till = "t1", .expires_ms = NOW_MS + 1};
    struct vn_code_row late = {.hash = {2}, .store = "s1", .till = "t1", .expires_ms = NOW_MS};
    struct vn_code_row other = {.hash = {3}, .store = "s2", .till = "t1", .expires_ms = NOW_MS};
    struct vn_code_row found;
    PUT(vn_storage_code_put(storage, &code));
    PUT(vn_storage_code_put(storage, &late));
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_code_put(storage, &other), VN_CONFLICT);
    vn_storage_rollback(storage);
    PUT(vn_storage_code_take(storage, code.hash, NOW_MS, &found));
    assert_memory_equal(&found, &code, sizeof found);
    assert_int_equal(vn_storage_code_take(storage, code.hash, NOW_MS, &found), VN_ABSENT);
    assert_int_equal(vn_storage_code_take(storage, late.hash, NOW_MS, &found), VN_ABSENT);
    assert_int_equal(vn_storage_code_take(storage, other.hash, NOW_MS, &found), VN_ABSENT);
}

static void test_rows_an_account_is_its_whole_text(void **state)
{
    static const char *const wrong[] = {"",    "w",    "w0",   "w07",   "w6'; drop", "w6x",
                                        "w6 ", "w6.",  "w6.0", "w6.1x", "w6.56",     "c9.1",
                                        "c9x", "c9\n", "W6",   "7",     "card:w6",   "w9999999999999999999"};
    int64_t id = 5;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(vn_account_id(wrong[i], &id));
        assert_int_equal(id, 5);
    }
    assert_true(vn_account_id("w6", &id));
    assert_int_equal(id, vn_account_of_member(6, 0));
    assert_true(vn_account_id("w6.55", &id));
    assert_int_equal(id, vn_account_of_member(6, 55));
    assert_true(vn_account_id("c9", &id));
    assert_int_equal(id, vn_account_of_coupon(9));
}

struct seen {
    char text[1024];
};

static enum vn_status see_till(void *ctx, const char *store, const char *till)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%s/%s ", store, till);
    return VN_OK;
}

static enum vn_status see_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                    int64_t report_ms)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%s/%s %s %lld '%s' %lld; ", row->store,
                   row->till, vn_enrolment_state_name(row->state), (long long)row->high_seq, report,
                   (long long)report_ms);
    return VN_OK;
}

static enum vn_status stop_at_once(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                   int64_t report_ms)
{
    (void)row;
    (void)report;
    (void)report_ms;
    ++*(int *)ctx;
    return VN_INPUT;
}

static void test_rows_enrolments_are_found_changed_and_listed(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct vn_enrolment_row one = {.enrolment = {{0, 1, 2}},
                                   .store = "s1",
                                   .till = "t2",
                                   .serial = "0A",
                                   .created_ms = NOW_MS,
                                   .ack_ms = NOW_MS};
    struct vn_enrolment_row two = one;
    struct vn_enrolment_row found;
    struct vn_code_row code = {.hash = {1}, .store = "s1", .till = "t9", .expires_ms = NOW_MS};
    struct seen seen = {""};
    int visits = 0;
    memset(one.head.bytes, 0xab, sizeof one.head.bytes);
    two.enrolment.bytes[0] = 7;
    (void)snprintf(two.till, sizeof two.till, "t1");
    assert_int_equal(vn_storage_enrolment_get(storage, &one.enrolment, &found), VN_ABSENT);
    PUT(vn_storage_code_put(storage, &code));
    PUT(vn_storage_enrolment_add(storage, &one));
    PUT(vn_storage_enrolment_add(storage, &two));
    assert_true(one.id > 0 && two.id > one.id);
    assert_int_equal(vn_storage_enrolment_get(storage, &one.enrolment, &found), VN_OK);
    assert_memory_equal(found.head.bytes, one.head.bytes, VN_HASH_SIZE);
    assert_string_equal(found.serial, "0A");
    one.state = VN_ENROLMENT_BRANCH;
    one.high_seq = INT64_C(9007199254740993);
    one.grant = 3;
    one.quarantined = 2;
    one.ack_ms = NOW_MS + 5;
    PUT(vn_storage_enrolment_put(storage, &one));
    PUT(vn_storage_report_put(storage, one.id, "{\"ok\":true}", NOW_MS + 9));
    assert_int_equal(vn_storage_enrolment_get(storage, &one.enrolment, &found), VN_OK);
    assert_int_equal(found.state, VN_ENROLMENT_BRANCH);
    assert_true(found.high_seq == one.high_seq);
    assert_int_equal(found.grant, 3);
    assert_int_equal(found.quarantined, 2);
    assert_int_equal(found.ack_ms, NOW_MS + 5);
    assert_int_equal(found.created_ms, NOW_MS);
    assert_int_equal(vn_storage_enrolments(storage, see_enrolment, &seen), VN_OK);
    assert_string_equal(seen.text,
                        "s1/t1 active 0 '' 0; s1/t2 branch 9007199254740993 '{\"ok\":true}' 1795334400009; ");
    assert_int_equal(vn_storage_enrolments(storage, stop_at_once, &visits), VN_INPUT);
    assert_int_equal(visits, 1);
    seen.text[0] = '\0';
    assert_int_equal(vn_storage_tills_waiting(storage, "", 10, see_till, &seen), VN_OK);
    assert_string_equal(seen.text, "s1/t9 ");
}

#define MANY        5000
#define MANY_REPORT 4000
#define MANY_KB     6144 /* all reports are three times as much */

#if defined(__SANITIZE_ADDRESS__)
#define FREED_KB (1024 * 1024)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FREED_KB (1024 * 1024) /* what was freed stays in memory */
#endif
#endif
#ifndef FREED_KB
#define FREED_KB 0
#endif

struct order {
    unsigned count, steps_back;
    char last[2 * VN_ID_MAX];
};

static enum vn_status see_order(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                int64_t report_ms)
{
    struct order *order = ctx;
    char place[2 * VN_ID_MAX];
    (void)report_ms;
    (void)snprintf(place, sizeof place, "%s/%s", row->store, row->till);
    order->steps_back += strcmp(place, order->last) <= 0 ? 1 : 0;
    (void)snprintf(order->last, sizeof order->last, "%s", place);
    order->count += strlen(report) == MANY_REPORT ? 1 : 0;
    return VN_OK;
}

static enum vn_status write_fleet(void *ctx, struct vn_storage *storage)
{
    static const uint8_t zeros[VN_HASH_SIZE];
    char report[MANY_REPORT + 1];
    (void)ctx;
    memset(report, 'x', MANY_REPORT);
    report[MANY_REPORT] = '\0';
    return vn_sql_run(storage,
                      "INSERT INTO enrolment(id, enrolment, store, till, serial, state, high_seq, head, "
                      "granted, quarantined,"
                      " ack_ms, created_ms, durable_seq, epoch, posted_seq, report, report_ms)"
                      " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
                      " SELECT i + 1, ?, 's' || CAST(100 + i % 100 AS TEXT), 't' || CAST(90000 - i AS TEXT), "
                      "'', 0, 0, ?, 0, 0,"
                      " 0, 0, 0, 1, 0, ?, 0 FROM n",
                      "ibbt", (int64_t)MANY, vn_view_of(zeros, VN_ID_BYTES), vn_view_of(zeros, VN_HASH_SIZE),
                      report);
}

static long most_kb(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void test_rows_a_large_fleet_is_read_in_order_and_not_held_in_memory(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct order order = {0, 0, ""};
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, write_fleet, NULL), VN_OK);
    long before_kb = most_kb();
    assert_int_equal(vn_storage_enrolments(storage, see_order, &order), VN_OK);
    assert_int_equal(order.count, MANY);
    assert_int_equal(order.steps_back, 0);
    assert_true(most_kb() - before_kb < MANY_KB + FREED_KB);
    /* Some of it, from a place on. */
    order = (struct order){0, 0, ""};
    assert_int_equal(vn_storage_enrolments_page(storage, 0, 7, see_order, &order), VN_OK);
    assert_int_equal(order.count, 7);
    assert_string_equal(order.last, "s100/t85700");
    assert_int_equal(vn_storage_enrolments_page(storage, MANY - 699, MANY, see_order, &order), VN_OK);
    assert_int_equal(order.count, MANY);
    assert_int_equal(order.steps_back, 0);
    assert_int_equal(vn_storage_enrolments_page(storage, MANY + 1, 7, see_order, &order), VN_ABSENT);
}

static void test_rows_boots_are_in_force_from_their_entry(void **state)
{
    struct vn_storage *storage = storage_of(state);
    const uint8_t first[VN_ID_BYTES] = {1};
    const uint8_t second[VN_ID_BYTES] = {2};
    uint8_t found[VN_ID_BYTES];
    int64_t seq = 0;
    assert_int_equal(vn_storage_boot_at(storage, 4, 10, found), VN_ABSENT);
    assert_int_equal(vn_storage_boot_last(storage, 4, &seq, found), VN_ABSENT);
    PUT(vn_storage_boot_put(storage, 4, second, 5));
    PUT(vn_storage_boot_put(storage, 4, first, 5));
    PUT(vn_storage_boot_put(storage, 4, second, 9));
    assert_int_equal(vn_storage_boot_at(storage, 4, 4, found), VN_ABSENT);
    assert_int_equal(vn_storage_boot_at(storage, 4, 8, found), VN_OK);
    assert_memory_equal(found, first, sizeof found);
    assert_int_equal(vn_storage_boot_at(storage, 4, 9, found), VN_OK);
    assert_memory_equal(found, second, sizeof found);
    assert_int_equal(vn_storage_boot_last(storage, 4, &seq, found), VN_OK);
    assert_int_equal(seq, 9);
    assert_int_equal(vn_storage_boot_known(storage, 4, first), VN_OK);
    assert_int_equal(vn_storage_boot_known(storage, 5, first), VN_ABSENT);
}

static void test_rows_members_and_their_cards(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct vn_hash cards[VN_FEED_CARDS_MAX];
    struct vn_buf facts;
    unsigned count = 0;
    int64_t member = 0;
    vn_buf_init(&facts, 1000);
    PUT(vn_storage_member_put(storage, 7, vn_view_str("{\"a\":1}")));
    PUT(vn_storage_member_put(storage, 7, vn_view_str("{\"a\":2}")));
    PUT(vn_storage_member_put(storage, 8, vn_view_str("{}")));
    assert_int_equal(vn_storage_member_get(storage, 7, &facts), VN_OK);
    assert_true(vn_view_is(vn_buf_view(&facts), "{\"a\":2}"));
    vn_buf_deinit(&facts);
    assert_int_equal(vn_storage_member_get(storage, 9, NULL), VN_ABSENT);
    for (unsigned i = 0; i < 3; i++) {
        const struct vn_hash card = {{(uint8_t)(200 - i)}};
        PUT(vn_storage_card_put(storage, &card, 7));
    }
    const struct vn_hash moved = {{200}};
    PUT(vn_storage_card_put(storage, &moved, 8));
    assert_int_equal(vn_storage_cards(storage, 7, cards, &count), VN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(cards[0].bytes[0], 198);
    assert_int_equal(cards[1].bytes[0], 199);
    assert_int_equal(vn_storage_card_member(storage, &moved, &member), VN_OK);
    assert_int_equal(member, 8);
    PUT(vn_storage_member_drop(storage, 7));
    assert_int_equal(vn_storage_member_get(storage, 7, NULL), VN_ABSENT);
    assert_int_equal(vn_storage_card_member(storage, &cards[0], &member), VN_ABSENT);
    assert_int_equal(vn_storage_card_member(storage, &moved, &member), VN_OK);
}

static void test_rows_items_are_what_was_put_last(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct vn_buf document;
    vn_buf_init(&document, 1000);
    PUT(vn_storage_item_put(storage, "860", "", vn_view_str("{\"price\":1}"), 1));
    PUT(vn_storage_item_put(storage, "860", "", vn_view_str("{\"price\":2}"), 2));
    assert_int_equal(vn_storage_item_get(storage, "860", &document), VN_OK);
    assert_true(vn_view_is(vn_buf_view(&document), "{\"price\":2}"));
    PUT(vn_storage_item_drop(storage, "860", 3));
    PUT(vn_storage_item_drop(storage, "860", 3));
    assert_int_equal(vn_storage_item_get(storage, "860", &document), VN_ABSENT);
    vn_buf_deinit(&document);
}

/* What a till that followed the feed up to `number` had, "" for nothing; returns when another state followed. */
static int64_t check_state(struct vn_storage *storage, const char *code, int64_t number, const char *expected)
{
    struct vn_buf document;
    int64_t next_ms = -1;
    vn_buf_init(&document, 1000);
    enum vn_status status = vn_storage_item_state(storage, code, number, &document, &next_ms);
    assert_int_equal(status, expected[0] == '\0' ? VN_ABSENT : VN_OK);
    assert_true(vn_view_is(vn_buf_view(&document), expected));
    vn_buf_deinit(&document);
    return next_ms;
}

static void test_rows_items_have_the_states_that_tills_had(void **state)
{
    struct vn_storage *storage = storage_of(state);
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("a"), 100));
    assert_int_equal(check_state(storage, "1", 9, ""), 100); /* it may have been in a frame already */
    PUT(vn_storage_item_numbered(storage, "1", 10));
    assert_int_equal(check_state(storage, "1", 9, ""), 100);
    assert_int_equal(check_state(storage, "1", 10, "a"), 0);
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("a"), 200)); /* the same again is no other state */
    PUT(vn_storage_item_numbered(storage, "1", 11));
    assert_int_equal(check_state(storage, "1", 10, "a"), 0);
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("b"), 300));
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("c"),
                            400)); /* before anybody numbered the one before */
    assert_int_equal(check_state(storage, "1", 15, "a"), 300);
    PUT(vn_storage_item_numbered(storage, "1", 20));
    assert_int_equal(check_state(storage, "1", 19, "a"), 300);
    assert_int_equal(check_state(storage, "1", 20, "c"), 0);
    PUT(vn_storage_item_drop(storage, "1", 500));
    PUT(vn_storage_item_drop(storage, "1", 600)); /* it is gone already */
    assert_int_equal(check_state(storage, "1", 20, "c"), 500);
    PUT(vn_storage_item_numbered(storage, "1", 30));
    assert_int_equal(check_state(storage, "1", 30, ""), 0);
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("d"), 700));
    PUT(vn_storage_item_numbered(storage, "1", 40));
    assert_int_equal(check_state(storage, "1", 39, ""), 700);
    assert_int_equal(check_state(storage, "1", 40, "d"), 0);
    assert_int_equal(check_state(storage, "2", 40, ""), 0);
}

static void check_from(struct vn_storage *storage, int64_t expected)
{
    int64_t from = -1;
    assert_int_equal(vn_storage_item_states_from(storage, &from), VN_OK);
    assert_int_equal(from, expected);
}

static void test_rows_item_states_are_forgotten_after_their_time(void **state)
{
    struct vn_storage *storage = storage_of(state);
    bool more = false;
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("a"), 100));
    PUT(vn_storage_item_numbered(storage, "1", 10));
    PUT(vn_storage_item_put(storage, "1", "", vn_view_str("b"), 200));
    PUT(vn_storage_item_numbered(storage, "1", 20));
    PUT(vn_storage_item_drop(storage, "1", 300));
    PUT(vn_storage_item_states_forget(storage, 400, 10, &more)); /* the last one waits for its number */
    assert_int_equal(check_state(storage, "1", 20, "b"), 300);
    check_from(storage, 20);
    PUT(vn_storage_item_numbered(storage, "1", 30));
    PUT(vn_storage_item_states_forget(storage, 300, 1, &more)); /* only what was replaced before */
    assert_false(more);
    assert_int_equal(check_state(storage, "1", 20, "b"), 300);
    PUT(vn_storage_item_states_forget(storage, 301, 1, &more));
    assert_true(more);
    check_from(storage, 30);
    assert_int_equal(check_state(storage, "1", 30, ""), 0);
    PUT(vn_storage_item_states_forget(storage, 301, 1, &more));
    assert_false(more);
    assert_int_equal(check_state(storage, "1", 30, ""), 0); /* as if it never had been */
    check_from(storage, 30);
}

static void test_rows_coupons_keep_their_number(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct vn_coupon_row coupon = {
        .number = {{9}},
        .coupon = {.promotion = "p1", .label = "0016", .single_use = true, .valid_from_ms = 5}};
    struct vn_coupon_row again = coupon;
    struct vn_coupon_row found;
    int64_t id = 0;
    bool fresh = false;
    again.coupon.valid_until_ms = 77;
    again.member = 7;
    PUT(vn_storage_coupon_put(storage, &coupon, &fresh));
    assert_true(fresh);
    PUT(vn_storage_coupon_put(storage, &again, &fresh));
    assert_false(fresh);
    assert_int_equal(again.id, coupon.id);
    assert_int_equal(vn_storage_coupon_get(storage, coupon.id, &found), VN_OK);
    assert_string_equal(found.coupon.promotion, "p1");
    assert_string_equal(found.coupon.label, "0016");
    assert_true(found.coupon.single_use);
    assert_int_equal(found.coupon.valid_from_ms, 5);
    assert_int_equal(found.coupon.valid_until_ms, 77);
    assert_int_equal(found.member, 7);
    PUT(vn_storage_coupon_drop(storage, &coupon.number, &id));
    assert_int_equal(id, coupon.id);
    assert_int_equal(vn_storage_coupon_get(storage, coupon.id, &found), VN_ABSENT);
    assert_int_equal(vn_storage_coupon_drop(storage, &coupon.number, &id), VN_ABSENT);
    coupon.id = 0;
    PUT(vn_storage_coupon_put(storage, &coupon, &fresh));
    assert_true(coupon.id > id); /* an account's number is never given again */
}

static void test_rows_what_was_published_last(void **state)
{
    struct vn_storage *storage = storage_of(state);
    struct vn_published_row row = {
        .kind = VN_FEED_RULESET, .number = 1, .at_ms = 5, .signature = {1, 2}, .signature_len = 2};
    struct vn_published_row found;
    struct vn_buf text;
    vn_buf_init(&text, 1000);
    assert_int_equal(vn_storage_published_last(storage, NULL, &found, &text), VN_ABSENT);
    PUT(vn_storage_published_put(storage, &row, vn_view_str("rules")));
    row.number = 2;
    row.kind = VN_FEED_STOP;
    PUT(vn_storage_published_put(storage, &row, vn_view_str("p1")));
    assert_int_equal(vn_storage_published_last(storage, NULL, &found, &text), VN_OK);
    assert_int_equal(found.number, 1);
    assert_int_equal(found.signature_len, 2);
    assert_true(vn_view_is(vn_buf_view(&text), "rules"));
    vn_buf_clear(&text);
    assert_int_equal(vn_storage_published_last(storage, "p1", &found, &text), VN_OK);
    assert_int_equal(found.number, 2);
    assert_int_equal(vn_storage_published_last(storage, "p2", &found, &text), VN_ABSENT);
    vn_buf_deinit(&text);
}

static void test_rows_a_receipt_of_history_is_there_once(void **state)
{
    struct vn_storage *storage = storage_of(state);
    PUT(vn_storage_receipt_put(storage, 7, NOW_MS, "s1", 900, 9));
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_receipt_put(storage, 7, NOW_MS, "s1", 900, 9), VN_CONFLICT);
    /* It is no failure: the transaction goes on. */
    assert_int_equal(vn_storage_receipt_put(storage, 7, NOW_MS, "s2", 900, 9), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static void test_rows_numbers_are_whole(void **state)
{
    struct vn_storage *storage = storage_of(state);
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_C(-4294967296)};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t found = 7;
        PUT(vn_storage_number_put(storage, "n", numbers[i]));
        assert_int_equal(vn_storage_number(storage, "n", &found), VN_OK);
        assert_true(found == numbers[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_stores_have_a_name_that_changes),
        TEST(test_rows_what_a_visitor_says_ends_the_walk_and_is_returned),
        TEST(test_rows_a_code_is_taken_once_and_in_time),
        TEST(test_rows_enrolments_are_found_changed_and_listed),
        TEST(test_rows_an_account_is_its_whole_text),
        TEST(test_rows_a_large_fleet_is_read_in_order_and_not_held_in_memory),
        TEST(test_rows_boots_are_in_force_from_their_entry),
        TEST(test_rows_members_and_their_cards),
        TEST(test_rows_items_are_what_was_put_last),
        TEST(test_rows_items_have_the_states_that_tills_had),
        TEST(test_rows_item_states_are_forgotten_after_their_time),
        TEST(test_rows_coupons_keep_their_number),
        TEST(test_rows_what_was_published_last),
        TEST(test_rows_a_receipt_of_history_is_there_once),
        TEST(test_rows_numbers_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
