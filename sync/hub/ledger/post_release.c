/* Out of quarantine: an entry is applied after all, by what its own counters had moved; or what it moved is written off. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/number.h"
#include "sync/hub/ledger/write_off_work.h"
#include "sync/hub/storage/segments.h"

struct releasing {
    const struct vn_post_held *held;
    const struct vn_prepared *entry;
    struct vn_moved moved;
    struct vn_branch_tally tally; /* of one of a branch */
    int64_t stranger; /* it names this account, which is not known still; or VN_QUARANTINE_FOR_TILLS */
    bool decided;     /* by people */
    bool back;        /* something of another till's receipt came back by it */
    struct vn_error *error;
};

static struct vn_turn turn_of(struct vn_post *post, const struct releasing *self, const char *why,
                              int64_t at_ms)
{
    return (struct vn_turn){.post = post,
                            .why = why,
                            .enrolment = self->held->row->enrolment,
                            .seq = self->held->row->seq,
                            .at_ms = at_ms,
                            .error = self->error};
}

/* What stands in suspense goes back to the right, so that the entry finds what it found when it came. */
static enum vn_status take_back(const struct vn_turn *turn, const struct releasing *self)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < self->moved.count && status == VN_OK; i++) {
        struct vn_post_claim *claim = NULL;
        status = vn_post_claim(turn->post, self->held->row->enrolment, self->moved.rows[i].account, &claim);
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
    int64_t at_ms = within(self->entry->wall_ms, self->held->row->since_ms, self->held->row->until_ms);
    struct vn_apply apply = {.turn = turn_of(post, self, self->entry->kind_name, at_ms),
                             .enrolment = self->held->enrolment,
                             .entry = self->entry,
                             .came_ms = self->held->row->until_ms,
                             .tally = self->held->branch == NULL ? NULL : &self->tally,
                             .successor = self->held->branch == NULL ? 0 : self->held->branch->successor};
    apply.turn.stranger = &self->stranger;
    apply.turn.released = true;
    apply.turn.decided = self->decided;
    self->stranger = 0;
    enum vn_status status = take_back(&apply.turn, self);
    if (status == VN_OK) {
        status = vn_apply_entry(&apply, &self->moved);
    }
    self->back = apply.back;
    return status;
}

static enum vn_status finish(struct vn_post *post, const struct vn_post_held *held,
                             const struct vn_quarantine_row *row)
{
    held->enrolment->quarantined -= held->enrolment->quarantined > 0 ? 1 : 0;
    enum vn_status status = vn_storage_quarantine_put(post->storage, row);
    return status == VN_OK && row->account != 0 ? vn_post_mark(post, row->account, row->enrolment) : status;
}

static void decide(struct vn_quarantine_row *row, enum vn_quarantine_decision decision,
                   const struct vn_post_decision *by)
{
    row->decision = decision;
    row->decided_ms = by->at_ms;
    memcpy(row->by, by->who, sizeof row->by);
    memcpy(row->why, by->why, sizeof row->why);
}

static enum vn_status prepare(struct vn_post *post, const struct vn_post_held *held, struct vn_prepared **out)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_ENTRY_MAX);
    enum vn_status status = vn_storage_entry_body(post->storage, held->row->enrolment, held->row->seq, &body);
    if (status == VN_OK) {
        status = held->branch == NULL ? vn_prepare(post->preparer, vn_buf_view(&body), out)
                                      : vn_prepare_branch(post->preparer, vn_buf_view(&body), out);
    }
    vn_buf_deinit(&body);
    return status;
}

/* It is posted: what waited for it goes on. */
static enum vn_status released_now(struct vn_post *post, const struct vn_post_held *held,
                                   const struct vn_prepared *entry, const struct vn_post_decision *by)
{
    const struct vn_post_item item = {
        .enrolment = held->enrolment, .until_ms = by->at_ms, .entry = entry, .branch = held->branch};
    struct vn_quarantine_row after = *held->row;
    bool others = false; /* rows that nobody here has read */
    decide(&after, VN_QUARANTINE_RELEASED, by);
    enum vn_status status = finish(post, held, &after);
    return status == VN_OK ? vn_post_release_waiting(post, &item, 1, &others) : status;
}

/* It could not be applied. What waits for the tills is tried in vain only when all of them have told what they have;
 * so does what only names it. The first such try counts whoever makes it. */
static enum vn_status stays(struct vn_post *post, const struct releasing *self, enum vn_status why,
                            bool counts)
{
    struct vn_quarantine_row row = *self->held->row;
    int64_t untold = 0;
    bool for_sale = why == VN_ABSENT; /* which is told of when it comes, and not by trying */
    bool waited = !for_sale && row.stranger == VN_QUARANTINE_FOR_TILLS && self->stranger == 0;
    int64_t stranger = waited ? VN_QUARANTINE_FOR_TILLS : self->stranger;
    enum vn_status status = VN_OK;
    if (stranger == VN_QUARANTINE_FOR_TILLS) {
        status = vn_storage_not_told(post->storage, &untold);
    }
    row.attempts += (counts || row.attempts == 0) && untold == 0 ? 1 : 0;
    if (stranger == VN_QUARANTINE_FOR_TILLS && row.attempts >= VN_POST_ATTEMPTS_MAX) {
        stranger = 0; /* nobody told of it: people decide */
    }
    row.class_ = vn_apply_class(self->entry, why, stranger);
    row.stranger = stranger;
    memcpy(row.reason, self->error->text, sizeof row.reason);
    bool same = row.attempts == self->held->row->attempts && row.class_ == self->held->row->class_ &&
                row.stranger == self->held->row->stranger && strcmp(row.reason, self->held->row->reason) == 0;
    return status == VN_OK && !same ? vn_storage_quarantine_put(post->storage, &row) : status;
}

enum vn_status vn_post_release(struct vn_post *post, const struct vn_post_held *held,
                               const struct vn_post_decision *by, bool *released, struct vn_error *error)
{
    struct releasing self = {.held = held, .error = error, .decided = strcmp(by->who, VN_POST_THE_HUB) != 0};
    struct vn_prepared *entry = NULL;
    *released = false;
    enum vn_status status = vn_moved_read(held->row->moves, &self.moved);
    if (status == VN_OK) {
        status = prepare(post, held, &entry);
    }
    if (status == VN_OK) {
        self.entry = entry;
        status = vn_post_once(post, run_release, &self);
    }
    if (status == VN_OK) {
        *released = true;
        post->news.lent = post->news.lent || entry->transfer_count > 0;
        held->enrolment->back += self.back ? 1 : 0;
        if (held->branch != NULL) {
            vn_branch_count(held->branch, &self.tally);
        }
        status = released_now(post, held, entry, by);
        if (status == VN_OK) {
            status = vn_write_off_late(post, held->enrolment, &self.moved, by->at_ms);
        }
    } else if (vn_apply_is_to_blame(status, error)) {
        status = stays(post, &self, status, by->counts);
    }
    vn_prepared_destroy(entry);
    return status;
}

struct discarding {
    struct releasing base;
    int64_t at_ms;
    bool gone; /* its till was written off */
};

/* Of what it brought in, a till that is gone uses no more: as much as is at its hand still never was. */
static enum vn_status forget_unused(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t *amount)
{
    int64_t unused = vn_least(claim->row.right, -*amount);
    if (unused <= 0) {
        return VN_OK;
    }
    enum vn_status status = vn_post_suspend(turn, claim, unused);
    claim->row.out += status == VN_OK ? unused : 0;
    *amount += unused;
    return status;
}

static enum vn_status run_discard(struct vn_post *post, void *ctx)
{
    struct discarding *self = ctx;
    const struct vn_turn turn = turn_of(post, &self->base, "discard", self->at_ms);
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < self->base.moved.count && status == VN_OK; i++) {
        struct vn_post_claim *claim = NULL;
        int64_t amount = self->base.moved.rows[i].out - self->base.moved.rows[i].in;
        status =
            vn_post_claim(post, self->base.held->row->enrolment, self->base.moved.rows[i].account, &claim);
        if (status == VN_OK && self->gone) {
            status = forget_unused(&turn, claim, &amount);
        }
        if (status == VN_OK && amount != 0) {
            status = vn_post_write_off(&turn, claim, amount);
        }
    }
    return status;
}

enum vn_status vn_post_discard(struct vn_post *post, const struct vn_post_held *held,
                               const struct vn_post_decision *by)
{
    struct vn_error error = {VN_OK, "", ""};
    struct discarding self = {.base = {.held = held, .error = &error}, .at_ms = by->at_ms};
    struct vn_quarantine_row after = *held->row;
    decide(&after, VN_QUARANTINE_DISCARDED, by);
    enum vn_status status = vn_moved_read(held->row->moves, &self.base.moved);
    if (status == VN_OK) {
        status = vn_write_off_is_gone(post, held->enrolment, &self.gone);
    }
    if (status == VN_OK) {
        status = vn_post_once(post, run_discard, &self);
    }
    if (status == VN_OK) {
        status = finish(post, held, &after);
    }
    return status == VN_OK ? vn_write_off_late(post, held->enrolment, &self.base.moved, by->at_ms) : status;
}

/* --- what goes on by itself when its sale arrives: a few of each, because all are waited for; people decide of the rest */

struct waiting {
    struct vn_quarantine_row row;
    uint8_t moves[VN_RIGHTS_MAX * 30];
};

struct collecting {
    struct vn_post_list list; /* struct waiting */
};

/* It waits for another entry of these, too: the sale was held and paid in one slice. */
static bool is_collected(const struct collecting *self, const struct vn_quarantine_row *row)
{
    const struct waiting *rows = self->list.rows;
    for (size_t i = 0; i < self->list.count; i++) {
        if (rows[i].row.enrolment == row->enrolment && rows[i].row.seq == row->seq) {
            return true;
        }
    }
    return false;
}

static enum vn_status on_waiting(void *ctx, const struct vn_quarantine_row *row)
{
    struct collecting *self = ctx;
    void *place = NULL;
    if (is_collected(self, row) || row->moves.len > sizeof((struct waiting *)0)->moves) {
        return VN_OK; /* of the latter people decide */
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

/* Whose the entry is: rows that the caller of the slice will store, or else these, which were read for it. */
struct owner {
    struct vn_enrolment_row enrolment;
    struct vn_branch_row branch;
};

static enum vn_status find_owner(struct vn_post *post, const struct vn_post_item *items, size_t count,
                                 struct owner *own, struct vn_post_held *out)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].enrolment->id == out->row->enrolment) {
            out->enrolment = items[i].enrolment;
            out->branch = items[i].branch;
            return VN_OK;
        }
    }
    out->enrolment = &own->enrolment;
    enum vn_status status =
        vn_storage_enrolment_by_number(post->storage, out->row->enrolment, &own->enrolment);
    if (status == VN_OK && own->enrolment.state == VN_ENROLMENT_HANDED_IN) {
        out->branch = &own->branch;
        status = vn_storage_branch_get(post->storage, out->row->enrolment, &own->branch);
    }
    return status;
}

static enum vn_status release_one(struct vn_post *post, const struct vn_post_item *items, size_t count,
                                  struct waiting *waiting, int64_t now_ms, bool *others)
{
    struct owner own;
    struct vn_post_held held = {.row = &waiting->row};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_post_decision by = {
        .who = VN_POST_THE_HUB, .why = "its sale arrived", .at_ms = now_ms, .counts = true};
    bool released = false;
    waiting->row.moves = vn_view_of(waiting->moves, waiting->row.moves.len);
    enum vn_status status = find_owner(post, items, count, &own, &held);
    if (status == VN_OK) {
        status = vn_post_release(post, &held, &by, &released, &error);
    }
    if (status != VN_OK || held.enrolment != &own.enrolment || !released) {
        return status;
    }
    *others = true;
    if (held.branch != NULL) {
        status = vn_storage_branch_put(post->storage, held.branch);
    }
    return status == VN_OK ? vn_storage_enrolment_put(post->storage, held.enrolment) : status;
}

/* By a void or return; by what ends a hold; and the hold of a journal that has ended may be voided, too. */
static bool is_waited_for(const struct vn_post_item *item)
{
    enum vn_entry_kind kind = item->entry->kind;
    return item->entry->has_sale &&
           (kind == VN_ENTRY_COMMIT || kind == VN_ENTRY_USED || kind == VN_ENTRY_HOLD);
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
        int64_t left = VN_RELEASE_SLICE_MAX - (int64_t)found.list.count;
        now_ms = items[i].until_ms > now_ms ? items[i].until_ms : now_ms;
        if (is_waited_for(&items[i]) && left > 0) {
            status = vn_storage_quarantine_waiting(post->storage, &items[i].entry->sale, VN_POST_ATTEMPTS_MAX,
                                                   left < VN_RELEASE_SALE_MAX ? left : VN_RELEASE_SALE_MAX,
                                                   on_waiting, &found);
        }
    }
    struct waiting *rows = found.list.rows;
    for (size_t i = 0; i < found.list.count && status == VN_OK; i++) {
        status = release_one(post, items, count, &rows[i], now_ms, others);
    }
    free(found.list.rows);
    return status;
}
