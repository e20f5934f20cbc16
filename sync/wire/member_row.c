#include "sync/wire/member_row.h"

#include <string.h>

#include "agent/loyalty/json_write.h"
#include "sync/wire/pack.h"

#define ROW_VERSION 1

#define FLAG(type, field) {.kind = VN_PACK_FLAG, .at = offsetof(type, field)}
#define NUMBER(type, field, least, most)                                                                     \
    {.kind = VN_PACK_NUMBER, .at = offsetof(type, field), .low = (least), .high = (most)}
#define COUNT(type, field, most) {.kind = VN_PACK_COUNT, .at = offsetof(type, field), .high = (most)}
#define TEXT(type, field)                                                                                    \
    {.kind = VN_PACK_TEXT, .at = offsetof(type, field), .size = sizeof(((type *)0)->field)}
#define LIST(type, field, counter, table)                                                                    \
    {.kind = VN_PACK_LIST,                                                                                   \
     .at = offsetof(type, field),                                                                            \
     .size = sizeof(((type *)0)->field[0]),                                                                  \
     .high = sizeof(((type *)0)->field) / sizeof(((type *)0)->field[0]),                                     \
     .count_at = offsetof(type, counter),                                                                    \
     .elements = &(table)}
#define TABLE(rows)         {(rows), sizeof(rows) / sizeof((rows)[0])}
#define TIME(type, field)   NUMBER(type, field, 0, VN_JSON_TIME_MAX)
#define AMOUNT(type, field) NUMBER(type, field, 0, VN_AMOUNT_MAX)
#define CHANGE(type, field) NUMBER(type, field, -VN_AMOUNT_MAX, VN_AMOUNT_MAX)

static const struct vn_pack_field tag_fields[] = {{.kind = VN_PACK_TEXT, .at = 0, .size = VN_TAG_MAX}};
static const struct vn_pack_table tag = TABLE(tag_fields);
static const struct vn_pack_field code_fields[] = {{.kind = VN_PACK_TEXT, .at = 0, .size = VN_CODE_MAX}};
static const struct vn_pack_table code = TABLE(code_fields);

static const struct vn_pack_field lot_fields[] = {
    NUMBER(struct vn_lot, id, 0, INT64_MAX), AMOUNT(struct vn_lot, amount),   TIME(struct vn_lot, earned_ms),
    TIME(struct vn_lot, matures_ms),         TIME(struct vn_lot, expires_ms),
};
static const struct vn_pack_table lot = TABLE(lot_fields);

static const struct vn_pack_field wallet_fields[] = {
    TEXT(struct vn_member_wallet, id),
    TEXT(struct vn_member_wallet, account),
    CHANGE(struct vn_member_wallet, balance),
    LIST(struct vn_member_wallet, lots, lot_count, lot),
};
static const struct vn_pack_table wallet = TABLE(wallet_fields);

static const struct vn_pack_field counter_fields[] = {
    TEXT(struct vn_member_counter, account),
    CHANGE(struct vn_member_counter, value),
};
static const struct vn_pack_table counter = TABLE(counter_fields);

static const struct vn_pack_field member_fields[] = {
    TEXT(struct vn_member, account),
    FLAG(struct vn_member, known),
    FLAG(struct vn_member, blocked),
    TEXT(struct vn_member, first_name),
    TEXT(struct vn_member, tier),
    CHANGE(struct vn_member, balance),
    AMOUNT(struct vn_member, lifetime_spend_minor),
    COUNT(struct vn_member, birth_month, 12),
    COUNT(struct vn_member, birth_day, 31),
    LIST(struct vn_member, segments, segment_count, tag),
    LIST(struct vn_member, lots, lot_count, lot),
    TEXT(struct vn_member, id),
    TEXT(struct vn_member, household),
    TEXT(struct vn_member, operator_id),
    FLAG(struct vn_member, staff),
    FLAG(struct vn_member, referred),
    TIME(struct vn_member, as_of_ms),
    TIME(struct vn_member, joined_ms),
    TIME(struct vn_member, last_visit_ms),
    AMOUNT(struct vn_member, visits),
    CHANGE(struct vn_member, qualifying),
    AMOUNT(struct vn_member, debt),
    LIST(struct vn_member, clubs, club_count, tag),
    LIST(struct vn_member, counters, counter_count, counter),
    LIST(struct vn_member, wallets, wallet_count, wallet),
};
static const struct vn_pack_table member_table = TABLE(member_fields);

static const struct vn_pack_field coupon_fields[] = {
    TEXT(struct vn_coupon, account),
    TEXT(struct vn_coupon, promotion),
    TEXT(struct vn_coupon, label),
    FLAG(struct vn_coupon, single_use),
    FLAG(struct vn_coupon, spent),
    TIME(struct vn_coupon, valid_from_ms),
    TIME(struct vn_coupon, valid_until_ms),
    TEXT(struct vn_coupon, member),
    FLAG(struct vn_coupon, has_terms),
    NUMBER(struct vn_coupon, off_bp, 0, 10000),
    AMOUNT(struct vn_coupon, off_minor),
    AMOUNT(struct vn_coupon, least_minor),
    LIST(struct vn_coupon, codes, code_count, code),
};
static const struct vn_pack_table coupon_table = TABLE(coupon_fields);

static const struct vn_pack_field item_fields[] = {
    TEXT(struct vn_item, code),
    FLAG(struct vn_item, known),
    TEXT(struct vn_item, name),
    TEXT(struct vn_item, category),
    TEXT(struct vn_item, brand),
    TEXT(struct vn_item, legal_class),
    TEXT(struct vn_item, tax),
    AMOUNT(struct vn_item, price_minor),
    AMOUNT(struct vn_item, min_price_minor),
    LIST(struct vn_item, tags, tag_count, tag),
};
static const struct vn_pack_table item_table = TABLE(item_fields);

static enum vn_status write_row(const struct vn_pack_table *table, const void *record, struct vn_buf *out)
{
    const uint8_t version = ROW_VERSION;
    size_t before = out->len;
    enum vn_status status = vn_buf_append(out, vn_view_of(&version, 1));
    if (status == VN_OK) {
        status = vn_pack_write(table, record, out);
    }
    if (status != VN_OK) {
        out->len = before;
    }
    return status;
}

static enum vn_status read_row(const struct vn_pack_table *table, struct vn_view row, void *record,
                               size_t size)
{
    memset(record, 0, size);
    if (row.len == 0 || row.data[0] != ROW_VERSION) {
        return row.len > 0 && row.data[0] > ROW_VERSION ? VN_UNSUPPORTED : VN_INPUT;
    }
    struct vn_view rest = vn_view_of(row.data + 1, row.len - 1);
    enum vn_status status = vn_pack_read(table, &rest, record);
    return status == VN_OK && rest.len > 0 ? VN_INPUT : status;
}

enum vn_status vn_member_row_write(const struct vn_member *member, struct vn_buf *out)
{
    return write_row(&member_table, member, out);
}

enum vn_status vn_member_row_read(struct vn_view row, struct vn_member *out)
{
    return read_row(&member_table, row, out, sizeof *out);
}

enum vn_status vn_coupon_row_write(const struct vn_coupon *coupon, struct vn_buf *out)
{
    return write_row(&coupon_table, coupon, out);
}

enum vn_status vn_coupon_row_read(struct vn_view row, struct vn_coupon *out)
{
    return read_row(&coupon_table, row, out, sizeof *out);
}

enum vn_status vn_item_row_write(const struct vn_item *item, struct vn_buf *out)
{
    return write_row(&item_table, item, out);
}

enum vn_status vn_item_row_read(struct vn_view row, struct vn_item *out)
{
    return read_row(&item_table, row, out, sizeof *out);
}
