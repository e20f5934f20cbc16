/* What a scan means.
 *
 * The same thirteen digits may be a tin of peas, a customer's card or a coupon, and sixteen digits may be a
 * customer's card or somebody's bank card: only the chain's own ranges tell. So the ranges are asked first,
 * the payment test comes next (what it takes is forgotten at once), and only then what is left gets a name.
 * Scanners often send no AIM identifier; then length and check digit decide whether a number is an EAN, and
 * nothing is ever taken for a payment card that an EAN explains. A number that begins like ours but does not
 * add up is a misread or a worn card: it gets a word of its own, because the cashier's next step is to scan
 * again.
 */
#include "agent/codes/code.h"

#include <stdio.h>
#include <string.h>

#include "agent/codes/aim.h"

#define EAN13_LEN   13U
#define PAYMENT_MIN 14U
#define PAYMENT_MAX 19U
#define TRACK_MIN   12U
#define FOREIGN_MIN 8U
#define OWN_PREFIX  "VERNO:"
#define MASKED_KEEP 4U

static bool is_digits(struct vn_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

/* The chain's range whose prefix fits best, of the right length if there is one; NULL when no prefix fits. */
static const struct vn_code_range *find_range(struct vn_view digits, const struct vn_code_range *ranges,
                                              size_t range_count)
{
    const struct vn_code_range *best = NULL;
    size_t best_score = 0;
    for (size_t i = 0; i < range_count; i++) {
        size_t len = strlen(ranges[i].prefix);
        if (len == 0 || len > digits.len || memcmp(digits.data, ranges[i].prefix, len) != 0) {
            continue;
        }
        size_t score = 2 * len + (ranges[i].length == digits.len ? 1000 : 0);
        if (score > best_score) {
            best = &ranges[i];
            best_score = score;
        }
    }
    return best;
}

/* Lengths that GS1 gives to its keys carry its check digit; plastic after ISO/IEC 7812 carries Luhn's; of
 * other lengths nothing is known. */
static bool check_fits_length(struct vn_view digits)
{
    switch (digits.len) {
    case 8:
    case 12:
    case 13:
    case 14:
    case 17:
    case 18: return vn_check_digit_gs1(digits);
    case 15:
    case 16:
    case 19: return vn_check_digit_luhn(digits);
    default: return true;
    }
}

static void set_product(struct vn_view digits, struct vn_code *out)
{
    out->kind = VN_CODE_PRODUCT;
    /* UPC-A is an EAN-13 whose first digit is 0 */
    (void)snprintf(out->product, sizeof out->product, "%s%.*s", digits.len == 12 ? "0" : "", (int)digits.len,
                   (const char *)digits.data);
}

/* Whether the digits are a whole number of ours: then it is decided. */
static bool decide_own(struct vn_view digits, const struct vn_code_range *range, struct vn_code *out)
{
    if (range == NULL || range->length != digits.len || !check_fits_length(digits) ||
        vn_view_copy_str(digits, out->number.digits, sizeof out->number.digits) != VN_OK) {
        return false;
    }
    out->kind = range->coupon ? VN_CODE_COUPON : VN_CODE_CARD;
    return true;
}

static bool is_ean(struct vn_view digits, enum vn_symbology symbology)
{
    bool length_fits = false;
    switch (symbology) {
    case VN_SYMBOLOGY_EAN13: length_fits = digits.len == EAN13_LEN || digits.len == 12; break;
    case VN_SYMBOLOGY_EAN8: length_fits = digits.len == 8; break;
    case VN_SYMBOLOGY_ITF: length_fits = digits.len == 14; break; /* the GTIN of a carton */
    case VN_SYMBOLOGY_UNKNOWN:
        length_fits = digits.len == EAN13_LEN || digits.len == 12 || digits.len == 8;
        break;
    default: break;
    }
    return length_fits && vn_check_digit_gs1(digits);
}

static void decide_digits(struct vn_view digits, const struct vn_code_range *ranges, size_t range_count,
                          struct vn_code *out)
{
    enum vn_symbology symbology = out->symbology;
    bool ean_bars = symbology == VN_SYMBOLOGY_EAN13 || symbology == VN_SYMBOLOGY_EAN8;
    const struct vn_code_range *range = find_range(digits, ranges, range_count);
    if (decide_own(digits, range, out)) {
        return;
    }
    if (is_ean(digits, symbology)) {
        set_product(digits, out);
    } else if (!ean_bars && digits.len >= PAYMENT_MIN && digits.len <= PAYMENT_MAX &&
               vn_check_digit_luhn(digits)) {
        out->kind = VN_CODE_PAYMENT;
    } else if (range != NULL) {
        out->kind = VN_CODE_DAMAGED;
    } else if (digits.len >= FOREIGN_MIN &&
               (symbology == VN_SYMBOLOGY_CODE128 || symbology == VN_SYMBOLOGY_QR)) {
        out->kind = VN_CODE_FOREIGN;
    }
}

/* A track that came through as text: is there a payment card's number at its start? Readers may leave the
 * sentinel out; then the separator behind the number tells a track from other text. Our own ranges don't count. */
static bool is_payment_track(struct vn_view text, const struct vn_code_range *ranges, size_t range_count)
{
    bool sentinel = text.len > 0 && (text.data[0] == ';' || text.data[0] == '%');
    size_t start = sentinel ? 1 : 0;
    if (text.len > start && (text.data[start] == 'B' || text.data[start] == 'b')) {
        start++; /* track 1, format B */
    }
    size_t end = start;
    while (end < text.len && text.data[end] >= '0' && text.data[end] <= '9') {
        end++;
    }
    if (!sentinel && (end == text.len || (text.data[end] != '=' && text.data[end] != '^'))) {
        return false;
    }
    struct vn_view digits = vn_view_of(text.data + start, end - start);
    if (digits.len < TRACK_MIN || digits.len > PAYMENT_MAX || !vn_check_digit_luhn(digits)) {
        return false;
    }
    const struct vn_code_range *range = find_range(digits, ranges, range_count);
    return range == NULL || range->length != digits.len;
}

/* "4111 1111 1111 1111": digits in groups. */
static bool is_payment_in_groups(struct vn_view text)
{
    uint8_t digits[PAYMENT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == ' ' || c == '-') {
            continue;
        }
        if (c < '0' || c > '9' || count == PAYMENT_MAX) {
            return false;
        }
        digits[count++] = c;
    }
    return count >= PAYMENT_MIN && vn_check_digit_luhn(vn_view_of(digits, count));
}

void vn_code_decode(const char *aim, struct vn_view payload, const struct vn_code_range *ranges,
                    size_t range_count, struct vn_code *out)
{
    memset(out, 0, sizeof *out);
    out->kind = VN_CODE_OTHER;
    out->symbology = vn_aim_symbology(aim);
    struct vn_view text = payload;
    /* an add-on of two or five digits behind the EAN is no part of the number */
    if (out->symbology == VN_SYMBOLOGY_EAN13 && (text.len == EAN13_LEN + 2 || text.len == EAN13_LEN + 5)) {
        text.len = EAN13_LEN;
    }
    size_t own = sizeof OWN_PREFIX - 1;
    if (text.len > own && memcmp(text.data, OWN_PREFIX, own) == 0) {
        text = vn_view_of(text.data + own, text.len - own);
    }
    if (is_digits(text)) {
        bool elements = out->symbology == VN_SYMBOLOGY_GS1_128 || out->symbology == VN_SYMBOLOGY_DATABAR;
        if (!elements) { /* digits of an element string begin with an AI: never a number of ours */
            decide_digits(text, ranges, range_count, out);
        }
    } else if (is_payment_track(text, ranges, range_count) || is_payment_in_groups(text)) {
        out->kind = VN_CODE_PAYMENT;
    }
}

void vn_card_number_masked(const struct vn_card_number *number, char *out)
{
    size_t len = strlen(number->digits);
    /* a number so short that its end is all of it stays hidden */
    const char *tail = len > MASKED_KEEP ? number->digits + len - MASKED_KEEP : "";
    (void)snprintf(out, VN_CODE_MAX, "\xe2\x80\xa6%s", tail);
}
