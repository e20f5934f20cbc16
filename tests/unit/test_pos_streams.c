#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/pos_world.h"

static char out[1 << 20];

static int lines_in(const char *text)
{
    int lines = 0;
    for (const char *at = text; (at = strstr(at, "}\n")) != NULL; at++) {
        lines++;
    }
    return lines;
}

static int follow(struct pos_world *world, const char *path)
{
    int fd = pos_connect(world);
    pos_send(fd, "GET", path, "", "");
    pos_run_ms(world, 20);
    out[0] = '\0';
    (void)pos_receive(world, fd, out, sizeof out);
    return fd;
}

static void test_a_screen_gets_its_first_line_at_once_and_then_only_changes(void **state)
{
    struct pos_world *world = *state;
    int fd = follow(world, "/v1/screen?locale=en");
    assert_non_null(strstr(out, "application/x-ndjson"));
    assert_int_equal(lines_in(out), 1);
    vn_local_api_changed(world->api); /* nothing is another */
    (void)pos_receive(world, fd, out, sizeof out);
    assert_int_equal(lines_in(out), 1);
    vn_till_network(world->till, false, 1795334400000, false);
    pos_run_ms(world, 20);
    (void)pos_receive(world, fd, out, sizeof out);
    assert_int_equal(lines_in(out), 2);
    (void)close(fd);
}

static void test_each_screen_speaks_its_language(void **state)
{
    struct pos_world *world = *state;
    int fd = follow(world, "/v1/screen?locale=sr@latin");
    assert_non_null(strstr(out, "\"sr@latin\""));
    int other = follow(world, "/v1/screen?locale=pl");
    assert_non_null(strstr(out, "\"pl\""));
    int fallback = follow(world, "/v1/screen");
    assert_non_null(strstr(out, "\"en\""));
    (void)close(fd);
    (void)close(other);
    (void)close(fallback);
}

static void test_events_are_told_as_they_happen(void **state)
{
    struct pos_world *world = *state;
    int fd = follow(world, "/v1/events");
    assert_int_equal(lines_in(out), 0);
    (void)vn_till_scan(world->till, "]E0", vn_view_str("4006381333931"));
    (void)vn_till_scan(world->till, "", vn_view_str("2990000000019"));
    (void)vn_till_scan(world->till, "", vn_view_str("4111111111111111"));
    vn_local_api_event_network(world->api, false);
    vn_local_api_event_ruleset(world->api, 8);
    pos_run_ms(world, 30);
    (void)pos_receive(world, fd, out, sizeof out);
    assert_non_null(strstr(out, "{\"event\":\"scan\",\"code\":\"4006381333931\"}\n"));
    assert_non_null(strstr(out, "{\"event\":\"card\",\"state\":\"known\"}\n"));
    assert_non_null(strstr(out, "{\"event\":\"card\",\"state\":\"payment\"}\n"));
    assert_non_null(strstr(out, "{\"event\":\"network\",\"online\":false}\n"));
    assert_non_null(strstr(out, "{\"event\":\"ruleset\",\"number\":8}\n"));
    assert_null(strstr(out, "4111"));
    (void)close(fd);
}

static void test_a_new_outcome_is_an_event_of_its_sale(void **state)
{
    struct pos_world *world = *state;
    struct vn_basket *basket = calloc(1, sizeof *basket);
    struct vn_till_call call = {.kind = VN_TILL_QUOTE, .sale = {"1", "2026-11-22", "5"}, .basket = basket};
    assert_non_null(basket);
    basket->key = call.sale;
    basket->line_count = 1;
    basket->lines[0] = (struct vn_line){.id = 1, .code = "1", .qty_milli = 1000, .amount_minor = 100000};
    vn_till_call(world->till, &call);
    pos_run_ms(world, 5);
    int fd = follow(world, "/v1/events");
    (void)vn_till_scan(world->till, "", vn_view_str("2990000000019"));
    pos_run_ms(world, 30);
    (void)pos_receive(world, fd, out, sizeof out);
    assert_non_null(strstr(
        out, "\"event\":\"outcome\",\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"5\"}"));
    assert_non_null(strstr(out, "\"points_earned\":20"));
    (void)close(fd);
}

static void test_a_follower_that_leaves_is_forgotten(void **state)
{
    struct pos_world *world = *state;
    for (int i = 0; i < 3 * VN_LOCAL_CONNECTIONS_MAX; i++) {
        int fd = follow(world, "/v1/screen");
        assert_int_equal(lines_in(out), 1);
        (void)close(fd);
        pos_run_ms(world, 3);
    }
}

static void test_a_follower_that_reads_too_slowly_is_cut_and_the_others_go_on(void **state)
{
    struct pos_world *world = *state;
    static char payload[3000];
    int slow = follow(world, "/v1/events");
    int screen = follow(world, "/v1/screen");
    memset(payload, 'x', sizeof payload - 1);
    for (int i = 0; i < 400; i++) {
        (void)vn_till_scan(world->till, "]Q1", vn_view_str(payload));
        if (i % 20 == 0) {
            pos_run_ms(world, 1);
        }
    }
    pos_run_ms(world, 50);
    bool open = true;
    for (int i = 0; i < 2000 && open; i++) {
        out[0] = '\0';
        open = pos_receive(world, slow, out, sizeof out);
    }
    assert_false(open);
    vn_till_network(world->till, false, 1795334400000, false);
    out[0] = '\0';
    pos_run_ms(world, 20);
    assert_true(pos_receive(world, screen, out, sizeof out));
    assert_int_equal(lines_in(out), 1);
    (void)close(slow);
    (void)close(screen);
}

static void test_followers_are_ended_when_the_agent_stops(void **state)
{
    struct pos_world *world = *state;
    int fd = follow(world, "/v1/screen");
    struct vn_local_api *again = NULL;
    struct vn_local_api_sources sources = {0};
    struct vn_error error;
    assert_int_equal(vn_local_api_create(&world->loop, vn_clock_system(), NULL, world->path, "en", &sources,
                                         &again, &error),
                     VN_CONFLICT); /* another agent is there already */
    assert_null(again);
    assert_int_equal(lines_in(out), 1);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_screen_gets_its_first_line_at_once_and_then_only_changes,
                                        pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_each_screen_speaks_its_language, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_events_are_told_as_they_happen, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_new_outcome_is_an_event_of_its_sale, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_follower_that_leaves_is_forgotten, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_follower_that_reads_too_slowly_is_cut_and_the_others_go_on,
                                        pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_followers_are_ended_when_the_agent_stops, pos_setup,
                                        pos_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
