/* The catalogue as it was: each state of an item with the number of the feed from which tills had it, so that a receipt can be
 * quoted again with the goods of its moment.
 *
 * A state that was just imported has no number yet; the publisher gives it that of the item's change. Until then, and for as
 * long as a till is behind, nobody knows which of two states a till had: frames have rows as they are, and an item that
 * changed again is in the later frame alone. So a state also says when the next one came. States that were replaced are
 * kept for VN_ITEM_STATES_MS. */
#ifndef VN_HUB_STORAGE_ITEMS_H
#define VN_HUB_STORAGE_ITEMS_H

#include "sync/hub/storage/storage.h"

#define VN_ITEM_STATES_MS (35 * INT64_C(86400000)) /* as long as the feed's tombstones */

/* What a till that followed the feed up to `number` had of an item: appends its document. VN_ABSENT: it was not in the
 * catalogue. *next_ms: when the next state came, which such a till may have had, too; 0: none did. */
VN_MUST_USE enum vn_status vn_storage_item_state(struct vn_storage *storage, const char *code, int64_t number,
                                                 struct vn_buf *document, int64_t *next_ms);
/* From which number on that is known. */
VN_MUST_USE enum vn_status vn_storage_item_states_from(struct vn_storage *storage, int64_t *number);
/* The item's change has this number now: for the publisher. */
VN_MUST_USE enum vn_status vn_storage_item_numbered(struct vn_storage *storage, const char *code,
                                                    int64_t number);
/* Forgets up to `max` states that were replaced before `before_ms`. *more: call again. */
VN_MUST_USE enum vn_status vn_storage_item_states_forget(struct vn_storage *storage, int64_t before_ms,
                                                         unsigned max, bool *more);

#endif
