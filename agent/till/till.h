/* The checkout: what scans, POS calls, taps and changes from the hub do to the one session of a lane.
 *
 * A state machine without I/O. Events come in as functions; what has to be done outside (look something up, write the
 * journal, ask the hub for a right, answer the POS) goes out through struct vn_till_io and comes back as another event.
 * So the simulator, the tests and the agent run the same code.
 *
 * A sale takes of accounts that this till has a right to. Rights that were granted ahead are looked up before a quote or a hold
 * is answered; what is missing even so the hub is asked for while the sale goes on, and the POS hears of a new outcome when it is
 * there. When a sale ends, what it had asked for and did not use goes back to the hub; what was here before stays.
 *
 * The lane has one sale. A call about another receipt moves the lane on: what was open is given up, with its card and its
 * choices; what was held stays held in the journal, where it can still be committed or cancelled, and counts as used when
 * the next receipt commits. A choice that waits for the hub is answered 409 when its sale goes on without it.
 *
 * Operations run one after the other in the order in which they came, at most VN_TILL_QUEUE_MAX waiting. Waiting for the hub
 * does not hold the queue: a sale can be committed while a right is being asked for. Everything is on one thread, and
 * nothing blocks. Memory is taken at create; a scan allocates nothing. */
#ifndef VN_TILL_TILL_H
#define VN_TILL_TILL_H

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/codes/code.h"
#include "agent/loyalty/quote.h"
#include "agent/loyalty/returns.h"
#include "agent/store/journal.h"
#include "sync/wire/rights.h"
#include "sync/wire/stamp.h"
#include "ui/prompt/model.h"
#include "ui/prompt/session.h"

struct vn_till; /* opaque */

/* --- what goes out ----------------------------------------------------------------------------------------------- */

/* Look-ups in cache and journal. The till owns the struct; one is under way at a time. Whoever serves it fills the lower
 * half and calls vn_till_on_lookup. */
struct vn_till_lookup {
    bool want_card, want_coupon;
    bool
        want_risk; /* the till's allowance, and what of it the member had: he of the card, or `risk_member` */
    bool
        want_chain; /* rights to counts and budgets of promotions, with something available, above `chain_after` by name */
    struct vn_hash card, coupon;
    int64_t now_ms; /* wall time: the member's day is reckoned from it */
    char risk_member[VN_ID_MAX];
    char chain_after[VN_ID_MAX];
    unsigned right_count;                     /* with want_chain this is an answer, too */
    struct vn_counters rights[VN_RIGHTS_MAX]; /* accounts; their counters are the answers */
    unsigned code_count;
    char codes[VN_LINES_MAX][VN_CODE_MAX];
    /* answers */
    enum vn_status card_status, coupon_status; /* VN_OK, VN_ABSENT, or a failure, which counts as absent */
    struct vn_member
        member_found; /* balance: the hub's figure plus own entries above included_seq; earned_today: by own entries,
                                      also of a card that is absent */
    struct vn_counters member_right;
    struct vn_coupon coupon_found;
    struct vn_counters coupon_right;
    struct vn_counters risk_right;
    int64_t risked;
    struct vn_item
        items[VN_LINES_MAX]; /* known = false when the catalogue does not have it; by its own code */
    struct vn_cursor items_since, items_at; /* of the cache, before and after they were looked up */
};

/* What the journal knows of a sale before a step of it is written. One is under way at a time. */
struct vn_till_inspect {
    struct vn_sale_key sale;
    enum vn_entry_kind kind;
    int step;
    uint8_t digest[VN_HASH_SIZE];
    /* answers */
    enum vn_status status;       /* VN_OK, or why the journal can't be read */
    enum vn_status reply_status; /* VN_OK: the stored reply is in `reply`; VN_ABSENT; VN_CONFLICT */
    int reply_http;
    struct vn_buf reply;
    struct vn_sale_state state;
    struct vn_buf hold_body, commit_body;
};

/* One entry to be journaled. One is under way at a time. */
struct vn_till_write {
    struct vn_entry entry;
    int step;
    uint8_t digest[VN_HASH_SIZE];
    int reply_http;
    struct vn_buf reply;
    const struct vn_right_back *back; /* of a release: what the hub asks (vn_journal_append), or NULL */
    unsigned back_count;
    int64_t earned;     /* of a commit: what counts for the member's day, or 0 */
    bool reply_has_seq; /* the reply ends in ,"seq":<the entry's number>} : the journal's side adds it */
    /* answers */
    enum vn_status status;
    int64_t seq;
    struct vn_error error;
    size_t open_count; /* after a commit: other sales of the same POS that are still held */
    struct vn_sale_key open[VN_TILL_OPEN_HOLDS_MAX];
};

enum vn_till_event_kind { VN_TILL_EVENT_SCAN, VN_TILL_EVENT_CARD, VN_TILL_EVENT_OUTCOME };

struct vn_till_event {
    enum vn_till_event_kind kind;
    const char *code;                 /* scan: what the POS should see */
    enum vn_session_card card;        /* card */
    const struct vn_sale_key *sale;   /* outcome */
    const struct vn_outcome *outcome; /* outcome */
};

/* None of these may call back into the till before it returns. */
struct vn_till_io {
    void (*lookup)(void *ctx, struct vn_till_lookup *lookup);    /* then vn_till_on_lookup */
    void (*inspect)(void *ctx, struct vn_till_inspect *inspect); /* then vn_till_on_inspect */
    void (*write)(void *ctx, struct vn_till_write *write);       /* then vn_till_on_written */
    /* Asks the hub, in the place of what was asked before and not answered; then vn_till_on_rights, at the latest after
     * VN_RIGHTS_WAIT_MS, with NULL when there is no answer. */
    void (*rights)(void *ctx, const struct vn_rights_request *request);
    /* Asks neighbours what they have of an account, while the hub is away; then vn_till_on_nearby, or, when something is borrowed
     * meanwhile, vn_till_on_borrowed alone. False: not now, because they are asked for something else, whose answer is to come,
     * or there are none; it is wanted again with what happens next. */
    bool (*nearby)(void *ctx, const char *account);
    /* Answers a call: HTTP status and JSON; problem documents have `pointer` or "" and a title. */
    void (*answer)(void *ctx, uint64_t call, int http_status, struct vn_view json);
    void (*problem)(void *ctx, uint64_t call, int http_status, const char *title, const char *detail,
                    const char *pointer);
    void (*changed)(void *ctx); /* the session is another: vn_till_session */
    void (*event)(void *ctx, const struct vn_till_event *event);
    void *ctx;
};

/* --- its life ---------------------------------------------------------------------------------------------------- */

struct vn_till_config {
    struct vn_place place;
    uint8_t card_key[VN_HASH_SIZE];
    char locale[VN_TAG_MAX]; /* for names of promotions */
    struct vn_clock clock;
    struct vn_log *log; /* borrowed, may be NULL */
};

VN_MUST_USE enum vn_status vn_till_create(const struct vn_till_config *config, const struct vn_till_io *io,
                                          struct vn_till **out);
void vn_till_destroy(struct vn_till *till);

/* The agent has started: journals a boot entry, without its body. The till's rights stay what they are. */
void vn_till_boot(struct vn_till *till);

/* What a boot entry says, for who writes it: `boot` is the journal's. The caller's to release; NULL without memory. */
json_t *vn_till_boot_body(const uint8_t boot[VN_ID_BYTES]);

/* --- what comes in ----------------------------------------------------------------------------------------------- */

enum vn_till_call_kind {
    VN_TILL_QUOTE,
    VN_TILL_CHOICE,
    VN_TILL_HOLD,
    VN_TILL_CANCEL,
    VN_TILL_COMMIT,
    VN_TILL_VOID,
    VN_TILL_RETURN,
};

/* What comes back of a receipt. */
struct vn_till_lines {
    size_t count;
    struct vn_return_item rows[VN_LINES_MAX];
};

struct vn_till_call {
    uint64_t id; /* handed back with the answer; 0: nobody waits */
    enum vn_till_call_kind kind;
    struct vn_sale_key sale;      /* return: the return's own receipt */
    struct vn_sale_key of;        /* return: the original */
    int step;                     /* hold, cancel, return */
    uint8_t digest[VN_HASH_SIZE]; /* SHA-256 of the canonical request */
    int64_t spend_points;
    char fiscal[VN_ID_MAX];
    struct vn_basket *basket; /* malloc'ed or NULL; the till takes it over, also when the call is refused */
    struct vn_till_lines *lines; /* of a return, likewise; NULL: all that is left */
};

/* Queues the call. When the queue is full the answer is 503 at once. */
void vn_till_call(struct vn_till *till, const struct vn_till_call *call);
/* The POS that made the call is gone; the operation is done all the same, the answer is dropped. */
void vn_till_forget_call(struct vn_till *till, uint64_t call);

/* A scan, decoded with the ranges of the ruleset in force. Returns what it was. */
enum vn_code_kind vn_till_scan(struct vn_till *till, const char *aim, struct vn_view payload);
void vn_till_unreadable(struct vn_till *till); /* a frame was too long or garbled */
void vn_till_tap(struct vn_till *till, enum vn_action action);

void vn_till_on_lookup(struct vn_till *till);
void vn_till_on_inspect(struct vn_till *till);
void vn_till_on_written(struct vn_till *till);
/* `answer`: to the question that was asked last; NULL: there is none in time. Everything else that the hub tells of rights comes
 * without `answer`: grants ahead, grants for a question that was given up, and what it asks back. All of it is journaled. */
void vn_till_on_rights(struct vn_till *till, const struct vn_rights_reply *reply, bool answer);
/* What a member can have at the risk of the chain while this till is alone, in points; 0: nothing. */
void vn_till_risk(struct vn_till *till, int64_t member_points);

/* The answer to io->rights when neighbours were asked: what was borrowed is journaled already. count 0: nothing was. */
void vn_till_on_borrowed(struct vn_till *till, const struct vn_counters *rights, unsigned count);
/* What they have in all, and how many of them said so. Nothing is set aside. */
void vn_till_on_nearby(struct vn_till *till, const char *account, int64_t points, unsigned answered);
/* Whether there are neighbours to ask while the hub can't be asked. */
void vn_till_neighbours(struct vn_till *till, bool there);

/* A new ruleset, taken over by the till; NULL is not allowed. It is used from the next receipt on. */
void vn_till_ruleset(struct vn_till *till, struct vn_ruleset *ruleset);
/* Promotions stopped since: from the next quote on. Copied; more than VN_TILL_STOPS_MAX are cut, and logged. */
void vn_till_stops(struct vn_till *till, const char (*stops)[VN_ID_MAX], size_t count);
void vn_till_network(struct vn_till *till, bool online, int64_t offline_since_ms, bool quarantined);
void vn_till_device(struct vn_till *till, const char *device, bool lost);

/* The session as it is, for the screen. Lives until the next call. */
const struct vn_session *vn_till_session(const struct vn_till *till);
/* The outcome as a POS gets it: loyalty_json.h's, and in the till's language, for the receipt, "names" of the promotions that
 * were applied, and the "text" of what they say. A new reference; NULL when memory is out. */
json_t *vn_till_outcome_json(const struct vn_till *till, const struct vn_outcome *outcome);
/* What the hub asks back, as it last said, whether that is done or not; at most VN_RIGHTS_MAX. Lives until the next call. */
const struct vn_right_back *vn_till_asked_back(const struct vn_till *till, unsigned *count);
int64_t vn_till_ruleset_number(const struct vn_till *till); /* 0: none */
size_t vn_till_promotion_count(const struct vn_till *till);

#endif
