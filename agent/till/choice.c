/* Points: what the customer chooses to pay with consumes his account, and an account needs a right of this till.
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
    case VN_SESSION_SPEND_GONE:
    case VN_SESSION_SPEND_SHORT: return "short";
    case VN_SESSION_SPEND_ASKING: return "asking";
    case VN_SESSION_SPEND_NONE: break;
    }
    return "none";
}

void choice_answer(struct vn_till *till, uint64_t call)
{
    if (call == 0) {
        return;
    }
    json_t *json = json_pack("{s:s, s:I}", "spend", spend_name(till->lane.spend), "available_points",
                             (json_int_t)lane_available(till, till->lane.member.account));
    bool whole = json != NULL &&
                 (!till->lane.has_outcome ||
                  json_object_set_new(json, "outcome", vn_till_outcome_json(till, &till->lane.outcome)) == 0);
    if (!whole || !lane_here_json(till, json)) {
        json_decref(json);
        json = NULL;
    }
    till_answer(till, call, 200, json);
}

void choice_settle(struct vn_till *till, uint64_t call, enum vn_session_event event)
{
    till->op.choice = call;
    till->op.event = event;
    till_settle(till);
}

static void refuse(struct vn_till *till, int http_status, const char *title, const char *detail)
{
    till_problem(till, till->op.call.id, http_status, title, detail);
    till_finish(till);
}

/* The choice as it is from now on; a question to the hub about an earlier one is given up. */
static void choose(struct vn_till *till, int64_t points, enum vn_session_spend spend)
{
    if (till->pending.active && !till->pending.coupon) {
        choice_abandon(till, "another choice was made meanwhile");
    }
    till->lane.choices.spend_points = points;
    till->lane.spend = spend;
}

bool choice_needs_proof(const struct vn_till *till)
{
    return till->ruleset != NULL && till->online && vn_ruleset_wallet(till->ruleset)->proof_needed &&
           till->lane.basket.proof == VN_PROOF_NONE;
}

static bool may_choose(struct vn_till *till, const struct vn_till_call *call)
{
    const struct lane *lane = &till->lane;
    const struct vn_outcome *o = &lane->outcome;
    int64_t step = o->spend_step_points > 0 ? o->spend_step_points : 1;
    if (!lane->has_outcome || !vn_sale_key_equal(&lane->basket.key, &call->sale)) {
        refuse(till, 404, "No such sale", "quote the basket of this sale first");
        return false;
    }
    if (lane->phase == VN_SESSION_HELD) {
        refuse(till, 409, "The sale is held", "it is being paid; cancel the hold to choose again");
        return false;
    }
    if (lane->phase != VN_SESSION_OPEN) {
        refuse(till, 409, "The sale is over",
               "what it was paid with can't be chosen any more; start a new receipt");
        return false;
    }
    if (call->spend_points != 0 && choice_needs_proof(till)) {
        refuse(till, 403, "The card is not proved",
               "quote again with how the customer proved it in the basket's \"proof\": code, sms or pin");
        return false;
    }
    if (call->spend_points != 0 &&
        (o->spend_max_points == 0 || call->spend_points < o->spend_min_points ||
         call->spend_points > o->spend_max_points || call->spend_points % step != 0)) {
        char detail[VN_ERROR_TEXT_MAX];
        (void)snprintf(detail, sizeof detail, "choose %lld to %lld points in steps of %lld",
                       (long long)o->spend_min_points, (long long)o->spend_max_points, (long long)step);
        if (call->id != 0) {
            till->io.problem(till->io.ctx, call->id, 422, "That many points can't be paid", detail,
                             "/spend_points");
        }
        till_finish(till);
        return false;
    }
    return true;
}

/* Until the hub has answered the sale goes on without points. */
static void ask(struct vn_till *till, const struct vn_till_call *call, int64_t available)
{
    struct vn_error error;
    bool chosen = till->lane.choices.spend_points > 0;
    choose(till, 0, VN_SESSION_SPEND_ASKING);
    till->pending = (struct pending_right){.call = call->id, .spend_points = call->spend_points};
    if (chosen && lane_quote(till, &error) == VN_OK) {
        till_tell_outcome(till);
    }
    till_finish(till);
    rights_ask(till, till->lane.member.account, call->spend_points - available);
    till_changed(till, VN_SESSION_EVENT_SPEND);
}

void choice_begin(struct vn_till *till)
{
    const struct vn_till_call call = till->op.call;
    if (!may_choose(till, &call)) {
        return;
    }
    int64_t available = lane_available(till, till->lane.member.account);
    if (call.spend_points == 0) {
        choose(till, 0, VN_SESSION_SPEND_NONE);
    } else if (available + lane_risk_left(till) >= call.spend_points) {
        choose(till, call.spend_points, VN_SESSION_SPEND_GRANTED);
    } else if (till->pending.active) {
        refuse(till, 409, "The hub is being asked already", "wait for the answer and choose again");
        return;
    } else if (!rights_can_ask(till)) {
        choose(till, 0, VN_SESSION_SPEND_NEEDS_HUB);
    } else {
        ask(till, &call, available);
        return;
    }
    choice_settle(till, call.id, VN_SESSION_EVENT_SPEND);
}

void choice_forget(struct vn_till *till)
{
    if (till->pending.active && !till->pending.coupon) {
        choice_abandon(till, "the card was taken off the sale");
    }
    till->lane.choices.spend_points = 0;
    till->lane.spend = VN_SESSION_SPEND_NONE;
}

void choice_abandon(struct vn_till *till, const char *why)
{
    uint64_t call = till->pending.active ? till->pending.call : 0;
    if (till->pending.active && till->pending.coupon) {
        till->lane.coupon = VN_SESSION_COUPON_NEEDS_HUB;
    } else if (till->pending.active) {
        till->lane.spend = VN_SESSION_SPEND_NONE;
    }
    till->pending = (struct pending_right){0};
    till->wants_due = true;
    rights_resume_deferred(till);
    till_problem(till, call, 409, "The choice was given up", why);
}

void choice_granted(struct vn_till *till, const struct pending_right *pending, int64_t available)
{
    bool enough = available + lane_risk_left(till) >= pending->spend_points;
    till->lane.choices.spend_points = enough ? pending->spend_points : 0;
    till->lane.spend = enough               ? VN_SESSION_SPEND_GRANTED
                       : pending->hub_waits ? VN_SESSION_SPEND_NEEDS_HUB
                                            : VN_SESSION_SPEND_SHORT;
    choice_settle(till, pending->call, VN_SESSION_EVENT_SPEND);
}

void choice_refused(struct vn_till *till, const struct pending_right *pending)
{
    till->lane.spend = VN_SESSION_SPEND_NEEDS_HUB;
    choice_answer(till, pending->call);
    till_changed(till, VN_SESSION_EVENT_SPEND);
}
