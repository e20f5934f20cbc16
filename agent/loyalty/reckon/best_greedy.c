/* A first set of applications: promotion by promotion, each takes sets as long as they give more than their units would
 * alone. Tried with each of the first promotions at the head. */
#include <stddef.h>
#include <string.h>

#include "agent/loyalty/reckon/best_search.h"
#include "agent/loyalty/sort.h"

#define HEADS_MAX  16
#define UNITS_MANY 500    /* beyond these one try must do */
#define LOOKS_MANY 250000 /* at choices, by one try */
#define NO_CHOICE  UINT16_MAX

static const struct vn_best_choice *choice_of(const struct vn_best_search *search, size_t u, uint16_t choice)
{
    return &search->choices[search->first[u] + choice];
}

/* A unit's choice of a slot; NO_CHOICE when it is not free or has none. */
static uint16_t find_choice(const struct vn_best_search *search, size_t u, uint16_t local, uint8_t slot)
{
    size_t count = search->first[u + 1] - search->first[u];
    for (uint16_t c = 0; search->at[u] == search->alone[u] && c < count; c++) {
        const struct vn_best_choice *choice = choice_of(search, u, c);
        if (choice->local == local && choice->slot == slot) {
            return c;
        }
    }
    return NO_CHOICE;
}

static int64_t gain_of(const struct vn_best_search *search, size_t u, uint16_t choice)
{
    return choice_of(search, u, choice)->value - choice_of(search, u, search->alone[u])->value;
}

/* In a run of neighbours, from the dearest on, the slot of each. */
static uint8_t slot_in_run(const struct vn_best_promotion *terms, size_t at)
{
    size_t head = (size_t)terms->needs[terms->order == VN_BEST_CHEAPEST ? 0 : 1];
    return (at < head) == (terms->order == VN_BEST_CHEAPEST) ? 0 : 1;
}

/* Sets of neighbours in the order of price. */
static void take_runs(struct vn_best_search *search, uint16_t number)
{
    const struct vn_best_local *local = &search->locals[number];
    size_t run = (size_t)(local->terms->needs[0] + local->terms->needs[1]);
    uint16_t window[VN_UNITS_MAX]; /* the free pieces; a run is the last of them */
    size_t held = 0;
    int64_t sets = 0;
    for (size_t u = 0; u < search->unit_count && sets < local->most_sets; u++) {
        if (find_choice(search, u, number, 0) == NO_CHOICE ||
            find_choice(search, u, number, 1) == NO_CHOICE) {
            continue;
        }
        window[held++] = (uint16_t)u;
        const uint16_t *first = held < run ? NULL : &window[held - run];
        int64_t gain = 0;
        for (size_t i = 0; first != NULL && i < run; i++) {
            gain += gain_of(search, first[i],
                            find_choice(search, first[i], number, slot_in_run(local->terms, i)));
        }
        if (gain > 0) {
            for (size_t i = 0; i < run; i++) {
                search->at[first[i]] = find_choice(search, first[i], number, slot_in_run(local->terms, i));
            }
            sets++;
            held = 0;
        }
    }
}

/* What a list of claims is sorted by: the promotion, its slot, and there what is gained. Of equal gains the dearer unit takes
 * a slot, the cheaper one serves. */
static bool claims_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_best_search *search = ctx;
    const struct vn_best_claim *one = &search->claims[a];
    const struct vn_best_claim *two = &search->claims[b];
    const struct vn_best_choice *left = choice_of(search, one->unit, one->choice);
    const struct vn_best_choice *right = choice_of(search, two->unit, two->choice);
    if (left->local != right->local) {
        return left->local < right->local;
    }
    if (left->slot != right->slot) {
        return left->slot < right->slot;
    }
    int64_t gain = gain_of(search, one->unit, one->choice);
    int64_t other = gain_of(search, two->unit, two->choice);
    if (gain != other) {
        return gain > other;
    }
    return left->slot == VN_BEST_SERVES ? one->unit > two->unit : one->unit < two->unit;
}

static unsigned list_of(const struct vn_best_local *local, uint8_t slot)
{
    return slot == VN_BEST_SERVES ? local->terms->slot_count : slot;
}

/* Lists, for each slot of each promotion, the units that could take it: those that gain most by it first. */
static void list_claims(struct vn_best_search *search)
{
    uint16_t count = 0;
    for (size_t u = 0; u < search->unit_count; u++) {
        for (uint32_t c = search->first[u]; c < search->first[u + 1]; c++) {
            if (search->choices[c].local != VN_BEST_NONE) {
                search->by_gain[count] = count;
                search->claims[count++] =
                    (struct vn_best_claim){(uint16_t)u, (uint16_t)(c - search->first[u])};
            }
        }
    }
    vn_sort_order(search->by_gain, count, claims_before, search);
    for (size_t i = 0; i < search->local_count; i++) {
        memset(search->locals[i].claims, 0, sizeof search->locals[i].claims);
    }
    for (uint16_t i = 0; i < count; i++) {
        const struct vn_best_claim *claim = &search->claims[search->by_gain[i]];
        const struct vn_best_choice *choice = choice_of(search, claim->unit, claim->choice);
        struct vn_best_local *local = &search->locals[choice->local];
        struct vn_best_claims *list = &local->claims[list_of(local, choice->slot)];
        list->first = list->count == 0 ? i : list->first;
        list->count++;
    }
}

/* The next claim of a list whose unit is free and, if it has to, counts for a quantity; NULL: none. *at moves on. */
static const struct vn_best_claim *next_claim(const struct vn_best_search *search,
                                              const struct vn_best_claims *list, unsigned counts,
                                              uint16_t *at)
{
    while (*at < list->count) {
        const struct vn_best_claim *claim = &search->claims[search->by_gain[list->first + (*at)++]];
        bool free = search->at[claim->unit] == search->alone[claim->unit];
        if (free && (choice_of(search, claim->unit, claim->choice)->counts & counts) == counts) {
            return claim;
        }
    }
    return NULL;
}

static void take_sets(struct vn_best_search *search, uint16_t number)
{
    const struct vn_best_local *local = &search->locals[number];
    uint16_t before[VN_UNITS_MAX];
    uint16_t next[VN_PARTS_MAX] = {0};
    for (int64_t sets = 0; sets < local->most_sets; sets++) {
        int64_t gain = -local->set_price;
        bool whole = true;
        memcpy(before, search->at, search->unit_count * sizeof before[0]);
        for (unsigned s = local->terms->slot_count; whole && s-- > 0;) {
            for (int64_t i = 0; whole && i < local->terms->needs[s]; i++) {
                const struct vn_best_claim *claim = next_claim(search, &local->claims[s], 0, &next[s]);
                whole = claim != NULL;
                if (whole) {
                    gain += gain_of(search, claim->unit, claim->choice);
                    search->at[claim->unit] = claim->choice;
                }
            }
        }
        if (!whole || gain <= 0) {
            memcpy(search->at, before, search->unit_count * sizeof before[0]);
            return;
        }
    }
}

static int64_t count_quantity(const struct vn_best_search *search, uint16_t number, unsigned quantity)
{
    int64_t have = 0;
    for (size_t u = 0; u < search->unit_count; u++) {
        const struct vn_best_choice *choice = choice_of(search, u, search->at[u]);
        if (choice->local == number && (choice->counts >> quantity & 1) != 0) {
            have += search->problem->units[search->units[u]].qty_milli;
        }
    }
    return have;
}

/* Units that serve for what the promotion asks beside its own: those that lose least by it. */
static bool take_serving(struct vn_best_search *search, uint16_t number)
{
    const struct vn_best_local *local = &search->locals[number];
    const struct vn_best_promotion *terms = local->terms;
    for (unsigned q = 0; q < terms->quantity_count; q++) {
        int64_t have = count_quantity(search, number, q);
        uint16_t next = 0;
        while (have < terms->least[q]) {
            const struct vn_best_claim *claim =
                next_claim(search, &local->claims[list_of(local, VN_BEST_SERVES)], 1U << q, &next);
            if (claim == NULL) {
                return false;
            }
            search->at[claim->unit] = claim->choice;
            have += search->problem->units[search->units[claim->unit]].qty_milli;
        }
    }
    return true;
}

/* What the promotion's units give now, less what they would give alone. */
static int64_t gain_of_local(const struct vn_best_search *search, uint16_t number)
{
    const struct vn_best_local *local = &search->locals[number];
    int64_t sum = 0;
    int64_t alone = 0;
    int64_t pieces = 0;
    for (size_t u = 0; u < search->unit_count; u++) {
        const struct vn_best_choice *choice = choice_of(search, u, search->at[u]);
        if (choice->local == number) {
            sum += choice->value;
            alone += choice_of(search, u, search->alone[u])->value;
            pieces += choice->slot == 0 ? 1 : 0;
        }
    }
    sum -= local->terms->slot_count == 0 ? 0 : pieces / local->terms->needs[0] * local->set_price;
    sum = local->most_value >= 0 && local->most_value < sum ? local->most_value : sum;
    return sum + local->once - alone;
}

static void take_local(struct vn_best_search *search, uint16_t number)
{
    if (search->locals[number].terms->order == VN_BEST_ANY) {
        take_sets(search, number);
    } else {
        take_runs(search, number);
    }
    if (take_serving(search, number) && gain_of_local(search, number) > 0) {
        return;
    }
    for (size_t u = 0; u < search->unit_count; u++) {
        if (choice_of(search, u, search->at[u])->local == number) {
            search->at[u] = search->alone[u];
        }
    }
}

/* What the choices are worth in all; false when they are not admissible. */
static bool value_of(struct vn_best_search *search, int64_t *value)
{
    int64_t bound = 0;
    *value = 0;
    vn_best_state_layout(search);
    memset(search->child, 0, search->stride * sizeof search->child[0]);
    for (size_t u = 0; u < search->unit_count; u++) {
        vn_best_state_move(search, u, -1);
        if (!vn_best_state_take(search, u, choice_of(search, u, search->at[u]), search->child, value,
                                &bound)) {
            return false;
        }
    }
    return true;
}

void vn_best_greedy(struct vn_best_search *search)
{
    size_t looks = search->local_count * search->first[search->unit_count];
    size_t heads = search->unit_count > UNITS_MANY || looks > LOOKS_MANY ? 1 : HEADS_MAX;
    list_claims(search);
    for (size_t head = 0; head < search->local_count && head < heads; head++) {
        memcpy(search->at, search->alone, search->unit_count * sizeof search->at[0]);
        take_local(search, (uint16_t)head);
        for (size_t i = 0; i < search->local_count; i++) {
            if (i != head) {
                take_local(search, (uint16_t)i);
            }
        }
        int64_t value = 0;
        if (value_of(search, &value) && value > search->best_value) {
            search->best_value = value;
            memcpy(search->best, search->at, search->unit_count * sizeof search->at[0]);
        }
    }
}
