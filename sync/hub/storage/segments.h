/* Journals as they came: one row a batch, its bytes zipped as the till sent them, and up to where they are posted.
 *
 * Segments of an enrolment follow each other without a gap, from entry 1 to its high_seq. What is in a segment is acknowledged;
 * what it means is posted later. An entry is found by its number: its segment is read, unzipped and cut into lines. */
#ifndef VN_HUB_STORAGE_SEGMENTS_H
#define VN_HUB_STORAGE_SEGMENTS_H

#include "sync/hub/storage/storage.h"
#include "sync/wire/batch.h"

/* What the bytes of a segment are. */
enum vn_packing {
    VN_PACKING_GZIP, /* a batch (sync/wire/batch.h), zipped */
    VN_PACKING_NONE, /* a batch */
    VN_PACKING_BODY, /* the body of one entry: from databases of the first version */
};

struct vn_segment_row {
    int64_t enrolment;
    int64_t from_seq;
    int64_t count;
    int64_t skip;        /* entries at the beginning of the bytes that an earlier segment has */
    struct vn_hash head; /* hash(from_seq + count - 1) */
    int64_t
        since_ms; /* hub time of the last one before it that left nothing unsent: its entries happened after that */
    int64_t arrived_ms;
    enum vn_packing packing;
    struct vn_view bytes;
};
VN_MUST_USE enum vn_status vn_storage_segments_put(struct vn_storage *storage,
                                                   const struct vn_segment_row *rows, size_t count);

/* A segment that was opened. */
struct vn_segment {
    struct vn_segment_row row; /* without its bytes */
    struct vn_buf text;
    struct vn_batch batch; /* cut out of `text`; a single body alone when it was packed as one */
};
/* The segment that has this entry; of a branch also of what is before it. VN_ABSENT; VN_CORRUPT: its bytes are not what was
 * stored. To be ended by vn_segment_deinit after VN_OK. */
VN_MUST_USE enum vn_status vn_storage_segment_at(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                                 struct vn_segment *out);
void vn_segment_deinit(struct vn_segment *segment);
/* `seq` is one of the segment's. */
struct vn_view vn_segment_body(const struct vn_segment *segment, int64_t seq);
void vn_segment_hash(const struct vn_segment *segment, int64_t seq, struct vn_hash *out);

/* One entry of it. VN_ABSENT, VN_CORRUPT. The body is appended. */
VN_MUST_USE enum vn_status vn_storage_entry_hash(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                                 struct vn_hash *out);
VN_MUST_USE enum vn_status vn_storage_entry_body(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                                 struct vn_buf *out);

/* Enrolments with entries that are not posted, by number, above `after`: at most `max`. */
VN_MUST_USE enum vn_status vn_storage_behind(struct vn_storage *storage, int64_t after, unsigned max,
                                             struct vn_enrolment_row *out, unsigned *count);
/* How many entries are not posted. */
VN_MUST_USE enum vn_status vn_storage_backlog(struct vn_storage *storage, int64_t *entries);

#endif
