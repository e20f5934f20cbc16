/* The feed: each row to exactly the tills that it concerns, at once or in the slow lane. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/hub_listener.h"

#define STORES  8
#define MEMBERS 12

static uint64_t seed;

static unsigned random_below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void test_a_receipt_is_told_to_near_stores_at_once_and_to_the_others_in_the_slow_lane(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(3, sizeof *l);
    assert_non_null(l);
    world_slow_lane(world, 3600);
    for (unsigned i = 0; i < 3; i++) {
        listener_start(world, &l[i], i);
    }
    listener_import_members(world, 2);
    (void)world_publish(world);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(listener_listen(&l[i]), 2); /* an import is everybody's */
    }
    listener_sell(&l[0], 1, "w1", 30);
    (void)world_publish(world);
    assert_int_equal(listener_listen(&l[0]), 1);
    assert_int_equal(listener_listen(&l[1]), 0);
    listener_sell(&l[1], 1, "w1", 7);
    (void)world_publish(world);
    assert_int_equal(listener_listen(&l[0]), 1); /* he shops in both now */
    assert_int_equal(listener_listen(&l[1]), 1);
    assert_int_equal(listener_balance(&l[0], "w1"), 137);
    assert_int_equal(listener_balance(&l[2], "w1"), 100);
    world->now_ms += HOUR_MS - 1;
    (void)world_publish(world);
    assert_int_equal(listener_listen(&l[2]), 0);
    world->now_ms += 1;
    (void)world_publish(world);
    assert_int_equal(listener_listen(&l[2]), 1);
    assert_int_equal(listener_balance(&l[2], "w1"), 137);
    world->now_ms += HOUR_MS;
    (void)world_publish(world);
    assert_int_equal(listener_listen(&l[2]), 0); /* the lane is empty */
    for (unsigned i = 0; i < 3; i++) {
        world_till_end(&l[i].till);
    }
    free(l);
}

static void test_as_many_stores_are_near_as_the_operator_chose(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(2, sizeof *l);
    assert_non_null(l);
    world_slow_lane(world, 3600);
    vn_setting_set(&world->settings, VN_SETTING_NEAR_STORES, 1);
    listener_start(world, &l[0], 0);
    listener_start(world, &l[1], 1);
    listener_import_members(world, 1);
    listener_sell(&l[0], 1, "w1", 30); /* here he joined */
    listener_sell(&l[1], 1, "w1", 7);
    (void)world_publish(world);
    (void)listener_listen(&l[0]);
    (void)listener_listen(&l[1]);
    listener_sell(&l[0], 2, "w1", 1);
    (void)world_publish(world);
    assert_int_equal(listener_balance(&l[1], "w1"), 137);
    assert_int_equal(listener_listen(&l[1]), 0); /* the second of his stores is not near */
    vn_setting_set(&world->settings, VN_SETTING_NEAR_STORES, 2);
    listener_sell(&l[0], 3, "w1", 1);
    (void)world_publish(world);
    assert_int_equal(listener_listen(&l[1]), 1);
    assert_int_equal(listener_balance(&l[1], "w1"), 139);
    world_till_end(&l[0].till);
    world_till_end(&l[1].till);
    free(l);
}

static void test_a_chain_without_a_slow_lane_tells_everybody_at_once(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(2, sizeof *l);
    assert_non_null(l);
    world_slow_lane(world, VN_SETTING_AUTO);
    listener_start(world, &l[0], 0);
    listener_start(world, &l[1], 1);
    listener_import_members(world, 1);
    listener_sell(&l[0], 1, "w1", 30);
    (void)world_publish(world);
    (void)listener_listen(&l[1]);
    assert_int_equal(listener_balance(&l[1], "w1"), 130);
    world_till_end(&l[0].till);
    world_till_end(&l[1].till);
    free(l);
}

/* A near store is one of five: where he was first, and the four that he was at last. */
struct shopper {
    unsigned near[5];
    unsigned count;
};

static void goes_to(struct shopper *shopper, unsigned store)
{
    unsigned at = 0;
    while (at < shopper->count && shopper->near[at] != store) {
        at++;
    }
    if (at == 0 && shopper->count > 0) {
        return; /* at home */
    }
    if (at == shopper->count) {
        shopper->count += shopper->count < 5;
        at = shopper->count - 1;
    }
    for (; at > 1; at--) {
        shopper->near[at] = shopper->near[at - 1];
    }
    shopper->near[at] = store;
}

static bool is_near(const struct shopper *shopper, unsigned store)
{
    for (unsigned i = 0; i < shopper->count; i++) {
        if (shopper->near[i] == store) {
            return true;
        }
    }
    return false;
}

/* Random sales at random stores, published now and then, heard now and then: after each publish a till that listens has the
 * figure of now for whoever shops near it, and for the others that of the last slow checkpoint or of a later one. */
static void test_a_row_reaches_exactly_its_tills(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(STORES, sizeof *l);
    struct shopper shoppers[MEMBERS] = {0};
    int64_t now[MEMBERS], slow[MEMBERS], told[MEMBERS];
    bool moved[MEMBERS] = {false};
    assert_non_null(l);
    seed = 15;
    world_slow_lane(world, 3600);
    for (unsigned i = 0; i < STORES; i++) {
        listener_start(world, &l[i], i);
    }
    listener_import_members(world, MEMBERS);
    (void)world_publish(world);
    for (unsigned i = 0; i < MEMBERS; i++) {
        now[i] = slow[i] = told[i] = 100;
    }
    int64_t slow_at = world->now_ms;
    for (unsigned round = 1; round <= 150; round++) {
        unsigned store = random_below(STORES), member = random_below(MEMBERS);
        char account[VN_ID_MAX];
        if (l[store].till.head_seq >= WORLD_ENTRIES_MAX - 2) {
            continue;
        }
        (void)snprintf(account, sizeof account, "w%u", member + 1);
        listener_sell(&l[store], round, account, 1);
        now[member]++;
        moved[member] = true;
        goes_to(&shoppers[member], store);
        world->now_ms += random_below(8) * 60000;
        if (random_below(3) != 0) {
            continue;
        }
        (void)world_publish(world);
        bool due = world->now_ms - slow_at >= HOUR_MS;
        slow_at = due ? world->now_ms : slow_at;
        for (unsigned i = 0; i < MEMBERS; i++) {
            told[i] = moved[i] ? now[i] : told[i];
            slow[i] = due ? now[i] : slow[i];
            moved[i] = false;
        }
        unsigned who = random_below(STORES);
        (void)listener_listen(&l[who]);
        for (unsigned i = 0; i < MEMBERS; i++) {
            (void)snprintf(account, sizeof account, "w%u", i + 1);
            if (is_near(&shoppers[i], who)) {
                assert_int_equal(listener_balance(&l[who], account), told[i]);
            } else {
                assert_true(listener_balance(&l[who], account) >= slow[i]);
            }
        }
    }
    world->now_ms += HOUR_MS;
    (void)world_publish(world);
    for (unsigned i = 0; i < STORES; i++) { /* at rest all agree */
        (void)listener_listen(&l[i]);
        for (unsigned m = 0; m < MEMBERS; m++) {
            char account[VN_ID_MAX];
            (void)snprintf(account, sizeof account, "w%u", m + 1);
            assert_int_equal(listener_balance(&l[i], account), now[m]);
        }
        world_till_end(&l[i].till);
    }
    free(l);
}

/* Far stores hear nothing before the slow lane: not a row too many. */
static void test_a_far_store_is_told_nothing(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(2, sizeof *l);
    assert_non_null(l);
    world_slow_lane(world, 3600);
    listener_start(world, &l[0], 0);
    listener_start(world, &l[1], 1);
    listener_import_members(world, MEMBERS);
    (void)world_publish(world);
    (void)listener_listen(&l[1]);
    for (unsigned i = 0; i < 30; i++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", i % MEMBERS + 1);
        listener_sell(&l[0], i, account, 1);
        (void)world_publish(world);
        assert_int_equal(listener_listen(&l[1]), 0);
    }
    world_till_end(&l[0].till);
    world_till_end(&l[1].till);
    free(l);
}

static enum vn_status note_scope(void *ctx, const char *scope)
{
    char *text = ctx;
    size_t len = strlen(text);
    assert_true(len + strlen(scope) + 2 < 256);
    (void)snprintf(text + len, 256 - len, "<%s>", scope);
    return VN_OK;
}

static void test_a_checkpoint_names_the_stores_that_it_touches(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(2, sizeof *l);
    char scopes[256] = "";
    assert_non_null(l);
    world_slow_lane(world, 3600);
    listener_start(world, &l[0], 0);
    listener_start(world, &l[1], 1);
    listener_import_members(world, 2);
    int64_t after = world_publish(world);
    listener_sell(&l[0], 1, "w1", 1);
    (void)world_publish(world);
    assert_int_equal(vn_feed_scopes(&world->hub, after, note_scope, scopes), VN_OK);
    assert_string_equal(scopes, "<store0>");
    after = world_publish(world);
    listener_sell(&l[1], 1, "w2", 1);
    listener_sell(&l[1], 2, "w1", 1);
    (void)world_publish(world);
    scopes[0] = '\0';
    assert_int_equal(vn_feed_scopes(&world->hub, after, note_scope, scopes), VN_OK);
    assert_string_equal(scopes, "<store0><store1>");
    after = world_publish(world);
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"8600000000017\",\"name\":\"Kafa\"}\n");
    (void)world_publish(world);
    scopes[0] = '\0';
    assert_int_equal(vn_feed_scopes(&world->hub, after, note_scope, scopes), VN_OK);
    assert_string_equal(scopes, "<>");
    world_till_end(&l[0].till);
    world_till_end(&l[1].till);
    free(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_receipt_is_told_to_near_stores_at_once_and_to_the_others_in_the_slow_lane),
        TEST(test_as_many_stores_are_near_as_the_operator_chose),
        TEST(test_a_chain_without_a_slow_lane_tells_everybody_at_once),
        TEST(test_a_row_reaches_exactly_its_tills),
        TEST(test_a_far_store_is_told_nothing),
        TEST(test_a_checkpoint_names_the_stores_that_it_touches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
