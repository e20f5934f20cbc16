/* verno-hub setting list, show and set. */
#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/hub/cli/cli.h"

#define VALUE_MAX 24

/* A number, or a word. */
static const char *value_of(const json_t *object, const char *key, char out[VALUE_MAX])
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    (void)snprintf(out, VALUE_MAX, "%lld", (long long)json_integer_value(value));
    return out;
}

static void print_setting(const json_t *one)
{
    char value[VALUE_MAX];
    char otherwise[VALUE_MAX];
    (void)printf("%s  %s\n", vn_cli_text(one, "name"), value_of(one, "value", value));
    (void)printf("  %s;\n  %lld to %lld%s, default %s\n", vn_cli_text(one, "help"),
                 (long long)json_integer_value(json_object_get(one, "least")),
                 (long long)json_integer_value(json_object_get(one, "most")),
                 json_is_true(json_object_get(one, "auto")) ? " or auto" : "",
                 value_of(one, "default", otherwise));
}

static void print_list(const json_t *document)
{
    vn_cli_rows(document, "settings", "no settings", print_setting);
}

int vn_cli_setting_list(const struct vn_cli *cli)
{
    return vn_cli_show(cli, "/admin/settings", print_list);
}

int vn_cli_setting_show(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *out = NULL;
    size_t i = 0;
    json_t *one = NULL;
    int code = -1;
    if (vn_cli_call(cli, "GET", "/admin/settings", VN_VIEW_NONE, &out, &error) != VN_OK) {
        return vn_cli_failed(&error);
    }
    json_array_foreach(json_object_get(out, "settings"), i, one)
    {
        if (strcmp(vn_cli_text(one, "name"), cli->args[0]) != 0) {
            continue;
        }
        code = 0;
        if (cli->json) {
            code = vn_cli_print_json(json_incref(one));
        } else {
            print_setting(one);
        }
    }
    json_decref(out);
    if (code < 0) {
        (void)vn_fail(&error, VN_ABSENT, "there is no setting '%s'; verno-hub setting list shows them",
                      cli->args[0]);
        return vn_cli_failed(&error);
    }
    return code;
}

int vn_cli_setting_set(const struct vn_cli *cli)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf body;
    json_t *out = NULL;
    json_t *change = json_pack("{s:s, s:s}", "name", cli->args[0], "value", cli->args[1]);
    vn_buf_init(&body, 4096);
    enum vn_status status = change == NULL ? VN_INPUT : vn_json_dump(change, &body);
    json_decref(change);
    status = status == VN_OK ? vn_cli_call(cli, "POST", "/admin/settings", vn_buf_view(&body), &out, &error)
                             : vn_fail(&error, VN_INPUT, "a name and a value are short texts in UTF-8");
    vn_buf_deinit(&body);
    if (status != VN_OK) {
        return vn_cli_failed(&error);
    }
    if (cli->json) {
        return vn_cli_print_json(out);
    }
    print_setting(out);
    json_decref(out);
    return 0;
}
