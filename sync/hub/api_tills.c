/* HTTP for tills: who is it, what does it want. Everything but enrolling needs a client certificate whose
 * name is an enrolment, and the stamp that says where the till stands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed.h"
#include "sync/hub/fleet.h"
#include "sync/hub/ingest.h"
#include "sync/hub/rights.h"
#include "sync/hub/service.h"

struct call {
    struct vn_service *service;
    struct vn_http_exchange *exchange;
    const struct vn_http_request *request;
    struct vn_enrolment_row row;
    struct vn_stamp stamp;
    const char *rest; /* of the path */
};

static void enrol(struct call *call)
{
    struct vn_hub *hub = call->service->hub;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrol_request *request = calloc(1, sizeof *request);
    struct vn_enrol_reply *reply = calloc(1, sizeof *reply);
    struct vn_buf body;
    vn_buf_init(&body, 4 * VN_PEM_MAX);
    enum vn_status status = request == NULL || reply == NULL
                                ? VN_NOMEM
                                : vn_enrol_request_decode(call->request->body, request, &error);
    if (status == VN_OK) {
        status = vn_fleet_enrol(hub, request, reply, &error);
    }
    if (status == VN_OK) {
        status = vn_enrol_reply_encode(reply, &body);
        vn_log_event(hub->log, VN_LOG_NOTICE, "till_enrolled", VN_S("store", reply->store),
                     VN_S("till", reply->till));
    }
    if (status == VN_OK) {
        vn_http_reply(call->exchange, 200, "application/json", vn_buf_view(&body));
    } else {
        vn_reply_status(call->service, call->exchange, status, &error);
    }
    vn_buf_deinit(&body);
    free(request);
    free(reply);
}

static void journal(struct call *call)
{
    vn_api_journal(call->service, call->exchange, call->request, &call->row);
}

static void feed(struct call *call)
{
    vn_api_feed(call->service, call->exchange, call->request, &call->row);
}

static void snapshot(struct call *call)
{
    vn_api_snapshot(call->service, call->exchange, &call->row);
}

static void reply_expected(struct call *call)
{
    const struct vn_expected expected = {call->row.high_seq + 1, call->row.head};
    struct vn_buf body;
    vn_buf_init(&body, 4096);
    enum vn_status status = vn_expected_encode(&expected, &body);
    if (status == VN_OK) {
        vn_http_reply(call->exchange, 409, "application/json", vn_buf_view(&body));
    } else {
        vn_reply_status(call->service, call->exchange, status, NULL);
    }
    vn_buf_deinit(&body);
}

static enum vn_status grant(struct call *call, const struct vn_rights_request *request,
                            struct vn_rights_reply *reply, struct vn_error *error)
{
    struct vn_storage *storage = call->service->hub->storage;
    enum vn_status status = vn_storage_begin(storage);
    if (status != VN_OK) {
        return status;
    }
    status = vn_rights_grant(call->service->hub, &call->row, request, call->stamp.grant, reply, error);
    if (status != VN_OK) {
        vn_storage_rollback(storage);
        return status;
    }
    return vn_storage_commit(storage);
}

static void rights(struct call *call)
{
    struct vn_hub *hub = call->service->hub;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_rights_request request;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    struct vn_buf body;
    vn_buf_init(&body, 1024 * 1024);
    enum vn_status status =
        reply == NULL ? VN_NOMEM : vn_rights_request_decode(call->request->body, &request, &error);
    if (status == VN_OK) {
        /* The entries that the stamp speaks of may have come in this very turn. */
        vn_service_take_journals(call->service);
        const struct vn_enrolment_id id = call->row.enrolment;
        status = vn_storage_enrolment_get(hub->storage, &id, &call->row);
    }
    if (status == VN_OK && call->stamp.head_seq > call->row.high_seq) {
        reply_expected(call);
    } else if (status == VN_OK && (status = grant(call, &request, reply, &error)) == VN_OK &&
               (status = vn_rights_reply_encode(reply, &body)) == VN_OK) {
        vn_http_reply(call->exchange, 200, "application/json", vn_buf_view(&body));
        vn_service_changed(call->service);
    } else {
        vn_reply_status(call->service, call->exchange, status, &error);
    }
    vn_buf_deinit(&body);
    free(reply);
}

static void status_report(struct call *call)
{
    struct vn_storage *storage = call->service->hub->storage;
    struct vn_error error = {VN_OK, "", ""};
    json_t *root = NULL;
    struct vn_buf text;
    vn_buf_init(&text, VN_REPORT_MAX - 1);
    enum vn_status status = vn_json_parse(call->request->body, &root, &error);
    if (status == VN_OK && !json_is_object(root)) {
        status = vn_fail(&error, VN_INPUT, "expected an object");
    }
    if (status == VN_OK && vn_json_dump(root, &text) != VN_OK) {
        status = vn_fail(&error, VN_FULL, "a report has at most %d bytes", VN_REPORT_MAX - 1);
    }
    if (status == VN_OK) {
        status = vn_buf_append(&text, vn_view_of("", 1));
    }
    json_decref(root);
    if (status == VN_OK && (status = vn_storage_begin(storage)) == VN_OK) {
        status = vn_storage_report_put(storage, call->row.id, (const char *)text.data,
                                       vn_hub_now_ms(call->service->hub));
        if (status == VN_OK) {
            status = vn_storage_commit(storage);
        } else {
            vn_storage_rollback(storage);
        }
    }
    if (status == VN_OK) {
        vn_http_reply(call->exchange, 200, "application/json", vn_view_str("{}"));
    } else {
        vn_reply_status(call->service, call->exchange, status, &error);
    }
    vn_buf_deinit(&text);
}

static void member(struct call *call)
{
    struct vn_hub *hub = call->service->hub;
    struct vn_feed_item *item = calloc(1, sizeof *item);
    struct vn_hash card;
    struct vn_buf body;
    int64_t id = 0;
    vn_buf_init(&body, 65536);
    enum vn_status status = item == NULL ? VN_NOMEM
                            : vn_hex_decode(vn_view_str(call->rest), card.bytes, sizeof card.bytes) == VN_OK
                                ? vn_storage_card_member(hub->storage, &card, &id)
                                : VN_ABSENT;
    if (status == VN_OK) {
        status = vn_feed_member_item(hub, id, &call->row, item);
    }
    if (status == VN_OK) {
        status = vn_feed_item_encode(item, &body);
    }
    if (status == VN_OK) {
        vn_http_reply(call->exchange, 200, "application/json", vn_buf_view(&body));
    } else if (status == VN_ABSENT) {
        vn_http_reply_problem(call->exchange, 404, "absent", "no member has this card", NULL);
    } else {
        vn_reply_status(call->service, call->exchange, status, NULL);
    }
    vn_buf_deinit(&body);
    free(item);
}

static void found_branch(struct call *call, const char *why)
{
    struct vn_storage *storage = call->service->hub->storage;
    enum vn_status status = vn_storage_begin(storage);
    if (status == VN_OK) {
        status = vn_fleet_branch(call->service->hub, &call->row);
        if (status == VN_OK) {
            status = vn_storage_commit(storage);
        } else {
            vn_storage_rollback(storage);
        }
    }
    if (status == VN_OK) {
        vn_http_reply_problem(call->exchange, 403, "branch", why, NULL);
    } else {
        vn_reply_status(call->service, call->exchange, status, NULL);
    }
}

static bool read_stamp(struct call *call)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_view text;
    if (!vn_http_request_header(call->request, VN_STAMP_HEADER, &text)) {
        vn_http_reply_problem(call->exchange, 400, "input", "the header " VN_STAMP_HEADER " is missing",
                              NULL);
        return false;
    }
    if (vn_stamp_read(text, &call->stamp, &error) != VN_OK) {
        vn_http_reply_problem(call->exchange, 400, "input", error.text, NULL);
        return false;
    }
    if (memcmp(call->stamp.enrolment.bytes, call->row.enrolment.bytes, VN_ID_BYTES) != 0) {
        vn_http_reply_problem(call->exchange, 403, "denied",
                              "the header " VN_STAMP_HEADER " names another enrolment than the certificate",
                              NULL);
        return false;
    }
    return true;
}

/* Whether the request may go on; it was answered otherwise. */
static bool authenticate(struct call *call)
{
    const struct vn_http_peer *peer = call->request->peer;
    const char *branch = NULL;
    if (peer->kind != VN_HTTP_PEER_TLS || peer->name[0] == '\0') {
        vn_http_reply_problem(call->exchange, 401, "denied", "this needs the till's certificate", NULL);
        return false;
    }
    enum vn_status status = vn_fleet_find(call->service->hub, peer->name, &call->row);
    if (status == VN_ABSENT) {
        vn_http_reply_problem(call->exchange, 403, "denied", "the certificate is of no enrolment", NULL);
        return false;
    }
    if (status == VN_OK && call->row.state != VN_ENROLMENT_ACTIVE) {
        vn_http_reply_problem(call->exchange, 403, vn_enrolment_state_name(call->row.state),
                              "this enrolment has ended; the till must enrol anew", NULL);
        return false;
    }
    if (status == VN_OK && !read_stamp(call)) {
        return false;
    }
    if (status == VN_OK) {
        status = vn_fleet_check(call->service->hub, &call->row, &call->stamp, &branch);
    }
    if (status != VN_OK) {
        vn_reply_status(call->service, call->exchange, status, NULL);
        return false;
    }
    vn_service_contact(call->service, call->row.id);
    if (branch != NULL) {
        found_branch(call, branch);
        return false;
    }
    return true;
}

static const struct {
    const char *method;
    const char *path; /* ending in "/": what follows is `rest` */
    void (*run)(struct call *call);
    bool open; /* without a certificate */
} routes[] = {
    {"POST", "/v1/enrol", enrol, true},     {"POST", "/v1/journal", journal, false},
    {"GET", "/v1/feed", feed, false},       {"GET", "/v1/snapshot", snapshot, false},
    {"POST", "/v1/rights", rights, false},  {"POST", "/v1/status", status_report, false},
    {"GET", "/v1/members/", member, false},
};

void vn_api_tills(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct call call = {.service = service, .exchange = exchange, .request = request};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t len = strlen(routes[i].path);
        bool tail = routes[i].path[len - 1] == '/';
        if (tail ? strncmp(request->path, routes[i].path, len) != 0
                 : strcmp(request->path, routes[i].path) != 0) {
            continue;
        }
        if (strcmp(request->method, routes[i].method) != 0) {
            vn_http_reply_problem(exchange, 405, "method", NULL, NULL);
            return;
        }
        call.rest = request->path + len;
        if (routes[i].open || authenticate(&call)) {
            routes[i].run(&call);
        }
        return;
    }
    vn_http_reply_problem(exchange, 404, "absent", "there is nothing at this path", NULL);
}
