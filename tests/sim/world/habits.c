#include <stddef.h>

#include "tests/sim/world/world.h"

static const char *const names[SIM_HABITS] = {"dally", "count", "perish", "mute"};

const char *sim_habit_name(unsigned bit)
{
    return bit < SIM_HABITS ? names[bit] : NULL;
}

bool sim_has_habit(const struct sim_world *world, enum sim_habit habit)
{
    return (world->options.habits & (unsigned)habit) != 0;
}
