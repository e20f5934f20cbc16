/* A screen model on a surface of any size from VN_SCREEN_WIDTH_MIN x VN_SCREEN_HEIGHT_MIN: sign, main message, second lines,
 * corners, actions. Knows no window; so it draws pictures too. Decides nothing but places. */
#ifndef VN_SCREEN_DRAW_H
#define VN_SCREEN_DRAW_H

#include "ui/prompt/model.h"
#include "ui/screen/text.h"
#include "ui/screen/theme.h"

#define VN_SCREEN_WIDTH_MIN  480 /* below, the longest sentences are cut */
#define VN_SCREEN_HEIGHT_MIN 160
#define VN_SCREEN_TARGET_PX  46 /* 12 mm at 96 dpi: the least height of what is tapped */

enum vn_screen_part {
    VN_SCREEN_MAIN,
    VN_SCREEN_WHO,
    VN_SCREEN_POINTS,
    VN_SCREEN_HERE,
    VN_SCREEN_NETWORK,
    VN_SCREEN_PAYABLE,
    VN_SCREEN_SAVED,
    VN_SCREEN_FIRST_LINE, /* the second lines */
    VN_SCREEN_FIRST_ACTION = VN_SCREEN_FIRST_LINE + VN_PROMPT_SECONDARY,
    VN_SCREEN_PARTS = VN_SCREEN_FIRST_ACTION + VN_PROMPT_ACTIONS,
};

/* What was drawn where; for taps, and for tests that look for clipped texts. */
struct vn_screen_layout {
    SDL_Rect boxes[VN_SCREEN_PARTS]; /* empty: not drawn */
    struct vn_screen_ink inks[VN_SCREEN_PARTS];
};

/* Fills the whole surface. Allocates only what SDL needs for a moment. */
void vn_screen_draw(SDL_Surface *surface, const struct vn_screen_model *model,
                    const struct vn_screen_theme *theme, struct vn_screen_fonts *fonts,
                    struct vn_screen_layout *layout);

/* The action at a point, VN_ACTION_NONE beside them. */
enum vn_action vn_screen_hit(const struct vn_screen_layout *layout, const struct vn_screen_model *model,
                             int x, int y);

#endif
