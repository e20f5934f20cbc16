/* The multipliers of best.h, and the bound that they give.
 *
 * Every condition that binds roles together is priced. With slots in order (n-th pieces): a given piece owes to each paid
 * one, and what it owes never rises from the dearest to the cheapest, so that a debt to an earlier piece is covered. Other
 * slots: each carries a part of the set's price, and the parts together are no more than it. A cap takes the same share off
 * all values and adds that share of itself; a limit on sets takes a price off each set and adds it as often as sets are
 * allowed. Whatever the multipliers are, no admissible set is worth more than the sum of each unit's best role by itself;
 * good ones come from moving one after the other to where that sum is least. */
#include <stddef.h>

#include "agent/loyalty/reckon/best_search.h"

#define ROUNDS   6
#define WORK_MAX 3000000 /* terms of sums: some milliseconds */

static int64_t retained(const struct vn_best_local *local, int64_t value)
{
    return value -
           (value / VN_BEST_KAPPA * local->kappa + value % VN_BEST_KAPPA * local->kappa / VN_BEST_KAPPA);
}

int64_t vn_best_adjust(const struct vn_best_search *search, const struct vn_best_choice *choice,
                       int64_t value)
{
    if (choice->local == VN_BEST_NONE) {
        return value;
    }
    if (choice->slot == VN_BEST_SERVES) {
        return 0;
    }
    const struct vn_best_local *local = &search->locals[choice->local];
    const struct vn_best_promotion *terms = local->terms;
    int64_t adjusted = retained(local, value);
    if (choice->slot + 1U == terms->slot_count) {
        adjusted -= local->limit / terms->needs[choice->slot];
    }
    if (terms->order == VN_BEST_ANY) {
        return adjusted - local->parts[choice->slot];
    }
    int64_t owed = search->steps_owed[local->first_step + choice->step];
    return choice->slot == 0 ? adjusted + terms->needs[1] * owed : adjusted - terms->needs[0] * owed;
}

static int64_t constants_of(const struct vn_best_local *local)
{
    int64_t sum = local->once + local->limit * local->most_sets;
    if (local->kappa > 0) {
        int64_t cap = local->most_value;
        sum += cap - (cap / VN_BEST_KAPPA * (VN_BEST_KAPPA - local->kappa) +
                      cap % VN_BEST_KAPPA * (VN_BEST_KAPPA - local->kappa) / VN_BEST_KAPPA);
    }
    return sum;
}

/* The bound as far as the units [from, to) of `mine` and the promotion's own constants go. */
static int64_t part_of_bound(struct vn_best_search *search, const struct vn_best_local *local, size_t from,
                             size_t to)
{
    int64_t sum = constants_of(local);
    for (size_t i = from; i < to; i++) {
        const struct vn_best_mine *mine = &search->mine[i];
        int64_t most = mine->others;
        for (uint32_t c = mine->first; c < mine->first + mine->count; c++) {
            int64_t adjusted = vn_best_adjust(search, &search->choices[c], search->choices[c].value);
            most = adjusted > most ? adjusted : most;
        }
        sum += most;
    }
    search->work += (int64_t)(to - from);
    return sum;
}

/* A multiplier, or two that move against each other. */
struct lever {
    struct vn_best_local *local;
    int64_t *value, *against; /* against: NULL: none */
    int64_t up, down;         /* what a step moves them by */
    int64_t start, start_against;
    size_t from, to; /* units that it touches */
};

static int64_t pull(struct vn_best_search *search, struct lever *lever, int64_t steps)
{
    *lever->value = lever->start + steps * lever->up;
    if (lever->against != NULL) {
        *lever->against = lever->start_against - steps * lever->down;
    }
    return part_of_bound(search, lever->local, lever->from, lever->to);
}

/* The bound is convex in every multiplier: where it stops falling is where it is least. */
static void settle(struct vn_best_search *search, struct lever lever, int64_t low, int64_t high)
{
    if (search->work > WORK_MAX || low >= high) {
        return;
    }
    lever.start = *lever.value;
    lever.start_against = lever.against == NULL ? 0 : *lever.against;
    int64_t before = pull(search, &lever, 0);
    int64_t from = low;
    int64_t to = high;
    while (from < to) {
        int64_t middle = from + (to - from) / 2;
        if (pull(search, &lever, middle) <= pull(search, &lever, middle + 1)) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    if (pull(search, &lever, from) >= before) { /* rounding may bend the curve; and what is level stays */
        (void)pull(search, &lever, 0);
    }
}

/* The local's units, and what they can do elsewhere. */
static void collect_mine(struct vn_best_search *search, uint16_t number)
{
    search->mine_count = 0;
    for (size_t u = 0; u < search->unit_count; u++) {
        struct vn_best_mine *mine = &search->mine[search->mine_count];
        *mine = (struct vn_best_mine){.others = 0};
        for (uint32_t c = search->first[u]; c < search->first[u + 1]; c++) {
            const struct vn_best_choice *choice = &search->choices[c];
            if (choice->slot == VN_BEST_SERVES) {
                continue; /* worth nothing, whatever the multipliers */
            }
            if (choice->local == number) {
                mine->first = mine->count == 0 ? c : mine->first;
                mine->count++;
                mine->step = choice->step;
            } else {
                int64_t adjusted = vn_best_adjust(search, choice, choice->value);
                mine->others = adjusted > mine->others ? adjusted : mine->others;
            }
        }
        search->mine_count += mine->count > 0 ? 1 : 0;
    }
    search->work += (int64_t)search->first[search->unit_count];
}

static int64_t largest_of(const struct vn_best_search *search)
{
    int64_t most = 0;
    for (size_t i = 0; i < search->mine_count; i++) {
        for (uint32_t c = search->mine[i].first; c < search->mine[i].first + search->mine[i].count; c++) {
            most = search->choices[c].value > most ? search->choices[c].value : most;
        }
    }
    return most;
}

static void settle_steps(struct vn_best_search *search, struct vn_best_local *local, int64_t most)
{
    const int64_t *needs = local->terms->needs;
    int64_t *owed = &search->steps_owed[local->first_step];
    most /= needs[0] > needs[1] ? needs[0] : needs[1];
    size_t from = 0;
    for (uint32_t step = 0; step < local->step_count; step++) {
        size_t to = from;
        while (to < search->mine_count && search->mine[to].step == step) {
            to++;
        }
        int64_t high = step == 0 ? most : owed[step - 1];
        int64_t low = step + 1 == local->step_count ? 0 : owed[step + 1];
        struct lever lever = {.local = local, .value = &owed[step], .up = 1, .from = from, .to = to};
        settle(search, lever, low - owed[step], high - owed[step]);
        from = to;
    }
}

static void settle_parts(struct vn_best_search *search, struct vn_best_local *local, int64_t most)
{
    const int64_t *needs = local->terms->needs;
    for (unsigned s = 1; s < local->terms->slot_count; s++) {
        int64_t range = (most + local->set_price) / (needs[0] > needs[s] ? needs[0] : needs[s]);
        struct lever lever = {.local = local,
                              .value = &local->parts[s],
                              .against = &local->parts[0],
                              .up = needs[0],
                              .down = needs[s],
                              .to = search->mine_count};
        int64_t at = local->parts[s] / needs[0]; /* keeps within [-range, range] of where it began */
        settle(search, lever, -range - at, range - at);
    }
}

static void settle_local(struct vn_best_search *search, uint16_t number)
{
    struct vn_best_local *local = &search->locals[number];
    const struct vn_best_promotion *terms = local->terms;
    collect_mine(search, number);
    int64_t most = largest_of(search);
    if (terms->order != VN_BEST_ANY) {
        settle_steps(search, local, most);
    } else {
        settle_parts(search, local, most);
    }
    struct lever lever = {.local = local, .up = 1, .to = search->mine_count};
    if (local->most_value >= 0 && local->set_price == 0) {
        lever.value = &local->kappa;
        settle(search, lever, -local->kappa, VN_BEST_KAPPA - local->kappa);
    }
    if (terms->most_sets < INT64_MAX && terms->slot_count > 0) {
        lever.value = &local->limit;
        settle(search, lever, -local->limit, most * terms->needs[terms->slot_count - 1] - local->limit);
    }
}

/* Steps by runs of n pieces, in which pieces of one price share a step; a piece owes at first what is fair in its run. */
static void lay_steps(struct vn_best_search *search, uint16_t number)
{
    struct vn_best_local *local = &search->locals[number];
    int64_t run = local->terms->needs[0] + local->terms->needs[1];
    bool cheapest = local->terms->order == VN_BEST_CHEAPEST;
    int64_t pieces = 0;
    int64_t of_level = 0; /* pieces before this price */
    int64_t of_step = 0;  /* pieces before this step */
    local->first_step = search->step_total;
    local->step_count = 1;
    search->steps_owed[local->first_step] = 0;
    for (size_t u = 0; u < search->unit_count; u++) {
        of_level = u == 0 || search->level_ends[u - 1] ? pieces : of_level;
        bool member = false;
        for (uint32_t c = search->first[u]; c < search->first[u + 1]; c++) {
            struct vn_best_choice *choice = &search->choices[c];
            if (choice->local != number || choice->slot == VN_BEST_SERVES) {
                continue;
            }
            member = true;
            if (cheapest && of_level / run > of_step / run) {
                of_step = of_level;
                search->steps_owed[local->first_step + local->step_count++] = 0;
            }
            choice->step = (uint16_t)(local->step_count - 1);
            if (choice->slot == 1) {
                search->steps_owed[local->first_step + choice->step] = choice->value / run;
            }
        }
        pieces += member ? 1 : 0;
    }
    int64_t *owed = &search->steps_owed[local->first_step];
    for (uint32_t step = 1; step < local->step_count; step++) {
        owed[step] = owed[step] < owed[step - 1] ? owed[step] : owed[step - 1];
    }
    search->step_total += local->step_count;
}

/* Each unit's best role by itself; what other roles lose against it. */
static void find_losses(struct vn_best_search *search)
{
    search->root = 0;
    for (size_t i = 0; i < search->local_count; i++) {
        search->root += constants_of(&search->locals[i]);
    }
    for (size_t u = 0; u < search->unit_count; u++) {
        int64_t top = 0;
        for (uint32_t c = search->first[u]; c < search->first[u + 1]; c++) {
            struct vn_best_choice *choice = &search->choices[c];
            choice->adjusted = vn_best_adjust(search, choice, choice->value);
            top = choice->adjusted > top ? choice->adjusted : top;
        }
        for (uint32_t c = search->first[u]; c < search->first[u + 1]; c++) {
            search->choices[c].loss = top - search->choices[c].adjusted;
        }
        search->root += top;
    }
}

void vn_best_bound(struct vn_best_search *search)
{
    search->work = 0;
    search->step_total = 0;
    for (size_t i = 0; i < search->local_count; i++) {
        struct vn_best_local *local = &search->locals[i];
        if (local->terms->order != VN_BEST_ANY) {
            lay_steps(search, (uint16_t)i);
        }
        int64_t pieces = 0;
        for (unsigned s = 0; s < local->terms->slot_count; s++) {
            pieces += local->terms->needs[s];
        }
        for (unsigned s = 0; s < local->terms->slot_count; s++) {
            local->parts[s] = local->set_price / pieces;
        }
    }
    for (int round = 0; round < ROUNDS && search->work <= WORK_MAX; round++) {
        for (size_t i = 0; i < search->local_count; i++) {
            settle_local(search, (uint16_t)i);
        }
    }
    find_losses(search);
}
