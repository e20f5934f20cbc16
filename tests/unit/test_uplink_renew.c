/* When a till asks for its next certificate, and what becomes of it when it does not get one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/uplink_fake.h"

#define START_MS INT64_C(1795334400000) /* of the fake's clock */
#define DAY_MS   INT64_C(86400000)
#define RENEWED  "{\"certificate\":1}"

/* At the start: so many days of 360 are over. */
static void shows(struct fake *fake, int64_t days_over)
{
    fake->certificate.not_before_ms = START_MS - days_over * DAY_MS;
    fake->certificate.not_after_ms = fake->certificate.not_before_ms + 360 * DAY_MS;
}

/* The hub answers, and what it gave is kept. */
static void renewed(struct fake *fake, const char *body)
{
    const struct vn_uplink_certificate next = {.not_before_ms = START_MS + 30 * DAY_MS,
                                               .not_after_ms = START_MS + 390 * DAY_MS};
    unsigned sent = fake->up.sent;
    fake_reply(fake, VN_UPLINK_UP, 200, body);
    assert_int_equal(fake->up.sent, sent); /* nothing goes out before */
    fake_renewed(fake, &next);
}

static bool asks(const struct fake *fake)
{
    return fake->up.busy && strcmp(fake->up.path, "/v1/renew") == 0;
}

static void test_renew_comes_at_two_thirds_of_the_term_and_a_drawn_time_later(void **state)
{
    struct fake *fake = *state;
    shows(fake, 230);
    fake_online(fake, 0);
    assert_int_equal(fake_info(fake).certificate_until_ms, START_MS + 130 * DAY_MS);
    int days = 0;
    for (; days < 60 && !asks(fake); days++) {
        fake->now_ms += DAY_MS;
        fake_feed(fake, 7 + days); /* a poll that ends is what wakes the uplink */
        fake_hear(fake);
    }
    assert_in_range(days, 10, 41); /* 240 are two thirds; a twelfth, 30, is drawn */
    assert_string_equal(fake->up.body, "{\"csr\":1}");
    renewed(fake, RENEWED);
    assert_int_equal(fake_info(fake).certificate_until_ms, START_MS + 390 * DAY_MS);
    assert_string_equal(fake->up.path, "/v1/status"); /* shows the new one at once */
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    fake_feed(fake, 90);
    assert_false(asks(fake));
}

/* As those of tills that enrolled before there was lending; and the hub is older still, and gives such a one again. */
static void test_renew_comes_soon_for_a_certificate_that_lacks_something(void **state)
{
    struct fake *fake = *state;
    struct vn_uplink_certificate next = {
        .not_before_ms = START_MS, .not_after_ms = START_MS + 360 * DAY_MS, .lacks = true};
    shows(fake, 10);
    fake->certificate.lacks = true;
    fake_online(fake, 0);
    assert_false(asks(fake));
    fake->now_ms += 600000;
    fake_feed(fake, 7);
    assert_true(asks(fake));
    fake_reply(fake, VN_UPLINK_UP, 200, RENEWED);
    fake_renewed(fake, &next);
    fake_hear(fake);
    fake->now_ms += 3600000;
    fake_feed(fake, 8);
    fake_hear(fake);
    assert_false(asks(fake)); /* not before tomorrow */
    fake->now_ms += DAY_MS;
    fake_feed(fake, 9);
    fake_hear(fake);
    assert_true(asks(fake));
    next.lacks = false;
    fake_reply(fake, VN_UPLINK_UP, 200, RENEWED);
    fake_renewed(fake, &next);
    fake->now_ms += 2 * DAY_MS;
    fake_hear(fake);
    fake_feed(fake, 10);
    fake_hear(fake);
    assert_false(asks(fake));
}

static void test_renew_times_of_tills_are_spread(void **state)
{
    int first = 1000;
    int last = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fake fake;
        fake_create(&fake, seed);
        shows(&fake, 239);
        fake_online(&fake, 0);
        int days = 0;
        for (; days < 60 && !asks(&fake); days++) {
            fake.now_ms += DAY_MS;
            fake_feed(&fake, 7 + days);
            fake_hear(&fake);
        }
        first = days < first ? days : first;
        last = days > last ? days : last;
        fake_destroy(&fake);
    }
    assert_true(last - first >= 10);
}

static void test_renew_goes_before_everything_when_the_hub_says_expired(void **state)
{
    struct fake *fake = *state;
    shows(fake, 100); /* by our own clock, which is wrong */
    fake_start(fake, 5, 3, 1);
    fake_refuse(fake, VN_UPLINK_FEED, 401, "Unauthorized: the certificate has expired by the clock here");
    assert_true(fake->reading); /* the batch was asked for before that was known */
    fake_batch(fake, 2);
    fake_refuse(fake, VN_UPLINK_UP, 401, "Unauthorized: the certificate has expired by the clock here");
    assert_true(fake->up.timer && fake->up.timer_ms <= 1000); /* not in ten minutes */
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(asks(fake));
    unsigned polls = fake->feed.sent;
    renewed(fake, RENEWED);
    assert_int_equal(fake->feed.sent, polls + 1); /* the feed comes back with it */
    fake_feed(fake, 6);
    assert_true(fake_info(fake).online);
}

static void test_renew_that_is_refused_leaves_the_till_online(void **state)
{
    struct fake *fake = *state;
    shows(fake, 300);
    fake_start(fake, 0, 0, 1);
    fake_feed(fake, 6);
    assert_true(asks(fake));
    fake_refuse(fake, VN_UPLINK_UP, 404, "absent: there is nothing at this path");
    assert_string_equal(fake_info(fake).renewal, "the hub does not renew certificates yet: upgrade it");
    assert_string_equal(fake->up.path, "/v1/rights"); /* life goes on */
    fake_hear(fake);
    assert_true(fake_info(fake).online);
    fake->now_ms += 3500000;
    fake_feed(fake, 7);
    fake_hear(fake);
    assert_false(asks(fake)); /* not again within the hour */
    fake->now_ms += 200000;
    fake_feed(fake, 8);
    assert_true(asks(fake));
    renewed(fake, "{\"something\":\"else\"}");
    fake_hear(fake);
    assert_string_equal(fake_info(fake).renewal, "it is no certificate");
    fake->now_ms += 3700000;
    fake_feed(fake, 9);
    fake_refuse(fake, VN_UPLINK_UP, 403, "denied: the chain's issuing certificate is over");
    assert_true(fake_info(fake).online);
    assert_non_null(strstr(fake_info(fake).renewal, "issuing certificate is over"));
    fake_hear(fake);
    fake->now_ms += 3700000;
    fake_feed(fake, 10);
    renewed(fake, RENEWED);
    assert_string_equal(fake_info(fake).renewal, "");
}

static void test_renew_that_gets_no_answer_is_asked_again(void **state)
{
    struct fake *fake = *state;
    shows(fake, 300);
    fake_start(fake, 0, 0, 1);
    fake_feed(fake, 6);
    assert_true(asks(fake));
    fake_lose(fake, VN_UPLINK_UP, "the connection was lost");
    assert_false(fake_info(fake).online);
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(asks(fake));
    fake_reply_later(fake, VN_UPLINK_UP, 503, 2000);
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(asks(fake));
    renewed(fake, RENEWED);
    assert_true(fake_info(fake).certificate_until_ms > START_MS + 300 * DAY_MS);
}

static void test_renew_of_what_is_no_till_any_more_is_its_end(void **state)
{
    static const char *const problems[] = {"revoked: this enrolment has ended", "replaced: by a newer one",
                                           "unknown: this hub does not know the enrolment"};
    (void)state;
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        struct fake fake;
        fake_create(&fake, 7);
        shows(&fake, 300);
        fake_start(&fake, 0, 0, 1);
        assert_true(asks(&fake));
        fake_refuse(&fake, VN_UPLINK_UP, 403, problems[i]);
        assert_int_equal(fake_info(&fake).state, VN_UPLINK_REVOKED);
        fake_destroy(&fake);
    }
}

static void test_renew_is_asked_for_by_the_hub(void **state)
{
    struct fake *fake = *state;
    shows(fake, 10);
    fake_start(fake, 0, 0, 1);
    fake_feed(fake, 6);
    fake_no_rights(fake);
    fake_reply(fake, VN_UPLINK_UP, 200, "{\"renew\":true}");
    fake_hear(fake);
    assert_false(asks(fake));
    fake->now_ms += 1000; /* tills that hear it in one minute don't come in one second */
    fake_feed(fake, 6);
    assert_false(asks(fake));
    fake->now_ms += 600001;
    fake_feed(fake, 7);
    assert_true(asks(fake));
    renewed(fake, RENEWED);
    fake_hear(fake);
    fake->now_ms += 600001;
    fake_feed(fake, 8);
    assert_false(asks(fake));
}

static void test_renew_does_not_believe_a_wall_clock_that_the_hub_contradicts(void **state)
{
    struct fake *fake = *state;
    shows(fake, 10);
    fake->wall_off_ms = 400 * DAY_MS;
    fake->certificate.not_before_ms += 400 * DAY_MS; /* so that it is not due yet by either */
    fake->certificate.not_after_ms += 400 * DAY_MS;
    fake_start(fake, 1, 0, 1);
    fake_feed(fake, 6);
    fake_batch(fake, 1);
    fake->wall_off_ms = 0; /* what the hub says */
    fake_ack(fake, 1, 0, 0);
    fake->wall_off_ms = 400 * DAY_MS;
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    fake->wall_off_ms = 900 * DAY_MS; /* it jumps far ahead */
    fake_feed(fake, 7);
    assert_false(asks(fake));
}

static void test_renew_comes_once_a_day_at_most(void **state)
{
    struct fake *fake = *state;
    const struct vn_uplink_certificate over = {.not_before_ms = START_MS - 400 * DAY_MS,
                                               .not_after_ms = START_MS - 40 * DAY_MS};
    shows(fake, 300);
    fake_start(fake, 0, 0, 1);
    fake_feed(fake, 6);
    fake_reply(fake, VN_UPLINK_UP, 200, RENEWED);
    fake_renewed(fake, &over); /* by our clock: one of the two is wrong */
    fake_no_rights(fake);
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    fake_feed(fake, 7);
    assert_false(asks(fake));
    fake->now_ms += DAY_MS + 1;
    fake_feed(fake, 8);
    assert_true(asks(fake));
}

/* The hub's clock was years behind when it made the new one, and is right now. */
static void test_renew_comes_once_an_hour_when_the_hub_says_expired(void **state)
{
    struct fake *fake = *state;
    static const char expired[] = "Unauthorized: the certificate has expired by the clock here";
    shows(fake, 300);
    fake_start(fake, 0, 0, 1);
    fake_feed(fake, 6);
    renewed(fake, RENEWED);
    fake_refuse(fake, VN_UPLINK_UP, 401, expired);
    assert_true(fake->up.timer);
    fake_timer(fake, VN_UPLINK_UP);
    assert_false(asks(fake));
    fake->now_ms += DAY_MS / 24 + 1;
    fake_refuse(fake, VN_UPLINK_UP, 401, expired);
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(asks(fake));
    renewed(fake, RENEWED);
    fake_refuse(fake, VN_UPLINK_UP, 401, expired);
    fake_timer(fake, VN_UPLINK_UP);
    assert_false(asks(fake));
}

static void test_renew_without_a_new_key_is_told(void **state)
{
    struct fake *fake = *state;
    shows(fake, 300);
    fake->no_key = true;
    fake_online(fake, 0);
    assert_string_equal(fake_info(fake).renewal, "no new key can be made");
    assert_true(fake_info(fake).online);
}

static void test_renew_is_nothing_to_a_till_whose_certificate_is_not_known(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 0);
    fake->now_ms += 4000 * DAY_MS;
    fake_feed(fake, 7);
    assert_false(asks(fake));
    assert_int_equal(fake_info(fake).certificate_until_ms, 0);
}

#define UPLINK(test) cmocka_unit_test_setup_teardown(test, fake_setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UPLINK(test_renew_comes_at_two_thirds_of_the_term_and_a_drawn_time_later),
        cmocka_unit_test(test_renew_times_of_tills_are_spread),
        UPLINK(test_renew_comes_soon_for_a_certificate_that_lacks_something),
        UPLINK(test_renew_goes_before_everything_when_the_hub_says_expired),
        UPLINK(test_renew_that_is_refused_leaves_the_till_online),
        UPLINK(test_renew_that_gets_no_answer_is_asked_again),
        cmocka_unit_test(test_renew_of_what_is_no_till_any_more_is_its_end),
        UPLINK(test_renew_is_asked_for_by_the_hub),
        UPLINK(test_renew_does_not_believe_a_wall_clock_that_the_hub_contradicts),
        UPLINK(test_renew_comes_once_a_day_at_most),
        UPLINK(test_renew_comes_once_an_hour_when_the_hub_says_expired),
        UPLINK(test_renew_without_a_new_key_is_told),
        UPLINK(test_renew_is_nothing_to_a_till_whose_certificate_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
