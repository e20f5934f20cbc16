/* What a server decides when it has a request's head and not its body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/net/gzip.h"
#include "tests/unit/net_fixture.h"

struct doors {
    struct net_fixture *f;
    int asked;
    bool open;
    bool zipped; /* what the handler was given */
};

static struct doors *doors_of(void *ctx)
{
    static struct doors doors;
    doors.f = ctx;
    return &doors;
}

static bool admit(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct doors *doors = doors_of(ctx);
    doors->asked++;
    assert_string_equal(request->path, "/echo");
    assert_string_equal(request->query, "a=1");
    assert_int_equal(request->body.len, 0);
    if (!doors->open) {
        vn_http_reply_problem(exchange, 429, "busy", NULL, NULL);
    }
    return doors->open;
}

static void post(struct net_fixture *f, int fd, const char *head, size_t length)
{
    char text[256];
    int n = snprintf(text, sizeof text, "POST /echo?a=1 HTTP/1.1\r\nHost: x\r\n%s%zu\r\n\r\n", head, length);
    net_raw_send(f, fd, text, (size_t)n);
}

static void test_a_body_that_is_not_wanted_is_not_read(void **state)
{
    struct net_fixture *f = *state;
    char response[4096];
    struct doors *doors = doors_of(f);
    *doors = (struct doors){.f = f};
    f->options.admit = admit;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    post(f, fd, "Content-Length: ", 100000);
    assert_true(net_raw_response(f, fd, response, sizeof response)); /* no byte of the body was sent */
    assert_memory_equal(response, "HTTP/1.1 429 ", 13);
    assert_true(net_raw_closed(f, fd));
    assert_int_equal(f->requests, 0);
    doors->open = true;
    fd = net_raw_open(f);
    post(f, fd, "Content-Length: ", 3);
    net_raw_send(f, fd, "abc", 3);
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_memory_equal(response, "HTTP/1.1 200 ", 13);
    assert_non_null(strstr(response, "abc"));
    assert_int_equal(doors->asked, 2);
}

static void test_bodies_together_have_a_limit(void **state)
{
    struct net_fixture *f = *state;
    char response[4096];
    f->options.bodies_max = 1000;
    net_serve_unix(f);
    int first = net_raw_open(f);
    post(f, first, "Content-Length: ", 600);
    net_run_ms(f, 20);
    int second = net_raw_open(f);
    post(f, second, "Content-Length: ", 401);
    assert_true(net_raw_response(f, second, response, sizeof response));
    assert_memory_equal(response, "HTTP/1.1 429 ", 13);
    assert_non_null(strstr(response, "Retry-After: 1\r\n"));
    second = net_raw_open(f);
    post(f, second, "Transfer-Encoding: chunked\r\nX-Length: ", 1); /* as long as any */
    assert_true(net_raw_response(f, second, response, sizeof response));
    assert_memory_equal(response, "HTTP/1.1 429 ", 13);
    /* who goes gives back, and so does who is answered */
    assert_int_equal(close(first), 0);
    net_run_ms(f, 20);
    char body[600];
    memset(body, 'x', sizeof body);
    second = net_raw_open(f);
    for (int i = 0; i < 3; i++) {
        post(f, second, "Content-Length: ", sizeof body);
        net_raw_send(f, second, body, sizeof body);
        assert_true(net_raw_response(f, second, response, sizeof response));
        assert_memory_equal(response, "HTTP/1.1 200 ", 13);
    }
}

static void expect_status(struct net_fixture *f, int fd, const char *status)
{
    char response[4096];
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_memory_equal(response + strlen("HTTP/1.1 "), status, strlen(status));
}

static void test_who_is_turned_away_takes_no_room(void **state)
{
    struct net_fixture *f = *state;
    *doors_of(f) = (struct doors){.f = f};
    f->options.bodies_max = 1000;
    f->options.admit = admit;
    net_serve_unix(f);
    int fds[5];
    for (int i = 0; i < 5; i++) { /* each lingers, so that it can read why */
        fds[i] = net_raw_open(f);
        post(f, fds[i], "Content-Length: ", 1000);
        expect_status(f, fds[i], "429");
    }
    assert_int_equal(doors_of(f)->asked, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
}

static void test_one_client_takes_a_part_of_the_room(void **state)
{
    struct net_fixture *f = *state;
    f->options.bodies_max = 1000;
    f->options.bodies_each = 250;
    net_serve_unix(f); /* whose clients have no names: all are one */
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = net_raw_open(f);
        post(f, fds[i], "Content-Length: ", 100);
        net_run_ms(f, 5);
    }
    expect_status(f, fds[2], "429");
    assert_int_equal(close(fds[0]), 0); /* the one in the middle of the server's list goes first, */
    net_run_ms(f, 20);
    fds[2] = net_raw_open(f);
    post(f, fds[2], "Content-Length: ", 150);
    net_run_ms(f, 5);
    char body[150];
    memset(body, 'x', sizeof body);
    net_raw_send(f, fds[1], body, 100); /* then its end */
    expect_status(f, fds[1], "200");
    net_raw_send(f, fds[2], body, 150);
    expect_status(f, fds[2], "200");
    post(f, fds[1], "Content-Length: ", 251);
    expect_status(f, fds[1], "429");
    assert_int_equal(close(fds[1]), 0);
}

static size_t ten(void *ctx, const struct vn_http_request *request)
{
    assert_non_null(((struct net_fixture *)ctx)->server);
    return strcmp(request->path, "/echo") == 0 ? 10 : SIZE_MAX;
}

static void test_a_path_has_a_limit_of_its_own(void **state)
{
    struct net_fixture *f = *state;
    struct vn_buf zipped;
    vn_buf_init(&zipped, 1000);
    f->options.body_most = ten;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    post(f, fd, "Content-Length: ", 11);
    expect_status(f, fd, "413");
    assert_int_equal(close(fd), 0);
    fd = net_raw_open(f);
    post(f, fd, "Transfer-Encoding: chunked\r\nX-Length: ", 1);
    net_raw_send(f, fd, "b\r\n01234567890\r\n0\r\n\r\n", 21);
    expect_status(f, fd, "413");
    assert_int_equal(close(fd), 0);
    fd = net_raw_open(f);
    assert_int_equal(vn_gzip(vn_view_str("aaaaaaaaaaa"), 9, &zipped), VN_OK); /* of 11 */
    post(f, fd, "Content-Encoding: gzip\r\nContent-Length: ", zipped.len);
    expect_status(f, fd, "413");
    assert_int_equal(close(fd), 0);
    fd = net_raw_open(f);
    post(f, fd, "Content-Length: ", 10);
    net_raw_send(f, fd, "0123456789", 10);
    expect_status(f, fd, "200");
    const char *const elsewhere = "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890";
    net_raw_send(f, fd, elsewhere, strlen(elsewhere));
    expect_status(f, fd, "200");
    vn_buf_deinit(&zipped);
}

static void look_zipped(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct doors *doors = doors_of(ctx);
    doors->zipped = request->zipped;
    vn_http_reply(exchange, 200, "text/plain", request->body);
}

static void test_zipped_bodies_come_as_they_are_on_one_path(void **state)
{
    struct net_fixture *f = *state;
    struct vn_buf zipped;
    char response[4096];
    const char *const plain =
        "a body that is long enough to be zipped, a body that is long enough to be zipped";
    vn_buf_init(&zipped, 1000);
    assert_int_equal(vn_gzip(vn_view_str(plain), 1, &zipped), VN_OK);
    f->options.zipped_path = "/echo";
    f->handler = look_zipped;
    net_serve_unix(f);
    int fd = net_raw_open(f);
    post(f, fd, "Content-Encoding: gzip\r\nContent-Length: ", zipped.len);
    net_raw_send(f, fd, (const char *)zipped.data, zipped.len);
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_true(doors_of(f)->zipped);
    post(f, fd, "Content-Length: ", strlen(plain));
    net_raw_send(f, fd, plain, strlen(plain));
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_false(doors_of(f)->zipped);
    char text[256];
    int n =
        snprintf(text, sizeof text,
                 "POST /other HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                 zipped.len);
    net_raw_send(f, fd, text, (size_t)n);
    net_raw_send(f, fd, (const char *)zipped.data, zipped.len);
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_false(doors_of(f)->zipped);
    assert_non_null(strstr(response, plain));
    vn_buf_deinit(&zipped);
}

static void get(struct net_fixture *f, int fd, const char *path)
{
    char text[128];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    net_raw_send(f, fd, text, (size_t)n);
}

static void expect_answer(struct net_fixture *f, int fd, const char *path, const char *line)
{
    char response[4096];
    get(f, fd, path);
    assert_true(net_raw_response(f, fd, response, sizeof response));
    assert_memory_equal(response, line, strlen(line));
}

static void test_the_longest_idle_connection_makes_room(void **state)
{
    struct net_fixture *f = *state;
    int fds[4];
    f->options.connections_max = 3;
    f->options.makes_room = true;
    net_serve_unix(f);
    for (int i = 0; i < 3; i++) {
        fds[i] = net_raw_open(f);
        net_run_ms(f, 2);
    }
    get(f, fds[0], "/hold"); /* the oldest, but its client waits for an answer */
    expect_answer(f, fds[1], "/echo", "HTTP/1.1 200 ");
    fds[3] = net_raw_open(f);
    expect_answer(f, fds[3], "/echo", "HTTP/1.1 200 ");
    assert_true(net_raw_closed(f, fds[2]));
    expect_answer(f, fds[1], "/echo", "HTTP/1.1 200 ");
    assert_int_equal(vn_http_server_connections(f->server), 3);
    assert_int_equal(f->gone, 0);
}

static void test_who_waits_for_an_answer_makes_no_room(void **state)
{
    struct net_fixture *f = *state;
    f->options.connections_max = 1;
    f->options.makes_room = true;
    net_serve_unix(f);
    int first = net_raw_open(f);
    get(f, first, "/hold");
    net_run_ms(f, 2);
    int second = net_raw_open(f);
    expect_answer(f, second, "/echo", "HTTP/1.1 503 ");
    assert_int_equal(close(first), 0);
    net_run_ms(f, 5);
    second = net_raw_open(f);
    expect_answer(f, second, "/echo", "HTTP/1.1 200 ");
}

#define DOORS(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOORS(test_a_body_that_is_not_wanted_is_not_read),
        DOORS(test_bodies_together_have_a_limit),
        DOORS(test_who_is_turned_away_takes_no_room),
        DOORS(test_one_client_takes_a_part_of_the_room),
        DOORS(test_a_path_has_a_limit_of_its_own),
        DOORS(test_zipped_bodies_come_as_they_are_on_one_path),
        DOORS(test_the_longest_idle_connection_makes_room),
        DOORS(test_who_waits_for_an_answer_makes_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
