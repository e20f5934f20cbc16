#include "agent/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cutting may have left half a UTF-8 character at the end, which would make the text unfit for JSON. */
static void drop_half_character(char *text)
{
    size_t end = strlen(text);
    size_t start = end;
    while (start > 0 && end - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needs = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (needs > end - start) {
        text[start - 1] = '\0';
    }
}

enum vn_status vn_fail(struct vn_error *error, enum vn_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->status = status;
        error->pointer[0] = '\0';
        va_start(args, format);
        int len = vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
        if (len >= (int)sizeof error->text) {
            drop_half_character(error->text);
        }
    }
    return status;
}
