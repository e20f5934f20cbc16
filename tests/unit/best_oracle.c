#include "tests/unit/best_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"

unsigned problem_below(uint64_t *seed, unsigned limit)
{
    uint32_t value = 0;
    struct vn_random random = vn_random_seeded(seed);
    assert_int_equal(vn_random_fill(&random, (uint8_t *)&value, sizeof value), VN_OK);
    return value % limit;
}

/* problems */

static void make_terms(uint64_t *seed, struct vn_best_promotion *out)
{
    *out = (struct vn_best_promotion){.slot_count = 2, .most_sets = INT64_MAX, .most_value = INT64_MAX};
    switch (problem_below(seed, 7)) {
    case 0:
    case 1:
        out->order = problem_below(seed, 4) == 0 ? VN_BEST_DEAREST : VN_BEST_CHEAPEST;
        out->needs[0] = 1 + problem_below(seed, 2);
        out->needs[1] = problem_below(seed, 4) == 0 ? 2 : 1;
        break;
    case 2: /* buy some, get some */
        out->needs[0] = 1 + problem_below(seed, 2);
        out->needs[1] = problem_below(seed, 4) == 0 ? 2 : 1;
        break;
    case 3: /* a bundle */
        out->slot_count = 1 + problem_below(seed, 3);
        for (unsigned s = 0; s < out->slot_count; s++) {
            out->needs[s] = 1 + (problem_below(seed, 4) == 0 ? 1 : 0);
        }
        out->set_price = 100 * problem_below(seed, 9);
        out->pooled = problem_below(seed, 2) == 0;
        break;
    case 4: /* nothing but conditions */
        out->slot_count = 0;
        out->quantity_count = 1;
        break;
    default: /* pieces, with a limit or a condition, or together no more than their rooms */
        out->slot_count = 1;
        out->pooled = problem_below(seed, 3) == 0;
        out->needs[0] = 1;
        out->most_sets = problem_below(seed, 2) == 0 ? 1 + problem_below(seed, 3) : INT64_MAX;
        break;
    }
    if (problem_below(seed, 4) == 0) {
        out->most_sets = 1 + problem_below(seed, 2);
    }
    if (problem_below(seed, 4) == 0) {
        out->most_value = 50 * (1 + problem_below(seed, 12));
    }
    if (out->slot_count == 0 || problem_below(seed, 5) == 0) {
        out->once = 50 * (1 + problem_below(seed, 6));
    }
    if (problem_below(seed, 4) == 0) {
        out->quantity_count = 1 + problem_below(seed, 2);
    }
    for (unsigned q = 0; q < out->quantity_count; q++) {
        out->least[q] = 1000 * (1 + problem_below(seed, 4)) - 500 * problem_below(seed, 2);
    }
}

static int64_t value_in(const struct vn_best_promotion *terms, int64_t base, unsigned slot, int64_t rate)
{
    if (terms->set_price > 0 || (terms->pooled && terms->slot_count > 1)) {
        return base;
    }
    bool rewarded = slot + 1 == terms->slot_count;
    return rewarded ? base * rate / 10 : 0;
}

/* What a unit may do in a promotion. */
static void make_roles(struct problem *problem, uint64_t *seed, struct vn_best_unit *unit, unsigned promotion,
                       int64_t rate)
{
    const struct vn_best_promotion *terms = &problem->promotions[promotion];
    struct vn_best_role role = {.promotion = (uint16_t)promotion,
                                .room = unit->base * (int64_t)problem_below(seed, 3) / 2};
    for (unsigned q = 0; q < terms->quantity_count; q++) {
        role.counts |= (uint8_t)(problem_below(seed, 3) == 0 ? 0 : 1U << q);
    }
    bool any = problem_below(seed, 4) != 0;
    for (unsigned s = 0; any && s < terms->slot_count; s++) {
        if (terms->order != VN_BEST_ANY || problem_below(seed, 3) != 0) {
            role.slot = (uint8_t)s;
            role.value = value_in(terms, unit->base, s, rate);
            problem->roles[problem->role_count++] = role;
        }
    }
    if (role.counts != 0) {
        role.slot = VN_BEST_SERVES;
        role.value = 0;
        role.room = 0;
        problem->roles[problem->role_count++] = role;
    }
}

void problem_make(struct problem *problem, uint64_t *seed, unsigned units, unsigned promotions)
{
    memset(problem, 0, sizeof *problem);
    problem->head = (struct vn_best_problem){.promotions = problem->promotions,
                                             .units = problem->units,
                                             .roles = problem->roles,
                                             .promotion_count = promotions,
                                             .unit_count = 1 + problem_below(seed, units),
                                             .steps_max = VN_BEST_STEPS_MAX};
    int64_t rates[PROBLEM_PROMOTIONS];
    bool plain[PROBLEM_PROMOTIONS];
    for (unsigned p = 0; p < promotions; p++) {
        make_terms(seed, &problem->promotions[p]);
        plain[p] = problem_below(seed, 4) == 0;
        rates[p] = plain[p] ? 1 + problem_below(seed, 3) : 3 + problem_below(seed, 8);
    }
    unsigned prices = 1 + problem_below(seed, 6);
    for (uint32_t u = 0; u < problem->head.unit_count; u++) {
        struct vn_best_unit *unit = &problem->units[u];
        *unit = (struct vn_best_unit){.base = 100 * (1 + problem_below(seed, prices)),
                                      .qty_milli = problem_below(seed, 8) == 0 ? 700 : 1000,
                                      .alone = VN_BEST_NONE,
                                      .first_role = problem->role_count};
        for (unsigned p = 0; p < promotions; p++) {
            if (!plain[p]) {
                make_roles(problem, seed, unit, p, rates[p]);
            } else if (problem_below(seed, 2) == 0 && unit->base * rates[p] / 10 > unit->alone_value) {
                unit->alone = (uint16_t)p;
                unit->alone_value = unit->base * rates[p] / 10;
            }
        }
        unit->role_count = problem->role_count - unit->first_role;
    }
}

/* comparing */

int worth_compare(const struct problem *problem, const struct worth *a, const struct worth *b)
{
    if (a->value != b->value) {
        return a->value > b->value ? 1 : -1;
    }
    for (uint32_t p = 0; p < problem->head.promotion_count; p++) {
        if (a->given[p] != b->given[p]) {
            return a->given[p] > b->given[p] ? 1 : -1;
        }
    }
    for (uint32_t u = 0; u < problem->head.unit_count; u++) {
        if (a->codes[u] != b->codes[u]) {
            return a->codes[u] < b->codes[u] ? 1 : -1;
        }
    }
    return 0;
}

/* trying everything */

struct trial {
    const struct problem *problem;
    unsigned order[PROBLEM_UNITS]; /* units from the dearest on */
    bool decided[PROBLEM_UNITS];
    const struct vn_best_role *role[PROBLEM_UNITS]; /* NULL: alone */
    int64_t sets[PROBLEM_PROMOTIONS];
    struct worth *best;
};

static void sort_units(struct trial *trial)
{
    const struct vn_best_unit *units = trial->problem->units;
    for (unsigned u = 0; u < trial->problem->head.unit_count; u++) {
        unsigned at = u;
        for (; at > 0 && units[trial->order[at - 1]].base < units[u].base; at--) {
            trial->order[at] = trial->order[at - 1];
        }
        trial->order[at] = u;
    }
}

static void add_unit_worth(const struct trial *trial, unsigned place, struct worth *out, int64_t *rooms,
                           int64_t (*quantities)[VN_PARTS_MAX], bool *used)
{
    const struct vn_best_unit *unit = &trial->problem->units[trial->order[place]];
    const struct vn_best_role *role = trial->role[trial->order[place]];
    unsigned ranks = trial->problem->head.promotion_count;
    if (role == NULL) {
        out->codes[place] = (unit->alone_value > 0 ? unit->alone : ranks) * 256;
        if (unit->alone != VN_BEST_NONE) {
            out->given[unit->alone] += unit->alone_value;
        }
        return;
    }
    used[role->promotion] = true;
    const struct vn_best_promotion *terms = &trial->problem->promotions[role->promotion];
    bool gets = role->value > 0 && terms->set_price == 0 && !(terms->pooled && role->room == 0);
    out->codes[place] = (role->promotion + (gets ? 0 : ranks + 1)) * 256 + role->slot;
    out->given[role->promotion] += role->value;
    rooms[role->promotion] += role->room;
    for (unsigned q = 0; q < VN_PARTS_MAX; q++) {
        quantities[role->promotion][q] += (role->counts >> q & 1) != 0 ? unit->qty_milli : 0;
    }
}

/* Sums up; admissible when limits and conditions hold and each promotion gives something. */
static void sum_up(const struct trial *trial, struct worth *out)
{
    const struct problem *problem = trial->problem;
    int64_t rooms[PROBLEM_PROMOTIONS] = {0};
    int64_t quantities[PROBLEM_PROMOTIONS][VN_PARTS_MAX] = {{0}};
    bool used[PROBLEM_PROMOTIONS] = {false};
    *out = (struct worth){.admissible = true};
    for (unsigned i = 0; i < problem->head.unit_count; i++) {
        add_unit_worth(trial, i, out, rooms, quantities, used);
    }
    for (unsigned p = 0; p < problem->head.promotion_count; p++) {
        const struct vn_best_promotion *terms = &problem->promotions[p];
        int64_t *given = &out->given[p];
        if (used[p]) {
            *given -= trial->sets[p] * terms->set_price;
            out->admissible = out->admissible && trial->sets[p] <= terms->most_sets &&
                              (trial->sets[p] > 0 || terms->slot_count == 0) &&
                              (terms->set_price == 0 || *given > 0);
            *given = terms->pooled && rooms[p] < *given ? rooms[p] : *given;
            *given = terms->most_value < *given ? terms->most_value : *given;
            out->admissible = out->admissible && (terms->slot_count == 0 || *given > 0);
            *given += terms->once;
            out->admissible = out->admissible && *given > 0;
            for (unsigned q = 0; q < terms->quantity_count; q++) {
                out->admissible = out->admissible && quantities[p][q] >= terms->least[q];
            }
        }
        out->value += *given;
    }
}

/* Of a set, no piece that is given may be dearer (VN_BEST_DEAREST: cheaper) than one that is paid. */
static bool is_set(const struct trial *trial, const unsigned *members, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < count; j++) {
            const struct vn_best_role *paid = trial->role[members[i]];
            const struct vn_best_role *given = trial->role[members[j]];
            int64_t paid_base = trial->problem->units[members[i]].base;
            int64_t given_base = trial->problem->units[members[j]].base;
            enum vn_best_order order = trial->problem->promotions[paid->promotion].order;
            if (paid->slot == 0 && given->slot == 1 &&
                ((order == VN_BEST_CHEAPEST && given_base > paid_base) ||
                 (order == VN_BEST_DEAREST && given_base < paid_base))) {
                return false;
            }
        }
    }
    return true;
}

static void try_units(struct trial *trial);

/* Completes a set of the promotion with units that come after the last member. */
static void try_members(struct trial *trial, unsigned promotion, unsigned *members, unsigned count,
                        unsigned from)
{
    const struct problem *problem = trial->problem;
    const struct vn_best_promotion *terms = &problem->promotions[promotion];
    unsigned size = 0;
    for (unsigned s = 0; s < terms->slot_count; s++) {
        size += (unsigned)terms->needs[s];
    }
    if (count == size) {
        if (is_set(trial, members, count)) {
            trial->sets[promotion]++;
            try_units(trial);
            trial->sets[promotion]--;
        }
        return;
    }
    for (unsigned u = from; u < problem->head.unit_count; u++) {
        const struct vn_best_unit *unit = &problem->units[u];
        for (uint32_t r = 0; !trial->decided[u] && r < unit->role_count; r++) {
            const struct vn_best_role *role = &problem->roles[unit->first_role + r];
            int64_t of_slot = 0;
            for (unsigned i = 0; i < count; i++) {
                of_slot += trial->role[members[i]]->slot == role->slot ? 1 : 0;
            }
            if (role->promotion != promotion || role->slot == VN_BEST_SERVES ||
                of_slot == terms->needs[role->slot]) {
                continue;
            }
            trial->decided[u] = true;
            trial->role[u] = role;
            members[count] = u;
            try_members(trial, promotion, members, count + 1, u + 1);
            trial->decided[u] = false;
            trial->role[u] = NULL;
        }
    }
}

/* The first unit that is not decided: alone, serving, or the first of a set. */
static void try_units(struct trial *trial)
{
    const struct problem *problem = trial->problem;
    unsigned first = 0;
    while (first < problem->head.unit_count && trial->decided[first]) {
        first++;
    }
    if (first == problem->head.unit_count) {
        struct worth worth;
        sum_up(trial, &worth);
        if (worth.admissible &&
            (!trial->best->admissible || worth_compare(problem, &worth, trial->best) > 0)) {
            *trial->best = worth;
        }
        return;
    }
    const struct vn_best_unit *unit = &problem->units[first];
    trial->decided[first] = true;
    try_units(trial);
    for (uint32_t r = 0; r < unit->role_count; r++) {
        const struct vn_best_role *role = &problem->roles[unit->first_role + r];
        trial->role[first] = role;
        if (role->slot == VN_BEST_SERVES) {
            try_units(trial);
        } else {
            unsigned members[PROBLEM_UNITS] = {first};
            try_members(trial, role->promotion, members, 1, first + 1);
        }
        trial->role[first] = NULL;
    }
    trial->decided[first] = false;
}

void problem_try_all(const struct problem *problem, struct worth *best)
{
    struct trial trial = {.problem = problem, .best = best};
    *best = (struct worth){.admissible = false};
    sort_units(&trial);
    try_units(&trial);
}

void problem_measure(const struct problem *problem, const struct vn_best_answer *answer, struct worth *out)
{
    struct trial trial = {.problem = problem};
    int64_t counts[PROBLEM_PROMOTIONS][VN_PARTS_MAX] = {{0}};
    sort_units(&trial);
    for (uint32_t u = 0; u < problem->head.unit_count; u++) {
        const struct vn_best_unit *unit = &problem->units[u];
        for (uint32_t r = 0; r < unit->role_count; r++) {
            const struct vn_best_role *role = &problem->roles[unit->first_role + r];
            if (role->promotion == answer->promotion[u] && role->slot == answer->slot[u]) {
                trial.role[u] = role;
            }
        }
        if (trial.role[u] == NULL) {
            assert_int_equal(answer->promotion[u], unit->alone);
        } else if (trial.role[u]->slot != VN_BEST_SERVES) {
            counts[trial.role[u]->promotion][trial.role[u]->slot]++;
        }
    }
    for (uint32_t p = 0; p < problem->head.promotion_count; p++) {
        const struct vn_best_promotion *terms = &problem->promotions[p];
        trial.sets[p] = terms->slot_count == 0 ? 0 : counts[p][0] / terms->needs[0];
        for (unsigned s = 0; s < terms->slot_count; s++) {
            assert_int_equal(counts[p][s], trial.sets[p] * terms->needs[s]);
        }
    }
    sum_up(&trial, out);
    assert_true(out->admissible);
}
