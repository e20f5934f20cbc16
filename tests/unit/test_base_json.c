#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/json.h"

static enum vn_status parse(const char *text, json_t **root, struct vn_error *error)
{
    return vn_json_parse(vn_view_str(text), root, error);
}

static void test_only_whole_strict_documents_are_taken(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "{} {}",
                                      "{\"a\":1,}",
                                      "{\"a\":1,\"a\":2}",
                                      "{'a':1}",
                                      "[01]",
                                      "[9223372036854775808]",
                                      "[1e999]",
                                      "[NaN]",
                                      "\"text\"",
                                      "[\"\\u0000\"]",
                                      "[\"\xff\"]",
                                      "[\"\xc0\xaf\"]",
                                      "[\"\\ud800\"]"};
    json_t *root = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct vn_error error = {VN_OK, "", ""};
        assert_int_equal(parse(bad[i], &root, &error), VN_INPUT);
        assert_null(root);
        assert_int_equal(error.status, VN_INPUT);
    }
    assert_int_equal(vn_json_parse(VN_VIEW_NONE, &root, NULL), VN_INPUT);
    assert_int_equal(vn_json_parse(vn_view_of("[1]\0", 4), &root, NULL), VN_INPUT);
    assert_int_equal(parse(" {\"a\":[1,\"\\u0161\"]} ", &root, NULL), VN_OK);
    json_decref(root);
}

/* A till's request may hold a card's number: it comes back in no sentence about it. */
static void test_no_sentence_quotes_what_was_read(void **state)
{
    static const char *const texts[] = {"{\"card\":4111111111111111x}",       "{\"card\":4111111111111111}",
                                        "{\"card\":\"4111111111111111",       "{\"4111111111111111\":1 2}",
                                        "{\"card\":\"4111111111111111\\n\"}", "4111111111111111"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *root = NULL;
        char card[8];
        int64_t number = 0;
        struct vn_error error;
        if (parse(texts[i], &root, &error) == VN_OK) {
            struct vn_json_in in = vn_json_root(root, &error);
            vn_json_str(&in, "card", VN_REQUIRED, card, sizeof card);
            assert_null(strstr(error.text, "4111"));
            in = vn_json_root(root, &error);
            vn_json_int(&in, "card", VN_REQUIRED, 0, 100, &number);
        }
        json_decref(root);
        assert_int_equal(error.status, VN_INPUT);
        assert_null(strstr(error.text, "4111"));
        assert_null(strstr(error.pointer, "4111"));
    }
}

static void test_a_document_that_is_not_taken_is_told_why(void **state)
{
    static const char *const rows[][2] = {
        {"{\"a\":9223372036854775808}", "a number is too large at column"},
        {"{\"a\":1e999}", "a number is too large"},
        {"{\"a\":1,\n\"a\":2}", "a key stands twice in its object at line 2"},
        {"[\"\\u0000\"]", "a text contains \\u0000"},
        {"{\"\\u0000\":1}", "a text contains \\u0000"},
        {"[\"\xff\"]", "not UTF-8"},
        {"{\"a\":1", "ends too early"},
        {"{} {}", "follows the end"},
        {"{'a':1}", "not valid JSON at column 2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_error error;
        json_t *root = NULL;
        assert_int_equal(parse(rows[i][0], &root, &error), VN_INPUT);
        if (strstr(error.text, rows[i][1]) == NULL) {
            fail_msg("%s: %s", rows[i][0], error.text);
        }
    }
}

static void test_nesting_is_limited_and_brackets_in_texts_do_not_count(void **state)
{
    char text[200] = "";
    json_t *root = NULL;
    struct vn_error error;
    (void)state;
    for (int depth = VN_JSON_DEPTH_MAX; depth <= VN_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        assert_int_equal(parse(text, &root, &error), depth == VN_JSON_DEPTH_MAX ? VN_OK : VN_INPUT);
        json_decref(root);
    }
    assert_non_null(strstr(error.text, "16"));
    assert_int_equal(parse("[\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[\"]", &root, &error), VN_OK);
    json_decref(root);
}

struct read {
    int64_t number;
    bool flag;
    char text[6];
    int choice;
    uint8_t hash[2];
    size_t count;
};

static const char *const choices[] = {"red", "green", NULL};

/* Reads everything once; *out keeps its defaults where nothing was read. */
static enum vn_status read_all(const char *text, struct read *out, struct vn_error *error)
{
    json_t *root = NULL;
    *out = (struct read){.number = -1, .text = "none", .choice = -1};
    assert_int_equal(parse(text, &root, error), VN_OK);
    struct vn_json_in in = vn_json_root(root, error);
    struct vn_json_in inner = vn_json_object(&in, "in", VN_OPTIONAL);
    vn_json_int(&in, "number", VN_OPTIONAL, 0, 100, &out->number);
    vn_json_bool(&in, "flag", VN_OPTIONAL, &out->flag);
    vn_json_str(&inner, "text", VN_OPTIONAL, out->text, sizeof out->text);
    vn_json_enum(&in, "choice", VN_OPTIONAL, choices, &out->choice);
    vn_json_hex(&in, "hash", VN_OPTIONAL, out->hash, sizeof out->hash);
    struct vn_json_in list = vn_json_array(&in, "list", VN_OPTIONAL, 2, &out->count);
    for (size_t i = 0; i < out->count; i++) {
        struct vn_json_in element = vn_json_at(&list, i);
        vn_json_int(&element, "n", VN_REQUIRED, 0, 9, &out->number);
    }
    json_decref(root);
    return error->status;
}

static void test_each_value_is_read_with_its_type(void **state)
{
    struct read read;
    struct vn_error error;
    (void)state;
    assert_int_equal(read_all("{\"number\":100,\"flag\":true,\"in\":{\"text\":\"\xc5\xa1"
                              "abc\"},"
                              "\"choice\":\"green\",\"hash\":\"0aFF\"}",
                              &read, &error),
                     VN_OK);
    assert_int_equal(read.number, 100);
    assert_true(read.flag);
    assert_string_equal(read.text, "\xc5\xa1"
                                   "abc");
    assert_int_equal(read.choice, 1);
    assert_int_equal(read.hash[1], 0xff);
    assert_int_equal(read_all("{\"list\":[{\"n\":4},{\"n\":5}]}", &read, &error), VN_OK);
    assert_int_equal(read.number, 5);
}

static void test_what_is_absent_or_null_leaves_the_default(void **state)
{
    struct read read;
    struct vn_error error;
    (void)state;
    assert_int_equal(read_all("{\"number\":null,\"in\":null,\"list\":null}", &read, &error), VN_OK);
    assert_int_equal(read.number, -1);
    assert_string_equal(read.text, "none");
    assert_int_equal(read.count, 0);
}

static void test_what_does_not_fit_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *pointer, *word;
    } cases[] = {
        {"{\"number\":101}", "/number", "0 to 100, found 101"},
        {"{\"number\":-999999999999}", "/number", "found -999999999999"},
        {"{\"number\":4111111111111111}", "/number", "found a larger one"},
        {"{\"number\":-4111111111111111}", "/number", "found a smaller one"},
        {"{\"number\":-1}", "/number", "0 to 100"},
        {"{\"number\":1.0}", "/number", "a real number"},
        {"{\"number\":\"1\"}", "/number", "a string"},
        {"{\"flag\":1}", "/flag", "true or false"},
        {"{\"in\":[]}", "/in", "an array"},
        {"{\"in\":{\"text\":\"123456\"}}", "/in/text", "at most 5"},
        {"{\"in\":{\"text\":\"a\\u007f\"}}", "/in/text", "control"},
        {"{\"in\":{\"text\":\"a\\nb\"}}", "/in/text", "control"},
        {"{\"choice\":\"blue\"}", "/choice", "red green"},
        {"{\"choice\":0}", "/choice", "an integer"},
        {"{\"hash\":\"0aff0\"}", "/hash", "4 hex"},
        {"{\"hash\":\"0afg\"}", "/hash", "4 hex"},
        {"{\"list\":[{\"n\":1},{\"n\":1},{\"n\":1}]}", "/list", "at most 2"},
        {"{\"list\":[{\"n\":1},{}]}", "/list/1/n", "nothing"},
        {"{\"list\":[7]}", "/list/0/n", "nothing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct read read;
        struct vn_error error;
        assert_int_equal(read_all(cases[i].text, &read, &error), VN_INPUT);
        assert_string_equal(error.pointer, cases[i].pointer);
        assert_non_null(strstr(error.text, cases[i].word));
        assert_string_equal(read.text, "none");
    }
}

static void test_the_first_failure_sticks(void **state)
{
    struct read read;
    struct vn_error error;
    (void)state;
    assert_int_equal(read_all("{\"number\":500,\"choice\":\"blue\",\"flag\":true}", &read, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/number");
    assert_false(read.flag);
}

static void test_a_pointer_longer_than_its_room_is_cut_not_overrun(void **state)
{
    char key[2 * VN_JSON_POINTER_MAX];
    char text[4 * VN_JSON_POINTER_MAX];
    json_t *root = NULL;
    struct vn_error error;
    int64_t number = 0;
    (void)state;
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    (void)snprintf(text, sizeof text, "{\"%s\":{}}", key);
    assert_int_equal(parse(text, &root, &error), VN_OK);
    struct vn_json_in in = vn_json_root(root, &error);
    struct vn_json_in inner = vn_json_object(&in, key, VN_REQUIRED);
    vn_json_int(&inner, "n", VN_REQUIRED, 0, 1, &number);
    assert_int_equal(error.status, VN_INPUT);
    assert_in_range(strlen(error.pointer), VN_JSON_POINTER_MAX - 2, VN_JSON_POINTER_MAX - 1);
    json_decref(root);
}

static void test_a_pointer_is_cut_at_the_end_of_a_character(void **state)
{
    (void)state;
    for (size_t before = 0; before < 4; before++) {
        char text[4 * VN_JSON_POINTER_MAX];
        json_t *root = NULL;
        struct vn_error error;
        size_t len = (size_t)snprintf(text, sizeof text, "{\"%.*s", (int)before, "kkk");
        while (len < (size_t)2 * VN_JSON_POINTER_MAX) {
            len += (size_t)snprintf(text + len, sizeof text - len, "€");
        }
        (void)snprintf(text + len, sizeof text - len, "\":1}");
        assert_int_equal(parse(text, &root, &error), VN_OK);
        struct vn_json_in in = vn_json_root(root, &error);
        vn_json_fail(&in, json_object_iter_key(json_object_iter(root)), "nothing");
        assert_in_range(strlen(error.pointer), VN_JSON_POINTER_MAX - 6, VN_JSON_POINTER_MAX - 1);
        json_t *kept = json_string(error.pointer); /* NULL unless it is UTF-8 */
        assert_non_null(kept);
        json_decref(kept);
        json_decref(root);
    }
}

static void test_a_pointer_writes_slash_and_tilde_of_a_key_as_rfc_6901_has_it(void **state)
{
    json_t *root = NULL;
    struct vn_error error;
    int64_t number = 0;
    (void)state;
    assert_int_equal(parse("{\"a/b\":{\"~c\":7}}", &root, &error), VN_OK);
    struct vn_json_in in = vn_json_root(root, &error);
    struct vn_json_in inner = vn_json_object(&in, "a/b", VN_REQUIRED);
    vn_json_int(&inner, "~c", VN_REQUIRED, 0, 1, &number);
    assert_string_equal(error.pointer, "/a~1b/~0c");
    json_decref(root);
}

static void test_a_dump_that_does_not_fit_leaves_nothing(void **state)
{
    struct vn_buf out;
    json_t *value = json_pack("{s:i, s:s}", "b", 1, "a", "\xc5\xa1");
    (void)state;
    vn_buf_init(&out, 20);
    assert_int_equal(vn_buf_append_str(&out, "x"), VN_OK);
    assert_int_equal(vn_json_dump(value, &out), VN_OK);
    assert_true(vn_view_is(vn_buf_view(&out), "x{\"b\":1,\"a\":\"\xc5\xa1\"}"));
    assert_int_equal(vn_json_dump(value, &out), VN_FULL);
    assert_true(vn_view_is(vn_buf_view(&out), "x{\"b\":1,\"a\":\"\xc5\xa1\"}"));
    json_decref(value);
    vn_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_whole_strict_documents_are_taken),
        cmocka_unit_test(test_no_sentence_quotes_what_was_read),
        cmocka_unit_test(test_a_document_that_is_not_taken_is_told_why),
        cmocka_unit_test(test_nesting_is_limited_and_brackets_in_texts_do_not_count),
        cmocka_unit_test(test_each_value_is_read_with_its_type),
        cmocka_unit_test(test_what_is_absent_or_null_leaves_the_default),
        cmocka_unit_test(test_what_does_not_fit_is_told_with_its_place),
        cmocka_unit_test(test_the_first_failure_sticks),
        cmocka_unit_test(test_a_pointer_longer_than_its_room_is_cut_not_overrun),
        cmocka_unit_test(test_a_pointer_is_cut_at_the_end_of_a_character),
        cmocka_unit_test(test_a_pointer_writes_slash_and_tilde_of_a_key_as_rfc_6901_has_it),
        cmocka_unit_test(test_a_dump_that_does_not_fit_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
