/* Leases: of several hubs over one database, who does a piece of work that one is enough for.
 *
 * A lease has a name, and whoever holds it holds it until a moment by the database's clock, which is one for all; what the clocks
 * of the machines say does not matter. He renews it by working, and gives it back when nothing is left to do. If he dies, or the
 * line to him, others have it when its time is over.
 *
 *     outside of a transaction   vn_storage_lease_is_others: somebody else works, look again in a while
 *     in the unit that works     vn_storage_lease, before it reads anything else; not held: end the unit without having done
 *     anything in the same unit           vn_storage_lease_free, when it found that nothing is left
 *
 * So a lease costs a statement a unit and no commit of its own: it is taken, renewed and given back with the work. Looking first,
 * outside, matters: a serialisable transaction that reads the row, or waits for it, would collide with the one that works.
 *
 * It saves work that would be done twice, and is no lock: a holder who was asleep may still be in his last unit when the next one
 * begins. The work itself must be right without it, as serialisable units are.
 *
 * SQLite is open in one process alone, which holds every lease: nothing is read or written there. */
#ifndef VN_HUB_STORAGE_LEASE_H
#define VN_HUB_STORAGE_LEASE_H

#include "sync/hub/storage/storage.h"

#define VN_LEASE_MS                                                                                          \
    3000 /* a length that serves: work is taken over within so long, and its units are much shorter */

/* Takes the lease if it is free or its time is over, renews it when a third of it has passed. *held: the caller has it now. A
 * connection is a holder of its own. In a write transaction; statuses of the store. */
VN_MUST_USE enum vn_status vn_storage_lease(struct vn_storage *storage, const char *name, int64_t for_ms,
                                            bool *held);
/* Gives it back if the caller has it. In a write transaction. */
VN_MUST_USE enum vn_status vn_storage_lease_free(struct vn_storage *storage, const char *name);
/* Whether somebody else holds it just now. Outside of a transaction. */
VN_MUST_USE enum vn_status vn_storage_lease_is_others(struct vn_storage *storage, const char *name,
                                                      bool *out);

#endif
