/* POST /v1/members: see sync/wire/signup.h. */
#include <stdlib.h>

#include "sync/hub/feed/feed.h"
#include "sync/hub/masters/import_signup.h"
#include "sync/hub/service/service.h"

enum vn_status vn_api_signup(struct vn_call *call, struct vn_hub *hub, struct vn_error *error)
{
    struct vn_signup signup;
    struct vn_feed_item *item = calloc(1, sizeof *item);
    struct vn_buf body;
    int64_t id = 0;
    bool fresh = false;
    vn_buf_init(&body, 65536);
    enum vn_status status =
        item == NULL ? VN_NOMEM : vn_signup_decode(call->task.request.body, &signup, error);
    if (status == VN_OK) {
        status = vn_import_signup(hub, &signup, &id, &fresh, error);
    }
    if (status == VN_OK) {
        status = vn_feed_member_item(hub, id, &call->row, item);
    }
    if (status == VN_OK) {
        status = vn_feed_item_encode(item, &body);
    }
    if (status == VN_OK) {
        vn_answer_bytes(&call->task.answer, fresh ? 201 : 200, "application/json", &body);
        call->task.changed = fresh;
    }
    vn_buf_deinit(&body);
    free(item);
    return status;
}
