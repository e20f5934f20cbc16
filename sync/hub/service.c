#include "sync/hub/service.h"

#include <stdlib.h>
#include <string.h>

static void on_turn(uv_check_t *handle)
{
    struct vn_service *service = handle->data;
    (void)uv_check_stop(&service->turn);
    (void)uv_idle_stop(&service->awake);
    vn_journals_flush(service);
    if (service->changed) {
        service->changed = false;
        vn_waiters_wake(service);
    }
}

static void on_awake(uv_idle_t *handle)
{
    (void)handle; /* there only so that the loop does not sleep */
}

enum vn_status vn_service_init(struct vn_service *service, struct vn_hub *hub, uv_loop_t *loop,
                               struct vn_error *error)
{
    memset(service, 0, sizeof *service);
    service->hub = hub;
    service->loop = loop;
    enum vn_status status = vn_service_read_revoked(service);
    if (status != VN_OK) {
        return vn_fail(error, status, "the fleet can't be read: %s", vn_status_name(status));
    }
    (void)uv_check_init(loop, &service->turn);
    (void)uv_idle_init(loop, &service->awake);
    (void)uv_timer_init(loop, &service->patience);
    service->turn.data = service;
    service->awake.data = service;
    service->patience.data = service;
    return VN_OK;
}

void vn_service_close(struct vn_service *service)
{
    uv_close((uv_handle_t *)&service->turn, NULL);
    uv_close((uv_handle_t *)&service->awake, NULL);
    uv_close((uv_handle_t *)&service->patience, NULL);
}

void vn_service_deinit(struct vn_service *service)
{
    free(service->revoked);
    free(service->contacts);
}

static void end_turn(struct vn_service *service)
{
    (void)uv_check_start(&service->turn, on_turn);
    (void)uv_idle_start(&service->awake, on_awake);
}

void vn_service_changed(struct vn_service *service)
{
    service->changed = true;
    end_turn(service);
}

void vn_service_take_journals(struct vn_service *service)
{
    vn_journals_flush(service);
}

void vn_service_journal_waits(struct vn_service *service)
{
    end_turn(service);
}

static enum vn_status collect_revoked(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                      int64_t report_ms)
{
    struct vn_service *service = ctx;
    (void)report;
    (void)report_ms;
    if (row->state != VN_ENROLMENT_REVOKED) {
        return VN_OK;
    }
    void *grown = realloc(service->revoked, (service->revoked_count + 1) * sizeof *service->revoked);
    if (grown == NULL) {
        return VN_NOMEM;
    }
    service->revoked = grown;
    memcpy(service->revoked[service->revoked_count++], row->serial, VN_SERIAL_TEXT_MAX);
    return VN_OK;
}

enum vn_status vn_service_read_revoked(struct vn_service *service)
{
    service->revoked_count = 0;
    return vn_storage_enrolments(service->hub->storage, collect_revoked, service);
}

bool vn_service_is_revoked(void *service, const char *serial)
{
    const struct vn_service *self = service;
    for (size_t i = 0; i < self->revoked_count; i++) {
        if (strcmp(self->revoked[i], serial) == 0) {
            return true;
        }
    }
    return false;
}

void vn_service_contact(struct vn_service *service, int64_t enrolment)
{
    size_t index = (size_t)enrolment;
    if (index >= service->contact_count) {
        size_t count = index + 64;
        int64_t *grown = realloc(service->contacts, count * sizeof *grown);
        if (grown == NULL) {
            return;
        }
        memset(grown + service->contact_count, 0, (count - service->contact_count) * sizeof *grown);
        service->contacts = grown;
        service->contact_count = count;
    }
    service->contacts[index] = vn_hub_now_ms(service->hub);
}

int64_t vn_service_last_contact(const struct vn_service *service, int64_t enrolment)
{
    return (size_t)enrolment < service->contact_count ? service->contacts[enrolment] : 0;
}

void vn_reply_json(struct vn_http_exchange *exchange, int http_status, json_t *json)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_HTTP_REPLY_MAX);
    if (json == NULL || vn_json_dump(json, &body) != VN_OK) {
        vn_http_reply_problem(exchange, 500, "no-memory", "the answer does not fit", NULL);
    } else {
        vn_http_reply(exchange, http_status, "application/json", vn_buf_view(&body));
    }
    json_decref(json);
    vn_buf_deinit(&body);
}

void vn_reply_status(struct vn_service *service, struct vn_http_exchange *exchange, enum vn_status status,
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
        vn_storage_describe(service->hub->storage, status, &own);
        vn_log_event(service->hub->log, VN_LOG_ERROR, "request_failed",
                     VN_S("status", vn_status_name(status)), VN_S("reason", told ? error->text : own.text));
        enum vn_status ignored = vn_http_reply_header(exchange, "Retry-After", "5");
        (void)ignored; /* a reply without it is as good */
        code = 503;
    }
    vn_http_reply_problem(exchange, code, vn_status_name(status), told ? error->text : NULL,
                          told && error->pointer[0] != '\0' ? error->pointer : NULL);
}
