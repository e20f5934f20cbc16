#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/failpoints.h"

void check_each_place(failpoints_day day, void *ctx, enum failvfs_kind kind, long least)
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
