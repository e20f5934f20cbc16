#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "tests/sim/world/pos_sale.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define CALL_MS    4000
#define SILENT_S   10800 /* so long nobody mends a till */
#define ASKS_AGAIN 200   /* of 10,000 */

int64_t sim_pos_number(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

unsigned sim_pos_life(const struct sim_pos *pos)
{
    const struct sim_machine *till = &pos->world->tills[pos->number];
    return till->set_backs + till->enrolments;
}

bool sim_pos_may_forget(const struct pos_sale *sale)
{
    return sale->life != sim_pos_life(sale->pos);
}

/* The agent ran all the while, and had answered this POS before: then it must have answered now. */
static void check_silence(const struct pos_sale *sale, const struct sim_machine *till, int64_t starts,
                          const char *path)
{
    struct sim_pos *pos = sale->pos;
    if (till->there && till->wanted && till->starts == starts && pos->answered_start == starts) {
        sim_violation(&pos->world->oracle, 12, "%s of receipt %s at %s has no answer within %d ms", path,
                      sale->facts.receipt, till->name, CALL_MS);
    }
}

/* Nothing that goes wrong here takes a till away for good, and each is mended within the hour. */
static void check_patience(struct sim_pos *pos, const struct sim_machine *till, int64_t since_ns)
{
    if (sim_now_ns() - since_ns > SILENT_S * SIM_S && !pos->gave_up) {
        pos->gave_up = true;
        sim_violation(&pos->world->oracle, 13, "%s has not answered its POS for %d hours; %s", till->name,
                      SILENT_S / 3600, till->last_error);
    }
}

json_t *sim_pos_ask(struct pos_sale *sale, const char *path, json_t *body, int *http)
{
    struct sim_pos *pos = sale->pos;
    const struct sim_machine *till = &pos->world->tills[pos->number];
    json_t *reply = NULL;
    int64_t pause_ms = 200;
    const int64_t since_ns = sim_now_ns();
    for (;;) {
        int64_t starts = till->starts;
        *http = sim_caller_json(sale->caller, "POST", path, json_incref(body), CALL_MS, &reply);
        if (*http != 0 &&
            *http < 500) { /* 500: out of memory, 507: its disk is full; it is to be asked again */
            pos->answered_start = till->starts;
            break;
        }
        if (sale->caller->status == VN_TIMEOUT) {
            check_silence(sale, till, starts, path);
        }
        check_patience(pos, till, since_ns);
        json_decref(reply);
        pos->retries++;
        sim_story(pos->name, "%s of %s gets no answer (%d, %s)", path, sale->facts.receipt, *http,
                  vn_status_name(sale->caller->status));
        sim_sleep(pause_ms * SIM_MS);
        pause_ms = pause_ms < 10000 ? 2 * pause_ms : pause_ms;
    }
    pos->answers++;
    json_decref(body);
    if (*http / 100 != 2) {
        pos->refused++;
        sim_story(pos->name, "%s of %s is refused: %d %.*s", path, sale->facts.receipt, *http,
                  (int)sale->caller->reply.len, (const char *)sale->caller->reply.data);
    }
    return reply;
}

/* The answer was lost on its way to the POS's own disk: it asks in the same words, and what it hears now is what it goes by,
 * unless it is refused by a till that was enrolled anew meanwhile. *reply and *http: the first answer, and then that one. */
static void ask_again(struct pos_sale *sale, const char *path, json_t *body, json_t **reply, int *http)
{
    struct sim_oracle *oracle = &sale->pos->world->oracle;
    struct vn_view first = vn_buf_view(&sale->caller->reply);
    char *copy = malloc(first.len + 1);
    size_t len = first.len;
    int http_again = 0;
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, first.data, len);
    sim_sleep(sim_between(0, 30) * SIM_S);
    json_t *again = sim_pos_ask(sale, path, body, &http_again);
    struct vn_view second = vn_buf_view(&sale->caller->reply);
    if (!sim_pos_may_forget(sale)) {
        sim_oracle_same(oracle, &sale->facts, path, *http, http_again,
                        len == second.len && memcmp(copy, second.data, len) == 0);
    }
    if (http_again / 100 == 2) {
        json_decref(*reply);
        *reply = again;
        *http = http_again;
    } else {
        json_decref(again);
    }
    sale->pos->repeats++;
    free(copy);
}

json_t *sim_pos_step(struct pos_sale *sale, const char *path, json_t *body, int *http)
{
    json_t *reply = sim_pos_ask(sale, path, json_incref(body), http);
    if (*http / 100 == 2 && sim_chance(ASKS_AGAIN)) {
        ask_again(sale, path, json_incref(body), &reply, http);
    }
    json_decref(body);
    return reply;
}
