/* Lines of imports, a function a kind; each runs inside the import's transaction. What they share beside it. */
#ifndef VN_HUB_IMPORT_LINE_H
#define VN_HUB_IMPORT_LINE_H

#include "agent/base/json.h"
#include "sync/hub/masters/import.h"

/* An item with its aliases, as they are now; `gone`: it and they are taken out. VN_INPUT with its place in the reader's error;
 * statuses of the store. */
VN_MUST_USE enum vn_status vn_import_item(struct vn_hub *hub, const struct vn_json_in *in, bool gone);
/* A card that is blocked by itself; `gone`: it is good again. Likewise. */
VN_MUST_USE enum vn_status vn_import_block(struct vn_hub *hub, const struct vn_json_in *in, bool gone);

/* A member with cards and opening balance. Likewise, as the two below. */
VN_MUST_USE enum vn_status vn_import_member(struct vn_hub *hub, const struct vn_json_in *in, bool gone);
VN_MUST_USE enum vn_status vn_import_coupon(struct vn_hub *hub, const struct vn_json_in *in, bool gone);
/* A receipt of before; nothing is ever `gone`. */
VN_MUST_USE enum vn_status vn_import_receipt(struct vn_hub *hub, const struct vn_json_in *in, bool gone);

/* "birth", as MM-DD; absent leaves the member's. A fault is the reader's. */
void vn_import_birth(const struct vn_json_in *in, struct vn_member *member);
/* YYYY-MM-DD, the day's beginning in UTC and add_ms; absent leaves *out. A fault is the reader's. */
void vn_import_day(const struct vn_json_in *in, const char *key, int64_t add_ms, int64_t *out);
/* A card's or coupon's number: letters and digits. False: the reader has failed. */
bool vn_import_number(const struct vn_json_in *in, const char *key, char out[VN_CARD_TEXT_MAX]);
/* Whether the hashes of a line were made with this hub's key: others would be stored, and never be found. */
bool vn_import_check_key(const struct vn_hub *hub, const struct vn_json_in *in);

#endif
