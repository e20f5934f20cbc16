/* Reading JSON strictly, over jansson: every value is asked for with its type and range, and whatever does
 * not fit is reported with its place (RFC 6901 pointer), what was expected and what was found.
 *
 *     struct vn_json_in in = vn_json_root(root, error);
 *     struct vn_json_in line = vn_json_at(&lines, i);
 *     vn_json_str(&line, "code", VN_REQUIRED, code, sizeof code);
 *     vn_json_int(&line, "amount", VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &amount_minor);
 *     if (vn_json_failed(&line)) ...
 *
 * The first failure sticks in *error, and later reads do nothing, so that a reader can be written straight
 * down and checked once. Values that are absent and optional leave *out as it was: set the default before. */
#ifndef VN_BASE_JSON_H
#define VN_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"

enum vn_json_need { VN_OPTIONAL, VN_REQUIRED };

struct vn_json_in {
    const json_t *value; /* borrowed; NULL when absent */
    struct vn_error *error;
    char pointer[VN_JSON_POINTER_MAX];
};

/* Parses a document: UTF-8, no duplicate keys, depth <= VN_JSON_DEPTH_MAX. VN_INPUT with a place in *error;
 * VN_NOMEM. *out is owned by the caller (json_decref). */
VN_MUST_USE enum vn_status vn_json_parse(struct vn_view text, json_t **out, struct vn_error *error);

/* Starts reading; resets *error to VN_OK. The root must outlive all readers. */
struct vn_json_in vn_json_root(const json_t *root, struct vn_error *error);
bool vn_json_failed(const struct vn_json_in *in);
/* Records a failure at `key` (NULL: at `in` itself) unless one is recorded already. */
void vn_json_fail(const struct vn_json_in *in, const char *key, const char *expected);
/* The same with the whole sentence. */
void vn_json_refuse(const struct vn_json_in *in, const char *key, const char *sentence);

bool vn_json_has(const struct vn_json_in *in, const char *key);
/* Whatever stands there; its value is NULL when nothing does. */
struct vn_json_in vn_json_any(const struct vn_json_in *in, const char *key);
struct vn_json_in vn_json_object(const struct vn_json_in *in, const char *key, enum vn_json_need need);
/* *count is 0 when absent; more than `max` elements is a failure. */
struct vn_json_in vn_json_array(const struct vn_json_in *in, const char *key, enum vn_json_need need,
                                size_t max, size_t *count);
struct vn_json_in vn_json_at(const struct vn_json_in *array, size_t index);

void vn_json_int(const struct vn_json_in *in, const char *key, enum vn_json_need need, int64_t min,
                 int64_t max, int64_t *out);
void vn_json_bool(const struct vn_json_in *in, const char *key, enum vn_json_need need, bool *out);
/* Copies; a text that does not fit, or has a NUL or other control character, is a failure. key NULL: `in`
 * itself. */
void vn_json_str(const struct vn_json_in *in, const char *key, enum vn_json_need need, char *out,
                 size_t out_size);
/* The same with control characters, as a scanner sends them (GS between the fields of a GS1 code); never a NUL. */
void vn_json_raw(const struct vn_json_in *in, const char *key, enum vn_json_need need, char *out,
                 size_t out_size);
/* One of `names` (NULL-terminated); *out becomes its index. */
void vn_json_enum(const struct vn_json_in *in, const char *key, enum vn_json_need need,
                  const char *const *names, int *out);
/* 2 * len hexadecimal digits. */
void vn_json_hex(const struct vn_json_in *in, const char *key, enum vn_json_need need, uint8_t *out,
                 size_t len);

/* Appends the value as compact JSON in insertion order. VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_json_dump(const json_t *value, struct vn_buf *out);

#endif
