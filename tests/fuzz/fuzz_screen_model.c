/* What a screen is told by its agent: what can be read is written, and read as the same. */
#include <stdlib.h>

#include "ui/prompt/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_screen_model model, again;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 16 * VN_SCREEN_LINE_MAX);
    if (vn_screen_model_decode(vn_view_of(data, size), &model, &error) == VN_OK &&
        (vn_screen_model_encode(&model, &out) != VN_OK ||
         vn_screen_model_decode(vn_buf_view(&out), &again, &error) != VN_OK ||
         !vn_screen_model_equal(&model, &again))) {
        abort();
    }
    vn_buf_deinit(&out);
    return 0;
}
