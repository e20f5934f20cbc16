/* A till that quotes its receipts as a real one does, with the rules and goods that the hub told it, and journals what they were
 * quoted with. */
#ifndef VN_TESTS_HUB_SELLER_H
#define VN_TESTS_HUB_SELLER_H

#include "agent/loyalty/quote.h"
#include "agent/loyalty/with.h"
#include "sync/hub/requote/requote.h"
#include "sync/wire/entry_sale.h"
#include "tests/unit/hub_world.h"

struct seller {
    struct world *world;
    struct world_till till;
    struct vn_ruleset *ruleset;
    int64_t cursor, since; /* of its cache, when goods were looked up; since 0: the same */
    struct vn_quote_work *work;
    struct vn_quote_input input; /* of the next receipt; its parts below */
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_member member;
    struct vn_choices choices;
    struct vn_outcome outcome; /* of the last one */
    struct vn_with with;
    bool silent;          /* the entry does not say what it was quoted with */
    bool printed_differs; /* it says that something else was printed */
    struct vn_error error;
    /* What came of looking. */
    struct vn_requoter *requoter;
    struct vn_requote_slice slice;
    struct vn_requote_totals totals;
};

/* With members, coupon and till "t1" of store "s1". To be ended by seller_end. */
struct seller *seller_start(struct world *world);
void seller_end(struct seller *seller);
/* The hub publishes it, and the till has it. */
void seller_publish(struct seller *seller, const char *rules);
/* The hub takes these lines of a catalogue, and the till has them. */
void seller_import(struct seller *seller, const char *lines);
/* Takes an item as the till's cache has it now. */
void seller_item(struct seller *seller, const char *code, struct vn_item *out);

/* A receipt begins; then lines of goods, 1.00 a piece unless said otherwise. */
void seller_begin(struct seller *seller, const char *receipt);
void seller_line(struct seller *seller, const char *code, int64_t amount_minor);
void seller_member(struct seller *seller, const char *account);
/* Quotes it; VN_INPUT: nothing comes of it. */
enum vn_status seller_quote(struct seller *seller);
/* Journals a hold or a commit of what was quoted, whatever was changed in it since. */
void seller_write(struct seller *seller, enum vn_entry_kind kind);
/* The same for a commit of what the entry before it, or `seq`, holds. */
void seller_write_held(struct seller *seller, int64_t seq);
/* Quotes and commits. */
void seller_sell(struct seller *seller);

/* All that is posted is looked at, `receipts` a slice. */
void seller_requote(struct seller *seller, unsigned receipts);
/* Fails unless all receipts but those named are the same: pairs of a name and a number, ended by NULL. */
void seller_check(struct seller *seller, int64_t same, ...);

#endif
