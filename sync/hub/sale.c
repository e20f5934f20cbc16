#include "sync/hub/sale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"

struct apply {
    struct vn_storage *storage;
    const struct vn_enrolment_row *enrolment;
    const struct vn_entry *entry;
    struct vn_cause cause;
    struct vn_error *error;
    struct vn_sale_row sale;
    struct vn_counters known[VN_RIGHTS_MAX]; /* before this entry */
    bool has_outcome;
    struct vn_outcome outcome;
};

static int64_t moved_in(const struct apply *apply, unsigned i)
{
    return apply->entry->rights[i].in - apply->known[i].in;
}

static int64_t moved_out(const struct apply *apply, unsigned i)
{
    return apply->entry->rights[i].out - apply->known[i].out;
}

static enum vn_status account_exists(struct apply *apply, const char *account)
{
    int64_t id = 0;
    int64_t ignored = 0;
    struct vn_coupon_row coupon;
    enum vn_status status = VN_ABSENT;
    if (vn_account_member(account, &id)) {
        status = vn_storage_member_get(apply->storage, id, NULL, &ignored);
    } else if (vn_account_coupon(account, &id)) {
        status = vn_storage_coupon_get(apply->storage, id, &coupon);
    }
    return status == VN_ABSENT ? vn_fail(apply->error, VN_INPUT, "account '%s' is not known", account)
                               : status;
}

/* Loads what the till said last, and checks that counters only grow and that nothing was granted that we did
 * not grant. */
static enum vn_status read_counters(struct apply *apply)
{
    for (unsigned i = 0; i < apply->entry->right_count; i++) {
        const struct vn_counters *said = &apply->entry->rights[i];
        enum vn_status status =
            vn_storage_counters(apply->storage, apply->enrolment->id, said->account, &apply->known[i]);
        if (status != VN_OK) {
            return status;
        }
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(apply->entry->rights[j].account, said->account) == 0) {
                return vn_fail(apply->error, VN_INPUT, "names the right to %s twice", said->account);
            }
        }
        if (moved_in(apply, i) < 0 || moved_out(apply, i) < 0) {
            return vn_fail(apply->error, VN_INPUT, "a counter of %s went back", said->account);
        }
        if (said->granted > apply->known[i].granted) {
            return vn_fail(apply->error, VN_INPUT, "%s: %lld granted, the hub granted %lld", said->account,
                           (long long)said->granted, (long long)apply->known[i].granted);
        }
    }
    return VN_OK;
}

static enum vn_status write_counters(struct apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        struct vn_counters next = apply->known[i];
        next.in = moved_in(apply, i) > 0 ? apply->entry->rights[i].in : next.in;
        next.out = moved_out(apply, i) > 0 ? apply->entry->rights[i].out : next.out;
        status = vn_storage_counters_put(apply->storage, apply->enrolment->id, &next);
    }
    return status;
}

static void flag(struct vn_sale_row *sale, const char *word)
{
    size_t len = strlen(sale->flags);
    if (strstr(sale->flags, word) == NULL && len + strlen(word) + 2 <= sizeof sale->flags) {
        (void)snprintf(sale->flags + len, sizeof sale->flags - len, "%s%s", len == 0 ? "" : " ", word);
    }
}

static enum vn_status read_outcome(struct apply *apply)
{
    struct vn_json_in body = vn_json_root(apply->entry->body, apply->error);
    apply->has_outcome = apply->entry->body != NULL && vn_json_has(&body, "outcome");
    if (apply->has_outcome) {
        struct vn_json_in in = vn_json_object(&body, "outcome", VN_REQUIRED);
        vn_outcome_read(&in, &apply->outcome);
    }
    return apply->error->status;
}

/* Whose points: the account that the till knew, else the card's member, else the card itself, else nobody. */
static enum vn_status resolve(struct apply *apply)
{
    const struct vn_entry *entry = apply->entry;
    char *account = apply->sale.account;
    struct vn_hash card;
    int64_t member = 0;
    if (entry->account[0] != '\0') {
        memcpy(account, entry->account, sizeof entry->account);
        return account_exists(apply, account);
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

/* The sale of the entry's key at this till; a new row, not yet stored, when it is the first that we hear. */
static enum vn_status open_sale(struct apply *apply)
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
    sale->enrolment = apply->enrolment->id;
    sale->at_ms = apply->cause.at_ms;
    return status;
}

static void take_figures(struct apply *apply)
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

static enum vn_status hold(struct apply *apply)
{
    enum vn_status status = open_sale(apply);
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
        const char *account = apply->entry->rights[i].account;
        const struct vn_slot right = {account, VN_PLACE_RIGHT, apply->enrolment->id};
        const struct vn_slot held = {account, VN_PLACE_HELD, apply->enrolment->id};
        int64_t amount = moved_out(apply, i);
        int64_t there = 0;
        status = vn_storage_balance(apply->storage, &right, &there);
        if (status == VN_OK && there < amount) {
            return vn_fail(apply->error, VN_INPUT, "holds %lld of %s, where %lld is", (long long)amount,
                           account, (long long)there);
        }
        if (status == VN_OK && amount > 0) {
            status = vn_storage_move(apply->storage, &right, &held, amount, &apply->cause);
            if (status == VN_OK) {
                status = vn_storage_hold_change(apply->storage, apply->sale.id, account, amount);
            }
        }
    }
    return status;
}

static enum vn_status cancel(struct apply *apply)
{
    enum vn_status status = open_sale(apply);
    if (status != VN_OK) {
        return status;
    }
    if (apply->sale.id == 0 || apply->sale.state != VN_SALE_HELD) {
        return vn_fail(apply->error, VN_CONFLICT, "there is no open hold to cancel");
    }
    struct vn_sale_use use;
    while ((status = vn_storage_hold_next(apply->storage, apply->sale.id, &use)) == VN_OK) {
        const struct vn_slot held = {use.account, VN_PLACE_HELD, apply->enrolment->id};
        const struct vn_slot right = {use.account, VN_PLACE_RIGHT, apply->enrolment->id};
        int64_t given = 0;
        for (unsigned i = 0; i < apply->entry->right_count; i++) {
            given += strcmp(apply->entry->rights[i].account, use.account) == 0 ? moved_in(apply, i) : 0;
        }
        if (given != use.amount) {
            return vn_fail(apply->error, VN_INPUT, "gives back %lld of %s, %lld is held", (long long)given,
                           use.account, (long long)use.amount);
        }
        status = vn_storage_move(apply->storage, &held, &right, given, &apply->cause);
        if (status == VN_OK) {
            status = vn_storage_hold_change(apply->storage, apply->sale.id, use.account, -given);
        }
        if (status != VN_OK) {
            return status;
        }
    }
    if (status != VN_ABSENT) {
        return status;
    }
    apply->sale.state = VN_SALE_CANCELLED;
    return vn_storage_sale_put(apply->storage, &apply->sale);
}

/* What the sale held, and what the entry takes from rights directly, is redeemed. */
static enum vn_status redeem(struct apply *apply)
{
    struct vn_sale_use use;
    int64_t enrolment = apply->enrolment->id;
    enum vn_status status = VN_OK;
    while ((status = vn_storage_hold_next(apply->storage, apply->sale.id, &use)) == VN_OK) {
        status = vn_ledger_spend(apply->storage, enrolment, apply->sale.id, use.account, VN_PLACE_HELD,
                                 use.amount, &apply->cause, apply->error);
        if (status == VN_OK) {
            status = vn_storage_hold_change(apply->storage, apply->sale.id, use.account, -use.amount);
        }
        if (status != VN_OK) {
            return status;
        }
    }
    status = status == VN_ABSENT ? VN_OK : status;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_ledger_spend(apply->storage, enrolment, apply->sale.id, apply->entry->rights[i].account,
                                 VN_PLACE_RIGHT, moved_out(apply, i), &apply->cause, apply->error);
    }
    return status;
}

/* What was printed is honoured: consumption without hold and right is a debt, and flagged. */
static enum vn_status cover(struct apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; apply->has_outcome && i < apply->outcome.consumption_count && status == VN_OK; i++) {
        const struct vn_consumption *wanted = &apply->outcome.consumptions[i];
        int64_t used = 0;
        status = account_exists(apply, wanted->account);
        if (status == VN_OK) {
            status = vn_storage_use_sum(apply->storage, apply->sale.id, wanted->account, &used);
        }
        if (status == VN_OK && wanted->amount > used) {
            flag(&apply->sale, "no-right");
            status = vn_ledger_spend_uncovered(apply->storage, apply->sale.id, wanted->account,
                                               wanted->amount - used, &apply->cause);
        } else if (status == VN_OK && wanted->amount < used) {
            flag(&apply->sale, "held-more");
        }
    }
    return status;
}

static enum vn_status earn(struct apply *apply)
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
            status = vn_ledger_changed(apply->storage, sale->account);
        }
    }
    return status;
}

/* The entry's envelope and body say the same thing twice: they must agree. */
static void compare(struct apply *apply)
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

static enum vn_status commit(struct apply *apply)
{
    struct vn_sale_row *sale = &apply->sale;
    enum vn_status status = open_sale(apply);
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
    sale->state = VN_SALE_COMMITTED;
    sale->commit_seq = apply->cause.seq;
    status = vn_storage_sale_put(apply->storage, sale);
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

static enum vn_status used(struct apply *apply)
{
    enum vn_status status = open_sale(apply);
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

/* Takes back what `sale` earned, gives back what it used. */
static enum vn_status reverse(struct apply *apply, struct vn_sale_row *sale, enum vn_sale_state_hub state,
                              bool to_rights)
{
    struct vn_give_back back = {.enrolment = apply->enrolment->id, .sale = sale->id};
    int64_t member = 0;
    enum vn_status status = VN_OK;
    if (sale->state != VN_SALE_COMMITTED && sale->state != VN_SALE_USED) {
        return vn_fail(apply->error, VN_CONFLICT, "the sale is %s", vn_sale_state_name(sale->state));
    }
    for (unsigned i = 0; to_rights && i < apply->entry->right_count; i++) {
        struct vn_right_want *want = &back.to_right[back.count++];
        memcpy(want->account, apply->entry->rights[i].account, sizeof want->account);
        want->granted = moved_in(apply, i);
    }
    if (sale->account[0] != '\0' && sale->points_earned > 0) {
        status = vn_ledger_take_back(apply->storage, sale->account, sale->points_earned, &apply->cause);
    }
    if (status == VN_OK) {
        status = vn_ledger_give_back(apply->storage, &back, &apply->cause, apply->error);
    }
    if (status == VN_OK && sale->state == VN_SALE_COMMITTED && vn_account_member(sale->account, &member)) {
        status = vn_storage_member_spent(apply->storage, member, sale->discount_minor - sale->total_minor);
        if (status == VN_OK) {
            status = vn_ledger_changed(apply->storage, sale->account);
        }
    }
    sale->state = state;
    return status == VN_OK ? vn_storage_sale_put(apply->storage, sale) : status;
}

static enum vn_status void_sale(struct apply *apply)
{
    enum vn_status status = open_sale(apply);
    if (status == VN_OK && apply->sale.id == 0) {
        return vn_fail(apply->error, VN_INPUT, "a void of a sale that is not known");
    }
    return status == VN_OK ? reverse(apply, &apply->sale, VN_SALE_VOIDED, true) : status;
}

static enum vn_status return_sale(struct apply *apply)
{
    struct vn_sale_row original;
    struct vn_sale_key of;
    struct vn_json_in body = vn_json_root(apply->entry->body, apply->error);
    vn_sale_key_read(&body, "of", &of);
    if (vn_json_failed(&body)) {
        return apply->error->status;
    }
    enum vn_status status = vn_storage_sale_get(apply->storage, apply->enrolment->till, &of, &original);
    if (status == VN_ABSENT) {
        status = vn_storage_sale_find(apply->storage, &of, &original);
    }
    if (status == VN_ABSENT) {
        return vn_fail(apply->error, VN_INPUT, "a return of a sale that is not known");
    }
    if (status == VN_CONFLICT) {
        return vn_fail(apply->error, VN_CONFLICT, "several tills have the sale that is returned");
    }
    if (status == VN_OK) {
        status = reverse(apply, &original, VN_SALE_RETURNED, false);
    }
    if (status != VN_OK || !apply->entry->has_sale || vn_sale_key_equal(&apply->entry->sale, &of)) {
        return status;
    }
    status = open_sale(apply);
    if (status == VN_OK && apply->sale.id != 0) {
        return vn_fail(apply->error, VN_CONFLICT, "the receipt of the return exists already");
    }
    struct vn_sale_row *sale = &apply->sale;
    sale->state = VN_SALE_RETURN;
    sale->commit_seq = apply->cause.seq;
    memcpy(sale->account, original.account, sizeof sale->account);
    sale->total_minor = -original.total_minor;
    sale->discount_minor = -original.discount_minor;
    sale->points_earned = -original.points_earned;
    sale->points_spent = -original.points_spent;
    return status == VN_OK ? vn_storage_sale_put(apply->storage, sale) : status;
}

static enum vn_status grant(struct apply *apply)
{
    for (unsigned i = 0; i < apply->entry->right_count; i++) {
        const struct vn_counters *said = &apply->entry->rights[i];
        enum vn_status status =
            said->granted == 0
                ? VN_OK
                : vn_storage_grant_known(apply->storage, apply->enrolment->id, said->account, said->granted);
        if (status == VN_ABSENT) {
            return vn_fail(apply->error, VN_INPUT, "%s: no grant brought it to %lld", said->account,
                           (long long)said->granted);
        }
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}

static enum vn_status boot(struct apply *apply)
{
    uint8_t id[VN_ID_BYTES];
    struct vn_json_in body = vn_json_root(apply->entry->body, apply->error);
    vn_json_hex(&body, "boot", VN_REQUIRED, id, sizeof id);
    return vn_json_failed(&body)
               ? apply->error->status
               : vn_storage_boot_put(apply->storage, apply->enrolment->id, id, apply->cause.seq);
}

static enum vn_status release(struct apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_ledger_release(apply->storage, apply->enrolment->id, apply->entry->rights[i].account,
                                   moved_out(apply, i), &apply->cause, apply->error);
    }
    return status;
}

static enum vn_status finding(struct apply *apply)
{
    (void)apply;
    return VN_OK;
}

static const struct {
    enum vn_status (*run)(struct apply *apply);
    bool may_in, may_out; /* which counters this kind may move */
} kinds[VN_ENTRY_KINDS] = {
    [VN_ENTRY_BOOT] = {boot, false, false},      [VN_ENTRY_GRANT] = {grant, false, false},
    [VN_ENTRY_HOLD] = {hold, false, true},       [VN_ENTRY_CANCEL] = {cancel, true, false},
    [VN_ENTRY_COMMIT] = {commit, false, true},   [VN_ENTRY_USED] = {used, false, true},
    [VN_ENTRY_VOID] = {void_sale, true, false},  [VN_ENTRY_RETURN] = {return_sale, false, false},
    [VN_ENTRY_RELEASE] = {release, false, true}, [VN_ENTRY_FINDING] = {finding, false, false},
};

static enum vn_status apply_kind(struct apply *apply)
{
    const struct vn_entry *entry = apply->entry;
    for (unsigned i = 0; i < entry->right_count; i++) {
        if ((moved_in(apply, i) > 0 && !kinds[entry->kind].may_in) ||
            (moved_out(apply, i) > 0 && !kinds[entry->kind].may_out)) {
            return vn_fail(apply->error, VN_INPUT, "'%s' moves the right to %s the wrong way",
                           vn_entry_kind_name(entry->kind), entry->rights[i].account);
        }
    }
    return kinds[entry->kind].run(apply);
}

static struct apply *start(struct vn_storage *storage, const struct vn_enrolment_row *enrolment, int64_t seq,
                           int64_t at_ms, const struct vn_entry *entry)
{
    struct apply *apply = calloc(1, sizeof *apply);
    if (apply != NULL) {
        apply->storage = storage;
        apply->enrolment = enrolment;
        apply->entry = entry;
        apply->cause = (struct vn_cause){vn_entry_kind_name(entry->kind), enrolment->id, seq, at_ms};
    }
    return apply;
}

enum vn_status vn_sale_apply(struct vn_storage *storage, const struct vn_enrolment_row *enrolment,
                             int64_t seq, int64_t at_ms, const struct vn_entry *entry, struct vn_error *error)
{
    struct apply *apply = start(storage, enrolment, seq, at_ms, entry);
    if (apply == NULL) {
        return VN_NOMEM;
    }
    *error = (struct vn_error){VN_OK, "", ""};
    apply->error = error;
    enum vn_status status = read_counters(apply);
    if (status == VN_OK) {
        status = apply_kind(apply);
    }
    if (status == VN_OK) {
        status = write_counters(apply);
    }
    free(apply);
    return status;
}

enum vn_status vn_sale_count_only(struct vn_storage *storage, const struct vn_enrolment_row *enrolment,
                                  int64_t seq, int64_t at_ms, const struct vn_entry *entry)
{
    struct apply *apply = start(storage, enrolment, seq, at_ms, entry);
    enum vn_status status = apply == NULL ? VN_NOMEM : VN_OK;
    for (unsigned i = 0; i < entry->right_count && status == VN_OK; i++) {
        const char *account = entry->rights[i].account;
        const struct vn_slot right = {account, VN_PLACE_RIGHT, enrolment->id};
        const struct vn_slot suspense = {account, VN_PLACE_SUSPENSE, enrolment->id};
        status = vn_storage_counters(storage, enrolment->id, account, &apply->known[i]);
        if (status == VN_OK && moved_out(apply, i) > 0) {
            status = vn_storage_move(storage, &right, &suspense, moved_out(apply, i), &apply->cause);
        }
        if (status == VN_OK && moved_in(apply, i) > 0) {
            status = vn_storage_move(storage, &suspense, &right, moved_in(apply, i), &apply->cause);
        }
    }
    if (status == VN_OK) {
        status = write_counters(apply);
    }
    free(apply);
    return status;
}
