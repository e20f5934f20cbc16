#include "tests/unit/loyalty_lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/bytes.h"

static const struct vn_item catalogue[] = {
    {.known = true,
     .code = "1",
     .category = "food/coffee",
     .brand = "dark",
     .price_minor = 10000,
     .tag_count = 1,
     .tags = {"hot"}},
    {.known = true, .code = "2", .category = "food/tea", .price_minor = 5000},
    {.known = true, .code = "3", .category = "smoke", .legal_class = "tobacco", .price_minor = 40000},
    {.known = true, .code = "4", .category = "food/gum", .price_minor = 1},
};

struct vn_ruleset *lint_parse(const char *head, const char *promotions)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text, head), VN_OK);
    assert_int_equal(vn_buf_append_str(&text, promotions), VN_OK);
    for (size_t i = 0; i < text.len; i++) {
        text.data[i] = text.data[i] == '\'' ? '"' : text.data[i];
    }
    if (vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error) != VN_OK) {
        fail_msg("%s: %s at %s", promotions, error.text, error.pointer);
    }
    if (vn_ruleset_skipped_count(ruleset) != 0) {
        fail_msg("%s: %s", promotions, vn_ruleset_skipped(ruleset)->text);
    }
    vn_buf_deinit(&text);
    return ruleset;
}

void lint_run(const char *head, const char *promotions, bool with_catalogue, struct vn_lint *out)
{
    struct vn_ruleset *ruleset = lint_parse(head, promotions);
    const struct vn_lint_input input = {
        .ruleset = ruleset,
        .items = with_catalogue ? catalogue : NULL,
        .item_count = with_catalogue ? sizeof catalogue / sizeof catalogue[0] : 0,
        .now_ms = LINT_NOW_MS,
    };
    vn_ruleset_lint(&input, out);
    vn_ruleset_destroy(ruleset);
}

void check_lint_pairs(const struct lint_pair *rows, size_t count, bool with_catalogue)
{
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    for (size_t i = 0; i < count; i++) {
        lint_run(rows[i].head, rows[i].doubtful, with_catalogue, found);
        if (found->count != 1 || found->list[0].code != rows[i].code) {
            fail_msg("%s: %u warnings, the first is %s: %s", rows[i].doubtful, found->count,
                     vn_lint_name(found->list[0].code), found->list[0].text);
        }
        assert_string_equal(found->list[0].promotion, "p");
        assert_string_equal(found->list[0].other, rows[i].other == NULL ? "" : rows[i].other);
        assert_true(strlen(found->list[0].text) > 20);
        assert_false(found->more);
        lint_run(rows[i].head, rows[i].good, with_catalogue, found);
        if (found->count != 0) {
            fail_msg("%s: %s: %s", rows[i].good, vn_lint_name(found->list[0].code), found->list[0].text);
        }
    }
    free(found);
}
