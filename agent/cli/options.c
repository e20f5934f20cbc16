#include "agent/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt's names for the options: above any character, so that a short option is known from a long one. */
#define HELP       256
#define FIRST      257
#define SHORT_SIZE 3  /* "-x" */
#define NAME_SIZE  32 /* "--first-receipt" */

#define LETTERS_END 0x80 /* of those that are one byte, as getopt takes them all to be */

int vn_options_wrong(const char *verb, const char *what, const char *word)
{
    (void)fprintf(stderr, "verno %s: %s%s%s%s; verno %s --help tells more\n", verb, what,
                  word == NULL ? "" : " '", word == NULL ? "" : word, word == NULL ? "" : "'", verb);
    return 2;
}

/* For getopt_long's answers ':' and '?', about the word that it stopped at. */
static int refuse(const struct vn_command_line *line, const struct option *table, int answer,
                  const char *word)
{
    unsigned alike = 0;
    if (answer == ':') {
        return vn_options_wrong(line->verb, "a value is missing after", word);
    }
    if (optopt >= HELP) {
        return vn_options_wrong(line->verb, "no value goes with", word);
    }
    if (optopt != 0) {
        const char name[SHORT_SIZE] = {'-', (char)optopt, '\0'};
        bool whole = optopt > 0 && optopt < LETTERS_END;
        return vn_options_wrong(line->verb, whole ? "there is no option" : "no option is one letter",
                                whole ? name : NULL);
    }
    for (; table->name != NULL; table++) {
        alike += strncmp(table->name, word + 2, strcspn(word + 2, "=")) == 0 ? 1 : 0;
    }
    return vn_options_wrong(line->verb, alike > 1 ? "more than one option begins with" : "there is no option",
                            word);
}

static bool add(struct vn_option_list *list, const char *text)
{
    if (list == NULL || list->count == list->max) {
        return false;
    }
    list->items[list->count++] = text;
    return true;
}

/* 0, or the exit status after a sentence. */
static int take(const struct vn_command_line *line, const struct vn_option *option, const char *word)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "--%s", option->name);
    if (option->flag != NULL && !*option->flag) {
        *option->flag = true;
        return 0;
    }
    if (option->flag == NULL && word[0] == '\0') {
        return vn_options_wrong(line->verb, "a value is missing after", name);
    }
    if (option->list != NULL) {
        return add(option->list, word)
                   ? 0
                   : vn_options_wrong(line->verb, "there are more than it takes of", name);
    }
    if (option->flag != NULL || *option->value != NULL) {
        return vn_options_wrong(line->verb, "given twice:", name);
    }
    *option->value = word;
    return 0;
}

static void fill_table(const struct vn_command_line *line, struct option table[VN_OPTIONS_MAX + 2])
{
    memset(table, 0, (VN_OPTIONS_MAX + 2) * sizeof *table);
    for (size_t i = 0; i < line->option_count; i++) {
        table[i].name = line->options[i].name;
        table[i].has_arg = line->options[i].flag == NULL ? required_argument : no_argument;
        table[i].val = FIRST + (int)i;
    }
    table[line->option_count].name = "help";
    table[line->option_count].val = HELP;
}

bool vn_options_read(const struct vn_command_line *line, int argc, char **argv, int *exit_status)
{
    struct option table[VN_OPTIONS_MAX + 2];
    int answer = 0;
    fill_table(line, table);
    opterr = 0;
    *exit_status = 0;
    while ((answer = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (answer == HELP) {
            (void)fputs(line->usage, stdout);
            return false;
        }
        *exit_status = answer < FIRST ? refuse(line, table, answer, argv[optind - 1])
                                      : take(line, &line->options[answer - FIRST], optarg);
        if (*exit_status != 0) {
            return false;
        }
    }
    for (int i = optind; i < argc; i++) {
        if (!add(line->words, argv[i])) {
            *exit_status = vn_options_wrong(line->verb, "what is", argv[i]);
            return false;
        }
    }
    return true;
}

bool vn_options_one_stdin(const char *verb, const char *const *paths, size_t count)
{
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        found += paths[i] != NULL && strcmp(paths[i], "-") == 0 ? 1 : 0;
    }
    if (found > 1) {
        (void)vn_options_wrong(verb, "only one of the files can be standard input", NULL);
    }
    return found <= 1;
}

bool vn_options_locale(const char *verb, const char *name, const struct vn_locale **out)
{
    *out = vn_texts_locale(name);
    if (name != NULL && !vn_texts_speak(name)) {
        (void)vn_options_wrong(verb, "--locale wants en, sr, sr@latin, pl or ru, not", name);
        return false;
    }
    return true;
}

bool vn_options_number(const char *text, int64_t least, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *out = number;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= least;
}
