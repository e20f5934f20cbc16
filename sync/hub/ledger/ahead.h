/* How much a till is granted ahead of a member's points (decision 27): a share of what he can spend, so that it redeems when it
 * is alone. Pure. */
#ifndef VN_HUB_AHEAD_H
#define VN_HUB_AHEAD_H

#include <stdint.h>

struct vn_ahead_policy {
    int64_t share_bp; /* of what he can spend, wherever it is; 0: nothing */
    int64_t most;     /* points at one till */
    int64_t days;     /* since his visit */
};
struct vn_ahead_state {
    int64_t free; /* at the hub */
    int64_t out;  /* at hand at tills, this one too */
    int64_t here;
    int64_t visit_ms, now_ms;
};
/* What the till is to have of it. */
int64_t vn_ahead_share(const struct vn_ahead_policy *policy, const struct vn_ahead_state *state);
/* What it is granted now: up to its share, when it has less than half of that; else 0, so that not each sale moves a few. */
int64_t vn_ahead_more(const struct vn_ahead_policy *policy, const struct vn_ahead_state *state);

#endif
