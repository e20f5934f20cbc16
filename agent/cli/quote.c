#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/explain_words.h"
#include "agent/cli/quote_batch.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/loyalty_json.h"
#include "ui/prompt/texts.h"

#define VERB         "quote"
#define DOCUMENT_MAX (4 * 1024 * 1024)

/* The papers that make a request, in the order of enum paper. */
static const char *const keys[] = {"basket", "member", "choices", "rights"};
enum paper { PAPER_BASKET, PAPER_MEMBER, PAPER_CHOICES, PAPER_RIGHTS, PAPER_COUNT };

struct quote {
    const char *ruleset, *catalogue;
    const char *papers[PAPER_COUNT];
    const char *at, *place, *batch, *locale;
    bool explain, offline;
};

static void usage(FILE *out)
{
    (void)fprintf(
        out,
        "Usage: verno quote --ruleset FILE [--catalogue FILE] --basket FILE [OPTIONS]\n"
        "       verno quote --ruleset FILE [--catalogue FILE] --batch FILE [--place STORE/TILL] "
        "[--offline]\n\n"
        "What a till would say to a basket: the same reckoning, with nothing of a till running and nothing\n"
        "written. Prints the outcome as JSON. One of the files may be - for standard input.\n\n"
        "  --ruleset FILE      promotions, as verno-hub publish takes them\n"
        "  --catalogue FILE    goods, as verno-hub import catalogue takes them\n"
        "  --basket FILE       {\"sale\":{...},\"lines\":[...]}, as a POS sends it\n"
        "  --member FILE       the customer; without it nobody has shown a card\n"
        "  --choices FILE      {\"spend_points\":100,\"spends\":[...],\"coupons\":[...]}\n"
        "  --rights FILE       what this till may consume: {\"w5\":100}, an account and its number\n"
        "  --at TIME           when: the store's local time as 2026-11-22T14:05, or milliseconds since "
        "1970;\n"
        "                      else the basket's started_ms\n"
        "  --place STORE/TILL  where; without it in no store at all\n"
        "  --offline           the hub can't be reached\n"
        "  --explain           in words: what came off and why, what was earned, what was missing\n"
        "  --locale LOCALE     language of the words: en, sr, sr@latin, pl, ru\n"
        "  --batch FILE        many requests, one a line: {\"basket\":...} and, where needed, \"member\",\n"
        "                      \"choices\", \"rights\", \"at\", \"place\", \"offline\", \"risk\",\n"
        "                      \"stopped\":[ids]. One line comes out for each, in order; for one that\n"
        "                      can't be reckoned {\"line\":n,\"error\":...}\n\n"
        "Exit status: 0 reckoned; 1 something can't be read or reckoned, and a sentence says why; 2 wrong "
        "usage.\n");
}

static int parse(int argc, char **argv, struct quote *out)
{
    static const struct option options[] = {
        {"ruleset", required_argument, NULL, 'R'}, {"catalogue", required_argument, NULL, 'C'},
        {"basket", required_argument, NULL, '0'},  {"member", required_argument, NULL, '1'},
        {"choices", required_argument, NULL, '2'}, {"rights", required_argument, NULL, '3'},
        {"at", required_argument, NULL, 'a'},      {"place", required_argument, NULL, 'p'},
        {"batch", required_argument, NULL, 'b'},   {"locale", required_argument, NULL, 'l'},
        {"explain", no_argument, NULL, 'e'},       {"offline", no_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case 'R': out->ruleset = optarg; break;
        case 'C': out->catalogue = optarg; break;
        case '0':
        case '1':
        case '2':
        case '3': out->papers[option - '0'] = optarg; break;
        case 'a': out->at = optarg; break;
        case 'p': out->place = optarg; break;
        case 'b': out->batch = optarg; break;
        case 'l': out->locale = optarg; break;
        case 'e': out->explain = true; break;
        case 'o': out->offline = true; break;
        case 'h': usage(stdout); return -1;
        default: return vn_command_wrong_option(VERB, option, argv[optind - 1]);
        }
    }
    return optind == argc ? 0 : vn_command_wrong(VERB, "what is", argv[optind]);
}

/* What the options mean together; 0 when it makes sense. */
static int judge(const struct quote *quote)
{
    const char *files[] = {quote->ruleset,
                           quote->catalogue,
                           quote->batch,
                           quote->papers[PAPER_BASKET],
                           quote->papers[PAPER_MEMBER],
                           quote->papers[PAPER_CHOICES],
                           quote->papers[PAPER_RIGHTS]};
    int from_stdin = 0;
    bool single = quote->at != NULL || quote->explain || quote->locale != NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        from_stdin += files[i] != NULL && strcmp(files[i], "-") == 0 ? 1 : 0;
        single = single || (i > 2 && files[i] != NULL);
    }
    if (quote->ruleset == NULL) {
        return vn_command_wrong(VERB, "--ruleset FILE is missing", NULL);
    }
    if (quote->batch == NULL && quote->papers[PAPER_BASKET] == NULL) {
        return vn_command_wrong(VERB, "--basket FILE or --batch FILE is missing", NULL);
    }
    if (quote->batch != NULL && single) {
        return vn_command_wrong(VERB, "with --batch each line says its own, and words are of verno explain",
                                NULL);
    }
    if (from_stdin > 1) {
        return vn_command_wrong(VERB, "only one of the files can be standard input", NULL);
    }
    if (quote->locale != NULL && !quote->explain) {
        return vn_command_wrong(VERB, "--locale is the language of --explain", NULL);
    }
    if (quote->locale != NULL && !vn_texts_speak(quote->locale)) {
        return vn_command_wrong(VERB, "the words are not there in", quote->locale);
    }
    return 0;
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
        return vn_papers_failed(VERB, NULL, &error);
    }
    if (quote->explain) {
        vn_explain_print(stdout, vn_texts_locale(quote->locale), desk->ruleset, &desk->basket,
                         &desk->outcome);
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
    struct vn_catalogue catalogue = {NULL, 0};
    struct vn_error error;
    int code = parse(argc, argv, &quote);
    if (code == 0) {
        code = judge(&quote);
    }
    if (code != 0) {
        return code < 0 ? 0 : code;
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
