/* Points and coupons: what the customer chooses consumes an account, and an account needs a right of this till.
 *
 * A choice whose right is here already is taken at once. Otherwise the hub is asked for more; the grant is journaled
 * before it is used, and then the choice is taken. Without a hub, or when too little is free, the choice is refused with a
 * sentence, and the sale goes on without it. */
#include <stdio.h>
#include <string.h>

#include "agent/till/internal.h"

static const char *spend_name(enum vn_session_spend spend)
{
    switch (spend) {
    case VN_SESSION_SPEND_GRANTED: return "granted";
    case VN_SESSION_SPEND_NEEDS_HUB: return "needs_hub";
    case VN_SESSION_SPEND_SHORT: return "short";
    case VN_SESSION_SPEND_ASKING: return "asking";
    case VN_SESSION_SPEND_NONE: break;
    }
    return "none";
}

static void answer_choice(struct vn_till *till, uint64_t call)
{
    const struct vn_counters *right = lane_right(till, till->lane.member.account);
    json_t *json = json_pack("{s:s, s:I, s:o*}", "spend", spend_name(till->lane.spend), "available_points",
                             (json_int_t)(right == NULL ? 0 : vn_counters_available(right)), "outcome",
                             till->lane.has_outcome ? vn_outcome_write(&till->lane.outcome) : NULL);
    till_answer(till, call, 200, json);
}

/* Re-quotes with the choice as it is now, and tells POS and screen. Ends the operation. */
static void settle(struct vn_till *till, uint64_t call, enum vn_session_event event)
{
    struct vn_error error;
    if (till->lane.has_basket && till->lane.phase == VN_SESSION_OPEN) {
        if (lane_quote(till, &error) != VN_OK) {
            till->io.problem(till->io.ctx, call, 422, "The basket can't be reckoned", error.text,
                             error.pointer);
            till_finish(till);
            return;
        }
        struct vn_till_event outcome = {
            .kind = VN_TILL_EVENT_OUTCOME, .sale = &till->lane.basket.key, .outcome = &till->lane.outcome};
        till->io.event(till->io.ctx, &outcome);
    }
    if (call != 0) {
        answer_choice(till, call);
    }
    till_finish(till);
    till_changed(till, event);
}

/* Asks the hub for `missing` more of an account. */
static void ask(struct vn_till *till, const char *account, int64_t missing)
{
    const struct vn_counters *right = lane_right(till, account);
    struct vn_rights_request request = {.count = 1};
    (void)snprintf(request.wants[0].account, VN_ID_MAX, "%s", account);
    request.wants[0].granted = (right == NULL ? 0 : right->granted) + missing;
    (void)snprintf(till->pending.account, VN_ID_MAX, "%s", account);
    till->pending.active = true;
    till->io.rights(till->io.ctx, &request);
}

void choice_begin(struct vn_till *till)
{
    const struct vn_till_call call = till->op.call;
    struct lane *lane = &till->lane;
    if (!lane->has_outcome || !vn_sale_key_equal(&lane->basket.key, &call.sale)) {
        till_problem(till, call.id, 404, "No such sale", "quote the basket of this sale first");
        till_finish(till);
        return;
    }
    if (lane->phase != VN_SESSION_OPEN) {
        till_problem(till, call.id, 409, "The sale is not open", "cancel the hold to choose again");
        till_finish(till);
        return;
    }
    if (call.spend_points == 0) {
        lane->choices.spend_points = 0;
        lane->spend = VN_SESSION_SPEND_NONE;
        settle(till, call.id, VN_SESSION_EVENT_SPEND);
        return;
    }
    const struct vn_outcome *o = &lane->outcome;
    int64_t step = o->spend_step_points > 0 ? o->spend_step_points : 1;
    if (o->spend_max_points == 0 || call.spend_points < o->spend_min_points ||
        call.spend_points > o->spend_max_points || call.spend_points % step != 0) {
        char detail[VN_ERROR_TEXT_MAX];
        (void)snprintf(detail, sizeof detail, "choose %lld to %lld points in steps of %lld",
                       (long long)o->spend_min_points, (long long)o->spend_max_points, (long long)step);
        till->io.problem(till->io.ctx, call.id, 422, "That many points can't be paid", detail,
                         "/spend_points");
        till_finish(till);
        return;
    }
    const struct vn_counters *right = lane_right(till, lane->member.account);
    int64_t available = right == NULL ? 0 : vn_counters_available(right);
    if (available >= call.spend_points) {
        lane->choices.spend_points = call.spend_points;
        lane->spend = VN_SESSION_SPEND_GRANTED;
        settle(till, call.id, VN_SESSION_EVENT_SPEND);
        return;
    }
    if (till->pending.active) {
        till_problem(till, call.id, 409, "The hub is being asked already",
                     "wait for the answer and choose again");
        till_finish(till);
        return;
    }
    if (!till->online) {
        lane->spend = VN_SESSION_SPEND_NEEDS_HUB;
        settle(till, call.id, VN_SESSION_EVENT_SPEND);
        return;
    }
    till->pending = (struct pending_right){.call = call.id, .spend_points = call.spend_points};
    lane->spend = VN_SESSION_SPEND_ASKING;
    till_finish(till);
    till_changed(till, VN_SESSION_EVENT_SPEND);
    ask(till, lane->member.account, call.spend_points - available);
}

/* --- coupons ------------------------------------------------------------------------------------------------------ */

static void show_coupon(struct vn_till *till, enum vn_session_coupon result)
{
    till->lane.coupon = result;
    settle(till, 0, VN_SESSION_EVENT_COUPON);
}

static void present(struct lane *lane, const struct vn_coupon *coupon)
{
    for (unsigned i = 0; i < lane->choices.coupon_count; i++) {
        const struct vn_coupon *there = &lane->choices.coupons[i];
        if (strcmp(there->account, coupon->account) == 0 && strcmp(there->label, coupon->label) == 0) {
            return;
        }
    }
    if (lane->choices.coupon_count < VN_COUPONS_MAX) {
        lane->choices.coupons[lane->choices.coupon_count++] = *coupon;
    }
}

static enum vn_session_coupon judge(const struct vn_till *till, const struct vn_coupon *coupon)
{
    int64_t now_ms = vn_clock_wall_ms(&till->config.clock);
    if (till->lookup.coupon_status != VN_OK) {
        return VN_SESSION_COUPON_UNKNOWN;
    }
    if (coupon->spent) {
        return VN_SESSION_COUPON_SPENT;
    }
    bool open = (coupon->valid_from_ms == 0 || now_ms >= coupon->valid_from_ms) &&
                (coupon->valid_until_ms == 0 || now_ms < coupon->valid_until_ms);
    return open ? VN_SESSION_COUPON_ACCEPTED : VN_SESSION_COUPON_EXPIRED;
}

void choice_coupon_looked_up(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    struct vn_coupon coupon = till->lookup.coupon_found;
    if (lane->phase == VN_SESSION_HELD) {
        till_finish(till);
        return;
    }
    if (lane->phase != VN_SESSION_IDLE && lane->phase != VN_SESSION_OPEN) {
        lane_reset(till);
    }
    vn_card_number_masked(&till->op.number, lane->coupon_label);
    enum vn_session_coupon verdict = judge(till, &coupon);
    memcpy(lane->coupon_promotion, verdict == VN_SESSION_COUPON_UNKNOWN ? "" : coupon.promotion,
           verdict == VN_SESSION_COUPON_UNKNOWN ? 1 : sizeof lane->coupon_promotion);
    if (verdict != VN_SESSION_COUPON_ACCEPTED) {
        show_coupon(till, verdict);
        return;
    }
    memcpy(coupon.label, lane->coupon_label, sizeof coupon.label);
    lane_store_right(till, &till->lookup.coupon_right);
    const struct vn_counters *right = lane_right(till, coupon.account);
    if (!coupon.single_use || (right != NULL && vn_counters_available(right) > 0)) {
        present(lane, &coupon);
        show_coupon(till, VN_SESSION_COUPON_ACCEPTED);
        return;
    }
    if (till->pending.active && till->deferred_count < VN_COUPONS_MAX) {
        till->deferred[till->deferred_count++] = till->op;
        till_finish(till);
        return;
    }
    if (!till->online || till->pending.active) {
        show_coupon(till, VN_SESSION_COUPON_NEEDS_HUB);
        return;
    }
    till->pending = (struct pending_right){.coupon = true, .offered = coupon};
    till_finish(till);
    ask(till, coupon.account, 1);
}

/* --- what the hub says -------------------------------------------------------------------------------------------- */

static void resume_deferred(struct vn_till *till)
{
    for (unsigned i = 0; i < till->deferred_count; i++) {
        if (till_enqueue(till, &till->deferred[i]) != VN_OK) {
            break;
        }
    }
    till->deferred_count = 0;
}

void choice_refused(struct vn_till *till)
{
    struct pending_right pending = till->pending;
    till->pending.active = false;
    resume_deferred(till);
    if (pending.coupon) {
        till->lane.coupon = VN_SESSION_COUPON_NEEDS_HUB;
        till_changed(till, VN_SESSION_EVENT_COUPON);
        return;
    }
    till->lane.spend = VN_SESSION_SPEND_NEEDS_HUB;
    if (pending.call != 0) {
        answer_choice(till, pending.call);
    }
    till_changed(till, VN_SESSION_EVENT_SPEND);
}

static json_t *slices_json(const struct vn_rights_reply *granted)
{
    json_t *slices = json_array();
    for (unsigned g = 0; g < granted->count; g++) {
        for (unsigned i = 0; i < granted->grants[g].slice_count; i++) {
            const struct vn_slice *slice = &granted->grants[g].slices[i];
            if (json_array_append_new(
                    slices, json_pack("{s:s, s:I, s:I, s:I}", "account", granted->grants[g].account, "lot",
                                      (json_int_t)slice->lot, "amount", (json_int_t)slice->amount,
                                      "expires_ms", (json_int_t)slice->expires_ms)) != 0) {
                json_decref(slices);
                return NULL;
            }
        }
    }
    return slices;
}

void choice_grant_begin(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    sale_write(till, VN_ENTRY_GRANT);
    for (unsigned i = 0; i < till->granted.count && i < VN_RIGHTS_MAX; i++) {
        const struct vn_grant *grant = &till->granted.grants[i];
        const struct vn_counters *right = lane_right(till, grant->account);
        struct vn_counters *counters = &write->entry.rights[write->entry.right_count];
        int64_t before = right == NULL ? 0 : right->granted;
        if (grant->granted <= before) {
            continue; /* nothing new: the hub has no more to give */
        }
        (void)snprintf(counters->account, VN_ID_MAX, "%s", grant->account);
        counters->granted = grant->granted;
        counters->move = grant->granted - before;
        write->entry.right_count++;
    }
    if (write->entry.right_count == 0) {
        choice_grant_written(till);
        return;
    }
    write->entry.body = json_pack("{s:I, s:o*}", "number", (json_int_t)till->granted.number, "slices",
                                  slices_json(&till->granted));
    till->io.write(till->io.ctx, write);
}

void choice_grant_written(struct vn_till *till)
{
    struct pending_right pending = till->pending;
    struct lane *lane = &till->lane;
    if (!pending.active) { /* the sale ended meanwhile: what came goes back at once */
        struct op op = {.kind = OP_RELEASE, .right_count = till->write.entry.right_count};
        memcpy(op.rights, till->write.entry.rights, sizeof op.rights);
        till_finish(till);
        if (op.right_count > 0 && till_enqueue(till, &op) != VN_OK) {
            vn_log_event(till->config.log, VN_LOG_WARN, "release_put_off", VN_I("accounts", op.right_count));
        }
        return;
    }
    till->pending.active = false;
    resume_deferred(till);
    const struct vn_counters *right = lane_right(till, pending.account);
    int64_t available = right == NULL ? 0 : vn_counters_available(right);
    if (pending.coupon) {
        if (available > 0) {
            present(lane, &pending.offered);
        }
        show_coupon(till, available > 0 ? VN_SESSION_COUPON_ACCEPTED : VN_SESSION_COUPON_SPENT);
        return;
    }
    if (available >= pending.spend_points) {
        lane->choices.spend_points = pending.spend_points;
        lane->spend = VN_SESSION_SPEND_GRANTED;
    } else {
        lane->spend = VN_SESSION_SPEND_SHORT;
    }
    settle(till, pending.call, VN_SESSION_EVENT_SPEND);
}

void choice_release_begin(struct vn_till *till)
{
    struct vn_entry *entry = &till->write.entry;
    sale_write(till, VN_ENTRY_RELEASE);
    for (unsigned i = 0; i < till->op.right_count; i++) {
        int64_t available = vn_counters_available(&till->op.rights[i]);
        if (available > 0) {
            struct vn_counters *counters = &entry->rights[entry->right_count++];
            *counters = till->op.rights[i];
            counters->move = available;
        }
    }
    if (entry->right_count == 0) {
        till_finish(till);
        return;
    }
    till->io.write(till->io.ctx, &till->write);
}
