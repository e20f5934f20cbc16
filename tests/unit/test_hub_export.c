/* Exports: what the imports take back, a page at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/report.h"
#include "tests/unit/hub_world.h"

#define MEMBERS 1003 /* more than two pages */
#define LARGE   490  /* less than one page, were they small */

static json_t *page(struct world *world, enum vn_import_kind kind, const char *after)
{
    json_t *out = NULL;
    assert_int_equal(vn_report_export(&world->hub, kind, after, &out), VN_OK);
    return out;
}

/* All pages as lines. Free them. */
static char *exported(struct world *world, enum vn_import_kind kind, unsigned *pages)
{
    struct vn_buf lines;
    char after[VN_CODE_MAX] = "";
    vn_buf_init(&lines, 4 * 1024 * 1024);
    *pages = 0;
    do {
        json_t *at = page(world, kind, after);
        size_t i = 0;
        json_t *row = NULL;
        json_array_foreach(json_object_get(at, "rows"), i, row)
        {
            char *line = json_dumps(row, JSON_COMPACT);
            assert_int_equal(vn_buf_append_str(&lines, line), VN_OK);
            assert_int_equal(vn_buf_append_str(&lines, "\n"), VN_OK);
            free(line);
        }
        const char *next = json_string_value(json_object_get(at, "next"));
        (void)snprintf(after, sizeof after, "%s", next == NULL ? "" : next);
        json_decref(at);
        (*pages)++;
    } while (after[0] != '\0');
    assert_int_equal(vn_buf_append(&lines, vn_view_of("", 1)), VN_OK);
    char *text = malloc(lines.len);
    assert_non_null(text);
    memcpy(text, lines.data, lines.len);
    vn_buf_deinit(&lines);
    return text;
}

static void test_members_come_in_pages(void **state)
{
    struct world *world = *state;
    struct vn_buf text;
    unsigned pages = 0;
    unsigned lines = 0;
    vn_buf_init(&text, 1024 * 1024);
    for (int i = 1; i <= MEMBERS; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[\"29910%08d\"],\"birth\":\"02-%02d\"}\n",
                       7 * i, i, i % 28 + 1);
        assert_int_equal(vn_buf_append_str(&text, line), VN_OK);
    }
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_import(world, VN_IMPORT_MEMBERS, (const char *)text.data);
    char *out = exported(world, VN_IMPORT_MEMBERS, &pages);
    for (const char *at = out; *at != '\0'; at += strcspn(at, "\n") + 1) {
        char wanted[32];
        lines++;
        (void)snprintf(wanted, sizeof wanted, "{\"id\":%u,", 7 * lines);
        assert_memory_equal(at, wanted, strlen(wanted));
    }
    assert_int_equal(lines, MEMBERS);
    assert_int_equal(pages, 3);
    assert_non_null(strstr(out, "\"birth\":\"02-14\""));
    free(out);
    vn_buf_deinit(&text);
}

/* A page is bounded by its bytes too. */
static void test_a_page_of_large_rows_is_short(void **state)
{
    struct world *world = *state;
    static const char segment[] = "a-segment-of-thirty-characters";
    char line[1024];
    unsigned pages = 0;
    struct vn_buf text;
    vn_buf_init(&text, 4 * 1024 * 1024);
    for (int i = 1; i <= LARGE; i++) {
        int len = snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[],\"segments\":[", i);
        for (int n = 0; n < VN_SEGMENTS_MAX; n++) {
            len += snprintf(line + len, sizeof line - (size_t)len, "%s\"%s\"", n == 0 ? "" : ",", segment);
        }
        (void)snprintf(line + len, sizeof line - (size_t)len, "]}\n");
        assert_int_equal(vn_buf_append_str(&text, line), VN_OK);
    }
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_import(world, VN_IMPORT_MEMBERS, (const char *)text.data);
    json_t *first = page(world, VN_IMPORT_MEMBERS, "");
    assert_true(json_dumpb(first, NULL, 0, JSON_COMPACT) < 300 * 1024);
    json_decref(first);
    free(exported(world, VN_IMPORT_MEMBERS, &pages));
    assert_int_equal(pages, 2);
    vn_buf_deinit(&text);
}

static enum vn_status try_import(struct world *world, enum vn_import_kind kind, const char *text,
                                 struct vn_error *error)
{
    int64_t count = 0;
    *error = (struct vn_error){VN_OK, "", ""};
    return vn_import(&world->hub, kind, vn_view_str(text), &count, error);
}

static void test_hashes_of_another_key_are_refused(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    unsigned pages = 0;
    world_fill(world);
    char *members = exported(world, VN_IMPORT_MEMBERS, &pages);
    char *coupons = exported(world, VN_IMPORT_COUPONS, &pages);
    assert_null(strstr(members, "2990000000017"));
    assert_null(strstr(coupons, "2991000000016"));
    assert_int_equal(try_import(world, VN_IMPORT_MEMBERS, members, &error), VN_OK);
    assert_int_equal(try_import(world, VN_IMPORT_COUPONS, coupons, &error), VN_OK);
    world->keys.card[0] ^= 1;
    assert_int_equal(try_import(world, VN_IMPORT_MEMBERS, members, &error), VN_INPUT);
    assert_non_null(strstr(error.text, "another card.key"));
    assert_int_equal(try_import(world, VN_IMPORT_COUPONS, coupons, &error), VN_INPUT);
    assert_non_null(strstr(error.text, "another card.key"));
    assert_int_equal(try_import(world, VN_IMPORT_MEMBERS, "{\"id\":9}", &error), VN_INPUT);
    assert_string_equal(error.pointer, "/cards");
    free(members);
    free(coupons);
}

/* What was used up in one chain is used up in the next. */
static void test_a_spent_coupon_stays_spent(void **state)
{
    struct world *world = *state;
    struct world_till till;
    unsigned pages = 0;
    world_start(world, &till);
    char *before = exported(world, VN_IMPORT_COUPONS, &pages);
    assert_null(strstr(before, "\"spent\""));
    (void)world_rights(&till, "c1", 1);
    world_append(&till,
                 &(struct world_step){
                     .kind = VN_ENTRY_COMMIT, .receipt = "1", .total_minor = 1000, .right = "c1", .out = 1});
    (void)world_sync(&till);
    char *after = exported(world, VN_IMPORT_COUPONS, &pages);
    assert_non_null(strstr(after, "\"spent\":true"));
    assert_int_equal(world_owned(world, "c1"), 0);
    world_till_end(&till);

    void *second = NULL;
    assert_int_equal(world_setup(&second), 0);
    struct world *other = second;
    memcpy(other->keys.card, world->keys.card, sizeof other->keys.card);
    world_import(other, VN_IMPORT_COUPONS, after);
    char *again = exported(other, VN_IMPORT_COUPONS, &pages);
    assert_string_equal(again, after);
    assert_int_equal(world_owned(other, "c1"), 0);
    world_import(other, VN_IMPORT_COUPONS, before); /* it is known, and nothing is issued for it */
    assert_int_equal(world_owned(other, "c1"), 0);
    world_audit(other);
    assert_int_equal(world_teardown(&second), 0);
    free(before);
    free(after);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members_come_in_pages, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_page_of_large_rows_is_short, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_hashes_of_another_key_are_refused, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_spent_coupon_stays_spent, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
