#include "sync/hub/requote/requote.h"

#include <stdlib.h>
#include <string.h>

#include "sync/hub/ingest/intake_scan.h"
#include "sync/hub/requote/inputs.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/segments.h"
#include "sync/wire/entry_sale.h"

#define PLACES_MAX      32 /* journals that are looked up at once */
#define DECIDED_MAX     16 /* receipts from quarantine, of one slice */
#define QUARANTINED_MAX 64 /* entries of a stretch that are in quarantine, before the stretch is cut */
#define REFUSED_MAX     16 /* places of a slice that the server can't read */
#define NS_IN_MS        1000000

/* One receipt, read. */
struct receipt {
    struct vn_entry entry, hold; /* the commit, and the hold that it names */
    bool has_hold;
    struct vn_basket basket;
    struct vn_outcome committed, reckoned;
    struct vn_with with;
    bool has_with, printed_differs;
    struct vn_requote_goods goods;
    struct vn_requote_result result;
};

struct vn_requoter {
    int64_t after; /* enrolment that had the last turn */
    struct vn_requote_inputs *inputs;
    struct vn_quote_work *work;
    struct receipt receipt;
};

const char *vn_requoted_name(unsigned sum)
{
    static const char *const names[] = {"same", "differs", "unreadable"};
    return sum < VN_REQUOTED_WHY ? names[sum]
                                 : vn_requote_why_name((enum vn_requote_why)(sum - VN_REQUOTED_WHY + 1));
}

enum vn_status vn_requoter_create(struct vn_requoter **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = vn_requote_inputs_create(&(*out)->inputs);
    if (status == VN_OK) {
        status = vn_quote_work_create(&(*out)->work);
    }
    if (status != VN_OK) {
        vn_requoter_destroy(*out);
        *out = NULL;
    }
    return status;
}

void vn_requoter_destroy(struct vn_requoter *requoter)
{
    if (requoter != NULL) {
        vn_requote_inputs_destroy(requoter->inputs);
        vn_quote_work_destroy(requoter->work);
    }
    free(requoter);
}

/* A receipt, or the batch that begins with it. */
struct part {
    int64_t enrolment, seq; /* enrolment 0: none */
    bool batch;
};

/* A slice under way. */
struct look {
    struct vn_requoter *requoter;
    struct vn_hub *hub;
    const struct vn_requote_budget *budget;
    struct vn_requote_slice *out;
    struct vn_storage *storage;
    unsigned receipts;
    int64_t until_ns;
    /* where the walk is */
    struct vn_requote_turn *turn;
    const struct vn_segment *segment;
    struct part at; /* what is being read */
    /* What a server can't read ends the transaction: the slice is walked anew, without that. */
    struct part refused[REFUSED_MAX];
    unsigned refused_count, passed_over;
};

static bool is_full(const struct look *look)
{
    const struct vn_requote_slice *out = look->out;
    return look->receipts >= look->budget->receipts || out->differing_count == VN_REQUOTE_ROWS_MAX ||
           out->waiting_count == VN_REQUOTE_ROWS_MAX || out->turn_count == VN_REQUOTE_TURNS_MAX ||
           look->passed_over == REFUSED_MAX || vn_clock_mono_ns(&look->hub->clock) >= look->until_ns ||
           (look->budget->stop != NULL && atomic_load(look->budget->stop));
}

/* Of a row that is wrong, and would be the next time: the others are not to wait for it. A store that is lost says so at the end
 * of the unit. */
static bool is_of_row(enum vn_status status)
{
    return status == VN_INPUT || status == VN_CORRUPT || status == VN_FULL || status == VN_ABSENT ||
           status == VN_UNSUPPORTED;
}

/* Begins to read it. False: the server could not, and it is passed over. */
static bool begin_part(struct look *look, int64_t seq, bool batch)
{
    look->at = (struct part){look->turn->place.enrolment, seq, batch};
    for (unsigned i = 0; i < look->refused_count; i++) {
        const struct part *part = &look->refused[i];
        if (part->enrolment == look->at.enrolment && part->seq == seq && part->batch == batch) {
            look->passed_over++;
            look->at.enrolment = 0;
            return false;
        }
    }
    return true;
}

/* Whatever was made of it: after a statement that the server refused, none works. */
static enum vn_status end_part(struct look *look, enum vn_status status)
{
    enum vn_status failed = vn_storage_failed(look->storage);
    look->at.enrolment = failed == VN_OK ? 0 : look->at.enrolment;
    return failed == VN_OK ? status : failed;
}

/* --- one receipt ------------------------------------------------------------------------------------------------ */

/* VN_INPUT: it can't be read, whyever; else of the store. */
static enum vn_status read_hold(struct look *look, int64_t seq, struct receipt *receipt)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf body;
    struct vn_view view = VN_VIEW_NONE;
    enum vn_status status = VN_OK;
    vn_buf_init(&body, VN_ENTRY_MAX);
    if (seq >= look->segment->row.from_seq && seq < look->segment->row.from_seq + look->segment->row.count) {
        view = vn_segment_body(look->segment, seq);
    } else {
        status = vn_storage_entry_body(look->storage, look->turn->place.enrolment, seq, &body);
        status = status == VN_ABSENT || status == VN_CORRUPT ? VN_INPUT : status;
        view = vn_buf_view(&body);
    }
    if (status == VN_OK) {
        status = vn_entry_decode(view, &receipt->hold, &error);
        receipt->has_hold = true;
    }
    if (status == VN_OK && (receipt->hold.kind != VN_ENTRY_HOLD || !receipt->hold.has_sale ||
                            !vn_sale_key_equal(&receipt->hold.sale, &receipt->entry.sale))) {
        status = VN_INPUT;
    }
    vn_buf_deinit(&body);
    return status == VN_UNSUPPORTED ? VN_INPUT : status;
}

static enum vn_status read_receipt(struct look *look, struct vn_view body, struct receipt *receipt)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_entry_sale said;
    const struct vn_entry *source = &receipt->entry;
    receipt->has_hold = false;
    receipt->printed_differs = false;
    enum vn_status status = vn_entry_decode(body, &receipt->entry, &error);
    if (status != VN_OK) {
        return status == VN_UNSUPPORTED ? VN_INPUT : status;
    }
    memset(&receipt->committed, 0, sizeof receipt->committed);
    receipt->basket.line_count = 0;
    status = vn_entry_sale_read(source, &receipt->basket, &receipt->committed, &said, &error);
    if (status == VN_OK && said.held > 0) {
        source = &receipt->hold;
        status = read_hold(look, said.held, receipt);
        if (status == VN_OK) {
            status = vn_entry_sale_read(source, &receipt->basket, &receipt->committed, &said, &error);
        }
    }
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(receipt->entry.body, &error);
        vn_json_bool(&in, "differs", VN_OPTIONAL, &receipt->printed_differs);
        status = vn_entry_with_read(source, &receipt->with, &error);
        receipt->has_with = status == VN_OK;
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static void end_receipt(struct receipt *receipt)
{
    vn_entry_deinit(&receipt->entry);
    if (receipt->has_hold) {
        vn_entry_deinit(&receipt->hold);
    }
}

static enum vn_status quote_again(struct look *look, struct receipt *receipt)
{
    struct vn_requote_inputs *inputs = look->requoter->inputs;
    const struct vn_requote_place *place = &look->turn->place;
    struct vn_requote_input input = {.basket = &receipt->basket,
                                     .committed = &receipt->committed,
                                     .with = receipt->has_with ? &receipt->with : NULL,
                                     .printed_differs = receipt->printed_differs};
    memcpy(input.place.store, place->store, sizeof input.place.store);
    memcpy(input.place.till, place->till, sizeof input.place.till);
    enum vn_status status =
        vn_requote_ruleset(inputs, look->storage, (int64_t)receipt->committed.ruleset, &input.ruleset);
    if (status == VN_OK && receipt->has_with) {
        status = vn_requote_goods(inputs, look->storage, &receipt->with, &receipt->basket,
                                  look->segment->row.arrived_ms, &receipt->goods);
        input.items = receipt->goods.known ? receipt->goods.items : NULL;
        input.items_moved = receipt->goods.moved;
    }
    return status == VN_OK ? vn_requote(look->requoter->work, &input, &receipt->reckoned, &receipt->result)
                           : status;
}

static void add_differing(struct look *look, int64_t seq, const struct receipt *receipt)
{
    struct vn_differing_row *row = &look->out->differing[look->out->differing_count++];
    const struct vn_outcome *both[2] = {&receipt->committed, &receipt->reckoned};
    *row = (struct vn_differing_row){.enrolment = look->turn->place.enrolment,
                                     .seq = seq,
                                     .found_ms = vn_hub_now_ms(look->hub),
                                     .sale = receipt->entry.sale,
                                     .at_ms = receipt->entry.wall_ms};
    memcpy(row->till, look->turn->place.till, sizeof row->till);
    for (int which = 0; which < 2; which++) {
        row->earned[which] = both[which]->points_earned;
        row->spent[which] = both[which]->points_spent;
        row->discount_minor[which] = both[which]->discount_minor;
    }
    memcpy(row->pointer, receipt->result.pointer, sizeof row->pointer);
    memcpy(row->text, receipt->result.text, sizeof row->text);
}

static enum vn_status find_sale(void *ctx, size_t at, const struct vn_sale_row *row)
{
    int64_t *posted = ctx;
    (void)at;
    posted[0] = row->enrolment;
    posted[1] = row->commit_seq;
    return VN_OK;
}

/* Of a branch only what the hub did not have was posted. */
static enum vn_status is_posted(struct look *look, int64_t seq, const struct receipt *receipt, bool *out)
{
    struct vn_sale_at at = {.key = receipt->entry.sale};
    int64_t posted[2] = {0, 0};
    *out = true;
    if (!look->turn->place.branch) {
        return VN_OK;
    }
    memcpy(at.till, look->turn->place.till, sizeof at.till);
    enum vn_status status = vn_storage_sales_load(look->storage, &at, 1, find_sale, posted);
    *out = posted[0] == look->turn->place.enrolment && posted[1] == seq;
    return status;
}

static unsigned sum_of(const struct vn_requote_result *result)
{
    return result->answer == VN_REQUOTE_UNKNOWN ? (unsigned)VN_REQUOTED_WHY + (unsigned)result->why - 1
                                                : (unsigned)result->answer;
}

/* An entry that was applied. */
static enum vn_status judge(struct look *look, int64_t seq)
{
    struct receipt *receipt = &look->requoter->receipt;
    struct vn_view body = vn_segment_body(look->segment, seq);
    struct vn_scan scan;
    bool posted = true;
    if (vn_intake_scan(body, &scan) != VN_OK || scan.kind != VN_ENTRY_COMMIT) {
        return VN_OK;
    }
    look->receipts++;
    if (!begin_part(look, seq, false)) {
        look->turn->sums[VN_REQUOTED_UNREADABLE]++;
        return VN_OK;
    }
    enum vn_status status = read_receipt(look, body, receipt);
    if (status == VN_OK) {
        status = is_posted(look, seq, receipt, &posted);
    }
    if (status == VN_OK && posted) {
        status = quote_again(look, receipt);
    }
    status = end_part(look, status);
    if (status == VN_OK && posted) {
        look->turn->sums[sum_of(&receipt->result)]++;
        if (receipt->result.answer == VN_REQUOTE_DIFFERS) {
            add_differing(look, seq, receipt);
        }
    } else if (look->at.enrolment == 0 && is_of_row(status)) {
        look->turn->sums[VN_REQUOTED_UNREADABLE]++;
        status = VN_OK;
    }
    end_receipt(receipt);
    return status;
}

/* --- stretches of journals -------------------------------------------------------------------------------------- */

static struct vn_requote_turn *begin_turn(struct look *look, const struct vn_requote_place *place)
{
    look->turn = &look->out->turns[look->out->turn_count++];
    *look->turn = (struct vn_requote_turn){.place = *place, .to = place->seq};
    return look->turn;
}

static void end_turn(struct look *look)
{
    look->turn->differing_end = look->out->differing_count;
    look->turn->waiting_end = look->out->waiting_count;
}

/* On from turn->to up to `last`, all in the segment. */
static enum vn_status walk_segment(struct look *look, int64_t last)
{
    struct vn_requote_quarantined quarantined[QUARANTINED_MAX];
    unsigned count = 0;
    unsigned next = 0;
    struct vn_requote_turn *turn = look->turn;
    enum vn_status status = vn_storage_requote_quarantined(look->storage, turn->place.enrolment, turn->to + 1,
                                                           last, QUARANTINED_MAX, quarantined, &count);
    last = count == QUARANTINED_MAX ? quarantined[count - 1].seq : last;
    while (status == VN_OK && turn->to < last && !is_full(look)) {
        int64_t seq = turn->to + 1;
        if (next < count && quarantined[next].seq == seq) {
            if (quarantined[next++].open) {
                look->out->waiting[look->out->waiting_count++] = seq;
            }
        } else {
            status = judge(look, seq);
        }
        turn->to += status == VN_OK ? 1 : 0;
    }
    return status;
}

/* What lies behind a segment that is not there, or is damaged. */
static enum vn_status skip_segment(struct look *look)
{
    struct vn_requote_turn *turn = look->turn;
    int64_t kept = 0;
    enum vn_status status =
        vn_storage_requote_kept(look->storage, turn->place.enrolment, turn->to + 1, &kept);
    turn->sums[VN_REQUOTED_UNREADABLE]++;
    turn->to = status == VN_OK && kept <= turn->place.posted_seq ? kept - 1 : turn->place.posted_seq;
    return status == VN_ABSENT ? VN_OK : status;
}

/* VN_ABSENT: there is none that can be read. */
static enum vn_status read_segment(struct look *look, int64_t seq, struct vn_segment *out)
{
    if (!begin_part(look, seq, true)) {
        return VN_ABSENT;
    }
    enum vn_status status =
        end_part(look, vn_storage_segment_at(look->storage, look->turn->place.enrolment, seq, out));
    return status == VN_CORRUPT && look->at.enrolment == 0 ? VN_ABSENT : status;
}

static enum vn_status look_at_journal(struct look *look, const struct vn_requote_place *place)
{
    struct vn_requote_turn *turn = begin_turn(look, place);
    enum vn_status status = VN_OK;
    while (status == VN_OK && turn->to < place->posted_seq && !is_full(look)) {
        struct vn_segment segment;
        status = read_segment(look, turn->to + 1, &segment);
        if (status == VN_ABSENT) {
            status = skip_segment(look);
        } else if (status == VN_OK) {
            int64_t last = segment.row.from_seq + segment.row.count - 1;
            look->segment = &segment;
            status = walk_segment(look, last < place->posted_seq ? last : place->posted_seq);
            vn_segment_deinit(&segment);
        }
    }
    end_turn(look);
    return status;
}

/* What people or the hub have decided on. */
static enum vn_status look_at_decided(struct look *look)
{
    struct vn_requote_decided decided[DECIDED_MAX];
    unsigned count = 0;
    enum vn_status status = vn_storage_requote_decided(look->storage, DECIDED_MAX, decided, &count);
    for (unsigned i = 0; i < count && status == VN_OK && !is_full(look); i++) {
        struct vn_segment segment;
        struct vn_requote_turn *turn = begin_turn(look, &decided[i].place);
        turn->released = true;
        status = decided[i].released ? read_segment(look, turn->to, &segment) : VN_OK;
        if (status == VN_OK && decided[i].released) {
            look->segment = &segment;
            status = judge(look, turn->to);
            vn_segment_deinit(&segment);
        } else if (status == VN_ABSENT) {
            turn->sums[VN_REQUOTED_UNREADABLE]++;
            status = VN_OK;
        }
        end_turn(look);
    }
    return status;
}

static enum vn_status look_unit(void *ctx, struct vn_storage *storage)
{
    struct look *look = ctx;
    struct vn_requote_place places[PLACES_MAX];
    unsigned count = PLACES_MAX;
    int64_t first = look->requoter->after;
    int64_t after = first;
    look->storage = storage;
    look->receipts = look->passed_over = 0;
    look->at.enrolment = 0;
    look->until_ns = vn_clock_mono_ns(&look->hub->clock) + look->budget->ms * NS_IN_MS;
    look->out->turn_count = look->out->differing_count = look->out->waiting_count = 0;
    vn_requote_inputs_begin(look->requoter->inputs);
    enum vn_status status = look_at_decided(look);
    while (status == VN_OK && count == PLACES_MAX && !is_full(look)) {
        status = vn_storage_requote_places(storage, after, PLACES_MAX, places, &count);
        for (unsigned i = 0; i < count && status == VN_OK && !is_full(look); i++) {
            after = places[i].enrolment;
            status = look_at_journal(look, &places[i]);
        }
    }
    bool full = is_full(look);
    look->out->full = full || first > 0; /* those before the first one are next */
    if (status == VN_OK) {
        look->requoter->after = full ? after : 0;
    }
    return status;
}

enum vn_status vn_requote_look(struct vn_requoter *requoter, struct vn_hub *hub,
                               const struct vn_requote_budget *budget, struct vn_requote_slice *out)
{
    struct look look = {.requoter = requoter, .hub = hub, .budget = budget, .out = out};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, look_unit, &look);
    while (status == VN_CORRUPT && look.at.enrolment != 0 && look.refused_count < REFUSED_MAX) {
        vn_requote_say_refused(hub, look.turn->place.till, look.at.seq);
        look.refused[look.refused_count++] = look.at;
        status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, look_unit, &look);
    }
    return status;
}
