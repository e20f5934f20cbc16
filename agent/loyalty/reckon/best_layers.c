/* The search of a component: unit by unit, from the dearest on, all states that the units so far can lead to.
 *
 * Of ways that lead to the same state only the best goes on: what can still come is the same for all. States whose bound
 * lies below the best known set are left out, and where steps run short, those with the lowest bounds. A greedy set comes
 * first; then a narrow pass, and if it had to leave out what could matter, a wider one, which keeps all that could equal the
 * best known set. If nothing had to be left out, its best is the optimum, and ties are settled as well. Else a third pass
 * asks only for what is better, which leaves fewer states. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "agent/loyalty/reckon/best_search.h"
#include "agent/loyalty/sort.h"

#define STEP_WORDS 512 /* a state of so many words more is one step more to make */

static int64_t *words_of(const struct vn_best_search *search, struct vn_best_layer *layer, size_t node)
{
    return &layer->words[node * search->stride];
}

static uint32_t hash_of(const struct vn_best_search *search, const int64_t *words)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a by words, then folded */
    for (size_t i = 0; i < search->state_words; i++) {
        hash = (hash ^ (uint64_t)words[i]) * 1099511628211U;
        hash ^= hash >> 32;
    }
    return (uint32_t)(hash ^ hash >> 29);
}

/* The place of a state among the layer's, or the free place where it belongs. */
static struct vn_best_place *find_place(struct vn_best_search *search, struct vn_best_layer *layer,
                                        const int64_t *words, uint32_t hash)
{
    for (uint32_t at = hash;; at++) {
        struct vn_best_place *place = &search->places[at % VN_BEST_PLACES];
        if (place->stamp != search->stamp ||
            (layer->nodes[place->node].hash == hash &&
             memcmp(words_of(search, layer, place->node), words, search->state_words * sizeof *words) == 0)) {
            return place;
        }
    }
}

/* < 0: what `a` has given is less by the first promotion in which they differ. */
static int compare_given(const struct vn_best_search *search, const int64_t *a, const int64_t *b)
{
    for (size_t i = search->state_words; i < search->stride; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static bool better(const struct vn_best_search *search, const struct vn_best_node *a, const int64_t *a_words,
                   const struct vn_best_node *b, const int64_t *b_words)
{
    if (a->value != b->value) {
        return a->value > b->value;
    }
    int order = compare_given(search, a_words, b_words);
    return order != 0 ? order > 0 : a->lex < b->lex;
}

static void drop(struct vn_best_search *search, int64_t bound)
{
    search->dropped = bound > search->dropped ? bound : search->dropped;
}

/* Puts the state in `child` into the layer. `step` leads to it. */
static void add_node(struct vn_best_search *search, struct vn_best_layer *layer, struct vn_best_node node,
                     struct vn_best_step step)
{
    node.hash = hash_of(search, search->child);
    struct vn_best_place *place = find_place(search, layer, search->child, node.hash);
    bool known = place->stamp == search->stamp;
    if (!known && layer->count == search->capacity) {
        drop(search, node.bound);
        return;
    }
    size_t at = known ? place->node : layer->count;
    struct vn_best_node *there = &layer->nodes[at];
    if (known) { /* what can still come is the same for both: the lower estimate holds for both */
        int64_t one = node.bound - node.value;
        int64_t two = there->bound - there->value;
        int64_t ahead = one < two ? one : two;
        node.bound = node.value + ahead;
        there->bound = there->value + ahead;
        if (!better(search, &node, search->child, there, words_of(search, layer, at))) {
            return;
        }
    } else {
        *place = (struct vn_best_place){search->stamp, (uint32_t)at};
        layer->count++;
    }
    assert(search->trail_count <= VN_BEST_STEPS_MAX); /* a step adds one node at most */
    node.trail = search->trail_count;
    search->trail[search->trail_count++] = step;
    *there = node;
    memcpy(words_of(search, layer, at), search->child, search->stride * sizeof search->child[0]);
}

static bool lex_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_best_node *nodes = ctx;
    return nodes[a].lex < nodes[b].lex;
}

static bool bound_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_best_node *nodes = ctx;
    return nodes[a].bound != nodes[b].bound ? nodes[a].bound > nodes[b].bound : nodes[a].lex < nodes[b].lex;
}

/* Numbers the nodes in the order of ties, and sorts them by their bounds. */
static void sort_layer(struct vn_best_search *search, const struct vn_best_layer *layer)
{
    for (size_t i = 0; i < layer->count; i++) {
        search->by_lex[i] = search->by_bound[i] = (uint16_t)i;
    }
    vn_sort_order(search->by_lex, layer->count, lex_before, layer->nodes);
    vn_sort_order(search->by_bound, layer->count, bound_before, layer->nodes);
    for (size_t i = 0; i < layer->count; i++) {
        search->lex_of[search->by_lex[i]] = (uint32_t)i;
    }
}

static void expand(struct vn_best_search *search, size_t unit, size_t at, struct vn_best_layer *from,
                   struct vn_best_layer *to)
{
    const struct vn_best_node *node = &from->nodes[at];
    uint32_t count = search->first[unit + 1] - search->first[unit];
    for (uint32_t c = 0; c < count; c++) {
        struct vn_best_node next = {
            .value = node->value, .bound = node->bound, .lex = search->lex_of[at] * count + c};
        memcpy(search->child, words_of(search, from, at), search->stride * sizeof search->child[0]);
        search->steps += search->step_cost;
        if (!vn_best_state_take(search, unit, &search->choices[search->first[unit] + c], search->child,
                                &next.value, &next.bound) ||
            next.bound < search->needed) {
            continue;
        }
        add_node(search, to, next, (struct vn_best_step){node->trail, (uint16_t)c});
    }
}

/* From no unit to all, in about so many steps; returns the last layer. */
static struct vn_best_layer *run(struct vn_best_search *search, int64_t steps)
{
    struct vn_best_layer *from = &search->layers[0];
    struct vn_best_layer *to = &search->layers[1];
    int64_t choices = search->first[search->unit_count] * search->step_cost;
    search->dropped = -1;
    search->trail_count = 0;
    vn_best_state_layout(search);
    from->count = 1;
    from->nodes[0] = (struct vn_best_node){.bound = search->root, .trail = VN_BEST_NO_STEP};
    memset(from->words, 0, search->stride * sizeof from->words[0]);
    for (size_t unit = 0; unit < search->unit_count; unit++) {
        int64_t end = search->steps + steps;
        size_t width = (size_t)(steps / choices);
        to->count = 0;
        search->stamp++;
        sort_layer(search, from);
        vn_best_state_move(search, unit, -1);
        for (size_t i = 0; i < from->count; i++) {
            if (i < width) {
                expand(search, unit, search->by_bound[i], from, to);
            } else {
                drop(search, from->nodes[search->by_bound[i]].bound);
            }
        }
        choices -= (search->first[unit + 1] - search->first[unit]) * search->step_cost;
        steps = end - search->steps;
        struct vn_best_layer *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* The best of the last layer becomes the best known, unless that is more worth. */
static void keep_best(struct vn_best_search *search, struct vn_best_layer *last)
{
    const struct vn_best_node *node = NULL;
    for (size_t i = 0; i < last->count; i++) {
        const struct vn_best_node *at = &last->nodes[i];
        if (node == NULL || better(search, at, words_of(search, last, i), node,
                                   words_of(search, last, (size_t)(node - last->nodes)))) {
            node = at;
        }
    }
    if (node == NULL || node->value < search->best_value) {
        return;
    }
    search->best_value = node->value;
    uint32_t at = node->trail;
    for (size_t unit = search->unit_count; unit-- > 0; at = search->trail[at].before) {
        search->best[unit] = search->trail[at].choice;
    }
}

/* True when what it left out can't be better than the best. */
static bool pass(struct vn_best_search *search, int64_t needed, int64_t steps, bool *settled)
{
    search->needed = needed;
    if (steps < search->first[search->unit_count] * search->step_cost) {
        return false; /* not a single state from the first unit to the last */
    }
    keep_best(search, run(search, steps));
    *settled = search->dropped < search->best_value && needed <= search->best_value;
    return search->dropped < search->best_value + search->grain;
}

static bool before(const struct vn_best_choice *a, const struct vn_best_choice *b)
{
    return a->code != b->code ? a->code < b->code : a->slot < b->slot;
}

static void sort_choices(struct vn_best_search *search)
{
    for (size_t u = 0; u < search->unit_count; u++) {
        struct vn_best_choice *choices = &search->choices[search->first[u]];
        size_t count = search->first[u + 1] - search->first[u];
        for (size_t i = 1; i < count; i++) {
            struct vn_best_choice moved = choices[i];
            size_t at = i;
            for (; at > 0 && before(&moved, &choices[at - 1]); at--) {
                choices[at] = choices[at - 1];
            }
            choices[at] = moved;
        }
    }
}

static void keep_alone(struct vn_best_search *search)
{
    search->best_value = 0;
    for (size_t u = 0; u < search->unit_count; u++) {
        uint16_t at = 0;
        while (search->choices[search->first[u] + at].local != VN_BEST_NONE) {
            at++;
        }
        search->alone[u] = search->best[u] = at;
        search->best_value += search->choices[search->first[u] + at].value;
    }
}

static void write_answer(const struct vn_best_search *search, struct vn_best_answer *answer)
{
    for (size_t u = 0; u < search->unit_count; u++) {
        const struct vn_best_choice *choice = &search->choices[search->first[u] + search->best[u]];
        if (choice->local != VN_BEST_NONE) {
            answer->promotion[search->units[u]] = search->locals[choice->local].number;
            answer->slot[search->units[u]] = choice->slot;
        }
    }
}

void vn_best_layers(struct vn_best_search *search, struct vn_best_answer *answer)
{
    int64_t steps_max =
        search->problem->steps_max < VN_BEST_STEPS_MAX ? search->problem->steps_max : VN_BEST_STEPS_MAX;
    int64_t left = steps_max - answer->steps;
    bool settled = false;
    vn_best_state_layout(search);
    search->step_cost = 1 + (int64_t)search->stride / STEP_WORDS;
    if (left >= search->first[search->unit_count] * search->step_cost) { /* a pass may be made */
        vn_best_bound(search);
    }
    sort_choices(search);
    keep_alone(search);
    assert(search->stride <= VN_BEST_STATE_MAX);
    search->capacity = VN_BEST_WORDS_MAX / search->stride;
    search->capacity = search->capacity < VN_BEST_NODES_MAX ? search->capacity : VN_BEST_NODES_MAX;
    search->steps = 0;
    vn_best_greedy(search);
    bool optimal = pass(search, search->best_value, left / 16, &settled);
    if (!settled) {
        optimal = pass(search, search->best_value, (left - search->steps) / 4 * 3, &settled) || optimal;
    }
    if (!optimal) {
        optimal = pass(search, search->best_value + search->grain, left - search->steps, &settled);
    }
    write_answer(search, answer);
    answer->steps += search->steps;
    answer->optimal = answer->optimal && optimal;
    answer->settled = answer->settled && settled;
}
