/* Points as payment: ranges, choices, several wallets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "tests/unit/loyalty_world.h"

/* The usual first wallet (1 point = 1.00, 100 at least, steps of 50, half of the receipt), and a partner's points with two
 * decimals, of which 1.00 is worth 0.30: 100 smallest units are 30 minor units. */
#define PARTNER                                                                                              \
    "{'id':'partner','exponent':2,'worth':{'points':100,'minor':30},'spend_min':1000,'spend_step':100%s}"
#define RICH                                                                                                 \
    "'member':{'known':true,'account':'w1','balance':1000,'wallets':[{'id':'partner','account':'w9',"        \
    "'balance':250000}]},'rights':{'w1':1000,'w9':250000}"

static const struct vn_explanation *row_of(const struct world *world, const char *wallet)
{
    for (unsigned i = 0; i < world->out.explanation_count; i++) {
        const struct vn_explanation *row = &world->out.explanations[i];
        if (row->promotion[0] == '\0' && strcmp(row->wallet, wallet) == 0) {
            return row;
        }
    }
    return NULL;
}

static int reason_of(const struct world *world, const char *wallet, int64_t *missing)
{
    const struct vn_explanation *row = row_of(world, wallet);
    assert_non_null(row);
    *missing = row->missing;
    return (int)row->reason;
}

/* further wallets */

static void partner(struct world *world, const char *terms, const char *more, int64_t amount_minor)
{
    char text[2048];
    char wallet[512];
    (void)snprintf(wallet, sizeof wallet, PARTNER, terms);
    (void)snprintf(text, sizeof text,
                   "{'header':{'wallets':[%s]},%s,'lines':[{'id':1,'code':'a','amount_minor':%lld}]}", wallet,
                   more, (long long)amount_minor);
    world_outcome(world, text);
}

static void test_each_wallet_has_its_range(void **state)
{
    struct world *world = *state;
    partner(world, "", RICH, 100000);
    const struct vn_wallet_outcome *row = &world->out.wallets[0];
    assert_int_equal(world->out.wallet_count, 1);
    assert_string_equal(row->wallet, "partner");
    assert_string_equal(row->account, "w9");
    assert_int_equal(world->out.spend_min_points, 100);
    assert_int_equal(world->out.spend_max_points, 500);
    assert_int_equal(world->out.spend_step_points, 50);
    assert_int_equal(row->spend_min, 1000);
    assert_int_equal(row->spend_max, 250000); /* the balance: 750.00 */
    assert_int_equal(row->spend_step, 100);
    assert_int_equal(row->spent + world->out.points_spent, 0);
    assert_int_equal(world->out.explanation_count, 0); /* nobody asked for any */
    partner(world, "", RICH, 70029);                   /* 700.29 is 233430 units, in whole steps */
    assert_int_equal(world->out.wallets[0].spend_max, 233400);
    partner(world, ",'spend_share_bp':1000", RICH, 100000);
    assert_int_equal(world->out.wallets[0].spend_max, 33300);
    partner(world, "", RICH, 299); /* the least is worth 3.00 */
    assert_int_equal(world->out.wallets[0].spend_max, 0);
    partner(world, "", RICH, 300);
    assert_int_equal(world->out.wallets[0].spend_max, 1000);
}

static void test_a_wallet_must_be_the_member_s_and_the_ruleset_s(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    partner(world, "", "'member':{'known':true,'account':'w1'},'spends':[{'wallet':'partner','points':1000}]",
            100000);
    assert_int_equal(world->out.wallet_count, 0);
    assert_int_equal(reason_of(world, "partner", &missing), VN_REASON_NEEDS_HUB);
    partner(world, "", RICH ",'spends':[{'wallet':'other','points':1000}]", 100000);
    assert_int_equal(reason_of(world, "other", &missing), VN_REASON_NOTHING_MATCHES);
    partner(world, "", "'spends':[{'wallet':'partner','points':1000}]", 100000);
    assert_int_equal(reason_of(world, "partner", &missing), VN_REASON_NEEDS_MEMBER);
    partner(world, "",
            "'member':{'known':true,'blocked':true,'account':'w1','wallets':[{'id':'partner','account':'w9',"
            "'balance':5000}]},'spends':[{'wallet':'partner','points':1000}]",
            100000);
    assert_int_equal(reason_of(world, "partner", &missing), VN_REASON_BLOCKED);
    assert_int_equal(world->out.wallet_count, 0);
    assert_int_equal(world->out.payable_minor, 100000);
}

static void test_wallets_follow_the_first_in_the_order_of_choice(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallets':[{'id':'b','worth':{'points':1,'minor':1},'spend_share_bp':5000},"
        "{'id':'c','worth':{'points':1,'minor':1},'spend_share_bp':5000}]},"
        "'member':{'known':true,'account':'w1','balance':1000,'wallets':["
        "{'id':'b','account':'w2','balance':90000},{'id':'c','account':'w3','balance':90000}]},"
        "'rights':{'w1':1000,'w2':90000,'w3':90000},'spend_points':200,'spends':[%s],"
        "'lines':[{'id':1,'code':'a','amount_minor':100000}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document,
                   "{'wallet':'b','points':40000},{'wallet':'c','points':40000}");
    world_outcome(world, text);
    assert_int_equal(world->out.points_value_minor, 20000);
    assert_int_equal(world->out.wallets[0].spent, 40000); /* half of the 800.00 that are left */
    assert_int_equal(world->out.wallets[1].spent, 20000); /* half of 400.00 */
    assert_int_equal(world->out.wallets[1].spend_max, 20000);
    assert_int_equal(world->out.payable_minor, 20000);
    assert_int_equal(row_of(world, "c")->reason, VN_REASON_CAPPED);
    assert_int_equal(row_of(world, "c")->missing, 20000);
    (void)snprintf(text, sizeof text, document,
                   "{'wallet':'c','points':40000},{'wallet':'b','points':40000},{'wallet':'c','points':1}");
    world_outcome(world, text); /* the third repeats the first's wallet and says nothing more */
    assert_int_equal(world->out.wallets[0].spent, 20000);
    assert_int_equal(world->out.wallets[1].spent, 40000);
    assert_int_equal(world_consumed(world, "w1"), 200);
    assert_int_equal(world_consumed(world, "w2"), 20000);
    assert_int_equal(world_consumed(world, "w3"), 40000);
    static const char *const wallets[] = {"", "c", "b"};
    unsigned rows = 0;
    for (unsigned i = 0; i < world->out.application_count; i++) {
        const struct vn_application *row = &world->out.applications[i];
        if (row->stage == VN_STAGE_POINTS) {
            assert_string_equal(row->wallet, rows < 3 ? wallets[rows] : "none");
            rows++;
        }
    }
    assert_int_equal(rows, 3);
}

static void test_points_of_a_partner_are_taken_whole(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    partner(world, "", RICH ",'spends':[{'wallet':'partner','points':12350}]", 100000);
    assert_int_equal(world->out.wallets[0].spent, 12300);
    assert_int_equal(world->out.wallets[0].value_minor, 3690);
    assert_false(world->out.wallets[0].tender);
    assert_int_equal(world->out.payable_minor, 96310);
    assert_int_equal(world->out.points_spent, 0);
    assert_int_equal(reason_of(world, "partner", &missing), VN_REASON_CAPPED);
    assert_int_equal(missing, 50);
    partner(world, "",
            "'member':{'known':true,'account':'w1','wallets':[{'id':'partner','account':'w9','balance':"
            "90000}]},'rights':{'w9':12299},'spends':[{'wallet':'partner','points':12300}]",
            100000);
    assert_int_equal(reason_of(world, "partner", &missing), VN_REASON_NEEDS_HUB);
    assert_int_equal(missing, 1);
    assert_int_equal(world->out.payable_minor, 100000);
    partner(world, "", RICH ",'spends':[{'wallet':'partner','points':999}]", 100000);
    assert_int_equal(reason_of(world, "partner", &missing), VN_REASON_CAPPED);
    assert_int_equal(missing, 1);
}

/* what points may pay */

static void test_excluded_lines_share_and_what_is_left_to_pay(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallet':{'worth':{'points':1,'minor':1}%s}},'member':{'known':true,'account':'w1',"
        "'balance':99999},'rights':{'w1':99999},'spend_points':99999,'lines':["
        "{'id':1,'code':'a','amount_minor':10000},{'id':2,'code':'b','amount_minor':5000},"
        "{'id':3,'parent':1,'code':'d','kind':'deposit','amount_minor':500}]}";
    static const struct {
        const char *terms;
        int64_t most, first, second;
    } rows[] = {{"", 15000, 10000, 5000},
                {",'exclude':{'codes':['b']}", 10000, 10000, 0},
                {",'exclude':{'codes':['b']},'spend_share_bp':5000", 5000, 5000, 0},
                {",'spend_left_minor':500", 15000, 10000, 5000}, /* the deposit is left */
                {",'spend_left_minor':501", 14999, 9999, 5000},
                {",'spend_left_minor':15500", 0, 0, 0},
                {",'spend_left_minor':99999", 0, 0, 0},
                {",'spend_share_bp':3333", 4999, 3333, 1666}}; /* of 4999.5 */
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].terms);
        world_outcome(world, text);
        assert_int_equal(world->out.spend_max_points, rows[i].most);
        assert_int_equal(world->out.points_spent, rows[i].most);
        assert_int_equal(world->out.lines[0].discount_minor, rows[i].first);
        assert_int_equal(world->out.lines[1].discount_minor, rows[i].second);
    }
}

static void test_the_least_is_worth_something(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'wallet':{'worth':{'points':7,'minor':2},'spend_step':3}},'member':"
                  "{'known':true,'account':'w1','balance':99},'lines':[{'id':1,'code':'a','amount_minor':"
                  "1000}]}");
    assert_int_equal(world->out.spend_min_points, 6); /* 4 points are the first that are worth 0.01 */
    assert_int_equal(world->out.spend_max_points, 99);
    world_outcome(world,
                  "{'header':{'wallet':{'worth':{'points':7,'minor':2}}},'member':"
                  "{'known':true,'account':'w1','balance':99},'lines':[{'id':1,'code':'a','amount_minor':"
                  "3}]}");
    assert_int_equal(world->out.spend_min_points, 4);
    assert_int_equal(world->out.spend_max_points, 10); /* 10.5 points for 0.03 */
}

static void test_what_deposits_give_back_is_not_paid_with_points(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallet':{'worth':{'points':1,'minor':1}}},'member':{'known':true,'account':'w1','"
        "balance':"
        "99999},'rights':{'w1':99999},'spend_points':99999,'lines':[{'id':1,'code':'a','amount_minor':10000},"
        "{'id':2,'code':'r','kind':'deposit_return','amount_minor':-%d}]}";
    static const int64_t rows[][2] = {{9000, 1000}, {9999, 1}, {10000, 0}, {12000, 0}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, (int)rows[i][0]);
        world_outcome(world, text);
        assert_int_equal(world->out.points_spent, rows[i][1]);
        assert_int_equal(world->out.payable_minor, 10000 - rows[i][0] - rows[i][1]);
    }
}

static void test_points_are_not_spent_where_their_account_has_no_room(void **state)
{
    struct world *world = *state;
    char text[16384];
    size_t len =
        (size_t)snprintf(text, sizeof text,
                         "{'header':{'wallet':{'worth':{'points':1,'minor':1}}},'member':{'known':true,"
                         "'account':'w1','balance':99},'rights':{'w1':99},'spend_points':50,'promotions':[");
    for (int i = 0; i < VN_RIGHTS_MAX; i++) {
        len +=
            (size_t)snprintf(text + len, sizeof text - len,
                             "%s{'id':'p%d','group':'basket','offline':'risk','limits':{'all':{'count':9}},"
                             "'then':{'kind':'amount_off','amount_minor':1}}",
                             i == 0 ? "" : ",", i);
    }
    (void)snprintf(text + len, sizeof text - len, "],'lines':[{'id':1,'code':'a','amount_minor':1000}]}");
    int64_t missing = 0;
    world_outcome(world, text);
    assert_int_equal(world->out.consumption_count, VN_RIGHTS_MAX);
    assert_int_equal(world->out.discount_minor, VN_RIGHTS_MAX);
    assert_int_equal(world->out.points_spent, 0);
    assert_int_equal(world->out.lot_use_count, 0);
    assert_int_equal(reason_of(world, "", &missing), VN_REASON_CAPPED);
    assert_int_equal(missing, 50);
}

/* proof */

static void prove(struct world *world, const char *proof, bool hub, int64_t points)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{'header':{'wallet':{'worth':{'points':1,'minor':1},'spend_min':100,'spend_step':10,"
                   "'proof':true,'unproved_points':205}},'hub':%s,'proof':'%s','member':{'known':true,"
                   "'account':'w1','balance':5000},'rights':{'w1':5000},'spend_points':%lld,"
                   "'lines':[{'id':1,'code':'a','amount_minor':10000}]}",
                   hub ? "true" : "false", proof, (long long)points);
    world_outcome(world, text);
}

static void test_spending_asks_for_a_proof(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    prove(world, "none", true, 1000);
    assert_int_equal(reason_of(world, "", &missing), VN_REASON_NEEDS_PROOF);
    assert_int_equal(world->out.points_spent, 0);
    assert_int_equal(world->out.spend_max_points, 5000); /* what a proof would open */
    static const char *const proofs[] = {"code", "sms", "pin"};
    for (size_t i = 0; i < 3; i++) {
        prove(world, proofs[i], i % 2 == 0, 1000);
        assert_int_equal(world->out.points_spent, 1000);
        assert_int_equal(reason_of(world, "", &missing), VN_REASON_APPLIED);
    }
    prove(world, "none", false, 200);
    assert_int_equal(world->out.points_spent, 200);
    assert_int_equal(reason_of(world, "", &missing), VN_REASON_APPLIED);
    prove(world, "none", false, 1000);
    assert_int_equal(world->out.points_spent, 200);
    assert_int_equal(world->out.spend_max_points, 200);
    assert_int_equal(reason_of(world, "", &missing), VN_REASON_NEEDS_PROOF);
    assert_int_equal(missing, 800);
}

static void test_offline_and_unproved_may_be_nothing(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    world_outcome(world, "{'header':{'wallet':{'worth':{'points':1,'minor':1},'spend_min':100,'proof':true,"
                         "'unproved_points':99}},'member':{'known':true,'account':'w1','balance':5000},"
                         "'rights':{'w1':5000},'spend_points':500,'lines':[{'id':1,'code':'a','amount_minor':"
                         "10000}]}");
    assert_int_equal(reason_of(world, "", &missing), VN_REASON_NEEDS_PROOF);
    assert_int_equal(world->out.spend_max_points, 0);
    assert_int_equal(world->out.payable_minor, 10000);
}

/* choices */

static void test_a_choice_that_can_t_be_is_explained_once(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'wallets':[{'id':'t','worth':{'points':1,'minor':1},'spent_as':'tender'}]},"
                  "'spend_points':100,'spends':[{'wallet':'t','points':5},{'wallet':'x','points':5}],"
                  "'lines':[{'id':1,'code':'a','amount_minor':10000}]}");
    assert_int_equal(world->out.explanation_count, 3);
    assert_int_equal(row_of(world, "")->reason, VN_REASON_NEEDS_MEMBER);
    assert_int_equal(row_of(world, "t")->reason, VN_REASON_NEEDS_MEMBER);
    assert_int_equal(row_of(world, "x")->reason, VN_REASON_NOTHING_MATCHES);
}

/* What is spent lies in the range that the outcome shows, comes from lots to the last point, and is worth what it takes off. */
static void test_random_choices_stay_within_their_range(void **state)
{
    struct world *world = *state;
    unsigned spent = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint64_t at = seed;
        struct vn_random random = vn_random_seeded(&at);
        uint16_t r[16];
        char text[2048];
        assert_int_equal(vn_random_fill(&random, (uint8_t *)r, sizeof r), VN_OK);
        (void)snprintf(
            text, sizeof text,
            "{'header':{'wallet':{'worth':{'points':%d,'minor':%d},'spend_min':%d,'spend_step':%d,"
            "'spend_share_bp':%d,'spend_left_minor':%d,'spent_as':'%s','exclude':{'codes':['%d']}}},"
            "'started_ms':1000,'member':{'known':true,'account':'w1','balance':%d,'debt':%d,'lots':["
            "{'id':1,'amount':%d,'matures_ms':%d},{'id':2,'amount':%d,'expires_ms':%d},{'id':3,'amount':%d}]}"
            ","
            "'rights':{'w1':100000},'spend_points':%d,'lines':[{'id':3,'code':'0','qty_milli':3000,"
            "'amount_minor':%d},{'id':2,'code':'1','amount_minor':%d},{'id':5,'code':'2','amount_minor':%d}]"
            "}",
            1 + r[0] % 9, 1 + r[1] % 9, r[2] % 100, 1 + r[3] % 30, r[4] % 10001, r[5] % 500,
            r[6] % 2 == 0 ? "discount" : "tender", r[7] % 5, r[8] % 9000, r[9] % 50, 1 + r[10] % 3000,
            r[11] % 2000, r[12] % 3000, 500 + r[13] % 1000, r[14] % 3000, 1 + r[15] % 9000, r[3] % 5000,
            r[5] % 5000, r[7] % 5000);
        world_outcome(world, text);
        const struct vn_outcome *out = &world->out;
        int64_t named = 0;
        for (unsigned i = 0; i < out->lot_use_count; i++) {
            named += out->lot_uses[i].amount;
        }
        assert_int_equal(named, out->points_spent);
        assert_int_equal(world_consumed(world, "w1"), out->points_spent);
        assert_int_equal(out->points_value_minor, out->points_spent * (1 + r[1] % 9) / (1 + r[0] % 9));
        assert_int_equal(out->discount_minor + out->tender_minor, out->points_value_minor);
        assert_true(out->points_spent == 0 ||
                    (out->points_spent >= out->spend_min_points &&
                     out->points_spent <= out->spend_max_points &&
                     out->points_spent % out->spend_step_points == 0 && out->points_value_minor > 0));
        int64_t left = out->payable_minor - out->tender_minor;
        assert_true(out->points_spent == 0 || left >= r[5] % 500);
        spent += out->points_spent > 0 ? 1 : 0;
    }
    assert_true(spent > 100); /* the worlds are not poor throughout */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_each_wallet_has_its_range),
        T(test_a_wallet_must_be_the_member_s_and_the_ruleset_s),
        T(test_wallets_follow_the_first_in_the_order_of_choice),
        T(test_points_of_a_partner_are_taken_whole),
        T(test_excluded_lines_share_and_what_is_left_to_pay),
        T(test_the_least_is_worth_something),
        T(test_what_deposits_give_back_is_not_paid_with_points),
        T(test_points_are_not_spent_where_their_account_has_no_room),
        T(test_spending_asks_for_a_proof),
        T(test_offline_and_unproved_may_be_nothing),
        T(test_a_choice_that_can_t_be_is_explained_once),
        T(test_random_choices_stay_within_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
