/* What the files of this box share: the queue of operations, the lane's one sale, and the steps between them.
 *
 *   till.c    life, queue, what comes in, which step follows an answer
 *   lane.c    the sale that is open: basket, card, quote, and the facts for the screen
 *   choice.c  points and coupons: rights asked for, granted, released
 *   sale.c    hold, cancel, commit, void, return: what the journal knows, what is written, what the POS hears */
#ifndef VN_TILL_INTERNAL_H
#define VN_TILL_INTERNAL_H

#include "agent/loyalty/loyalty_json.h"
#include "agent/till/till.h"

enum op_kind { OP_NONE, OP_CALL, OP_CARD, OP_COUPON, OP_REQUOTE, OP_GRANT, OP_RELEASE, OP_USED, OP_BOOT };

struct op {
    enum op_kind kind;
    struct vn_till_call call;     /* OP_CALL */
    struct vn_card_number number; /* OP_CARD, OP_COUPON */
    struct vn_sale_key sale;      /* OP_USED */
    unsigned right_count;         /* OP_RELEASE, OP_BOOT: what goes back to the hub */
    struct vn_counters rights[VN_RIGHTS_MAX];
    uint8_t boot[VN_ID_BYTES]; /* OP_BOOT */
};

/* The one sale of the lane. */
struct lane {
    enum vn_session_phase phase;
    bool has_basket;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX]; /* beside the basket's lines */
    bool has_outcome;
    struct vn_outcome outcome;

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
};

/* A right that the hub was asked for. One at a time; what needs another waits in `deferred`. */
struct pending_right {
    bool active;
    bool coupon;
    uint64_t call;        /* the choice that waits for it; 0: a tap or a scan */
    int64_t spend_points; /* what is chosen when it comes */
    struct vn_coupon offered;
    char account[VN_ID_MAX];
};

/* Items that were looked up for this sale, by code, so that a quote asks the disk for new codes alone. */
struct item_memory {
    unsigned count;
    struct vn_item items[VN_LINES_MAX];
};

struct vn_till {
    struct vn_till_config config;
    struct vn_till_io io;
    struct vn_quote_work *work;
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
    struct vn_rights_reply granted; /* what OP_GRANT journals */

    struct lane lane;
    struct item_memory memory;
    enum vn_session_card notice; /* a card that was refused, shown until the next event */
    bool online, quarantined;
    int64_t offline_since_ms;
    bool device_lost;
    char device[VN_ID_MAX];
    enum vn_session_event event;
    struct vn_session session;

    struct vn_till_lookup lookup;
    struct vn_till_inspect inspect;
    struct vn_till_write write;
    /* A commit without hold or quote is reckoned beside the lane. */
    struct vn_basket other_basket;
    struct vn_item other_items[VN_LINES_MAX];
    struct vn_outcome other_outcome;
};

/* till.c */
enum vn_status till_enqueue(struct vn_till *till, const struct op *op); /* VN_FULL */
void till_finish(struct vn_till *till);                                 /* the operation under way is done */
void till_changed(struct vn_till *till, enum vn_session_event event);
void till_answer(struct vn_till *till, uint64_t call, int http_status,
                 json_t *json); /* takes the reference */
void till_problem(struct vn_till *till, uint64_t call, int http_status, const char *title,
                  const char *detail);

/* lane.c */
/* Between two receipts: forgets the sale, swaps rulesets, gives rights that are left back to the hub. */
void lane_reset(struct vn_till *till);
void lane_swap_ruleset(struct vn_till *till);
/* Takes the basket over as the lane's; false when another sale is held, or this one is. */
bool lane_adopt(struct vn_till *till, const struct vn_basket *basket);
/* Asks for the items that are not known yet. True when an answer is to come; false when all are there. */
bool lane_need_items(struct vn_till *till, const struct vn_basket *basket);
void lane_take_items(struct vn_till *till);
void lane_line_items(const struct vn_till *till, const struct vn_basket *basket, struct vn_item *out);
/* Quotes the lane's basket; drops a choice that the basket no longer allows. */
enum vn_status lane_quote(struct vn_till *till, struct vn_error *error);
enum vn_status lane_quote_other(struct vn_till *till, struct vn_error *error);
void lane_fill_session(struct vn_till *till);
struct vn_counters *lane_right(struct vn_till *till, const char *account);
void lane_store_right(struct vn_till *till, const struct vn_counters *counters);
json_t *lane_member_json(const struct vn_till *till);

/* choice.c */
void choice_begin(struct vn_till *till); /* OP_CALL with VN_TILL_CHOICE */
void choice_coupon_looked_up(struct vn_till *till);
void choice_grant_begin(struct vn_till *till); /* OP_GRANT */
void choice_grant_written(struct vn_till *till);
void choice_refused(struct vn_till *till);       /* the hub did not answer, or granted nothing */
void choice_release_begin(struct vn_till *till); /* OP_RELEASE and the second half of OP_BOOT */

/* sale.c */
void sale_begin(struct vn_till *till); /* asks the journal */
void sale_inspected(struct vn_till *till);
void sale_looked_up(struct vn_till *till); /* a late commit's items */
void sale_written(struct vn_till *till);
void sale_used_begin(struct vn_till *till);                     /* OP_USED */
void sale_write(struct vn_till *till, enum vn_entry_kind kind); /* clears `write` for an entry of this kind */

#endif
