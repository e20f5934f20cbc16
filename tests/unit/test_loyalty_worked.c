/* The worked examples of docs/rules.md, as they stand in fixtures/baskets: each comes out as it was computed by hand. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/rules/law.h"
#include "tests/unit/loyalty_case.h"

#define FOLDER       VERNO_SOURCE "/fixtures/baskets"
#define EXAMPLES_MIN 99
#define SUFFIX       ".json"

/* Calls `visit` with the name of each example, without its suffix; returns how many there are. */
static size_t each_example(void (*visit)(void *ctx, const char *name), void *ctx)
{
    size_t count = 0;
    DIR *folder = opendir(FOLDER);
    if (folder == NULL) {
        fail_msg("can't open %s", FOLDER);
        return 0;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[VN_NAME_MAX];
        const char *suffix = strstr(entry->d_name, SUFFIX);
        if (suffix != NULL && suffix[strlen(SUFFIX)] == '\0') {
            (void)snprintf(name, sizeof name, "%.*s", (int)(suffix - entry->d_name), entry->d_name);
            visit(ctx, name);
            count++;
        }
    }
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void run_example(void *ctx, const char *name)
{
    (void)ctx;
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "fixtures/baskets/%s" SUFFIX, name);
    char *text = world_read_file(path);
    json_error_t where;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL) {
        fail_msg("%s: %s line %d", path, where.text, where.line);
    }
    struct world *world = world_create();
    case_run(world, name, document, true);
    world_destroy(world);
    json_decref(document);
    free(text);
}

static void test_each_worked_example_comes_out_as_computed_by_hand(void **state)
{
    (void)state;
    assert_true(each_example(run_example, NULL) >= EXAMPLES_MIN);
}

/* The specification shows an example as `name.json`. */
static void find_in_page(void *page, const char *name)
{
    char shown[VN_PATH_MAX];
    (void)snprintf(shown, sizeof shown, "`%s" SUFFIX "`", name);
    if (strstr(page, shown) == NULL) {
        fail_msg("docs/rules.md does not name %s", shown);
    }
}

static void test_the_page_names_each_example_and_no_other(void **state)
{
    (void)state;
    char *page = world_read_file("docs/rules.md");
    size_t examples = each_example(find_in_page, page);
    size_t named = 0;
    for (const char *at = strstr(page, SUFFIX "`"); at != NULL; at = strstr(at + 1, SUFFIX "`")) {
        const char *start = at;
        while (start > page && start[-1] != '`' && start[-1] != '\n') {
            start--;
        }
        bool of_another_folder = memchr(start, '/', (size_t)(at - start)) != NULL;
        char path[VN_PATH_MAX];
        (void)snprintf(path, sizeof path, "fixtures/%s%.*s" SUFFIX, of_another_folder ? "" : "baskets/",
                       (int)(at - start), start);
        free(world_read_file(path)); /* fails the test when it is not there */
        named++;
    }
    assert_true(named >= examples);
    free(page);
}

/* The page's table of the law is the code's: a row `law | class | ...` with what it forbids, and its source. */
static void test_the_page_shows_the_law_as_it_is(void **state)
{
    (void)state;
    char *page = world_read_file("docs/rules.md");
    const struct vn_law_row *rows = NULL;
    size_t count = vn_law_rows(&rows);
    static const char *const bits[] = {"discount", "coupon", "earn", "spend", "threshold", "gift", "prompt"};
    for (size_t i = 0; i < count; i++) {
        char line[VN_PATH_MAX];
        char hours[VN_TIME_TEXT_MAX] = "all day";
        char forbids[VN_NAME_MAX] = "all";
        if (rows[i].forbids != VN_FORBID_ALL) {
            size_t len = 0;
            for (unsigned bit = 0; bit < sizeof bits / sizeof bits[0]; bit++) {
                if ((rows[i].forbids >> bit & 1) != 0) {
                    len += (size_t)snprintf(forbids + len, sizeof forbids - len, "%s%s", len == 0 ? "" : ", ",
                                            bits[bit]);
                }
            }
        }
        if (rows[i].to_minute != 0) {
            (void)snprintf(hours, sizeof hours, "%02u:%02u-%02u:%02u", rows[i].from_minute / 60,
                           rows[i].from_minute % 60, rows[i].to_minute / 60, rows[i].to_minute % 60);
        }
        (void)snprintf(line, sizeof line, "\n| %s | %s | %s | %s | %s | %s | %s | %s |\n",
                       vn_law_names[rows[i].law], rows[i].legal_class, forbids,
                       rows[i].age_restricted ? "18+" : "", rows[i].min_price ? "yes" : "", hours,
                       rows[i].verified == NULL ? "unverified" : rows[i].verified, rows[i].note);
        if (strstr(page, line) == NULL) {
            fail_msg("docs/rules.md lacks %s", line);
        }
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_worked_example_comes_out_as_computed_by_hand),
        cmocka_unit_test(test_the_page_names_each_example_and_no_other),
        cmocka_unit_test(test_the_page_shows_the_law_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
