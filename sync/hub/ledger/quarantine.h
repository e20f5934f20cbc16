/* What people and new versions do with entries in quarantine (post.h): look at one, release it, give it up.
 *
 * An entry is named by its till and its number; of several enrolments of a till, the newest that has one open is meant. Releases
 * that nobody asked for: of entries that waited for their sale, when it is committed (posting does it itself); for an account,
 * when it is imported or signs up; of entries of a kind or version that was unknown, when a newer hub starts. All functions run
 * in transactions of their own. */
#ifndef VN_HUB_QUARANTINE_H
#define VN_HUB_QUARANTINE_H

#include "sync/hub/core/hub.h"
#include "sync/hub/ledger/post.h"

struct vn_quarantine_entry {
    struct vn_quarantine_row row; /* without its moves */
    char till[VN_ID_MAX];
    struct vn_buf body; /* of the entry */
};
/* One that is open, or else one that was decided. VN_ABSENT: there is no such entry, with a sentence. To be ended by _deinit,
 * whatever came. */
VN_MUST_USE enum vn_status vn_quarantine_find(struct vn_hub *hub, const char *till, int64_t seq,
                                              struct vn_quarantine_entry *out, struct vn_error *error);
void vn_quarantine_entry_deinit(struct vn_quarantine_entry *entry);

/* `who` and `why` are kept with the decision. VN_ABSENT; VN_INPUT: it still can't be applied, *error says why, and it stays. */
VN_MUST_USE enum vn_status vn_quarantine_release(struct vn_hub *hub, const char *till, int64_t seq,
                                                 const char *who, const char *why, struct vn_error *error);
/* All of a class, oldest first; *released of them could be applied. */
VN_MUST_USE enum vn_status vn_quarantine_release_class(struct vn_hub *hub, enum vn_quarantine_class class_,
                                                       const char *who, const char *why, int64_t *released,
                                                       int64_t *left);
/* VN_ABSENT. */
VN_MUST_USE enum vn_status vn_quarantine_discard(struct vn_hub *hub, const char *till, int64_t seq,
                                                 const char *who, const char *why, struct vn_error *error);

/* A round through what waits, by pieces; begun with all of it 0 but `counts`. */
struct vn_quarantine_round {
    /* Each try is one of VN_POST_ATTEMPTS_MAX, after which people decide; a first try always is. */
    bool counts;
    struct vn_quarantine_place place; /* it goes on behind this one, so that what stays is tried once */
    bool more;                        /* there may be others behind it */
    bool released;                    /* an entry was, and one that stood before it may go on now */
};
/* After an import, after a sign-up, and now and then: of what waited for something that may be there now, the next `max` entries
 * of the round; fewer when VN_RELEASE_LOOK_MAX others still wait. */
VN_MUST_USE enum vn_status vn_quarantine_release_known(struct vn_hub *hub, unsigned max,
                                                       struct vn_quarantine_round *round);

/* At each start: the first one of a version releases what earlier ones could not read. */
VN_MUST_USE enum vn_status vn_quarantine_start(struct vn_hub *hub);

#endif
