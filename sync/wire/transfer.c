/* Gives and their ends, as signed text and as JSON. What must not get through: one transfer written in two ways (it would be
 * two transfers), and a signature that could be read as one of something else. */
#include "sync/wire/transfer.h"

#include <stdio.h>
#include <string.h>

#include "sync/wire/document.h"

#define SIGNED_MAX 512
#define COUNT_MAX  16 /* digits of 2^53 - 1 */

static const char *const end_names[] = {"taken", "refused", NULL};

/* --- numbers */

void vn_transfer_number(const struct vn_enrolment_id *borrower, int64_t count, char out[VN_TRANSFER_MAX])
{
    char hex[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(borrower->bytes, VN_ID_BYTES), hex);
    (void)snprintf(out, VN_TRANSFER_MAX, "%s-%lld", hex, (long long)count);
}

enum vn_status vn_transfer_borrower(const char *transfer, struct vn_enrolment_id *out)
{
    const size_t prefix = 2 * (size_t)VN_ID_BYTES;
    size_t len = strlen(transfer);
    memset(out, 0, sizeof *out);
    if (len <= prefix + 1 || len > prefix + 1 + COUNT_MAX || transfer[prefix] != '-' ||
        (transfer[prefix + 1] == '0' && len > prefix + 2)) {
        return VN_INPUT;
    }
    for (size_t i = 0; i < len; i++) {
        bool digit = transfer[i] >= '0' && transfer[i] <= '9';
        bool letter = i < prefix && transfer[i] >= 'a' && transfer[i] <= 'f';
        if (i != prefix && !digit && !letter) {
            return VN_INPUT;
        }
    }
    return vn_hex_decode(vn_view_of(transfer, prefix), out->bytes, VN_ID_BYTES);
}

bool vn_enrolment_id_equal(const struct vn_enrolment_id *a, const struct vn_enrolment_id *b)
{
    return memcmp(a->bytes, b->bytes, VN_ID_BYTES) == 0;
}

bool vn_give_equal(const struct vn_give *a, const struct vn_give *b)
{
    return strcmp(a->transfer, b->transfer) == 0 && vn_enrolment_id_equal(&a->lender, &b->lender) &&
           vn_enrolment_id_equal(&a->borrower, &b->borrower) && strcmp(a->account, b->account) == 0 &&
           a->amount == b->amount;
}

/* --- signatures */

static struct vn_view signed_text(char out[SIGNED_MAX], const char *label, const struct vn_give *give,
                                  const char *last)
{
    char lender[2 * VN_ID_BYTES + 1];
    char borrower[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(give->lender.bytes, VN_ID_BYTES), lender);
    vn_hex_encode(vn_view_of(give->borrower.bytes, VN_ID_BYTES), borrower);
    (void)snprintf(out, SIGNED_MAX, "%s\n%s\n%s\n%s\n%s\n%lld\n%s", label, give->transfer, lender, borrower,
                   give->account, (long long)give->amount, last);
    return vn_view_str(out);
}

static struct vn_view end_text(char out[SIGNED_MAX], const struct vn_give *give, enum vn_transfer_end end)
{
    return signed_text(out, "verno-end-1", give, end == VN_TRANSFER_TAKEN ? "taken\n" : "refused\n");
}

enum vn_status vn_give_sign(const struct vn_give *give, const struct vn_key *key,
                            const struct vn_random *random, struct vn_signature *out)
{
    char text[SIGNED_MAX];
    return vn_sign(key, random, signed_text(text, "verno-give-1", give, ""), out->bytes, &out->len);
}

enum vn_status vn_give_verify(const struct vn_give *give, const struct vn_signature *signature,
                              const struct vn_public_key *key)
{
    char text[SIGNED_MAX];
    return vn_verify(key, signed_text(text, "verno-give-1", give, ""),
                     vn_view_of(signature->bytes, signature->len));
}

enum vn_status vn_end_sign(const struct vn_give *give, enum vn_transfer_end end, const struct vn_key *key,
                           const struct vn_random *random, struct vn_signature *out)
{
    char text[SIGNED_MAX];
    return vn_sign(key, random, end_text(text, give, end), out->bytes, &out->len);
}

enum vn_status vn_end_verify(const struct vn_give *give, enum vn_transfer_end end,
                             const struct vn_signature *signature, const struct vn_public_key *key)
{
    char text[SIGNED_MAX];
    return vn_verify(key, end_text(text, give, end), vn_view_of(signature->bytes, signature->len));
}

/* --- fields */

static void put_signature(struct vn_wire_out *out, const struct vn_signature *signature)
{
    vn_wire_put_hex(out, "signature", vn_view_of(signature->bytes, signature->len));
}

static void read_signature(const struct vn_json_in *in, struct vn_signature *out)
{
    char hex[2 * VN_SIGNATURE_MAX + 1] = "";
    vn_json_str(in, "signature", VN_REQUIRED, hex, sizeof hex);
    out->len = strlen(hex) / 2;
    if (!vn_json_failed(in) &&
        (out->len == 0 || vn_hex_decode(vn_view_str(hex), out->bytes, out->len) != VN_OK)) {
        vn_json_fail(in, "signature", "a signature in hexadecimal");
    }
}

void vn_give_put(struct vn_wire_out *out, const struct vn_give *give)
{
    vn_wire_put_text(out, "transfer", give->transfer);
    vn_wire_put_hex(out, "lender", vn_view_of(give->lender.bytes, VN_ID_BYTES));
    vn_wire_put_hex(out, "borrower", vn_view_of(give->borrower.bytes, VN_ID_BYTES));
    vn_wire_put_text(out, "account", give->account);
    vn_wire_put_int(out, "amount", give->amount, 1, VN_AMOUNT_MAX);
}

static void read_transfer(const struct vn_json_in *in, char out[VN_TRANSFER_MAX],
                          struct vn_enrolment_id *borrower)
{
    vn_json_str(in, "transfer", VN_REQUIRED, out, VN_TRANSFER_MAX);
    if (!vn_json_failed(in) && vn_transfer_borrower(out, borrower) != VN_OK) {
        vn_json_fail(in, "transfer", "an enrolment, a dash and a number");
    }
}

void vn_give_read(const struct vn_json_in *in, struct vn_give *out)
{
    struct vn_enrolment_id of = {.bytes = {0}};
    read_transfer(in, out->transfer, &of);
    vn_json_hex(in, "lender", VN_REQUIRED, out->lender.bytes, VN_ID_BYTES);
    vn_json_hex(in, "borrower", VN_REQUIRED, out->borrower.bytes, VN_ID_BYTES);
    vn_wire_account_read(in, out->account);
    vn_json_int(in, "amount", VN_REQUIRED, 1, VN_AMOUNT_MAX, &out->amount);
    if (!vn_json_failed(in) && !vn_enrolment_id_equal(&of, &out->borrower)) {
        vn_json_fail(in, "borrower", "whose number the transfer has");
    } else if (!vn_json_failed(in) && vn_enrolment_id_equal(&out->lender, &out->borrower)) {
        vn_json_fail(in, "lender", "another till than the borrower");
    }
}

/* --- in a journal */

bool vn_entry_is_transfer(enum vn_entry_kind kind)
{
    return kind == VN_ENTRY_GIVE || kind == VN_ENTRY_TAKE || kind == VN_ENTRY_REFUSE || kind == VN_ENTRY_BACK;
}

static bool has_signature(enum vn_entry_kind kind)
{
    return kind == VN_ENTRY_TAKE || kind == VN_ENTRY_BACK;
}

enum vn_status vn_entry_transfer_write(struct vn_entry *entry, const struct vn_give *give,
                                       const struct vn_signature *signature)
{
    struct vn_wire_out body = vn_wire_object();
    if (!vn_entry_is_transfer(entry->kind) || has_signature(entry->kind) != (signature != NULL)) {
        body.status = VN_ARG;
    }
    vn_give_put(&body, give);
    if (signature != NULL) {
        put_signature(&body, signature);
    }
    if (body.status != VN_OK) {
        json_decref(body.value);
        return body.status;
    }
    json_decref(entry->body);
    entry->body = body.value;
    entry->right_count = 0;
    if (entry->kind != VN_ENTRY_REFUSE) {
        entry->right_count = 1;
        entry->rights[0] = (struct vn_counters){.move = give->amount};
        memcpy(entry->rights[0].account, give->account, sizeof give->account);
    }
    return VN_OK;
}

enum vn_status vn_entry_transfer_read(const struct vn_entry *entry, struct vn_give *give,
                                      struct vn_signature *signature, struct vn_error *error)
{
    struct vn_json_in in = vn_json_root(entry->body, error);
    memset(give, 0, sizeof *give);
    memset(signature, 0, sizeof *signature);
    vn_give_read(&in, give);
    if (has_signature(entry->kind)) {
        read_signature(&in, signature);
    } else if (vn_json_has(&in, "signature")) {
        vn_json_fail(&in, "signature", "none");
    }
    if (vn_json_failed(&in)) {
        return VN_INPUT;
    }
    bool refuse = entry->kind == VN_ENTRY_REFUSE;
    if (entry->right_count != (refuse ? 0 : 1) ||
        (!refuse &&
         (strcmp(entry->rights[0].account, give->account) != 0 || entry->rights[0].move != give->amount))) {
        return vn_fail(error, VN_INPUT, "the right that is moved is not the transfer's");
    }
    return VN_OK;
}

/* --- between tills */

enum vn_status vn_have_request_encode(const struct vn_have_request *in, struct vn_buf *out)
{
    if (in->count > VN_RIGHTS_MAX) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_message();
    struct vn_wire_out accounts = vn_wire_array();
    for (unsigned i = 0; i < in->count; i++) {
        vn_wire_put_text(&accounts, NULL, in->accounts[i]);
    }
    vn_wire_put_child(&root, "accounts", &accounts);
    return vn_wire_finish(&root, VN_PEER_BODY_MAX, out);
}

static void read_have_request(const struct vn_json_in *in, void *to)
{
    struct vn_have_request *out = to;
    struct vn_json_in accounts = vn_wire_list(in, "accounts", VN_RIGHTS_MAX, &out->count);
    for (unsigned i = 0; i < out->count; i++) {
        struct vn_json_in account = vn_json_at(&accounts, i);
        vn_json_str(&account, NULL, VN_REQUIRED, out->accounts[i], VN_ID_MAX);
        if (!vn_json_failed(in) && out->accounts[i][0] == '\0') {
            vn_json_fail(&account, NULL, "an account");
        }
    }
}

enum vn_status vn_have_request_decode(struct vn_view bytes, struct vn_have_request *out,
                                      struct vn_error *error)
{
    return vn_wire_read(bytes, read_have_request, out, sizeof *out, error);
}

enum vn_status vn_have_reply_encode(const struct vn_have_reply *in, struct vn_buf *out)
{
    if (in->count > VN_RIGHTS_MAX) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_message();
    struct vn_wire_out rights = vn_wire_array();
    for (unsigned i = 0; i < in->count; i++) {
        struct vn_wire_out right = vn_wire_object();
        vn_wire_put_text(&right, "account", in->rights[i].account);
        vn_wire_put_int(&right, "available", in->rights[i].available, 0, 2 * VN_AMOUNT_MAX);
        vn_wire_put_child(&rights, NULL, &right);
    }
    vn_wire_put_child(&root, "rights", &rights);
    return vn_wire_finish(&root, VN_PEER_BODY_MAX, out);
}

static void read_have_reply(const struct vn_json_in *in, void *to)
{
    struct vn_have_reply *out = to;
    struct vn_json_in rights = vn_wire_list(in, "rights", VN_RIGHTS_MAX, &out->count);
    for (unsigned i = 0; i < out->count; i++) {
        struct vn_json_in right = vn_json_at(&rights, i);
        vn_wire_account_read(&right, out->rights[i].account);
        vn_json_int(&right, "available", VN_REQUIRED, 0, 2 * VN_AMOUNT_MAX, &out->rights[i].available);
    }
}

enum vn_status vn_have_reply_decode(struct vn_view bytes, struct vn_have_reply *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_have_reply, out, sizeof *out, error);
}

enum vn_status vn_lend_request_encode(const struct vn_lend_request *in, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_text(&root, "transfer", in->transfer);
    vn_wire_put_text(&root, "account", in->account);
    vn_wire_put_int(&root, "amount", in->amount, 1, VN_AMOUNT_MAX);
    return vn_wire_finish(&root, VN_PEER_BODY_MAX, out);
}

static void read_lend_request(const struct vn_json_in *in, void *to)
{
    struct vn_lend_request *out = to;
    struct vn_enrolment_id of;
    read_transfer(in, out->transfer, &of);
    vn_wire_account_read(in, out->account);
    vn_json_int(in, "amount", VN_REQUIRED, 1, VN_AMOUNT_MAX, &out->amount);
}

enum vn_status vn_lend_request_decode(struct vn_view bytes, struct vn_lend_request *out,
                                      struct vn_error *error)
{
    return vn_wire_read(bytes, read_lend_request, out, sizeof *out, error);
}

enum vn_status vn_lend_reply_encode(const struct vn_lend_reply *in, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_give_put(&root, &in->give);
    put_signature(&root, &in->signature);
    return vn_wire_finish(&root, VN_PEER_BODY_MAX, out);
}

static void read_lend_reply(const struct vn_json_in *in, void *to)
{
    struct vn_lend_reply *out = to;
    vn_give_read(in, &out->give);
    read_signature(in, &out->signature);
}

enum vn_status vn_lend_reply_decode(struct vn_view bytes, struct vn_lend_reply *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_lend_reply, out, sizeof *out, error);
}

enum vn_status vn_end_request_encode(const struct vn_give *in, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_give_put(&root, in);
    return vn_wire_finish(&root, VN_PEER_BODY_MAX, out);
}

static void read_end_request(const struct vn_json_in *in, void *to)
{
    struct vn_give *out = to;
    vn_give_read(in, out);
}

enum vn_status vn_end_request_decode(struct vn_view bytes, struct vn_give *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_end_request, out, sizeof *out, error);
}

enum vn_status vn_end_reply_encode(const struct vn_end_reply *in, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_text(&root, "transfer", in->transfer);
    vn_wire_put_text(&root, "end", end_names[in->end == VN_TRANSFER_TAKEN ? 0 : 1]);
    put_signature(&root, &in->signature);
    return vn_wire_finish(&root, VN_PEER_BODY_MAX, out);
}

static void read_end_reply(const struct vn_json_in *in, void *to)
{
    struct vn_end_reply *out = to;
    struct vn_enrolment_id of;
    int end = 0;
    read_transfer(in, out->transfer, &of);
    vn_json_enum(in, "end", VN_REQUIRED, end_names, &end);
    read_signature(in, &out->signature);
    out->end = end == 0 ? VN_TRANSFER_TAKEN : VN_TRANSFER_REFUSED;
}

enum vn_status vn_end_reply_decode(struct vn_view bytes, struct vn_end_reply *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_end_reply, out, sizeof *out, error);
}
