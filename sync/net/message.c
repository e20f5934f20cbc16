#include "sync/net/message.h"

#include <stdlib.h>
#include <string.h>

#define SPANS_FIRST 8

static struct vn_message *of(llhttp_t *parser)
{
    return parser->data;
}

static int fail(struct vn_message *message, enum vn_message_event failure)
{
    message->failure = failure;
    return HPE_USER;
}

/* Appends to the text. A NUL always follows it: the buffer has one byte more than its longest content. */
static int append(struct vn_message *message, const char *at, size_t len)
{
    enum vn_status status = vn_buf_reserve(&message->text, len + 1);
    if (status != VN_OK) {
        return fail(message, status == VN_FULL ? VN_MESSAGE_HEAD_FULL : VN_MESSAGE_NOMEM);
    }
    return vn_buf_append(&message->text, vn_view_of(at, len)) == VN_OK ? 0 : fail(message, VN_MESSAGE_NOMEM);
}

static int end_string(struct vn_message *message)
{
    return append(message, "", 1);
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    of(parser)->target_len += len;
    return append(of(parser), at, len);
}

static int on_url_complete(llhttp_t *parser)
{
    return end_string(of(parser));
}

/* Room for one header more than there are. */
static int grow_spans(struct vn_message *message)
{
    size_t cap = message->span_cap == 0 ? SPANS_FIRST : 2 * message->span_cap;
    struct vn_message_span *spans = realloc(message->spans, cap * sizeof *spans);
    if (spans == NULL) {
        return fail(message, VN_MESSAGE_NOMEM);
    }
    memset(spans + message->span_cap, 0, (cap - message->span_cap) * sizeof *spans);
    message->spans = spans;
    message->span_cap = cap;
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct vn_message *message = of(parser);
    if (message->head_done) {
        return 0; /* a trailer: nobody asks for them */
    }
    if (message->header_count == VN_HTTP_HEADERS_MAX) {
        return fail(message, VN_MESSAGE_HEAD_FULL);
    }
    if (message->header_count == message->span_cap && grow_spans(message) != 0) {
        return HPE_USER;
    }
    struct vn_message_span *span = &message->spans[message->header_count];
    if (span->name_len == 0) {
        span->name = (uint32_t)message->text.len;
    }
    span->name_len += (uint32_t)len;
    return append(message, at, len);
}

static int on_field_complete(llhttp_t *parser)
{
    struct vn_message *message = of(parser);
    if (message->head_done) {
        return 0;
    }
    int failed = end_string(message);
    message->spans[message->header_count].value = (uint32_t)message->text.len;
    return failed;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct vn_message *message = of(parser);
    if (message->head_done) {
        return 0;
    }
    message->spans[message->header_count].value_len += (uint32_t)len;
    return append(message, at, len);
}

static int on_value_complete(llhttp_t *parser)
{
    struct vn_message *message = of(parser);
    if (message->head_done) {
        return 0;
    }
    message->header_count++;
    return end_string(message);
}

/* The text does not grow any more: offsets become views. */
static int on_headers_complete(llhttp_t *parser)
{
    struct vn_message *message = of(parser);
    const uint8_t *text = message->text.data;
    message->headers = calloc(message->header_count + 1, sizeof *message->headers);
    if (message->headers == NULL) {
        return fail(message, VN_MESSAGE_NOMEM);
    }
    for (size_t i = 0; i < message->header_count; i++) {
        const struct vn_message_span *span = &message->spans[i];
        message->headers[i].name = vn_view_of(text + span->name, span->name_len);
        message->headers[i].value = vn_view_of(text + span->value, span->value_len);
    }
    free(message->spans);
    message->spans = NULL;
    message->target = (char *)message->text.data;
    message->head_done = true;
    /* An Upgrade header is an offer that may be passed over (RFC 9110, 7.8); we speak HTTP/1.1 alone. */
    parser->upgrade = 0;
    /* An interim answer has no body, whatever it says of one (RFC 9110, 15.2). */
    bool interim = parser->type == HTTP_RESPONSE && parser->status_code < 200;
    if (message->skip_body || interim) {
        parser->flags |= F_SKIPBODY;
    }
    return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct vn_message *message = of(parser);
    if (message->on_body != NULL) {
        return message->on_body(message->on_body_ctx, vn_view_of(at, len))
                   ? 0
                   : fail(message, VN_MESSAGE_STOPPED);
    }
    enum vn_status status = vn_buf_append(&message->body, vn_view_of(at, len));
    if (status != VN_OK) {
        return fail(message, status == VN_FULL ? VN_MESSAGE_BODY_FULL : VN_MESSAGE_NOMEM);
    }
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    of(parser)->done = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void vn_message_init(struct vn_message *message, llhttp_type_t type, size_t body_max)
{
    memset(message, 0, sizeof *message);
    llhttp_init(&message->parser, type, &settings);
    message->parser.data = message;
    /* Two NULs a header more than its bytes on the line, whose ": " and line end are not kept. */
    vn_buf_init(&message->text, VN_HTTP_HEAD_MAX + 2);
    vn_buf_init(&message->body, body_max);
}

void vn_message_deinit(struct vn_message *message)
{
    free(message->spans);
    free(message->headers);
    message->spans = NULL;
    message->headers = NULL;
    message->header_count = 0;
    vn_buf_deinit(&message->text);
    vn_buf_deinit(&message->body);
}

void vn_message_reset(struct vn_message *message, size_t body_max)
{
    llhttp_type_t type = (llhttp_type_t)message->parser.type;
    vn_message_deinit(message);
    vn_message_init(message, type, body_max);
}

/* Feeds until llhttp pauses or the view is used up; returns what it said. */
static enum llhttp_errno execute(struct vn_message *message, struct vn_view *data, size_t len)
{
    const char *start = (const char *)data->data;
    if (llhttp_get_errno(&message->parser) == HPE_PAUSED) {
        llhttp_resume(&message->parser);
    }
    enum llhttp_errno code = llhttp_execute(&message->parser, start, len);
    size_t taken = len;
    if (code != HPE_OK) {
        const char *stop = llhttp_get_error_pos(&message->parser);
        taken = stop == NULL ? 0 : (size_t)(stop - start);
    }
    data->data += taken;
    data->len -= taken;
    return code;
}

enum vn_message_event vn_message_feed(struct vn_message *message, struct vn_view *data)
{
    bool had_head = message->head_done;
    size_t len = data->len;
    size_t before = data->len;
    if (!had_head && len > VN_HTTP_HEAD_MAX - message->head_bytes) {
        len = VN_HTTP_HEAD_MAX - message->head_bytes;
    }
    enum llhttp_errno code = execute(message, data, len);
    if (!had_head) {
        message->head_bytes += before - data->len;
    }
    if (code == HPE_PAUSED) {
        return message->done ? VN_MESSAGE_DONE : VN_MESSAGE_HEAD;
    }
    if (code != HPE_OK) {
        return message->failure != VN_MESSAGE_MORE ? message->failure : VN_MESSAGE_BAD;
    }
    if (!message->head_done && message->head_bytes >= VN_HTTP_HEAD_MAX) {
        return VN_MESSAGE_HEAD_FULL;
    }
    return VN_MESSAGE_MORE;
}

enum vn_message_event vn_message_finish(struct vn_message *message)
{
    if (llhttp_get_errno(&message->parser) == HPE_PAUSED) {
        llhttp_resume(&message->parser);
    }
    (void)llhttp_finish(&message->parser);
    return message->done ? VN_MESSAGE_DONE : VN_MESSAGE_BAD;
}

int64_t vn_message_length(const struct vn_message *message)
{
    if ((message->parser.flags & F_CONTENT_LENGTH) == 0) {
        return -1;
    }
    return message->parser.content_length > INT64_MAX ? INT64_MAX : (int64_t)message->parser.content_length;
}
