/* What promotions ask for and say, in the words of their author. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/bytes.h"
#include "agent/loyalty/asks.h"

#define OFF    "'then':{'kind':'percent_off','rate_bp':1}"
#define TERM_A "a23456789012345678901234567890"
#define TERM_B "b23456789012345678901234567890"

static const char header[] =
    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs',"
    "'wallet':{'exponent':1,'worth':{'points':1,'minor':1}},"
    "'wallets':[{'id':'partner','exponent':2,'worth':{'points':1,'minor':1}}],"
    "'groups':[{'id':'g','stage':'units','choice':'first'},{'id':'e','stage':'earning','choice':'all'}]}\n"
    "{'id':'p','group':'g','if':{'tenders':['card','cash']},'who':{'kind':'members',"
    "'tiers':['gold','platinum'],'segments':['x'],'clubs':['y']}," OFF "}\n"
    "{'id':'long','group':'g','who':{'kind':'members','segments':['" TERM_A "','" TERM_B "',"
    "'c2345678901234567890123456789']}," OFF "}\n"
    "{'id':'longer','group':'g','who':{'kind':'members','segments':['" TERM_A "','" TERM_B "',"
    "'c23456789012345678901234567890','d']}," OFF "}\n"
    "{'id':'say','group':'e','who':{'kind':'members'},'then':[{'kind':'points_bonus','points':1},"
    "{'kind':'say','where':'receipt','text':{'pl':'Do widzenia','en':'Bye'}},"
    "{'kind':'say','where':'prompt','text':{'sr':'Zdravo'}}]}\n";

static const struct {
    const char *promotion, *limits;
    enum vn_limit_span span;
} spans[] = {
    {"day", "'member':{'count':1,'period':'day'}", VN_LIMIT_DAY},
    {"week", "'member':{'count':1,'period':'week'}", VN_LIMIT_WEEK},
    {"month", "'member':{'count':1,'period':'month'}", VN_LIMIT_MONTH},
    {"year", "'member':{'count':1,'period':'year'}", VN_LIMIT_YEAR},
    {"ever", "'member':{'count':1,'period':'ever'}", VN_LIMIT_OTHER},
    {"both", "'member':{'count':1,'period':'day'},'all':{'count':5}", VN_LIMIT_OTHER},
    {"budget", "'member':{'count':1,'period':'day'},'all':{'budget_minor':5}", VN_LIMIT_OTHER},
    {"all", "'all':{'count':5}", VN_LIMIT_OTHER},
};

static int setup(void **state)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text, header), VN_OK);
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        assert_int_equal(
            vn_buf_printf(&text, "{'id':'%s','group':'g','who':{'kind':'members'},'limits':{%s}," OFF "}\n",
                          spans[i].promotion, spans[i].limits),
            VN_OK);
    }
    for (size_t i = 0; i < text.len; i++) {
        text.data[i] = text.data[i] == '\'' ? '"' : text.data[i];
    }
    if (vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error) != VN_OK ||
        vn_ruleset_skipped_count(ruleset) != 0) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
    vn_buf_deinit(&text);
    *state = ruleset;
    return 0;
}

static int teardown(void **state)
{
    vn_ruleset_destroy(*state);
    return 0;
}

static void expect_asked(const struct vn_ruleset *ruleset, const char *promotion, enum vn_reason reason,
                         const char *expected)
{
    char out[VN_NAME_MAX];
    memset(out, 'x', sizeof out);
    vn_ruleset_asked(ruleset, promotion, reason, out);
    assert_string_equal(out, expected);
}

static void test_a_condition_lists_what_it_wants(void **state)
{
    const struct vn_ruleset *ruleset = *state;
    expect_asked(ruleset, "p", VN_REASON_NEEDS_TIER, "gold, platinum");
    expect_asked(ruleset, "p", VN_REASON_NEEDS_SEGMENT, "x");
    expect_asked(ruleset, "p", VN_REASON_NEEDS_CLUB, "y");
    expect_asked(ruleset, "p", VN_REASON_NEEDS_TENDER, "card, cash");
    expect_asked(ruleset, "p", VN_REASON_NEEDS_HUB, "");
    expect_asked(ruleset, "day", VN_REASON_NEEDS_TIER, "");
    expect_asked(ruleset, "nobody", VN_REASON_NEEDS_TIER, "");
    /* 93 bytes, and none for more; what does not fit is told as more */
    expect_asked(ruleset, "long", VN_REASON_NEEDS_SEGMENT,
                 TERM_A ", " TERM_B ", c2345678901234567890123456789");
    expect_asked(ruleset, "longer", VN_REASON_NEEDS_SEGMENT, TERM_A ", " TERM_B ", ...");
}

static void test_the_span_is_that_of_the_one_limit(void **state)
{
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        assert_int_equal(vn_ruleset_limit_span(*state, spans[i].promotion), spans[i].span);
    }
    assert_int_equal(vn_ruleset_limit_span(*state, "p"), VN_LIMIT_OTHER);
    assert_int_equal(vn_ruleset_limit_span(*state, "nobody"), VN_LIMIT_OTHER);
}

static void test_a_reward_speaks_the_language_that_it_has(void **state)
{
    const struct vn_ruleset *ruleset = *state;
    assert_string_equal(vn_ruleset_said(ruleset, "say", 1, "pl"), "Do widzenia");
    assert_string_equal(vn_ruleset_said(ruleset, "say", 1, "ru"), "Bye");
    assert_string_equal(vn_ruleset_said(ruleset, "say", 2, "ru"), "Zdravo");
    assert_null(vn_ruleset_said(ruleset, "say", 0, "en"));
    assert_null(vn_ruleset_said(ruleset, "say", 3, "en"));
    assert_null(vn_ruleset_said(ruleset, "nobody", 0, "en"));
}

static void test_each_wallet_has_its_decimals(void **state)
{
    const struct vn_ruleset *ruleset = *state;
    assert_int_equal(vn_ruleset_points_exponent(ruleset, ""), 1);
    assert_int_equal(vn_ruleset_points_exponent(ruleset, "partner"), 2);
    assert_int_equal(vn_ruleset_points_exponent(ruleset, "nobody"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_condition_lists_what_it_wants, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_span_is_that_of_the_one_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_reward_speaks_the_language_that_it_has, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_wallet_has_its_decimals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
