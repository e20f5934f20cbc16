/* Models drawn on surfaces of all sizes and languages: nothing clipped, targets large enough, colours with
 * contrast. Measured, not looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/folder.h"
#include "ui/screen/draw.h"
#include "ui/screen/picture.h"

static const char *const locales[] = {"en", "sr", "sr@latin", "pl", "ru"};
static const int sizes[][2] = {{VN_SCREEN_WIDTH_MIN, VN_SCREEN_HEIGHT_MIN},
                               {480, 272},
                               {800, 200},
                               {800, 480},
                               {1024, 160},
                               {1920, 1080}};

static int setup(void **state)
{
    struct vn_screen_fonts *fonts = NULL;
    struct vn_error error;
    if (vn_screen_fonts_open(NULL, &fonts, &error) != VN_OK) {
        return -1;
    }
    *state = fonts;
    return 0;
}

static int teardown(void **state)
{
    vn_screen_fonts_close(*state);
    return 0;
}

/* The fullest sale: all second lines, three actions, large sums. */
static struct vn_session full_session(void)
{
    struct vn_session s = {
        .phase = VN_SESSION_OPEN,
        .event = VN_SESSION_EVENT_BASKET,
        .offline_since_ms = INT64_C(1795784700000),
        .currency = "RSD",
        .currency_exponent = 2,
        .card = VN_SESSION_CARD_KNOWN,
        .first_name = "Александра",
        .tier = "Platinum",
        .balance = 999999,
        .available_here = 888888,
        .limit = VN_SESSION_LIMIT_ALONE,
        .spend_max = 999999,
        .spend_step = 1,
        .line_count = 30,
        .discount_minor = 999999,
        .payable_minor = 99999999,
        .points_earned = 99999,
        .expiring_points = 99999,
        .expiring_ms = INT64_C(1795784700000),
        .hint_count = 1,
        .hints = {{"Двадесет одсто на све млечне производе у новембру", VN_SESSION_MISSING_MONEY, 999999, 1}},
        .benefit_count = 1,
        .benefits = {{"Trzy kawy w cenie dwóch, każdy czwartek", 999999, 0}},
    };
    return s;
}

static void check_inks(const struct vn_screen_layout *layout, const SDL_Surface *surface)
{
    for (unsigned part = 0; part < VN_SCREEN_PARTS; part++) {
        const SDL_Rect *box = &layout->boxes[part];
        const SDL_Rect *ink = &layout->inks[part].box;
        if (box->w == 0) {
            continue;
        }
        assert_false(layout->inks[part].cut);
        assert_true(ink->w > 0 && ink->x >= box->x && ink->x + ink->w <= box->x + box->w);
        assert_true(ink->y >= box->y && ink->y + ink->h <= box->y + box->h);
        assert_true(box->x >= 0 && box->x + box->w <= surface->w && box->y >= 0 &&
                    box->y + box->h <= surface->h);
        for (unsigned other = 0; other < part; other++) {
            assert_false(SDL_HasIntersection(box, &layout->boxes[other]));
        }
    }
}

static void draw(struct vn_screen_fonts *fonts, const struct vn_screen_model *model, const int *size,
                 struct vn_screen_layout *layout)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, size[0], size[1], 24, SDL_PIXELFORMAT_RGB24);
    assert_non_null(surface);
    vn_screen_draw(surface, model, &vn_screen_theme_light, fonts, layout);
    check_inks(layout, surface);
    SDL_FreeSurface(surface);
}

static void test_nothing_is_clipped_at_any_size_in_any_language(void **state)
{
    const struct vn_session s = full_session();
    for (size_t l = 0; l < sizeof locales / sizeof *locales; l++) {
        struct vn_screen_model model;
        vn_screen_model_make(&s, locales[l], &model);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct vn_screen_layout layout;
            draw(*state, &model, sizes[i], &layout);
            assert_true(layout.boxes[VN_SCREEN_MAIN].w > 0);
            assert_true(layout.boxes[VN_SCREEN_POINTS].w > 0 && layout.boxes[VN_SCREEN_HERE].w > 0);
        }
    }
}

static void test_every_event_and_phase_can_be_drawn(void **state)
{
    struct vn_session s = full_session();
    unsigned drawn = 0;
    for (unsigned round = 0; round < 9 * 8 * 6; round++) {
        s.event = (enum vn_session_event)(round % 9);
        s.card = (enum vn_session_card)(round / 9 % 8);
        s.coupon = (enum vn_session_coupon)(round % 7);
        s.spend = (enum vn_session_spend)(round % 5);
        s.phase = (enum vn_session_phase)(round / 72);
        struct vn_screen_model model;
        vn_screen_model_make(&s, locales[round % 5], &model);
        struct vn_screen_layout layout;
        draw(*state, &model, sizes[round % 2], &layout);
        drawn += layout.inks[VN_SCREEN_MAIN].box.w > 0 ? 1U : 0U;
    }
    assert_int_equal(drawn, 9 * 8 * 6);
}

static void test_targets_are_twelve_millimetres_and_hit(void **state)
{
    const struct vn_session s = full_session();
    struct vn_screen_model model;
    vn_screen_model_make(&s, "en", &model);
    assert_int_equal(model.action_count, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vn_screen_layout layout;
        draw(*state, &model, sizes[i], &layout);
        for (unsigned a = 0; a < model.action_count; a++) {
            const SDL_Rect *box = &layout.boxes[VN_SCREEN_FIRST_ACTION + a];
            assert_true(box->h >= VN_SCREEN_TARGET_PX && box->w >= VN_SCREEN_TARGET_PX);
            assert_int_equal(vn_screen_hit(&layout, &model, box->x + box->w / 2, box->y + box->h / 2),
                             model.actions[a].action);
            assert_int_equal(vn_screen_hit(&layout, &model, box->x - 1, box->y), VN_ACTION_NONE);
        }
    }
}

static void test_a_text_shrinks_then_wraps_then_ends_in_dots(void **state)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, 300, 60, 24, SDL_PIXELFORMAT_RGB24);
    assert_non_null(surface);
    struct vn_screen_line line = {"Short", true, 28, 9, 1, VN_SCREEN_LEFT, {0, 0, 0, 255}};
    struct vn_screen_ink ink = vn_screen_text(*state, surface, (SDL_Rect){0, 0, 300, 60}, &line);
    assert_false(ink.cut);
    line.text =
        "A sentence that does not fit into three hundred pixels at all, whatever is tried with it here";
    line.size_min = 20;
    ink = vn_screen_text(*state, surface, (SDL_Rect){10, 5, 100, 50}, &line);
    assert_true(ink.cut);
    assert_true(ink.box.x >= 10 && ink.box.x + ink.box.w <= 110);
    line.text = "Ж";
    ink = vn_screen_text(*state, surface, (SDL_Rect){0, 0, 2, 2}, &line); /* no room at all */
    assert_true(ink.box.w <= 2 || ink.cut);
    SDL_FreeSurface(surface);
}

/* Two lines at 20 pixels: of like length, and a number is not parted from what it counts. */
static void test_lines_are_of_like_length(void **state)
{
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, 300, 60, 24, SDL_PIXELFORMAT_RGB24);
    assert_non_null(surface);
    struct vn_screen_line line = {"Ask for 500", false, 20, 20, 2, VN_SCREEN_LEFT, {0, 0, 0, 255}};
    int number_too = vn_screen_text_width(*state, "Ask for 500", false, 20);
    int second = vn_screen_text_width(*state, "500 points", false, 20);
    line.text = "Ask for 500 points";
    struct vn_screen_ink ink = vn_screen_text(*state, surface, (SDL_Rect){0, 0, number_too + 1, 60}, &line);
    assert_false(ink.cut);
    assert_in_range(ink.box.w, second - 2, number_too - 1);
    assert_int_equal(vn_screen_text_size(*state, (SDL_Rect){0, 0, 300, 60}, &line), 20);
    line.text = "Give it back to the customer at once";
    ink = vn_screen_text(*state, surface, (SDL_Rect){0, 0, 290, 60}, &line);
    int whole = vn_screen_text_width(*state, line.text, false, 20);
    assert_true(whole > 290 && ink.box.w < whole * 2 / 3);
    SDL_FreeSurface(surface);
}

static double luminance(SDL_Color colour)
{
    const double parts[3] = {colour.r / 255.0, colour.g / 255.0, colour.b / 255.0};
    const double weights[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        sum += weights[i] * (parts[i] <= 0.04045 ? parts[i] / 12.92 : pow((parts[i] + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static void check_contrast(const struct vn_screen_pair *pair)
{
    double a = luminance(pair->text);
    double b = luminance(pair->ground);
    assert_true(((a > b ? a : b) + 0.05) / ((a > b ? b : a) + 0.05) >= 7.0);
}

static void test_contrast_is_at_least_seven_to_one(void **state)
{
    (void)state;
    const struct vn_screen_theme *theme = &vn_screen_theme_light;
    check_contrast(&theme->page);
    check_contrast(&theme->quiet);
    check_contrast(&theme->bar);
    check_contrast(&theme->button);
    for (size_t i = 0; i < 4; i++) {
        check_contrast(&theme->tones[i]);
    }
    assert_int_equal(sizeof theme->tones / sizeof *theme->tones, 4);
}

static void test_a_missing_font_says_what_to_install(void **state)
{
    (void)state;
    struct vn_screen_fonts *fonts = NULL;
    struct vn_error error;
    assert_int_equal(vn_screen_fonts_open("/nonexistent.ttf", &fonts, &error), VN_ABSENT);
    assert_null(fonts);
    assert_non_null(strstr(error.text, "fonts-dejavu-core"));
}

static void test_a_picture_is_a_png(void **state)
{
    (void)state;
    struct folder folder;
    folder_create(&folder);
    struct vn_error error;
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, 33, 7, 24, SDL_PIXELFORMAT_RGB24);
    assert_int_equal(vn_screen_picture_write(surface, folder_file(&folder, "picture.png"), &error), VN_OK);
    unsigned char head[8];
    int fd = open(folder.file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, head, sizeof head), sizeof head);
    assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(vn_screen_picture_write(surface, "/nonexistent/x.png", &error), VN_IO);
    SDL_FreeSurface(surface);
    (void)close(fd);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_clipped_at_any_size_in_any_language),
        cmocka_unit_test(test_every_event_and_phase_can_be_drawn),
        cmocka_unit_test(test_targets_are_twelve_millimetres_and_hit),
        cmocka_unit_test(test_a_text_shrinks_then_wraps_then_ends_in_dots),
        cmocka_unit_test(test_lines_are_of_like_length),
        cmocka_unit_test(test_contrast_is_at_least_seven_to_one),
        cmocka_unit_test(test_a_missing_font_says_what_to_install),
        cmocka_unit_test(test_a_picture_is_a_png),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
