#include "sync/hub/api/till_call.h"

#include "sync/hub/ledger/posting.h"

void vn_till_call_read(struct vn_task *task, struct vn_hub *hub)
{
    struct vn_till_call *self = (struct vn_till_call *)task;
    struct vn_error error = {VN_OK, "", ""};
    if (vn_call_check(&self->call, hub)) {
        enum vn_status status = self->run(self, hub, &error);
        if (status != VN_OK) {
            vn_answer_status(&task->answer, hub, status, &error);
        }
    }
}

struct writing {
    struct vn_till_call *self;
    struct vn_hub *hub;
    struct vn_error error;
};

static enum vn_status write_unit(void *ctx, struct vn_storage *storage)
{
    struct writing *writing = ctx;
    (void)storage; /* it is the hub's */
    vn_answer_deinit(&writing->self->call.task.answer);
    writing->error = (struct vn_error){VN_OK, "", ""};
    return vn_call_check(&writing->self->call, writing->hub)
               ? writing->self->run(writing->self, writing->hub, &writing->error)
               : VN_OK;
}

/* What the till did itself comes before what it asks for. Not *all: that is too much to wait for. */
static enum vn_status post_own(struct vn_till_call *self, struct vn_hub *hub, bool *all)
{
    enum vn_status status = VN_OK;
    *all = false;
    for (int i = 0; i < VN_POSTING_FIRST_MAX && status == VN_OK && !*all; i++) {
        status = vn_posting_till(hub, &self->call.enrolment, VN_POSTING_ENTRIES_MAX, all);
    }
    return status;
}

void vn_till_call_write(struct vn_task *task, struct vn_hub *hub)
{
    struct writing writing = {.self = (struct vn_till_call *)task, .hub = hub};
    bool posted = true;
    enum vn_status status = writing.self->posts ? post_own(writing.self, hub, &posted) : VN_OK;
    if (status == VN_OK && !posted) {
        task->answer.retry_after_s = 1;
        vn_answer_problem(&task->answer, 503, "busy", "what this till sent is still being posted", NULL);
        return;
    }
    if (status != VN_OK) {
        vn_answer_status(&task->answer, hub, status, NULL);
        return;
    }
    status = vn_storage_unit(hub->storage, VN_SQL_WRITE, write_unit, &writing);
    if (status != VN_OK) {
        vn_answer_status(&task->answer, hub, status, &writing.error);
    } else if (writing.self->after != NULL) {
        writing.self->after(writing.self, hub);
    }
}
