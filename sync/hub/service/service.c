#include "sync/hub/service/feed.h"
#include "sync/hub/service/requote.h"
#include "sync/hub/service/snapshot.h"
#include "sync/hub/service/waits.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/ledger/ledger.h"

static enum vn_status start_threads(struct vn_service *service)
{
    /* Lanes have no bound of their own: what waits in them is counted where it begins, see vn_admission_open. */
    unsigned cores = uv_available_parallelism();
    const struct vn_worker_options writer = {.threads = 1, .queue_max = UINT_MAX, .name = "writer"};
    const struct vn_worker_options reader = {.threads = 1, .queue_max = UINT_MAX, .name = "reader"};
    const struct vn_worker_options pool = {.threads =
                                               cores < VN_WORKER_THREADS_MAX ? cores : VN_WORKER_THREADS_MAX,
                                           .queue_max = UINT_MAX,
                                           .name = "hand"};
    enum vn_status status = vn_worker_create_with(service->loop, &service->writes, &writer, &service->writer);
    if (status == VN_OK) {
        status = vn_worker_create_with(service->loop, &service->reads, &reader, &service->reader);
    }
    return status == VN_OK ? vn_worker_create_with(service->loop, &service->helps, &pool, &service->hands)
                           : status;
}

static void end_threads(struct vn_service *service)
{
    /* In the order in which tasks go on from one to the next. */
    vn_worker_destroy(service->hands);
    vn_worker_destroy(service->reader);
    vn_worker_destroy(service->writer);
}

enum vn_status vn_service_init(struct vn_service *service, struct vn_hub *hub, struct vn_storage *reader,
                               uv_loop_t *loop, struct vn_error *error)
{
    memset(service, 0, sizeof *service);
    service->hub = hub;
    service->loop = loop;
    service->writes = *hub;
    service->reads = *hub;
    service->reads.storage = reader;
    service->helps = *hub;
    service->helps.storage = NULL;
    service->helps.post = NULL;
    service->helps.view = NULL;
    if (vn_ledger_attach(&service->reads, VN_LEDGER_READS) != VN_OK) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_fleet_table_create(hub->storage, vn_hub_mono_ms(hub), &service->fleet);
    if (status == VN_OK) {
        status = vn_storage_backlog(hub->storage, &service->backlog);
    }
    if (status != VN_OK) {
        return vn_fail(error, status, "the fleet can't be read: %s", vn_status_name(status));
    }
    status = start_threads(service);
    if (status != VN_OK) {
        end_threads(service);
        return vn_fail(error, status, "no thread can be started: %s", vn_status_name(status));
    }
    (void)uv_timer_init(loop, &service->patience);
    (void)uv_timer_init(loop, &service->again);
    service->patience.data = service;
    service->again.data = service;
    status = vn_waits_create(service, &service->waits);
    if (status == VN_OK) {
        status = vn_feed_service_create(service, &service->feed);
    }
    if (status != VN_OK) {
        end_threads(service); /* or the loop would wait for them */
        return vn_fail(error, status, "out of memory");
    }
    vn_service_post(service);
    return VN_OK;
}

void vn_service_look_idle(struct vn_service *service)
{
    if (service->ending && service->tasks == 0 && service->on_idle != NULL) {
        void (*on_idle)(void *ctx) = service->on_idle;
        service->on_idle = NULL;
        (void)uv_timer_stop(&service->patience);
        on_idle(service->on_idle_ctx);
    }
}

static void on_too_late(uv_timer_t *timer)
{
    struct vn_service *service = timer->data;
    vn_log_event(service->hub->log, VN_LOG_WARN, "hub_end_late", VN_I("tasks", service->tasks));
    service->tasks = 0;
    vn_service_look_idle(service);
}

void vn_service_end(struct vn_service *service, void (*on_idle)(void *ctx), void *ctx)
{
    service->ending = true;
    service->on_idle = on_idle;
    service->on_idle_ctx = ctx;
    vn_feed_service_end(service->feed);
    vn_waits_end(service->waits);
    vn_snapshots_end(service->snapshots);
    vn_requotes_end(service->requotes);
    (void)uv_timer_start(&service->patience, on_too_late, VN_HUB_END_MS, 0);
    vn_service_look_idle(service);
}

void vn_service_close(struct vn_service *service)
{
    end_threads(service);
    vn_feed_service_close(service->feed);
    vn_waits_close(service->waits);
    vn_snapshots_close(service->snapshots);
    vn_requotes_close(service->requotes);
    uv_close((uv_handle_t *)&service->patience, NULL);
    uv_close((uv_handle_t *)&service->again, NULL);
}

void vn_service_deinit(struct vn_service *service)
{
    vn_feed_service_free(service->feed);
    vn_waits_free(service->waits);
    vn_ledger_detach(&service->reads);
    vn_snapshots_free(service->snapshots);
    vn_requotes_free(service->requotes);
    vn_fleet_table_destroy(service->fleet);
}

void vn_service_changed(struct vn_service *service)
{
    vn_feed_service_changed(service->feed);
}

bool vn_service_is_revoked(void *service, const struct vn_http_peer *peer)
{
    const struct vn_service *self = service;
    const struct vn_fleet_seen *seen = vn_fleet_table_by_name(self->fleet, peer->name);
    return seen != NULL && seen->state == VN_ENROLMENT_REVOKED && !VN_PLANTED(REVOKED_SERVED);
}
