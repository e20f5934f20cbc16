/* libFuzzer: any bytes as what a client sends to the HTTP server, through a real unix socket and loop.
 *
 * The first byte says how the rest is cut into pieces. The handler looks at everything that a request offers
 * (whatever it reads past its end, the sanitizer sees) and answers, every other time only when the client is
 * gone. Nothing may be left open at the end. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sync/net/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    uv_loop_t loop;
    struct vn_http_exchange *held;
    unsigned requests;
    volatile size_t seen;
};

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct run *run = ctx;
    assert(run->held == exchange);
    run->held = NULL;
}

static void handler(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct run *run = ctx;
    char text[64];
    run->seen += strlen(request->method) + strlen(request->path) + strlen(request->query);
    run->seen += vn_http_query(request, "a", text, sizeof text) == VN_OK;
    for (size_t i = 0; i < request->header_count; i++) {
        struct vn_view value = request->headers[i].value;
        run->seen += value.len > 0 ? value.data[value.len - 1] : 0;
    }
    int64_t from = 0;
    int64_t len = 0;
    enum vn_status part = vn_http_range(request, "\"tag\"", 1000, &from, &len);
    assert(part == VN_INPUT || (from >= 0 && len > 0 && len <= 1000 - from));
    run->seen += request->body.len > 0 ? request->body.data[request->body.len - 1] : 0;
    if (run->requests++ % 2 == 0) {
        vn_http_reply(exchange, 200, "application/octet-stream", request->body);
    } else {
        run->held = exchange;
        vn_http_exchange_on_gone(exchange, on_gone, run);
    }
}

static void feed(struct run *run, int fd, const uint8_t *data, size_t size, size_t piece)
{
    char waste[4096];
    while (size > 0) {
        size_t len = size < piece ? size : piece;
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) {
            return;
        }
        data += sent;
        size -= (size_t)sent;
        (void)uv_run(&run->loop, UV_RUN_NOWAIT);
        while (recv(fd, waste, sizeof waste, MSG_DONTWAIT) > 0) {
            run->seen++;
        }
    }
    (void)uv_run(&run->loop, UV_RUN_NOWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run;
    struct vn_http_server *server = NULL;
    struct vn_http_server_options options = vn_http_server_options_default();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (size == 0) {
        return 0;
    }
    memset(&run, 0, sizeof run);
    options.body_max = 4096;
    options.refuse_origin = true;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/tmp/vn-fuzz-%d", (int)getpid());
    int failed = uv_loop_init(&run.loop);
    assert(failed == 0);
    enum vn_status status =
        vn_http_server_create(&run.loop, vn_clock_system(), NULL, &options, handler, &run, &server, NULL);
    assert(status == VN_OK);
    status = vn_http_server_listen_unix(server, address.sun_path, 0600, NULL);
    assert(status == VN_OK);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert(fd >= 0);
    failed = connect(fd, (struct sockaddr *)&address, sizeof address);
    assert(failed == 0);
    feed(&run, fd, data + 1, size - 1, data[0] == 0 ? size : data[0]);
    (void)close(fd);
    for (int i = 0; i < 4; i++) {
        (void)uv_run(&run.loop, UV_RUN_NOWAIT);
    }
    vn_http_server_close(server, NULL, NULL);
    (void)uv_run(&run.loop, UV_RUN_DEFAULT);
    assert(run.held == NULL);
    failed = uv_loop_close(&run.loop);
    assert(failed == 0);
    return 0;
}
