#include "sync/hub/storage/branch.h"

#include <string.h>

#include "sync/hub/storage/sql.h"

#define BRANCH_COLUMNS                                                                                       \
    "id, enrolment, origin, successor, from_seq, prev, opened_ms, sales, known, differing, points, coupons"

enum vn_status vn_storage_branch_add(struct vn_storage *storage, const struct vn_branch_row *row)
{
    return vn_sql_run(storage,
                      "INSERT INTO branch(" BRANCH_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      "ibiiibiiiiii", row->id, vn_view_of(row->enrolment.bytes, VN_ID_BYTES), row->origin,
                      row->successor, row->from_seq, vn_view_of(row->prev_hash.bytes, VN_HASH_SIZE),
                      row->opened_ms, row->sales, row->known, row->differing, row->points, row->coupons);
}

enum vn_status vn_storage_branch_put(struct vn_storage *storage, const struct vn_branch_row *row)
{
    return vn_sql_run(
        storage,
        "UPDATE branch SET sales = ?, known = ?, differing = ?, points = ?, coupons = ? WHERE id = ?",
        "iiiiii", row->sales, row->known, row->differing, row->points, row->coupons, row->id);
}

static enum vn_status read_branch(struct vn_row *row, struct vn_branch_row *out)
{
    *out = (struct vn_branch_row){.id = vn_row_int(row, 0),
                                  .origin = vn_row_int(row, 2),
                                  .successor = vn_row_int(row, 3),
                                  .from_seq = vn_row_int(row, 4),
                                  .opened_ms = vn_row_int(row, 6),
                                  .sales = vn_row_int(row, 7),
                                  .known = vn_row_int(row, 8),
                                  .differing = vn_row_int(row, 9),
                                  .points = vn_row_int(row, 10),
                                  .coupons = vn_row_int(row, 11)};
    enum vn_status status = vn_row_bytes(row, 1, out->enrolment.bytes, VN_ID_BYTES);
    return status == VN_OK ? vn_row_bytes(row, 5, out->prev_hash.bytes, VN_HASH_SIZE) : status;
}

enum vn_status vn_storage_branch_get(struct vn_storage *storage, int64_t id, struct vn_branch_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT " BRANCH_COLUMNS " FROM branch WHERE id = ?", "i", id);
    if (status == VN_OK) {
        status = read_branch(row, out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_branch_after(struct vn_storage *storage, const struct vn_enrolment_id *enrolment,
                                       int64_t after, struct vn_branch_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(storage, &row,
                                         "SELECT " BRANCH_COLUMNS
                                         " FROM branch WHERE id > ? AND enrolment = ? ORDER BY id LIMIT 1",
                                         "ib", after, vn_view_of(enrolment->bytes, VN_ID_BYTES));
    if (status == VN_OK) {
        status = read_branch(row, out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_branches(struct vn_storage *storage, vn_branch_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_branch_row branch;
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT " BRANCH_COLUMNS " FROM (SELECT " BRANCH_COLUMNS
                                        " FROM branch ORDER BY id DESC LIMIT ?) AS newest ORDER BY id",
                                        "i", (int64_t)VN_REPORT_ROWS_MAX);
    while (vn_row_next(row, &status)) {
        status = read_branch(row, &branch);
        if (status == VN_OK) {
            status = visit(ctx, &branch);
        }
    }
    return status;
}

enum vn_status vn_storage_branches_count(struct vn_storage *storage, int64_t successor, int64_t most,
                                         int64_t *out)
{
    *out = 0;
    return vn_sql_number(
        storage, out, "SELECT count(*) FROM (SELECT id FROM branch WHERE successor = ? LIMIT ?) AS counted",
        "ii", successor, most);
}

enum vn_status vn_storage_branch_origin(struct vn_storage *storage, int64_t id, int64_t seq, int64_t *origin)
{
    *origin = 0;
    enum vn_status status = vn_sql_number(
        storage, origin, "SELECT origin FROM branch WHERE id = ? AND from_seq > ?", "ii", id, seq);
    return status == VN_ABSENT ? VN_OK : status;
}
