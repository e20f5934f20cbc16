/* The steps of lint.c. Not for other boxes. */
#ifndef VN_LOYALTY_LINT_WORK_H
#define VN_LOYALTY_LINT_WORK_H

#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/lint.h"

struct vn_lint_work {
    const struct vn_lint_input *input;
    const struct vn_ruleset *ruleset;
    struct vn_lint *out;
    int64_t now_minute; /* local, where it is earliest */
    uint32_t steps;     /* that are left */
};

void vn_lint_warn(struct vn_lint_work *work, enum vn_lint_code code, const char *promotion, const char *other,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "12.5 %". */
#define VN_LINT_RATE_MAX 32
const char *vn_lint_rate(int64_t rate_bp, char out[VN_LINT_RATE_MAX]);

/* The terms of one are all in the other; two lists have one in common. */
bool vn_lint_all_in(const struct vn_terms *terms, const struct vn_terms *in);
bool vn_lint_common(const struct vn_terms *a, const struct vn_terms *b, const char **which);

/* Both ask for one of their terms, and have none in common. */
bool vn_lint_apart(const struct vn_terms *a, const struct vn_terms *b);

/* A selector and what it is to its promotion, as in "the reward". */
struct vn_lint_use {
    const struct vn_selector *selector; /* never NULL */
    const char *what;
};
#define VN_LINT_USES_MAX (VN_REWARDS_MAX * (VN_PARTS_MAX + 1) + VN_PARTS_MAX + 1)
/* All selectors of a promotion; all goods are none. */
size_t vn_lint_uses(const struct vn_promotion *promotion, struct vn_lint_use out[VN_LINT_USES_MAX]);

/* lint_goods.c: calls `visit` for each item of the catalogue that the selector means, and ends early, returning true, when
 * it returns true. Takes a step for each item that it looks at. */
bool vn_lint_each(struct vn_lint_work *work, const struct vn_selector *selector,
                  bool (*visit)(void *ctx, const struct vn_item *item), void *ctx);
bool vn_lint_means(const struct vn_selector *selector, const struct vn_item *item);
void vn_lint_goods(struct vn_lint_work *work, const struct vn_promotion *promotion);
/* Legal classes that look misspelt, whatever is promoted. */
void vn_lint_classes(struct vn_lint_work *work);

/* lint_meet.c: whether one receipt can be of both, as far as time, place and customer say so. Takes a step for each store
 * and each pair of hours that it looks at; without steps the answer is yes. */
bool vn_lint_may_meet(struct vn_lint_work *work, const struct vn_promotion *a, const struct vn_promotion *b);
/* A store of those that are named is not excluded; true where none is named. */
bool vn_lint_has_store(struct vn_lint_work *work, const struct vn_where *where);

/* lint_pairs.c: floors, and groups that fight. */
void vn_lint_floors(struct vn_lint_work *work);

#endif
