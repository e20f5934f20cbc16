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

static struct {
    long nth, count;
    bool armed, for_good, failed;
} memory;

static bool fails(void)
{
    if (!memory.armed) {
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

void failalloc_start(void)
{
    static sqlite3_mem_methods methods = {sqlite_malloc, free,         sqlite_realloc, sqlite_size,
                                          sqlite_round,  sqlite_begin, sqlite_end,     NULL};
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    json_set_alloc_funcs(__wrap_malloc, free);
}

void failalloc_fail(long nth, bool for_good)
{
    memory.nth = nth;
    memory.for_good = for_good;
    memory.count = 0;
    memory.failed = false;
    memory.armed = true;
}

bool failalloc_calm(void)
{
    memory.armed = false;
    return memory.failed;
}
