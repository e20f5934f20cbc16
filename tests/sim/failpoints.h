/* One day, over and over: each place of it where the disk is asked for something fails in turn, once and for good.
 *
 * Asserts with cmocka. The day asserts for itself what has to hold whatever failed. */
#ifndef VN_TESTS_SIM_FAILPOINTS_H
#define VN_TESTS_SIM_FAILPOINTS_H

#include <stdbool.h>

#include "tests/sim/failvfs.h"

/* More places than any day here has: a day that never ends in peace fails. */
#define FAILPOINTS_MAX 2000

/* One day on which the nth call of a kind fails (failvfs_fail). False when the day ended before it came to that. */
typedef bool (*failpoints_day)(void *ctx, enum failvfs_kind kind, long nth, bool for_good);

/* More than `least` places have to be tried, or the day is not what the test believes. */
void check_each_place(failpoints_day day, void *ctx, enum failvfs_kind kind, long least);

#endif
