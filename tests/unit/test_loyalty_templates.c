/* The library of templates: each makes a promotion that a ruleset takes and that does what its test baskets say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/rules/lint.h"
#include "agent/loyalty/rules/template.h"
#include "tests/unit/loyalty_case.h"

/* The header that templates are meant for: one group for each stage. */
#define HEADER                                                                                               \
    "{\"ruleset\":7,\"engine\":2,\"law\":\"rs\",\"tiers\":{\"by\":\"spend\",\"steps\":["                     \
    "{\"id\":\"silver\",\"from\":1000000},{\"id\":\"gold\",\"from\":5000000}]},\"groups\":["                 \
    "{\"id\":\"shelf\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"best\"},"                          \
    "{\"id\":\"receipt\",\"stage\":\"basket\",\"base\":\"running\",\"choice\":\"all\"},"                     \
    "{\"id\":\"coupons\",\"stage\":\"coupons\",\"base\":\"running\",\"choice\":\"all\"},"                    \
    "{\"id\":\"points\",\"stage\":\"earning\",\"base\":\"running\",\"choice\":\"all\"}]}"

static const char *const locales[] = {"en", "sr", "sr@latin", "pl", "ru"};
#define LOCALES (sizeof locales / sizeof locales[0])

static json_t *load(const char *id)
{
    struct vn_error error;
    json_t *document = NULL;
    if (vn_template_load(id, &document, &error) != VN_OK) {
        fail_msg("%s: %s", id, error.text);
    }
    return document;
}

static json_t *fill(const json_t *document, const json_t *values)
{
    struct vn_error error;
    json_t *lines = NULL;
    if (vn_template_fill(document, values, &lines, &error) != VN_OK) {
        fail_msg("%s: %s at %s", json_string_value(json_object_get(document, "id")), error.text,
                 error.pointer);
    }
    return lines;
}

static json_t *quoted(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    free(copy);
    return value;
}

/* A case of the template: its world, the usual header, and the lines that the template makes. */
static json_t *case_of(const json_t *test, json_t *lines)
{
    json_t *document = json_deep_copy(test);
    json_t *header = json_loads(HEADER, 0, NULL);
    assert_non_null(header);
    assert_int_equal(json_object_set_new(document, "header", header), 0);
    assert_int_equal(json_object_set(document, "promotions", lines), 0);
    return document;
}

static void check_accepted(struct world *world, const char *id, json_t *lines)
{
    json_t *test = quoted("{'lines':[{'id':1,'code':'1','amount_minor':100}]}");
    json_t *document = case_of(test, lines);
    world_quote_json(world, document);
    assert_int_equal(world->status, VN_OK);
    if (vn_ruleset_skipped_count(world->ruleset) != 0) {
        const struct vn_error *why = vn_ruleset_skipped(world->ruleset);
        fail_msg("%s: %s at %s", id, why->text, why->pointer);
    }
    assert_true(vn_ruleset_promotion_count(world->ruleset) > 0);
    json_decref(document);
    json_decref(test);
}

static int setup(void **state)
{
    *state = world_create();
    return 0;
}

static int teardown(void **state)
{
    world_destroy(*state);
    return 0;
}

/* Nothing doubtful in the ruleset of the world. */
static void check_no_warning(const struct world *world, const char *id)
{
    const struct vn_lint_input input = {.ruleset = world->ruleset, .now_ms = world->basket.started_ms};
    struct vn_lint *lint = calloc(1, sizeof *lint);
    assert_non_null(lint);
    vn_ruleset_lint(&input, lint);
    if (lint->count > 0) {
        fail_msg("%s: %s", id, lint->list[0].text);
    }
    free(lint);
}

static void test_each_template_makes_what_a_ruleset_takes_without_a_warning(void **state)
{
    assert_true(vn_template_count() >= 25);
    for (size_t i = 0; i < vn_template_count(); i++) {
        const char *id = vn_template_id(i);
        assert_true(i == 0 || strcmp(vn_template_id(i - 1), id) < 0);
        json_t *document = load(id);
        assert_string_equal(json_string_value(json_object_get(document, "id")), id);
        json_t *lines = fill(document, NULL);
        check_accepted(*state, id, lines);
        check_no_warning(*state, id);
        json_decref(lines);
        json_decref(document);
    }
    assert_null(vn_template_id(vn_template_count()));
}

static void test_each_template_does_what_its_baskets_say(void **state)
{
    for (size_t i = 0; i < vn_template_count(); i++) {
        json_t *document = load(vn_template_id(i));
        const json_t *tests = json_object_get(document, "tests");
        assert_true(json_array_size(tests) > 0);
        for (size_t n = 0; n < json_array_size(tests); n++) {
            const json_t *test = json_array_get(tests, n);
            char name[VN_NAME_MAX];
            (void)snprintf(name, sizeof name, "%s, basket %zu", vn_template_id(i), n);
            assert_non_null(json_string_value(json_object_get(test, "note")));
            json_t *lines = fill(document, json_object_get(test, "values"));
            json_t *whole = case_of(test, lines);
            case_run(*state, name, whole, false);
            json_decref(whole);
            json_decref(lines);
        }
        json_decref(document);
    }
}

/* All parameters with a range at its end: "min" or "max". */
static json_t *at_the_end(const json_t *document, const char *end)
{
    json_t *values = json_object();
    const json_t *parameters = json_object_get(document, "parameters");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const json_t *parameter = json_array_get(parameters, i);
        const char *name = json_string_value(json_object_get(parameter, "name"));
        json_t *bound = json_object_get(parameter, end);
        if (bound != NULL && json_is_integer(json_object_get(parameter, "default"))) {
            assert_int_equal(json_object_set(values, name, bound), 0);
        }
    }
    return values;
}

static void test_parameters_reach_from_min_to_max_and_no_further(void **state)
{
    for (size_t i = 0; i < vn_template_count(); i++) {
        json_t *document = load(vn_template_id(i));
        static const char *const ends[] = {"min", "max"};
        for (size_t e = 0; e < 2; e++) {
            json_t *values = at_the_end(document, ends[e]);
            json_t *lines = fill(document, values);
            check_accepted(*state, vn_template_id(i), lines);
            json_decref(lines);
            const char *name = NULL;
            json_t *value = NULL;
            json_object_foreach(values, name, value)
            {
                struct vn_error error;
                char pointer[VN_JSON_POINTER_MAX];
                json_t *beyond = json_pack("{s:I}", name, json_integer_value(value) + (e == 0 ? -1 : 1));
                assert_int_equal(vn_template_fill(document, beyond, &lines, &error), VN_INPUT);
                (void)snprintf(pointer, sizeof pointer, "/%s", name);
                assert_string_equal(error.pointer, pointer);
                json_decref(beyond);
            }
            json_decref(values);
        }
        json_decref(document);
    }
}

static bool is_cyrillic(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text == 0xd0 || (unsigned char)*text == 0xd1) {
            return true;
        }
    }
    return false;
}

static void check_texts(const char *id, const char *key, const json_t *texts)
{
    if (json_object_size(texts) != LOCALES) {
        fail_msg("%s: %s is not there in each language", id, key);
    }
    for (size_t i = 0; i < LOCALES; i++) {
        const char *text = json_string_value(json_object_get(texts, locales[i]));
        if (text == NULL || text[0] == '\0') {
            fail_msg("%s: %s is missing in %s", id, key, locales[i]);
            return;
        }
        if (strchr(text, '{') != NULL && strchr(text, '}') == NULL) {
            fail_msg("%s: %s in %s has half a place", id, key, locales[i]);
        }
        bool cyrillic = i == 1 || i == 4;
        bool words = strlen(text) > 40 || strcmp(key, "name") != 0;
        if (is_cyrillic(text) ? !cyrillic : cyrillic && words) {
            fail_msg("%s: %s in %s has the wrong letters", id, key, locales[i]);
        }
    }
}

/* Every text map below `value`: an object under one of these keys. */
static size_t check_all_texts(const char *id, const json_t *value)
{
    static const char *const keys[] = {"title", "description", "name", "text"};
    size_t found = 0;
    const char *key = NULL;
    json_t *inside = NULL;
    json_object_foreach((json_t *)(uintptr_t)value, key, inside)
    {
        bool texts = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            texts = texts || (json_is_object(inside) && strcmp(keys[i], key) == 0);
        }
        if (texts) {
            check_texts(id, key, inside);
            found++;
        } else {
            found += check_all_texts(id, inside);
        }
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        found += check_all_texts(id, json_array_get(value, i));
    }
    return found;
}

static void test_texts_are_there_in_five_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < vn_template_count(); i++) {
        const char *id = vn_template_id(i);
        json_t *document = load(id);
        json_t *lines = fill(document, NULL);
        const json_t *parameters = json_object_get(document, "parameters");
        for (size_t p = 0; p < json_array_size(parameters); p++) {
            assert_non_null(json_object_get(json_array_get(parameters, p), "description"));
        }
        assert_non_null(json_object_get(document, "title"));
        assert_non_null(json_object_get(document, "description"));
        /* title, description, each parameter, and a name at least */
        assert_true(check_all_texts(id, document) >= 3 + json_array_size(parameters));
        for (size_t l = 0; l < json_array_size(lines); l++) {
            const json_t *line = json_array_get(lines, l);
            assert_true(json_object_get(line, "table") != NULL || json_object_get(line, "name") != NULL);
        }
        json_decref(lines);
        json_decref(document);
    }
}

static void test_a_value_that_does_not_fit_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"percent-off", "{'rates':1}", "/rates", "no such parameter"},
        {"percent-off", "{'rate':'20'}", "/rate", "an integer"},
        {"percent-off", "{'rate':10001}", "/rate", "an integer"},
        {"percent-off", "{'rate':null}", "/rate", "expected"},
        {"percent-off", "{'goods':[]}", "/goods", "an object"},
        {"percent-off", "{'goods':{'tag':['a']}}", "/goods/tag", "no such key"},
        {"percent-off", "{'id':''}", "/id", "not empty"},
        {"percent-off", "{'id':'a b'}", "/id", "letters"},
        {"percent-off", "{'id':null}", "/id", "expected"},
        {"percent-off", "{'from':'tomorrow'}", "/from", "2026-11-22T08:00"},
        {"percent-off", "[]", "", "an object"},
        {"happy-hour", "{'opens':'25:00'}", "/opens", "08:00"},
        {"tier-discount", "{'tiers':[]}", "/tiers", "at least one"},
        {"tier-discount", "{'tiers':['gold','']}", "/tiers/1", "not empty"},
        {"tier-discount", "{'tiers':'gold'}", "/tiers", "an array"},
        {"accumulative", "{'steps':[]}", "/steps", "at least one"},
        {"accumulative", "{'steps':[{'from_minor':5,'rate_bp':1},{'from_minor':5,'rate_bp':2}]}",
         "/steps/1/from_minor", "above"},
        {"accumulative", "{'steps':[{'from_minor':5,'rate_bp':9001}]}", "/steps/0/rate_bp", "an integer"},
        {"accumulative", "{'steps':[{'from_minor':5,'amount_minor':1}]}", "/steps/0/rate_bp", "expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_error error;
        json_t *document = load(rows[i][0]);
        json_t *values = quoted(rows[i][1]);
        json_t *lines = NULL;
        assert_int_equal(vn_template_fill(document, values, &lines, &error), VN_INPUT);
        assert_null(lines);
        assert_string_equal(error.pointer, rows[i][2]);
        if (strstr(error.text, rows[i][3]) == NULL) {
            fail_msg("%s: \"%s\" says nothing of \"%s\"", rows[i][1], error.text, rows[i][3]);
        }
        json_decref(values);
        json_decref(document);
    }
    struct vn_error error;
    json_t *document = NULL;
    assert_int_equal(vn_template_load("percent", &document, &error), VN_INPUT);
    assert_non_null(strstr(error.text, "percent"));
    assert_int_equal(vn_template_load("_common", &document, &error), VN_INPUT);
    assert_null(document);
}

static void check_line(const char *id, const char *values, const char *key, const char *expected)
{
    json_t *document = load(id);
    json_t *given = quoted(values);
    json_t *lines = fill(document, given);
    json_t *wanted = quoted(expected);
    const json_t *found = json_object_get(json_array_get(lines, 0), key);
    if (!json_equal(found, wanted)) {
        char *text = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);
        fail_msg("%s: %s is %s", id, key, text == NULL ? "left out" : text);
    }
    json_decref(wanted);
    json_decref(lines);
    json_decref(given);
    json_decref(document);
}

static void test_places_become_values_and_texts_say_them_as_people_do(void **state)
{
    (void)state;
    check_line("percent-off", "{'rate':1250,'goods':{'tags':['a'],'exclude':{'codes':['1']}}}", "then",
               "{'kind':'percent_off','selector':{'tags':['a'],'exclude':{'codes':['1']}},'rate_bp':1250}");
    check_line("percent-off", "{'rate':1250}", "name",
               "{'en':'12.5 % off','sr':'12,5 % попуста','sr@latin':'12,5 % popusta','pl':'12,5 % taniej',"
               "'ru':'Скидка 12,5 %'}");
    check_line("amount-off", "{'amount':19905,'currency':'zł'}", "name",
               "{'en':'199.05 zł off','sr':'199,05 zł јефтиније','sr@latin':'199,05 zł jeftinije',"
               "'pl':'199,05 zł taniej','ru':'Дешевле на 199,05 zł'}");
    check_line("club-price", "{'price':19900,'exponent':0}", "name",
               "{'en':'Club price: 19900 RSD','sr':'Клупска цена: 19900 RSD',"
               "'sr@latin':'Klupska cena: 19900 RSD','pl':'Cena klubowa: 19900 RSD',"
               "'ru':'Клубная цена: 19900 RSD'}");
    check_line("percent-off", "{'id':'autumn','group':'g','priority':-3}", "id", "'autumn'");
    check_line("percent-off", "{'id':'autumn','group':'g','priority':-3}", "group", "'g'");
    check_line("percent-off", "{'id':'autumn','group':'g','priority':-3}", "priority", "-3");
    check_line("percent-off", "{'to':'2026-12-01T00:00'}", "when", "{'to':'2026-12-01T00:00'}");
    check_line("happy-hour", "{}", "when", "{'hours':[['16:00','18:00']]}");
    json_t *document = load("percent-off");
    json_t *lines = fill(document, NULL);
    assert_null(json_object_get(json_array_get(lines, 0), "when")); /* nothing was in it */
    json_decref(lines);
    json_decref(document);
}

static void test_words_of_a_command_line_become_values(void **state)
{
    (void)state;
    static const char *const good[][4] = {
        {"percent-off", "rate", "1500", "1500"},
        {"percent-off", "priority", "-5", "-5"},
        {"percent-off", "id", "x", "'x'"},
        {"percent-off", "from", "none", "null"},
        {"percent-off", "from", "2026-11-22T08:00", "'2026-11-22T08:00'"},
        {"percent-off", "goods", "tags:a,b;brands:c", "{'tags':['a','b'],'brands':['c']}"},
        {"percent-off", "goods", "{\"codes\":[\"1\"]}", "{'codes':['1']}"},
        {"percent-off", "goods", "", "{}"},
        {"tier-discount", "tiers", "gold,silver", "['gold','silver']"},
        {"accumulative", "steps", "100:300,200:500",
         "[{'from_minor':100,'rate_bp':300},{'from_minor':200,'rate_bp':500}]"},
        {"spend-ladder", "steps", "100:300", "[{'from_minor':100,'amount_minor':300}]"},
    };
    static const char *const bad[][3] = {
        {"percent-off", "rate", "20%"},     {"percent-off", "rate", ""},
        {"percent-off", "rate", "-"},       {"percent-off", "rate", "99999999999999999999"},
        {"percent-off", "goods", "coffee"}, {"percent-off", "goods", "tags:a;coffee"},
        {"percent-off", "goods", "{"},      {"accumulative", "steps", "100"},
        {"accumulative", "steps", "100:x"}, {"accumulative", "steps", ""},
        {"percent-off", "nothing", "1"},    {"percent-off", "id", "\xff"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct vn_error error;
        json_t *document = load(good[i][0]);
        json_t *value = NULL;
        json_t *wanted = quoted(good[i][3]);
        assert_int_equal(vn_template_value(document, good[i][1], good[i][2], &value, &error), VN_OK);
        assert_true(json_equal(value, wanted));
        json_decref(wanted);
        json_decref(value);
        json_decref(document);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct vn_error error;
        char pointer[VN_JSON_POINTER_MAX];
        json_t *document = load(bad[i][0]);
        json_t *value = NULL;
        assert_int_equal(vn_template_value(document, bad[i][1], bad[i][2], &value, &error), VN_INPUT);
        assert_null(value);
        assert_true(error.text[0] != '\0');
        (void)snprintf(pointer, sizeof pointer, "/%s", bad[i][1]);
        assert_string_equal(error.pointer, pointer);
        json_decref(document);
    }
}

/* What is shown as a default can be typed. */
static void test_each_default_is_the_word_that_gives_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < vn_template_count(); i++) {
        json_t *document = load(vn_template_id(i));
        const json_t *parameters = json_object_get(document, "parameters");
        for (size_t p = 0; p < json_array_size(parameters); p++) {
            const json_t *parameter = json_array_get(parameters, p);
            const char *name = json_string_value(json_object_get(parameter, "name"));
            struct vn_error error;
            struct vn_buf word;
            json_t *value = NULL;
            vn_buf_init(&word, VN_RULESET_MAX);
            assert_int_equal(vn_template_word(parameter, json_object_get(parameter, "default"), &word),
                             VN_OK);
            assert_int_equal(vn_buf_append(&word, vn_view_of("", 1)), VN_OK);
            assert_int_equal(vn_template_value(document, name, (const char *)word.data, &value, &error),
                             VN_OK);
            if (!json_equal(value, json_object_get(parameter, "default"))) {
                fail_msg("%s, %s: %s", vn_template_id(i), name, (const char *)word.data);
            }
            json_decref(value);
            vn_buf_deinit(&word);
        }
        json_decref(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_template_makes_what_a_ruleset_takes_without_a_warning,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_template_does_what_its_baskets_say, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parameters_reach_from_min_to_max_and_no_further, setup,
                                        teardown),
        cmocka_unit_test(test_texts_are_there_in_five_languages),
        cmocka_unit_test(test_a_value_that_does_not_fit_is_refused_with_its_place),
        cmocka_unit_test(test_places_become_values_and_texts_say_them_as_people_do),
        cmocka_unit_test(test_words_of_a_command_line_become_values),
        cmocka_unit_test(test_each_default_is_the_word_that_gives_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
