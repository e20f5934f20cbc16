/* SQLite would let a second agent in, and both would count on from the same entry. The kernel's lock on a file ends with its
 * process, also after SIGKILL, so nothing stale is ever found; the socket alone would not do, since its path is an option. */
#include "agent/store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/limits.h"

#define LOCK_FILE "agent.lock"

enum vn_status vn_claim_folder(const char *folder, int *out, struct vn_error *error)
{
    char path[VN_PATH_MAX + sizeof "/" LOCK_FILE];
    *out = -1;
    (void)snprintf(path, sizeof path, "%s/" LOCK_FILE, folder);
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

void vn_claim_note(int claim, const char *why)
{
    size_t len = strnlen(why, VN_ERROR_TEXT_MAX - 1);
    bool noted = claim >= 0 && ftruncate(claim, 0) == 0 && pwrite(claim, why, len, 0) == (ssize_t)len;
    (void)noted;
}

bool vn_claim_noted(const char *folder, char out[VN_ERROR_TEXT_MAX])
{
    return vn_file_read_in(folder, LOCK_FILE, VN_FILE_OPEN, out, VN_ERROR_TEXT_MAX, NULL) == VN_OK &&
           out[0] != '\0';
}

void vn_claim_forget(const char *folder)
{
    int claim = -1;
    char why[VN_ERROR_TEXT_MAX];
    if (vn_claim_noted(folder, why) && vn_claim_folder(folder, &claim, NULL) == VN_OK) {
        vn_claim_note(claim, "");
    }
    vn_claim_release(claim);
}
