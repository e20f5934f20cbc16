/* What a hub that was set back granted since, and has forgotten. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/core/setting.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/ledger/write_off.h"
#include "tests/unit/hub_store.h"

/* A till that was granted 300 of 500 points and paid with 200 of them; another one that was granted all that is left. */
static void spend(struct world_till *till, struct world_till *other, int64_t granted_there)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 300});
    world_append(till, &(struct world_step){.kind = VN_ENTRY_HOLD,
                                            .receipt = "r1",
                                            .account = "w1",
                                            .total_minor = 1000,
                                            .spent = 200,
                                            .right = "w1",
                                            .out = 200});
    world_append(till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                            .receipt = "r1",
                                            .account = "w1",
                                            .total_minor = 1000,
                                            .spent = 200,
                                            .right = "w1"});
    world_append(other,
                 &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = granted_there});
}

static int64_t place_of(struct world_till *till, enum vn_ledger_place place)
{
    return world_balance(till->world, "w1", place, 0);
}

static int64_t unshown_of(struct world *world)
{
    int64_t unshown = 0;
    assert_int_equal(vn_storage_unshown(world->hub.storage, &unshown), VN_OK);
    return unshown;
}

/* What was granted after the backup is forgotten, and spent. What is not free for it is owed, and paid by what comes in. */
static void check_forgotten(void **state, int64_t later_ms)
{
    struct world_till till, other, liar;
    struct vn_sale_row sale;
    struct world_claim claim;
    struct vn_enrolment_row row;
    int64_t opened_ms = 0;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_till_start(world, &liar, "t3");
    spend(&till, &other, 250);
    world_append(&liar,
                 &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = VN_AMOUNT_MAX});
    world->now_ms += later_ms;
    world_set_back(world);
    assert_int_equal(world->hub.epoch, 2);
    world_row(&other, &row);
    assert_int_equal(vn_storage_set_back_ms(world->hub.storage, &opened_ms), VN_OK);
    assert_true(row.created_ms < opened_ms);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 200);
    assert_int_equal(place_of(&till, VN_PLACE_REDEEMED), 200);
    world_sale(world, "r1", &sale);
    assert_int_equal(sale.points_spent, 200);
    assert_string_equal(sale.flags, "");
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 0);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), -50);
    assert_int_equal(world_owned(world, "w1"), 300);
    world_claim(world, 2, "w1", &claim);
    assert_int_equal(claim.row.granted, 250);
    assert_int_equal(claim.row.right, 250);
    world_audit(world);
    assert_int_equal(world_sync(&liar), 1); /* nobody can have so much */
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), -50);
    /* the till gives back what it did not need */
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 250});
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 200);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), 0);
    world_audit(world);
    world_till_end(&liar);
    world_till_end(&other);
    world_till_end(&till);
}

static void test_what_was_granted_and_is_forgotten_counts(void **state)
{
    check_forgotten(state, 60000);
}

/* The hub's clock is set to an hour before its tills were enrolled: they are of before all the same. */
static void test_a_clock_that_went_back_does_not_make_tills_of_before_new(void **state)
{
    check_forgotten(state, -3600000);
}

/* A till tells late of what it was granted, and another one told before of what came in since: that is free for it, too. */
static void test_what_was_granted_comes_out_of_what_is_free_by_now(void **state)
{
    struct world_till till, other;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 600});
    world->now_ms += 60000;
    world_set_back(world);
    world_commit(&other, "1", "w1", 20000, 200);
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 700);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 100);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), 0);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&till);
}

/* A till that was granted what a member earned after the backup at another one, which has not sent that yet. */
static void test_what_was_granted_waits_for_what_it_was_earned_by(void **state)
{
    struct world_till till, other;
    struct world_claim claim;
    struct vn_quarantine_entry entry;
    struct vn_error error = {VN_OK, "", ""};
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_commit(&other, "1", "w1", 20000, 200);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 650});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 30});
    world->now_ms += 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 2); /* the grant, and what names it */
    world_show(&till);
    world_look_again(world); /* not all have shown theirs */
    world_claim(world, till.id, "w1", &claim);
    assert_int_equal(claim.row.granted, 0);
    assert_int_equal(vn_quarantine_find(&world->hub, "t1", 1, &entry, &error), VN_OK);
    assert_int_equal(entry.row.attempts, 0); /* that was none */
    vn_quarantine_entry_deinit(&entry);
    assert_int_equal(world_sync(&other), 0);
    world_show(&other);
    assert_int_equal(unshown_of(world), 1); /* nothing is granted before it has its own */
    world_look_again(world);
    assert_int_equal(unshown_of(world), 0);
    world_claim(world, till.id, "w1", &claim);
    assert_int_equal(claim.row.granted, 650);
    assert_int_equal(claim.row.right, 620);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 80);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), 0);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&till);
}

/* And has sold by it since: what is paid waits as what is held does, or else it would owe what the hold has in suspense. */
static void test_what_was_sold_by_a_grant_waits_with_it(void **state)
{
    static const enum vn_entry_kind steps[] = {VN_ENTRY_HOLD, VN_ENTRY_COMMIT};
    struct world_till till, other;
    struct vn_sale_row sale;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_commit(&other, "1", "w1", 20000, 200);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 650});
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
        world_append(&till, &(struct world_step){.kind = steps[i],
                                                 .receipt = "r1",
                                                 .account = "w1",
                                                 .total_minor = 10000,
                                                 .spent = 650,
                                                 .right = "w1",
                                                 .out = steps[i] == VN_ENTRY_HOLD ? 650 : 0});
    }
    world->now_ms += 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 3);
    world_show(&till);
    world_look_again(world);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), 0);
    assert_int_equal(place_of(&till, VN_PLACE_REDEEMED), 0);
    assert_int_equal(world_sync(&other), 0);
    world_show(&other);
    world_look_again(world);
    world_sale(world, "r1", &sale);
    assert_int_equal(sale.points_spent, 650);
    assert_string_equal(sale.flags, "");
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 50);
    assert_int_equal(place_of(&till, VN_PLACE_REDEEMED), 650);
    assert_int_equal(place_of(&till, VN_PLACE_SUSPENSE), 0);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), 0);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&till);
}

/* However many stay, a round goes through all of them, and tries each once. */
static void test_what_waits_is_tried_once_a_round(void **state)
{
    struct world_till till, other, untold;
    struct vn_quarantine_round round = {.counts = true};
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_till_start(world, &untold, "t3");
    world_commit(&untold, "1", "w1", 20000, 200);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 10000});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 1});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 1});
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 650});
    world->now_ms += 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 3);
    assert_int_equal(world_sync(&other), 1);
    assert_int_equal(world_sync(&untold), 0);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 2, &round), VN_OK);
    assert_true(round.more);
    assert_int_equal(world_owned(world, "w1"), 700);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 2, &round), VN_OK);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 50); /* it is not kept by those before it */
    assert_int_equal(vn_quarantine_release_known(&world->hub, 2, &round), VN_OK);
    assert_false(round.more);
    world_audit(world);
    world_till_end(&untold);
    world_till_end(&other);
    world_till_end(&till);
}

/* A neighbour lent what the hub has forgotten, and has not told of it; what was paid with that waits, too. */
static void test_what_was_lent_of_it_waits_with_it(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world *world = store.world;
    struct world_till *borrower = &store.tills[1].till;
    struct world_till *other = &store.tills[2].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 600);
    world_commit(other, "1", "w1", 20000, 200);
    world->now_ms += 60000;
    world_set_back(world);
    world_show(borrower);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    world_append(borrower, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                .receipt = "2",
                                                .account = "w1",
                                                .total_minor = 10000,
                                                .spent = 600,
                                                .right = "w1",
                                                .out = 600});
    assert_int_equal(world_sync(borrower), 2);
    world_look_again(world);
    assert_int_equal(place_of(borrower, VN_PLACE_REDEEMED), 0);
    assert_int_equal(world_sync(other), 0);
    world_look_again(world);
    assert_int_equal(place_of(borrower, VN_PLACE_REDEEMED), 600);
    assert_int_equal(place_of(borrower, VN_PLACE_SUSPENSE), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), -600); /* until its lender tells */
    world_audit(world);
    store_end(&store);
}

/* A till says that it was granted what nobody had. It gets nothing of it, and what it would use of that neither, until people
 * believe it. */
static void test_what_is_nobodys_is_for_people(void **state)
{
    struct world_till liar;
    struct world_claim claim;
    struct vn_quarantine_entry entry;
    struct vn_error error = {VN_OK, "", ""};
    world_start(*state, &liar);
    struct world *world = liar.world;
    world->now_ms += 60000;
    world_set_back(world);
    world_append(&liar, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 501});
    world_append(&liar, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 501});
    assert_int_equal(world_sync(&liar), 2);
    world_show(&liar);
    for (int i = 0; i < VN_POST_ATTEMPTS_MAX; i++) {
        assert_int_equal(vn_quarantine_find(&world->hub, "t1", 1, &entry, &error), VN_OK);
        assert_int_equal(entry.row.class_, VN_QUARANTINE_WAITS_TILLS);
        assert_string_equal(
            entry.row.reason,
            "w1: 501 more granted before the hub was set back: more than there can have been");
        vn_quarantine_entry_deinit(&entry);
        world_look_again(world);
    }
    assert_int_equal(vn_quarantine_find(&world->hub, "t1", 1, &entry, &error), VN_OK);
    assert_int_equal(entry.row.class_, VN_QUARANTINE_REFUSED);
    assert_int_equal(entry.row.attempts, VN_POST_ATTEMPTS_MAX);
    vn_quarantine_entry_deinit(&entry);
    world_claim(world, liar.id, "w1", &claim);
    assert_int_equal(claim.row.right, -501); /* it stands in suspense */
    assert_int_equal(claim.row.suspense, 501);
    assert_int_equal(place_of(&liar, VN_PLACE_FREE), 500);
    world_audit(world);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", 1, "uid 7", "it was", &error), VN_OK);
    assert_int_equal(place_of(&liar, VN_PLACE_DEBT), -1);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", 2, "uid 7", "it was", &error), VN_OK);
    assert_int_equal(place_of(&liar, VN_PLACE_FREE), 500);
    assert_int_equal(place_of(&liar, VN_PLACE_DEBT), 0);
    world_audit(world);
    world_till_end(&liar);
}

/* Also of one that is gone: what it sent of before the hub was set back stays that. */
static void test_who_is_written_off_may_still_be_believed(void **state)
{
    struct world_till gone;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    world_start(*state, &gone);
    struct world *world = gone.world;
    world->now_ms += 60000;
    world_set_back(world);
    world_append(&gone, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 501});
    world_append(&gone, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 501});
    assert_int_equal(world_sync(&gone), 2);
    world_show(&gone);
    assert_int_equal(vn_write_off(&world->hub, "t1", 0, "test", &loss, &error), VN_OK);
    world_look_again(world);
    assert_int_equal(unshown_of(world), 0);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", 1, "uid 7", "it was", &error), VN_OK);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", 2, "uid 7", "it was", &error), VN_OK);
    assert_int_equal(place_of(&gone, VN_PLACE_FREE), 500);
    assert_int_equal(place_of(&gone, VN_PLACE_DEBT), 0);
    assert_int_equal(place_of(&gone, VN_PLACE_SUSPENSE), 0);
    world_audit(world);
    world_till_end(&gone);
}

/* Later entries go on naming the counters of then, also below what was granted since, and after the next set-back. */
static void test_what_was_granted_again_is_named_again(void **state)
{
    struct world_till till, other, late;
    struct world_claim claim;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    spend(&till, &other, 0);
    for (int i = 0; i < 2; i++) {
        world->now_ms += 60000;
        world_set_back(world);
        assert_int_equal(world_sync(&till), 0);
        world->now_ms += 60000;
        world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 300});
        assert_int_equal(world_sync(&till), 0);
    }
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_all_shown(world->hub.storage, world->hub.epoch), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(world_grant(&till, "w1", 350), 350);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 300});
    assert_int_equal(world_sync(&till), 0);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 350});
    assert_int_equal(world_sync(&till), 0);
    world_claim(world, till.id, "w1", &claim);
    assert_int_equal(claim.row.granted, 350);
    assert_int_equal(claim.row.right, 150);
    /* of one that was never granted anything before, each counter is looked at */
    world_till_start(world, &late, "t3");
    assert_int_equal(world_grant(&late, "w1", 20), 20);
    world_append(&late, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 10});
    assert_int_equal(world_sync(&late), 1);
    world_audit(world);
    world_till_end(&late);
    world_till_end(&other);
    world_till_end(&till);
}

/* A member of after the backup: nothing is known of him, and his entries are released one by one, the later ones standing in
 * suspense meanwhile. */
static void test_what_was_granted_to_a_member_who_is_forgotten(void **state)
{
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_quarantine_round round = {.counts = true};
    world_start(*state, &till);
    struct world *world = till.world;
    static const struct {
        const char *receipt;
        int64_t granted, spent;
    } sales[] = {{"r1", 100, 100}, {"r2", 150, 50}};
    for (size_t i = 0; i < 2; i++) {
        struct world_step step = {.kind = VN_ENTRY_GRANT, .right = "w9", .granted = sales[i].granted};
        world_append(&till, &step);
        step = (struct world_step){.kind = VN_ENTRY_HOLD,
                                   .receipt = sales[i].receipt,
                                   .account = "w9",
                                   .total_minor = 1000,
                                   .spent = sales[i].spent,
                                   .right = "w9",
                                   .out = sales[i].spent};
        world_append(&till, &step);
        step.kind = VN_ENTRY_COMMIT;
        step.out = 0;
        world_append(&till, &step);
    }
    world->now_ms += 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 6);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[\"2990000000093\"],\"balance\":2000}\n");
    assert_int_equal(vn_quarantine_release_known(&world->hub, 6, &round), VN_OK);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 0);
    assert_int_equal(world_balance(world, "w9", VN_PLACE_FREE, 0),
                     1850); /* then there was nothing; today there is */
    assert_int_equal(world_balance(world, "w9", VN_PLACE_DEBT, 0), 0);
    assert_int_equal(world_balance(world, "w9", VN_PLACE_REDEEMED, 0), 150);
    assert_int_equal(world_balance(world, "w9", VN_PLACE_SUSPENSE, row.id), 0);
    assert_int_equal(world_balance(world, "w9", VN_PLACE_RIGHT, row.id), 0);
    world_audit(world);
    world_till_end(&till);
}

/* The till's clock is an hour ahead, and one part of its entries was sent before it was in touch, the other one later. */
static void test_what_was_granted_counts_whatever_the_clock_says(void **state)
{
    struct world_till till, other;
    struct vn_sale_row sale;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world->now_ms += 3600000;
    spend(&till, &other, 250);
    world->now_ms -= 3600000 - 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "r1", &sale);
    assert_int_equal(sale.points_spent, 200);
    world_show(&other);
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(place_of(&till, VN_PLACE_DEBT), -50);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&till);
}

/* Of what it writes down from then on, it is the hub that says what it granted; so without a set-back. */
static void test_what_was_never_granted_does_not_count(void **state)
{
    struct world_till till, other, late;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 10});
    assert_int_equal(world_sync(&other), 1);
    world_set_back(world);
    world_show(&till);
    world_show(&other);
    spend(&till, &other, 250);
    assert_int_equal(world_sync(&till), 3);
    assert_int_equal(world_sync(&other), 2);
    world_till_start(world, &late, "t3"); /* that hub never knew it, whatever its clock says */
    world_show(&late);
    world->now_ms -= 60000;
    world_append(&late, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 10});
    world->now_ms += 60000;
    assert_int_equal(world_sync(&late), 1);
    assert_int_equal(place_of(&till, VN_PLACE_FREE), 500);
    assert_int_equal(place_of(&till, VN_PLACE_REDEEMED), 0);
    world_audit(world);
    world_till_end(&late);
    world_till_end(&other);
    world_till_end(&till);
}

/* A coupon of single use once, and of the chain's risk what one till may have, of what there is. */
static void test_what_no_hub_can_have_granted_does_not_count(void **state)
{
    struct world_till till, other, greedy;
    struct world_claim claim;
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_till_start(world, &greedy, "t3");
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 150);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TILL, 100);
    assert_int_equal(world_rights(&other, "r", 40), 40);
    assert_int_equal(world_sync(&other), 0);
    world_set_back(world);
    world_append(&greedy, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "c1", .granted = 5});
    world_append(&greedy, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "r", .granted = 101});
    assert_int_equal(world_sync(&greedy), 2);
    static const struct world_step steps[] = {
        {.kind = VN_ENTRY_GRANT, .right = "c1", .granted = 1},
        {.kind = VN_ENTRY_GRANT, .right = "r", .granted = 100},
        {.kind = VN_ENTRY_RELEASE, .right = "r", .granted = 100, .out = 30},
        {.kind = VN_ENTRY_GRANT, .right = "r", .granted = 130}, /* it came back, and was granted anew */
        {.kind = VN_ENTRY_GRANT, .right = "r", .granted = 131}, /* refused */
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        world_append(&till, &steps[i]);
    }
    assert_int_equal(world_sync(&till), 1);
    world_claim(world, till.id, "c1", &claim);
    assert_int_equal(claim.row.right, 1);
    world_claim(world, till.id, "r", &claim);
    assert_int_equal(claim.row.granted, 130);
    assert_int_equal(claim.row.right, 100);
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "c1", .granted = 1});
    world_append(&other, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "r", .granted = 61});
    assert_int_equal(world_sync(&other), 1); /* the coupon: another till has it */
    assert_int_equal(world_balance(world, "r", VN_PLACE_DEBT, 0),
                     -11); /* of which it may send a release still */
    world_audit(world);
    world_till_end(&greedy);
    world_till_end(&other);
    world_till_end(&till);
}

/* Of what it wrote down up to there its word counts, so it can't be so much that it lasts for years. */
static void test_a_head_is_believed_as_far_as_a_journal_goes(void **state)
{
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_stamp stamp;
    world_start(*state, &till);
    struct world *world = till.world;
    world_commit(&till, "1", "w2", 1000, 5);
    assert_int_equal(world_sync(&till), 0);
    world_set_back(world);
    world_stamp(&till, &stamp);
    world_row(&till, &row);
    struct vn_enrolment_row honest = row;
    stamp.head_seq = row.high_seq + VN_JOURNAL_PENDING_MAX;
    vn_epoch_shown(&world->hub, &honest, &stamp);
    assert_int_equal(honest.epoch, world->hub.epoch);
    assert_int_equal(honest.shown_seq, stamp.head_seq);
    stamp.head_seq = VN_NUMBER_MAX;
    vn_epoch_shown(&world->hub, &row, &stamp);
    assert_int_equal(row.epoch, world->hub.epoch);
    assert_int_equal(row.shown_seq, row.high_seq + VN_JOURNAL_PENDING_MAX);
    world_till_end(&till);
}

/* Whoever makes the first round when all have told: what waits in vain keeps the hub from granting no longer. */
static void test_what_waits_in_vain_keeps_nobody_waiting(void **state)
{
    struct world_till till;
    struct world_till other;
    struct vn_quarantine_round round = {.counts = false};
    world_start(*state, &till);
    struct world *world = till.world;
    world_till_start(world, &other, "t2");
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 10000});
    world->now_ms += 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 1);
    world_show(&till);
    assert_int_equal(world_sync(&other), 0);
    world_show(&other);
    assert_int_equal(unshown_of(world), 1);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 100, &round), VN_OK);
    assert_int_equal(unshown_of(world), 0);
    assert_int_equal(world_rights(&other, "w1", 100), 100);
    world_till_end(&other);
    world_till_end(&till);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_what_was_granted_and_is_forgotten_counts),
        T(test_a_clock_that_went_back_does_not_make_tills_of_before_new),
        T(test_what_waits_in_vain_keeps_nobody_waiting),
        T(test_what_was_granted_comes_out_of_what_is_free_by_now),
        T(test_what_was_granted_waits_for_what_it_was_earned_by),
        T(test_what_was_sold_by_a_grant_waits_with_it),
        T(test_what_waits_is_tried_once_a_round),
        T(test_what_was_lent_of_it_waits_with_it),
        T(test_what_is_nobodys_is_for_people),
        T(test_who_is_written_off_may_still_be_believed),
        T(test_what_was_granted_again_is_named_again),
        T(test_what_was_granted_to_a_member_who_is_forgotten),
        T(test_what_was_granted_counts_whatever_the_clock_says),
        T(test_what_was_never_granted_does_not_count),
        T(test_what_no_hub_can_have_granted_does_not_count),
        T(test_a_head_is_believed_as_far_as_a_journal_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
