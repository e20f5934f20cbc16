/* What a thread found out, for the loop to send. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/service/service.h"

static void take_text(char *out, size_t size, const char *text)
{
    size_t len = text == NULL ? 0 : strnlen(text, size - 1);
    memcpy(out, text == NULL ? "" : text, len);
    out[len] = '\0';
}

void vn_answer_deinit(struct vn_answer *answer)
{
    vn_buf_deinit(&answer->body);
    answer->http_status = 0;
}

void vn_answer_bytes(struct vn_answer *answer, int http_status, const char *type, struct vn_buf *body)
{
    vn_answer_deinit(answer);
    answer->http_status = http_status;
    answer->type = type;
    answer->body = *body;
    vn_buf_init(body, 0);
}

void vn_answer_json(struct vn_answer *answer, int http_status, json_t *json)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_HTTP_REPLY_MAX);
    if (json == NULL || vn_json_dump(json, &body) != VN_OK) {
        vn_answer_problem(answer, 500, "no-memory", "the answer does not fit", NULL);
    } else {
        vn_answer_bytes(answer, http_status, "application/json", &body);
    }
    json_decref(json);
    vn_buf_deinit(&body);
}

void vn_answer_problem(struct vn_answer *answer, int http_status, const char *title, const char *detail,
                       const char *pointer)
{
    vn_answer_deinit(answer);
    answer->http_status = http_status;
    answer->type = NULL;
    take_text(answer->title, sizeof answer->title, title);
    take_text(answer->detail, sizeof answer->detail, detail);
    take_text(answer->pointer, sizeof answer->pointer, pointer);
}

/* What is said of trouble that nobody has said anything of: it is the store's, or our own. */
static const char *sentence_of(enum vn_status status)
{
    static const char *const sentences[] = {
        [VN_IO] = "the hub's database can't be read or written: look at its disk; verno-hub health says more",
        [VN_GONE] = "the hub's database is away: see that it runs; the hub goes on by itself",
        [VN_TIMEOUT] = "the hub's database does not answer in time: try again",
        [VN_AGAIN] = "the hub's database was busy with others: try again",
        [VN_CORRUPT] = "the hub's database is damaged: verno-hub audit says where; restore a backup",
        [VN_FULL] = "the disk of the hub's database is full: make room, the hub goes on by itself",
        [VN_DENIED] =
            "the hub's database refuses what the hub asks of it: look at its rights and at the hub's log",
        [VN_NOMEM] = "the hub is out of memory"};
    const char *sentence = (size_t)status < sizeof sentences / sizeof *sentences ? sentences[status] : NULL;
    return sentence != NULL ? sentence : "this failed within the hub: its log says more";
}

void vn_answer_status(struct vn_answer *answer, struct vn_hub *hub, enum vn_status status,
                      const struct vn_error *error)
{
    static const int http[] = {
        [VN_INPUT] = 400,       [VN_CORRUPT] = 400, [VN_FULL] = 413,    [VN_DENIED] = 403,
        [VN_UNSUPPORTED] = 426, [VN_ABSENT] = 404,  [VN_CONFLICT] = 409};
    bool told = error != NULL && error->status == status && error->text[0] != '\0';
    /* Without a sentence it is our own trouble, whatever the status: a full disk is no 413. */
    int code = told && (size_t)status < sizeof http / sizeof *http ? http[status] : 0;
    if (code == 0) {
        struct vn_error own = {VN_OK, "", ""};
        if (hub->storage != NULL) {
            vn_storage_describe(hub->storage, status, &own);
        }
        vn_log_event(hub->log, VN_LOG_ERROR, "request_failed", VN_S("status", vn_status_name(status)),
                     VN_S("reason", told ? error->text : own.text));
        code = 503;
        vn_answer_problem(answer, code, vn_status_name(status), told ? error->text : sentence_of(status),
                          told ? error->pointer : NULL);
        answer->retry_after_s = VN_HUB_TROUBLE_S;
        answer->trouble = status;
        take_text(answer->reason, sizeof answer->reason, told ? error->text : own.text);
        return;
    }
    vn_answer_problem(answer, code, vn_status_name(status), told ? error->text : NULL,
                      told ? error->pointer : NULL);
}

void vn_answer_retry_after(struct vn_http_exchange *exchange, int64_t retry_s)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)retry_s);
    enum vn_status ignored = vn_http_reply_header(exchange, "Retry-After", text);
    (void)ignored; /* a reply without it is as good */
}
