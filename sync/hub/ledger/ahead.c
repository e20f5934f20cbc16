#include "sync/hub/ledger/ahead.h"

#define BP_WHOLE 10000
#define DAY_MS   INT64_C(86400000)

int64_t vn_ahead_share(const struct vn_ahead_policy *policy, const struct vn_ahead_state *state)
{
    int64_t all = state->free + state->out;
    if (all <= 0 || state->now_ms - state->visit_ms > policy->days * DAY_MS) {
        return 0;
    }
    int64_t share = all / BP_WHOLE * policy->share_bp + all % BP_WHOLE * policy->share_bp / BP_WHOLE;
    return share < policy->most ? share : policy->most;
}

int64_t vn_ahead_more(const struct vn_ahead_policy *policy, const struct vn_ahead_state *state)
{
    int64_t share = vn_ahead_share(policy, state);
    int64_t more = share - state->here;
    if (2 * state->here >= share) {
        return 0;
    }
    more = more < state->free ? more : state->free;
    return more > 0 ? more : 0;
}
