/* What is handed over: stamps, coupons, tags, sentences, and what they stand on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "agent/loyalty/accounts.h"
#include "tests/unit/loyalty_world.h"

#define MEMBER "'member':{'known':true,'account':'w1','id':'m1'}"

static const struct vn_given *given(const struct world *world, const char *promotion, enum vn_given_kind kind)
{
    for (unsigned i = 0; i < world->out.given_count; i++) {
        const struct vn_given *row = &world->out.given[i];
        if (strcmp(row->promotion, promotion) == 0 && row->kind == kind) {
            return row;
        }
    }
    return NULL;
}

static bool has_line(const struct vn_given *row, unsigned line)
{
    return (row->lines[line / 64] >> (line % 64) & 1) != 0;
}

/* stamps */

static void stamp(struct world *world, const char *member, const char *more, const char *reward)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "{%s'items':{'t':{'legal_class':'tobacco'}},'promotions':[{'id':'s','group':'points'%s,"
                   "'then':{'kind':'stamp','card':'coffee'%s}}],'lines':["
                   "{'id':1,'code':'c','qty_milli':3000,'amount_minor':900},"
                   "{'id':2,'code':'c','qty_milli':734,'kind':'weighed','amount_minor':500},"
                   "{'id':3,'code':'c','amount_minor':0},{'id':4,'code':'t','amount_minor':900},"
                   "{'id':5,'code':'d','amount_minor':900}]}",
                   member, more, reward);
    world_outcome(world, text);
}

static void test_stamps_count_paid_pieces_or_the_receipt(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *more, *reward;
        int64_t stamps;
        bool by_quantity;
    } rows[] = {{"", ",'selector':{'codes':['c']}", 4, true},
                {"", ",'selector':{'codes':['c']},'points':3", 12, true},
                {"", "", 5, true},
                {"", ",'selector':{'codes':['c']},'once':true", 1, false},
                {"", ",'selector':{'codes':['c']},'once':true,'points':3", 3, false},
                {",'limits':{'per_receipt':2}", ",'selector':{'codes':['c']}", 2, true}};
    char account[VN_ID_MAX];
    vn_account_stamps("m1", "coffee", account);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stamp(world, MEMBER ",", rows[i].more, rows[i].reward);
        const struct vn_given *row = given(world, "s", VN_GIVEN_STAMP);
        assert_non_null(row);
        assert_int_equal(world->out.given_count, 1);
        assert_string_equal(row->what, "coffee");
        assert_string_equal(row->account, account);
        assert_int_equal(row->amount, rows[i].stamps);
        assert_int_equal(row->by_quantity, rows[i].by_quantity);
        assert_int_equal(row->least, 0);
        assert_true(has_line(row, 0) && has_line(row, 1));
        assert_int_equal(has_line(row, 4), i == 2);
        assert_false(has_line(row, 3)); /* tobacco earns no stamp */
        assert_int_equal(world_reason(world, "s", NULL), VN_REASON_APPLIED);
    }
}

static void test_stamps_are_a_known_member_s(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *member;
        int reason;
    } rows[] = {{"", VN_REASON_NEEDS_MEMBER},
                {"'member':{'known':false},", VN_REASON_NEEDS_HUB},
                {"'member':{'known':true,'account':'w1','blocked':true},", VN_REASON_BLOCKED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stamp(world, rows[i].member, "", "");
        assert_int_equal(world_reason(world, "s", NULL), rows[i].reason);
        assert_int_equal(world->out.given_count, 0);
    }
    char account[VN_ID_MAX];
    stamp(world, "'member':{'known':true,'account':'w1'},", "", "");
    vn_account_stamps("w1", "coffee",
                      account); /* the account stands for a member without a number of his own */
    assert_string_equal(given(world, "s", VN_GIVEN_STAMP)->account, account);
    stamp(world, MEMBER ",", "", ",'selector':{'codes':['t']}");
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_LAW);
    assert_int_equal(world->out.given_count, 0);
}

static void test_what_is_paid_in_points_earns_no_stamp(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallet':{'worth':{'points':1,'minor':1},'spent_as':'%s'}},'member':{'known':true,"
        "'account':'w1','balance':5000},'rights':{'w1':5000},'spend_points':%d,'promotions':[{'id':'s','"
        "group':"
        "'points','then':{'kind':'stamp','card':'c'}}],'lines':["
        "{'id':1,'code':'a','qty_milli':2000,'amount_minor':2000}]}";
    static const char *const ways[] = {"discount", "tender"};
    char text[1024];
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, document, ways[i], 1999);
        world_outcome(world, text);
        assert_int_equal(given(world, "s", VN_GIVEN_STAMP)->amount, 1);
        (void)snprintf(text, sizeof text, document, ways[i], 2000);
        world_outcome(world, text);
        assert_int_equal(world->out.given_count, 0);
        assert_int_equal(world_reason(world, "s", NULL), VN_REASON_CAPPED);
    }
}

/* coupons */

static void issue(struct world *world, int64_t started_ms, const char *days)
{
    char text[1024];
    /* 2026-03-29T01:00Z: the clocks go from +1 to +2 hours; they went to +1 before */
    (void)snprintf(text, sizeof text,
                   "{'header':{'utc_offset_min':120,'utc_offsets':[{'from_ms':1761440400000,'offset_min':60},"
                   "{'from_ms':1774746000000,'offset_min':120}]},'started_ms':%lld," MEMBER
                   ",'promotions':[{'id':'i',"
                   "'group':'points','then':{'kind':'issue_coupon','coupon':'ten-off'%s}}],"
                   "'lines':[{'id':1,'code':'a','amount_minor':100}]}",
                   (long long)started_ms, days);
    world_outcome(world, text);
}

static void test_a_coupon_is_valid_from_and_until_local_days(void **state)
{
    struct world *world = *state;
    static const int64_t hour = 3600000;
    static const int64_t change = 1774746000000;                                 /* 2026-03-29T01:00Z */
    issue(world, change - 2 * hour - 1, ",'valid_after_days':1,'valid_days':7"); /* 28 March, 23:59:59.999 */
    const struct vn_given *row = given(world, "i", VN_GIVEN_COUPON);
    assert_string_equal(row->what, "ten-off");
    assert_int_equal(row->amount, 1);
    assert_int_equal(row->valid_from_ms, change - 2 * hour);               /* 29 March, 00:00 at +1 */
    assert_int_equal(row->valid_until_ms, change - 2 * hour + 167 * hour); /* 5 April, 00:00 at +2 */
    issue(world, change - 2 * hour, ",'valid_days':1,'n':3");              /* 29 March, 00:00 */
    row = given(world, "i", VN_GIVEN_COUPON);
    assert_int_equal(row->amount, 3);
    assert_int_equal(row->valid_from_ms, change - 2 * hour);
    assert_int_equal(row->valid_until_ms, change + 21 * hour); /* a day of 23 hours */
    issue(world, change + 100 * hour, "");
    row = given(world, "i", VN_GIVEN_COUPON);
    assert_int_equal(row->valid_from_ms, change + 93 * hour); /* 2 April, 00:00 */
    assert_int_equal(row->valid_until_ms, 0);
}

static void test_on_return_and_its_charge_travel_with_what_is_given(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{" MEMBER ",'promotions':[{'id':'p','group':'points','then':["
                         "{'kind':'issue_coupon','coupon':'k','on_return':'charge','charge_minor':250},"
                         "{'kind':'add_tag','tag':'fan','on_return':'keep'},{'kind':'stamp','card':'c'},"
                         "{'kind':'say','where':'receipt','text':{'en':'Thank you'}}]}],"
                         "'lines':[{'id':1,'code':'a','amount_minor':100}]}");
    assert_int_equal(world->out.given_count, 4);
    const struct vn_given *coupon = &world->out.given[0];
    const struct vn_given *tag = &world->out.given[1];
    const struct vn_given *say = &world->out.given[3];
    assert_int_equal(coupon->on_return, VN_RETURN_CHARGE);
    assert_int_equal(coupon->charge_minor, 250);
    assert_int_equal(tag->kind, VN_GIVEN_TAG);
    assert_string_equal(tag->what, "fan");
    assert_int_equal(tag->on_return, VN_RETURN_KEEP);
    assert_int_equal(world->out.given[2].on_return, VN_RETURN_REVOKE_IF_UNUSED);
    assert_int_equal(say->kind, VN_GIVEN_SAY);
    assert_string_equal(say->what, "receipt");
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(world->out.given[i].reward, i);
    }
}

/* beside prices, and to whom */

static void test_a_price_promotion_hands_over_to_whom_it_may(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{%s'promotions':[{'id':'p','group':'first','then':[{'kind':'say','where':'prompt','text':{'en':'hi'}"
        "},"
        "{'kind':'add_tag','tag':'fan'},{'kind':'percent_off','rate_bp':1000},{'kind':'stamp','card':'c'},"
        "{'kind':'issue_coupon','coupon':'k'}]}],'lines':[{'id':1,'code':'a','amount_minor':1000}]}";
    static const struct {
        const char *member;
        bool own, open;
    } rows[] = {{"", false, true},
                {"'member':{'known':false},", false, true},
                {"'member':{'known':true,'account':'w1','blocked':true},", false, false},
                {"'member':{'known':true,'account':'w1'},", true, true}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].member);
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, 100);
        assert_int_equal(given(world, "p", VN_GIVEN_TAG) != NULL, rows[i].own);
        assert_int_equal(given(world, "p", VN_GIVEN_STAMP) != NULL, rows[i].own);
        assert_int_equal(given(world, "p", VN_GIVEN_COUPON) != NULL, rows[i].open);
        assert_int_equal(given(world, "p", VN_GIVEN_SAY) != NULL, rows[i].open);
    }
    assert_int_equal(given(world, "p", VN_GIVEN_SAY)->reward, 1); /* rewards on prices come first */
    world_outcome(world,
                  "{'promotions':[{'id':'p','group':'first','if':{'min_spend':{'amount_minor':1001}},'then':["
                  "{'kind':'percent_off','rate_bp':1000},{'kind':'issue_coupon','coupon':'k'}]}],"
                  "'lines':[{'id':1,'code':'a','amount_minor':1000}]}");
    assert_int_equal(world->out.given_count, 0);
}

/* what it stands on */

static void ground(struct world *world, const char *condition)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{" MEMBER ",'items':{'t':{'legal_class':'tobacco'}},'promotions':[{'id':'p','group':'first'%s,"
        "'then':[{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['a']}},"
        "{'kind':'issue_coupon','coupon':'k'},{'kind':'stamp','card':'c','once':true}]}],'lines':["
        "{'id':30,'code':'a','amount_minor':1000},{'id':10,'code':'b','qty_milli':2000,'amount_minor':"
        "2000},{'id':20,'code':'t','amount_minor':5000},{'id':40,'code':'g','kind':'gift_card',"
        "'amount_minor':5000}]}",
        condition);
    world_outcome(world, text);
}

static void test_what_is_given_says_what_it_stands_on(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *condition;
        bool by_quantity;
        int64_t least;
        uint64_t lines; /* b is line 0, t 1, a 2, the gift card 3 */
    } rows[] = {
        {"", false, 0, 4},
        {",'if':{'min_spend':{'amount_minor':1500}}", false, 1500, 5},
        {",'if':{'min_spend':{'amount_minor':1500,'base':'running','selector':{'codes':['b','t']}}}", false,
         1500, 1},
        {",'if':{'quantity':{'selector':{'codes':['b']},'qty_milli':2000}}", true, 2000, 1},
        {",'if':{'quantity':[{'selector':{},'qty_milli':1000},{'selector':{'codes':['b']},'qty_milli':1000}]"
         "}",
         true, 1000, 5},
        {",'if':{'min_spend':{'amount_minor':10},'quantity':{'selector':{},'qty_milli':1000}}", false, 10, 5},
    };
    static const enum vn_given_kind kinds[] = {VN_GIVEN_COUPON, VN_GIVEN_STAMP};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ground(world, rows[i].condition);
        for (size_t k = 0; k < 2; k++) {
            const struct vn_given *row = given(world, "p", kinds[k]);
            assert_non_null(row);
            assert_int_equal(row->by_quantity, rows[i].by_quantity);
            assert_int_equal(row->least, rows[i].least);
            assert_int_equal(row->lines[0], rows[i].lines);
        }
    }
}

static void test_lines_are_told_apart_however_many_there_are(void **state)
{
    struct world *world = *state;
    static char text[65536];
    size_t len =
        (size_t)snprintf(text, sizeof text,
                         "{" MEMBER ",'promotions':[{'id':'p','group':'points','then':{'kind':'stamp',"
                         "'card':'c','selector':{'codes':['x']}}}],'lines':[");
    for (int i = 0; i < VN_LINES_MAX; i++) {
        bool meant = i == 0 || i == 63 || i == 64 || i == 128 || i == VN_LINES_MAX - 1;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s{'id':%d,'code':'%s','amount_minor':1}",
                                i == 0 ? "" : ",", i + 1, meant ? "x" : "a");
    }
    (void)snprintf(text + len, sizeof text - len, "]}");
    world_outcome(world, text);
    const struct vn_given *row = given(world, "p", VN_GIVEN_STAMP);
    assert_int_equal(row->amount, 5);
    for (unsigned i = 0; i < VN_LINES_MAX; i++) {
        assert_int_equal(has_line(row, i), i == 0 || i == 63 || i == 64 || i == 128 || i == VN_LINES_MAX - 1);
    }
}

/* room */

/* `count` promotions with three things to hand over each; the last has a limit for the chain. */
static void fill(struct world *world, const char *group, const char *price, int count)
{
    static char text[32768];
    char account[VN_ID_MAX];
    vn_account_chain_count("p99", account);
    size_t len = (size_t)snprintf(text, sizeof text, "{" MEMBER ",'rights':{'%s':5},'promotions':[", account);
    for (int i = 0; i < count; i++) {
        bool last = i == count - 1;
        len += (size_t)snprintf(
            text + len, sizeof text - len,
            "%s{'id':'p%d','priority':%d,'group':'%s'%s,'then':[%s{'kind':'add_tag','tag':'t%d'},"
            "{'kind':'issue_coupon','coupon':'k'},{'kind':'stamp','card':'c'}]}",
            i == 0 ? "" : ",", last ? 99 : i, count - i, group, last ? ",'limits':{'all':{'count':10}}" : "",
            price, i);
    }
    (void)snprintf(text + len, sizeof text - len, "],'lines':[{'id':1,'code':'a','amount_minor':100000}]}");
    world_outcome(world, text);
}

static void test_a_promotion_hands_over_all_or_nothing(void **state)
{
    struct world *world = *state;
    fill(world, "points", "", 21);
    assert_int_equal(world->out.given_count, 63);
    assert_int_equal(world_reason(world, "p99", NULL), VN_REASON_APPLIED);
    assert_int_equal(world->out.consumption_count, 1);
    fill(world, "points", "", 22);
    assert_int_equal(world->out.given_count, 63);
    assert_int_equal(world_reason(world, "p99", NULL), VN_REASON_CAPPED);
    assert_int_equal(world->out.consumption_count, 0); /* and uses nothing up */
}

static void test_a_price_stands_without_what_there_is_no_room_for(void **state)
{
    struct world *world = *state;
    fill(world, "basket", "{'kind':'amount_off','amount_minor':10},", 22);
    assert_int_equal(world->out.discount_minor, 220);
    assert_int_equal(world->out.given_count, 63);
    assert_null(given(world, "p99", VN_GIVEN_TAG));
    assert_int_equal(world_reason(world, "p99", NULL), VN_REASON_CAPPED); /* of what it hands over ... */
    unsigned rows = 0;
    for (unsigned i = 0; i < world->out.explanation_count; i++) {
        const struct vn_explanation *row = &world->out.explanations[i];
        rows += strcmp(row->promotion, "p99") == 0 && row->reason == VN_REASON_APPLIED ? 1 : 0;
    }
    assert_int_equal(rows, 1); /* ... while the price applied */
}

/* gifts */

static void test_a_gift_that_is_not_in_the_basket_is_named(void **state)
{
    struct world *world = *state;
    static const char document[] = "{'promotions':[{'id':'g','group':'first','if':{'quantity':{'selector':{'"
                                   "codes':['a']},'qty_milli':1000}},"
                                   "'then':[{'kind':'gift','selector':{'codes':['mug','cup']},'n':2,'on_"
                                   "return':'charge','charge_minor':300},"
                                   "{'kind':'say','where':'receipt','text':{'en':'Enjoy'}}]}],'lines':[{'id':"
                                   "2,'code':'a','amount_minor':1000}%s]}";
    static const struct {
        const char *lines;
        int64_t missing, off;
    } rows[] = {{"", 2, 0},
                {",{'id':1,'code':'mug','amount_minor':300}", 1, 300},
                {",{'id':1,'code':'mug','qty_milli':2000,'amount_minor':600}", 0, 600}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].lines);
        world_outcome(world, text);
        const struct vn_given *row = given(world, "g", VN_GIVEN_GIFT);
        assert_int_equal(world_discount(world, "g"), rows[i].off);
        assert_int_equal(world_reason(world, "g", NULL), VN_REASON_APPLIED);
        assert_int_equal(world->out.given_count, rows[i].missing > 0 ? 2 : 1);
        assert_int_equal(row != NULL, rows[i].missing > 0);
        if (row != NULL) {
            assert_int_equal(row->amount, rows[i].missing);
            assert_string_equal(row->what, "cup"); /* the first of its codes */
            assert_int_equal(row->reward, 0);
            assert_int_equal(row->on_return, VN_RETURN_CHARGE);
            assert_int_equal(row->charge_minor, 300);
            assert_true(row->by_quantity && row->least == 1000);
            assert_true(has_line(row, world->out.line_count - 1)); /* what was bought, not the gift */
        }
    }
    world_outcome(
        world, "{'promotions':[{'id':'g','group':'first','then':{'kind':'gift','selector':{'codes':['mug']},"
               "'n':2}}],'lines':[{'id':1,'code':'a','amount_minor':1000},"
               "{'id':2,'code':'mug','amount_minor':1000}]}");
    const struct vn_given *row = given(world, "g", VN_GIVEN_GIFT);
    assert_non_null(row);
    assert_int_equal(row->lines[0], 3); /* it stands as long as anything is kept */
}

static void test_a_gift_alone_needs_room_to_be_named(void **state)
{
    struct world *world = *state;
    static char text[32768];
    char accounts[2][VN_ID_MAX];
    vn_account_chain_count("g", accounts[0]);
    vn_account_chain_count("h", accounts[1]);
    size_t len = (size_t)snprintf(text, sizeof text, "{" MEMBER ",'rights':{'%s':5,'%s':5},'promotions':[",
                                  accounts[0], accounts[1]);
    for (int i = 0; i < 21; i++) {
        len += (size_t)snprintf(
            text + len, sizeof text - len,
            "{'id':'p%d','priority':9,'group':'all','then':[{'kind':'percent_off','rate_bp':100},"
            "{'kind':'add_tag','tag':'t'},{'kind':'issue_coupon','coupon':'k'},"
            "{'kind':'stamp','card':'c'}]},",
            i);
    }
    (void)snprintf(text + len, sizeof text - len,
                   "{'id':'g','priority':2,'group':'all','if':{'quantity':{'selector':{'codes':['a']},'qty_"
                   "milli':1000}},"
                   "'limits':{'all':{'count':9}},'then':{'kind':'gift','selector':{'codes':['mug']}}},"
                   "{'id':'h','priority':1,'group':'all','if':{'quantity':{'selector':{'codes':['a']},'qty_"
                   "milli':1000}},"
                   "'limits':{'all':{'count':9}},'then':{'kind':'gift','selector':{'codes':['mug']}}}],"
                   "'lines':[{'id':1,'code':'a','amount_minor':100000}]}");
    world_outcome(world, text);
    assert_int_equal(world->out.given_count, VN_GIVEN_MAX);
    assert_non_null(given(world, "g", VN_GIVEN_GIFT));
    assert_int_equal(world_reason(world, "g", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "h", NULL), VN_REASON_CAPPED);
    assert_int_equal(world->out.consumption_count, 1);
    assert_string_equal(world->out.consumptions[0].account, accounts[0]);
}

/* Whatever is promised and bought: rows are whole promotions, and stand on lines that are there. */
static void test_random_promises_are_kept_whole(void **state)
{
    struct world *world = *state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t at = seed;
        struct vn_random random = vn_random_seeded(&at);
        uint8_t r[16];
        char text[2048];
        assert_int_equal(vn_random_fill(&random, r, sizeof r), VN_OK);
        (void)snprintf(
            text, sizeof text,
            "{" MEMBER ",'promotions':[{'id':'p','group':'points','if':{'min_spend':{'amount_minor':%d}},"
            "'then':[{'kind':'stamp','card':'c','points':%d,'selector':{'codes':['%d','%d']}},"
            "{'kind':'add_tag','tag':'x'}]},{'id':'q','group':'basket','then':["
            "{'kind':'percent_off','rate_bp':%d},{'kind':'issue_coupon','coupon':'k'}]}],'lines':["
            "{'id':1,'code':'0','qty_milli':%d000,'amount_minor':%d},"
            "{'id':2,'code':'1','qty_milli':%d000,'amount_minor':%d},{'id':3,'code':'2','amount_minor':%d}]}",
            1 + r[0] * 2, 1 + r[1] % 3, r[2] % 4, r[3] % 4, 1 + r[4] * 39, 1 + r[5] % 4, r[6], 1 + r[7] % 4,
            r[8], r[9]);
        world_outcome(world, text);
        const struct vn_given *stamps = given(world, "p", VN_GIVEN_STAMP);
        const struct vn_given *tag = given(world, "p", VN_GIVEN_TAG);
        bool applied = world_reason(world, "p", NULL) == VN_REASON_APPLIED;
        assert_int_equal(tag != NULL, applied);
        assert_true(stamps == NULL ||
                    (applied && stamps->amount % (1 + r[1] % 3) == 0 && stamps->lines[0] < 8));
        assert_int_equal(given(world, "q", VN_GIVEN_COUPON) != NULL, world_discount(world, "q") > 0);
        assert_int_equal(world->out.given_count, (stamps != NULL ? 1 : 0) + (tag != NULL ? 1 : 0) +
                                                     (world_discount(world, "q") > 0 ? 1 : 0));
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_stamps_count_paid_pieces_or_the_receipt),
        T(test_stamps_are_a_known_member_s),
        T(test_what_is_paid_in_points_earns_no_stamp),
        T(test_a_coupon_is_valid_from_and_until_local_days),
        T(test_on_return_and_its_charge_travel_with_what_is_given),
        T(test_a_price_promotion_hands_over_to_whom_it_may),
        T(test_what_is_given_says_what_it_stands_on),
        T(test_lines_are_told_apart_however_many_there_are),
        T(test_a_promotion_hands_over_all_or_nothing),
        T(test_a_price_stands_without_what_there_is_no_room_for),
        T(test_a_gift_that_is_not_in_the_basket_is_named),
        T(test_a_gift_alone_needs_room_to_be_named),
        T(test_random_promises_are_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
