/* A journal entry: the unit that a till records, chains, uploads, and that a hub ingests exactly once.
 *
 * The body is one line of JSON, written once by the till and never rewritten by anybody: the same bytes are
 * stored, hashed, uploaded and kept at the hub. Sequence number, enrolment and hashes are not in the body:
 * they follow from its place in the chain (chain.h), so they need not travel.
 *
 *     {"v":2,"kind":"commit","t":1795334400123,"up_since":1795334318889,"sale":["1","2026-11-22","17"],
 *      "account":"w42","points":35,
 *      "rights":[{"account":"w42","granted":700,"in":0,"out":500,"move":500}], "body":{...}}
 *
 * "up_since" is the wall time at which the machine's steady clock was at 0, by the clock as it is now: the same digits in
 * entry after entry, which compress to nothing. Entries of version 1 say "mono" instead, and write basket and outcome out
 * (entry_sale.h); they are read for ever. A version is the entry's own: a till writes the newest that it knows, and a hub that
 * does not know it keeps the entry in quarantine, so hubs are upgraded first.
 *
 * Every entry that touches a right carries the new values of the right's three counters, so that a lost,
 * repeated or quarantined message can't make the two sides disagree. Counters only grow. */
#ifndef VN_WIRE_ENTRY_H
#define VN_WIRE_ENTRY_H

#include <jansson.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/loyalty/basket.h"

#define VN_WIRE_SCHEMA   1
#define VN_ENTRY_VERSION 2
#define VN_ENTRY_LEAN    2 /* the first version whose baskets and outcomes are as in journal_json.h */

enum vn_entry_kind {
    VN_ENTRY_BOOT,    /* the agent started: a new boot id, in body.boot */
    VN_ENTRY_GRANT,   /* the hub granted rights; journaled before they are used */
    VN_ENTRY_HOLD,    /* the POS says "final": outcome fixed, what it consumes is held */
    VN_ENTRY_CANCEL,  /* the hold is given back */
    VN_ENTRY_COMMIT,  /* the sale is done: earns, and consumes what was held */
    VN_ENTRY_USED,    /* a hold that the lane's next receipt found open: counts as used */
    VN_ENTRY_VOID,    /* the commit is taken back: at the till of the sale, or by request elsewhere */
    VN_ENTRY_RETURN,  /* goods come back: lines of a receipt, or all that is left of it */
    VN_ENTRY_RELEASE, /* a right goes back to the hub */
    VN_ENTRY_FINDING, /* something that people should look at; body.what says it */
    VN_ENTRY_GIVE,    /* a right was lent to a neighbour; of these four: transfer.h */
    VN_ENTRY_TAKE,    /* and borrowed from one */
    VN_ENTRY_REFUSE,  /* a transfer will never be taken any more */
    VN_ENTRY_BACK,    /* so the neighbour says: what was given is there again */
    VN_ENTRY_KINDS,
};

const char *vn_entry_kind_name(enum vn_entry_kind kind); /* "commit"; static */

/* The counters of one right, (account, enrolment). Available = granted + in - out. */
struct vn_counters {
    char account[VN_ID_MAX];
    int64_t granted;
    int64_t in;
    int64_t out;
    int64_t move; /* how much this entry moved, >= 0; its kind says where from and to */
};

int64_t vn_counters_available(const struct vn_counters *counters);

struct vn_entry {
    int version; /* that it was read from, or is to be written as */
    enum vn_entry_kind kind;
    int64_t wall_ms;
    int64_t mono_ms;
    bool has_sale;
    struct vn_sale_key sale;
    char account[VN_ID_MAX]; /* the member's wallet, "" if none or not known here */
    /* Keyed hash of the card in hex; "" if none, and since version 2 when the account is known. */
    char card[2 * VN_HASH_SIZE + 1];
    int64_t points; /* change of the member's balance: earned - spent, signed */
    unsigned right_count;
    struct vn_counters rights[VN_RIGHTS_MAX];
    json_t *body; /* what only this kind has (below); owned by the entry, may be NULL */
};

/* Bodies by kind (basket, outcome: as in loyalty_json.h):
 *
 *   boot     {"boot":hex,"version":text,"engine":n}
 *   grant    {"number":n,"slices":[{"account","lot","amount","expires_ms"}]}
 *   hold     {"basket":{...},"outcome":{...},"with":{...}?}: with.h
 *   commit   {"fiscal":text,"basket":{...},"outcome":{...},"with":{...}?,"late":true?,"differs":true?}
 *            {"fiscal":text,"held":seq}: what that hold says, unchanged (entry_sale.h)
 *   return   {"receipt":[pos,date,receipt],"lines":[{"id","qty_milli"}]?,"reversal":{"refund_minor","tender_minor"?,
 *            "points_taken_back","points_given_back","consumptions":[{"account","amount"}]}?}
 *   finding  {"what":text,...}
 *   give, take, refuse, back: transfer.h
 *   void     {"elsewhere":true?}
 *   cancel, used, release: none
 *
 * A return's sale key names the original receipt, so that no piece of it can come back twice; "receipt" in its body
 * is the receipt of the return itself, "lines" what of the original comes back. Without lines it is all that is left. One that
 * has no "reversal" is a request, as is a void elsewhere: the till lacks the sale or can't reckon what comes back, it moves
 * nothing, and the hub posts it from the stored outcome, once the sale is there. */

/* Of VN_ENTRY_VERSION. */
void vn_entry_init(struct vn_entry *entry, enum vn_entry_kind kind);
void vn_entry_deinit(struct vn_entry *entry);

/* Appends the body's bytes, without a newline. VN_FULL beyond VN_ENTRY_MAX, VN_NOMEM, VN_ARG. */
VN_MUST_USE enum vn_status vn_entry_encode(const struct vn_entry *entry, struct vn_buf *out);
/* VN_INPUT with the place in *error, VN_UNSUPPORTED for a newer "v" or an unknown kind (its counters are
 * filled in even so, see entry->rights: they count although the rest can't be read). */
VN_MUST_USE enum vn_status vn_entry_decode(struct vn_view bytes, struct vn_entry *out,
                                           struct vn_error *error);

#endif
