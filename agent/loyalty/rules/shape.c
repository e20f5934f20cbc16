#include "agent/loyalty/rules/shape.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/ruleset.h"

struct shape;

struct shape_key {
    const char *name; /* "*": any key */
    const struct shape *inside;
};

struct shape {
    const struct shape_key *keys; /* ends with a NULL name; NULL: a value without keys */
};

static const struct shape texts = {(const struct shape_key[]){{"*", NULL}, {NULL, NULL}}};

static const struct shape terms = {(const struct shape_key[]){
    {"codes", NULL}, {"brands", NULL}, {"tags", NULL}, {"categories", NULL}, {NULL, NULL}}};

static const struct shape selector = {(const struct shape_key[]){{"codes", NULL},
                                                                 {"brands", NULL},
                                                                 {"tags", NULL},
                                                                 {"categories", NULL},
                                                                 {"exclude", &terms},
                                                                 {NULL, NULL}}};

static const struct shape when = {(const struct shape_key[]){
    {"from", NULL}, {"to", NULL}, {"weekdays", NULL}, {"hours", NULL}, {NULL, NULL}}};

static const struct shape where = {
    (const struct shape_key[]){{"stores", NULL}, {"not_stores", NULL}, {NULL, NULL}}};

static const struct shape who = {
    (const struct shape_key[]){{"kind", NULL}, {"tiers", NULL}, {"segments", NULL}, {NULL, NULL}}};

static const struct shape min_spend = {(const struct shape_key[]){
    {"selector", &selector}, {"amount_minor", NULL}, {"base", NULL}, {NULL, NULL}}};

static const struct shape quantity = {
    (const struct shape_key[]){{"selector", &selector}, {"qty_milli", NULL}, {NULL, NULL}}};

static const struct shape condition = {(const struct shape_key[]){
    {"min_spend", &min_spend}, {"quantity", &quantity}, {"coupon", NULL}, {NULL, NULL}}};

static const struct shape limits = {(const struct shape_key[]){{"per_receipt", NULL}, {NULL, NULL}}};

static const struct shape promotion = {(const struct shape_key[]){{"id", NULL},
                                                                  {"version", NULL},
                                                                  {"engine", NULL},
                                                                  {"name", &texts},
                                                                  {"note", NULL},
                                                                  {"when", &when},
                                                                  {"where", &where},
                                                                  {"who", &who},
                                                                  {"if", &condition},
                                                                  {"then", &texts},
                                                                  {"group", NULL},
                                                                  {"priority", NULL},
                                                                  {"offline", NULL},
                                                                  {"limits", &limits},
                                                                  {NULL, NULL}}};

static const struct shape percent_off = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"rate_bp", NULL}, {"max_discount_minor", NULL}, {NULL, NULL}}};

static const struct shape amount_off = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"amount_minor", NULL}, {NULL, NULL}}};

static const struct shape nth_free = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"n", NULL}, {"free", NULL}, {"cheapest", NULL}, {NULL, NULL}}};

static const struct shape points_multiplier = {
    (const struct shape_key[]){{"kind", NULL}, {"selector", &selector}, {"times_bp", NULL}, {NULL, NULL}}};

static const struct shape points_bonus = {
    (const struct shape_key[]){{"kind", NULL}, {"points", NULL}, {NULL, NULL}}};

static const struct shape_key rewards[] = {
    {"percent_off", &percent_off},   {"amount_off", &amount_off},
    {"nth_free", &nth_free},         {"points_multiplier", &points_multiplier},
    {"points_bonus", &points_bonus}, {NULL, NULL}};

static const struct shape wallet = {(const struct shape_key[]){{"exponent", NULL},
                                                               {"worth", &texts},
                                                               {"spend_min", NULL},
                                                               {"spend_step", NULL},
                                                               {"spend_share_bp", NULL},
                                                               {NULL, NULL}}};

static const struct shape header = {(const struct shape_key[]){{"ruleset", NULL},
                                                               {"engine", NULL},
                                                               {"currency", NULL},
                                                               {"exponent", NULL},
                                                               {"utc_offset_min", NULL},
                                                               {"law", NULL},
                                                               {"wallet", &wallet},
                                                               {"earning", &texts},
                                                               {"groups", NULL},
                                                               {"cards", NULL},
                                                               {"coupons", NULL},
                                                               {"floor_bp", NULL},
                                                               {"name", NULL},
                                                               {"note", NULL},
                                                               {NULL, NULL}}};

static const struct shape_key *find_key(const struct shape_key *keys, const char *name)
{
    for (; keys->name != NULL; keys++) {
        if (strcmp(keys->name, name) == 0 || strcmp(keys->name, "*") == 0) {
            return keys;
        }
    }
    return NULL;
}

bool vn_shape_unknown(const struct vn_json_in *in, const char *key, const char *what)
{
    if (!vn_json_failed(in)) {
        vn_json_fail(in, key, ""); /* makes the pointer */
        in->error->status = VN_UNSUPPORTED;
        (void)snprintf(in->error->text, sizeof in->error->text, "engine %d does not know %s",
                       VN_ENGINE_VERSION, what);
    }
    return false;
}

/* Depth is bounded by the tables. A wrong type is the reader's to report. */
static bool known(const struct vn_json_in *in, const struct shape *shape)
{
    for (void *at = json_object_iter((json_t *)(uintptr_t)in->value); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)in->value, at)) {
        const char *name = json_object_iter_key(at);
        const struct shape_key *key = find_key(shape->keys, name);
        if (key == NULL) {
            return vn_shape_unknown(in, name, "this key");
        }
        if (key->inside != NULL && json_is_object(json_object_iter_value(at))) {
            struct vn_json_in inside = vn_json_object(in, name, VN_OPTIONAL);
            if (!known(&inside, key->inside)) {
                return false;
            }
        }
    }
    return true;
}

bool vn_shape_promotion_known(const struct vn_json_in *in)
{
    if (!known(in, &promotion)) {
        return false;
    }
    const json_t *value = json_object_get(in->value, "then");
    if (json_is_array(value)) {
        return vn_shape_unknown(in, "then", "several rewards of one promotion");
    }
    const char *kind = json_string_value(json_object_get(value, "kind"));
    if (kind == NULL) {
        return true;
    }
    struct vn_json_in then = vn_json_object(in, "then", VN_OPTIONAL);
    const struct shape_key *reward = find_key(rewards, kind);
    return reward == NULL ? vn_shape_unknown(&then, "kind", "this reward") : known(&then, reward->inside);
}

bool vn_shape_header_known(const struct vn_json_in *in)
{
    return known(in, &header);
}
