/* Records in few bytes, for rows that a till stores by the million: what a struct holds beside zeros, in the order of a table.
 *
 *     mask      which fields follow, bit 0 the table's first; a field that is zero or empty is left out
 *     fields    each as its kind says:
 *       flag      nothing: its bit is the value
 *       number    zigzag, seven bits a byte, lowest first
 *       text      its length, then the bytes: UTF-8 without control characters
 *       list      how many, then each element by the table of its own
 *
 * Mask and lengths are numbers of seven bits a byte. The same record always gives the same bytes, and reading refuses all
 * others, so that a row can be compared by its bytes. A table only ever grows at its end; bits that it does not have are of a
 * later version. */
#ifndef VN_WIRE_PACK_H
#define VN_WIRE_PACK_H

#include "agent/base/bytes.h"

enum vn_pack_kind { VN_PACK_FLAG, VN_PACK_NUMBER, VN_PACK_COUNT, VN_PACK_TEXT, VN_PACK_LIST };

struct vn_pack_table;

struct vn_pack_field {
    enum vn_pack_kind kind; /* of bool, int64_t, unsigned, char[], and an array of elements */
    size_t at;              /* in the record */
    size_t size;            /* text: its room, with the NUL; list: bytes of an element */
    int64_t low, high;      /* number, count: what is not refused; list: `high` elements at most */
    size_t count_at;        /* list: of the unsigned that counts its elements */
    const struct vn_pack_table *elements;
};

struct vn_pack_table {
    const struct vn_pack_field *fields;
    unsigned count; /* at most 63 */
};

/* Appends the record. VN_ARG for one that could not be read back (out of bounds, no text), VN_FULL, VN_NOMEM: nothing is
 * appended then. */
VN_MUST_USE enum vn_status vn_pack_write(const struct vn_pack_table *table, const void *record,
                                         struct vn_buf *out);
/* Cuts a record off the front of *rest; what it does not have is left as it is, so the caller begins with zeros. VN_INPUT:
 * not what vn_pack_write makes; VN_UNSUPPORTED: of a later version. */
VN_MUST_USE enum vn_status vn_pack_read(const struct vn_pack_table *table, struct vn_view *rest,
                                        void *record);

#endif
