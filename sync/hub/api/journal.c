/* POST /v1/journal, with group commit.
 *
 * A batch is read and its chain reckoned by the hands; then it waits for the writer, who takes in all that wait at once:
 * one transaction, one fsync, then the replies. When that transaction fails, each batch is tried once more in one of its
 * own, so that what one till stumbles over (a damaged row, say) does not stop the others. Who fails even so is not
 * acknowledged, and sends again. One journal request of a till is under way at a time. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/core/clock_guard.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/ingest/ingest.h"
#include "sync/hub/service/service.h"

struct journal {
    struct vn_call call; /* first */
    struct vn_intake *intake;
    struct vn_ingest_result result;
    unsigned group_entries; /* of the one that took others along: how many there were, */
    int64_t group_ns;       /* and how long they took */
    unsigned queued;        /* counted in service->admission */
};

/* On a hand. */
static void read_batch(struct vn_task *task, struct vn_hub *hub)
{
    struct journal *journal = (struct journal *)task;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status =
        vn_intake_read(task->request.body, task->request.zipped, &journal->intake, &error);
    if (status == VN_OK &&
        memcmp(journal->intake->enrolment.bytes, journal->call.enrolment.bytes, VN_ID_BYTES) != 0) {
        status = vn_fail(&error, VN_DENIED, "the batch is of another enrolment than the certificate");
    }
    if (status != VN_OK) {
        vn_answer_status(&task->answer, hub, status, &error);
    }
    vn_buf_deinit(&task->text); /* it is in the intake now */
}

static void free_intake(struct vn_task *task)
{
    vn_intake_destroy(((struct journal *)task)->intake);
}

/* Only what the writer alone could know better stops here: the enrolment's end, and a branch. */
static enum vn_status take_one(struct vn_hub *hub, struct vn_ingest_group *writes, struct journal *journal)
{
    struct vn_call *call = &journal->call;
    vn_answer_deinit(&call->task.answer);
    memset(&journal->result, 0, sizeof journal->result); /* of a run that was rolled back */
    if (!vn_call_check_row(call, hub, call->row.id == 0 ? VN_ABSENT : VN_OK)) {
        return call->branch == NULL ? VN_OK : vn_fleet_branch(hub, &call->row);
    }
    return vn_ingest_batch(hub, writes, &call->row, journal->intake, call->stamp.head_seq, &journal->result);
}

struct group {
    struct vn_hub *hub;
    struct vn_job *first; /* and those that were joined to it */
    size_t count;         /* of them; 1: the first only */
};

/* The rows of all, at once. */
static enum vn_status load_rows(const struct group *group)
{
    const struct vn_enrolment_id **ids = calloc(group->count, sizeof *ids);
    struct vn_enrolment_row **rows = calloc(group->count, sizeof *rows);
    enum vn_status status = ids == NULL || rows == NULL ? VN_NOMEM : vn_epoch_refresh(group->hub);
    struct vn_job *job = group->first;
    for (size_t i = 0; i < group->count && status == VN_OK; i++, job = job->joined) {
        struct vn_call *call = &((struct journal *)job)->call;
        ids[i] = &call->enrolment;
        rows[i] = &call->row;
    }
    if (status == VN_OK) {
        status = vn_storage_enrolments_load(group->hub->storage, ids, rows, group->count);
    }
    free(ids);
    free(rows);
    return status;
}

static enum vn_status take_unit(void *ctx, struct vn_storage *storage)
{
    const struct group *group = ctx;
    struct vn_ingest_group writes;
    struct vn_job *job = group->first;
    (void)storage; /* it is the hub's */
    enum vn_status status = vn_ingest_begin(group->hub, group->count, &writes);
    if (status == VN_OK) {
        status = load_rows(group);
    }
    for (size_t i = 0; i < group->count && status == VN_OK; i++, job = job->joined) {
        status = take_one(group->hub, &writes, (struct journal *)job);
    }
    if (status == VN_OK) {
        status = vn_ingest_store(group->hub, &writes);
    }
    vn_ingest_end(&writes);
    return status;
}

static void answer_body(struct vn_task *task, struct vn_hub *hub, enum vn_status status, int http_status,
                        struct vn_buf *body)
{
    if (status == VN_OK) {
        vn_answer_bytes(&task->answer, http_status, "application/json", body);
    } else {
        vn_answer_status(&task->answer, hub, status, NULL);
    }
}

/* Whatever it was but taken: that is answered by the loop, which knows how long the till is to wait with the next. `held`:
 * commits wait for a standby, also after this one, so this one did; that is told and not kept, because a later one may not. */
static void answer_one(struct vn_hub *hub, struct journal *journal, enum vn_status status, bool held)
{
    struct vn_task *task = &journal->call.task;
    task->lost = vn_storage_is_lost(hub->storage);
    journal->call.branch = NULL; /* it was ended in the same transaction */
    if (status != VN_OK) {
        journal->call.row.id = 0; /* nothing of it was committed */
        vn_answer_status(&task->answer, hub, status, NULL);
        return;
    }
    if (task->answer.http_status != 0) {
        return;
    }
    struct vn_buf body;
    vn_buf_init(&body, 4096);
    bool has_been_had = VN_PLANTED(SKIP_SAID_TO_BE_SAFE) && journal->result.taken == 0;
    if ((held && journal->result.held) || has_been_had) {
        journal->result.ack.durable_seq = journal->result.ack.acked_seq;
    }
    if (journal->result.verdict == VN_INGEST_BRANCH) {
        vn_answer_problem(&task->answer, 403, "branch",
                          "the till's journal differs from what the hub has of it", NULL);
    } else if (journal->result.verdict == VN_INGEST_EXPECTED) {
        status = vn_expected_encode(&journal->result.expected, &body);
        answer_body(task, hub, status, 409, &body);
    }
    vn_buf_deinit(&body);
}

/* On the writer: the job that came first takes along what waits. */
static void take_group(struct vn_job *job, void *owned)
{
    struct vn_hub *hub = owned;
    struct vn_service *service = ((struct journal *)job)->call.task.service;
    unsigned entries = ((struct journal *)job)->intake->count;
    struct group group = {hub, job, 1};
    while (entries < VN_HUB_GROUP_ENTRIES_MAX) {
        struct journal *next = (struct journal *)vn_worker_join(service->writer, job);
        if (next == NULL) {
            break;
        }
        entries += next->intake->count;
        group.count++;
    }
    int64_t began_ns = vn_clock_mono_ns(&hub->clock);
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, take_unit, &group);
    ((struct journal *)job)->group_entries = status == VN_OK ? entries : 0;
    ((struct journal *)job)->group_ns = vn_clock_mono_ns(&hub->clock) - began_ns;
    bool again = status != VN_OK && job->joined != NULL;
    bool held = false;
    if (status == VN_OK && vn_storage_held(hub->storage, &held) != VN_OK) {
        held = false;
    }
    for (struct vn_job *one = job; one != NULL; one = one->joined) {
        group = (struct group){hub, one, 1};
        answer_one(hub, (struct journal *)one,
                   again ? vn_storage_unit(hub->storage, VN_SQL_WRITE, take_unit, &group) : status, held);
    }
}

static void acknowledge(struct journal *journal)
{
    struct vn_task *task = &journal->call.task;
    struct vn_buf body;
    vn_buf_init(&body, 4096);
    vn_admission_tell(task->service, &journal->result.ack);
    enum vn_status status = vn_ack_encode(&journal->result.ack, &body);
    answer_body(task, &task->service->helps, status, 200, &body);
    vn_buf_deinit(&body);
}

/* What this till has just written down tells what time it is. */
static void hear(const struct vn_service *service, const struct journal *journal)
{
    struct vn_clock_guard *guard = service->hub->guard;
    size_t tills = 0;
    if (!vn_clock_guard_look(guard).doubted) {
        return;
    }
    for (size_t i = 0; i < vn_fleet_table_count(service->fleet); i++) {
        tills += vn_fleet_table_at(service->fleet, i)->state == VN_ENROLMENT_ACTIVE ? 1 : 0;
    }
    if (vn_clock_guard_heard(guard, journal->call.row.id, journal->intake->wall_ms, tills)) {
        vn_log_event(service->hub->log, VN_LOG_NOTICE, "clock_agreed", VN_S("by", "clocks of tills"),
                     VN_S("last", journal->call.row.till));
    }
}

/* What was committed, or at least done with. */
static bool taken(struct vn_task *task)
{
    struct journal *journal = (struct journal *)task;
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &journal->call.enrolment);
    struct vn_admission *admission = &task->service->admission;
    vn_pace_add(&admission->intake, journal->group_entries, journal->group_ns);
    admission->queued -= journal->queued;
    if (seen != NULL) {
        seen->sends = false;
    }
    if (seen != NULL && journal->call.row.id != 0) {
        seen->state = journal->call.row.state;
        vn_fleet_seen_took(seen, &journal->call.row, vn_hub_mono_ms(task->service->hub));
        if (journal->result.boot_seq > 0) {
            vn_fleet_table_boot(seen, journal->result.boot_seq, journal->result.boot);
        }
        vn_service_taken(task->service, journal->result.taken);
        if (journal->result.taken > 0) {
            hear(task->service, journal);
        }
    }
    if (task->answer.http_status == 0) {
        acknowledge(journal);
    }
    task->ended = vn_call_ended; /* whose next step may be a new epoch */
    return vn_call_ended(task);
}

static bool was_read(struct vn_task *task)
{
    struct journal *journal = (struct journal *)task;
    if (task->answer.http_status != 0) {
        return taken(task);
    }
    task->ended = taken;
    journal->queued = journal->intake->count;
    task->service->admission.queued += journal->queued;
    vn_task_post_as(task, VN_LANE_INTAKE, take_group);
    return true;
}

bool vn_api_journal_sends(const struct vn_fleet_seen *seen, struct vn_http_exchange *exchange)
{
    if (seen->sends) {
        vn_answer_retry_after(exchange, 1);
        vn_http_reply_problem(exchange, 429, "busy", "another journal request of this till is under way",
                              NULL);
    }
    return seen->sends;
}

void vn_api_journal(struct vn_service *service, struct vn_http_exchange *exchange,
                    const struct vn_http_request *request, struct vn_fleet_seen *seen,
                    const struct vn_stamp *stamp)
{
    if (vn_api_journal_sends(seen, exchange)) {
        return;
    }
    struct journal *journal = vn_call_new(sizeof *journal, service, exchange, request, seen, stamp);
    if (journal == NULL) {
        return;
    }
    seen->sends = true;
    journal->call.brings_journal = true;
    journal->call.task.run = read_batch;
    journal->call.task.ended = was_read;
    journal->call.task.free = free_intake;
    vn_task_post(&journal->call.task, VN_LANE_HANDS);
}
