/* A promotion's document becomes a struct vn_promotion. docs/rules.md has the format. */
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/readers.h"
#include "agent/loyalty/rules/shape.h"

#define PRIORITY_MAX 1000000
#define VERSION_MAX  1000000000

static void read_group(const struct vn_json_in *in, const struct vn_ruleset *ruleset,
                       struct vn_promotion *out)
{
    char id[VN_ID_MAX] = "";
    vn_json_str(in, "group", VN_REQUIRED, id, sizeof id);
    for (out->group = 0; out->group < ruleset->group_count; out->group++) {
        if (strcmp(ruleset->groups[out->group].id, id) == 0) {
            return;
        }
    }
    out->group = 0;
    vn_json_fail(in, "group", "a group of the header");
}

/* A coupon has its own stage; other pairs are left to a newer engine. */
static void check_group(const struct vn_json_in *in, const struct vn_group *group,
                        const struct vn_promotion *promotion)
{
    if (group->newer) {
        (void)vn_shape_unknown(in, "group", "the choice or stage of this group");
    } else if (promotion->cond.coupon != (group->stage == VN_STAGE_COUPONS)) {
        (void)vn_shape_unknown(in, "group",
                               promotion->cond.coupon
                                   ? "a condition of a coupon outside the stage 'coupons'"
                                   : "the stage 'coupons' without a condition of a coupon");
    }
}

static void read_limits(const struct vn_json_in *in, struct vn_promotion *out)
{
    static const char *const periods[] = {"ever", "day", "week", "month", "year", NULL};
    struct vn_limits *limits = &out->limits;
    struct vn_json_in value = vn_json_object(in, "limits", VN_OPTIONAL);
    bool asked = value.value != NULL;
    struct vn_json_in member = asked ? vn_json_object(&value, "member", VN_OPTIONAL) : value;
    struct vn_json_in all = asked ? vn_json_object(&value, "all", VN_OPTIONAL) : value;
    if (asked) {
        vn_json_int(&value, "per_receipt", VN_OPTIONAL, 1, VN_UNITS_MAX, &limits->per_receipt);
    }
    if (member.value != NULL) {
        int period = VN_PERIOD_EVER;
        vn_json_int(&member, "count", VN_REQUIRED, 1, VN_RULE_NUMBER_MAX, &limits->member_count);
        vn_json_enum(&member, "period", VN_REQUIRED, periods, &period);
        limits->member_period = (enum vn_period)period;
    } else if (out->who.birthday || out->who.anniversary) {
        limits->member_count = 1;
        limits->member_period = VN_PERIOD_YEAR;
    } else if (out->who.first_purchase || out->who.referral) {
        limits->member_count = 1;
        limits->member_period = VN_PERIOD_EVER;
    }
    if (all.value != NULL) {
        vn_json_int(&all, "count", VN_OPTIONAL, 1, VN_RULE_NUMBER_MAX, &limits->all_count);
        vn_json_int(&all, "budget_minor", VN_OPTIONAL, 1, VN_AMOUNT_MAX, &limits->all_budget_minor);
        if (!vn_json_failed(in) && limits->all_count == 0 && limits->all_budget_minor == 0) {
            vn_json_refuse(&value, "all", "neither count nor budget_minor");
        }
    }
}

static void read_caps(const struct vn_json_in *in, struct vn_promotion *out)
{
    struct vn_json_in caps = vn_json_object(in, "caps", VN_OPTIONAL);
    if (caps.value != NULL) {
        vn_json_int(&caps, "max_discount_minor", VN_OPTIONAL, 1, VN_AMOUNT_MAX, &out->max_discount_minor);
    }
}

static void read_funder(const struct vn_json_in *in, struct vn_arena *arena, struct vn_funder *out)
{
    out->id = vn_text_read(in, "id", VN_REQUIRED, VN_ID_MAX, arena);
    bool per_unit = vn_json_has(in, "per_unit_minor");
    if (per_unit && vn_json_has(in, "share_bp")) {
        vn_json_refuse(in, "per_unit_minor", "share_bp and per_unit_minor exclude each other");
    } else if (per_unit) {
        vn_json_int(in, "per_unit_minor", VN_REQUIRED, 1, VN_AMOUNT_MAX, &out->per_unit_minor);
    } else {
        vn_json_int(in, "share_bp", VN_REQUIRED, 1, VN_BP_WHOLE, &out->share_bp);
    }
    vn_json_int(in, "cap_minor", VN_OPTIONAL, 1, VN_AMOUNT_MAX, &out->cap_minor);
}

static void read_funders(const struct vn_json_in *in, struct vn_arena *arena, struct vn_promotion *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "funders", VN_OPTIONAL, VN_FUNDERS_MAX, &count);
    if (vn_json_failed(in) || count == 0) {
        return;
    }
    struct vn_funder *funders = vn_arena_take(arena, count * sizeof *funders);
    if (funders == NULL) {
        vn_read_nomem(in);
        return;
    }
    int64_t shares = 0;
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        read_funder(&at, arena, &funders[i]);
        shares += funders[i].share_bp;
        for (size_t other = 0; other < i && !vn_json_failed(in); other++) {
            if (strcmp(funders[other].id, funders[i].id) == 0) {
                vn_json_fail(&at, "id", "an id of its own");
            }
        }
    }
    if (shares > VN_BP_WHOLE) {
        vn_json_refuse(in, "funders", "the funders' shares are more than the whole");
    }
    out->funders = funders;
    out->funder_count = (uint32_t)count;
}

/* What is there beyond this engine; it is looked at before types and ranges, which a newer one may have changed. */
static bool is_known(const struct vn_json_in *in)
{
    int64_t engine = VN_ENGINE_VERSION;
    if (!json_is_object(in->value)) {
        vn_json_fail(in, NULL, "an object");
    }
    vn_json_int(in, "engine", VN_OPTIONAL, 1, VERSION_MAX, &engine);
    if (vn_json_failed(in)) {
        return false;
    }
    if (engine > VN_ENGINE_VERSION) {
        return vn_shape_unknown(in, "engine", "the rules of a newer one");
    }
    const char *offline = json_string_value(json_object_get(in->value, "offline"));
    if (offline != NULL && strcmp(offline, "rights") != 0 && strcmp(offline, "risk") != 0 &&
        strcmp(offline, "never") != 0) {
        return vn_shape_unknown(in, "offline", "this word");
    }
    return vn_shape_promotion_known(in);
}

enum vn_status vn_promotion_read(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                                 struct vn_promotion *out)
{
    static const char *const offline[] = {"rights", "risk", "never", NULL};
    memset(out, 0, sizeof *out);
    if (!is_known(in)) {
        return in->error->status;
    }
    int word = VN_OFFLINE_RIGHTS;
    out->id = vn_text_read(in, "id", VN_REQUIRED, VN_ID_MAX, &ruleset->arena);
    out->version = 1;
    vn_json_int(in, "version", VN_OPTIONAL, 1, VERSION_MAX, &out->version);
    read_group(in, ruleset, out);
    vn_names_read(in, "name", VN_NAME_MAX, &ruleset->arena, &out->name);
    vn_when_read(in, ruleset, &out->when);
    vn_where_read(in, ruleset, &out->where);
    vn_who_read(in, ruleset, &out->who);
    vn_if_read(in, ruleset, &out->cond);
    read_caps(in, out);
    vn_then_read(in, ruleset, out);
    vn_json_int(in, "priority", VN_OPTIONAL, -PRIORITY_MAX, PRIORITY_MAX, &out->priority);
    read_limits(in, out);
    read_funders(in, &ruleset->arena, out);
    vn_json_enum(in, "offline", VN_OPTIONAL, offline, &word);
    out->offline = (enum vn_offline)word;
    if (!vn_json_failed(in)) {
        check_group(in, &ruleset->groups[out->group], out);
    }
    return in->error->status;
}
