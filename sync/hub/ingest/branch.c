#include "sync/hub/ingest/branch.h"

#include <string.h>

#include "agent/base/limits.h"
#include "agent/crypto/hash.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/storage/branch.h"

struct handing {
    struct vn_hub *hub;
    const struct vn_enrolment_row *by;
    const struct vn_intake *intake;
    struct vn_enrolment_row old; /* id 0: it is not known here */
    struct vn_enrolment_row row; /* the branch's own; id 0: there is none yet */
    struct vn_branch_row branch;
    int64_t high;  /* up to here the hub has the journal, or another one in its place */
    bool splits;   /* off a branch that another successor handed in, within this batch ... */
    int64_t split; /* ... of which that has so many entries */
};

/* One branch for each journal and who hands it in. */
static void name_branch(const struct handing *handing, struct vn_enrolment_id *out)
{
    static const char word[] = "verno-branch-1";
    uint8_t text[sizeof word - 1 + 2 * VN_ID_BYTES];
    uint8_t hash[VN_HASH_SIZE];
    memcpy(text, word, sizeof word - 1);
    memcpy(text + sizeof word - 1, handing->intake->enrolment.bytes, VN_ID_BYTES);
    memcpy(text + sizeof word - 1 + VN_ID_BYTES, handing->by->enrolment.bytes, VN_ID_BYTES);
    vn_sha256(vn_view_of(text, sizeof text), hash);
    memcpy(out->bytes, hash, VN_ID_BYTES);
}

static enum vn_status find_old(struct handing *handing, struct vn_error *error)
{
    struct vn_enrolment_row *old = &handing->old;
    enum vn_status status = vn_storage_enrolment_get(handing->hub->storage, &handing->intake->enrolment, old);
    if (status == VN_ABSENT) {
        *old = (struct vn_enrolment_row){.id = 0};
        return VN_OK;
    }
    if (status != VN_OK) {
        return status;
    }
    if (strcmp(old->till, handing->by->till) != 0) {
        return vn_fail(error, VN_DENIED,
                       "the journal is that of till %s, and the certificate is that of till %s", old->till,
                       handing->by->till);
    }
    if (old->id == handing->by->id || old->state == VN_ENROLMENT_HANDED_IN) {
        return vn_fail(error, VN_INPUT, "this is not the journal of an enrolment that was replaced");
    }
    if (old->id > handing->by->id) { /* else who has a disk of years ago could end the till that sells now */
        return vn_fail(error, VN_DENIED,
                       "the journal is of a newer enrolment of till %s than the certificate", old->till);
    }
    handing->high = old->high_seq;
    return VN_OK;
}

static enum vn_status find_branch(struct handing *handing)
{
    struct vn_enrolment_id name;
    name_branch(handing, &name);
    enum vn_status status = vn_storage_enrolment_get(handing->hub->storage, &name, &handing->row);
    if (status == VN_ABSENT) {
        handing->row = (struct vn_enrolment_row){.id = 0, .enrolment = name};
        return VN_OK;
    }
    handing->high = handing->row.high_seq;
    return status == VN_OK ? vn_storage_branch_get(handing->hub->storage, handing->row.id, &handing->branch)
                           : status;
}

/* The hash that the hub has at `seq`, not above `high`. */
static enum vn_status hash_at(const struct handing *handing, int64_t seq, struct vn_hash *out)
{
    const struct vn_enrolment_row *row = handing->row.id != 0 ? &handing->row : &handing->old;
    if (seq == 0) {
        vn_chain_start(&handing->intake->enrolment, out);
        return VN_OK;
    }
    *out = row->head;
    if (seq == row->high_seq) {
        return VN_OK;
    }
    if (handing->row.id != 0 && seq == handing->branch.from_seq - 1) {
        *out = handing->branch.prev_hash;
        return VN_OK;
    }
    return vn_storage_entry_hash(handing->hub->storage, row->id, seq, out);
}

/* Whether the first `count` entries of the batch are what the hub has. A branch whose origin is not known has nothing before its
 * own first entry: that is as good as the same. */
static enum vn_status agrees(const struct handing *handing, int64_t count, bool *out)
{
    const struct vn_intake *intake = handing->intake;
    const struct vn_hash *said = vn_intake_hash(intake, count);
    struct vn_hash had;
    *out = true;
    enum vn_status status = hash_at(handing, intake->from_seq + count - 1, &had);
    if (status == VN_OK) {
        *out = memcmp(had.bytes, said->bytes, sizeof had.bytes) == 0;
    }
    return status == VN_ABSENT && handing->row.id != 0 ? VN_OK : status;
}

/* How many entries of the batch the hub has. Hashes form a chain: where one differs, all after it do. */
static enum vn_status count_common(const struct handing *handing, int64_t *common)
{
    int64_t most = handing->high + 1 - handing->intake->from_seq;
    int64_t least = 0;
    enum vn_status status = VN_OK;
    most = most > handing->intake->count ? handing->intake->count : most;
    while (least < most && status == VN_OK) {
        int64_t middle = least + (most - least + 1) / 2;
        bool same = false;
        status = agrees(handing, middle, &same);
        least = same ? middle : least;
        most = same ? most : middle - 1;
    }
    *common = least;
    return status;
}

/* Whether the batch is in this branch, or goes on behind it. */
static enum vn_status is_part(struct handing *handing, bool *out)
{
    const struct vn_intake *intake = handing->intake;
    bool goes_on = false;
    int64_t had = 0;
    enum vn_status status = intake->from_seq - 1 <= handing->high ? agrees(handing, 0, &goes_on) : VN_OK;
    if (status == VN_OK && goes_on) {
        status = count_common(handing, &had);
    }
    *out = goes_on && (had == intake->count || intake->from_seq + had > handing->high);
    handing->splits = goes_on && !*out;
    handing->split = had;
    return status;
}

/* The same journal may have been handed in by another successor: the hub was set back since, or somebody kept the folder. What is
 * there already must not be posted a second time, so it stays one branch; another copy of the till is one of its own, from where
 * they part. */
static enum vn_status find_others(struct handing *handing)
{
    struct handing other = *handing;
    bool found = false;
    enum vn_status status = VN_OK;
    while (status == VN_OK && !found) {
        int64_t after = other.branch.id;
        status =
            vn_storage_branch_after(handing->hub->storage, &handing->intake->enrolment, after, &other.branch);
        if (status == VN_OK) {
            status = vn_storage_enrolment_by_number(handing->hub->storage, other.branch.id, &other.row);
        }
        if (status == VN_OK && strcmp(other.row.till, handing->by->till) == 0) {
            other.high = other.row.high_seq;
            status = is_part(&other, &found);
            bool further = other.splits && (!handing->splits || other.split > handing->split);
            handing->split = further ? other.split : handing->split;
            handing->splits = handing->splits || further;
        }
    }
    if (found) {
        *handing = other;
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status expect(const struct handing *handing, int64_t seq, struct vn_ingest_result *out)
{
    out->verdict = VN_INGEST_EXPECTED;
    out->expected.expected_seq = seq;
    enum vn_status status =
        seq - 1 > handing->high ? VN_ABSENT : hash_at(handing, seq - 1, &out->expected.head);
    return status == VN_ABSENT ? VN_OK : status;
}

/* Journals that the hub does not know are taken as well: without a bound a till could fill the database with made-up ones. */
static enum vn_status check_room(const struct handing *handing, struct vn_error *error)
{
    int64_t count = 0;
    enum vn_status status =
        vn_storage_branches_count(handing->hub->storage, handing->by->id, VN_BRANCHES_MAX, &count);
    return status == VN_OK && count == VN_BRANCHES_MAX
               ? vn_fail(
                     error, VN_DENIED,
                     "this till has handed in %d journals since it was enrolled, and may not hand in more: "
                     "if "
                     "this one is needed, enrol it with a new code (verno-hub till code) and hand it in then",
                     VN_BRANCHES_MAX)
               : status;
}

static enum vn_status open_branch(struct handing *handing, int64_t had, struct vn_error *error)
{
    const struct vn_intake *intake = handing->intake;
    struct vn_hub *hub = handing->hub;
    struct vn_enrolment_row *row = &handing->row;
    int64_t before = intake->from_seq + had - 1;
    row->state = VN_ENROLMENT_HANDED_IN;
    row->created_ms = row->ack_ms = vn_hub_now_ms(hub);
    row->epoch = hub->epoch;
    row->high_seq = row->posted_seq = before;
    row->head = had == 0 ? intake->prev_hash : intake->entries[had - 1].hash;
    memcpy(row->store, handing->by->store, sizeof row->store);
    memcpy(row->till, handing->by->till, sizeof row->till);
    enum vn_status status = check_room(handing, error);
    if (status == VN_OK) {
        status = vn_storage_enrolment_add(hub->storage, row);
    }
    if (status != VN_OK) {
        return status;
    }
    handing->branch = (struct vn_branch_row){.id = row->id,
                                             .enrolment = intake->enrolment,
                                             .origin = handing->old.id,
                                             .successor = handing->by->id,
                                             .from_seq = before + 1,
                                             .prev_hash = row->head,
                                             .opened_ms = row->created_ms};
    vn_log_event(hub->log, VN_LOG_NOTICE, "branch_handed_in", VN_S("store", row->store),
                 VN_S("till", row->till), VN_I("branch", row->id), VN_I("from", before + 1));
    return vn_storage_branch_add(hub->storage, &handing->branch);
}

/* Stores the batch but for its first `had` entries. */
static enum vn_status store(struct handing *handing, int64_t had, struct vn_ingest_result *out,
                            struct vn_error *error)
{
    const struct vn_intake *intake = handing->intake;
    struct vn_hub *hub = handing->hub;
    struct vn_enrolment_row *row = &handing->row;
    enum vn_status status = row->id == 0 ? open_branch(handing, had, error) : VN_OK;
    if (status != VN_OK) {
        return status;
    }
    const struct vn_segment_row segment = {.enrolment = row->id,
                                           .from_seq = row->high_seq + 1,
                                           .count = intake->count - had,
                                           .skip = had,
                                           .head = intake->entries[intake->count - 1].hash,
                                           .since_ms = handing->old.created_ms,
                                           .arrived_ms = vn_hub_latest_ms(hub),
                                           .packing = intake->packing,
                                           .bytes = vn_buf_view(&intake->bytes)};
    status = vn_storage_segments_put(hub->storage, &segment, 1);
    row->high_seq += segment.count;
    row->head = segment.head;
    row->ack_ms = vn_hub_now_ms(hub);
    out->taken = (unsigned)segment.count;
    return status == VN_OK ? vn_storage_enrolment_put(hub->storage, row) : status;
}

/* Where the batch does not go on from what the hub has: from where the till should send; `oldest` is as good as any. */
static int64_t step_back(const struct handing *handing, int64_t oldest)
{
    int64_t from = handing->intake->from_seq;
    int64_t back = from - 1 > handing->high ? handing->high + 1 : from / 2;
    return back < oldest ? oldest : back;
}

static enum vn_status take(struct handing *handing, int64_t oldest, struct vn_ingest_result *out,
                           struct vn_error *error)
{
    const struct vn_intake *intake = handing->intake;
    enum vn_status status = handing->row.id == 0 ? find_others(handing) : VN_OK;
    bool is_new = handing->row.id == 0;
    bool goes_on = is_new && handing->splits;
    int64_t had = goes_on ? handing->split : 0;
    if (status == VN_OK && !goes_on && intake->from_seq - 1 <= handing->high) {
        status = agrees(handing, 0, &goes_on);
        if (status == VN_OK && goes_on) {
            status = count_common(handing, &had);
        }
    }
    if (status != VN_OK) {
        return status;
    }
    bool begins = is_new && intake->from_seq <=
                                oldest; /* there is nothing before it: it need not go on from anything */
    if (!goes_on && !begins && (is_new || intake->from_seq - 1 > handing->high)) {
        return expect(handing, step_back(handing, oldest), out);
    }
    if (!is_new && (!goes_on || (had < intake->count && intake->from_seq + had <= handing->high))) {
        return vn_fail(error, VN_CONFLICT,
                       "another journal of this enrolment was handed in by this till before");
    }
    status = had < intake->count ? store(handing, had, out, error) : VN_OK;
    out->verdict = VN_INGEST_TAKEN;
    out->ack = (struct vn_ack){.epoch = handing->hub->epoch,
                               .acked_seq = intake->from_seq + intake->count - 1,
                               .quarantined = handing->row.quarantined,
                               .server_time_ms = vn_hub_now_ms(handing->hub),
                               .entries = VN_ENTRY_VERSION};
    out->ack.head = *vn_intake_hash(intake, intake->count);
    return status;
}

enum vn_status vn_branch_take(struct vn_hub *hub, const struct vn_enrolment_row *by,
                              const struct vn_intake *intake, int64_t oldest, struct vn_ingest_result *out,
                              struct vn_error *error)
{
    struct handing handing = {.hub = hub, .by = by, .intake = intake};
    memset(out, 0, sizeof *out);
    enum vn_status status = find_old(&handing, error);
    if (status == VN_OK) {
        status = find_branch(&handing);
    }
    if (status == VN_OK && handing.old.id != 0 && handing.old.state != VN_ENROLMENT_REVOKED) {
        handing.old.state = VN_ENROLMENT_REVOKED; /* from now on it is the new one's turn */
        status = vn_storage_enrolment_put(hub->storage, &handing.old);
        status = status == VN_OK ? vn_roster_refresh(hub, handing.old.store) : status;
    }
    return status == VN_OK ? take(&handing, oldest, out, error) : status;
}
