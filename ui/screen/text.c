#include "ui/screen/text.h"

#include <SDL2/SDL_ttf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"

struct vn_screen_fonts {
    TTF_Font *faces[2]; /* plain, bold */
    int sizes[2];
};

static const char *const known_fonts[][2] = {
    {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
     "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"},
    {"/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
     "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf"},
    {"/usr/share/fonts/TTF/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf"},
    {"C:\\Windows\\Fonts\\segoeui.ttf", "C:\\Windows\\Fonts\\segoeuib.ttf"},
};

enum { FIRST_SIZE = 20 };

static bool open_pair(const char *plain, const char *bold, struct vn_screen_fonts *fonts)
{
    fonts->faces[0] = TTF_OpenFont(plain, FIRST_SIZE);
    fonts->faces[1] = fonts->faces[0] == NULL ? NULL : TTF_OpenFont(bold, FIRST_SIZE);
    if (fonts->faces[0] != NULL && fonts->faces[1] == NULL) {
        fonts->faces[1] = TTF_OpenFont(plain, FIRST_SIZE);
    }
    fonts->sizes[0] = FIRST_SIZE;
    fonts->sizes[1] = FIRST_SIZE;
    return fonts->faces[1] != NULL;
}

enum vn_status vn_screen_fonts_open(const char *path, struct vn_screen_fonts **out, struct vn_error *error)
{
    *out = NULL;
    if (TTF_Init() != 0) {
        return vn_fail(error, VN_IO, "the font library does not start: %s", TTF_GetError());
    }
    struct vn_screen_fonts *fonts = calloc(1, sizeof *fonts);
    if (fonts == NULL) {
        TTF_Quit();
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    bool good = path != NULL && open_pair(path, path, fonts);
    for (size_t i = 0; path == NULL && !good && i < sizeof known_fonts / sizeof *known_fonts; i++) {
        good = open_pair(known_fonts[i][0], known_fonts[i][1], fonts);
    }
    if (!good) {
        vn_screen_fonts_close(fonts);
        return vn_fail(error, VN_ABSENT, "no font at %s; install fonts-dejavu-core or give --font FILE",
                       path != NULL ? path : known_fonts[0][0]);
    }
    *out = fonts;
    return VN_OK;
}

void vn_screen_fonts_close(struct vn_screen_fonts *fonts)
{
    if (fonts == NULL) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (fonts->faces[i] != NULL) {
            TTF_CloseFont(fonts->faces[i]);
        }
    }
    free(fonts);
    TTF_Quit();
}

static TTF_Font *face(struct vn_screen_fonts *fonts, bool bold, int size)
{
    size_t which = bold ? 1 : 0;
    if (fonts->sizes[which] != size && TTF_SetFontSize(fonts->faces[which], size) == 0) {
        fonts->sizes[which] = size;
    }
    return fonts->faces[which];
}

int vn_screen_text_width(struct vn_screen_fonts *fonts, const char *text, bool bold, int size)
{
    int width = 0;
    return TTF_SizeUTF8(face(fonts, bold, size), text, &width, NULL) == 0 ? width : 0;
}

struct wrapped {
    char lines[VN_SCREEN_LINES_MAX][VN_PROMPT_TEXT_MAX + 4];
    unsigned count;
    bool cut;    /* the end is missing */
    bool broken; /* a line ends in the midst of a word */
};

/* A line may begin with the word after this blank: "%" and dashes belong to what stands before them, and a number to what it
 * counts. `blank` is not the first of its text. */
static bool breaks_at(const char *blank)
{
    static const char *const sticky[] = {"%", "- ", "\u2013 ", "\u2014 "};
    for (size_t i = 0; i < sizeof sticky / sizeof *sticky; i++) {
        if (strncmp(blank + 1, sticky[i], strlen(sticky[i])) == 0) {
            return false;
        }
    }
    return *blank == ' ' && (blank[-1] < '0' || blank[-1] > '9');
}

/* Bytes of `text` that fit into `width`: up to the last blank if possible, whole characters otherwise. */
static size_t fitting(TTF_Font *font, const char *text, int width)
{
    char part[VN_PROMPT_TEXT_MAX];
    size_t len = strlen(text);
    if (len >= sizeof part) {
        len = sizeof part - 1;
    }
    size_t blank = 0;
    size_t best = 0;
    for (size_t end = 1; end <= len; end++) {
        if (end < len && ((unsigned char)text[end] & 0xc0U) == 0x80) {
            continue; /* in the midst of a character */
        }
        memcpy(part, text, end);
        part[end] = '\0';
        int used = 0;
        if (TTF_SizeUTF8(font, part, &used, NULL) != 0 || used > width) {
            return blank > 0 ? blank : best;
        }
        best = end;
        blank = end < len && breaks_at(text + end) ? end : blank;
    }
    return len;
}

static void ellipsize(TTF_Font *font, char line[VN_PROMPT_TEXT_MAX + 4], int width)
{
    static const char dots[] = "\u2026";
    size_t len = strlen(line);
    for (;;) {
        memcpy(line + len, dots, sizeof dots);
        int used = 0;
        if (len == 0 || (TTF_SizeUTF8(font, line, &used, NULL) == 0 && used <= width)) {
            return;
        }
        do {
            len--;
        } while (len > 0 && ((unsigned char)line[len] & 0xc0U) == 0x80);
    }
}

static void wrap(TTF_Font *font, const char *text, int width, unsigned lines_max, struct wrapped *out)
{
    out->count = 0;
    out->cut = false;
    out->broken = false;
    while (*text != '\0' && out->count < lines_max) {
        size_t take = fitting(font, text, width);
        if (take == 0) { /* not one character fits */
            out->cut = true;
            return;
        }
        char *line = out->lines[out->count++];
        memcpy(line, text, take);
        line[take] = '\0';
        text += take;
        out->broken = out->broken || (*text != ' ' && *text != '\0');
        text += *text == ' ' ? 1 : 0;
    }
    if (*text != '\0' && out->count > 0) {
        out->cut = true;
        ellipsize(font, out->lines[out->count - 1], width);
    }
}

/* The same number of lines, but of like length: a last line of one word looks like a mistake. */
static void balance(TTF_Font *font, const char *text, int width, struct wrapped *lines)
{
    struct wrapped narrower;
    int step = width / 32 + 1;
    for (int tried = width - step; lines->count > 1 && !lines->cut && tried > width / 3; tried -= step) {
        wrap(font, text, tried, lines->count, &narrower);
        if (narrower.cut || narrower.broken) {
            return;
        }
        *lines = narrower;
    }
}

static int place(enum vn_screen_align align, SDL_Rect box, int width)
{
    return align == VN_SCREEN_LEFT    ? box.x
           : align == VN_SCREEN_RIGHT ? box.x + box.w - width
                                      : box.x + (box.w - width) / 2;
}

static void blit_line(TTF_Font *font, SDL_Surface *surface, SDL_Rect box, int y, const char *text,
                      const struct vn_screen_line *line, struct vn_screen_ink *ink)
{
    SDL_Surface *drawn = text[0] == '\0' ? NULL : TTF_RenderUTF8_Blended(font, text, line->colour);
    if (drawn == NULL) {
        return;
    }
    SDL_Rect at = {place(line->align, box, drawn->w), y, drawn->w, drawn->h};
    SDL_Rect ink_box = at;
    (void)SDL_BlitSurface(drawn, NULL, surface, &at);
    SDL_FreeSurface(drawn);
    if (ink->box.w == 0) {
        ink->box = ink_box;
    } else {
        SDL_UnionRect(&ink->box, &ink_box, &ink->box);
    }
}

/* Wraps at the largest size from size_max down to size_min at which all fits; the smallest is kept, cut. */
static TTF_Font *fit(struct vn_screen_fonts *fonts, SDL_Rect box, const struct vn_screen_line *line,
                     int size_max, int size_min, unsigned lines_max, struct wrapped *out)
{
    TTF_Font *font = NULL;
    for (int size = size_max > size_min ? size_max : size_min; size >= size_min; size--) {
        font = face(fonts, line->bold, size);
        int rows = box.h / TTF_FontHeight(font);
        if (rows < 1 && size > size_min) {
            continue;
        }
        unsigned most = rows < 1 ? 1 : (unsigned)rows;
        wrap(font, line->text, box.w, most < lines_max ? most : lines_max, out);
        if (!out->cut && !out->broken) {
            break;
        }
    }
    return font;
}

/* One line that is a little smaller reads better than two. */
static TTF_Font *shape(struct vn_screen_fonts *fonts, SDL_Rect box, const struct vn_screen_line *line,
                       struct wrapped *out)
{
    unsigned lines_max = line->lines_max < VN_SCREEN_LINES_MAX ? line->lines_max : VN_SCREEN_LINES_MAX;
    int least = line->size_max * 17 / 20;
    least = least < line->size_min ? line->size_min : least;
    TTF_Font *font = fit(fonts, box, line, line->size_max, least, 1, out);
    if (out->cut || out->broken || out->count == 0 || TTF_FontHeight(font) > box.h) {
        font = fit(fonts, box, line, line->size_max, line->size_min, lines_max, out);
        balance(font, line->text, box.w, out);
    }
    return font;
}

int vn_screen_text_size(struct vn_screen_fonts *fonts, SDL_Rect box, const struct vn_screen_line *line)
{
    struct wrapped wrapped = {.count = 0};
    if (line->text[0] != '\0' && box.w > 0 && box.h > 0) {
        (void)shape(fonts, box, line, &wrapped);
        return fonts->sizes[line->bold ? 1 : 0];
    }
    return line->size_max;
}

struct vn_screen_ink vn_screen_text(struct vn_screen_fonts *fonts, SDL_Surface *surface, SDL_Rect box,
                                    const struct vn_screen_line *line)
{
    struct vn_screen_ink ink = {{box.x, box.y, 0, 0}, false};
    struct wrapped wrapped = {.count = 0};
    if (line->text[0] == '\0' || box.w <= 0 || box.h <= 0) {
        return ink;
    }
    TTF_Font *font = shape(fonts, box, line, &wrapped);
    ink.cut = wrapped.cut;
    int step = TTF_FontHeight(font);
    int y = box.y + (box.h - step * (int)wrapped.count) / 2;
    SDL_Rect before;
    SDL_GetClipRect(surface, &before);
    (void)SDL_SetClipRect(surface, &box);
    for (unsigned i = 0; i < wrapped.count; i++) {
        blit_line(font, surface, box, y + step * (int)i, wrapped.lines[i], line, &ink);
    }
    (void)SDL_SetClipRect(surface, &before);
    return ink;
}
