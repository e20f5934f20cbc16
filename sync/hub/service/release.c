/* Out of quarantine, what waited for an account that is known now, or for what tills had to tell. One till can send more of that
 * than the writer could do while the others wait, so it is done by pieces, in the last lane. What fails is done again with the
 * next account, or ten minutes later (service/jobs.c). */
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/service/service.h"

struct piece {
    struct vn_task task; /* first */
    struct vn_quarantine_place place;
    bool more;
};

static void begin(struct vn_service *service, struct vn_quarantine_place place);

static void release(struct vn_task *task, struct vn_hub *hub)
{
    struct piece *piece = (struct piece *)task;
    task->changed = vn_quarantine_release_known(hub, VN_RELEASE_MAX, &piece->place, &piece->more) == VN_OK;
}

/* A round goes through all of them once: what stays would else be tried again and again before those behind it. */
static bool released(struct vn_task *task)
{
    const struct piece *piece = (const struct piece *)task;
    struct vn_service *service = task->service;
    service->releases = false;
    if (piece->more && !service->ending) {
        begin(service, piece->place);
    } else if (service->known_meanwhile) {
        vn_service_release(service);
    }
    return false;
}

static void begin(struct vn_service *service, struct vn_quarantine_place place)
{
    struct piece *piece = vn_task_own(sizeof *piece, service);
    service->releases = piece != NULL;
    service->known_meanwhile = service->known_meanwhile || piece == NULL;
    if (piece != NULL) {
        piece->place = place;
        piece->task.run = release;
        piece->task.ended = released;
        vn_task_post(&piece->task, VN_LANE_LAST);
    }
}

void vn_service_release(struct vn_service *service)
{
    if (service->releases || service->ending) {
        service->known_meanwhile = true;
        return;
    }
    service->known_meanwhile = false;
    begin(service, (struct vn_quarantine_place){0, 0});
}
