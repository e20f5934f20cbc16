/* Loading frames: one line at a time, into a transaction that the caller began.
 *
 * Every line is the new state of its row, so the same frame can be loaded again. Rulesets and stops are the
 * exception to trust: only what the publishing key signed counts, and only upwards, because a till that could
 * be talked back to an old ruleset would give last month's discounts. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/store/cache_internal.h"
#include "sync/wire/member_row.h"

static const char *const statements[LOAD_COUNT] = {
    [LOAD_CARD] = "INSERT OR REPLACE INTO cards (card, account, included_seq, row) VALUES (?, ?, ?, ?)",
    [LOAD_CARDS_DROP] = "DELETE FROM cards WHERE account = ?",
    [LOAD_COUPON] = "INSERT OR REPLACE INTO coupons (number, key, row) VALUES (?, ?, ?)",
    [LOAD_COUPON_DROP] = "DELETE FROM coupons WHERE key = ?",
    [LOAD_ITEM] = "INSERT OR REPLACE INTO items (code, row) VALUES (?, ?)",
    [LOAD_ITEM_DROP] = "DELETE FROM items WHERE code = ?",
    [LOAD_RULESET] = "INSERT INTO rulesets (number, signature, text) VALUES (?, ?, ?)",
    [LOAD_RULESETS_DROP] = "DELETE FROM rulesets WHERE number < ?",
    [LOAD_RULESET_SAME] = "SELECT 1 FROM rulesets WHERE number = ? AND text = ?",
    [LOAD_RULESET_NUMBER] = "SELECT coalesce(max(number), 0) FROM rulesets",
    [LOAD_STOP] = "INSERT INTO stops (number, signature, promotion) VALUES (?, ?, ?)",
    [LOAD_STOPS_DROP] = "DELETE FROM stops WHERE number < ?",
    [LOAD_STOP_SAME] = "SELECT promotion FROM stops WHERE number = ?",
    [LOAD_CURSOR] = "UPDATE meta SET epoch = ?, number = ?",
};

enum vn_status cache_load_prepare(struct cache_load *load, struct vn_error *error)
{
    enum vn_status status = VN_OK;
    vn_buf_init(&load->row, CACHE_ROW_MAX);
    for (int i = 0; i < LOAD_COUNT && status == VN_OK; i++) {
        status = vn_db_prepare(load->db, statements[i], &load->sql[i], error);
    }
    return status;
}

static enum vn_status drop(struct cache_load *load, enum load_sql which, const char *key)
{
    vn_bind_text(load->sql[which], 1, key);
    return vn_statement_run(load->sql[which]);
}

/* A row that no reader takes back is one that the hub should not have sent. */
static enum vn_status packed(enum vn_status status)
{
    return status == VN_ARG || status == VN_FULL ? VN_INPUT : status;
}

/* The same row once for each of his cards, so that a look-up is a single descent. */
static enum vn_status load_member(struct cache_load *load, const struct vn_feed_item *item)
{
    struct vn_statement *insert = load->sql[LOAD_CARD];
    int64_t included_seq = item->included_seq >= 0 ? item->included_seq : load->included_seq;
    if (included_seq < 0) {
        return VN_INPUT; /* a balance, and nobody knows what is in it */
    }
    vn_buf_clear(&load->row);
    enum vn_status status = packed(vn_member_row_write(&item->member, &load->row));
    if (status == VN_OK && !load->building) { /* cards that lead to him no longer */
        status = drop(load, LOAD_CARDS_DROP, item->member.account);
    }
    for (unsigned i = 0; i < item->card_count && status == VN_OK; i++) {
        vn_bind_blob(insert, 1, vn_view_of(item->cards[i].bytes, VN_HASH_SIZE));
        vn_bind_text(insert, 2, item->member.account);
        vn_bind_int(insert, 3, included_seq);
        vn_bind_blob(insert, 4, vn_buf_view(&load->row));
        status = vn_statement_run(insert);
    }
    return status;
}

static enum vn_status load_coupon(struct cache_load *load, const struct vn_feed_item *item)
{
    struct vn_statement *insert = load->sql[LOAD_COUPON];
    const char *key = item->key[0] != '\0' ? item->key : item->coupon.account;
    vn_buf_clear(&load->row);
    enum vn_status status = packed(vn_coupon_row_write(&item->coupon, &load->row));
    if (status == VN_OK && !load->building && key[0] != '\0') {
        status = drop(load, LOAD_COUPON_DROP, key);
    }
    if (status == VN_OK) {
        vn_bind_blob(insert, 1, vn_view_of(item->cards[0].bytes, VN_HASH_SIZE));
        vn_bind_text(insert, 2, key);
        vn_bind_blob(insert, 3, vn_buf_view(&load->row));
        status = vn_statement_run(insert);
    }
    return status;
}

static enum vn_status load_catalogue(struct cache_load *load, const struct vn_feed_item *item)
{
    struct vn_statement *insert = load->sql[LOAD_ITEM];
    vn_buf_clear(&load->row);
    enum vn_status status = packed(vn_item_row_write(&item->item, &load->row));
    if (status == VN_OK) {
        vn_bind_text(insert, 1, item->key[0] != '\0' ? item->key : item->item.code);
        vn_bind_blob(insert, 2, vn_buf_view(&load->row));
        status = vn_statement_run(insert);
    }
    return status;
}

/* VN_CORRUPT when the key did not sign it. */
static enum vn_status check_signature(const struct cache_load *load, const struct vn_feed_item *item)
{
    struct vn_buf text;
    struct vn_view what = item->kind == VN_FEED_STOP ? vn_view_str(item->key) : item->text;
    if (load->key == NULL) {
        return VN_CORRUPT;
    }
    vn_buf_init(&text, VN_FEED_BYTES_MAX);
    enum vn_status status = vn_feed_signed_text(item->kind, item->number, what, &text);
    if (status == VN_OK) {
        status = vn_verify(load->key, vn_buf_view(&text), vn_view_of(item->signature, item->signature_len));
    }
    vn_buf_deinit(&text);
    return status;
}

/* VN_OK: there already, exactly so. */
static enum vn_status same_signed(struct cache_load *load, const struct vn_feed_item *item)
{
    bool stop = item->kind == VN_FEED_STOP;
    struct vn_statement *sql = load->sql[stop ? LOAD_STOP_SAME : LOAD_RULESET_SAME];
    vn_bind_int(sql, 1, item->number);
    if (!stop) {
        vn_bind_blob(sql, 2, item->text);
    }
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK && stop && !vn_view_is(vn_column_blob(sql, 0), item->key)) {
        status = VN_CONFLICT;
    }
    vn_statement_reset(sql);
    return status;
}

static enum vn_status take_signed(struct cache_load *load, const struct vn_feed_item *item)
{
    bool stop = item->kind == VN_FEED_STOP;
    struct vn_statement *insert = load->sql[stop ? LOAD_STOP : LOAD_RULESET];
    vn_bind_int(insert, 1, item->number);
    vn_bind_blob(insert, 2, vn_view_of(item->signature, item->signature_len));
    if (stop) {
        vn_bind_text(insert, 3, item->key);
    } else {
        vn_bind_blob(insert, 3, item->text);
    }
    enum vn_status status = VN_OK;
    if (VN_PLANTED(OLD_RULES_TAKEN) && !stop) {
        vn_bind_int(load->sql[LOAD_RULESETS_DROP], 1, INT64_MAX);
        status = vn_statement_run(load->sql[LOAD_RULESETS_DROP]);
    }
    if (status == VN_OK) {
        status = vn_statement_run(insert);
    }
    for (int i = 0; i < 2 && !stop && status == VN_OK; i++) {
        struct vn_statement *older = load->sql[i == 0 ? LOAD_RULESETS_DROP : LOAD_STOPS_DROP];
        vn_bind_int(older, 1, item->number);
        status = vn_statement_run(older);
    }
    if (status == VN_OK) {
        load->ruleset = stop ? load->ruleset : item->number;
        load->changed = true;
    }
    return status;
}

static enum vn_status load_signed(struct cache_load *load, const struct vn_feed_item *item)
{
    enum vn_status status = same_signed(load, item);
    if (status == VN_OK) {
        return VN_OK;
    }
    if (status != VN_ABSENT && status != VN_CONFLICT) {
        return status;
    }
    if (status == VN_CONFLICT || (item->number <= load->ruleset && !VN_PLANTED(OLD_RULES_TAKEN))) {
        load->refused++;
        return VN_OK;
    }
    status = check_signature(load, item);
    if (status == VN_CORRUPT) {
        load->refused++;
        return VN_OK;
    }
    return status == VN_OK ? take_signed(load, item) : status;
}

static enum vn_status load_item(struct cache_load *load, const struct vn_feed_item *item)
{
    switch (item->kind) {
    case VN_FEED_MEMBER: return load_member(load, item);
    case VN_FEED_ITEM: return load_catalogue(load, item);
    case VN_FEED_COUPON: return load_coupon(load, item);
    case VN_FEED_RULESET:
    case VN_FEED_STOP: return load_signed(load, item);
    default: break;
    }
    if (load->building) {
        return VN_CONFLICT; /* a snapshot has nothing to bury, and no index yet to find it by */
    }
    static const enum load_sql graves[VN_FEED_KINDS] = {[VN_FEED_MEMBER_GONE] = LOAD_CARDS_DROP,
                                                        [VN_FEED_ITEM_GONE] = LOAD_ITEM_DROP,
                                                        [VN_FEED_COUPON_GONE] = LOAD_COUPON_DROP};
    return drop(load, graves[item->kind], item->key);
}

static enum vn_status described(const struct cache_load *load, enum vn_status status, struct vn_error *error)
{
    if (status != VN_OK) {
        vn_db_describe(load->db, status, error);
    }
    return status;
}

static enum vn_status load_line(struct cache_load *load, struct vn_view line, unsigned number,
                                struct vn_error *error)
{
    struct vn_feed_item item;
    struct vn_error place;
    enum vn_status status = vn_feed_item_decode(line, &item, &place);
    if (status == VN_UNSUPPORTED) {
        return VN_OK;
    }
    if (status != VN_OK) {
        return vn_fail(error, status, "line %u of the frame: %s%s%s", number, place.text,
                       place.pointer[0] == '\0' ? "" : " at ", place.pointer);
    }
    status = load_item(load, &item);
    vn_feed_item_deinit(&item);
    if (status == VN_INPUT) {
        return vn_fail(error, status, "line %u of the frame: a row that can't be stored", number);
    }
    if (status == VN_CONFLICT) {
        return vn_fail(error, VN_INPUT, "line %u of the frame: a tombstone in a snapshot", number);
    }
    return described(load, status, error);
}

enum vn_status cache_load_begin(struct cache_load *load)
{
    enum vn_status status = vn_statement_step(load->sql[LOAD_RULESET_NUMBER]);
    if (status == VN_OK) {
        load->ruleset = vn_column_int(load->sql[LOAD_RULESET_NUMBER], 0);
        vn_statement_reset(load->sql[LOAD_RULESET_NUMBER]);
    }
    return status;
}

enum vn_status cache_load_signed_line(struct cache_load *load, struct vn_view line, struct vn_error *error)
{
    struct vn_feed_item item;
    enum vn_status status = vn_feed_item_decode(line, &item, error);
    if (status == VN_OK) {
        bool rules = item.kind == VN_FEED_RULESET || item.kind == VN_FEED_STOP;
        status =
            rules ? load_signed(load, &item) : vn_fail(error, VN_INPUT, "the snapshot's rules are no rules");
    }
    vn_feed_item_deinit(&item);
    return status == VN_UNSUPPORTED ? VN_OK : status;
}

static enum vn_status check_header(const struct vn_feed_header *header, const struct vn_cursor *from,
                                   struct vn_error *error)
{
    if (header->snapshot != (from == NULL)) {
        return vn_fail(error, VN_INPUT, "%s",
                       from == NULL ? "not a snapshot" : "a snapshot, not a checkpoint");
    }
    if (from != NULL && header->cursor.epoch == from->epoch && header->cursor.number < from->number) {
        return vn_fail(error, VN_CONFLICT, "the checkpoint is older than the cache");
    }
    return VN_OK;
}

enum vn_status cache_load_frame(struct cache_load *load, struct vn_view frame, const struct vn_cursor *from,
                                struct vn_cursor *cursor, struct vn_error *error)
{
    struct vn_feed_header header;
    struct vn_view line = VN_VIEW_NONE;
    (void)vn_wire_next_line(&frame, &line);
    enum vn_status status = vn_feed_header_decode(line, &header, error);
    if (status == VN_OK) {
        status = check_header(&header, from, error);
    }
    if (status == VN_OK) {
        status = described(load, cache_load_begin(load), error);
    }
    if (status != VN_OK) {
        return status;
    }
    for (unsigned i = 0; i < header.count && status == VN_OK; i++) {
        if (!vn_wire_next_line(&frame, &line)) {
            return vn_fail(error, VN_INPUT, "frame ends after %u of %u lines", i, header.count);
        }
        status = load_line(load, line, i + 2, error);
    }
    if (status != VN_OK) {
        return status;
    }
    if (frame.len > 0) {
        return vn_fail(error, VN_INPUT, "frame has more than the %u lines announced", header.count);
    }
    *cursor = header.cursor;
    vn_bind_int(load->sql[LOAD_CURSOR], 1, header.cursor.epoch);
    vn_bind_int(load->sql[LOAD_CURSOR], 2, header.cursor.number);
    return described(load, vn_statement_run(load->sql[LOAD_CURSOR]), error);
}
