/* gzip (RFC 1952) of whole bodies in memory, both ways, bounded.
 *
 * Nothing blocks; level 1 takes about 10 ms a megabyte. Streams in pieces are not here. */
#ifndef VN_NET_GZIP_H
#define VN_NET_GZIP_H

#include "agent/base/bytes.h"

/* Appends the zipped view. `level` 1 (fast) to 9. VN_ARG, VN_FULL (out's own maximum), VN_NOMEM. */
VN_MUST_USE enum vn_status vn_gzip(struct vn_view data, int level, struct vn_buf *out);

/* Appends what was zipped: one gzip member that ends where the view ends. Stops with VN_FULL as soon as more
 * than `max_out` bytes would come out, or out's own maximum is reached. VN_INPUT: broken, cut short, or
 * followed by something; VN_NOMEM. After a failure out's content is as before. */
VN_MUST_USE enum vn_status vn_gunzip(struct vn_view data, size_t max_out, struct vn_buf *out);

#endif
