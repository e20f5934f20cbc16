/* Tills that listen to the feed: what a real one is to it, a table of rows that frames are applied to. */
#ifndef VN_TESTS_HUB_LISTENER_H
#define VN_TESTS_HUB_LISTENER_H

#include "sync/hub/feed/feed.h"
#include "sync/hub/feed/publisher.h"
#include "tests/unit/hub_world.h"

#define ROWS_MAX  64
#define HOUR_MS   INT64_C(3600000)
#define FRAME_MAX (8 * 1024 * 1024)

struct seen_row {
    enum vn_feed_kind kind;
    char key[VN_ID_MAX];
    int64_t balance;
    bool spent;
};

/* What a till of a store has heard. */
struct listener {
    char store[VN_ID_MAX];
    struct world_till till;
    int64_t cursor;
    struct seen_row rows[ROWS_MAX];
    unsigned row_count;
    unsigned heard; /* rows of the last frames */
};

/* The till "till<number>" of the store "store<number>". */
void listener_start(struct world *world, struct listener *listener, unsigned number);
/* The row, or NULL; `add`: a new one when there is none. */
struct seen_row *listener_row(struct listener *listener, enum vn_feed_kind kind, const char *key, bool add);
int64_t listener_balance(struct listener *listener, const char *account); /* -1: never heard of it */
/* Applies one frame of at most `max` rows, and the rest of the checkpoint in which that is. Returns whether it was all. */
bool listener_listen_once(struct listener *listener, unsigned max);
unsigned listener_listen(struct listener *listener); /* all that there is; returns how many rows came */
/* A sale at this till, ingested. */
void listener_sell(struct listener *at, unsigned receipt, const char *account, int64_t earned);
/* Members 1 to `count`, with 100 points each. */
void listener_import_members(struct world *world, unsigned count);

#endif
