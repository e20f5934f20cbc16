/* Rights: what the hub grants is journaled before it is used, and what was not used goes back.
 *
 * An answer can come late: for a sale that has ended, or after the cashier was told that there is none. It was granted all
 * the same, so it is journaled all the same; if nobody here needs it, it goes back at once. */
#include <stdio.h>
#include <string.h>

#include "agent/till/internal.h"

void till_release(struct vn_till *till, const struct vn_counters *rights, unsigned count)
{
    struct op op = {.kind = OP_RELEASE};
    for (unsigned i = 0; i < count; i++) {
        if (vn_counters_available(&rights[i]) > 0) {
            op.rights[op.right_count++] = rights[i];
        }
    }
    if (op.right_count > 0 && till_enqueue(till, &op) != VN_OK) {
        vn_log_event(till->config.log, VN_LOG_WARN, "release_put_off", VN_I("accounts", op.right_count));
    }
}

void rights_ask(struct vn_till *till, const char *account, int64_t missing)
{
    const struct vn_counters *right = lane_right(till, account);
    struct vn_rights_request request = {.count = 1};
    (void)snprintf(request.wants[0].account, VN_ID_MAX, "%s", account);
    request.wants[0].granted = (right == NULL ? 0 : right->granted) + missing;
    (void)snprintf(till->pending.account, VN_ID_MAX, "%s", account);
    till->pending.active = true;
    till->io.rights(till->io.ctx, &request);
}

void rights_resume_deferred(struct vn_till *till)
{
    for (unsigned i = 0; i < till->deferred_count; i++) {
        if (till_enqueue(till, &till->deferred[i]) != VN_OK) {
            vn_log_event(till->config.log, VN_LOG_WARN, "scan_dropped", VN_S("why", "the queue is full"));
        }
    }
    till->deferred_count = 0;
}

void rights_refused(struct vn_till *till)
{
    struct pending_right pending = till->pending;
    if (!pending.active) {
        return;
    }
    till->pending.active = false;
    rights_resume_deferred(till);
    if (pending.coupon) {
        till->lane.coupon = VN_SESSION_COUPON_NEEDS_HUB;
        till_changed(till, VN_SESSION_EVENT_COUPON);
    } else {
        choice_refused(till, &pending);
    }
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

void rights_grant_begin(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    const struct vn_rights_reply *granted = &till->grants[0];
    sale_write(till, VN_ENTRY_GRANT);
    for (unsigned i = 0; i < granted->count && granted->number > 0; i++) {
        const struct vn_grant *grant = &granted->grants[i];
        const struct vn_counters *right = lane_right(till, grant->account);
        int64_t before = right == NULL ? 0 : right->granted;
        if (grant->granted <= before) {
            continue; /* nothing new: the hub has no more to give */
        }
        struct vn_counters *counters = &write->entry.rights[write->entry.right_count++];
        (void)snprintf(counters->account, VN_ID_MAX, "%s", grant->account);
        counters->granted = grant->granted;
        counters->move = grant->granted - before;
    }
    if (write->entry.right_count == 0) {
        rights_grant_written(till);
        return;
    }
    write->entry.body =
        json_pack("{s:I, s:o*}", "number", (json_int_t)granted->number, "slices", slices_json(granted));
    till->io.write(till->io.ctx, write);
}

/* Whether the reply is about what the pending choice waits for. */
static bool concerns_pending(const struct vn_till *till, const struct vn_rights_reply *granted)
{
    for (unsigned i = 0; i < granted->count; i++) {
        if (strcmp(granted->grants[i].account, till->pending.account) == 0) {
            return till->pending.active;
        }
    }
    return till->pending.active && granted->count == 0;
}

static void drop_first_grant(struct vn_till *till)
{
    till->grant_count--;
    memmove(&till->grants[0], &till->grants[1], till->grant_count * sizeof till->grants[0]);
}

void rights_grant_written(struct vn_till *till)
{
    const struct vn_entry *entry = &till->write.entry;
    bool journaled = till->write.status == VN_OK;
    bool repeated = till->write.status == VN_CONFLICT; /* of a grant that is journaled already */
    bool mine = concerns_pending(till, &till->grants[0]);
    struct pending_right pending = till->pending;
    drop_first_grant(till);
    for (unsigned i = 0; journaled && i < entry->right_count; i++) {
        if (mine && strcmp(entry->rights[i].account, pending.account) == 0) {
            lane_store_right(till, &entry->rights[i]);
        } else if (lane_right(till, entry->rights[i].account) == NULL) {
            till_release(till, &entry->rights[i], 1); /* nobody here needs it */
        }
    }
    if (!mine || (!journaled && !repeated)) {
        till_finish(till);
        if (mine) {
            rights_refused(till);
        }
        return;
    }
    till->pending.active = false;
    rights_resume_deferred(till);
    const struct vn_counters *right = lane_right(till, pending.account);
    int64_t available = right == NULL ? 0 : vn_counters_available(right);
    if (pending.coupon) {
        coupon_granted(till, &pending, available);
    } else {
        choice_granted(till, &pending, available);
    }
}

/* What the sale that is open now may still need stays; it goes back when that sale ends. */
static bool is_needed(struct vn_till *till, const char *account)
{
    enum vn_session_phase phase = till->lane.phase;
    return (phase == VN_SESSION_IDLE || phase == VN_SESSION_OPEN || phase == VN_SESSION_HELD) &&
           lane_right(till, account) != NULL;
}

void rights_release_begin(struct vn_till *till)
{
    struct vn_entry *entry = &till->write.entry;
    sale_write(till, VN_ENTRY_RELEASE);
    for (unsigned i = 0; i < till->op.right_count; i++) {
        int64_t available = vn_counters_available(&till->op.rights[i]);
        if (available > 0 && !is_needed(till, till->op.rights[i].account)) {
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
