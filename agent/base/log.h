/* Log lines: a time, a level, an event name and key=value pairs, one line each, for people and journald; or the same as a JSON
 * object a line, for what collects logs.
 *
 *     2026-11-22T08:15:30.123Z info journal_uploaded acked=412 entries=20
 *     {"time":"2026-11-22T08:15:30.123Z","level":"info","event":"journal_uploaded","acked":412,"entries":20}
 *
 * Fields are typed. There is no field type for a card number, and in text fields every number of 12 digits or
 * more, in groups too, is masked up to its last four ("************5675", "**** **** **** 5675"), so that a card
 * that slipped into some text can't reach the disk. Texts are cut at VN_LOG_VALUE_MAX, never within a number.
 * The same event is written at most VN_LOG_BURST times a second; the next line then says how many were left
 * out. */
#ifndef VN_BASE_LOG_H
#define VN_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/clock.h"

enum vn_log_level { VN_LOG_ERROR, VN_LOG_WARN, VN_LOG_NOTICE, VN_LOG_INFO, VN_LOG_DEBUG };

enum vn_log_format { VN_LOG_TEXT, VN_LOG_JSON };
/* "text" and "json". False: neither. */
bool vn_log_format_of(const char *name, enum vn_log_format *out);

struct vn_log_field {
    const char *key;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

#define VN_S(k, v) ((struct vn_log_field){(k), (v), 0})
#define VN_I(k, v) ((struct vn_log_field){(k), NULL, (int64_t)(v)})

struct vn_log; /* opaque; safe to use from several threads */

/* Writes to `fd` (borrowed) everything up to `level`. NULL when memory is out. */
struct vn_log *vn_log_create(int fd, enum vn_log_level level, enum vn_log_format format,
                             struct vn_clock clock);
void vn_log_destroy(struct vn_log *log);

/* `log` may be NULL: nothing is written. Never fails, never blocks longer than the write. */
void vn_log_write(struct vn_log *log, enum vn_log_level level, const char *event,
                  const struct vn_log_field *fields, size_t count);

/* vn_log_event(log, VN_LOG_INFO, "started", VN_S("version", v), VN_I("port", p)) */
#define vn_log_event(log, level, event, ...)                                                                 \
    vn_log_write((log), (level), (event), (const struct vn_log_field[]){__VA_ARGS__},                        \
                 sizeof((const struct vn_log_field[]){__VA_ARGS__}) / sizeof(struct vn_log_field))

#endif
