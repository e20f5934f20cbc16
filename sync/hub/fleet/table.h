/* The fleet as the loop knows it: who a certificate belongs to and where each enrolment stood when the store was
 * last heard of. It answers without the disk what every request asks; whatever is decided by it is looked at once
 * more in the transaction that acts on it.
 *
 * Loop thread only; nothing blocks. Rows are told to the table after the commit that changed them, never before.
 * `mono_ms` is the present moment on the monotonic clock that the server's connections are told by. */
#ifndef VN_HUB_FLEET_TABLE_H
#define VN_HUB_FLEET_TABLE_H

#include "sync/hub/core/hub.h"
#include "sync/wire/rights.h"
#include "sync/wire/stamp.h"

struct vn_fleet_table; /* opaque */

/* The hub knew at that moment that the till has this entry: it took it in, or was shown it when a new epoch began. */
struct vn_fleet_mark {
    int64_t seq;
    int64_t known_ms; /* monotonic; later than the truth when another process took the entry in */
};

struct vn_fleet_seen {
    int64_t id; /* the hub's number of the enrolment */
    struct vn_enrolment_id enrolment;
    char till[VN_ID_MAX];
    enum vn_enrolment_state state;
    int64_t high_seq; /* acknowledged */
    struct vn_hash head;
    struct vn_fleet_mark marks[VN_FLEET_MARKS]; /* the last ones, both numbers rising; zeros at the front */
    int64_t boot_seq;                           /* of its last boot entry; 0: none yet */
    uint8_t boot[VN_ID_BYTES];
    int64_t contact_ms;         /* wall time of its last request since the start; 0: none */
    unsigned polls;             /* of it, that wait for news */
    struct vn_rights_mark told; /* of grants, and of what is asked back, since the start */
    struct vn_cursor roster;    /* the newest that it was told of since the start */
    bool sends;                 /* a journal request of it is under way */
    int64_t signup_minute;      /* since 1970, in which it asked for so many sign-ups */
    unsigned signups;
    int64_t
        walk; /* of a till that loads a snapshot in parts: the feed's number that its last part ended with */
};

/* Reads the whole fleet. VN_NOMEM, statuses of the store. */
VN_MUST_USE enum vn_status vn_fleet_table_create(struct vn_storage *storage, int64_t mono_ms,
                                                 struct vn_fleet_table **out);
void vn_fleet_table_destroy(struct vn_fleet_table *table);

/* NULL: no such enrolment. Pointers live until the next vn_fleet_table_put. */
struct vn_fleet_seen *vn_fleet_table_find(const struct vn_fleet_table *table,
                                          const struct vn_enrolment_id *id);
/* Whose certificate it is: each of an enrolment's carries its name. */
struct vn_fleet_seen *vn_fleet_table_by_name(const struct vn_fleet_table *table, const char *common_name);
size_t vn_fleet_table_count(const struct vn_fleet_table *table);
struct vn_fleet_seen *vn_fleet_table_at(const struct vn_fleet_table *table, size_t index); /* ids rise */

/* A row as it was committed: new, or another state or head than before. VN_NOMEM: a new one is not known, and will be
 * refused until the next start. */
VN_MUST_USE enum vn_status vn_fleet_table_put(struct vn_fleet_table *table,
                                              const struct vn_enrolment_row *row, int64_t mono_ms);
/* What was taken in of its journal, or shown of it, if that is more than before. */
void vn_fleet_seen_took(struct vn_fleet_seen *seen, const struct vn_enrolment_row *row, int64_t mono_ms);
/* All enrolments of a till have ended, or the one whose id it is in hex. */
void vn_fleet_table_revoke(struct vn_fleet_table *table, const char *word);
void vn_fleet_table_boot(struct vn_fleet_seen *seen, int64_t seq, const uint8_t boot[VN_ID_BYTES]);

/* Nothing that the table knows speaks against where the till says it stands. False: ask vn_fleet_check, which has the
 * whole journal. */
bool vn_fleet_seen_fits(const struct vn_fleet_seen *seen, const struct vn_stamp *stamp);
/* The entry that the till must have when it speaks on a connection that was opened at that moment: what it had when the
 * hub knew of it, it has when it connects later (docs/decisions/0018). 0: any. */
int64_t vn_fleet_seen_least(const struct vn_fleet_seen *seen, int64_t opened_ms);

#endif
