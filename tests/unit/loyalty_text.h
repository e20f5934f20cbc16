/* Rulesets from text in which single quotes stand for double quotes. */
#ifndef VN_TESTS_LOYALTY_TEXT_H
#define VN_TESTS_LOYALTY_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/ruleset.h"

static inline char *text_quoted(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return copy;
}

static inline enum vn_status text_ruleset(const char *text, struct vn_ruleset **ruleset,
                                          struct vn_error *error)
{
    char *copy = text_quoted(text);
    enum vn_status status = vn_ruleset_parse(vn_view_str(copy), ruleset, error);
    free(copy);
    return status;
}

#endif
