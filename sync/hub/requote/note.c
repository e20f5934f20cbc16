/* What came of a slice, written down; and what is told of all of them. */
#include <limits.h>

#include "sync/hub/requote/requote.h"
#include "sync/hub/storage/items.h"
#include "sync/hub/storage/lease.h"

#define FORGET_MAX 500

#define NONE UINT_MAX

struct note {
    const struct vn_requote_slice *slice;
    unsigned at;                       /* the row of a receipt that differs, while it is written; NONE */
    bool refused[VN_REQUOTE_ROWS_MAX]; /* those that the server did not take: counted as what can't be read */
    int64_t sums[VN_REQUOTED_SUMS];
    bool held;
};

/* VN_ABSENT: another hub was faster. */
static enum vn_status move(struct vn_storage *storage, const struct vn_requote_turn *turn)
{
    return turn->released
               ? vn_storage_requote_waited(storage, turn->place.enrolment, turn->to)
               : vn_storage_requote_move(storage, turn->place.enrolment, turn->place.seq, turn->to);
}

static enum vn_status put_differing(struct note *note, struct vn_storage *storage, unsigned at)
{
    if (note->refused[at]) {
        note->sums[VN_REQUOTED_DIFFERS]--;
        note->sums[VN_REQUOTED_UNREADABLE]++;
        return VN_OK;
    }
    note->at = at;
    enum vn_status status = vn_storage_differing_put(storage, &note->slice->differing[at]);
    note->at = status == VN_OK ? NONE : at;
    return status;
}

static enum vn_status note_turn(struct note *note, struct vn_storage *storage, unsigned at)
{
    const struct vn_requote_slice *slice = note->slice;
    const struct vn_requote_turn *turn = &slice->turns[at];
    enum vn_status status = move(storage, turn);
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_OK : status;
    }
    for (unsigned i = 0; i < VN_REQUOTED_SUMS; i++) {
        note->sums[i] += turn->sums[i];
    }
    for (unsigned i = at == 0 ? 0 : turn[-1].differing_end; i < turn->differing_end && status == VN_OK; i++) {
        status = put_differing(note, storage, i);
    }
    for (unsigned i = at == 0 ? 0 : turn[-1].waiting_end; i < turn->waiting_end && status == VN_OK; i++) {
        status = vn_storage_requote_wait(storage, turn->place.enrolment, slice->waiting[i]);
    }
    return status;
}

static enum vn_status note_unit(void *ctx, struct vn_storage *storage)
{
    struct note *note = ctx;
    note->at = NONE;
    for (unsigned i = 0; i < VN_REQUOTED_SUMS; i++) {
        note->sums[i] = 0;
    }
    enum vn_status status = vn_storage_lease(storage, VN_REQUOTE_LEASE, VN_LEASE_MS, &note->held);
    if (status != VN_OK || !note->held) {
        return status;
    }
    for (unsigned i = 0; i < note->slice->turn_count && status == VN_OK; i++) {
        status = note_turn(note, storage, i);
    }
    for (unsigned i = 0; i < VN_REQUOTED_SUMS && status == VN_OK; i++) {
        status = note->sums[i] == 0 ? VN_OK
                                    : vn_storage_requote_count(storage, vn_requoted_name(i), note->sums[i]);
    }
    return status == VN_OK && !note->slice->full ? vn_storage_lease_free(storage, VN_REQUOTE_LEASE) : status;
}

void vn_requote_say_refused(struct vn_hub *hub, const char *till, int64_t seq)
{
    struct vn_error error = {VN_OK, "", ""};
    vn_storage_describe(hub->storage, VN_CORRUPT, &error);
    vn_log_event(hub->log, VN_LOG_ERROR, "requote_refused", VN_S("till", till), VN_I("entry", seq),
                 VN_S("reason", error.text));
}

enum vn_status vn_requote_note(struct vn_hub *hub, const struct vn_requote_slice *slice, bool *held)
{
    struct note note = {.slice = slice};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, note_unit, &note);
    while (status == VN_CORRUPT && note.at != NONE && !note.refused[note.at] &&
           !vn_storage_is_lost(hub->storage)) {
        vn_requote_say_refused(hub, slice->differing[note.at].till, slice->differing[note.at].seq);
        note.refused[note.at] = true;
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, note_unit, &note);
    }
    *held = note.held;
    return status;
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

struct forget {
    int64_t now_ms;
    bool more;
};

static enum vn_status forget_unit(void *ctx, struct vn_storage *storage)
{
    struct forget *forget = ctx;
    bool more = false;
    enum vn_status status =
        vn_storage_item_states_forget(storage, forget->now_ms - VN_ITEM_STATES_MS, FORGET_MAX, &forget->more);
    if (status == VN_OK) {
        status = vn_storage_differing_forget(storage, forget->now_ms - VN_REQUOTE_KEPT_MS, FORGET_MAX, &more);
    }
    forget->more = forget->more || more;
    return status;
}

enum vn_status vn_requote_forget(struct vn_hub *hub, bool *more)
{
    struct forget forget = {.now_ms = vn_hub_now_ms(hub)};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, forget_unit, &forget);
    *more = status == VN_OK && forget.more;
    return status;
}

enum vn_status vn_requote_totals(struct vn_hub *hub, struct vn_requote_totals *out)
{
    int64_t since_ms = vn_hub_now_ms(hub) - VN_REQUOTE_RECENT_MS;
    *out = (struct vn_requote_totals){.lag = 0};
    enum vn_status status = vn_storage_requote_lag(hub->storage, &out->lag);
    if (status == VN_OK) {
        status = vn_storage_differing_since(hub->storage, since_ms, &out->recent);
    }
    for (unsigned i = 0; i < VN_REQUOTED_SUMS && status == VN_OK; i++) {
        status = vn_storage_requote_counted(hub->storage, vn_requoted_name(i), &out->sums[i]);
    }
    return status;
}
