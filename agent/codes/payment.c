#include "agent/codes/payment.h"

#include <stdint.h>
#include <string.h>

#include "agent/codes/code.h"

#define NUMBER_MIN  14U
#define NUMBER_MAX  19U
#define PREFIX_LEN  4U
#define MASKED_KEEP 4U

#define LENGTH(n) (1U << (n))
#define FROM_14   (LENGTH(14) | LENGTH(15) | FROM_16)
#define FROM_16   (LENGTH(16) | LENGTH(17) | LENGTH(18) | LENGTH(19))
#define OF_VISA   (LENGTH(16) | LENGTH(19))

/* The first four digits of payment cards, and the lengths that go with them. */
struct issuer {
    uint16_t first, last;
    uint32_t lengths;
};

static bool is_issued(unsigned prefix, size_t length)
{
    static const struct issuer issuers[] = {
        {2200, 2204, LENGTH(16)}, /* Mir */
        {2221, 2720, LENGTH(16)}, /* Mastercard */
        {3000, 3059, FROM_14},    /* Diners Club */
        {3400, 3499, LENGTH(15)}, /* American Express */
        {3528, 3589, FROM_16},    /* JCB */
        {3600, 3699, FROM_14},    /* Diners Club */
        {3700, 3799, LENGTH(15)}, /* American Express */
        {3800, 3999, FROM_14},    /* Diners Club */
        {4000, 4999, OF_VISA},    /* Visa */
        {5000, 5099, FROM_14},    /* Maestro */
        {5100, 5599, LENGTH(16)}, /* Mastercard */
        {5600, 5899, FROM_14},    /* Maestro */
        {6000, 6099, FROM_16},    /* Discover */
        {6200, 6299, FROM_16},    /* UnionPay */
        {6390, 6399, FROM_14},    /* Maestro */
        {6400, 6599, FROM_16},    /* Discover */
        {6700, 6799, FROM_14},    /* Maestro */
        {9891, 9891, LENGTH(16)}, /* Dina */
    };
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
        if (prefix >= issuers[i].first && prefix <= issuers[i].last) {
            return (issuers[i].lengths & LENGTH(length)) != 0;
        }
    }
    return false;
}

/* Sixteen digits that begin with a moment, YYMMDDhhmmss: receipt numbers are made so, and from 2022 to 2027 they begin as
 * Mastercard's do. One real number in three hundred reads so, too. */
static bool reads_as_moment(const uint8_t *digits, size_t count)
{
    static const uint8_t least[] = {22, 1, 1, 0, 0, 0};
    static const uint8_t most[] = {27, 12, 31, 23, 59, 59};
    bool fits = count == 16;
    for (size_t i = 0; i < sizeof least && fits; i++) {
        int pair = 10 * (digits[2 * i] - '0') + (digits[2 * i + 1] - '0');
        fits = pair >= least[i] && pair <= most[i];
    }
    return fits;
}

static bool is_number(const uint8_t *digits, size_t count)
{
    unsigned prefix = 0;
    for (size_t i = 0; i < PREFIX_LEN; i++) {
        prefix = 10 * prefix + (unsigned)(digits[i] - '0');
    }
    return is_issued(prefix, count) && !reads_as_moment(digits, count) &&
           vn_check_digit_luhn(vn_view_of(digits, count));
}

static bool digit_at(struct vn_view text, size_t at)
{
    return at < text.len && text.data[at] >= '0' && text.data[at] <= '9';
}

/* The length of the longest number that begins with the group at `start`, with what is between its groups; 0: none. */
static size_t number_at(struct vn_view text, size_t start)
{
    uint8_t digits[NUMBER_MAX];
    size_t count = 0;
    size_t found = 0;
    for (size_t i = start; digit_at(text, i) && count < NUMBER_MAX;) {
        digits[count++] = text.data[i++];
        if (digit_at(text, i)) {
            continue;
        }
        if (count >= NUMBER_MIN && is_number(digits, count)) {
            found = i - start;
        }
        if (i < text.len && (text.data[i] == ' ' || text.data[i] == '-')) {
            i++;
        }
    }
    return found;
}

bool vn_payment_find(struct vn_view text, size_t *at, size_t *len)
{
    for (size_t i = 0; i < text.len; i++) {
        bool group = digit_at(text, i) && (i == 0 || !digit_at(text, i - 1));
        size_t found = group ? number_at(text, i) : 0;
        if (found > 0) {
            if (at != NULL && len != NULL) {
                *at = i;
                *len = found;
            }
            return true;
        }
    }
    return false;
}

void vn_payment_mask(char *text)
{
    size_t at = 0;
    size_t len = 0;
    while (vn_payment_find(vn_view_str(text), &at, &len)) {
        size_t left = 0; /* digits from here to the number's end */
        for (size_t i = at + len; i > at; i--) {
            bool digit = text[i - 1] >= '0' && text[i - 1] <= '9';
            left += digit;
            if (digit && left > MASKED_KEEP) {
                text[i - 1] = '*';
            }
        }
    }
}
