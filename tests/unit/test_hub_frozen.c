/* A till's day as an earlier version journaled it, posted by this one: sales and balances are what that version's hub made
 * of them (fixtures/wire/README.md). */
#include "tests/unit/hub_world.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"

#define FILE_MAX (256 * 1024)

/* The caller frees it. */
static char *file_text(const char *version, const char *name)
{
    char path[VN_PATH_MAX];
    struct vn_error error = {VN_OK, "", ""};
    size_t len = 0;
    char *text = malloc(FILE_MAX);
    assert_non_null(text);
    (void)snprintf(path, sizeof path, "%s/fixtures/wire/%s/%s", VERNO_SOURCE, version, name);
    assert_int_equal(vn_file_read(path, VN_FILE_OPEN, text, FILE_MAX, &len, &error), VN_OK);
    return text;
}

static void import(struct world *world, enum vn_import_kind kind, const char *version, const char *name)
{
    char *rows = file_text(version, name);
    world_import(world, kind, rows);
    free(rows);
}

/* The next line without its break; NULL at the end. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    *rest = end + 1;
    return line;
}

/* Appends an entry as it was journaled. The hub grants what it granted then. */
static void replay(struct world_till *till, const char *body)
{
    struct vn_entry entry;
    struct vn_error error;
    assert_int_equal(vn_entry_decode(vn_view_str(body), &entry, &error), VN_OK);
    if (entry.kind == VN_ENTRY_GRANT) {
        assert_int_equal(world_sync(till), 0);
        assert_int_equal(world_grant(till, entry.rights[0].account, entry.rights[0].granted),
                         entry.rights[0].granted);
    }
    world_append_raw(till, body);
    vn_entry_deinit(&entry);
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    assert_non_null(text);
    return text;
}

static int64_t number_of(const json_t *row, const char *key)
{
    assert_true(json_is_integer(json_object_get(row, key)));
    return json_integer_value(json_object_get(row, key));
}

static void check_sale(struct world *world, const json_t *row)
{
    struct vn_sale_row sale;
    world_sale(world, json_string_value(json_array_get(json_object_get(row, "sale"), 2)), &sale);
    assert_string_equal(vn_sale_state_name(sale.state), text_of(row, "kind"));
    assert_int_equal(sale.account, world_account(world, text_of(row, "account")));
    assert_string_equal(sale.fiscal, text_of(row, "fiscal"));
    assert_int_equal(sale.total_minor, number_of(row, "total_minor"));
    assert_int_equal(sale.discount_minor, number_of(row, "discount_minor"));
    assert_int_equal(sale.points_earned, number_of(row, "points_earned"));
    assert_int_equal(sale.points_spent, number_of(row, "points_spent"));
    assert_int_equal(sale.ruleset, number_of(row, "ruleset"));
    assert_int_equal(sale.commit_seq, number_of(row, "commit_seq"));
    const json_t *flags = json_object_get(row, "flags");
    for (size_t i = 0; i < json_array_size(flags); i++) {
        assert_non_null(strstr(sale.flags, json_string_value(json_array_get(flags, i))));
    }
}

static void post_day(struct world *world, const char *version, unsigned expected_sales)
{
    struct world_till till;
    char *line;
    unsigned sales = 0;
    import(world, VN_IMPORT_MEMBERS, version, "members.ndjson");
    import(world, VN_IMPORT_COUPONS, version, "coupons.ndjson");
    world_till_start(world, &till, "t1");
    char *file = file_text(version, "journal.ndjson");
    char *rest = file;
    assert_non_null(next_line(&rest)); /* the batch's own line */
    while ((line = next_line(&rest)) != NULL) {
        replay(&till, line);
    }
    assert_int_equal(world_sync(&till), 0);
    free(file);
    file = file_text(version, "posted.ndjson");
    for (rest = file; (line = next_line(&rest)) != NULL;) {
        json_t *row = json_loads(line, 0, NULL);
        assert_non_null(row);
        if (json_object_get(row, "sale") != NULL) {
            check_sale(world, row);
            sales++;
        } else {
            assert_int_equal(world_owned(world, text_of(row, "account")), number_of(row, "balance"));
        }
        json_decref(row);
    }
    assert_int_equal(sales, expected_sales);
    world_audit(world);
    free(file);
    world_till_end(&till);
}

static void test_hub_posts_a_day_of_version_1_as_its_own_hub_did(void **state)
{
    post_day(*state, "v1-engine2", 12);
}

static void test_hub_posts_a_day_of_version_2_as_its_own_hub_did(void **state)
{
    post_day(*state, "v2", 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hub_posts_a_day_of_version_1_as_its_own_hub_did, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_hub_posts_a_day_of_version_2_as_its_own_hub_did, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
