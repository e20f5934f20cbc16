#include "agent/base/log.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/limits.h"

#define CARD_DIGITS_MIN   12 /* the shortest number that ISO/IEC 7812 gives to a card */
#define CARD_DIGITS_SHOWN 4

struct burst {
    char event[VN_LOG_EVENT_MAX];
    int64_t second;
    unsigned written;
    unsigned dropped;
};

struct vn_log {
    int fd;
    enum vn_log_level level;
    struct vn_clock clock;
    pthread_mutex_t lock;
    struct burst bursts[VN_LOG_EVENTS];
};

struct vn_log *vn_log_create(int fd, enum vn_log_level level, struct vn_clock clock)
{
    struct vn_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return NULL;
    }
    log->fd = fd;
    log->level = level;
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

/* Values with blanks, quotes or control characters are quoted, so that a line stays one line and splits at
 * blanks. A number is hidden before the value is cut to its limit: the cut could leave a harmless-looking rest. */
static size_t put_text(char *out, size_t size, const char *text)
{
    char value[VN_LOG_VALUE_MAX];
    bool quote = text[0] == '\0';
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0';) {
        size_t digits = 0;
        size_t len = number_len(text + i, &digits);
        if (len == 0) {
            unsigned char c = (unsigned char)text[i];
            value[n] = (char)(c < 0x20 || c == 0x7f || c == '"' ? '_' : c);
            quote = quote || c == ' ' || c == '=';
            len = 1;
        } else if (len < sizeof value - n) {
            put_number(value + n, text + i, len, digits);
            quote = quote || memchr(text + i, ' ', len) != NULL;
        }
        if (len + 1 > sizeof value - n) {
            break; /* what is cut off begins with this */
        }
        n += len;
        i += len;
    }
    value[n] = '\0';
    int put = snprintf(out, size, quote ? "\"%s\"" : "%s", value);
    return put < 0 ? 0 : (size_t)put >= size ? size - 1 : (size_t)put;
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

void vn_log_write(struct vn_log *log, enum vn_log_level level, const char *event,
                  const struct vn_log_field *fields, size_t count)
{
    static const char *const levels[] = {"error", "warn", "notice", "info", "debug"};
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
    char time[VN_TIME_TEXT_MAX];
    vn_time_text(now_ms, time);
    int head = snprintf(line, sizeof line, "%s %s %.*s", time, levels[level], VN_LOG_EVENT_MAX, event);
    size_t len = head < 0 ? 0 : (size_t)head;
    for (size_t i = 0; i < count && len + VN_LOG_VALUE_MAX + 64 < sizeof line; i++) {
        int put = snprintf(line + len, sizeof line - len, " %.*s=", VN_LOG_EVENT_MAX, fields[i].key);
        len += put < 0 ? 0 : (size_t)put;
        if (fields[i].text != NULL) {
            len += put_text(line + len, sizeof line - len, fields[i].text);
        } else {
            put = snprintf(line + len, sizeof line - len, "%lld", (long long)fields[i].number);
            len += put < 0 ? 0 : (size_t)put;
        }
    }
    if (dropped > 0 && len + 32 < sizeof line) {
        int put = snprintf(line + len, sizeof line - len, " left_out=%u", dropped);
        len += put < 0 ? 0 : (size_t)put;
    }
    line[len++] = '\n';
    write_line(log->fd, line, len);
}
