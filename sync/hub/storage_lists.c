#include "sync/hub/storage_lists.h"

#include "sync/hub/storage_sql.h"

enum vn_status vn_storage_stores(struct vn_storage *storage, vn_store_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char id[VN_ID_MAX];
    char name[VN_NAME_MAX];
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT id, name, (SELECT count(*) FROM till WHERE till.store = store.id) FROM store ORDER BY id",
        "");
    while (status == VN_OK) {
        status = vn_row_text(row, 0, id, sizeof id);
        if (status == VN_OK) {
            status = vn_row_text(row, 1, name, sizeof name);
        }
        if (status == VN_OK) {
            status = visit(ctx, id, name, vn_row_int(row, 2));
        }
        if (status == VN_OK) {
            status = vn_row_step(row);
        }
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_codes(struct vn_storage *storage, int64_t now_ms, vn_code_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    enum vn_status status = vn_sql_first(storage, &row,
                                         "SELECT store, till, expires_ms FROM code WHERE expires_ms > ?"
                                         " ORDER BY store, till, expires_ms",
                                         "i", now_ms);
    while (status == VN_OK) {
        status = vn_row_text(row, 0, store, sizeof store);
        if (status == VN_OK) {
            status = vn_row_text(row, 1, till, sizeof till);
        }
        if (status == VN_OK) {
            status = visit(ctx, store, till, vn_row_int(row, 2));
        }
        if (status == VN_OK) {
            status = vn_row_step(row);
        }
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_codes_revoke(struct vn_storage *storage, const char *till, int64_t *count)
{
    *count = 0;
    enum vn_status status =
        vn_sql_number(storage, count, "SELECT count(*) FROM code WHERE till = ?", "t", till);
    return status == VN_OK ? vn_sql_run(storage, "DELETE FROM code WHERE till = ?", "t", till) : status;
}
