#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/codes/code.h"
#include "agent/codes/payment.h"

static const struct vn_code_range ranges[] = {
    {"2990", 13, false}, {"2991", 13, true}, {"633104", 16, false}, {"77", 10, false}};

static struct vn_code decode(const char *aim, const char *text)
{
    struct vn_code code;
    vn_code_decode(aim, vn_view_str(text), ranges, sizeof ranges / sizeof ranges[0], &code);
    return code;
}

static void expect(const char *aim, const char *text, enum vn_code_kind kind)
{
    struct vn_code code = decode(aim, text);
    if (code.kind != kind) {
        fail_msg("%s %s: kind %d, expected %d", aim, text, (int)code.kind, (int)kind);
    }
    if (kind != VN_CODE_CARD && kind != VN_CODE_COUPON) {
        assert_string_equal(code.number.digits, "");
    }
    if (kind != VN_CODE_PRODUCT) {
        assert_string_equal(code.product, "");
    }
}

static void test_check_digits_of_the_published_vectors(void **state)
{
    (void)state;
    assert_true(vn_check_digit_gs1(vn_view_str("4006381333931")));
    assert_true(vn_check_digit_gs1(vn_view_str("123456789012345675")));
    assert_true(vn_check_digit_gs1(vn_view_str("9501101530003")));
    assert_false(vn_check_digit_gs1(vn_view_str("4006381333932")));
    assert_true(vn_check_digit_luhn(vn_view_str("79927398713")));
    assert_true(vn_check_digit_luhn(vn_view_str("6331040123456785")));
    assert_false(vn_check_digit_luhn(vn_view_str("6331040123456780")));
    assert_false(vn_check_digit_gs1(VN_VIEW_NONE));
    assert_false(vn_check_digit_luhn(vn_view_str("12a4")));
}

static void test_aim_identifiers_name_the_symbology(void **state)
{
    (void)state;
    static const struct {
        const char *aim;
        enum vn_symbology symbology;
    } rows[] = {
        {"]E0", VN_SYMBOLOGY_EAN13},       {"]E3", VN_SYMBOLOGY_EAN13},   {"]E4", VN_SYMBOLOGY_EAN8},
        {"]C0", VN_SYMBOLOGY_CODE128},     {"]C1", VN_SYMBOLOGY_GS1_128}, {"]A0", VN_SYMBOLOGY_CODE39},
        {"]I1", VN_SYMBOLOGY_ITF},         {"]Q1", VN_SYMBOLOGY_QR},      {"]Q3", VN_SYMBOLOGY_QR},
        {"]d1", VN_SYMBOLOGY_DATA_MATRIX}, {"]L2", VN_SYMBOLOGY_PDF417},  {"]z0", VN_SYMBOLOGY_AZTEC},
        {"]e0", VN_SYMBOLOGY_DATABAR},     {"]E1", VN_SYMBOLOGY_OTHER},   {"]X0", VN_SYMBOLOGY_OTHER},
        {"E0", VN_SYMBOLOGY_OTHER},        {"]E00", VN_SYMBOLOGY_OTHER},  {"", VN_SYMBOLOGY_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(decode(rows[i].aim, "x").symbology, rows[i].symbology);
    }
    assert_int_equal(decode(NULL, "x").symbology, VN_SYMBOLOGY_UNKNOWN);
}

static void test_an_ean_outside_the_ranges_is_a_product(void **state)
{
    (void)state;
    assert_string_equal(decode("]E0", "4006381333931").product, "4006381333931");
    assert_string_equal(decode("]E4", "96385074").product, "96385074");
    assert_string_equal(decode("]E3", "400638133393112").product, "4006381333931");
    expect("", "4006381333931", VN_CODE_PRODUCT);
    expect("", "96385074", VN_CODE_PRODUCT);
    expect("]I1", "14006381333938", VN_CODE_PRODUCT);
}

static void test_upc_a_becomes_thirteen_digits(void **state)
{
    (void)state;
    assert_string_equal(decode("]E0", "036000291452").product, "0036000291452");
    assert_string_equal(decode("]E0", "0036000291452").product, "0036000291452");
    assert_string_equal(decode("", "036000291452").product, "0036000291452");
}

static void test_cards_and_coupons_of_the_ranges(void **state)
{
    (void)state;
    expect("]E0", "2990000000019", VN_CODE_CARD);
    assert_string_equal(decode("]E0", "2990000000019").number.digits, "2990000000019");
    expect("", "2990000000019", VN_CODE_CARD);
    expect("]C0", "2990000000019", VN_CODE_CARD);
    expect("]Q1", "2990000000019", VN_CODE_CARD);
    expect("]Q1", "VERNO:2990000000019", VN_CODE_CARD);
    expect("]E0", "2991000000016", VN_CODE_COUPON);
    expect("]Q1", "VERNO:2991000000016", VN_CODE_COUPON);
}

static void test_a_number_of_ours_that_does_not_add_up_is_damaged(void **state)
{
    (void)state;
    expect("]E0", "2990000000018", VN_CODE_DAMAGED);
    expect("", "2990000000018", VN_CODE_DAMAGED);
    expect("]C0", "299000000001", VN_CODE_DAMAGED);
    expect("]Q1", "VERNO:29900000", VN_CODE_DAMAGED);
    expect("]C0", "6331040123456780", VN_CODE_DAMAGED);
}

static void test_a_whole_ean8_with_our_prefix_is_a_product(void **state)
{
    (void)state;
    assert_true(vn_check_digit_gs1(vn_view_str("29900008")));
    expect("]E4", "29900008", VN_CODE_PRODUCT);
}

static void test_lengths_without_a_known_check_digit_need_none(void **state)
{
    (void)state;
    expect("]C0", "7712345678", VN_CODE_CARD);
    expect("]C0", "77123456789", VN_CODE_DAMAGED);
}

static void test_payment_cards_are_recognised_and_forgotten(void **state)
{
    (void)state;
    expect("", "4111111111111111", VN_CODE_PAYMENT);
    expect("]C0", "4111111111111111", VN_CODE_PAYMENT);
    expect("]Q1", "VERNO:4111111111111111", VN_CODE_PAYMENT);
    expect("]Q1", "4111 1111 1111 1111", VN_CODE_PAYMENT);
    expect("]Q1", "4111-1111-1111-1111", VN_CODE_PAYMENT);
    expect("", ";4111111111111111=25121010000000000?", VN_CODE_PAYMENT);
    expect("", "%B4111111111111111^DOE/JANE^2512?", VN_CODE_PAYMENT);
    expect("", ";4111111111111112=2512?", VN_CODE_OTHER);
    expect("", "4111111111111112", VN_CODE_OTHER);
}

static void test_payment_lengths_are_fourteen_to_nineteen(void **state)
{
    (void)state;
    expect("", "36148900647913", VN_CODE_PAYMENT);      /* 14 */
    expect("", "4000000000000000006", VN_CODE_PAYMENT); /* 19 */
    expect("", "40000000000000000002", VN_CODE_OTHER);  /* 20 */
    assert_true(vn_check_digit_luhn(vn_view_str("4222222222222")));
    expect("", "4222222222222", VN_CODE_OTHER); /* thirteen digits: never, even if Luhn passes */
}

static void test_payment_cards_in_groups_have_the_same_lengths(void **state)
{
    (void)state;
    expect("", "3056 930902 5904", VN_CODE_PAYMENT); /* 14 digits */
    expect("", "4111-1111-1111-1111", VN_CODE_PAYMENT);
    expect("", "4222 222 222 222", VN_CODE_OTHER); /* 13 */
    expect("", "4111 1111 1111 1112", VN_CODE_OTHER);
    expect("", "4111 1111 1111 1111 0000", VN_CODE_OTHER); /* 20 */
}

static void test_a_track_without_its_sentinel_is_a_payment_card_too(void **state)
{
    (void)state;
    expect("", "4111111111111111=25121010000012300000", VN_CODE_PAYMENT);
    expect("", "B4111111111111111^CARD/TEST^2512101", VN_CODE_PAYMENT);
    expect("", "%4111111111111111^CARD/TEST^2512101", VN_CODE_PAYMENT);
    expect("]Q1", "4111111111111111=2512", VN_CODE_PAYMENT);
    expect("", "4111111111111112=2512", VN_CODE_OTHER); /* no check digit */
    expect("", "4111111111111111 is a text", VN_CODE_OTHER);
    expect("", "B4111111111111111", VN_CODE_OTHER);
    expect("", "6331040123456785=2512", VN_CODE_OTHER); /* ours */
    expect("", "=", VN_CODE_OTHER);
    expect("", "%", VN_CODE_OTHER);
    expect("", "%B", VN_CODE_OTHER);
}

static void test_a_card_of_ours_is_never_taken_for_payment(void **state)
{
    (void)state;
    assert_true(vn_check_digit_luhn(vn_view_str("6331040123456785")));
    expect("]C0", "6331040123456785", VN_CODE_CARD);
    expect("", "6331040123456785", VN_CODE_CARD);
    expect("", ";6331040123456785=2512?", VN_CODE_OTHER); /* tracks are not read yet */
}

static void test_other_digits_of_text_symbologies_are_foreign_cards(void **state)
{
    (void)state;
    expect("]C0", "12345678", VN_CODE_FOREIGN);
    expect("]Q1", "1234567890123", VN_CODE_FOREIGN);
    expect("]C0", "1234567", VN_CODE_OTHER);
    expect("]E0", "1234567890123", VN_CODE_OTHER);
    expect("]C1", "0104006381333931", VN_CODE_OTHER);
    expect("]Q1", "https://example.com/", VN_CODE_OTHER);
    expect("]Q1", "", VN_CODE_OTHER);
    expect("]Q1", "VERNO:", VN_CODE_OTHER);
}

static void test_masked_numbers_show_four_characters(void **state)
{
    (void)state;
    struct vn_card_number number = {"123456789012345675"};
    char out[VN_CODE_MAX];
    vn_card_number_masked(&number, out);
    assert_string_equal(out, "\xe2\x80\xa6"
                             "5675");
    struct vn_card_number brief = {"5675"};
    vn_card_number_masked(&brief, out);
    assert_string_equal(out, "\xe2\x80\xa6");
}

static void test_long_payloads_stay_within_their_fields(void **state)
{
    (void)state;
    static uint8_t digits[VN_SCAN_MAX];
    memset(digits, '7', sizeof digits);
    struct vn_code code;
    const struct vn_code_range wide = {"77", VN_SCAN_MAX, false};
    vn_code_decode("]Q1", vn_view_of(digits, sizeof digits), &wide, 1, &code);
    assert_int_equal(code.kind, VN_CODE_DAMAGED);
    assert_string_equal(code.number.digits, "");
}

static bool holds_payment(const char *text)
{
    return vn_payment_find(vn_view_str(text), NULL, NULL);
}

/* The check digit is put for the "?" at the end. */
static const char *with_luhn(const char *digits, char out[24])
{
    size_t len = strlen(digits);
    memcpy(out, digits, len + 1);
    for (out[len - 1] = '0'; !vn_check_digit_luhn(vn_view_str(out)); out[len - 1]++) {
    }
    return out;
}

static void test_a_payment_card_is_found_within_a_text(void **state)
{
    static const char *const texts[] = {
        "4111111111111111",
        "V-4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "3782 822463 10005",
        "x4111111111111111x",
        "no 0001 4111 1111 1111 1111 12/29",
        "F-4111111111111111-1",
        "0012 4111111111111111",
        ";4111111111111111=2912101?",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!holds_payment(texts[i])) {
            fail_msg("not found in %s", texts[i]);
        }
    }
    size_t at = 0;
    size_t len = 0;
    assert_true(vn_payment_find(vn_view_str("V-4111 1111 1111 1111 7"), &at, &len));
    assert_int_equal(at, 2);
    assert_int_equal(len, 19);
}

static void test_a_payment_card_begins_as_an_issuer_has_it(void **state)
{
    static const char *const cards[] = {
        "411111111111111?", "411111111111111111?", "510000000000000?", "559999999999999?",
        "222100000000000?", "272099999999999?",    "34000000000000?",  "37999999999999?",
        "3000000000000?",   "305999999999999999?", "3600000000000?",   "390000000000000?",
        "600000000000000?", "620000000000000000?", "644000000000000?", "650000000000000?",
        "352800000000000?", "358999999999999999?", "5000000000000?",   "560000000000000000?",
        "589999999999999?", "639000000000000?",    "6700000000000?",   "220000000000000?",
        "220499999999999?", "989100000000000?",
    };
    static const char *const others[] = {
        "41111111111111?",  "5100000000000?",   "51000000000000000?",
        "222000000000000?", "272100000000000?", "340000000000000?",
        "306000000000000?", "352700000000000?", "359000000000000?",
        "60000000000000?",  "610000000000000?", "633110101010101010?",
        "220500000000000?", "989000000000000?", "100000000000000?",
        "2026112212345?", /* moments and fiscal drives */
        "261122103015000?", "220101000000999?", "271231235959000?",
        "202611221234567?", "179533440000?",    "179533440000000?",
        "710000000000000?", "728000000000000?", "738000000000000?",
        "871000000000000?", "925000000000000?", "996000000000000?",
    };
    char text[24];
    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        if (!holds_payment(with_luhn(cards[i], text))) {
            fail_msg("%s is not found", text);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (holds_payment(with_luhn(others[i], text))) {
            fail_msg("%s is taken for a payment card", text);
        }
    }
}

static void test_other_numbers_are_no_payment_cards(void **state)
{
    static const char *const texts[] = {
        "",
        "0001",
        "2026-11-22",
        "20261122123456",
        "4111111111111112",
        "41111111111111110",
        "14111111111111111",
        "4111  1111 1111 1111",
        "4111.1111.1111.1111",
        "4111 -1111-1111-1111",
        "411111111111",
        "4222222222222", /* 13 digits: goods */
        "41111111111111111111111111111111",
        "F-0001-2026-11-22 12:34:56",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (holds_payment(texts[i])) {
            fail_msg("found in %s", texts[i]);
        }
    }
}

static void test_a_masked_text_keeps_four_digits_and_its_length(void **state)
{
    static const char *const rows[][2] = {
        {"4111111111111111", "************1111"},
        {"V-4111 1111 1111 1111.", "V-**** **** **** 1111."},
        {"378282246310005 and 5555-5555-5555-4444", "***********0005 and ****-****-****-4444"},
        {"4111111111111111 4111111111111111", "************1111 ************1111"},
        {"Kafa 200 g", "Kafa 200 g"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        memcpy(text, rows[i][0], strlen(rows[i][0]) + 1);
        vn_payment_mask(text);
        assert_string_equal(text, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_digits_of_the_published_vectors),
        cmocka_unit_test(test_aim_identifiers_name_the_symbology),
        cmocka_unit_test(test_an_ean_outside_the_ranges_is_a_product),
        cmocka_unit_test(test_upc_a_becomes_thirteen_digits),
        cmocka_unit_test(test_cards_and_coupons_of_the_ranges),
        cmocka_unit_test(test_a_number_of_ours_that_does_not_add_up_is_damaged),
        cmocka_unit_test(test_a_whole_ean8_with_our_prefix_is_a_product),
        cmocka_unit_test(test_lengths_without_a_known_check_digit_need_none),
        cmocka_unit_test(test_payment_cards_are_recognised_and_forgotten),
        cmocka_unit_test(test_payment_lengths_are_fourteen_to_nineteen),
        cmocka_unit_test(test_payment_cards_in_groups_have_the_same_lengths),
        cmocka_unit_test(test_a_track_without_its_sentinel_is_a_payment_card_too),
        cmocka_unit_test(test_a_card_of_ours_is_never_taken_for_payment),
        cmocka_unit_test(test_other_digits_of_text_symbologies_are_foreign_cards),
        cmocka_unit_test(test_masked_numbers_show_four_characters),
        cmocka_unit_test(test_long_payloads_stay_within_their_fields),
        cmocka_unit_test(test_a_payment_card_is_found_within_a_text),
        cmocka_unit_test(test_a_payment_card_begins_as_an_issuer_has_it),
        cmocka_unit_test(test_other_numbers_are_no_payment_cards),
        cmocka_unit_test(test_a_masked_text_keeps_four_digits_and_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
