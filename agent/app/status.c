#include "agent/app/status.h"

#include <stdio.h>

#define CLOCK_OFF_MS 300000 /* a clock that is further from the hub's than this is wrong */
#define JOURNAL_WARN (VN_JOURNAL_PENDING_MAX / 2)

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

static void add_trouble(json_t *list, const char *text)
{
    (void)json_array_append_new(list, json_string(text)); /* without memory one line is missing */
}

static void add_clock_trouble(json_t *list, int64_t hub_offset_ms)
{
    char text[VN_ERROR_TEXT_MAX];
    long long off_s = (hub_offset_ms < 0 ? -hub_offset_ms : hub_offset_ms) / 1000;
    const char *unit = off_s < 7200 ? "minutes" : off_s < 172800 ? "hours" : "days";
    long long count = off_s < 7200 ? off_s / 60 : off_s < 172800 ? off_s / 3600 : off_s / 86400;
    if (off_s * 1000 > CLOCK_OFF_MS) {
        (void)snprintf(text, sizeof text, "the clock of this till is %lld %s %s the hub's: set it", count,
                       unit, hub_offset_ms < 0 ? "ahead of" : "behind");
        add_trouble(list, text);
    }
}

static void add_journal_trouble(json_t *list, const struct vn_status_facts *facts)
{
    char text[VN_ERROR_TEXT_MAX];
    struct vn_error why;
    long long kept = facts->head->seq - facts->head->base_seq;
    if (facts->journal_trouble[0] != '\0') {
        (void)snprintf(text, sizeof text, "the last sale was not recorded: %.200s", facts->journal_trouble);
        add_trouble(list, text);
    }
    if (facts->journal_damaged) {
        add_trouble(list, "the journal is damaged: what can still be recorded is, but enrol this till into "
                          "another folder soon, and keep this one for support");
    }
    if (kept >= JOURNAL_WARN) {
        (void)vn_journal_why_full(facts->head, &why);
        (void)snprintf(text, sizeof text, "%s: %.180s",
                       kept >= VN_JOURNAL_PENDING_MAX ? "the journal is full, and no points can be paid with"
                                                      : "the journal will be full",
                       why.text);
        add_trouble(list, text);
    }
}

static void add_certificate_trouble(json_t *list, const struct vn_uplink_info *info)
{
    char text[VN_ERROR_TEXT_MAX];
    char until[VN_TIME_TEXT_MAX];
    if (info->renewal[0] != '\0') {
        vn_time_text(info->certificate_until_ms, until);
        (void)snprintf(text, sizeof text,
                       "the certificate of this till is good until %.10s and was not renewed: %.160s", until,
                       info->renewal);
        add_trouble(list, text);
    }
}

/* What is wrong with this till, a sentence each; what is wrong with the line to the hub is in "reason". */
static json_t *troubles_json(const struct vn_status_facts *facts)
{
    json_t *list = json_array();
    add_journal_trouble(list, facts);
    add_clock_trouble(list, facts->uplink.hub_offset_ms);
    add_certificate_trouble(list, &facts->uplink);
    return list;
}

json_t *vn_status_json(const struct vn_status_facts *facts)
{
    char enrolment[2 * VN_ID_BYTES + 1];
    char pruned[2 * VN_HASH_SIZE + 1];
    const struct vn_uplink_info *info = &facts->uplink;
    vn_hex_encode(vn_view_of(facts->enrolment->id.bytes, VN_ID_BYTES), enrolment);
    vn_hex_encode(vn_view_of(facts->head->base_hash.bytes, VN_HASH_SIZE), pruned);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:o*, s:{s:I, s:I, s:I, s:I, s:s, s:I, s:I, "
        "s:I}, "
        "s:I, "
        "s:I, s:I, s:I, s:I, s:o*}",
        "version", VERNO_VERSION, "store", facts->enrolment->store, "till", facts->enrolment->till,
        "enrolment", enrolment, "state", state_name(info), "online", info->online, "reason", info->reason,
        "nothing_granted", info->nothing_granted, "offline_since_ms", (json_int_t)info->offline_since_ms,
        "hub_offset_ms", (json_int_t)info->hub_offset_ms, "certificate_until_ms",
        (json_int_t)info->certificate_until_ms, "trouble", troubles_json(facts), "journal", "seq",
        (json_int_t)facts->head->seq, "acked", (json_int_t)info->acked_seq, "durable",
        (json_int_t)info->durable_seq, "pruned", (json_int_t)facts->head->base_seq, "pruned_hash", pruned,
        "quarantined", (json_int_t)info->quarantined, "version", (json_int_t)VN_ENTRY_VERSION, "hub_reads",
        (json_int_t)info->hub_entries, "ruleset", (json_int_t)vn_till_ruleset_number(facts->till),
        "promotions", (json_int_t)vn_till_promotion_count(facts->till), "members",
        (json_int_t)facts->counts.members, "items", (json_int_t)facts->counts.items, "coupons",
        (json_int_t)facts->counts.coupons, "devices", devices_json(facts->devices));
}
