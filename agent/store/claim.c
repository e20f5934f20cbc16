/* SQLite would let a second agent in, and both would count on from the same entry. The kernel's lock on a file ends with its
 * process, also after SIGKILL, so nothing stale is ever found; the socket alone would not do, since its path is an option. */
#include "agent/store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/base/limits.h"

enum vn_status vn_claim_folder(const char *folder, int *out, struct vn_error *error)
{
    char path[VN_PATH_MAX + sizeof "/agent.lock"];
    *out = -1;
    (void)snprintf(path, sizeof path, "%s/agent.lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == ENOENT ? vn_fail(error, VN_ABSENT, "there is no folder %s; run: verno enrol --dir %s",
                                         folder, folder)
                               : vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        (void)close(fd);
        return why == EWOULDBLOCK
                   ? vn_fail(error, VN_CONFLICT, "an agent runs already in %s; end it first", folder)
                   : vn_fail(error, VN_IO, "%s: %s", path, strerror(why));
    }
    *out = fd;
    return VN_OK;
}

void vn_claim_release(int claim)
{
    if (claim >= 0) {
        (void)close(claim);
    }
}
