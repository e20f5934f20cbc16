#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/pos_world.h"

#define KEY       "{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"1\"}"
#define OTHER_KEY "{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"2\"}"
#define CARD_KEY  "{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"4111111111111111\"}"
#define LINE                                                                                                 \
    "{\"id\":1,\"code\":\"4006381333931\",\"name\":\"Pen\",\"qty_milli\":1000,\"amount_minor\":100000,"      \
    "\"unit_price_minor\":100000,\"kind\":\"goods\"}"
#define BASKET "{\"sale\":" KEY ",\"operator\":\"7\",\"lines\":[" LINE "]}"

static char out[65536];

static int post(struct pos_world *world, const char *path, const char *body)
{
    return pos_call(world, "POST", path, "", body, out, sizeof out);
}

static int get(struct pos_world *world, const char *path)
{
    return pos_call(world, "GET", path, "", "", out, sizeof out);
}

static void must_have(const char *text)
{
    if (strstr(out, text) == NULL) {
        fail_msg("%s is not in %s", text, out);
    }
}

static void test_a_whole_sale(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(post(world, "/v1/scan", "{\"aim\":\"]E0\",\"data\":\"2990000000019\"}"), 200);
    must_have("{\"kind\":\"card\"}");
    assert_int_equal(post(world, "/v1/quote", "{\"basket\":" BASKET "}"), 200);
    must_have("\"points_earned\":20");
    must_have("\"first_name\":\"Milica\"");
    assert_int_equal(post(world, "/v1/hold", "{\"basket\":" BASKET ",\"step\":0}"), 200);
    must_have("\"held\":true");
    assert_int_equal(post(world, "/v1/commit", "{\"sale\":" KEY ",\"fiscal\":\"F-1\"}"), 200);
    must_have("\"committed\":true");
    must_have("\"balance\":920");
    assert_int_equal(world->written, 2);
}

static void test_steps_without_their_sale_are_problems(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(post(world, "/v1/cancel", "{\"sale\":" KEY ",\"step\":0}"), 409);
    must_have("application/problem+json");
    assert_int_equal(post(world, "/v1/commit", "{\"sale\":" KEY "}"), 404);
    assert_int_equal(post(world, "/v1/choice", "{\"sale\":" KEY ",\"spend_points\":50}"), 404);
    must_have("\"title\":\"No such sale\"");
    assert_int_equal(world->written, 0);
}

static void test_receipts_of_other_tills_are_taken_down_for_the_hub(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(post(world, "/v1/void", "{\"sale\":" KEY "}"), 202);
    must_have("\"accepted\":true");
    must_have("the hub settles it");
    assert_non_null(strstr(world->last_body, "\"elsewhere\":true"));
    assert_int_equal(post(world, "/v1/return",
                          "{\"sale\":" OTHER_KEY ",\"of\":" KEY
                          ",\"step\":1,\"lines\":[{\"id\":2,\"qty_milli\":500}]}"),
                     202);
    assert_non_null(strstr(world->last_body, "\"lines\":[{\"id\":2,\"qty_milli\":500}]"));
    assert_int_equal(world->written, 2);
}

static void test_a_choice_out_of_range_names_the_field(void **state)
{
    struct pos_world *world = *state;
    (void)post(world, "/v1/scan", "{\"data\":\"2990000000019\"}");
    (void)post(world, "/v1/quote", "{\"basket\":" BASKET "}");
    assert_int_equal(post(world, "/v1/choice", "{\"sale\":" KEY ",\"spend_points\":3}"), 422);
    must_have("\"pointer\":\"/spend_points\"");
}

static void test_what_does_not_fit_is_named_by_its_pointer_and_changes_nothing(void **state)
{
    static const struct {
        const char *path, *body, *pointer;
    } cases[] = {
        {"/v1/quote", "", ""},
        {"/v1/quote", "{", ""},
        {"/v1/quote", "[]", ""},
        {"/v1/quote", "null", ""},
        {"/v1/quote", "{}", "/basket"},
        {"/v1/quote", "{\"basket\":7}", "/basket"},
        {"/v1/quote", "{\"basket\":{}}", "/basket/sale"},
        {"/v1/quote", "{\"basket\":{\"sale\":" KEY ",\"lines\":[{}]}}", "/basket/lines/0/"},
        {"/v1/quote", "{\"basket\":{\"sale\":" KEY ",\"lines\":[" LINE ",{\"id\":\"2\"}]}}",
         "/basket/lines/1/id"},
        {"/v1/quote", "{\"basket\":" BASKET ",\"basket\":" BASKET "}", ""},
        {"/v1/hold", "{\"basket\":" BASKET ",\"step\":-1}", "/step"},
        {"/v1/hold", "{\"basket\":" BASKET ",\"step\":1.5}", "/step"},
        {"/v1/hold", "{\"basket\":" BASKET ",\"step\":99999999999}", "/step"},
        {"/v1/cancel", "{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\"}}", "/sale/receipt"},
        {"/v1/cancel", "{\"sale\":[]}", "/sale"},
        {"/v1/commit", "{\"sale\":" KEY ",\"fiscal\":7}", "/fiscal"},
        {"/v1/commit",
         "{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"2\"},\"basket\":" BASKET "}",
         "/basket"},
        {"/v1/return", "{\"sale\":" KEY "}", "/of"},
        {"/v1/return", "{\"sale\":" KEY ",\"of\":" KEY "}", "/sale"},
        {"/v1/return", "{\"sale\":" OTHER_KEY ",\"of\":" KEY ",\"step\":1001}", "/step"},
        {"/v1/return", "{\"sale\":" OTHER_KEY ",\"of\":" KEY ",\"lines\":[]}", "/lines"},
        {"/v1/return", "{\"sale\":" OTHER_KEY ",\"of\":" KEY ",\"lines\":[{\"id\":1}]}",
         "/lines/0/qty_milli"},
        {"/v1/choice", "{\"sale\":" KEY "}", "/spend_points"},
        {"/v1/choice", "{\"sale\":" KEY ",\"spend_points\":-10}", "/spend_points"},
        {"/v1/choice", "{\"sale\":" KEY ",\"spend_points\":true}", "/spend_points"},
        {"/v1/scan", "{\"aim\":\"]E0\"}", "/data"},
        {"/v1/scan", "{\"aim\":\"]E0\",\"data\":\"\"}", "/data"},
        {"/v1/scan", "", ""},
        {"/v1/scan", "{\"aim\":\"]E0000\",\"data\":\"1\"}", "/aim"},
        {"/v1/scan", "[1]", ""},
        {"/v1/tap", "{\"action\":\"dance\"}", "/action"},
        {"/v1/tap", "{}", "/action"},
        {"/v1/tap", "\xff\xfe", ""},
    };
    struct pos_world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char pointer[128];
        int status = post(world, cases[i].path, cases[i].body);
        if (status != 400) {
            fail_msg("%s %s: %d", cases[i].path, cases[i].body, status);
        }
        must_have("application/problem+json");
        (void)snprintf(pointer, sizeof pointer, "\"pointer\":\"%s", cases[i].pointer);
        must_have(pointer);
    }
    assert_int_equal(world->written, 0);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_IDLE);
}

/* What a POS sends where only its own numbers belong: refused with the place, and the till hears nothing of it. */
static void test_a_payment_card_does_not_name_a_sale(void **state)
{
    static const struct {
        const char *path, *body, *pointer;
    } cases[] = {
        {"/v1/quote", "{\"basket\":{\"sale\":" CARD_KEY ",\"lines\":[" LINE "]}}", "/basket/sale/receipt"},
        {"/v1/hold",
         "{\"basket\":{\"sale\":{\"pos\":\"4111-1111-1111-1111\",\"date\":\"d\",\"receipt\":\"1\"},"
         "\"lines\":[" LINE "]}}",
         "/basket/sale/pos"},
        {"/v1/cancel", "{\"sale\":" CARD_KEY "}", "/sale/receipt"},
        {"/v1/cancel", "{\"sale\":{\"pos\":\"1\",\"date\":\"378282246310005\",\"receipt\":\"1\"}}",
         "/sale/date"},
        {"/v1/commit", "{\"sale\":" CARD_KEY ",\"fiscal\":\"F-1\"}", "/sale/receipt"},
        {"/v1/void", "{\"sale\":" CARD_KEY "}", "/sale/receipt"},
        {"/v1/return", "{\"sale\":" KEY ",\"of\":" CARD_KEY "}", "/of/receipt"},
        {"/v1/return", "{\"sale\":" CARD_KEY ",\"of\":" KEY "}", "/sale/receipt"},
        {"/v1/choice", "{\"sale\":" CARD_KEY ",\"spend_points\":50}", "/sale/receipt"},
    };
    struct pos_world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char pointer[128];
        if (post(world, cases[i].path, cases[i].body) != 400) {
            fail_msg("%s %s: %s", cases[i].path, cases[i].body, out);
        }
        (void)snprintf(pointer, sizeof pointer, "\"pointer\":\"%s\"", cases[i].pointer);
        must_have(pointer);
        must_have("payment card");
        assert_null(strstr(out, "1111"));
    }
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_IDLE);
}

/* In a free text the digits are masked before anything sees them; a code that adds up by chance is a code. */
static void test_a_payment_card_in_a_free_text_is_masked_before_it_is_stored(void **state)
{
    static const char body[] =
        "{\"basket\":{\"sale\":" KEY ",\"operator\":\"378282246310005\",\"lines\":[{\"id\":1,\"code\":"
        "\"4111111111111111\",\"name\":\"Gift V-4111 1111 1111 1111\",\"amount_minor\":100}]},"
        "\"note\":[\"4111111111111111\"]}";
    struct pos_world *world = *state;
    uint8_t digest[VN_HASH_SIZE];
    static const char masked[] =
        "{\"basket\":{\"sale\":" KEY ",\"operator\":\"***********0005\",\"lines\":[{\"id\":1,\"code\":"
        "\"4111111111111111\",\"name\":\"Gift V-**** **** **** 1111\",\"amount_minor\":100}]},"
        "\"note\":[\"************1111\"]}";
    assert_int_equal(post(world, "/v1/hold", body), 200);
    assert_non_null(world->last_body);
    assert_non_null(strstr(world->last_body, "\"name\":\"Gift V-**** **** **** 1111\""));
    assert_non_null(strstr(world->last_body, "\"operator\":\"***********0005\""));
    assert_non_null(strstr(world->last_body, "[\"4111111111111111\",100,"));
    assert_null(strstr(world->last_body, "\"note\""));
    /* the digest, from which a number could be found by trying, is of the masked text */
    memcpy(digest, world->last_digest, sizeof digest);
    assert_int_equal(post(world, "/v1/quote", "{\"basket\":{\"sale\":" OTHER_KEY ",\"lines\":[" LINE "]}}"),
                     200);
    assert_int_equal(post(world, "/v1/hold", masked), 200);
    assert_memory_equal(digest, world->last_digest, sizeof digest);
}

static void test_a_line_is_named_in_the_same_way_by_both_kinds_of_refusal(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(post(world, "/v1/quote",
                          "{\"basket\":{\"sale\":" KEY
                          ",\"lines\":[{\"id\":1,\"code\":\"1\",\"qty_milli\":true,"
                          "\"amount_minor\":100}]}}"),
                     400);
    must_have("\"pointer\":\"/basket/lines/0/qty_milli\"");
    assert_int_equal(post(world, "/v1/quote",
                          "{\"basket\":{\"sale\":" KEY
                          ",\"lines\":[{\"id\":1,\"code\":\"1\",\"qty_milli\":-1000,"
                          "\"amount_minor\":100}]}}"),
                     422);
    must_have("\"pointer\":\"/basket/lines/0/qty_milli\"");
}

static void test_a_choice_that_comes_too_late_hears_what_to_do(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(post(world, "/v1/hold", "{\"basket\":" BASKET ",\"step\":0}"), 200);
    assert_int_equal(post(world, "/v1/choice", "{\"sale\":" KEY ",\"spend_points\":50}"), 409);
    must_have("cancel the hold");
    assert_int_equal(post(world, "/v1/commit", "{\"sale\":" KEY ",\"fiscal\":\"F-1\"}"), 200);
    assert_int_equal(post(world, "/v1/choice", "{\"sale\":" KEY ",\"spend_points\":50}"), 409);
    must_have("start a new receipt");
    assert_null(strstr(out, "cancel"));
}

static void test_nesting_without_end_is_refused(void **state)
{
    struct pos_world *world = *state;
    static char deep[60001];
    memset(deep, '[', sizeof deep - 1);
    assert_int_equal(post(world, "/v1/quote", deep), 400);
    memset(deep, '{', sizeof deep - 1);
    assert_int_equal(post(world, "/v1/quote", deep), 400);
}

static void test_a_body_without_end_is_refused(void **state)
{
    struct pos_world *world = *state;
    int fd = pos_connect(world);
    char head[256];
    int len = snprintf(head, sizeof head, "POST /v1/quote HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
                       VN_POS_BODY_MAX + 1);
    assert_int_equal(write(fd, head, (size_t)len), len);
    out[0] = '\0';
    for (int i = 0; i < 100 && strstr(out, "\r\n\r\n") == NULL && pos_receive(world, fd, out, sizeof out);
         i++) {
    }
    (void)close(fd);
    must_have("HTTP/1.1 413");
}

static void test_too_many_lines_are_refused(void **state)
{
    struct pos_world *world = *state;
    struct vn_buf body;
    vn_buf_init(&body, VN_POS_BODY_MAX);
    assert_int_equal(vn_buf_append_str(&body, "{\"basket\":{\"sale\":" KEY ",\"lines\":["), VN_OK);
    for (int i = 0; i <= VN_LINES_MAX; i++) {
        assert_int_equal(vn_buf_append_str(&body, i == 0 ? LINE : "," LINE), VN_OK);
    }
    assert_int_equal(vn_buf_append(&body, vn_view_of("]}}", 4)), VN_OK);
    assert_int_equal(post(world, "/v1/quote", (const char *)body.data), 400);
    must_have("\"pointer\":\"/basket/lines");
    vn_buf_deinit(&body);
}

static void test_lines_that_contradict_each_other_are_refused(void **state)
{
    struct pos_world *world = *state;
    int status = post(world, "/v1/quote", "{\"basket\":{\"sale\":" KEY ",\"lines\":[" LINE "," LINE "]}}");
    assert_true(status == 400 || status == 422);
    must_have("\"pointer\":\"/");
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_IDLE);
}

static void test_browsers_have_no_business_here(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(
        pos_call(world, "GET", "/v1/status", "Origin: https://example.com\r\n", "", out, sizeof out), 403);
}

static void test_other_paths_and_methods(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(get(world, "/v1/nothing"), 404);
    assert_int_equal(get(world, "/"), 404);
    assert_int_equal(get(world, "/v1/quote"), 405);
    must_have("Allow: POST");
    assert_int_equal(post(world, "/v1/status", "{}"), 405);
    must_have("Allow: GET");
}

static void test_the_status_comes_from_its_source(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(get(world, "/v1/status"), 200);
    must_have("{\"state\":\"live\"}");
}

static void test_what_a_scan_is(void **state)
{
    static const struct {
        const char *data, *kind;
    } cases[] = {{"2990000000019", "card"},    {"2990000000010", "damaged"},
                 {"4006381333931", "product"}, {"4111111111111111", "payment"},
                 {"hello", "other"},           {"010400638133393110AB\\u001d21X", "other"}};
    struct pos_world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[128];
        (void)snprintf(body, sizeof body, "{\"data\":\"%s\"}", cases[i].data);
        assert_int_equal(post(world, "/v1/scan", body), 200);
        must_have(cases[i].kind);
    }
    assert_null(strstr(out, "4111"));
}

static void test_taps(void **state)
{
    static const char *const actions[] = {"spend_all", "spend_half", "spend_undo", "forget_card", "dismiss"};
    struct pos_world *world = *state;
    (void)post(world, "/v1/scan", "{\"data\":\"2990000000019\"}");
    (void)post(world, "/v1/quote", "{\"basket\":" BASKET "}");
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        char body[128];
        (void)snprintf(body, sizeof body, "{\"action\":\"%s\"}", actions[i]);
        assert_int_equal(post(world, "/v1/tap", body), 200);
    }
    assert_int_equal(world->asked, 1);
    assert_int_equal(vn_till_session(world->till)->card, VN_SESSION_CARD_NONE);
}

static void test_the_journal_is_read_page_by_page(void **state)
{
    struct pos_world *world = *state;
    assert_int_equal(get(world, "/v1/journal?from=0"), 400);
    assert_int_equal(get(world, "/v1/journal?count=501"), 400);
    assert_int_equal(get(world, "/v1/journal?from=x"), 400);
    int fd = pos_connect(world);
    pos_send(fd, "GET", "/v1/journal?from=7&count=2", "", "");
    pos_run_ms(world, 20);
    assert_int_equal(world->journal_from, 7);
    assert_int_equal(world->journal_count, 2);
    world->journal_done(world->journal_ctx, VN_OK, vn_view_str("{\"seq\":7}\n{\"seq\":8}\n"));
    out[0] = '\0';
    for (int i = 0; i < 50 && strstr(out, "8}\n") == NULL; i++) {
        (void)pos_receive(world, fd, out, sizeof out);
    }
    must_have("application/x-ndjson");
    must_have("{\"seq\":7}\n{\"seq\":8}\n");
    (void)close(fd);
    world->journal_status = VN_AGAIN;
    assert_int_equal(get(world, "/v1/journal"), 503);
}

static void test_a_reader_of_the_journal_may_leave(void **state)
{
    struct pos_world *world = *state;
    int fd = pos_connect(world);
    pos_send(fd, "GET", "/v1/journal", "", "");
    pos_run_ms(world, 20);
    (void)close(fd);
    pos_run_ms(world, 20);
    world->journal_done(world->journal_ctx, VN_OK, vn_view_str("{}\n"));
    assert_int_equal(get(world, "/v1/status"), 200);
}

static void test_rights_are_counted_and_told(void **state)
{
    struct pos_world *world = *state;
    int fd = pos_connect(world);
    pos_send(fd, "GET", "/v1/rights", "", "");
    pos_run_ms(world, 20);
    world->rights_done(world->rights_ctx, json_pack("{s:i}", "risk", 7));
    out[0] = '\0';
    for (int i = 0; i < 50 && strstr(out, "7}") == NULL; i++) {
        (void)pos_receive(world, fd, out, sizeof out);
    }
    must_have("{\"risk\":7}");
    (void)close(fd);
    fd = pos_connect(world);
    pos_send(fd, "GET", "/v1/rights", "", "");
    pos_run_ms(world, 20);
    world->rights_done(world->rights_ctx, NULL); /* the disk is broken */
    out[0] = '\0';
    for (int i = 0; i < 50 && strstr(out, "\r\n\r\n") == NULL; i++) {
        (void)pos_receive(world, fd, out, sizeof out);
    }
    must_have("503");
    (void)close(fd);
    fd = pos_connect(world);
    pos_send(fd, "GET", "/v1/rights", "", "");
    pos_run_ms(world, 20);
    (void)close(fd);
    pos_run_ms(world, 20);
    world->rights_done(world->rights_ctx, json_pack("{s:i}", "risk", 7)); /* nobody waits any more */
    world->journal_status = VN_AGAIN;
    assert_int_equal(get(world, "/v1/rights"), 503);
}

static void test_a_client_that_leaves_during_a_choice(void **state)
{
    struct pos_world *world = *state;
    (void)post(world, "/v1/scan", "{\"data\":\"2990000000019\"}");
    (void)post(world, "/v1/quote", "{\"basket\":" BASKET "}");
    int fd = pos_connect(world);
    pos_send(fd, "POST", "/v1/choice", "", "{\"sale\":" KEY ",\"spend_points\":100}");
    pos_run_ms(world, 30);
    assert_int_equal(world->asked, 1);
    (void)close(fd);
    pos_run_ms(world, 30);
    struct vn_rights_reply reply = {.number = 1, .count = 1, .grants = {{.account = "w1", .granted = 100}}};
    vn_till_on_rights(world->till, &reply, true);
    pos_run_ms(world, 30);
    assert_int_equal(world->written, 1); /* journaled all the same */
    assert_int_equal(get(world, "/v1/status"), 200);
}

static void test_more_calls_than_wait_are_refused(void **state)
{
    struct pos_world *world = *state;
    int fds[VN_TILL_QUEUE_MAX + 8];
    int busy = 0;
    pos_run_ms(world, 5); /* the till is at rest */
    world->stalled = true;
    for (int i = 0; i < VN_TILL_QUEUE_MAX + 8; i++) {
        fds[i] = pos_connect(world);
        pos_send(fds[i], "POST", "/v1/cancel", "", "{\"sale\":" KEY "}");
        pos_run_ms(world, 3);
    }
    for (int i = 0; i < VN_TILL_QUEUE_MAX + 8; i++) {
        out[0] = '\0';
        (void)pos_receive(world, fds[i], out, sizeof out);
        busy += strncmp(out, "HTTP/1.1 503", 12) == 0;
    }
    assert_int_equal(busy, 7); /* one is under way, the queue is full */
    world->stalled = false;
    pos_run_ms(world, 100);
    for (int i = 0; i < VN_TILL_QUEUE_MAX + 8; i++) {
        (void)close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_whole_sale, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_steps_without_their_sale_are_problems, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_receipts_of_other_tills_are_taken_down_for_the_hub, pos_setup,
                                        pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_choice_out_of_range_names_the_field, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_named_by_its_pointer_and_changes_nothing,
                                        pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_payment_card_does_not_name_a_sale, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_payment_card_in_a_free_text_is_masked_before_it_is_stored,
                                        pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_line_is_named_in_the_same_way_by_both_kinds_of_refusal,
                                        pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_choice_that_comes_too_late_hears_what_to_do, pos_setup,
                                        pos_teardown),
        cmocka_unit_test_setup_teardown(test_nesting_without_end_is_refused, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_body_without_end_is_refused, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_too_many_lines_are_refused, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_lines_that_contradict_each_other_are_refused, pos_setup,
                                        pos_teardown),
        cmocka_unit_test_setup_teardown(test_browsers_have_no_business_here, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_other_paths_and_methods, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_the_status_comes_from_its_source, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_scan_is, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_taps, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_the_journal_is_read_page_by_page, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_reader_of_the_journal_may_leave, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_rights_are_counted_and_told, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_a_client_that_leaves_during_a_choice, pos_setup, pos_teardown),
        cmocka_unit_test_setup_teardown(test_more_calls_than_wait_are_refused, pos_setup, pos_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
