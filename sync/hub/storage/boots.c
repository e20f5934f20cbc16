/* Starts of tills: the boot entries of their journals, by which a journal that was copied is told from the one that went on. */
#include <string.h>

#include "sync/hub/storage/sql.h"

#define PAGE 1000

enum vn_status vn_storage_boot_put(struct vn_storage *storage, int64_t enrolment,
                                   const uint8_t boot[VN_ID_BYTES], int64_t seq)
{
    return vn_sql_run(storage,
                      "INSERT INTO boot(enrolment, seq, boot) VALUES(?, ?, ?) ON CONFLICT(enrolment, seq)"
                      " DO UPDATE SET boot = excluded.boot",
                      "iib", enrolment, seq, vn_view_of(boot, VN_ID_BYTES));
}

enum vn_status vn_storage_boot_at(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                  uint8_t boot[VN_ID_BYTES])
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT boot FROM boot WHERE enrolment = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
        "ii", enrolment, seq);
    if (status == VN_OK) {
        status = vn_row_bytes(row, 0, boot, VN_ID_BYTES);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_boot_last(struct vn_storage *storage, int64_t enrolment, int64_t *seq,
                                    uint8_t boot[VN_ID_BYTES])
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT seq, boot FROM boot WHERE enrolment = ? ORDER BY seq DESC LIMIT 1", "i",
        enrolment);
    if (status == VN_OK) {
        *seq = vn_row_int(row, 0);
        status = vn_row_bytes(row, 1, boot, VN_ID_BYTES);
        vn_row_reset(row);
    }
    return status;
}

/* Subqueries and no join: each is one look into the table's key, whatever is known of the sizes. */
static enum vn_status last_page(struct vn_storage *storage, int64_t *after, vn_boot_visit visit, void *ctx,
                                unsigned *count)
{
    struct vn_row *row = NULL;
    uint8_t boot[VN_ID_BYTES];
    *count = 0;
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT id, coalesce((SELECT seq FROM boot WHERE enrolment = id ORDER BY seq DESC LIMIT 1), 0),"
        " (SELECT boot FROM boot WHERE enrolment = id ORDER BY seq DESC LIMIT 1)"
        " FROM enrolment WHERE id > ? ORDER BY id LIMIT ?",
        "ii", *after, (int64_t)PAGE);
    while (vn_row_next(row, &status)) {
        ++*count;
        *after = vn_row_int(row, 0);
        if (vn_row_int(row, 1) > 0) {
            status = vn_row_bytes(row, 2, boot, sizeof boot);
            status = status == VN_OK ? visit(ctx, *after, vn_row_int(row, 1), boot) : status;
        }
    }
    return status;
}

enum vn_status vn_storage_boots_last(struct vn_storage *storage, vn_boot_visit visit, void *ctx)
{
    int64_t after = 0;
    unsigned count = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && count == PAGE) {
        status = last_page(storage, &after, visit, ctx, &count);
    }
    return status;
}

enum vn_status vn_storage_boot_known(struct vn_storage *storage, int64_t enrolment,
                                     const uint8_t boot[VN_ID_BYTES])
{
    int64_t found = 0;
    return vn_sql_number(storage, &found, "SELECT 1 FROM boot WHERE enrolment = ? AND boot = ? LIMIT 1", "ib",
                         enrolment, vn_view_of(boot, VN_ID_BYTES));
}
