/* verno-screen: the cashier's window. Draws what the agent says, sends what is tapped, keeps nothing.
 * With --picture it draws one model into a PNG file, without display or agent. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/feed/feed.h"
#include "ui/prompt/texts.h"
#include "ui/screen/draw.h"
#include "ui/screen/picture.h"
#include "ui/screen/window.h"

static const char usage[] =
    "verno-screen: the cashier's window\n"
    "\n"
    "  --socket PATH    the agent's local API (default /var/lib/verno/pos.sock)\n"
    "  --size WxH       size in pixels, 480x160 to 7680x4320 (default 800x200)\n"
    "  --edge EDGE      bottom or top (default bottom)\n"
    "  --font FILE      a TrueType font (default DejaVu Sans)\n"
    "  --locale NAME    language while the agent is away: en, sr, sr@latin, pl, ru (default en)\n"
    "  --picture FILE.png --model FILE.json\n"
    "                   draw one screen model into a picture and end; needs no display\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 ended by a signal, whether or not the agent was there; 2 wrong usage;\n"
    "3 no display or no font; 1 anything else.\n";

struct options {
    const char *socket_path, *font, *locale, *picture, *model;
    int width, height;
    enum vn_screen_edge edge;
};

struct screen {
    uv_loop_t loop;
    uv_signal_t signals[2];
    struct vn_screen_window *window;
    struct vn_screen_feed *feed;
    bool stopping;
};

static int complain(const struct vn_error *error)
{
    (void)fprintf(stderr, "verno-screen: %s\n", error->text);
    return error->status == VN_ABSENT ? 3 : 1;
}

static void stop(struct screen *screen)
{
    if (screen->stopping) {
        return;
    }
    screen->stopping = true;
    vn_screen_feed_destroy(screen->feed);
    vn_screen_window_close(screen->window);
    for (size_t i = 0; i < sizeof screen->signals / sizeof *screen->signals; i++) {
        uv_close((uv_handle_t *)&screen->signals[i], NULL);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

static void on_closed(void *ctx)
{
    stop(ctx);
}

static void on_model(void *ctx, const struct vn_screen_model *model)
{
    const struct screen *screen = ctx;
    vn_screen_window_show(screen->window, model);
}

static void on_tap(void *ctx, enum vn_action action)
{
    const struct screen *screen = ctx;
    /* While the agent is away, or the last tap travels, a tap does nothing: the choice is still shown. */
    enum vn_status status = vn_screen_feed_tap(screen->feed, action);
    (void)status;
}

static int run(const struct options *options)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    struct screen screen = {.stopping = false};
    struct vn_error error = {0};
    if (getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL && getenv("SDL_VIDEODRIVER") == NULL) {
        (void)fputs(
            "verno-screen: there is no display here; verno-screen-text shows the same in a terminal.\n",
            stderr);
        return 3;
    }
    if (uv_loop_init(&screen.loop) != 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)uv_signal_init(&screen.loop, &screen.signals[i]);
        screen.signals[i].data = &screen;
        (void)uv_signal_start(&screen.signals[i], on_signal, numbers[i]);
    }
    const struct vn_screen_window_options look = {
        options->width, options->height, options->edge, options->font, on_tap, on_closed, &screen};
    const struct vn_screen_feed_options talk = {
        .socket_path = options->socket_path, .locale = options->locale, .show = on_model, .ctx = &screen};
    int code = 0;
    if (vn_screen_window_open(&screen.loop, &look, &screen.window, &error) != VN_OK ||
        vn_screen_feed_create(&screen.loop, &talk, &screen.feed, &error) != VN_OK) {
        code = complain(&error);
        if (screen.window == NULL && code == 3) {
            (void)fputs("verno-screen-text shows the same in a terminal.\n", stderr);
        }
        stop(&screen);
    }
    (void)uv_run(&screen.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&screen.loop);
    return code;
}

static enum vn_status read_model(const char *path, struct vn_screen_model *out, struct vn_error *error)
{
    static const size_t max = VN_SCREEN_LINE_MAX;
    char *text = malloc(max + 1);
    FILE *file = text == NULL ? NULL : fopen(path, "rb");
    if (file == NULL) {
        free(text);
        return vn_fail(error, VN_IO, "%s can't be read", path);
    }
    size_t len = fread(text, 1, max + 1, file);
    (void)fclose(file);
    enum vn_status status = vn_screen_model_decode(vn_view_of(text, len), out, error);
    free(text);
    return status;
}

static int draw_picture(const struct options *options)
{
    struct vn_error error = {0};
    struct vn_screen_model model;
    struct vn_screen_fonts *fonts = NULL;
    struct vn_screen_layout layout;
    if (read_model(options->model, &model, &error) != VN_OK ||
        vn_screen_fonts_open(options->font, &fonts, &error) != VN_OK) {
        return complain(&error);
    }
    int code = 1;
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormat(0, options->width, options->height, 24, SDL_PIXELFORMAT_RGB24);
    if (surface != NULL) {
        vn_screen_draw(surface, &model, &vn_screen_theme_light, fonts, &layout);
        code = vn_screen_picture_write(surface, options->picture, &error) == VN_OK ? 0 : complain(&error);
        SDL_FreeSurface(surface);
    }
    vn_screen_fonts_close(fonts);
    return code;
}

static bool read_size(const char *text, struct options *out)
{
    char *end = NULL;
    long width = strtol(text, &end, 10);
    if (*end != 'x') {
        return false;
    }
    long height = strtol(end + 1, &end, 10);
    out->width = (int)width;
    out->height = (int)height;
    return *end == '\0' && width >= VN_SCREEN_WIDTH_MIN && width <= 7680 && height >= VN_SCREEN_HEIGHT_MIN &&
           height <= 4320;
}

/* 0: go on; otherwise the exit code plus one. */
static int read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"socket", required_argument, NULL, 's'}, {"size", required_argument, NULL, 'z'},
        {"edge", required_argument, NULL, 'e'},   {"font", required_argument, NULL, 'f'},
        {"locale", required_argument, NULL, 'l'}, {"picture", required_argument, NULL, 'p'},
        {"model", required_argument, NULL, 'm'},  {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0}};
    bool good = true;
    opterr = 0;
    for (int option = 0; good && (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 's': out->socket_path = optarg; break;
        case 'z': good = read_size(optarg, out); break;
        case 'e':
            good = strcmp(optarg, "top") == 0 || strcmp(optarg, "bottom") == 0;
            out->edge = optarg[0] == 't' ? VN_SCREEN_TOP : VN_SCREEN_BOTTOM;
            break;
        case 'f': out->font = optarg; break;
        case 'l':
            out->locale = optarg;
            good = vn_texts_speak(optarg);
            break;
        case 'p': out->picture = optarg; break;
        case 'm': out->model = optarg; break;
        case 'h': (void)fputs(usage, stdout); return 1;
        case 'v': (void)puts("verno-screen " VERNO_VERSION); return 1;
        default: good = false; break;
        }
    }
    if (!good || optind < argc || (out->picture == NULL) != (out->model == NULL)) {
        const char *word = optind < argc && good ? argv[optind] : argv[argc > 1 ? optind - 1 : 0];
        bool pair = good && optind >= argc;
        (void)fprintf(stderr, "verno-screen: %s%s%s; verno-screen --help tells more\n",
                      pair ? "--picture and --model go together" : "this can't be understood: '",
                      pair ? "" : word, pair ? "" : "'");
        return 3;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {.socket_path = "/var/lib/verno/pos.sock",
                              .locale = "en",
                              .width = 800,
                              .height = 200,
                              .edge = VN_SCREEN_BOTTOM};
    int code = read_options(argc, argv, &options);
    if (code != 0) {
        return code - 1;
    }
    return options.picture != NULL ? draw_picture(&options) : run(&options);
}
