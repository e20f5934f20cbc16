/* How a strip stays over a full-screen POS under X11, with whatever window manager, or none: override-redirect
 * takes it out of the manager's hands, so it is neither hidden nor given the focus; but whoever is mapped or
 * raised later lies above it. So it listens to the root window and raises itself again - not more often than
 * VN_SCREEN_RAISE_MS, because another program may do the same.
 * SDL gives the focus to a window that it shows when there is no window manager; therefore it is mapped past
 * SDL, and raised past SDL. */
#include "ui/screen/window.h"

#include <SDL2/SDL.h>
#include <SDL2/SDL_syswm.h>
#include <stdlib.h>
#include <string.h>

#include "ui/screen/draw.h"

struct vn_screen_window {
    struct vn_screen_window_options options;
    struct vn_screen_fonts *fonts;
    SDL_Window *sdl;
    Display *display; /* NULL: not X11 */
    Window own;
    uv_prepare_t before_wait;
    uv_poll_t readable;
    uv_timer_t timer; /* X11: a raise that has to wait; otherwise: asking SDL */
    uint64_t raised_ms;
    unsigned open_handles;
    struct vn_screen_model model;
    struct vn_screen_layout layout;
    bool have_model;
};

static void paint(struct vn_screen_window *window)
{
    SDL_Surface *surface = SDL_GetWindowSurface(window->sdl);
    if (surface == NULL) {
        return;
    }
    if (window->have_model) {
        vn_screen_draw(surface, &window->model, &vn_screen_theme_light, window->fonts, &window->layout);
    } else {
        (void)SDL_FillRect(surface, NULL, SDL_MapRGB(surface->format, 255, 255, 255));
    }
    (void)SDL_UpdateWindowSurface(window->sdl);
    if (window->display != NULL) {
        XFlush(window->display);
    }
}

static void on_raise_later(uv_timer_t *timer);

static void raise_window(struct vn_screen_window *window)
{
    uint64_t now = uv_now(window->timer.loop);
    uint64_t since = now - window->raised_ms;
    if (since >= VN_SCREEN_RAISE_MS) {
        window->raised_ms = now;
        XRaiseWindow(window->display, window->own);
        XFlush(window->display);
    } else if (!uv_is_active((uv_handle_t *)&window->timer)) {
        (void)uv_timer_start(&window->timer, on_raise_later, VN_SCREEN_RAISE_MS - since, 0);
    }
}

static void on_raise_later(uv_timer_t *timer)
{
    raise_window(timer->data);
}

static void on_x11(struct vn_screen_window *window, const XEvent *event)
{
    Window other = event->type == MapNotify         ? event->xmap.window
                   : event->type == ConfigureNotify ? event->xconfigure.window
                                                    : window->own;
    if (other != window->own) {
        raise_window(window);
    }
}

static void on_event(struct vn_screen_window *window, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_QUIT: window->options.closed(window->options.ctx); break;
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_EXPOSED ||
            event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED) {
            paint(window);
        }
        break;
    case SDL_MOUSEBUTTONDOWN:
        if (event->button.button == SDL_BUTTON_LEFT && window->have_model) {
            enum vn_action action =
                vn_screen_hit(&window->layout, &window->model, event->button.x, event->button.y);
            if (action != VN_ACTION_NONE) {
                window->options.tap(window->options.ctx, action);
            }
        }
        break;
    case SDL_SYSWMEVENT:
        if (window->display != NULL && event->syswm.msg->subsystem == SDL_SYSWM_X11) {
            on_x11(window, &event->syswm.msg->msg.x11.event);
        }
        break;
    default: break;
    }
}

/* Handling an event may read further ones into Xlib's own queue, where the descriptor no longer tells of
 * them: the loop may wait only when that queue is empty too. */
static void drain(struct vn_screen_window *window)
{
    SDL_Event event;
    do {
        while (window->sdl != NULL && SDL_PollEvent(&event) != 0) {
            on_event(window, &event);
        }
    } while (window->sdl != NULL && window->display != NULL &&
             XEventsQueued(window->display, QueuedAfterFlush) > 0);
}

static void on_before_wait(uv_prepare_t *prepare)
{
    drain(prepare->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events; /* on_before_wait reads: this only wakes the loop */
}

static void on_poll_time(uv_timer_t *timer)
{
    (void)timer; /* likewise */
}

static void watch_root(struct vn_screen_window *window)
{
    Window root = DefaultRootWindow(window->display);
    XWindowAttributes attributes;
    long mask =
        XGetWindowAttributes(window->display, root, &attributes) != 0 ? attributes.your_event_mask : 0;
    XSelectInput(window->display, root, mask | SubstructureNotifyMask);
    (void)SDL_EventState(SDL_SYSWMEVENT, SDL_ENABLE);
    XMapRaised(window->display, window->own);
    XFlush(window->display);
}

static enum vn_status create_window(struct vn_screen_window *window, struct vn_error *error)
{
    (void)SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    (void)SDL_SetHint(SDL_HINT_X11_FORCE_OVERRIDE_REDIRECT, "1");
    (void)SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    (void)SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    (void)SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_Rect screen;
    if (SDL_Init(SDL_INIT_VIDEO) != 0 || SDL_GetDisplayBounds(0, &screen) != 0) {
        return vn_fail(error, VN_ABSENT, "no display: %s", SDL_GetError());
    }
    const char *driver =
        SDL_GetCurrentVideoDriver(); /* SDL goes on without a display, where nobody would see it */
    if (getenv("SDL_VIDEODRIVER") == NULL && driver != NULL &&
        (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0 || strcmp(driver, "evdev") == 0)) {
        return vn_fail(error, VN_ABSENT, "the display can't be opened; check DISPLAY and the rights to it");
    }
    int width = window->options.width < screen.w ? window->options.width : screen.w;
    int height = window->options.height < screen.h ? window->options.height : screen.h;
    int x = screen.x + (screen.w - width) / 2;
    int y = window->options.edge == VN_SCREEN_TOP ? screen.y : screen.y + screen.h - height;
    window->sdl = SDL_CreateWindow("Verno", x, y, width, height, SDL_WINDOW_HIDDEN | SDL_WINDOW_BORDERLESS);
    if (window->sdl == NULL) {
        return vn_fail(error, VN_IO, "no window: %s", SDL_GetError());
    }
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (SDL_GetWindowWMInfo(window->sdl, &info) && info.subsystem == SDL_SYSWM_X11) {
        window->display = info.info.x11.display;
        window->own = info.info.x11.window;
        watch_root(window);
    } else {
        SDL_ShowWindow(window->sdl);
    }
    return VN_OK;
}

static int start_handles(uv_loop_t *loop, struct vn_screen_window *window)
{
    (void)uv_prepare_init(loop, &window->before_wait); /* this and the timer cannot fail */
    (void)uv_timer_init(loop, &window->timer);
    window->open_handles = 2;
    window->before_wait.data = window;
    window->timer.data = window;
    window->readable.data = window;
    (void)uv_prepare_start(&window->before_wait, on_before_wait);
    if (window->display == NULL) {
        return uv_timer_start(&window->timer, on_poll_time, VN_SCREEN_POLL_MS, VN_SCREEN_POLL_MS);
    }
    int code = uv_poll_init(loop, &window->readable, ConnectionNumber(window->display));
    if (code != 0) {
        return code;
    }
    window->open_handles = 3;
    return uv_poll_start(&window->readable, UV_READABLE, on_readable);
}

enum vn_status vn_screen_window_open(uv_loop_t *loop, const struct vn_screen_window_options *options,
                                     struct vn_screen_window **out, struct vn_error *error)
{
    *out = NULL;
    struct vn_screen_window *window = calloc(1, sizeof *window);
    if (window == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    window->options = *options;
    enum vn_status status = vn_screen_fonts_open(options->font, &window->fonts, error);
    if (status == VN_OK) {
        status = create_window(window, error);
    }
    if (status == VN_OK && start_handles(loop, window) != 0) {
        status = vn_fail(error, VN_IO, "the event loop does not take the display");
    }
    if (status != VN_OK) {
        vn_screen_window_close(window);
        return status;
    }
    paint(window);
    *out = window;
    return VN_OK;
}

void vn_screen_window_show(struct vn_screen_window *window, const struct vn_screen_model *model)
{
    window->model = *model;
    window->have_model = true;
    paint(window);
}

static void on_closed(uv_handle_t *handle)
{
    struct vn_screen_window *window = handle->data;
    if (--window->open_handles == 0) {
        free(window);
    }
}

void vn_screen_window_close(struct vn_screen_window *window)
{
    if (window == NULL) {
        return;
    }
    vn_screen_fonts_close(window->fonts);
    if (window->sdl != NULL) {
        SDL_DestroyWindow(window->sdl);
        window->sdl = NULL;
    }
    unsigned handles = window->open_handles;
    if (handles == 3) {
        (void)uv_poll_stop(&window->readable); /* before the descriptor goes */
        uv_close((uv_handle_t *)&window->readable, on_closed);
    }
    SDL_Quit();
    if (handles == 0) {
        free(window);
        return;
    }
    uv_close((uv_handle_t *)&window->before_wait, on_closed);
    uv_close((uv_handle_t *)&window->timer, on_closed);
}
