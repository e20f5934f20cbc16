/* Texts, lists of texts and texts in several languages: what all other parts are made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/readers.h"
#include "agent/loyalty/rules/time_text.h"

void vn_take_int(const struct vn_json_in *in, const char *key, int64_t *out)
{
    const json_t *value = key == NULL ? in->value : json_object_get(in->value, key);
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
    }
}

void vn_take_bool(const struct vn_json_in *in, const char *key, bool *out)
{
    const json_t *value = json_object_get(in->value, key);
    if (json_is_boolean(value)) {
        *out = json_is_true(value);
    }
}

void vn_take_word(const struct vn_json_in *in, const char *key, const char *const *words, int *out)
{
    if (key == NULL || vn_json_has(in, key)) {
        vn_json_enum(in, key, VN_REQUIRED, words, out);
    }
}

void vn_read_nomem(const struct vn_json_in *in)
{
    (void)vn_fail(in->error, VN_NOMEM, "out of memory");
}

void vn_read_unknown(const struct vn_json_in *in, const char *key, const char *expected, const char *name)
{
    char sentence[VN_ERROR_TEXT_MAX];
    (void)snprintf(sentence, sizeof sentence, "expected %s, found \"%s\"", expected, name);
    vn_json_refuse(in, key, sentence);
}

const char *vn_text_read(const struct vn_json_in *in, const char *key, size_t size, struct vn_arena *arena)
{
    char text[VN_PROMPT_TEXT_MAX] = "";
    vn_json_str(in, key, VN_OPTIONAL, text, size < sizeof text ? size : sizeof text);
    if (vn_json_failed(in) || (key != NULL && !vn_json_has(in, key))) {
        return NULL;
    }
    const char *copy = vn_arena_text(arena, text);
    if (copy == NULL) {
        vn_read_nomem(in);
    }
    return copy;
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void vn_terms_read(const struct vn_json_in *in, const char *key, size_t size, struct vn_arena *arena,
                   struct vn_terms *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, key, VN_OPTIONAL, VN_SELECTOR_VALUES_MAX, &count);
    if (vn_json_failed(in) || count == 0) {
        return;
    }
    out->values = vn_arena_take(arena, count * sizeof *out->values);
    if (out->values == NULL) {
        vn_read_nomem(in);
        return;
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        out->values[i] = vn_text_read(&at, NULL, size, arena);
    }
    if (!vn_json_failed(in)) {
        qsort(out->values, count, sizeof *out->values, text_order);
        out->count = (uint32_t)count;
    }
}

void vn_names_read(const struct vn_json_in *in, const char *key, size_t size, struct vn_arena *arena,
                   struct vn_names *out)
{
    struct vn_json_in names = vn_json_object(in, key, VN_OPTIONAL);
    size_t count = names.value == NULL ? 0 : json_object_size(names.value);
    if (vn_json_failed(in) || count == 0) {
        return;
    }
    struct vn_name *list = vn_arena_take(arena, count * sizeof *list);
    if (list == NULL) {
        vn_read_nomem(in);
        return;
    }
    out->list = list;
    const char *locale = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)names.value, locale, value)
    {
        char text[VN_PROMPT_TEXT_MAX];
        vn_json_str(&names, locale, VN_REQUIRED, text, size < sizeof text ? size : sizeof text);
        if (vn_json_failed(in)) {
            return;
        }
        struct vn_name name = {vn_arena_text(arena, locale), vn_arena_text(arena, text)};
        if (name.locale == NULL || name.text == NULL) {
            vn_read_nomem(in);
            return;
        }
        list[out->count++] = name;
    }
}

void vn_local_time_read(const struct vn_json_in *in, const char *key, int64_t *minute)
{
    char text[24] = "";
    vn_json_str(in, key, VN_OPTIONAL, text, sizeof text);
    if (!vn_json_failed(in) && vn_json_has(in, key) && !vn_time_read_minute(text, minute)) {
        vn_json_fail(in, key, "a local time as 2026-11-22T08:00");
    }
}
