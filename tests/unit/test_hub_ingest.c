/* Exactly once, in order, and nothing blocks: what a hub does with batches that come twice, too early, from
 * another past, or with an entry that nobody can read. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/epoch/backup.h"
#include "sync/hub/ledger/audit.h"
#include "tests/unit/hub_world.h"

#define MEMBERS "{\"id\":1,\"cards\":[\"2990000000017\"],\"balance\":500}\n"

static void earn(struct world_till *till, const char *receipt, int64_t points)
{
    world_append(till, &(struct world_step){
                           .kind = VN_ENTRY_COMMIT, .receipt = receipt, .account = "w1", .earned = points});
}

static void start(struct world *world, struct world_till *till)
{
    world_import(world, VN_IMPORT_MEMBERS, MEMBERS);
    world_till_start(world, till, "t1");
}

static void test_a_batch_that_comes_again_is_acknowledged_and_posts_nothing(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    start(world, &till);
    earn(&till, "1", 10);
    earn(&till, "2", 10);
    assert_int_equal(world_sync(&till), 0);
    earn(&till, "3", 10);
    for (int i = 0; i < 3; i++) {
        world_send(&till, 1, &result);
        assert_int_equal(result.verdict, VN_INGEST_TAKEN);
        assert_int_equal(result.ack.acked_seq, 3);
        assert_int_equal(result.taken, i == 0 ? 1 : 0);
    }
    assert_int_equal(world_owned(world, "w1"), 530);
    world_audit(world);
    world_till_end(&till);
}

static void test_a_gap_is_refused_and_told_what_is_expected(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    start(world, &till);
    earn(&till, "1", 10);
    assert_int_equal(world_sync(&till), 0);
    earn(&till, "2", 10);
    earn(&till, "3", 10);
    world_send(&till, 3, &result);
    assert_int_equal(result.verdict, VN_INGEST_EXPECTED);
    assert_int_equal(result.expected.expected_seq, 2);
    assert_memory_equal(result.expected.head.bytes, till.hashes[1].bytes, VN_HASH_SIZE);
    assert_int_equal(world_owned(world, "w1"), 510);
    world_till_end(&till);
}

static void test_another_past_is_a_branch_and_ends_the_enrolment(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    struct vn_enrolment_row row;
    start(world, &till);
    earn(&till, "1", 10);
    earn(&till, "2", 10);
    struct world_till copy = till;
    assert_int_equal(world_sync(&till), 0);
    /* The copy goes on from entry 1 in another way. */
    copy.head_seq = 1;
    earn(&copy, "2", 99);
    earn(&copy, "3", 99);
    world_send(&copy, 1, &result);
    assert_int_equal(result.verdict, VN_INGEST_BRANCH);
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_BRANCH);
    assert_int_equal(row.high_seq, 2);
    assert_int_equal(world_owned(world, "w1"), 520);
    world_audit(world);
    world_till_end(&till);
    free(copy.bodies[2]);
    free(copy.bodies[3]);
}

static void test_a_prev_hash_that_the_hub_does_not_have_is_a_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    start(world, &till);
    earn(&till, "1", 10);
    assert_int_equal(world_sync(&till), 0);
    till.hashes[1].bytes[0] ^= 1;
    earn(&till, "2", 10);
    world_send(&till, 2, &result);
    assert_int_equal(result.verdict, VN_INGEST_BRANCH);
    world_till_end(&till);
}

static void test_a_poison_entry_is_kept_and_does_not_block_the_rest(void **state)
{
    struct world *world = *state;
    struct world_till till;
    start(world, &till);
    earn(&till, "1", 10);
    world_append_raw(&till, "{\"v\":1,\"kind\":\"commit\",\"t\":\"never\"}");
    world_append_raw(&till, "not even JSON");
    world_append(
        &till, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w999", .earned = 5});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "nobody"});
    earn(&till, "3", 10);
    assert_int_equal(world_sync(&till), 4);
    assert_int_equal(world_owned(world, "w1"), 520);
    world_audit(world);
    world_till_end(&till);
}

static void test_counters_of_a_quarantined_entry_count(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_claim claim;
    start(world, &till);
    (void)world_rights(&till, "w1", 300);
    world_append_raw(&till, "{\"v\":1,\"kind\":\"later-kind\",\"t\":1,\"mono\":1,\"rights\":[{\"account\":"
                            "\"w1\",\"granted\":300,\"in\":0,\"out\":120,\"move\":120}]}");
    assert_int_equal(world_sync(&till), 1);
    world_claim(world, till.id, "w1", &claim);
    assert_int_equal(claim.row.out, 120);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 180);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_SUSPENSE, till.id), 120);
    assert_int_equal(world_owned(world, "w1"), 500);
    world_audit(world);
    /* And the till's next entry fits. */
    till.rights[0].out = 120;
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 180});
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 380);
    world_audit(world);
    world_till_end(&till);
}

static void test_an_entry_that_fails_halfway_leaves_nothing_behind(void **state)
{
    struct world *world = *state;
    struct world_till till;
    start(world, &till);
    (void)world_rights(&till, "w1", 300);
    /* Holds more than the right: the sale's row was written by then. */
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 400, .right = "w1", .out = 400});
    assert_int_equal(world_sync(&till), 1);
    struct vn_sale_row sale;
    assert_false(world_has_sale(world, "1", &sale));
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), -100);
    world_audit(world);
    world_till_end(&till);
}

static void test_a_sale_is_committed_once_even_after_enrolling_anew(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till again;
    start(world, &till);
    earn(&till, "1", 10);
    earn(&till, "1", 10);
    assert_int_equal(world_sync(&till), 1);
    world_till_start(world, &again, "t1");
    earn(&again, "1", 10);
    earn(&again, "2", 10);
    assert_int_equal(world_sync(&again), 1);
    assert_int_equal(world_owned(world, "w1"), 520);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&again);
}

static void test_what_was_committed_is_there_after_the_database_is_opened_again(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    start(world, &till);
    earn(&till, "1", 10);
    assert_int_equal(world_sync(&till), 0);
    world_reopen(world);
    earn(&till, "2", 10);
    world_send(&till, 1, &result);
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    assert_int_equal(world_owned(world, "w1"), 520);
    world_audit(world);
    world_till_end(&till);
}

static void test_accounting_time_is_held_between_the_last_acknowledgement_and_now(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    start(world, &till);
    int64_t enrolled_ms = world->now_ms;
    world->now_ms = 5000; /* the till's clock is in 1970 */
    earn(&till, "1", 10);
    world->now_ms = enrolled_ms + 2 * INT64_C(86400000); /* and then ahead */
    earn(&till, "2", 10);
    world->now_ms = enrolled_ms + 60000;
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.at_ms, enrolled_ms);
    world_sale(world, "2", &sale);
    assert_int_equal(sale.at_ms, enrolled_ms + 60000);
    world->now_ms = enrolled_ms; /* behind what was acknowledged */
    earn(&till, "3", 10);
    world->now_ms = enrolled_ms + 120000;
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "3", &sale);
    assert_int_equal(sale.at_ms, enrolled_ms + 60000);
    world_till_end(&till);
}

/* A till that was cut off for days sends what it has in several batches: those behind the first happened before it came, too. */
static void test_what_comes_in_the_second_batch_happened_when_it_says(void **state)
{
    const int64_t day_ms = 86400000;
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    start(world, &till);
    int64_t enrolled_ms = world->now_ms;
    for (int i = 1; i <= 3; i++) {
        char receipt[] = {(char)('0' + i), '\0'};
        world->now_ms = enrolled_ms + i * day_ms;
        earn(&till, receipt, 10);
        world->now_ms = enrolled_ms + 300 * day_ms + i;
        till.behind = 3 - i;
        assert_int_equal(world_sync(&till), 0);
        world_sale(world, receipt, &sale);
        assert_int_equal(sale.at_ms, enrolled_ms + i * day_ms);
    }
    world->now_ms = enrolled_ms + 4 * day_ms; /* a clock that is behind */
    earn(&till, "4", 10);
    world->now_ms = enrolled_ms + 301 * day_ms;
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "4", &sale);
    assert_int_equal(sale.at_ms, enrolled_ms + 300 * day_ms + 3);
    world_till_end(&till);
}

/* The hub's own tables disagree: the audit says so. */
static enum vn_status count_sentence(void *ctx, const char *sentence)
{
    (void)sentence;
    ++*(int *)ctx;
    return VN_OK;
}

static enum vn_status plant(void *ctx, const struct vn_account_row *row)
{
    struct world *world = ctx;
    struct vn_account_row planted = *row;
    const struct vn_account_row *rows = &planted;
    planted.places[VN_PLACE_FREE] += 77;
    return vn_storage_accounts_store(world->hub.storage, &rows, 1);
}

static void test_the_audit_finds_points_that_nobody_posted(void **state)
{
    struct world *world = *state;
    struct world_till till;
    int64_t entries = 0;
    int sentences = 0;
    start(world, &till);
    int64_t account = world_account(world, "w1");
    assert_int_equal(vn_audit(&world->hub, count_sentence, &sentences, &entries), VN_OK);
    assert_int_equal(sentences, 0);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_accounts_load(world->hub.storage, &account, 1, plant, world), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(vn_audit(&world->hub, count_sentence, &sentences, &entries), VN_OK);
    assert_int_equal(sentences, 2); /* neither the movements nor the lots are so many */
    world_till_end(&till);
}

static void tell_backup(const struct world_till *till, int seq)
{
    struct vn_error error = {VN_OK, "", ""};
    char id[2 * VN_ID_BYTES + 1];
    char told[128];
    int64_t count = 0;
    vn_hex_encode(vn_view_of(till->enrolment.bytes, VN_ID_BYTES), id);
    (void)snprintf(told, sizeof told, "[{\"enrolment\":\"%s\",\"seq\":%d}]", id, seq);
    assert_int_equal(vn_backup_told(&till->world->hub, vn_view_str(told), &count, &error), VN_OK);
    assert_int_equal(count, 1);
}

/* Told of backups in any order: what one of them has is not lost by an older one, and what the hub does not have is in none. */
static void test_what_is_in_a_backup_stays_durable(void **state)
{
    struct world_till till;
    struct vn_enrolment_row row;
    world_start(*state, &till);
    for (int i = 0; i < 5; i++) {
        world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING});
    }
    assert_int_equal(world_sync(&till), 0);
    static const struct {
        int seq, durable_seq;
    } backups[] = {{3, 3}, {2, 3}, {6, 3}, {5, 5}, {0, 5}};
    for (size_t i = 0; i < sizeof backups / sizeof backups[0]; i++) {
        tell_backup(&till, backups[i].seq);
        world_row(&till, &row);
        assert_int_equal(row.durable_seq, backups[i].durable_seq);
    }
    world_till_end(&till);
}

/* The hub has five entries, the last two of a copy of the till. What the till itself sends again ends with the third, and what it
 * has beyond that is in no backup: it must not hear that it is. */
static void test_a_till_hears_of_no_more_than_it_has_shown(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    start(world, &till);
    for (int i = 1; i <= 5; i++) {
        char receipt[] = {(char)('0' + i), '\0'};
        earn(&till, receipt, 10);
    }
    assert_int_equal(world_sync(&till), 0);
    tell_backup(&till, 5);
    till.head_seq = 3;
    world_send(&till, 2, &result);
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    assert_int_equal(result.ack.acked_seq, 3);
    assert_int_equal(result.ack.durable_seq, 3);
    assert_memory_equal(result.ack.head.bytes, till.hashes[3].bytes, VN_HASH_SIZE);
    till.head_seq = 5;
    world_send(&till, 4, &result);
    assert_int_equal(result.ack.acked_seq, 5);
    assert_int_equal(result.ack.durable_seq, 5);
    world_till_end(&till);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_batch_that_comes_again_is_acknowledged_and_posts_nothing),
        TEST(test_a_till_hears_of_no_more_than_it_has_shown),
        TEST(test_a_gap_is_refused_and_told_what_is_expected),
        TEST(test_another_past_is_a_branch_and_ends_the_enrolment),
        TEST(test_a_prev_hash_that_the_hub_does_not_have_is_a_branch),
        TEST(test_a_poison_entry_is_kept_and_does_not_block_the_rest),
        TEST(test_counters_of_a_quarantined_entry_count),
        TEST(test_an_entry_that_fails_halfway_leaves_nothing_behind),
        TEST(test_a_sale_is_committed_once_even_after_enrolling_anew),
        TEST(test_what_was_committed_is_there_after_the_database_is_opened_again),
        TEST(test_accounting_time_is_held_between_the_last_acknowledgement_and_now),
        TEST(test_what_comes_in_the_second_batch_happened_when_it_says),
        TEST(test_what_is_in_a_backup_stays_durable),
        TEST(test_the_audit_finds_points_that_nobody_posted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
