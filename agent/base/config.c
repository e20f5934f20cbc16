#include "agent/base/config.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum vn_status set(const struct vn_option *option, void *out, const char *value,
                          struct vn_error *error)
{
    char *field = (char *)out + option->offset;
    char *end = NULL;
    switch (option->type) {
    case VN_OPTION_TEXT:
        if (strlen(value) >= option->size) {
            return vn_fail(error, VN_INPUT, "%s: longer than %zu bytes", option->name, option->size - 1);
        }
        memcpy(field, value, strlen(value) + 1);
        return VN_OK;
    case VN_OPTION_INT: {
        errno = 0;
        long long number = strtoll(value, &end, 10);
        if (errno != 0 || end == value || *end != '\0' || number < option->min || number > option->max) {
            return vn_fail(error, VN_INPUT, "%s: expected a number from %lld to %lld, found '%s'",
                           option->name, (long long)option->min, (long long)option->max, value);
        }
        int64_t wide = number;
        memcpy(field, &wide, sizeof wide);
        return VN_OK;
    }
    case VN_OPTION_BOOL: {
        bool yes = strcmp(value, "yes") == 0;
        if (!yes && strcmp(value, "no") != 0) {
            return vn_fail(error, VN_INPUT, "%s: expected yes or no, found '%s'", option->name, value);
        }
        memcpy(field, &yes, sizeof yes);
        return VN_OK;
    }
    }
    return VN_ARG;
}

static void set_defaults(const struct vn_option *table, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++) {
        enum vn_status ignored = set(&table[i], out, table[i].fallback, NULL);
        (void)ignored; /* a default that does not fit is found by the table's own test */
    }
}

static enum vn_status set_named(const struct vn_option *table, size_t count, void *out, const char *name,
                                const char *value, struct vn_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return set(&table[i], out, value, error);
        }
    }
    return vn_fail(error, VN_ABSENT, "there is no option '%s'", name);
}

struct load {
    const struct vn_option *table;
    size_t count;
    void *out;
    struct vn_error *error;
};

static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct load *load = user;
    if (section[0] != '\0') {
        (void)vn_fail(load->error, VN_INPUT, "there are no sections: [%s]", section);
        return 0;
    }
    /* the first fault is the one that is told, and inih goes on behind it */
    return load->error->status == VN_OK &&
           set_named(load->table, load->count, load->out, name, value, load->error) == VN_OK;
}

/* inih takes what does not fit its line for the next line, an indented line for more of the option above, and
 * anything that opens for a file: so the lines come through here. */
struct source {
    FILE *file;
    unsigned line;
    const char *fault; /* of that line; reading ends with it */
};

static char *next_line(char *out, int size, void *stream)
{
    struct source *source = stream;
    if (source->fault != NULL || fgets(out, size, source->file) == NULL) {
        return NULL;
    }
    source->line++;
    size_t len = strlen(out);
    if (len + 1 == (size_t)size && out[len - 1] != '\n') {
        source->fault = "the line is too long";
        return NULL;
    }
    if ((out[0] == ' ' || out[0] == '\t') && out[strspn(out, " \t\r\n")] != '\0') {
        source->fault = "a name begins at the line's beginning";
        return NULL;
    }
    return out;
}

enum vn_status vn_config_load(const struct vn_option *table, size_t count, void *out, const char *path,
                              struct vn_error *error)
{
    struct vn_error inner = {VN_OK, "", ""};
    struct load load = {table, count, out, &inner};
    set_defaults(table, count, out);
    struct source source = {.file = fopen(path, "re")};
    if (source.file == NULL) {
        enum vn_status status = errno == ENOENT ? VN_ABSENT : errno == EACCES ? VN_DENIED : VN_IO;
        return vn_fail(error, status, "%s: %s", path, strerror(errno));
    }
    int line = ini_parse_stream(next_line, &source, on_pair, &load);
    int code = ferror(source.file) != 0 ? errno : 0;
    (void)fclose(source.file);
    if (code != 0) {
        return vn_fail(error, VN_IO, "%s: %s", path, strerror(code));
    }
    if (line < 0) {
        return vn_fail(error, VN_NOMEM, "%s: out of memory", path);
    }
    if (line > 0) {
        return vn_fail(error, VN_INPUT, "%s line %d: %s", path, line,
                       inner.text[0] == '\0' ? "expected name = value" : inner.text);
    }
    return source.fault == NULL ? VN_OK
                                : vn_fail(error, VN_INPUT, "%s line %u: %s", path, source.line, source.fault);
}

void vn_config_help(const struct vn_option *table, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "  %-18s %s", table[i].name, table[i].help);
        if (table[i].fallback[0] != '\0') {
            (void)fprintf(out, " [%s]", table[i].fallback);
        }
        (void)fputc('\n', out);
    }
}
