/* Tills that are written off while something is lent: what was lent is in one place, whoever tells of it first, and what nobody
 * can have had is no right. The audit finds nothing after each step. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/fleet/roster.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/ledger/write_off.h"
#include "sync/hub/storage/lending.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_store.h"

static void test_what_was_lent_to_a_till_that_is_gone_is_lost_and_told(void **state)
{
    struct store store;
    struct vn_roster_row row;
    static struct vn_roster roster;
    struct vn_buf text;
    struct vn_error error;
    store_start(&store, *state);
    struct vn_storage *storage = store.world->hub.storage;
    const struct vn_give unheard = store_give(&store, 0, 1, 1, 100);
    const struct vn_give refused = store_give(&store, 0, 1, 2, 50);
    const struct vn_give late = store_give(&store, 0, 1, 3, 20);
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &unheard, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &refused, 0);
    store_append(&store, 1, VN_ENTRY_REFUSE, &refused, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &late, 0); /* told, and its give is not here yet */
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    store_write_off(&store, "t2", 120);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT),
                     -20); /* its lender's own give comes, sooner or later */
    assert_int_equal(store_place(&store, VN_PLACE_LOST), 120);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 270);
    store_append(&store, 0, VN_ENTRY_GIVE, &late, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    world_audit(store.world);
    store_append(&store, 0, VN_ENTRY_BACK, &unheard, 1); /* he had signed before that he did not take it */
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 400 - 170 + 100);
    assert_int_equal(store_place(&store, VN_PLACE_LOST), 20);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 170);
    store_append(&store, 0, VN_ENTRY_BACK, &refused, 1); /* what nobody had lost: out of what is free */
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 400 - 170 + 150);
    assert_int_equal(store_place(&store, VN_PLACE_LOST), 20);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 120);
    world_audit(store.world);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_roster_now(&store.world->hub, "s1", &row, &text), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    assert_int_equal(vn_roster_read(vn_buf_view(&text), &roster, &error), VN_OK);
    assert_int_equal(roster.till_count, 2);
    assert_true(vn_roster_is_gone(&roster, &store.tills[1].till.enrolment));
    vn_buf_deinit(&text);
    store_end(&store);
}

/* How an entry waits, or was refused. */
static enum vn_quarantine_class class_of(const struct store *store, const char *till, int64_t seq)
{
    struct vn_quarantine_entry entry;
    struct vn_error error = {VN_OK, "", ""};
    assert_int_equal(vn_quarantine_find(&store->world->hub, till, seq, &entry, &error), VN_OK);
    enum vn_quarantine_class class_ = entry.row.class_;
    vn_quarantine_entry_deinit(&entry);
    return class_;
}

/* The hub was set back to before the other till was enrolled, and the file that would know it is lost, too. */
static void test_transfers_with_a_till_that_the_hub_has_forgotten_are_for_people(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_enrolment_id stranger = {.bytes = {9}};
    store_start(&store, *state);
    struct world *world = store.world;
    struct world_till *till = &store.tills[0].till;
    struct vn_give taken = store_give(&store, 1, 0, 1, 80);
    struct vn_give given = store_give(&store, 0, 1, 2, 60);
    struct vn_give back = store_give(&store, 0, 1, 3, 30);
    taken.lender = stranger;
    given.borrower = back.borrower = stranger;
    vn_transfer_number(&stranger, 2, given.transfer);
    vn_transfer_number(&stranger, 3, back.transfer);
    assert_int_equal(world_rights(till, "w1", 400), 400);
    assert_int_equal(world_sync(till), 0);
    store_append(&store, 0, VN_ENTRY_TAKE, &taken, 1);
    int64_t first = till->head_seq;
    assert_int_equal(world_sync(till), 1); /* nobody set anything back: a lie */
    assert_int_equal(class_of(&store, "t1", first), VN_QUARANTINE_REFUSED);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", first, "me", "", &error), VN_INPUT);
    world->now_ms += 60000;
    world_set_back(world);
    store_append(&store, 0, VN_ENTRY_GIVE, &given, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &back, 0);
    store_append(&store, 0, VN_ENTRY_BACK, &back, 1);
    assert_int_equal(world_sync(till), 4);
    for (int64_t seq = first + 1; seq <= first + 3; seq++) {
        assert_int_equal(class_of(&store, "t1", seq), VN_QUARANTINE_WAITS_TILLS);
    }
    world_audit(world);
    for (int64_t seq = first; seq <= first + 3; seq++) {
        assert_int_equal(vn_quarantine_release(&world->hub, "t1", seq, "me", "", &error), VN_OK);
    }
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 400 + 80 - 60);
    assert_int_equal(store_at(&store, 0, VN_PLACE_SUSPENSE), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 100 - 80 + 60);
    world_audit(world);
    store_end(&store);
}

/* Its lender was cut off, and tells of it when the borrower is written off already. */
static void test_what_is_heard_of_after_the_write_off_is_lost_as_well(void **state)
{
    struct store store;
    struct vn_roster_row row;
    static struct vn_roster roster;
    struct vn_buf text;
    struct vn_error error;
    store_start(&store, *state);
    const struct vn_give late = store_give(&store, 0, 1, 1, 100);
    const struct vn_give other = store_give(&store, 0, 2, 2, 30);
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    store_write_off(&store, "t2", 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &late, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &other, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    world_audit(store.world);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 270);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 30); /* its borrower is in force */
    assert_int_equal(store_place(&store, VN_PLACE_LOST), 100);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 100 + 100);
    store_append(&store, 0, VN_ENTRY_BACK, &late, 1); /* it was not spent there */
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 370);
    assert_int_equal(store_place(&store, VN_PLACE_LOST), 0);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 100);
    world_audit(store.world);
    store_append(&store, 0, VN_ENTRY_BACK, &late, 1); /* and not a second time */
    assert_int_equal(world_sync(&store.tills[0].till), 1);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 100);
    assert_int_equal(vn_storage_begin(store.world->hub.storage), VN_OK);
    assert_int_equal(vn_roster_now(&store.world->hub, "s1", &row, &text), VN_OK);
    assert_int_equal(vn_storage_commit(store.world->hub.storage), VN_OK);
    assert_int_equal(vn_roster_read(vn_buf_view(&text), &roster, &error), VN_OK);
    assert_true(vn_roster_is_gone(&roster, &store.tills[1].till.enrolment)); /* its lender asks no more */
    vn_buf_deinit(&text);
    store_end(&store);
}

static void test_what_a_till_that_is_gone_had_lent_is_its_borrowers(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give taken = store_give(&store, 0, 1, 1, 100);
    const struct vn_give refused = store_give(&store, 0, 1, 2, 50);
    const struct vn_give open = store_give(&store, 0, 1, 3, 30);
    const struct vn_give never = store_give(&store, 0, 1, 4, 20);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &refused, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &open, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &never, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &taken, 0);
    store_append(&store, 1, VN_ENTRY_REFUSE, &refused, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 300);
    store_write_off(&store, "t1", 200); /* the borrower has the rest */
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 50);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 100);
    store_append(&store, 1, VN_ENTRY_TAKE, &open, 0);
    store_append(&store, 1, VN_ENTRY_REFUSE, &never, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 130);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 100 + 200 + 50 + 20);
    world_audit(store.world);
    store_end(&store);
}

/* Its lender was written off, and has told nobody of the give that the borrower has. */
static void test_what_turns_up_at_a_borrower_after_the_write_off_was_not_lost(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give taken = store_give(&store, 0, 1, 1, 100);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_write_off(&store, "t1", 400);
    check_figures(&store, 500, 400, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &taken, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_places(&store, 0, 0, 100);
    check_figures(&store, 400, 300, 0); /* they are in one place */
    const struct vn_give rest = store_give(&store, 0, 1, 2, 300);
    store_append(&store, 1, VN_ENTRY_TAKE, &rest, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_places(&store, 0, 0, 400);
    check_figures(&store, 100, 0, 0);
    store_end(&store);
}

/* He has them once: what is not free when they turn up is owed, and what tills give back pays it. */
static void test_what_the_member_spent_in_between_is_owed(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give all = store_give(&store, 0, 1, 1, 400);
    const struct vn_give lie = store_give(&store, 0, 1, 2, 400);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_write_off(&store, "t1", 400);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 450), 450);
    store_pay(&store, 2, "1", 450);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &all, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 400);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    check_figures(&store, 0, 0, 350);
    world_append(&store.tills[1].till,
                 &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 400});
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_figures(&store, 50, 0, 0);                 /* of 500 he spent 450 */
    store_append(&store, 1, VN_ENTRY_TAKE, &lie, 0); /* what was lost with its lender was found */
    assert_int_equal(world_sync(&store.tills[1].till), 1);
    check_figures(&store, 50, 0, 0);
    store_end(&store);
}

/* Till t1 had borrowed as well: what is owed does not make a liar of who has it. */
static void test_what_was_lent_beyond_a_loss_waits_while_that_is_owed(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give lost = store_give(&store, 0, 1, 1, 300);
    const struct vn_give borrowed = store_give(&store, 0, 1, 2, 100);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 300), 300);
    store_write_off(&store, "t1", 300);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 450), 450);
    store_pay(&store, 2, "1", 450);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &lost, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &borrowed, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 1);
    check_figures(&store, 0, 0, 250);
    assert_int_equal(class_of(&store, "t2", 2), VN_QUARANTINE_WAITS_TILLS);
    store_end(&store);
}

static void test_what_other_tills_have_of_what_was_lost_is_not_issued_once_more(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *other = &store.tills[2].till;
    const struct vn_give all = store_give(&store, 0, 1, 1, 400);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_write_off(&store, "t1", 400);
    assert_int_equal(world_rights(other, "w1", 450), 450);
    store_append(&store, 1, VN_ENTRY_TAKE, &all, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_figures(&store, 0, 0, 350);
    world_append(other, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 350});
    assert_int_equal(world_sync(other), 0);
    check_figures(&store, 0, 0, 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 400);
    assert_int_equal(store_at(&store, 2, VN_PLACE_RIGHT), 100);
    store_end(&store);
}

/* What it has sent is not posted yet when it is revoked, and the borrower's refusal is posted first: what went to its owner for
 * that is not the lender's once more. */
static void test_what_a_lender_has_back_is_counted_once_though_it_is_revoked(void **state)
{
    struct store store;
    struct vn_ingest_result result;
    struct vn_revoked revoked;
    store_start(&store, *state);
    struct world_till *lender = &store.tills[1].till;
    const struct vn_give give = store_give(&store, 1, 0, 1, 100);
    assert_int_equal(world_rights(lender, "w1", 100), 100);
    store_append(&store, 1, VN_ENTRY_GIVE, &give, 1);
    assert_int_equal(world_sync(lender), 0);
    store_append(&store, 1, VN_ENTRY_BACK, &give, 0);
    world_take(lender, lender->head_seq, &result);
    assert_int_equal(vn_fleet_revoke(&store.world->hub, "t2", "test", &revoked), VN_OK);
    store_append(&store, 0, VN_ENTRY_REFUSE, &give, 0);
    world_take(&store.tills[0].till, 1, &result);
    world_post(store.world);
    check_places(&store, 0, 0, 100);
    assert_int_equal(store_at(&store, 1, VN_PLACE_LENT), 0);
    check_figures(&store, 400, 0, 0);
    store_write_off(&store, "t2", 100);
    check_places(&store, 0, 0, 0);
    check_figures(&store, 500, 100, 0);
    store_end(&store);
}

/* Its give is in quarantine when its lender is written off. What the borrower has of it is made good then, or found when he
 * tells of it; the give, that is believed at last, moves nothing a second time. */
static void check_given_after_all(struct store *store, const struct vn_give *give, bool taken_first)
{
    struct vn_error error = {VN_OK, "", ""};
    struct world *world = store->world;
    store_append(store, 0, VN_ENTRY_GIVE, give, 0);
    int64_t seq = store->tills[0].till.head_seq;
    assert_int_equal(world_sync(&store->tills[0].till), 1);
    assert_int_equal(class_of(store, "t1", seq), VN_QUARANTINE_REFUSED);
    for (int step = 0; step < 2; step++) {
        if ((step == 0) == taken_first) {
            store_append(store, 1, VN_ENTRY_TAKE, give, 0);
            assert_int_equal(world_sync(&store->tills[1].till), 0);
        } else {
            store_write_off(store, "t1", 0);
        }
    }
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", seq, "me", "it is believed", &error), VN_OK);
    check_places(store, 0, 0, 500);
    assert_int_equal(store_at(store, 0, VN_PLACE_SUSPENSE), 0);
    check_figures(store, 0, 0, 0);
}

static void test_a_give_that_waits_when_its_lender_is_written_off_and_was_taken(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give all = store_give(&store, 0, 1, 1, 500);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    check_given_after_all(&store, &all, true);
    store_end(&store);
}

static void test_a_give_that_waits_when_its_lender_is_written_off_and_is_taken_then(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give known = store_give(&store, 0, 1, 1, 300);
    const struct vn_give more = store_give(&store, 0, 1, 2, 200);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &known, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &known, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_given_after_all(&store, &more, false);
    store_end(&store);
}

/* The borrower has signed that he did not take it. */
static void test_what_comes_back_waits_for_a_give_that_waits(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    const struct vn_give give = store_give(&store, 0, 1, 1, 500);
    struct world_till *till = &store.tills[0].till;
    assert_int_equal(world_rights(till, "w1", 400), 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    int64_t seq = till->head_seq;
    store_append(&store, 0, VN_ENTRY_BACK, &give, 1);
    assert_int_equal(world_sync(till), 2);
    assert_int_equal(class_of(&store, "t1", seq), VN_QUARANTINE_REFUSED);
    assert_int_equal(class_of(&store, "t1", seq + 1), VN_QUARANTINE_WAITS_TILLS);
    assert_int_equal(world_rights(till, "w1", 500), 500);
    assert_int_equal(vn_quarantine_release(&store.world->hub, "t1", seq, "me", "", &error), VN_OK);
    world_look_again(store.world);
    check_places(&store, 500, 0, 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_SUSPENSE), 0);
    store_end(&store);
}

static enum vn_status check_reason(void *ctx, const struct vn_quarantine_row *row)
{
    assert_non_null(strstr(row->reason, ctx));
    return VN_OK;
}

/* A till that was stolen signs what it likes. */
static void test_a_till_that_was_written_off_can_not_make_rights(void **state)
{
    struct store store;
    store_start(&store, *state);
    static char reason[] = "its lender was written off, and can not have had 1000000000";
    const struct vn_give lie = store_give(&store, 0, 1, 1, 1000000000);
    const struct vn_give next = store_give(&store, 2, 1, 2, 50);
    store_write_off(&store, "t1", 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &lie, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 1);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    assert_int_equal(world_owned(store.world, "w1"), 500);
    check_figures(&store, 500, 0, 0);
    assert_int_equal(vn_storage_quarantine_get(store.world->hub.storage, store.tills[1].till.id,
                                               store.tills[1].till.head_seq, check_reason, reason),
                     VN_OK);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 50), 50);
    store_append(&store, 2, VN_ENTRY_GIVE, &next, 2);
    store_append(&store, 1, VN_ENTRY_TAKE, &next, 2); /* and goes on */
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(world_sync(&store.tills[1].till), 1);
    world_audit(store.world);
    store_end(&store);
}

/* There were two of it: one released what the other one lent. So much is taken out of what is free, once; and what it turns out
 * to have borrowed for that is no loss. */
static void test_what_a_till_used_twice_is_made_good(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *till = &store.tills[0].till;
    const struct vn_give lent = store_give(&store, 0, 1, 1, 100);
    const struct vn_give late = store_give(&store, 2, 0, 2, 60);
    assert_int_equal(world_rights(till, "w1", 100), 100);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 60), 60);
    world_append(till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 100});
    assert_int_equal(world_sync(till), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &lent, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 440);
    store_write_off(&store, "t1", 0);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 340);
    assert_int_equal(store_place(&store, VN_PLACE_DEBT), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 100);
    store_append(&store, 2, VN_ENTRY_GIVE, &late, 0);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 400);
    assert_int_equal(store_place(&store, VN_PLACE_LOST), 0);
    world_audit(store.world);
    store_end(&store);
}

/* As a hub of schema 18 left it, which knew neither who was written off before that nor what was stated for whom. */
static void go_back_to_18(struct world *world)
{
    static const char *const statements[] = {"DROP TABLE unnumbered",
                                             "DROP INDEX quarantine_waits",
                                             "DROP INDEX transfer_untold",
                                             "ALTER TABLE transfer DROP COLUMN taken_ms",
                                             "ALTER TABLE enrolment DROP COLUMN back",
                                             "ALTER TABLE enrolment DROP COLUMN more_ms",
                                             "ALTER TABLE enrolment DROP COLUMN more_day",
                                             "ALTER TABLE enrolment DROP COLUMN more_days",
                                             "ALTER TABLE account DROP COLUMN late",
                                             "DROP INDEX transfer_gone",
                                             "ALTER TABLE claim DROP COLUMN stated",
                                             "DELETE FROM written_off"};
    struct vn_storage *storage = world->hub.storage;
    for (unsigned i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        assert_int_equal(vn_sql_run(storage, statements[i], ""), VN_OK);
    }
    assert_int_equal(vn_sql_run(storage,
                                database_is_postgres() ? "UPDATE number SET value = 18 WHERE name = 'schema'"
                                                       : "PRAGMA user_version = 18",
                                ""),
                     VN_OK);
    world_reopen(world);
}

static void test_what_was_written_off_before_is_known(void **state)
{
    struct store store;
    bool gone[3];
    store_start(&store, *state);
    const struct vn_give lost = store_give(&store, 2, 1, 1, 10);
    const struct vn_give taken = store_give(&store, 0, 2, 2, 100);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 10), 10);
    store_append(&store, 2, VN_ENTRY_GIVE, &lost, 2);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    store_write_off(&store, "t1", 400);
    store_write_off(&store, "t2", 10); /* which had no right of its own */
    go_back_to_18(store.world);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(vn_storage_written_off(store.world->hub.storage, store.tills[i].till.id, &gone[i]),
                         VN_OK);
    }
    assert_true(gone[0]);
    assert_true(gone[1]);
    assert_false(gone[2]);
    store_append(&store, 2, VN_ENTRY_TAKE, &taken, 0);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(store_at(&store, 2, VN_PLACE_RIGHT), 100);
    check_figures(&store, 400, 310, 0);
    store_end(&store);
}

/* A roster is looked at with each report, and most transfers ended as they should. */
static void test_transfers_that_ended_with_a_till_have_an_index(void **state)
{
    struct world *world = *state;
    struct vn_row *row = NULL;
    char text[200] = "";
    if (database_is_postgres()) {
        return; /* it reads small tables whole */
    }
    assert_int_equal(vn_sql_first(world->hub.storage, &row,
                                  "EXPLAIN QUERY PLAN SELECT borrower FROM transfer"
                                  " WHERE (steps & 16) <> 0",
                                  ""),
                     VN_OK);
    assert_int_equal(vn_row_text(row, 3, text, sizeof text), VN_OK);
    vn_row_reset(row);
    assert_non_null(strstr(text, "transfer_gone"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_lent_to_a_till_that_is_gone_is_lost_and_told),
        TEST(test_transfers_with_a_till_that_the_hub_has_forgotten_are_for_people),
        TEST(test_what_is_heard_of_after_the_write_off_is_lost_as_well),
        TEST(test_what_a_till_that_is_gone_had_lent_is_its_borrowers),
        TEST(test_what_turns_up_at_a_borrower_after_the_write_off_was_not_lost),
        TEST(test_what_the_member_spent_in_between_is_owed),
        TEST(test_what_was_lent_beyond_a_loss_waits_while_that_is_owed),
        TEST(test_what_other_tills_have_of_what_was_lost_is_not_issued_once_more),
        TEST(test_what_a_lender_has_back_is_counted_once_though_it_is_revoked),
        TEST(test_a_give_that_waits_when_its_lender_is_written_off_and_was_taken),
        TEST(test_a_give_that_waits_when_its_lender_is_written_off_and_is_taken_then),
        TEST(test_what_comes_back_waits_for_a_give_that_waits),
        TEST(test_a_till_that_was_written_off_can_not_make_rights),
        TEST(test_what_a_till_used_twice_is_made_good),
        TEST(test_what_was_written_off_before_is_known),
        TEST(test_transfers_that_ended_with_a_till_have_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
