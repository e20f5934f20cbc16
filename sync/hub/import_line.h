/* Lines of imports, a function a kind; each runs inside the import's transaction. What they share beside it. */
#ifndef VN_HUB_IMPORT_LINE_H
#define VN_HUB_IMPORT_LINE_H

#include "agent/base/json.h"
#include "sync/hub/import.h"

/* An item with its aliases, as they are now; `gone`: it and they are taken out. VN_INPUT with its place in the reader's error;
 * statuses of the store. */
VN_MUST_USE enum vn_status vn_import_item(struct vn_hub *hub, const struct vn_json_in *in, bool gone);
/* A card that is blocked by itself; `gone`: it is good again. Likewise. */
VN_MUST_USE enum vn_status vn_import_block(struct vn_hub *hub, const struct vn_json_in *in, bool gone);

/* A card's or coupon's number: letters and digits. False: the reader has failed. */
bool vn_import_number(const struct vn_json_in *in, const char *key, char out[VN_CARD_TEXT_MAX]);
/* Whether the hashes of a line were made with this hub's key: others would be stored, and never be found. */
bool vn_import_check_key(const struct vn_hub *hub, const struct vn_json_in *in);

#endif
