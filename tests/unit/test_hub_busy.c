/* What the hub says when more is under way than it has room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sync/hub/service/service.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/net_fixture.h"

/* A hub that does all that it can, or a little less. */
static void on_request(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    bool full = strcmp(request->path, "/full") == 0;
    struct vn_service service = {.tasks = full ? VN_HUB_TASKS_MAX : VN_HUB_TASKS_MAX - 1};
    (void)ctx;
    if (vn_admission_open(&service, exchange)) {
        vn_http_reply(exchange, 200, "text/plain", vn_view_str("done"));
    }
}

static void ask(struct net_fixture *f, const char *request, char *out, size_t size)
{
    int fd = net_raw_open(f);
    net_raw_send(f, fd, request, strlen(request));
    assert_true(net_raw_response(f, fd, out, size));
    (void)close(fd);
    net_run_ms(f, 2);
}

static void test_who_asks_while_too_much_is_under_way_is_told_to_come_again(void **state)
{
    struct net_fixture *f = *state;
    char response[2048];
    f->handler = on_request;
    net_serve_unix(f);
    ask(f, "GET /room HTTP/1.1\r\nHost: hub\r\n\r\n", response, sizeof response);
    assert_non_null(strstr(response, "HTTP/1.1 200 "));
    ask(f, "GET /full HTTP/1.1\r\nHost: hub\r\n\r\n", response, sizeof response);
    assert_non_null(strstr(response, "HTTP/1.1 503 "));
    assert_non_null(strstr(response, "Retry-After: 5\r\n"));
    assert_non_null(strstr(response, "\"title\":\"busy\""));
}

/* A hub that takes journals in, or can't. */
static void on_journal(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    bool away = strcmp(request->path, "/away") == 0;
    struct vn_sql sql = {.away_since_ms = away ? 7 : 0};
    struct vn_storage storage = {.sql = &sql};
    struct vn_hub hub = {.storage = &storage};
    struct vn_service service = {.hub = &hub,
                                 .others_post = true, /* so that nothing begins here */
                                 .ending = strcmp(request->path, "/ending") == 0,
                                 .admission = {.intake = {.per_s = 10}}};
    service.admission.queued = strcmp(request->path, "/many") == 0 ? 130 : 0;
    (void)ctx;
    if (vn_admission_open(&service, exchange) && vn_admission_takes(&service, exchange)) {
        vn_http_reply(exchange, 200, "text/plain", vn_view_str("done"));
    }
    assert_int_equal(service.taken_meanwhile, away); /* who posts asks whether the database is back */
}

static void test_who_brings_a_journal_that_can_not_be_taken_is_told_when_to_come_again(void **state)
{
    static const struct {
        const char *path, *status, *retry, *title;
    } cases[] = {{"/away", "HTTP/1.1 503 ", "Retry-After: 5\r\n", "\"title\":\"gone\""},
                 {"/many", "HTTP/1.1 429 ", "Retry-After: 13\r\n", "\"title\":\"busy\""},
                 {"/ending", "HTTP/1.1 503 ", "Retry-After: 5\r\n", "\"title\":\"ending\""},
                 {"/room", "HTTP/1.1 200 ", "", "done"}};
    struct net_fixture *f = *state;
    f->handler = on_journal;
    net_serve_unix(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char request[64];
        char response[2048];
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: hub\r\n\r\n", cases[i].path);
        ask(f, request, response, sizeof response);
        assert_non_null(strstr(response, cases[i].status));
        assert_non_null(strstr(response, cases[i].retry));
        assert_non_null(strstr(response, cases[i].title));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_asks_while_too_much_is_under_way_is_told_to_come_again,
                                        net_setup, net_teardown),
        cmocka_unit_test_setup_teardown(
            test_who_brings_a_journal_that_can_not_be_taken_is_told_when_to_come_again, net_setup,
            net_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
