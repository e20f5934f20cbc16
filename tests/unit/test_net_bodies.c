/* Replies whose body is not copied: shared bytes and files, whole and in parts, to readers of all kinds. */
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "sync/net/gzip.h"
#include "tests/unit/net_fixture.h"

#define BIG      (8 * 1024 * 1024)
#define FILE_LEN 1000000

struct bodies {
    struct net_fixture *f; /* first: net_teardown looks for it there */
    struct vn_shared *shared;
    char file[160];
    int64_t file_len; /* what is said of the file */
    struct net_answer answer;
};

static struct bodies *bodies_of(void *fixture); /* the handler's ctx is the fixture */

static struct bodies *current; /* of the one test that runs */

static struct bodies *bodies_of(void *fixture)
{
    assert_ptr_equal(current->f, fixture);
    return current;
}

/* Never the same for long, so that a piece in the wrong place shows. */
static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 2654435761U >> 13);
}

static void reply_file(struct bodies *b, struct vn_http_exchange *exchange,
                       const struct vn_http_request *request)
{
    char range[96];
    int64_t from = 0;
    int64_t len = 0;
    enum vn_status status = vn_http_range(request, "\"1.7-aa\"", b->file_len, &from, &len);
    assert_int_equal(vn_http_reply_header(exchange, "ETag", "\"1.7-aa\""), VN_OK);
    if (status == VN_INPUT) {
        vn_http_reply(exchange, 416, NULL, VN_VIEW_NONE);
        return;
    }
    (void)snprintf(range, sizeof range, "bytes %lld-%lld/%lld", (long long)from, (long long)(from + len - 1),
                   (long long)b->file_len);
    if (status == VN_OK) {
        assert_int_equal(vn_http_reply_header(exchange, "Content-Range", range), VN_OK);
    }
    vn_http_reply_file(exchange, status == VN_OK ? 206 : 200, "application/octet-stream",
                       open(b->file, O_RDONLY | O_CLOEXEC), from, len);
}

static void handler(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct bodies *b = bodies_of(ctx);
    if (strcmp(request->path, "/shared") == 0) {
        assert_int_equal(vn_http_reply_header(exchange, "Verno-Included", "12"), VN_OK);
        vn_http_reply_shared(exchange, 200, "application/x-ndjson", b->shared);
    } else if (strcmp(request->path, "/file") == 0) {
        reply_file(b, exchange, request);
    } else {
        net_handler(ctx, exchange, request);
    }
}

static int bodies_setup(void **state)
{
    void *inner = NULL;
    struct bodies *b = calloc(1, sizeof *b);
    if (b == NULL || net_setup(&inner) != 0) {
        free(b);
        return -1;
    }
    b->f = inner;
    b->f->handler = handler;
    (void)snprintf(b->file, sizeof b->file, "%s/file", b->f->folder);
    current = b;
    *state = b;
    return 0;
}

static int bodies_teardown(void **state)
{
    struct bodies *b = *state;
    void *inner = b->f;
    vn_shared_drop(b->shared);
    (void)unlink(b->file);
    int failed = net_teardown(&inner);
    free(b);
    return failed;
}

/* `len` bytes of byte_at, as they are or zipped. */
static void make_shared(struct bodies *b, size_t len, bool zipped)
{
    struct vn_buf plain;
    struct vn_buf out;
    vn_buf_init(&plain, len);
    vn_buf_init(&out, 2 * len + 1000);
    assert_int_equal(vn_buf_reserve(&plain, len), VN_OK);
    for (plain.len = 0; plain.len < len; plain.len++) {
        plain.data[plain.len] = byte_at(plain.len);
    }
    if (zipped) {
        assert_int_equal(vn_gzip(vn_buf_view(&plain), 1, &out), VN_OK);
    }
    assert_int_equal(vn_shared_take(zipped ? &out : &plain, zipped, &b->shared), VN_OK);
    assert_int_equal(zipped ? out.len : plain.len, 0);
    vn_buf_deinit(&plain);
    vn_buf_deinit(&out);
}

static void make_file(struct bodies *b, int64_t said)
{
    FILE *file = fopen(b->file, "wb");
    if (file == NULL) {
        fail();
        return;
    }
    for (size_t i = 0; i < FILE_LEN; i++) {
        assert_int_not_equal(putc(byte_at(i), file), EOF);
    }
    assert_int_equal(fclose(file), 0);
    b->file_len = said;
}

static int open_files(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir != NULL && readdir(dir) != NULL) {
        count++;
    }
    assert_true(dir != NULL && closedir(dir) == 0);
    return count;
}

static struct vn_http_client *unix_client(struct bodies *b)
{
    const struct vn_http_target target = {.socket_path = b->f->path, .label = "the hub"};
    return net_client(b->f, &target);
}

/* Head of a raw response in `out`, and how many bytes of the body; checks each of them. */
static size_t raw_body(struct bodies *b, int fd, char *head, size_t head_size, size_t want)
{
    char bytes[16384];
    size_t head_len = 0;
    size_t body = 0;
    head[0] = '\0';
    for (int turns = 0; turns < 20000 && (head_len == 0 || body < want); turns++) {
        (void)uv_run(&b->f->loop, UV_RUN_NOWAIT);
        ssize_t got = recv(fd, bytes, head_len == 0 ? 1 : sizeof bytes, 0);
        if (got == 0) {
            break;
        }
        size_t len = strlen(head);
        if (got > 0 && head_len == 0) {
            assert_true(len + 1 < head_size);
            head[len] = bytes[0];
            head[len + 1] = '\0';
            head_len = strstr(head, "\r\n\r\n") == NULL ? 0 : len;
            continue;
        }
        for (ssize_t i = 0; i < got; i++, body++) {
            assert_int_equal((uint8_t)bytes[i], byte_at(body));
        }
    }
    return body;
}

static void say(struct bodies *b, int fd, const char *text)
{
    net_raw_send(b->f, fd, text, strlen(text));
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: hub\r\n\r\n"

/* --- shared ------------------------------------------------------------------------------------------------ */

static void test_shared_bytes_reach_everyone_zipped_as_they_are(void **state)
{
    struct bodies *b = *state;
    enum { LEN = 100000 };
    net_serve_unix(b->f);
    make_shared(b, LEN, true);
    struct vn_http_client *clients[3];
    for (int i = 0; i < 3; i++) {
        clients[i] = unix_client(b);
    }
    for (int turn = 0; turn < 6; turn++) {
        net_get(b->f, clients[turn % 3], "/shared", &b->answer);
        assert_int_equal(b->answer.http_status, 200);
        assert_true(b->answer.was_zipped);
        assert_int_equal(b->answer.body_len, LEN);
        for (size_t i = 0; i < LEN; i++) {
            assert_int_equal((uint8_t)b->answer.body[i], byte_at(i));
        }
    }
    assert_int_equal(vn_http_server_connections(b->f->server), 3); /* all are kept for the next request */
    for (int i = 0; i < 3; i++) {
        net_drop_client(b->f, clients[i]);
    }
}

static void test_shared_bytes_are_inflated_for_who_takes_no_gzip(void **state)
{
    struct bodies *b = *state;
    char head[1024];
    net_serve_unix(b->f);
    make_shared(b, 70000, true);
    int fd = net_raw_open(b->f);
    say(b, fd, GET("/shared"));
    assert_int_equal(raw_body(b, fd, head, sizeof head, 70000), 70000);
    assert_null(strstr(head, "Content-Encoding"));
    assert_non_null(strstr(head, "\r\nContent-Length: 70000\r\n"));
    assert_non_null(strstr(head, "\r\nVerno-Included: 12\r\n"));
    (void)close(fd);
    net_run_ms(b->f, 2);
}

static void test_head_of_shared_bytes_and_of_a_file_comes_alone(void **state)
{
    struct bodies *b = *state;
    char head[1024];
    net_serve_unix(b->f);
    make_shared(b, 70000, false);
    make_file(b, FILE_LEN);
    int fd = net_raw_open(b->f);
    say(b, fd, "HEAD /shared HTTP/1.1\r\nHost: hub\r\n\r\n");
    assert_int_equal(raw_body(b, fd, head, sizeof head, 0), 0);
    assert_non_null(strstr(head, "\r\nContent-Length: 70000\r\n"));
    say(b, fd, "HEAD /file HTTP/1.1\r\nHost: hub\r\n\r\n");
    assert_int_equal(raw_body(b, fd, head, sizeof head, 0), 0);
    assert_non_null(strstr(head, "\r\nContent-Length: 1000000\r\n"));
    say(b, fd, GET("/shared")); /* nothing of those bodies is left over */
    assert_int_equal(raw_body(b, fd, head, sizeof head, 70000), 70000);
    (void)close(fd);
    net_run_ms(b->f, 2);
}

static void test_slow_readers_cost_a_piece_each_and_get_everything(void **state)
{
    enum { READERS = 8 };
    struct bodies *b = *state;
    int fds[READERS];
    char head[1024];
    net_serve_unix(b->f);
    make_shared(b, BIG, false);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < READERS; i++) {
        fds[i] = net_raw_open(b->f);
        say(b, fds[i], GET("/shared"));
    }
    net_run_ms(b->f, 20);
    /* Two pieces at most a connection (one on the line, one to come), and its own memory. */
    assert_true(mallinfo2().uordblks < before + (size_t)READERS * 6 * VN_HTTP_PIECE_MAX);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(raw_body(b, fds[i], head, sizeof head, BIG), BIG);
    }
    for (int i = 0; i < READERS; i++) {
        (void)close(fds[i]);
    }
    net_run_ms(b->f, 5);
    assert_int_equal(vn_http_server_connections(b->f->server), 0);
}

static void test_reader_that_stands_still_is_cut_and_one_that_moves_is_not(void **state)
{
    struct bodies *b = *state;
    static char piece[65536]; /* a unix socket takes more only when three quarters of it are empty */
    b->f->options.body_ms = 100;
    net_serve_unix(b->f);
    make_shared(b, BIG, false);
    int still = net_raw_open(b->f);
    int moving = net_raw_open(b->f);
    say(b, still, GET("/shared"));
    say(b, moving, GET("/shared"));
    for (int i = 0; i < 20; i++) {
        net_run_ms(b->f, 15);
        assert_true(recv(moving, piece, sizeof piece, 0) > 0);
    }
    assert_int_equal(vn_http_server_connections(b->f->server), 1); /* after three times the patience */
    (void)close(still);
    (void)close(moving); /* cut in the middle: the block is let go, and stays for the others */
    net_run_ms(b->f, 5);
    assert_int_equal(vn_http_server_connections(b->f->server), 0);
    assert_int_equal(vn_shared_view(b->shared).len, BIG);
}

/* --- files ------------------------------------------------------------------------------------------------- */

struct part {
    struct net_answer answer; /* first: net_on_answer gets the same context */
    struct vn_http_client *client;
    int status;
    char range[64];
    size_t from; /* where in the file it begins */
    size_t len;
    size_t cancel_at; /* 0: not */
};

static void on_head(void *ctx, const struct vn_http_response *head)
{
    struct part *part = ctx;
    struct vn_view value;
    part->status = head->status;
    assert_int_equal(part->len, 0);
    assert_int_equal(head->body.len, 0);
    (void)vn_http_response_header(head, "Content-Range", &value);
    assert_int_equal(vn_view_copy_str(value, part->range, sizeof part->range), VN_OK);
}

static void on_part(void *ctx, struct vn_view piece)
{
    struct part *part = ctx;
    for (size_t i = 0; i < piece.len; i++) {
        assert_int_equal(piece.data[i], byte_at(part->from + part->len + i));
    }
    part->len += piece.len;
    if (part->cancel_at > 0 && part->len >= part->cancel_at) {
        vn_http_client_cancel(part->client);
    }
}

static void fetch(struct bodies *b, struct part *part, const char *range, size_t max)
{
    const struct vn_http_header_out headers[] = {{"Range", range}, {"If-Range", "\"1.7-aa\""}};
    const struct vn_http_request_out request = {.method = "GET",
                                                .path = "/file",
                                                .headers = headers,
                                                .header_count = range == NULL ? 0 : 2,
                                                .timeout_ms = 2000,
                                                .response_max = max,
                                                .on_head = on_head,
                                                .on_chunk = on_part,
                                                .silent_ms = 1000};
    memset(&part->answer, 0, sizeof part->answer);
    part->len = 0;
    part->status = 0;
    assert_int_equal(vn_http_client_send(part->client, &request, net_on_answer, part), VN_OK);
    assert_true(net_run_until(b->f, &part->answer.done));
}

static void test_file_comes_whole_and_in_parts(void **state)
{
    struct bodies *b = *state;
    struct part *part = calloc(1, sizeof *part);
    assert_non_null(part);
    net_serve_unix(b->f);
    make_file(b, FILE_LEN);
    int files = open_files();
    part->client = unix_client(b);
    fetch(b, part, NULL, 0);
    assert_int_equal(part->answer.status, VN_OK);
    assert_int_equal(part->status, 200);
    assert_int_equal(part->len, FILE_LEN);
    part->from = 999000;
    fetch(b, part, "bytes=999000-", 0);
    assert_int_equal(part->status, 206);
    assert_string_equal(part->range, "bytes 999000-999999/1000000");
    assert_int_equal(part->len, 1000);
    part->from = 70000;
    fetch(b, part, "bytes=70000-270000", 0);
    assert_int_equal(part->len, 200001);
    fetch(b, part, "bytes=1000000-", 0);
    assert_int_equal(part->answer.http_status, 416);
    assert_int_equal(part->status, 0); /* not a stream */
    net_drop_client(b->f, part->client);
    assert_int_equal(open_files(), files); /* those of the connection are gone too */
    free(part);
}

static void test_stream_beyond_its_limit_is_given_up(void **state)
{
    struct bodies *b = *state;
    struct part *part = calloc(1, sizeof *part);
    assert_non_null(part);
    net_serve_unix(b->f);
    make_file(b, FILE_LEN);
    part->client = unix_client(b);
    fetch(b, part, NULL, FILE_LEN - 1);
    assert_int_equal(part->answer.status, VN_FULL); /* by what its head says */
    assert_int_equal(part->len, 0);
    fetch(b, part, NULL, FILE_LEN);
    assert_int_equal(part->answer.status, VN_OK);
    part->cancel_at = 100000;
    fetch(b, part, NULL, 0); /* from within a callback */
    assert_int_equal(part->answer.status, VN_GONE);
    assert_in_range(part->len, 100000, 100000 + VN_HTTP_PIECE_MAX);
    net_drop_client(b->f, part->client);
    free(part);
}

static void test_file_that_shrank_is_cut_short_not_filled_up(void **state)
{
    struct bodies *b = *state;
    struct part *part = calloc(1, sizeof *part);
    assert_non_null(part);
    net_serve_unix(b->f);
    make_file(b, FILE_LEN + 5);
    part->client = unix_client(b);
    fetch(b, part, NULL, 0);
    assert_int_equal(part->answer.status, VN_GONE);
    assert_string_equal(vn_http_client_reason(part->client), "the connection was lost within an answer");
    assert_int_equal(part->len, FILE_LEN);
    net_drop_client(b->f, part->client);
    assert_int_equal(unlink(b->file), 0); /* no file at all: its descriptor is -1 */
    part->client = unix_client(b);
    fetch(b, part, NULL, 0);
    assert_int_equal(part->answer.status, VN_GONE);
    assert_int_equal(part->len, 0);
    net_drop_client(b->f, part->client);
    free(part);
}

static void test_client_that_leaves_within_a_file_leaves_nothing_open(void **state)
{
    struct bodies *b = *state;
    char head[1024];
    net_serve_unix(b->f);
    make_file(b, FILE_LEN);
    int files = open_files();
    for (int i = 0; i < 20; i++) {
        int fd = net_raw_open(b->f);
        say(b, fd, GET("/file"));
        (void)raw_body(b, fd, head, sizeof head, i * 1000U); /* a reading may be under way, or not */
        (void)close(fd);
    }
    net_run_ms(b->f, 20);
    assert_int_equal(vn_http_server_connections(b->f->server), 0);
    assert_int_equal(open_files(), files);
}

static void test_over_tls_they_arrive_as_well(void **state)
{
    struct bodies *b = *state;
    struct net_identity ca;
    struct net_identity hub;
    struct part *part = calloc(1, sizeof *part);
    assert_non_null(part);
    net_make_ca(b->f, &ca);
    net_issue(b->f, &ca, VN_CERT_SERVER, "hub.example", TODAY_MS + DAY_MS, &hub);
    const struct vn_tls_server_options server = {
        .cert_pem = vn_buf_view(&hub.pem), .key = hub.key, .ca_pem = vn_buf_view(&ca.pem)};
    const struct vn_tls_client_options client = {.ca_pem = vn_buf_view(&ca.pem), .host_name = "hub.example"};
    b->f->options.tls = &server;
    net_serve_tcp(b->f);
    make_shared(b, 120000, true);
    make_file(b, FILE_LEN);
    const struct vn_http_target target = {
        .host = "127.0.0.1", .port = vn_http_server_port(b->f->server), .tls = &client};
    part->client = net_client(b->f, &target);
    net_get(b->f, part->client, "/shared", &part->answer);
    assert_int_equal(part->answer.body_len, 120000);
    fetch(b, part, NULL, 0);
    assert_int_equal(part->answer.status, VN_OK);
    assert_int_equal(part->len, FILE_LEN);
    net_drop_client(b->f, part->client);
    net_forget(&hub);
    net_forget(&ca);
    free(part);
}

/* 50 MB of nothing are 50 kB on the line. */
static void test_zip_bomb_in_an_answer_costs_its_limit(void **state)
{
    struct bodies *b = *state;
    enum { PLAIN = 50 * 1024 * 1024 };
    struct vn_buf zipped;
    uint8_t *zeros = calloc(1, PLAIN);
    assert_non_null(zeros);
    vn_buf_init(&zipped, PLAIN);
    assert_int_equal(vn_gzip(vn_view_of(zeros, PLAIN), 9, &zipped), VN_OK);
    free(zeros);
    assert_true(zipped.len < 100000);
    assert_int_equal(vn_shared_take(&zipped, true, &b->shared), VN_OK);
    net_serve_unix(b->f);
    struct vn_http_client *client = unix_client(b);
    const struct vn_http_request_out request = {
        .method = "GET", .path = "/shared", .timeout_ms = 4000, .response_max = 1 << 20};
    net_call(b->f, client, &request, &b->answer);
    assert_int_equal(b->answer.status, VN_FULL);
    assert_string_equal(vn_http_client_reason(client), "the answer of the hub is too large");
    net_drop_client(b->f, client);
}

/* A till's large entry over a bad line: the larger the body, the longer it may take. */
static void test_a_large_body_may_take_longer(void **state)
{
    struct bodies *b = *state;
    char response[4096];
    char half[1001];
    b->f->options.body_ms = 60;
    net_serve_unix(b->f);
    memset(half, 'x', 1000);
    half[1000] = '\0';
    int fd = net_raw_open(b->f);
    say(b, fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n");
    say(b, fd, half);
    net_run_ms(b->f, 150);
    say(b, fd, half);
    assert_true(net_raw_response(b->f, fd, response, sizeof response));
    assert_null(strstr(response, " 408 "));
    (void)close(fd);
    net_run_ms(b->f, 2);
}

#define BODIES(test) cmocka_unit_test_setup_teardown(test, bodies_setup, bodies_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BODIES(test_shared_bytes_reach_everyone_zipped_as_they_are),
        BODIES(test_shared_bytes_are_inflated_for_who_takes_no_gzip),
        BODIES(test_head_of_shared_bytes_and_of_a_file_comes_alone),
        BODIES(test_slow_readers_cost_a_piece_each_and_get_everything),
        BODIES(test_reader_that_stands_still_is_cut_and_one_that_moves_is_not),
        BODIES(test_file_comes_whole_and_in_parts),
        BODIES(test_stream_beyond_its_limit_is_given_up),
        BODIES(test_file_that_shrank_is_cut_short_not_filled_up),
        BODIES(test_client_that_leaves_within_a_file_leaves_nothing_open),
        BODIES(test_over_tls_they_arrive_as_well),
        BODIES(test_a_large_body_may_take_longer),
        BODIES(test_zip_bomb_in_an_answer_costs_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
