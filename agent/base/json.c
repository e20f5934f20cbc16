#include "agent/base/json.h"

#include <stdio.h>
#include <string.h>

#define TOLD_BELOW INT64_C(1000000000000) /* 13 digits */

/* Says what is wrong and where, without a word of the text itself: it may hold a card's number. */
static enum vn_status fail_parse(struct vn_view text, const json_error_t *where, struct vn_error *error)
{
    const char *what = "not valid JSON";
    switch (json_error_code(where)) {
    case json_error_out_of_memory: return vn_fail(error, VN_NOMEM, "out of memory");
    case json_error_numeric_overflow: what = "a number is too large"; break;
    case json_error_duplicate_key: what = "a key stands twice in its object"; break;
    case json_error_null_character:
    case json_error_null_byte_in_key: what = "a text contains \\u0000"; break;
    case json_error_invalid_utf8: what = "a text is not UTF-8"; break;
    case json_error_premature_end_of_input: what = "the JSON ends too early"; break;
    case json_error_end_of_input_expected: what = "something follows the end of the JSON"; break;
    default: break;
    }
    if (memchr(text.data, '\n', text.len) ==
        NULL) { /* it may be a line of a file, whose number others know */
        return vn_fail(error, VN_INPUT, "%s at column %d", what, where->column);
    }
    return vn_fail(error, VN_INPUT, "%s at line %d column %d", what, where->line, where->column);
}

static json_t *load(struct vn_view text, json_error_t *where)
{
    return json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, where);
}

static bool is_memory_out(void)
{
    json_t *probe = json_array();
    json_decref(probe);
    return probe == NULL;
}

enum vn_status vn_json_parse(struct vn_view text, json_t **out, struct vn_error *error)
{
    *out = NULL;
    /* jansson recurses once per level without a limit of ours: count brackets outside strings first. */
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            i += c == '\\' ? 1U : 0U;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > VN_JSON_DEPTH_MAX) {
                return vn_fail(error, VN_INPUT, "nested deeper than %d levels", VN_JSON_DEPTH_MAX);
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    json_error_t where;
    *out = load(text, &where);
    if (*out == NULL) { /* or there was no memory for a token, which jansson calls a mistake in the text */
        *out = load(text, &where);
    }
    if (*out == NULL && is_memory_out()) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (*out == NULL) {
        return text.len == 0 ? vn_fail(error, VN_INPUT, "expected JSON, found nothing")
                             : fail_parse(text, &where, error);
    }
    if (error != NULL) {
        error->status = VN_OK;
    }
    return VN_OK;
}

struct vn_json_in vn_json_root(const json_t *root, struct vn_error *error)
{
    struct vn_json_in in = {root, error, ""};
    error->status = VN_OK;
    error->text[0] = '\0';
    error->pointer[0] = '\0';
    return in;
}

bool vn_json_failed(const struct vn_json_in *in)
{
    return in->error->status != VN_OK;
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {"an object",     "an array", "a string", "an integer",
                                        "a real number", "true",     "false",    "null"};
    return value == NULL ? "nothing" : names[json_typeof(value)];
}

/* The pointer of `key` within `base` (RFC 6901, 3: "~" and "/" of a key are written "~0" and "~1"). Cut where it
 * is longer than its room, at the end of a character. */
static void put_pointer(char out[VN_JSON_POINTER_MAX], const char *base, const char *key)
{
    size_t n = strlen(base);
    memcpy(out, base, n);
    if (n + 1 < VN_JSON_POINTER_MAX) {
        out[n++] = '/';
    }
    for (; *key != '\0' && n + 2 < VN_JSON_POINTER_MAX; key++) {
        bool escaped = *key == '~' || *key == '/';
        if (escaped) {
            out[n++] = '~';
        }
        out[n++] = *key == '~' ? '0' : *key == '/' ? '1' : *key;
    }
    if (((unsigned char)*key & 0xc0) == 0x80) {
        do {
            n--; /* back to where the character begins */
        } while (n > 0 && ((unsigned char)out[n] & 0xc0) == 0x80);
    }
    out[n] = '\0';
}

void vn_json_refuse(const struct vn_json_in *in, const char *key, const char *sentence)
{
    if (vn_json_failed(in)) {
        return;
    }
    (void)vn_fail(in->error, VN_INPUT, "%s", sentence);
    if (key == NULL) {
        memcpy(in->error->pointer, in->pointer, strlen(in->pointer) + 1);
    } else {
        put_pointer(in->error->pointer, in->pointer, key);
    }
}

static void fail_with(const struct vn_json_in *in, const char *key, const char *expected, const char *found)
{
    char sentence[VN_ERROR_TEXT_MAX];
    (void)snprintf(sentence, sizeof sentence, "expected %s, found %s", expected, found);
    vn_json_refuse(in, key, sentence);
}

void vn_json_fail(const struct vn_json_in *in, const char *key, const char *expected)
{
    const json_t *found = key == NULL ? in->value : json_object_get(in->value, key);
    fail_with(in, key, expected, type_name(found));
}

/* The value at `key`; explicit null counts as absent. */
static const json_t *look(const struct vn_json_in *in, const char *key)
{
    const json_t *value = key == NULL ? in->value : json_object_get(in->value, key);
    return json_is_null(value) ? NULL : value;
}

/* Nothing is to be read: a failure is recorded, or the value is absent and need not be there. */
static bool is_done(const struct vn_json_in *in, enum vn_json_need need, const json_t *value)
{
    return vn_json_failed(in) || (value == NULL && need == VN_OPTIONAL);
}

static struct vn_json_in child(const struct vn_json_in *in, const char *key, const json_t *value)
{
    struct vn_json_in out;
    out.value = value;
    out.error = in->error;
    put_pointer(out.pointer, in->pointer, key);
    return out;
}

bool vn_json_has(const struct vn_json_in *in, const char *key)
{
    const json_t *value = json_object_get(in->value, key);
    return value != NULL && !json_is_null(value);
}

struct vn_json_in vn_json_any(const struct vn_json_in *in, const char *key)
{
    return child(in, key, json_object_get(in->value, key));
}

struct vn_json_in vn_json_object(const struct vn_json_in *in, const char *key, enum vn_json_need need)
{
    const json_t *value = look(in, key);
    if (is_done(in, need, value)) {
        value = NULL;
    } else if (!json_is_object(value)) {
        vn_json_fail(in, key, "an object");
        value = NULL;
    }
    return child(in, key, value);
}

struct vn_json_in vn_json_array(const struct vn_json_in *in, const char *key, enum vn_json_need need,
                                size_t max, size_t *count)
{
    const json_t *value = look(in, key);
    *count = 0;
    if (is_done(in, need, value)) {
        value = NULL;
    } else if (!json_is_array(value)) {
        vn_json_fail(in, key, "an array");
        value = NULL;
    } else if (json_array_size(value) > max) {
        char expected[48];
        (void)snprintf(expected, sizeof expected, "at most %zu elements", max);
        vn_json_fail(in, key, expected);
        value = NULL;
    } else {
        *count = json_array_size(value);
    }
    return child(in, key, value);
}

struct vn_json_in vn_json_at(const struct vn_json_in *array, size_t index)
{
    char digits[24];
    char *key = digits + sizeof digits - 1;
    *key = '\0';
    size_t rest = index;
    do {
        *--key = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return child(array, key, json_array_get(array->value, index));
}

/* The number itself is told, unless it is long enough to be a payment card's. */
static void fail_number(const struct vn_json_in *in, const char *key, const char *expected, int64_t found,
                        int64_t max)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)found);
    if (found >= TOLD_BELOW || found <= -TOLD_BELOW) {
        (void)snprintf(number, sizeof number, "%s", found > max ? "a larger one" : "a smaller one");
    }
    fail_with(in, key, expected, number);
}

void vn_json_int(const struct vn_json_in *in, const char *key, enum vn_json_need need, int64_t min,
                 int64_t max, int64_t *out)
{
    const json_t *value = look(in, key);
    if (is_done(in, need, value)) {
        return;
    }
    bool whole = json_is_integer(value);
    if (whole && json_integer_value(value) >= min && json_integer_value(value) <= max) {
        *out = json_integer_value(value);
        return;
    }
    char expected[80];
    (void)snprintf(expected, sizeof expected, "an integer from %lld to %lld", (long long)min, (long long)max);
    if (whole) {
        fail_number(in, key, expected, json_integer_value(value), max);
    } else {
        vn_json_fail(in, key, expected);
    }
}

void vn_json_bool(const struct vn_json_in *in, const char *key, enum vn_json_need need, bool *out)
{
    const json_t *value = look(in, key);
    if (is_done(in, need, value)) {
        return;
    }
    if (!json_is_boolean(value)) {
        vn_json_fail(in, key, "true or false");
        return;
    }
    *out = json_is_true(value);
}

static void copy_text(const struct vn_json_in *in, const char *key, enum vn_json_need need, bool controls,
                      char *out, size_t out_size)
{
    const json_t *value = look(in, key);
    if (is_done(in, need, value)) {
        return;
    }
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (text == NULL || len >= out_size) {
        char expected[64];
        (void)snprintf(expected, sizeof expected, "a text of at most %zu bytes", out_size - 1);
        vn_json_fail(in, key, expected);
        return;
    }
    for (size_t i = 0; i < len && !controls; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            vn_json_fail(in, key, "a text without control characters");
            return;
        }
    }
    memcpy(out, text, len + 1);
}

void vn_json_str(const struct vn_json_in *in, const char *key, enum vn_json_need need, char *out,
                 size_t out_size)
{
    copy_text(in, key, need, false, out, out_size);
}

void vn_json_raw(const struct vn_json_in *in, const char *key, enum vn_json_need need, char *out,
                 size_t out_size)
{
    copy_text(in, key, need, true, out, out_size);
}

void vn_json_enum(const struct vn_json_in *in, const char *key, enum vn_json_need need,
                  const char *const *names, int *out)
{
    const json_t *value = look(in, key);
    if (is_done(in, need, value)) {
        return;
    }
    for (int i = 0; json_is_string(value) && names[i] != NULL; i++) {
        if (strcmp(names[i], json_string_value(value)) == 0) {
            *out = i;
            return;
        }
    }
    char expected[160] = "one of:";
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t used = strlen(expected);
        (void)snprintf(expected + used, sizeof expected - used, " %s", names[i]);
    }
    vn_json_fail(in, key, expected);
}

void vn_json_hex(const struct vn_json_in *in, const char *key, enum vn_json_need need, uint8_t *out,
                 size_t len)
{
    const json_t *value = look(in, key);
    if (is_done(in, need, value)) {
        return;
    }
    if (!json_is_string(value) ||
        vn_hex_decode(vn_view_of(json_string_value(value), json_string_length(value)), out, len) != VN_OK) {
        char expected[48];
        (void)snprintf(expected, sizeof expected, "%zu hexadecimal digits", 2 * len);
        vn_json_fail(in, key, expected);
    }
}

/* jansson 2.14 goes on when a piece of a key fails, and says that all went well. */
struct dump {
    struct vn_buf *out;
    enum vn_status status; /* of the first piece that failed */
};

static int dump_piece(const char *piece, size_t size, void *ctx)
{
    struct dump *dump = ctx;
    if (dump->status == VN_OK) {
        dump->status = vn_buf_append(dump->out, vn_view_of(piece, size));
    }
    return dump->status == VN_OK ? 0 : -1;
}

enum vn_status vn_json_dump(const json_t *value, struct vn_buf *out)
{
    size_t before = out->len;
    struct dump dump = {.out = out, .status = VN_OK};
    if (json_dump_callback(value, dump_piece, &dump, JSON_COMPACT) != 0 && dump.status == VN_OK) {
        dump.status = VN_NOMEM;
    }
    if (dump.status != VN_OK) {
        out->len = before;
    }
    return dump.status;
}
