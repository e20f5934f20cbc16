#include "sync/hub/core/mark_revoked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"

#define LINE_MAX_BYTES 256
#define ID_DIGITS      (2 * VN_ID_BYTES)

enum vn_status vn_mark_revoke(const char *path, const struct vn_enrolment_row *row, int64_t now_ms,
                              struct vn_error *error)
{
    char line[LINE_MAX_BYTES];
    char hex[ID_DIGITS + 1];
    char time[VN_TIME_TEXT_MAX];
    vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), hex);
    vn_time_text(now_ms, time);
    /* It begins with a line's end, so that one which was cut off does not run into it. */
    int len = snprintf(line, sizeof line, "\n%s %s %s\n", hex, row->till, time);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
    }
    bool good = write(fd, line, (size_t)len) == len && fsync(fd) == 0;
    int code = errno;
    (void)close(fd);
    return good ? VN_OK : vn_fail(error, VN_IO, "%s: %s", path, strerror(code));
}

static enum vn_status revoke_line(struct vn_storage *storage, const char *line, int64_t *count)
{
    struct vn_enrolment_id enrolment;
    struct vn_enrolment_row row;
    if (strcspn(line, " ") != ID_DIGITS ||
        vn_hex_decode(vn_view_of(line, ID_DIGITS), enrolment.bytes, VN_ID_BYTES) != VN_OK) {
        return VN_OK;
    }
    enum vn_status status = vn_storage_enrolment_get(storage, &enrolment, &row);
    if (status != VN_OK || (row.state != VN_ENROLMENT_ACTIVE && row.state != VN_ENROLMENT_BRANCH)) {
        return status == VN_ABSENT ? VN_OK : status;
    }
    row.state = VN_ENROLMENT_REVOKED;
    ++*count;
    return vn_storage_enrolment_put(storage, &row);
}

static enum vn_status unreadable(const char *path, struct vn_error *error)
{
    return vn_fail(error, VN_IO,
                   "%s can't be read (%s): it says whom the hub revoked; make it readable, or move it away "
                   "and revoke those tills again",
                   path, strerror(errno));
}

enum vn_status vn_mark_revoke_again(const char *path, struct vn_storage *storage, int64_t *count,
                                    struct vn_error *error)
{
    char line[LINE_MAX_BYTES];
    enum vn_status status = VN_OK;
    *count = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ? VN_OK : unreadable(path, error);
    }
    while (status == VN_OK && fgets(line, sizeof line, file) != NULL) {
        status = revoke_line(storage, line, count);
    }
    if (status == VN_OK && ferror(file) != 0) {
        status = unreadable(path, error);
    }
    (void)fclose(file);
    return status;
}
