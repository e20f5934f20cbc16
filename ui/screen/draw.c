#include "ui/screen/draw.h"

#include <stdio.h>
#include <string.h>

struct canvas {
    SDL_Surface *surface;
    const struct vn_screen_model *model;
    const struct vn_screen_theme *theme;
    struct vn_screen_fonts *fonts;
    struct vn_screen_layout *layout;
    int scale; /* hundredths: 100 is the strip of 800x200 */
    int pad;
};

static int scaled(const struct canvas *c, int px)
{
    return px * c->scale / 100;
}

static void fill(const struct canvas *c, SDL_Rect box, SDL_Color colour)
{
    (void)SDL_FillRect(c->surface, &box, SDL_MapRGB(c->surface->format, colour.r, colour.g, colour.b));
}

static void put(const struct canvas *c, unsigned part, SDL_Rect box, const struct vn_screen_line *line)
{
    if (line->text[0] != '\0') {
        c->layout->boxes[part] = box;
        c->layout->inks[part] = vn_screen_text(c->fonts, c->surface, box, line);
    }
}

enum bar_cell { CELL_WHO, CELL_POINTS, CELL_HERE, CELL_NETWORK, CELLS };

struct bar_texts {
    const char *texts[CELLS];
    int widths[CELLS]; /* 0: empty */
    int size, gap;
};

static int measure_bar(const struct canvas *c, int size, struct bar_texts *out)
{
    int sum = out->texts[CELL_HERE][0] != '\0' ? c->pad : 0; /* half of it on each side of its field */
    for (unsigned i = 0; i < CELLS; i++) {
        bool bold = i != CELL_NETWORK || !c->model->online;
        bool there = out->texts[i][0] != '\0';
        out->widths[i] = there ? vn_screen_text_width(c->fonts, out->texts[i], bold, size) + 2 : 0;
        sum += there ? out->widths[i] + out->gap : 0;
    }
    out->size = size;
    return sum - out->gap;
}

/* All of the bar has one size, the largest at which it fits. Should it not fit at the least, the name gives way. */
static void fit_bar(const struct canvas *c, int width, struct bar_texts *out)
{
    int size = scaled(c, 16);
    int sum = measure_bar(c, size, out);
    while (sum > width && size > 9) {
        sum = measure_bar(c, --size, out);
    }
    int spare = out->widths[CELL_WHO];
    int over = sum > width ? sum - width : 0;
    out->widths[CELL_WHO] -= over < spare ? over : spare;
}

/* Who, the points, and on a field of its own how many of them can be used here; the network at the right. */
static void draw_bar(const struct canvas *c, SDL_Rect bar)
{
    static const unsigned parts[CELLS] = {VN_SCREEN_WHO, VN_SCREEN_POINTS, VN_SCREEN_HERE, VN_SCREEN_NETWORK};
    const struct vn_screen_model *m = c->model;
    struct bar_texts bt = {.texts = {m->who, m->points, m->here, m->network}, .gap = c->pad * 3 / 2};
    fill(c, bar, c->theme->bar.ground);
    fill(c, (SDL_Rect){bar.x, bar.y + bar.h - 1, bar.w, 1}, c->theme->rule);
    fit_bar(c, bar.w - 2 * c->pad, &bt);
    int x = bar.x + c->pad;
    for (unsigned i = 0; i < CELLS; i++) {
        SDL_Rect cell = {x, bar.y, bt.widths[i], bar.h - 1};
        struct vn_screen_line line = {
            bt.texts[i],       i != CELL_NETWORK || !m->online, bt.size, bt.size, 1, VN_SCREEN_LEFT,
            c->theme->bar.text};
        if (i == CELL_HERE && cell.w > 0) {
            int margin = bar.h / 8;
            fill(c, (SDL_Rect){x, bar.y + margin, cell.w + c->pad, bar.h - 1 - 2 * margin},
                 c->theme->tones[VN_TONE_WARN].ground);
            line.colour = c->theme->tones[VN_TONE_WARN].text;
            cell.x += c->pad / 2;
            x += c->pad;
        }
        cell.x = i == CELL_NETWORK ? bar.x + bar.w - c->pad - cell.w : cell.x;
        put(c, parts[i], cell, &line);
        x += cell.w > 0 ? cell.w + bt.gap : 0;
    }
}

/* The sign: what kind of message it is, without reading and without colour. */
static void draw_sign(const struct canvas *c, SDL_Rect field)
{
    static const char *const signs[] = {"i", "\u2713", "?", "!"};
    size_t tone = (size_t)c->model->tone < 4 ? (size_t)c->model->tone : 0;
    fill(c, field, c->theme->tones[tone].ground);
    const struct vn_screen_line line = {
        signs[tone], true, field.w * 7 / 10, 9, 1, VN_SCREEN_CENTRE, c->theme->tones[tone].text};
    (void)vn_screen_text(c->fonts, c->surface, field, &line);
}

/* To pay, large, and what was saved, at the right; returns the width that it took. */
static int draw_sum(const struct canvas *c, SDL_Rect area)
{
    const struct vn_screen_model *m = c->model;
    if (m->payable[0] == '\0' && m->saved[0] == '\0') {
        return 0;
    }
    int large = scaled(c, 28);
    int small = scaled(c, 16);
    int width = vn_screen_text_width(c->fonts, m->payable, true, large);
    int saved = vn_screen_text_width(c->fonts, m->saved, false, small);
    width = (width > saved ? width : saved) + 2;
    width = width > area.w * 2 / 5 ? area.w * 2 / 5 : width;
    int x = area.x + area.w - width;
    int top = m->saved[0] == '\0' ? area.h : area.h * 3 / 5;
    int bottom = area.h - top;
    if (top > large * 3 / 2) { /* room enough: both lines together, beside the main message */
        top = large * 3 / 2;
        bottom = m->saved[0] == '\0' ? 0 : small * 3 / 2;
        area.y += (area.h - top - bottom) / 2;
    }
    struct vn_screen_line line = {m->payable, true, large, 9, 1, VN_SCREEN_RIGHT, c->theme->page.text};
    put(c, VN_SCREEN_PAYABLE, (SDL_Rect){x, area.y, width, top}, &line);
    line = (struct vn_screen_line){m->saved, false, small, 9, 1, VN_SCREEN_RIGHT, c->theme->quiet.text};
    put(c, VN_SCREEN_SAVED, (SDL_Rect){x, area.y + top, width, bottom}, &line);
    return width + 2 * c->pad;
}

static void draw_body(const struct canvas *c, SDL_Rect body)
{
    const struct vn_screen_model *m = c->model;
    int count = (int)m->secondary_count;
    int small = scaled(c, 17);
    int row = small * 3 / 2;
    int below = row * count;
    int most = body.h * (count == 3 ? 62 : count == 2 ? 50 : 38) / 100;
    if (below > most) {
        below = most;
        row = below / count;
    }
    int high = body.h - below;
    int enough = scaled(c, 28) * 4; /* three lines; what is more goes above and below */
    SDL_Rect top = {body.x, body.y, body.w, high > enough ? enough : high};
    top.y += (body.h - below - top.h) / 2;
    int sum = draw_sum(c, top);
    struct vn_screen_line line = {m->main, true, scaled(c, 28), 9, 3, VN_SCREEN_LEFT, c->theme->page.text};
    put(c, VN_SCREEN_MAIN, (SDL_Rect){top.x, top.y, top.w - sum, top.h}, &line);
    for (int i = 0; i < count; i++) {
        line = (struct vn_screen_line){m->secondary[i],     false, small, 9, 1, VN_SCREEN_LEFT,
                                       c->theme->quiet.text};
        put(c, VN_SCREEN_FIRST_LINE + (unsigned)i, (SDL_Rect){body.x, top.y + top.h + row * i, body.w, row},
            &line);
    }
}

static void draw_actions(const struct canvas *c, SDL_Rect area)
{
    int count = (int)c->model->action_count;
    int gap = c->pad;
    int width = (area.w - gap * (count - 1)) / count;
    int widest = scaled(c, 260);
    width = width > widest ? widest : width;
    struct vn_screen_line line = {"", true, scaled(c, 19), 9, 2, VN_SCREEN_CENTRE, c->theme->button.text};
    for (int i = 0; i < count; i++) { /* one size for all of them */
        line.text = c->model->actions[i].label;
        line.size_max = vn_screen_text_size(c->fonts, (SDL_Rect){0, 0, width - gap, area.h}, &line);
    }
    line.size_min = line.size_max;
    for (int i = 0; i < count; i++) {
        SDL_Rect box = {area.x + (width + gap) * i, area.y, width, area.h};
        fill(c, box, c->theme->button.ground);
        SDL_Rect inner = {box.x + gap / 2, box.y, box.w - gap, box.h};
        line.text = c->model->actions[i].label;
        put(c, VN_SCREEN_FIRST_ACTION + (unsigned)i, inner, &line);
        c->layout->boxes[VN_SCREEN_FIRST_ACTION + i] = box;
    }
}

void vn_screen_draw(SDL_Surface *surface, const struct vn_screen_model *model,
                    const struct vn_screen_theme *theme, struct vn_screen_fonts *fonts,
                    struct vn_screen_layout *layout)
{
    memset(layout, 0, sizeof *layout);
    int w = surface->w;
    int h = surface->h;
    int wide = w * 100 / 800;
    int high = h * 100 / 200;
    int scale = wide < high ? wide + (high - wide) / 5 : high;
    struct canvas c = {surface, model, theme, fonts, layout, scale < 85 ? 85 : scale, 0};
    c.pad = scaled(&c, 10);

    fill(&c, (SDL_Rect){0, 0, w, h}, theme->page.ground);
    SDL_Rect bar = {0, 0, w, scaled(&c, 30)};
    draw_bar(&c, bar);
    int sign = scaled(&c, 56);
    draw_sign(&c, (SDL_Rect){0, bar.h, sign, h - bar.h});
    SDL_Rect inside = {sign + c.pad, bar.h + c.pad / 2, w - sign - 2 * c.pad, h - bar.h - c.pad};
    if (model->action_count > 0) {
        int target = scaled(&c, VN_SCREEN_TARGET_PX);
        target = target < VN_SCREEN_TARGET_PX ? VN_SCREEN_TARGET_PX : target;
        inside.h -= target + c.pad / 2;
        draw_actions(&c, (SDL_Rect){inside.x, inside.y + inside.h + c.pad / 2, inside.w, target});
    }
    draw_body(&c, inside);
}

enum vn_action vn_screen_hit(const struct vn_screen_layout *layout, const struct vn_screen_model *model,
                             int x, int y)
{
    const SDL_Point at = {x, y};
    for (unsigned i = 0; i < model->action_count; i++) {
        if (SDL_PointInRect(&at, &layout->boxes[VN_SCREEN_FIRST_ACTION + i])) {
            return model->actions[i].action;
        }
    }
    return VN_ACTION_NONE;
}
