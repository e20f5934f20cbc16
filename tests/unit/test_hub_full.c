/* Books that are full: whoever comes each day for years goes on earning, and a card's owner loses nothing when he signs up. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/masters/publish.h"

#define DAY_MS   INT64_C(86400000)
#define PER_TILL (WORLD_ENTRIES_MAX - 4)
#define RULESET                                                                                              \
    "{\"ruleset\":1,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"         \
    "\"none\",\"wallet\":{\"expires_days\":730},\"groups\":[{\"id\":\"g\",\"stage\":\"basket\",\"choice\":"  \
    "\"all\"}]}\n"

static void publish(struct world *world, const char *promotions)
{
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    char text[16384];
    (void)snprintf(text, sizeof text, "%s%s", RULESET, promotions);
    if (vn_publish_ruleset(&world->hub, vn_view_str(text), VN_PUBLISH_REFUSE_SKIPPED, &published, &error) !=
        VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
}

/* A receipt of one point on each of so many days, at as many tills as that takes. Nothing is in quarantine after it. */
static void come_each_day(struct world *world, const char *account, const char *card, int days)
{
    struct world_till till;
    char name[VN_ID_MAX];
    for (int day = 0; day < days; day++) {
        char receipt[VN_ID_MAX];
        if (day % PER_TILL == 0) {
            (void)snprintf(name, sizeof name, "%c%d", card == NULL ? 't' : 'c', day / PER_TILL);
            world_till_start(world, &till, name);
        }
        (void)snprintf(receipt, sizeof receipt, "%s%d", card == NULL ? account : "c", day);
        world->now_ms += DAY_MS;
        world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                 .receipt = receipt,
                                                 .account = account,
                                                 .card = card,
                                                 .total_minor = 100,
                                                 .earned = 1});
        if (day % PER_TILL == PER_TILL - 1 || day == days - 1) {
            assert_int_equal(world_sync(&till), 0);
            world_till_end(&till);
        }
    }
}

static const struct vn_book *book_of(struct world *world, const char *account)
{
    assert_int_equal(vn_ledger_view_read(world->hub.view, world->hub.storage, world_account(world, account)),
                     VN_OK);
    return vn_ledger_view_book(world->hub.view);
}

static void test_who_comes_each_day_for_longer_than_there_are_lots_goes_on_earning(void **state)
{
    struct world *world = *state;
    const int days = VN_BOOK_LOTS_MAX + 50;
    world_fill(world);
    publish(world, "");
    int64_t first_ms = world->now_ms + DAY_MS;
    come_each_day(world, "w2", NULL, days);
    assert_int_equal(world_owned(world, "w2"), days);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_FREE, 0), days);
    const struct vn_book_wallet *wallet = &book_of(world, "w2")->wallets[0];
    assert_int_equal(wallet->lot_count, VN_BOOK_LOTS_MAX - 1);
    assert_int_equal(wallet->lots[1].amount, 7); /* of one week */
    assert_true(wallet->lots[1].expires_ms >= first_ms + (730 + 7) * DAY_MS);
    assert_true(wallet->lots[1].expires_ms < first_ms + (730 + 14) * DAY_MS);
    assert_int_equal(wallet->lots[wallet->lot_count - 1].amount, 1);
    world_audit(world);
}

static void card_of(struct world *world, const char *number, char hex[2 * VN_HASH_SIZE + 1])
{
    struct vn_hash hash;
    vn_hub_card_hash(&world->hub, number, &hash);
    vn_hex_encode(vn_view_of(hash.bytes, VN_HASH_SIZE), hex);
}

static void test_a_card_and_a_member_with_many_lots_become_one_wallet(void **state)
{
    struct world *world = *state;
    const int days = VN_BOOK_LOTS_MAX / 2 + 20;
    char card[2 * VN_HASH_SIZE + 1];
    world_fill(world);
    publish(world, "");
    card_of(world, "2990000000031", card);
    come_each_day(world, "w2", NULL, days);
    come_each_day(world, NULL, card, days);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":2,\"cards\":[\"2990000000031\"]}\n");
    assert_int_equal(world_owned(world, "w2"), 2 * days);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_FREE, 0), 2 * days);
    assert_true(book_of(world, "w2")->wallets[0].lot_count < VN_BOOK_LOTS_MAX);
    world_audit(world);
}

/* --- counters, coupons and tags */

/* A receipt of this account or card that gives `count` of a kind; stamps on as many stamp cards. */
static void give(struct world_till *till, int receipt, const char *whose, const char *kind, int first,
                 int count)
{
    char text[16384];
    int len = snprintf(
        text, sizeof text,
        "{\"v\":1,\"kind\":\"commit\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"g%d\"],%s,"
        "\"body\":{\"outcome\":{\"total_minor\":1,\"payable_minor\":1,\"given\":[",
        (long long)till->world->now_ms, receipt, whose);
    for (int i = first; i < first + count; i++) {
        char account[48] = "";
        if (strcmp(kind, "stamp") == 0) {
            (void)snprintf(account, sizeof account, ",\"amount\":2,\"account\":\"s%016d\"", i);
        }
        len += snprintf(text + len, sizeof text - (size_t)len, "%s{\"kind\":\"%s\",\"what\":\"x%d\"%s}",
                        i == first ? "" : ",", kind, i, account);
    }
    (void)snprintf(text + len, sizeof text - (size_t)len, "]}}}");
    world_append_raw(till, text);
}

static void test_a_tag_and_a_coupon_a_visit_never_refuse_one(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    for (int i = 0; i < 40; i++) {
        give(&till, 2 * i, "\"account\":\"w2\"", "coupon", i, 4);
        if (i % 4 == 0) {
            give(&till, 2 * i + 1, "\"account\":\"w2\"", "tag", 7, 1);
        }
    }
    assert_int_equal(world_sync(&till), 0);
    const struct vn_book *book = book_of(world, "w2");
    assert_true(book->given_count <= VN_BOOK_GIVEN_MAX);
    assert_true(vn_book_has_tag(book, "x7"));
    world_audit(world);
    world_till_end(&till);
}

static void test_what_a_member_has_no_room_for_stays_with_his_card(void **state)
{
    struct world *world = *state;
    struct world_till till;
    char hex[2 * VN_HASH_SIZE + 1];
    char account[VN_HUB_ACCOUNT_MAX];
    char whose[VN_HUB_ACCOUNT_MAX + 16];
    world_start(world, &till);
    card_of(world, "2990000000031", hex);
    (void)snprintf(account, sizeof account, "card:%s", hex);
    (void)snprintf(whose, sizeof whose, "\"card\":\"%s\"", hex);
    give(&till, 1, "\"account\":\"w2\"", "stamp", 0, VN_COUNTERS_MAX - 1);
    give(&till, 2, whose, "stamp", 10, VN_COUNTERS_MAX);
    for (int i = 0; i < 2; i++) {
        give(&till, 3 + i, "\"account\":\"w2\"", "tag", 60 * i, 60);
        give(&till, 5 + i, whose, "tag", 60 + 60 * i, 60);
    }
    assert_int_equal(world_sync(&till), 0);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":2,\"cards\":[\"2990000000031\"]}\n");
    const struct vn_book *book = book_of(world, "w2");
    assert_int_equal(book->counter_count, VN_COUNTERS_MAX);
    assert_int_equal(book->given_count, VN_BOOK_GIVEN_MAX);
    assert_int_equal(vn_book_counter(book, "s0000000000000012"), 4); /* of both */
    assert_int_equal(vn_book_counter(book, "s0000000000000031"), 2); /* the one that there was room for */
    book = book_of(world, account);
    assert_int_equal(book->counter_count, 10);
    assert_int_equal(vn_book_counter(book, "s0000000000000012"), 0);
    assert_int_equal(vn_book_counter(book, "s0000000000000041"), 2);
    assert_int_equal(book->given_count, 120 - (VN_BOOK_GIVEN_MAX - 60));
    world_audit(world);
    world_till_end(&till);
}

/* --- limits by member */

/* A receipt that uses the promotion in its period. */
static void use(struct world_till *till, const char *promotion, int64_t period_day, const char *receipt)
{
    char account[VN_ID_MAX];
    vn_account_member_limit("w2", promotion, period_day, account);
    world_append(till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                            .receipt = receipt,
                                            .account = "w2",
                                            .total_minor = 100,
                                            .earned = 1,
                                            .at_risk = account});
}

static void promise(char *text, size_t size, const char *promotion, const char *period)
{
    size_t len = strlen(text);
    (void)snprintf(
        text + len, size - len,
        "{\"id\":\"%s\",\"engine\":2,\"group\":\"g\",\"then\":{\"kind\":\"percent_off\",\"rate_bp\":100},"
        "\"limits\":{\"member\":{\"count\":1,\"period\":\"%s\"}}}\n",
        promotion, period);
}

static int64_t used(struct world *world, const char *promotion, int64_t period_day)
{
    char account[VN_ID_MAX];
    vn_account_member_limit("w2", promotion, period_day, account);
    return vn_book_counter(book_of(world, "w2"), account);
}

static int64_t today(const struct world *world)
{
    return (world->now_ms + 3600000) / DAY_MS;
}

static void test_an_offer_of_once_a_day_is_used_for_years(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    char promotions[1024] = "";
    promise(promotions, sizeof promotions, "welcome", "ever");
    promise(promotions, sizeof promotions, "daily", "day");
    world_start(world, &till);
    publish(world, promotions);
    use(&till, "welcome", 0, "first");
    for (int day = 0; day < VN_COUNTERS_MAX + 20; day++) {
        char receipt[VN_ID_MAX];
        world->now_ms += DAY_MS;
        (void)snprintf(receipt, sizeof receipt, "%d", day);
        use(&till, "daily", today(world), receipt);
    }
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(used(world, "welcome", 0), 1);
    assert_int_equal(used(world, "daily", today(world)), 1);
    assert_true(book_of(world, "w2")->counter_count <= VN_COUNTERS_MAX);
    world_sale(world, "51", &sale);
    assert_string_equal(sale.flags, "risk");
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "2", .account = "w2"});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "51", .account = "w2"});
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(used(world, "daily", today(world)), 0);
    assert_int_equal(used(world, "daily", today(world) - 49), 0);
    world_audit(world);
    world_till_end(&till);
}

static void test_one_limit_too_many_is_said_with_the_sale(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    char promotions[16000] = "";
    char name[VN_ID_MAX];
    for (int i = 0; i < VN_COUNTERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        promise(promotions, sizeof promotions, name, "ever");
    }
    promise(promotions, sizeof promotions, "monthly", "month");
    world_start(world, &till);
    publish(world, promotions);
    use(&till, "monthly", today(world) - 21, "m"); /* it is the 22nd */
    for (int i = 0; i < VN_COUNTERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        use(&till, name, 0, name);
    }
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "p30", &sale);
    assert_string_equal(sale.flags, "risk");
    world_sale(world, "p31", &sale);
    assert_string_equal(sale.flags, "risk uncounted");
    assert_int_equal(used(world, "monthly", today(world) - 21), 0);
    for (int i = 0; i < VN_COUNTERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(used(world, name, 0), 1);
    }
    world_audit(world);
    world_till_end(&till);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_who_comes_each_day_for_longer_than_there_are_lots_goes_on_earning),
        TEST(test_a_card_and_a_member_with_many_lots_become_one_wallet),
        TEST(test_a_tag_and_a_coupon_a_visit_never_refuse_one),
        TEST(test_what_a_member_has_no_room_for_stays_with_his_card),
        TEST(test_an_offer_of_once_a_day_is_used_for_years),
        TEST(test_one_limit_too_many_is_said_with_the_sale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
