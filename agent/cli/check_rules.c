/* Checking a file of promotions before it is published. The reader of rulesets stops at the first line that is wrong; here a
 * wrong line is blanked and the rest is read again, so that an author sees all of them at once. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/cli/commands.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/rules/lint.h"

#define VERB       "check-rules"
#define ERRORS_MAX 20

struct check {
    const char *path, *catalogue_path, *at;
    struct vn_buf text;
    struct vn_ruleset *ruleset;
    struct vn_catalogue catalogue;
    struct vn_lint *lint;
};

static void usage(FILE *out)
{
    (void)fprintf(out,
                  "Usage: verno check-rules FILE [--catalogue FILE] [--at TIME]\n\n"
                  "What is wrong or doubtful in a file of promotions, before it is published.\n\n"
                  "Wrong is what the hub refuses and tills skip: each such line with the place in it, what "
                  "was expected and\n"
                  "what is there. Doubtful is what would not do what its author wants: promotions that can "
                  "never apply,\n"
                  "groups that fight, discounts below the floor; with a catalogue also selectors that mean "
                  "nothing, prices\n"
                  "that are no lower, goods that the law keeps out. That is a warning, and no failure.\n\n"
                  "  FILE              promotions, as verno-hub publish takes them; - for standard input\n"
                  "  --catalogue FILE  goods, as verno-hub import catalogue takes them\n"
                  "  --at TIME         as seen then: local time as 2026-11-22T14:05, or milliseconds since "
                  "1970; else now\n\n"
                  "Exit status: 0 nothing is wrong; 1 something is, or can't be read; 2 wrong usage.\n");
}

static int parse(int argc, char **argv, struct check *out)
{
    static const struct option options[] = {{"catalogue", required_argument, NULL, 'C'},
                                            {"at", required_argument, NULL, 'a'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case 'C': out->catalogue_path = optarg; break;
        case 'a': out->at = optarg; break;
        case 'h': usage(stdout); return -1;
        default: return vn_command_wrong_option(VERB, option, argv[optind - 1]);
        }
    }
    if (optind == argc) {
        return vn_command_wrong(VERB, "the file of promotions is missing", NULL);
    }
    out->path = argv[optind];
    if (optind + 1 != argc) {
        return vn_command_wrong(VERB, "what is", argv[optind + 1]);
    }
    if (out->catalogue_path != NULL && strcmp(out->path, "-") == 0 && strcmp(out->catalogue_path, "-") == 0) {
        return vn_command_wrong(VERB, "only one of the files can be standard input", NULL);
    }
    return 0;
}

static void print_error(const struct check *check, const struct vn_error *error)
{
    const char *sentence = NULL;
    long long line = vn_papers_line(error, &sentence);
    if (line > 0) {
        (void)printf("%s:%lld: ", check->path, line);
    } else {
        (void)printf("%s: ", check->path);
    }
    (void)printf("%s%s%s\n", error->pointer, error->pointer[0] == '\0' ? "" : ": ", sentence);
}

static bool is_blank(const struct vn_buf *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", text->data[i]) == NULL || text->data[i] == '\0') {
            return false;
        }
    }
    return true;
}

/* False when there is no such line. The first that is not empty is the header, and nothing can be read without it. */
static bool blank_line(struct vn_buf *text, long long number)
{
    size_t at = 0;
    for (long long line = 1; line < number; line++) {
        const uint8_t *end = at < text->len ? memchr(text->data + at, '\n', text->len - at) : NULL;
        if (end == NULL) {
            return false;
        }
        at = (size_t)(end - text->data) + 1;
    }
    if (at >= text->len || is_blank(text, at)) {
        return false;
    }
    for (; at < text->len && text->data[at] != '\n'; at++) {
        text->data[at] = ' ';
    }
    return true;
}

/* Prints what is wrong; how many lines are. What is right of them is then in check->ruleset, unless nothing is. */
static int print_errors(struct check *check)
{
    struct vn_error error = {VN_OK, "", ""};
    const char *ignored = NULL;
    int errors = 0;
    for (;;) {
        vn_ruleset_destroy(check->ruleset);
        enum vn_status status = vn_ruleset_parse(vn_buf_view(&check->text), &check->ruleset, &error);
        if (status == VN_OK && vn_ruleset_skipped_count(check->ruleset) == 0) {
            return errors;
        }
        if (status == VN_OK) {
            error = *vn_ruleset_skipped(check->ruleset);
        }
        errors++;
        print_error(check, &error);
        if (errors == ERRORS_MAX) {
            (void)printf("%s: there may be more; these %d come first\n", check->path, ERRORS_MAX);
            return errors;
        }
        if (!blank_line(&check->text, vn_papers_line(&error, &ignored))) {
            return errors;
        }
    }
}

static void print_warnings(const struct check *check)
{
    for (unsigned i = 0; i < check->lint->count; i++) {
        const struct vn_warning *at = &check->lint->list[i];
        (void)printf("%s: warning: %s%s%s: %s: %s\n", check->path, at->promotion,
                     at->other[0] == '\0' ? "" : " and ", at->other, vn_lint_name(at->code), at->text);
    }
    if (check->lint->more) {
        (void)printf("%s: warning: there may be more than what is told here\n", check->path);
    }
}

static int run(struct check *check)
{
    struct vn_error error = {VN_NOMEM, "", ""};
    struct vn_clock clock = vn_clock_system();
    int64_t now_ms = vn_clock_wall_ms(&clock);
    check->lint = calloc(1, sizeof *check->lint);
    if (check->lint == NULL) {
        return vn_papers_failed(VERB, NULL, &error);
    }
    if (vn_papers_read(check->path, VN_RULESET_MAX, &check->text, &error) != VN_OK) {
        return vn_papers_failed(VERB, check->path, &error);
    }
    if (check->catalogue_path != NULL &&
        vn_catalogue_read(check->catalogue_path, &check->catalogue, &error) != VN_OK) {
        return vn_papers_failed(VERB, check->catalogue_path, &error);
    }
    int errors = print_errors(check);
    if (check->ruleset == NULL) {
        return 1;
    }
    if (check->at != NULL && !vn_papers_moment(check->ruleset, "", check->at, &now_ms)) {
        return vn_command_wrong(VERB, "--at wants a time as 2026-11-22T14:05 or milliseconds since 1970, not",
                                check->at);
    }
    const struct vn_lint_input input = {
        .ruleset = check->ruleset,
        .items = check->catalogue_path == NULL ? NULL : check->catalogue.items,
        .item_count = check->catalogue.count,
        .now_ms = now_ms,
    };
    vn_ruleset_lint(&input, check->lint);
    print_warnings(check);
    if (errors == 0) {
        size_t count = vn_ruleset_promotion_count(check->ruleset);
        (void)printf("%s: %zu %s, nothing wrong, %u %s\n", check->path, count,
                     count == 1 ? "promotion" : "promotions", check->lint->count,
                     check->lint->count == 1 ? "warning" : "warnings");
    }
    return errors == 0 ? 0 : 1;
}

int vn_command_check_rules(int argc, char **argv)
{
    struct check check = {.text = {NULL, 0, 0, 0}};
    int code = parse(argc, argv, &check);
    if (code == 0) {
        code = run(&check);
    }
    free(check.lint);
    vn_catalogue_deinit(&check.catalogue);
    vn_ruleset_destroy(check.ruleset);
    vn_buf_deinit(&check.text);
    return code < 0 ? 0 : code;
}
