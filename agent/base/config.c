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

void vn_config_defaults(const struct vn_option *table, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++) {
        enum vn_status ignored = set(&table[i], out, table[i].fallback, NULL);
        (void)ignored; /* a default that does not fit is found by the table's own test */
    }
}

enum vn_status vn_config_set(const struct vn_option *table, size_t count, void *out, const char *name,
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
    (void)section;
    return vn_config_set(load->table, load->count, load->out, name, value, load->error) == VN_OK;
}

enum vn_status vn_config_load(const struct vn_option *table, size_t count, void *out, const char *path,
                              struct vn_error *error)
{
    struct vn_error inner = {VN_OK, "", ""};
    struct load load = {table, count, out, &inner};
    vn_config_defaults(table, count, out);
    int line = ini_parse(path, on_pair, &load);
    if (line == 0) {
        return VN_OK;
    }
    if (line == -1) {
        return vn_fail(error, VN_ABSENT, "%s: %s", path, strerror(errno));
    }
    if (line < 0) {
        return vn_fail(error, VN_NOMEM, "%s: out of memory", path);
    }
    return vn_fail(error, VN_INPUT, "%s line %d: %s", path, line,
                   inner.text[0] == '\0' ? "expected name = value" : inner.text);
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
