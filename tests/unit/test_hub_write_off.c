/* What is lost with a till that is gone, what waits for tills that are not heard of after a set-back, and the chain's risks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/ledger/settle.h"
#include "sync/hub/ledger/write_off.h"
#include "sync/hub/rights/rights.h"
#include "tests/unit/hub_world.h"

/* One want; the reply is the caller's to free. */
static struct vn_rights_reply *must_want(struct world_till *till, const char *account, int64_t granted)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_rights_request request = {.count = 1};
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    assert_non_null(reply);
    (void)snprintf(request.wants[0].account, VN_ID_MAX, "%s", account);
    request.wants[0].granted = granted;
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    if (row.epoch < hub->epoch && row.posted_seq == till->head_seq) { /* as each request shows it */
        row.epoch = hub->epoch;
        row.shown_seq = till->head_seq;
    }
    assert_int_equal(vn_rights_grant(hub, &row, &request, till->grant, reply, &error), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    return reply;
}

static int64_t must_get(struct world_till *till, const char *account, int64_t granted)
{
    struct vn_rights_reply *reply = must_want(till, account, granted);
    int64_t counter = reply->grants[0].granted;
    assert_string_equal(reply->reason, "");
    if (reply->number > till->grant) {
        till->grant = reply->number;
        const struct world_step step = {.kind = VN_ENTRY_GRANT, .right = account, .granted = counter};
        world_append(till, &step);
    }
    free(reply);
    return counter;
}

#define ENROLMENTS 33

static void test_all_that_a_till_ever_was_is_written_off(void **state)
{
    struct world *world = *state;
    static struct world_till tills[ENROLMENTS];
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    world_start(world, &tills[0]);
    for (int i = 1; i < ENROLMENTS; i++) {
        world_till_start(world, &tills[i], "t1");
    }
    assert_int_equal(must_get(&tills[ENROLMENTS - 1], "w1", 100), 100);
    assert_int_equal(vn_write_off_look(&world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 100);
    assert_int_equal(loss.enrolments, ENROLMENTS);
    assert_int_equal(vn_write_off(&world->hub, "t1", 100, "test", &loss, &error), VN_OK);
    world_row(&tills[ENROLMENTS - 1], &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    assert_int_equal(vn_write_off_look(&world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 0);
    world_audit(world);
    for (int i = 0; i < ENROLMENTS; i++) {
        world_till_end(&tills[i]);
    }
}

static void test_what_a_till_held_is_the_chains_loss(void **state)
{
    struct world *world = *state;
    struct world_till gone;
    struct world_till other;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    world_start(world, &gone);
    world_till_start(world, &other, "t2");
    assert_int_equal(must_get(&gone, "w1", 300), 300);
    assert_int_equal(must_get(&gone, "c1", 1), 1);
    const struct world_step hold = {
        .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .right = "w1", .spent = 100, .out = 100};
    world_append(&gone, &hold);
    assert_int_equal(world_sync(&gone), 0);
    assert_int_equal(vn_write_off_look(&world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 300);
    assert_int_equal(loss.wallets, 1);
    assert_int_equal(loss.coupons, 1);
    assert_int_equal(loss.enrolments, 1);
    assert_int_equal(vn_write_off(&world->hub, "t1", 200, "test", &loss, &error), VN_CONFLICT);
    assert_string_equal(error.text, "what would be lost is 300 points, and not 200");
    assert_int_equal(vn_write_off(&world->hub, "t9", 0, "test", &loss, &error), VN_ABSENT);
    world_row(&gone, &row);
    assert_int_equal(row.state, VN_ENROLMENT_ACTIVE);
    assert_int_equal(vn_write_off(&world->hub, "t1", 300, "test", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 300);
    world_row(&gone, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    assert_int_equal(world_owned(world, "w1"), 500); /* he has them all */
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 500);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_LOST, 0), 300);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_ISSUED, 0), -800);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_LOST, 0), 1);
    assert_int_equal(must_get(&other, "w1", 500), 500);
    assert_int_equal(must_get(&other, "c1", 1), 0); /* it may have been used */
    assert_int_equal(vn_write_off(&world->hub, "t1", 0, "test", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 0);
    world_audit(world);
    world_till_end(&gone);
    world_till_end(&other);
}

/* It says that 50 came back to it, and nobody believes that: the figure is of what it can have, and it can be written off. */
static void test_what_an_entry_in_quarantine_claims_is_not_lost(void **state)
{
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    struct world_till till;
    world_start(*state, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w1", .in = 50});
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(vn_write_off_look(&till.world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.points, 100);
    assert_int_equal(vn_write_off(&till.world->hub, "t1", 100, "test", &loss, &error), VN_OK);
    assert_int_equal(world_balance(till.world, "w1", VN_PLACE_FREE, 0), 500);
    assert_int_equal(world_balance(till.world, "w1", VN_PLACE_LOST, 0), 100);
    world_audit(till.world);
    world_till_end(&till);
}

static void test_an_enrolment_that_its_till_has_left(void **state)
{
    struct world *world = *state;
    struct world_till left;
    struct world_till till;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    char id[2 * VN_ID_BYTES + 1];
    world_start(world, &left);
    assert_int_equal(must_get(&left, "w1", 300), 300);
    vn_hex_encode(vn_view_of(left.enrolment.bytes, VN_ID_BYTES), id);
    assert_int_equal(vn_write_off_look(&world->hub, id, &loss, &error), VN_INPUT);
    world_till_start(world, &till, "t1");
    assert_int_equal(vn_write_off_look(&world->hub, id, &loss, &error), VN_OK);
    assert_int_equal(loss.points, 300);
    assert_int_equal(vn_write_off(&world->hub, id, 300, "test", &loss, &error), VN_OK);
    world_row(&left, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_ACTIVE);
    assert_int_equal(must_get(&till, "w1", 500), 500);
    world_audit(world);
    world_till_end(&left);
    world_till_end(&till);
}

static void test_a_hub_that_was_set_back_grants_when_all_have_shown_theirs(void **state)
{
    struct world *world = *state;
    struct world_till gone;
    struct world_till other;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_position seen = {.epoch = 1};
    world_start(world, &gone);
    world_till_start(world, &other, "t2");
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_epoch_open(world->hub.storage, &seen, "test", world->now_ms), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    world->hub.epoch = 2;
    struct vn_rights_reply *reply = must_want(&other, "w1", 100);
    assert_int_equal(reply->grants[0].granted, 0);
    assert_int_equal(reply->grants[0].free, 500);
    assert_string_equal(reply->reason,
                        "the hub was set back, and 1 enrolment has not shown yet what was granted there");
    free(reply);
    assert_int_equal(vn_write_off_look(&world->hub, "t2", &loss, &error), VN_OK);
    assert_int_equal(loss.unshown, 0);
    assert_int_equal(vn_write_off_look(&world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.unshown, 1); /* it may have had more than it says */
    assert_int_equal(loss.before, 0);
    assert_int_equal(vn_write_off(&world->hub, "t1", 0, "test", &loss, &error), VN_OK);
    assert_int_equal(loss.unshown, 1);
    assert_int_equal(vn_write_off_look(&world->hub, "t1", &loss, &error), VN_OK);
    assert_int_equal(loss.unshown, 0);
    assert_int_equal(loss.before, 1);
    assert_int_equal(must_get(&other, "w1", 100), 100);
    assert_int_equal(world_sync(&other), 0);
    world_till_end(&gone);
    world_till_end(&other);
}

/* The chain waits for what it claims to have, until somebody says that it will not come; and from then on its word is nothing. */
static void test_a_till_that_does_not_send_what_it_claims(void **state)
{
    struct world *world = *state;
    struct world_till liar;
    struct world_till other;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    struct vn_stamp stamp;
    bool believed = false;
    int64_t unshown = 0;
    world_start(world, &liar);
    world_till_start(world, &other, "t2");
    world_stamp(&liar, &stamp);
    stamp.grant = 99; /* a lie: the hub was not set back */
    assert_int_equal(vn_epoch_till_is_ahead(&world->hub, &liar.enrolment, &stamp, &believed), VN_OK);
    assert_true(believed);
    assert_int_equal(world->hub.epoch, 2);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    world_row(&liar, &row);
    stamp.head_seq = 1000;
    vn_epoch_shown(&world->hub, &row, &stamp);
    assert_int_equal(vn_storage_enrolment_put(world->hub.storage, &row), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    world->now_ms += 30 * INT64_C(86400000);
    struct vn_rights_reply *reply = must_want(&other, "w1", 100);
    assert_int_equal(reply->grants[0].granted, 0);
    assert_string_not_equal(reply->reason, "");
    free(reply);
    assert_int_equal(vn_storage_unshown(world->hub.storage, &unshown), VN_OK); /* which health says */
    assert_int_equal(unshown, 1);
    assert_int_equal(vn_write_off(&world->hub, "t1", 0, "test", &loss, &error), VN_OK);
    assert_int_equal(must_get(&other, "w1", 100), 100);
    world_row(&liar, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    assert_int_equal(row.shown_seq, 0);
    world_till_end(&liar);
    world_till_end(&other);
}

static struct vn_rights_reply *fetch(struct world_till *till)
{
    struct vn_hub *hub = &till->world->hub;
    const struct vn_rights_request nothing = {.count = 0};
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    assert_non_null(reply);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    assert_int_equal(vn_rights_grant(hub, &row, &nothing, till->grant, reply, &error), VN_OK);
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    return reply;
}

/* A sale at a till that is alone: `points` of the account without a right to them, by the chance to take risks. */
static void append_at_risk(struct world_till *till, const char *receipt, const char *account, int points,
                           int out)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"v\":1,\"kind\":\"commit\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"%s\"],"
        "\"account\":\"%s\",\"points\":-%d,\"rights\":[{\"account\":\"r\",\"granted\":40,\"in\":0,"
        "\"out\":%d,\"move\":%d}],\"body\":{\"outcome\":{\"total_minor\":9000,"
        "\"payable_minor\":9000,\"points_spent\":%d,\"consumptions\":["
        "{\"account\":\"%s\",\"amount\":%d,\"risk\":true},{\"account\":\"r\",\"amount\":%d}]}}}",
        (long long)till->world->now_ms, receipt, account, points, out, points, points, account, points,
        points);
    world_append_raw(till, text);
    assert_int_equal(world_sync(till), 0);
}

static void test_what_is_owed_of_the_risk_is_settled_once(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_error error = {VN_OK, "", ""};
    int64_t owed = 0;
    world_start(world, &till);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 40);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TILL, 40);
    assert_int_equal(must_get(&till, VN_ACCOUNT_RISK, 1000), 40);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT, /* 5 that were nobody's risk */
                                             .receipt = "1",
                                             .account = "w2",
                                             .total_minor = 10,
                                             .spent = 5,
                                             .right = "w2"});
    append_at_risk(&till, "2", "w2", 30, 30);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), -35);
    assert_int_equal(vn_settle_look(&world->hub, "w2", &owed, &error), VN_OK);
    assert_int_equal(owed, 30);
    assert_int_equal(vn_settle(&world->hub, "w2", 29, "test", &error), VN_CONFLICT);
    assert_non_null(strstr(error.text, "w2 owes 30 points of the chain's risk, and not 29"));
    assert_int_equal(vn_settle(&world->hub, "w9", 30, "test", &error), VN_ABSENT);
    assert_int_equal(vn_settle(&world->hub, "w1", 0, "test", &error), VN_CONFLICT);
    assert_int_equal(must_get(&till, VN_ACCOUNT_RISK, 1000), 40); /* 10 of them are left */
    assert_int_equal(vn_settle(&world->hub, "w2", 30, "test", &error), VN_OK);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), -5);
    assert_int_equal(world_owned(world, "w2"), -5);
    assert_int_equal(vn_storage_risk(world->hub.storage, &owed), VN_OK);
    assert_int_equal(owed, 0);
    assert_int_equal(vn_settle(&world->hub, "w2", 30, "test", &error), VN_CONFLICT); /* once */
    assert_int_equal(must_get(&till, VN_ACCOUNT_RISK, 1000), 70);
    world_audit(world);
    world_till_end(&till);
}

/* It may have been given there, so it is the chain's no more: the figures say so, and a higher total makes up for it. */
static void test_a_tills_part_of_the_risk_goes_with_it(void **state)
{
    struct world *world = *state;
    struct world_till gone;
    struct world_till other;
    struct vn_loss loss;
    struct vn_error error = {VN_OK, "", ""};
    int64_t lost = -1;
    world_start(world, &gone);
    world_till_start(world, &other, "t2");
    assert_int_equal(vn_storage_risk_lost(world->hub.storage, &lost),
                     VN_OK); /* nobody has asked for any yet */
    assert_int_equal(lost, 0);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 60);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TILL, 40);
    assert_int_equal(must_get(&gone, VN_ACCOUNT_RISK, 1000), 40);
    assert_int_equal(vn_write_off(&world->hub, "t1", 0, "test", &loss, &error), VN_OK);
    assert_int_equal(loss.risk, 40);
    assert_int_equal(loss.others, 0);
    assert_int_equal(vn_storage_risk_lost(world->hub.storage, &lost), VN_OK);
    assert_int_equal(lost, 40);
    assert_int_equal(must_get(&other, VN_ACCOUNT_RISK, 1000), 20);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 100);
    assert_int_equal(must_get(&other, VN_ACCOUNT_RISK, 1000), 40);
    world_audit(world);
    world_till_end(&gone);
    world_till_end(&other);
}

/* What the till gave at a risk counts once, whatever it was taken from. */
static void test_the_risk_of_a_sale_is_owed_once(void **state)
{
    struct world *world = *state;
    struct world_till till;
    int64_t owed = 0;
    char text[2048];
    world_start(world, &till);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 60);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TILL, 60);
    assert_int_equal(must_get(&till, VN_ACCOUNT_RISK, 1000), 60);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":3,\"cards\":[\"2990000000031\"]}\n");
    (void)snprintf(
        text, sizeof text,
        "{\"v\":1,\"kind\":\"commit\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
        "\"account\":\"w2\",\"points\":-50,\"rights\":[{\"account\":\"r\",\"granted\":60,\"in\":0,"
        "\"out\":30,\"move\":30}],\"body\":{\"outcome\":{\"total_minor\":9000,"
        "\"payable_minor\":9000,\"points_spent\":50,\"consumptions\":["
        "{\"account\":\"w2\",\"amount\":25,\"risk\":true},{\"account\":\"w3\",\"amount\":25,\"risk\":true},"
        "{\"account\":\"r\",\"amount\":30}]}}}",
        (long long)world->now_ms);
    world_append_raw(&till, text);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), -25);
    assert_int_equal(world_balance(world, "w3", VN_PLACE_DEBT, 0), -25);
    assert_int_equal(vn_storage_risk(world->hub.storage, &owed), VN_OK);
    assert_int_equal(owed, 30);
    world_audit(world);
    world_till_end(&till);
}

static void test_risks_come_back_when_they_are_paid(void **state)
{
    struct world *world = *state;
    struct world_till a;
    struct world_till b;
    int64_t owed = 0;
    world_start(world, &a);
    world_till_start(world, &b, "t2");
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 60);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TILL, 40);
    assert_int_equal(must_get(&a, VN_ACCOUNT_RISK, 1000), 40);
    assert_int_equal(must_get(&b, VN_ACCOUNT_RISK, 1000), 20);
    append_at_risk(&a, "1", "w2", 30, 30); /* he has nothing */
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), -30);
    assert_int_equal(vn_storage_risk(world->hub.storage, &owed), VN_OK);
    assert_int_equal(owed, 30);
    assert_int_equal(must_get(&b, VN_ACCOUNT_RISK, 1000), 20);
    append_at_risk(&a, "2", "w1", 10, 40); /* he had it all the time */
    assert_int_equal(world_balance(world, "w1", VN_PLACE_DEBT, 0), 0);
    assert_int_equal(must_get(&b, VN_ACCOUNT_RISK, 1000), 30);
    world_commit(&a, "3", "w2", 1000, 50); /* he pays */
    assert_int_equal(world_sync(&a), 0);
    assert_int_equal(vn_storage_risk(world->hub.storage, &owed), VN_OK);
    assert_int_equal(owed, 0);
    assert_int_equal(must_get(&b, VN_ACCOUNT_RISK, 1000), 40);
    assert_int_equal(must_get(&a, VN_ACCOUNT_RISK, 1000), 60); /* it used 40 of these */
    assert_int_equal(world_balance(world, VN_ACCOUNT_RISK, VN_PLACE_RIGHT, a.id), 20);
    struct vn_rights_reply *reply = fetch(&b); /* it has more than half */
    assert_int_equal(reply->count, 0);
    free(reply);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 200);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TILL, 100);
    vn_setting_set(&world->settings, VN_SETTING_RISK_MEMBER, 25);
    reply = fetch(&b);
    assert_int_equal(reply->count, 1);
    assert_string_equal(reply->grants[0].account, VN_ACCOUNT_RISK);
    assert_int_equal(reply->grants[0].granted, 100);
    assert_int_equal(reply->risk_member, 25);
    free(reply);
    reply = fetch(&b); /* the answer was lost */
    assert_int_equal(reply->grants[0].granted, 100);
    assert_int_equal(reply->grants[0].slices[0].amount, 60);
    free(reply);
    vn_setting_set(&world->settings, VN_SETTING_RISK_TOTAL, 0); /* what tills have stays theirs */
    assert_int_equal(must_get(&a, VN_ACCOUNT_RISK, 1000), 60);
    world_audit(world);
    world_till_end(&a);
    world_till_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_that_a_till_ever_was_is_written_off, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_till_held_is_the_chains_loss, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_an_entry_in_quarantine_claims_is_not_lost, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_an_enrolment_that_its_till_has_left, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_hub_that_was_set_back_grants_when_all_have_shown_theirs,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_till_that_does_not_send_what_it_claims, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_owed_of_the_risk_is_settled_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_tills_part_of_the_risk_goes_with_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_the_risk_of_a_sale_is_owed_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_risks_come_back_when_they_are_paid, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
