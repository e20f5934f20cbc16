/* Replies whose body is not copied (shared bytes, files), ranges, and the client's side of them: streams with
 * limits, headers that are filled in when a request leaves. */
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
    int64_t file_len;  /* what is said of the file */
    int64_t opened_ms; /* of the last request's peer */
    char header[64];   /* X-Late of the last request */
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
    struct vn_view late;
    b->opened_ms = request->peer->opened_ms;
    (void)vn_http_request_header(request, "X-Late", &late);
    assert_int_equal(vn_view_copy_str(late, b->header, sizeof b->header), VN_OK);
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
    assert_non_null(file);
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
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
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
                                                .stall_ms = 1000};
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
    const struct vn_tls_server_options server = {vn_buf_view(&hub.pem), hub.key, vn_buf_view(&ca.pem)};
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

/* --- ranges and tags --------------------------------------------------------------------------------------- */

static void test_ranges_are_read_and_doubtful_ones_passed_over(void **state)
{
    static const struct {
        const char *range, *if_range;
        enum vn_status status;
        int64_t from, len;
    } cases[] = {
        {"bytes=0-0", NULL, VN_OK, 0, 1},
        {"bytes=500-999", NULL, VN_OK, 500, 500},
        {"bytes=500-99999", NULL, VN_OK, 500, 500},
        {"bytes=999-", NULL, VN_OK, 999, 1},
        {"bytes=-300", NULL, VN_OK, 700, 300},
        {"bytes=-3000", NULL, VN_OK, 0, 1000},
        {"bytes=500-", "\"a\"", VN_OK, 500, 500},
        {"bytes=500-", "\"b\"", VN_ABSENT, 0, 1000},
        {"bytes=500-", "W/\"a\"", VN_ABSENT, 0, 1000}, /* a weak tag is no promise about bytes */
        {"bytes=500-", "Sat, 21 Nov 2026 00:00:00 GMT", VN_ABSENT, 0, 1000},
        {"bytes=1000-", NULL, VN_INPUT, 0, 1000},
        {"bytes=-0", NULL, VN_INPUT, 0, 1000},
        {"bytes=1-2,5-6", NULL, VN_ABSENT, 0, 1000},
        {"bytes=9-8", NULL, VN_ABSENT, 0, 1000},
        {"bytes=-", NULL, VN_ABSENT, 0, 1000},
        {"bytes=", NULL, VN_ABSENT, 0, 1000},
        {"bytes=99999999999999999999-", NULL, VN_ABSENT, 0, 1000},
        {"bytes=1-99999999999999999999", NULL, VN_ABSENT, 0, 1000},
        {"lines=1-2", NULL, VN_ABSENT, 0, 1000},
        {NULL, NULL, VN_ABSENT, 0, 1000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vn_http_header headers[] = {
            {vn_view_str("range"), vn_view_str(cases[i].range)},
            {vn_view_str("if-range"), vn_view_str(cases[i].if_range)},
        };
        size_t count = cases[i].range == NULL ? 0 : cases[i].if_range == NULL ? 1 : 2;
        struct vn_http_request request = {.method = "GET", .headers = headers, .header_count = count};
        int64_t from = -1;
        int64_t len = -1;
        assert_int_equal(vn_http_range(&request, "\"a\"", 1000, &from, &len), cases[i].status);
        assert_int_equal(from, cases[i].from);
        assert_int_equal(len, cases[i].len);
        request.method = "POST";
        assert_int_equal(vn_http_range(&request, "\"a\"", 1000, &from, &len), VN_ABSENT);
    }
}

static void test_entity_tags_match_weakly(void **state)
{
    static const struct {
        const char *list;
        bool matches;
    } cases[] = {
        {"\"a\"", true},   {"W/\"a\"", true}, {"\"b\", \"a\" , \"c\"", true}, {"*", true},  {"\"b\"", false},
        {"\"aa\"", false}, {"", false},       {" , ,\"b\",W/\"a\"", true},    {"a", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vn_http_header header = {vn_view_str("If-None-Match"), vn_view_str(cases[i].list)};
        const struct vn_http_request request = {.method = "GET", .headers = &header, .header_count = 1};
        assert_int_equal(vn_http_has_match(&request, "\"a\""), cases[i].matches);
    }
    const struct vn_http_request none = {.method = "GET"};
    assert_false(vn_http_has_match(&none, "\"a\""));
}

/* --- late headers ------------------------------------------------------------------------------------------ */

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
    struct bodies *b = *state;
    struct clerk *clerk = calloc(1, sizeof *clerk);
    const struct vn_http_request_out request = {
        .method = "POST", .path = "/echo", .body = vn_view_str("{}"), .timeout_ms = 2000, .late = fill_late};
    assert_non_null(clerk);
    clerk->name = "X-Late";
    net_serve_unix(b->f);
    struct vn_http_client *client = unix_client(b);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, clerk), VN_OK);
    assert_int_equal(clerk->asked, 0); /* it only connects as yet */
    assert_true(net_run_until(b->f, &clerk->answer.done));
    assert_string_equal(b->header, "1");
    assert_string_equal(clerk->answer.body, "POST |{}");
    clerk->answer.done = false;
    net_close_server(b->f); /* the next one goes out in vain, and again on a new connection */
    net_serve_unix(b->f);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, clerk), VN_OK);
    assert_true(net_run_until(b->f, &clerk->answer.done));
    assert_int_equal(clerk->answer.status, VN_OK);
    char last[16];
    (void)snprintf(last, sizeof last, "%d", clerk->asked);
    assert_string_equal(b->header, last);
    clerk->answer.done = false;
    clerk->name = "X-Bad\r\nX";
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, clerk), VN_OK);
    assert_true(net_run_until(b->f, &clerk->answer.done));
    assert_int_equal(clerk->answer.status, VN_ARG);
    net_drop_client(b->f, client);
    free(clerk);
}

static void test_peer_tells_since_when_its_connection_stands(void **state)
{
    struct bodies *b = *state;
    net_serve_unix(b->f);
    struct vn_http_client *client = unix_client(b);
    int64_t before_ms = vn_clock_mono_ns(&b->f->clock) / 1000000;
    net_get(b->f, client, "/echo", &b->answer);
    int64_t opened_ms = b->opened_ms;
    assert_in_range(opened_ms, before_ms, vn_clock_mono_ns(&b->f->clock) / 1000000);
    net_run_ms(b->f, 5);
    net_get(b->f, client, "/echo", &b->answer);
    assert_int_equal(b->opened_ms, opened_ms); /* the same connection */
    net_drop_client(b->f, client);
    client = unix_client(b);
    net_get(b->f, client, "/echo", &b->answer);
    assert_true(b->opened_ms >= opened_ms + 5);
    net_drop_client(b->f, client);
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

static void lie(struct bodies *b, struct liar *liar)
{
    assert_int_equal(uv_pipe_init(&b->f->loop, &liar->listener, 0), 0);
    liar->listener.data = liar;
    assert_int_equal(uv_pipe_bind(&liar->listener, b->f->path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&liar->listener, 8, on_lie), 0);
}

static void test_streams_of_a_liar_end_in_a_reason(void **state)
{
    struct bodies *b = *state;
    static const struct {
        const char *bytes;
        bool stays;
        enum vn_status status;
        const char *reason;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", false, VN_INPUT,
         "the answer of the hub is zipped, which was not asked for"},
        {"HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n", false,
         VN_FULL, "the answer of the hub is too large"}, /* it never said how much it would be */
        {"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n", true, VN_TIMEOUT,
         "time-out: no answer from the hub"},
        {"HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n", false, VN_OK, ""},
    };
    struct liar liar = {.stays = false};
    struct part *part = calloc(1, sizeof *part);
    const struct vn_http_request_out request = {.method = "GET",
                                                .path = "/",
                                                .timeout_ms = 2000,
                                                .response_max = 10,
                                                .on_head = on_head,
                                                .on_chunk = on_part,
                                                .stall_ms = 30};
    assert_non_null(part);
    lie(b, &liar);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        liar.bytes = vn_view_str(cases[i].bytes);
        liar.stays = cases[i].stays;
        memset(part, 0, sizeof *part);
        part->client = unix_client(b);
        assert_int_equal(vn_http_client_send(part->client, &request, net_on_answer, part), VN_OK);
        assert_true(net_run_until(b->f, &part->answer.done));
        assert_int_equal(part->answer.status, cases[i].status);
        assert_string_equal(vn_http_client_reason(part->client), cases[i].reason);
        net_drop_client(b->f, part->client);
        if (liar.stays) {
            uv_close((uv_handle_t *)&liar.peer, NULL);
            net_run_ms(b->f, 1);
        }
    }
    uv_close((uv_handle_t *)&liar.listener, NULL);
    net_run_ms(b->f, 2);
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
        cmocka_unit_test(test_ranges_are_read_and_doubtful_ones_passed_over),
        cmocka_unit_test(test_entity_tags_match_weakly),
        BODIES(test_late_headers_are_asked_when_the_request_leaves),
        BODIES(test_peer_tells_since_when_its_connection_stands),
        BODIES(test_streams_of_a_liar_end_in_a_reason),
        BODIES(test_zip_bomb_in_an_answer_costs_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
