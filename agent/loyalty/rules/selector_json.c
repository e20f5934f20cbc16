/* Selectors; the price tables that they name are found when all lines are read. */
#include <stdlib.h>

#include "agent/loyalty/rules/price_table.h"
#include "agent/loyalty/rules/readers.h"

#define FIRST_USERS 64

static void read_keys(const struct vn_json_in *in, struct vn_arena *arena, struct vn_terms *terms)
{
    vn_terms_read(in, "codes", VN_CODE_MAX, arena, &terms[VN_SELECT_CODES]);
    vn_terms_read(in, "brands", VN_TAG_MAX, arena, &terms[VN_SELECT_BRANDS]);
    vn_terms_read(in, "tags", VN_TAG_MAX, arena, &terms[VN_SELECT_TAGS]);
    vn_terms_read(in, "categories", VN_NAME_MAX, arena, &terms[VN_SELECT_CATEGORIES]);
}

static void read_price(const struct vn_json_in *in, struct vn_selector *out)
{
    struct vn_json_in price = vn_json_object(in, "price", VN_OPTIONAL);
    if (price.value == NULL) {
        return;
    }
    vn_take_int(&price, "min_minor", &out->least_minor);
    vn_take_int(&price, "max_minor", &out->most_minor);
    if (out->most_minor > 0 && out->most_minor < out->least_minor) {
        vn_json_refuse(&price, "max_minor", "max_minor is below min_minor");
    }
}

static bool remember(struct vn_ruleset *ruleset, struct vn_selector *selector)
{
    if (ruleset->table_user_count == ruleset->table_user_room) {
        size_t room = ruleset->table_user_room == 0 ? FIRST_USERS : ruleset->table_user_room * 2;
        struct vn_selector **grown = realloc(ruleset->table_users, room * sizeof(struct vn_selector *));
        if (grown == NULL) {
            return false;
        }
        ruleset->table_users = grown;
        ruleset->table_user_room = room;
    }
    ruleset->table_users[ruleset->table_user_count++] = selector;
    return true;
}

const struct vn_selector *vn_selector_read(const struct vn_json_in *in, const char *key,
                                           struct vn_ruleset *ruleset)
{
    struct vn_json_in value = vn_json_object(in, key, VN_OPTIONAL);
    if (vn_json_failed(in) || value.value == NULL || json_object_size(value.value) == 0) {
        return NULL;
    }
    struct vn_selector *out = vn_arena_take(&ruleset->arena, sizeof *out);
    if (out == NULL) {
        vn_read_nomem(in);
        return NULL;
    }
    read_keys(&value, &ruleset->arena, out->include);
    struct vn_json_in exclude = vn_json_object(&value, "exclude", VN_OPTIONAL);
    if (exclude.value != NULL) {
        read_keys(&exclude, &ruleset->arena, out->exclude);
    }
    read_price(&value, out);
    vn_take_bool(&value, "not_reduced", &out->not_reduced);
    out->line = ruleset->line;
    out->table_id = vn_text_read(&value, "table", VN_ID_MAX, &ruleset->arena);
    if (out->table_id != NULL && !remember(ruleset, out)) {
        vn_read_nomem(in);
    }
    return out;
}

enum vn_status vn_selectors_resolve(struct vn_ruleset *ruleset, struct vn_error *error)
{
    for (size_t i = 0; i < ruleset->table_user_count; i++) {
        struct vn_selector *selector = ruleset->table_users[i];
        selector->table = vn_price_table_named(ruleset, selector->table_id);
        if (selector->table == NULL) {
            return vn_fail(error, VN_INPUT, "line %u: a selector names the price table %s, which has no row",
                           (unsigned)selector->line, selector->table_id);
        }
    }
    free(ruleset->table_users);
    ruleset->table_users = NULL;
    ruleset->table_user_count = 0;
    ruleset->table_user_room = 0;
    return VN_OK;
}
