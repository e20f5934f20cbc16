/* Gives whose end is not known. The borrower says it: he took it, or has journaled that he never will. Nothing else ends a
 * transfer but the roster, when it says that the borrower is gone for good: then the hub has ended it. Where the lender is gone,
 * the roster asks this till for the end as he would. */
#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/peer/internal.h"

static void begin_job(struct vn_peer *peer, enum vn_peer_job_kind kind)
{
    peer->ends.job.kind = kind;
    peer->ends.job_busy = true;
    peer->io.job(peer->io.ctx, &peer->ends.job);
}

void ends_load(struct vn_peer *peer)
{
    struct ends *ends = &peer->ends;
    ends->due = true;
    if (!ends->job_busy) {
        ends->due = false;
        ends->loading = true;
        begin_job(peer, VN_PEER_OPEN);
    }
}

/* The borrower has time to take it before he is asked. When there is no room the list is read anew once one has ended. */
void ends_add(struct vn_peer *peer, const struct vn_give *give)
{
    struct ends *ends = &peer->ends;
    struct neighbour *borrower = peer_find(peer, &give->borrower);
    if (borrower != NULL) {
        borrower->failures = 0;
        borrower->end_ms = peer_now_ms(peer) + VN_PEER_AGAIN_MIN_MS;
    }
    if (ends->count < VN_PEER_GIVES_MAX) {
        ends->gives[ends->count++] = *give;
    } else {
        ends->due = true;
    }
}

static void drop(struct ends *ends, const char *transfer)
{
    for (size_t i = 0; i < ends->count; i++) {
        if (strcmp(ends->gives[i].transfer, transfer) == 0) {
            ends->gives[i] = ends->gives[--ends->count];
            return;
        }
    }
}

static void later(struct vn_peer *peer, struct neighbour *neighbour)
{
    int64_t wait_ms = VN_PEER_AGAIN_MIN_MS;
    for (int i = 0; i < neighbour->failures && wait_ms < VN_PEER_AGAIN_MAX_MS; i++) {
        wait_ms *= 2;
    }
    neighbour->failures++;
    neighbour->end_ms = peer_now_ms(peer) + (wait_ms < VN_PEER_AGAIN_MAX_MS ? wait_ms : VN_PEER_AGAIN_MAX_MS);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static const struct vn_give *first_of(const struct vn_peer *peer, const struct neighbour *neighbour)
{
    for (size_t i = 0; i < peer->ends.count; i++) {
        if (vn_enrolment_id_equal(&peer->ends.gives[i].borrower, &neighbour->row.enrolment)) {
            return &peer->ends.gives[i];
        }
    }
    return NULL;
}

static void note_end(struct vn_peer *peer, const struct vn_give *give, enum vn_transfer_state state)
{
    peer->ends.job.give = *give;
    peer->ends.job.state = state;
    begin_job(peer, VN_PEER_ENDED);
}

static void came_back(struct vn_peer *peer, const struct vn_give *give, const struct vn_signature *signature)
{
    struct vn_peer_job *job = &peer->ends.job;
    vn_entry_deinit(&job->entry);
    vn_entry_init(&job->entry, VN_ENTRY_BACK);
    job->give = *give;
    if (vn_entry_transfer_write(&job->entry, give, signature) != VN_OK) {
        peer->ends.due = true; /* without memory: it is asked for again */
        return;
    }
    begin_job(peer, VN_PEER_APPEND);
}

static bool end_gone(struct vn_peer *peer)
{
    for (size_t i = 0; i < peer->ends.count; i++) {
        const struct vn_give *give = &peer->ends.gives[i];
        if (vn_roster_is_gone(&peer->roster, &give->borrower)) {
            vn_log_event(peer->config.log, VN_LOG_NOTICE, "give_ended_by_hub",
                         VN_S("transfer", give->transfer));
            note_end(peer, give, VN_TRANSFER_GIVEN_GONE);
            return true;
        }
    }
    return false;
}

/* All of the list once more: what is in the journal by then is refused by it. */
static void refuse_later(struct ends *ends, int64_t now_ms)
{
    ends->asked = 0;
    ends->refuse_ms = now_ms + VN_PEER_AGAIN_MAX_MS;
}

/* What a till that is gone had lent to this one: the roster asks for its end. What was taken stays taken; anything else this
 * till never takes, and the hub reads in its journal that it went back to its owner. */
static bool refuse_unheard(struct vn_peer *peer)
{
    struct ends *ends = &peer->ends;
    struct vn_peer_job *job = &ends->job;
    if (peer_now_ms(peer) < ends->refuse_ms) {
        return false;
    }
    while (ends->asked < peer->roster.open_count) {
        const struct vn_give *give = &peer->roster.open[ends->asked++];
        if (!vn_enrolment_id_equal(&give->borrower, &peer->config.own)) {
            continue;
        }
        vn_entry_deinit(&job->entry);
        vn_entry_init(&job->entry, VN_ENTRY_REFUSE);
        job->give = *give;
        if (vn_entry_transfer_write(&job->entry, give, NULL) != VN_OK) {
            refuse_later(ends, peer_now_ms(peer));
            return false;
        }
        ends->refusing = true;
        begin_job(peer, VN_PEER_APPEND);
        return true;
    }
    return false;
}

static void refused(struct vn_peer *peer)
{
    const struct vn_peer_job *job = &peer->ends.job;
    const char *why = job->status == VN_CONFLICT
                          ? "that transfer was another one, so the lender that is gone made it up"
                          : vn_status_name(job->status);
    peer->ends.refusing = false;
    if (job->status == VN_OK) {
        vn_log_event(peer->config.log, VN_LOG_NOTICE, "refused_of_gone_till",
                     VN_S("transfer", job->give.transfer), VN_I("amount", job->give.amount));
    } else if (job->status != VN_CONFLICT || !vn_give_equal(&job->known, &job->give)) {
        vn_log_event(peer->config.log, VN_LOG_WARN, "end_not_journaled", VN_S("transfer", job->give.transfer),
                     VN_S("why", why));
    }
    if (job->status != VN_OK && job->status != VN_CONFLICT) {
        refuse_later(&peer->ends, peer_now_ms(peer));
    }
}

static void ask(struct vn_peer *peer, struct neighbour *neighbour, const struct vn_give *give)
{
    static const struct vn_signature none;
    struct vn_buf body;
    if (VN_PLANTED(GIVE_REFUNDED)) {
        came_back(peer, give, &none);
        return;
    }
    vn_buf_init(&body, VN_PEER_BODY_MAX);
    neighbour->give = *give;
    if (!peer_send(peer, neighbour, ASK_END, VN_PEER_END_PATH, vn_end_request_encode(give, &body), &body,
                   VN_PEER_END_MS)) {
        later(peer, neighbour);
    }
}

void ends_next(struct vn_peer *peer)
{
    struct ends *ends = &peer->ends;
    int64_t now_ms = peer_now_ms(peer);
    if (!peer->started || ends->job_busy || peer->wish.phase != WISH_NONE) {
        return; /* a cashier who waits comes first */
    }
    if (ends->due) {
        ends_load(peer);
        return;
    }
    if (peer->has_roster && (end_gone(peer) || refuse_unheard(peer))) {
        return;
    }
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX && ends->count > 0; i++) {
        struct neighbour *n = &peer->neighbours[i];
        const struct vn_give *give = peer_reachable(n) && n->asking == ASK_NONE ? first_of(peer, n) : NULL;
        if (give != NULL && now_ms >= n->end_ms) {
            ask(peer, n, give);
        }
    }
}

int64_t ends_due_ms(const struct vn_peer *peer)
{
    const struct ends *ends = &peer->ends;
    bool can = !ends->job_busy && peer->wish.phase == WISH_NONE;
    int64_t due_ms =
        can && peer->has_roster && ends->asked < peer->roster.open_count ? ends->refuse_ms : PEER_NEVER;
    can = can && ends->count > 0;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX && can; i++) {
        const struct neighbour *n = &peer->neighbours[i];
        bool waits = peer_reachable(n) && n->asking == ASK_NONE && first_of(peer, n) != NULL;
        due_ms = waits && n->end_ms < due_ms ? n->end_ms : due_ms;
    }
    return due_ms;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

/* One journal job at a time: an answer that comes meanwhile is asked for again at once. */
void ends_response(struct vn_peer *peer, struct neighbour *neighbour, const struct vn_peer_response *response)
{
    const struct vn_give give = neighbour->give;
    struct vn_end_reply reply;
    struct vn_error error = {VN_OK, "", ""};
    if (response->status != VN_OK) {
        later(peer, neighbour);
        return;
    }
    if (response->http_status != 200) {
        peer_trouble(peer, neighbour, "end_refused", give.transfer, response->problem);
        later(peer, neighbour);
        return;
    }
    enum vn_status status = vn_end_reply_decode(response->body, &reply, &error);
    if (status == VN_OK && strcmp(reply.transfer, give.transfer) != 0) {
        status = vn_fail(&error, VN_INPUT, "it told the end of another transfer than it was asked for");
    }
    if (status == VN_OK) {
        status = vn_end_verify(&give, reply.end, &reply.signature, &neighbour->row.place.key);
        if (status == VN_CORRUPT) {
            (void)vn_fail(&error, status, "the end is not signed by the key that the roster has of it");
        }
    }
    if (status != VN_OK) {
        peer_trouble(peer, neighbour, "end_not_believed", give.transfer,
                     error.text[0] == '\0' ? vn_status_name(status) : error.text);
        later(peer, neighbour);
        return;
    }
    neighbour->failures = 0;
    neighbour->end_ms = peer_now_ms(peer);
    if (peer->ends.job_busy) {
        return;
    }
    if (reply.end == VN_TRANSFER_TAKEN) {
        note_end(peer, &give, VN_TRANSFER_GIVEN_KEPT);
    } else {
        came_back(peer, &give, &reply.signature);
    }
}

static void loaded(struct vn_peer *peer)
{
    struct ends *ends = &peer->ends;
    ends->loading = false;
    if (ends->job.status == VN_OK) {
        ends->count = ends->job.give_count;
        memcpy(ends->gives, ends->job.gives, sizeof ends->gives);
    } else {
        vn_log_event(peer->config.log, VN_LOG_WARN, "gives_not_read",
                     VN_S("why", vn_status_name(ends->job.status)));
    }
}

void ends_job(struct vn_peer *peer)
{
    struct ends *ends = &peer->ends;
    struct vn_peer_job *job = &ends->job;
    ends->job_busy = false;
    if (job->kind == VN_PEER_OPEN) {
        loaded(peer);
        return;
    }
    if (ends->refusing) {
        refused(peer);
        return;
    }
    if (job->kind == VN_PEER_APPEND && (job->status == VN_OK || job->status == VN_CONFLICT)) {
        vn_log_event(peer->config.log, VN_LOG_INFO, "lent_came_back", VN_S("transfer", job->give.transfer),
                     VN_I("amount", job->give.amount));
    } else if (job->status != VN_OK) {
        struct neighbour *neighbour = peer_find(peer, &job->give.borrower);
        vn_log_event(peer->config.log, VN_LOG_WARN, "end_not_journaled", VN_S("transfer", job->give.transfer),
                     VN_S("why", vn_status_name(job->status)));
        if (neighbour != NULL) {
            later(peer, neighbour);
            return;
        }
    }
    bool was_full = ends->count == VN_PEER_GIVES_MAX;
    drop(ends, job->give.transfer);
    ends->due = ends->due || was_full;
    peer->io.changed(peer->io.ctx);
}
