/* Checking a file of promotions before it is published. The reader of rulesets stops at the first line that is wrong; here a
 * wrong line is blanked and the rest is read again, so that an author sees all of them at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/cli/commands.h"
#include "agent/cli/options.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/rules/lint.h"

#define VERB       "check-rules"
#define ERRORS_MAX 20

struct check {
    const char *path, *catalogue_path, *at;
    unsigned error_count;
    struct vn_error errors[ERRORS_MAX]; /* by line */
    struct vn_buf text;
    struct vn_ruleset *ruleset;
    struct vn_catalogue catalogue;
    struct vn_lint lint;
};

static const char usage[] =
    "Usage: verno check-rules FILE [--catalogue FILE] [--at TIME]\n\n"
    "What is wrong or doubtful in a file of promotions, before it is published.\n\n"
    "Wrong is what the hub refuses and tills skip: each such line with the place in\n"
    "it, what was expected and what is there. Doubtful is what would not do what its\n"
    "author wants: promotions that can never apply, groups that fight, discounts\n"
    "below the floor; with a catalogue also selectors that mean nothing, prices that\n"
    "are no lower, goods that the law keeps out, legal classes that it does not have.\n"
    "That is a warning, and no failure.\n"
    "One of the files may be - for standard input.\n\n"
    "  FILE              promotions, as verno-hub publish takes them\n"
    "  --catalogue FILE  goods, as verno-hub catalogue import takes them\n"
    "  --at TIME         as seen then: local time as 2026-11-22T14:05, or\n"
    "                    milliseconds since 1970; else now\n\n"
    "Exit status: 0 nothing is wrong; 1 something is, or can't be read; 2 wrong\n"
    "usage.\n";

/* False: the program ends with *exit_status. */
static bool read_options(int argc, char **argv, struct check *out, int *exit_status)
{
    int64_t at_ms = 0;
    struct vn_option_list words = {&out->path, 1, 0};
    const struct vn_option options[] = {{.name = "catalogue", .value = &out->catalogue_path},
                                        {.name = "at", .value = &out->at}};
    const struct vn_command_line line = {VERB, usage, options, sizeof options / sizeof options[0], &words};
    if (!vn_options_read(&line, argc, argv, exit_status)) {
        return false;
    }
    const char *files[] = {out->path, out->catalogue_path};
    *exit_status = 2;
    if (out->path == NULL) {
        (void)vn_options_wrong(VERB, "the file of promotions is missing", NULL);
        return false;
    }
    if (out->at != NULL && !vn_papers_moment(NULL, "", out->at, &at_ms)) {
        (void)vn_options_wrong(VERB, VN_PAPERS_AT_WRONG, out->at);
        return false;
    }
    return vn_options_one_stdin(VERB, files, sizeof files / sizeof files[0]);
}

static void print_error(const struct check *check, const struct vn_error *error)
{
    const char *sentence = NULL;
    long long line = vn_papers_line(error, &sentence);
    (void)printf("%s:", vn_papers_name(check->path));
    if (line > 0) {
        (void)printf("%lld:", line);
    }
    (void)printf(" %s%s%s\n", error->pointer, error->pointer[0] == '\0' ? "" : ": ", sentence);
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
    if (at >= text->len || vn_papers_is_blank(vn_view_of(text->data, at))) {
        return false;
    }
    for (; at < text->len && text->data[at] != '\n'; at++) {
        text->data[at] = ' ';
    }
    return true;
}

static void add_error(struct check *check, const struct vn_error *error)
{
    const char *ignored = NULL;
    long long line = vn_papers_line(error, &ignored);
    unsigned at = check->error_count++;
    for (; at > 0 && vn_papers_line(&check->errors[at - 1], &ignored) > line; at--) {
        check->errors[at] = check->errors[at - 1];
    }
    check->errors[at] = *error;
}

/* Finds what is wrong, a line at a time. What is right is then in check->ruleset, unless nothing is. */
static void find_errors(struct check *check)
{
    struct vn_error error = {VN_OK, "", ""};
    const char *ignored = NULL;
    do {
        vn_ruleset_destroy(check->ruleset);
        enum vn_status status = vn_ruleset_parse(vn_buf_view(&check->text), &check->ruleset, &error);
        if (status == VN_OK && vn_ruleset_skipped_count(check->ruleset) == 0) {
            return;
        }
        if (status == VN_OK) {
            error = *vn_ruleset_skipped(check->ruleset);
        }
        add_error(check, &error);
    } while (check->error_count < ERRORS_MAX && blank_line(&check->text, vn_papers_line(&error, &ignored)));
}

static void print_errors(const struct check *check)
{
    for (unsigned i = 0; i < check->error_count; i++) {
        print_error(check, &check->errors[i]);
    }
    if (check->error_count == ERRORS_MAX) {
        (void)printf("%s: there may be more than these %d\n", vn_papers_name(check->path), ERRORS_MAX);
    }
}

static void print_warnings(const struct check *check)
{
    for (unsigned i = 0; i < check->lint.count; i++) {
        const struct vn_warning *at = &check->lint.list[i];
        bool goods = at->promotion[0] == '\0';
        (void)printf("%s: warning: %s%s%s: %s: %s\n",
                     vn_papers_name(goods ? check->catalogue_path : check->path), at->promotion,
                     goods || at->other[0] == '\0' ? "" : " and ", at->other, vn_lint_name(at->code),
                     at->text);
    }
    if (check->lint.more) {
        (void)printf("%s: warning: there may be more than what is told here\n", vn_papers_name(check->path));
    }
}

static int run(struct check *check)
{
    struct vn_error error;
    struct vn_clock clock = vn_clock_system();
    int64_t now_ms = vn_clock_wall_ms(&clock);
    if (vn_papers_read(check->path, VN_RULESET_MAX, &check->text, &error) != VN_OK) {
        return vn_papers_failed(VERB, check->path, &error);
    }
    if (vn_papers_check_mark(vn_buf_view(&check->text), &error) != VN_OK) {
        add_error(check, &error);
        print_errors(check);
        return 1;
    }
    if (check->catalogue_path != NULL &&
        vn_catalogue_read(check->catalogue_path, &check->catalogue, &error) != VN_OK) {
        return vn_papers_failed(VERB, check->catalogue_path, &error);
    }
    if (check->catalogue_path != NULL && check->catalogue.count == 0) {
        (void)vn_fail(&error, VN_INPUT, "there are no goods in it");
        return vn_papers_failed(VERB, check->catalogue_path, &error);
    }
    find_errors(check);
    print_errors(check);
    if (check->ruleset == NULL) {
        return 1;
    }
    if (check->at != NULL && !vn_papers_moment(check->ruleset, "", check->at, &now_ms)) {
        return vn_options_wrong(VERB, VN_PAPERS_AT_WRONG, check->at);
    }
    const struct vn_lint_input input = {
        .ruleset = check->ruleset,
        .items = check->catalogue_path == NULL ? NULL : check->catalogue.items,
        .item_count = check->catalogue.count,
        .now_ms = now_ms,
        .hub_gaps = true,
    };
    vn_ruleset_lint(&input, &check->lint);
    print_warnings(check);
    if (check->error_count == 0) {
        size_t count = vn_ruleset_promotion_count(check->ruleset);
        (void)printf("%s: %zu %s, nothing wrong, %u %s\n", vn_papers_name(check->path), count,
                     count == 1 ? "promotion" : "promotions", check->lint.count,
                     check->lint.count == 1 ? "warning" : "warnings");
    }
    return check->error_count == 0 ? 0 : 1;
}

int vn_command_check_rules(int argc, char **argv)
{
    int code = 1;
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL) {
        (void)fprintf(stderr, "verno " VERB ": out of memory\n");
        return code;
    }
    if (read_options(argc, argv, check, &code)) {
        code = run(check);
    }
    vn_catalogue_deinit(&check->catalogue);
    vn_ruleset_destroy(check->ruleset);
    vn_buf_deinit(&check->text);
    free(check);
    return code;
}
