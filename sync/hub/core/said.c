#include "sync/hub/core/said.h"

#include <stdio.h>
#include <string.h>

bool vn_said_failed(struct vn_said *said, int64_t mono_ms, const char *what, int64_t *times)
{
    *times = ++said->unsaid;
    if (said->said && strncmp(said->what, what, sizeof said->what - 1) == 0 &&
        mono_ms - said->at_ms < VN_SAY_AGAIN_MS) {
        return false;
    }
    (void)snprintf(said->what, sizeof said->what, "%s", what);
    said->at_ms = mono_ms;
    said->unsaid = 0;
    said->said = true;
    return true;
}

void vn_said_worked(struct vn_said *said)
{
    said->said = false;
    said->unsaid = 0;
}
