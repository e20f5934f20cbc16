/* Tombstones that nobody needs any more. A change whose row is gone tells tills to drop it; a till that was away for longer
 * than it is kept must begin anew, which the floor of the feed's cursors sees to. */
#include "sync/hub/feed/publisher.h"
#include "sync/hub/ledger/ledger.h"

#define BURIED       "feed-buried" /* up to this number tombstones were looked for */
#define DOCUMENT_MAX 65536

/* VN_ABSENT: the change is a tombstone. */
static enum vn_status look_for_row(struct vn_storage *storage, const struct vn_change *change)
{
    struct vn_coupon_row coupon;
    struct vn_blocked_row blocked;
    struct vn_buf document;
    int64_t id = 0;
    switch (change->kind) {
    case VN_FEED_MEMBER:
        return vn_account_member(change->key, &id) ? vn_storage_member_get(storage, id, NULL)
                                                   : vn_storage_blocked_get(storage, change->key, &blocked);
    case VN_FEED_COUPON:
        return vn_account_coupon(change->key, &id) ? vn_storage_coupon_get(storage, id, &coupon) : VN_CORRUPT;
    case VN_FEED_ITEM: break;
    default: return VN_OK;
    }
    vn_buf_init(&document, DOCUMENT_MAX);
    enum vn_status status = vn_storage_item_get(storage, change->key, &document);
    vn_buf_deinit(&document);
    return status;
}

struct burial {
    int64_t before_ms;
    unsigned max;
    bool more;
};

/* Each number is looked at once in its life: a row that goes later has a new one then. */
static enum vn_status bury_page(void *ctx, struct vn_storage *storage)
{
    struct burial *burial = ctx;
    struct vn_change change;
    int64_t looked = 0, floor = 0;
    unsigned count = 1;
    enum vn_status status = vn_storage_number_or(storage, BURIED, 0, &looked);
    if (status == VN_OK) {
        status = vn_storage_number_or(storage, VN_FEED_FLOOR, 0, &floor);
    }
    burial->more = true;
    for (unsigned i = 0; i < burial->max && burial->more && status == VN_OK; i++) {
        status = vn_storage_changes(storage, "", looked, &change, 1, &count);
        burial->more = status == VN_OK && count == 1 && change.at_ms < burial->before_ms;
        if (burial->more) {
            looked = change.number;
            status = look_for_row(storage, &change);
        }
        if (status == VN_ABSENT) {
            floor = change.number;
            status = vn_storage_change_drop(storage, change.kind, change.key);
        }
    }
    if (status == VN_OK) {
        status = vn_storage_number_put(storage, BURIED, looked);
    }
    return status == VN_OK ? vn_storage_number_put(storage, VN_FEED_FLOOR, floor) : status;
}

enum vn_status vn_feed_bury(struct vn_hub *hub, unsigned max, bool *more)
{
    struct burial burial = {.before_ms = vn_hub_now_ms(hub) - VN_TOMBSTONE_MS, .max = max};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, bury_page, &burial);
    *more = status == VN_OK && burial.more;
    return status;
}
