#include "ui/prompt/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NBSP "\u00a0"

struct sign {
    const char *currency;
    const char *symbol;
};

/* How a country writes; the first row is for languages that have none. */
struct style {
    const char *locale;
    const char *group;
    const char *point;
    enum { DAY_MONTH_NAME, DAY_DOT_MONTH, DAY_DOT_MONTH_DOT } date;
    struct sign signs[3];
};

static const struct style styles[] = {
    {"en", ",", ".", DAY_MONTH_NAME, {{NULL, NULL}}},
    {"sr", ".", ",", DAY_DOT_MONTH_DOT, {{"EUR", "€"}}},
    {"sr@latin", ".", ",", DAY_DOT_MONTH_DOT, {{"EUR", "€"}}},
    {"pl", NBSP, ",", DAY_DOT_MONTH, {{"PLN", "zł"}, {"EUR", "€"}}},
    {"ru", NBSP, ",", DAY_DOT_MONTH, {{"RUB", "₽"}, {"EUR", "€"}}},
};

static const struct style *style_of(const struct vn_locale *locale)
{
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        if (strcmp(styles[i].locale, locale->name) == 0) {
            return &styles[i];
        }
    }
    return &styles[0];
}

/* Appends as much as fits; VN_FORMAT_MAX is above the longest number. */
static void put(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    size_t len = strlen(text);
    if (used + len < size) {
        memcpy(out + used, text, len + 1);
    }
}

static void write_number(const struct style *style, int64_t value, unsigned exponent, bool trim, char *out)
{
    if (exponent > VN_FORMAT_EXPONENT_MAX) {
        exponent = VN_FORMAT_EXPONENT_MAX;
    }
    uint64_t size = value < 0 ? 0U - (uint64_t)value : (uint64_t)value;
    uint64_t unit = 1;
    for (unsigned i = 0; i < exponent; i++) {
        unit *= 10;
    }
    char whole[24];
    (void)snprintf(whole, sizeof whole, "%" PRIu64, size / unit);
    char fraction[VN_FORMAT_EXPONENT_MAX + 2];
    (void)snprintf(fraction, sizeof fraction, "%0*" PRIu64, (int)exponent, size % unit);
    size_t decimals = exponent;
    while (trim && decimals > 0 && fraction[decimals - 1] == '0') {
        decimals--;
    }
    fraction[decimals] = '\0';

    out[0] = '\0';
    put(out, VN_FORMAT_MAX, value < 0 ? "-" : "");
    size_t digits = strlen(whole);
    for (size_t i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0) {
            put(out, VN_FORMAT_MAX, style->group);
        }
        put(out, VN_FORMAT_MAX, (const char[]){whole[i], '\0'});
    }
    if (decimals > 0) {
        put(out, VN_FORMAT_MAX, style->point);
        put(out, VN_FORMAT_MAX, fraction);
    }
}

void vn_format_number(const struct vn_locale *locale, int64_t value, unsigned exponent,
                      char out[VN_FORMAT_MAX])
{
    write_number(style_of(locale), value, exponent, false, out);
}

void vn_format_quantity(const struct vn_locale *locale, int64_t value, unsigned exponent,
                        char out[VN_FORMAT_MAX])
{
    write_number(style_of(locale), value, exponent, true, out);
}

void vn_format_money(const struct vn_locale *locale, int64_t value_minor, unsigned exponent,
                     const char *currency, char out[VN_FORMAT_MAX])
{
    const struct style *style = style_of(locale);
    write_number(style, value_minor, exponent, false, out);
    const char *symbol = currency;
    for (size_t i = 0; i < sizeof style->signs / sizeof *style->signs; i++) {
        if (style->signs[i].currency != NULL && strcmp(style->signs[i].currency, currency) == 0) {
            symbol = style->signs[i].symbol;
        }
    }
    if (symbol[0] != '\0') {
        put(out, VN_FORMAT_MAX, NBSP);
        put(out, VN_FORMAT_MAX, symbol);
    }
}

#define DAY_MIN 1440

/* Minutes since 1970 at that place; offsets past a day can't be right and count as none. */
static int64_t local_minutes(int64_t wall_ms, int64_t utc_offset_min)
{
    int64_t minutes = wall_ms / 60000 - (wall_ms % 60000 < 0 ? 1 : 0);
    return utc_offset_min > -DAY_MIN && utc_offset_min < DAY_MIN ? minutes + utc_offset_min : minutes;
}

void vn_format_time(int64_t wall_ms, int64_t utc_offset_min, char out[VN_FORMAT_MAX])
{
    int64_t minute = local_minutes(wall_ms, utc_offset_min) % DAY_MIN;
    minute += minute < 0 ? DAY_MIN : 0;
    (void)snprintf(out, VN_FORMAT_MAX, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

void vn_format_date(const struct vn_locale *locale, int64_t wall_ms, int64_t utc_offset_min,
                    char out[VN_FORMAT_MAX])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t minutes = local_minutes(wall_ms, utc_offset_min);
    int64_t days = minutes / DAY_MIN - (minutes % DAY_MIN < 0 ? 1 : 0);
    /* Days to civil date: eras of 400 years that begin on 1 March, so that the leap day comes last. */
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    const struct style *style = style_of(locale);
    if (style->date == DAY_MONTH_NAME) {
        (void)snprintf(out, VN_FORMAT_MAX, "%d" NBSP "%s", day, months[month - 1]);
    } else {
        (void)snprintf(out, VN_FORMAT_MAX, "%02d.%02d%s", day, month,
                       style->date == DAY_DOT_MONTH_DOT ? "." : "");
    }
}
