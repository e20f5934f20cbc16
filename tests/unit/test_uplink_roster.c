/* The roster is asked for when the hub speaks of another than the one in force, and once each time that it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/uplink_fake.h"

/* A report, answered with this. */
static void report(struct fake *fake, const char *answer)
{
    vn_uplink_report(fake->uplink);
    assert_true(fake->up.busy);
    assert_string_equal(fake->up.path, "/v1/status");
    fake_reply(fake, VN_UPLINK_UP, 200, answer);
}

static bool asks(const struct fake *fake)
{
    return fake->up.busy && strcmp(fake->up.path, "/v1/roster") == 0;
}

static void test_roster_is_asked_for_when_it_is_another(void **state)
{
    struct fake *fake = *state;
    const struct vn_cursor first = {1, 3};
    fake_online(fake, 0);
    report(fake, "{}"); /* a hub of before */
    assert_false(asks(fake));
    report(fake, "{\"roster\":\"1.3\"}");
    assert_true(asks(fake));
    fake_reply(fake, VN_UPLINK_UP, 200, "the roster");
    assert_int_equal(fake->roster_calls, 1);
    assert_string_equal(fake->roster, "the roster");
    vn_uplink_on_roster(fake->uplink, &first);
    report(fake, "{\"roster\":\"1.3\"}");
    assert_false(asks(fake));
    report(fake, "{\"roster\":\"2.1\"}");
    assert_true(asks(fake));
    fake_reply(fake, VN_UPLINK_UP, 404, ""); /* it has gone meanwhile: not asked for again by itself */
    assert_false(fake->up.busy);
    assert_true(fake_info(fake).online);
    assert_int_equal(fake->roster_calls, 1);
}

static void test_roster_that_can_not_be_had_waits_for_the_next_word(void **state)
{
    struct fake *fake = *state;
    static const char *const odd[] = {"{\"roster\":3}", "{\"roster\":\"\"}", "{\"roster\":\"1\"}", "[]",
                                      "no"};
    fake_online(fake, 0);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        report(fake, odd[i]);
        assert_false(asks(fake));
    }
    report(fake, "{\"roster\":\"1.3\"}");
    assert_true(asks(fake));
    fake_lose(fake, VN_UPLINK_UP, "the line was cut");
    assert_false(fake_info(fake).online);
    assert_int_equal(fake->roster_calls, 0);
    assert_int_equal(fake->overlaps, 0);
}

static void test_roster_that_the_feed_speaks_of_is_asked_for_at_once(void **state)
{
    struct fake *fake = *state;
    const struct vn_cursor second = {1, 2};
    fake_online(fake, 0);
    fake_feed_roster(fake, 7, 1, 2);
    assert_true(asks(fake));
    assert_string_equal(fake->up.none_match, "");
    fake_reply(fake, VN_UPLINK_UP, 200, "the roster");
    vn_uplink_on_roster(fake->uplink, &second);
    assert_int_equal(fake->roster_calls, 1);
    fake_feed_roster(fake, 8, 1, 2); /* as every poll says from now on */
    fake_feed(fake, 9);              /* a hub of before, or one that has none */
    assert_false(fake->up.busy);
    fake_feed_roster(fake, 10, 1, 3);
    assert_true(asks(fake));
    assert_string_equal(fake->up.none_match, "\"1.2\"");
    fake_reply(fake, VN_UPLINK_UP, 304, "");
    assert_int_equal(fake->roster_calls, 1);
    assert_true(fake_info(fake).online);
}

static void test_roster_that_is_no_use_is_not_asked_for_at_every_poll(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 0);
    fake_feed_roster(fake, 7, 1, 2);
    fake_reply(fake, VN_UPLINK_UP, 200, "one that this till does not believe");
    for (int64_t i = 0; i < 5; i++) {
        fake->now_ms += 55000;
        fake_feed_roster(fake, 8 + i, 1, 2);
        assert_false(asks(fake));
    }
    fake_feed_roster(fake, 20, 1, 3); /* another one may be better */
    assert_true(asks(fake));
    fake_reply(fake, VN_UPLINK_UP, 404, "");
    fake->now_ms += 900000;
    fake_feed_roster(fake, 21, 1, 3);
    while (fake->up.busy && !asks(fake)) { /* a report is due, too */
        fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    }
    assert_true(asks(fake));
    fake_lose(fake, VN_UPLINK_UP, "the line was cut"); /* that is no answer */
    assert_int_equal(fake->roster_calls, 1);
    assert_int_equal(fake->overlaps, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_roster_is_asked_for_when_it_is_another, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_roster_that_can_not_be_had_waits_for_the_next_word, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_roster_that_the_feed_speaks_of_is_asked_for_at_once, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_roster_that_is_no_use_is_not_asked_for_at_every_poll, fake_setup,
                                        fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
