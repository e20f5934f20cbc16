#include <stdio.h>
#include <string.h>

#include "agent/app/internal.h"
#include "agent/base/json.h"
#include "sync/wire/roster.h"

/* By the hub's time, because our own clock may be years ahead, and replies would be dropped that are still needed. */
void agent_hub_prune(struct vn_agent *agent)
{
    int64_t now_ms = vn_uplink_hub_now_ms(agent->uplink);
    if (agent->told_seq >= 0 && now_ms > 0) {
        vn_journal_thread_prune(agent->journal, agent->told_seq, now_ms);
    }
}

/* --- the uplink's wishes ------------------------------------------------------------------------------------------ */

static void uplink_send(void *ctx, enum vn_uplink_channel channel, const struct vn_uplink_request *request)
{
    vn_hub_link_send(((struct vn_agent *)ctx)->link, channel, request);
}

static void uplink_timer(void *ctx, enum vn_uplink_channel channel, int64_t delay_ms)
{
    vn_hub_link_timer(((struct vn_agent *)ctx)->link, channel, delay_ms);
}

static void uplink_rights_timer(void *ctx, int64_t delay_ms)
{
    vn_hub_link_rights_timer(((struct vn_agent *)ctx)->link, delay_ms);
}

static void uplink_read_batch(void *ctx, int64_t after_seq, unsigned max_entries, size_t max_bytes)
{
    vn_journal_thread_batch(((struct vn_agent *)ctx)->journal, after_seq, max_entries, max_bytes);
}

static void uplink_acked(void *ctx, int64_t acked_seq, int64_t durable_seq)
{
    struct vn_agent *agent = ctx;
    struct vn_uplink_info info;
    vn_uplink_info(agent->uplink, &info);
    vn_journal_thread_acked(agent->journal, acked_seq, durable_seq, info.hub_offset_ms);
    agent_hub_prune(agent);
}

static void uplink_apply(void *ctx, const struct vn_uplink_frame *frame)
{
    struct vn_agent *agent = ctx;
    agent->next_told_seq = frame->told_seq;
    vn_cache_thread_apply(agent->cache, &(struct vn_cache_news){.bytes = frame->lines,
                                                                .snapshot = frame->snapshot,
                                                                .included_seq = frame->included_seq,
                                                                .told_seq = frame->told_seq,
                                                                .etag = frame->etag,
                                                                .at = frame->at,
                                                                .base_seq = agent->head.base_seq});
}

static void uplink_rights(void *ctx, const struct vn_rights_reply *reply, bool answer)
{
    struct vn_agent *agent = ctx;
    if (reply != NULL && reply->risk_member != agent->risk_member) {
        agent->risk_member = reply->risk_member;
        vn_till_risk(agent->till, agent->risk_member);
        vn_journal_thread_reached(agent->journal, agent->risk_member);
    }
    if (!agent_peer_instead(agent, reply)) {
        vn_till_on_rights(agent->till, reply, answer);
    }
}

json_t *agent_status_json(void *ctx)
{
    struct vn_agent *agent = ctx;
    struct vn_status_facts facts = {.enrolment = &agent->enrolment,
                                    .head = &agent->head,
                                    .till = agent->till,
                                    .devices = agent->devices,
                                    .journal_trouble = agent->journal_trouble,
                                    .journal_damaged = agent->journal_damaged};
    vn_uplink_info(agent->uplink, &facts.uplink);
    vn_cache_thread_counts(agent->cache, &facts.counts);
    json_t *json = vn_status_json(&facts);
    if (json != NULL) { /* without memory the line is missing */
        (void)json_object_set_new(json, "lending", agent_peer_json(agent));
    }
    return json;
}

static void uplink_status(void *ctx, struct vn_buf *out)
{
    json_t *json = agent_status_json(ctx);
    (void)json_object_del(json, "lending"); /* what is between tills is for who stands before them */
    (void)json_object_set_new(json, VN_PEER_MEMBER, agent_peer_place(ctx));
    if (json == NULL || vn_json_dump(json, out) != VN_OK) {
        vn_buf_clear(out);
    }
    json_decref(json);
}

static void uplink_changed(void *ctx)
{
    struct vn_agent *agent = ctx;
    struct vn_uplink_info info;
    vn_uplink_info(agent->uplink, &info);
    bool refused = info.state == VN_UPLINK_QUARANTINED || info.state == VN_UPLINK_REVOKED;
    if (info.online && agent->outage) {
        vn_journal_thread_reached(agent->journal, agent->risk_member);
    }
    agent->outage = !info.online;
    vn_till_network(agent->till, info.online, info.offline_since_ms, refused);
    agent_peer_network(agent, info.online, refused);
    vn_local_api_event_network(agent->api, info.online);
}

static void link_stamp(void *ctx, struct vn_stamp *out)
{
    struct vn_agent *agent = ctx;
    struct vn_uplink_info info;
    vn_uplink_info(agent->uplink, &info);
    memset(out, 0, sizeof *out);
    out->enrolment = agent->enrolment.id;
    out->head_seq = agent->head.seq;
    out->head_hash = agent->head.hash;
    memcpy(out->boot, agent->head.boot, VN_ID_BYTES);
    out->acked_seq = info.acked_seq;
    out->cursor = info.cursor;
    out->grant = agent->head.grant;
}

/* By which the hub's certificate is judged. A wall clock that is behind what the hub has said, or behind the beginning of the
 * certificate that it gave us, can't be right. One that is ahead may be: a till may have been off for years. */
static int64_t judging_wall_ms(void *ctx)
{
    const struct vn_agent *agent = ctx;
    int64_t now_ms = vn_clock_wall_ms(&agent->clock);
    int64_t told_ms = agent->uplink == NULL ? 0 : vn_uplink_hub_now_ms(agent->uplink);
    now_ms = now_ms > agent->certificate.not_before_ms ? now_ms : agent->certificate.not_before_ms;
    return now_ms > told_ms ? now_ms : told_ms;
}

static int64_t judging_mono_ns(void *ctx)
{
    return vn_clock_mono_ns(&((const struct vn_agent *)ctx)->clock);
}

enum vn_status agent_hub_open(struct vn_agent *agent, struct vn_error *error)
{
    struct vn_uplink_io io = {.send = uplink_send,
                              .timer = uplink_timer,
                              .read_batch = uplink_read_batch,
                              .acked = uplink_acked,
                              .apply = uplink_apply,
                              .rights = uplink_rights,
                              .rights_timer = uplink_rights_timer,
                              .status = uplink_status,
                              .renew = agent_renewal_ask,
                              .renewed = agent_renewal_keep,
                              .roster = agent_peer_roster,
                              .changed = uplink_changed,
                              .ctx = agent};
    struct vn_hub_link_target target = {
        .host = agent->config.hub_host[0] == '\0' ? agent->enrolment.hub_host : agent->config.hub_host,
        .port = (uint16_t)(agent->config.hub_port == 0 ? agent->enrolment.hub_port : agent->config.hub_port),
        .enrolment = &agent->enrolment,
        .key = agent->key};
    enum vn_status status = vn_uplink_create(agent->clock, agent->random, agent->log, &io, &agent->uplink);
    if (status != VN_OK) {
        return vn_fail(error, status, "out of memory");
    }
    const struct vn_clock judging = {judging_wall_ms, judging_mono_ns, agent};
    status = vn_hub_link_create(agent->loop, judging, agent->random, agent->log, &target, link_stamp, agent,
                                &agent->link, error);
    if (status == VN_OK) {
        vn_hub_link_uplink(agent->link, agent->uplink);
        status = agent_peer_open(agent, judging, error);
    }
    return status;
}
