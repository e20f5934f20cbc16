#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/net_fixture.h"

/* A hub and a till with certificates of one authority. */
struct tls_fixture {
    struct net_fixture *f;
    struct net_identity ca;
    struct net_identity hub;
    struct net_identity till;
    struct vn_tls_server_options server_tls;
    struct vn_tls_client_options client_tls;
    struct vn_http_target target;
    char revoked[VN_SERIAL_TEXT_MAX];
    int64_t latest_ms; /* with options.latest_ms */
    struct net_answer answer;
};

static bool is_revoked(void *ctx, const struct vn_http_peer *peer)
{
    struct tls_fixture *t = ctx;
    return strcmp(t->revoked, peer->serial) == 0;
}

static int tls_setup(void **state)
{
    void *inner = NULL;
    struct tls_fixture *t = calloc(1, sizeof *t);
    if (t == NULL || net_setup(&inner) != 0) {
        free(t);
        return -1;
    }
    t->f = inner;
    net_make_ca(t->f, &t->ca);
    net_issue(t->f, &t->ca, VN_CERT_SERVER, "hub.example", TODAY_MS + 20 * DAY_MS, &t->hub);
    net_issue(t->f, &t->ca, VN_CERT_CLIENT, "till-0042", TODAY_MS + 10 * DAY_MS, &t->till);
    t->server_tls = (struct vn_tls_server_options){
        .cert_pem = vn_buf_view(&t->hub.pem), .key = t->hub.key, .ca_pem = vn_buf_view(&t->ca.pem)};
    t->client_tls = (struct vn_tls_client_options){vn_buf_view(&t->ca.pem), vn_buf_view(&t->till.pem),
                                                   t->till.key, "hub.example"};
    t->f->options.tls = &t->server_tls;
    t->f->options.is_revoked = is_revoked;
    t->f->options.is_revoked_ctx = t;
    t->f->options.renew_path = "/peer";
    t->target = (struct vn_http_target){.host = "127.0.0.1", .tls = &t->client_tls, .label = "the hub"};
    *state = t;
    return 0;
}

/* The same with handshakes on threads of their own. */
static int hands_setup(void **state)
{
    int failed = tls_setup(state);
    if (failed == 0) {
        ((struct tls_fixture *)*state)->f->options.hands = 2;
    }
    return failed;
}

static int tls_teardown(void **state)
{
    struct tls_fixture *t = *state;
    void *inner = t->f;
    int failed = net_teardown(&inner);
    net_forget(&t->ca);
    net_forget(&t->hub);
    net_forget(&t->till);
    free(t);
    return failed;
}

static struct vn_http_client *serve_and_connect(struct tls_fixture *t)
{
    net_serve_tcp(t->f);
    t->target.port = vn_http_server_port(t->f->server);
    return net_client(t->f, &t->target);
}

static void get(struct tls_fixture *t, struct vn_http_client *client, const char *path)
{
    net_get(t->f, client, path, &t->answer);
}

/* Closes the connection and keeps the session: the next request resumes it. */
static void reconnect(struct tls_fixture *t, struct vn_http_client *client)
{
    const struct vn_http_request_out request = {.method = "GET", .path = "/hold"};
    memset(&t->answer, 0, sizeof t->answer);
    assert_int_equal(vn_http_client_send(client, &request, net_on_answer, &t->answer), VN_OK);
    vn_http_client_cancel(client);
    net_run_ms(t->f, 5);
}

static void expect_refused(struct tls_fixture *t, struct vn_http_client *client, const char *reason)
{
    get(t, client, "/echo");
    assert_int_equal(t->answer.status, VN_DENIED);
    assert_non_null(strstr(vn_http_client_reason(client), reason));
    assert_int_equal(t->f->requests, 0);
}

static void test_both_ends_know_each_other(void **state)
{
    struct tls_fixture *t = *state;
    char expected[256];
    struct vn_http_client *client = serve_and_connect(t);
    get(t, client, "/peer");
    (void)snprintf(expected, sizeof expected, "till-0042|%s", t->till.info.serial);
    assert_int_equal(t->answer.status, VN_OK);
    assert_string_equal(t->answer.body, expected);
    assert_int_equal(t->f->peer.kind, VN_HTTP_PEER_TLS);
    assert_int_equal(t->f->peer.not_after_ms, t->till.info.not_after_ms);
    assert_false(t->f->peer.resumed);
    assert_false(vn_http_client_resumed(client));
    get(t, client, "/big"); /* more than one record */
    assert_int_equal(t->answer.body_len, 100004);
    net_drop_client(t->f, client);
}

static void test_resumed_session_still_carries_the_client(void **state)
{
    struct tls_fixture *t = *state;
    char expected[256];
    struct vn_http_client *client = serve_and_connect(t);
    (void)snprintf(expected, sizeof expected, "till-0042|%s", t->till.info.serial);
    get(t, client, "/peer");
    for (int i = 0; i < 3; i++) {
        reconnect(t, client);
        get(t, client, "/peer");
        assert_int_equal(t->answer.status, VN_OK);
        assert_true(vn_http_client_resumed(client));
        assert_true(t->f->peer.resumed);
        assert_string_equal(t->answer.body, expected);
        assert_int_equal(t->f->peer.not_after_ms, t->till.info.not_after_ms);
    }
    net_drop_client(t->f, client);
}

static void test_client_without_certificate_has_no_name(void **state)
{
    struct tls_fixture *t = *state;
    t->client_tls.cert_pem = VN_VIEW_NONE;
    t->client_tls.key = NULL;
    struct vn_http_client *client = serve_and_connect(t);
    for (int i = 0; i < 2; i++) {
        get(t, client, "/peer");
        assert_int_equal(t->answer.http_status, 200);
        assert_string_equal(t->answer.body, "|");
        assert_int_equal(t->f->peer.resumed, i == 1);
        reconnect(t, client);
    }
    net_drop_client(t->f, client);
}

static void test_server_of_another_authority_is_refused(void **state)
{
    struct tls_fixture *t = *state;
    struct net_identity other;
    net_make_ca(t->f, &other); /* of the same name */
    t->client_tls.ca_pem = vn_buf_view(&other.pem);
    struct vn_http_client *client = serve_and_connect(t);
    expect_refused(t, client, "the certificate of the hub is not signed by our authority");
    net_drop_client(t->f, client);
    net_forget(&other);
}

static void test_client_of_another_authority_is_refused(void **state)
{
    struct tls_fixture *t = *state;
    struct net_identity other;
    struct net_identity stranger;
    net_make_ca(t->f, &other);
    net_issue(t->f, &other, VN_CERT_CLIENT, "till-0042", TODAY_MS + DAY_MS, &stranger);
    t->client_tls.cert_pem = vn_buf_view(&stranger.pem);
    t->client_tls.key = stranger.key;
    struct vn_http_client *client = serve_and_connect(t);
    expect_refused(t, client, "the hub refuses our certificate");
    expect_refused(t, client, "the hub refuses our certificate"); /* and again, resumed or not */
    net_drop_client(t->f, client);
    net_forget(&other);
    net_forget(&stranger);
}

static void test_certificate_for_another_use_is_refused(void **state)
{
    struct tls_fixture *t = *state;
    t->client_tls.cert_pem = vn_buf_view(&t->hub.pem); /* a server's certificate shown by a client */
    t->client_tls.key = t->hub.key;
    struct vn_http_client *client = serve_and_connect(t);
    expect_refused(t, client, "the hub refuses our certificate");
    net_drop_client(t->f, client);
    t->server_tls.cert_pem = vn_buf_view(&t->till.pem); /* and the other way round */
    t->server_tls.key = t->till.key;
    struct vn_http_server *server = NULL;
    struct vn_error error;
    assert_int_equal(vn_http_server_create(&t->f->loop, t->f->clock, NULL, &t->f->options, net_handler, t->f,
                                           &server, &error),
                     VN_ARG);
    assert_string_equal(error.text, "our own certificate is not one for servers");
}

static void test_server_of_another_name_is_refused(void **state)
{
    struct tls_fixture *t = *state;
    t->client_tls.host_name = "hub.evil.example";
    struct vn_http_client *client = serve_and_connect(t);
    expect_refused(t, client, "the certificate of the hub is not for the name hub.evil.example");
    net_drop_client(t->f, client);
    t->client_tls.host_name = NULL; /* the address is in the certificate */
    client = net_client(t->f, &t->target);
    get(t, client, "/echo");
    assert_int_equal(t->answer.status, VN_OK);
    net_drop_client(t->f, client);
}

static void test_expired_server_is_refused_by_the_injected_clock(void **state)
{
    struct tls_fixture *t = *state;
    struct vn_http_client *client = serve_and_connect(t);
    t->f->now_ms = TODAY_MS + 21 * DAY_MS;
    expect_refused(t, client, "the certificate of the hub expired on 2026-12-12T00:00:00.000Z");
    t->f->now_ms = TODAY_MS - 2 * DAY_MS;
    expect_refused(t, client, "the certificate of the hub is valid only from 2026-11-21T00:00:00.000Z");
    t->f->now_ms = TODAY_MS; /* whatever the machine's own clock says */
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 200);
    net_drop_client(t->f, client);
}

static void test_expired_server_is_refused_on_resumption_and_on_a_live_connection(void **state)
{
    struct tls_fixture *t = *state;
    struct vn_http_client *client = serve_and_connect(t);
    get(t, client, "/echo");
    reconnect(t, client);
    t->f->requests = 0;
    t->f->now_ms = TODAY_MS + 21 * DAY_MS;
    expect_refused(t, client, "expired"); /* it would have been resumed */
    t->f->now_ms = TODAY_MS;
    get(t, client, "/echo");
    assert_int_equal(t->answer.status, VN_OK);
    assert_false(vn_http_client_resumed(client)); /* that session was forgotten */
    t->f->requests = 0;
    t->f->now_ms = TODAY_MS + 21 * DAY_MS;
    expect_refused(t, client, "expired"); /* the connection was standing */
    net_drop_client(t->f, client);
}

static void test_expired_client_may_only_renew(void **state)
{
    struct tls_fixture *t = *state;
    struct vn_http_client *client = serve_and_connect(t);
    const int64_t late_ms = TODAY_MS + 11 * DAY_MS; /* the till's is over, the hub's is not */
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 200);
    t->f->now_ms = late_ms; /* on a live connection */
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 401);
    assert_string_equal(t->answer.type, "application/problem+json");
    assert_non_null(strstr(t->answer.body, "expired"));
    get(t, client, "/echo"); /* on a resumed one */
    assert_int_equal(t->answer.http_status, 401);
    get(t, client, "/peer?renew=1");
    assert_int_equal(t->answer.http_status, 200);
    assert_true(t->f->peer.expired);
    assert_true(t->f->peer.resumed);
    net_drop_client(t->f, client);
    client = net_client(t->f, &t->target); /* in a full handshake */
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 401);
    assert_int_equal(t->f->requests, 2);
    net_drop_client(t->f, client);
}

static int64_t latest(void *ctx)
{
    const struct tls_fixture *t = ctx;
    return t->latest_ms;
}

static void test_client_whose_certificate_is_still_to_begin_is_refused(void **state)
{
    struct tls_fixture *t = *state;
    t->f->options.latest_ms = latest;
    t->f->options.latest_ctx = t;
    t->latest_ms = t->till.info.not_before_ms - 1;
    struct vn_http_client *client = serve_and_connect(t);
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 401);
    assert_non_null(strstr(t->answer.body, "not valid yet"));
    get(t, client, "/peer"); /* nor may it be renewed */
    assert_int_equal(t->answer.http_status, 401);
    assert_int_equal(t->f->requests, 0);
    t->latest_ms++; /* on the same connection */
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 200);
    net_drop_client(t->f, client);
}

static void test_expired_authority_ends_its_certificates(void **state)
{
    struct tls_fixture *t = *state;
    struct net_identity old = {.key = t->ca.key};
    vn_buf_init(&old.pem, VN_PEM_MAX);
    assert_int_equal(vn_ca_create(t->ca.key, &t->f->random, "Practice chain", TODAY_MS - DAY_MS,
                                  TODAY_MS + 5 * DAY_MS, &old.pem, NULL),
                     VN_OK);
    t->client_tls.ca_pem = vn_buf_view(&old.pem);
    struct vn_http_client *client = serve_and_connect(t);
    t->f->now_ms = TODAY_MS + 6 * DAY_MS;
    expect_refused(t, client, "expired on 2026-11-27");
    net_drop_client(t->f, client);
    vn_buf_deinit(&old.pem);
}

static void test_revoked_client_is_refused_on_a_live_and_on_a_resumed_connection(void **state)
{
    struct tls_fixture *t = *state;
    struct vn_http_client *client = serve_and_connect(t);
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 200);
    memcpy(t->revoked, t->till.info.serial, sizeof t->revoked);
    get(t, client, "/echo");
    assert_int_equal(t->answer.http_status, 403);
    assert_non_null(strstr(t->answer.body, "revoked"));
    get(t, client, "/peer"); /* not even to renew */
    assert_int_equal(t->answer.http_status, 403);
    assert_int_equal(t->f->requests, 1);
    t->revoked[0] = '\0';
    get(t, client, "/peer");
    assert_int_equal(t->answer.http_status, 200);
    assert_true(t->f->peer.resumed);
    net_drop_client(t->f, client);
}

static void test_plain_speakers_are_turned_away(void **state)
{
    struct tls_fixture *t = *state;
    struct vn_http_client *client = serve_and_connect(t);
    net_drop_client(t->f, client);
    t->target.tls = NULL;
    client = net_client(t->f, &t->target);
    get(t, client, "/echo");
    assert_int_not_equal(t->answer.status, VN_OK);
    assert_int_equal(t->f->requests, 0);
    net_drop_client(t->f, client);
    net_close_server(t->f);
    t->f->options.tls = NULL; /* a plain server, a client that wants TLS */
    t->target.tls = &t->client_tls;
    client = serve_and_connect(t);
    get(t, client, "/echo");
    assert_int_equal(t->answer.status, VN_INPUT);
    net_drop_client(t->f, client);
}

static void test_unusable_settings_are_told_at_create(void **state)
{
    struct tls_fixture *t = *state;
    struct vn_http_client *client = NULL;
    struct vn_http_server *server = NULL;
    struct vn_error error = {VN_OK, "", ""};
    t->target.port = 1;
    t->client_tls.key = t->hub.key;
    assert_int_equal(
        vn_http_client_create(&t->f->loop, t->f->clock, t->f->random, NULL, &t->target, &client, &error),
        VN_ARG);
    assert_string_equal(error.text, "our own certificate is not for our key");
    t->client_tls.key = t->till.key;
    t->client_tls.ca_pem = vn_view_str("nothing");
    assert_int_equal(
        vn_http_client_create(&t->f->loop, t->f->clock, t->f->random, NULL, &t->target, &client, &error),
        VN_ARG);
    assert_string_equal(error.text, "the authority's certificate can't be used");
    t->server_tls.cert_pem = VN_VIEW_NONE;
    assert_int_equal(vn_http_server_create(&t->f->loop, t->f->clock, NULL, &t->f->options, net_handler, t->f,
                                           &server, &error),
                     VN_ARG);
    assert_null(client);
    assert_null(server);
}

/* --- another implementation: openssl's client ---------------------------------------------------------------- */

struct child {
    uv_process_t process;
    bool done;
    int64_t code;
};

static void on_exit_of_child(uv_process_t *process, int64_t code, int signal)
{
    struct child *child = process->data;
    child->code = signal == 0 ? code : -signal;
    child->done = true;
    uv_close((uv_handle_t *)process, NULL);
}

/* openssl s_client with `options`; its exit code: 0 when the handshake succeeded. */
static int64_t s_client(struct tls_fixture *t, const char *option, const char *value)
{
    struct child child = {.done = false, .code = -1};
    char connect[32];
    (void)snprintf(connect, sizeof connect, "127.0.0.1:%u", (unsigned)vn_http_server_port(t->f->server));
    const char *args[] = {"openssl", "s_client", "-connect", connect, "-brief", option, value, NULL};
    const uv_process_options_t options = {
        .file = "openssl", .args = (char **)(uintptr_t)args, .exit_cb = on_exit_of_child};
    child.process.data = &child;
    assert_int_equal(uv_spawn(&t->f->loop, &child.process, &options), 0);
    assert_true(net_run_until(t->f, &child.done));
    return child.code;
}

static void test_only_tls_1_2_with_ecdsa_and_aead_is_spoken(void **state)
{
    struct tls_fixture *t = *state;
    net_serve_tcp(t->f);
    assert_int_equal(s_client(t, "-tls1_2", NULL), 0);
    assert_int_equal(s_client(t, "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"), 0); /* 1.3 offered, 1.2 taken */
    assert_int_not_equal(s_client(t, "-tls1_3", NULL), 0);
    assert_int_not_equal(s_client(t, "-tls1_1", NULL), 0);
    const char *const weak[] = {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
                                "AES128-GCM-SHA256"};
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        assert_int_not_equal(s_client(t, "-cipher", weak[i]), 0);
    }
    net_run_ms(t->f, 20);
}

/* Each of them with handshakes on the loop, and on hands. */
#define TLS(test)                                                                                            \
    cmocka_unit_test_setup_teardown(test, tls_setup, tls_teardown),                                          \
    {                                                                                                        \
        #test "_on_hands", test, hands_setup, tls_teardown, NULL                                             \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS(test_both_ends_know_each_other),
        TLS(test_resumed_session_still_carries_the_client),
        TLS(test_client_without_certificate_has_no_name),
        TLS(test_server_of_another_authority_is_refused),
        TLS(test_client_of_another_authority_is_refused),
        TLS(test_certificate_for_another_use_is_refused),
        TLS(test_server_of_another_name_is_refused),
        TLS(test_expired_server_is_refused_by_the_injected_clock),
        TLS(test_expired_server_is_refused_on_resumption_and_on_a_live_connection),
        TLS(test_expired_client_may_only_renew),
        TLS(test_client_whose_certificate_is_still_to_begin_is_refused),
        TLS(test_expired_authority_ends_its_certificates),
        TLS(test_revoked_client_is_refused_on_a_live_and_on_a_resumed_connection),
        TLS(test_plain_speakers_are_turned_away),
        TLS(test_unusable_settings_are_told_at_create),
        TLS(test_only_tls_1_2_with_ecdsa_and_aead_is_spoken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
