/* Requests and replies about rights. What must not get through: the same account twice in one message (which
 * of the two counters would count?), counters beyond what sums can hold, more slices than a lot list takes. */
#include "sync/wire/rights.h"

#include <string.h>

#include "sync/wire/document.h"
#include "sync/wire/entry.h"

#define RIGHTS_BYTES_MAX (256 * 1024) /* 16 grants of 64 slices are below 100 KiB */

enum vn_status vn_rights_request_encode(const struct vn_rights_request *request, struct vn_buf *out)
{
    if (request->count > VN_RIGHTS_MAX) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_object();
    struct vn_wire_out wants = vn_wire_array();
    for (unsigned i = 0; i < request->count; i++) {
        struct vn_wire_out want = vn_wire_object();
        vn_wire_put_text(&want, "account", request->wants[i].account);
        vn_wire_put_int(&want, "granted", request->wants[i].granted, 0, VN_AMOUNT_MAX);
        vn_wire_put_child(&wants, NULL, &want);
    }
    vn_wire_put_int(&root, "schema", VN_WIRE_SCHEMA, 1, VN_WIRE_SCHEMA);
    vn_wire_put_child(&root, "wants", &wants);
    return vn_wire_finish(&root, RIGHTS_BYTES_MAX, out);
}

enum vn_status vn_rights_request_decode(struct vn_view bytes, struct vn_rights_request *out,
                                        struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_json_in in;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_wire_open(bytes, &root, &in, error);
    if (status != VN_OK) {
        return status;
    }
    unsigned count = 0;
    struct vn_json_in wants = vn_wire_list(&in, "wants", VN_RIGHTS_MAX, &count);
    for (unsigned i = 0; i < count && !vn_json_failed(&in); i++) {
        struct vn_json_in want = vn_json_at(&wants, i);
        vn_wire_account_read(&want, out->wants[i].account);
        vn_json_int(&want, "granted", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->wants[i].granted);
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(out->wants[j].account, out->wants[i].account) == 0) {
                vn_json_fail(&want, "account", "each account once");
            }
        }
    }
    out->count = count;
    json_decref(root);
    return error->status;
}

static void put_grant(struct vn_wire_out *grants, const struct vn_grant *grant)
{
    struct vn_wire_out out = vn_wire_object();
    struct vn_wire_out slices = vn_wire_array();
    for (unsigned i = 0; i < grant->slice_count && i < VN_LOTS_MAX; i++) {
        struct vn_wire_out slice = vn_wire_object();
        vn_wire_put_int(&slice, "lot", grant->slices[i].lot, 0, VN_NUMBER_MAX);
        vn_wire_put_int(&slice, "amount", grant->slices[i].amount, 0, VN_AMOUNT_MAX);
        vn_wire_put_int(&slice, "expires_ms", grant->slices[i].expires_ms, 0, VN_NUMBER_MAX);
        vn_wire_put_child(&slices, NULL, &slice);
    }
    vn_wire_put_text(&out, "account", grant->account);
    vn_wire_put_int(&out, "granted", grant->granted, 0, VN_AMOUNT_MAX);
    vn_wire_put_int(&out, "free", grant->free, -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
    vn_wire_put_child(&out, "slices", &slices);
    vn_wire_put_child(grants, NULL, &out);
}

enum vn_status vn_rights_reply_encode(const struct vn_rights_reply *reply, struct vn_buf *out)
{
    if (reply->count > VN_RIGHTS_MAX) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_object();
    struct vn_wire_out grants = vn_wire_array();
    for (unsigned i = 0; i < reply->count; i++) {
        if (reply->grants[i].slice_count > VN_LOTS_MAX) {
            grants.status = VN_ARG;
        }
        put_grant(&grants, &reply->grants[i]);
    }
    vn_wire_put_int(&root, "schema", VN_WIRE_SCHEMA, 1, VN_WIRE_SCHEMA);
    vn_wire_put_int(&root, "number", reply->number, 0, VN_NUMBER_MAX);
    vn_wire_put_child(&root, "grants", &grants);
    return vn_wire_finish(&root, RIGHTS_BYTES_MAX, out);
}

static void read_grant(const struct vn_json_in *in, struct vn_grant *out)
{
    vn_wire_account_read(in, out->account);
    vn_json_int(in, "granted", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->granted);
    vn_json_int(in, "free", VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->free);
    struct vn_json_in slices = vn_wire_list(in, "slices", VN_LOTS_MAX, &out->slice_count);
    for (unsigned i = 0; i < out->slice_count; i++) {
        struct vn_json_in slice = vn_json_at(&slices, i);
        vn_wire_number_read(&slice, "lot", 0, &out->slices[i].lot);
        vn_json_int(&slice, "amount", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->slices[i].amount);
        vn_wire_number_read(&slice, "expires_ms", 0, &out->slices[i].expires_ms);
    }
}

enum vn_status vn_rights_reply_decode(struct vn_view bytes, struct vn_rights_reply *out,
                                      struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_json_in in;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_wire_open(bytes, &root, &in, error);
    if (status != VN_OK) {
        return status;
    }
    unsigned count = 0;
    vn_wire_number_read(&in, "number", 0, &out->number);
    struct vn_json_in grants = vn_wire_list(&in, "grants", VN_RIGHTS_MAX, &count);
    for (unsigned i = 0; i < count && !vn_json_failed(&in); i++) {
        struct vn_json_in grant = vn_json_at(&grants, i);
        read_grant(&grant, &out->grants[i]);
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(out->grants[j].account, out->grants[i].account) == 0) {
                vn_json_fail(&grant, "account", "each account once");
            }
        }
    }
    out->count = count;
    json_decref(root);
    return error->status;
}
