/* The file `mark` that lies beside a hub's database: what can be read is written, and read as the same. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sync/hub/core/mark.h"

#define PATH_MAX_HERE 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_file(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0) {
        abort();
    }
}

static bool says(const char *path, const struct vn_mark *wanted)
{
    struct vn_mark mark;
    struct vn_error error;
    const struct vn_position *a = &mark.position;
    const struct vn_position *b = &wanted->position;
    return vn_mark_read(path, &mark, &error) == VN_OK && a->epoch == b->epoch && a->change == b->change &&
           a->movement == b->movement && a->published == b->published && mark.restored == wanted->restored;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_mark mark;
    struct vn_error error;
    char dir[] = "/tmp/verno-fuzz-XXXXXX";
    char path[PATH_MAX_HERE];
    if (mkdtemp(dir) == NULL) {
        abort();
    }
    (void)snprintf(path, sizeof path, "%s/mark", dir);
    put_file(path, data, size);
    if (vn_mark_read(path, &mark, &error) == VN_OK &&
        (vn_mark_write(path, &mark, &error) != VN_OK || !says(path, &mark))) {
        abort();
    }
    (void)unlink(path);
    (void)rmdir(dir);
    return 0;
}
