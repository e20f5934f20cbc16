#include "tests/sim/faildisk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/sim/diskfiles.h"

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return FAILDISK_NOW;
}

static int64_t mono_ns(void *ctx)
{
    (void)ctx;
    return 0;
}

static int fail_nth(void *ctx, struct disk *disk, const struct disk_call *call)
{
    struct faildisk *faildisk = ctx;
    (void)disk;
    faildisk->count += call->kind == faildisk->kind;
    bool fails = call->kind == faildisk->kind &&
                 (faildisk->for_good ? faildisk->count >= faildisk->nth : faildisk->count == faildisk->nth);
    faildisk->failed = faildisk->failed || fails;
    return fails ? EIO : 0;
}

void faildisk_fresh(struct faildisk *faildisk, const struct disk *image)
{
    assert_int_equal(diskfiles_open(), 0);
    disk_destroy(faildisk->disk);
    faildisk->disk = image == NULL ? disk_create(&faildisk->random) : disk_clone(image);
    disk_tell_time(faildisk->disk, &faildisk->clock);
    disks_mount(&faildisk->disks, FAILDISK_ROOT, faildisk->disk);
    faildisk->failed = false;
}

void faildisk_start(struct faildisk *faildisk)
{
    memset(faildisk, 0, sizeof *faildisk);
    faildisk->random = vn_random_seeded(&faildisk->seed);
    faildisk->clock = (struct vn_clock){wall_ms, mono_ns, NULL};
    faildisk_fresh(faildisk, NULL);
    diskfiles_lead_to(&faildisk->disks);
    const struct diskvfs_options options = {.name = "failing",
                                            .disks = &faildisk->disks,
                                            .clock = faildisk->clock,
                                            .random = faildisk->random,
                                            .standard = true};
    faildisk->vfs = diskvfs_create(&options);
}

void faildisk_end(struct faildisk *faildisk)
{
    unsigned open = diskfiles_open();
    diskfiles_lead_to(NULL);
    diskvfs_destroy(faildisk->vfs);
    disk_destroy(faildisk->disk);
    assert_int_equal(open, 0);
}

void faildisk_calm(struct faildisk *faildisk)
{
    disk_judge_by(faildisk->disk, NULL, NULL);
    disk_set_room(faildisk->disk, DISK_UNLIMITED);
    faildisk->failed = false;
}

void faildisk_fail(struct faildisk *faildisk, enum disk_kind kind, long nth, bool for_good)
{
    faildisk_calm(faildisk);
    faildisk->kind = kind;
    faildisk->nth = nth;
    faildisk->count = 0;
    faildisk->for_good = for_good;
    disk_judge_by(faildisk->disk, fail_nth, faildisk);
}

void faildisk_fill(struct faildisk *faildisk, int64_t room)
{
    faildisk_calm(faildisk);
    disk_set_room(faildisk->disk, room);
}

void check_each_place(failpoints_day day, void *ctx, enum disk_kind kind, long least)
{
    for (int for_good = 0; for_good <= 1; for_good++) {
        long nth = 1;
        while (day(ctx, kind, nth, for_good == 1)) {
            nth++;
            assert_true(nth < FAILPOINTS_MAX);
        }
        assert_true(nth > least);
    }
}
