/* Baskets and items as JSON. What has its default is left out by writers and put back by readers: baskets travel from
 * every till for every receipt. */
#include "agent/loyalty/loyalty_json.h"

#include <string.h>

#include "agent/loyalty/basket_rows.h"
#include "agent/loyalty/json_write.h"
#include "agent/loyalty/rules/schema.h"

static const char *const line_kinds[] = {"goods",     "weighed", "deposit", "deposit_return",
                                         "gift_card", "service", NULL};
static const char *const lane_kinds[] = {"manned", "self", "web", NULL};
static const char *const entry_modes[] = {"scanned", "keyed", "phone", "late", NULL};
static const char *const proofs[] = {"none", "code", "sms", "pin", NULL};

void vn_sale_key_read(const struct vn_json_in *in, const char *key, struct vn_sale_key *out)
{
    memset(out, 0, sizeof *out);
    struct vn_json_in sale = vn_json_object(in, key, VN_REQUIRED);
    static const char *const names[] = {"pos", "date", "receipt"};
    char *const fields[] = {out->pos, out->date, out->receipt};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vn_json_str(&sale, names[i], VN_REQUIRED, fields[i], VN_ID_MAX);
        if (!vn_json_failed(in) && fields[i][0] == '\0') {
            vn_json_fail(&sale, names[i], "a text that is not empty");
        }
    }
}

void vn_line_rest_read(const struct vn_json_in *in, struct vn_line *out)
{
    int kind = VN_LINE_GOODS;
    vn_json_int(in, "parent", VN_OPTIONAL, 0, INT64_MAX, &out->parent);
    vn_json_str(in, "name", VN_OPTIONAL, out->name, sizeof out->name);
    vn_json_int(in, "unit_price_minor", VN_OPTIONAL, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->unit_price_minor);
    vn_json_int(in, "pos_discounts_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->pos_discounts_minor);
    out->list_amount_minor = out->amount_minor + out->pos_discounts_minor;
    if (out->list_amount_minor > VN_AMOUNT_MAX) {
        vn_json_fail(in, "pos_discounts_minor", "no more than the amount leaves room for");
    }
    vn_json_int(in, "list_amount_minor", VN_OPTIONAL, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->list_amount_minor);
    vn_json_str(in, "tax", VN_OPTIONAL, out->tax, sizeof out->tax);
    vn_json_enum(in, "kind", VN_OPTIONAL, line_kinds, &kind);
    out->kind = (enum vn_line_kind)kind;
}

static void read_line(const struct vn_json_in *in, struct vn_line *out)
{
    out->qty_milli = 1000;
    vn_json_int(in, "id", VN_REQUIRED, 1, INT64_MAX, &out->id);
    vn_json_str(in, "code", VN_REQUIRED, out->code, sizeof out->code);
    vn_json_int(in, "qty_milli", VN_OPTIONAL, -VN_QTY_MAX, VN_QTY_MAX, &out->qty_milli);
    vn_json_int(in, "amount_minor", VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->amount_minor);
    vn_line_rest_read(in, out);
}

bool vn_line_has_own_id(const struct vn_basket *basket, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (basket->lines[i].id == basket->lines[n].id) {
            return false;
        }
    }
    return true;
}

static void read_lines(const struct vn_json_in *in, struct vn_basket *out)
{
    size_t count = 0;
    struct vn_json_in lines = vn_json_array(in, "lines", VN_REQUIRED, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&lines, i);
        if (!json_is_object(at.value)) {
            vn_json_fail(&at, NULL, "an object");
            return;
        }
        read_line(&at, &out->lines[i]);
        if (!vn_line_has_own_id(out, (unsigned)i)) {
            vn_json_fail(&at, "id", "an id of its own");
        }
    }
    out->line_count = vn_json_failed(in) ? 0 : (unsigned)count;
}

static void read_tenders(const struct vn_json_in *in, struct vn_basket *out)
{
    size_t count = 0;
    struct vn_json_in tenders = vn_json_array(in, "tenders", VN_OPTIONAL, VN_TENDERS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&tenders, i);
        struct vn_tender *tender = &out->tenders[i];
        vn_json_str(&at, "kind", VN_REQUIRED, tender->kind, sizeof tender->kind);
        vn_json_int(&at, "amount_minor", VN_OPTIONAL, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &tender->amount_minor);
    }
    out->tender_count = (unsigned)count;
}

void vn_basket_head_read(const struct vn_json_in *in, struct vn_basket *out)
{
    int lane = VN_LANE_MANNED;
    int entry = VN_CARD_SCANNED;
    int proof = VN_PROOF_NONE;
    vn_json_str(in, "operator", VN_OPTIONAL, out->operator_id, sizeof out->operator_id);
    vn_json_enum(in, "lane", VN_OPTIONAL, lane_kinds, &lane);
    vn_json_enum(in, "card_entry", VN_OPTIONAL, entry_modes, &entry);
    vn_json_enum(in, "proof", VN_OPTIONAL, proofs, &proof);
    out->lane = (enum vn_lane_kind)lane;
    out->card_entry = (enum vn_entry_mode)entry;
    out->proof = (enum vn_proof)proof;
    read_tenders(in, out);
}

void vn_basket_read(const struct vn_json_in *in, struct vn_basket *out)
{
    memset(out, 0, sizeof *out);
    if (!vn_schema_check(&vn_schema_basket, in)) {
        return;
    }
    vn_sale_key_read(in, "sale", &out->key);
    vn_json_int(in, "started_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &out->started_ms);
    vn_basket_head_read(in, out);
    read_lines(in, out);
}

void vn_item_read(const struct vn_json_in *in, struct vn_item *out)
{
    memset(out, 0, sizeof *out);
    if (!vn_schema_check(&vn_schema_item, in)) {
        return;
    }
    vn_json_bool(in, "known", VN_OPTIONAL, &out->known);
    vn_json_str(in, "code", VN_REQUIRED, out->code, sizeof out->code);
    vn_json_str(in, "name", VN_OPTIONAL, out->name, sizeof out->name);
    vn_json_str(in, "category", VN_OPTIONAL, out->category, sizeof out->category);
    vn_json_str(in, "brand", VN_OPTIONAL, out->brand, sizeof out->brand);
    vn_json_str(in, "legal_class", VN_OPTIONAL, out->legal_class, sizeof out->legal_class);
    vn_json_str(in, "tax", VN_OPTIONAL, out->tax, sizeof out->tax);
    vn_json_int(in, "price_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->price_minor);
    vn_json_int(in, "min_price_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->min_price_minor);
    size_t count = 0;
    struct vn_json_in tags = vn_json_array(in, "tags", VN_OPTIONAL, VN_TAGS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&tags, i);
        vn_json_str(&at, NULL, VN_REQUIRED, out->tags[i], sizeof out->tags[i]);
    }
    out->tag_count = (unsigned)count;
}

json_t *vn_sale_key_write(const struct vn_sale_key *key)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_str(&out, "pos", key->pos);
    vn_json_put_str(&out, "date", key->date);
    vn_json_put_str(&out, "receipt", key->receipt);
    return vn_json_out_end(&out);
}

static json_t *write_line(const struct vn_line *line)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_int(&out, "id", line->id);
    vn_json_put_int_unless(&out, "parent", line->parent, 0);
    vn_json_put_str(&out, "code", line->code);
    vn_json_put_str_unless(&out, "name", line->name, "");
    vn_json_put_int_unless(&out, "qty_milli", line->qty_milli, 1000);
    vn_json_put_int(&out, "amount_minor", line->amount_minor);
    vn_json_put_int_unless(&out, "unit_price_minor", line->unit_price_minor, 0);
    vn_line_list_write(&out, line);
    vn_json_put_str_unless(&out, "tax", line->tax, "");
    vn_line_kind_write(&out, line);
    return vn_json_out_end(&out);
}

void vn_line_list_write(struct vn_json_out *out, const struct vn_line *line)
{
    vn_json_put_int_unless(out, "list_amount_minor", line->list_amount_minor,
                           line->amount_minor + line->pos_discounts_minor);
    vn_json_put_int_unless(out, "pos_discounts_minor", line->pos_discounts_minor, 0);
}

void vn_line_kind_write(struct vn_json_out *out, const struct vn_line *line)
{
    vn_json_put_str_unless(out, "kind", line_kinds[line->kind], line_kinds[VN_LINE_GOODS]);
}

void vn_basket_card_write(struct vn_json_out *out, const struct vn_basket *basket)
{
    vn_json_put_str_unless(out, "operator", basket->operator_id, "");
    vn_json_put_str_unless(out, "lane", lane_kinds[basket->lane], lane_kinds[VN_LANE_MANNED]);
    vn_json_put_str_unless(out, "card_entry", entry_modes[basket->card_entry], entry_modes[VN_CARD_SCANNED]);
}

void vn_basket_pay_write(struct vn_json_out *out, const struct vn_basket *basket)
{
    vn_json_put_str_unless(out, "proof", proofs[basket->proof], proofs[VN_PROOF_NONE]);
    struct vn_json_out tenders = vn_json_out_array();
    for (unsigned i = 0; i < basket->tender_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "kind", basket->tenders[i].kind);
        vn_json_put_int_unless(&row, "amount_minor", basket->tenders[i].amount_minor, 0);
        vn_json_append(&tenders, vn_json_out_end(&row));
    }
    vn_json_put_unless_empty(out, "tenders", vn_json_out_end(&tenders));
}

json_t *vn_basket_write(const struct vn_basket *basket)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put(&out, "sale", vn_sale_key_write(&basket->key));
    vn_basket_card_write(&out, basket);
    vn_json_put_int_unless(&out, "started_ms", basket->started_ms, 0);
    vn_basket_pay_write(&out, basket);
    struct vn_json_out lines = vn_json_out_array();
    for (unsigned i = 0; i < basket->line_count; i++) {
        vn_json_append(&lines, write_line(&basket->lines[i]));
    }
    vn_json_put(&out, "lines", vn_json_out_end(&lines));
    return vn_json_out_end(&out);
}

json_t *vn_item_write(const struct vn_item *item)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_true(&out, "known", item->known);
    vn_json_put_str(&out, "code", item->code);
    vn_json_put_str_unless(&out, "name", item->name, "");
    vn_json_put_str_unless(&out, "category", item->category, "");
    vn_json_put_str_unless(&out, "brand", item->brand, "");
    vn_json_put_str_unless(&out, "legal_class", item->legal_class, "");
    vn_json_put_str_unless(&out, "tax", item->tax, "");
    vn_json_put_int_unless(&out, "price_minor", item->price_minor, 0);
    vn_json_put_int_unless(&out, "min_price_minor", item->min_price_minor, 0);
    struct vn_json_out tags = vn_json_out_array();
    for (unsigned i = 0; i < item->tag_count; i++) {
        vn_json_append(&tags, json_string(item->tags[i]));
    }
    vn_json_put_unless_empty(&out, "tags", vn_json_out_end(&tags));
    return vn_json_out_end(&out);
}
