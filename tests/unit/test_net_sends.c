/* Both ends of sync/net, and a line that does not take what is sent: each send of a few calls fails in turn, once and for good -
 * refused at once, broken before a byte went, broken behind the first half. Each call ends, with its whole answer or with a
 * reason; the server lets go of it; and the next call on a line that is well works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tests/unit/net_fixture.h"

#define BODY      50000
#define BIG       100004
#define SENDS_MAX 400
#define PIECE     "a piece of a stream\n"
#define PIECES    3

enum how { REFUSED, BROKEN, HALF, HOWS };

static struct {
    enum how how;
    long nth, count;
    bool armed, for_good;
} line;

int __real_uv_write(uv_write_t *write, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                    uv_write_cb done);
int __wrap_uv_write(uv_write_t *write, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                    uv_write_cb done);
int __real_uv_try_write(uv_stream_t *stream, const uv_buf_t *bufs, unsigned count);
int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t *bufs, unsigned count);

static bool fails(void)
{
    line.count += line.armed;
    return line.armed && (line.for_good ? line.count >= line.nth : line.count == line.nth);
}

static void break_off(uv_stream_t *stream, int what)
{
    uv_os_fd_t fd = -1;
    assert_int_equal(uv_fileno((const uv_handle_t *)stream, &fd), 0);
    (void)shutdown(fd, what); /* it may be broken already */
}

int __wrap_uv_write(uv_write_t *write, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                    uv_write_cb done)
{
    if (fails()) {
        if (line.how == REFUSED) {
            return UV_ENOBUFS;
        }
        if (line.how == HALF) {
            const uv_buf_t half = uv_buf_init(bufs[0].base, (unsigned)bufs[0].len / 2);
            (void)__real_uv_try_write(stream, &half, 1);
        }
        break_off(stream, line.how == HALF ? SHUT_RDWR : SHUT_WR);
    }
    return __real_uv_write(write, stream, bufs, count, done);
}

int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t *bufs, unsigned count)
{
    return fails() ? UV_EAGAIN : __real_uv_try_write(stream, bufs, count);
}

struct world {
    struct net_fixture *f;
    bool is_tls;
    struct net_identity ca, hub, till;
    struct vn_tls_server_options server_tls;
    struct vn_tls_client_options client_tls;
    struct vn_http_target target;
    struct net_answer answer;
    size_t chunks; /* bytes of them */
    char body[BODY + 1];
};

static int setup_as(void **state, bool is_tls)
{
    void *inner = NULL;
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL || net_setup(&inner) != 0) {
        free(world);
        return -1;
    }
    struct net_fixture *f = world->f = inner;
    world->is_tls = is_tls;
    memset(world->body, 'a', BODY);
    f->options.body_max = BODY + 1000;
    if (is_tls) {
        net_make_ca(f, &world->ca);
        net_issue(f, &world->ca, VN_CERT_SERVER, "hub.example", TODAY_MS + 20 * DAY_MS, &world->hub);
        net_issue(f, &world->ca, VN_CERT_CLIENT, "till-0042", TODAY_MS + 10 * DAY_MS, &world->till);
        world->server_tls = (struct vn_tls_server_options){.cert_pem = vn_buf_view(&world->hub.pem),
                                                           .key = world->hub.key,
                                                           .ca_pem = vn_buf_view(&world->ca.pem)};
        world->client_tls = (struct vn_tls_client_options){
            vn_buf_view(&world->ca.pem), vn_buf_view(&world->till.pem), world->till.key, "hub.example"};
        f->options.tls = &world->server_tls;
        net_serve_tcp(f);
        world->target = (struct vn_http_target){.host = "127.0.0.1",
                                                .port = vn_http_server_port(f->server),
                                                .tls = &world->client_tls,
                                                .label = "the hub"};
    } else {
        net_serve_unix(f);
        world->target = (struct vn_http_target){.socket_path = f->path, .label = "the agent"};
    }
    *state = world;
    return 0;
}

static int plain_setup(void **state)
{
    return setup_as(state, false);
}

static int tls_setup(void **state)
{
    return setup_as(state, true);
}

static int teardown(void **state)
{
    struct world *world = *state;
    void *inner = world->f;
    int failed = net_teardown(&inner);
    if (world->is_tls) {
        net_forget(&world->ca);
        net_forget(&world->hub);
        net_forget(&world->till);
    }
    free(world);
    return failed;
}

static void on_chunk(void *ctx, struct vn_view piece)
{
    struct world *world = (struct world *)((char *)ctx - offsetof(struct world, answer));
    world->chunks += piece.len;
}

/* Ended well, or with a sentence and soon. */
static bool ended(const struct world *world, const struct vn_http_client *client)
{
    if (world->answer.status != VN_OK) {
        enum vn_status status = world->answer.status; /* what TLS cut short is no answer, by its own word */
        assert_true(status == VN_GONE || (status == VN_INPUT && world->is_tls));
        assert_true(vn_http_client_reason(client)[0] != '\0');
    }
    return world->answer.status == VN_OK;
}

static bool post(struct world *world, struct vn_http_client *client)
{
    const struct vn_http_request_out request = {.method = "POST",
                                                .path = "/echo",
                                                .body = vn_view_str(world->body),
                                                .gzip = true,
                                                .timeout_ms = 4000};
    net_call(world->f, client, &request, &world->answer);
    bool well = ended(world, client);
    assert_true(!well || world->answer.body_len == BODY + strlen("POST |"));
    return well;
}

static bool get(struct world *world, struct vn_http_client *client)
{
    net_get(world->f, client, "/big", &world->answer);
    bool well = ended(world, client);
    assert_true(!well || world->answer.body_len == BIG);
    return well;
}

/* Answers what is held, if anything is. It may be gone at any moment. */
static void serve(struct net_fixture *f, bool streams)
{
    struct vn_http_exchange *held = f->held;
    if (held != NULL && !streams) {
        f->held = NULL;
        vn_http_reply(held, 200, "text/plain", vn_view_str("now"));
    }
    for (int i = 0; streams && i < PIECES && f->held != NULL; i++) {
        assert_int_equal(vn_http_stream_write(f->held, vn_view_str(PIECE)), VN_OK);
        net_run_ms(f, 2);
    }
    if (streams && f->held != NULL) {
        held = f->held;
        f->held = NULL;
        vn_http_stream_end(held);
    }
}

static bool poll(struct world *world, struct vn_http_client *client, const char *path)
{
    struct net_fixture *f = world->f;
    struct vn_http_request_out request = {.method = "GET", .path = path, .timeout_ms = 4000};
    bool streams = path[1] == 's';
    request.on_chunk = streams ? on_chunk : NULL;
    memset(&world->answer, 0, sizeof world->answer);
    world->chunks = 0;
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, &world->answer), VN_OK);
    for (int i = 0; i < 4000 && !world->answer.done; i++) { /* a client may ask once more */
        serve(f, streams);
        net_run_ms(f, 1);
    }
    assert_true(world->answer.done);
    bool well = ended(world, client);
    assert_true(!well || !streams || world->chunks == PIECES * strlen(PIECE));
    return well;
}

static bool calls(struct world *world, struct vn_http_client *client)
{
    bool posted = post(world, client);
    bool held = poll(world, client, "/hold");
    bool got = get(world, client);
    return poll(world, client, "/stream") && posted && held && got;
}

/* False when the calls ended before their send `nth`. */
static bool day_with(struct world *world, enum how how, long nth, bool for_good)
{
    struct vn_http_client *client = net_client(world->f, &world->target);
    line.how = how;
    line.nth = nth;
    line.for_good = for_good;
    line.count = 0;
    line.armed = true;
    bool well = calls(world, client);
    line.armed = false;
    bool failed = line.count >= nth;
    assert_true(well || failed);
    net_run_ms(world->f, 2);
    assert_null(world->f->held); /* nobody waits for what is gone */
    assert_true(calls(world, client));
    net_drop_client(world->f, client);
    return failed;
}

static void test_failpoints_sends(void **state)
{
    struct world *world = *state;
    for (enum how how = REFUSED; how < HOWS; how++) {
        long nth[2] = {1, 1};
        for (int for_good = 0; for_good <= 1; for_good++) {
            while (day_with(world, how, nth[for_good], for_good == 1)) {
                assert_true(++nth[for_good] < SENDS_MAX);
            }
            assert_true(nth[for_good] > 8);
        }
        print_message("%s: %ld sends\n",
                      how == REFUSED  ? "refused"
                      : how == BROKEN ? "broken"
                                      : "half",
                      nth[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failpoints_sends, plain_setup, teardown),
        cmocka_unit_test_setup_teardown(test_failpoints_sends, tls_setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
