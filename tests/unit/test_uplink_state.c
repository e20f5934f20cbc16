#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/uplink_fake.h"

static void test_a_till_starts_offline_and_says_that_the_hub_was_not_reached(void **state)
{
    struct fake *fake = *state;
    assert_int_equal(fake_info(fake).state, VN_UPLINK_NEW);
    fake_start(fake, 3, 3, 0);
    struct vn_uplink_info info = fake_info(fake);
    assert_int_equal(info.state, VN_UPLINK_BACKOFF); /* the hub has had entries of it */
    assert_false(info.online);
    assert_int_equal(info.offline_since_ms, 0);
    assert_string_equal(info.reason, "the hub has not been reached yet");
}

static void test_a_till_that_was_never_in_touch_is_enrolled_and_no_more(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 3, 0, 0);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_ENROLLED);
    fake_lose(fake, VN_UPLINK_FEED, "connection refused");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_ENROLLED);
    assert_string_equal(fake_info(fake).reason, "connection refused");
    fake_batch(fake, 3);
    fake_ack(fake, 3, 0, 0);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_SNAPSHOT);
    fake_timer(fake, VN_UPLINK_FEED);
    fake_feed(fake, 6);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
}

static void test_nothing_is_sent_before_start(void **state)
{
    struct fake *fake = *state;
    vn_uplink_on_grown(fake->uplink, 9);
    vn_uplink_report(fake->uplink);
    assert_int_equal(fake->up.sent + fake->feed.sent, 0);
    assert_false(fake->reading);
}

static void test_a_lost_line_is_offline_since_then_with_its_reason(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 2);
    assert_true(fake_info(fake).online);
    unsigned changes = fake->changes;
    fake->now_ms = 5000;
    fake_lose(fake, VN_UPLINK_FEED, "connection refused");
    struct vn_uplink_info info = fake_info(fake);
    assert_int_equal(info.state, VN_UPLINK_BACKOFF);
    assert_false(info.online);
    assert_int_equal(info.offline_since_ms, 1795334400000 + 5000);
    assert_string_equal(info.reason, "connection refused");
    assert_int_equal(fake->changes, changes + 1);
    fake_timer(fake, VN_UPLINK_FEED);
    fake_lose(fake, VN_UPLINK_FEED, "connection refused");
    assert_int_equal(fake->changes, changes + 1); /* the same again is no news */
    assert_int_equal(fake_info(fake).offline_since_ms, 1795334400000 + 5000);
}

static void test_online_again_clears_reason_and_age(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 2);
    fake_lose(fake, VN_UPLINK_FEED, "time-out");
    fake_timer(fake, VN_UPLINK_FEED);
    fake_feed(fake, 6);
    struct vn_uplink_info info = fake_info(fake);
    assert_true(info.online);
    assert_int_equal(info.state, VN_UPLINK_LIVE);
    assert_int_equal(info.offline_since_ms, 0);
    assert_string_equal(info.reason, "");
}

static void test_back_off_grows_with_jitter_and_never_comes_to_nothing(void **state)
{
    struct fake *fake = *state;
    int64_t late = 0;
    fake_start(fake, 0, 0, 1);
    for (int i = 0; i < 40; i++) {
        fake_lose(fake, VN_UPLINK_FEED, "connection refused");
        assert_true(fake->feed.timer);
        assert_in_range(fake->feed.timer_ms, 100, 60100);
        if (i == 0) {
            assert_in_range(fake->feed.timer_ms, 100, 600);
        }
        late += i >= 20 ? fake->feed.timer_ms : 0;
        fake_timer(fake, VN_UPLINK_FEED);
    }
    assert_true(late > 20 * 10000); /* twenty draws below a minute average above ten seconds */
}

static void test_two_tills_do_not_come_back_in_step(void **state)
{
    struct fake *fake = *state;
    struct fake other;
    fake_create(&other, 99);
    fake_start(fake, 0, 0, 1);
    fake_start(&other, 0, 0, 1);
    fake_lose(fake, VN_UPLINK_FEED, "connection refused");
    fake_lose(&other, VN_UPLINK_FEED, "connection refused");
    assert_int_not_equal(fake->feed.timer_ms, other.feed.timer_ms);
    fake_destroy(&other);
}

static void test_a_busy_hub_says_when_to_come_back(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 1);
    fake_reply_later(fake, VN_UPLINK_FEED, 503, 30000);
    assert_in_range(fake->feed.timer_ms, 30100, 30600);
    fake_reply_later(fake, VN_UPLINK_UP, 429, 7000);
    assert_in_range(fake->up.timer_ms, 7100, 7600);
    assert_string_equal(fake_info(fake).reason, "the hub has too much to do, and is asked again in a while");
    fake_timer(fake, VN_UPLINK_UP);
    fake_reply_later(fake, VN_UPLINK_UP, 503, -1); /* it does not say when */
    assert_in_range(fake->up.timer_ms, 100, 1600);
    assert_string_equal(fake_info(fake).reason, "the hub can't work now: busy");
}

/* A second is what a hub says that has too many connections: all tills once a second are the same again. */
static void test_a_hub_that_stays_busy_is_asked_less_and_less(void **state)
{
    struct fake *fake = *state;
    int64_t late = 0;
    fake_start(fake, 0, 0, 1);
    for (int i = 0; i < 40; i++) {
        fake_reply_later(fake, VN_UPLINK_FEED, 429, i % 2 == 0 ? 0 : 1000);
        assert_true(fake->feed.timer_ms <= 1000 + 16100);
        late += i >= 20 ? fake->feed.timer_ms : 0;
        fake_timer(fake, VN_UPLINK_FEED);
    }
    assert_true(late > 20 * 4000);
}

static void test_a_busy_hub_can_not_send_a_till_away_for_years(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 1);
    static const int64_t years_ms[] = {INT64_MAX, INT64_C(86400000), 3600001};
    for (size_t i = 0; i < sizeof years_ms / sizeof years_ms[0]; i++) {
        fake_reply_later(fake, VN_UPLINK_FEED, 503, years_ms[i]);
        assert_in_range(fake->feed.timer_ms, 3600000, 3601000);
        fake_timer(fake, VN_UPLINK_FEED);
    }
}

static void test_a_hub_that_is_newer_is_asked_every_ten_minutes(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 0, 0, 1);
    fake_refuse(fake, VN_UPLINK_FEED, 426, "upgrade");
    assert_int_equal(fake->feed.timer_ms, 600000);
    assert_string_equal(fake_info(fake).reason,
                        "the hub needs a newer version of the agent: upgrade this till");
}

static void test_a_revoked_certificate_is_told_apart_from_a_branch(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake_refuse(fake, VN_UPLINK_FEED, 403, "revoked");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_REVOKED);
    assert_string_equal(fake_info(fake).reason, "the hub refuses this till: revoked");
    vn_uplink_on_grown(fake->uplink, 2);
    fake_batch(fake, 1);
    fake_refuse(fake, VN_UPLINK_UP, 403, "branch found");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_QUARANTINED);
    assert_int_equal(fake->up.timer_ms, 600000);
}

/* Out of date, or of another authority: nobody has ended this enrolment. */
static void test_a_certificate_that_is_not_accepted_is_not_revoked(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    fake_refuse(fake, VN_UPLINK_FEED, 401, "the certificate has expired");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_BACKOFF);
    assert_int_equal(fake->feed.timer_ms, 600000);
    assert_string_equal(fake_info(fake).reason,
                        "the hub does not accept this till's certificate: the certificate has expired");
    fake_timer(fake, VN_UPLINK_FEED);
    fake_feed(fake, 7);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
}

static void test_a_quarantine_outlives_faults_of_the_line_and_a_working_feed(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    vn_uplink_on_grown(fake->uplink, 2);
    fake_batch(fake, 1);
    fake_refuse(fake, VN_UPLINK_UP, 403, "branch found");
    fake_feed(fake, 7);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_QUARANTINED);
    fake_lose(fake, VN_UPLINK_FEED, "connection refused");
    assert_int_equal(fake_info(fake).state, VN_UPLINK_QUARANTINED);
    assert_string_equal(fake_info(fake).reason, "the hub refuses this till: branch found");
    fake_timer(fake, VN_UPLINK_FEED);
    fake_feed(fake, 8);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_QUARANTINED);
    assert_false(fake_info(fake).online);
}

static void test_a_quarantine_ends_when_the_hub_takes_the_journal(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    vn_uplink_on_grown(fake->uplink, 2);
    fake_batch(fake, 1);
    fake_refuse(fake, VN_UPLINK_UP, 403, "branch found");
    fake_timer(fake, VN_UPLINK_UP);
    fake_batch(fake, 1);
    fake_ack(fake, 2, 0, 0);
    assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
    assert_true(fake_info(fake).online);
}

static void test_after_a_failed_report_there_is_something_to_try_again_with(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 1);
    vn_uplink_report(fake->uplink);
    fake_lose(fake, VN_UPLINK_UP, "time-out");
    assert_false(fake_info(fake).online);
    fake_timer(fake, VN_UPLINK_UP); /* the feed's long-poll is still under way: this is how we find out */
    assert_string_equal(fake->up.path, "/v1/status");
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    assert_true(fake_info(fake).online);
}

static void test_states_have_names(void **state)
{
    (void)state;
    assert_string_equal(vn_uplink_state_name(VN_UPLINK_SNAPSHOT), "snapshot");
    assert_string_equal(vn_uplink_state_name(VN_UPLINK_REVOKED), "revoked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_till_starts_offline_and_says_that_the_hub_was_not_reached,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_till_that_was_never_in_touch_is_enrolled_and_no_more,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_certificate_that_is_not_accepted_is_not_revoked, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_sent_before_start, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_lost_line_is_offline_since_then_with_its_reason, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_online_again_clears_reason_and_age, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_back_off_grows_with_jitter_and_never_comes_to_nothing,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_two_tills_do_not_come_back_in_step, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_busy_hub_says_when_to_come_back, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_stays_busy_is_asked_less_and_less, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_busy_hub_can_not_send_a_till_away_for_years, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_is_newer_is_asked_every_ten_minutes, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_revoked_certificate_is_told_apart_from_a_branch, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_quarantine_outlives_faults_of_the_line_and_a_working_feed,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_quarantine_ends_when_the_hub_takes_the_journal, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_after_a_failed_report_there_is_something_to_try_again_with,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_states_have_names, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
