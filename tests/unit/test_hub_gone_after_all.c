/* Tills that are written off: the figure that is stated is what is booked, account by account; and what an entry that was in
 * quarantine leaves with such a till later goes as it would have gone then, whatever comes first. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/ledger/write_off.h"
#include "tests/unit/hub_store.h"

static int64_t lost_points(struct world *world)
{
    return world_balance(world, "w1", VN_PLACE_LOST, 0) + world_balance(world, "w2", VN_PLACE_LOST, 0);
}

/* Written off by the figure that is stated, which is booked and leaves nothing to state. */
static void check_write_off(struct store *store, const char *till, int64_t points)
{
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    int64_t before = lost_points(store->world);
    assert_int_equal(vn_write_off_look(&store->world->hub, till, &loss, &error), VN_OK);
    assert_int_equal(loss.points, points);
    store_write_off(store, till, points);
    assert_int_equal(lost_points(store->world) - before, points);
    assert_int_equal(vn_write_off_look(&store->world->hub, till, &loss, &error), VN_OK);
    assert_int_equal(loss.points, 0);
}

/* The till pays with so much that it has a right to. */
static void pay(struct world_till *till, const char *receipt, int64_t points)
{
    struct world_step step = {.kind = VN_ENTRY_HOLD,
                              .receipt = receipt,
                              .account = "w1",
                              .total_minor = 1000000,
                              .spent = points,
                              .right = "w1",
                              .out = points};
    world_append(till, &step);
    step.kind = VN_ENTRY_COMMIT;
    step.out = 0;
    world_append(till, &step);
}

static void set_back(struct world *world)
{
    world->now_ms += 60000;
    world_set_back(world);
}

/* t3 has coupon c1, which t1 will say it was granted: what says so waits until t3 has given it back. */
static void start_waiting(struct store *store)
{
    assert_int_equal(world_rights(&store->tills[2].till, "c1", 1), 1);
    assert_int_equal(world_sync(&store->tills[2].till), 0);
    set_back(store->world);
    world_append(&store->tills[0].till,
                 &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "c1", .granted = 1});
}

static void end_waiting(struct store *store)
{
    struct world_till *other = &store->tills[2].till;
    world_show(&store->tills[1].till);
    world_show(other);
    world_append(other, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "c1", .out = 1});
    assert_int_equal(world_sync(other), 0);
    world_look_again(store->world);
    world_audit(store->world);
}

/* t1 voids its receipt 1 of 200 points, and names c1 with it. */
static void append_void(struct world_till *till)
{
    char body[512];
    struct vn_counters *right = &till->rights[0];
    assert_string_equal(right->account, "w1");
    right->in += 200;
    (void)snprintf(body, sizeof body,
                   "{\"v\":1,\"kind\":\"void\",\"t\":1,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
                   "\"rights\":[{\"account\":\"w1\",\"granted\":%lld,\"in\":%lld,\"out\":%lld,\"move\":200},"
                   "{\"account\":\"c1\",\"granted\":1,\"in\":0,\"out\":0,\"move\":0}]}",
                   (long long)right->granted, (long long)right->in, (long long)right->out);
    world_append_raw(till, body);
}

/* t1 paid with 200 of what it had, and voids that; the void waits. *seq: its number. */
static void start_void(struct store *store, int64_t more, int64_t *seq)
{
    struct world_till *till = &store->tills[0].till;
    assert_int_equal(world_rights(till, "w1", 200 + more), 200 + more);
    pay(till, "1", 200);
    assert_int_equal(world_sync(till), 0);
    start_waiting(store);
    append_void(till);
    *seq = till->head_seq;
}

static void check_nothing_there(struct store *store, unsigned till)
{
    assert_int_equal(store_at(store, till, VN_PLACE_RIGHT), 0);
    assert_int_equal(store_at(store, till, VN_PLACE_HELD), 0);
    assert_int_equal(store_at(store, till, VN_PLACE_LENT), 0);
    assert_int_equal(store_at(store, till, VN_PLACE_SUSPENSE), 0);
}

/* --- the figure */

/* Of one account others have more than it is known to have had, of another it has what is lost. */
static void test_a_loss_is_reckoned_account_by_account(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    world_commit(&store.tills[2].till, "1", "w2", 30000, 300);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(world_rights(till, "w2", 300), 300);
    assert_int_equal(world_sync(till), 0);
    set_back(store.world);
    const struct vn_give give = store_give(&store, 0, 1, 1, 400);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_write_off(&store, "t1", 300);
    check_figures(&store, 100, 0, 0); /* the member whose 400 they are pays for them */
    assert_int_equal(world_balance(store.world, "w2", VN_PLACE_LOST, 0), 300);
    store_end(&store);
}

/* What was made good when it was written off is no loss when it is heard of later, and is not stated as one. */
static void test_what_was_found_before_is_not_stated(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    const struct vn_give on = store_give(&store, 0, 1, 1, 60);
    const struct vn_give heard = store_give(&store, 2, 0, 2, 100);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 300), 300);
    assert_int_equal(world_rights(till, "w1", 20), 20);
    assert_int_equal(world_sync(till), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &on, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_write_off(&store, "t1", 0);
    check_figures(&store, 500 - 320 - 40, 0, 0);
    store_append(&store, 2, VN_ENTRY_GIVE, &heard, 2);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    check_figures(&store, 500 - 320 - 40 + 100, 60, 0);
    check_nothing_there(&store, 0);
    store_end(&store);
}

/* So much can not even be owed: what is left of it stays below 0, and the other accounts are written off. */
static void test_what_nobody_can_owe_holds_nothing_up(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    world_commit(&store.tills[2].till, "1", "w2", 30000, 300);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(world_rights(till, "w2", 300), 300);
    assert_int_equal(world_sync(till), 0);
    set_back(store.world);
    for (unsigned i = 1; i <= 2; i++) {
        const struct vn_give lie = store_give(&store, 0, i, i, VN_AMOUNT_MAX);
        const char *name = i == 1 ? "t2" : "t3";
        struct world_till *liar = &store.tills[i].till;
        store_append(&store, i, VN_ENTRY_TAKE, &lie, 0);
        assert_int_equal(world_sync(liar), 1);
        assert_int_equal(
            vn_quarantine_release(&store.world->hub, name, liar->head_seq, "me", "it is believed", &error),
            VN_OK);
    }
    check_write_off(&store, "t1", 300);
    check_figures(&store, 0, 0, VN_AMOUNT_MAX);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), -(VN_AMOUNT_MAX - 500));
    assert_int_equal(world_balance(store.world, "w2", VN_PLACE_RIGHT, till->id), 0);
    assert_int_equal(world_balance(store.world, "w2", VN_PLACE_FREE, 0), 300);
    check_write_off(&store, "t1", 0);
    store_end(&store);
}

/* Whose account pays for what a till used beyond its right, the log says. */
static void test_who_pays_for_what_was_used_beyond_is_in_the_log(void **state)
{
    struct store store;
    struct world *world = *state;
    char path[VN_PATH_MAX];
    char text[4096] = "";
    (void)snprintf(path, sizeof path, "%s/log", world->dir);
    int log = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(log >= 0);
    world->hub.log = vn_log_create(log, VN_LOG_WARN, VN_LOG_TEXT, world->hub.clock);
    world_reopen(world);
    store_start(&store, world);
    const struct vn_give give = store_give(&store, 0, 1, 1, 500);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 200), 200);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_write_off(&store, "t1", 0);
    check_figures(&store, 0, 0, 200);
    world_close(world);
    vn_log_destroy(world->hub.log);
    world->hub.log = NULL;
    world_open(world);
    assert_true(pread(log, text, sizeof text - 1, 0) > 0);
    (void)close(log);
    assert_non_null(strstr(text, "used_beyond_right till=t1 account=w1 amount=500 owed=200 left=0"));
    store_end(&store);
}

/* --- what waits explains what is missing */

/* What t2 was granted after the backup waits, and what it paid with that. It was lent 100 more, which nobody heard it take. */
static void test_what_waits_is_not_taken_for_what_was_lent_on(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *gone = &store.tills[1].till;
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 100), 100);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    world_commit(&store.tills[2].till, "1", "w1", 20000, 200); /* which t2 was granted of */
    world_append(gone, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 600});
    pay(gone, "1", 600);
    const struct vn_give give = store_give(&store, 0, 1, 1, 100);
    set_back(store.world);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(world_sync(gone), 3);
    world_show(&store.tills[0].till);
    world_show(gone);
    check_write_off(&store, "t2", 100);
    check_figures(&store, 500, 100, 0);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    world_show(&store.tills[2].till);
    world_look_again(store.world);
    world_look_again(store.world);
    check_nothing_there(&store, 1);
    check_figures(&store, 100, 100, 0); /* 700 were earned, and 600 are spent */
    check_write_off(&store, "t2", 0);
    store_end(&store);
}

/* t2's take waits while it is written off, and so does what it paid with that. It had it: what went back to the member then goes
 * to it once more, and the rest comes back, once. */
static void check_take_that_waits(void **state, int64_t paid)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct vn_hub *hub = &store.world->hub;
    struct world_till *gone = &store.tills[1].till;
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 500), 500);
    const struct vn_give give = store_give(&store, 0, 1, 1, 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    set_back(store.world);
    world_append(gone, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 10000});
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    if (paid > 0) {
        pay(gone, "1", paid);
    }
    const int64_t took = 2;
    assert_int_equal(world_sync(gone), gone->head_seq);
    check_write_off(&store, "t2", 400);
    check_figures(&store, 400, 400, 0);
    assert_int_equal(vn_quarantine_release(hub, "t2", took, "me", "", &error), VN_OK);
    for (int64_t seq = took + 1; seq <= gone->head_seq; seq++) {
        assert_int_equal(vn_quarantine_release(hub, "t2", seq, "me", "", &error), VN_OK);
    }
    assert_int_equal(vn_quarantine_discard(hub, "t2", 1, "me", "", &error), VN_OK);
    check_nothing_there(&store, 1);
    check_figures(&store, 400 - paid, 400 - paid, 0);
    store_end(&store);
}

static void test_a_take_that_waits_is_no_loan_that_came_back(void **state)
{
    check_take_that_waits(state, 0);
}

static void test_what_was_paid_with_a_take_that_waits_is_no_loss(void **state)
{
    check_take_that_waits(state, 300);
}

/* --- what quarantine brings back */

static void test_what_comes_back_to_a_till_that_is_gone_goes_to_its_owner(void **state)
{
    struct store store;
    int64_t seq = 0;
    store_start(&store, *state);
    start_void(&store, 0, &seq);
    assert_int_equal(world_sync(&store.tills[0].till), 2);
    check_write_off(&store, "t1", 0);
    check_figures(&store, 300, 0, 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 200);
    end_waiting(&store);
    check_nothing_there(&store, 0);
    check_figures(&store, 500, 200, 0); /* it may have been spent there once more */
    assert_int_equal(world_owned(store.world, "w1"), 500);
    check_write_off(&store, "t1", 0);
    store_end(&store);
}

/* t1 lent on what its void brought back. Whether it is written off before that is decided or after, it comes to the same. */
static void check_void_lent_on(void **state, int64_t more, bool decided_first)
{
    struct store store;
    int64_t seq = 0;
    store_start(&store, *state);
    start_void(&store, more, &seq);
    const struct vn_give give = store_give(&store, 0, 1, 1, 200);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 2);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    world_show(&store.tills[0].till);
    if (decided_first) {
        end_waiting(&store);
        check_write_off(&store, "t1", more);
    } else {
        check_write_off(&store, "t1", 0);
        check_figures(&store, 300 - more, 0, 0); /* nothing is taken of him for what is not decided */
        end_waiting(&store);
    }
    check_nothing_there(&store, 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 200);
    check_figures(&store, 300, more, 0);
    store_end(&store);
}

static void test_what_waits_is_lent_on_and_all_of_it(void **state)
{
    check_void_lent_on(state, 0, false);
}

static void test_what_waits_is_lent_on_and_something_is_left(void **state)
{
    check_void_lent_on(state, 10, false);
}

static void test_what_waited_was_lent_on_and_something_is_left(void **state)
{
    check_void_lent_on(state, 10, true);
}

/* People give it up: what it used of that is lost, and what it did not use never was. */
static void test_what_is_given_up_of_a_till_that_is_gone(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    int64_t seq = 0;
    store_start(&store, *state);
    start_void(&store, 10, &seq);
    const struct vn_give give = store_give(&store, 0, 1, 1, 200);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 2);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_write_off(&store, "t1", 0);
    assert_int_equal(vn_quarantine_discard(&store.world->hub, "t1", seq, "me", "no", &error), VN_OK);
    check_nothing_there(&store, 0);
    check_figures(&store, 290, -190, 0); /* of 210 it had 10 and lent 200 */
    store_end(&store);
}

/* It was stolen, and says that as much came back as there can be. Nobody gets that when it is given up. */
static void test_a_lie_that_is_given_up_makes_no_points(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    assert_int_equal(world_rights(till, "w1", 100), 100);
    world_append(till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w1", .in = VN_AMOUNT_MAX});
    assert_int_equal(world_sync(till), 1);
    check_write_off(&store, "t1", 100);
    check_figures(&store, 500, 100, 0);
    assert_int_equal(vn_quarantine_discard(&store.world->hub, "t1", till->head_seq, "me", "stolen", &error),
                     VN_OK);
    check_nothing_there(&store, 0);
    check_figures(&store, 500, 100, 0);
    assert_int_equal(world_owned(store.world, "w1"), 500);
    store_end(&store);
}

/* A hold that waited is ended when nothing else of its till waits, and not before: its receipt may. */
static void test_a_hold_that_waited_ends_with_the_last_entry(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_sale_row sale;
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    assert_int_equal(world_rights(till, "w1", 100), 100);
    assert_int_equal(world_sync(till), 0);
    set_back(store.world);
    world_append(till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 601});
    world_append(
        till,
        &(struct world_step){
            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 600, .right = "w1", .out = 600});
    world_append(till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w2", .in = 1});
    assert_int_equal(world_sync(till), 3);
    int64_t first = till->head_seq - 2;
    check_write_off(&store, "t1", 0);
    assert_int_equal(vn_quarantine_release(&store.world->hub, "t1", first, "me", "it is so", &error), VN_OK);
    assert_int_equal(vn_quarantine_release(&store.world->hub, "t1", first + 1, "me", "it is so", &error),
                     VN_OK);
    assert_int_equal(store_at(&store, 0, VN_PLACE_HELD), 600);
    world_audit(store.world);
    assert_int_equal(vn_quarantine_discard(&store.world->hub, "t1", first + 2, "me", "a lie", &error), VN_OK);
    check_nothing_there(&store, 0);
    check_figures(&store, 500, 601, 0);
    world_sale(store.world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_CANCELLED);
    store_end(&store);
}

/* Its grant waits, and the give of what it was granted; the borrower has told. What was left with it is lost, and no more. */
static void test_a_give_that_waits_leaves_what_its_lender_had(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 500);
    assert_int_equal(world_rights(till, "w1", 100), 100);
    assert_int_equal(world_sync(till), 0);
    world_commit(&store.tills[2].till, "1", "w1", 10000, 100); /* forgotten, as its grant is */
    set_back(store.world);
    world_append(till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 600});
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(till), 2);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_write_off(&store, "t1", 0);
    for (int64_t seq = till->head_seq - 1; seq <= till->head_seq; seq++) {
        assert_int_equal(vn_quarantine_release(&store.world->hub, "t1", seq, "me", "it is so", &error),
                         VN_OK);
    }
    check_nothing_there(&store, 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 500);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    check_figures(&store, 100, 100, 0);
    store_end(&store);
}

/* --- holds that are not its own */

/* An enrolment that its till has left is written off, while the one in force has a receipt open that takes nothing. */
static void test_the_receipt_of_the_till_in_force_stays_open(void **state)
{
    struct world_till left;
    struct world_till till;
    struct vn_sale_row sale;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    char id[2 * VN_ID_BYTES + 1];
    world_start(*state, &left);
    world_till_start(left.world, &till, "t1");
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .earned = 5});
    assert_int_equal(world_sync(&till), 0);
    vn_hex_encode(vn_view_of(left.enrolment.bytes, VN_ID_BYTES), id);
    assert_int_equal(vn_write_off(&left.world->hub, id, 0, "test", &loss, &error), VN_OK);
    world_sale(left.world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_HELD);
    world_till_end(&left);
    world_till_end(&till);
}

/* The one in force has held of the same receipt what it has itself. */
static void test_what_the_till_in_force_holds_of_the_receipt_stays(void **state)
{
    struct world_till tills[2]; /* the first one was left */
    struct vn_sale_row sale;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    char id[2 * VN_ID_BYTES + 1];
    world_start(*state, &tills[0]);
    struct world *world = tills[0].world;
    world_till_start(world, &tills[1], "t1");
    for (unsigned i = 0; i < 2; i++) {
        int64_t points = i == 0 ? 100 : 50;
        assert_int_equal(world_rights(&tills[i], "w1", points), points);
        world_append(&tills[i], &(struct world_step){.kind = VN_ENTRY_HOLD,
                                                     .receipt = "1",
                                                     .account = "w1",
                                                     .total_minor = 1000,
                                                     .spent = points,
                                                     .right = "w1",
                                                     .out = points});
        assert_int_equal(world_sync(&tills[i]), 0);
    }
    vn_hex_encode(vn_view_of(tills[0].enrolment.bytes, VN_ID_BYTES), id);
    assert_int_equal(vn_write_off(&world->hub, id, 100, "test", &loss, &error), VN_OK);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, tills[0].id), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, tills[1].id), 50);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_HELD);
    world_audit(world);
    world_till_end(&tills[0]);
    world_till_end(&tills[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_loss_is_reckoned_account_by_account),
        TEST(test_what_was_found_before_is_not_stated),
        TEST(test_what_nobody_can_owe_holds_nothing_up),
        TEST(test_who_pays_for_what_was_used_beyond_is_in_the_log),
        TEST(test_what_waits_is_not_taken_for_what_was_lent_on),
        TEST(test_a_take_that_waits_is_no_loan_that_came_back),
        TEST(test_what_was_paid_with_a_take_that_waits_is_no_loss),
        TEST(test_what_comes_back_to_a_till_that_is_gone_goes_to_its_owner),
        TEST(test_what_waits_is_lent_on_and_all_of_it),
        TEST(test_what_waits_is_lent_on_and_something_is_left),
        TEST(test_what_waited_was_lent_on_and_something_is_left),
        TEST(test_what_is_given_up_of_a_till_that_is_gone),
        TEST(test_a_lie_that_is_given_up_makes_no_points),
        TEST(test_a_hold_that_waited_ends_with_the_last_entry),
        TEST(test_a_give_that_waits_leaves_what_its_lender_had),
        TEST(test_the_receipt_of_the_till_in_force_stays_open),
        TEST(test_what_the_till_in_force_holds_of_the_receipt_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
