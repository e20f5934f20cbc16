/* Hold, cancel, commit, void and return: the steps of a sale that the journal records.
 *
 * Each goes the same way: ask the journal what it knows of the sale, judge, write one entry together with the reply, then
 * answer. A request that comes again gets the stored reply; the same step with other content is a conflict and a finding. */
#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
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

const struct vn_sale_key *sale_subject(const struct vn_till_call *call)
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
    vn_buf_clear(&inspect->reply);
    vn_buf_clear(&inspect->hold_body);
    vn_buf_clear(&inspect->commit_body);
    till->io.inspect(till->io.ctx, inspect);
}

/* The usual commit, of the sale that this lane holds, is written straight away: the hold was journaled by this very till, so
 * the journal has nothing to tell, and the POS waits for one thread less. Should it know better, it refuses, and is
 * asked then. */
void sale_begin(struct vn_till *till)
{
    if (till->op.call.kind == VN_TILL_COMMIT && commit_is_of_held_lane(till)) {
        till->op.straight = true;
        commit_lane(till);
        return;
    }
    ask_journal(till, sale_subject(&till->op.call), entry_kind(till->op.call.kind));
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
    write->seq = 0;
    write->reply_http = 200;
    write->reply_has_seq = false;
    write->back = NULL;
    write->back_count = 0;
    write->earned = 0;
    write->open_count = 0;
    vn_buf_clear(&write->reply);
    write->status = VN_OK;
}

void sale_refuse(struct vn_till *till, int http_status, const char *title, const char *detail)
{
    till_problem(till, till->op.call.id, http_status, title, detail);
    till_finish(till);
}

void sale_no_memory(struct vn_till *till)
{
    sale_refuse(till, 500, "Out of memory", "the entry could not be written; try again");
}

void sale_submit(struct vn_till *till, json_t *reply)
{
    struct vn_till_write *write = &till->write;
    enum vn_status status = reply == NULL ? VN_NOMEM : vn_json_dump(reply, &write->reply);
    json_decref(reply);
    if (status != VN_OK || write->entry.body == NULL) {
        sale_no_memory(till);
        return;
    }
    write->entry.has_sale = true;
    write->entry.sale = *sale_subject(&till->op.call);
    write->reply_has_seq = true;
    till->io.write(till->io.ctx, write);
}

void sale_add_moves(struct vn_entry *entry, const struct vn_consumption *consumptions, unsigned count)
{
    for (unsigned i = 0; i < count && entry->right_count < VN_RIGHTS_MAX; i++) {
        if (consumptions[i].risk || (VN_PLANTED(STAMPS_WITHOUT_RIGHT) && consumptions[i].account[0] == 's')) {
            continue; /* no right is there to move; the hub finds it in the outcome */
        }
        struct vn_counters *counters = &entry->rights[entry->right_count++];
        (void)snprintf(counters->account, VN_ID_MAX, "%s", consumptions[i].account);
        counters->move = consumptions[i].amount;
    }
}

static int64_t quoted_right(const struct lane *lane, const char *account)
{
    for (unsigned i = 0; i < lane->with.right_count; i++) {
        if (strcmp(lane->with.rights[i].account, account) == 0) {
            return lane->with.rights[i].available;
        }
    }
    return 0;
}

/* Of points that were spent partly at risk the right that was here is used first. */
void sale_add_lane_moves(const struct vn_till *till, struct vn_entry *entry)
{
    const struct lane *lane = &till->lane;
    sale_add_moves(entry, lane->outcome.consumptions, lane->outcome.consumption_count);
    for (unsigned i = 0; lane->risk > 0 && i < lane->outcome.consumption_count; i++) {
        struct vn_consumption part = lane->outcome.consumptions[i];
        int64_t here = quoted_right(lane, part.account);
        if (part.risk && here > 0 && here < part.amount) {
            part.amount = here;
            part.risk = false;
            sale_add_moves(entry, &part, 1);
        }
    }
    struct vn_consumption allowance = {.account = VN_ACCOUNT_RISK, .amount = lane->risk};
    sale_add_moves(entry, &allowance, lane->risk > 0 ? 1 : 0);
}

/* What the entry says of its sale, if need be with the hold that it names. */
static enum vn_status read_sale(struct vn_till *till, const struct vn_entry *entry, struct vn_error *error)
{
    const struct vn_till_inspect *inspect = &till->inspect;
    struct vn_entry_sale said;
    enum vn_status status =
        vn_entry_sale_read(entry, &till->other_basket, &till->other_outcome, &said, error);
    if (status == VN_OK && said.held > 0) {
        status = said.held == inspect->state.hold_seq
                     ? vn_entry_hold_read(entry, vn_buf_view(&inspect->hold_body), &till->other_basket,
                                          &till->other_outcome, &said, error)
                     : vn_fail(error, VN_INPUT, "the hold that it says is not the last one");
    }
    return status == VN_OK && !said.has_outcome ? vn_fail(error, VN_INPUT, "it has no outcome") : status;
}

bool sale_read_stored(struct vn_till *till, const struct vn_buf *body, struct vn_entry *out)
{
    struct vn_error error;
    vn_entry_init(out, VN_ENTRY_HOLD);
    enum vn_status status = vn_entry_decode(vn_buf_view(body), out, &error);
    if (status == VN_OK) {
        status = read_sale(till, out, &error);
    }
    if (status != VN_OK) {
        sale_refuse(till, 500, "The stored sale can't be read", error.text);
        vn_entry_deinit(out);
        return false;
    }
    return true;
}

bool sale_is_lanes(const struct vn_till *till, const struct vn_sale_key *sale)
{
    return till->lane.has_basket && vn_sale_key_equal(&till->lane.basket.key, sale);
}

void sale_looked_up(struct vn_till *till)
{
    if (till->op.call.kind == VN_TILL_HOLD) {
        commit_hold_looked_up(till);
    } else {
        commit_looked_up(till);
    }
}

/* --- after the journal's answers ---------------------------------------------------------------------------------- */

/* People should look at it: a POS whose receipt numbers repeat, mostly. One entry a sale and step; a second one is a
 * repetition, which the journal refuses and nobody misses. */
static void conflict(struct vn_till *till)
{
    struct vn_entry *entry = &till->write.entry;
    const struct vn_sale_key sale = till->inspect.sale;
    const char *step = vn_entry_kind_name(till->inspect.kind);
    vn_log_event(till->config.log, VN_LOG_ERROR, "sale_key_conflict", VN_S("receipt", sale.receipt),
                 VN_S("step", step));
    if (till->op.call.kind == VN_TILL_RETURN) { /* its own receipt number may well be new */
        till_problem(till, till->op.call.id, 409, "The sale is taken back already",
                     "it was returned before; of what is left more lines can come back, as another step");
    } else {
        till_problem(till, till->op.call.id, 409, "The same step with other content",
                     "this receipt number was used with another content; start a new receipt");
    }
    till->op.call.id = 0;
    till->op.kind = OP_FINDING;
    sale_write(till, VN_ENTRY_FINDING);
    entry->has_sale = true;
    entry->sale = sale;
    entry->body = json_pack("{s:s, s:s}", "what", "sale_key_conflict", "step", step);
    if (entry->body == NULL) {
        till_finish(till);
        return;
    }
    till->io.write(till->io.ctx, &till->write);
}

void sale_inspected(struct vn_till *till)
{
    const struct vn_till_inspect *inspect = &till->inspect;
    uint64_t call = till->op.call.id;
    if (till->op.kind == OP_USED) {
        undo_use_hold(till);
        return;
    }
    if (inspect->status != VN_OK) {
        sale_refuse(till, 503, "The journal can't be read", "see verno status on this till");
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
        conflict(till);
        return;
    }
    switch (till->op.call.kind) {
    case VN_TILL_HOLD: commit_hold(till); break;
    case VN_TILL_COMMIT: commit_sale(till); break;
    case VN_TILL_CANCEL: undo_cancel(till); break;
    case VN_TILL_VOID: undo_void(till); break;
    case VN_TILL_RETURN: undo_return(till); break;
    default: till_finish(till); break;
    }
}

/* What the rights of this till were taken for is not what its journal says: the customer chooses again. */
static void right_is_gone(struct vn_till *till)
{
    struct vn_error error;
    struct lane *lane = &till->lane;
    sale_refuse(till, 409, "The right is no longer here", "quote again and let the customer choose");
    lane->spend = lane->choices.spend_points > 0 ? VN_SESSION_SPEND_GONE : VN_SESSION_SPEND_NONE;
    memset(&lane->choices, 0, sizeof lane->choices);
    lane_give_back(till);
    lane->risk_known = false;
    if (lane->has_basket && lane->phase == VN_SESSION_OPEN && lane_quote(till, &error) == VN_OK) {
        till_tell_outcome(till);
    }
    till_changed(till, VN_SESSION_EVENT_SPEND);
}

/* Writes a commit once more, without its moves: what is printed can't be refused any more. What it consumed without a
 * right is a debt, which the hub finds in the outcome. */
static bool honour_without_right(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    struct vn_error error;
    json_t *reply = NULL;
    if (write->entry.kind != VN_ENTRY_COMMIT || write->entry.right_count == 0) {
        return false;
    }
    if (vn_json_parse(vn_buf_view(&write->reply), &reply, &error) != VN_OK) {
        return false;
    }
    (void)json_object_del(reply, "seq"); /* the number that it did not get */
    vn_log_event(till->config.log, VN_LOG_WARN, "commit_without_right",
                 VN_S("receipt", write->entry.sale.receipt));
    write->entry.right_count = 0;
    vn_buf_clear(&write->reply);
    sale_submit(till, reply);
    return true;
}

static void not_written(struct vn_till *till)
{
    switch (till->write.status) {
    case VN_DENIED: right_is_gone(till); break;
    case VN_CONFLICT:
        sale_refuse(till, 409, "The step exists already", "this step of the sale was recorded before");
        break;
    case VN_FULL:
        sale_refuse(till, 507, "The journal is full", till->write.error.text); /* which of its limits */
        break;
    case VN_INPUT: sale_refuse(till, 413, "The receipt can't be recorded", till->write.error.text); break;
    default: sale_refuse(till, 503, "The journal can't be written", "see verno status on this till"); break;
    }
}

void sale_written(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    uint64_t call = till->op.call.id;
    if (write->status == VN_DENIED && honour_without_right(till)) {
        return;
    }
    if (write->status == VN_CONFLICT && till->op.straight) {
        till->op.straight = false;
        ask_journal(till, sale_subject(&till->op.call), VN_ENTRY_COMMIT);
        return;
    }
    if (write->status != VN_OK) {
        not_written(till);
        return;
    }
    if (call != 0) {
        till->io.answer(till->io.ctx, call, write->reply_http, vn_buf_view(&write->reply));
    }
    switch (till->op.call.kind) {
    case VN_TILL_HOLD:
    case VN_TILL_COMMIT: commit_written(till); break;
    default: undo_written(till); break;
    }
    till_finish(till);
}
