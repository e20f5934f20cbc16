#include "sync/peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/peer/internal.h"

#define MS_NS 1000000

int64_t peer_now_ms(const struct vn_peer *peer)
{
    return vn_clock_mono_ns(&peer->config.clock) / MS_NS;
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

enum vn_status vn_peer_create(const struct vn_peer_config *config, const struct vn_peer_io *io,
                              const struct vn_key *key, struct vn_peer **out)
{
    *out = NULL;
    struct vn_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        return VN_NOMEM;
    }
    peer->config = *config;
    peer->io = *io;
    peer->allowed = true;
    enum vn_status status = vn_peer_set_key(peer, key);
    if (status != VN_OK) {
        vn_peer_destroy(peer);
        return status;
    }
    *out = peer;
    return VN_OK;
}

void vn_peer_destroy(struct vn_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    vn_entry_deinit(&peer->wish.job.entry);
    vn_entry_deinit(&peer->ends.job.entry);
    for (size_t i = 0; i < PEER_CALLS_MAX; i++) {
        vn_entry_deinit(&peer->calls[i].job.entry);
    }
    vn_key_destroy(peer->key);
    free(peer);
}

enum vn_status vn_peer_set_key(struct vn_peer *peer, const struct vn_key *key)
{
    struct vn_key *copy = NULL;
    enum vn_status status = vn_key_copy(key, &copy);
    if (status == VN_OK) {
        vn_key_destroy(peer->key);
        peer->key = copy;
    }
    return status;
}

void vn_peer_start(struct vn_peer *peer)
{
    peer->started = true;
    ends_load(peer);
}

void vn_peer_allow(struct vn_peer *peer, bool allowed)
{
    peer->allowed = allowed;
}

/* --- roster ------------------------------------------------------------------------------------------------------- */

static enum vn_status judge_roster(const struct vn_peer *peer, const struct vn_roster *next,
                                   struct vn_error *error)
{
    const struct vn_roster *now = &peer->roster;
    if (strcmp(next->store, peer->config.store) != 0) {
        return vn_fail(error, VN_DENIED, "the roster is of store %s, and this till is in %s", next->store,
                       peer->config.store);
    }
    if (vn_roster_find(next, &peer->config.own) == NULL) {
        return vn_fail(error, VN_DENIED, "this till is not in roster %lld of its store",
                       (long long)next->number);
    }
    bool newer = next->epoch > now->epoch || (next->epoch == now->epoch && next->number > now->number);
    bool same = next->epoch == now->epoch && next->number == now->number;
    if (peer->has_roster && same) {
        return vn_fail(error, VN_CONFLICT, "that roster is in force");
    }
    if (peer->has_roster && !newer) {
        return vn_fail(error, VN_DENIED, "roster %lld.%lld is older than %lld.%lld, which this till has",
                       (long long)next->epoch, (long long)next->number, (long long)now->epoch,
                       (long long)now->number);
    }
    return VN_OK;
}

static struct neighbour *free_neighbour(struct vn_peer *peer)
{
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        if (!peer->neighbours[i].there && peer->neighbours[i].asking == ASK_NONE) {
            return &peer->neighbours[i];
        }
    }
    return NULL;
}

/* Who stays keeps what is known of him; who is under way keeps his number until he has answered. */
static void adopt_roster(struct vn_peer *peer)
{
    const struct vn_roster *roster = &peer->roster;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        struct neighbour *n = &peer->neighbours[i];
        n->there = n->there && vn_roster_find(roster, &n->row.enrolment) != NULL;
    }
    for (unsigned i = 0; i < roster->till_count; i++) {
        const struct vn_roster_till *row = &roster->tills[i];
        if (vn_enrolment_id_equal(&row->enrolment, &peer->config.own)) {
            continue;
        }
        struct neighbour *n = peer_find(peer, &row->enrolment);
        if (n == NULL && (n = free_neighbour(peer)) != NULL) {
            memset(n, 0, sizeof *n);
            n->there = true;
        }
        if (n != NULL) {
            n->row = *row;
            n->address = 0;
        }
    }
}

enum vn_status vn_peer_roster(struct vn_peer *peer, struct vn_view document, struct vn_error *error)
{
    enum vn_status status = vn_roster_decode(document, &peer->config.publishing_key, &peer->next, error);
    if (status == VN_OK) {
        status = judge_roster(peer, &peer->next, error);
    }
    if (status == VN_CONFLICT) {
        return status;
    }
    (void)snprintf(peer->roster_trouble, sizeof peer->roster_trouble, "%s",
                   status == VN_OK ? "" : error->text);
    if (status != VN_OK) {
        vn_log_event(peer->config.log, VN_LOG_WARN, "roster_refused", VN_S("why", error->text));
        peer->io.changed(peer->io.ctx);
        return status;
    }
    peer->roster = peer->next;
    peer->has_roster = true;
    peer->ends.asked = 0;
    adopt_roster(peer);
    vn_log_event(peer->config.log, VN_LOG_NOTICE, "roster_taken", VN_I("epoch", peer->roster.epoch),
                 VN_I("number", peer->roster.number), VN_I("tills", peer->roster.till_count));
    peer->io.changed(peer->io.ctx);
    if (peer->started) {
        ends_load(peer);
    }
    return VN_OK;
}

void vn_peer_roster_number(const struct vn_peer *peer, int64_t *epoch, int64_t *number)
{
    *epoch = peer->has_roster ? peer->roster.epoch : 0;
    *number = peer->has_roster ? peer->roster.number : 0;
}

/* --- neighbours --------------------------------------------------------------------------------------------------- */

struct neighbour *peer_find(struct vn_peer *peer, const struct vn_enrolment_id *enrolment)
{
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        struct neighbour *n = &peer->neighbours[i];
        if (n->there && vn_enrolment_id_equal(&n->row.enrolment, enrolment)) {
            return n;
        }
    }
    return NULL;
}

unsigned peer_number(const struct vn_peer *peer, const struct neighbour *neighbour)
{
    return (unsigned)(neighbour - peer->neighbours);
}

bool peer_reachable(const struct neighbour *neighbour)
{
    return neighbour->there && neighbour->row.place.port > 0 && neighbour->row.place.address_count > 0;
}

bool vn_peer_can_ask(const struct vn_peer *peer)
{
    bool found = false;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        found = found || peer_reachable(&peer->neighbours[i]);
    }
    return found && peer->allowed;
}

bool peer_send(struct vn_peer *peer, struct neighbour *neighbour, enum ask_kind kind, const char *path,
               enum vn_status made, struct vn_buf *body, int64_t timeout_ms)
{
    bool can = made == VN_OK && peer_reachable(neighbour) && neighbour->asking == ASK_NONE;
    if (can) {
        const struct vn_peer_place *place = &neighbour->row.place;
        neighbour->asking = kind;
        neighbour->asked_wall_ms = vn_clock_wall_ms(&peer->config.clock);
        peer->io.ask(peer->io.ctx, &(struct vn_peer_request){
                                       .neighbour = peer_number(peer, neighbour),
                                       .enrolment = neighbour->row.enrolment,
                                       .till = neighbour->row.till,
                                       .address = place->addresses[neighbour->address % place->address_count],
                                       .port = (uint16_t)place->port,
                                       .path = path,
                                       .body = vn_buf_view(body),
                                       .timeout_ms = timeout_ms});
    }
    vn_buf_deinit(body);
    return can;
}

void peer_trouble(struct vn_peer *peer, struct neighbour *neighbour, const char *what, const char *transfer,
                  const char *why)
{
    (void)snprintf(neighbour->trouble, sizeof neighbour->trouble, "%s", why);
    peer->refused++;
    vn_log_event(peer->config.log, VN_LOG_WARN, what, VN_S("till", neighbour->row.till),
                 VN_S("transfer", transfer), VN_S("why", why));
    peer->io.changed(peer->io.ctx);
}

void peer_seen(struct vn_peer *peer, struct neighbour *neighbour)
{
    int64_t soon = peer_now_ms(peer) + VN_PEER_AGAIN_MIN_MS;
    neighbour->failures = 0;
    neighbour->end_ms = neighbour->end_ms < soon ? neighbour->end_ms : soon;
}

/* A till that can't be reached where it was is tried elsewhere next time. */
static void note_response(struct vn_peer *peer, struct neighbour *neighbour,
                          const struct vn_peer_response *response)
{
    bool answered = response->status == VN_OK;
    bool news = answered != neighbour->answered;
    neighbour->answered = answered;
    if (answered) {
        if (news) { /* it had been silent */
            neighbour->trouble[0] = '\0';
            peer->io.changed(peer->io.ctx);
        }
        return;
    }
    neighbour->address++;
    if (news || neighbour->trouble[0] == '\0') {
        vn_log_event(peer->config.log, VN_LOG_WARN, "neighbour_silent", VN_S("till", neighbour->row.till),
                     VN_S("why", response->reason));
    }
    (void)snprintf(neighbour->trouble, sizeof neighbour->trouble, "%s", response->reason);
    peer->io.changed(peer->io.ctx);
}

void vn_peer_on_response(struct vn_peer *peer, unsigned number, const struct vn_peer_response *response)
{
    struct neighbour *neighbour = &peer->neighbours[number];
    enum ask_kind kind = neighbour->asking;
    neighbour->asking = ASK_NONE;
    note_response(peer, neighbour, response);
    if (kind == ASK_END) {
        ends_response(peer, neighbour, response);
    } else {
        borrow_response(peer, neighbour, kind, response);
    }
    borrow_next(peer, neighbour);
    ends_next(peer);
    peer_set_timer(peer);
}

/* --- the timer and the journal ------------------------------------------------------------------------------------ */

void peer_set_timer(struct vn_peer *peer)
{
    int64_t borrow_ms = borrow_due_ms(peer);
    int64_t ends_ms = ends_due_ms(peer);
    int64_t due_ms = borrow_ms < ends_ms ? borrow_ms : ends_ms;
    int64_t left_ms = due_ms - peer_now_ms(peer);
    peer->io.timer(peer->io.ctx, due_ms == PEER_NEVER ? -1 : left_ms > 0 ? left_ms : 0);
}

void vn_peer_on_timer(struct vn_peer *peer)
{
    borrow_timer(peer, peer_now_ms(peer));
    ends_next(peer);
    peer_set_timer(peer);
}

void vn_peer_on_job(struct vn_peer *peer, struct vn_peer_job *job)
{
    if (job == &peer->wish.job) {
        borrow_job(peer);
    } else if (job == &peer->ends.job) {
        ends_job(peer);
    }
    for (size_t i = 0; i < PEER_CALLS_MAX; i++) {
        if (job == &peer->calls[i].job) {
            lend_job(peer, &peer->calls[i]);
        }
    }
    ends_next(peer);
    peer_set_timer(peer);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

void vn_peer_info(const struct vn_peer *peer, struct vn_peer_info *out)
{
    memset(out, 0, sizeof *out);
    vn_peer_roster_number(peer, &out->epoch, &out->number);
    memcpy(out->roster_trouble, peer->roster_trouble, sizeof out->roster_trouble);
    out->lent = peer->lent;
    out->borrowed = peer->borrowed;
    out->refused = peer->refused;
    out->open_gives = peer->ends.count;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        const struct neighbour *n = &peer->neighbours[i];
        if (!n->there) {
            continue;
        }
        struct vn_peer_neighbour *row = &out->neighbours[out->count++];
        const struct vn_peer_place *place = &n->row.place;
        memcpy(row->till, n->row.till, sizeof row->till);
        if (place->address_count > 0) {
            memcpy(row->address, place->addresses[n->address % place->address_count], sizeof row->address);
        }
        row->answered = n->answered;
        row->asked_ms = n->asked_wall_ms;
        memcpy(row->trouble, n->trouble, sizeof row->trouble);
    }
}
