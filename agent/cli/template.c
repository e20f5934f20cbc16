#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "agent/cli/commands.h"
#include "agent/cli/quote_papers.h"
#include "agent/loyalty/rules/template.h"
#include "ui/prompt/texts.h"

static void usage(FILE *out)
{
    (void)fprintf(out,
                  "Usage: verno template list [--lang LANG]\n"
                  "       verno template show ID [--lang LANG] [--json]\n"
                  "       verno template make ID [--set NAME=VALUE]...\n\n"
                  "Ready promotions with places to fill in. `make` prints the lines that a ruleset gets.\n\n"
                  "  --lang LANG        en, sr, sr@latin, pl or ru; en unless given\n"
                  "  --json             the whole template\n"
                  "  --set NAME=VALUE   a parameter other than its default, as `show` lists it\n\n"
                  "Exit status: 0 done; 1 no such template, or a value that does not fit: a sentence says "
                  "why; 2 wrong usage.\n");
}

static int complain(const struct vn_error *error)
{
    return vn_papers_failed("template", NULL, error);
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

static void print_value(const char *label, const json_t *value)
{
    char *text =
        value == NULL || json_is_null(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (value != NULL) {
        (void)printf("%s%s", label, text == NULL ? "none" : text);
    }
    free(text);
}

static void print_parameter(const json_t *parameter, const char *lang)
{
    const char *unit = json_string_value(json_object_get(parameter, "unit"));
    (void)printf("  %-14s %s\n", json_string_value(json_object_get(parameter, "name")),
                 text_of(parameter, "description", lang));
    (void)printf("  %-14s %s", "", json_string_value(json_object_get(parameter, "type")));
    (void)printf("%s%s", unit == NULL ? "" : ", ", unit == NULL ? "" : unit);
    print_value("; default ", json_object_get(parameter, "default"));
    print_value("; from ", json_object_get(parameter, "min"));
    print_value(" to ", json_object_get(parameter, "max"));
    (void)printf("\n");
}

static int show(const json_t *document, const char *lang, bool json)
{
    if (json) {
        bool good = json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
        (void)printf("\n");
        return good ? 0 : 1;
    }
    (void)printf("%s\n\n%s\n\n", text_of(document, "title", lang), text_of(document, "description", lang));
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

static int make(const json_t *document, char *const *sets, size_t set_count)
{
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = VN_OK;
    json_t *values = json_object();
    json_t *lines = NULL;
    for (size_t i = 0; i < set_count && status == VN_OK; i++) {
        if (!set_value(document, values, sets[i], &status, &error)) {
            json_decref(values);
            return vn_command_wrong("template", "--set wants NAME=VALUE, not", sets[i]);
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
    return status == VN_OK ? 0 : complain(&error);
}

struct words {
    const char *lang;
    bool json;
    size_t set_count;
    char *sets[VN_TEMPLATE_SETS_MAX];
};

/* 0: go on; else the exit status plus one. */
static int read_options(int argc, char **argv, struct words *words)
{
    static const struct option options[] = {{"lang", required_argument, NULL, 'l'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"set", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case 'l': words->lang = optarg; break;
        case 'j': words->json = true; break;
        case 's':
            if (words->set_count == VN_TEMPLATE_SETS_MAX) {
                return vn_command_wrong("template", "too many --set, from", optarg) + 1;
            }
            words->sets[words->set_count++] = optarg;
            break;
        case 'h': usage(stdout); return 1;
        default: return vn_command_wrong_option("template", option, argv[optind - 1]) + 1;
        }
    }
    return 0;
}

int vn_command_template(int argc, char **argv)
{
    struct words words = {.lang = "en"};
    struct vn_error error = {VN_OK, "", ""};
    json_t *document = NULL;
    int done = read_options(argc, argv, &words);
    if (done != 0) {
        return done - 1;
    }
    if (!vn_texts_speak(words.lang)) {
        return vn_command_wrong("template", "the words are not there in", words.lang);
    }
    int left = argc - optind;
    const char *verb = left > 0 ? argv[optind] : "";
    bool lists = strcmp(verb, "list") == 0;
    bool makes = strcmp(verb, "make") == 0;
    if (!lists && !makes && strcmp(verb, "show") != 0) {
        return left == 0 ? vn_command_wrong("template", "list, show or make is missing", NULL)
                         : vn_command_wrong("template", "list, show or make is wanted, not", verb);
    }
    if (left != (lists ? 1 : 2)) {
        return vn_command_wrong("template", lists ? "list wants nothing more" : "one ID is wanted after",
                                verb);
    }
    if ((!makes && words.set_count > 0) || (words.json && (makes || lists))) {
        return vn_command_wrong("template", "an option that does not go with", verb);
    }
    if (lists) {
        return list(words.lang);
    }
    if (vn_template_load(argv[optind + 1], &document, &error) != VN_OK) {
        return complain(&error);
    }
    int status = makes ? make(document, words.sets, words.set_count) : show(document, words.lang, words.json);
    json_decref(document);
    return status;
}
