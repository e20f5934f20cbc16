/* Documents held against their schemas: the place of a failure, what was expected and what was found. The verdicts
 * themselves are held against another validator by tests/integration/test_schemas.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/base/limits.h"
#include "agent/loyalty/rules/schema.h"
#include "tests/unit/loyalty_text.h"

static enum vn_status check(const struct vn_schema *schema, const char *text, struct vn_error *error)
{
    char *copy = text_quoted(text);
    json_t *root = NULL;
    assert_int_equal(vn_json_parse(vn_view_str(copy), &root, error), VN_OK);
    struct vn_json_in in = vn_json_root(root, error);
    bool fits = vn_schema_check(schema, &in);
    assert_int_equal(fits, error->status == VN_OK);
    json_decref(root);
    free(copy);
    return error->status;
}

static void refuse(const struct vn_schema *schema, const char *text, enum vn_status status,
                   const char *pointer, const char *sentence)
{
    struct vn_error error;
    enum vn_status found = check(schema, text, &error);
    if (found != status || strcmp(error.pointer, pointer) != 0 || strcmp(error.text, sentence) != 0) {
        fail_msg("%s: %s '%s' at '%s'", text, vn_status_name(found), error.text, error.pointer);
    }
}

static void test_a_failure_says_place_expected_and_found(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"[]", "", "expected an object, found an array"},
        {"{'id':'p','group':'g'}", "/then", "expected an object or an array, found nothing"},
        {"{'id':5,'group':'g','then':[]}", "/id", "expected a text of 1 to 47 characters, found an integer"},
        {"{'id':'','group':'g','then':[]}", "/id", "expected 1 to 47 characters, found 0"},
        {"{'id':'p','group':'a\\u0007','then':[]}", "/group",
         "expected a text without control characters, found a string"},
        {"{'id':'p','group':'g','then':[]}", "/then", "expected 1 to 8 elements, found 0"},
        {"{'id':'p','group':'g','then':null}", "/then", "expected an object or an array, found null"},
        {"{'id':'p','group':'g','then':{'kind':5}}", "/then/kind",
         "expected one of: percent_off, amount_off, new_price, nth_free, buy_get, bundle, gift, ladder, "
         "accumulative, points_per_spend, points_per_unit, points_multiplier, points_bonus, stamp, "
         "issue_coupon, "
         "add_tag, say, found an integer"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off'}}", "/then/rate_bp",
         "expected an integer from 1 to 10000, found nothing"},
        {"{'id':'p','group':'g','then':{'kind':'percent_off','rate_bp':10001}}", "/then/rate_bp",
         "expected an integer from 1 to 10000, found 10001"},
        {"{'id':'p','group':'g','then':[{'kind':'percent_off','rate_bp':1.0}]}", "/then/0/rate_bp",
         "expected an integer from 1 to 10000, found a real number"},
        {"{'id':'p','group':'g','then':{'kind':'new_price'}}", "/then",
         "expected exactly one of: price_minor, table_price, found 0 of them"},
        {"{'id':'p','group':'g','then':{'kind':'new_price','price_minor':1,'table_price':true}}", "/then",
         "expected exactly one of: price_minor, table_price, found 2 of them"},
        {"{'id':'p','group':'g','then':{'kind':'new_price','table_price':false}}", "/then/table_price",
         "expected true, found false"},
        {"{'id':'p','group':'g','then':[{'kind':'points_bonus','points':1}],'limits':{'all':{}}}",
         "/limits/all", "expected at least one of: count, budget_minor, found 0 of them"},
        {"{'id':'p','group':'g','then':[{'kind':'points_bonus','points':1}],'when':{'holidays':'a',"
         "'not_holidays':'b'}}",
         "/when", "these don't go together: holidays, not_holidays"},
        {"{'id':'p','group':'g','then':[{'kind':'points_bonus','points':1}],'when':{'from':'2026-1-01T00:00'}"
         "}",
         "/when/from", "expected a local time as 2026-11-22T08:00, found a string"},
        {"{'id':'p','group':'g','then':[{'kind':'say','where':'receipt','text':{}}]}", "/then/0/text",
         "expected 1 to 16 keys, found 0"},
        {"{'id':'p','group':'g','then':[{'kind':'points_bonus','points':1}],'if':{'coupon':1}}", "/if/coupon",
         "expected true or false, found an integer"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        refuse(&vn_schema_promotion, rows[i][0], VN_INPUT, rows[i][1], rows[i][2]);
    }
}

static void test_what_is_unknown_goes_before_what_is_wrong(void **state)
{
    (void)state;
    refuse(&vn_schema_promotion, "{'id':5,'then':{'kind':'percent_off','rate':1}}", VN_UNSUPPORTED,
           "/then/rate", "engine 2 does not know this key");
    refuse(&vn_schema_promotion, "{'id':5,'then':[{'kind':'percent_off'},{'kind':'cashback'}]}",
           VN_UNSUPPORTED, "/then/1/kind", "engine 2 does not know this word: cashback");
    refuse(&vn_schema_promotion, "{'id':5,'who':{'kind':'robots'}}", VN_UNSUPPORTED, "/who/kind",
           "engine 2 does not know this word: robots");
    refuse(&vn_schema_promotion, "{'who':{'kind':'a\\u001b[31m'}}", VN_UNSUPPORTED, "/who/kind",
           "engine 2 does not know this word");
    refuse(&vn_schema_ruleset_header, "{'a~/b':1}", VN_UNSUPPORTED, "/a~0~1b",
           "engine 2 does not know this key");
}

static void test_a_first_failure_stays(void **state)
{
    (void)state;
    struct vn_error error;
    json_t *root = json_integer(5);
    struct vn_json_in in = vn_json_root(root, &error);
    vn_json_refuse(&in, NULL, "before");
    assert_false(vn_schema_check(&vn_schema_promotion, &in));
    assert_string_equal(error.text, "before");
    error.status = VN_NOMEM;
    assert_false(vn_schema_newer(&in, NULL, "this"));
    assert_int_equal(error.status, VN_NOMEM);
    json_decref(root);
}

static void test_members_baskets_and_items_are_open_and_null_is_nothing(void **state)
{
    (void)state;
    struct vn_error error;
    assert_int_equal(
        check(&vn_schema_member, "{'mood':1,'account':null,'lots':null,'segments':['']}", &error), VN_OK);
    assert_int_equal(check(&vn_schema_item, "{'code':'1','x':{},'tags':null,'known':true}", &error), VN_OK);
    assert_int_equal(check(&vn_schema_basket,
                           "{'sale':{'pos':'1','date':'d','receipt':'r','x':1},'lane':null,'lines':[{'id':1,"
                           "'code':'','amount_minor':-5,'kind':null,'name':'\xc5\xbd'}]}",
                           &error),
                     VN_OK);
    refuse(&vn_schema_basket, "{'sale':{'pos':'1','date':'d','receipt':'r'},'lane':'moon','lines':[]}",
           VN_INPUT, "/lane", "expected one of: manned, self, web, found a string");
    refuse(&vn_schema_basket, "{'sale':{'pos':null,'date':'d','receipt':'r'},'lines':[]}", VN_INPUT,
           "/sale/pos", "expected a text of 1 to 47 characters, found null");
    refuse(&vn_schema_member, "{'wallets':[{'id':'p','lots':[{'id':1}]}]}", VN_INPUT,
           "/wallets/0/lots/0/amount", "expected an integer from 0 to 1000000000000000, found nothing");
}

static void test_characters_are_counted_not_bytes(void **state)
{
    (void)state;
    struct vn_error error;
    char text[256] = "{'code':'1','brand':'";
    for (int i = 0; i < VN_TAG_MAX - 1; i++) {
        strncat(text, "\xc5\xbd", 3);
    }
    strncat(text, "'}", 3);
    assert_int_equal(check(&vn_schema_item, text, &error), VN_OK);
    text[strlen(text) - 2] = '\0';
    strncat(text, "z'}", 4);
    refuse(&vn_schema_item, text, VN_INPUT, "/brand", "expected at most 31 characters, found 32");
}

/* `before`, so many elements, `after` */
static void check_size(const struct vn_schema *schema, const char *const row[3], int64_t count,
                       const char *pointer)
{
    struct vn_buf text;
    struct vn_error error;
    vn_buf_init(&text, VN_RULESET_MAX);
    for (int64_t more = 0; more < 2; more++) {
        text.len = 0;
        assert_int_equal(vn_buf_append_str(&text, row[0]), VN_OK);
        for (int64_t i = 0; i < count + more; i++) {
            assert_int_equal(vn_buf_printf(&text, "%s%s", i == 0 ? "" : ",", row[1]), VN_OK);
        }
        assert_int_equal(vn_buf_append_str(&text, row[2]), VN_OK);
        assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
        enum vn_status status = check(schema, (const char *)text.data, &error);
        if (status != (more == 0 ? VN_OK : VN_INPUT) ||
            strcmp(error.pointer, more == 0 ? "" : pointer) != 0) {
            fail_msg("%s %lld: %s at '%s'", pointer, (long long)(count + more), error.text, error.pointer);
        }
    }
    vn_buf_deinit(&text);
}

#define PROMOTION "{'id':'p','group':'g','then':"
#define BONUS     "{'kind':'points_bonus','points':1}"
#define HEADER    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs',"

/* What a schema says in numbers is what limits.h says: readers fill arrays of these sizes. */
static const struct {
    const struct vn_schema *schema;
    const char *text[3];
    int64_t most;
    const char *pointer;
} sizes[] = {
    {&vn_schema_promotion, {PROMOTION "[", BONUS, "]}"}, VN_REWARDS_MAX, "/then"},
    {&vn_schema_promotion,
     {PROMOTION "{'kind':'bundle','price_minor':1,'parts':[", "{'n':1}", "]}}"},
     VN_PARTS_MAX,
     "/then/parts"},
    {&vn_schema_promotion,
     {PROMOTION "{'kind':'ladder','steps':[", "{'from_minor':1,'rate_bp':1}", "]}}"},
     VN_STEPS_MAX,
     "/then/steps"},
    {&vn_schema_promotion,
     {PROMOTION BONUS ",'if':{'quantity':[", "{'qty_milli':1}", "]}}"},
     VN_PARTS_MAX,
     "/if/quantity"},
    {&vn_schema_promotion,
     {PROMOTION BONUS ",'when':{'hours':[", "['08:00','09:00']", "]}}"},
     VN_HOURS_MAX,
     "/when/hours"},
    {&vn_schema_promotion,
     {PROMOTION BONUS ",'funders':[", "{'id':'f','share_bp':1}", "]}"},
     VN_FUNDERS_MAX,
     "/funders"},
    {&vn_schema_promotion,
     {PROMOTION BONUS ",'where':{'stores':[", "'s'", "]}}"},
     VN_SELECTOR_VALUES_MAX,
     "/where/stores"},
    {&vn_schema_ruleset_header,
     {HEADER "'groups':[", "{'id':'g','stage':'units','choice':'all'}", "]}"},
     VN_GROUPS_MAX,
     "/groups"},
    {&vn_schema_ruleset_header, {HEADER "'wallets':[", "{'id':'w'}", "]}"}, VN_WALLETS_MAX - 1, "/wallets"},
    {&vn_schema_ruleset_header,
     {HEADER "'zones':[", "{'stores':['s'],'utc_offset_min':0}", "]}"},
     VN_ZONES_MAX,
     "/zones"},
    {&vn_schema_ruleset_header,
     {HEADER "'utc_offsets':[", "{'from_ms':0,'offset_min':0}", "]}"},
     VN_OFFSETS_MAX,
     "/utc_offsets"},
    {&vn_schema_ruleset_header,
     {HEADER "'calendars':{'c':[", "'2026-01-01'", "]}}"},
     VN_HOLIDAYS_MAX,
     "/calendars/c"},
    {&vn_schema_ruleset_header,
     {HEADER "'tiers':{'by':'spend','steps':[", "{'id':'t','from':0}", "]}}"},
     VN_TIERS_MAX,
     "/tiers/steps"},
    {&vn_schema_ruleset_header,
     {HEADER "'cards':[", "{'prefix':'2','length':5}", "]}"},
     VN_CARD_RANGES_MAX,
     "/cards"},
    {&vn_schema_member, {"{'segments':[", "'s'", "]}"}, VN_SEGMENTS_MAX, "/segments"},
    {&vn_schema_member, {"{'clubs':[", "'s'", "]}"}, VN_CLUBS_MAX, "/clubs"},
    {&vn_schema_member, {"{'lots':[", "{'id':1,'amount':1}", "]}"}, VN_LOTS_MAX, "/lots"},
    {&vn_schema_member, {"{'wallets':[", "{'id':'w'}", "]}"}, VN_WALLETS_MAX - 1, "/wallets"},
    {&vn_schema_member, {"{'counters':[", "{'account':'s','value':1}", "]}"}, VN_COUNTERS_MAX, "/counters"},
    {&vn_schema_item, {"{'code':'1','tags':[", "'t'", "]}"}, VN_TAGS_MAX, "/tags"},
    {&vn_schema_basket,
     {"{'sale':{'pos':'1','date':'d','receipt':'r'},'lines':[", "{'id':1,'code':'1','amount_minor':1}", "]}"},
     VN_LINES_MAX,
     "/lines"},
    {&vn_schema_basket,
     {"{'sale':{'pos':'1','date':'d','receipt':'r'},'lines':[],'tenders':[", "{'kind':'card'}", "]}"},
     VN_TENDERS_MAX,
     "/tenders"}};

static void test_sizes_are_those_of_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_size(sizes[i].schema, sizes[i].text, sizes[i].most, sizes[i].pointer);
    }
}

static void test_maps_have_the_sizes_of_limits(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        unsigned most;
    } rows[] = {{"store_groups", "['s']", VN_STORE_GROUPS_MAX}, {"calendars", "[]", VN_CALENDARS_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned count = rows[i].most; count <= rows[i].most + 1; count++) {
            char text[4096] = "";
            size_t used = (size_t)snprintf(text, sizeof text, HEADER "'%s':{", rows[i].name);
            for (unsigned n = 0; n < count; n++) {
                used += (size_t)snprintf(text + used, sizeof text - used, "%s'n%u':%s", n == 0 ? "" : ",", n,
                                         rows[i].value);
            }
            (void)snprintf(text + used, sizeof text - used, "}}");
            struct vn_error error;
            assert_int_equal(check(&vn_schema_ruleset_header, text, &error),
                             count == rows[i].most ? VN_OK : VN_INPUT);
        }
    }
    refuse(&vn_schema_ruleset_header, HEADER "'calendars':{'':[]}}", VN_INPUT, "/calendars/",
           "expected 1 to 31 characters, found 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failure_says_place_expected_and_found),
        cmocka_unit_test(test_what_is_unknown_goes_before_what_is_wrong),
        cmocka_unit_test(test_a_first_failure_stays),
        cmocka_unit_test(test_members_baskets_and_items_are_open_and_null_is_nothing),
        cmocka_unit_test(test_characters_are_counted_not_bytes),
        cmocka_unit_test(test_sizes_are_those_of_limits),
        cmocka_unit_test(test_maps_have_the_sizes_of_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
