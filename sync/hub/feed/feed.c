#include "sync/hub/feed/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/ledger/ledger.h"

#define DOCUMENT_MAX 65536
#define PAGE         256

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

enum vn_status vn_feed_member(struct vn_hub *hub, int64_t id, struct vn_member *out)
{
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_ledger_facts(hub->storage, id, out);
    out->known = true;
    (void)snprintf(out->account, sizeof out->account, "w%lld", (long long)id);
    return status == VN_OK ? vn_ledger_tell(hub->view, hub->storage, id, out) : status;
}

enum vn_status vn_feed_member_item(struct vn_hub *hub, int64_t id, const struct vn_enrolment_row *row,
                                   struct vn_feed_item *out)
{
    int64_t waiting = 0;
    vn_feed_item_init(out, VN_FEED_MEMBER);
    out->included_seq = row == NULL ? -1 : row->posted_seq;
    enum vn_status status = vn_feed_member(hub, id, &out->member);
    if (status == VN_OK && row != NULL && row->quarantined > 0) {
        status = vn_storage_waiting(hub->storage, row->id, vn_account_of_member(id, 0), &waiting);
        waiting = within(waiting, -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
        out->member.balance = within(out->member.balance + waiting, -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
    }
    return status == VN_OK ? vn_storage_good_cards(hub->storage, id, out->cards, &out->card_count) : status;
}

/* The row of a card that is blocked by itself, by its account (storage/account_id.h): nobody's, and blocked. VN_ABSENT. */
static enum vn_status blocked_item(struct vn_hub *hub, const char *account,
                                   const struct vn_enrolment_row *row, struct vn_feed_item *out)
{
    struct vn_blocked_row blocked;
    vn_feed_item_init(out, VN_FEED_MEMBER);
    enum vn_status status = vn_storage_blocked_get(hub->storage, account, &blocked);
    out->included_seq = row == NULL ? -1 : row->posted_seq;
    out->card_count = 1;
    out->cards[0] = blocked.card;
    out->member.known = true;
    out->member.blocked = true;
    vn_account_of_blocked(&blocked.card, out->member.account);
    return status;
}

enum vn_status vn_feed_card_item(struct vn_hub *hub, const struct vn_hash *card,
                                 const struct vn_enrolment_row *row, struct vn_feed_item *out)
{
    char account[VN_ID_MAX];
    int64_t id = 0;
    vn_account_of_blocked(card, account);
    enum vn_status status = blocked_item(hub, account, row, out);
    if (status == VN_ABSENT) {
        status = vn_storage_card_member(hub->storage, card, &id);
        status = status == VN_OK ? vn_feed_member_item(hub, id, row, out) : status;
    }
    return status;
}

enum vn_status vn_feed_goods_item(struct vn_hub *hub, const char *code, struct vn_feed_item *out)
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

enum vn_status vn_feed_coupon_item(struct vn_hub *hub, const char *account, struct vn_feed_item *out)
{
    struct vn_coupon_row row;
    int64_t id = 0;
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
        status = vn_ledger_view_read(hub->view, hub->storage, vn_account_of_coupon(id));
        out->coupon.spent = vn_ledger_owned(vn_ledger_view_row(hub->view)) <= 0;
        status = status == VN_ABSENT ? VN_OK : status;
    }
    return status;
}

enum vn_status vn_feed_rules_item(struct vn_hub *hub, const char *promotion, struct vn_buf *text,
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
        return vn_account_member(change->key, &id) ? vn_feed_member_item(hub, id, row, out)
                                                   : blocked_item(hub, change->key, row, out);
    case VN_FEED_ITEM: return vn_feed_goods_item(hub, change->key, out);
    case VN_FEED_COUPON: return vn_feed_coupon_item(hub, change->key, out);
    case VN_FEED_RULESET: return vn_feed_rules_item(hub, NULL, text, out);
    case VN_FEED_STOP: return vn_feed_rules_item(hub, change->key, text, out);
    default: return VN_CORRUPT;
    }
}

static enum vn_status append_row(struct vn_hub *hub, const struct vn_feed_ask *ask,
                                 const struct vn_change *change, struct vn_feed_item *item,
                                 struct vn_buf *lines, unsigned *count)
{
    static const enum vn_feed_kind gone[VN_FEED_KINDS] = {[VN_FEED_MEMBER] = VN_FEED_MEMBER_GONE,
                                                          [VN_FEED_ITEM] = VN_FEED_ITEM_GONE,
                                                          [VN_FEED_COUPON] = VN_FEED_COUPON_GONE};
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = current(hub, ask->own, change, &text, item);
    bool tombstone = status == VN_ABSENT && gone[change->kind] != VN_FEED_MEMBER;
    if (tombstone) {
        vn_feed_item_init(item, gone[change->kind]);
        status = VN_OK;
    }
    memcpy(item->key, change->key, sizeof item->key);
    if (status == VN_OK && !(tombstone && (ask->snapshot || VN_PLANTED(TOMBSTONE_FORGOTTEN)))) {
        status = vn_feed_item_encode(item, lines);
        if (status == VN_OK) {
            status = vn_buf_append_str(lines, "\n");
        }
        (*count)++;
    }
    vn_buf_deinit(&text);
    return status;
}

/* One scope's changes, read ahead by pages. */
struct lane {
    const char *scope;
    int64_t after;
    struct vn_change page[PAGE];
    unsigned at, count;
    bool end;
};

static enum vn_status look_ahead(struct vn_hub *hub, struct lane *lane, const struct vn_change **next)
{
    enum vn_status status = VN_OK;
    *next = NULL;
    if (lane->at == lane->count && !lane->end) {
        status = vn_storage_changes(hub->storage, lane->scope, lane->after, lane->page, PAGE, &lane->count);
        lane->at = 0;
        lane->end = lane->count < PAGE;
        lane->after = lane->count > 0 ? lane->page[lane->count - 1].number : lane->after;
    }
    if (status == VN_OK && lane->at < lane->count) {
        *next = &lane->page[lane->at];
    }
    return status;
}

struct walk {
    struct vn_hub *hub;
    const struct vn_feed_ask *ask;
    struct lane lanes[2]; /* everybody's and the store's */
    struct vn_feed_item item;
    struct vn_buf lines;
    unsigned count;
    /* The end of the last checkpoint that is whole in the lines. */
    int64_t to;
    size_t whole_len;
    unsigned whole_count;
};

/* The next change of the two scopes; VN_ABSENT at their end. */
static enum vn_status next_change(struct walk *walk, struct vn_change *out)
{
    const struct vn_change *next[2];
    for (int i = 0; i < 2; i++) {
        enum vn_status status = look_ahead(walk->hub, &walk->lanes[i], &next[i]);
        if (status != VN_OK) {
            return status;
        }
    }
    if (next[0] == NULL && next[1] == NULL) {
        return VN_ABSENT;
    }
    int first = next[0] == NULL || (next[1] != NULL && next[1]->number < next[0]->number);
    *out = *next[first];
    walk->lanes[first].at++;
    return VN_OK;
}

static void note_boundary(struct walk *walk, int64_t to)
{
    walk->to = to;
    walk->whole_len = walk->lines.len;
    walk->whole_count = walk->count;
}

/* Rows until a checkpoint's end is reached and enough is there. *all: nothing follows. */
static enum vn_status go(struct walk *walk, bool *all)
{
    struct vn_change change;
    int64_t checkpoint = walk->to;
    enum vn_status status;
    *all = false;
    while ((status = next_change(walk, &change)) == VN_OK) {
        if (change.checkpoint != checkpoint) {
            note_boundary(walk, checkpoint);
            checkpoint = change.checkpoint;
            if (walk->lines.len >= VN_FRAME_BYTES_SOFT || walk->count >= walk->ask->max) {
                return VN_OK;
            }
        }
        if (walk->ask->snapshot && change.kind == VN_FEED_RULESET) {
            continue; /* a snapshot has begun with it */
        }
        status = append_row(walk->hub, walk->ask, &change, &walk->item, &walk->lines, &walk->count);
        if (status != VN_OK) {
            break;
        }
    }
    if (status == VN_FULL && walk->whole_count > 0) {
        return VN_OK; /* what fits; the next frame begins with this checkpoint */
    }
    if (status != VN_ABSENT) {
        return status;
    }
    *all = true;
    status = vn_storage_change_last(walk->hub->storage, &checkpoint);
    note_boundary(walk, checkpoint);
    return status;
}

/* A snapshot begins with the rules in force, wherever their change stands: a till that is still loading a large chain knows
 * cards from goods and has its promotions. Where a snapshot ends before their place, the feed brings them again, and they are
 * known. */
static enum vn_status put_rules(struct walk *walk)
{
    static const struct vn_change rules = {.kind = VN_FEED_RULESET};
    enum vn_status status = append_row(walk->hub, walk->ask, &rules, &walk->item, &walk->lines, &walk->count);
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status write_frame(const struct walk *walk, struct vn_buf *out)
{
    const struct vn_feed_header header = {
        .cursor = {walk->hub->epoch, walk->to}, .count = walk->whole_count, .snapshot = walk->ask->snapshot};
    enum vn_status status = vn_feed_header_encode(&header, out);
    if (status == VN_OK) {
        status = vn_buf_append_str(out, "\n");
    }
    return status == VN_OK ? vn_buf_append(out, vn_view_of(walk->lines.data, walk->whole_len)) : status;
}

enum vn_status vn_feed_make(struct vn_hub *hub, const struct vn_feed_ask *ask, struct vn_buf *out,
                            struct vn_feed_made *made)
{
    memset(made, 0, sizeof *made);
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL) {
        return VN_NOMEM;
    }
    walk->hub = hub;
    walk->ask = ask;
    walk->to = ask->after;
    walk->lanes[0] = (struct lane){.scope = "", .after = ask->after};
    walk->lanes[1] = (struct lane){.scope = ask->store, .after = ask->after, .end = ask->store[0] == '\0'};
    vn_buf_init(&walk->lines, VN_FEED_BYTES_MAX);
    enum vn_status status = ask->snapshot ? put_rules(walk) : VN_OK;
    if (status == VN_OK) {
        status = go(walk, &made->all);
    }
    if (status == VN_OK) {
        made->to = walk->to;
        made->count = walk->whole_count;
        status = write_frame(walk, out);
    }
    vn_buf_deinit(&walk->lines);
    free(walk);
    return status;
}

enum vn_status vn_feed_bounds(struct vn_hub *hub, struct vn_feed_bounds *out)
{
    *out = (struct vn_feed_bounds){.epoch = hub->epoch};
    enum vn_status status = vn_storage_change_last(hub->storage, &out->last);
    return status == VN_OK ? vn_storage_number_or(hub->storage, VN_FEED_FLOOR, 0, &out->floor) : status;
}

enum vn_status vn_feed_usable(struct vn_hub *hub, const struct vn_feed_bounds *bounds,
                              const struct vn_cursor *cursor, bool *out)
{
    int64_t branch = INT64_MAX;
    enum vn_status status = VN_OK;
    if (cursor->epoch != bounds->epoch) {
        status = vn_storage_epoch_branch(hub->storage, cursor->epoch, &branch);
    }
    bool unnumbered =
        false; /* of a hub that was set back since, and which had gone on from the same number */
    if (status == VN_OK) {
        status = vn_storage_is_unnumbered(hub->storage, cursor->number, &unnumbered);
    }
    *out = status == VN_OK && cursor->epoch >= 1 && cursor->epoch <= bounds->epoch &&
           cursor->number >= bounds->floor && cursor->number <= bounds->last && cursor->number <= branch &&
           !unnumbered;
    return status;
}
