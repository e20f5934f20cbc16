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

/* Sets every field to its default and reads the file over that. VN_ABSENT when there is none, VN_DENIED when it
 * can't be read by us, VN_INPUT naming line and option (unknown name, a value that does not fit, a section, a line
 * that is indented or longer than 198 bytes), VN_IO, VN_NOMEM. After a failure the fields before it are set. */
VN_MUST_USE enum vn_status vn_config_load(const struct vn_option *table, size_t count, void *out,
                                          const char *path, struct vn_error *error);

/* Writes the table as text for --help. */
void vn_config_help(const struct vn_option *table, size_t count, FILE *out);

#endif
