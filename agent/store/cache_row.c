/* Rows of the cache: what a member, coupon or item looks like as columns. A member's row stands once for each
 * of his cards, so that a lookup is a single descent; lists are kept short: texts joined by line feeds (they
 * hold no control characters), lots as five big-endian numbers each. */
#include <string.h>

#include "agent/store/cache_internal.h"

static void join(const char (*texts)[VN_TAG_MAX], unsigned count, char *out)
{
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t more = strlen(texts[i]);
        if (i > 0) {
            out[len++] = '\n';
        }
        memcpy(out + len, texts[i], more);
        len += more;
    }
    out[len] = '\0';
}

static enum vn_status split(struct vn_view text, char (*out)[VN_TAG_MAX], unsigned max, unsigned *count)
{
    struct vn_view line;
    *count = 0;
    while (vn_wire_next_line(&text, &line)) {
        if (*count == max || vn_view_copy_str(line, out[*count], VN_TAG_MAX) != VN_OK) {
            return VN_CORRUPT;
        }
        (*count)++;
    }
    return VN_OK;
}

static void pack(int64_t number, uint8_t *out)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    }
}

static int64_t unpack(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = number << 8 | bytes[i];
    }
    return (int64_t)number;
}

static size_t pack_lots(const struct vn_member *member, uint8_t *out)
{
    uint8_t *at = out;
    for (unsigned i = 0; i < member->lot_count; i++, at += CACHE_LOT_BYTES) {
        const struct vn_lot *lot = &member->lots[i];
        pack(lot->id, at);
        pack(lot->amount, at + 8);
        pack(lot->earned_ms, at + 16);
        pack(lot->matures_ms, at + 24);
        pack(lot->expires_ms, at + 32);
    }
    return (size_t)(at - out);
}

static enum vn_status unpack_lots(struct vn_view bytes, struct vn_member *out)
{
    if (bytes.len % CACHE_LOT_BYTES != 0 || bytes.len / CACHE_LOT_BYTES > VN_LOTS_MAX) {
        return VN_CORRUPT;
    }
    out->lot_count = (unsigned)(bytes.len / CACHE_LOT_BYTES);
    for (unsigned i = 0; i < out->lot_count; i++) {
        const uint8_t *at = bytes.data + (size_t)i * CACHE_LOT_BYTES;
        out->lots[i] =
            (struct vn_lot){unpack(at), unpack(at + 8), unpack(at + 16), unpack(at + 24), unpack(at + 32)};
    }
    return VN_OK;
}

void cache_bind_member(struct vn_statement *insert, struct cache_row *row, const struct vn_feed_item *item,
                       unsigned card)
{
    join((const char(*)[VN_TAG_MAX])item->member.segments, item->member.segment_count, row->list);
    vn_bind_blob(insert, 1, vn_view_of(item->cards[card].bytes, VN_HASH_SIZE));
    vn_bind_text(insert, 2, item->member.account);
    vn_bind_int(insert, 3, item->included_seq);
    vn_bind_int(insert, 4, item->member.blocked);
    vn_bind_int(insert, 5, item->member.balance);
    vn_bind_int(insert, 6, item->member.lifetime_spend_minor);
    vn_bind_int(insert, 7, (int64_t)item->member.birth_month * 100 + item->member.birth_day);
    vn_bind_text(insert, 8, item->member.tier);
    vn_bind_text(insert, 9, item->member.first_name);
    vn_bind_text(insert, 10, row->list);
    vn_bind_blob(insert, 11, vn_view_of(row->lots, pack_lots(&item->member, row->lots)));
}

enum vn_status cache_column_member(struct vn_statement *row, struct vn_member *out, int64_t *included_seq)
{
    int64_t birth = vn_column_int(row, 5);
    *included_seq = vn_column_int(row, 1);
    out->known = true;
    out->blocked = vn_column_int(row, 2) != 0;
    out->balance = vn_column_int(row, 3);
    out->lifetime_spend_minor = vn_column_int(row, 4);
    out->birth_month = (unsigned)(birth / 100);
    out->birth_day = (unsigned)(birth % 100);
    if (birth < 0 || birth > 1231 || vn_column_text(row, 0, out->account, sizeof out->account) != VN_OK ||
        vn_column_text(row, 6, out->tier, sizeof out->tier) != VN_OK ||
        vn_column_text(row, 7, out->first_name, sizeof out->first_name) != VN_OK ||
        split(vn_column_blob(row, 8), out->segments, VN_SEGMENTS_MAX, &out->segment_count) != VN_OK) {
        return VN_CORRUPT;
    }
    return unpack_lots(vn_column_blob(row, 9), out);
}

void cache_bind_coupon(struct vn_statement *insert, const struct vn_feed_item *item)
{
    vn_bind_blob(insert, 1, vn_view_of(item->cards[0].bytes, VN_HASH_SIZE));
    vn_bind_text(insert, 2, item->coupon.account);
    vn_bind_text(insert, 3, item->coupon.promotion);
    vn_bind_text(insert, 4, item->coupon.label);
    vn_bind_int(insert, 5, item->coupon.single_use);
    vn_bind_int(insert, 6, item->coupon.spent);
    vn_bind_int(insert, 7, item->coupon.valid_from_ms);
    vn_bind_int(insert, 8, item->coupon.valid_until_ms);
}

enum vn_status cache_column_coupon(struct vn_statement *row, struct vn_coupon *out)
{
    out->single_use = vn_column_int(row, 3) != 0;
    out->spent = vn_column_int(row, 4) != 0;
    out->valid_from_ms = vn_column_int(row, 5);
    out->valid_until_ms = vn_column_int(row, 6);
    if (vn_column_text(row, 0, out->account, sizeof out->account) != VN_OK ||
        vn_column_text(row, 1, out->promotion, sizeof out->promotion) != VN_OK ||
        vn_column_text(row, 2, out->label, sizeof out->label) != VN_OK) {
        return VN_CORRUPT;
    }
    return VN_OK;
}

void cache_bind_item(struct vn_statement *insert, struct cache_row *row, const struct vn_item *item)
{
    join((const char(*)[VN_TAG_MAX])item->tags, item->tag_count, row->list);
    vn_bind_text(insert, 1, item->code);
    vn_bind_text(insert, 2, item->name);
    vn_bind_text(insert, 3, item->category);
    vn_bind_text(insert, 4, item->brand);
    vn_bind_text(insert, 5, item->legal_class);
    vn_bind_text(insert, 6, item->tax);
    vn_bind_int(insert, 7, item->price_minor);
    vn_bind_text(insert, 8, row->list);
}

enum vn_status cache_column_item(struct vn_statement *row, struct vn_item *out)
{
    out->known = true;
    out->price_minor = vn_column_int(row, 5);
    if (vn_column_text(row, 0, out->name, sizeof out->name) != VN_OK ||
        vn_column_text(row, 1, out->category, sizeof out->category) != VN_OK ||
        vn_column_text(row, 2, out->brand, sizeof out->brand) != VN_OK ||
        vn_column_text(row, 3, out->legal_class, sizeof out->legal_class) != VN_OK ||
        vn_column_text(row, 4, out->tax, sizeof out->tax) != VN_OK) {
        return VN_CORRUPT;
    }
    return split(vn_column_blob(row, 6), out->tags, VN_TAGS_MAX, &out->tag_count);
}
