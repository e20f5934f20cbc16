/* What the files of this box share: the queue of operations, the lane's one sale, and the steps between them.
 *
 *   till.c     life, answers, queue, which step follows an answer
 *   input.c    what comes in: calls, scans, taps, news from the hub
 *   lane.c     the sale that is open: basket, card, quote
 *   session.c  the facts for the screen
 *   here.c     how many points can be paid at this till now
 *   choice.c   points that the customer chooses to pay with
 *   coupon.c   coupons that are presented
 *   rights.c   what the hub is asked for and grants
 *   borrowed.c what neighbours lend
 *   wants.c    the rights that a quote lacked
 *   release.c  what goes back to the hub
 *   sale.c     the steps that the journal records: what it knows, what is written, what the POS hears
 *   commit.c   hold and commit
 *   undo.c     cancel, void, return, and holds that were left open */
#ifndef VN_TILL_INTERNAL_H
#define VN_TILL_INTERNAL_H

#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/wants.h"
#include "agent/till/till.h"
#include "sync/wire/entry_sale.h"

enum op_kind {
    OP_NONE,
    OP_CALL,
    OP_CARD,
    OP_COUPON,
    OP_FORGET, /* the card */
    OP_REFUSED_CARD,
    OP_REQUOTE,
    OP_GRANT,
    OP_RELEASE,
    OP_BACK,  /* a release of what the hub asks */
    OP_SWEEP, /* looks for rights of promotions that are over */
    OP_USED,
    OP_FINDING, /* an OP_CALL that was answered, and is journaled as a finding */
    OP_BOOT,
};

#define TILL_GRANTS_MAX 4 /* replies about rights that wait to be journaled */

struct op {
    enum op_kind kind;
    struct vn_till_call call;     /* OP_CALL */
    bool straight;                /* a commit that was written without asking the journal first */
    struct vn_card_number number; /* OP_CARD, OP_COUPON */
    enum vn_session_card refused; /* OP_REFUSED_CARD */
    struct vn_sale_key sale;      /* OP_USED */
    unsigned right_count;         /* OP_RELEASE: what goes back to the hub, at most `move` of each */
    struct vn_counters rights[VN_RIGHTS_MAX];
    enum vn_session_event event; /* which the screen is told when the sale was quoted again */
    uint64_t choice;             /* that is answered then; 0: none */
};

/* So much shall have been granted. */
struct right_target {
    char account[VN_ID_MAX];
    int64_t granted;
};

/* The one sale of the lane. */
struct lane { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order in which it is read */
    enum vn_session_phase phase;
    bool has_basket;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX]; /* beside the basket's lines */
    bool has_outcome;
    struct vn_outcome outcome;
    struct vn_with with; /* what it was quoted with */
    int64_t hold_seq;    /* the entry that holds basket and outcome; 0: they were reckoned anew since */

    enum vn_session_card card;
    struct vn_hash card_hash;
    struct vn_member member;
    struct vn_choices choices;
    enum vn_session_coupon coupon;
    char coupon_label[VN_CODE_MAX];
    char coupon_promotion[VN_ID_MAX];
    enum vn_session_spend spend;
    unsigned right_count;
    struct vn_counters rights[VN_RIGHTS_MAX]; /* as the journal last said */
    int64_t asked[VN_RIGHTS_MAX];             /* of each: granted because this sale asked for it */
    bool lacks;                               /* the quote could have taken more, with more rights */
    unsigned question_count;
    struct right_target questions[VN_RIGHTS_MAX]; /* what was asked for, so that it is asked once */
    bool risk_known;
    int64_t risked; /* what the member had of the chain's risk in this outage */
    int64_t risk;   /* what the outcome takes of the till's allowance */
    bool hub_told;  /* of the member's points, when it was asked for them last: */
    bool hub_short; /* it gave less than was wanted */
    int64_t hub_free, hub_elsewhere;
    bool hub_waits;                  /* it grants nothing at present */
    bool nearby_asked, nearby_heard; /* neighbours, while the hub is away; one at least has answered */
    int64_t nearby;                  /* what they had of the member's points then */
    unsigned withheld_count;         /* of the outcome, while the hub is away */
    struct vn_withheld withheld[VN_NEAR_MISSES_MAX];
    bool spend_fell; /* the cashier has not been told yet that her choice is gone */
};

/* A right that somebody waits for: the hub was asked for it. One at a time; what needs another waits in `deferred`. */
struct pending_right {
    bool active;
    bool coupon;
    uint64_t call;        /* the choice that waits for it; 0: a tap or a scan */
    int64_t spend_points; /* what is chosen when it comes */
    struct vn_coupon offered;
    struct vn_right_want want;
    bool hub_waits;        /* the hub's answer: it grants nothing at present */
    bool hub_told;         /* it named this account: */
    int64_t hub_elsewhere; /* so much of it is at other tills */
};

/* What the hub said of rights, until it is journaled. */
struct grant {
    struct vn_rights_reply reply;
    bool answer;   /* to what was asked last, and is waited for */
    bool borrowed; /* it is the neighbours' answer: the hub said nothing */
};

/* Items that were looked up for this sale, by the code of their line, so that a quote asks the disk for new codes alone. */
struct item_memory {
    unsigned count;
    struct vn_cursor since, at; /* of the cache, when the first and the last of them were looked up */
    char codes[VN_LINES_MAX][VN_CODE_MAX]; /* of lines; an item's own may be another */
    struct vn_item items[VN_LINES_MAX];
};

struct vn_till { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order in which it is read */
    struct vn_till_config config;
    struct vn_till_io io;
    struct vn_quote_work *work;
    struct vn_quote_input quoted; /* of the lane's last quote: `work` looks at it until the next one */
    struct vn_right quoted_rights[VN_RIGHTS_MAX];
    struct vn_ruleset *ruleset;
    struct vn_ruleset *next_ruleset; /* waits for the end of the receipt */
    size_t stop_count;
    char stops[VN_TILL_STOPS_MAX][VN_ID_MAX];

    struct op queue[VN_TILL_QUEUE_MAX];
    unsigned queue_head, queue_len;
    struct op op; /* under way; OP_NONE: none */
    unsigned deferred_count;
    struct op deferred[VN_COUPONS_MAX];
    struct pending_right pending;
    unsigned grant_count;
    struct grant grants[TILL_GRANTS_MAX]; /* the first is what OP_GRANT journals */
    struct vn_rights_request asking;      /* what the open sale lacks, and the hub is being asked for */
    unsigned wanted_count;
    struct right_target wanted[VN_RIGHTS_MAX]; /* asked for by sales, and perhaps still to come */
    unsigned back_count;
    struct vn_right_back backs[VN_RIGHTS_MAX]; /* what the hub asks back, as it last said */
    bool back_due, wants_due, sweep_due;       /* when nothing else is to be done */
    int64_t swept_ms;                          /* monotonic */
    char sweep_after[VN_ID_MAX];
    int64_t risk_member;

    struct lane lane;
    struct item_memory memory;
    enum vn_session_card notice; /* a card that was refused, shown until the next event */
    bool online, quarantined;
    bool neighbours; /* that can be asked for rights */
    int64_t offline_since_ms;
    bool device_lost;
    char device[VN_ID_MAX];
    enum vn_session_event event;
    struct vn_session session;

    struct vn_till_lookup lookup;
    struct vn_till_inspect inspect;
    struct vn_till_write write;
    /* A commit without hold or quote is reckoned beside the lane; a basket that is replaced waits here until the new one
     * has been reckoned. */
    bool can_revert;
    struct vn_basket other_basket;
    struct vn_item other_items[VN_LINES_MAX];
    struct vn_outcome other_outcome;
    struct vn_with other_with;
};

/* till.c */
enum vn_status till_enqueue(struct vn_till *till, const struct op *op); /* VN_FULL */
void till_run(struct vn_till *till);                                    /* starts what waits */
void till_finish(struct vn_till *till);                                 /* the operation under way is done */
void till_changed(struct vn_till *till, enum vn_session_event event);
void till_answer(struct vn_till *till, uint64_t call, int http_status,
                 json_t *json); /* takes the reference */
void till_problem(struct vn_till *till, uint64_t call, int http_status, const char *title,
                  const char *detail);
/* 422: the basket contradicts itself, at the place that the error names. */
void till_unreckonable(struct vn_till *till, uint64_t call, const struct vn_error *error);
void till_tell_outcome(struct vn_till *till); /* to the POS: re-quoted without its asking */
/* Quotes the lane again, tells POS and screen, and ends the operation; when rights are looked up first, it is called again. */
void till_settle(struct vn_till *till);

/* lane.c */
/* Between two receipts: forgets the sale, swaps rulesets, gives rights that are left back to the hub. */
void lane_reset(struct vn_till *till);
void lane_swap_ruleset(struct vn_till *till);
/* A basket of another receipt ends the open one. One that contradicts itself must not: it is reckoned beside the lane first, as
 * far as that goes without looking up its items. False: the call was refused, and the operation is finished. */
bool lane_try(struct vn_till *till);
/* Takes the basket over as the lane's; false when this very sale is held. */
bool lane_adopt(struct vn_till *till, const struct vn_basket *basket);
/* The basket that was adopted can't be reckoned: what was there before it comes back; the card stays. */
void lane_revert(struct vn_till *till);
/* Asks for the items that are not known yet. True when an answer is to come; false when all are there. */
bool lane_need_items(struct vn_till *till, const struct vn_basket *basket);
void lane_take_items(struct vn_till *till);
void lane_match_items(struct vn_till *till); /* to the lane's lines; needed whenever those are new */
/* Quotes the lane's basket; drops a choice that the basket no longer allows. */
enum vn_status lane_quote(struct vn_till *till, struct vn_error *error);
enum vn_status lane_quote_other(struct vn_till *till, struct vn_error *error);
/* What a quote was made with, as the journal keeps it; NULL when there were no rules. */
const struct vn_with *lane_quoted_with(const struct vn_till *till, const struct vn_basket *basket,
                                       const struct vn_outcome *outcome, struct vn_with *with);
struct vn_counters *lane_right(struct vn_till *till, const char *account);
/* What this till may take of the account now. A till that the hub refuses may take nothing: what it had may be granted to others,
 * or is in a copy of it as well. */
int64_t lane_available(const struct vn_till *till, const char *account);
void lane_store_right(struct vn_till *till, const struct vn_counters *counters);
void lane_update_right(struct vn_till *till, const struct vn_counters *counters); /* only if it is there */
/* What this sale asked for and did not use goes back, so that the customer finds his points everywhere. */
void lane_give_back(struct vn_till *till);
/* The same for one account, whose card left the sale: a till that is asked for balances all day keeps room for the next. */
void lane_give_back_one(struct vn_till *till, const char *account);
/* Granted because this sale asked; or a release that waits until it has ended. */
void lane_note_asked(struct vn_till *till, const char *account, int64_t amount);
/* What the lane's basket is quoted with now; `rights` is the caller's, and borrowed by the input. */
void lane_input(const struct vn_till *till, struct vn_right rights[VN_RIGHTS_MAX],
                struct vn_quote_input *out);
/* What may be given at risk now: by the till's allowance, and by what the member had. 0 while the hub can be asked. */
int64_t lane_risk_left(const struct vn_till *till);
json_t *lane_member_json(const struct vn_till *till);
/* "available_here", and "available_why" if that is less than the balance. False without memory. */
bool lane_here_json(const struct vn_till *till, json_t *json);

/* here.c */
struct here {
    int64_t points;
    enum vn_session_limit limit; /* why that is less than the balance */
    int64_t elsewhere;
};
void here_find(const struct vn_till *till, struct here *out); /* zeros without a known card */
const char *here_why(enum vn_session_limit limit);            /* as a POS is told; "" for none; static */
void here_told(struct vn_till *till, const struct grant *told);
void here_forget(struct vn_till *till); /* what hub and neighbours said of the member's points */
/* Neighbours lent that: `rights` are the counters as they are now, and the lane has those of before. */
void here_borrowed(struct vn_till *till, const struct vn_counters *rights, unsigned count);
void here_ask_nearby(struct vn_till *till); /* once for a card and outage */

/* session.c */
void session_fill(struct vn_till *till);

/* choice.c */
/* The card must be proved before points of it can be chosen, and the lane's basket says of no proof. */
bool choice_needs_proof(const struct vn_till *till);
void choice_begin(struct vn_till *till);  /* OP_CALL with VN_TILL_CHOICE */
void choice_forget(struct vn_till *till); /* another member, or none: his choice of points falls */
/* Nobody waits for the hub's answer any more; a POS that did hears `why`. */
void choice_abandon(struct vn_till *till, const char *why);
void choice_granted(struct vn_till *till, const struct pending_right *pending, int64_t available);
void choice_refused(struct vn_till *till, const struct pending_right *pending);
/* Re-quotes with the choices as they are now, and tells POS and screen; `call` is a choice that is answered. Ends the operation,
 * perhaps after rights were looked up. */
void choice_settle(struct vn_till *till, uint64_t call, enum vn_session_event event);
void choice_answer(struct vn_till *till, uint64_t call);

/* coupon.c */
void coupon_looked_up(struct vn_till *till);
void coupon_granted(struct vn_till *till, const struct pending_right *pending, int64_t available);

/* rights.c */
void rights_ask(struct vn_till *till, const char *account,
                int64_t missing);                  /* `pending` is filled but for these */
void rights_ask_more(struct vn_till *till);        /* till->asking has changed */
void rights_resume_deferred(struct vn_till *till); /* coupons that waited for the question before theirs */
void rights_refused(struct vn_till *till);     /* the hub did not answer, or the journal can't be written */
void rights_grant_begin(struct vn_till *till); /* OP_GRANT */
void rights_grant_written(struct vn_till *till);

/* input.c */
void rights_take(struct vn_till *till, const struct vn_rights_reply *reply, bool answer, bool borrowed);

/* wants.c */
/* After the lane was quoted: asks the journal for rights that are not known yet. True when an answer is to come, and the lane is
 * to be quoted again then. */
bool wants_look_up(struct vn_till *till);
void wants_take(struct vn_till *till); /* that answer */
/* Asks the hub for what the lane's quote lacks and was not asked for yet. */
void wants_ask(struct vn_till *till);
/* What the lane's quote kept from the customer because the hub is away, for the screen. */
void wants_withheld(struct vn_till *till);

/* release.c */
/* Queues a release, of each at most `move`; when the queue is full it stays here until the hub asks. */
void release_queue(struct vn_till *till, const struct vn_counters *rights, unsigned count);
/* What a cancel or void gave back: to the hub, as long as it is there to take it. `of_lane`: the lane goes on with the sale. */
void release_taken_back(struct vn_till *till, bool of_lane);
void release_begin(struct vn_till *till);       /* OP_RELEASE */
void release_back_begin(struct vn_till *till);  /* OP_BACK */
void release_sweep_begin(struct vn_till *till); /* OP_SWEEP */
void release_swept(struct vn_till *till);
void release_look_for_over(struct vn_till *till); /* a sale has ended: once in a while promotions have, too */
void release_written(struct vn_till *till);

/* borrowed.c */
bool rights_can_ask(const struct vn_till *till); /* the hub, or neighbours */

/* sale.c */
void sale_begin(struct vn_till *till); /* asks the journal */
void sale_inspected(struct vn_till *till);
void sale_looked_up(struct vn_till *till); /* a hold's or late commit's items */
void sale_written(struct vn_till *till);
void sale_used_begin(struct vn_till *till);                     /* OP_USED */
void sale_write(struct vn_till *till, enum vn_entry_kind kind); /* clears `write` for an entry of this kind */
void sale_refuse(struct vn_till *till, int http_status, const char *title, const char *detail);
/* Hands the prepared entry over. `reply` is the answer without its "seq"; its reference is taken. */
void sale_submit(struct vn_till *till, json_t *reply);
/* The rights that a step moves: what was taken at risk moves none. */
void sale_add_moves(struct vn_entry *entry, const struct vn_consumption *consumptions, unsigned count);
/* The same of the lane's outcome, with the till's allowance in the place of what is missing. */
void sale_add_lane_moves(const struct vn_till *till, struct vn_entry *entry);
void sale_no_memory(struct vn_till *till); /* refuses: the entry could not be made */
/* Decodes an entry, and what it says of its sale into till->other_basket and other_outcome; a commit that says what was held has
 * that from the hold, which the journal told with it. False: the call was refused; else deinit *out. */
bool sale_read_stored(struct vn_till *till, const struct vn_buf *body, struct vn_entry *out);
bool sale_is_lanes(const struct vn_till *till, const struct vn_sale_key *sale);
/* The receipt that a step acts on: a return names the original. */
const struct vn_sale_key *sale_subject(const struct vn_till_call *call);

/* commit.c */
void commit_hold(struct vn_till *till);
void commit_hold_looked_up(struct vn_till *till);
void commit_sale(struct vn_till *till);
bool commit_is_of_held_lane(const struct vn_till *till);
void commit_lane(struct vn_till *till); /* of the lane's sale, as it was quoted or held */
void commit_looked_up(struct vn_till *till);
void commit_written(struct vn_till *till);

/* undo.c */
void undo_cancel(struct vn_till *till);
void undo_void(struct vn_till *till);
void undo_return(struct vn_till *till);
void undo_use_hold(struct vn_till *till);
void undo_written(struct vn_till *till);

#endif
