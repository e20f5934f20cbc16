/* Grants ahead, in the transaction that posted a member's sale: to its till, while it is there that he shops.
 *
 * An entry that tops up nothing costs the look at one claim, which was loaded with the slice. What others have of the member is
 * looked for only when not all that is out is here: tills of other stores are asked to give theirs back. */
#include <string.h>

#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/ahead.h"
#include "sync/hub/ledger/post_work.h"

#define OTHERS_MAX  8 /* tills that one sale asks back */
#define COUPONS_MAX 8 /* that go with points */

struct ahead {
    struct vn_apply *apply;
    struct vn_enrolment_row *enrolment; /* `grant` is counted up */
    struct vn_turn turn;
    unsigned grant_count; /* to be written down when all is in memory */
    struct {
        int64_t account, granted;
        struct vn_grant grant;
    } grants[2 + COUPONS_MAX];
    unsigned other_count;
    struct vn_holder_row others[OTHERS_MAX];
};

/* --- points */

static enum vn_status on_holder(void *ctx, const struct vn_holder_row *row)
{
    struct ahead *self = ctx;
    bool far = strcmp(row->store, self->enrolment->store) != 0;
    if (far && row->right > 0 && row->asked <= row->released && self->other_count < OTHERS_MAX) {
        self->others[self->other_count++] = *row;
    }
    return VN_OK;
}

/* All that they have, in memory; each is counted as asked when the rest is written down. */
static enum vn_status ask_others(struct ahead *self, int64_t account)
{
    struct vn_post *post = self->turn.post;
    unsigned i = self->other_count;
    enum vn_status status =
        vn_storage_holders(post->storage, account, self->enrolment->id, OTHERS_MAX, on_holder, self);
    for (; i < self->other_count && status == VN_OK; i++) {
        struct vn_post_claim *claim = NULL;
        status = vn_post_claim(post, self->others[i].id, account, &claim);
        if (status == VN_OK) {
            status = vn_post_touch_claim(post, claim);
        }
        if (status == VN_OK && claim->row.right > 0) {
            claim->row.asked = claim->row.released + claim->row.right;
        }
    }
    return status;
}

static enum vn_status give(struct ahead *self, struct vn_post_claim *claim, int64_t more)
{
    int64_t given = 0;
    struct vn_grant *grant = &self->grants[self->grant_count].grant;
    grant->slice_count = 0;
    enum vn_status status = vn_post_grant(&self->turn, claim, more, grant, &given);
    claim->row.granted += given;
    self->grants[self->grant_count].account = claim->row.account;
    self->grants[self->grant_count].granted = claim->row.granted;
    self->grant_count += given > 0 ? 1 : 0;
    return status;
}

/* What is free of an account that goes whole; what is not, and not here, other stores are asked for. */
static enum vn_status give_whole(struct ahead *self, const struct vn_post_account *account)
{
    struct vn_post_claim *claim = NULL;
    int64_t free = account->row.places[VN_PLACE_FREE];
    enum vn_status status = vn_post_claim(self->turn.post, self->enrolment->id, account->row.id, &claim);
    if (status == VN_OK && account->row.places[VN_PLACE_RIGHT] > claim->row.right) {
        status = ask_others(self, account->row.id);
    }
    return status == VN_OK && free > 0 ? give(self, claim, free) : status;
}

/* His own coupons go with his points. */
static enum vn_status give_coupons(struct ahead *self, int64_t member)
{
    struct vn_post *post = self->turn.post;
    int64_t coupons[COUPONS_MAX];
    unsigned count = 0;
    enum vn_status status =
        vn_storage_coupons_of(post->storage, member, self->turn.at_ms, COUPONS_MAX, coupons, &count);
    for (unsigned i = 0; i < count && status == VN_OK; i++) {
        struct vn_post_account *account = NULL;
        status = vn_post_account(post, vn_account_of_coupon(coupons[i]), &account);
        if (status == VN_OK && !account->row.closed) {
            status = give_whole(self, account);
        }
    }
    return status;
}

static enum vn_status top_up(struct ahead *self, const struct vn_ahead_policy *policy, int64_t id)
{
    struct vn_post *post = self->turn.post;
    struct vn_post_account *account = NULL;
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_account(post, id, &account);
    if (status == VN_OK) {
        status = vn_post_claim(post, self->enrolment->id, id, &claim);
    }
    if (status != VN_OK || account->row.closed) {
        return status;
    }
    const struct vn_ahead_state state = {.free = account->row.places[VN_PLACE_FREE],
                                         .out = account->row.places[VN_PLACE_RIGHT],
                                         .here = claim->row.right,
                                         .visit_ms = self->apply->entry->wall_ms,
                                         .now_ms = self->turn.at_ms};
    int64_t more = vn_ahead_more(policy, &state);
    bool moved = 2 * state.here < vn_ahead_share(policy, &state) && state.out > state.here;
    if (moved) {
        status = ask_others(self, id);
    }
    if (status == VN_OK && more > 0) {
        status = give(self, claim, more);
    }
    bool none = state.free + state.out <= 0; /* who has no points may have a coupon all the same */
    return status == VN_OK && (more > 0 || moved || none) ? give_coupons(self, vn_account_owner(id)) : status;
}

/* --- stamps */

/* All that the member has on the card that the sale stamped. */
static enum vn_status give_stamps(struct ahead *self, const struct vn_given *given)
{
    struct vn_post *post = self->turn.post;
    struct vn_right_of of = {.day = 0};
    struct vn_post_account *account = NULL;
    struct vn_post_account *stamps = NULL;
    int64_t id = 0;
    enum vn_status status = vn_post_account(post, self->apply->sale->row.account, &account);
    if (status == VN_OK) {
        memcpy(of.card, given->what, sizeof of.card);
        status = vn_view_copy_str(vn_view_str(account->text), of.member, sizeof of.member);
    }
    if (status == VN_OK) {
        status = vn_capacity_open(&self->turn, given->account, &of, &id);
    }
    if (status == VN_OK) {
        status = vn_post_account(post, id, &stamps);
    }
    return status == VN_OK ? give_whole(self, stamps) : status;
}

static enum vn_status give_card(struct ahead *self)
{
    const struct vn_prepared *outcome = NULL;
    enum vn_status status = vn_apply_outcome(self->apply, self->enrolment->id, self->apply->entry, &outcome);
    for (unsigned i = 0; status == VN_OK && i < outcome->given_count; i++) {
        if (outcome->given[i].kind == VN_GIVEN_STAMP) {
            return give_stamps(self, &outcome->given[i]);
        }
    }
    return status;
}

/* --- writing it down */

static enum vn_status write_down(struct ahead *self)
{
    struct vn_post *post = self->turn.post;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < self->grant_count; i++) {
        const struct vn_grant *grant = &self->grants[i].grant;
        for (unsigned j = 0; j < grant->slice_count && status == VN_OK; j++) {
            status =
                vn_storage_grant_put(post->storage, self->enrolment->id, self->turn.seq,
                                     self->grants[i].account, self->grants[i].granted, &grant->slices[j]);
        }
    }
    for (unsigned i = 0; i < self->other_count && status == VN_OK; i++) {
        status = vn_storage_enrolment_asked(post->storage, self->others[i].id);
        vn_post_note_store(post, self->others[i].store);
    }
    if (status == VN_OK && self->grant_count > 0) {
        self->enrolment->grant = self->turn.seq;
    }
    return status;
}

static enum vn_status run(struct ahead *self)
{
    const struct vn_settings *settings = self->turn.post->settings;
    const struct vn_ahead_policy policy = {.share_bp = vn_setting(settings, VN_SETTING_RIGHTS_AHEAD_BP),
                                           .most = vn_setting(settings, VN_SETTING_RIGHTS_AHEAD_MOST),
                                           .days = vn_setting(settings, VN_SETTING_RIGHTS_AHEAD_DAYS)};
    self->grant_count = self->other_count = 0;
    if (policy.share_bp == 0) {
        return VN_OK;
    }
    enum vn_status status = top_up(self, &policy, self->apply->sale->row.account);
    if (status == VN_OK) {
        status = give_card(self);
    }
    return status == VN_OK ? write_down(self) : status;
}

/* A hub that was set back grants nothing ahead before all have shown what they have. Asked once a slice. */
static enum vn_status may(struct vn_post *post, bool *out)
{
    int64_t unshown = 0;
    enum vn_status status = VN_OK;
    if (!post->shown_known) {
        status = vn_storage_unshown(post->storage, &unshown);
        post->shown_known = status == VN_OK;
        post->shown = unshown == 0;
    }
    *out = status == VN_OK && post->shown;
    return status;
}

enum vn_status vn_post_ahead(struct vn_apply *apply, struct vn_enrolment_row *enrolment, int64_t now_ms)
{
    struct vn_post *post = apply->turn.post;
    bool fine = false;
    if (!enrolment->ahead || apply->entry->kind != VN_ENTRY_COMMIT || apply->sale->row.account == 0 ||
        vn_account_kind(apply->sale->row.account) != VN_ACCOUNT_MEMBER) {
        return VN_OK;
    }
    enum vn_status status = may(post, &fine);
    if (status != VN_OK || !fine) {
        return status;
    }
    struct ahead self = {.apply = apply, .enrolment = enrolment, .turn = apply->turn};
    self.turn.why = "ahead";
    self.turn.seq = enrolment->grant + 1;
    self.turn.at_ms = now_ms;
    self.turn.sale = 0;
    self.turn.stranger = NULL;
    return run(&self);
}
