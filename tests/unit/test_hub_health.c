/* What is said of a hub's health, and its counters as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/hub/core/health.h"
#include "sync/hub/core/metrics.h"

#define NOW_MS INT64_C(1795334400000)
#define DAY_MS INT64_C(86400000)

static const struct vn_health_facts fine = {.now_ms = NOW_MS, .enrolments = 3, .backup_ms = NOW_MS - DAY_MS};

static void test_nothing_wrong_is_said_to_be_so(void **state)
{
    struct vn_health health;
    (void)state;
    vn_health_judge(&fine, &health);
    assert_int_equal(health.count, 0);
    json_t *json = vn_health_json(&health);
    assert_string_equal(json_string_value(json_object_get(json, "status")), "ok");
    json_decref(json);
    /* a hub without tills needs no backup, nor one with a standby */
    struct vn_health_facts facts = fine;
    facts.backup_ms = 0;
    facts.enrolments = 0;
    vn_health_judge(&facts, &health);
    assert_int_equal(health.count, 0);
    facts.enrolments = 1;
    facts.standby = true;
    vn_health_judge(&facts, &health);
    assert_int_equal(health.count, 0);
}

static const struct vn_ca_look good_keys = {.issuing_until_ms = NOW_MS + 365 * DAY_MS,
                                            .server_until_ms = NOW_MS + 30 * DAY_MS};

static void test_keys_that_are_in_order_are_not_spoken_of(void **state)
{
    struct vn_health health;
    struct vn_health_facts facts = fine;
    (void)state;
    facts.keys = good_keys;
    facts.keys.root_key_ms = facts.keys.old_key_ms = NOW_MS - VN_HEALTH_KEY_MS; /* of these days */
    vn_health_judge(&facts, &health);
    assert_int_equal(health.count, 0);
}

/* A sentence that is to be said, alone. */
struct sentence {
    const char *code, *says;
    bool failing;
};

static void check_each(const struct sentence *wanted, const struct vn_health_facts *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct vn_health health;
        vn_health_judge(&facts[i], &health);
        assert_int_equal(health.count, 1);
        assert_string_equal(health.sentences[0].code, wanted[i].code);
        assert_non_null(strstr(health.sentences[0].text, wanted[i].says));
        assert_int_equal(health.failing, wanted[i].failing);
        json_t *json = vn_health_json(&health);
        assert_string_equal(json_string_value(json_object_get(json, "status")),
                            wanted[i].failing ? "failing" : "warning");
        json_decref(json);
    }
}

static void test_each_trouble_has_a_sentence_that_says_what_to_do(void **state)
{
    (void)state;
    static const struct sentence wanted[] = {
        {"database-away", " UTC, connection refused: tills sell on", true},
        {"disk-full", "make room", true},
        {"store-failing", "the words of it; look", true},
        {"posting-lags", "20001 entries", false},
        {"quarantine", "1 entry is in quarantine: verno-hub quarantine list", false},
        {"branches", "2 tills were set back", false},
        {"no-backup",
         "the hub knows of no backup off this machine, so tills keep all that they ever sent: verno-hub "
         "backup --to FOLDER --off-machine",
         false},
        {"old-backup", "is of 2026-11-14", false},
        {"clock", "says 2036-11-19 08:00 UTC, by the hub's own count it is 2026-11-22 08:00 UTC", false},
        {"differing", "2 receipts of these seven days", false},
        {"no-standby", "synchronous_standby_names", false},
        {"bad-requests", "1 request of a till within these two hours can't be read, the last one of t1 (400)",
         false},
        {"bad-requests", "the last one of t1 (426): it is newer than the hub: upgrade the hub", false},
        {"slow-clients", "21 requests", false},
        {"old-backup", "verno-hub backup --begin", false},
        {"posting-stands-still", "entries of 2 tills, t1 for one, are kept", false},
        {"posting-fails", "nothing is posted since 2026-11-22 07:59 UTC, the words of it: tills sell on",
         true},
        {"store-failing", "the words of it; look", true},
        /* which says it all */};
    struct vn_health_facts facts[sizeof wanted / sizeof wanted[0]];
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        facts[i] = fine;
    }
    facts[0].away_since_ms = NOW_MS - 1000;
    facts[0].away_reason = "connection refused";
    facts[1].trouble_since_ms = facts[2].trouble_since_ms = NOW_MS - 1000;
    facts[1].trouble = VN_FULL;
    facts[2].trouble = VN_IO;
    (void)snprintf(facts[2].reason, sizeof facts[2].reason, "the words of it");
    facts[3].backlog = VN_HEALTH_LAG_MAX + 1;
    facts[4].quarantined = 1;
    facts[5].branches = 2;
    facts[6].backup_ms = 0;
    facts[7].backup_ms = NOW_MS - VN_HEALTH_BACKUP_MS - DAY_MS;
    facts[8].machine_ms = NOW_MS + 3650 * DAY_MS;
    facts[9].differing = 2;
    facts[10].server = true;
    facts[10].backup_ms = 0;
    facts[14].server = true;
    facts[14].backup_ms = facts[7].backup_ms;
    facts[11].bad = (struct vn_bad_count){.unread = 1};
    facts[12].bad = (struct vn_bad_count){.unread = 2, .slow = VN_HEALTH_SLOW_MAX};
    facts[13].bad = (struct vn_bad_count){.slow = VN_HEALTH_SLOW_MAX + 1};
    facts[16].unposted_since_ms = facts[17].unposted_since_ms = facts[17].trouble_since_ms = NOW_MS - 1000;
    facts[16].unposted_reason = facts[17].unposted_reason = "the words of it";
    facts[17].trouble = VN_IO;
    (void)snprintf(facts[17].reason, sizeof facts[17].reason, "the words of it");
    facts[15].still = 2;
    facts[15].still_till = "t1";
    facts[11].bad_till = facts[12].bad_till = "t1";
    facts[11].bad_status = 400;
    facts[12].bad_status = 426;
    check_each(wanted, facts, sizeof wanted / sizeof wanted[0]);
}

#define LONG "a-till-of-a-name-that-is-as-long-as-a-name-can-b"

static void test_loans_that_one_side_tells_of_are_told_to_people(void **state)
{
    (void)state;
    static const struct sentence wanted[] = {
        {"untold-loans",
         "till t2 has 500 points that it says till t3 lent, which was heard since and tells of none: ask",
         false},
        {"untold-loans",
         "till t2 has 2 coupons that it says till t3 lent (one of 3 such loans), which tells of none for a "
         "week: ask at both, one may have made it up; verno-hub till revoke stops them, till write-off of "
         "the "
         "lender ends it",
         false},
        {"unended-loans",
         "till t3, which is gone, lent 7 points to till t2, which has not said whether it took them (one of "
         "2 such "
         "loans): the roster asks it; start it, or upgrade an old one, and look at its log; when it is gone "
         "as "
         "well, verno-hub till write-off ends it",
         false},
        {"unended-loans",
         LONG ", which has not said whether it took them (one of 9007199254740991 such loans): it was "
              "enrolled anew or revoked since, and that enrolment is ended by verno-hub till write-off "
              "0123456789abcdef0123456789abcdef",
         false}};
    struct vn_health_facts facts[] = {fine, fine, fine, fine};
    facts[0].untold = (struct vn_health_loan){
        .count = 1, .amount = 500, .lender = "t3", .borrower = "t2", .what = "points", .heard = true};
    facts[1].untold =
        (struct vn_health_loan){.count = 3, .amount = 2, .lender = "t3", .borrower = "t2", .what = "coupons"};
    facts[2].unended =
        (struct vn_health_loan){.count = 2, .amount = 7, .lender = "t3", .borrower = "t2", .what = "points"};
    facts[3].unended = (struct vn_health_loan){.count = VN_NUMBER_MAX,
                                               .amount = VN_NUMBER_MAX,
                                               .lender = LONG,
                                               .borrower = LONG,
                                               .what = "uses of an offer, or stamps",
                                               .ended = "0123456789abcdef0123456789abcdef"};
    check_each(wanted, facts, sizeof wanted / sizeof wanted[0]);
}

static void test_keys_and_certificates_have_sentences_of_what_to_do(void **state)
{
    (void)state;
    static const struct sentence wanted[] = {
        {"issuing-certificate", "ends 2027-11-22 08:00 UTC, and none of theirs is longer", false},
        {"issuing-certificate", "ended 2026-11-22 08:00 UTC, and theirs with it", true},
        {"issuing-certificate", "for another one: verno-hub ca split", false},
        {"server-certificate", "ends 2026-12-22 08:00 UTC and was not renewed, though it is time", false},
        {"server-certificate", "ended 2026-11-22 08:00 UTC and was not renewed", true},
        {"server-certificate", "verno-hub ca server --host NAME", false},
        {"root-key", "since 2026-11-14 08:00 UTC (offline/root.key)", false},
        {"root-key",
         "(ca.key), and whoever breaks in there can be the hub and every till: verno-hub ca split", false},
        {"root-key", "verno-hub ca retire ends it", false}};
    struct vn_health_facts facts[sizeof wanted / sizeof wanted[0]];
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        facts[i] = fine;
        facts[i].keys = good_keys;
    }
    facts[0].keys.issuing_due = facts[2].keys.issuing_due = true;
    facts[1].keys.issuing_until_ms = facts[1].keys.server_until_ms = NOW_MS;
    facts[2].keys.one_key = facts[7].keys.one_key = true;
    facts[3].keys.server_due = true;
    facts[4].keys.server_until_ms = NOW_MS;
    facts[5].keys.server_until_ms = 0;
    facts[6].keys.root_key_ms = NOW_MS - 8 * DAY_MS;
    facts[7].keys.old_key_ms = facts[8].keys.old_key_ms = NOW_MS - 8 * DAY_MS;
    check_each(wanted, facts, sizeof wanted / sizeof wanted[0]);
}

static void test_bad_requests_are_counted_for_an_hour_or_two(void **state)
{
    (void)state;
    const int64_t hour_ms = 3600000;
    struct vn_bad bad = {.hour = 0};
    static const int fine_ones[] = {200, 304, 401, 403, 404, 409, 410, 412, 416, 429, 500, 503};
    static const int bad_ones[] = {400, 405, 411, 413, 414, 415, 417, 426, 431};
    for (size_t i = 0; i < sizeof fine_ones / sizeof *fine_ones; i++) {
        vn_bad_note(&bad, 5 * hour_ms, fine_ones[i], "t1");
    }
    assert_int_equal(vn_bad_lately(&bad, 5 * hour_ms).unread, 0);
    for (size_t i = 0; i < sizeof bad_ones / sizeof *bad_ones; i++) {
        vn_bad_note(&bad, 5 * hour_ms, bad_ones[i], "t1");
        vn_bad_note(&bad, 5 * hour_ms, bad_ones[i], ""); /* whoever finds the port */
        assert_int_equal(bad.status, bad_ones[i]);
    }
    assert_string_equal(bad.till, "t1");
    vn_bad_note(&bad, 6 * hour_ms - 1, 408, "");
    vn_bad_note(&bad, 6 * hour_ms, 400, "t2");
    assert_int_equal(vn_bad_lately(&bad, 7 * hour_ms - 1).unread, sizeof bad_ones / sizeof *bad_ones + 1);
    assert_int_equal(vn_bad_lately(&bad, 7 * hour_ms - 1).slow, 1);
    assert_int_equal(vn_bad_lately(&bad, 7 * hour_ms).unread, 1);
    assert_int_equal(vn_bad_lately(&bad, 7 * hour_ms).slow, 0);
    assert_int_equal(vn_bad_lately(&bad, 8 * hour_ms).unread, 0);
    vn_bad_note(&bad, 20 * hour_ms, 200, "t2");
    assert_int_equal(vn_bad_lately(&bad, 20 * hour_ms).unread, 0);
}

static void test_all_that_can_be_wrong_at_once_fits(void **state)
{
    (void)state;
    struct vn_health health;
    const struct vn_health_facts all = {.now_ms = NOW_MS,
                                        .away_since_ms = NOW_MS - 1,
                                        .trouble_since_ms = NOW_MS - 1,
                                        .backlog = INT64_MAX,
                                        .quarantined = INT64_MAX,
                                        .branches = INT64_MAX,
                                        .differing = INT64_MAX,
                                        .machine_ms = 1,
                                        .bad = {INT64_MAX, INT64_MAX},
                                        .bad_till = "t1",
                                        .still = INT64_MAX,
                                        .still_till = "t1",
                                        .keys = {.issuing_until_ms = 1, .root_key_ms = 1, .old_key_ms = 1},
                                        .enrolments = 1};
    vn_health_judge(&all, &health);
    assert_int_equal(health.count, 14);
    assert_true(health.failing);
}

static char *text_of(const struct vn_metrics *metrics, const struct vn_levels *levels)
{
    struct vn_buf out;
    vn_buf_init(&out, 65536);
    assert_int_equal(vn_metrics_write(metrics, levels, &out), VN_OK);
    assert_int_equal(vn_buf_append(&out, vn_view_of("", 1)), VN_OK);
    char *text = strdup((const char *)out.data);
    vn_buf_deinit(&out);
    assert_non_null(text);
    return text;
}

static void test_replies_are_counted_by_path_and_status(void **state)
{
    (void)state;
    struct vn_metrics metrics = {.replies = {{0}}};
    const struct vn_levels levels = {.acknowledged = 12,
                                     .posted = 7,
                                     .enrolments = {5, 1, 2},
                                     .requote_lag = 3,
                                     .issuing_until_ms = 1795334400000,
                                     .server_until_ms = 1795334401000,
                                     .requoted_count = 2,
                                     .requoted = {{"same", 9}, {"engine", 1}}};
    vn_metrics_replied(&metrics, "/v1/journal", 200);
    vn_metrics_replied(&metrics, "/v1/journal", 200);
    vn_metrics_replied(&metrics, "/v1/journal", 429);
    vn_metrics_replied(&metrics, "/v1/members/0011", 404);
    vn_metrics_replied(&metrics, "/v1/members", 201);
    vn_metrics_replied(&metrics, "/v1/branch", 200);
    vn_metrics_replied(&metrics, "/v1/snapshot", 412);
    vn_metrics_replied(&metrics, "/v1/nothing", 404);
    vn_metrics_replied(&metrics, "", 408);
    vn_metrics_replied(&metrics, "/v1/feed", 299);
    char *text = text_of(&metrics, &levels);
    static const char *const lines[] = {"verno_hub_replies_total{path=\"journal\",status=\"200\"} 2\n",
                                        "verno_hub_replies_total{path=\"journal\",status=\"429\"} 1\n",
                                        "verno_hub_replies_total{path=\"members\",status=\"404\"} 1\n",
                                        "verno_hub_replies_total{path=\"other\",status=\"404\"} 1\n",
                                        "verno_hub_replies_total{path=\"other\",status=\"408\"} 1\n",
                                        "verno_hub_replies_total{path=\"sign-up\",status=\"201\"} 1\n",
                                        "verno_hub_replies_total{path=\"branch\",status=\"200\"} 1\n",
                                        "verno_hub_replies_total{path=\"snapshot\",status=\"412\"} 1\n",
                                        "verno_hub_replies_total{path=\"feed\",status=\"other\"} 1\n",
                                        "verno_hub_entries_acknowledged 12\n",
                                        "verno_hub_entries_posted 7\n",
                                        "verno_hub_receipts_requoted{answer=\"same\"} 9\n",
                                        "verno_hub_receipts_requoted{answer=\"engine\"} 1\n",
                                        "verno_hub_requote_lag_entries 3\n",
                                        "verno_hub_issuing_certificate_end_timestamp_seconds 1795334400\n",
                                        "verno_hub_server_certificate_end_timestamp_seconds 1795334401\n",
                                        "verno_hub_enrolments{state=\"active\"} 5\n",
                                        "verno_hub_enrolments{state=\"revoked\"} 2\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_non_null(strstr(text, lines[i]));
    }
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_wrong_is_said_to_be_so),
        cmocka_unit_test(test_keys_that_are_in_order_are_not_spoken_of),
        cmocka_unit_test(test_each_trouble_has_a_sentence_that_says_what_to_do),
        cmocka_unit_test(test_loans_that_one_side_tells_of_are_told_to_people),
        cmocka_unit_test(test_keys_and_certificates_have_sentences_of_what_to_do),
        cmocka_unit_test(test_bad_requests_are_counted_for_an_hour_or_two),
        cmocka_unit_test(test_all_that_can_be_wrong_at_once_fits),
        cmocka_unit_test(test_replies_are_counted_by_path_and_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
