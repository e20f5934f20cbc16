#include "agent/app/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/app/internal.h"
#include "agent/base/json.h"

#define KEEP_AND_ENROL "keep this folder for support, and enrol the till into another one"

/* --- the till's wishes -------------------------------------------------------------------------------------------- */

static void till_lookup(void *ctx, struct vn_till_lookup *lookup)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        vn_cache_thread_lookup(agent->cache, lookup);
    }
}

static void till_inspect(void *ctx, struct vn_till_inspect *inspect)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        vn_journal_thread_inspect(agent->journal, inspect);
    }
}

static void till_write(void *ctx, struct vn_till_write *write)
{
    struct vn_agent *agent = ctx;
    struct vn_uplink_info info;
    if (!agent->ending) {
        vn_uplink_info(agent->uplink, &info);
        vn_journal_thread_write(agent->journal, write, info.hub_offset_ms);
    }
}

static void till_rights(void *ctx, const struct vn_rights_request *request)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        agent_peer_rights(agent, request);
    }
}

static bool till_nearby(void *ctx, const char *account)
{
    struct vn_agent *agent = ctx;
    return !agent->ending && agent_peer_look(agent, account);
}

static void till_answer(void *ctx, uint64_t call, int http_status, struct vn_view json)
{
    vn_local_api_answer(((struct vn_agent *)ctx)->api, call, http_status, json);
}

static void till_problem(void *ctx, uint64_t call, int http_status, const char *title, const char *detail,
                         const char *pointer)
{
    vn_local_api_problem(((struct vn_agent *)ctx)->api, call, http_status, title, detail, pointer);
}

static void till_changed(void *ctx)
{
    vn_local_api_changed(((struct vn_agent *)ctx)->api);
}

/* A scanner that can tell the cashier good from bad does so; one that can't is no fault. */
static void till_event(void *ctx, const struct vn_till_event *event)
{
    struct vn_agent *agent = ctx;
    vn_local_api_event(agent->api, event);
    if (event->kind == VN_TILL_EVENT_CARD && agent->devices != NULL) {
        bool good = event->card == VN_SESSION_CARD_KNOWN || event->card == VN_SESSION_CARD_NEW;
        for (size_t i = 0; i < vn_devices_count(agent->devices); i++) {
            enum vn_status ignored = vn_devices_beep(agent->devices, vn_devices_id(agent->devices, i),
                                                     good ? VN_BEEP_GOOD : VN_BEEP_BAD);
            (void)ignored;
        }
    }
}

/* --- the journal's answers ---------------------------------------------------------------------------------------- */

/* What the hub knows of this till has changed. */
static void report(struct vn_agent *agent)
{
    if (!agent->ending && agent->uplink != NULL) {
        vn_uplink_report(agent->uplink);
    }
}

static void note_damage(struct vn_agent *agent, enum vn_status status)
{
    if (status == VN_CORRUPT && !agent->journal_damaged) {
        agent->journal_damaged = true;
        vn_log_event(agent->log, VN_LOG_ERROR, "journal_damaged", VN_S("folder", agent->folder));
        report(agent);
    }
}

static void on_inspected(void *ctx, enum vn_status status)
{
    struct vn_agent *agent = ctx;
    note_damage(agent, status);
    vn_till_on_inspect(agent->till);
}

/* When it ends already, the loop is still to close what there is: stopped once more, it would not. */
static void end(struct vn_agent *agent)
{
    agent->failed = true;
    if (!agent->ending) {
        uv_stop(agent->loop);
    }
}

void agent_end_if_disk_failed(struct vn_agent *agent, enum vn_status status)
{
    if (status == VN_IO) {
        vn_log_event(agent->log, VN_LOG_ERROR, "journal_disk_failed", VN_S("folder", agent->folder));
        end(agent);
    }
}

static void on_written(void *ctx, const struct vn_till_write *write, const struct vn_journal_head *head)
{
    struct vn_agent *agent = ctx;
    const enum vn_status status = write->status;
    agent->head = *head;
    const bool trouble = agent->journal_trouble[0] != '\0';
    if (status == VN_OK || status == VN_FULL || status == VN_CORRUPT) {
        (void)snprintf(agent->journal_trouble, sizeof agent->journal_trouble, "%s",
                       status == VN_OK ? "" : write->error.text);
    }
    note_damage(agent, status);
    vn_till_on_written(agent->till);
    if (!agent->ending) {
        vn_uplink_on_granted(agent->uplink, head->grant);
        vn_uplink_on_grown(agent->uplink, head->seq);
    }
    if (trouble != (agent->journal_trouble[0] != '\0')) {
        report(agent);
    }
    agent_end_if_disk_failed(agent, status);
}

static void on_pruned(void *ctx, enum vn_status status, const struct vn_journal_head *head)
{
    struct vn_agent *agent = ctx;
    agent->head = *head;
    note_damage(agent, status);
    agent_end_if_disk_failed(agent, status);
}

static void on_batch(void *ctx, const struct vn_uplink_batch *batch)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        vn_uplink_on_batch(agent->uplink, batch);
    }
}

/* --- the cache's answers ------------------------------------------------------------------------------------------ */

static void on_looked_up(void *ctx)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        vn_till_on_lookup(agent->till);
    }
}

static void on_applied(void *ctx, enum vn_status status, const struct vn_cursor *cursor, const char *why)
{
    struct vn_agent *agent = ctx;
    if (agent->ending) {
        return;
    }
    if (status == VN_OK && agent->next_told_seq >= 0) {
        agent->told_seq = agent->next_told_seq;
    }
    agent_hub_prune(agent);
    vn_uplink_on_applied(agent->uplink, status, cursor, why);
}

static void on_piece(void *ctx, int64_t next)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        vn_uplink_on_piece(agent->uplink, next);
    }
}

static void on_ruleset(void *ctx, struct vn_ruleset *ruleset)
{
    struct vn_agent *agent = ctx;
    int64_t number = (int64_t)vn_ruleset_number(ruleset);
    if (agent->ending) {
        vn_ruleset_destroy(ruleset);
        return;
    }
    vn_till_ruleset(agent->till, ruleset);
    vn_local_api_event_ruleset(agent->api, number);
    report(agent);
}

static void on_damaged(void *ctx)
{
    struct vn_agent *agent = ctx;
    vn_log_event(agent->log, VN_LOG_ERROR, "cache_damaged", VN_S("folder", agent->folder));
    end(agent);
}

static void on_stops(void *ctx, const char (*stops)[VN_ID_MAX], size_t count)
{
    struct vn_agent *agent = ctx;
    if (!agent->ending) {
        vn_till_stops(agent->till, stops, count);
    }
}

/* --- devices ------------------------------------------------------------------------------------------------------ */

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct vn_agent *agent = ctx;
    (void)vn_till_scan(agent->till, scan->aim, vn_view_of(scan->data, scan->len));
}

static void on_found(void *ctx, const char *device)
{
    struct vn_agent *agent = ctx;
    vn_log_event(agent->log, VN_LOG_NOTICE, "device_found", VN_S("device", device));
    vn_till_device(agent->till, device, false);
    report(agent);
}

static void on_lost(void *ctx, const char *device)
{
    struct vn_agent *agent = ctx;
    vn_log_event(agent->log, VN_LOG_WARN, "device_lost", VN_S("device", device));
    vn_till_device(agent->till, device, true);
    report(agent);
}

static void on_unreadable(void *ctx, const char *device)
{
    (void)device;
    vn_till_unreadable(((struct vn_agent *)ctx)->till);
}

/* --- wiring ------------------------------------------------------------------------------------------------------- */

static enum vn_status
source_journal(void *ctx, int64_t from, int64_t count,
               void (*done)(void *done_ctx, enum vn_status status, struct vn_view lines), void *done_ctx)
{
    return vn_journal_thread_read(((struct vn_agent *)ctx)->journal, from, count, done, done_ctx);
}

/* A file of the enrolment is not there, as `error` says: nobody enrolled this till yet, or somebody moved the file. */
static enum vn_status identity_is_missing(const struct vn_agent *agent, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    bool begun = false;
    const struct vn_error why = *error;
    (void)snprintf(path, sizeof path, "%s/journal.db", agent->folder);
    enum vn_status status = vn_journal_is_begun(path, NULL, &begun, error);
    if (status != VN_OK) {
        return status;
    }
    if (begun) {
        return vn_fail(error, VN_ABSENT,
                       "%.140s, but this folder is a till's: put the file back if somebody moved it",
                       why.text);
    }
    return vn_fail(error, VN_ABSENT, "this till is not enrolled; run: verno enrol --dir %s", agent->folder);
}

static enum vn_status open_identity(struct vn_agent *agent, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_enrolment_load(agent->folder, &agent->enrolment, error);
    if (status == VN_ABSENT) {
        return identity_is_missing(agent, error);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_cert_info info;
    status = vn_cert_read(vn_view_str(agent->enrolment.certificate), &info, error);
    if (status != VN_OK) {
        return status;
    }
    agent->certificate = (struct vn_uplink_certificate){
        .not_before_ms = info.not_before_ms, .not_after_ms = info.not_after_ms, .lacks = !info.serves};
    (void)snprintf(path, sizeof path, "%s/till.key", agent->folder);
    status = vn_enrolment_key(agent->folder, &agent->key, error);
    return status != VN_ABSENT
               ? status
               : vn_fail(error, status,
                         "the till's key, %s, is missing: put it back if somebody moved it; only if "
                         "it is lost for good, enrol into a new folder, and keep this one",
                         path);
}

/* A till without its journal is not enrolled anew in passing: somebody may only have moved the file. */
static enum vn_status check_journal(const struct vn_agent *agent, const char *path, struct vn_error *error)
{
    bool begun = false;
    enum vn_status status = vn_journal_is_begun(path, NULL, &begun, error);
    if (status != VN_OK || begun) {
        return status;
    }
    return vn_fail(
        error, VN_ABSENT,
        "the till's journal, %s/journal.db, is missing or empty: put it back if somebody moved it; only "
        "if it is lost for good, or enrolling was cut off, run verno enrol again",
        agent->folder);
}

/* Opens the journal on the loop's thread, before its own takes it over, and takes what the till needs to start. */
static enum vn_status open_journal(struct vn_agent *agent, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_journal *journal = NULL;
    struct vn_journal_events events = {on_inspected, on_written, on_batch, on_pruned, agent};
    (void)snprintf(path, sizeof path, "%s/journal.db", agent->folder);
    enum vn_status status = check_journal(agent, path, error);
    if (status == VN_OK) {
        status = vn_journal_open(path, &agent->enrolment.id, &agent->random, NULL, &journal, error);
        if (status == VN_CORRUPT || status == VN_CONFLICT) {
            const struct vn_error why = *error;
            (void)vn_fail(error, status, "%.140s; " KEEP_AND_ENROL, why.text);
        } else if (status == VN_UNSUPPORTED) {
            const struct vn_error why = *error;
            (void)vn_fail(
                error, status,
                "a newer version of the agent has written %.100s (%.60s): install that version again", path,
                why.text);
        }
    }
    if (status != VN_OK) {
        return status;
    }
    vn_journal_head(journal, &agent->head);
    agent->risk_member = agent->head.risk_member;
    agent->outage = true;
    status = vn_journal_thread_create(agent->loop, journal, &events, &agent->journal);
    if (status != VN_OK) {
        vn_journal_close(journal);
        return vn_fail(error, status, "%s: %s", path, vn_status_name(status));
    }
    return VN_OK;
}

static enum vn_status open_cache(struct vn_agent *agent, struct vn_error *error)
{
    struct vn_cache_events events = {.looked_up = on_looked_up,
                                     .applied = on_applied,
                                     .piece = on_piece,
                                     .ruleset = on_ruleset,
                                     .damaged = on_damaged,
                                     .stops = on_stops,
                                     .ctx = agent};
    return vn_cache_thread_create(agent->loop, agent->folder, &agent->enrolment.id,
                                  agent->enrolment.publishing_key, agent->log, &events, &agent->cache, error);
}

static enum vn_status open_till(struct vn_agent *agent, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_local_api_sources sources = {
        .status = agent_status_json, .journal = source_journal, .rights = agent_rights_count, .ctx = agent};
    (void)snprintf(path, sizeof path, "%s/pos.sock", agent->folder);
    enum vn_status status = vn_local_api_create(agent->loop, agent->clock, agent->log,
                                                agent->config.socket[0] == '\0' ? path : agent->config.socket,
                                                agent->config.locale, &sources, &agent->api, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_till_io io = {.lookup = till_lookup,
                            .inspect = till_inspect,
                            .write = till_write,
                            .rights = till_rights,
                            .nearby = till_nearby,
                            .answer = till_answer,
                            .problem = till_problem,
                            .changed = till_changed,
                            .event = till_event,
                            .ctx = agent};
    struct vn_till_config config = {.clock = agent->clock, .log = agent->log};
    memcpy(config.place.store, agent->enrolment.store, sizeof config.place.store);
    memcpy(config.place.till, agent->enrolment.till, sizeof config.place.till);
    memcpy(config.card_key, agent->enrolment.card_key, sizeof config.card_key);
    memcpy(config.locale, agent->config.locale, sizeof config.locale);
    status = vn_till_create(&config, &io, &agent->till);
    if (status != VN_OK) {
        return vn_fail(error, status, "out of memory");
    }
    vn_local_api_till(agent->api, agent->till);
    return VN_OK;
}

static enum vn_status open_devices(struct vn_agent *agent, struct vn_error *error)
{
    const char *specs[VN_APP_SCANNERS];
    size_t count = 0;
    struct vn_device_events events = {.on_scan = on_scan,
                                      .on_found = on_found,
                                      .on_lost = on_lost,
                                      .on_unreadable = on_unreadable,
                                      .ctx = agent};
    for (size_t i = 0; i < VN_APP_SCANNERS; i++) {
        if (agent->config.scanner[i][0] != '\0') {
            specs[count++] = agent->config.scanner[i];
        }
    }
    return vn_devices_create(agent->loop, agent->clock, agent->random, agent->log, specs, count, &events,
                             &agent->devices, error);
}

enum vn_status vn_agent_create(const struct vn_agent_world *world, const char *folder,
                               const struct vn_app_config *config, struct vn_agent **out,
                               struct vn_error *error)
{
    *out = NULL;
    struct vn_agent *agent = calloc(1, sizeof *agent);
    if (agent == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    agent->loop = world->loop;
    agent->log = world->log;
    agent->clock = world->clock;
    agent->random = world->random;
    agent->config = *config;
    (void)snprintf(agent->folder, sizeof agent->folder, "%s", folder);
    enum vn_status status = open_identity(agent, error);
    if (status == VN_OK) {
        status = open_journal(agent, error);
    }
    if (status == VN_OK) {
        status = open_cache(agent, error);
    }
    if (status == VN_OK) {
        status = open_till(agent, error);
    }
    if (status == VN_OK) {
        status = agent_hub_open(agent, error);
    }
    if (status == VN_OK) {
        status = open_devices(agent, error);
    }
    if (status != VN_OK) {
        vn_agent_destroy(agent);
        return status;
    }
    struct vn_cursor cursor;
    vn_cache_thread_cursor(agent->cache, &cursor);
    agent->told_seq = -1;
    vn_cache_thread_start(agent->cache);
    vn_till_risk(agent->till, agent->risk_member);
    vn_till_boot(agent->till);
    vn_uplink_start(agent->uplink,
                    &(struct vn_uplink_from){agent->head.seq, agent->head.acked_seq, agent->head.durable_seq,
                                             agent->head.hub_offset_ms, cursor, agent->certificate,
                                             agent->head.grant, agent->enrolment.id});
    agent_peer_start(agent);
    *out = agent;
    return VN_OK;
}

bool vn_agent_failed(const struct vn_agent *agent)
{
    return agent->failed;
}

/* No new input first; then the threads finish what they have, whose answers still find till and uplink; then the rest. */
void vn_agent_destroy(struct vn_agent *agent)
{
    if (agent == NULL) {
        return;
    }
    agent->ending = true;
    vn_devices_destroy(agent->devices);
    agent->devices = NULL;
    vn_hub_link_destroy(agent->link);
    agent_peer_end(agent);
    vn_cache_thread_destroy(agent->cache);
    vn_journal_thread_destroy(agent->journal);
    agent_peer_destroy(agent);
    vn_local_api_destroy(agent->api);
    vn_till_destroy(agent->till);
    vn_uplink_destroy(agent->uplink);
    agent_renewal_end(agent);
    vn_key_destroy(agent->key);
    free(agent);
}
