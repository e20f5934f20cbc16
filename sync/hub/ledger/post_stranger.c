/* Transfers with a till that the hub does not know. */
#include "agent/base/number.h"
#include "sync/hub/ledger/post_work.h"

/* There never was such a till, or a hub that was set back has forgotten that it was enrolled, and may know it again. Then people
 * decide; also about what was lent later, since its neighbours don't know that it was forgotten. */
enum vn_status vn_apply_believe_stranger(const struct vn_apply *apply)
{
    bool set_back = false;
    enum vn_status status = vn_apply_wait_if_set_back(apply, &set_back);
    if (status == VN_OK && set_back && apply->turn.decided) {
        return VN_OK;
    }
    return status == VN_OK
               ? vn_fail(apply->turn.error, VN_INPUT,
                         "the transfer names a till that was never enrolled, as far as this hub knows")
               : status;
}

struct before {
    int64_t account, in;
    unsigned count;
};

static enum vn_status on_before(void *ctx, const struct vn_quarantine_row *row)
{
    struct before *self = ctx;
    struct vn_moved moved;
    self->count++;
    enum vn_status status = vn_moved_read(row->moves, &moved);
    for (unsigned i = 0; status == VN_OK && i < moved.count; i++) {
        self->in += moved.rows[i].account == self->account ? moved.rows[i].in : 0;
    }
    return status;
}

/* Whether the lender had it when he gave it, by his counters then, less what entries before this one brought in that wait still:
 * what he wrote later says nothing of that. People have decided, so it is looked at once. */
static enum vn_status had_it_then(const struct vn_apply *apply, int64_t amount, bool *out)
{
    const struct vn_counters *said = &apply->entry->rights[0];
    const struct vn_claim_row *row = &apply->claims[0]->row;
    struct before before = {.account = row->account};
    enum vn_status status = vn_storage_quarantine_before(
        apply->turn.post->storage, row->enrolment, apply->turn.seq, VN_RELEASE_LOOK_MAX, on_before, &before);
    int64_t had = vn_least(said->granted, row->granted) + said->in - said->out + amount - before.in;
    *out = status == VN_OK && before.count < VN_RELEASE_LOOK_MAX && had >= amount;
    return status;
}

/* With a till that nobody has ever heard of again: what it lent counts as granted, as far as it goes out of what is free, and
 * what was lent to it goes to its owner, since nothing is spent there that would not be paid out of that. */
enum vn_status vn_apply_with_stranger(struct vn_apply *apply)
{
    const int64_t amount = apply->entry->transfer->give.amount;
    bool gives = apply->entry->kind == VN_ENTRY_GIVE;
    if (apply->entry->kind == VN_ENTRY_REFUSE) {
        return VN_OK;
    }
    enum vn_status status = vn_apply_check_moved(apply, gives ? 0 : amount, gives ? amount : 0);
    if (status != VN_OK || !gives) {
        return status == VN_OK ? vn_apply_grant_more(apply, apply->claims[0], amount) : status;
    }
    bool had = false;
    status = had_it_then(apply, amount, &had);
    if (status == VN_OK && !had) {
        return vn_fail(
            apply->turn.error, VN_INPUT, "transfer %s lends %lld of %s, which is not sure to have been there",
            apply->entry->transfer->give.transfer, (long long)amount, apply->entry->transfer->give.account);
    }
    if (status == VN_OK) {
        status = vn_post_lent(&apply->turn, apply->claims[0], amount);
    }
    return status == VN_OK ? vn_post_lent_free(&apply->turn, apply->claims[0], amount) : status;
}
