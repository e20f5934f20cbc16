#include "agent/loyalty/rules/schema.h"

#include <stdio.h>
#include <string.h>

#include "agent/loyalty/ruleset.h"

#define EXPECTED_MAX (VN_ERROR_TEXT_MAX - 32) /* leaves room for what was found */

/* Where the check is: the key, or with a NULL key the index, within `up`. A pointer is made of it only for an error. */
struct place {
    const struct place *up; /* NULL: the root */
    const char *key;
    size_t index;
};

struct check {
    const struct vn_json_in *root;
    bool newer_words; /* an unknown word is of a newer engine */
};

static void check_value(const struct check *check, const struct place *place, const struct vn_schema *schema,
                        const json_t *value);

static struct vn_json_in open_place(const struct check *check, const struct place *place)
{
    if (place->up == NULL) {
        return *check->root;
    }
    struct vn_json_in up = open_place(check, place->up);
    return place->key == NULL ? vn_json_at(&up, place->index) : vn_json_any(&up, place->key);
}

static bool ended(const struct check *check)
{
    return check->root->error->status == VN_UNSUPPORTED;
}

bool vn_schema_newer(const struct vn_json_in *in, const char *key, const char *what)
{
    if (in->error->status == VN_OK || in->error->status == VN_INPUT) {
        char sentence[VN_ERROR_TEXT_MAX];
        (void)snprintf(sentence, sizeof sentence, "engine %d does not know %s", VN_ENGINE_VERSION, what);
        in->error->status = VN_OK;
        vn_json_refuse(in, key, sentence);
        in->error->status = VN_UNSUPPORTED;
    }
    return false;
}

static void newer(const struct check *check, const struct place *place, const char *what)
{
    struct vn_json_in in = open_place(check, place);
    (void)vn_schema_newer(&in, NULL, what);
}

/* "one of: a, b, c", as many as there is room for */
static void describe_words(const char *const *words, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "one of: ");
    for (size_t i = 0; words[i] != NULL; i++) {
        bool fits = used + strlen(words[i]) + sizeof ", , ..." <= size;
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", fits ? words[i] : "...");
        if (!fits) {
            return;
        }
    }
}

/* "1 to 5 things", "at most 5 things", "at least 1 thing" */
static void describe_count(const struct vn_schema *schema, const char *what, char *out, size_t size)
{
    if (schema->least > 0 && schema->most < INT64_MAX) {
        (void)snprintf(out, size, "%lld to %lld %s", (long long)schema->least, (long long)schema->most, what);
    } else if (schema->least > 0) {
        (void)snprintf(out, size, "at least %lld %s", (long long)schema->least, what);
    } else {
        (void)snprintf(out, size, "at most %lld %s", (long long)schema->most, what);
    }
}

/* What a value of the schema is, in words. */
static void describe(const struct vn_schema *schema, char *out, size_t size)
{
    char count[64];
    if (schema->title != NULL) {
        (void)snprintf(out, size, "%s", schema->title);
        return;
    }
    switch (schema->kind) {
    case VN_SCHEMA_OBJECT:
    case VN_SCHEMA_BY_KEY: (void)snprintf(out, size, "an object"); return;
    case VN_SCHEMA_BY_TYPE: (void)snprintf(out, size, "an object or an array"); return;
    case VN_SCHEMA_ARRAY: (void)snprintf(out, size, "an array"); return;
    case VN_SCHEMA_BOOLEAN:
        (void)snprintf(out, size, "%s", schema->only_true ? "true" : "true or false");
        return;
    case VN_SCHEMA_INTEGER:
        (void)snprintf(out, size, "an integer from %lld to %lld", (long long)schema->least,
                       (long long)schema->most);
        return;
    case VN_SCHEMA_STRING:
        if (schema->words != NULL) {
            describe_words(schema->words, out, size);
            return;
        }
        describe_count(schema, "characters", count, sizeof count);
        (void)snprintf(out, size, "a text of %s", count);
        return;
    default: (void)snprintf(out, size, "something"); return;
    }
}

static void fail(const struct check *check, const struct place *place, const struct vn_schema *schema)
{
    char expected[EXPECTED_MAX];
    describe(schema, expected, sizeof expected);
    struct vn_json_in in = open_place(check, place);
    vn_json_fail(&in, NULL, expected);
}

static void fail_count(const struct check *check, const struct place *place, const struct vn_schema *schema,
                       const char *what, int64_t found)
{
    char expected[64];
    char sentence[VN_ERROR_TEXT_MAX];
    describe_count(schema, what, expected, sizeof expected);
    (void)snprintf(sentence, sizeof sentence, "expected %s, found %lld", expected, (long long)found);
    struct vn_json_in in = open_place(check, place);
    vn_json_refuse(&in, NULL, sentence);
}

static bool count_fits(const struct check *check, const struct place *place, const struct vn_schema *schema,
                       const char *what, size_t found)
{
    if ((int64_t)found >= schema->least && (int64_t)found <= schema->most) {
        return true;
    }
    fail_count(check, place, schema, what, (int64_t)found);
    return false;
}

static bool in_set(const struct vn_schema_piece *piece, uint8_t byte)
{
    for (uint32_t i = 0; i < piece->set_count; i++) {
        if (byte >= piece->set[i].from && byte <= piece->set[i].to) {
            return true;
        }
    }
    return false;
}

static bool pattern_fits(const struct vn_schema *schema, const char *text, size_t len)
{
    size_t at = 0;
    for (uint32_t i = 0; i < schema->piece_count; i++) {
        const struct vn_schema_piece *piece = &schema->pattern[i];
        size_t taken = 0;
        while (at < len && taken < piece->most && in_set(piece, (uint8_t)text[at])) {
            at++;
            taken++;
        }
        if (taken < piece->least) {
            return false;
        }
    }
    return at == len;
}

static size_t count_characters(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

/* Words are unknown to documents of rulesets alone, which hold nothing that must not be told. */
static void newer_word(const struct check *check, const struct place *place, const char *text)
{
    char what[VN_ID_MAX + 16];
    bool plain = strlen(text) < VN_ID_MAX;
    for (const char *c = text; *c != '\0'; c++) {
        plain = plain && (unsigned char)*c >= ' ' && *c != 0x7f;
    }
    (void)snprintf(what, sizeof what, plain ? "this word: %s" : "this word", text);
    newer(check, place, what);
}

static bool is_word(const char *const *words, const char *text, size_t *at)
{
    for (*at = 0; words[*at] != NULL; (*at)++) {
        if (strcmp(words[*at], text) == 0) {
            return true;
        }
    }
    return false;
}

/* A text, or the name of a key. */
static void check_text(const struct check *check, const struct place *place, const struct vn_schema *schema,
                       const char *text, size_t len)
{
    size_t word = 0;
    if (schema->words != NULL) {
        if (!is_word(schema->words, text, &word)) {
            if (check->newer_words) {
                newer_word(check, place, text);
            } else {
                fail(check, place, schema);
            }
        }
        return;
    }
    if (!count_fits(check, place, schema, "characters", count_characters(text, len)) ||
        schema->piece_count == 0 || pattern_fits(schema, text, len)) {
        return;
    }
    struct vn_json_in in = open_place(check, place);
    vn_json_fail(&in, NULL, schema->title != NULL ? schema->title : "a text without control characters");
}

static void check_array(const struct check *check, const struct place *place, const struct vn_schema *schema,
                        const json_t *value)
{
    size_t count = json_array_size(value);
    if (!count_fits(check, place, schema, "elements", count)) {
        count = 0; /* how many would be looked at is not known to be bounded */
    }
    for (size_t i = 0; i < count && !ended(check); i++) {
        struct place at = {place, NULL, i};
        check_value(check, &at, schema->items, json_array_get(value, i));
    }
}

static const struct vn_schema *find_key(const struct vn_schema *schema, const char *name)
{
    uint32_t low = 0;
    uint32_t high = schema->key_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(schema->keys[middle].name, name);
        if (order == 0) {
            return schema->keys[middle].schema;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static void check_member(const struct check *check, const struct place *place, const struct vn_schema *schema,
                         const json_t *value)
{
    const struct vn_schema *known = find_key(schema, place->key);
    if (known == NULL && schema->closed) {
        newer(check, place, "this key");
        return;
    }
    if (known == NULL && schema->names != NULL) {
        check_text(check, place, schema->names, place->key, strlen(place->key));
    }
    known = known == NULL ? schema->others : known;
    if (known != NULL) {
        check_value(check, place, known, value);
    }
}

static void check_required(const struct check *check, const struct place *place,
                           const struct vn_schema *schema, const json_t *value)
{
    for (size_t i = 0; schema->required != NULL && schema->required[i] != NULL; i++) {
        if (json_object_get(value, schema->required[i]) == NULL) {
            struct place at = {place, schema->required[i], 0};
            fail(check, &at, find_key(schema, schema->required[i]));
        }
    }
}

static void check_group(const struct check *check, const struct place *place,
                        const struct vn_schema_group *group, const json_t *value)
{
    static const char *const rules[] = {
        [VN_SCHEMA_EXACTLY_ONE] = "exactly one of",
        [VN_SCHEMA_AT_LEAST_ONE] = "at least one of",
    };
    char names[128] = "";
    size_t used = 0;
    size_t count = 0;
    size_t found = 0;
    for (; group->keys[count] != NULL; count++) {
        found += json_object_get(value, group->keys[count]) != NULL ? 1 : 0;
        if (used < sizeof names) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", count == 0 ? "" : ", ",
                                     group->keys[count]);
        }
    }
    bool fits = group->rule == VN_SCHEMA_EXACTLY_ONE    ? found == 1
                : group->rule == VN_SCHEMA_AT_LEAST_ONE ? found > 0
                                                        : found < count;
    if (!fits) {
        char sentence[VN_ERROR_TEXT_MAX];
        if (group->rule == VN_SCHEMA_NOT_ALL) {
            (void)snprintf(sentence, sizeof sentence, "these don't go together: %s", names);
        } else {
            (void)snprintf(sentence, sizeof sentence, "expected %s: %s, found %zu of them",
                           rules[group->rule], names, found);
        }
        struct vn_json_in in = open_place(check, place);
        vn_json_refuse(&in, NULL, sentence);
    }
}

static void check_object(const struct check *check, const struct place *place, const struct vn_schema *schema,
                         const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */
    (void)count_fits(check, place, schema, "keys", json_object_size(value));
    for (void *at = json_object_iter(object); at != NULL && !ended(check);
         at = json_object_iter_next(object, at)) {
        struct place inside = {place, json_object_iter_key(at), 0};
        check_member(check, &inside, schema, json_object_iter_value(at));
    }
    if (!ended(check)) {
        check_required(check, place, schema, value);
        for (uint32_t i = 0; i < schema->group_count; i++) {
            check_group(check, place, &schema->groups[i], value);
        }
    }
}

/* One of several kinds of object, by the text at the tag. */
static void check_tagged(const struct check *check, const struct place *place, const struct vn_schema *schema,
                         const json_t *value)
{
    const json_t *tag = json_object_get(value, schema->tag);
    const char *text = json_string_value(tag);
    struct place at = {place, schema->tag, 0};
    size_t word = 0;
    if (text != NULL && is_word(schema->words, text, &word)) {
        check_value(check, place, schema->choices[word], value);
    } else if (text != NULL && check->newer_words) {
        newer_word(check, &at, text);
    } else {
        const struct vn_schema words = {.kind = VN_SCHEMA_STRING, .words = schema->words};
        fail(check, &at, &words);
    }
}

static bool type_fits(const struct vn_schema *schema, const json_t *value)
{
    switch (schema->kind) {
    case VN_SCHEMA_OBJECT:
    case VN_SCHEMA_BY_KEY: return json_is_object(value);
    case VN_SCHEMA_ARRAY: return json_is_array(value);
    case VN_SCHEMA_STRING: return json_is_string(value);
    case VN_SCHEMA_INTEGER: return json_is_integer(value);
    case VN_SCHEMA_BOOLEAN: return json_is_true(value) || (json_is_false(value) && !schema->only_true);
    case VN_SCHEMA_BY_TYPE: return json_is_object(value) || json_is_array(value);
    default: return true;
    }
}

static void check_integer(const struct check *check, const struct place *place,
                          const struct vn_schema *schema, const json_t *value)
{
    json_int_t number = json_integer_value(value);
    if (number < schema->least || number > schema->most) {
        struct vn_json_in in = open_place(check, place);
        int64_t ignored = 0;
        vn_json_int(&in, NULL, VN_REQUIRED, schema->least, schema->most, &ignored); /* says it in words */
    }
}

/* As deep as the schema, which has no cycles. */
static void check_value(const struct check *check, const struct place *place, const struct vn_schema *schema,
                        const json_t *value)
{
    if (json_is_null(value) && schema->nullable) {
        return;
    }
    if (!type_fits(schema, value)) {
        fail(check, place, schema);
        return;
    }
    switch (schema->kind) {
    case VN_SCHEMA_OBJECT: check_object(check, place, schema, value); return;
    case VN_SCHEMA_ARRAY: check_array(check, place, schema, value); return;
    case VN_SCHEMA_STRING:
        check_text(check, place, schema, json_string_value(value), json_string_length(value));
        return;
    case VN_SCHEMA_INTEGER: check_integer(check, place, schema, value); return;
    case VN_SCHEMA_BY_TYPE:
        check_value(check, place, schema->choices[json_is_array(value) ? 1 : 0], value);
        return;
    case VN_SCHEMA_BY_KEY: check_tagged(check, place, schema, value); return;
    default: return;
    }
}

bool vn_schema_check(const struct vn_schema *schema, const struct vn_json_in *in)
{
    if (vn_json_failed(in)) {
        return false;
    }
    const struct check check = {in, schema->closed};
    const struct place root = {NULL, NULL, 0};
    check_value(&check, &root, schema, in->value);
    return !vn_json_failed(in);
}
