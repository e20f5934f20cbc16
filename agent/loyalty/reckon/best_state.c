/* What the choices so far leave open, in as few numbers as decide about what can still come: of slots, what is beyond whole
 * sets; of quantities, no more than is asked; sums only where there is a cap, counts of sets only where there is a limit. So
 * different ways to the same point meet, and the best of them stands for all. */
#include <stddef.h>

#include "agent/loyalty/reckon/best_search.h"

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

void vn_best_state_move(struct vn_best_search *search, size_t unit, int64_t sign)
{
    int64_t qty = sign * search->problem->units[search->units[unit]].qty_milli;
    for (uint32_t m = search->first_member[unit]; m < search->first_member[unit + 1]; m++) {
        const struct vn_best_member *member = &search->members[m];
        struct vn_best_local *local = &search->locals[member->local];
        local->left += sign;
        for (unsigned i = 0; i < VN_PARTS_MAX; i++) {
            local->rest[i] += (member->slots >> i & 1) != 0 ? sign : 0;
            local->ahead[i] += (member->counts >> i & 1) != 0 ? qty : 0;
        }
    }
}

/* More sets than the limit allows could be made. */
static bool limit_binds(const struct vn_best_local *local)
{
    int64_t pieces = 0;
    for (unsigned s = 0; s < local->terms->slot_count; s++) {
        pieces += local->terms->needs[s];
    }
    return pieces > 0 && local->most_sets < local->left / pieces;
}

void vn_best_state_layout(struct vn_best_search *search)
{
    for (size_t i = 0; i < search->local_count; i++) {
        struct vn_best_local *local = &search->locals[i];
        local->left = 0;
        for (unsigned s = 0; s < VN_PARTS_MAX; s++) {
            local->rest[s] = local->ahead[s] = 0;
        }
    }
    for (size_t u = 0; u < search->unit_count; u++) {
        vn_best_state_move(search, u, 1);
    }
    uint32_t at = 0;
    for (size_t i = 0; i < search->local_count; i++) {
        struct vn_best_local *local = &search->locals[i];
        const struct vn_best_promotion *terms = local->terms;
        local->word = at;
        at += terms->slot_count + terms->quantity_count;
        bool once = terms->quantity_count > 0 || local->once > 0;
        local->used = once ? at++ : VN_BEST_NO_WORD;
        local->sets = limit_binds(local) ? at++ : VN_BEST_NO_WORD;
        /* without points a set that gives nothing is never better than no set */
        bool summed = local->most_value >= 0 || local->may_give_nothing;
        local->sum = summed ? at++ : VN_BEST_NO_WORD;
        local->spill = terms->pooled ? at++ : VN_BEST_NO_WORD;
    }
    search->state_words = at;
    search->stride = at + search->rank_count;
}

static bool is_used(const struct vn_best_local *local, const int64_t *words)
{
    if (local->used != VN_BEST_NO_WORD) {
        return words[local->used] != 0;
    }
    for (unsigned s = 0; s < local->terms->slot_count; s++) {
        if (words[local->word + s] != 0) {
            return true;
        }
    }
    return false;
}

/* What a sum is worth under the promotion's cap and rooms. */
static int64_t worth_of(const struct vn_best_local *local, const int64_t *words, int64_t sum)
{
    int64_t spill = local->spill == VN_BEST_NO_WORD ? 0 : words[local->spill];
    int64_t worth = sum - (spill > 0 ? spill : 0);
    return local->most_value >= 0 && worth > local->most_value ? local->most_value : worth;
}

/* What begun sets and conditions still need is ahead. */
static bool can_complete(const struct vn_best_local *local, const int64_t *words)
{
    const struct vn_best_promotion *terms = local->terms;
    int64_t done = local->sets == VN_BEST_NO_WORD ? 0 : words[local->sets];
    if (!is_used(local, words)) {
        return done <= local->most_sets;
    }
    int64_t sets = 0;
    for (unsigned s = 0; s < terms->slot_count; s++) {
        int64_t begun = divide_up(words[local->word + s], terms->needs[s]);
        sets = begun > sets ? begun : sets;
    }
    if (sets == 0 && local->used != VN_BEST_NO_WORD && words[local->used] == 1) {
        sets = 1; /* units serve already, and no set was made */
    }
    int64_t missing = 0;
    for (unsigned s = 0; s < terms->slot_count; s++) {
        int64_t of_slot = terms->needs[s] * sets - words[local->word + s];
        missing += of_slot;
        if (of_slot > local->rest[s]) {
            return false;
        }
    }
    if (missing > local->left || done + sets > local->most_sets) {
        return false;
    }
    const int64_t *have = &words[local->word + terms->slot_count];
    for (unsigned q = 0; q < terms->quantity_count; q++) {
        if (terms->least[q] - have[q] > local->ahead[q]) {
            return false;
        }
    }
    bool must_give = local->set_price > 0 || local->may_give_nothing;
    return local->left > 0 || !must_give || local->sum == VN_BEST_NO_WORD ||
           worth_of(local, words, words[local->sum]) > 0;
}

/* From the dearest piece on, the pieces that must come first are there for those that must come after. */
static bool in_order(const struct vn_best_local *local, const int64_t *words)
{
    const int64_t *needs = local->terms->needs;
    const int64_t *count = &words[local->word];
    switch (local->terms->order) {
    case VN_BEST_CHEAPEST: return count[0] >= needs[0] * divide_up(count[1], needs[1]);
    case VN_BEST_DEAREST: return count[0] <= needs[0] * (count[1] / needs[1]);
    default: return true;
    }
}

/* Takes a whole set out of what is open; true when there was one. */
static bool close_set(const struct vn_best_local *local, int64_t *words)
{
    const struct vn_best_promotion *terms = local->terms;
    for (unsigned s = 0; s < terms->slot_count; s++) {
        if (words[local->word + s] < terms->needs[s]) {
            return false;
        }
    }
    for (unsigned s = 0; s < terms->slot_count; s++) {
        words[local->word + s] -= terms->needs[s];
    }
    if (local->sets != VN_BEST_NO_WORD) {
        words[local->sets]++;
    }
    if (local->used != VN_BEST_NO_WORD) {
        words[local->used] = 2;
    }
    return true;
}

/* The unit takes its role; returns what that gives. */
static int64_t take_role(const struct vn_best_search *search, size_t unit,
                         const struct vn_best_choice *choice, int64_t *words)
{
    const struct vn_best_local *local = &search->locals[choice->local];
    const struct vn_best_promotion *terms = local->terms;
    int64_t before = local->sum == VN_BEST_NO_WORD ? 0 : words[local->sum];
    int64_t sum = before;
    int64_t gain = -worth_of(local, words, before);
    if (local->used != VN_BEST_NO_WORD && words[local->used] == 0) {
        words[local->used] = terms->slot_count == 0 ? 2 : 1;
        gain += local->once;
    }
    int64_t *have = &words[local->word + terms->slot_count];
    for (unsigned q = 0; q < terms->quantity_count; q++) {
        int64_t qty = search->problem->units[search->units[unit]].qty_milli;
        int64_t sum_of = have[q] + ((choice->counts >> q & 1) != 0 ? qty : 0);
        have[q] = sum_of < terms->least[q] ? sum_of : terms->least[q];
    }
    if (choice->slot != VN_BEST_SERVES) {
        words[local->word + choice->slot]++;
        int64_t price = close_set(local, words) ? local->set_price : 0;
        sum += choice->value - price;
        if (local->spill != VN_BEST_NO_WORD) {
            words[local->spill] += choice->value - price - choice->room;
        }
    }
    gain += worth_of(local, words, sum);
    if (local->sum != VN_BEST_NO_WORD) {
        /* without prices a sum never falls: beyond the cap, or without one above 0, it is all one */
        int64_t most = local->most_value >= 0 ? local->most_value : 1;
        bool over = local->set_price == 0 && local->spill == VN_BEST_NO_WORD && sum > most;
        words[local->sum] = over ? most : sum;
    }
    return gain;
}

/* What the bound counted on, and this choice does not give. */
static int64_t loss_of(const struct vn_best_search *search, const struct vn_best_choice *choice,
                       const int64_t *words)
{
    if (choice->local == VN_BEST_NONE || choice->slot == VN_BEST_SERVES) {
        return choice->loss;
    }
    const struct vn_best_local *local = &search->locals[choice->local];
    if (local->most_value < 0 || local->set_price > 0 || local->spill != VN_BEST_NO_WORD ||
        words[local->sum] + choice->value <= local->most_value) {
        return choice->loss;
    }
    int64_t rest = local->most_value - words[local->sum];
    return choice->loss + choice->adjusted - vn_best_adjust(search, choice, rest > 0 ? rest : 0);
}

bool vn_best_state_take(const struct vn_best_search *search, size_t unit, const struct vn_best_choice *choice,
                        int64_t *words, int64_t *value, int64_t *bound)
{
    *bound -= loss_of(search, choice, words);
    int64_t gain = choice->local == VN_BEST_NONE ? choice->value : take_role(search, unit, choice, words);
    *value += gain;
    if (choice->rank != VN_BEST_NONE) {
        words[search->state_words + choice->rank] += gain;
    }
    for (uint32_t m = search->first_member[unit]; m < search->first_member[unit + 1]; m++) {
        const struct vn_best_local *local = &search->locals[search->members[m].local];
        if (!can_complete(local, words)) {
            return false;
        }
        if (local->left == 0 && !is_used(local, words)) {
            *bound -= local->once; /* the bound counted on it */
        }
    }
    for (size_t i = 0; search->level_ends[unit] && i < search->local_count; i++) {
        if (!in_order(&search->locals[i], words)) {
            return false;
        }
    }
    return true;
}
