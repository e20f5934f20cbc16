/* Memory that runs out at a chosen moment: the n-th allocation fails, once or from then on.
 *
 * An executable that links vn_failalloc has malloc, calloc, realloc and strdup of its own objects led here (the linker's --wrap),
 * and failalloc_start() does the same for SQLite and jansson. The simulated disk has memory of its own, and so has cmocka. One
 * thread. */
#ifndef VN_TESTS_SIM_FAILALLOC_H
#define VN_TESTS_SIM_FAILALLOC_H

#include <stdbool.h>

void failalloc_start(void); /* before SQLite is used; asserts with cmocka */
/* The n-th allocation from now on (1 is the next) fails, or each from that one on. */
void failalloc_fail(long nth, bool for_good);
/* All goes well again. Returns whether any failed. */
bool failalloc_calm(void);
long failalloc_count(void); /* since failalloc_fail */
/* Only what is allocated while this says so counts and fails; NULL: all. Asked at each allocation. */
void failalloc_only(bool (*counts)(void));
/* What the test itself needs in between does not count, and does not fail. */
void failalloc_pause(bool pauses);

/* --- one day, over and over: each allocation of it fails in turn, once and for good ---------------------------------- */

/* One day on which the n-th allocation fails (failalloc_fail). False when the day ended before it came to that. It asserts for
 * itself what has to hold whatever failed. */
typedef bool (*failalloc_day)(void *ctx, long nth, bool for_good);

/* Each of the first allocations, then one of so many; with VERNO_LONG_SECONDS in the environment (toolchain/check --long), each.
 * More than `least` have to be there. */
void check_each_allocation(failalloc_day day, void *ctx, long least);

#endif
