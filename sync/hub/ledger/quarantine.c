#include "sync/hub/ledger/quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/segments.h"

/* What this version can read: more with each kind of entry, and each form of one, that is new. */
#define READS_UP_TO (VN_ENTRY_VERSION * 1000 + (int64_t)VN_ENTRY_KINDS)

struct packed_row {
    struct vn_quarantine_row row;
    struct vn_buf moves;
};

static enum vn_status copy_row(const struct vn_quarantine_row *from, struct packed_row *out)
{
    out->row = *from;
    vn_buf_clear(&out->moves);
    enum vn_status status = vn_buf_append(&out->moves, from->moves);
    out->row.moves = vn_buf_view(&out->moves);
    return status;
}

/* --- finding one */

static enum vn_status on_row(void *ctx, const struct vn_quarantine_row *row)
{
    return copy_row(row, ctx);
}

/* Its row, and its enrolment's. */
static enum vn_status find(struct vn_hub *hub, const char *till, int64_t seq, bool decided,
                           struct packed_row *row, struct vn_enrolment_row *enrolment, struct vn_error *error)
{
    enum vn_status status = vn_storage_quarantine_of_till(hub->storage, till, seq, decided, on_row, row);
    if (status == VN_ABSENT) {
        return vn_fail(error, VN_ABSENT, "no entry %lld of till '%s' %s in quarantine", (long long)seq, till,
                       decided ? "is or was" : "is");
    }
    return status == VN_OK ? vn_storage_enrolment_by_number(hub->storage, row->row.enrolment, enrolment)
                           : status;
}

enum vn_status vn_quarantine_find(struct vn_hub *hub, const char *till, int64_t seq,
                                  struct vn_quarantine_entry *out, struct vn_error *error)
{
    struct packed_row row;
    struct vn_enrolment_row enrolment = {.id = 0};
    memset(out, 0, sizeof *out);
    vn_buf_init(&out->body, VN_ENTRY_MAX);
    vn_buf_init(&row.moves, VN_ENTRY_MAX);
    enum vn_status status = find(hub, till, seq, true, &row, &enrolment, error);
    if (status == VN_OK) {
        out->row = row.row;
        out->row.moves = VN_VIEW_NONE;
        memcpy(out->till, enrolment.till, sizeof out->till);
        status = vn_storage_entry_body(hub->storage, enrolment.id, seq, &out->body);
    }
    vn_buf_deinit(&row.moves);
    return status;
}

void vn_quarantine_entry_deinit(struct vn_quarantine_entry *entry)
{
    vn_buf_deinit(&entry->body);
}

/* --- deciding */

struct decision {
    struct vn_hub *hub;
    const char *till;
    int64_t seq;
    bool discard, released;
    struct vn_post_decision by;
    struct vn_error *error;
};

static enum vn_status decide(struct decision *self, struct packed_row *row,
                             struct vn_enrolment_row *enrolment)
{
    struct vn_storage *storage = self->hub->storage;
    struct vn_post *post = self->hub->post;
    struct vn_branch_row branch;
    struct vn_post_held held = {.row = &row->row, .enrolment = enrolment};
    enum vn_status status = VN_OK;
    if (enrolment->state == VN_ENROLMENT_HANDED_IN) {
        held.branch = &branch;
        status = vn_storage_branch_get(storage, enrolment->id, &branch);
    }
    if (status == VN_OK) {
        status = self->discard ? vn_post_discard(post, &held, &self->by)
                               : vn_post_release(post, &held, &self->by, &self->released, self->error);
    }
    if (status != VN_OK || !(self->discard || self->released)) {
        return status; /* nothing of its owner has changed */
    }
    if (held.branch != NULL) {
        status = vn_storage_branch_put(storage, held.branch);
    }
    return status == VN_OK ? vn_storage_enrolment_put(storage, enrolment) : status;
}

static enum vn_status decide_unit(void *ctx, struct vn_storage *storage)
{
    struct decision *self = ctx;
    struct packed_row row;
    struct vn_enrolment_row enrolment = {.id = 0};
    (void)storage; /* it is the hub's */
    vn_buf_init(&row.moves, VN_ENTRY_MAX);
    enum vn_status status = find(self->hub, self->till, self->seq, false, &row, &enrolment, self->error);
    if (status == VN_OK) {
        status = decide(self, &row, &enrolment);
    }
    vn_buf_deinit(&row.moves);
    return status;
}

static struct decision decision_of(struct vn_hub *hub, const char *till, int64_t seq, const char *who,
                                   const char *why, struct vn_error *error)
{
    struct decision decision = {.hub = hub,
                                .till = till,
                                .seq = seq,
                                .by = {.at_ms = vn_hub_now_ms(hub), .counts = true},
                                .error = error};
    (void)snprintf(decision.by.who, sizeof decision.by.who, "%s", who);
    (void)snprintf(decision.by.why, sizeof decision.by.why, "%s", why);
    return decision;
}

static void log_decision(const struct decision *decision, const char *event)
{
    vn_log_event(decision->hub->log, VN_LOG_NOTICE, event, VN_S("till", decision->till),
                 VN_I("seq", decision->seq), VN_S("by", decision->by.who), VN_S("why", decision->by.why));
}

enum vn_status vn_quarantine_release(struct vn_hub *hub, const char *till, int64_t seq, const char *who,
                                     const char *why, struct vn_error *error)
{
    struct decision decision = decision_of(hub, till, seq, who, why, error);
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, decide_unit, &decision);
    if (status == VN_OK && !decision.released) {
        error->status = VN_INPUT; /* whatever the entry met: the sentence is for who asked */
        return VN_INPUT;          /* that it was tried is stored */
    }
    if (status == VN_OK) {
        log_decision(&decision, "entry_released");
    }
    return status;
}

enum vn_status vn_quarantine_discard(struct vn_hub *hub, const char *till, int64_t seq, const char *who,
                                     const char *why, struct vn_error *error)
{
    struct decision decision = decision_of(hub, till, seq, who, why, error);
    decision.discard = true;
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, decide_unit, &decision);
    if (status == VN_OK) {
        log_decision(&decision, "entry_discarded");
    }
    return status;
}

/* --- a class */

struct sweep {
    struct vn_hub *hub;
    struct vn_quarantine_choice choice;
    int64_t max; /* to be tried, without those that can't be read; 0: all */
    bool known;  /* those that wait, and what they wait for is there now */
    bool looked; /* of those: `until` is the last that is looked at, and */
    bool more;   /* there are others behind it */
    struct vn_quarantine_place until;
    struct vn_post_decision by;
    int64_t released, left, unreadable; /* the last are of those that are left */
    struct packed_row next;
    char till[VN_ID_MAX]; /* its */
    bool found, gone_on;
};

static enum vn_status on_next(void *ctx, const struct vn_quarantine_row *row)
{
    struct sweep *self = ctx;
    self->found = true;
    return copy_row(row, &self->next);
}

static enum vn_status next_known(struct sweep *self, struct vn_storage *storage,
                                 const struct vn_quarantine_place *after)
{
    enum vn_status status = VN_OK;
    if (!self->looked) {
        status = vn_storage_quarantine_look(storage, after, &self->until, &self->more);
        self->looked = status == VN_OK;
    }
    return status == VN_OK ? vn_storage_quarantine_known(storage, VN_POST_ATTEMPTS_MAX, after, &self->until,
                                                         on_next, self)
                           : status;
}

static enum vn_status sweep_unit(void *ctx, struct vn_storage *storage)
{
    struct sweep *self = ctx;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row enrolment;
    struct decision decision = {.hub = self->hub, .by = self->by, .error = &error};
    self->found = false;
    self->gone_on = false;
    const struct vn_quarantine_choice *choice = &self->choice;
    const struct vn_quarantine_place after = {choice->after_enrolment, choice->after_seq};
    enum vn_status status = self->known ? next_known(self, storage, &after)
                                        : vn_storage_quarantine(storage, choice, on_next, self);
    if (status != VN_OK || !self->found) {
        return status;
    }
    status = vn_storage_enrolment_by_number(storage, self->next.row.enrolment, &enrolment);
    if (status == VN_OK) {
        memcpy(self->till, enrolment.till, sizeof self->till);
        status = decide(&decision, &self->next, &enrolment);
    }
    self->gone_on = status == VN_OK && decision.released;
    return status;
}

/* Its batch is lost or damaged, and the store is well: that one stays, and those behind it are not to wait for it. */
static bool is_unreadable(const struct sweep *sweep, enum vn_status status)
{
    return sweep->found && (status == VN_ABSENT || status == VN_CORRUPT) &&
           !vn_storage_is_lost(sweep->hub->storage);
}

static enum vn_status release_all(struct sweep *sweep, const char *who, const char *why)
{
    enum vn_status status = VN_OK;
    sweep->choice.max = 1;
    sweep->found = true;
    sweep->by.at_ms = vn_hub_now_ms(sweep->hub);
    (void)snprintf(sweep->by.who, sizeof sweep->by.who, "%s", who);
    (void)snprintf(sweep->by.why, sizeof sweep->by.why, "%s", why);
    vn_buf_init(&sweep->next.moves, VN_ENTRY_MAX);
    while (status == VN_OK && sweep->found &&
           (sweep->max == 0 || sweep->released + sweep->left - sweep->unreadable < sweep->max)) {
        status = vn_storage_unit(sweep->hub->storage, VN_SQL_WRITE, sweep_unit, sweep);
        if (is_unreadable(sweep, status)) {
            vn_log_event(sweep->hub->log, VN_LOG_ERROR, "entry_unreadable", VN_S("till", sweep->till),
                         VN_I("seq", sweep->next.row.seq));
            sweep->unreadable++;
            status = VN_OK;
        }
        sweep->released += status == VN_OK && sweep->gone_on ? 1 : 0;
        sweep->left += status == VN_OK && sweep->found && !sweep->gone_on ? 1 : 0;
        sweep->choice.after_enrolment = sweep->next.row.enrolment;
        sweep->choice.after_seq = sweep->next.row.seq;
    }
    vn_buf_deinit(&sweep->next.moves);
    return status;
}

enum vn_status vn_quarantine_release_class(struct vn_hub *hub, enum vn_quarantine_class class_,
                                           const char *who, const char *why, int64_t *released, int64_t *left)
{
    struct sweep sweep = {.hub = hub, .choice = {.class_ = class_}, .by = {.counts = true}};
    enum vn_status status = release_all(&sweep, who, why);
    *released = sweep.released;
    *left = sweep.left;
    return status;
}

static void log_released(struct vn_hub *hub, int64_t released, int64_t left)
{
    if (released + left > 0) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "quarantine_released", VN_I("released", released),
                     VN_I("left", left));
    }
}

enum vn_status vn_quarantine_release_known(struct vn_hub *hub, unsigned max,
                                           struct vn_quarantine_round *round)
{
    struct sweep sweep = {
        .hub = hub,
        .choice = {.after_enrolment = round->place.enrolment, .after_seq = round->place.seq},
        .known = true,
        .max = max,
        .by = {.counts = round->counts}};
    enum vn_status status = release_all(&sweep, VN_POST_THE_HUB, "what it waited for is there");
    round->more = status == VN_OK && (sweep.found || sweep.more);
    round->released = round->released || sweep.released > 0;
    round->place = status == VN_OK && !sweep.found && sweep.more
                       ? sweep.until
                       : (struct vn_quarantine_place){sweep.choice.after_enrolment, sweep.choice.after_seq};
    log_released(hub, sweep.released, sweep.left);
    return status;
}

static enum vn_status start_unit(void *ctx, struct vn_storage *storage)
{
    (void)ctx;
    return vn_storage_number_put(storage, "reads_up_to", READS_UP_TO);
}

enum vn_status vn_quarantine_start(struct vn_hub *hub)
{
    int64_t before = 0;
    int64_t released = 0;
    int64_t left = 0;
    enum vn_status status = vn_storage_number(hub->storage, "reads_up_to", &before);
    if (status != VN_ABSENT && (status != VN_OK || before >= READS_UP_TO)) {
        return status;
    }
    status = vn_quarantine_release_class(hub, VN_QUARANTINE_UNSUPPORTED, VN_POST_THE_HUB,
                                         "a newer version started", &released, &left);
    log_released(hub, released, left);
    return status == VN_OK ? vn_storage_unit(hub->storage, VN_SQL_WRITE, start_unit, NULL) : status;
}
