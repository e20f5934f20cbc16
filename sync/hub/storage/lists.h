/* What people list: stores, codes that wait for their till, what was imported, what was published. Visitors as in storage.h. */
#ifndef VN_HUB_STORAGE_LISTS_H
#define VN_HUB_STORAGE_LISTS_H

#include "sync/hub/storage/storage.h"

typedef enum vn_status (*vn_store_visit)(void *ctx, const char *id, const char *name, int64_t tills);
/* The first VN_REPORT_ROWS_MAX in the order of their ids; `tills` are those that codes were made for. */
VN_MUST_USE enum vn_status vn_storage_stores(struct vn_storage *storage, vn_store_visit visit, void *ctx);

typedef enum vn_status (*vn_code_visit)(void *ctx, const char *store, const char *till, int64_t expires_ms);
/* Codes that are not used and not expired at now_ms, by store and till, the first VN_REPORT_ROWS_MAX; what a code is, nobody can
 * say any more. */
VN_MUST_USE enum vn_status vn_storage_codes(struct vn_storage *storage, int64_t now_ms, vn_code_visit visit,
                                            void *ctx);
/* Takes away the codes of a till. *count: how many there were. */
VN_MUST_USE enum vn_status vn_storage_codes_revoke(struct vn_storage *storage, const char *till,
                                                   int64_t *count);

/* Pages by key, for lists of any length: up to `max` rows above `after`, in the order of the key. */
typedef enum vn_status (*vn_member_visit)(void *ctx, int64_t id, struct vn_view facts);
VN_MUST_USE enum vn_status vn_storage_members_page(struct vn_storage *storage, int64_t after, int64_t max,
                                                   vn_member_visit visit, void *ctx);
typedef enum vn_status (*vn_item_visit)(void *ctx, const char *code, struct vn_view document);
VN_MUST_USE enum vn_status vn_storage_items_page(struct vn_storage *storage, const char *after, int64_t max,
                                                 vn_item_visit visit, void *ctx); /* no aliases */
typedef enum vn_status (*vn_blocked_visit)(void *ctx, const struct vn_blocked_row *row);
VN_MUST_USE enum vn_status vn_storage_blocked_page(struct vn_storage *storage, const struct vn_hash *after,
                                                   int64_t max, vn_blocked_visit visit, void *ctx);
typedef enum vn_status (*vn_coupon_visit)(void *ctx, int64_t id);
VN_MUST_USE enum vn_status vn_storage_coupons_page(struct vn_storage *storage, int64_t after, int64_t max,
                                                   vn_coupon_visit visit, void *ctx);

struct vn_listed {
    int64_t number;
    enum vn_feed_kind kind;    /* VN_FEED_RULESET or VN_FEED_STOP */
    char promotion[VN_ID_MAX]; /* that was stopped */
    int64_t at_ms;
    int64_t bytes; /* of the text */
};
typedef enum vn_status (*vn_listed_visit)(void *ctx, const struct vn_listed *row);
/* The newest `max` rulesets and stops, the newest first. */
VN_MUST_USE enum vn_status vn_storage_published_list(struct vn_storage *storage, int64_t max,
                                                     vn_listed_visit visit, void *ctx);

#endif
