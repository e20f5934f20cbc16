/* Rulesets for the tests of warnings: a usual header, a small catalogue, and pairs of which one deserves a warning and its
 * neighbour does not. Single quotes stand for double quotes. */
#ifndef VN_TESTS_LOYALTY_LINT_H
#define VN_TESTS_LOYALTY_LINT_H

#include "agent/loyalty/rules/lint.h"

#define LINT_NOW_MS INT64_C(1795345200000) /* 2026-11-22T12:00, a Sunday, at +01:00 */

/* In `a` and `b` list prices, in `r` and `k` what is left. */
#define HEAD(extra)                                                                                          \
    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','groups':["        \
    "{'id':'a','stage':'units','base':'list','choice':'first'},{'id':'b','stage':'units','base':'list',"     \
    "'choice':'first'},"                                                                                     \
    "{'id':'r','stage':'units','base':'running','choice':'all'},"                                            \
    "{'id':'k','stage':'basket','base':'running','choice':'all'},"                                           \
    "{'id':'c','stage':'coupons','base':'running','choice':'all'},"                                          \
    "{'id':'e','stage':'earning','choice':'all'}]" extra "}\n"
#define OFF(rate)          "'then':{'kind':'percent_off','rate_bp':" rate "}"
#define ON(selector, rate) "'then':{'kind':'percent_off','selector':{" selector "},'rate_bp':" rate "}"
#define P(rest)            "{'id':'p','group':'a'," rest "}\n"
#define COFFEE             "'codes':['1']"
#define TEA                "'codes':['2']"

#define EAST  ",'store_groups':{'east':['s1','s2'],'west':['s3']}"
#define FLOOR ",'floor_bp':3000"

struct lint_pair {
    enum vn_lint_code code;
    const char *head, *doubtful, *good, *other;
};

/* Fails the test unless it is accepted; the caller's. */
struct vn_ruleset *lint_parse(const char *head, const char *promotions);
void lint_run(const char *head, const char *promotions, bool with_catalogue, struct vn_lint *out);
/* The one warning that a ruleset deserves, and none for its neighbour. */
void check_lint_pairs(const struct lint_pair *rows, size_t count, bool with_catalogue);

#endif
