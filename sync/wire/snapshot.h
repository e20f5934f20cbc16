/* A snapshot: everything that a till caches, as of one cursor, in one file of sorted rows.
 *
 *     file    header, blocks of the sections in their order, the end
 *     header  "VNS1", schema, epoch, number                                                        24 bytes
 *     block   section, rows, bytes of the rows, bytes zipped, hash                                 48 bytes
 *             the rows, zipped by zlib
 *     row     bytes of the key (1), bytes of the value (4), key, value
 *
 * Numbers are big-endian. A block's hash is SHA-256(hash before || the 16 bytes before it || what is zipped), beginning with
 * that of the header: a block that is damaged, missing, or of another file is found where it stands, and everything before it
 * is good. So a download goes on at the first block that is not whole. The end is a block of its own section without rows;
 * a file without it was cut.
 *
 * Keys rise strictly within a section, by bytes: who fills a B-tree with them only ever appends. What keys and values are:
 *
 *     TILLS    enrolment, 16 bytes                         up to where its journal is in the rows: 8 bytes
 *     RULES    number of the ruleset or stop, 8 bytes      its line as in the feed (sync/wire/feed.h)
 *     CARDS    hash of the card, 32 bytes                  the length of the account (1), the account, the member's row packed
 *     COUPONS  hash of the number, 32 bytes                the length of its key (1), the key, the coupon's row packed
 *     ITEMS    code, its own or an alias                   the item's row packed
 *
 * A row of TILLS says which of a till's own entries are in the balances; a till without one has written none before. Packed rows
 * are those of sync/wire/member_row.h. Nothing here does I/O or looks into a row; memory is one block, zipped and not. */
#ifndef VN_WIRE_SNAPSHOT_H
#define VN_WIRE_SNAPSHOT_H

#include "agent/base/error.h"
#include "sync/wire/chain.h"
#include "sync/wire/stamp.h"

#define VN_SNAPSHOT_TYPE       "application/vnd.verno.snapshot"
/* How a till says that it takes such a file: its Accept header. */
#define VN_SNAPSHOT_ACCEPT     VN_SNAPSHOT_TYPE ", application/x-ndjson;schema=2"
#define VN_SNAPSHOT_HEAD_BYTES 24
#define VN_BLOCK_HEAD_BYTES    48
#define VN_SNAPSHOT_KEY_MAX    48

enum vn_snapshot_section {
    VN_SNAPSHOT_TILLS,
    VN_SNAPSHOT_RULES,
    VN_SNAPSHOT_CARDS,
    VN_SNAPSHOT_COUPONS,
    VN_SNAPSHOT_ITEMS,
    VN_SNAPSHOT_END,
};

struct vn_snapshot_row {
    enum vn_snapshot_section section;
    struct vn_view key, value; /* borrowed */
};

/* --- writing ---------------------------------------------------------------------------------------------- */

struct vn_snapshot_writer; /* opaque */

/* Takes the next bytes of the file; what it returns other than VN_OK ends the writing. */
typedef enum vn_status (*vn_snapshot_write)(void *ctx, struct vn_view bytes);

/* VN_NOMEM, or what `write` says of the header. */
VN_MUST_USE enum vn_status vn_snapshot_writer_create(const struct vn_cursor *cursor, vn_snapshot_write write,
                                                     void *ctx, struct vn_snapshot_writer **out);
/* VN_ARG: a row out of order, or without a key; VN_FULL: too large. After a failure only destroy is left. */
VN_MUST_USE enum vn_status vn_snapshot_put(struct vn_snapshot_writer *writer,
                                           const struct vn_snapshot_row *row);
/* The last block and the end. */
VN_MUST_USE enum vn_status vn_snapshot_finish(struct vn_snapshot_writer *writer);
void vn_snapshot_writer_destroy(struct vn_snapshot_writer *writer); /* NULL is fine */

/* --- reading ---------------------------------------------------------------------------------------------- */

/* How far a file was read: a plain value. */
struct vn_snapshot_reader {
    int64_t offset; /* everything before it is good */
    struct vn_cursor cursor;
    struct vn_hash chain;
    enum vn_snapshot_section section;
    bool ended;
    uint32_t rows;                         /* of the last block, that vn_snapshot_next_row gave */
    uint8_t last_key[VN_SNAPSHOT_KEY_MAX]; /* of the section, as it gave it */
    size_t last_key_len;
};

struct vn_snapshot_block {
    enum vn_snapshot_section section;
    uint32_t rows;
    uint32_t raw_len;
    struct vn_view packed; /* borrowed from the bytes that it was found in */
};

void vn_snapshot_reader_init(struct vn_snapshot_reader *reader);
/* Looks at the bytes that follow reader->offset: a block that is whole there, its hash checked. The file's header is read on
 * the way. VN_AGAIN: at least *need bytes from reader->offset are necessary. VN_ABSENT: the end was read; bytes behind it are
 * VN_INPUT. VN_UNSUPPORTED: a newer schema; VN_INPUT: damaged. The reader stays where it is then. */
VN_MUST_USE enum vn_status vn_snapshot_next_block(struct vn_snapshot_reader *reader, struct vn_view bytes,
                                                  struct vn_snapshot_block *out, size_t *need);
/* The block's rows, in place of what is in `raw`. VN_INPUT: not what its head says; VN_NOMEM, VN_FULL (of raw). */
VN_MUST_USE enum vn_status vn_snapshot_unpack(const struct vn_snapshot_block *block, struct vn_buf *raw);
/* Cuts the next row off *rest, its order checked against the row before, also over blocks. VN_ABSENT: no more. VN_INPUT. */
VN_MUST_USE enum vn_status vn_snapshot_next_row(struct vn_snapshot_reader *reader,
                                                const struct vn_snapshot_block *block, struct vn_view *rest,
                                                struct vn_snapshot_row *out);

#endif
