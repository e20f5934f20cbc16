#include "sync/hub/ledger/write_off.h"

#include <string.h>

#include "sync/hub/fleet/fleet.h"
#include "sync/hub/ledger/post_work.h"
#include "sync/hub/ledger/posting.h"

#define ACCOUNTS_MAX 64 /* of one unit */

/* --- which enrolments */

struct looking {
    struct vn_hub *hub;
    const char *till;
    unsigned count;
    struct vn_enrolment_row rows[VN_FLEET_ENROLMENTS_MAX];
    int64_t after; /* account */
    unsigned seen;
    struct vn_loss *out;
    struct vn_error *error;
};

static enum vn_status on_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                   int64_t report_ms)
{
    struct looking *self = ctx;
    (void)report;
    (void)report_ms;
    if (self->count < VN_FLEET_ENROLMENTS_MAX && row->state != VN_ENROLMENT_HANDED_IN) {
        self->rows[self->count++] = *row;
    }
    return VN_OK;
}

static enum vn_status find_unit(void *ctx, struct vn_storage *storage)
{
    struct looking *self = ctx;
    struct vn_enrolment_id id;
    bool by_id = vn_hex_decode(vn_view_str(self->till), id.bytes, sizeof id.bytes) == VN_OK;
    self->count = 0;
    if (!by_id) {
        return vn_storage_enrolments_of(storage, self->till, on_enrolment, self);
    }
    enum vn_status status = vn_storage_enrolment_get(storage, &id, &self->rows[0]);
    self->count = status == VN_OK ? 1 : 0;
    if (status == VN_OK && self->rows[0].state == VN_ENROLMENT_ACTIVE) {
        return vn_fail(self->error, VN_INPUT,
                       "this enrolment of till %s is in force: verno-hub till revoke %s", self->rows[0].till,
                       self->rows[0].till);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status find(struct looking *self)
{
    enum vn_status status = vn_storage_unit(self->hub->storage, VN_SQL_READ, find_unit, self);
    if (status == VN_OK && self->count == 0) {
        return vn_fail(self->error, VN_ABSENT, "no till or enrolment '%s' has ever enrolled", self->till);
    }
    for (unsigned i = 0; i < self->count && status == VN_OK; i++) {
        for (bool all = false; !all && status == VN_OK;) {
            status = vn_posting_till(self->hub, &self->rows[i].enrolment, VN_POSTING_ENTRIES_MAX, &all);
        }
    }
    return status;
}

/* --- what they hold */

static enum vn_status on_claim(void *ctx, const struct vn_claim_row *row)
{
    struct looking *self = ctx;
    int64_t amount = (row->right > 0 ? row->right : 0) + row->held;
    enum vn_account_kind kind = vn_account_kind(row->account);
    bool points = kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_FURTHER;
    self->after = row->account;
    self->seen++;
    self->out->points += points ? amount : 0;
    self->out->wallets += points ? 1 : 0;
    self->out->coupons += kind == VN_ACCOUNT_COUPON ? amount : 0;
    self->out->others += kind == VN_ACCOUNT_NAMED ? amount : 0;
    return VN_OK;
}

static enum vn_status sum_unit(void *ctx, struct vn_storage *storage)
{
    struct looking *self = ctx;
    enum vn_status status = VN_OK;
    *self->out = (struct vn_loss){.enrolments = self->count};
    for (unsigned i = 0; i < self->count && status == VN_OK; i++) {
        self->after = 0;
        self->seen = ACCOUNTS_MAX;
        while (status == VN_OK && self->seen == ACCOUNTS_MAX) {
            self->seen = 0;
            status =
                vn_storage_claims_of(storage, self->rows[i].id, self->after, ACCOUNTS_MAX, on_claim, self);
        }
    }
    return status;
}

enum vn_status vn_write_off_look(struct vn_hub *hub, const char *till, struct vn_loss *out,
                                 struct vn_error *error)
{
    struct looking looking = {.hub = hub, .till = till, .out = out, .error = error};
    enum vn_status status = find(&looking);
    return status == VN_OK ? vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, sum_unit, &looking) : status;
}

/* --- booking it */

struct losing {
    struct vn_hub *hub;
    const struct vn_enrolment_row *row;
    unsigned count;
    int64_t accounts[ACCOUNTS_MAX];
    int64_t account; /* the one under way */
};

static enum vn_status on_held(void *ctx, const struct vn_claim_row *row)
{
    struct losing *self = ctx;
    self->accounts[self->count++] = row->account;
    return VN_OK;
}

/* What was held goes with the rest: its sale will not be heard of. */
static enum vn_status end_holds(const struct vn_turn *turn, struct vn_post_account *account,
                                struct vn_post_claim *claim)
{
    const struct vn_post_step step = {VN_PLACE_HELD, VN_PLACE_RIGHT, claim->row.enrolment,
                                      claim->row.enrolment};
    int64_t held = claim->row.held;
    enum vn_status status = vn_post_touch_claim(turn->post, claim);
    if (status == VN_OK) {
        claim->row.right += held;
        claim->row.held = 0;
        status = vn_post_move(turn, account, &step, held, 0);
    }
    return status;
}

static enum vn_status run_loss(struct vn_post *post, void *ctx)
{
    static const struct vn_post_step step = {.from = VN_PLACE_ISSUED, .to = VN_PLACE_LOST};
    struct losing *self = ctx;
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_turn turn = {
        .post = post, .why = "write-off", .at_ms = vn_hub_now_ms(self->hub), .error = &error};
    enum vn_account_kind kind = vn_account_kind(self->account);
    struct vn_post_account *account = NULL;
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_account(post, self->account, &account);
    if (status == VN_OK) {
        status = vn_post_claim(post, self->row->id, self->account, &claim);
    }
    int64_t counted = status == VN_OK ? claim->row.right : 0; /* what is held, its counters say is out */
    if (status == VN_OK && claim->row.held > 0) {
        status = end_holds(&turn, account, claim);
    }
    if (status != VN_OK || claim->row.right <= 0) {
        return status;
    }
    int64_t lost = claim->row.right;
    status = vn_post_release_claim(&turn, claim, lost);
    claim->row.out += counted;
    if (status == VN_OK && kind != VN_ACCOUNT_MEMBER && kind != VN_ACCOUNT_FURTHER) {
        lost = lost < account->row.places[VN_PLACE_FREE] ? lost : account->row.places[VN_PLACE_FREE];
        status = vn_post_take_free(&turn, self->account, lost);
    }
    return status == VN_OK ? vn_post_move(&turn, account, &step, lost, 0) : status;
}

static enum vn_status lose_unit(void *ctx, struct vn_storage *storage)
{
    struct losing *self = ctx;
    self->count = 0;
    enum vn_status status = vn_storage_claims_of(storage, self->row->id, 0, ACCOUNTS_MAX, on_held, self);
    for (unsigned i = 0; i < self->count && status == VN_OK; i++) {
        self->account = self->accounts[i];
        status = vn_post_once(self->hub->post, run_loss, self);
    }
    if (status == VN_OK && self->count == 0) { /* the hub need not wait for what it has */
        struct vn_enrolment_row row;
        status = vn_storage_enrolment_by_number(storage, self->row->id, &row);
        row.epoch = self->hub->epoch;
        row.shown_seq = 0;
        status = status == VN_OK ? vn_storage_enrolment_put(storage, &row) : status;
    }
    return status;
}

static enum vn_status lose_all(struct looking *looking)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < looking->count && status == VN_OK; i++) {
        struct losing losing = {.hub = looking->hub, .row = &looking->rows[i], .count = 1};
        while (losing.count > 0 && status == VN_OK) {
            status = vn_storage_unit(looking->hub->storage, VN_SQL_WRITE, lose_unit, &losing);
        }
    }
    return status;
}

enum vn_status vn_write_off(struct vn_hub *hub, const char *till, int64_t points, const char *who,
                            struct vn_loss *out, struct vn_error *error)
{
    struct looking looking = {.hub = hub, .till = till, .out = out, .error = error};
    struct vn_revoked revoked;
    enum vn_status status = find(&looking);
    if (status == VN_OK) {
        status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, sum_unit, &looking);
    }
    if (status == VN_OK && out->points != points) {
        return vn_fail(error, VN_CONFLICT, "what would be lost is %lld points, and not %lld",
                       (long long)out->points, (long long)points);
    }
    if (status == VN_OK && strlen(till) != 2 * VN_ID_BYTES) {
        status = vn_fleet_revoke(hub, till, who, &revoked);
    }
    if (status == VN_OK) {
        status = lose_all(&looking);
    }
    if (status == VN_OK) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "till_written_off", VN_S("till", till),
                     VN_I("enrolments", out->enrolments), VN_I("points", out->points),
                     VN_I("coupons", out->coupons), VN_I("others", out->others), VN_S("by", who));
    }
    return status;
}
