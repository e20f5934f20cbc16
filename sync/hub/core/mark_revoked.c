#include "sync/hub/core/mark_revoked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "sync/hub/core/mark_lines.h"

#define ID_DIGITS (2 * VN_ID_BYTES)
#define PAGE      64 /* enrolments whose lines are written at once */

/* --- writing ---------------------------------------------------------------------------------------------- */

static size_t put_line(const struct vn_enrolment_row *row, int64_t now_ms, char out[VN_MARK_LINE_MAX])
{
    char hex[ID_DIGITS + 1];
    char time[VN_TIME_TEXT_MAX];
    vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), hex);
    vn_time_text(now_ms, time);
    return (size_t)snprintf(out, VN_MARK_LINE_MAX, "\n%s %s %s\n", hex, row->till, time);
}

/* --- reading ---------------------------------------------------------------------------------------------- */

typedef enum vn_status (*visit_id)(void *ctx, const struct vn_enrolment_id *enrolment);

struct reading {
    visit_id visit;
    void *ctx;
};

static enum vn_status on_line(void *ctx, const char *line)
{
    const struct reading *reading = ctx;
    struct vn_enrolment_id enrolment;
    bool whole = strcspn(line, " ") == ID_DIGITS &&
                 vn_hex_decode(vn_view_of(line, ID_DIGITS), enrolment.bytes, VN_ID_BYTES) == VN_OK;
    return whole ? reading->visit(reading->ctx, &enrolment) : VN_OK;
}

/* Each line that is whole. */
static enum vn_status read_lines(const char *path, visit_id visit, void *ctx, struct vn_error *error)
{
    struct reading reading = {visit, ctx};
    struct vn_error why = {VN_OK, "", ""};
    enum vn_status status = vn_mark_lines_read(path, on_line, &reading, &why);
    return why.status == VN_OK
               ? status
               : vn_fail(error, status,
                         "%s: it says whom the hub revoked; make it readable, or move it away "
                         "and revoke those tills again",
                         why.text);
}

struct again {
    struct vn_storage *storage;
    int64_t count;
};

static enum vn_status revoke_again(void *ctx, const struct vn_enrolment_id *enrolment)
{
    struct again *again = ctx;
    struct vn_enrolment_row row;
    enum vn_status status = vn_storage_enrolment_get(again->storage, enrolment, &row);
    if (status != VN_OK || (row.state != VN_ENROLMENT_ACTIVE && row.state != VN_ENROLMENT_BRANCH)) {
        return status == VN_ABSENT ? VN_OK : status;
    }
    row.state = VN_ENROLMENT_REVOKED;
    again->count++;
    return vn_storage_enrolment_put(again->storage, &row);
}

enum vn_status vn_mark_revoke_again(const char *path, struct vn_storage *storage, int64_t *count,
                                    struct vn_error *error)
{
    struct again again = {storage, 0};
    enum vn_status status = read_lines(path, revoke_again, &again, error);
    *count = again.count;
    return status;
}

/* --- what has no line ------------------------------------------------------------------------------------- */

struct lines {
    struct vn_enrolment_id *ids; /* in order, when all were read */
    size_t count, room;
};

static enum vn_status keep_id(void *ctx, const struct vn_enrolment_id *enrolment)
{
    struct lines *lines = ctx;
    if (lines->count == lines->room) {
        size_t room = lines->room == 0 ? PAGE : 2 * lines->room;
        struct vn_enrolment_id *ids = realloc(lines->ids, room * sizeof *ids);
        if (ids == NULL) {
            return VN_NOMEM;
        }
        lines->ids = ids;
        lines->room = room;
    }
    lines->ids[lines->count++] = *enrolment;
    return VN_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct vn_enrolment_id));
}

static bool has_line(const struct lines *lines, const struct vn_enrolment_id *enrolment)
{
    return lines->count > 0 &&
           bsearch(enrolment, lines->ids, lines->count, sizeof *lines->ids, by_bytes) != NULL;
}

/* Of a page of rows those without a line, by one write. */
static enum vn_status add_lines(const char *path, const struct lines *lines,
                                const struct vn_enrolment_row *rows, unsigned row_count, int64_t now_ms,
                                int64_t *count, struct vn_error *error)
{
    char text[PAGE * VN_MARK_LINE_MAX];
    size_t len = 0;
    unsigned added = 0;
    for (unsigned i = 0; i < row_count; i++) {
        if (!has_line(lines, &rows[i].enrolment)) {
            len += put_line(&rows[i], now_ms, text + len);
            added++;
        }
    }
    enum vn_status status = added == 0 ? VN_OK : vn_mark_lines_add(path, text, len, error);
    *count += status == VN_OK ? added : 0;
    return status;
}

enum vn_status vn_mark_revoked_fill(const char *path, struct vn_storage *storage, int64_t now_ms,
                                    int64_t *count, struct vn_error *error)
{
    struct lines lines = {.ids = NULL};
    struct vn_enrolment_row rows[PAGE];
    int64_t after = 0;
    unsigned page = PAGE;
    *count = 0;
    enum vn_status status = read_lines(path, keep_id, &lines, error);
    if (status == VN_OK && lines.count > 0) {
        qsort(lines.ids, lines.count, sizeof *lines.ids, by_bytes);
    }
    while (status == VN_OK && page == PAGE) {
        status = vn_storage_revoked(storage, after, PAGE, rows, &page);
        if (status == VN_OK && page > 0) {
            after = rows[page - 1].id;
            status = add_lines(path, &lines, rows, page, now_ms, count, error);
        }
    }
    free(lines.ids);
    return status;
}
