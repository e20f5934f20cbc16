#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/options.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/rules/template.h"
#include "ui/prompt/format.h"

#define VERB   "template"
#define WIDTH  80
#define INDENT 17 /* of what stands behind a parameter's name */

static const char usage[] =
    "Usage: verno template list [--locale LOCALE]\n"
    "       verno template show ID [--locale LOCALE] [--json]\n"
    "       verno template make ID [--set NAME=VALUE]...\n\n"
    "Ready promotions with places to fill in. `make` prints the lines that a ruleset\n"
    "gets.\n\n"
    "  --locale LOCALE    en (unless given), sr, sr@latin, pl, ru\n"
    "  --json             the whole template\n"
    "  --set NAME=VALUE   a parameter other than its default, as `show` lists it\n\n"
    "Exit status: 0 done; 1 no such template, or a value that does not fit, and a\n"
    "sentence says why; 2 wrong usage.\n";

static int complain(const struct vn_error *error)
{
    return vn_papers_failed(VERB, NULL, error);
}

/* What the command line names and the template does not know: says who lists it. */
static int complain_of_words(const struct vn_error *error, const char *hint, const char *id)
{
    struct vn_error told = *error;
    size_t len = strlen(told.text);
    if (error->status == VN_INPUT) {
        (void)snprintf(told.text + len, sizeof told.text - len, "; verno " VERB " %s%s tells more", hint, id);
    }
    return complain(&told);
}

static const char *text_of(const json_t *value, const char *key, const char *lang)
{
    return vn_template_text(json_object_get(value, key), lang);
}

static int list(const char *lang)
{
    for (size_t i = 0; i < vn_template_count(); i++) {
        struct vn_error error;
        json_t *document = NULL;
        if (vn_template_load(vn_template_id(i), &document, &error) != VN_OK) {
            return complain(&error);
        }
        (void)printf("%-18s %s\n", vn_template_id(i), text_of(document, "title", lang));
        json_decref(document);
    }
    return 0;
}

/* Words in lines of WIDTH characters, each with `indent` blanks but the first, which has begun with as many. */
static void print_wrapped(const char *text, size_t indent)
{
    size_t at = indent;
    for (const char *word = text; *word != '\0';) {
        char piece[VN_ERROR_TEXT_MAX];
        size_t len = strcspn(word, " ");
        (void)snprintf(piece, sizeof piece, "%.*s", (int)len, word);
        size_t chars = vn_format_chars(piece);
        if (at > indent && at + 1 + chars > WIDTH) {
            (void)printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            (void)putchar(' ');
            at++;
        }
        (void)printf("%.*s", (int)len, word);
        at += chars;
        word += len + strspn(word + len, " ");
    }
    (void)putchar('\n');
}

/* "rate, bp; default 2000; from 100 to 9000" */
static enum vn_status tell_value(const json_t *parameter, struct vn_buf *out)
{
    const char *unit = json_string_value(json_object_get(parameter, "unit"));
    const json_t *least = json_object_get(parameter, "min");
    enum vn_status status =
        vn_buf_printf(out, "%s%s%s; default ", json_string_value(json_object_get(parameter, "type")),
                      unit == NULL ? "" : ", ", unit == NULL ? "" : unit);
    if (status == VN_OK) {
        status = vn_template_word(parameter, json_object_get(parameter, "default"), out);
    }
    if (status == VN_OK && least != NULL) {
        status = vn_buf_printf(out, "; from %lld to %lld", (long long)json_integer_value(least),
                               (long long)json_integer_value(json_object_get(parameter, "max")));
    }
    return status == VN_OK ? vn_buf_append(out, vn_view_of("", 1)) : status;
}

static void print_parameter(const json_t *parameter, const char *lang)
{
    struct vn_buf told;
    vn_buf_init(&told, VN_RULESET_MAX);
    (void)printf("  %-14s ", json_string_value(json_object_get(parameter, "name")));
    print_wrapped(text_of(parameter, "description", lang), INDENT);
    (void)printf("%*s", INDENT, "");
    print_wrapped(tell_value(parameter, &told) == VN_OK ? (const char *)told.data : "out of memory", INDENT);
    vn_buf_deinit(&told);
}

static int show(const json_t *document, const char *lang, bool json)
{
    if (json) {
        bool good = json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
        (void)printf("\n");
        return good ? 0 : 1;
    }
    (void)printf("%s\n\n", text_of(document, "title", lang));
    print_wrapped(text_of(document, "description", lang), 0);
    (void)putchar('\n');
    const json_t *parameters = json_object_get(document, "parameters");
    for (size_t i = 0; i < json_array_size(parameters); i++) {
        print_parameter(json_array_get(parameters, i), lang);
    }
    return 0;
}

static enum vn_status print_lines(const json_t *lines, struct vn_error *error)
{
    struct vn_buf text;
    enum vn_status status = VN_OK;
    vn_buf_init(&text, VN_RULESET_MAX);
    for (size_t i = 0; i < json_array_size(lines) && status == VN_OK; i++) {
        status = vn_json_dump(json_array_get(lines, i), &text);
        status = status == VN_OK ? vn_buf_append_str(&text, "\n") : status;
    }
    if (status == VN_OK) {
        (void)printf("%.*s", (int)text.len, (const char *)text.data);
    } else {
        (void)vn_fail(error, status, "out of memory");
    }
    vn_buf_deinit(&text);
    return status;
}

/* Adds NAME=VALUE to the values; false when there is no "=". */
static bool set_value(const json_t *document, json_t *values, const char *word, enum vn_status *status,
                      struct vn_error *error)
{
    char name[VN_TAG_MAX];
    json_t *value = NULL;
    const char *equals = strchr(word, '=');
    if (equals == NULL ||
        vn_view_copy_str(vn_view_of(word, (size_t)(equals - word)), name, sizeof name) != VN_OK) {
        return false;
    }
    *status = vn_template_value(document, name, equals + 1, &value, error);
    if (*status == VN_OK && json_object_set_new(values, name, value) != 0) {
        *status = vn_fail(error, VN_NOMEM, "out of memory");
    }
    return true;
}

static int make(const json_t *document, const char *const *sets, size_t set_count)
{
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = VN_OK;
    json_t *values = json_object();
    json_t *lines = NULL;
    for (size_t i = 0; i < set_count && status == VN_OK; i++) {
        if (!set_value(document, values, sets[i], &status, &error)) {
            json_decref(values);
            return vn_options_wrong(VERB, "--set wants NAME=VALUE, not", sets[i]);
        }
    }
    if (status == VN_OK) {
        status = vn_template_fill(document, values, &lines, &error);
    }
    if (status == VN_OK) {
        status = print_lines(lines, &error);
    }
    json_decref(lines);
    json_decref(values);
    return status == VN_OK
               ? 0
               : complain_of_words(&error, "show ", json_string_value(json_object_get(document, "id")));
}

struct words {
    const struct vn_locale *locale;
    const char *args[2]; /* what to do, and the id */
    size_t arg_count;
    bool json;
    const char *sets[VN_TEMPLATE_SETS_MAX];
    size_t set_count;
};

/* 0, or the exit status after a sentence. */
static int judge(const struct words *words)
{
    const char *verb = words->arg_count > 0 ? words->args[0] : "";
    bool lists = strcmp(verb, "list") == 0;
    bool makes = strcmp(verb, "make") == 0;
    if (!lists && !makes && strcmp(verb, "show") != 0) {
        return words->arg_count == 0 ? vn_options_wrong(VERB, "list, show or make is missing", NULL)
                                     : vn_options_wrong(VERB, "list, show or make is wanted, not", verb);
    }
    if (lists && words->arg_count > 1) {
        return vn_options_wrong(VERB, "nothing goes with list, and there is", words->args[1]);
    }
    if (!lists && words->arg_count < 2) {
        return vn_options_wrong(VERB, "an ID, as list names them, is missing after", verb);
    }
    if (words->set_count > 0 && !makes) {
        return vn_options_wrong(VERB, "--set goes with make, not with", verb);
    }
    if (words->json && (lists || makes)) {
        return vn_options_wrong(VERB, "--json goes with show, not with", verb);
    }
    return 0;
}

/* False: the program ends with *exit_status. */
static bool read_options(int argc, char **argv, struct words *words, int *exit_status)
{
    const char *locale = NULL;
    struct vn_option_list args = {words->args, sizeof words->args / sizeof words->args[0], 0};
    struct vn_option_list sets = {words->sets, VN_TEMPLATE_SETS_MAX, 0};
    const struct vn_option options[] = {{.name = "locale", .value = &locale},
                                        {.name = "json", .flag = &words->json},
                                        {.name = "set", .list = &sets}};
    const struct vn_command_line line = {VERB, usage, options, sizeof options / sizeof options[0], &args};
    if (!vn_options_read(&line, argc, argv, exit_status)) {
        return false;
    }
    words->arg_count = args.count;
    words->set_count = sets.count;
    *exit_status = judge(words);
    if (*exit_status != 0) {
        return false;
    }
    *exit_status = 2;
    return vn_options_locale(VERB, locale, &words->locale);
}

int vn_command_template(int argc, char **argv)
{
    struct words words = {.locale = NULL};
    struct vn_error error = {VN_OK, "", ""};
    json_t *document = NULL;
    int status = 0;
    if (!read_options(argc, argv, &words, &status)) {
        return status;
    }
    if (words.arg_count == 1) {
        return list(words.locale->name);
    }
    if (vn_template_load(words.args[1], &document, &error) != VN_OK) {
        return complain_of_words(&error, "list", "");
    }
    status = strcmp(words.args[0], "make") == 0 ? make(document, words.sets, words.set_count)
                                                : show(document, words.locale->name, words.json);
    json_decref(document);
    return status;
}
