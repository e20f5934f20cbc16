/* What no statement can bring from one version of the database to the next, because it is packed or read out of entries. */
#ifndef VN_HUB_STORAGE_CONVERT_H
#define VN_HUB_STORAGE_CONVERT_H

#include "sync/hub/storage/storage.h"

/* The ledger of the first versions becomes that of today, once. A transaction of its own. VN_FULL: an account has more lots than
 * a book takes. */
VN_MUST_USE enum vn_status vn_storage_convert(struct vn_storage *storage);

/* storage/convert_quarantine.c: inside of it. What the counters of an entry in quarantine moved was not written down then; it
 * follows from the entries before it. */
VN_MUST_USE enum vn_status vn_storage_convert_quarantine(struct vn_storage *storage);

#endif
