/* What an entry's envelope says, without building a tree of it: enough to take the entry in. What it means is found out when
 * it is posted (sync/wire/entry.h), and whether it can be posted at all.
 *
 * The scanner reads what jansson reads, byte for byte (RFC 8259, UTF-8 without surrogates and overlong forms, no NUL,
 * integers of 64 bits, VN_JSON_DEPTH_MAX levels), with three differences: numbers with a fraction or an exponent are refused,
 * because no entry has any; so is a NUL after a number, which jansson passes over; and a key that comes twice is noticed among
 * those that are asked for alone. Pure; it allocates nothing. */
#ifndef VN_HUB_INTAKE_SCAN_H
#define VN_HUB_INTAKE_SCAN_H

#include "sync/wire/entry.h"

struct vn_scan {
    enum vn_entry_kind kind; /* VN_ENTRY_KINDS: one that this version does not know */
    int64_t version;
    int64_t wall_ms;
};

/* VN_INPUT: it is no entry; *out is zeros then. */
VN_MUST_USE enum vn_status vn_intake_scan(struct vn_view body, struct vn_scan *out);

#endif
