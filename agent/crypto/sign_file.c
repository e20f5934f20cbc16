/* Key files. A private key that others can read is no longer private, so such a file is refused rather than
 * used with a warning. A new one is written beside its place, synced, and linked there: link() fails if the
 * name exists, so a key is never overwritten and never half written. */
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/pk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/limits.h"
#include "agent/crypto/hash.h"
#include "agent/crypto/native.h"
#include "agent/crypto/sign.h"

static enum vn_status write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, data, len);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return errno == ENOSPC ? VN_FULL : VN_IO;
        }
        data += wrote;
        len -= (size_t)wrote;
    }
    return fsync(fd) == 0 ? VN_OK : VN_IO;
}

/* The name is durable only when its folder is synced. */
static enum vn_status sync_folder(const char *path)
{
    char folder[VN_PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        memcpy(folder, ".", 2);
    } else if (slash == folder) {
        slash[1] = '\0';
    } else {
        *slash = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return VN_IO;
    }
    int failed = fsync(fd);
    (void)close(fd);
    return failed == 0 ? VN_OK : VN_IO;
}

static enum vn_status place(const char *path, struct vn_view pem, struct vn_error *error)
{
    char beside[VN_PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside) {
        return vn_fail(error, VN_ARG, "path too long: %s", path);
    }
    int fd = mkstemp(beside); /* mode 0600 */
    if (fd < 0) {
        return vn_fail(error, VN_IO, "can't write %s: %s", path, strerror(errno));
    }
    enum vn_status status = write_all(fd, pem.data, pem.len);
    (void)close(fd);
    if (status != VN_OK) {
        (void)vn_fail(error, status, "can't write %s: %s", path, strerror(errno));
    } else if (link(beside, path) != 0) {
        status = errno == EEXIST ? vn_fail(error, VN_CONFLICT, "%s exists and is not overwritten", path)
                                 : vn_fail(error, VN_IO, "can't write %s: %s", path, strerror(errno));
    }
    (void)unlink(beside);
    if (status == VN_OK && sync_folder(path) != VN_OK) {
        status = vn_fail(error, VN_IO, "can't sync the folder of %s: %s", path, strerror(errno));
    }
    return status;
}

enum vn_status vn_key_save(const struct vn_key *key, const char *path, struct vn_error *error)
{
    unsigned char pem[1024]; /* a P-256 key in PEM is 227 bytes */
    int code = mbedtls_pk_write_key_pem(&key->pk, pem, sizeof pem);
    enum vn_status status = VN_OK;
    if (code == 0) {
        status = place(path, vn_view_str((const char *)pem), error);
    } else {
        status = vn_fail(error, vn_native_status(code, VN_IO), "can't write the key as text");
    }
    vn_crypto_wipe(pem, sizeof pem);
    return status;
}

/* Asks the open file, not the path, so that nothing can be swapped in between. */
static enum vn_status check_mode(int fd, const char *path, struct vn_error *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return vn_fail(error, VN_IO, "can't read %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return vn_fail(error, VN_INPUT, "%s is not a file", path);
    }
    if ((info.st_mode & 077) != 0) {
        return vn_fail(error, VN_DENIED, "%s can be read by others (mode %03o, not 600)", path,
                       (unsigned)(info.st_mode & 0777));
    }
    return VN_OK;
}

static enum vn_status read_all(int fd, uint8_t *out, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        ssize_t got = read(fd, out + *len, size - *len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return VN_IO;
        }
        if (got == 0) {
            return VN_OK;
        }
        *len += (size_t)got;
    }
    return VN_INPUT; /* too large for a key */
}

static enum vn_status parse(struct vn_view pem, struct vn_key **out)
{
    unsigned char *text = NULL;
    size_t size = 0;
    struct vn_random random = vn_random_system(); /* blinds the computation of the public half */
    enum vn_status status = vn_native_pem(pem, &text, &size);
    if (status != VN_OK) {
        return status;
    }
    struct vn_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        status = VN_NOMEM;
        goto cleanup;
    }
    mbedtls_pk_init(&key->pk);
    int code = mbedtls_pk_parse_key(&key->pk, text, size, NULL, 0, vn_native_rng, &random);
    if (code != 0) {
        status = vn_native_status(code, VN_INPUT);
    } else if (!vn_native_point(&key->pk, NULL)) {
        status = VN_INPUT;
    }
    if (status == VN_OK) {
        *out = key;
    } else {
        vn_key_destroy(key);
    }
cleanup:
    vn_crypto_wipe(text, size);
    free(text);
    return status;
}

enum vn_status vn_key_load(const char *path, struct vn_key **out, struct vn_error *error)
{
    uint8_t pem[2048];
    size_t len = 0;
    *out = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        enum vn_status status = errno == ENOENT ? VN_ABSENT : errno == EACCES ? VN_DENIED : VN_IO;
        return vn_fail(error, status, "can't read %s: %s", path, strerror(errno));
    }
    enum vn_status status = check_mode(fd, path, error);
    if (status == VN_OK) {
        status = read_all(fd, pem, sizeof pem, &len);
        if (status == VN_IO) {
            (void)vn_fail(error, status, "can't read %s: %s", path, strerror(errno));
        } else {
            status = status == VN_OK ? parse(vn_view_of(pem, len), out) : status;
            if (status != VN_OK) {
                (void)vn_fail(error, status, "%s is not a P-256 private key", path);
            }
        }
    }
    (void)close(fd);
    vn_crypto_wipe(pem, sizeof pem);
    return status;
}
