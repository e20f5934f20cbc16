/* A till whose entries the database can't go on with stands still: the others are posted, and the log says so now and then. */
#include "tests/unit/hub_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sync/hub/ledger/posting.h"
#include "sync/hub/storage/sql.h"

#define MUCH 20 /* accounts */
#define SALE "{\"v\":1,\"kind\":\"%s\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"

/* Takes away what a till sent, as a damaged disk does. */
static void damage(struct world *world, int64_t enrolment)
{
    struct vn_storage *storage = world->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage, "DELETE FROM segment WHERE enrolment = ?", "i", enrolment), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static void post_all(struct world *world, struct vn_posting *posting)
{
    struct vn_posting_result result = {.more = true};
    while (result.more) {
        assert_int_equal(vn_posting_slice(&world->hub, posting, VN_POSTING_ENTRIES_MAX, 1000, &result),
                         VN_OK);
    }
}

static int times_in(int log, const char *words)
{
    char text[8192];
    int count = 0;
    ssize_t len = pread(log, text, sizeof text - 1, 0);
    assert_true(len >= 0);
    text[len < 0 ? 0 : len] = '\0';
    for (const char *at = text; (at = strstr(at, words)) != NULL; at += strlen(words)) {
        count++;
    }
    return count;
}

static void test_a_till_that_stands_still_is_said_to_when_it_begins_and_once_a_minute(void **state)
{
    struct world *world = *state;
    struct world_till bad;
    struct world_till good;
    struct vn_posting posting = {.after = 0};
    struct vn_ingest_result result;
    const char *till = NULL;
    char wanted[128];
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/log", world->dir);
    int log = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(log >= 0);
    world_start(world, &bad);
    world_till_start(world, &good, "t2");
    world_commit(&bad, "1", "w1", 1000, 10);
    world_take(&bad, 1, &result);
    damage(world, bad.id);
    world->hub.log = vn_log_create(log, VN_LOG_INFO, VN_LOG_TEXT, world->hub.clock);
    for (int64_t ms = 0; ms < INT64_C(2) * VN_POSTING_SAY_MS; ms += VN_POSTING_AGAIN_MS) {
        post_all(world, &posting);
        assert_int_equal(vn_posting_still(&posting, &till), 1);
        assert_string_equal(till, "t1");
        world->now_ms += VN_POSTING_AGAIN_MS;
    }
    world_commit(&good, "2", "w2", 1000, 5);
    world_take(&good, 1, &result);
    post_all(world, &posting);
    assert_int_equal(world_owned(world, "w2"), 5);
    char id[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(bad.enrolment.bytes, VN_ID_BYTES), id);
    (void)snprintf(wanted, sizeof wanted, " error posting_stands_still till=t1 enrolment=%s status=corrupt ",
                   id);
    assert_int_equal(times_in(log, wanted), 3);
    assert_int_equal(times_in(log, "posting_stands_still"), 3);
    vn_log_destroy(world->hub.log);
    world->hub.log = NULL;
    (void)close(log);
    world_till_end(&bad);
    world_till_end(&good);
}

/* What follows from a void is found out account by account; there is no number of them at which its till stands still. */
static void test_a_sale_that_used_much_is_voided_elsewhere(void **state)
{
    struct world_till till;
    struct world_till other;
    char uses[1600] = "{\"account\":\"w1\",\"amount\":20,\"risk\":true}";
    char body[2400];
    struct vn_sale_row sale;
    world_start(*state, &till);
    world_till_start(*state, &other, "t2");
    for (unsigned i = 0; i < MUCH; i++) {
        size_t len = strlen(uses);
        (void)snprintf(uses + len, sizeof uses - len, ",{\"account\":\"n%016x\",\"amount\":1,\"risk\":true}",
                       i + 1);
    }
    (void)snprintf(body, sizeof body,
                   SALE "\"account\":\"w1\",\"points\":-20,\"body\":{\"basket\":{\"sale\":{\"pos\":\"1\","
                        "\"date\":\"2026-11-22\",\"receipt\":\"1\"},\"lines\":[{\"id\":1,\"code\":\"a\","
                        "\"qty_milli\":1000,\"amount_minor\":20000}]},\"outcome\":{\"engine\":2,"
                        "\"total_minor\":20000,\"payable_minor\":20000,\"points_spent\":20,"
                        "\"consumptions\":[%s]}}}",
                   "commit", (long long)till.world->now_ms, uses);
    world_append_raw(&till, body);
    assert_int_equal(world_sync(&till), 0);
    (void)snprintf(body, sizeof body, SALE "\"body\":{\"elsewhere\":true}}", "void",
                   (long long)till.world->now_ms);
    world_append_raw(&other, body);
    assert_int_equal(world_sync(&other), 0);
    world_sale(*state, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_int_equal(world_balance(*state, "n0000000000000001", VN_PLACE_DEBT, 0), 0);
    world_audit(*state);
    world_till_end(&other);
    world_till_end(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_till_that_stands_still_is_said_to_when_it_begins_and_once_a_minute, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_sale_that_used_much_is_voided_elsewhere, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
