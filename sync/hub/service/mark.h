/* Keeps the mark of the second place (epoch.h) while the hub runs: at most once a second, on the reader, and at the end; and
 * every five seconds the lists of whom the chain enrolled and revoked, beside it. What it notes is also the time; so it is here
 * that the log is told when the machine's clock begins to be doubted (clock_guard.h). */
#ifndef VN_HUB_SERVICE_MARK_H
#define VN_HUB_SERVICE_MARK_H

#include "sync/hub/core/said.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/service/service.h"

struct vn_mark_keeper {
    struct vn_service *service;
    uv_timer_t timer;
    char path[VN_PATH_MAX];
    struct vn_mark noted;
    bool doubted;        /* the machine's clock, when last looked at */
    bool busy;           /* a task is under way */
    unsigned turns;      /* until the lists are looked at */
    struct vn_said said; /* that the mark can't be written; as the two below, the reader's */
    struct vn_epoch_lists lists;
};

/* On the loop; the keeper and the service outlive the timer. */
void vn_mark_keeper_start(struct vn_mark_keeper *keeper, struct vn_service *service, const char *path);
/* Ends the timer, before the service is closed. */
void vn_mark_keeper_close(struct vn_mark_keeper *keeper);
/* The last word, when the threads have ended. */
void vn_mark_keeper_finish(struct vn_mark_keeper *keeper);

#endif
