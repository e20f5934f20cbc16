/* What everything else stands on: JSON within its limits, and hexadecimal. What is read is written, and read as the same. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"

#define HEX_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_hex(struct vn_view text)
{
    uint8_t bytes[HEX_MAX];
    char again[2 * HEX_MAX + 1];
    if (text.len > sizeof again - 1 || vn_hex_decode(text, bytes, text.len / 2) != VN_OK) {
        return;
    }
    vn_hex_encode(vn_view_of(bytes, text.len / 2), again);
    for (size_t i = 0; i < text.len; i++) { /* capitals are read, and not written */
        if ((again[i] | 0x20) != (text.data[i] | 0x20)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = NULL;
    json_t *again = NULL;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 16 * size + 64);
    check_hex(vn_view_of(data, size));
    if (vn_json_parse(vn_view_of(data, size), &root, &error) == VN_OK &&
        (vn_json_dump(root, &out) != VN_OK || vn_json_parse(vn_buf_view(&out), &again, &error) != VN_OK ||
         !json_equal(root, again))) {
        abort();
    }
    json_decref(root);
    json_decref(again);
    vn_buf_deinit(&out);
    return 0;
}
