/* What tills of a store lent to each other, posted from whichever journal comes first: the value is in one place at a time, and
 * the audit finds nothing after each step. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/fleet/roster.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/ledger/write_off.h"
#include "sync/hub/storage/lending.h"
#include "tests/unit/hub_store.h"

static void test_a_transfer_is_posted_from_either_side_first(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    assert_int_equal(world_rights(a, "w1", 400), 400);
    assert_int_equal(world_sync(a), 0);
    const struct vn_give first = store_give(&store, 0, 1, 1, 100);
    store_append(&store, 0, VN_ENTRY_GIVE, &first, 0);
    assert_int_equal(world_sync(a), 0);
    check_places(&store, 300, 100, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &first, 0);
    assert_int_equal(world_sync(b), 0);
    check_places(&store, 300, 0, 100);
    const struct vn_give second = store_give(&store, 0, 1, 2, 200);
    store_append(&store, 1, VN_ENTRY_TAKE, &second, 0);
    assert_int_equal(world_sync(b), 0); /* its give comes later */
    check_places(&store, 300, -200, 300);
    store_append(&store, 0, VN_ENTRY_GIVE, &second, 0);
    assert_int_equal(world_sync(a), 0);
    check_places(&store, 100, 0, 300);
    /* The borrower pays with it, and releases the rest. */
    world_append(b, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                         .receipt = "1",
                                         .account = "w1",
                                         .total_minor = 1000,
                                         .spent = 250,
                                         .right = "w1",
                                         .out = 250});
    world_append(b, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 50});
    assert_int_equal(world_sync(b), 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 0);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_FREE, 0), 150);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_REDEEMED, 0), 250);
    world_audit(store.world);
    store_end(&store);
}

static void test_a_refusal_brings_back_what_was_lent(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 100);
    assert_int_equal(world_rights(a, "w1", 400), 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 1, VN_ENTRY_REFUSE, &give, 1);
    assert_int_equal(world_sync(b), 0);
    assert_int_equal(world_sync(a), 0);
    check_places(&store, 300, 100, 0);
    store_append(&store, 0, VN_ENTRY_BACK, &give, 1);
    assert_int_equal(world_sync(a), 0);
    check_places(&store, 400, 0, 0);
    store_append(&store, 0, VN_ENTRY_BACK, &give, 1); /* once more */
    assert_int_equal(world_sync(a), 1);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0); /* after all */
    assert_int_equal(world_sync(b), 1);
    world_audit(store.world);
    assert_int_equal(world_owned(store.world, "w1"), 500); /* what they claim stands in suspense */
    store_end(&store);
}

static void test_a_back_that_is_posted_before_its_refusal_is_as_good(void **state)
{
    struct store store;
    store_start(&store, *state);
    const struct vn_give give = store_give(&store, 0, 1, 1, 100);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 0, VN_ENTRY_BACK, &give, 1);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    check_places(&store, 400, 0, 0);
    store_append(&store, 1, VN_ENTRY_REFUSE, &give, 1);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_places(&store, 400, 0, 0);
    store_end(&store);
}

/* The borrower was set back behind its take and refused what it no longer knew of: the lender has it again, and what the borrower
 * may have spent of it is lost with him. */
static void test_what_was_taken_and_then_refused_is_back_and_owed(void **state)
{
    struct store store;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 100);
    assert_int_equal(world_rights(a, "w1", 500), 500);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(a), 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_places(&store, 400, 0, 100);
    store_append(&store, 0, VN_ENTRY_BACK, &give, 1);
    assert_int_equal(world_sync(a), 0);
    check_places(&store, 500, 0, 100);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_DEBT, 0), -100);
    assert_int_equal(vn_write_off(&store.world->hub, "t2", 100, "test", &loss, &error), VN_OK);
    check_places(&store, 500, 0, 0);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_DEBT, 0), 0);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_LOST, 0), 100);
    store_append(&store, 0, VN_ENTRY_BACK, &give, 1); /* once more */
    assert_int_equal(world_sync(a), 1);
    world_audit(store.world);
    store_end(&store);
}

/* Each of these is in quarantine, for a reason that says what is wrong; what it claims is nowhere but in suspense. */
static void test_what_was_not_lent_is_not_borrowed(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    assert_int_equal(world_rights(a, "w1", 400), 400);
    assert_int_equal(world_sync(a), 0);
    int64_t wrong = 0;
    const struct vn_give forged = store_give(&store, 0, 1, 1, 100);
    store_append(&store, 1, VN_ENTRY_TAKE, &forged, 1); /* signed by itself */
    assert_int_equal(world_sync(b), ++wrong);
    const struct vn_give given = store_give(&store, 0, 1, 2, 100);
    struct vn_give more = given;
    more.amount = 150;
    store_append(&store, 0, VN_ENTRY_GIVE, &given, 0);
    assert_int_equal(world_sync(a), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &more, 0); /* more than was given: two gives of one transfer */
    assert_int_equal(world_sync(b), ++wrong);
    const struct vn_give others = store_give(&store, 0, 2, 3, 100);
    store_append(&store, 1, VN_ENTRY_TAKE, &others, 0); /* of another borrower */
    assert_int_equal(world_sync(b), ++wrong);
    const struct vn_give twice = store_give(&store, 0, 1, 4, 10);
    store_append(&store, 1, VN_ENTRY_TAKE, &twice, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &twice, 0);
    assert_int_equal(world_sync(b), ++wrong);
    world_audit(store.world);
    assert_int_equal(world_owned(store.world, "w1"), 500);
    store_append(&store, 0, VN_ENTRY_BACK, &twice, 1); /* never given, and taken */
    assert_int_equal(world_sync(a), 1);
    store_append(&store, 0, VN_ENTRY_BACK, &given, 0); /* the refusal is its own */
    assert_int_equal(world_sync(a), 2);
    store_append(&store, 0, VN_ENTRY_GIVE, &given, 0); /* given twice */
    assert_int_equal(world_sync(a), 3);
    world_audit(store.world);
    assert_int_equal(world_owned(store.world, "w1"), 500);
    store_end(&store);
}

/* Two tills that are in it together: one signs what it never had. What it tells of itself is looked at; what it does not tell of
 * is no more than there ever was, so that nothing is made of nothing. */
static void test_what_no_till_has_is_not_lent(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    assert_int_equal(world_rights(a, "w1", 300), 300);
    const struct vn_give more = store_give(&store, 0, 1, 1, 301);
    store_append(&store, 0, VN_ENTRY_GIVE, &more, 0);
    assert_int_equal(world_sync(a), 1);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    const struct vn_give lies[] = {store_give(&store, 2, 1, 2, 501), store_give(&store, 2, 1, 3, 500),
                                   store_give(&store, 2, 1, 4, 1)};
    for (size_t i = 0; i < 3; i++) {
        store_append(&store, 1, VN_ENTRY_TAKE, &lies[i], 2);
    }
    assert_int_equal(world_sync(b), 2); /* the second one may have been */
    world_append(b, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 1002});
    assert_int_equal(world_sync(b), 3);
    assert_int_equal(store_at(&store, 2, VN_PLACE_LENT), -500);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_FREE, 0), 200);
    struct vn_give coupon = store_give(&store, 2, 1, 5, 2);
    (void)snprintf(coupon.account, sizeof coupon.account, "c1");
    store_append(&store, 1, VN_ENTRY_TAKE, &coupon, 2);
    assert_int_equal(world_sync(b), 4);
    assert_int_equal(world_owned(store.world, "w1"), 500);
    world_audit(store.world);
    store_end(&store);
}

/* A hold that never was is cancelled: the entry is in quarantine, and its till goes on as if it had so much. */
static void lie(struct store *store, unsigned till, int64_t points)
{
    world_append(
        &store->tills[till].till,
        &(struct world_step){.kind = VN_ENTRY_CANCEL, .receipt = "lie", .right = "w1", .in = points});
}

static int64_t redeemed(struct store *store)
{
    world_audit(store->world);
    return world_balance(store->world, "w1", VN_PLACE_REDEEMED, 0);
}

static void assert_waits(struct store *store, unsigned till, int64_t seq, const char *kind)
{
    struct vn_quarantine_entry entry;
    struct vn_error error = {VN_OK, "", ""};
    char name[8];
    (void)snprintf(name, sizeof name, "t%u", till + 1);
    assert_int_equal(vn_quarantine_find(&store->world->hub, name, seq, &entry, &error), VN_OK);
    assert_string_equal(entry.row.kind, kind);
    assert_int_equal(entry.row.class_, VN_QUARANTINE_WAITS_TILLS);
    vn_quarantine_entry_deinit(&entry);
}

/* What only an entry in quarantine says is lent no further than there ever was, and what is paid with more of it waits. */
static void test_what_a_lie_brought_in_is_not_lent_beyond_what_there_was(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    const struct vn_give all = store_give(&store, 0, 1, 1, 100000);
    lie(&store, 0, 100000);
    store_append(&store, 0, VN_ENTRY_GIVE, &all, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &all, 0);
    store_pay(&store, 1, "1", 100000);
    assert_int_equal(world_sync(a), 2);
    assert_int_equal(world_sync(b), 2);
    assert_waits(&store, 0, 2, "give");
    assert_waits(&store, 1, 3, "commit");
    assert_int_equal(redeemed(&store), 0);
    lie(&store, 0, 1000);
    const struct vn_give some = store_give(&store, 0, 1, 2, 400); /* the bound is of all that is lent of it */
    const struct vn_give more = store_give(&store, 0, 1, 3, 101);
    const struct vn_give unsent = store_give(&store, 0, 2, 4, 101);
    store_append(&store, 0, VN_ENTRY_GIVE, &some, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &more, 0);
    assert_int_equal(world_sync(a), 4);
    assert_waits(&store, 0, 5, "give");
    store_append(&store, 2, VN_ENTRY_TAKE, &unsent, 0);
    assert_int_equal(world_sync(&store.tills[2].till), 1);
    assert_int_equal(redeemed(&store), 0);
    assert_int_equal(world_owned(store.world, "w1"), 500);
    store_end(&store);
}

/* A neighbour has what it lent and tells nobody of; it does not pay with the same again. */
static void test_what_a_lie_brought_in_and_another_has_is_not_spent_here(void **state)
{
    struct store store;
    struct vn_loss loss = {.points = 0};
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    const struct vn_give all = store_give(&store, 0, 1, 1, 500);
    lie(&store, 0, 500);
    assert_int_equal(world_sync(a), 1);
    store_append(&store, 1, VN_ENTRY_TAKE, &all, 0);
    store_pay(&store, 1, "1", 500);
    assert_int_equal(world_sync(b), 0); /* all that there ever was can have been lent */
    assert_int_equal(redeemed(&store), 500);
    store_pay(&store, 0, "2", 500);
    assert_int_equal(world_sync(a), 2);
    assert_waits(&store, 0, 3, "commit");
    assert_int_equal(redeemed(&store), 500);
    assert_int_equal(vn_write_off_look(&store.world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 0); /* it holds what nobody knows of */
    lie(&store, 0, 500);
    world_append(a, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 500});
    assert_int_equal(world_sync(a), 4);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_FREE, 0), 500);
    world_audit(store.world);
    store_end(&store);
}

/* A void as a till of before writes it, which names a coupon beside its points. */
static void append_void(struct world_till *till, const char *receipt, int64_t points)
{
    char body[512];
    struct vn_counters *right = &till->rights[0];
    right->in += points;
    (void)snprintf(body, sizeof body,
                   "{\"v\":1,\"kind\":\"void\",\"t\":1,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"%s\"],"
                   "\"rights\":[{\"account\":\"w1\",\"granted\":%lld,\"in\":%lld,\"out\":%lld,\"move\":%lld},"
                   "{\"account\":\"c1\",\"granted\":1,\"in\":0,\"out\":0,\"move\":0}]}",
                   receipt, (long long)right->granted, (long long)right->in, (long long)right->out,
                   (long long)points);
    world_append_raw(till, body);
}

/* Nobody lies: since the backup another till gave a coupon back, which was granted to this one. The void that names it waits for
 * that till. What came back by it is lent and paid with; what was paid beyond what is known is posted when the void is. */
static void test_what_a_void_that_waits_brought_back_is_lent_and_paid_with(void **state)
{
    struct store store;
    struct vn_sale_row sale;
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    struct world_till *c = &store.tills[2].till;
    assert_int_equal(world_rights(a, "w1", 300), 300);
    store_pay(&store, 0, "1", 200);
    assert_int_equal(world_sync(a), 0);
    assert_int_equal(world_rights(c, "c1", 1), 1);
    assert_int_equal(world_sync(c), 0);
    store.world->now_ms += 60000;
    world_set_back(store.world);
    world_append(a, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "c1", .granted = 1});
    append_void(a, "1", 200);
    const struct vn_give give = store_give(&store, 0, 1, 1, 250);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    store_pay(&store, 1, "b", 250);
    store_pay(&store, 0, "2", 50);
    assert_int_equal(world_sync(a), 3);
    assert_waits(&store, 0, a->head_seq - 3, "void");
    assert_waits(&store, 0, a->head_seq, "commit");
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_int_equal(redeemed(&store), 450);
    world_append(c, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "c1", .out = 1});
    assert_int_equal(world_sync(c), 0);
    world_look_again(store.world);
    assert_int_equal(redeemed(&store), 300);
    world_sale(store.world, "2", &sale);
    assert_int_equal(sale.points_spent, 50);
    assert_string_equal(sale.flags, "");
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_FREE, 0), 200);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_SUSPENSE, 0), 0);
    assert_int_equal(world_balance(store.world, "w1", VN_PLACE_DEBT, 0), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_HELD), 0);
    store_end(&store);
}

static struct vn_open_loans untold(struct world *world)
{
    struct vn_open_loans loans;
    assert_int_equal(vn_storage_loans_untold(world->hub.storage, world->now_ms, &loans), VN_OK);
    return loans;
}

/* The same two tills: that the lender never tells of the loan is all that there is to see, and health says so. */
static void test_a_loan_that_its_lender_does_not_tell_of_is_told_to_people(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_loss loss = {.points = 0};
    store_start(&store, *state);
    struct world *world = *state;
    struct world_till *b = &store.tills[1].till;
    struct world_till *c = &store.tills[2].till;
    world_commit(c, "1", "w2", 1000, 1);
    assert_int_equal(world_sync(c), 0);
    const struct vn_give lie = store_give(&store, 2, 1, 1, 500);
    store_append(&store, 1, VN_ENTRY_TAKE, &lie, 2);
    assert_int_equal(world_sync(b), 0);
    world->now_ms += VN_LOAN_HEARD_MS + 1;
    assert_int_equal(untold(world).count, 0); /* its lender is away, as far as anybody knows */
    world_commit(c, "2", "w2", 1000, 1);
    c->behind = 1; /* the give may be in what it has not sent */
    assert_int_equal(world_sync(c), 0);
    c->behind = 0;
    assert_int_equal(untold(world).count, 0);
    world->now_ms += VN_LOAN_UNHEARD_MS - VN_LOAN_HEARD_MS;
    struct vn_open_loans loans = untold(world);
    assert_int_equal(loans.count, 1);
    assert_false(loans.heard);
    world_commit(c, "3", "w2", 1000, 1);
    assert_int_equal(world_sync(c), 0);
    loans = untold(world);
    assert_int_equal(loans.count, 1);
    assert_true(loans.heard);
    assert_string_equal(loans.lender, "t3");
    assert_string_equal(loans.borrower, "t2");
    assert_int_equal(loans.amount, 500);
    assert_int_equal(vn_account_kind(loans.account), VN_ACCOUNT_MEMBER);
    assert_int_equal(vn_write_off_look(&world->hub, "t3", &loss, &error), VN_OK);
    int64_t lost = loss.points;
    assert_int_equal(vn_write_off(&world->hub, "t3", lost, "test", &loss, &error), VN_OK);
    assert_int_equal(untold(world).count, 0);
    world_audit(world);
    store_end(&store);
}

/* A lender that was cut off tells of it with the rest, and one that was heard before the loan knows nothing of it. */
static void test_a_loan_that_its_lender_tells_of_later_is_none_to_speak_of(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world *world = *state;
    struct world_till *a = &store.tills[0].till;
    struct world_till *b = &store.tills[1].till;
    assert_int_equal(world_rights(a, "w1", 100), 100);
    assert_int_equal(world_sync(a), 0);
    const struct vn_give give = store_give(&store, 0, 1, 1, 100);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(b), 0);
    world->now_ms += VN_LOAN_UNHEARD_MS;
    assert_int_equal(untold(world).count, 0);
    assert_int_equal(world_sync(a), 0);
    world->now_ms += VN_LOAN_UNHEARD_MS;
    assert_int_equal(untold(world).count, 0);
    world_audit(world);
    store_end(&store);
}

/* Lent on, and the last borrower's journal comes first: whoever is in between has nothing yet, as far as the hub knows. */
static void test_what_is_lent_on_is_posted_in_any_order(void **state)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const char *const receipts[6] = {"1", "2", "3", "4", "5", "6"};
    struct store store;
    store_start(&store, *state);
    int64_t right = 0;
    for (int64_t i = 0; i < 6; i++) {
        const struct vn_give give = store_give(&store, 0, 1, 2 * i, 50);
        const struct vn_give on = store_give(&store, 1, 2, 2 * i + 1, 50);
        right = world_rights(&store.tills[0].till, "w1", 50 * (i + 1));
        assert_int_equal(right, 50 * (i + 1));
        store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
        store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
        store_append(&store, 1, VN_ENTRY_GIVE, &on, 0);
        store_append(&store, 2, VN_ENTRY_TAKE, &on, 1);
        world_append(&store.tills[2].till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                                .receipt = receipts[i],
                                                                .account = "w1",
                                                                .total_minor = 1000,
                                                                .spent = 50,
                                                                .right = "w1",
                                                                .out = 50});
        for (unsigned j = 0; j < 3; j++) {
            assert_int_equal(world_sync(&store.tills[orders[i][j]].till), 0);
            world_audit(store.world);
        }
        world_append(
            &store.tills[2].till,
            &(struct world_step){
                .kind = VN_ENTRY_VOID, .receipt = receipts[i], .account = "w1", .right = "w1", .in = 50});
        world_append(&store.tills[2].till,
                     &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 50});
        assert_int_equal(world_sync(&store.tills[2].till), 0);
        world_audit(store.world);
        for (unsigned j = 0; j < 3; j++) {
            assert_int_equal(store_at(&store, j, VN_PLACE_RIGHT), 0);
            assert_int_equal(store_at(&store, j, VN_PLACE_LENT), 0);
        }
        assert_int_equal(world_owned(store.world, "w1"), 500);
    }
    store_end(&store);
}

/* --- rosters */

static int64_t roster_number(struct store *store, const char *of)
{
    struct vn_roster_row row;
    struct vn_storage *storage = store->world->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    enum vn_status status = vn_roster_now(&store->world->hub, of, &row, NULL);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    assert_true(status == VN_OK || status == VN_ABSENT);
    return status == VN_OK ? row.number : 0;
}

static enum vn_status hear(struct store *store, unsigned till, const char *report)
{
    struct vn_enrolment_row row;
    struct vn_error error = {VN_OK, "", ""};
    json_t *json = json_loads(report, 0, NULL);
    assert_non_null(json);
    world_row(&store->tills[till].till, &row);
    assert_int_equal(vn_storage_begin(store->world->hub.storage), VN_OK);
    enum vn_status status = vn_roster_hear(&store->world->hub, &row, json, &error);
    assert_int_equal(vn_storage_commit(store->world->hub.storage), VN_OK);
    json_decref(json);
    return status;
}

static void test_roster_numbers_rise_when_the_store_is_another(void **state)
{
    struct store store;
    char report[512];
    char key[2 * VN_PUBLIC_KEY_SIZE + 1];
    struct vn_public_key own;
    store_start(&store, *state);
    vn_key_public(store.tills[0].key, &own);
    vn_hex_encode(vn_view_of(own.point, sizeof own.point), key);
    (void)snprintf(report, sizeof report,
                   "{\"peer\":{\"addresses\":[\"10.0.0.9\"],\"port\":7445,\"key\":\"%s\"}}", key);
    assert_int_equal(roster_number(&store, "s2"), 0); /* nobody there has said a thing */
    assert_int_equal(roster_number(&store, "s1"), 1);
    assert_int_equal(roster_number(&store, "s1"), 1);
    assert_int_equal(hear(&store, 0, "{}"), VN_OK); /* an agent of before */
    assert_int_equal(roster_number(&store, "s1"), 1);
    assert_int_equal(hear(&store, 0, report), VN_OK);
    assert_int_equal(roster_number(&store, "s1"), 2);
    assert_int_equal(hear(&store, 0, report), VN_OK);
    assert_int_equal(roster_number(&store, "s1"), 2);
    assert_int_equal(
        hear(&store, 0, "{\"peer\":{\"addresses\":[\"evil.example\"],\"port\":1,\"key\":\"00\"}}"), VN_INPUT);
    assert_int_equal(roster_number(&store, "s1"), 2);
    struct vn_revoked revoked;
    assert_int_equal(vn_fleet_revoke(&store.world->hub, "t3", "test", &revoked), VN_OK);
    assert_int_equal(roster_number(&store, "s1"), 3);
    store_end(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_transfer_is_posted_from_either_side_first, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_refusal_brings_back_what_was_lent, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_back_that_is_posted_before_its_refusal_is_as_good, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_taken_and_then_refused_is_back_and_owed, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_not_lent_is_not_borrowed, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_roster_numbers_rise_when_the_store_is_another, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_no_till_has_is_not_lent, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_lie_brought_in_is_not_lent_beyond_what_there_was,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_lie_brought_in_and_another_has_is_not_spent_here,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_void_that_waits_brought_back_is_lent_and_paid_with,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_loan_that_its_lender_does_not_tell_of_is_told_to_people,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_loan_that_its_lender_tells_of_later_is_none_to_speak_of,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_lent_on_is_posted_in_any_order, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
