/* What a cache's rows hold, how they are found, and that frames make them what the hub says. */
#include "agent/store/cache_internal.h"
#include "tests/unit/cache_world.h"

static const struct vn_member whole_member = {.known = true,
                                              .blocked = true,
                                              .account = "w42",
                                              .first_name = "Änne",
                                              .tier = "gold",
                                              .balance = -7,
                                              .lifetime_spend_minor = 123456,
                                              .birth_month = 11,
                                              .birth_day = 22,
                                              .segment_count = 2,
                                              .segments = {"coffee", "families"},
                                              .lot_count = 2,
                                              .lots = {{9001, 300, 1, 2, 3}, {9014, 740, 4, 5, 0}},
                                              .household = "h3",
                                              .staff = true,
                                              .visits = 12,
                                              .debt = 4,
                                              .club_count = 1,
                                              .clubs = {"wine"},
                                              .counter_count = 1,
                                              .counters = {{"stamps/coffee/w42", 7}},
                                              .wallet_count = 1,
                                              .wallets = {{"partner", "w43", 12, 1, {{5, 12, 1, 1, 9}}}}};

static const struct vn_coupon whole_coupon = {.account = "c9",
                                              .promotion = "welcome-5",
                                              .label = "77AB",
                                              .single_use = true,
                                              .spent = true,
                                              .valid_from_ms = 5,
                                              .valid_until_ms = 6,
                                              .member = "w42",
                                              .has_terms = true,
                                              .off_bp = 1000,
                                              .code_count = 1,
                                              .codes = {"4006381333931"}};

static const struct vn_item whole_item = {.known = true,
                                          .code = "4006381333931",
                                          .name = "Kaffee",
                                          .category = "food/coffee",
                                          .brand = "Morgenrot",
                                          .legal_class = "general",
                                          .tax = "A",
                                          .price_minor = 599,
                                          .min_price_minor = 450,
                                          .tag_count = 2,
                                          .tags = {"organic", "own-brand"}};

static void add_whole_rows(struct world *world)
{
    struct vn_feed_item item;
    vn_feed_item_init(&item, VN_FEED_MEMBER);
    item.card_count = 2;
    item.cards[0] = card_of(1);
    item.cards[1] = card_of(2);
    item.included_seq = 6;
    item.member = whole_member;
    add(world, &item);
    vn_feed_item_init(&item, VN_FEED_COUPON);
    item.card_count = 1;
    item.cards[0] = card_of(3);
    item.coupon = whole_coupon;
    add(world, &item);
    vn_feed_item_init(&item, VN_FEED_ITEM);
    item.item = whole_item;
    add(world, &item);
}

static void test_cache_rows_come_back_whole(void **state)
{
    (void)state;
    struct world world;
    struct vn_member member;
    struct vn_coupon coupon;
    struct vn_item item;
    int64_t seq = 0;
    world_create(&world);
    add_whole_rows(&world);
    assert_int_equal(apply(&world, 1), VN_OK);
    for (unsigned card = 1; card <= 2; card++) {
        struct vn_hash hash = card_of(card);
        assert_int_equal(vn_cache_member(world.reader, &hash, &member, &seq), VN_OK);
        assert_memory_equal(&member, &whole_member, sizeof member);
        assert_int_equal(seq, 6);
    }
    struct vn_hash number = card_of(3);
    assert_int_equal(vn_cache_coupon(world.reader, &number, &coupon), VN_OK);
    assert_memory_equal(&coupon, &whole_coupon, sizeof coupon); /* whose it is, and its terms, among it */
    assert_int_equal(vn_cache_item(world.reader, "4006381333931", &item), VN_OK);
    assert_memory_equal(&item, &whole_item, sizeof item);
    assert_int_equal(vn_cache_item(world.reader, "400638133393", &item), VN_ABSENT);
    world_destroy(&world);
}

static void test_cache_tells_the_cards_of_an_account(void **state)
{
    (void)state;
    struct world world;
    struct vn_hash cards[VN_FEED_CARDS_MAX];
    unsigned count = 0;
    world_create(&world);
    add_whole_rows(&world);
    add_member(&world, "w1", 100, 4, 4);
    assert_int_equal(apply(&world, 1), VN_OK);
    assert_int_equal(vn_cache_cards(world.reader, "w42", cards, &count), VN_OK);
    assert_int_equal(count, 2);
    struct vn_hash wanted[] = {card_of(1), card_of(2)};
    bool same = memcmp(cards, wanted, sizeof wanted) == 0;
    struct vn_hash turned[] = {wanted[1], wanted[0]};
    assert_true(same || memcmp(cards, turned, sizeof turned) == 0);
    assert_int_equal(vn_cache_cards(world.reader, "w4", cards, &count), VN_OK);
    assert_int_equal(count, 0);
    world_destroy(&world);
}

static void test_cache_applying_twice_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    int64_t members = 0;
    int64_t items = 0;
    int64_t coupons = 0;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    add_member(&world, "w2", 200, 9, 2);
    add_gone(&world, VN_FEED_MEMBER_GONE, "w2");
    add_signed(&world, VN_FEED_RULESET, 3, "rules", false);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(send_frame(&world, 7, false, world.items), VN_OK);
        assert_int_equal(world.changed, round == 0);
        assert_int_equal(world.refused, 0);
        assert_member(&world, 1, "w1", 100, 4);
        assert_member(&world, 2, NULL, 0, 0);
        assert_cursor(&world, 1, 7);
        assert_int_equal(vn_cache_counts(world.reader, &members, &items, &coupons), VN_OK);
        assert_int_equal(members, 1);
    }
    assert_int_equal(send_frame(&world, 6, false, world.items), VN_CONFLICT); /* older than the cache */
    world_destroy(&world);
}

/* One frame for many tills leaves out what differs between them. */
static void test_cache_rows_take_their_included_seq_from_the_header(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    add_member(&world, "w2", 200, -1, 2);
    assert_int_equal(send_frame(&world, 1, false, 2), VN_INPUT); /* nobody says what the balance includes */
    assert_non_null(strstr(world.error.text, "line 3"));
    assert_member(&world, 1, NULL, 0, 0);
    world.included_seq = 9;
    assert_int_equal(apply(&world, 1), VN_OK);
    assert_member(&world, 1, "w1", 100, 4); /* what the line says itself counts */
    assert_member(&world, 2, "w2", 200, 9);
    world.included_seq = 12;
    add_member(&world, "w3", 300, -1, 3);
    assert_int_equal(apply(&world, 2), VN_OK);
    assert_member(&world, 3, "w3", 300, 12);
    assert_member(&world, 2, "w2", 200, 9); /* a row that was there is as old as it was */
    add_member(&world, "w2", 250, -1, 2);
    assert_int_equal(replace(&world, 3), VN_OK);
    reopen_reader(&world);
    assert_member(&world, 2, "w2", 250, 12);
    world_destroy(&world);
}

static void add_coupon(struct world *world, const char *key, const char *account, unsigned number)
{
    struct vn_feed_item item;
    vn_feed_item_init(&item, VN_FEED_COUPON);
    item.card_count = 1;
    item.cards[0] = card_of(number);
    (void)snprintf(item.key, sizeof item.key, "%s", key);
    (void)snprintf(item.coupon.account, sizeof item.coupon.account, "%s", account);
    (void)snprintf(item.coupon.promotion, sizeof item.coupon.promotion, "p");
    add(world, &item);
}

static enum vn_status coupon_of(struct world *world, unsigned number)
{
    struct vn_coupon coupon;
    struct vn_hash hash = card_of(number);
    return vn_cache_coupon(world->reader, &hash, &coupon);
}

/* One that can be used again and again has no account, and its tombstone names it all the same. */
static void test_cache_a_coupon_without_an_account_can_be_withdrawn(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_coupon(&world, "c1", "", 1);
    add_coupon(&world, "c2", "c2", 2);
    add_coupon(&world, "", "c3", 3); /* as a hub of the first version sends it */
    assert_int_equal(apply(&world, 1), VN_OK);
    add_gone(&world, VN_FEED_COUPON_GONE, "c1");
    add_gone(&world, VN_FEED_COUPON_GONE, "c3");
    assert_int_equal(apply(&world, 2), VN_OK);
    assert_int_equal(coupon_of(&world, 1), VN_ABSENT);
    assert_int_equal(coupon_of(&world, 2), VN_OK);
    assert_int_equal(coupon_of(&world, 3), VN_ABSENT);
    world_destroy(&world);
}

static void test_cache_a_card_follows_its_member(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    add_member(&world, "w1", 100, 4, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    add_member(&world, "w1", 110, 5, 2); /* a new card instead of the lost one */
    assert_int_equal(apply(&world, 2), VN_OK);
    assert_member(&world, 1, NULL, 0, 0);
    assert_member(&world, 2, "w1", 110, 5);
    add_member(&world, "w9", 1, 6, 2); /* re-pointed to another wallet */
    assert_int_equal(apply(&world, 3), VN_OK);
    assert_member(&world, 2, "w9", 1, 6);
    add_gone(&world, VN_FEED_MEMBER_GONE, "w9");
    assert_int_equal(apply(&world, 4), VN_OK);
    assert_member(&world, 2, NULL, 0, 0);
    world_destroy(&world);
}

static void test_cache_lookup_is_one_descent_in_a_large_table(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *plan;
    } cases[] = {
        {"EXPLAIN QUERY PLAN " CACHE_SQL_MEMBER, "SEARCH cards USING PRIMARY KEY (card=?)"},
        {"EXPLAIN QUERY PLAN " CACHE_SQL_CARDS,
         "SEARCH cards USING COVERING INDEX cards_account (account=?)"},
        {"EXPLAIN QUERY PLAN " CACHE_SQL_COUPON, "SEARCH coupons USING PRIMARY KEY (number=?)"},
        {"EXPLAIN QUERY PLAN " CACHE_SQL_ITEM, "SEARCH items USING PRIMARY KEY (code=?)"},
    };
    struct world world;
    struct vn_db *db = NULL;
    struct vn_db_options options = {.mode = VN_DB_READER};
    world_create(&world);
    for (unsigned i = 1; i <= 100000; i++) {
        char account[16];
        (void)snprintf(account, sizeof account, "w%u", i);
        add_member(&world, account, i, 1, i);
    }
    assert_int_equal(replace(&world, 2), VN_OK);
    reopen_reader(&world);
    for (unsigned i = 1; i <= 100000; i += 9973) {
        char account[16];
        (void)snprintf(account, sizeof account, "w%u", i);
        assert_member(&world, i, account, i, 1);
    }
    assert_int_equal(vn_db_open(folder_file(&world.folder, "cache-2.db"), &options, &db, &world.error),
                     VN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_statement *plan = NULL;
        char text[200] = "";
        assert_int_equal(vn_db_prepare(db, cases[i].sql, &plan, &world.error), VN_OK);
        assert_int_equal(vn_statement_step(plan), VN_OK);
        assert_int_equal(vn_column_text(plan, 3, text, sizeof text), VN_OK);
        assert_string_equal(text, cases[i].plan);
        assert_int_equal(vn_statement_step(plan), VN_ABSENT); /* and nothing else */
    }
    vn_db_close(db);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_rows_come_back_whole),
        cmocka_unit_test(test_cache_tells_the_cards_of_an_account),
        cmocka_unit_test(test_cache_applying_twice_changes_nothing),
        cmocka_unit_test(test_cache_rows_take_their_included_seq_from_the_header),
        cmocka_unit_test(test_cache_a_coupon_without_an_account_can_be_withdrawn),
        cmocka_unit_test(test_cache_a_card_follows_its_member),
        cmocka_unit_test(test_cache_lookup_is_one_descent_in_a_large_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
