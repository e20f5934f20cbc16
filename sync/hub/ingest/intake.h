/* What a till sent to POST /v1/journal, read and checked as far as that needs no database: unzipped, its chain reckoned, and
 * of each entry what its envelope says. The bytes are kept as they came, zipped, and so they are stored (segment): the
 * hub never writes an entry's bytes anew.
 *
 * Pure, and all of it on a thread of its own; what it reads has limits (VN_BATCH_BYTES_MAX, VN_BATCH_ENTRIES_MAX). */
#ifndef VN_HUB_INTAKE_H
#define VN_HUB_INTAKE_H

#include "sync/hub/storage/segments.h"
#include "sync/wire/entry.h"

struct vn_intake_entry {
    struct vn_hash hash;
    enum vn_entry_kind kind; /* VN_ENTRY_KINDS: not readable, or not known to this version */
    bool readable;           /* it has an envelope; whether it can be posted is found out then */
    uint32_t boot;           /* of a boot entry: 1 + its place in `boots` */
};

struct vn_intake {
    struct vn_enrolment_id enrolment;
    int64_t from_seq;
    struct vn_hash prev_hash;
    unsigned count;
    struct vn_intake_entry *entries; /* `count` */
    uint8_t (*boots)[VN_ID_BYTES];   /* ids of the starts among them */
    unsigned boot_count;
    int64_t wall_ms; /* of the last one that can be read, by the till's clock; 0: none can */
    enum vn_packing packing;
    struct vn_buf bytes; /* the whole batch, its first line too */
};

/* `body` is as it came; `zipped` says how. A body that came plain is zipped here when that is worth it. VN_INPUT: no gzip,
 * or no batch; VN_FULL: larger than VN_BATCH_BYTES_MAX when unzipped; VN_CORRUPT, VN_UNSUPPORTED: as vn_batch_decode;
 * all with a sentence. VN_NOMEM. *out is the caller's, to be destroyed. */
VN_MUST_USE enum vn_status vn_intake_read(struct vn_view body, bool zipped, struct vn_intake **out,
                                          struct vn_error *error);
void vn_intake_destroy(struct vn_intake *intake); /* NULL is fine */

/* The chain's hash behind the first `count` of its entries. */
static inline const struct vn_hash *vn_intake_hash(const struct vn_intake *intake, int64_t count)
{
    return count == 0 ? &intake->prev_hash : &intake->entries[count - 1].hash;
}

#endif
