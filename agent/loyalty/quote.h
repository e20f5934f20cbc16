/* The reckoning: one pure function. The same inputs give the same outcome, byte for byte, on every machine
 * and for ever.
 *
 * It reads no clock, file or socket, allocates nothing, and uses integers only. Scratch memory is made once.
 */
#ifndef VN_LOYALTY_QUOTE_H
#define VN_LOYALTY_QUOTE_H

#include "agent/base/error.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"
#include "agent/loyalty/outcome.h"
#include "agent/loyalty/ruleset.h"

struct vn_place {
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
};

struct vn_quote_input {
    const struct vn_ruleset *ruleset;
    const char (*stopped)[VN_ID_MAX]; /* ids of promotions stopped since the ruleset was published */
    size_t stopped_count;
    const struct vn_basket *basket;
    const struct vn_item *items;    /* one for each line of the basket, same index */
    const struct vn_member *member; /* NULL: no card yet */
    const struct vn_right *rights;
    size_t right_count;
    const struct vn_choices *choices; /* NULL: none */
    struct vn_place place;
    bool hub_reachable; /* promotions with "offline": "never" apply only then; false is the safe side */
    /* Those with "offline": "risk" go without rights while the hub is away; else they are as "rights". */
    bool risk_allowed;
    /* Points that may be spent beyond the rights, of each wallet: while the hub is away and the chain lets tills take that
     * risk. */
    int64_t risk_points;
    /* For a card that was forgotten (late.h): groups of the stage earning alone, and no points are spent. Prices stay as the
     * basket has them. */
    bool earning_only;
};

struct vn_quote_work; /* scratch: one per thread */

VN_MUST_USE enum vn_status vn_quote_work_create(struct vn_quote_work **out); /* VN_NOMEM */
void vn_quote_work_destroy(struct vn_quote_work *work);

/* VN_INPUT (sums out of range, contradicting lines) with the place in *error; *out is then empty and nothing
 * may be applied. `error` may be NULL. Never blocks. All that *input points to is borrowed for the call, and nothing of it
 * is kept: *out names promotions by id, so the ruleset may be destroyed as soon as the call is over. */
VN_MUST_USE enum vn_status vn_quote(struct vn_quote_work *work, const struct vn_quote_input *input,
                                    struct vn_outcome *out, struct vn_error *error);

#endif
