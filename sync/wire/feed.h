/* GET /v1/feed?cursor=epoch.n&wait=s and GET /v1/snapshot: what the hub tells the tills, as lines.
 *
 *     {"schema":1,"cursor":"1.345","count":2,"snapshot":false}
 *     {"kind":"member","cards":["<hex>"],"included_seq":40,"member":{...}}
 *     {"kind":"ruleset","number":8,"signature":"<hex>","text":"..."}
 *
 * Lines of members may leave "included_seq" out, so that one frame serves many tills: the response's header VN_INCLUDED_HEADER
 * then has it, for all of them.
 *
 * A frame is a whole checkpoint: it is applied completely, cursor last, or not at all. Every item is the new
 * state of its row (or its tombstone), so that applying a frame twice changes nothing. */
#ifndef VN_WIRE_FEED_H
#define VN_WIRE_FEED_H

#include <jansson.h>

#include "agent/base/error.h"
#include "agent/crypto/sign.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"
#include "sync/wire/stamp.h"

enum vn_feed_kind {
    /* A member's row, with the card hashes that lead to it. A card that is blocked by itself has a row of its own, of nobody: an
     * account that begins with "b", and "blocked". */
    VN_FEED_MEMBER,
    VN_FEED_MEMBER_GONE, /* its tombstone, by account */
    VN_FEED_ITEM,        /* a catalogue item, found by its own code or by an alias */
    VN_FEED_ITEM_GONE,
    VN_FEED_COUPON, /* an issued coupon, by keyed hash of its number */
    VN_FEED_COUPON_GONE,
    VN_FEED_RULESET, /* a signed ruleset: takes effect if its number is higher */
    VN_FEED_STOP,    /* a signed stop of one promotion */
    VN_FEED_KINDS,
};

#define VN_FEED_CARDS_MAX  8 /* cards of one member */
#define VN_INCLUDED_HEADER "Verno-Included"
/* All rows that the till's entries up to here changed are in what it was sent, this frame included. Not always there. */
#define VN_TOLD_HEADER     "Verno-Told"
/* How a till says that it reads lines without "included_seq": its Accept header. */
#define VN_FEED_ACCEPT     "application/x-ndjson;schema=2"

struct vn_feed_item {
    enum vn_feed_kind kind;
    /* tombstones: account, item code or coupon account; coupon: what its tombstone will have, "" when that is its account;
     * item: the alias that leads to it, "" when it is its own code; stop: the promotion's id */
    char key[VN_ID_MAX];
    unsigned card_count;
    struct vn_hash cards[VN_FEED_CARDS_MAX]; /* member: its cards; coupon: one, its number */
    /* member: the balance includes this till's entries up to here; -1: not in the line, the response's header says it */
    int64_t included_seq;
    struct vn_member member;
    struct vn_item item;
    struct vn_coupon coupon;
    int64_t number; /* ruleset, stop: rising, one series for both */
    size_t signature_len;
    uint8_t signature[VN_SIGNATURE_MAX]; /* over vn_feed_signed_text */
    struct vn_view text;                 /* ruleset: its bytes; borrowed from `hold` */
    json_t *hold;                        /* owned; keeps `text` alive */
};

void vn_feed_item_init(struct vn_feed_item *item, enum vn_feed_kind kind);
void vn_feed_item_deinit(struct vn_feed_item *item);

/* One line, without the newline. */
VN_MUST_USE enum vn_status vn_feed_item_encode(const struct vn_feed_item *item, struct vn_buf *out);
/* VN_UNSUPPORTED for an unknown kind: skip it. VN_INPUT. */
VN_MUST_USE enum vn_status vn_feed_item_decode(struct vn_view line, struct vn_feed_item *out,
                                               struct vn_error *error);

struct vn_feed_header {
    struct vn_cursor cursor; /* where the till stands after this frame */
    unsigned count;          /* items that follow */
    bool snapshot;           /* replaces everything that the till has */
};

VN_MUST_USE enum vn_status vn_feed_header_encode(const struct vn_feed_header *header, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_feed_header_decode(struct vn_view line, struct vn_feed_header *out,
                                                 struct vn_error *error);

/* What the publishing key signs: "verno-ruleset-1\n" number "\n" text, or "verno-stop-1\n" number "\n"
 * promotion. */
VN_MUST_USE enum vn_status vn_feed_signed_text(enum vn_feed_kind kind, int64_t number, struct vn_view text,
                                               struct vn_buf *out);

/* Cuts the next line off *rest; false at the end. The newline is in neither. */
bool vn_wire_next_line(struct vn_view *rest, struct vn_view *line);

#endif
