/* Lending on the store's LAN: the machine of sync/peer with its hands. The roster is kept in the till's folder, in the file
 * "roster", so that a store that starts without its hub knows who is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/app/internal.h"
#include "agent/app/peer_link.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "sync/peer/peer.h"

#define ROSTER_FILE "roster"

struct agent_peer {
    struct vn_agent *agent;
    struct vn_peer *peer;
    struct vn_peer_link *link;
    uv_timer_t timer;
    struct vn_public_key own;        /* of the certificate that is shown */
    char trouble[VN_ERROR_TEXT_MAX]; /* why it does not listen; "" */
    bool online;                     /* as the uplink said last */
    bool hub_asked;                  /* for `wish`, and has not answered */
    struct vn_rights_request wish;
};

/* --- the machine's wishes ------------------------------------------------------------------------------------------- */

static void peer_ask(void *ctx, const struct vn_peer_request *request)
{
    vn_peer_link_ask(((struct agent_peer *)ctx)->link, request);
}

static void on_timer(uv_timer_t *timer)
{
    struct agent_peer *self = timer->data;
    if (!self->agent->ending) {
        vn_peer_on_timer(self->peer);
    }
}

static void peer_timer(void *ctx, int64_t delay_ms)
{
    struct agent_peer *self = ctx;
    if (delay_ms < 0) {
        (void)uv_timer_stop(&self->timer);
    } else {
        (void)uv_timer_start(&self->timer, on_timer, (uint64_t)delay_ms, 0);
    }
}

static void peer_borrowed(void *ctx, const struct vn_counters *rights, unsigned count)
{
    vn_till_on_borrowed(((struct agent_peer *)ctx)->agent->till, rights, count);
}

static void peer_nearby(void *ctx, const char *account, int64_t amount, unsigned answered)
{
    vn_till_on_nearby(((struct agent_peer *)ctx)->agent->till, account, amount, answered);
}

static void peer_answer(void *ctx, uint64_t call, int http_status, struct vn_view json, const char *problem)
{
    vn_peer_link_answer(((struct agent_peer *)ctx)->link, call, http_status, json, problem);
}

static void peer_changed(void *ctx)
{
    struct agent_peer *self = ctx;
    vn_till_neighbours(self->agent->till, vn_peer_can_ask(self->peer));
}

/* --- the journal ---------------------------------------------------------------------------------------------------- */

struct task {
    struct agent_peer *self;
    struct vn_peer_job *job;
    int64_t hub_offset_ms;
};

static enum vn_status look_up(struct vn_peer_job *job, struct vn_journal *journal)
{
    enum vn_status status = vn_journal_transfer(journal, job->give.transfer, &job->known, &job->known_state);
    return status == VN_OK ? VN_CONFLICT : status;
}

static void append(struct task *task, struct vn_journal *journal)
{
    struct vn_peer_job *job = task->job;
    const struct vn_journal_append append = {.entry = &job->entry, .hub_offset_ms = task->hub_offset_ms};
    job->known_state = VN_TRANSFER_STATES;
    job->status = vn_journal_thread_append(task->self->agent->journal, &append, &job->seq, &job->error);
    if (job->status == VN_CONFLICT) {
        job->status = look_up(job, journal);
    }
}

/* On the journal's thread. */
static void run_job(void *ctx, struct vn_journal *journal)
{
    struct task *task = ctx;
    struct vn_peer_job *job = task->job;
    job->status = VN_OK;
    switch (job->kind) {
    case VN_PEER_LOOK:
        for (unsigned i = 0; i < job->count && job->status == VN_OK; i++) {
            job->status = vn_journal_counters(journal, job->accounts[i], &job->counters[i]);
        }
        break;
    case VN_PEER_APPEND: append(task, journal); break;
    case VN_PEER_KNOWN: job->status = look_up(job, journal); break;
    case VN_PEER_OPEN:
        job->status = vn_journal_open_gives(journal, job->gives, VN_PEER_GIVES_MAX, &job->give_count);
        break;
    case VN_PEER_ENDED: job->status = vn_journal_give_ended(journal, job->give.transfer, job->state); break;
    }
}

static void job_done(void *ctx, const struct vn_journal_head *head)
{
    struct task *task = ctx;
    struct agent_peer *self = task->self;
    struct vn_peer_job *job = task->job;
    enum vn_status status = job->status;
    free(task);
    self->agent->head = *head;
    if (self->agent->ending) {
        return;
    }
    vn_peer_on_job(self->peer, job);
    vn_uplink_on_grown(self->agent->uplink, head->seq);
    agent_end_if_disk_failed(self->agent, status);
}

static void peer_job(void *ctx, struct vn_peer_job *job)
{
    struct agent_peer *self = ctx;
    struct vn_agent *agent = self->agent;
    struct vn_uplink_info info;
    struct task *task = calloc(1, sizeof *task);
    vn_uplink_info(agent->uplink, &info);
    if (job->kind == VN_PEER_APPEND) {
        job->entry.wall_ms = vn_clock_wall_ms(&agent->clock);
        job->entry.mono_ms = vn_clock_mono_ns(&agent->clock) / 1000000;
    }
    if (task != NULL) {
        *task = (struct task){self, job, info.hub_offset_ms};
    }
    if (task == NULL || vn_journal_thread_run(agent->journal, run_job, job_done, task) != VN_OK) {
        abort(); /* fewer jobs than the queue holds; without memory for one the till can't go on either */
    }
}

/* --- the link ------------------------------------------------------------------------------------------------------- */

static void on_call(void *ctx, uint64_t call, const char *from, const char *path, struct vn_view body)
{
    vn_peer_call(((struct agent_peer *)ctx)->peer, call, from, path, body);
}

static void on_gone(void *ctx, uint64_t call)
{
    vn_peer_forget_call(((struct agent_peer *)ctx)->peer, call);
}

static void on_response(void *ctx, unsigned neighbour, const struct vn_peer_response *response)
{
    vn_peer_on_response(((struct agent_peer *)ctx)->peer, neighbour, response);
}

/* As soon as there is anybody to listen to. A port that another program has is tried again with the next roster, and when the hub
 * comes or goes. */
static void begin_listening(struct agent_peer *self)
{
    const struct vn_app_config *config = &self->agent->config;
    struct vn_error error = {VN_OK, "", ""};
    if (config->peer_port == 0 || self->agent->ending || !vn_peer_can_ask(self->peer) ||
        vn_peer_link_listens(self->link)) {
        return;
    }
    if (self->agent->certificate.lacks) {
        (void)snprintf(
            self->trouble, sizeof self->trouble,
            "this till's certificate is from before tills lent to each other: it borrows, and lends when the "
            "hub has given it another, which it asks for within some minutes");
        return;
    }
    enum vn_status status =
        vn_peer_link_listen(self->link, config->peer_address, (uint16_t)config->peer_port, &error);
    (void)snprintf(self->trouble, sizeof self->trouble, "%s", status == VN_OK ? "" : error.text);
    if (status == VN_OK) {
        vn_log_event(self->agent->log, VN_LOG_NOTICE, "neighbours_listened_to",
                     VN_I("port", config->peer_port));
    } else {
        vn_log_event(self->agent->log, VN_LOG_WARN, "neighbours_not_listened_to",
                     VN_I("port", config->peer_port), VN_S("why", error.text));
    }
}

/* --- the roster ------------------------------------------------------------------------------------------------------- */

/* Written on another thread, because the loop never waits for a disk. */
struct keeping {
    uv_work_t work; /* first */
    char path[VN_PATH_MAX];
    struct vn_buf document;
};

static void keep(uv_work_t *work)
{
    struct keeping *keeping = (struct keeping *)work;
    struct vn_error error;
    enum vn_status ignored = vn_file_replace(keeping->path, vn_buf_view(&keeping->document), &error);
    (void)ignored; /* the hub sends it again after the next start */
}

static void kept(uv_work_t *work, int code)
{
    struct keeping *keeping = (struct keeping *)work;
    (void)code;
    vn_buf_deinit(&keeping->document);
    free(keeping);
}

static void keep_roster(struct vn_agent *agent, struct vn_view document)
{
    struct keeping *keeping = calloc(1, sizeof *keeping);
    struct vn_error error;
    if (keeping == NULL) {
        return;
    }
    vn_buf_init(&keeping->document, 2 * VN_ROSTER_BYTES_MAX);
    if (vn_buf_append(&keeping->document, document) == VN_OK &&
        vn_file_path(agent->folder, ROSTER_FILE, keeping->path, &error) == VN_OK) {
        (void)uv_queue_work(agent->loop, &keeping->work, keep, kept); /* fails for a missing callback alone */
    } else {
        kept(&keeping->work, 0);
    }
}

static void tell_uplink(struct agent_peer *self)
{
    struct vn_cursor roster;
    vn_peer_roster_number(self->peer, &roster.epoch, &roster.number);
    vn_uplink_on_roster(self->agent->uplink, &roster);
}

void agent_peer_roster(void *ctx, struct vn_view document)
{
    struct vn_agent *agent = ctx;
    struct agent_peer *self = agent->peer;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = vn_peer_roster(self->peer, document, &error);
    if (status == VN_OK) {
        keep_roster(agent, document);
        begin_listening(self);
    }
    tell_uplink(self);
}

/* Before the loop runs. */
static void load_roster(struct agent_peer *self)
{
    struct vn_error error;
    char *text = malloc(2 * VN_ROSTER_BYTES_MAX);
    char path[VN_PATH_MAX];
    size_t len = 0;
    if (text != NULL && vn_file_path(self->agent->folder, ROSTER_FILE, path, &error) == VN_OK &&
        vn_file_read(path, VN_FILE_OPEN, text, 2 * VN_ROSTER_BYTES_MAX, &len, &error) == VN_OK &&
        vn_peer_roster(self->peer, vn_view_of(text, len), &error) == VN_OK) {
        begin_listening(self);
    }
    free(text);
    tell_uplink(self);
}

/* --- wishes of the till ----------------------------------------------------------------------------------------------- */

void agent_peer_rights(struct vn_agent *agent, const struct vn_rights_request *request)
{
    struct agent_peer *self = agent->peer;
    struct vn_uplink_info info;
    vn_uplink_info(agent->uplink, &info);
    self->hub_asked = info.online;
    self->wish = *request;
    if (!info.online && vn_peer_can_ask(self->peer)) {
        vn_peer_ask(self->peer, request);
    } else if (vn_uplink_ask(agent->uplink, request) != VN_OK) {
        vn_log_event(agent->log, VN_LOG_ERROR, "rights_not_asked", VN_I("accounts", request->count));
    }
}

bool agent_peer_look(struct vn_agent *agent, const char *account)
{
    return vn_peer_look(agent->peer->peer, account);
}

bool agent_peer_instead(struct vn_agent *agent, const struct vn_rights_reply *reply)
{
    struct agent_peer *self = agent->peer;
    bool instead = reply == NULL && self->hub_asked && vn_peer_can_ask(self->peer);
    self->hub_asked = false;
    if (instead) {
        vn_peer_ask(self->peer, &self->wish);
    }
    return instead;
}

/* --- what is told of it --------------------------------------------------------------------------------------------- */

static void add_address(struct vn_peer_place *place, const uv_interface_address_t *found)
{
    char text[VN_ADDRESS_MAX];
    if (place->address_count == VN_PEER_ADDRESSES) {
        return;
    }
    if (found->address.address4.sin_family == AF_INET6) {
        const struct sockaddr_in6 *six = &found->address.address6;
        if (six->sin6_scope_id != 0 || uv_ip6_name(six, text, sizeof text) != 0) {
            return; /* of one link only, and not said without its name */
        }
    } else if (found->address.address4.sin_family != AF_INET ||
               uv_ip4_name(&found->address.address4, text, sizeof text) != 0) {
        return;
    }
    memcpy(place->addresses[place->address_count++], text, sizeof text);
}

static void find_addresses(struct vn_peer_place *place, const char *configured)
{
    uv_interface_address_t *found = NULL;
    int count = 0;
    if (configured[0] != '\0') {
        place->address_count = 1;
        (void)snprintf(place->addresses[0], VN_ADDRESS_MAX, "%s", configured);
        return;
    }
    if (uv_interface_addresses(&found, &count) != 0) {
        return;
    }
    for (int i = 0; i < count; i++) {
        if (!found[i].is_internal) {
            add_address(place, &found[i]);
        }
    }
    uv_free_interface_addresses(found, count);
}

json_t *agent_peer_place(struct vn_agent *agent)
{
    const struct agent_peer *self = agent->peer;
    struct vn_peer_place place = {.port = agent->config.peer_port, .key = self->own};
    find_addresses(&place, agent->config.peer_address);
    return vn_peer_place_json(&place);
}

static json_t *neighbour_json(const struct vn_peer_neighbour *row)
{
    return json_pack("{s:s, s:s, s:b, s:I, s:s*}", "till", row->till, "address", row->address, "answered",
                     row->answered, "asked_ms", (json_int_t)row->asked_ms, "trouble",
                     row->trouble[0] == '\0' ? NULL : row->trouble);
}

json_t *agent_peer_json(struct vn_agent *agent)
{
    struct agent_peer *self = agent->peer;
    struct vn_peer_info *info = malloc(sizeof *info);
    json_t *list = json_array();
    if (info == NULL) {
        json_decref(list);
        return NULL;
    }
    vn_peer_info(self->peer, info);
    for (unsigned i = 0; i < info->count; i++) {
        (void)json_array_append_new(list, neighbour_json(&info->neighbours[i]));
    }
    const char *trouble = self->trouble[0] != '\0' ? self->trouble : info->roster_trouble;
    json_t *out = json_pack("{s:{s:I, s:I}, s:b, s:I, s:I, s:I, s:I, s:s*, s:o}", "roster", "epoch",
                            (json_int_t)info->epoch, "number", (json_int_t)info->number, "listens",
                            vn_peer_link_listens(self->link), "lent", (json_int_t)info->lent, "borrowed",
                            (json_int_t)info->borrowed, "refused", (json_int_t)info->refused, "open_gives",
                            (json_int_t)info->open_gives, "trouble", trouble[0] == '\0' ? NULL : trouble,
                            "neighbours", list);
    free(info);
    return out;
}

void agent_peer_network(struct vn_agent *agent, bool online, bool refused)
{
    if (agent->peer->online && !online) {
        vn_peer_greet(agent->peer->peer);
    }
    agent->peer->online = online;
    begin_listening(agent->peer);
    vn_peer_allow(agent->peer->peer, !refused);
    vn_till_neighbours(agent->till, vn_peer_can_ask(agent->peer->peer));
}

/* --- its life --------------------------------------------------------------------------------------------------------- */

static enum vn_status create_peer(struct agent_peer *self, struct vn_error *error)
{
    struct vn_agent *agent = self->agent;
    struct vn_peer_config config = {
        .own = agent->enrolment.id, .clock = agent->clock, .random = agent->random, .log = agent->log};
    const struct vn_peer_io io = {.ask = peer_ask,
                                  .timer = peer_timer,
                                  .job = peer_job,
                                  .borrowed = peer_borrowed,
                                  .nearby = peer_nearby,
                                  .answer = peer_answer,
                                  .changed = peer_changed,
                                  .ctx = self};
    memcpy(config.store, agent->enrolment.store, sizeof config.store);
    enum vn_status status =
        vn_public_key_from_pem(vn_view_str(agent->enrolment.publishing_key), &config.publishing_key);
    if (status != VN_OK) {
        return vn_fail(error, status, "the publishing key in enrolment.json can't be read");
    }
    status = vn_peer_create(&config, &io, agent->key, &self->peer);
    return status == VN_OK ? VN_OK : vn_fail(error, status, "out of memory");
}

enum vn_status agent_peer_open(struct vn_agent *agent, struct vn_clock judging, struct vn_error *error)
{
    struct agent_peer *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    const struct vn_peer_link_events events = {on_call, on_gone, on_response, self};
    agent->peer = self;
    self->agent = agent;
    vn_key_public(agent->key, &self->own);
    (void)uv_timer_init(agent->loop, &self->timer);
    self->timer.data = self;
    enum vn_status status = create_peer(self, error);
    if (status == VN_OK) {
        status = vn_peer_link_create(agent->loop, judging, agent->random, agent->log, &events, &self->link);
        status = status == VN_OK ? VN_OK : vn_fail(error, status, "out of memory");
    }
    return status == VN_OK ? vn_peer_link_identity(self->link, &agent->enrolment, agent->key, error) : status;
}

void agent_peer_start(struct vn_agent *agent)
{
    load_roster(agent->peer);
    vn_peer_start(agent->peer->peer);
}

void agent_peer_renew(struct vn_agent *agent, const struct vn_key *key)
{
    struct agent_peer *self = agent->peer;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = vn_peer_set_key(self->peer, key);
    if (status == VN_OK) {
        vn_key_public(key, &self->own);
        status = vn_peer_link_identity(self->link, &agent->enrolment, key, &error);
    }
    if (status != VN_OK) {
        vn_log_event(agent->log, VN_LOG_WARN, "neighbours_not_told", VN_S("why", error.text));
    }
    begin_listening(self);
    vn_uplink_report(agent->uplink);
}

void agent_peer_end(struct vn_agent *agent)
{
    if (agent->peer != NULL) {
        vn_peer_link_destroy(agent->peer->link);
        agent->peer->link = NULL;
        (void)uv_timer_stop(&agent->peer->timer);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void agent_peer_destroy(struct vn_agent *agent)
{
    if (agent->peer != NULL) {
        vn_peer_destroy(agent->peer->peer);
        uv_close((uv_handle_t *)&agent->peer->timer, on_timer_closed);
        agent->peer = NULL;
    }
}
