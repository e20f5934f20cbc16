#include "ui/prompt/model.h"

#include <string.h>

#include "agent/base/json.h"

/* json_*_new returns NULL without memory, and the setters refuse NULL: one check at the end is enough. */
static int set_str(json_t *object, const char *key, const char *text)
{
    return json_object_set_new(object, key, json_string(text));
}

static json_t *lists(const struct vn_screen_model *model, json_t *object)
{
    json_t *secondary = json_array();
    json_t *actions = json_array();
    int bad = json_object_set_new(object, "secondary", secondary);
    bad |= json_object_set_new(object, "actions", actions);
    for (unsigned i = 0; bad == 0 && i < model->secondary_count; i++) {
        bad |= json_array_append_new(secondary, json_string(model->secondary[i]));
    }
    for (unsigned i = 0; bad == 0 && i < model->action_count; i++) {
        json_t *action = json_object();
        bad |= set_str(action, "action", vn_action_name(model->actions[i].action));
        bad |= set_str(action, "label", model->actions[i].label);
        bad |= json_array_append_new(actions, action);
    }
    return bad == 0 ? object : NULL;
}

enum vn_status vn_screen_model_encode(const struct vn_screen_model *model, struct vn_buf *out)
{
    json_t *object = json_object();
    int bad = set_str(object, "locale", model->locale);
    bad |= set_str(object, "tone", vn_tone_name(model->tone));
    bad |= set_str(object, "main", model->main);
    bad |= lists(model, object) == NULL ? -1 : 0;
    bad |= set_str(object, "who", model->who);
    bad |= set_str(object, "points", model->points);
    if (model->here[0] != '\0') {
        bad |= set_str(object, "here", model->here);
    }
    bad |= set_str(object, "payable", model->payable);
    bad |= set_str(object, "saved", model->saved);
    bad |= json_object_set_new(object, "online", json_boolean(model->online));
    bad |= set_str(object, "network", model->network);
    enum vn_status status = bad == 0 ? vn_json_dump(object, out) : VN_NOMEM;
    json_decref(object);
    return status;
}

static void read_actions(const struct vn_json_in *root, struct vn_screen_model *out)
{
    size_t count = 0;
    struct vn_json_in actions = vn_json_array(root, "actions", VN_OPTIONAL, VN_PROMPT_ACTIONS, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in each = vn_json_at(&actions, i);
        struct vn_prompt_action *action = &out->actions[out->action_count];
        char name[VN_TAG_MAX] = "";
        vn_json_str(&each, "action", VN_REQUIRED, name, sizeof name);
        vn_json_str(&each, "label", VN_REQUIRED, action->label, sizeof action->label);
        action->action = vn_action_of(name);
        if (action->action != VN_ACTION_NONE) {
            out->action_count++;
        } else {
            action->label[0] = '\0';
        }
    }
}

static void read_model(const struct vn_json_in *root, struct vn_screen_model *out)
{
    static const char *const tones[] = {"calm", "good", "ask", "warn", NULL};
    int tone = VN_TONE_CALM;
    vn_json_str(root, "locale", VN_REQUIRED, out->locale, sizeof out->locale);
    vn_json_enum(root, "tone", VN_REQUIRED, tones, &tone);
    out->tone = (enum vn_tone)tone;
    vn_json_str(root, "main", VN_REQUIRED, out->main, sizeof out->main);
    size_t count = 0;
    struct vn_json_in lines = vn_json_array(root, "secondary", VN_OPTIONAL, VN_PROMPT_SECONDARY, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in line = vn_json_at(&lines, i);
        vn_json_str(&line, NULL, VN_REQUIRED, out->secondary[i], sizeof out->secondary[i]);
    }
    out->secondary_count = (unsigned)count;
    read_actions(root, out);
    vn_json_str(root, "who", VN_OPTIONAL, out->who, sizeof out->who);
    vn_json_str(root, "points", VN_OPTIONAL, out->points, sizeof out->points);
    vn_json_str(root, "here", VN_OPTIONAL, out->here, sizeof out->here);
    vn_json_str(root, "payable", VN_OPTIONAL, out->payable, sizeof out->payable);
    vn_json_str(root, "saved", VN_OPTIONAL, out->saved, sizeof out->saved);
    vn_json_bool(root, "online", VN_REQUIRED, &out->online);
    vn_json_str(root, "network", VN_OPTIONAL, out->network, sizeof out->network);
}

enum vn_status vn_screen_model_decode(struct vn_view line, struct vn_screen_model *out,
                                      struct vn_error *error)
{
    memset(out, 0, sizeof *out);
    if (line.len > VN_SCREEN_LINE_MAX) {
        return vn_fail(error, VN_INPUT, "a screen model is longer than %d bytes", VN_SCREEN_LINE_MAX);
    }
    json_t *document = NULL;
    enum vn_status status = vn_json_parse(line, &document, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_error own; /* the reader needs one, the caller may have none */
    struct vn_json_in root = vn_json_root(document, &own);
    read_model(&root, out);
    json_decref(document);
    if (own.status != VN_OK) {
        memset(out, 0, sizeof *out);
        if (error != NULL) {
            *error = own;
        }
    }
    return own.status;
}
