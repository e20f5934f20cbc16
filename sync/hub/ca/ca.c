#include "sync/hub/ca/ca.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/crypto/hash.h"

#define ROOT_FILE    "ca.pem"
#define ISSUING_FILE "issuing.pem"
#define OLD_KEY_FILE "ca.key"
#define SERVER_FILE  "server.pem"
#define ROOT_KEY     "offline/root.key" /* where `init` puts it, until somebody takes it away */

/* One that signs: its key, its certificate, and what goes behind those that it signs. */
struct signer {
    struct vn_key *key;
    char pem[VN_PEM_MAX];
    bool is_root; /* nothing goes behind */
};

struct material {
    char roots[VN_PEM_MAX];
    struct signer issuing; /* signs tills */
    struct signer old; /* the key of version 1 while the chain is moving: signs the hub; no key otherwise */
    struct vn_ca_state state;
};

struct vn_ca {
    pthread_mutex_t lock;
    char dir[VN_PATH_MAX];
    struct material *material;
};

/* --- files ------------------------------------------------------------------------------------------------ */

static bool has_file(const char *dir, const char *name)
{
    char path[VN_PATH_MAX];
    return vn_file_path(dir, name, path, NULL) == VN_OK && access(path, F_OK) == 0;
}

static enum vn_status load_key(const char *dir, const char *name, struct vn_key **out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, name, path, error);
    return status == VN_OK ? vn_key_load(path, out, error) : status;
}

/* Texts of certificates in `pem`, from the n-th on; "" when there are fewer. */
static const char *cert_at(const char *pem, unsigned n)
{
    const char *at = strstr(pem, "-----BEGIN CERTIFICATE-----");
    while (at != NULL && n-- > 0) {
        at = strstr(at + 1, "-----BEGIN CERTIFICATE-----");
    }
    return at == NULL ? "" : at;
}

static void signer_deinit(struct signer *signer)
{
    vn_key_destroy(signer->key);
    signer->key = NULL;
}

static enum vn_status check_pair(const struct signer *signer, const char *what, struct vn_cert_info *info,
                                 struct vn_error *error)
{
    struct vn_public_key public_key;
    enum vn_status status = vn_cert_read(vn_view_str(signer->pem), info, error);
    if (status != VN_OK) {
        return vn_fail(error, status, "%s holds no certificate", what);
    }
    vn_key_public(signer->key, &public_key);
    if (!info->is_ca || memcmp(&public_key, &info->public_key, sizeof public_key) != 0) {
        return vn_fail(error, VN_INPUT, "%s: key and certificate are no pair of an authority", what);
    }
    return VN_OK;
}

static void material_free(struct material *material)
{
    if (material != NULL) {
        signer_deinit(&material->issuing);
        signer_deinit(&material->old);
        free(material);
    }
}

/* The key of version 1, whose certificate is the last one in ca.pem. */
static enum vn_status load_old(const char *dir, const char *roots, struct signer *out,
                               struct vn_cert_info *info, struct vn_error *error)
{
    const char *last = cert_at(roots, 1)[0] != '\0' ? cert_at(roots, 1) : cert_at(roots, 0);
    enum vn_status status = load_key(dir, OLD_KEY_FILE, &out->key, error);
    if (status == VN_OK) {
        out->is_root = true;
        status = vn_view_copy_str(vn_view_str(last), out->pem, sizeof out->pem);
    }
    return status == VN_OK ? check_pair(out, OLD_KEY_FILE " and " ROOT_FILE, info, error) : status;
}

static enum vn_status load_issuing(const char *dir, struct signer *out, struct vn_error *error)
{
    char text[VN_PEM_MAX];
    struct vn_cert_info info;
    enum vn_status status = load_key(dir, ISSUING_FILE, &out->key, error);
    if (status == VN_OK) {
        status = vn_file_read_in(dir, ISSUING_FILE, VN_FILE_SECRET, text, sizeof text, error);
    }
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_view_str(cert_at(text, 0)), out->pem, sizeof out->pem);
    }
    vn_crypto_wipe(text, sizeof text);
    return status == VN_OK ? check_pair(out, ISSUING_FILE, &info, error) : status;
}

static enum vn_status load_signers(const char *dir, struct material *out, struct vn_error *error)
{
    struct vn_cert_info info;
    bool old = has_file(dir, OLD_KEY_FILE);
    bool issuing = has_file(dir, ISSUING_FILE);
    if (!issuing && !old) {
        return vn_fail(error, VN_ABSENT,
                       "%s/" ISSUING_FILE " is missing: put it back from the copy of the keys, or make "
                       "another one with the root's key: verno-hub ca renew --root FILE",
                       dir);
    }
    if (!issuing) {
        out->state.kind = VN_CA_V1;
        return load_old(dir, out->roots, &out->issuing, &info, error);
    }
    out->state.kind = old ? VN_CA_MOVING : VN_CA_SPLIT;
    enum vn_status status = load_issuing(dir, &out->issuing, error);
    if (status == VN_OK) {
        status = vn_cert_check(vn_view_str(out->issuing.pem), vn_view_str(out->roots), error);
    }
    if (status == VN_OK && old) {
        status = load_old(dir, out->roots, &out->old, &info, error);
        memcpy(out->state.old_serial, status == VN_OK ? info.serial : "",
               status == VN_OK ? sizeof info.serial : 1);
    }
    return status;
}

static enum vn_status material_load(const char *dir, struct material **out, struct vn_error *error)
{
    struct material *material = calloc(1, sizeof *material);
    *out = NULL;
    if (material == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status =
        vn_file_read_in(dir, ROOT_FILE, VN_FILE_OPEN, material->roots, sizeof material->roots, error);
    if (status == VN_OK && vn_cert_read(vn_view_str(material->roots), &material->state.root, NULL) != VN_OK) {
        status =
            vn_fail(error, VN_INPUT,
                    "%s/" ROOT_FILE " is no certificate: put it back from the copy of the keys, or from any "
                    "till's folder (hub-ca.crt)",
                    dir);
    }
    if (status == VN_OK) {
        status = load_signers(dir, material, error);
    }
    if (status == VN_OK) {
        status = vn_cert_read(vn_view_str(material->issuing.pem), &material->state.issuing, error);
    }
    if (status != VN_OK) {
        material_free(material);
        return status;
    }
    *out = material;
    return VN_OK;
}

enum vn_status vn_ca_open(const char *dir, struct vn_ca **out, struct vn_error *error)
{
    struct vn_ca *ca = calloc(1, sizeof *ca);
    *out = NULL;
    if (ca == NULL || pthread_mutex_init(&ca->lock, NULL) != 0) {
        free(ca);
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_view_copy_str(vn_view_str(dir), ca->dir, sizeof ca->dir) == VN_OK
                                ? material_load(dir, &ca->material, error)
                                : vn_fail(error, VN_ARG, "the folder's name is too long");
    if (status != VN_OK) {
        vn_ca_close(ca);
        return status;
    }
    *out = ca;
    return VN_OK;
}

void vn_ca_close(struct vn_ca *ca)
{
    if (ca != NULL) {
        material_free(ca->material);
        (void)pthread_mutex_destroy(&ca->lock);
        free(ca);
    }
}

enum vn_status vn_ca_reopen(struct vn_ca *ca, struct vn_error *error)
{
    struct material *fresh = NULL;
    enum vn_status status = material_load(ca->dir, &fresh, error);
    if (status != VN_OK) {
        return status;
    }
    (void)pthread_mutex_lock(&ca->lock);
    struct material *stale = ca->material;
    ca->material = fresh;
    (void)pthread_mutex_unlock(&ca->lock);
    material_free(stale);
    return VN_OK;
}

void vn_ca_describe(struct vn_ca *ca, struct vn_ca_state *out)
{
    (void)pthread_mutex_lock(&ca->lock);
    *out = ca->material->state;
    (void)pthread_mutex_unlock(&ca->lock);
}

enum vn_status vn_ca_roots(struct vn_ca *ca, struct vn_buf *out)
{
    (void)pthread_mutex_lock(&ca->lock);
    enum vn_status status = vn_buf_append_str(out, ca->material->roots);
    (void)pthread_mutex_unlock(&ca->lock);
    return status;
}

enum vn_status vn_ca_trusted(struct vn_ca *ca, struct vn_buf *out)
{
    (void)pthread_mutex_lock(&ca->lock);
    enum vn_status status =
        ca->material->state.kind == VN_CA_V1 ? VN_OK : vn_buf_append_str(out, ca->material->issuing.pem);
    if (status == VN_OK) {
        status = vn_buf_append_str(out, ca->material->roots);
    }
    (void)pthread_mutex_unlock(&ca->lock);
    return status;
}

/* --- issuing ---------------------------------------------------------------------------------------------- */

/* From a day ago, because clocks differ, and within the issuer's own dates. */
static enum vn_status set_dates(struct vn_cert_terms *terms, const char *issuer_pem, int64_t now_ms,
                                int64_t term_ms, struct vn_error *error)
{
    struct vn_cert_info issuer;
    enum vn_status status = vn_cert_read(vn_view_str(issuer_pem), &issuer, error);
    if (status != VN_OK) {
        return status;
    }
    int64_t from_ms = now_ms - VN_CA_DAY_MS;
    int64_t until_ms = now_ms + term_ms > terms->not_after_ms ? now_ms + term_ms : terms->not_after_ms;
    terms->not_before_ms = from_ms > issuer.not_before_ms ? from_ms : issuer.not_before_ms;
    terms->not_after_ms = until_ms < issuer.not_after_ms ? until_ms : issuer.not_after_ms;
    if (terms->not_before_ms < terms->not_after_ms) {
        return VN_OK;
    }
    char now[VN_TIME_TEXT_MAX];
    vn_time_text(now_ms, now);
    return vn_fail(error, VN_DENIED,
                   "the chain's issuing certificate is not valid at %s: look at this machine's clock, and if "
                   "it is right, make a "
                   "new one: verno-hub ca renew",
                   now);
}

static enum vn_status issue(const struct signer *signer, struct vn_cert_terms terms, struct vn_view csr_pem,
                            int64_t now_ms, int64_t term_ms, const struct vn_random *random,
                            struct vn_buf *chain, struct vn_error *error)
{
    enum vn_status status = set_dates(&terms, signer->pem, now_ms, term_ms, error);
    if (status == VN_OK) {
        status = vn_cert_issue(signer->key, vn_view_str(signer->pem), csr_pem, &terms, random, chain, error);
    }
    if (status == VN_OK && !signer->is_root) {
        status = vn_buf_append_str(chain, signer->pem);
    }
    return status;
}

enum vn_status vn_ca_issue(struct vn_ca *ca, const struct vn_cert_terms *terms, struct vn_view csr_pem,
                           int64_t now_ms, const struct vn_random *random, struct vn_buf *chain,
                           struct vn_error *error)
{
    (void)pthread_mutex_lock(&ca->lock);
    const struct material *material = ca->material;
    bool old = terms->kind == VN_CERT_SERVER && material->old.key != NULL;
    enum vn_status status = issue(old ? &material->old : &material->issuing, *terms, csr_pem, now_ms,
                                  VN_CA_LEAF_TERM_MS, random, chain, error);
    (void)pthread_mutex_unlock(&ca->lock);
    return status;
}

bool vn_ca_is_due(const struct vn_cert_info *info, int64_t now_ms)
{
    int64_t term_ms = info->not_after_ms - info->not_before_ms;
    return now_ms >= info->not_after_ms - term_ms / 3;
}

/* Whether every till can follow the chain up to what it pins: while the chain is moving, that is the old root alone. */
static bool is_followed(struct vn_ca *ca, const char *chain)
{
    (void)pthread_mutex_lock(&ca->lock);
    const struct material *material = ca->material;
    const char *pinned = material->old.key != NULL ? material->old.pem : material->roots;
    bool good = vn_cert_check(vn_view_str(chain), vn_view_str(pinned), NULL) == VN_OK;
    (void)pthread_mutex_unlock(&ca->lock);
    return good;
}

/* One that ends with its issuer can't be had longer. */
static bool is_due_before_its_issuer(struct vn_ca *ca, const struct vn_cert_info *info, int64_t now_ms)
{
    struct vn_ca_state state;
    vn_ca_describe(ca, &state);
    return vn_ca_is_due(info, now_ms) && info->not_after_ms != state.issuing.not_after_ms;
}

/* It was made while the clock was ahead: nobody whose clock is right takes it. One that starts with its issuer can't be had
 * earlier. */
static bool starts_later(struct vn_ca *ca, const struct vn_cert_info *info, int64_t now_ms)
{
    struct vn_ca_state state;
    vn_ca_describe(ca, &state);
    return info->not_before_ms > now_ms && info->not_before_ms > state.issuing.not_before_ms;
}

enum vn_status vn_ca_write_server(struct vn_ca *ca, struct vn_key *server, const struct vn_ca_names *names,
                                  int64_t now_ms, int64_t latest_ms, const struct vn_random *random,
                                  struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_buf csr;
    struct vn_buf chain;
    const struct vn_cert_terms terms = {.kind = VN_CERT_SERVER,
                                        .common_name = "verno-hub",
                                        .names = names->name,
                                        .name_count = names->count,
                                        .not_after_ms = latest_ms + VN_CA_LEAF_TERM_MS};
    vn_buf_init(&csr, VN_PEM_MAX);
    vn_buf_init(&chain, VN_PEM_MAX - 1);
    enum vn_status status = vn_csr_create(server, random, terms.common_name, &csr, error);
    if (status == VN_OK) {
        status = vn_ca_issue(ca, &terms, vn_buf_view(&csr), now_ms, random, &chain, error);
    }
    if (status == VN_OK) {
        status = vn_file_path(ca->dir, SERVER_FILE, path, error);
    }
    if (status == VN_OK) {
        status = vn_file_replace(path, vn_buf_view(&chain), error);
    }
    vn_buf_deinit(&csr);
    vn_buf_deinit(&chain);
    return status;
}

enum vn_status vn_ca_renew_server(struct vn_ca *ca, struct vn_key *server, int64_t now_ms, int64_t latest_ms,
                                  const struct vn_random *random, bool *renewed, struct vn_error *error)
{
    char present[VN_PEM_MAX];
    struct vn_cert_info info;
    struct vn_cert_names names;
    struct vn_ca_names list = {.count = 0};
    *renewed = false;
    enum vn_status status =
        vn_file_read_in(ca->dir, SERVER_FILE, VN_FILE_OPEN, present, sizeof present, error);
    if (status == VN_OK) {
        status = vn_cert_read(vn_view_str(present), &info, error);
    }
    if (status == VN_OK) {
        status = vn_cert_names(vn_view_str(present), &names, error);
    }
    if (status == VN_ABSENT || status == VN_INPUT) {
        return vn_fail(error, status,
                       "%s/" SERVER_FILE " %s: verno-hub ca server --host NAME makes another one", ca->dir,
                       status == VN_ABSENT ? "is missing" : "is no certificate");
    }
    if (status != VN_OK || (!is_due_before_its_issuer(ca, &info, latest_ms) &&
                            !starts_later(ca, &info, now_ms) && is_followed(ca, present))) {
        return status;
    }
    for (; list.count < names.count; list.count++) {
        list.name[list.count] = names.name[list.count];
    }
    status = vn_ca_write_server(ca, server, &list, now_ms, latest_ms, random, error);
    *renewed = status == VN_OK;
    return status;
}

/* --- what is left to do ----------------------------------------------------------------------------------- */

/* When the file was written; 0: there is none. */
static int64_t written_ms(const char *dir, const char *name)
{
    char path[VN_PATH_MAX];
    struct stat info;
    return vn_file_path(dir, name, path, NULL) == VN_OK && stat(path, &info) == 0
               ? (int64_t)info.st_mtim.tv_sec * 1000
               : 0;
}

static bool read_server(const char *dir, struct vn_cert_info *out)
{
    char pem[VN_PEM_MAX];
    return vn_file_read_in(dir, SERVER_FILE, VN_FILE_OPEN, pem, sizeof pem, NULL) == VN_OK &&
           vn_cert_read(vn_view_str(pem), out, NULL) == VN_OK;
}

void vn_ca_look(struct vn_ca *ca, int64_t now_ms, struct vn_ca_look *out)
{
    struct vn_ca_state state;
    struct vn_cert_info server;
    vn_ca_describe(ca, &state);
    *out = (struct vn_ca_look){.one_key = state.kind == VN_CA_V1,
                               .issuing_until_ms = state.issuing.not_after_ms,
                               .issuing_due = vn_ca_is_due(&state.issuing, now_ms),
                               .root_key_ms = written_ms(ca->dir, ROOT_KEY),
                               .old_key_ms = written_ms(ca->dir, OLD_KEY_FILE)};
    if (state.kind == VN_CA_MOVING && out->old_key_ms != 0) {
        out->old_key_ms = state.issuing.not_before_ms;
    }
    if (read_server(ca->dir, &server)) {
        out->server_until_ms = server.not_after_ms;
        out->server_due = is_due_before_its_issuer(ca, &server, now_ms - VN_CA_DAY_MS);
    }
}
