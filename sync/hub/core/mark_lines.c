#include "sync/hub/core/mark_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"

/* The first line makes the file, and a name is durable only with its folder. */
static enum vn_status sync_name(const char *path, struct vn_error *error)
{
    char folder[VN_PATH_MAX];
    const char *last = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", last == NULL ? 1 : (int)(last - path),
                   last == NULL ? "." : path);
    return vn_file_sync(folder[0] == '\0' ? "/" : folder, error);
}

enum vn_status vn_mark_lines_add(const char *path, const char *text, size_t len, struct vn_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
    }
    bool good = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    int code = errno;
    (void)close(fd);
    return good ? sync_name(path, error) : vn_fail(error, VN_IO, "%s: %s", path, strerror(code));
}

static enum vn_status unreadable(const char *path, struct vn_error *error)
{
    return vn_fail(error, VN_IO, "%s can't be read (%s)", path, strerror(errno));
}

enum vn_status vn_mark_lines_read(const char *path, vn_mark_line_visit visit, void *ctx,
                                  struct vn_error *error)
{
    char line[VN_MARK_LINE_MAX];
    enum vn_status status = VN_OK;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ? VN_OK : unreadable(path, error);
    }
    while (status == VN_OK && fgets(line, sizeof line, file) != NULL) {
        status = visit(ctx, line);
    }
    if (status == VN_OK && ferror(file) != 0) {
        status = unreadable(path, error);
    }
    (void)fclose(file);
    return status;
}
