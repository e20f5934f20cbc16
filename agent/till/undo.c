/* Cancel, void, return, and holds that were left open: the stored outcome backwards, never a new reckoning. */
#include <stdio.h>
#include <string.h>

#include "agent/till/internal.h"

#define HTTP_ACCEPTED 202 /* it is journaled, and something else will do it */

/* Reads the entry that is to be taken back; fills account and card of the new one, and the reversal. */
static bool take_back(struct vn_till *till, const struct vn_buf *body, enum vn_entry_kind kind,
                      struct vn_reversal *reversal)
{
    struct vn_entry before;
    if (!sale_read_stored(till, body, &before)) {
        return false;
    }
    vn_outcome_reverse(&till->other_outcome, reversal);
    sale_write(till, kind);
    memcpy(till->write.entry.account, before.account, sizeof before.account);
    memcpy(till->write.entry.card, before.card, sizeof before.card);
    till->write.entry.body = json_object();
    vn_entry_deinit(&before);
    return true;
}

void undo_cancel(struct vn_till *till)
{
    struct vn_reversal reversal;
    if (!till->inspect.state.hold_open) {
        bool used = till->inspect.state.used;
        sale_refuse(till, 409, used ? "The sale counts as used" : "Nothing is held",
                    used ? "a later receipt was paid while it was held; void it, if the customer did not buy"
                         : "there is no open hold of this sale to cancel");
        return;
    }
    if (take_back(till, &till->inspect.hold_body, VN_ENTRY_CANCEL, &reversal)) {
        sale_add_moves(&till->write.entry, reversal.consumptions, reversal.consumption_count);
        sale_submit(till, json_pack("{s:b}", "cancelled", 1));
    }
}

/* This till has begun the sale: it is no other's. */
static bool is_here(const struct vn_till *till)
{
    const struct vn_sale_state *state = &till->inspect.state;
    return state->committed || state->used || state->holds > 0 ||
           sale_is_lanes(till, sale_subject(&till->op.call));
}

/* `again`: a part of it came back, and this may be another. */
static bool may_be_taken_back(struct vn_till *till, bool again)
{
    const struct vn_sale_state *state = &till->inspect.state;
    if (is_here(till) && !state->committed) {
        sale_refuse(till, 404, "The sale was never committed",
                    "commit it, or cancel its hold; there is nothing to take back yet");
        return false;
    }
    if (state->voided || state->returned_here || (state->returned && !again)) {
        sale_refuse(till, 409, "The sale is taken back already", "it was voided or returned before");
        return false;
    }
    return true;
}

/* The till lacks the sale, or of what came back of it: the hub has all of that. Nothing moves here. */
static void request(struct vn_till *till, enum vn_entry_kind kind, json_t *body)
{
    sale_write(till, kind);
    till->write.entry.body = body;
    till->write.reply_http = HTTP_ACCEPTED;
    sale_submit(till, json_pack("{s:b, s:s}", "accepted", 1, "detail",
                                "the hub settles it: points and coupons follow when it has the receipt"));
}

void undo_void(struct vn_till *till)
{
    struct vn_reversal reversal;
    const struct vn_till_inspect *inspect = &till->inspect;
    bool of_hold =
        inspect->state.used && !inspect->state.committed; /* it took something and earned nothing */
    if (!of_hold && !may_be_taken_back(till, false)) {
        return;
    }
    if (!is_here(till)) {
        request(till, VN_ENTRY_VOID, json_pack("{s:b}", "elsewhere", 1));
        return;
    }
    if (take_back(till, of_hold ? &inspect->hold_body : &inspect->commit_body, VN_ENTRY_VOID, &reversal)) {
        till->write.entry.points = reversal.points_given_back - (of_hold ? 0 : reversal.points_taken_back);
        sale_add_moves(&till->write.entry, reversal.consumptions, reversal.consumption_count);
        sale_submit(till, json_pack("{s:b}", "voided", 1));
    }
}

static json_t *reversal_json(const struct vn_reversal *reversal)
{
    json_t *consumptions = json_array();
    for (unsigned i = 0; i < reversal->consumption_count; i++) {
        if (json_array_append_new(consumptions,
                                  json_pack("{s:s, s:I}", "account", reversal->consumptions[i].account,
                                            "amount", (json_int_t)reversal->consumptions[i].amount)) != 0) {
            json_decref(consumptions);
            return NULL;
        }
    }
    json_t *json =
        json_pack("{s:I, s:I, s:I, s:o}", "refund_minor", (json_int_t)reversal->refund_minor,
                  "points_taken_back", (json_int_t)reversal->points_taken_back, "points_given_back",
                  (json_int_t)reversal->points_given_back, "consumptions", consumptions);
    if (json != NULL && reversal->tender_minor != 0 &&
        json_object_set_new(json, "tender_minor", json_integer((json_int_t)reversal->tender_minor)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *lines_json(const struct vn_till_lines *lines)
{
    json_t *json = json_array();
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        if (json_array_append_new(json, json_pack("{s:I, s:I}", "id", (json_int_t)lines->rows[i].line_id,
                                                  "qty_milli", (json_int_t)lines->rows[i].qty_milli)) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static void request_return(struct vn_till *till)
{
    const struct vn_till_call *call = &till->op.call;
    json_t *body = json_pack("{s:[s,s,s]}", "receipt", call->sale.pos, call->sale.date, call->sale.receipt);
    if (body != NULL && call->lines != NULL &&
        json_object_set_new(body, "lines", lines_json(call->lines)) != 0) {
        json_decref(body);
        body = NULL;
    }
    request(till, VN_ENTRY_RETURN, body);
}

void undo_return(struct vn_till *till)
{
    const struct vn_till_call *call = &till->op.call;
    struct vn_reversal reversal;
    if (!may_be_taken_back(till, true)) {
        return;
    }
    if (!till->inspect.state.committed || till->inspect.state.returned || call->lines != NULL) {
        request_return(till);
        return;
    }
    if (take_back(till, &till->inspect.commit_body, VN_ENTRY_RETURN, &reversal)) {
        struct vn_entry *entry = &till->write.entry;
        entry->points = reversal.points_given_back - reversal.points_taken_back;
        json_decref(entry->body);
        entry->body = json_pack("{s:[s,s,s], s:o}", "receipt", call->sale.pos, call->sale.date,
                                call->sale.receipt, "reversal", reversal_json(&reversal));
        sale_submit(till, json_pack("{s:b, s:o}", "returned", 1, "reversal", reversal_json(&reversal)));
    }
}

/* A hold that the lane's next receipt found open: the customer has his goods, so it counts as used. */
void undo_use_hold(struct vn_till *till)
{
    struct vn_reversal reversal;
    /* Since this was decided the POS may have taken the sale up again, and is being paid for it now. */
    bool resumed = till->lane.phase == VN_SESSION_HELD && sale_is_lanes(till, &till->op.sale);
    if (till->inspect.status != VN_OK || !till->inspect.state.hold_open || resumed) {
        till_finish(till);
        return;
    }
    if (!take_back(till, &till->inspect.hold_body, VN_ENTRY_USED, &reversal)) {
        return;
    }
    sale_add_moves(&till->write.entry, reversal.consumptions, reversal.consumption_count);
    till->write.entry.points = -reversal.points_given_back;
    till->write.entry.has_sale = true;
    till->write.entry.sale = till->op.sale;
    vn_log_event(till->config.log, VN_LOG_WARN, "hold_counts_as_used",
                 VN_S("receipt", till->op.sale.receipt));
    till->io.write(till->io.ctx, &till->write);
}

static void after_cancel(struct vn_till *till)
{
    bool of_lane = sale_is_lanes(till, &till->op.call.sale);
    release_taken_back(till, of_lane);
    if (of_lane && till->lane.phase == VN_SESSION_HELD) {
        till->lane.phase = VN_SESSION_OPEN;
        till_changed(till, VN_SESSION_EVENT_PHASE);
    }
}

static void after_taking_back(struct vn_till *till, enum vn_session_phase phase)
{
    struct lane *lane = &till->lane;
    if (till->write.entry.kind == VN_ENTRY_VOID) {
        release_taken_back(till, false);
    }
    bool of_lane = sale_is_lanes(till, sale_subject(&till->op.call));
    bool waiting = lane->phase == VN_SESSION_IDLE && lane->card != VN_SESSION_CARD_NONE;
    if (lane->phase == VN_SESSION_OPEN || lane->phase == VN_SESSION_HELD || waiting) {
        return; /* another customer is being served: the screen stays hers */
    }
    if (of_lane) {
        lane->member.balance += till->write.entry.points;
    }
    lane->phase = till->write.reply_http == HTTP_ACCEPTED ? VN_SESSION_REQUESTED : phase;
    till_changed(till, VN_SESSION_EVENT_PHASE);
}

void undo_written(struct vn_till *till)
{
    switch (till->op.call.kind) {
    case VN_TILL_CANCEL: after_cancel(till); break;
    case VN_TILL_VOID: after_taking_back(till, VN_SESSION_VOIDED); break;
    case VN_TILL_RETURN: after_taking_back(till, VN_SESSION_RETURNED); break;
    default: break;
    }
}
