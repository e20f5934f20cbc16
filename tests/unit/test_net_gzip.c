#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "sync/net/gzip.h"
#include "sync/net/http.h"

static void test_zipped_bytes_come_back(void **state)
{
    const size_t sizes[] = {0, 1, 100, 16384, 16385, 300000};
    uint64_t seed = 7;
    struct vn_random random = vn_random_seeded(&seed);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *data = malloc(sizes[i] + 1);
        struct vn_buf zipped;
        struct vn_buf back;
        vn_buf_init(&zipped, 1 << 20);
        vn_buf_init(&back, 1 << 20);
        assert_non_null(data);
        assert_int_equal(vn_random_fill(&random, data, sizes[i]), VN_OK);
        assert_int_equal(vn_gzip(vn_view_of(data, sizes[i]), 1, &zipped), VN_OK);
        assert_int_equal(vn_gunzip(vn_buf_view(&zipped), sizes[i], &back), VN_OK);
        assert_true(vn_view_equal(vn_buf_view(&back), vn_view_of(data, sizes[i])));
        vn_buf_deinit(&zipped);
        vn_buf_deinit(&back);
        free(data);
    }
}

static void test_bomb_ends_at_the_limit(void **state)
{
    enum { size = 64 << 20 };
    uint8_t *zeros = calloc(1, size);
    struct vn_buf zipped;
    struct vn_buf back;
    (void)state;
    assert_non_null(zeros);
    vn_buf_init(&zipped, 1 << 20);
    vn_buf_init(&back, size);
    assert_int_equal(vn_gzip(vn_view_of(zeros, size), 9, &zipped), VN_OK);
    assert_true(zipped.len < size / 900);
    assert_int_equal(vn_buf_append_str(&back, "kept"), VN_OK);
    assert_int_equal(vn_gunzip(vn_buf_view(&zipped), 1 << 20, &back), VN_FULL);
    assert_true(vn_view_is(vn_buf_view(&back), "kept"));
    assert_true(back.cap <= 4 << 20); /* and was not inflated first and refused then */
    back.max = 1000;
    vn_buf_deinit(&back);
    assert_int_equal(vn_gunzip(vn_buf_view(&zipped), size, &back), VN_FULL); /* the buffer's own limit */
    vn_buf_deinit(&back);
    vn_buf_deinit(&zipped);
    free(zeros);
}

static void test_broken_and_cut_gzip_is_refused(void **state)
{
    struct vn_buf zipped;
    struct vn_buf back;
    (void)state;
    vn_buf_init(&zipped, 4096);
    vn_buf_init(&back, 4096);
    assert_int_equal(vn_gzip(vn_view_str("a text that is long enough to be a text"), 6, &zipped), VN_OK);
    for (size_t len = 0; len < zipped.len; len++) {
        assert_int_equal(vn_gunzip(vn_view_of(zipped.data, len), 4096, &back), VN_INPUT);
        assert_int_equal(back.len, 0);
    }
    assert_int_equal(vn_buf_append_str(&zipped, "x"), VN_OK);
    assert_int_equal(vn_gunzip(vn_buf_view(&zipped), 4096, &back), VN_INPUT);
    zipped.len--;
    zipped.data[zipped.len - 6] ^= 1; /* the checksum */
    assert_int_equal(vn_gunzip(vn_buf_view(&zipped), 4096, &back), VN_INPUT);
    vn_buf_deinit(&zipped);
    vn_buf_deinit(&back);
}

static void test_gzip_stays_within_its_buffer(void **state)
{
    struct vn_buf zipped;
    (void)state;
    vn_buf_init(&zipped, 10);
    assert_int_equal(vn_gzip(vn_view_str("a text that is long enough to be a text"), 6, &zipped), VN_FULL);
    assert_int_equal(vn_gzip(VN_VIEW_NONE, 0, &zipped), VN_ARG);
    assert_int_equal(zipped.len, 0);
    vn_buf_deinit(&zipped);
}

static void test_query_is_found_and_decoded(void **state)
{
    const struct vn_http_request request = {.query =
                                                "cursor=3.17&cur=x&wait=55&name=a%20b%2Fc&flag&bad=%4"
                                                "&nul=%00&neg=-9223372036854775808&big=9223372036854775808"};
    char text[16];
    int64_t number = 1;
    (void)state;
    assert_int_equal(vn_http_query(&request, "cursor", text, sizeof text), VN_OK);
    assert_string_equal(text, "3.17");
    assert_int_equal(vn_http_query(&request, "cur", text, sizeof text), VN_OK);
    assert_string_equal(text, "x");
    assert_int_equal(vn_http_query(&request, "name", text, sizeof text), VN_OK);
    assert_string_equal(text, "a b/c");
    assert_int_equal(vn_http_query(&request, "flag", text, sizeof text), VN_OK);
    assert_string_equal(text, "");
    assert_int_equal(vn_http_query(&request, "ursor", text, sizeof text), VN_ABSENT);
    assert_int_equal(vn_http_query(&request, "bad", text, sizeof text), VN_INPUT);
    assert_int_equal(vn_http_query(&request, "nul", text, sizeof text), VN_INPUT);
    assert_int_equal(vn_http_query(&request, "cursor", text, 4), VN_FULL);
    assert_int_equal(vn_http_query_int(&request, "wait", 0, 55, &number), VN_OK);
    assert_int_equal(number, 55);
    assert_int_equal(vn_http_query_int(&request, "wait", 0, 54, &number), VN_INPUT);
    assert_int_equal(vn_http_query_int(&request, "cursor", 0, 54, &number), VN_INPUT);
    assert_int_equal(vn_http_query_int(&request, "big", INT64_MIN, INT64_MAX, &number), VN_INPUT);
    assert_int_equal(vn_http_query_int(&request, "neg", INT64_MIN, INT64_MAX, &number), VN_OK);
    assert_true(number == INT64_MIN);
    assert_int_equal(vn_http_query_int(&request, "none", 0, 1, &number), VN_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zipped_bytes_come_back),
        cmocka_unit_test(test_bomb_ends_at_the_limit),
        cmocka_unit_test(test_broken_and_cut_gzip_is_refused),
        cmocka_unit_test(test_gzip_stays_within_its_buffer),
        cmocka_unit_test(test_query_is_found_and_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
