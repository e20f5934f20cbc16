/* After the faults: everything has to arrive by itself. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world/caller.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define PATIENCE_S 7200
#define EXPIRES_S  660
#define HUB_TRIES  20 /* what waits for the tills; docs/hub.md */

/* The answer to GET /v1/status; NULL: it does not answer. */
static json_t *status_of(const struct sim_machine *till)
{
    struct sim_caller caller;
    json_t *status = NULL;
    const struct vn_http_target target = {.socket_path = till->socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    int http = sim_caller_json(&caller, "GET", "/v1/status", NULL, 4000, &status);
    sim_caller_close(&caller);
    if (http != 200) {
        json_decref(status);
        status = NULL;
    }
    return status;
}

static bool says(const json_t *status, const char *state)
{
    const char *own = json_string_value(json_object_get(status, "state"));
    return own != NULL && strcmp(own, state) == 0;
}

void sim_repair(struct sim_world *world, struct sim_machine *till)
{
    json_t *status = status_of(till);
    bool refused = says(status, "quarantined") || says(status, "revoked");
    bool empty = status == NULL && (strstr(till->last_error, "not enrolled") != NULL ||
                                    strstr(till->last_error, "there is no folder") != NULL);
    json_decref(status);
    if (refused || empty) {
        sim_world_enrol(world, till, refused);
        if (sim_chance(5000)) {
            sim_write_off_former(world, till);
        }
    }
}

static bool till_drained(const struct sim_machine *till, char *why, size_t size)
{
    json_t *status = status_of(till);
    const json_t *journal = json_object_get(status, "journal");
    json_int_t seq = json_integer_value(json_object_get(journal, "seq"));
    json_int_t acked = json_integer_value(json_object_get(journal, "acked"));
    const char *state = json_string_value(json_object_get(status, "state"));
    bool drained = seq == acked && says(status, "live");
    if (!drained) {
        (void)snprintf(why, size, "%s is %s, with %lld of %lld entries acknowledged; %s", till->name,
                       state == NULL ? "silent" : state, (long long)acked, (long long)seq, till->last_error);
    }
    json_decref(status);
    return drained;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text == NULL ? "" : text;
}

/* Whether the hub waits for nothing of this enrolment: neither for what it is to post, nor to hear what the till has since it was
 * set back. One that its till has left is for whoever writes it off. */
static bool hub_has(const struct sim_world *world, const json_t *row, char *why, size_t size)
{
    json_int_t acked = json_integer_value(json_object_get(row, "acked_seq"));
    json_int_t posted = json_integer_value(json_object_get(row, "posted_seq"));
    bool unshown = false;
    for (unsigned i = 0; i < world->till_count; i++) {
        unshown = unshown || (strcmp(world->tills[i].enrolment, text_of(row, "enrolment")) == 0 &&
                              strcmp(text_of(row, "shown"), "no") == 0);
    }
    if (posted < acked || unshown) {
        (void)snprintf(why, size, "the hub posted %lld of %lld entries of %s%s", (long long)posted,
                       (long long)acked, text_of(row, "till"),
                       unshown ? ", which has not shown what it has" : "");
    }
    return posted >= acked && !unshown;
}

static bool hub_drained(struct sim_world *world, char *why, size_t size)
{
    json_t *fleet = sim_admin(&world->hub, "GET", "/admin/fleet", "");
    size_t index = 0;
    json_t *till = NULL;
    bool drained = fleet != NULL;
    json_array_foreach(json_object_get(fleet, "tills"), index, till)
    {
        drained = hub_has(world, till, why, size) && drained;
    }
    json_decref(fleet);
    return drained;
}

/* Nobody else would tell a hub that was set back what it had been handed of journals that ended: a technician who kept the
 * folders. */
static void hand_in_again(struct sim_world *world)
{
    for (unsigned i = 0; i < world->till_count; i++) {
        struct sim_machine *till = &world->tills[i];
        if (till->enrolments > 1) {
            sim_machine_stop(till);
            while (till->there) {
                sim_sleep(SIM_S);
            }
            sim_till_hand_in_again(till);
            sim_machine_start(till);
        }
    }
}

/* Until nobody waits for anything. */
static bool settle(struct sim_world *world)
{
    char why[256] = "";
    for (unsigned s = 0; s < PATIENCE_S; s += 5) {
        bool drained = true;
        for (unsigned i = 0; i < world->till_count && drained; i++) {
            drained = till_drained(&world->tills[i], why, sizeof why);
        }
        for (unsigned i = 0; i < world->till_count && !drained; i++) {
            sim_repair(world, &world->tills[i]);
        }
        if (drained && !sim_elder_drained(world)) {
            drained = false;
            (void)snprintf(why, sizeof why, "the old till has %lld of %lld entries acknowledged",
                           (long long)world->elder.sent, (long long)world->elder.count);
        }
        if (drained && hub_drained(world, why, sizeof why)) {
            return true;
        }
        sim_sleep(5 * SIM_S);
    }
    sim_violation(&world->oracle, 10, "two hours after the last fault %s", why);
    return false;
}

static bool anything_lent(const struct sim_world *world)
{
    json_t *ledger = sim_admin(&world->hub, "GET", "/admin/ledger", "");
    json_int_t lent = json_integer_value(json_object_get(json_object_get(ledger, "totals"), "lent"));
    json_decref(ledger);
    return lent != 0;
}

/* What a till had borrowed and never told of is forgotten with its disk, and nobody can notice that it was set back: whoever
 * reads that rights are lent and not heard of enrols those anew whose disks he put back. */
static void end_loans(struct sim_world *world)
{
    for (unsigned i = 0; i < world->till_count; i++) {
        if (world->tills[i].put_back && anything_lent(world)) {
            sim_story("operator", "%s was set back, and rights are lent", world->tills[i].name);
            sim_world_enrol(world, &world->tills[i], true);
            sim_write_off_former(world, &world->tills[i]);
        }
    }
}

/* Its journal may hold again what was paid for or given up long ago, and only a receipt can find that. */
static bool find_holds(struct sim_world *world)
{
    bool sold = false;
    for (unsigned i = 0; i < world->till_count; i++) {
        if (world->tills[i].put_back) {
            sim_pos_sell_once(world, i);
            sold = true;
        }
    }
    return !sold || settle(world);
}

/* What tills say that they were granted before a hub was set back, and nobody can have had by what it knows, is for people when
 * all have shown what they have: no till lies here, so it is believed. */
static void believe(struct sim_world *world, const json_t *row)
{
    char text[128];
    const char *till = json_string_value(json_object_get(row, "till"));
    json_int_t seq = json_integer_value(json_object_get(row, "seq"));
    (void)snprintf(text, sizeof text, "{\"till\":\"%s\",\"seq\":%lld,\"why\":\"it is believed\"}", till,
                   (long long)seq);
    json_t *reply = sim_admin(&world->hub, "POST", "/admin/quarantine/release", text);
    sim_story("operator", "entry %lld of %s, of before the hub was set back, is %s", (long long)seq, till,
              reply == NULL ? "refused" : "believed");
    sim_cover(reply == NULL ? "operator: a till is believed in vain" : "operator: a till is believed");
    json_decref(reply);
}

/* What the hub has tried by itself when all had told what they have, be it so often that it gave up. */
static bool is_for_people(const json_t *row)
{
    json_int_t attempts = json_integer_value(json_object_get(row, "attempts"));
    return (strcmp(text_of(row, "class"), "waits-for-tills") == 0 && attempts > 0) ||
           (strcmp(text_of(row, "class"), "refused") == 0 && attempts >= HUB_TRIES);
}

/* Whether there was anything of the kind. */
static bool believe_all(struct sim_world *world)
{
    size_t index = 0;
    json_t *row = NULL;
    bool any = false;
    if (!world->hub_set_back || (world->options.faults & SIM_FAULT_LIE) != 0) {
        return false;
    }
    json_t *quarantine = sim_admin(&world->hub, "GET", "/admin/quarantine", "");
    json_array_foreach(json_object_get(quarantine, "quarantine"), index, row)
    {
        if (is_for_people(row)) {
            believe(world, row);
            any = true;
        }
    }
    json_decref(quarantine);
    return any;
}

/* Who is gone is written off when what he said has been decided; what waits for nobody else then is decided next. */
static bool decide(struct sim_world *world, bool *believed)
{
    *believed = believe_all(world);
    bool drained = settle(world);
    for (unsigned i = 0; i < world->till_count && drained; i++) {
        sim_write_off_former(world, &world->tills[i]);
    }
    if (drained && world->hub_set_back) {
        sim_write_off_unshown(world);
    }
    return drained;
}

bool sim_drain(struct sim_world *world)
{
    bool believed = false;
    bool drained = settle(world);
    if (drained && world->hub_set_back) {
        hand_in_again(world);
        drained = settle(world);
    }
    drained = drained && find_holds(world) && decide(world, &believed);
    if (drained) {
        end_loans(world);
    }
    sim_sleep(EXPIRES_S * SIM_S); /* points that came back may have been too old for long */
    drained = drained && (!world->hub_set_back || decide(world, &believed));
    if (drained && world->hub_set_back && believed) {
        sim_sleep(EXPIRES_S * SIM_S); /* and what was earned by what is believed now */
    }
    return drained && settle(world);
}
