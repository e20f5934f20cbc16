#include "sync/hub/app/run_tls.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"

#define LOOK_MS   3600000
#define FILES_MS  2000
#define POLLS     2
#define TEXTS_MAX (2 * VN_PEM_MAX)

struct vn_run_tls {
    const struct vn_hub *hub;
    char dir[VN_PATH_MAX];
    char ticket_file[VN_PATH_MAX];
    struct vn_buf chain;
    struct vn_buf trusted;
    struct vn_tls_server_options options; /* views of the two above */
    struct vn_http_server *server;
    uv_timer_t timer;
    uv_fs_poll_t polls[POLLS];
    unsigned handles; /* open */
};

/* An issuing certificate that is due is a person's to renew: the root's key is not here. */
static void warn(const struct vn_run_tls *tls, int64_t now_ms)
{
    char until[VN_TIME_TEXT_MAX];
    struct vn_ca_look look;
    vn_ca_look(tls->hub->keys->ca, now_ms, &look);
    vn_time_text(look.issuing_until_ms, until);
    if (look.issuing_due && !look.one_key) {
        vn_log_event(tls->hub->log, VN_LOG_WARN, "issuing_certificate_due", VN_S("until", until),
                     VN_S("do", "verno-hub ca renew"));
    }
    if (look.root_key_ms != 0) {
        vn_log_event(tls->hub->log, VN_LOG_WARN, "root_key_online", VN_S("dir", tls->dir),
                     VN_S("file", "offline/root.key"), VN_S("do", "take it away from this machine"));
    }
}

static enum vn_status read_texts(struct vn_run_tls *tls, struct vn_error *error)
{
    char chain[VN_PEM_MAX];
    vn_buf_clear(&tls->chain);
    vn_buf_clear(&tls->trusted);
    enum vn_status status = vn_file_read_in(tls->dir, "server.pem", VN_FILE_OPEN, chain, sizeof chain, error);
    if (status == VN_OK) {
        status = vn_buf_append_str(&tls->chain, chain);
    }
    if (status == VN_OK) {
        status = vn_ca_trusted(tls->hub->keys->ca, &tls->trusted);
    }
    tls->options = (struct vn_tls_server_options){.cert_pem = vn_buf_view(&tls->chain),
                                                  .key = tls->hub->keys->server,
                                                  .ca_pem = vn_buf_view(&tls->trusted),
                                                  .ticket_file = tls->ticket_file};
    return status;
}

static enum vn_status renew(struct vn_run_tls *tls, bool *renewed, struct vn_error *error)
{
    const struct vn_hub *hub = tls->hub;
    enum vn_status status = vn_ca_renew_server(hub->keys->ca, hub->keys->server, vn_hub_now_ms(hub),
                                               vn_hub_latest_ms(hub), &hub->random, renewed, error);
    if (status == VN_OK && *renewed) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "server_certificate_renewed", VN_S("dir", tls->dir));
    }
    return status;
}

enum vn_status vn_run_tls_create(const struct vn_hub *hub, const char *dir,
                                 struct vn_http_server_options *options, struct vn_run_tls **out,
                                 struct vn_error *error)
{
    bool renewed = false;
    struct vn_run_tls *tls = calloc(1, sizeof *tls);
    *out = NULL;
    if (tls == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    tls->hub = hub;
    vn_buf_init(&tls->chain, TEXTS_MAX);
    vn_buf_init(&tls->trusted, TEXTS_MAX);
    enum vn_status status = vn_view_copy_str(vn_view_str(dir), tls->dir, sizeof tls->dir);
    if (status == VN_OK) {
        status = vn_file_path(dir, "tickets.key", tls->ticket_file, error);
    }
    if (status == VN_OK) {
        status = renew(tls, &renewed, error);
    }
    if (status == VN_OK) {
        status = read_texts(tls, error);
    }
    if (status != VN_OK) {
        vn_run_tls_close(tls);
        return status;
    }
    warn(tls, vn_hub_now_ms(hub));
    unsigned cores = uv_available_parallelism();
    options->tls = &tls->options;
    options->hands = cores < VN_HTTP_HANDS_MAX ? cores : VN_HTTP_HANDS_MAX;
    *out = tls;
    return VN_OK;
}

/* --- while it runs ---------------------------------------------------------------------------------------- */

/* What fails is said, and the server goes on with what it has. */
static void look(struct vn_run_tls *tls, bool files_changed)
{
    struct vn_error error = {VN_OK, "", ""};
    bool renewed = false;
    enum vn_status status = files_changed ? vn_ca_reopen(tls->hub->keys->ca, &error) : VN_OK;
    if (status == VN_OK) {
        status = renew(tls, &renewed, &error);
    }
    if (status == VN_OK && (renewed || files_changed)) {
        status = read_texts(tls, &error);
        if (status == VN_OK) {
            status = vn_http_server_set_tls(tls->server, &tls->options, &error);
        }
    }
    if (status != VN_OK) {
        vn_log_event(tls->hub->log, VN_LOG_ERROR, "certificates_failed", VN_S("reason", error.text));
    } else if (files_changed) {
        vn_log_event(tls->hub->log, VN_LOG_NOTICE, "authority_changed", VN_S("dir", tls->dir));
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_run_tls *tls = timer->data;
    look(tls, false);
    warn(tls, vn_hub_now_ms(tls->hub));
}

static void on_file(uv_fs_poll_t *poll, int code, const uv_stat_t *before, const uv_stat_t *after)
{
    (void)before;
    (void)after;
    if (code == 0) { /* a file that is gone is no other one */
        look(poll->data, true);
    }
}

void vn_run_tls_watch(struct vn_run_tls *tls, uv_loop_t *loop, struct vn_http_server *server)
{
    static const char *const files[POLLS] = {"issuing.pem", "ca.pem"};
    char path[VN_PATH_MAX];
    tls->server = server;
    (void)uv_timer_init(loop, &tls->timer); /* can't fail */
    tls->timer.data = tls;
    (void)uv_timer_start(&tls->timer, on_timer, LOOK_MS, LOOK_MS);
    tls->handles = 1;
    for (unsigned i = 0; i < POLLS; i++) {
        (void)uv_fs_poll_init(loop, &tls->polls[i]); /* can't fail */
        tls->polls[i].data = tls;
        tls->handles++;
        if (vn_file_path(tls->dir, files[i], path, NULL) == VN_OK) {
            (void)uv_fs_poll_start(&tls->polls[i], on_file, path, FILES_MS);
        }
    }
}

static void tls_free(struct vn_run_tls *tls)
{
    vn_buf_deinit(&tls->chain);
    vn_buf_deinit(&tls->trusted);
    free(tls);
}

static void on_closed(uv_handle_t *handle)
{
    struct vn_run_tls *tls = handle->data;
    if (--tls->handles == 0) {
        tls_free(tls);
    }
}

void vn_run_tls_close(struct vn_run_tls *tls)
{
    if (tls == NULL) {
        return;
    }
    if (tls->handles == 0) {
        tls_free(tls);
        return;
    }
    uv_close((uv_handle_t *)&tls->timer, on_closed);
    for (unsigned i = 0; i < POLLS; i++) {
        uv_close((uv_handle_t *)&tls->polls[i], on_closed);
    }
}
