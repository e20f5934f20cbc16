/* The screen model: what the cashier's screen says, in her language, ready to be drawn. Pure: a session in, a
 * model out.
 *
 * One main message, at most three secondary, at most four actions. The window and the text screen draw
 * exactly this and decide nothing. The codec carries it over the local API as one line of JSON. */
#ifndef VN_PROMPT_MODEL_H
#define VN_PROMPT_MODEL_H

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "ui/prompt/session.h"

/* How serious it is; drawn as sign and colour, and understood without the colour. */
enum vn_tone { VN_TONE_CALM, VN_TONE_GOOD, VN_TONE_ASK, VN_TONE_WARN };

/* What a tap does. The names travel: POST /v1/tap {"action":"spend_all"}. */
enum vn_action {
    VN_ACTION_NONE,
    VN_ACTION_SPEND_ALL,   /* pay as many points as allowed */
    VN_ACTION_SPEND_HALF,  /* pay half of them */
    VN_ACTION_SPEND_UNDO,  /* pay none */
    VN_ACTION_FORGET_CARD, /* another card: forget this one */
    VN_ACTION_DISMISS,
    VN_ACTION_COUNT,
};

const char *vn_action_name(enum vn_action action); /* "spend_all"; static */
enum vn_action vn_action_of(const char *name);     /* VN_ACTION_NONE when unknown */

struct vn_prompt_action {
    enum vn_action action;
    char label[VN_PROMPT_TEXT_MAX];
};

struct vn_screen_model {
    char locale[VN_TAG_MAX];
    enum vn_tone tone;
    char main[VN_PROMPT_TEXT_MAX];
    unsigned secondary_count;
    char secondary[VN_PROMPT_SECONDARY][VN_PROMPT_TEXT_MAX];
    unsigned action_count;
    struct vn_prompt_action actions[VN_PROMPT_ACTIONS];
    /* the fixed corners; "" leaves the corner empty */
    char who[VN_PROMPT_TEXT_MAX];     /* "Milica · Gold" */
    char points[VN_PROMPT_TEXT_MAX];  /* "1,240 points" */
    char here[VN_PROMPT_TEXT_MAX];    /* "300 usable here", beside the points; "" when all of them are */
    char payable[VN_PROMPT_TEXT_MAX]; /* "1,234.50 RSD" */
    char saved[VN_PROMPT_TEXT_MAX];   /* "saved 120.00" */
    bool online;
    char network[VN_PROMPT_TEXT_MAX]; /* "online", "offline since 14:05" */
};

/* Any session gives a model; a locale that is not known falls back to English. Never allocates.
 * In VN_SESSION_DONE `balance` is taken for the one after the sale. */
void vn_screen_model_make(const struct vn_session *session, const char *locale, struct vn_screen_model *out);

/* What a screen shows by itself while it can't reach the agent. */
void vn_screen_model_absent(const char *locale, struct vn_screen_model *out);

const char *vn_tone_name(enum vn_tone tone); /* "calm", "good", "ask", "warn"; static */

bool vn_screen_model_equal(const struct vn_screen_model *a, const struct vn_screen_model *b);

/* One JSON object without a line end; a line end never occurs within. VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_screen_model_encode(const struct vn_screen_model *model, struct vn_buf *out);
/* Actions and fields that this version does not know are left out. VN_INPUT with the place, VN_NOMEM; *out is
 * an empty model then. */
VN_MUST_USE enum vn_status vn_screen_model_decode(struct vn_view line, struct vn_screen_model *out,
                                                  struct vn_error *error);

#endif
