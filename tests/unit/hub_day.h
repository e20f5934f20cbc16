/* A hub that takes in a till's journal on a disk that can fail or lose what was not synced: what it acknowledged so far, and
 * whether it still has it. Asserts with cmocka. */
#ifndef VN_TESTS_HUB_DAY_H
#define VN_TESTS_HUB_DAY_H

#include "tests/sim/faildisk.h"
#include "tests/unit/hub_world.h"

#define HUB_DAY_BATCHES 4
#define HUB_DAY_BATCH   3
#define HUB_DAY_POINTS  5   /* of one sale */
#define HUB_DAY_BALANCE 500 /* before */

struct hub_day {
    struct faildisk disk;
    struct disk *fresh; /* the disk before the first batch */
    struct world *world;
    struct world_till till;
    char path[VN_PATH_MAX]; /* of the database */
    int64_t acked_seq;
    enum vn_status status;
};

int hub_day_setup(void **state); /* cmocka: *state becomes a struct hub_day * */
int hub_day_teardown(void **state);

/* The chain as it was before the first batch, not open yet. What was open is closed before. */
void hub_day_begin(struct hub_day *day);
void hub_day_close(struct hub_day *day);
bool hub_day_try_open(struct hub_day *day, struct vn_error *error);
void hub_day_open(struct hub_day *day); /* on a disk that is well */
/* Sends and posts what the till has, batch by batch, until something fails. */
bool hub_day_send(struct hub_day *day);
/* Opens: what was acknowledged is there, the till sends the rest, and each sale is in the ledger once. */
void hub_day_assert_kept(struct hub_day *day);

#endif
