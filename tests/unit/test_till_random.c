#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

/* Twenty thousand events in an order that nobody chose, with a journal that sometimes fails, a hub that sometimes answers
 * and an agent that is sometimes killed. Whatever happens: one answer a call, one write at a time, counters that never go
 * below zero, and members' points that are exactly what the POS was told. */
struct run {
    struct world *world;
    struct vn_random random;
    uint64_t seed;
    uint64_t checked;
    unsigned steps_done;
    unsigned current; /* receipt */
};

static unsigned draw(struct run *run, unsigned below)
{
    uint32_t value = 0;
    assert_int_equal(vn_random_fill(&run->random, (uint8_t *)&value, sizeof value), VN_OK);
    return value % below;
}

static void call_something(struct run *run)
{
    struct world *world = run->world;
    static const char *const receipts[] = {"1", "2", "3", "4", "5", "6"};
    char receipt[16];
    char of[16];
    char back[16];
    int size = 1 + (int)draw(run, 12);
    /* numbers move on, as they do */
    run->current = draw(run, 4) == 0 ? draw(run, 6) : run->current; /* mostly the one at hand */
    (void)snprintf(receipt, sizeof receipt, "%u-%s", run->steps_done / 400, receipts[run->current]);
    (void)snprintf(of, sizeof of, "%u-%s", run->steps_done / 400, receipts[draw(run, 6)]);
    int step = (int)draw(run, 3);
    bool elsewhere =
        draw(run, 3) > 0; /* of what comes back; a number that came back is not sold here any more */
    if (elsewhere) {
        (void)snprintf(back, sizeof back, "t2-%u", run->steps_done);
    } else {
        (void)snprintf(back, sizeof back, "%s", receipt);
    }
    switch (draw(run, 10)) {
    case 0:
        (void)world_call_async(world, VN_TILL_HOLD, receipt, step, world_basket(receipt, size, size), "");
        break;
    case 1: (void)world_call_async(world, VN_TILL_CANCEL, receipt, step, NULL, ""); break;
    case 2:
    case 3:
        (void)world_call_async(world, VN_TILL_COMMIT, receipt, 0,
                               draw(run, 4) == 0 ? world_basket(receipt, size, 1) : NULL, "");
        break;
    case 4: (void)world_call_async(world, VN_TILL_VOID, back, 0, NULL, ""); break;
    case 5: {
        struct vn_till_call call = {.id = ++world->last_call, .kind = VN_TILL_RETURN};
        call.sale = world_key(of);
        call.of = world_key(back);
        vn_till_call(world->till, &call);
        break;
    }
    case 6: {
        struct vn_till_call call = {.id = ++world->last_call, .kind = VN_TILL_CHOICE};
        call.sale = world_key(receipt);
        call.spend_points = 10 * (int64_t)draw(run, 30);
        vn_till_call(world->till, &call);
        break;
    }
    default:
        (void)world_call_async(world, VN_TILL_QUOTE, receipt, 0, world_basket(receipt, size, size), "");
        break;
    }
}

static void scan_something(struct run *run)
{
    char number[16];
    world_number(number, draw(run, 3) > 0 ? "2990" : "2991",
                 draw(run, 2) == 0 ? MILICA : 1 + (int)draw(run, 9));
    (void)vn_till_scan(run->world->till, "]E0", vn_view_str(number));
}

static void happen(struct run *run)
{
    static const char stops[][VN_ID_MAX] = {"milk"};
    struct world *world = run->world;
    switch (draw(run, 40)) {
    case 0: vn_till_network(world->till, draw(run, 3) != 0, 5, false); break;
    case 1: vn_till_stops(world->till, stops, draw(run, 2)); break;
    case 2: world_ruleset(world, 1 + (int64_t)run->steps_done, 1 + (int)draw(run, 3000)); break;
    case 3: world->fail_write = draw(run, 2) == 0 ? VN_FULL : VN_OK; break;
    case 4: vn_till_on_rights(world->till, NULL, true); break;
    case 5:
    case 6: vn_till_tap(world->till, (enum vn_action)draw(run, VN_ACTION_COUNT)); break;
    case 7:
    case 8:
    case 9:
        if (world->asked) {
            world_grant(world);
        }
        break;
    case 10:
    case 11:
    case 12: scan_something(run); break;
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18: call_something(run); break;
    default: (void)world_serve(world); break;
    }
}

static int64_t available_of(struct world *world, const char *account)
{
    struct vn_counters c = world_counters(world, account);
    assert_true(c.granted >= 0 && c.in >= 0 && c.out >= 0);
    assert_true(vn_counters_available(&c) >= 0);
    return vn_counters_available(&c);
}

static void check(struct run *run)
{
    struct world *world = run->world;
    assert_int_equal(world->overlaps, 0);
    for (uint64_t id = run->checked + 1; id <= world->last_call; id++) {
        assert_true(world->answers[id].count <= 1);
    }
    if (run->steps_done % 50 == 0) {
        (void)available_of(world, "w1");
        (void)available_of(world, "c1");
    }
}

/* Everything that is open ends; then every call has had its answer, and nothing is left at the till. */
static void settle(struct run *run)
{
    struct world *world = run->world;
    world->fail_write = VN_OK;
    world_pump(world);
    vn_till_on_rights(world->till, NULL, true);
    world_pump(world);
    for (uint64_t id = run->checked + 1; id <= world->last_call; id++) {
        assert_int_equal(world->answers[id].count, 1);
    }
    run->checked = world->last_call;
}

/* One sale: what the journal did to points, and what the POS was told when it committed. */
struct sale {
    char receipt[VN_ID_MAX];
    int64_t points, said;
    bool committed, undone;
};

struct told {
    unsigned sale_count;
    struct sale sales[4000];
    int64_t said[WORLD_CALLS]; /* by the entry's number */
    int64_t entries, commits;
};

static struct sale *sale_of(struct told *told, const char *receipt)
{
    for (unsigned i = 0; i < told->sale_count; i++) {
        if (strcmp(told->sales[i].receipt, receipt) == 0) {
            return &told->sales[i];
        }
    }
    assert_true(told->sale_count < sizeof told->sales / sizeof told->sales[0]);
    struct sale *sale = &told->sales[told->sale_count++];
    memcpy(sale->receipt, receipt, VN_ID_MAX);
    return sale;
}

static bool add_entry(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct told *told = ctx;
    struct vn_entry entry;
    struct vn_error error;
    (void)hash;
    vn_entry_init(&entry, VN_ENTRY_BOOT);
    assert_int_equal(vn_entry_decode(body, &entry, &error), VN_OK);
    told->entries++;
    if (entry.has_sale) {
        struct sale *sale = sale_of(told, entry.sale.receipt);
        sale->points += entry.points;
        sale->undone |= entry.kind == VN_ENTRY_VOID || entry.kind == VN_ENTRY_RETURN;
        if (entry.kind == VN_ENTRY_COMMIT) {
            assert_false(sale->committed);
            sale->committed = true;
            sale->said = told->said[seq];
            told->commits++;
        }
    } else {
        assert_int_equal(entry.points, 0);
    }
    vn_entry_deinit(&entry);
    return true;
}

static void check_points(struct world *world)
{
    struct told *told = test_calloc(1, sizeof *told);
    int64_t undone = 0;
    for (uint64_t id = 1; id <= world->last_call; id++) {
        if (world_http(world, id) == 200 && world_field(world, id, "committed") == 1) {
            told->said[world_field(world, id, "seq")] =
                world_field(world, id, "points_earned") - world_field(world, id, "points_spent");
        }
    }
    assert_int_equal(vn_journal_each(world->journal, 1, add_entry, told), VN_OK);
    for (unsigned i = 0; i < told->sale_count; i++) {
        const struct sale *sale = &told->sales[i];
        undone += sale->undone && sale->committed;
        if (sale->committed) {
            assert_int_equal(sale->points, sale->undone ? 0 : sale->said);
        } else {
            assert_true(sale->points <= 0); /* a hold that counts as used has taken points, at most */
        }
    }
    assert_true(told->commits > 100 && undone > 20 && told->entries > 500);
    test_free(told);
}

static void live_through(struct world *world, uint64_t seed)
{
    struct run *run = test_calloc(1, sizeof *run);
    print_message("seed %llu\n", (unsigned long long)seed);
    run->world = world;
    run->seed = seed;
    run->random = vn_random_seeded(&run->seed);
    world->accounts[0].free = 1000000; /* what may be spent is limited by the balance */
    for (int i = 0; i < 20000; i++) {
        run->steps_done++;
        happen(run);
        check(run);
        if (i % 4000 == 3999) {
            settle(run);
            world_restart(world);
        }
    }
    settle(run);
    check_points(world);
    assert_true(world_entries(world, VN_ENTRY_GRANT) > 5 && world_entries(world, VN_ENTRY_RELEASE) > 5);
    int64_t bad = 0;
    assert_int_equal(vn_journal_verify(world->journal, &bad), VN_OK);
    test_free(run);
}

static void test_events_in_any_order(void **state)
{
    static const uint64_t seeds[] = {7, 8, 28, 1, 2, 3};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        void *world = NULL;
        assert_int_equal(world_setup(&world), 0);
        live_through(world, seeds[i]);
        assert_int_equal(world_teardown(&world), 0);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
