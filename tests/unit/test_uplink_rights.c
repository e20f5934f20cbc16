#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/uplink_fake.h"

static void test_rights_are_asked_for_at_once_when_the_journal_is_up(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    assert_string_equal(fake->up.path, "/v1/rights");
    assert_non_null(strstr(fake->up.body, "\"account\":\"w42\",\"granted\":500"));
    assert_int_equal(fake->rights_timer_ms, VN_RIGHTS_WAIT_MS);
    fake_grant(fake, "w42", 500);
    assert_int_equal(fake->rights_calls, 1);
    assert_int_equal(fake->last_rights.grants[0].granted, 500);
}

static void test_rights_wait_for_the_journal(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    vn_uplink_on_grown(fake->uplink, 4);
    fake_ask(fake, "w42", 500);
    fake_batch(fake, 1);
    assert_string_equal(fake->up.path, "/v1/journal");
    fake_ack(fake, 4, 0, 0);
    assert_string_equal(fake->up.path, "/v1/rights");
}

static void test_rights_come_before_a_report(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    vn_uplink_on_grown(fake->uplink, 4);
    vn_uplink_report(fake->uplink);
    fake_ask(fake, "w42", 500);
    fake_batch(fake, 1);
    fake_ack(fake, 4, 0, 0);
    assert_string_equal(fake->up.path, "/v1/rights");
    fake_grant(fake, "w42", 500);
    assert_string_equal(fake->up.path, "/v1/status");
}

static void test_offline_answers_with_nothing_and_sends_nothing(void **state)
{
    struct fake *fake = *state;
    fake_start(fake, 3, 3, 1);
    unsigned sent = fake->up.sent;
    fake_ask(fake, "w42", 500);
    assert_int_equal(fake->rights_calls, 0); /* later, from the timer */
    assert_int_equal(fake->rights_timer_ms, 0);
    vn_uplink_on_rights_timer(fake->uplink);
    assert_int_equal(fake->rights_nulls, 1);
    assert_int_equal(fake->up.sent, sent);
}

static void test_going_offline_answers_at_once(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    fake_lose(fake, VN_UPLINK_UP, "time-out");
    assert_int_equal(fake->rights_nulls, 1);
    vn_uplink_on_rights_timer(fake->uplink); /* late: nobody waits */
    assert_int_equal(fake->rights_calls, 1);
}

static void test_no_answer_in_time_is_said_once_and_a_late_grant_is_handed_over(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    vn_uplink_on_rights_timer(fake->uplink);
    assert_int_equal(fake->rights_nulls, 1);
    fake_grant(fake, "w42", 500);
    assert_int_equal(fake->rights_calls, 1);
    assert_int_equal(fake->rights_told, 1);
    assert_int_equal(fake->rights_nulls, 1);
    assert_int_equal(fake->last_rights.number, 7);
}

static void test_a_late_answer_is_not_taken_for_the_next_one(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    vn_uplink_on_rights_timer(fake->uplink);
    fake_ask(fake, "c7", 1);
    fake_grant(fake, "w42", 500);
    assert_int_equal(fake->rights_told, 1);
    assert_non_null(strstr(fake->up.body, "\"c7\"")); /* and now the second is asked */
    fake_grant(fake, "c7", 1);
    assert_int_equal(fake->rights_calls, 2);
    assert_string_equal(fake->last_rights.grants[0].account, "c7");
    assert_int_equal(fake->rights_nulls, 1);
}

static void test_a_late_answer_that_can_not_be_read_is_nobodys(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    vn_uplink_on_rights_timer(fake->uplink);
    fake_ask(fake, "c7", 1);
    fake_reply(fake, VN_UPLINK_UP, 200, "{");
    assert_int_equal(fake->rights_told, 0);
    assert_int_equal(fake->rights_calls, 2); /* the second is not asked now: nobody waits for the pause */
    assert_int_equal(fake->rights_nulls, 2);
}

/* Nothing of it is handed over, the operator can read what is wrong and where, and the hub is asked again after a pause. */
static void test_an_answer_that_can_not_be_read_is_said(void **state)
{
    static const struct {
        const char *reply, *why;
    } cases[] = {
        {"fine", "the hub's answer about rights can't be read: not valid JSON at column 4"},
        {"{\"schema\":1,\"number\":-1,\"grants\":[]}",
         "the hub's answer about rights can't be read: expected an integer from 0 to 9007199254740991, found "
         "-1 at /number"},
        {"{\"schema\":1,\"number\":7,\"grants\":[{\"account\":\"w42\",\"granted\":-500,\"free\":0,\"slices\":"
         "[]}]}",
         "the hub's answer about rights can't be read: expected an integer from 0 to 1000000000000000, found "
         "-500 at /grants/0/granted"},
        {"{\"schema\":9,\"number\":7,\"grants\":[]}",
         "the hub's answer about rights can't be read: schema 9 is newer than 1"},
    };
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(fake->up.path, "/v1/rights");
        fake_reply(fake, VN_UPLINK_UP, 200, cases[i].reply);
        assert_false(fake_info(fake).online);
        assert_string_equal(fake_info(fake).reason, cases[i].why);
        assert_false(fake->up.busy);
        fake_timer(fake, VN_UPLINK_UP);
    }
    assert_int_equal(fake->rights_nulls, 1);
    assert_int_equal(fake->rights_told, 0);
    fake_no_rights(fake);
    assert_true(fake_info(fake).online);
    assert_string_equal(fake_info(fake).reason, "");
}

static unsigned count_in(const char *text, const char *piece)
{
    unsigned count = 0;
    for (const char *at = strstr(text, piece); at != NULL; at = strstr(at + 1, piece)) {
        count++;
    }
    return count;
}

#define NOTHING_GRANTED(why) "{\"schema\":1,\"number\":0,\"grants\":[],\"reason\":\"" why "\"}"

/* It is kept until the hub grants again, logged once, and asked about with each report. */
static void test_why_nothing_is_granted_is_told_until_it_is_over(void **state)
{
    (void)state;
    static struct fake logged;
    struct fake *fake = &logged;
    char text[2048] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct vn_log *log = vn_log_create(ends[1], VN_LOG_NOTICE, VN_LOG_TEXT, vn_clock_system());
    assert_non_null(log);
    fake_create_logged(fake, 1, log);
    fake_online(fake, 3);
    assert_string_equal(fake_info(fake).nothing_granted, "");
    for (int i = 0; i < 3; i++) {
        fake_ask(fake, "w42", 500);
        fake_reply(fake, VN_UPLINK_UP, 200, NOTHING_GRANTED("it was set back"));
        assert_string_equal(fake_info(fake).nothing_granted, "it was set back");
    }
    assert_true(fake_info(fake).online);
    assert_string_equal(fake_info(fake).reason, "");
    vn_uplink_report(fake->uplink);
    assert_string_equal(fake->up.path, "/v1/status");
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    assert_string_equal(fake->up.path, "/v1/rights");
    fake_reply(fake, VN_UPLINK_UP, 200, "{");
    assert_string_equal(fake_info(fake).nothing_granted, "it was set back"); /* it has not said otherwise */
    fake_timer(fake, VN_UPLINK_UP);
    fake_no_rights(fake);
    assert_string_equal(fake_info(fake).nothing_granted, "");
    fake_hear(fake);
    vn_uplink_report(fake->uplink);
    fake_reply(fake, VN_UPLINK_UP, 200, "{}");
    assert_false(fake->up.busy);
    fake_destroy(fake);
    vn_log_destroy(log);
    assert_int_equal(close(ends[1]), 0);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(count_in(text, "hub_grants_nothing why=\"it was set back\""), 1);
    assert_int_equal(count_in(text, "hub_grants_again"), 1);
}

#define RIGHTS_FOR(hex)                                                                                      \
    "{\"schema\":1,\"enrolment\":\"" hex "\",\"number\":7,\"grants\":[{\"account\":\"w42\",\"granted\":500," \
    "\"free\":0,\"slices\":[]}],\"risk_member\":9}"
#define OWN   "ab000000000000000000000000000000"
#define OTHER "cd000000000000000000000000000000"

static void test_rights_that_name_this_till_are_taken(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    fake_reply(fake, VN_UPLINK_UP, 200, RIGHTS_FOR(OWN));
    assert_int_equal(fake->rights_calls, 1);
    assert_int_equal(fake->rights_nulls, 0);
    assert_int_equal(fake->last_rights.grants[0].granted, 500);
}

/* Asked for or told: they are not handed over, the operator can read why, and the hub is asked again in a while. */
static void test_rights_of_another_till_are_not_taken(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    fake_reply(fake, VN_UPLINK_UP, 200, RIGHTS_FOR(OTHER));
    assert_int_equal(fake->rights_nulls, 1);
    assert_int_equal(fake->rights_calls, 1);
    assert_int_equal(fake->rights_told, 0);
    assert_false(fake_info(fake).online);
    assert_string_equal(fake_info(fake).reason,
                        "the hub answered with the rights of another till, enrolment " OTHER
                        ", and none of them was taken: keep the hub's log for support");
    assert_false(fake->up.busy); /* not at once */
    fake_timer(fake, VN_UPLINK_UP);
    assert_string_equal(fake->up.path, "/v1/rights");
    fake_reply(fake, VN_UPLINK_UP, 200, RIGHTS_FOR(OTHER));
    assert_int_equal(fake->rights_told, 0);
    fake_timer(fake, VN_UPLINK_UP);
    fake_reply(fake, VN_UPLINK_UP, 200, RIGHTS_FOR(OWN));
    assert_int_equal(fake->rights_told, 1);
    assert_true(fake_info(fake).online);
    assert_string_equal(fake_info(fake).reason, "");
}

static void test_rights_that_are_refused_for_ever_keep_no_report_back(void **state)
{
    struct fake *fake = *state;
    int reports = 0;
    int refusals = 0;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    const int64_t begun_ms = fake->now_ms;
    for (int minute = 0; minute < 40; minute++) {
        if (strcmp(fake->up.path, "/v1/status") == 0) {
            reports++;
            fake_reply(fake, VN_UPLINK_UP, 200, "{}");
        } else {
            refusals++;
            fake_reply(fake, VN_UPLINK_UP, 200, RIGHTS_FOR(OTHER));
        }
        fake->now_ms += 60000;
        if (!fake->up.busy) {
            fake_timer(fake, VN_UPLINK_UP);
        }
        assert_true(fake->up.busy);
    }
    assert_in_range(reports, 2, (fake->now_ms - begun_ms) / 900000); /* one every quarter of an hour */
    assert_int_equal(refusals, 40 - reports);
    assert_int_equal(fake->rights_told, 0);
}

static void test_a_newer_question_takes_the_place_of_the_one_before(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    fake_ask(fake, "c7", 1);
    fake_grant(fake, "w42", 500); /* handed over, but it is not the answer */
    assert_int_equal(fake->rights_calls, 0);
    assert_int_equal(fake->rights_told, 1);
    assert_non_null(strstr(fake->up.body, "\"c7\""));
    vn_uplink_on_rights_timer(fake->uplink);
    assert_int_equal(fake->rights_nulls, 1);
}

static void test_a_question_without_an_account_is_the_callers_bug(void **state)
{
    struct fake *fake = *state;
    struct vn_rights_request nothing = {.count = 0};
    struct vn_rights_request too_much = {.count = VN_RIGHTS_MAX + 1};
    fake_online(fake, 3);
    assert_int_equal(vn_uplink_ask(fake->uplink, &nothing), VN_ARG);
    assert_int_equal(vn_uplink_ask(fake->uplink, &too_much), VN_ARG);
    assert_false(fake->up.busy);
}

static void test_a_hub_that_lacks_entries_gets_them_and_is_asked_again(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    fake_expected(fake, 2);
    assert_int_equal(fake->read_after, 1);
    fake_batch(fake, 2);
    fake_ack(fake, 3, 0, 0);
    assert_string_equal(fake->up.path, "/v1/rights");
    assert_int_equal(fake->rights_calls, 0);
    fake_expected(fake, 2); /* that is enough */
    assert_int_equal(fake->rights_nulls, 1);
    assert_true(fake->up.timer);
}

/* As at each start: the boot entry is journaled while the hub is asked what there is. */
static void test_a_journal_that_grows_on_the_way_takes_nobody_offline(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w42", 500);
    for (int64_t head = 4; head <= 6; head++) {
        vn_uplink_on_grown(fake->uplink, head);
        fake_expected(fake, head);
        assert_true(fake_info(fake).online);
        assert_int_equal(fake->read_after, head - 1);
        fake_batch(fake, 1);
        fake_ack(fake, head, 0, 0);
        assert_string_equal(fake->up.path, "/v1/rights");
    }
    assert_int_equal(fake->rights_nulls, 0);
    fake_expected(fake, 7); /* which there is not */
    assert_int_equal(fake->rights_nulls, 1);
}

static void test_a_request_that_can_not_be_written_is_answered(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_ask(fake, "w\x01", 500);
    assert_int_equal(fake->rights_nulls, 1);
    assert_false(fake->up.busy);
}

static bool fetches(const struct fake *fake)
{
    return fake->up.busy && strcmp(fake->up.path, "/v1/rights") == 0;
}

static void test_what_the_hub_grants_ahead_is_fetched_when_the_feed_says_so(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_feed_marked(fake, 7, 0, 0);
    assert_false(fetches(fake)); /* there is nothing that we have not */
    fake_feed_marked(fake, 8, 7, 0);
    assert_true(fetches(fake));
    assert_non_null(strstr(fake->up.body, "\"wants\":[]"));
    fake_grant(fake, "w42", 500);
    assert_int_equal(fake->rights_told, 1);
    assert_int_equal(fake->rights_calls, 0);
    vn_uplink_on_granted(fake->uplink, 7);
    fake_feed_marked(fake, 9, 7, 0);
    assert_false(fetches(fake));
    fake_feed_marked(fake, 10, 7, 1); /* it asks something back */
    assert_true(fetches(fake));
    fake_reply(fake, VN_UPLINK_UP, 200,
               "{\"schema\":1,\"number\":0,\"grants\":[],\"back\":[{\"account\":\"w42\",\"released\":50}],"
               "\"asked\":1}");
    assert_int_equal(fake->last_rights.back_count, 1);
    fake_feed_marked(fake, 11, 7, 1);
    assert_false(fetches(fake));
    assert_int_equal(fake->overlaps, 0);
}

static void test_a_hub_that_has_nothing_to_tell_does_not_keep_us_running(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    for (int i = 0; i < 10; i++) {
        fake_feed_marked(fake, 7 + i, 99, 99);
        assert_true(fetches(fake) == (i == 0));
        fake_hear(fake);
    }
    fake->now_ms += 60001;
    fake_feed_marked(fake, 20, 99, 99);
    assert_true(fetches(fake));
}

static void test_what_could_not_be_fetched_is_fetched_later(void **state)
{
    struct fake *fake = *state;
    fake_online(fake, 3);
    fake_feed_marked(fake, 8, 7, 0);
    assert_true(fetches(fake));
    fake_lose(fake, VN_UPLINK_UP, "time-out");
    fake_timer(fake, VN_UPLINK_UP);
    assert_true(fetches(fake));
    fake_ask(fake, "w9", 10); /* goes next: the one under way has no wants */
    fake_grant(fake, "w42", 500);
    assert_true(fetches(fake));
    assert_non_null(strstr(fake->up.body, "\"w9\""));
    assert_int_equal(fake->rights_calls, 0);
    fake_grant(fake, "w9", 10);
    assert_int_equal(fake->rights_calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rights_are_asked_for_at_once_when_the_journal_is_up, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_rights_wait_for_the_journal, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_rights_come_before_a_report, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_offline_answers_with_nothing_and_sends_nothing, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_going_offline_answers_at_once, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_no_answer_in_time_is_said_once_and_a_late_grant_is_handed_over,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_late_answer_is_not_taken_for_the_next_one, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_late_answer_that_can_not_be_read_is_nobodys, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_question_without_an_account_is_the_callers_bug, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_that_can_not_be_read_is_said, fake_setup,
                                        fake_teardown),
        cmocka_unit_test(test_why_nothing_is_granted_is_told_until_it_is_over),
        cmocka_unit_test_setup_teardown(test_rights_that_name_this_till_are_taken, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_rights_of_another_till_are_not_taken, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_rights_that_are_refused_for_ever_keep_no_report_back, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_question_takes_the_place_of_the_one_before, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_lacks_entries_gets_them_and_is_asked_again,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_what_the_hub_grants_ahead_is_fetched_when_the_feed_says_so,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_has_nothing_to_tell_does_not_keep_us_running,
                                        fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_what_could_not_be_fetched_is_fetched_later, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_journal_that_grows_on_the_way_takes_nobody_offline, fake_setup,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_a_request_that_can_not_be_written_is_answered, fake_setup,
                                        fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
