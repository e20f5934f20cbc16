/* A document is written while memory runs out: it is whole, or nothing of it is there and it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/json.h"
#include "tests/sim/failalloc.h"

#define LONG 300 /* characters: the text grows within each key and value of that length */

static json_t *long_document(void)
{
    char text[LONG + 1];
    json_t *object = json_object();
    for (int letter = 'a'; letter < 'f'; letter++) {
        memset(text, letter, LONG);
        text[LONG] = '\0';
        assert_int_equal(json_object_set_new(object, text, json_string(text)), 0);
    }
    return json_pack("[{s:o}]", "key", object);
}

static void test_a_document_is_written_whole_or_not_at_all(void **state)
{
    struct vn_buf whole;
    struct vn_buf out;
    long failed = 0;
    (void)state;
    failalloc_start();
    json_t *document = long_document();
    vn_buf_init(&whole, 16384);
    assert_int_equal(vn_json_dump(document, &whole), VN_OK);
    for (bool ran_out = true; ran_out;) {
        vn_buf_init(&out, 16384);
        failalloc_fail(failed + 1, false);
        enum vn_status status = vn_json_dump(document, &out);
        ran_out = failalloc_calm();
        assert_int_equal(status, ran_out ? VN_NOMEM : VN_OK);
        assert_int_equal(out.len, ran_out ? 0 : whole.len);
        failed += ran_out;
        vn_buf_deinit(&out);
    }
    assert_true(failed > 5);
    vn_buf_deinit(&whole);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_document_is_written_whole_or_not_at_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
