/* What a till lent that is gone, and nobody told of at the other end: the borrower is asked by its store's roster, and people are
 * told of what it does not answer. */
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/ledger/write_off.h"
#include "sync/hub/storage/lending.h"
#include "tests/unit/hub_store.h"

/* The gives that the roster of the store asks for, and the first of them. */
static unsigned open_gives(const struct store *store, struct vn_give *first)
{
    static struct vn_roster roster;
    struct vn_roster_row row;
    struct vn_buf text;
    struct vn_error error;
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    assert_int_equal(vn_storage_begin(store->world->hub.storage), VN_OK);
    assert_int_equal(vn_roster_now(&store->world->hub, "s1", &row, &text), VN_OK);
    assert_int_equal(vn_storage_commit(store->world->hub.storage), VN_OK);
    assert_int_equal(vn_roster_read(vn_buf_view(&text), &roster, &error), VN_OK);
    vn_buf_deinit(&text);
    *first = roster.open[0];
    return roster.open_count;
}

/* Its borrower may have taken it, or have lost it with its power before it wrote it down: the roster asks in the place of its
 * lender. */
static void test_what_a_till_that_is_gone_had_lent_is_asked_for_by_the_roster(void **state)
{
    struct store store;
    struct vn_give first;
    store_start(&store, *state);
    const struct vn_give unheard = store_give(&store, 0, 1, 1, 100);
    struct vn_give count = store_give(&store, 0, 2, 2, 1);
    (void)snprintf(count.account, sizeof count.account, "c1");
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    assert_int_equal(world_rights(&store.tills[0].till, "c1", 1), 1);
    store_append(&store, 0, VN_ENTRY_GIVE, &unheard, 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &count, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(open_gives(&store, &first), 0); /* its lender asks itself */
    store_write_off(&store, "t1", 300);
    assert_int_equal(open_gives(&store, &first), 2);
    assert_true(vn_give_equal(&first, &unheard) || vn_give_equal(&first, &count));
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 100);
    store_append(&store, 1, VN_ENTRY_REFUSE, &unheard, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    check_figures(&store, 500, 300, 0);
    assert_int_equal(open_gives(&store, &first), 1);
    assert_true(vn_give_equal(&first, &count));
    store_append(&store, 2, VN_ENTRY_TAKE, &count, 0);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(open_gives(&store, &first), 0);
    world_audit(store.world);
    store_end(&store);
}

static unsigned open_gives_of(struct store *store, const char *of)
{
    struct vn_give gives[VN_ROSTER_OPEN_MAX];
    unsigned count = 0;
    assert_int_equal(vn_storage_transfers_unended(store->world->hub.storage, of, gives, &count), VN_OK);
    return count;
}

/* Gives to a till of another store, which only a till that lies tells of, are asked for there, and keep nobody else's from being
 * asked for here. */
static void test_what_a_gone_till_lent_to_another_store_is_asked_for_there(void **state)
{
    struct store store;
    struct world_till far;
    struct vn_error error;
    struct vn_loss loss;
    store_start(&store, *state);
    world_store(store.world, "s2");
    world_till_start_at(store.world, &far, "s2", "t9");
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 100), 100);
    for (int i = 0; i <= VN_ROSTER_OPEN_MAX; i++) {
        struct vn_give give = store_give(&store, 0, 1, i + 1, 1);
        give.borrower = far.enrolment;
        vn_transfer_number(&give.borrower, i + 1, give.transfer);
        store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    }
    const struct vn_give give = store_give(&store, 0, 1, 99, 1);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(vn_write_off_look(&store.world->hub, "t1", &loss, &error), VN_OK);
    store_write_off(&store, "t1", loss.points);
    assert_int_equal(open_gives_of(&store, "s1"), 1);
    assert_int_equal(open_gives_of(&store, "s2"), VN_ROSTER_OPEN_MAX);
    world_audit(store.world);
    world_till_end(&far);
    store_end(&store);
}

/* One borrower that is away keeps no other from being asked. */
static void test_borrowers_are_asked_in_turn(void **state)
{
    struct store store;
    struct vn_give gives[VN_ROSTER_OPEN_MAX];
    struct vn_error error;
    struct vn_loss loss;
    unsigned count = 0;
    unsigned of_first = 0;
    store_start(&store, *state);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 100), 100);
    for (int i = 0; i < VN_ROSTER_OPEN_MAX + VN_ROSTER_OPEN_MAX / 2; i++) {
        const struct vn_give give = store_give(&store, 0, 1 + i % 2, i + 1, 1);
        store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    }
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(vn_write_off_look(&store.world->hub, "t1", &loss, &error), VN_OK);
    store_write_off(&store, "t1", loss.points);
    assert_int_equal(vn_storage_transfers_unended(store.world->hub.storage, "s1", gives, &count), VN_OK);
    assert_int_equal(count, VN_ROSTER_OPEN_MAX);
    for (unsigned i = 0; i < count; i++) {
        of_first += vn_enrolment_id_equal(&gives[i].borrower, &store.tills[1].till.enrolment) ? 1 : 0;
    }
    assert_int_equal(of_first, VN_ROSTER_OPEN_MAX / 2);
    store_end(&store);
}

static struct vn_open_loans unended(struct store *store, int64_t later_ms)
{
    struct vn_open_loans loans;
    assert_int_equal(
        vn_storage_loans_unended(store->world->hub.storage, store->world->now_ms + later_ms, &loans), VN_OK);
    return loans;
}

/* Its borrower has told that the number is of another's give: of this one he can tell nothing. People are told. */
static void test_a_give_under_anothers_number_is_told_to_people(void **state)
{
    struct store store;
    struct vn_error error;
    struct vn_loss loss;
    store_start(&store, *state);
    struct vn_revoked revoked;
    const struct vn_give honest = store_give(&store, 2, 1, 1, 100);
    const struct vn_give lie = store_give(&store, 0, 1, 1, 10);
    assert_int_equal(world_rights(&store.tills[2].till, "w1", 100), 100);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 100), 100);
    store_append(&store, 2, VN_ENTRY_GIVE, &honest, 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &honest, 2);
    assert_int_equal(world_sync(&store.tills[2].till), 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    store_append(&store, 0, VN_ENTRY_GIVE, &lie, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(unended(&store, VN_LOAN_UNENDED_MS + 1).count, 0); /* its lender may be back */
    assert_int_equal(vn_write_off_look(&store.world->hub, "t1", &loss, &error), VN_OK);
    store_write_off(&store, "t1", loss.points);
    assert_int_equal(open_gives_of(&store, "s1"), 0);
    assert_int_equal(unended(&store, 0).count, 0);
    const struct vn_open_loans told = unended(&store, VN_LOAN_UNENDED_MS + 1);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.amount, 10);
    assert_string_equal(told.lender, "t1");
    assert_string_equal(told.borrower, "t2");
    assert_false(told.ended);
    assert_int_equal(vn_fleet_revoke(&store.world->hub, "t2", "stolen", &revoked), VN_OK);
    assert_true(unended(&store, VN_LOAN_UNENDED_MS + 1).ended);
    assert_int_equal(vn_write_off_look(&store.world->hub, "t2", &loss, &error), VN_OK);
    store_write_off(&store, "t2", loss.points);
    assert_int_equal(unended(&store, VN_LOAN_UNENDED_MS + 1).count, 0);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    world_audit(store.world);
    store_end(&store);
}

/* A journal of before that its till handed in is an enrolment of its own, and no newer one of that till. */
static void test_a_borrower_that_handed_in_a_journal_is_in_force(void **state)
{
    struct store store;
    struct vn_error error;
    struct vn_loss loss;
    store_start(&store, *state);
    struct vn_hub *hub = &store.world->hub;
    const struct vn_give give = store_give(&store, 0, 1, 1, 10);
    struct vn_enrolment_row handed = {.state = VN_ENROLMENT_HANDED_IN,
                                      .enrolment = {.bytes = {77}},
                                      .store = "s1",
                                      .till = "t2",
                                      .created_ms = store.world->now_ms,
                                      .epoch = hub->epoch};
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 100), 100);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    assert_int_equal(vn_write_off_look(hub, "t1", &loss, &error), VN_OK);
    store_write_off(&store, "t1", loss.points);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    assert_int_equal(vn_storage_enrolment_add(hub->storage, &handed), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    const struct vn_open_loans told = unended(&store, VN_LOAN_UNENDED_MS + 1);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.borrower, "t2");
    assert_false(told.ended);
    store_end(&store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_till_that_is_gone_had_lent_is_asked_for_by_the_roster),
        TEST(test_what_a_gone_till_lent_to_another_store_is_asked_for_there),
        TEST(test_borrowers_are_asked_in_turn),
        TEST(test_a_give_under_anothers_number_is_told_to_people),
        TEST(test_a_borrower_that_handed_in_a_journal_is_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
