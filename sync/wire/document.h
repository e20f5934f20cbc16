/* What the formats of this box share: building one JSON document with a failure that sticks, and opening one
 * with its schema number checked. Nobody else includes this. */
#ifndef VN_WIRE_DOCUMENT_H
#define VN_WIRE_DOCUMENT_H

#include "agent/base/json.h"
#include "sync/wire/chain.h"

/* A JSON object (or array) in the making. Every put adds to `value` unless something failed before. */
struct vn_wire_out {
    json_t *value;
    enum vn_status status;
};

struct vn_wire_out vn_wire_object(void);
struct vn_wire_out vn_wire_array(void);
struct vn_wire_out vn_wire_message(void); /* an object that begins with its schema number */
void vn_wire_put(struct vn_wire_out *out, const char *key, json_t *value); /* takes it; NULL: VN_NOMEM */
void vn_wire_put_int(struct vn_wire_out *out, const char *key, int64_t value, int64_t min, int64_t max);
/* A text as the readers take it: UTF-8 without control characters. VN_ARG otherwise. */
void vn_wire_put_text(struct vn_wire_out *out, const char *key, const char *text);
/* Any UTF-8, line breaks too. */
void vn_wire_put_bytes(struct vn_wire_out *out, const char *key, struct vn_view text);
void vn_wire_put_hex(struct vn_wire_out *out, const char *key, struct vn_view bytes);
/* Moves a finished child in: under `key`, or at the end of an array when key is NULL. */
void vn_wire_put_child(struct vn_wire_out *out, const char *key, struct vn_wire_out *child);
/* Appends the document's bytes and lets go of it. At most `max` bytes, else VN_FULL and nothing is added. */
enum vn_status vn_wire_finish(struct vn_wire_out *out, size_t max, struct vn_buf *bytes);

/* Parses an object with "schema":1. VN_UNSUPPORTED for a newer one, VN_INPUT, VN_NOMEM. *root is owned by the
 * caller; NULL unless VN_OK. */
enum vn_status vn_wire_open(struct vn_view bytes, json_t **root, struct vn_json_in *in,
                            struct vn_error *error);
/* A whole message: *out, of `size` bytes, is zeroed, then filled by `read`, which says by `in` what can't be. Statuses as
 * vn_wire_open. */
enum vn_status vn_wire_read(struct vn_view bytes, void (*read)(const struct vn_json_in *in, void *out),
                            void *out, size_t size, struct vn_error *error);
/* An array's length and its reader, or a failure when it is absent. */
struct vn_json_in vn_wire_list(const struct vn_json_in *in, const char *key, size_t max, unsigned *count);
void vn_wire_hash_read(const struct vn_json_in *in, const char *key, struct vn_hash *out);
/* An account: a text that is not empty. */
void vn_wire_account_read(const struct vn_json_in *in, char out[VN_ID_MAX]);
void vn_wire_number_read(const struct vn_json_in *in, const char *key, int64_t min, int64_t *out);

#endif
