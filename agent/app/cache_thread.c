#include "agent/app/cache_thread.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/worker.h"
#include "agent/loyalty/accounts.h"
#include "agent/store/journal_reader.h"

#define TRIM_FRAME_BYTES ((size_t)1024 * 1024)
#define COUNT_FRAME_BYTES                                                                                    \
    ((size_t)64 * 1024)            /* a frame that may have changed the counts by more than a few */
#define COUNT_ALWAYS_MEMBERS 50000 /* up to here counting costs less than a millisecond or two */

/* What the cache's thread owns. */
struct writer_side {
    struct vn_cache_writer *writer;
    struct vn_cache_part *part;
    struct vn_cache_reader *counting; /* NULL until it is needed, or when another generation is in force */
    bool
        rules_due; /* those in force could not be read just now, for want of memory, say: with the next frame */
    char folder[VN_PATH_MAX];
    char publishing_key[VN_PEM_MAX];
};

/* What the look-up thread owns. */
struct reader_side {
    struct vn_cache_reader
        *reader; /* NULL before the first snapshot, and when it could not be opened: the next look-up tries */
    struct vn_journal_reader *journal;
    char folder[VN_PATH_MAX];
};

struct lookup_job {
    struct vn_job job;
    struct vn_cache_thread *thread;
    struct vn_till_lookup *lookup;
    bool damaged;
};

struct reopen_job {
    struct vn_job job;
    struct vn_cache_thread *thread;
    bool wanted; /* another generation came while this was under way */
    bool busy;
};

/* Counting reads an index from end to end: on the cache's thread, where no look-up waits behind it. */
struct count_job {
    struct vn_job job;
    struct vn_cache_thread *thread;
    struct vn_cache_counts counts;
    bool busy;
};

struct apply_job {
    struct vn_job job;
    struct vn_cache_thread *thread;
    struct vn_buf frame;
    size_t frame_len; /* of the last one */
    int64_t included_seq, told_seq, base_seq, at;
    char etag[VN_PATH_MAX]; /* not "": a piece of a file */
    int64_t next;           /* where the file goes on */
    bool pending;           /* it is not whole */
    bool reopen;            /* another generation is in force */
    bool load;              /* only tell what is in force: at the start */
    bool snapshot;
    enum vn_status status;
    struct vn_cursor cursor;
    unsigned refused;
    struct vn_ruleset *ruleset; /* parsed here, so that the loop never waits for it */
    size_t skipped;
    bool stops_known;
    size_t stop_count;
    char stops[VN_TILL_STOPS_MAX][VN_ID_MAX];
    struct vn_error error;
};

struct vn_cache_thread {
    atomic_int scanning; /* look-ups under way */
    struct vn_worker *cache;
    struct vn_worker *lookups;
    struct writer_side writing;
    struct reader_side reading;
    struct vn_log *log;
    struct vn_cache_events events;
    struct vn_cache_counts counts;
    struct lookup_job lookup;
    struct reopen_job reopen;
    struct count_job count;
    struct apply_job apply;
};

static void post(struct vn_worker *worker, struct vn_job *job)
{
    if (vn_worker_post(worker, job) != VN_OK) {
        abort(); /* the queue holds more than all kinds of jobs: our bug */
    }
}

/* --- look-ups ----------------------------------------------------------------------------------------------------- */

static void read_items(struct lookup_job *mine, struct vn_cache_reader *reader)
{
    struct vn_till_lookup *lookup = mine->lookup;
    enum vn_status cursor = reader == NULL ? VN_OK : vn_cache_reader_cursor(reader, &lookup->items_since);
    for (unsigned i = 0; i < lookup->code_count; i++) {
        enum vn_status status =
            reader == NULL ? VN_ABSENT : vn_cache_item(reader, lookup->codes[i], &lookup->items[i]);
        if (status != VN_OK) {
            memset(&lookup->items[i], 0, sizeof lookup->items[i]);
        }
        mine->damaged = mine->damaged || status == VN_CORRUPT;
    }
    if (reader != NULL && cursor == VN_OK) {
        cursor = vn_cache_reader_cursor(reader, &lookup->items_at);
    }
    mine->damaged = mine->damaged || cursor == VN_CORRUPT;
}

/* The row, and what this till sold since; of a card that is not here, what it earned here as far as anybody knows. */
static enum vn_status find_card(const struct reader_side *side, struct vn_till_lookup *lookup)
{
    struct vn_member *member = &lookup->member_found;
    struct vn_hash cards[VN_FEED_CARDS_MAX];
    unsigned count = 0;
    int64_t included_seq = 0;
    int64_t own = 0;
    enum vn_status found = side->reader == NULL
                               ? VN_ABSENT
                               : vn_cache_member(side->reader, &lookup->card, member, &included_seq);
    enum vn_status status = VN_OK;
    if (found == VN_OK) {
        found = vn_cache_cards(side->reader, member->account, cards, &count);
    }
    if (found == VN_OK) {
        status = vn_journal_reader_points(side->journal, member->account, included_seq, cards, count, &own);
    } else if (found == VN_ABSENT) {
        status = vn_journal_reader_unknown(side->journal, &lookup->card, &own);
    }
    member->balance += own;
    if (status == VN_OK) {
        char card[2 * VN_HASH_SIZE + 1];
        vn_hex_encode(vn_view_of(lookup->card.bytes, VN_HASH_SIZE), card);
        status = vn_journal_reader_earned(side->journal, member->account[0] != '\0' ? member->account : card,
                                          lookup->now_ms, &member->earned_today);
    }
    if (found == VN_OK && status == VN_OK) {
        status = vn_journal_reader_counters(side->journal, member->account, &lookup->member_right);
    }
    return status == VN_OK ? found : VN_IO;
}

static enum vn_status find_coupon(const struct reader_side *side, struct vn_till_lookup *lookup)
{
    struct vn_coupon *coupon = &lookup->coupon_found;
    enum vn_status status =
        side->reader == NULL ? VN_ABSENT : vn_cache_coupon(side->reader, &lookup->coupon, coupon);
    if (status == VN_OK && coupon->account[0] != '\0' &&
        vn_journal_reader_counters(side->journal, coupon->account, &lookup->coupon_right) != VN_OK) {
        status = VN_IO;
    }
    return status;
}

/* What can't be read is not here. */
static void find_rights(const struct reader_side *side, struct vn_till_lookup *lookup)
{
    size_t count = 0;
    for (unsigned i = 0; i < lookup->right_count; i++) {
        struct vn_counters *right = &lookup->rights[i];
        char account[VN_ID_MAX];
        memcpy(account, right->account, VN_ID_MAX);
        if (vn_journal_reader_counters(side->journal, account, right) != VN_OK) {
            *right = (struct vn_counters){.granted = 0};
            memcpy(right->account, account, VN_ID_MAX);
        }
    }
    if (lookup->want_chain) { /* their names begin with a and b */
        const char *from = lookup->chain_after[0] == '\0' ? "a" : lookup->chain_after;
        enum vn_status status =
            vn_journal_reader_available(side->journal, from, "c", lookup->rights, VN_RIGHTS_MAX, &count);
        lookup->right_count = status == VN_OK ? (unsigned)count : 0;
    }
}

static void find_risk(const struct reader_side *side, struct vn_till_lookup *lookup)
{
    const char *member = lookup->want_card ? lookup->member_found.account : lookup->risk_member;
    if (vn_journal_reader_counters(side->journal, VN_ACCOUNT_RISK, &lookup->risk_right) != VN_OK ||
        vn_journal_reader_risked(side->journal, member, &lookup->risked) != VN_OK) {
        lookup->risked = VN_AMOUNT_MAX; /* not known: as if he had had all of it */
    }
}

static void find_numbers(const struct reader_side *side, struct vn_till_lookup *lookup)
{
    if (vn_journal_reader_begin(side->journal) != VN_OK) {
        lookup->card_status = lookup->want_card ? VN_IO : VN_ABSENT;
        lookup->coupon_status = lookup->want_coupon ? VN_IO : VN_ABSENT;
        lookup->risked = VN_AMOUNT_MAX;
        lookup->right_count = lookup->want_chain ? 0 : lookup->right_count;
        return;
    }
    if (lookup->want_card) {
        lookup->card_status = find_card(side, lookup);
    }
    if (lookup->want_coupon) {
        lookup->coupon_status = find_coupon(side, lookup);
    }
    find_rights(side, lookup);
    if (lookup->want_risk) {
        find_risk(side, lookup);
    }
    vn_journal_reader_end(side->journal);
}

static void reopen(struct reader_side *side)
{
    struct vn_error error;
    vn_cache_reader_close(side->reader);
    if (vn_cache_reader_open(side->folder, NULL, &side->reader, &error) != VN_OK) {
        side->reader = NULL; /* every look-up is VN_ABSENT then */
    }
}

static void run_lookup(struct vn_job *job, void *owned)
{
    struct lookup_job *mine = (struct lookup_job *)job;
    struct vn_till_lookup *lookup = mine->lookup;
    struct reader_side *side = owned;
    if (side->reader == NULL) {
        reopen(side);
    }
    memset(&lookup->member_found, 0, sizeof lookup->member_found);
    memset(&lookup->member_right, 0, sizeof lookup->member_right);
    memset(&lookup->coupon_found, 0, sizeof lookup->coupon_found);
    memset(&lookup->coupon_right, 0, sizeof lookup->coupon_right);
    lookup->card_status = VN_ABSENT;
    lookup->coupon_status = VN_ABSENT;
    lookup->items_since = lookup->items_at = (struct vn_cursor){0, 0};
    mine->damaged = false;
    memset(&lookup->risk_right, 0, sizeof lookup->risk_right);
    lookup->risked = 0;
    if (lookup->want_card || lookup->want_coupon || lookup->want_risk || lookup->want_chain ||
        lookup->right_count > 0) { /* goods alone: the journal has nothing to add */
        find_numbers(side, lookup);
    }
    if (lookup->code_count > 0) {
        read_items(mine, side->reader);
    }
    mine->damaged = mine->damaged || lookup->card_status == VN_CORRUPT || lookup->coupon_status == VN_CORRUPT;
}

/* What can't be read is not asked again: the hub has it all, and a restart takes a tenth of a second. */
static void give_up(struct vn_cache_thread *thread)
{
    if (vn_cache_discard(thread->reading.folder) != VN_OK) {
        vn_log_event(thread->log, VN_LOG_ERROR, "cache_not_discarded",
                     VN_S("folder", thread->reading.folder));
    }
    thread->events.damaged(thread->events.ctx);
}

static void lookup_done(struct vn_job *job)
{
    const struct lookup_job *mine = (const struct lookup_job *)job;
    atomic_fetch_sub(&mine->thread->scanning, 1);
    if (mine->damaged) {
        give_up(mine->thread);
    }
    mine->thread->events.looked_up(mine->thread->events.ctx);
}

void vn_cache_thread_lookup(struct vn_cache_thread *thread, struct vn_till_lookup *lookup)
{
    thread->lookup.lookup = lookup;
    atomic_fetch_add(&thread->scanning, 1);
    post(thread->lookups, &thread->lookup.job);
}

static void refresh_reader(struct vn_cache_thread *thread)
{
    thread->reopen.wanted = thread->reopen.busy;
    if (!thread->reopen.busy) {
        thread->reopen.busy = true;
        post(thread->lookups, &thread->reopen.job);
    }
}

static void run_reopen(struct vn_job *job, void *owned)
{
    (void)job;
    reopen(owned);
}

static void reopen_done(struct vn_job *job)
{
    struct reopen_job *mine = (struct reopen_job *)job;
    mine->busy = false;
    if (mine->wanted) {
        refresh_reader(mine->thread);
    }
}

static void count_anew(struct writer_side *side)
{
    vn_cache_reader_close(side->counting);
    side->counting = NULL;
}

static void run_count(struct vn_job *job, void *owned)
{
    struct count_job *mine = (struct count_job *)job;
    struct vn_cache_counts *counts = &mine->counts;
    struct writer_side *side = owned;
    struct vn_error error;
    if ((side->counting == NULL &&
         vn_cache_reader_open(side->folder, NULL, &side->counting, &error) != VN_OK) ||
        vn_cache_counts(side->counting, &counts->members, &counts->items, &counts->coupons) != VN_OK) {
        memset(counts, 0, sizeof *counts);
        count_anew(side);
    }
}

static void count_done(struct vn_job *job)
{
    struct count_job *mine = (struct count_job *)job;
    mine->busy = false;
    mine->thread->counts = mine->counts;
}

/* One that is busy now stands behind the job that just ended, in the same queue: it will count the new generation. */
static void refresh_counts(struct vn_cache_thread *thread)
{
    if (!thread->count.busy) {
        thread->count.busy = true;
        post(thread->cache, &thread->count.job);
    }
}

/* --- feed and snapshots ------------------------------------------------------------------------------------------- */

/* Reads the ruleset and stops in force into the job. VN_CORRUPT, at the start also for a ruleset that is no longer one;
 * whatever else goes wrong leaves the ones in force, and is logged. More stops than there is room for are cut. */
static enum vn_status load_rules(struct writer_side *side, struct apply_job *mine)
{
    struct vn_cache_reader *reader = NULL;
    struct vn_buf text;
    struct vn_error error;
    int64_t number = 0;
    enum vn_status status = vn_cache_reader_open(side->folder, NULL, &reader, &error);
    side->rules_due = status == VN_NOMEM || status == VN_IO;
    if (status != VN_OK) {
        return status == VN_CORRUPT ? vn_fail(&mine->error, status, "the cache can't be read") : VN_OK;
    }
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status rules = vn_cache_ruleset(reader, &text, &number);
    if (rules == VN_OK) {
        status = vn_ruleset_parse(vn_buf_view(&text), &mine->ruleset, &mine->error);
        mine->skipped = status == VN_OK ? vn_ruleset_skipped_count(mine->ruleset) : 0;
        rules = status == VN_INPUT && mine->load ? VN_CORRUPT : rules;
    }
    enum vn_status stops = vn_cache_stops(reader, mine->stops, VN_TILL_STOPS_MAX, &mine->stop_count);
    mine->stops_known = stops == VN_OK || stops == VN_FULL;
    vn_buf_deinit(&text);
    vn_cache_reader_close(reader);
    side->rules_due =
        rules == VN_NOMEM || rules == VN_IO || stops == VN_NOMEM || stops == VN_IO || status == VN_NOMEM;
    if (rules == VN_CORRUPT || stops == VN_CORRUPT) {
        return vn_fail(&mine->error, VN_CORRUPT, "the rules in the cache can't be read");
    }
    if (stops == VN_FULL) {
        (void)vn_fail(&mine->error, VN_FULL, "more than %d stopped promotions: the rest is not stopped",
                      VN_TILL_STOPS_MAX);
    }
    return VN_OK;
}

/* A till has two cores at most: a scan that is under way gets one of them for itself. */
static void give_way(void *ctx)
{
    struct vn_cache_thread *thread = ctx;
    const struct timespec pause = {0, 1000000};
    if (atomic_load(&thread->scanning) > 0) {
        (void)nanosleep(&pause, NULL);
    }
}

static enum vn_status take_piece(struct writer_side *side, struct apply_job *mine)
{
    bool whole = false;
    enum vn_status status = vn_cache_part_take(side->part, mine->etag, mine->at, vn_buf_view(&mine->frame),
                                               &mine->next, &whole, &mine->error);
    mine->pending = status == VN_OK && !whole;
    if (!whole || status != VN_OK) {
        return status;
    }
    const struct vn_cache_source source = {.part = side->part,
                                           .publishing_key = side->publishing_key,
                                           .base_seq = mine->base_seq,
                                           .pause = give_way,
                                           .ctx = mine->thread};
    status = vn_cache_replace_from(side->writer, &source, &mine->reopen, &mine->refused, &mine->error);
    if (status != VN_OK) {
        vn_cache_part_drop(side->part); /* the same bytes would end the same way */
    }
    return status;
}

static void run_apply(struct vn_job *job, void *owned)
{
    struct apply_job *mine = (struct apply_job *)job;
    struct writer_side *side = owned;
    struct vn_cache_frame frame = {.lines = vn_buf_view(&mine->frame),
                                   .included_seq = mine->included_seq,
                                   .publishing_key = side->publishing_key,
                                   .told_seq = mine->told_seq};
    bool rules_changed = mine->load;
    mine->status = VN_OK;
    mine->error.text[0] = '\0';
    mine->refused = 0;
    mine->ruleset = NULL;
    mine->stops_known = false;
    mine->pending = false;
    mine->reopen = false;
    if (!mine->load && mine->etag[0] != '\0') {
        mine->status = take_piece(side, mine);
        rules_changed = mine->reopen;
    } else if (!mine->load && mine->snapshot) {
        rules_changed = true;
        mine->status = vn_cache_replace(side->writer, &frame, &mine->refused, &mine->error);
        mine->reopen = mine->status == VN_OK;
    } else if (!mine->load) {
        mine->status = vn_cache_apply(side->writer, &frame, &rules_changed, &mine->refused, &mine->error);
        mine->reopen = frame.selects;
        rules_changed = rules_changed || frame.selects;
    }
    if (mine->reopen) {
        count_anew(side);
    }
    vn_cache_cursor(side->writer, &mine->cursor);
    mine->frame_len = mine->frame.len;
    vn_buf_deinit(&mine->frame); /* before the ruleset in it is read: not both at once */
    if (mine->status == VN_OK && (rules_changed || side->rules_due)) {
        mine->status = load_rules(side, mine);
    }
    if (mine->frame_len >= TRIM_FRAME_BYTES) {
        /* A till has little memory and large frames are rare: what they took goes back to the system. */
        (void)malloc_trim(0);
    }
}

static void apply_done(struct vn_job *job)
{
    struct apply_job *mine = (struct apply_job *)job;
    struct vn_cache_thread *thread = mine->thread;
    void *ctx = thread->events.ctx;
    if (mine->refused > 0) {
        vn_log_event(thread->log, VN_LOG_ERROR, "unsigned_or_old_ruleset_refused",
                     VN_I("count", mine->refused));
    }
    if (mine->error.text[0] != '\0') {
        vn_log_event(thread->log, VN_LOG_ERROR, "feed_trouble", VN_S("why", mine->error.text));
    }
    if (mine->ruleset != NULL) {
        vn_log_event(thread->log, VN_LOG_NOTICE, "ruleset", VN_I("number", vn_ruleset_number(mine->ruleset)),
                     VN_I("promotions", vn_ruleset_promotion_count(mine->ruleset)),
                     VN_I("skipped", mine->skipped));
        thread->events.ruleset(ctx, mine->ruleset);
        mine->ruleset = NULL;
    }
    if (mine->stops_known) {
        thread->events.stops(ctx, (const char(*)[VN_ID_MAX])mine->stops, mine->stop_count);
    }
    if (mine->load || mine->frame_len >= COUNT_FRAME_BYTES || thread->counts.members < COUNT_ALWAYS_MEMBERS) {
        refresh_counts(thread);
    }
    if (mine->reopen) {
        refresh_reader(thread); /* a checkpoint of the feed shows by itself */
    }
    if (mine->status == VN_CORRUPT) {
        give_up(thread);
    }
    bool load = mine->load;
    mine->load = false;
    if (mine->pending) {
        thread->events.piece(ctx, mine->next);
    } else if (!load) {
        thread->events.applied(ctx, mine->status, &mine->cursor, mine->error.text);
    }
}

void vn_cache_thread_apply(struct vn_cache_thread *thread, const struct vn_cache_news *news)
{
    struct apply_job *mine = &thread->apply;
    mine->snapshot = news->snapshot;
    mine->included_seq = news->included_seq;
    mine->told_seq = news->told_seq;
    mine->base_seq = news->base_seq;
    mine->at = news->at;
    (void)snprintf(mine->etag, sizeof mine->etag, "%s", news->etag);
    vn_buf_init(&mine->frame, VN_FEED_BYTES_MAX);
    if (vn_buf_append(&mine->frame, news->bytes) != VN_OK) {
        vn_buf_deinit(
            &mine->frame); /* an empty frame is refused as damaged, an empty piece changes nothing: asked for again */
    }
    post(thread->cache, &mine->job);
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

enum vn_status vn_cache_thread_create(uv_loop_t *loop, const char *folder,
                                      const struct vn_enrolment_id *enrolment, const char *publishing_key,
                                      struct vn_log *log, const struct vn_cache_events *events,
                                      struct vn_cache_thread **out, struct vn_error *error)
{
    *out = NULL;
    bool fresh = false;
    struct vn_cache_thread *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    (void)snprintf(t->writing.folder, sizeof t->writing.folder, "%s", folder);
    (void)snprintf(t->writing.publishing_key, sizeof t->writing.publishing_key, "%s", publishing_key);
    (void)snprintf(t->reading.folder, sizeof t->reading.folder, "%s", folder);
    t->log = log;
    t->events = *events;
    t->lookup = (struct lookup_job){.job = {.run = run_lookup, .done = lookup_done}, .thread = t};
    t->reopen = (struct reopen_job){.job = {.run = run_reopen, .done = reopen_done}, .thread = t};
    t->count = (struct count_job){.job = {.run = run_count, .done = count_done}, .thread = t};
    t->apply.job = (struct vn_job){.run = run_apply, .done = apply_done};
    t->apply.thread = t;
    t->apply.load = true;
    char journal[VN_PATH_MAX];
    (void)snprintf(journal, sizeof journal, "%s/journal.db", folder);
    enum vn_status status = vn_journal_reader_open(journal, NULL, &t->reading.journal, error);
    if (status == VN_OK) {
        status = vn_cache_open(folder, enrolment, NULL, &t->writing.writer, &fresh, error);
    }
    if (status == VN_OK && vn_cache_part_open(folder, &t->writing.part) != VN_OK) {
        status = vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (status == VN_OK && fresh) {
        vn_log_event(log, VN_LOG_NOTICE, "cache_is_new", VN_S("folder", folder));
    }
    if (status == VN_OK) {
        /* here, before their threads have them: the very first scan finds its member, the first quote its rules */
        reopen(&t->reading);
        run_apply(&t->apply.job, &t->writing);
        status = vn_worker_create(loop, &t->writing, &t->cache);
    }
    if (status == VN_OK) {
        status = vn_worker_create(loop, &t->reading, &t->lookups);
    }
    if (status != VN_OK) {
        vn_cache_thread_destroy(t);
        return status;
    }
    *out = t;
    return VN_OK;
}

void vn_cache_thread_start(struct vn_cache_thread *thread)
{
    apply_done(&thread->apply.job);
}

void vn_cache_thread_destroy(struct vn_cache_thread *thread)
{
    if (thread != NULL) {
        vn_worker_destroy(thread->cache);
        vn_worker_destroy(thread->lookups);
        vn_cache_reader_close(thread->writing.counting);
        vn_cache_reader_close(thread->reading.reader);
        vn_journal_reader_close(thread->reading.journal);
        vn_cache_close(thread->writing.writer);
        vn_cache_part_close(thread->writing.part);
        vn_ruleset_destroy(thread->apply.ruleset);
        vn_buf_deinit(&thread->apply.frame);
        free(thread);
    }
}

void vn_cache_thread_cursor(const struct vn_cache_thread *thread, struct vn_cursor *out)
{
    vn_cache_cursor(thread->writing.writer, out);
}

void vn_cache_thread_counts(const struct vn_cache_thread *thread, struct vn_cache_counts *out)
{
    *out = thread->counts;
}
