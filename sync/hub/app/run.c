#include "sync/hub/app/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "sync/hub/api/clock.h"
#include "sync/hub/api/monitor.h"
#include "sync/hub/app/run_room.h"
#include "sync/hub/app/run_store.h"
#include "sync/hub/app/run_tls.h"
#include "sync/hub/app/run_wait.h"
#include "sync/hub/core/clock_guard.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/service/jobs.h"
#include "sync/hub/service/mark.h"
#include "sync/hub/service/requote.h"
#include "sync/hub/service/snapshot.h"
#include "sync/wire/enrol.h"

struct run {
    const struct vn_run_options *options;
    uv_loop_t loop;
    uv_signal_t term, interrupt;
    uv_check_t turn;
    struct vn_hub hub;
    struct vn_clock_guard guard;
    struct vn_hub_keys keys;
    struct vn_settings settings;
    struct vn_run_store store;
    struct vn_run_wait wait;
    struct vn_service service;
    struct vn_mark_keeper mark;
    struct vn_job_keeper jobs;
    struct vn_watch watch;
    struct vn_http_server *tills, *admin, *monitor;
    struct vn_run_tls *tls;
    struct vn_run_room room;
    bool waits;            /* the database was away at the start: `wait` is to be closed */
    bool serves;           /* the service is there */
    bool ready;            /* and everybody was told */
    int64_t away_since_ms; /* what was logged of the database */
    enum vn_status failed; /* why it has to end, besides being asked to; `error` says it */
    struct vn_error *error;
    bool ending;
};

static void close_all(struct run *run)
{
    if (run->serves) {
        vn_mark_keeper_close(&run->mark);
        vn_job_keeper_close(&run->jobs);
        vn_watch_close(&run->watch);
        vn_service_close(&run->service);
    }
    if (run->waits) {
        vn_run_wait_close(&run->wait);
    }
    vn_run_tls_close(run->tls);
    vn_run_room_close(&run->room);
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
    uv_close((uv_handle_t *)&run->turn, NULL);
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
    if (run->serves) {
        vn_service_end(&run->service, on_idle, run);
    } else {
        on_idle(run);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    end(handle->data);
}

/* --- the database and what serves it ----------------------------------------------------------------------- */

static void say_away(struct run *run, int64_t since_ms, const char *reason)
{
    char since[VN_TIME_TEXT_MAX];
    vn_time_text(since_ms, since);
    vn_log_event(run->hub.log, VN_LOG_ERROR, "database_away", VN_S("since", since), VN_S("reason", reason));
    run->away_since_ms = since_ms;
}

static void say_back(struct run *run)
{
    int64_t away_ms = vn_hub_now_ms(&run->hub) - run->away_since_ms;
    vn_log_event(run->hub.log, VN_LOG_NOTICE, "database_back", VN_I("away_ms", away_ms));
    run->away_since_ms = 0;
}

static void say_where(const struct run *run, const char *event)
{
    vn_log_event(run->hub.log, VN_LOG_NOTICE, event, VN_S("version", VERNO_VERSION),
                 VN_S("listen", run->options->listen.host), VN_I("port", vn_http_server_port(run->tills)),
                 VN_I("monitor", run->monitor == NULL ? 0 : vn_http_server_port(run->monitor)),
                 VN_I("epoch", run->hub.epoch));
}

/* After each turn: a store that can't be believed any more ends the hub. What was confirmed in this turn is on the disk. */
static void on_turn(uv_check_t *handle)
{
    struct run *run = handle->data;
    if (run->ending) {
        return;
    }
    if (run->serves && run->service.lost) {
        vn_log_event(run->hub.log, VN_LOG_ERROR, "hub_store_lost", VN_S("dir", run->options->dir));
        end(run);
    } else if (run->failed != VN_OK) {
        end(run);
    } else if (run->serves) {
        int64_t since_ms = vn_storage_away_since_ms(run->hub.storage);
        if (since_ms != 0 && run->away_since_ms == 0) {
            say_away(run, since_ms, "the connection was lost");
        } else if (since_ms == 0 && run->away_since_ms != 0) {
            say_back(run);
        }
    }
}

/* The store is open. */
static enum vn_status begin_service(struct run *run, struct vn_error *error)
{
    enum vn_status status = vn_service_init(&run->service, &run->hub, run->store.reader, &run->loop, error);
    if (status != VN_OK) {
        vn_service_deinit(&run->service);
        return status;
    }
    run->serves = true;
    vn_watch_start(&run->watch, &run->service);
    vn_job_keeper_start(&run->jobs, &run->service);
    vn_mark_keeper_start(&run->mark, &run->service, run->store.mark_path);
    status =
        vn_snapshots_create(&run->service, run->options->dir, run->store.builder, &run->service.snapshots);
    if (status != VN_OK) {
        return vn_fail(error, status, "no thread can be started for snapshots");
    }
    status = vn_requotes_create(&run->service, run->store.requoter, &run->service.requotes);
    return status == VN_OK ? VN_OK : vn_fail(error, status, "no thread can be started for quoting again");
}

static void note_waiting(struct run *run, const struct vn_error *error)
{
    if (vn_watch_away(&run->watch, error->text)) {
        say_away(run, run->watch.away_since_ms, error->text);
    }
}

/* What the hub waited for, or not yet. */
static void on_tried(void *ctx, enum vn_status status, struct vn_error *error)
{
    struct run *run = ctx;
    if (status == VN_OK) {
        status = begin_service(run, error);
        if (status == VN_GONE && !run->serves) { /* again, in between */
            vn_run_store_close(&run->store);
            vn_run_wait_again(&run->wait);
        }
    }
    if (status == VN_OK) {
        say_back(run);
        run->ready = true;
        say_where(run, "hub_ready");
    } else if (status == VN_GONE && !run->serves) {
        note_waiting(run, error);
    } else {
        run->failed = status;
        *run->error = *error;
    }
}

/* --- listeners ---------------------------------------------------------------------------------------------- */

/* Until the service is there, everybody is told to come again. */
static bool admit_tills(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct run *run = ctx;
    if (!run->serves) {
        vn_admission_refuse_away(exchange);
        return false;
    }
    return vn_api_tills_admit(&run->service, exchange, request);
}

static void answer_tills(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct run *run = ctx;
    if (run->serves) {
        vn_api_tills(&run->service, exchange, request);
    } else {
        vn_admission_refuse_away(exchange);
    }
}

static bool is_revoked(void *ctx, const struct vn_http_peer *peer)
{
    struct run *run = ctx;
    return run->serves && vn_service_is_revoked(&run->service, peer);
}

static enum vn_status open_tills(struct run *run, struct vn_error *error)
{
    struct vn_http_server_options options = vn_http_server_options_default();
    options.body_max = VN_BATCH_BYTES_MAX;
    options.connections_max = vn_run_room_connections();
    options.makes_room = true; /* a till has two, and one of them seldom asks */
    options.refuse_origin = true;
    options.zipped_path = "/v1/journal";
    options.bodies_max = VN_HUB_BODIES_MAX;
    options.bodies_each = VN_HUB_BODIES_EACH;
    options.body_most = vn_api_tills_body_most;
    options.admit = admit_tills;
    options.is_revoked = is_revoked;
    options.is_revoked_ctx = run;
    options.on_reply = vn_watch_replied;
    options.on_reply_ctx = &run->watch;
    options.renew_path = VN_RENEW_PATH;
    options.latest_ms = vn_clock_guard_latest_ms;
    options.latest_ctx = &run->guard;
    enum vn_status status = vn_run_tls_create(&run->hub, run->options->dir, &options, &run->tls, error);
    if (status == VN_OK) {
        status = vn_http_server_create(&run->loop, run->hub.clock, run->hub.log, &options, answer_tills, run,
                                       &run->tills, error);
    }
    if (status == VN_OK) {
        vn_run_tls_watch(run->tls, &run->loop, run->tills);
        vn_run_room_watch(&run->room, &run->loop, run->tills);
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
    if (vn_api_monitor_admin(&run->watch, exchange, request) ||
        vn_api_clock(&run->guard, run->hub.log, exchange, request)) {
        return;
    }
    if (run->serves) {
        vn_api_admin(&run->service, exchange, request);
    } else {
        vn_admission_refuse_away(exchange);
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

static enum vn_status open_listeners(struct run *run, struct vn_error *error)
{
    /* The admin socket first: it refuses a second hub in the same folder. */
    enum vn_status status = open_admin(run, error);
    if (status == VN_OK) {
        status = open_tills(run, error);
    }
    if (status == VN_OK) {
        status = open_monitor(run, error);
    }
    return status == VN_OK ? write_port(run, error) : status;
}

/* `opened`: how the store was opened, VN_OK or VN_GONE. */
static enum vn_status begin(struct run *run, enum vn_status opened, struct vn_error *error)
{
    enum vn_status status = opened;
    if (opened == VN_OK) {
        status = begin_service(run, error);
    }
    if (status == VN_GONE && !run->serves) {
        note_waiting(run, error);
        vn_run_store_close(&run->store);
        status = vn_run_wait_start(&run->wait, &run->loop, &run->store, on_tried, run);
        run->waits = status == VN_OK;
    }
    if (status == VN_OK) {
        status = open_listeners(run, error);
    }
    if (status == VN_OK) {
        run->ready = run->serves;
        say_where(run, run->serves ? "hub_ready" : "hub_waiting");
    }
    return status;
}

static enum vn_status serve(struct run *run, enum vn_status opened, struct vn_error *error)
{
    run->error = error;
    vn_watch_init(&run->watch, &run->hub);
    (void)uv_signal_init(&run->loop, &run->term);
    (void)uv_signal_init(&run->loop, &run->interrupt);
    (void)uv_check_init(&run->loop, &run->turn);
    run->term.data = run;
    run->interrupt.data = run;
    run->turn.data = run;
    (void)uv_check_start(&run->turn, on_turn);
    (void)uv_signal_start(&run->term, on_signal, SIGTERM);
    (void)uv_signal_start(&run->interrupt, on_signal, SIGINT);
    enum vn_status status = begin(run, opened, error);
    if (status != VN_OK) {
        end(run);
    }
    (void)uv_run(&run->loop, UV_RUN_DEFAULT);
    if (run->serves) {
        vn_mark_keeper_finish(&run->mark);
        vn_service_deinit(&run->service);
    }
    if (status == VN_OK) {
        status = run->failed;
    }
    if (status == VN_OK && run->serves) {
        status = vn_run_store_check(&run->store, error);
    }
    return status;
}

/* From here on the hub goes by its guarded clock, which has no database in it: the mark says when it last ran. */
static void guard_clock(struct run *run)
{
    char path[VN_PATH_MAX];
    struct vn_mark mark = {.restored = false};
    struct vn_error ignored;
    enum vn_status status = vn_file_path(run->options->dir, "mark", path, &ignored);
    if (status == VN_OK) {
        status = vn_mark_read(path, &mark, &ignored);
    }
    vn_clock_guard_init(&run->guard, run->hub.clock, status == VN_OK ? mark.time_ms : 0);
    run->hub.guard = &run->guard;
    run->hub.clock = vn_clock_guard_clock(&run->guard);
}

enum vn_status vn_hub_run(const struct vn_run_options *options, struct vn_error *error)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL || uv_loop_init(&run->loop) != 0) {
        free(run);
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    vn_run_room_files();
    run->options = options;
    run->hub.clock = options->world.clock;
    run->hub.random = options->world.random;
    vn_settings_init(&run->settings);
    run->hub.settings = &run->settings;
    run->hub.log = vn_log_create(options->world.log_fd, VN_LOG_INFO, options->log, run->hub.clock);
    guard_clock(run);
    run->hub.keys = &run->keys;
    run->store = (struct vn_run_store){.hub = &run->hub, .dir = options->dir, .database = options->database};
    enum vn_status status = vn_hub_keys_load(options->dir, &run->keys, error);
    if (status == VN_OK) {
        status = vn_run_store_open(&run->store, error);
        status = status == VN_OK || status == VN_GONE ? serve(run, status, error) : status;
    }
    vn_run_store_close(&run->store);
    if (status == VN_OK && run->ready) {
        vn_log_event(run->hub.log, VN_LOG_NOTICE, "hub_ended", VN_S("dir", options->dir));
    }
    vn_hub_keys_deinit(&run->keys);
    vn_log_destroy(run->hub.log);
    (void)uv_loop_close(&run->loop);
    free(run);
    return status;
}
