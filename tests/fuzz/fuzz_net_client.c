/* libFuzzer: any bytes as what a server answers to the HTTP client, through a real unix socket and loop.
 *
 * The first byte says how the rest is cut into pieces, the second what is asked for: a whole answer or a stream, HEAD
 * or GET, whether the server hangs up at the end, whether the callback destroys the client. Whatever comes, the call
 * ends in exactly one callback, within its limits, and nothing is left open. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sync/net/client.h"

#define BODY_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum wish { STREAM = 1, HEAD = 2, STAYS = 4, DESTROYS = 8, CANCELS = 16, TWICE = 32 };

struct run {
    uv_loop_t loop;
    struct vn_http_client *client;
    unsigned wishes;
    int calls; /* begun and not answered */
    int answers;
    size_t streamed;
    volatile size_t seen;
};

static void look_at(struct run *run, const struct vn_http_response *response)
{
    assert(response->status >= 200 && response->status <= 599);
    for (size_t i = 0; i < response->header_count; i++) {
        struct vn_view value = response->headers[i].value;
        run->seen += value.len > 0 ? value.data[value.len - 1] : 0;
    }
    assert(response->body.len <= BODY_MAX);
    run->seen += response->body.len > 0 ? response->body.data[response->body.len - 1] : 0;
}

static void on_answer(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct run *run = ctx;
    assert((status == VN_OK) == (response != NULL));
    assert(run->calls == 1);
    run->calls--;
    run->answers++;
    if (response != NULL) {
        look_at(run, response);
    }
    if ((run->wishes & DESTROYS) != 0) {
        vn_http_client_destroy(run->client);
        run->client = NULL;
    }
}

static void on_head(void *ctx, const struct vn_http_response *head)
{
    look_at(ctx, head);
}

static void on_chunk(void *ctx, struct vn_view piece)
{
    struct run *run = ctx;
    run->streamed += piece.len;
    run->seen += piece.data[piece.len - 1];
    assert(run->streamed <= BODY_MAX);
    if ((run->wishes & CANCELS) != 0) {
        vn_http_client_cancel(run->client);
    }
}

static void ask(struct run *run)
{
    const struct vn_http_request_out request = {
        .method = (run->wishes & HEAD) != 0 ? "HEAD" : "GET",
        .path = "/v1/feed",
        .response_max = BODY_MAX,
        .on_chunk = (run->wishes & STREAM) != 0 ? on_chunk : NULL,
        .on_head = on_head,
    };
    if (run->client != NULL && !vn_http_client_busy(run->client)) {
        run->streamed = 0;
        run->calls++;
        enum vn_status status = vn_http_client_send(run->client, &request, on_answer, run);
        assert(status == VN_OK);
    }
}

static void turn(struct run *run)
{
    for (int i = 0; i < 3; i++) {
        (void)uv_run(&run->loop, UV_RUN_NOWAIT);
    }
}

/* Plays the server: waits for the request, sends the bytes in pieces. */
static void serve(struct run *run, int listener, const uint8_t *data, size_t size, size_t piece)
{
    char waste[4096];
    turn(run);
    int fd = accept(listener, NULL, NULL);
    assert(fd >= 0);
    turn(run);
    while (size > 0) {
        size_t len = size < piece ? size : piece;
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) {
            break;
        }
        data += sent;
        size -= (size_t)sent;
        turn(run);
        while (recv(fd, waste, sizeof waste, MSG_DONTWAIT) > 0) {
            run->seen++;
        }
        if ((run->wishes & TWICE) != 0) {
            ask(run); /* as soon as the first is answered, on the same connection */
        }
    }
    if ((run->wishes & STAYS) == 0) {
        (void)shutdown(fd, SHUT_WR);
        turn(run);
    }
    (void)close(fd);
    turn(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (size < 2) {
        return 0;
    }
    memset(&run, 0, sizeof run);
    run.wishes = data[1];
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/tmp/vn-fuzz-client-%d", (int)getpid());
    (void)unlink(address.sun_path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert(listener >= 0);
    int failed = bind(listener, (struct sockaddr *)&address, sizeof address);
    assert(failed == 0);
    failed = listen(listener, 8);
    assert(failed == 0);
    failed = uv_loop_init(&run.loop);
    assert(failed == 0);
    const struct vn_http_target target = {.socket_path = address.sun_path, .label = "the hub"};
    enum vn_status status = vn_http_client_create(&run.loop, vn_clock_system(), vn_random_system(), NULL,
                                                  &target, &run.client, NULL);
    assert(status == VN_OK);
    ask(&run);
    serve(&run, listener, data + 2, size - 2, data[0] == 0 ? size : data[0]);
    (void)close(listener); /* nobody answers any more */
    turn(&run);
    vn_http_client_destroy(run.client);
    assert(run.calls == 0);
    assert(run.answers > 0);
    (void)uv_run(&run.loop, UV_RUN_DEFAULT);
    failed = uv_loop_close(&run.loop);
    assert(failed == 0);
    (void)unlink(address.sun_path);
    return 0;
}
