#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "tests/sim/world/pos_sale.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define LINES_MAX 5

static void add_lines(json_t *lines)
{
    unsigned count = (unsigned)sim_between(1, LINES_MAX);
    for (unsigned i = 0; i < count; i++) {
        struct sim_good good;
        sim_good((unsigned)sim_draw(SIM_GOODS), &good);
        (void)json_array_append_new(lines, json_pack("{s:I, s:s, s:s, s:I}", "id", (json_int_t)i + 1, "code",
                                                     good.code, "name", good.name, "amount_minor",
                                                     (json_int_t)good.price_minor));
    }
}

void sim_pos_open_sale(struct pos_sale *sale, struct sim_pos *pos, struct sim_caller *caller)
{
    struct sim_sale *facts = &sale->facts;
    int64_t wall_ms = sim_wall_ms();
    char date[VN_TIME_TEXT_MAX];
    memset(sale, 0, sizeof *sale);
    sale->pos = pos;
    sale->caller = caller;
    sale->life = sim_pos_life(pos);
    vn_time_text(wall_ms, date);
    facts->begun_ms = wall_ms;
    (void)snprintf(facts->till, sizeof facts->till, "%s", pos->world->tills[pos->number].name);
    (void)snprintf(facts->pos, sizeof facts->pos, "%s", pos->name);
    (void)snprintf(facts->date, sizeof facts->date, "%.10s", date);
    (void)snprintf(facts->receipt, sizeof facts->receipt, "%05lld", (long long)++pos->receipts);
    sale->key =
        json_pack("{s:s, s:s, s:s}", "pos", facts->pos, "date", facts->date, "receipt", facts->receipt);
    json_t *lines = json_array();
    add_lines(lines);
    sale->basket =
        json_pack("{s:O, s:o, s:I}", "sale", sale->key, "lines", lines, "started_ms", (json_int_t)wall_ms);
}

void sim_pos_close_sale(struct pos_sale *sale)
{
    json_decref(sale->key);
    json_decref(sale->basket);
    sale->key = sale->basket = NULL;
}

/* --- goods, card, coupon --------------------------------------------------------------------------------------- */

static json_t *quote(struct pos_sale *sale)
{
    int http = 0;
    return sim_pos_ask(sale, "/v1/quote", json_pack("{s:O}", "basket", sale->basket), &http);
}

static void scan(struct pos_sale *sale, const char *data)
{
    int http = 0;
    json_decref(sim_pos_ask(sale, "/v1/scan", json_pack("{s:s, s:s}", "aim", "]E0", "data", data), &http));
}

/* The customer pays with points: as many as he may, or some. */
static void spend(struct pos_sale *sale, const json_t *quoted)
{
    const json_t *outcome = json_object_get(quoted, "outcome");
    int64_t least = sim_pos_number(outcome, "spend_min_points");
    int64_t most = sim_pos_number(outcome, "spend_max_points");
    int64_t step = sim_pos_number(outcome, "spend_step_points");
    int http = 0;
    if (most <= 0 || most < least) {
        return;
    }
    step = step > 0 ? step : 1;
    int64_t points =
        sale->visit.spend == SIM_SPENDS_ALL ? most : least + sim_between(0, (most - least) / step) * step;
    points -= points % step;
    json_t *reply =
        sim_pos_ask(sale, "/v1/choice",
                    json_pack("{s:O, s:I}", "sale", sale->key, "spend_points", (json_int_t)points), &http);
    const char *said = json_string_value(json_object_get(reply, "spend"));
    sim_story(sale->pos->name, "%s asks to pay %lld points: %s", sale->facts.receipt, (long long)points,
              said == NULL ? "?" : said);
    json_decref(reply);
}

/* A coupon is asked for at the hub; what is asked meanwhile is refused. */
static void scan_coupon(struct pos_sale *sale)
{
    char number[SIM_NUMBER_SIZE];
    sim_coupon(sale->visit.coupon, number);
    scan(sale, number);
    if (sim_chance(8500)) { /* who does not wait goes without */
        sim_sleep(sim_between(1600, 4000) * SIM_MS);
        json_decref(quote(sale));
    }
}

/* What he bought here counts at once, whatever the hub knows of it by now. Not where a copy of the till tells the hub of other
 * entries under the same numbers: what the hub says it has of them is not what this one wrote. */
static void check_shown(const struct pos_sale *sale, const json_t *quoted)
{
    const struct sim_world *world = sale->pos->world;
    struct sim_oracle *oracle = &sale->pos->world->oracle;
    const json_t *member = json_object_get(quoted, "member");
    bool copied = world->cloned == &world->tills[sale->pos->number];
    int64_t shown = sim_pos_number(member, "balance");
    struct sim_balance may = {0};
    if (!copied && json_is_true(json_object_get(member, "known")) &&
        sim_oracle_may_show(oracle, sale->facts.member, sale->pos->name, &may) &&
        (shown < may.least || shown > may.most)) {
        sim_violation(oracle, 7, "member %u is shown %lld points at POS %s, and must have %lld to %lld there",
                      sale->facts.member, (long long)shown, sale->pos->name, (long long)may.least,
                      (long long)may.most);
    }
}

void sim_pos_serve(struct pos_sale *sale)
{
    struct sim_pos *pos = sale->pos;
    const struct sim_visit *visit = &sale->visit;
    char number[SIM_NUMBER_SIZE];
    sim_visit_next(pos->world, pos->number, &sale->visit);
    json_decref(quote(sale));
    sale->facts.member = visit->member;
    if (visit->adversary) {
        sim_story(pos->name, "%s is the adversary's", sale->facts.receipt);
    }
    if (visit->coupon != 0) {
        scan_coupon(sale);
    }
    if (visit->member != 0) {
        sim_card(visit->member, visit->second_card, number);
        scan(sale, number);
        json_t *quoted = quote(sale);
        check_shown(sale, quoted);
        if (visit->spend != SIM_SPENDS_NOTHING) {
            spend(sale, quoted);
        }
        json_decref(quoted);
    }
}

/* --- paid ------------------------------------------------------------------------------------------------------ */

/* What the receipt will say. */
static void prints(struct pos_sale *sale, const json_t *reply)
{
    const struct sim_shown shown = {sale->visit.member, sale->visit.coupon, sale->facts.begun_ms};
    const json_t *outcome = json_object_get(reply, "outcome");
    sim_printed_read(outcome, &shown, &sale->facts.printed);
    sale->facts.provisional = sale->facts.printed.provisional;
    sale->earns = sim_pos_number(outcome, "points_earned");
    for (unsigned i = 0; i < sale->facts.printed.use_count; i++) {
        const struct sim_use *use = &sale->facts.printed.uses[i];
        sim_story(sale->pos->name, "%s has %s of %u%s", sale->facts.receipt, sim_promotion(use->of),
                  use->subject, use->risk ? ", at a risk" : "");
    }
}

bool sim_pos_hold(struct pos_sale *sale)
{
    int http = 0;
    json_t *reply = sim_pos_step(sale, "/v1/hold",
                                 json_pack("{s:O, s:i}", "basket", sale->basket, "step", sale->step), &http);
    sale->held = http == 200;
    if (sale->held) {
        prints(sale, reply);
    }
    json_decref(reply);
    return sale->held;
}

void sim_pos_cancel(struct pos_sale *sale)
{
    int http = 0;
    json_decref(sim_pos_step(sale, "/v1/cancel",
                             json_pack("{s:O, s:i}", "sale", sale->key, "step", sale->step), &http));
    sale->held = sale->held && http != 200;
    sale->step += http == 200 ? 1 : 0;
    sim_story(sale->pos->name, "the hold of %s is %s", sale->facts.receipt,
              http == 200 ? "cancelled" : "not to be cancelled");
}

static void printed(struct pos_sale *sale, size_t index, const json_t *reply)
{
    struct sim_pos *pos = sale->pos;
    int64_t earned = sim_pos_number(reply, "points_earned");
    int64_t spent = sim_pos_number(reply, "points_spent");
    pos->sales++;
    sim_story(pos->name, "%s, member %u: committed as entry %lld, %lld earned, %lld paid",
              sale->facts.receipt, sale->facts.member, (long long)sim_pos_number(reply, "seq"),
              (long long)earned, (long long)spent);
    sim_oracle_sold(&pos->world->oracle, index, earned, spent, sim_wall_ms());
}

/* What it writes down now is held between its last acknowledgement and its arrival, and may be anywhere there. The hub says when
 * these were: with a clock that is years behind, long ago. */
static bool clock_is_off(const struct sim_pos *pos)
{
    const struct sim_world *world = pos->world;
    int64_t slack_ms = world->oracle.chain.slack_ms;
    return llabs(world->tills[pos->number].skew_ms) > slack_ms || llabs(world->hub.skew_ms) > slack_ms;
}

bool sim_pos_commit(struct pos_sale *sale, bool with_basket)
{
    struct sim_oracle *oracle = &sale->pos->world->oracle;
    char fiscal[32];
    int http = 0;
    (void)snprintf(fiscal, sizeof fiscal, "F-%s", sale->facts.receipt);
    sale->facts.state = SIM_SALE_ASKED;
    sale->facts.earned = sale->earns;
    sale->facts.misdated = clock_is_off(sale->pos);
    size_t index = sim_oracle_asks(oracle, &sale->facts);
    json_t *reply = sim_pos_step(sale, "/v1/commit",
                                 json_pack("{s:O, s:s, s:O*}", "sale", sale->key, "fiscal", fiscal, "basket",
                                           with_basket ? sale->basket : NULL),
                                 &http);
    if (http == 200) {
        printed(sale, index, reply);
        oracle->sales[index].held_before = sim_pos_may_forget(sale);
        oracle->sales[index].misdated = oracle->sales[index].misdated || clock_is_off(sale->pos);
    } else {
        sim_oracle_refused(oracle, index);
        oracle->sales[index].may_be_gone = oracle->sales[index].may_be_gone || sim_pos_may_forget(sale);
    }
    json_decref(reply);
    return http == 200;
}

void sim_pos_give_up(struct pos_sale *sale)
{
    sale->facts.state = SIM_SALE_ABANDONED;
    sale->facts.may_be_gone = sim_pos_may_forget(sale); /* what the till had held of it may count as used */
    (void)sim_oracle_asks(&sale->pos->world->oracle, &sale->facts);
}
