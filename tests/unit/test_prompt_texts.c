/* Sentences, plural rules, numbers, and filling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ui/prompt/format.h"
#include "ui/prompt/texts.h"

static const char *const names[] = {"en", "sr", "sr@latin", "pl", "ru"};
#define LOCALES (sizeof names / sizeof *names)

static const char *points_of(const char *locale, int64_t value, unsigned exponent, char *out)
{
    const struct vn_locale *found = vn_texts_locale(locale);
    char number[VN_FORMAT_MAX];
    vn_format_number(found, value, exponent, number);
    const struct vn_format_value values[] = {{"points", number, false}};
    vn_format_fill(vn_texts_plural(found, VN_TEXT_POINTS_COUNT, value, exponent), values, 1, out);
    return out;
}

static void test_plural_rules_of_all_languages(void **state)
{
    (void)state;
    static const struct {
        const char *locale;
        int64_t value;
        unsigned exponent;
        const char *text;
    } cases[] = {
        {"en", 0, 0, "0 points"},         {"en", 1, 0, "1 point"},       {"en", 2, 0, "2 points"},
        {"en", 21, 0, "21 points"},       {"en", -1, 0, "-1 point"},     {"en", 150, 2, "1.50 points"},
        {"en", 100, 2, "1.00 point"},     {"sr", 1, 0, "1 поен"},        {"sr", 2, 0, "2 поена"},
        {"sr", 5, 0, "5 поена"},          {"sr", 11, 0, "11 поена"},     {"sr", 21, 0, "21 поен"},
        {"sr@latin", 1, 0, "1 poen"},     {"sr@latin", 3, 0, "3 poena"}, {"sr@latin", 111, 0, "111 poena"},
        {"sr@latin", 101, 0, "101 poen"}, {"pl", 1, 0, "1 punkt"},       {"pl", 2, 0, "2 punkty"},
        {"pl", 5, 0, "5 punktów"},        {"pl", 12, 0, "12 punktów"},   {"pl", 21, 0, "21 punktów"},
        {"pl", 22, 0, "22 punkty"},       {"pl", 112, 0, "112 punktów"}, {"pl", 150, 2, "1,50 punktów"},
        {"ru", 1, 0, "1 балл"},           {"ru", 3, 0, "3 балла"},       {"ru", 5, 0, "5 баллов"},
        {"ru", 11, 0, "11 баллов"},       {"ru", 14, 0, "14 баллов"},    {"ru", 21, 0, "21 балл"},
        {"ru", 0, 0, "0 баллов"},         {"ru", 150, 2, "1,50 балла"},  {"ru", 1500, 2, "15,00 баллов"},
    };
    char out[VN_PROMPT_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(points_of(cases[i].locale, cases[i].value, cases[i].exponent, out),
                            cases[i].text);
    }
}

static void test_locale_names_as_systems_write_them(void **state)
{
    (void)state;
    assert_string_equal(vn_texts_locale("pl_PL.UTF-8")->name, "pl");
    assert_string_equal(vn_texts_locale("sr_RS@latin")->name, "sr@latin");
    assert_string_equal(vn_texts_locale("sr_RS.UTF-8@latin")->name, "sr@latin");
    assert_string_equal(vn_texts_locale("sr_RS")->name, "sr");
    assert_string_equal(vn_texts_locale("ru-RU")->name, "ru");
    assert_string_equal(vn_texts_locale("sr-Latn")->name, "sr@latin");
    assert_string_equal(vn_texts_locale("sr-Latn-RS")->name, "sr@latin");
    assert_string_equal(vn_texts_locale("sr-Cyrl")->name, "sr");
    assert_string_equal(vn_texts_locale("en_GB@euro")->name, "en");
    assert_string_equal(vn_texts_locale("de")->name, "en");
    assert_string_equal(vn_texts_locale("")->name, "en");
    assert_string_equal(vn_texts_locale(NULL)->name, "en");
    assert_string_equal(vn_texts_locale("a-very-long-name-of-a-locale-that-nobody-has@ever@seen")->name,
                        "en");
}

/* Latin letters for Cyrillic ones, as Serbian has them one to one. */
static void to_latin(const char *text, char *out)
{
    static const char *const pairs[][2] = {
        {"а", "a"},  {"б", "b"}, {"в", "v"}, {"г", "g"}, {"д", "d"},  {"ђ", "đ"},  {"е", "e"},  {"ж", "ž"},
        {"з", "z"},  {"и", "i"}, {"ј", "j"}, {"к", "k"}, {"л", "l"},  {"љ", "lj"}, {"м", "m"},  {"н", "n"},
        {"њ", "nj"}, {"о", "o"}, {"п", "p"}, {"р", "r"}, {"с", "s"},  {"т", "t"},  {"ћ", "ć"},  {"у", "u"},
        {"ф", "f"},  {"х", "h"}, {"ц", "c"}, {"ч", "č"}, {"џ", "dž"}, {"ш", "š"},  {"В", "V"},  {"Г", "G"},
        {"Д", "D"},  {"И", "I"}, {"Ј", "J"}, {"К", "K"}, {"Н", "N"},  {"О", "O"},  {"П", "P"},  {"Р", "R"},
        {"С", "S"},  {"Т", "T"}, {"У", "U"}, {"Ф", "F"}, {"Ц", "C"},  {"Ч", "Č"},  {"Љ", "Lj"}, {"М", "M"},
        {"А", "A"},  {"Б", "B"}, {"Е", "E"}, {"З", "Z"},
    };
    out[0] = '\0';
    size_t used = 0;
    while (*text != '\0') {
        size_t i = 0;
        size_t count = sizeof pairs / sizeof *pairs;
        while (i < count && strncmp(text, pairs[i][0], strlen(pairs[i][0])) != 0) {
            i++;
        }
        const char *from = i < count ? pairs[i][1] : text;
        size_t len = i < count ? strlen(pairs[i][1]) : 1;
        memcpy(out + used, from, len);
        used += len;
        out[used] = '\0';
        text += i < count ? strlen(pairs[i][0]) : 1;
    }
}

static void test_both_serbian_scripts_say_the_same(void **state)
{
    (void)state;
    const struct vn_locale *cyrillic = vn_texts_locale("sr");
    const struct vn_locale *latin = vn_texts_locale("sr@latin");
    char out[2 * VN_PROMPT_TEXT_MAX];
    for (unsigned text = 0; text < VN_TEXT_COUNT; text++) {
        for (unsigned form = 0; form < 4 && cyrillic->texts[text].forms[form] != NULL; form++) {
            to_latin(cyrillic->texts[text].forms[form], out);
            assert_string_equal(out, latin->texts[text].forms[form]);
        }
    }
}

/* Long values that a shop can really have; names are longer than any sentence bears. */
static void test_every_text_fits_with_long_values(void **state)
{
    (void)state;
    for (size_t l = 0; l < LOCALES; l++) {
        const struct vn_locale *locale = vn_texts_locale(names[l]);
        assert_string_equal(locale->name, names[l]);
        char points[VN_FORMAT_MAX];
        char amount[VN_FORMAT_MAX];
        char date[VN_FORMAT_MAX];
        vn_format_number(locale, 999999, 0, points);
        vn_format_money(locale, 9999999, 2, "RSD", amount);
        vn_format_date(locale, INT64_C(1795305600000), 60, date);
        const struct vn_format_value values[] = {
            {"points", points, false},
            {"earned", points, false},
            {"amount", amount, false},
            {"count", points, false},
            {"date", date, false},
            {"time", "23:59", false},
            {"name", "Двадесет одсто попуста на све млечне производе и свеже воће сваког четвртка у новембру",
             true},
        };
        for (unsigned text = 0; text < VN_TEXT_COUNT; text++) {
            for (unsigned form = 0; form < 4 && locale->texts[text].forms[form] != NULL; form++) {
                const char *pattern = locale->texts[text].forms[form];
                char out[VN_PROMPT_TEXT_MAX];
                vn_format_fill(pattern, values, sizeof values / sizeof *values, out);
                assert_true(vn_format_chars(out) <= VN_PROMPT_CHARS);
                assert_null(strchr(out, '{'));
                if (strstr(pattern, "{name}") == NULL) {
                    assert_null(strstr(out, "…")); /* numbers lose nothing */
                }
                if (strstr(pattern, "{points}") != NULL) {
                    assert_non_null(strstr(out, points));
                }
                if (strstr(pattern, "{amount}") != NULL) {
                    assert_non_null(strstr(out, amount));
                }
            }
        }
    }
}

static void test_numbers_as_each_country_writes_them(void **state)
{
    (void)state;
    static const char *const numbers[LOCALES] = {"1,234.50", "1.234,50", "1.234,50", "1\u00a0234,50",
                                                 "1\u00a0234,50"};
    char out[VN_FORMAT_MAX];
    for (size_t l = 0; l < LOCALES; l++) {
        vn_format_number(vn_texts_locale(names[l]), 123450, 2, out);
        assert_string_equal(out, numbers[l]);
    }
    const struct vn_locale *en = vn_texts_locale("en");
    vn_format_number(en, 0, 2, out);
    assert_string_equal(out, "0.00");
    vn_format_number(en, -5, 2, out);
    assert_string_equal(out, "-0.05");
    vn_format_number(en, 999, 0, out);
    assert_string_equal(out, "999");
    vn_format_number(en, 1000000, 0, out);
    assert_string_equal(out, "1,000,000");
    vn_format_number(en, INT64_MIN, 0, out);
    assert_string_equal(out, "-9,223,372,036,854,775,808");
    vn_format_number(en, INT64_MAX, 99, out);
    assert_string_equal(out, "9,223,372,036,854.775807");
    vn_format_quantity(en, 1500, 3, out);
    assert_string_equal(out, "1.5");
    vn_format_quantity(en, 20000, 3, out);
    assert_string_equal(out, "20");
}

static void test_money_carries_the_currency(void **state)
{
    (void)state;
    char out[VN_FORMAT_MAX];
    vn_format_money(vn_texts_locale("en"), 123450, 2, "RSD", out);
    assert_string_equal(out, "1,234.50\u00a0RSD");
    vn_format_money(vn_texts_locale("sr"), 123450, 2, "RSD", out);
    assert_string_equal(out, "1.234,50\u00a0RSD");
    vn_format_money(vn_texts_locale("pl"), 123450, 2, "PLN", out);
    assert_string_equal(out, "1\u00a0234,50\u00a0zł");
    vn_format_money(vn_texts_locale("ru"), 123450, 2, "RUB", out);
    assert_string_equal(out, "1\u00a0234,50\u00a0₽");
    vn_format_money(vn_texts_locale("ru"), 5, 0, "JPY", out);
    assert_string_equal(out, "5\u00a0JPY");
    vn_format_money(vn_texts_locale("en"), 5, 2, "", out);
    assert_string_equal(out, "0.05");
}

static void test_times_and_dates_are_the_stores(void **state)
{
    (void)state;
    char out[VN_FORMAT_MAX];
    const int64_t at = INT64_C(1795784700000); /* 2026-11-27T13:05Z */
    vn_format_time(at, 60, out);
    assert_string_equal(out, "14:05");
    vn_format_time(at, -14 * 60, out);
    assert_string_equal(out, "23:05");
    vn_format_time(-1, 0, out);
    assert_string_equal(out, "23:59");
    vn_format_time(at, INT64_MAX, out);
    assert_string_equal(out, "13:05");
    static const char *const dates[LOCALES] = {"27\u00a0Nov", "27.11.", "27.11.", "27.11", "27.11"};
    for (size_t l = 0; l < LOCALES; l++) {
        vn_format_date(vn_texts_locale(names[l]), at, 60, out);
        assert_string_equal(out, dates[l]);
    }
    vn_format_date(vn_texts_locale("sr"), INT64_C(1709164800000), 0, out); /* 2024-02-29 */
    assert_string_equal(out, "29.02.");
    vn_format_date(vn_texts_locale("sr"), INT64_C(-1), 0, out);
    assert_string_equal(out, "31.12.");
    vn_format_date(vn_texts_locale("en"), INT64_MIN, 0, out);
    assert_true(strlen(out) > 3);
}

static void fill_name(const char *pattern, const char *name, char *out)
{
    const struct vn_format_value values[] = {{"name", name, true}, {"points", "5", false}};
    vn_format_fill(pattern, values, 2, out);
}

static void test_filling_keeps_outside_text_harmless(void **state)
{
    (void)state;
    char out[VN_PROMPT_TEXT_MAX];
    fill_name("Hello {name}, {points}!", "Mi\x01li\nca\x7f", out);
    assert_string_equal(out, "Hello Milica, 5!");
    fill_name("Hello {name}!", "Ana\xff\xc3", out);
    assert_string_equal(out, "Hello Ana!");
    fill_name("Hello {name}!", "\u202eevil\u200b\u2066", out);
    assert_string_equal(out, "Hello evil!");
    fill_name("Hello {name}!", "{points}", out);
    assert_string_equal(out, "Hello {points}!");
    fill_name("{other} {name", "x", out);
    assert_string_equal(out, "{other} {name");
    fill_name("{name}", "", out);
    assert_string_equal(out, "");
    fill_name("{name}", "\xed\xa0\x80\xf8\xc0\xaf", out); /* surrogate, five bytes, overlong */
    assert_string_equal(out, "");
}

static void test_filling_shortens_names_and_never_numbers(void **state)
{
    (void)state;
    char out[VN_PROMPT_TEXT_MAX];
    char name[300];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    fill_name("{points} for {name}.", name, out);
    assert_int_equal(vn_format_chars(out), VN_PROMPT_CHARS);
    assert_memory_equal(out, "5 for n", 7);
    assert_string_equal(out + strlen(out) - strlen("…."), "….");
    fill_name("{name}{name}{name}{name}{name}{name}{name}{name}", name, out);
    assert_true(vn_format_chars(out) <= VN_PROMPT_CHARS);
    const struct vn_format_value number[] = {{"name", name, false}};
    vn_format_fill("{name}", number, 1, out); /* nothing may give way: cut as a whole, and it shows */
    assert_int_equal(vn_format_chars(out), VN_PROMPT_CHARS);
    assert_string_equal(out + VN_PROMPT_CHARS - 1, "…");
    char wide[300] = "";
    for (size_t i = 0; i + 4 < sizeof wide; i += 4) {
        memcpy(wide + i, "\xf0\x9f\x98\x80", 5);
    }
    fill_name("{name}", wide, out); /* four bytes each */
    assert_int_equal(vn_format_chars(out), VN_PROMPT_CHARS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plural_rules_of_all_languages),
        cmocka_unit_test(test_locale_names_as_systems_write_them),
        cmocka_unit_test(test_both_serbian_scripts_say_the_same),
        cmocka_unit_test(test_every_text_fits_with_long_values),
        cmocka_unit_test(test_numbers_as_each_country_writes_them),
        cmocka_unit_test(test_money_carries_the_currency),
        cmocka_unit_test(test_times_and_dates_are_the_stores),
        cmocka_unit_test(test_filling_keeps_outside_text_harmless),
        cmocka_unit_test(test_filling_shortens_names_and_never_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
