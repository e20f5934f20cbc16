/* Where a till stands, in one header of each of its requests, so that a rolled-back or cloned till and a hub
 * that was set back are noticed at the first contact:
 *
 *     Verno-Till: enrolment=<hex>;seq=42;hash=<hex>;boot=<hex>;acked=40;cursor=1.345;grant=7 */
#ifndef VN_WIRE_STAMP_H
#define VN_WIRE_STAMP_H

#include "agent/base/error.h"
#include "sync/wire/chain.h"

#define VN_STAMP_HEADER   "Verno-Till"
#define VN_STAMP_TEXT_MAX 320

struct vn_cursor {
    int64_t epoch; /* 0: nothing yet */
    int64_t number;
};

struct vn_stamp {
    struct vn_enrolment_id enrolment;
    int64_t head_seq;
    struct vn_hash head_hash;
    uint8_t boot[VN_ID_BYTES];
    int64_t acked_seq;
    struct vn_cursor cursor;
    int64_t grant; /* highest grant number that the till journaled */
};

void vn_stamp_write(const struct vn_stamp *stamp, char out[VN_STAMP_TEXT_MAX]);
VN_MUST_USE enum vn_status vn_stamp_read(struct vn_view text, struct vn_stamp *out, struct vn_error *error);

bool vn_cursor_equal(const struct vn_cursor *a, const struct vn_cursor *b);
void vn_cursor_write(const struct vn_cursor *cursor, char out[VN_ID_MAX]); /* "1.345" */
VN_MUST_USE enum vn_status vn_cursor_read(struct vn_view text, struct vn_cursor *out);

#endif
