#include "sync/net/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sync/net/server_native.h"

#define BACKLOG 512

struct vn_http_server_options vn_http_server_options_default(void)
{
    return (struct vn_http_server_options){
        .body_max = VN_POS_BODY_MAX,
        .connections_max = VN_HTTP_CONNECTIONS_MAX,
        .idle_ms = VN_HTTP_IDLE_MS,
        .head_ms = VN_HTTP_HEAD_MS,
        .body_ms = VN_HTTP_BODY_MS,
    };
}

static void server_free(struct vn_http_server *server)
{
    for (size_t i = 0; i < VN_HTTP_HOSTS_MAX; i++) {
        free(server->hosts[i]);
    }
    free(server->renew_path);
    free(server->zipped_path);
    vn_server_tls_deinit(server);
    free(server);
}

static enum vn_status copy_options(struct vn_http_server *server,
                                   const struct vn_http_server_options *options, struct vn_error *error)
{
    server->options = *options;
    if (options->host_count > VN_HTTP_HOSTS_MAX) {
        return vn_fail(error, VN_ARG, "more than %d host names", VN_HTTP_HOSTS_MAX);
    }
    for (size_t i = 0; i < options->host_count; i++) {
        server->hosts[i] = strdup(options->hosts[i]);
        if (server->hosts[i] == NULL) {
            return vn_fail(error, VN_NOMEM, "out of memory");
        }
    }
    if (options->renew_path != NULL) {
        server->renew_path = strdup(options->renew_path);
        if (server->renew_path == NULL) {
            return vn_fail(error, VN_NOMEM, "out of memory");
        }
    }
    if (options->zipped_path != NULL) {
        server->zipped_path = strdup(options->zipped_path);
        if (server->zipped_path == NULL) {
            return vn_fail(error, VN_NOMEM, "out of memory");
        }
    }
    server->options.hosts = options->hosts == NULL ? NULL : (const char *const *)server->hosts;
    server->options.renew_path = server->renew_path;
    server->options.zipped_path = server->zipped_path;
    server->options.tls = NULL;
    return options->tls == NULL ? VN_OK : vn_server_tls_init(server, options, error);
}

enum vn_status vn_http_server_create(uv_loop_t *loop, struct vn_clock clock, struct vn_log *log,
                                     const struct vn_http_server_options *options, vn_http_handler handler,
                                     void *ctx, struct vn_http_server **out, struct vn_error *error)
{
    *out = NULL;
    struct vn_http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    vn_channel_ignore_sigpipe();
    server->loop = loop;
    server->clock = clock;
    server->log = log;
    server->handler = handler;
    server->ctx = ctx;
    enum vn_status status = copy_options(server, options, error);
    if (status != VN_OK) {
        server_free(server);
        return status;
    }
    *out = server;
    return VN_OK;
}

static void on_connection(uv_stream_t *stream, int code)
{
    if (code == 0) {
        vn_conn_accept(stream->data);
    }
}

static void free_listener(uv_handle_t *handle)
{
    free(handle->data);
}

/* The uv handle is made; nothing is bound yet. */
static struct vn_listener *listener_new(struct vn_http_server *server, bool is_tcp)
{
    struct vn_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        return NULL;
    }
    listener->server = server;
    listener->is_tcp = is_tcp;
    int code = is_tcp ? uv_tcp_init(server->loop, &listener->uv.tcp)
                      : uv_pipe_init(server->loop, &listener->uv.pipe, 0);
    if (code != 0) {
        free(listener);
        return NULL;
    }
    listener->uv.handle.data = listener;
    return listener;
}

static enum vn_status listening(struct vn_http_server *server, struct vn_listener *listener, int code,
                                const char *where, struct vn_error *error)
{
    if (code == 0) {
        code = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    }
    if (code != 0) {
        uv_close(&listener->uv.handle, free_listener);
        enum vn_status status = code == UV_EADDRINUSE ? VN_CONFLICT : code == UV_EACCES ? VN_DENIED : VN_IO;
        return vn_fail(error, status, "can't listen on %s: %s", where, uv_strerror(code));
    }
    server->listeners[server->listener_count++] = listener;
    return VN_OK;
}

/* A socket file outlives its process. Whether anyone still accepts there, only a connection tells; on a unix
 * socket that is answered at once. */
static enum vn_status clear_stale(const struct sockaddr_un *address, struct vn_error *error)
{
    struct stat info;
    if (lstat(address->sun_path, &info) != 0) {
        return VN_OK;
    }
    if (!S_ISSOCK(info.st_mode)) {
        return vn_fail(error, VN_CONFLICT, "%s exists and is not a socket", address->sun_path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return vn_fail(error, VN_IO, "can't make a socket: %s", strerror(errno));
    }
    int code = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    (void)close(fd);
    if (code != ECONNREFUSED) { /* EAGAIN, too: a full backlog has an owner */
        return vn_fail(error, VN_CONFLICT, "%s is in use by another process", address->sun_path);
    }
    if (unlink(address->sun_path) != 0) {
        return vn_fail(error, VN_IO, "can't remove %s: %s", address->sun_path, strerror(errno));
    }
    return VN_OK;
}

/* libuv tells of a folder that is not there as of one that may not be written to. */
static int bind_path(uv_pipe_t *pipe, const char *path)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    struct stat info;
    int code = uv_pipe_bind(pipe, path);
    const char *slash = strrchr(path, '/');
    if (code != UV_EACCES || slash == NULL || slash == path ||
        vn_view_copy_str(vn_view_of(path, (size_t)(slash - path)), folder, sizeof folder) != VN_OK) {
        return code;
    }
    return stat(folder, &info) == 0 ? code : uv_translate_sys_error(errno);
}

enum vn_status vn_http_server_listen_unix(struct vn_http_server *server, const char *path, unsigned mode,
                                          struct vn_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (server->listener_count == VN_HTTP_LISTENERS_MAX) {
        return vn_fail(error, VN_FULL, "more than %d listeners", VN_HTTP_LISTENERS_MAX);
    }
    if (vn_view_copy_str(vn_view_str(path), address.sun_path, sizeof address.sun_path) != VN_OK ||
        path[0] == '\0') {
        return vn_fail(error, VN_ARG, "path of the socket is empty or too long: %s", path);
    }
    enum vn_status status = clear_stale(&address, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_listener *listener = listener_new(server, false);
    if (listener == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    int code = bind_path(&listener->uv.pipe, path);
    /* Nobody can connect before listen, so the mode is right from the first moment that counts. */
    if (code == 0 && chmod(path, (mode_t)mode) != 0) {
        code = uv_translate_sys_error(errno);
    }
    return listening(server, listener, code, path, error);
}

static uint16_t bound_port(const uv_tcp_t *tcp)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &size) != 0) {
        return 0;
    }
    in_port_t port = address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                   : ((struct sockaddr_in *)&address)->sin_port;
    return ntohs(port);
}

enum vn_status vn_http_server_listen_tcp(struct vn_http_server *server, const char *host, uint16_t port,
                                         struct vn_error *error)
{
    struct sockaddr_storage address;
    unsigned flags = 0;
    if (server->listener_count == VN_HTTP_LISTENERS_MAX) {
        return vn_fail(error, VN_FULL, "more than %d listeners", VN_HTTP_LISTENERS_MAX);
    }
    memset(&address, 0, sizeof address);
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&address) != 0) {
        if (uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address) != 0) {
            return vn_fail(error, VN_ARG, "%s is not an address", host);
        }
        flags = UV_TCP_IPV6ONLY;
    }
    struct vn_listener *listener = listener_new(server, true);
    if (listener == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    int code = uv_tcp_bind(&listener->uv.tcp, (const struct sockaddr *)&address, flags);
    enum vn_status status = listening(server, listener, code, host, error);
    if (status == VN_OK) {
        server->port = bound_port(&listener->uv.tcp);
    }
    return status;
}

uint16_t vn_http_server_port(const struct vn_http_server *server)
{
    return server->port;
}

size_t vn_http_server_connections(const struct vn_http_server *server)
{
    return server->conn_count - server->turned_away_count;
}

/* --- closing: listeners at once, connections when their reply is out, the server when all are gone --------- */

static void on_close_timer_closed(uv_handle_t *handle)
{
    struct vn_http_server *server = handle->data;
    void (*done)(void *ctx) = server->done;
    void *ctx = server->done_ctx;
    server_free(server);
    if (done != NULL) {
        done(ctx);
    }
}

static void finish_if_empty(struct vn_http_server *server)
{
    if (server->closing && server->conn_count == 0 &&
        !uv_is_closing((const uv_handle_t *)&server->close_timer)) {
        uv_close((uv_handle_t *)&server->close_timer, on_close_timer_closed);
    }
}

void vn_server_accept_waiting(struct vn_http_server *server)
{
    for (size_t i = 0; i < server->listener_count && !server->closing; i++) {
        if (server->listeners[i]->waiting) {
            vn_conn_accept(server->listeners[i]);
        }
    }
}

void vn_server_conn_gone(struct vn_http_server *server, struct vn_conn *conn)
{
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        server->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    server->conn_count--;
    server->turned_away_count -= conn->turned_away;
    vn_server_accept_waiting(server);
    finish_if_empty(server);
}

static void on_close_late(uv_timer_t *timer)
{
    struct vn_http_server *server = timer->data;
    for (struct vn_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        vn_conn_close(conn);
    }
    finish_if_empty(server);
}

void vn_http_server_close(struct vn_http_server *server, void (*done)(void *ctx), void *ctx)
{
    uint64_t wait_ms = 0;
    if (server->closing) {
        return;
    }
    server->closing = true;
    server->done = done;
    server->done_ctx = ctx;
    for (size_t i = 0; i < server->listener_count; i++) {
        uv_close(&server->listeners[i]->uv.handle, free_listener);
    }
    for (struct vn_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        conn->keep_alive = false;
        if (conn->state == VN_CONN_REPLYING || conn->state == VN_CONN_LINGER) {
            wait_ms = VN_HTTP_CLOSE_MS;
        } else {
            vn_conn_close(conn);
        }
    }
    (void)uv_timer_init(server->loop, &server->close_timer); /* can't fail */
    server->close_timer.data = server;
    (void)uv_timer_start(&server->close_timer, on_close_late, wait_ms, 0);
}
