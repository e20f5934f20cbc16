/* Draws a screen model on a text terminal, over ncursesw. Decides nothing; the terminal is the caller's
 * (initscr, endwin). Colour helps where there is some, and says nothing that a sign or word doesn't say.
 *
 * At 80 x 24 everything has its line; down to 20 x 4 the main message stays, and what doesn't fit is cut. */
#ifndef VN_TERMINAL_DRAW_H
#define VN_TERMINAL_DRAW_H

#include "ui/prompt/model.h"

/* To be called once after initscr: colours, if the terminal has them. */
void vn_terminal_prepare(void);

/* Draws the whole screen and refreshes it. */
void vn_terminal_draw(const struct vn_screen_model *model);

/* What a key of getch() means: 1 to 4 and F1 to F4 are the model's actions. VN_ACTION_NONE otherwise. */
enum vn_action vn_terminal_action_of(const struct vn_screen_model *model, int key);

#endif
