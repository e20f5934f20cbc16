/* Who waits until other tills have released what was asked back of them: tasks that are on no thread meanwhile. What the writer
 * posted says of which accounts something came; or their time is over. Loop thread only; nothing blocks. */
#ifndef VN_HUB_SERVICE_WAITS_H
#define VN_HUB_SERVICE_WAITS_H

#include "sync/hub/service/service.h"

struct vn_waits; /* opaque */

/* Zeroed before its first use, and embedded in something of the caller's. */
struct vn_wait {
    struct vn_wait *next, *prev;
    bool waits;
    uint64_t until_ms; /* by uv_now */
    unsigned account_count;
    int64_t accounts[VN_RIGHTS_MAX];
    /* It waits for nothing any more. `late`: nothing came, or the hub ends. */
    void (*over)(struct vn_wait *wait, bool late);
};

VN_MUST_USE enum vn_status vn_waits_create(struct vn_service *service, struct vn_waits **out); /* VN_NOMEM */
void vn_waits_close(struct vn_waits *waits); /* nobody may wait any more; the loop must run before free */
void vn_waits_free(struct vn_waits *waits);

void vn_waits_add(struct vn_waits *waits, struct vn_wait *wait);
void vn_waits_remove(struct vn_waits *waits, struct vn_wait *wait); /* also one that waits for nothing */
/* Something of these accounts was released. */
void vn_waits_news(struct vn_waits *waits, const int64_t *accounts, unsigned count);
void vn_waits_end(struct vn_waits *waits); /* all of them are over */

#endif
