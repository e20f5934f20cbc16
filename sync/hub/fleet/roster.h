/* The rosters of stores (sync/wire/roster.h): who may lend to whom, signed with the publishing key. Made from what the tills say
 * of themselves in their reports; a new one, with a higher number, whenever that has changed. */
#ifndef VN_HUB_ROSTER_H
#define VN_HUB_ROSTER_H

#include "sync/hub/core/hub.h"
#include "sync/hub/storage/lending.h"

/* Takes down where a till listens, out of its report; a report that says nothing of it changes nothing. In the caller's
 * transaction. VN_INPUT: what it says can't be. */
VN_MUST_USE enum vn_status vn_roster_hear(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                          const json_t *report, struct vn_error *error);

/* The store's roster as it has to be now, its text into `text` (may be NULL); made and signed when it is another than the
 * last. In the caller's transaction, which must be able to write. VN_ABSENT: no till of it has said where it is. */
VN_MUST_USE enum vn_status vn_roster_now(struct vn_hub *hub, const char *store, struct vn_roster_row *out,
                                         struct vn_buf *text);
/* The same where nobody asks for it, but who is in the store may have changed. */
VN_MUST_USE enum vn_status vn_roster_refresh(struct vn_hub *hub, const char *store);

#endif
