/* HTTP for tills: who is it, what does it want. Everything but enrolling needs a client certificate whose
 * name is an enrolment, and the stamp that says where the till stands.
 *
 * Who it is, the loop says by its table; what the till wants is done on a thread, where the enrolment's row and the stamp
 * are looked at in the same transaction. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/api/till_call.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/ingest/branch.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/service/feed.h"
#include "sync/wire/batch.h"

static enum vn_status renew(struct vn_till_call *self, struct vn_hub *hub, struct vn_error *error)
{
    struct vn_renew_request *request = calloc(1, sizeof *request);
    struct vn_renew_reply *reply = calloc(1, sizeof *reply);
    struct vn_buf body;
    vn_buf_init(&body, 4 * VN_PEM_MAX);
    enum vn_status status = request == NULL || reply == NULL
                                ? VN_NOMEM
                                : vn_renew_request_decode(self->call.task.request.body, request, error);
    if (status == VN_OK) {
        status = vn_fleet_renew(hub, &self->call.row, request, reply, error);
    }
    if (status == VN_OK) {
        status = vn_renew_reply_encode(reply, &body);
    }
    if (status == VN_OK) {
        vn_answer_bytes(&self->call.task.answer, 200, "application/json", &body);
        vn_log_event(hub->log, VN_LOG_NOTICE, "certificate_renewed", VN_S("store", self->call.row.store),
                     VN_S("till", self->call.row.till));
    }
    vn_buf_deinit(&body);
    free(request);
    free(reply);
    return status;
}

static enum vn_status member(struct vn_till_call *self, struct vn_hub *hub, struct vn_error *error)
{
    struct vn_feed_item *item = calloc(1, sizeof *item);
    struct vn_hash card;
    struct vn_buf body;
    vn_buf_init(&body, 65536);
    enum vn_status status = item == NULL ? VN_NOMEM
                            : vn_hex_decode(vn_view_str(self->rest), card.bytes, sizeof card.bytes) == VN_OK
                                ? vn_feed_card_item(hub, &card, &self->call.row, item)
                                : VN_ABSENT;
    if (status == VN_OK) {
        status = vn_feed_item_encode(item, &body);
    }
    if (status == VN_OK) {
        vn_answer_bytes(&self->call.task.answer, 200, "application/json", &body);
    } else if (status == VN_ABSENT) {
        status = vn_fail(error, VN_ABSENT, "no member has this card");
    }
    vn_buf_deinit(&body);
    free(item);
    return status;
}

static enum vn_status sign_up(struct vn_till_call *self, struct vn_hub *hub, struct vn_error *error)
{
    return vn_api_signup(&self->call, hub, error);
}

/* What the hub lacks of the journal of an enrolment that this one replaces. */
static enum vn_status hand_in(struct vn_till_call *self, struct vn_hub *hub, struct vn_error *error)
{
    const struct vn_http_request *request = &self->call.task.request;
    struct vn_intake *intake = NULL;
    struct vn_ingest_result result;
    struct vn_buf body;
    int64_t oldest = 1;
    vn_buf_init(&body, 4096);
    enum vn_status status = vn_http_query_int(request, "oldest", 1, VN_NUMBER_MAX, &oldest);
    if (status == VN_INPUT) {
        return vn_fail(error, status, "expected oldest, the first entry that the journal has");
    }
    status = vn_intake_read(request->body, false, &intake, error);
    if (status == VN_OK) {
        status = vn_branch_take(hub, &self->call.row, intake, oldest, &result, error);
    }
    bool expected = status == VN_OK && result.verdict == VN_INGEST_EXPECTED;
    if (status == VN_OK) {
        status = expected ? vn_expected_encode(&result.expected, &body) : vn_ack_encode(&result.ack, &body);
    }
    if (status == VN_OK) {
        vn_answer_bytes(&self->call.task.answer, expected ? 409 : 200, "application/json", &body);
        self->taken = result.taken;
        self->replaced = intake->enrolment;
    }
    vn_intake_destroy(intake);
    vn_buf_deinit(&body);
    return status;
}

static bool handed_in(struct vn_task *task)
{
    struct vn_till_call *self = (struct vn_till_call *)task;
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &self->replaced);
    bool committed = task->answer.http_status == 200 || task->answer.http_status == 409;
    if (committed && seen != NULL) {
        seen->state = VN_ENROLMENT_REVOKED;
        vn_feed_service_touch(task->service->feed, ((const struct vn_call *)task)->row.store);
    }
    vn_service_taken(task->service, committed ? self->taken : 0);
    task->ended = vn_call_ended;
    return vn_call_ended(task);
}

/* In units of its own; what fails is with the next one. */
static void look_for_known(struct vn_till_call *self, struct vn_hub *hub)
{
    struct vn_quarantine_round round = {.counts = false};
    enum vn_status ignored = vn_quarantine_release_known(hub, VN_RELEASE_MAX, &round);
    (void)ignored;
    self->more = round.more || round.released;
}

static bool signed_up(struct vn_task *task)
{
    if (((struct vn_till_call *)task)->more) {
        vn_service_release(task->service);
    }
    task->ended = vn_call_ended;
    return vn_call_ended(task);
}

static void refuse(struct vn_http_exchange *exchange, int status, const char *title, const char *detail)
{
    vn_http_reply_problem(exchange, status, title, detail, NULL);
}

static bool read_stamp(struct vn_http_exchange *exchange, const struct vn_http_request *request,
                       const struct vn_fleet_seen *seen, struct vn_stamp *stamp)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_view text;
    if (!vn_http_request_header(request, VN_STAMP_HEADER, &text)) {
        refuse(exchange, 400, "input", "the header " VN_STAMP_HEADER " is missing");
        return false;
    }
    if (vn_stamp_read(text, stamp, &error) != VN_OK) {
        refuse(exchange, 400, "input", error.text);
        return false;
    }
    if (memcmp(stamp->enrolment.bytes, seen->enrolment.bytes, VN_ID_BYTES) != 0) {
        refuse(exchange, 403, "denied",
               "the header " VN_STAMP_HEADER " names another enrolment than the certificate");
        return false;
    }
    return true;
}

/* Who it is, as far as the loop knows; NULL: the request was answered. */
static struct vn_fleet_seen *authenticate(struct vn_service *service, struct vn_http_exchange *exchange,
                                          const struct vn_http_request *request, struct vn_stamp *stamp)
{
    const struct vn_http_peer *peer = request->peer;
    if (peer->kind != VN_HTTP_PEER_TLS || peer->name[0] == '\0') {
        refuse(exchange, 401, "denied", "this needs the till's certificate");
        return NULL;
    }
    struct vn_fleet_seen *seen = vn_fleet_table_by_name(service->fleet, peer->name);
    if (seen == NULL) {
        vn_api_stranger(service, exchange, request);
        return NULL;
    }
    if (seen->state != VN_ENROLMENT_ACTIVE && !VN_PLANTED(REVOKED_SERVED)) {
        refuse(exchange, 403, vn_enrolment_state_name(seen->state),
               "this enrolment has ended; the till must enrol anew, with --replaces");
        return NULL;
    }
    if (!read_stamp(exchange, request, seen, stamp)) {
        return NULL;
    }
    seen->contact_ms = vn_hub_now_ms(service->hub);
    return seen;
}

static const struct route {
    const char *method;
    const char *path; /* ending in "/": what follows is `rest` */
    enum vn_status (*run)(struct vn_till_call *call, struct vn_hub *hub, struct vn_error *error);
    bool (*ended)(struct vn_task *task); /* NULL: vn_call_ended */
    /* Has more than one step: in place of `run`. */
    void (*begin)(struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request, struct vn_fleet_seen *seen,
                  const struct vn_stamp *stamp);
    bool writes;
    bool posts; /* the till's own entries first */
    bool large; /* its body is a batch */
} routes[] = {
    {"POST", "/v1/journal", .begin = vn_api_journal, .large = true},
    {"GET", "/v1/feed", .begin = vn_api_feed},
    {"GET", "/v1/snapshot", .begin = vn_api_snapshot},
    {"POST", "/v1/rights", .begin = vn_api_rights},
    {"POST", "/v1/status", .run = vn_api_status, .writes = true, .ended = vn_api_status_ended},
    {"GET", VN_ROSTER_PATH, .run = vn_api_roster, .writes = true, .ended = vn_api_roster_ended},
    {"POST", "/v1/branch", .run = hand_in, .writes = true, .ended = handed_in, .large = true},
    {"POST", VN_RENEW_PATH, .run = renew, .writes = true},
    {"GET", "/v1/members/", .run = member},
    {"POST", "/v1/members", .run = sign_up, .writes = true, .posts = true, .ended = signed_up},
};

/* One that is too long is no tag of ours. */
static void read_none_match(const struct vn_http_request *request, struct vn_till_call *self)
{
    struct vn_view tag;
    if (!vn_http_request_header(request, "If-None-Match", &tag) ||
        vn_view_copy_str(tag, self->none_match, sizeof self->none_match) != VN_OK) {
        self->none_match[0] = '\0';
    }
}

static void begin(struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request, const struct route *route)
{
    struct vn_stamp stamp;
    struct vn_fleet_seen *seen = authenticate(service, exchange, request, &stamp);
    if (seen == NULL) {
        return;
    }
    if (route->begin != NULL) {
        route->begin(service, exchange, request, seen, &stamp);
        return;
    }
    if (route->run == sign_up && !vn_admission_signs_up(service, seen, exchange)) {
        return;
    }
    struct vn_till_call *self = vn_call_new(sizeof *self, service, exchange, request, seen, &stamp);
    if (self != NULL) {
        self->run = route->run;
        self->after = route->run == sign_up ? look_for_known : NULL;
        self->posts = route->posts;
        self->call.renews = route->run == renew;
        self->call.task.ended = route->ended == NULL ? vn_call_ended : route->ended;
        self->rest = self->call.task.request.path + strlen(route->path);
        read_none_match(request, self);
        self->call.task.run = route->writes ? vn_till_call_write : vn_till_call_read;
        vn_task_post(&self->call.task, route->writes ? VN_LANE_VERBS : VN_LANE_READER);
    }
}

/* NULL: none, or it is not one for those who have enrolled. */
static const struct route *route_of(const struct vn_http_request *request)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t len = strlen(routes[i].path);
        bool tail = routes[i].path[len - 1] == '/';
        if (tail ? strncmp(request->path, routes[i].path, len) == 0
                 : strcmp(request->path, routes[i].path) == 0) {
            return &routes[i];
        }
    }
    return NULL;
}

size_t vn_api_tills_body_most(void *ctx, const struct vn_http_request *request)
{
    const struct route *route = route_of(request);
    (void)ctx;
    return route != NULL && route->large ? VN_BATCH_BYTES_MAX : VN_HUB_REQUEST_MAX;
}

/* Where a request leads: *route is NULL for enrolling. False: nowhere, and that is answered. */
static bool find_route(struct vn_http_exchange *exchange, const struct vn_http_request *request,
                       const struct route **route)
{
    bool enrols = strcmp(request->path, "/v1/enrol") == 0;
    *route = route_of(request);
    if (*route == NULL && !enrols) {
        refuse(exchange, 404, "absent", "there is nothing at this path");
    } else if (strcmp(request->method, enrols ? "POST" : (*route)->method) != 0) {
        refuse(exchange, 405, "method", NULL);
    } else {
        return true;
    }
    return false;
}

bool vn_api_tills_admit(void *service, struct vn_http_exchange *exchange,
                        const struct vn_http_request *request)
{
    const struct route *route = NULL;
    struct vn_stamp stamp;
    if (!find_route(exchange, request, &route)) {
        return false;
    }
    bool journal = route != NULL && route->begin == vn_api_journal;
    if (!vn_admission_open(service, exchange) || (journal && !vn_admission_takes(service, exchange))) {
        return false;
    }
    if (route == NULL) {
        return true;
    }
    struct vn_fleet_seen *seen = authenticate(service, exchange, request, &stamp);
    return seen != NULL && (!journal || !vn_api_journal_sends(seen, exchange));
}

void vn_api_tills(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    const struct route *route = NULL;
    if (!find_route(exchange, request, &route) || !vn_admission_open(service, exchange)) {
        return;
    }
    if (route == NULL) {
        vn_api_enrol(service, exchange, request);
    } else {
        begin(service, exchange, request, route);
    }
}
