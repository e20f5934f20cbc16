/* Memory that runs out at a chosen moment: the n-th allocation fails, once or from then on.
 *
 * An executable that links vn_failalloc has malloc, calloc, realloc and strdup of its own objects led here (the linker's --wrap), and
 * failalloc_start() does the same for SQLite and jansson. The simulated disk has memory of its own, and so has cmocka. One
 * thread. */
#ifndef VN_TESTS_SIM_FAILALLOC_H
#define VN_TESTS_SIM_FAILALLOC_H

#include <stdbool.h>

void failalloc_start(void); /* before SQLite is used; asserts with cmocka */
/* The n-th allocation from now on (1 is the next) fails, or each from that one on. */
void failalloc_fail(long nth, bool for_good);
/* All goes well again. Returns whether any failed. */
bool failalloc_calm(void);

#endif
