#include "sync/hub/storage/lists.h"

#include "sync/hub/storage/sql.h"

enum vn_status vn_storage_stores(struct vn_storage *storage, vn_store_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char id[VN_ID_MAX];
    char name[VN_NAME_MAX];
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT id, name, (SELECT count(*) FROM till WHERE till.store = store.id) FROM store ORDER BY id"
        " LIMIT ?",
        "i", (int64_t)VN_REPORT_ROWS_MAX);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, id, sizeof id);
        if (status == VN_OK) {
            status = vn_row_text(row, 1, name, sizeof name);
        }
        if (status == VN_OK) {
            status = visit(ctx, id, name, vn_row_int(row, 2));
        }
    }
    return status;
}

enum vn_status vn_storage_codes(struct vn_storage *storage, int64_t now_ms, vn_code_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT store, till, expires_ms FROM code WHERE expires_ms > ?"
                                        " ORDER BY store, till, expires_ms LIMIT ?",
                                        "ii", now_ms, (int64_t)VN_REPORT_ROWS_MAX);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, store, sizeof store);
        if (status == VN_OK) {
            status = vn_row_text(row, 1, till, sizeof till);
        }
        if (status == VN_OK) {
            status = visit(ctx, store, till, vn_row_int(row, 2));
        }
    }
    return status;
}

enum vn_status vn_storage_codes_revoke(struct vn_storage *storage, const char *till, int64_t *count)
{
    *count = 0;
    enum vn_status status =
        vn_sql_number(storage, count, "SELECT count(*) FROM code WHERE till = ?", "t", till);
    return status == VN_OK ? vn_sql_run(storage, "DELETE FROM code WHERE till = ?", "t", till) : status;
}

enum vn_status vn_storage_members_page(struct vn_storage *storage, int64_t after, int64_t max,
                                       vn_member_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT id, facts FROM member WHERE id > ? ORDER BY id LIMIT ?", "ii", after, max);
    while (vn_row_next(row, &status)) {
        status = visit(ctx, vn_row_int(row, 0), vn_row_view(row, 1));
    }
    return status;
}

enum vn_status vn_storage_items_page(struct vn_storage *storage, const char *after, int64_t max,
                                     vn_item_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char code[VN_CODE_MAX];
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT code, document FROM item WHERE code > ? AND alias_of = '' ORDER BY code"
                    " LIMIT ?",
                    "ti", after, max);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, code, sizeof code);
        if (status == VN_OK) {
            status = visit(ctx, code, vn_row_view(row, 1));
        }
    }
    return status;
}

enum vn_status vn_storage_blocked_page(struct vn_storage *storage, const struct vn_hash *after, int64_t max,
                                       vn_blocked_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_blocked_row blocked;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT hash, since_ms, reason FROM blocked WHERE hash > ? ORDER BY hash LIMIT ?",
        "bi", vn_view_of(after->bytes, VN_HASH_SIZE), max);
    while (vn_row_next(row, &status)) {
        blocked.since_ms = vn_row_int(row, 1);
        status = vn_row_bytes(row, 0, blocked.card.bytes, VN_HASH_SIZE);
        if (status == VN_OK) {
            status = vn_row_text(row, 2, blocked.reason, sizeof blocked.reason);
        }
        if (status == VN_OK) {
            status = visit(ctx, &blocked);
        }
    }
    return status;
}

enum vn_status vn_storage_coupons_page(struct vn_storage *storage, int64_t after, int64_t max,
                                       vn_coupon_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT id FROM coupon WHERE id > ? ORDER BY id LIMIT ?", "ii", after, max);
    while (vn_row_next(row, &status)) {
        status = visit(ctx, vn_row_int(row, 0));
    }
    return status;
}

enum vn_status vn_storage_published_list(struct vn_storage *storage, int64_t max, vn_listed_visit visit,
                                         void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_listed listed;
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT number, kind, promotion, at_ms, length(text) FROM published"
                                        " ORDER BY number DESC LIMIT ?",
                                        "i", max);
    while (vn_row_next(row, &status)) {
        listed.number = vn_row_int(row, 0);
        listed.kind = (enum vn_feed_kind)vn_row_int(row, 1);
        listed.at_ms = vn_row_int(row, 3);
        listed.bytes = vn_row_int(row, 4);
        status = vn_row_text(row, 2, listed.promotion, sizeof listed.promotion);
        if (status == VN_OK) {
            status = visit(ctx, &listed);
        }
    }
    return status;
}
