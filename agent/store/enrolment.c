#include "agent/store/enrolment.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/crypto/hash.h"
#include "agent/store/journal.h"

#define CERTIFICATE_FILE "till.crt"
#define AUTHORITY_FILE   "hub-ca.crt"
#define ENROLMENT_FILE   "enrolment.json"
#define KEY_FILE         "till.key"
#define RENEWED_FILE     "till.pem"

enum vn_status vn_enrolment_save(const char *folder, const struct vn_enrolment *enrolment,
                                 struct vn_error *error)
{
    char id[2 * VN_ID_BYTES + 1];
    char card_key[2 * VN_HASH_SIZE + 1];
    struct vn_buf text;
    vn_hex_encode(vn_view_of(enrolment->id.bytes, VN_ID_BYTES), id);
    vn_hex_encode(vn_view_of(enrolment->card_key, VN_HASH_SIZE), card_key);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "enrolment", id, "store", enrolment->store,
                  "till", enrolment->till, "hub_host", enrolment->hub_host, "hub_port",
                  (json_int_t)enrolment->hub_port, "epoch", (json_int_t)enrolment->epoch, "card_key",
                  card_key, "publishing_key", enrolment->publishing_key);
    vn_buf_init(&text, VN_POS_BODY_MAX);
    enum vn_status status = json == NULL ? VN_NOMEM : vn_json_dump(json, &text);
    json_decref(json);
    if (status != VN_OK) {
        status = vn_fail(error, status, "out of memory");
    } else {
        status = vn_file_create_in(folder, CERTIFICATE_FILE, vn_view_str(enrolment->certificate), error);
    }
    if (status == VN_OK) {
        status = vn_file_create_in(folder, AUTHORITY_FILE, vn_view_str(enrolment->hub_ca), error);
    }
    if (status == VN_OK) {
        status = vn_file_create_in(folder, ENROLMENT_FILE, vn_buf_view(&text), error);
    }
    if (text.data != NULL) {
        vn_crypto_wipe(text.data, text.len);
    }
    vn_crypto_wipe(card_key, sizeof card_key);
    vn_buf_deinit(&text);
    return status;
}

/* Newlines are control characters to the strict reader, so the one PEM text in the document is read by hand. */
static void read_pem(const struct vn_json_in *in, const char *key, char *out, size_t size)
{
    const json_t *value = json_object_get(in->value, key);
    const char *text = json_string_value(value);
    if (text == NULL || vn_view_copy_str(vn_view_str(text), out, size) != VN_OK) {
        vn_json_fail(in, key, "a PEM text");
    }
}

/* The document's own fields; *error says where one of them is wrong. */
static enum vn_status read_document(struct vn_view text, struct vn_enrolment *out, struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(text, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    vn_json_hex(&in, "enrolment", VN_REQUIRED, out->id.bytes, VN_ID_BYTES);
    vn_json_str(&in, "store", VN_REQUIRED, out->store, sizeof out->store);
    vn_json_str(&in, "till", VN_REQUIRED, out->till, sizeof out->till);
    vn_json_str(&in, "hub_host", VN_REQUIRED, out->hub_host, sizeof out->hub_host);
    vn_json_int(&in, "hub_port", VN_REQUIRED, 1, 65535, &out->hub_port);
    vn_json_int(&in, "epoch", VN_REQUIRED, 0, INT64_MAX, &out->epoch);
    vn_json_hex(&in, "card_key", VN_REQUIRED, out->card_key, VN_HASH_SIZE);
    read_pem(&in, "publishing_key", out->publishing_key, sizeof out->publishing_key);
    json_decref(root);
    return error->status;
}

static bool has_file(const char *folder, const char *name)
{
    char path[VN_PATH_MAX];
    return vn_file_path(folder, name, path, NULL) == VN_OK && access(path, F_OK) == 0;
}

/* What was renewed counts; the key in front of it is not read here. */
static enum vn_status read_certificate(const char *folder, char out[VN_PEM_MAX], struct vn_error *error)
{
    if (!has_file(folder, RENEWED_FILE)) {
        return vn_file_read_in(folder, CERTIFICATE_FILE, VN_FILE_OPEN, out, VN_PEM_MAX, error);
    }
    char text[VN_PEM_MAX];
    enum vn_status status = vn_file_read_in(folder, RENEWED_FILE, VN_FILE_SECRET, text, sizeof text, error);
    const char *certificate = status == VN_OK ? strstr(text, "-----BEGIN CERTIFICATE-----") : NULL;
    if (certificate != NULL) {
        status = vn_view_copy_str(vn_view_str(certificate), out, VN_PEM_MAX);
    } else if (status == VN_OK) {
        status = vn_fail(error, VN_INPUT, "%.160s/" RENEWED_FILE " holds no certificate", folder);
    }
    vn_crypto_wipe(text, sizeof text);
    return status;
}

enum vn_status vn_enrolment_key(const char *folder, struct vn_key **out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    *out = NULL;
    enum vn_status status =
        vn_file_path(folder, has_file(folder, RENEWED_FILE) ? RENEWED_FILE : KEY_FILE, path, error);
    return status == VN_OK ? vn_key_load(path, out, error) : status;
}

enum vn_status vn_enrolment_load(const char *folder, struct vn_enrolment *out, struct vn_error *error)
{
    char text[2 * VN_PEM_MAX];
    struct vn_error place = {VN_OK, "", ""};
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_file_read_in(folder, ENROLMENT_FILE, VN_FILE_SECRET, text, sizeof text, error);
    if (status == VN_OK) {
        status = read_document(vn_view_str(text), out, &place);
        if (status != VN_OK) {
            (void)vn_fail(error, status, "%.128s/" ENROLMENT_FILE ": %.96s%s%.32s", folder, place.text,
                          place.pointer[0] == '\0' ? "" : " at ", place.pointer);
        }
    }
    vn_crypto_wipe(text, sizeof text);
    if (status == VN_OK) {
        status = read_certificate(folder, out->certificate, error);
    }
    if (status == VN_OK) {
        status =
            vn_file_read_in(folder, AUTHORITY_FILE, VN_FILE_OPEN, out->hub_ca, sizeof out->hub_ca, error);
    }
    if (status != VN_OK) {
        vn_crypto_wipe(out, sizeof *out);
    }
    return status;
}

static enum vn_status check_renewed(const struct vn_enrolment *enrolment, const struct vn_key *key,
                                    const struct vn_renew_reply *reply, struct vn_cert_info *info,
                                    struct vn_error *error)
{
    char name[2 * VN_ID_BYTES + 1];
    struct vn_public_key own;
    enum vn_status status = vn_cert_read(vn_view_str(reply->certificate), info, error);
    vn_hex_encode(vn_view_of(enrolment->id.bytes, VN_ID_BYTES), name);
    vn_key_public(key, &own);
    if (status == VN_OK && memcmp(own.point, info->public_key.point, sizeof own.point) != 0) {
        return vn_fail(error, VN_CORRUPT, "the hub's answer is a certificate of another key");
    }
    if (status == VN_OK && strcmp(info->common_name, name) != 0) {
        return vn_fail(error, VN_CORRUPT, "the hub's answer is a certificate of another enrolment");
    }
    return status == VN_OK
               ? vn_cert_check(vn_view_str(reply->certificate), vn_view_str(reply->authority), error)
               : status;
}

static enum vn_status replace_in(const char *folder, const char *name, struct vn_view text,
                                 struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(folder, name, path, error);
    return status == VN_OK ? vn_file_replace(path, text, error) : status;
}

/* The hub takes the earlier ones no more once the new one was used; they are of no use but to a thief of before that. */
static void remove_earlier(const char *folder)
{
    static const char *const names[] = {KEY_FILE, CERTIFICATE_FILE};
    char path[VN_PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (vn_file_path(folder, names[i], path, NULL) == VN_OK) {
            (void)unlink(path);
        }
    }
}

enum vn_status vn_enrolment_renew(const char *folder, struct vn_enrolment *enrolment,
                                  const struct vn_key *key, const struct vn_renew_reply *reply,
                                  struct vn_cert_info *info, struct vn_error *error)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_PEM_MAX - 1);
    enum vn_status status = check_renewed(enrolment, key, reply, info, error);
    if (status == VN_OK) {
        status = vn_key_to_pem(key, &text);
    }
    if (status == VN_OK) {
        status = vn_buf_append_str(&text, reply->certificate);
    }
    /* The authority first: what it says of the hub holds for both certificates. */
    if (status == VN_OK && strcmp(reply->authority, enrolment->hub_ca) != 0) {
        status = replace_in(folder, AUTHORITY_FILE, vn_view_str(reply->authority), error);
    }
    if (status == VN_OK) {
        status = replace_in(folder, RENEWED_FILE, vn_buf_view(&text), error);
    }
    if (status == VN_OK) {
        remove_earlier(folder);
        memcpy(enrolment->certificate, reply->certificate, sizeof enrolment->certificate);
        memcpy(enrolment->hub_ca, reply->authority, sizeof enrolment->hub_ca);
    }
    if (text.data != NULL) {
        vn_crypto_wipe(text.data, text.len);
    }
    vn_buf_deinit(&text);
    return status;
}

enum vn_status vn_enrolment_clear(const char *folder, struct vn_error *error)
{
    static const char *const names[] = {ENROLMENT_FILE, CERTIFICATE_FILE, AUTHORITY_FILE, RENEWED_FILE};
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(folder, "journal.db", path, error);
    bool begun = false;
    if (status == VN_OK) {
        status = vn_journal_is_begun(path, NULL, &begun, error);
    }
    if (begun) {
        return vn_fail(error, VN_CONFLICT,
                       "%s holds a journal already: a till is enrolled once; use another folder", folder);
    }
    for (size_t i = 0; status == VN_OK && i < sizeof names / sizeof names[0]; i++) {
        status = vn_file_path(folder, names[i], path, error);
        if (status == VN_OK && unlink(path) != 0 && errno != ENOENT) {
            status = vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
        }
    }
    return status == VN_OK ? vn_file_sync(folder, error) : status;
}
