/* A case of fixtures/baskets or of a template: a world of loyalty_world.h, and what must come out of it. */
#ifndef VN_TESTS_LOYALTY_CASE_H
#define VN_TESTS_LOYALTY_CASE_H

#include "tests/unit/loyalty_world.h"

/* Beside the world's keys, `document` may have what needs names of agent/loyalty/accounts.h:
 *   "limit":  {"member","promotion","day","available"}   a right to a member's limit
 *   "stamps": {"member","card","value"}                  the member's stamps, and the right to use them
 *   "count", "budget": {"promotion","available"}         a right to a limit of the chain
 * and `expect`: each key must be in the outcome with that value; 0, [] and null stand for what is left out. With `exact`
 * objects inside lists have no other keys. Fails the test with the case's name and the whole outcome. */
void case_run(struct world *world, const char *name, json_t *document, bool exact);
/* The same of any document that was made. */
void case_check(const char *name, const json_t *expect, const json_t *found, bool exact);

#endif
