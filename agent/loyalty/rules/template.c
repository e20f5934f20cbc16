#include "agent/loyalty/rules/template.h"

#include <stdint.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/limits.h"
#include "agent/loyalty/rules/template_values.h"

#define COMMON "_common" /* the file of the parameters that all templates share; sorts before every id */

static const struct vn_template_file *find_file(const char *id)
{
    for (size_t i = 0; i < vn_template_file_count; i++) {
        if (strcmp(vn_template_files[i].id, id) == 0) {
            return &vn_template_files[i];
        }
    }
    return NULL;
}

size_t vn_template_count(void)
{
    return vn_template_file_count - 1;
}

const char *vn_template_id(size_t index)
{
    return index < vn_template_count() ? vn_template_files[index + 1].id : NULL;
}

const char *vn_template_text(const json_t *texts, const char *locale)
{
    const char *text = json_string_value(json_object_get(texts, locale));
    text = text != NULL ? text : json_string_value(json_object_get(texts, "en"));
    return text == NULL ? "" : text;
}

/* The shared parameters come first; of them `id` and `group` have the template's own words as their defaults. */
static bool add_common(json_t *document, json_t *common)
{
    json_t *parameters = json_object_get(common, "parameters");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        json_t *parameter = json_array_get(parameters, i);
        json_t *own = json_object_get(document, json_string_value(json_object_get(parameter, "name")));
        if (json_object_get(parameter, "default") == NULL &&
            json_object_set(parameter, "default", own) != 0) {
            return false;
        }
    }
    return json_array_extend(parameters, json_object_get(document, "parameters")) == 0 &&
           json_object_set(document, "parameters", parameters) == 0;
}

enum vn_status vn_template_load(const char *id, json_t **out, struct vn_error *error)
{
    const struct vn_template_file *file = strcmp(id, COMMON) == 0 ? NULL : find_file(id);
    json_t *common = NULL;
    *out = NULL;
    if (file == NULL) {
        return vn_fail(error, VN_INPUT, "there is no template '%.*s'", VN_ID_MAX, id);
    }
    enum vn_status status = vn_json_parse(file->text, out, error);
    if (status == VN_OK) {
        status = vn_json_parse(find_file(COMMON)->text, &common, error);
    }
    if (status == VN_OK && !add_common(*out, common)) {
        status = vn_fail(error, VN_NOMEM, "out of memory");
    }
    json_decref(common);
    if (status != VN_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

struct filling {
    const json_t *document, *resolved;
    struct vn_error *error;
    enum vn_status status; /* the first failure */
};

/* Keeps the first failure; returns NULL. */
static json_t *give_up(struct filling *filling, enum vn_status status, const char *text)
{
    if (filling->status == VN_OK) {
        filling->status = vn_fail(filling->error, status, "%s", text);
    }
    return NULL;
}

static json_t *made(struct filling *filling, json_t *value)
{
    return value == NULL ? give_up(filling, VN_NOMEM, "out of memory") : value;
}

/* The text with a value for each "{name}". */
static json_t *fill_text(struct filling *filling, const char *text, const char *locale)
{
    struct vn_buf out;
    vn_buf_init(&out, VN_TEMPLATE_TEXT_MAX);
    enum vn_status status = VN_OK;
    while (*text != '\0' && status == VN_OK) {
        size_t plain = strcspn(text, "{");
        status = vn_buf_append(&out, vn_view_of(text, plain));
        text += plain;
        const char *end = strchr(text, '}');
        char name[VN_TAG_MAX];
        if (*text == '\0' || status != VN_OK) {
            break;
        }
        status = end == NULL
                     ? VN_INPUT
                     : vn_view_copy_str(vn_view_of(text + 1, (size_t)(end - text - 1)), name, sizeof name);
        if (status == VN_OK) {
            status = vn_template_show(filling->document, filling->resolved, name, locale, &out);
            text = end + 1;
        }
    }
    json_t *value = NULL;
    if (status == VN_OK) {
        value = made(filling, json_stringn((const char *)out.data, out.len));
    } else {
        value = give_up(filling, status, "a text of the template does not work out");
    }
    vn_buf_deinit(&out);
    return value;
}

static json_t *fill(struct filling *filling, const json_t *value, bool texts, const char *locale);

/* Keys whose value is none are left out, and so are objects that nothing else was in. */
static json_t *fill_object(struct filling *filling, const json_t *value, bool texts, const char *locale)
{
    json_t *out = made(filling, json_object());
    for (void *at = json_object_iter((json_t *)(uintptr_t)value); at != NULL && filling->status == VN_OK;
         at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
        const char *key = json_object_iter_key(at);
        const json_t *inside = json_object_iter_value(at);
        bool names = strcmp(key, "name") == 0 || strcmp(key, "text") == 0;
        json_t *filled = fill(filling, inside, names, texts ? key : locale);
        bool emptied = json_is_object(filled) && json_object_size(filled) == 0 &&
                       json_object_size(inside) > 0 && json_object_get(inside, "$") == NULL;
        if (filled == NULL || json_is_null(filled) || emptied) {
            json_decref(filled);
        } else if (json_object_set_new(out, key, filled) != 0) {
            (void)give_up(filling, VN_NOMEM, "out of memory");
        }
    }
    return out;
}

static json_t *fill_array(struct filling *filling, const json_t *value, const char *locale)
{
    json_t *out = made(filling, json_array());
    for (size_t i = 0; i < json_array_size(value) && filling->status == VN_OK; i++) {
        json_t *filled = fill(filling, json_array_get(value, i), false, locale);
        if (filled != NULL && json_array_append_new(out, filled) != 0) {
            (void)give_up(filling, VN_NOMEM, "out of memory");
        }
    }
    return out;
}

/* A new value with its places filled; NULL after a failure. Depth is bounded by the parser. `texts`: the keys are
 * languages. */
static json_t *fill(struct filling *filling, const json_t *value, bool texts, const char *locale)
{
    const char *place = json_string_value(json_object_get(value, "$"));
    if (place != NULL) {
        const json_t *found = json_object_get(filling->resolved, place);
        return found == NULL ? give_up(filling, VN_INPUT, "the template has a place without a parameter")
                             : made(filling, json_deep_copy(found));
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT: return fill_object(filling, value, texts, locale);
    case JSON_ARRAY: return fill_array(filling, value, locale);
    case JSON_STRING: return fill_text(filling, json_string_value(value), locale);
    default: return made(filling, json_deep_copy(value));
    }
}

enum vn_status vn_template_fill(const json_t *document, const json_t *values, json_t **out,
                                struct vn_error *error)
{
    json_t *resolved = NULL;
    *out = NULL;
    enum vn_status status = vn_template_resolve(document, values, &resolved, error);
    if (status != VN_OK) {
        return status;
    }
    struct filling filling = {document, resolved, error, VN_OK};
    json_t *lines = fill(&filling, json_object_get(document, "lines"), false, NULL);
    json_decref(resolved);
    if (filling.status != VN_OK) {
        json_decref(lines);
        return filling.status;
    }
    *out = lines;
    return VN_OK;
}
