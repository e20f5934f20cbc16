/* The client library against a server of sync/net in the same process: the server's loop runs on a thread. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "agent/client/client.h"
#include "sync/net/server.h"
#include "tests/unit/folder.h"

struct fixture {
    char folder[FOLDER_PATH];
    char path[96];
    uv_loop_t loop;
    uv_async_t stop;
    struct vn_http_server *server;
    pthread_t thread;
    struct vn_client *client;
    struct vn_buf reply;
    /* what a stream brought */
    int lines;
    char last[128];
    int ends;
    enum vn_status end;
};

static void answer(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    (void)ctx;
    if (strcmp(request->path, "/echo") == 0) {
        vn_http_reply(exchange, 200, "application/json", request->body);
    } else if (strcmp(request->path, "/stream") == 0) {
        enum vn_status status = vn_http_stream_begin(exchange, "application/x-ndjson");
        assert_int_equal(status, VN_OK);
        /* three lines in pieces that end elsewhere */
        (void)!vn_http_stream_write(exchange, vn_view_str("{\"n\":1}\n{\"n\""));
        (void)!vn_http_stream_write(exchange, vn_view_str(":2}\n{\"n\":3}\n"));
    } else if (strcmp(request->path, "/short") == 0) {
        (void)!vn_http_stream_begin(exchange, "application/x-ndjson");
        (void)!vn_http_stream_write(exchange, vn_view_str("one\n"));
        vn_http_stream_end(exchange);
    } else if (strcmp(request->path, "/never") != 0) {
        vn_http_reply_problem(exchange, 404, "no such thing", "look elsewhere", "/path");
    }
}

static void on_stop(uv_async_t *async)
{
    struct fixture *f = async->data;
    vn_http_server_close(f->server, NULL, NULL);
    uv_close((uv_handle_t *)async, NULL);
}

static void *serve(void *arg)
{
    struct fixture *f = arg;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    return NULL;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    folder_make(f->folder, "client");
    snprintf(f->path, sizeof f->path, "%s/pos.sock", f->folder);
    uv_loop_init(&f->loop);
    f->stop.data = f;
    uv_async_init(&f->loop, &f->stop, on_stop);
    struct vn_http_server_options options = vn_http_server_options_default();
    struct vn_error error;
    assert_int_equal(
        vn_http_server_create(&f->loop, vn_clock_system(), NULL, &options, answer, f, &f->server, &error),
        VN_OK);
    assert_int_equal(vn_http_server_listen_unix(f->server, f->path, 0600, &error), VN_OK);
    pthread_create(&f->thread, NULL, serve, f);
    assert_int_equal(vn_client_open(f->path, &f->client, &error), VN_OK);
    vn_buf_init(&f->reply, VN_CLIENT_REPLY_MAX);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vn_client_close(f->client);
    vn_buf_deinit(&f->reply);
    uv_async_send(&f->stop);
    pthread_join(f->thread, NULL);
    uv_loop_close(&f->loop);
    unlink(f->path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void on_line(void *ctx, struct vn_view line)
{
    struct fixture *f = ctx;
    f->lines++;
    assert_int_equal(vn_view_copy_str(line, f->last, sizeof f->last), VN_OK);
}

static void on_end(void *ctx, enum vn_status status)
{
    struct fixture *f = ctx;
    f->ends++;
    f->end = status;
}

static void test_client_call_brings_the_answer(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    int http = 0;
    for (int i = 0; i < 3; i++) { /* the connection is kept */
        assert_int_equal(vn_client_call(f->client, "POST", "/echo", vn_view_str("{\"a\":1}"), 2000, &http,
                                        &f->reply, &error),
                         VN_OK);
        assert_int_equal(http, 200);
        assert_true(vn_view_is(vn_buf_view(&f->reply), "{\"a\":1}"));
    }
}

static void test_client_problem_is_told_in_words_with_its_field(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    int http = 0;
    assert_int_equal(
        vn_client_call(f->client, "GET", "/nothing", VN_VIEW_NONE, 2000, &http, &f->reply, &error), VN_OK);
    assert_int_equal(http, 404);
    vn_client_problem(http, vn_buf_view(&f->reply), &error);
    assert_string_equal(error.text, "no such thing: look elsewhere");
    assert_string_equal(error.pointer, "/path");
    vn_client_problem(500, vn_view_str("oh"), &error);
    assert_string_equal(error.text, "the agent answered 500");
    assert_string_equal(error.pointer, "");
}

static void test_client_call_ends_in_time(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    int http = 1;
    assert_int_equal(vn_client_call(f->client, "GET", "/never", VN_VIEW_NONE, 100, &http, &f->reply, &error),
                     VN_TIMEOUT);
    assert_int_equal(http, 0);
}

/* A cashier thinks for a while between two calls; that time is not the second call's. */
static void test_client_call_after_a_pause_has_its_whole_time(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    int http = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            vn_client_call(f->client, "POST", "/echo", vn_view_str("{}"), 150, &http, &f->reply, &error),
            VN_OK);
        assert_int_equal(http, 200);
        usleep(300000);
    }
}

static void test_client_without_an_agent_says_so(void **state)
{
    struct fixture *f = *state;
    struct vn_client *lonely = NULL;
    struct vn_error error;
    int http = 0;
    char path[128];
    snprintf(path, sizeof path, "%s.nowhere", f->path);
    assert_int_equal(vn_client_open(path, &lonely, &error), VN_OK);
    assert_int_equal(vn_client_call(lonely, "GET", "/echo", VN_VIEW_NONE, 1000, &http, &f->reply, &error),
                     VN_ABSENT);
    assert_true(error.text[0] != '\0');
    struct vn_client_follower follower = {on_line, on_end, f};
    assert_int_equal(vn_client_follow(lonely, "/stream", &follower, &error), VN_OK);
    for (int i = 0; i < 20 && f->ends == 0; i++) {
        vn_client_pump(lonely, 100);
    }
    assert_int_equal(f->ends, 1);
    assert_int_equal(f->end, VN_ABSENT);
    vn_client_close(lonely);
    assert_int_equal(f->ends, 1);
}

/* A program with a loop of its own must not turn in circles until its agent comes. */
static void test_client_without_an_agent_has_nothing_to_do(void **state)
{
    struct fixture *f = *state;
    struct vn_client *alone = NULL;
    struct vn_error error;
    struct vn_client_follower follower = {on_line, on_end, f};
    assert_int_equal(vn_client_open("/nowhere/pos.sock", &alone, &error), VN_OK);
    assert_int_equal(vn_client_wait_ms(alone), -1);
    assert_int_equal(vn_client_follow(alone, "/v1/events", &follower, &error), VN_OK);
    for (int turns = 0; turns < 100 && vn_client_wait_ms(alone) != -1; turns++) {
        vn_client_pump(alone, 0);
    }
    assert_int_equal(vn_client_wait_ms(alone), -1);
    assert_int_equal(f->ends, 1);
    vn_client_close(alone);
}

static void test_client_follow_cuts_lines_and_calls_go_on_beside_it(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    int http = 0;
    struct vn_client_follower follower = {on_line, on_end, f};
    assert_int_equal(vn_client_follow(f->client, "/stream", &follower, &error), VN_OK);
    for (int i = 0; i < 20 && f->lines < 3; i++) {
        vn_client_pump(f->client, 100);
    }
    assert_int_equal(f->lines, 3);
    assert_string_equal(f->last, "{\"n\":3}");
    assert_int_equal(
        vn_client_call(f->client, "POST", "/echo", vn_view_str("x"), 2000, &http, &f->reply, &error), VN_OK);
    assert_int_equal(http, 200);
    assert_int_equal(f->ends, 0);
    assert_true(vn_client_fd(f->client) >= 0);
    vn_client_pump(f->client, 0);
    assert_true(vn_client_wait_ms(f->client) != 0);
}

static void test_client_follow_tells_its_end_and_frees_its_place(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    struct vn_client_follower follower = {on_line, on_end, f};
    for (int round = 1; round <= 2 * VN_CLIENT_FOLLOWS_MAX; round++) {
        assert_int_equal(vn_client_follow(f->client, "/short", &follower, &error), VN_OK);
        for (int i = 0; i < 20 && f->ends < round; i++) {
            vn_client_pump(f->client, 100);
        }
        assert_int_equal(f->lines, round);
        assert_int_equal(f->ends, round);
        assert_int_equal(f->end, VN_GONE);
    }
    assert_int_equal(vn_client_follow(f->client, "/nothing", &follower, &error), VN_OK);
    for (int i = 0; i < 20 && f->end != VN_UNSUPPORTED; i++) {
        vn_client_pump(f->client, 100);
    }
    assert_int_equal(f->end, VN_UNSUPPORTED);
}

static void test_client_follows_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    struct vn_client_follower follower = {on_line, on_end, f};
    for (int i = 0; i < VN_CLIENT_FOLLOWS_MAX; i++) {
        assert_int_equal(vn_client_follow(f->client, "/stream", &follower, &error), VN_OK);
    }
    assert_int_equal(vn_client_follow(f->client, "/stream", &follower, &error), VN_FULL);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(test_client_call_brings_the_answer),
        ONE(test_client_problem_is_told_in_words_with_its_field),
        ONE(test_client_call_ends_in_time),
        ONE(test_client_call_after_a_pause_has_its_whole_time),
        ONE(test_client_without_an_agent_says_so),
        ONE(test_client_without_an_agent_has_nothing_to_do),
        ONE(test_client_follow_cuts_lines_and_calls_go_on_beside_it),
        ONE(test_client_follow_tells_its_end_and_frees_its_place),
        ONE(test_client_follows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
