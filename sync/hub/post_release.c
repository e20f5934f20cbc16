/* Out of quarantine: an entry is applied after all, by what its own counters had moved; or what it moved is written off. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/post_work.h"
#include "sync/hub/storage_segments.h"

struct releasing {
    const struct vn_enrolment_row *enrolment;
    const struct vn_quarantine_row *row;
    const struct vn_prepared *entry;
    struct vn_moved moved;
    struct vn_error *error;
};

static struct vn_turn turn_of(struct vn_post *post, const struct releasing *self, const char *why,
                              int64_t at_ms)
{
    return (struct vn_turn){.post = post,
                            .why = why,
                            .enrolment = self->row->enrolment,
                            .seq = self->row->seq,
                            .at_ms = at_ms,
                            .error = self->error};
}

/* What stands in suspense goes back to the right, so that the entry finds what it found when it came. */
static enum vn_status take_back(const struct vn_turn *turn, const struct releasing *self)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < self->moved.count && status == VN_OK; i++) {
        struct vn_post_claim *claim = NULL;
        status = vn_post_claim(turn->post, self->row->enrolment, self->moved.rows[i].account, &claim);
        if (status == VN_OK && self->moved.rows[i].out > 0) {
            status = vn_post_suspend(turn, claim, -self->moved.rows[i].out);
        }
        if (status == VN_OK && self->moved.rows[i].in > 0) {
            status = vn_post_suspend(turn, claim, self->moved.rows[i].in);
        }
    }
    return status;
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    int64_t from = value > least ? value : least;
    return from > most ? most : from;
}

static enum vn_status run_release(struct vn_post *post, void *ctx)
{
    struct releasing *self = ctx;
    int64_t at_ms = within(self->entry->wall_ms, self->row->since_ms, self->row->until_ms);
    struct vn_apply apply = {.turn = turn_of(post, self, self->entry->kind_name, at_ms),
                             .enrolment = self->enrolment,
                             .entry = self->entry};
    enum vn_status status = take_back(&apply.turn, self);
    return status == VN_OK ? vn_apply_entry(&apply, &self->moved) : status;
}

static enum vn_status finish(struct vn_post *post, struct vn_enrolment_row *enrolment,
                             const struct vn_quarantine_row *row)
{
    enrolment->quarantined -= enrolment->quarantined > 0 ? 1 : 0;
    enum vn_status status = vn_storage_quarantine_put(post->storage, row);
    return status == VN_OK && row->account != 0 ? vn_post_mark(post, row->account, row->enrolment) : status;
}

enum vn_status vn_post_release(struct vn_post *post, struct vn_enrolment_row *enrolment,
                               const struct vn_quarantine_row *row, const struct vn_post_decision *by,
                               bool *released, struct vn_error *error)
{
    struct releasing self = {.enrolment = enrolment, .row = row, .error = error};
    struct vn_quarantine_row after = *row;
    struct vn_prepared *entry = NULL;
    struct vn_buf body;
    *released = false;
    vn_buf_init(&body, VN_ENTRY_MAX);
    enum vn_status status = vn_storage_entry_body(post->storage, row->enrolment, row->seq, &body);
    if (status == VN_OK) {
        status = vn_moved_read(row->moves, &self.moved);
    }
    if (status == VN_OK) {
        status = vn_prepare(post->preparer, vn_buf_view(&body), &entry);
    }
    if (status == VN_OK) {
        self.entry = entry;
        status = vn_post_once(post, run_release, &self);
    }
    if (status == VN_OK) {
        *released = true;
        after.decision = VN_QUARANTINE_RELEASED;
        after.decided_ms = by->at_ms;
        memcpy(after.by, by->who, sizeof after.by);
        status = finish(post, enrolment, &after);
    } else if (vn_apply_is_to_blame(status, error)) {
        after.attempts++;
        after.class_ = vn_apply_class(entry, status);
        memcpy(after.reason, error->text, sizeof after.reason);
        status = vn_storage_quarantine_put(post->storage, &after);
    }
    vn_prepared_destroy(entry);
    vn_buf_deinit(&body);
    return status;
}

struct discarding {
    struct releasing base;
    int64_t at_ms;
};

static enum vn_status run_discard(struct vn_post *post, void *ctx)
{
    struct discarding *self = ctx;
    const struct vn_turn turn = turn_of(post, &self->base, "discard", self->at_ms);
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < self->base.moved.count && status == VN_OK; i++) {
        struct vn_post_claim *claim = NULL;
        int64_t amount = self->base.moved.rows[i].out - self->base.moved.rows[i].in;
        status = vn_post_claim(post, self->base.row->enrolment, self->base.moved.rows[i].account, &claim);
        if (status == VN_OK && amount != 0) {
            status = vn_post_write_off(&turn, claim, amount);
        }
    }
    return status;
}

enum vn_status vn_post_discard(struct vn_post *post, struct vn_enrolment_row *enrolment,
                               const struct vn_quarantine_row *row, const struct vn_post_decision *by)
{
    struct vn_error error = {VN_OK, "", ""};
    struct discarding self = {.base = {.enrolment = enrolment, .row = row, .error = &error},
                              .at_ms = by->at_ms};
    struct vn_quarantine_row after = *row;
    after.decision = VN_QUARANTINE_DISCARDED;
    after.decided_ms = by->at_ms;
    memcpy(after.by, by->who, sizeof after.by);
    enum vn_status status = vn_moved_read(row->moves, &self.base.moved);
    if (status == VN_OK) {
        status = vn_post_once(post, run_discard, &self);
    }
    return status == VN_OK ? finish(post, enrolment, &after) : status;
}

/* --- what goes on by itself when its sale arrives */

struct waiting {
    struct vn_quarantine_row row;
    uint8_t moves[VN_RIGHTS_MAX * 30];
};

struct collecting {
    struct vn_post_list list; /* struct waiting */
};

static enum vn_status on_waiting(void *ctx, const struct vn_quarantine_row *row)
{
    struct collecting *self = ctx;
    void *place = NULL;
    if (row->attempts >= VN_POST_ATTEMPTS_MAX || row->moves.len > sizeof((struct waiting *)0)->moves) {
        return VN_OK; /* people decide */
    }
    enum vn_status status = vn_post_list_add(&self->list, sizeof(struct waiting), &place);
    if (status == VN_OK) {
        struct waiting *waiting = place;
        waiting->row = *row;
        if (row->moves.len > 0) {
            memcpy(waiting->moves, row->moves.data, row->moves.len);
        }
    }
    return status;
}

/* The row that the caller will store; else one of our own, which is stored here. */
static enum vn_status release_one(struct vn_post *post, const struct vn_post_item *items, size_t count,
                                  struct waiting *waiting, int64_t now_ms, bool *others)
{
    struct vn_enrolment_row own;
    struct vn_enrolment_row *enrolment = NULL;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_post_decision by = {.who = "its sale arrived", .at_ms = now_ms};
    bool released = false;
    enum vn_status status = VN_OK;
    waiting->row.moves = vn_view_of(waiting->moves, waiting->row.moves.len);
    for (size_t i = 0; i < count && enrolment == NULL; i++) {
        enrolment = items[i].enrolment->id == waiting->row.enrolment ? items[i].enrolment : NULL;
    }
    bool ours = enrolment == NULL;
    if (ours) {
        enrolment = &own;
        status = vn_storage_enrolment_by_number(post->storage, waiting->row.enrolment, &own);
    }
    if (status == VN_OK) {
        status = vn_post_release(post, enrolment, &waiting->row, &by, &released, &error);
    }
    if (status != VN_OK || !ours || !released) {
        return status;
    }
    *others = true;
    return vn_storage_enrolment_put(post->storage, &own);
}

enum vn_status vn_post_release_waiting(struct vn_post *post, const struct vn_post_item *items, size_t count,
                                       bool *others)
{
    struct collecting found = {.list = {.count = 0}};
    enum vn_status status = vn_storage_quarantine_has_waiting(post->storage);
    int64_t now_ms = 0;
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_OK : status;
    }
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        now_ms = items[i].until_ms > now_ms ? items[i].until_ms : now_ms;
        if (items[i].entry->kind == VN_ENTRY_COMMIT && items[i].entry->has_sale) {
            status = vn_storage_quarantine_waiting(post->storage, &items[i].entry->sale, on_waiting, &found);
        }
    }
    struct waiting *rows = found.list.rows;
    for (size_t i = 0; i < found.list.count && status == VN_OK; i++) {
        status = release_one(post, items, count, &rows[i], now_ms, others);
    }
    free(found.list.rows);
    return status;
}
