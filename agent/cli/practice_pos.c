#include "agent/cli/practice_pos.h"
#include "agent/cli/options.h"

#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *socket, *scanner, *catalogue, *codes, *cable, *hub_admin, *promotion, *pos;
    int64_t first_receipt;
};

static const char usage[] =
    "Usage: verno practice-pos --socket PATH --scanner PATH --catalogue FILE\n"
    "           --codes FILE [OPTIONS]\n\n"
    "A POS in the terminal, to see what the agent does. toolchain/demo starts it with\n"
    "all that it needs.\n\n"
    "  --socket PATH      the agent's local API (pos.sock)\n"
    "  --scanner PATH     where to put the link to the scanner's line, as agent.conf\n"
    "                     names it\n"
    "  --catalogue FILE   goods with prices, one JSON document a line\n"
    "  --codes FILE       practice.json: what the keys scan\n"
    "  --cable FILE       this file exists while the network plug is out\n"
    "  --hub-admin PATH   the hub's admin socket, for publishing\n"
    "  --promotion FILE   the ruleset that 'w' publishes\n"
    "  --pos ID           the POS's name in sale keys (1)\n"
    "  --first-receipt N  the first receipt's number (1)\n\n"
    "Exit status: 0 done; 1 it failed, and a sentence says why; 2 wrong usage.\n";

static const char *given_or(const char *given, const char *otherwise)
{
    return given == NULL ? otherwise : given;
}

/* 0, or the exit status after a sentence. */
static int judge(struct options *out, const char *first_receipt)
{
    out->cable = given_or(out->cable, "");
    out->hub_admin = given_or(out->hub_admin, "");
    out->promotion = given_or(out->promotion, "");
    out->pos = given_or(out->pos, "1");
    if (!out->socket || !out->scanner || !out->catalogue || !out->codes) {
        return vn_options_wrong("practice-pos", "--socket, --scanner, --catalogue and --codes are all needed",
                                NULL);
    }
    if (strlen(out->pos) >= VN_ID_MAX) {
        return vn_options_wrong("practice-pos", "--pos wants a shorter name than", out->pos);
    }
    return first_receipt == NULL || vn_options_number(first_receipt, 1, &out->first_receipt)
               ? 0
               : vn_options_wrong("practice-pos", "--first-receipt wants a number from 1 up, not",
                                  first_receipt);
}

/* False: the program ends with *exit_code. */
static bool read_options(int argc, char **argv, struct options *out, int *exit_code)
{
    const char *first_receipt = NULL;
    *out = (struct options){.first_receipt = 1};
    const struct vn_option options[] = {
        {.name = "socket", .value = &out->socket},         {.name = "scanner", .value = &out->scanner},
        {.name = "catalogue", .value = &out->catalogue},   {.name = "codes", .value = &out->codes},
        {.name = "cable", .value = &out->cable},           {.name = "hub-admin", .value = &out->hub_admin},
        {.name = "promotion", .value = &out->promotion},   {.name = "pos", .value = &out->pos},
        {.name = "first-receipt", .value = &first_receipt}};
    const struct vn_command_line line = {"practice-pos", usage, options, sizeof options / sizeof options[0],
                                         NULL};
    if (!vn_options_read(&line, argc, argv, exit_code)) {
        return false;
    }
    *exit_code = judge(out, first_receipt);
    return *exit_code == 0;
}

/* --- keys ------------------------------------------------------------------------------------------------------------ */

struct key {
    int key;
    const char *scan; /* what it scans, by its name in practice.json; NULL: `act` */
    void (*act)(struct vn_practice *pos);
};

static void scan_any(struct vn_practice *pos)
{
    vn_practice_scan_item(pos, NULL);
}

static void show_help(struct vn_practice *pos)
{
    pos->help = true;
}

static void quit(struct vn_practice *pos)
{
    pos->quit = true;
}

static const struct key keys[] = {
    {'i', NULL, scan_any},
    {'c', "coffee", NULL},
    {'m', "milk", NULL},
    {'y', "yoghurt", NULL},
    {'h', "chocolate", NULL},
    {'t', "cigarettes", NULL},
    {'k', "known", NULL},
    {'g', "gold", NULL},
    {'r', "qr", NULL},
    {'u', "unknown", NULL},
    {'f', "foreign", NULL},
    {'d', "damaged", NULL},
    {'b', "payment", NULL},
    {'o', "coupon", NULL},
    {'\n', NULL, vn_practice_total},
    {'\r', NULL, vn_practice_total},
    {KEY_ENTER, NULL, vn_practice_total},
    {'x', NULL, vn_practice_cancel},
    {'p', NULL, vn_practice_points},
    {'v', NULL, vn_practice_void},
    {'z', NULL, vn_practice_return},
    {'n', NULL, vn_practice_plug},
    {'w', NULL, vn_practice_publish},
    {'?', NULL, show_help},
    {'q', NULL, quit},
};

static void press(struct vn_practice *pos, int key)
{
    if (pos->help) {
        pos->help = key == KEY_RESIZE;
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].key == key && keys[i].scan) {
            vn_practice_scan_code(pos, keys[i].scan);
        } else if (keys[i].key == key) {
            keys[i].act(pos);
        }
    }
}

/* --- the loop ------------------------------------------------------------------------------------------------------- */

static void on_event(void *ctx, struct vn_view line)
{
    struct vn_practice *pos = ctx;
    vn_practice_there(pos);
    vn_practice_event(pos, line);
}

static void on_event_end(void *ctx, enum vn_status status)
{
    struct vn_practice *pos = ctx;
    if (pos->agent_there) {
        vn_practice_say(pos, true, "The agent is away (%s): sell without loyalty", vn_status_name(status));
    }
    pos->agent_there = false;
    pos->follow_due = true;
    pos->follow_at_ns = vn_clock_mono_ns(&pos->clock) + VN_PRACTICE_RETRY_MS * INT64_C(1000000);
}

static void follow(struct vn_practice *pos)
{
    struct vn_error error;
    struct vn_client_follower follower = {on_event, on_event_end, pos};
    pos->follow_due = false;
    if (vn_client_follow(pos->client, "/v1/events", &follower, &error) != VN_OK) {
        on_event_end(pos, error.status);
    } else {
        pos->status_due = true;
    }
}

static int wait_ms(const struct vn_practice *pos)
{
    int wait = vn_client_wait_ms(pos->client);
    if (pos->follow_due) {
        int64_t until = (pos->follow_at_ns - vn_clock_mono_ns(&pos->clock)) / 1000000 + 1;
        int retry = until < 0 ? 0 : (int)until;
        wait = wait < 0 || retry < wait ? retry : wait;
    }
    return pos->scan_count > 0 || pos->status_due ? 0 : wait;
}

/* A terminal that is gone is readable for ever and has nothing to read: without this the POS would turn in circles. */
static bool input_ended(const struct pollfd *input)
{
    int waiting = 0;
    if ((input->revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        return true;
    }
    return (input->revents & POLLIN) != 0 && (ioctl(input->fd, FIONREAD, &waiting) != 0 || waiting == 0);
}

static void run(struct vn_practice *pos, int signals)
{
    while (!pos->quit) {
        vn_client_pump(pos->client, 0);
        if (pos->follow_due && vn_clock_mono_ns(&pos->clock) >= pos->follow_at_ns) {
            follow(pos);
            vn_client_pump(pos->client, 0);
        }
        vn_practice_work(pos);
        vn_practice_draw(pos);
        struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0},
                               {vn_client_fd(pos->client), POLLIN, 0},
                               {pos->scanner.master, POLLIN, 0},
                               {signals, POLLIN, 0}};
        (void)poll(fds, sizeof fds / sizeof fds[0], wait_ms(pos));
        if (fds[3].revents != 0 || input_ended(&fds[0])) {
            pos->quit = true;
        }
        if (fds[2].revents) {
            vn_practice_scanner_drain(&pos->scanner);
        }
        int key;
        while ((key = getch()) != ERR) {
            press(pos, key);
        }
    }
}

static void open_screen(void)
{
    (void)initscr();
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)curs_set(0);
    if (has_colors()) {
        (void)start_color();
        (void)use_default_colors();
        (void)init_pair(1, COLOR_GREEN, -1);
        (void)init_pair(2, COLOR_YELLOW, -1);
        (void)init_pair(3, COLOR_CYAN, -1);
    }
}

/* Ctrl-C and friends come as a descriptor, so that the link and the terminal are always put back. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static enum vn_status set_up(struct vn_practice *pos, const struct options *options, struct vn_error *error)
{
    pos->clock = vn_clock_system();
    pos->scanner.master = pos->scanner.slave = -1;
    pos->cable_path = options->cable;
    pos->hub_admin_path = options->hub_admin;
    pos->promotion_path = options->promotion;
    pos->pos = options->pos;
    pos->next_receipt = options->first_receipt;
    pos->answer_us = VN_PRACTICE_NO_ANSWER;
    pos->draw = (uint64_t)vn_clock_mono_ns(&pos->clock);
    pos->unplugged = pos->cable_path[0] != '\0' && access(pos->cable_path, F_OK) == 0;
    vn_buf_init(&pos->reply, VN_CLIENT_REPLY_MAX);
    vn_practice_say(pos, false, "Good morning. ? helps.");
    pos->outcome = calloc(1, sizeof *pos->outcome);
    if (!pos->outcome) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_practice_data_read(&pos->data, options->catalogue, options->codes, error);
    if (status == VN_OK) {
        status = vn_client_open(options->socket, &pos->client, error);
    }
    if (status == VN_OK) {
        status = vn_practice_scanner_open(&pos->scanner, options->scanner, error);
    }
    return status;
}

int vn_practice_pos_main(int argc, char **argv)
{
    struct options options;
    int exit_code = 0;
    if (!read_options(argc, argv, &options, &exit_code)) {
        return exit_code;
    }
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
        (void)fprintf(stderr, "verno practice-pos: it needs a terminal to draw on and to read keys from\n");
        return 1;
    }
    if (!setlocale(LC_ALL, "") || MB_CUR_MAX < 2) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
    struct vn_practice *pos = calloc(1, sizeof *pos);
    struct vn_error error = {.status = VN_NOMEM, .text = "out of memory"};
    int signals = open_signals();
    if (pos && set_up(pos, &options, &error) == VN_OK && signals >= 0) {
        open_screen();
        pos->follow_due = true;
        run(pos, signals);
        (void)endwin();
    } else {
        (void)fprintf(stderr, "verno practice-pos: %s\n", error.text);
        exit_code = 1;
    }
    if (pos) {
        vn_practice_scanner_close(&pos->scanner);
        vn_client_close(pos->client);
        vn_practice_data_deinit(&pos->data);
        vn_buf_deinit(&pos->reply);
        free(pos->outcome);
        json_decref(pos->names);
        free(pos);
    }
    if (signals >= 0) {
        close(signals);
    }
    return exit_code;
}
