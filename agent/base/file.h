/* Small files, read whole and written whole: keys, certificates, pointers, configuration that a program keeps.
 *
 * A file written here is there completely or not at all, whatever moment the power goes: it is written beside
 * its place, fsync'd, put there under its name, and then its folder is fsync'd, because a name is durable only
 * with its folder. Mode 0600. Everything blocks on the disk. Databases are not for this (agent/db). */
#ifndef VN_BASE_FILE_H
#define VN_BASE_FILE_H

#include "agent/base/bytes.h"
#include "agent/base/error.h"

enum vn_file_secrecy {
    VN_FILE_OPEN,   /* anybody may read it */
    VN_FILE_SECRET, /* refused when group or others may read or write it: it is no secret any more */
};

/* "<folder>/<name>" into `out`. VN_ARG (and an empty string) when that is longer than a path may be. */
VN_MUST_USE enum vn_status vn_file_path(const char *folder, const char *name, char out[VN_PATH_MAX],
                                        struct vn_error *error);

/* Whether there is anything at this path. VN_ABSENT: there is not, and *error stays; VN_DENIED: a folder on the way is closed to
 * us; VN_IO. */
VN_MUST_USE enum vn_status vn_file_there(const char *path, struct vn_error *error);

/* Reads the file into `out` and puts a NUL behind it, which *len does not count. The caller wipes a secret. On
 * failure *len is 0. VN_ABSENT: no such file; VN_DENIED: not readable for us, or a secret that is none; VN_INPUT: not
 * a file, or more than size - 1 bytes; VN_IO. */
VN_MUST_USE enum vn_status vn_file_read(const char *path, enum vn_file_secrecy secrecy, char *out,
                                        size_t size, size_t *len, struct vn_error *error);

/* Writes a new file; one that is there is never overwritten: VN_CONFLICT. VN_ARG: path too long; VN_FULL: no
 * space; VN_IO. */
VN_MUST_USE enum vn_status vn_file_create(const char *path, struct vn_view content, struct vn_error *error);
/* The same, in place of what is there: at any moment the name leads to the old content or to the new. After VN_IO it
 * may be either. One writer at a time. */
VN_MUST_USE enum vn_status vn_file_replace(const char *path, struct vn_view content, struct vn_error *error);

/* Reading and creating, for "<folder>/<name>"; VN_ARG also when that is longer than a path may be. */
VN_MUST_USE enum vn_status vn_file_read_in(const char *folder, const char *name, enum vn_file_secrecy secrecy,
                                           char *out, size_t size, struct vn_error *error);
VN_MUST_USE enum vn_status vn_file_create_in(const char *folder, const char *name, struct vn_view content,
                                             struct vn_error *error);

/* fsyncs a file or folder that somebody else wrote. VN_IO. */
VN_MUST_USE enum vn_status vn_file_sync(const char *path, struct vn_error *error);

#endif
