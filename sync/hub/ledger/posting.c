#include "sync/hub/ledger/posting.h"

#include <string.h>

#include "sync/hub/ledger/post.h"
#include "sync/hub/storage/lease.h"

#define TILLS_MAX    64 /* looked up at once */
#define TOGETHER_MAX 64 /* entries of one till: what they have in common is loaded and stored once */
#define NS_IN_MS     1000000

/* What has to do with one till, and not with the disk that all are on. */
static bool till_to_blame(enum vn_status status)
{
    return status == VN_CORRUPT || status == VN_ABSENT || status == VN_CONFLICT || status == VN_ARG;
}

/* What a slice may still do. */
struct budget {
    unsigned entries;
    int64_t until_ns;
};

static bool goes_on(const struct vn_hub *hub, const struct budget *budget)
{
    return budget->entries > 0 && vn_clock_mono_ns(&hub->clock) < budget->until_ns;
}

/* Entries that are posted together. */
struct together {
    struct vn_branch_row branch; /* of a journal that branched off; else id 0 */
    struct vn_post_item items[TOGETHER_MAX];
    struct vn_prepared *prepared[TOGETHER_MAX];
    unsigned count;
};

static enum vn_status prepare(struct vn_hub *hub, struct vn_enrolment_row *row,
                              const struct vn_segment *segment, struct together *out)
{
    int64_t seq = row->posted_seq + 1 + out->count;
    struct vn_prepared **prepared = &out->prepared[out->count];
    struct vn_preparer *preparer = vn_post_preparer(hub->post);
    struct vn_view body = vn_segment_body(segment, seq);
    enum vn_status status = out->branch.id == 0 ? vn_prepare(preparer, body, prepared)
                                                : vn_prepare_branch(preparer, body, prepared);
    if (status == VN_OK) {
        out->items[out->count++] = (struct vn_post_item){.enrolment = row,
                                                         .seq = seq,
                                                         .since_ms = segment->row.since_ms,
                                                         .until_ms = segment->row.arrived_ms,
                                                         .entry = *prepared,
                                                         .branch = out->branch.id == 0 ? NULL : &out->branch};
    }
    return status;
}

/* Of one enrolment's next segment what is not posted yet, as far as the budget goes. *others: as vn_post_slice. */
static enum vn_status post_some(struct vn_hub *hub, struct vn_enrolment_row *row, struct budget *budget,
                                bool *others)
{
    struct vn_segment segment;
    struct together together = {.count = 0};
    size_t bytes = 0;
    size_t done = 0;
    *others = false;
    enum vn_status status = row->state == VN_ENROLMENT_HANDED_IN
                                ? vn_storage_branch_get(hub->storage, row->id, &together.branch)
                                : VN_OK;
    if (status == VN_OK) {
        status = vn_storage_segment_at(hub->storage, row->id, row->posted_seq + 1, &segment);
    }
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_CORRUPT : status;
    }
    int64_t left = segment.row.from_seq + segment.row.count - 1 - row->posted_seq;
    left = left > TOGETHER_MAX ? TOGETHER_MAX : left;
    left = left > budget->entries ? budget->entries : left;
    while (status == VN_OK && together.count < left && bytes < VN_POSTING_BYTES_MAX) {
        bytes += vn_segment_body(&segment, row->posted_seq + 1 + together.count).len;
        status = prepare(hub, row, &segment, &together);
    }
    if (status == VN_OK) {
        status = vn_post_slice(hub->post, together.items, together.count, &done, others);
    }
    for (unsigned i = 0; i < together.count; i++) {
        vn_prepared_destroy(together.prepared[i]);
    }
    vn_segment_deinit(&segment);
    if (status != VN_OK) {
        return status;
    }
    if (together.branch.id != 0) {
        status = vn_storage_branch_put(hub->storage, &together.branch);
    }
    row->posted_seq += (int64_t)done;
    budget->entries -= (unsigned)done;
    return status == VN_OK ? vn_storage_enrolment_put(hub->storage, row) : status;
}

/* --- a slice ---------------------------------------------------------------------------------------------- */

struct slice {
    struct vn_hub *hub;
    struct vn_posting *posting;
    struct budget budget;
    unsigned max;
    int64_t budget_ms;
    struct vn_enrolment_row failed; /* id 0: none */
    int64_t after;
    struct vn_posting_result *out;
};

static bool stands_still(const struct vn_posting *posting, int64_t enrolment)
{
    for (unsigned i = 0; i < posting->still_count; i++) {
        if (posting->still[i].enrolment == enrolment) {
            return posting->still[i].waits;
        }
    }
    return false;
}

/* All are tried again; those that have gone on are forgotten when the log could say so anew. */
static void try_again(struct vn_posting *posting, int64_t now_ms)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < posting->still_count; i++) {
        if (posting->still[i].waits || now_ms - posting->still[i].said_ms < VN_POSTING_SAY_MS) {
            posting->still[kept] = posting->still[i];
            posting->still[kept++].waits = false;
        }
    }
    posting->still_count = kept;
}

/* A segment of each of these, as far as the budget goes, and until one of them changed rows that are still to come. */
static enum vn_status post_tills(struct slice *slice, struct vn_enrolment_row *rows, unsigned count)
{
    enum vn_status status = VN_OK;
    bool others = false;
    for (unsigned i = 0; i < count && status == VN_OK && !others && goes_on(slice->hub, &slice->budget);
         i++) {
        slice->after = rows[i].id;
        if (stands_still(slice->posting, rows[i].id)) {
            slice->out->still = true;
            continue;
        }
        status = post_some(slice->hub, &rows[i], &slice->budget, &others);
        if (status != VN_OK) {
            slice->failed = rows[i];
        }
    }
    return status;
}

/* Round after round, on from whoever had the last turn, until the budget is used up or a whole round found nothing. */
static enum vn_status post_rounds(struct slice *slice, struct vn_storage *storage)
{
    struct vn_enrolment_row rows[TILLS_MAX];
    unsigned count = 0;
    unsigned idle = 0; /* times that the end of the fleet was reached since something was posted */
    enum vn_status status = VN_OK;
    while (status == VN_OK && idle < 2 && goes_on(slice->hub, &slice->budget)) {
        unsigned before = slice->budget.entries;
        status = vn_storage_behind(storage, slice->after, TILLS_MAX, rows, &count);
        if (status == VN_OK) {
            status = post_tills(slice, rows, count);
        }
        if (count < TILLS_MAX) {
            slice->after = 0;
            idle++;
        }
        idle = slice->budget.entries < before ? 0 : idle;
    }
    slice->out->entries = slice->max - slice->budget.entries;
    slice->out->more = idle < 2;
    return status;
}

static enum vn_status slice_unit(void *ctx, struct vn_storage *storage)
{
    struct slice *slice = ctx;
    bool held = false;
    *slice->out = (struct vn_posting_result){.entries = 0};
    /* Of each run anew: one that collided has used it up. */
    slice->budget =
        (struct budget){slice->max, vn_clock_mono_ns(&slice->hub->clock) + slice->budget_ms * NS_IN_MS};
    slice->failed.id = 0;
    slice->after = slice->posting->after;
    enum vn_status status = vn_storage_lease(storage, VN_POSTING_LEASE, VN_LEASE_MS, &held);
    if (status == VN_OK && held) {
        status = post_rounds(slice, storage);
    }
    slice->out->others = !held;
    return status == VN_OK && held && !slice->out->more ? vn_storage_lease_free(storage, VN_POSTING_LEASE)
                                                        : status;
}

/* Its place in the list; NULL: it is new, and the list is full. */
static struct vn_posting_still *place_of(struct vn_posting *posting, int64_t enrolment)
{
    for (unsigned i = 0; i < posting->still_count; i++) {
        if (posting->still[i].enrolment == enrolment) {
            return &posting->still[i];
        }
    }
    if (posting->still_count == VN_POSTING_STILL_MAX) {
        return NULL;
    }
    posting->still[posting->still_count] = (struct vn_posting_still){.enrolment = enrolment};
    return &posting->still[posting->still_count++];
}

/* Leaves it out from now on, and says so when it begins and once a minute. When the list is full the whole of it is tried again,
 * and so is this one, of which nothing is said: the log has the others. */
static void stand_still(struct vn_hub *hub, struct vn_posting *posting, const struct vn_enrolment_row *row,
                        enum vn_status status)
{
    int64_t now_ms = vn_hub_now_ms(hub);
    struct vn_posting_still *still = place_of(posting, row->id);
    posting->again_ms = now_ms + VN_POSTING_AGAIN_MS;
    if (still == NULL) {
        return;
    }
    still->waits = true;
    memcpy(still->till, row->till, sizeof still->till);
    if (still->said_ms == 0 || now_ms - still->said_ms >= VN_POSTING_SAY_MS) {
        char id[2 * VN_ID_BYTES + 1];
        struct vn_error error = {VN_OK, "", ""};
        vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), id);
        vn_storage_describe(hub->storage, status, &error);
        vn_log_event(hub->log, VN_LOG_ERROR, "posting_stands_still", VN_S("till", row->till),
                     VN_S("enrolment", id), VN_S("status", vn_status_name(status)),
                     VN_S("reason", error.text));
        still->said_ms = now_ms;
    }
}

enum vn_status vn_posting_slice(struct vn_hub *hub, struct vn_posting *posting, unsigned max,
                                int64_t budget_ms, struct vn_posting_result *out)
{
    struct slice slice = {.hub = hub, .posting = posting, .max = max, .budget_ms = budget_ms, .out = out};
    bool others = false;
    *out = (struct vn_posting_result){.others = false};
    if (posting->still_count > 0 && vn_hub_now_ms(hub) >= posting->again_ms) {
        try_again(posting, vn_hub_now_ms(hub));
    }
    enum vn_status status =
        posting->mine ? VN_OK : vn_storage_lease_is_others(hub->storage, VN_POSTING_LEASE, &others);
    if (status != VN_OK || others) {
        out->others = others;
        return status;
    }
    status = vn_storage_unit(hub->storage, VN_SQL_WRITE, slice_unit, &slice);
    if (status == VN_OK) {
        posting->after = slice.after;
        posting->mine = out->more;
        return VN_OK;
    }
    if (slice.failed.id != 0 && till_to_blame(status)) {
        stand_still(hub, posting, &slice.failed, status);
        *out = (struct vn_posting_result){.more = true};
        return VN_OK;
    }
    return status;
}

unsigned vn_posting_still(const struct vn_posting *posting, const char **till)
{
    unsigned count = 0;
    *till = "";
    for (unsigned i = 0; i < posting->still_count; i++) {
        if (posting->still[i].waits) {
            *till = posting->still[i].till;
            count++;
        }
    }
    return count;
}

/* --- one till --------------------------------------------------------------------------------------------- */

struct till {
    struct vn_hub *hub;
    const struct vn_enrolment_id *enrolment;
    unsigned max;
    bool all;
};

static enum vn_status till_unit(void *ctx, struct vn_storage *storage)
{
    struct till *till = ctx;
    struct vn_enrolment_row row;
    struct budget budget = {till->max, INT64_MAX};
    bool others = false;
    enum vn_status status = vn_storage_enrolment_get(storage, till->enrolment, &row);
    while (status == VN_OK && row.posted_seq < row.high_seq && budget.entries > 0) {
        status = post_some(till->hub, &row, &budget, &others);
    }
    till->all = status == VN_OK && row.posted_seq == row.high_seq;
    return status;
}

enum vn_status vn_posting_till(struct vn_hub *hub, const struct vn_enrolment_id *enrolment, unsigned max,
                               bool *all)
{
    struct till till = {hub, enrolment, max, false};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, till_unit, &till);
    *all = till.all;
    return status;
}
