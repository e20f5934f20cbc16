/* Writing JSON straight down: the first failure (memory, or a text that is not UTF-8) sticks, and the end returns NULL. */
#ifndef VN_LOYALTY_JSON_WRITE_H
#define VN_LOYALTY_JSON_WRITE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The latest moment that a document may name: the end of the year 9999. */
#define VN_JSON_TIME_MAX 253402300799999

struct vn_json_out {
    json_t *value; /* owned until the end */
    bool failed;
};

static inline struct vn_json_out vn_json_out_object(void)
{
    json_t *value = json_object();
    return (struct vn_json_out){value, value == NULL};
}

static inline struct vn_json_out vn_json_out_array(void)
{
    json_t *value = json_array();
    return (struct vn_json_out){value, value == NULL};
}

/* Takes the value; NULL is a failure. */
static inline void vn_json_put(struct vn_json_out *out, const char *key, json_t *value)
{
    /* jansson takes the reference even when it fails */
    out->failed = json_object_set_new(out->value, key, value) != 0 || out->failed;
}

static inline void vn_json_append(struct vn_json_out *out, json_t *value)
{
    out->failed = json_array_append_new(out->value, value) != 0 || out->failed;
}

static inline void vn_json_put_str(struct vn_json_out *out, const char *key, const char *text)
{
    vn_json_put(out, key, json_string(text));
}

static inline void vn_json_put_int(struct vn_json_out *out, const char *key, int64_t number)
{
    vn_json_put(out, key, json_integer(number));
}

static inline void vn_json_put_str_unless(struct vn_json_out *out, const char *key, const char *text,
                                          const char *unless)
{
    if (strcmp(text, unless) != 0) {
        vn_json_put_str(out, key, text);
    }
}

static inline void vn_json_put_int_unless(struct vn_json_out *out, const char *key, int64_t number,
                                          int64_t unless)
{
    if (number != unless) {
        vn_json_put_int(out, key, number);
    }
}

static inline void vn_json_put_true(struct vn_json_out *out, const char *key, bool value)
{
    if (value) {
        vn_json_put(out, key, json_true());
    }
}

static inline void vn_json_put_unless_empty(struct vn_json_out *out, const char *key, json_t *array)
{
    if (array != NULL && json_array_size(array) == 0) {
        json_decref(array);
        return;
    }
    vn_json_put(out, key, array);
}

static inline json_t *vn_json_out_end(struct vn_json_out *out)
{
    if (out->failed) {
        json_decref(out->value);
        return NULL;
    }
    return out->value;
}

#endif
