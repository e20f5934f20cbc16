#include "sync/wire/document.h"

#include <string.h>

#include "sync/wire/entry.h"
#include "sync/wire/feed.h"

struct vn_wire_out vn_wire_object(void)
{
    struct vn_wire_out out = {json_object(), VN_OK};
    out.status = out.value == NULL ? VN_NOMEM : VN_OK;
    return out;
}

struct vn_wire_out vn_wire_array(void)
{
    struct vn_wire_out out = {json_array(), VN_OK};
    out.status = out.value == NULL ? VN_NOMEM : VN_OK;
    return out;
}

struct vn_wire_out vn_wire_message(void)
{
    struct vn_wire_out out = vn_wire_object();
    vn_wire_put_int(&out, "schema", VN_WIRE_SCHEMA, 1, VN_WIRE_SCHEMA);
    return out;
}

void vn_wire_put(struct vn_wire_out *out, const char *key, json_t *value)
{
    if (out->status != VN_OK) {
        json_decref(value);
        return;
    }
    int failed =
        key == NULL ? json_array_append_new(out->value, value) : json_object_set_new(out->value, key, value);
    if (failed != 0) {
        out->status = VN_NOMEM;
    }
}

void vn_wire_put_int(struct vn_wire_out *out, const char *key, int64_t value, int64_t min, int64_t max)
{
    if (value < min || value > max) {
        out->status = out->status == VN_OK ? VN_ARG : out->status;
        return;
    }
    vn_wire_put(out, key, json_integer(value));
}

void vn_wire_put_bytes(struct vn_wire_out *out, const char *key, struct vn_view text)
{
    const char *data = text.data == NULL ? "" : (const char *)text.data;
    json_t *value = json_stringn(data, text.len);
    if (value == NULL && out->status == VN_OK) {
        /* Either no memory or no UTF-8; a NUL inside would make a document that no reader takes. */
        json_t *raw = json_stringn_nocheck(data, text.len);
        out->status = raw == NULL ? VN_NOMEM : VN_ARG;
        json_decref(raw);
        return;
    }
    if (text.len > 0 && memchr(data, 0, text.len) != NULL) {
        json_decref(value);
        out->status = out->status == VN_OK ? VN_ARG : out->status;
        return;
    }
    vn_wire_put(out, key, value);
}

void vn_wire_put_text(struct vn_wire_out *out, const char *key, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            out->status = out->status == VN_OK ? VN_ARG : out->status;
            return;
        }
    }
    vn_wire_put_bytes(out, key, vn_view_str(text));
}

void vn_wire_put_hex(struct vn_wire_out *out, const char *key, struct vn_view bytes)
{
    char text[2 * VN_SIGNATURE_MAX + 1];
    if (bytes.len > VN_SIGNATURE_MAX) {
        out->status = out->status == VN_OK ? VN_ARG : out->status;
        return;
    }
    vn_hex_encode(bytes, text);
    vn_wire_put_text(out, key, text);
}

void vn_wire_put_child(struct vn_wire_out *out, const char *key, struct vn_wire_out *child)
{
    if (child->status != VN_OK) {
        out->status = out->status == VN_OK ? child->status : out->status;
        json_decref(child->value);
    } else {
        vn_wire_put(out, key, child->value);
    }
    child->value = NULL;
}

enum vn_status vn_wire_finish(struct vn_wire_out *out, size_t max, struct vn_buf *bytes)
{
    size_t before = bytes->len;
    enum vn_status status = out->status;
    if (status == VN_OK) {
        status = vn_json_dump(out->value, bytes);
    }
    if (status == VN_OK && bytes->len - before > max) {
        bytes->len = before;
        status = VN_FULL;
    }
    json_decref(out->value);
    out->value = NULL;
    return status;
}

enum vn_status vn_wire_open(struct vn_view bytes, json_t **root, struct vn_json_in *in,
                            struct vn_error *error)
{
    enum vn_status status = vn_json_parse(bytes, root, error);
    if (status != VN_OK) {
        return status;
    }
    int64_t schema = 0;
    *in = vn_json_root(*root, error);
    vn_json_int(in, "schema", VN_REQUIRED, 1, VN_NUMBER_MAX, &schema);
    if (vn_json_failed(in)) {
        status = VN_INPUT;
    } else if (schema > VN_WIRE_SCHEMA) {
        status =
            vn_fail(error, VN_UNSUPPORTED, "schema %lld is newer than %d", (long long)schema, VN_WIRE_SCHEMA);
    }
    if (status != VN_OK) {
        json_decref(*root);
        *root = NULL;
    }
    return status;
}

enum vn_status vn_wire_read(struct vn_view bytes, void (*read)(const struct vn_json_in *in, void *out),
                            void *out, size_t size, struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_json_in in;
    memset(out, 0, size);
    enum vn_status status = vn_wire_open(bytes, &root, &in, error);
    if (status != VN_OK) {
        return status;
    }
    read(&in, out);
    json_decref(root);
    return error->status;
}

struct vn_json_in vn_wire_list(const struct vn_json_in *in, const char *key, size_t max, unsigned *count)
{
    size_t found = 0;
    struct vn_json_in list = vn_json_array(in, key, VN_REQUIRED, max, &found);
    *count = (unsigned)found;
    return list;
}

void vn_wire_hash_read(const struct vn_json_in *in, const char *key, struct vn_hash *out)
{
    vn_json_hex(in, key, VN_REQUIRED, out->bytes, sizeof out->bytes);
}

void vn_wire_account_read(const struct vn_json_in *in, char out[VN_ID_MAX])
{
    vn_json_str(in, "account", VN_REQUIRED, out, VN_ID_MAX);
    if (!vn_json_failed(in) && out[0] == '\0') {
        vn_json_fail(in, "account", "an account");
    }
}

void vn_wire_number_read(const struct vn_json_in *in, const char *key, int64_t min, int64_t *out)
{
    vn_json_int(in, key, VN_REQUIRED, min, VN_NUMBER_MAX, out);
}

bool vn_wire_next_line(struct vn_view *rest, struct vn_view *line)
{
    if (rest->len == 0) {
        return false;
    }
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    size_t taken = end == NULL ? len : len + 1;
    *line = vn_view_of(rest->data, len);
    *rest = vn_view_of(rest->data + taken, rest->len - taken);
    return true;
}
