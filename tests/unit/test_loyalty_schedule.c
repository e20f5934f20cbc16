/* Local time: zones, the days on which clocks change, midnights, weekdays, holidays, birthdays and periods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"
#include "tests/unit/loyalty_world.h"

#define TEXT_MAX  4096
#define MINUTE_MS INT64_C(60000)

/* Stores of Belgrade (Central European Time, summer time in 2026 from 29 March 01:00 UTC to 25 October 01:00 UTC), of
 * Yekaterinburg, where clocks never change, and of Kaliningrad, which is named by its store group. */
#define ZONES                                                                                                \
    "'header':{'utc_offset_min':60,'utc_offsets':[{'from_ms':1774746000000,'offset_min':120},"               \
    "{'from_ms':1792890000000,'offset_min':60}],'store_groups':{'baltic':['kgd1','kgd2']},"                  \
    "'zones':[{'stores':['ekb1'],'utc_offset_min':300},{'store_groups':['baltic'],'utc_offset_min':120}],"   \
    "'calendars':{'rs':['2026-01-01','2026-05-01','2026-11-22']}},"

static int64_t local(const char *text)
{
    int64_t minute = 0;
    assert_true(vn_time_read_minute(text, &minute));
    return minute;
}

/* The moment at which clocks that are so far from UTC show that time. */
static int64_t wall(const char *text, int64_t offset_min)
{
    return (local(text) - offset_min) * MINUTE_MS;
}

static int judge(struct world *world, const char *when, const char *store, int64_t started_ms)
{
    char text[TEXT_MAX];
    (void)snprintf(
        text, sizeof text,
        "{" ZONES "'store':'%s','started_ms':%lld,'promotions':[{'id':'p','group':'basket','when':%s,"
        "'then':{'kind':'percent_off','rate_bp':1000}}],'lines':[{'id':1,'code':'x','amount_minor':"
        "100}]}",
        store, (long long)started_ms, when);
    world_outcome(world, text);
    int reason = world_reason(world, "p", NULL);
    assert_int_equal(world->out.discount_minor, reason == VN_REASON_APPLIED ? 10 : 0);
    return reason;
}

static void in(struct world *world, const char *when, const char *store, int64_t started_ms)
{
    if (judge(world, when, store, started_ms) != VN_REASON_APPLIED) {
        fail_msg("%s does not apply at %lld", when, (long long)started_ms);
    }
}

static void out(struct world *world, const char *when, const char *store, int64_t started_ms)
{
    if (judge(world, when, store, started_ms) != VN_REASON_NOT_NOW) {
        fail_msg("%s applies at %lld", when, (long long)started_ms);
    }
}

static void test_from_is_in_and_to_is_out_in_each_stores_own_time(void **state)
{
    static const char span[] = "{'from':'2026-11-22T08:00','to':'2026-11-22T09:00'}";
    static const struct {
        const char *store;
        int64_t offset_min;
    } stores[] = {{"bg1", 60}, {"ekb1", 300}, {"kgd2", 120}};
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        out(*state, span, stores[i].store, wall("2026-11-22T08:00", stores[i].offset_min) - 1);
        in(*state, span, stores[i].store, wall("2026-11-22T08:00", stores[i].offset_min));
        in(*state, span, stores[i].store, wall("2026-11-22T09:00", stores[i].offset_min) - 1);
        out(*state, span, stores[i].store, wall("2026-11-22T09:00", stores[i].offset_min));
    }
}

/* On 29 March 2026 Belgrade's clocks go from 01:59 to 03:00. */
static void test_the_hour_that_spring_leaves_out_never_comes(void **state)
{
    int64_t before = wall("2026-03-29T02:00", 60) - 1; /* 01:59:59.999 */
    int64_t after = before + 1;
    in(*state, "{'hours':[['01:00','02:00']]}", "bg1", before);
    out(*state, "{'hours':[['01:00','02:00']]}", "bg1", after);
    out(*state, "{'hours':[['02:00','03:00']]}", "bg1", before);
    out(*state, "{'hours':[['02:00','03:00']]}", "bg1", after);
    in(*state, "{'hours':[['03:00','04:00']]}", "bg1", after);
    in(*state, "{'from':'2026-03-29T02:30'}", "bg1",
       after); /* a time that never comes is over when it is past */
    in(*state, "{'hours':[['05:59','06:00']]}", "ekb1", after - MINUTE_MS);
    in(*state, "{'hours':[['06:00','06:01']]}", "ekb1", after);
}

/* On 25 October 2026 they go from 02:59 back to 02:00. */
static void test_the_hour_that_autumn_repeats_counts_twice(void **state)
{
    int64_t change = wall("2026-10-25T03:00", 120);
    in(*state, "{'hours':[['02:00','03:00']]}", "bg1", change - 60 * MINUTE_MS);
    in(*state, "{'hours':[['02:00','03:00']]}", "bg1", change - 1);
    in(*state, "{'hours':[['02:00','03:00']]}", "bg1", change);
    in(*state, "{'hours':[['02:00','03:00']]}", "bg1", change + 60 * MINUTE_MS - 1);
    out(*state, "{'hours':[['02:00','03:00']]}", "bg1", change + 60 * MINUTE_MS);
    out(*state, "{'to':'2026-10-25T02:30'}", "bg1", change - 1);
    in(*state, "{'to':'2026-10-25T02:30'}", "bg1", change); /* once more before half past two */
    /* the day has 25 hours, and is one day */
    in(*state, "{'weekdays':[7]}", "bg1", wall("2026-10-25T00:00", 120));
    out(*state, "{'weekdays':[7]}", "bg1", wall("2026-10-25T00:00", 120) - 1);
    in(*state, "{'weekdays':[7]}", "bg1", wall("2026-10-26T00:00", 60) - 1);
    out(*state, "{'weekdays':[7]}", "bg1", wall("2026-10-26T00:00", 60));
    in(*state, "{'weekdays':[7]}", "ekb1", wall("2026-10-26T00:00", 300) - 1);
    out(*state, "{'weekdays':[7]}", "ekb1", wall("2026-10-26T00:00", 300));
}

static void test_the_offset_table_says_what_the_clocks_show(void **state)
{
    struct world *world = *state;
    (void)judge(world, "{}", "bg1", 0);
    const struct vn_ruleset *ruleset = world->ruleset;
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "bg1", 0), 60);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "bg1", INT64_C(1774745999999)), 60);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "bg1", INT64_C(1774746000000)), 120);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "bg1", INT64_C(1792889999999)), 120);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "bg1", INT64_C(1792890000000)), 60);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "", INT64_C(1792890000000)), 60);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "ekb1", INT64_C(1774746000000)), 300);
    assert_int_equal(vn_ruleset_utc_offset_min(ruleset, "kgd1", INT64_C(1774746000000)), 120);
}

static void test_a_zone_alone_may_be_of_a_store_group(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'header':{'store_groups':{'baltic':['kgd1']},'zones':[{'store_groups':['baltic'],"
                         "'utc_offset_min':120}]},'promotions':[],'lines':[]}");
    assert_int_equal(vn_ruleset_utc_offset_min(world->ruleset, "kgd1", 0), 120);
    assert_int_equal(vn_ruleset_utc_offset_min(world->ruleset, "bg1", 0), 60);
}

static void test_hours_over_midnight_belong_to_the_day_on_which_they_began(void **state)
{
    static const char nights[] = "{'weekdays':[6],'hours':[['22:00','02:00']]}"; /* Saturday 21 November */
    out(*state, nights, "bg1", wall("2026-11-21T22:00", 60) - 1);
    in(*state, nights, "bg1", wall("2026-11-21T22:00", 60));
    in(*state, nights, "bg1", wall("2026-11-22T02:00", 60) - 1);
    out(*state, nights, "bg1", wall("2026-11-22T02:00", 60));
    out(*state, nights, "bg1", wall("2026-11-21T01:00", 60)); /* Friday's night */
    out(*state, nights, "bg1", wall("2026-11-22T22:00", 60));
    in(*state, "{'hours':[['22:00','24:00']]}", "bg1", wall("2026-11-22T00:00", 60) - 1);
    out(*state, "{'hours':[['22:00','24:00']]}", "bg1", wall("2026-11-22T00:00", 60));
}

static void test_holidays_are_days_of_a_calendar(void **state)
{
    out(*state, "{'holidays':'rs'}", "bg1", wall("2026-11-22T00:00", 60) - 1);
    in(*state, "{'holidays':'rs'}", "bg1", wall("2026-11-22T00:00", 60));
    in(*state, "{'holidays':'rs'}", "bg1", wall("2026-11-23T00:00", 60) - 1);
    out(*state, "{'holidays':'rs'}", "bg1", wall("2026-11-23T00:00", 60));
    in(*state, "{'not_holidays':'rs'}", "bg1", wall("2026-11-23T00:00", 60));
    out(*state, "{'not_holidays':'rs'}", "bg1", wall("2026-11-23T00:00", 60) - 1);
    in(*state, "{'holidays':'rs'}", "bg1", wall("2026-01-01T12:00", 60));
    in(*state, "{'holidays':'rs','hours':[['22:00','02:00']]}", "bg1", wall("2026-11-23T01:00", 60));
    out(*state, "{'holidays':'rs','hours':[['22:00','02:00']]}", "bg1", wall("2026-11-22T01:00", 60));
}

/* 'p' for a member whose birthday or anniversary is near; he has the right of that year. */
static int occasion(struct world *world, const char *window, const char *facts, const char *today, int year,
                    int64_t *missing)
{
    char text[TEXT_MAX];
    char account[VN_ID_MAX];
    vn_account_member_limit("m7", "p", vn_clock_day_of(year, 1, 1), account);
    (void)snprintf(
        text, sizeof text,
        "{" ZONES "'store':'bg1','started_ms':%lld,'rights':{'%s':1},'member':{'known':true,'id':'m7',"
        "'account':'w7',%s},'promotions':[{'id':'p','group':'basket','who':{'kind':'members',%s},'then':"
        "{'kind':'percent_off','rate_bp':1000}}],'lines':[{'id':1,'code':'x','amount_minor':100}]}",
        (long long)wall(today, 60), account, facts, window);
    world_outcome(world, text);
    *missing = 0;
    return world_reason(world, "p", missing);
}

#define WINDOW "'birthday':{'days_before':3,'days_after':2}"

static void test_a_birthday_has_a_window(void **state)
{
    static const char born[] = "'birth_month':11,'birth_day':22";
    int64_t missing = 0;
    assert_int_equal(occasion(*state, WINDOW, born, "2026-11-18T23:59", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 1);
    assert_int_equal(occasion(*state, WINDOW, born, "2026-11-19T00:00", 2026, &missing), VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, WINDOW, born, "2026-11-24T23:59", 2026, &missing), VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, WINDOW, born, "2026-11-25T00:00", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 359); /* until 19 November 2027 */
    assert_int_equal(occasion(*state, WINDOW, "'tier':'gold'", "2026-11-22T00:00", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 0); /* nobody knows when */
    assert_int_equal(occasion(*state, "'birthday':{}", born, "2026-11-22T00:00", 2026, &missing),
                     VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, "'birthday':{}", born, "2026-11-23T00:00", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
}

/* The window of one birthday is one window, and takes the right of that birthday's year, on both sides of New Year. */
static void test_a_birthday_window_reaches_over_new_year(void **state)
{
    static const char old_year[] = "'birth_month':12,'birth_day':31";
    static const char new_year[] = "'birth_month':1,'birth_day':2";
    int64_t missing = 0;
    assert_int_equal(occasion(*state, WINDOW, old_year, "2026-12-31T12:00", 2026, &missing),
                     VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, WINDOW, old_year, "2027-01-02T23:59", 2026, &missing),
                     VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, WINDOW, old_year, "2027-01-02T23:59", 2027, &missing),
                     VN_REASON_NEEDS_HUB);
    assert_int_equal(occasion(*state, WINDOW, old_year, "2027-01-03T00:00", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(occasion(*state, WINDOW, new_year, "2026-12-30T00:00", 2027, &missing),
                     VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, WINDOW, new_year, "2026-12-29T23:59", 2027, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 1);
}

/* The right of a birthday's year is used up: the next time is the next birthday's window, not the first of January. */
static void used(struct world *world, const char *window, const char *facts, const char *today, int year,
                 int64_t days)
{
    char text[TEXT_MAX];
    char account[VN_ID_MAX];
    int64_t missing = 0;
    vn_account_member_limit("m7", "p", vn_clock_day_of(year, 1, 1), account);
    (void)snprintf(text, sizeof text, "%s,'counters':[{'account':'%s','value':1}]", facts, account);
    assert_int_equal(occasion(world, window, text, today, year, &missing), VN_REASON_LIMIT_USED);
    assert_int_equal(missing, days);
}

static void test_a_used_birthday_waits_for_the_next_one(void **state)
{
    static const char new_year[] = "'birth_month':1,'birth_day':2";
    used(*state, WINDOW, "'birth_month':11,'birth_day':22", "2026-11-22T12:00", 2026, 362);
    used(*state, WINDOW, new_year, "2026-12-31T12:00", 2027, 364); /* 30 December 2027 */
    used(*state, WINDOW, new_year, "2027-01-01T12:00", 2027, 363);
    used(*state, WINDOW, "'birth_month':2,'birth_day':29", "2027-02-28T12:00", 2027, 363); /* 26 February */
    used(*state, "'anniversary':{}", "'joined_ms':1700654400000", "2026-11-22T12:00", 2026, 365);
}

static void test_a_birthday_of_29_february_is_kept_on_the_28th_in_other_years(void **state)
{
    static const char born[] = "'birth_month':2,'birth_day':29";
    int64_t missing = 0;
    assert_int_equal(occasion(*state, "'birthday':{}", born, "2027-02-28T12:00", 2027, &missing),
                     VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, "'birthday':{}", born, "2027-03-01T12:00", 2027, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(occasion(*state, "'birthday':{}", born, "2028-02-28T12:00", 2028, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 1);
    assert_int_equal(occasion(*state, "'birthday':{}", born, "2028-02-29T12:00", 2028, &missing),
                     VN_REASON_APPLIED);
}

static void test_an_anniversary_is_not_the_day_of_joining(void **state)
{
    /* joined on 22 November 2025 at 00:30 in Belgrade, which was the 21st in Greenwich */
    static const char joined[] = "'joined_ms':1763767800000";
    static const char window[] = "'anniversary':{'days_before':1,'days_after':1}";
    int64_t missing = 0;
    assert_int_equal(occasion(*state, window, joined, "2026-11-21T00:00", 2026, &missing), VN_REASON_APPLIED);
    assert_int_equal(occasion(*state, window, joined, "2026-11-20T23:59", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 1);
    assert_int_equal(occasion(*state, window, joined, "2026-11-24T00:00", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(occasion(*state, window, joined, "2025-11-22T12:00", 2025, &missing),
                     VN_REASON_NEEDS_OCCASION);
    /* nor is the window around that day one, not even beyond New Year */
    assert_int_equal(occasion(*state, "'anniversary':{'days_after':5}", "'joined_ms':1767092400000",
                              "2026-01-02T12:00", 2025, &missing),
                     VN_REASON_NEEDS_OCCASION);
    assert_int_equal(missing, 362); /* from 2 January to 30 December */
    assert_int_equal(occasion(*state, window, "'visits':1", "2026-11-22T12:00", 2026, &missing),
                     VN_REASON_NEEDS_OCCASION);
}

static int64_t day(const char *date)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%sT00:00", date);
    return vn_clock_day(local(text));
}

static void test_periods_begin_with_the_local_calendar(void **state)
{
    (void)state;
    assert_int_equal(vn_clock_period_start(VN_PERIOD_EVER, day("2026-11-22")), 0);
    assert_int_equal(vn_clock_period_start(VN_PERIOD_DAY, day("2026-11-22")), day("2026-11-22"));
    assert_int_equal(vn_clock_period_start(VN_PERIOD_WEEK, day("2026-11-22")),
                     day("2026-11-16")); /* a Sunday */
    assert_int_equal(vn_clock_period_start(VN_PERIOD_WEEK, day("2026-11-23")), day("2026-11-23"));
    assert_int_equal(vn_clock_period_start(VN_PERIOD_WEEK, day("2027-01-01")), day("2026-12-28"));
    assert_int_equal(vn_clock_period_start(VN_PERIOD_MONTH, day("2026-11-30")), day("2026-11-01"));
    assert_int_equal(vn_clock_period_start(VN_PERIOD_MONTH, day("2028-02-29")), day("2028-02-01"));
    assert_int_equal(vn_clock_period_start(VN_PERIOD_YEAR, day("2026-12-31")), day("2026-01-01"));
    assert_int_equal(vn_clock_period_start(VN_PERIOD_YEAR, day("2027-01-01")), day("2027-01-01"));
}

/* Day by day for two thousand years, against the plainest calendar there is. */
static void test_dates_and_days_are_each_others_inverse(void **state)
{
    (void)state;
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct vn_date expected = {1600, 1, 1};
    for (int64_t at = vn_clock_day_of(1600, 1, 1); expected.year < 3600; at++) {
        struct vn_date date = vn_clock_date(at);
        if (date.year != expected.year || date.month != expected.month || date.day != expected.day ||
            vn_clock_day_of(date.year, date.month, date.day) != at) {
            fail_msg("day %lld is not %lld-%u-%u", (long long)at, (long long)expected.year, expected.month,
                     expected.day);
        }
        bool leap = (expected.year % 4 == 0 && expected.year % 100 != 0) || expected.year % 400 == 0;
        unsigned length = lengths[expected.month - 1] + (expected.month == 2 && leap ? 1 : 0);
        expected.day++;
        if (expected.day > length) {
            expected.day = 1;
            expected.month++;
        }
        if (expected.month > 12) {
            expected.month = 1;
            expected.year++;
        }
    }
    assert_int_equal(vn_clock_day_of(1970, 1, 1), 0);
    assert_int_equal(vn_clock_day(-1), -1);
    assert_int_equal(vn_clock_day(-1440), -1);
    assert_int_equal(vn_clock_day(-1441), -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_is_in_and_to_is_out_in_each_stores_own_time),
        cmocka_unit_test(test_the_hour_that_spring_leaves_out_never_comes),
        cmocka_unit_test(test_the_hour_that_autumn_repeats_counts_twice),
        cmocka_unit_test(test_the_offset_table_says_what_the_clocks_show),
        cmocka_unit_test(test_a_zone_alone_may_be_of_a_store_group),
        cmocka_unit_test(test_hours_over_midnight_belong_to_the_day_on_which_they_began),
        cmocka_unit_test(test_holidays_are_days_of_a_calendar),
        cmocka_unit_test(test_a_birthday_has_a_window),
        cmocka_unit_test(test_a_birthday_window_reaches_over_new_year),
        cmocka_unit_test(test_a_used_birthday_waits_for_the_next_one),
        cmocka_unit_test(test_a_birthday_of_29_february_is_kept_on_the_28th_in_other_years),
        cmocka_unit_test(test_an_anniversary_is_not_the_day_of_joining),
        cmocka_unit_test(test_periods_begin_with_the_local_calendar),
        cmocka_unit_test(test_dates_and_days_are_each_others_inverse),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
