#include "agent/loyalty/reckon/best.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/reckon/best_search.h"
#include "agent/loyalty/sort.h"

enum vn_status vn_best_search_create(struct vn_best_search **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? VN_NOMEM : VN_OK;
}

void vn_best_search_destroy(struct vn_best_search *search)
{
    free(search);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The largest number that the search multiplies or adds; caps only ever lower a sum. */
static int64_t largest_value(const struct vn_best_problem *problem)
{
    int64_t most = 1;
    for (uint32_t u = 0; u < problem->unit_count; u++) {
        const struct vn_best_unit *unit = &problem->units[u];
        most = larger(most, unit->alone_value);
        for (uint32_t r = 0; r < unit->role_count; r++) {
            const struct vn_best_role *role = &problem->roles[unit->first_role + r];
            most = larger(most, larger(role->value, role->room));
        }
    }
    for (uint32_t p = 0; p < problem->promotion_count; p++) {
        most = larger(most, larger(problem->promotions[p].once, problem->promotions[p].set_price));
    }
    return most;
}

/* Sums of a value for each unit and a few for each promotion must fit, with room for a multiplier's factor of 100. */
static int64_t choose_scale(const struct vn_best_problem *problem)
{
    static const int64_t scales[] = {2520, 420, 60, 12, 1}; /* least common multiples of 1..10, 7, 6, 4 */
    int64_t terms = 4 * ((int64_t)problem->unit_count + problem->promotion_count + 100);
    int64_t most = largest_value(problem);
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        if (most <= INT64_MAX / terms / scales[i]) {
            return scales[i];
        }
    }
    return 0;
}

static bool dearer(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_best_unit *units = ctx;
    return units[a].base != units[b].base ? units[a].base > units[b].base : a < b;
}

static uint16_t root_of(struct vn_best_search *search, uint16_t place)
{
    while (search->parent[place] != place) {
        search->parent[place] = search->parent[search->parent[place]];
        place = search->parent[place];
    }
    return place;
}

/* Finds the promotions that are searched, and which of them share units. */
static void link_promotions(struct vn_best_search *search)
{
    const struct vn_best_problem *problem = search->problem;
    memset(search->place, 0, problem->promotion_count * sizeof search->place[0]);
    search->order_count = 0;
    for (uint32_t u = 0; u < problem->unit_count; u++) {
        const struct vn_best_unit *unit = &problem->units[u];
        for (uint32_t r = 0; r < unit->role_count; r++) {
            search->place[problem->roles[unit->first_role + r].promotion] = 1;
        }
        if (unit->role_count > 0) {
            search->order[search->order_count++] = (uint16_t)u;
        }
    }
    search->searched_count = 0;
    for (uint32_t p = 0; p < problem->promotion_count; p++) {
        if (search->place[p] != 0) {
            assert(search->searched_count < VN_BEST_PROMOTIONS_MAX);
            search->place[p] = (uint16_t)search->searched_count;
            search->parent[search->searched_count] = (uint16_t)search->searched_count;
            search->searched[search->searched_count++] = (uint16_t)p;
        }
    }
    for (size_t i = 0; i < search->order_count; i++) {
        const struct vn_best_unit *unit = &problem->units[search->order[i]];
        const struct vn_best_role *roles = &problem->roles[unit->first_role];
        uint16_t first = root_of(search, search->place[roles[0].promotion]);
        for (uint32_t r = 1; r < unit->role_count; r++) {
            search->parent[root_of(search, search->place[roles[r].promotion])] = first;
        }
    }
    vn_sort_order(search->order, search->order_count, dearer, problem->units);
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void add_local(struct vn_best_search *search, uint16_t place)
{
    uint16_t number = search->searched[place];
    const struct vn_best_promotion *terms = &search->problem->promotions[number];
    struct vn_best_local *local = &search->locals[search->local_count];
    int64_t pieces = 0;
    for (unsigned s = 0; s < terms->slot_count; s++) {
        pieces += terms->needs[s];
    }
    int64_t sets = pieces == 0 ? 1 : (int64_t)search->problem->unit_count / pieces;
    bool capped = terms->most_value <= INT64_MAX / search->scale;
    *local = (struct vn_best_local){
        .terms = terms,
        .number = number,
        .most_sets = terms->most_sets < sets ? terms->most_sets : sets,
        .set_price = terms->set_price * search->scale,
        .most_value = capped ? terms->most_value * search->scale : -1,
        .once = terms->once * search->scale,
        .may_give_nothing = terms->once > 0 && terms->set_price > 0,
    };
    search->local_at[place] = (uint16_t)search->local_count++;
    search->is_rank[number] = true;
    search->grain = gcd(search->grain, gcd(local->set_price, local->once));
    search->grain = capped ? gcd(search->grain, local->most_value) : search->grain;
}

static uint16_t rank_of_number(const struct vn_best_search *search, uint16_t number)
{
    uint16_t rank = 0;
    while (search->ranks[rank] != number) {
        rank++;
    }
    return rank;
}

/* Ranks of promotions, and the order of ties: who gets something, then who stands idle, then who serves. Of a set at a price
 * each piece serves, and so does one that has no room left itself. */
static void rank_all(struct vn_best_search *search)
{
    search->rank_count = 0;
    for (uint32_t p = 0; p < search->problem->promotion_count; p++) {
        if (search->is_rank[p]) {
            search->ranks[search->rank_count++] = (uint16_t)p;
            search->is_rank[p] = false;
        }
    }
    for (size_t i = 0; i < search->local_count; i++) {
        search->locals[i].rank = rank_of_number(search, search->locals[i].number);
    }
    for (uint32_t c = 0; c < search->first[search->unit_count]; c++) {
        struct vn_best_choice *choice = &search->choices[c];
        bool serves = choice->value == 0;
        if (choice->local != VN_BEST_NONE) {
            const struct vn_best_local *local = &search->locals[choice->local];
            choice->rank = local->rank;
            serves = serves || local->set_price > 0 || (local->terms->pooled && choice->room == 0);
        } else if (choice->rank != VN_BEST_NONE) { /* still the promotion's number */
            choice->rank = rank_of_number(search, choice->rank);
        }
        size_t idle = search->rank_count;
        size_t code = choice->local == VN_BEST_NONE ? idle : choice->rank + idle + 1;
        choice->code = (uint16_t)(serves ? code : choice->rank);
    }
}

static void add_unit(struct vn_best_search *search, uint16_t number)
{
    const struct vn_best_unit *unit = &search->problem->units[number];
    size_t at = search->unit_count++;
    uint32_t choice = search->first[at];
    uint32_t member = search->first_member[at];
    search->units[at] = number;
    search->choices[choice++] = (struct vn_best_choice){
        .local = VN_BEST_NONE, .rank = unit->alone, .value = unit->alone_value * search->scale};
    search->grain = gcd(search->grain, unit->alone_value * search->scale);
    if (unit->alone != VN_BEST_NONE) {
        search->is_rank[unit->alone] = true;
    }
    for (uint32_t r = 0; r < unit->role_count; r++) {
        const struct vn_best_role *role = &search->problem->roles[unit->first_role + r];
        uint16_t local = search->local_at[search->place[role->promotion]];
        search->choices[choice++] = (struct vn_best_choice){
            .local = local,
            .slot = role->slot,
            .counts = role->counts,
            .value = role->value * search->scale,
            .room = role->room * search->scale,
        };
        struct vn_best_local *of = &search->locals[local];
        bool given = role->slot + 1U == of->terms->slot_count;
        bool nothing = role->value == 0 || (of->terms->pooled && role->room == 0);
        of->may_give_nothing = of->may_give_nothing || (given && nothing && of->once > 0);
        search->grain = gcd(search->grain, gcd(role->value, role->room) * search->scale);
        if (member == search->first_member[at] || search->members[member - 1].local != local) {
            search->members[member++] = (struct vn_best_member){.local = local};
        }
        search->members[member - 1].slots |= (uint8_t)(role->slot == VN_BEST_SERVES ? 0 : 1U << role->slot);
        search->members[member - 1].counts |= role->counts;
    }
    search->first[at + 1] = choice;
    search->first_member[at + 1] = member;
}

static uint16_t root_of_unit(struct vn_best_search *search, uint16_t unit)
{
    const struct vn_best_problem *problem = search->problem;
    return root_of(search, search->place[problem->roles[problem->units[unit].first_role].promotion]);
}

static void load_component(struct vn_best_search *search, uint16_t root)
{
    const struct vn_best_unit *units = search->problem->units;
    search->unit_count = 0;
    search->local_count = 0;
    search->grain = 0;
    search->first[0] = 0;
    search->first_member[0] = 0;
    for (size_t p = 0; p < search->searched_count; p++) {
        if (root_of(search, (uint16_t)p) == root) {
            add_local(search, (uint16_t)p);
        }
    }
    for (size_t i = 0; i < search->order_count; i++) {
        if (root_of_unit(search, search->order[i]) == root) {
            add_unit(search, search->order[i]);
        }
    }
    for (size_t i = 0; i < search->unit_count; i++) {
        search->level_ends[i] =
            i + 1 == search->unit_count || units[search->units[i]].base != units[search->units[i + 1]].base;
    }
    search->grain = search->grain == 0 ? 1 : search->grain;
    rank_all(search);
}

static void stand_alone(const struct vn_best_problem *problem, struct vn_best_answer *answer)
{
    *answer = (struct vn_best_answer){.optimal = true, .settled = true};
    for (uint32_t u = 0; u < problem->unit_count; u++) {
        answer->promotion[u] = problem->units[u].alone;
    }
}

void vn_best_solve(struct vn_best_search *search, const struct vn_best_problem *problem,
                   struct vn_best_answer *answer)
{
    assert(problem->unit_count <= VN_UNITS_MAX && problem->promotion_count <= VN_BEST_NUMBERS);
    search->problem = problem;
    stand_alone(problem, answer);
    search->scale = choose_scale(problem);
    if (search->scale == 0) {
        answer->optimal = answer->settled = false;
        return;
    }
    link_promotions(search);
    size_t sizes[VN_BEST_PROMOTIONS_MAX] = {0}; /* 0: not the root of a component, or done */
    for (size_t i = 0; i < search->order_count; i++) {
        sizes[root_of_unit(search, search->order[i])]++;
    }
    for (;;) { /* the smallest first: what is easily proved does not wait for what isn't */
        size_t root = search->searched_count;
        for (size_t i = 0; i < search->searched_count; i++) {
            if (sizes[i] > 0 && (root == search->searched_count || sizes[i] < sizes[root])) {
                root = i;
            }
        }
        if (root == search->searched_count) {
            return;
        }
        sizes[root] = 0;
        load_component(search, (uint16_t)root);
        vn_best_layers(search, answer);
    }
}
