/* The words behind a verb, taken apart in one way for all verbs.
 *
 * `--name VALUE`, `--name=VALUE`, or as much of a name as is of no other option; options and words in any order, and after
 * `--` words alone. An option is given once, unless it is a list, and no value is empty. `--help` prints the usage and ends.
 * What is wrong gets one sentence on standard error, and exit status 2. */
#ifndef VN_CLI_OPTIONS_H
#define VN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"
#include "ui/prompt/texts.h"

#define VN_OPTIONS_MAX 16

struct vn_option_list {
    const char **items; /* the caller's, `max` of them */
    size_t max, count;
};

/* Exactly one of value, flag and list is there: where the option goes. Each starts as NULL, false or empty. */
struct vn_option {
    const char *name; /* without the dashes */
    const char **value;
    bool *flag;
    struct vn_option_list *list;
};

struct vn_command_line {
    const char *verb;
    const char *usage; /* what --help prints */
    const struct vn_option *options;
    size_t option_count;
    struct vn_option_list *words; /* what is no option; NULL: the verb takes none */
};

/* Fills what the options and words point at; the texts are argv's own. False when the verb ends here, with
 * *exit_status 0 after --help and 2 after wrong usage. */
VN_MUST_USE bool vn_options_read(const struct vn_command_line *line, int argc, char **argv, int *exit_status);

/* The one sentence for wrong usage on standard error, about `word` (may be NULL); returns 2. */
int vn_options_wrong(const char *verb, const char *what, const char *word);

/* Of these paths (NULL: not given) at most one is "-"; false after a sentence. */
VN_MUST_USE bool vn_options_one_stdin(const char *verb, const char *const *paths, size_t count);
/* The language of --locale, English for NULL; false after a sentence when there are no words in it. */
VN_MUST_USE bool vn_options_locale(const char *verb, const char *name, const struct vn_locale **out);
/* A whole number of at least `least`, and nothing behind it. */
VN_MUST_USE bool vn_options_number(const char *text, int64_t least, int64_t *out);

#endif
