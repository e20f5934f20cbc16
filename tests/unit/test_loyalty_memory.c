/* What reading a ruleset takes: one document of JSON at a time, and while it is read little more than what stays. So a
 * till that changes its ruleset holds the old one and the new one, and nothing else of their size. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/loyalty_text.h"

struct account {
    size_t held, peak;
};

static struct account ours; /* what the loyalty box asked for */
static struct account json; /* what jansson asked for */

static void *take(struct account *account, void *memory)
{
    account->held += memory == NULL ? 0 : malloc_usable_size(memory);
    account->peak = account->held > account->peak ? account->held : account->peak;
    return memory;
}

static void give(struct account *account, void *memory)
{
    account->held -= memory == NULL ? 0 : malloc_usable_size(memory);
}

/* The linker sends the allocations of what is linked in here (-Wl,--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

void *__wrap_malloc(size_t size)
{
    return take(&ours, __real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return take(&ours, __real_calloc(count, size));
}

/* Large pieces are moved by the kernel, not copied: only one of both is counted. */
void *__wrap_realloc(void *memory, size_t size)
{
    size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
    void *moved = __real_realloc(memory, size);
    ours.held -= moved == NULL ? 0 : before;
    return take(&ours, moved);
}

void __wrap_free(void *memory)
{
    give(&ours, memory);
    __real_free(memory);
}

static void *json_take(size_t size)
{
    return take(&json, __real_malloc(size));
}

static void json_give(void *memory)
{
    give(&json, memory);
    __real_free(memory);
}

#define HEAD                                                                                                 \
    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','groups':["        \
    "{'id':'g','stage':'units','choice':'first'}]}\n"

static void measure(const struct vn_buf *text, size_t lines)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    size_t before = ours.held;
    ours.peak = ours.held;
    json = (struct account){0, 0};
    json_set_alloc_funcs(json_take, json_give);
    enum vn_status status = vn_ruleset_parse(vn_buf_view(text), &ruleset, &error);
    json_set_alloc_funcs(__real_malloc, __real_free);
    if (status != VN_OK) {
        fail_msg("%s", error.text);
    }
    size_t stays = ours.held - before;
    size_t most = ours.peak - before;
    size_t said = vn_ruleset_size_bytes(ruleset);
    print_message("%zu lines, %zu bytes: %zu stay, %zu said, %zu at most, JSON %zu at most\n", lines,
                  text->len, stays, said, most, json.peak);
    assert_true(most <= stays + stays / 2);
    assert_true(stays <= said + said / 50 && said <= stays + stays / 50);
    assert_int_equal(json.held, 0);
    assert_true(json.peak <= (size_t)32 * 1024); /* whatever the number of lines */
    vn_ruleset_destroy(ruleset);
    assert_int_equal(ours.held, before);
}

static void test_reading_promotions_takes_little_more_than_stays(void **state)
{
    (void)state;
    struct vn_buf text;
    char *head = text_quoted(HEAD);
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text, head), VN_OK);
    for (int i = 0; i < VN_PROMOTIONS_MAX; i++) {
        assert_int_equal(vn_buf_printf(&text,
                                       "{\"id\":\"p%d\",\"group\":\"g\",\"name\":{\"en\":\"Number %d\"},"
                                       "\"if\":{\"min_spend\":{\"amount_minor\":%d}},\"then\":{\"kind\":"
                                       "\"percent_off\",\"rate_bp\":1000,\"selector\":{\"codes\":[\"%d\","
                                       "\"%d\",\"%d\"],\"exclude\":{\"tags\":[\"t%d\"]}}}}\n",
                                       i, i, i + 1, i, i + 7, i + 13, i % 100),
                         VN_OK);
    }
    measure(&text, VN_PROMOTIONS_MAX);
    vn_buf_deinit(&text);
    free(head);
}

static void test_reading_price_tables_takes_little_more_than_stays(void **state)
{
    (void)state;
    struct vn_buf text;
    char *head = text_quoted(HEAD);
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text, head), VN_OK);
    size_t lines = 0;
    for (int table = 0; table < 4; table++) {
        for (int i = 0; i < VN_PRICE_ROWS_MAX; i++, lines++) {
            assert_int_equal(
                vn_buf_printf(&text, "{\"table\":\"t%d\",\"code\":\"86000000%05d\",\"price_minor\":%d}\n",
                              table, i * 7919 % VN_PRICE_ROWS_MAX, i),
                VN_OK);
        }
    }
    measure(&text, lines);
    vn_buf_deinit(&text);
    free(head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading_promotions_takes_little_more_than_stays),
        cmocka_unit_test(test_reading_price_tables_takes_little_more_than_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
