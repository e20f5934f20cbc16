/* What the files of the cache share. Nobody else includes this, except a test that asks for query plans. */
#ifndef VN_STORE_CACHE_INTERNAL_H
#define VN_STORE_CACHE_INTERNAL_H

#include "agent/db/db.h"
#include "agent/store/cache.h"
#include "sync/wire/snapshot.h"

#define CACHE_SCHEMA    2
#define CACHE_CACHE_KIB 512
#define CACHE_BUILD_KIB 4096
#define CACHE_ROW_MAX   65536 /* of the longest row, a member's with all his lots, a third */

#define CACHE_SQL_MEMBER  "SELECT included_seq, row FROM cards WHERE card = ?"
#define CACHE_SQL_CARDS   "SELECT card FROM cards WHERE account = ? ORDER BY card LIMIT ?"
#define CACHE_SQL_COUPON  "SELECT row FROM coupons WHERE number = ?"
#define CACHE_SQL_ITEM    "SELECT row FROM items WHERE code = ?"
#define CACHE_SQL_RULESET "SELECT number, text FROM rulesets ORDER BY number DESC LIMIT 1"

/* Reads the blocks of a part that is whole. */
enum vn_status part_block(struct vn_cache_part *part, struct vn_snapshot_reader *reader,
                          struct vn_snapshot_block *block, struct vn_buf *raw);

/* Generations: the files and the pointer. */
void generation_path(const char *folder, int64_t generation, char out[VN_PATH_MAX]);
/* VN_ABSENT: no pointer; VN_CORRUPT: a pointer that can't be read, or to a file that is not there. */
enum vn_status generation_current(const char *folder, int64_t *generation);
/* One more than any file of the folder carries. VN_IO, VN_NOMEM: the folder can't be read, so that the number could be taken. */
VN_MUST_USE enum vn_status generation_next(const char *folder, int64_t *out, struct vn_error *error);
enum vn_status generation_select(const char *folder, int64_t generation, struct vn_error *error);
/* Removes the files of all generations but these two, which may be one. A reader that has one of them open still reads it. */
void generation_clean(const char *folder, int64_t keep, int64_t also);
void generation_remove(const char *folder, int64_t generation);

/* Prepared once per database that frames are loaded into. */
enum load_sql {
    LOAD_CARD,
    LOAD_CARDS_DROP,
    LOAD_COUPON,
    LOAD_COUPON_DROP,
    LOAD_ITEM,
    LOAD_ITEM_DROP,
    LOAD_RULESET,
    LOAD_RULESETS_DROP,
    LOAD_RULESET_SAME,
    LOAD_RULESET_NUMBER,
    LOAD_STOP,
    LOAD_STOPS_DROP,
    LOAD_STOP_SAME,
    LOAD_CURSOR,
    LOAD_COUNT,
};

/* A database that is being filled. */
struct cache_load {
    struct vn_db *db;
    struct vn_statement *sql[LOAD_COUNT];
    bool building;                   /* an empty generation without its indexes yet */
    const struct vn_public_key *key; /* NULL: everything signed is refused */
    int64_t ruleset;                 /* number in force; 0: none */
    int64_t included_seq;            /* of rows that don't say it themselves; -1: nobody said it */
    struct vn_buf row;               /* packed, while it is bound */
    bool changed;
    unsigned refused;
};

enum vn_status cache_load_prepare(struct cache_load *load, struct vn_error *error);
/* The ruleset in force, from the tables. */
enum vn_status cache_load_begin(struct cache_load *load);
/* A ruleset or stop as a line of the feed. */
enum vn_status cache_load_signed_line(struct cache_load *load, struct vn_view line, struct vn_error *error);
/* Reads a file's blocks into the open transaction, the cursor last. *included_seq: which of the enrolment's own entries are in
 * the rows. */
enum vn_status cache_load_file(struct cache_load *load, const struct vn_cache_source *source,
                               const struct vn_enrolment_id *enrolment, struct vn_cursor *cursor,
                               int64_t *included_seq, struct vn_error *error);
/* Reads the frame line by line into the open transaction, the cursor last. `from`: where the cache stands;
 * NULL for a snapshot. */
enum vn_status cache_load_frame(struct cache_load *load, struct vn_view frame, const struct vn_cursor *from,
                                struct vn_cursor *cursor, struct vn_error *error);

#endif
