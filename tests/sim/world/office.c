#include "tests/sim/world/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/chain.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define PATIENCE 24 /* looks at what does not agree yet */
#define AWAY                                                                                                 \
    300 /* looks at a till that may still wait for an answer that was lost: ten minutes, then it tries again */
#define MEMBERS_SEEN 6 /* at each till, of all */

static int64_t number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static json_t *ask(const struct sim_machine *till, const char *method, const char *path, json_t *body)
{
    struct sim_caller caller;
    json_t *reply = NULL;
    const struct vn_http_target target = {.socket_path = till->socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    int http = sim_caller_json(&caller, method, path, body, 4000, &reply);
    sim_caller_close(&caller);
    if (http != 200) {
        json_decref(reply);
        reply = NULL;
    }
    return reply;
}

/* --- what it does -------------------------------------------------------------------------------------------- */

static void publish(struct sim_world *world)
{
    struct vn_buf lines;
    vn_buf_init(&lines, VN_RULESET_MAX);
    sim_ruleset(world->office.ruleset + 1, &world->terms, &lines);
    if (vn_buf_append(&lines, vn_view_of("", 1)) != VN_OK) {
        abort();
    }
    json_t *reply = sim_admin(&world->hub, "POST", "/admin/publish", (const char *)lines.data);
    world->office.ruleset =
        number_of(reply, "number"); /* which the hub gives it: twice, if an answer was lost */
    json_decref(reply);
    vn_buf_deinit(&lines);
    sim_story("office", "published ruleset %lld", (long long)world->office.ruleset);
}

static void spare_card(const struct sim_world *world, unsigned which, char out[SIM_NUMBER_SIZE])
{
    sim_card(world->options.members + 1 + which, false, out);
}

static void tell_blocked(struct sim_world *world, unsigned which)
{
    char card[SIM_NUMBER_SIZE];
    char line[96];
    bool blocked = world->office.blocked[which];
    spare_card(world, which, card);
    (void)snprintf(line, sizeof line, "{\"number\":\"%s\"%s}\n", card, blocked ? "" : ",\"gone\":true");
    json_decref(sim_admin(&world->hub, "POST", "/admin/import/cards", line));
    sim_story("office", "spare card %u is %s", which, blocked ? "blocked" : "free");
}

/* --- a till that is revoked ---------------------------------------------------------------------------------- */

static void enrol_spare(struct sim_world *world)
{
    struct sim_machine *spare = &world->spare;
    bool enrolled = false;
    sim_machine_init(spare, &world->disks, world->options.logs, "spare", false);
    for (unsigned tries = 0; tries < PATIENCE && !enrolled && !world->closing; tries++) {
        json_t *reply =
            sim_admin(&world->hub, "POST", "/admin/codes", "{\"store\":\"s1\",\"till\":\"spare\"}");
        const char *code = json_string_value(json_object_get(reply, "code"));
        enrolled = code != NULL && sim_till_enrol(spare, world->hub.dir, code, NULL);
        json_decref(reply);
    }
    if (enrolled) {
        sim_machine_start(spare);
    }
}

/* Its restart is no way round it. */
static void revoke_spare(struct sim_world *world)
{
    world->office.revoked = sim_revoke(world, &world->spare) || world->office.revoked;
}

static bool is_revoked(const struct sim_machine *till)
{
    json_t *status = ask(till, "GET", "/v1/status", NULL);
    const char *state = json_string_value(json_object_get(status, "state"));
    bool revoked = state != NULL && strcmp(state, "revoked") == 0;
    json_decref(status);
    return revoked;
}

static void check_spare(struct sim_world *world)
{
    unsigned looks = 0;
    if (!world->spare.there) {
        return; /* it could not be enrolled */
    }
    if (!world->office.revoked || world->hub_set_back) { /* which may have forgotten it, and the till, too */
        revoke_spare(world);
    }
    while (!is_revoked(&world->spare) && looks++ < AWAY) {
        sim_sleep(5 * SIM_S);
    }
    if (looks > AWAY) {
        sim_violation(&world->oracle, 10, "the spare till was revoked, and never heard of it");
    }
}

/* --- what never falls ---------------------------------------------------------------------------------------- */

static void look(struct sim_world *world, unsigned number)
{
    const struct sim_machine *till = &world->tills[number];
    struct sim_seen *seen = &world->office.seen[number];
    int64_t starts = till->starts;
    json_t *status = ask(till, "GET", "/v1/status", NULL);
    const json_t *journal = json_object_get(status, "journal");
    struct sim_seen now = {starts, number_of(journal, "seq"), number_of(journal, "durable"),
                           number_of(status, "ruleset")};
    int64_t pruned = number_of(journal, "pruned");
    json_decref(status);
    if (journal == NULL || till->starts != starts) {
        return;
    }
    if (seen->starts == starts && (now.seq < seen->seq || now.durable < seen->durable)) {
        sim_violation(&world->oracle, 4, "%s had %lld entries and %lld safe, and has %lld and %lld now",
                      till->name, (long long)seen->seq, (long long)seen->durable, (long long)now.seq,
                      (long long)now.durable);
    }
    if (pruned > now.durable) {
        sim_violation(&world->oracle, 4, "%s has pruned %lld entries, and %lld are safe", till->name,
                      (long long)pruned, (long long)now.durable);
    }
    sim_keeper_judge(world, number, now.durable);
    if (seen->starts == starts && now.ruleset < seen->ruleset) {
        sim_violation(&world->oracle, 8, "%s had ruleset %lld, and has %lld now", till->name,
                      (long long)seen->ruleset, (long long)now.ruleset);
    }
    *seen = now;
}

static void office_main(void *arg)
{
    struct sim_world *world = arg;
    enrol_spare(world);
    while (!world->closing) {
        unsigned which = (unsigned)sim_draw(SIM_SPARE_CARDS);
        sim_sleep(sim_between(1, 60) * SIM_S);
        if (sim_sleeps_till_morning(world)) {
            continue;
        }
        switch (sim_draw(20)) {
        case 0:
            if (world->spare.there) {
                revoke_spare(world);
            }
            break;
        case 1:
            if (world->terms.risk_total > 0) {
                sim_settle_risk(world);
            } else {
                look(world, (unsigned)sim_draw(world->till_count));
            }
            break;
        case 2:
        case 3:
        case 4: publish(world); break;
        case 5:
        case 6:
        case 7:
            world->office.blocked[which] = !world->office.blocked[which];
            tell_blocked(world, which);
            break;
        default: look(world, (unsigned)sim_draw(world->till_count)); break;
        }
    }
}

void sim_office_begin(struct sim_world *world)
{
    world->office.ruleset = 1;
    (void)sim_spawn(sim_proc_create("office", "office.sim"), office_main, world);
}

/* --- what all agree on --------------------------------------------------------------------------------------- */

/* What the till says of whoever shows this card; the caller's. */
static json_t *member_at(struct sim_world *world, const struct sim_machine *till, const char *card)
{
    char receipt[24];
    struct sim_good good;
    sim_good(0, &good);
    (void)snprintf(receipt, sizeof receipt, "look%lld", (long long)world->looks++);
    json_t *basket =
        json_pack("{s:{s:s, s:s, s:s}, s:[{s:i, s:s, s:s, s:I}], s:I}", "sale", "pos",
                  world->poses[till - world->tills].name, "date", "2000-01-01", "receipt", receipt, "lines",
                  "id", 1, "code", good.code, "name", good.name, "amount_minor", (json_int_t)good.price_minor,
                  "started_ms", (json_int_t)sim_wall_ms());
    json_decref(ask(till, "POST", "/v1/quote", json_pack("{s:O}", "basket", basket)));
    json_decref(ask(till, "POST", "/v1/scan", json_pack("{s:s, s:s}", "aim", "]E0", "data", card)));
    json_t *quote = ask(till, "POST", "/v1/quote", json_pack("{s:o}", "basket", basket));
    json_t *member = json_incref(json_object_get(quote, "member"));
    json_decref(quote);
    return member;
}

static bool agrees_on_member(struct sim_world *world, const struct sim_machine *till, unsigned member,
                             bool tell)
{
    char card[SIM_NUMBER_SIZE];
    char path[64];
    sim_card(member, false, card);
    (void)snprintf(path, sizeof path, "/admin/ledger?member=%u", member);
    json_t *ledger = sim_admin(&world->hub, "GET", path, "");
    json_t *seen = member_at(world, till, card);
    int64_t hubs = number_of(ledger, "balance");
    int64_t tills = number_of(seen, "balance");
    bool agrees = json_is_true(json_object_get(seen, "known")) && hubs == tills;
    json_decref(ledger);
    json_decref(seen);
    if (!agrees && tell) {
        sim_violation(&world->oracle, 7, "member %u has %lld by %s, and %lld by the hub", member,
                      (long long)tills, till->name, (long long)hubs);
    }
    return agrees;
}

static bool agrees_on_spare(struct sim_world *world, const struct sim_machine *till, unsigned which,
                            bool tell)
{
    char card[SIM_NUMBER_SIZE];
    spare_card(world, which, card);
    json_t *seen = member_at(world, till, card);
    bool blocked = json_is_true(json_object_get(seen, "blocked"));
    json_decref(seen);
    if (blocked != world->office.blocked[which] && tell) {
        sim_violation(&world->oracle, 7, "spare card %u is %s at %s, and %s by the office", which,
                      blocked ? "blocked" : "free", till->name, blocked ? "free" : "blocked");
    }
    return blocked == world->office.blocked[which];
}

static bool agrees_on_ruleset(struct sim_world *world, const struct sim_machine *till, bool tell)
{
    char card[SIM_NUMBER_SIZE];
    sim_card(1, false, card);
    json_decref(member_at(
        world, till, card)); /* a sale that was left open keeps its rules: the next one has the new ones */
    json_t *status = ask(till, "GET", "/v1/status", NULL);
    int64_t ruleset = number_of(status, "ruleset");
    json_decref(status);
    /* Publishing again what got no answer, and a hub that was set back, make the number a higher one. */
    if (ruleset > world->office.ruleset && till == world->tills) {
        world->office.ruleset = ruleset;
    }
    if (ruleset != world->office.ruleset && tell) {
        sim_violation(&world->oracle, 7, "%s has ruleset %lld, and the office published %lld", till->name,
                      (long long)ruleset, (long long)world->office.ruleset);
    }
    return ruleset == world->office.ruleset;
}

static bool till_agrees(struct sim_world *world, const struct sim_machine *till, unsigned first, bool tell)
{
    char card[SIM_NUMBER_SIZE];
    sim_card(1 + first % world->options.members, false, card);
    json_decref(member_at(world, till, card)); /* a receipt that was left open keeps its rules */
    bool agrees = agrees_on_ruleset(world, till, tell);
    for (unsigned i = 0; i < SIM_SPARE_CARDS && agrees; i++) {
        agrees = agrees_on_spare(world, till, i, tell);
    }
    for (unsigned i = 0; i < MEMBERS_SEEN && i < world->options.members && agrees; i++) {
        agrees = agrees_on_member(world, till, 1 + (first + i) % world->options.members, tell);
    }
    return agrees;
}

void sim_office_check(struct sim_world *world)
{
    check_spare(world);
    publish(world); /* a hub that was set back is told again, as by whoever set it back */
    for (unsigned i = 0; i < SIM_SPARE_CARDS; i++) {
        tell_blocked(world, i);
    }
    unsigned first = (unsigned)sim_draw(world->options.members);
    for (unsigned i = 0; i < world->till_count; i++) {
        unsigned looks = 0;
        while (!till_agrees(world, &world->tills[i], first + i, looks == PATIENCE) && looks < PATIENCE) {
            looks++;
            sim_sleep(5 * SIM_S);
        }
    }
}
