/* The screen model as one line of JSON, and lines that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ui/prompt/model.h"

static struct vn_screen_model sample(void)
{
    struct vn_screen_model m = {
        .locale = "sr",
        .tone = VN_TONE_ASK,
        .main = "Питајте за \"картицу\" \\ или наставите.",
        .secondary_count = 3,
        .secondary = {"један", "два", "три"},
        .action_count = 2,
        .actions = {{VN_ACTION_SPEND_ALL, "Искористи 500 поена"}, {VN_ACTION_DISMISS, "У реду"}},
        .who = "Милица · Gold",
        .points = "1.240 поена",
        .here = "овде највише 300",
        .payable = "1.234,50\u00a0RSD",
        .saved = "уштеда 120,00",
        .online = true,
        .network = "на мрежи",
    };
    return m;
}

static void test_round_trip_keeps_everything_on_one_line(void **state)
{
    (void)state;
    struct vn_screen_model in = sample();
    struct vn_screen_model out;
    struct vn_error error;
    struct vn_buf buf;
    vn_buf_init(&buf, VN_SCREEN_LINE_MAX);
    assert_int_equal(vn_screen_model_encode(&in, &buf), VN_OK);
    assert_null(memchr(buf.data, '\n', buf.len));
    assert_int_equal(vn_screen_model_decode(vn_buf_view(&buf), &out, &error), VN_OK);
    assert_true(vn_screen_model_equal(&in, &out));
    vn_buf_deinit(&buf);
}

static void test_the_largest_model_fits_its_line(void **state)
{
    (void)state;
    struct vn_screen_model m = {
        .locale = "en", .secondary_count = VN_PROMPT_SECONDARY, .action_count = VN_PROMPT_ACTIONS};
    char *const texts[] = {m.main,
                           m.secondary[0],
                           m.secondary[1],
                           m.secondary[2],
                           m.who,
                           m.saved,
                           m.actions[0].label,
                           m.actions[1].label,
                           m.actions[2].label,
                           m.points,
                           m.payable,
                           m.network,
                           m.actions[3].label,
                           m.here};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        memset(texts[i], '"', VN_PROMPT_TEXT_MAX - 1); /* each is written as two bytes */
    }
    for (unsigned i = 0; i < VN_PROMPT_ACTIONS; i++) {
        m.actions[i].action = VN_ACTION_FORGET_CARD;
    }
    struct vn_screen_model out;
    struct vn_buf buf;
    vn_buf_init(&buf, VN_SCREEN_LINE_MAX);
    assert_int_equal(vn_screen_model_encode(&m, &buf), VN_OK);
    assert_int_equal(vn_screen_model_decode(vn_buf_view(&buf), &out, NULL), VN_OK);
    assert_true(vn_screen_model_equal(&m, &out));
    vn_buf_deinit(&buf);
}

static void test_a_full_buffer_is_refused(void **state)
{
    (void)state;
    struct vn_screen_model m = sample();
    struct vn_buf buf;
    vn_buf_init(&buf, 20);
    assert_int_equal(vn_screen_model_encode(&m, &buf), VN_FULL);
    vn_buf_deinit(&buf);
}

static void test_malformed_lines_are_refused_with_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *pointer;
    } cases[] = {
        {"", NULL},
        {"{", NULL},
        {"[]", "/locale"},
        {"null", NULL},
        {"{}", "/locale"},
        {"{\"locale\":\"en\",\"tone\":\"angry\",\"main\":\"x\",\"online\":true}", "/tone"},
        {"{\"locale\":\"en\",\"tone\":\"calm\",\"main\":7,\"online\":true}", "/main"},
        {"{\"locale\":\"en\",\"tone\":\"calm\",\"main\":\"a\\nb\",\"online\":true}", "/main"},
        {"{\"locale\":\"en\",\"tone\":\"calm\",\"main\":\"x\",\"online\":1}", "/online"},
        {"{\"locale\":\"en\",\"tone\":\"calm\",\"main\":\"x\",\"online\":true,\"secondary\":[1]}",
         "/secondary/0"},
        {"{\"locale\":\"en\",\"tone\":\"calm\",\"main\":\"x\",\"online\":true,"
         "\"secondary\":[\"a\",\"b\",\"c\",\"d\"]}",
         "/secondary"},
        {"{\"locale\":\"en\",\"tone\":\"calm\",\"main\":\"x\",\"online\":true,\"actions\":[{}]}",
         "/actions/0/action"},
        {"{\"locale\":\"en\",\"locale\":\"en\"}", NULL},
        {"{\"locale\":\"\xff\"}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vn_screen_model out;
        struct vn_error error = {0};
        assert_int_equal(vn_screen_model_decode(vn_view_str(cases[i].line), &out, &error), VN_INPUT);
        assert_true(error.text[0] != '\0');
        assert_int_equal(out.main[0], '\0');
        if (cases[i].pointer != NULL) {
            assert_string_equal(error.pointer, cases[i].pointer);
        }
        assert_int_equal(vn_screen_model_decode(vn_view_str(cases[i].line), &out, NULL), VN_INPUT);
    }
}

static void test_texts_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char line[VN_SCREEN_LINE_MAX + 64];
    memset(line, ' ', sizeof line);
    struct vn_screen_model out;
    struct vn_error error;
    assert_int_equal(vn_screen_model_decode(vn_view_of(line, sizeof line), &out, &error), VN_INPUT);
    struct vn_buf buf;
    vn_buf_init(&buf, VN_SCREEN_LINE_MAX);
    assert_int_equal(
        vn_buf_append_str(&buf, "{\"locale\":\"en\",\"tone\":\"calm\",\"online\":true,\"main\":\""), VN_OK);
    memset(line, 'x', VN_PROMPT_TEXT_MAX);
    assert_int_equal(vn_buf_append(&buf, vn_view_of(line, VN_PROMPT_TEXT_MAX)), VN_OK);
    assert_int_equal(vn_buf_append_str(&buf, "\"}"), VN_OK);
    assert_int_equal(vn_screen_model_decode(vn_buf_view(&buf), &out, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/main");
    vn_buf_deinit(&buf);
}

static void test_what_a_newer_agent_adds_is_left_out(void **state)
{
    (void)state;
    const char *line =
        "{\"locale\":\"en\",\"tone\":\"good\",\"main\":\"x\",\"online\":true,\"picture\":\"cat.png\","
        "\"actions\":[{\"action\":\"fly\",\"label\":\"Fly\"},"
        "{\"action\":\"dismiss\",\"label\":\"OK\",\"colour\":\"red\"}]}";
    struct vn_screen_model out;
    struct vn_error error;
    assert_int_equal(vn_screen_model_decode(vn_view_str(line), &out, &error), VN_OK);
    assert_int_equal(out.action_count, 1);
    assert_int_equal(out.actions[0].action, VN_ACTION_DISMISS);
    assert_string_equal(out.actions[0].label, "OK");
    assert_string_equal(out.actions[1].label, "");
}

static void test_what_an_older_agent_does_not_say_is_empty(void **state)
{
    (void)state;
    const char *line =
        "{\"locale\":\"en\",\"tone\":\"good\",\"main\":\"x\",\"secondary\":[],\"actions\":[],\"who\":\"Ana\","
        "\"points\":\"5 points\",\"payable\":\"\",\"saved\":\"\",\"online\":true,\"network\":\"online\"}";
    struct vn_screen_model out;
    struct vn_buf buf;
    assert_int_equal(vn_screen_model_decode(vn_view_str(line), &out, NULL), VN_OK);
    assert_string_equal(out.points, "5 points");
    assert_string_equal(out.here, "");
    vn_buf_init(&buf, VN_SCREEN_LINE_MAX);
    assert_int_equal(vn_screen_model_encode(&out, &buf), VN_OK); /* and one without it is written as it was */
    assert_int_equal(buf.len, strlen(line));
    assert_memory_equal(buf.data, line, buf.len);
    vn_buf_deinit(&buf);
}

static void test_every_cut_of_a_line_is_refused(void **state)
{
    (void)state;
    struct vn_screen_model in = sample();
    struct vn_buf buf;
    vn_buf_init(&buf, VN_SCREEN_LINE_MAX);
    assert_int_equal(vn_screen_model_encode(&in, &buf), VN_OK);
    for (size_t len = 0; len < buf.len; len++) {
        struct vn_screen_model out;
        assert_int_equal(vn_screen_model_decode(vn_view_of(buf.data, len), &out, NULL), VN_INPUT);
    }
    vn_buf_deinit(&buf);
}

static void test_action_names_go_both_ways(void **state)
{
    (void)state;
    for (unsigned i = 1; i < VN_ACTION_COUNT; i++) {
        assert_int_equal(vn_action_of(vn_action_name((enum vn_action)i)), i);
    }
    assert_int_equal(vn_action_of("none"), VN_ACTION_NONE);
    assert_int_equal(vn_action_of("Spend_all"), VN_ACTION_NONE);
    assert_string_equal(vn_action_name(VN_ACTION_COUNT), "none");
    assert_string_equal(vn_tone_name((enum vn_tone)9), "calm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_keeps_everything_on_one_line),
        cmocka_unit_test(test_the_largest_model_fits_its_line),
        cmocka_unit_test(test_a_full_buffer_is_refused),
        cmocka_unit_test(test_malformed_lines_are_refused_with_the_place),
        cmocka_unit_test(test_texts_that_are_too_long_are_refused),
        cmocka_unit_test(test_what_a_newer_agent_adds_is_left_out),
        cmocka_unit_test(test_what_an_older_agent_does_not_say_is_empty),
        cmocka_unit_test(test_every_cut_of_a_line_is_refused),
        cmocka_unit_test(test_action_names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
