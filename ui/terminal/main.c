/* verno-screen-text: the cashier's screen on a text terminal. Draws what the agent says, sends what is
 * chosen, keeps nothing. */
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ui/feed/feed.h"
#include "ui/prompt/texts.h"
#include "ui/terminal/draw.h"

static const char usage[] =
    "verno-screen-text: the cashier's screen on a text terminal\n"
    "\n"
    "  --socket PATH    the agent's local API (default /var/lib/verno/pos.sock)\n"
    "  --locale NAME    language while the agent is away: en, sr, sr@latin, pl, ru (default en)\n"
    "  --help, --version\n"
    "\n"
    "Keys 1 to 4 or F1 to F4 choose. Ctrl-C ends.\n"
    "Exit codes: 0 ended by signal or Ctrl-C, whether or not the agent was there; 2 wrong usage;\n"
    "3 no terminal; 1 anything else.\n";

struct screen {
    uv_loop_t loop;
    uv_poll_t keys;
    uv_signal_t signals[3];
    struct vn_screen_feed *feed;
    struct vn_screen_model model;
    bool have_model;
};

static void on_model(void *ctx, const struct vn_screen_model *model)
{
    struct screen *screen = ctx;
    screen->model = *model;
    screen->have_model = true;
    vn_terminal_draw(&screen->model);
}

static void stop(struct screen *screen)
{
    vn_screen_feed_destroy(screen->feed);
    screen->feed = NULL;
    (void)uv_poll_stop(&screen->keys);
    if (uv_is_closing((uv_handle_t *)&screen->keys)) {
        return;
    }
    uv_close((uv_handle_t *)&screen->keys, NULL);
    for (size_t i = 0; i < sizeof screen->signals / sizeof *screen->signals; i++) {
        uv_close((uv_handle_t *)&screen->signals[i], NULL);
    }
}

static void on_keys(uv_poll_t *poll, int status, int events)
{
    struct screen *screen = poll->data;
    (void)events;
    int key = status < 0 ? ERR : getch();
    if (key == ERR) { /* the terminal is gone: nothing to draw on, nobody to read it */
        stop(screen);
        return;
    }
    for (; key != ERR; key = getch()) {
        enum vn_action action =
            screen->have_model ? vn_terminal_action_of(&screen->model, key) : VN_ACTION_NONE;
        if (action != VN_ACTION_NONE && vn_screen_feed_tap(screen->feed, action) != VN_OK) {
            (void)beep();
        }
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct screen *screen = handle->data;
    if (number != SIGWINCH) {
        stop(screen);
        return;
    }
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        (void)resizeterm(size.ws_row, size.ws_col);
    }
    if (screen->have_model) {
        (void)clearok(stdscr, TRUE);
        vn_terminal_draw(&screen->model);
    }
}

static int run(const char *socket_path, const char *locale)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGWINCH};
    struct screen screen = {0};
    struct vn_error error = {0};
    if (uv_loop_init(&screen.loop) != 0) {
        return 1;
    }
    int code = uv_poll_init(&screen.loop, &screen.keys, STDIN_FILENO);
    for (size_t i = 0; code == 0 && i < sizeof numbers / sizeof *numbers; i++) {
        code = uv_signal_init(&screen.loop, &screen.signals[i]);
        screen.signals[i].data = &screen;
        code = code == 0 ? uv_signal_start(&screen.signals[i], on_signal, numbers[i]) : code;
    }
    if (code != 0) {
        return 1;
    }
    screen.keys.data = &screen;
    (void)uv_poll_start(&screen.keys, UV_READABLE, on_keys);
    const struct vn_screen_feed_options options = {
        .socket_path = socket_path, .locale = locale, .show = on_model, .ctx = &screen};
    code = vn_screen_feed_create(&screen.loop, &options, &screen.feed, &error) == VN_OK ? 0 : 1;
    if (code != 0) {
        stop(&screen);
    }
    (void)uv_run(&screen.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&screen.loop);
    return code;
}

/* Cyrillic on any terminal: most tills have no locale set, and C.UTF-8 is always there. */
static void choose_charset(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

static int wrong(const char *word)
{
    (void)fprintf(stderr,
                  "verno-screen-text: this can't be understood: '%s'; verno-screen-text --help tells more\n",
                  word);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"socket", required_argument, NULL, 's'},
                                          {"locale", required_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    const char *socket_path = "/var/lib/verno/pos.sock";
    const char *locale = "en";
    opterr = 0;
    for (int option = 0; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 's': socket_path = optarg; break;
        case 'l':
            locale = optarg;
            if (!vn_texts_speak(locale)) {
                return wrong(locale);
            }
            break;
        case 'h': (void)fputs(usage, stdout); return 0;
        case 'v': (void)puts("verno-screen-text " VERNO_VERSION); return 0;
        default: return wrong(argv[optind - 1]);
        }
    }
    if (optind < argc) {
        return wrong(argv[optind]);
    }
    choose_charset();
    SCREEN *terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? newterm(NULL, stdout, stdin) : NULL;
    if (terminal == NULL) {
        (void)fputs("verno-screen-text: needs a terminal that ncurses knows (TERM).\n", stderr);
        return 3;
    }
    (void)cbreak();
    (void)noecho();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)curs_set(0);
    vn_terminal_prepare();
    int code = run(socket_path, locale);
    (void)endwin();
    delscreen(terminal);
    return code;
}
