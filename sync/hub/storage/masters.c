/* Members, cards, catalogue, coupons, and what was published. */
#include <string.h>

#include "sync/hub/storage/account_id.h"
#include "sync/hub/storage/sql.h"

static struct vn_view hash_view(const struct vn_hash *hash)
{
    return vn_view_of(hash->bytes, sizeof hash->bytes);
}

enum vn_status vn_storage_member_put(struct vn_storage *storage, int64_t id, struct vn_view facts)
{
    return vn_sql_run(storage,
                      "INSERT INTO member(id, facts) VALUES(?, ?) ON CONFLICT(id)"
                      " DO UPDATE SET facts = excluded.facts",
                      "ib", id, facts);
}

enum vn_status vn_storage_member_get(struct vn_storage *storage, int64_t id, struct vn_buf *facts)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(storage, &row, "SELECT facts FROM member WHERE id = ?", "i", id);
    if (status == VN_OK) {
        if (facts != NULL) {
            status = vn_buf_append(facts, vn_row_view(row, 0));
        }
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_member_drop(struct vn_storage *storage, int64_t id)
{
    enum vn_status status = vn_sql_run(storage, "DELETE FROM card WHERE member = ?", "i", id);
    return status == VN_OK ? vn_sql_run(storage, "DELETE FROM member WHERE id = ?", "i", id) : status;
}

enum vn_status vn_storage_card_put(struct vn_storage *storage, const struct vn_hash *card, int64_t member)
{
    return vn_sql_run(storage,
                      "INSERT INTO card(hash, member) VALUES(?, ?) ON CONFLICT(hash)"
                      " DO UPDATE SET member = excluded.member",
                      "bi", hash_view(card), member);
}

enum vn_status vn_storage_card_member(struct vn_storage *storage, const struct vn_hash *card, int64_t *member)
{
    return vn_sql_number(storage, member, "SELECT member FROM card WHERE hash = ?", "b", hash_view(card));
}

static enum vn_status read_cards(struct vn_row *row, enum vn_status status,
                                 struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count)
{
    *count = 0;
    while (vn_row_next(row, &status)) {
        status = vn_row_bytes(row, 0, out[*count].bytes, VN_HASH_SIZE);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_cards(struct vn_storage *storage, int64_t member,
                                struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row, "SELECT hash FROM card WHERE member = ? ORDER BY hash LIMIT ?", "ii",
                    member, (int64_t)VN_FEED_CARDS_MAX);
    return read_cards(row, status, out, count);
}

enum vn_status vn_storage_good_cards(struct vn_storage *storage, int64_t member,
                                     struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT hash FROM card WHERE member = ? AND NOT EXISTS"
                    " (SELECT 1 FROM blocked WHERE blocked.hash = card.hash) ORDER BY hash LIMIT ?",
                    "ii", member, (int64_t)VN_FEED_CARDS_MAX);
    return read_cards(row, status, out, count);
}

enum vn_status vn_storage_blocked_put(struct vn_storage *storage, const struct vn_blocked_row *row)
{
    return vn_sql_run(storage,
                      "INSERT INTO blocked(hash, since_ms, reason) VALUES(?, ?, ?) ON CONFLICT(hash)"
                      " DO UPDATE SET reason = excluded.reason",
                      "bit", hash_view(&row->card), row->since_ms, row->reason);
}

enum vn_status vn_storage_blocked_drop(struct vn_storage *storage, const struct vn_hash *card)
{
    return vn_sql_run(storage, "DELETE FROM blocked WHERE hash = ?", "b", hash_view(card));
}

enum vn_status vn_storage_blocked_get(struct vn_storage *storage, const char *account,
                                      struct vn_blocked_row *out)
{
    struct vn_row *row = NULL;
    struct vn_hash first, last;
    memset(out, 0, sizeof *out);
    memset(first.bytes, 0, sizeof first.bytes);
    memset(last.bytes, 0xff, sizeof last.bytes);
    if (!vn_account_blocked(account, first.bytes) || !vn_account_blocked(account, last.bytes)) {
        return VN_CORRUPT;
    }
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT hash, since_ms, reason FROM blocked WHERE hash BETWEEN ? AND ?",
                     "bb", hash_view(&first), hash_view(&last));
    if (status != VN_OK) {
        return status;
    }
    out->since_ms = vn_row_int(row, 1);
    status = vn_row_bytes(row, 0, out->card.bytes, VN_HASH_SIZE);
    if (status == VN_OK) {
        status = vn_row_text(row, 2, out->reason, sizeof out->reason);
    }
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_alias_of(struct vn_storage *storage, const char *code, char out[VN_CODE_MAX])
{
    struct vn_row *row = NULL;
    out[0] = '\0';
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT alias_of FROM item WHERE code = ?", "t", code);
    if (status == VN_OK) {
        status = vn_row_text(row, 0, out, VN_CODE_MAX);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_aliases(struct vn_storage *storage, const char *code,
                                  char out[VN_ALIASES_MAX][VN_CODE_MAX], unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT code FROM item WHERE alias_of = ? AND alias_of <> '' ORDER BY code LIMIT ?",
        "ti", code, (int64_t)VN_ALIASES_MAX);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, out[*count], VN_CODE_MAX);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_item_get(struct vn_storage *storage, const char *code, struct vn_buf *document)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT document FROM item WHERE code = ?", "t", code);
    if (status == VN_OK) {
        status = vn_buf_append(document, vn_row_view(row, 0));
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_coupon_put(struct vn_storage *storage, struct vn_coupon_row *row, bool *fresh)
{
    const struct vn_coupon *coupon = &row->coupon;
    *fresh = false;
    enum vn_status status = vn_sql_number(storage, &row->id, "SELECT id FROM coupon WHERE number = ?", "b",
                                          hash_view(&row->number));
    if (status == VN_OK) {
        return vn_sql_run(storage,
                          "UPDATE coupon SET promotion = ?, label = ?, from_ms = ?, until_ms = ?, member = ?"
                          " WHERE id = ?",
                          "ttiiii", coupon->promotion, coupon->label, coupon->valid_from_ms,
                          coupon->valid_until_ms, row->member, row->id);
    }
    if (status != VN_ABSENT) {
        return status;
    }
    *fresh = true;
    status = vn_sql_next(storage, VN_SERIES_COUPON, &row->id);
    if (status != VN_OK) {
        return status;
    }
    return vn_sql_run(
        storage,
        "INSERT INTO coupon(id, number, promotion, label, single_use, from_ms, until_ms, member)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        "ibttiiii", row->id, hash_view(&row->number), coupon->promotion, coupon->label,
        (int64_t)coupon->single_use, coupon->valid_from_ms, coupon->valid_until_ms, row->member);
}

enum vn_status vn_storage_coupon_get(struct vn_storage *storage, int64_t id, struct vn_coupon_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT number, promotion, label, single_use, from_ms, until_ms, member FROM coupon WHERE id = ?",
        "i", id);
    if (status != VN_OK) {
        return status;
    }
    out->id = id;
    status = vn_row_bytes(row, 0, out->number.bytes, VN_HASH_SIZE);
    if (status == VN_OK) {
        status = vn_row_text(row, 1, out->coupon.promotion, sizeof out->coupon.promotion);
    }
    if (status == VN_OK) {
        status = vn_row_text(row, 2, out->coupon.label, sizeof out->coupon.label);
    }
    out->coupon.single_use = vn_row_int(row, 3) != 0;
    out->coupon.valid_from_ms = vn_row_int(row, 4);
    out->coupon.valid_until_ms = vn_row_int(row, 5);
    out->member = vn_row_int(row, 6);
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_coupon_drop(struct vn_storage *storage, const struct vn_hash *number, int64_t *id)
{
    enum vn_status status =
        vn_sql_number(storage, id, "SELECT id FROM coupon WHERE number = ?", "b", hash_view(number));
    return status == VN_OK ? vn_sql_run(storage, "DELETE FROM coupon WHERE id = ?", "i", *id) : status;
}

enum vn_status vn_storage_published_put(struct vn_storage *storage, const struct vn_published_row *row,
                                        struct vn_view text)
{
    char promotion[VN_ID_MAX] = "";
    if (row->kind == VN_FEED_STOP && vn_view_copy_str(text, promotion, sizeof promotion) != VN_OK) {
        return VN_ARG;
    }
    return vn_sql_run(
        storage,
        "INSERT INTO published(number, kind, promotion, text, signature, at_ms) VALUES(?, ?, ?, ?, ?, ?)",
        "iitbbi", row->number, (int64_t)row->kind, promotion, text,
        vn_view_of(row->signature, row->signature_len), row->at_ms);
}

enum vn_status vn_storage_published_last(struct vn_storage *storage, const char *promotion,
                                         struct vn_published_row *out, struct vn_buf *text)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    out->kind = promotion == NULL ? VN_FEED_RULESET : VN_FEED_STOP;
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT number, at_ms, signature, text FROM published WHERE kind = ? AND promotion = ?"
                     " ORDER BY number DESC LIMIT 1",
                     "it", (int64_t)out->kind, promotion == NULL ? "" : promotion);
    if (status != VN_OK) {
        return status;
    }
    out->number = vn_row_int(row, 0);
    out->at_ms = vn_row_int(row, 1);
    struct vn_view signature = vn_row_view(row, 2);
    if (signature.len > sizeof out->signature) {
        vn_row_reset(row);
        return VN_CORRUPT;
    }
    memcpy(out->signature, signature.data, signature.len);
    out->signature_len = signature.len;
    status = vn_buf_append(text, vn_row_view(row, 3));
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_stopped(struct vn_storage *storage, vn_sentence_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char promotion[VN_ID_MAX];
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT promotion, max(number) AS last FROM published WHERE kind = ? AND number >"
                    " (SELECT coalesce(max(number), 0) FROM published WHERE kind = ?)"
                    " GROUP BY promotion ORDER BY last",
                    "ii", (int64_t)VN_FEED_STOP, (int64_t)VN_FEED_RULESET);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, promotion, sizeof promotion);
        if (status == VN_OK) {
            status = visit(ctx, promotion);
        }
    }
    return status;
}
