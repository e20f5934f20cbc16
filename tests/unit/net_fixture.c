#include "tests/unit/net_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 5000

static int64_t wall_ms(void *ctx)
{
    return ((struct net_fixture *)ctx)->now_ms;
}

static int64_t mono_ns(void *ctx)
{
    return (int64_t)uv_hrtime() + 0 * ((struct net_fixture *)ctx)->now_ms;
}

int net_setup(void **state)
{
    struct net_fixture *f = calloc(1, sizeof *f);
    if (f == NULL || uv_loop_init(&f->loop) != 0) {
        free(f);
        return -1;
    }
    folder_make(f->folder, "net");
    (void)snprintf(f->path, sizeof f->path, "%s/s", f->folder);
    f->now_ms = TODAY_MS;
    f->clock = (struct vn_clock){wall_ms, mono_ns, f};
    f->random = vn_random_system();
    f->options = vn_http_server_options_default();
    *state = f;
    return 0;
}

int net_teardown(void **state)
{
    struct net_fixture *f = *state;
    if (f->server != NULL) {
        net_close_server(f);
    }
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    int left = uv_loop_close(&f->loop);
    int failed = rmdir(f->folder); /* the socket file must be gone by now */
    free(f);
    return left != 0 || failed != 0 ? -1 : 0;
}

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct net_fixture *f = ctx;
    assert_ptr_equal(exchange, f->held);
    f->held = NULL;
    f->gone++;
}

static void big_reply(struct vn_http_exchange *exchange)
{
    static const char line[] = "loyalty is a long game\n";
    struct vn_buf text;
    vn_buf_init(&text, 1 << 20);
    while (text.len < 100000) {
        assert_int_equal(vn_buf_append_str(&text, line), VN_OK);
    }
    vn_http_reply(exchange, 200, "text/plain", vn_buf_view(&text));
    vn_buf_deinit(&text);
}

static void echo_reply(struct net_fixture *f, struct vn_http_exchange *exchange,
                       const struct vn_http_request *request)
{
    struct vn_buf text;
    vn_buf_init(&text, 1 << 22);
    assert_int_equal(vn_buf_printf(&text, "%s %s|", request->method, request->query), VN_OK);
    assert_int_equal(vn_buf_append(&text, request->body), VN_OK);
    f->last_body_len = request->body.len < sizeof f->last_body ? request->body.len : sizeof f->last_body;
    if (f->last_body_len > 0) {
        memcpy(f->last_body, request->body.data, f->last_body_len);
    }
    vn_http_reply(exchange, 200, "text/plain", vn_buf_view(&text));
    vn_buf_deinit(&text);
}

void net_handler(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct net_fixture *f = ctx;
    struct vn_view late;
    (void)vn_http_request_header(request, "X-Late", &late);
    assert_int_equal(vn_view_copy_str(late, f->last_late, sizeof f->last_late), VN_OK);
    f->requests++;
    f->peer = *request->peer;
    if (strcmp(request->path, "/hold") == 0 || strcmp(request->path, "/stream") == 0) {
        f->held = exchange;
        vn_http_exchange_on_gone(exchange, on_gone, f);
        if (request->path[1] == 's') {
            assert_int_equal(vn_http_stream_begin(exchange, "application/jsonl"), VN_OK);
        }
    } else if (strcmp(request->path, "/big") == 0) {
        big_reply(exchange);
    } else if (strcmp(request->path, "/problem") == 0) {
        assert_int_equal(vn_http_reply_header(exchange, "Retry-After", "7"), VN_OK);
        assert_int_equal(vn_http_reply_header(exchange, "X", "a\r\nb"), VN_INPUT);
        vn_http_reply_problem(exchange, 422, "Wrong", "a \"line\"", "/lines/0/code");
    } else if (strcmp(request->path, "/peer") == 0) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s|%s", request->peer->name, request->peer->serial);
        vn_http_reply(exchange, 200, "text/plain", vn_view_str(text));
    } else {
        echo_reply(f, exchange, request);
    }
}

static void make_server(struct net_fixture *f)
{
    struct vn_error error = {VN_OK, "", ""};
    vn_http_handler handler = f->handler == NULL ? net_handler : f->handler;
    assert_int_equal(
        vn_http_server_create(&f->loop, f->clock, NULL, &f->options, handler, f, &f->server, &error), VN_OK);
}

void net_serve_unix(struct net_fixture *f)
{
    struct vn_error error;
    make_server(f);
    assert_int_equal(vn_http_server_listen_unix(f->server, f->path, 0600, &error), VN_OK);
}

void net_serve_tcp(struct net_fixture *f)
{
    struct vn_error error;
    make_server(f);
    assert_int_equal(vn_http_server_listen_tcp(f->server, "127.0.0.1", 0, &error), VN_OK);
    assert_int_not_equal(vn_http_server_port(f->server), 0);
}

static void on_server_closed(void *ctx)
{
    ((struct net_fixture *)ctx)->server_closed = true;
}

void net_close_server(struct net_fixture *f)
{
    f->server_closed = false;
    vn_http_server_close(f->server, on_server_closed, f);
    f->server = NULL;
    assert_true(net_run_until(f, &f->server_closed));
}

static void on_tick(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

bool net_run_until(struct net_fixture *f, const bool *flag)
{
    uv_timer_t timer;
    bool late = false;
    assert_int_equal(uv_timer_init(&f->loop, &timer), 0);
    timer.data = &late;
    assert_int_equal(uv_timer_start(&timer, on_tick, PATIENCE_MS, 0), 0);
    while (!*flag && !late) {
        (void)uv_run(&f->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    return *flag;
}

void net_run_ms(struct net_fixture *f, int ms)
{
    uv_timer_t timer;
    bool late = false;
    assert_int_equal(uv_timer_init(&f->loop, &timer), 0);
    timer.data = &late;
    uv_update_time(&f->loop); /* or what went before would count */
    /* Repeats, because a timer that is due at once runs before the loop goes to sleep. */
    assert_int_equal(uv_timer_start(&timer, on_tick, (uint64_t)ms, 1), 0);
    while (!late) {
        (void)uv_run(&f->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
}

/* --- raw ---------------------------------------------------------------------------------------------------- */

int net_raw_open(struct net_fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f->path, strlen(f->path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail_msg("no socket");
        return -1;
    }
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void net_raw_send(struct net_fixture *f, int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0) {
            assert_true(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
            if (errno != EAGAIN) {
                return; /* the server has had enough, which is for the test to find in its answer */
            }
            sent = 0;
        }
        bytes += sent;
        len -= (size_t)sent;
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    }
}

/* One step of reading: bytes, 0 at the end, -1 for nothing yet. */
static ssize_t raw_step(struct net_fixture *f, int fd, char *out, size_t size)
{
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    ssize_t got = recv(fd, out, size, 0);
    if (got < 0 && errno != EAGAIN) {
        return 0;
    }
    if (got < 0) {
        net_run_ms(f, 1);
    }
    return got;
}

static bool is_whole(const char *text, size_t len)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    if (end == NULL) {
        return false;
    }
    if (length != NULL && length < end) {
        return len >= (size_t)(end + 4 - text) + strtoul(length + 16, NULL, 10);
    }
    return strstr(end, "\r\n0\r\n\r\n") != NULL || strncmp(text, "HTTP/1.1 100", 12) == 0;
}

bool net_raw_response(struct net_fixture *f, int fd, char *out, size_t out_size)
{
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < PATIENCE_MS && len + 1 < out_size; i++) {
        ssize_t got = raw_step(f, fd, out + len, out_size - len - 1);
        if (got == 0) {
            return false;
        }
        if (got > 0) {
            len += (size_t)got;
            out[len] = '\0';
        }
        if (is_whole(out, len)) {
            return true;
        }
    }
    return false;
}

bool net_raw_closed(struct net_fixture *f, int fd)
{
    char waste[4096];
    for (int i = 0; i < 2000; i++) {
        if (raw_step(f, fd, waste, sizeof waste) == 0) {
            return true;
        }
    }
    return false;
}

/* --- clients ------------------------------------------------------------------------------------------------- */

void net_on_answer(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct net_answer *answer = ctx;
    struct vn_view value;
    assert_false(answer->done);
    answer->done = true;
    answer->status = status;
    if (status != VN_OK) {
        assert_null(response);
        return;
    }
    answer->http_status = response->status;
    answer->was_zipped = vn_http_response_header(response, "content-encoding", &value);
    (void)vn_http_response_header(response, "Content-Type", &value);
    assert_int_equal(vn_view_copy_str(value, answer->type, sizeof answer->type), VN_OK);
    answer->body_len = response->body.len;
    assert_true(response->body.len < sizeof answer->body);
    if (response->body.len > 0) {
        memcpy(answer->body, response->body.data, response->body.len);
    }
    answer->body[response->body.len] = '\0';
}

void net_call(struct net_fixture *f, struct vn_http_client *client, const struct vn_http_request_out *request,
              struct net_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    assert_int_equal(vn_http_client_send(client, request, net_on_answer, answer), VN_OK);
    assert_false(answer->done);
    assert_true(net_run_until(f, &answer->done));
}

void net_get(struct net_fixture *f, struct vn_http_client *client, const char *path,
             struct net_answer *answer)
{
    const struct vn_http_request_out request = {.method = "GET", .path = path, .timeout_ms = 4000};
    net_call(f, client, &request, answer);
}

struct vn_http_client *net_client(struct net_fixture *f, const struct vn_http_target *target)
{
    struct vn_http_client *client = NULL;
    struct vn_error error = {VN_OK, "", ""};
    assert_int_equal(vn_http_client_create(&f->loop, f->clock, f->random, NULL, target, &client, &error),
                     VN_OK);
    return client;
}

void net_drop_client(struct net_fixture *f, struct vn_http_client *client)
{
    vn_http_client_destroy(client);
    net_run_ms(f, 2);
}

/* --- certificates -------------------------------------------------------------------------------------------- */

void net_make_ca(struct net_fixture *f, struct net_identity *ca)
{
    vn_buf_init(&ca->pem, VN_PEM_MAX);
    assert_int_equal(vn_key_generate(&f->random, &ca->key), VN_OK);
    assert_int_equal(vn_ca_create(ca->key, &f->random, "Practice chain", TODAY_MS - DAY_MS,
                                  TODAY_MS + 3650 * DAY_MS, &ca->pem, NULL),
                     VN_OK);
}

void net_issue(struct net_fixture *f, struct net_identity *ca, enum vn_cert_kind kind, const char *name,
               int64_t not_after_ms, struct net_identity *out)
{
    const char *const names[] = {name, "127.0.0.1"};
    struct vn_cert_terms terms = {kind, name, TODAY_MS - DAY_MS, not_after_ms, NULL, 0};
    struct vn_buf csr;
    if (kind == VN_CERT_SERVER) {
        terms.names = names;
        terms.name_count = 2;
    }
    vn_buf_init(&csr, VN_PEM_MAX);
    vn_buf_init(&out->pem, VN_PEM_MAX);
    assert_int_equal(vn_key_generate(&f->random, &out->key), VN_OK);
    assert_int_equal(vn_csr_create(out->key, &f->random, "any", &csr, NULL), VN_OK);
    assert_int_equal(
        vn_cert_issue(ca->key, vn_buf_view(&ca->pem), vn_buf_view(&csr), &terms, &f->random, &out->pem, NULL),
        VN_OK);
    assert_int_equal(vn_cert_read(vn_buf_view(&out->pem), &out->info, NULL), VN_OK);
    vn_buf_deinit(&csr);
}

void net_forget(struct net_identity *identity)
{
    vn_key_destroy(identity->key);
    vn_buf_deinit(&identity->pem);
}
