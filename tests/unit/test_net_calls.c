/* The client: headers that are filled in when a request leaves, answers that stream, and servers that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/net_fixture.h"

static struct vn_http_client *unix_client(struct net_fixture *f)
{
    const struct vn_http_target target = {.socket_path = f->path, .label = "the hub"};
    return net_client(f, &target);
}

struct clerk {
    struct net_answer answer; /* first: net_on_answer gets the same context */
    int asked;
    char text[16];
    const char *name;
};

static size_t fill_late(void *ctx, struct vn_http_header_out *out, size_t max)
{
    struct clerk *clerk = ctx;
    assert_true(max >= 1);
    (void)snprintf(clerk->text, sizeof clerk->text, "%d", ++clerk->asked);
    out[0] = (struct vn_http_header_out){clerk->name, clerk->text};
    return 1;
}

static void test_late_headers_are_asked_when_the_request_leaves(void **state)
{
    struct net_fixture *f = *state;
    struct clerk *clerk = calloc(1, sizeof *clerk);
    const struct vn_http_request_out request = {
        .method = "POST", .path = "/echo", .body = vn_view_str("{}"), .timeout_ms = 2000, .late = fill_late};
    assert_non_null(clerk);
    clerk->name = "X-Late";
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, clerk), VN_OK);
    assert_int_equal(clerk->asked, 0); /* it only connects as yet */
    assert_true(net_run_until(f, &clerk->answer.done));
    assert_string_equal(f->last_late, "1");
    assert_string_equal(clerk->answer.body, "POST |{}");
    clerk->answer.done = false;
    net_close_server(f); /* the next one goes out in vain, and again on a new connection */
    net_serve_unix(f);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, clerk), VN_OK);
    assert_true(net_run_until(f, &clerk->answer.done));
    assert_int_equal(clerk->answer.status, VN_OK);
    char last[16];
    (void)snprintf(last, sizeof last, "%d", clerk->asked);
    assert_string_equal(f->last_late, last);
    clerk->answer.done = false;
    clerk->name = "X-Bad\r\nX";
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, clerk), VN_OK);
    assert_true(net_run_until(f, &clerk->answer.done));
    assert_int_equal(clerk->answer.status, VN_ARG);
    net_drop_client(f, client);
    free(clerk);
}

static void test_peer_tells_since_when_its_connection_stands(void **state)
{
    struct net_fixture *f = *state;
    net_serve_unix(f);
    struct net_answer *answer = calloc(1, sizeof *answer);
    assert_non_null(answer);
    struct vn_http_client *client = unix_client(f);
    int64_t before_ms = vn_clock_mono_ns(&f->clock) / 1000000;
    net_get(f, client, "/echo", answer);
    int64_t opened_ms = f->peer.opened_ms;
    assert_in_range(opened_ms, before_ms, vn_clock_mono_ns(&f->clock) / 1000000);
    net_run_ms(f, 5);
    net_get(f, client, "/echo", answer);
    assert_int_equal(f->peer.opened_ms, opened_ms); /* the same connection */
    net_drop_client(f, client);
    client = unix_client(f);
    net_get(f, client, "/echo", answer);
    assert_true(f->peer.opened_ms >= opened_ms + 5);
    net_drop_client(f, client);
    free(answer);
}

/* --- a server that lies ------------------------------------------------------------------------------------ */

/* Sends fixed bytes to whoever connects, and closes or goes on standing. */
struct liar {
    uv_pipe_t listener;
    uv_pipe_t peer;
    struct vn_view bytes;
    bool stays;
};

static void on_lie(uv_stream_t *stream, int code)
{
    struct liar *liar = stream->data;
    assert_int_equal(code, 0);
    assert_int_equal(uv_pipe_init(stream->loop, &liar->peer, 0), 0);
    assert_int_equal(uv_accept(stream, (uv_stream_t *)&liar->peer), 0);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)liar->bytes.data, (unsigned)liar->bytes.len);
    assert_int_equal(uv_try_write((uv_stream_t *)&liar->peer, &buf, 1), (int)buf.len);
    if (!liar->stays) {
        uv_close((uv_handle_t *)&liar->peer, NULL);
    }
}

static void lie(struct net_fixture *f, struct liar *liar)
{
    assert_int_equal(uv_pipe_init(&f->loop, &liar->listener, 0), 0);
    liar->listener.data = liar;
    assert_int_equal(uv_pipe_bind(&liar->listener, f->path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&liar->listener, 8, on_lie), 0);
}

struct part {
    struct net_answer answer; /* first: net_on_answer gets the same context */
    int heads;
    size_t len;
};

static void on_head(void *ctx, const struct vn_http_response *head)
{
    struct part *part = ctx;
    part->heads++;
    assert_int_equal(head->status, 206);
    assert_int_equal(head->body.len, 0);
}

static void on_part(void *ctx, struct vn_view piece)
{
    ((struct part *)ctx)->len += piece.len;
}

static void test_streams_of_a_liar_end_in_a_reason(void **state)
{
    struct net_fixture *f = *state;
    static const struct {
        const char *bytes;
        bool stays;
        enum vn_status status;
        int heads;
        const char *reason;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", false, VN_INPUT, 0,
         "the answer of the hub is zipped, which was not asked for"},
        {"HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n", false,
         VN_FULL, 1, "the answer of the hub is too large"}, /* it never said how much it would be */
        {"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n", true, VN_TIMEOUT, 1,
         "time-out: nothing came from the hub for 30 ms"},
        {"HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n", false, VN_OK, 1, ""},
    };
    struct liar liar = {.stays = false};
    struct part *part = calloc(1, sizeof *part);
    const struct vn_http_request_out request = {.method = "GET",
                                                .path = "/",
                                                .timeout_ms = 2000,
                                                .response_max = 10,
                                                .on_head = on_head,
                                                .on_chunk = on_part,
                                                .silent_ms = 30};
    assert_non_null(part);
    lie(f, &liar);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        liar.bytes = vn_view_str(cases[i].bytes);
        liar.stays = cases[i].stays;
        memset(part, 0, sizeof *part);
        struct vn_http_client *client = unix_client(f);
        assert_int_equal(vn_http_client_send(client, &request, net_on_answer, part), VN_OK);
        assert_true(net_run_until(f, &part->answer.done));
        assert_int_equal(part->answer.status, cases[i].status);
        assert_int_equal(part->heads, cases[i].heads);
        assert_int_equal(part->len, 0); /* not one byte beyond the limit */
        assert_string_equal(vn_http_client_reason(client), cases[i].reason);
        net_drop_client(f, client);
        if (liar.stays) {
            uv_close((uv_handle_t *)&liar.peer, NULL);
            net_run_ms(f, 1);
        }
    }
    uv_close((uv_handle_t *)&liar.listener, NULL);
    net_run_ms(f, 2);
    free(part);
}

/* --- a server that goes silent --------------------------------------------------------------------------- */

#define DRIP_MS 10

/* Sends its bytes one by one, and then nothing more. */
struct dripping {
    uv_pipe_t listener;
    uv_pipe_t peer;
    uv_timer_t timer;
    const char *bytes;
    size_t len, at;
};

static void on_drip(uv_timer_t *timer)
{
    struct dripping *drip = timer->data;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)(drip->bytes + drip->at), 1);
    if (drip->at == drip->len) {
        (void)uv_timer_stop(timer);
        return;
    }
    assert_int_equal(uv_try_write((uv_stream_t *)&drip->peer, &buf, 1), 1);
    drip->at++;
}

static void on_thirsty(uv_stream_t *stream, int code)
{
    struct dripping *drip = stream->data;
    assert_int_equal(code, 0);
    assert_int_equal(uv_pipe_init(stream->loop, &drip->peer, 0), 0);
    assert_int_equal(uv_accept(stream, (uv_stream_t *)&drip->peer), 0);
    assert_int_equal(uv_timer_start(&drip->timer, on_drip, DRIP_MS, DRIP_MS), 0);
}

static void check_dripping(struct net_fixture *f, const struct vn_http_request_out *request,
                           const char *bytes, enum vn_status status, const char *reason)
{
    struct dripping drip = {.bytes = bytes, .len = strlen(bytes)};
    struct part *part = calloc(1, sizeof *part);
    assert_non_null(part);
    assert_int_equal(uv_timer_init(&f->loop, &drip.timer), 0);
    drip.timer.data = &drip;
    assert_int_equal(uv_pipe_init(&f->loop, &drip.listener, 0), 0);
    drip.listener.data = &drip;
    assert_int_equal(uv_pipe_bind(&drip.listener, f->path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&drip.listener, 8, on_thirsty), 0);
    struct vn_http_client *client = unix_client(f);
    assert_int_equal(vn_http_client_send(client, request, net_on_answer, part), VN_OK);
    assert_true(net_run_until(f, &part->answer.done));
    assert_int_equal(part->answer.status, status);
    assert_string_equal(vn_http_client_reason(client), reason);
    assert_int_equal(drip.at, drip.len); /* not while something came */
    net_drop_client(f, client);
    uv_close((uv_handle_t *)&drip.peer, NULL);
    uv_close((uv_handle_t *)&drip.listener, NULL);
    uv_close((uv_handle_t *)&drip.timer, NULL);
    net_run_ms(f, 2);
    free(part);
}

/* What comes byte by byte takes several times as long as the silence that would end it. */
static void test_silence_ends_a_request_wherever_it_begins(void **state)
{
    static const char silent[] = "time-out: nothing came from the hub for 120 ms";
    static const struct {
        const char *bytes;
        enum vn_status status;
    } cases[] = {
        {"", VN_TIMEOUT},
        {"HTTP/1.1 200 OK\r\nContent-Len", VN_TIMEOUT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678", VN_TIMEOUT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", VN_OK},
    };
    struct vn_http_request_out request = {
        .method = "GET", .path = "/", .timeout_ms = 60000, .silent_ms = 120};
    for (int stream = 0; stream < 2; stream++) {
        request.on_chunk = stream == 0 ? NULL : on_part;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            check_dripping(*state, &request, cases[i].bytes, cases[i].status,
                           cases[i].status == VN_OK ? "" : silent);
        }
    }
}

#define NET(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(test_late_headers_are_asked_when_the_request_leaves),
        NET(test_peer_tells_since_when_its_connection_stands),
        NET(test_streams_of_a_liar_end_in_a_reason),
        NET(test_silence_ends_a_request_wherever_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
