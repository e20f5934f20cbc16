#include "tests/sim/net/model.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

static const char *const names[] = {"loss", "slow", "repeat", "cut", "crash", "hub-crash", "stop", "clock"};

const char *sim_fault_name(unsigned bit)
{
    return bit < SIM_FAULTS ? names[bit] : NULL;
}

static void set_weather(const struct sim_world *world)
{
    unsigned faults = world->options.faults;
    struct sim_net_weather weather = {.delay_min_us = 300, .delay_max_us = 3000};
    if ((faults & SIM_FAULT_LOSS) != 0) {
        weather.lose_per_10000 = (unsigned)sim_between(0, 800);
    }
    if ((faults & SIM_FAULT_SLOW) != 0) {
        weather.slow_per_10000 = (unsigned)sim_between(0, 2000);
        weather.slow_max_ms = sim_between(100, 20000);
    }
    if ((faults & SIM_FAULT_REPEAT) != 0) {
        weather.repeat_per_10000 = (unsigned)sim_between(0, 1500);
        weather.repeat_max_ms = sim_between(10, 60000);
    }
    sim_net_set(&weather);
}

/* --- one thing after the other ------------------------------------------------------------------------------- */

static struct sim_machine *any_till(struct sim_world *world)
{
    return &world->tills[sim_draw(world->till_count)];
}

struct cut {
    const char *from, *to;
};

static void cut_off(struct sim_world *world)
{
    const struct sim_machine *till = any_till(world);
    unsigned ways = (unsigned)sim_between(1, 3);
    sim_net_heal_all();
    if (sim_chance(4000)) {
        return;
    }
    for (unsigned i = 0; i < world->till_count; i++) {
        const struct sim_machine *one = &world->tills[i];
        if (one != till && !sim_chance(3000)) {
            continue;
        }
        if ((ways & 1) != 0) {
            sim_net_cut(one->host, SIM_HUB_HOST);
        }
        if ((ways & 2) != 0) {
            sim_net_cut(SIM_HUB_HOST, one->host);
        }
        sim_story(one->name, "is cut off (%s)",
                  ways == 3   ? "both ways"
                  : ways == 1 ? "to the hub"
                              : "from the hub");
    }
}

static void crash_at_write(struct sim_machine *machine)
{
    if (machine->there && machine->crash_in == 0) {
        machine->crash_in = sim_between(1, 60);
        machine->crash_pause_ms = sim_between(500, 120000);
    }
}

static void stop_and_start(struct sim_machine *machine)
{
    if (machine->there && machine->wanted) {
        sim_machine_stop(machine);
        sim_sleep(sim_between(1, 60) * SIM_S);
        sim_machine_start(machine);
    }
}

static void set_clock(struct sim_world *world)
{
    struct sim_machine *machine = any_till(world);
    const int64_t year_ms = 365LL * 86400 * 1000;
    static const int64_t by[] = {0, 0, 5000, -5000, 3600000, -3600000};
    int64_t skew_ms =
        sim_chance(3000) ? sim_between(-10, 10) * year_ms : by[sim_draw(sizeof by / sizeof *by)];
    sim_machine_set_clock(machine, skew_ms);
}

static void strike(struct sim_world *world)
{
    unsigned fault = 1U << sim_draw(SIM_FAULTS);
    switch (world->options.faults & fault) {
    case SIM_FAULT_LOSS:
    case SIM_FAULT_SLOW:
    case SIM_FAULT_REPEAT: set_weather(world); break;
    case SIM_FAULT_CUT: cut_off(world); break;
    case SIM_FAULT_CRASH: crash_at_write(any_till(world)); break;
    case SIM_FAULT_HUB_CRASH: crash_at_write(&world->hub); break;
    case SIM_FAULT_STOP: stop_and_start(sim_chance(3000) ? &world->hub : any_till(world)); break;
    case SIM_FAULT_CLOCK: set_clock(world); break;
    default: break;
    }
}

static void faults_main(void *arg)
{
    struct sim_world *world = arg;
    set_weather(world);
    while (!world->closing) {
        sim_sleep(sim_between(1, 120) * SIM_S);
        if (!world->closing && !sim_is_night(world)) {
            strike(world);
        }
    }
}

void sim_faults_begin(struct sim_world *world)
{
    if (world->options.faults != 0) {
        (void)sim_spawn(sim_proc_create("faults", ""), faults_main, world);
    }
}

void sim_faults_end(struct sim_world *world)
{
    const struct sim_net_weather fine = {.delay_min_us = 300, .delay_max_us = 3000};
    sim_net_set(&fine);
    sim_net_heal_all();
    world->hub.crash_in = 0;
    sim_machine_start(&world->hub);
    for (unsigned i = 0; i < world->till_count; i++) {
        world->tills[i].crash_in = 0;
        if (world->tills[i].skew_ms != 0) {
            sim_machine_set_clock(&world->tills[i], 0);
        }
        sim_machine_start(&world->tills[i]);
    }
    sim_story("operator", "all is well again");
}
