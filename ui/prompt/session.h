/* What the checkout knows at this moment, as plain facts for the screen: who is there, what it costs, what
 * may be chosen. The till fills it; model.h turns it into sentences. No language and no layout here. */
#ifndef VN_PROMPT_SESSION_H
#define VN_PROMPT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"

enum vn_session_phase {
    VN_SESSION_IDLE,   /* no sale is open */
    VN_SESSION_OPEN,   /* a basket is growing */
    VN_SESSION_HELD,   /* the POS said "final"; the customer pays */
    VN_SESSION_DONE,   /* committed; shown until the next event */
    VN_SESSION_VOIDED, /* taken back; shown until the next event */
    VN_SESSION_RETURNED,
    VN_SESSION_REQUESTED, /* taken back, of another till: the hub settles it */
};

enum vn_session_card {
    VN_SESSION_CARD_NONE,
    VN_SESSION_CARD_KNOWN,
    VN_SESSION_CARD_NEW, /* of our range, not known here: earns provisionally */
    VN_SESSION_CARD_BLOCKED,
    VN_SESSION_CARD_FOREIGN, /* another chain's */
    VN_SESSION_CARD_DAMAGED, /* our range, check digit wrong */
    VN_SESSION_CARD_PAYMENT, /* a payment card: forgotten at once */
    VN_SESSION_CARD_UNREADABLE,
};

enum vn_session_coupon {
    VN_SESSION_COUPON_NONE,
    VN_SESSION_COUPON_ACCEPTED, /* it takes something off */
    VN_SESSION_COUPON_NO_EFFECT,
    VN_SESSION_COUPON_UNKNOWN,
    VN_SESSION_COUPON_SPENT,
    VN_SESSION_COUPON_EXPIRED,
    VN_SESSION_COUPON_NEEDS_HUB,
    VN_SESSION_COUPON_ELSEWHERE, /* its right is at another till, which did not give it back in time */
};

enum vn_session_spend {
    VN_SESSION_SPEND_NONE,
    VN_SESSION_SPEND_ASKING,    /* the hub, or neighbours, are being asked for the right */
    VN_SESSION_SPEND_GRANTED,   /* the points are taken off */
    VN_SESSION_SPEND_NEEDS_HUB, /* chosen, and nobody can be asked, or answered in time */
    VN_SESSION_SPEND_SHORT,     /* who was asked had fewer */
    VN_SESSION_SPEND_GONE,      /* it was offered or granted, and is not possible any more */
};

/* Why less than the balance can be paid at this till now. */
enum vn_session_limit {
    VN_SESSION_LIMIT_NONE,      /* all of it can be, as far as this till knows */
    VN_SESSION_LIMIT_ELSEWHERE, /* the rest is at tills that did not give it back in time */
    VN_SESSION_LIMIT_LATER,     /* the rest is not to be spent yet: earned just now, or not posted */
    VN_SESSION_LIMIT_HUB_WAITS, /* the hub was set back, and grants nothing at present */
    VN_SESSION_LIMIT_STORE,     /* cut off: what this till and its neighbours have */
    VN_SESSION_LIMIT_ALONE,     /* cut off: what this till has */
    VN_SESSION_LIMIT_RISK,      /* cut off: with what the chain lets a till give at its risk */
    VN_SESSION_LIMIT_REFUSED,   /* the hub refuses this till: nothing */
    VN_SESSION_LIMITS
};

/* The event that brought this session's last change: it decides the main message. */
enum vn_session_event {
    VN_SESSION_EVENT_NONE,
    VN_SESSION_EVENT_CARD,
    VN_SESSION_EVENT_COUPON,
    VN_SESSION_EVENT_BASKET,
    VN_SESSION_EVENT_SPEND,
    VN_SESSION_EVENT_PHASE,
    VN_SESSION_EVENT_DEVICE,
    VN_SESSION_EVENT_NETWORK,
    VN_SESSION_EVENT_RULES, /* new promotions are in force */
};

enum vn_session_missing {
    VN_SESSION_MISSING_MONEY,
    VN_SESSION_MISSING_PIECES,
    VN_SESSION_MISSING_CARD,
    VN_SESSION_MISSING_TENDER, /* another way to pay */
    VN_SESSION_MISSING_STAMPS,
    VN_SESSION_MISSING_NETWORK, /* it would apply, were the hub there */
};

struct vn_session_hint {
    char name[VN_NAME_MAX]; /* the promotion's, in the cashier's language */
    enum vn_session_missing kind;
    int64_t missing; /* minor units, thousandths, stamps */
    int64_t worth_minor;
};

struct vn_session_benefit {
    char name[VN_NAME_MAX];
    int64_t discount_minor;
    int64_t points;
};

#define VN_SESSION_BENEFITS_MAX 8

struct vn_session {
    enum vn_session_phase phase;
    enum vn_session_event event;
    int64_t offline_since_ms; /* wall time; 0 when online or never */
    bool online;
    bool quarantined; /* the hub refuses this till's journal: support must act */
    bool device_lost;
    char device[VN_ID_MAX];
    char currency[4];
    unsigned currency_exponent;
    unsigned points_exponent;
    int64_t utc_offset_min; /* of the store, for times on the screen */

    enum vn_session_card card;
    char first_name[VN_TAG_MAX];
    char tier[VN_TAG_MAX];
    int64_t balance;
    int64_t available_here;      /* of the balance: what can be paid at this till now */
    enum vn_session_limit limit; /* why that is less */
    int64_t elsewhere;           /* of the rest: at other tills, as far as the hub knows */
    bool birthday;               /* within the chain's window */
    int64_t expiring_points;     /* of the soonest lot, when within 30 days; 0: none */
    int64_t expiring_ms;

    enum vn_session_coupon coupon;
    char coupon_label[VN_CODE_MAX];
    char coupon_name[VN_NAME_MAX];

    enum vn_session_spend spend;
    int64_t spend_points; /* chosen */
    int64_t spend_value_minor;
    int64_t spend_min, spend_max, spend_step; /* what may be chosen; max 0: nothing */

    unsigned line_count;
    int64_t total_minor, discount_minor;
    int64_t payable_minor; /* total less discount, and less what points paid as a tender */
    int64_t points_earned;
    unsigned benefit_count;
    struct vn_session_benefit benefits[VN_SESSION_BENEFITS_MAX];
    unsigned hint_count;
    struct vn_session_hint hints[VN_NEAR_MISSES_MAX];
};

/* What the choices mean in points; 0 when the choice is not possible now. The screen offers exactly what these allow, and the
 * till acts by them.
 * All: the largest that may be chosen, and never more than can be paid here.
 * Half: half of that, down to a whole step, and not below the minimum. */
int64_t vn_session_spend_all(const struct vn_session *session);
int64_t vn_session_spend_half(const struct vn_session *session);
bool vn_session_spend_undoable(const struct vn_session *session);
/* A card is on this sale and can be taken off. */
bool vn_session_card_forgettable(const struct vn_session *session);

#endif
