/* Hold and commit: what was quoted becomes final, and what was final becomes a sale. */
#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/till/internal.h"

static void name_member(const struct vn_till *till, struct vn_entry *entry)
{
    const struct lane *lane = &till->lane;
    if (lane->card == VN_SESSION_CARD_NONE || lane->card == VN_SESSION_CARD_BLOCKED) {
        return;
    }
    (void)snprintf(entry->account, sizeof entry->account, "%s", lane->member.account);
    if (entry->account[0] == '\0') {
        vn_hex_encode(vn_view_of(lane->card_hash.bytes, VN_HASH_SIZE), entry->card);
    }
}

/* --- hold --------------------------------------------------------------------------------------------------------- */

static void write_hold(struct vn_till *till)
{
    struct vn_error error;
    struct vn_entry *entry = &till->write.entry;
    lane_match_items(till);
    enum vn_status status = lane_quote(till, &error);
    if (status == VN_OK && wants_look_up(till)) {
        return; /* and then once more */
    }
    if (status != VN_OK) {
        lane_revert(till);
        till_unreckonable(till, till->op.call.id, &error);
        till_finish(till);
        return;
    }
    sale_write(till, VN_ENTRY_HOLD);
    name_member(till, entry);
    sale_add_lane_moves(till, entry);
    struct lane *lane = &till->lane;
    const struct vn_with *with = lane_quoted_with(till, &lane->basket, &lane->outcome, &lane->with);
    if (vn_entry_sale_write(entry, &lane->basket, lane->items, &lane->outcome, with) != VN_OK) {
        sale_no_memory(till);
        return;
    }
    /* An outcome that there is no memory for is not left out: the POS would print another receipt. */
    sale_submit(
        till, json_pack("{s:b, s:o}", "held", 1, "outcome", vn_till_outcome_json(till, &till->lane.outcome)));
}

/* Its receipt was paid, or brought back here, where another till had sold it. */
static bool is_over(const struct vn_sale_state *state)
{
    return state->committed || state->voided || state->returned;
}

static void refuse_over(struct vn_till *till)
{
    const struct vn_sale_state *state = &till->inspect.state;
    sale_refuse(till, 409,
                state->voided      ? "The sale is voided"
                : state->committed ? "The sale is committed"
                                   : "The sale is returned",
                "this receipt number was used before; start a new receipt");
}

void commit_hold(struct vn_till *till)
{
    const struct vn_sale_state *state = &till->inspect.state;
    if (is_over(state)) {
        refuse_over(till);
        return;
    }
    if (state->used) {
        sale_refuse(till, 409, "The sale counts as used",
                    "a later receipt was paid while it was held; commit it as it was held, or use a new "
                    "receipt number");
        return;
    }
    if (!state->hold_open && !lane_try(till)) {
        return;
    }
    if (state->hold_open || !lane_adopt(till, till->op.call.basket)) {
        sale_refuse(till, 409, "The sale is held", "it is being paid; commit it, or cancel the hold first");
        return;
    }
    if (!lane_need_items(till, &till->lane.basket)) {
        write_hold(till);
    }
}

void commit_hold_looked_up(struct vn_till *till)
{
    write_hold(till);
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

struct commit {
    int64_t held; /* > 0: the hold that says basket and outcome as they still are; then no basket */
    const struct vn_basket *basket;
    const struct vn_item *items; /* beside the basket's lines, or NULL */
    const struct vn_outcome *outcome;
    const struct vn_with *with;  /* or NULL */
    const struct vn_entry *hold; /* whose moves it takes over; else those of the outcome are */
    bool of_lane, late, differs, after_used;
};

static enum vn_status fill_body(struct vn_till *till, const struct commit *commit)
{
    struct vn_entry *entry = &till->write.entry;
    entry->body = json_pack("{s:s}", "fiscal", till->op.call.fiscal);
    if (entry->body == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = commit->held > 0 ? vn_entry_held_write(entry, commit->held)
                                             : vn_entry_sale_write(entry, commit->basket, commit->items,
                                                                   commit->outcome, commit->with);
    if (status == VN_OK && commit->late) {
        status = json_object_set_new(entry->body, "late", json_true()) == 0 ? VN_OK : VN_NOMEM;
    }
    if (status == VN_OK && commit->differs) {
        status = json_object_set_new(entry->body, "differs", json_true()) == 0 ? VN_OK : VN_NOMEM;
    }
    return status;
}

static void write_commit(struct vn_till *till, const struct commit *commit)
{
    struct vn_entry *entry = &till->write.entry;
    /* What a hold that counts as used took is not taken again. */
    int64_t taken = commit->after_used ? commit->outcome->points_spent : 0;
    entry->points = commit->outcome->points_earned - commit->outcome->points_spent + taken;
    if (commit->hold != NULL) {
        memcpy(entry->rights, commit->hold->rights, sizeof entry->rights);
        entry->right_count = commit->hold->right_count;
    } else if (commit->of_lane) {
        sale_add_lane_moves(till, entry);
    } else {
        sale_add_moves(entry, commit->outcome->consumptions, commit->outcome->consumption_count);
    }
    bool counts = till->ruleset != NULL && vn_ruleset_wallet(till->ruleset)->earn_max_day > 0;
    till->write.earned = counts ? commit->outcome->points_earned : 0;
    if (fill_body(till, commit) != VN_OK) {
        sale_no_memory(till);
        return;
    }
    sale_submit(till, commit_reply(till, commit->outcome, commit->of_lane));
}

/* What was printed counts. The POS may send it along; blanks and names don't make a difference, lines do. */
static bool same_lines(const struct vn_basket *a, const struct vn_basket *b)
{
    bool same = a->line_count == b->line_count;
    for (unsigned i = 0; same && i < a->line_count; i++) {
        const struct vn_line *x = &a->lines[i];
        const struct vn_line *y = &b->lines[i];
        same = x->id == y->id && strcmp(x->code, y->code) == 0 && x->qty_milli == y->qty_milli &&
               x->amount_minor == y->amount_minor && x->kind == y->kind;
    }
    return same;
}

void commit_lane(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    struct vn_basket *printed = till->op.call.basket;
    bool differs = printed != NULL && !same_lines(printed, &lane->basket);
    bool as_held = lane->phase == VN_SESSION_HELD && !differs;
    if (printed != NULL) {
        printed->started_ms = lane->basket.started_ms;
    }
    sale_write(till, VN_ENTRY_COMMIT);
    name_member(till, &till->write.entry);
    write_commit(
        till, &(struct commit){
                  .held = as_held ? lane->hold_seq : 0,
                  .basket = differs ? printed : &lane->basket,
                  .items = differs ? NULL : lane->items,
                  .outcome = &lane->outcome,
                  .with = differs ? NULL : lane_quoted_with(till, &lane->basket, &lane->outcome, &lane->with),
                  .of_lane = true,
                  .differs = differs});
}

/* The agent was restarted between hold and commit, or the lane went on to another receipt: the hold's own entry has all
 * that was told to the POS. */
static void commit_from_hold(struct vn_till *till)
{
    struct vn_entry held;
    if (!sale_read_stored(till, &till->inspect.hold_body, &held)) {
        return;
    }
    sale_write(till, VN_ENTRY_COMMIT);
    memcpy(till->write.entry.account, held.account, sizeof held.account);
    memcpy(till->write.entry.card, held.card, sizeof held.card);
    write_commit(till, &(struct commit){.held = till->inspect.state.hold_seq,
                                        .outcome = &till->other_outcome,
                                        .hold = &held,
                                        .after_used = till->inspect.state.used});
    vn_entry_deinit(&held);
}

static void commit_late(struct vn_till *till)
{
    struct vn_error error;
    if (lane_quote_other(till, &error) != VN_OK) {
        till_unreckonable(till, till->op.call.id, &error);
        till_finish(till);
        return;
    }
    sale_write(till, VN_ENTRY_COMMIT);
    write_commit(till, &(struct commit){.basket = &till->other_basket,
                                        .items = till->other_items,
                                        .outcome = &till->other_outcome,
                                        .with = lane_quoted_with(till, &till->other_basket,
                                                                 &till->other_outcome, &till->other_with),
                                        .late = true});
}

bool commit_is_of_held_lane(const struct vn_till *till)
{
    return till->lane.phase == VN_SESSION_HELD && till->lane.has_outcome &&
           sale_is_lanes(till, &till->op.call.sale);
}

void commit_sale(struct vn_till *till)
{
    const struct vn_till_call *call = &till->op.call;
    const struct vn_sale_state *state = &till->inspect.state;
    const struct lane *lane = &till->lane;
    bool of_lane = sale_is_lanes(till, &call->sale) && lane->has_outcome;
    if (is_over(state)) {
        refuse_over(till);
        return;
    }
    if (commit_is_of_held_lane(till)) {
        commit_lane(till);
        return;
    }
    if (state->hold_open || state->used) {
        commit_from_hold(till);
        return;
    }
    if (of_lane && lane->phase == VN_SESSION_OPEN) {
        commit_lane(till);
        return;
    }
    if (call->basket == NULL) {
        sale_refuse(till, 404, "No quote of this sale is known",
                    "send the basket as printed with the commit");
        return;
    }
    till->other_basket = *call->basket;
    if (till->other_basket.started_ms == 0) {
        till->other_basket.started_ms = vn_clock_wall_ms(&till->config.clock);
    }
    if (!lane_need_items(till, &till->other_basket)) {
        commit_late(till);
    }
}

void commit_looked_up(struct vn_till *till)
{
    commit_late(till);
}

/* --- written ------------------------------------------------------------------------------------------------------ */

/* Not the one that is being paid at the lane: the receipt that commits is an earlier one, or one that was sold without us
 * and may be earlier; which, no clock says. The next one that the lane has ends the hold. */
static void use_open_holds(struct vn_till *till)
{
    for (size_t i = 0; i < till->write.open_count && !VN_PLANTED(HELD_OPEN); i++) {
        struct op used = {.kind = OP_USED, .sale = till->write.open[i]};
        if (till->lane.phase == VN_SESSION_HELD && sale_is_lanes(till, &used.sale)) {
            continue;
        }
        if (till_enqueue(till, &used) != VN_OK) {
            break; /* the next commit finds it still open */
        }
    }
}

void commit_written(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    if (till->op.call.kind == VN_TILL_HOLD) {
        lane->phase = VN_SESSION_HELD;
        lane->hold_seq = till->write.seq;
        choice_abandon(till, "the sale is being paid");
        till_changed(till, VN_SESSION_EVENT_PHASE);
        return;
    }
    use_open_holds(till);
    if (sale_is_lanes(till, &till->op.call.sale)) {
        lane->phase = VN_SESSION_DONE;
        lane->member.balance += till->write.entry.points;
        choice_abandon(till, "the sale is committed");
        lane_give_back(till);
        lane_swap_ruleset(till);
        release_look_for_over(till);
        till_changed(till, VN_SESSION_EVENT_PHASE);
    }
}
