/* The roster of this till's store: the hub says its number when it answers a report, and with each answer to a long-poll, which
 * ends for a new one. It is asked for when that is another than the one in force. One that can't be believed is not asked for
 * again at every word of the feed, but when a report is answered. */
#include "sync/wire/roster.h"
#include "agent/base/json.h"
#include "sync/uplink/internal.h"

#define TIMEOUT_MS 30000
#define AGAIN_NS   INT64_C(900000000000) /* until the feed's word for what was had in vain counts again */

void vn_uplink_on_roster(struct vn_uplink *u, const struct vn_cursor *roster)
{
    u->roster = *roster;
}

bool roster_is_due(const struct vn_uplink *u)
{
    return u->io.roster != NULL && u->roster_wanted.epoch > 0 &&
           !vn_cursor_equal(&u->roster, &u->roster_wanted);
}

void roster_send(struct vn_uplink *u)
{
    char tag[VN_ID_MAX];
    vn_roster_tag(&u->roster, tag);
    const struct vn_uplink_request request = {.method = "GET",
                                              .path = VN_ROSTER_PATH,
                                              .accept = "application/json",
                                              .none_match = u->roster.epoch > 0 ? tag : NULL,
                                              .timeout_ms = TIMEOUT_MS};
    u->up = UP_ROSTER;
    u->roster_asked = u->roster_wanted;
    u->roster_answered = false;
    u->roster_wanted = (struct vn_cursor){0, 0};
    u->channels[VN_UPLINK_UP].busy = true;
    u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
}

void roster_mark(struct vn_uplink *u, const struct vn_cursor *told)
{
    bool in_vain = u->roster_answered && vn_cursor_equal(told, &u->roster_asked) &&
                   vn_clock_mono_ns(&u->clock) - u->roster_answered_ns < AGAIN_NS;
    if (told->epoch > 0 && !in_vain) {
        u->roster_wanted = *told;
        upload_next(u);
    }
}

void roster_hear(struct vn_uplink *u, struct vn_view status_reply)
{
    struct vn_error error;
    struct vn_cursor wanted;
    json_t *root = NULL;
    if (vn_json_parse(status_reply, &root, &error) == VN_OK) {
        const char *text = json_string_value(json_object_get(root, "roster"));
        if (text != NULL && vn_cursor_read(vn_view_str(text), &wanted) == VN_OK) {
            u->roster_wanted = wanted;
        }
    }
    json_decref(root);
}

/* A till without a roster is as good as one of a hub that has none: the line to the hub is not judged by it. */
void roster_response(struct vn_uplink *u, const struct vn_uplink_response *response)
{
    u->roster_answered = response->status == VN_OK;
    u->roster_answered_ns = vn_clock_mono_ns(&u->clock);
    if (response->status == VN_OK && response->http_status == 200) {
        u->io.roster(u->io.ctx, response->body);
    } else if (response->status != VN_OK) {
        uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, response->reason, -1);
    }
}
