/* After the faults: everything has to arrive by itself. */
#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define PATIENCE_S 7200

static bool till_drained(struct sim_world *world, const struct sim_machine *till, char *why, size_t size)
{
    char socket[VN_PATH_MAX];
    struct sim_caller caller;
    json_t *status = NULL;
    (void)world;
    (void)snprintf(socket, sizeof socket, "%.240s/pos.sock", till->dir);
    const struct vn_http_target target = {.socket_path = socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    int http = sim_caller_json(&caller, "GET", "/v1/status", NULL, 4000, &status);
    sim_caller_close(&caller);
    const json_t *journal = json_object_get(status, "journal");
    json_int_t seq = json_integer_value(json_object_get(journal, "seq"));
    json_int_t acked = json_integer_value(json_object_get(journal, "acked"));
    const char *state = json_string_value(json_object_get(status, "state"));
    bool drained = http == 200 && seq == acked && state != NULL && strcmp(state, "live") == 0;
    if (!drained) {
        (void)snprintf(why, size, "%s is %s, with %lld of %lld entries acknowledged", till->name,
                       state == NULL ? "silent" : state, (long long)acked, (long long)seq);
    }
    json_decref(status);
    return drained;
}

static bool hub_drained(struct sim_world *world, char *why, size_t size)
{
    json_t *fleet = sim_admin(&world->hub, "GET", "/admin/fleet", "");
    size_t index = 0;
    json_t *till = NULL;
    bool drained = fleet != NULL;
    json_array_foreach(json_object_get(fleet, "tills"), index, till)
    {
        json_int_t acked = json_integer_value(json_object_get(till, "acked_seq"));
        json_int_t posted = json_integer_value(json_object_get(till, "posted_seq"));
        if (posted < acked) {
            drained = false;
            (void)snprintf(why, size, "the hub posted %lld of %lld entries of %s", (long long)posted,
                           (long long)acked, json_string_value(json_object_get(till, "till")));
        }
    }
    json_decref(fleet);
    return drained;
}

bool sim_drain(struct sim_world *world)
{
    char why[256] = "";
    for (unsigned s = 0; s < PATIENCE_S; s += 5) {
        bool drained = true;
        for (unsigned i = 0; i < world->till_count && drained; i++) {
            drained = till_drained(world, &world->tills[i], why, sizeof why);
        }
        if (drained && hub_drained(world, why, sizeof why)) {
            return true;
        }
        sim_sleep(5 * SIM_S);
    }
    sim_violation(&world->oracle, 10, "two hours after the last fault %s", why);
    return false;
}
