/* Asking back: who holds what somebody else wants, and how much each of them shall have released. */
#include <string.h>

#include "sync/hub/rights/rights.h"
#include "sync/hub/storage/ledger.h"

struct looking {
    struct vn_rights_lack *out;
    int64_t account;
    int64_t missing;
    bool somewhere; /* what is held or lent nobody can give back */
};

static enum vn_status on_holder(void *ctx, const struct vn_holder_row *row)
{
    struct looking *self = ctx;
    int64_t pending = row->asked > row->released ? row->asked - row->released : 0;
    int64_t left = row->right > pending ? row->right - pending : 0;
    self->missing -= pending < row->right ? pending : row->right;
    self->somewhere = true;
    if (row->right > 0 && self->out->holder_count < VN_RIGHTS_HOLDERS_MAX) {
        struct vn_rights_holder *holder = &self->out->holders[self->out->holder_count++];
        *holder = (struct vn_rights_holder){
            .account = self->account, .id = row->id, .enrolment = row->enrolment, .right = left};
        memcpy(holder->store, row->store, sizeof holder->store);
    }
    return VN_OK;
}

static enum vn_status on_name(void *ctx, const char *name, int64_t id)
{
    (void)name; /* there is one */
    *(int64_t *)ctx = id;
    return VN_OK;
}

static enum vn_status find_account(struct vn_hub *hub, const char *text, int64_t *out)
{
    return vn_account_id(text, out) ? VN_OK : vn_storage_names_load(hub->storage, &text, 1, on_name, out);
}

static const struct vn_grant *find_grant(const struct vn_rights_reply *reply, const char *account)
{
    for (unsigned i = 0; i < reply->count; i++) {
        if (strcmp(reply->grants[i].account, account) == 0) {
            return &reply->grants[i];
        }
    }
    return NULL;
}

enum vn_status vn_rights_lack(struct vn_hub *hub, const struct vn_enrolment_row *row,
                              const struct vn_rights_request *request, const struct vn_rights_reply *reply,
                              struct vn_rights_lack *out)
{
    enum vn_status status = VN_OK;
    out->account_count = out->holder_count = 0;
    for (unsigned i = 0; i < request->count && reply->reason[0] == '\0' && status == VN_OK; i++) {
        const struct vn_right_want *want = &request->wants[i];
        const struct vn_grant *grant = find_grant(reply, want->account);
        struct looking looking = {.out = out};
        if (grant == NULL || grant->granted >= want->granted || grant->elsewhere == 0) {
            continue;
        }
        looking.missing = want->granted - grant->granted;
        status = find_account(hub, want->account, &looking.account);
        if (status == VN_OK) {
            status = vn_storage_holders(hub->storage, looking.account, row->id, VN_RIGHTS_HOLDERS_MAX,
                                        on_holder, &looking);
        }
        if (looking.somewhere) {
            out->accounts[out->account_count] = looking.account;
            out->missing[out->account_count++] = looking.missing > 0 ? looking.missing : 0;
        }
    }
    return status;
}

static enum vn_status ask_some(struct vn_hub *hub, const struct vn_rights_lack *lack, unsigned account,
                               bool near, int64_t *missing)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < lack->holder_count && *missing > 0 && status == VN_OK; i++) {
        const struct vn_rights_holder *holder = &lack->holders[i];
        if (holder->account != lack->accounts[account] || holder->near != near) {
            continue;
        }
        int64_t part = holder->right < *missing ? holder->right : *missing;
        status = part > 0 ? vn_storage_claim_ask(hub->storage, holder->id, holder->account, part) : VN_OK;
        *missing -= part;
    }
    return status;
}

enum vn_status vn_rights_ask(struct vn_hub *hub, const struct vn_rights_lack *lack)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < lack->account_count && status == VN_OK; i++) {
        int64_t missing = lack->missing[i];
        status = ask_some(hub, lack, i, true, &missing);
        if (status == VN_OK) {
            status = ask_some(hub, lack, i, false, &missing);
        }
    }
    return status;
}
