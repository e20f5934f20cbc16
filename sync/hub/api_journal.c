/* POST /v1/journal, with group commit.
 *
 * A request is decoded when it comes and then waits for the end of the turn; its body lives as long as its
 * exchange. If the client leaves before that, nothing is taken in and nothing was promised. When the turn's
 * transaction fails, each request is tried once more in one of its own, so that what one till stumbles over (a
 * damaged row, say) does not stop the others. Who fails even so is not acknowledged, and sends again. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ingest.h"
#include "sync/hub/service.h"

struct vn_pending {
    struct vn_pending *next;
    struct vn_service *service;
    struct vn_http_exchange *exchange;
    struct vn_enrolment_id enrolment;
    struct vn_batch batch;
    struct vn_ingest_result result;
    enum vn_status status; /* anything but VN_OK: nothing was taken in */
};

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct vn_pending *pending = ctx;
    struct vn_pending **link = &pending->service->journals;
    (void)exchange;
    while (*link != NULL && *link != pending) {
        link = &(*link)->next;
    }
    if (*link == pending) {
        *link = pending->next;
    }
    free(pending);
}

void vn_api_journal(struct vn_service *service, struct vn_http_exchange *exchange,
                    const struct vn_http_request *request, const struct vn_enrolment_row *row)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_pending *pending = calloc(1, sizeof *pending);
    if (pending == NULL) {
        vn_reply_status(service, exchange, VN_NOMEM, NULL);
        return;
    }
    enum vn_status status = vn_batch_decode(request->body, &pending->batch, &error);
    if (status == VN_OK && memcmp(pending->batch.enrolment.bytes, row->enrolment.bytes, VN_ID_BYTES) != 0) {
        status = vn_fail(&error, VN_DENIED, "the batch is of another enrolment than the certificate");
    }
    if (status != VN_OK) {
        free(pending);
        vn_reply_status(service, exchange, status, &error);
        return;
    }
    pending->service = service;
    pending->exchange = exchange;
    pending->enrolment = row->enrolment;
    struct vn_pending **last = &service->journals;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = pending;
    vn_http_exchange_on_gone(exchange, on_gone, pending);
    vn_service_journal_waits(service);
}

static enum vn_status take_one(struct vn_hub *hub, struct vn_pending *pending)
{
    struct vn_enrolment_row row;
    enum vn_status status = vn_storage_enrolment_get(hub->storage, &pending->enrolment, &row);
    if (status == VN_OK && row.state != VN_ENROLMENT_ACTIVE) {
        pending->result.verdict = VN_INGEST_BRANCH;
        return VN_OK;
    }
    return status == VN_OK ? vn_ingest_batch(hub, &row, &pending->batch, &pending->result) : status;
}

/* From `first` up to `end`, in one transaction. */
static enum vn_status take(struct vn_hub *hub, struct vn_pending *first, const struct vn_pending *end)
{
    enum vn_status status = vn_storage_begin(hub->storage);
    if (status != VN_OK) {
        return status;
    }
    for (struct vn_pending *pending = first; pending != end && status == VN_OK; pending = pending->next) {
        status = take_one(hub, pending);
    }
    if (status != VN_OK) {
        vn_storage_rollback(hub->storage);
        return status;
    }
    return vn_storage_commit(hub->storage);
}

static void take_all(struct vn_hub *hub, struct vn_pending *first)
{
    enum vn_status status = take(hub, first, NULL);
    for (struct vn_pending *pending = first; pending != NULL; pending = pending->next) {
        bool again = status != VN_OK && first->next != NULL;
        pending->status = again ? take(hub, pending, pending->next) : status;
    }
}

static void answer(struct vn_pending *pending)
{
    struct vn_buf body;
    struct vn_http_exchange *exchange = pending->exchange;
    vn_buf_init(&body, 4096);
    switch (pending->result.verdict) {
    case VN_INGEST_BRANCH:
        vn_http_reply_problem(exchange, 403, "branch",
                              "the till's journal differs from what the hub has of it", NULL);
        break;
    case VN_INGEST_EXPECTED:
        if (vn_expected_encode(&pending->result.expected, &body) == VN_OK) {
            vn_http_reply(exchange, 409, "application/json", vn_buf_view(&body));
        } else {
            vn_http_reply_problem(exchange, 500, "no-memory", NULL, NULL);
        }
        break;
    case VN_INGEST_TAKEN:
        if (vn_ack_encode(&pending->result.ack, &body) == VN_OK) {
            vn_http_reply(exchange, 200, "application/json", vn_buf_view(&body));
        } else {
            vn_http_reply_problem(exchange, 500, "no-memory", NULL, NULL);
        }
        break;
    }
    vn_buf_deinit(&body);
}

void vn_journals_flush(struct vn_service *service)
{
    struct vn_pending *first = service->journals;
    unsigned entries = 0;
    if (first == NULL) {
        return;
    }
    take_all(service->hub, first);
    service->journals = NULL;
    while (first != NULL) {
        struct vn_pending *next = first->next;
        if (first->status == VN_OK) {
            entries += first->result.taken;
            answer(first);
        } else {
            vn_reply_status(service, first->exchange, first->status, NULL);
        }
        free(first);
        first = next;
    }
    if (entries > 0) {
        vn_log_event(service->hub->log, VN_LOG_DEBUG, "journals_taken", VN_I("entries", entries));
        vn_service_changed(service);
    }
}
