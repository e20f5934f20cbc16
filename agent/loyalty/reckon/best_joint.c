/* Components of a `best` group that have promotions on units and on the basket.
 *
 * Any admissible set on units may stand beside any sequence of rewards on the basket, which takes what the set leaves; who is
 * to be skipped may as well come last. So for each order of the rewards on the basket the problem of best.h is solved with
 * them in it: a unit goes to the first that surely takes it, and nothing is rounded. The best of all orders is an upper bound;
 * the sets of an order's answer, and the best sequence on what they leave, are a solution, and nearly always reach it. If they
 * don't, others are tried as well (try_others), the best of all stands, and it is proved only if it reaches the bound. With more
 * than VN_BEST_ORDERED_MAX rewards on the basket, units may go to any of them, which is a looser bound. */
#include "agent/loyalty/reckon/best_work.h"

static bool is_of(const struct vn_quote_work *work, size_t judged, unsigned component, bool units)
{
    return work->best->component[judged] == component && vn_best_is_on_units(work, judged) == units;
}

/* What the answer's units give the component's promotions on units. */
static enum vn_status units_worth(struct vn_quote_work *work, unsigned component, size_t count,
                                  int64_t *worth)
{
    struct vn_best_work *best = work->best;
    *worth = 0;
    for (size_t i = 0; i < count; i++) {
        const struct vn_best_promotion *terms = &best->promotions[i];
        struct vn_offer offer;
        int64_t gives = 0;
        if (!is_of(work, i, component, true)) {
            continue;
        }
        enum vn_status status = vn_best_reckon(work, i, &offer);
        if (status != VN_OK) {
            return status;
        }
        if (__builtin_mul_overflow(offer.worth_minor, VN_BEST_PER_MINOR, &gives)) {
            return vn_quote_overflow(work);
        }
        gives = gives < terms->most_value ? gives : terms->most_value;
        if (gives > 0 && (__builtin_add_overflow(*worth, gives, worth) ||
                          __builtin_add_overflow(*worth, best->once[i], worth))) {
            return vn_quote_overflow(work);
        }
    }
    return VN_OK;
}

/* What the answer's units are worth to a reward on the basket; *rough when its sum may be rounded up: of several rewards each
 * sum is, whatever they add up to. */
static bool share_of(const struct vn_quote_work *work, size_t judged, int64_t *value, bool *rough)
{
    const struct vn_best_work *best = work->best;
    const struct vn_best_promotion *terms = &best->promotions[judged];
    int64_t sum = 0;
    *value = 0;
    *rough = vn_best_promotion_of(work, judged)->price_count > 1;
    for (size_t u = 0; u < work->unit_count; u++) {
        int64_t of_unit = 0;
        int64_t room = 0;
        if (!vn_best_rest_value(work, judged, u, &of_unit, &room)) {
            return false;
        }
        *rough = *rough || of_unit % VN_BEST_PER_MINOR != 0;
        bool has = best->answer.promotion[u] == judged && best->answer.slot[u] != VN_BEST_SERVES;
        if (has &&
            (__builtin_add_overflow(*value, of_unit, value) || __builtin_add_overflow(sum, room, &sum))) {
            return false;
        }
    }
    *value = *value < sum ? *value : sum;
    *value = *value < terms->most_value ? *value : terms->most_value;
    return *value == 0 || !__builtin_add_overflow(*value, terms->once, value);
}

/* More than this no set of the component gives with the rewards on the basket in the order of the problem. */
static enum vn_status upper_bound(struct vn_quote_work *work, unsigned component, size_t count, int64_t units,
                                  int64_t *bound)
{
    *bound = units;
    for (size_t i = 0; i < count; i++) {
        int64_t share = 0;
        bool rough = false;
        if (!is_of(work, i, component, false)) {
            continue;
        }
        int64_t halves = (int64_t)vn_best_promotion_of(work, i)->price_count * (VN_BEST_PER_MINOR / 2);
        if (!share_of(work, i, &share, &rough) || __builtin_add_overflow(*bound, share, bound) ||
            __builtin_add_overflow(*bound, rough ? halves : 0, bound)) {
            return vn_quote_overflow(work);
        }
    }
    if (!vn_best_any_points(work)) { /* whole minor units, and no more than the receipt may have */
        int64_t most = vn_limits_receipt(work);
        int64_t minor = *bound / VN_BEST_PER_MINOR;
        *bound = (minor < most ? minor : most) * VN_BEST_PER_MINOR;
    }
    return VN_OK;
}

/* What is on units has, or has no more, what the answer gives it. */
static void mark_units(struct vn_quote_work *work, unsigned component, bool taken)
{
    const struct vn_best_work *best = work->best;
    for (size_t u = 0; u < work->unit_count; u++) {
        uint16_t judged = best->answer.promotion[u];
        if (judged != VN_BEST_NONE && is_of(work, judged, component, true)) {
            work->units[u].taken = taken;
        }
    }
}

/* The sets that the problem's answer makes, the best sequence on what they leave, and what both give. They stay in `answer` and
 * `sequence`. */
static enum vn_status solve(struct vn_quote_work *work, unsigned component, size_t count, bool *proved,
                            int64_t *units, int64_t *gives)
{
    bool answered = true;
    bool searched = true; /* the bound says whether what the searches found is the best */
    enum vn_status status = vn_best_solve_group(work, &answered);
    work->best->group_steps -= work->best->role_count; /* what the search's own bound costs */
    work->best->group_steps = work->best->group_steps > 0 ? work->best->group_steps : 0;
    *proved = *proved && answered;
    status = status == VN_OK ? units_worth(work, component, count, units) : status;
    if (status != VN_OK) {
        return status;
    }
    mark_units(work, component, true);
    status = vn_best_find_sequence(work, component, true, &searched);
    mark_units(work, component, false);
    status = status == VN_OK ? vn_best_sum(work, &work->best->sequence, gives) : status;
    if (status == VN_OK && __builtin_add_overflow(*gives, *units, gives)) {
        return vn_quote_overflow(work);
    }
    return status;
}

static void keep(struct vn_best_work *best, int64_t gives)
{
    best->joint.answer = best->answer;
    best->joint.rest = best->sequence;
    best->joint.gives = gives;
}

static enum vn_status apply_joint(struct vn_quote_work *work, unsigned component, size_t count, bool *whole)
{
    enum vn_status status = VN_OK;
    work->best->answer = work->best->joint.answer;
    for (size_t i = 0; i < count; i++) {
        if (is_of(work, i, component, true)) {
            vn_best_hold_gift(work, i);
        }
    }
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        status = is_of(work, i, component, true) ? vn_best_apply(work, i) : VN_OK;
    }
    return status == VN_OK ? vn_best_apply_sequence(work, &work->best->joint.rest, whole) : status;
}

/* The next order by number; false after the last. */
static bool next_order(struct vn_best_work *best)
{
    size_t *order = best->order;
    size_t last = best->order_count;
    size_t at = last;
    while (at > 1 && order[at - 2] > order[at - 1]) {
        at--;
    }
    if (at <= 1) {
        return false;
    }
    size_t swap = last - 1;
    while (order[swap] < order[at - 2]) {
        swap--;
    }
    size_t moved = order[at - 2];
    order[at - 2] = order[swap];
    order[swap] = moved;
    for (size_t low = at - 1, high = last - 1; low < high; low++, high--) {
        size_t kept = order[low];
        order[low] = order[high];
        order[high] = kept;
    }
    return true;
}

/* Keeps the best solution of all orders without one promotion (`count`: with all), if it is better than what was kept. */
static enum vn_status try_orders(struct vn_quote_work *work, unsigned component, size_t count, size_t without,
                                 bool *proved, int64_t *bound)
{
    struct vn_best_work *best = work->best;
    *bound = 0;
    for (size_t i = 0; i < best->judged_count; i++) {
        best->left_out[i] = i >= count || i == without || best->component[i] != component;
    }
    vn_best_rest_begin(work, count);
    best->order_count = best->order_count > VN_BEST_ORDERED_MAX ? 0 : best->order_count;
    bool more = true;
    while (more) {
        int64_t units = 0;
        int64_t gives = 0;
        int64_t most = 0;
        enum vn_status status = solve(work, component, count, proved, &units, &gives);
        status = status == VN_OK ? upper_bound(work, component, count, units, &most) : status;
        if (status != VN_OK) {
            return status;
        }
        *bound = most > *bound ? most : *bound;
        if (gives > best->joint.gives) {
            keep(best, gives);
        }
        more = next_order(best);
        if (more && best->group_steps <= 0) {
            *proved = more = false;
        }
    }
    return VN_OK;
}

/* It is not proved. What a gift makes free costs nothing, and the rest gives what it gave without it; one promotion more makes
 * nothing worse than it was; and sequences of both kinds may give more: *gives is the best one's worth, and it stays in
 * `sequence`. */
static enum vn_status try_others(struct vn_quote_work *work, unsigned component, size_t count, int64_t *gives)
{
    struct vn_best_work *best = work->best;
    bool ignored = true;
    int64_t bound = 0;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < count && !best->gifts_first; i++) {
        best->gifts_first =
            best->component[i] == component && vn_reward_is_gift(vn_best_promotion_of(work, i));
    }
    if (best->gifts_first) {
        status = try_orders(work, component, count, count, &ignored, &bound);
        best->gifts_first = false;
    }
    for (size_t i = 0; i < count && status == VN_OK && best->group_steps > 0; i++) {
        if (best->component[i] == component) {
            status = try_orders(work, component, count, i, &ignored, &bound);
        }
    }
    status = status == VN_OK ? vn_best_find_sequence(work, component, false, &ignored) : status;
    return status == VN_OK ? vn_best_sum(work, &best->sequence, gives) : status;
}

enum vn_status vn_best_run_joint(struct vn_quote_work *work, unsigned component, size_t count, bool *whole)
{
    struct vn_best_work *best = work->best;
    bool proved = true;
    int64_t bound = 0;
    int64_t gives = 0;
    best->joint.gives = -1;
    best->gifts_first = false;
    enum vn_status status = try_orders(work, component, count, count, &proved, &bound);
    if (status == VN_OK && (!proved || best->joint.gives < bound)) {
        status = try_others(work, component, count, &gives);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t most = gives > best->joint.gives ? gives : best->joint.gives;
    *whole = *whole && proved && most >= bound;
    return gives > best->joint.gives ? vn_best_apply_sequence(work, &best->sequence, whole)
                                     : apply_joint(work, component, count, whole);
}
