/* The feed in whole checkpoints: where frames end, what is never parted, tombstones for as long as they are kept, and frames
 * that tills share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/masters/publish.h"
#include "tests/unit/hub_listener.h"

#define DAY_MS (24 * HOUR_MS)

static uint64_t seed;

static unsigned random_below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* --- checkpoints -------------------------------------------------------------------------------------------- */

/* However small the frames, each ends where a checkpoint does, and every change up to there was in one of them. */
static void test_frames_end_where_checkpoints_end(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(1, sizeof *l);
    int64_t ends[40];
    unsigned end_count = 0;
    assert_non_null(l);
    seed = 4;
    listener_start(world, l, 0);
    for (unsigned round = 0; round < 30; round++) {
        unsigned rows = 1 + random_below(4);
        for (unsigned i = 0; i < rows; i++) {
            char line[128];
            (void)snprintf(line, sizeof line, "{\"code\":\"%u\",\"name\":\"x\"}\n", 1000 + random_below(40));
            world_import(world, VN_IMPORT_ITEMS, line);
        }
        ends[end_count++] = world_publish(world);
    }
    unsigned frames = 0;
    for (bool all = false; !all; frames++) {
        bool ended = false;
        all = listener_listen_once(l, 1);
        for (unsigned i = 0; i < end_count; i++) {
            ended = ended || ends[i] == l->cursor;
        }
        assert_true(ended);
    }
    assert_true(frames > 3);
    world_till_end(&l->till);
    free(l);
}

/* What one entry changed, a member and his coupon, is in one frame, whatever else is published with it. */
static void test_a_member_and_his_coupon_are_never_parted(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(1, sizeof *l);
    assert_non_null(l);
    listener_start(world, l, 0);
    listener_import_members(world, 9);
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"299100001\",\"promotion\":\"p\",\"single_use\":true,\"member\":5}\n");
    (void)world_publish(world);
    (void)listener_listen(l);
    for (unsigned i = 1; i <= 9; i++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", i);
        if (i == 5) {
            assert_int_equal(world_rights(&l->till, "c1", 1), 1);
            world_append(&l->till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                        .receipt = "c",
                                                        .account = account,
                                                        .earned = 5,
                                                        .right = "c1",
                                                        .out = 1});
            assert_int_equal(world_sync(&l->till), 0);
        } else {
            listener_sell(l, i, account, 1);
        }
    }
    (void)world_publish(world);
    l->heard = 0;
    (void)listener_listen_once(l, 1);
    const struct seen_row *coupon = listener_row(l, VN_FEED_COUPON, "0001", false);
    assert_non_null(coupon);
    assert_true(coupon->spent);
    assert_int_equal(listener_balance(l, "w5"), 105);
    assert_int_equal(listener_balance(l, "w9"), 101);
    assert_int_equal(l->heard, 10);
    world_till_end(&l->till);
    free(l);
}

#define PAIRS      1100
#define ROWS       (2 * PAIRS)
#define CHECKPOINT 2000 /* rows after which one is closed where it may be, as the publisher has it */

/* The first one is alone, so that the limit falls between a member and his coupon. */
static void import_pairs(struct world *world)
{
    struct vn_buf coupons;
    vn_buf_init(&coupons, (size_t)PAIRS * 96);
    listener_import_members(world, PAIRS);
    for (unsigned i = 2; i <= PAIRS; i++) {
        assert_int_equal(vn_buf_printf(&coupons,
                                       "{\"number\":\"%09u\",\"promotion\":\"p\",\"single_use\":true,"
                                       "\"member\":%u}\n",
                                       299100000 + i, i),
                         VN_OK);
    }
    assert_int_equal(vn_buf_append(&coupons, vn_view_of("", 1)), VN_OK);
    world_import(world, VN_IMPORT_COUPONS, (const char *)coupons.data);
    vn_buf_deinit(&coupons);
}

static void test_a_checkpoint_that_is_full_ends_behind_a_member_and_his_coupon(void **state)
{
    struct world *world = *state;
    struct vn_change *changes = calloc(ROWS, sizeof *changes);
    unsigned count = 0;
    assert_non_null(changes);
    import_pairs(world);
    (void)world_publish(world);
    assert_int_equal(vn_storage_changes(world->hub.storage, "", 0, changes, ROWS, &count), VN_OK);
    assert_int_equal(count, ROWS - 1);
    assert_int_equal(changes[0].checkpoint, changes[CHECKPOINT].number);
    assert_int_equal(changes[CHECKPOINT + 1].checkpoint, changes[count - 1].number);
    assert_int_equal(changes[CHECKPOINT - 1].kind, VN_FEED_MEMBER);
    assert_int_equal(changes[CHECKPOINT].kind, VN_FEED_COUPON);
    free(changes);
}

static const char rules[] =
    "{\"ruleset\":1,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"groups\":[{\"id\":\"g\",\"stage\":\"units\",\"choice\":\"first\"}]}\n"
    "{\"id\":\"tenth\",\"group\":\"g\",\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000}}\n";

/* Tills would refuse it, and their logs would say that somebody forges. */
static void test_a_stop_of_a_ruleset_that_is_no_longer_in_force_is_nobodys_news(void **state)
{
    struct world *world = *state;
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_change changes[4];
    unsigned count = 0;
    int64_t number = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vn_publish_ruleset(&world->hub, vn_view_str(rules), VN_PUBLISH_REFUSE_SKIPPED,
                                            &published, &error),
                         VN_OK);
        assert_int_equal(i == 0 ? vn_publish_stop(&world->hub, "tenth", &number, &error) : VN_OK, VN_OK);
    }
    (void)world_publish(world);
    assert_int_equal(vn_storage_changes(world->hub.storage, "", 0, changes, 4, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].kind, VN_FEED_RULESET);
    assert_int_equal(vn_publish_stop(&world->hub, "tenth", &number, &error), VN_OK);
    (void)world_publish(world);
    assert_int_equal(vn_storage_changes(world->hub.storage, "", 0, changes, 4, &count), VN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(changes[1].kind, VN_FEED_STOP);
}

static void test_marks_come_in_once_whatever_was_marked_twice(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(1, sizeof *l);
    assert_non_null(l);
    listener_start(world, l, 0);
    listener_import_members(world, 1);
    for (unsigned i = 0; i < 5; i++) {
        listener_sell(l, i, "w1", 1);
    }
    int64_t last = world_publish(world);
    assert_int_equal(listener_listen(l), 1);
    assert_int_equal(listener_balance(l, "w1"), 105);
    assert_int_equal(world_publish(world), last);
    world_till_end(&l->till);
    free(l);
}

/* --- tombstones --------------------------------------------------------------------------------------------- */

static void test_tombstones_are_kept_and_then_a_till_must_begin_anew(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(2, sizeof *l);
    bool more = true;
    assert_non_null(l);
    listener_start(world, &l[0], 0);
    listener_start(world, &l[1], 1);
    world_import(world, VN_IMPORT_ITEMS,
                 "{\"code\":\"1\",\"name\":\"a\"}\n{\"code\":\"2\",\"name\":\"b\"}\n");
    (void)world_publish(world);
    (void)listener_listen(&l[0]);
    (void)listener_listen(&l[1]);
    const struct vn_cursor old = {1, l[1].cursor};
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"1\",\"gone\":true}\n");
    (void)world_publish(world);
    world->now_ms += VN_TOMBSTONE_MS - DAY_MS;
    assert_int_equal(vn_feed_bury(&world->hub, 100, &more), VN_OK);
    assert_false(more);
    assert_true(world_cursor_usable(world, &old));
    assert_int_equal(listener_listen(&l[0]), 1);
    assert_null(listener_row(&l[0], VN_FEED_ITEM, "1", false));
    world->now_ms += DAY_MS + 1;
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"3\",\"name\":\"c\"}\n");
    (void)world_publish(world);
    assert_int_equal(vn_feed_bury(&world->hub, 1, &more), VN_OK);
    assert_true(more); /* in pages: the first number was that of a row that is still there */
    assert_true(world_cursor_usable(world, &old));
    while (more) {
        assert_int_equal(vn_feed_bury(&world->hub, 1, &more), VN_OK);
    }
    assert_false(world_cursor_usable(world, &old));
    assert_true(world_cursor_usable(world, &(struct vn_cursor){1, l[0].cursor}));
    assert_int_equal(listener_listen(&l[0]), 1);
    world_till_end(&l[0].till);
    world_till_end(&l[1].till);
    free(l);
}

/* --- shared frames ------------------------------------------------------------------------------------------ */

/* Line by line the same as a till's own frame, but for the number that a header says instead. */
static void check_shared(struct listener *listener)
{
    struct vn_enrolment_row row;
    struct vn_buf own, shared;
    struct vn_feed_made made_own, made_shared;
    struct vn_view left, right, own_line, shared_line;
    struct vn_error error;
    vn_buf_init(&own, FRAME_MAX);
    vn_buf_init(&shared, FRAME_MAX);
    world_row(&listener->till, &row);
    struct vn_feed_ask ask = {listener->store, listener->cursor, false, 100, &row};
    assert_int_equal(vn_feed_make(&listener->till.world->hub, &ask, &own, &made_own), VN_OK);
    ask.own = NULL;
    assert_int_equal(vn_feed_make(&listener->till.world->hub, &ask, &shared, &made_shared), VN_OK);
    assert_memory_equal(&made_own, &made_shared, sizeof made_own);
    left = vn_buf_view(&own);
    right = vn_buf_view(&shared);
    struct vn_feed_item *item = calloc(1, sizeof *item);
    struct vn_buf again;
    assert_non_null(item);
    vn_buf_init(&again, FRAME_MAX);
    assert_true(vn_wire_next_line(&left, &own_line));
    assert_true(vn_wire_next_line(&right, &shared_line));
    assert_true(vn_view_equal(own_line, shared_line));
    while (vn_wire_next_line(&left, &own_line)) {
        assert_true(vn_wire_next_line(&right, &shared_line));
        assert_int_equal(vn_feed_item_decode(shared_line, item, &error), VN_OK);
        if (item->kind == VN_FEED_MEMBER) {
            assert_int_equal(item->included_seq, -1);
            item->included_seq = row.posted_seq;
        }
        vn_buf_clear(&again);
        assert_int_equal(vn_feed_item_encode(item, &again), VN_OK);
        assert_true(vn_view_equal(own_line, vn_buf_view(&again)));
        vn_feed_item_deinit(item);
    }
    assert_int_equal(right.len, 0);
    free(item);
    vn_buf_deinit(&again);
    vn_buf_deinit(&own);
    vn_buf_deinit(&shared);
}

static void test_a_shared_frame_is_each_tills_own(void **state)
{
    struct world *world = *state;
    struct listener *l = calloc(3, sizeof *l);
    assert_non_null(l);
    seed = 33;
    world_slow_lane(world, 3600);
    for (unsigned i = 0; i < 3; i++) {
        listener_start(world, &l[i], i);
    }
    listener_import_members(world, 5);
    for (unsigned round = 0; round < 25; round++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", 1 + random_below(5));
        listener_sell(&l[random_below(3)], round, account, 1 + random_below(9));
        world->now_ms += random_below(3) * 600000;
        (void)world_publish(world);
        for (unsigned i = 0; i < 3; i++) {
            check_shared(&l[i]);
        }
        (void)listener_listen_once(&l[random_below(3)], 2);
    }
    for (unsigned i = 0; i < 3; i++) {
        world_till_end(&l[i].till);
    }
    free(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_frames_end_where_checkpoints_end),
        TEST(test_a_member_and_his_coupon_are_never_parted),
        TEST(test_a_checkpoint_that_is_full_ends_behind_a_member_and_his_coupon),
        TEST(test_a_stop_of_a_ruleset_that_is_no_longer_in_force_is_nobodys_news),
        TEST(test_marks_come_in_once_whatever_was_marked_twice),
        TEST(test_tombstones_are_kept_and_then_a_till_must_begin_anew),
        TEST(test_a_shared_frame_is_each_tills_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
