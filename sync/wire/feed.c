/* Feed frames, line by line: one table row a kind says what its line carries.
 *
 * A frame may hold tens of thousands of lines, so nothing here looks at more than one, and a kind that this
 * version does not know costs a skipped line, never the frame. */
#include "sync/wire/feed.h"

#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/wire/document.h"
#include "sync/wire/entry.h"

#define HEADER_BYTES_MAX 256

enum part {
    PART_KEY = 1,     /* "key" */
    PART_CARDS = 2,   /* "cards" */
    PART_SIGNED = 4,  /* "number" and "signature" */
    PART_MEMBER = 8,  /* "included_seq" and "member" */
    PART_ITEM = 16,   /* "item", and "key" when an alias leads to it */
    PART_COUPON = 32, /* "key" and "coupon" */
    PART_TEXT = 64,   /* "text" */
};

static const struct {
    const char *name;
    unsigned parts;
} kinds[] = {
    {"member", PART_CARDS | PART_MEMBER},
    {"member-gone", PART_KEY},
    {"item", PART_ITEM},
    {"item-gone", PART_KEY},
    {"coupon", PART_CARDS | PART_COUPON},
    {"coupon-gone", PART_KEY},
    {"ruleset", PART_SIGNED | PART_TEXT},
    {"stop", PART_SIGNED | PART_KEY},
};
_Static_assert(sizeof kinds / sizeof kinds[0] == VN_FEED_KINDS, "one row a kind");

void vn_feed_item_init(struct vn_feed_item *item, enum vn_feed_kind kind)
{
    memset(item, 0, sizeof *item);
    item->kind = kind;
}

void vn_feed_item_deinit(struct vn_feed_item *item)
{
    json_decref(item->hold);
    item->hold = NULL;
    item->text = VN_VIEW_NONE;
}

static void put_cards(struct vn_wire_out *root, const struct vn_feed_item *item)
{
    struct vn_wire_out cards = vn_wire_array();
    for (unsigned i = 0; i < item->card_count; i++) {
        vn_wire_put_hex(&cards, NULL, vn_view_of(item->cards[i].bytes, VN_HASH_SIZE));
    }
    vn_wire_put_child(root, "cards", &cards);
}

enum vn_status vn_feed_item_encode(const struct vn_feed_item *item, struct vn_buf *out)
{
    if ((unsigned)item->kind >= VN_FEED_KINDS || item->card_count > VN_FEED_CARDS_MAX ||
        item->signature_len > VN_SIGNATURE_MAX || item->text.len > VN_RULESET_MAX ||
        (item->kind == VN_FEED_COUPON && item->card_count != 1)) {
        return VN_ARG;
    }
    unsigned parts = kinds[item->kind].parts;
    if ((parts & PART_KEY) != 0 && item->key[0] == '\0') {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_object();
    vn_wire_put_text(&root, "kind", kinds[item->kind].name);
    if ((parts & PART_KEY) != 0) {
        vn_wire_put_text(&root, "key", item->key);
    }
    if ((parts & PART_CARDS) != 0) {
        put_cards(&root, item);
    }
    if ((parts & PART_SIGNED) != 0) {
        vn_wire_put_int(&root, "number", item->number, 1, VN_NUMBER_MAX);
        vn_wire_put_hex(&root, "signature", vn_view_of(item->signature, item->signature_len));
    }
    if ((parts & PART_MEMBER) != 0) {
        if (item->included_seq >= 0) {
            vn_wire_put_int(&root, "included_seq", item->included_seq, 0, VN_NUMBER_MAX);
        }
        vn_wire_put(&root, "member", vn_member_write(&item->member));
    }
    if ((parts & PART_ITEM) != 0) {
        if (item->key[0] != '\0' && strcmp(item->key, item->item.code) != 0) {
            vn_wire_put_text(&root, "key", item->key);
        }
        vn_wire_put(&root, "item", vn_item_write(&item->item));
    }
    if ((parts & PART_COUPON) != 0) {
        if (item->key[0] != '\0') {
            vn_wire_put_text(&root, "key", item->key);
        }
        vn_wire_put(&root, "coupon", vn_coupon_write(&item->coupon));
    }
    if ((parts & PART_TEXT) != 0) {
        vn_wire_put_bytes(&root, "text", item->text);
    }
    return vn_wire_finish(&root, VN_FEED_BYTES_MAX, out);
}

static void read_key(const struct vn_json_in *in, struct vn_feed_item *out)
{
    vn_json_str(in, "key", VN_REQUIRED, out->key, sizeof out->key);
    if (!vn_json_failed(in) && out->key[0] == '\0') {
        vn_json_fail(in, "key", "a text that is not empty");
    }
}

static void read_cards(const struct vn_json_in *in, struct vn_feed_item *out)
{
    struct vn_json_in cards = vn_wire_list(in, "cards", VN_FEED_CARDS_MAX, &out->card_count);
    for (unsigned i = 0; i < out->card_count; i++) {
        struct vn_json_in card = vn_json_at(&cards, i);
        vn_wire_hash_read(&card, NULL, &out->cards[i]);
    }
    if (!vn_json_failed(in) && out->kind == VN_FEED_COUPON && out->card_count != 1) {
        vn_json_fail(in, "cards", "one hash");
    }
}

static void read_signed(const struct vn_json_in *in, struct vn_feed_item *out)
{
    vn_wire_number_read(in, "number", 1, &out->number);
    if (vn_json_failed(in)) {
        return;
    }
    const json_t *signature = json_object_get(in->value, "signature");
    size_t digits = json_string_length(signature);
    if (!json_is_string(signature) || digits / 2 > VN_SIGNATURE_MAX ||
        vn_hex_decode(vn_view_of(json_string_value(signature), digits), out->signature, digits / 2) !=
            VN_OK) {
        vn_json_fail(in, "signature", "a signature in hexadecimal");
        return;
    }
    out->signature_len = digits / 2;
}

static void read_text(const struct vn_json_in *in, json_t *root, struct vn_feed_item *out)
{
    const json_t *text = json_object_get(in->value, "text");
    if (vn_json_failed(in)) {
        return;
    }
    if (!json_is_string(text) || json_string_length(text) > VN_RULESET_MAX) {
        vn_json_fail(in, "text", "a ruleset's text");
        return;
    }
    out->text = vn_view_of(json_string_value(text), json_string_length(text));
    out->hold = json_incref(root);
}

static void read_parts(const struct vn_json_in *in, json_t *root, unsigned parts, struct vn_feed_item *out)
{
    if ((parts & PART_KEY) != 0) {
        read_key(in, out);
    }
    if ((parts & PART_CARDS) != 0) {
        read_cards(in, out);
    }
    if ((parts & PART_SIGNED) != 0) {
        read_signed(in, out);
    }
    if ((parts & PART_MEMBER) != 0) {
        out->included_seq = -1;
        if (vn_json_has(in, "included_seq")) {
            vn_wire_number_read(in, "included_seq", 0, &out->included_seq);
        }
        struct vn_json_in member = vn_json_object(in, "member", VN_REQUIRED);
        vn_member_read(&member, &out->member);
        if (!vn_json_failed(in) && out->member.account[0] == '\0') {
            vn_json_fail(&member, "account", "an account");
        }
    }
    if ((parts & PART_ITEM) != 0) {
        vn_json_str(in, "key", VN_OPTIONAL, out->key, VN_CODE_MAX);
        struct vn_json_in item = vn_json_object(in, "item", VN_REQUIRED);
        vn_item_read(&item, &out->item);
    }
    if ((parts & PART_COUPON) != 0) {
        vn_json_str(in, "key", VN_OPTIONAL, out->key, sizeof out->key);
        struct vn_json_in coupon = vn_json_object(in, "coupon", VN_REQUIRED);
        vn_coupon_read(&coupon, &out->coupon);
    }
    if ((parts & PART_TEXT) != 0) {
        read_text(in, root, out);
    }
}

enum vn_status vn_feed_item_decode(struct vn_view line, struct vn_feed_item *out, struct vn_error *error)
{
    json_t *root = NULL;
    char name[VN_TAG_MAX] = "";
    int kind = 0;
    vn_feed_item_init(out, VN_FEED_KINDS);
    enum vn_status status = vn_json_parse(line, &root, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, error);
    vn_json_str(&in, "kind", VN_REQUIRED, name, sizeof name);
    while (kind < VN_FEED_KINDS && strcmp(kinds[kind].name, name) != 0) {
        kind++;
    }
    if (vn_json_failed(&in)) {
        status = VN_INPUT;
    } else if (kind == VN_FEED_KINDS) {
        status = vn_fail(error, VN_UNSUPPORTED, "feed item of unknown kind %s", name);
    } else {
        out->kind = (enum vn_feed_kind)kind;
        read_parts(&in, root, kinds[kind].parts, out);
        status = error->status;
    }
    if (status != VN_OK) {
        vn_feed_item_deinit(out);
    }
    json_decref(root);
    return status;
}

enum vn_status vn_feed_header_encode(const struct vn_feed_header *header, struct vn_buf *out)
{
    char cursor[VN_ID_MAX];
    vn_cursor_write(&header->cursor, cursor);
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_text(&root, "cursor", cursor);
    vn_wire_put_int(&root, "count", header->count, 0,
                    header->snapshot ? VN_SNAPSHOT_ITEMS_MAX : VN_FEED_ITEMS_MAX);
    vn_wire_put(&root, "snapshot", json_boolean(header->snapshot));
    return vn_wire_finish(&root, HEADER_BYTES_MAX, out);
}

enum vn_status vn_feed_header_decode(struct vn_view line, struct vn_feed_header *out, struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_json_in in;
    char cursor[VN_ID_MAX] = "";
    int64_t count = 0;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_wire_open(line, &root, &in, error);
    if (status != VN_OK) {
        return status;
    }
    vn_json_str(&in, "cursor", VN_REQUIRED, cursor, sizeof cursor);
    if (!vn_json_failed(&in) && vn_cursor_read(vn_view_str(cursor), &out->cursor) != VN_OK) {
        vn_json_fail(&in, "cursor", "a cursor as in 1.345");
    }
    vn_json_bool(&in, "snapshot", VN_REQUIRED, &out->snapshot);
    vn_json_int(&in, "count", VN_REQUIRED, 0, out->snapshot ? VN_SNAPSHOT_ITEMS_MAX : VN_FEED_ITEMS_MAX,
                &count);
    out->count = (unsigned)count;
    json_decref(root);
    return error->status;
}

enum vn_status vn_feed_signed_text(enum vn_feed_kind kind, int64_t number, struct vn_view text,
                                   struct vn_buf *out)
{
    const char *label = kind == VN_FEED_RULESET ? "verno-ruleset-1" : "verno-stop-1";
    size_t before = out->len;
    if (kind != VN_FEED_RULESET && kind != VN_FEED_STOP) {
        return VN_ARG;
    }
    enum vn_status status = vn_buf_printf(out, "%s\n%lld\n", label, (long long)number);
    if (status == VN_OK) {
        status = vn_buf_append(out, text);
    }
    if (status != VN_OK) {
        out->len = before;
    }
    return status;
}
