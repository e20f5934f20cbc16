/* What goes back to the hub: what a sale asked for and did not use, what the hub asks back, and rights to counts and budgets of
 * promotions that are over.
 *
 * How much of it is still available is judged by the journal when the entry is written. A hold is never taken, and what the sale
 * that is open asked for waits until it has ended. */
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/wants.h"
#include "agent/till/internal.h"

#define SWEEP_EVERY_MS INT64_C(3600000)

void release_queue(struct vn_till *till, const struct vn_counters *rights, unsigned count)
{
    struct op op = {.kind = OP_RELEASE};
    for (unsigned i = 0; i < count && op.right_count < VN_RIGHTS_MAX; i++) {
        if (rights[i].move > 0) {
            op.rights[op.right_count++] = rights[i];
        }
    }
    if (op.right_count > 0 && till_enqueue(till, &op) != VN_OK) {
        vn_log_event(till->config.log, VN_LOG_WARN, "release_put_off", VN_I("accounts", op.right_count));
    }
}

/* Cut off, it stays: the cashier most likely rings the receipt up again, and nobody else could have it anyhow. What the lane
 * knows of a hold of its own is shared out when its sale ends. */
void release_taken_back(struct vn_till *till, bool of_lane)
{
    const struct vn_entry *entry = &till->write.entry;
    struct vn_counters back[VN_RIGHTS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < entry->right_count; i++) {
        const char *account = entry->rights[i].account;
        bool chain = strcmp(account, VN_ACCOUNT_RISK) == 0 ||
                     (vn_account_is_named(account) && (account[0] == 'a' || account[0] == 'b'));
        if (!chain && !(of_lane && lane_right(till, account) != NULL)) {
            back[count++] = entry->rights[i];
        }
    }
    till->back_due = true;
    if (till->online) {
        release_queue(till, back, count);
    }
}

/* What the sale that is open now may still need stays; it goes back when that sale ends. */
static bool is_needed(struct vn_till *till, const char *account)
{
    enum vn_session_phase phase = till->lane.phase;
    return (phase == VN_SESSION_IDLE || phase == VN_SESSION_OPEN || phase == VN_SESSION_HELD) &&
           lane_right(till, account) != NULL;
}

void release_begin(struct vn_till *till)
{
    struct vn_entry *entry = &till->write.entry;
    sale_write(till, VN_ENTRY_RELEASE);
    for (unsigned i = 0; i < till->op.right_count; i++) {
        const struct vn_counters *right = &till->op.rights[i];
        if (is_needed(till, right->account)) {
            lane_note_asked(till, right->account, right->move);
        } else {
            entry->rights[entry->right_count++] = *right;
        }
    }
    if (entry->right_count == 0) {
        till_finish(till);
        return;
    }
    till->io.write(till->io.ctx, &till->write);
}

/* --- what the hub asks -------------------------------------------------------------------------------------------- */

void release_back_begin(struct vn_till *till)
{
    till->back_due = false;
    sale_write(till, VN_ENTRY_RELEASE);
    till->write.back = till->backs;
    till->write.back_count = till->back_count;
    till->io.write(till->io.ctx, &till->write);
}

const struct vn_right_back *vn_till_asked_back(const struct vn_till *till, unsigned *count)
{
    *count = till->back_count;
    return till->backs;
}

/* The open sale may have counted on it. */
void release_written(struct vn_till *till)
{
    const struct vn_entry *entry = &till->write.entry;
    bool concerned = false;
    for (unsigned i = 0; till->write.status == VN_OK && i < entry->right_count; i++) {
        concerned = concerned || lane_right(till, entry->rights[i].account) != NULL;
    }
    if (!concerned || till->op.kind != OP_BACK) {
        till_finish(till);
        return;
    }
    till->op.event = till->event;
    till_settle(till);
}

/* --- promotions that are over ------------------------------------------------------------------------------------- */

void release_sweep_begin(struct vn_till *till)
{
    struct vn_till_lookup *lookup = &till->lookup;
    till->swept_ms = vn_clock_mono_ns(&till->config.clock) / 1000000;
    till->sweep_due = false;
    if (till->ruleset == NULL) { /* what it says is not known yet; it is swept when it comes */
        till_finish(till);
        return;
    }
    lookup->want_card = lookup->want_coupon = lookup->want_risk = false;
    lookup->code_count = lookup->right_count = 0;
    lookup->want_chain = true;
    memcpy(lookup->chain_after, till->sweep_after, VN_ID_MAX);
    till->io.lookup(till->io.ctx, lookup);
}

void release_swept(struct vn_till *till)
{
    const struct vn_till_lookup *lookup = &till->lookup;
    struct vn_counters over[VN_RIGHTS_MAX];
    unsigned count = 0;
    int64_t now_ms = vn_clock_wall_ms(&till->config.clock);
    for (unsigned i = 0; i < lookup->right_count; i++) {
        const struct vn_counters *right = &lookup->rights[i];
        bool counts = vn_ruleset_counts(till->ruleset, (const char(*)[VN_ID_MAX])till->stops,
                                        till->stop_count, right->account, till->config.place.store, now_ms);
        if (!counts) {
            over[count] = *right;
            over[count++].move = vn_counters_available(right);
        }
    }
    till->sweep_after[0] = '\0';
    if (lookup->right_count == VN_RIGHTS_MAX) { /* there are more */
        memcpy(till->sweep_after, lookup->rights[VN_RIGHTS_MAX - 1].account, VN_ID_MAX);
        till->sweep_due = true;
    }
    till_finish(till);
    release_queue(till, over, count);
}

void release_look_for_over(struct vn_till *till)
{
    int64_t now_ms = vn_clock_mono_ns(&till->config.clock) / 1000000;
    till->sweep_due = till->sweep_due || now_ms - till->swept_ms >= SWEEP_EVERY_MS;
}
