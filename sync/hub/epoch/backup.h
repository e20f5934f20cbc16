/* Backups of hub.db while the hub runs, and the way back.
 *
 * A backup is a folder of its own below the one that was named, called by its time:
 *
 *     hub.db          the database at one moment, read in whole and audited after it was written
 *     manifest.json   schema, made_ms, bytes, sha256 of hub.db, epoch, and for each enrolment how far its journal is in it
 *
 * The chain's keys are not in it: they don't change, and who has a backup should not have them too.
 *
 * The copy is made by the verb's own process, which only reads, so the hub neither stops nor waits. */
#ifndef VN_HUB_BACKUP_H
#define VN_HUB_BACKUP_H

#include <jansson.h>

#include "agent/base/bytes.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"

#define VN_BACKUP_SCHEMA 1

struct vn_backup {
    char path[VN_PATH_MAX]; /* the folder */
    int64_t bytes;
    int64_t tills, entries; /* enrolments, and their entries that were verified */
    json_t *manifest;       /* owned by the caller: json_decref */
};

/* What is being done, and how far: pages of a copy, or 0 of 0 while something is read. */
typedef void (*vn_backup_progress)(void *ctx, const char *doing, int done, int of);

/* Backs up the chain of `dir` below `to`, which is made when it is not there. A backup that fails its audit is left, under
 * its name with ".broken", for who looks into it, and so is one that could not be finished: out->path; "": nothing is there.
 * VN_ABSENT: no database; VN_CORRUPT: the copy, or the chain, contradicts itself, with the first contradiction in *error;
 * VN_CONFLICT: there is one of this second; VN_FULL, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_backup_make(const char *dir, const char *to, struct vn_clock clock,
                                          vn_backup_progress progress, void *ctx, struct vn_backup *out,
                                          struct vn_error *error);

/* Puts the database of the backup's folder `from` into `dir`, which has the chain's keys and no database. The hub opens a new
 * epoch by itself when it starts there. VN_CONFLICT: there is a database, and it is left alone; VN_ABSENT: no backup, or no keys;
 * VN_CORRUPT: the backup is not what its manifest says; VN_FULL, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_backup_restore(const char *from, const char *dir, vn_backup_progress progress,
                                             void *ctx, struct vn_backup *out, struct vn_error *error);

struct vn_hub;

/* `tills` is the list of a manifest whose backup is off this machine: raises the durable_seq of each enrolment that is known and
 * has as much. In a transaction of its own. *count: how many enrolments were named. VN_INPUT; statuses of the store. */
VN_MUST_USE enum vn_status vn_backup_told(struct vn_hub *hub, struct vn_view tills, int64_t *count,
                                          struct vn_error *error);

#endif
