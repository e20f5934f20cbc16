#include "sync/hub/epoch/epoch.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/core/mark_enrolled.h"
#include "sync/hub/core/mark_revoked.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/masters/publish.h"

/* What a hub can have lost: numbers go on above what a till shows, so a lie beyond would use up those of the whole chain. */
#define EPOCHS_LOST_MAX  1000
#define CHANGES_LOST_MAX INT64_C(100000000000) /* a thousand a second, for three years */
#define GAP_LEAST        100000000             /* of the numbers that a start leaves out */
#define GAP_MORE         100000000             /* and so many more, drawn */

struct opening {
    struct vn_hub *hub;
    const struct vn_enrolment_id *enrolment; /* NULL: at the start */
    const struct vn_stamp *stamp;
    struct vn_position seen;
    char why[VN_ERROR_TEXT_MAX];
    struct vn_enrolment_row row; /* the till's */
    int64_t enrolled, revoked;   /* what was since, and is again */
    struct vn_error unread;      /* a file that says so can't be read */
    bool opened, doubted;
};

enum vn_status vn_epoch_refresh(struct vn_hub *hub)
{
    return vn_storage_number(hub->storage, "epoch", &hub->epoch);
}

static bool is_believed(const struct vn_hub *hub, const struct vn_position *ours,
                        const struct vn_cursor *cursor)
{
    return cursor->epoch <= hub->epoch + EPOCHS_LOST_MAX &&
           (cursor->epoch < hub->epoch || cursor->number <= ours->change + CHANGES_LOST_MAX);
}

/* Numbers that were never given tell of a set-back like those above ours, for ever: those above are given to others one day. */
static enum vn_status has_seen_others(struct vn_hub *hub, const struct vn_position *ours,
                                      const struct vn_cursor *cursor, bool *out)
{
    *out = cursor->number > ours->change;
    return *out ? VN_OK : vn_storage_is_unnumbered(hub->storage, cursor->number, out);
}

enum vn_status vn_epoch_behind(struct vn_hub *hub, const struct vn_enrolment_row *row,
                               const struct vn_stamp *stamp, const char **why)
{
    struct vn_position ours;
    *why = NULL;
    enum vn_status status = vn_storage_position(hub->storage, &ours);
    if (status != VN_OK) {
        return status;
    }
    bool believed = is_believed(hub, &ours, &stamp->cursor);
    bool others = false;
    if (believed && stamp->cursor.epoch == hub->epoch) {
        status = has_seen_others(hub, &ours, &stamp->cursor, &others);
    }
    if (status != VN_OK) {
        return status;
    }
    if (believed && stamp->cursor.epoch > hub->epoch) {
        *why = "a till is in an epoch that is still to come";
    } else if (row->epoch == hub->epoch && stamp->acked_seq > row->high_seq) {
        *why = "a till has acknowledgements of entries that are not here";
    } else if (row->epoch == hub->epoch && stamp->grant > row->grant) {
        *why = "a till has a grant that was not given here";
    } else if (others) {
        *why = "a till has seen changes that are not here";
    }
    return VN_OK;
}

/* A till stops paying with points when so many entries wait, so of grants it has none behind: a claim of more would be believed
 * for ever, and waited for. */
static int64_t believed_head(const struct vn_enrolment_row *row, const struct vn_stamp *stamp)
{
    return stamp->head_seq - row->high_seq > VN_JOURNAL_PENDING_MAX ? row->high_seq + VN_JOURNAL_PENDING_MAX
                                                                    : stamp->head_seq;
}

void vn_epoch_shown(const struct vn_hub *hub, struct vn_enrolment_row *row, const struct vn_stamp *stamp)
{
    if (row->epoch != hub->epoch && row->high_seq >= stamp->acked_seq) {
        row->epoch = hub->epoch;
        row->shown_seq = believed_head(row, stamp);
        row->grant = row->grant > stamp->grant ? row->grant : stamp->grant;
    }
}

static enum vn_status look_at_till(struct opening *opening, const char **why)
{
    struct vn_enrolment_row *row = &opening->row;
    enum vn_status status = vn_storage_enrolment_get(opening->hub->storage, opening->enrolment, row);
    if (status != VN_OK) {
        return status;
    }
    status = vn_epoch_behind(opening->hub, row, opening->stamp, why);
    if (status != VN_OK || *why == NULL) {
        return status;
    }
    const struct vn_cursor *cursor = &opening->stamp->cursor;
    struct vn_position ours;
    (void)snprintf(opening->why, sizeof opening->why, "%s: %s of %s", *why, row->till, row->store);
    status = vn_storage_position(opening->hub->storage, &ours);
    opening->seen = (struct vn_position){.epoch = 0};
    if (status == VN_OK && is_believed(opening->hub, &ours, cursor)) {
        opening->seen.epoch = cursor->epoch;
        opening->seen.change = cursor->epoch < opening->hub->epoch ? 0 : cursor->number;
    }
    return status;
}

/* Whether the till's word is enough, which is noted; else it has ended. */
static enum vn_status weigh(struct opening *opening, struct vn_storage *storage)
{
    int64_t last_ms = 0;
    int64_t now_ms = vn_hub_now_ms(opening->hub);
    enum vn_status status = vn_storage_epoch_by(storage, opening->row.id, &last_ms);
    if (status != VN_OK) {
        return status;
    }
    opening->doubted = last_ms != 0 && now_ms >= last_ms && now_ms - last_ms < VN_EPOCH_APART_MS;
    return opening->doubted
               ? vn_fleet_branch(opening->hub, &opening->row)
               : vn_storage_epoch_by_put(storage, opening->row.id, now_ms, now_ms - VN_EPOCH_APART_MS);
}

static enum vn_status revoke_unit(void *ctx, struct vn_storage *storage)
{
    struct opening *opening = ctx;
    opening->unread.status = VN_OK;
    return opening->hub->revoked == NULL
               ? VN_OK
               : vn_mark_revoke_again(opening->hub->revoked, storage, &opening->revoked, &opening->unread);
}

static enum vn_status open_unit(void *ctx, struct vn_storage *storage)
{
    struct opening *opening = ctx;
    const char *why = opening->why;
    opening->opened = opening->doubted = false;
    enum vn_status status = vn_epoch_refresh(opening->hub);
    if (status == VN_OK && opening->enrolment != NULL) {
        status = look_at_till(opening, &why);
        if (status == VN_OK && why != NULL) {
            status = weigh(opening, storage);
        }
    }
    if (status != VN_OK || why == NULL || opening->doubted) {
        return status;
    }
    opening->opened = true;
    /* The latest that it can be: what tills wrote down until now they wrote down before. */
    status = vn_storage_epoch_open(storage, &opening->seen, opening->why, vn_hub_latest_ms(opening->hub));
    if (status == VN_OK && opening->hub->enrolled != NULL) {
        status = vn_mark_enrol_again(opening->hub->enrolled, storage, vn_hub_now_ms(opening->hub),
                                     &opening->enrolled, &opening->unread);
    }
    if (status == VN_OK) {
        status = vn_storage_epoch_above(storage);
    }
    if (status == VN_OK) {
        status = revoke_unit(opening, storage);
    }
    return status == VN_OK ? vn_publish_again(opening->hub) : status;
}

static enum vn_status run_opening(struct opening *opening)
{
    struct vn_hub *hub = opening->hub;
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, open_unit, opening);
    if (status == VN_OK) {
        status = vn_epoch_refresh(hub);
    }
    if (status == VN_OK && opening->opened) {
        vn_log_event(hub->log, VN_LOG_WARN, "hub_set_back", VN_S("why", opening->why),
                     VN_I("epoch", hub->epoch), VN_I("enrolled_again", opening->enrolled),
                     VN_I("revoked_again", opening->revoked));
    } else if (status == VN_OK && opening->doubted) {
        vn_log_event(hub->log, VN_LOG_WARN, "till_not_believed", VN_S("why", opening->why));
    } else if (opening->unread.status != VN_OK) {
        vn_log_event(hub->log, VN_LOG_ERROR, "set_back_not_read", VN_S("reason", opening->unread.text));
    }
    return status;
}

enum vn_status vn_epoch_till_is_ahead(struct vn_hub *hub, const struct vn_enrolment_id *enrolment,
                                      const struct vn_stamp *stamp, bool *believed)
{
    struct opening opening = {.hub = hub, .enrolment = enrolment, .stamp = stamp};
    enum vn_status status = run_opening(&opening);
    *believed = !opening.doubted;
    return status;
}

static const char *look_at_mark(const struct vn_mark *mark, const struct vn_position *ours)
{
    const struct vn_position *noted = &mark->position;
    if (mark->restored) {
        return "a backup was restored";
    }
    return noted->epoch > ours->epoch || noted->change > ours->change || noted->movement > ours->movement ||
                   noted->published > ours->published
               ? "the database is older than the one that was here"
               : NULL;
}

/* Also when nothing else is missing: of a database that was put back the numbers can be those of the mark, but for a
 * revocation. */
static enum vn_status revoke_again(struct opening *opening)
{
    enum vn_status status = vn_storage_unit(opening->hub->storage, VN_SQL_WRITE, revoke_unit, opening);
    if (status == VN_OK && opening->revoked > 0) {
        vn_log_event(opening->hub->log, VN_LOG_WARN, "revoked_again", VN_I("enrolments", opening->revoked));
    }
    return status;
}

static enum vn_status leave_out(void *ctx, struct vn_storage *storage)
{
    const struct vn_hub *hub = ctx;
    uint32_t bits = 0;
    enum vn_status status = vn_random_fill(&hub->random, (uint8_t *)&bits, sizeof bits);
    return status == VN_OK ? vn_storage_unnumber(storage, GAP_LEAST + bits % GAP_MORE) : status;
}

static enum vn_status look_at_enrolled(struct opening *opening, const char **why)
{
    struct vn_hub *hub = opening->hub;
    int64_t count = 0;
    enum vn_status status = hub->enrolled == NULL ? VN_OK
                                                  : vn_mark_enrolled_missing(hub->enrolled, hub->storage,
                                                                             &count, &opening->unread);
    *why = count > 0 ? "the database does not know tills that were enrolled here" : NULL;
    return status;
}

enum vn_status vn_epoch_start(struct vn_hub *hub, const char *mark_path, struct vn_error *error)
{
    struct vn_mark mark;
    struct opening opening = {.hub = hub};
    struct vn_position ours;
    enum vn_status marked = vn_mark_read(mark_path, &mark, error);
    enum vn_status status = vn_storage_position(hub->storage, &ours);
    const char *why = NULL;
    if (status == VN_OK && marked == VN_OK) {
        why = look_at_mark(&mark, &ours);
    } else if (marked == VN_INPUT) {
        why = "the mark in the second place can't be read";
    } else if (status == VN_OK && marked != VN_ABSENT) {
        return marked;
    }
    if (status == VN_OK && why == NULL) {
        status = look_at_enrolled(&opening, &why);
    }
    if (status == VN_OK && why != NULL && !VN_PLANTED(EPOCH_KEPT)) {
        opening.seen = mark.position;
        (void)snprintf(opening.why, sizeof opening.why, "%s", why);
        status = run_opening(&opening);
    }
    if (status == VN_OK) {
        status = revoke_again(&opening);
    }
    if (opening.unread.status != VN_OK) {
        return vn_fail(error, status, "%s", opening.unread.text);
    }
    if (status == VN_OK) {
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, leave_out, hub);
    }
    if (status == VN_OK) {
        struct vn_epoch_lists lists = {.enrolment = 0};
        vn_epoch_note_lists(hub, &lists);
    }
    struct vn_mark noted = {.restored = false};
    return status == VN_OK
               ? vn_epoch_note(hub, mark_path, &noted, error)
               : vn_fail(error, status, "the epoch can't be read or opened: %s", vn_status_name(status));
}

enum vn_status vn_epoch_note(struct vn_hub *hub, const char *mark_path, struct vn_mark *noted,
                             struct vn_error *error)
{
    struct vn_mark mark = {.time_ms = vn_hub_now_ms(hub)};
    enum vn_status status = vn_storage_position(hub->storage, &mark.position);
    if (status != VN_OK) {
        return vn_fail(error, status, "the numbers can't be read: %s", vn_status_name(status));
    }
    bool moved = memcmp(&mark.position, &noted->position, sizeof mark.position) != 0;
    bool late = mark.time_ms >= noted->time_ms + VN_EPOCH_TIME_MS ||
                mark.time_ms <= noted->time_ms - VN_EPOCH_TIME_MS;
    if (!moved && !late) {
        return VN_OK;
    }
    status = vn_mark_write(mark_path, &mark, error);
    if (status == VN_OK) {
        *noted = mark;
    }
    return status;
}

/* --- the lists beside the mark ----------------------------------------------------------------------------- */

static void say_unwritten(const struct vn_hub *hub, struct vn_said *said, const char *event,
                          const char *reason)
{
    int64_t times = 0;
    if (vn_said_failed(said, vn_hub_mono_ms(hub), reason, &times)) {
        vn_log_event(hub->log, VN_LOG_ERROR, event, VN_S("reason", reason), VN_I("times", times));
    }
}

static void note_enrolled(struct vn_hub *hub, struct vn_epoch_lists *lists)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t newest = 0;
    enum vn_status status = vn_storage_enrolment_newest(hub->storage, &newest);
    if (status == VN_OK && newest != lists->enrolment) {
        status = vn_mark_enrolled_fill(hub->enrolled, hub->storage, &error);
        lists->enrolment = status == VN_OK ? newest : lists->enrolment;
    }
    if (status == VN_OK) {
        vn_said_worked(&lists->enrolled);
    } else if (status != VN_GONE) {
        say_unwritten(hub, &lists->enrolled, "enrolments_not_noted",
                      error.status == VN_OK ? vn_status_name(status) : error.text);
    }
}

static void note_revoked(struct vn_hub *hub, struct vn_epoch_lists *lists)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    enum vn_status status =
        vn_mark_revoked_fill(hub->revoked, hub->storage, vn_hub_now_ms(hub), &count, &error);
    if (count > 0) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "revoked_noted", VN_I("enrolments", count));
    }
    if (status == VN_OK) {
        vn_said_worked(&lists->revoked);
    } else if (error.status != VN_OK || status != VN_GONE) {
        say_unwritten(hub, &lists->revoked, "revoked_not_noted",
                      error.status == VN_OK ? vn_status_name(status) : error.text);
    }
}

void vn_epoch_note_lists(struct vn_hub *hub, struct vn_epoch_lists *lists)
{
    if (hub->revoked != NULL) {
        note_revoked(hub, lists);
    }
    if (hub->enrolled != NULL) {
        note_enrolled(hub, lists);
    }
}
