/* Numbers, money, dates and times as each country writes them, and sentences with named values filled in.
 *
 *             number      money              time    date
 *     en      1,234.50    1,234.50 RSD       14:05   27 Nov
 *     sr      1.234,50    1.234,50 RSD       14:05   27.11.
 *     pl      1 234,50    1 234,50 zł        14:05   27.11
 *     ru      1 234,50    1 234,50 ₽         14:05   27.11
 *
 * Blanks inside a number, and before its currency, are no-break spaces. Integer arithmetic alone. All
 * functions are pure, write a C string that always ends, and take any value. */
#ifndef VN_PROMPT_FORMAT_H
#define VN_PROMPT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/limits.h"
#include "ui/prompt/texts.h"

#define VN_FORMAT_MAX          64 /* bytes of any one value below, with the NUL */
#define VN_FORMAT_EXPONENT_MAX 6  /* larger exponents are taken for this one */

/* `value` in units of 10^-exponent, all decimals shown. */
void vn_format_number(const struct vn_locale *locale, int64_t value, unsigned exponent,
                      char out[VN_FORMAT_MAX]);
/* The same without needless zeros: 1500 thousandths are "1.5". */
void vn_format_quantity(const struct vn_locale *locale, int64_t value, unsigned exponent,
                        char out[VN_FORMAT_MAX]);
/* `currency` is the ISO 4217 code; "" writes none. */
void vn_format_money(const struct vn_locale *locale, int64_t value_minor, unsigned exponent,
                     const char *currency, char out[VN_FORMAT_MAX]);
/* Hours and minutes, or day and month, at the place that is utc_offset_min minutes ahead of UTC. */
void vn_format_time(int64_t wall_ms, int64_t utc_offset_min, char out[VN_FORMAT_MAX]);
void vn_format_date(const struct vn_locale *locale, int64_t wall_ms, int64_t utc_offset_min,
                    char out[VN_FORMAT_MAX]);

struct vn_format_value {
    const char *name; /* without the braces */
    const char *text;
    bool may_shorten; /* a name may lose its end, a number never */
};

/* Fills `pattern` ("{points} points for {name}"). Control characters, invisible direction marks and bytes
 * that are no UTF-8 are left out of the values. The result has at most VN_PROMPT_CHARS characters: values that
 * may be shortened end in "…" until it fits; should that not be enough, the whole does. A placeholder without
 * a value stays as it is. */
void vn_format_fill(const char *pattern, const struct vn_format_value *values, size_t count,
                    char out[VN_PROMPT_TEXT_MAX]);

/* Characters (code points) of a UTF-8 text. */
size_t vn_format_chars(const char *text);

#endif
