/* Runs a check over many random worlds (loyalty_random.h). For cmocka tests.
 *
 * Each ruleset has a seed of its own. The program's first argument, if it has one, is the only seed that is run: what a
 * failed test printed last. VERNO_LONG_SECONDS (toolchain/check --long) makes many more worlds. */
#ifndef VN_TESTS_LOYALTY_WORLDS_H
#define VN_TESTS_LOYALTY_WORLDS_H

#include "tests/unit/loyalty_random.h"

struct random_world {
    uint64_t state; /* of the generator: a check may draw more */
    struct random_rules rules;
    struct random_sale sale;
    struct vn_ruleset *ruleset;
    struct vn_quote_work *work;
    struct vn_error error;
    enum vn_status status;  /* of the quote */
    struct vn_outcome out;  /* empty when it was refused */
    struct vn_outcome copy; /* a check's own */
};

/* For main(): takes the seed from the words. */
void worlds_words(int argc, char **argv);
/* Fails unless at least `least` of something occurred; one seed alone need not show anything. */
void worlds_assert_seen(unsigned count, unsigned least);
/* Checks so many rulesets with five sales each; *quoted (unless NULL) becomes the number of quotes that were not refused.
 * `groups`: those that promotions go to, NULL for all. */
void worlds_each(unsigned rulesets, const char *const *groups, void (*check)(struct random_world *world),
                 unsigned *quoted);
/* Quotes world->sale again, into *out. */
enum vn_status worlds_quote(struct random_world *world, struct vn_outcome *out);
/* Parses world->rules again, after something was added. */
void worlds_parse(struct random_world *world);
/* The outcome as JSON, to be freed. */
char *worlds_json(const struct vn_outcome *outcome);
/* A cmocka teardown: prints the seed that was run last. */
int worlds_say_seed(void **state);

#endif
