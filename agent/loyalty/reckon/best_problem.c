/* The problem of best.h that a group makes of the units and of the promotions that may apply. Values are in 1/1000 minor
 * units, because points may be worth less than one. */
#include "agent/loyalty/reckon/best_work.h"
#include "agent/loyalty/reckon/points.h"

static bool earns_points(const struct vn_quote_work *work)
{
    return vn_audience_judge_card(work) == VN_REASON_APPLIED;
}

/* Pieces of a selector on which points are earned. */
static int64_t earning_pieces(const struct vn_quote_work *work, const struct vn_selector *selector)
{
    int64_t pieces = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        if ((at->forbids & VN_FORBID_EARN) != 0 || !at->counts || !vn_match_line(work, selector, i)) {
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            pieces += work->units[u].running_minor > 0 ? 1 : 0;
        }
    }
    return pieces;
}

/* In an earning group rewards for pieces are values of units, and a bonus competes by the pieces of a quantity or not at all;
 * elsewhere they follow the promotion on all goods they name. */
bool vn_best_once(const struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t *value)
{
    bool competes = !vn_best_is_earning(work, promotion) || promotion->cond.quantity_count > 0;
    *value = 0;
    for (uint32_t i = promotion->price_count; competes && earns_points(work) && i < promotion->reward_count;
         i++) {
        struct vn_reward reward = promotion->rewards[i];
        bool bonus = reward.kind == VN_REWARD_POINTS_BONUS;
        if (!bonus && (reward.kind != VN_REWARD_POINTS_PER_UNIT || vn_best_is_earning(work, promotion))) {
            continue;
        }
        int64_t pieces = earning_pieces(work, reward.selector);
        int64_t worth = 0;
        reward.kind = VN_REWARD_POINTS_PER_UNIT; /* a bonus is so many points for one piece */
        if (!vn_earning_unit_value(work, &reward, 1, &worth) ||
            __builtin_mul_overflow(worth, bonus && pieces > 1 ? 1 : pieces, &worth) ||
            __builtin_add_overflow(*value, worth, value)) {
            return false;
        }
    }
    return true;
}

static void set_slots(const struct vn_reward *reward, int64_t times, struct vn_best_promotion *out)
{
    out->slot_count = 2;
    out->needs[0] = reward->n;
    out->needs[1] = reward->take;
    out->most_sets = times;
    switch (reward->kind) {
    case VN_REWARD_NTH:
        out->order = reward->cheapest ? VN_BEST_CHEAPEST : VN_BEST_DEAREST;
        out->needs[0] = reward->n - reward->take;
        break;
    case VN_REWARD_BUY_GET: break;
    case VN_REWARD_BUNDLE:
        out->slot_count = reward->part_count;
        for (uint32_t p = 0; p < reward->part_count; p++) {
            out->needs[p] = reward->parts[p].n;
        }
        out->set_price = reward->amount_minor * VN_BEST_PER_MINOR;
        break;
    default:
        out->slot_count = 1;
        out->needs[0] = 1;
        out->most_sets = reward->kind == VN_REWARD_GIFT ? reward->take : times;
        break;
    }
}

/* Points for pieces are counted up to the promotion's limit; other points know no pieces. */
static void set_earning_slots(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              int64_t times, struct vn_best_promotion *out)
{
    out->most_sets = INT64_MAX;
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        enum vn_reward_kind kind = promotion->rewards[i].kind;
        if (kind != VN_REWARD_POINTS_BONUS && vn_earning_accepts(work, &promotion->rewards[i])) {
            out->slot_count = 1;
            out->needs[0] = 1;
        }
        out->most_sets = kind == VN_REWARD_POINTS_PER_UNIT ? times : out->most_sets;
    }
}

static bool set_terms(const struct vn_quote_work *work, size_t judged, struct vn_best_promotion *out)
{
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    enum vn_reason why = VN_REASON_APPLIED;
    int64_t times = vn_limits_times(work, promotion, &why);
    *out =
        (struct vn_best_promotion){.most_value = INT64_MAX, .quantity_count = promotion->cond.quantity_count};
    for (uint32_t q = 0; q < promotion->cond.quantity_count; q++) {
        out->least[q] = promotion->cond.quantities[q].least_milli;
    }
    out->once = work->best->once[judged];
    if (vn_best_is_earning(work, promotion)) {
        set_earning_slots(work, promotion, times, out);
        return true;
    }
    if (vn_reward_is_on_units(work, promotion)) {
        set_slots(&promotion->rewards[0], times, out);
    } else if (work->best->left_out[judged]) {
        return true;
    } else if (!vn_best_rest_terms(work, judged, out)) {
        return false;
    }
    /* the receipt's own maximum lies above all sets alike, and does not choose between them */
    if (promotion->max_discount_minor > 0 || promotion->limits.all_budget_minor > 0) {
        int64_t money = vn_limits_money(work, promotion, &why);
        int64_t most = money > INT64_MAX / VN_BEST_PER_MINOR ? INT64_MAX : money * VN_BEST_PER_MINOR;
        out->most_value = most < out->most_value ? most : out->most_value;
    }
    return true;
}

/* Each of its pieces by itself, without limit and condition. */
static bool stands_alone(const struct vn_best_promotion *terms)
{
    return terms->slot_count == 1 && terms->needs[0] == 1 && terms->set_price == 0 && terms->once == 0 &&
           terms->quantity_count == 0 && terms->most_sets == INT64_MAX && terms->most_value == INT64_MAX &&
           !terms->pooled;
}

static bool points_value(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                         const struct vn_unit *unit, int64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        int64_t of_reward = 0;
        if ((work->lines[unit->line].forbids & VN_FORBID_EARN) == 0 &&
            vn_match_line(work, reward->selector, unit->line) &&
            (!vn_earning_unit_value(work, reward, vn_unit_unpaid(unit), &of_reward) ||
             __builtin_add_overflow(*value, of_reward, value))) {
            return false;
        }
    }
    return true;
}

/* What the unit gives by itself, without sets. */
static bool piece_value(const struct vn_quote_work *work, const struct vn_promotion *promotion, size_t number,
                        int64_t *value)
{
    const struct vn_unit *unit = &work->units[number];
    if (vn_best_is_earning(work, promotion)) {
        return points_value(work, promotion, unit, value);
    }
    *value = 0;
    if ((work->lines[unit->line].forbids & vn_reward_forbids(promotion)) != 0) {
        return true;
    }
    return vn_piece_off(work, promotion, number, value) &&
           !__builtin_mul_overflow(*value, VN_BEST_PER_MINOR, value);
}

/* The unit's roles in a promotion, by slots. */
struct roles {
    unsigned count;
    struct vn_best_role list[VN_PARTS_MAX + 1];
};

/* `room`: what the unit has left to give, which of a bundle alone may be less than what it is worth to the set. */
static void add_role(struct roles *roles, unsigned slot, int64_t value, int64_t room)
{
    roles->list[roles->count++] = (struct vn_best_role){.slot = (uint8_t)slot, .value = value, .room = room};
}

static bool set_roles(const struct vn_quote_work *work, const struct vn_promotion *promotion, size_t number,
                      struct roles *out)
{
    const struct vn_unit *unit = &work->units[number];
    const struct vn_reward *reward = &promotion->rewards[0];
    unsigned forbids = work->lines[unit->line].forbids;
    bool lawful = (forbids & vn_reward_forbids(promotion)) == 0;
    bool meant = lawful && vn_match_line(work, reward->selector, unit->line);
    int64_t off = 0;
    if (!unit->whole && !reward->weighed) {
        return true;
    }
    if (reward->kind == VN_REWARD_BUNDLE) {
        int64_t base = vn_unit_base(unit, work->ruleset->groups[promotion->group].running);
        for (uint32_t p = 0; lawful && p < reward->part_count; p++) {
            if (vn_match_line(work, reward->parts[p].selector, unit->line)) {
                add_role(out, p, base * VN_BEST_PER_MINOR, vn_unit_room(unit) * VN_BEST_PER_MINOR);
            }
        }
        return true;
    }
    if (meant && !vn_piece_rate_off(work, promotion, unit, &off)) {
        return false;
    }
    bool pays = reward->kind == VN_REWARD_NTH
                    ? meant
                    : (forbids & VN_FORBID_THRESHOLD) == 0 &&
                          vn_match_line(work, reward->parts[0].selector, unit->line);
    if (pays) {
        add_role(out, 0, 0, 0);
    }
    if (meant) {
        add_role(out, 1, off * VN_BEST_PER_MINOR, off * VN_BEST_PER_MINOR);
    }
    return true;
}

/* A gift of the problem means the unit. */
static bool is_for_gifts(const struct vn_quote_work *work, const struct vn_unit *unit)
{
    for (size_t i = 0; i < work->best->judged_count; i++) {
        const struct vn_promotion *promotion = vn_best_promotion_of(work, i);
        if (!work->best->left_out[i] && vn_reward_is_gift(promotion) &&
            vn_match_line(work, promotion->rewards[0].selector, unit->line)) {
            return true;
        }
    }
    return false;
}

static bool find_roles(const struct vn_quote_work *work, size_t judged, size_t number, struct roles *out)
{
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    const struct vn_unit *unit = &work->units[number];
    uint8_t counts = 0;
    out->count = 0;
    if (work->best->gifts_first && !vn_reward_is_gift(promotion) && is_for_gifts(work, unit)) {
        return true;
    }
    for (uint32_t q = 0; q < promotion->cond.quantity_count; q++) {
        bool serves = (work->lines[unit->line].forbids & VN_FORBID_THRESHOLD) == 0 &&
                      vn_match_line(work, promotion->cond.quantities[q].selector, unit->line);
        counts |= (uint8_t)(serves ? 1U << q : 0);
    }
    if (!vn_best_is_earning(work, promotion) && vn_reward_is_set(&promotion->rewards[0])) {
        if (!set_roles(work, promotion, number, out)) {
            return false;
        }
    } else if (work->best->promotions[judged].slot_count > 0) {
        int64_t value = 0;
        int64_t room = 0;
        if (vn_best_is_on_units(work, judged)) {
            if (!piece_value(work, promotion, number, &value)) {
                return false;
            }
            room = value;
        } else if (!vn_best_rest_value(work, judged, number, &value, &room)) {
            return false;
        } else if (vn_best_rest_is_gone(work, judged, number)) {
            value = 0;
        }
        if (value > 0) {
            add_role(out, 0, value, room);
        }
    }
    if (counts != 0) {
        add_role(out, VN_BEST_SERVES, 0, 0);
    }
    for (unsigned i = 0; i < out->count; i++) {
        out->list[i].promotion = (uint16_t)judged;
        out->list[i].counts = counts;
    }
    return true;
}

/* The roles of one unit after another: of units that are alike they are found once. */
static bool next_roles(const struct vn_quote_work *work, size_t judged, size_t number, struct roles *out)
{
    bool alike = number > 0 && vn_unit_is_like(&work->units[number - 1], &work->units[number]);
    return alike || find_roles(work, judged, number, out);
}

/* Offers each unit what the promotion gives it alone. */
static bool compare_alone(struct vn_quote_work *work, size_t judged)
{
    struct roles roles = {.count = 0};
    for (size_t u = 0; u < work->unit_count; u++) {
        struct vn_best_unit *unit = &work->best->units[u];
        if (!next_roles(work, judged, u, &roles)) {
            return false;
        }
        if (roles.count > 0 && roles.list[0].value > unit->alone_value) {
            unit->alone = (uint16_t)judged;
            unit->alone_value = roles.list[0].value;
        }
    }
    return true;
}

/* Adds the promotion's roles to those of the units, if there is room for all of them. */
static bool count_roles(struct vn_quote_work *work, size_t judged, size_t *count)
{
    struct vn_best_work *best = work->best;
    struct roles roles = {.count = 0};
    size_t room = VN_BEST_ROLES_MAX - best->role_count;
    uint8_t counts[VN_UNITS_MAX];
    *count = 0;
    for (size_t u = 0; u < work->unit_count && *count <= room; u++) {
        if (!next_roles(work, judged, u, &roles)) {
            return false;
        }
        counts[u] = (uint8_t)roles.count;
        *count += roles.count;
    }
    for (size_t u = 0; u < work->unit_count && *count <= room; u++) {
        best->units[u].role_count += counts[u];
    }
    return true;
}

/* Which promotions compete, and which of them there is room for: the others come after, with what is left. */
static bool divide_parts(struct vn_quote_work *work, bool *all)
{
    struct vn_best_work *best = work->best;
    size_t searched = 0;
    *all = true;
    for (size_t i = 0; i < best->judged_count; i++) {
        size_t count = 0;
        if (!set_terms(work, i, &best->promotions[i])) {
            return false;
        }
        bool room = searched < VN_BEST_PROMOTIONS_MAX;
        best->searched[i] = false;
        if (best->left_out[i]) {
            continue;
        }
        if (stands_alone(&best->promotions[i])) {
            if (!compare_alone(work, i)) {
                return false;
            }
        } else if (room && !count_roles(work, i, &count)) {
            return false;
        } else if (!room || count > VN_BEST_ROLES_MAX - best->role_count) {
            *all = false;
        } else if (count > 0) {
            best->searched[i] = true;
            searched++;
            best->role_count += (uint32_t)count;
        }
    }
    return true;
}

/* Each unit before any promotion is looked at. */
static void open_units(struct vn_quote_work *work)
{
    struct vn_best_work *best = work->best;
    bool running = work->ruleset->groups[vn_best_promotion_of(work, 0)->group].running;
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        best->units[u] = (struct vn_best_unit){
            .base = vn_unit_base(unit, running), .qty_milli = unit->qty_milli, .alone = VN_BEST_NONE};
    }
}

/* Lays the roles that were counted side by side, unit by unit. */
static void place_roles(struct vn_quote_work *work)
{
    struct vn_best_work *best = work->best;
    uint32_t next = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        best->units[u].first_role = next;
        next += best->units[u].role_count;
        best->units[u].role_count = 0;
    }
}

static bool fill_roles(struct vn_quote_work *work, size_t judged)
{
    struct vn_best_work *best = work->best;
    struct vn_best_promotion *terms = &best->promotions[judged];
    struct roles roles = {.count = 0};
    for (size_t u = 0; u < work->unit_count; u++) {
        struct vn_best_unit *unit = &best->units[u];
        if (!next_roles(work, judged, u, &roles)) {
            return false;
        }
        for (unsigned r = 0; r < roles.count; r++) {
            terms->pooled = terms->pooled || roles.list[r].room < roles.list[r].value;
            best->roles[unit->first_role + unit->role_count++] = roles.list[r];
        }
    }
    return true;
}

bool vn_best_make_problem(struct vn_quote_work *work, bool *all)
{
    struct vn_best_work *best = work->best;
    best->role_count = 0;
    open_units(work);
    if (!divide_parts(work, all)) {
        return false;
    }
    place_roles(work);
    for (size_t i = 0; i < best->judged_count; i++) {
        if (best->searched[i] && !fill_roles(work, i)) {
            return false;
        }
    }
    best->problem = (struct vn_best_problem){.promotions = best->promotions,
                                             .units = best->units,
                                             .roles = best->roles,
                                             .promotion_count = (uint32_t)best->judged_count,
                                             .unit_count = (uint32_t)work->unit_count,
                                             .steps_max = best->group_steps};
    return true;
}

void vn_best_make_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times,
                         bool *all)
{
    struct vn_best_work *best = work->best;
    best->role_count = 0;
    best->promotions[0] = (struct vn_best_promotion){.most_value = INT64_MAX};
    set_slots(&promotion->rewards[0], times, &best->promotions[0]);
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        struct roles roles = {.count = 0};
        best->units[u] =
            (struct vn_best_unit){.base = vn_unit_base(unit, work->ruleset->groups[promotion->group].running),
                                  .qty_milli = unit->qty_milli,
                                  .alone = VN_BEST_NONE,
                                  .first_role = best->role_count};
        bool free = !unit->taken || vn_group_is_all(work, promotion);
        bool room = best->role_count + VN_PARTS_MAX <= VN_BEST_ROLES_MAX;
        *all = *all && (room || !free);
        if (free && room) {
            (void)set_roles(work, promotion, u, &roles); /* of a bundle they always fit */
        }
        for (unsigned r = 0; r < roles.count; r++) {
            struct vn_best_role *role = &best->roles[best->role_count++];
            *role = roles.list[r];
            best->promotions[0].pooled = best->promotions[0].pooled || role->room < role->value;
        }
        best->units[u].role_count = roles.count;
    }
    best->problem = (struct vn_best_problem){.promotions = best->promotions,
                                             .units = best->units,
                                             .roles = best->roles,
                                             .promotion_count = 1,
                                             .unit_count = (uint32_t)work->unit_count,
                                             .steps_max = best->bundle_steps};
}

static const struct vn_best_role *role_of(const struct vn_best_work *best, size_t unit, uint16_t promotion,
                                          uint8_t slot)
{
    const struct vn_best_unit *at = &best->units[unit];
    for (uint32_t r = at->first_role; r < at->first_role + at->role_count; r++) {
        if (best->roles[r].promotion == promotion && best->roles[r].slot == slot) {
            return &best->roles[r];
        }
    }
    return NULL;
}

/* The unit could do what the other one does, at the same price and worth. */
static bool can_stand_in(const struct vn_best_work *best, size_t unit, size_t other)
{
    uint16_t promotion = best->answer.promotion[other];
    uint8_t slot = best->answer.slot[other];
    const struct vn_best_role *role = role_of(best, unit, promotion, slot);
    const struct vn_best_role *given = role_of(best, other, promotion, slot);
    return role != NULL && given != NULL && role->value == given->value && role->room == given->room &&
           role->counts == given->counts && best->units[unit].qty_milli == best->units[other].qty_milli;
}

/* To the search each piece of a set at a price serves, so that it leaves the earlier of equal ones idle. */
void vn_best_prefer_earlier(struct vn_quote_work *work, bool running)
{
    struct vn_best_work *best = work->best;
    struct vn_best_answer *answer = &best->answer;
    const uint16_t *order = vn_units_by_price(work, running);
    size_t level = 0; /* where the units at this price begin */
    for (size_t i = 0; i < work->unit_count; i++) {
        uint16_t u = order[i];
        uint16_t promotion = answer->promotion[u];
        level = best->units[u].base == best->units[order[level]].base ? level : i;
        if (promotion == VN_BEST_NONE || answer->slot[u] == VN_BEST_SERVES ||
            best->promotions[promotion].set_price == 0) {
            continue;
        }
        for (size_t earlier = level; earlier < i; earlier++) {
            uint16_t v = order[earlier];
            if (answer->promotion[v] == VN_BEST_NONE && can_stand_in(best, v, u)) {
                answer->promotion[v] = promotion;
                answer->slot[v] = answer->slot[u];
                answer->promotion[u] = VN_BEST_NONE;
                break;
            }
        }
    }
}
