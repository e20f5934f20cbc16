/* Coupons that are presented: looked up, judged, and, if they can be used once alone, backed by a right. */
#include <stdio.h>
#include <string.h>

#include "agent/till/internal.h"

static void show(struct vn_till *till, enum vn_session_coupon result)
{
    till->lane.coupon = result;
    choice_settle(till, 0, VN_SESSION_EVENT_COUPON);
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

/* Accepted at once, put off, asked for, or refused. */
static void redeem(struct vn_till *till, const struct vn_coupon *coupon)
{
    lane_store_right(till, &till->lookup.coupon_right);
    if (!coupon->single_use || lane_available(till, coupon->account) > 0) {
        present(&till->lane, coupon);
        show(till, VN_SESSION_COUPON_ACCEPTED);
        return;
    }
    if (till->pending.active && till->deferred_count < VN_COUPONS_MAX) {
        till->deferred[till->deferred_count++] = till->op;
        till_finish(till);
        return;
    }
    if (!rights_can_ask(till) || till->pending.active) {
        show(till, VN_SESSION_COUPON_NEEDS_HUB);
        return;
    }
    till->pending = (struct pending_right){.coupon = true, .offered = *coupon};
    till_finish(till);
    rights_ask(till, coupon->account, 1);
}

void coupon_looked_up(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    struct vn_coupon coupon = till->lookup.coupon_found;
    if (lane->phase == VN_SESSION_HELD) { /* the customer pays already: the outcome is fixed */
        till_finish(till);
        return;
    }
    if (lane->phase != VN_SESSION_IDLE && lane->phase != VN_SESSION_OPEN) {
        lane_reset(till);
    }
    vn_card_number_masked(&till->op.number, lane->coupon_label);
    enum vn_session_coupon verdict = judge(till, &coupon);
    (void)snprintf(lane->coupon_promotion, sizeof lane->coupon_promotion, "%s",
                   verdict == VN_SESSION_COUPON_UNKNOWN ? "" : coupon.promotion);
    if (verdict != VN_SESSION_COUPON_ACCEPTED) {
        show(till, verdict);
        return;
    }
    memcpy(coupon.label, lane->coupon_label, sizeof coupon.label);
    redeem(till, &coupon);
}

void coupon_granted(struct vn_till *till, const struct pending_right *pending, int64_t available)
{
    struct lane *lane = &till->lane;
    memcpy(lane->coupon_label, pending->offered.label, sizeof lane->coupon_label);
    memcpy(lane->coupon_promotion, pending->offered.promotion, sizeof lane->coupon_promotion);
    if (available > 0) {
        present(lane, &pending->offered);
    }
    /* That it is used the hub alone can say: neighbours, or an answer with no room for it, do not know. */
    bool nobody_knows = pending->hub_waits || !pending->hub_told;
    show(till, available > 0                ? VN_SESSION_COUPON_ACCEPTED
               : nobody_knows               ? VN_SESSION_COUPON_NEEDS_HUB
               : pending->hub_elsewhere > 0 ? VN_SESSION_COUPON_ELSEWHERE
                                            : VN_SESSION_COUPON_SPENT);
}
