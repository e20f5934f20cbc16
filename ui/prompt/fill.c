/* Filling sentences with values that come from outside: names of members, promotions and coupons, written by
 * people in other offices. They may be too long, hold control characters or marks that turn the direction of
 * writing, or be cut in the midst of a character. What is drawn must stay one readable line of at most
 * VN_PROMPT_CHARS characters, and a number must never lose a digit: so names give way first. */
#include "ui/prompt/format.h"

#include <string.h>

#define ELLIPSIS "\u2026"

/* Length of the character at `at` (0 at the end), its code point in *point; -1 for a byte that is no UTF-8. */
static int char_at(const char *at, uint32_t *point)
{
    const unsigned char *b = (const unsigned char *)at;
    if (b[0] < 0x80) {
        *point = b[0];
        return b[0] == 0 ? 0 : 1;
    }
    int len = b[0] >= 0xc2 && b[0] < 0xe0   ? 2
              : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
              : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                            : -1;
    if (len < 0) {
        return -1;
    }
    uint32_t value = b[0] & (0x7fU >> len);
    for (int i = 1; i < len; i++) {
        if ((b[i] & 0xc0U) != 0x80) { /* the terminating NUL stops here too */
            return -1;
        }
        value = value << 6 | (b[i] & 0x3fU);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return -1;
    }
    *point = value;
    return len;
}

/* Control characters, line and paragraph separators, joiners and direction marks: nothing that shows. */
static bool shows(uint32_t point)
{
    return !(point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad ||
             (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
             (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || point == 0x61c);
}

size_t vn_format_chars(const char *text)
{
    size_t count = 0;
    uint32_t point = 0;
    for (int len = 0; (len = char_at(text, &point)) != 0; text += len < 0 ? 1 : len) {
        count++;
    }
    return count;
}

struct line {
    char *out;
    size_t used;
};

/* One character; false when the line is full. */
static bool put_char(struct line *line, const char *at, size_t len)
{
    if (line->used + len >= VN_PROMPT_TEXT_MAX) {
        return false;
    }
    memcpy(line->out + line->used, at, len);
    line->used += len;
    line->out[line->used] = '\0';
    return true;
}

static size_t clean_chars(const char *text)
{
    size_t count = 0;
    uint32_t point = 0;
    for (int len = 0; (len = char_at(text, &point)) != 0; text += len < 0 ? 1 : len) {
        count += len > 0 && shows(point) ? 1U : 0U;
    }
    return count;
}

/* At most `keep` characters of the value, the last one "…" if some are left out. */
static void put_value(struct line *line, const char *text, size_t keep)
{
    size_t have = clean_chars(text);
    size_t copy = have <= keep ? have : keep > 0 ? keep - 1 : 0;
    uint32_t point = 0;
    size_t done = 0;
    for (int len = 0; done < copy && (len = char_at(text, &point)) != 0; text += len < 0 ? 1 : len) {
        if (len > 0 && shows(point)) {
            (void)put_char(line, text, (size_t)len);
            done++;
        }
    }
    if (have > keep) {
        (void)put_char(line, ELLIPSIS, strlen(ELLIPSIS));
    }
}

/* The value that a placeholder at `at` ("{name}...") stands for; *len is the placeholder's length. */
static const struct vn_format_value *value_at(const char *at, const struct vn_format_value *values,
                                              size_t count, size_t *len)
{
    const char *end = at[0] == '{' ? strchr(at, '}') : NULL;
    if (end == NULL) {
        return NULL;
    }
    *len = (size_t)(end - at) + 1;
    for (size_t i = 0; i < count; i++) {
        if (strlen(values[i].name) == *len - 2 && strncmp(values[i].name, at + 1, *len - 2) == 0) {
            return &values[i];
        }
    }
    return NULL;
}

struct measure {
    size_t fixed; /* characters that can't give way */
    size_t names; /* values that can, and their characters */
    size_t name_chars;
};

static struct measure measure(const char *pattern, const struct vn_format_value *values, size_t count)
{
    struct measure m = {0, 0, 0};
    uint32_t point = 0;
    for (const char *at = pattern; *at != '\0';) {
        size_t skip = 0;
        const struct vn_format_value *value = value_at(at, values, count, &skip);
        if (value != NULL) {
            size_t chars = clean_chars(value->text);
            m.fixed += value->may_shorten ? 0 : chars;
            m.names += value->may_shorten ? 1 : 0;
            m.name_chars += value->may_shorten ? chars : 0;
            at += skip;
        } else {
            int len = char_at(at, &point);
            m.fixed++;
            at += len < 1 ? 1 : len;
        }
    }
    return m;
}

/* The sentence had no name to shorten, or its numbers alone are too long: its own end goes. */
static void cut(char out[VN_PROMPT_TEXT_MAX])
{
    if (vn_format_chars(out) <= VN_PROMPT_CHARS) {
        return;
    }
    uint32_t point = 0;
    char *at = out;
    for (size_t i = 0; i + 1 < VN_PROMPT_CHARS; i++) {
        int len = char_at(at, &point);
        at += len < 1 ? 1 : len;
    }
    memcpy(at, ELLIPSIS, sizeof ELLIPSIS);
}

void vn_format_fill(const char *pattern, const struct vn_format_value *values, size_t count,
                    char out[VN_PROMPT_TEXT_MAX])
{
    struct measure m = measure(pattern, values, count);
    size_t keep = SIZE_MAX; /* characters of each name */
    if (m.names > 0 && m.fixed + m.name_chars > VN_PROMPT_CHARS) {
        keep = m.fixed < VN_PROMPT_CHARS ? (VN_PROMPT_CHARS - m.fixed) / m.names : 0;
        keep = keep < 3 ? 3 : keep;
    }
    out[0] = '\0';
    struct line line = {out, 0};
    uint32_t point = 0;
    for (const char *at = pattern; *at != '\0';) {
        size_t skip = 0;
        const struct vn_format_value *value = value_at(at, values, count, &skip);
        if (value != NULL) {
            put_value(&line, value->text, value->may_shorten ? keep : SIZE_MAX);
            at += skip;
            continue;
        }
        int len = char_at(at, &point);
        size_t step = len < 1 ? 1 : (size_t)len;
        if (len > 0) {
            (void)put_char(&line, at, step);
        }
        at += step;
    }
    cut(out);
}
