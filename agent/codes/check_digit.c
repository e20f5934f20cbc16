#include "agent/codes/code.h"

/* Sums the digits from the right with the weight of odd places `first` and of even places `second`; a
 * product above 9 counts by its own digits where `fold` says so. -1 for anything but digits. */
static int weighted_sum(struct vn_view digits, int first, int second, bool fold)
{
    int sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        uint8_t c = digits.data[digits.len - 1 - i];
        if (c < '0' || c > '9') {
            return -1;
        }
        int product = (c - '0') * (i % 2 == 0 ? first : second);
        /* kept small, so that no length can overflow it */
        sum = (sum + (fold && product > 9 ? product - 9 : product)) % 10;
    }
    return sum;
}

bool vn_check_digit_gs1(struct vn_view digits)
{
    return digits.len >= 2 && weighted_sum(digits, 1, 3, false) == 0;
}

bool vn_check_digit_luhn(struct vn_view digits)
{
    return digits.len >= 2 && weighted_sum(digits, 1, 2, true) == 0;
}
