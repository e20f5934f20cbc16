#include "sync/hub/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "sync/hub/api_monitor.h"
#include "sync/hub/feed_publisher.h"
#include "sync/hub/ledger.h"
#include "sync/hub/quarantine.h"
#include "sync/hub/run_tls.h"
#include "sync/hub/service_jobs.h"
#include "sync/hub/service_mark.h"
#include "sync/hub/service_snapshot.h"
#include "sync/wire/enrol.h"

struct run {
    const struct vn_run_options *options;
    uv_loop_t loop;
    uv_signal_t term, interrupt;
    uv_check_t disk;
    struct vn_hub hub;
    struct vn_hub_keys keys;
    struct vn_storage *reader, *builder;
    struct vn_service service;
    struct vn_mark_keeper mark;
    struct vn_job_keeper jobs;
    struct vn_watch watch;
    char mark_path[VN_PATH_MAX];
    struct vn_http_server *tills, *admin, *monitor;
    struct vn_run_tls *tls;
    bool ready, ending;
};

static void close_all(struct run *run)
{
    vn_mark_keeper_close(&run->mark);
    vn_job_keeper_close(&run->jobs);
    vn_watch_close(&run->watch);
    vn_service_close(&run->service);
    vn_run_tls_close(run->tls);
    if (run->tills != NULL) {
        vn_http_server_close(run->tills, NULL, NULL);
    }
    if (run->admin != NULL) {
        vn_http_server_close(run->admin, NULL, NULL);
    }
    if (run->monitor != NULL) {
        vn_http_server_close(run->monitor, NULL, NULL);
    }
    uv_close((uv_handle_t *)&run->term, NULL);
    uv_close((uv_handle_t *)&run->interrupt, NULL);
    uv_close((uv_handle_t *)&run->disk, NULL);
}

static void on_idle(void *ctx)
{
    close_all(ctx);
}

static void end(struct run *run)
{
    if (run->ending) {
        return;
    }
    run->ending = true;
    if (run->ready) {
        vn_log_event(run->hub.log, VN_LOG_NOTICE, "hub_stopping", VN_S("dir", run->options->dir));
    }
    vn_service_end(&run->service, on_idle, run);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    end(handle->data);
}

/* After each turn: a store that can't be believed any more ends the hub. What was confirmed in this turn is on the disk. */
static void on_turn(uv_check_t *handle)
{
    struct run *run = handle->data;
    if (run->service.lost && !run->ending) {
        vn_log_event(run->hub.log, VN_LOG_ERROR, "hub_disk_failed", VN_S("dir", run->options->dir));
        end(run);
    }
}

static enum vn_status open_store(struct run *run, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_hub_keys_load(run->options->dir, &run->keys, error);
    const char *database = run->options->database == NULL ? path : run->options->database;
    if (status == VN_OK) {
        status = vn_file_path(run->options->dir, "hub.db", path, error);
    }
    if (status == VN_OK) {
        status = vn_storage_open(database, NULL, &run->hub.storage, error);
    }
    if (status == VN_OK && vn_ledger_attach(&run->hub, VN_LEDGER_WRITES) != VN_OK) {
        status = vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (status == VN_OK) {
        const struct vn_storage_options reader = {
            .reader = true, .clock = run->hub.clock, .random = run->hub.random};
        status = vn_storage_open(database, &reader, &run->reader, error);
        if (status == VN_OK) {
            status = vn_storage_open(database, &reader, &run->builder, error);
        }
    }
    if (status == VN_OK) {
        status = vn_epoch_refresh(&run->hub);
        if (status != VN_OK) {
            status = vn_fail(error, VN_CORRUPT, "the database has no epoch");
        }
    }
    run->hub.keys = &run->keys;
    if (status == VN_OK) {
        status = vn_file_path(run->options->dir, "mark", run->mark_path, error);
    }
    if (status == VN_OK) {
        status = vn_epoch_start(&run->hub, run->mark_path, error);
    }
    if (status == VN_OK) {
        status = vn_quarantine_start(&run->hub);
        if (status != VN_OK) {
            vn_storage_describe(run->hub.storage, status, error);
        }
    }
    return status;
}

static enum vn_status open_tills(struct run *run, struct vn_error *error)
{
    struct vn_http_server_options options = vn_http_server_options_default();
    options.body_max = VN_BATCH_BYTES_MAX;
    options.connections_max = VN_HTTP_CONNECTIONS_MAX;
    options.refuse_origin = true;
    options.zipped_path = "/v1/journal";
    options.bodies_max = VN_HUB_BODIES_MAX;
    options.admit = vn_api_tills_admit;
    options.is_revoked = vn_service_is_revoked;
    options.is_revoked_ctx = &run->service;
    options.on_reply = vn_watch_replied;
    options.on_reply_ctx = &run->watch;
    options.renew_path = VN_RENEW_PATH;
    enum vn_status status = vn_run_tls_create(&run->hub, run->options->dir, &options, &run->tls, error);
    if (status == VN_OK) {
        status = vn_http_server_create(&run->loop, run->hub.clock, run->hub.log, &options, vn_api_tills,
                                       &run->service, &run->tills, error);
    }
    if (status == VN_OK) {
        vn_run_tls_watch(run->tls, &run->loop, run->tills);
    }
    run->watch.tills = run->tills;
    return status == VN_OK ? vn_http_server_listen_tcp(run->tills, run->options->listen.host,
                                                       (uint16_t)run->options->listen.port, error)
                           : status;
}

static enum vn_status open_monitor(struct run *run, struct vn_error *error)
{
    struct vn_http_server_options options = vn_http_server_options_default();
    options.refuse_origin = true;
    if (run->options->monitor.host == NULL) {
        return VN_OK;
    }
    enum vn_status status = vn_http_server_create(&run->loop, run->hub.clock, run->hub.log, &options,
                                                  vn_api_monitor, &run->watch, &run->monitor, error);
    return status == VN_OK ? vn_http_server_listen_tcp(run->monitor, run->options->monitor.host,
                                                       (uint16_t)run->options->monitor.port, error)
                           : status;
}

static void answer_admin(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct run *run = ctx;
    if (!vn_api_monitor_admin(&run->watch, exchange, request)) {
        vn_api_admin(&run->service, exchange, request);
    }
}

static enum vn_status open_admin(struct run *run, struct vn_error *error)
{
    struct vn_http_server_options options = vn_http_server_options_default();
    char path[VN_PATH_MAX];
    options.body_max = VN_RULESET_MAX;
    options.refuse_origin = true;
    enum vn_status status = vn_http_server_create(&run->loop, run->hub.clock, run->hub.log, &options,
                                                  answer_admin, run, &run->admin, error);
    if (status == VN_OK) {
        status = vn_file_path(run->options->dir, "admin.sock", path, error);
    }
    return status == VN_OK ? vn_http_server_listen_unix(run->admin, path, 0600, error) : status;
}

static enum vn_status write_port(const struct run *run, struct vn_error *error)
{
    char text[16];
    if (run->options->port_file == NULL) {
        return VN_OK;
    }
    (void)snprintf(text, sizeof text, "%d\n", vn_http_server_port(run->tills));
    return vn_file_replace(run->options->port_file, vn_view_str(text), error);
}

/* A connection is an open file: as many as we may have. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static enum vn_status serve(struct run *run, struct vn_error *error)
{
    enum vn_status status = vn_service_init(&run->service, &run->hub, run->reader, &run->loop, error);
    if (status != VN_OK) {
        vn_service_deinit(&run->service);
        return status;
    }
    vn_watch_start(&run->watch, &run->service);
    vn_job_keeper_start(&run->jobs, &run->service);
    vn_mark_keeper_start(&run->mark, &run->service, run->mark_path);
    (void)uv_signal_init(&run->loop, &run->term);
    (void)uv_signal_init(&run->loop, &run->interrupt);
    (void)uv_check_init(&run->loop, &run->disk);
    run->term.data = run;
    run->interrupt.data = run;
    run->disk.data = run;
    (void)uv_check_start(&run->disk, on_turn);
    (void)uv_signal_start(&run->term, on_signal, SIGTERM);
    (void)uv_signal_start(&run->interrupt, on_signal, SIGINT);
    /* The admin socket first: it refuses a second hub in the same folder. */
    status = vn_snapshots_create(&run->service, run->options->dir, run->builder, &run->service.snapshots);
    if (status != VN_OK) {
        (void)vn_fail(error, status, "no thread can be started for snapshots");
    }
    if (status == VN_OK) {
        status = open_admin(run, error);
    }
    if (status == VN_OK) {
        status = open_tills(run, error);
    }
    if (status == VN_OK) {
        status = open_monitor(run, error);
    }
    if (status == VN_OK) {
        status = write_port(run, error);
    }
    if (status == VN_OK) {
        run->ready = true;
        vn_log_event(run->hub.log, VN_LOG_NOTICE, "hub_ready", VN_S("version", VERNO_VERSION),
                     VN_S("listen", run->options->listen.host), VN_I("port", vn_http_server_port(run->tills)),
                     VN_I("monitor", run->monitor == NULL ? 0 : vn_http_server_port(run->monitor)),
                     VN_I("epoch", run->hub.epoch));
    } else {
        end(run);
    }
    (void)uv_run(&run->loop, UV_RUN_DEFAULT);
    vn_mark_keeper_finish(&run->mark);
    vn_service_deinit(&run->service);
    if (status == VN_OK && vn_storage_is_lost(run->hub.storage)) {
        status =
            vn_fail(error, VN_IO,
                    "the disk of %s failed while something was written: look at the disk, then start again",
                    run->options->dir);
    }
    return status;
}

enum vn_status vn_hub_run(const struct vn_run_options *options, struct vn_error *error)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL || uv_loop_init(&run->loop) != 0) {
        free(run);
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    run->options = options;
    run->hub.clock = vn_clock_system();
    run->hub.random = vn_random_system();
    run->hub.slow_ms = VN_SLOW_AUTO;
    run->hub.log = vn_log_create(STDERR_FILENO, VN_LOG_INFO, run->hub.clock);
    enum vn_status status = open_store(run, error);
    if (status == VN_OK) {
        status = serve(run, error);
    }
    vn_ledger_detach(&run->hub);
    vn_storage_close(run->builder);
    vn_storage_close(run->reader);
    vn_storage_close(run->hub.storage);
    vn_hub_keys_deinit(&run->keys);
    vn_log_destroy(run->hub.log);
    (void)uv_loop_close(&run->loop);
    free(run);
    return status;
}
