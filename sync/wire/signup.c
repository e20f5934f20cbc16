#include "sync/wire/signup.h"

#include <string.h>

#include "sync/wire/document.h"
#include "sync/wire/entry.h"

#define SIGNUP_BYTES_MAX 4096

enum vn_status vn_signup_encode(const struct vn_signup *signup, struct vn_buf *out)
{
    if (signup->consent_count > VN_CONSENTS_MAX) {
        return VN_ARG;
    }
    struct vn_wire_out root = vn_wire_object();
    struct vn_wire_out consents = vn_wire_array();
    for (unsigned i = 0; i < signup->consent_count; i++) {
        vn_wire_put_text(&consents, NULL, signup->consents[i]);
    }
    vn_wire_put_int(&root, "schema", VN_WIRE_SCHEMA, 1, VN_WIRE_SCHEMA);
    vn_wire_put_hex(&root, "card", vn_view_of(signup->card.bytes, sizeof signup->card.bytes));
    vn_wire_put_text(&root, "first_name", signup->first_name);
    vn_wire_put_child(&root, "consents", &consents);
    return vn_wire_finish(&root, SIGNUP_BYTES_MAX, out);
}

static void read_signup(const struct vn_json_in *in, void *to)
{
    struct vn_signup *out = to;
    size_t count = 0;
    vn_json_hex(in, "card", VN_REQUIRED, out->card.bytes, sizeof out->card.bytes);
    vn_json_str(in, "first_name", VN_OPTIONAL, out->first_name, sizeof out->first_name);
    struct vn_json_in consents = vn_json_array(in, "consents", VN_OPTIONAL, VN_CONSENTS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&consents, i);
        vn_json_str(&at, NULL, VN_REQUIRED, out->consents[i], sizeof out->consents[i]);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(out->consents[j], out->consents[i]) == 0) {
                vn_json_fail(&at, NULL, "each consent once");
            }
        }
    }
    out->consent_count = (unsigned)count;
}

enum vn_status vn_signup_decode(struct vn_view bytes, struct vn_signup *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_signup, out, sizeof *out, error);
}
