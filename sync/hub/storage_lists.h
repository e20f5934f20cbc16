/* What people list: stores, codes that wait for their till. Visitors as in storage.h. */
#ifndef VN_HUB_STORAGE_LISTS_H
#define VN_HUB_STORAGE_LISTS_H

#include "sync/hub/storage.h"

typedef enum vn_status (*vn_store_visit)(void *ctx, const char *id, const char *name, int64_t tills);
/* In the order of their ids; `tills` are those that codes were made for. */
VN_MUST_USE enum vn_status vn_storage_stores(struct vn_storage *storage, vn_store_visit visit, void *ctx);

typedef enum vn_status (*vn_code_visit)(void *ctx, const char *store, const char *till, int64_t expires_ms);
/* Codes that are not used and not expired at now_ms; what a code is, nobody can say any more. */
VN_MUST_USE enum vn_status vn_storage_codes(struct vn_storage *storage, int64_t now_ms, vn_code_visit visit,
                                            void *ctx);
/* Takes away the codes of a till. *count: how many there were. */
VN_MUST_USE enum vn_status vn_storage_codes_revoke(struct vn_storage *storage, const char *till,
                                                   int64_t *count);

#endif
