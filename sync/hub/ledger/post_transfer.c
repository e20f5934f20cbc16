/* Lending between the tills of a store. A transfer has two journals, which come in any order: what both say of it is in its row.
 *
 * A take moves the right at once, lots and all, whether the give was posted or not: the signed give is inside it. Until its own
 * give comes, the lender's claim is below 0 at `lent`, since its counters do not know of the give yet. */
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "sync/hub/ledger/post_work.h"
#include "sync/hub/ledger/write_off.h"

/* --- rows */

struct transfer {
    struct vn_post_transfer *row;
    struct vn_post_claim *lender, *borrower; /* claims; loaded where they are needed */
    int64_t lender_id, borrower_id;          /* 0: no till that the hub knows */
    bool lender_over, borrower_over;         /* the hub takes nothing of it any more */
    bool lender_gone, borrower_gone;         /* and never will: it was written off */
    int64_t account;
    int64_t beyond; /* so much more than was lost with its lender was found */
};

/* *out: 0 when the hub knows no such enrolment. */
static enum vn_status enrolment_of(struct vn_apply *apply, const struct vn_enrolment_id *enrolment,
                                   int64_t *out, bool *over, bool *gone)
{
    const struct vn_post_fact want = {.kind = VN_FACT_ENROLMENT,
                                      .key = vn_view_of(enrolment->bytes, VN_ID_BYTES)};
    const struct vn_post_fact *fact = NULL;
    enum vn_status status = vn_post_fact(apply->turn.post, &want, &fact);
    *out = status == VN_OK ? fact->value : 0;
    *over = status == VN_OK && fact->over;
    *gone = status == VN_OK && fact->gone;
    return status;
}

static bool is_with_stranger(const struct transfer *transfer)
{
    return transfer->lender_id == 0 || transfer->borrower_id == 0;
}

/* What was said of the transfer before must be the same. */
static enum vn_status check_same(const struct vn_apply *apply, const struct transfer *transfer)
{
    const struct vn_transfer_row *row = &transfer->row->row;
    if (row->steps != 0 && (row->borrower != transfer->borrower_id || row->account != transfer->account ||
                            row->amount != apply->entry->transfer->give.amount)) {
        return vn_fail(apply->turn.error, VN_INPUT, "transfer %s is of %lld, and the other till says %lld",
                       row->number, (long long)apply->entry->transfer->give.amount, (long long)row->amount);
    }
    return VN_OK;
}

/* `mine`: whose entry it is, by what it says. out->row: NULL when it is with a stranger who is believed. */
static enum vn_status open_transfer(struct vn_apply *apply, const struct vn_enrolment_id *mine,
                                    struct transfer *out)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    memset(out, 0, sizeof *out);
    if (!vn_enrolment_id_equal(mine, &apply->enrolment->enrolment)) {
        (void)vn_fail(apply->turn.error, VN_INPUT, "transfer %s is between other tills", give->transfer);
        return VN_INPUT;
    }
    enum vn_status status =
        enrolment_of(apply, &give->lender, &out->lender_id, &out->lender_over, &out->lender_gone);
    if (status == VN_OK) {
        status =
            enrolment_of(apply, &give->borrower, &out->borrower_id, &out->borrower_over, &out->borrower_gone);
    }
    if (status == VN_OK && is_with_stranger(out)) {
        status = vn_apply_believe_stranger(apply);
    }
    if (status == VN_OK) {
        status = vn_post_open_name(apply->turn.post, give->account, &out->account);
    }
    if (status == VN_OK && is_with_stranger(out)) {
        return VN_OK;
    }
    if (status == VN_OK) {
        status = vn_post_transfer(apply->turn.post, give->transfer, out->lender_id, &out->row);
    }
    return status == VN_OK ? check_same(apply, out) : status;
}

static enum vn_status note(struct vn_apply *apply, struct transfer *transfer, unsigned steps)
{
    struct vn_transfer_row *row = &transfer->row->row;
    enum vn_status status = vn_post_touch_transfer(apply->turn.post, transfer->row);
    row->borrower = transfer->borrower_id;
    row->account = transfer->account;
    row->amount = apply->entry->transfer->give.amount;
    row->steps |= steps;
    return status;
}

/* --- what is believed */

/* Asked last: an entry begins again whenever a row is missing, and a signature costs more than all of its rows. What was done to
 * them is put back when it does not fit. */
static enum vn_status verify(struct vn_apply *apply, const struct transfer *transfer, bool end)
{
    const int64_t signer = end ? transfer->borrower_id : transfer->lender_id;
    const bool over = end ? transfer->borrower_over : transfer->lender_over;
    const struct vn_post_fact want = {.kind = VN_FACT_PEER_KEYS, .a = signer};
    const struct vn_post_fact *fact = NULL;
    const struct vn_prepared *entry = apply->entry;
    enum vn_status status = vn_post_fact(apply->turn.post, &want, &fact);
    enum vn_status good = VN_CORRUPT;
    for (size_t at = 0; status == VN_OK && good == VN_CORRUPT && at < fact->bytes.len;
         at += sizeof(struct vn_public_key)) {
        struct vn_public_key key;
        memcpy(&key, fact->bytes.data + at, sizeof key);
        good = end ? vn_end_verify(&entry->transfer->give, VN_TRANSFER_REFUSED, &entry->transfer->signature,
                                   &key)
                   : vn_give_verify(&entry->transfer->give, &entry->transfer->signature, &key);
    }
    if (status != VN_OK || good == VN_NOMEM) {
        return status != VN_OK ? status : good;
    }
    if (good == VN_OK || (!end && VN_PLANTED(UNSIGNED_GIVE))) {
        return VN_OK;
    }
    /* A hub that was set back may have forgotten the key: it waits for the till to tell it again, and when he is gone, people
     * decide. */
    bool set_back = false;
    status = vn_apply_wait_if_set_back(apply, &set_back);
    if (status != VN_OK || (set_back && over && apply->turn.decided)) {
        return status;
    }
    return vn_fail(
        apply->turn.error, VN_INPUT, "transfer %s: the other till did not sign its %s%s",
        entry->transfer->give.transfer, end ? "refusal" : "give",
        set_back ? " with a key that this hub knows: when that till is gone, revoke it, then release this"
                 : "");
}

static enum vn_status is_over(const struct vn_apply *apply, const char *how)
{
    return vn_fail(apply->turn.error, VN_INPUT, "transfer %s was %s", apply->entry->transfer->give.transfer,
                   how);
}

/* The counters move what the transfer says. */
enum vn_status vn_apply_check_moved(const struct vn_apply *apply, int64_t in, int64_t out)
{
    if (apply->in[0] != in || apply->out[0] != out) {
        return vn_fail(apply->turn.error, VN_INPUT, "transfer %s is of %lld, and the counters moved by %lld",
                       apply->entry->transfer->give.transfer, (long long)apply->entry->transfer->give.amount,
                       (long long)apply->in[0] + (long long)apply->out[0]);
    }
    return VN_OK;
}

/* --- the kinds of entries */

/* So much of an account there ever was. */
static int64_t ever(const struct vn_post_account *account)
{
    return -account->row.places[VN_PLACE_ISSUED] - account->row.places[VN_PLACE_DEBT];
}

/* Its borrower was written off before this was heard of. Whether he has spent it nobody will tell: it goes back to its owner, and
 * is the chain's loss, beside the one that was stated then; but for what the borrower is known to have lent on. */
static enum vn_status lose_given(struct vn_apply *apply, struct transfer *transfer)
{
    int64_t amount = apply->entry->transfer->give.amount;
    enum vn_status status =
        vn_post_claim(apply->turn.post, transfer->borrower_id, transfer->account, &transfer->borrower);
    if (status == VN_OK) {
        status = note(apply, transfer, VN_TRANSFER_STEP_GONE);
    }
    return status == VN_OK ? vn_write_off_given(&apply->turn, apply->claims[0], transfer->borrower, amount)
                           : status;
}

/* A till lends of what it has, but for what another has of it already. What an entry that waits brought in is lent as well: its
 * borrower is not to wait for it; but no more of that than there ever was. */
static enum vn_status check_has(const struct vn_apply *apply, const struct transfer *transfer)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    const struct vn_claim_row *row = &apply->claims[0]->row;
    int64_t said = vn_post_said(&apply->turn, row);
    int64_t sure = vn_post_sure(&apply->turn, row);
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(apply->turn.post, transfer->account, &account);
    bool fits = status == VN_OK &&
                (sure >= give->amount || give->amount - sure - vn_least(row->lent, 0) <= ever(account));
    if (status != VN_OK || (said >= give->amount && fits)) {
        return status;
    }
    if (said >= give->amount) {
        vn_post_wait_for_tills(&apply->turn);
    }
    return vn_fail(apply->turn.error, VN_INPUT, "transfer %s lends %lld of %s, where %lld is", give->transfer,
                   (long long)give->amount, give->account, (long long)sure);
}

/* It was in quarantine while its lender was written off, and what the borrower has of it was found elsewhere: what is left of it
 * here is at the hand of a till that is gone, and goes as such (write_off_late.c). */
static enum vn_status given_after_all(struct vn_apply *apply, struct transfer *transfer)
{
    const int64_t amount = apply->entry->transfer->give.amount;
    struct vn_post_claim *lender = apply->claims[0];
    enum vn_status status = vn_apply_check_moved(apply, 0, amount);
    if (status == VN_OK) {
        status = note(apply, transfer, 0);
    }
    if (status == VN_OK) {
        status = vn_post_touch_claim(apply->turn.post, lender);
    }
    if (status == VN_OK) {
        transfer->row->row.steps &= ~(int64_t)VN_TRANSFER_STEP_FOUND;
        lender->row.out -= amount; /* it was counted when that was found */
    }
    return status;
}

enum vn_status vn_apply_give(struct vn_apply *apply)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    struct transfer transfer;
    enum vn_status status = open_transfer(apply, &give->lender, &transfer);
    if (status == VN_OK && is_with_stranger(&transfer)) {
        return vn_apply_with_stranger(apply);
    }
    if (status == VN_OK && (transfer.row->row.steps & VN_TRANSFER_STEP_FOUND) != 0) {
        return given_after_all(apply, &transfer);
    }
    if (status == VN_OK && (transfer.row->row.steps & VN_TRANSFER_STEP_GIVE) != 0) {
        return is_over(apply, "given before");
    }
    bool unheard = status == VN_OK && transfer.borrower_gone && transfer.row->row.steps == 0;
    if (status == VN_OK) {
        status = vn_apply_check_moved(apply, 0, give->amount);
    }
    if (status == VN_OK && (transfer.row->row.steps & VN_TRANSFER_STEP_TAKE) == 0) {
        status = check_has(apply, &transfer);
    }
    if (status == VN_OK) {
        status = note(apply, &transfer, VN_TRANSFER_STEP_GIVE);
    }
    if (status == VN_OK) {
        status = vn_post_lent(&apply->turn, apply->claims[0], give->amount);
    }
    return status == VN_OK && unheard ? lose_given(apply, &transfer) : status;
}

/* lost -> right. */
static enum vn_status out_of_loss(const struct vn_turn *turn, struct vn_post_claim *lender, int64_t amount)
{
    enum vn_status status = amount > 0 ? vn_post_write_off(turn, lender, -amount) : VN_OK;
    return status == VN_OK && amount > 0 ? vn_post_suspend(turn, lender, -amount) : status;
}

/* Points that the member got back when they were stated as lost: they are not lost after all, and he has them once. What is not
 * free of them is owed: tills that have it are asked for it, and what he has spent of it he has spent twice. */
static enum vn_status find_points(struct vn_apply *apply, struct vn_post_claim *lender,
                                  struct vn_post_account *account, int64_t amount, int64_t stated)
{
    static const struct vn_post_step unlost = {.from = VN_PLACE_LOST, .to = VN_PLACE_ISSUED};
    const struct vn_turn *turn = &apply->turn;
    struct vn_grant there = {.free = 0};
    int64_t free = 0;
    enum vn_status status = vn_post_move(turn, account, &unlost, stated, 0);
    if (status == VN_OK) {
        status = vn_post_grant(turn, lender, amount, &there, &free);
    }
    return status == VN_OK && free < amount ? vn_post_grant_owed(turn, lender, amount - free) : status;
}

/* What could be used twice was taken out when it was stated as lost, and is found there. */
static enum vn_status find_uses(struct vn_apply *apply, struct vn_post_claim *lender, int64_t amount,
                                int64_t stated)
{
    enum vn_status status = out_of_loss(&apply->turn, lender, stated);
    return status == VN_OK && amount > stated ? vn_apply_grant_more(apply, lender, amount - stated) : status;
}

/* So much that was stated as lost turns up at this claim; what was not is free, or owed. */
static enum vn_status turn_up(struct vn_apply *apply, struct vn_post_claim *claim,
                              struct vn_post_account *account, int64_t amount, int64_t stated)
{
    enum vn_account_kind kind = vn_account_kind(claim->row.account);
    bool points = kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_FURTHER;
    return points ? find_points(apply, claim, account, amount, stated)
                  : find_uses(apply, claim, amount, stated);
}

/* Beside what was stated, a lender that is gone can have borrowed of others who have not told of it yet: what is free now, or at
 * tills, less what is owed and was found in this way before. Where only what is owed stands against it, the others are waited
 * for. What a hub that was set back has forgotten is for people. */
static enum vn_status check_beyond(const struct vn_apply *apply, const struct transfer *transfer,
                                   const struct vn_post_account *account)
{
    const int64_t *at = account->row.places;
    int64_t there = at[VN_PLACE_FREE] + at[VN_PLACE_RIGHT] + at[VN_PLACE_HELD] + at[VN_PLACE_LENT];
    int64_t others = there + 2 * at[VN_PLACE_DEBT];
    bool set_back = false;
    if (apply->turn.decided || transfer->beyond <= 0 || transfer->beyond <= others) {
        return VN_OK;
    }
    if (transfer->beyond <= there) {
        vn_post_wait_for_tills(&apply->turn);
    }
    enum vn_status status = vn_apply_wait_if_set_back(apply, &set_back);
    return status == VN_OK
               ? vn_fail(apply->turn.error, VN_INPUT,
                         "transfer %s: its lender was written off, and can not have had %lld more",
                         apply->entry->transfer->give.transfer, (long long)transfer->beyond)
               : status;
}

/* Its lender was written off and told nobody of the give: so much of what was stated as lost was lent, and turns up here. It is
 * the give that will not come. */
static enum vn_status find_lost(struct vn_apply *apply, struct transfer *transfer)
{
    int64_t amount = apply->entry->transfer->give.amount;
    struct vn_post_claim *lender = transfer->lender;
    struct vn_post_account *account = NULL;
    int64_t stated = lender->row.stated > 0 ? vn_least(amount, lender->row.stated) : 0;
    transfer->beyond = amount - stated;
    enum vn_status status = vn_post_account(apply->turn.post, transfer->account, &account);
    if (status == VN_OK) {
        status = check_beyond(apply, transfer, account);
    }
    if (status == VN_OK) {
        status = note(apply, transfer, VN_TRANSFER_STEP_GIVE | VN_TRANSFER_STEP_FOUND);
    }
    if (status == VN_OK) {
        status = vn_post_touch_claim(apply->turn.post, lender);
    }
    if (status == VN_OK) {
        lender->row.stated -= amount;
        status = turn_up(apply, lender, account, amount, stated);
    }
    return status == VN_OK ? vn_post_lent(&apply->turn, lender, amount) : status;
}

/* So much of what it lent or spent an entry that waits brought in. */
static int64_t lent_unsure(const struct vn_apply *apply, const struct vn_claim_row *row)
{
    int64_t missing = -vn_least(vn_post_sure(&apply->turn, row), 0);
    return vn_least(missing, -vn_least(row->suspense, 0));
}

/* Its give is still to come, and nobody knows yet what its lender had: in all no more than there ever was. More waits for what
 * the others have still to tell: a right that went to and fro between tills was lent more than once. What others have lent this
 * one is no reason to let it have more: it can take that and tell of none of its own gives. */
static enum vn_status check_ahead(const struct vn_apply *apply, const struct transfer *transfer)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    const int64_t ahead = give->amount - vn_least(transfer->lender->row.lent, 0);
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(apply->turn.post, transfer->account, &account);
    if (status != VN_OK || apply->turn.decided ||
        ahead + lent_unsure(apply, &transfer->lender->row) <= ever(account)) {
        return status;
    }
    vn_post_wait_for_tills(&apply->turn);
    return vn_fail(apply->turn.error, VN_INPUT,
                   "transfer %s: its lender has told of no give, and can not have had %lld of %s",
                   give->transfer, (long long)ahead, give->account);
}

static void tell_beyond(const struct vn_apply *apply, const struct transfer *transfer)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    if (transfer->beyond > 0) {
        vn_log_event(apply->turn.post->log, VN_LOG_WARN, "lent_beyond_loss",
                     VN_S("till", apply->enrolment->till), VN_S("transfer", give->transfer),
                     VN_S("account", give->account), VN_I("amount", give->amount),
                     VN_I("beyond", transfer->beyond));
    }
}

/* It waited in quarantine while its borrower was written off, and the hub ended the loan: what went back to its owner then was
 * the borrower's, and comes out of the loss that was stated. What he has left of it goes as a gone till's (write_off_late.c). */
static enum vn_status taken_after_all(struct vn_apply *apply, struct transfer *transfer)
{
    int64_t amount = apply->entry->transfer->give.amount;
    struct vn_post_claim *borrower = apply->claims[0];
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_apply_check_moved(apply, amount, 0);
    if (status == VN_OK) {
        status = vn_post_account(apply->turn.post, transfer->account, &account);
    }
    if (status == VN_OK) {
        status = note(apply, transfer, VN_TRANSFER_STEP_TAKE);
    }
    if (status == VN_OK) {
        status = vn_post_touch_claim(apply->turn.post, borrower);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t stated = borrower->row.stated > 0 ? vn_least(amount, borrower->row.stated) : 0;
    borrower->row.stated -= stated;
    status = turn_up(apply, borrower, account, amount, stated);
    return status == VN_OK ? verify(apply, transfer, false) : status;
}

enum vn_status vn_apply_take(struct vn_apply *apply)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    struct transfer transfer;
    enum vn_status status = open_transfer(apply, &give->borrower, &transfer);
    if (status != VN_OK || is_with_stranger(&transfer)) {
        return status == VN_OK ? vn_apply_with_stranger(apply) : status;
    }
    int64_t steps = transfer.row->row.steps;
    if (steps == (VN_TRANSFER_STEP_GIVE | VN_TRANSFER_STEP_GONE) && apply->turn.released) {
        return taken_after_all(apply, &transfer);
    }
    if ((steps & (VN_TRANSFER_STEP_TAKE | VN_TRANSFER_STEP_REFUSE | VN_TRANSFER_STEP_BACK |
                  VN_TRANSFER_STEP_GONE)) != 0) {
        return is_over(apply, (steps & VN_TRANSFER_STEP_TAKE) != 0 ? "taken before"
                              : (steps & VN_TRANSFER_STEP_GONE) != 0
                                  ? "ended when its borrower was written off"
                                  : "refused before");
    }
    status = vn_apply_check_moved(apply, give->amount, 0);
    if (status == VN_OK) {
        status = vn_post_claim(apply->turn.post, transfer.lender_id, transfer.account, &transfer.lender);
    }
    if (status == VN_OK) {
        status = note(apply, &transfer, VN_TRANSFER_STEP_TAKE);
        transfer.row->row.taken_ms = apply->came_ms;
    }
    if (status == VN_OK && (steps & VN_TRANSFER_STEP_GIVE) == 0) {
        status = transfer.lender_gone ? find_lost(apply, &transfer) : check_ahead(apply, &transfer);
    }
    if (status == VN_OK) {
        status = vn_post_lend(&apply->turn, transfer.lender, apply->claims[0], give->amount);
    }
    if (status == VN_OK) {
        status = verify(apply, &transfer, false);
    }
    if (status == VN_OK) {
        tell_beyond(apply, &transfer);
    }
    return status;
}

/* A lender that is over will not take it back: it goes to its owner. */
static enum vn_status to_owner(struct vn_apply *apply, struct transfer *transfer)
{
    int64_t amount = apply->entry->transfer->give.amount;
    enum vn_status status =
        vn_post_claim(apply->turn.post, transfer->lender_id, transfer->account, &transfer->lender);
    if (status == VN_OK) {
        status = note(apply, transfer, VN_TRANSFER_STEP_ENDED);
    }
    return status == VN_OK ? vn_post_lent_free(&apply->turn, transfer->lender, amount) : status;
}

enum vn_status vn_apply_refuse(struct vn_apply *apply)
{
    struct transfer transfer;
    enum vn_status status = open_transfer(apply, &apply->entry->transfer->give.borrower, &transfer);
    if (status == VN_OK && is_with_stranger(&transfer)) {
        return vn_apply_with_stranger(apply);
    }
    if (status == VN_OK && (transfer.row->row.steps & VN_TRANSFER_STEP_TAKE) != 0) {
        return is_over(apply, "taken before");
    }
    bool lent = status == VN_OK && transfer.row->row.steps == VN_TRANSFER_STEP_GIVE;
    if (status == VN_OK) {
        status = note(apply, &transfer, VN_TRANSFER_STEP_REFUSE);
    }
    return status == VN_OK && lent && transfer.lender_over ? to_owner(apply, &transfer) : status;
}

/* It was taken, and its borrower has signed that it was not: his till was set back, or there are two of it. The lender has it
 * again, as he was told: out of what is free, or owed. What was taken stays the borrower's, until he is written off. */
static enum vn_status back_though_taken(struct vn_apply *apply, const struct transfer *transfer)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    enum vn_status status = verify(apply, transfer, true);
    if (status == VN_OK) {
        status = vn_apply_grant_more(apply, apply->claims[0], give->amount);
    }
    if (status == VN_OK) {
        vn_log_event(apply->turn.post->log, VN_LOG_WARN, "refused_though_taken",
                     VN_S("till", apply->enrolment->till), VN_S("transfer", give->transfer),
                     VN_I("amount", give->amount));
    }
    return status;
}

/* It was ended when its borrower was written off, who had signed before that he never took it: what was stated as lost for that
 * was not. The lender goes on with it, as he was told. */
static enum vn_status back_though_gone(struct vn_apply *apply, struct transfer *transfer, int64_t steps)
{
    int64_t amount = apply->entry->transfer->give.amount;
    struct vn_post_account *account = NULL;
    enum vn_status status =
        vn_post_claim(apply->turn.post, transfer->borrower_id, transfer->account, &transfer->borrower);
    if (status == VN_OK) {
        status = vn_post_account(apply->turn.post, transfer->account, &account);
    }
    if (status == VN_OK) {
        status = vn_post_touch_claim(apply->turn.post, transfer->borrower);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t *left = &transfer->borrower->row.stated;
    int64_t stated = (steps & VN_TRANSFER_STEP_REFUSE) == 0 && *left > 0 ? vn_least(amount, *left) : 0;
    *left -= stated;
    status = turn_up(apply, apply->claims[0], account, amount, stated);
    return status == VN_OK ? verify(apply, transfer, true) : status;
}

/* The refusal came first and found the lender over: what was lent went to its owner. The lender had it again before that, as its
 * journal says: out of what is free, or owed. */
static enum vn_status back_though_ended(struct vn_apply *apply, const struct transfer *transfer)
{
    enum vn_status status = verify(apply, transfer, true);
    return status == VN_OK ? vn_apply_grant_more(apply, apply->claims[0], apply->entry->transfer->give.amount)
                           : status;
}

enum vn_status vn_apply_back(struct vn_apply *apply)
{
    const struct vn_give *give = &apply->entry->transfer->give;
    struct transfer transfer;
    enum vn_status status = open_transfer(apply, &give->lender, &transfer);
    if (status != VN_OK || is_with_stranger(&transfer)) {
        return status == VN_OK ? vn_apply_with_stranger(apply) : status;
    }
    int64_t steps = transfer.row->row.steps;
    if ((steps & VN_TRANSFER_STEP_GIVE) == 0 && apply->claims[0]->row.suspense > 0) {
        vn_post_wait_for_tills(&apply->turn); /* the give may be what waits there */
    }
    if ((steps & VN_TRANSFER_STEP_GIVE) == 0 || (steps & VN_TRANSFER_STEP_BACK) != 0) {
        return is_over(apply, (steps & VN_TRANSFER_STEP_GIVE) == 0 ? "never given" : "back before");
    }
    status = vn_apply_check_moved(apply, give->amount, 0);
    if (status == VN_OK) {
        status = note(apply, &transfer, VN_TRANSFER_STEP_BACK);
    }
    if (status == VN_OK && (steps & VN_TRANSFER_STEP_TAKE) != 0) {
        return back_though_taken(apply, &transfer);
    }
    if (status == VN_OK && (steps & VN_TRANSFER_STEP_GONE) != 0) {
        return back_though_gone(apply, &transfer, steps);
    }
    if (status == VN_OK && (steps & VN_TRANSFER_STEP_ENDED) != 0) {
        return back_though_ended(apply, &transfer);
    }
    if (status == VN_OK) {
        status = vn_post_lent(&apply->turn, apply->claims[0], -give->amount);
    }
    return status == VN_OK ? verify(apply, &transfer, true) : status;
}
