/* An outcome told in words: for each line what came off and why, points, what was given, and what did not apply because
 * something was missing. */
#ifndef VN_CLI_EXPLAIN_WORDS_H
#define VN_CLI_EXPLAIN_WORDS_H

#include <stdio.h>

#include "agent/loyalty/basket.h"
#include "agent/loyalty/outcome.h"
#include "agent/loyalty/ruleset.h"
#include "ui/prompt/texts.h"

/* `basket` names the goods; NULL: lines have their numbers alone. The ruleset names promotions and currency. */
void vn_explain_print(FILE *out, const struct vn_locale *locale, const struct vn_ruleset *ruleset,
                      const struct vn_basket *basket, const struct vn_outcome *outcome);

#endif
