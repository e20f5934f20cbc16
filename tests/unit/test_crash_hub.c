/* The power goes at each place of a hub's day: batches in and posted, a right granted and spent, members imported, a till
 * revoked, checkpoints closed, a snapshot built, a backup made. The hub that is opened afterwards has all that it acknowledged,
 * granted, revoked or told of, takes the rest once, and its audit is clean. Files with a final name are whole. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/db/db.h"
#include "sync/hub/core/mark_revoked.h"
#include "sync/hub/epoch/backup.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/feed/snapshot.h"
#include "sync/wire/snapshot.h"
#include "tests/sim/crashpoints.h"
#include "tests/unit/hub_day.h"

#define USUAL     700
#define GRANTED   100
#define SPENT     60
#define FILE_MAX_ (4 * 1024 * 1024)

struct crash {
    struct hub_day *day;
    struct crashpoints points;
    struct vn_enrolment_id other; /* of a till that is revoked */
    /* What was promised so far. */
    int64_t granted, published, spent;
    bool imported, revoked, noted, snapshot;
    char backup[VN_PATH_MAX]; /* "": none yet */
};

/* --- what was promised ---------------------------------------------------------------------------------------------- */

/* A hub of its own beside the one whose day it is. The till's bodies are shared, and nothing is added to them. */
struct beside {
    struct hub_day day;
    struct world world;
};

static void become(struct beside *other, const struct crash *crash)
{
    other->day = *crash->day;
    other->world = *crash->day->world;
    other->world.hub.storage = NULL;
    other->world.hub.post = NULL;
    other->world.hub.view = NULL;
    other->day.world = &other->world;
    other->day.till.world = &other->world;
}

static void assert_till(struct beside *other, const struct crash *crash)
{
    struct hub_day *day = &other->day;
    struct vn_enrolment_row row;
    world_row(&day->till, &row);
    assert_in_range(row.high_seq, day->acked_seq, day->till.head_seq);
    assert_memory_equal(row.head.bytes, day->till.hashes[row.high_seq].bytes, VN_HASH_SIZE);
    if (crash->granted > 0) {
        struct world_claim claim;
        world_claim(day->world, day->till.id, "w1", &claim);
        assert_true(claim.row.granted >= crash->granted);
    }
    if (row.high_seq < day->till.head_seq) {
        assert_int_equal(world_sync(&day->till), 0);
    }
    world_post(day->world);
    const int64_t sales = HUB_DAY_BATCHES * HUB_DAY_BATCH; /* and those of later entries earn nothing */
    const int64_t head_seq = day->till.head_seq < sales ? day->till.head_seq : sales;
    assert_int_equal(world_owned(day->world, "w1"),
                     HUB_DAY_BALANCE + HUB_DAY_POINTS * (head_seq - 1) - crash->spent);
}

static void assert_revoked(struct beside *other, const struct crash *crash)
{
    char path[VN_PATH_MAX];
    struct vn_enrolment_row row;
    struct vn_error error;
    int64_t count = 0;
    assert_int_equal(vn_storage_enrolment_get(other->world.hub.storage, &crash->other, &row), VN_OK);
    assert_true(!crash->revoked || row.state == VN_ENROLMENT_REVOKED);
    if (crash->noted) { /* a hub that is set back finds it in the file */
        row.state = VN_ENROLMENT_ACTIVE;
        assert_int_equal(vn_file_path(other->world.dir, "revoked", path, NULL), VN_OK);
        assert_int_equal(vn_storage_begin(other->world.hub.storage), VN_OK);
        assert_int_equal(vn_storage_enrolment_put(other->world.hub.storage, &row), VN_OK);
        assert_int_equal(vn_mark_revoke_again(path, other->world.hub.storage, &count, &error), VN_OK);
        assert_int_equal(count, 1);
        vn_storage_rollback(other->world.hub.storage);
    }
}

/* Reads a snapshot to its end. */
static void assert_snapshot_whole(const struct vn_snapshot_file *file)
{
    struct vn_snapshot_reader reader;
    struct vn_snapshot_block block;
    char *bytes = malloc(FILE_MAX_);
    size_t len = 0, need = 0;
    assert_non_null(bytes);
    assert_int_equal(vn_file_read(file->path, VN_FILE_OPEN, bytes, FILE_MAX_, &len, NULL), VN_OK);
    vn_snapshot_reader_init(&reader);
    enum vn_status status = VN_OK;
    while (status == VN_OK) {
        status = vn_snapshot_next_block(
            &reader, vn_view_of(bytes + reader.offset, len - (size_t)reader.offset), &block, &need);
    }
    assert_int_equal(status, VN_ABSENT);
    assert_int_equal(reader.offset, len);
    free(bytes);
}

static void assert_files(struct beside *other, const struct crash *crash)
{
    struct vn_snapshot_file file;
    enum vn_status status = vn_snapshot_find(other->world.dir, 1, NULL, &file);
    assert_true(status == VN_OK || (status == VN_ABSENT && !crash->snapshot));
    if (status == VN_OK) {
        assert_snapshot_whole(&file);
    }
}

static void assert_backup(struct beside *other, const struct crash *crash)
{
    char path[VN_PATH_MAX];
    struct vn_db *db = NULL;
    struct vn_error error;
    const struct vn_db_options options = {.mode = VN_DB_READER};
    (void)other;
    assert_int_equal(vn_file_path(crash->backup, "manifest.json", path, NULL), VN_OK);
    assert_int_equal(vn_file_there(path, &error), VN_OK);
    assert_int_equal(vn_file_path(crash->backup, "hub.db", path, NULL), VN_OK);
    assert_int_equal(vn_db_open(path, &options, &db, &error), VN_OK);
    assert_int_equal(vn_db_verify(db, &error), VN_OK);
    vn_db_close(db);
}

static void check(void *ctx)
{
    const struct crash *crash = ctx;
    struct beside *other = malloc(sizeof *other);
    struct vn_error error;
    assert_non_null(other);
    become(other, crash);
    if (!hub_day_try_open(&other->day, &error)) {
        fail_msg("%s", error.text);
    }
    assert_till(other, crash);
    assert_revoked(other, crash);
    assert_files(other, crash);
    if (crash->backup[0] != '\0') {
        assert_backup(other, crash);
    }
    if (crash->imported) {
        assert_int_equal(world_owned(&other->world, "w7"), 70);
    }
    assert_true(world_publish(&other->world) >= crash->published);
    world_audit(&other->world);
    hub_day_close(&other->day);
    free(other);
}

/* A start that is cut off: the database is opened, and something is written. */
static void begin(void *ctx)
{
    const struct crash *crash = ctx;
    struct beside *other = malloc(sizeof *other);
    struct vn_error error;
    assert_non_null(other);
    become(other, crash);
    if (vn_storage_open(other->day.path, NULL, &other->world.hub.storage, &error) == VN_OK) {
        bool more = false;
        int64_t last = 0;
        other->day.status = vn_feed_publish(&other->world.hub, &last, &more);
        vn_storage_close(other->world.hub.storage);
    }
    free(other);
}

/* --- the day -------------------------------------------------------------------------------------------------------- */

static void spend(struct crash *crash)
{
    struct hub_day *day = crash->day;
    struct vn_ingest_result result;
    crash->granted = world_rights(&day->till, "w1", GRANTED);
    assert_int_equal(crash->granted, GRANTED);
    world_append(&day->till, &(struct world_step){.kind = VN_ENTRY_HOLD,
                                                  .receipt = "s",
                                                  .account = "w1",
                                                  .spent = SPENT,
                                                  .right = "w1",
                                                  .out = SPENT});
    world_append(&day->till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                  .receipt = "s",
                                                  .account = "w1",
                                                  .total_minor = 1000,
                                                  .spent = SPENT,
                                                  .right = "w1"});
    crash->spent = SPENT; /* from now on, wherever the commit is */
    assert_int_equal(world_try_send(&day->till, day->acked_seq + 1, &result), VN_OK);
    assert_int_equal(result.ack.quarantined, 0);
    day->acked_seq = result.ack.acked_seq;
}

static void import_and_revoke(struct crash *crash)
{
    struct vn_revoked revoked;
    char path[VN_PATH_MAX];
    struct vn_error error;
    int64_t lines = 0;
    struct world *world = crash->day->world;
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":7,\"cards\":[\"2990000000079\"],\"balance\":70}\n");
    crash->imported = true;
    assert_int_equal(vn_fleet_revoke(&world->hub, "t2", "test", &revoked), VN_OK);
    crash->revoked = true;
    assert_int_equal(vn_file_path(world->dir, "revoked", path, NULL), VN_OK);
    assert_int_equal(vn_mark_revoked_fill(path, world->hub.storage, world->now_ms, &lines, &error), VN_OK);
    crash->noted = true;
}

static void build(struct crash *crash)
{
    const atomic_bool stop = false;
    struct vn_error error = {VN_OK, "", ""};
    struct world *world = crash->day->world;
    if (vn_snapshot_build(&world->hub, world->dir, &stop, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    crash->snapshot = true;
    crash->points.one_in = 12; /* a copy is many writes that are alike */
    char to[VN_PATH_MAX];
    struct vn_backup backup;
    assert_int_equal(vn_file_path(world->dir, "backups", to, NULL), VN_OK);
    if (vn_backup_make(world->dir, to, world->hub.clock, NULL, NULL, &backup, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    memcpy(crash->backup, backup.path, sizeof crash->backup);
    json_decref(backup.manifest);
}

static void play(struct crash *crash, bool is_killed)
{
    struct hub_day *day = crash->day;
    hub_day_open(day);
    crashpoints_watch(&crash->points);
    assert_true(hub_day_send(day));
    crash->published = world_publish(day->world);
    spend(crash);
    crash->published = world_publish(day->world);
    import_and_revoke(crash);
    build(crash);
    if (is_killed) {
        disk_kill(day->disk.disk);
    }
    hub_day_close(day);
    crash->points.one_in = 1;
    struct vn_error error;
    assert_true(hub_day_try_open(day, &error));
    assert_true(world_publish(day->world) >= crash->published);
    crashpoints_rest(&crash->points);
    hub_day_close(day);
}

static void test_crash_hub_keeps_what_it_acknowledged(void **state)
{
    struct hub_day *day = *state;
    const struct world_till till = day->till;
    struct crash crash = {.day = day,
                          .points = {.disks = &day->disk.disks,
                                     .root = FAILDISK_ROOT,
                                     .random = day->disk.random,
                                     .check = check,
                                     .begin = begin}};
    struct world_till other;
    hub_day_begin(day);
    hub_day_open(day);
    world_till_start(day->world, &other, "t2");
    crash.other = other.enrolment;
    hub_day_close(day);
    disk_destroy(day->fresh);
    day->fresh = disk_clone(day->disk.disk);
    for (int round = 0; crashpoints_go_on(&crash.points, USUAL); round++) {
        struct crash next = {.day = day, .points = crash.points, .other = crash.other};
        hub_day_begin(day);
        next.points.disk = day->disk.disk;
        next.points.ctx = &next;
        play(&next, round % 2 == 0);
        crash.points = next.points;
        for (int64_t seq = till.head_seq + 1; seq <= day->till.head_seq; seq++) {
            free(day->till.bodies[seq]);
        }
        day->till = till;
    }
    crashpoints_tell(&crash.points, "hub.db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_crash_hub_keeps_what_it_acknowledged, hub_day_setup,
                                        hub_day_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
