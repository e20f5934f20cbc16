#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "agent/base/limits.h"
#include "agent/base/log.h"

struct world {
    FILE *file;
    struct vn_log *log;
    int64_t wall_ms;
    char text[1 << 18]; /* what was written so far */
};

static int64_t wall_ms(void *ctx)
{
    return ((struct world *)ctx)->wall_ms;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    world->file = tmpfile();
    world->wall_ms = 1795335330123; /* 2026-11-22 08:15:30 */
    if (world->file == NULL) {
        free(world);
        return -1;
    }
    world->log = vn_log_create(fileno(world->file), VN_LOG_INFO, VN_LOG_TEXT,
                               (struct vn_clock){wall_ms, wall_ms, world});
    *state = world;
    return world->log == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    vn_log_destroy(world->log);
    (void)fclose(world->file);
    free(world);
    return 0;
}

static const char *written(struct world *world)
{
    ssize_t len = pread(fileno(world->file), world->text, sizeof world->text - 1, 0);
    assert_true(len >= 0);
    world->text[len] = '\0';
    return world->text;
}

/* The value of one text field, as it stands on its line. */
static const char *value_of(struct world *world, const char *text)
{
    assert_int_equal(ftruncate(fileno(world->file), 0), 0);
    assert_int_equal(lseek(fileno(world->file), 0, SEEK_SET), 0);
    world->wall_ms += 1000;
    vn_log_event(world->log, VN_LOG_INFO, "e", VN_S("v", text));
    const char *line = written(world);
    assert_int_equal(line[strlen(line) - 1], '\n');
    world->text[strlen(line) - 1] = '\0';
    const char *at = strstr(line, " v=");
    assert_non_null(at);
    return at + 3;
}

static void test_a_line_has_time_level_event_and_fields(void **state)
{
    struct world *world = *state;
    vn_log_event(world->log, VN_LOG_WARN, "uploaded", VN_I("acked", 412), VN_S("why", "two words"),
                 VN_S("none", ""));
    assert_string_equal(written(world),
                        "2026-11-22T08:15:30.123Z warn uploaded acked=412 why=\"two words\" none=\"\"\n");
}

/* The same log, as JSON. */
static void as_json(struct world *world)
{
    vn_log_destroy(world->log);
    world->log = vn_log_create(fileno(world->file), VN_LOG_INFO, VN_LOG_JSON,
                               (struct vn_clock){wall_ms, wall_ms, world});
    assert_non_null(world->log);
}

/* What was written last, parsed. */
static json_t *parsed(struct world *world)
{
    const char *text = written(world);
    json_error_t error;
    assert_int_equal(text[strlen(text) - 1], '\n');
    world->text[strlen(text) - 1] = '\0';
    const char *line = strrchr(text, '\n');
    json_t *root = json_loads(line == NULL ? text : line + 1, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    return root;
}

static void test_json_lines_have_the_same_keys(void **state)
{
    struct world *world = *state;
    as_json(world);
    vn_log_event(world->log, VN_LOG_WARN, "uploaded", VN_I("acked", -412), VN_S("why", "two \"words\" \\"),
                 VN_S("none", ""), VN_S("card", "4111 1111 1111 1111"));
    assert_string_equal(written(world),
                        "{\"time\":\"2026-11-22T08:15:30.123Z\",\"level\":\"warn\",\"event\":\"uploaded\","
                        "\"acked\":-412,\"why\":\"two \\\"words\\\" \\\\\",\"none\":\"\","
                        "\"card\":\"**** **** **** 1111\"}\n");
}

static void test_json_lines_are_json_whatever_is_logged(void **state)
{
    struct world *world = *state;
    static const char *const texts[] = {"\n\t\x1b\x7f", "\xff\xfe",     "\xc3",
                                        "caf\xc3\xa9",  "\xed\xa0\x80", "\xf0\x9f\x8d\x8c"};
    static const char *const wanted[] = {"____", "??", "?", "caf\xc3\xa9", "???", "\xf0\x9f\x8d\x8c"};
    char many[1024];
    as_json(world);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        world->wall_ms += 1000;
        vn_log_event(world->log, VN_LOG_INFO, "e", VN_S("v", texts[i]));
        json_t *root = parsed(world);
        assert_string_equal(json_string_value(json_object_get(root, "v")), wanted[i]);
        json_decref(root);
    }
    for (size_t i = 0; i + 3 < sizeof many;
         i += 2) { /* letters of two bytes, one of them at the limit; and all to be escaped */
        memcpy(many + i, "\xc3\xa9", 3);
    }
    vn_log_event(world->log, VN_LOG_INFO, "e", VN_S("v", many), VN_S("w", many + 1));
    json_decref(parsed(world));
    memset(many, '"', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    vn_log_event(world->log, VN_LOG_INFO, "e", VN_S("a", many), VN_S("b", many), VN_S("c", many),
                 VN_S("d", many), VN_S("f", many));
    json_decref(parsed(world));
}

static void test_json_lines_say_how_many_were_left_out(void **state)
{
    struct world *world = *state;
    as_json(world);
    for (unsigned i = 0; i < VN_LOG_BURST + 3; i++) {
        vn_log_event(world->log, VN_LOG_INFO, "e", VN_I("n", i));
    }
    world->wall_ms += 1000;
    vn_log_event(world->log, VN_LOG_INFO, "e", VN_I("n", 1));
    json_t *root = parsed(world);
    assert_int_equal(json_integer_value(json_object_get(root, "left_out")), 3);
    json_decref(root);
}

static void test_below_the_level_nothing_is_written(void **state)
{
    struct world *world = *state;
    vn_log_event(world->log, VN_LOG_DEBUG, "e", VN_I("n", 1));
    vn_log_event(NULL, VN_LOG_ERROR, "e", VN_I("n", 1));
    assert_string_equal(written(world), "");
}

static void test_a_value_can_not_end_its_line_or_its_quotes(void **state)
{
    struct world *world = *state;
    assert_string_equal(value_of(world, "a\nb\r\"c\x1b[2J\x7f"), "a_b__c_[2J_");
    assert_string_equal(value_of(world, "a=b"), "\"a=b\"");
}

static void test_card_numbers_are_masked_wherever_they_stand(void **state)
{
    struct world *world = *state;
    assert_string_equal(value_of(world, "4111111111111111"), "************1111");
    assert_string_equal(value_of(world, "x4111111111111111y"), "x************1111y");
    assert_string_equal(value_of(world, "411111111111"), "********1111");
    assert_string_equal(value_of(world, ";4111111111111111=25121010000012345678?"),
                        "\";************1111=****************5678?\"");
    assert_string_equal(value_of(world, "4111111111111111251210100000"), "************************0000");
    assert_string_equal(value_of(world, "4111 1111 1111 1111"), "\"**** **** **** 1111\"");
    assert_string_equal(value_of(world, "4111-1111-1111-1111 x"), "\"****-****-****-1111 x\"");
}

static void test_other_numbers_stay_readable(void **state)
{
    struct world *world = *state;
    assert_string_equal(value_of(world, "12345678901"), "12345678901");
    assert_string_equal(value_of(world, "2026-11-22T08:15:30.123Z"), "2026-11-22T08:15:30.123Z");
    assert_string_equal(value_of(world, "192.168.100.200:8443"), "192.168.100.200:8443");
}

/* Wherever the limit falls, no run of a card's digits but its last four may be left. */
static void test_a_cut_value_never_shows_half_a_card(void **state)
{
    struct world *world = *state;
    static const char *const cards[] = {"4111111111111111", "4111 1111 1111 1111"};
    for (size_t pad = VN_LOG_VALUE_MAX - 30; pad < VN_LOG_VALUE_MAX + 2; pad++) {
        for (size_t i = 0; i < 2; i++) {
            char text[VN_LOG_VALUE_MAX + 64];
            memset(text, 'x', pad);
            (void)snprintf(text + pad, sizeof text - pad, "%s and more", cards[i]);
            assert_null(strstr(value_of(world, text), "41"));
        }
    }
}

static void test_an_event_that_comes_too_often_is_counted(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < VN_LOG_BURST + 7; i++) {
        vn_log_event(world->log, VN_LOG_INFO, "noisy", VN_I("i", i));
    }
    vn_log_event(world->log, VN_LOG_INFO, "quiet", VN_I("i", 0));
    unsigned lines = 0;
    for (const char *at = written(world); (at = strstr(at, " noisy ")) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, VN_LOG_BURST);
    assert_non_null(strstr(written(world), " quiet i=0\n"));
    world->wall_ms += 1000;
    vn_log_event(world->log, VN_LOG_INFO, "noisy", VN_I("i", 99));
    assert_non_null(strstr(written(world), " noisy i=99 left_out=7\n"));
}

static void test_more_events_than_are_watched_are_still_written(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 3 * VN_LOG_EVENTS; i++) {
        char event[16];
        (void)snprintf(event, sizeof event, "event%d", i);
        vn_log_event(world->log, VN_LOG_INFO, event, VN_I("i", i));
    }
    assert_non_null(strstr(written(world), " event191 i=191\n"));
}

static void test_oversized_names_and_many_fields_stay_one_line(void **state)
{
    struct world *world = *state;
    struct vn_log_field fields[40];
    char name[3000];
    char value[3000];
    memset(name, 'n', sizeof name - 1);
    memset(value, ' ', sizeof value - 1);
    name[sizeof name - 1] = value[sizeof value - 1] = '\0';
    for (size_t i = 0; i < 40; i++) {
        fields[i] = VN_S(name, value);
    }
    vn_log_write(world->log, VN_LOG_INFO, name, fields, 40);
    const char *line = written(world);
    assert_true(strlen(line) < VN_LOG_LINE_MAX);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_line_has_time_level_event_and_fields),
        TEST(test_json_lines_have_the_same_keys),
        TEST(test_json_lines_are_json_whatever_is_logged),
        TEST(test_json_lines_say_how_many_were_left_out),
        TEST(test_below_the_level_nothing_is_written),
        TEST(test_a_value_can_not_end_its_line_or_its_quotes),
        TEST(test_card_numbers_are_masked_wherever_they_stand),
        TEST(test_other_numbers_stay_readable),
        TEST(test_a_cut_value_never_shows_half_a_card),
        TEST(test_an_event_that_comes_too_often_is_counted),
        TEST(test_more_events_than_are_watched_are_still_written),
        TEST(test_oversized_names_and_many_fields_stay_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
