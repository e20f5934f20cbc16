/* Authorities are made here: a new chain's, another issuing key, and out of a folder of version 1.
 *
 * Each step leaves a folder that can be opened, so that whoever is cut off may begin again: keys before the
 * certificates that speak of them, and what tills pin is taken away last. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/crypto/hash.h"
#include "sync/hub/ca/ca.h"

#define DATE_LEN 10 /* 2026-11-22 */

static const char marker[] = "-----BEGIN CERTIFICATE-----";

struct root {
    struct vn_key *key;
    struct vn_buf pem;
};

static void root_deinit(struct root *root)
{
    vn_key_destroy(root->key);
    vn_buf_deinit(&root->pem);
}

static bool has_file(const char *dir, const char *name)
{
    char path[VN_PATH_MAX];
    return vn_file_path(dir, name, path, NULL) == VN_OK && access(path, F_OK) == 0;
}

static enum vn_status refuse_file(const char *dir, const char *name, struct vn_error *error)
{
    return has_file(dir, name)
               ? vn_fail(error, VN_CONFLICT, "%s/%s exists: an authority is never overwritten", dir, name)
               : VN_OK;
}

static enum vn_status replace_in(const char *dir, const char *name, struct vn_view text,
                                 struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, name, path, error);
    return status == VN_OK ? vn_file_replace(path, text, error) : status;
}

enum vn_status vn_ca_check_name(const char *name, struct vn_error *error)
{
    return vn_cert_name_ok(name) ? VN_OK
                                 : vn_fail(error, VN_INPUT,
                                           "'%.80s' can't be the name of a chain: 1 to 64 of A to Z, digits, "
                                           "blanks within and . - _ : "
                                           "@ /",
                                           name);
}

/* root.key in its own folder, and the certificate in memory. */
static enum vn_status make_root(const char *root_dir, const char *name, int64_t now_ms,
                                const struct vn_random *random, struct root *out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    vn_buf_init(&out->pem, VN_PEM_MAX - 1);
    enum vn_status status = vn_ca_check_name(name, error);
    if (status == VN_OK) {
        status = refuse_file(root_dir, "root.key", error);
    }
    if (status == VN_OK && mkdir(root_dir, 0700) != 0 && errno != EEXIST) {
        status = vn_fail(error, VN_IO, "%s: %s", root_dir, strerror(errno));
    }
    if (status == VN_OK) {
        status = vn_file_path(root_dir, "root.key", path, error);
    }
    if (status == VN_OK) {
        status = vn_key_generate(random, &out->key);
        if (status != VN_OK) {
            status = vn_fail(error, status, "no key can be made: %s", vn_status_name(status));
        }
    }
    if (status == VN_OK) {
        status = vn_ca_create(out->key, random, name, now_ms - VN_CA_DAY_MS, now_ms + VN_CA_ROOT_TERM_MS,
                              &out->pem, error);
    }
    return status == VN_OK ? vn_key_save(out->key, path, error) : status;
}

/* Key and certificate of a new issuing key, as issuing.pem has them. */
static enum vn_status make_issuing(const struct root *root, int64_t now_ms, const struct vn_random *random,
                                   struct vn_buf *out, struct vn_error *error)
{
    char name[128];
    char date[VN_TIME_TEXT_MAX];
    struct vn_cert_info info;
    struct vn_key *key = NULL;
    struct vn_buf csr;
    vn_buf_init(&csr, VN_PEM_MAX);
    enum vn_status status = vn_cert_read(vn_buf_view(&root->pem), &info, error);
    vn_time_text(now_ms, date);
    (void)snprintf(name, sizeof name, "%.45s issuing %.*s", info.common_name, DATE_LEN, date);
    int64_t until_ms = now_ms + VN_CA_ISSUE_TERM_MS;
    const struct vn_cert_terms terms = {.kind = VN_CERT_ISSUING,
                                        .common_name = name,
                                        .not_before_ms = now_ms - VN_CA_DAY_MS,
                                        .not_after_ms =
                                            until_ms < info.not_after_ms ? until_ms : info.not_after_ms};
    if (status == VN_OK) {
        status = vn_key_generate(random, &key);
    }
    if (status == VN_OK) {
        status = vn_csr_create(key, random, name, &csr, error);
    }
    if (status == VN_OK) {
        status = vn_key_to_pem(key, out);
    }
    if (status == VN_OK) {
        status =
            vn_cert_issue(root->key, vn_buf_view(&root->pem), vn_buf_view(&csr), &terms, random, out, error);
    }
    vn_key_destroy(key);
    vn_buf_deinit(&csr);
    return status;
}

static void wipe(struct vn_buf *secret)
{
    if (secret->data != NULL) {
        vn_crypto_wipe(secret->data, secret->len);
    }
    vn_buf_deinit(secret);
}

enum vn_status vn_ca_create_in(const char *dir, const char *root_dir, const char *name, int64_t now_ms,
                               const struct vn_random *random, struct vn_error *error)
{
    struct root root = {.key = NULL};
    struct vn_buf issuing;
    vn_buf_init(&issuing, VN_PEM_MAX - 1);
    vn_buf_init(&root.pem, 0);
    enum vn_status status = refuse_file(dir, "ca.pem", error);
    if (status == VN_OK) {
        status = refuse_file(dir, "issuing.pem", error);
    }
    if (status == VN_OK) {
        status = make_root(root_dir, name, now_ms, random, &root, error);
    }
    if (status == VN_OK) {
        status = make_issuing(&root, now_ms, random, &issuing, error);
    }
    if (status == VN_OK) {
        status = vn_file_create_in(dir, "issuing.pem", vn_buf_view(&issuing), error);
    }
    if (status == VN_OK) {
        status = vn_file_create_in(dir, "ca.pem", vn_buf_view(&root.pem), error);
    }
    root_deinit(&root);
    wipe(&issuing);
    return status;
}

/* The certificate in ca.pem that belongs to this key, appended to *pem. VN_ABSENT: there is none. */
static enum vn_status find_root(const char *dir, const struct vn_key *key, struct vn_buf *pem,
                                struct vn_error *error)
{
    char roots[VN_PEM_MAX];
    struct vn_public_key ours;
    struct vn_cert_info info;
    enum vn_status status = vn_file_read_in(dir, "ca.pem", VN_FILE_OPEN, roots, sizeof roots, error);
    vn_key_public(key, &ours);
    for (const char *at = status == VN_OK ? strstr(roots, marker) : NULL; at != NULL;) {
        const char *next = strstr(at + 1, marker);
        if (vn_cert_read(vn_view_str(at), &info, NULL) == VN_OK &&
            memcmp(&info.public_key, &ours, sizeof ours) == 0) {
            return vn_buf_append(pem, vn_view_of(at, next == NULL ? strlen(at) : (size_t)(next - at)));
        }
        at = next;
    }
    return status == VN_OK ? VN_ABSENT : status;
}

enum vn_status vn_ca_renew_issuing(const char *dir, const char *root_key, int64_t now_ms,
                                   const struct vn_random *random, struct vn_error *error)
{
    struct root root = {.key = NULL};
    struct vn_buf issuing;
    vn_buf_init(&issuing, VN_PEM_MAX - 1);
    vn_buf_init(&root.pem, VN_PEM_MAX - 1);
    if (!has_file(dir, "issuing.pem") && has_file(dir, "ca.key")) {
        return vn_fail(error, VN_CONFLICT,
                       "%s has no issuing key; a chain whose root is ca.key gets one by verno-hub ca split",
                       dir);
    }
    enum vn_status status = vn_key_load(root_key, &root.key, error);
    if (status == VN_OK) {
        status = find_root(dir, root.key, &root.pem, error);
        if (status == VN_ABSENT) {
            status = vn_fail(error, VN_DENIED, "%s is not the key of this chain's root", root_key);
        }
    }
    if (status == VN_OK) {
        status = make_issuing(&root, now_ms, random, &issuing, error);
    }
    if (status == VN_OK) {
        status = replace_in(dir, "issuing.pem", vn_buf_view(&issuing), error);
    }
    root_deinit(&root);
    wipe(&issuing);
    return status;
}

enum vn_status vn_ca_split(const char *dir, const char *root_dir, const char *name, int64_t now_ms,
                           const struct vn_random *random, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_key *old = NULL;
    struct root root = {.key = NULL};
    struct vn_buf issuing;
    vn_buf_init(&issuing, VN_PEM_MAX - 1);
    vn_buf_init(&root.pem, 0);
    if (!has_file(dir, "ca.key") || has_file(dir, "issuing.pem")) {
        return vn_fail(error, VN_CONFLICT, "%s is no chain whose root is ca.key", dir);
    }
    enum vn_status status = vn_file_path(dir, "ca.key", path, error);
    if (status == VN_OK) {
        status = vn_key_load(path, &old, error);
    }
    if (status == VN_OK) {
        status = make_root(root_dir, name, now_ms, random, &root, error);
    }
    if (status == VN_OK) {
        status = make_issuing(&root, now_ms, random, &issuing, error);
    }
    if (status == VN_OK) { /* the new root first, the old one behind it */
        status = find_root(dir, old, &root.pem, error);
    }
    if (status == VN_OK) {
        status = replace_in(dir, "ca.pem", vn_buf_view(&root.pem), error);
    }
    if (status == VN_OK) {
        status = vn_file_create_in(dir, "issuing.pem", vn_buf_view(&issuing), error);
    }
    vn_key_destroy(old);
    root_deinit(&root);
    wipe(&issuing);
    return status;
}

enum vn_status vn_ca_retire(const char *dir, struct vn_error *error)
{
    char roots[VN_PEM_MAX];
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_read_in(dir, "ca.pem", VN_FILE_OPEN, roots, sizeof roots, error);
    if (status != VN_OK) {
        return status;
    }
    const char *first = strstr(roots, marker);
    const char *second = first == NULL ? NULL : strstr(first + 1, marker);
    if (second == NULL || !has_file(dir, "issuing.pem")) {
        return vn_fail(error, VN_CONFLICT, "%s has one root; there is nothing to retire", dir);
    }
    status = vn_file_path(dir, "ca.key", path, error);
    if (status == VN_OK && unlink(path) != 0 && errno != ENOENT) {
        status = vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
    }
    return status == VN_OK ? replace_in(dir, "ca.pem", vn_view_of(first, (size_t)(second - first)), error)
                           : status;
}
