/* What neighbours lend: it is journaled before the till hears of it, and then waited for as an answer of the hub is. */
#include <stdlib.h>
#include <string.h>

#include "agent/till/internal.h"

bool rights_can_ask(const struct vn_till *till)
{
    return till->online || till->neighbours;
}

void vn_till_neighbours(struct vn_till *till, bool there)
{
    bool came = there && !till->neighbours;
    till->neighbours = there;
    if (came) {
        till->lane.nearby_asked = false;
        till_run(till);
    }
}

/* An answer that grants nothing: the counters say what is here. */
void vn_till_on_borrowed(struct vn_till *till, const struct vn_counters *rights, unsigned count)
{
    struct vn_rights_reply *reply = count == 0 ? NULL : calloc(1, sizeof *reply);
    here_borrowed(till, rights, count);
    for (unsigned i = 0; i < count; i++) {
        lane_update_right(till, &rights[i]);
        if (reply != NULL && reply->count < VN_RIGHTS_MAX) {
            struct vn_grant *grant = &reply->grants[reply->count++];
            memcpy(grant->account, rights[i].account, VN_ID_MAX);
            grant->granted = rights[i].granted;
        }
    }
    rights_take(till, reply, true, true);
    free(reply);
}
