/* Payment cards' numbers within texts that somebody typed or a POS sent: what must be neither stored nor logged.
 *
 * A scan is judged by vn_code_decode, which asks the chain's own ranges first and is wide: what it takes for a payment card
 * is only forgotten. Here a text would be refused or changed, so only what payment cards have in common counts: 14 to 19
 * digits (13 are an EAN, and a tenth of those add up), alone or in groups with a single blank or hyphen between them, that
 * begin as an issuer's numbers do, have a length that he uses, and add up (ISO/IEC 7812-1). Digits are taken from the
 * beginning of a group to the end of one, so that a number is found between others, but not within a longer number. Sixteen
 * digits that begin with a moment of the years 2022 to 2027, as receipt numbers do, are not taken for a card. Pure. */
#ifndef VN_CODES_PAYMENT_H
#define VN_CODES_PAYMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/bytes.h"

/* What is said of a text that is refused for one; behind it stands what to do. */
#define VN_PAYMENT_REFUSED "this looks like a payment card's number, which is never stored"

/* Is there one? `at` and `len` (which may be NULL) become its place, with what stands between its groups. */
bool vn_payment_find(struct vn_view text, size_t *at, size_t *len);

/* Puts '*' for all digits but the last four of each number in the text, whose length stays. */
void vn_payment_mask(char *text);

#endif
