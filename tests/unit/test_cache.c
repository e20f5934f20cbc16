/* Generations, rules that only rise, and caches that can not be trusted. */
#include "tests/unit/cache_world.h"

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
    struct vn_cache_frame empty = {VN_VIEW_NONE, -1, world.pem, -1, false};
    assert_int_equal(vn_cache_apply(world.writer, &empty, &world.changed, &world.refused, &world.error),
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

/* A log that a removal left behind would be replayed into a new file of its name. */
static void test_cache_never_takes_a_number_of_which_a_file_is_left(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    folder_write(&world.folder, "cache-2.db-wal", "left", 4);
    add_member(&world, "w1", 77, 3, 1);
    assert_int_equal(replace(&world, 2), VN_OK);
    assert_false(folder_has(&world.folder, "cache-2.db"));
    assert_true(folder_has(&world.folder, "cache-3.db"));
    reopen_reader(&world);
    assert_member(&world, 1, "w1", 77, 3);
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
    struct vn_cursor seen;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    add_member(&world, "w2", 200, 5, 2);
    assert_int_equal(replace(&world, 9), VN_OK);
    assert_cursor(&world, 1, 9);
    assert_member(&world, 1, "w1", 100, 4); /* this reader has not been told yet */
    reopen_reader(&world);
    assert_int_equal(vn_cache_reader_cursor(world.reader, &seen), VN_OK);
    assert_int_equal(seen.number, 9);
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

/* Of an agent that is not started anew for months. */
static void test_cache_snapshots_do_not_pile_up(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    for (int64_t at = 1; at <= 6; at++) {
        add_member(&world, "w1", 100 * at, 4, 1);
        assert_int_equal(replace(&world, at), VN_OK);
    }
    assert_false(folder_has(&world.folder, "cache-5.db"));
    assert_false(folder_has(&world.folder, "cache-5.db-wal"));
    assert_true(folder_has(&world.folder, "cache-6.db")); /* which a look-up may still read */
    assert_true(folder_has(&world.folder, "cache-7.db"));
    reopen_reader(&world);
    assert_member(&world, 1, "w1", 600, 4);
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

/* A till of the last version was upgraded: what is in its cache is asked for again, and the file is left behind. */
static void test_cache_of_schema_1_is_thrown_away_and_filled_by_a_snapshot(void **state)
{
    (void)state;
    struct world world;
    bool fresh = false;
    world_create(&world);
    world_close(&world);
    assert_int_equal(unlink(folder_file(&world.folder, "cache-1.db")), 0);
    folder_copy(VERNO_SOURCE "/fixtures/db/v1/cache.sqlite", folder_file(&world.folder, "cache-1.db"));
    assert_int_equal(vn_hex_decode(vn_view_str("336a0d6cc36db1d109879b9e5c70cfae"), world.enrolment.bytes,
                                   sizeof world.enrolment.bytes),
                     VN_OK); /* it is this till's */
    assert_int_equal(
        vn_cache_open(world.folder.path, &world.enrolment, NULL, &world.writer, &fresh, &world.error), VN_OK);
    assert_true(fresh);
    assert_cursor(&world, 0, 0);
    assert_false(folder_has(&world.folder, "cache-1.db"));
    add_member(&world, "w1", 1249, 5, 1);
    assert_int_equal(replace(&world, 7), VN_OK);
    world_close(&world);
    assert_false(world_open(&world));
    assert_cursor(&world, 1, 7);
    assert_member(&world, 1, "w1", 1249, 5);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_a_damaged_frame_changes_nothing),
        cmocka_unit_test(test_cache_takes_only_signed_and_rising_rules),
        cmocka_unit_test(test_cache_without_a_publishing_key_takes_no_rules),
        cmocka_unit_test(test_cache_never_takes_a_number_of_which_a_file_is_left),
        cmocka_unit_test(test_cache_a_snapshot_can_not_set_rules_back),
        cmocka_unit_test(test_cache_a_snapshot_with_a_tombstone_is_refused),
        cmocka_unit_test(test_cache_a_snapshot_is_a_new_generation),
        cmocka_unit_test(test_cache_snapshots_do_not_pile_up),
        cmocka_unit_test(test_cache_a_half_built_generation_is_never_used),
        cmocka_unit_test(test_cache_that_can_not_be_trusted_is_thrown_away),
        cmocka_unit_test(test_cache_of_another_enrolment_or_discarded_is_fresh),
        cmocka_unit_test(test_cache_of_schema_1_is_thrown_away_and_filled_by_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
