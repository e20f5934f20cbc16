/* What is owed while tills have points of it: asked back of them, and paid when it arrives. */
#include <stdlib.h>

#include "sync/hub/ledger/jobs.h"
#include "sync/hub/rights/rights.h"
#include "tests/unit/hub_world.h"

#define DAY_MS INT64_C(86400000)

/* What the till is told that wants nothing. */
static void must_hear(struct world_till *till, struct vn_rights_reply *reply)
{
    struct vn_hub *hub = &till->world->hub;
    const struct vn_rights_request nothing = {.count = 0};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    assert_int_equal(vn_rights_grant(hub, &row, &nothing, till->grant, reply, &error), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
}

static void release(struct world_till *till, int64_t amount)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w2", .out = amount});
    assert_int_equal(world_sync(till), 0);
}

static int64_t of(struct world *world, enum vn_ledger_place place)
{
    return world_balance(world, "w2", place, 0);
}

/* Till t1 sold a receipt that earned 100, and has 70 of them; till t2, of another store, is there as well. */
static void begin(struct world *world, struct world_till *holder, struct world_till *other)
{
    world_start(world, holder);
    world_store(world, "s2");
    world_till_start_at(world, other, "s2", "t2");
    world_commit(holder, "1", "w2", 10000, 100);
    assert_int_equal(world_sync(holder), 0);
    assert_int_equal(world_rights(holder, "w2", 70), 70);
    assert_int_equal(world_sync(holder), 0);
    assert_int_equal(of(world, VN_PLACE_FREE), 30);
}

static void give_back(struct world_till *till, const char *receipt)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_RETURN, .receipt = receipt});
    assert_int_equal(world_sync(till), 0);
}

static void test_what_a_return_takes_back_is_asked_of_who_has_it(void **state)
{
    struct world *world = *state;
    struct world_till holder, other;
    struct vn_post_news news;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    begin(world, &holder, &other);
    vn_post_take_news(world->hub.post, &news);
    give_back(&other, "1");
    assert_int_equal(of(world, VN_PLACE_FREE), 0); /* first what was free */
    assert_int_equal(of(world, VN_PLACE_DEBT), -70);
    assert_int_equal(world_owned(world, "w2"), 0);
    vn_post_take_news(world->hub.post, &news); /* long-polls there end early */
    assert_int_equal(news.store_count, 1);
    assert_string_equal(news.stores[0], "s1");
    must_hear(&holder, reply);
    assert_int_equal(reply->asked, 1);
    assert_int_equal(reply->back_count, 1);
    assert_string_equal(reply->back[0].account, "w2");
    assert_int_equal(reply->back[0].released, 70);
    release(&holder, 50);
    assert_int_equal(of(world, VN_PLACE_DEBT), -20);
    assert_int_equal(of(world, VN_PLACE_FREE), 0);
    must_hear(&holder, reply);
    assert_int_equal(reply->asked, 1); /* the rest of it is asked for still, and was once */
    assert_int_equal(reply->back[0].released, 70);
    release(&holder, 20);
    assert_int_equal(of(world, VN_PLACE_DEBT), 0);
    assert_int_equal(of(world, VN_PLACE_RIGHT), 0);
    must_hear(&holder, reply);
    assert_int_equal(reply->back_count, 0);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&holder);
    free(reply);
}

/* What the customer spent there meanwhile stays owed, and the next earning pays it. */
static void test_what_was_spent_meanwhile_is_owed(void **state)
{
    struct world *world = *state;
    struct world_till holder, other;
    begin(world, &holder, &other);
    give_back(&other, "1");
    world_append(&holder, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                               .receipt = "2",
                                               .account = "w2",
                                               .total_minor = 100,
                                               .spent = 60,
                                               .right = "w2",
                                               .out = 60});
    assert_int_equal(world_sync(&holder), 0);
    release(&holder, 10);
    assert_int_equal(of(world, VN_PLACE_DEBT), -60);
    assert_int_equal(world_owned(world, "w2"), -60);
    world_commit(&other, "3", "w2", 10000, 100);
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(of(world, VN_PLACE_DEBT), 0);
    assert_int_equal(of(world, VN_PLACE_FREE), 40);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&holder);
}

/* Who lent what was asked of him has it no more: it is asked of who has it, with the next entry of the account. */
static void test_what_moved_on_is_asked_of_who_has_it_now(void **state)
{
    struct world *world = *state;
    struct world_till holder, other, third;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    begin(world, &holder, &other);
    world_till_start(world, &third, "t3");
    world_commit(&other, "9", "w2", 3000, 30);
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(world_rights(&third, "w2", 60), 60);
    assert_int_equal(world_sync(&third), 0);
    give_back(&other, "1"); /* 70 are at t1, 60 at t3, none are free */
    assert_int_equal(of(world, VN_PLACE_DEBT), -100);
    must_hear(&holder, reply);
    assert_int_equal(reply->back[0].released, 70);
    must_hear(&third, reply);
    assert_int_equal(reply->back_count, 1);
    assert_int_equal(reply->back[0].released, 30);
    world_append(&holder, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                               .receipt = "2",
                                               .account = "w2",
                                               .total_minor = 100,
                                               .spent = 70,
                                               .right = "w2",
                                               .out = 70});
    assert_int_equal(world_sync(&holder), 0);
    must_hear(&third, reply);
    assert_int_equal(reply->back[0].released, 60); /* all that there is */
    release(&third, 60);
    assert_int_equal(of(world, VN_PLACE_DEBT), -40);
    world_audit(world);
    world_till_end(&third);
    world_till_end(&other);
    world_till_end(&holder);
    free(reply);
}

static void run_jobs(struct world *world)
{
    struct vn_jobs_result result = {.more = true};
    while (result.more) {
        assert_int_equal(vn_jobs_slice(&world->hub, &result), VN_OK);
    }
}

/* Points at a till live until they come back, and are asked for when their day has come. */
static void test_what_has_expired_is_asked_back_and_expires(void **state)
{
    struct world *world = *state;
    struct world_till holder, other;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    begin(world, &holder, &other);
    world->now_ms += 300 * DAY_MS;
    world_commit(&holder, "5", "w2", 10, 1); /* he comes still */
    assert_int_equal(world_sync(&holder), 0);
    run_jobs(world);
    must_hear(&holder, reply);
    assert_int_equal(reply->back_count, 0);
    world->now_ms += 66 * DAY_MS;
    run_jobs(world);
    assert_int_equal(of(world, VN_PLACE_EXPIRED), 30);
    assert_int_equal(of(world, VN_PLACE_RIGHT), 70);
    must_hear(&holder, reply);
    assert_int_equal(reply->back_count, 1);
    assert_int_equal(reply->back[0].released, 70);
    release(&holder, 70);
    run_jobs(world);
    assert_int_equal(of(world, VN_PLACE_EXPIRED), 100);
    assert_int_equal(world_owned(world, "w2"), 1);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&holder);
    free(reply);
}

static void test_what_tills_have_of_who_comes_no_more_is_asked_back(void **state)
{
    struct world *world = *state;
    struct world_till holder, other;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    begin(world, &holder, &other);
    world->now_ms += 90 * DAY_MS;
    run_jobs(world);
    must_hear(&holder, reply);
    assert_int_equal(reply->back_count, 0);
    world->now_ms += DAY_MS;
    run_jobs(world);
    must_hear(&holder, reply);
    assert_int_equal(reply->asked, 1);
    assert_int_equal(reply->back[0].released, 70);
    run_jobs(world);
    must_hear(&holder, reply);
    assert_int_equal(reply->asked, 1); /* once */
    release(&holder, 70);
    assert_int_equal(of(world, VN_PLACE_FREE), 100);
    world_audit(world);
    world_till_end(&other);
    world_till_end(&holder);
    free(reply);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_what_a_return_takes_back_is_asked_of_who_has_it),
        T(test_what_was_spent_meanwhile_is_owed),
        T(test_what_has_expired_is_asked_back_and_expires),
        T(test_what_tills_have_of_who_comes_no_more_is_asked_back),
        T(test_what_moved_on_is_asked_of_who_has_it_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
