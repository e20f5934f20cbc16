/* The cache's two threads: `cache`, the only writer of cache.db (feed and snapshots), and `lookup`, which reads cache and journal
 * on connections of its own and never stands behind a feed, a batch or an entry that is being written. Answers come on the loop's
 * thread. */
#ifndef VN_APP_CACHE_THREAD_H
#define VN_APP_CACHE_THREAD_H

#include <uv.h>

#include "agent/base/log.h"
#include "agent/loyalty/ruleset.h"
#include "agent/store/cache.h"
#include "agent/till/till.h"

struct vn_cache_thread; /* opaque */

struct vn_cache_counts {
    int64_t members, items, coupons;
};

struct vn_cache_events {
    void (*looked_up)(void *ctx);
    void (*applied)(void *ctx, enum vn_status status, const struct vn_cursor *cursor, const char *why);
    void (*piece)(void *ctx, int64_t next); /* the file goes on there */
    /* Another ruleset is in force; the receiver takes it over. */
    void (*ruleset)(void *ctx, struct vn_ruleset *ruleset);
    /* The cache contradicts itself. It was given up: the next start makes a new one and asks the hub for everything. */
    void (*damaged)(void *ctx);
    void (*stops)(void *ctx, const char (*stops)[VN_ID_MAX], size_t count);
    void *ctx;
};

/* Opens or creates the cache, and reads the ruleset in force: blocks for that. The journal of the folder is open already. `log`
 * may be NULL. */
VN_MUST_USE enum vn_status vn_cache_thread_create(uv_loop_t *loop, const char *folder,
                                                  const struct vn_enrolment_id *enrolment,
                                                  const char *publishing_key, struct vn_log *log,
                                                  const struct vn_cache_events *events,
                                                  struct vn_cache_thread **out, struct vn_error *error);
/* Tells by events, before it returns, what the cache had at create: nobody is to be answered without it. Once. */
void vn_cache_thread_start(struct vn_cache_thread *thread);
void vn_cache_thread_destroy(struct vn_cache_thread *thread);

void vn_cache_thread_cursor(const struct vn_cache_thread *thread,
                            struct vn_cursor *out); /* before the loop runs */
/* As last counted: a large chain is not counted anew for every sale. */
void vn_cache_thread_counts(const struct vn_cache_thread *thread, struct vn_cache_counts *out);
void vn_cache_thread_lookup(struct vn_cache_thread *thread, struct vn_till_lookup *lookup);
/* What the hub sent: a frame, or a piece of a snapshot's file. */
struct vn_cache_news {
    struct vn_view bytes;
    bool snapshot;                  /* a frame that replaces everything */
    int64_t included_seq, told_seq; /* of a frame, as its response's headers said; -1 without them */
    const char *etag;               /* of the file; "": it is a frame */
    int64_t at;                     /* the piece's place in the file */
    int64_t base_seq;               /* the journal has let go of its entries up to here */
};
/* Copied; one at a time. Then events.applied, or events.piece when a file is not whole yet. */
void vn_cache_thread_apply(struct vn_cache_thread *thread, const struct vn_cache_news *news);

#endif
