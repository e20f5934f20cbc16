/* What the verbs that show something have in common: the hub's document as it is with --json, words and tables without. What
 * tills and files brought is shown to a terminal then, which would do what its control characters say. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"
#include "sync/hub/cli/cli.h"

#define CELL_MAX    512
#define COLUMNS_MAX 12

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

/* A key of an object likewise: its value moves. */
static void make_key_plain(json_t *object, const char *key, json_t *moved)
{
    json_t *name = json_string(key);
    json_t *better = plain(name);
    if (better != NULL) {
        (void)json_object_set(moved, json_string_value(better), json_object_get(object, key));
        (void)json_object_del(object, key);
    }
    json_decref(better);
    json_decref(name);
}

void vn_cli_plain(json_t *value)
{
    const char *key = NULL;
    void *next = NULL;
    json_t *item = NULL;
    json_t *moved = json_object();
    json_object_foreach_safe(value, next, key, item)
    {
        json_t *text = plain(item);
        vn_cli_plain(item);
        if (text != NULL) {
            (void)json_object_set_new(value, key, text);
        }
        make_key_plain(value, key, moved);
    }
    (void)json_object_update(value, moved);
    json_decref(moved);
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *text = plain(json_array_get(value, i));
        vn_cli_plain(json_array_get(value, i));
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

int vn_cli_judge(const struct vn_cli *cli, const char *path, bool (*good)(const json_t *document),
                 void (*print)(const json_t *document))
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    if (vn_cli_call(cli, "GET", path, VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    int code = good == NULL || good(out) ? 0 : 1;
    if (cli->json) {
        int printed = vn_cli_print_json(out);
        return code == 0 ? printed : code;
    }
    vn_cli_plain(out);
    print(out);
    json_decref(out);
    return code;
}

int vn_cli_show(const struct vn_cli *cli, const char *path, void (*print)(const json_t *document))
{
    return vn_cli_judge(cli, path, NULL, print);
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

/* --- tables ----------------------------------------------------------------------------------------------- */

/* The texts of a list, one behind the other. */
static const char *join(const json_t *list, const char *between, char out[CELL_MAX])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(list) && len < CELL_MAX; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        len += (size_t)snprintf(out + len, CELL_MAX - len, "%s%s", i == 0 ? "" : between,
                                text == NULL ? "" : text);
    }
    return out;
}

static const char *cell_of(const json_t *row, const struct vn_cli_column *column, char out[CELL_MAX])
{
    switch (column->kind) {
    case VN_CLI_TEXT: return vn_cli_text(row, column->key);
    case VN_CLI_WORD: return column->key;
    case VN_CLI_NUMBER: (void)snprintf(out, CELL_MAX, "%lld", vn_cli_number(row, column->key)); return out;
    case VN_CLI_SOME:
        (void)snprintf(out, CELL_MAX, "%lld %s", vn_cli_number(row, column->key), column->title);
        return vn_cli_number(row, column->key) > 0 ? out : "";
    case VN_CLI_TIME: return vn_cli_time(row, column->key, out);
    case VN_CLI_KEY: return join(json_object_get(row, column->key), "/", out);
    case VN_CLI_LIST: break;
    }
    const json_t *list = json_object_get(row, column->key);
    return json_array_size(list) == 0 ? "-" : join(list, ",", out);
}

/* Characters, of which UTF-8 has more bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80 ? 1 : 0;
    }
    return width;
}

static void measure(const json_t *rows, const struct vn_cli_column *columns, size_t widths[COLUMNS_MAX])
{
    char text[CELL_MAX];
    for (size_t at = 0; columns[at].key != NULL; at++) {
        bool titled = columns[at].title != NULL && columns[at].kind != VN_CLI_SOME;
        widths[at] = titled ? width_of(columns[at].title) : 0;
        widths[at] = widths[at] < columns[at].width ? columns[at].width : widths[at];
        for (size_t i = 0; i < json_array_size(rows); i++) {
            size_t width = width_of(cell_of(json_array_get(rows, i), &columns[at], text));
            widths[at] = width > widths[at] ? width : widths[at];
        }
    }
}

/* One line; `row` NULL: the titles. Blanks at its end are left out. */
static void print_line(const json_t *row, const struct vn_cli_column *columns,
                       const size_t widths[COLUMNS_MAX], size_t blanks)
{
    char text[CELL_MAX];
    for (size_t at = 0; columns[at].key != NULL; at++) {
        const char *cell = row == NULL ? columns[at].title : cell_of(row, &columns[at], text);
        size_t fill = widths[at] - width_of(cell);
        bool right = columns[at].kind == VN_CLI_NUMBER;
        blanks += right ? fill : 0;
        if (cell[0] != '\0') {
            (void)printf("%*s%s", (int)blanks, "", cell);
            blanks = 0;
        }
        blanks += (right ? 0 : fill) + 2;
    }
    (void)putchar('\n');
}

void vn_cli_table(const json_t *rows, const struct vn_cli_column *columns, enum vn_cli_head head)
{
    size_t widths[COLUMNS_MAX];
    size_t count = 0;
    while (columns[count].key != NULL) {
        count++;
    }
    assert(count <= COLUMNS_MAX);
    measure(rows, columns, widths);
    if (head == VN_CLI_TITLES) {
        print_line(NULL, columns, widths, 0);
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        print_line(json_array_get(rows, i), columns, widths, head == VN_CLI_INDENTED ? 2 : 0);
    }
}
