/* The worked examples of docs/rules.md, section "Fiscal lines", as they stand in fixtures/fiscal. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/after/sold.h"
#include "agent/loyalty/fiscal.h"
#include "tests/unit/loyalty_world.h"

#define FOLDER VERNO_SOURCE "/fixtures/fiscal"
#define SUFFIX ".json"

static int64_t number(const json_t *expected, const char *key)
{
    return json_integer_value(json_object_get(expected, key));
}

static void compare(const char *name, const char *profile, const json_t *expected,
                    const struct vn_fiscal *printed)
{
    const json_t *lines = json_object_get(expected, "lines");
    if (printed->count != json_array_size(lines)) {
        fail_msg("%s: %u lines of %s", name, printed->count, profile);
    }
    for (size_t i = 0; i < printed->count; i++) {
        const struct vn_fiscal_line *line = &printed->lines[i];
        const int64_t found[] = {line->line_id, line->qty_milli, line->unit_price_minor, line->total_minor};
        for (size_t field = 0; field < 4; field++) {
            int64_t wanted = json_integer_value(json_array_get(json_array_get(lines, i), field));
            if (found[field] != wanted) {
                fail_msg("%s: %s, line %zu, field %zu is %lld, not %lld", name, profile, i, field,
                         (long long)found[field], (long long)wanted);
            }
        }
    }
    assert_int_equal(printed->total_minor, number(expected, "total"));
    assert_int_equal(printed->receipt_discount_minor, number(expected, "receipt_discount"));
    assert_int_equal(printed->apart_minor, number(expected, "apart"));
    assert_int_equal(printed->off_minor, number(expected, "off"));
}

static void run_case(const char *name)
{
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "fixtures/fiscal/%s", name);
    char *text = world_read_file(path);
    json_error_t where;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL) {
        fail_msg("%s: %s line %d", path, where.text, where.line);
    }
    struct world *world = world_create();
    struct vn_fiscal *printed = calloc(1, sizeof *printed);
    struct vn_sold *scratch = calloc(1, sizeof *scratch);
    assert_non_null(printed);
    assert_non_null(scratch);
    world_quote_json(world, document);
    assert_int_equal(world->status, VN_OK);
    const char *profile = NULL;
    json_t *expected = NULL;
    json_t *profiles = json_object_get(document, "fiscal");
    assert_true(json_object_size(profiles) > 0);
    json_object_foreach(profiles, profile, expected)
    {
        const struct vn_fiscal_profile *of = vn_fiscal_profile_named(profile);
        assert_non_null(of);
        assert_int_equal(vn_fiscal_lines(of, &world->basket, &world->out, scratch, printed, &world->error),
                         VN_OK);
        compare(name, profile, expected, printed);
    }
    free(scratch);
    free(printed);
    json_decref(document);
    world_destroy(world);
    free(text);
}

static void test_every_example_is_printed_as_it_says_and_named_by_the_page(void **state)
{
    (void)state;
    char *page = world_read_file("docs/rules.md");
    DIR *folder = opendir(FOLDER);
    if (folder == NULL) {
        free(page);
        fail_msg("can't open %s", FOLDER);
        return;
    }
    size_t count = 0;
    for (const struct dirent *at = readdir(folder); at != NULL; at = readdir(folder)) {
        size_t len = strlen(at->d_name);
        if (len <= strlen(SUFFIX) || strcmp(at->d_name + len - strlen(SUFFIX), SUFFIX) != 0) {
            continue;
        }
        char shown[VN_PATH_MAX];
        (void)snprintf(shown, sizeof shown, "`fiscal/%s`", at->d_name);
        if (strstr(page, shown) == NULL) {
            fail_msg("docs/rules.md does not name %s", shown);
        }
        run_case(at->d_name);
        count++;
    }
    (void)closedir(folder);
    size_t named = 0;
    for (const char *at = strstr(page, "`fiscal/"); at != NULL; at = strstr(at + 1, "`fiscal/")) {
        named++;
    }
    assert_int_equal(named, count);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_example_is_printed_as_it_says_and_named_by_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
