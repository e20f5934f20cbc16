/* One pass over an entry's bytes.
 *
 * What comes here was chained and sent by a till that holds a certificate, but nobody has looked into it yet: a line may be
 * cut, doubled, or made to hurt. So every step looks for the end first, nesting is counted, and texts are copied no
 * further than they are asked for. */
#include "sync/hub/ingest/intake_scan.h"

#include <string.h>

#define KEY_MAX 16 /* longer than any key that is asked for, with the NUL */

struct scan {
    const uint8_t *at;
    const uint8_t *end;
    unsigned depth;
};

/* Where a text is copied to as it is read. One that does not fit is read on, and is none of those looked for. */
struct text {
    char *out;
    size_t size;
    size_t len;
    bool fits;
};

static bool skip_value(struct scan *scan);

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')) {
        scan->at++;
    }
}

static bool take(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != (uint8_t)c) {
        return false;
    }
    scan->at++;
    return true;
}

static void put(struct text *text, const uint8_t *bytes, size_t len)
{
    if (text == NULL) {
        return;
    }
    if (len >= text->size - text->len) {
        text->fits = false;
        return;
    }
    memcpy(text->out + text->len, bytes, len);
    text->len += len;
    text->out[text->len] = '\0';
}

/* How many bytes the character at the front has; 0: that is not UTF-8 (Unicode 15, table 3-7). */
static size_t utf8_len(const uint8_t *at, const uint8_t *end)
{
    uint8_t first = *at;
    size_t len = first < 0x80   ? 1
                 : first < 0xc2 ? 0
                 : first < 0xe0 ? 2
                 : first < 0xf0 ? 3
                 : first < 0xf5 ? 4
                                : 0;
    if (len == 0 || len > (size_t)(end - at)) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (first == 0xe0 && at[1] < 0xa0) || (first == 0xf0 && at[1] < 0x90);
    bool beyond = (first == 0xed && at[1] > 0x9f) || (first == 0xf4 && at[1] > 0x8f);
    return overlong || beyond ? 0 : len;
}

static size_t utf8_write(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6) {
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    }
    out[0] = (uint8_t)(marks[len] | code);
    return len;
}

static bool take_hex4(struct scan *scan, uint32_t *out)
{
    *out = 0;
    if (scan->end - scan->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        uint8_t c = *scan->at++;
        bool digit = c >= '0' && c <= '9';
        uint8_t letter = c | 0x20;
        if (!digit && (letter < 'a' || letter > 'f')) {
            return false;
        }
        *out = *out << 4 | (uint32_t)(digit ? c - '0' : letter - 'a' + 10);
    }
    return true;
}

/* What follows "\u": one of 16 bits, or two that are one character. */
static bool take_unicode(struct scan *scan, struct text *text)
{
    uint32_t code = 0;
    uint32_t low = 0;
    uint8_t bytes[4];
    if (!take_hex4(scan, &code) || code == 0 || (code >= 0xdc00 && code <= 0xdfff)) {
        return false;
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!take(scan, '\\') || !take(scan, 'u') || !take_hex4(scan, &low) || low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    put(text, bytes, utf8_write(code, bytes));
    return true;
}

static bool take_escape(struct scan *scan, struct text *text)
{
    static const char names[] = "\"\\/bfnrt";
    static const uint8_t values[] = "\"\\/\b\f\n\r\t";
    if (take(scan, 'u')) {
        return take_unicode(scan, text);
    }
    const char *name = scan->at == scan->end || *scan->at == '\0' ? NULL : strchr(names, *scan->at);
    if (name == NULL) {
        return false;
    }
    scan->at++;
    put(text, &values[name - names], 1);
    return true;
}

/* From the opening quote on. `text` NULL: nobody asks what it says. */
static bool take_string(struct scan *scan, struct text *text)
{
    if (!take(scan, '"')) {
        return false;
    }
    while (scan->at < scan->end && *scan->at != '"') {
        if (take(scan, '\\')) {
            if (!take_escape(scan, text)) {
                return false;
            }
            continue;
        }
        size_t len = *scan->at < 0x20 ? 0 : utf8_len(scan->at, scan->end);
        if (len == 0) {
            return false;
        }
        put(text, scan->at, len);
        scan->at += len;
    }
    return take(scan, '"');
}

static bool take_number(struct scan *scan, int64_t *out)
{
    bool minus = take(scan, '-');
    const uint8_t *first = scan->at;
    uint64_t value = 0;
    const uint64_t max = (uint64_t)INT64_MAX + (minus ? 1 : 0);
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        uint64_t digit = *scan->at - '0';
        if (value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    size_t digits = (size_t)(scan->at - first);
    bool real = scan->at < scan->end && (*scan->at == '.' || (*scan->at | 0x20) == 'e');
    if (digits == 0 || (digits > 1 && *first == '0') || real) {
        return false;
    }
    *out = minus ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool take_word(struct scan *scan, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0) {
        return false;
    }
    scan->at += len;
    return true;
}

/* "," and on, or the end; false when neither stands here. */
static bool goes_on(struct scan *scan, char close, bool *more)
{
    skip_space(scan);
    *more = take(scan, ',');
    skip_space(scan);
    return *more || take(scan, close);
}

static bool skip_array(struct scan *scan)
{
    bool more = true;
    skip_space(scan);
    if (take(scan, ']')) {
        return true;
    }
    while (more) {
        if (!skip_value(scan) || !goes_on(scan, ']', &more)) {
            return false;
        }
    }
    return true;
}

static bool take_colon(struct scan *scan)
{
    skip_space(scan);
    bool there = take(scan, ':');
    skip_space(scan);
    return there;
}

static bool skip_object(struct scan *scan)
{
    bool more = true;
    skip_space(scan);
    if (take(scan, '}')) {
        return true;
    }
    while (more) {
        if (!take_string(scan, NULL) || !take_colon(scan) || !skip_value(scan) ||
            !goes_on(scan, '}', &more)) {
            return false;
        }
    }
    return true;
}

static bool skip_value(struct scan *scan)
{
    int64_t ignored = 0;
    if (scan->at == scan->end) {
        return false;
    }
    switch (*scan->at) {
    case '"': return take_string(scan, NULL);
    case 't': return take_word(scan, "true");
    case 'f': return take_word(scan, "false");
    case 'n': return take_word(scan, "null");
    case '{':
    case '[': break;
    default: return take_number(scan, &ignored);
    }
    bool object = *scan->at++ == '{';
    if (++scan->depth > VN_JSON_DEPTH_MAX || !(object ? skip_object(scan) : skip_array(scan))) {
        return false;
    }
    scan->depth--;
    return true;
}

static enum vn_entry_kind kind_of(const char *name)
{
    int kind = 0;
    while (kind < VN_ENTRY_KINDS && strcmp(name, vn_entry_kind_name((enum vn_entry_kind)kind)) != 0) {
        kind++;
    }
    return (enum vn_entry_kind)kind;
}

enum { SAW_VERSION = 1, SAW_KIND = 2, SAW_TIME = 4, SAW_ALL = 7 };

/* One member of the envelope; `seen` has a bit for each of those that are asked for. */
static bool take_member(struct scan *scan, struct vn_scan *out, unsigned *seen)
{
    char name[KEY_MAX] = "";
    char kind[VN_TAG_MAX] = "";
    struct text key = {name, sizeof name, 0, true};
    struct text value = {kind, sizeof kind, 0, true};
    if (!take_string(scan, &key) || !take_colon(scan)) {
        return false;
    }
    unsigned what = !key.fits                   ? 0
                    : strcmp(name, "v") == 0    ? SAW_VERSION
                    : strcmp(name, "kind") == 0 ? SAW_KIND
                    : strcmp(name, "t") == 0    ? SAW_TIME
                                                : 0;
    if ((*seen & what) != 0) {
        return false;
    }
    *seen |= what;
    switch (what) {
    case SAW_VERSION: return take_number(scan, &out->version);
    case SAW_TIME: return take_number(scan, &out->wall_ms);
    case SAW_KIND:
        if (!take_string(scan, &value) || !value.fits) {
            return false;
        }
        out->kind = kind_of(kind);
        return true;
    default: return skip_value(scan);
    }
}

static bool read_envelope(struct scan *scan, struct vn_scan *out)
{
    unsigned seen = 0;
    bool more = true;
    skip_space(scan);
    if (!take(scan, '{')) {
        return false;
    }
    skip_space(scan);
    while (more) {
        if (!take_member(scan, out, &seen) || !goes_on(scan, '}', &more)) {
            return false;
        }
    }
    skip_space(scan);
    return scan->at == scan->end && seen == SAW_ALL;
}

enum vn_status vn_intake_scan(struct vn_view body, struct vn_scan *out)
{
    struct scan scan = {body.data, body.data + body.len, 1};
    *out = (struct vn_scan){VN_ENTRY_KINDS, 0, 0};
    if (body.len == 0 || body.len > VN_ENTRY_MAX || !read_envelope(&scan, out)) {
        *out = (struct vn_scan){VN_ENTRY_KINDS, 0, 0};
        return VN_INPUT;
    }
    return VN_OK;
}
