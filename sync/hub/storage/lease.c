#include "sync/hub/storage/lease.h"

#include <string.h>

#include "sync/hub/storage/sql.h"

struct lease {
    bool mine;
    int64_t left_ms; /* 0 or below: free */
};

static enum vn_status find(struct vn_storage *storage, const char *name, struct lease *out)
{
    struct vn_row *row = NULL;
    int64_t until_ms = 0;
    int64_t now_ms = 0;
    *out = (struct lease){false, 0};
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT holder, until_ms FROM lease WHERE name = ?", "t", name);
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_OK : status;
    }
    struct vn_view holder = vn_row_view(row, 0);
    out->mine = holder.len == VN_ID_BYTES && memcmp(holder.data, storage->holder, VN_ID_BYTES) == 0;
    until_ms = vn_row_int(row, 1);
    vn_row_reset(row);
    status = storage->sql->ops->now_ms(storage->sql, &now_ms);
    out->left_ms = until_ms - now_ms;
    return status;
}

static bool is_alone(const struct vn_storage *storage)
{
    return !vn_storage_is_server(storage);
}

enum vn_status vn_storage_lease(struct vn_storage *storage, const char *name, int64_t for_ms, bool *held)
{
    struct lease lease;
    int64_t now_ms = 0;
    *held = is_alone(storage);
    if (*held) {
        return VN_OK;
    }
    enum vn_status status = find(storage, name, &lease);
    if (status != VN_OK || (!lease.mine && lease.left_ms > 0)) {
        return status;
    }
    *held = true;
    if (lease.mine && lease.left_ms > for_ms / 3 * 2) {
        return VN_OK;
    }
    status = storage->sql->ops->now_ms(storage->sql, &now_ms);
    return status == VN_OK
               ? vn_sql_run(storage,
                            "INSERT INTO lease(name, holder, until_ms) VALUES(?, ?, ?) ON CONFLICT(name)"
                            " DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms",
                            "tbi", name, vn_view_of(storage->holder, VN_ID_BYTES), now_ms + for_ms)
               : status;
}

enum vn_status vn_storage_lease_free(struct vn_storage *storage, const char *name)
{
    return is_alone(storage)
               ? VN_OK
               : vn_sql_run(storage, "UPDATE lease SET until_ms = 0 WHERE name = ? AND holder = ?", "tb",
                            name, vn_view_of(storage->holder, VN_ID_BYTES));
}

enum vn_status vn_storage_lease_is_others(struct vn_storage *storage, const char *name, bool *out)
{
    struct lease lease = {false, 0};
    enum vn_status status = is_alone(storage) ? VN_OK : find(storage, name, &lease);
    *out = status == VN_OK && !lease.mine && lease.left_ms > 0;
    return status;
}
