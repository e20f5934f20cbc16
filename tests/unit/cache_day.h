/* A cache that follows its hub on a disk that can fail or lose what was not synced. Asserts with cmocka. */
#ifndef VN_TESTS_CACHE_DAY_H
#define VN_TESTS_CACHE_DAY_H

#include "tests/sim/faildisk.h"
#include "tests/unit/cache_world.h"

#define CACHE_DAY_FRAMES  5
#define CACHE_DAY_MEMBERS 40

struct cache_day {
    struct faildisk disk;
    struct world world;
    unsigned taken; /* frames that are in force, as the cache said */
    bool thrown_away;
    enum vn_status status;
};

int cache_day_setup(void **state); /* cmocka: *state becomes a struct cache_day * */
int cache_day_teardown(void **state);

void cache_day_begin(struct cache_day *day); /* on an empty disk */
void cache_day_end(struct cache_day *day);
bool cache_day_open(struct cache_day *day, bool *fresh);
/* A frame in which the balance of every member is its number. */
enum vn_status cache_day_take(struct world *world, int64_t number, bool snapshot);
/* Takes the frames that are left, the fourth of them a snapshot, until something fails. */
bool cache_day_follow(struct cache_day *day);
int64_t cache_day_number(unsigned taken); /* the cursor's, when so many frames are in force */
/* The rows are those of the cursor, each of them; and it goes on with frame `next`. The cache is open. */
void cache_day_assert_rows(struct cache_day *day, int64_t next);

#endif
