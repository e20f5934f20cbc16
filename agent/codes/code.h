/* What a scan means: a product, a card of ours, a coupon, a payment card to forget at once, or something
 * else.
 *
 * Pure: bytes in, a decision out. This version knows AIM identifiers of the common symbologies,
 * EAN-13/EAN-8/UPC-A with check digits, cards as EAN-13, Code 128 or QR text, and the chain's own number
 * ranges (from the ruleset). GS1 element strings, Digital Link, tracks, wallet and signed codes are not read
 * yet and come out as VN_CODE_OTHER, except that a payment card is known in a track too. */
#ifndef VN_CODES_CODE_H
#define VN_CODES_CODE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/bytes.h"
#include "agent/base/limits.h"

enum vn_code_kind {
    VN_CODE_PRODUCT, /* a GTIN: the POS's business */
    VN_CODE_CARD,    /* a card of one of the chain's ranges */
    VN_CODE_COUPON,  /* a coupon of one of the chain's ranges */
    VN_CODE_PAYMENT, /* taken for a payment card: never stored, never logged, never forwarded by us */
    VN_CODE_FOREIGN, /* looks like a card, but of no range of ours */
    VN_CODE_DAMAGED, /* a range of ours, but the check digit or length is wrong */
    VN_CODE_OTHER,
};

enum vn_symbology {
    VN_SYMBOLOGY_UNKNOWN, /* no AIM identifier was sent */
    VN_SYMBOLOGY_EAN13,
    VN_SYMBOLOGY_EAN8,
    VN_SYMBOLOGY_CODE128,
    VN_SYMBOLOGY_GS1_128,
    VN_SYMBOLOGY_CODE39,
    VN_SYMBOLOGY_ITF,
    VN_SYMBOLOGY_QR,
    VN_SYMBOLOGY_DATA_MATRIX,
    VN_SYMBOLOGY_PDF417,
    VN_SYMBOLOGY_AZTEC,
    VN_SYMBOLOGY_DATABAR,
    VN_SYMBOLOGY_OTHER,
};

/* A card's or coupon's number is a type of its own, so that no log field takes it. */
struct vn_card_number {
    char digits[VN_CARD_TEXT_MAX];
};

struct vn_code {
    enum vn_code_kind kind;
    enum vn_symbology symbology;
    struct vn_card_number number; /* card and coupon alone; empty otherwise */
    char
        product[VN_CODE_MAX]; /* product alone: digits as the POS's catalogue has them (UPC-A as 13 digits) */
};

struct vn_code_range {
    const char *prefix;
    unsigned length;
    bool coupon;
};

/* `aim` is "]E0" and so on, or "" when the device does not send it. Never fails: what is nothing else is
 * OTHER. */
void vn_code_decode(const char *aim, struct vn_view payload, const struct vn_code_range *ranges,
                    size_t range_count, struct vn_code *out);

bool vn_check_digit_gs1(
    struct vn_view digits); /* GS1 general specifications 7.9: weights 3,1 from the right */
bool vn_check_digit_luhn(struct vn_view digits); /* ISO/IEC 7812-1 annex B */

/* The last four characters, for screens: "…5675". `out` holds VN_CODE_MAX characters. */
void vn_card_number_masked(const struct vn_card_number *number, char *out);

#endif
