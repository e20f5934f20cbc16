/* What a request and a response look like, for both ends: fields to read and look-ups in them.
 *
 * Everything here is a view into memory of the connection; the owner's header (server.h, client.h) says how
 * long it lives. Nothing blocks or allocates. */
#ifndef VN_NET_HTTP_H
#define VN_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/limits.h"

enum vn_http_peer_kind {
    VN_HTTP_PEER_UNIX,  /* uid, gid and pid count (SO_PEERCRED) */
    VN_HTTP_PEER_TLS,   /* name and serial count */
    VN_HTTP_PEER_PLAIN, /* TCP without TLS: nothing is known */
};

struct vn_http_peer {
    enum vn_http_peer_kind kind;
    uint32_t uid;
    uint32_t gid;
    int32_t pid;
    char name[VN_PEER_NAME_MAX];     /* common name of the client's certificate; "" if it showed none */
    char serial[VN_SERIAL_TEXT_MAX]; /* its serial number, lower-case hexadecimal; "" likewise */
    int64_t not_before_ms;           /* its dates; 0 without a certificate */
    int64_t not_after_ms;
    bool expired; /* by the server's clock at this request; true only on the server's renew_path */
    bool resumed; /* the TLS session was resumed by a ticket */
    /* When the connection was accepted, by the server's monotonic clock. Over TLS that is before the client could
     * send anything: what it says on the connection, it says after this moment. */
    int64_t opened_ms;
};

struct vn_http_header {
    struct vn_view name; /* as it came; compared without case */
    struct vn_view value;
};

struct vn_http_request {
    const char *method; /* "GET", "POST", ... */
    const char *path;   /* "/v1/feed", still percent-encoded */
    const char *query;  /* what follows "?", "" if nothing; see vn_http_query */
    const struct vn_http_header *headers;
    size_t header_count;
    struct vn_view body; /* whole, unchunked, inflated unless `zipped` */
    bool zipped;         /* the body is gzip, as it came: only on the server's zipped_path */
    const struct vn_http_peer *peer;
};

struct vn_http_response {
    int status; /* 200 to 599 */
    const struct vn_http_header *headers;
    size_t header_count;
    struct vn_view body; /* whole, unchunked, inflated; empty when it was streamed to on_chunk */
};

/* The first header of that name, whatever its case. False, and an empty view, if there is none. */
bool vn_http_header(const struct vn_http_header *headers, size_t count, const char *name,
                    struct vn_view *value);
bool vn_http_request_header(const struct vn_http_request *request, const char *name, struct vn_view *value);
bool vn_http_response_header(const struct vn_http_response *response, const char *name,
                             struct vn_view *value);

/* Percent-decodes into a C string. VN_INPUT: a bad escape, or an escaped NUL; VN_FULL: does not fit (`out` is
 * "" then). "+" stays "+". */
VN_MUST_USE enum vn_status vn_http_decode(struct vn_view text, char *out, size_t out_size);

/* A parameter of the query, percent-decoded. VN_ABSENT (out is ""), VN_INPUT, VN_FULL. The first one counts
 * if a name comes twice. */
VN_MUST_USE enum vn_status vn_http_query(const struct vn_http_request *request, const char *name, char *out,
                                         size_t out_size);

/* The same as a decimal number. VN_ABSENT leaves *out; VN_INPUT: not a number, or outside min..max. */
VN_MUST_USE enum vn_status vn_http_query_int(const struct vn_http_request *request, const char *name,
                                             int64_t min, int64_t max, int64_t *out);

/* The Range header for a representation of `size` bytes with that entity tag (quoted; NULL: it has none), If-Range
 * looked at (RFC 9110, 14.2). VN_OK: answer 206 with these bytes. VN_ABSENT: none is asked for, or not in a way
 * that must be heeded (several ranges, another tag): answer 200 with all, which is what *from and *len say.
 * VN_INPUT: nothing of it is there: 416. */
VN_MUST_USE enum vn_status vn_http_range(const struct vn_http_request *request, const char *etag,
                                         int64_t size, int64_t *from, int64_t *len);

/* The reason phrase of a status ("Not Found"); "Status" for unknown ones. */
const char *vn_http_status_text(int status);

#endif
