/* A wish: what this till lacks is borrowed from neighbours.
 *
 * What goes wrong: a neighbour is silent, or dies between its give and our take. The next one is asked then, as long as there is
 * time; the transfer stays its lender's to end: he asks for the end, and hears that it was refused. A give that comes when nobody
 * waits any more is not taken. A neighbour that lies gives something else than it was asked for, or does not sign it. */
#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/peer/internal.h"

#define LEND_LEAST_MS 50 /* no neighbour can be asked in less */

static void tell(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    if (!wish->told) {
        wish->told = true;
        peer->io.borrowed(peer->io.ctx, wish->got, wish->got_count);
    }
}

static void end_wish(struct vn_peer *peer)
{
    peer->wish.phase = WISH_NONE;
    tell(peer);
}

static void begin_job(struct vn_peer *peer, enum vn_peer_job_kind kind)
{
    struct wish *wish = &peer->wish;
    wish->job.kind = kind;
    wish->job_busy = true;
    wish->job_number = wish->number;
    peer->io.job(peer->io.ctx, &wish->job);
}

static void look(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    struct vn_peer_job *job = &wish->job;
    wish->phase = WISH_LOOK;
    job->count = wish->request.count;
    for (unsigned i = 0; i < job->count; i++) {
        memcpy(job->accounts[i], wish->request.wants[i].account, VN_ID_MAX);
    }
    begin_job(peer, VN_PEER_LOOK);
}

/* The one before it, if it has not ended, is not told any more: there is one answer, to the newer. Its take may still be under
 * way in the journal; then this begins when that is done. */
void vn_peer_ask(struct vn_peer *peer, const struct vn_rights_request *request)
{
    struct wish *wish = &peer->wish;
    int64_t now_ms = peer_now_ms(peer);
    wish->number++;
    wish->told = wish->looks = false;
    wish->request = *request;
    wish->until_ms = now_ms + VN_PEER_WAIT_MS;
    wish->have_until_ms = now_ms + VN_PEER_HAVE_MS;
    wish->lends = 0;
    wish->got_count = 0;
    wish->phase = WISH_LOOK;
    if (!wish->job_busy) {
        look(peer);
    }
    peer_set_timer(peer);
}

static void ask_all(struct vn_peer *peer);

bool vn_peer_look(struct vn_peer *peer, const char *account)
{
    struct wish *wish = &peer->wish;
    int64_t now_ms = peer_now_ms(peer);
    if (wish->phase != WISH_NONE || !vn_peer_can_ask(peer)) {
        return false;
    }
    wish->number++; /* a job of the wish before it may be under way still: it is of that number */
    wish->looks = wish->told = true;
    memset(&wish->request, 0, sizeof wish->request);
    wish->request.count = 1;
    (void)snprintf(wish->request.wants[0].account, VN_ID_MAX, "%s", account);
    wish->until_ms = now_ms + VN_PEER_WAIT_MS;
    wish->have_until_ms = wish->until_ms;
    ask_all(peer);
    peer_set_timer(peer);
    return true;
}

/* --- who has what --------------------------------------------------------------------------------------------------- */

static void ask_have(struct vn_peer *peer, struct neighbour *neighbour)
{
    struct wish *wish = &peer->wish;
    struct vn_have_request request = {.count = wish->request.count};
    struct vn_buf body;
    vn_buf_init(&body, VN_PEER_BODY_MAX);
    for (unsigned i = 0; i < request.count; i++) {
        memcpy(request.accounts[i], wish->request.wants[i].account, VN_ID_MAX);
    }
    neighbour->have_wanted = false;
    neighbour->said =
        !peer_send(peer, neighbour, ASK_HAVE, VN_PEER_HAVE_PATH, vn_have_request_encode(&request, &body),
                   &body, wish->until_ms - peer_now_ms(peer));
}

/* The question for nothing: its answer is that there is one. */
void vn_peer_greet(struct vn_peer *peer)
{
    static const struct vn_have_request nothing = {.count = 0};
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX && peer->wish.phase == WISH_NONE; i++) {
        struct neighbour *n = &peer->neighbours[i];
        struct vn_buf body;
        vn_buf_init(&body, VN_PEER_BODY_MAX);
        n->wish = 0;
        (void)peer_send(peer, n, ASK_HAVE, VN_PEER_HAVE_PATH, vn_have_request_encode(&nothing, &body), &body,
                        VN_PEER_GREET_MS);
    }
}

void borrow_next(struct vn_peer *peer, struct neighbour *neighbour)
{
    if (neighbour->have_wanted && neighbour->asking == ASK_NONE && peer->wish.phase == WISH_HAVE) {
        ask_have(peer, neighbour);
    }
}

static void ask_all(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    wish->phase = WISH_HAVE;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        struct neighbour *n = &peer->neighbours[i];
        memset(n->has, 0, sizeof n->has);
        n->wish = wish->number;
        n->said = true;
        n->heard = false;
        n->have_wanted = false;
        n->hoped = n->answered || n->asked_wall_ms == 0;
        if (peer_reachable(n) && n->asking == ASK_NONE) {
            ask_have(peer, n);
        } else if (peer_reachable(n)) {
            n->said = false;
            n->have_wanted = true;
        }
    }
}

/* Of each account, with what has been said so far. */
static bool is_enough(const struct vn_peer *peer)
{
    const struct wish *wish = &peer->wish;
    bool enough = !wish->looks;
    for (unsigned i = 0; i < wish->request.count && enough; i++) {
        int64_t missing = wish->missing[i];
        for (size_t j = 0; j < VN_ROSTER_TILLS_MAX && missing > 0; j++) {
            missing -= peer->neighbours[j].has[i];
        }
        enough = missing <= 0;
    }
    return enough;
}

/* A till that is switched off does not cost each customer VN_PEER_HAVE_MS: who was silent the last time is waited for only if the
 * others have too little. */
static bool all_said(const struct vn_peer *peer)
{
    bool all = true;
    bool hoped = true;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        const struct neighbour *n = &peer->neighbours[i];
        all = all && n->said;
        hoped = hoped && (n->said || !n->hoped);
    }
    return all || (hoped && is_enough(peer));
}

/* What it says of accounts that it was not asked for does not count; of one that it names twice, the last. */
static void take_have(struct vn_peer *peer, struct neighbour *neighbour,
                      const struct vn_peer_response *response)
{
    struct wish *wish = &peer->wish;
    struct vn_have_reply reply;
    struct vn_error error;
    if (neighbour->wish != wish->number || wish->phase == WISH_NONE) {
        return;
    }
    neighbour->said = true;
    neighbour->heard = response->status == VN_OK && response->http_status == 200;
    if (response->status != VN_OK) {
        return;
    }
    if (response->http_status != 200) {
        peer_trouble(peer, neighbour, "neighbour_refuses", "", response->problem);
        return;
    }
    if (vn_have_reply_decode(response->body, &reply, &error) != VN_OK) {
        peer_trouble(peer, neighbour, "neighbour_unreadable", "", error.text);
        return;
    }
    for (unsigned i = 0; i < reply.count; i++) {
        for (unsigned j = 0; j < wish->request.count; j++) {
            if (strcmp(reply.rights[i].account, wish->request.wants[j].account) == 0) {
                neighbour->has[j] = reply.rights[i].available;
            }
        }
    }
}

/* --- lending ------------------------------------------------------------------------------------------------------ */

static enum vn_status draw_number(struct vn_peer *peer, struct vn_give *give)
{
    uint8_t bytes[8];
    int64_t count = 0;
    enum vn_status status = vn_random_fill(&peer->config.random, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        count = (int64_t)((uint64_t)count << 8 | bytes[i]) & VN_NUMBER_MAX;
    }
    vn_transfer_number(&peer->config.own, count, give->transfer);
    return status;
}

static struct neighbour *richest(struct vn_peer *peer, unsigned account)
{
    struct neighbour *best = NULL;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        struct neighbour *n = &peer->neighbours[i];
        bool can = peer_reachable(n) && n->asking == ASK_NONE && n->wish == peer->wish.number;
        if (can && n->has[account] > 0 && (best == NULL || n->has[account] > best->has[account])) {
            best = n;
        }
    }
    return best;
}

static bool ask_lend(struct vn_peer *peer, struct neighbour *neighbour, unsigned account)
{
    struct wish *wish = &peer->wish;
    int64_t has = neighbour->has[account];
    struct vn_give *give = &neighbour->give;
    struct vn_lend_request request;
    struct vn_buf body;
    vn_buf_init(&body, VN_PEER_BODY_MAX);
    *give = (struct vn_give){.lender = neighbour->row.enrolment,
                             .borrower = peer->config.own,
                             .amount = wish->missing[account] < has ? wish->missing[account] : has};
    memcpy(give->account, wish->request.wants[account].account, sizeof give->account);
    enum vn_status status = draw_number(peer, give);
    request.amount = give->amount;
    memcpy(request.transfer, give->transfer, sizeof request.transfer);
    memcpy(request.account, give->account, sizeof request.account);
    if (status == VN_OK) {
        status = vn_lend_request_encode(&request, &body);
    }
    neighbour->has[account] = 0; /* whatever comes of it, it is not asked for the same again */
    wish->lender = peer_number(peer, neighbour);
    wish->account = account;
    wish->lends++;
    int64_t left_ms = wish->until_ms - peer_now_ms(peer);
    left_ms = VN_PLANTED(REFUSED_TAKEN)   ? VN_PEER_GREET_MS
              : left_ms < VN_PEER_LEND_MS ? left_ms
                                          : VN_PEER_LEND_MS;
    return peer_send(peer, neighbour, ASK_LEND, VN_PEER_LEND_PATH, status, &body, left_ms);
}

static void tell_nearby(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    int64_t amount = 0;
    unsigned answered = 0;
    for (size_t i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        const struct neighbour *n = &peer->neighbours[i];
        if (n->heard && n->wish == wish->number) {
            answered++;
            amount += n->has[0];
        }
    }
    wish->phase = WISH_NONE;
    peer->io.nearby(peer->io.ctx, wish->request.wants[0].account, amount, answered);
}

/* The next neighbour, or the end. */
static void go_on(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    if (wish->looks) {
        tell_nearby(peer);
        return;
    }
    bool time = wish->until_ms - peer_now_ms(peer) >= LEND_LEAST_MS;
    for (unsigned i = 0; i < wish->request.count && time && peer->allowed; i++) {
        struct neighbour *n = NULL;
        while (wish->missing[i] > 0 && wish->lends < VN_PEER_LENDS_MAX && (n = richest(peer, i)) != NULL) {
            if (ask_lend(peer, n, i)) {
                wish->phase = WISH_LEND;
                return;
            }
        }
    }
    end_wish(peer);
}

/* What it gave is what it was asked for, and it stands by it. */
static enum vn_status judge_give(const struct neighbour *neighbour, const struct vn_peer_response *response,
                                 struct vn_lend_reply *reply, struct vn_error *error)
{
    enum vn_status status = vn_lend_reply_decode(response->body, reply, error);
    if (status != VN_OK) {
        return status;
    }
    if (!neighbour->there) {
        return vn_fail(error, VN_DENIED, "it is not in this store's roster any more");
    }
    const struct vn_give *asked = &neighbour->give;
    if (strcmp(reply->give.transfer, asked->transfer) != 0) {
        return vn_fail(error, VN_INPUT, "it gave another transfer than it was asked for");
    }
    if (strcmp(reply->give.account, asked->account) != 0 || reply->give.amount != asked->amount) {
        return vn_fail(error, VN_INPUT, "it gave %lld of %s, and was asked for %lld of %s",
                       (long long)reply->give.amount, reply->give.account, (long long)asked->amount,
                       asked->account);
    }
    if (!vn_give_equal(&reply->give, asked)) {
        return vn_fail(error, VN_INPUT, "its give names other tills");
    }
    status = vn_give_verify(&reply->give, &reply->signature, &neighbour->row.place.key);
    if (VN_PLANTED(UNSIGNED_GIVE)) {
        return VN_OK;
    }
    return status == VN_CORRUPT
               ? vn_fail(error, status, "its give is not signed by the key that the roster has of it")
               : status;
}

static void take(struct vn_peer *peer, struct neighbour *neighbour, const struct vn_peer_response *response)
{
    struct wish *wish = &peer->wish;
    struct vn_lend_reply reply;
    struct vn_error error = {VN_OK, "", ""};
    if (response->status != VN_OK) {
        go_on(peer);
        return;
    }
    if (response->http_status != 200) {
        peer_trouble(peer, neighbour, "lending_refused", neighbour->give.transfer, response->problem);
        go_on(peer);
        return;
    }
    enum vn_status status = judge_give(neighbour, response, &reply, &error);
    if (status == VN_OK) {
        vn_entry_deinit(&wish->job.entry);
        vn_entry_init(&wish->job.entry, VN_ENTRY_TAKE);
        status = vn_entry_transfer_write(&wish->job.entry, &reply.give, &reply.signature);
    }
    if (status != VN_OK) {
        peer_trouble(peer, neighbour, "give_refused", neighbour->give.transfer,
                     error.text[0] == '\0' ? vn_status_name(status) : error.text);
        go_on(peer);
        return;
    }
    wish->job.give = reply.give;
    wish->phase = WISH_TAKE;
    begin_job(peer, VN_PEER_APPEND);
}

void borrow_response(struct vn_peer *peer, struct neighbour *neighbour, enum ask_kind kind,
                     const struct vn_peer_response *response)
{
    struct wish *wish = &peer->wish;
    if (kind == ASK_HAVE) {
        take_have(peer, neighbour, response);
        if (wish->phase == WISH_HAVE && all_said(peer)) {
            go_on(peer);
        }
        return;
    }
    bool waits = wish->phase == WISH_LEND && neighbour->wish == wish->number &&
                 wish->lender == peer_number(peer, neighbour);
    bool late = VN_PLANTED(REFUSED_TAKEN) && wish->phase == WISH_NONE && response->status == VN_OK;
    if (waits || late) {
        take(peer, neighbour, response);
    } else if (response->status == VN_OK && response->http_status == 200) {
        peer_trouble(peer, neighbour, "give_too_late", neighbour->give.transfer,
                     "its give came when nobody waited for it any more, and was not taken");
    }
}

/* --- the journal's answers ---------------------------------------------------------------------------------------- */

static void looked(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    const struct vn_peer_job *job = &wish->job;
    bool any = false;
    for (unsigned i = 0; i < wish->request.count; i++) {
        int64_t missing =
            job->status == VN_OK ? wish->request.wants[i].granted - job->counters[i].granted : 0;
        wish->missing[i] = missing > 0 ? missing : 0;
        any = any || missing > 0;
    }
    if (!any || !vn_peer_can_ask(peer)) {
        end_wish(peer);
        return;
    }
    ask_all(peer);
    if (all_said(peer)) { /* nobody could be asked */
        go_on(peer);
    }
}

/* Of a wish that another took the place of, nobody is told; the right is here all the same. */
static void took(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    struct vn_peer_job *job = &wish->job;
    const struct vn_counters *counters = &job->entry.rights[0];
    struct neighbour *lender = &peer->neighbours[wish->lender];
    unsigned at = 0;
    if (job->status != VN_OK) {
        peer_trouble(peer, lender, "take_refused", lender->give.transfer, job->error.text);
        return;
    }
    peer->borrowed++;
    vn_log_event(peer->config.log, VN_LOG_INFO, "borrowed", VN_S("from", lender->row.till),
                 VN_S("account", counters->account), VN_I("amount", counters->move));
    if (wish->job_number != wish->number) {
        return;
    }
    while (at < wish->got_count && strcmp(wish->got[at].account, counters->account) != 0) {
        at++;
    }
    wish->got[at] = *counters;
    wish->got_count = at == wish->got_count ? at + 1 : wish->got_count;
    wish->missing[wish->account] -= counters->move;
}

void borrow_job(struct vn_peer *peer)
{
    struct wish *wish = &peer->wish;
    bool stale = wish->job_number != wish->number;
    wish->job_busy = false;
    if (wish->job.kind == VN_PEER_APPEND) {
        took(peer);
    }
    if (stale && wish->phase == WISH_LOOK) {
        look(peer);
    } else if (!stale && wish->phase == WISH_LOOK) {
        looked(peer);
    } else if (!stale && wish->phase == WISH_TAKE) {
        go_on(peer);
    }
}

/* --- time ----------------------------------------------------------------------------------------------------------- */

int64_t borrow_due_ms(const struct vn_peer *peer)
{
    const struct wish *wish = &peer->wish;
    if (wish->phase == WISH_NONE || wish->phase == WISH_TAKE) {
        return PEER_NEVER;
    }
    return wish->phase == WISH_HAVE ? wish->have_until_ms : wish->until_ms;
}

/* A take that is in the journal is waited for: it is a matter of one write, and it counts. */
void borrow_timer(struct vn_peer *peer, int64_t now_ms)
{
    struct wish *wish = &peer->wish;
    if (wish->phase == WISH_HAVE && now_ms >= wish->have_until_ms) {
        go_on(peer);
    } else if (now_ms >= wish->until_ms && (wish->phase == WISH_LEND || wish->phase == WISH_LOOK)) {
        if (wish->phase == WISH_LEND) {
            const struct neighbour *n = &peer->neighbours[wish->lender];
            vn_log_event(peer->config.log, VN_LOG_WARN, "lending_given_up", VN_S("till", n->row.till),
                         VN_S("transfer", n->give.transfer));
        }
        end_wish(peer);
    }
}
