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

/* Why it can't. */
enum vn_requote_why {
    VN_REQUOTE_JUDGED,
    VN_REQUOTE_NO_RULES, /* nothing was reckoned: the till had no rules yet, or was of the first version */
    VN_REQUOTE_ENGINE,   /* another version of the engine reckoned it */
    VN_REQUOTE_RULESET,  /* its ruleset is not there */
    VN_REQUOTE_PRINTED,  /* what was printed is not what was quoted */
    VN_REQUOTE_WITH,     /* its entry does not say what it was quoted with */
    VN_REQUOTE_GOODS,    /* the goods as they were then are not known */
    VN_REQUOTE_MOVED, /* they changed about then: it differs, and may have been right with another state of them */
    VN_REQUOTE_WHYS,
};

const char *vn_requote_why_name(enum vn_requote_why why); /* "engine"; static */

struct vn_requote_input {
    const struct vn_ruleset *ruleset;   /* of the outcome's number, or NULL: not kept any more */
    const struct vn_basket *basket;     /* as journaled */
    const struct vn_item *items;        /* beside its lines, as they were then; NULL: not known */
    const struct vn_outcome *committed; /* as journaled */
    const struct vn_with *with;         /* NULL: the entry says none */
    struct vn_place place;
    bool items_moved;     /* some of them may have been otherwise by then */
    bool printed_differs; /* the basket is what was printed, not what was quoted */
};

struct vn_requote_result {
    enum vn_requote_answer answer;
    enum vn_requote_why why;
    char pointer[VN_JSON_POINTER_MAX]; /* of the first difference, in the outcome */
    /* What differs: the sums and the first line first, each as it was committed and as it comes out here; or why it can't be
     * judged. "" when the same. */
    char text[VN_ERROR_TEXT_MAX];
};

/* `scratch` is the caller's, and afterwards what was reckoned. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_requote(struct vn_quote_work *work, const struct vn_requote_input *input,
                                      struct vn_outcome *scratch, struct vn_requote_result *out);

#endif
