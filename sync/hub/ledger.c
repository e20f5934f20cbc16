#include "sync/hub/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool account_number(const char *account, char letter, int64_t *id)
{
    char *end = NULL;
    if (account[0] != letter || account[1] < '1' || account[1] > '9') {
        return false;
    }
    errno = 0;
    long long number = strtoll(account + 1, &end, 10);
    *id = number;
    return errno == 0 && *end == '\0';
}

bool vn_account_member(const char *account, int64_t *id)
{
    return account_number(account, 'w', id);
}

bool vn_account_coupon(const char *account, int64_t *id)
{
    return account_number(account, 'c', id);
}

enum vn_status vn_ledger_changed(struct vn_storage *storage, const char *account, int64_t enrolment)
{
    int64_t id = 0;
    if (vn_account_member(account, &id)) {
        return vn_storage_change_by(storage, VN_FEED_MEMBER, account, enrolment);
    }
    return vn_account_coupon(account, &id) ? vn_storage_change_by(storage, VN_FEED_COUPON, account, enrolment)
                                           : VN_OK;
}

static enum vn_status move(struct vn_storage *storage, const char *account, enum vn_place from,
                           enum vn_place to, int64_t enrolment, int64_t amount, const struct vn_cause *cause)
{
    bool from_till = from == VN_PLACE_RIGHT || from == VN_PLACE_HELD;
    bool to_till = to == VN_PLACE_RIGHT || to == VN_PLACE_HELD;
    const struct vn_slot source = {account, from, from_till ? enrolment : 0};
    const struct vn_slot target = {account, to, to_till ? enrolment : 0};
    return amount == 0 ? VN_OK : vn_storage_move(storage, &source, &target, amount, cause);
}

/* Takes up to `amount` out of the free parts of lots. */
static enum vn_status take_free(struct vn_storage *storage, const char *account, int64_t amount,
                                int64_t *taken)
{
    struct vn_lot lot;
    enum vn_status status = VN_OK;
    *taken = 0;
    while (*taken < amount && status == VN_OK) {
        status = vn_storage_lot_next(storage, account, VN_LOT_ANY, 0, &lot);
        if (status == VN_OK) {
            int64_t part = least(lot.amount, amount - *taken);
            *taken += part;
            status = vn_storage_lot_change(storage, lot.id, -part);
        }
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status settle_debt(struct vn_storage *storage, const char *account,
                                  const struct vn_cause *cause)
{
    const struct vn_slot debt = {account, VN_PLACE_DEBT, 0};
    int64_t owed = 0;
    int64_t paid = 0;
    enum vn_status status = vn_storage_balance(storage, &debt, &owed);
    if (status == VN_OK && owed < 0) {
        status = take_free(storage, account, -owed, &paid);
        if (status == VN_OK) {
            status = move(storage, account, VN_PLACE_FREE, VN_PLACE_DEBT, 0, paid, cause);
        }
    }
    return status;
}

enum vn_status vn_ledger_issue(struct vn_storage *storage, const char *account, const struct vn_lot *lot,
                               const struct vn_cause *cause)
{
    int64_t id = 0;
    enum vn_status status = vn_storage_lot_add(storage, account, lot, &id);
    if (status == VN_OK) {
        status = move(storage, account, VN_PLACE_ISSUED, VN_PLACE_FREE, 0, lot->amount, cause);
    }
    if (status == VN_OK) {
        status = settle_debt(storage, account, cause);
    }
    return status == VN_OK ? vn_ledger_changed(storage, account, cause->enrolment) : status;
}

enum vn_status vn_ledger_take_back(struct vn_storage *storage, const char *account, int64_t amount,
                                   const struct vn_cause *cause)
{
    int64_t taken = 0;
    enum vn_status status = take_free(storage, account, amount, &taken);
    if (status == VN_OK) {
        status = move(storage, account, VN_PLACE_FREE, VN_PLACE_ISSUED, 0, taken, cause);
    }
    if (status == VN_OK) {
        status = move(storage, account, VN_PLACE_DEBT, VN_PLACE_ISSUED, 0, amount - taken, cause);
    }
    return status == VN_OK ? vn_ledger_changed(storage, account, cause->enrolment) : status;
}

enum vn_status vn_ledger_grant(struct vn_storage *storage, int64_t enrolment, const char *account,
                               int64_t amount, const struct vn_cause *cause, struct vn_grant *out,
                               int64_t *given)
{
    struct vn_lot lot;
    enum vn_status status = VN_OK;
    *given = 0;
    while (*given < amount && out->slice_count < VN_LOTS_MAX && status == VN_OK) {
        status = vn_storage_lot_next(storage, account, VN_LOT_SPENDABLE, cause->at_ms, &lot);
        if (status != VN_OK) {
            break;
        }
        int64_t part = least(lot.amount, amount - *given);
        out->slices[out->slice_count++] = (struct vn_slice){lot.id, part, lot.expires_ms};
        *given += part;
        status = vn_storage_lot_change(storage, lot.id, -part);
        if (status == VN_OK) {
            status = vn_storage_slice_change(storage, enrolment, lot.id, part);
        }
    }
    if (status == VN_OK || status == VN_ABSENT) {
        status = move(storage, account, VN_PLACE_FREE, VN_PLACE_RIGHT, enrolment, *given, cause);
    }
    return status == VN_OK && *given > 0 ? vn_ledger_changed(storage, account, cause->enrolment) : status;
}

static enum vn_status enough(struct vn_storage *storage, int64_t enrolment, const char *account,
                             enum vn_place place, int64_t amount, struct vn_error *error)
{
    const struct vn_slot slot = {account, place, enrolment};
    int64_t there = 0;
    enum vn_status status = vn_storage_balance(storage, &slot, &there);
    /* A right can be below 0 after an entry in quarantine; who takes nothing from it is not to blame. */
    if (status == VN_OK && amount > 0 && there < amount) {
        return vn_fail(error, VN_INPUT, "takes %lld from '%s' of %s, where %lld is", (long long)amount,
                       vn_place_name(place), account, (long long)there);
    }
    return status;
}

/* The next slice of the account, cut to `amount`, taken away from the enrolment. */
static enum vn_status take_slice(struct vn_storage *storage, int64_t enrolment, const char *account,
                                 int64_t amount, struct vn_slice *out, struct vn_error *error)
{
    enum vn_status status = vn_storage_slice_next(storage, enrolment, account, out);
    if (status == VN_ABSENT) {
        return vn_fail(error, VN_INPUT, "no lot is out for %lld of %s", (long long)amount, account);
    }
    out->amount = least(out->amount, amount);
    return status == VN_OK ? vn_storage_slice_change(storage, enrolment, out->lot, -out->amount) : status;
}

enum vn_status vn_ledger_spend(struct vn_storage *storage, int64_t enrolment, int64_t sale,
                               const char *account, enum vn_place from, int64_t amount,
                               const struct vn_cause *cause, struct vn_error *error)
{
    enum vn_status status = enough(storage, enrolment, account, from, amount, error);
    for (int64_t left = amount; left > 0 && status == VN_OK;) {
        struct vn_slice slice;
        struct vn_sale_use use = {.amount = 0};
        status = take_slice(storage, enrolment, account, left, &slice, error);
        if (status == VN_OK) {
            status = vn_view_copy_str(vn_view_str(account), use.account, sizeof use.account);
        }
        if (status == VN_OK) {
            use.lot = slice.lot;
            use.amount = slice.amount;
            left -= slice.amount;
            status = vn_storage_use_add(storage, sale, &use);
        }
    }
    if (status == VN_OK) {
        status = move(storage, account, from, VN_PLACE_REDEEMED, enrolment, amount, cause);
    }
    return status == VN_OK ? vn_ledger_changed(storage, account, cause->enrolment) : status;
}

enum vn_status vn_ledger_spend_uncovered(struct vn_storage *storage, int64_t sale, const char *account,
                                         int64_t amount, const struct vn_cause *cause)
{
    struct vn_sale_use use = {.lot = 0, .amount = amount};
    enum vn_status status = vn_view_copy_str(vn_view_str(account), use.account, sizeof use.account);
    if (status == VN_OK) {
        status = vn_storage_use_add(storage, sale, &use);
    }
    if (status == VN_OK) {
        status = move(storage, account, VN_PLACE_DEBT, VN_PLACE_REDEEMED, 0, amount, cause);
    }
    if (status == VN_OK) {
        status = settle_debt(storage, account, cause);
    }
    return status == VN_OK ? vn_ledger_changed(storage, account, cause->enrolment) : status;
}

/* One use, `to_right` of it to the enrolment's right, the rest to the lot or, when it was a debt, to it. */
static enum vn_status give_back_use(struct vn_storage *storage, const struct vn_give_back *back,
                                    const struct vn_sale_use *use, int64_t to_right,
                                    const struct vn_cause *cause)
{
    int64_t rest = use->amount - to_right;
    enum vn_status status =
        move(storage, use->account, VN_PLACE_REDEEMED, VN_PLACE_RIGHT, back->enrolment, to_right, cause);
    if (status == VN_OK && to_right > 0) {
        status = vn_storage_slice_change(storage, back->enrolment, use->lot, to_right);
    }
    if (status == VN_OK) {
        enum vn_place target = use->lot == 0 ? VN_PLACE_DEBT : VN_PLACE_FREE;
        status = move(storage, use->account, VN_PLACE_REDEEMED, target, 0, rest, cause);
    }
    if (status == VN_OK && use->lot != 0 && rest > 0) {
        status = vn_storage_lot_change(storage, use->lot, rest);
    }
    return status == VN_OK ? vn_ledger_changed(storage, use->account, cause->enrolment) : status;
}

/* A debt that was paid meanwhile and is now given back too stands above 0: that is the owner's again. */
static enum vn_status refund_debt(struct vn_storage *storage, const char *account,
                                  const struct vn_cause *cause)
{
    const struct vn_slot debt = {account, VN_PLACE_DEBT, 0};
    struct vn_lot lot = {
        .earned_ms = cause->at_ms, .matures_ms = cause->at_ms, .expires_ms = cause->at_ms + VN_LOT_TERM_MS};
    int64_t id = 0;
    enum vn_status status = vn_storage_balance(storage, &debt, &lot.amount);
    if (status == VN_OK && lot.amount > 0) {
        status = vn_storage_lot_add(storage, account, &lot, &id);
        if (status == VN_OK) {
            status = move(storage, account, VN_PLACE_DEBT, VN_PLACE_FREE, 0, lot.amount, cause);
        }
    }
    return status == VN_OK ? settle_debt(storage, account, cause) : status;
}

enum vn_status vn_ledger_give_back(struct vn_storage *storage, const struct vn_give_back *back,
                                   const struct vn_cause *cause, struct vn_error *error)
{
    struct vn_give_back left = *back;
    struct vn_sale_use use;
    enum vn_status status = VN_OK;
    while ((status = vn_storage_use_next(storage, back->sale, &use)) == VN_OK) {
        int64_t to_right = 0;
        for (unsigned i = 0; i < left.count && use.lot != 0; i++) {
            if (strcmp(left.to_right[i].account, use.account) == 0) {
                to_right = least(left.to_right[i].granted, use.amount);
                left.to_right[i].granted -= to_right;
            }
        }
        status = give_back_use(storage, back, &use, to_right, cause);
        if (status == VN_OK) {
            status = vn_storage_use_drop(storage, back->sale, &use);
        }
        if (status == VN_OK) {
            status = refund_debt(storage, use.account, cause);
        }
        if (status != VN_OK) {
            return status;
        }
    }
    for (unsigned i = 0; i < left.count && status == VN_ABSENT; i++) {
        if (left.to_right[i].granted > 0) {
            return vn_fail(error, VN_INPUT, "gives back %lld of %s more than the sale used",
                           (long long)left.to_right[i].granted, left.to_right[i].account);
        }
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_ledger_release(struct vn_storage *storage, int64_t enrolment, const char *account,
                                 int64_t amount, const struct vn_cause *cause, struct vn_error *error)
{
    enum vn_status status = enough(storage, enrolment, account, VN_PLACE_RIGHT, amount, error);
    for (int64_t left = amount; left > 0 && status == VN_OK;) {
        struct vn_slice slice;
        status = take_slice(storage, enrolment, account, left, &slice, error);
        if (status == VN_OK) {
            left -= slice.amount;
            status = vn_storage_lot_change(storage, slice.lot, slice.amount);
        }
    }
    if (status == VN_OK) {
        status = move(storage, account, VN_PLACE_RIGHT, VN_PLACE_FREE, enrolment, amount, cause);
    }
    if (status == VN_OK) {
        status = settle_debt(storage, account, cause);
    }
    return status == VN_OK ? vn_ledger_changed(storage, account, cause->enrolment) : status;
}

enum vn_status vn_ledger_adopt(struct vn_storage *storage, const char *card_account, const char *wallet,
                               const struct vn_cause *cause)
{
    static const enum vn_place places[] = {VN_PLACE_FREE, VN_PLACE_DEBT, VN_PLACE_REDEEMED, VN_PLACE_ISSUED};
    enum vn_status status = vn_storage_account_adopt(storage, card_account, wallet);
    for (size_t i = 0; i < sizeof places / sizeof *places && status == VN_OK; i++) {
        const struct vn_slot from = {card_account, places[i], 0};
        const struct vn_slot to = {wallet, places[i], 0};
        int64_t amount = 0;
        status = vn_storage_balance(storage, &from, &amount);
        if (status == VN_OK && amount > 0) {
            status = vn_storage_move(storage, &from, &to, amount, cause);
        } else if (status == VN_OK && amount < 0) {
            status = vn_storage_move(storage, &to, &from, -amount, cause);
        }
    }
    if (status == VN_OK) {
        status = settle_debt(storage, wallet, cause);
    }
    return status == VN_OK ? vn_ledger_changed(storage, wallet, cause->enrolment) : status;
}
