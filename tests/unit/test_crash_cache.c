/* The power goes at each place of a cache's day. The cache that is opened afterwards is whole: the rows are those of its cursor,
 * all of them, or it begins anew; what was put in force by a snapshot stays, and a file that was half loaded is loaded to its end
 * and nothing of another one comes in with it. */
#include "tests/sim/crashpoints.h"
#include "tests/unit/cache_day.h"
#include "tests/unit/cache_file.h"

#define USUAL   1000
#define MEMBERS 60  /* of a file */
#define PIECE   700 /* of a file, as it comes */
#define BEFORE  1   /* cursors: of a delta, of two files, of a delta after them */
#define FIRST   20
#define SECOND  30
#define AFTER   31

struct crash {
    struct cache_day day; /* first: cache_day_setup makes it */
    struct crashpoints points;
    struct vn_buf files[2]; /* of FIRST and SECOND */
    bool put_in_force;      /* the second file; the first is only begun */
};

/* A cache beside the one that is open, on what is left of its disk. */
static void become(struct cache_day *other, const struct cache_day *day)
{
    memcpy(other, day, sizeof *other);
    other->world.writer = NULL;
    other->world.reader = NULL;
    other->world.items = 0;
    vn_buf_init(&other->world.frame, VN_FEED_BYTES_MAX);
}

static void leave(struct cache_day *other)
{
    world_close(&other->world);
    vn_buf_deinit(&other->world.frame);
}

static void begin(void *ctx)
{
    struct crash *crash = ctx;
    struct cache_day other;
    bool fresh = false;
    become(&other, &crash->day);
    if (cache_day_open(&other, &fresh)) {
        other.status = cache_day_take(&other.world, 40, false);
    }
    leave(&other);
}

static int64_t open_after_crash(struct cache_day *other)
{
    struct vn_cursor cursor;
    bool fresh = false;
    if (!cache_day_open(other, &fresh)) {
        fail_msg("%s", other->world.error.text);
    }
    vn_cache_cursor(other->world.writer, &cursor);
    assert_true(!fresh || cursor.number == 0);
    return cursor.number;
}

/* Deltas may be lost, the last ones first; a snapshot that was put in force may not. */
static void check_followed(void *ctx)
{
    struct crash *crash = ctx;
    struct cache_day other;
    become(&other, &crash->day);
    int64_t number = open_after_crash(&other);
    bool found = number == 0 || number == 40; /* 40: of the recovery that was cut off */
    for (unsigned taken = 1; taken <= crash->day.taken + 1 && taken <= CACHE_DAY_FRAMES; taken++) {
        found = found || number == cache_day_number(taken);
    }
    assert_true(found);
    assert_true(crash->day.thrown_away || crash->day.taken < 4 || number >= cache_day_number(4));
    cache_day_assert_rows(&other, 41);
    leave(&other);
}

static void watch(struct crash *crash, void (*check)(void *ctx))
{
    struct crashpoints *points = &crash->points;
    points->disk = crash->day.disk.disk;
    points->check = check;
    crashpoints_watch(points);
}

static void test_crash_cache_is_whole_or_begins_anew(void **state)
{
    struct crash *crash = *state;
    struct cache_day *day = &crash->day;
    bool fresh = false;
    for (int round = 0; crashpoints_go_on(&crash->points, USUAL); round++) {
        cache_day_begin(day);
        watch(crash, check_followed);
        assert_true(cache_day_open(day, &fresh));
        if (!cache_day_follow(day)) {
            fail_msg("%s", day->world.error.text);
        }
        if (round % 2 == 0) {
            disk_kill(day->disk.disk);
        }
        world_close(&day->world);
        assert_true(cache_day_open(day, &fresh)); /* and old generations go */
        day->thrown_away = true;
        assert_int_equal(vn_cache_discard(day->world.folder.path), VN_OK);
        crashpoints_rest(&crash->points);
        cache_day_end(day);
    }
    crashpoints_tell(&crash->points, "cache.db");
}

/* --- a file --------------------------------------------------------------------------------------------------------- */

/* Loads the file from where it stands, up to `most` bytes of it; as the uplink does, from its beginning after damage. */
static bool load(struct world *world, struct vn_cache_part *part, const char *etag, const struct vn_buf *file,
                 size_t most)
{
    bool whole = false;
    int64_t at = 0, next = 0;
    for (int pieces = 0; !whole && at < (int64_t)most; pieces++) {
        size_t len = file->len - (size_t)at < PIECE ? file->len - (size_t)at : PIECE;
        enum vn_status status = vn_cache_part_take(part, etag, at, vn_view_of(file->data + at, len), &next,
                                                   &whole, &world->error);
        assert_true(status == VN_OK || status == VN_INPUT);
        at = status == VN_OK ? next : 0;
        assert_true(at <= (int64_t)file->len && pieces < 1000);
    }
    return whole;
}

static void replace_from(struct world *world, struct vn_cache_part *part)
{
    const struct vn_cache_source source = {.part = part};
    bool selected = false;
    if (vn_cache_replace_from(world->writer, &source, &selected, &world->refused, &world->error) != VN_OK) {
        fail_msg("%s", world->error.text);
    }
    assert_true(selected);
}

static void assert_file_rows(struct world *world)
{
    assert_int_equal(vn_cache_reader_open(world->folder.path, NULL, &world->reader, &world->error), VN_OK);
    for (unsigned n = 1; n <= MEMBERS; n++) {
        struct vn_member member;
        struct vn_hash card = cache_file_card(n);
        int64_t included_seq = 0;
        assert_int_equal(vn_cache_member(world->reader, &card, &member, &included_seq), VN_OK);
        assert_int_equal(member.balance, cache_file_balance(n));
        assert_int_equal(included_seq, CACHE_FILE_OWN_SEQ);
    }
}

static void check_loaded(void *ctx)
{
    struct crash *crash = ctx;
    struct cache_day other;
    struct vn_cache_part *part = NULL;
    become(&other, &crash->day);
    int64_t number = open_after_crash(&other);
    assert_true(number == 0 || number == BEFORE || number == SECOND || number == AFTER || number == 40);
    assert_true(!crash->put_in_force || number >= SECOND);
    if (number < SECOND) {
        assert_int_equal(vn_cache_part_open(other.world.folder.path, &part), VN_OK);
        while (!load(&other.world, part, "\"second\"", &crash->files[1], SIZE_MAX / 2)) {
        }
        replace_from(&other.world, part);
        vn_cache_part_close(part);
        assert_cursor(&other.world, 1, SECOND);
    }
    if (number < AFTER) {
        assert_file_rows(&other.world);
    }
    leave(&other);
}

static void play_file(struct crash *crash)
{
    struct cache_day *day = &crash->day;
    struct vn_cache_part *part = NULL;
    bool fresh = false;
    assert_true(cache_day_open(day, &fresh));
    assert_int_equal(cache_day_take(&day->world, BEFORE, false), VN_OK);
    assert_int_equal(vn_cache_part_open(day->world.folder.path, &part), VN_OK);
    assert_false(load(&day->world, part, "\"first\"", &crash->files[0], crash->files[0].len / 2));
    assert_true(load(&day->world, part, "\"second\"", &crash->files[1], SIZE_MAX / 2));
    replace_from(&day->world, part);
    crash->put_in_force = true;
    vn_cache_part_close(part);
    assert_int_equal(cache_day_take(&day->world, AFTER, false), VN_OK);
    world_close(&day->world);
}

static void test_crash_cache_of_a_file_is_all_of_it_or_nothing(void **state)
{
    struct crash *crash = *state;
    struct world *world = &crash->day.world;
    cache_day_begin(&crash->day);
    world->random = crash->day.disk.random;
    assert_int_equal(vn_key_generate(&world->random, &world->key), VN_OK);
    cache_file_write(world, FIRST, MEMBERS + 7, &crash->files[0]);
    cache_file_write(world, SECOND, MEMBERS, &crash->files[1]);
    vn_key_destroy(world->key);
    cache_day_end(&crash->day);
    while (crashpoints_go_on(&crash->points, USUAL)) {
        crash->put_in_force = false;
        cache_day_begin(&crash->day);
        watch(crash, check_loaded);
        play_file(crash);
        crashpoints_rest(&crash->points);
        cache_day_end(&crash->day);
    }
    crashpoints_tell(&crash->points, "snapshot's file");
    vn_buf_deinit(&crash->files[0]);
    vn_buf_deinit(&crash->files[1]);
}

static int setup(void **state)
{
    struct crash *crash = calloc(1, sizeof *crash);
    if (crash == NULL) {
        return -1;
    }
    faildisk_start(&crash->day.disk);
    crash->points = (struct crashpoints){.disks = &crash->day.disk.disks,
                                         .root = FAILDISK_ROOT,
                                         .random = crash->day.disk.random,
                                         .begin = begin,
                                         .ctx = crash};
    *state = crash;
    return 0;
}

/* A log of an earlier life lies under each name that comes next, as after a crash that lost the removal of a name and not that of
 * its file: a new generation beside it would take its pages for its own. */
static void test_an_old_log_is_never_beside_a_new_snapshot(void **state)
{
    struct crash *crash = *state;
    struct cache_day *day = &crash->day;
    struct world *world = &day->world;
    char from[VN_PATH_MAX], to[VN_PATH_MAX];
    bool fresh = false;
    cache_day_begin(day);
    assert_true(cache_day_open(day, &fresh));
    assert_int_equal(cache_day_take(world, 1, false), VN_OK);
    assert_int_equal(cache_day_take(world, 2, false), VN_OK);
    disk_kill(day->disk.disk);
    world_close(world);
    (void)snprintf(from, sizeof from, "%s/cache-1.db-wal", world->folder.path);
    assert_int_equal(access(from, F_OK), 0);
    for (unsigned next = 2; next <= 4; next++) {
        (void)snprintf(to, sizeof to, "%s/cache-%u.db-wal", world->folder.path, next);
        folder_copy(from, to);
    }
    assert_true(cache_day_open(day, &fresh));
    assert_false(fresh);
    assert_int_not_equal(access(to, F_OK), 0); /* what is in force alone is left */
    folder_copy(from, to);
    assert_int_equal(cache_day_take(world, 10, true), VN_OK);
    assert_cursor(world, 1, 10);
    (void)snprintf(to, sizeof to, "%s/cache-5.db",
                   world->folder.path); /* behind the highest that any file has */
    assert_int_equal(access(to, F_OK), 0);
    disk_kill(day->disk.disk);
    world_close(world);
    assert_true(cache_day_open(day, &fresh));
    cache_day_assert_rows(day, 11);
    cache_day_end(day);
}

static int64_t number_after_power_loss(struct cache_day *day)
{
    struct world *world = &day->world;
    struct vn_cursor cursor;
    bool fresh = false;
    disk_freeze(day->disk.disk);
    world_close(world);
    disk_crash(day->disk.disk, &day->disk.random, &disk_loses_all);
    assert_true(cache_day_open(day, &fresh));
    vn_cache_cursor(world->writer, &cursor);
    return cursor.number;
}

/* The journal drops entries when the hub has told us of them: with those rows lost, and the hub out of reach, nobody here would
 * know of the points any more. */
static void test_rows_that_the_journal_relies_on_outlive_a_power_loss(void **state)
{
    struct crash *crash = *state;
    struct cache_day *day = &crash->day;
    struct world *world = &day->world;
    bool fresh = false;
    cache_day_begin(day);
    assert_true(cache_day_open(day, &fresh));
    assert_int_equal(cache_day_take(world, 1, false), VN_OK);
    world->told_seq = 7;
    assert_int_equal(cache_day_take(world, 2, false), VN_OK);
    assert_int_equal(cache_day_take(world, 3, false), VN_OK); /* says nothing new */
    assert_int_equal(number_after_power_loss(day), 2);

    assert_int_equal(cache_day_take(world, 3, false), VN_OK); /* who begins anew knows of nothing */
    assert_int_equal(number_after_power_loss(day), 3);

    world->told_seq = 8;
    assert_int_equal(cache_day_take(world, 4, false), VN_OK);
    assert_int_equal(cache_day_take(world, 10, true), VN_OK);
    assert_int_equal(cache_day_take(world, 11, false), VN_OK); /* into another file */
    assert_int_equal(number_after_power_loss(day), 11);
    cache_day_assert_rows(day, 12);
    cache_day_end(day);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cache_day_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_crash_cache_is_whole_or_begins_anew),
        TEST(test_crash_cache_of_a_file_is_all_of_it_or_nothing),
        TEST(test_an_old_log_is_never_beside_a_new_snapshot),
        TEST(test_rows_that_the_journal_relies_on_outlive_a_power_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
