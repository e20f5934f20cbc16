#include "tests/unit/journal_world.h"

#include <sys/stat.h>

#define CARD "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_journal_is_never_recreated(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_put(&world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_create(world.path, &world.enrolment, NULL, &world.error), VN_CONFLICT);
    world_reopen(&world);
    struct vn_journal_head head;
    vn_journal_head(world.journal, &head);
    assert_int_equal(head.seq, 1);
    FILE *file = fopen(folder_file(&world.folder, "letter.txt"), "w");
    (void)fputs("somebody's letter, which is long enough to be read as a header of a database. "
                "It is not one, and it must stay as it is, whatever the program thinks of it.",
                file);
    (void)fclose(file);
    assert_int_equal(
        vn_journal_create(folder_file(&world.folder, "letter.txt"), &world.enrolment, NULL, &world.error),
        VN_CONFLICT);
    world_destroy(&world);
}

static void test_journal_of_another_enrolment_is_refused(void **state)
{
    (void)state;
    struct world world;
    struct vn_journal *journal = NULL;
    world_create(&world);
    struct vn_enrolment_id other = {{1}};
    assert_int_equal(vn_journal_open(world.path, &other, &world.random, NULL, &journal, &world.error),
                     VN_CONFLICT);
    assert_null(journal);
    assert_int_equal(vn_journal_open(folder_file(&world.folder, "none.db"), &other, &world.random, NULL,
                                     &journal, &world.error),
                     VN_ABSENT);
    assert_false(folder_has(&world.folder, "none.db"));
    world_destroy(&world);
}

static void test_journal_of_a_newer_schema_is_refused(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    run_sql(&world, "PRAGMA user_version=99");
    assert_int_equal(
        vn_journal_open(world.path, &world.enrolment, &world.random, NULL, &world.journal, &world.error),
        VN_UNSUPPORTED);
    folder_remove(&world.folder);
}

static void test_journal_every_open_draws_a_boot_id(void **state)
{
    (void)state;
    struct world world;
    struct vn_journal_head first;
    struct vn_journal_head second;
    world_create(&world);
    vn_journal_head(world.journal, &first);
    world_reopen(&world);
    vn_journal_head(world.journal, &second);
    assert_memory_not_equal(first.boot, second.boot, sizeof first.boot);
    assert_int_equal(second.seq, 0);
    world_destroy(&world);
}

struct walk {
    int64_t next_seq;
    struct vn_hash hash;
    int visited;
};

static bool visit(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct walk *walk = ctx;
    assert_int_equal(seq, walk->next_seq);
    vn_chain_next(&walk->hash, seq, body, &walk->hash);
    assert_memory_equal(walk->hash.bytes, hash->bytes, sizeof hash->bytes);
    walk->next_seq++;
    walk->visited++;
    return walk->visited < 150;
}

static void test_journal_is_gapless_and_chained(void **state)
{
    (void)state;
    struct world world;
    int64_t bad_seq = -1;
    world_create(&world);
    for (int i = 0; i < 100; i++) {
        char receipt[8];
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, receipt, NULL, 0), VN_OK);
        assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, receipt, NULL, 0), VN_CONFLICT); /* no hole */
    }
    assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
    assert_int_equal(bad_seq, 0);
    struct walk walk = {.next_seq = 1};
    vn_chain_start(&world.enrolment, &walk.hash);
    assert_int_equal(vn_journal_each(world.journal, 1, visit, &walk), VN_OK);
    assert_int_equal(walk.visited, 100);
    struct vn_journal_head head;
    vn_journal_head(world.journal, &head);
    assert_memory_equal(head.hash.bytes, walk.hash.bytes, sizeof walk.hash.bytes);
    world_destroy(&world);
}

static void fill(struct world *world, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(world_put(world, VN_ENTRY_FINDING, "", NULL, 0), VN_OK);
    }
}

static void test_journal_tampering_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int64_t bad_seq;
        bool at_open; /* among the newest entries */
    } cases[] = {
        {"UPDATE entries SET body = CAST(replace(body, 'up_since', 'up_sinse') AS BLOB) WHERE seq = 5", 5,
         false},
        {"DELETE FROM entries WHERE seq = 7", 7, false},
        {"UPDATE entries SET hash = zeroblob(32) WHERE seq = 3", 3, false},
        {"UPDATE entries SET body = CAST(replace(body, 'up_since', 'up_sinse') AS BLOB) WHERE seq = 99", 99,
         true},
        {"DELETE FROM entries WHERE seq = 99", 99, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        int64_t bad_seq = 0;
        world_create(&world);
        fill(&world, 100);
        run_sql(&world, cases[i].sql);
        enum vn_status status =
            vn_journal_open(world.path, &world.enrolment, &world.random, NULL, &world.journal, &world.error);
        assert_int_equal(status, cases[i].at_open ? VN_CORRUPT : VN_OK);
        if (!cases[i].at_open) {
            assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_CORRUPT);
            assert_int_equal(bad_seq, cases[i].bad_seq);
        }
        world_destroy(&world);
    }
}

/* Behind the back of the one who writes it: what is left is a good chain, and too short. */
static void test_journal_whose_end_is_cut_off_while_it_is_open_is_found(void **state)
{
    (void)state;
    struct world world;
    int64_t bad_seq = 0;
    world_create(&world);
    fill(&world, 5);
    run_beside(&world, "DELETE FROM entries WHERE seq = 5");
    assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_CORRUPT);
    assert_int_equal(bad_seq, 5);
    world_destroy(&world);
}

/* What comes before the damage still goes to the hub; what does not lead to the next hash never does. */
static void test_journal_batches_end_before_an_entry_that_is_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int64_t bad_seq;
    } cases[] = {
        {"UPDATE entries SET body = CAST(replace(body, 'up_since', 'up_sinse') AS BLOB) WHERE seq = 5", 5},
        {"UPDATE entries SET hash = zeroblob(32) WHERE seq = 3", 3},
        {"DELETE FROM entries WHERE seq = 7", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        struct vn_batch batch;
        struct vn_buf memory;
        vn_buf_init(&memory, VN_BATCH_BYTES_MAX);
        world_create(&world);
        fill(&world, 100);
        run_sql(&world, cases[i].sql);
        world_open(&world);
        assert_int_equal(vn_journal_batch(world.journal, 0, 90, VN_BATCH_BYTES_MAX, &batch, &memory), VN_OK);
        assert_int_equal(batch.count, cases[i].bad_seq - 1);
        assert_int_equal(
            vn_journal_batch(world.journal, cases[i].bad_seq - 1, 90, VN_BATCH_BYTES_MAX, &batch, &memory),
            VN_CORRUPT);
        assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "1", NULL, 0), VN_OK);
        vn_buf_deinit(&memory);
        world_destroy(&world);
    }
}

static void test_journal_replies_are_given_again_or_conflict(void **state)
{
    (void)state;
    struct world world;
    struct vn_sale_key key = sale_of("17");
    struct vn_buf reply;
    int status = 0;
    int64_t seq = 0;
    world_create(&world);
    vn_buf_init(&reply, 1000);
    struct vn_entry entry = entry_of(VN_ENTRY_COMMIT, "17", NULL, 0);
    struct vn_journal_append append = {.entry = &entry,
                                       .digest = {7},
                                       .reply_status = 201,
                                       .reply = vn_view_str("{\"ok\":true}"),
                                       .hub_offset_ms = -12};
    assert_int_equal(vn_journal_append(world.journal, &append, &seq, &world.error), VN_OK);
    assert_int_equal(vn_journal_append(world.journal, &append, &seq, &world.error), VN_CONFLICT);
    world_reopen(&world);
    const uint8_t same[VN_HASH_SIZE] = {7};
    const uint8_t other[VN_HASH_SIZE] = {8};
    assert_int_equal(vn_journal_reply(world.journal, &key, VN_ENTRY_COMMIT, 0, same, &status, &reply, &seq),
                     VN_OK);
    assert_int_equal(status, 201);
    assert_int_equal(seq, 1);
    assert_true(vn_view_is(vn_buf_view(&reply), "{\"ok\":true}"));
    assert_int_equal(vn_journal_reply(world.journal, &key, VN_ENTRY_COMMIT, 0, other, &status, &reply, &seq),
                     VN_CONFLICT);
    assert_int_equal(reply.len, 0); /* never the old reply */
    assert_int_equal(vn_journal_reply(world.journal, &key, VN_ENTRY_COMMIT, 1, same, &status, &reply, &seq),
                     VN_ABSENT);
    assert_int_equal(vn_journal_reply(world.journal, &key, VN_ENTRY_HOLD, 0, same, &status, &reply, &seq),
                     VN_ABSENT);
    vn_buf_deinit(&reply);
    world_destroy(&world);
}

static void test_journal_tells_what_happened_to_a_sale(void **state)
{
    (void)state;
    struct world world;
    struct vn_sale_key key = sale_of("17");
    struct vn_sale_state sale;
    struct vn_buf hold;
    struct vn_buf commit;
    world_create(&world);
    vn_buf_init(&hold, VN_ENTRY_MAX);
    vn_buf_init(&commit, VN_ENTRY_MAX);
    assert_int_equal(vn_journal_sale(world.journal, &key, &sale, &hold, &commit), VN_ABSENT);
    struct vn_entry entry = entry_of(VN_ENTRY_HOLD, "17", NULL, 0);
    entry.points = 5;
    assert_int_equal(world_append(&world, &entry, 0), VN_OK);
    entry = entry_of(VN_ENTRY_HOLD, "17", NULL, 0);
    entry.points = 6;
    assert_int_equal(world_append(&world, &entry, 1), VN_OK);
    assert_int_equal(vn_journal_sale(world.journal, &key, &sale, &hold, &commit), VN_OK);
    assert_int_equal(sale.last, VN_ENTRY_HOLD);
    assert_int_equal(sale.holds, 2);
    assert_true(sale.hold_open);
    assert_false(sale.committed);
    assert_int_equal(sale.hold_seq, 2);
    assert_int_equal(commit.len, 0);
    struct vn_entry read;
    assert_int_equal(vn_entry_decode(vn_buf_view(&hold), &read, &world.error), VN_OK);
    assert_int_equal(read.points, 6);
    vn_entry_deinit(&read);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_RETURN, "17", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_FINDING, "17", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_sale(world.journal, &key, &sale, &hold, &commit), VN_OK);
    assert_int_equal(sale.last, VN_ENTRY_RETURN);
    assert_true(sale.committed && sale.returned && !sale.voided && !sale.hold_open);
    assert_int_equal(sale.commit_seq, 3);
    assert_true(commit.len > 0);
    vn_buf_deinit(&hold);
    vn_buf_deinit(&commit);
    world_destroy(&world);
}

static void test_journal_open_holds_are_listed_oldest_first(void **state)
{
    (void)state;
    struct world world;
    struct vn_sale_key keys[4];
    size_t count = 0;
    world_create(&world);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "30", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "20", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "10", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "05", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "20", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_USED, "05", NULL, 0), VN_OK);
    world_reopen(&world);
    assert_int_equal(vn_journal_open_holds(world.journal, "1", keys, 4, &count), VN_OK);
    assert_int_equal(count, 2);
    assert_string_equal(keys[0].receipt, "30");
    assert_string_equal(keys[1].receipt, "10");
    assert_int_equal(vn_journal_open_holds(world.journal, "1", keys, 1, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "30", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "10", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_open_holds(world.journal, "1", keys, 4, &count), VN_OK);
    assert_int_equal(count, 0);
    world_destroy(&world);
}

static void test_journal_counts_points_above_a_row(void **state)
{
    (void)state;
    struct world world;
    int64_t points = 0;
    world_create(&world);
    for (int i = 1; i <= 10; i++) {
        char receipt[8];
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        struct vn_entry entry = entry_of(VN_ENTRY_COMMIT, receipt, NULL, 0);
        entry.points = i % 4 == 0 ? -1 : i;
        (void)snprintf(entry.account, sizeof entry.account, "%s", i % 2 == 0 ? "w1" : "");
        (void)snprintf(entry.card, sizeof entry.card, "%s", CARD);
        assert_int_equal(world_append(&world, &entry, 0), VN_OK);
    }
    assert_int_equal(vn_journal_points_since(world.journal, "w1", 0, &points), VN_OK);
    assert_int_equal(points, 2 - 1 + 6 - 1 + 10);
    assert_int_equal(vn_journal_points_since(world.journal, "w1", 6, &points), VN_OK);
    assert_int_equal(points, -1 + 10);
    assert_int_equal(vn_journal_points_of_card(world.journal, CARD, 7, &points), VN_OK);
    assert_int_equal(points, 9);
    assert_int_equal(vn_journal_points_of_card(world.journal, CARD, -1, &points), VN_OK);
    assert_int_equal(points, 1 + 3 + 5 + 7 + 9); /* what w1 earned with it is w1's */
    world_destroy(&world);
}

static void assert_plan(struct vn_db *db, const char *sql, const char *part)
{
    struct vn_statement *plan = NULL;
    struct vn_error error;
    char text[200] = "";
    assert_int_equal(vn_db_prepare(db, sql, &plan, &error), VN_OK);
    assert_int_equal(vn_statement_step(plan), VN_OK);
    assert_int_equal(vn_column_text(plan, 3, text, sizeof text), VN_OK);
    if (strstr(text, part) == NULL) {
        fail_msg("%s: %s", sql, text);
    }
    assert_int_equal(vn_statement_step(plan), VN_ABSENT);
    vn_statement_destroy(plan);
}

static void test_journal_points_come_from_an_index_alone(void **state)
{
    (void)state;
    struct world world;
    struct vn_db *db = NULL;
    struct vn_db_options options = {.mode = VN_DB_READER};
    world_create(&world);
    assert_int_equal(vn_db_open(world.path, &options, &db, &world.error), VN_OK);
    assert_plan(db,
                "EXPLAIN QUERY PLAN SELECT coalesce(sum(points), 0) FROM entries"
                " WHERE account = ? AND seq > ? AND points <> 0",
                "SEARCH entries USING COVERING INDEX entries_account (account=? AND seq>?)");
    assert_plan(db,
                "EXPLAIN QUERY PLAN SELECT coalesce(sum(points), 0) FROM entries"
                " WHERE card = ? AND seq > ? AND account = '' AND points <> 0",
                "SEARCH entries USING COVERING INDEX entries_card (card=? AND seq>?)");
    vn_db_close(db);
    world_destroy(&world);
}

static void test_journal_batches_are_cut_and_lead_on(void **state)
{
    (void)state;
    struct world world;
    struct vn_batch batch;
    struct vn_batch read;
    struct vn_buf memory;
    struct vn_buf bytes;
    world_create(&world);
    vn_buf_init(&memory, VN_BATCH_BYTES_MAX);
    vn_buf_init(&bytes, VN_BATCH_BYTES_MAX);
    fill(&world, 25);
    int64_t after = 0;
    int batches = 0;
    while (true) {
        assert_int_equal(vn_journal_batch(world.journal, after, 10, 1000000, &batch, &memory), VN_OK);
        if (batch.count == 0) {
            break;
        }
        vn_buf_clear(&bytes);
        assert_int_equal(vn_batch_encode(&batch, &bytes), VN_OK);
        assert_int_equal(vn_batch_decode(vn_buf_view(&bytes), &read, &world.error), VN_OK);
        assert_int_equal(read.from_seq, after + 1);
        assert_memory_equal(read.enrolment.bytes, world.enrolment.bytes, VN_ID_BYTES);
        after += batch.count;
        batches++;
    }
    assert_int_equal(after, 25);
    assert_int_equal(batches, 3);
    assert_int_equal(vn_journal_batch(world.journal, 0, 500, 1, &batch, &memory), VN_OK);
    assert_int_equal(batch.count, 1); /* always one, whatever the limit */
    size_t body = batch.bodies[0].len;
    assert_int_equal(vn_journal_batch(world.journal, 0, 500, 4 * (body + 1), &batch, &memory), VN_OK);
    assert_int_equal(batch.count, 4);
    assert_int_equal(vn_journal_batch(world.journal, 26, 500, 100, &batch, &memory), VN_ARG);
    vn_buf_deinit(&memory);
    vn_buf_deinit(&bytes);
    world_destroy(&world);
}

static void test_journal_acknowledged_only_rises(void **state)
{
    (void)state;
    struct world world;
    struct vn_journal_head head;
    world_create(&world);
    fill(&world, 5);
    assert_int_equal(vn_journal_acked(world.journal, 4, 2, -3600000), VN_OK);
    assert_int_equal(vn_journal_acked(world.journal, 3, 1, 0), VN_OK);
    assert_int_equal(vn_journal_acked(world.journal, 6, 1, 0), VN_CONFLICT); /* more than there is */
    world_reopen(&world);
    vn_journal_head(world.journal, &head);
    assert_int_equal(head.acked_seq, 4);
    assert_int_equal(head.durable_seq, 2);
    assert_int_equal(head.hub_offset_ms, -3600000);
    fill(&world, 1); /* and synchronous=FULL is back, as far as it can be seen from here */
    world_destroy(&world);
}

/* Entries without content, past the journal: as many as no test has the time to append. */
static void fill_by_sql(struct world *world, int count)
{
    struct vn_db *db = NULL;
    struct vn_statement *add = NULL;
    struct vn_db_options options = {.mode = VN_DB_DURABLE};
    struct vn_hash hash;
    vn_journal_close(world->journal);
    vn_chain_start(&world->enrolment, &hash);
    assert_int_equal(vn_db_open(world->path, &options, &db, &world->error), VN_OK);
    assert_int_equal(vn_db_begin(db, &world->error), VN_OK);
    assert_int_equal(vn_db_prepare(db,
                                   "INSERT INTO entries VALUES (?, 0, '', '', 0, 0, 0, x'', 0, ?, x'7b7d')",
                                   &add, &world->error),
                     VN_OK);
    for (int seq = 1; seq <= count; seq++) {
        vn_chain_next(&hash, seq, vn_view_str("{}"), &hash);
        vn_bind_int(add, 1, seq);
        vn_bind_blob(add, 2, vn_view_of(hash.bytes, sizeof hash.bytes));
        assert_int_equal(vn_statement_run(add), VN_OK);
    }
    assert_int_equal(vn_db_commit(db, &world->error), VN_OK);
    vn_db_close(db);
    world_open(world);
}

/* Each time with another reason, which names who has to do something. */
static void test_journal_at_its_limit_refuses_holds_alone(void **state)
{
    (void)state;
    static const struct {
        int acked, durable;
        const char *says;
    } cases[] = {
        {0, 0, "bring this till's line"}, {99999, 10, "make a backup"}, {100000, 99999, "balances include"}};
    struct world world;
    struct vn_error error;
    bool more = false;
    world_create(&world);
    fill_by_sql(&world, VN_JOURNAL_PENDING_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(vn_journal_acked(world.journal, cases[i].acked, cases[i].durable, 0), VN_OK);
        assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", NULL, 0), VN_FULL);
        if (strstr(world.error.text, cases[i].says) == NULL) {
            fail_msg("case %zu: %s", i, world.error.text);
        }
    }
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "1", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_prune(world.journal, 2, 0, &more, &error), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "2", NULL, 0),
                     VN_OK); /* one more than was added since */
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "3", NULL, 0), VN_FULL);
    world_destroy(&world);
}

static void test_journal_refuses_entries_that_make_no_sense(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "", NULL, 0), VN_ARG); /* of which sale? */
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", "w1", -1), VN_ARG);
    struct vn_entry entry = entry_of(VN_ENTRY_COMMIT, "1", NULL, 0);
    (void)snprintf(entry.card, sizeof entry.card, "%s", "not a hash");
    assert_int_equal(world_append(&world, &entry, 0), VN_ARG);
    entry = entry_of(VN_ENTRY_COMMIT, "1", NULL, 0);
    char *large = calloc(1, VN_ENTRY_MAX + 1);
    assert_non_null(large);
    memset(large, 'x', VN_ENTRY_MAX);
    entry.body = json_pack("{s:s}", "fiscal", large);
    assert_int_equal(world_append(&world, &entry, 0), VN_INPUT);
    assert_non_null(strstr(world.error.text, "two receipts"));
    free(large);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "1", NULL, 0), VN_OK); /* and goes on */
    world_destroy(&world);
}

/* A file that the first version wrote, kept for ever. It is copied, because opening writes. */
static void test_journal_of_version_1_is_read(void **state)
{
    (void)state;
    struct world world = {.seed = 0};
    int64_t bad_seq = 0;
    struct vn_journal_head head;
    folder_create(&world.folder);
    memset(world.enrolment.bytes, 0x42, sizeof world.enrolment.bytes);
    world.random = vn_random_seeded(&world.seed);
    (void)snprintf(world.path, sizeof world.path, "%s", folder_file(&world.folder, "journal.db"));
    folder_copy(VERNO_SOURCE "/fixtures/db/v1/journal.sqlite", world.path);
    world_open(&world);
    assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
    vn_journal_head(world.journal, &head);
    assert_int_equal(head.seq, 8);
    assert_int_equal(head.acked_seq, 6);
    assert_int_equal(head.grant, 7);
    assert_counters(&world, "w42", 700, 1000, 1700);
    struct vn_sale_key key = sale_of("17");
    const uint8_t digest[VN_HASH_SIZE] = {17};
    struct vn_buf reply;
    int status = 0;
    int64_t seq = 0;
    vn_buf_init(&reply, 1000);
    assert_int_equal(vn_journal_reply(world.journal, &key, VN_ENTRY_COMMIT, 0, digest, &status, &reply, &seq),
                     VN_OK);
    assert_int_equal(status, 200);
    assert_true(vn_view_is(vn_buf_view(&reply), "{\"points\":35}"));
    vn_buf_deinit(&reply);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "18", NULL, 0), VN_OK);
    world_destroy(&world);
}

/* A morning's sales as the last version of schema 1 journaled them: quoted baskets, one for a card that was not known. */
static void test_journal_of_version_1_with_sales_is_read(void **state)
{
    (void)state;
    struct world world = {.seed = 0};
    struct vn_sale_state sale;
    struct vn_buf hold;
    struct vn_buf commit;
    int64_t bad_seq = 0;
    int64_t points = 0;
    static const char unknown[] = "15c4dd916e8533075d9fe9e8b9b82e090f9441bc15240027b2ccddb1c04d24f7";
    folder_create(&world.folder);
    assert_int_equal(vn_hex_decode(vn_view_str("336a0d6cc36db1d109879b9e5c70cfae"), world.enrolment.bytes,
                                   sizeof world.enrolment.bytes),
                     VN_OK);
    world.random = vn_random_seeded(&world.seed);
    (void)snprintf(world.path, sizeof world.path, "%s", folder_file(&world.folder, "journal.db"));
    folder_copy(VERNO_SOURCE "/fixtures/db/v1/journal-sales.sqlite", world.path);
    world_open(&world);
    assert_int_equal(vn_journal_verify(world.journal, &bad_seq), VN_OK);
    assert_int_equal(vn_journal_points_since(world.journal, "w1", 4, &points), VN_OK);
    assert_int_equal(points, 9);
    assert_int_equal(vn_journal_points_of_card(world.journal, unknown, -1, &points), VN_OK);
    assert_int_equal(points, 4);
    vn_buf_init(&hold, VN_ENTRY_MAX);
    vn_buf_init(&commit, VN_ENTRY_MAX);
    struct vn_sale_key key = sale_of("0002");
    assert_int_equal(vn_journal_sale(world.journal, &key, &sale, &hold, &commit), VN_OK);
    assert_true(sale.committed && !sale.voided);
    struct vn_entry entry;
    assert_int_equal(vn_entry_decode(vn_buf_view(&commit), &entry, &world.error), VN_OK);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(entry.body, "outcome"), "engine")),
                     2);
    vn_entry_deinit(&entry);
    vn_buf_deinit(&hold);
    vn_buf_deinit(&commit);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_is_never_recreated),
        cmocka_unit_test(test_journal_of_another_enrolment_is_refused),
        cmocka_unit_test(test_journal_of_a_newer_schema_is_refused),
        cmocka_unit_test(test_journal_every_open_draws_a_boot_id),
        cmocka_unit_test(test_journal_is_gapless_and_chained),
        cmocka_unit_test(test_journal_tampering_is_found),
        cmocka_unit_test(test_journal_whose_end_is_cut_off_while_it_is_open_is_found),
        cmocka_unit_test(test_journal_batches_end_before_an_entry_that_is_damaged),
        cmocka_unit_test(test_journal_replies_are_given_again_or_conflict),
        cmocka_unit_test(test_journal_tells_what_happened_to_a_sale),
        cmocka_unit_test(test_journal_open_holds_are_listed_oldest_first),
        cmocka_unit_test(test_journal_counts_points_above_a_row),
        cmocka_unit_test(test_journal_points_come_from_an_index_alone),
        cmocka_unit_test(test_journal_batches_are_cut_and_lead_on),
        cmocka_unit_test(test_journal_acknowledged_only_rises),
        cmocka_unit_test(test_journal_at_its_limit_refuses_holds_alone),
        cmocka_unit_test(test_journal_refuses_entries_that_make_no_sense),
        cmocka_unit_test(test_journal_of_version_1_is_read),
        cmocka_unit_test(test_journal_of_version_1_with_sales_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
