/* A till whose certificate is ours and which the loop's table does not have: another hub process over the same database may have
 * enrolled it. The database is asked; a till that it has is told to come again, and is known by then. */
#include "sync/hub/service/service.h"

struct stranger {
    struct vn_task task; /* first */
    struct vn_enrolment_id enrolment;
    struct vn_enrolment_row row;
    bool found;
    int64_t boot_seq; /* 0: none */
    uint8_t boot[VN_ID_BYTES];
};

static void look(struct vn_task *task, struct vn_hub *hub)
{
    struct stranger *stranger = (struct stranger *)task;
    enum vn_status status = vn_storage_enrolment_get(hub->storage, &stranger->enrolment, &stranger->row);
    if (status == VN_OK) {
        stranger->found = true;
        status = vn_storage_boot_last(hub->storage, stranger->row.id, &stranger->boot_seq, stranger->boot);
        status = status == VN_ABSENT ? VN_OK : status;
    }
    if (status == VN_OK) {
        task->answer.retry_after_s = 1;
        vn_answer_problem(&task->answer, 503, "again", "this hub has heard of the enrolment just now", NULL);
    } else if (status == VN_ABSENT) {
        vn_answer_problem(&task->answer, 403, "unknown",
                          "this hub does not know the enrolment: it is older than that, from a backup; the "
                          "till must enrol anew, with --replaces",
                          NULL);
    } else {
        vn_answer_status(&task->answer, hub, status, NULL);
    }
}

static bool looked(struct vn_task *task)
{
    const struct stranger *stranger = (struct stranger *)task;
    struct vn_fleet_table *fleet = task->service->fleet;
    int64_t mono_ms = vn_hub_mono_ms(task->service->hub);
    if (stranger->found && vn_fleet_table_put(fleet, &stranger->row, mono_ms) == VN_OK &&
        stranger->boot_seq > 0) {
        vn_fleet_table_boot(vn_fleet_table_find(fleet, &stranger->enrolment), stranger->boot_seq,
                            stranger->boot);
    }
    return false;
}

void vn_api_stranger(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_http_request *request)
{
    struct vn_enrolment_id id;
    if (vn_hex_decode(vn_view_str(request->peer->name), id.bytes, sizeof id.bytes) != VN_OK) {
        vn_http_reply_problem(exchange, 403, "denied", "the certificate is of no enrolment", NULL);
        return;
    }
    struct stranger *stranger = vn_task_new(sizeof *stranger, service, exchange, request);
    if (stranger != NULL) {
        stranger->enrolment = id;
        stranger->task.run = look;
        stranger->task.ended = looked;
        vn_task_post(&stranger->task, VN_LANE_READER);
    }
}
