/* Colours of the window. Each pair of text and ground has a contrast of at least 7:1 (WCAG 2 AAA); a test
 * reckons it. Tone is a sign as well as a colour. */
#ifndef VN_SCREEN_THEME_H
#define VN_SCREEN_THEME_H

#include <SDL2/SDL.h>

#include "ui/prompt/model.h"

struct vn_screen_pair {
    SDL_Color text, ground;
};

struct vn_screen_theme {
    struct vn_screen_pair page;     /* main message */
    struct vn_screen_pair quiet;    /* second lines */
    struct vn_screen_pair bar;      /* who, points, network */
    struct vn_screen_pair button;   /* actions */
    struct vn_screen_pair tones[4]; /* the sign's field, by enum vn_tone */
    SDL_Color rule;                 /* thin lines */
};

extern const struct vn_screen_theme vn_screen_theme_light;

#endif
