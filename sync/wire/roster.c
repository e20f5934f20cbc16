/* The roster's text and its envelope. What must not get through: the same enrolment twice (whose key counts?), and an
 * address that is anything but an address, for it is connected to. */
#include "sync/wire/roster.h"

#include <stdio.h>
#include <string.h>

#include "sync/wire/document.h"
#include "sync/wire/entry.h"

#define PORT_MAX 65535

void vn_roster_tag(const struct vn_cursor *number, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "\"%lld.%lld\"", (long long)number->epoch, (long long)number->number);
}

const struct vn_roster_till *vn_roster_find(const struct vn_roster *roster,
                                            const struct vn_enrolment_id *enrolment)
{
    for (unsigned i = 0; i < roster->till_count; i++) {
        if (vn_enrolment_id_equal(&roster->tills[i].enrolment, enrolment)) {
            return &roster->tills[i];
        }
    }
    return NULL;
}

bool vn_roster_is_gone(const struct vn_roster *roster, const struct vn_enrolment_id *enrolment)
{
    for (unsigned i = 0; i < roster->gone_count; i++) {
        if (vn_enrolment_id_equal(&roster->gone[i], enrolment)) {
            return true;
        }
    }
    return false;
}

/* --- writing */

static void put_place(struct vn_wire_out *out, const struct vn_peer_place *place)
{
    struct vn_wire_out addresses = vn_wire_array();
    for (unsigned i = 0; i < place->address_count && i < VN_PEER_ADDRESSES; i++) {
        vn_wire_put_text(&addresses, NULL, place->addresses[i]);
    }
    vn_wire_put_child(out, "addresses", &addresses);
    vn_wire_put_int(out, "port", place->port, 0, PORT_MAX);
    vn_wire_put_hex(out, "key", vn_view_of(place->key.point, sizeof place->key.point));
}

json_t *vn_peer_place_json(const struct vn_peer_place *place)
{
    struct vn_wire_out out = vn_wire_object();
    put_place(&out, place);
    if (out.status != VN_OK) {
        json_decref(out.value);
        return NULL;
    }
    return out.value;
}

static void put_open(struct vn_wire_out *out, const struct vn_roster *roster)
{
    struct vn_wire_out open = vn_wire_array();
    for (unsigned i = 0; i < roster->open_count; i++) {
        struct vn_wire_out give = vn_wire_object();
        vn_give_put(&give, &roster->open[i]);
        vn_wire_put_child(&open, NULL, &give);
    }
    vn_wire_put_child(out, "open", &open);
}

enum vn_status vn_roster_write(const struct vn_roster *roster, struct vn_buf *out)
{
    if (roster->till_count > VN_ROSTER_TILLS_MAX || roster->gone_count > VN_ROSTER_GONE_MAX ||
        roster->open_count > VN_ROSTER_OPEN_MAX) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_object();
    struct vn_wire_out tills = vn_wire_array();
    struct vn_wire_out gone = vn_wire_array();
    for (unsigned i = 0; i < roster->till_count; i++) {
        struct vn_wire_out till = vn_wire_object();
        vn_wire_put_hex(&till, "enrolment", vn_view_of(roster->tills[i].enrolment.bytes, VN_ID_BYTES));
        vn_wire_put_text(&till, "till", roster->tills[i].till);
        put_place(&till, &roster->tills[i].place);
        vn_wire_put_child(&tills, NULL, &till);
    }
    for (unsigned i = 0; i < roster->gone_count; i++) {
        vn_wire_put_hex(&gone, NULL, vn_view_of(roster->gone[i].bytes, VN_ID_BYTES));
    }
    vn_wire_put_text(&root, "store", roster->store);
    vn_wire_put_int(&root, "number", roster->number, 1, VN_NUMBER_MAX);
    vn_wire_put_int(&root, "epoch", roster->epoch, 1, VN_NUMBER_MAX);
    vn_wire_put_child(&root, "tills", &tills);
    vn_wire_put_child(&root, "gone", &gone);
    if (roster->open_count > 0) {
        put_open(&root, roster);
    }
    return vn_wire_finish(&root, VN_ROSTER_BYTES_MAX, out);
}

enum vn_status vn_roster_signed_text(struct vn_view text, struct vn_buf *out)
{
    size_t before = out->len;
    enum vn_status status = vn_buf_append_str(out, "verno-roster-1\n");
    if (status == VN_OK) {
        status = vn_buf_append(out, text);
    }
    out->len = status == VN_OK ? out->len : before;
    return status;
}

enum vn_status vn_roster_encode(struct vn_view text, struct vn_view signature, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_bytes(&root, "roster", text);
    vn_wire_put_hex(&root, "signature", signature);
    return vn_wire_finish(&root, 2 * VN_ROSTER_BYTES_MAX, out);
}

/* --- reading */

static bool is_address(const char *text)
{
    size_t len = strlen(text);
    return len > 1 && len == strspn(text, "0123456789abcdefABCDEF:.") && strpbrk(text, ":.") != NULL;
}

void vn_peer_place_read(const struct vn_json_in *in, struct vn_peer_place *out)
{
    memset(out, 0, sizeof *out);
    struct vn_json_in addresses = vn_wire_list(in, "addresses", VN_PEER_ADDRESSES, &out->address_count);
    for (unsigned i = 0; i < out->address_count; i++) {
        struct vn_json_in address = vn_json_at(&addresses, i);
        vn_json_str(&address, NULL, VN_REQUIRED, out->addresses[i], VN_ADDRESS_MAX);
        if (!vn_json_failed(in) && !is_address(out->addresses[i])) {
            vn_json_fail(&address, NULL, "an IP address");
        }
    }
    vn_json_int(in, "port", VN_REQUIRED, 0, PORT_MAX, &out->port);
    vn_json_hex(in, "key", VN_REQUIRED, out->key.point, sizeof out->key.point);
}

static void read_tills(const struct vn_json_in *in, struct vn_roster *out)
{
    unsigned count = 0;
    struct vn_json_in tills = vn_wire_list(in, "tills", VN_ROSTER_TILLS_MAX, &count);
    for (unsigned i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in till = vn_json_at(&tills, i);
        struct vn_roster_till *row = &out->tills[i];
        vn_json_hex(&till, "enrolment", VN_REQUIRED, row->enrolment.bytes, VN_ID_BYTES);
        vn_json_str(&till, "till", VN_REQUIRED, row->till, sizeof row->till);
        vn_peer_place_read(&till, &row->place);
        if (!vn_json_failed(in) && vn_roster_find(out, &row->enrolment) != NULL) {
            vn_json_fail(&till, "enrolment", "each enrolment once");
        }
        out->till_count = i + 1;
    }
}

static void read_gone(const struct vn_json_in *in, struct vn_roster *out)
{
    struct vn_json_in gone = vn_wire_list(in, "gone", VN_ROSTER_GONE_MAX, &out->gone_count);
    for (unsigned i = 0; i < out->gone_count && !vn_json_failed(in); i++) {
        char hex[2 * VN_ID_BYTES + 1] = "";
        struct vn_json_in one = vn_json_at(&gone, i);
        vn_json_str(&one, NULL, VN_REQUIRED, hex, sizeof hex);
        if (!vn_json_failed(in) &&
            vn_hex_decode(vn_view_str(hex), out->gone[i].bytes, VN_ID_BYTES) != VN_OK) {
            vn_json_fail(&one, NULL, "an enrolment");
        }
    }
}

static void read_open(const struct vn_json_in *in, struct vn_roster *out)
{
    size_t count = 0;
    struct vn_json_in open = vn_json_array(in, "open", VN_OPTIONAL, VN_ROSTER_OPEN_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in give = vn_json_at(&open, i);
        vn_give_read(&give, &out->open[i]);
    }
    out->open_count = (unsigned)count;
}

enum vn_status vn_roster_read(struct vn_view text, struct vn_roster *out, struct vn_error *error)
{
    json_t *root = NULL;
    memset(out, 0, sizeof *out);
    if (text.len > VN_ROSTER_BYTES_MAX) {
        return vn_fail(error, VN_INPUT, "a roster is longer than %d bytes", VN_ROSTER_BYTES_MAX);
    }
    enum vn_status status = vn_json_parse(text, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    vn_json_str(&in, "store", VN_REQUIRED, out->store, sizeof out->store);
    vn_wire_number_read(&in, "number", 1, &out->number);
    vn_wire_number_read(&in, "epoch", 1, &out->epoch);
    read_tills(&in, out);
    read_gone(&in, out);
    read_open(&in, out);
    json_decref(root);
    return error->status;
}

static enum vn_status check(struct vn_view text, const char *hex, const struct vn_public_key *key,
                            struct vn_error *error)
{
    uint8_t signature[VN_SIGNATURE_MAX];
    struct vn_buf message;
    size_t len = strlen(hex) / 2;
    if (len == 0 || len > sizeof signature || vn_hex_decode(vn_view_str(hex), signature, len) != VN_OK) {
        return vn_fail(error, VN_INPUT, "a roster without a signature");
    }
    vn_buf_init(&message, VN_ROSTER_BYTES_MAX + 64);
    enum vn_status status = vn_roster_signed_text(text, &message);
    if (status == VN_OK) {
        status = vn_verify(key, vn_buf_view(&message), vn_view_of(signature, len));
    }
    vn_buf_deinit(&message);
    return status == VN_CORRUPT
               ? vn_fail(error, status, "the roster is not signed by the chain's publishing key")
               : status;
}

enum vn_status vn_roster_decode(struct vn_view bytes, const struct vn_public_key *key, struct vn_roster *out,
                                struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_json_in in;
    char hex[2 * VN_SIGNATURE_MAX + 1] = "";
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_wire_open(bytes, &root, &in, error);
    if (status != VN_OK) {
        return status;
    }
    const json_t *text = json_object_get(root, "roster");
    vn_json_str(&in, "signature", VN_REQUIRED, hex, sizeof hex);
    if (!json_is_string(text)) {
        vn_json_fail(&in, "roster", "a text");
    }
    status = error->status;
    struct vn_view view = vn_view_of(json_string_value(text), json_string_length(text));
    if (status == VN_OK) {
        status = check(view, hex, key, error);
    }
    if (status == VN_OK) {
        status = vn_roster_read(view, out, error);
    }
    json_decref(root);
    return status;
}
