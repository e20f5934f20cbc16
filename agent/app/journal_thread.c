#include "agent/app/journal_thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* Each job begins with the worker's part, so that a pointer to it is a pointer to the job. */
struct inspect_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    struct vn_till_inspect *inspect;
};

struct write_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    struct vn_till_write *write;
    int64_t hub_offset_ms;
    struct vn_journal_head head;
    bool log_is_full;
    bool busy;
};

struct checkpoint_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    bool busy;
};

struct batch_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    int64_t after_seq;
    unsigned max_entries;
    size_t max_bytes;
    enum vn_status status;
    struct vn_batch batch;
    struct vn_buf memory;
    struct vn_buf encoded;
    unsigned count;
    int64_t last_seq;
};

struct acked_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    int64_t acked_seq, durable_seq; /* being written */
    int64_t next_acked_seq, next_durable_seq;
    int64_t hub_offset_ms;
    bool busy;
};

struct prune_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    int64_t included_seq, now_ms;           /* being pruned by */
    int64_t next_included_seq, next_now_ms; /* as last told */
    enum vn_status status;
    struct vn_error error;
    struct vn_journal_head head;
    bool more, log_is_full;
    bool due; /* something may be there to prune */
    bool busy;
    bool damaged; /* and stays so: each try would end there */
};

struct reached_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    int64_t risk_member, next_risk_member;
    bool due, busy;
};

struct read_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    int64_t from, left;
    struct vn_buf lines;
    enum vn_status status;
    void (*done)(void *ctx, enum vn_status status, struct vn_view lines);
    void *ctx;
    bool busy;
};

struct task_job {
    struct vn_job job;
    struct vn_journal_thread *thread;
    void (*run)(void *ctx, struct vn_journal *journal);
    void (*done)(void *ctx, const struct vn_journal_head *head);
    void *ctx;
    struct vn_journal_head head;
    bool log_is_full;
};

struct vn_journal_thread {
    struct vn_worker *worker;
    struct vn_journal *journal;
    struct vn_journal_events events;
    bool owes_boot; /* this start is not in the journal yet, */
    struct vn_entry
        boot; /* and this is what says it; its body is made when it is written: of the journal's thread */
    struct inspect_job inspect;
    struct write_job write;
    struct checkpoint_job checkpoint;
    struct batch_job batch;
    struct acked_job acked;
    struct prune_job prune;
    struct reached_job reached;
    struct read_job read;
};

/* The queue holds more than all kinds of jobs together, so a post can't fail; should it, that is our bug. */
static void post(struct vn_journal_thread *thread, struct vn_job *job)
{
    if (vn_worker_post(thread->worker, job) != VN_OK) {
        abort();
    }
}

/* Not while an entry waits: a slice takes as long as a few appends. */
static void prune_next(struct vn_journal_thread *thread)
{
    struct prune_job *mine = &thread->prune;
    if (mine->due && !mine->busy && !mine->damaged && !thread->write.busy) {
        mine->due = false;
        mine->busy = true;
        mine->included_seq = mine->next_included_seq;
        mine->now_ms = mine->next_now_ms;
        post(thread, &mine->job);
    }
}

/* --- inspect ------------------------------------------------------------------------------------------------------ */

static void run_inspect(struct vn_job *job, void *owned)
{
    struct vn_till_inspect *inspect = ((struct inspect_job *)job)->inspect;
    struct vn_journal *journal = owned;
    int64_t seq = 0;
    inspect->reply_status = vn_journal_reply(journal, &inspect->sale, inspect->kind, inspect->step,
                                             inspect->digest, &inspect->reply_http, &inspect->reply, &seq);
    if (inspect->reply_status != VN_OK && inspect->reply_status != VN_ABSENT &&
        inspect->reply_status != VN_CONFLICT) {
        inspect->status = inspect->reply_status;
        return;
    }
    enum vn_status status =
        vn_journal_sale(journal, &inspect->sale, &inspect->state, &inspect->hold_body, &inspect->commit_body);
    inspect->status = status == VN_ABSENT ? VN_OK : status;
}

static void inspect_done(struct vn_job *job)
{
    struct vn_journal_thread *thread = ((struct inspect_job *)job)->thread;
    thread->events.inspected(thread->events.ctx, thread->inspect.inspect->status);
}

void vn_journal_thread_inspect(struct vn_journal_thread *thread, struct vn_till_inspect *inspect)
{
    thread->inspect.inspect = inspect;
    post(thread, &thread->inspect.job);
}

/* --- write -------------------------------------------------------------------------------------------------------- */

/* The reply is stored with the entry, so it has to know the entry's number before it is given. */
static enum vn_status number_reply(struct vn_buf *reply, int64_t seq)
{
    if (reply->len == 0 || reply->data[reply->len - 1] != '}') {
        return VN_ARG;
    }
    reply->len--;
    return vn_buf_printf(reply, ",\"seq\":%lld}", (long long)seq);
}

/* A start that can't be written down, on a full disk or without memory, is written before anything else is, whoever has that
 * written: the checkout, or a neighbour. Without that, entries would be of a start that the hub has never heard of, and a request
 * that is overtaken by them would look like one of a disk that was set back: a branch. */
static void owe_boot(struct vn_journal_thread *thread, const struct vn_entry *entry)
{
    vn_entry_init(&thread->boot, VN_ENTRY_BOOT);
    thread->boot.wall_ms = entry->wall_ms;
    thread->boot.mono_ms = entry->mono_ms;
    thread->owes_boot = true;
}

static enum vn_status pay_boot(struct vn_journal_thread *thread, int64_t hub_offset_ms,
                               struct vn_error *error)
{
    if (!thread->owes_boot) {
        return VN_OK;
    }
    struct vn_journal_append append = {.entry = &thread->boot, .hub_offset_ms = hub_offset_ms};
    struct vn_journal_head head;
    int64_t seq = 0;
    vn_journal_head(thread->journal, &head);
    thread->boot.body = vn_till_boot_body(head.boot);
    if (thread->boot.body == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_journal_append(thread->journal, &append, &seq, error);
    vn_entry_deinit(&thread->boot);
    thread->owes_boot = status != VN_OK;
    return status;
}

enum vn_status vn_journal_thread_append(struct vn_journal_thread *thread,
                                        const struct vn_journal_append *append, int64_t *seq,
                                        struct vn_error *error)
{
    *seq = 0;
    enum vn_status status = pay_boot(thread, append->hub_offset_ms, error);
    return status == VN_OK ? vn_journal_append(thread->journal, append, seq, error) : status;
}

static void run_write(struct vn_job *job, void *owned)
{
    struct write_job *mine = (struct write_job *)job;
    struct vn_till_write *write = mine->write;
    struct vn_journal *journal = owned;
    bool boots = write->entry.kind == VN_ENTRY_BOOT;
    if (boots) {
        owe_boot(mine->thread, &write->entry);
    }
    write->status = pay_boot(mine->thread, mine->hub_offset_ms, &write->error);
    vn_journal_head(journal, &mine->head);
    if (write->status != VN_OK || boots) {
        return;
    }
    if (write->reply_has_seq) {
        write->status = number_reply(&write->reply, mine->head.seq + 1);
        if (write->status != VN_OK) {
            return;
        }
    }
    struct vn_journal_append append = {.entry = &write->entry,
                                       .step = write->step,
                                       .reply_status = write->reply_http,
                                       .reply = vn_buf_view(&write->reply),
                                       .back = write->back,
                                       .back_count = write->back_count,
                                       .hub_offset_ms = mine->hub_offset_ms,
                                       .earned = write->earned};
    memcpy(append.digest, write->digest, sizeof append.digest);
    write->status = vn_journal_append(journal, &append, &write->seq, &write->error);
    if (write->status == VN_OK && write->entry.kind == VN_ENTRY_COMMIT) {
        /* Of a list that can't be read nothing is used up, and the next commit tries again. */
        size_t count = 0;
        enum vn_status listed = vn_journal_open_holds(journal, write->entry.sale.pos, write->open,
                                                      VN_TILL_OPEN_HOLDS_MAX, &count);
        write->open_count = listed == VN_OK ? count : 0;
    }
    vn_journal_head(journal, &mine->head);
    mine->log_is_full = vn_journal_log_is_full(journal);
}

static void run_checkpoint(struct vn_job *job, void *owned)
{
    enum vn_status status = vn_journal_checkpoint(owned);
    (void)job;
    (void)status; /* VN_IO: the next write says so; else the log goes on, and it is tried again */
}

static void checkpoint_done(struct vn_job *job)
{
    ((struct checkpoint_job *)job)->thread->checkpoint.busy = false;
}

static void checkpoint(struct vn_journal_thread *thread)
{
    if (!thread->checkpoint.busy) {
        thread->checkpoint.busy = true;
        post(thread, &thread->checkpoint.job);
    }
}

static void write_done(struct vn_job *job)
{
    struct write_job *mine = (struct write_job *)job;
    struct vn_journal_thread *thread = mine->thread;
    bool log_is_full = mine->log_is_full;
    mine->busy = false;
    thread->events.written(thread->events.ctx, mine->write, &mine->head);
    if (log_is_full) { /* the POS has its answer: now the disk has time */
        checkpoint(thread);
    }
    prune_next(thread);
}

void vn_journal_thread_write(struct vn_journal_thread *thread, struct vn_till_write *write,
                             int64_t hub_offset_ms)
{
    thread->write.write = write;
    thread->write.busy = true;
    thread->write.hub_offset_ms = hub_offset_ms;
    post(thread, &thread->write.job);
}

/* --- batches and acknowledgements --------------------------------------------------------------------------------- */

static void run_batch(struct vn_job *job, void *owned)
{
    struct batch_job *mine = (struct batch_job *)job;
    vn_buf_clear(&mine->memory);
    vn_buf_clear(&mine->encoded);
    mine->count = 0;
    mine->status = vn_journal_batch(owned, mine->after_seq, mine->max_entries, mine->max_bytes, &mine->batch,
                                    &mine->memory);
    if (mine->status == VN_OK && mine->batch.count > 0) {
        mine->status = vn_batch_encode(&mine->batch, &mine->encoded);
    }
    if (mine->status == VN_OK) {
        mine->count = mine->batch.count;
        mine->last_seq = mine->batch.from_seq + mine->batch.count - 1;
    }
}

static void batch_done(struct vn_job *job)
{
    struct batch_job *mine = (struct batch_job *)job;
    mine->thread->events.batch(
        mine->thread->events.ctx,
        &(struct vn_uplink_batch){mine->status, mine->count, mine->last_seq, vn_buf_view(&mine->encoded)});
    vn_buf_deinit(&mine->memory); /* batches are rare and may be large: the memory goes back */
    vn_buf_deinit(&mine->encoded);
}

void vn_journal_thread_batch(struct vn_journal_thread *thread, int64_t after_seq, unsigned max_entries,
                             size_t max_bytes)
{
    thread->batch.max_bytes = max_bytes;
    thread->batch.after_seq = after_seq;
    thread->batch.max_entries = max_entries;
    post(thread, &thread->batch.job);
}

static void run_acked(struct vn_job *job, void *owned)
{
    const struct acked_job *mine = (const struct acked_job *)job;
    enum vn_status status = vn_journal_acked(owned, mine->acked_seq, mine->durable_seq, mine->hub_offset_ms);
    (void)status; /* it is learned again with the next batch */
}

static void acked_done(struct vn_job *job)
{
    struct acked_job *mine = (struct acked_job *)job;
    mine->busy = false;
    if (mine->next_acked_seq > mine->acked_seq || mine->next_durable_seq > mine->durable_seq) {
        vn_journal_thread_acked(mine->thread, mine->next_acked_seq, mine->next_durable_seq,
                                mine->hub_offset_ms);
    }
}

void vn_journal_thread_acked(struct vn_journal_thread *thread, int64_t acked_seq, int64_t durable_seq,
                             int64_t hub_offset_ms)
{
    struct acked_job *mine = &thread->acked;
    mine->next_acked_seq = acked_seq > mine->next_acked_seq ? acked_seq : mine->next_acked_seq;
    mine->next_durable_seq = durable_seq > mine->next_durable_seq ? durable_seq : mine->next_durable_seq;
    if (!mine->busy) {
        mine->busy = true;
        mine->hub_offset_ms = hub_offset_ms;
        mine->acked_seq = mine->next_acked_seq;
        mine->durable_seq = mine->next_durable_seq;
        post(thread, &mine->job);
    }
}

static void run_prune(struct vn_job *job, void *owned)
{
    struct prune_job *mine = (struct prune_job *)job;
    mine->status = vn_journal_prune(owned, mine->included_seq, mine->now_ms, &mine->more, &mine->error);
    vn_journal_head(owned, &mine->head);
    mine->log_is_full = vn_journal_log_is_full(owned);
}

static void prune_done(struct vn_job *job)
{
    struct prune_job *mine = (struct prune_job *)job;
    struct vn_journal_thread *thread = mine->thread;
    mine->busy = false;
    mine->due = mine->due || mine->more;
    mine->damaged = mine->status == VN_CORRUPT;
    if (mine->log_is_full) {
        checkpoint(thread);
    }
    thread->events.pruned(thread->events.ctx, mine->status, &mine->head);
    prune_next(thread);
}

void vn_journal_thread_prune(struct vn_journal_thread *thread, int64_t included_seq, int64_t now_ms)
{
    thread->prune.next_included_seq = included_seq;
    thread->prune.next_now_ms = now_ms;
    thread->prune.due = true;
    prune_next(thread);
}

/* --- whatever else -------------------------------------------------------------------------------------------------- */

static void run_task(struct vn_job *job, void *owned)
{
    struct task_job *mine = (struct task_job *)job;
    mine->run(mine->ctx, owned);
    vn_journal_head(owned, &mine->head);
    mine->log_is_full = vn_journal_log_is_full(owned);
}

static void task_done(struct vn_job *job)
{
    struct task_job *mine = (struct task_job *)job;
    struct vn_journal_thread *thread = mine->thread;
    bool log_is_full = mine->log_is_full;
    mine->done(mine->ctx, &mine->head);
    free(mine);
    if (log_is_full) {
        checkpoint(thread);
    }
}

enum vn_status vn_journal_thread_run(struct vn_journal_thread *thread,
                                     void (*run)(void *ctx, struct vn_journal *journal),
                                     void (*done)(void *ctx, const struct vn_journal_head *head), void *ctx)
{
    struct task_job *task = calloc(1, sizeof *task);
    if (task == NULL) {
        return VN_NOMEM;
    }
    *task = (struct task_job){
        .job = {.run = run_task, .done = task_done}, .thread = thread, .run = run, .done = done, .ctx = ctx};
    enum vn_status status = vn_worker_post(thread->worker, &task->job);
    if (status != VN_OK) {
        free(task);
    }
    return status;
}

/* --- the hub is reached ------------------------------------------------------------------------------------------- */

static void run_reached(struct vn_job *job, void *owned)
{
    enum vn_status status = vn_journal_reached(owned, ((struct reached_job *)job)->risk_member);
    (void)
        status; /* VN_IO: the next write says so; else what was risked counts on, which is on the safe side */
}

static void post_reached(struct vn_journal_thread *thread)
{
    struct reached_job *mine = &thread->reached;
    if (mine->due && !mine->busy) {
        mine->due = false;
        mine->busy = true;
        mine->risk_member = mine->next_risk_member;
        post(thread, &mine->job);
    }
}

static void reached_done(struct vn_job *job)
{
    struct reached_job *mine = (struct reached_job *)job;
    struct vn_journal_thread *thread = mine->thread;
    mine->busy = false;
    post_reached(thread);
}

void vn_journal_thread_reached(struct vn_journal_thread *thread, int64_t risk_member)
{
    thread->reached.next_risk_member = risk_member;
    thread->reached.due = true;
    post_reached(thread);
}

/* --- reading for support ------------------------------------------------------------------------------------------ */

static bool visit(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct read_job *mine = ctx;
    char hex[2 * VN_HASH_SIZE + 1];
    vn_hex_encode(vn_view_of(hash->bytes, VN_HASH_SIZE), hex);
    size_t before = mine->lines.len;
    enum vn_status status =
        vn_buf_printf(&mine->lines, "{\"seq\":%lld,\"hash\":\"%s\",\"entry\":", (long long)seq, hex);
    if (status == VN_OK) {
        status = vn_buf_append(&mine->lines, body);
    }
    if (status == VN_OK) {
        status = vn_buf_append_str(&mine->lines, "}\n");
    }
    if (status != VN_OK) {
        mine->lines.len = before; /* what fits is a whole number of lines; the reader asks on from there */
        return false;
    }
    return --mine->left > 0;
}

static void run_read(struct vn_job *job, void *owned)
{
    struct read_job *mine = (struct read_job *)job;
    mine->status = vn_journal_each(owned, mine->from, visit, mine);
}

static void read_done(struct vn_job *job)
{
    struct read_job *mine = (struct read_job *)job;
    mine->busy = false;
    mine->done(mine->ctx, mine->status, vn_buf_view(&mine->lines));
    vn_buf_deinit(&mine->lines);
}

enum vn_status vn_journal_thread_read(struct vn_journal_thread *thread, int64_t from, int64_t count,
                                      void (*done)(void *ctx, enum vn_status status, struct vn_view lines),
                                      void *ctx)
{
    struct read_job *mine = &thread->read;
    if (mine->busy) {
        return VN_AGAIN;
    }
    mine->busy = true;
    mine->from = from;
    mine->left = count;
    mine->done = done;
    mine->ctx = ctx;
    post(thread, &mine->job);
    return VN_OK;
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

enum vn_status vn_journal_thread_create(uv_loop_t *loop, struct vn_journal *journal,
                                        const struct vn_journal_events *events,
                                        struct vn_journal_thread **out)
{
    *out = NULL;
    struct vn_journal_thread *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = vn_worker_create(loop, journal, &t->worker);
    if (status != VN_OK) {
        free(t);
        return status;
    }
    t->journal = journal;
    t->events = *events;
    t->inspect = (struct inspect_job){.job = {.run = run_inspect, .done = inspect_done}, .thread = t};
    t->write = (struct write_job){.job = {.run = run_write, .done = write_done}, .thread = t};
    t->checkpoint =
        (struct checkpoint_job){.job = {.run = run_checkpoint, .done = checkpoint_done}, .thread = t};
    t->batch.job = (struct vn_job){.run = run_batch, .done = batch_done};
    t->batch.thread = t;
    t->acked = (struct acked_job){.job = {.run = run_acked, .done = acked_done}, .thread = t};
    t->prune = (struct prune_job){.job = {.run = run_prune, .done = prune_done}, .thread = t};
    t->reached = (struct reached_job){.job = {.run = run_reached, .done = reached_done}, .thread = t};
    t->read = (struct read_job){.job = {.run = run_read, .done = read_done}, .thread = t};
    vn_buf_init(&t->batch.memory, VN_BATCH_BYTES_MAX);
    vn_buf_init(&t->batch.encoded, VN_BATCH_BYTES_MAX);
    vn_buf_init(&t->read.lines, LINES_MAX_BYTES);
    *out = t;
    return VN_OK;
}

void vn_journal_thread_destroy(struct vn_journal_thread *thread)
{
    if (thread != NULL) {
        vn_worker_destroy(thread->worker);
        vn_journal_close(thread->journal);
        vn_buf_deinit(&thread->batch.memory);
        vn_buf_deinit(&thread->batch.encoded);
        vn_buf_deinit(&thread->read.lines);
        free(thread);
    }
}
