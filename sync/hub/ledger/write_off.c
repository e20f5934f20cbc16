#include "sync/hub/ledger/write_off.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/ledger/posting.h"
#include "sync/hub/ledger/write_off_work.h"

#define ACCOUNTS_MAX 64 /* of one unit */

/* --- which enrolments */

struct looking {
    struct vn_hub *hub;
    const char *till;
    unsigned count, room;
    struct vn_enrolment_row *rows; /* owned */
    int64_t after;                 /* account */
    unsigned seen;
    int64_t risk; /* the account of what the chain risks; 0: there is none yet */
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

static enum vn_status on_losing(void *ctx, const struct vn_claim_row *row, int64_t given, int64_t taken)
{
    struct looking *self = ctx;
    int64_t lost = vn_write_off_reckon(row, given, taken);
    enum vn_account_kind kind = vn_account_kind(row->account);
    bool points = kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_FURTHER;
    self->after = row->account;
    self->seen++;
    self->out->points += points ? lost : 0;
    self->out->wallets += points && lost > 0 ? 1 : 0;
    self->out->coupons += kind == VN_ACCOUNT_COUPON ? lost : 0;
    if (kind == VN_ACCOUNT_NAMED) {
        *(row->account == self->risk ? &self->out->risk : &self->out->others) += lost;
    }
    return VN_OK;
}

static enum vn_status on_risk(void *ctx, const char *name, int64_t id)
{
    struct looking *self = ctx;
    (void)name;
    self->risk = id;
    return VN_OK;
}

/* What is to be said of an enrolment beside its loss. */
static enum vn_status look_at(struct looking *self, struct vn_storage *storage, int64_t enrolment)
{
    bool before = false;
    int64_t unshown = 0;
    enum vn_status status = vn_storage_written_off(storage, enrolment, &before);
    if (status == VN_OK) {
        status = vn_storage_unshown_of(storage, enrolment, &unshown);
    }
    self->out->before += before ? 1 : 0;
    self->out->unshown += unshown;
    return status;
}

static enum vn_status sum_unit(void *ctx, struct vn_storage *storage)
{
    struct looking *self = ctx;
    static const char *const risk[] = {VN_ACCOUNT_RISK};
    self->risk = 0;
    enum vn_status status = vn_storage_names_load(storage, risk, 1, on_risk, self);
    *self->out = (struct vn_loss){.enrolments = self->count};
    for (unsigned i = 0; i < self->count && status == VN_OK; i++) {
        status = look_at(self, storage, self->rows[i].id);
        self->after = 0;
        self->seen = ACCOUNTS_MAX;
        while (status == VN_OK && self->seen == ACCOUNTS_MAX) {
            self->seen = 0;
            status = vn_storage_losing(storage, self->rows[i].id, self->after, ACCOUNTS_MAX, on_losing, self);
        }
    }
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
    struct vn_write_off write_off;
    unsigned count;
    int64_t after; /* the sale or account that was the last of the unit before */
    int64_t last;
    int64_t accounts[ACCOUNTS_MAX];
};

static enum vn_status hold_unit(void *ctx, struct vn_storage *storage)
{
    struct losing *self = ctx;
    int64_t after = self->after;
    (void)storage; /* it is the hub's */
    enum vn_status status = vn_write_off_holds(&self->write_off, &after, &self->count);
    self->last = after;
    return status;
}

static enum vn_status on_held(void *ctx, const struct vn_claim_row *row)
{
    struct losing *self = ctx;
    self->accounts[self->count++] = row->account;
    self->last = row->account;
    return VN_OK;
}

static enum vn_status lose_unit(void *ctx, struct vn_storage *storage)
{
    struct losing *self = ctx;
    self->count = 0;
    enum vn_status status =
        vn_storage_claims_of(storage, self->row->id, self->after, ACCOUNTS_MAX, on_held, self);
    for (unsigned i = 0; i < self->count && status == VN_OK; i++) {
        status = vn_write_off_account(&self->write_off, self->accounts[i]);
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
        struct losing losing = {.hub = looking->hub,
                                .row = &looking->rows[i],
                                .write_off = {.post = looking->hub->post,
                                              .row = &looking->rows[i],
                                              .at_ms = vn_hub_now_ms(looking->hub),
                                              .error = looking->error}};
        status = vn_storage_unit(looking->hub->storage, VN_SQL_WRITE, end_unit, &losing);
        if (status == VN_OK) {
            status = VN_PLANTED(WRITE_OFF_FORGETS) ? VN_OK : run_units(&losing, hold_unit);
        }
        if (status == VN_OK) {
            status = vn_write_off_lent(looking->hub, &losing.write_off);
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
                     VN_I("coupons", out->coupons), VN_I("others", out->others), VN_I("risk", out->risk),
                     VN_I("unshown", out->unshown), VN_S("by", who));
    }
    return status;
}
