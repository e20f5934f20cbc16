/* Hold, cancel, commit, void and return: the steps of a sale that the journal records.
 *
 * Each goes the same way: ask the journal what it knows of the sale, judge, write one entry together with the reply, then
 * answer. A request that comes again gets the stored reply; the same step with other content is a conflict and a finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/till/internal.h"

static enum vn_entry_kind entry_kind(enum vn_till_call_kind kind)
{
    switch (kind) {
    case VN_TILL_HOLD: return VN_ENTRY_HOLD;
    case VN_TILL_CANCEL: return VN_ENTRY_CANCEL;
    case VN_TILL_VOID: return VN_ENTRY_VOID;
    case VN_TILL_RETURN: return VN_ENTRY_RETURN;
    default: return VN_ENTRY_COMMIT;
    }
}

/* The receipt that the step acts on: a return names the original. */
static const struct vn_sale_key *subject(const struct vn_till_call *call)
{
    return call->kind == VN_TILL_RETURN ? &call->of : &call->sale;
}

static void ask_journal(struct vn_till *till, const struct vn_sale_key *sale, enum vn_entry_kind kind)
{
    struct vn_till_inspect *inspect = &till->inspect;
    inspect->sale = *sale;
    inspect->kind = kind;
    inspect->step = till->op.call.step;
    memcpy(inspect->digest, till->op.call.digest, VN_HASH_SIZE);
    inspect->status = VN_OK;
    inspect->reply_status = VN_ABSENT;
    memset(&inspect->state, 0, sizeof inspect->state);
    inspect->open_count = 0;
    vn_buf_clear(&inspect->reply);
    vn_buf_clear(&inspect->hold_body);
    vn_buf_clear(&inspect->commit_body);
    till->io.inspect(till->io.ctx, inspect);
}

void sale_begin(struct vn_till *till)
{
    ask_journal(till, subject(&till->op.call), entry_kind(till->op.call.kind));
}

void sale_used_begin(struct vn_till *till)
{
    ask_journal(till, &till->op.sale, VN_ENTRY_USED);
}

void sale_write(struct vn_till *till, enum vn_entry_kind kind)
{
    struct vn_till_write *write = &till->write;
    vn_entry_deinit(&write->entry);
    vn_entry_init(&write->entry, kind);
    write->entry.wall_ms = vn_clock_wall_ms(&till->config.clock);
    write->entry.mono_ms = vn_clock_mono_ns(&till->config.clock) / 1000000;
    write->step = till->op.call.step;
    memcpy(write->digest, till->op.call.digest, VN_HASH_SIZE);
    write->reply_http = 200;
    write->reply_has_seq = false;
    vn_buf_clear(&write->reply);
    write->status = VN_OK;
}

static void refuse(struct vn_till *till, int http_status, const char *title, const char *detail)
{
    till_problem(till, till->op.call.id, http_status, title, detail);
    till_finish(till);
}

/* Hands the prepared entry over. `reply` is the answer without its "seq"; its reference is taken. */
static void submit(struct vn_till *till, json_t *reply)
{
    struct vn_till_write *write = &till->write;
    enum vn_status status = reply == NULL ? VN_NOMEM : vn_json_dump(reply, &write->reply);
    json_decref(reply);
    if (status != VN_OK || write->entry.body == NULL) {
        refuse(till, 500, "Out of memory", "the entry could not be written; try again");
        return;
    }
    write->entry.has_sale = true;
    write->entry.sale = *subject(&till->op.call);
    write->reply_has_seq = true;
    till->io.write(till->io.ctx, write);
}

static void add_moves(struct vn_entry *entry, const struct vn_consumption *consumptions, unsigned count)
{
    for (unsigned i = 0; i < count && entry->right_count < VN_RIGHTS_MAX; i++) {
        struct vn_counters *counters = &entry->rights[entry->right_count++];
        (void)snprintf(counters->account, VN_ID_MAX, "%s", consumptions[i].account);
        counters->move = consumptions[i].amount;
    }
}

static void name_member(const struct vn_till *till, struct vn_entry *entry)
{
    const struct lane *lane = &till->lane;
    if (lane->card == VN_SESSION_CARD_NONE || lane->card == VN_SESSION_CARD_BLOCKED) {
        return;
    }
    (void)snprintf(entry->account, sizeof entry->account, "%s", lane->member.account);
    vn_hex_encode(vn_view_of(lane->card_hash.bytes, VN_HASH_SIZE), entry->card);
}

/* --- hold --------------------------------------------------------------------------------------------------------- */

static void write_hold(struct vn_till *till)
{
    struct vn_error error;
    struct vn_entry *entry = &till->write.entry;
    if (lane_quote(till, &error) != VN_OK) {
        till->io.problem(till->io.ctx, till->op.call.id, 422, "The basket can't be reckoned", error.text,
                         error.pointer);
        till_finish(till);
        return;
    }
    sale_write(till, VN_ENTRY_HOLD);
    name_member(till, entry);
    add_moves(entry, till->lane.outcome.consumptions, till->lane.outcome.consumption_count);
    entry->body = json_pack("{s:o*, s:o*}", "basket", vn_basket_write(&till->lane.basket), "outcome",
                            vn_outcome_write(&till->lane.outcome));
    submit(till, json_pack("{s:b, s:o*}", "held", 1, "outcome", vn_outcome_write(&till->lane.outcome)));
}

static void hold(struct vn_till *till)
{
    const struct vn_sale_state *state = &till->inspect.state;
    if (state->committed) {
        refuse(till, 409, "The sale is committed", "start a new receipt");
        return;
    }
    if (state->hold_open || !lane_adopt(till, till->op.call.basket)) {
        refuse(till, 409, "The sale is held",
               "this sale, or another one, is being paid; commit or cancel it first");
        return;
    }
    if (!lane_need_items(till, &till->lane.basket)) {
        write_hold(till);
    }
}

/* --- commit ------------------------------------------------------------------------------------------------------- */

static json_t *commit_reply(const struct vn_till *till, const struct vn_outcome *outcome, bool with_member)
{
    json_t *reply =
        json_pack("{s:b, s:I, s:I}", "committed", 1, "points_earned", (json_int_t)outcome->points_earned,
                  "points_spent", (json_int_t)outcome->points_spent);
    if (reply != NULL && with_member && till->lane.card == VN_SESSION_CARD_KNOWN) {
        int64_t balance = till->lane.member.balance + outcome->points_earned - outcome->points_spent;
        if (json_object_set_new(reply, "balance", json_integer((json_int_t)balance)) != 0) {
            json_decref(reply);
            return NULL;
        }
    }
    return reply;
}

static void write_commit(struct vn_till *till, json_t *basket, json_t *outcome_json,
                         const struct vn_outcome *outcome, bool late)
{
    struct vn_entry *entry = &till->write.entry;
    entry->points = outcome->points_earned - outcome->points_spent;
    add_moves(entry, outcome->consumptions, outcome->consumption_count);
    entry->body = json_pack("{s:s, s:o*, s:o*}", "fiscal", till->op.call.fiscal, "basket", basket, "outcome",
                            outcome_json);
    if (entry->body != NULL && late && json_object_set_new(entry->body, "late", json_true()) != 0) {
        refuse(till, 500, "Out of memory", "the entry could not be written; try again");
        return;
    }
    submit(till, commit_reply(till, outcome, !late));
}

static void commit_lane(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    sale_write(till, VN_ENTRY_COMMIT);
    name_member(till, &till->write.entry);
    write_commit(till, vn_basket_write(&lane->basket), vn_outcome_write(&lane->outcome), &lane->outcome,
                 false);
}

/* The agent was restarted between hold and commit: the hold's own entry has all that was told to the POS. */
static void commit_from_hold(struct vn_till *till)
{
    struct vn_entry held;
    struct vn_error error;
    vn_entry_init(&held, VN_ENTRY_HOLD);
    enum vn_status status = vn_entry_decode(vn_buf_view(&till->inspect.hold_body), &held, &error);
    struct vn_json_in root = vn_json_root(held.body, &error);
    struct vn_json_in outcome = vn_json_object(&root, "outcome", VN_REQUIRED);
    if (status == VN_OK && outcome.value != NULL) {
        vn_outcome_read(&outcome, &till->other_outcome);
    }
    if (status != VN_OK || vn_json_failed(&root)) {
        vn_entry_deinit(&held);
        refuse(till, 500, "The hold can't be read", error.text);
        return;
    }
    sale_write(till, VN_ENTRY_COMMIT);
    memcpy(till->write.entry.account, held.account, sizeof held.account);
    memcpy(till->write.entry.card, held.card, sizeof held.card);
    write_commit(till, json_incref(json_object_get(held.body, "basket")),
                 json_incref(json_object_get(held.body, "outcome")), &till->other_outcome, false);
    vn_entry_deinit(&held);
}

static void commit_late(struct vn_till *till)
{
    struct vn_error error;
    if (lane_quote_other(till, &error) != VN_OK) {
        till->io.problem(till->io.ctx, till->op.call.id, 422, "The basket can't be reckoned", error.text,
                         error.pointer);
        till_finish(till);
        return;
    }
    sale_write(till, VN_ENTRY_COMMIT);
    write_commit(till, vn_basket_write(&till->other_basket), vn_outcome_write(&till->other_outcome),
                 &till->other_outcome, true);
}

static bool is_lanes(const struct vn_till *till, const struct vn_sale_key *sale)
{
    return till->lane.has_basket && vn_sale_key_equal(&till->lane.basket.key, sale);
}

static void commit(struct vn_till *till)
{
    const struct vn_till_call *call = &till->op.call;
    if (till->inspect.state.committed) {
        refuse(till, 409, "The sale is committed", "this receipt number was used today; start a new receipt");
        return;
    }
    if (is_lanes(till, &call->sale) && till->lane.has_outcome &&
        (till->lane.phase == VN_SESSION_OPEN || till->lane.phase == VN_SESSION_HELD)) {
        commit_lane(till);
        return;
    }
    if (till->inspect.state.hold_open) {
        commit_from_hold(till);
        return;
    }
    if (call->basket == NULL) {
        refuse(till, 404, "No quote of this sale is known", "send the basket as printed with the commit");
        return;
    }
    till->other_basket = *call->basket;
    if (!lane_need_items(till, &till->other_basket)) {
        commit_late(till);
    }
}

void sale_looked_up(struct vn_till *till)
{
    if (till->op.call.kind == VN_TILL_HOLD) {
        write_hold(till);
    } else {
        commit_late(till);
    }
}

/* --- cancel, void, return ----------------------------------------------------------------------------------------- */

/* Reads the entry that is to be taken back; fills account, card and moves of the new one and the reversal. */
static bool take_back(struct vn_till *till, const struct vn_buf *body, enum vn_entry_kind kind,
                      struct vn_reversal *reversal)
{
    struct vn_entry before;
    struct vn_error error;
    vn_entry_init(&before, VN_ENTRY_COMMIT);
    enum vn_status status = vn_entry_decode(vn_buf_view(body), &before, &error);
    struct vn_json_in root = vn_json_root(before.body, &error);
    struct vn_json_in outcome = vn_json_object(&root, "outcome", VN_REQUIRED);
    if (status == VN_OK && outcome.value != NULL) {
        vn_outcome_read(&outcome, &till->other_outcome);
    }
    bool readable = status == VN_OK && !vn_json_failed(&root);
    if (readable) {
        vn_outcome_reverse(&till->other_outcome, reversal);
        sale_write(till, kind);
        memcpy(till->write.entry.account, before.account, sizeof before.account);
        memcpy(till->write.entry.card, before.card, sizeof before.card);
        till->write.entry.body = json_object();
    } else {
        refuse(till, 500, "The stored sale can't be read", error.text);
    }
    vn_entry_deinit(&before);
    return readable;
}

static void cancel(struct vn_till *till)
{
    struct vn_reversal reversal;
    if (!till->inspect.state.hold_open) {
        refuse(till, 409, "Nothing is held", "there is no open hold of this sale to cancel");
        return;
    }
    if (take_back(till, &till->inspect.hold_body, VN_ENTRY_CANCEL, &reversal)) {
        add_moves(&till->write.entry, reversal.consumptions, reversal.consumption_count);
        submit(till, json_pack("{s:b}", "cancelled", 1));
    }
}

static bool may_be_taken_back(struct vn_till *till)
{
    const struct vn_sale_state *state = &till->inspect.state;
    if (!state->committed) {
        refuse(till, 404, "No such sale at this till",
               "a sale of another till, or one that was never committed, can't be taken back here");
        return false;
    }
    if (state->voided || state->returned) {
        refuse(till, 409, "The sale is taken back already", "it was voided or returned before");
        return false;
    }
    return true;
}

static void void_sale(struct vn_till *till)
{
    struct vn_reversal reversal;
    if (may_be_taken_back(till) && take_back(till, &till->inspect.commit_body, VN_ENTRY_VOID, &reversal)) {
        till->write.entry.points = reversal.points_given_back - reversal.points_taken_back;
        add_moves(&till->write.entry, reversal.consumptions, reversal.consumption_count);
        submit(till, json_pack("{s:b}", "voided", 1));
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
    return json_pack("{s:I, s:I, s:I, s:o*}", "refund_minor", (json_int_t)reversal->refund_minor,
                     "points_taken_back", (json_int_t)reversal->points_taken_back, "points_given_back",
                     (json_int_t)reversal->points_given_back, "consumptions", consumptions);
}

static void return_sale(struct vn_till *till)
{
    const struct vn_till_call *call = &till->op.call;
    struct vn_reversal reversal;
    if (may_be_taken_back(till) && take_back(till, &till->inspect.commit_body, VN_ENTRY_RETURN, &reversal)) {
        struct vn_entry *entry = &till->write.entry;
        entry->points = reversal.points_given_back - reversal.points_taken_back;
        json_decref(entry->body);
        entry->body = json_pack("{s:[s,s,s], s:o*}", "receipt", call->sale.pos, call->sale.date,
                                call->sale.receipt, "reversal", reversal_json(&reversal));
        submit(till, json_pack("{s:b, s:o*}", "returned", 1, "reversal", reversal_json(&reversal)));
    }
}

/* A hold that the lane's next receipt found open: the customer has his goods, so it counts as used. */
static void use_hold(struct vn_till *till)
{
    struct vn_reversal reversal;
    if (!till->inspect.state.hold_open ||
        !take_back(till, &till->inspect.hold_body, VN_ENTRY_USED, &reversal)) {
        till_finish(till);
        return;
    }
    add_moves(&till->write.entry, reversal.consumptions, reversal.consumption_count);
    till->write.entry.points = -reversal.points_given_back;
    till->write.entry.has_sale = true;
    till->write.entry.sale = till->op.sale;
    vn_log_event(till->config.log, VN_LOG_WARN, "hold_counts_as_used",
                 VN_S("receipt", till->op.sale.receipt));
    till->io.write(till->io.ctx, &till->write);
}

/* --- after the journal's answers ---------------------------------------------------------------------------------- */

void sale_inspected(struct vn_till *till)
{
    const struct vn_till_inspect *inspect = &till->inspect;
    uint64_t call = till->op.call.id;
    if (till->op.kind == OP_USED) {
        use_hold(till);
        return;
    }
    if (inspect->status != VN_OK) {
        refuse(till, 503, "The journal can't be read", "see verno status on this till");
        return;
    }
    if (inspect->reply_status == VN_OK) {
        if (call != 0) {
            till->io.answer(till->io.ctx, call, inspect->reply_http, vn_buf_view(&inspect->reply));
        }
        till_finish(till);
        return;
    }
    if (inspect->reply_status == VN_CONFLICT) {
        vn_log_event(till->config.log, VN_LOG_ERROR, "sale_key_conflict",
                     VN_S("receipt", inspect->sale.receipt));
        refuse(till, 409, "The same step with other content",
               "this receipt number was used with another content; start a new receipt");
        return;
    }
    switch (till->op.call.kind) {
    case VN_TILL_HOLD: hold(till); break;
    case VN_TILL_COMMIT: commit(till); break;
    case VN_TILL_CANCEL: cancel(till); break;
    case VN_TILL_VOID: void_sale(till); break;
    case VN_TILL_RETURN: return_sale(till); break;
    default: till_finish(till); break;
    }
}

static void after_commit(struct vn_till *till)
{
    for (size_t i = 0; i < till->inspect.open_count; i++) {
        struct op used = {.kind = OP_USED, .sale = till->inspect.open[i]};
        if (till_enqueue(till, &used) != VN_OK) {
            break; /* the next commit finds it still open */
        }
    }
    if (is_lanes(till, &till->op.call.sale)) {
        struct lane *lane = &till->lane;
        lane->phase = VN_SESSION_DONE;
        lane->member.balance += till->write.entry.points;
        till_changed(till, VN_SESSION_EVENT_PHASE);
        struct op give_back = {.kind = OP_RELEASE, .right_count = lane->right_count};
        memcpy(give_back.rights, lane->rights, sizeof give_back.rights);
        if (lane->right_count > 0 && till_enqueue(till, &give_back) != VN_OK) {
            vn_log_event(till->config.log, VN_LOG_WARN, "release_put_off",
                         VN_I("accounts", lane->right_count));
        }
    }
}

static void after_cancel(struct vn_till *till)
{
    if (is_lanes(till, &till->op.call.sale) && till->lane.phase == VN_SESSION_HELD) {
        till->lane.phase = VN_SESSION_OPEN;
        till_changed(till, VN_SESSION_EVENT_PHASE);
    }
}

static void after_taking_back(struct vn_till *till, enum vn_session_phase phase)
{
    struct op give_back = {.kind = OP_RELEASE, .right_count = till->write.entry.right_count};
    memcpy(give_back.rights, till->write.entry.rights, sizeof give_back.rights);
    if (till->write.entry.kind == VN_ENTRY_VOID && give_back.right_count > 0 &&
        till_enqueue(till, &give_back) != VN_OK) {
        vn_log_event(till->config.log, VN_LOG_WARN, "release_put_off",
                     VN_I("accounts", give_back.right_count));
    }
    if (till->lane.phase == VN_SESSION_OPEN || till->lane.phase == VN_SESSION_HELD) {
        return; /* another customer is being served: the screen stays hers */
    }
    bool of_lane = is_lanes(till, subject(&till->op.call));
    int64_t balance = till->lane.member.balance + till->write.entry.points;
    if (of_lane) {
        till->lane.member.balance = balance;
    }
    till->lane.phase = phase;
    till_changed(till, VN_SESSION_EVENT_PHASE);
}

void sale_written(struct vn_till *till)
{
    const struct vn_till_write *write = &till->write;
    uint64_t call = till->op.call.id;
    switch (write->status) {
    case VN_OK: break;
    case VN_DENIED:
        refuse(till, 409, "The right is no longer here", "quote again and let the customer choose");
        return;
    case VN_CONFLICT:
        refuse(till, 409, "The step exists already", "this step of the sale was recorded before");
        return;
    case VN_FULL:
        refuse(till, 507, "The journal is full", "free space on this till; see verno status");
        return;
    default: refuse(till, 503, "The journal can't be written", "see verno status on this till"); return;
    }
    if (call != 0) {
        till->io.answer(till->io.ctx, call, write->reply_http, vn_buf_view(&write->reply));
    }
    switch (till->op.call.kind) {
    case VN_TILL_HOLD:
        till->lane.phase = VN_SESSION_HELD;
        till_changed(till, VN_SESSION_EVENT_PHASE);
        break;
    case VN_TILL_COMMIT: after_commit(till); break;
    case VN_TILL_CANCEL: after_cancel(till); break;
    case VN_TILL_VOID: after_taking_back(till, VN_SESSION_VOIDED); break;
    case VN_TILL_RETURN: after_taking_back(till, VN_SESSION_RETURNED); break;
    default: break;
    }
    till_finish(till);
}
