/* What becomes of rights that tills held which are gone, or began anew: an operator writes them off, by the figure that the hub
 * states. And of what members owe of the chain's risk: it is settled, likewise. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define TRIES 20 /* the figure may change while it is typed */

static json_t *ask(struct sim_world *world, const char *enrolment, json_int_t loss)
{
    char text[96];
    if (loss < 0) {
        (void)snprintf(text, sizeof text, "{\"till\":\"%s\"}", enrolment);
    } else {
        (void)snprintf(text, sizeof text, "{\"till\":\"%s\",\"loss\":%lld}", enrolment, (long long)loss);
    }
    return sim_admin(&world->hub, "POST", "/admin/write-off", text);
}

static json_int_t figure(const json_t *reply, const char *key)
{
    return json_integer_value(json_object_get(reply, key));
}

/* -1: it is not known there. */
static json_int_t stated(struct sim_world *world, const char *enrolment)
{
    json_t *reply = ask(world, enrolment, -1);
    json_int_t points = reply == NULL ? -1 : figure(reply, "points");
    json_decref(reply);
    return points;
}

static void write_off(struct sim_world *world, const struct sim_machine *till, const char *enrolment)
{
    json_int_t points = stated(world, enrolment);
    for (unsigned tries = 0; tries < TRIES && points >= 0; tries++) {
        json_t *reply = ask(world, enrolment, points);
        if (reply != NULL) {
            sim_story(till->name, "what it was before is written off: %lld points, %lld coupons, %lld others",
                      (long long)figure(reply, "points"), (long long)figure(reply, "coupons"),
                      (long long)figure(reply, "others"));
            sim_cover(points > 0 ? "till: written off with points" : "till: written off");
            json_decref(reply);
            break;
        }
        points = stated(world, enrolment);
    }
    points = stated(world, enrolment);
    if (points > 0) {
        sim_violation(&world->oracle, 10,
                      "%s was written off, and the hub still states a loss of %lld points", till->name,
                      (long long)points);
    }
}

void sim_write_off_former(struct sim_world *world, const struct sim_machine *till)
{
    for (unsigned i = 0; i < till->former_count; i++) {
        write_off(world, till, till->former[i]);
    }
}

static bool left(const struct sim_machine *one, const char *till, const char *enrolment)
{
    return strcmp(one->till, till) == 0 && strcmp(one->enrolment, enrolment) != 0;
}

/* The till that this enrolment was once of, and is not now, or never was, since the answer did not come; NULL: another's. */
static const struct sim_machine *who_left(const struct sim_world *world, const char *till,
                                          const char *enrolment)
{
    for (unsigned i = 0; i < world->till_count; i++) {
        if (left(&world->tills[i], till, enrolment)) {
            return &world->tills[i];
        }
    }
    return left(&world->spare, till, enrolment) ? &world->spare : NULL;
}

void sim_write_off_unshown(struct sim_world *world)
{
    size_t index = 0;
    json_t *row = NULL;
    json_t *fleet = sim_admin(&world->hub, "GET", "/admin/fleet", "");
    json_array_foreach(json_object_get(fleet, "tills"), index, row)
    {
        const char *state = json_string_value(json_object_get(row, "state"));
        const char *shown = json_string_value(json_object_get(row, "shown"));
        const char *till = json_string_value(json_object_get(row, "till"));
        const char *enrolment = json_string_value(json_object_get(row, "enrolment"));
        bool missing = state != NULL && shown != NULL && till != NULL && enrolment != NULL &&
                       strcmp(state, "active") == 0 && strcmp(shown, "no") == 0;
        const struct sim_machine *former = missing ? who_left(world, till, enrolment) : NULL;
        if (former != NULL) {
            write_off(world, former, former == &world->spare ? till : enrolment);
        }
    }
    json_decref(fleet);
}

static void settle_one(struct sim_world *world, const char *account, json_int_t points)
{
    char text[96];
    unsigned set_backs = world->oracle.set_backs;
    (void)snprintf(text, sizeof text, "{\"account\":\"%s\",\"loss\":%lld}", account, (long long)points);
    sim_oracle_settles(&world->oracle, account, points);
    json_t *reply = sim_admin(&world->hub, "POST", "/admin/risk", text);
    if (reply != NULL && set_backs == world->oracle.set_backs) {
        sim_oracle_settled(&world->oracle, account, points);
    }
    sim_story("operator", "%lld points that %s owes of the chain's risk are %s", (long long)points, account,
              reply == NULL ? "not settled" : "settled");
    sim_cover(reply == NULL ? "risk: settled in vain" : "risk: settled");
    json_decref(reply);
}

void sim_settle_risk(struct sim_world *world)
{
    size_t index = 0;
    json_t *row = NULL;
    json_t *reply = sim_admin(&world->hub, "GET", "/admin/risk", "");
    json_array_foreach(json_object_get(reply, "risks"), index, row)
    {
        settle_one(world, json_string_value(json_object_get(row, "account")), figure(row, "points"));
    }
    json_decref(reply);
}
