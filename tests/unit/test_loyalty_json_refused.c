/* Documents that are wrong are refused with the place; what a newer sender has besides is ignored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"

struct papers {
    struct vn_error error;
    struct vn_basket basket;
    struct vn_item item;
    struct vn_member member;
    struct vn_coupon coupon;
    struct vn_choices choices;
    struct vn_outcome outcome;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct papers));
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

enum paper { BASKET, ITEM, MEMBER, COUPON, CHOICES, OUTCOME };

static void read_paper(struct papers *papers, enum paper paper, const char *document)
{
    char *copy = strdup(document);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *root = json_loads(copy, 0, NULL);
    if (root == NULL) {
        fail_msg("not JSON: %s", document);
    }
    struct vn_json_in in = vn_json_root(root, &papers->error);
    switch (paper) {
    case BASKET: vn_basket_read(&in, &papers->basket); break;
    case ITEM: vn_item_read(&in, &papers->item); break;
    case MEMBER: vn_member_read(&in, &papers->member); break;
    case COUPON: vn_coupon_read(&in, &papers->coupon); break;
    case CHOICES: vn_choices_read(&in, &papers->choices); break;
    case OUTCOME: vn_outcome_read(&in, &papers->outcome); break;
    }
    json_decref(root);
    free(copy);
}

#define SALE "'sale':{'pos':'1','date':'d','receipt':'7'},'lines':[]"
#define SUMS "'total_minor':1,'payable_minor':1"

static const struct {
    enum paper paper;
    const char *document, *pointer;
} wrong[] = {
    {BASKET, "{" SALE ",'proof':'face'}", "/proof"},
    {BASKET, "{" SALE ",'tenders':[{'amount_minor':5}]}", "/tenders/0/kind"},
    {BASKET, "{" SALE ",'tenders':[1]}", "/tenders/0"},
    {BASKET, "{" SALE ",'tenders':[{'kind':'cash','amount_minor':'5'}]}", "/tenders/0/amount_minor"},
    {BASKET, "{" SALE ",'tenders':[1,2,3,4,5,6,7,8,9]}", "/tenders"},
    {ITEM, "{'code':'1','min_price_minor':-1}", "/min_price_minor"},
    {MEMBER, "{'id':7}", "/id"},
    {MEMBER, "{'household':'0123456789012345678901234567890123456789012345678'}", "/household"},
    {MEMBER, "{'staff':1}", "/staff"},
    {MEMBER, "{'referred':'no'}", "/referred"},
    {MEMBER, "{'as_of_ms':-1}", "/as_of_ms"},
    {MEMBER, "{'joined_ms':1.5}", "/joined_ms"},
    {MEMBER, "{'last_visit_ms':253402300800000}", "/last_visit_ms"},
    {MEMBER, "{'visits':-1}", "/visits"},
    {MEMBER, "{'qualifying':'1'}", "/qualifying"},
    {MEMBER, "{'debt':-1}", "/debt"},
    {MEMBER, "{'clubs':['a',1]}", "/clubs/1"},
    {MEMBER, "{'clubs':[1,2,3,4,5,6,7,8,9]}", "/clubs"},
    {MEMBER, "{'counters':[{'value':1}]}", "/counters/0/account"},
    {MEMBER, "{'counters':[{'account':'s1'}]}", "/counters/0/value"},
    {MEMBER, "{'wallets':[{'balance':1}]}", "/wallets/0/id"},
    {MEMBER, "{'wallets':[{'id':'a','lots':[{'id':1,'amount':-1}]}]}", "/wallets/0/lots/0/amount"},
    {MEMBER, "{'wallets':[1,2,3,4]}", "/wallets"},
    {MEMBER, "{'wallets':[{'id':'a','account':'w1'},{'id':'b','account':'w1'}]}", "/wallets"},
    {MEMBER, "{'account':'w1','wallets':[{'id':'a','account':'w1'}]}", "/wallets"},
    {MEMBER, "{'wallets':[{'id':'a'},{'id':'a'}]}", "/wallets"},
    {COUPON, "{'account':'c1'}", "/promotion"},
    {COUPON, "{'terms':null}", "/promotion"},
    {COUPON, "{'terms':5}", "/terms"},
    {COUPON, "{'terms':{}}", "/terms"},
    {COUPON, "{'terms':{'off_bp':10001}}", "/terms/off_bp"},
    {COUPON, "{'terms':{'off_bp':1,'off_minor':1}}", "/terms"},
    {COUPON, "{'terms':{'off_minor':0}}", "/terms/off_minor"},
    {COUPON, "{'terms':{'off_minor':1,'codes':[1]}}", "/terms/codes/0"},
    {COUPON, "{'promotion':'p','member':1}", "/member"},
    {CHOICES, "{'spend_points':-1}", "/spend_points"},
    {CHOICES, "{'spends':[{'points':1}]}", "/spends/0/wallet"},
    {CHOICES, "{'spends':[{'wallet':'a','points':-1}]}", "/spends/0/points"},
    {CHOICES, "{'coupons':[{}]}", "/coupons/0/promotion"},
    {OUTCOME, "{" SUMS ",'engine':-1}", "/engine"},
    {OUTCOME, "{" SUMS ",'provisional':0}", "/provisional"},
    {OUTCOME, "{" SUMS ",'spent_as_tender':0}", "/spent_as_tender"},
    {OUTCOME, "{" SUMS ",'tender_minor':-1}", "/tender_minor"},
    {OUTCOME, "{" SUMS ",'qualifying':'1'}", "/qualifying"},
    {OUTCOME, "{" SUMS ",'tier_after':1}", "/tier_after"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1,'qty_milli':-1}]}", "/lines/0/qty_milli"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1,'list_minor':'1'}]}", "/lines/0/list_minor"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1,'earn_minor':'1'}]}", "/lines/0/earn_minor"},
    {OUTCOME, "{" SUMS ",'applications':[{'stage':'units','qty_milli':-1}]}", "/applications/0/qty_milli"},
    {OUTCOME, "{" SUMS ",'applications':[{'stage':'units','wallet':1}]}", "/applications/0/wallet"},
    {OUTCOME, "{" SUMS ",'explanations':[{'reason':'unknown'}]}", "/explanations/0/reason"},
    {OUTCOME, "{" SUMS ",'consumptions':[{'account':'a','amount':1,'risk':1}]}", "/consumptions/0/risk"},
    {OUTCOME, "{" SUMS ",'wallets':[{'earned':1}]}", "/wallets/0/wallet"},
    {OUTCOME, "{" SUMS ",'wallets':[{'wallet':'a','spent':-1}]}", "/wallets/0/spent"},
    {OUTCOME, "{" SUMS ",'lot_uses':[{'lot':1,'amount':0}]}", "/lot_uses/0/amount"},
    {OUTCOME, "{" SUMS ",'lot_uses':[{'amount':1}]}", "/lot_uses/0/lot"},
    {OUTCOME, "{" SUMS ",'given':[{'kind':'car'}]}", "/given/0/kind"},
    {OUTCOME, "{" SUMS ",'given':[{'kind':'tag','on_return':'cry'}]}", "/given/0/on_return"},
    {OUTCOME, "{" SUMS ",'given':[{'kind':'tag','reward':8}]}", "/given/0/reward"},
    {OUTCOME, "{" SUMS ",'given':[{'kind':'tag','charge_minor':-1}]}", "/given/0/charge_minor"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1}],'given':[{'kind':'tag','lines':[1,2]}]}", "/given/0/lines/1"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1},{'id':2}],'given':[{'kind':'tag','lines':[[2,1]]}]}",
     "/given/0/lines/0/1"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1},{'id':2}],'given':[{'kind':'tag','lines':[[1,3]]}]}",
     "/given/0/lines/0/1"},
    {OUTCOME, "{" SUMS ",'lines':[{'id':1},{'id':2}],'given':[{'kind':'tag','lines':[[1]]}]}",
     "/given/0/lines/0"},
    {OUTCOME, "{" SUMS ",'fundings':[{'promotion':'p','amount_minor':1}]}", "/fundings/0/funder"},
    {OUTCOME, "{" SUMS ",'fundings':[{'promotion':'p','funder':'f','amount_minor':-1}]}",
     "/fundings/0/amount_minor"},
};

static void test_what_is_wrong_is_refused_with_its_place(void **state)
{
    struct papers *papers = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        read_paper(papers, wrong[i].paper, wrong[i].document);
        if (papers->error.status != VN_INPUT || strcmp(papers->error.pointer, wrong[i].pointer) != 0) {
            fail_msg("%s: '%s' at '%s'", wrong[i].document, papers->error.text, papers->error.pointer);
        }
    }
}

static void test_lines_of_a_reward_travel_in_runs(void **state)
{
    struct papers *papers = *state;
    read_paper(papers, OUTCOME,
               "{" SUMS
               ",'lines':[{'id':1},{'id':3},{'id':4},{'id':7},{'id':9},{'id':12}],'given':[{'kind':'tag',"
               "'lines':[1,[4,9]]}]}");
    assert_int_equal(papers->error.status, VN_OK);
    assert_int_equal(papers->outcome.given[0].lines[0], 0x1d); /* places 0, 2, 3, 4 */
    json_t *json = vn_outcome_write(&papers->outcome);
    char *text = json_dumps(json_array_get(json_object_get(json, "given"), 0), JSON_COMPACT);
    assert_string_equal(text, "{\"kind\":\"tag\",\"lines\":[1,[4,9]]}");
    free(text);
    json_decref(json);
}

static void test_fields_of_a_newer_sender_are_ignored(void **state)
{
    struct papers *papers = *state;
    static const struct {
        enum paper paper;
        const char *document;
    } rows[] = {
        {BASKET, "{" SALE ",'tenders':[{'kind':'cash','x':[]}],'y':{}}"},
        {ITEM, "{'code':'1','y':{}}"},
        {MEMBER, "{'wallets':[{'id':'a','x':1}],'counters':[{'account':'s','value':1,'x':2}],'y':{}}"},
        {COUPON, "{'terms':{'off_bp':1,'x':1},'y':{}}"},
        {CHOICES, "{'spends':[{'wallet':'a','points':1,'x':1}],'y':{}}"},
        {OUTCOME, "{" SUMS ",'given':[{'kind':'tag','x':1}],'wallets':[{'wallet':'a','x':1}],'y':{}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        read_paper(papers, rows[i].paper, rows[i].document);
        assert_int_equal(papers->error.status, VN_OK);
    }
    assert_string_equal(papers->member.wallets[0].id, "a");
    assert_int_equal(papers->member.counters[0].value, 1);
    assert_int_equal(papers->outcome.given_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_wrong_is_refused_with_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_of_a_reward_travel_in_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields_of_a_newer_sender_are_ignored, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
