/* Quoting a committed sale again: what the till journaled of it is reckoned anew, and held against what it committed. What was
 * committed stays what it is; a difference is for people to look at, because the same inputs give the same outcome on
 * every machine, or somebody has changed one. Pure, but for the memory that telling a difference takes. */
#ifndef VN_LOYALTY_REQUOTE_H
#define VN_LOYALTY_REQUOTE_H

#include "agent/base/error.h"
#include "agent/loyalty/quote.h"
#include "agent/loyalty/with.h"

enum vn_requote_answer {
    VN_REQUOTE_SAME,
    VN_REQUOTE_DIFFERS,
    VN_REQUOTE_UNKNOWN, /* it can't be judged: something that it was quoted with is not there */
};

const char *vn_requote_name(enum vn_requote_answer answer); /* "differs"; static */

struct vn_requote_input {
    const struct vn_ruleset *ruleset;   /* of the outcome's number, or NULL: not kept any more */
    const struct vn_basket *basket;     /* as journaled */
    const struct vn_item *items;        /* beside its lines, as they were then; NULL: not known */
    const struct vn_outcome *committed; /* as journaled */
    const struct vn_with *with;         /* NULL: the entry says none */
    struct vn_place place;
    bool printed_differs; /* the basket is what was printed, not what was quoted */
};

struct vn_requote_result {
    enum vn_requote_answer answer;
    char pointer[VN_JSON_POINTER_MAX]; /* of the first difference, in the outcome */
    char text[VN_ERROR_TEXT_MAX]; /* a sentence: what differs, or why it can't be judged; "" when the same */
};

/* `scratch` is the caller's, and afterwards what was reckoned. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_requote(struct vn_quote_work *work, const struct vn_requote_input *input,
                                      struct vn_outcome *scratch, struct vn_requote_result *out);

#endif
