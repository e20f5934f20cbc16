/* What the HTTP side of the hub shares: the threads, what travels between them, and who waits for what.
 *
 *     loop     sockets, HTTP, timers, replies. It never touches a database and does no heavy work.
 *     writer   the one connection that writes. In lanes: journals and posting; rights and verbs; the rest, and enrolments.
 *     reader   a connection of its own, in one read transaction a task: frames, members, reports.
 *     hands    no connection: unzips and checks what tills send, on as many threads as there are cores, 4 at most.
 *     builder  a connection of its own: snapshots (service/snapshot.h).
 *     requote  a connection of its own: receipts that are quoted again, and audits (service/requote.h).
 *
 * A request becomes a *task*: a copy of what was asked, run on one thread or on several after one another, and
 * answered by the loop. The client may leave meanwhile; the work is done even so, and its answer goes nowhere. */
#ifndef VN_HUB_SERVICE_H
#define VN_HUB_SERVICE_H

#include <uv.h>

#include "agent/base/json.h"
#include "agent/base/worker.h"

#include "sync/hub/core/hub.h"
#include "sync/hub/core/said.h"
#include "sync/hub/fleet/table.h"
#include "sync/hub/ledger/posting.h"
#include "sync/hub/service/admission.h"
#include "sync/net/server.h"

struct vn_service;
struct vn_feed_service;
struct vn_waits;
struct vn_snapshots;
struct vn_requotes;

/* What a thread found out, for the loop to send. */
struct vn_answer {
    int http_status;  /* 0: nothing yet */
    const char *type; /* content type; NULL: `title` and the two after it make a problem document */
    struct vn_buf body;
    int64_t retry_after_s; /* 0: no such header */
    char title[VN_ID_MAX];
    char detail[VN_ERROR_TEXT_MAX]; /* "": left out */
    char pointer[VN_JSON_POINTER_MAX];
    enum vn_status trouble; /* our own, that `reason` tells; VN_OK: none */
    char reason[VN_ERROR_TEXT_MAX];
};

/* Where a task runs next. */
enum vn_lane {
    VN_LANE_INTAKE,  /* of the writer: journals, branches */
    VN_LANE_VERBS,   /* of the writer: rights, verbs, reports of tills */
    VN_LANE_POSTING, /* of the writer, in turn with intake: what is taken in is to be posted also under load */
    VN_LANE_LAST,    /* of the writer, after the others: also enrolments, which anybody may ask for */
    VN_LANE_READER,
    VN_LANE_LOOKS, /* of the reader, after the others: whether there is news for a long-poll */
    VN_LANE_AUDIT, /* of the thread that quotes again: what reads everything, one at a time and one that waits */
    VN_LANE_HANDS,
    VN_LANE_HANDS_LAST, /* after the others: what is read of somebody who has not enrolled */
};

struct vn_task {
    struct vn_job job; /* first */
    struct vn_service *service;
    struct vn_http_exchange *exchange; /* NULL: nobody waits for the answer, or no longer */
    struct vn_http_request request;    /* a copy, without headers and peer */
    struct vn_buf text;                /* what `request` points to */
    /* On its thread. hub->storage is that thread's connection, NULL for the hands. */
    void (*run)(struct vn_task *task, struct vn_hub *hub);
    /* On the loop, after run: tells the tables what was committed. True: the task goes on, it was posted anew or waits
     * for something; else it is answered and freed. NULL: false. */
    bool (*ended)(struct vn_task *task);
    void (*left)(
        struct vn_task *task); /* the client left: for a task that waits. It may free the task; may be NULL */
    void (*free)(struct vn_task *task); /* what the larger struct owns; may be NULL */
    struct vn_answer answer;
    bool changed; /* something was committed that tills may wait for */
    bool lost;    /* the store can't be believed any more */
    struct vn_post_news
        *news; /* what was posted on the way, for others who wait; NULL: nothing of that kind */
};

struct vn_service {
    struct vn_hub *hub; /* clock, log, keys and epoch; its storage is the writer's */
    uv_loop_t *loop;
    struct vn_hub writes, reads, helps; /* what each thread is given */
    struct vn_worker *writer, *reader, *hands;
    struct vn_fleet_table *fleet;
    struct vn_admission admission;
    struct vn_posting posting;   /* the writer's while `posts` */
    struct vn_said posting_said; /* that it fails; likewise */
    bool posts;                  /* a slice is under way, or waits for the writer */
    bool taken_meanwhile;        /* since that began */
    bool releases;               /* entries out of quarantine, likewise */
    bool known_meanwhile;
    bool look_due;    /* the next round through them counts */
    bool try_again;   /* something was posted that some of them may have waited for: within ten seconds */
    bool others_post; /* another process had the lease; it is asked for again in a moment */
    int64_t backlog;  /* entries that are taken in and not posted */
    uv_timer_t again; /* when posting could not go on */
    unsigned tasks;   /* on a thread, or waiting for one */
    unsigned enrols;  /* of them, or about to be */
    struct {
        int64_t since_ms; /* nothing could be stored since then; 0: it can */
        enum vn_status status;
        char reason[VN_ERROR_TEXT_MAX];
    } trouble;
    struct {
        int64_t since_ms; /* nothing could be posted since then, of any till; 0: it can */
        char reason[VN_ERROR_TEXT_MAX];
    } unposted;
    struct {
        unsigned count; /* enrolments whose entries the store can't go on with */
        char till[VN_ID_MAX];
    } still;
    bool lost;   /* the store failed: the hub ends */
    bool ending; /* nothing new is begun */
    void (*on_idle)(void *ctx);
    void *on_idle_ctx;
    uv_timer_t patience;            /* of the end */
    struct vn_feed_service *feed;   /* service/feed.h */
    struct vn_waits *waits;         /* service/waits.h */
    struct vn_snapshots *snapshots; /* service/snapshot.h */
    struct vn_requotes *requotes;   /* service/requote.h */
};

/* `reader` is a second connection to the store of `hub`; both stay the caller's. Starts the threads. */
VN_MUST_USE enum vn_status vn_service_init(struct vn_service *service, struct vn_hub *hub,
                                           struct vn_storage *reader, uv_loop_t *loop,
                                           struct vn_error *error);
/* Begins nothing new (503), answers who waits for news with what there is, and calls `on_idle` when all that was begun
 * has ended, at most VN_HUB_END_MS from now; maybe within this call. */
void vn_service_end(struct vn_service *service, void (*on_idle)(void *ctx), void *ctx);
void vn_service_look_idle(struct vn_service *service); /* something has ended */
/* Ends the threads and closes the handles; the loop must run until they are gone, and then deinit frees the memory. */
void vn_service_close(struct vn_service *service);
void vn_service_deinit(struct vn_service *service);

/* Entries were taken in, and are to be posted. */
void vn_service_taken(struct vn_service *service, unsigned entries);
void vn_service_post(struct vn_service *service); /* what there is, slice after slice */
/* An account became known: what waits for it in quarantine goes on, piece after piece. */
void vn_service_release(struct vn_service *service);
/* The same at a set time, so that it counts (vn_quarantine_round). */
void vn_service_look(struct vn_service *service);
/* Something was committed that tills may wait for: the feed closes a checkpoint over it. */
void vn_service_changed(struct vn_service *service);
bool vn_service_is_revoked(void *service, const struct vn_http_peer *peer); /* hook of the server */

/* --- tasks, on the loop ---------------------------------------------------------------------------------- */

/* A struct of `size` bytes that begins with a task, zeroed but for the task's fields; the request is copied. NULL: it was
 * answered with 503. */
void *vn_task_new(size_t size, struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request);
/* The same for what nobody asked for. NULL: no memory. */
void *vn_task_own(size_t size, struct vn_service *service);
/* Runs it, once the lane has come to it; then `ended`, the answer, and its end. Only VN_LANE_AUDIT has a bound: what finds no
 * place there is answered with 503, and not `ended`. */
void vn_task_post(struct vn_task *task, enum vn_lane lane);
/* The same with a job's run in place of task->run, for tasks that take others along. */
void vn_task_post_as(struct vn_task *task, enum vn_lane lane, void (*run)(struct vn_job *job, void *owned));
void vn_task_answer(struct vn_task *task); /* replies and frees */
void vn_task_free(struct vn_task *task);   /* without an answer */

/* The handlers of the two servers, and what the first asks before it reads a body (ctx of body_most: anything). */
size_t vn_api_tills_body_most(void *ctx, const struct vn_http_request *request);
bool vn_api_tills_admit(void *service, struct vn_http_exchange *exchange,
                        const struct vn_http_request *request);
void vn_api_tills(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request);
void vn_api_admin(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request);

/* Parts of vn_api_tills, for a till that was authenticated. */
void vn_api_journal(struct vn_service *service, struct vn_http_exchange *exchange,
                    const struct vn_http_request *request, struct vn_fleet_seen *seen,
                    const struct vn_stamp *stamp);
/* Whether another journal of this till is under way; then this one was answered. */
bool vn_api_journal_sends(const struct vn_fleet_seen *seen, struct vn_http_exchange *exchange);
void vn_api_feed(struct vn_service *service, struct vn_http_exchange *exchange,
                 const struct vn_http_request *request, struct vn_fleet_seen *seen,
                 const struct vn_stamp *stamp);
void vn_api_rights(struct vn_service *service, struct vn_http_exchange *exchange,
                   const struct vn_http_request *request, struct vn_fleet_seen *seen,
                   const struct vn_stamp *stamp);
void vn_api_snapshot(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_http_request *request, struct vn_fleet_seen *seen,
                     const struct vn_stamp *stamp);
/* For a till that was not: its certificate is ours, and the table does not have it. */
void vn_api_stranger(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_http_request *request);
/* For one that is to become a till. */
void vn_api_enrol(struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request);

/* --- a till's request on a thread ------------------------------------------------------------------------ */

/* What every task of a till begins with. */
struct vn_call {
    struct vn_task task; /* first */
    struct vn_enrolment_id enrolment;
    struct vn_stamp stamp;
    char serial[VN_SERIAL_TEXT_MAX]; /* of the certificate that was shown */
    bool first_use;                  /* of it: to be written down */
    bool fits;                       /* the loop's table had nothing against the stamp */
    bool
        passed; /* nor had the database, when it was asked first: what was written since says nothing of it */
    int64_t shown_epoch; /* where the till stands in it, it showed just now: to be written down; 0: nothing */
    int64_t seen_seq;    /* what was acknowledged, by the table: another process may have more */
    int64_t least_seq;   /* entry that the till must have, by when its connection was opened */
    struct vn_enrolment_row row; /* as it is in the task's transaction */
    const char *branch;          /* a sentence: the till's journal is not the one that the hub has */
    const char *ahead;           /* a sentence: the till shows more than the hub has; it was set back */
    bool brings_journal;
    bool renews; /* without a good certificate it can bring nothing, so it gets one first */
};

/* Part of vn_api_tills, in the transaction of the call. */
VN_MUST_USE enum vn_status vn_api_signup(struct vn_call *call, struct vn_hub *hub, struct vn_error *error);

/* As vn_task_new. */
void *vn_call_new(size_t size, struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request, const struct vn_fleet_seen *seen,
                  const struct vn_stamp *stamp);
/* Reads epoch and row anew and looks at the stamp, within the caller's transaction. False: it must not go on, and the answer
 * says why; if call->branch is set, too, the enrolment must be ended; if call->ahead is, a new epoch is to be opened. */
bool vn_call_check(struct vn_call *call, struct vn_hub *hub);
/* The same when epoch and row were read with those of others: `status` is how that went. */
bool vn_call_check_row(struct vn_call *call, struct vn_hub *hub, enum vn_status status);
/* 409, and from which entry on the hub wants the till's journal. */
void vn_call_answer_expected(struct vn_call *call, struct vn_hub *hub);
/* For `ended` of a call: tells the table, or has the writer end the enrolment or open an epoch if that was found. */
bool vn_call_ended(struct vn_task *task);

/* --- answers, on any thread ------------------------------------------------------------------------------ */

/* Takes what is in the buffer. */
void vn_answer_bytes(struct vn_answer *answer, int http_status, const char *type, struct vn_buf *body);
/* The body of `json` is dumped and the reference taken. */
void vn_answer_json(struct vn_answer *answer, int http_status, json_t *json);
/* `detail` and `pointer` may be NULL. */
void vn_answer_problem(struct vn_answer *answer, int http_status, const char *title, const char *detail,
                       const char *pointer);
/* A problem document for a status; `error` may be NULL. Logs what is our own trouble. */
void vn_answer_status(struct vn_answer *answer, struct vn_hub *hub, enum vn_status status,
                      const struct vn_error *error);
void vn_answer_deinit(struct vn_answer *answer);
/* Header of a reply that follows, on the loop. */
void vn_answer_retry_after(struct vn_http_exchange *exchange, int64_t retry_s);

#endif
