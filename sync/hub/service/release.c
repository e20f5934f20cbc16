/* Out of quarantine, what waited for an account that is known now. One till can send more of that than the writer could do while
 * the others wait, so it is done by pieces, in the last lane. What fails is done again with the next account, or
 * ten minutes later (service/jobs.c). */
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/service/service.h"

struct piece {
    struct vn_task task; /* first */
    bool more;
};

static void release(struct vn_task *task, struct vn_hub *hub)
{
    struct piece *piece = (struct piece *)task;
    task->changed = vn_quarantine_release_known(hub, VN_RELEASE_MAX, &piece->more) == VN_OK;
}

static bool released(struct vn_task *task)
{
    struct vn_service *service = task->service;
    service->releases = false;
    if (((struct piece *)task)->more || service->known_meanwhile) {
        vn_service_release(service);
    }
    return false;
}

void vn_service_release(struct vn_service *service)
{
    if (service->releases || service->ending) {
        service->known_meanwhile = true;
        return;
    }
    struct piece *piece = vn_task_own(sizeof *piece, service);
    service->known_meanwhile = piece == NULL;
    if (piece != NULL) {
        service->releases = true;
        piece->task.run = release;
        piece->task.ended = released;
        vn_task_post(&piece->task, VN_LANE_LAST);
    }
}
