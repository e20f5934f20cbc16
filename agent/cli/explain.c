#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/explain_words.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/loyalty_json.h"
#include "ui/prompt/texts.h"

#define VERB         "explain"
#define DOCUMENT_MAX (4 * 1024 * 1024)

static void usage(FILE *out)
{
    (void)fprintf(
        out, "Usage: verno explain OUTCOME --ruleset FILE [--basket FILE] [--locale LOCALE]\n\n"
             "A receipt's outcome in words: what came off each line and why, points, what was given, and "
             "what did not\n"
             "apply because something was missing. Nothing is reckoned again: it tells what was stored.\n\n"
             "  OUTCOME          a file with an outcome, as verno quote prints it and as a journal's entry "
             "holds it;\n"
             "                   - for standard input\n"
             "  --ruleset FILE   the promotions that it was reckoned with: their names and the currency\n"
             "  --basket FILE    the receipt's basket: the names of its goods\n"
             "  --locale LOCALE  en (unless given), sr, sr@latin, pl, ru\n\n"
             "Exit status: 0 told; 1 something can't be read, and a sentence says why; 2 wrong usage.\n");
}

struct explain {
    const char *outcome_path, *ruleset_path, *basket_path, *locale;
    struct vn_ruleset *ruleset;
    struct vn_outcome outcome;
    struct vn_basket basket;
};

static int parse(int argc, char **argv, struct explain *out)
{
    static const struct option options[] = {{"ruleset", required_argument, NULL, 'R'},
                                            {"basket", required_argument, NULL, 'b'},
                                            {"locale", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case 'R': out->ruleset_path = optarg; break;
        case 'b': out->basket_path = optarg; break;
        case 'l': out->locale = optarg; break;
        case 'h': usage(stdout); return -1;
        default: return vn_command_wrong_option(VERB, option, argv[optind - 1]);
        }
    }
    if (optind == argc) {
        return vn_command_wrong(VERB, "the outcome's file is missing", NULL);
    }
    out->outcome_path = argv[optind];
    if (optind + 1 != argc) {
        return vn_command_wrong(VERB, "what is", argv[optind + 1]);
    }
    if (out->ruleset_path == NULL) {
        return vn_command_wrong(VERB, "--ruleset FILE is missing", NULL);
    }
    const char *files[] = {out->outcome_path, out->ruleset_path, out->basket_path};
    int from_stdin = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        from_stdin += files[i] != NULL && strcmp(files[i], "-") == 0 ? 1 : 0;
    }
    if (from_stdin > 1) {
        return vn_command_wrong(VERB, "only one of the files can be standard input", NULL);
    }
    if (out->locale != NULL && !vn_texts_speak(out->locale)) {
        return vn_command_wrong(VERB, "the words are not there in", out->locale);
    }
    return 0;
}

static enum vn_status read_outcome(struct explain *explain, struct vn_error *error)
{
    json_t *root = NULL;
    enum vn_status status = vn_papers_read_json(explain->outcome_path, DOCUMENT_MAX, &root, error);
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, error);
        vn_outcome_read(&in, &explain->outcome);
        status = error->status;
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
    uint64_t number = vn_ruleset_number(explain->ruleset);
    if (explain->outcome.ruleset != 0 && explain->outcome.ruleset != number) {
        (void)fprintf(stderr,
                      "verno " VERB ": it was reckoned with ruleset %llu, and this is %llu: names and limits "
                      "may be others\n",
                      (unsigned long long)explain->outcome.ruleset, (unsigned long long)number);
    }
    vn_explain_print(stdout, vn_texts_locale(explain->locale), explain->ruleset,
                     explain->basket_path == NULL ? NULL : &explain->basket, &explain->outcome);
    return 0;
}

int vn_command_explain(int argc, char **argv)
{
    struct explain *explain = calloc(1, sizeof *explain);
    if (explain == NULL) {
        (void)fprintf(stderr, "verno " VERB ": out of memory\n");
        return 1;
    }
    int code = parse(argc, argv, explain);
    if (code == 0) {
        code = run(explain);
    }
    vn_ruleset_destroy(explain->ruleset);
    free(explain);
    return code < 0 ? 0 : code;
}
