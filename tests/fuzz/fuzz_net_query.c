/* What handlers read out of a request that llhttp took: the query, and headers about ranges and entity tags. The input is the
 * query up to the first line end, then Range, then If-Range. */
#include <stdlib.h>
#include <string.h>

#include "sync/net/http.h"

#define TEXT_MAX 4096
#define SIZE     1000
#define ETAG     "\"1.1-00000000\""

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vn_view cut(struct vn_view *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != '\n') {
        len++;
    }
    struct vn_view line = vn_view_of(rest->data, len);
    *rest = vn_view_of(rest->data + len, rest->len - len);
    if (rest->len > 0) {
        *rest = vn_view_of(rest->data + 1, rest->len - 1);
    }
    return line;
}

static void check_query(const struct vn_http_request *request)
{
    char text[64];
    int64_t number = 5;
    enum vn_status status = vn_http_query(request, "cursor", text, sizeof text);
    if (memchr(text, '\0', sizeof text) == NULL || (status != VN_OK && text[0] != '\0')) {
        abort();
    }
    status = vn_http_query_int(request, "wait", 0, 55, &number);
    if (number < 0 || number > 55 || (status != VN_OK && number != 5)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char query[TEXT_MAX];
    struct vn_view rest = vn_view_of(data, size);
    if (size > TEXT_MAX - 1 || vn_view_copy_str(cut(&rest), query, sizeof query) != VN_OK) {
        return 0;
    }
    const struct vn_http_header headers[] = {{vn_view_str("Range"), cut(&rest)},
                                             {vn_view_str("If-Range"), cut(&rest)},
                                             {vn_view_str("If-None-Match"), rest}};
    const struct vn_http_request request = {
        .method = "GET", .path = "/", .query = query, .headers = headers, .header_count = 3};
    int64_t from = -1, len = -1;
    check_query(&request);
    enum vn_status status = vn_http_range(&request, ETAG, SIZE, &from, &len);
    if (status != VN_INPUT && (from < 0 || len < 0 || from + len > SIZE || (status == VN_OK && len == 0))) {
        abort();
    }
    return 0;
}
