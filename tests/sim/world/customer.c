#include "tests/sim/world/customer.h"

#include <string.h>

#include "tests/sim/net/model.h"
#include "tests/sim/world/chain.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define ADVERSARY         1 /* the member, with the coupon of this number */
#define HOT_NS            (40 * SIM_S)
#define HAS_CARD          7500 /* of 10,000, as all here */
#define IS_AT_HOME        8000
#define HAS_A_HABIT       2500
#define HAS_SECOND_CARD   2000
#define HAS_COUPON        1200
#define COUPON_HAS_TWIN   4000
#define BRINGS_TWIN       6000
#define SPENDS            3500
#define ADVERSARY_IS_NEXT 6000
#define ADVERSARY_SAVES   300 /* and shops like others */
#define HAS_FAMILY        1000
#define FAMILY_IS_NEXT    5000

static bool is_cut_off(const struct sim_machine *till)
{
    return sim_net_is_cut(till->host, SIM_HUB_HOST) || sim_net_is_cut(SIM_HUB_HOST, till->host);
}

static bool adversary_comes(struct sim_world *world, unsigned till)
{
    struct sim_customers *customers = &world->customers;
    for (unsigned i = 0; i < world->till_count; i++) {
        customers->visited[i] = customers->visited[i] && is_cut_off(&world->tills[i]);
    }
    if (!is_cut_off(&world->tills[till]) || customers->visited[till] || !sim_chance(ADVERSARY_IS_NEXT)) {
        return false;
    }
    customers->visited[till] = true;
    sim_cover("customer: the adversary, at a till that is cut off");
    return true;
}

/* Each fifth goes to one till always, wherever the line is shorter. */
static bool has_habit(unsigned member)
{
    return member != ADVERSARY && member % 5 == 1;
}

/* One of those whose till this is; 0: there is none. */
static unsigned with_habit(const struct sim_world *world, unsigned till)
{
    unsigned count = 0;
    unsigned chosen = 0;
    for (unsigned m = 1; m <= world->options.members; m++) {
        if (has_habit(m) && m / 5 % world->till_count == till && sim_draw(++count) == 0) {
            chosen = m;
        }
    }
    return chosen;
}

/* Of the members whose home is here, or anybody. */
static unsigned without_habit(const struct sim_world *world, unsigned till)
{
    unsigned stores = world->options.stores;
    unsigned members = world->options.members;
    unsigned store = till / world->options.tills;
    unsigned of_store = (members + stores - 1 - store) / stores;
    if (of_store == 0 || !sim_chance(IS_AT_HOME)) {
        return 1 + (unsigned)sim_draw(members);
    }
    return 1 + store + stores * (unsigned)sim_draw(of_store);
}

static unsigned any_member(const struct sim_world *world, unsigned till)
{
    unsigned member = sim_chance(HAS_A_HABIT) ? with_habit(world, till) : 0;
    for (unsigned tries = 0; member == 0 && tries < 8; tries++) {
        member = without_habit(world, till);
        member = has_habit(member) ? 0 : member;
    }
    return member;
}

/* Who comes now, when somebody of his family is at another till, pays with what is there. */
static bool family_comes(struct sim_customers *customers, struct sim_visit *out)
{
    bool hot = customers->hot_member != 0 && sim_now_ns() < customers->family_until_ns;
    if (!hot || !sim_chance(FAMILY_IS_NEXT)) {
        return false;
    }
    *out = (struct sim_visit){.member = customers->hot_member,
                              .coupon = out->coupon,
                              .second_card = !customers->hot_card,
                              .spend = SIM_SPENDS_ALL};
    customers->hot_member = 0;
    sim_cover("customer: somebody of his family at another till");
    return true;
}

static unsigned any_coupon(struct sim_customers *customers)
{
    bool hot = customers->hot_coupon != 0 && sim_now_ns() < customers->hot_until_ns;
    if (hot && sim_chance(BRINGS_TWIN)) {
        unsigned coupon = customers->hot_coupon;
        customers->hot_coupon = 0;
        sim_cover("customer: the twin of a coupon");
        return coupon;
    }
    if (!sim_chance(HAS_COUPON)) {
        return 0;
    }
    unsigned coupon = 1 + ADVERSARY + (unsigned)sim_draw(SIM_COUPONS - ADVERSARY);
    if (sim_chance(COUPON_HAS_TWIN)) {
        customers->hot_coupon = coupon;
        customers->hot_until_ns = sim_now_ns() + HOT_NS;
    }
    return coupon;
}

void sim_visit_next(struct sim_world *world, unsigned till, struct sim_visit *out)
{
    memset(out, 0, sizeof *out);
    if (adversary_comes(world, till)) {
        *out = (struct sim_visit){
            .member = ADVERSARY, .coupon = ADVERSARY, .adversary = true, .spend = SIM_SPENDS_ALL};
        return;
    }
    out->coupon = any_coupon(&world->customers);
    if (family_comes(&world->customers, out) || !sim_chance(HAS_CARD)) {
        return;
    }
    out->member = sim_chance(ADVERSARY_SAVES) ? ADVERSARY : any_member(world, till);
    out->second_card = sim_chance(HAS_SECOND_CARD);
    if (!has_habit(out->member) && sim_chance(HAS_FAMILY)) {
        world->customers.hot_member = out->member;
        world->customers.hot_card = out->second_card;
        world->customers.family_until_ns = sim_now_ns() + HOT_NS;
        out->spend = SIM_SPENDS_ALL;
        return;
    }
    if (sim_chance(SPENDS)) {
        out->spend = sim_chance(5000) ? SIM_SPENDS_ALL : SIM_SPENDS_SOME;
    }
}
