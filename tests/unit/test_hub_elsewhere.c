/* Sales that are taken back at tills that lack them: by what was stored, once, and when the sale is there. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/quarantine.h"

/* Two lines of 100.00; 40 points earned; 60 of a right spent, as a discount of the first line. */
#define BASKET                                                                                               \
    "\"basket\":{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"1\"},\"lines\":["             \
    "{\"id\":1,\"code\":\"a\",\"qty_milli\":1000,\"amount_minor\":10000},"                                   \
    "{\"id\":2,\"code\":\"b\",\"qty_milli\":1000,\"amount_minor\":10000}]},"
#define OUTCOME                                                                                              \
    "\"outcome\":{\"engine\":2,\"total_minor\":20000,\"discount_minor\":6000,\"payable_minor\":14000,"       \
    "\"points_earned\":40,\"points_spent\":60,\"points_value_minor\":6000,"                                  \
    "\"consumptions\":[{\"account\":\"w1\",\"amount\":60}],"                                                 \
    "\"applications\":[{\"promotion\":\"\",\"stage\":\"points\",\"line\":1,\"discount_minor\":6000,"         \
    "\"qty_milli\":1000}],\"lines\":["                                                                       \
    "{\"id\":1,\"discount_minor\":6000,\"payable_minor\":4000,\"qty_milli\":1000,\"list_minor\":10000,"      \
    "\"earn_minor\":4000},"                                                                                  \
    "{\"id\":2,\"payable_minor\":10000,\"qty_milli\":1000,\"list_minor\":10000,\"earn_minor\":10000}]}"

static void append(struct world_till *till, const char *kind, const char *account, const char *rights,
                   const char *body)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"v\":1,\"kind\":\"%s\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"1\"],"
                   "\"account\":\"%s\",\"points\":%d%s,\"body\":{%s}}",
                   kind, (long long)till->world->now_ms, account, strcmp(kind, "commit") == 0 ? -20 : 0,
                   rights, body);
    world_append_raw(till, text);
}

static void append_commit(struct world_till *till)
{
    append(till, "commit", "w1",
           ",\"rights\":[{\"account\":\"w1\",\"granted\":100,\"in\":0,\"out\":60,\"move\":60}]",
           BASKET OUTCOME);
}

static void append_void(struct world_till *till)
{
    append(till, "void", "", "", "\"elsewhere\":true");
}

static void append_lines(struct world_till *till, int line)
{
    char body[128];
    (void)snprintf(body, sizeof body,
                   "\"receipt\":[\"2\",\"2026-11-22\",\"9\"],\"lines\":[{\"id\":%d,\"qty_milli\":1000}]",
                   line);
    append(till, "return", "", "", body);
}

/* Its own void gives itself the right again. */
static void append_own_void(struct world_till *till)
{
    append(till, "void", "w1",
           ",\"rights\":[{\"account\":\"w1\",\"granted\":100,\"in\":60,\"out\":60,\"move\":60}]", "");
}

struct tills {
    struct world *world;
    struct world_till sale, second, third;
};

/* Till t1 sold 200.00 to member 1, who has 500 points, and spent 60 of its right to 100. */
static void start(struct world *world, struct tills *tills)
{
    tills->world = world;
    world_start(world, &tills->sale);
    world_till_start(world, &tills->second, "t2");
    world_till_start(world, &tills->third, "t3");
    assert_int_equal(world_rights(&tills->sale, "w1", 100), 100);
    append_commit(&tills->sale);
}

static void end(struct tills *tills)
{
    world_audit(tills->world);
    world_till_end(&tills->sale);
    world_till_end(&tills->second);
    world_till_end(&tills->third);
}

static int64_t place_of(struct tills *tills, enum vn_ledger_place place)
{
    bool own = place == VN_PLACE_RIGHT || place == VN_PLACE_HELD || place == VN_PLACE_SUSPENSE;
    return world_balance(tills->world, "w1", place, own ? tills->sale.id : 0);
}

static void test_a_void_elsewhere_frees_all_that_the_sale_used(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 480);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), 460);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 40); /* what it had left */
    world_sale(*state, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_string_equal(sale.till, "t1");
    assert_string_equal(sale.flags, "back-elsewhere");
    end(&tills);
}

static void test_it_waits_for_the_sale(void **state)
{
    struct tills tills;
    start(*state, &tills);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 1);
    append_lines(&tills.third, 9); /* there is no such line */
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500); /* the void went on */
    assert_int_equal(world_sync(&tills.second), 0);
    assert_int_equal(world_sync(&tills.third), 1); /* refused */
    end(&tills);
}

static void test_a_sale_that_is_only_held_is_waited_for(void **state)
{
    struct tills tills;
    struct world *world = *state;
    tills.world = world;
    world_start(world, &tills.sale);
    world_till_start(world, &tills.second, "t2");
    world_till_start(world, &tills.third, "t3");
    struct world_step step = {.kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w2", .earned = 30};
    world_append(&tills.sale, &step);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_void(&tills.second);
    append(&tills.third, "return", "", "", "");
    assert_int_equal(world_sync(&tills.second), 1);
    assert_int_equal(world_sync(&tills.third), 1);
    step.kind = VN_ENTRY_COMMIT;
    world_append(&tills.sale, &step);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(world, "w2"), 0);
    assert_int_equal(world_sync(&tills.second) + world_sync(&tills.third), 1); /* one of the two was late */
    end(&tills);
}

static void test_parts_come_back_at_several_tills_and_then_no_void(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_lines(&tills.second, 1);
    assert_int_equal(world_sync(&tills.second), 0);
    int64_t owned = world_owned(*state, "w1");
    assert_int_equal(owned, 480 + 60 - 11); /* 40 points for 140.00, of which 40.00 come back */
    append_void(&tills.third);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(*state, "w1"), owned);
    append_lines(&tills.third, 1); /* the same piece once more */
    assert_int_equal(world_sync(&tills.third), 2);
    assert_int_equal(world_owned(*state, "w1"), owned);
    append_lines(&tills.third, 2);
    assert_int_equal(world_sync(&tills.third), 2);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

/* The till of the sale has not heard of the void elsewhere, and voids it too: it has its right again, and nobody more points. */
static void test_a_void_at_two_tills_counts_once(void **state)
{
    struct tills tills;
    struct vn_sale_row sale;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_void(&tills.second);
    assert_int_equal(world_sync(&tills.second), 0);
    append_own_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 100);
    assert_int_equal(place_of(&tills, VN_PLACE_FREE), 400);
    assert_int_equal(place_of(&tills, VN_PLACE_SUSPENSE), 0);
    world_sale(*state, "1", &sale);
    assert_string_equal(sale.flags, "back-elsewhere void-after-return");
    append_own_void(&tills.sale); /* and again, without raising it */
    assert_int_equal(world_sync(&tills.sale), 1);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

static void test_a_void_after_a_part_came_back_elsewhere_brings_the_rest(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append_lines(&tills.second, 1);
    assert_int_equal(world_sync(&tills.second), 0);
    append_own_void(&tills.sale);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(*state, "w1"), 500);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 100);
    assert_int_equal(place_of(&tills, VN_PLACE_SUSPENSE), 0);
    append_lines(&tills.third, 2);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_owned(*state, "w1"), 500);
    end(&tills);
}

static void test_a_void_elsewhere_that_moves_a_right_is_refused(void **state)
{
    struct tills tills;
    start(*state, &tills);
    assert_int_equal(world_sync(&tills.sale), 0);
    append(&tills.second, "void", "",
           ",\"rights\":[{\"account\":\"w1\",\"granted\":0,\"in\":60,\"out\":0,\"move\":60}]",
           "\"elsewhere\":true");
    assert_int_equal(world_sync(&tills.second), 1);
    assert_int_equal(place_of(&tills, VN_PLACE_RIGHT), 40);
    end(&tills);
}

/* A sale lets a few go on by itself; the others are looked for later. */
static void test_all_that_wait_for_a_sale_go_on(void **state)
{
    struct tills tills;
    struct world *world = *state;
    bool more = true;
    start(world, &tills);
    for (int i = 0; i < VN_RELEASE_SALE_MAX + 2; i++) {
        append_lines(&tills.second, 9); /* before the good one, and not to be applied */
    }
    append_void(&tills.third);
    assert_int_equal(world_sync(&tills.second), VN_RELEASE_SALE_MAX + 2);
    assert_int_equal(world_sync(&tills.third), 1);
    assert_int_equal(world_sync(&tills.sale), 0);
    assert_int_equal(world_owned(world, "w1"), 480);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 100, &more), VN_OK);
    assert_false(more);
    assert_int_equal(world_owned(world, "w1"), 500);
    assert_int_equal(world_sync(&tills.third), 0);
    end(&tills);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_void_elsewhere_frees_all_that_the_sale_used),
        TEST(test_it_waits_for_the_sale),
        TEST(test_a_sale_that_is_only_held_is_waited_for),
        TEST(test_parts_come_back_at_several_tills_and_then_no_void),
        TEST(test_a_void_at_two_tills_counts_once),
        TEST(test_a_void_after_a_part_came_back_elsewhere_brings_the_rest),
        TEST(test_a_void_elsewhere_that_moves_a_right_is_refused),
        TEST(test_all_that_wait_for_a_sale_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
