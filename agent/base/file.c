/* What goes wrong with small files: a write comes back short or interrupted, the disk is full at the last
 * byte, power goes between two steps and leaves half a file under the name that matters, a name that was never
 * synced is gone after it, somebody swaps the file between the look at its mode and the reading. */
#include "agent/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum vn_status vn_file_path(const char *folder, const char *name, char out[VN_PATH_MAX],
                            struct vn_error *error)
{
    int len = snprintf(out, VN_PATH_MAX, "%s/%s", folder, name);
    if (len < 0 || len >= VN_PATH_MAX) {
        out[0] = '\0';
        return vn_fail(error, VN_ARG, "a path longer than %d bytes: %s in %.64s...", VN_PATH_MAX - 1, name,
                       folder);
    }
    return VN_OK;
}

enum vn_status vn_file_there(const char *path, struct vn_error *error)
{
    if (access(path, F_OK) == 0) {
        return VN_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR) {
        return VN_ABSENT;
    }
    return vn_fail(error, errno == EACCES ? VN_DENIED : VN_IO, "%s: %s%s", path, strerror(errno),
                   errno == EACCES ? "; run this as the user whose folder it is" : "");
}

/* --- reading ------------------------------------------------------------------------------------------------ */

/* Asks the open file, not the path, so that nothing can be swapped in between. */
static enum vn_status check_kind(int fd, const char *path, enum vn_file_secrecy secrecy,
                                 struct vn_error *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return vn_fail(error, VN_IO, "can't read %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return vn_fail(error, VN_INPUT, "%s is not a file", path);
    }
    if (secrecy == VN_FILE_SECRET && (info.st_mode & 077) != 0) {
        return vn_fail(error, VN_DENIED, "%s can be read by others (mode %03o, not 600)", path,
                       (unsigned)(info.st_mode & 0777));
    }
    return VN_OK;
}

static enum vn_status read_all(int fd, const char *path, char *out, size_t size, size_t *len,
                               struct vn_error *error)
{
    size_t got = 0;
    while (got < size) {
        ssize_t more = read(fd, out + got, size - got);
        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more < 0) {
            return vn_fail(error, VN_IO, "can't read %s: %s", path, strerror(errno));
        }
        if (more == 0) {
            out[got] = '\0';
            *len = got;
            return VN_OK;
        }
        got += (size_t)more;
    }
    return vn_fail(error, VN_INPUT, "%s is longer than %zu bytes", path, size - 1);
}

enum vn_status vn_file_read(const char *path, enum vn_file_secrecy secrecy, char *out, size_t size,
                            size_t *len, struct vn_error *error)
{
    *len = 0;
    out[0] = '\0';
    /* O_NONBLOCK: a pipe in the file's place must not make us wait */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        enum vn_status status = errno == ENOENT ? VN_ABSENT : errno == EACCES ? VN_DENIED : VN_IO;
        return vn_fail(error, status, "can't read %s: %s", path, strerror(errno));
    }
    enum vn_status status = check_kind(fd, path, secrecy, error);
    if (status == VN_OK) {
        status = read_all(fd, path, out, size, len, error);
    }
    (void)close(fd);
    if (status != VN_OK) {
        out[0] = '\0';
    }
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------------ */

static enum vn_status cannot_write(const char *path, int code, struct vn_error *error)
{
    enum vn_status status = code == ENOSPC || code == EDQUOT ? VN_FULL : VN_IO;
    return vn_fail(error, status, "can't write %s: %s", path, strerror(code));
}

/* 0 or errno. */
static int write_all(int fd, struct vn_view content)
{
    while (content.len > 0) {
        ssize_t wrote = write(fd, content.data, content.len);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return wrote == 0 ? EIO : errno;
        }
        content.data += wrote;
        content.len -= (size_t)wrote;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

enum vn_status vn_file_sync(const char *path, struct vn_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int code = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return code == 0 ? VN_OK : vn_fail(error, VN_IO, "can't sync %s: %s", path, strerror(code));
}

static enum vn_status sync_folder_of(const char *path, struct vn_error *error)
{
    char folder[VN_PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        memcpy(folder, ".", 2);
    } else {
        slash[slash == folder ? 1 : 0] = '\0'; /* "/" stays */
    }
    return vn_file_sync(folder, error);
}

/* Writes and closes what was just created as `beside`; a failure removes it. */
static enum vn_status fill(int fd, const char *beside, const char *path, struct vn_view content,
                           struct vn_error *error)
{
    if (fd < 0) {
        return cannot_write(path, errno, error);
    }
    int code = write_all(fd, content);
    if (close(fd) != 0 && code == 0) {
        code = errno;
    }
    if (code != 0) {
        (void)unlink(beside);
        return cannot_write(path, code, error);
    }
    return VN_OK;
}

static enum vn_status name_beside(const char *path, const char *suffix, char out[VN_PATH_MAX],
                                  struct vn_error *error)
{
    int len = snprintf(out, VN_PATH_MAX, "%s%s", path, suffix);
    return len >= 0 && len < VN_PATH_MAX ? VN_OK : vn_fail(error, VN_ARG, "path too long: %s", path);
}

/* Two may try at once, so each has a name of its own beside the place; link() lets one of them through. */
enum vn_status vn_file_create(const char *path, struct vn_view content, struct vn_error *error)
{
    char beside[VN_PATH_MAX];
    enum vn_status status = name_beside(path, ".XXXXXX", beside, error);
    if (status == VN_OK) {
        status = fill(mkstemp(beside), beside, path, content, error); /* mode 0600 */
    }
    if (status != VN_OK) {
        return status;
    }
    int code = link(beside, path) == 0 ? 0 : errno;
    (void)unlink(beside);
    if (code == EEXIST) {
        return vn_fail(error, VN_CONFLICT, "%s exists and is not overwritten", path);
    }
    return code == 0 ? sync_folder_of(path, error) : cannot_write(path, code, error);
}

/* One name beside the place, so that years of power cuts leave one orphan at most. */
enum vn_status vn_file_replace(const char *path, struct vn_view content, struct vn_error *error)
{
    char beside[VN_PATH_MAX];
    enum vn_status status = name_beside(path, ".new", beside, error);
    if (status == VN_OK) {
        (void)unlink(beside);
        status =
            fill(open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), beside, path, content, error);
    }
    if (status == VN_OK && rename(beside, path) != 0) {
        status = cannot_write(path, errno, error);
        (void)unlink(beside);
    }
    return status == VN_OK ? sync_folder_of(path, error) : status;
}

/* --- in a folder -------------------------------------------------------------------------------------------- */

enum vn_status vn_file_read_in(const char *folder, const char *name, enum vn_file_secrecy secrecy, char *out,
                               size_t size, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    size_t len = 0;
    enum vn_status status = vn_file_path(folder, name, path, error);
    return status == VN_OK ? vn_file_read(path, secrecy, out, size, &len, error) : status;
}

enum vn_status vn_file_create_in(const char *folder, const char *name, struct vn_view content,
                                 struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(folder, name, path, error);
    return status == VN_OK ? vn_file_create(path, content, error) : status;
}
