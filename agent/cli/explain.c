#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/explain_words.h"
#include "agent/cli/options.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/wire/entry_sale.h"

#define VERB         "explain"
#define DOCUMENT_MAX (4 * 1024 * 1024)

static const char usage[] =
    "Usage: verno explain OUTCOME --ruleset FILE [--basket FILE] [--catalogue FILE]\n"
    "           [--locale LOCALE]\n\n"
    "A receipt's outcome in words: what came off each line and why, points, what was\n"
    "given, and what did not apply because something was missing. Nothing is reckoned\n"
    "again: it tells what was stored. One of the files may be - for standard input.\n\n"
    "  OUTCOME           a file with an outcome, as verno quote prints it, or with a\n"
    "                    hold or a commit, as verno journal prints entries\n"
    "  --ruleset FILE    the promotions that it was reckoned with: their names and\n"
    "                    the currency\n"
    "  --basket FILE     the receipt's basket: its goods (an entry has its own)\n"
    "  --catalogue FILE  goods, as verno-hub catalogue import takes them: names of\n"
    "                    what has none in the basket\n"
    "  --locale LOCALE   en (unless given), sr, sr@latin, pl, ru\n\n"
    "Exit status: 0 told; 1 something can't be read, and a sentence says why; 2 wrong\n"
    "usage.\n";

struct explain {
    const char *outcome_path, *ruleset_path, *basket_path, *catalogue_path;
    const struct vn_locale *locale;
    struct vn_ruleset *ruleset;
    struct vn_catalogue catalogue;
    struct vn_outcome outcome;
    bool has_basket;
    struct vn_basket basket;
};

/* False: the program ends with *exit_status. */
static bool read_options(int argc, char **argv, struct explain *out, int *exit_status)
{
    const char *locale = NULL;
    struct vn_option_list words = {&out->outcome_path, 1, 0};
    const struct vn_option options[] = {{.name = "ruleset", .value = &out->ruleset_path},
                                        {.name = "basket", .value = &out->basket_path},
                                        {.name = "catalogue", .value = &out->catalogue_path},
                                        {.name = "locale", .value = &locale}};
    const struct vn_command_line line = {VERB, usage, options, sizeof options / sizeof options[0], &words};
    if (!vn_options_read(&line, argc, argv, exit_status)) {
        return false;
    }
    const char *files[] = {out->outcome_path, out->ruleset_path, out->basket_path, out->catalogue_path};
    *exit_status = 2;
    if (out->outcome_path == NULL) {
        (void)vn_options_wrong(VERB, "the outcome's file is missing", NULL);
        return false;
    }
    if (out->ruleset_path == NULL) {
        (void)vn_options_wrong(VERB, "--ruleset FILE is missing", NULL);
        return false;
    }
    return vn_options_one_stdin(VERB, files, sizeof files / sizeof files[0]) &&
           vn_options_locale(VERB, locale, &out->locale);
}

/* A journal's entry: its basket stands for one that is not given. */
static enum vn_status read_entry(struct explain *explain, const json_t *json, struct vn_error *error)
{
    struct vn_buf body;
    struct vn_entry entry;
    struct vn_entry_sale said = {0};
    vn_buf_init(&body, VN_ENTRY_MAX);
    vn_entry_init(&entry, VN_ENTRY_KINDS);
    enum vn_status status = vn_json_dump(json, &body);
    if (status == VN_OK) {
        status = vn_entry_decode(vn_buf_view(&body), &entry, error);
    }
    if (status == VN_OK) {
        status = vn_entry_sale_read(&entry, &explain->basket, &explain->outcome, &said, error);
    }
    if (status == VN_OK && said.held > 0) {
        status = vn_fail(error, VN_INPUT, "it says what entry %lld of its journal holds: explain that one",
                         (long long)said.held);
    } else if (status == VN_OK && !said.has_outcome) {
        status = vn_fail(error, VN_INPUT, "an entry '%s' has no outcome: holds and commits have one",
                         vn_entry_kind_name(entry.kind));
    }
    explain->has_basket = status == VN_OK && said.has_basket;
    vn_entry_deinit(&entry);
    vn_buf_deinit(&body);
    return status;
}

static enum vn_status read_outcome(struct explain *explain, struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_papers_read_json(explain->outcome_path, DOCUMENT_MAX, &root, error);
    if (status == VN_OK) {
        const json_t *line = json_object_get(root, "entry");
        const json_t *entry = line != NULL ? line : root;
        if (json_object_get(entry, "kind") != NULL) {
            status = read_entry(explain, entry, error);
        } else {
            struct vn_json_in in = vn_json_root(root, error);
            vn_outcome_read(&in, &explain->outcome);
            status = error->status;
        }
    }
    json_decref(root);
    return status;
}

static enum vn_status read_basket(struct explain *explain, struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_papers_read_json(explain->basket_path, DOCUMENT_MAX, &root, error);
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, error);
        vn_basket_read(&in, &explain->basket);
        status = error->status;
        explain->has_basket = status == VN_OK;
    }
    json_decref(root);
    return status;
}

static int run(struct explain *explain)
{
    struct vn_error error;
    if (vn_papers_read_ruleset(explain->ruleset_path, &explain->ruleset, &error) != VN_OK) {
        return vn_papers_failed(VERB, explain->ruleset_path, &error);
    }
    if (read_outcome(explain, &error) != VN_OK) {
        return vn_papers_failed(VERB, explain->outcome_path, &error);
    }
    if (explain->basket_path != NULL && read_basket(explain, &error) != VN_OK) {
        return vn_papers_failed(VERB, explain->basket_path, &error);
    }
    if (explain->catalogue_path != NULL &&
        vn_catalogue_read(explain->catalogue_path, &explain->catalogue, &error) != VN_OK) {
        return vn_papers_failed(VERB, explain->catalogue_path, &error);
    }
    uint64_t number = vn_ruleset_number(explain->ruleset);
    if (explain->outcome.ruleset != 0 && explain->outcome.ruleset != number) {
        (void)fprintf(stderr,
                      "verno " VERB
                      ": %s: it is ruleset %llu, and the outcome was reckoned with ruleset %llu: "
                      "names and limits may be others\n",
                      vn_papers_name(explain->ruleset_path), (unsigned long long)number,
                      (unsigned long long)explain->outcome.ruleset);
    }
    const struct vn_explain_names names = {explain->ruleset, explain->has_basket ? &explain->basket : NULL,
                                           &explain->catalogue};
    vn_explain_print(stdout, explain->locale, &names, &explain->outcome);
    return 0;
}

int vn_command_explain(int argc, char **argv)
{
    int code = 1;
    struct explain *explain = calloc(1, sizeof *explain);
    if (explain == NULL) {
        (void)fprintf(stderr, "verno " VERB ": out of memory\n");
        return code;
    }
    if (read_options(argc, argv, explain, &code)) {
        code = run(explain);
    }
    vn_catalogue_deinit(&explain->catalogue);
    vn_ruleset_destroy(explain->ruleset);
    free(explain);
    return code;
}
