#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/net_fixture.h"

static struct net_answer *answer_new(void)
{
    struct net_answer *answer = calloc(1, sizeof *answer);
    assert_non_null(answer);
    return answer;
}

static struct vn_http_client *unix_client(struct net_fixture *f)
{
    const struct vn_http_target target = {.socket_path = f->path, .label = "the agent"};
    return net_client(f, &target);
}

static void test_requests_share_one_connection(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    for (int i = 0; i < 3; i++) {
        const struct vn_http_header_out header = {"X-Till", "7"};
        const struct vn_http_request_out request = {.method = "POST",
                                                    .path = "/echo?n=1",
                                                    .headers = &header,
                                                    .header_count = 1,
                                                    .body = vn_view_str("{}"),
                                                    .timeout_ms = 2000};
        net_call(f, client, &request, answer);
        assert_int_equal(answer->status, VN_OK);
        assert_int_equal(answer->http_status, 200);
        assert_string_equal(answer->body, "POST n=1|{}");
        assert_string_equal(vn_http_client_reason(client), "");
    }
    assert_int_equal(vn_http_server_connections(f->server), 1);
    net_get(f, client, "/problem", answer); /* a refusal is an answer */
    assert_int_equal(answer->status, VN_OK);
    assert_int_equal(answer->http_status, 422);
    net_drop_client(f, client);
    free(answer);
}

static void test_long_bodies_travel_zipped_both_ways(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    char *body = calloc(1, 50001);
    assert_non_null(body);
    memset(body, 'a', 50000);
    f->options.body_max = 60000;
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    const struct vn_http_request_out request = {
        .method = "POST", .path = "/echo", .body = vn_view_str(body), .gzip = true, .timeout_ms = 2000};
    net_call(f, client, &request, answer);
    assert_int_equal(answer->http_status, 200);
    assert_int_equal(answer->body_len, 50006);
    assert_true(answer->was_zipped);
    const struct vn_http_request_out bounded = {.method = "GET", .path = "/big", .response_max = 99999};
    net_call(f, client, &bounded, answer);
    assert_int_equal(answer->status, VN_FULL);
    assert_non_null(strstr(vn_http_client_reason(client), "too large"));
    net_get(f, client, "/big", answer);
    assert_int_equal(answer->body_len, 100004);
    net_drop_client(f, client);
    free(body);
    free(answer);
}

static void test_second_request_must_wait(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    const struct vn_http_request_out request = {.method = "GET", .path = "/hold"};
    const struct vn_http_request_out bad = {.method = "GET", .path = "/a b"};
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    assert_int_equal(vn_http_client_send(client, &bad, net_on_answer, answer), VN_ARG);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, answer), VN_OK);
    assert_true(vn_http_client_busy(client));
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, answer), VN_AGAIN);
    net_run_ms(f, 10);
    vn_http_reply(f->held, 200, "text/plain", vn_view_str("now"));
    assert_true(net_run_until(f, &answer->done));
    assert_string_equal(answer->body, "now");
    net_drop_client(f, client);
    free(answer);
}

static void test_cancelled_request_leaves_the_server_too(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    const struct vn_http_request_out request = {.method = "GET", .path = "/hold"};
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, answer), VN_OK);
    net_run_ms(f, 10);
    vn_http_client_cancel(client);
    assert_true(answer->done);
    assert_int_equal(answer->status, VN_GONE);
    net_run_ms(f, 10);
    assert_int_equal(f->gone, 1);
    net_get(f, client, "/echo", answer);
    assert_int_equal(answer->http_status, 200);
    net_drop_client(f, client);
    free(answer);
}

static void test_destroyed_client_answers_its_request(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    const struct vn_http_request_out request = {.method = "GET", .path = "/hold"};
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, answer), VN_OK);
    vn_http_client_destroy(client); /* while it still connects */
    assert_int_equal(answer->status, VN_GONE);
    net_run_ms(f, 5);
    free(answer);
}

static void test_silence_ends_in_a_time_out(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    const struct vn_http_request_out request = {.method = "GET", .path = "/hold", .timeout_ms = 40};
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    net_call(f, client, &request, answer);
    assert_int_equal(answer->status, VN_TIMEOUT);
    assert_string_equal(vn_http_client_reason(client), "time-out: no answer from the agent");
    net_drop_client(f, client);
    free(answer);
}

static void test_connection_that_the_server_dropped_is_opened_again(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    net_get(f, client, "/echo", answer);
    net_close_server(f);
    net_serve_unix(f);
    net_get(f, client, "/echo", answer);
    assert_int_equal(answer->status, VN_OK);
    assert_int_equal(f->requests, 2);
    net_drop_client(f, client);
    free(answer);
}

static void test_reasons_are_told_in_words(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    struct vn_http_client *client = unix_client(f);
    net_get(f, client, "/echo", answer);
    assert_int_equal(answer->status, VN_ABSENT);
    assert_non_null(strstr(vn_http_client_reason(client), "no socket "));
    net_drop_client(f, client);

    net_serve_tcp(f);
    uint16_t port = vn_http_server_port(f->server);
    net_close_server(f);
    const struct vn_http_target closed = {.host = "127.0.0.1", .port = port, .label = "the hub"};
    client = net_client(f, &closed);
    net_get(f, client, "/echo", answer);
    assert_int_equal(answer->status, VN_GONE);
    assert_string_equal(vn_http_client_reason(client), "connection refused by the hub");
    net_drop_client(f, client);

    const struct vn_http_target nowhere = {.host = "till.invalid", .port = 1};
    client = net_client(f, &nowhere);
    net_get(f, client, "/echo", answer);
    assert_int_equal(answer->status, VN_ABSENT);
    assert_string_equal(vn_http_client_reason(client), "no such host: till.invalid");
    net_drop_client(f, client);
    free(answer);
}

static void test_host_name_is_looked_up(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    net_serve_tcp(f);
    const struct vn_http_target target = {.host = "localhost", .port = vn_http_server_port(f->server)};
    struct vn_http_client *client = net_client(f, &target);
    net_get(f, client, "/echo", answer); /* ::1 first, where nobody listens, then 127.0.0.1 */
    assert_int_equal(answer->status, VN_OK);
    net_drop_client(f, client);
    free(answer);
}

struct pieces {
    struct net_answer answer; /* first: net_on_answer gets the same context */
    char text[256];
    size_t len;
};

static void on_chunk(void *ctx, struct vn_view piece)
{
    struct pieces *pieces = ctx;
    assert_true(pieces->len + piece.len < sizeof pieces->text);
    memcpy(pieces->text + pieces->len, piece.data, piece.len);
    pieces->len += piece.len;
}

static void test_stream_is_handed_on_as_it_comes(void **state)
{
    struct net_fixture *f = *state;
    struct pieces *pieces = calloc(1, sizeof *pieces);
    const struct vn_http_request_out request = {
        .method = "GET", .path = "/stream", .timeout_ms = 40, .on_chunk = on_chunk};
    assert_non_null(pieces);
    net_serve_unix(f);
    struct vn_http_client *client = unix_client(f);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, pieces), VN_OK);
    net_run_ms(f, 80); /* the time-out is for the head */
    assert_false(pieces->answer.done);
    assert_int_equal(vn_http_stream_write(f->held, vn_view_str("one,")), VN_OK);
    net_run_ms(f, 5);
    assert_string_equal(pieces->text, "one,");
    assert_int_equal(vn_http_stream_write(f->held, vn_view_str("two")), VN_OK);
    vn_http_stream_end(f->held);
    assert_true(net_run_until(f, &pieces->answer.done));
    assert_string_equal(pieces->text, "one,two");
    assert_int_equal(pieces->answer.status, VN_OK);
    assert_int_equal(pieces->answer.body_len, 0);
    net_drop_client(f, client);
    free(pieces);
}

struct chain {
    struct net_fixture *f;
    struct vn_http_client *client;
    int left;
    bool done;
};

static void on_chain(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct chain *chain = ctx;
    const struct vn_http_request_out request = {.method = "GET", .path = "/echo?x=y", .timeout_ms = 2000};
    assert_int_equal(status, VN_OK);
    if (chain->left-- > 0) {
        assert_int_equal(vn_http_client_send(chain->client, &request, on_chain, chain), VN_OK);
        assert_true(vn_view_is(response->body, "GET x=y|")); /* still there after the send */
    } else {
        vn_http_client_destroy(chain->client);
        assert_true(vn_view_is(response->body, "GET x=y|"));
        chain->done = true;
    }
}

static void test_callback_may_send_again_and_destroy(void **state)
{
    struct net_fixture *f = *state;
    const struct vn_http_request_out request = {.method = "GET", .path = "/echo?x=y", .timeout_ms = 2000};
    net_serve_unix(f);
    struct chain chain = {f, unix_client(f), 20, false};
    assert_int_equal(vn_http_client_send(chain.client, &request, on_chain, &chain), VN_OK);
    assert_true(net_run_until(f, &chain.done));
    assert_int_equal(f->requests, 21);
    net_run_ms(f, 2);
}

/* A server that isn't one: sends fixed bytes to whoever connects, and closes. */
struct talker {
    uv_pipe_t listener;
    uv_pipe_t peer;
    const char *bytes;
};

static void on_talk(uv_stream_t *stream, int code)
{
    struct talker *talker = stream->data;
    assert_int_equal(code, 0);
    assert_int_equal(uv_pipe_init(stream->loop, &talker->peer, 0), 0);
    assert_int_equal(uv_accept(stream, (uv_stream_t *)&talker->peer), 0);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)talker->bytes, (unsigned)strlen(talker->bytes));
    assert_int_equal(uv_try_write((uv_stream_t *)&talker->peer, &buf, 1), (int)buf.len);
    uv_close((uv_handle_t *)&talker->peer, NULL);
}

static void test_answers_that_are_not_http_are_refused(void **state)
{
    struct net_fixture *f = *state;
    struct net_answer *answer = answer_new();
    struct talker talker;
    const struct {
        const char *bytes;
        enum vn_status status;
    } cases[] = {
        {"SSH-2.0-OpenSSH\r\n", VN_INPUT},
        {"HTTP/1.0 020 OK\r\n\r\n", VN_INPUT},
        {"HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n", VN_INPUT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", VN_GONE},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", VN_INPUT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", VN_FULL},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", VN_OK},
        {"HTTP/1.1 199 Odd\r\nTransfer-Encoding: odd\r\n\r\nup to the end", VN_INPUT},
        {"HTTP/1.1 200 OK\r\n\r\nup to the end", VN_OK},
        {"HTTP/1.1 204 No Content\r\n\r\n", VN_OK},
    };
    assert_int_equal(uv_pipe_init(&f->loop, &talker.listener, 0), 0);
    talker.listener.data = &talker;
    assert_int_equal(uv_pipe_bind(&talker.listener, f->path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&talker.listener, 8, on_talk), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_http_client *client = unix_client(f);
        talker.bytes = cases[i].bytes;
        net_get(f, client, "/", answer);
        assert_int_equal(answer->status, cases[i].status);
        net_drop_client(f, client);
    }
    assert_int_equal(answer->http_status, 204);
    uv_close((uv_handle_t *)&talker.listener, NULL);
    net_run_ms(f, 2);
    free(answer);
}

/* A server that hangs up instead of answering: connection n answers answers[n] requests. */
struct quitter {
    uv_pipe_t listener;
    uv_pipe_t peers[3];
    int answers[3];
    int connections;
    int requests;
};

static void on_quitter_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static char bytes[4096]; /* nobody looks at them */
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(bytes, sizeof bytes);
}

static void on_quitter_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    static char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct quitter *quitter = stream->data;
    ptrdiff_t index = (uv_pipe_t *)stream - quitter->peers;
    (void)buf;
    if (got == 0) {
        return;
    }
    quitter->requests += got > 0 ? 1 : 0;
    if (got > 0 && quitter->answers[index]-- > 0) {
        uv_buf_t answer = uv_buf_init(ok, sizeof ok - 1);
        assert_int_equal(uv_try_write(stream, &answer, 1), (int)answer.len);
    } else {
        uv_close((uv_handle_t *)stream, NULL);
    }
}

static void on_quitter_connection(uv_stream_t *stream, int code)
{
    struct quitter *quitter = stream->data;
    assert_int_equal(code, 0);
    assert_in_range(quitter->connections, 0, 2);
    uv_stream_t *peer = (uv_stream_t *)&quitter->peers[quitter->connections++];
    assert_int_equal(uv_pipe_init(stream->loop, (uv_pipe_t *)peer, 0), 0);
    peer->data = quitter;
    assert_int_equal(uv_accept(stream, peer), 0);
    assert_int_equal(uv_read_start(peer, on_quitter_alloc, on_quitter_read), 0);
}

static void test_request_that_met_a_dropped_connection_is_sent_once_more(void **state)
{
    struct net_fixture *f = *state;
    static const struct {
        int answers[3];
        int calls; /* the last of them counts */
        enum vn_status status;
        int requests, connections;
    } cases[] = {
        {{1, 1, 0}, 2, VN_OK, 3, 2},   /* on a new connection */
        {{1, 0, 1}, 2, VN_GONE, 3, 2}, /* and never a third time */
        {{0, 1, 0}, 1, VN_GONE, 1, 1}, /* a fresh one was not idle: somebody means it */
    };
    struct net_answer *answer = answer_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct quitter quitter = {.connections = 0};
        memcpy(quitter.answers, cases[i].answers, sizeof quitter.answers);
        assert_int_equal(uv_pipe_init(&f->loop, &quitter.listener, 0), 0);
        quitter.listener.data = &quitter;
        assert_int_equal(uv_pipe_bind(&quitter.listener, f->path), 0);
        assert_int_equal(uv_listen((uv_stream_t *)&quitter.listener, 8, on_quitter_connection), 0);
        struct vn_http_client *client = unix_client(f);
        for (int call = 0; call < cases[i].calls; call++) {
            net_get(f, client, "/", answer);
        }
        assert_int_equal(answer->status, cases[i].status);
        assert_int_equal(quitter.requests, cases[i].requests);
        assert_int_equal(quitter.connections, cases[i].connections);
        net_drop_client(f, client);
        uv_close((uv_handle_t *)&quitter.listener, NULL);
        net_run_ms(f, 5);
    }
    free(answer);
}

#define NET(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(test_requests_share_one_connection),
        NET(test_long_bodies_travel_zipped_both_ways),
        NET(test_second_request_must_wait),
        NET(test_cancelled_request_leaves_the_server_too),
        NET(test_destroyed_client_answers_its_request),
        NET(test_silence_ends_in_a_time_out),
        NET(test_connection_that_the_server_dropped_is_opened_again),
        NET(test_request_that_met_a_dropped_connection_is_sent_once_more),
        NET(test_reasons_are_told_in_words),
        NET(test_host_name_is_looked_up),
        NET(test_stream_is_handed_on_as_it_comes),
        NET(test_callback_may_send_again_and_destroy),
        NET(test_answers_that_are_not_http_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
