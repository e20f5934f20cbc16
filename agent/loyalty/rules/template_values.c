#include "agent/loyalty/rules/template_values.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/loyalty/rules/template.h"
#include "agent/loyalty/rules/time_text.h"

static const char *const types[VN_TEMPLATE_COUNT + 1] = {
    "number", "rate", "money", "points", "id", "text", "time", "hour", "list", "selector", "steps", NULL};

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

enum vn_template_type vn_template_type(const json_t *parameter)
{
    const char *word = json_string_value(json_object_get(parameter, "type"));
    int type = 0;
    while (word != NULL && type < VN_TEMPLATE_COUNT && strcmp(types[type], word) != 0) {
        type++;
    }
    return word == NULL ? VN_TEMPLATE_COUNT : (enum vn_template_type)type;
}

static const char *name_of(const json_t *parameter)
{
    const char *name = json_string_value(json_object_get(parameter, "name"));
    return name == NULL ? "" : name;
}

static int64_t bound(const json_t *parameter, const char *key)
{
    return json_integer_value(json_object_get(parameter, key));
}

const json_t *vn_template_parameter(const json_t *document, const char *name)
{
    const json_t *parameters = json_object_get(document, "parameters");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const json_t *parameter = json_array_get(parameters, i);
        if (strcmp(name_of(parameter), name) == 0) {
            return parameter;
        }
    }
    return NULL;
}

/* A text that is not empty; "" after recording the failure. */
static void check_text(const struct vn_json_in *in, const char *name, char *text, size_t size)
{
    text[0] = '\0';
    vn_json_str(in, name, VN_REQUIRED, text, size);
    if (!vn_json_failed(in) && text[0] == '\0') {
        vn_json_fail(in, name, "a text that is not empty");
    }
}

static void check_word(const struct vn_json_in *in, const char *name, enum vn_template_type type)
{
    char text[VN_NAME_MAX];
    int64_t minute = 0;
    unsigned of_day = 0;
    check_text(in, name, text, type == VN_TEMPLATE_TEXT ? VN_NAME_MAX : VN_ID_MAX);
    if (vn_json_failed(in)) {
        return;
    }
    if (type == VN_TEMPLATE_ID && text[strspn(text, ID_CHARACTERS)] != '\0') {
        vn_json_refuse(in, name, "an id has letters, digits, '-', '.' and '_' alone");
    } else if (type == VN_TEMPLATE_TIME && !vn_time_read_minute(text, &minute)) {
        vn_json_refuse(in, name, "a local time is written as 2026-11-22T08:00");
    } else if (type == VN_TEMPLATE_HOUR && !vn_time_read_hour(text, &of_day)) {
        vn_json_refuse(in, name, "an hour is written as 08:00");
    }
}

static void check_list(const struct vn_json_in *in, const char *name)
{
    size_t count = 0;
    char text[VN_ID_MAX];
    struct vn_json_in list = vn_json_array(in, name, VN_REQUIRED, VN_SELECTOR_VALUES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        check_text(&at, NULL, text, sizeof text);
    }
    if (!vn_json_failed(in) && count == 0) {
        vn_json_refuse(in, name, "a list names at least one");
    }
}

/* What stands behind the keys is judged when the ruleset is read. */
static void check_selector(const struct vn_json_in *in, const char *name)
{
    static const char *const keys[] = {"codes", "brands",      "tags",  "categories", "exclude",
                                       "price", "not_reduced", "table", NULL};
    struct vn_json_in selector = vn_json_object(in, name, VN_REQUIRED);
    if (vn_json_failed(in)) {
        return;
    }
    for (void *at = json_object_iter((json_t *)(uintptr_t)selector.value); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)selector.value, at)) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], json_object_iter_key(at)) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            vn_json_refuse(&selector, json_object_iter_key(at), "a selector has no such key");
            return;
        }
    }
}

const char *vn_template_step_key(const json_t *parameter)
{
    const json_t *first = json_array_get(json_object_get(parameter, "default"), 0);
    return json_object_get(first, "rate_bp") != NULL ? "rate_bp" : "amount_minor";
}

static void check_steps(const struct vn_json_in *in, const char *name, const json_t *parameter)
{
    size_t count = 0;
    int64_t before = -1;
    struct vn_json_in list = vn_json_array(in, name, VN_REQUIRED, VN_STEPS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        int64_t from = 0;
        int64_t given = 0;
        vn_json_int(&at, "from_minor", VN_REQUIRED, 0, VN_AMOUNT_MAX, &from);
        vn_json_int(&at, vn_template_step_key(parameter), VN_REQUIRED, bound(parameter, "min"),
                    bound(parameter, "max"), &given);
        if (!vn_json_failed(in) && from <= before) {
            vn_json_refuse(&at, "from_minor", "each step begins above the one before");
        }
        before = from;
    }
    if (!vn_json_failed(in) && count == 0) {
        vn_json_refuse(in, name, "a ladder has at least one step");
    }
}

static void check(const struct vn_json_in *in, const json_t *parameter)
{
    const char *name = name_of(parameter);
    enum vn_template_type type = vn_template_type(parameter);
    int64_t number = 0;
    if (json_is_null(json_object_get(in->value, name)) &&
        json_is_null(json_object_get(parameter, "default"))) {
        return;
    }
    switch (type) {
    case VN_TEMPLATE_NUMBER:
    case VN_TEMPLATE_RATE:
    case VN_TEMPLATE_MONEY:
    case VN_TEMPLATE_POINTS:
        vn_json_int(in, name, VN_REQUIRED, bound(parameter, "min"), bound(parameter, "max"), &number);
        return;
    case VN_TEMPLATE_LIST: check_list(in, name); return;
    case VN_TEMPLATE_SELECTOR: check_selector(in, name); return;
    case VN_TEMPLATE_STEPS: check_steps(in, name, parameter); return;
    case VN_TEMPLATE_ID:
    case VN_TEMPLATE_TEXT:
    case VN_TEMPLATE_TIME:
    case VN_TEMPLATE_HOUR: check_word(in, name, type); return;
    case VN_TEMPLATE_COUNT: break;
    }
    vn_json_refuse(in, name, "the template gives this parameter a type that there is not");
}

/* Each key of `values` is a parameter. */
static enum vn_status check_names(const json_t *document, const json_t *values, struct vn_error *error)
{
    struct vn_json_in in = vn_json_root(values, error);
    if (values != NULL && !json_is_object(values)) {
        vn_json_fail(&in, NULL, "an object");
    }
    for (void *at = json_object_iter((json_t *)(uintptr_t)values); at != NULL && !vn_json_failed(&in);
         at = json_object_iter_next((json_t *)(uintptr_t)values, at)) {
        if (vn_template_parameter(document, json_object_iter_key(at)) == NULL) {
            vn_json_refuse(&in, json_object_iter_key(at), "the template has no such parameter");
        }
    }
    return error->status;
}

enum vn_status vn_template_resolve(const json_t *document, const json_t *values, json_t **out,
                                   struct vn_error *error)
{
    *out = NULL;
    enum vn_status status = check_names(document, values, error);
    if (status != VN_OK) {
        return status;
    }
    json_t *resolved = json_object();
    bool good = resolved != NULL;
    const json_t *parameters = json_object_get(document, "parameters");
    for (size_t i = 0; i < json_array_size(parameters) && good; i++) {
        const json_t *parameter = json_array_get(parameters, i);
        json_t *value = json_object_get(values, name_of(parameter));
        value = value != NULL ? value : json_object_get(parameter, "default");
        good = json_object_set(resolved, name_of(parameter), value) == 0;
    }
    if (!good) {
        json_decref(resolved);
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    struct vn_json_in in = vn_json_root(resolved, error);
    for (size_t i = 0; i < json_array_size(parameters) && !vn_json_failed(&in); i++) {
        check(&in, json_array_get(parameters, i));
    }
    if (vn_json_failed(&in)) {
        json_decref(resolved);
        return error->status;
    }
    *out = resolved;
    return VN_OK;
}

/* `digits` places after the point; none when they would all be 0, and for a rate no 0 at the end. */
static enum vn_status show_decimal(int64_t value, unsigned digits, bool trimmed, const char *locale,
                                   struct vn_buf *out)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < digits; i++) {
        unit *= 10;
    }
    int64_t rest = value % unit;
    while (trimmed && digits > 0 && rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    if (rest == 0) {
        return vn_buf_printf(out, "%lld", (long long)(value / unit));
    }
    const char *point = locale == NULL || strcmp(locale, "en") == 0 ? "." : ",";
    return vn_buf_printf(out, "%lld%s%0*lld", (long long)(value / unit), point, (int)digits, (long long)rest);
}

enum vn_status vn_template_show(const json_t *document, const json_t *resolved, const char *name,
                                const char *locale, struct vn_buf *out)
{
    const json_t *parameter = vn_template_parameter(document, name);
    const json_t *value = json_object_get(resolved, name);
    int64_t exponent = json_integer_value(json_object_get(resolved, "exponent"));
    if (parameter == NULL || value == NULL) {
        return VN_INPUT;
    }
    switch (vn_template_type(parameter)) {
    case VN_TEMPLATE_RATE: return show_decimal(json_integer_value(value), 2, true, locale, out);
    case VN_TEMPLATE_MONEY:
        return show_decimal(json_integer_value(value), (unsigned)exponent, false, locale, out);
    case VN_TEMPLATE_NUMBER:
    case VN_TEMPLATE_POINTS: return vn_buf_printf(out, "%lld", (long long)json_integer_value(value));
    case VN_TEMPLATE_ID:
    case VN_TEMPLATE_TEXT:
    case VN_TEMPLATE_TIME:
    case VN_TEMPLATE_HOUR:
        return json_is_null(value) ? VN_INPUT : vn_buf_append_str(out, json_string_value(value));
    default: return VN_INPUT;
    }
}
