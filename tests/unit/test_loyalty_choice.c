/* Groups whose choice is `best`, as quotes: small baskets and promotions from a seed, held against trying every set of
 * applications, with values that are computed here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/best_oracle.h"
#include "tests/unit/loyalty_world.h"

#define PIECES     6
#define PROMOTIONS 4
#define CODES      4 /* "0" to "3" */

/* A promotion as the test knows it; sets of codes are bits. */
struct offer {
    int kind;               /* 0 percent, 1 amount, 2 new price, 3 n-th, 4 buy and get, 5 bundle */
    unsigned codes, others; /* rewarded; bought, or the bundle's second part */
    unsigned rate, amount, n, take;
    bool dearest;
    unsigned limit, cap;
    unsigned asked, asked_codes; /* pieces */
};

struct scene {
    struct offer offers[PROMOTIONS];
    unsigned offer_count, piece_count;
    unsigned codes[PIECES];
    int64_t prices[PIECES], lists[PIECES];
    bool running;
    int64_t floor_bp;
};

static void make_scene(struct scene *scene, uint64_t *seed)
{
    memset(scene, 0, sizeof *scene);
    scene->running = problem_below(seed, 2) == 0;
    scene->floor_bp = problem_below(seed, 3) == 0 ? 4000 : 0;
    scene->piece_count = 1 + problem_below(seed, PIECES);
    scene->offer_count = 1 + problem_below(seed, PROMOTIONS);
    for (unsigned i = 0; i < scene->piece_count; i++) {
        scene->codes[i] = problem_below(seed, CODES);
        scene->prices[i] = 10 * (1 + problem_below(seed, 20));
        scene->lists[i] = scene->prices[i] + (problem_below(seed, 4) == 0 ? 30 : 0);
    }
    for (unsigned p = 0; p < scene->offer_count; p++) {
        *(&scene->offers[p]) =
            (struct offer){.kind = (int)problem_below(seed, 6),
                           .codes = 1 + problem_below(seed, (1U << CODES) - 1),
                           .others = 1 + problem_below(seed, (1U << CODES) - 1),
                           .rate = 500 * (1 + problem_below(seed, 20)),
                           .amount = 10 * (1 + problem_below(seed, 15)),
                           .n = 2 + problem_below(seed, 2),
                           .take = 1,
                           .dearest = problem_below(seed, 4) == 0,
                           .limit = problem_below(seed, 3) == 0 ? 1 + problem_below(seed, 2) : 0,
                           .cap = problem_below(seed, 4) == 0 ? 40 + problem_below(seed, 90) : 0};
        if (problem_below(seed, 4) == 0) {
            scene->offers[p].asked = 1 + problem_below(seed, 3);
            scene->offers[p].asked_codes = 1 + problem_below(seed, (1U << CODES) - 1);
        }
    }
}

/* the scene as a document */

static const char *selector(unsigned codes, char out[64])
{
    size_t len = (size_t)snprintf(out, 64, "{'codes':[");
    for (unsigned c = 0; c < CODES; c++) {
        if ((codes >> c & 1) != 0) {
            len += (size_t)snprintf(out + len, 64 - len, "%s'%u'", out[len - 1] == '[' ? "" : ",", c);
        }
    }
    (void)snprintf(out + len, 64 - len, "]}");
    return out;
}

static size_t write_offer(const struct offer *offer, unsigned number, char *out, size_t size)
{
    char codes[64];
    char others[64];
    char asked[64];
    size_t len = (size_t)snprintf(out, size, "{'id':'p%u','group':'g'", number);
    if (offer->limit > 0) {
        len += (size_t)snprintf(out + len, size - len, ",'limits':{'per_receipt':%u}", offer->limit);
    }
    if (offer->cap > 0) {
        len += (size_t)snprintf(out + len, size - len, ",'caps':{'max_discount_minor':%u}", offer->cap);
    }
    if (offer->asked > 0) {
        len += (size_t)snprintf(out + len, size - len, ",'if':{'quantity':{'selector':%s,'qty_milli':%u}}",
                                selector(offer->asked_codes, asked), 1000 * offer->asked);
    }
    (void)selector(offer->codes, codes);
    (void)selector(offer->others, others);
    switch (offer->kind) {
    case 0:
        len += (size_t)snprintf(out + len, size - len,
                                ",'then':{'kind':'percent_off','selector':%s,'rate_bp':%u}}", codes,
                                offer->rate);
        break;
    case 1:
        len += (size_t)snprintf(out + len, size - len,
                                ",'then':{'kind':'amount_off','selector':%s,'amount_minor':%u}}", codes,
                                offer->amount);
        break;
    case 2:
        len += (size_t)snprintf(out + len, size - len,
                                ",'then':{'kind':'new_price','selector':%s,'price_minor':%u}}", codes,
                                offer->amount);
        break;
    case 3:
        len += (size_t)snprintf(
            out + len, size - len,
            ",'then':{'kind':'nth_free','selector':%s,'n':%u,'free':%u,'cheapest':%s,'rate_bp':%u}}", codes,
            offer->n, offer->take, offer->dearest ? "false" : "true", offer->rate);
        break;
    case 4:
        len += (size_t)snprintf(out + len, size - len,
                                ",'then':{'kind':'buy_get','buy':{'selector':%s,'n':%u},'get':{'selector':%s,"
                                "'n':%u},'rate_bp':%u}}",
                                others, offer->n - 1, codes, offer->take, offer->rate);
        break;
    default:
        len += (size_t)snprintf(out + len, size - len,
                                ",'then':{'kind':'bundle','price_minor':%u,'parts':[{'selector':%s,'n':1},"
                                "{'selector':%s,'n':%u}]}}",
                                offer->amount, codes, others, offer->n - 1);
        break;
    }
    return len;
}

static char text[16384]; /* of the scene that was quoted last */

static void quote_scene(struct world *world, const struct scene *scene)
{
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "{'header':{'engine':2,'floor_bp':%d,'groups':[{'id':'g','stage':'units','"
                                  "base':'%s','choice':'best'}]},"
                                  "'promotions':[",
                                  (int)scene->floor_bp, scene->running ? "running" : "list");
    for (unsigned p = 0; p < scene->offer_count; p++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", p == 0 ? "" : ",");
        len += write_offer(&scene->offers[p], p, text + len, sizeof text - len);
    }
    len += (size_t)snprintf(text + len, sizeof text - len, "],'lines':[");
    for (unsigned i = 0; i < scene->piece_count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "%s{'id':%u,'code':'%u','amount_minor':%d,'pos_discounts_minor':%d}",
                                i == 0 ? "" : ",", i + 1, scene->codes[i], (int)scene->prices[i],
                                (int)(scene->lists[i] - scene->prices[i]));
    }
    (void)snprintf(text + len, sizeof text - len, "]}");
    world_outcome(world, text);
}

/* the scene as a problem */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void set_promotion(const struct offer *offer, struct vn_best_promotion *out)
{
    *out = (struct vn_best_promotion){.slot_count = 1,
                                      .needs = {1},
                                      .most_sets = offer->limit > 0 ? offer->limit : INT64_MAX,
                                      .most_value = offer->cap > 0 ? offer->cap : INT64_MAX};
    if (offer->asked > 0) {
        out->quantity_count = 1;
        out->least[0] = 1000 * (int64_t)offer->asked;
    }
    if (offer->kind >= 3) {
        out->slot_count = 2;
        out->needs[0] = offer->n - 1;
        out->needs[1] = 1;
    }
    if (offer->kind == 3) {
        out->order = offer->dearest ? VN_BEST_DEAREST : VN_BEST_CHEAPEST;
    }
    if (offer->kind == 5) {
        out->needs[0] = 1;
        out->needs[1] = offer->n - 1;
        out->set_price = offer->amount;
        out->pooled = true;
    }
}

static void add_roles(const struct scene *scene, unsigned piece, unsigned promotion, struct problem *problem)
{
    const struct offer *offer = &scene->offers[promotion];
    int64_t base = scene->running ? scene->prices[piece] : scene->lists[piece];
    int64_t room = scene->prices[piece] - (scene->lists[piece] * scene->floor_bp + 9999) / 10000;
    room = room > 0 ? room : 0;
    int64_t rate = least((base * offer->rate + 5000) / 10000, room);
    bool first = (offer->codes >> scene->codes[piece] & 1) != 0;
    bool second = (offer->others >> scene->codes[piece] & 1) != 0;
    struct vn_best_role role = {.promotion = (uint16_t)promotion};
    role.counts = offer->asked > 0 && (offer->asked_codes >> scene->codes[piece] & 1) != 0 ? 1 : 0;
    int64_t cut = scene->prices[piece] - offer->amount;
    const int64_t values[] = {rate, least(offer->amount, room), cut > 0 ? least(cut, room) : 0};
    bool slots[2] = {first, false};
    int64_t gives[2] = {offer->kind < 3 ? values[offer->kind] : 0, rate};
    if (offer->kind < 3) {
        slots[0] = first && gives[0] > 0;
    } else if (offer->kind == 3) {
        slots[1] = first;
    } else {
        slots[0] = offer->kind == 4 ? second : first;
        slots[1] = offer->kind == 4 ? first : second;
    }
    for (unsigned s = 0; s < 2; s++) {
        if (slots[s]) {
            role.slot = (uint8_t)s;
            role.value = offer->kind == 5 ? base : gives[s];
            role.room = room;
            problem->roles[problem->role_count++] = role;
        }
    }
    if (role.counts != 0) {
        role.slot = VN_BEST_SERVES;
        role.value = role.room = 0;
        problem->roles[problem->role_count++] = role;
    }
}

static void set_problem(const struct scene *scene, struct problem *problem)
{
    memset(problem, 0, sizeof *problem);
    problem->head = (struct vn_best_problem){.promotions = problem->promotions,
                                             .units = problem->units,
                                             .roles = problem->roles,
                                             .promotion_count = scene->offer_count,
                                             .unit_count = scene->piece_count};
    for (unsigned p = 0; p < scene->offer_count; p++) {
        set_promotion(&scene->offers[p], &problem->promotions[p]);
    }
    for (unsigned i = 0; i < scene->piece_count; i++) {
        struct vn_best_unit *unit = &problem->units[i];
        *unit = (struct vn_best_unit){.base = scene->running ? scene->prices[i] : scene->lists[i],
                                      .qty_milli = 1000,
                                      .alone = VN_BEST_NONE,
                                      .first_role = problem->role_count};
        for (unsigned p = 0; p < scene->offer_count; p++) {
            add_roles(scene, i, p, problem);
        }
        unit->role_count = problem->role_count - unit->first_role;
    }
}

static void test_quotes_are_as_good_as_trying_everything(void **state)
{
    struct world *world = *state;
    static struct scene scene;
    static struct problem problem;
    uint64_t seed = 2026;
    unsigned given = 0;
    for (unsigned i = 0; i < 3000; i++) {
        struct worth best;
        make_scene(&scene, &seed);
        set_problem(&scene, &problem);
        problem_try_all(&problem, &best);
        quote_scene(world, &scene);
        assert_true(world->out.optimal);
        for (unsigned p = 0; p < scene.offer_count; p++) {
            char id[VN_ID_MAX];
            (void)snprintf(id, sizeof id, "p%u", p);
            if (world_discount(world, id) != best.given[p]) {
                fail_msg("case %u: p%u gives %lld, trying everything %lld (%lld in all): %s", i, p,
                         (long long)world_discount(world, id), (long long)best.given[p],
                         (long long)best.value, text);
            }
        }
        for (unsigned l = 0; l < scene.piece_count; l++) {
            int64_t floor = (scene.lists[l] * scene.floor_bp + 9999) / 10000;
            int64_t left = world->out.lines[l].payable_minor;
            assert_true(left >= floor || left == scene.prices[l]);
        }
        given += world->out.discount_minor > 0 ? 1 : 0;
    }
    assert_true(given > 2000);
}

/* on the basket: each takes all that is free of its codes, so every sequence is tried */

struct taker {
    unsigned codes, rate, amount; /* one of rate and amount */
    unsigned least;               /* list price of its goods; 0: not asked */
};

struct counter {
    struct taker takers[PROMOTIONS];
    unsigned taker_count;
    int64_t amounts[CODES]; /* one line a code */
};

static int64_t taken_by(const struct counter *counter, const struct taker *taker, unsigned free)
{
    int64_t left = 0;
    int64_t list = 0;
    for (unsigned c = 0; c < CODES; c++) {
        list += (taker->codes >> c & 1) != 0 ? counter->amounts[c] : 0;
        left += (taker->codes & free) >> c & 1 ? counter->amounts[c] : 0;
    }
    if (list < taker->least) {
        return 0;
    }
    return taker->rate > 0 ? (left * taker->rate + 5000) / 10000 : least(taker->amount, left);
}

static int64_t try_sequences(const struct counter *counter, unsigned had, unsigned free)
{
    int64_t best = 0;
    for (unsigned t = 0; t < counter->taker_count; t++) {
        int64_t given = (had >> t & 1) != 0 ? 0 : taken_by(counter, &counter->takers[t], free);
        if (given > 0) {
            given += try_sequences(counter, had | 1U << t, free & ~counter->takers[t].codes);
            best = given > best ? given : best;
        }
    }
    return best;
}

/* Fills the counter, and `text` with it as a document. */
static void make_counter(struct counter *counter, uint64_t *seed)
{
    *counter = (struct counter){.taker_count = 1 + problem_below(seed, PROMOTIONS)};
    char codes[64];
    size_t len = (size_t)snprintf(
        text, sizeof text,
        "{'header':{'engine':2,'groups':[{'id':'g','stage':'basket','base':'running','choice':'best'}]},"
        "'lines':[");
    for (unsigned c = 0; c < CODES; c++) {
        counter->amounts[c] = 10 * (1 + problem_below(seed, 30));
        len += (size_t)snprintf(text + len, sizeof text - len, "%s{'id':%u,'code':'%u','amount_minor':%d}",
                                c == 0 ? "" : ",", c + 1, c, (int)counter->amounts[c]);
    }
    len += (size_t)snprintf(text + len, sizeof text - len, "],'promotions':[");
    for (unsigned t = 0; t < counter->taker_count; t++) {
        struct taker *taker = &counter->takers[t];
        bool rate = problem_below(seed, 2) == 0;
        *taker = (struct taker){.codes = 1 + problem_below(seed, (1U << CODES) - 1),
                                .rate = rate ? 250 * (1 + problem_below(seed, 30)) : 0,
                                .amount = rate ? 0 : 1 + problem_below(seed, 200),
                                .least = problem_below(seed, 3) == 0 ? 1 + problem_below(seed, 400) : 0};
        (void)selector(taker->codes, codes);
        len +=
            (size_t)snprintf(text + len, sizeof text - len,
                             "%s{'id':'p%u','group':'g','then':{'selector':%s,", t == 0 ? "" : ",", t, codes);
        len += rate ? (size_t)snprintf(text + len, sizeof text - len, "'kind':'percent_off','rate_bp':%u}",
                                       taker->rate)
                    : (size_t)snprintf(text + len, sizeof text - len,
                                       "'kind':'amount_off','amount_minor':%u}", taker->amount);
        if (taker->least > 0) {
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    ",'if':{'min_spend':{'selector':%s,'amount_minor':%u}}", codes,
                                    taker->least);
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "}");
    }
    (void)snprintf(text + len, sizeof text - len, "]}");
}

static void test_sequences_on_the_basket_are_as_good_as_trying_all(void **state)
{
    struct world *world = *state;
    uint64_t seed = 77;
    unsigned later = 0;
    for (int i = 0; i < 1500; i++) {
        struct counter counter;
        make_counter(&counter, &seed);
        world_outcome(world, text);
        assert_true(world->out.optimal);
        int64_t best = try_sequences(&counter, 0, (1U << CODES) - 1);
        if (world->out.discount_minor != best) {
            fail_msg("case %d: %lld, trying all gives %lld: %s", i, (long long)world->out.discount_minor,
                     (long long)best, text);
        }
        later += taken_by(&counter, &counter.takers[0], (1U << CODES) - 1) < best ? 1 : 0;
    }
    assert_true(later > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quotes_are_as_good_as_trying_everything, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_sequences_on_the_basket_are_as_good_as_trying_all, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
