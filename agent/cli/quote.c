#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/explain_words.h"
#include "agent/cli/options.h"
#include "agent/cli/quote_batch.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/loyalty_json.h"

#define VERB         "quote"
#define DOCUMENT_MAX (4 * 1024 * 1024)

/* The papers that make a request, in the order of enum paper. */
static const char *const keys[] = {"basket", "member", "choices", "rights"};
enum paper { PAPER_BASKET, PAPER_MEMBER, PAPER_CHOICES, PAPER_RIGHTS, PAPER_COUNT };

struct quote {
    const char *ruleset, *catalogue;
    const char *papers[PAPER_COUNT];
    const char *at, *place, *batch;
    const struct vn_locale *locale;
    bool explain, offline;
};

static const char usage[] =
    "Usage: verno quote --ruleset FILE [--catalogue FILE] --basket FILE [OPTIONS]\n"
    "       verno quote --ruleset FILE [--catalogue FILE] --batch FILE\n"
    "           [--place STORE/TILL] [--offline]\n\n"
    "What a till would say to a basket: the same reckoning, with nothing of a till\n"
    "running and nothing written. Prints the outcome as JSON. One of the files may be\n"
    "- for standard input.\n\n"
    "  --ruleset FILE      promotions, as verno-hub publish takes them\n"
    "  --catalogue FILE    goods, as verno-hub catalogue import takes them\n"
    "  --basket FILE       {\"sale\":{...},\"lines\":[...]}, as a POS sends it\n"
    "  --member FILE       the customer; without it nobody has shown a card\n"
    "  --choices FILE      {\"spend_points\":100,\"spends\":[...],\"coupons\":[...]}\n"
    "  --rights FILE       what this till may consume, accounts and numbers:\n"
    "                      {\"w5\":100}, and for what a promotion counts\n"
    "                      {\"member:ID\":1,\"count:ID\":5,\"budget:ID\":9900,\n"
    "                      \"stamps:CARD\":9}\n"
    "  --at TIME           when: the store's local time as 2026-11-22T14:05, or\n"
    "                      milliseconds since 1970; else the basket's started_ms\n"
    "  --place STORE/TILL  where; without it in no store at all\n"
    "  --offline           the hub can't be reached\n"
    "  --explain           in words: what came off and why, what was earned, what was\n"
    "                      missing\n"
    "  --locale LOCALE     language of the words: en (unless given), sr,\n"
    "                      sr@latin, pl, ru\n"
    "  --batch FILE        many requests, one a line: {\"basket\":...} and, where\n"
    "                      needed, \"member\", \"choices\", \"rights\", \"at\", \"place\",\n"
    "                      \"offline\", \"risk\", \"stopped\":[ids]. One line comes out for\n"
    "                      each that is not empty, in order; for one that can't be\n"
    "                      reckoned {\"line\":n,\"error\":...,\"pointer\":...}\n\n"
    "Exit status: 0 reckoned; 1 something can't be read or reckoned, and a sentence\n"
    "says why; 2 wrong usage.\n";

/* What the options mean together: 0, or the exit status after a sentence. */
static int judge(const struct quote *quote, const char *locale)
{
    struct vn_place place;
    int64_t at_ms = 0;
    bool single = quote->at != NULL || quote->explain || locale != NULL;
    for (size_t i = 0; i < PAPER_COUNT; i++) {
        single = single || quote->papers[i] != NULL;
    }
    if (quote->ruleset == NULL) {
        return vn_options_wrong(VERB, "--ruleset FILE is missing", NULL);
    }
    if (quote->batch == NULL && quote->papers[PAPER_BASKET] == NULL) {
        return vn_options_wrong(VERB, "--basket FILE or --batch FILE is missing", NULL);
    }
    if (quote->batch != NULL && single) {
        return vn_options_wrong(VERB, "with --batch each line says its own, and words are of verno explain",
                                NULL);
    }
    if (locale != NULL && !quote->explain) {
        return vn_options_wrong(VERB, "--locale is the language of --explain", NULL);
    }
    if (quote->at != NULL && !vn_papers_moment(NULL, "", quote->at, &at_ms)) {
        return vn_options_wrong(VERB, VN_PAPERS_AT_WRONG, quote->at);
    }
    if (quote->place != NULL && !vn_papers_place(quote->place, &place)) {
        return vn_options_wrong(VERB, "--place wants STORE or STORE/TILL, not", quote->place);
    }
    return 0;
}

/* False: the program ends with *exit_status. */
static bool read_options(int argc, char **argv, struct quote *out, int *exit_status)
{
    const char *locale = NULL;
    const struct vn_option options[] = {{.name = "ruleset", .value = &out->ruleset},
                                        {.name = "catalogue", .value = &out->catalogue},
                                        {.name = "basket", .value = &out->papers[PAPER_BASKET]},
                                        {.name = "member", .value = &out->papers[PAPER_MEMBER]},
                                        {.name = "choices", .value = &out->papers[PAPER_CHOICES]},
                                        {.name = "rights", .value = &out->papers[PAPER_RIGHTS]},
                                        {.name = "at", .value = &out->at},
                                        {.name = "place", .value = &out->place},
                                        {.name = "batch", .value = &out->batch},
                                        {.name = "locale", .value = &locale},
                                        {.name = "explain", .flag = &out->explain},
                                        {.name = "offline", .flag = &out->offline}};
    const struct vn_command_line line = {VERB, usage, options, sizeof options / sizeof options[0], NULL};
    if (!vn_options_read(&line, argc, argv, exit_status)) {
        return false;
    }
    *exit_status = judge(out, locale);
    if (*exit_status != 0) {
        return false;
    }
    *exit_status = 2;
    const char *files[] = {out->ruleset,
                           out->catalogue,
                           out->batch,
                           out->papers[PAPER_BASKET],
                           out->papers[PAPER_MEMBER],
                           out->papers[PAPER_CHOICES],
                           out->papers[PAPER_RIGHTS]};
    return vn_options_one_stdin(VERB, files, sizeof files / sizeof files[0]) &&
           vn_options_locale(VERB, locale, &out->locale);
}

/* The options as one line of a batch would have them; NULL after a sentence. */
static json_t *make_request(const struct quote *quote)
{
    json_t *request = json_object();
    bool whole = request != NULL;
    for (int i = 0; whole && i < PAPER_COUNT; i++) {
        struct vn_error error;
        json_t *paper = NULL;
        if (quote->papers[i] == NULL) {
            continue;
        }
        if (vn_papers_read_json(quote->papers[i], DOCUMENT_MAX, &paper, &error) != VN_OK) {
            (void)vn_papers_failed(VERB, quote->papers[i], &error);
            json_decref(request);
            return NULL;
        }
        whole = json_object_set_new(request, keys[i], paper) == 0;
    }
    if (whole && quote->at != NULL) {
        whole = json_object_set_new(request, "at", json_string(quote->at)) == 0;
    }
    if (whole && quote->place != NULL) {
        whole = json_object_set_new(request, "place", json_string(quote->place)) == 0;
    }
    if (!whole) {
        (void)vn_papers_failed(
            VERB, NULL, &(struct vn_error){VN_INPUT, "out of memory, or an option that is not UTF-8", ""});
        json_decref(request);
        return NULL;
    }
    return request;
}

static int print_outcome(const struct vn_outcome *outcome)
{
    struct vn_buf text;
    struct vn_error error = {VN_OK, "", ""};
    json_t *json = vn_outcome_write(outcome);
    vn_buf_init(&text, DOCUMENT_MAX);
    error.status = json == NULL ? VN_NOMEM : vn_json_dump(json, &text);
    if (error.status == VN_OK) {
        (void)printf("%.*s\n", (int)text.len, (const char *)text.data);
    }
    json_decref(json);
    vn_buf_deinit(&text);
    return error.status == VN_OK ? 0 : vn_papers_failed(VERB, NULL, &error);
}

/* What was refused of the request, told of the file that it came from. */
static int fail_request(const struct quote *quote, const struct vn_error *error)
{
    struct vn_error told = *error;
    for (int i = 0; i < PAPER_COUNT; i++) {
        size_t len = strlen(keys[i]);
        const char *rest = error->pointer + 1 + len;
        if (quote->papers[i] != NULL && error->pointer[0] == '/' &&
            strncmp(error->pointer + 1, keys[i], len) == 0 && (rest[0] == '/' || rest[0] == '\0')) {
            memcpy(told.pointer, rest, strlen(rest) + 1);
            return vn_papers_failed(VERB, quote->papers[i], &told);
        }
    }
    return vn_papers_failed(VERB, NULL, error);
}

static int quote_one(const struct quote *quote, struct vn_desk *desk)
{
    struct vn_error error;
    json_t *request = make_request(quote);
    if (request == NULL) {
        return 1;
    }
    enum vn_status status = vn_desk_quote(desk, request, &error);
    json_decref(request);
    if (status != VN_OK) {
        return fail_request(quote, &error);
    }
    if (quote->explain) {
        const struct vn_explain_names names = {desk->ruleset, &desk->basket, desk->catalogue};
        vn_explain_print(stdout, quote->locale, &names, &desk->outcome);
        return 0;
    }
    return print_outcome(&desk->outcome);
}

static int run(const struct quote *quote, const struct vn_ruleset *ruleset,
               const struct vn_catalogue *catalogue)
{
    struct vn_desk *desk = NULL;
    struct vn_error error = {VN_NOMEM, "", ""};
    if (vn_desk_create(ruleset, catalogue, &desk) != VN_OK) {
        return vn_papers_failed(VERB, NULL, &error);
    }
    desk->offline = quote->offline;
    int code = quote->batch == NULL ? quote_one(quote, desk)
                                    : vn_quote_batch(VERB, quote->batch, quote->place, desk);
    vn_desk_destroy(desk);
    return code;
}

int vn_command_quote(int argc, char **argv)
{
    struct quote quote = {0};
    struct vn_ruleset *ruleset = NULL;
    struct vn_catalogue catalogue = {.count = 0};
    struct vn_error error;
    int code = 0;
    if (!read_options(argc, argv, &quote, &code)) {
        return code;
    }
    if (vn_papers_read_ruleset(quote.ruleset, &ruleset, &error) != VN_OK) {
        return vn_papers_failed(VERB, quote.ruleset, &error);
    }
    if (quote.catalogue != NULL && vn_catalogue_read(quote.catalogue, &catalogue, &error) != VN_OK) {
        code = vn_papers_failed(VERB, quote.catalogue, &error);
    } else {
        code = run(&quote, ruleset, &catalogue);
    }
    vn_catalogue_deinit(&catalogue);
    vn_ruleset_destroy(ruleset);
    return code;
}
