/* A promotion's document becomes a struct vn_promotion. docs/rules.md has the format. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/readers.h"
#include "agent/loyalty/rules/schema.h"

static void read_group(const struct vn_json_in *in, const struct vn_ruleset *ruleset,
                       struct vn_promotion *out)
{
    char id[VN_ID_MAX] = "";
    vn_json_str(in, "group", VN_REQUIRED, id, sizeof id);
    for (out->group = 0; out->group < ruleset->group_count; out->group++) {
        if (strcmp(ruleset->groups[out->group].id, id) == 0) {
            if (ruleset->groups[out->group].newer) {
                (void)vn_schema_newer(in, "group", "the choice or stage of this group");
            }
            return;
        }
    }
    out->group = 0;
    vn_read_unknown(in, "group", "a group of the header", id);
}

/* A coupon has its own stage; other pairs are left to a newer engine. */
static void check_coupon(const struct vn_json_in *in, const struct vn_group *group,
                         const struct vn_promotion *promotion)
{
    if (!vn_json_failed(in) && promotion->cond.coupon != (group->stage == VN_STAGE_COUPONS)) {
        (void)vn_schema_newer(in, "group",
                              promotion->cond.coupon ? "a condition of a coupon outside the stage 'coupons'"
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
        vn_take_int(&value, "per_receipt", &limits->per_receipt);
    }
    if (member.value != NULL) {
        int period = VN_PERIOD_EVER;
        vn_take_int(&member, "count", &limits->member_count);
        vn_take_word(&member, "period", periods, &period);
        limits->member_period = (enum vn_period)period;
    } else if (out->who.birthday || out->who.anniversary) {
        limits->member_count = 1;
        limits->member_period = VN_PERIOD_YEAR;
    } else if (out->who.first_purchase || out->who.referral) {
        limits->member_count = 1;
        limits->member_period = VN_PERIOD_EVER;
    }
    if (all.value != NULL) {
        vn_take_int(&all, "count", &limits->all_count);
        vn_take_int(&all, "budget_minor", &limits->all_budget_minor);
    }
}

static void read_caps(const struct vn_json_in *in, struct vn_promotion *out)
{
    struct vn_json_in caps = vn_json_object(in, "caps", VN_OPTIONAL);
    if (caps.value != NULL) {
        vn_take_int(&caps, "max_discount_minor", &out->max_discount_minor);
    }
}

static void read_funder(const struct vn_json_in *in, struct vn_arena *arena, struct vn_funder *out)
{
    out->id = vn_text_read(in, "id", VN_ID_MAX, arena);
    vn_take_int(in, "per_unit_minor", &out->per_unit_minor);
    vn_take_int(in, "share_bp", &out->share_bp);
    vn_take_int(in, "cap_minor", &out->cap_minor);
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

bool vn_engine_fits(const struct vn_json_in *in)
{
    const json_t *engine = json_object_get(in->value, "engine");
    if (json_is_integer(engine) && json_integer_value(engine) > VN_ENGINE_VERSION) {
        char rules[64];
        (void)snprintf(rules, sizeof rules, "the rules of engine %lld",
                       (long long)json_integer_value(engine));
        return vn_schema_newer(in, "engine", rules);
    }
    return true;
}

enum vn_status vn_promotion_read(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                                 struct vn_promotion *out)
{
    static const char *const offline[] = {"rights", "risk", "never", NULL};
    memset(out, 0, sizeof *out);
    if (!vn_engine_fits(in) || !vn_schema_check(&vn_schema_promotion, in)) {
        return in->error->status;
    }
    int word = VN_OFFLINE_RIGHTS;
    out->id = vn_text_read(in, "id", VN_ID_MAX, &ruleset->arena);
    if (out->id != NULL && out->id[0] == '~') {
        vn_json_refuse(in, "id", "an id that begins with ~ is that of a coupon with terms of its own");
    }
    out->version = 1;
    vn_take_int(in, "version", &out->version);
    read_group(in, ruleset, out);
    vn_names_read(in, "name", VN_NAME_MAX, &ruleset->arena, &out->name);
    vn_when_read(in, ruleset, &out->when);
    vn_where_read(in, ruleset, &out->where);
    vn_who_read(in, ruleset, &out->who);
    vn_if_read(in, ruleset, &out->cond);
    check_coupon(in, &ruleset->groups[out->group], out); /* before what follows is judged by our rules */
    read_caps(in, out);
    vn_then_read(in, ruleset, out);
    vn_take_int(in, "priority", &out->priority);
    read_limits(in, out);
    read_funders(in, &ruleset->arena, out);
    vn_take_word(in, "offline", offline, &word);
    out->offline = (enum vn_offline)word;
    return in->error->status;
}
