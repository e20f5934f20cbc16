/* Out of quarantine, what waited for an account that is known now, or for what tills had to tell. One till can send more of that
 * than the writer could do while the others wait, so it is done by pieces, in the last lane. What fails is done again with the
 * next account, when something was posted that it may have waited for, or ten minutes later (service/jobs.c). */
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/service/service.h"

struct piece {
    struct vn_task task; /* first */
    struct vn_quarantine_round round;
};

static void begin(struct vn_service *service, struct vn_quarantine_round round);

static void release(struct vn_task *task, struct vn_hub *hub)
{
    struct piece *piece = (struct piece *)task;
    task->changed = vn_quarantine_release_known(hub, VN_RELEASE_MAX, &piece->round) == VN_OK;
}

/* A round goes through all of them once: what stays would else be tried again and again before those behind it. */
static bool released(struct vn_task *task)
{
    const struct piece *piece = (const struct piece *)task;
    struct vn_service *service = task->service;
    service->releases = false;
    service->try_again = service->try_again || piece->round.released; /* by which others may go on */
    if (piece->round.more && !service->ending) {
        begin(service, piece->round);
    } else if (service->known_meanwhile) {
        vn_service_release(service);
    }
    return false;
}

static void begin(struct vn_service *service, struct vn_quarantine_round round)
{
    struct piece *piece = vn_task_own(sizeof *piece, service);
    service->releases = piece != NULL;
    service->known_meanwhile = service->known_meanwhile || piece == NULL;
    if (piece != NULL) {
        piece->round = round;
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
    const struct vn_quarantine_round round = {.counts = service->look_due};
    service->known_meanwhile = service->look_due = service->try_again = false;
    begin(service, round);
}

void vn_service_look(struct vn_service *service)
{
    service->look_due = true;
    vn_service_release(service);
}
