#include "agent/base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vn_view vn_view_of(const void *data, size_t len)
{
    return (struct vn_view){(const uint8_t *)data, len};
}

struct vn_view vn_view_str(const char *text)
{
    return (struct vn_view){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

bool vn_view_equal(struct vn_view a, struct vn_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool vn_view_is(struct vn_view view, const char *text)
{
    return vn_view_equal(view, vn_view_str(text));
}

/* Bytes that follow a lead byte, and the least and most that the first of them may be (RFC 3629, section 4). */
static const struct {
    uint8_t from, to, more, least, most;
} leads[] = {
    {0x20, 0x7e, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* Of the character at the front; 0: none. */
static size_t character_len(struct vn_view view)
{
    size_t row = 0;
    size_t rows = sizeof leads / sizeof leads[0];
    while (row < rows && (view.data[0] < leads[row].from || view.data[0] > leads[row].to)) {
        row++;
    }
    if (row == rows || view.len < 1U + leads[row].more ||
        (leads[row].more > 0 && (view.data[1] < leads[row].least || view.data[1] > leads[row].most))) {
        return 0;
    }
    for (unsigned i = 2; i <= leads[row].more; i++) {
        if ((view.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return 1U + leads[row].more;
}

bool vn_view_is_plain_text(struct vn_view view)
{
    while (view.len > 0) {
        size_t len = character_len(view);
        if (len == 0) {
            return false;
        }
        view = vn_view_of(view.data + len, view.len - len);
    }
    return true;
}

enum vn_status vn_view_copy_str(struct vn_view view, char *out, size_t out_size)
{
    out[0] = '\0';
    if (view.len >= out_size) {
        return VN_FULL;
    }
    if (view.len > 0) {
        if (memchr(view.data, 0, view.len) != NULL) {
            return VN_INPUT;
        }
        memcpy(out, view.data, view.len);
    }
    out[view.len] = '\0';
    return VN_OK;
}

void vn_buf_init(struct vn_buf *buf, size_t max)
{
    *buf = (struct vn_buf){NULL, 0, 0, max};
}

void vn_buf_deinit(struct vn_buf *buf)
{
    free(buf->data);
    vn_buf_init(buf, buf->max);
}

void vn_buf_clear(struct vn_buf *buf)
{
    buf->len = 0;
}

enum vn_status vn_buf_reserve(struct vn_buf *buf, size_t more)
{
    if (more > buf->max || buf->len > buf->max - more) {
        return VN_FULL;
    }
    size_t need = buf->len + more;
    if (need <= buf->cap) {
        return VN_OK;
    }
    size_t cap = buf->cap < 256 ? 256 : buf->cap;
    while (cap < need) {
        cap *= 2;
    }
    if (cap > buf->max) {
        cap = buf->max;
    }
    uint8_t *grown = realloc(buf->data, cap);
    if (grown == NULL) {
        return VN_NOMEM;
    }
    buf->data = grown;
    buf->cap = cap;
    return VN_OK;
}

enum vn_status vn_buf_append(struct vn_buf *buf, struct vn_view view)
{
    enum vn_status status = vn_buf_reserve(buf, view.len);
    if (status == VN_OK && view.len > 0) {
        memcpy(buf->data + buf->len, view.data, view.len);
        buf->len += view.len;
    }
    return status;
}

enum vn_status vn_buf_append_str(struct vn_buf *buf, const char *text)
{
    return vn_buf_append(buf, vn_view_str(text));
}

enum vn_status vn_buf_printf(struct vn_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0) {
        return VN_ARG;
    }
    /* One more for the NUL that vsnprintf insists on; it is not counted in len. */
    enum vn_status status = vn_buf_reserve(buf, (size_t)need + 1);
    if (status != VN_OK) {
        return status;
    }
    va_start(args, format);
    (void)vsnprintf((char *)buf->data + buf->len, (size_t)need + 1, format, args);
    va_end(args);
    buf->len += (size_t)need;
    return VN_OK;
}

void vn_buf_drop_front(struct vn_buf *buf, size_t count)
{
    if (count >= buf->len) {
        buf->len = 0;
        return;
    }
    memmove(buf->data, buf->data + count, buf->len - count);
    buf->len -= count;
}

struct vn_view vn_buf_view(const struct vn_buf *buf)
{
    return (struct vn_view){buf->data, buf->len};
}

void vn_hex_encode(struct vn_view view, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < view.len; i++) {
        out[2 * i] = digits[view.data[i] >> 4];
        out[2 * i + 1] = digits[view.data[i] & 15];
    }
    out[2 * view.len] = '\0';
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

enum vn_status vn_hex_decode(struct vn_view text, uint8_t *out, size_t out_len)
{
    if (text.len != 2 * out_len) {
        return VN_INPUT;
    }
    for (size_t i = 0; i < out_len; i++) {
        int high = hex_value(text.data[2 * i]);
        int low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return VN_INPUT;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return VN_OK;
}
