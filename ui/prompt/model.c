#include "ui/prompt/model.h"

#include <stdio.h>
#include <string.h>

#include "ui/prompt/format.h"
#include "ui/prompt/model_parts.h"

static const char *const action_names[VN_ACTION_COUNT] = {
    [VN_ACTION_NONE] = "none",
    [VN_ACTION_SPEND_ALL] = "spend_all",
    [VN_ACTION_SPEND_HALF] = "spend_half",
    [VN_ACTION_SPEND_UNDO] = "spend_undo",
    [VN_ACTION_FORGET_CARD] = "forget_card",
    [VN_ACTION_DISMISS] = "dismiss",
};

const char *vn_action_name(enum vn_action action)
{
    return (unsigned)action < VN_ACTION_COUNT ? action_names[action] : action_names[VN_ACTION_NONE];
}

enum vn_action vn_action_of(const char *name)
{
    for (unsigned i = 1; i < VN_ACTION_COUNT; i++) {
        if (strcmp(action_names[i], name) == 0) {
            return (enum vn_action)i;
        }
    }
    return VN_ACTION_NONE;
}

const char *vn_tone_name(enum vn_tone tone)
{
    static const char *const names[] = {"calm", "good", "ask", "warn"};
    return (unsigned)tone < sizeof names / sizeof *names ? names[tone] : names[0];
}

static void begin(const struct vn_locale *locale, struct vn_screen_model *out)
{
    memset(out, 0, sizeof *out);
    (void)snprintf(out->locale, sizeof out->locale, "%s", locale->name);
}

void vn_screen_model_make(const struct vn_session *session, const char *locale, struct vn_screen_model *out)
{
    const struct vn_locale *found = vn_texts_locale(locale);
    begin(found, out);
    enum vn_text main_text = vn_model_main(session, found, out);
    vn_model_extras(session, found, main_text, out);
}

void vn_screen_model_absent(const char *locale, struct vn_screen_model *out)
{
    const struct vn_locale *found = vn_texts_locale(locale);
    begin(found, out);
    out->tone = VN_TONE_WARN;
    vn_format_fill(vn_texts_get(found, VN_TEXT_AGENT_ABSENT), NULL, 0, out->main);
    vn_format_fill(vn_texts_get(found, VN_TEXT_NETWORK_ABSENT), NULL, 0, out->network);
}

static bool corners_equal(const struct vn_screen_model *a, const struct vn_screen_model *b)
{
    return strcmp(a->who, b->who) == 0 && strcmp(a->points, b->points) == 0 &&
           strcmp(a->here, b->here) == 0 && strcmp(a->payable, b->payable) == 0 &&
           strcmp(a->saved, b->saved) == 0 && a->online == b->online && strcmp(a->network, b->network) == 0;
}

bool vn_screen_model_equal(const struct vn_screen_model *a, const struct vn_screen_model *b)
{
    if (strcmp(a->locale, b->locale) != 0 || a->tone != b->tone || strcmp(a->main, b->main) != 0 ||
        a->secondary_count != b->secondary_count || a->action_count != b->action_count) {
        return false;
    }
    for (unsigned i = 0; i < a->secondary_count; i++) {
        if (strcmp(a->secondary[i], b->secondary[i]) != 0) {
            return false;
        }
    }
    for (unsigned i = 0; i < a->action_count; i++) {
        if (a->actions[i].action != b->actions[i].action ||
            strcmp(a->actions[i].label, b->actions[i].label) != 0) {
            return false;
        }
    }
    return corners_equal(a, b);
}
