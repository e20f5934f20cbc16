/* How many of a member's points can be paid at this till now, and why that is less than his balance: what the cashier is told
 * before she offers them, and the POS with each quote.
 *
 * Nothing is taken by it, and nobody promises it: what is free at the hub, or at a neighbour, may be gone a moment later. The
 * choice itself asks for the right. What the hub answered counts until the card is scanned again or the line changes. */
#include <string.h>

#include "agent/till/internal.h"

static int64_t positive(int64_t amount)
{
    return amount > 0 ? amount : 0;
}

static void while_online(const struct vn_till *till, int64_t own, struct here *out)
{
    const struct lane *lane = &till->lane;
    if (lane->hub_waits) {
        out->points = own;
        out->limit = VN_SESSION_LIMIT_HUB_WAITS;
    } else if (!lane->hub_told) {
        out->points = lane->member.balance;
    } else {
        out->points = own + positive(lane->hub_free) + (lane->hub_short ? 0 : lane->hub_elsewhere);
        out->elsewhere = lane->hub_elsewhere;
        out->limit =
            lane->hub_short && lane->hub_elsewhere > 0 ? VN_SESSION_LIMIT_ELSEWHERE : VN_SESSION_LIMIT_LATER;
    }
}

static void while_cut_off(const struct vn_till *till, int64_t own, struct here *out)
{
    const struct lane *lane = &till->lane;
    int64_t risk = lane_risk_left(till);
    bool store = till->neighbours && lane->nearby_heard;
    out->points = own + risk + (store ? lane->nearby : 0);
    out->limit = risk > 0 ? VN_SESSION_LIMIT_RISK : store ? VN_SESSION_LIMIT_STORE : VN_SESSION_LIMIT_ALONE;
}

void here_find(const struct vn_till *till, struct here *out)
{
    const struct lane *lane = &till->lane;
    memset(out, 0, sizeof *out);
    if (lane->card != VN_SESSION_CARD_KNOWN) {
        return;
    }
    int64_t own = lane_available(till, lane->member.account);
    if (till->quarantined) {
        out->limit = VN_SESSION_LIMIT_REFUSED;
    } else if (till->online) {
        while_online(till, own, out);
    } else {
        while_cut_off(till, own, out);
    }
    int64_t balance = positive(lane->member.balance);
    if (out->points >= balance) {
        out->points = balance;
        out->limit = VN_SESSION_LIMIT_NONE;
    }
}

const char *here_why(enum vn_session_limit limit)
{
    static const char *const names[VN_SESSION_LIMITS] = {
        [VN_SESSION_LIMIT_NONE] = "",       [VN_SESSION_LIMIT_ELSEWHERE] = "elsewhere",
        [VN_SESSION_LIMIT_LATER] = "later", [VN_SESSION_LIMIT_HUB_WAITS] = "hub_waits",
        [VN_SESSION_LIMIT_STORE] = "store", [VN_SESSION_LIMIT_ALONE] = "alone",
        [VN_SESSION_LIMIT_RISK] = "risk",   [VN_SESSION_LIMIT_REFUSED] = "refused",
    };
    return (unsigned)limit < VN_SESSION_LIMITS ? names[limit] : "";
}

static void note_of_member(struct lane *lane, const struct pending_right *pending,
                           const struct vn_grant *grant)
{
    lane->hub_told = true;
    lane->hub_short = grant->granted < pending->want.granted;
    lane->hub_free = grant->free;
    lane->hub_elsewhere = grant->elsewhere;
}

/* What the hub answered to the one who waits, of what he waits for. */
void here_told(struct vn_till *till, const struct grant *told)
{
    struct lane *lane = &till->lane;
    struct pending_right *pending = &till->pending;
    if (!told->answer || told->borrowed || !pending->active) {
        return;
    }
    bool his = !pending->coupon && lane->card == VN_SESSION_CARD_KNOWN &&
               strcmp(pending->want.account, lane->member.account) == 0;
    pending->hub_waits = told->reply.reason[0] != '\0';
    lane->hub_waits = his ? pending->hub_waits : lane->hub_waits;
    for (unsigned i = 0; i < told->reply.count; i++) {
        const struct vn_grant *grant = &told->reply.grants[i];
        if (strcmp(grant->account, pending->want.account) == 0) {
            pending->hub_elsewhere = grant->elsewhere;
            pending->hub_told = true;
            if (his) {
                note_of_member(lane, pending, grant);
            }
        }
    }
}

void here_forget(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    lane->hub_told = lane->hub_short = lane->hub_waits = false;
    lane->nearby_asked = lane->nearby_heard = false;
    lane->nearby = 0;
}

/* --- neighbours --------------------------------------------------------------------------------------------------- */

void here_borrowed(struct vn_till *till, const struct vn_counters *rights, unsigned count)
{
    struct lane *lane = &till->lane;
    lane->nearby_asked = false; /* they have less now, or did not answer */
    for (unsigned i = 0; i < count; i++) {
        const struct vn_counters *before = lane_right(till, rights[i].account);
        if (before != NULL && strcmp(rights[i].account, lane->member.account) == 0) {
            lane->nearby = positive(lane->nearby - (rights[i].in - before->in));
        }
    }
}

void here_ask_nearby(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    bool selling = lane->phase == VN_SESSION_IDLE || lane->phase == VN_SESSION_OPEN;
    if (till->online || till->quarantined || !till->neighbours || !selling || lane->nearby_asked ||
        till->pending.active || lane->card != VN_SESSION_CARD_KNOWN || lane->member.account[0] == '\0' ||
        lane_available(till, lane->member.account) >= lane->member.balance) {
        return;
    }
    lane->nearby_asked = till->io.nearby(till->io.ctx, lane->member.account);
}

void vn_till_on_nearby(struct vn_till *till, const char *account, int64_t points, unsigned answered)
{
    struct lane *lane = &till->lane;
    if (lane->card == VN_SESSION_CARD_KNOWN && strcmp(lane->member.account, account) == 0) {
        lane->nearby = points;
        lane->nearby_heard = answered > 0;
        till_changed(till, till->event);
    }
    till_run(till);
}
