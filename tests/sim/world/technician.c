/* A technician who was told that the cache can be deleted at any time: after a power cut he takes away what looks like a
 * database, and overlooks the logs beside it. Now and then he enrols a till anew. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define GETS_A_NEW_ONE 1500 /* of 10,000 visits: the till's folder was to be a new one */

static bool is_cache(const char *name)
{
    size_t len = strlen(name);
    return strcmp(name, "cache.current") == 0 ||
           (strncmp(name, "cache-", 6) == 0 && len > 3 && strcmp(name + len - 3, ".db") == 0);
}

static void clear_cache(const struct sim_machine *till)
{
    DIR *dir = opendir(till->dir);
    unsigned cleared = 0;
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char path[2 * VN_PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", till->dir, entry->d_name);
        cleared += is_cache(entry->d_name) && unlink(path) == 0 ? 1 : 0;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    sim_story("technician", "cleared %u files of %s's cache", cleared, till->name);
}

static void technician_main(void *arg)
{
    struct sim_world *world = arg;
    while (!world->closing) {
        sim_sleep(sim_between(20, 400) * SIM_S);
        struct sim_machine *till = &world->tills[sim_draw(world->till_count)];
        if (sim_sleeps_till_morning(world) || world->closing || !till->there || !till->wanted) {
            continue;
        }
        if ((world->options.faults & SIM_FAULT_ANEW) != 0 && sim_chance(GETS_A_NEW_ONE)) {
            sim_story("technician", "%s is enrolled anew", till->name);
            sim_cover("till: enrolled anew without a reason");
            sim_world_enrol(world, till, true);
            continue;
        }
        sim_machine_crash(till, -1);
        sim_sleep(SIM_MS);
        if (!till->there) {
            till->crash_in = 0; /* what was to happen to the program is not to happen to him */
            clear_cache(till);
            sim_machine_start(till);
        }
    }
}

void sim_technician_begin(struct sim_world *world)
{
    if ((world->options.faults & (SIM_FAULT_CRASH | SIM_FAULT_ANEW)) != 0) {
        (void)sim_spawn(sim_proc_create("technician", "office.sim"), technician_main, world);
    }
}
