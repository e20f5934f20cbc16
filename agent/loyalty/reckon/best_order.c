/* Groups with rewards on the basket whose choice is `best`.
 *
 * Such a promotion takes all that is free of what it means, so a set of applications is a sequence: who comes first takes
 * first. Promotions that mean no common line don't see each other, so each component of them is searched by itself:
 * depth first, without recursion, in the order of priority. What a promotion can give later is bounded by what it would give
 * now, or by what its free units cost. The search ends after so many offers were reckoned: then the best sequence found stands,
 * and the outcome is not optimal. Components that have promotions on units as well are best_joint.c's. */
#include <string.h>

#include "agent/loyalty/reckon/best_work.h"

static void add_lines(const struct vn_quote_work *work, const struct vn_selector *selector,
                      struct vn_line_set *out)
{
    const struct vn_line_set *lines = vn_match_lines(work, selector);
    for (size_t w = 0; w < (work->line_count + 63) / 64; w++) {
        out->words[w] |= lines->words[w];
    }
}

/* The lines of which a promotion may take units, as a reward or for a condition. */
static void find_lines(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                       struct vn_line_set *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        if (reward->kind != VN_REWARD_BUNDLE) {
            add_lines(work, reward->selector, out);
        }
        for (uint32_t p = 0; p < reward->part_count; p++) {
            add_lines(work, reward->parts[p].selector, out);
        }
    }
    for (uint32_t q = 0; q < promotion->cond.quantity_count; q++) {
        add_lines(work, promotion->cond.quantities[q].selector, out);
    }
}

static bool common_lines(const struct vn_quote_work *work, const struct vn_line_set *a,
                         const struct vn_line_set *b)
{
    uint64_t common = 0;
    for (size_t w = 0; w < (work->line_count + 63) / 64; w++) {
        common |= a->words[w] & b->words[w];
    }
    return common != 0;
}

/* A component has the number of its first promotion. */
static void find_components(struct vn_quote_work *work, size_t count)
{
    struct vn_best_work *best = work->best;
    for (size_t i = 0; i < count; i++) {
        find_lines(work, vn_best_promotion_of(work, i), &best->means[i]);
        best->component[i] = (unsigned)i;
        for (size_t j = 0; j < i; j++) {
            if (!common_lines(work, &best->means[i], &best->means[j])) {
                continue;
            }
            unsigned from = best->component[i] > best->component[j] ? best->component[i] : best->component[j];
            unsigned to = best->component[i] > best->component[j] ? best->component[j] : best->component[i];
            for (size_t k = 0; k <= i; k++) {
                best->component[k] = best->component[k] == from ? to : best->component[k];
            }
        }
    }
}

static void save_taken(const struct vn_quote_work *work, struct vn_best_turn *turn)
{
    memset(turn->taken, 0, sizeof turn->taken);
    for (size_t u = 0; u < work->unit_count; u++) {
        turn->taken[u / 64] |= (uint64_t)(work->units[u].taken ? 1 : 0) << (u % 64);
    }
}

static void restore_taken(struct vn_quote_work *work, const struct vn_best_turn *turn)
{
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].taken = (turn->taken[u / 64] >> (u % 64) & 1) != 0;
    }
}

/* What a member gives of what is free now, in 1/1000 minor units; fills the picks. */
static enum vn_status ask(struct vn_quote_work *work, size_t member, int64_t *gives)
{
    struct vn_best_work *best = work->best;
    const struct vn_promotion *promotion = vn_best_promotion_of(work, best->sequence.members[member]);
    struct vn_offer conditions;
    struct vn_offer offer;
    *gives = 0;
    best->steps++;
    if (work->looks >= VN_QUOTE_TRIALS_MAX) {
        work->out->optimal = false;
        return VN_OK;
    }
    vn_scope_conditions(work, promotion, &conditions);
    if (conditions.reason != VN_REASON_APPLIED) {
        return VN_OK;
    }
    enum vn_status status = vn_group_offer(work, promotion, &offer);
    work->out->optimal = work->out->optimal && !offer.guessed;
    if (status != VN_OK || offer.reason != VN_REASON_APPLIED) {
        return status;
    }
    if (__builtin_mul_overflow(offer.worth_minor, VN_BEST_PER_MINOR, gives) ||
        __builtin_add_overflow(*gives, best->once[best->sequence.members[member]], gives)) {
        return vn_quote_overflow(work);
    }
    return VN_OK;
}

/* What a member may still give: of fewer units a reward on the basket never gives more; one on units may, when pieces that
 * are at their floor are taken out of its sets, but not more than its free units cost. */
static enum vn_status bound(struct vn_quote_work *work, size_t member, int64_t gives, int64_t *most)
{
    struct vn_best_work *best = work->best;
    size_t judged = best->sequence.members[member];
    int64_t sum = 0;
    *most = gives;
    if (!vn_reward_is_on_units(work, vn_best_promotion_of(work, judged))) {
        return VN_OK;
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        bool free = !unit->taken && vn_line_set_has(&best->means[judged], unit->line);
        sum += free ? unit->running_minor : 0;
    }
    if (sum > 0 && (__builtin_mul_overflow(sum, VN_BEST_PER_MINOR, most) ||
                    __builtin_add_overflow(*most, best->once[best->sequence.members[member]], most))) {
        return vn_quote_overflow(work);
    }
    return VN_OK;
}

/* A sequence that goes on from here can still be better than the best, or equal it and come first in the ties. What several may
 * still give of the same units can be more than fits: minor units and the rest are summed up apart. */
static bool may_be_better(const struct vn_best_work *best, const struct vn_best_turn *turn)
{
    const struct vn_best_sequence *found = &best->sequence;
    int64_t minor = 0;
    int64_t rest = 0;
    int order = 0;
    for (size_t m = 0; m < found->member_count; m++) {
        int64_t most = turn->gives[m] < 0 ? best->given[m] : turn->most[m];
        minor += (most - found->given[m]) / VN_BEST_PER_MINOR;
        rest += (most - found->given[m]) % VN_BEST_PER_MINOR;
        if (order == 0 && most != found->given[m]) {
            order = most > found->given[m] ? 1 : -1;
        }
    }
    minor += rest / VN_BEST_PER_MINOR;
    rest %= VN_BEST_PER_MINOR;
    int64_t sum = minor != 0 ? minor : rest; /* its sign is what counts */
    return !found->found || sum > 0 || (sum == 0 && order > 0);
}

/* The turns before this one are the best so far. */
static void keep_turns(struct vn_best_work *best, const struct vn_best_turn *turn, size_t depth)
{
    struct vn_best_sequence *found = &best->sequence;
    found->found = true;
    found->turn_count = depth;
    for (size_t d = 0; d < depth; d++) {
        found->turns[d] = best->turns[d].chosen;
    }
    for (size_t m = 0; m < found->member_count; m++) {
        found->given[m] = turn->gives[m] < 0 ? best->given[m] : 0;
    }
}

/* Asks all members that have not had their turn. */
static enum vn_status open_turn(struct vn_quote_work *work, size_t depth)
{
    struct vn_best_work *best = work->best;
    struct vn_best_turn *turn = &best->turns[depth];
    size_t count = best->sequence.member_count;
    save_taken(work, turn);
    turn->next = 0;
    bool any = false;
    for (size_t m = 0; m < count; m++) {
        bool had = depth > 0 && (best->turns[depth - 1].gives[m] < 0 || best->turns[depth - 1].chosen == m);
        turn->gives[m] = -1;
        enum vn_status status = had ? VN_OK : ask(work, m, &turn->gives[m]);
        status = status == VN_OK ? bound(work, m, turn->gives[m], &turn->most[m]) : status;
        if (status != VN_OK) {
            return status;
        }
        any = any || turn->gives[m] > 0;
    }
    for (size_t m = 0; !any && m < count; m++) {
        turn->most[m] = 0; /* when nobody gives anything the sequence has ended, whatever is free */
    }
    if (!may_be_better(best, turn)) {
        turn->next = count;
    } else if (!any) {
        keep_turns(best, turn, depth);
        turn->next = count;
    }
    return VN_OK;
}

/* The next member of the turn takes what it means. */
static enum vn_status take_turn(struct vn_quote_work *work, size_t depth)
{
    struct vn_best_work *best = work->best;
    struct vn_best_turn *turn = &best->turns[depth];
    int64_t gives = 0;
    turn->chosen = turn->next++;
    restore_taken(work, turn);
    enum vn_status status = ask(work, turn->chosen, &gives);
    best->given[turn->chosen] = gives;
    vn_apply_taken(work, vn_best_promotion_of(work, best->sequence.members[turn->chosen]));
    return status;
}

/* The best sequence of the members; *whole is false when the offers did not last. */
static enum vn_status search(struct vn_quote_work *work, bool *whole)
{
    struct vn_best_work *best = work->best;
    struct vn_best_sequence *found = &best->sequence;
    size_t depth = 0;
    enum vn_status status = open_turn(work, 0);
    while (status == VN_OK) {
        struct vn_best_turn *turn = &best->turns[depth];
        while (turn->next < found->member_count && turn->gives[turn->next] <= 0) {
            turn->next++;
        }
        if (found->found && best->steps >= VN_BEST_OFFERS_MAX) {
            *whole = false;
            break;
        }
        if (turn->next < found->member_count) {
            status = take_turn(work, depth);
            depth++;
            status = status == VN_OK ? open_turn(work, depth) : status;
        } else if (depth-- == 0) {
            break;
        }
    }
    restore_taken(work, &best->turns[0]);
    return status;
}

enum vn_status vn_best_find_sequence(struct vn_quote_work *work, unsigned component, bool basket_alone,
                                     bool *whole)
{
    struct vn_best_work *best = work->best;
    struct vn_best_sequence *found = &best->sequence;
    memset(found, 0, sizeof *found);
    for (size_t i = 0; i < best->judged_count && i < VN_BEST_ORDER_MAX; i++) {
        if (best->component[i] == component && !(basket_alone && vn_best_is_on_units(work, i))) {
            found->members[found->member_count++] = i;
        }
    }
    return found->member_count == 0 ? VN_OK : search(work, whole);
}

enum vn_status vn_best_sum(struct vn_quote_work *work, const struct vn_best_sequence *sequence, int64_t *sum)
{
    *sum = 0;
    for (size_t m = 0; m < sequence->member_count; m++) {
        if (__builtin_add_overflow(*sum, sequence->given[m], sum)) {
            return vn_quote_overflow(work);
        }
    }
    return VN_OK;
}

/* The promotion takes what it means, now for good. The receipt's own maximum may leave it less than the search knew (`gives`):
 * without points the group then gives all that it may, whatever the sequence. */
static enum vn_status apply_turn(struct vn_quote_work *work, size_t number, int64_t gives, bool *whole)
{
    struct vn_best_work *best = work->best;
    struct vn_judged *judged = &best->judged[number];
    enum vn_status status = vn_group_judge(work, judged->candidate, judged);
    bool applies = judged->offer.reason == VN_REASON_APPLIED;
    bool all = applies && judged->offer.worth_minor >= (gives - best->once[number]) / VN_BEST_PER_MINOR;
    bool cut = applies || judged->offer.reason == VN_REASON_CAPPED; /* and not short of stamps or a coupon */
    bool stamps = vn_best_promotion_of(work, number)->cond.stamps != NULL;
    *whole = *whole && (all || (cut && !stamps && !vn_best_any_points(work)));
    if (status == VN_OK && applies) {
        best->applied[number] = true;
        status = vn_group_take(work, judged, true);
        *whole = *whole && judged->offer.reason == VN_REASON_APPLIED; /* there was room for it */
    }
    return status;
}

enum vn_status vn_best_apply_sequence(struct vn_quote_work *work, const struct vn_best_sequence *sequence,
                                      bool *whole)
{
    enum vn_status status = VN_OK;
    for (size_t d = 0; d < sequence->turn_count && status == VN_OK; d++) {
        size_t member = sequence->turns[d];
        status = apply_turn(work, sequence->members[member], sequence->given[member], whole);
    }
    return status;
}

static bool has_units(const struct vn_quote_work *work, unsigned component, size_t count)
{
    for (size_t i = component; i < count; i++) {
        if (work->best->component[i] == component && vn_best_is_on_units(work, i)) {
            return true;
        }
    }
    return false;
}

enum vn_status vn_best_run_order(struct vn_quote_work *work, size_t from, size_t to)
{
    struct vn_best_work *best = work->best;
    enum vn_status status = vn_best_collect(work, from, to);
    if (status != VN_OK) {
        return status;
    }
    size_t count = best->judged_count < VN_BEST_ORDER_MAX ? best->judged_count : VN_BEST_ORDER_MAX;
    bool whole = count == best->judged_count;
    best->steps = 0;
    find_components(work, count);
    for (unsigned component = 0; component < count && status == VN_OK; component++) {
        if (has_units(work, component, count)) {
            int64_t steps = best->steps; /* its many sequences leave the others theirs */
            best->steps = 0;
            status = vn_best_run_joint(work, component, count, &whole);
            best->steps = steps;
            continue;
        }
        status = vn_best_find_sequence(work, component, true, &whole);
        status = status == VN_OK ? vn_best_apply_sequence(work, &best->sequence, &whole) : status;
    }
    work->out->optimal = work->out->optimal && whole;
    return status == VN_OK ? vn_best_leftovers(work) : status;
}
