/* An entry that can be read can be written, and what was written is read the same. */
#include <stdlib.h>
#include <string.h>

#include "sync/wire/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_entry entry;
    struct vn_entry again;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 8 * VN_ENTRY_MAX);
    if (vn_entry_decode(vn_view_of(data, size), &entry, &error) == VN_OK) {
        enum vn_status status = vn_entry_encode(&entry, &out);
        if (status == VN_OK) {
            if (vn_entry_decode(vn_buf_view(&out), &again, &error) != VN_OK ||
                memcmp(again.rights, entry.rights, sizeof again.rights) != 0) {
                abort();
            }
            vn_entry_deinit(&again);
        } else if (status != VN_FULL) {
            abort();
        }
    }
    vn_entry_deinit(&entry);
    vn_buf_deinit(&out);
    return 0;
}
