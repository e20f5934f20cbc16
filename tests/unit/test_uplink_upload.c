#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/wire/entry.h"
#include "tests/unit/uplink_fake.h"

static void test_the_journal_goes_up_in_batches_until_the_head(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 700, 0, 1);
    assert_true(fake->reading);
    assert_int_equal(fake->read_after, 0);
    assert_int_equal(fake->read_max, 500);
    fake_batch(fake, 500);
    assert_string_equal(fake->up.path, "/v1/journal");
    fake_ack(fake, 500, 300, 0);
    assert_int_equal(fake->acked, 500);
    assert_int_equal(fake->durable, 300);
    assert_int_equal(fake->read_after, 500);
    fake_batch(fake, 200);
    fake_ack(fake, 700, 300, 0);
    fake_no_rights(fake);
    assert_string_equal(fake->up.path, "/v1/status"); /* comes when there is nothing more urgent */
    struct vn_uplink_info info = fake_info(fake);
    assert_int_equal(info.acked_seq, 700);
    assert_int_equal(info.durable_seq, 300);
    assert_int_equal(info.hub_offset_ms, 250);
    assert_int_equal(info.hub_entries, VN_ENTRY_VERSION);
}

/* Entries are pruned by what is durable, so it does not fall, and is never above what was taken in. */
static void test_what_is_durable_only_rises_and_was_taken_in(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 9, 0, 1);
    fake_batch(fake, 3);
    fake_ack(fake, 3, 3, 0);
    fake_batch(fake, 3);
    fake_ack(fake, 6, 0, 0);
    assert_int_equal(fake_info(fake).acked_seq, 6);
    assert_int_equal(fake_info(fake).durable_seq, 3);
    assert_int_equal(fake->durable, 3);
    fake_batch(fake, 3);
    fake_ack(fake, 8, 9, 0);
    assert_string_equal(fake_info(fake).reason, "the hub's answer to a batch can't be read");
    assert_int_equal(fake_info(fake).acked_seq, 6);
    assert_int_equal(fake->durable, 3);
}

static void test_a_new_entry_is_sent_at_once(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 4);
    assert_false(fake->reading);
    vn_uplink_on_grown(fake->uplink, 5);
    assert_true(fake->reading);
    assert_int_equal(fake->read_after, 4);
}

static void test_the_hub_can_ask_for_a_pause_between_batches(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 700, 0, 1);
    fake_batch(fake, 500);
    fake_ack(fake, 500, 0, 4000);
    assert_false(fake->reading);
    assert_int_equal(fake->up.timer_ms, 4000);
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(fake->reading);
}

static void test_a_pause_has_an_upper_limit(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 700, 0, 1);
    fake_batch(fake, 500);
    fake_ack(fake, 500, 0, 9000000000000);
    assert_int_equal(fake->up.timer_ms, 600000);
}

static void test_a_lost_answer_is_made_good_by_what_the_hub_expects(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 8);
    fake_batch(fake, 3);
    fake_lose(fake, VN_UPLINK_UP, "time-out");
    fake_timer(fake, VN_UPLINK_UP);
    fake_batch(fake, 3);
    fake_expected(fake, 9);
    assert_true(fake_info(fake).online);
    assert_int_equal(fake_info(fake).acked_seq, 8);
    assert_int_equal(fake->acked, 8); /* the journal hears of it too */
    assert_false(fake->reading);
}

static void test_a_hub_that_was_set_back_gets_its_entries_again(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 6);
    fake_batch(fake, 1);
    fake_expected(fake, 3);
    assert_true(fake->reading);
    assert_int_equal(fake->read_after, 2);
    fake_batch(fake, 4);
    fake_ack(fake, 6, 0, 0);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
}

static void test_a_till_with_nothing_new_learns_from_its_feed_that_the_hub_was_set_back(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 6, 6, 1);
    unsigned sent = fake->feed.sent;
    fake_expected_on(fake, VN_UPLINK_FEED, 3);
    assert_int_equal(fake->feed.sent, sent); /* not at once again */
    assert_true(fake->feed.timer);
    fake_no_rights(fake); /* what was under way */
    assert_true(fake->reading);
    assert_int_equal(fake->read_after, 2);
    fake_batch(fake, 4);
    fake_ack(fake, 6, 0, 0);
    fake_timer(fake, VN_UPLINK_FEED);
    fake_feed(fake, 9);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
    assert_int_equal(fake->overlaps, 0);
}

static void test_a_report_that_the_hub_is_not_ready_for_is_sent_again(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 6, 6, 1);
    fake_no_rights(fake);
    assert_string_equal(fake->up.path, "/v1/status");
    fake_expected(fake, 5);
    assert_int_equal(fake->read_after, 4);
    fake_batch(fake, 2);
    fake_ack(fake, 6, 0, 0);
    assert_string_equal(fake->up.path, "/v1/status");
    assert_true(fake->up.busy);
}

static void test_the_hub_is_told_that_a_till_is_live_and_then_every_quarter_of_an_hour(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 6, 6, 1);
    fake_no_rights(fake);
    assert_true(fake->up.busy);
    assert_string_equal(fake->up.path, "/v1/status");
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    assert_false(fake->up.busy);
    unsigned told = fake->up.sent;
    for (int minute = 0; minute < 60; minute++) {
        fake->now_ms += 60000;
        fake_feed(fake, 7); /* nothing new: a long-poll that ended */
        if (fake->up.busy) {
            fake_reply(fake, VN_UPLINK_UP, 200, "{}");
        }
    }
    assert_int_equal(fake->up.sent, told + 4);
    assert_int_equal(fake->overlaps, 0);
}

static void test_a_hub_that_contradicts_itself_does_not_keep_the_till_running(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 6);
    fake_batch(fake, 1);
    fake_expected(fake, 3);
    fake_batch(fake, 4);
    fake_expected(fake, 6);
    assert_false(fake->reading);
    assert_true(fake->up.timer);
    assert_string_equal(fake_info(fake).reason, "the hub refuses the entry that it asks for");
}

static void test_a_hub_that_takes_nothing_does_not_keep_the_till_running(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 6);
    fake_batch(fake, 1);
    fake_ack(fake, 5, 0, 0);
    assert_false(fake->reading);
    assert_true(fake->up.timer);
    assert_string_equal(fake_info(fake).reason, "the hub took nothing of a batch");
}

static void test_a_disk_that_was_set_back_is_noticed_and_quarantined(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 6);
    fake_batch(fake, 1);
    fake_expected(fake, 8);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_QUARANTINED);
    assert_int_equal(fake->up.timer_ms, 600000);
    fake_timer(fake, VN_UPLINK_UP);
    fake_batch(fake, 1);
    fake_ack(fake, 9, 0, 0);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_QUARANTINED);
    assert_int_equal(fake->acked_calls, 0);
}

static void test_a_batch_that_is_too_large_is_halved_and_grows_again(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 10, 0, 1);
    fake_batch(fake, 10);
    fake_reply(fake, VN_UPLINK_UP, 413, "");
    assert_int_equal(fake->read_max, 5); /* of what was sent, not of what could have been */
    fake_batch(fake, 5);
    fake_reply(fake, VN_UPLINK_UP, 413, "");
    assert_int_equal(fake->read_max, 2);
    fake_batch(fake, 2);
    fake_ack(fake, 2, 0, 0);
    assert_int_equal(fake->read_max, 4);
    fake_batch(fake, 4);
    fake_ack(fake, 6, 0, 0);
    assert_int_equal(fake->read_max, 8);
}

static void test_one_entry_that_is_too_large_backs_off(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 1, 0, 1);
    fake_batch(fake, 1);
    fake_refuse(fake, VN_UPLINK_UP, 413, "too large");
    assert_true(fake->up.timer);
    assert_int_equal(fake->up.timer_ms, 600000);
    assert_string_equal(fake_info(fake).reason,
                        "the hub does not take an entry as large as this till's next one: too large");
}

static void test_a_hub_that_asks_for_pruned_entries_is_told_apart(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 6);
    fake_batch(fake, 1);
    fake_expected(fake, 2);
    fake_no_batch(fake, VN_ABSENT);
    assert_int_equal(fake->up.timer_ms, 600000);
    assert_non_null(strstr(fake_info(fake).reason, "has pruned"));
    assert_false(fake->reading);
    fake_expected_on(fake, VN_UPLINK_FEED, 2); /* and tells nothing before it has them */
    assert_non_null(strstr(fake_info(fake).reason, "has pruned"));
    assert_non_null(strstr(fake_info(fake).reason, "--replaces"));
    assert_false(fake->reading);
    unsigned sent = fake->up.sent; /* meanwhile somebody restores the newest backup: the hub has 5 again */
    fake_timer(fake, VN_UPLINK_UP);
    assert_int_equal(fake->read_after, 5);
    fake_batch(fake, 1);
    assert_int_equal(fake->up.sent, sent + 1);
    fake_ack(fake, 6, 0, 0);
    assert_int_equal(fake_info(fake).acked_seq, 6);
    assert_string_equal(fake_info(fake).reason, "");
}

/* The feed goes on as if nothing was; but what the hub does not take is sales. */
static void test_what_keeps_the_journal_here_is_said_while_the_feed_works(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    vn_uplink_on_grown(fake->uplink, 2);
    fake_batch(fake, 1);
    fake_refuse(fake, VN_UPLINK_UP, 413, "too large");
    for (int i = 7; i < 12; i++) {
        fake_feed(fake, i);
        assert_true(fake_info(fake).online);
        assert_non_null(strstr(fake_info(fake).reason, "does not take an entry as large"));
    }
    fake_timer(fake, VN_UPLINK_UP);
    fake_batch(fake, 1);
    fake_ack(fake, 2, 0, 0);
    assert_string_equal(fake_info(fake).reason, "");
}

static void test_a_journal_that_is_damaged_is_told_with_its_entry(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 5);
    vn_uplink_on_grown(fake->uplink, 9);
    fake_no_batch(fake, VN_CORRUPT);
    assert_int_equal(fake->up.timer_ms, 600000);
    assert_non_null(strstr(fake_info(fake).reason, "entry 6 of this till's journal is damaged"));
    fake_timer(fake, VN_UPLINK_UP);
    fake_no_batch(fake, VN_IO);
    assert_non_null(strstr(fake_info(fake).reason, "journal can't be read"));
}

/* 10 KB/s, 300 ms to and fro: batches come to what arrives in some seconds, and each has the time that it needs. */
static void test_batches_are_as_large_as_the_line_is_fast(void **state)
{
    struct fake *fake = *state;
    int64_t acked = 0;
    fake_start(fake, 100000, 0, 1);
    for (int i = 0; i < 12; i++) {
        size_t bytes = fake->read_bytes;
        fake_batch_of(fake, 20, bytes);
        int64_t took_ms = 300 + (int64_t)bytes / 10;
        assert_true(fake->up.timeout_ms > took_ms);
        fake->now_ms += took_ms;
        acked += 20;
        fake_ack(fake, acked, 0, 0);
    }
    assert_in_range(fake->read_bytes, 40000, 50000);
    for (int i = 0; i < 12; i++) { /* the line is good again */
        fake_batch_of(fake, 20, fake->read_bytes);
        fake->now_ms += 50;
        acked += 20;
        fake_ack(fake, acked, 0, 0);
    }
    assert_int_equal(fake->read_bytes, VN_BATCH_BYTES_MAX / 2);
}

/* The largest entry there is, over the slowest line that we promise anything for. */
static void test_the_largest_entry_has_time_to_arrive_over_ten_kilobytes_a_second(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 1, 0, 1);
    fake_batch_of(fake, 1, VN_ENTRY_MAX);
    assert_true(fake->up.timeout_ms > VN_ENTRY_MAX / 10 + 10000);
    fake_lose(fake, VN_UPLINK_UP, "time-out");
    fake_timer(fake, VN_UPLINK_UP);
    assert_int_equal(fake->read_max, 1);
    for (int i = 0; i < 20; i++) { /* and however often it fails, it is asked for again, a batch of one */
        fake_batch_of(fake, 1, VN_ENTRY_MAX);
        fake_lose(fake, VN_UPLINK_UP, "time-out");
        fake_timer(fake, VN_UPLINK_UP);
    }
    assert_int_equal(fake->read_bytes, 4096);
    fake_batch_of(fake, 1, VN_ENTRY_MAX);
    fake_ack(fake, 1, 0, 0);
    assert_int_equal(fake_info(fake).acked_seq, 1);
}

static void test_the_hubs_time_goes_on_whatever_our_clock_says(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 1, 0, 1);
    assert_int_equal(vn_uplink_hub_now_ms(fake->uplink), 0);
    fake_batch(fake, 1);
    fake_ack(fake, 1, 0, 0);
    int64_t then_ms = vn_uplink_hub_now_ms(fake->uplink);
    assert_int_equal(then_ms, 1795334400000 + fake->now_ms + 250);
    fake->now_ms += 5000;
    fake->wall_off_ms = INT64_C(315360000000); /* ten years */
    assert_int_equal(vn_uplink_hub_now_ms(fake->uplink), then_ms + 5000);
}

static void test_a_journal_that_can_not_be_read_now_is_read_later(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 3, 0, 1);
    fake_batch(fake, 0);
    assert_int_equal(fake->up.sent, 0);
    assert_in_range(fake->up.timer_ms, 100, 600);
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(fake->reading);
}

static void test_answers_that_are_no_answers_back_off(void **state)
{
    static const char *const bodies[] = {"", "{}", "[", "{\"schema\":1,\"acked_seq\":-1}"};
    struct fake *fake = *state;
    fake_start(fake, 3, 0, 1);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        fake_batch(fake, 3);
        fake_reply(fake, VN_UPLINK_UP, i % 2 == 0 ? 200 : 409, bodies[i]);
        assert_true(fake->up.timer);
        assert_string_equal(fake_info(fake).reason, "the hub's answer to a batch can't be read");
        fake_timer(fake, VN_UPLINK_UP);
    }
    assert_int_equal(fake_info(fake).acked_seq, 0);
}

/* A line that brings 100 entries through in time, but not 500: 500 must not be tried first again and again. */
static void test_after_a_failure_batches_begin_with_one_entry_and_double(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 900, 0, 1);
    assert_int_equal(fake->read_max, VN_BATCH_ENTRIES_MAX);
    fake_batch(fake, 500);
    fake_lose(fake, VN_UPLINK_UP, "connection refused");
    fake_timer(fake, VN_UPLINK_UP);
    assert_int_equal(fake->read_max, 1);
    int64_t acked = 0;
    for (unsigned size = 1; size < 100; size *= 2) {
        assert_int_equal(fake->read_max, size);
        fake_batch(fake, size);
        acked += size;
        fake_ack(fake, acked, 0, 0);
        assert_int_equal(fake->read_after, acked);
    }
    fake_batch(fake, 128);
    fake_lose(fake, VN_UPLINK_UP, "timed out");
    fake_timer(fake, VN_UPLINK_UP);
    assert_int_equal(fake->read_after, 127);
    assert_int_equal(fake->read_max, 1);
}

static void test_after_a_long_outage_tills_spread_as_the_hub_said(void **state)
{
    struct fake *fake = *state;
    int64_t longest = 0;
    fake_start(fake, 1, 0, 1);
    fake_batch(fake, 1);
    fake_reply(fake, VN_UPLINK_UP, 200,
               "{\"schema\":1,\"epoch\":1,\"acked_seq\":1,\"durable_seq\":0,\"head\":"
               "\"0000000000000000000000000000000000000000000000000000000000000000\",\"quarantined\":2,"
               "\"server_time_ms\":0,\"delay_ms\":0,\"spread_s\":1800}");
    assert_int_equal(fake_info(fake).quarantined, 2);
    assert_int_equal(fake_info(fake).hub_entries, 1); /* a hub that does not say what it reads */
    for (int i = 0; i < 60; i++) {
        fake_lose(fake, VN_UPLINK_FEED, "connection refused");
        longest = fake->feed.timer_ms > longest ? fake->feed.timer_ms : longest;
        fake_timer(fake, VN_UPLINK_FEED);
    }
    assert_in_range(longest, 600000, 1800100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_journal_goes_up_in_batches_until_the_head, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_durable_only_rises_and_was_taken_in, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_new_entry_is_sent_at_once, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_the_hub_can_ask_for_a_pause_between_batches, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_pause_has_an_upper_limit, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_lost_answer_is_made_good_by_what_the_hub_expects, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_was_set_back_gets_its_entries_again, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_till_with_nothing_new_learns_from_its_feed_that_the_hub_was_set_back, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_report_that_the_hub_is_not_ready_for_is_sent_again, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_the_hub_is_told_that_a_till_is_live_and_then_every_quarter_of_an_hour, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_contradicts_itself_does_not_keep_the_till_running,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_takes_nothing_does_not_keep_the_till_running,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_disk_that_was_set_back_is_noticed_and_quarantined, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_batch_that_is_too_large_is_halved_and_grows_again, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_one_entry_that_is_too_large_backs_off, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_asks_for_pruned_entries_is_told_apart, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_what_keeps_the_journal_here_is_said_while_the_feed_works,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_journal_that_is_damaged_is_told_with_its_entry, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_batches_are_as_large_as_the_line_is_fast, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_the_largest_entry_has_time_to_arrive_over_ten_kilobytes_a_second,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_the_hubs_time_goes_on_whatever_our_clock_says, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_journal_that_can_not_be_read_now_is_read_later, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_answers_that_are_no_answers_back_off, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_after_a_failure_batches_begin_with_one_entry_and_double,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_after_a_long_outage_tills_spread_as_the_hub_said, fake_setup,
                                        fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
