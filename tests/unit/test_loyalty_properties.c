/* What must hold for any ruleset and any basket: a few thousand of both, made from a seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "agent/loyalty/loyalty_json.h"
#include "tests/unit/loyalty_world.h"

#define RULESETS            150
#define BASKETS_PER_RULESET 20

static unsigned below(uint64_t *seed, unsigned limit)
{
    uint32_t value = 0;
    struct vn_random random = vn_random_seeded(seed);
    assert_int_equal(vn_random_fill(&random, (uint8_t *)&value, sizeof value), VN_OK);
    return value % limit;
}

static void add_selector(uint64_t *seed, struct vn_buf *out)
{
    unsigned kind = below(seed, 5);
    enum vn_status status = VN_OK;
    switch (kind) {
    case 0: status = vn_buf_append_str(out, "{}"); break;
    case 1: status = vn_buf_printf(out, "{\"codes\":[\"%u\",\"%u\"]}", below(seed, 8), below(seed, 8)); break;
    case 2: status = vn_buf_printf(out, "{\"tags\":[\"t%u\"]}", below(seed, 3)); break;
    case 3: status = vn_buf_printf(out, "{\"categories\":[\"c%u\"]}", below(seed, 3)); break;
    default:
        status = vn_buf_printf(out, "{\"brands\":[\"b%u\"],\"exclude\":{\"codes\":[\"%u\"]}}", below(seed, 3),
                               below(seed, 8));
        break;
    }
    assert_int_equal(status, VN_OK);
}

static void add_reward(uint64_t *seed, struct vn_buf *out, unsigned group)
{
    unsigned kind = group < 3 ? below(seed, 3) : group < 5 ? below(seed, 2) : 3 + below(seed, 2);
    static const char *const names[] = {"percent_off", "amount_off", "nth_free", "points_multiplier",
                                        "points_bonus"};
    assert_int_equal(vn_buf_printf(out, "\"then\":{\"kind\":\"%s\",", names[kind]), VN_OK);
    if (kind < 4) {
        assert_int_equal(vn_buf_append_str(out, "\"selector\":"), VN_OK);
        add_selector(seed, out);
        assert_int_equal(vn_buf_append_str(out, ","), VN_OK);
    }
    enum vn_status status = VN_OK;
    unsigned n = 2 + below(seed, 3);
    switch (kind) {
    case 0:
        status = vn_buf_printf(out, "\"rate_bp\":%u", 1 + below(seed, 10000));
        if (status == VN_OK && below(seed, 4) == 0) {
            status = vn_buf_printf(out, ",\"max_discount_minor\":%u", 1 + below(seed, 900));
        }
        break;
    case 1: status = vn_buf_printf(out, "\"amount_minor\":%u", 1 + below(seed, 3000)); break;
    case 2: status = vn_buf_printf(out, "\"n\":%u,\"free\":%u", n, 1 + below(seed, n - 1)); break;
    case 3: status = vn_buf_printf(out, "\"times_bp\":%u", 10001 + below(seed, 40000)); break;
    default: status = vn_buf_printf(out, "\"points\":%u", 1 + below(seed, 50)); break;
    }
    assert_int_equal(status, VN_OK);
    assert_int_equal(vn_buf_append_str(out, "}}\n"), VN_OK);
}

static void add_promotion(uint64_t *seed, struct vn_buf *out, unsigned number)
{
    unsigned group = below(seed, 6);
    assert_int_equal(vn_buf_printf(out, "{\"id\":\"p%u\",\"group\":\"g%u\",\"priority\":%u,", number, group,
                                   below(seed, 3)),
                     VN_OK);
    if (below(seed, 4) == 0) {
        assert_int_equal(vn_buf_append_str(out, "\"who\":{\"kind\":\"members\"},"), VN_OK);
    }
    if (below(seed, 5) == 0) {
        assert_int_equal(vn_buf_printf(out, "\"limits\":{\"per_receipt\":%u},", 1 + below(seed, 3)), VN_OK);
    }
    if (group == 4) {
        assert_int_equal(vn_buf_append_str(out, "\"if\":{\"coupon\":true},"), VN_OK);
    } else if (below(seed, 3) == 0) {
        assert_int_equal(vn_buf_append_str(out, "\"if\":{\"quantity\":{\"selector\":"), VN_OK);
        add_selector(seed, out);
        assert_int_equal(vn_buf_printf(out, ",\"qty_milli\":%u}},", 1 + below(seed, 4000)), VN_OK);
    } else if (below(seed, 3) == 0) {
        assert_int_equal(vn_buf_printf(out, "\"if\":{\"min_spend\":{\"amount_minor\":%u,\"base\":\"%s\"}},",
                                       1 + below(seed, 9000), below(seed, 2) == 0 ? "list" : "running"),
                         VN_OK);
    }
    add_reward(seed, out, group);
}

static void make_ruleset(uint64_t *seed, struct world *world)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    static const char *const stages[] = {"units", "units", "units", "basket", "coupons", "earning"};
    assert_int_equal(
        vn_buf_printf(&text,
                      "{\"ruleset\":1,\"engine\":1,\"currency\":\"EUR\",\"exponent\":2,"
                      "\"utc_offset_min\":60,\"law\":\"ru\",\"floor_bp\":%u,\"wallet\":{\"worth\":"
                      "{\"points\":%u,\"minor\":%u},\"spend_min\":%u,\"spend_step\":%u},\"earning\":"
                      "{\"points\":3,\"per_minor\":70},\"groups\":[",
                      below(seed, 2) * below(seed, 6000), 1 + below(seed, 3), 1 + below(seed, 5),
                      below(seed, 20), 1 + below(seed, 9)),
        VN_OK);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(
            vn_buf_printf(&text, "%s{\"id\":\"g%u\",\"stage\":\"%s\",\"base\":\"%s\",\"choice\":\"%s\"}",
                          i == 0 ? "" : ",", i, stages[i], below(seed, 2) == 0 ? "list" : "running",
                          below(seed, 2) == 0 ? "first" : "all"),
            VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&text, "]}\n"), VN_OK);
    unsigned count = 1 + below(seed, 12);
    for (unsigned i = 0; i < count; i++) {
        add_promotion(seed, &text, i);
    }
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_ruleset(world, (const char *)text.data);
    assert_int_equal(vn_ruleset_skipped_count(world->ruleset), 0);
    vn_buf_deinit(&text);
}

static void make_line(uint64_t *seed, struct world *world, unsigned at)
{
    struct vn_line *line = &world->basket.lines[at];
    struct vn_item *item = &world->items[at];
    memset(line, 0, sizeof *line);
    memset(item, 0, sizeof *item);
    line->id = at + 1;
    (void)snprintf(line->code, sizeof line->code, "%u", below(seed, 8));
    line->qty_milli = 1000 * (1 + below(seed, 4));
    line->amount_minor = below(seed, 4000);
    line->pos_discounts_minor = below(seed, 5) == 0 ? below(seed, 500) : 0;
    line->list_amount_minor = line->amount_minor + line->pos_discounts_minor;
    unsigned kind = below(seed, 12);
    if (kind == 0) {
        line->kind = VN_LINE_WEIGHED;
        line->qty_milli = 1 + below(seed, 3000);
    } else if (kind == 1) {
        line->kind = (enum vn_line_kind)(VN_LINE_DEPOSIT + below(seed, 4));
        line->amount_minor = line->kind == VN_LINE_DEPOSIT_RETURN ? -line->amount_minor : line->amount_minor;
    } else if (kind == 2 && at > 0 && world->basket.lines[0].kind == VN_LINE_GOODS) {
        line->amount_minor = line->list_amount_minor = -(int64_t)below(seed, 800);
        line->qty_milli = -1000;
    }
    item->known = below(seed, 6) != 0;
    (void)snprintf(item->code, sizeof item->code, "%s", line->code);
    (void)snprintf(item->category, sizeof item->category, "c%u/s%u", below(seed, 3), below(seed, 2));
    (void)snprintf(item->brand, sizeof item->brand, "b%u", below(seed, 3));
    (void)snprintf(item->legal_class, sizeof item->legal_class, "%s",
                   below(seed, 9) == 0 ? "tobacco" : "general");
    item->tag_count = 1;
    (void)snprintf(item->tags[0], sizeof item->tags[0], "t%u", below(seed, 3));
}

static void make_basket(uint64_t *seed, struct world *world)
{
    memset(&world->basket, 0, sizeof world->basket);
    world->basket.line_count = below(seed, 12);
    for (unsigned i = 0; i < world->basket.line_count; i++) {
        make_line(seed, world, i);
    }
    memset(&world->member, 0, sizeof world->member);
    world->member.known = true;
    (void)snprintf(world->member.account, sizeof world->member.account, "w1");
    world->member.balance = below(seed, 3000);
    memset(&world->choices, 0, sizeof world->choices);
    world->choices.spend_points = below(seed, 2) * below(seed, 2000);
    world->choices.coupon_count = below(seed, 4);
    for (unsigned i = 0; i < world->choices.coupon_count; i++) {
        struct vn_coupon *coupon = &world->choices.coupons[i];
        (void)snprintf(coupon->promotion, sizeof coupon->promotion, "p%u", below(seed, 12));
        (void)snprintf(coupon->account, sizeof coupon->account, "c%u", i);
        (void)snprintf(world->rights[i].account, VN_ID_MAX, "c%u", i);
        world->rights[i].available = below(seed, 2);
    }
    unsigned rights = world->choices.coupon_count;
    (void)snprintf(world->rights[rights].account, VN_ID_MAX, "w1");
    world->rights[rights].available = below(seed, 3000);
    world->input = (struct vn_quote_input){.ruleset = world->ruleset,
                                           .basket = &world->basket,
                                           .items = world->items,
                                           .member = &world->member,
                                           .rights = world->rights,
                                           .right_count = rights + 1,
                                           .choices = &world->choices};
}

/* Turns lines, coupons and rights round. */
static void reverse_order(struct world *world)
{
    unsigned count = world->basket.line_count;
    for (unsigned i = 0; i < count / 2; i++) {
        struct vn_line line = world->basket.lines[i];
        struct vn_item item = world->items[i];
        world->basket.lines[i] = world->basket.lines[count - 1 - i];
        world->items[i] = world->items[count - 1 - i];
        world->basket.lines[count - 1 - i] = line;
        world->items[count - 1 - i] = item;
    }
    unsigned coupons = world->choices.coupon_count;
    for (unsigned i = 0; i < coupons / 2; i++) {
        struct vn_coupon coupon = world->choices.coupons[i];
        world->choices.coupons[i] = world->choices.coupons[coupons - 1 - i];
        world->choices.coupons[coupons - 1 - i] = coupon;
    }
}

static void check_bounds(const struct world *world)
{
    const struct vn_outcome *out = &world->out;
    assert_true(out->points_spent == 0 || out->points_spent >= out->spend_min_points);
    assert_true(out->points_spent <= out->spend_max_points);
    assert_true(out->points_spent <= world->member.balance);
    for (unsigned i = 0; i < out->consumption_count; i++) {
        int64_t available = 0;
        for (size_t r = 0; r < world->input.right_count; r++) {
            available += strcmp(world->rights[r].account, out->consumptions[i].account) == 0
                             ? world->rights[r].available
                             : 0;
        }
        assert_true(out->consumptions[i].amount > 0 && out->consumptions[i].amount <= available);
    }
    for (unsigned i = 1; i < out->near_miss_count; i++) {
        assert_true(out->explanations[out->near_misses[i - 1]].worth_minor >=
                    out->explanations[out->near_misses[i]].worth_minor);
    }
}

static void check_json(const struct world *world, struct vn_outcome *copy)
{
    struct vn_error error;
    json_t *first = vn_outcome_write(&world->out);
    assert_non_null(first);
    struct vn_json_in in = vn_json_root(first, &error);
    vn_outcome_read(&in, copy);
    if (vn_json_failed(&in)) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
    assert_memory_equal(copy, &world->out, sizeof *copy);
    json_t *second = vn_outcome_write(copy);
    char *one = json_dumps(first, JSON_COMPACT);
    char *two = json_dumps(second, JSON_COMPACT);
    assert_string_equal(one, two);
    free(one);
    free(two);
    json_decref(first);
    json_decref(second);
}

static void test_any_basket_under_any_ruleset(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    unsigned quoted = 0;
    unsigned refused = 0;
    int64_t given = 0;
    struct world *world = world_create();
    struct vn_outcome *other = calloc(1, sizeof *other);
    assert_non_null(other);
    for (int r = 0; r < RULESETS; r++) {
        make_ruleset(&seed, world);
        for (int b = 0; b < BASKETS_PER_RULESET; b++) {
            make_basket(&seed, world);
            world_again(world);
            if (world->status != VN_OK) {
                assert_int_equal(world->status, VN_INPUT);
                assert_int_equal(world->out.line_count, 0);
                refused++;
                continue;
            }
            quoted++;
            given += world->out.discount_minor > 0 ? 1 : 0;
            world_check_sums(world);
            check_bounds(world);
            check_json(world, other);
            memcpy(other, &world->out, sizeof *other); /* with the padding, which is compared too */
            reverse_order(world);
            world_again(world);
            assert_memory_equal(other, &world->out, sizeof *other);
            struct vn_reversal reversal;
            vn_outcome_reverse(other, &reversal);
            assert_int_equal(other->payable_minor, reversal.refund_minor);
            assert_int_equal(other->points_earned, reversal.points_taken_back);
            /* without the card: still a sale, and nothing that only members get */
            world->input.member = NULL;
            world_again(world);
            assert_int_equal(world->status, VN_OK);
            world_check_sums(world);
            assert_int_equal(world->out.points_earned + world->out.points_spent, 0);
            world->input.member = &world->member;
        }
    }
    assert_true(quoted > RULESETS * BASKETS_PER_RULESET * 9 / 10);
    assert_true(given > quoted / 4 && refused < quoted);
    free(other);
    world_destroy(world);
}

static void test_a_full_basket_under_a_full_table_of_promotions_stays_in_bounds(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct world *world = world_create();
    make_ruleset(&seed, world);
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text,
                                       "{\"ruleset\":1,\"engine\":1,\"currency\":\"EUR\",\"exponent\":2,"
                                       "\"utc_offset_min\":0,\"law\":\"none\",\"earning\":{\"points\":1,"
                                       "\"per_minor\":1},\"groups\":[{\"id\":\"g\",\"stage\":\"units\","
                                       "\"choice\":\"all\"}]}\n"),
                     VN_OK);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(vn_buf_printf(&text,
                                       "{\"id\":\"p%d\",\"group\":\"g\",\"then\":{\"kind\":\"percent_off\","
                                       "\"rate_bp\":100}}\n",
                                       i),
                         VN_OK);
    }
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    world_ruleset(world, (const char *)text.data);
    vn_buf_deinit(&text);
    make_basket(&seed, world);
    world->choices.coupon_count = 0;
    world->basket.line_count = VN_LINES_MAX;
    memset(world->items, 0, sizeof world->items);
    for (unsigned i = 0; i < VN_LINES_MAX; i++) {
        world->basket.lines[i] = (struct vn_line){
            .id = i + 1, .qty_milli = 9000, .amount_minor = 90000, .list_amount_minor = 90000};
    }
    world_again(world);
    assert_int_equal(world->status, VN_OK);
    world_check_sums(world);
    assert_true(world->out.application_count <= VN_APPLICATIONS_MAX);
    assert_int_equal(world->out.explanation_count, VN_REASONS_MAX);
    assert_true(world->out.points_earned > 0); /* its place is kept */
    world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_basket_under_any_ruleset),
        cmocka_unit_test(test_a_full_basket_under_a_full_table_of_promotions_stays_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
