#include "sync/net/http.h"

#include <string.h>
#include <strings.h>

static bool name_equal(struct vn_view name, const char *text)
{
    size_t len = strlen(text);
    return name.len == len && strncasecmp((const char *)name.data, text, len) == 0;
}

bool vn_http_header(const struct vn_http_header *headers, size_t count, const char *name,
                    struct vn_view *value)
{
    for (size_t i = 0; i < count; i++) {
        if (name_equal(headers[i].name, name)) {
            *value = headers[i].value;
            return true;
        }
    }
    *value = VN_VIEW_NONE;
    return false;
}

bool vn_http_request_header(const struct vn_http_request *request, const char *name, struct vn_view *value)
{
    return vn_http_header(request->headers, request->header_count, name, value);
}

bool vn_http_response_header(const struct vn_http_response *response, const char *name, struct vn_view *value)
{
    return vn_http_header(response->headers, response->header_count, name, value);
}

enum vn_status vn_http_decode(struct vn_view text, char *out, size_t out_size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (byte == '%') {
            if (text.len - i < 3 || vn_hex_decode(vn_view_of(text.data + i + 1, 2), &byte, 1) != VN_OK) {
                out[0] = '\0';
                return VN_INPUT;
            }
            i += 2;
        }
        if (byte == '\0' || n + 1 >= out_size) {
            out[0] = '\0';
            return byte == '\0' ? VN_INPUT : VN_FULL;
        }
        out[n++] = (char)byte;
    }
    out[n] = '\0';
    return VN_OK;
}

enum vn_status vn_http_query(const struct vn_http_request *request, const char *name, char *out,
                             size_t out_size)
{
    size_t name_len = strlen(name);
    const char *at = request->query;
    out[0] = '\0';
    while (*at != '\0') {
        size_t len = strcspn(at, "&");
        if (len >= name_len && strncmp(at, name, name_len) == 0) {
            if (len == name_len) {
                return VN_OK; /* a bare name is an empty value */
            }
            if (at[name_len] == '=') {
                return vn_http_decode(vn_view_of(at + name_len + 1, len - name_len - 1), out, out_size);
            }
        }
        at += len;
        at += *at == '&';
    }
    return VN_ABSENT;
}

enum vn_status vn_http_query_int(const struct vn_http_request *request, const char *name, int64_t min,
                                 int64_t max, int64_t *out)
{
    char text[24];
    enum vn_status status = vn_http_query(request, name, text, sizeof text);
    if (status != VN_OK) {
        return status == VN_FULL ? VN_INPUT : status;
    }
    const char *digit = text + (text[0] == '-');
    int64_t value = 0;
    bool negative = digit != text;
    if (*digit == '\0') {
        return VN_INPUT;
    }
    for (; *digit != '\0'; digit++) {
        int64_t step = 0;
        if (*digit < '0' || *digit > '9' || __builtin_mul_overflow(value, (int64_t)10, &value)) {
            return VN_INPUT;
        }
        step = negative ? '0' - *digit : *digit - '0';
        if (__builtin_add_overflow(value, step, &value)) {
            return VN_INPUT;
        }
    }
    if (value < min || value > max) {
        return VN_INPUT;
    }
    *out = value;
    return VN_OK;
}

const char *vn_http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].status == status) {
            return table[i].text;
        }
    }
    return "Status";
}
