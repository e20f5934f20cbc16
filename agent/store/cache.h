/* cache.db: what the hub can send again. Members by keyed card hash, coupons, catalogue, rulesets and stops,
 * and the feed's cursor. Can be deleted at any time.
 *
 * A cache lives in generations: `cache-<n>.db`, and a small file `cache.current` that names the one in force
 * (written anew, fsync'd, renamed, folder fsync'd). A snapshot is built as generation n+1 beside the running
 * one and selected when it is complete; nothing is ever renamed over a database. Older generations
 * than that are removed before the next is built, and at the next open.
 *
 * Two ways in: a writer (one thread: feed, snapshots) and readers (read-only, never checkpointing, also not
 * on close; one thread each). A reader follows the pointer when it is told to reopen. Every function blocks
 * on the disk. */
#ifndef VN_STORE_CACHE_H
#define VN_STORE_CACHE_H

#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"
#include "sync/wire/chain.h"
#include "sync/wire/feed.h"

struct vn_cache_writer; /* opaque */
struct vn_cache_reader; /* opaque */

/* Opens or creates. A cache of another enrolment, of another schema, or a damaged one is thrown away: *fresh
 * is true then, and the cursor is 0.0. `vfs` NULL: SQLite's own disk. VN_ARG: the folder's name is too long;
 * VN_DENIED: a file is another user's; VN_AGAIN: somebody else holds it; VN_FULL, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_cache_open(const char *folder, const struct vn_enrolment_id *enrolment,
                                         const char *vfs, struct vn_cache_writer **out, bool *fresh,
                                         struct vn_error *error);
void vn_cache_close(struct vn_cache_writer *writer);
/* After VN_CORRUPT from any function here: forgets the generation in force, so that the next vn_cache_open
 * begins anew. Opening looks only at a file's beginning and would not see damage further in. VN_IO. */
VN_MUST_USE enum vn_status vn_cache_discard(const char *folder);
void vn_cache_cursor(const struct vn_cache_writer *writer, struct vn_cursor *out);

/* A frame as the hub sent it (sync/wire/feed.h). */
struct vn_cache_frame {
    struct vn_view lines;
    int64_t
        included_seq; /* of rows that don't say it themselves; -1: the hub did not say it, and they are refused */
    const char *publishing_key; /* PEM; NULL: nobody's signature counts */
    int64_t
        told_seq; /* with it the cache has all rows that the own entries up to here changed; -1: not said */
    bool selects; /* set by vn_cache_apply: what grew unseen is in force now, and readers must reopen */
};

/* Applies one checkpoint in one transaction, the cursor with it. A power loss may take it again, unless its told_seq is higher
 * than that of each before it: then it is on the disk, and all before it. Rulesets and stops that are not signed by the
 * publishing key, or whose number is not higher than that of the ruleset in force, are
 * left out and counted in *refused; the same one again is left out silently. *ruleset_changed: a ruleset or
 * stop was taken. VN_INPUT when the frame is damaged or a snapshot, VN_CONFLICT when its cursor is below the
 * cache's in the same epoch (nothing is applied in either case), VN_UNSUPPORTED (newer schema), VN_ARG (the
 * key can't be read), VN_FULL, VN_IO, VN_CORRUPT. */
VN_MUST_USE enum vn_status vn_cache_apply(struct vn_cache_writer *writer, struct vn_cache_frame *frame,
                                          bool *ruleset_changed, unsigned *refused, struct vn_error *error);
/* The same for a snapshot: builds the next generation and selects it. Readers must reopen afterwards. The
 * highest ruleset and stop numbers are carried over: a snapshot can't set them back. */
VN_MUST_USE enum vn_status vn_cache_replace(struct vn_cache_writer *writer,
                                            const struct vn_cache_frame *frame, unsigned *refused,
                                            struct vn_error *error);

/* A snapshot's file while it is loaded (sync/wire/snapshot.h): "snapshot.part" with its entity tag beside it. Pieces come in
 * the order of their places; each block is checked when it is whole. What was loaded outlives the process. */
struct vn_cache_part; /* opaque */

VN_MUST_USE enum vn_status vn_cache_part_open(const char *folder,
                                              struct vn_cache_part **out); /* VN_ARG, VN_NOMEM */
void vn_cache_part_close(struct vn_cache_part *part);                      /* NULL is fine */
/* Takes bytes that stand at `at` in the file of that tag. *next: where to go on, also when these were not the ones that are
 * missing (another tag: 0; a damaged block: its beginning). *whole: all of it is there. VN_INPUT: damaged again and again, or no
 * snapshot; VN_UNSUPPORTED: of a newer schema: everything is dropped then. VN_FULL, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_cache_part_take(struct vn_cache_part *part, const char *etag, int64_t at,
                                              struct vn_view bytes, int64_t *next, bool *whole,
                                              struct vn_error *error);
void vn_cache_part_drop(struct vn_cache_part *part); /* forgets what was loaded */

/* Builds the next generation from a file that is whole, block by block; look-ups go on meanwhile. */
struct vn_cache_source {
    struct vn_cache_part *part;
    const char *publishing_key;
    /* The journal has let go of its entries up to here: a snapshot that does not include them would show too little. It is put
     * in force as soon as a frame says that everything up to here was told (vn_cache_frame.told_seq), and grows unseen until
     * then. */
    int64_t base_seq;
    void (*pause)(void *ctx); /* after each block; NULL: none */
    void *ctx;
};
/* *selected: it is in force, and readers must reopen. Statuses as vn_cache_replace. */
VN_MUST_USE enum vn_status vn_cache_replace_from(struct vn_cache_writer *writer,
                                                 const struct vn_cache_source *source, bool *selected,
                                                 unsigned *refused, struct vn_error *error);

/* VN_ABSENT when there is no cache yet. */
VN_MUST_USE enum vn_status vn_cache_reader_open(const char *folder, const char *vfs,
                                                struct vn_cache_reader **out, struct vn_error *error);
void vn_cache_reader_close(struct vn_cache_reader *reader);

/* Where the feed stands in what is read now. */
VN_MUST_USE enum vn_status vn_cache_reader_cursor(struct vn_cache_reader *reader, struct vn_cursor *out);
/* One B-tree descent for the member of a card; VN_ABSENT. member->balance is the hub's figure, included_seq
 * beside it. */
VN_MUST_USE enum vn_status vn_cache_member(struct vn_cache_reader *reader, const struct vn_hash *card,
                                           struct vn_member *out, int64_t *included_seq);
/* The cards that lead to an account, at most VN_FEED_CARDS_MAX; none for one that is not there. */
VN_MUST_USE enum vn_status vn_cache_cards(struct vn_cache_reader *reader, const char *account,
                                          struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count);
VN_MUST_USE enum vn_status vn_cache_coupon(struct vn_cache_reader *reader, const struct vn_hash *number,
                                           struct vn_coupon *out);
/* Found by its own code or by an alias; out->code is its own. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_cache_item(struct vn_cache_reader *reader, const char *code,
                                         struct vn_item *out);
/* The ruleset in force: its bytes. VN_ABSENT before the first. */
VN_MUST_USE enum vn_status vn_cache_ruleset(struct vn_cache_reader *reader, struct vn_buf *out,
                                            int64_t *number);
/* Promotions stopped since that ruleset was published. VN_FULL when there are more than `max`. */
VN_MUST_USE enum vn_status vn_cache_stops(struct vn_cache_reader *reader, char (*out)[VN_ID_MAX], size_t max,
                                          size_t *count);
VN_MUST_USE enum vn_status vn_cache_counts(struct vn_cache_reader *reader, int64_t *members, int64_t *items,
                                           int64_t *coupons);

#endif
