/* Importing master data: one JSON document a line, idempotent by id (docs/hub.md has the formats).
 *
 * Card and coupon numbers become keyed hashes here; the numbers are neither stored nor logged, and no error
 * text quotes them. */
#ifndef VN_HUB_IMPORT_H
#define VN_HUB_IMPORT_H

#include "sync/hub/core/hub.h"

#define VN_IMPORT_MARK_MAX  17
#define VN_EXPORT_KEY_MAX   (2 * VN_HASH_SIZE + 1) /* of the row that an export goes on behind */
#define VN_MEMBER_FACTS_MAX 65536                  /* bytes of one stored document */

enum vn_import_kind {
    VN_IMPORT_ITEMS,
    VN_IMPORT_MEMBERS,
    VN_IMPORT_COUPONS,
    VN_IMPORT_CARDS, /* that are blocked */
    VN_IMPORT_HISTORY,
    VN_IMPORTS
};

/* "catalogue", "members", "coupons", "cards", "history"; VN_IMPORTS for anything else. */
enum vn_import_kind vn_import_kind_of(const char *name);

/* Takes in all lines of `text`, in one transaction of its own: all or none. *count: lines that were not empty.
 * VN_INPUT with the line's number within `text` and a pointer in *error; statuses of the store. */
VN_MUST_USE enum vn_status vn_import(struct vn_hub *hub, enum vn_import_kind kind, struct vn_view text,
                                     int64_t *count, struct vn_error *error);

/* Points the card to the member; what it earned before it was known becomes his. Inside the caller's transaction. */
VN_MUST_USE enum vn_status vn_import_card(struct vn_hub *hub, int64_t id, const struct vn_hash *hash);

/* Tells which card.key hashes were made with, and nothing of the key. */
void vn_import_key_mark(const struct vn_hub *hub, char out[VN_IMPORT_MARK_MAX]);

#endif
