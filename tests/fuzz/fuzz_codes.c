/* Any bytes as a scan: the first byte chooses the AIM identifier. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/codes/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const aims[] = {"", "]E0", "]E4", "]E3", "]C0", "]C1", "]Q1", "]I1", "]X0"};
    static const struct vn_code_range ranges[] = {
        {"2990", 13, false}, {"2991", 13, true}, {"6331", 16, false}, {"7", 10, false}};
    if (size == 0) {
        return 0;
    }
    struct vn_code code;
    vn_code_decode(aims[data[0] % (sizeof aims / sizeof aims[0])], vn_view_of(data + 1, size - 1), ranges,
                   sizeof ranges / sizeof ranges[0], &code);
    char masked[VN_CODE_MAX];
    vn_card_number_masked(&code.number, masked);
    bool ours = code.kind == VN_CODE_CARD || code.kind == VN_CODE_COUPON;
    assert(ours == (code.number.digits[0] != '\0'));
    return 0;
}
