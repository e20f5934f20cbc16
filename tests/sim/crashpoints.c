#include "tests/sim/crashpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#define CALLS_CUT 24 /* a recovery is cut off before one of so many calls */

static const struct disk_policy *const policies[] = {&disk_mixes, &disk_loses_all, &disk_mixes_names,
                                                     &disk_keeps_all};
#define POLICIES (sizeof policies / sizeof policies[0])

static uint32_t draw(const struct vn_random *random, uint32_t below)
{
    uint32_t number = 0;
    assert_int_equal(vn_random_fill(random, (uint8_t *)&number, sizeof number), VN_OK);
    return number % below;
}

static bool changes(const struct disk_call *call)
{
    return call->kind != DISK_OPEN && call->kind != DISK_READ && call->kind != DISK_SHM;
}

static int stop(void *ctx, struct disk *disk, const struct disk_call *call)
{
    uint32_t *left = ctx;
    if (changes(call) && (*left)-- == 0) {
        disk_freeze(disk);
    }
    return disk_is_frozen(disk) && changes(call) ? EIO : 0;
}

/* The power goes again, in the midst of what the first one left to be done. */
static void cut_off(struct crashpoints *points, struct disk *clone, const struct disk_policy *policy)
{
    uint32_t left = draw(&points->random, CALLS_CUT);
    disk_judge_by(clone, stop, &left);
    points->begin(points->ctx);
    disk_judge_by(clone, NULL, NULL);
    disk_crash(clone, &points->random, policy);
    points->cut_off++;
}

static void add_fates(struct disk_fates *to, const struct disk_fates *from)
{
    to->kept += from->kept;
    to->dropped += from->dropped;
    to->torn += from->torn;
    to->garbled += from->garbled;
    to->names_kept += from->names_kept;
    to->names_dropped += from->names_dropped;
}

static void try_one(struct crashpoints *points, const struct disk_policy *policy)
{
    const struct vn_clock clock = vn_clock_system();
    int64_t began_ns = vn_clock_mono_ns(&clock);
    struct disk *clone = disk_clone(points->disk);
    disks_mount(points->disks, points->root, clone);
    disk_crash(clone, &points->random, policy);
    if (points->begin != NULL && draw(&points->random, 4) == 0) {
        cut_off(points, clone, policy);
    }
    points->points++;
    if (points->only == 0 || points->only == points->points) {
        points->check(points->ctx);
    }
    add_fates(&points->fates, disk_told(clone));
    disks_mount(points->disks, points->root, points->disk);
    disk_destroy(clone);
    points->spent_ns += vn_clock_mono_ns(&clock) - began_ns;
}

static int judge(void *ctx, struct disk *disk, const struct disk_call *call)
{
    struct crashpoints *points = ctx;
    if (!changes(call)) {
        return 0;
    }
    points->places++;
    if (disk_in_doubt(disk) && (points->one_in < 2 || draw(&points->random, points->one_in) == 0)) {
        for (size_t i = 0; i < POLICIES; i++) {
            try_one(points, policies[i]);
        }
    }
    return 0;
}

void crashpoints_watch(struct crashpoints *points)
{
    disk_judge_by(points->disk, judge, points);
}

void crashpoints_rest(struct crashpoints *points)
{
    disk_judge_by(points->disk, NULL, NULL);
}

bool crashpoints_go_on(const struct crashpoints *points, long usual)
{
    return points->points < (getenv("VERNO_LONG_SECONDS") == NULL ? usual : CRASHPOINTS_LONG);
}

void crashpoints_tell(const struct crashpoints *points, const char *what)
{
    const struct disk_fates *fates = &points->fates;
    int64_t spent_ms = points->spent_ns / 1000000 + 1;
    print_message("%s: %ld crash points at %ld places, %ld with a recovery that was cut off, %lld a second\n",
                  what, points->points, points->places, points->cut_off,
                  (long long)(points->points * 1000 / spent_ms));
    print_message("    pieces kept %ld, dropped %ld, torn %ld, garbled %ld; names kept %ld, dropped %ld\n",
                  fates->kept, fates->dropped, fates->torn, fates->garbled, fates->names_kept,
                  fates->names_dropped);
}
