#include "agent/base/log.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/bytes.h"
#include "agent/base/limits.h"

#define CARD_DIGITS_MIN   12 /* the shortest number that ISO/IEC 7812 gives to a card */
#define CARD_DIGITS_SHOWN 4
#define JSON_TEXT_MAX     (2 * VN_LOG_VALUE_MAX + 2) /* bytes of a value with its quotes */

static const char *const levels[] = {"error", "warn", "notice", "info", "debug"};

struct burst {
    char event[VN_LOG_EVENT_MAX];
    int64_t second;
    unsigned written;
    unsigned dropped;
};

struct vn_log {
    int fd;
    enum vn_log_level level;
    enum vn_log_format format;
    struct vn_clock clock;
    pthread_mutex_t lock;
    struct burst bursts[VN_LOG_EVENTS];
};

bool vn_log_format_of(const char *name, enum vn_log_format *out)
{
    *out = strcmp(name, "json") == 0 ? VN_LOG_JSON : VN_LOG_TEXT;
    return *out == VN_LOG_JSON || strcmp(name, "text") == 0;
}

struct vn_log *vn_log_create(int fd, enum vn_log_level level, enum vn_log_format format,
                             struct vn_clock clock)
{
    struct vn_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return NULL;
    }
    log->fd = fd;
    log->level = level;
    log->format = format;
    log->clock = clock;
    if (pthread_mutex_init(&log->lock, NULL) != 0) {
        free(log);
        return NULL;
    }
    return log;
}

void vn_log_destroy(struct vn_log *log)
{
    if (log != NULL) {
        (void)pthread_mutex_destroy(&log->lock);
        free(log);
    }
}

/* How many characters from here on are one number: digits, in groups split by single blanks or hyphens as on
 * the front of a card. *digits counts the digits alone. */
static size_t number_len(const char *text, size_t *digits)
{
    size_t len = 0;
    *digits = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (isdigit((unsigned char)text[i])) {
            len = i + 1;
            ++*digits;
        } else if (i == 0 || (text[i] != ' ' && text[i] != '-') || !isdigit((unsigned char)text[i - 1])) {
            break;
        }
    }
    return len;
}

/* Writes text[0..len) to `out` and hides all digits but the last four, when there are as many as in a card. */
static void put_number(char *out, const char *text, size_t len, size_t digits)
{
    bool hide = digits >= CARD_DIGITS_MIN;
    for (size_t i = 0; i < len; i++) {
        bool digit = isdigit((unsigned char)text[i]) != 0;
        out[i] = hide && digit && digits > CARD_DIGITS_SHOWN ? '*' : text[i];
        digits -= digit ? 1 : 0;
    }
}

/* A value without control characters and card numbers, and not longer than it may be. A number is hidden before the value is cut
 * to its limit: the cut could leave a harmless-looking rest. */
static void take_value(char value[VN_LOG_VALUE_MAX], const char *text)
{
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0';) {
        size_t digits = 0;
        size_t len = number_len(text + i, &digits);
        if (len == 0) {
            unsigned char c = (unsigned char)text[i];
            value[n] = (char)(c < 0x20 || c == 0x7f ? '_' : c);
            len = 1;
        } else if (len < VN_LOG_VALUE_MAX - n) {
            put_number(value + n, text + i, len, digits);
        }
        if (len + 1 > VN_LOG_VALUE_MAX - n) {
            break; /* what is cut off begins with this */
        }
        n += len;
        i += len;
    }
    value[n] = '\0';
}

/* Values with blanks are quoted, and have no quotes of their own, so that a line splits at blanks. */
static size_t put_text(char *out, size_t size, char value[VN_LOG_VALUE_MAX])
{
    bool quote = value[0] == '\0' || strpbrk(value, " =") != NULL;
    for (char *at = value; *at != '\0'; at++) {
        *at = *at == '"' ? '_' : *at;
    }
    int put = snprintf(out, size, quote ? "\"%s\"" : "%s", value);
    return put < 0 ? 0 : (size_t)put >= size ? size - 1 : (size_t)put;
}

/* The bytes of the letter that begins here; 0: it is no UTF-8, or was cut. */
static size_t letter_len(const char *text)
{
    for (size_t len = 1; len <= 4 && text[len - 1] != '\0'; len++) {
        if (vn_view_is_plain_text(vn_view_of(text, len))) {
            return len;
        }
    }
    return 0;
}

/* Up to JSON_TEXT_MAX bytes: control characters are gone already, so a letter becomes two bytes at most. */
static size_t put_json_text(char *out, const char *value)
{
    size_t n = 0;
    out[n++] = '"';
    while (*value != '\0') {
        size_t len = letter_len(value);
        if (*value == '"' || *value == '\\') {
            out[n++] = '\\';
        }
        if (len == 0) {
            out[n++] = '?';
            value++;
        }
        for (; len > 0; len--) {
            out[n++] = *value++;
        }
    }
    out[n++] = '"';
    return n;
}

/* Says whether the event may be written now, and how many before it were not. */
static bool admit(struct vn_log *log, const char *event, int64_t second, unsigned *dropped)
{
    struct burst *slot = &log->bursts[0];
    *dropped = 0;
    for (size_t i = 0; i < VN_LOG_EVENTS; i++) {
        struct burst *b = &log->bursts[i];
        if (b->event[0] == '\0' || strncmp(b->event, event, sizeof b->event - 1) == 0) {
            slot = b;
            break;
        }
        slot = b->second < slot->second ? b : slot;
    }
    if (strncmp(slot->event, event, sizeof slot->event - 1) != 0) {
        memset(slot, 0, sizeof *slot);
        (void)snprintf(slot->event, sizeof slot->event, "%s", event);
    }
    if (slot->second != second) {
        slot->second = second;
        slot->written = 0;
        *dropped = slot->dropped;
        slot->dropped = 0;
    }
    if (slot->written >= VN_LOG_BURST) {
        slot->dropped++;
        return false;
    }
    slot->written++;
    return true;
}

/* A log that can't be written must not stop a till, and there is nobody else to tell: what fails is left out. */
static void write_line(int fd, const char *line, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, line, len);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return;
        }
        line += wrote;
        len -= (size_t)wrote;
    }
}

/* All that is put is bounded and counted: `put` is what snprintf said. */
static size_t added(int put)
{
    return put < 0 ? 0 : (size_t)put;
}

static size_t make_text(char line[VN_LOG_LINE_MAX], int64_t now_ms, enum vn_log_level level,
                        const char *event, const struct vn_log_field *fields, size_t count, unsigned dropped)
{
    char time[VN_TIME_TEXT_MAX];
    char value[VN_LOG_VALUE_MAX];
    vn_time_text(now_ms, time);
    size_t len =
        added(snprintf(line, VN_LOG_LINE_MAX, "%s %s %.*s", time, levels[level], VN_LOG_EVENT_MAX, event));
    for (size_t i = 0; i < count && len + VN_LOG_VALUE_MAX + 64 < VN_LOG_LINE_MAX; i++) {
        len += added(snprintf(line + len, VN_LOG_LINE_MAX - len, " %.*s=", VN_LOG_EVENT_MAX, fields[i].key));
        if (fields[i].text != NULL) {
            take_value(value, fields[i].text);
            len += put_text(line + len, VN_LOG_LINE_MAX - len, value);
        } else {
            len += added(snprintf(line + len, VN_LOG_LINE_MAX - len, "%lld", (long long)fields[i].number));
        }
    }
    if (dropped > 0 && len + 32 < VN_LOG_LINE_MAX) {
        len += added(snprintf(line + len, VN_LOG_LINE_MAX - len, " left_out=%u", dropped));
    }
    return len;
}

static size_t make_json(char line[VN_LOG_LINE_MAX], int64_t now_ms, enum vn_log_level level,
                        const char *event, const struct vn_log_field *fields, size_t count, unsigned dropped)
{
    char time[VN_TIME_TEXT_MAX];
    char value[VN_LOG_VALUE_MAX];
    vn_time_text(now_ms, time);
    size_t len = added(snprintf(line, VN_LOG_LINE_MAX, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%.*s\"",
                                time, levels[level], VN_LOG_EVENT_MAX, event));
    for (size_t i = 0; i < count && len + JSON_TEXT_MAX + 96 < VN_LOG_LINE_MAX; i++) {
        len +=
            added(snprintf(line + len, VN_LOG_LINE_MAX - len, ",\"%.*s\":", VN_LOG_EVENT_MAX, fields[i].key));
        if (fields[i].text != NULL) {
            take_value(value, fields[i].text);
            len += put_json_text(line + len, value);
        } else {
            len += added(snprintf(line + len, VN_LOG_LINE_MAX - len, "%lld", (long long)fields[i].number));
        }
    }
    if (dropped > 0) {
        len += added(snprintf(line + len, VN_LOG_LINE_MAX - len, ",\"left_out\":%u", dropped));
    }
    line[len++] = '}';
    return len;
}

void vn_log_write(struct vn_log *log, enum vn_log_level level, const char *event,
                  const struct vn_log_field *fields, size_t count)
{
    if (log == NULL || level > log->level) {
        return;
    }
    int64_t now_ms = vn_clock_wall_ms(&log->clock);
    unsigned dropped = 0;
    (void)pthread_mutex_lock(&log->lock);
    bool write_it = admit(log, event, now_ms / 1000, &dropped);
    (void)pthread_mutex_unlock(&log->lock);
    if (!write_it) {
        return;
    }
    char line[VN_LOG_LINE_MAX];
    size_t len = log->format == VN_LOG_JSON ? make_json(line, now_ms, level, event, fields, count, dropped)
                                            : make_text(line, now_ms, level, event, fields, count, dropped);
    line[len++] = '\n';
    write_line(log->fd, line, len);
}
