/* Any bytes as a basket and as an outcome; what is read must come back the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_basket(const json_t *root, struct vn_basket *first, struct vn_basket *second)
{
    struct vn_error error;
    struct vn_json_in in = vn_json_root(root, &error);
    vn_basket_read(&in, first);
    if (vn_json_failed(&in)) {
        return;
    }
    (void)vn_basket_total_minor(first);
    json_t *written = vn_basket_write(first);
    assert(written != NULL);
    in = vn_json_root(written, &error);
    vn_basket_read(&in, second);
    json_t *again = vn_json_failed(&in) ? NULL : vn_basket_write(second);
    assert(json_equal(written, again) == 1);
    json_decref(written);
    json_decref(again);
}

static void read_outcome(const json_t *root)
{
    struct vn_error error;
    struct vn_outcome *outcome = calloc(1, sizeof *outcome);
    if (outcome != NULL) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_outcome_read(&in, outcome);
        if (!vn_json_failed(&in)) {
            json_decref(vn_outcome_write(outcome));
        }
    }
    free(outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = NULL;
    struct vn_error error;
    if (vn_json_parse(vn_view_of(data, size), &root, &error) != VN_OK) {
        return 0;
    }
    struct vn_basket *first = calloc(1, sizeof *first);
    struct vn_basket *second = calloc(1, sizeof *second);
    if (first != NULL && second != NULL) {
        read_basket(root, first, second);
        read_outcome(root);
    }
    free(first);
    free(second);
    json_decref(root);
    return 0;
}
