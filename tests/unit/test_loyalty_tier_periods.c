/* Tiers over periods: what ends, what is kept for a while, what falls, and what comes late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"
#include "agent/loyalty/tiers.h"
#include "tests/unit/loyalty_text.h"

#define MINUTE_MS INT64_C(60000)
#define SUMMER_MS INT64_C(1774746000000) /* 2026-03-29T01:00 UTC */
#define WINTER_MS INT64_C(1792890000000) /* 2026-10-25T01:00 UTC */

static struct vn_ruleset *ruleset_of(const char *tiers)
{
    struct vn_ruleset *ruleset = NULL;
    struct vn_error error = {VN_OK, "", ""};
    char text[768];
    (void)snprintf(
        text, sizeof text,
        "{'ruleset':1,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,"
        "'utc_offsets':[{'from_ms':1774746000000,'offset_min':120},"
        "{'from_ms':1792890000000,'offset_min':60}],"
        "'tiers':{'by':'spend',%s,'steps':[{'id':'silver','from':1000},{'id':'gold','from':5000}]},"
        "'law':'none','groups':[],'wallet':{'worth':{'points':1,'minor':100}}}\n",
        tiers);
    if (text_ruleset(text, &ruleset, &error) != VN_OK) {
        fail_msg("%s %s", error.pointer, error.text);
    }
    return ruleset;
}

/* The moment of a local time in Belgrade, of 2025 to 2027. */
static int64_t at(const char *text)
{
    int64_t minute = 0;
    assert_true(vn_time_read_minute(text, &minute));
    int64_t summer_ms = (minute - 120) * MINUTE_MS;
    bool is_summer = summer_ms >= SUMMER_MS && summer_ms < WINTER_MS;
    return is_summer ? summer_ms : (minute - 60) * MINUTE_MS;
}

static void count(const struct vn_ruleset *ruleset, struct vn_tier_state *state, const char *when,
                  int64_t amount)
{
    struct vn_error error = {VN_OK, "", ""};
    vn_tier_turn(ruleset, at(when), state);
    assert_int_equal(vn_tier_count(ruleset, at(when), amount, state, &error), VN_OK);
}

static void test_a_period_begins_with_the_calendars(void **state)
{
    (void)state;
    static const struct {
        const char *period, *now, *begin, *next;
    } rows[] = {
        {"'period':'month'", "2026-11-22T17:00", "2026-11-01T00:00", "2026-12-01T00:00"},
        {"'period':'month'", "2026-04-01T00:00", "2026-04-01T00:00", "2026-05-01T00:00"},
        {"'period':'month'", "2026-03-31T23:59", "2026-03-01T00:00", "2026-04-01T00:00"},
        {"'period':'quarter'", "2026-11-22T17:00", "2026-10-01T00:00", "2027-01-01T00:00"},
        {"'period':'quarter'", "2026-01-01T00:00", "2026-01-01T00:00", "2026-04-01T00:00"},
        {"'period':'half-year'", "2026-06-30T23:59", "2026-01-01T00:00", "2026-07-01T00:00"},
        {"'period':'half-year'", "2026-07-01T00:00", "2026-07-01T00:00", "2027-01-01T00:00"},
        {"'period':'year'", "2026-12-31T23:59", "2026-01-01T00:00", "2027-01-01T00:00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_ruleset *ruleset = ruleset_of(rows[i].period);
        struct vn_tier_state tier = {"", 0, 0, 0, 0};
        assert_int_equal(vn_tier_due_ms(ruleset, &tier), 1);
        count(ruleset, &tier, rows[i].now, 10);
        assert_int_equal(tier.period_ms, at(rows[i].begin));
        assert_int_equal(vn_tier_due_ms(ruleset, &tier), at(rows[i].next));
        vn_ruleset_destroy(ruleset);
    }
}

static void test_a_tier_that_was_not_earned_again_falls_after_its_grace(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'year','grace_days':31");
    struct vn_tier_state tier = {"", 0, 0, 0, 0};
    count(ruleset, &tier, "2025-05-05T12:00", 5000);
    assert_string_equal(tier.tier, "gold");
    count(ruleset, &tier, "2026-02-02T12:00", 1000);
    assert_string_equal(tier.tier, "gold"); /* earned by the year before */
    assert_int_equal(tier.fall_ms, 0);
    vn_tier_turn(ruleset, at("2027-01-31T23:59"), &tier);
    assert_string_equal(tier.tier, "gold");
    assert_int_equal(tier.before, 1000);
    assert_int_equal(vn_tier_due_ms(ruleset, &tier), at("2027-02-01T00:00"));
    vn_tier_turn(ruleset, at("2027-02-01T00:00"), &tier);
    assert_string_equal(tier.tier, "silver"); /* what 2026 earned */
    vn_tier_turn(ruleset, at("2027-12-31T23:59"), &tier);
    assert_string_equal(tier.tier, "silver");
    vn_ruleset_destroy(ruleset);
}

static void test_without_grace_it_falls_with_the_period(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'month'");
    struct vn_tier_state tier = {"", 0, 0, 0, 0};
    count(ruleset, &tier, "2026-02-02T12:00", 5000);
    vn_tier_turn(ruleset, at("2026-03-31T23:59"), &tier);
    assert_string_equal(tier.tier, "gold");
    vn_tier_turn(ruleset, at("2026-04-01T00:00"), &tier);
    assert_string_equal(tier.tier, "");
    assert_int_equal(vn_tier_due_ms(ruleset, &tier), 0); /* nothing is left that could happen */
    vn_ruleset_destroy(ruleset);
}

static void test_what_the_new_period_earns_saves_the_tier(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'quarter','grace_days':20");
    struct vn_tier_state tier = {"gold", 0, 0, 0, 0};
    count(ruleset, &tier, "2026-02-02T12:00", 10);
    vn_tier_turn(ruleset, at("2026-04-01T00:00"), &tier);
    assert_int_equal(tier.fall_ms, at("2026-04-21T00:00"));
    count(ruleset, &tier, "2026-04-20T12:00", 4999);
    vn_tier_turn(ruleset, at("2026-04-21T00:00"), &tier);
    assert_string_equal(tier.tier, "silver"); /* one unit short of gold */
    count(ruleset, &tier, "2026-05-01T12:00", 1);
    assert_string_equal(tier.tier, "gold");
    vn_tier_turn(ruleset, at("2026-07-01T00:00"), &tier);
    assert_int_equal(tier.fall_ms, 0);
    vn_ruleset_destroy(ruleset);
}

static void test_a_receipt_that_comes_late_counts_in_its_own_period(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'quarter','grace_days':20");
    struct vn_error error = {VN_OK, "", ""};
    struct vn_tier_state tier = {"gold", 0, 0, 0, 0};
    count(ruleset, &tier, "2026-02-02T12:00", 4000);
    vn_tier_turn(ruleset, at("2026-04-02T00:00"), &tier);
    assert_int_not_equal(tier.fall_ms, 0);
    assert_int_equal(vn_tier_count(ruleset, at("2026-03-31T23:59"), 1000, &tier, &error), VN_OK);
    assert_int_equal(tier.before, 5000);
    assert_int_equal(tier.qualifying, 0);
    assert_int_equal(tier.fall_ms, 0);
    /* one of the period before that counts nowhere */
    assert_int_equal(vn_tier_count(ruleset, at("2025-12-31T23:59"), 9000, &tier, &error), VN_OK);
    assert_int_equal(tier.before, 5000);
    vn_ruleset_destroy(ruleset);
}

static void test_what_comes_back_demotes_at_the_periods_end_alone(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'month'");
    struct vn_tier_state tier = {"", 0, 0, 0, 0};
    count(ruleset, &tier, "2026-02-02T12:00", 5000);
    count(ruleset, &tier, "2026-02-03T12:00", -4500);
    assert_string_equal(tier.tier, "gold");
    vn_tier_turn(ruleset, at("2026-03-01T00:00"), &tier);
    assert_string_equal(tier.tier, "");
    vn_ruleset_destroy(ruleset);
}

static void test_what_the_header_does_not_list_is_left_alone(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'month'");
    struct vn_tier_state tier = {"founder", 0, 0, 0, 0};
    count(ruleset, &tier, "2026-02-02T12:00", 9000);
    vn_tier_turn(ruleset, at("2027-03-01T00:00"), &tier);
    assert_string_equal(tier.tier, "founder");
    vn_ruleset_destroy(ruleset);
    /* nor what a ruleset without periods would once have taken */
    ruleset = ruleset_of("'grace_days':3");
    tier = (struct vn_tier_state){"gold", 10, 0, at("2026-02-01T00:00"), at("2026-02-04T00:00")};
    vn_tier_turn(ruleset, at("2027-03-01T00:00"), &tier);
    assert_string_equal(tier.tier, "gold");
    assert_int_equal(tier.fall_ms, 0);
    assert_int_equal(vn_tier_due_ms(ruleset, &tier), 0);
    vn_ruleset_destroy(ruleset);
}

static void test_numbers_that_do_not_fit_change_nothing(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset = ruleset_of("'period':'month'");
    struct vn_error error = {VN_OK, "", ""};
    struct vn_tier_state tier = {"", INT64_MAX, 7, at("2026-02-01T00:00"), 0};
    assert_int_equal(vn_tier_count(ruleset, at("2026-02-02T00:00"), 1, &tier, &error), VN_INPUT);
    assert_int_equal(tier.qualifying, INT64_MAX);
    assert_string_equal(tier.tier, "");
    vn_ruleset_destroy(ruleset);
}

/* Looking often, whenever something is due, and once at the end come to the same. */
static void test_looking_often_or_seldom_comes_to_the_same(void **state)
{
    (void)state;
    static const char *const headers[] = {"'period':'month','grace_days':40", "'period':'quarter'",
                                          "'period':'half-year','grace_days':200",
                                          "'period':'year','grace_days':31"};
    uint64_t seed = 7;
    for (unsigned round = 0; round < 400; round++) {
        struct vn_ruleset *ruleset = ruleset_of(headers[round % 4]);
        struct vn_error error = {VN_OK, "", ""};
        struct vn_tier_state often = {"", 0, 0, 0, 0};
        struct vn_tier_state due = often;
        struct vn_tier_state seldom = often;
        int64_t now_ms = at("2025-01-15T12:00");
        for (unsigned step = 0; step < 40; step++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            int64_t days = (int64_t)(seed >> 33) % 90;
            int64_t amount = (int64_t)(seed >> 40) % 4000 - 500;
            for (int64_t day = 0; day < days; day++) {
                vn_tier_turn(ruleset, now_ms + day * 86400000, &often);
            }
            now_ms += days * 86400000;
            for (int64_t at_ms = 0; (at_ms = vn_tier_due_ms(ruleset, &due)) != 0 && at_ms <= now_ms;) {
                vn_tier_turn(ruleset, at_ms == 1 ? now_ms : at_ms, &due);
            }
            struct vn_tier_state *const all[] = {&often, &due, &seldom};
            for (size_t i = 0; i < 3; i++) {
                vn_tier_turn(ruleset, now_ms, all[i]);
                assert_int_equal(vn_tier_count(ruleset, now_ms, amount, all[i], &error), VN_OK);
            }
            assert_memory_equal(&often, &seldom, sizeof often);
            assert_memory_equal(&due, &seldom, sizeof due);
        }
        vn_ruleset_destroy(ruleset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_period_begins_with_the_calendars),
        cmocka_unit_test(test_a_tier_that_was_not_earned_again_falls_after_its_grace),
        cmocka_unit_test(test_without_grace_it_falls_with_the_period),
        cmocka_unit_test(test_what_the_new_period_earns_saves_the_tier),
        cmocka_unit_test(test_a_receipt_that_comes_late_counts_in_its_own_period),
        cmocka_unit_test(test_what_comes_back_demotes_at_the_periods_end_alone),
        cmocka_unit_test(test_what_the_header_does_not_list_is_left_alone),
        cmocka_unit_test(test_numbers_that_do_not_fit_change_nothing),
        cmocka_unit_test(test_looking_often_or_seldom_comes_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
