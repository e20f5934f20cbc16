/* What the tests of returns share: a sale, what has come back of it, and the plan of the last return. */
#ifndef VN_TESTS_LOYALTY_RETURNS_WORLD_H
#define VN_TESTS_LOYALTY_RETURNS_WORLD_H

#include "tests/unit/loyalty_after.h"

struct papers {
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_return_work work;
    struct vn_return plan;
    struct vn_return_item before[4 * VN_LINES_MAX];
    size_t before_count;
    int64_t charged_minor;
    struct vn_error error;
};

int back_set_up(void **state);
int back_tear_down(void **state);
/* Plans what comes back now, behind all that has come back. */
enum vn_status back_plan(struct papers *papers, const struct vn_return_item *now, size_t count);
/* Plans so much of one line, and remembers it as done. */
void back_one(struct papers *papers, int64_t line_id, int64_t qty_milli);
/* Nothing has come back. */
void back_anew(struct papers *papers);

#endif
