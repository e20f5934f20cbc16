#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/net/model.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define HUB_BACK_APART_S 900
#define PERISHES         500  /* of 10000 that lent */
#define MUTED            2000 /* of 10000 moments at which something strikes */
#define PERISHES_S       30   /* so much later at most */
#define NOTICED_S        3600 /* that the hub's clock is years off, and no till comes any more */

/* Neighbours that lie and tills that are enrolled anew without a reason are asked for by name. */
static const struct {
    const char *name;
    unsigned per_10000; /* seeds that have it */
} kinds[SIM_FAULTS] = {{"loss", 6000},     {"slow", 6000},      {"repeat", 6000}, {"cut", 6000},
                       {"crash", 5000},    {"hub-crash", 5000}, {"stop", 4000},   {"clock", 4000},
                       {"full", 2500},     {"back", 2500},      {"clone", 2000},  {"lost", 2000},
                       {"hub-back", 2000}, {"restore", 2000},   {"revoke", 2500}, {"lie", 0},
                       {"anew", 0}};

const char *sim_fault_name(unsigned bit)
{
    return bit < SIM_FAULTS ? kinds[bit].name : NULL;
}

/* Not from the stream of draws: the same story goes on when a fault that never struck is left out. */
unsigned sim_faults_of(const struct sim_options *options)
{
    uint64_t word = options->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    unsigned drawn = 0;
    if (options->faults != SIM_FAULTS_BY_SEED) {
        return options->faults;
    }
    for (unsigned i = 0; i < SIM_FAULTS; i++) {
        word = (word ^ (word >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
        drawn |= (word >> 32) % 10000 < kinds[i].per_10000 ? 1U << i : 0;
    }
    return drawn;
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
    if ((faults & SIM_FAULT_LIE) != 0) {
        weather.lie_per_10000 = (unsigned)sim_between(0, 5000);
    }
    sim_net_set(&weather);
}

/* --- one thing after the other ------------------------------------------------------------------------------- */

static struct sim_machine *any_till(struct sim_world *world)
{
    return &world->tills[sim_draw(world->till_count)];
}

static void cut_between(const char *one, const char *other, unsigned ways)
{
    bool of_hub = strcmp(other, SIM_HUB_HOST) == 0;
    sim_cover(ways == 3 ? (of_hub ? "cut: from the hub" : "cut: from a neighbour")
              : of_hub  ? "cut: from the hub, one way"
                        : "cut: from a neighbour, one way");
    if ((ways & 1) != 0) {
        sim_net_cut(one, other);
    }
    if ((ways & 2) != 0) {
        sim_net_cut(other, one);
    }
}

/* Two tills don't hear of each other any more, or only one of them does. */
static void cut_neighbours(struct sim_world *world, unsigned ways)
{
    const struct sim_machine *one = any_till(world);
    const struct sim_machine *other = any_till(world);
    if (one != other) {
        cut_between(one->host, other->host, ways);
        sim_story(one->name, "is cut off from %s (%s)", other->name, ways == 3 ? "both ways" : "one way");
    }
}

static void cut_off(struct sim_world *world)
{
    const struct sim_machine *till = any_till(world);
    unsigned ways = (unsigned)sim_between(1, 3);
    sim_net_heal_all();
    if (sim_chance(2500)) {
        cut_neighbours(world, (unsigned)sim_between(1, 3));
    }
    if (sim_chance(4000)) {
        return;
    }
    for (unsigned i = 0; i < world->till_count; i++) {
        const struct sim_machine *one = &world->tills[i];
        if (one != till && !sim_chance(3000)) {
            continue;
        }
        cut_between(one->host, SIM_HUB_HOST, ways);
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

static void stop_and_start(const struct sim_world *world, struct sim_machine *machine)
{
    if (machine->there && machine->wanted) {
        sim_cover(machine->is_hub ? "hub: stopped" : "till: stopped");
        sim_machine_stop(machine);
        sim_sleep(sim_between(1, 60) * SIM_S);
        sim_start_by_day(world, machine);
    }
}

static void set_clock(struct sim_world *world)
{
    struct sim_machine *machine = sim_chance(1500) ? &world->hub : any_till(world);
    const int64_t year_ms = 365LL * 86400 * 1000;
    static const int64_t by[] = {0, 0, 5000, -5000, 3600000, -3600000};
    int64_t skew_ms =
        sim_chance(3000) ? sim_between(-10, 10) * year_ms : by[sim_draw(sizeof by / sizeof *by)];
    sim_cover(machine->is_hub ? "hub: its clock is set wrong" : "till: its clock is set wrong");
    sim_machine_set_clock(machine, skew_ms);
    world->hub_clock_ns = machine->is_hub ? sim_now_ns() : world->hub_clock_ns;
}

/* Somebody sets it, and says so to the hub, which would else wait for two tills that were sold at. */
static void right_hub_clock(struct sim_world *world)
{
    if (world->hub.skew_ms != 0) {
        sim_machine_set_clock(&world->hub, 0);
    }
    json_decref(sim_admin(&world->hub, "POST", "/admin/clock", ""));
    sim_cover("hub: its clock is set right");
}

void sim_notice_hub_clock(struct sim_world *world)
{
    if (llabs(world->hub.skew_ms) > 86400 * 1000LL &&
        sim_now_ns() - world->hub_clock_ns > NOTICED_S * SIM_S) {
        right_hub_clock(world);
    }
}

/* --- disks ----------------------------------------------------------------------------------------------------- */

static void give_room(void *arg)
{
    disk_set_room(((struct sim_machine *)arg)->disk, DISK_UNLIMITED);
}

static void fill_disk(struct sim_machine *machine)
{
    disk_set_room(machine->disk, sim_between(0, 200000));
    sim_story(machine->name, "its disk is nearly full");
    sim_after(sim_between(10, 600) * SIM_S, give_room, machine);
}

/* The true wall time then. */
static int64_t wall_then(int64_t ns)
{
    return sim_wall_ms() - (sim_now_ns() - ns) / SIM_MS;
}

static void set_till_back(struct sim_world *world)
{
    struct sim_machine *till = any_till(world);
    if (till->image == NULL) {
        sim_machine_take_image(till);
    } else if (till->there) {
        sim_oracle_set_back(&world->oracle, till->name, wall_then(till->image_ns));
        sim_note_copy(world, till, till->image);
        till->set_backs++;
        sim_machine_set_back(till, sim_between(1000, 60000));
        sim_cover("till: set back");
    }
}

/* Not again before all tills had time to show what they have: a hub that is set back to the midst of that takes what it granted
 * in between for grants that were never made. */
static void set_hub_back(struct sim_world *world)
{
    struct sim_machine *hub = &world->hub;
    if (hub->set_backs > 0 && sim_now_ns() - world->hub_back_ns < HUB_BACK_APART_S * SIM_S) {
        return;
    }
    if (hub->image == NULL || hub->image_ns < world->hub_back_ns || hub->image_ns < world->backup_ns ||
        sim_chance(3000)) {
        sim_machine_take_image(hub);
    } else if (hub->there) {
        world->hub_set_back = true;
        sim_oracle_hub_set_back(&world->oracle, wall_then(hub->image_ns));
        sim_epochs_reverted(&world->epochs);
        world->hub_back_ns = sim_now_ns();
        sim_revocations_forgotten(world, hub->image_ns);
        hub->set_backs++;
        sim_cover("hub: set back");
        sim_machine_set_back(hub, sim_between(1000, 60000));
    }
}

static void back_up_or_restore(struct sim_world *world)
{
    bool soon = world->hub_back_ns > 0 && sim_now_ns() - world->hub_back_ns < HUB_BACK_APART_S * SIM_S;
    if (!soon && world->backup_ns > world->hub_back_ns && sim_chance(4000)) {
        world->hub_back_ns = sim_now_ns();
        sim_hub_restore(world);
    } else if (!soon) {
        sim_keeper_backup(world);
    }
}

static void stop_clone(void *arg)
{
    sim_machine_stop(arg);
}

/* The copy has the same folder on the disk of another machine. */
static void clone(struct sim_world *world)
{
    const struct sim_machine *till = any_till(world);
    struct sim_machine *copy = &world->clone;
    if (world->cloned != NULL || !till->there || disk_is_frozen(till->disk)) {
        return;
    }
    world->cloned = till;
    sim_note_copy(world, till, till->disk);
    sim_machine_init(copy, &world->disks, world->options.logs, "clone", false);
    struct disk *image = disk_clone(till->disk);
    if (disk_rename(image, till->root, copy->root) != 0) {
        abort();
    }
    disk_restore(copy->disk, image);
    disk_destroy(image);
    (void)snprintf(copy->dir, sizeof copy->dir, "%s/e%u", copy->root, till->enrolments);
    sim_story(till->name, "was cloned");
    sim_cover("till: cloned");
    sim_machine_start(copy);
    sim_after(sim_between(30, 1200) * SIM_S, stop_clone, copy);
}

static void lose_disk(struct sim_world *world, struct sim_machine *till)
{
    struct vn_random random = till->disk_random;
    if (till->there && !sim_proc_crashed(till->proc)) {
        disk_destroy(till->image);
        till->image = disk_create(&random);
        till->image_ns = 0;
        (void)disk_make_folder(till->image, till->root);
        sim_oracle_set_back(&world->oracle, till->name, 0);
        sim_machine_set_back(till, sim_between(1000, 60000));
        till->set_backs++;
        sim_cover("till: disk lost");
    }
}

static void for_neighbours(struct sim_world *world, void (*act)(const char *from, const char *to))
{
    for (unsigned i = 0; i < world->till_count; i++) {
        if (&world->tills[i] != world->perishing) {
            act(world->perishing->host, world->tills[i].host);
        }
    }
}

static void perish(void *arg)
{
    struct sim_world *world = arg;
    for_neighbours(world, sim_net_heal);
    if (!world->closing && !sim_is_night(world)) {
        lose_disk(world, world->perishing);
    }
    world->perishing = NULL;
}

void sim_fault_lent(struct sim_world *world, const char *host)
{
    if (!sim_has_habit(world, SIM_HABIT_PERISH) || world->perishing != NULL || world->closing ||
        !sim_chance(PERISHES)) {
        return;
    }
    for (unsigned i = 0; i < world->till_count; i++) {
        if (strcmp(world->tills[i].host, host) == 0) {
            world->perishing = &world->tills[i];
            for_neighbours(world, sim_net_cut);
            sim_story(world->tills[i].name, "lent, and no neighbour hears of it any more");
            sim_cover("till: perishes when it has lent");
            sim_after(sim_between(1, PERISHES_S) * SIM_S, perish, world);
        }
    }
}

static void hear_again(void *arg)
{
    struct sim_world *world = arg;
    sim_net_mute("");
    world->mute = false;
}

static void mute(struct sim_world *world)
{
    const struct sim_machine *till = any_till(world);
    sim_net_mute(till->host);
    world->mute = true;
    sim_story(till->name, "hears no news of the hub");
    sim_cover("till: hears no news");
    sim_after(sim_between(3, 30) * 60 * SIM_S, hear_again, world);
}

static void strike(struct sim_world *world)
{
    if (sim_has_habit(world, SIM_HABIT_MUTE) && !world->mute && sim_chance(MUTED)) {
        mute(world);
    }
    unsigned fault = 1U << sim_draw(SIM_FAULTS);
    while ((world->options.faults & fault) == 0) {
        fault = 1U << sim_draw(SIM_FAULTS);
    }
    switch (fault) {
    case SIM_FAULT_LOSS:
    case SIM_FAULT_SLOW:
    case SIM_FAULT_REPEAT:
    case SIM_FAULT_LIE: set_weather(world); break;
    case SIM_FAULT_CUT: cut_off(world); break;
    case SIM_FAULT_CRASH: crash_at_write(any_till(world)); break;
    case SIM_FAULT_HUB_CRASH: crash_at_write(&world->hub); break;
    case SIM_FAULT_STOP: stop_and_start(world, sim_chance(3000) ? &world->hub : any_till(world)); break;
    case SIM_FAULT_CLOCK: set_clock(world); break;
    case SIM_FAULT_FULL: fill_disk(sim_chance(3000) ? &world->hub : any_till(world)); break;
    case SIM_FAULT_BACK: set_till_back(world); break;
    case SIM_FAULT_CLONE: clone(world); break;
    case SIM_FAULT_LOST:
        if (sim_chance(4000)) {
            lose_disk(world, any_till(world));
        }
        break;
    case SIM_FAULT_HUB_BACK: set_hub_back(world); break;
    case SIM_FAULT_RESTORE: back_up_or_restore(world); break;
    case SIM_FAULT_REVOKE:
        if (sim_chance(4000)) {
            (void)sim_revoke(world, any_till(world));
        }
        break;
    default: break;
    }
}

/* What disks may be set back to later. */
static void take_images(struct sim_world *world)
{
    struct sim_machine *till = any_till(world);
    if ((world->options.faults & SIM_FAULT_BACK) != 0 && till->image == NULL && sim_chance(3000)) {
        sim_machine_take_image(till);
    }
    if ((world->options.faults & SIM_FAULT_HUB_BACK) != 0 && world->hub.image == NULL && sim_chance(3000)) {
        sim_machine_take_image(&world->hub);
    }
}

static void faults_main(void *arg)
{
    struct sim_world *world = arg;
    const int64_t apart_s =
        world->pace_ms / 250 < 8 ? 8 : world->pace_ms / 250; /* as often as customers come, about */
    set_weather(world);
    while (!world->closing) {
        sim_sleep(sim_between(1, apart_s) * SIM_S);
        struct sim_machine *till = any_till(world);
        if (sim_sleeps_till_morning(world)) {
            continue;
        }
        sim_watch_till(till);
        if (sim_chance(2000)) {
            sim_repair(world, till);
        }
        sim_notice_hub_clock(world);
        if (!world->closing && !sim_is_night(world)) {
            take_images(world);
            strike(world);
        }
    }
    world->striking = false;
}

void sim_faults_begin(struct sim_world *world)
{
    if (world->options.faults != 0) {
        world->striking = true;
        (void)sim_spawn(sim_proc_create("faults", ""), faults_main, world);
    }
}

void sim_faults_end(struct sim_world *world)
{
    const struct sim_net_weather fine = {.delay_min_us = 300, .delay_max_us = 3000};
    sim_net_set(&fine);
    sim_net_heal_all();
    sim_net_mute("");
    world->hub.crash_in = 0;
    give_room(&world->hub);
    sim_machine_start(&world->hub);
    while (world->striking) { /* it ends what it has begun */
        sim_sleep(SIM_S);
    }
    sim_machine_start(&world->hub);
    if (world->hub_clock_ns != 0) {
        right_hub_clock(world);
    }
    for (unsigned i = 0; i < world->till_count; i++) {
        world->tills[i].crash_in = 0;
        give_room(&world->tills[i]);
        if (world->tills[i].skew_ms != 0) {
            sim_machine_set_clock(&world->tills[i], 0);
        }
        sim_machine_start(&world->tills[i]);
    }
    if (world->cloned != NULL) {
        sim_machine_stop(&world->clone);
    }
    sim_story("operator", "all is well again");
}
