/* Values of parameters from words, as a command line has them. */
#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/loyalty/rules/template.h"
#include "agent/loyalty/rules/template_values.h"

#define TOLD_MAX 60 /* of a word that is repeated in a sentence */

static json_t *read_number(const char *word)
{
    int64_t number = 0;
    size_t i = word[0] == '-' ? 1 : 0;
    if (word[i] == '\0') {
        return NULL;
    }
    for (; word[i] != '\0'; i++) {
        if (word[i] < '0' || word[i] > '9' || number > VN_AMOUNT_MAX) {
            return NULL;
        }
        number = number * 10 + (word[i] - '0');
    }
    return json_integer(word[0] == '-' ? -number : number);
}

/* The part of *rest before `mark`, copied; NULL at the end, or when it is longer than any value may be. */
static const char *cut(const char **rest, char mark, char out[VN_NAME_MAX])
{
    if (*rest == NULL) {
        return NULL;
    }
    const char *end = strchr(*rest, mark);
    size_t len = end == NULL ? strlen(*rest) : (size_t)(end - *rest);
    if (len >= VN_NAME_MAX) {
        return NULL;
    }
    memcpy(out, *rest, len);
    out[len] = '\0';
    *rest = end == NULL ? NULL : end + 1;
    return out;
}

static json_t *read_list(const char *word)
{
    char part[VN_NAME_MAX];
    json_t *list = json_array();
    while (word != NULL) {
        if (cut(&word, ',', part) == NULL || json_array_append_new(list, json_string(part)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *read_selector(const char *word)
{
    if (word[0] == '{') {
        json_t *value = NULL;
        return vn_json_parse(vn_view_str(word), &value, NULL) == VN_OK ? value : NULL;
    }
    json_t *selector = json_object();
    while (word != NULL && word[0] != '\0') {
        const char *colon = strchr(word, ':');
        const char *end = strchr(word, ';');
        if (colon == NULL || (end != NULL && end < colon)) {
            json_decref(selector);
            return NULL;
        }
        char key[VN_TAG_MAX];
        json_t *values = json_stringn(colon + 1, end == NULL ? strlen(colon + 1) : (size_t)(end - colon - 1));
        json_t *list = values == NULL ? NULL : read_list(json_string_value(values));
        json_decref(values);
        if (vn_view_copy_str(vn_view_of(word, (size_t)(colon - word)), key, sizeof key) != VN_OK ||
            json_object_set_new(selector, key, list) != 0) {
            json_decref(selector);
            return NULL;
        }
        word = end == NULL ? NULL : end + 1;
    }
    return selector;
}

static json_t *read_steps(const char *word, const char *key)
{
    char part[VN_NAME_MAX];
    json_t *list = json_array();
    while (word != NULL) {
        char *colon = cut(&word, ',', part) == NULL ? NULL : strchr(part, ':');
        json_t *step = json_object();
        bool good = colon != NULL;
        if (good) {
            *colon = '\0';
            good = json_object_set_new(step, "from_minor", read_number(part)) == 0 &&
                   json_object_set_new(step, key, read_number(colon + 1)) == 0;
        }
        if (json_array_append_new(list, step) != 0 || !good) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

enum vn_status vn_template_value(const json_t *document, const char *name, const char *word, json_t **out,
                                 struct vn_error *error)
{
    static const char *const forms[VN_TEMPLATE_COUNT + 1] = {
        [VN_TEMPLATE_NUMBER] = "a whole number",
        [VN_TEMPLATE_RATE] = "a whole number of basis points: 20 % is 2000",
        [VN_TEMPLATE_MONEY] = "a whole number of minor units: 15.00 is 1500",
        [VN_TEMPLATE_POINTS] = "a whole number",
        [VN_TEMPLATE_LIST] = "a list: a,b,c",
        [VN_TEMPLATE_SELECTOR] = "a selector: tags:a,b;brands:c",
        [VN_TEMPLATE_STEPS] = "steps: 200000:10000,400000:30000",
        [VN_TEMPLATE_COUNT] = "nothing",
    };
    const json_t *parameter = vn_template_parameter(document, name);
    struct vn_json_in in = vn_json_root(NULL, error);
    *out = NULL;
    if (parameter == NULL) {
        vn_json_refuse(&in, name, "the template has no such parameter");
        return VN_INPUT;
    }
    enum vn_template_type type = vn_template_type(parameter);
    switch (type) {
    case VN_TEMPLATE_NUMBER:
    case VN_TEMPLATE_RATE:
    case VN_TEMPLATE_MONEY:
    case VN_TEMPLATE_POINTS: *out = read_number(word); break;
    case VN_TEMPLATE_LIST: *out = read_list(word); break;
    case VN_TEMPLATE_SELECTOR: *out = read_selector(word); break;
    case VN_TEMPLATE_STEPS: *out = read_steps(word, vn_template_step_key(parameter)); break;
    default: *out = json_string(word); break;
    }
    if (strcmp(word, "none") == 0 && json_is_null(json_object_get(parameter, "default"))) {
        json_decref(*out);
        *out = json_null();
    }
    if (*out == NULL) {
        char sentence[VN_ERROR_TEXT_MAX];
        bool told = forms[type] != NULL && strlen(word) <= TOLD_MAX;
        (void)snprintf(sentence, sizeof sentence, "expected %s, found %s%s%s",
                       forms[type] == NULL ? "a text in UTF-8" : forms[type], told ? "'" : "",
                       told                  ? word
                       : forms[type] == NULL ? "other bytes"
                                             : "another word",
                       told ? "'" : "");
        vn_json_refuse(&in, name, sentence);
        return VN_INPUT;
    }
    return VN_OK;
}

static enum vn_status put_list(const json_t *list, struct vn_buf *out)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < json_array_size(list) && status == VN_OK; i++) {
        status = vn_buf_printf(out, "%s%s", i == 0 ? "" : ",", json_string_value(json_array_get(list, i)));
    }
    return status;
}

/* Only what is made of lists has a short form. */
static bool is_short(json_t *selector)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(selector, key, value)
    {
        if (!json_is_array(value)) {
            return false;
        }
    }
    return json_object_size(selector) > 0;
}

static enum vn_status put_selector(const json_t *value, struct vn_buf *out)
{
    json_t *selector = json_deep_copy(value); /* to be walked */
    const char *key = NULL;
    json_t *list = NULL;
    enum vn_status status = selector == NULL ? VN_NOMEM : VN_OK;
    if (status == VN_OK && !is_short(selector)) {
        status = vn_json_dump(selector, out);
    } else if (status == VN_OK) {
        const char *between = "";
        json_object_foreach(selector, key, list)
        {
            status = status == VN_OK ? vn_buf_printf(out, "%s%s:", between, key) : status;
            status = status == VN_OK ? put_list(list, out) : status;
            between = ";";
        }
    }
    json_decref(selector);
    return status;
}

static enum vn_status put_steps(const json_t *steps, const char *key, struct vn_buf *out)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < json_array_size(steps) && status == VN_OK; i++) {
        const json_t *step = json_array_get(steps, i);
        status = vn_buf_printf(out, "%s%lld:%lld", i == 0 ? "" : ",",
                               (long long)json_integer_value(json_object_get(step, "from_minor")),
                               (long long)json_integer_value(json_object_get(step, key)));
    }
    return status;
}

enum vn_status vn_template_word(const json_t *parameter, const json_t *value, struct vn_buf *out)
{
    if (json_is_null(value)) {
        return vn_buf_append_str(out, "none");
    }
    switch (vn_template_type(parameter)) {
    case VN_TEMPLATE_LIST: return put_list(value, out);
    case VN_TEMPLATE_SELECTOR: return put_selector(value, out);
    case VN_TEMPLATE_STEPS: return put_steps(value, vn_template_step_key(parameter), out);
    default: break;
    }
    return json_is_string(value) ? vn_buf_append_str(out, json_string_value(value))
                                 : vn_buf_printf(out, "%lld", (long long)json_integer_value(value));
}
