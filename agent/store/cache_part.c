/* A snapshot's file while it is loaded.
 *
 * Bytes come in pieces of the hub's choosing over a line that breaks; the till may be switched off between two of them. So the
 * file is read anew at the first piece after a start, and what of it is good is known by its own hashes alone: nothing is
 * synced, and nothing is remembered but the entity tag, without which pieces of two files could be mixed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/store/cache_internal.h"

#define PART        "snapshot.part"
#define TAG         "snapshot.etag"
#define DAMAGES_MAX 3

struct vn_cache_part {
    char path[VN_PATH_MAX], tag_path[VN_PATH_MAX];
    char etag[VN_PATH_MAX];
    int fd;      /* -1: not opened yet */
    int64_t len; /* of the file */
    struct vn_snapshot_reader reader;
    struct vn_buf block; /* bytes of the block that is looked at */
    unsigned damages;    /* blocks that were damaged, since the last good one */
};

static enum vn_status os_failed(struct vn_error *error, const char *path)
{
    int code = errno;
    return vn_fail(error, code == ENOSPC || code == EDQUOT ? VN_FULL : VN_IO, "%s: %s", path, strerror(code));
}

enum vn_status vn_cache_part_open(const char *folder, struct vn_cache_part **out)
{
    *out = NULL;
    struct vn_cache_part *part = calloc(1, sizeof *part);
    if (part == NULL) {
        return VN_NOMEM;
    }
    part->fd = -1;
    vn_buf_init(&part->block, VN_FEED_BYTES_MAX + VN_SNAPSHOT_BLOCK_MAX);
    enum vn_status status = vn_file_path(folder, PART, part->path, NULL);
    if (status == VN_OK) {
        status = vn_file_path(folder, TAG, part->tag_path, NULL);
    }
    if (status != VN_OK) {
        vn_cache_part_close(part);
        return status;
    }
    *out = part;
    return VN_OK;
}

static void close_file(struct vn_cache_part *part)
{
    if (part->fd >= 0) {
        (void)close(part->fd);
    }
    part->fd = -1;
}

void vn_cache_part_close(struct vn_cache_part *part)
{
    if (part != NULL) {
        close_file(part);
        vn_buf_deinit(&part->block);
        free(part);
    }
}

void vn_cache_part_drop(struct vn_cache_part *part)
{
    close_file(part);
    (void)unlink(part->tag_path);
    (void)unlink(part->path);
    vn_buf_deinit(&part->block);
}

/* The next block of the file from where the reader stands. VN_AGAIN: it is not whole yet. */
static enum vn_status read_block(struct vn_cache_part *part, struct vn_snapshot_reader *reader,
                                 struct vn_snapshot_block *block)
{
    size_t need = VN_SNAPSHOT_HEAD_BYTES + VN_BLOCK_HEAD_BYTES;
    enum vn_status status = VN_AGAIN;
    for (size_t asked = 0; status == VN_AGAIN && need > asked;) {
        int64_t left = part->len - reader->offset;
        asked = need < (size_t)left ? need : (size_t)left;
        vn_buf_clear(&part->block);
        if (vn_buf_reserve(&part->block, asked + 1) != VN_OK) {
            return VN_NOMEM;
        }
        ssize_t got = pread(part->fd, part->block.data, asked, reader->offset);
        if (got != (ssize_t)asked) {
            return VN_IO;
        }
        part->block.len = asked;
        size_t had = need;
        status = vn_snapshot_next_block(reader, vn_buf_view(&part->block), block, &need);
        if (status == VN_AGAIN && (int64_t)had >= left) {
            break; /* all that there is */
        }
    }
    return status;
}

enum vn_status part_block(struct vn_cache_part *part, struct vn_snapshot_reader *reader,
                          struct vn_snapshot_block *block, struct vn_buf *raw)
{
    enum vn_status status = read_block(part, reader, block);
    return status == VN_OK ? vn_snapshot_unpack(block, raw) : status == VN_AGAIN ? VN_INPUT : status;
}

/* Checks what is new. VN_AGAIN: more is to come; VN_ABSENT: it is whole. */
static enum vn_status check(struct vn_cache_part *part)
{
    struct vn_snapshot_block block;
    enum vn_status status;
    while ((status = read_block(part, &part->reader, &block)) == VN_OK) {
        part->damages = 0;
    }
    return status;
}

static enum vn_status cut(struct vn_cache_part *part, int64_t len, struct vn_error *error)
{
    if (ftruncate(part->fd, len) != 0) {
        return os_failed(error, part->path);
    }
    part->len = len;
    return VN_OK;
}

/* Opens the file and finds what of it is good; another tag: an empty one. */
static enum vn_status open_file(struct vn_cache_part *part, const char *etag, struct vn_error *error)
{
    struct stat facts;
    size_t len = 0;
    if (vn_file_read(part->tag_path, VN_FILE_OPEN, part->etag, sizeof part->etag, &len, NULL) != VN_OK) {
        part->etag[0] = '\0';
    }
    bool same = strcmp(part->etag, etag) == 0;
    close_file(part);
    part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | (same ? 0 : O_TRUNC), 0600);
    if (part->fd < 0 || fstat(part->fd, &facts) != 0) {
        return os_failed(error, part->path);
    }
    vn_snapshot_reader_init(&part->reader);
    part->len = facts.st_size;
    part->damages = 0;
    if (!same) {
        (void)snprintf(part->etag, sizeof part->etag, "%s", etag);
        return vn_file_replace(part->tag_path, vn_view_str(etag), error);
    }
    enum vn_status status = check(part);
    return status == VN_AGAIN || status == VN_ABSENT ? VN_OK : cut(part, part->reader.offset, error);
}

static enum vn_status append(struct vn_cache_part *part, struct vn_view bytes, struct vn_error *error)
{
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t wrote = pwrite(part->fd, bytes.data + done, bytes.len - done, part->len + (int64_t)done);
        if (wrote < 0 && errno != EINTR) {
            return os_failed(error, part->path);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    part->len += (int64_t)bytes.len;
    return VN_OK;
}

/* After a block that is damaged: its beginning is where to go on. The same damage again is the hub's. */
static enum vn_status damaged(struct vn_cache_part *part, struct vn_error *error)
{
    if (++part->damages >= DAMAGES_MAX) {
        vn_cache_part_drop(part);
        return vn_fail(error, VN_INPUT, "the snapshot is damaged where it was loaded %d times", DAMAGES_MAX);
    }
    return cut(part, part->reader.offset, error);
}

enum vn_status vn_cache_part_take(struct vn_cache_part *part, const char *etag, int64_t at,
                                  struct vn_view bytes, int64_t *next, bool *whole, struct vn_error *error)
{
    enum vn_status status = VN_OK;
    *next = 0;
    *whole = false;
    if (part->fd < 0 || strcmp(part->etag, etag) != 0) {
        status = open_file(part, etag, error);
    }
    if (status == VN_OK && at == part->len && !part->reader.ended) {
        status = append(part, bytes, error);
        enum vn_status found = status == VN_OK ? check(part) : VN_OK;
        if (found == VN_INPUT) {
            status = damaged(part, error);
        } else if (found == VN_UNSUPPORTED) {
            vn_cache_part_drop(part);
            status = vn_fail(error, found, "the snapshot is of a newer schema: this till has to be upgraded");
        } else if (found == VN_IO) {
            status = os_failed(error, part->path);
        } else if (found == VN_NOMEM) {
            status = vn_fail(error, found, "out of memory");
        }
    }
    *next = part->fd < 0 ? 0 : part->len;
    *whole = status == VN_OK && part->reader.ended;
    return status;
}
