#include "tests/unit/cache_day.h"

static const struct {
    int64_t number;
    bool snapshot;
} frames[CACHE_DAY_FRAMES] = {{1, false}, {2, false}, {3, false}, {10, true}, {11, false}};

bool cache_day_open(struct cache_day *day, bool *fresh)
{
    struct world *world = &day->world;
    day->status =
        vn_cache_open(world->folder.path, &world->enrolment, NULL, &world->writer, fresh, &world->error);
    return day->status == VN_OK;
}

/* In each frame the balance of every member is the frame's number. */
enum vn_status cache_day_take(struct world *world, int64_t number, bool snapshot)
{
    for (unsigned n = 1; n <= CACHE_DAY_MEMBERS; n++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", n);
        add_member(world, account, number, 0, n);
    }
    return snapshot ? replace(world, number) : apply(world, number);
}

bool cache_day_follow(struct cache_day *day)
{
    while (day->taken < CACHE_DAY_FRAMES) {
        day->status = cache_day_take(&day->world, frames[day->taken].number, frames[day->taken].snapshot);
        if (day->status != VN_OK) {
            return false;
        }
        day->taken++;
    }
    return true;
}

int64_t cache_day_number(unsigned taken)
{
    return taken == 0 ? 0 : frames[taken - 1].number;
}

void cache_day_assert_rows(struct cache_day *day, int64_t next)
{
    struct world *world = &day->world;
    struct vn_cursor cursor;
    vn_cache_cursor(world->writer, &cursor);
    assert_int_equal(vn_cache_reader_open(world->folder.path, NULL, &world->reader, &world->error), VN_OK);
    for (unsigned n = 1; n <= CACHE_DAY_MEMBERS; n++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", n);
        if (cursor.number > 0) {
            assert_member(world, n, account, cursor.number, 0);
        } else {
            assert_member(world, n, NULL, 0, 0);
        }
    }
    if (cache_day_take(world, next, false) != VN_OK) {
        fail_msg("%s", world->error.text);
    }
}

void cache_day_begin(struct cache_day *day)
{
    struct world *world = &day->world;
    memset(world, 0, sizeof *world);
    (void)snprintf(world->folder.path, sizeof world->folder.path, FAILDISK_ROOT);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->unsigned_chain = true;
    world->included_seq = -1;
    vn_buf_init(&world->frame, VN_FEED_BYTES_MAX);
    day->taken = 0;
    day->thrown_away = false;
}

void cache_day_end(struct cache_day *day)
{
    world_close(&day->world);
    vn_buf_deinit(&day->world.frame);
    faildisk_fresh(&day->disk, NULL);
}

int cache_day_setup(void **state)
{
    struct cache_day *day = calloc(1, sizeof *day);
    if (day == NULL) {
        return -1;
    }
    faildisk_start(&day->disk);
    *state = day;
    return 0;
}

int cache_day_teardown(void **state)
{
    struct cache_day *day = *state;
    faildisk_end(&day->disk);
    free(day);
    return 0;
}
