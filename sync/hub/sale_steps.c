/* The steps of a sale: hold, cancel, commit, used. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/sale_apply.h"
#include "sync/hub/storage_segments.h"

#define DAY_MS INT64_C(86400000)

enum vn_status vn_apply_account_exists(struct vn_apply *apply, const char *account)
{
    int64_t id = 0;
    int64_t ignored = 0;
    struct vn_coupon_row coupon;
    enum vn_status status = VN_ABSENT;
    if (vn_account_member(account, &id)) {
        status = vn_storage_member_get(apply->storage, id, NULL, &ignored);
    } else if (vn_account_coupon(account, &id)) {
        status = vn_storage_coupon_get(apply->storage, id, &coupon);
    } else if (vn_account_is_named(account)) {
        status = VN_OK; /* a limit or a stamp card: it is there as soon as somebody takes from it */
    }
    return status == VN_ABSENT ? vn_fail(apply->error, VN_INPUT, "account '%s' is not known", account)
                               : status;
}

/* The sale of the entry's key at this till; a new row, not yet stored, when it is the first that we hear. */
enum vn_status vn_apply_open(struct vn_apply *apply)
{
    const struct vn_entry *entry = apply->entry;
    struct vn_sale_row *sale = &apply->sale;
    if (!entry->has_sale) {
        return vn_fail(apply->error, VN_INPUT, "'%s' without a sale key", vn_entry_kind_name(entry->kind));
    }
    enum vn_status status = vn_storage_sale_get(apply->storage, apply->enrolment->till, &entry->sale, sale);
    if (status == VN_ABSENT) {
        sale->state = VN_SALE_HELD;
        sale->key = entry->sale;
        memcpy(sale->store, apply->enrolment->store, sizeof sale->store);
        memcpy(sale->till, apply->enrolment->till, sizeof sale->till);
        status = VN_OK;
    }
    if (sale->commit_seq == 0) { /* commit_seq counts in the journal of this enrolment */
        sale->enrolment = apply->enrolment->id;
    }
    sale->at_ms = apply->cause.at_ms;
    return status;
}

static void flag(struct vn_sale_row *sale, const char *word)
{
    size_t len = strlen(sale->flags);
    if (strstr(sale->flags, word) == NULL && len + strlen(word) + 2 <= sizeof sale->flags) {
        (void)snprintf(sale->flags + len, sizeof sale->flags - len, "%s%s", len == 0 ? "" : " ", word);
    }
}

/* The hold that a commit names: in its own segment mostly, else in the store. */
static enum vn_status read_hold(struct vn_apply *apply, int64_t seq, struct vn_entry_sale *said)
{
    struct vn_buf stored;
    if (seq >= apply->cause.seq) {
        return vn_fail(apply->error, VN_INPUT, "names entry %lld as its hold, which is not before it",
                       (long long)seq);
    }
    if (seq >= apply->segment->batch.from_seq) {
        return vn_entry_hold_read(apply->entry, vn_segment_body(apply->segment, seq), &apply->basket,
                                  &apply->outcome, said, apply->error);
    }
    vn_buf_init(&stored, VN_ENTRY_MAX);
    enum vn_status status = vn_storage_entry_body(apply->storage, apply->enrolment->id, seq, &stored);
    if (status == VN_OK) {
        status = vn_entry_hold_read(apply->entry, vn_buf_view(&stored), &apply->basket, &apply->outcome, said,
                                    apply->error);
    } else if (status == VN_ABSENT) {
        status = vn_fail(apply->error, VN_INPUT, "names entry %lld as its hold, which is not kept any more",
                         (long long)seq);
    }
    vn_buf_deinit(&stored);
    return status;
}

/* What the entry says of its sale. A commit of what was held names the hold in the same journal. */
static enum vn_status read_outcome(struct vn_apply *apply)
{
    struct vn_entry_sale said;
    enum vn_status status =
        vn_entry_sale_read(apply->entry, &apply->basket, &apply->outcome, &said, apply->error);
    if (status == VN_OK && said.held > 0) {
        status = read_hold(apply, said.held, &said);
    }
    apply->has_outcome = status == VN_OK && said.has_outcome;
    return status;
}

/* Whose points: the account that the till knew, else the card's member, else the card itself, else nobody. */
static enum vn_status resolve(struct vn_apply *apply)
{
    const struct vn_entry *entry = apply->entry;
    char *account = apply->sale.account;
    struct vn_hash card;
    int64_t member = 0;
    if (entry->account[0] != '\0') {
        memcpy(account, entry->account, sizeof entry->account);
        /* A coupon that earns could be used again. */
        return vn_account_member(account, &member)
                   ? vn_apply_account_exists(apply, account)
                   : vn_fail(apply->error, VN_INPUT, "the sale is of '%s', which is no wallet", account);
    }
    if (entry->card[0] == '\0') {
        account[0] = '\0';
        return VN_OK;
    }
    if (vn_hex_decode(vn_view_str(entry->card), card.bytes, sizeof card.bytes) != VN_OK) {
        return vn_fail(apply->error, VN_INPUT, "the card is no hash");
    }
    enum vn_status status = vn_storage_card_member(apply->storage, &card, &member);
    if (status == VN_OK) {
        (void)snprintf(account, VN_HUB_ACCOUNT_MAX, "w%lld", (long long)member);
    } else if (status == VN_ABSENT) {
        (void)snprintf(account, VN_HUB_ACCOUNT_MAX, "card:%s", entry->card);
        status = VN_OK;
    }
    return status;
}

static void take_figures(struct vn_apply *apply)
{
    struct vn_sale_row *sale = &apply->sale;
    const struct vn_outcome *outcome = &apply->outcome;
    if (!apply->has_outcome) {
        flag(sale, "no-outcome");
        return;
    }
    sale->total_minor = outcome->total_minor;
    sale->discount_minor = outcome->discount_minor;
    sale->points_earned = outcome->points_earned;
    sale->points_spent = outcome->points_spent;
    sale->ruleset = (int64_t)outcome->ruleset;
}

/* Moves `delta` of the till's right into the sale's hold, or back when it is negative. */
static enum vn_status change_hold(struct vn_apply *apply, const char *account, int64_t delta)
{
    const struct vn_slot right = {account, VN_PLACE_RIGHT, apply->enrolment->id};
    const struct vn_slot held = {account, VN_PLACE_HELD, apply->enrolment->id};
    int64_t amount = delta < 0 ? -delta : delta;
    int64_t there = 0;
    if (amount == 0) {
        return VN_OK;
    }
    enum vn_status status = delta > 0 ? vn_storage_balance(apply->storage, &right, &there)
                                      : vn_storage_hold_get(apply->storage, apply->sale.id,
                                                            apply->enrolment->id, account, &there);
    if (status == VN_OK && there < amount) {
        return vn_fail(apply->error, VN_INPUT,
                       delta > 0 ? "holds %lld of %s, where %lld is"
                                 : "gives back %lld of %s, where %lld is held",
                       (long long)amount, account, (long long)there);
    }
    if (status == VN_OK) {
        status = vn_storage_move(apply->storage, delta > 0 ? &right : &held, delta > 0 ? &held : &right,
                                 amount, &apply->cause);
    }
    return status == VN_OK
               ? vn_storage_hold_change(apply->storage, apply->sale.id, apply->enrolment->id, account, delta)
               : status;
}

enum vn_status vn_apply_hold(struct vn_apply *apply)
{
    enum vn_status status = vn_apply_open(apply);
    if (status == VN_OK) {
        status = resolve(apply);
    }
    if (status == VN_OK) {
        status = read_outcome(apply);
    }
    if (status != VN_OK) {
        return status;
    }
    if (apply->sale.state > VN_SALE_CANCELLED) {
        return vn_fail(apply->error, VN_CONFLICT, "the sale is %s already",
                       vn_sale_state_name(apply->sale.state));
    }
    take_figures(apply);
    apply->sale.state = VN_SALE_HELD;
    status = vn_storage_sale_put(apply->storage, &apply->sale);
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = change_hold(apply, apply->entry->rights[i].account, vn_apply_out(apply, i));
        if (status == VN_OK) {
            status = change_hold(apply, apply->entry->rights[i].account, -vn_apply_in(apply, i));
        }
    }
    return status;
}

enum vn_status vn_apply_cancel(struct vn_apply *apply)
{
    enum vn_status status = vn_apply_open(apply);
    if (status != VN_OK) {
        return status;
    }
    if (apply->sale.id == 0 || apply->sale.state != VN_SALE_HELD) {
        return vn_fail(apply->error, VN_CONFLICT, "there is no open hold to cancel");
    }
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = change_hold(apply, apply->entry->rights[i].account, -vn_apply_in(apply, i));
    }
    struct vn_sale_use left;
    if (status == VN_OK) {
        status = vn_storage_hold_next(apply->storage, apply->sale.id, apply->enrolment->id, &left);
    }
    if (status == VN_OK) {
        return vn_fail(apply->error, VN_INPUT, "leaves %lld of %s held", (long long)left.amount,
                       left.account);
    }
    if (status != VN_ABSENT) {
        return status;
    }
    apply->sale.state = VN_SALE_CANCELLED;
    return vn_storage_sale_put(apply->storage, &apply->sale);
}

static enum vn_status spend_hold(struct vn_apply *apply, int64_t enrolment, const char *account,
                                 int64_t amount)
{
    enum vn_status status = vn_ledger_spend(apply->storage, enrolment, apply->sale.id, account, VN_PLACE_HELD,
                                            amount, &apply->cause, apply->error);
    return status == VN_OK
               ? vn_storage_hold_change(apply->storage, apply->sale.id, enrolment, account, -amount)
               : status;
}

/* What the sale held and the entry does not give back is redeemed, and what it takes from rights directly. */
static enum vn_status redeem(struct vn_apply *apply)
{
    struct vn_sale_use use;
    int64_t enrolment = apply->enrolment->id;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = change_hold(apply, apply->entry->rights[i].account, -vn_apply_in(apply, i));
    }
    if (status != VN_OK) {
        return status;
    }
    while ((status = vn_storage_hold_next(apply->storage, apply->sale.id, enrolment, &use)) == VN_OK) {
        status = spend_hold(apply, enrolment, use.account, use.amount);
        if (status != VN_OK) {
            return status;
        }
    }
    status = status == VN_ABSENT ? VN_OK : status;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_ledger_spend(apply->storage, enrolment, apply->sale.id, apply->entry->rights[i].account,
                                 VN_PLACE_RIGHT, vn_apply_out(apply, i), &apply->cause, apply->error);
    }
    return status;
}

/* Up to `amount` from holds that the sale still has in journals that ended: the till enrolled anew between its
 * hold and its commit. *left is what they don't cover. */
static enum vn_status redeem_elsewhere(struct vn_apply *apply, const char *account, int64_t amount,
                                       int64_t *left)
{
    int64_t other = 0;
    int64_t there = 0;
    enum vn_status status = VN_OK;
    *left = amount;
    while (*left > 0 && status == VN_OK) {
        status = vn_storage_hold_elsewhere(apply->storage, apply->sale.id, apply->enrolment->id, account,
                                           &other, &there);
        there = there < *left ? there : *left;
        if (status == VN_OK) {
            status = spend_hold(apply, other, account, there);
            *left -= there;
        }
    }
    return status == VN_ABSENT ? VN_OK : status;
}

/* A debt stays within what sums can carry and tills can read. */
static enum vn_status can_owe(struct vn_apply *apply, const char *account, int64_t amount)
{
    const struct vn_slot debt = {account, VN_PLACE_DEBT, 0};
    int64_t owed = 0;
    enum vn_status status = vn_storage_balance(apply->storage, &debt, &owed);
    return status == VN_OK && amount > VN_AMOUNT_MAX + owed
               ? vn_fail(apply->error, VN_INPUT, "%s would owe %lld more, without a right", account,
                         (long long)amount)
               : status;
}

/* What was printed is honoured: consumption without hold and right is a debt, and flagged. */
static enum vn_status cover(struct vn_apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; apply->has_outcome && i < apply->outcome.consumption_count && status == VN_OK; i++) {
        const struct vn_consumption *wanted = &apply->outcome.consumptions[i];
        int64_t used = 0;
        int64_t left = 0;
        status = vn_apply_account_exists(apply, wanted->account);
        if (status == VN_OK) {
            status = vn_storage_use_sum(apply->storage, apply->sale.id, wanted->account, &used);
        }
        if (status == VN_OK && wanted->amount < used) {
            flag(&apply->sale, "held-more");
        } else if (status == VN_OK) {
            status = redeem_elsewhere(apply, wanted->account, wanted->amount - used, &left);
        }
        if (status == VN_OK && left > 0) {
            flag(&apply->sale, wanted->risk ? "risk" : "no-right");
            status = can_owe(apply, wanted->account, left);
        }
        if (status == VN_OK && left > 0) {
            status = vn_ledger_spend_uncovered(apply->storage, apply->sale.id, wanted->account, left,
                                               &apply->cause);
        }
    }
    return status;
}

/* What is earned is posted within caps. The sale keeps what was posted, so that a void takes that back. */
static enum vn_status cap_earning(struct vn_apply *apply)
{
    struct vn_sale_row *sale = &apply->sale;
    int64_t earned = 0;
    int64_t most = VN_EARN_RECEIPT_MAX;
    if (sale->account[0] == '\0' || sale->points_earned == 0) {
        return VN_OK;
    }
    enum vn_status status =
        vn_storage_earned_around(apply->storage, sale->account, apply->cause.at_ms, DAY_MS, &earned);
    if (VN_EARN_DAY_MAX - earned < most) {
        most = VN_EARN_DAY_MAX - earned;
    }
    if (status == VN_OK && sale->points_earned > most) {
        sale->points_earned = most;
        flag(sale, "capped");
    }
    return status;
}

static enum vn_status earn(struct vn_apply *apply)
{
    const struct vn_sale_row *sale = &apply->sale;
    int64_t member = 0;
    enum vn_status status = VN_OK;
    if (sale->account[0] == '\0') {
        if (sale->points_earned > 0) {
            flag(&apply->sale, "nobody");
        }
        return VN_OK;
    }
    if (sale->points_earned > 0) {
        int64_t at_ms = apply->cause.at_ms;
        const struct vn_lot lot = {0, sale->points_earned, at_ms, at_ms, at_ms + VN_LOT_TERM_MS};
        status = vn_ledger_issue(apply->storage, sale->account, &lot, &apply->cause);
    }
    if (status == VN_OK && vn_account_member(sale->account, &member)) {
        status = vn_storage_member_spent(apply->storage, member, sale->total_minor - sale->discount_minor);
        if (status == VN_OK) {
            status = vn_ledger_changed(apply->storage, sale->account, apply->cause.enrolment);
        }
    }
    return status;
}

/* The entry's envelope and body say the same thing twice: they must agree. */
static void compare(struct vn_apply *apply)
{
    const struct vn_outcome *outcome = &apply->outcome;
    int64_t sum_minor = 0;
    if (!apply->has_outcome) {
        return;
    }
    for (unsigned i = 0; i < outcome->line_count; i++) {
        sum_minor += outcome->lines[i].discount_minor;
    }
    if (sum_minor != outcome->discount_minor ||
        outcome->total_minor - outcome->discount_minor != outcome->payable_minor) {
        flag(&apply->sale, "discount-differs");
    }
    if (apply->entry->points != outcome->points_earned - outcome->points_spent) {
        flag(&apply->sale, "points-differ");
    }
}

enum vn_status vn_apply_commit(struct vn_apply *apply)
{
    struct vn_sale_row *sale = &apply->sale;
    enum vn_status status = vn_apply_open(apply);
    if (status != VN_OK) {
        return status;
    }
    if (sale->commit_seq != 0 || sale->state > VN_SALE_USED) {
        return vn_fail(apply->error, VN_CONFLICT, "the sale is %s already", vn_sale_state_name(sale->state));
    }
    if (sale->state == VN_SALE_USED) {
        flag(sale, "used-before");
    }
    status = resolve(apply);
    if (status == VN_OK) {
        status = read_outcome(apply);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in body = vn_json_root(apply->entry->body, apply->error);
    bool late = false;
    vn_json_str(&body, "fiscal", VN_OPTIONAL, sale->fiscal, sizeof sale->fiscal);
    vn_json_bool(&body, "late", VN_OPTIONAL, &late);
    if (vn_json_failed(&body)) {
        return apply->error->status;
    }
    take_figures(apply);
    compare(apply);
    if (late) {
        flag(sale, "late");
    }
    status = cap_earning(apply);
    sale->state = VN_SALE_COMMITTED;
    sale->commit_seq = apply->cause.seq;
    if (status == VN_OK) {
        status = vn_storage_sale_put(apply->storage, sale);
    }
    if (status == VN_OK) {
        status = redeem(apply);
    }
    if (status == VN_OK) {
        status = cover(apply);
    }
    if (status == VN_OK) {
        status = earn(apply);
    }
    return status == VN_OK ? vn_storage_sale_put(apply->storage, sale) : status;
}

enum vn_status vn_apply_used(struct vn_apply *apply)
{
    enum vn_status status = vn_apply_open(apply);
    if (status != VN_OK) {
        return status;
    }
    if (apply->sale.id == 0 || apply->sale.state != VN_SALE_HELD) {
        return vn_fail(apply->error, VN_CONFLICT, "there is no open hold to use");
    }
    apply->sale.state = VN_SALE_USED;
    apply->sale.points_earned = 0;
    flag(&apply->sale, "used");
    status = vn_storage_sale_put(apply->storage, &apply->sale);
    return status == VN_OK ? redeem(apply) : status;
}
