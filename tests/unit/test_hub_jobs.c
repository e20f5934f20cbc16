/* What the hub does by the clock alone: lots mature and expire, what is out at tills stays. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed/feed.h"
#include "sync/hub/ledger/jobs.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/storage/account_id.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

#define DAY_MS      INT64_C(86400000)
#define DECEMBER_MS INT64_C(1796079600000) /* 2026-12-01T00:00+01:00 */

static const char ruleset[] =
    "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"wallet\":{\"worth\":{\"points\":1,\"minor\":100},\"matures_days\":14,\"expires_days\":30},"
    "\"groups\":[]}\n";

static void publish_text(struct world *world, const char *text)
{
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    if (vn_publish_ruleset(&world->hub, vn_view_str(text), VN_PUBLISH_REFUSE_SKIPPED, &published, &error) !=
        VN_OK) {
        fail_msg("%s %s", error.pointer, error.text);
    }
    world_publish(world);
}

static void publish(struct world *world)
{
    publish_text(world, ruleset);
}

/* All slices that there are. How many accounts were changed. */
static unsigned work(struct world *world)
{
    struct vn_jobs_result result;
    unsigned worked = 0;
    do {
        assert_int_equal(vn_jobs_slice(&world->hub, &result), VN_OK);
        worked += result.worked;
        assert_true(worked < 10000);
    } while (result.more);
    world_audit(world);
    return worked;
}

static void check(struct world *world, const char *account, int64_t waiting, int64_t free_, int64_t expired)
{
    assert_int_equal(world_balance(world, account, VN_PLACE_WAITING, 0), waiting);
    assert_int_equal(world_balance(world, account, VN_PLACE_FREE, 0), free_);
    assert_int_equal(world_balance(world, account, VN_PLACE_EXPIRED, 0), expired);
}

static void test_lots_mature_and_expire_on_their_days(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    check(world, "w2", 35, 0, 0);
    assert_int_equal(work(world), 0);
    int64_t earned_ms = world->now_ms;
    world->now_ms = earned_ms + 14 * DAY_MS - 1;
    assert_int_equal(work(world), 0);
    world->now_ms = earned_ms + 14 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 0, 35, 0);
    assert_int_equal(work(world), 0); /* nothing is done twice */
    world->now_ms = earned_ms + 30 * DAY_MS - 1;
    assert_int_equal(work(world), 0);
    world->now_ms = earned_ms + 30 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 0, 0, 35);
    assert_int_equal(world_owned(world, "w2"), 0);
    assert_int_equal(work(world), 0);
    world_till_end(&till);
}

/* The second sale's points mature while the first one's, which expire sooner, still live. */
static void test_each_lot_has_its_own_days(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    int64_t earned_ms = world->now_ms;
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms = earned_ms + 10 * DAY_MS;
    world_commit(&till, "r2", "w2", 10000, 7);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms = earned_ms + 14 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 7, 35, 0);
    world->now_ms = earned_ms + 24 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 0, 42, 0);
    world->now_ms = earned_ms + 30 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 0, 7, 35);
    world_till_end(&till);
}

static void test_what_is_out_at_a_till_does_not_expire(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms += 14 * DAY_MS;
    assert_int_equal(work(world), 1);
    assert_int_equal(world_rights(&till, "w2", 20), 20);
    world->now_ms += 365 * DAY_MS;
    assert_true(work(world) >= 1); /* the opening balance of w1 is a year old by then */
    check(world, "w2", 0, 0, 15);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_RIGHT, till.id), 20);
    world_till_end(&till);
}

/* Two tills say that they were granted 450 and 250 of w1's 500 before the hub was set back: he owes 200. */
static void grant_forgotten(struct world_till *till, struct world_till *other)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 450});
    world_append(other, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 250});
    till->world->now_ms += 60000;
    world_set_back(till->world);
    assert_int_equal(world_sync(till) + world_sync(other), 0);
    assert_int_equal(world_balance(till->world, "w1", VN_PLACE_DEBT, 0), -200);
}

static void give_back(struct world_till *till, int64_t points)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = points});
    assert_int_equal(world_sync(till), 0);
    assert_int_equal(world_balance(till->world, "w1", VN_PLACE_DEBT, 0), 0);
}

/* It has forgotten of which lot, too. While they are owed, points of none that come back pay for themselves. */
static void test_what_comes_back_of_a_forgotten_grant_pays_what_is_owed(void **state)
{
    struct world_till till, other;
    world_start(*state, &till);
    struct world *world = till.world;
    int64_t opened_ms = world->now_ms;
    world_till_start(world, &other, "t2");
    grant_forgotten(&till, &other);
    give_back(&other, 250);
    check(world, "w1", 0, 50, 0);
    world->now_ms = opened_ms + 365 * DAY_MS - 1;
    (void)work(world);
    check(world, "w1", 0, 50, 0);
    world->now_ms += 1; /* they are of the opening balance, which is a year old */
    (void)work(world);
    check(world, "w1", 0, 0, 50);
    world_till_end(&other);
    world_till_end(&till);
}

/* Points that were earned later paid; they are his again, and live neither longer for it, nor those of another day less. */
static void test_what_comes_back_of_a_forgotten_grant_is_what_paid_for_it(void **state)
{
    struct world_till till, other;
    world_start(*state, &till);
    struct world *world = till.world;
    int64_t opened_ms = world->now_ms;
    world_till_start(world, &other, "t2");
    grant_forgotten(&till, &other);
    world->now_ms = opened_ms + 10 * DAY_MS;
    world_commit(&till, "r1", "w1", 10000, 200);
    assert_int_equal(world_sync(&till), 0);
    check(world, "w1", 0, 0, 0);
    world->now_ms = opened_ms + 20 * DAY_MS;
    world_commit(&till, "r2", "w1", 10000, 70);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms = opened_ms + 100 * DAY_MS;
    give_back(&other, 250);
    check(world, "w1", 0, 320, 0);
    world->now_ms = opened_ms + 375 * DAY_MS - 1;
    (void)work(world);
    check(world, "w1", 0, 270, 50);
    world->now_ms += 1;
    (void)work(world);
    check(world, "w1", 0, 70, 250);
    world->now_ms = opened_ms + 385 * DAY_MS;
    (void)work(world);
    check(world, "w1", 0, 0, 320);
    world_till_end(&other);
    world_till_end(&till);
}

static void test_more_than_a_slice_is_done_slice_by_slice(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    for (int i = 100; i < 100 + 2 * VN_JOBS_ACCOUNTS_MAX + 5; i++) {
        char line[96];
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[],\"balance\":10}\n", i);
        world_import(world, VN_IMPORT_MEMBERS, line);
    }
    world->now_ms += 31 * DAY_MS;
    assert_true(work(world) >= 2 * VN_JOBS_ACCOUNTS_MAX + 5);
    check(world, "w100", 0, 0, 10);
    check(world, "w232", 0, 0, 10);
    world_till_end(&till);
}

static void must_damage(struct world *world, int64_t member)
{
    struct vn_storage *storage = world->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(
        vn_sql_run(storage, "UPDATE member SET facts = ? WHERE id = ?", "bi", vn_view_str("\t"), member),
        VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static int64_t due_of(struct world *world, const char *account)
{
    int64_t due_ms = 0;
    assert_int_equal(vn_sql_number(world->hub.storage, &due_ms, "SELECT due_ms FROM account WHERE id = ?",
                                   "i", world_account(world, account)),
                     VN_OK);
    return due_ms;
}

/* More of them than a slice takes, all due before the one that is well. */
static void test_accounts_that_are_damaged_do_not_keep_others_from_ageing(void **state)
{
    struct world *world = *state;
    char line[256];
    publish(world);
    for (int i = 100; i <= 100 + VN_JOBS_ACCOUNTS_MAX; i++) {
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[],\"balance\":10}\n", i);
        world_import(world, VN_IMPORT_MEMBERS, line);
        must_damage(world, i);
    }
    world->now_ms += 1000;
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":900,\"cards\":[],\"balance\":10}\n");
    (void)snprintf(line, sizeof line, "%s/log", world->dir);
    FILE *log = fopen(line, "w+e");
    assert_non_null(log);
    world->hub.log = vn_log_create(fileno(log), VN_LOG_INFO, VN_LOG_TEXT, world->hub.clock);
    world->now_ms += 30 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w900", 0, 0, 10);
    check(world, "w100", 0, 10, 0);
    assert_int_equal(due_of(world, "w100"), world->now_ms + VN_JOBS_AGAIN_MS);
    assert_int_equal(work(world), 0);
    vn_log_destroy(world->hub.log);
    world->hub.log = NULL;
    int said = 0;
    assert_int_equal(fseek(log, 0, SEEK_SET), 0);
    while (fgets(line, sizeof line, log) != NULL) {
        said += strstr(line, "error ageing_failed account=w100 status=") != NULL ? 1 : 0;
    }
    assert_int_equal(said, 1);
    (void)fclose(log);
}

#define MEMBERS 150

/* A hub of several over one database, on a thread of its own. */
struct worker {
    struct vn_hub hub;
    uint64_t seed;
    unsigned worked;
};

static void *run_worker(void *ctx)
{
    struct worker *worker = ctx;
    struct vn_jobs_result result = {.more = true};
    for (unsigned turns = 0; result.more && turns < 100; turns++) {
        if (vn_jobs_slice(&worker->hub, &result) == VN_OK) {
            worker->worked += result.worked;
        } else {
            result.more = true; /* they collided too often: the hub begins again, too */
        }
    }
    return NULL;
}

static void test_two_hubs_that_work_at_once_do_everything_once(void **state)
{
    struct world *world = *state;
    struct worker workers[2] = {{.hub = world->hub, .seed = 1}, {.hub = world->hub, .seed = 2}};
    pthread_t threads[2];
    struct vn_error error = {VN_OK, "", ""};
    char line[96];
    if (world->database == NULL) {
        skip(); /* SQLite has one process */
    }
    publish(world);
    for (int i = 100; i < 100 + MEMBERS; i++) {
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[],\"balance\":10}\n", i);
        world_import(world, VN_IMPORT_MEMBERS, line);
    }
    (void)work(world);
    world->now_ms += 31 * DAY_MS;
    for (size_t i = 0; i < 2; i++) {
        struct vn_hub *hub = &workers[i].hub;
        hub->random = vn_random_seeded(&workers[i].seed);
        hub->post = NULL;
        hub->view = NULL;
        assert_int_equal(vn_storage_open(world->database, NULL, &hub->storage, &error), VN_OK);
        assert_int_equal(vn_ledger_attach(hub, VN_LEDGER_WRITES), VN_OK);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        vn_ledger_detach(&workers[i].hub);
        vn_storage_close(workers[i].hub.storage);
    }
    assert_int_equal(workers[0].worked + workers[1].worked, MEMBERS);
    for (int i = 100; i < 100 + MEMBERS; i++) {
        (void)snprintf(line, sizeof line, "w%d", i);
        check(world, line, 0, 0, 10);
    }
    assert_int_equal(work(world), 0);
}

/* A sale of before the last day that is heard of after it takes the points out of what expired. */
static void test_points_that_were_spent_in_time_come_back_from_what_expired(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms += 20 * DAY_MS;
    assert_int_equal(work(world), 1);
    const struct world_step spend = {
        .kind = VN_ENTRY_COMMIT, .receipt = "r2", .account = "w2", .total_minor = 5000, .at_risk = "w2"};
    world_append(&till, &spend);
    world->now_ms += 11 * DAY_MS;
    assert_true(work(world) >= 1);
    check(world, "w2", 0, 0, 35);
    assert_int_equal(world_sync(&till), 0);
    check(world, "w2", 0, 0, 34);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_REDEEMED, 0), 1);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

/* The same with tiers by the calendar month: kept for 10 days of the next one. */
static const char monthly[] =
    "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"wallet\":{\"worth\":{\"points\":1,\"minor\":100}},"
    "\"tiers\":{\"by\":\"spend\",\"period\":\"month\",\"grace_days\":10,"
    "\"steps\":[{\"id\":\"silver\",\"from\":1000},{\"id\":\"gold\",\"from\":5000}]},\"groups\":[]}\n";

static void check_tier(struct world *world, int64_t member, const char *tier, int64_t qualifying)
{
    struct vn_member *found = calloc(1, sizeof *found);
    assert_non_null(found);
    assert_int_equal(vn_feed_member(&world->hub, member, found), VN_OK);
    assert_string_equal(found->tier, tier);
    assert_int_equal(found->qualifying, qualifying);
    free(found);
}

static void sell(struct world_till *till, const char *receipt, int64_t qualifying)
{
    const struct world_step step = {.kind = VN_ENTRY_COMMIT,
                                    .receipt = receipt,
                                    .account = "w2",
                                    .total_minor = qualifying,
                                    .qualifying = qualifying};
    world_append(till, &step);
    assert_int_equal(world_sync(till), 0);
}

/* The world's clock begins in November 2026. */
static void test_a_tier_rises_by_sales_and_falls_by_the_clock(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish_text(world, monthly);
    assert_true(work(world) >= 2); /* each member is looked at once */
    assert_int_equal(work(world), 0);
    sell(&till, "r1", 5000);
    check_tier(world, 2, "gold", 5000);
    world->now_ms = DECEMBER_MS - 1;
    assert_int_equal(work(world), 0);
    world->now_ms = DECEMBER_MS;
    assert_int_equal(work(world), 1);
    check_tier(world, 2, "gold", 0);
    sell(&till, "r2", 1000);
    world->now_ms = DECEMBER_MS + 31 * DAY_MS; /* January: December earned silver */
    assert_int_equal(work(world), 1);
    check_tier(world, 2, "gold", 0);
    world->now_ms += 10 * DAY_MS - 1;
    assert_int_equal(work(world), 0);
    world->now_ms++;
    assert_int_equal(work(world), 1);
    check_tier(world, 2, "silver", 0);
    world_till_end(&till);
}

/* Of the month before, which the sales of a till that was off still count in. */
static void test_figures_beyond_belief_do_not_shut_a_tiers_period(void **state)
{
    struct world_till till, other;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    publish_text(world, monthly);
    assert_true(work(world) >= 2);
    for (int i = 0; i < 12; i++) {
        char receipt[8];
        (void)snprintf(receipt, sizeof receipt, "r%d", i);
        world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                 .receipt = receipt,
                                                 .account = "w2",
                                                 .total_minor = 1000,
                                                 .qualifying = 1000 * VN_AMOUNT_MAX});
    }
    world->now_ms = DECEMBER_MS;
    sell(&other, "r1", 1000);
    check_tier(world, 2, "silver", 1000);
    assert_int_equal(world_sync(&till), 0);
    check_tier(world, 2, "gold", 1000);
    world_till_end(&other);
    world_till_end(&till);
}

static void test_a_tier_that_was_imported_falls_as_well(void **state)
{
    struct world *world = *state;
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":5,\"cards\":[],\"tier\":\"gold\"}\n");
    publish_text(world, monthly);
    world_import(
        world, VN_IMPORT_MEMBERS,
        "{\"id\":6,\"cards\":[],\"tier\":\"silver\"}\n{\"id\":7,\"cards\":[],\"tier\":\"founder\"}\n");
    assert_int_equal(work(world), 3);
    world->now_ms = DECEMBER_MS + 10 * DAY_MS;
    assert_int_equal(work(world), 2);
    check_tier(world, 5, "", 0);
    check_tier(world, 6, "", 0);
    check_tier(world, 7, "founder", 0); /* not in the header: the chain's own doing */
    assert_int_equal(work(world), 0);
}

/* Nothing is posted between the two files, and the ruleset came between them. */
static void test_an_opening_balance_lives_as_the_ruleset_in_force_says(void **state)
{
    struct world *world = *state;
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":5,\"cards\":[],\"balance\":10}\n");
    publish(world);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":6,\"cards\":[],\"balance\":10}\n");
    world->now_ms += 30 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w5", 0, 10, 0);
    check(world, "w6", 0, 0, 10);
}

/* Nobody says what their tiers were, and they don't keep those who are still there from their turn. */
static void test_members_who_were_taken_out_are_looked_at_once(void **state)
{
    struct world *world = *state;
    char line[96];
    for (int i = 100; i < 100 + 2 * VN_JOBS_ACCOUNTS_MAX; i++) {
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[]}\n", i);
        world_import(world, VN_IMPORT_MEMBERS, line);
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"gone\":true}\n", i);
        world_import(world, VN_IMPORT_MEMBERS, line);
    }
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":900,\"cards\":[],\"tier\":\"gold\"}\n");
    publish_text(world, monthly);
    assert_int_equal(work(world), 2 * VN_JOBS_ACCOUNTS_MAX + 1);
    assert_int_equal(work(world), 0);
    world_import(world, VN_IMPORT_MEMBERS,
                 "{\"id\":100,\"cards\":[],\"tier\":\"silver\"}\n"); /* he is back */
    assert_int_equal(work(world), 1);
    check_tier(world, 100, "silver", 0);
    world->now_ms = DECEMBER_MS + 10 * DAY_MS;
    assert_int_equal(work(world), 2);
    check_tier(world, 100, "", 0);
    check_tier(world, 900, "", 0);
}

static void test_a_wallet_too_many_is_refused_before_posting_meets_it(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    char text[512];
    for (int i = 1; i <= VN_HUB_WALLETS_MAX + 1; i++) {
        (void)snprintf(
            text, sizeof text,
            "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,"
            "\"law\":\"none\",\"wallets\":[{\"id\":\"w-%d\"}],\"groups\":[]}\n",
            i);
        assert_int_equal(
            vn_publish_ruleset(&world->hub, vn_view_str(text), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
            i <= VN_HUB_WALLETS_MAX ? VN_OK : VN_INPUT);
    }
    assert_non_null(strstr(error.text, "w-56"));
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    world_till_end(&till);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_lots_mature_and_expire_on_their_days),
        T(test_each_lot_has_its_own_days),
        T(test_what_is_out_at_a_till_does_not_expire),
        T(test_what_comes_back_of_a_forgotten_grant_pays_what_is_owed),
        T(test_what_comes_back_of_a_forgotten_grant_is_what_paid_for_it),
        T(test_two_hubs_that_work_at_once_do_everything_once),
        T(test_more_than_a_slice_is_done_slice_by_slice),
        T(test_accounts_that_are_damaged_do_not_keep_others_from_ageing),
        T(test_a_tier_rises_by_sales_and_falls_by_the_clock),
        T(test_figures_beyond_belief_do_not_shut_a_tiers_period),
        T(test_a_tier_that_was_imported_falls_as_well),
        T(test_an_opening_balance_lives_as_the_ruleset_in_force_says),
        T(test_a_wallet_too_many_is_refused_before_posting_meets_it),
        T(test_members_who_were_taken_out_are_looked_at_once),
        T(test_points_that_were_spent_in_time_come_back_from_what_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
