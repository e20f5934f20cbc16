/* What an operator may choose, for verbs. A value is a number, or the word "auto". */
#include <string.h>

#include "sync/hub/api/admin.h"
#include "sync/hub/core/setting.h"

static json_t *value_json(int64_t value)
{
    return value == VN_SETTING_AUTO ? json_string("auto") : json_integer((json_int_t)value);
}

static json_t *setting_json(const struct vn_settings *settings, enum vn_setting setting)
{
    const struct vn_setting_info *info = vn_setting_info(setting);
    bool may_auto = info->least == VN_SETTING_AUTO;
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:b, s:s}", "name", info->name, "value",
                     value_json(vn_setting(settings, setting)), "default", value_json(info->otherwise),
                     "least", (json_int_t)(may_auto ? 0 : info->least), "most", (json_int_t)info->most,
                     "auto", may_auto, "help", info->help);
}

void vn_api_settings(struct vn_admin *admin)
{
    struct vn_settings settings;
    json_t *list = json_array();
    vn_settings_init(&settings);
    enum vn_status status = vn_settings_read(&settings, &settings, admin->hub->storage);
    for (unsigned i = 0; i < VN_SETTINGS && status == VN_OK; i++) {
        status =
            json_array_append_new(list, setting_json(&settings, (enum vn_setting)i)) == 0 ? VN_OK : VN_NOMEM;
    }
    vn_admin_reply(admin, status, status == VN_OK ? json_pack("{s:O}", "settings", list) : NULL);
    json_decref(list);
}

/* {"name":"queue-s","value":"5"}: a number as people write it, "auto" or "default". */
static enum vn_status read_change(struct vn_admin *admin, enum vn_setting *setting, int64_t *value)
{
    char name[VN_NAME_MAX];
    char text[VN_NAME_MAX];
    enum vn_status status = vn_admin_read_texts(admin, "name", name, "value", text);
    if (status != VN_OK) {
        return status;
    }
    *setting = vn_setting_find(name);
    if (*setting == VN_SETTINGS) {
        return vn_fail(&admin->error, VN_ABSENT,
                       "there is no setting '%s'; verno-hub setting list shows them", name);
    }
    *value = VN_SETTING_DEFAULT + 1; /* no number: out of all bounds, which says what there is */
    if (strcmp(text, "default") == 0) {
        *value = VN_SETTING_DEFAULT;
    } else if (strcmp(text, "auto") == 0) {
        *value = VN_SETTING_AUTO;
    } else if (text[0] != '\0' && strlen(text) < 16 && text[strspn(text, "0123456789")] == '\0') {
        *value = 0;
        for (const char *digit = text; *digit != '\0'; digit++) {
            *value = *value * 10 + (*digit - '0');
        }
    }
    return VN_OK;
}

void vn_api_set(struct vn_admin *admin)
{
    enum vn_setting setting = VN_SETTINGS;
    int64_t value = 0;
    enum vn_status status = read_change(admin, &setting, &value);
    if (status == VN_OK) {
        status = vn_setting_put(admin->hub->settings, admin->hub->storage, setting, value, &admin->error);
    }
    if (status == VN_OK) {
        int64_t kept = vn_setting(admin->hub->settings, setting);
        vn_log_event(
            admin->hub->log, VN_LOG_NOTICE, "setting_changed", VN_S("name", vn_setting_info(setting)->name),
            kept == VN_SETTING_AUTO ? VN_S("value", "auto") : VN_I("value", kept), VN_S("by", admin->who));
    }
    vn_admin_reply(admin, status, status == VN_OK ? setting_json(admin->hub->settings, setting) : NULL);
}
