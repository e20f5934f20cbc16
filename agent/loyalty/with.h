/* What a quote was made with beside basket, items, ruleset and place: what a journal has to keep of a sale so that the same
 * quote can be made again elsewhere, years later (requote.h). Plain data.
 *
 *     {"member":{...},"choices":{...},"rights":[["w42",700]],"stopped":["p1"],"offline":true,"risk":true,"risk_points":50,
 *      "items":"1.345","items_since":"1.340"}
 *
 * What has its usual value is left out: no member, nothing chosen, no rights, nothing stopped, the hub in reach, no risks.
 * The member's account is the entry's, unless it is said. */
#ifndef VN_LOYALTY_WITH_H
#define VN_LOYALTY_WITH_H

#include <jansson.h>

#include "agent/base/json.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"
#include "agent/loyalty/ruleset.h"

struct vn_quote_input; /* quote.h */

struct vn_with {
    bool has_member;
    struct vn_member member;
    struct vn_choices choices;
    unsigned right_count;
    struct vn_right rights[VN_RIGHTS_MAX];
    unsigned stopped_count;
    char stopped[VN_TILL_STOPS_MAX][VN_ID_MAX];
    bool hub_reachable, risk_allowed;
    int64_t risk_points;
    /* Which state of the catalogue the items were of, in the words of whoever keeps it; the oldest, when they were looked up
     * one after the other and it changed meanwhile. "": not said. */
    char items[VN_ID_MAX], items_since[VN_ID_MAX];
};

/* Takes it from a quote's input. */
void vn_with_take(const struct vn_quote_input *input, struct vn_with *out);
/* The other way: the parts of *out that are here. Borrows from `with`. */
void vn_with_give(const struct vn_with *with, struct vn_quote_input *out);

/* Drops of the member what no promotion, wallet or tier of the ruleset could have looked at, with these choices: the same quote
 * comes of the rest. His lots alone are a kilobyte, and his whole row is nobody's business who keeps journals. */
void vn_with_narrow(struct vn_with *with, const struct vn_ruleset *ruleset, const struct vn_basket *basket);

/* `account` is the entry's: the member's own is left out where it is the same. A new reference, or NULL when memory is out. */
json_t *vn_with_write(const struct vn_with *with, const char *account);
/* A failure is in the reader's error; *out is reset first. */
void vn_with_read(const struct vn_json_in *in, const char *account, struct vn_with *out);

#endif
