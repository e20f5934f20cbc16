/* Price tables: rows that come in any order, and the price that counts here and now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/price_table.h"
#include "tests/unit/loyalty_text.h"

#define HEAD                                                                                                 \
    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs',"                  \
    "'store_groups':{'east':['s2','s1'],'west':['s3']},'groups':["                                           \
    "{'id':'u','stage':'units','choice':'first'}]}\n"
#define OFF "'then':{'kind':'percent_off','rate_bp':1000}"
#define ROW "{'table':'leaf','code':'1','price_minor':999}\n"

static struct vn_ruleset *accept(const char *text)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    if (text_ruleset(text, &ruleset, &error) != VN_OK) {
        fail_msg("%s: %s at '%s'", text, error.text, error.pointer);
    }
    return ruleset;
}

static int64_t price(const struct vn_ruleset *ruleset, const char *code, const char *store, int64_t minute)
{
    int64_t found = -1;
    (void)vn_price_table_find(vn_price_table_named(ruleset, "leaf"), code, vn_store_groups_of(ruleset, store),
                              minute, &found);
    return found;
}

static void test_of_several_rows_the_narrowest_counts(void **state)
{
    (void)state;
    struct vn_ruleset *ruleset =
        accept(HEAD "{'table':'leaf','code':'2','price_minor':50}\n"
                    "{'id':'p','group':'u'," OFF "}\n"
                    "{'table':'leaf','code':'10','price_minor':40,'from':'1970-01-02T00:00'}\n"
                    "{'table':'leaf','code':'10','price_minor':30,'group':'east','to':'1970-01-03T00:00'}\n"
                    "{'table':'leaf','code':'10','price_minor':20,'to':'1970-01-04T00:00'}\n"
                    "{'table':'other','code':'10','price_minor':1}\n");
    assert_int_equal(ruleset->table_count, 2);
    assert_int_equal(vn_price_table_rows(vn_price_table_named(ruleset, "leaf")), 4);
    assert_int_equal(price(ruleset, "2", "s9", 0), 50);
    assert_int_equal(price(ruleset, "10", "s9", 1439), 20);
    assert_int_equal(price(ruleset, "10", "s9", 1440), 40); /* both rows: the one that began last */
    assert_int_equal(price(ruleset, "10", "s1", 1440), 30); /* the store group's own */
    assert_int_equal(price(ruleset, "10", "s1", 2880), 40); /* that one has ended */
    assert_int_equal(price(ruleset, "10", "s3", 4320), 40);
    assert_int_equal(price(ruleset, "1", "s1", 0), -1);
    assert_int_equal(price(ruleset, "3", "s1", 0), -1);
    assert_null(vn_price_table_named(ruleset, "none"));
    assert_string_equal(vn_price_table_code(vn_price_table_named(ruleset, "leaf"), 3), "2");
    assert_null(vn_price_table_code(vn_price_table_named(ruleset, "leaf"), 4));
    vn_ruleset_destroy(ruleset);
}

static void test_a_row_of_a_newer_engine_is_skipped_and_its_table_is_there(void **state)
{
    (void)state;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    assert_int_equal(text_ruleset(HEAD "{'table':'leaf','code':'1','price_minor':5,'per_kg':true}\n"
                                       "{'id':'p','group':'u','then':{'kind':'new_price','table_price':true,"
                                       "'selector':{'table':'leaf'}}}",
                                  &ruleset, &error),
                     VN_OK);
    assert_int_equal(vn_ruleset_skipped_count(ruleset), 1);
    assert_string_equal(vn_ruleset_skipped(ruleset)->pointer, "/per_kg");
    assert_int_equal(vn_ruleset_promotion_count(ruleset), 1);
    assert_int_equal(price(ruleset, "1", "s1", 0), -1);
    vn_ruleset_destroy(ruleset);
}

static void test_twenty_thousand_rows_are_sorted_and_one_more_is_refused(void **state)
{
    (void)state;
    struct vn_buf text;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    char *head = text_quoted(HEAD);
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text, head), VN_OK);
    for (int i = 0; i < VN_PRICE_ROWS_MAX; i++) {
        assert_int_equal(vn_buf_printf(&text, "{\"table\":\"leaf\",\"code\":\"%d\",\"price_minor\":%d}\n",
                                       i * 7919 % VN_PRICE_ROWS_MAX, i * 7919 % VN_PRICE_ROWS_MAX),
                         VN_OK);
    }
    assert_int_equal(vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error), VN_OK);
    for (int i = 0; i < VN_PRICE_ROWS_MAX; i += 101) {
        char code[16];
        (void)snprintf(code, sizeof code, "%d", i);
        assert_int_equal(price(ruleset, code, "s1", 0), i);
    }
    vn_ruleset_destroy(ruleset);
    assert_int_equal(vn_buf_append_str(&text, "{\"table\":\"leaf\",\"code\":\"x\",\"price_minor\":1}\n"),
                     VN_OK);
    assert_int_equal(vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error), VN_FULL);
    assert_null(ruleset);
    vn_buf_deinit(&text);
    free(head);
}

static void refuse(const char *text, const char *pointer, const char *words)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    enum vn_status status = text_ruleset(text, &ruleset, &error);
    if (status != VN_INPUT || strcmp(error.pointer, pointer) != 0 || strstr(error.text, words) == NULL) {
        fail_msg("%s: %s '%s' at '%s'", text, vn_status_name(status), error.text, error.pointer);
    }
    assert_null(ruleset);
}

static void test_price_rows_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    refuse(HEAD "{'table':'leaf','code':'1','price_minor':1,'group':'north'}", "/group", "a store group");
    refuse(HEAD "{'table':'leaf','code':'1','price_minor':1,'from':'2026-11-31T00:00'}", "/from",
           "a local time");
    refuse(HEAD "{'table':'leaf','code':'1','price_minor':1,'group':'x'}", "/group", "found \"x\"");
    refuse(HEAD
           "{'table':'leaf','code':'1','price_minor':1,'from':'2026-11-22T00:00','to':'2026-11-22T00:00'}",
           "/to", "ends before it begins");
    refuse(HEAD ROW "{'table':'leaf','code':'0','price_minor':1}\n" ROW, "/code",
           "line 4: price table leaf has two rows of the code 1 for the same stores and beginning, the other "
           "in line 2");
    refuse(HEAD ROW
           "{'id':'p','group':'u','then':{'kind':'percent_off','rate_bp':1,'selector':{'table':'x'}}}",
           "", "line 3: a selector names the price table x, which has no row");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_several_rows_the_narrowest_counts),
        cmocka_unit_test(test_a_row_of_a_newer_engine_is_skipped_and_its_table_is_there),
        cmocka_unit_test(test_twenty_thousand_rows_are_sorted_and_one_more_is_refused),
        cmocka_unit_test(test_price_rows_that_contradict_themselves_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
