/* Rights at the hub: what is told of grants, what is asked back of whom, and that repeats change nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/rights/rights.h"
#include "sync/wire/transfer.h"
#include "tests/unit/hub_store.h"

/* One POST /v1/rights. `lack` NULL: nobody is asked back. */
static void must_ask(struct world_till *till, const struct vn_rights_request *request, int64_t after,
                     struct vn_rights_reply *reply, struct vn_rights_lack *lack)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    assert_int_equal(vn_rights_grant(hub, &row, request, after, reply, &error), VN_OK);
    assert_true(reply->has_enrolment);
    assert_true(vn_enrolment_id_equal(&reply->enrolment, &row.enrolment));
    if (lack != NULL) {
        assert_int_equal(vn_rights_lack(hub, &row, request, reply, lack), VN_OK);
        assert_int_equal(vn_rights_ask(hub, lack), VN_OK);
    }
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
}

struct talk {
    struct vn_rights_request request;
    struct vn_rights_reply reply;
    struct vn_rights_lack lack;
};

static struct talk *talk_new(void)
{
    struct talk *talk = calloc(1, sizeof *talk);
    assert_non_null(talk);
    return talk;
}

static void want(struct talk *talk, const char *account, int64_t granted)
{
    struct vn_right_want *row = &talk->request.wants[talk->request.count++];
    (void)snprintf(row->account, sizeof row->account, "%s", account);
    row->granted = granted;
}

static void release(struct world_till *till, const char *account, int64_t amount)
{
    const struct world_step step = {.kind = VN_ENTRY_RELEASE, .right = account, .out = amount};
    world_append(till, &step);
    assert_int_equal(world_sync(till), 0);
}

static void test_what_others_hold_is_asked_back(void **state)
{
    struct world *world = *state;
    struct world_till a;
    struct world_till b;
    struct talk *talk = talk_new();
    struct vn_post_news news;
    world_start(world, &a);
    world_till_start(world, &b, "t2");
    assert_int_equal(world_rights(&a, "w1", 500), 500);
    want(talk, "w1", 200);
    for (int i = 0; i < 3; i++) { /* repeats ask for nothing more */
        must_ask(&b, &talk->request, 0, &talk->reply, &talk->lack);
        assert_int_equal(talk->reply.grants[0].granted, 0);
        assert_int_equal(talk->reply.grants[0].elsewhere, 500);
        assert_int_equal(talk->reply.number, 0);
        assert_int_equal(talk->lack.account_count, 1);
        assert_int_equal(talk->lack.holder_count, 1);
        assert_memory_equal(&talk->lack.holders[0].enrolment, &a.enrolment, sizeof a.enrolment);
    }
    talk->request.count = 0;
    must_ask(&a, &talk->request, a.grant, &talk->reply, NULL);
    assert_int_equal(talk->reply.count, 0);
    assert_int_equal(talk->reply.back_count, 1);
    assert_string_equal(talk->reply.back[0].account, "w1");
    assert_int_equal(talk->reply.back[0].released, 200);
    assert_int_equal(talk->reply.asked, 1);
    vn_post_take_news(world->hub.post, &news);
    release(&a, "w1", 150);
    vn_post_take_news(world->hub.post, &news);
    assert_int_equal(news.account_count, 1);
    want(talk, "w1", 200);
    must_ask(&b, &talk->request, 0, &talk->reply, &talk->lack);
    assert_int_equal(talk->reply.grants[0].granted, 150);
    release(&a, "w1", 50);
    must_ask(&b, &talk->request, 0, &talk->reply, &talk->lack);
    assert_int_equal(talk->reply.grants[0].granted, 200);
    assert_int_equal(talk->lack.account_count, 0);
    talk->request.count = 0;
    must_ask(&a, &talk->request, a.grant, &talk->reply, NULL);
    assert_int_equal(talk->reply.back_count, 0);
    world_audit(world);
    world_till_end(&a);
    world_till_end(&b);
    free(talk);
}

/* Those who can answer at once first; a release that came in quarantine counts as released all the same. */
static void test_who_is_near_is_asked_first(void **state)
{
    struct world *world = *state;
    struct world_till a;
    struct world_till b;
    struct world_till c;
    struct talk *talk = talk_new();
    struct vn_enrolment_row row;
    world_start(world, &a);
    world_till_start(world, &b, "t2");
    world_till_start(world, &c, "t3");
    assert_int_equal(world_rights(&a, "w1", 400), 400);
    assert_int_equal(world_rights(&b, "w1", 100), 100);
    want(talk, "w1", 50);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    world_row(&c, &row);
    struct vn_error error;
    assert_int_equal(vn_rights_grant(&world->hub, &row, &talk->request, 0, &talk->reply, &error), VN_OK);
    assert_int_equal(vn_rights_lack(&world->hub, &row, &talk->request, &talk->reply, &talk->lack), VN_OK);
    assert_int_equal(talk->lack.holder_count, 2);
    assert_int_equal(talk->lack.holders[0].right, 400);
    talk->lack.holders[1].near = true;
    assert_int_equal(vn_rights_ask(&world->hub, &talk->lack), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    talk->request.count = 0;
    must_ask(&a, &talk->request, a.grant, &talk->reply, NULL);
    assert_int_equal(talk->reply.back_count, 0);
    must_ask(&b, &talk->request, b.grant, &talk->reply, NULL);
    assert_int_equal(talk->reply.back[0].released, 50);
    const struct world_step odd = {
        .kind = VN_ENTRY_RELEASE, .right = "w1", .in = 1, .out = 50}; /* a release moves nothing in */
    world_append(&b, &odd);
    assert_int_equal(world_sync(&b), 1);
    struct world_claim claim;
    world_claim(world, b.id, "w1", &claim);
    assert_int_equal(claim.row.released, 50);
    assert_int_equal(claim.row.asked, 50);
    world_till_end(&a);
    world_till_end(&b);
    world_till_end(&c);
    free(talk);
}

static int64_t elsewhere(struct talk *talk, struct store *store, unsigned till, const char *account)
{
    talk->request.count = 0;
    want(talk, account, 1000);
    must_ask(&store->tills[till].till, &talk->request, 0, &talk->reply, &talk->lack);
    assert_string_equal(talk->reply.grants[0].account, account);
    return talk->reply.grants[0].elsewhere;
}

/* A coupon in an open receipt is not used; and nobody can give it back. */
static void test_what_others_hold_in_open_receipts_is_elsewhere(void **state)
{
    struct store store;
    struct talk *talk = talk_new();
    store_start(&store, *state);
    struct world_till *a = &store.tills[0].till;
    assert_int_equal(world_rights(a, "c1", 1), 1);
    struct world_step step = {
        .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .total_minor = 1000, .right = "c1", .out = 1};
    world_append(a, &step);
    assert_int_equal(world_sync(a), 0);
    assert_int_equal(world_balance(store.world, "c1", VN_PLACE_HELD, a->id), 1);
    assert_int_equal(elsewhere(talk, &store, 1, "c1"), 1);
    assert_int_equal(talk->lack.account_count, 0);
    assert_int_equal(elsewhere(talk, &store, 0, "c1"), 0); /* it is here */
    step.kind = VN_ENTRY_COMMIT;
    step.out = 0;
    world_append(a, &step);
    assert_int_equal(world_sync(a), 0);
    assert_int_equal(elsewhere(talk, &store, 1, "c1"), 0);
    assert_int_equal(talk->reply.grants[0].granted, 0); /* used */
    store_end(&store);
    free(talk);
}

/* Given and not taken yet, or taken and not told by who gave it: it is in one place, as whoever asks is told. */
static void test_what_is_between_two_tills_is_elsewhere(void **state)
{
    struct store store;
    struct talk *talk = talk_new();
    store_start(&store, *state);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 500), 500);
    const struct vn_give first = store_give(&store, 0, 1, 1, 200);
    store_append(&store, 0, VN_ENTRY_GIVE, &first, 0);
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    check_places(&store, 300, 200, 0);
    assert_int_equal(elsewhere(talk, &store, 0, "w1"), 200);
    assert_int_equal(elsewhere(talk, &store, 2, "w1"), 500);
    assert_int_equal(talk->lack.account_count, 1);
    store_append(&store, 1, VN_ENTRY_TAKE, &first, 0);
    const struct vn_give second = store_give(&store, 0, 1, 2, 100);
    store_append(&store, 1, VN_ENTRY_TAKE, &second, 0);
    assert_int_equal(world_sync(&store.tills[1].till), 0);
    check_places(&store, 300, -100, 300);
    assert_int_equal(elsewhere(talk, &store, 0, "w1"), 300);
    assert_int_equal(elsewhere(talk, &store, 1, "w1"), 200);
    assert_int_equal(elsewhere(talk, &store, 2, "w1"), 500);
    store_end(&store);
    free(talk);
}

/* The same of an account that was granted before and is told now. */
static void test_what_was_not_asked_for_says_what_is_elsewhere_too(void **state)
{
    struct store store;
    struct talk *talk = talk_new();
    store_start(&store, *state);
    assert_int_equal(world_rights(&store.tills[0].till, "w1", 400), 400);
    world_append(&store.tills[0].till, &(struct world_step){.kind = VN_ENTRY_HOLD,
                                                            .receipt = "1",
                                                            .account = "w1",
                                                            .total_minor = 100000000,
                                                            .spent = 150,
                                                            .right = "w1",
                                                            .out = 150});
    assert_int_equal(world_sync(&store.tills[0].till), 0);
    want(talk, "w1", 100);
    must_ask(&store.tills[1].till, &talk->request, 0, &talk->reply, NULL); /* the answer is lost */
    talk->request.count = 0;
    must_ask(&store.tills[1].till, &talk->request, 0, &talk->reply, NULL);
    assert_int_equal(talk->reply.grants[0].granted, 100);
    assert_int_equal(talk->reply.grants[0].elsewhere, 400);
    store_end(&store);
    free(talk);
}

#define COUPONS 40

static void test_grants_that_do_not_fit_come_with_the_next_answer(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct talk *talk = talk_new();
    char text[4096];
    size_t len = 0;
    world_start(world, &till);
    for (int i = 0; i < COUPONS; i++) {
        len += (size_t)snprintf(
            text + len, sizeof text - len,
            "{\"number\":\"29920000000%02d\",\"promotion\":\"c100\",\"single_use\":true}\n", i);
    }
    world_import(world, VN_IMPORT_COUPONS, text);
    for (int i = 0; i < COUPONS; i++) { /* answers that were lost */
        char account[VN_ID_MAX];
        talk->request.count = 0;
        (void)snprintf(account, sizeof account, "c%d", i + 1);
        want(talk, account, 1);
        must_ask(&till, &talk->request, i < COUPONS - 1 ? i : 0, &talk->reply, NULL);
    }
    assert_int_equal(talk->reply.count, VN_RIGHTS_MAX); /* the one that is wanted, and 31 others */
    assert_int_equal(talk->reply.number, VN_RIGHTS_MAX - 1);
    assert_int_equal(talk->reply.grants[0].granted, 1);
    assert_string_equal(talk->reply.grants[1].account, "c1");
    talk->request.count = 0;
    must_ask(&till, &talk->request, talk->reply.number, &talk->reply, NULL);
    assert_int_equal(talk->reply.count, COUPONS - VN_RIGHTS_MAX + 1);
    assert_int_equal(talk->reply.number, COUPONS);
    for (unsigned i = 0; i < talk->reply.count; i++) {
        assert_int_equal(talk->reply.grants[i].granted, 1);
        assert_int_equal(talk->reply.grants[i].slice_count, 1);
    }
    must_ask(&till, &talk->request, COUPONS, &talk->reply, NULL);
    assert_int_equal(talk->reply.count, 0);
    assert_int_equal(talk->reply.number, 0);
    world_till_end(&till);
    free(talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_others_hold_is_asked_back, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_who_is_near_is_asked_first, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_others_hold_in_open_receipts_is_elsewhere, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_between_two_tills_is_elsewhere, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_not_asked_for_says_what_is_elsewhere_too, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_grants_that_do_not_fit_come_with_the_next_answer, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
