/* After the receipt: numbers that are used again, voids, returns here and elsewhere, and holds that were left open. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world/coverage.h"
#include "tests/sim/world/pos_sale.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define LOOKS_BACK 40 /* sales, for one to take back */

void sim_pos_number_again(struct pos_sale *sale)
{
    struct sim_good good;
    int http = 0;
    sim_good(0, &good);
    json_t *lines = json_array();
    (void)json_array_append_new(lines,
                                json_pack("{s:i, s:s, s:s, s:I}", "id", 1, "code", good.code, "name",
                                          good.name, "amount_minor", (json_int_t)good.price_minor + 1));
    json_t *basket = json_pack("{s:O, s:o, s:I}", "sale", sale->key, "lines", lines, "started_ms",
                               (json_int_t)sale->facts.begun_ms);
    json_decref(
        sim_pos_ask(sale, "/v1/hold", json_pack("{s:o, s:i}", "basket", basket, "step", sale->step), &http));
    int http_commit = 0;
    json_decref(sim_pos_ask(sale, "/v1/commit",
                            json_pack("{s:O, s:s}", "sale", sale->key, "fiscal", "F-other"), &http_commit));
    if ((http != 409 || http_commit != 409) && !sim_pos_may_forget(sale)) {
        sim_violation(&sale->pos->world->oracle, 6,
                      "receipt %s of POS %s was used again for other goods, and is answered %d and %d",
                      sale->facts.receipt, sale->pos->name, http, http_commit);
    }
}

/* --- taken back ------------------------------------------------------------------------------------------------ */

static json_t *key_of(const struct sim_sale *sale)
{
    return json_pack("{s:s, s:s, s:s}", "pos", sale->pos, "date", sale->date, "receipt", sale->receipt);
}

static bool is_of(const struct sim_sale *sale, const struct sim_pos *pos)
{
    return strcmp(sale->pos, pos->name) == 0;
}

/* One of the newest that stand, of this POS or of the others; the count of them when there is none. */
static size_t choose(const struct sim_oracle *oracle, const struct sim_pos *pos, bool of_this)
{
    size_t skip = (size_t)sim_draw(4);
    for (size_t i = oracle->sale_count;
         i-- > 0 && i + LOOKS_BACK > oracle->sale_count;) { /* NOLINT(bugprone-inc-dec-in-conditions) */
        const struct sim_sale *sale = &oracle->sales[i];
        bool fits = sale->state == SIM_SALE_COMMITTED && !sale->unwinding && is_of(sale, pos) == of_this;
        if (fits && skip-- == 0) {
            return i;
        }
    }
    return oracle->sale_count;
}

/* Under a receipt of its own. `of` is taken. */
static void give_back(struct pos_sale *sale, json_t *of, int *http)
{
    char receipt[16];
    (void)snprintf(receipt, sizeof receipt, "%05lld", (long long)++sale->pos->receipts);
    json_t *body = json_pack("{s:{s:s, s:s, s:s}, s:o}", "sale", "pos", sale->facts.pos, "date",
                             sale->facts.date, "receipt", receipt, "of", of);
    json_decref(sim_pos_step(sale, "/v1/return", body, http));
}

static void undo(struct pos_sale *sale, size_t index, bool voids)
{
    struct sim_pos *pos = sale->pos;
    struct sim_oracle *oracle = &pos->world->oracle;
    char of[24];
    int http = 0;
    json_t *key = key_of(&oracle->sales[index]);
    (void)snprintf(of, sizeof of, "%.7s/%.12s", oracle->sales[index].pos, oracle->sales[index].receipt);
    sim_oracle_unwinds(oracle, index);
    if (voids) {
        json_decref(sim_pos_step(sale, "/v1/void", json_pack("{s:o}", "sale", key), &http));
    } else {
        give_back(sale, key, &http);
    }
    enum sim_sale_state done = voids ? SIM_SALE_VOIDED : SIM_SALE_RETURNED;
    if (http == 202) {
        sim_cover(voids ? "void: asked of the hub" : "return: asked of the hub");
        sim_oracle_asked_back(oracle, index, done, pos->world->tills[pos->number].name);
    } else {
        sim_oracle_undone(oracle, index, http == 200 ? done : SIM_SALE_COMMITTED);
    }
    sim_story(pos->name, "%s is %s%s", of,
              http == 200   ? ""
              : http == 202 ? "for the hub to be "
                            : "not ",
              voids ? "voided" : "returned");
}

/* A customer brings what he got money for at another till, whose request nobody here has heard of: it must count once. */
static void take_back_twice(struct pos_sale *sale, struct sim_oracle *oracle)
{
    int http = 0;
    for (size_t i = 0; i < oracle->sale_count && i < LOOKS_BACK; i++) {
        const struct sim_sale *one = &oracle->sales[oracle->sale_count - 1 - i];
        bool asked = one->asked_at[0] != '\0' && !one->unwinding && one->state != SIM_SALE_COMMITTED;
        if (!asked || is_of(one, sale->pos)) {
            continue;
        }
        json_t *key = key_of(one);
        sim_oracle_asked_again(oracle, oracle->sale_count - 1 - i);
        if (sim_chance(5000)) {
            json_decref(sim_pos_step(sale, "/v1/void", json_pack("{s:o}", "sale", key), &http));
        } else {
            give_back(sale, key, &http);
        }
        sim_cover("taken back: at two tills");
        sim_story(sale->pos->name, "%.7s/%.12s is brought back a second time", one->pos, one->receipt);
        return;
    }
}

void sim_pos_take_back(struct pos_sale *sale)
{
    struct sim_oracle *oracle = &sale->pos->world->oracle;
    if (sim_chance(500)) {
        take_back_twice(sale, oracle);
    }
    bool elsewhere = sim_chance(1500);
    size_t index = choose(oracle, sale->pos, !elsewhere);
    if (index < oracle->sale_count) {
        undo(sale, index, sim_chance(5000));
    }
}

/* --- left open --------------------------------------------------------------------------------------------------- */

/* False: it was never used, and is only held. */
static bool void_left(struct pos_sale *sale)
{
    int http = 0;
    json_decref(sim_pos_step(sale, "/v1/void", json_pack("{s:O}", "sale", sale->key), &http));
    sim_story(sale->pos->name, "%s, which was left open, is %svoided", sale->facts.receipt,
              http == 200 ? "" : "not ");
    return http == 200;
}

void sim_pos_end_left(struct pos_sale *sale, bool found)
{
    uint64_t way = sim_draw(found ? 4 : 3);
    if (way == 3) {
        /* A journal that began since then has not found it: it ends with the old one, by its branch or a write-off. */
        sale->facts.may_be_gone = sim_pos_may_forget(sale);
        sim_oracle_used(&sale->pos->world->oracle, &sale->facts);
        sim_cover("hold: left open for good");
        sim_story(sale->pos->name, "%s is left open for good, with %lld points held", sale->facts.receipt,
                  (long long)sale->facts.printed.spent);
        return;
    }
    if (way == 0) {
        (void)sim_pos_commit(sale, false);
        return;
    }
    if (way == 1 || !void_left(sale)) {
        sim_pos_cancel(sale);
        if (sale->held && way == 1) { /* it counts as used */
            (void)void_left(sale);
        }
    }
    sim_pos_give_up(sale);
}
