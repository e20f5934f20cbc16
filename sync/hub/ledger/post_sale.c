/* The steps of a sale: hold, cancel, commit, used. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/ledger/post_work.h"

/* Of a hold that counts as used: what it takes is in the member's book (it was not before there were rights to stamps). */
#define FLAG_TAKEN "taken"

enum vn_status vn_apply_open(struct vn_apply *apply)
{
    const struct vn_prepared *entry = apply->entry;
    if (!entry->has_sale) {
        return vn_fail(apply->turn.error, VN_INPUT, "'%s' without a sale key", entry->kind_name);
    }
    enum vn_status status =
        vn_post_sale(apply->turn.post, apply->enrolment->till, &entry->sale, &apply->sale);
    if (status == VN_OK) {
        status = vn_post_touch_sale(apply->turn.post, apply->sale);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_sale_row *sale = &apply->sale->row;
    if (sale->id == 0) {
        sale->state = VN_SALE_HELD;
        memcpy(sale->store, apply->enrolment->store, sizeof sale->store);
    }
    if (sale->commit_seq == 0) { /* it counts in the journal of this enrolment */
        sale->enrolment = apply->enrolment->id;
    }
    sale->at_ms = apply->turn.at_ms;
    apply->turn.sale = sale->id;
    return vn_sale_rest_read(sale->rest, &apply->turn.post->rest);
}

enum vn_status vn_apply_number(struct vn_apply *apply)
{
    struct vn_post_sale *sale = apply->sale;
    enum vn_status status = VN_OK;
    if (sale->row.id == 0) {
        status = vn_storage_next_sale(apply->turn.post->storage, &sale->row.id);
        sale->fresh = true;
    }
    apply->turn.sale = sale->row.id;
    return status;
}

enum vn_status vn_apply_close(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    vn_buf_clear(&post->packed);
    enum vn_status status = vn_sale_rest_write(&post->rest, &post->packed);
    return status == VN_OK ? vn_post_keep(post, vn_buf_view(&post->packed), &apply->sale->row.rest) : status;
}

void vn_apply_flag(struct vn_sale_row *sale, const char *word)
{
    size_t len = strlen(sale->flags);
    if (strstr(sale->flags, word) == NULL && len + strlen(word) + 2 <= sizeof sale->flags) {
        (void)snprintf(sale->flags + len, sizeof sale->flags - len, "%s%s", len == 0 ? "" : " ", word);
    }
}

/* Whose points: the account that the till knew, else the card's member, else the card itself, else nobody. */
static enum vn_status resolve(struct vn_apply *apply)
{
    const struct vn_prepared *entry = apply->entry;
    const struct vn_post_fact want = {.kind = VN_FACT_CARD,
                                      .key = vn_view_of(entry->card.bytes, VN_HASH_SIZE)};
    const struct vn_post_fact *card = NULL;
    char text[VN_HUB_ACCOUNT_MAX] = "card:";
    int64_t *account = &apply->sale->row.account;
    int64_t member = 0;
    *account = 0;
    if (entry->account[0] != '\0') {
        /* A coupon that earns could be used again. */
        return vn_account_member(entry->account, &member)
                   ? vn_post_known(&apply->turn, entry->account, account)
                   : vn_fail(apply->turn.error, VN_INPUT, "the sale is of '%s', which is no wallet",
                             entry->account);
    }
    if (!entry->has_card) {
        return VN_OK;
    }
    enum vn_status status = vn_post_fact(apply->turn.post, &want, &card);
    if (status != VN_OK) {
        return status;
    }
    if (card->known) {
        *account = vn_account_of_member(card->value, 0);
        return VN_OK;
    }
    vn_hex_encode(want.key, text + strlen(text));
    return vn_post_open_name(apply->turn.post, text, account);
}

enum vn_status vn_post_body(struct vn_post *post, int64_t enrolment, int64_t seq,
                            const struct vn_post_fact **out)
{
    const struct vn_post_fact want = {.kind = VN_FACT_BODY, .a = enrolment, .b = seq};
    enum vn_status status = vn_post_fact(post, &want, out);
    post->body_bytes += status == VN_OK && (*out)->known ? (*out)->bytes.len : 0;
    return status;
}

/* An entry of this slice is prepared already. */
static const struct vn_prepared *find_here(const struct vn_post *post, int64_t enrolment, int64_t seq)
{
    for (size_t i = 0; i < post->item_count; i++) {
        if (post->items[i].seq == seq && post->items[i].enrolment->id == enrolment) {
            return post->items[i].entry;
        }
    }
    return NULL;
}

static enum vn_status prepare_other(struct vn_post *post, const struct vn_post_fact *body,
                                    const struct vn_prepared **out)
{
    struct vn_prepared *prepared = NULL;
    void *place = NULL;
    enum vn_status status = vn_prepare(post->preparer, body->bytes, &prepared);
    if (status == VN_OK) {
        status = vn_post_list_add(&post->parsed, sizeof(struct vn_prepared *), &place);
    }
    if (status == VN_OK) {
        *(struct vn_prepared **)place = prepared;
    } else {
        vn_prepared_destroy(prepared);
    }
    *out = prepared;
    return status;
}

enum vn_status vn_apply_held(struct vn_apply *apply, int64_t enrolment, int64_t seq,
                             const struct vn_prepared **out)
{
    struct vn_post *post = apply->turn.post;
    const struct vn_post_fact *body = NULL;
    *out = find_here(post, enrolment, seq);
    enum vn_status status = VN_OK;
    if (*out == NULL) {
        status = vn_post_body(post, enrolment, seq, &body);
        if (status == VN_OK && !body->known) {
            return vn_fail(apply->turn.error, VN_INPUT, "names entry %lld as its hold, which is not there",
                           (long long)seq);
        }
        status = status == VN_OK ? prepare_other(post, body, out) : status;
    }
    if (status == VN_OK &&
        ((*out)->status != VN_OK || (*out)->kind != VN_ENTRY_HOLD || !(*out)->has_outcome)) {
        return vn_fail(apply->turn.error, VN_INPUT, "what it says is held is no hold");
    }
    return status;
}

enum vn_status vn_apply_outcome(struct vn_apply *apply, int64_t enrolment, const struct vn_prepared *commit,
                                const struct vn_prepared **out)
{
    *out = commit;
    if (commit->held_seq == 0) {
        return VN_OK;
    }
    enum vn_status status = vn_apply_held(apply, enrolment, commit->held_seq, out);
    return status == VN_OK && !vn_sale_key_equal(&(*out)->sale, &commit->sale)
               ? vn_fail(apply->turn.error, VN_INPUT, "what it says is held is no hold of this sale")
               : status;
}

static void take_figures(struct vn_sale_row *sale, const struct vn_prepared *outcome)
{
    if (!outcome->has_outcome) {
        vn_apply_flag(sale, "no-outcome");
        return;
    }
    sale->total_minor = outcome->total_minor;
    sale->discount_minor = outcome->discount_minor;
    sale->points_earned = outcome->points_earned;
    sale->points_spent = outcome->points_spent;
    sale->ruleset = outcome->ruleset;
}

/* The entry's envelope and body say the same thing twice: they must agree. */
static void compare(struct vn_sale_row *sale, const struct vn_prepared *entry,
                    const struct vn_prepared *outcome)
{
    if (!outcome->has_outcome) {
        return;
    }
    if (outcome->lines_minor != outcome->discount_minor ||
        outcome->total_minor - outcome->discount_minor != outcome->payable_minor) {
        vn_apply_flag(sale, "discount-differs");
    }
    if (entry->points != outcome->points_earned - outcome->points_spent) {
        vn_apply_flag(sale, "points-differ");
    }
}

enum vn_status vn_apply_hold(struct vn_apply *apply)
{
    enum vn_status status = vn_apply_open(apply);
    if (status == VN_OK && apply->sale->row.state > VN_SALE_CANCELLED) {
        return vn_fail(apply->turn.error, VN_CONFLICT, "the sale is %s already",
                       vn_sale_state_name(apply->sale->row.state));
    }
    if (status == VN_OK) {
        status = resolve(apply);
    }
    if (status == VN_OK) {
        status = vn_apply_number(apply);
    }
    if (status != VN_OK) {
        return status;
    }
    take_figures(&apply->sale->row, apply->entry);
    apply->sale->row.state = VN_SALE_HELD;
    apply->sale->row.hold_seq = apply->turn.seq;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_post_hold(&apply->turn, apply->claims[i], apply->out[i], &apply->turn.post->rest);
        if (status == VN_OK) {
            status = vn_post_hold(&apply->turn, apply->claims[i], -apply->in[i], &apply->turn.post->rest);
        }
    }
    return status == VN_OK ? vn_apply_close(apply) : status;
}

static enum vn_status give_holds_back(struct vn_apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_post_hold(&apply->turn, apply->claims[i], -apply->in[i], &apply->turn.post->rest);
    }
    return status;
}

/* A hold of the sale at this enrolment (or, with `here` false, at another one of this account). */
static struct vn_sale_hold *next_hold(struct vn_apply *apply, bool here, int64_t account)
{
    struct vn_sale_rest *rest = &apply->turn.post->rest;
    for (unsigned i = 0; i < rest->hold_count; i++) {
        struct vn_sale_hold *hold = &rest->holds[i];
        bool mine = hold->enrolment == apply->enrolment->id;
        if (here ? mine : !mine && hold->account == account) {
            return hold;
        }
    }
    return NULL;
}

/* A hold that nobody knows may be in quarantine: what ends it goes on when that does. */
static enum vn_status check_held(const struct vn_apply *apply, const char *verb)
{
    const struct vn_sale_row *sale = &apply->sale->row;
    return sale->id == 0 ? vn_fail(apply->turn.error, VN_ABSENT, "there is no hold to %s", verb)
           : sale->state != VN_SALE_HELD
               ? vn_fail(apply->turn.error, VN_CONFLICT, "there is no open hold to %s: the sale is %s", verb,
                         vn_sale_state_name(sale->state))
               : VN_OK;
}

enum vn_status vn_apply_cancel(struct vn_apply *apply)
{
    enum vn_status status = vn_apply_open(apply);
    if (status == VN_OK) {
        status = check_held(apply, "cancel");
    }
    if (status != VN_OK) {
        return status;
    }
    status = give_holds_back(apply);
    const struct vn_sale_hold *left = next_hold(apply, true, 0);
    struct vn_post_account *account = NULL;
    if (status == VN_OK && left != NULL) {
        status = vn_post_account(apply->turn.post, left->account, &account);
        return status != VN_OK ? status
                               : vn_fail(apply->turn.error, VN_INPUT, "leaves %lld of %s held",
                                         (long long)left->amount, vn_post_called(apply->turn.post, account));
    }
    if (status == VN_OK) {
        status = vn_apply_free_elsewhere(apply);
    }
    apply->sale->row.state = VN_SALE_CANCELLED;
    return status == VN_OK ? vn_apply_close(apply) : status;
}

/* Up to `amount` of one hold is spent. */
static enum vn_status spend_hold(struct vn_apply *apply, struct vn_sale_hold *hold, int64_t amount)
{
    struct vn_sale_rest *rest = &apply->turn.post->rest;
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_claim(apply->turn.post, hold->enrolment, hold->account, &claim);
    if (status == VN_OK) {
        status = vn_post_spend_claim(&apply->turn, claim, VN_PLACE_HELD, amount, rest);
    }
    hold->amount -= amount;
    if (hold->amount == 0) {
        rest->hold_count--;
        memmove(hold, hold + 1, (size_t)(&rest->holds[rest->hold_count] - hold) * sizeof *hold);
    }
    return status;
}

/* What the sale held and the entry does not give back is redeemed, and what it takes from rights directly. */
static enum vn_status redeem(struct vn_apply *apply)
{
    struct vn_sale_hold *hold = NULL;
    enum vn_status status = give_holds_back(apply);
    while (status == VN_OK && (hold = next_hold(apply, true, 0)) != NULL) {
        status = spend_hold(apply, hold, hold->amount);
    }
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_post_spend_claim(&apply->turn, apply->claims[i], VN_PLACE_RIGHT, apply->out[i],
                                     &apply->turn.post->rest);
    }
    return status;
}

/* Up to *left from holds that the sale still has in journals that ended: the till enrolled anew between its hold and its
 * commit. */
static enum vn_status redeem_elsewhere(struct vn_apply *apply, int64_t account, int64_t *left)
{
    struct vn_sale_hold *hold = NULL;
    enum vn_status status = VN_OK;
    while (*left > 0 && status == VN_OK && (hold = next_hold(apply, false, account)) != NULL) {
        int64_t part = hold->amount < *left ? hold->amount : *left;
        status = spend_hold(apply, hold, part);
        *left -= part;
    }
    return status;
}

enum vn_status vn_apply_free_elsewhere(struct vn_apply *apply)
{
    struct vn_sale_rest *rest = &apply->turn.post->rest;
    enum vn_status status = VN_OK;
    for (unsigned i = rest->hold_count; i-- > 0 && status == VN_OK;) {
        if (rest->holds[i].enrolment != apply->enrolment->id) {
            status = vn_post_unhold(&apply->turn, &rest->holds[i], rest);
        }
    }
    return status;
}

/* A debt stays within what sums can carry and tills can read. */
static enum vn_status can_owe(struct vn_apply *apply, int64_t id, int64_t amount)
{
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(apply->turn.post, id, &account);
    return status == VN_OK && amount > VN_AMOUNT_MAX + account->row.places[VN_PLACE_DEBT]
               ? vn_fail(apply->turn.error, VN_INPUT, "%s would owe %lld more, without a right",
                         vn_post_called(apply->turn.post, account), (long long)amount)
               : status;
}

/* An account that an outcome names; limits and stamps are there as soon as somebody takes from them. */
static enum vn_status find_consumed(struct vn_apply *apply, const char *text, int64_t *id)
{
    return vn_account_is_named(text) || strcmp(text, VN_ACCOUNT_RISK) == 0
               ? vn_post_open_name(apply->turn.post, text, id)
               : vn_post_known(&apply->turn, text, id);
}

/* Limits and stamps are neither. */
static void note_uncovered(const struct vn_apply *apply, int64_t account, int64_t amount)
{
    enum vn_account_kind kind = vn_account_kind(account);
    if (apply->tally != NULL) {
        apply->tally->coupons += kind == VN_ACCOUNT_COUPON ? amount : 0;
        apply->tally->points += kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_FURTHER ? amount : 0;
    }
}

/* How much of the chance to take risks the sale used. */
static enum vn_status risk_used(struct vn_apply *apply, int64_t *out)
{
    int64_t account = 0;
    *out = 0;
    enum vn_status status = vn_post_account_id(apply->turn.post, VN_ACCOUNT_RISK, &account);
    if (status == VN_OK) {
        *out = vn_post_use_sum(&apply->turn.post->rest, account);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

/* Out of what is free; what is owed then was the chain's risk, as far as the till had a right to take it. */
static enum vn_status spend_without(struct vn_apply *apply, const struct vn_consumption *wanted, int64_t id,
                                    int64_t amount, const struct vn_prepared *outcome)
{
    struct vn_post_account *account = NULL;
    int64_t used = 0;
    enum vn_status status = vn_post_account(apply->turn.post, id, &account);
    int64_t owed = status == VN_OK ? account->row.places[VN_PLACE_DEBT] : 0;
    if (status == VN_OK) {
        status = vn_post_spend_free(&apply->turn, id, amount, outcome, &apply->turn.post->rest);
    }
    if (status != VN_OK || !wanted->risk) {
        return status;
    }
    status = risk_used(apply, &used);
    owed -= account->row.places[VN_PLACE_DEBT];
    used -= apply->risked; /* of all wallets that it took from together */
    int64_t part = owed < used ? owed : used;
    apply->risked += part;
    account->row.risk += part;
    return status;
}

enum vn_status vn_apply_cover(struct vn_apply *apply, const struct vn_prepared *outcome)
{
    struct vn_sale_row *sale = &apply->sale->row;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < outcome->consumption_count && status == VN_OK; i++) {
        const struct vn_consumption *wanted = &outcome->consumptions[i];
        int64_t account = 0;
        status = find_consumed(apply, wanted->account, &account);
        if (status != VN_OK) {
            return status;
        }
        int64_t left = wanted->amount - vn_post_use_sum(&apply->turn.post->rest, account);
        if (left < 0) {
            vn_apply_flag(sale, "held-more");
            continue;
        }
        status = redeem_elsewhere(apply, account, &left);
        if (status == VN_OK && left > 0) {
            vn_apply_flag(sale, wanted->risk ? "risk" : "no-right");
            status = can_owe(apply, account, left);
        }
        if (status == VN_OK && left > 0) {
            note_uncovered(apply, account, left);
            status = spend_without(apply, wanted, account, left, outcome);
        }
    }
    return status;
}

static enum vn_status commit(struct vn_apply *apply, const struct vn_prepared *outcome)
{
    struct vn_sale_row *sale = &apply->sale->row;
    enum vn_status status = vn_apply_number(apply);
    if (status != VN_OK) {
        return status;
    }
    memcpy(sale->fiscal, apply->entry->fiscal, sizeof sale->fiscal);
    take_figures(sale, outcome);
    compare(sale, apply->entry, outcome);
    if (apply->entry->late) {
        vn_apply_flag(sale, "late");
    }
    if (apply->tally != NULL) {
        vn_apply_flag(sale, "branch");
    }
    sale->state = VN_SALE_COMMITTED;
    sale->commit_seq = apply->turn.seq;
    status = redeem(apply);
    if (status == VN_OK) {
        status = vn_apply_cover(apply, outcome);
    }
    if (status == VN_OK) {
        status = vn_apply_free_elsewhere(apply);
    }
    if (status == VN_OK && sale->account != 0) {
        status = vn_apply_earn(apply, outcome);
        if (apply->capped) {
            vn_apply_flag(sale, "capped");
        }
        if (apply->uncounted) {
            vn_apply_flag(sale, "uncounted");
        }
    } else if (sale->points_earned > 0) {
        vn_apply_flag(sale, "nobody");
    }
    if (status == VN_OK) {
        status = vn_capacity_recall(&apply->turn, sale->account, outcome->consumptions,
                                    outcome->consumption_count);
    }
    return status == VN_OK ? vn_apply_close(apply) : status;
}

enum vn_status vn_apply_commit(struct vn_apply *apply)
{
    const struct vn_prepared *outcome = NULL;
    int64_t holder = 0;
    enum vn_status status = vn_apply_holder(apply, &holder);
    if (status == VN_OK) {
        status = vn_apply_open(apply);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_sale_row *sale = &apply->sale->row;
    if (sale->commit_seq != 0 || sale->state > VN_SALE_USED) {
        return vn_fail(apply->turn.error, VN_CONFLICT, "the sale is %s already",
                       vn_sale_state_name(sale->state));
    }
    if (sale->state == VN_SALE_USED) {
        vn_apply_flag(sale, "used-before");
        status = vn_apply_uncount_hold(apply, holder);
    }
    if (status == VN_OK) {
        status = resolve(apply);
    }
    if (status == VN_OK) {
        status = vn_apply_outcome(apply, apply->enrolment->id, apply->entry, &outcome);
    }
    return status == VN_OK ? commit(apply, outcome) : status;
}

enum vn_status vn_apply_holder(struct vn_apply *apply, int64_t *holder)
{
    struct vn_post_sale *sale = NULL;
    *holder = 0;
    enum vn_status status = apply->entry->has_sale ? vn_post_sale(apply->turn.post, apply->enrolment->till,
                                                                  &apply->entry->sale, &sale)
                                                   : VN_OK;
    if (status == VN_OK && sale != NULL) {
        *holder = sale->row.enrolment;
    }
    return status;
}

enum vn_status vn_apply_use_hold(struct vn_apply *apply, int64_t holder)
{
    struct vn_sale_row *sale = &apply->sale->row;
    const struct vn_prepared *outcome = NULL;
    enum vn_status status = vn_apply_held(apply, holder, sale->hold_seq, &outcome);
    sale->enrolment = holder;
    sale->state = VN_SALE_USED;
    sale->points_earned = 0;
    vn_apply_flag(sale, "used");
    if (status == VN_OK) {
        status = vn_apply_cover(apply, outcome);
    }
    if (status == VN_OK) {
        vn_apply_flag(sale, FLAG_TAKEN);
        status = vn_apply_count_hold(apply, outcome, false);
    }
    return status;
}

enum vn_status vn_apply_uncount_hold(struct vn_apply *apply, int64_t holder)
{
    const struct vn_sale_row *sale = &apply->sale->row;
    const struct vn_prepared *outcome = NULL;
    if (sale->state != VN_SALE_USED || strstr(sale->flags, FLAG_TAKEN) == NULL) {
        return VN_OK;
    }
    enum vn_status status = vn_apply_held(apply, holder, sale->hold_seq, &outcome);
    return status == VN_OK ? vn_apply_count_hold(apply, outcome, true) : status;
}

enum vn_status vn_apply_used(struct vn_apply *apply)
{
    int64_t holder = 0;
    enum vn_status status = vn_apply_holder(apply, &holder);
    if (status == VN_OK) {
        status = vn_apply_open(apply);
    }
    if (status == VN_OK) {
        status = check_held(apply, "use");
    }
    if (status != VN_OK) {
        return status;
    }
    status = redeem(apply);
    if (status == VN_OK) {
        status = vn_apply_use_hold(apply, holder);
    }
    if (status == VN_OK) {
        status = vn_apply_free_elsewhere(apply);
    }
    return status == VN_OK ? vn_apply_close(apply) : status;
}
