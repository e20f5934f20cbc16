/* An outcome told in words: for each line what came off and why, points, what was given, and what did not apply because
 * something was missing. */
#ifndef VN_CLI_EXPLAIN_WORDS_H
#define VN_CLI_EXPLAIN_WORDS_H

#include <stdio.h>

#include "agent/cli/quote_papers.h"
#include "agent/loyalty/outcome.h"
#include "ui/prompt/texts.h"

/* Who names what is told. */
struct vn_explain_names {
    const struct vn_ruleset *ruleset;     /* promotions and the currency */
    const struct vn_basket *basket;       /* the lines' goods; NULL: lines have their numbers alone */
    const struct vn_catalogue *catalogue; /* goods that the POS gives no name; NULL: they have their codes */
};

void vn_explain_print(FILE *out, const struct vn_locale *locale, const struct vn_explain_names *names,
                      const struct vn_outcome *outcome);

#endif
