/* What `verno status` says is wrong with a till: one sentence each, and none when all is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/app/status.h"
#include "tests/unit/till_world.h"

struct told {
    struct vn_enrolment enrolment;
    struct vn_journal_head head;
    struct vn_status_facts facts;
};

static void well(const struct world *world, struct told *out)
{
    memset(out, 0, sizeof *out);
    out->facts = (struct vn_status_facts){.enrolment = &out->enrolment,
                                          .head = &out->head,
                                          .till = world->till,
                                          .journal_trouble = "",
                                          .uplink = {.state = VN_UPLINK_LIVE, .online = true}};
}

/* The only trouble; NULL: there is none. */
static void assert_trouble(const struct told *told, const char *sentence)
{
    json_t *status = vn_status_json(&told->facts);
    const json_t *list = json_object_get(status, "trouble");
    assert_non_null(list);
    assert_int_equal(json_array_size(list), sentence == NULL ? 0 : 1);
    if (sentence != NULL) {
        assert_string_equal(json_string_value(json_array_get(list, 0)), sentence);
    }
    json_decref(status);
}

static void test_status_of_a_till_that_is_well_has_no_trouble(void **state)
{
    struct told told;
    well(*state, &told);
    told.head.seq = VN_JOURNAL_PENDING_MAX / 2 - 1; /* half of what has room */
    told.facts.uplink.hub_offset_ms = 300000;       /* five minutes */
    assert_trouble(&told, NULL);
}

/* With the hub's own words, and a place to look at for scripts also when there are none. */
static void test_status_says_why_the_hub_grants_nothing(void **state)
{
    static const char reason[] = "the hub was set back";
    struct told told;
    well(*state, &told);
    json_t *status = vn_status_json(&told.facts);
    assert_string_equal(json_string_value(json_object_get(status, "nothing_granted")), "");
    json_decref(status);
    memcpy(told.facts.uplink.nothing_granted, reason, sizeof reason);
    status = vn_status_json(&told.facts);
    assert_string_equal(json_string_value(json_object_get(status, "nothing_granted")), reason);
    json_decref(status);
}

static void test_status_says_that_the_journal_is_or_will_be_full_and_of_what(void **state)
{
    struct told told;
    well(*state, &told);
    told.head.seq = VN_JOURNAL_PENDING_MAX / 2;
    assert_trouble(&told,
                   "the journal will be full: 50000 entries wait for the hub: bring this till's line to it "
                   "back");
    told.head.acked_seq = told.head.seq = VN_JOURNAL_PENDING_MAX;
    assert_trouble(&told,
                   "the journal is full, and no points can be paid with: 100000 entries are on one disk "
                   "only at the hub: make a backup of it on another machine");
    told.head.durable_seq = told.head.seq;
    told.head.base_seq = VN_JOURNAL_PENDING_MAX / 2;
    assert_trouble(&told,
                   "the journal will be full: the hub has not said that this till's balances include its "
                   "last 50000 entries");
    told.head.stuck = true;
    assert_trouble(&told,
                   "the journal will be full: none of the 50000 entries can leave this till's journal, which "
                   "is damaged: enrol the till into another folder");
}

static void test_status_says_why_the_last_sale_was_not_recorded(void **state)
{
    struct told told;
    well(*state, &told);
    told.facts.journal_trouble = "the disk of this till is full: free space on it";
    assert_trouble(&told, "the last sale was not recorded: the disk of this till is full: free space on it");
}

static void test_status_says_by_how_much_the_clock_is_off(void **state)
{
    static const struct {
        int64_t offset_ms;
        const char *sentence;
    } cases[] = {{-301000, "the clock of this till is 5 minutes ahead of the hub's: set it"},
                 {7200000, "the clock of this till is 2 hours behind the hub's: set it"},
                 {INT64_C(-315360000000), "the clock of this till is 3650 days ahead of the hub's: set it"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct told told;
        well(*state, &told);
        told.facts.uplink.hub_offset_ms = cases[i].offset_ms;
        assert_trouble(&told, cases[i].sentence);
    }
}

static void test_status_says_that_the_certificate_was_not_renewed(void **state)
{
    struct told told;
    well(*state, &told);
    told.facts.uplink.certificate_until_ms = INT64_C(1797033600000);
    (void)snprintf(told.facts.uplink.renewal, sizeof told.facts.uplink.renewal, "no new key can be made");
    assert_trouble(&told,
                   "the certificate of this till is good until 2026-12-12 and was not renewed: no new key "
                   "can be made");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_status_of_a_till_that_is_well_has_no_trouble),
        TEST(test_status_says_why_the_hub_grants_nothing),
        TEST(test_status_says_that_the_journal_is_or_will_be_full_and_of_what),
        TEST(test_status_says_why_the_last_sale_was_not_recorded),
        TEST(test_status_says_by_how_much_the_clock_is_off),
        TEST(test_status_says_that_the_certificate_was_not_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
