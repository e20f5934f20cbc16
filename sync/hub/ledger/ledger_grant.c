/* Grants that a till asks for. */
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/ledger/post_work.h"

struct granting {
    const struct vn_ledger_want *want;
    struct vn_grant *out;
    int64_t account;
    struct vn_error *error;
};

static enum vn_status find_grantable(const struct vn_turn *turn, const struct vn_ledger_want *want,
                                     int64_t *account)
{
    return vn_account_id(want->account, account) ? vn_post_known(turn, want->account, account)
                                                 : vn_capacity_open(turn, want->account, want->of, account);
}

static enum vn_status run_grant(struct vn_post *post, void *ctx)
{
    struct granting *self = ctx;
    const struct vn_ledger_want *want = self->want;
    const struct vn_turn turn = {.post = post,
                                 .why = "grant",
                                 .enrolment = want->enrolment,
                                 .seq = want->number,
                                 .at_ms = want->at_ms,
                                 .error = self->error};
    struct vn_post_account *account = NULL;
    struct vn_post_claim *claim = NULL;
    int64_t given = 0;
    self->out->slice_count = 0;
    enum vn_status status = find_grantable(&turn, want, &self->account);
    if (status == VN_OK) {
        status = vn_post_claim(post, want->enrolment, self->account, &claim);
    }
    if (status != VN_OK) {
        return status;
    }
    status = vn_post_account(post, self->account, &account);
    if (status != VN_OK) {
        return status;
    }
    int64_t had = VN_PLANTED(RETRY_ADDS) ? 0 : claim->row.granted;
    int64_t more = want->granted > had ? want->granted - had : 0;
    more = vn_capacity_portion(post, want->account, &account->row, &claim->row, more);
    status = vn_post_grant(&turn, claim, more, self->out, &given);
    claim->row.granted += given;
    self->out->granted = claim->row.granted;
    self->out->elsewhere = account->row.places[VN_PLACE_RIGHT] - claim->row.right;
    self->out->elsewhere = self->out->elsewhere > 0 ? self->out->elsewhere : 0;
    for (unsigned i = 0; i < self->out->slice_count && status == VN_OK; i++) {
        status = vn_storage_grant_put(post->storage, want->enrolment, want->number, self->account,
                                      claim->row.granted, &self->out->slices[i]);
    }
    return status;
}

enum vn_status vn_ledger_grant(struct vn_post *post, const struct vn_ledger_want *want, struct vn_grant *out,
                               int64_t *account, struct vn_error *error)
{
    struct granting granting = {.want = want, .out = out, .error = error};
    enum vn_status status = vn_post_once(post, run_grant, &granting);
    *account = granting.account;
    return status;
}
