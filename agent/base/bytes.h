/* Views of bytes, growing buffers with a ceiling, hexadecimal.
 *
 * A view never owns. A buffer owns its memory and refuses to grow past the `max` that it was made with, so
 * that no peer can make us allocate without end. */
#ifndef VN_BASE_BYTES_H
#define VN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/status.h"

struct vn_view {
    const uint8_t *data; /* may be NULL when len is 0 */
    size_t len;
};

#define VN_VIEW_NONE ((struct vn_view){NULL, 0})

struct vn_view vn_view_of(const void *data, size_t len);
struct vn_view vn_view_str(const char *text); /* without the terminating NUL; NULL gives an empty view */
bool vn_view_equal(struct vn_view a, struct vn_view b);
bool vn_view_is(struct vn_view view, const char *text);
/* UTF-8 (RFC 3629: no surrogates, no longer forms than needed) without control characters (below the blank, and DEL). */
bool vn_view_is_plain_text(struct vn_view view);

/* Copies the view into `out` as a C string. VN_FULL (and an empty string) when it does not fit, VN_INPUT when
 * it contains a NUL. */
VN_MUST_USE enum vn_status vn_view_copy_str(struct vn_view view, char *out, size_t out_size);

struct vn_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;
};

void vn_buf_init(struct vn_buf *buf, size_t max);
void vn_buf_deinit(struct vn_buf *buf); /* frees; the buffer can be used again and is empty */
void vn_buf_clear(struct vn_buf *buf);  /* keeps the memory */

/* VN_FULL past `max`, VN_NOMEM; the content is unchanged then. */
VN_MUST_USE enum vn_status vn_buf_reserve(struct vn_buf *buf, size_t more);
VN_MUST_USE enum vn_status vn_buf_append(struct vn_buf *buf, struct vn_view view);
VN_MUST_USE enum vn_status vn_buf_append_str(struct vn_buf *buf, const char *text);
VN_MUST_USE enum vn_status vn_buf_printf(struct vn_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void vn_buf_drop_front(struct vn_buf *buf, size_t count);
struct vn_view vn_buf_view(const struct vn_buf *buf);

/* Lower-case hexadecimal. `out` holds 2 * len + 1 characters. */
void vn_hex_encode(struct vn_view view, char *out);
/* Exactly out_len bytes from 2 * out_len digits of either case; VN_INPUT otherwise. */
VN_MUST_USE enum vn_status vn_hex_decode(struct vn_view text, uint8_t *out, size_t out_len);

#endif
