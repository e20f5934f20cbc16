/* The plan of a return as JSON: what is written is read back, and what is no plan is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/returns_json.h"
#include "tests/unit/loyalty_after.h"

struct papers {
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_return_work work;
    struct vn_return plan, copy;
    struct vn_return_item items[VN_LINES_MAX];
    struct vn_error error;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct papers));
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static json_t *document(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *root = json_loads(copy, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL) {
        fail_msg("%s", text);
    }
    free(copy);
    return root;
}

static void read_text(struct papers *papers, const char *text)
{
    json_t *root = document(text);
    struct vn_json_in in = vn_json_root(root, &papers->error);
    vn_return_read(&in, &papers->copy);
    json_decref(root);
}

static void test_any_plan_is_read_as_it_was_written(void **state)
{
    struct papers *papers = *state;
    uint64_t seed = 5;
    unsigned rows[7] = {0};
    for (int n = 0; n < 1500; n++) {
        int64_t so_far[VN_LINES_MAX] = {0};
        after_random(&seed, &papers->basket, &papers->outcome);
        assert_int_equal(vn_sold_read(&papers->basket, &papers->outcome, &papers->work.sold, NULL), VN_OK);
        bool whole = after_below(&seed, 2) == 0;
        const struct vn_return_input input = {
            .basket = &papers->basket,
            .outcome = &papers->outcome,
            .now = papers->items,
            .now_count = whole ? after_rest(&papers->work.sold, so_far, papers->items)
                               : after_items(&seed, &papers->work.sold, so_far, papers->items, 9)};
        assert_int_equal(vn_return_plan(&input, &papers->work, &papers->plan, NULL), VN_OK);
        json_t *first = vn_return_write(&papers->plan);
        assert_non_null(first);
        struct vn_json_in in = vn_json_root(first, &papers->error);
        vn_return_read(&in, &papers->copy);
        if (vn_json_failed(&in)) {
            fail_msg("%s at %s", papers->error.text, papers->error.pointer);
        }
        json_t *second = vn_return_write(&papers->copy);
        assert_true(json_equal(first, second));
        assert_int_equal(papers->copy.spend_minor, papers->plan.spend_minor);
        json_decref(first);
        json_decref(second);
        const unsigned counts[7] = {papers->copy.line_count,       papers->copy.application_count,
                                    papers->copy.funding_count,    papers->copy.wallet_count,
                                    papers->copy.lot_use_count,    papers->copy.given_count,
                                    papers->copy.consumption_count};
        assert_int_equal(papers->copy.line_count, papers->plan.line_count);
        for (int i = 0; i < 7; i++) {
            rows[i] += counts[i];
        }
    }
    for (int i = 0; i < 7; i++) {
        assert_true(rows[i] > 100);
    }
}

static void test_a_plan_has_these_keys(void **state)
{
    struct papers *papers = *state;
    static const char text[] =
        "{'all':true,'refund_minor':700,'tender_minor':200,'charge_minor':100,'uncharged_minor':5,"
        "'qualifying':9,'points_taken_back':8,'points_given_back':20,'lines':[{'id':1,'qty_milli':1000,"
        "'refund_minor':1000}],'applications':[{'promotion':'p','stage':'units','line':1,"
        "'discount_minor':3}],'fundings':[{'promotion':'p','funder':'f','amount_minor':1}],'wallets':"
        "[{'wallet':'partner','account':'w2','taken_back':1,'given_back':2,'value_minor':200}],'lot_uses':"
        "[{'account':'w1','lot':4,'amount':20}],'consumptions':[{'account':'c7','amount':1,'risk':true}],"
        "'given':[{'promotion':'p','kind':'coupon','what':'next','amount':1,'charge_minor':100}]}";
    read_text(papers, text);
    assert_int_equal(papers->error.status, VN_OK);
    assert_int_equal(papers->copy.spend_minor, 1000);
    json_t *expected = document(text);
    json_t *written = vn_return_write(&papers->copy);
    assert_true(json_equal(expected, written));
    json_decref(expected);
    json_decref(written);
}

static void test_the_reversal_of_a_whole_receipt_reads_as_a_plan(void **state)
{
    struct papers *papers = *state;
    read_text(papers, "{'refund_minor':80000,'points_taken_back':16,'points_given_back':200,'consumptions':"
                      "[{'account':'w1','amount':200}]}");
    assert_int_equal(papers->error.status, VN_OK);
    assert_int_equal(papers->copy.refund_minor, 80000);
    assert_int_equal(papers->copy.spend_minor, 80000);
    assert_int_equal(papers->copy.consumption_count, 1);
}

static void test_what_is_no_plan_is_refused_with_its_place(void **state)
{
    struct papers *papers = *state;
    static const struct {
        const char *text, *pointer;
    } rows[] = {
        {"{}", "/refund_minor"},
        {"{'refund_minor':1.5}", "/refund_minor"},
        {"{'refund_minor':1,'tender_minor':-1}", "/tender_minor"},
        {"{'refund_minor':1,'spend_minor':2}", "/refund_minor"},
        {"{'refund_minor':1,'points_taken_back':'2'}", "/points_taken_back"},
        {"{'refund_minor':1,'lines':{}}", "/lines"},
        {"{'refund_minor':1,'lines':[{'id':0,'qty_milli':1}]}", "/lines/0/id"},
        {"{'refund_minor':1,'lines':[{'id':1}]}", "/lines/0/qty_milli"},
        {"{'refund_minor':1,'applications':[{'stage':'x','line':1,'discount_minor':1}]}",
         "/applications/0/stage"},
        {"{'refund_minor':1,'applications':[{'stage':'units','line':1,'discount_minor':0}]}",
         "/applications/0/discount_minor"},
        {"{'refund_minor':1,'fundings':[{'promotion':'p','amount_minor':1}]}", "/fundings/0/funder"},
        {"{'refund_minor':1,'wallets':[{},{},{},{}]}", "/wallets"},
        {"{'refund_minor':1,'wallets':[{'wallet':'p','taken_back':-1}]}", "/wallets/0/taken_back"},
        {"{'refund_minor':1,'lot_uses':[{'lot':1,'amount':0}]}", "/lot_uses/0/amount"},
        {"{'refund_minor':1,'consumptions':[{'amount':1}]}", "/consumptions/0/account"},
        {"{'refund_minor':1,'given':[{'kind':'x','amount':1}]}", "/given/0/kind"},
        {"{'refund_minor':1,'given':[{'kind':'tag','amount':1,'charge_minor':-1}]}", "/given/0/charge_minor"},
        {"{'refund_minor':1,'all':1}", "/all"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        read_text(papers, rows[i].text);
        assert_int_equal(papers->error.status, VN_INPUT);
        assert_string_equal(papers->error.pointer, rows[i].pointer);
    }
}

static void test_what_comes_back_is_read_as_a_pos_says_it(void **state)
{
    struct papers *papers = *state;
    static const struct {
        const char *text, *pointer;
        size_t count;
    } rows[] = {{"{'lines':[{'id':3,'qty_milli':1000},{'id':1,'qty_milli':734}]}", NULL, 2},
                {"{}", NULL, 0},
                {"{'lines':[{'id':3,'qty_milli':0}]}", "/lines/0/qty_milli", 0},
                {"{'lines':[{'qty_milli':5}]}", "/lines/0/id", 0},
                {"{'lines':[{},{},{}]}", "/lines", 0},
                {"{'lines':3}", "/lines", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *root = document(rows[i].text);
        struct vn_json_in in = vn_json_root(root, &papers->error);
        size_t count = 0;
        vn_return_items_read(&in, "lines", 2, papers->items, &count);
        json_decref(root);
        assert_int_equal(papers->error.status, rows[i].pointer == NULL ? VN_OK : VN_INPUT);
        if (rows[i].pointer == NULL) {
            assert_int_equal(count, rows[i].count);
        } else {
            assert_string_equal(papers->error.pointer, rows[i].pointer);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_plan_is_read_as_it_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_plan_has_these_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_reversal_of_a_whole_receipt_reads_as_a_plan, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_plan_is_refused_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_comes_back_is_read_as_a_pos_says_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
