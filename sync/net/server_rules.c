#include "sync/net/server_rules.h"

#include <jansson.h>
#include <string.h>

#include "agent/base/json.h"

bool vn_http_text_is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

bool vn_http_header_is_sound(const char *name, const char *value)
{
    return name[0] != '\0' && strpbrk(name, ": \t") == NULL && vn_http_text_is_printable(name) &&
           vn_http_text_is_printable(value);
}

struct vn_refusal vn_http_check_certificate(const struct vn_http_server_options *options,
                                            const struct vn_clock *clock, struct vn_http_peer *peer,
                                            bool renews)
{
    if (peer->serial[0] == '\0') {
        return (struct vn_refusal){0, NULL};
    }
    if (options->is_revoked != NULL && options->is_revoked(options->is_revoked_ctx, peer)) {
        return (struct vn_refusal){403, "the certificate is revoked"};
    }
    int64_t now_ms = vn_clock_wall_ms(clock);
    int64_t latest_ms = options->latest_ms == NULL ? now_ms : options->latest_ms(options->latest_ctx);
    peer->expired = now_ms > peer->not_after_ms;
    if (latest_ms < peer->not_before_ms) {
        return (struct vn_refusal){401, "the certificate is not valid yet by the clock here"};
    }
    return peer->expired && !renews
               ? (struct vn_refusal){401, "the certificate has expired by the clock here"}
               : (struct vn_refusal){0, NULL};
}

void vn_http_reply_problem(struct vn_http_exchange *exchange, int status, const char *title,
                           const char *detail, const char *pointer)
{
    struct vn_buf text;
    json_t *problem = json_object();
    vn_buf_init(&text, 4096);
    /* A text that isn't UTF-8 makes json_string NULL, and the member is left out. */
    (void)json_object_set_new(problem, "title", json_string(title));
    (void)json_object_set_new(problem, "status", json_integer(status));
    if (detail != NULL) {
        (void)json_object_set_new(problem, "detail", json_string(detail));
    }
    if (pointer != NULL) {
        (void)json_object_set_new(problem, "pointer", json_string(pointer));
    }
    if (problem == NULL || vn_json_dump(problem, &text) != VN_OK) {
        vn_buf_clear(&text);
    }
    json_decref(problem);
    vn_http_reply(exchange, status, "application/problem+json", vn_buf_view(&text));
    vn_buf_deinit(&text);
}
