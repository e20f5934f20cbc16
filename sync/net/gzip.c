#include "sync/net/gzip.h"

#include <limits.h>
#include <zlib.h>

#define GZIP_WINDOW (MAX_WBITS + 16) /* 16: gzip's head and tail instead of zlib's */
#define STEP        16384

enum vn_status vn_gzip(struct vn_view data, int level, struct vn_buf *out)
{
    if (level < 1 || level > 9 || data.len > UINT_MAX) {
        return VN_ARG;
    }
    z_stream z = {0};
    if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return VN_NOMEM;
    }
    size_t bound = deflateBound(&z, (uLong)data.len);
    size_t room = out->max - out->len;
    bound = bound < room ? bound : room;
    enum vn_status status = vn_buf_reserve(out, bound);
    if (status == VN_OK) {
        z.next_in = (Bytef *)(uintptr_t)data.data;
        z.avail_in = (uInt)data.len;
        z.next_out = out->data == NULL ? NULL : out->data + out->len;
        z.avail_out = bound > UINT_MAX ? UINT_MAX : (uInt)bound;
        if (bound > 0 && deflate(&z, Z_FINISH) == Z_STREAM_END) {
            out->len += z.total_out;
        } else {
            status = VN_FULL;
        }
    }
    (void)deflateEnd(&z);
    return status;
}

/* One step into a piece of the stack; `left` is what may still come out. */
static enum vn_status inflate_step(z_stream *z, size_t *left, struct vn_buf *out, bool *ended)
{
    uint8_t piece[STEP];
    z->next_out = piece;
    z->avail_out = sizeof piece;
    int code = inflate(z, Z_NO_FLUSH);
    size_t got = sizeof piece - z->avail_out;
    if (code == Z_MEM_ERROR) {
        return VN_NOMEM;
    }
    if (code != Z_OK && code != Z_STREAM_END) {
        return VN_INPUT; /* Z_BUF_ERROR too: the input is cut short */
    }
    if (got > *left) {
        return VN_FULL;
    }
    *left -= got;
    *ended = code == Z_STREAM_END;
    return vn_buf_append(out, vn_view_of(piece, got));
}

enum vn_status vn_gunzip(struct vn_view data, size_t max_out, struct vn_buf *out)
{
    z_stream z = {0};
    size_t before = out->len;
    size_t left = max_out;
    bool ended = false;
    if (data.len == 0 || data.len > UINT_MAX) {
        return VN_INPUT;
    }
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK) {
        return VN_NOMEM;
    }
    z.next_in = (Bytef *)(uintptr_t)data.data;
    z.avail_in = (uInt)data.len;
    enum vn_status status = VN_OK;
    while (status == VN_OK && !ended) {
        status = inflate_step(&z, &left, out, &ended);
    }
    if (status == VN_OK && z.avail_in != 0) {
        status = VN_INPUT;
    }
    if (status != VN_OK) {
        out->len = before;
    }
    (void)inflateEnd(&z);
    return status;
}
