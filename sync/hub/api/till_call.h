/* A request of a till that is done on one thread: what the files of this room share. */
#ifndef VN_HUB_API_TILL_CALL_H
#define VN_HUB_API_TILL_CALL_H

#include "sync/hub/service/service.h"

struct vn_till_call {
    struct vn_call call; /* first */
    /* In the transaction of the call, which is committed if it returns VN_OK; else the answer is told of *error, if it
     * has none yet. */
    enum vn_status (*run)(struct vn_till_call *call, struct vn_hub *hub, struct vn_error *error);
    void (*after)(struct vn_till_call *call, struct vn_hub *hub); /* when that was committed; may be NULL */
    const char *rest;                                             /* of the path */
    bool posts;                                                   /* the till's own entries first */
    unsigned taken;                                               /* entries, to be posted */
    bool more;                       /* waits for the account that is known now */
    struct vn_enrolment_id replaced; /* it was revoked, if there is such an enrolment */
    char none_match[VN_ID_MAX];      /* If-None-Match; "": without */
    struct vn_cursor roster;         /* of the till's store; {0, 0}: none */
    bool roster_made;                /* by this call */
};

/* For task.run, on the writer and on the reader. */
void vn_till_call_write(struct vn_task *task, struct vn_hub *hub);
void vn_till_call_read(struct vn_task *task, struct vn_hub *hub);

/* `run` and `ended` of POST /v1/status and GET /v1/roster (roster.c). */
VN_MUST_USE enum vn_status vn_api_status(struct vn_till_call *self, struct vn_hub *hub,
                                         struct vn_error *error);
bool vn_api_status_ended(struct vn_task *task);
VN_MUST_USE enum vn_status vn_api_roster(struct vn_till_call *self, struct vn_hub *hub,
                                         struct vn_error *error);
bool vn_api_roster_ended(struct vn_task *task);

#endif
