#include "tests/sim/world/pos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/chain.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define LINES_MAX  5
#define CALL_MS    4000
#define OPENING_MS (8 * 3600 * 1000LL) /* of the day, UTC */

struct sale {
    struct sim_pos *pos;
    struct sim_caller *caller;
    struct sim_sale facts;
    json_t *key, *basket;
    unsigned coupon; /* 0: none */
};

static struct sim_machine *till_of(const struct sim_pos *pos)
{
    return &pos->world->tills[pos->number];
}

/* --- calls ------------------------------------------------------------------------------------------------- */

/* Until there is an answer that is about the request. The answer is the caller's. */
static json_t *ask(struct sale *sale, const char *path, json_t *body, int *http)
{
    struct sim_pos *pos = sale->pos;
    json_t *reply = NULL;
    int64_t pause_ms = 200;
    for (;;) {
        *http = sim_caller_json(sale->caller, "POST", path, json_incref(body), CALL_MS, &reply);
        if (*http != 0 && *http != 503) {
            break;
        }
        json_decref(reply);
        pos->retries++;
        sim_story(pos->name, "%s of %s gets no answer (%d, %s)", path, sale->facts.receipt, *http,
                  vn_status_name(sale->caller->status));
        sim_sleep(pause_ms * SIM_MS);
        pause_ms = pause_ms < 10000 ? 2 * pause_ms : pause_ms;
    }
    pos->answers++;
    json_decref(body);
    if (*http != 200) {
        pos->refused++;
        sim_story(pos->name, "%s of %s is refused: %d %.*s", path, sale->facts.receipt, *http,
                  (int)sale->caller->reply.len, (const char *)sale->caller->reply.data);
    }
    return reply;
}

static int64_t number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

/* --- a sale ---------------------------------------------------------------------------------------------------- */

static void open_sale(struct sale *sale)
{
    struct sim_pos *pos = sale->pos;
    struct sim_sale *facts = &sale->facts;
    int64_t wall_ms = sim_wall_ms();
    char date[VN_TIME_TEXT_MAX];
    vn_time_text(wall_ms, date);
    (void)snprintf(facts->till, sizeof facts->till, "%s", till_of(pos)->name);
    (void)snprintf(facts->pos, sizeof facts->pos, "%s", pos->name);
    (void)snprintf(facts->date, sizeof facts->date, "%.10s", date);
    (void)snprintf(facts->receipt, sizeof facts->receipt, "%05lld", (long long)++pos->receipts);
    sale->key =
        json_pack("{s:s, s:s, s:s}", "pos", facts->pos, "date", facts->date, "receipt", facts->receipt);
    json_t *lines = json_array();
    unsigned count = (unsigned)sim_between(1, LINES_MAX);
    for (unsigned i = 0; i < count; i++) {
        struct sim_good good;
        sim_good((unsigned)sim_draw(SIM_GOODS), &good);
        (void)json_array_append_new(lines, json_pack("{s:I, s:s, s:s, s:I}", "id", (json_int_t)(i + 1),
                                                     "code", good.code, "name", good.name, "amount_minor",
                                                     (json_int_t)good.price_minor));
    }
    sale->basket =
        json_pack("{s:O, s:o, s:I}", "sale", sale->key, "lines", lines, "started_ms", (json_int_t)wall_ms);
}

static json_t *quote(struct sale *sale)
{
    int http = 0;
    return ask(sale, "/v1/quote", json_pack("{s:O}", "basket", sale->basket), &http);
}

static void scan(struct sale *sale, const char *data)
{
    int http = 0;
    json_decref(ask(sale, "/v1/scan", json_pack("{s:s, s:s}", "aim", "]E0", "data", data), &http));
}

/* The customer pays with points: as many as he may, or some. */
static void spend(struct sale *sale, const json_t *quoted)
{
    const json_t *outcome = json_object_get(quoted, "outcome");
    int64_t least = number_of(outcome, "spend_min_points");
    int64_t most = number_of(outcome, "spend_max_points");
    int64_t step = number_of(outcome, "spend_step_points");
    int http = 0;
    if (most <= 0 || most < least) {
        return;
    }
    step = step > 0 ? step : 1;
    int64_t points = sim_chance(5000) ? most : least + sim_between(0, (most - least) / step) * step;
    points -= points % step;
    json_t *reply =
        ask(sale, "/v1/choice",
            json_pack("{s:O, s:I}", "sale", sale->key, "spend_points", (json_int_t)points), &http);
    const char *said = json_string_value(json_object_get(reply, "spend"));
    sim_story(sale->pos->name, "%s asks to pay %lld points: %s", sale->facts.receipt, (long long)points,
              said == NULL ? "?" : said);
    json_decref(reply);
}

static bool commit(struct sale *sale)
{
    int http = 0;
    char fiscal[32];
    json_t *held = ask(sale, "/v1/hold", json_pack("{s:O, s:i}", "basket", sale->basket, "step", 0), &http);
    json_decref(held);
    if (http != 200) {
        return false;
    }
    (void)snprintf(fiscal, sizeof fiscal, "F-%s", sale->facts.receipt);
    json_t *reply =
        ask(sale, "/v1/commit", json_pack("{s:O, s:s}", "sale", sale->key, "fiscal", fiscal), &http);
    if (http == 200) {
        sale->facts.earned = number_of(reply, "points_earned");
        sale->facts.spent = number_of(reply, "points_spent");
        sim_story(sale->pos->name, "%s, member %u: committed as entry %lld, %lld earned, %lld paid",
                  sale->facts.receipt, sale->facts.member, (long long)number_of(reply, "seq"),
                  (long long)sale->facts.earned, (long long)sale->facts.spent);
    }
    json_decref(reply);
    return http == 200;
}

static void undo(struct sale *sale, size_t sold)
{
    int http = 0;
    if (sim_chance(5000)) {
        json_decref(ask(sale, "/v1/void", json_pack("{s:O}", "sale", sale->key), &http));
        if (http == 200) {
            sim_oracle_undone(&sale->pos->world->oracle, sold, SIM_SALE_VOIDED);
            sim_story(sale->pos->name, "%s is voided", sale->facts.receipt);
        }
        return;
    }
    char receipt[16];
    (void)snprintf(receipt, sizeof receipt, "%05lld", (long long)++sale->pos->receipts);
    json_t *key =
        json_pack("{s:s, s:s, s:s}", "pos", sale->facts.pos, "date", sale->facts.date, "receipt", receipt);
    json_decref(ask(sale, "/v1/return", json_pack("{s:o, s:O}", "sale", key, "of", sale->key), &http));
    if (http == 200) {
        sim_oracle_undone(&sale->pos->world->oracle, sold, SIM_SALE_RETURNED);
        sim_story(sale->pos->name, "%s is returned as %s", sale->facts.receipt, receipt);
    }
}

static void sell(struct sim_pos *pos, struct sim_caller *caller)
{
    struct sale sale = {.pos = pos, .caller = caller};
    const struct sim_options *options = &pos->world->options;
    open_sale(&sale);
    json_decref(quote(&sale));
    if (sim_chance(7500)) {
        char card[SIM_NUMBER_SIZE];
        sale.facts.member = 1 + (unsigned)sim_draw(options->members);
        sim_card(sale.facts.member, card);
        scan(&sale, card);
        json_t *quoted = quote(&sale);
        if (sim_chance(3500)) {
            spend(&sale, quoted);
        }
        json_decref(quoted);
    }
    if (commit(&sale)) {
        pos->sales++;
        size_t sold = sim_oracle_sold(&pos->world->oracle, &sale.facts);
        if (sim_chance(600)) {
            undo(&sale, sold);
        }
    }
    json_decref(sale.key);
    json_decref(sale.basket);
}

/* --- days ------------------------------------------------------------------------------------------------------ */

static void work(struct sim_pos *pos)
{
    const struct sim_options *options = &pos->world->options;
    char socket[VN_PATH_MAX];
    struct sim_caller caller;
    (void)snprintf(socket, sizeof socket, "%.240s/pos.sock", till_of(pos)->dir);
    const struct vn_http_target target = {.socket_path = socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    for (unsigned day = 0; day < options->days; day++) {
        for (unsigned i = 0; i < options->sales; i++) {
            sim_sleep(sim_between(1, pos->world->pace_ms) * SIM_MS);
            sell(pos, &caller);
        }
    }
    sim_caller_close(&caller);
}

static void pos_main(void *arg)
{
    struct sim_pos *pos = arg;
    work(pos);
    pos->done = true;
    pos->world->poses_open--;
}

void sim_pos_start(struct sim_world *world, unsigned number)
{
    struct sim_pos *pos = &world->poses[number];
    pos->world = world;
    pos->number = number;
    (void)snprintf(pos->name, sizeof pos->name, "p%u", number + 1);
    world->poses_open++;
    (void)sim_spawn(sim_proc_create(pos->name, world->tills[number].host), pos_main, pos);
}
