/* The journal's thread: the only one that touches journal.db. Each kind of work has one job of its own, and at most one
 * of a kind is under way, because the one who asks waits for the answer. Answers come on the loop's thread. */
#ifndef VN_APP_JOURNAL_THREAD_H
#define VN_APP_JOURNAL_THREAD_H

#include <uv.h>

#include "agent/base/worker.h"
#include "agent/store/journal.h"
#include "agent/till/till.h"
#include "sync/uplink/uplink.h"

struct vn_journal_thread; /* opaque */

struct vn_journal_events {
    void (*inspected)(void *ctx, enum vn_status status);
    void (*written)(void *ctx, const struct vn_till_write *write,
                    const struct vn_journal_head *head); /* head after it */
    void (*batch)(void *ctx, const struct vn_uplink_batch *batch);
    void (*pruned)(void *ctx, enum vn_status status,
                   const struct vn_journal_head *head); /* one slice, or nothing */
    void *ctx;
};

/* Takes the journal over; closes it at destroy. */
VN_MUST_USE enum vn_status vn_journal_thread_create(uv_loop_t *loop, struct vn_journal *journal,
                                                    const struct vn_journal_events *events,
                                                    struct vn_journal_thread **out);
void vn_journal_thread_destroy(struct vn_journal_thread *thread);

void vn_journal_thread_inspect(struct vn_journal_thread *thread, struct vn_till_inspect *inspect);
/* An entry of kind boot that could not be written is written before the next one of another kind, or that one fails likewise; so
 * with what a `run` appends. */
void vn_journal_thread_write(struct vn_journal_thread *thread, struct vn_till_write *write,
                             int64_t hub_offset_ms);
void vn_journal_thread_batch(struct vn_journal_thread *thread, int64_t after_seq, unsigned max_entries,
                             size_t max_bytes);
void vn_journal_thread_acked(struct vn_journal_thread *thread, int64_t acked_seq, int64_t durable_seq,
                             int64_t hub_offset_ms);
/* Prunes what can go (vn_journal_prune), slice after slice, and never begins one while an entry waits to be written.
 * `included_seq` and `now_ms` are the newest from then on. */
void vn_journal_thread_prune(struct vn_journal_thread *thread, int64_t included_seq, int64_t now_ms);
/* `run` on the journal's thread, behind what is asked of it already; then `done` on the loop, with the head as it was then.
 * VN_NOMEM, VN_FULL: too much is asked of it. A `run` appends by vn_journal_thread_append alone. */
VN_MUST_USE enum vn_status vn_journal_thread_run(struct vn_journal_thread *thread,
                                                 void (*run)(void *ctx, struct vn_journal *journal),
                                                 void (*done)(void *ctx, const struct vn_journal_head *head),
                                                 void *ctx);
/* For a `run`: vn_journal_append, behind a start that could not be written; as long as that can't be, its status. */
VN_MUST_USE enum vn_status vn_journal_thread_append(struct vn_journal_thread *thread,
                                                    const struct vn_journal_append *append, int64_t *seq,
                                                    struct vn_error *error);
/* The hub is reached (vn_journal_reached). */
void vn_journal_thread_reached(struct vn_journal_thread *thread, int64_t risk_member);
/* Lines {"seq","hash","entry"}; VN_AGAIN when a reading is under way. */
VN_MUST_USE enum vn_status
vn_journal_thread_read(struct vn_journal_thread *thread, int64_t from, int64_t count,
                       void (*done)(void *ctx, enum vn_status status, struct vn_view lines), void *ctx);

#endif
