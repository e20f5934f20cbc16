#include "agent/pos/guard.h"

#include <stdlib.h>
#include <string.h>

#include "agent/codes/payment.h"

static bool names_sale(const char *key)
{
    return strcmp(key, "pos") == 0 || strcmp(key, "date") == 0 || strcmp(key, "receipt") == 0;
}

static bool is_guarded(const json_t *text, const char *key)
{
    return (key == NULL || strcmp(key, "code") != 0) &&
           vn_payment_find(vn_view_of(json_string_value(text), json_string_length(text)), NULL, NULL);
}

/* Whether there is anything to do, which is seldom: finding out costs less than knowing the place of each text. */
static bool holds_number(json_t *value, const char *key)
{
    const char *name = NULL;
    json_t *member = NULL;
    size_t index = 0;
    bool found = json_is_string(value) && is_guarded(value, key);
    if (json_is_object(value)) {
        json_object_foreach(value, name, member)
        {
            found = found || holds_number(member, name);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, member)
        {
            found = found || holds_number(member, NULL);
        }
    }
    return found;
}

/* `key` is NULL within an array. */
static void guard_text(json_t *value, const struct vn_json_in *in, const char *key)
{
    if (!is_guarded(value, key)) {
        return;
    }
    if (key != NULL && names_sale(key)) {
        vn_json_refuse(in, key, VN_PAYMENT_REFUSED "; send a number of the sale's own");
        return;
    }
    char *masked = strdup(json_string_value(value));
    if (masked != NULL) {
        vn_payment_mask(masked);
    }
    if (masked == NULL || json_string_set(value, masked) != 0) {
        (void)vn_fail(in->error, VN_NOMEM, "out of memory");
    }
    free(masked);
}

/* As deep as vn_json_parse lets a document be. */
static void guard(json_t *value, const struct vn_json_in *in, const char *key)
{
    if (json_is_string(value)) {
        guard_text(value, in, key);
        return;
    }
    const char *name = NULL;
    json_t *member = NULL;
    size_t index = 0;
    size_t count = 0;
    struct vn_json_in inner = *in;
    if (json_is_object(value)) {
        inner = key == NULL ? *in : vn_json_object(in, key, VN_OPTIONAL);
        json_object_foreach(value, name, member)
        {
            guard(member, &inner, name);
        }
    } else if (json_is_array(value)) {
        inner = key == NULL ? *in : vn_json_array(in, key, VN_OPTIONAL, SIZE_MAX, &count);
        json_array_foreach(value, index, member)
        {
            struct vn_json_in at = vn_json_at(&inner, index);
            guard(member, &at, NULL);
        }
    }
}

void vn_pos_guard(json_t *root, const struct vn_json_in *in)
{
    if (holds_number(root, NULL)) {
        guard(root, in, NULL);
    }
}
