#include "tests/sim/world/world.h"

#include <assert.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "tests/sim/diskfiles.h"
#include "tests/sim/diskvfs.h"
#include "tests/sim/net/flight.h"
#include "tests/sim/world/chain.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"

#define BEGIN_MS    1796284800000 /* 2026-12-03T08:00:00Z */
#define MEMORY_KEPT (1024 * 1024)
#define DAY_MS      (86400 * 1000LL)

/* --- setting up ---------------------------------------------------------------------------------------------- */

static void import(struct sim_world *world, const char *path, struct vn_buf *lines)
{
    if (vn_buf_append(lines, vn_view_of("", 1)) != VN_OK) {
        abort();
    }
    json_t *reply = sim_admin(&world->hub, "POST", path, (const char *)lines->data);
    if (reply == NULL) {
        (void)fprintf(stderr, "sim: the hub refuses what is imported at %s: %.*s\n", path, (int)lines->len,
                      (const char *)lines->data);
        abort();
    }
    json_decref(reply);
    vn_buf_deinit(lines);
}

static void set(const struct sim_world *world, const char *name, int64_t value)
{
    char text[96];
    (void)snprintf(text, sizeof text, "{\"name\":\"%s\",\"value\":\"%lld\"}", name, (long long)value);
    json_decref(sim_admin(&world->hub, "POST", "/admin/settings", text));
}

/* Two of three chains let tills that are alone give points that they have no right to. How many at most. */
static int64_t set_risk(const struct sim_world *world)
{
    if (!sim_chance(6700)) {
        return 0;
    }
    int64_t till = sim_between(20, 400);
    int64_t total = till * sim_between(1, 4);
    set(world, "risk-total", total);
    set(world, "risk-till", till);
    set(world, "risk-member", sim_between(10, 150));
    return total;
}

static void fill_hub(struct sim_world *world)
{
    struct vn_buf lines;
    vn_buf_init(&lines, VN_RULESET_MAX);
    for (unsigned s = 1; s <= world->options.stores; s++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"id\":\"s%u\",\"name\":\"Store %u\"}", s, s);
        json_decref(sim_admin(&world->hub, "POST", "/admin/stores", text));
    }
    int64_t risk_total = set_risk(world);
    int64_t matures_days = sim_chance(3000) ? 1 : 0;
    world->terms = (struct sim_terms){.matures_days = matures_days,
                                      .expires_days = sim_chance(5000) ? matures_days + sim_between(1, 2) : 0,
                                      .count = sim_between(5, 40),
                                      .count_until = sim_between(2, 20),
                                      .budget_minor = sim_between(2000, 60000),
                                      .risk_total = risk_total};
    sim_ruleset(1, &world->terms, &lines);
    import(world, "/admin/publish", &lines);
    sim_catalogue(&lines);
    import(world, "/admin/import/catalogue", &lines);
    sim_members(world->options.members, &lines);
    import(world, "/admin/import/members", &lines);
    sim_coupons(SIM_COUPONS, &lines);
    import(world, "/admin/import/coupons", &lines);
}

void sim_world_enrol(struct sim_world *world, struct sim_machine *till, bool replaces)
{
    char text[96];
    char old[VN_PATH_MAX];
    unsigned store = (unsigned)(till - world->tills) / world->options.tills + 1;
    bool enrolled = false;
    if (till->enrolling) { /* by somebody else */
        return;
    }
    till->enrolling = true;
    (void)snprintf(text, sizeof text, "{\"store\":\"s%u\",\"till\":\"%s\"}", store, till->name);
    (void)snprintf(old, sizeof old, "%s", till->dir);
    till->crash_in = 0;
    sim_machine_stop(till);
    while (till->there) {
        sim_sleep(SIM_S);
    }
    for (unsigned tries = 0; !enrolled && tries < 250; tries++) {
        json_t *reply = sim_admin(&world->hub, "POST", "/admin/codes", text);
        const char *code = json_string_value(json_object_get(reply, "code"));
        enrolled = code != NULL && sim_till_enrol(till, world->hub.dir, code, replaces ? old : NULL);
        json_decref(reply);
        if (!enrolled) {
            sim_sleep(20 * SIM_S);
            sim_notice_hub_clock(world); /* it may be why */
        }
    }
    if (!enrolled) {
        sim_violation(&world->oracle, 10, "%s can't be enrolled", till->name);
    }
    sim_oracle_enrolled(&world->oracle, till->name);
    till->enrolling = false;
    sim_start_by_day(world, till);
}

static void build(struct sim_world *world)
{
    const struct sim_options *options = &world->options;
    sim_machine_init(&world->hub, &world->disks, options->logs, "hub", true);
    sim_hub_make(&world->hub);
    sim_machine_start(&world->hub);
    fill_hub(world);
    for (unsigned s = 1; s <= options->stores; s++) {
        for (unsigned t = 1; t <= options->tills; t++) {
            char name[32];
            struct sim_machine *till = &world->tills[world->till_count++];
            (void)snprintf(name, sizeof name, "s%ut%u", s, t);
            sim_machine_init(till, &world->disks, options->logs, name, false);
            sim_world_enrol(world, till, false);
        }
    }
    world->hub.sync_us = 4000;
    for (unsigned i = 0; i < world->till_count; i++) {
        world->tills[i].sync_us = 4000;
    }
}

/* --- checking ------------------------------------------------------------------------------------------------ */

static json_t *ask_ledger(struct sim_world *world, const char *what, const char *of)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/admin/ledger?%s=%s", what, of);
    return sim_admin(&world->hub, "GET", path, "");
}

static void check_members(struct sim_world *world)
{
    for (unsigned m = 1; m <= world->options.members; m++) {
        char member[16];
        (void)snprintf(member, sizeof member, "%u", m);
        json_t *ledger = ask_ledger(world, "member", member);
        sim_oracle_check_member(&world->oracle, m, ledger, sim_wall_ms());
        json_decref(ledger);
    }
}

static void check_limited(struct sim_world *world)
{
    struct sim_use *uses = NULL;
    size_t count = sim_oracle_limited(&world->oracle, &uses);
    for (size_t i = 0; i < count; i++) {
        char account[VN_ID_MAX];
        sim_use_account(&uses[i], account);
        json_t *ledger = ask_ledger(world, "account", account);
        sim_oracle_check_limited(&world->oracle, &uses[i], ledger);
        json_decref(ledger);
    }
    free(uses);
}

static void check(struct sim_world *world)
{
    struct sim_oracle *oracle = &world->oracle;
    json_t *sales = sim_admin(&world->hub, "GET", "/admin/sales", "");
    sim_oracle_check_sales(oracle, sales);
    json_decref(sales);
    check_members(world);
    check_limited(world);
    json_t *totals = sim_admin(&world->hub, "GET", "/admin/ledger", "");
    sim_oracle_check_rest(oracle, totals);
    json_decref(totals);
    json_t *audit = sim_admin(&world->hub, "GET", "/admin/audit", "");
    sim_oracle_check_audit(oracle, audit);
    json_decref(audit);
}

/* --- the whole day ------------------------------------------------------------------------------------------- */

bool sim_is_night(const struct sim_world *world)
{
    return world->resting > 0 && world->resting == world->poses_open;
}

void sim_start_by_day(const struct sim_world *world, struct sim_machine *machine)
{
    if (!sim_is_night(world)) {
        sim_machine_start(machine);
    }
}

bool sim_sleeps_till_morning(const struct sim_world *world)
{
    if (!sim_is_night(world)) {
        return false;
    }
    if (world->morning_ns > sim_now_ns()) {
        sim_sleep(world->morning_ns - sim_now_ns());
    }
    return true;
}

static bool all_ended(const struct sim_world *world)
{
    bool ended = !world->hub.there && !world->spare.there && !world->clone.there;
    for (unsigned i = 0; i < world->till_count; i++) {
        ended = ended && !world->tills[i].there;
    }
    return ended;
}

/* Of most chains one night, of some weeks, or so long that certificates end. */
static int64_t draw_rest_days(void)
{
    int64_t weeks = sim_between(7, 40);
    int64_t months = sim_between(60, 500);
    return sim_chance(5000) ? 1 : sim_chance(5000) ? weeks : months;
}

static void direct(void *arg)
{
    struct sim_world *world = arg;
    static const int64_t paces_ms[] = {500, 5000, 30000};
    world->pace_ms = paces_ms[sim_draw(sizeof paces_ms / sizeof *paces_ms)];
    unsigned days = sim_chance(1500) ? 3 : 1;
    world->days = world->options.days != 0 ? world->options.days : days;
    world->rest_days = draw_rest_days();
    build(world);
    const struct sim_oracle_chain chain = {.members = world->options.members,
                                           .terms = world->terms,
                                           .opened_ms = sim_wall_ms(),
                                           .slack_ms =
                                               (world->options.faults & SIM_FAULT_CLOCK) != 0 ? DAY_MS : 0};
    sim_oracle_init(&world->oracle, &chain);
    if (world->rest_days == 1 && sim_chance(5000)) { /* it can't renew its certificate */
        sim_elder_begin(world);
    }
    sim_sleep(10 * SIM_S);
    sim_faults_begin(world);
    sim_office_begin(world);
    sim_technician_begin(world);
    sim_keeper_begin(world);
    for (unsigned i = 0; i < world->till_count; i++) {
        sim_pos_start(world, i);
    }
    while (world->poses_open > 0) {
        if (!sim_sleeps_till_morning(world)) {
            sim_sleep(10 * SIM_S);
        }
    }
    world->closing = true;
    if (world->days > 1 && world->rest_days > 1) {
        sim_cover(world->rest_days < 60 ? "rest: of weeks" : "rest: of months");
    }
    sim_sleep(300 * SIM_S); /* who strikes has heard of it */
    sim_faults_end(world);
    world->calm_ns = sim_now_ns();
    if (sim_drain(world)) {
        check(world);
        sim_elder_check(world);
        sim_check_limits(world);
        sim_office_check(world);
        sim_watch_end(world);
    }
    world->over = true;
    sim_machine_stop(&world->hub);
    for (unsigned i = 0; i < world->till_count; i++) {
        sim_machine_stop(&world->tills[i]);
    }
    sim_machine_stop(&world->spare);
    while (!all_ended(world)) {
        sim_sleep(SIM_S);
    }
    sim_sleep(300 * SIM_S); /* what still travels arrives nowhere */
}

static void nap(void *ctx, int64_t us)
{
    (void)ctx;
    sim_sleep(us * 1000);
}

/* Programs that have ended leave nothing behind, but for what a library keeps from its first use on. */
static void check_memory(size_t before, struct sim_result *out)
{
    size_t after = mallinfo2().uordblks;
    if (after > before + MEMORY_KEPT) {
        (void)printf("  invariant 11 (%s): programs that have ended left %zu bytes of memory\n",
                     sim_invariant(11), after - before);
        out->first_broken = out->violations == 0 ? 11 : out->first_broken;
        out->broken |= 1U << 11;
        out->violations++;
    }
}

void sim_world_run(const struct sim_options *options, struct sim_result *out)
{
    size_t before = mallinfo2().uordblks;
    struct sim_world *world = calloc(1, sizeof *world);
    assert(world != NULL && options->stores * options->tills <= SIM_TILLS_MAX &&
           options->members <= SIM_MEMBERS_MAX);
    world->options = *options;
    world->options.faults = sim_faults_of(options);
    sim_story_begin(options->story);
    sim_begin(options->seed, BEGIN_MS);
    sim_net_begin();
    sim_revocations_watch(world);
    sim_watch_begin(world);
    sim_trust_forget();
    world->operator_proc = sim_proc_create("operator", "office.sim");
    const struct diskvfs_options vfs = {.name = "sim",
                                        .disks = &world->disks,
                                        .clock = sim_proc_clock(world->operator_proc),
                                        .random = sim_proc_random(world->operator_proc),
                                        .sleep = nap,
                                        .standard = true};
    struct diskvfs *disks = diskvfs_create(&vfs);
    sqlite3_randomness(0, NULL); /* its own dice are drawn anew, from these disks: not the last world's */
    diskfiles_lead_to(&world->disks);
    world->vault = disk_create(&vfs.random);
    disks_mount(&world->disks, "/simdisk/vault", world->vault);
    (void)sim_spawn(world->operator_proc, direct, world);
    sim_run();
    *out = (struct sim_result){.digest = sim_digest(),
                               .violations = world->oracle.violation_count,
                               .first_broken = world->oracle.first_broken,
                               .broken = sim_oracle_broken(&world->oracle),
                               .days = world->days,
                               .sales = (int64_t)world->oracle.sale_count,
                               .simulated_ms = sim_now_ns() / SIM_MS};
    diskfiles_lead_to(NULL);
    diskvfs_destroy(disks);
    if (world->cloned != NULL) {
        sim_machine_read_log(&world->clone);
        sim_machine_deinit(&world->clone);
    }
    disk_destroy(world->vault);
    sim_machine_read_log(&world->hub);
    sim_machine_deinit(&world->hub);
    if (world->spare.disk != NULL) {
        sim_machine_read_log(&world->spare);
        sim_machine_deinit(&world->spare);
    }
    for (unsigned i = 0; i < world->till_count; i++) {
        sim_machine_read_log(&world->tills[i]);
        sim_machine_deinit(&world->tills[i]);
    }
    sim_elder_deinit(world);
    sim_oracle_deinit(&world->oracle);
    sim_net_end();
    sim_end();
    free(world);
    check_memory(before, out);
}
