/* What becomes of one account of a till that is gone. */
#include "sync/hub/ledger/write_off_work.h"

#include "agent/base/number.h"
#include "sync/hub/ledger/write_off.h"

static int64_t above_nothing(int64_t amount)
{
    return amount > 0 ? amount : 0;
}

int64_t vn_write_off_at_hand(const struct vn_claim_row *row)
{
    return above_nothing(row->right + vn_least(row->suspense, 0));
}

int64_t vn_write_off_beyond(const struct vn_claim_row *row)
{
    return above_nothing(-row->right - above_nothing(row->suspense));
}

int64_t vn_write_off_found(const struct vn_claim_row *row, int64_t amount)
{
    return vn_least(above_nothing(-row->stated), amount);
}

int64_t vn_write_off_reckon(const struct vn_claim_row *row, int64_t given, int64_t taken)
{
    struct vn_claim_row after = *row;
    after.right += row->held - taken;
    int64_t on = vn_least(vn_write_off_beyond(&after), given);
    after.right += on;
    int64_t lost = given - on + vn_write_off_at_hand(&after);
    return lost - vn_write_off_found(&after, lost);
}

struct vn_turn vn_write_off_turn(const struct vn_write_off *self)
{
    return (struct vn_turn){
        .post = self->post, .why = "write-off", .at_ms = self->at_ms, .error = self->error};
}

/* There were two of it, or the hub has forgotten what it granted. What is heard of later that it had borrowed for that is no loss
 * any more. */
static enum vn_status make_good(const struct vn_write_off *self, const struct vn_turn *turn,
                                struct vn_post_claim *claim)
{
    const int64_t missing = vn_write_off_beyond(&claim->row);
    struct vn_grant there = {.free = 0};
    struct vn_post_account *account = NULL;
    int64_t given = 0;
    enum vn_status status = vn_post_account(turn->post, claim->row.account, &account);
    if (status == VN_OK) {
        status = vn_post_touch_claim(turn->post, claim);
    }
    if (status == VN_OK) {
        status = vn_post_grant(turn, claim, missing, &there, &given);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t room = above_nothing(VN_AMOUNT_MAX + account->row.places[VN_PLACE_DEBT]);
    int64_t owed = vn_least(missing - given, room);
    status = owed > 0 ? vn_post_grant_owed(turn, claim, owed) : VN_OK;
    if (status == VN_OK) {
        claim->row.in += given + owed;
        claim->row.stated -= given + owed;
        vn_log_event(turn->post->log, VN_LOG_WARN, "used_beyond_right", VN_S("till", self->row->till),
                     VN_S("account", vn_post_called(turn->post, account)), VN_I("amount", missing),
                     VN_I("owed", owed), VN_I("left", missing - given - owed));
    }
    return status;
}

static enum vn_status lose(const struct vn_write_off *self, const struct vn_turn *turn,
                           struct vn_post_claim *claim, int64_t lost)
{
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(turn->post, claim->row.account, &account);
    if (status == VN_OK) {
        status = vn_post_release_claim(turn, claim, lost);
    }
    claim->row.out += status == VN_OK ? lost : 0;
    if (status == VN_OK) {
        status = vn_write_off_lose(turn, claim, lost);
    }
    if (status == VN_OK && self->late) {
        vn_log_event(turn->post->log, VN_LOG_WARN, "lost_after_write_off", VN_S("till", self->row->till),
                     VN_S("account", vn_post_called(turn->post, account)), VN_I("amount", lost));
    }
    return status;
}

enum vn_status vn_write_off_claim(const struct vn_write_off *self, const struct vn_turn *turn,
                                  struct vn_post_claim *claim)
{
    int64_t lost = vn_write_off_at_hand(&claim->row);
    if (lost > 0) {
        return lose(self, turn, claim, lost);
    }
    return vn_write_off_beyond(&claim->row) > 0 ? make_good(self, turn, claim) : VN_OK;
}

struct one {
    const struct vn_write_off *self;
    int64_t account;
};

static enum vn_status run_one(struct vn_post *post, void *ctx)
{
    const struct one *one = ctx;
    const struct vn_turn turn = vn_write_off_turn(one->self);
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_claim(post, one->self->row->id, one->account, &claim);
    return status == VN_OK ? vn_write_off_claim(one->self, &turn, claim) : status;
}

enum vn_status vn_write_off_account(const struct vn_write_off *self, int64_t account)
{
    struct one one = {self, account};
    return vn_post_once(self->post, run_one, &one);
}
