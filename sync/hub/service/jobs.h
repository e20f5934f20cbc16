/* Runs the jobs beside everything else: a slice at a time in the writer's first lane, in turn with intake, begun every ten
 * seconds; and every ten minutes, at the start, and when there is a reason, a look for what may go on out of quarantine. */
#ifndef VN_HUB_SERVICE_JOBS_H
#define VN_HUB_SERVICE_JOBS_H

#include "sync/hub/service/service.h"

struct vn_job_keeper {
    struct vn_service *service;
    uv_timer_t timer;
    bool busy;           /* a slice is under way */
    unsigned turn;       /* of the timer */
    struct vn_said said; /* that it fails; the writer's */
};

/* On the loop; the keeper and the service outlive the timer. */
void vn_job_keeper_start(struct vn_job_keeper *keeper, struct vn_service *service);
void vn_job_keeper_close(struct vn_job_keeper *keeper); /* before the service is closed */

#endif
