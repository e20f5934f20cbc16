#include "agent/loyalty/rules/selector.h"

#include <string.h>

bool vn_terms_have(const struct vn_terms *terms, const char *value)
{
    size_t low = 0;
    size_t high = terms->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(terms->values[middle], value);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool vn_category_walk(const char *path, bool (*visit)(void *ctx, const char *category), void *ctx)
{
    char category[VN_NAME_MAX];
    size_t len = strlen(path);
    if (len >= sizeof category) {
        return false;
    }
    memcpy(category, path, len + 1);
    while (category[0] != '\0') {
        if (visit(ctx, category)) {
            return true;
        }
        char *cut = strrchr(category, '/');
        *(cut == NULL ? category : cut) = '\0';
    }
    return false;
}

static bool term_visited(void *ctx, const char *category)
{
    const struct vn_terms *terms = ctx;
    return vn_terms_have(terms, category);
}

static bool key_matches(enum vn_selector_key key, const struct vn_terms *terms, const struct vn_line *line,
                        const struct vn_item *item)
{
    if (key == VN_SELECT_CODES) {
        return vn_terms_have(terms, line->code) || (item->known && vn_terms_have(terms, item->code));
    }
    if (!item->known) {
        return false;
    }
    if (key == VN_SELECT_BRANDS) {
        return vn_terms_have(terms, item->brand);
    }
    if (key == VN_SELECT_CATEGORIES) {
        struct vn_terms wanted = *terms;
        return vn_category_walk(item->category, term_visited, &wanted);
    }
    for (unsigned i = 0; i < item->tag_count; i++) {
        if (vn_terms_have(terms, item->tags[i])) {
            return true;
        }
    }
    return false;
}

bool vn_selector_matches(const struct vn_selector *selector, const struct vn_line *line,
                         const struct vn_item *item)
{
    if (selector == NULL) {
        return true;
    }
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        const struct vn_terms *in = &selector->include[key];
        const struct vn_terms *out = &selector->exclude[key];
        if (in->count > 0 && !key_matches((enum vn_selector_key)key, in, line, item)) {
            return false;
        }
        if (out->count > 0 && ((key != VN_SELECT_CODES && !item->known) ||
                               key_matches((enum vn_selector_key)key, out, line, item))) {
            return false;
        }
    }
    return true;
}
