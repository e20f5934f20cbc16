/* Limits, stamps, counts and budgets as accounts: what there is of them, who gets how much, and that uses are counted once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/rights/rights.h"
#include "tests/unit/hub_world.h"

#define HEADER                                                                                               \
    "{\"ruleset\":%d,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"        \
    "\"none\","                                                                                              \
    "\"wallet\":{\"expires_days\":30},\"groups\":[{\"id\":\"g\",\"stage\":\"units\",\"choice\":\"first\"}]}" \
    "\n"
#define PROMOTIONS                                                                                           \
    "{\"id\":\"daily\",\"group\":\"g\",\"name\":{\"en\":\"d\"},\"who\":{\"kind\":\"members\"},\"limits\":{"  \
    "\"member\":{"                                                                                           \
    "\"count\":%d,\"period\":\"day\"}},\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000}}\n"              \
    "{\"id\":\"first\",\"group\":\"g\",\"name\":{\"en\":\"f\"},\"limits\":{\"all\":{\"count\":%d,\"budget_"  \
    "minor\":100000}},"                                                                                      \
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000}}\n"
#define DAY 20779

static void must_publish(struct world *world, int number, int daily, int first)
{
    char text[2048];
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    (void)snprintf(text, sizeof text, HEADER PROMOTIONS, number, daily, first);
    if (vn_publish_ruleset(&world->hub, vn_view_str(text), VN_PUBLISH_REFUSE_SKIPPED, &published, &error) !=
        VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
}

struct asked {
    const char *promotion, *member, *card;
    int64_t day;
};

/* The counter that the till has then; the account's name into `account`. */
static int64_t must_want(struct world_till *till, const char *account, const struct asked *of,
                         int64_t granted, enum vn_status expected)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_rights_request request = {.count = 1};
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    struct vn_right_want *want = &request.wants[0];
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    assert_non_null(reply);
    (void)snprintf(want->account, sizeof want->account, "%s", account);
    want->granted = granted;
    want->has_of = of != NULL;
    if (of != NULL) {
        want->of.day = of->day;
        (void)snprintf(want->of.promotion, VN_ID_MAX, "%s", of->promotion);
        (void)snprintf(want->of.member, VN_ID_MAX, "%s", of->member == NULL ? "" : of->member);
        (void)snprintf(want->of.card, VN_ID_MAX, "%s", of->card == NULL ? "" : of->card);
    }
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &row);
    assert_int_equal(vn_rights_grant(hub, &row, &request, till->grant, reply, &error), expected);
    if (expected != VN_OK) {
        vn_storage_rollback(hub->storage);
        free(reply);
        return 0;
    }
    assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
    assert_string_equal(reply->grants[0].account, account);
    int64_t counter = reply->grants[0].granted;
    if (reply->number > till->grant) {
        till->grant = reply->number;
        const struct world_step step = {.kind = VN_ENTRY_GRANT, .right = account, .granted = counter};
        world_append(till, &step);
    }
    free(reply);
    return counter;
}

static void use(struct world_till *till, const char *receipt, const char *account)
{
    const struct world_step step = {.kind = VN_ENTRY_COMMIT,
                                    .receipt = receipt,
                                    .account = "w2",
                                    .total_minor = 1000,
                                    .right = account,
                                    .out = 1};
    world_append(till, &step);
    assert_int_equal(world_sync(till), 0);
}

static int64_t counter_of(struct world *world, const char *account)
{
    enum vn_status status =
        vn_ledger_view_read(world->hub.view, world->hub.storage, vn_account_of_member(2, 0));
    assert_int_equal(status, VN_OK);
    return vn_book_counter(vn_ledger_view_book(world->hub.view), account);
}

static void test_a_limit_is_granted_once_in_its_period(void **state)
{
    struct world *world = *state;
    struct world_till a;
    struct world_till b;
    char account[VN_ID_MAX];
    const struct asked of = {.promotion = "daily", .member = "w2", .day = DAY};
    const struct asked other = {.promotion = "daily", .member = "w1", .day = DAY};
    world_start(world, &a);
    world_till_start(world, &b, "t2");
    must_publish(world, 1, 1, 10);
    vn_account_member_limit("w2", "daily", DAY, account);
    (void)must_want(&a, account, NULL, 1, VN_INPUT);
    (void)must_want(&a, account, &other, 1, VN_INPUT);
    assert_int_equal(must_want(&a, account, &of, 1, VN_OK), 1);
    assert_int_equal(must_want(&a, account, &of, 1, VN_OK), 1);
    assert_int_equal(must_want(&b, account, &of, 1, VN_OK), 0);
    use(&a, "1", account);
    assert_int_equal(counter_of(world, account), 1);
    assert_int_equal(must_want(&b, account, &of, 1, VN_OK), 0);
    assert_int_equal(must_want(&a, account, &of, 2, VN_OK), 1);
    assert_int_equal(world_balance(world, account, VN_PLACE_REDEEMED, 0), 1);
    assert_int_equal(world_balance(world, account, VN_PLACE_DEBT, 0), 0);
    must_publish(world, 2, 3, 10); /* two more */
    assert_int_equal(must_want(&b, account, &of, 5, VN_OK), 2);
    world_audit(world);
    world_till_end(&a);
    world_till_end(&b);
}

/* Without a right, as before there were any: it was used all the same. */
static void test_uses_of_before_count(void **state)
{
    struct world *world = *state;
    struct world_till till;
    char account[VN_ID_MAX];
    const struct asked of = {.promotion = "daily", .member = "w2", .day = DAY};
    const struct asked nowhere = {.promotion = "gone", .member = "w2", .day = DAY};
    world_start(world, &till);
    must_publish(world, 1, 2, 10);
    vn_account_member_limit("w2", "daily", DAY, account);
    const struct world_step step = {
        .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w2", .total_minor = 10, .at_risk = account};
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(counter_of(world, account), 1);
    assert_int_equal(must_want(&till, account, &of, 2, VN_OK), 1);
    vn_account_member_limit("w2", "gone", DAY, account);
    assert_int_equal(must_want(&till, account, &nowhere, 1, VN_OK), 0);
    world_audit(world);
    world_till_end(&till);
}

static void use_without(struct world_till *till, const char *receipt, const char *account)
{
    const struct world_step step = {
        .kind = VN_ENTRY_COMMIT, .receipt = receipt, .account = "w2", .total_minor = 10, .at_risk = account};
    world_append(till, &step);
    assert_int_equal(world_sync(till), 0);
}

/* A hub that was set back has forgotten the accounts: the first sale that used some says whose they are, and what it was
 * entitled to is no debt. */
static void test_a_sale_says_whose_a_forgotten_limit_is(void **state)
{
    struct world *world = *state;
    struct world_till till;
    char account[VN_ID_MAX];
    world_start(world, &till);
    must_publish(world, 1, 1, 10);
    vn_account_member_limit("w2", "daily", DAY, account);
    use_without(&till, "1", account);
    assert_int_equal(world_balance(world, account, VN_PLACE_ISSUED, 0), -1);
    assert_int_equal(world_balance(world, account, VN_PLACE_DEBT, 0), 0);
    use_without(&till, "2", account); /* once too often */
    assert_int_equal(world_balance(world, account, VN_PLACE_ISSUED, 0), -1);
    assert_int_equal(world_balance(world, account, VN_PLACE_DEBT, 0), -1);
    vn_account_chain_count("first", account);
    use_without(&till, "3", account);
    assert_int_equal(world_balance(world, account, VN_PLACE_ISSUED, 0), -10);
    assert_int_equal(world_balance(world, account, VN_PLACE_FREE, 0), 9);
    vn_account_member_limit("w1", "daily", DAY, account); /* another one's: nobody knows */
    use_without(&till, "4", account);
    assert_int_equal(world_balance(world, account, VN_PLACE_DEBT, 0), -1);
    world_audit(world);
    world_till_end(&till);
}

/* The till was alone, and the card is nobody's yet: its account has a longer name than any member's. */
static void test_a_card_of_nobody_uses_a_count_of_the_chain(void **state)
{
    struct world *world = *state;
    struct world_till till;
    char count[VN_ID_MAX];
    world_start(world, &till);
    must_publish(world, 1, 1, 10);
    vn_account_chain_count("first", count);
    const struct world_step step = {.kind = VN_ENTRY_COMMIT,
                                    .receipt = "1",
                                    .card =
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                    .total_minor = 10,
                                    .at_risk = count};
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_balance(world, count, VN_PLACE_REDEEMED, 0), 1);
    assert_int_equal(world_balance(world, count, VN_PLACE_FREE, 0), 9);
    assert_int_equal(world_balance(world, count, VN_PLACE_DEBT, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

static void test_stamps_are_what_the_member_has(void **state)
{
    struct world *world = *state;
    struct world_till a;
    struct world_till b;
    char account[VN_ID_MAX];
    char text[2048];
    const struct asked of = {.promotion = "free-coffee", .member = "w2", .card = "coffee"};
    world_start(world, &a);
    world_till_start(world, &b, "t2");
    vn_account_stamps("w2", "coffee", account);
    assert_int_equal(must_want(&b, account, &of, 10, VN_OK), 0);
    (void)snprintf(text, sizeof text,
                   "{\"v\":1,\"kind\":\"commit\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
                   "\"account\":\"w2\",\"body\":{\"outcome\":{\"total_minor\":9000,\"payable_minor\":9000,"
                   "\"given\":[{\"kind\":\"stamp\",\"what\":\"coffee\",\"account\":\"%s\",\"amount\":9}]}}}",
                   (long long)world->now_ms, account);
    world_append_raw(&a, text);
    assert_int_equal(world_sync(&a), 0);
    assert_int_equal(must_want(&b, account, &of, 10, VN_OK), 9);
    assert_int_equal(must_want(&a, account, &of, 10, VN_OK), 0);
    use(&b, "2", account);
    assert_int_equal(counter_of(world, account), 8);
    assert_int_equal(must_want(&b, account, &of, 20, VN_OK), 9); /* it has eight of them */
    assert_int_equal(world_balance(world, account, VN_PLACE_RIGHT, b.id), 8);
    assert_int_equal(world_balance(world, account, VN_PLACE_REDEEMED, 0), 1);
    world_audit(world);
    world_till_end(&a);
    world_till_end(&b);
}

static void test_counts_of_the_chain_come_in_portions(void **state)
{
    struct world *world = *state;
    struct world_till a;
    struct world_till b;
    char count[VN_ID_MAX];
    char budget[VN_ID_MAX];
    const struct asked of = {.promotion = "first"};
    world_start(world, &a);
    world_till_start(world, &b, "t2");
    must_publish(world, 1, 1, 10);
    vn_account_chain_count("first", count);
    vn_account_chain_budget("first", budget);
    assert_int_equal(must_want(&a, budget, &of, 500, VN_OK), 2000); /* two in a hundred */
    assert_int_equal(must_want(&a, budget, &of, 500, VN_OK), 2000);
    assert_int_equal(must_want(&a, budget, &of, VN_AMOUNT_MAX, VN_OK), 50000); /* half, whatever it says */
    assert_int_equal(must_want(&b, budget, &of, 40000, VN_OK), 40000);
    assert_int_equal(must_want(&a, count, &of, 1, VN_OK), 1);
    assert_int_equal(must_want(&a, count, &of, 9, VN_OK), 5);
    assert_int_equal(must_want(&b, count, &of, 3, VN_OK), 3);
    world_audit(world);
    world_till_end(&a);
    world_till_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_limit_is_granted_once_in_its_period, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_uses_of_before_count, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_sale_says_whose_a_forgotten_limit_is, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_of_nobody_uses_a_count_of_the_chain, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_stamps_are_what_the_member_has, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_counts_of_the_chain_come_in_portions, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
