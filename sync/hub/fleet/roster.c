#include "sync/hub/fleet/roster.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"

enum vn_status vn_roster_hear(struct vn_hub *hub, const struct vn_enrolment_row *row, const json_t *report,
                              struct vn_error *error)
{
    struct vn_peer_place place;
    struct vn_json_in in = vn_json_root(report, error);
    struct vn_json_in peer = vn_json_object(&in, VN_PEER_MEMBER, VN_OPTIONAL);
    if (vn_json_failed(&in) || peer.value == NULL) {
        return error->status;
    }
    vn_peer_place_read(&peer, &place);
    return vn_json_failed(&in) ? VN_INPUT
                               : vn_storage_peer_put(hub->storage, row->id, &place, vn_hub_now_ms(hub));
}

static enum vn_status sign(struct vn_hub *hub, struct vn_view text, struct vn_roster_row *row)
{
    struct vn_buf message;
    vn_buf_init(&message, VN_ROSTER_BYTES_MAX + 64);
    enum vn_status status = vn_roster_signed_text(text, &message);
    if (status == VN_OK) {
        status = vn_sign(hub->keys->publishing, &hub->random, vn_buf_view(&message), row->signature,
                         &row->signature_len);
    }
    vn_buf_deinit(&message);
    return status;
}

static enum vn_status gather(struct vn_hub *hub, const char *store, struct vn_roster *out)
{
    out->epoch = hub->epoch;
    enum vn_status status = vn_view_copy_str(vn_view_str(store), out->store, sizeof out->store);
    if (status == VN_OK) {
        status = vn_storage_peers(hub->storage, store, out->tills, &out->till_count);
    }
    if (status == VN_OK) {
        status =
            vn_storage_transfers_gone(hub->storage, store, out->gone, VN_ROSTER_GONE_MAX, &out->gone_count);
    }
    if (status == VN_OK && !VN_PLANTED(GONE_LOANS_NOT_ASKED)) {
        status = vn_storage_transfers_unended(hub->storage, store, out->open, &out->open_count);
    }
    return status == VN_OK && out->till_count == 0 ? VN_ABSENT : status;
}

/* Into `fresh`, with the next number and signed, and stored. */
static enum vn_status make(struct vn_hub *hub, struct vn_roster *roster, struct vn_roster_row *row,
                           struct vn_buf *fresh)
{
    row->epoch = roster->epoch;
    row->number = ++roster->number;
    vn_buf_clear(fresh);
    enum vn_status status = vn_roster_write(roster, fresh);
    if (status == VN_OK) {
        status = sign(hub, vn_buf_view(fresh), row);
    }
    if (status == VN_OK) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "roster_made", VN_S("store", roster->store),
                     VN_I("number", row->number), VN_I("tills", roster->till_count));
        status = vn_storage_roster_put(hub->storage, roster->store, row, vn_buf_view(fresh));
    }
    return status;
}

enum vn_status vn_roster_now(struct vn_hub *hub, const char *store, struct vn_roster_row *out,
                             struct vn_buf *text)
{
    struct vn_roster *roster = calloc(1, sizeof *roster);
    struct vn_buf last;
    struct vn_buf fresh;
    vn_buf_init(&last, VN_ROSTER_BYTES_MAX);
    vn_buf_init(&fresh, VN_ROSTER_BYTES_MAX);
    enum vn_status status = roster == NULL ? VN_NOMEM : gather(hub, store, roster);
    if (status == VN_OK) {
        status = vn_storage_roster_get(hub->storage, store, out, &last);
        status = status == VN_ABSENT ? VN_OK : status;
    }
    if (status == VN_OK && out->number > 0) {
        roster->number = out->number;
        status = vn_roster_write(roster, &fresh);
    }
    if (status == VN_OK && !(last.len > 0 && vn_view_equal(vn_buf_view(&last), vn_buf_view(&fresh)))) {
        status = make(hub, roster, out, &fresh);
    }
    if (status == VN_OK && text != NULL) {
        status = vn_buf_append(text, vn_buf_view(&fresh));
    }
    vn_buf_deinit(&last);
    vn_buf_deinit(&fresh);
    free(roster);
    return status;
}

enum vn_status vn_roster_refresh(struct vn_hub *hub, const char *store)
{
    struct vn_roster_row row;
    enum vn_status status = vn_roster_now(hub, store, &row, NULL);
    return status == VN_ABSENT ? VN_OK : status;
}
