#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/uplink_fake.h"

static void test_an_empty_cache_loads_everything_then_follows(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 0);
    assert_string_equal(fake->feed.path, "/v1/snapshot");
    fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
    assert_true(fake->applying);
    assert_true(fake->apply_snapshot);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_SNAPSHOT);
    struct vn_cursor cursor = {1, 345};
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
    assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.345&wait=0");
    fake_feed(fake, 346);
    assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.346&wait=55");
    assert_int_equal(fake->feed.timeout_ms, 65000);
    assert_int_equal(fake->feed.silent_ms, 0); /* a long-poll is silent */
    assert_int_equal(fake->overlaps, 0);
}

static void test_a_cache_that_is_there_goes_on_where_it_stood(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 1);
    assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.5&wait=0");
    fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
    assert_false(fake->apply_snapshot);
    assert_true(fake_info(fake).online);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
}

static void test_a_snapshot_comes_as_a_file_in_pieces(void **state)
{
    struct fake *fake = *state;
    struct vn_cursor cursor = {1, 345};
    fake_start(fake, 0, 0, 0);
    assert_string_equal(fake->feed.accept, "application/vnd.verno.snapshot, application/x-ndjson;schema=2");
    assert_string_equal(fake->feed.range, "bytes=0-1048575");
    assert_int_equal(fake->feed.silent_ms,
                     VN_SNAPSHOT_SILENT_MS); /* a connection that is dead is left soon */
    assert_string_equal(fake->feed.match, "");
    fake_piece(fake, 206, "\"a\"");
    assert_string_equal(fake->apply_etag, "\"a\"");
    assert_int_equal(fake->apply_at, 0);
    fake->applying = false;
    vn_uplink_on_piece(fake->uplink, 700000); /* as far as the disk has it */
    assert_string_equal(fake->feed.range, "bytes=700000-1748575");
    assert_string_equal(fake->feed.match, "\"a\"");
    fake_lose(fake, VN_UPLINK_FEED, "the line broke");
    fake->feed.timer = false;
    vn_uplink_on_timer(fake->uplink, VN_UPLINK_FEED);
    assert_string_equal(fake->feed.range, "bytes=700000-1748575");
    fake_piece(fake, 206, "\"a\"");
    assert_int_equal(fake->apply_at, 700000);
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
    assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.345&wait=0");
    assert_string_equal(fake->feed.range, "");
    assert_string_equal(fake->feed.accept, "application/x-ndjson;schema=2");
    assert_int_equal(fake->overlaps, 0);
}

static void test_a_file_that_the_hub_no_longer_has_is_loaded_anew(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 0);
    fake_piece(fake, 206, "\"a\"");
    fake->applying = false;
    vn_uplink_on_piece(fake->uplink, 700000);
    fake_refuse(fake, VN_UPLINK_FEED, 412, "gone");
    assert_true(fake->feed.busy);
    assert_string_equal(fake->feed.range, "bytes=0-1048575");
    assert_string_equal(fake->feed.match, "");
    fake_piece(fake, 200, "\"b\""); /* all of it, from a hub without ranges */
    assert_int_equal(fake->apply_at, 0);
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_INPUT, &(struct vn_cursor){0, 0}, "damaged");
    assert_false(fake_info(fake).online);
    vn_uplink_on_timer(fake->uplink, VN_UPLINK_FEED);
    assert_string_equal(fake->feed.match, "");
}

/* A hub in front of which something drops the range, in the midst of a file: its bytes are those of the beginning. */
static void test_an_answer_without_the_range_is_the_file_from_its_beginning(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 0);
    fake_piece(fake, 206, "\"a\"");
    fake->applying = false;
    vn_uplink_on_piece(fake->uplink, 700000);
    assert_string_equal(fake->feed.range, "bytes=700000-1748575");
    fake_piece(fake, 200, "\"a\"");
    assert_int_equal(fake->apply_at, 0);
}

static void test_a_long_poll_does_not_hold_an_upload_up(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    assert_true(fake->feed.busy);
    vn_uplink_on_grown(fake->uplink, 2);
    assert_true(fake->reading);
}

static void test_an_unknown_cursor_leads_to_a_new_snapshot(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake_reply(fake, VN_UPLINK_FEED, 410, "");
    assert_string_equal(fake->feed.path, "/v1/snapshot");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_SNAPSHOT);
    assert_true(fake_info(fake).online);
}

static void test_a_snapshot_that_leads_nowhere_is_not_loaded_without_a_pause(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake_reply(fake, VN_UPLINK_FEED, 410, "");
    fake_feed(fake, 9);
    fake_reply(fake, VN_UPLINK_FEED, 410, "");
    assert_true(fake->feed.timer);
    assert_false(fake->feed.busy);
    fake_timer(fake, VN_UPLINK_FEED);
    assert_string_equal(fake->feed.path, "/v1/snapshot");
    fake_reply(fake, VN_UPLINK_FEED, 410, ""); /* makes no sense for a snapshot: a failure like another */
    assert_true(fake->feed.timer);
}

static void test_all_is_loaded_anew_with_a_sentence_that_ends_with_it(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake_reply(fake, VN_UPLINK_FEED, 410, "");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_SNAPSHOT);
    assert_true(fake_info(fake).online);
    assert_non_null(strstr(fake_info(fake).reason, "loaded anew"));
    vn_uplink_report(fake->uplink);
    fake_reply(fake, VN_UPLINK_UP, 200, "{}"); /* says nothing about the feed */
    assert_non_null(strstr(fake_info(fake).reason, "loaded anew"));
    fake_feed(fake, 9);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
    assert_string_equal(fake_info(fake).reason, "");
}

static void test_a_frame_that_makes_no_sense_is_told_with_its_place(void **state)
{
    static const enum vn_status cases[] = {VN_INPUT, VN_UNSUPPORTED, VN_CONFLICT};
    struct fake *fake = *state;
    fake_online(fake, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
        fake->applying = false;
        vn_uplink_on_applied(fake->uplink, cases[i], NULL, "line 3 of the frame: no number");
        assert_string_equal(fake_info(fake).reason,
                            "what the hub sent can't be read: line 3 of the frame: no number");
        fake_timer(fake, VN_UPLINK_FEED);
    }
}

/* Rows that all tills share leave out what the header says for this one. */
static void test_frames_are_asked_for_as_tills_share_them_and_their_headers_go_along(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 9, 9, 1);
    assert_string_equal(fake->feed.accept, "application/x-ndjson;schema=2");
    fake_frame(fake, 8, 7);
    assert_int_equal(fake->apply_included, 8);
    assert_int_equal(fake->apply_told, 7);
    fake_reply(fake, VN_UPLINK_FEED, 200, "frame"); /* an older hub has no such headers */
    assert_int_equal(fake->apply_included, -1);
    assert_int_equal(fake->apply_told, -1);
}

static void test_what_can_not_be_stored_is_loaded_anew_with_growing_pauses(void **state)
{
    struct fake *fake = *state;
    int64_t late = 0;
    fake_online(fake, 1);
    for (int i = 0; i < 20; i++) {
        fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
        fake->applying = false;
        vn_uplink_on_applied(fake->uplink, VN_IO, NULL, "the disk is broken");
        assert_true(fake->feed.timer);
        assert_false(fake->feed.busy);
        assert_string_equal(fake_info(fake).reason,
                            "what the hub sent can't be stored on this till: the disk is broken");
        late += i >= 10 ? fake->feed.timer_ms : 0;
        fake_timer(fake, VN_UPLINK_FEED);
        assert_string_equal(fake->feed.path, "/v1/snapshot");
    }
    assert_true(late > 10 * 5000);
}

static void test_a_change_that_finds_no_room_is_asked_for_again_and_not_everything(void **state)
{
    struct fake *fake = *state;
    int64_t late = 0;
    fake_online(fake, 1);
    for (int i = 0; i < 20; i++) {
        fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
        fake->applying = false;
        vn_uplink_on_applied(fake->uplink, VN_FULL, NULL, "the disk is full");
        assert_string_equal(fake_info(fake).reason,
                            "what the hub sent can't be stored on this till: the disk is full");
        late += i >= 10 ? fake->feed.timer_ms : 0;
        fake_timer(fake, VN_UPLINK_FEED);
        assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.6&wait=0");
    }
    assert_true(late > 10 * 5000);
}

/* Each piece arrives well, but the whole never fits. */
static void test_a_snapshot_that_finds_no_room_is_not_loaded_every_minute(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 0);
    for (int i = 0; i < 5; i++) {
        fake_piece(fake, 206, "\"a\"");
        fake->applying = false;
        vn_uplink_on_piece(fake->uplink, 700000);
        fake_piece(fake, 206, "\"a\"");
        fake->applying = false;
        vn_uplink_on_applied(fake->uplink, VN_FULL, &(struct vn_cursor){0, 0}, "the disk is full");
        assert_int_equal(fake->feed.timer_ms, 600000);
        fake_timer(fake, VN_UPLINK_FEED);
        assert_string_equal(fake->feed.path, "/v1/snapshot");
    }
}

/* Memory comes back by itself. */
static void test_a_snapshot_that_finds_no_memory_is_loaded_again_within_the_minute(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 0);
    for (int i = 0; i < 20; i++) {
        fake_piece(fake, 206, "\"a\"");
        fake->applying = false;
        vn_uplink_on_applied(fake->uplink, VN_NOMEM, &(struct vn_cursor){0, 0}, "out of memory");
        assert_in_range(fake->feed.timer_ms, 1, 60000);
        fake_timer(fake, VN_UPLINK_FEED);
        assert_string_equal(fake->feed.path, "/v1/snapshot");
    }
}

/* The line is good, and pieces arrive: that alone must not end the pauses. */
static void test_a_snapshot_that_is_damaged_again_and_again_is_loaded_with_growing_pauses(void **state)
{
    struct fake *fake = *state;
    int64_t late = 0;
    fake_start(fake, 0, 0, 0);
    for (int i = 0; i < 20; i++) {
        fake_piece(fake, 206, "\"a\"");
        fake->applying = false;
        vn_uplink_on_piece(fake->uplink, 700000);
        fake_piece(fake, 206, "\"a\"");
        fake->applying = false;
        vn_uplink_on_applied(fake->uplink, VN_INPUT, &(struct vn_cursor){0, 0}, "damaged");
        late += i >= 10 ? fake->feed.timer_ms : 0;
        fake_timer(fake, VN_UPLINK_FEED);
    }
    assert_true(late > 10 * 5000);
}

/* Two hubs behind one name, each with a file of its own; a file that ends too early; a proxy that cuts bodies off. */
static void test_a_file_that_never_becomes_whole_is_not_loaded_without_a_pause(void **state)
{
    struct fake *fake = *state;
    int64_t waited[3] = {0, 0, 0};
    fake_start(fake, 0, 0, 0);
    for (int i = 0; i < 60; i++) {
        fake_piece(fake, 206, "\"a\"");
        fake->applying = false;
        vn_uplink_on_piece(fake->uplink, i % 3 == 2 ? 0 : 700000);
        if (i % 3 != 2) {
            fake_refuse(fake, VN_UPLINK_FEED, i % 3 == 0 ? 412 : 416, "gone");
        }
        waited[i % 3] += i >= 30 ? fake->feed.timer_ms : 0;
        if (fake->feed.timer) {
            fake_timer(fake, VN_UPLINK_FEED);
        }
        assert_true(fake->feed.busy);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(waited[i] > 10 * 5000);
    }
}

static void test_a_hub_that_answers_polls_at_once_without_news_is_polled_less_and_less(void **state)
{
    struct fake *fake = *state;
    int64_t late = 0;
    fake_online(fake, 1);
    for (int i = 0; i < 50; i++) {
        fake_feed(fake, 6);
        assert_true(fake->feed.timer);
        assert_false(fake->feed.busy);
        late += i >= 40 ? fake->feed.timer_ms : 0;
        fake_timer(fake, VN_UPLINK_FEED);
        assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.6&wait=55");
    }
    assert_true(late > 10 * 5000);
    fake_feed(fake, 7);
    assert_true(fake->feed.busy);
    fake_feed(fake, 7);
    assert_in_range(fake->feed.timer_ms, 100, 600);
}

static void test_a_poll_that_ends_after_its_time_is_followed_by_the_next(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake->now_ms += 55000;
    fake_feed(fake, 6);
    assert_true(fake->feed.busy);
    assert_false(fake->feed.timer);
}

static void test_a_till_that_is_refused_does_not_poll_without_a_pause(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    vn_uplink_on_grown(fake->uplink, 2);
    fake_batch(fake, 1);
    fake_refuse(fake, VN_UPLINK_UP, 403, "branch found");
    for (int i = 7; i < 20; i++) {
        fake_feed(fake, i);
        assert_non_null(strstr(fake->feed.path, "&wait=55"));
    }
}

static void test_the_first_poll_after_a_failure_asks_for_what_is_there(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake_lose(fake, VN_UPLINK_FEED, "time-out");
    fake_timer(fake, VN_UPLINK_FEED);
    assert_string_equal(fake->feed.path, "/v1/feed?cursor=1.6&wait=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_empty_cache_loads_everything_then_follows, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_cache_that_is_there_goes_on_where_it_stood, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_snapshot_comes_as_a_file_in_pieces, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_the_hub_no_longer_has_is_loaded_anew, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_without_the_range_is_the_file_from_its_beginning,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_long_poll_does_not_hold_an_upload_up, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_an_unknown_cursor_leads_to_a_new_snapshot, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_snapshot_that_leads_nowhere_is_not_loaded_without_a_pause,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_all_is_loaded_anew_with_a_sentence_that_ends_with_it, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_frame_that_makes_no_sense_is_told_with_its_place, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_frames_are_asked_for_as_tills_share_them_and_their_headers_go_along, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(test_what_can_not_be_stored_is_loaded_anew_with_growing_pauses,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_change_that_finds_no_room_is_asked_for_again_and_not_everything, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_snapshot_that_finds_no_memory_is_loaded_again_within_the_minute, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_snapshot_that_finds_no_room_is_not_loaded_every_minute,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_snapshot_that_is_damaged_again_and_again_is_loaded_with_growing_pauses, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_never_becomes_whole_is_not_loaded_without_a_pause,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_hub_that_answers_polls_at_once_without_news_is_polled_less_and_less, fake_setup,
            fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_poll_that_ends_after_its_time_is_followed_by_the_next,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_till_that_is_refused_does_not_poll_without_a_pause, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_the_first_poll_after_a_failure_asks_for_what_is_there,
                                        fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
