/* Details of a failure, filled into a struct of the caller's beside the returned vn_status.
 *
 * `text` is for people and logs: one sentence, in English, without card numbers. `pointer` is set when a JSON
 * document is to blame (RFC 6901, "" = the whole document), so that an answer to a POS can name the field. */
#ifndef VN_BASE_ERROR_H
#define VN_BASE_ERROR_H

#include "agent/base/limits.h"
#include "agent/base/status.h"

struct vn_error {
    enum vn_status status;
    char text[VN_ERROR_TEXT_MAX];
    char pointer[VN_JSON_POINTER_MAX];
};

/* Fills *error (which may be NULL) and returns `status`, so that a function can end with `return
 * vn_fail(...)`. */
enum vn_status vn_fail(struct vn_error *error, enum vn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
