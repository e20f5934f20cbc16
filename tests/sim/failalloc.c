#include "tests/sim/failalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define ALL_UP_TO 150
#define STEP      61
#define MOST      200000

static struct {
    long nth, count;
    bool armed, paused, for_good, failed;
    bool (*counts)(void);
} memory;

static bool fails(void)
{
    if (!memory.armed || memory.paused || (memory.counts != NULL && !memory.counts())) {
        return false;
    }
    memory.count++;
    bool now = memory.for_good ? memory.count >= memory.nth : memory.count == memory.nth;
    memory.failed = memory.failed || now;
    return now;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* --- of those who replace libuv and the network (tests/sim/alloc) ------------------------------------------------- */

void *failalloc_own_malloc(size_t size);
void *failalloc_own_calloc(size_t count, size_t size);
void *failalloc_own_realloc(void *old, size_t size);
char *failalloc_own_strdup(const char *text);

void *failalloc_own_malloc(size_t size)
{
    return __real_malloc(size);
}

void *failalloc_own_calloc(size_t count, size_t size)
{
    return __real_calloc(count, size);
}

void *failalloc_own_realloc(void *old, size_t size)
{
    return __real_realloc(old, size);
}

char *failalloc_own_strdup(const char *text)
{
    return __real_strdup(text);
}

/* --- SQLite --------------------------------------------------------------------------------------------------------- */

static void *sqlite_malloc(int size)
{
    return __wrap_malloc((size_t)size);
}

static void *sqlite_realloc(void *old, int size)
{
    return __wrap_realloc(old, (size_t)size);
}

static int sqlite_size(void *block)
{
    return block == NULL ? 0 : (int)malloc_usable_size(block);
}

static int sqlite_round(int size)
{
    return (size + 7) / 8 * 8;
}

static int sqlite_begin(void *ctx)
{
    (void)ctx;
    return SQLITE_OK;
}

static void sqlite_end(void *ctx)
{
    (void)ctx;
}

/* The buffer of jansson's that a token is gathered in doubles from 32 bytes on. When it can't, jansson leaves out a character and
 * says nothing: nothing of ours can notice, so these are not failed (docs/proof.md). */
static void *json_malloc(size_t size)
{
    bool doubles = size >= 32 && (size & (size - 1)) == 0;
    return doubles ? __real_malloc(size) : __wrap_malloc(size);
}

void failalloc_start(void)
{
    static sqlite3_mem_methods methods = {sqlite_malloc, free,         sqlite_realloc, sqlite_size,
                                          sqlite_round,  sqlite_begin, sqlite_end,     NULL};
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    json_set_alloc_funcs(json_malloc, free);
}

void failalloc_fail(long nth, bool for_good)
{
    memory.nth = nth;
    memory.for_good = for_good;
    memory.count = 0;
    memory.failed = false;
    memory.paused = false;
    memory.armed = true;
}

bool failalloc_calm(void)
{
    memory.armed = false;
    return memory.failed;
}

long failalloc_count(void)
{
    return memory.count;
}

void failalloc_only(bool (*counts)(void))
{
    memory.counts = counts;
}

void failalloc_pause(bool pauses)
{
    memory.paused = pauses;
}

void check_each_allocation(failalloc_day day, void *ctx, long least)
{
    const long step = getenv("VERNO_LONG_SECONDS") == NULL ? STEP : 1;
    for (int for_good = 0; for_good <= 1; for_good++) {
        long nth = 1, days = 0;
        while (day(ctx, nth, for_good == 1)) {
            nth += nth < ALL_UP_TO ? 1 : step;
            days++;
            assert_true(nth < MOST);
        }
        assert_true(nth > least);
        print_message("%ld allocations, %ld of them failed %s\n", nth, days,
                      for_good == 1 ? "for good" : "once");
    }
}
