/* POST /v1/journal: a batch of entries, as lines. The first line says where the batch stands in the chain,
 * each further line is an entry's body, byte for byte:
 *
 *     {"schema":1,"enrolment":"<hex>","from_seq":41,"prev_hash":"<hex>","count":2,"head":"<hex>"}
 *     <body of 41>
 *     <body of 42>
 *
 * `prev_hash` is hash(from_seq - 1), `head` the hash of the last entry. Answer: struct vn_ack as JSON. */
#ifndef VN_WIRE_BATCH_H
#define VN_WIRE_BATCH_H

#include "agent/base/error.h"
#include "sync/wire/chain.h"

struct vn_batch {
    struct vn_enrolment_id enrolment;
    int64_t from_seq;
    struct vn_hash prev_hash;
    struct vn_hash head;
    unsigned count;
    struct vn_view
        bodies[VN_BATCH_ENTRIES_MAX]; /* borrowed from the bytes that were decoded or are to be sent */
};

VN_MUST_USE enum vn_status vn_batch_encode(const struct vn_batch *batch, struct vn_buf *out);
/* Also recomputes the chain: VN_CORRUPT when the bodies don't lead from prev_hash to head. VN_INPUT,
 * VN_UNSUPPORTED. */
VN_MUST_USE enum vn_status vn_batch_decode(struct vn_view bytes, struct vn_batch *out,
                                           struct vn_error *error);

/* The same, and the hash of each entry into `hashes`, which has room for VN_BATCH_ENTRIES_MAX. */
VN_MUST_USE enum vn_status vn_batch_decode_chain(struct vn_view bytes, struct vn_batch *out,
                                                 struct vn_hash *hashes, struct vn_error *error);

struct vn_ack {
    int64_t epoch;
    int64_t acked_seq;   /* the hub has it, durably on its own disk */
    int64_t durable_seq; /* and off the machine; 0 without a backup or standby */
    struct vn_hash head; /* hash(acked_seq) as the hub reckons it */
    int64_t quarantined; /* entries of this till that wait for a person */
    int64_t server_time_ms;
    int64_t delay_ms; /* wait at least this long before the next batch */
    int64_t spread_s; /* after an outage: spread the return over this many seconds */
    int64_t entries;  /* the newest version of entries that the hub reads; hubs that do not say so read 1 */
};

VN_MUST_USE enum vn_status vn_ack_encode(const struct vn_ack *ack, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_ack_decode(struct vn_view bytes, struct vn_ack *out, struct vn_error *error);

/* The answer 409: what the hub expects next. */
struct vn_expected {
    int64_t expected_seq;
    struct vn_hash head; /* hash(expected_seq - 1) */
};

VN_MUST_USE enum vn_status vn_expected_encode(const struct vn_expected *expected, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_expected_decode(struct vn_view bytes, struct vn_expected *out,
                                              struct vn_error *error);

#endif
