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

static const struct shape price = {
    (const struct shape_key[]){{"min_minor", NULL}, {"max_minor", NULL}, {NULL, NULL}}};

static const struct shape selector = {(const struct shape_key[]){{"codes", NULL},
                                                                 {"brands", NULL},
                                                                 {"tags", NULL},
                                                                 {"categories", NULL},
                                                                 {"exclude", &terms},
                                                                 {"price", &price},
                                                                 {"not_reduced", NULL},
                                                                 {"table", NULL},
                                                                 {NULL, NULL}}};

static const struct shape when = {(const struct shape_key[]){{"from", NULL},
                                                             {"to", NULL},
                                                             {"weekdays", NULL},
                                                             {"hours", NULL},
                                                             {"holidays", NULL},
                                                             {"not_holidays", NULL},
                                                             {NULL, NULL}}};

static const struct shape where = {(const struct shape_key[]){{"stores", NULL},
                                                              {"not_stores", NULL},
                                                              {"store_groups", NULL},
                                                              {"not_store_groups", NULL},
                                                              {"tills", NULL},
                                                              {"not_tills", NULL},
                                                              {"lanes", NULL},
                                                              {NULL, NULL}}};

static const struct shape window = {
    (const struct shape_key[]){{"days_before", NULL}, {"days_after", NULL}, {NULL, NULL}}};

static const struct shape visit = {(const struct shape_key[]){{"n", NULL}, {"every", NULL}, {NULL, NULL}}};

static const struct shape control = {
    (const struct shape_key[]){{"campaign", NULL}, {"held_out_bp", NULL}, {NULL, NULL}}};

static const struct shape who = {(const struct shape_key[]){{"kind", NULL},
                                                            {"tiers", NULL},
                                                            {"segments", NULL},
                                                            {"not_segments", NULL},
                                                            {"clubs", NULL},
                                                            {"birthday", &window},
                                                            {"anniversary", &window},
                                                            {"first_purchase", NULL},
                                                            {"nth_visit", &visit},
                                                            {"days_since_visit", NULL},
                                                            {"referral", NULL},
                                                            {"control", &control},
                                                            {NULL, NULL}}};

static const struct shape min_spend = {(const struct shape_key[]){
    {"selector", &selector}, {"amount_minor", NULL}, {"base", NULL}, {NULL, NULL}}};

static const struct shape quantity = {
    (const struct shape_key[]){{"selector", &selector}, {"qty_milli", NULL}, {NULL, NULL}}};

static const struct shape stamps = {
    (const struct shape_key[]){{"card", NULL}, {"count", NULL}, {NULL, NULL}}};

static const struct shape condition = {(const struct shape_key[]){{"min_spend", &min_spend},
                                                                  {"quantity", &quantity},
                                                                  {"tenders", NULL},
                                                                  {"coupon", NULL},
                                                                  {"stamps", &stamps},
                                                                  {NULL, NULL}}};

static const struct shape member_limit = {
    (const struct shape_key[]){{"count", NULL}, {"period", NULL}, {NULL, NULL}}};

static const struct shape all_limit = {
    (const struct shape_key[]){{"count", NULL}, {"budget_minor", NULL}, {NULL, NULL}}};

static const struct shape limits = {(const struct shape_key[]){
    {"per_receipt", NULL}, {"member", &member_limit}, {"all", &all_limit}, {NULL, NULL}}};

static const struct shape caps = {(const struct shape_key[]){{"max_discount_minor", NULL}, {NULL, NULL}}};

static const struct shape funder = {(const struct shape_key[]){
    {"id", NULL}, {"share_bp", NULL}, {"per_unit_minor", NULL}, {"cap_minor", NULL}, {NULL, NULL}}};

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
                                                                  {"caps", &caps},
                                                                  {"funders", &funder},
                                                                  {NULL, NULL}}};

static const struct shape part = {
    (const struct shape_key[]){{"selector", &selector}, {"n", NULL}, {NULL, NULL}}};

static const struct shape ladder_step = {(const struct shape_key[]){
    {"from_minor", NULL}, {"rate_bp", NULL}, {"amount_minor", NULL}, {NULL, NULL}}};

static const struct shape tier_step = {
    (const struct shape_key[]){{"from_minor", NULL}, {"tier", NULL}, {"rate_bp", NULL}, {NULL, NULL}}};

static const struct shape percent_off = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"rate_bp", NULL}, {"max_discount_minor", NULL}, {NULL, NULL}}};

static const struct shape amount_off = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"amount_minor", NULL}, {NULL, NULL}}};

static const struct shape new_price = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"price_minor", NULL}, {"table_price", NULL}, {NULL, NULL}}};

static const struct shape nth_free = {(const struct shape_key[]){{"kind", NULL},
                                                                 {"selector", &selector},
                                                                 {"n", NULL},
                                                                 {"free", NULL},
                                                                 {"cheapest", NULL},
                                                                 {"rate_bp", NULL},
                                                                 {"weighed", NULL},
                                                                 {NULL, NULL}}};

static const struct shape buy_get = {(const struct shape_key[]){
    {"kind", NULL}, {"buy", &part}, {"get", &part}, {"rate_bp", NULL}, {"weighed", NULL}, {NULL, NULL}}};

static const struct shape bundle = {
    (const struct shape_key[]){{"kind", NULL}, {"parts", &part}, {"price_minor", NULL}, {NULL, NULL}}};

static const struct shape gift = {(const struct shape_key[]){{"kind", NULL},
                                                             {"selector", &selector},
                                                             {"n", NULL},
                                                             {"on_return", NULL},
                                                             {"charge_minor", NULL},
                                                             {NULL, NULL}}};

static const struct shape ladder = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"steps", &ladder_step}, {NULL, NULL}}};

static const struct shape accumulative = {
    (const struct shape_key[]){{"kind", NULL}, {"selector", &selector}, {"steps", &tier_step}, {NULL, NULL}}};

static const struct shape points_per_spend = {(const struct shape_key[]){{"kind", NULL},
                                                                         {"selector", &selector},
                                                                         {"points", NULL},
                                                                         {"per_minor", NULL},
                                                                         {"wallet", NULL},
                                                                         {NULL, NULL}}};

static const struct shape points_per_unit = {(const struct shape_key[]){
    {"kind", NULL}, {"selector", &selector}, {"points", NULL}, {"wallet", NULL}, {NULL, NULL}}};

static const struct shape points_multiplier = {
    (const struct shape_key[]){{"kind", NULL}, {"selector", &selector}, {"times_bp", NULL}, {NULL, NULL}}};

static const struct shape points_bonus = {
    (const struct shape_key[]){{"kind", NULL}, {"points", NULL}, {"wallet", NULL}, {NULL, NULL}}};

static const struct shape stamp = {(const struct shape_key[]){{"kind", NULL},
                                                              {"selector", &selector},
                                                              {"card", NULL},
                                                              {"points", NULL},
                                                              {"once", NULL},
                                                              {"on_return", NULL},
                                                              {NULL, NULL}}};

static const struct shape issue_coupon = {(const struct shape_key[]){{"kind", NULL},
                                                                     {"coupon", NULL},
                                                                     {"valid_after_days", NULL},
                                                                     {"valid_days", NULL},
                                                                     {"n", NULL},
                                                                     {"on_return", NULL},
                                                                     {"charge_minor", NULL},
                                                                     {NULL, NULL}}};

static const struct shape add_tag = {
    (const struct shape_key[]){{"kind", NULL}, {"tag", NULL}, {"on_return", NULL}, {NULL, NULL}}};

static const struct shape say = {
    (const struct shape_key[]){{"kind", NULL}, {"where", NULL}, {"text", &texts}, {NULL, NULL}}};

static const struct shape offset = {
    (const struct shape_key[]){{"from_ms", NULL}, {"offset_min", NULL}, {NULL, NULL}}};

static const struct shape zone = {(const struct shape_key[]){{"stores", NULL},
                                                             {"store_groups", NULL},
                                                             {"utc_offset_min", NULL},
                                                             {"utc_offsets", &offset},
                                                             {NULL, NULL}}};

static const struct shape wallet = {(const struct shape_key[]){{"exponent", NULL},
                                                               {"worth", &texts},
                                                               {"spend_min", NULL},
                                                               {"spend_step", NULL},
                                                               {"spend_share_bp", NULL},
                                                               {"spend_left_minor", NULL},
                                                               {"spent_as", NULL},
                                                               {"proof", NULL},
                                                               {"unproved_points", NULL},
                                                               {"exclude", &selector},
                                                               {"earn_max_receipt", NULL},
                                                               {"matures_days", NULL},
                                                               {"expires_days", NULL},
                                                               {"return_grace_days", NULL},
                                                               {NULL, NULL}}};

static const struct shape wallets = {(const struct shape_key[]){{"id", NULL},
                                                                {"exponent", NULL},
                                                                {"worth", &texts},
                                                                {"spend_min", NULL},
                                                                {"spend_step", NULL},
                                                                {"spend_share_bp", NULL},
                                                                {"spend_left_minor", NULL},
                                                                {"spent_as", NULL},
                                                                {"proof", NULL},
                                                                {"unproved_points", NULL},
                                                                {"exclude", &selector},
                                                                {"earn_max_receipt", NULL},
                                                                {"matures_days", NULL},
                                                                {"expires_days", NULL},
                                                                {"return_grace_days", NULL},
                                                                {"earning", &texts},
                                                                {NULL, NULL}}};

static const struct shape tier = {(const struct shape_key[]){{"id", NULL}, {"from", NULL}, {NULL, NULL}}};

static const struct shape tiers = {(const struct shape_key[]){{"by", NULL}, {"steps", &tier}, {NULL, NULL}}};

static const struct shape header = {(const struct shape_key[]){{"ruleset", NULL},
                                                               {"engine", NULL},
                                                               {"currency", NULL},
                                                               {"exponent", NULL},
                                                               {"utc_offset_min", NULL},
                                                               {"utc_offsets", &offset},
                                                               {"zones", &zone},
                                                               {"store_groups", &texts},
                                                               {"calendars", &texts},
                                                               {"law", NULL},
                                                               {"wallet", &wallet},
                                                               {"earning", &texts},
                                                               {"wallets", &wallets},
                                                               {"tiers", &tiers},
                                                               {"groups", NULL},
                                                               {"cards", NULL},
                                                               {"coupons", NULL},
                                                               {"floor_bp", NULL},
                                                               {"max_unit_discount_bp", NULL},
                                                               {"max_unit_discount_minor", NULL},
                                                               {"max_receipt_discount_bp", NULL},
                                                               {"max_receipt_discount_minor", NULL},
                                                               {"member_max_age_s", NULL},
                                                               {"name", NULL},
                                                               {"note", NULL},
                                                               {NULL, NULL}}};

static const struct shape_key rewards[] = {{"percent_off", &percent_off},
                                           {"amount_off", &amount_off},
                                           {"new_price", &new_price},
                                           {"nth_free", &nth_free},
                                           {"buy_get", &buy_get},
                                           {"bundle", &bundle},
                                           {"gift", &gift},
                                           {"ladder", &ladder},
                                           {"accumulative", &accumulative},
                                           {"points_per_spend", &points_per_spend},
                                           {"points_per_unit", &points_per_unit},
                                           {"points_multiplier", &points_multiplier},
                                           {"points_bonus", &points_bonus},
                                           {"stamp", &stamp},
                                           {"issue_coupon", &issue_coupon},
                                           {"add_tag", &add_tag},
                                           {"say", &say},
                                           {NULL, NULL}};

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
        size_t count = 0;
        struct vn_json_in list = {NULL, in->error, ""};
        if (key->inside != NULL && json_is_array(json_object_iter_value(at))) {
            list = vn_json_array(in, name, VN_OPTIONAL, SIZE_MAX, &count);
        }
        for (size_t i = 0; i < count; i++) {
            struct vn_json_in inside = vn_json_at(&list, i);
            if (json_is_object(inside.value) && !known(&inside, key->inside)) {
                return false;
            }
        }
    }
    return true;
}

static bool reward_known(const struct vn_json_in *in)
{
    const char *kind = json_string_value(json_object_get(in->value, "kind"));
    if (kind == NULL) {
        return true;
    }
    const struct shape_key *reward = find_key(rewards, kind);
    return reward == NULL ? vn_shape_unknown(in, "kind", "this reward") : known(in, reward->inside);
}

bool vn_shape_promotion_known(const struct vn_json_in *in)
{
    if (!known(in, &promotion)) {
        return false;
    }
    const json_t *value = json_object_get(in->value, "then");
    struct vn_json_in then = {value, in->error, "/then"};
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct vn_json_in at = vn_json_at(&then, i);
        if (!reward_known(&at)) {
            return false;
        }
    }
    return !json_is_object(value) || reward_known(&then);
}

bool vn_shape_header_known(const struct vn_json_in *in)
{
    return known(in, &header);
}
