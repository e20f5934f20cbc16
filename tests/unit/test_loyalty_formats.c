/* Rulesets and documents at the entry: what is refused, skipped and named; and that what is written is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/money.h"
#include "agent/loyalty/ruleset.h"
#include "tests/unit/loyalty_world.h"

#define HEAD                                                                                                 \
    "{'ruleset':7,'engine':1,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','groups':["        \
    "{'id':'g','stage':'units','choice':'first'},{'id':'b','stage':'units','choice':'worst'},"               \
    "{'id':'t','stage':'tenders','choice':'all'},{'id':'c','stage':'coupons','choice':'all'},"               \
    "{'id':'e','stage':'earning','choice':'all'}],"                                                          \
    "'cards':[{'prefix':'2990','length':13}],'coupons':[{'prefix':'2991','length':13}]}\n"
#define BUNDLE                                                                                               \
    "{'kind':'bundle','parts':[{'selector':{'codes':['1']},'n':1},{'selector':{'codes':['2']},'n':1}],'"     \
    "price_minor':5}"
#define OFF "'then':{'kind':'percent_off','rate_bp':1000}"

static char *quoted(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return copy;
}

static enum vn_status parse(const char *text, struct vn_ruleset **ruleset, struct vn_error *error)
{
    char *copy = quoted(text);
    enum vn_status status = vn_ruleset_parse(vn_view_str(copy), ruleset, error);
    free(copy);
    return status;
}

static void test_a_ruleset_answers_what_it_is(void **state)
{
    (void)state;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    const struct vn_card_range *ranges = NULL;
    assert_int_equal(parse(HEAD "\n{'id':'p','group':'g','name':{'en':'Ten','sr@latin':'Deset'}," OFF "}\r\n"
                                "{'id':'q','group':'g'," OFF "}",
                           &ruleset, &error),
                     VN_OK);
    assert_int_equal(vn_ruleset_number(ruleset), 7);
    assert_string_equal(vn_ruleset_currency(ruleset), "RSD");
    assert_int_equal(vn_ruleset_currency_exponent(ruleset), 2);
    assert_int_equal(vn_ruleset_promotion_count(ruleset), 2);
    assert_int_equal(vn_ruleset_skipped_count(ruleset), 0);
    assert_int_equal(vn_ruleset_card_ranges(ruleset, &ranges), 2);
    assert_true(!ranges[0].coupon && ranges[1].coupon);
    assert_string_equal(vn_ruleset_promotion_name(ruleset, "p", "sr@latin"), "Deset");
    assert_string_equal(vn_ruleset_promotion_name(ruleset, "p", "pl"), "Ten");
    assert_string_equal(vn_ruleset_promotion_name(ruleset, "q", "pl"), "q");
    assert_string_equal(vn_ruleset_promotion_name(ruleset, "absent", "pl"), "absent");
    vn_ruleset_destroy(ruleset);
}

/* tests/integration/test_schemas.py makes sure that the file has every key of the schemas. */
static void test_a_ruleset_with_every_key_is_read_whole(void **state)
{
    (void)state;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    char *text = world_read_file("fixtures/rulesets/every-key.ndjson");
    if (vn_ruleset_parse(vn_view_str(text), &ruleset, &error) != VN_OK) {
        fail_msg("%s at '%s'", error.text, error.pointer);
    }
    assert_int_equal(vn_ruleset_skipped_count(ruleset), 0);
    assert_int_equal(vn_ruleset_promotion_count(ruleset), 13);
    vn_ruleset_destroy(ruleset);
    free(text);
}

static void test_what_needs_a_newer_engine_is_skipped_counted_and_named(void **state)
{
    (void)state;
    static const struct {
        const char *promotion, *pointer;
    } rows[] = {
        {"{'id':'p','engine':3,'anything':[]}", "/engine"},
        {"{'id':'p','group':'g','then':{'kind':'cashback'}}", "/then/kind"},
        {"{'id':'p','group':'g','then':[{'kind':'percent_off','rate_bp':1000},{'kind':'cashback'}]}",
         "/then/1/kind"},
        {"{'id':'p','group':'b'," OFF "}", "/group"},
        {"{'id':'p','group':'t'," OFF "}", "/group"},
        {"{'id':'p','group':'t','when':{'holidays':'?'},'then':[" BUNDLE
         ",{'kind':'percent_off','rate_bp':1}]}",
         "/group"},
        {"{'id':'p','group':'b','then':[" BUNDLE ",{'kind':'percent_off','rate_bp':1}]}", "/group"},
        {"{'id':'p','group':'g','if':{'coupon':true},'then':{'kind':'points_bonus','points':5}}", "/group"},
        {"{'id':'p','group':'g','if':{'tender':'cash'}," OFF "}", "/if/tender"},
        {"{'id':'p','group':'g','if':{'quantity':[{'qty_milli':1},{'qty_kg':1}]}," OFF "}",
         "/if/quantity/1/qty_kg"},
        {"{'id':'p','group':'g','who':{'kind':'members','age':30}," OFF "}", "/who/age"},
        {"{'id':'p','group':'g','where':{'towns':['1']}," OFF "}", "/where/towns"},
        {"{'id':'p','group':'g','when':{'moon':'full'}," OFF "}", "/when/moon"},
        {"{'id':'p','group':'g','limits':{'per_member':1}," OFF "}", "/limits/per_member"},
        {"{'id':'p','group':'g','caps':{'max_points':1}," OFF "}", "/caps/max_points"},
        {"{'id':'p','group':'g','offline':'maybe'," OFF "}", "/offline"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':1000,'selector':{'price_range'"
         ":[1,2]}}}",
         "/then/selector/price_range"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':1000,'selector':"
         "{'exclude':{'exclude':{}}}}}",
         "/then/selector/exclude/exclude"},
        {"{'id':'p','group':'c'," OFF "}", "/group"},
        {"{'id':'p','group':'g','if':{'coupon':true}," OFF "}", "/group"},
        {"{'ix':'p','group':'g'," OFF "}", "/ix"},
        {"{'id':'p','group':'g','prioriti':1," OFF "}", "/prioriti"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_pb':1000}}", "/then/rate_pb"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        struct vn_error error;
        struct vn_ruleset *ruleset = NULL;
        (void)snprintf(text, sizeof text, HEAD "%s\n{'id':'q','group':'g'," OFF "}\n{'cap':1}",
                       rows[i].promotion);
        if (parse(text, &ruleset, &error) != VN_OK) {
            fail_msg("%s: %s", rows[i].promotion, error.text);
        }
        assert_int_equal(error.status, VN_OK);
        assert_string_equal(error.text, "");
        assert_int_equal(vn_ruleset_skipped_count(ruleset), 2);
        assert_int_equal(vn_ruleset_promotion_count(ruleset), 1);
        assert_int_equal(vn_ruleset_skipped(ruleset)->status, VN_UNSUPPORTED);
        assert_string_equal(vn_ruleset_skipped(ruleset)->pointer, rows[i].pointer);
        assert_ptr_equal(strstr(vn_ruleset_skipped(ruleset)->text, "line 2: engine 2 does not know "),
                         vn_ruleset_skipped(ruleset)->text);
        vn_ruleset_destroy(ruleset);
    }
}

static void refuse(const char *text, enum vn_status status, const char *pointer, const char *line)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    enum vn_status found = parse(text, &ruleset, &error);
    if (found != status || strcmp(error.pointer, pointer) != 0 || strstr(error.text, line) == NULL) {
        fail_msg("%s: %s '%s' at '%s'", text, vn_status_name(found), error.text, error.pointer);
    }
    assert_null(ruleset);
}

static void test_malformed_promotions_refuse_the_file_and_name_the_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{'id':'p','group':'x'," OFF "}", "/group"},
        {"{'group':'g'," OFF "}", "/id"},
        {"{'id':'p','group':'g'}", "/then"},
        {"{'id':'p','group':'g','then':{}}", "/then/kind"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':10001}}", "/then/rate_bp"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':1.5}}", "/then/rate_bp"},
        {"{'id':'p','group':'g','then':{'kind':'nth_free','n':3,'free':3}}", "/then/free"},
        {"{'id':'p','group':'g','then':{'kind':'amount_off','amount_minor':0}}", "/then/amount_minor"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':1,'selector':{'codes':[]}}}",
         "/then/selector/codes"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':1,'selector':{'codes':['']}}}",
         "/then/selector/codes/0"},
        {"{'id':'p','group':'g','when':{'from':'2026-02-30T00:00'}," OFF "}", "/when/from"},
        {"{'id':'p','group':'g','when':{'weekdays':[8]}," OFF "}", "/when/weekdays/0"},
        {"{'id':'p','group':'g','when':{'hours':[]}," OFF "}", "/when/hours"},
        {"{'id':'p','group':'g','when':{'hours':[['08:00']]}," OFF "}", "/when/hours/0"},
        {"{'id':'p','group':'g','when':{'hours':[['08:00','24:01']]}," OFF "}", "/when/hours/0"},
        {"{'id':'p','group':'g','who':{'kind':'anyone','tiers':['a']}," OFF "}", "/who/kind"},
        {"{'id':'p','group':'g','if':{'min_spend':{}}," OFF "}", "/if/min_spend/amount_minor"},
        {"{'id':'p','group':'g','limits':{'per_receipt':0}," OFF "}", "/limits/per_receipt"},
        {"{'id':'p','group':'e'," OFF "}", "/then/kind"},
        {"{'id':'p','group':'g','then':{'kind':'points_bonus','points':5}}", "/then"},
        {"[]", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, HEAD "%s", rows[i][0]);
        refuse(text, VN_INPUT, rows[i][1], "line 2: ");
    }
    refuse(HEAD "{'id':'p','group':'g'," OFF "}\n{'id':", VN_INPUT, "", "line 3: ");
    refuse(HEAD "{'id':'p','group':'g'," OFF "}\n{'id':'p','group':'g'," OFF "}", VN_INPUT, "/id",
           "line 3: promotion p is there twice, also in line 2");
    refuse(HEAD "\n{'id':'q','group':'g'," OFF "}\n{'id':'p','group':'g'," OFF "}\n{'id':'q','group':'g'," OFF
                "}",
           VN_INPUT, "/id", "line 5: promotion q is there twice, also in line 3");
    refuse(HEAD "{'id':'p','group':'x'," OFF "}", VN_INPUT, "/group",
           "line 2: expected a group of the header, found \"x\"");
    refuse(HEAD "{'id':'p','group':'g','when':{'holidays':'c'}," OFF "}", VN_INPUT, "/when/holidays",
           "a calendar of the header, found \"c\"");
    refuse(HEAD "{'id':'p','group':'g','where':{'store_groups':['s']}," OFF "}", VN_INPUT,
           "/where/store_groups", "store groups of the header, found \"s\"");
}

/* "~" and its label is a coupon with terms of its own. */
static void test_no_promotion_takes_the_id_of_a_coupon_of_its_own(void **state)
{
    (void)state;
    refuse(HEAD "{'id':'~p','group':'g'," OFF "}", VN_INPUT, "/id", "line 2: an id that begins with ~");
    refuse(HEAD "{'id':'~','group':'g'," OFF "}", VN_INPUT, "/id", "line 2: an id that begins with ~");
}

static void test_malformed_headers_are_refused(void **state)
{
    (void)state;
    refuse("", VN_INPUT, "", "no header: the first line must be {\"ruleset\":1,\"engine\":2,...}");
    refuse("nonsense", VN_INPUT, "", "line 1: ");
    /* what a template makes is a line, and no file */
    refuse("{'id':'p','group':'g'," OFF "}", VN_INPUT, "", "line 1: no header: ");
    refuse("\n{'table':'t','code':'1','price_minor':1}\n" HEAD, VN_INPUT, "", "line 2: no header: ");
    refuse("{'id':'p','ruleset':1}", VN_UNSUPPORTED, "/id", "line 1: ");
    refuse("\xef\xbb\xbf" HEAD, VN_INPUT, "", "line 1: a byte order mark");
    refuse("\xef\xbb\xbf", VN_INPUT, "", "line 1: a byte order mark");
    refuse("\xef\xbb", VN_INPUT, "", "line 1: ");
    refuse("{'ruleset':7,'engine':3}", VN_UNSUPPORTED, "/engine", "the rules of engine 3");
    refuse("[]", VN_INPUT, "", "line 1: ");
    refuse("{'ruleset':7}", VN_INPUT, "/engine", "line 1: ");
    refuse("{'ruleset':7,'engine':3}", VN_UNSUPPORTED, "/engine", "line 1: engine 2 does not know");
    refuse("{'ruleset':7,'engine':1,'law':'de'}", VN_UNSUPPORTED, "/law", "line 1: engine 2 does not know");
    refuse("{'ruleset':7,'engine':1,'max_discount_bp':5}", VN_UNSUPPORTED, "/max_discount_bp",
           "line 1: engine 2 does not know");
    refuse("{'ruleset':7,'engine':1,'wallet':{'spend_mim':5}}", VN_UNSUPPORTED, "/wallet/spend_mim",
           "line 1: engine 2 does not know");
    refuse("{'ruleset':7,'engine':1,'currency':'rsd'}", VN_INPUT, "/currency", "line 1: ");
    refuse("{'ruleset':7,'engine':1,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','cards':"
           "[{'prefix':'29a','length':13}]}",
           VN_INPUT, "/cards/0/prefix", "line 1: ");
    refuse("{'ruleset':7,'engine':1,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','wallet':"
           "{'worth':{'points':0,'minor':1}}}",
           VN_INPUT, "/wallet/worth/points", "line 1: ");
}

static void test_ten_thousand_promotions_parse_and_one_more_does_not(void **state)
{
    (void)state;
    struct vn_buf text;
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    vn_buf_init(&text, VN_RULESET_MAX);
    char *head = quoted(HEAD);
    char *row = NULL;
    assert_int_equal(vn_buf_append_str(&text, head), VN_OK);
    row = quoted(",'group':'g','then':{'kind':'percent_off','rate_bp':1000,'selector':{'codes':");
    for (int i = 0; i < VN_PROMOTIONS_MAX; i++) {
        assert_int_equal(vn_buf_printf(&text, "{\"id\":\"p%d\"%s[\"%d\"]}}}\n", i, row, i), VN_OK);
    }
    assert_int_equal(vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error), VN_OK);
    assert_int_equal(vn_ruleset_promotion_count(ruleset), VN_PROMOTIONS_MAX);
    vn_ruleset_destroy(ruleset);
    assert_int_equal(vn_buf_printf(&text, "{\"id\":\"more\"%s[\"1\"]}}}\n", row), VN_OK);
    assert_int_equal(vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error), VN_FULL);
    assert_null(ruleset);
    vn_buf_deinit(&text);
    free(head);
    free(row);
}

/* documents */

static void read_basket(const char *text, struct vn_basket *basket, struct vn_error *error)
{
    char *copy = quoted(text);
    json_t *root = NULL;
    assert_int_equal(vn_json_parse(vn_view_str(copy), &root, error), VN_OK);
    struct vn_json_in in = vn_json_root(root, error);
    vn_basket_read(&in, basket);
    json_decref(root);
    free(copy);
}

#define SALE "'sale':{'pos':'1','date':'2026-11-22','receipt':'7'}"

static void test_malformed_baskets_name_the_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{}", "/sale"},
        {"{'sale':{'pos':'1','date':'d'},'lines':[]}", "/sale/receipt"},
        {"{" SALE "}", "/lines"},
        {"{" SALE ",'lines':[{'code':'a','amount_minor':1}]}", "/lines/0/id"},
        {"{" SALE ",'lines':[{'id':1,'code':'a','amount_minor':1},{'id':1,'code':'a','amount_minor':1}]}",
         "/lines/1/id"},
        {"{" SALE ",'lines':[{'id':1,'code':'a','amount_minor':1.5}]}", "/lines/0/amount_minor"},
        {"{" SALE ",'lines':[{'id':1,'code':'a','amount_minor':1,'kind':'gas'}]}", "/lines/0/kind"},
        {"{" SALE ",'lines':[{'id':1,'code':'a','amount_minor':1,'pos_discounts_minor':-1}]}",
         "/lines/0/pos_discounts_minor"},
        {"{" SALE ",'lines':[{'id':1,'code':'123456789012345678901234567890123','amount_minor':1}]}",
         "/lines/0/code"},
        {"{" SALE ",'lines':[1]}", "/lines/0"},
        {"{" SALE ",'lane':'moon','lines':[]}", "/lane"}};
    struct vn_basket *basket = calloc(1, sizeof *basket);
    assert_non_null(basket);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_error error;
        read_basket(rows[i][0], basket, &error);
        assert_int_equal(error.status, VN_INPUT);
        assert_string_equal(error.pointer, rows[i][1]);
    }
    free(basket);
}

static char *dump(json_t *value)
{
    assert_non_null(value);
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    assert_non_null(text);
    return text;
}

static void test_a_basket_leaves_out_defaults_and_comes_back_the_same(void **state)
{
    (void)state;
    struct vn_basket *first = calloc(1, sizeof *first);
    struct vn_basket *second = calloc(1, sizeof *second);
    struct vn_error error;
    assert_true(first != NULL && second != NULL);
    const char *source =
        "{" SALE ",'operator':'ana','lane':'self','card_entry':'late','started_ms':5,'lines':["
        "{'id':3,'code':'a','name':'\xc5\xbd','qty_milli':734,'amount_minor':100,'unit_price_minor':136,"
        "'list_amount_minor':150,'pos_discounts_minor':20,'tax':'A','kind':'weighed'},"
        "{'id':4,'parent':3,'code':'d','amount_minor':5,'kind':'deposit'}]}";
    read_basket(source, first, &error);
    assert_int_equal(error.status, VN_OK);
    char *text = dump(vn_basket_write(first));
    char *expected = quoted(source);
    assert_string_equal(text, expected);
    read_basket(text, second, &error);
    assert_memory_equal(first, second, sizeof *first);
    free(text);
    free(expected);
    read_basket("{" SALE ",'lines':[{'id':1,'code':'a','amount_minor':80,'pos_discounts_minor':20}]}", first,
                &error);
    assert_int_equal(first->lines[0].list_amount_minor, 100);
    assert_int_equal(first->lines[0].qty_milli, 1000);
    assert_true(vn_sale_key_equal(&first->key, &second->key));
    (void)snprintf(second->key.date, sizeof second->key.date, "2026-11-23");
    assert_false(vn_sale_key_equal(&first->key, &second->key));
    free(first);
    free(second);
}

static void test_members_items_and_coupons_come_back_the_same(void **state)
{
    (void)state;
    struct vn_error error;
    static const char *const texts[] = {
        "{'known':true,'blocked':true,'account':'w1','first_name':'Ana','tier':'gold','balance':-5,"
        "'lifetime_spend_minor':7,'birth_month':2,'birth_day':29,'segments':['a','b'],"
        "'lots':[{'id':1,'amount':5,'earned_ms':1,'matures_ms':2,'expires_ms':3}]}",
        "{'known':true,'code':'1','name':'n','category':'a/b','brand':'c','legal_class':'tobacco','tax':'A',"
        "'price_minor':5,'tags':['t']}",
        "{'account':'c1','promotion':'p','label':'0016','single_use':true,'spent':true,'valid_from_ms':1,"
        "'valid_until_ms':2}"};
    for (int i = 0; i < 3; i++) {
        char *expected = quoted(texts[i]);
        json_t *root = json_loads(expected, 0, NULL);
        struct vn_json_in in = vn_json_root(root, &error);
        struct vn_member member;
        struct vn_item item;
        struct vn_coupon coupon;
        json_t *written = NULL;
        if (i == 0) {
            vn_member_read(&in, &member);
            written = vn_member_write(&member);
        } else if (i == 1) {
            vn_item_read(&in, &item);
            written = vn_item_write(&item);
        } else {
            vn_coupon_read(&in, &coupon);
            written = vn_coupon_write(&coupon);
        }
        assert_int_equal(error.status, VN_OK);
        char *text = dump(written);
        assert_string_equal(text, expected);
        json_decref(root);
        free(text);
        free(expected);
    }
}

static void test_an_outcome_that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{'total_minor':10,'discount_minor':3,'payable_minor':8}", "/payable_minor"},
        {"{'total_minor':1,'payable_minor':1,'near_misses':[0]}", "/near_misses/0"},
        {"{'total_minor':1,'payable_minor':1,'explanations':[{'reason':'mood'}]}", "/explanations/0/reason"}};
    struct vn_outcome *outcome = calloc(1, sizeof *outcome);
    assert_non_null(outcome);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_error error;
        char *text = quoted(rows[i][0]);
        json_t *root = json_loads(text, 0, NULL);
        struct vn_json_in in = vn_json_root(root, &error);
        vn_outcome_read(&in, outcome);
        assert_int_equal(error.status, VN_INPUT);
        assert_string_equal(error.pointer, rows[i][1]);
        json_decref(root);
        free(text);
    }
    free(outcome);
}

/* money */

static void test_rounding_is_half_away_and_products_need_no_room(void **state)
{
    (void)state;
    int64_t out = 0;
    assert_true(vn_money_mul_div(5, 1, 2, VN_ROUND_HALF_AWAY, &out) && out == 3);
    assert_true(vn_money_mul_div(4, 1, 3, VN_ROUND_HALF_AWAY, &out) && out == 1);
    assert_true(vn_money_mul_div(5, 1, 2, VN_ROUND_DOWN, &out) && out == 2);
    assert_true(vn_money_mul_div(4, 1, 3, VN_ROUND_UP, &out) && out == 2);
    assert_true(vn_money_mul_div(INT64_MAX, INT64_MAX, INT64_MAX, VN_ROUND_UP, &out) && out == INT64_MAX);
    assert_true(vn_money_mul_div(1000000000000000, 1000000000000007, 1000000000000000, VN_ROUND_DOWN, &out));
    assert_int_equal(out, 1000000000000007);
    assert_false(vn_money_mul_div(INT64_MAX, 2, 1, VN_ROUND_DOWN, &out));
    assert_false(vn_money_mul_div(INT64_MAX, INT64_MAX, 2, VN_ROUND_DOWN, &out));
}

static void test_parts_of_a_spread_add_up_and_ties_go_to_the_earlier(void **state)
{
    (void)state;
    struct vn_spread_scratch *scratch = calloc(1, sizeof *scratch);
    assert_non_null(scratch);
    int64_t parts[3];
    assert_true(vn_money_spread(100, (const int64_t[]){1, 1, 1}, 3, scratch, parts));
    assert_true(parts[0] == 34 && parts[1] == 33 && parts[2] == 33);
    assert_true(vn_money_spread(10, (const int64_t[]){1, 0, 2}, 3, scratch, parts));
    assert_true(parts[0] == 3 && parts[1] == 0 && parts[2] == 7);
    assert_true(vn_money_spread(10, (const int64_t[]){0, 0, 0}, 3, scratch, parts));
    assert_true(parts[0] == 0 && parts[1] == 0 && parts[2] == 0);
    assert_false(vn_money_spread(1, (const int64_t[]){INT64_MAX, 1, 0}, 3, scratch, parts));
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ruleset_answers_what_it_is),
        cmocka_unit_test(test_a_ruleset_with_every_key_is_read_whole),
        cmocka_unit_test(test_what_needs_a_newer_engine_is_skipped_counted_and_named),
        cmocka_unit_test(test_malformed_promotions_refuse_the_file_and_name_the_place),
        cmocka_unit_test(test_no_promotion_takes_the_id_of_a_coupon_of_its_own),
        cmocka_unit_test(test_malformed_headers_are_refused),
        cmocka_unit_test(test_ten_thousand_promotions_parse_and_one_more_does_not),
        cmocka_unit_test(test_malformed_baskets_name_the_place),
        cmocka_unit_test(test_a_basket_leaves_out_defaults_and_comes_back_the_same),
        cmocka_unit_test(test_members_items_and_coupons_come_back_the_same),
        cmocka_unit_test(test_an_outcome_that_contradicts_itself_is_refused),
        cmocka_unit_test(test_rounding_is_half_away_and_products_need_no_room),
        cmocka_unit_test(test_parts_of_a_spread_add_up_and_ties_go_to_the_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
