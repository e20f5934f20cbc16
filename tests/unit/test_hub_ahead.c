/* Grants ahead: how much, to whom, and what is asked back when a member moves to another store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/ledger/ahead.h"
#include "sync/hub/rights/rights.h"
#include "tests/unit/hub_world.h"

#define DAY_MS INT64_C(86400000)

static void test_policy(void **state)
{
    (void)state;
    static const struct {
        struct vn_ahead_policy policy;
        struct vn_ahead_state state;
        int64_t share, more;
    } rows[] = {
        {{5000, 1000, 90}, {500, 0, 0, 0, 0}, 250, 250},
        {{5000, 200, 90}, {500, 0, 0, 0, 0}, 200, 200},
        {{0, 200, 90}, {500, 0, 0, 0, 0}, 0, 0},
        {{5000, 1000, 90}, {375, 125, 125, 0, 0}, 250, 0}, /* half of it is there still */
        {{5000, 1000, 90}, {376, 124, 124, 0, 0}, 250, 126},
        {{5000, 1000, 90}, {100, 400, 0, 0, 0}, 250, 100}, /* the rest is elsewhere */
        {{5000, 1000, 90}, {500, 0, 0, 0, 90 * DAY_MS}, 250, 250},
        {{5000, 1000, 90}, {500, 0, 0, 0, 90 * DAY_MS + 1}, 0, 0},
        {{10000, VN_AMOUNT_MAX, 90}, {VN_AMOUNT_MAX, 0, 0, 0, 0}, VN_AMOUNT_MAX, VN_AMOUNT_MAX},
        {{5000, 1000, 90}, {-5, 0, 0, 0, 0}, 0, 0},
        {{5000, 1000, 90}, {1, 0, 0, 0, 0}, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(vn_ahead_share(&rows[i].policy, &rows[i].state), rows[i].share);
        assert_int_equal(vn_ahead_more(&rows[i].policy, &rows[i].state), rows[i].more);
    }
}

/* What the till fetches that wants nothing; it takes grants ahead from then on. */
static void must_fetch(struct world_till *till, struct vn_rights_reply *reply)
{
    struct vn_hub *hub = &till->world->hub;
    const struct vn_rights_request nothing = {.count = 0};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    assert_int_equal(vn_rights_grant(hub, &row, &nothing, till->grant, reply, &error), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    for (unsigned i = 0; i < reply->count; i++) {
        till->grant = reply->number;
        const struct world_step step = {
            .kind = VN_ENTRY_GRANT, .right = reply->grants[i].account, .granted = reply->grants[i].granted};
        world_append(till, &step);
    }
}

static void test_the_till_where_he_shops_is_granted_a_share(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    world_start(world, &till);
    world_commit(&till, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0); /* it does not fetch what it did not ask for */
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, 0), 0);
    must_fetch(&till, reply);
    assert_int_equal(reply->count, 0);
    world_commit(&till, "2", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 260); /* half of 520 */
    world_row(&till, &row);
    assert_int_equal(row.grant, 1);
    must_fetch(&till, reply);
    assert_int_equal(reply->number, 1);
    assert_string_equal(reply->grants[0].account, "w1");
    assert_int_equal(reply->grants[0].granted, 260);
    assert_int_equal(reply->grants[0].free, 260);
    assert_int_equal(reply->grants[0].elsewhere, 0);
    world_commit(&till, "3", "w1", 1000, 10); /* it has more than half of its share */
    const struct world_step spend = {.kind = VN_ENTRY_COMMIT,
                                     .receipt = "4",
                                     .account = "w1",
                                     .total_minor = 10,
                                     .spent = 200,
                                     .right = "w1",
                                     .out = 200};
    assert_int_equal(world_sync(&till), 0);
    world_row(&till, &row);
    assert_int_equal(row.grant, 1);
    world_append(&till, &spend); /* 60 of 330 are left here */
    assert_int_equal(world_sync(&till), 0);
    world_row(&till, &row);
    assert_int_equal(row.grant, 2);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 165);
    must_fetch(&till, reply);
    assert_int_equal(reply->grants[0].granted, 365);
    assert_int_equal(world_sync(&till), 0);
    world_audit(world);
    world_till_end(&till);
    free(reply);
}

static void test_what_another_store_has_is_asked_back(void **state)
{
    struct world *world = *state;
    struct world_till near;
    struct world_till far;
    struct vn_post_news news;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    world_start(world, &near);
    world_store(world, "s2");
    world_till_start_at(world, &far, "s2", "u1");
    must_fetch(&near, reply);
    must_fetch(&far, reply);
    world_commit(&near, "1", "w1", 1000, 0);
    assert_int_equal(world_sync(&near), 0);
    must_fetch(&near, reply);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, near.id), 250);
    vn_post_take_news(world->hub.post, &news);
    world_commit(&far, "1", "w1", 1000, 0);
    assert_int_equal(world_sync(&far), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, far.id), 250);
    vn_post_take_news(world->hub.post, &news);
    assert_int_equal(news.store_count, 1);
    assert_string_equal(news.stores[0], "s1");
    must_fetch(&near, reply);
    assert_int_equal(reply->back_count, 1);
    assert_int_equal(reply->back[0].released, 250);
    assert_int_equal(reply->asked, 1);
    const struct world_step back = {.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 250};
    world_append(&near, &back);
    assert_int_equal(world_sync(&near), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 250);
    must_fetch(&near, reply);
    assert_int_equal(reply->back_count, 0);
    world_audit(world);
    world_till_end(&near);
    world_till_end(&far);
    free(reply);
}

static void test_his_own_coupons_go_with_his_points(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    world_start(world, &till);
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"2991000000023\",\"promotion\":\"c100\",\"single_use\":true,\"member\":1}\n"
                 "{\"number\":\"2991000000030\",\"promotion\":\"c100\",\"single_use\":true,\"member\":2}\n");
    must_fetch(&till, reply);
    world_commit(&till, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(&till), 0);
    must_fetch(&till, reply);
    assert_int_equal(reply->count, 2);
    assert_string_equal(reply->grants[0].account, "w1");
    assert_string_equal(reply->grants[1].account, "c2");
    assert_int_equal(reply->grants[1].granted, 1);
    assert_int_equal(world_sync(&till), 0);
    world_audit(world);
    world_till_end(&till);
    free(reply);
}

static void test_his_coupon_follows_him_to_another_store(void **state)
{
    struct world *world = *state;
    struct world_till near;
    struct world_till far;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    world_start(world, &near);
    world_store(world, "s2");
    world_till_start_at(world, &far, "s2", "u1");
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"2991000000023\",\"promotion\":\"c100\",\"single_use\":true,\"member\":1}\n");
    must_fetch(&near, reply);
    must_fetch(&far, reply);
    world_commit(&near, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(&near), 0);
    must_fetch(&near, reply);
    assert_int_equal(world_balance(world, "c2", VN_PLACE_RIGHT, near.id), 1);
    world_commit(&far, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(&far), 0);
    must_fetch(&near, reply);
    assert_int_equal(reply->back_count, 2);
    bool asked = false;
    for (unsigned i = 0; i < reply->back_count; i++) {
        asked = asked || (strcmp(reply->back[i].account, "c2") == 0 && reply->back[i].released == 1);
    }
    assert_true(asked);
    const struct world_step back = {.kind = VN_ENTRY_RELEASE, .right = "c2", .out = 1};
    world_append(&near, &back);
    assert_int_equal(world_sync(&near), 0);
    assert_int_equal(world_balance(world, "c2", VN_PLACE_FREE, 0), 1);
    /* He pays with what the till has, which is topped up then, and his coupon goes with it. */
    const struct world_step hold = {.kind = VN_ENTRY_HOLD,
                                    .receipt = "2",
                                    .account = "w1",
                                    .total_minor = 1000,
                                    .spent = 200,
                                    .right = "w1",
                                    .out = 200};
    const struct world_step commit = {.kind = VN_ENTRY_COMMIT,
                                      .receipt = "2",
                                      .account = "w1",
                                      .total_minor = 1000,
                                      .spent = 200,
                                      .right = "w1"};
    world_append(&far, &hold);
    world_append(&far, &commit);
    assert_int_equal(world_sync(&far), 0);
    assert_int_equal(world_balance(world, "c2", VN_PLACE_RIGHT, far.id), 1);
    world_audit(world);
    world_till_end(&near);
    world_till_end(&far);
    free(reply);
}

/* A sale that gives three stamps of its member's card. */
static void must_stamp(struct world_till *till, const char *receipt)
{
    char account[VN_ID_MAX];
    char text[2048];
    vn_account_stamps("w2", "coffee", account);
    (void)snprintf(
        text, sizeof text,
        "{\"v\":1,\"kind\":\"commit\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"%s\"],"
        "\"account\":\"w2\",\"body\":{\"outcome\":{\"total_minor\":9000,\"payable_minor\":9000,"
        "\"given\":[{\"kind\":\"stamp\",\"what\":\"coffee\",\"account\":\"%s\",\"amount\":3}]}}}",
        (long long)till->world->now_ms, receipt, account);
    world_append_raw(till, text);
    assert_int_equal(world_sync(till), 0);
}

static void test_stamps_go_whole(void **state)
{
    struct world *world = *state;
    struct world_till till;
    char account[VN_ID_MAX];
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    world_start(world, &till);
    must_fetch(&till, reply);
    vn_account_stamps("w2", "coffee", account);
    must_stamp(&till, "1");
    must_stamp(&till, "2");
    must_fetch(&till, reply);
    assert_int_equal(reply->number, 2);
    assert_string_equal(reply->grants[0].account, account);
    assert_int_equal(reply->grants[0].granted, 6);
    world_audit(world);
    world_till_end(&till);
    free(reply);
}

static void test_stamps_follow_him_and_are_asked_for_once(void **state)
{
    struct world *world = *state;
    struct world_till near;
    struct world_till far;
    char account[VN_ID_MAX];
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    world_start(world, &near);
    world_store(world, "s2");
    world_till_start_at(world, &far, "s2", "u1");
    must_fetch(&near, reply);
    must_fetch(&far, reply);
    vn_account_stamps("w2", "coffee", account);
    must_stamp(&near, "1");
    must_stamp(&far, "2");
    must_stamp(&far, "3");
    must_fetch(&near, reply);
    assert_int_equal(reply->asked, 1);
    assert_int_equal(reply->back_count, 1);
    assert_string_equal(reply->back[0].account, account);
    assert_int_equal(reply->back[0].released, 3);
    const struct world_step back = {.kind = VN_ENTRY_RELEASE, .right = account, .out = 3};
    world_append(&near, &back);
    assert_int_equal(world_sync(&near), 0);
    must_stamp(&far, "4");
    assert_int_equal(world_balance(world, account, VN_PLACE_RIGHT, far.id), 12);
    world_audit(world);
    world_till_end(&near);
    world_till_end(&far);
    free(reply);
}

static void test_none_are_granted_before_all_have_shown_theirs(void **state)
{
    struct world *world = *state;
    struct world_till till;
    int64_t unshown = 0;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    const struct vn_position seen = {.epoch = 1};
    assert_non_null(reply);
    world_start(world, &till);
    must_fetch(&till, reply);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_epoch_open(world->hub.storage, &seen, "test", world->now_ms), VN_OK);
    assert_int_equal(vn_storage_unshown(world->hub.storage, &unshown), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(unshown, 1);
    world_commit(&till, "1", "w1", 1000, 0);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 0);
    world_till_end(&till);
    free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy),
        cmocka_unit_test_setup_teardown(test_the_till_where_he_shops_is_granted_a_share, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_another_store_has_is_asked_back, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_his_own_coupons_go_with_his_points, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_his_coupon_follows_him_to_another_store, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_stamps_go_whole, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_stamps_follow_him_and_are_asked_for_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_none_are_granted_before_all_have_shown_theirs, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
