/* Enrolment. PEM is the one text of ours with line breaks in it, so it has a reader of its own here. */
#include "sync/wire/enrol.h"

#include <string.h>

#include "sync/wire/document.h"
#include "sync/wire/entry.h"

#define ENROL_BYTES_MAX (4 * VN_PEM_MAX)

static void pem_read(const struct vn_json_in *in, const char *key, char out[VN_PEM_MAX])
{
    if (vn_json_failed(in)) {
        return;
    }
    const json_t *value = json_object_get(in->value, key);
    size_t len = json_string_length(value);
    const char *text = json_string_value(value);
    if (text == NULL || len == 0 || len >= VN_PEM_MAX) {
        vn_json_fail(in, key, "a PEM text");
        return;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c != '\n' && c != '\r' && (c < 0x20 || c > 0x7e)) {
            vn_json_fail(in, key, "a PEM text");
            return;
        }
    }
    memcpy(out, text, len + 1);
}

enum vn_status vn_enrol_request_encode(const struct vn_enrol_request *request, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_text(&root, "code", request->code);
    vn_wire_put_bytes(&root, "csr", vn_view_str(request->csr));
    return vn_wire_finish(&root, ENROL_BYTES_MAX, out);
}

static void read_enrol_request(const struct vn_json_in *in, void *to)
{
    struct vn_enrol_request *out = to;
    vn_json_str(in, "code", VN_REQUIRED, out->code, sizeof out->code);
    pem_read(in, "csr", out->csr);
}

enum vn_status vn_enrol_request_decode(struct vn_view bytes, struct vn_enrol_request *out,
                                       struct vn_error *error)
{
    return vn_wire_read(bytes, read_enrol_request, out, sizeof *out, error);
}

enum vn_status vn_enrol_reply_encode(const struct vn_enrol_reply *reply, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_hex(&root, "enrolment", vn_view_of(reply->enrolment.bytes, VN_ID_BYTES));
    vn_wire_put_text(&root, "store", reply->store);
    vn_wire_put_text(&root, "till", reply->till);
    vn_wire_put_bytes(&root, "certificate", vn_view_str(reply->certificate));
    vn_wire_put_bytes(&root, "publishing_key", vn_view_str(reply->publishing_key));
    vn_wire_put_hex(&root, "card_key", vn_view_of(reply->card_key, sizeof reply->card_key));
    vn_wire_put_int(&root, "epoch", reply->epoch, 0, VN_NUMBER_MAX);
    return vn_wire_finish(&root, ENROL_BYTES_MAX, out);
}

static void read_enrol_reply(const struct vn_json_in *in, void *to)
{
    struct vn_enrol_reply *out = to;
    vn_json_hex(in, "enrolment", VN_REQUIRED, out->enrolment.bytes, VN_ID_BYTES);
    vn_json_str(in, "store", VN_REQUIRED, out->store, sizeof out->store);
    vn_json_str(in, "till", VN_REQUIRED, out->till, sizeof out->till);
    pem_read(in, "certificate", out->certificate);
    pem_read(in, "publishing_key", out->publishing_key);
    vn_json_hex(in, "card_key", VN_REQUIRED, out->card_key, sizeof out->card_key);
    vn_wire_number_read(in, "epoch", 0, &out->epoch);
}

enum vn_status vn_enrol_reply_decode(struct vn_view bytes, struct vn_enrol_reply *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_enrol_reply, out, sizeof *out, error);
}

enum vn_status vn_renew_request_encode(const struct vn_renew_request *request, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_bytes(&root, "csr", vn_view_str(request->csr));
    return vn_wire_finish(&root, ENROL_BYTES_MAX, out);
}

static void read_renew_request(const struct vn_json_in *in, void *to)
{
    struct vn_renew_request *out = to;
    pem_read(in, "csr", out->csr);
}

enum vn_status vn_renew_request_decode(struct vn_view bytes, struct vn_renew_request *out,
                                       struct vn_error *error)
{
    return vn_wire_read(bytes, read_renew_request, out, sizeof *out, error);
}

enum vn_status vn_renew_reply_encode(const struct vn_renew_reply *reply, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_bytes(&root, "certificate", vn_view_str(reply->certificate));
    vn_wire_put_bytes(&root, "authority", vn_view_str(reply->authority));
    return vn_wire_finish(&root, ENROL_BYTES_MAX, out);
}

static void read_renew_reply(const struct vn_json_in *in, void *to)
{
    struct vn_renew_reply *out = to;
    pem_read(in, "certificate", out->certificate);
    pem_read(in, "authority", out->authority);
}

enum vn_status vn_renew_reply_decode(struct vn_view bytes, struct vn_renew_reply *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_renew_reply, out, sizeof *out, error);
}
