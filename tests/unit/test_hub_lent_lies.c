/* Tills that lie about what they lend, borrow or have: a right comes out of nothing once at most, and it is told. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/epoch/epoch.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/storage/lending.h"
#include "tests/unit/hub_store.h"

static int64_t redeemed(struct store *store)
{
    return store_place(store, VN_PLACE_REDEEMED);
}

/* It shows a grant that was never given, so an epoch is opened; and it has the key of a till that was revoked long ago. */
static void test_who_opens_an_epoch_takes_no_more_than_there_ever_was(void **state)
{
    struct store store;
    struct vn_revoked revoked;
    struct vn_stamp stamp;
    bool believed = false;
    store_start(&store, *state);
    struct vn_hub *hub = &store.world->hub;
    struct world_till *liar = &store.tills[1].till;
    assert_int_equal(vn_fleet_revoke(hub, "t1", "old", &revoked), VN_OK);
    store.world->now_ms += 60000;
    world_stamp(liar, &stamp);
    stamp.grant = 99;
    stamp.head_seq = 0;
    assert_int_equal(vn_epoch_till_is_ahead(hub, &liar->enrolment, &stamp, &believed), VN_OK);
    assert_true(believed);
    const struct vn_give give = store_give(&store, 0, 1, 1, 100000);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    store_pay(&store, 1, "p", 100000);
    assert_int_equal(world_sync(liar), 2); /* the hold is looked at when it is spent */
    assert_int_equal(redeemed(&store), 0);
    check_figures(&store, 500, 0, 0);
    store_end(&store);
}

/* It spends all, says that the customer did not buy, and lends it once more: its neighbour can't know, and sells. */
static void test_who_lends_what_he_made_up_does_so_once(void **state)
{
    static const char *const receipts[] = {"b1", "b2", "b3"};
    struct store store;
    store_start(&store, *state);
    struct world_till *liar = &store.tills[0].till;
    assert_int_equal(world_rights(liar, "w1", 500), 500);
    store_pay(&store, 0, "a", 500);
    assert_int_equal(world_sync(liar), 0);
    for (int i = 0; i < 3; i++) {
        const struct vn_give give = store_give(&store, 0, 1, i + 1, 500);
        world_append(
            liar, &(struct world_step){.kind = VN_ENTRY_CANCEL, .receipt = "lie", .right = "w1", .in = 500});
        store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
        (void)world_sync(liar);
        store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
        store_pay(&store, 1, receipts[i], 500);
        (void)world_sync(&store.tills[1].till);
        assert_int_equal(redeemed(&store), 1000);
        world_audit(store.world);
    }
    store_end(&store);
}

/* People can't let a till that the hub has forgotten have what another one made up, be it in front of the give or behind it. */
static void check_made_up_goes_to_no_owner(void **state, bool behind)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_enrolment_id stranger = {.bytes = {9}};
    const struct world_step lie = {.kind = VN_ENTRY_CANCEL, .receipt = "lie", .right = "w1", .in = 100000};
    store_start(&store, *state);
    struct world_till *liar = &store.tills[0].till;
    struct vn_give give = store_give(&store, 0, 1, 1, 100000);
    give.borrower = stranger;
    vn_transfer_number(&stranger, 1, give.transfer);
    store.world->now_ms += 60000;
    world_set_back(store.world);
    if (!behind) {
        world_append(liar, &lie);
    }
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    int64_t seq = liar->head_seq;
    if (behind) {
        world_append(liar, &lie);
    }
    assert_int_equal(world_sync(liar), 2);
    assert_int_equal(vn_quarantine_release(&store.world->hub, "t1", seq, "me", "", &error), VN_INPUT);
    assert_non_null(strstr(error.text, "not sure to have been there"));
    check_figures(&store, 500, 0, 0);
    store_end(&store);
}

static void test_what_was_made_up_goes_to_no_owner(void **state)
{
    check_made_up_goes_to_no_owner(state, false);
}

static void test_what_is_made_up_later_goes_to_no_owner(void **state)
{
    check_made_up_goes_to_no_owner(state, true);
}

/* Its neighbours lend to a till that the hub has forgotten also after they have shown the hub what they have. */
static void test_what_is_lent_to_a_forgotten_till_later_is_for_people(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    struct vn_stamp stamp;
    const struct vn_enrolment_id stranger = {.bytes = {9}};
    store_start(&store, *state);
    struct vn_hub *hub = &store.world->hub;
    struct world_till *lender = &store.tills[0].till;
    struct vn_give give = store_give(&store, 0, 1, 1, 60);
    give.borrower = stranger;
    vn_transfer_number(&stranger, 1, give.transfer);
    assert_int_equal(world_rights(lender, "w1", 100), 100);
    assert_int_equal(world_sync(lender), 0);
    store.world->now_ms += 60000;
    world_set_back(store.world);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(lender, &row);
    world_stamp(lender, &stamp);
    vn_epoch_shown(hub, &row, &stamp);
    assert_int_equal(vn_storage_enrolment_put(hub->storage, &row), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(lender), 1);
    assert_int_equal(vn_quarantine_release(hub, "t1", lender->head_seq, "me", "", &error), VN_OK);
    assert_int_equal(store_at(&store, 0, VN_PLACE_RIGHT), 40);
    check_figures(&store, 460, 0, 0);
    store_end(&store);
}

/* Its neighbour took 100 in good faith, which it tells of nowhere; it lets go of what it made up, again and again. */
static void test_what_is_made_up_is_released_by_nobody(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *liar = &store.tills[0].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 100);
    const struct world_step lie = {.kind = VN_ENTRY_CANCEL, .receipt = "lie", .right = "w1", .in = 1000};
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    world_append(liar, &lie);
    for (int i = 0; i < 10; i++) {
        world_append(liar, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 100});
    }
    world_append(liar, &lie);
    assert_int_equal(world_sync(liar), 12);
    world_look_again(store.world);
    assert_int_equal(store_place(&store, VN_PLACE_FREE), 500);
    world_audit(store.world);
    store_end(&store);
}

/* The key of the other till is forgotten with the hub's last days; when he is gone, nobody tells it again. */
static void test_what_a_forgotten_key_has_signed_is_for_people(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_revoked revoked;
    store_start(&store, *state);
    struct vn_hub *hub = &store.world->hub;
    struct world_till *lender = &store.tills[0].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 60);
    const struct vn_give lie = store_give(&store, 0, 1, 2, 10);
    assert_int_equal(world_rights(lender, "w1", 100), 100);
    store_append(&store, 0, VN_ENTRY_GIVE, &lie, 0);
    store_append(&store, 0, VN_ENTRY_BACK, &lie, 2);
    assert_int_equal(world_sync(lender), 1); /* nobody set anything back */
    assert_int_equal(vn_quarantine_release(hub, "t1", lender->head_seq, "me", "", &error), VN_INPUT);
    store.world->now_ms += 60000;
    world_set_back(store.world);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    store_append(&store, 0, VN_ENTRY_BACK, &give, 2);
    assert_int_equal(world_sync(lender), 2);
    assert_int_equal(vn_quarantine_release(hub, "t1", lender->head_seq, "me", "", &error), VN_INPUT);
    assert_non_null(strstr(error.text, "did not sign")); /* he can tell the key again */
    assert_int_equal(vn_fleet_revoke(hub, "t2", "stolen", &revoked), VN_OK);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 70);
    assert_int_equal(vn_quarantine_release(hub, "t1", lender->head_seq, "me", "", &error), VN_OK);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 10);
    check_figures(&store, 400, 0, 0);
    store_end(&store);
}

/* Its lender was written off, and a hub that was set back has forgotten all that it granted him: nobody can know. */
static void test_what_a_gone_till_lent_of_a_forgotten_grant_is_for_people(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    store_start(&store, *state);
    struct world_till *borrower = &store.tills[1].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 600);
    store.world->now_ms += 60000;
    world_set_back(store.world);
    store_write_off(&store, "t1", 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 0);
    assert_int_equal(world_sync(borrower), 1);
    world_look_again(store.world);
    check_figures(&store, 500, 0, 0);
    assert_int_equal(vn_quarantine_release(&store.world->hub, "t2", borrower->head_seq, "me", "", &error),
                     VN_OK);
    check_places(&store, 0, 0, 600);
    check_figures(&store, 0, 0, 100);
    store_end(&store);
}

/* The same, but its signer is in force and has a newer key: people are told that the till has to be revoked first. */
static void test_what_a_forgotten_key_of_a_till_in_force_signed_says_what_to_do(void **state)
{
    struct store store;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_key *newer = NULL;
    struct vn_revoked revoked;
    struct vn_peer_place place = {.address_count = 1, .addresses = {"10.0.0.7"}, .port = 7444};
    store_start(&store, *state);
    struct vn_hub *hub = &store.world->hub;
    struct world_till *lender = &store.tills[0].till;
    const struct vn_give give = store_give(&store, 0, 1, 1, 60);
    assert_int_equal(world_rights(lender, "w1", 100), 100);
    assert_int_equal(world_sync(lender), 0);
    store.world->now_ms += 60000;
    world_set_back(store.world);
    store_append(&store, 0, VN_ENTRY_GIVE, &give, 0);
    assert_int_equal(world_sync(lender), 0);
    store_append(&store, 1, VN_ENTRY_TAKE, &give, 2);
    assert_int_equal(world_sync(&store.tills[1].till), 1);
    assert_int_equal(vn_key_generate(&random, &newer), VN_OK);
    vn_key_public(newer, &place.key);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    assert_int_equal(vn_storage_peer_put(hub->storage, lender->id, &place, 2), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    for (int i = 0; i < 3; i++) {
        world_show(&store.tills[i].till);
    }
    assert_int_equal(vn_quarantine_release(hub, "t2", 1, "me", "", &error), VN_INPUT);
    assert_non_null(strstr(error.text, "when that till is gone, revoke it, then release this"));
    assert_int_equal(vn_fleet_revoke(hub, "t1", "gone", &revoked), VN_OK);
    assert_int_equal(vn_quarantine_release(hub, "t2", 1, "me", "", &error), VN_OK);
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    vn_key_destroy(newer);
    store_end(&store);
}

/* A round beside the set times; the news of what was posted since the last look. Whether it released anything. */
static bool look_beside(struct world *world)
{
    struct vn_quarantine_round round = {.counts = false};
    assert_int_equal(vn_quarantine_release_known(&world->hub, 100, &round), VN_OK);
    return round.released;
}

static bool news_of_loans(struct world *world)
{
    struct vn_post_news news;
    vn_post_take_news(world->hub.post, &news);
    return news.lent;
}

/* Lent, lent back and lent again while the lender is away: in all more than there ever was, and no lie. It waits, however often
 * it is looked at between the set times, which is no news; and goes on when the lender tells. */
static void test_what_goes_to_and_fro_between_tills_waits_for_its_lender(void **state)
{
    struct store store;
    store_start(&store, *state);
    struct world_till *lender = &store.tills[0].till;
    const struct vn_give there = store_give(&store, 0, 1, 1, 400);
    const struct vn_give back = store_give(&store, 1, 0, 1, 400);
    const struct vn_give again = store_give(&store, 0, 1, 2, 400);
    assert_int_equal(world_rights(lender, "w1", 500), 500);
    (void)news_of_loans(store.world);
    store_append(&store, 1, VN_ENTRY_TAKE, &there, 0);
    store_append(&store, 1, VN_ENTRY_GIVE, &back, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    assert_true(news_of_loans(store.world));
    store_append(&store, 1, VN_ENTRY_TAKE, &again, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 1);
    for (int i = 0; i < 2 * VN_POST_ATTEMPTS_MAX; i++) {
        assert_false(look_beside(store.world));
    }
    assert_false(news_of_loans(store.world));
    store_append(&store, 0, VN_ENTRY_GIVE, &there, 0);
    store_append(&store, 0, VN_ENTRY_TAKE, &back, 1);
    store_append(&store, 0, VN_ENTRY_GIVE, &again, 1);
    assert_int_equal(world_sync(lender), 0);
    assert_true(news_of_loans(store.world));
    assert_true(look_beside(store.world));
    assert_int_equal(store_at(&store, 0, VN_PLACE_LENT), 0);
    assert_int_equal(store_at(&store, 1, VN_PLACE_RIGHT), 400);
    assert_int_equal(store_place(&store, VN_PLACE_SUSPENSE), 0);
    store_end(&store);
}

/* It signs gives and tells of none, its honest neighbour takes each of them and lends it back, and it takes that: as much comes
 * out of nothing as there ever was, and not once a turn. */
static void test_who_tells_only_of_what_he_takes_gains_once(void **state)
{
    struct store store;
    char receipt[VN_ID_MAX];
    struct vn_give back[8];
    store_start(&store, *state);
    struct world_till *honest = &store.tills[1].till;
    struct world_till *liar = &store.tills[0].till;
    for (int i = 0; i < 8; i++) {
        const struct vn_give there = store_give(&store, 0, 1, i + 1, 500);
        back[i] = store_give(&store, 1, 0, i + 1, 500);
        store_append(&store, 1, VN_ENTRY_TAKE, &there, 0);
        store_append(&store, 1, VN_ENTRY_GIVE, &back[i], 1);
    }
    (void)world_sync(honest);
    for (int i = 0; i < 8; i++) {
        store_append(&store, 0, VN_ENTRY_TAKE, &back[i], 1);
    }
    (void)world_sync(liar);
    for (int i = 0; i < 8; i++) {
        (void)snprintf(receipt, sizeof receipt, "m%d", i);
        store_pay(&store, 0, receipt, 500);
    }
    (void)world_sync(liar);
    world_look_again(store.world);
    assert_true(redeemed(&store) <= 1000); /* what there was, and once more */
    world_audit(store.world);
    store_end(&store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_who_opens_an_epoch_takes_no_more_than_there_ever_was),
        TEST(test_who_lends_what_he_made_up_does_so_once),
        TEST(test_what_was_made_up_goes_to_no_owner),
        TEST(test_what_is_lent_to_a_forgotten_till_later_is_for_people),
        TEST(test_what_is_made_up_later_goes_to_no_owner),
        TEST(test_what_is_made_up_is_released_by_nobody),
        TEST(test_what_a_forgotten_key_has_signed_is_for_people),
        TEST(test_what_a_forgotten_key_of_a_till_in_force_signed_says_what_to_do),
        TEST(test_what_a_gone_till_lent_of_a_forgotten_grant_is_for_people),
        TEST(test_what_goes_to_and_fro_between_tills_waits_for_its_lender),
        TEST(test_who_tells_only_of_what_he_takes_gains_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
