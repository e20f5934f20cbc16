#include "agent/app/status.h"

static json_t *devices_json(const struct vn_devices *devices)
{
    json_t *list = json_array();
    for (size_t i = 0; devices != NULL && i < vn_devices_count(devices); i++) {
        const char *why = vn_devices_why(devices, i);
        json_t *device =
            json_pack("{s:s, s:s, s:s*}", "device", vn_devices_id(devices, i), "state",
                      vn_devices_present(devices, i) ? "found" : "lost", "why", why[0] == '\0' ? NULL : why);
        if (json_array_append_new(list, device) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static const char *state_name(const struct vn_uplink_info *info)
{
    return info->state == VN_UPLINK_BACKOFF ? "offline" : vn_uplink_state_name(info->state);
}

json_t *vn_status_json(const struct vn_status_facts *facts)
{
    char enrolment[2 * VN_ID_BYTES + 1];
    const struct vn_uplink_info *info = &facts->uplink;
    vn_hex_encode(vn_view_of(facts->enrolment->id.bytes, VN_ID_BYTES), enrolment);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:I, s:I, "
                     "s:I, s:I, s:I, s:o*}",
                     "version", VERNO_VERSION, "store", facts->enrolment->store, "till",
                     facts->enrolment->till, "enrolment", enrolment, "state", state_name(info), "online",
                     info->online, "reason", info->reason, "offline_since_ms",
                     (json_int_t)info->offline_since_ms, "journal", "seq", (json_int_t)facts->head->seq,
                     "acked", (json_int_t)info->acked_seq, "durable", (json_int_t)info->durable_seq,
                     "quarantined", (json_int_t)info->quarantined, "version", (json_int_t)VN_ENTRY_VERSION,
                     "hub_reads", (json_int_t)info->hub_entries, "ruleset",
                     (json_int_t)vn_till_ruleset_number(facts->till), "promotions",
                     (json_int_t)vn_till_promotion_count(facts->till), "members",
                     (json_int_t)facts->counts.members, "items", (json_int_t)facts->counts.items, "coupons",
                     (json_int_t)facts->counts.coupons, "devices", devices_json(facts->devices));
}
