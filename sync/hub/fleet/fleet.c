#include "sync/hub/fleet/fleet.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/crypto/hash.h"
#include "agent/crypto/x509.h"
#include "sync/hub/core/mark_enrolled.h"
#include "sync/hub/core/mark_revoked.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/storage/lists.h"
#include "sync/hub/storage/segments.h"

#define CODE_LETTERS 26 /* of 5 bits */

/* Crockford's base 32: no I, L, O, U, so that a code can be read out. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The letters of a code alone, as they are hashed. */
static bool normalise(const char *code, char out[CODE_LETTERS + 1])
{
    size_t len = 0;
    for (; *code != '\0'; code++) {
        char c = *code >= 'a' && *code <= 'z' ? (char)(*code - 'a' + 'A') : *code;
        if (c == '-' || c == ' ') {
            continue;
        }
        if (strchr(alphabet, c) == NULL || len == CODE_LETTERS) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return len == CODE_LETTERS;
}

static void code_hash(const char letters[CODE_LETTERS + 1], uint8_t out[VN_HASH_SIZE])
{
    vn_sha256(vn_view_of(letters, CODE_LETTERS), out);
}

static enum vn_status draw_code(const struct vn_random *random, char letters[CODE_LETTERS + 1],
                                char out[VN_ENROL_CODE_MAX])
{
    uint8_t bytes[CODE_LETTERS];
    size_t len = 0;
    enum vn_status status = vn_random_fill(random, bytes, sizeof bytes);
    for (size_t i = 0; i < CODE_LETTERS && status == VN_OK; i++) {
        if (i > 0 && i % 5 == 0) {
            out[len++] = '-';
        }
        letters[i] = alphabet[bytes[i] % 32];
        out[len++] = letters[i];
    }
    letters[CODE_LETTERS] = '\0';
    out[len] = '\0';
    return status;
}

static enum vn_status code_unit(void *ctx, struct vn_storage *storage)
{
    const struct vn_code_row *row = ctx;
    int64_t before = 0;
    enum vn_status status = vn_storage_codes_revoke(storage, row->till, &before);
    return status == VN_OK ? vn_storage_code_put(storage, row) : status;
}

enum vn_status vn_fleet_code(struct vn_hub *hub, const char *store, const char *till,
                             char out[VN_ENROL_CODE_MAX], struct vn_error *error)
{
    struct vn_code_row row = {.expires_ms = vn_hub_now_ms(hub) + VN_ENROL_CODE_TERM_MS};
    char letters[CODE_LETTERS + 1];
    char name[VN_NAME_MAX];
    enum vn_status status = vn_storage_store_name(hub->storage, store, name);
    if (status == VN_ABSENT) {
        return vn_fail(error, VN_ABSENT, "there is no store '%s'", store);
    }
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_view_str(store), row.store, sizeof row.store);
    }
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_view_str(till), row.till, sizeof row.till);
    }
    if (status == VN_OK) {
        status = draw_code(&hub->random, letters, out);
    }
    if (status == VN_OK) {
        code_hash(letters, row.hash);
    }
    if (status == VN_OK) {
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, code_unit, &row);
    }
    return status == VN_CONFLICT ? vn_fail(error, status, "till '%s' belongs to another store", till)
                                 : status;
}

/* For the key in the CSR and the enrolment's name; `row` is what there is to keep of it. */
static enum vn_status issue(struct vn_hub *hub, const char *csr, const struct vn_enrolment_id *enrolment,
                            char out[VN_PEM_MAX], struct vn_certificate_row *row, struct vn_error *error)
{
    char name[2 * VN_ID_BYTES + 1];
    struct vn_cert_info info;
    struct vn_ca_state authority;
    struct vn_buf pem;
    vn_hex_encode(vn_view_of(enrolment->bytes, VN_ID_BYTES), name);
    const struct vn_cert_terms terms = {.kind = VN_CERT_TILL,
                                        .common_name = name,
                                        .not_after_ms = vn_hub_latest_ms(hub) + VN_CA_LEAF_TERM_MS};
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    enum vn_status status =
        vn_ca_issue(hub->keys->ca, &terms, vn_view_str(csr), vn_hub_now_ms(hub), &hub->random, &pem, error);
    if (status == VN_OK) {
        status = vn_cert_read(vn_buf_view(&pem), &info, error);
    }
    if (status == VN_OK) {
        vn_ca_describe(hub->keys->ca, &authority);
        memcpy(row->serial, info.serial, sizeof row->serial);
        memcpy(row->issuer, authority.issuing.serial, sizeof row->issuer);
        row->until_ms = info.not_after_ms;
        status = vn_view_copy_str(vn_buf_view(&pem), out, VN_PEM_MAX);
    }
    vn_buf_deinit(&pem);
    return status;
}

struct enrolling {
    struct vn_hub *hub;
    const struct vn_enrol_request *request;
    struct vn_enrol_reply *reply;
    struct vn_error *error;
    uint8_t hash[VN_HASH_SIZE]; /* of the code */
    enum vn_status answer;      /* what is committed may be a refusal */
};

static enum vn_status add_enrolment(const struct enrolling *enrolling, const struct vn_code_row *code)
{
    struct vn_hub *hub = enrolling->hub;
    struct vn_enrol_reply *reply = enrolling->reply;
    struct vn_enrolment_row row = {
        .state = VN_ENROLMENT_ACTIVE, .created_ms = vn_hub_now_ms(hub), .epoch = hub->epoch};
    struct vn_certificate_row certificate = {.state = VN_CERTIFICATE_IN_USE};
    int64_t set_back_ms = 0;
    enum vn_status status = vn_storage_set_back_ms(hub->storage, &set_back_ms);
    row.created_ms =
        row.created_ms < set_back_ms ? set_back_ms : row.created_ms; /* the clock may have gone back */
    if (status == VN_OK) {
        status = vn_random_fill(&hub->random, row.enrolment.bytes, VN_ID_BYTES);
    }
    if (status == VN_OK) {
        status = issue(hub, enrolling->request->csr, &row.enrolment, reply->certificate, &certificate,
                       enrolling->error);
    }
    if (status != VN_OK) {
        return status;
    }
    memcpy(row.serial, certificate.serial, sizeof row.serial);
    memcpy(row.store, code->store, sizeof row.store);
    memcpy(row.till, code->till, sizeof row.till);
    row.ack_ms = vn_hub_now_ms(hub); /* not created_ms, which may be ahead: sales would be dated by it */
    vn_chain_start(&row.enrolment, &row.head);
    status = vn_storage_enrolment_add(hub->storage, &row);
    if (status == VN_OK) {
        certificate.enrolment = row.id;
        status = vn_storage_certificate_add(hub->storage, &certificate);
    }
    reply->enrolment = row.enrolment;
    memcpy(reply->store, row.store, sizeof reply->store);
    memcpy(reply->till, row.till, sizeof reply->till);
    memcpy(reply->publishing_key, hub->keys->publishing_pem, sizeof reply->publishing_key);
    memcpy(reply->card_key, hub->keys->card, sizeof reply->card_key);
    reply->epoch = hub->epoch;
    return status;
}

static enum vn_status enrol_unit(void *ctx, struct vn_storage *storage)
{
    struct enrolling *enrolling = ctx;
    struct vn_enrolment_row done;
    struct vn_code_row code;
    /* Of a commit of which nobody knew: the code is gone, and this is where it went. */
    if (enrolling->reply->certificate[0] != '\0' &&
        vn_storage_enrolment_get(storage, &enrolling->reply->enrolment, &done) == VN_OK) {
        return VN_OK;
    }
    memset(enrolling->reply, 0, sizeof *enrolling->reply);
    *enrolling->error = (struct vn_error){VN_OK, "", ""};
    enum vn_status status =
        vn_storage_code_take(storage, enrolling->hash, vn_hub_now_ms(enrolling->hub), &code);
    if (status == VN_ABSENT) {
        status = vn_fail(enrolling->error, VN_DENIED, "the code is unknown, used or expired");
    } else if (status == VN_OK) {
        status = add_enrolment(enrolling, &code);
    }
    enrolling->answer = status;
    /* The code is gone whatever the request was, so that codes can't be tried out with broken requests. */
    return status == VN_DENIED || status == VN_INPUT || status == VN_CORRUPT ? VN_OK : status;
}

/* It is good without this, as long as nobody sets the hub back; the lists are looked at soon (vn_epoch_note_lists). */
static void keep_enrolled(struct vn_hub *hub, const struct vn_enrol_reply *reply)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    enum vn_status status = vn_storage_enrolment_get(hub->storage, &reply->enrolment, &row);
    if (status == VN_OK) {
        status = vn_mark_enrolled_add(hub->enrolled, &row, &error);
    }
    if (status != VN_OK) {
        vn_log_event(hub->log, VN_LOG_ERROR, "enrolment_not_kept", VN_S("till", reply->till),
                     VN_S("reason", error.status == VN_OK ? vn_status_name(status) : error.text));
    }
}

enum vn_status vn_fleet_enrol(struct vn_hub *hub, const struct vn_enrol_request *request,
                              struct vn_enrol_reply *reply, struct vn_error *error)
{
    char letters[CODE_LETTERS + 1];
    struct enrolling enrolling = {.hub = hub, .request = request, .reply = reply, .error = error};
    memset(reply, 0, sizeof *reply);
    if (!normalise(request->code, letters)) {
        return vn_fail(error, VN_DENIED, "the code is unknown, used or expired");
    }
    code_hash(letters, enrolling.hash);
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, enrol_unit, &enrolling);
    if (status == VN_OK && enrolling.answer == VN_OK && hub->enrolled != NULL) {
        keep_enrolled(hub, reply);
    }
    return status == VN_OK ? enrolling.answer : status;
}

enum vn_status vn_fleet_renew(struct vn_hub *hub, const struct vn_enrolment_row *row,
                              const struct vn_renew_request *request, struct vn_renew_reply *reply,
                              struct vn_error *error)
{
    struct vn_certificate_row certificate = {.enrolment = row->id, .state = VN_CERTIFICATE_ISSUED};
    struct vn_buf roots;
    memset(reply, 0, sizeof *reply);
    vn_buf_init(&roots, VN_PEM_MAX - 1);
    enum vn_status status =
        issue(hub, request->csr, &row->enrolment, reply->certificate, &certificate, error);
    if (status == VN_OK) {
        status = vn_ca_roots(hub->keys->ca, &roots);
    }
    if (status == VN_OK) {
        status = vn_view_copy_str(vn_buf_view(&roots), reply->authority, sizeof reply->authority);
    }
    vn_buf_deinit(&roots);
    return status == VN_OK ? vn_storage_certificate_add(hub->storage, &certificate) : status;
}

enum vn_status vn_fleet_other_certificate(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                          const char *serial, bool *first)
{
    struct vn_certificate_row certificate;
    *first = false;
    enum vn_status status = vn_storage_certificate_get(hub->storage, row->id, serial, &certificate);
    if (status == VN_OK || status == VN_ABSENT) {
        *first = status == VN_ABSENT || certificate.state != VN_CERTIFICATE_REPLACED;
        status = VN_OK;
    }
    return status;
}

enum vn_status vn_fleet_wants_renewal(struct vn_hub *hub, const struct vn_enrolment_row *row, bool *out)
{
    struct vn_certificate_row certificate;
    struct vn_ca_state authority;
    *out = false;
    vn_ca_describe(hub->keys->ca, &authority);
    if (authority.kind == VN_CA_V1) {
        return VN_OK;
    }
    enum vn_status status = vn_storage_certificate_get(hub->storage, row->id, row->serial, &certificate);
    if (status == VN_OK || status == VN_ABSENT) {
        *out = status == VN_ABSENT || strcmp(certificate.issuer, authority.issuing.serial) != 0;
        status = VN_OK;
    }
    return status;
}

/* The hash that the hub has at `seq`, <= high_seq. */
static enum vn_status hash_at(struct vn_hub *hub, const struct vn_enrolment_row *row, int64_t seq,
                              struct vn_hash *out)
{
    if (seq == 0) {
        vn_chain_start(&row->enrolment, out);
        return VN_OK;
    }
    *out = row->head;
    return seq == row->high_seq ? VN_OK : vn_storage_entry_hash(hub->storage, row->id, seq, out);
}

enum vn_status vn_fleet_check(struct vn_hub *hub, const struct vn_enrolment_row *row,
                              const struct vn_stamp *stamp, const char **branch)
{
    struct vn_hash hash;
    uint8_t boot[VN_ID_BYTES];
    *branch = NULL;
    if (VN_PLANTED(CLONE_UNNOTICED)) {
        return VN_OK;
    }
    if (stamp->head_seq <= row->high_seq) {
        enum vn_status status = hash_at(hub, row, stamp->head_seq, &hash);
        if (status != VN_OK) {
            return status;
        }
        if (memcmp(hash.bytes, stamp->head_hash.bytes, sizeof hash.bytes) != 0) {
            *branch = "the till's journal differs from what the hub has of it";
            return VN_OK;
        }
    }
    enum vn_status status = vn_storage_boot_known(hub->storage, row->id, stamp->boot);
    if (status == VN_ABSENT) {
        if (stamp->head_seq < row->high_seq) {
            *branch = "the till started anew on an older journal";
        }
        return VN_OK;
    }
    /* A start sends its first requests while its boot entry, the next one, is still being written. */
    bool fits = false;
    for (int64_t seq = stamp->head_seq; status == VN_OK && seq <= stamp->head_seq + 1 && !fits; seq++) {
        status = vn_storage_boot_at(hub->storage, row->id, seq, boot);
        fits = status == VN_OK && memcmp(boot, stamp->boot, sizeof boot) == 0;
        status = status == VN_ABSENT ? VN_OK : status;
    }
    if (status == VN_OK && !fits) {
        *branch = "an earlier start of the till goes on beside a later one";
    }
    return status;
}

enum vn_status vn_fleet_branch(struct vn_hub *hub, struct vn_enrolment_row *row)
{
    row->state = VN_ENROLMENT_BRANCH;
    vn_log_event(hub->log, VN_LOG_WARN, "branch_found", VN_S("store", row->store), VN_S("till", row->till),
                 VN_I("acked", row->high_seq));
    enum vn_status status = vn_storage_enrolment_put(hub->storage, row);
    return status == VN_OK ? vn_roster_refresh(hub, row->store) : status;
}

struct revoke {
    struct vn_hub *hub;
    const char *till;
    unsigned count;
    struct vn_enrolment_row rows[VN_FLEET_ENROLMENTS_MAX];
    int64_t codes;
    bool found;
};

static enum vn_status collect(void *ctx, const struct vn_enrolment_row *row, const char *report,
                              int64_t report_ms)
{
    struct revoke *revoke = ctx;
    (void)report;
    (void)report_ms;
    revoke->found = true;
    bool ends = row->state == VN_ENROLMENT_ACTIVE || row->state == VN_ENROLMENT_BRANCH;
    if (ends && revoke->count < VN_FLEET_ENROLMENTS_MAX) {
        revoke->rows[revoke->count++] = *row;
    }
    return VN_OK;
}

static enum vn_status revoke_unit(void *ctx, struct vn_storage *storage)
{
    struct revoke *revoke = ctx;
    revoke->count = 0;
    revoke->found = false;
    enum vn_status status = vn_storage_enrolments_of(storage, revoke->till, collect, revoke);
    if (status == VN_OK) {
        status = vn_storage_codes_revoke(storage, revoke->till, &revoke->codes);
    }
    if (status == VN_OK && !revoke->found && revoke->codes == 0) {
        status = VN_ABSENT;
    }
    for (unsigned i = 0; i < revoke->count && status == VN_OK; i++) {
        revoke->rows[i].state = VN_ENROLMENT_REVOKED;
        status = vn_storage_enrolment_put(storage, &revoke->rows[i]);
    }
    return status == VN_OK && revoke->count > 0 ? vn_roster_refresh(revoke->hub, revoke->rows[0].store)
                                                : status;
}

/* It holds without this, as long as nobody sets the hub back. */
static void keep_revoked(struct vn_hub *hub, const char *till, struct vn_revoked *out)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    enum vn_status status = hub->revoked == NULL ? VN_OK
                                                 : vn_mark_revoked_fill(hub->revoked, hub->storage,
                                                                        vn_hub_now_ms(hub), &count, &error);
    if (status != VN_OK) {
        const char *reason = error.status == VN_OK ? vn_status_name(status) : error.text;
        vn_log_event(hub->log, VN_LOG_ERROR, "revocation_not_kept", VN_S("till", till),
                     VN_S("reason", reason));
        (void)snprintf(
            out->unkept, sizeof out->unkept,
            "the till is revoked, but a hub that is set back would not know it (%.140s): mend that, "
            "the hub then notes it by itself",
            reason);
    }
}

enum vn_status vn_fleet_revoke(struct vn_hub *hub, const char *till, const char *who, struct vn_revoked *out)
{
    struct revoke revoke = {.hub = hub, .till = till};
    enum vn_status status = VN_OK;
    *out = (struct vn_revoked){.codes = 0};
    do {
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, revoke_unit, &revoke);
        out->enrolments += status == VN_OK ? revoke.count : 0;
        out->codes += status == VN_OK ? revoke.codes : 0;
        if (status == VN_OK) {
            vn_log_event(hub->log, VN_LOG_NOTICE, "till_revoked", VN_S("till", till),
                         VN_I("enrolments", revoke.count), VN_S("by", who));
        }
    } while (status == VN_OK && revoke.count == VN_FLEET_ENROLMENTS_MAX);
    if (status == VN_OK) {
        keep_revoked(hub, till, out);
    }
    return status;
}
