/* What a verb tells the running hub of a backup that it has made. */
#include "sync/hub/epoch/backup.h"

#include "sync/hub/api/admin.h"

void vn_api_durable(struct vn_admin *admin)
{
    int64_t count = 0;
    enum vn_status status = vn_backup_told(admin->hub, admin->task.request.body, &count, &admin->error);
    if (status == VN_OK) {
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "backup_made", VN_I("enrolments", count),
                     VN_S("by", admin->who));
    }
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:I}", "enrolments", (json_int_t)count) : NULL);
}
