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
};

/* For task.run, on the writer and on the reader. */
void vn_till_call_write(struct vn_task *task, struct vn_hub *hub);
void vn_till_call_read(struct vn_task *task, struct vn_hub *hub);

#endif
