/* What a receipt, a card and a day may bring at most, whatever the till says: stamps, and points of days that are over. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/storage/sql.h"

#define STAMPS "s7e4bb668b17278ff"
#define OTHER  "s7e4bb668b17278fe"
#define HOUR   INT64_C(3600000)

static void put(struct world *world, enum vn_setting setting, int64_t value)
{
    struct vn_error error = {VN_OK, "", ""};
    assert_int_equal(vn_setting_put(&world->settings, world->hub.storage, setting, value, &error), VN_OK);
}

static int64_t stamps_of(struct world *world, const char *account)
{
    enum vn_status status =
        vn_ledger_view_read(world->hub.view, world->hub.storage, world_account(world, "w2"));
    assert_int_equal(status, VN_OK);
    return vn_book_counter(vn_ledger_view_book(world->hub.view), account);
}

static void append(struct world_till *till, const char *kind, const char *receipt, const char *body)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"v\":1,\"kind\":\"%s\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"%s\"],"
                   "\"account\":\"w2\",\"body\":{%s}}",
                   kind, (long long)till->world->now_ms, receipt, body);
    world_append_raw(till, text);
}

/* Four pieces of 50.00, and stamps by the piece on two cards. */
static void append_stamps(struct world_till *till, const char *receipt, int64_t first, int64_t second)
{
    char body[2048];
    (void)snprintf(
        body, sizeof body,
        "\"basket\":{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"%s\"},\"lines\":["
        "{\"id\":1,\"code\":\"a\",\"qty_milli\":4000,\"amount_minor\":20000}]},"
        "\"outcome\":{\"engine\":2,\"total_minor\":20000,\"payable_minor\":20000,\"lines\":["
        "{\"id\":1,\"payable_minor\":20000,\"qty_milli\":4000,\"list_minor\":20000}],\"given\":["
        "{\"promotion\":\"p\",\"kind\":\"stamp\",\"what\":\"one\",\"account\":\"" STAMPS "\",\"amount\":%lld,"
        "\"on_return\":\"revoke_if_unused\",\"by_quantity\":true},"
        "{\"promotion\":\"q\",\"kind\":\"stamp\",\"what\":\"two\",\"account\":\"" OTHER "\",\"amount\":%lld,"
        "\"on_return\":\"revoke_if_unused\",\"by_quantity\":true}]}",
        receipt, (long long)first, (long long)second);
    append(till, "commit", receipt, body);
}

static void test_a_receipt_gives_no_more_stamps_than_it_may(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    world_start(world, &till);
    append_stamps(&till, "1", 200, 0);
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "1", &sale);
    assert_string_equal(sale.flags, ""); /* two hundred pieces with a stamp each are nothing */
    assert_int_equal(stamps_of(world, STAMPS), 200);
    append_stamps(&till, "2", VN_STAMPS_RECEIPT - 1, 1);
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "2", &sale);
    assert_string_equal(sale.flags, "");
    append_stamps(&till, "3", VN_STAMPS_RECEIPT - 100, 500);
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "3", &sale);
    assert_string_equal(sale.flags, "capped");
    append_stamps(&till, "4", VN_AMOUNT_MAX, VN_AMOUNT_MAX);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(stamps_of(world, STAMPS),
                     200 + VN_STAMPS_RECEIPT - 1 + VN_STAMPS_RECEIPT - 100 + VN_STAMPS_RECEIPT);
    assert_int_equal(stamps_of(world, OTHER), 1 + 100);
    world_audit(world);
    world_till_end(&till);
}

/* Also when the setting was changed meanwhile. */
static void test_a_void_takes_back_as_many_stamps_as_were_posted(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    append_stamps(&till, "1", 10, 3);
    put(world, VN_SETTING_RECEIPT_STAMPS, 8);
    append_stamps(&till, "2", 6, 900);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(stamps_of(world, STAMPS), 8 + 6);
    assert_int_equal(stamps_of(world, OTHER), 2);
    put(world, VN_SETTING_RECEIPT_STAMPS, VN_SETTING_DEFAULT);
    append(&till, "void", "2", "");
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(stamps_of(world, STAMPS), 8);
    assert_int_equal(stamps_of(world, OTHER), 0);
    append(&till, "void", "1", "");
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(stamps_of(world, STAMPS), 0);
    world_audit(world);
    world_till_end(&till);
}

static void test_a_return_takes_back_a_part_of_the_stamps_that_were_posted(void **state)
{
    static const char piece[] =
        "\"receipt\":[\"1\",\"2026-11-22\",\"9\"],\"lines\":[{\"id\":1,\"qty_milli\":1000}]";
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    put(world, VN_SETTING_RECEIPT_STAMPS, 8);
    append_stamps(&till, "1", 6, 400);
    assert_int_equal(world_sync(&till), 0);
    append(&till, "return", "1", piece);
    append(&till, "return", "1", piece);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(stamps_of(world, STAMPS), 3);
    assert_int_equal(stamps_of(world, OTHER), 1);
    append(&till, "return", "1", piece);
    append(&till, "return", "1", piece);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(stamps_of(world, STAMPS), 0);
    assert_int_equal(stamps_of(world, OTHER), 0);
    world_audit(world);
    world_till_end(&till);
}

/* --- days that are over */

/* A sale of the till at that time, by its own clock. */
static void sell_at(struct world_till *till, int64_t at_ms, int64_t earned)
{
    char receipt[16];
    int64_t now_ms = till->world->now_ms;
    (void)snprintf(receipt, sizeof receipt, "%lld", (long long)till->head_seq);
    till->world->now_ms = at_ms;
    world_commit(till, receipt, "w2", 5000, earned);
    till->world->now_ms = now_ms;
}

/* Sends what is new, and says that there is `behind` more. */
static void send_some(struct world_till *till, int64_t behind)
{
    struct vn_ingest_result result;
    struct vn_enrolment_row row;
    world_row(till, &row);
    till->behind = behind;
    world_send(till, row.high_seq + 1, &result);
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    till->behind = 0;
}

/* It says that it has more and never sends it, so its last acknowledgement stays where it was: it may date sales back to then. */
static void test_a_till_that_dates_sales_back_gains_two_days_maximum_by_each_day(void **state)
{
    struct world *world = *state;
    struct world_till liar, till;
    struct vn_sale_row sale;
    world_start(world, &liar);
    world_till_start(world, &till, "t2");
    put(world, VN_SETTING_DAY_POINTS, 100);
    const int64_t midnight_ms = world->now_ms / VN_EARN_DAY_MS * VN_EARN_DAY_MS + VN_EARN_DAY_MS;
    world->now_ms = midnight_ms + 40 * (int64_t)VN_EARN_DAY_MS;
    sell_at(&till, world->now_ms, 100);
    send_some(&till, 0);
    for (int batch = 0; batch < 5; batch++) {
        for (int i = 0; i < 5; i++) { /* the same two days again and again, in any order */
            sell_at(&liar, midnight_ms + HOUR * (2 + i), 90);
            sell_at(&liar, midnight_ms + VN_EARN_DAY_MS + HOUR * (2 + i), 90);
        }
        send_some(&liar, 1000);
    }
    assert_int_equal(world_owned(world, "w2"), 100 + 2 * 2 * 100);
    world_sale(world, "49", &sale);
    assert_string_equal(sale.flags, "capped");
    world_audit(world);
    world_till_end(&till);
    world_till_end(&liar);
}

/* Its card was never seen anywhere else, so nothing is late. It sends each day and says that there is more: what it says after
 * weeks is not of before them. */
static void test_a_till_that_always_has_more_can_not_date_back_for_ever(void **state)
{
    struct world *world = *state;
    struct world_till liar;
    world_start(world, &liar);
    put(world, VN_SETTING_DAY_POINTS, 100);
    const int64_t begin_ms = world->now_ms;
    for (int day = 0; day <= 30; day++) {
        world->now_ms = begin_ms + day * (int64_t)VN_EARN_DAY_MS;
        world_append(&liar, &(struct world_step){.kind = VN_ENTRY_BOOT});
        send_some(&liar, 1000);
    }
    for (int day = 0; day < 30; day++) {
        sell_at(&liar, begin_ms + day * (int64_t)VN_EARN_DAY_MS, 100);
    }
    send_some(&liar, 1000);
    /* It said so first on day 28, and on day 21 before that: days 21 to 29 are left. */
    assert_int_equal(world_owned(world, "w2"), 9 * 100);
    world_audit(world);
    world_till_end(&liar);
}

/* A bad line brings some parts on each of some days, and then the rest: all of it keeps its day. */
static void test_a_till_that_comes_back_on_a_bad_line_keeps_its_days(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    put(world, VN_SETTING_DAY_POINTS, 100);
    const int64_t begin_ms = world->now_ms;
    world->now_ms += 31 * (int64_t)VN_EARN_DAY_MS;
    for (int part = 0; part < VN_HUB_MORE_DAYS; part++) {
        for (int day = 4 * part; day < 4 * part + 4; day++) {
            sell_at(&till, begin_ms + day * (int64_t)VN_EARN_DAY_MS, 100);
            send_some(&till, 4 * VN_HUB_MORE_DAYS + 1 - day);
        }
        world->now_ms += VN_EARN_DAY_MS;
    }
    sell_at(&till, begin_ms + 28 * (int64_t)VN_EARN_DAY_MS, 100);
    send_some(&till, 0);
    assert_int_equal(world_owned(world, "w2"), 29 * 100);
    world_audit(world);
    world_till_end(&till);
}

/* All that is older than what is known by days is one day. */
static void test_what_is_dated_further_back_than_days_are_known_is_one_day(void **state)
{
    struct world *world = *state;
    struct world_till liar, till;
    world_start(world, &liar);
    world_till_start(world, &till, "t2");
    put(world, VN_SETTING_DAY_POINTS, 100);
    const int64_t begin_ms = world->now_ms;
    world->now_ms += (VN_EARN_LATE_DAYS + 50) * (int64_t)VN_EARN_DAY_MS;
    sell_at(&till, world->now_ms, 100);
    send_some(&till, 0);
    for (int i = 0; i < 45; i++) {
        sell_at(&liar, begin_ms + i * (int64_t)VN_EARN_DAY_MS, 100);
    }
    send_some(&liar, 1000);
    assert_int_equal(world_owned(world, "w2"), 100 + 2 * 100);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&liar);
}

/* A store was cut off for a month; its tills count each day from its first receipt, promise what the maximum of the day leaves,
 * and come back in parts, one behind the other, while the customer shops elsewhere. */
static void test_a_month_without_the_hub_loses_no_points(void **state)
{
    struct world *world = *state;
    struct world_till first, second, till;
    int64_t promised = 100;
    world_start(world, &first);
    world_till_start(world, &second, "t2");
    world_till_start(world, &till, "t3");
    put(world, VN_SETTING_DAY_POINTS, 100);
    const int64_t begin_ms = world->now_ms / VN_EARN_DAY_MS * VN_EARN_DAY_MS + VN_EARN_DAY_MS;
    world->now_ms = begin_ms + 31 * (int64_t)VN_EARN_DAY_MS;
    sell_at(&till, world->now_ms, 100);
    send_some(&till, 0);
    for (int day = 0; day < 30; day += 2) {
        const int64_t noon_ms = begin_ms + day * (int64_t)VN_EARN_DAY_MS + 12 * HOUR;
        sell_at(&first, noon_ms, 10); /* its day begins */
        sell_at(&first, noon_ms + 23 * HOUR, 90);
        sell_at(&first, noon_ms + 24 * HOUR + HOUR / 2, 100); /* and the next one */
        promised += 200;
        if (day % 10 == 0) {
            send_some(&first, 3 * (30 - day));
        }
    }
    send_some(&first, 0);
    assert_int_equal(world_owned(world, "w2"), promised);
    for (int day = 0; day < 30; day += 2) { /* days on which he was not at the first one's before noon */
        sell_at(&second, begin_ms + day * (int64_t)VN_EARN_DAY_MS + 9 * HOUR, 100);
        promised += 100;
    }
    send_some(&second, 0);
    assert_int_equal(world_owned(world, "w2"), promised);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&second);
    world_till_end(&first);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_receipt_gives_no_more_stamps_than_it_may),
        TEST(test_a_void_takes_back_as_many_stamps_as_were_posted),
        TEST(test_a_return_takes_back_a_part_of_the_stamps_that_were_posted),
        TEST(test_a_till_that_dates_sales_back_gains_two_days_maximum_by_each_day),
        TEST(test_a_till_that_always_has_more_can_not_date_back_for_ever),
        TEST(test_a_till_that_comes_back_on_a_bad_line_keeps_its_days),
        TEST(test_what_is_dated_further_back_than_days_are_known_is_one_day),
        TEST(test_a_month_without_the_hub_loses_no_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
