/* Receipts that this till lacks are taken back by the hub: what is journaled for it, and what the POS and the screen are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

/* `content` stands for the digest: the same request has the same. */
static uint64_t give_back(struct world *world, const char *of, int step, int64_t line, const char *content)
{
    struct vn_till_call call = {.id = ++world->last_call, .kind = VN_TILL_RETURN, .step = step};
    call.sale = world_key("900");
    call.of = world_key(of);
    memcpy(call.digest, content, strlen(content));
    if (line > 0) {
        call.lines = calloc(1, sizeof *call.lines);
        assert_non_null(call.lines);
        call.lines->count = 1;
        call.lines->rows[0] = (struct vn_return_item){line, 1000};
    }
    vn_till_call(world->till, &call);
    world_pump(world);
    return call.id;
}

struct last {
    struct vn_entry entry;
    int64_t seq;
};

static bool keep_last(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct last *last = ctx;
    struct vn_error error;
    (void)hash;
    vn_entry_deinit(&last->entry);
    last->seq = seq;
    assert_int_equal(vn_entry_decode(body, &last->entry, &error), VN_OK);
    return true;
}

/* The newest entry; to be ended. */
static struct vn_entry last_entry(struct world *world)
{
    struct last last = {.seq = 0};
    vn_entry_init(&last.entry, VN_ENTRY_BOOT);
    assert_int_equal(vn_journal_each(world->journal, 1, keep_last, &last), VN_OK);
    return last.entry;
}

static void sell(struct world *world, const char *receipt)
{
    world_card(world, MILICA);
    (void)world_hold(world, receipt, 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, receipt, 0)), 200);
}

static void test_a_void_of_another_tills_sale_is_taken_down(void **state)
{
    struct world *world = *state;
    uint64_t call = world_step(world, VN_TILL_VOID, "77", 0);
    assert_int_equal(world_http(world, call), 202);
    assert_int_equal(world_field(world, call, "accepted"), 1);
    assert_non_null(strstr(world_body(world, call), "the hub settles it"));
    struct vn_entry entry = last_entry(world);
    assert_int_equal(entry.kind, VN_ENTRY_VOID);
    assert_string_equal(entry.sale.receipt, "77");
    assert_true(json_is_true(json_object_get(entry.body, "elsewhere")));
    assert_int_equal(entry.points, 0);
    assert_int_equal(entry.right_count, 0);
    vn_entry_deinit(&entry);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_REQUESTED);
}

static void test_it_is_taken_down_once(void **state)
{
    struct world *world = *state;
    uint64_t call = world_step(world, VN_TILL_VOID, "77", 0);
    uint64_t again = world_step(world, VN_TILL_VOID, "77", 0);
    assert_int_equal(world_http(world, again), 202);
    assert_string_equal(world_body(world, call), world_body(world, again));
    world_restart(world);
    again = world_step(world, VN_TILL_VOID, "77", 0);
    assert_int_equal(world_http(world, again), 202);
    assert_int_equal(world_entries(world, VN_ENTRY_VOID), 1);
    assert_int_equal(world_http(world, give_back(world, "77", 0, 0, "a")), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_RETURN), 0);
}

static void test_a_return_of_lines_is_asked_of_the_hub_step_by_step(void **state)
{
    struct world *world = *state;
    uint64_t call = give_back(world, "77", 0, 1, "a");
    assert_int_equal(world_http(world, call), 202);
    assert_string_equal(world_body(world, call), world_body(world, give_back(world, "77", 0, 1, "a")));
    assert_int_equal(world_http(world, give_back(world, "77", 0, 2, "b")),
                     409); /* another one needs a step */
    assert_int_equal(world_entries(world, VN_ENTRY_FINDING), 1);
    assert_int_equal(world_http(world, give_back(world, "77", 1, 2, "b")), 202);
    assert_int_equal(world_http(world, give_back(world, "77", 2, 0, "c")), 202); /* and the rest */
    struct vn_entry entry = last_entry(world);
    assert_int_equal(entry.kind, VN_ENTRY_RETURN);
    assert_null(json_object_get(entry.body, "lines"));
    assert_null(json_object_get(entry.body, "reversal"));
    assert_non_null(json_object_get(entry.body, "receipt"));
    vn_entry_deinit(&entry);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "77", 0)), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_RETURN), 3);
}

/* Points that a part of it takes back are known when the hub says so: the till shows what it knows. */
static void test_lines_of_an_own_sale_are_asked_of_the_hub_too(void **state)
{
    struct world *world = *state;
    sell(world, "1");
    assert_int_equal(world_points(world, "w1"), 20);
    assert_int_equal(world_http(world, give_back(world, "1", 0, 3, "a")), 202);
    struct vn_entry entry = last_entry(world);
    const json_t *row = json_array_get(json_object_get(entry.body, "lines"), 0);
    assert_int_equal(json_integer_value(json_object_get(row, "id")), 3);
    assert_int_equal(json_integer_value(json_object_get(row, "qty_milli")), 1000);
    vn_entry_deinit(&entry);
    assert_int_equal(world_points(world, "w1"), 20);
    assert_int_equal(vn_till_session(world->till)->balance, 720);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 409);
    assert_int_equal(world_http(world, give_back(world, "1", 1, 0, "b")), 202); /* what is left */
    assert_int_equal(world_points(world, "w1"), 20);
}

static void test_a_whole_own_sale_comes_back_at_once_and_leaves_nothing(void **state)
{
    struct world *world = *state;
    sell(world, "1");
    assert_int_equal(world_http(world, give_back(world, "1", 0, 0, "a")), 200);
    assert_int_equal(world_points(world, "w1"), 0);
    assert_int_equal(world_http(world, give_back(world, "1", 1, 2, "b")), 409);
    assert_int_equal(world_http(world, give_back(world, "1", 2, 0, "c")), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_RETURN), 1);
}

static void test_a_receipt_that_came_back_here_is_not_sold_here(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, give_back(world, "77", 0, 1, "a")), 202);
    assert_int_equal(world_http(world, world_hold(world, "77", 0, 0, 3)), 409);
    (void)world_quote(world, "77", 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "77", 0)), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_COMMIT), 0);
}

static void test_who_is_served_is_not_disturbed(void **state)
{
    struct world *world = *state;
    world_card(world, JOVAN);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "77", 0)), 202);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
    assert_string_equal(vn_till_session(world->till)->first_name, "Jovan");
}

static void test_what_can_not_be_written_down_is_not_accepted(void **state)
{
    struct world *world = *state;
    world->fail_write = VN_FULL;
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "77", 0)), 507);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "77", 0)), 202);
    assert_int_equal(world_entries(world, VN_ENTRY_VOID), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_void_of_another_tills_sale_is_taken_down),
        TEST(test_it_is_taken_down_once),
        TEST(test_a_return_of_lines_is_asked_of_the_hub_step_by_step),
        TEST(test_lines_of_an_own_sale_are_asked_of_the_hub_too),
        TEST(test_a_whole_own_sale_comes_back_at_once_and_leaves_nothing),
        TEST(test_a_receipt_that_came_back_here_is_not_sold_here),
        TEST(test_who_is_served_is_not_disturbed),
        TEST(test_what_can_not_be_written_down_is_not_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
