/* A customer's sign-up: what can be read is written, and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "sync/wire/signup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_signup signup, again; /* static: what is behind a text's NUL is the same in both */
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 65536);
    memset(&signup, 0, sizeof signup);
    memset(&again, 0, sizeof again);
    if (vn_signup_decode(vn_view_of(data, size), &signup, &error) == VN_OK &&
        (vn_signup_encode(&signup, &out) != VN_OK ||
         vn_signup_decode(vn_buf_view(&out), &again, &error) != VN_OK ||
         memcmp(&signup, &again, sizeof signup) != 0)) {
        abort();
    }
    vn_buf_deinit(&out);
    return 0;
}
