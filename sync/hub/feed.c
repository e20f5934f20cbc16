#include "sync/hub/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/ledger.h"

#define DOCUMENT_MAX 65536
#define PAGE         256

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* What the import stored: the member as JSON, without what the ledger knows better. */
static enum vn_status read_facts(struct vn_hub *hub, int64_t id, struct vn_member *out)
{
    struct vn_buf facts;
    json_t *root = NULL;
    struct vn_error error;
    int64_t spent_minor = 0;
    vn_buf_init(&facts, DOCUMENT_MAX);
    enum vn_status status = vn_storage_member_get(hub->storage, id, &facts, &spent_minor);
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&facts), &root, &error);
    }
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_member_read(&in, out);
        status = vn_json_failed(&in) ? VN_CORRUPT : VN_OK;
        /* Receipts below zero may come first; a row outside of what tills read would stop them all. */
        out->lifetime_spend_minor = within(out->lifetime_spend_minor + spent_minor, 0, VN_AMOUNT_MAX);
    }
    json_decref(root);
    vn_buf_deinit(&facts);
    return status;
}

enum vn_status vn_feed_member(struct vn_hub *hub, int64_t id, struct vn_member *out)
{
    memset(out, 0, sizeof *out);
    enum vn_status status = read_facts(hub, id, out);
    out->known = true;
    (void)snprintf(out->account, sizeof out->account, "w%lld", (long long)id);
    if (status == VN_OK) {
        status = vn_storage_owned(hub->storage, out->account, &out->balance);
    }
    return status == VN_OK ? vn_storage_lots(hub->storage, out->account, out->lots, &out->lot_count) : status;
}

enum vn_status vn_feed_member_item(struct vn_hub *hub, int64_t id, const struct vn_enrolment_row *row,
                                   struct vn_feed_item *out)
{
    int64_t waiting = 0;
    vn_feed_item_init(out, VN_FEED_MEMBER);
    out->included_seq = row->posted_seq;
    enum vn_status status = vn_feed_member(hub, id, &out->member);
    if (status == VN_OK && row->quarantined > 0) {
        status = vn_storage_waiting(hub->storage, row->id, out->member.account, &waiting);
        waiting = within(waiting, -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
        out->member.balance = within(out->member.balance + waiting, -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
    }
    return status == VN_OK ? vn_storage_cards(hub->storage, id, out->cards, &out->card_count) : status;
}

static enum vn_status item_row(struct vn_hub *hub, const char *code, struct vn_feed_item *out)
{
    struct vn_buf document;
    struct vn_error error;
    json_t *root = NULL;
    vn_feed_item_init(out, VN_FEED_ITEM);
    vn_buf_init(&document, DOCUMENT_MAX);
    enum vn_status status = vn_storage_item_get(hub->storage, code, &document);
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&document), &root, &error);
    }
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_item_read(&in, &out->item);
        status = vn_json_failed(&in) ? VN_CORRUPT : VN_OK;
    }
    json_decref(root);
    vn_buf_deinit(&document);
    return status;
}

static enum vn_status coupon_row(struct vn_hub *hub, const char *account, struct vn_feed_item *out)
{
    struct vn_coupon_row row;
    int64_t id = 0;
    int64_t left = 0;
    vn_feed_item_init(out, VN_FEED_COUPON);
    enum vn_status status =
        vn_account_coupon(account, &id) ? vn_storage_coupon_get(hub->storage, id, &row) : VN_CORRUPT;
    if (status != VN_OK) {
        return status;
    }
    out->coupon = row.coupon;
    out->cards[0] = row.number;
    out->card_count = 1;
    if (row.member >
        0) { /* as vn_audience_member_id names him: the feed gives members no id beside their account */
        (void)snprintf(out->coupon.member, sizeof out->coupon.member, "w%lld", (long long)row.member);
    }
    if (row.coupon.single_use) {
        memcpy(out->coupon.account, account, strlen(account) + 1);
        status = vn_storage_owned(hub->storage, account, &left);
        out->coupon.spent = left <= 0;
    }
    return status;
}

static enum vn_status published_row(struct vn_hub *hub, const char *promotion, struct vn_buf *text,
                                    struct vn_feed_item *out)
{
    struct vn_published_row row;
    vn_feed_item_init(out, promotion == NULL ? VN_FEED_RULESET : VN_FEED_STOP);
    vn_buf_clear(text);
    enum vn_status status = vn_storage_published_last(hub->storage, promotion, &row, text);
    out->number = row.number;
    out->signature_len = row.signature_len;
    memcpy(out->signature, row.signature, row.signature_len);
    if (promotion == NULL) {
        out->text = vn_buf_view(text);
    }
    return status;
}

/* The row of a change as it is now; VN_ABSENT: it is gone. */
static enum vn_status current(struct vn_hub *hub, const struct vn_enrolment_row *row,
                              const struct vn_change *change, struct vn_buf *text, struct vn_feed_item *out)
{
    int64_t id = 0;
    switch (change->kind) {
    case VN_FEED_MEMBER:
        if (!vn_account_member(change->key, &id)) {
            return VN_CORRUPT;
        }
        return vn_feed_member_item(hub, id, row, out);
    case VN_FEED_ITEM: return item_row(hub, change->key, out);
    case VN_FEED_COUPON: return coupon_row(hub, change->key, out);
    case VN_FEED_RULESET: return published_row(hub, NULL, text, out);
    case VN_FEED_STOP: return published_row(hub, change->key, text, out);
    default: return VN_CORRUPT;
    }
}

static enum vn_status append_row(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                 const struct vn_change *change, bool snapshot, struct vn_feed_item *item,
                                 struct vn_buf *lines, unsigned *count)
{
    static const enum vn_feed_kind gone[VN_FEED_KINDS] = {[VN_FEED_MEMBER] = VN_FEED_MEMBER_GONE,
                                                          [VN_FEED_ITEM] = VN_FEED_ITEM_GONE,
                                                          [VN_FEED_COUPON] = VN_FEED_COUPON_GONE};
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = current(hub, row, change, &text, item);
    bool tombstone = status == VN_ABSENT && gone[change->kind] != VN_FEED_MEMBER;
    if (tombstone) {
        vn_feed_item_init(item, gone[change->kind]);
        status = VN_OK;
    }
    memcpy(item->key, change->key, sizeof item->key);
    if (status == VN_OK && !(tombstone && snapshot)) {
        status = vn_feed_item_encode(item, lines);
        if (status == VN_OK) {
            status = vn_buf_append_str(lines, "\n");
        }
        (*count)++;
    }
    vn_buf_deinit(&text);
    return status;
}

static enum vn_status walk(struct vn_hub *hub, const struct vn_enrolment_row *row, bool snapshot,
                           unsigned max, struct vn_buf *lines, struct vn_feed_header *header)
{
    struct vn_change changes[PAGE];
    struct vn_feed_item *item = calloc(1, sizeof *item);
    enum vn_status status = item == NULL ? VN_NOMEM : VN_OK;
    unsigned read = PAGE;
    while (status == VN_OK && read == PAGE && header->count < max && lines->len < VN_FRAME_BYTES_SOFT) {
        unsigned page = max - header->count < PAGE ? max - header->count : PAGE;
        status = vn_storage_changes(hub->storage, header->cursor.number, changes, page, &read);
        for (unsigned i = 0; i < read && status == VN_OK && lines->len < VN_FRAME_BYTES_SOFT; i++) {
            if (!snapshot || changes[i].kind != VN_FEED_RULESET) { /* a snapshot has begun with it */
                status = append_row(hub, row, &changes[i], snapshot, item, lines, &header->count);
            }
            header->cursor.number = changes[i].number;
        }
    }
    free(item);
    return status;
}

/* A snapshot begins with the rules in force, wherever their change stands: a till that is still loading a large chain knows
 * cards from goods and has its promotions. Where a snapshot ends before their place, the feed brings them again, and they are known. */
static enum vn_status put_rules(struct vn_hub *hub, const struct vn_enrolment_row *row, struct vn_buf *lines,
                                struct vn_feed_header *header)
{
    static const struct vn_change rules = {.kind = VN_FEED_RULESET};
    struct vn_feed_item *item = calloc(1, sizeof *item);
    if (item == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = append_row(hub, row, &rules, true, item, lines, &header->count);
    free(item);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_feed_frame(struct vn_hub *hub, const struct vn_enrolment_row *row, int64_t after,
                             bool snapshot, unsigned max, struct vn_buf *out, unsigned *count)
{
    struct vn_feed_header header = {.cursor = {hub->epoch, after}, .snapshot = snapshot};
    struct vn_buf lines;
    vn_buf_init(&lines, VN_FEED_BYTES_MAX);
    enum vn_status status = snapshot ? put_rules(hub, row, &lines, &header) : VN_OK;
    if (status == VN_OK) {
        status = walk(hub, row, snapshot, max, &lines, &header);
    }
    if (status == VN_OK) {
        status = vn_feed_header_encode(&header, out);
    }
    if (status == VN_OK) {
        status = vn_buf_append_str(out, "\n");
    }
    if (status == VN_OK) {
        status = vn_buf_append(out, vn_buf_view(&lines));
    }
    *count = header.count;
    vn_buf_deinit(&lines);
    return status;
}

enum vn_status vn_feed_usable(struct vn_hub *hub, const struct vn_cursor *cursor, bool *out)
{
    struct vn_position ours;
    int64_t branch = 0;
    enum vn_status status = vn_storage_position(hub->storage, &ours);
    if (status == VN_OK) {
        status = vn_storage_epoch_branch(hub->storage, cursor->epoch, &branch);
    }
    *out = status == VN_OK && cursor->epoch >= 1 && cursor->epoch <= hub->epoch && cursor->number >= 0 &&
           cursor->number <= ours.change && cursor->number <= branch;
    return status;
}
