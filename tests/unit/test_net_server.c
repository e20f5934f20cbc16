#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "sync/net/gzip.h"
#include "tests/unit/net_fixture.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: till\r\n\r\n"

static void say(struct net_fixture *f, int fd, const char *text)
{
    net_raw_send(f, fd, text, strlen(text));
}

/* Sends, expects a status, and for a refusal a problem document and the end of the connection. */
static void expect(struct net_fixture *f, const char *request, size_t len, int status)
{
    char response[8192];
    char line[32];
    int fd = net_raw_open(f);
    net_raw_send(f, fd, request, len);
    assert_true(net_raw_response(f, fd, response, sizeof response));
    (void)snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    assert_memory_equal(response, line, strlen(line));
    if (status >= 400) {
        assert_non_null(strstr(response, "Content-Type: application/problem+json\r\n"));
        assert_non_null(strstr(response, "\"title\""));
        assert_non_null(strstr(response, "Connection: close\r\n"));
        assert_true(net_raw_closed(f, fd));
    }
    (void)close(fd);
    net_run_ms(f, 2);
}

static void expect_text(struct net_fixture *f, const char *request, int status)
{
    expect(f, request, strlen(request), status);
}

static void test_connection_is_kept_for_the_next_request(void **state)
{
    struct net_fixture *f = *state;
    char response[1024];
    net_serve_unix(f);
    int fd = net_raw_open(f);
    for (int i = 0; i < 3; i++) {
        say(f, fd, GET("/echo?n=1"));
        assert_true(net_raw_response(f, fd, response, sizeof response));
        assert_non_null(strstr(response, "\r\n\r\nGET n=1|"));
        assert_int_equal(vn_http_server_connections(f->server), 1);
    }
    assert_int_equal(f->requests, 3);
    assert_int_equal(f->peer.kind, VN_HTTP_PEER_UNIX);
    assert_int_equal(f->peer.uid, getuid());
    assert_int_equal(f->peer.gid, getgid());
    assert_int_equal(f->peer.pid, getpid());
    (void)close(fd);
    net_run_ms(f, 5);
    assert_int_equal(vn_http_server_connections(f->server), 0);
}

static void test_request_may_be_split_at_every_byte(void **state)
{
    struct net_fixture *f = *state;
    const char *request = "POST /echo?a=b HTTP/1.1\r\nHost: till\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nTrailer: t\r\n\r\n";
    char response[1024];
    net_serve_unix(f);
    int fd = net_raw_open(f);
    for (size_t cut = 1; cut < strlen(request); cut++) {
        net_raw_send(f, fd, request, cut);
        net_raw_send(f, fd, request + cut, strlen(request) - cut);
        assert_true(net_raw_response(f, fd, response, sizeof response));
        assert_non_null(strstr(response, "\r\n\r\nPOST a=b|hello, world"));
    }
    for (size_t i = 0; i < strlen(request); i++) {
        net_raw_send(f, fd, request + i, 1);
    }
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_non_null(strstr(response, "POST a=b|hello, world"));
    (void)close(fd);
    net_run_ms(f, 2);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    struct net_fixture *f = *state;
    char response[4096];
    size_t len = 0;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, GET("/echo?n=1") GET("/echo?n=2") GET("/hold") GET("/echo?n=3"));
    net_run_ms(f, 20);
    ssize_t got = recv(fd, response, sizeof response - 1, 0);
    assert_true(got > 0);
    len = (size_t)got;
    response[len] = '\0';
    const char *second = strstr(response, "GET n=2|");
    assert_non_null(second);
    assert_true(strstr(response, "GET n=1|") < second);
    assert_null(strstr(response, "n=3")); /* the third is not answered yet */
    assert_int_equal(f->requests, 3);
    assert_non_null(f->held);
    vn_http_reply(f->held, 200, "text/plain", vn_view_str("late"));
    net_run_ms(f, 20);
    got = recv(fd, response, sizeof response - 1, 0);
    assert_true(got > 0);
    response[got] = '\0';
    assert_non_null(strstr(response, "late"));
    assert_true(strstr(response, "late") < strstr(response, "GET n=3|"));
    (void)close(fd);
    net_run_ms(f, 2);
    assert_int_equal(f->gone, 0);
}

static void test_what_is_not_http_is_answered_with_a_problem(void **state)
{
    struct net_fixture *f = *state;
    const char *const bad[] = {
        "\x16\x03\x01\x02\x01\x01",
        "hello\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",                       /* no Host */
        "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", /* two */
        "GET http://x/echo HTTP/1.1\r\nHost: x\r\n\r\n",    /* a proxy's form */
        "CONNECT till:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /echo HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc",
    };
    net_serve_unix(f);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_text(f, bad[i], 400);
    }
    expect_text(f, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\na",
                415);
    expect_text(f, "GET /echo HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n", 417);
    assert_int_equal(f->requests, 0);
    expect_text(f, "GET /echo HTTP/1.0\r\n\r\n", 200);
    expect_text(f, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200);
    assert_int_equal(f->requests, 2);
}

static void test_oversized_heads_and_bodies_are_refused(void **state)
{
    struct net_fixture *f = *state;
    char *text = malloc(70000);
    assert_non_null(text);
    f->options.body_max = 1000;
    net_serve_unix(f);

    int n = snprintf(text, 70000, "GET /echo HTTP/1.1\r\nHost: x\r\nLong: %040000d\r\n\r\n", 0);
    expect(f, text, (size_t)n, 431);
    n = snprintf(text, 70000, "GET /%01024d HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    expect(f, text, (size_t)n, 414);
    n = snprintf(text, 70000, "GET /echo HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < VN_HTTP_HEADERS_MAX; i++) {
        n += snprintf(text + n, 70000 - (size_t)n, "H%d:\r\n", i);
    }
    n += snprintf(text + n, 70000 - (size_t)n, "\r\n");
    expect(f, text, (size_t)n, 431);

    n = snprintf(text, 70000, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n%01001d", 0);
    expect(f, text, (size_t)n, 413);
    n = snprintf(text, 70000,
                 "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "12c\r\n%0300d\r\n12c\r\n%0300d\r\n12c\r\n%0300d\r\n12c\r\n%0300d\r\n0\r\n\r\n",
                 0, 0, 0, 0);
    expect(f, text, (size_t)n, 413);
    n = snprintf(text, 70000, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999\r\n\r\n");
    expect(f, text, (size_t)n, 413);
    assert_int_equal(f->requests, 0);
    n = snprintf(text, 70000, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n%01000d", 0);
    expect(f, text, (size_t)n, 200);
    free(text);
}

static void test_client_that_sends_on_still_reads_why_it_was_refused(void **state)
{
    struct net_fixture *f = *state;
    char *text = calloc(1, 3000000);
    char response[1024];
    assert_non_null(text);
    net_serve_unix(f);
    int fd = net_raw_open(f);
    int n = snprintf(text, 3000000, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2900000\r\n\r\n");
    net_raw_send(f, fd, text, (size_t)n + 2900000);
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_memory_equal(response, "HTTP/1.1 413 ", 13);
    (void)close(fd);
    net_run_ms(f, 2);
    free(text);
}

static void post_zipped(struct net_fixture *f, struct vn_view body, int status)
{
    struct vn_buf request;
    struct vn_buf zipped;
    vn_buf_init(&request, 1 << 20);
    vn_buf_init(&zipped, 1 << 20);
    assert_int_equal(vn_gzip(body, 9, &zipped), VN_OK);
    assert_int_equal(vn_buf_printf(&request,
                                   "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                                   "Content-Length: %zu\r\n\r\n",
                                   zipped.len),
                     VN_OK);
    assert_int_equal(vn_buf_append(&request, vn_buf_view(&zipped)), VN_OK);
    expect(f, (const char *)request.data, request.len, status);
    vn_buf_deinit(&request);
    vn_buf_deinit(&zipped);
}

static void test_zipped_bodies_are_inflated_within_the_limit(void **state)
{
    struct net_fixture *f = *state;
    uint8_t *zeros = calloc(1, 1 << 20);
    assert_non_null(zeros);
    f->options.body_max = 100000;
    net_serve_unix(f);
    post_zipped(f, vn_view_str("{\"lines\":[]}"), 200);
    assert_memory_equal(f->last_body, "{\"lines\":[]}", f->last_body_len);
    post_zipped(f, vn_view_of(zeros, 1 << 20), 413);
    assert_int_equal(f->requests, 1);
    free(zeros);
}

static void test_long_replies_are_zipped_only_for_who_takes_it(void **state)
{
    struct net_fixture *f = *state;
    char *response = malloc(200000);
    assert_non_null(response);
    net_serve_unix(f);
    int fd = net_raw_open(f);
    const char *const plain[] = {"", "Accept-Encoding: br, deflate\r\n", "Accept-Encoding: gzip;q=0\r\n",
                                 "Accept-Encoding: gzippy\r\n"};
    const char *const zipped[] = {"Accept-Encoding: gzip\r\n", "Accept-Encoding: br, gzip;q=0.5\r\n"};
    char request[256];
    for (size_t i = 0; i < 6; i++) {
        (void)snprintf(request, sizeof request, "GET /big HTTP/1.1\r\nHost: x\r\n%s\r\n",
                       i < 4 ? plain[i] : zipped[i - 4]);
        say(f, fd, request);
        assert_true(net_raw_response(f, fd, response, 200000));
        assert_int_equal(strstr(response, "Content-Encoding: gzip\r\n") != NULL, i >= 4);
    }
    say(f, fd, "GET /echo HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"); /* short */
    assert_true(net_raw_response(f, fd, response, 200000));
    assert_null(strstr(response, "Content-Encoding"));
    (void)close(fd);
    net_run_ms(f, 2);
    free(response);
}

static void test_problem_names_the_field_and_headers_pass(void **state)
{
    struct net_fixture *f = *state;
    char response[1024];
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, GET("/problem"));
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_memory_equal(response, "HTTP/1.1 422 Unprocessable Content\r\n", 36);
    assert_non_null(strstr(response, "Content-Type: application/problem+json\r\n"));
    assert_non_null(strstr(response, "Retry-After: 7\r\n"));
    assert_null(strstr(response, "X:"));
    assert_non_null(strstr(response,
                           "\r\n\r\n{\"title\":\"Wrong\",\"status\":422,\"detail\":\"a \\\"line\\\"\","
                           "\"pointer\":\"/lines/0/code\"}"));
    assert_null(strstr(response, "Connection: close"));
    (void)close(fd);
    net_run_ms(f, 2);
}

static void test_head_request_gets_the_length_and_no_body(void **state)
{
    struct net_fixture *f = *state;
    char response[1024];
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, "HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n");
    net_run_ms(f, 10);
    ssize_t got = recv(fd, response, sizeof response - 1, 0);
    assert_true(got > 0);
    response[got] = '\0';
    assert_non_null(strstr(response, "Content-Length: 100004\r\n"));
    assert_string_equal(strstr(response, "\r\n\r\n"), "\r\n\r\n");
    say(f, fd, GET("/echo"));
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_non_null(strstr(response, "GET |"));
    (void)close(fd);
    net_run_ms(f, 2);
}

static void test_body_is_awaited_with_100_continue(void **state)
{
    struct net_fixture *f = *state;
    char response[1024];
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_string_equal(response, "HTTP/1.1 100 Continue\r\n\r\n");
    say(f, fd, "body");
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_non_null(strstr(response, "POST |body"));
    (void)close(fd);
    net_run_ms(f, 2);
}

static void test_slow_heads_and_bodies_end_in_408(void **state)
{
    struct net_fixture *f = *state;
    f->options.head_ms = 60;
    f->options.body_ms = 60;
    net_serve_unix(f);
    expect_text(f, "GET /echo HT", 408);
    expect_text(f, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo", 408);
    assert_int_equal(f->requests, 0);
}

static void test_idle_connection_is_closed_without_a_word(void **state)
{
    struct net_fixture *f = *state;
    char byte;
    f->options.idle_ms = 40;
    f->options.head_ms = 40;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    net_run_ms(f, 80);
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    (void)close(fd);
}

static void test_origin_is_refused_where_asked(void **state)
{
    struct net_fixture *f = *state;
    const char *request = "GET /echo HTTP/1.1\r\nHost: till\r\nOrigin: http://evil.example\r\n\r\n";
    net_serve_unix(f);
    expect_text(f, request, 200);
    net_close_server(f);
    f->options.refuse_origin = true;
    net_serve_unix(f);
    expect_text(f, request, 403);
    expect_text(f, "GET /echo HTTP/1.1\r\nHost: till\r\norigin:\r\n\r\n", 403);
    expect_text(f, GET("/echo"), 200);
    assert_int_equal(f->requests, 2);
}

static void test_host_must_be_on_the_list_over_tcp_alone(void **state)
{
    struct net_fixture *f = *state;
    const char *const hosts[] = {"localhost", "127.0.0.1", "::1"};
    struct net_answer *answer = malloc(sizeof *answer);
    struct vn_error error;
    assert_non_null(answer);
    f->options.hosts = hosts;
    f->options.host_count = 3;
    net_serve_unix(f);
    expect_text(f, "GET /echo HTTP/1.1\r\nHost: anything\r\n\r\n", 200);
    assert_int_equal(vn_http_server_listen_tcp(f->server, "127.0.0.1", 0, &error), VN_OK);
    const struct vn_http_target target = {.host = "127.0.0.1", .port = vn_http_server_port(f->server)};
    struct vn_http_client *client = net_client(f, &target);
    net_get(f, client, "/echo", answer);
    assert_int_equal(answer->http_status, 200);
    assert_int_equal(f->peer.kind, VN_HTTP_PEER_PLAIN);
    net_drop_client(f, client);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(target.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const struct {
        const char *host;
        int status;
    } cases[] = {{"evil.example", 403}, {"LOCALHOST:80", 200}, {"[::1]:80", 200}, {"localhost.evil", 403}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0) {
            fail_msg("no socket");
            return;
        }
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        (void)snprintf(text, sizeof text, "GET /echo HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].host);
        net_raw_send(f, fd, text, strlen(text));
        net_run_ms(f, 10);
        assert_true(recv(fd, text, sizeof text, 0) > 12);
        assert_int_equal(strtol(text + 9, NULL, 10), cases[i].status);
        (void)close(fd);
        net_run_ms(f, 2);
    }
    free(answer);
}

static void test_long_poll_is_dropped_when_its_client_leaves(void **state)
{
    struct net_fixture *f = *state;
    f->options.body_ms = 30; /* a waiting exchange has no time limit */
    f->options.idle_ms = 30;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, GET("/hold"));
    net_run_ms(f, 80);
    assert_non_null(f->held);
    assert_int_equal(f->gone, 0);
    (void)close(fd);
    net_run_ms(f, 10);
    assert_null(f->held);
    assert_int_equal(f->gone, 1);
    assert_int_equal(vn_http_server_connections(f->server), 0);
}

static void test_stream_arrives_in_pieces_and_ends(void **state)
{
    struct net_fixture *f = *state;
    char response[1024];
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, GET("/stream"));
    net_run_ms(f, 5);
    assert_non_null(f->held);
    assert_int_equal(vn_http_stream_begin(f->held, NULL), VN_ARG);
    assert_int_equal(vn_http_stream_write(f->held, vn_view_str("one\n")), VN_OK);
    net_run_ms(f, 5);
    ssize_t got = recv(fd, response, sizeof response - 1, 0);
    assert_true(got > 0);
    response[got] = '\0';
    assert_non_null(strstr(response, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(response, "\r\n\r\n4\r\none\n\r\n"));
    assert_int_equal(vn_http_stream_write(f->held, VN_VIEW_NONE), VN_OK); /* is not the end */
    vn_http_stream_end(f->held);
    net_run_ms(f, 5);
    got = recv(fd, response, sizeof response, 0);
    assert_int_equal(got, 5);
    assert_memory_equal(response, "0\r\n\r\n", 5);
    say(f, fd, GET("/echo")); /* the connection is good for more */
    assert_true(net_raw_response(f, fd, response, sizeof response));
    (void)close(fd);
    net_run_ms(f, 2);
    assert_int_equal(f->gone, 0);
}

static void test_slow_reader_of_a_stream_is_cut(void **state)
{
    struct net_fixture *f = *state;
    uint8_t piece[8192] = {0};
    enum vn_status status = VN_OK;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    say(f, fd, GET("/stream"));
    net_run_ms(f, 5);
    int pieces = 0;
    while (status == VN_OK && pieces < 1000) {
        status = vn_http_stream_write(f->held, vn_view_of(piece, sizeof piece));
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
        pieces++;
    }
    assert_int_equal(status, VN_FULL);
    assert_true(pieces > VN_HTTP_STREAM_QUEUE_MAX / (int)sizeof piece - 2);
    net_run_ms(f, 5);
    assert_int_equal(f->gone, 1);
    assert_int_equal(vn_http_server_connections(f->server), 0);
    (void)close(fd);
}

static void test_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    struct net_fixture *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct vn_http_server *second = NULL;
    struct vn_error error;
    struct stat info;
    memcpy(address.sun_path, f->path, strlen(f->path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        fail_msg("no socket");
        return;
    }
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    (void)close(fd); /* its file stays, as after a crash */
    net_serve_unix(f);
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(
        vn_http_server_create(&f->loop, f->clock, NULL, &f->options, net_handler, f, &second, &error), VN_OK);
    assert_int_equal(vn_http_server_listen_unix(second, f->path, 0600, &error), VN_CONFLICT);
    assert_int_equal(vn_http_server_listen_unix(second, f->folder, 0600, &error), VN_CONFLICT);
    assert_int_equal(vn_http_server_listen_unix(second, "/nonexistent/s", 0600, &error), VN_IO);
    assert_string_equal(error.text, "can't listen on /nonexistent/s: no such file or directory");
    char longer[200];
    (void)snprintf(longer, sizeof longer, "/tmp/%0150d", 0);
    assert_int_equal(vn_http_server_listen_unix(second, longer, 0600, &error), VN_ARG);
    assert_int_equal(vn_http_server_listen_tcp(second, "till.example", 0, &error), VN_ARG);
    vn_http_server_close(second, NULL, NULL);
    net_run_ms(f, 5);
    expect_text(f, GET("/echo"), 200); /* the first was not harmed */
}

static void test_connections_above_the_limit_are_told_so_and_a_flood_is_closed(void **state)
{
    enum { LIMIT = 2, ALL = LIMIT + VN_HTTP_TURNED_AWAY_MAX + 6 };
    struct net_fixture *f = *state;
    int fds[ALL];
    int told = 0;
    char response[1024];
    f->options.connections_max = LIMIT;
    net_serve_unix(f);
    for (int i = 0; i < ALL; i++) {
        fds[i] = net_raw_open(f);
        net_run_ms(f, 2);
    }
    for (int i = LIMIT; i < ALL; i++) {
        bool whole = net_raw_response(f, fds[i], response, sizeof response);
        told += whole && strstr(response, "HTTP/1.1 503") != NULL &&
                strstr(response, "\r\nRetry-After: 1\r\n") != NULL && strstr(response, "too many") != NULL;
    }
    assert_int_equal(told, VN_HTTP_TURNED_AWAY_MAX);
    say(f, fds[LIMIT], GET("/echo"));
    net_run_ms(f, 5);
    assert_int_equal(f->requests, 0);
    assert_int_equal(vn_http_server_connections(f->server), LIMIT);
    (void)close(fds[0]);
    net_run_ms(f, 5);
    expect_text(f, GET("/echo"), 200); /* those that are being turned away take no place */
    for (int i = 1; i < ALL; i++) {
        (void)close(fds[i]);
    }
    net_run_ms(f, 10);
    assert_int_equal(vn_http_server_connections(f->server), 0);
}

static void test_close_lets_replies_out_and_drops_waiting_ones(void **state)
{
    struct net_fixture *f = *state;
    char *response = malloc(200000);
    assert_non_null(response);
    net_serve_unix(f);
    int holding = net_raw_open(f);
    say(f, holding, GET("/hold"));
    net_run_ms(f, 5);
    int reading = net_raw_open(f);
    say(f, reading, GET("/big"));
    (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    f->server_closed = false;
    net_close_server(f);
    assert_int_equal(f->gone, 1);
    assert_true(net_raw_response(f, reading, response, 200000));
    assert_int_equal(access(f->path, F_OK), -1);
    (void)close(holding);
    (void)close(reading);
    free(response);
}

#define NET(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET(test_connection_is_kept_for_the_next_request),
        NET(test_request_may_be_split_at_every_byte),
        NET(test_pipelined_requests_are_answered_in_order),
        NET(test_what_is_not_http_is_answered_with_a_problem),
        NET(test_oversized_heads_and_bodies_are_refused),
        NET(test_client_that_sends_on_still_reads_why_it_was_refused),
        NET(test_zipped_bodies_are_inflated_within_the_limit),
        NET(test_long_replies_are_zipped_only_for_who_takes_it),
        NET(test_problem_names_the_field_and_headers_pass),
        NET(test_head_request_gets_the_length_and_no_body),
        NET(test_body_is_awaited_with_100_continue),
        NET(test_slow_heads_and_bodies_end_in_408),
        NET(test_idle_connection_is_closed_without_a_word),
        NET(test_origin_is_refused_where_asked),
        NET(test_host_must_be_on_the_list_over_tcp_alone),
        NET(test_long_poll_is_dropped_when_its_client_leaves),
        NET(test_stream_arrives_in_pieces_and_ends),
        NET(test_slow_reader_of_a_stream_is_cut),
        NET(test_stale_socket_is_replaced_and_a_live_one_is_not),
        NET(test_connections_above_the_limit_are_told_so_and_a_flood_is_closed),
        NET(test_close_lets_replies_out_and_drops_waiting_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
