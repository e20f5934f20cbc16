#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/uplink_fake.h"

/* Ten thousand events in an order that nobody chose, against a hub that says anything. Whatever happens: one request a
 * channel, never more sent than there is, each question about rights answered, and something always under way or set. */
struct world {
    struct fake *fake;
    struct vn_random random;
    uint64_t seed;
    int64_t head;
    unsigned asked;
    unsigned calls; /* answers when it was asked */
    bool open;      /* a question waits for its answer */
};

static unsigned draw(struct world *world, unsigned below)
{
    uint32_t value = 0;
    assert_int_equal(vn_random_fill(&world->random, (uint8_t *)&value, sizeof value), VN_OK);
    return value % below;
}

static void answer_up(struct world *world)
{
    struct fake *fake = world->fake;
    bool rights = strcmp(fake->up.path, "/v1/rights") == 0;
    int64_t some = 1 + (int64_t)draw(world, (unsigned)world->head + 3);
    switch (draw(world, 10)) {
    case 0: fake_lose(fake, VN_UPLINK_UP, "lost"); break;
    case 1: fake_expected(fake, some); break;
    case 2: fake_reply(fake, VN_UPLINK_UP, 413, ""); break;
    case 3: fake_reply_later(fake, VN_UPLINK_UP, 503, draw(world, 3000)); break;
    case 4: fake_refuse(fake, VN_UPLINK_UP, draw(world, 2) == 0 ? 401 : 403, "branch"); break;
    case 5: fake_reply(fake, VN_UPLINK_UP, 200, "{}"); break;
    default:
        if (rights) {
            fake_grant(fake, "w42", 5);
        } else {
            fake_ack(fake, draw(world, 4) == 0 ? some : world->head, 0, draw(world, 5) == 0 ? 900 : 0);
        }
    }
}

static void answer_feed(struct world *world)
{
    struct fake *fake = world->fake;
    switch (draw(world, 8)) {
    case 0: fake_lose(fake, VN_UPLINK_FEED, "lost"); break;
    case 1: fake_reply(fake, VN_UPLINK_FEED, 410, ""); break;
    case 2: fake_reply(fake, VN_UPLINK_FEED, 500, ""); break;
    case 3: fake_reply_later(fake, VN_UPLINK_FEED, 429, -1); break;
    case 4: fake_refuse(fake, VN_UPLINK_FEED, 403, "revoked"); break;
    default: fake_reply(fake, VN_UPLINK_FEED, 200, "frame"); break;
    }
}

static void ask_or_wait(struct world *world)
{
    struct vn_rights_request request = {.count = 1, .wants = {{.account = "w42", .granted = 5}}};
    unsigned before = world->fake->rights_calls;
    if (draw(world, 2) == 0) {
        enum vn_status status = vn_uplink_ask(world->fake->uplink, &request);
        assert_int_equal(status, VN_OK);
        world->asked++;
        world->open = world->fake->rights_calls == before;
        assert_true(world->fake->rights_calls <= before + 1);
    } else {
        vn_uplink_on_rights_timer(world->fake->uplink);
        assert_true(!world->open || world->fake->rights_calls > world->calls); /* nobody waits longer */
        world->open = false;
    }
    world->calls = world->open ? before : world->fake->rights_calls;
}

static void applied(struct world *world)
{
    struct vn_cursor cursor = {1, 7 + (int64_t)draw(world, 3)};
    world->fake->applying = false;
    vn_uplink_on_applied(world->fake->uplink, draw(world, 8) == 0 ? VN_IO : VN_OK, &cursor, "");
}

static void step(struct world *world)
{
    struct fake *fake = world->fake;
    fake->now_ms += draw(world, 50);
    switch (draw(world, 8)) {
    case 0: vn_uplink_on_grown(fake->uplink, world->head += draw(world, 3)); break;
    case 1: ask_or_wait(world); break;
    case 2: vn_uplink_report(fake->uplink); break;
    case 3:
        if (fake->up.timer) {
            fake_timer(fake, VN_UPLINK_UP);
        }
        break;
    case 4:
        if (fake->feed.timer) {
            fake_timer(fake, VN_UPLINK_FEED);
        }
        break;
    default:
        if (fake->reading) {
            fake_batch(fake, (unsigned)(world->head - fake->read_after) > fake->read_max
                                 ? fake->read_max
                                 : (unsigned)(world->head - fake->read_after));
        } else if (fake->applying) {
            applied(world);
        } else if (fake->up.busy && (!fake->feed.busy || draw(world, 2) == 0)) {
            answer_up(world);
        } else if (fake->feed.busy) {
            answer_feed(world);
        }
    }
}

static void check_invariants(const struct world *world)
{
    const struct fake *fake = world->fake;
    struct vn_uplink_info info = fake_info(fake);
    assert_int_equal(fake->overlaps, 0);
    assert_true(info.acked_seq <= world->head);
    assert_true(!fake->reading || (fake->read_after >= 0 && fake->read_after < world->head));
    assert_true(!fake->reading || (fake->read_max >= 1 && fake->read_max <= VN_BATCH_ENTRIES_MAX));
    assert_true(fake->feed.busy || fake->applying || fake->feed.timer); /* the feed never stops */
    assert_true(!fake->up.timer || fake->up.timer_ms >= 100 || fake->up.timer_ms == 0);
    assert_true(info.online || info.reason[0] != '\0');
    /* In touch, and with a reason all the same: the other channel has failed, and is not through yet. */
    assert_true(info.state != VN_UPLINK_LIVE || info.reason[0] == '\0' || fake->up.timer || fake->up.busy ||
                fake->reading);
}

/* The hub mends its ways: everything must drain. */
static void drain(struct world *world)
{
    struct fake *fake = world->fake;
    for (int i = 0; i < 500; i++) {
        if (fake->reading) {
            int64_t left = world->head - fake->read_after;
            fake_batch(fake, left > fake->read_max ? fake->read_max : (unsigned)left);
        } else if (fake->up.busy && strcmp(fake->up.path, "/v1/journal") == 0) {
            fake_ack(fake, world->head, world->head, 0);
        } else if (fake->up.busy) {
            fake_reply(fake, VN_UPLINK_UP, 200, "{\"schema\":1,\"number\":0,\"grants\":[]}");
        } else if (fake->up.timer) {
            fake_timer(fake, VN_UPLINK_UP);
        }
        if (fake->applying) {
            struct vn_cursor cursor = {1, 20 + i};
            fake->applying = false;
            vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
        } else if (fake->feed.busy) {
            fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
        } else if (fake->feed.timer) {
            fake_timer(fake, VN_UPLINK_FEED);
        }
    }
}

static void test_ten_thousand_events_in_any_order(void **state)
{
    struct fake *fake = *state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct world world = {.fake = fake, .seed = seed, .head = 3};
        world.random = vn_random_seeded(&world.seed);
        fake_destroy(fake);
        fake_create(fake, seed);
        fake_start(fake, world.head, 0, 0);
        for (int i = 0; i < 10000; i++) {
            step(&world);
            check_invariants(&world);
        }
        vn_uplink_on_rights_timer(fake->uplink);
        assert_true(fake->rights_calls > 0 && fake->rights_nulls > 0 &&
                    fake->rights_calls > fake->rights_nulls);
        assert_true(fake->acked_calls > 0 && world.asked > 100);
        vn_uplink_on_grown(fake->uplink, ++world.head); /* only the journal itself ends a quarantine */
        drain(&world);
        assert_int_equal(fake_info(fake).acked_seq, world.head);
        assert_int_equal(fake_info(fake).state, VN_UPLINK_LIVE);
        assert_string_equal(fake_info(fake).reason, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ten_thousand_events_in_any_order, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
