/* A hub that was set back: a backup that was restored, a machine that was reverted, a file that was copied over.
 *
 * It notices by itself, at its start by the mark in the second place (mark.h), and while it runs by any till that shows a number
 * above its own: an acknowledgement, a cursor, a grant, an epoch. Each start leaves out some numbers of changes, drawn, so that
 * a cursor among them tells the same, also when the hub has gone on above it. Then it opens a new epoch: its numbers go on above
 * all that may have been given before, the ruleset in force and its stops are published anew under numbers that tills take,
 * cursors of tills at or below the point of the branch go on, the others begin with a snapshot, and journals are asked for from
 * where the hub stands. Until an enrolment has shown where it stands, its row's epoch is an earlier one.
 *
 * What is lost is what the hub did by itself since then, imports and enrolments among it; the tills resend
 * the rest, since they keep what no backup has. */
#ifndef VN_HUB_EPOCH_H
#define VN_HUB_EPOCH_H

#include "sync/hub/core/hub.h"
#include "sync/hub/core/mark.h"
#include "sync/hub/core/said.h"
#include "sync/wire/stamp.h"

#define VN_EPOCH_TIME_MS INT64_C(600000) /* how old the time in the mark of a hub that runs may be */

#define VN_EPOCH_APART_MS INT64_C(3600000)

/* Reads the epoch into the hub, which another process may have opened. Statuses of the store. */
VN_MUST_USE enum vn_status vn_epoch_refresh(struct vn_hub *hub);

/* What the till shows above ours, as a sentence; NULL: nothing, or what no hub can have lost: such a cursor is gone (410), as any
 * other that is not ours. Statuses of the store. */
VN_MUST_USE enum vn_status vn_epoch_behind(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                           const struct vn_stamp *stamp, const char **why);
/* The till has shown where it stands, and the hub has all that it acknowledged: marks the row, which the caller stores. What is
 * at or below the head that it shows is of before the epoch; a head further than VN_JOURNAL_PENDING_MAX above what is here is not
 * believed. */
void vn_epoch_shown(const struct vn_hub *hub, struct vn_enrolment_row *row, const struct vn_stamp *stamp);

/* Opens a new epoch if the till still shows more than there is, and publishes anew, in one transaction of its own. For the
 * writer. Statuses of the store, VN_NOMEM.
 *
 * One till is believed once in VN_EPOCH_APART_MS: an epoch is work for all of them. *believed false: it had its epoch, and this
 * is a sign that its journal was tampered with, so it is a branch (fleet.h) now, and can be enrolled anew. A hub that was really
 * set back once more has, with all else, forgotten that it believed this till; if it has not, because that was earlier, any other
 * till tells it. */
VN_MUST_USE enum vn_status vn_epoch_till_is_ahead(struct vn_hub *hub, const struct vn_enrolment_id *enrolment,
                                                  const struct vn_stamp *stamp, bool *believed);

/* At the start: opens a new epoch if the database is behind the mark, or was restored. A mark that can't be read is taken as
 * such a sign, too. Statuses of the store, with a sentence in *error. */
VN_MUST_USE enum vn_status vn_epoch_start(struct vn_hub *hub, const char *mark_path, struct vn_error *error);
/* Writes the mark if the hub came further than *noted, in numbers or by VN_EPOCH_TIME_MS, and brings that up to date. Blocks on
 * the disk. */
VN_MUST_USE enum vn_status vn_epoch_note(struct vn_hub *hub, const char *mark_path, struct vn_mark *noted,
                                         struct vn_error *error);

/* What is known of the lists beside the mark. Zeros: nothing. */
struct vn_epoch_lists {
    int64_t enrolment;                /* the newest that has its line, as all before it */
    struct vn_said revoked, enrolled; /* that one can't be written */
};
/* Notes what was revoked, and enrolled, and is not noted beside the mark (mark_revoked.h, mark_enrolled.h): another hub of the
 * chain may have done it. The log says how many, or why it can't. Blocks on the disk. */
void vn_epoch_note_lists(struct vn_hub *hub, struct vn_epoch_lists *lists);

#endif
