/* What Range, If-Range and If-None-Match say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/net/http.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_are_read_and_doubtful_ones_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
