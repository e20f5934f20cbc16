/* Bytes that many replies send at once: made one time, counted, never copied.
 *
 * A feed frame that goes to ten thousand tills is zipped once and shared by all the replies that carry it. Whoever
 * holds a reference keeps the bytes; the last one that drops it frees them. The bytes never change, and the count
 * is atomic, so a block may be made on one thread and dropped on another. Nothing blocks. */
#ifndef VN_NET_SHARED_H
#define VN_NET_SHARED_H

#include "agent/base/bytes.h"

struct vn_shared; /* opaque */

/* Takes the memory of the buffer over, which is empty afterwards, as one block with one reference: the caller's.
 * `zipped`: the bytes are gzip (sync/net/gzip.h), and go out with that encoding. VN_NOMEM: the buffer is as before. */
VN_MUST_USE enum vn_status vn_shared_take(struct vn_buf *from, bool zipped, struct vn_shared **out);
struct vn_shared *vn_shared_hold(struct vn_shared *shared); /* one reference more; returns the block */
void vn_shared_drop(struct vn_shared *shared);              /* one less; NULL is fine */

struct vn_view vn_shared_view(const struct vn_shared *shared);
bool vn_shared_is_zipped(const struct vn_shared *shared);

#endif
