#include "sync/hub/core/mark_enrolled.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/bytes.h"
#include "agent/base/number.h"
#include "sync/hub/core/mark_lines.h"
#include "sync/wire/chain.h"

#define ID_DIGITS (2 * VN_ID_BYTES)

static size_t put_line(const struct vn_enrolment_row *row, char out[VN_MARK_LINE_MAX])
{
    char hex[ID_DIGITS + 1];
    vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), hex);
    return (size_t)snprintf(out, VN_MARK_LINE_MAX, "\n%s %lld %s %s\n", hex, (long long)row->created_ms,
                            row->store, row->till);
}

enum vn_status vn_mark_enrolled_add(const char *path, const struct vn_enrolment_row *row,
                                    struct vn_error *error)
{
    char line[VN_MARK_LINE_MAX];
    return vn_mark_lines_add(path, line, put_line(row, line), error);
}

/* The next word of a line, without blanks. */
static bool take_word(const char **at, char end, char *out, size_t size)
{
    const char ends[] = {' ', '\n', '\0'};
    size_t len = strcspn(*at, ends);
    if (len == 0 || (*at)[len] != end || vn_view_copy_str(vn_view_of(*at, len), out, size) != VN_OK) {
        return false;
    }
    *at += len + 1;
    return true;
}

static bool read_line(const char *line, struct vn_enrolment_row *out)
{
    char hex[ID_DIGITS + 1];
    char created[24];
    char *end = NULL;
    *out = (struct vn_enrolment_row){.state = VN_ENROLMENT_ACTIVE};
    if (!take_word(&line, ' ', hex, sizeof hex) || !take_word(&line, ' ', created, sizeof created) ||
        !take_word(&line, ' ', out->store, sizeof out->store) ||
        !take_word(&line, '\n', out->till, sizeof out->till)) {
        return false;
    }
    errno = 0;
    out->created_ms = strtoll(created, &end, 10);
    return errno == 0 && *end == '\0' &&
           vn_hex_decode(vn_view_str(hex), out->enrolment.bytes, VN_ID_BYTES) == VN_OK;
}

/* --- what the storage does not know ----------------------------------------------------------------------- */

struct reading {
    struct vn_storage *storage;
    bool add; /* they are made known */
    int64_t now_ms;
    int64_t count;
};

static enum vn_status make_known(struct vn_storage *storage, struct vn_enrolment_row *row, int64_t now_ms)
{
    char name[VN_NAME_MAX];
    enum vn_status status = vn_storage_store_name(storage, row->store, name);
    if (status == VN_ABSENT) {
        status = vn_storage_store_put(storage, row->store, row->store);
    }
    if (status == VN_OK) {
        status = vn_storage_till_put(storage, row->store, row->till);
    }
    status = status == VN_CONFLICT ? VN_OK : status; /* its till has moved */
    row->ack_ms = vn_least(row->created_ms, now_ms);
    vn_chain_start(&row->enrolment, &row->head);
    return status == VN_OK ? vn_storage_enrolment_add(storage, row) : status;
}

static enum vn_status on_line(void *ctx, const char *line)
{
    struct reading *reading = ctx;
    struct vn_enrolment_row said;
    struct vn_enrolment_row known;
    if (!read_line(line, &said)) {
        return VN_OK;
    }
    enum vn_status status = vn_storage_enrolment_get(reading->storage, &said.enrolment, &known);
    if (status != VN_ABSENT) {
        return status;
    }
    reading->count++;
    return reading->add ? make_known(reading->storage, &said, reading->now_ms) : VN_OK;
}

static enum vn_status read_file(const char *path, vn_mark_line_visit visit, void *ctx, struct vn_error *error)
{
    struct vn_error why = {VN_OK, "", ""};
    enum vn_status status = vn_mark_lines_read(path, visit, ctx, &why);
    return why.status == VN_OK
               ? status
               : vn_fail(error, status,
                         "%s: it says which tills were enrolled; make it readable, or move it away and "
                         "enrol anew those that the hub does not know",
                         why.text);
}

enum vn_status vn_mark_enrolled_missing(const char *path, struct vn_storage *storage, int64_t *count,
                                        struct vn_error *error)
{
    struct reading reading = {.storage = storage};
    enum vn_status status = read_file(path, on_line, &reading, error);
    *count = reading.count;
    return status;
}

enum vn_status vn_mark_enrol_again(const char *path, struct vn_storage *storage, int64_t now_ms,
                                   int64_t *count, struct vn_error *error)
{
    struct reading reading = {.storage = storage, .add = true, .now_ms = now_ms};
    enum vn_status status = read_file(path, on_line, &reading, error);
    *count = reading.count;
    return status;
}

/* --- what has no line ------------------------------------------------------------------------------------- */

struct filling {
    const char *path;
    struct vn_error *error;
    struct vn_enrolment_id *ids; /* that have a line, in order when all were read */
    size_t count, room;
    char text[64 * VN_MARK_LINE_MAX]; /* of lines that are still to be written */
    size_t len;
};

static enum vn_status keep_id(void *ctx, const char *line)
{
    struct filling *filling = ctx;
    struct vn_enrolment_row row;
    if (!read_line(line, &row)) {
        return VN_OK;
    }
    if (filling->count == filling->room) {
        size_t room = filling->room == 0 ? 64 : 2 * filling->room;
        struct vn_enrolment_id *ids = realloc(filling->ids, room * sizeof *ids);
        if (ids == NULL) {
            return VN_NOMEM;
        }
        filling->ids = ids;
        filling->room = room;
    }
    filling->ids[filling->count++] = row.enrolment;
    return VN_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct vn_enrolment_id));
}

static enum vn_status write_out(struct filling *filling)
{
    size_t len = filling->len;
    filling->len = 0;
    return len == 0 ? VN_OK : vn_mark_lines_add(filling->path, filling->text, len, filling->error);
}

static enum vn_status on_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                   int64_t report_ms)
{
    struct filling *filling = ctx;
    (void)report;
    (void)report_ms;
    bool has_line = filling->count > 0 && bsearch(&row->enrolment, filling->ids, filling->count,
                                                  sizeof *filling->ids, by_bytes) != NULL;
    if (has_line || row->state == VN_ENROLMENT_HANDED_IN) {
        return VN_OK;
    }
    enum vn_status status =
        filling->len + VN_MARK_LINE_MAX > sizeof filling->text ? write_out(filling) : VN_OK;
    filling->len += put_line(row, filling->text + filling->len);
    return status;
}

enum vn_status vn_mark_enrolled_fill(const char *path, struct vn_storage *storage, struct vn_error *error)
{
    struct filling filling = {.path = path, .error = error};
    enum vn_status status = read_file(path, keep_id, &filling, error);
    if (status == VN_OK && filling.count > 0) {
        qsort(filling.ids, filling.count, sizeof *filling.ids, by_bytes);
    }
    if (status == VN_OK) {
        status = vn_storage_enrolments(storage, on_enrolment, &filling);
    }
    if (status == VN_OK) {
        status = write_out(&filling);
    }
    free(filling.ids);
    return status;
}
