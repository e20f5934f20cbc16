/* Options as a table: one row gives the name in the file, the type, the default and the sentence that --help
 * and the manual show. The file is the "key = value" format of inih, one file a program. */
#ifndef VN_BASE_CONFIG_H
#define VN_BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/base/error.h"

enum vn_option_type { VN_OPTION_TEXT, VN_OPTION_INT, VN_OPTION_BOOL };

struct vn_option {
    const char *name; /* as in the file */
    enum vn_option_type type;
    const char *fallback; /* its default, written as in the file */
    int64_t min, max;     /* for numbers; a text's size is that of its field */
    size_t offset, size;  /* of the field in the program's struct: char[], int64_t or bool */
    const char *help;     /* one sentence, with unit */
};

/* Sets every field to its default. */
void vn_config_defaults(const struct vn_option *table, size_t count, void *out);

/* Sets one option from text. VN_ABSENT for a name not in the table, VN_INPUT for a value that does not fit.
 */
VN_MUST_USE enum vn_status vn_config_set(const struct vn_option *table, size_t count, void *out,
                                         const char *name, const char *value, struct vn_error *error);

/* Reads a file over the defaults. VN_ABSENT when there is none, VN_INPUT naming line and option. */
VN_MUST_USE enum vn_status vn_config_load(const struct vn_option *table, size_t count, void *out,
                                          const char *path, struct vn_error *error);

/* Writes the table as text for --help. */
void vn_config_help(const struct vn_option *table, size_t count, FILE *out);

#endif
