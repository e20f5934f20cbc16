/* What comes in from outside: calls, scans, taps, and news from the hub and the devices. All of it is queued, so that
 * nothing changes the sale while a step of it is being written. */
#include <stdlib.h>
#include <string.h>

#include "agent/till/internal.h"

void vn_till_call(struct vn_till *till, const struct vn_till_call *call)
{
    struct op op = {.kind = OP_CALL, .call = *call};
    if (till_enqueue(till, &op) != VN_OK) {
        till_problem(till, call->id, 503, "The till is busy", "too many requests wait; try again");
        free(call->basket);
        free(call->lines);
        return;
    }
    till_run(till);
}

void vn_till_forget_call(struct vn_till *till, uint64_t call)
{
    for (unsigned i = 0; i < till->queue_len; i++) {
        struct op *op = &till->queue[(till->queue_head + i) % VN_TILL_QUEUE_MAX];
        op->call.id = op->call.id == call ? 0 : op->call.id;
    }
    till->op.call.id = till->op.call.id == call ? 0 : till->op.call.id;
    till->pending.call = till->pending.call == call ? 0 : till->pending.call;
}

static void queue_op(struct vn_till *till, const struct op *op)
{
    if (till_enqueue(till, op) == VN_OK) {
        till_run(till);
    } else {
        vn_log_event(till->config.log, VN_LOG_WARN, "input_dropped", VN_S("why", "the queue is full"));
    }
}

void vn_till_boot(struct vn_till *till)
{
    struct op op = {.kind = OP_BOOT};
    queue_op(till, &op);
}

static void refuse_card(struct vn_till *till, enum vn_session_card card)
{
    struct op op = {.kind = OP_REFUSED_CARD, .refused = card};
    queue_op(till, &op);
}

/* Whether JSON can carry it: UTF-8. */
static bool is_text(const char *text)
{
    json_t *value = json_string(text);
    bool good = value != NULL;
    json_decref(value);
    return good;
}

enum vn_code_kind vn_till_scan(struct vn_till *till, const char *aim, struct vn_view payload)
{
    struct vn_code_range ranges[VN_CARD_RANGES_MAX];
    size_t range_count = 0;
    if (till->ruleset != NULL) {
        const struct vn_card_range *of_chain = NULL;
        size_t count = vn_ruleset_card_ranges(till->ruleset, &of_chain);
        for (; range_count < count && range_count < VN_CARD_RANGES_MAX; range_count++) {
            ranges[range_count] = (struct vn_code_range){
                of_chain[range_count].prefix, of_chain[range_count].length, of_chain[range_count].coupon};
        }
    }
    struct vn_code code;
    vn_code_decode(aim, payload, ranges, range_count, &code);
    struct op op = {.kind = OP_CARD, .number = code.number};
    struct vn_till_event event = {.kind = VN_TILL_EVENT_SCAN};
    char text[VN_SCAN_MAX];
    switch (code.kind) {
    case VN_CODE_COUPON: op.kind = OP_COUPON; __attribute__((fallthrough));
    case VN_CODE_CARD: queue_op(till, &op); break;
    case VN_CODE_PAYMENT: refuse_card(till, VN_SESSION_CARD_PAYMENT); break;
    case VN_CODE_FOREIGN: refuse_card(till, VN_SESSION_CARD_FOREIGN); break;
    case VN_CODE_DAMAGED: refuse_card(till, VN_SESSION_CARD_DAMAGED); break;
    case VN_CODE_PRODUCT:
        event.code = code.product;
        till->io.event(till->io.ctx, &event);
        break;
    case VN_CODE_OTHER:
        if (vn_view_copy_str(payload, text, sizeof text) == VN_OK && is_text(text)) {
            event.code = text;
            till->io.event(till->io.ctx, &event);
        } else {
            vn_till_unreadable(till); /* a POS can't be told of it, but she must not wait for it */
        }
        break;
    }
    return code.kind;
}

void vn_till_unreadable(struct vn_till *till)
{
    refuse_card(till, VN_SESSION_CARD_UNREADABLE);
}

/* It was offered when she looked: she is told that it is not possible any more. */
static void tell_gone(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    if (lane->phase == VN_SESSION_OPEN && lane->card == VN_SESSION_CARD_KNOWN &&
        lane->spend != VN_SESSION_SPEND_GRANTED && lane->spend != VN_SESSION_SPEND_ASKING) {
        lane->spend = VN_SESSION_SPEND_GONE;
        till_changed(till, VN_SESSION_EVENT_SPEND);
    }
}

/* Means what the screen offered: what it did not offer is not done. */
static void tap_choice(struct vn_till *till, enum vn_action action, int64_t points, bool possible)
{
    struct op op = {.kind = OP_CALL};
    op.call.kind = VN_TILL_CHOICE;
    op.call.sale = till->lane.basket.key;
    op.call.spend_points = points;
    if (possible) {
        queue_op(till, &op);
    } else if (action != VN_ACTION_SPEND_UNDO) {
        tell_gone(till);
    }
}

void vn_till_tap(struct vn_till *till, enum vn_action action)
{
    const struct vn_session *session = &till->session;
    struct op forget = {.kind = OP_FORGET};
    int64_t points;
    switch (action) {
    case VN_ACTION_SPEND_ALL:
        points = vn_session_spend_all(session);
        tap_choice(till, action, points, points > 0);
        break;
    case VN_ACTION_SPEND_HALF:
        points = vn_session_spend_half(session);
        tap_choice(till, action, points, points > 0);
        break;
    case VN_ACTION_SPEND_UNDO: tap_choice(till, action, 0, vn_session_spend_undoable(session)); break;
    case VN_ACTION_FORGET_CARD: queue_op(till, &forget); break;
    case VN_ACTION_DISMISS:
        till->notice = VN_SESSION_CARD_NONE;
        till->lane.coupon = VN_SESSION_COUPON_NONE;
        till_changed(till, VN_SESSION_EVENT_NONE);
        break;
    default: break;
    }
}

void rights_take(struct vn_till *till, const struct vn_rights_reply *reply, bool answer, bool borrowed)
{
    if (reply != NULL && till->grant_count < TILL_GRANTS_MAX) {
        struct grant *grant = &till->grants[till->grant_count++];
        grant->reply = *reply;
        grant->answer = answer;
        grant->borrowed = borrowed;
    } else {
        if (reply != NULL) { /* the hub tells it again: the stamp does not show that it is journaled */
            vn_log_event(till->config.log, VN_LOG_WARN, "grant_put_off", VN_I("number", reply->number));
        }
        if (answer) {
            rights_refused(till);
        }
    }
    till_run(till);
}

void vn_till_on_rights(struct vn_till *till, const struct vn_rights_reply *reply, bool answer)
{
    rights_take(till, reply, answer, false);
}

void vn_till_risk(struct vn_till *till, int64_t member_points)
{
    till->risk_member = member_points;
}

void vn_till_ruleset(struct vn_till *till, struct vn_ruleset *ruleset)
{
    vn_ruleset_destroy(till->next_ruleset);
    till->next_ruleset = ruleset;
    if (till->lane.phase != VN_SESSION_OPEN && till->lane.phase != VN_SESSION_HELD) {
        lane_swap_ruleset(till);
        till_changed(till, VN_SESSION_EVENT_RULES);
        till_run(till); /* rights of promotions that are over go back */
    }
}

void vn_till_stops(struct vn_till *till, const char (*stops)[VN_ID_MAX], size_t count)
{
    if (count > VN_TILL_STOPS_MAX) {
        vn_log_event(till->config.log, VN_LOG_ERROR, "too_many_stops", VN_I("count", count));
        count = VN_TILL_STOPS_MAX;
    }
    till->sweep_due = till->sweep_due || count > till->stop_count;
    till->stop_count = count;
    if (count > 0) {
        memcpy(till->stops, stops, count * sizeof till->stops[0]);
    }
    struct op op = {.kind = OP_REQUOTE};
    queue_op(till, &op);
}

void vn_till_network(struct vn_till *till, bool online, int64_t offline_since_ms, bool quarantined)
{
    if (till->online == online && till->quarantined == quarantined) {
        return;
    }
    till->online = online;
    till->offline_since_ms = offline_since_ms;
    till->quarantined = quarantined;
    here_forget(till);
    till->wants_due = till->wants_due || online;
    if (till->op.kind == OP_NONE) {
        wants_withheld(till);
    }
    till_changed(till, VN_SESSION_EVENT_NETWORK);
    till_run(till);
}

void vn_till_device(struct vn_till *till, const char *device, bool lost)
{
    till->device_lost = lost;
    size_t len = strnlen(device, sizeof till->device - 1);
    memcpy(till->device, device, len);
    till->device[len] = '\0';
    till_changed(till, VN_SESSION_EVENT_DEVICE);
}
