/* A customer whom a till signs up by the card that it gave him: a provisional member, who has a name at most, until an import
 * names his id and makes him a full one. What the card earned before is his, as with an import. */
#ifndef VN_HUB_IMPORT_SIGNUP_H
#define VN_HUB_IMPORT_SIGNUP_H

#include "sync/hub/core/hub.h"
#include "sync/wire/signup.h"

/* Ids of such members are from here to VN_NUMBER_MAX, by their first card: the same card gets the same id again from a hub that
 * was set back. */
#define VN_SIGNUP_FIRST (INT64_C(1) << 52)

/* *member is whose card it is, *fresh whether he is new; a card that has its member changes nothing. Inside the caller's
 * transaction. VN_INPUT, VN_CONFLICT (that member is blocked) with a sentence; statuses of the store. */
VN_MUST_USE enum vn_status vn_import_signup(struct vn_hub *hub, const struct vn_signup *signup,
                                            int64_t *member, bool *fresh, struct vn_error *error);
/* Whether he was signed up so, and no import has made him a full member yet. */
VN_MUST_USE enum vn_status vn_import_is_provisional(struct vn_hub *hub, int64_t member, bool *out);

#endif
