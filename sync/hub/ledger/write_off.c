#include "sync/hub/ledger/write_off.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/ledger/post_work.h"
#include "sync/hub/ledger/posting.h"

#define ACCOUNTS_MAX 64 /* of one unit */

/* --- which enrolments */

struct looking {
    struct vn_hub *hub;
    const char *till;
    unsigned count, room;
    struct vn_enrolment_row *rows; /* owned */
    int64_t after;                 /* account */
    unsigned seen;
    struct vn_loss *out;
    struct vn_error *error;
};

static enum vn_status add(struct looking *self, const struct vn_enrolment_row *row)
{
    if (self->count == self->room) {
        unsigned room = self->room == 0 ? 4 : 2 * self->room;
        struct vn_enrolment_row *rows = realloc(self->rows, room * sizeof *rows);
        if (rows == NULL) {
            return VN_NOMEM;
        }
        self->rows = rows;
        self->room = room;
    }
    self->rows[self->count++] = *row;
    return VN_OK;
}

static enum vn_status on_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                   int64_t report_ms)
{
    (void)report;
    (void)report_ms;
    return row->state == VN_ENROLMENT_HANDED_IN ? VN_OK : add(ctx, row);
}

struct newer {
    int64_t than;
    bool found;
};

static enum vn_status on_newer(void *ctx, const struct vn_enrolment_row *row, const char *report,
                               int64_t report_ms)
{
    struct newer *self = ctx;
    (void)report;
    (void)report_ms;
    self->found = self->found || (row->id > self->than && row->state == VN_ENROLMENT_ACTIVE);
    return VN_OK;
}

/* One that its till has left for another, or that has ended. */
static enum vn_status check_left(struct looking *self, struct vn_storage *storage)
{
    struct newer newer = {.than = self->rows[0].id};
    enum vn_status status = self->rows[0].state == VN_ENROLMENT_ACTIVE
                                ? vn_storage_enrolments_of(storage, self->rows[0].till, on_newer, &newer)
                                : VN_OK;
    if (status == VN_OK && self->rows[0].state == VN_ENROLMENT_ACTIVE && !newer.found) {
        return vn_fail(self->error, VN_INPUT,
                       "this enrolment of till %s is in force: name the till instead of it",
                       self->rows[0].till);
    }
    return status;
}

static enum vn_status find_unit(void *ctx, struct vn_storage *storage)
{
    struct looking *self = ctx;
    struct vn_enrolment_id id;
    struct vn_enrolment_row one;
    bool by_id = vn_hex_decode(vn_view_str(self->till), id.bytes, sizeof id.bytes) == VN_OK;
    self->count = 0;
    if (!by_id) {
        return vn_storage_enrolments_of(storage, self->till, on_enrolment, self);
    }
    enum vn_status status = vn_storage_enrolment_get(storage, &id, &one);
    if (status == VN_ABSENT) {
        return VN_OK;
    }
    if (status == VN_OK) {
        status = add(self, &one);
    }
    return status == VN_OK ? check_left(self, storage) : status;
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

/* With what is held of it. What only an entry in quarantine brought in hangs on no lot, and is decided with that entry, held or
 * not. */
static int64_t at_hand(const struct vn_claim_row *row, int64_t held)
{
    int64_t right = row->right + held + vn_least(row->suspense, 0);
    return right > 0 ? right : 0;
}

static enum vn_status on_claim(void *ctx, const struct vn_claim_row *row)
{
    struct looking *self = ctx;
    int64_t amount = at_hand(row, row->held);
    enum vn_account_kind kind = vn_account_kind(row->account);
    bool points = kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_FURTHER;
    self->after = row->account;
    self->seen++;
    self->out->points += points ? amount : 0;
    self->out->wallets += points && amount > 0 ? 1 : 0;
    self->out->coupons += kind == VN_ACCOUNT_COUPON ? amount : 0;
    self->out->others += kind == VN_ACCOUNT_NAMED ? amount : 0;
    return VN_OK;
}

/* Others can have more of it than its lenders have told of. */
static void at_least_nothing(struct vn_loss *loss)
{
    loss->points = loss->points < 0 ? 0 : loss->points;
    loss->coupons = loss->coupons < 0 ? 0 : loss->coupons;
    loss->others = loss->others < 0 ? 0 : loss->others;
}

static enum vn_status sum_unit(void *ctx, struct vn_storage *storage)
{
    struct looking *self = ctx;
    enum vn_status status = VN_OK;
    *self->out = (struct vn_loss){.enrolments = self->count};
    for (unsigned i = 0; i < self->count && status == VN_OK; i++) {
        status = vn_write_off_lent_sum(storage, self->rows[i].id, self->out);
        self->after = 0;
        self->seen = ACCOUNTS_MAX;
        while (status == VN_OK && self->seen == ACCOUNTS_MAX) {
            self->seen = 0;
            status =
                vn_storage_claims_of(storage, self->rows[i].id, self->after, ACCOUNTS_MAX, on_claim, self);
        }
    }
    at_least_nothing(self->out);
    return status;
}

enum vn_status vn_write_off_look(struct vn_hub *hub, const char *till, struct vn_loss *out,
                                 struct vn_error *error)
{
    struct looking looking = {.hub = hub, .till = till, .out = out, .error = error};
    enum vn_status status = find(&looking);
    if (status == VN_OK) {
        status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, sum_unit, &looking);
    }
    free(looking.rows);
    return status;
}

/* --- booking it */

struct losing {
    struct vn_hub *hub;
    const struct vn_enrolment_row *row;
    unsigned count;
    int64_t after; /* the sale or account that was the last of the unit before */
    int64_t last;
    union {
        int64_t accounts[ACCOUNTS_MAX];
        struct vn_sale_key sales[ACCOUNTS_MAX];
    } of;
    unsigned at; /* the one under way */
};

static struct vn_turn turn_of(const struct losing *self, struct vn_post *post, struct vn_error *error)
{
    return (struct vn_turn){
        .post = post, .why = "write-off", .at_ms = vn_hub_now_ms(self->hub), .error = error};
}

static enum vn_status on_sale(void *ctx, int64_t sale, const struct vn_sale_key *key)
{
    struct losing *self = ctx;
    self->of.sales[self->count++] = *key;
    self->last = sale;
    return VN_OK;
}

/* It will not be heard of: what it held is at the till's hand again, and goes with the rest. */
static enum vn_status run_hold(struct vn_post *post, void *ctx)
{
    struct losing *self = ctx;
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_turn turn = turn_of(self, post, &error);
    struct vn_post_sale *sale = NULL;
    struct vn_sale_rest *rest = &post->rest;
    enum vn_status status = vn_post_sale(post, self->row->till, &self->of.sales[self->at], &sale);
    if (status == VN_OK) {
        status = vn_sale_rest_read(sale->row.rest, rest);
    }
    for (unsigned i = status == VN_OK ? rest->hold_count : 0; i-- > 0 && status == VN_OK;) {
        if (rest->holds[i].enrolment == self->row->id) {
            status = vn_post_unhold(&turn, &rest->holds[i], rest);
        }
    }
    if (status != VN_OK || rest->hold_count > 0) {
        return status; /* the rest of it is another enrolment's */
    }
    status = vn_post_touch_sale(post, sale);
    sale->row.state = VN_SALE_CANCELLED;
    vn_buf_clear(&post->packed);
    if (status == VN_OK) {
        status = vn_sale_rest_write(rest, &post->packed);
    }
    return status == VN_OK ? vn_post_keep(post, vn_buf_view(&post->packed), &sale->row.rest) : status;
}

static enum vn_status hold_unit(void *ctx, struct vn_storage *storage)
{
    struct losing *self = ctx;
    self->count = 0;
    enum vn_status status =
        vn_storage_sales_held(storage, self->row->till, self->after, ACCOUNTS_MAX, on_sale, self);
    for (self->at = 0; self->at < self->count && status == VN_OK; self->at++) {
        status = vn_post_once(self->hub->post, run_hold, self);
    }
    return status;
}

static enum vn_status on_held(void *ctx, const struct vn_claim_row *row)
{
    struct losing *self = ctx;
    self->of.accounts[self->count++] = row->account;
    self->last = row->account;
    return VN_OK;
}

/* It used more than it had: there were two of it, or the hub has forgotten what it granted. So much comes out of what is free, or
 * is owed; what is heard of later that it had borrowed for that is no loss any more. */
static enum vn_status make_good(const struct vn_turn *turn, const struct losing *self,
                                struct vn_post_claim *claim)
{
    int64_t missing = -claim->row.right - claim->row.suspense;
    struct vn_grant there = {.free = 0};
    int64_t given = 0;
    if (missing <= 0) {
        return VN_OK;
    }
    enum vn_status status = vn_post_touch_claim(turn->post, claim);
    if (status == VN_OK) {
        status = vn_post_grant(turn, claim, missing, &there, &given);
    }
    if (status == VN_OK && given < missing) {
        status = vn_post_grant_owed(turn, claim, missing - given);
    }
    if (status == VN_OK) {
        claim->row.in += missing;
        claim->row.stated -= missing;
        vn_log_event(self->hub->log, VN_LOG_WARN, "used_beyond_right", VN_S("till", self->row->till),
                     VN_I("amount", missing), VN_I("owed", missing - given));
    }
    return status;
}

static enum vn_status run_loss(struct vn_post *post, void *ctx)
{
    struct losing *self = ctx;
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_turn turn = turn_of(self, post, &error);
    int64_t id = self->of.accounts[self->at];
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_claim(post, self->row->id, id, &claim);
    int64_t lost = status == VN_OK ? at_hand(&claim->row, 0) : 0;
    if (lost == 0) {
        return status == VN_OK ? make_good(&turn, self, claim) : status;
    }
    status = vn_post_release_claim(&turn, claim, lost);
    claim->row.out += status == VN_OK ? lost : 0;
    return status == VN_OK ? vn_write_off_lose(&turn, claim, lost) : status;
}

static enum vn_status lose_unit(void *ctx, struct vn_storage *storage)
{
    struct losing *self = ctx;
    self->count = 0;
    enum vn_status status =
        vn_storage_claims_of(storage, self->row->id, self->after, ACCOUNTS_MAX, on_held, self);
    for (self->at = 0; self->at < self->count && status == VN_OK; self->at++) {
        status = vn_post_once(self->hub->post, run_loss, self);
    }
    return status;
}

/* It has ended, and the hub need not wait for what it has; what it sent of before the hub was set back stays that. */
static enum vn_status end_unit(void *ctx, struct vn_storage *storage)
{
    struct losing *self = ctx;
    struct vn_enrolment_row row;
    enum vn_status status = vn_storage_enrolment_by_number(storage, self->row->id, &row);
    if (status != VN_OK) {
        return status;
    }
    row.shown_seq = row.epoch < self->hub->epoch ? row.high_seq : vn_least(row.shown_seq, row.high_seq);
    row.epoch = self->hub->epoch;
    row.state = row.state == VN_ENROLMENT_ACTIVE ? VN_ENROLMENT_REVOKED : row.state;
    status = vn_storage_enrolment_put(storage, &row);
    return status == VN_OK ? vn_storage_written_off_put(storage, row.id) : status;
}

/* Unit after unit, until there is nothing behind. */
static enum vn_status run_units(struct losing *self,
                                enum vn_status (*unit)(void *ctx, struct vn_storage *storage))
{
    enum vn_status status = VN_OK;
    self->after = 0;
    do {
        status = vn_storage_unit(self->hub->storage, VN_SQL_WRITE, unit, self);
        self->after = self->last;
    } while (status == VN_OK && self->count > 0);
    return status;
}

static enum vn_status lose_all(struct looking *looking)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < looking->count && status == VN_OK; i++) {
        struct losing losing = {.hub = looking->hub, .row = &looking->rows[i]};
        status = vn_storage_unit(looking->hub->storage, VN_SQL_WRITE, end_unit, &losing);
        if (status == VN_OK) {
            status = VN_PLANTED(WRITE_OFF_FORGETS) ? VN_OK : run_units(&losing, hold_unit);
        }
        if (status == VN_OK) {
            status = vn_write_off_lent(looking->hub, losing.row->id);
        }
        if (status == VN_OK) {
            status = run_units(&losing, lose_unit);
        }
    }
    return status;
}

static enum vn_status roster_unit(void *ctx, struct vn_storage *storage)
{
    const struct looking *self = ctx;
    (void)storage; /* it is the hub's */
    return vn_roster_refresh(self->hub, self->rows[0].store);
}

static enum vn_status write_off(struct looking *looking, int64_t points, const char *who)
{
    struct vn_hub *hub = looking->hub;
    struct vn_revoked revoked;
    enum vn_status status = find(looking);
    if (status == VN_OK) {
        status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, sum_unit, looking);
    }
    if (status == VN_OK && looking->out->points != points) {
        return vn_fail(looking->error, VN_CONFLICT, "what would be lost is %lld points, and not %lld",
                       (long long)looking->out->points, (long long)points);
    }
    if (status == VN_OK && strlen(looking->till) != 2 * VN_ID_BYTES) {
        status = vn_fleet_revoke(hub, looking->till, who, &revoked);
    }
    if (status == VN_OK) {
        status = lose_all(looking);
    }
    /* Its neighbours hear of it, and that what they lent to it has ended. */
    return status == VN_OK ? vn_storage_unit(hub->storage, VN_SQL_WRITE, roster_unit, looking) : status;
}

enum vn_status vn_write_off(struct vn_hub *hub, const char *till, int64_t points, const char *who,
                            struct vn_loss *out, struct vn_error *error)
{
    struct looking looking = {.hub = hub, .till = till, .out = out, .error = error};
    enum vn_status status = write_off(&looking, points, who);
    free(looking.rows);
    if (status == VN_OK) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "till_written_off", VN_S("till", till),
                     VN_I("enrolments", out->enrolments), VN_I("points", out->points),
                     VN_I("coupons", out->coupons), VN_I("others", out->others), VN_S("by", who));
    }
    return status;
}
