/* Ranges: what a client that has a part already says in its headers.
 *
 * "Range: bytes=500-999", "bytes=500-", "bytes=-500" (the last 500). A server may pass over any Range that it does
 * not like and send everything (RFC 9110, 14.2), which is what happens to several ranges at once, other units and
 * whatever can't be read. */
#include <string.h>

#include "sync/net/http.h"

/* Digits from the front of *text; false without one, or beyond int64_t. */
static bool take_number(struct vn_view *text, int64_t *out)
{
    size_t n = 0;
    *out = 0;
    for (; n < text->len && text->data[n] >= '0' && text->data[n] <= '9'; n++) {
        if (__builtin_mul_overflow(*out, (int64_t)10, out) ||
            __builtin_add_overflow(*out, (int64_t)(text->data[n] - '0'), out)) {
            return false;
        }
    }
    *text = vn_view_of(text->data + n, text->len - n);
    return n > 0;
}

struct range {
    int64_t first; /* -1: counted from the end */
    int64_t last;  /* -1: up to the end; with first -1: how many */
};

static bool read_range(struct vn_view text, struct range *out)
{
    const char unit[] = "bytes=";
    *out = (struct range){-1, -1};
    if (text.len < sizeof unit || memcmp(text.data, unit, sizeof unit - 1) != 0) {
        return false;
    }
    text = vn_view_of(text.data + sizeof unit - 1, text.len - (sizeof unit - 1));
    bool has_first = take_number(&text, &out->first);
    if (!has_first) {
        out->first = -1;
    }
    if (text.len == 0 || text.data[0] != '-') {
        return false;
    }
    text = vn_view_of(text.data + 1, text.len - 1);
    bool has_last = take_number(&text, &out->last);
    if (!has_last) {
        out->last = -1;
    }
    return text.len == 0 && (has_first || has_last) && !(has_first && has_last && out->last < out->first);
}

/* If-Range keeps a client from gluing parts of two different things together: only the very same tag will do. */
static bool is_same(const struct vn_http_request *request, const char *etag)
{
    struct vn_view tag;
    return !vn_http_request_header(request, "If-Range", &tag) || (etag != NULL && vn_view_is(tag, etag));
}

enum vn_status vn_http_range(const struct vn_http_request *request, const char *etag, int64_t size,
                             int64_t *from, int64_t *len)
{
    struct vn_view text;
    struct range range;
    *from = 0;
    *len = size;
    if (strcmp(request->method, "GET") != 0 || !vn_http_request_header(request, "Range", &text) ||
        !read_range(text, &range) || !is_same(request, etag)) {
        return VN_ABSENT;
    }
    int64_t first = range.first;
    int64_t last = range.last < 0 || range.last >= size ? size - 1 : range.last;
    if (first < 0) { /* the last so many bytes */
        first = range.last > size ? 0 : size - range.last;
        last = size - 1;
    }
    if (first >= size) {
        return VN_INPUT;
    }
    *from = first;
    *len = last - first + 1;
    return VN_OK;
}
