/* Transfers of an enrolment that is gone: nobody will tell their end any more.
 *
 *     lent to it, and not heard of     what it is known to have lent on beyond what it had, it has lent on; the rest it may have
 *     spent:
 *                                      goes back to its owner, and is the chain's loss; so is what is heard of later
 *                                      (post_transfer.c)
 *     lent to it, and refused          goes back to its owner; its lender need not ask for the end any more
 *     taken from it, its give missing  is the borrower's: the give counts as made
 *     lent by it, and refused          goes back to its owner
 *     lent by it, and not heard of     stays lent: the borrower tells what became of it, and the roster asks him in its place
 *                                      (fleet/roster.c) */
#include <assert.h>
#include <string.h>

#include "agent/base/number.h"
#include "sync/hub/core/hub.h"
#include "sync/hub/ledger/write_off.h"
#include "sync/hub/ledger/write_off_work.h"

#define UNIT_MAX 32

struct ending {
    const struct vn_write_off *write_off;
    int64_t enrolment;
    char after[VN_TRANSFER_MAX];
    unsigned count, at;
    bool lent_on; /* first: what others have of it counts before what it had of others is judged */
    struct vn_transfer_row rows[UNIT_MAX];
};

static bool is_lost(const struct vn_transfer_row *row, int64_t enrolment)
{
    return row->borrower == enrolment && row->steps == VN_TRANSFER_STEP_GIVE;
}

/* Others have it, though it stands as this one's still. */
static bool is_others(const struct vn_transfer_row *row, int64_t enrolment)
{
    return row->lender == enrolment && row->steps == VN_TRANSFER_STEP_TAKE;
}

enum vn_status vn_write_off_lose(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t amount)
{
    static const struct vn_post_step step = {.from = VN_PLACE_ISSUED, .to = VN_PLACE_LOST};
    enum vn_account_kind kind = vn_account_kind(claim->row.account);
    int64_t found = vn_write_off_found(&claim->row, amount);
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_touch_claim(turn->post, claim);
    if (status == VN_OK) {
        status = vn_post_account(turn->post, claim->row.account, &account);
    }
    if (status != VN_OK) {
        return status;
    }
    amount -= found;
    assert(amount >= 0); /* what was found of it is no more than it */
    if (kind != VN_ACCOUNT_MEMBER && kind != VN_ACCOUNT_FURTHER) {
        amount = vn_least(amount, account->row.places[VN_PLACE_FREE]);
        status = vn_post_take_free(turn, claim->row.account, amount);
    }
    claim->row.stated += found + amount;
    return status == VN_OK && amount > 0 ? vn_post_move(turn, account, &step, amount, 0) : status;
}

enum vn_status vn_write_off_given(const struct vn_turn *turn, struct vn_post_claim *lender,
                                  struct vn_post_claim *borrower, int64_t amount)
{
    int64_t on = vn_least(vn_write_off_beyond(&borrower->row), amount);
    enum vn_status status = on > 0 ? vn_post_lend(turn, lender, borrower, on) : VN_OK;
    borrower->row.in += on;
    if (status == VN_OK && amount > on) {
        status = vn_post_lent_free(turn, lender, amount - on);
    }
    return status == VN_OK && amount > on ? vn_write_off_lose(turn, borrower, amount - on) : status;
}

static enum vn_status give_counts(const struct vn_turn *turn, struct vn_post_claim *lender, int64_t amount)
{
    enum vn_status status = vn_post_lent(turn, lender, amount);
    lender->row.out += status == VN_OK ? amount : 0;
    return status;
}

static enum vn_status run_end(struct vn_post *post, void *ctx)
{
    struct ending *self = ctx;
    const struct vn_turn turn = vn_write_off_turn(self->write_off);
    const struct vn_transfer_row *found = &self->rows[self->at];
    struct vn_post_transfer *row = NULL;
    struct vn_post_claim *lender = NULL;
    struct vn_post_claim *borrower = NULL;
    bool borrowed = found->borrower == self->enrolment;
    bool taken = found->steps == VN_TRANSFER_STEP_TAKE;
    bool stays = borrowed ? taken : found->steps == VN_TRANSFER_STEP_GIVE;
    bool lost = is_lost(found, self->enrolment);
    enum vn_status status = vn_post_transfer(post, found->number, found->lender, &row);
    if (status == VN_OK) {
        status = vn_post_claim(post, found->lender, found->account, &lender);
    }
    if (status == VN_OK) {
        status = vn_post_claim(post, found->borrower, found->account, &borrower);
    }
    if (status != VN_OK || stays || self->lent_on != is_others(found, self->enrolment)) {
        return status;
    }
    status = vn_post_touch_transfer(post, row);
    row->row.steps |= taken      ? VN_TRANSFER_STEP_GIVE | VN_TRANSFER_STEP_FOUND
                      : borrowed ? VN_TRANSFER_STEP_GONE
                                 : VN_TRANSFER_STEP_ENDED;
    return status != VN_OK ? status
           : taken         ? give_counts(&turn, lender, found->amount)
           : lost          ? vn_write_off_given(&turn, lender, borrower, found->amount)
                           : vn_post_lent_free(&turn, lender, found->amount);
}

static enum vn_status end_unit(void *ctx, struct vn_storage *storage)
{
    struct ending *self = ctx;
    enum vn_status status =
        vn_storage_transfers_open(storage, self->enrolment, self->after, self->rows, UNIT_MAX, &self->count);
    for (self->at = 0; self->at < self->count && status == VN_OK; self->at++) {
        status = vn_post_once(self->write_off->post, run_end, self);
    }
    return status;
}

static enum vn_status end_all(struct vn_hub *hub, const struct vn_write_off *write_off, bool lent_on)
{
    struct ending ending = {.write_off = write_off, .enrolment = write_off->row->id, .lent_on = lent_on};
    enum vn_status status = VN_OK;
    do {
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, end_unit, &ending);
        if (status == VN_OK && ending.count > 0) {
            memcpy(ending.after, ending.rows[ending.count - 1].number, sizeof ending.after);
        }
    } while (status == VN_OK && ending.count > 0);
    return status;
}

enum vn_status vn_write_off_lent(struct vn_hub *hub, const struct vn_write_off *self)
{
    enum vn_status status = end_all(hub, self, true);
    return status == VN_OK ? end_all(hub, self, false) : status;
}
