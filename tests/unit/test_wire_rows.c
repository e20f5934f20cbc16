/* Stored rows: every field comes back, the same record gives the same bytes, and no bytes are taken for another record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/random.h"
#include "sync/wire/member_row.h"

static const struct vn_member whole_member = {
    .known = true,
    .blocked = true,
    .account = "w42",
    .first_name = "Änne",
    .tier = "gold",
    .balance = -7,
    .lifetime_spend_minor = 123456,
    .birth_month = 11,
    .birth_day = 22,
    .segment_count = 2,
    .segments = {"coffee", "families"},
    .lot_count = 2,
    .lots = {{9001, 300, 1, 2, 3}, {9014, 740, 4, 5, 0}},
    .id = "m-1",
    .household = "h3",
    .operator_id = "kasse-4",
    .staff = true,
    .referred = true,
    .as_of_ms = 1795334400123,
    .joined_ms = 1500000000000,
    .last_visit_ms = 1795334400000,
    .visits = 812,
    .qualifying = -15,
    .debt = 40,
    .club_count = 2,
    .clubs = {"wine", "dogs"},
    .counter_count = 2,
    .counters = {{"stamps/coffee/w42", 7}, {"uses/x/w42", -1}},
    .wallet_count = 2,
    .wallets = {{"partner", "w43", 12, 1, {{5, 12, 1, 1, 9}}}, {.id = "miles", .balance = -3}},
};

static const struct vn_coupon whole_coupon = {
    .account = "c9",
    .promotion = "welcome-5",
    .label = "77AB",
    .single_use = true,
    .spent = true,
    .valid_from_ms = 5,
    .valid_until_ms = 6,
    .member = "w7",
    .has_terms = true,
    .off_bp = 1000,
    .off_minor = 50,
    .least_minor = 2000,
    .code_count = 2,
    .codes = {"4006381333931", "4006381333948"},
};

static const struct vn_item whole_item = {
    .known = true,
    .code = "4006381333931",
    .name = "Kaffee",
    .category = "food/coffee",
    .brand = "Morgenrot",
    .legal_class = "general",
    .tax = "A",
    .price_minor = 599,
    .min_price_minor = 450,
    .tag_count = 2,
    .tags = {"organic", "own-brand"},
};

static void test_every_field_of_a_row_comes_back(void **state)
{
    (void)state;
    struct vn_buf row;
    struct vn_member member;
    struct vn_coupon coupon;
    struct vn_item item;
    vn_buf_init(&row, 100000);
    assert_int_equal(vn_member_row_write(&whole_member, &row), VN_OK);
    assert_int_equal(vn_member_row_read(vn_buf_view(&row), &member), VN_OK);
    assert_memory_equal(&member, &whole_member, sizeof member);
    vn_buf_clear(&row);
    assert_int_equal(vn_coupon_row_write(&whole_coupon, &row), VN_OK);
    assert_int_equal(vn_coupon_row_read(vn_buf_view(&row), &coupon), VN_OK);
    assert_memory_equal(&coupon, &whole_coupon, sizeof coupon);
    vn_buf_clear(&row);
    assert_int_equal(vn_item_row_write(&whole_item, &row), VN_OK);
    assert_int_equal(vn_item_row_read(vn_buf_view(&row), &item), VN_OK);
    assert_memory_equal(&item, &whole_item, sizeof item);
    vn_buf_deinit(&row);
}

static void test_a_plain_member_takes_few_bytes(void **state)
{
    (void)state;
    static const struct vn_member plain = {.known = true,
                                           .account = "w1234567",
                                           .tier = "regular",
                                           .balance = 412,
                                           .lifetime_spend_minor = 1812345};
    static const uint8_t nobody[] = {1, 0}; /* the version, and a mask without a field */
    struct vn_member none = {.known = false};
    struct vn_buf row;
    vn_buf_init(&row, 1000);
    assert_int_equal(vn_member_row_write(&plain, &row), VN_OK);
    assert_int_equal(row.len, 1 + 1 + (1 + 8) + (1 + 7) + 2 + 4);
    vn_buf_clear(&row);
    assert_int_equal(vn_member_row_write(&none, &row), VN_OK);
    assert_true(vn_view_equal(vn_buf_view(&row), vn_view_of(nobody, sizeof nobody)));
    vn_buf_deinit(&row);
}

static void test_what_no_reader_takes_is_not_written(void **state)
{
    (void)state;
    struct vn_buf row;
    struct vn_member member = whole_member;
    vn_buf_init(&row, 100000);
    member.lifetime_spend_minor = -1;
    assert_int_equal(vn_member_row_write(&member, &row), VN_ARG);
    member = whole_member;
    member.lots[1].amount = VN_AMOUNT_MAX + 1;
    assert_int_equal(vn_member_row_write(&member, &row), VN_ARG);
    member = whole_member;
    member.wallet_count = VN_WALLETS_MAX;
    assert_int_equal(vn_member_row_write(&member, &row), VN_ARG);
    member = whole_member;
    memset(member.tier, 'x', sizeof member.tier); /* no NUL */
    assert_int_equal(vn_member_row_write(&member, &row), VN_ARG);
    member = whole_member;
    member.clubs[0][0] = '\n';
    assert_int_equal(vn_member_row_write(&member, &row), VN_ARG);
    assert_int_equal(row.len, 0);
    vn_buf_deinit(&row);
    vn_buf_init(&row, 40);
    assert_int_equal(vn_member_row_write(&whole_member, &row), VN_FULL);
    assert_int_equal(row.len, 0);
    vn_buf_deinit(&row);
}

static void test_rows_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        enum vn_status status;
    } cases[] = {
        {"", 0, VN_INPUT},
        {"\0\0", 2, VN_INPUT},                                      /* no version 0 */
        {"\2\0", 2, VN_UNSUPPORTED},                                /* of a later version */
        {"\1\0\0", 3, VN_INPUT},                                    /* a byte too many */
        {"\1\1", 2, VN_INPUT},                                      /* cut off */
        {"\1\1\2w", 4, VN_INPUT},                                   /* in the midst of a text */
        {"\1\1\0", 3, VN_INPUT},                                    /* a field that is there is not empty */
        {"\1\1\2w\n", 5, VN_INPUT},                                 /* a control character */
        {"\1\1\2w\xff", 5, VN_INPUT},                               /* no UTF-8 */
        {"\1\x82\0", 3, VN_INPUT},                                  /* a number longer than needed */
        {"\1\x80\1\x0d", 4, VN_INPUT},                              /* a thirteenth month */
        {"\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\2", 11, VN_INPUT}, /* above 64 bits */
        {"\1\x80\x80\x80\x80\x80\x80\x80\x80\x40", 10, VN_UNSUPPORTED},     /* a field of a later version */
        {"\1\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12, VN_INPUT},     /* a balance beyond all bounds */
        {"\1\x80\x04\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21, VN_INPUT}, /* a segment too many */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_member member;
        enum vn_status status = vn_member_row_read(vn_view_of(cases[i].bytes, cases[i].len), &member);
        if (status != cases[i].status) {
            fail_msg("case %zu: %s", i, vn_status_name(status));
        }
    }
}

static uint64_t draw(const struct vn_random *random, uint64_t below)
{
    uint64_t number = 0;
    assert_int_equal(vn_random_fill(random, (uint8_t *)&number, sizeof number), VN_OK);
    return number % below;
}

/* Bytes changed, cut and repeated at random: refused, or exactly what writing makes of what was read. */
static void test_damaged_rows_are_refused_or_mean_what_they_say(void **state)
{
    (void)state;
    uint64_t seed = 4711;
    struct vn_random random = vn_random_seeded(&seed);
    struct vn_buf row;
    struct vn_buf again;
    unsigned taken = 0;
    vn_buf_init(&row, 100000);
    vn_buf_init(&again, 1000000);
    assert_int_equal(vn_member_row_write(&whole_member, &row), VN_OK);
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[2048];
        struct vn_member member;
        size_t len = row.len - (draw(&random, 4) == 0 ? draw(&random, row.len) : 0);
        memcpy(bytes, row.data, len);
        for (uint64_t i = draw(&random, 3); i > 0 && len > 0; i--) {
            bytes[draw(&random, len)] = (uint8_t)draw(&random, 256);
        }
        if (vn_member_row_read(vn_view_of(bytes, len), &member) == VN_OK) {
            taken++;
            vn_buf_clear(&again);
            assert_int_equal(vn_member_row_write(&member, &again), VN_OK);
            assert_true(vn_view_equal(vn_buf_view(&again), vn_view_of(bytes, len)));
        }
    }
    assert_in_range(taken, 1000, 19000);
    vn_buf_deinit(&row);
    vn_buf_deinit(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_of_a_row_comes_back),
        cmocka_unit_test(test_a_plain_member_takes_few_bytes),
        cmocka_unit_test(test_what_no_reader_takes_is_not_written),
        cmocka_unit_test(test_rows_that_are_none_are_refused),
        cmocka_unit_test(test_damaged_rows_are_refused_or_mean_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
