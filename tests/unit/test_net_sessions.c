/* What outlives a connection: ticket keys, other certificates of a server that runs, chains of an issuing key; and
 * handshakes that are broken off on their threads. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/net_fixture.h"

#define HOUR_MS 3600000LL
#define CLIENTS 40

struct sessions {
    struct net_fixture *f;
    struct net_identity root;
    struct net_identity issuing; /* signed by the root; its PEM is the certificate alone */
    struct net_identity hub;     /* these with their chains */
    struct net_identity till;
    struct vn_tls_server_options server_tls;
    struct vn_tls_client_options client_tls;
    struct vn_http_target target;
    char ticket_file[160];
    struct net_answer answer;
};

/* An identity signed by the issuing key, its chain behind it. */
static void make_leaf(struct sessions *s, enum vn_cert_kind kind, const char *name, int64_t days,
                      struct net_identity *out)
{
    net_issue(s->f, &s->issuing, kind, name, TODAY_MS + days * DAY_MS, out);
    assert_int_equal(vn_buf_append(&out->pem, vn_buf_view(&s->issuing.pem)), VN_OK);
}

static int setup(void **state)
{
    void *inner = NULL;
    struct sessions *s = calloc(1, sizeof *s);
    if (s == NULL || net_setup(&inner) != 0) {
        free(s);
        return -1;
    }
    s->f = inner;
    net_make_ca(s->f, &s->root);
    net_issue(s->f, &s->root, VN_CERT_ISSUING, "Practice chain issuing", TODAY_MS + 300 * DAY_MS,
              &s->issuing);
    make_leaf(s, VN_CERT_SERVER, "hub.example", 100, &s->hub);
    make_leaf(s, VN_CERT_CLIENT, "till-0042", 100, &s->till);
    s->server_tls = (struct vn_tls_server_options){
        .cert_pem = vn_buf_view(&s->hub.pem), .key = s->hub.key, .ca_pem = vn_buf_view(&s->root.pem)};
    s->client_tls = (struct vn_tls_client_options){.ca_pem = vn_buf_view(&s->root.pem),
                                                   .cert_pem = vn_buf_view(&s->till.pem),
                                                   .key = s->till.key,
                                                   .host_name = "hub.example"};
    s->f->options.tls = &s->server_tls;
    s->target = (struct vn_http_target){.host = "127.0.0.1", .tls = &s->client_tls, .label = "the hub"};
    (void)snprintf(s->ticket_file, sizeof s->ticket_file, "%s/tickets", s->f->folder);
    *state = s;
    return 0;
}

static int hands_setup(void **state)
{
    int failed = setup(state);
    if (failed == 0) {
        ((struct sessions *)*state)->f->options.hands = 2;
    }
    return failed;
}

static int teardown(void **state)
{
    struct sessions *s = *state;
    void *inner = s->f;
    (void)unlink(s->ticket_file);
    int failed = net_teardown(&inner);
    net_forget(&s->root);
    net_forget(&s->issuing);
    net_forget(&s->hub);
    net_forget(&s->till);
    free(s);
    return failed;
}

static struct vn_http_client *serve_and_connect(struct sessions *s)
{
    net_serve_tcp(s->f);
    s->target.port = vn_http_server_port(s->f->server);
    return net_client(s->f, &s->target);
}

static void get(struct sessions *s, struct vn_http_client *client)
{
    net_get(s->f, client, "/peer", &s->answer);
    assert_int_equal(s->answer.status, VN_OK);
    assert_int_equal(s->answer.http_status, 200);
}

/* Closes the connection and keeps the session; whether the next one resumes it. */
static bool comes_back_resumed(struct sessions *s, struct vn_http_client *client)
{
    const struct vn_http_request_out request = {.method = "GET", .path = "/hold"};
    memset(&s->answer, 0, sizeof s->answer);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, &s->answer), VN_OK);
    vn_http_client_cancel(client);
    net_run_ms(s->f, 5);
    get(s, client);
    assert_int_equal(s->f->peer.resumed, vn_http_client_resumed(client));
    return vn_http_client_resumed(client);
}

static void test_a_chain_is_followed_up_to_the_root_by_both_ends(void **state)
{
    struct sessions *s = *state;
    char expected[256];
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    (void)snprintf(expected, sizeof expected, "till-0042|%s", s->till.info.serial);
    assert_string_equal(s->answer.body, expected);
    assert_true(comes_back_resumed(s, client));
    assert_string_equal(s->answer.body, expected);
    assert_int_equal(s->f->peer.not_after_ms, s->till.info.not_after_ms);
    net_drop_client(s->f, client);
    s->client_tls.cert_pem.len -= s->issuing.pem.len; /* a till that does not bring its chain */
    client = net_client(s->f, &s->target);
    net_get(s->f, client, "/peer", &s->answer);
    assert_int_equal(s->answer.status, VN_DENIED);
    net_drop_client(s->f, client);
}

static void test_an_issuer_that_is_trusted_itself_is_enough(void **state)
{
    struct sessions *s = *state;
    s->server_tls.ca_pem = vn_buf_view(&s->issuing.pem);
    s->client_tls.cert_pem.len -= s->issuing.pem.len;
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    assert_int_equal(s->f->peer.not_after_ms, s->till.info.not_after_ms);
    net_drop_client(s->f, client);
}

static void test_the_window_of_a_chain_ends_with_its_issuer(void **state)
{
    struct sessions *s = *state;
    struct net_identity longer; /* no such certificate is issued by the hub, but somebody may have the key */
    make_leaf(s, VN_CERT_CLIENT, "till-0043", 400, &longer);
    s->client_tls.cert_pem = vn_buf_view(&longer.pem);
    s->client_tls.key = longer.key;
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    assert_int_equal(s->f->peer.not_after_ms, s->issuing.info.not_after_ms);
    net_drop_client(s->f, client);
    net_forget(&longer);
}

/* --- another certificate ----------------------------------------------------------------------------------- */

static void test_a_new_certificate_is_shown_without_a_restart(void **state)
{
    struct sessions *s = *state;
    struct net_identity fresh;
    struct vn_error error;
    struct vn_http_client *client = serve_and_connect(s);
    struct vn_http_client *standing = net_client(s->f, &s->target);
    get(s, client);
    get(s, standing);
    make_leaf(s, VN_CERT_SERVER, "hub.example", 200, &fresh);
    struct vn_tls_server_options tls = {
        .cert_pem = vn_buf_view(&fresh.pem), .key = s->hub.key, .ca_pem = vn_buf_view(&s->root.pem)};
    assert_int_equal(vn_http_server_set_tls(s->f->server, &tls, &error), VN_ARG); /* not of this key */
    assert_true(comes_back_resumed(s, client)); /* and nothing has changed */
    tls.key = fresh.key;
    assert_int_equal(vn_http_server_set_tls(s->f->server, &tls, &error), VN_OK);
    assert_true(comes_back_resumed(s, client)); /* sessions go on */
    get(s, standing);                           /* so do connections */
    net_drop_client(s->f, client);
    net_drop_client(s->f, standing);
    s->f->now_ms = TODAY_MS + 150 * DAY_MS; /* the first one is over */
    s->client_tls.cert_pem = VN_VIEW_NONE;
    s->client_tls.key = NULL;
    client = net_client(s->f, &s->target);
    get(s, client);
    net_drop_client(s->f, client);
    net_forget(&fresh);
}

/* --- ticket keys ------------------------------------------------------------------------------------------- */

static void test_ticket_keys_turn_by_the_injected_clock(void **state)
{
    struct sessions *s = *state;
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    assert_true(comes_back_resumed(s, client));
    s->f->now_ms += 13 * HOUR_MS; /* another key seals, the first one still opens */
    assert_true(comes_back_resumed(s, client));
    struct vn_http_client *other = net_client(s->f, &s->target);
    get(s, other);
    s->f->now_ms += 13 * HOUR_MS;
    assert_true(comes_back_resumed(s, other));
    assert_false(comes_back_resumed(s, client)); /* sealed 26 hours ago: a session is not prolonged */
    assert_true(comes_back_resumed(s, client));
    s->f->now_ms += 100 * HOUR_MS; /* a long silence: neither key is young enough */
    assert_false(comes_back_resumed(s, other));
    assert_false(comes_back_resumed(s, client));
    net_drop_client(s->f, client);
    net_drop_client(s->f, other);
}

static void restart(struct sessions *s, struct vn_http_client *client)
{
    const uint16_t port = s->target.port;
    struct vn_error error;
    net_close_server(s->f);
    assert_int_equal(vn_http_server_create(&s->f->loop, s->f->clock, NULL, &s->f->options, net_handler, s->f,
                                           &s->f->server, &error),
                     VN_OK);
    assert_int_equal(vn_http_server_listen_tcp(s->f->server, "127.0.0.1", port, &error), VN_OK);
    net_run_ms(s->f, 5); /* the client hears that its connection is gone */
    get(s, client);
}

static void test_ticket_keys_survive_a_restart_for_a_day(void **state)
{
    struct sessions *s = *state;
    struct stat info;
    s->server_tls.ticket_file = s->ticket_file;
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    assert_int_equal(stat(s->ticket_file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    restart(s, client);
    assert_true(vn_http_client_resumed(client));
    s->f->now_ms += 14 * HOUR_MS; /* both keys are in the file */
    assert_true(comes_back_resumed(s, client));
    restart(s, client);
    assert_true(vn_http_client_resumed(client));
    s->f->now_ms += 30 * HOUR_MS; /* none of them is young enough */
    restart(s, client);
    assert_false(vn_http_client_resumed(client));
    s->f->now_ms += 25 * HOUR_MS; /* nor is the one that was drawn then, and is the last in the file */
    restart(s, client);
    assert_false(vn_http_client_resumed(client));
    net_drop_client(s->f, client);
}

static void test_a_ticket_file_that_is_no_secret_or_no_file_is_as_none(void **state)
{
    static const char *const junk[] = {"", "verno-tickets 1\n", "verno-tickets 1\nx", "something else\n",
                                       "verno-tickets 1\n1795305600000 00000000 12\n"};
    struct sessions *s = *state;
    s->server_tls.ticket_file = s->ticket_file;
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    assert_int_equal(chmod(s->ticket_file, 0644), 0);
    restart(s, client);
    assert_false(vn_http_client_resumed(client));
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        FILE *file = fopen(s->ticket_file, "w");
        if (file == NULL) {
            fail();
            return;
        }
        assert_true(fputs(junk[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(chmod(s->ticket_file, 0600), 0);
        restart(s, client);
        assert_false(vn_http_client_resumed(client));
        assert_true(comes_back_resumed(s, client));
    }
    net_drop_client(s->f, client);
}

static void test_without_a_file_a_restart_forgets_sessions(void **state)
{
    struct sessions *s = *state;
    struct vn_http_client *client = serve_and_connect(s);
    get(s, client);
    restart(s, client);
    assert_false(vn_http_client_resumed(client));
    net_drop_client(s->f, client);
}

/* --- many at once ------------------------------------------------------------------------------------------ */

static void test_many_shake_hands_at_once(void **state)
{
    struct sessions *s = *state;
    struct vn_http_client *clients[CLIENTS];
    struct net_answer *answers = calloc(CLIENTS, sizeof *answers);
    const struct vn_http_request_out request = {.method = "GET", .path = "/peer", .timeout_ms = 4000};
    assert_non_null(answers);
    net_serve_tcp(s->f);
    s->target.port = vn_http_server_port(s->f->server);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = net_client(s->f, &s->target);
        assert_int_equal(vn_http_client_send(clients[i], &request, net_on_answer, &answers[i]), VN_OK);
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_true(net_run_until(s->f, &answers[i].done));
        assert_int_equal(answers[i].http_status, 200);
    }
    assert_int_equal(vn_http_server_connections(s->f->server), CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        net_drop_client(s->f, clients[i]);
    }
    free(answers);
}

static int tcp_open(struct sessions *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(s->target.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail();
        return fd;
    }
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void test_handshakes_that_break_off_leave_nothing_behind(void **state)
{
    /* The head of a ClientHello whose rest never comes; a record of an alert; no TLS at all. */
    static const char hello[] = "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03";
    static const char alert[] = "\x15\x03\x03\x00\x02\x02\x28";
    static const char plain[] = "GET / HTTP/1.1\r\nHost: hub\r\n\r\n";
    struct sessions *s = *state;
    struct vn_http_client *client = serve_and_connect(s);
    for (int i = 0; i < 30; i++) {
        int fd = tcp_open(s);
        if (fd < 0) {
            return;
        }
        const char *bytes = i % 3 == 0 ? hello : i % 3 == 1 ? alert : plain;
        size_t len = i % 3 == 0 ? sizeof hello - 1 : i % 3 == 1 ? sizeof alert - 1 : sizeof plain - 1;
        assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
        (void)uv_run(&s->f->loop, UV_RUN_NOWAIT); /* it may be on a hand, or not yet */
        (void)close(fd);
    }
    /* Real ones, given up at once: their first flight is being worked on when they go. */
    const struct vn_http_request_out request = {.method = "GET", .path = "/peer"};
    for (int i = 0; i < 10; i++) {
        struct vn_http_client *quitter = net_client(s->f, &s->target);
        memset(&s->answer, 0, sizeof s->answer);
        assert_int_equal(vn_http_client_send(quitter, &request, net_on_answer, &s->answer), VN_OK);
        for (int turn = 0; turn < i; turn++) {
            (void)uv_run(&s->f->loop, UV_RUN_NOWAIT);
        }
        vn_http_client_destroy(quitter);
    }
    net_run_ms(s->f, 50);
    assert_int_equal(vn_http_server_connections(s->f->server), 0);
    int before = s->f->requests;
    get(s, client);
    assert_int_equal(s->f->requests, before + 1);
    net_drop_client(s->f, client);
}

static void test_closing_waits_for_handshakes_that_are_being_worked_on(void **state)
{
    struct sessions *s = *state;
    struct vn_http_client *clients[4];
    struct net_answer *answers = calloc(4, sizeof *answers);
    const struct vn_http_request_out request = {.method = "GET", .path = "/peer", .timeout_ms = 4000};
    assert_non_null(answers);
    net_serve_tcp(s->f);
    s->target.port = vn_http_server_port(s->f->server);
    for (int i = 0; i < 4; i++) {
        clients[i] = net_client(s->f, &s->target);
        assert_int_equal(vn_http_client_send(clients[i], &request, net_on_answer, &answers[i]), VN_OK);
        (void)uv_run(&s->f->loop, UV_RUN_NOWAIT);
    }
    net_close_server(s->f);
    for (int i = 0; i < 4; i++) {
        assert_true(net_run_until(s->f, &answers[i].done));
        net_drop_client(s->f, clients[i]);
    }
    free(answers);
}

static void test_a_handshake_that_stands_still_is_cut(void **state)
{
    struct sessions *s = *state;
    static const char hello[] = "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03";
    s->f->options.head_ms = 40;
    struct vn_http_client *client = serve_and_connect(s);
    int fd = tcp_open(s);
    if (fd < 0) {
        return;
    }
    assert_int_equal(send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL), sizeof hello - 1);
    net_run_ms(s->f, 20);
    assert_int_equal(vn_http_server_connections(s->f->server), 1);
    net_run_ms(s->f, 60);
    assert_int_equal(vn_http_server_connections(s->f->server), 0);
    (void)close(fd);
    net_drop_client(s->f, client);
}

/* Each of them with handshakes on the loop, and on hands. */
#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, setup, teardown),                                                  \
    {                                                                                                        \
        #test "_on_hands", test, hands_setup, teardown, NULL                                                 \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_chain_is_followed_up_to_the_root_by_both_ends),
        BOTH(test_an_issuer_that_is_trusted_itself_is_enough),
        BOTH(test_the_window_of_a_chain_ends_with_its_issuer),
        BOTH(test_a_new_certificate_is_shown_without_a_restart),
        BOTH(test_ticket_keys_turn_by_the_injected_clock),
        BOTH(test_ticket_keys_survive_a_restart_for_a_day),
        BOTH(test_a_ticket_file_that_is_no_secret_or_no_file_is_as_none),
        BOTH(test_without_a_file_a_restart_forgets_sessions),
        BOTH(test_many_shake_hands_at_once),
        BOTH(test_handshakes_that_break_off_leave_nothing_behind),
        BOTH(test_closing_waits_for_handshakes_that_are_being_worked_on),
        BOTH(test_a_handshake_that_stands_still_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
