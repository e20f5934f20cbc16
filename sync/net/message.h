/* One HTTP message, request or response, put together from pieces: llhttp inside, limits around it.
 *
 * Inside sync/net. Bytes are fed as they come; feeding stops at the end of the head and at the end of the
 * message, so that the owner can judge each before the next byte is looked at. Strings of the head are kept
 * in one buffer, NUL-terminated. */
#ifndef VN_NET_MESSAGE_H
#define VN_NET_MESSAGE_H

#include <llhttp.h>
#include <stdbool.h>

#include "sync/net/http.h"

enum vn_message_event {
    VN_MESSAGE_MORE,      /* all bytes taken, nothing complete yet */
    VN_MESSAGE_HEAD,      /* the head is complete: target, headers, status can be read; feed on */
    VN_MESSAGE_DONE,      /* the message is complete; what is left in the view belongs to the next one */
    VN_MESSAGE_BAD,       /* not HTTP */
    VN_MESSAGE_HEAD_FULL, /* head beyond VN_HTTP_HEAD_MAX or VN_HTTP_HEADERS_MAX */
    VN_MESSAGE_BODY_FULL, /* body beyond its maximum */
    VN_MESSAGE_NOMEM,
    VN_MESSAGE_STOPPED, /* on_body said no */
};

struct vn_message_span { /* offsets in `text` while it grows */
    uint32_t name, name_len, value, value_len;
};

struct vn_message {
    llhttp_t parser;
    struct vn_buf text; /* target, names, values */
    struct vn_buf body;
    struct vn_message_span *spans; /* while the head comes */
    size_t span_cap;
    struct vn_http_header
        *headers; /* after VN_MESSAGE_HEAD; as many as there are, because a long-poll keeps them */
    size_t header_count;
    size_t head_bytes; /* fed so far before the head was complete */
    char *target;      /* after VN_MESSAGE_HEAD of a request; may be split in place */
    size_t target_len;
    bool head_done;
    bool done;
    bool skip_body; /* a response to HEAD: set by the owner before feeding */
    enum vn_message_event failure;
    /* If set, the body goes here instead of `body`; false stops. */
    bool (*on_body)(void *ctx, struct vn_view piece);
    void *on_body_ctx;
};

void vn_message_init(struct vn_message *message, llhttp_type_t type, size_t body_max);
/* Ready for the next one; lets go of all memory. */
void vn_message_reset(struct vn_message *message, size_t body_max);
void vn_message_deinit(struct vn_message *message);

/* Takes bytes from the front of *data. After a failure only reset may follow. */
enum vn_message_event vn_message_feed(struct vn_message *message, struct vn_view *data);
/* The connection has ended: VN_MESSAGE_DONE when that is how the body ends, VN_MESSAGE_BAD otherwise. */
enum vn_message_event vn_message_finish(struct vn_message *message);

/* Content-Length, or -1 when there is none. After VN_MESSAGE_HEAD. */
int64_t vn_message_length(const struct vn_message *message);

#endif
