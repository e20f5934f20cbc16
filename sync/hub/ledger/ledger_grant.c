/* Grants that a till asks for. */
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/core/setting.h"
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

static struct vn_turn turn_of(const struct granting *self, struct vn_post *post)
{
    return (struct vn_turn){.post = post,
                            .why = "grant",
                            .enrolment = self->want->enrolment,
                            .seq = self->want->number,
                            .at_ms = self->want->at_ms,
                            .error = self->error};
}

static enum vn_status give(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t more,
                           struct vn_grant *out)
{
    int64_t given = 0;
    enum vn_status status = vn_post_grant(turn, claim, more, out, &given);
    claim->row.granted += given;
    out->granted = claim->row.granted;
    for (unsigned i = 0; i < out->slice_count && status == VN_OK; i++) {
        status = vn_storage_grant_put(turn->post->storage, claim->row.enrolment, turn->seq,
                                      claim->row.account, claim->row.granted, &out->slices[i]);
    }
    return status;
}

static enum vn_status run_grant(struct vn_post *post, void *ctx)
{
    struct granting *self = ctx;
    const struct vn_ledger_want *want = self->want;
    const struct vn_turn turn = turn_of(self, post);
    struct vn_post_account *account = NULL;
    struct vn_post_claim *claim = NULL;
    self->out->slice_count = 0;
    enum vn_status status = find_grantable(&turn, want, &self->account);
    if (status == VN_OK) {
        status = vn_post_claim(post, want->enrolment, self->account, &claim);
    }
    if (status == VN_OK) {
        status = vn_post_account(post, self->account, &account);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t had = claim->row.granted;
    int64_t more = want->granted > had ? want->granted - had : 0;
    more = vn_capacity_portion(post, want->account, &account->row, &claim->row, more);
    status = give(&turn, claim, more, self->out);
    self->out->elsewhere = vn_ledger_elsewhere(vn_ledger_at_tills(&account->row), &claim->row);
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

static enum vn_status run_risk(struct vn_post *post, void *ctx)
{
    struct granting *self = ctx;
    const struct vn_turn turn = turn_of(self, post);
    int64_t most = vn_setting(post->settings, VN_SETTING_RISK_TILL);
    struct vn_post_account *account = NULL;
    struct vn_post_claim *claim = NULL;
    self->out->slice_count = 0;
    enum vn_status status = vn_post_open_name(post, VN_ACCOUNT_RISK, &self->account);
    if (status == VN_OK) {
        status = vn_post_claim(post, self->want->enrolment, self->account, &claim);
    }
    if (status != VN_OK || 2 * (claim->row.right + claim->row.held) >= most) {
        return status;
    }
    status = vn_capacity_open(&turn, VN_ACCOUNT_RISK, NULL, &self->account);
    if (status == VN_OK) {
        status = vn_post_account(post, self->account, &account);
    }
    int64_t more =
        status != VN_OK ? 0 : vn_capacity_portion(post, VN_ACCOUNT_RISK, &account->row, &claim->row, most);
    return status == VN_OK && more > 0 && account->row.places[VN_PLACE_FREE] > 0
               ? give(&turn, claim, more, self->out)
               : status;
}

enum vn_status vn_ledger_grant_risk(struct vn_post *post, const struct vn_ledger_want *want, bool *given)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_grant grant = {.slice_count = 0};
    struct granting granting = {.want = want, .out = &grant, .error = &error};
    enum vn_status status = vn_post_once(post, run_risk, &granting);
    *given = *given || grant.slice_count > 0;
    return status;
}
