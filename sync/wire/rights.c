/* Requests and replies about rights. What must not get through: the same account twice in one message (which
 * of the two counters would count?), counters beyond what sums can hold, more slices than a lot list takes. */
#include "sync/wire/rights.h"

#include <stdio.h>
#include <string.h>

#include "sync/wire/document.h"
#include "sync/wire/entry.h"
#include "sync/wire/stamp.h"

#define RIGHTS_BYTES_MAX (256 * 1024) /* 32 grants of 64 slices are below 200 KiB */

static void put_of(struct vn_wire_out *want, const struct vn_right_of *of)
{
    struct vn_wire_out out = vn_wire_object();
    vn_wire_put_text(&out, "promotion", of->promotion);
    if (of->member[0] != '\0') {
        vn_wire_put_text(&out, "member", of->member);
    }
    if (of->day != 0) {
        vn_wire_put_int(&out, "day", of->day, 0, VN_NUMBER_MAX);
    }
    if (of->card[0] != '\0') {
        vn_wire_put_text(&out, "card", of->card);
    }
    vn_wire_put_child(want, "of", &out);
}

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
        if (request->wants[i].has_of) {
            put_of(&want, &request->wants[i].of);
        }
        vn_wire_put_child(&wants, NULL, &want);
    }
    vn_wire_put_int(&root, "schema", VN_WIRE_SCHEMA, 1, VN_WIRE_SCHEMA);
    vn_wire_put_child(&root, "wants", &wants);
    return vn_wire_finish(&root, RIGHTS_BYTES_MAX, out);
}

static void read_want(const struct vn_json_in *want, struct vn_right_want *out)
{
    vn_wire_account_read(want, out->account);
    vn_json_int(want, "granted", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->granted);
    out->has_of = vn_json_has(want, "of");
    if (out->has_of) {
        struct vn_json_in of = vn_json_object(want, "of", VN_REQUIRED);
        vn_json_str(&of, "promotion", VN_REQUIRED, out->of.promotion, sizeof out->of.promotion);
        vn_json_str(&of, "member", VN_OPTIONAL, out->of.member, sizeof out->of.member);
        vn_json_int(&of, "day", VN_OPTIONAL, 0, VN_NUMBER_MAX, &out->of.day);
        vn_json_str(&of, "card", VN_OPTIONAL, out->of.card, sizeof out->of.card);
    }
}

static void read_rights_request(const struct vn_json_in *in, void *to)
{
    struct vn_rights_request *out = to;
    unsigned count = 0;
    struct vn_json_in wants = vn_wire_list(in, "wants", VN_RIGHTS_MAX, &count);
    for (unsigned i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in want = vn_json_at(&wants, i);
        read_want(&want, &out->wants[i]);
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(out->wants[j].account, out->wants[i].account) == 0) {
                vn_json_fail(&want, "account", "each account once");
            }
        }
    }
    out->count = count;
}

enum vn_status vn_rights_request_decode(struct vn_view bytes, struct vn_rights_request *out,
                                        struct vn_error *error)
{
    return vn_wire_read(bytes, read_rights_request, out, sizeof *out, error);
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
    if (grant->elsewhere != 0) {
        vn_wire_put_int(&out, "elsewhere", grant->elsewhere, 0, VN_AMOUNT_MAX);
    }
    vn_wire_put_child(&out, "slices", &slices);
    vn_wire_put_child(grants, NULL, &out);
}

static void put_back(const struct vn_rights_reply *reply, struct vn_wire_out *root)
{
    struct vn_wire_out back = vn_wire_array();
    for (unsigned i = 0; i < reply->back_count; i++) {
        struct vn_wire_out one = vn_wire_object();
        vn_wire_put_text(&one, "account", reply->back[i].account);
        vn_wire_put_int(&one, "released", reply->back[i].released, 0, VN_AMOUNT_MAX);
        if (reply->back[i].seen != 0) {
            vn_wire_put_int(&one, "seen", reply->back[i].seen, 0, VN_AMOUNT_MAX);
        }
        vn_wire_put_child(&back, NULL, &one);
    }
    vn_wire_put_child(root, "back", &back);
}

enum vn_status vn_rights_reply_encode(const struct vn_rights_reply *reply, struct vn_buf *out)
{
    if (reply->count > VN_RIGHTS_MAX || reply->back_count > VN_RIGHTS_MAX) {
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
    if (reply->has_enrolment) {
        vn_wire_put_hex(&root, "enrolment", vn_view_of(reply->enrolment.bytes, VN_ID_BYTES));
    }
    vn_wire_put_int(&root, "number", reply->number, 0, VN_NUMBER_MAX);
    vn_wire_put_child(&root, "grants", &grants);
    if (reply->back_count > 0) {
        put_back(reply, &root);
    }
    if (reply->asked != 0) {
        vn_wire_put_int(&root, "asked", reply->asked, 0, VN_NUMBER_MAX);
    }
    if (reply->risk_member != 0) {
        vn_wire_put_int(&root, "risk_member", reply->risk_member, 0, VN_AMOUNT_MAX);
    }
    if (reply->reason[0] != '\0') {
        vn_wire_put_text(&root, "reason", reply->reason);
    }
    return vn_wire_finish(&root, RIGHTS_BYTES_MAX, out);
}

static void read_grant(const struct vn_json_in *in, struct vn_grant *out)
{
    vn_wire_account_read(in, out->account);
    vn_json_int(in, "granted", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->granted);
    vn_json_int(in, "free", VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->free);
    vn_json_int(in, "elsewhere", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->elsewhere);
    struct vn_json_in slices = vn_wire_list(in, "slices", VN_LOTS_MAX, &out->slice_count);
    for (unsigned i = 0; i < out->slice_count; i++) {
        struct vn_json_in slice = vn_json_at(&slices, i);
        vn_wire_number_read(&slice, "lot", 0, &out->slices[i].lot);
        vn_json_int(&slice, "amount", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->slices[i].amount);
        vn_wire_number_read(&slice, "expires_ms", 0, &out->slices[i].expires_ms);
    }
}

static void read_back(const struct vn_json_in *in, struct vn_rights_reply *out)
{
    size_t count = 0;
    struct vn_json_in back = vn_json_array(in, "back", VN_OPTIONAL, VN_RIGHTS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in one = vn_json_at(&back, i);
        vn_wire_account_read(&one, out->back[i].account);
        vn_json_int(&one, "released", VN_REQUIRED, 0, VN_AMOUNT_MAX, &out->back[i].released);
        vn_json_int(&one, "seen", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->back[i].seen);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(out->back[j].account, out->back[i].account) == 0) {
                vn_json_fail(&one, "account", "each account once");
            }
        }
    }
    out->back_count = (unsigned)count;
    vn_json_int(in, "asked", VN_OPTIONAL, 0, VN_NUMBER_MAX, &out->asked);
    vn_json_int(in, "risk_member", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->risk_member);
    vn_json_str(in, "reason", VN_OPTIONAL, out->reason, sizeof out->reason);
}

static void read_rights_reply(const struct vn_json_in *in, void *to)
{
    struct vn_rights_reply *out = to;
    unsigned count = 0;
    out->has_enrolment = vn_json_has(in, "enrolment");
    vn_json_hex(in, "enrolment", VN_OPTIONAL, out->enrolment.bytes, VN_ID_BYTES);
    vn_wire_number_read(in, "number", 0, &out->number);
    struct vn_json_in grants = vn_wire_list(in, "grants", VN_RIGHTS_MAX, &count);
    for (unsigned i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in grant = vn_json_at(&grants, i);
        read_grant(&grant, &out->grants[i]);
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(out->grants[j].account, out->grants[i].account) == 0) {
                vn_json_fail(&grant, "account", "each account once");
            }
        }
    }
    out->count = count;
    read_back(in, out);
}

enum vn_status vn_rights_reply_decode(struct vn_view bytes, struct vn_rights_reply *out,
                                      struct vn_error *error)
{
    return vn_wire_read(bytes, read_rights_reply, out, sizeof *out, error);
}

void vn_rights_mark_write(const struct vn_rights_mark *mark, char out[VN_RIGHTS_MARK_MAX])
{
    (void)snprintf(out, VN_RIGHTS_MARK_MAX, "%lld.%lld", (long long)mark->grant, (long long)mark->asked);
}

enum vn_status vn_rights_mark_read(struct vn_view text, struct vn_rights_mark *out)
{
    struct vn_cursor pair; /* also two numbers with a dot */
    enum vn_status status = vn_cursor_read(text, &pair);
    if (status == VN_OK) {
        *out = (struct vn_rights_mark){pair.epoch, pair.number};
    }
    return status;
}
