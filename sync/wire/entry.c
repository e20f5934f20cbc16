/* The entry's body as JSON.
 *
 * What goes wrong: an entry of a newer till reaches an older hub. Its counters must count even so, or the
 * hub and the till disagree about rights for ever: "rights" is therefore read before "v" and "kind" are
 * judged, and its form may never change. */
#include "sync/wire/entry.h"

#include <string.h>

#include "sync/wire/document.h"

static const char *const kind_names[] = {"boot", "grant", "hold",   "cancel",  "commit",
                                         "used", "void",  "return", "release", "finding",
                                         "give", "take",  "refuse", "back"};
_Static_assert(sizeof kind_names / sizeof kind_names[0] == VN_ENTRY_KINDS, "one name a kind");

const char *vn_entry_kind_name(enum vn_entry_kind kind)
{
    return (unsigned)kind < VN_ENTRY_KINDS ? kind_names[kind] : "unknown";
}

int64_t vn_counters_available(const struct vn_counters *counters)
{
    return counters->granted + counters->in - counters->out;
}

void vn_entry_init(struct vn_entry *entry, enum vn_entry_kind kind)
{
    memset(entry, 0, sizeof *entry);
    entry->version = VN_ENTRY_VERSION;
    entry->kind = kind;
}

void vn_entry_deinit(struct vn_entry *entry)
{
    json_decref(entry->body);
    entry->body = NULL;
}

static bool is_hash_hex(const char *text)
{
    uint8_t hash[VN_HASH_SIZE];
    return vn_hex_decode(vn_view_str(text), hash, sizeof hash) == VN_OK;
}

/* An account twice would leave open which of the two counters counts. */
static bool has_double(const struct vn_entry *entry)
{
    for (unsigned i = 1; i < entry->right_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(entry->rights[i].account, entry->rights[j].account) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void put_rights(struct vn_wire_out *root, const struct vn_entry *entry)
{
    struct vn_wire_out rights = vn_wire_array();
    for (unsigned i = 0; i < entry->right_count; i++) {
        const struct vn_counters *counters = &entry->rights[i];
        struct vn_wire_out right = vn_wire_object();
        if (counters->account[0] == '\0') {
            right.status = VN_ARG;
        }
        vn_wire_put_text(&right, "account", counters->account);
        vn_wire_put_int(&right, "granted", counters->granted, 0, VN_AMOUNT_MAX);
        vn_wire_put_int(&right, "in", counters->in, 0, VN_AMOUNT_MAX);
        vn_wire_put_int(&right, "out", counters->out, 0, VN_AMOUNT_MAX);
        vn_wire_put_int(&right, "move", counters->move, 0, VN_AMOUNT_MAX);
        vn_wire_put_child(&rights, NULL, &right);
    }
    vn_wire_put_child(root, "rights", &rights);
}

static void put_times(struct vn_wire_out *root, const struct vn_entry *entry)
{
    vn_wire_put_int(root, "t", entry->wall_ms, -VN_NUMBER_MAX, VN_NUMBER_MAX);
    if (entry->mono_ms < 0 || entry->mono_ms > VN_NUMBER_MAX) {
        root->status = VN_ARG;
    } else if (entry->version < VN_ENTRY_LEAN) {
        vn_wire_put_int(root, "mono", entry->mono_ms, 0, VN_NUMBER_MAX);
    } else {
        vn_wire_put_int(root, "up_since", entry->wall_ms - entry->mono_ms, -2 * VN_NUMBER_MAX, VN_NUMBER_MAX);
    }
}

static void put_sale(struct vn_wire_out *root, const struct vn_sale_key *sale)
{
    struct vn_wire_out list = vn_wire_array();
    vn_wire_put_text(&list, NULL, sale->pos);
    vn_wire_put_text(&list, NULL, sale->date);
    vn_wire_put_text(&list, NULL, sale->receipt);
    vn_wire_put_child(root, "sale", &list);
}

enum vn_status vn_entry_encode(const struct vn_entry *entry, struct vn_buf *out)
{
    if (entry->version < 1 || entry->version > VN_ENTRY_VERSION || (unsigned)entry->kind >= VN_ENTRY_KINDS ||
        entry->right_count > VN_RIGHTS_MAX || has_double(entry) ||
        (entry->card[0] != '\0' && !is_hash_hex(entry->card)) ||
        (entry->body != NULL && !json_is_object(entry->body))) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_object();
    vn_wire_put_int(&root, "v", entry->version, 1, VN_ENTRY_VERSION);
    vn_wire_put_text(&root, "kind", kind_names[entry->kind]);
    put_times(&root, entry);
    if (entry->has_sale) {
        put_sale(&root, &entry->sale);
    }
    if (entry->account[0] != '\0') {
        vn_wire_put_text(&root, "account", entry->account);
    }
    if (entry->card[0] != '\0') {
        vn_wire_put_text(&root, "card", entry->card);
    }
    if (entry->points != 0) {
        vn_wire_put_int(&root, "points", entry->points, -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
    }
    if (entry->right_count > 0) {
        put_rights(&root, entry);
    }
    if (entry->body != NULL) {
        vn_wire_put(&root, "body", json_incref(entry->body));
    }
    return vn_wire_finish(&root, VN_ENTRY_MAX, out);
}

static void read_rights(const struct vn_json_in *in, struct vn_entry *out)
{
    size_t count = 0;
    struct vn_json_in rights = vn_json_array(in, "rights", VN_OPTIONAL, VN_RIGHTS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in right = vn_json_at(&rights, i);
        struct vn_counters *counters = &out->rights[i];
        vn_wire_account_read(&right, counters->account);
        vn_json_int(&right, "granted", VN_REQUIRED, 0, VN_AMOUNT_MAX, &counters->granted);
        vn_json_int(&right, "in", VN_REQUIRED, 0, VN_AMOUNT_MAX, &counters->in);
        vn_json_int(&right, "out", VN_REQUIRED, 0, VN_AMOUNT_MAX, &counters->out);
        vn_json_int(&right, "move", VN_REQUIRED, 0, VN_AMOUNT_MAX, &counters->move);
    }
    out->right_count = (unsigned)count;
    if (!vn_json_failed(in) && has_double(out)) {
        vn_json_fail(in, "rights", "each account once");
    }
}

static void read_sale(const struct vn_json_in *in, struct vn_sale_key *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "sale", VN_REQUIRED, 3, &count);
    if (!vn_json_failed(in) && count != 3) {
        vn_json_fail(in, "sale", "POS, date and receipt");
    }
    struct vn_json_in pos = vn_json_at(&list, 0);
    struct vn_json_in date = vn_json_at(&list, 1);
    struct vn_json_in receipt = vn_json_at(&list, 2);
    vn_json_str(&pos, NULL, VN_REQUIRED, out->pos, sizeof out->pos);
    vn_json_str(&date, NULL, VN_REQUIRED, out->date, sizeof out->date);
    vn_json_str(&receipt, NULL, VN_REQUIRED, out->receipt, sizeof out->receipt);
}

static void read_times(const struct vn_json_in *in, struct vn_entry *out)
{
    int64_t since_ms = 0;
    vn_wire_number_read(in, "t", -VN_NUMBER_MAX, &out->wall_ms);
    if (out->version < VN_ENTRY_LEAN) {
        vn_wire_number_read(in, "mono", 0, &out->mono_ms);
        return;
    }
    vn_wire_number_read(in, "up_since", -2 * VN_NUMBER_MAX, &since_ms);
    if (vn_json_failed(in)) {
        return;
    }
    out->mono_ms = out->wall_ms - since_ms;
    if (out->mono_ms < 0 || out->mono_ms > VN_NUMBER_MAX) {
        out->mono_ms = 0;
        vn_json_fail(in, "up_since", "a time before the entry's");
    }
}

static void read_rest(const struct vn_json_in *in, struct vn_entry *out)
{
    read_times(in, out);
    out->has_sale = vn_json_has(in, "sale");
    if (out->has_sale) {
        read_sale(in, &out->sale);
    }
    vn_json_str(in, "account", VN_OPTIONAL, out->account, sizeof out->account);
    vn_json_str(in, "card", VN_OPTIONAL, out->card, sizeof out->card);
    if (!vn_json_failed(in) && out->card[0] != '\0' && !is_hash_hex(out->card)) {
        vn_json_fail(in, "card", "a hash in hexadecimal");
    }
    vn_json_int(in, "points", VN_OPTIONAL, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->points);
    (void)vn_json_object(in, "body", VN_OPTIONAL);
}

/* VN_UNSUPPORTED comes after "rights", so that its counters are there. */
static enum vn_status read_kind(const struct vn_json_in *in, struct vn_entry *out, struct vn_error *error)
{
    int64_t version = 0;
    char name[VN_TAG_MAX] = "";
    vn_wire_number_read(in, "v", 1, &version);
    read_rights(in, out);
    if (!vn_json_failed(in) && version > VN_ENTRY_VERSION) {
        return vn_fail(error, VN_UNSUPPORTED, "entry of version %lld", (long long)version);
    }
    out->version = (int)version;
    vn_json_str(in, "kind", VN_REQUIRED, name, sizeof name);
    if (vn_json_failed(in)) {
        return VN_INPUT;
    }
    for (int i = 0; i < VN_ENTRY_KINDS; i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            out->kind = (enum vn_entry_kind)i;
            return VN_OK;
        }
    }
    out->kind = VN_ENTRY_KINDS;
    return vn_fail(error, VN_UNSUPPORTED, "entry of unknown kind %s", name);
}

enum vn_status vn_entry_decode(struct vn_view bytes, struct vn_entry *out, struct vn_error *error)
{
    json_t *root = NULL;
    vn_entry_init(out, VN_ENTRY_KINDS);
    if (bytes.len > VN_ENTRY_MAX) {
        return vn_fail(error, VN_INPUT, "entry is longer than %d bytes", VN_ENTRY_MAX);
    }
    enum vn_status status = vn_json_parse(bytes, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    status = read_kind(&in, out, error);
    if (status == VN_OK) {
        read_rest(&in, out);
        status = error->status;
    }
    if (status == VN_OK) {
        out->body = json_incref(json_object_get(root, "body"));
    } else if (status != VN_UNSUPPORTED) {
        out->right_count = 0; /* half-read counters are none */
    }
    json_decref(root);
    return status;
}
