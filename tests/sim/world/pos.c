#include "tests/sim/world/pos.h"

#include <stdio.h>

#include "tests/sim/world/pos_sale.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define DAY_NS (86400 * SIM_S)

/* Of 10,000 sales */
#define NUMBER_AGAIN 60
#define TAKEN_BACK   600
#define NEVER_QUOTED 150
#define WITHOUT_HOLD 1000 /* of those without a card */
#define CHANGES_MIND 250
#define POS_RESTARTS 150
#define LEFT_OPEN    200
#define SWITCHED_ON  1000 /* of 10,000 nights */
#define LOOK_AGAIN_S 600
#define PAYS_BY_CARD 3000
#define CARD_S       90 /* at most, until the terminal says yes */
#define LEFT_SALES   3  /* sales after which a hold that was left open is settled, at most */

struct shift {
    struct sim_pos *pos;
    struct sim_caller caller;
    struct pos_sale left; /* a hold that was left open */
    unsigned left_for;    /* sales more; 0: there is none */
    bool left_found;      /* a later receipt of the lane was printed, which must have found it */
};

/* Sold while the agent was not asked; it hears of it afterwards. */
static bool sell_unquoted(struct pos_sale *sale)
{
    sim_sleep(sim_between(5, 60) * SIM_S);
    return sim_pos_commit(sale, true);
}

static bool pay(struct shift *shift, struct pos_sale *sale)
{
    if (sale->facts.member == 0 && sale->visit.coupon == 0 && sim_chance(WITHOUT_HOLD)) {
        return sim_pos_commit(sale, true);
    }
    if (!sim_pos_hold(sale)) {
        return false;
    }
    if (sim_chance(CHANGES_MIND)) {
        sim_pos_cancel(sale);
        if (sale->held || !sim_pos_hold(sale)) {
            return false;
        }
    }
    if (sim_chance(POS_RESTARTS)) {
        sim_story(sale->pos->name, "starts anew, with %s held", sale->facts.receipt);
        sim_sleep(sim_between(20, 120) * SIM_S);
        if (!sim_pos_hold(sale)) { /* in the same words: that it is held is what it hears */
            return false;
        }
    }
    if (shift->left_for == 0 && sim_chance(LEFT_OPEN)) {
        sim_story(sale->pos->name, "%s is left open", sale->facts.receipt);
        sim_oracle_left_open(&sale->pos->world->oracle, sale->facts.member, true);
        shift->left = *sale;
        shift->left_for = 1 + (unsigned)sim_draw(LEFT_SALES);
        shift->left_found = false;
        return true;
    }
    if (sim_has_habit(sale->pos->world, SIM_HABIT_DALLY) && sim_chance(PAYS_BY_CARD)) {
        sim_sleep(sim_between(5, CARD_S) * SIM_S);
    }
    return sim_pos_commit(sale, false);
}

static void sell(struct shift *shift)
{
    struct pos_sale sale;
    unsigned left_before = shift->left_for;
    sim_pos_open_sale(&sale, shift->pos, &shift->caller);
    bool unquoted = sim_chance(NEVER_QUOTED);
    if (!unquoted) {
        sim_pos_serve(&sale);
    }
    bool sold = unquoted ? sell_unquoted(&sale) : pay(shift, &sale);
    if (shift->left_for > left_before) {
        return; /* its key and basket live on */
    }
    shift->left_found =
        shift->left_found || (sold && !unquoted); /* else the lane still has the one left open */
    if (!sold) {
        sim_pos_give_up(&sale);
    } else if (sim_chance(NUMBER_AGAIN)) {
        sim_pos_number_again(&sale);
    }
    if (sim_chance(TAKEN_BACK)) {
        sim_pos_take_back(&sale);
    }
    if (shift->left_for > 0 && --shift->left_for == 0) { /* NOLINT(bugprone-inc-dec-in-conditions) */
        sim_pos_end_left(&shift->left, shift->left_found);
        sim_oracle_left_open(&shift->pos->world->oracle, shift->left.facts.member, false);
        sim_pos_close_sale(&shift->left);
    }
    sim_pos_close_sale(&sale);
}

static void work_day(struct shift *shift)
{
    const struct sim_options *options = &shift->pos->world->options;
    shift->pos->receipts = 0; /* they begin anew each morning */
    for (unsigned i = 0; i < options->sales || shift->left_for > 0; i++) {
        sim_sleep(sim_between(1, shift->pos->world->pace_ms) * SIM_MS);
        sell(shift);
    }
}

static bool stays_on(const struct sim_world *world)
{
    return world->rest_days == 1 && sim_chance(SWITCHED_ON);
}

/* Who goes home switches the till off, or forgets to; the last one in the office does the same with the hub. */
static void switch_off(struct sim_pos *pos, bool last)
{
    struct sim_world *world = pos->world;
    if (!stays_on(world)) {
        sim_machine_stop(&world->tills[pos->number]);
    }
    if (last && !stays_on(world)) {
        sim_machine_stop(&world->hub);
    }
    if (last && world->rest_days > 1) {
        sim_machine_stop(&world->spare);
    }
}

/* Till it is morning, some day. Before a long rest nobody forgets anything, nor what came back from a power cut. */
static void rest(struct sim_pos *pos, int64_t opens_ns)
{
    struct sim_world *world = pos->world;
    sim_sleep(sim_between(60, 1200) * SIM_S); /* the day's last receipts leave */
    world->morning_ns = opens_ns;
    world->resting++;
    bool last = sim_is_night(world);
    bool spare = last && world->spare.wanted;
    switch_off(pos, last);
    if (world->rest_days > 1) {
        sim_sleep(LOOK_AGAIN_S * SIM_S);
        switch_off(pos, last);
        for (unsigned i = 0; last && i < world->till_count; i++) {
            sim_machine_stop(&world->tills[i]); /* it came back after its own cashier had gone */
        }
    }
    sim_sleep(opens_ns - sim_now_ns() - sim_between(10, 60) * SIM_S);
    world->resting--;
    sim_machine_start(&world->hub);
    sim_machine_start(&world->tills[pos->number]);
    if (spare) {
        sim_machine_start(&world->spare);
    }
}

static void pos_main(void *arg)
{
    struct sim_pos *pos = arg;
    struct shift shift = {.pos = pos};
    int64_t opened_ns = sim_now_ns();
    const struct vn_http_target target = {.socket_path = pos->world->tills[pos->number].socket,
                                          .label = "the agent"};
    sim_caller_open(&shift.caller, &target);
    for (unsigned day = 0; day < pos->world->days; day++) {
        int64_t opens_ns = opened_ns + (int64_t)day * pos->world->rest_days * DAY_NS;
        if (opens_ns > sim_now_ns()) {
            rest(pos, opens_ns);
        }
        work_day(&shift);
    }
    sim_caller_close(&shift.caller);
    pos->done = true;
    pos->world->poses_open--;
}

void sim_pos_start(struct sim_world *world, unsigned number)
{
    struct sim_pos *pos = &world->poses[number];
    pos->world = world;
    pos->number = number;
    (void)snprintf(pos->name, sizeof pos->name, "p%u", number + 1);
    world->poses_open++;
    (void)sim_spawn(sim_proc_create(pos->name, world->tills[number].host), pos_main, pos);
}

void sim_pos_sell_once(struct sim_world *world, unsigned number)
{
    struct sim_pos *pos = &world->poses[number];
    struct sim_caller caller;
    struct pos_sale sale;
    const struct vn_http_target target = {.socket_path = world->tills[number].socket, .label = "the agent"};
    sim_caller_open(&caller, &target);
    sim_pos_open_sale(&sale, pos, &caller);
    if (!sim_pos_hold(&sale) || !sim_pos_commit(&sale, false)) {
        sim_pos_give_up(&sale);
    }
    sim_pos_close_sale(&sale);
    sim_caller_close(&caller);
}
