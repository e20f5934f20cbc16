#define _XOPEN_SOURCE_EXTENDED 1 /* the wide half of ncurses */
#include "ui/terminal/draw.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { TEXT_WIDE = VN_PROMPT_TEXT_MAX, TALL = 8 /* rows from which on there are blank ones */ };

/* A sign for each tone, so that colour is not needed. */
static const struct {
    const char *sign;
    short colour;
} tones[] = {
    [VN_TONE_CALM] = {" ", COLOR_WHITE},
    [VN_TONE_GOOD] = {"+", COLOR_GREEN},
    [VN_TONE_ASK] = {"?", COLOR_CYAN},
    [VN_TONE_WARN] = {"!", COLOR_YELLOW},
};

void vn_terminal_prepare(void)
{
    if (!has_colors() || start_color() == ERR) {
        return;
    }
    (void)use_default_colors();
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        (void)init_pair((short)(i + 1), tones[i].colour, -1);
    }
}

/* Columns that a text takes; characters that the locale can't show count as one. */
static int columns(const wchar_t *text)
{
    int sum = 0;
    for (; *text != L'\0'; text++) {
        int width = wcwidth(*text);
        sum += width < 0 ? 1 : width;
    }
    return sum;
}

static void widen(const char *text, wchar_t out[TEXT_WIDE])
{
    size_t used = 0;
    mbstate_t shift;
    memset(&shift, 0, sizeof shift);
    while (*text != '\0' && used + 1 < TEXT_WIDE) {
        wchar_t one = L'?';
        size_t len = mbrtowc(&one, text, strlen(text), &shift);
        if (len == (size_t)-1 || len == (size_t)-2 || len == 0) {
            memset(&shift, 0, sizeof shift);
            one = L'?';
            len = 1;
        }
        out[used++] = one;
        text += len;
    }
    out[used] = L'\0';
}

/* Writes at most `room` columns. */
static void put(int row, int column, int room, const wchar_t *text)
{
    int used = 0;
    for (; *text != L'\0'; text++) {
        int width = wcwidth(*text);
        width = width < 0 ? 1 : width;
        if (used + width > room) {
            return;
        }
        (void)mvaddnwstr(row, column + used, text, 1);
        used += width;
    }
}

/* What is too long ends in "…". */
static void put_left(int row, int column, int room, const char *text)
{
    wchar_t wide[TEXT_WIDE];
    widen(text, wide);
    bool cut = columns(wide) > room && room > 1;
    put(row, column, cut ? room - 1 : room, wide);
    if (cut) {
        (void)mvaddnwstr(row, column + room - 1, L"\u2026", 1);
    }
}

static int columns_of(const char *text)
{
    wchar_t wide[TEXT_WIDE];
    widen(text, wide);
    return columns(wide);
}

static void put_right(int row, int width, const char *text)
{
    wchar_t wide[TEXT_WIDE];
    widen(text, wide);
    int len = columns(wide);
    put(row, len < width - 1 ? width - 1 - len : 0, width, wide);
}

/* Broken at blanks, from `row` on, not in row `end` or behind it; returns the row behind it. What has no room ends in "…". */
static int put_wrapped(int row, int end, int room, const char *text)
{
    wchar_t wide[TEXT_WIDE];
    widen(text, wide);
    const wchar_t *at = wide;
    while (*at != L'\0' && row < end) {
        size_t stop = 0;
        size_t blank = 0;
        int used = 0;
        while (at[stop] != L'\0' && used + (wcwidth(at[stop]) < 0 ? 1 : wcwidth(at[stop])) <= room) {
            used += wcwidth(at[stop]) < 0 ? 1 : wcwidth(at[stop]);
            blank = at[stop] == L' ' ? stop : blank;
            stop++;
        }
        size_t take = at[stop] == L'\0' || blank == 0 ? stop : blank;
        take = take == 0 ? 1 : take;
        wchar_t part[TEXT_WIDE];
        wmemcpy(part, at, take);
        part[take] = L'\0';
        put(row, 3, room, part);
        at += take;
        at += *at == L' ' ? 1 : 0;
        if (row + 1 == end && *at != L'\0') {
            (void)mvaddnwstr(row, 3 + columns(part) - (columns(part) == room ? 1 : 0), L"\u2026", 1);
        }
        row++;
    }
    return row;
}

static int put_main(const struct vn_screen_model *model, int row, int width, int height)
{
    size_t tone = (size_t)model->tone < sizeof tones / sizeof *tones ? (size_t)model->tone : 0;
    attr_t look = A_BOLD | (has_colors() ? (attr_t)COLOR_PAIR(tone + 1) : 0);
    (void)attron(look);
    put_left(row, 1, 1, tones[tone].sign);
    row = put_wrapped(row, height, width - 4 > 4 ? width - 4 : 4, model->main);
    (void)attroff(look);
    return row;
}

static void put_corners(const struct vn_screen_model *model, int width, int height)
{
    int room = width - 4 - columns_of(model->network);
    int points = columns_of(model->points);
    int here = columns_of(model->here);
    bool beside = here > 0 && points + 3 + here <= room; /* else below, where a row is free */
    int taken = beside ? points + 3 + here : points;
    int who = columns_of(model->who);
    who = who + 2 + taken > room ? room - 2 - taken : who; /* a name may lose its end, a number never */
    char right[2 * VN_PROMPT_TEXT_MAX + 4];
    (void)snprintf(right, sizeof right, "%s%s%s", model->saved, model->saved[0] != '\0' ? "  " : "",
                   model->payable);
    right[VN_PROMPT_TEXT_MAX - 1] = '\0';
    if (who > 0) {
        put_left(0, 1, who, model->who);
    }
    int column = who > 0 ? who + 3 : 1;
    put_left(0, column, who > 0 ? points : room, model->points);
    put_right(0, width, model->network);
    if (here > 0 && (beside || height >= TALL)) {
        (void)attron(A_REVERSE);
        put_left(beside ? 0 : 2, beside ? column + points + 3 : 1, here, model->here);
        (void)attroff(A_REVERSE);
    }
    if (height >= TALL) {
        put_right(1, width, right);
    }
}

/* In as many rows as they need, at most `most`; returns how many. Without `draw` it only reckons. */
static int put_actions(const struct vn_screen_model *model, int first, int most, int width, bool draw)
{
    int column = 1;
    int row = first;
    for (unsigned i = 0; i < model->action_count; i++) {
        char label[VN_PROMPT_TEXT_MAX + 8];
        (void)snprintf(label, sizeof label, "[%u] %s", i + 1, model->actions[i].label);
        label[VN_PROMPT_TEXT_MAX - 1] = '\0';
        int wide = columns_of(label);
        if (column > 1 && column + wide > width - 1 && row - first + 1 < most) {
            row++;
            column = 1;
        }
        if (draw && column < width - 1) {
            (void)attron(A_REVERSE);
            put_left(row, column, width - 1 - column, label);
            (void)attroff(A_REVERSE);
        }
        column += wide + 2;
    }
    return model->action_count == 0 ? 0 : row - first + 1;
}

void vn_terminal_draw(const struct vn_screen_model *model)
{
    int height = 0;
    int width = 0;
    getmaxyx(stdscr, height, width);
    (void)erase();
    put_corners(model, width, height);
    bool tight = height < TALL;
    int most = height > 5 ? height - 4 : 1; /* the main message comes first */
    int actions = put_actions(model, 0, most, width, false);
    int end = actions > 0 ? height - actions : height - 1;
    int row = put_main(model, tight ? 1 : 3, width, end);
    row += tight ? 0 : 1;
    for (unsigned i = 0; i < model->secondary_count && row < end; i++) {
        row = put_wrapped(row, end, width - 4 > 4 ? width - 4 : 4, model->secondary[i]);
    }
    (void)put_actions(model, height - actions, most, width, true);
    (void)move(height - 1, width - 1);
    (void)refresh();
}

enum vn_action vn_terminal_action_of(const struct vn_screen_model *model, int key)
{
    unsigned index = VN_PROMPT_ACTIONS;
    if (key >= '1' && key < '1' + VN_PROMPT_ACTIONS) {
        index = (unsigned)(key - '1');
    } else if (key >= KEY_F(1) && key < KEY_F(1 + VN_PROMPT_ACTIONS)) {
        index = (unsigned)(key - KEY_F(1));
    }
    return index < model->action_count ? model->actions[index].action : VN_ACTION_NONE;
}
