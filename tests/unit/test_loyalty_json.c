/* Documents at the entry, field by field: what is written is read back whatever the values are, and what has its
 * default is not written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"

#define ROUNDS   100
#define TIME_MAX 253402300799999

struct papers {
    uint64_t random;
    struct vn_error error;
    struct vn_basket basket, basket_again;
    struct vn_item item, item_again;
    struct vn_member member, member_again;
    struct vn_coupon coupon, coupon_again;
    struct vn_choices choices, choices_again;
    struct vn_outcome outcome, outcome_again;
};

static int setup(void **state)
{
    struct papers *papers = calloc(1, sizeof *papers);
    assert_non_null(papers);
    papers->random = 20261122;
    *state = papers;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* 0 <= result < below; a xorshift, the same on every machine */
static uint64_t below(struct papers *papers, uint64_t end)
{
    uint64_t x = papers->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    papers->random = x;
    return (x >> 11) % end;
}

/* A third is the default, a third is small, a third is anything up to the end. */
static int64_t number(struct papers *papers, int64_t max)
{
    switch (below(papers, 3)) {
    case 0: return 0;
    case 1: return max < 100 ? (int64_t)below(papers, (uint64_t)max + 1) : (int64_t)below(papers, 100);
    default: return max - (int64_t)below(papers, (uint64_t)(max < 1000 ? max + 1 : 1000));
    }
}

static int64_t signed_number(struct papers *papers, int64_t max)
{
    return below(papers, 2) == 0 ? number(papers, max) : -number(papers, max);
}

static bool coin(struct papers *papers)
{
    return below(papers, 2) == 0;
}

/* A text that is not empty, as long as its room at times. */
static void text(struct papers *papers, char *out, size_t size)
{
    static const char letters[] = "abcXYZ019 _-~/\"\\";
    size_t length = below(papers, 4) == 0 ? size - 1 : 1 + below(papers, size / 2);
    for (size_t i = 0; i < length; i++) {
        out[i] = letters[below(papers, sizeof letters - 1)];
    }
    out[length] = '\0';
}

static void text_or_none(struct papers *papers, char *out, size_t size)
{
    if (coin(papers)) {
        text(papers, out, size);
    }
}

static unsigned some(struct papers *papers, unsigned max)
{
    return below(papers, 8) == 0 ? max : (unsigned)below(papers, (max < 6 ? max : 6) + 1);
}

/* Through bytes, as between two machines. */
static json_t *through_bytes(json_t *value)
{
    assert_non_null(value);
    char *bytes = json_dumps(value, JSON_COMPACT);
    assert_non_null(bytes);
    json_decref(value);
    json_t *again = NULL;
    struct vn_error error;
    assert_int_equal(vn_json_parse(vn_view_str(bytes), &again, &error), VN_OK);
    free(bytes);
    return again;
}

static void must_read(const struct papers *papers)
{
    if (papers->error.status != VN_OK) {
        fail_msg("%s at %s", papers->error.text, papers->error.pointer);
    }
}

static void make_basket(struct papers *papers)
{
    struct vn_basket *basket = &papers->basket;
    memset(basket, 0, sizeof *basket);
    text(papers, basket->key.pos, VN_ID_MAX);
    text(papers, basket->key.date, VN_ID_MAX);
    text(papers, basket->key.receipt, VN_ID_MAX);
    text_or_none(papers, basket->operator_id, VN_ID_MAX);
    basket->lane = (enum vn_lane_kind)below(papers, VN_LANE_WEB + 1);
    basket->card_entry = (enum vn_entry_mode)below(papers, VN_CARD_LATE + 1);
    basket->proof = (enum vn_proof)below(papers, VN_PROOF_PIN + 1);
    basket->started_ms = number(papers, TIME_MAX);
    basket->tender_count = some(papers, VN_TENDERS_MAX);
    for (unsigned i = 0; i < basket->tender_count; i++) {
        text(papers, basket->tenders[i].kind, VN_TAG_MAX);
        basket->tenders[i].amount_minor = signed_number(papers, VN_AMOUNT_MAX);
    }
    basket->line_count = some(papers, VN_LINES_MAX);
    for (unsigned i = 0; i < basket->line_count; i++) {
        struct vn_line *line = &basket->lines[i];
        line->id = i + 1;
        line->parent = number(papers, INT64_MAX);
        text(papers, line->code, VN_CODE_MAX);
        text_or_none(papers, line->name, VN_NAME_MAX);
        line->qty_milli = signed_number(papers, VN_QTY_MAX);
        line->amount_minor = signed_number(papers, VN_AMOUNT_MAX / 2);
        line->unit_price_minor = signed_number(papers, VN_AMOUNT_MAX);
        line->list_amount_minor = signed_number(papers, VN_AMOUNT_MAX);
        line->pos_discounts_minor = number(papers, VN_AMOUNT_MAX / 2);
        text_or_none(papers, line->tax, sizeof line->tax);
        line->kind = (enum vn_line_kind)below(papers, VN_LINE_SERVICE + 1);
    }
}

static void test_any_basket_comes_back_the_same(void **state)
{
    struct papers *papers = *state;
    for (int round = 0; round < ROUNDS; round++) {
        make_basket(papers);
        json_t *root = through_bytes(vn_basket_write(&papers->basket));
        struct vn_json_in in = vn_json_root(root, &papers->error);
        vn_basket_read(&in, &papers->basket_again);
        must_read(papers);
        assert_memory_equal(&papers->basket, &papers->basket_again, sizeof papers->basket);
        json_decref(root);
    }
}

static void test_any_item_comes_back_the_same(void **state)
{
    struct papers *papers = *state;
    struct vn_item *item = &papers->item;
    for (int round = 0; round < ROUNDS; round++) {
        memset(item, 0, sizeof *item);
        item->known = coin(papers);
        text(papers, item->code, VN_CODE_MAX);
        text_or_none(papers, item->name, VN_NAME_MAX);
        text_or_none(papers, item->category, VN_NAME_MAX);
        text_or_none(papers, item->brand, VN_TAG_MAX);
        text_or_none(papers, item->legal_class, VN_TAG_MAX);
        text_or_none(papers, item->tax, sizeof item->tax);
        item->price_minor = number(papers, VN_AMOUNT_MAX);
        item->min_price_minor = number(papers, VN_AMOUNT_MAX);
        item->tag_count = some(papers, VN_TAGS_MAX);
        for (unsigned i = 0; i < item->tag_count; i++) {
            text(papers, item->tags[i], VN_TAG_MAX);
        }
        json_t *root = through_bytes(vn_item_write(item));
        struct vn_json_in in = vn_json_root(root, &papers->error);
        vn_item_read(&in, &papers->item_again);
        must_read(papers);
        assert_memory_equal(item, &papers->item_again, sizeof *item);
        json_decref(root);
    }
}

static void make_lots(struct papers *papers, struct vn_lot *lots, unsigned *count)
{
    *count = some(papers, VN_LOTS_MAX);
    for (unsigned i = 0; i < *count; i++) {
        lots[i].id = number(papers, INT64_MAX);
        lots[i].amount = number(papers, VN_AMOUNT_MAX);
        lots[i].earned_ms = number(papers, TIME_MAX);
        lots[i].matures_ms = number(papers, TIME_MAX);
        lots[i].expires_ms = number(papers, TIME_MAX);
    }
}

static void make_history(struct papers *papers, struct vn_member *member)
{
    text_or_none(papers, member->id, VN_ID_MAX);
    text_or_none(papers, member->household, VN_ID_MAX);
    text_or_none(papers, member->operator_id, VN_ID_MAX);
    member->staff = coin(papers);
    member->referred = coin(papers);
    member->as_of_ms = number(papers, TIME_MAX);
    member->joined_ms = number(papers, TIME_MAX);
    member->last_visit_ms = number(papers, TIME_MAX);
    member->visits = number(papers, VN_AMOUNT_MAX);
    member->qualifying = signed_number(papers, VN_AMOUNT_MAX);
    member->debt = number(papers, VN_AMOUNT_MAX);
    member->club_count = some(papers, VN_CLUBS_MAX);
    for (unsigned i = 0; i < member->club_count; i++) {
        text(papers, member->clubs[i], VN_TAG_MAX);
    }
    member->counter_count = some(papers, VN_COUNTERS_MAX);
    for (unsigned i = 0; i < member->counter_count; i++) {
        text(papers, member->counters[i].account, VN_ID_MAX);
        member->counters[i].value = signed_number(papers, VN_AMOUNT_MAX);
    }
    member->wallet_count = some(papers, VN_WALLETS_MAX - 1);
    for (unsigned i = 0; i < member->wallet_count; i++) {
        struct vn_member_wallet *wallet = &member->wallets[i];
        text(papers, wallet->id, VN_TAG_MAX);
        text_or_none(papers, wallet->account, VN_ID_MAX);
        wallet->balance = signed_number(papers, VN_AMOUNT_MAX);
        make_lots(papers, wallet->lots, &wallet->lot_count);
    }
}

static void test_any_member_comes_back_the_same(void **state)
{
    struct papers *papers = *state;
    struct vn_member *member = &papers->member;
    for (int round = 0; round < ROUNDS; round++) {
        memset(member, 0, sizeof *member);
        member->known = coin(papers);
        member->blocked = coin(papers);
        text_or_none(papers, member->account, VN_ID_MAX);
        text_or_none(papers, member->first_name, VN_TAG_MAX);
        text_or_none(papers, member->tier, VN_TAG_MAX);
        member->balance = signed_number(papers, VN_AMOUNT_MAX);
        member->lifetime_spend_minor = number(papers, VN_AMOUNT_MAX);
        member->birth_month = (unsigned)below(papers, 13);
        member->birth_day = (unsigned)below(papers, 32);
        member->segment_count = some(papers, VN_SEGMENTS_MAX);
        for (unsigned i = 0; i < member->segment_count; i++) {
            text(papers, member->segments[i], VN_TAG_MAX);
        }
        make_lots(papers, member->lots, &member->lot_count);
        make_history(papers, member);
        json_t *root = through_bytes(vn_member_write(member));
        struct vn_json_in in = vn_json_root(root, &papers->error);
        vn_member_read(&in, &papers->member_again);
        must_read(papers);
        assert_memory_equal(member, &papers->member_again, sizeof *member);
        json_decref(root);
    }
}

static void make_coupon(struct papers *papers, struct vn_coupon *coupon)
{
    memset(coupon, 0, sizeof *coupon);
    coupon->has_terms = coin(papers);
    text_or_none(papers, coupon->account, VN_ID_MAX);
    if (!coupon->has_terms || coin(papers)) {
        text(papers, coupon->promotion, VN_ID_MAX);
    }
    text_or_none(papers, coupon->label, VN_CODE_MAX);
    coupon->single_use = coin(papers);
    coupon->spent = coin(papers);
    coupon->valid_from_ms = number(papers, TIME_MAX);
    coupon->valid_until_ms = number(papers, TIME_MAX);
    text_or_none(papers, coupon->member, VN_ID_MAX);
    if (coupon->has_terms) {
        int64_t *off = coin(papers) ? &coupon->off_bp : &coupon->off_minor;
        *off = 1 + number(papers, 9999);
        coupon->least_minor = number(papers, VN_AMOUNT_MAX);
        coupon->code_count = some(papers, VN_COUPON_CODES_MAX);
        for (unsigned i = 0; i < coupon->code_count; i++) {
            text(papers, coupon->codes[i], VN_CODE_MAX);
        }
    }
}

static void test_any_coupon_and_choice_come_back_the_same(void **state)
{
    struct papers *papers = *state;
    for (int round = 0; round < ROUNDS; round++) {
        make_coupon(papers, &papers->coupon);
        json_t *root = through_bytes(vn_coupon_write(&papers->coupon));
        struct vn_json_in in = vn_json_root(root, &papers->error);
        vn_coupon_read(&in, &papers->coupon_again);
        must_read(papers);
        assert_memory_equal(&papers->coupon, &papers->coupon_again, sizeof papers->coupon);
        json_decref(root);
        struct vn_choices *choices = &papers->choices;
        memset(choices, 0, sizeof *choices);
        choices->spend_points = number(papers, VN_AMOUNT_MAX);
        choices->spend_count = some(papers, VN_WALLETS_MAX - 1);
        for (unsigned i = 0; i < choices->spend_count; i++) {
            text(papers, choices->spends[i].wallet, VN_TAG_MAX);
            choices->spends[i].points = number(papers, VN_AMOUNT_MAX);
        }
        choices->coupon_count = some(papers, VN_COUPONS_MAX);
        for (unsigned i = 0; i < choices->coupon_count; i++) {
            make_coupon(papers, &choices->coupons[i]);
        }
        root = through_bytes(vn_choices_write(choices));
        in = vn_json_root(root, &papers->error);
        vn_choices_read(&in, &papers->choices_again);
        must_read(papers);
        assert_memory_equal(choices, &papers->choices_again, sizeof *choices);
        json_decref(root);
    }
}

static void make_applications(struct papers *papers, struct vn_outcome *outcome)
{
    outcome->application_count = some(papers, VN_APPLICATIONS_MAX);
    for (unsigned i = 0; i < outcome->application_count; i++) {
        struct vn_application *row = &outcome->applications[i];
        text_or_none(papers, row->promotion, VN_ID_MAX);
        row->stage = (enum vn_stage)below(papers, VN_STAGE_COUNT);
        row->line_id = number(papers, INT64_MAX);
        row->discount_minor = number(papers, VN_AMOUNT_MAX);
        row->points = number(papers, VN_AMOUNT_MAX);
        row->qty_milli = number(papers, VN_QTY_MAX);
        text_or_none(papers, row->wallet, VN_TAG_MAX);
    }
    outcome->explanation_count = some(papers, VN_REASONS_MAX);
    for (unsigned i = 0; i < outcome->explanation_count; i++) {
        struct vn_explanation *row = &outcome->explanations[i];
        text_or_none(papers, row->promotion, VN_ID_MAX);
        text_or_none(papers, row->wallet, VN_TAG_MAX);
        row->reason = (enum vn_reason)below(papers, VN_REASON_COUNT);
        row->missing = number(papers, VN_AMOUNT_MAX);
        row->worth_minor = number(papers, VN_AMOUNT_MAX);
    }
    outcome->near_miss_count = outcome->explanation_count == 0 ? 0 : some(papers, VN_NEAR_MISSES_MAX);
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        outcome->near_misses[i] = (uint16_t)below(papers, outcome->explanation_count);
    }
}

static void make_money(struct papers *papers, struct vn_outcome *outcome)
{
    outcome->consumption_count = some(papers, VN_RIGHTS_MAX);
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        text(papers, outcome->consumptions[i].account, VN_ID_MAX);
        outcome->consumptions[i].amount = 1 + number(papers, VN_AMOUNT_MAX);
        outcome->consumptions[i].risk = coin(papers);
    }
    outcome->wallet_count = some(papers, VN_WALLETS_MAX - 1);
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        struct vn_wallet_outcome *row = &outcome->wallets[i];
        text(papers, row->wallet, VN_TAG_MAX);
        text_or_none(papers, row->account, VN_ID_MAX);
        int64_t *const numbers[] = {&row->earned,    &row->spent,     &row->value_minor,
                                    &row->spend_min, &row->spend_max, &row->spend_step};
        for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
            *numbers[n] = number(papers, VN_AMOUNT_MAX);
        }
        row->tender = coin(papers);
    }
    outcome->lot_use_count = some(papers, VN_LOT_USES_MAX);
    for (unsigned i = 0; i < outcome->lot_use_count; i++) {
        text_or_none(papers, outcome->lot_uses[i].account, VN_ID_MAX);
        outcome->lot_uses[i].lot = number(papers, INT64_MAX);
        outcome->lot_uses[i].amount = 1 + number(papers, VN_AMOUNT_MAX);
    }
    outcome->funding_count = some(papers, VN_FUNDINGS_MAX);
    for (unsigned i = 0; i < outcome->funding_count; i++) {
        text(papers, outcome->fundings[i].promotion, VN_ID_MAX);
        text(papers, outcome->fundings[i].funder, VN_ID_MAX);
        outcome->fundings[i].amount_minor = number(papers, VN_AMOUNT_MAX);
    }
}

static void make_given(struct papers *papers, struct vn_outcome *outcome)
{
    outcome->given_count = some(papers, VN_GIVEN_MAX);
    for (unsigned i = 0; i < outcome->given_count; i++) {
        struct vn_given *row = &outcome->given[i];
        text_or_none(papers, row->promotion, VN_ID_MAX);
        row->kind = (enum vn_given_kind)below(papers, VN_GIVEN_SAY + 1);
        text_or_none(papers, row->what, VN_ID_MAX);
        text_or_none(papers, row->account, VN_ID_MAX);
        row->reward = (unsigned)below(papers, VN_REWARDS_MAX);
        row->amount = number(papers, VN_AMOUNT_MAX);
        row->valid_from_ms = number(papers, TIME_MAX);
        row->valid_until_ms = number(papers, TIME_MAX);
        row->on_return = (enum vn_on_return)below(papers, VN_RETURN_CHARGE + 1);
        row->charge_minor = number(papers, VN_AMOUNT_MAX);
        row->by_quantity = coin(papers);
        row->least = number(papers, VN_AMOUNT_MAX);
        for (unsigned n = 0; n < outcome->line_count; n++) {
            row->lines[n / 64] |= (uint64_t)below(papers, 2) << n % 64;
        }
    }
}

static void make_outcome(struct papers *papers)
{
    struct vn_outcome *outcome = &papers->outcome;
    memset(outcome, 0, sizeof *outcome);
    outcome->ruleset = (uint64_t)number(papers, INT64_MAX);
    outcome->optimal = coin(papers);
    outcome->total_minor = signed_number(papers, VN_AMOUNT_MAX);
    outcome->discount_minor = number(papers, VN_AMOUNT_MAX);
    outcome->payable_minor = outcome->total_minor - outcome->discount_minor;
    int64_t *const numbers[] = {&outcome->points_earned,     &outcome->points_spent,
                                &outcome->spend_min_points,  &outcome->spend_max_points,
                                &outcome->spend_step_points, &outcome->points_value_minor,
                                &outcome->tender_minor,      &outcome->qualifying};
    for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
        *numbers[n] = number(papers, VN_AMOUNT_MAX);
    }
    outcome->engine = (unsigned)number(papers, INT32_MAX);
    outcome->provisional = coin(papers);
    outcome->spent_as_tender = coin(papers);
    text_or_none(papers, outcome->tier_after, VN_TAG_MAX);
    outcome->line_count = some(papers, VN_LINES_MAX);
    for (unsigned i = 0; i < outcome->line_count; i++) {
        struct vn_line_outcome *line = &outcome->lines[i];
        line->line_id = 3 * (int64_t)i + 1;
        line->discount_minor = number(papers, VN_AMOUNT_MAX);
        line->payable_minor = signed_number(papers, VN_AMOUNT_MAX);
        line->qty_milli = number(papers, VN_QTY_MAX);
        line->list_minor = signed_number(papers, VN_AMOUNT_MAX);
        line->earn_minor = number(papers, VN_AMOUNT_MAX);
    }
    make_applications(papers, outcome);
    make_money(papers, outcome);
    make_given(papers, outcome);
}

static void test_any_outcome_comes_back_the_same(void **state)
{
    struct papers *papers = *state;
    for (int round = 0; round < ROUNDS; round++) {
        make_outcome(papers);
        json_t *root = through_bytes(vn_outcome_write(&papers->outcome));
        struct vn_json_in in = vn_json_root(root, &papers->error);
        vn_outcome_read(&in, &papers->outcome_again);
        must_read(papers);
        assert_memory_equal(&papers->outcome, &papers->outcome_again, sizeof papers->outcome);
        json_decref(root);
    }
}

static void expect_bytes(json_t *value, const char *expected)
{
    assert_non_null(value);
    char *bytes = json_dumps(value, JSON_COMPACT);
    assert_string_equal(bytes, expected);
    json_decref(value);
    free(bytes);
}

static void test_defaults_are_not_written(void **state)
{
    struct papers *papers = *state;
    struct vn_outcome *outcome = &papers->outcome;
    struct vn_basket *basket = &papers->basket;
    memset(basket, 0, sizeof *basket);
    memset(outcome, 0, sizeof *outcome);
    memset(&papers->member, 0, sizeof papers->member);
    memset(&papers->choices, 0, sizeof papers->choices);
    memset(&papers->item, 0, sizeof papers->item);
    basket->line_count = 1;
    basket->lines[0] = (struct vn_line){.id = 1, .qty_milli = 1000};
    outcome->optimal = true;
    outcome->line_count = 1;
    outcome->lines[0].line_id = 1;
    outcome->given_count = 1;
    outcome->application_count = 1;
    outcome->consumption_count = 1;
    outcome->consumptions[0].amount = 1;
    expect_bytes(vn_member_write(&papers->member), "{}");
    expect_bytes(vn_choices_write(&papers->choices), "{}");
    expect_bytes(vn_item_write(&papers->item), "{\"code\":\"\"}");
    expect_bytes(vn_basket_write(basket), "{\"sale\":{\"pos\":\"\",\"date\":\"\",\"receipt\":\"\"},"
                                          "\"lines\":[{\"id\":1,\"code\":\"\",\"amount_minor\":0}]}");
    expect_bytes(vn_outcome_write(outcome),
                 "{\"total_minor\":0,\"payable_minor\":0,\"lines\":[{\"id\":1}],\"applications\":[{\"stage\":"
                 "\"units\"}],\"consumptions\":[{\"account\":\"\",\"amount\":1}],\"given\":[{\"kind\":"
                 "\"coupon\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_basket_comes_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_item_comes_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_member_comes_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_coupon_and_choice_come_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_outcome_comes_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_defaults_are_not_written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
