#include "agent/base/error.h"

#include <stdarg.h>
#include <stdio.h>

enum vn_status vn_fail(struct vn_error *error, enum vn_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->status = status;
        error->pointer[0] = '\0';
        va_start(args, format);
        (void)vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return status;
}
