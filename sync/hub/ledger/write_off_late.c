/* An entry that was in quarantine when its till was written off is decided: no right stays with a till that is gone. */
#include "sync/hub/ledger/write_off_work.h"

/* The transaction is not this one's to end: what can't be booked is for people. */
static enum vn_status leave(const struct vn_write_off *self, enum vn_status status)
{
    if (!vn_apply_is_to_blame(status, self->error)) {
        return status;
    }
    vn_log_event(self->post->log, VN_LOG_ERROR, "left_with_gone_till", VN_S("till", self->row->till),
                 VN_S("reason", self->error->text));
    return VN_OK;
}

enum vn_status vn_write_off_is_gone(struct vn_post *post, const struct vn_enrolment_row *row, bool *out)
{
    *out = false;
    return row->state == VN_ENROLMENT_ACTIVE ? VN_OK : vn_storage_written_off(post->storage, row->id, out);
}

enum vn_status vn_write_off_late(struct vn_post *post, const struct vn_enrolment_row *row,
                                 const struct vn_moved *moved, int64_t at_ms)
{
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_write_off self = {
        .post = post, .row = row, .at_ms = at_ms, .late = true, .error = &error};
    bool gone = false;
    int64_t after = 0;
    unsigned sales =
        row->quarantined == 0 ? 1 : 0; /* that may be held; with others in quarantine, they wait */
    enum vn_status status = vn_write_off_is_gone(post, row, &gone);
    for (unsigned i = 0; i < moved->count && gone && status == VN_OK; i++) {
        status = leave(&self, vn_write_off_account(&self, moved->rows[i].account));
    }
    while (sales > 0 && gone && status == VN_OK) {
        status = leave(&self, vn_write_off_holds(&self, &after, &sales));
    }
    return status;
}
