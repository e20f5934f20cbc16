#include "tests/unit/hub_day.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"

bool hub_day_try_open(struct hub_day *day, struct vn_error *error)
{
    const struct vn_storage_options options = {.clock = day->world->hub.clock,
                                               .random = day->world->hub.random};
    day->status = vn_storage_open(day->path, &options, &day->world->hub.storage, error);
    if (day->status == VN_OK) {
        day->status = vn_ledger_attach(&day->world->hub, VN_LEDGER_WRITES);
    }
    return day->status == VN_OK;
}

void hub_day_open(struct hub_day *day)
{
    struct vn_error error = {VN_OK, "", ""};
    faildisk_calm(&day->disk);
    if (!hub_day_try_open(day, &error)) {
        fail_msg("%s", error.text);
    }
}

void hub_day_close(struct hub_day *day)
{
    vn_ledger_detach(&day->world->hub);
    vn_storage_close(day->world->hub.storage);
    day->world->hub.storage = NULL;
}

void hub_day_begin(struct hub_day *day)
{
    faildisk_fresh(&day->disk, day->fresh);
    day->acked_seq = 0;
}

/* Until something fails. */
bool hub_day_send(struct hub_day *day)
{
    const int64_t head_seq = day->till.head_seq;
    struct vn_ingest_result result;
    day->status = VN_OK;
    while (day->acked_seq < head_seq && day->status == VN_OK) {
        day->till.head_seq = day->acked_seq + HUB_DAY_BATCH;
        day->status = world_try_send(&day->till, day->acked_seq + 1, &result);
        if (day->status == VN_OK) {
            assert_int_equal(result.verdict, VN_INGEST_TAKEN);
            assert_int_equal(result.ack.quarantined, 0);
            day->acked_seq = result.ack.acked_seq;
        }
    }
    day->till.head_seq = head_seq;
    return day->status == VN_OK;
}

void hub_day_assert_kept(struct hub_day *day)
{
    struct vn_enrolment_row row;
    hub_day_open(day);
    world_row(&day->till, &row);
    assert_in_range(row.high_seq, day->acked_seq, day->acked_seq + HUB_DAY_BATCH);
    assert_memory_equal(row.head.bytes, day->till.hashes[row.high_seq].bytes, VN_HASH_SIZE);
    if (row.high_seq < day->till.head_seq) {
        assert_int_equal(world_sync(&day->till), 0);
    }
    world_post(day->world);
    assert_int_equal(world_owned(day->world, "w1"),
                     HUB_DAY_BALANCE + HUB_DAY_POINTS * (day->till.head_seq - 1));
    world_audit(day->world);
}

static void make_till(struct hub_day *day)
{
    world_start(day->world, &day->till);
    world_append(&day->till, &(struct world_step){.kind = VN_ENTRY_BOOT});
    for (int n = 1; n < HUB_DAY_BATCHES * HUB_DAY_BATCH; n++) {
        char receipt[16];
        (void)snprintf(receipt, sizeof receipt, "%d", n);
        world_commit(&day->till, receipt, "w1", 1000, HUB_DAY_POINTS);
    }
}

int hub_day_setup(void **state)
{
    struct hub_day *day = calloc(1, sizeof *day);
    void *world = NULL;
    if (day == NULL) {
        return -1;
    }
    faildisk_start(&day->disk);
    if (setenv("TMPDIR", FAILDISK_ROOT, 1) != 0 || world_setup(&world) != 0) {
        free(day);
        return -1;
    }
    day->world = world;
    make_till(day);
    hub_day_close(day);
    day->fresh = disk_clone(day->disk.disk);
    *state = day;
    return vn_file_path(day->world->dir, "hub.db", day->path, NULL) == VN_OK ? 0 : -1;
}

int hub_day_teardown(void **state)
{
    struct hub_day *day = *state;
    void *world = day->world;
    world_till_end(&day->till);
    (void)world_teardown(&world);
    disk_destroy(day->fresh);
    faildisk_end(&day->disk);
    free(day);
    return 0;
}
