/* What goes on failing is said once, and then with a count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/hub/core/said.h"

static int64_t said_at(struct vn_said *said, int64_t mono_ms, const char *what)
{
    int64_t times = 0;
    return vn_said_failed(said, mono_ms, what, &times) ? times : 0;
}

static void test_one_reason_is_said_once_and_then_each_ten_minutes(void **state)
{
    struct vn_said said = {.said = false};
    (void)state;
    assert_int_equal(said_at(&said, 0, "no space"), 1);
    for (int64_t ms = 1000; ms < VN_SAY_AGAIN_MS; ms += 1000) {
        assert_int_equal(said_at(&said, ms, "no space"), 0);
    }
    assert_int_equal(said_at(&said, VN_SAY_AGAIN_MS, "no space"), VN_SAY_AGAIN_MS / 1000);
    assert_int_equal(said_at(&said, VN_SAY_AGAIN_MS + 1, "no space"), 0);
}

static void test_another_reason_is_said_with_what_was_not(void **state)
{
    struct vn_said said = {.said = false};
    (void)state;
    assert_int_equal(said_at(&said, 5, "no space"), 1);
    assert_int_equal(said_at(&said, 6, "no space"), 0);
    assert_int_equal(said_at(&said, 7, "no memory"), 2);
    assert_int_equal(said_at(&said, 8, "no memory"), 0);
}

static void test_it_is_news_when_it_had_worked(void **state)
{
    struct vn_said said = {.said = false};
    (void)state;
    assert_int_equal(said_at(&said, 5, "no space"), 1);
    assert_int_equal(said_at(&said, 6, "no space"), 0);
    vn_said_worked(&said);
    assert_int_equal(said_at(&said, 7, "no space"), 1);
}

static void test_a_long_reason_is_the_same(void **state)
{
    struct vn_said said = {.said = false};
    char what[2 * VN_ERROR_TEXT_MAX];
    (void)state;
    memset(what, 'x', sizeof what);
    what[sizeof what - 1] = '\0';
    assert_int_equal(said_at(&said, 5, what), 1);
    assert_int_equal(said_at(&said, 6, what), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_reason_is_said_once_and_then_each_ten_minutes),
        cmocka_unit_test(test_another_reason_is_said_with_what_was_not),
        cmocka_unit_test(test_it_is_news_when_it_had_worked),
        cmocka_unit_test(test_a_long_reason_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
