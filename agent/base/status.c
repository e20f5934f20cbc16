#include "agent/base/status.h"

const char *vn_status_name(enum vn_status status)
{
    static const char *const names[] = {
        [VN_OK] = "ok",         [VN_ARG] = "arg",           [VN_INPUT] = "input",
        [VN_IO] = "io",         [VN_GONE] = "gone",         [VN_TIMEOUT] = "timeout",
        [VN_AGAIN] = "again",   [VN_CORRUPT] = "corrupt",   [VN_FULL] = "full",
        [VN_DENIED] = "denied", [VN_NOMEM] = "nomem",       [VN_UNSUPPORTED] = "unsupported",
        [VN_ABSENT] = "absent", [VN_CONFLICT] = "conflict",
    };
    if ((unsigned)status >= sizeof names / sizeof names[0]) {
        return "unknown";
    }
    return names[status];
}
