#include "tests/unit/loyalty_returns_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

int back_set_up(void **state)
{
    *state = calloc(1, sizeof(struct papers));
    return *state == NULL ? -1 : 0;
}

int back_tear_down(void **state)
{
    free(*state);
    return 0;
}

enum vn_status back_plan(struct papers *papers, const struct vn_return_item *now, size_t count)
{
    const struct vn_return_input input = {.basket = &papers->basket,
                                          .outcome = &papers->outcome,
                                          .before = papers->before,
                                          .before_count = papers->before_count,
                                          .charged_minor = papers->charged_minor,
                                          .now = now,
                                          .now_count = count};
    return vn_return_plan(&input, &papers->work, &papers->plan, &papers->error);
}

void back_one(struct papers *papers, int64_t line_id, int64_t qty_milli)
{
    const struct vn_return_item item = {line_id, qty_milli};
    if (back_plan(papers, &item, 1) != VN_OK) {
        fail_msg("%s at %s", papers->error.text, papers->error.pointer);
    }
    papers->before[papers->before_count++] = item;
    papers->charged_minor += papers->plan.charge_minor;
}

void back_anew(struct papers *papers)
{
    papers->before_count = 0;
    papers->charged_minor = 0;
}
