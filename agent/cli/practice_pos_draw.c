/* How the practice POS looks: a receipt on the left, the keys on the right, two lines of talk below.
 *
 * Made for 80x24 and for half of it: when the terminal is low, older lines of the receipt go first, then blank rows;
 * when it is narrow, the keys go. Drawn whole each time into ncurses' memory; ncurses sends only what differs, so
 * nothing flickers. Cells are counted by wcwidth, because names have letters of two bytes. */
#include <limits.h>
#include <ncurses.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "agent/cli/practice_pos.h"

#define KEYS_WIDTH  37
#define KEY_WIDTH   18
#define RECEIPT_MIN 34
#define MONEY_WIDTH 12
#define TOTAL_ROWS  3
#define PAIR_GOOD   1
#define PAIR_BAD    2
#define PAIR_KEY    3

static const char *const keys[][2] = {
    {"i", "any goods"},      {"k", "card of Marko"}, {"c", "coffee"},     {"g", "gold card"},
    {"m", "milk"},           {"r", "QR card"},       {"y", "yoghurt"},    {"u", "unknown card"},
    {"h", "chocolate"},      {"f", "foreign card"},  {"t", "cigarettes"}, {"d", "damaged card"},
    {"Enter", "total, pay"}, {"b", "bank card"},     {"p", "pay points"}, {"o", "coupon"},
    {"x", "cancel"},         {"n", "network plug"},  {"v", "void last"},  {"w", "coffee week!"},
    {"z", "return last"},    {"? q", "help, quit"},
};

/* Prints at most `width` cells of UTF-8 and returns how many it took. */
static int put(int row, int column, int width, const char *text)
{
    mbstate_t state = {0};
    int used = 0;
    move(row, column);
    while (*text != '\0' && used < width) {
        wchar_t wide = 0;
        size_t bytes = mbrtowc(&wide, text, MB_LEN_MAX, &state);
        if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0) {
            break;
        }
        int cells = wcwidth(wide);
        if (cells < 0 || used + cells > width) {
            break;
        }
        addnstr(text, (int)bytes);
        used += cells;
        text += bytes;
    }
    return used;
}

/* "1,234.50", right-aligned so that it ends before column `right`. */
static void put_money(int row, int right, int64_t minor)
{
    char digits[32], text[48];
    bool negative = minor < 0;
    uint64_t whole = negative ? 0 - (uint64_t)minor : (uint64_t)minor;
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)(whole / 100));
    int out = 0;
    if (negative) {
        text[out++] = '-';
    }
    for (int i = 0; i < len; i++) {
        text[out++] = digits[i];
        if ((len - i - 1) % 3 == 0 && i + 1 < len) {
            text[out++] = ',';
        }
    }
    (void)snprintf(text + out, sizeof text - (size_t)out, ".%02llu", (unsigned long long)(whole % 100));
    int width = (int)strlen(text);
    if (right - width >= 0) {
        (void)put(row, right - width, width, text);
    }
}

static void put_title(const struct vn_practice *pos, int width)
{
    char text[256], speed[48] = "";
    if (pos->answer_us != VN_PRACTICE_NO_ANSWER) {
        (void)snprintf(speed, sizeof speed, "answered in %lld.%lld ms  ", (long long)(pos->answer_us / 1000),
                       (long long)(pos->answer_us % 1000 / 100));
    }
    attron(A_REVERSE);
    mvhline(0, 0, ' ', width);
    const char *receipt = pos->phase == VN_PRACTICE_IDLE ? "next customer" : pos->basket.key.receipt;
    (void)snprintf(text, sizeof text, " PRACTICE POS  %s%s", pos->phase == VN_PRACTICE_IDLE ? "" : "receipt ",
                   receipt);
    int used = put(0, 0, width, text);
    int right = width - (int)strlen(speed);
    if (right > used) {
        (void)put(0, right, width - right, speed);
    }
    attroff(A_REVERSE);
}

/* What the receipt shows below a line: one row a promotion. */
struct row {
    const struct vn_line *line;
    const struct vn_application *application; /* NULL: the line itself */
};

static size_t rows_of(const struct vn_practice *pos, struct row *rows, size_t max)
{
    size_t count = 0;
    for (unsigned i = 0; i < pos->basket.line_count; i++) {
        const struct vn_line *line = &pos->basket.lines[i];
        if (count < max) {
            rows[count++] = (struct row){line, NULL};
        }
        for (unsigned a = 0; pos->quoted && a < pos->outcome->application_count && count < max; a++) {
            const struct vn_application *application = &pos->outcome->applications[a];
            if (application->line_id == line->id && application->discount_minor > 0) {
                rows[count++] = (struct row){line, application};
            }
        }
    }
    return count;
}

static const char *why_of(const struct vn_practice *pos, const struct vn_application *application)
{
    const char *name = json_string_value(json_object_get(pos->names, application->promotion));
    return name != NULL ? name : application->promotion[0] != '\0' ? application->promotion : "points";
}

static void put_row(const struct vn_practice *pos, const struct row *row, int at, int width)
{
    char text[VN_NAME_MAX + 32];
    if (row->application) {
        (void)snprintf(text, sizeof text, "     %s", why_of(pos, row->application));
        attron(COLOR_PAIR(PAIR_GOOD));
        (void)put(at, 0, width - MONEY_WIDTH, text);
        put_money(at, width, -row->application->discount_minor);
        attroff(COLOR_PAIR(PAIR_GOOD));
    } else {
        (void)snprintf(text, sizeof text, " %lld x %s", (long long)(row->line->qty_milli / 1000),
                       row->line->name);
        (void)put(at, 0, width - MONEY_WIDTH, text);
        put_money(at, width, row->line->amount_minor);
    }
}

static void put_receipt(const struct vn_practice *pos, int top, int bottom, int width)
{
    struct row rows[256];
    size_t count = rows_of(pos, rows, sizeof rows / sizeof rows[0]);
    size_t room = bottom > top ? (size_t)(bottom - top) : 0;
    size_t first = count > room ? count - room : 0;
    for (size_t i = first; i < count; i++) {
        put_row(pos, &rows[i], top + (int)(i - first), width);
    }
    if (count == 0 && room > 0) {
        (void)put(top, 1, width - 1, "Scan goods (c, m, y, i) or a card (k, g, r).");
    }
}

static void put_totals(const struct vn_practice *pos, int row, int width)
{
    static const char *const phases[] = {"", "TO PAY", "TO PAY, final", "PAID"};
    bool quoted = pos->quoted;
    int64_t total = vn_basket_total_minor(&pos->basket);
    mvhline(row, 0, ACS_HLINE, width);
    char text[VN_PRACTICE_TEXT_MAX];
    (void)snprintf(text, sizeof text, " %s", pos->member[0] ? pos->member : "no card");
    (void)put(row + 1, 0, width - MONEY_WIDTH - 7, text);
    if (quoted && pos->outcome->discount_minor > 0) {
        (void)put(row + 1, width - MONEY_WIDTH - 6, 6, "saved");
        put_money(row + 1, width, pos->outcome->discount_minor);
    }
    if (pos->phase == VN_PRACTICE_IDLE) {
        return;
    }
    attron(A_BOLD);
    (void)snprintf(text, sizeof text, " %s", phases[pos->phase]);
    int used = put(row + 2, 0, width - MONEY_WIDTH, text);
    put_money(row + 2, width, quoted ? pos->outcome->payable_minor - pos->outcome->tender_minor : total);
    attroff(A_BOLD);
    if (quoted && pos->outcome->points_earned > 0) {
        (void)snprintf(text, sizeof text, "   +%lld points", (long long)pos->outcome->points_earned);
        (void)put(row + 2, used, width - MONEY_WIDTH - used, text);
    }
}

static void put_keys(int top, int bottom, int left)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        int row = top + (int)(i / 2), column = left + (int)(i % 2) * KEY_WIDTH;
        if (row >= bottom) {
            break;
        }
        attron(COLOR_PAIR(PAIR_KEY) | A_BOLD);
        int used = put(row, column, KEY_WIDTH, keys[i][0]);
        attroff(COLOR_PAIR(PAIR_KEY) | A_BOLD);
        (void)put(row, column + used + 1, KEY_WIDTH - used - 2, keys[i][1]);
    }
}

static void put_talk(const struct vn_practice *pos, int row, int width)
{
    char text[2 * VN_PRACTICE_TEXT_MAX];
    int colour = COLOR_PAIR(pos->message_bad ? PAIR_BAD : PAIR_GOOD);
    attron(colour);
    (void)snprintf(text, sizeof text, " %s%s", pos->message_bad ? "! " : "", pos->message);
    (void)put(row, 0, width, text);
    attroff(colour);
    (void)snprintf(
        text, sizeof text, " plug %s | agent %s%s%s%s | ruleset %lld", pos->unplugged ? "OUT" : "in",
        !pos->agent_there ? "away"
        : pos->state[0]   ? pos->state
                          : "there",
        pos->reason[0] ? " (" : "", pos->reason, pos->reason[0] ? ")" : "", (long long)pos->ruleset);
    attron(A_DIM);
    (void)put(row + 1, 0, width, text);
    attroff(A_DIM);
}

static void put_help(int height, int width)
{
    static const char *const lines[] = {
        " Every scan is bytes on a serial line, read by the agent; goods come back",
        " to this POS, cards and coupons stay with the agent.",
        "",
        " 1  g  y y y  h   a gold card, three yoghurts, chocolate: look at the screen",
        " 2  Enter Enter   the total is held, then paid: points are in the ledger",
        " 3  k  c c c c  p a card, coffee, and points as payment: asked at the hub",
        " 4  n             the plug is out: sell on; p now says what it needs",
        " 5  w  n  c       publish coffee week, plug in again: coffee is cheaper",
        "",
        " u f d b          what a cashier gets to read about cards that don't work",
        " o v z            coupon (once!), void, return: all of it goes back",
        "",
        " any key: back",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && (int)i + 1 < height; i++) {
        (void)put((int)i + 1, 0, width, lines[i]);
    }
}

void vn_practice_draw(const struct vn_practice *pos)
{
    int height = 0, width = 0;
    getmaxyx(stdscr, height, width);
    erase();
    put_title(pos, width);
    if (pos->help) {
        put_help(height, width);
        refresh();
        return;
    }
    bool wide = width >= RECEIPT_MIN + KEYS_WIDTH;
    int receipt_width = wide ? width - KEYS_WIDTH - 1 : width;
    int talk = height - 2, totals = talk - TOTAL_ROWS;
    if (totals > 1) {
        put_receipt(pos, 1, totals, receipt_width);
        put_totals(pos, totals, receipt_width);
    }
    if (wide) {
        mvvline(1, receipt_width, ACS_VLINE, talk - 1);
        put_keys(1, talk, receipt_width + 2);
    }
    if (talk > 0) {
        put_talk(pos, talk, width);
    }
    refresh();
}
