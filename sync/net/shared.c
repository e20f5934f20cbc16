#include "sync/net/shared.h"

#include <stdatomic.h>
#include <stdlib.h>

struct vn_shared {
    atomic_size_t holders;
    struct vn_buf bytes;
    bool zipped;
};

enum vn_status vn_shared_take(struct vn_buf *from, bool zipped, struct vn_shared **out)
{
    struct vn_shared *shared = calloc(1, sizeof *shared);
    *out = shared;
    if (shared == NULL) {
        return VN_NOMEM;
    }
    atomic_init(&shared->holders, 1);
    shared->bytes = *from;
    shared->zipped = zipped;
    vn_buf_init(from, from->max);
    return VN_OK;
}

struct vn_shared *vn_shared_hold(struct vn_shared *shared)
{
    (void)atomic_fetch_add_explicit(&shared->holders, 1, memory_order_relaxed);
    return shared;
}

void vn_shared_drop(struct vn_shared *shared)
{
    /* Acquire and release: what others read is read before the last one frees. */
    if (shared != NULL && atomic_fetch_sub_explicit(&shared->holders, 1, memory_order_acq_rel) == 1) {
        vn_buf_deinit(&shared->bytes);
        free(shared);
    }
}

struct vn_view vn_shared_view(const struct vn_shared *shared)
{
    return vn_buf_view(&shared->bytes);
}

bool vn_shared_is_zipped(const struct vn_shared *shared)
{
    return shared->zipped;
}
