/* A roster's text and its envelope: what can be read can be written, and nothing unsigned is read. */
#include <stdlib.h>

#include "sync/wire/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_roster roster;
    static const struct vn_public_key nobody = {{0}};
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 1024 * 1024);
    if (size <= VN_ROSTER_BYTES_MAX / 8 && vn_roster_read(vn_view_of(data, size), &roster, &error) == VN_OK &&
        vn_roster_write(&roster, &out) != VN_OK) {
        abort();
    }
    if (vn_roster_decode(vn_view_of(data, size), &nobody, &roster, &error) == VN_OK) {
        abort();
    }
    vn_buf_deinit(&out);
    return 0;
}
