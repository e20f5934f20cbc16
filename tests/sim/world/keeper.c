/* Who keeps the hub: makes a backup now and then, as a timer would each night, and remembers how far each journal was then. What
 * a till takes for safe is at most that. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world/caller.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define OFTEN_S  120  /* at least between two */
#define RARELY_S 3600 /* and at most */

/* The entries of its journal; INT64_MAX: it does not say. */
static int64_t entries_of(const struct sim_machine *till)
{
    struct sim_caller caller;
    json_t *status = NULL;
    const struct vn_http_target target = {.socket_path = till->socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    int http = sim_caller_json(&caller, "GET", "/v1/status", NULL, 4000, &status);
    sim_caller_close(&caller);
    const json_t *seq = json_object_get(json_object_get(status, "journal"), "seq");
    int64_t entries = http == 200 && json_is_integer(seq) ? json_integer_value(seq) : INT64_MAX;
    json_decref(status);
    return entries;
}

void sim_keeper_backup(struct sim_world *world)
{
    struct sim_safe before[SIM_TILLS_MAX];
    bool told =
        (world->options.faults & SIM_FAULT_RESTORE) == 0 || world->told_backup[0] == '\0' || sim_chance(5000);
    memcpy(before, world->safe, sizeof before);
    world->backup_ns = sim_now_ns();
    for (unsigned i = 0; i < world->till_count && told; i++) { /* who hears of it at once is right */
        world->safe[i] = (struct sim_safe){world->tills[i].enrolments, INT64_MAX};
    }
    if (!sim_hub_backup(world, told)) {
        memcpy(world->safe, before, sizeof before);
        return;
    }
    for (unsigned i = 0; i < world->till_count && told; i++) {
        int64_t entries = entries_of(&world->tills[i]);
        if (world->safe[i].enrolments == world->tills[i].enrolments) {
            world->safe[i].entries = entries;
        }
    }
}

void sim_keeper_judge(struct sim_world *world, unsigned number, int64_t durable)
{
    const struct sim_safe *safe = &world->safe[number];
    int64_t most = safe->enrolments == world->tills[number].enrolments ? safe->entries : 0;
    if (durable > most) {
        sim_violation(&world->oracle, 4, "%s takes %lld entries for safe, and %lld are in a backup",
                      world->tills[number].name, (long long)durable, (long long)most);
    }
}

static void keeper_main(void *arg)
{
    struct sim_world *world = arg;
    bool often = sim_has_habit(world, SIM_HABIT_MUTE);
    int64_t pause_s = often ? OFTEN_S : sim_between(OFTEN_S, RARELY_S);
    while (!world->closing) {
        sim_sleep(sim_between(OFTEN_S, pause_s) * SIM_S);
        if (!world->closing && !sim_is_night(world)) {
            sim_keeper_backup(world);
        }
    }
}

void sim_keeper_begin(struct sim_world *world)
{
    (void)sim_spawn(sim_proc_create("keeper", "office.sim"), keeper_main, world);
}
