/* What neighbours ask of this till. Each of their requests can come twice, late, or for something that is not theirs; the
 * journal's state of the transfer decides, and the answer to the same request is the same. */
#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/peer/internal.h"

#define HOUR_MS 3600000

static void answer_problem(struct vn_peer *peer, struct call *call, int http_status, const char *why)
{
    if (!call->gone) {
        peer->io.answer(peer->io.ctx, call->id, http_status, VN_VIEW_NONE, why);
    }
    call->used = false;
}

/* One that its operator should read, too. */
static void refuse(struct vn_peer *peer, struct call *call, int http_status, const char *transfer,
                   const char *why)
{
    struct neighbour *neighbour = peer_find(peer, &call->from);
    if (neighbour != NULL) {
        peer_trouble(peer, neighbour, "neighbour_was_refused", transfer, why);
    }
    answer_problem(peer, call, http_status, why);
}

static void answer(struct vn_peer *peer, struct call *call, enum vn_status made, struct vn_buf *body)
{
    if (made != VN_OK) {
        answer_problem(peer, call, 503, "this till could not make its answer");
    } else if (!call->gone) {
        peer->io.answer(peer->io.ctx, call->id, 200, vn_buf_view(body), "");
    }
    call->used = false;
    vn_buf_deinit(body);
}

/* --- what comes in ------------------------------------------------------------------------------------------------ */

static void begin_have(struct vn_peer *peer, struct call *call, struct vn_view body)
{
    struct vn_have_request request;
    struct vn_error error;
    if (vn_have_request_decode(body, &request, &error) != VN_OK) {
        refuse(peer, call, 400, "", error.text);
        return;
    }
    call->job.kind = VN_PEER_LOOK;
    call->job.count = request.count;
    memcpy(call->job.accounts, request.accounts, sizeof request.accounts);
    peer->io.job(peer->io.ctx, &call->job);
}

static void begin_entry(struct vn_peer *peer, struct call *call, enum vn_entry_kind kind, bool full)
{
    if (full) {
        call->job.kind = VN_PEER_KNOWN;
        peer->io.job(peer->io.ctx, &call->job);
        return;
    }
    call->job.kind = VN_PEER_APPEND;
    vn_entry_init(&call->job.entry, kind);
    if (vn_entry_transfer_write(&call->job.entry, &call->job.give, NULL) != VN_OK) {
        answer_problem(peer, call, 503, "out of memory");
        return;
    }
    peer->io.job(peer->io.ctx, &call->job);
}

/* What one neighbour can have journaled is bounded: he could fill the journal else, and honest sales would find no room. What
 * is journaled already is answered for ever. */
static bool is_full(const struct vn_peer *peer, struct hourly *hourly, int most)
{
    int64_t now_ms = peer_now_ms(peer);
    if (now_ms - hourly->began_ms >= HOUR_MS || hourly->count == 0) {
        *hourly = (struct hourly){.began_ms = now_ms};
    }
    return hourly->count >= most;
}

static void begin_lend(struct vn_peer *peer, struct call *call, struct vn_view body)
{
    struct vn_lend_request request;
    struct vn_enrolment_id of;
    struct vn_error error;
    if (vn_lend_request_decode(body, &request, &error) != VN_OK) {
        refuse(peer, call, 400, "", error.text);
        return;
    }
    if (vn_transfer_borrower(request.transfer, &of) != VN_OK || !vn_enrolment_id_equal(&of, &call->from)) {
        refuse(peer, call, 403, request.transfer, "the transfer's number is another till's");
        return;
    }
    call->job.give =
        (struct vn_give){.lender = peer->config.own, .borrower = call->from, .amount = request.amount};
    memcpy(call->job.give.transfer, request.transfer, sizeof request.transfer);
    memcpy(call->job.give.account, request.account, sizeof request.account);
    begin_entry(peer, call, VN_ENTRY_GIVE,
                is_full(peer, &peer_find(peer, &call->from)->gives, VN_PEER_GIVES));
}

static void begin_end(struct vn_peer *peer, struct call *call, struct vn_view body)
{
    struct vn_error error;
    if (vn_end_request_decode(body, &call->job.give, &error) != VN_OK) {
        refuse(peer, call, 400, "", error.text);
        return;
    }
    const struct vn_give *give = &call->job.give;
    if (!vn_enrolment_id_equal(&give->lender, &call->from) ||
        !vn_enrolment_id_equal(&give->borrower, &peer->config.own)) {
        refuse(peer, call, 403, give->transfer, "the transfer is not between these two tills");
        return;
    }
    begin_entry(peer, call, VN_ENTRY_REFUSE,
                is_full(peer, &peer_find(peer, &call->from)->refusals, VN_PEER_REFUSALS));
}

static struct call *new_call(struct vn_peer *peer, uint64_t id)
{
    for (size_t i = 0; i < PEER_CALLS_MAX; i++) {
        struct call *call = &peer->calls[i];
        if (!call->used) {
            vn_entry_deinit(&call->job.entry);
            memset(call, 0, sizeof *call);
            call->used = true;
            call->id = id;
            return call;
        }
    }
    return NULL;
}

static void begin(struct vn_peer *peer, struct call *call, const char *path, struct vn_view body)
{
    if (strcmp(path, VN_PEER_HAVE_PATH) == 0) {
        call->kind = ASK_HAVE;
        begin_have(peer, call, body);
    } else if (strcmp(path, VN_PEER_LEND_PATH) == 0) {
        call->kind = ASK_LEND;
        begin_lend(peer, call, body);
    } else if (strcmp(path, VN_PEER_END_PATH) == 0) {
        call->kind = ASK_END;
        begin_end(peer, call, body);
    } else {
        answer_problem(peer, call, 404, "no such path");
    }
}

/* A till that the hub refuses goes on ending what it has begun: it neither has nor lends anything. */
void vn_peer_call(struct vn_peer *peer, uint64_t id, const char *from, const char *path, struct vn_view body)
{
    struct call *call = new_call(peer, id);
    if (call == NULL) {
        peer->io.answer(peer->io.ctx, id, 503, VN_VIEW_NONE, "too much is being asked of this till");
        return;
    }
    struct neighbour *neighbour = NULL;
    if (vn_hex_decode(vn_view_str(from), call->from.bytes, VN_ID_BYTES) == VN_OK) {
        neighbour = peer_find(peer, &call->from);
    }
    if (neighbour == NULL) {
        vn_log_event(peer->config.log, VN_LOG_WARN, "stranger_was_refused", VN_S("name", from));
        peer->refused++;
        answer_problem(peer, call, 403, "you are not in the roster that this till has of its store");
        return;
    }
    if (!peer->allowed && strcmp(path, VN_PEER_END_PATH) != 0) {
        answer_problem(peer, call, 403, "the hub refuses this till, so it lends nothing");
        return;
    }
    begin(peer, call, path, body);
    peer_seen(peer, neighbour);
    ends_next(peer);
    peer_set_timer(peer);
}

void vn_peer_forget_call(struct vn_peer *peer, uint64_t id)
{
    for (size_t i = 0; i < PEER_CALLS_MAX; i++) {
        if (peer->calls[i].used && peer->calls[i].id == id) {
            peer->calls[i].gone = true;
        }
    }
}

/* --- the journal's answers ---------------------------------------------------------------------------------------- */

static void answer_have(struct vn_peer *peer, struct call *call)
{
    const struct vn_peer_job *job = &call->job;
    struct vn_have_reply reply = {.count = job->count};
    struct vn_buf body;
    vn_buf_init(&body, VN_PEER_BODY_MAX);
    if (job->status != VN_OK) {
        answer_problem(peer, call, 503, "this till can't read its journal");
        return;
    }
    for (unsigned i = 0; i < reply.count; i++) {
        const struct vn_counters *has = &job->counters[i];
        int64_t available =
            VN_PLANTED(LENT_THOUGH_HELD) ? has->granted + has->in : vn_counters_available(has);
        memcpy(reply.rights[i].account, job->accounts[i], VN_ID_MAX);
        reply.rights[i].available = available > 0 ? available : 0;
    }
    answer(peer, call, vn_have_reply_encode(&reply, &body), &body);
}

/* What the journal says of a give that it did not take. */
static void lend_refused(struct vn_peer *peer, struct call *call)
{
    const struct vn_peer_job *job = &call->job;
    switch (job->status) {
    case VN_DENIED: answer_problem(peer, call, 409, "this till has less of it by now"); break;
    case VN_CONFLICT:
        refuse(peer, call, 409, job->give.transfer,
               vn_give_equal(&job->known, &job->give) ? "that transfer has ended"
                                                      : "that transfer was another one");
        break;
    case VN_FULL: answer_problem(peer, call, 503, job->error.text); break;
    default: answer_problem(peer, call, 503, "this till can't write its journal"); break;
    }
}

static void answer_lend(struct vn_peer *peer, struct call *call)
{
    const struct vn_peer_job *job = &call->job;
    struct vn_lend_reply reply = {.give = job->give};
    struct neighbour *neighbour = peer_find(peer, &call->from);
    struct vn_buf body;
    if (job->kind == VN_PEER_KNOWN && job->status == VN_ABSENT) {
        refuse(peer, call, 429, job->give.transfer, "it asks for too many rights in an hour");
        return;
    }
    bool again = job->status == VN_CONFLICT && vn_give_equal(&job->known, &job->give) &&
                 (job->known_state == VN_TRANSFER_GIVEN || job->known_state == VN_TRANSFER_GIVEN_KEPT);
    if (job->status != VN_OK && !again) {
        lend_refused(peer, call);
        return;
    }
    if (job->status == VN_OK) {
        peer->lent++;
        if (neighbour != NULL) {
            neighbour->gives.count++;
        }
        ends_add(peer, &job->give);
        vn_log_event(peer->config.log, VN_LOG_INFO, "lent", VN_S("transfer", job->give.transfer),
                     VN_S("account", job->give.account), VN_I("amount", job->give.amount));
    }
    vn_buf_init(&body, VN_PEER_BODY_MAX);
    enum vn_status status = vn_give_sign(&reply.give, peer->key, &peer->config.random, &reply.signature);
    answer(peer, call, status == VN_OK ? vn_lend_reply_encode(&reply, &body) : status, &body);
}

static void answer_end(struct vn_peer *peer, struct call *call)
{
    const struct vn_peer_job *job = &call->job;
    struct vn_end_reply reply = {.end = VN_TRANSFER_REFUSED};
    struct vn_buf body;
    struct neighbour *neighbour = peer_find(peer, &call->from);
    if (job->kind == VN_PEER_KNOWN && job->status == VN_ABSENT) {
        refuse(peer, call, 429, job->give.transfer, "it asks for the end of too many transfers");
        return;
    }
    if (job->status == VN_CONFLICT && !vn_give_equal(&job->known, &job->give)) {
        refuse(peer, call, 409, job->give.transfer, "that transfer was another one");
        return;
    }
    if (job->status != VN_OK && job->status != VN_CONFLICT) {
        answer_problem(peer, call, 503, "this till can't write its journal");
        return;
    }
    if (job->status == VN_CONFLICT && job->known_state == VN_TRANSFER_TOOK) {
        reply.end = VN_TRANSFER_TAKEN;
    }
    if (job->status == VN_OK && neighbour != NULL) {
        neighbour->refusals.count++;
    }
    memcpy(reply.transfer, job->give.transfer, sizeof reply.transfer);
    vn_buf_init(&body, VN_PEER_BODY_MAX);
    enum vn_status status =
        vn_end_sign(&job->give, reply.end, peer->key, &peer->config.random, &reply.signature);
    answer(peer, call, status == VN_OK ? vn_end_reply_encode(&reply, &body) : status, &body);
}

void lend_job(struct vn_peer *peer, struct call *call)
{
    switch (call->kind) {
    case ASK_HAVE: answer_have(peer, call); break;
    case ASK_LEND: answer_lend(peer, call); break;
    default: answer_end(peer, call); break;
    }
    vn_entry_deinit(&call->job.entry);
}
