/* What the verbs that show something have in common: the hub's document as it is with --json, words and tables without. What tills and
 * files brought is shown to a terminal then, which would do what its control characters say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"
#include "sync/hub/cli.h"

/* The length of the control character that begins here; 0: none does. U+0080 to U+009F are two bytes of UTF-8. */
static size_t control_at(const unsigned char *text)
{
    if (text[0] < 0x20 || text[0] == 0x7f) {
        return 1;
    }
    return text[0] == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0 ? 2 : 0;
}

static json_t *escaped(const char *text, size_t len)
{
    struct vn_buf out;
    vn_buf_init(&out, 4 * len);
    enum vn_status status = VN_OK;
    for (size_t at = 0; at < len && status == VN_OK;) {
        const unsigned char *here = (const unsigned char *)text + at;
        size_t control = control_at(here);
        char code[8];
        (void)snprintf(code, sizeof code, "\\x%02x", here[control == 2 ? 1 : 0]);
        status = vn_buf_append(&out, control > 0 ? vn_view_str(code) : vn_view_of(here, 1));
        at += control > 0 ? control : 1;
    }
    json_t *value = status == VN_OK ? json_stringn((const char *)out.data, out.len) : NULL;
    vn_buf_deinit(&out);
    return value;
}

/* A text with control characters as one that names them; NULL: it has none. */
static json_t *plain(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    for (size_t at = 0; text != NULL && at < len; at++) {
        if (control_at((const unsigned char *)text + at) > 0) {
            json_t *out = escaped(text, len);
            return out == NULL ? json_string("?") : out;
        }
    }
    return NULL;
}

/* Depth is what the parser of the document allows. */
static void make_plain(json_t *value)
{
    const char *key = NULL;
    void *next = NULL;
    json_t *item = NULL;
    size_t i = 0;
    json_object_foreach_safe(value, next, key, item)
    {
        json_t *text = plain(item);
        make_plain(item);
        if (text != NULL) {
            (void)json_object_set_new(value, key, text);
        }
    }
    json_array_foreach(value, i, item)
    {
        json_t *text = plain(item);
        make_plain(item);
        if (text != NULL) {
            (void)json_array_set_new(value, i, text);
        }
    }
}

const char *vn_cli_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

long long vn_cli_number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

const char *vn_cli_time(const json_t *object, const char *key, char out[VN_TIME_TEXT_MAX])
{
    long long ms = vn_cli_number(object, key);
    vn_time_text(ms == 0 ? -1 : ms, out);
    return out;
}

void vn_cli_query(char path[VN_HTTP_TARGET_MAX], const char *key, const char *value)
{
    size_t len = strlen(path);
    if (value != NULL) {
        len += (size_t)snprintf(path + len, VN_HTTP_TARGET_MAX - len,
                                "%c%s=", strchr(path, '?') == NULL ? '?' : '&', key);
        (void)vn_cli_escape(path + len, VN_HTTP_TARGET_MAX - len, value);
    }
}

int vn_cli_show(const struct vn_cli *cli, const char *path, void (*print)(const json_t *document))
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    make_plain(out);
    print(out);
    json_decref(out);
    return 0;
}

void vn_cli_rows(const json_t *document, const char *key, const char *none, void (*row)(const json_t *row))
{
    const json_t *list = json_object_get(document, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        row(json_array_get(list, i));
    }
    if (json_array_size(list) == 0) {
        (void)printf("%s\n", none);
    }
}
