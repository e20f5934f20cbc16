#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "agent/crypto/sign.h"
#include "agent/store/cache.h"
#include "agent/store/cache_internal.h"
#include "tests/unit/folder.h"

struct world {
    struct folder folder;
    struct vn_enrolment_id enrolment;
    uint64_t seed;
    struct vn_random random;
    struct vn_key *key;
    char pem[VN_PEM_MAX];
    bool unsigned_chain; /* no publishing key is known */
    struct vn_cache_writer *writer;
    struct vn_cache_reader *reader;
    struct vn_buf frame; /* in the making: items without their header */
    unsigned items;
    bool changed;
    unsigned refused;
    struct vn_error error;
};

static bool world_open(struct world *world)
{
    bool fresh = false;
    enum vn_status status =
        vn_cache_open(world->folder.path, &world->enrolment, NULL, &world->writer, &fresh, &world->error);
    if (status != VN_OK) {
        fail_msg("%s", world->error.text);
    }
    assert_int_equal(vn_cache_reader_open(world->folder.path, NULL, &world->reader, &world->error), VN_OK);
    return fresh;
}

static void world_close(struct world *world)
{
    vn_cache_reader_close(world->reader);
    vn_cache_close(world->writer);
    world->reader = NULL;
    world->writer = NULL;
}

static void world_create(struct world *world)
{
    memset(world, 0, sizeof *world);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->random = vn_random_seeded(&world->seed);
    struct vn_public_key public;
    struct vn_buf pem;
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    assert_int_equal(vn_key_generate(&world->random, &world->key), VN_OK);
    vn_key_public(world->key, &public);
    assert_int_equal(vn_public_key_to_pem(&public, &pem), VN_OK);
    memcpy(world->pem, pem.data, pem.len);
    vn_buf_deinit(&pem);
    vn_buf_init(&world->frame, VN_FEED_BYTES_MAX);
    assert_true(world_open(world));
}

static void world_destroy(struct world *world)
{
    world_close(world);
    vn_key_destroy(world->key);
    vn_buf_deinit(&world->frame);
    folder_remove(&world->folder);
}

static void add(struct world *world, const struct vn_feed_item *item)
{
    assert_int_equal(vn_feed_item_encode(item, &world->frame), VN_OK);
    assert_int_equal(vn_buf_append_str(&world->frame, "\n"), VN_OK);
    world->items++;
}

static struct vn_hash card_of(unsigned number)
{
    struct vn_hash hash = {{0}};
    uint32_t mixed = number * 2654435761U;
    memcpy(hash.bytes, &mixed, sizeof mixed);
    memcpy(hash.bytes + 4, &number, sizeof number);
    return hash;
}

static void add_member(struct world *world, const char *account, int64_t balance, int64_t included_seq,
                       unsigned card)
{
    struct vn_feed_item item;
    vn_feed_item_init(&item, VN_FEED_MEMBER);
    item.member.known = true;
    (void)snprintf(item.member.account, sizeof item.member.account, "%s", account);
    item.member.balance = balance;
    item.included_seq = included_seq;
    item.card_count = card == 0 ? 0 : 1;
    item.cards[0] = card_of(card);
    add(world, &item);
}

static void add_gone(struct world *world, enum vn_feed_kind kind, const char *key)
{
    struct vn_feed_item item;
    vn_feed_item_init(&item, kind);
    (void)snprintf(item.key, sizeof item.key, "%s", key);
    add(world, &item);
}

/* A ruleset with `text`, or a stop of promotion `text`. */
static void add_signed(struct world *world, enum vn_feed_kind kind, int64_t number, const char *text,
                       bool forged)
{
    struct vn_feed_item item;
    struct vn_buf what;
    vn_feed_item_init(&item, kind);
    vn_buf_init(&what, 10000);
    item.number = number;
    item.text = vn_view_str(text);
    if (kind == VN_FEED_STOP) {
        (void)snprintf(item.key, sizeof item.key, "%s", text);
    }
    assert_int_equal(vn_feed_signed_text(kind, forged ? number + 1 : number, item.text, &what), VN_OK);
    assert_int_equal(
        vn_sign(world->key, &world->random, vn_buf_view(&what), item.signature, &item.signature_len), VN_OK);
    vn_buf_deinit(&what);
    add(world, &item);
}

/* Sends what was added, as a checkpoint up to 1.number or as a snapshot; returns what the cache said. */
static enum vn_status send_frame(struct world *world, int64_t number, bool snapshot, unsigned count)
{
    struct vn_buf frame;
    struct vn_feed_header header = {{1, number}, count, snapshot};
    const char *pem = world->unsigned_chain ? NULL : world->pem;
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    assert_int_equal(vn_feed_header_encode(&header, &frame), VN_OK);
    assert_int_equal(vn_buf_append_str(&frame, "\n"), VN_OK);
    assert_int_equal(vn_buf_append(&frame, vn_buf_view(&world->frame)), VN_OK);
    enum vn_status status =
        snapshot ? vn_cache_replace(world->writer, vn_buf_view(&frame), pem, &world->refused, &world->error)
                 : vn_cache_apply(world->writer, vn_buf_view(&frame), pem, &world->changed, &world->refused,
                                  &world->error);
    vn_buf_deinit(&frame);
    return status;
}

static void next_frame(struct world *world)
{
    vn_buf_clear(&world->frame);
    world->items = 0;
}

static enum vn_status apply(struct world *world, int64_t number)
{
    enum vn_status status = send_frame(world, number, false, world->items);
    next_frame(world);
    return status;
}

static enum vn_status replace(struct world *world, int64_t number)
{
    enum vn_status status = send_frame(world, number, true, world->items);
    next_frame(world);
    return status;
}

static void assert_member(struct world *world, unsigned card, const char *account, int64_t balance,
                          int64_t included_seq)
{
    struct vn_member member;
    struct vn_hash hash = card_of(card);
    int64_t seq = 0;
    enum vn_status status = vn_cache_member(world->reader, &hash, &member, &seq);
    assert_int_equal(status, account == NULL ? VN_ABSENT : VN_OK);
    assert_string_equal(member.account, account == NULL ? "" : account);
    assert_int_equal(member.balance, balance);
    assert_int_equal(seq, included_seq);
}

static void assert_cursor(struct world *world, int64_t epoch, int64_t number)
{
    struct vn_cursor cursor;
    vn_cache_cursor(world->writer, &cursor);
    assert_int_equal(cursor.epoch, epoch);
    assert_int_equal(cursor.number, number);
}

static void reopen_reader(struct world *world)
{
    vn_cache_reader_close(world->reader);
    assert_int_equal(vn_cache_reader_open(world->folder.path, NULL, &world->reader, &world->error), VN_OK);
}

static void test_cache_rows_come_back_whole(void **state)
{
    (void)state;
    struct world world;
    struct vn_feed_item item;
    struct vn_member member;
    struct vn_coupon coupon;
    struct vn_item found;
    int64_t seq = 0;
    world_create(&world);
    vn_feed_item_init(&item, VN_FEED_MEMBER);
    item.card_count = 2;
    item.cards[0] = card_of(1);
    item.cards[1] = card_of(2);
    item.included_seq = 6;
    item.member = (struct vn_member){.known = true,
                                     .blocked = true,
                                     .account = "w42",
                                     .first_name = "Änne",
                                     .tier = "gold",
                                     .balance = -7,
                                     .lifetime_spend_minor = 123456,
                                     .birth_month = 11,
                                     .birth_day = 22,
                                     .segment_count = 2,
                                     .segments = {"coffee", "families"},
                                     .lot_count = 2,
                                     .lots = {{9001, 300, 1, 2, 3}, {9014, 740, 4, 5, 0}}};
    add(&world, &item);
    struct vn_member sent = item.member;
    vn_feed_item_init(&item, VN_FEED_COUPON);
    item.card_count = 1;
    item.cards[0] = card_of(3);
    item.coupon = (struct vn_coupon){.account = "c9",
                                     .promotion = "welcome-5",
                                     .label = "77AB",
                                     .single_use = true,
                                     .spent = true,
                                     .valid_from_ms = 5,
                                     .valid_until_ms = 6};
    struct vn_coupon sent_coupon = item.coupon;
    add(&world, &item);
    vn_feed_item_init(&item, VN_FEED_ITEM);
    item.item = (struct vn_item){.known = true,
                                 .code = "4006381333931",
                                 .name = "Kaffee",
                                 .category = "food/coffee",
                                 .brand = "Morgenrot",
                                 .legal_class = "general",
                                 .tax = "A",
                                 .price_minor = 599,
                                 .tag_count = 2,
                                 .tags = {"organic", "own-brand"}};
    struct vn_item sent_item = item.item;
    add(&world, &item);
    assert_int_equal(apply(&world, 1), VN_OK);
    for (unsigned card = 1; card <= 2; card++) {
        struct vn_hash hash = card_of(card);
        assert_int_equal(vn_cache_member(world.reader, &hash, &member, &seq), VN_OK);
        assert_memory_equal(&member, &sent, sizeof member);
        assert_int_equal(seq, 6);
    }
    struct vn_hash number = card_of(3);
    assert_int_equal(vn_cache_coupon(world.reader, &number, &coupon), VN_OK);
    assert_memory_equal(&coupon, &sent_coupon, sizeof coupon);
    assert_int_equal(vn_cache_item(world.reader, "4006381333931", &found), VN_OK);
    assert_memory_equal(&found, &sent_item, sizeof found);
    assert_int_equal(vn_cache_item(world.reader, "400638133393", &found), VN_ABSENT);
    world_destroy(&world);
}

static void test_cache_applying_twice_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    int64_t members = 0;
    int64_t items = 0;
    int64_t coupons = 0;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    add_member(&world, "w2", 200, 9, 2);
    add_gone(&world, VN_FEED_MEMBER_GONE, "w2");
    add_signed(&world, VN_FEED_RULESET, 3, "rules", false);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(send_frame(&world, 7, false, world.items), VN_OK);
        assert_int_equal(world.changed, round == 0);
        assert_int_equal(world.refused, 0);
        assert_member(&world, 1, "w1", 100, 4);
        assert_member(&world, 2, NULL, 0, 0);
        assert_cursor(&world, 1, 7);
        assert_int_equal(vn_cache_counts(world.reader, &members, &items, &coupons), VN_OK);
        assert_int_equal(members, 1);
    }
    assert_int_equal(send_frame(&world, 6, false, world.items), VN_CONFLICT); /* older than the cache */
    world_destroy(&world);
}

static void test_cache_a_card_follows_its_member(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    add_member(&world, "w1", 110, 5, 2); /* a new card instead of the lost one */
    assert_int_equal(apply(&world, 2), VN_OK);
    assert_member(&world, 1, NULL, 0, 0);
    assert_member(&world, 2, "w1", 110, 5);
    add_member(&world, "w9", 1, 6, 2); /* re-pointed to another wallet */
    assert_int_equal(apply(&world, 3), VN_OK);
    assert_member(&world, 2, "w9", 1, 6);
    add_gone(&world, VN_FEED_MEMBER_GONE, "w9");
    assert_int_equal(apply(&world, 4), VN_OK);
    assert_member(&world, 2, NULL, 0, 0);
    world_destroy(&world);
}

static void test_cache_a_damaged_frame_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    add_member(&world, "w1", 999, 5, 1);
    assert_int_equal(send_frame(&world, 2, false, 2), VN_INPUT); /* one line too few */
    assert_int_equal(send_frame(&world, 2, false, 0), VN_INPUT); /* one too many */
    assert_int_equal(send_frame(&world, 2, true, 2), VN_INPUT);  /* a snapshot that was cut off */
    assert_int_equal(vn_buf_append_str(&world.frame, "{\"kind\":\"item\",\"item\":7}\n"), VN_OK);
    assert_int_equal(send_frame(&world, 2, false, 2), VN_INPUT);
    assert_non_null(strstr(world.error.text, "line 3"));
    assert_int_equal(
        vn_cache_apply(world.writer, VN_VIEW_NONE, world.pem, &world.changed, &world.refused, &world.error),
        VN_INPUT);
    assert_member(&world, 1, "w1", 100, 4);
    assert_cursor(&world, 1, 1);
    assert_false(folder_has(&world.folder, "cache-2.db"));
    next_frame(&world);
    assert_int_equal(vn_buf_append_str(&world.frame, "{\"kind\":\"of a later version\"}\n"), VN_OK);
    assert_int_equal(send_frame(&world, 3, false, 1), VN_OK); /* skipped, not refused */
    assert_cursor(&world, 1, 3);
    world_destroy(&world);
}

static int64_t ruleset(struct world *world, const char *wanted)
{
    struct vn_buf text;
    int64_t number = 0;
    vn_buf_init(&text, 1000);
    enum vn_status status = vn_cache_ruleset(world->reader, &text, &number);
    assert_int_equal(status, wanted == NULL ? VN_ABSENT : VN_OK);
    assert_true(vn_view_is(vn_buf_view(&text), wanted == NULL ? "" : wanted));
    vn_buf_deinit(&text);
    return number;
}

static size_t stops(struct world *world)
{
    char ids[4][VN_ID_MAX];
    size_t count = 0;
    assert_int_equal(vn_cache_stops(world->reader, ids, 4, &count), VN_OK);
    return count;
}

static void test_cache_takes_only_signed_and_rising_rules(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(ruleset(&world, NULL), 0);
    add_signed(&world, VN_FEED_RULESET, 8, "eight", false);
    add_signed(&world, VN_FEED_STOP, 9, "coffee", false);
    assert_int_equal(apply(&world, 1), VN_OK);
    assert_true(world.changed);
    assert_int_equal(ruleset(&world, "eight"), 8);
    assert_int_equal(stops(&world), 1);
    add_signed(&world, VN_FEED_RULESET, 7, "seven", false); /* older */
    add_signed(&world, VN_FEED_RULESET, 8, "other", false); /* the same number, another text */
    add_signed(&world, VN_FEED_RULESET, 99, "forged", true);
    add_signed(&world, VN_FEED_STOP, 98, "forged", true);
    add_signed(&world, VN_FEED_STOP, 6, "old", false);
    assert_int_equal(apply(&world, 2), VN_OK);
    assert_int_equal(world.refused, 5);
    assert_false(world.changed);
    assert_int_equal(ruleset(&world, "eight"), 8);
    assert_int_equal(stops(&world), 1);
    add_signed(&world, VN_FEED_RULESET, 10, "ten", false);
    assert_int_equal(apply(&world, 3), VN_OK);
    assert_int_equal(ruleset(&world, "ten"), 10);
    assert_int_equal(stops(&world), 0); /* published before this ruleset */
    world_destroy(&world);
}

static void test_cache_without_a_publishing_key_takes_no_rules(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    world.unsigned_chain = true;
    add_signed(&world, VN_FEED_RULESET, 8, "eight", false);
    assert_int_equal(apply(&world, 1), VN_OK);
    assert_int_equal(world.refused, 1);
    assert_int_equal(ruleset(&world, NULL), 0);
    world.unsigned_chain = false;
    memcpy(world.pem, "-----BEGIN no key", 18);
    assert_int_equal(apply(&world, 3), VN_ARG);
    world_destroy(&world);
}

static void test_cache_a_snapshot_can_not_set_rules_back(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_signed(&world, VN_FEED_RULESET, 8, "eight", false);
    add_signed(&world, VN_FEED_STOP, 9, "coffee", false);
    assert_int_equal(apply(&world, 1), VN_OK);
    add_signed(&world, VN_FEED_RULESET, 5, "five", false);
    assert_int_equal(replace(&world, 2), VN_OK);
    assert_int_equal(world.refused, 1);
    reopen_reader(&world);
    assert_int_equal(ruleset(&world, "eight"), 8);
    assert_int_equal(stops(&world), 1);
    world_destroy(&world);
}

static void test_cache_a_snapshot_with_a_tombstone_is_refused(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w2", 5, 0, 2);
    add_gone(&world, VN_FEED_MEMBER_GONE, "w2");
    assert_int_equal(replace(&world, 2), VN_INPUT);
    assert_non_null(strstr(world.error.text, "line 3"));
    assert_cursor(&world, 0, 0); /* the generation before is in force */
    world_destroy(&world);
}

static void test_cache_a_snapshot_is_a_new_generation(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    add_member(&world, "w2", 200, 5, 2);
    assert_int_equal(replace(&world, 9), VN_OK);
    assert_cursor(&world, 1, 9);
    assert_member(&world, 1, "w1", 100, 4); /* this reader has not been told yet */
    reopen_reader(&world);
    assert_member(&world, 1, NULL, 0, 0);
    assert_member(&world, 2, "w2", 200, 5);
    add_gone(&world, VN_FEED_MEMBER_GONE, "w2"); /* its indexes and WAL are there */
    assert_int_equal(apply(&world, 10), VN_OK);
    assert_member(&world, 2, NULL, 0, 0);
    assert_true(folder_has(&world.folder, "cache-1.db"));
    world_close(&world);
    assert_false(world_open(&world));
    assert_false(folder_has(&world.folder, "cache-1.db"));
    assert_true(folder_has(&world.folder, "cache-2.db"));
    assert_cursor(&world, 1, 10);
    world_destroy(&world);
}

static void test_cache_a_half_built_generation_is_never_used(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    world_close(&world);
    static const char zeros[5000]; /* what a crash in the midst of a snapshot leaves */
    folder_write(&world.folder, "cache-2.db", zeros, sizeof zeros);
    folder_write(&world.folder, "cache-2.db-wal", zeros, 0);
    assert_false(world_open(&world));
    assert_member(&world, 1, "w1", 100, 4);
    assert_false(folder_has(&world.folder, "cache-2.db"));
    assert_false(folder_has(&world.folder, "cache-2.db-wal"));
    world_destroy(&world);
}

static void damage(struct world *world, int how)
{
    char noise[100];
    memset(noise, 0xa5, sizeof noise);
    switch (how) {
    case 0: folder_write(&world->folder, "cache-1.db", noise, sizeof noise); break;
    case 1: /* cut off in the midst */
        assert_int_equal(truncate(folder_file(&world->folder, "cache-1.db"), 8192), 0);
        break;
    case 2: assert_int_equal(truncate(folder_file(&world->folder, "cache-1.db"), 0), 0); break;
    case 3: assert_int_equal(unlink(folder_file(&world->folder, "cache-1.db")), 0); break;
    case 4: folder_write(&world->folder, "cache.current", "7x", 2); break;
    default: /* names a generation that is not there */
        folder_write(&world->folder, "cache.current", "9", 1);
        break;
    }
}

static void test_cache_that_can_not_be_trusted_is_thrown_away(void **state)
{
    (void)state;
    for (int how = 0; how < 6; how++) {
        struct world world;
        world_create(&world);
        add_member(&world, "w1", 100, 4, 1);
        assert_int_equal(apply(&world, 1), VN_OK);
        world_close(&world);
        damage(&world, how);
        assert_true(world_open(&world));
        assert_cursor(&world, 0, 0);
        assert_member(&world, 1, NULL, 0, 0);
        assert_false(folder_has(&world.folder, "cache-1.db") && folder_has(&world.folder, "cache-2.db"));
        world_destroy(&world);
    }
}

static void test_cache_of_another_enrolment_or_discarded_is_fresh(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    world_close(&world);
    assert_false(world_open(&world));
    world_close(&world);
    world.enrolment.bytes[0] ^= 1;
    assert_true(world_open(&world));
    assert_member(&world, 1, NULL, 0, 0);
    world_close(&world);
    assert_int_equal(vn_cache_discard(world.folder.path), VN_OK);
    assert_int_equal(vn_cache_discard(world.folder.path), VN_OK);
    assert_int_equal(vn_cache_reader_open(world.folder.path, NULL, &world.reader, &world.error), VN_ABSENT);
    assert_true(world_open(&world));
    world_destroy(&world);
}

static void test_cache_lookup_is_one_descent_in_a_large_table(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *plan;
    } cases[] = {
        {"EXPLAIN QUERY PLAN " CACHE_SQL_MEMBER, "SEARCH cards USING PRIMARY KEY (card=?)"},
        {"EXPLAIN QUERY PLAN " CACHE_SQL_COUPON, "SEARCH coupons USING PRIMARY KEY (number=?)"},
        {"EXPLAIN QUERY PLAN " CACHE_SQL_ITEM, "SEARCH items USING PRIMARY KEY (code=?)"},
    };
    struct world world;
    struct vn_db *db = NULL;
    struct vn_db_options options = {.mode = VN_DB_READER};
    world_create(&world);
    for (unsigned i = 1; i <= 100000; i++) {
        char account[16];
        (void)snprintf(account, sizeof account, "w%u", i);
        add_member(&world, account, i, 1, i);
    }
    assert_int_equal(replace(&world, 2), VN_OK);
    reopen_reader(&world);
    for (unsigned i = 1; i <= 100000; i += 9973) {
        char account[16];
        (void)snprintf(account, sizeof account, "w%u", i);
        assert_member(&world, i, account, i, 1);
    }
    assert_int_equal(vn_db_open(folder_file(&world.folder, "cache-2.db"), &options, &db, &world.error),
                     VN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_statement *plan = NULL;
        char text[200] = "";
        assert_int_equal(vn_db_prepare(db, cases[i].sql, &plan, &world.error), VN_OK);
        assert_int_equal(vn_statement_step(plan), VN_OK);
        assert_int_equal(vn_column_text(plan, 3, text, sizeof text), VN_OK);
        assert_string_equal(text, cases[i].plan);
        assert_int_equal(vn_statement_step(plan), VN_ABSENT); /* and nothing else */
    }
    vn_db_close(db);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_rows_come_back_whole),
        cmocka_unit_test(test_cache_applying_twice_changes_nothing),
        cmocka_unit_test(test_cache_a_card_follows_its_member),
        cmocka_unit_test(test_cache_a_damaged_frame_changes_nothing),
        cmocka_unit_test(test_cache_takes_only_signed_and_rising_rules),
        cmocka_unit_test(test_cache_without_a_publishing_key_takes_no_rules),
        cmocka_unit_test(test_cache_a_snapshot_can_not_set_rules_back),
        cmocka_unit_test(test_cache_a_snapshot_with_a_tombstone_is_refused),
        cmocka_unit_test(test_cache_a_snapshot_is_a_new_generation),
        cmocka_unit_test(test_cache_a_half_built_generation_is_never_used),
        cmocka_unit_test(test_cache_that_can_not_be_trusted_is_thrown_away),
        cmocka_unit_test(test_cache_of_another_enrolment_or_discarded_is_fresh),
        cmocka_unit_test(test_cache_lookup_is_one_descent_in_a_large_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
