/* One till of a fleet: the uplink and the connections that tills are shipped with, over a journal that is a count and hashes, and
 * a cache that is a cursor. A snapshot's file is loaded in pieces as a till loads it, each block checked when it is whole, and
 * dropped. Entries are taken from a pool that all tills share; a sale key is a till's own, so a hub books them as what they are:
 * other sales. */
#ifndef VN_TESTS_BENCH_HUB_FLEET_TILL_H
#define VN_TESTS_BENCH_HUB_FLEET_TILL_H

#include <sys/types.h>

#include "agent/app/hub_link.h"
#include "sync/wire/snapshot.h"
#include "tests/bench/hub_tills.h"

struct fleet;

struct fleet_till {
    struct fleet *fleet;
    struct fleet_till *next; /* in fleet->wakes */
    struct vn_uplink *uplink;
    struct vn_hub_link *link;
    struct vn_enrolment_id enrolment;
    uint8_t boot[VN_ID_BYTES];
    long index;
    int64_t head_seq, acked_seq;
    struct vn_hash *hashes; /* by seq */
    struct vn_cursor cursor;
    int64_t ruleset_ns;               /* when it had the ruleset that was published */
    int64_t asked_ns;                 /* when it began to load a snapshot */
    struct vn_snapshot_reader reader; /* of that */
    struct vn_buf tail;               /* its bytes from reader.offset on */
    int64_t next_piece;
    bool fresh; /* comes without a cursor */
    bool live, wakes, wants_batch, wants_applied, wants_piece;
    int64_t batch_after;
    unsigned batch_max;
};

struct fleet {
    struct bench_hub hub;
    pid_t pid;
    long tills, sales, idle_s, pool_size;
    struct fleet_till *all;
    struct vn_buf *pool;
    struct vn_cursor cursor; /* where a till begins that has everything */
    uv_idle_t wake;
    struct fleet_till *wakes; /* with an answer for their uplink */
    uv_timer_t ramp;
    long started, live, behind, without_ruleset;
    long fresh, loads; /* tills without a cursor, snapshots that came whole */
    int64_t load_bytes;
    int64_t *load_times; /* of the first ones, a till each */
    int64_t *times;
};

/* Enrols it and makes its connections; nothing is sent yet. */
void fleet_till_make(struct fleet *fleet, struct fleet_till *till, long index);
/* Its journal has so many entries now; the first is its boot. Nobody is told. */
void fleet_till_grow(struct fleet_till *till, int64_t head_seq);

#endif
