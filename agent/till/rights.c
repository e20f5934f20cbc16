/* Rights: what the hub is asked for, and what it grants, which is journaled before it is used.
 *
 * Two ask: somebody who waits (a choice of points, a coupon), and the open sale for what its promotions lack; both go in one
 * question. An answer can come late: for a sale that has ended, or after the cashier was told that there is none. It was
 * granted all the same, so it is journaled all the same; what a sale asked for and nobody here needs goes back at once. What the
 * hub grants without being asked stays. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/till/internal.h"

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void note_wanted(struct vn_till *till, const struct vn_right_want *want)
{
    unsigned at = 0;
    while (at < till->wanted_count && strcmp(till->wanted[at].account, want->account) != 0) {
        at++;
    }
    if (at ==
        VN_RIGHTS_MAX) { /* the oldest is forgotten: should it still come, it stays here until the hub asks */
        memmove(&till->wanted[0], &till->wanted[1], (VN_RIGHTS_MAX - 1) * sizeof till->wanted[0]);
        at = --till->wanted_count;
    }
    if (at == till->wanted_count) {
        till->wanted_count++;
        memcpy(till->wanted[at].account, want->account, VN_ID_MAX);
    }
    till->wanted[at].granted = want->granted;
}

/* An answer that was not read yet is to a question before this one, whose own is to come. */
static void send(struct vn_till *till)
{
    struct vn_rights_request request = {.count = 0};
    for (unsigned i = 0; i < till->grant_count; i++) {
        till->grants[i].answer = false;
    }
    if (till->pending.active) {
        request.wants[request.count++] = till->pending.want;
    }
    for (unsigned i = 0; i < till->asking.count && request.count < VN_RIGHTS_MAX; i++) {
        const struct vn_right_want *want = &till->asking.wants[i];
        if (!till->pending.active || strcmp(want->account, till->pending.want.account) != 0) {
            request.wants[request.count++] = *want;
        }
    }
    for (unsigned i = 0; i < request.count; i++) {
        note_wanted(till, &request.wants[i]);
    }
    till->io.rights(till->io.ctx, &request);
}

void rights_ask(struct vn_till *till, const char *account, int64_t missing)
{
    const struct vn_counters *right = lane_right(till, account);
    struct vn_right_want *want = &till->pending.want;
    memset(want, 0, sizeof *want);
    (void)snprintf(want->account, VN_ID_MAX, "%s", account);
    want->granted = (right == NULL ? 0 : right->granted) + missing;
    till->pending.active = true;
    send(till);
}

void rights_ask_more(struct vn_till *till)
{
    send(till);
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
    bool asked = till->asking.count > 0;
    till->asking.count = 0;
    if (!pending.active) {
        if (asked) { /* and nobody could help: what is withheld is said */
            till_changed(till, till->event);
        }
        return;
    }
    till->pending.active = false;
    till->wants_due = true;
    rights_resume_deferred(till);
    if (pending.coupon) {
        till->lane.coupon = VN_SESSION_COUPON_NEEDS_HUB;
        till_changed(till, VN_SESSION_EVENT_COUPON);
    } else {
        choice_refused(till, &pending);
    }
}

/* --- what the hub says -------------------------------------------------------------------------------------------- */

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

/* All that is asked back, unless there is more than a reply holds: then what was told before still counts. */
static void take_backs(struct vn_till *till, const struct vn_rights_reply *reply)
{
    unsigned count = reply->back_count;
    struct vn_right_back kept[VN_RIGHTS_MAX];
    memcpy(kept, reply->back, sizeof kept);
    for (unsigned i = 0; reply->back_count == VN_RIGHTS_MAX && i < till->back_count; i++) {
        bool there = count == VN_RIGHTS_MAX;
        for (unsigned j = 0; j < count && !there; j++) {
            there = strcmp(kept[j].account, till->backs[i].account) == 0;
        }
        if (!there) {
            kept[count++] = till->backs[i];
        }
    }
    memcpy(till->backs, kept, sizeof kept);
    till->back_count = count;
    till->back_due = till->back_due || count > 0;
}

void rights_grant_begin(struct vn_till *till)
{
    struct vn_till_write *write = &till->write;
    const struct vn_rights_reply *granted = &till->grants[0].reply;
    sale_write(till, VN_ENTRY_GRANT);
    here_told(till, &till->grants[0]);
    take_backs(till, granted);
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
    if (granted->number == 0) {
        rights_grant_written(till);
        return;
    }
    write->entry.body =
        json_pack("{s:I, s:o*}", "number", (json_int_t)granted->number, "slices", slices_json(granted));
    till->io.write(till->io.ctx, write);
}

/* How much of a grant was asked for by a sale; what comes beyond is granted ahead. Portions of counts and budgets are the
 * hub's to choose. */
static int64_t asked_share(struct vn_till *till, const struct vn_counters *right)
{
    for (unsigned i = 0; i < till->wanted_count; i++) {
        struct right_target *wanted = &till->wanted[i];
        if (strcmp(wanted->account, right->account) != 0) {
            continue;
        }
        bool chain =
            vn_account_is_named(right->account) && (right->account[0] == 'a' || right->account[0] == 'b');
        int64_t before = right->granted - right->move;
        int64_t most = right->granted < wanted->granted ? right->granted : wanted->granted;
        if (right->granted >= wanted->granted) {
            *wanted = till->wanted[--till->wanted_count];
        }
        return chain || most <= before ? 0 : most - before;
    }
    return 0;
}

/* True when the open sale is concerned. */
static bool share_out(struct vn_till *till, const struct vn_entry *entry)
{
    bool concerned = false;
    for (unsigned i = 0; i < entry->right_count; i++) {
        struct vn_counters right = entry->rights[i];
        right.move = asked_share(till, &right);
        if (lane_right(till, right.account) != NULL) {
            lane_note_asked(till, right.account, right.move);
            concerned = true;
        } else if (right.move > 0) {
            release_queue(till, &right, 1); /* nobody here needs it */
        }
    }
    return concerned;
}

static void drop_first_grant(struct vn_till *till)
{
    till->grant_count--;
    memmove(&till->grants[0], &till->grants[1], till->grant_count * sizeof till->grants[0]);
}

/* Somebody waited for this answer, with or without a grant in it. */
static void answered(struct vn_till *till)
{
    struct pending_right pending = till->pending;
    till->pending.active = false;
    rights_resume_deferred(till);
    int64_t available = lane_available(till, pending.want.account);
    if (pending.coupon) {
        coupon_granted(till, &pending, available);
    } else {
        choice_granted(till, &pending, available);
    }
}

void rights_grant_written(struct vn_till *till)
{
    bool journaled = till->write.status == VN_OK;
    bool repeated = till->write.status == VN_CONFLICT; /* of a grant that is journaled already */
    bool answer = till->grants[0].answer;
    bool concerned = journaled && share_out(till, &till->write.entry);
    concerned =
        concerned || (answer && till->lane.phase == VN_SESSION_OPEN); /* what was borrowed is here already */
    drop_first_grant(till);
    if (answer && !journaled && !repeated) {
        till_finish(till);
        rights_refused(till);
        return;
    }
    till->asking.count = answer ? 0 : till->asking.count;
    till->wants_due = till->wants_due || answer;
    if (answer && till->pending.active) {
        answered(till);
    } else if (concerned) {
        till->op.event = till->event;
        till_settle(till);
    } else {
        till_finish(till);
    }
}
