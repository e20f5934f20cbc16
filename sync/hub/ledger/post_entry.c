/* One entry: what its counters say, what its kind does, and what is left of it in quarantine. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/post_work.h"

/* --- counters */

static enum vn_status find_claim(struct vn_apply *apply, unsigned i, const struct vn_counters *said)
{
    struct vn_post *post = apply->turn.post;
    int64_t account = 0;
    enum vn_status status = vn_post_open_name(post, said->account, &account);
    return status == VN_OK ? vn_post_claim(post, apply->enrolment->id, account, &apply->claims[i]) : status;
}

/* Loads what the till said last, and how much the entry moves. What all of them miss is noted in one round. */
static enum vn_status read_counters(struct vn_apply *apply)
{
    bool again = false;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        const struct vn_counters *said = &apply->entry->rights[i];
        status = find_claim(apply, i, said);
        if (status == VN_OK) {
            apply->in[i] = said->in - apply->claims[i]->row.in;
            apply->out[i] = said->out - apply->claims[i]->row.out;
        }
        again = again || status == VN_AGAIN;
        status = status == VN_AGAIN ? VN_OK : status;
    }
    return again ? VN_AGAIN : status;
}

static enum vn_status never_granted(const struct vn_apply *apply, unsigned i)
{
    const struct vn_counters *said = &apply->entry->rights[i];
    return vn_fail(apply->turn.error, VN_INPUT, "%s: %lld granted, the hub granted %lld", said->account,
                   (long long)said->granted, (long long)apply->claims[i]->row.granted);
}

/* When the hub noticed last that it was set back; 0: never, or the enrolment is of later. */
static enum vn_status set_back_ms(const struct vn_apply *apply, int64_t *out)
{
    static const struct vn_post_fact set_back = {.kind = VN_FACT_SET_BACK};
    const struct vn_post_fact *known = NULL;
    enum vn_status status = vn_post_fact(apply->turn.post, &set_back, &known);
    bool forgets =
        status == VN_OK && apply->enrolment->created_ms < known->value && !VN_PLANTED(SET_BACK_FORGETS);
    *out = forgets ? known->value : 0;
    return status;
}

void vn_post_wait_for_tills(const struct vn_turn *turn)
{
    if (turn->stranger != NULL) {
        *turn->stranger = VN_QUARANTINE_FOR_TILLS;
    }
}

enum vn_status vn_apply_wait_if_set_back(const struct vn_apply *apply, bool *set_back)
{
    int64_t noticed_ms = 0;
    enum vn_status status = set_back_ms(apply, &noticed_ms);
    *set_back = status == VN_OK && noticed_ms != 0;
    if (*set_back) {
        vn_post_wait_for_tills(&apply->turn);
    }
    return status;
}

/* Or it was, and what of before the hub was set back says so waits itself. */
static enum vn_status refuse_granted(const struct vn_apply *apply, unsigned i)
{
    bool set_back = false;
    enum vn_status status = vn_apply_wait_if_set_back(apply, &set_back);
    return status == VN_OK ? never_granted(apply, i) : status;
}

/* Nothing was granted that we did not grant. What a grant says is looked at by its own kind. */
static enum vn_status check_granted(struct vn_apply *apply, unsigned i)
{
    const struct vn_counters *said = &apply->entry->rights[i];
    int64_t account = 0;
    if (said->granted <= apply->claims[i]->row.granted || apply->entry->kind == VN_ENTRY_GRANT) {
        return VN_OK;
    }
    enum vn_status status =
        vn_account_is_named(said->account) ? VN_OK : vn_post_known(&apply->turn, said->account, &account);
    return status == VN_OK ? refuse_granted(apply, i) : status;
}

/* Counters only grow; of one that is released later entries have moved them on. What it was granted is to be known even so, or to
 * be believed by people: a sale that is paid before its hold is there would owe what the hold has. */
static enum vn_status check_counters(struct vn_apply *apply, bool released)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        if (!released && (apply->in[i] < 0 || apply->out[i] < 0)) {
            return vn_fail(apply->turn.error, VN_INPUT, "a counter of %s went back",
                           apply->entry->rights[i].account);
        }
        status = apply->turn.decided ? VN_OK : check_granted(apply, i);
    }
    return status;
}

/* In quarantine, too: the till has released it, and so counts it. */
static void note_released(struct vn_post *post, struct vn_claim_row *row, int64_t amount)
{
    struct vn_post_news *news = &post->news;
    if (row->asked > row->released && news->account_count < VN_POST_NEWS_MAX) {
        news->accounts[news->account_count++] = row->account;
    }
    row->released += amount;
}

static enum vn_status write_counters(struct vn_apply *apply)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        struct vn_claim_row *row = &apply->claims[i]->row;
        if (apply->in[i] <= 0 && apply->out[i] <= 0) {
            continue;
        }
        status = vn_post_touch_claim(apply->turn.post, apply->claims[i]);
        row->in += apply->in[i] > 0 ? apply->in[i] : 0;
        row->out += apply->out[i] > 0 ? apply->out[i] : 0;
        if (apply->entry->kind == VN_ENTRY_RELEASE && apply->out[i] > 0) {
            note_released(apply->turn.post, row, apply->out[i]);
        }
    }
    return status;
}

/* --- kinds */

enum vn_status vn_apply_grant_more(struct vn_apply *apply, struct vn_post_claim *claim, int64_t more)
{
    struct vn_grant there = {.free = 0};
    int64_t given = 0;
    enum vn_status status = vn_post_grant(&apply->turn, claim, more, &there, &given);
    return status == VN_OK && given < more ? vn_post_grant_owed(&apply->turn, claim, more - given) : status;
}

enum vn_status vn_apply_is_of_before(const struct vn_apply *apply, bool *out)
{
    static const struct vn_post_fact epoch = {.kind = VN_FACT_EPOCH};
    const struct vn_post_fact *opened = NULL;
    enum vn_status status = vn_post_fact(apply->turn.post, &epoch, &opened);
    *out = status == VN_OK && opened->value > 0 && !VN_PLANTED(SET_BACK_FORGETS) &&
           (apply->enrolment->epoch < opened->value || apply->turn.seq <= apply->enrolment->shown_seq);
    return status;
}

/* The most that a till can have been granted of an account, and that account may owe for it, when the hub was set back. */
struct carried {
    int64_t till, owed;
};

/* Of a member's points no more than he has in all; a till that still is to send what it gave back may have had them before. Of a
 * coupon no more than is there. How much there is of stamps, and of a name that nobody was issued yet, only the first sale says
 * (capacity.c). */
static struct carried carried_by(const struct vn_post *post, const struct vn_account_row *account,
                                 const char *name)
{
    const int64_t *places = account->places;
    int64_t has = places[VN_PLACE_FREE] + places[VN_PLACE_RIGHT] + places[VN_PLACE_HELD] +
                  places[VN_PLACE_SUSPENSE] + places[VN_PLACE_LENT] + places[VN_PLACE_DEBT];
    if (strcmp(name, VN_ACCOUNT_RISK) == 0) {
        return (struct carried){vn_setting(post->settings, VN_SETTING_RISK_TILL),
                                vn_setting(post->settings, VN_SETTING_RISK_TOTAL)};
    }
    if (vn_account_is_named(name)) {
        bool known = name[0] != 's' && places[VN_PLACE_ISSUED] != 0;
        return (struct carried){known ? -places[VN_PLACE_ISSUED] : VN_AMOUNT_MAX, VN_AMOUNT_MAX};
    }
    return (struct carried){has, vn_account_kind(account->id) == VN_ACCOUNT_COUPON ? 0 : has};
}

/* What is more than that waits until all tills have sent theirs, and then for people, who may believe it. */
static enum vn_status check_again(const struct vn_apply *apply, unsigned i, int64_t more)
{
    const char *name = apply->entry->rights[i].account;
    const struct vn_claim_row *row = &apply->claims[i]->row;
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(apply->turn.post, row->account, &account);
    if (status != VN_OK || apply->turn.decided) {
        return status;
    }
    const int64_t *places = account->row.places;
    const struct carried most = carried_by(apply->turn.post, &account->row, name);
    int64_t has = row->right + row->held + row->suspense + row->lent;
    int64_t owed = more - places[VN_PLACE_FREE] - places[VN_PLACE_DEBT];
    if (has + more <= most.till && owed <= most.owed) {
        return VN_OK;
    }
    vn_post_wait_for_tills(&apply->turn);
    return vn_fail(apply->turn.error, VN_INPUT,
                   "%s: %lld more granted before the hub was set back: more than there can have been", name,
                   (long long)more);
}

/* A hub that was set back has forgotten what it granted since, and the till may have spent it: that counts as granted once more.
 * No clock says what was before, since a till's may be wrong. */
static enum vn_status grant_again(struct vn_apply *apply, unsigned i)
{
    const struct vn_counters *said = &apply->entry->rights[i];
    struct vn_claim_row *row = &apply->claims[i]->row;
    int64_t account = 0;
    int64_t more = said->granted - row->granted;
    bool before = false;
    enum vn_status status = vn_apply_is_of_before(apply, &before);
    if (status == VN_OK && !before) {
        return refuse_granted(apply, i); /* it may name again what waits */
    }
    if (status == VN_OK && !vn_account_is_named(said->account)) {
        status = vn_post_known(&apply->turn, said->account, &account);
    }
    if (status == VN_OK) {
        status = check_again(apply, i, more);
    }
    if (status == VN_OK) {
        status = vn_apply_grant_more(apply, apply->claims[i], more);
    }
    if (status == VN_OK) {
        row->granted = said->granted;
        vn_log_event(apply->turn.post->log, VN_LOG_NOTICE, "granted_again",
                     VN_S("till", apply->enrolment->till), VN_S("account", said->account), VN_I("more", more),
                     VN_I("sum", row->granted));
    }
    return status;
}

/* Whether some grant brought the counter there. What the hub has forgotten of before it was set back, tills go on naming. */
static enum vn_status grant_one(struct vn_apply *apply, unsigned i)
{
    const struct vn_counters *said = &apply->entry->rights[i];
    const struct vn_claim_row *row = &apply->claims[i]->row;
    if (said->granted > row->granted) {
        return grant_again(apply, i);
    }
    if (said->granted == 0 || said->granted == row->granted) {
        return VN_OK;
    }
    const struct vn_post_fact want = {
        .kind = VN_FACT_GRANT, .a = apply->enrolment->id, .b = row->account, .c = said->granted};
    const struct vn_post_fact *known = NULL;
    int64_t noticed_ms = 0;
    enum vn_status status = vn_post_fact(apply->turn.post, &want, &known);
    if (status == VN_OK && !known->known) {
        status = set_back_ms(apply, &noticed_ms);
    }
    if (status == VN_OK && !known->known && noticed_ms == 0) {
        return vn_fail(apply->turn.error, VN_INPUT, "%s: no grant brought it to %lld", said->account,
                       (long long)said->granted);
    }
    return status;
}

static enum vn_status release_one(struct vn_apply *apply, unsigned i)
{
    return vn_post_release_claim(&apply->turn, apply->claims[i], apply->out[i]);
}

/* What all of them miss is noted in one round: there are more accounts in an entry than rounds. */
static enum vn_status each_right(struct vn_apply *apply,
                                 enum vn_status (*one)(struct vn_apply *apply, unsigned i))
{
    bool again = false;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = one(apply, i);
        again = again || status == VN_AGAIN;
        status = status == VN_AGAIN ? VN_OK : status;
    }
    return again ? VN_AGAIN : status;
}

static enum vn_status grant(struct vn_apply *apply)
{
    return each_right(apply, grant_one);
}

static enum vn_status release(struct vn_apply *apply)
{
    return each_right(apply, release_one);
}

/* Starts are remembered when they are taken in; findings are for people. */
static enum vn_status nothing(struct vn_apply *apply)
{
    (void)apply;
    return VN_OK;
}

static const struct {
    enum vn_status (*run)(struct vn_apply *apply);
    bool may_in, may_out; /* which counters this kind may move */
} kinds[VN_ENTRY_KINDS] = {
    [VN_ENTRY_BOOT] = {nothing, false, false},           [VN_ENTRY_GRANT] = {grant, false, false},
    [VN_ENTRY_HOLD] = {vn_apply_hold, true, true},       [VN_ENTRY_CANCEL] = {vn_apply_cancel, true, false},
    [VN_ENTRY_COMMIT] = {vn_apply_commit, true, true},   [VN_ENTRY_USED] = {vn_apply_used, false, true},
    [VN_ENTRY_VOID] = {vn_apply_void, true, false},      [VN_ENTRY_RETURN] = {vn_apply_return, false, false},
    [VN_ENTRY_RELEASE] = {release, false, true},         [VN_ENTRY_FINDING] = {nothing, false, false},
    [VN_ENTRY_GIVE] = {vn_apply_give, false, true},      [VN_ENTRY_TAKE] = {vn_apply_take, true, false},
    [VN_ENTRY_REFUSE] = {vn_apply_refuse, false, false}, [VN_ENTRY_BACK] = {vn_apply_back, true, false},
};

static enum vn_status run_kind(struct vn_apply *apply)
{
    const struct vn_prepared *entry = apply->entry;
    for (unsigned i = 0; i < entry->right_count; i++) {
        if ((apply->in[i] > 0 && !kinds[entry->kind].may_in) ||
            (apply->out[i] > 0 && !kinds[entry->kind].may_out)) {
            return vn_fail(apply->turn.error, VN_INPUT, "'%s' moves the right to %s the wrong way",
                           entry->kind_name, entry->rights[i].account);
        }
    }
    return kinds[entry->kind].run(apply);
}

/* How much each right moved, where later entries have moved the counters on. */
static enum vn_status take_moved(struct vn_apply *apply, const struct vn_moved *known)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = find_claim(apply, i, &apply->entry->rights[i]);
        apply->in[i] = apply->out[i] = 0;
        for (unsigned j = 0; status == VN_OK && j < known->count; j++) {
            if (known->rows[j].account == apply->claims[i]->row.account) {
                apply->in[i] = known->rows[j].in;
                apply->out[i] = known->rows[j].out;
            }
        }
    }
    return status;
}

enum vn_status vn_apply_entry(struct vn_apply *apply, const struct vn_moved *known)
{
    const struct vn_prepared *entry = apply->entry;
    *apply->turn.error = (struct vn_error){VN_OK, "", ""};
    if (entry->status != VN_OK) {
        return vn_fail(apply->turn.error, entry->status, "%s", entry->reason);
    }
    if (apply->tally != NULL) {
        return vn_apply_branch(apply);
    }
    enum vn_status status = known != NULL ? take_moved(apply, known) : read_counters(apply);
    if (status == VN_OK) {
        status = check_counters(apply, known != NULL);
    }
    if (status == VN_OK) {
        status = run_kind(apply);
    }
    return status == VN_OK && known == NULL ? write_counters(apply) : status;
}

/* --- quarantine */

bool vn_apply_is_to_blame(enum vn_status status, const struct vn_error *error)
{
    return status == VN_INPUT || status == VN_CONFLICT || status == VN_UNSUPPORTED ||
           (status == VN_ABSENT && error->status == VN_ABSENT);
}

enum vn_quarantine_class vn_apply_class(const struct vn_prepared *entry, enum vn_status status,
                                        int64_t stranger)
{
    return status == VN_ABSENT                   ? VN_QUARANTINE_WAITS
           : stranger == VN_QUARANTINE_FOR_TILLS ? VN_QUARANTINE_WAITS_TILLS
           : stranger != 0                       ? VN_QUARANTINE_WAITS_ACCOUNT
           : status == VN_UNSUPPORTED            ? VN_QUARANTINE_UNSUPPORTED
           : entry->status != VN_OK              ? VN_QUARANTINE_BROKEN
                                                 : VN_QUARANTINE_REFUSED;
}

/* Its counters count even so; what they moved stands in suspense, and is written down. */
static enum vn_status count_only(struct vn_apply *apply, struct vn_view *moved)
{
    struct vn_buf *packed = &apply->turn.post->packed;
    enum vn_status status = read_counters(apply);
    if (status == VN_OK && VN_PLANTED(QUARANTINE_FORGETS)) {
        *moved = VN_VIEW_NONE;
        return VN_OK;
    }
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        if (apply->out[i] > 0) {
            status = vn_post_suspend(&apply->turn, apply->claims[i], apply->out[i]);
        }
        if (status == VN_OK && apply->in[i] > 0) {
            status = vn_post_suspend(&apply->turn, apply->claims[i], -apply->in[i]);
        }
    }
    struct vn_moved rows = {.count = apply->entry->right_count};
    for (unsigned i = 0; i < rows.count && status == VN_OK; i++) {
        rows.rows[i].account = apply->claims[i]->row.account;
        rows.rows[i].in = apply->in[i] > 0 ? apply->in[i] : 0;
        rows.rows[i].out = apply->out[i] > 0 ? apply->out[i] : 0;
    }
    vn_buf_clear(packed);
    if (status == VN_OK) {
        status = vn_moved_write(&rows, packed);
    }
    if (status == VN_OK) {
        status = vn_post_keep(apply->turn.post, vn_buf_view(packed), moved);
    }
    return status == VN_OK ? write_counters(apply) : status;
}

static enum vn_status quarantine(struct vn_apply *apply, const struct vn_post_item *item, enum vn_status why)
{
    struct vn_post *post = apply->turn.post;
    const struct vn_prepared *entry = apply->entry;
    struct vn_view moved = VN_VIEW_NONE;
    int64_t account = 0;
    void *place = NULL;
    enum vn_status status = count_only(apply, &moved);
    if (status == VN_OK) {
        status = vn_post_list_add(&post->quarantined, sizeof(struct vn_quarantine_row), &place);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_quarantine_row *row = place;
    memset(row, 0, sizeof *row);
    row->enrolment = item->enrolment->id;
    row->seq = item->seq;
    row->class_ = vn_apply_class(entry, why, apply->stranger);
    row->stranger = apply->stranger;
    row->since_ms = item->since_ms;
    row->until_ms = item->until_ms;
    row->moves = moved;
    row->has_sale = entry->has_sale;
    row->sale = entry->sale;
    (void)snprintf(row->kind, sizeof row->kind, "%s", entry->kind_name);
    memcpy(row->reason, apply->turn.error->text, sizeof row->reason);
    if (entry->status == VN_OK && entry->points != 0 && vn_account_id(entry->account, &account)) {
        row->account = account;
        row->points = entry->points;
    }
    item->enrolment->quarantined++;
    vn_log_event(post->log, VN_LOG_WARN, "entry_quarantined", VN_S("till", item->enrolment->till),
                 VN_I("seq", item->seq), VN_S("kind", row->kind),
                 VN_S("class", vn_quarantine_class_name(row->class_)), VN_S("reason", row->reason));
    return VN_OK;
}

/* --- the slice */

/* When it happened, for accounting: the till's clock, held between its last acknowledgement and the entry's arrival. */
static int64_t clamp_ms(const struct vn_post_item *item)
{
    int64_t at_ms = item->entry->wall_ms > item->since_ms ? item->entry->wall_ms : item->since_ms;
    return at_ms > item->until_ms ? item->until_ms : at_ms;
}

/* Whether it is to be run again: what was missing is there now. It names so many rows at most, and each is missing once. A
 * collision is VN_AGAIN afterwards, too, and ends the unit. */
static bool has_more(struct vn_post *post, enum vn_status *status)
{
    if (*status != VN_OK) {
        vn_post_undo(post);
    }
    if (*status != VN_AGAIN) {
        return false;
    }
    *status = vn_post_load(post);
    return *status == VN_OK;
}

/* Runs it until all that it needs is there. */
static enum vn_status run(struct vn_post *post, const struct vn_post_item *item, struct vn_apply *apply,
                          struct vn_branch_tally *tally, struct vn_error *error)
{
    enum vn_status status = VN_OK;
    do {
        *apply = (struct vn_apply){.turn = {.post = post,
                                            .why = item->entry->kind_name,
                                            .enrolment = item->enrolment->id,
                                            .seq = item->seq,
                                            .at_ms = clamp_ms(item),
                                            .error = error,
                                            .stranger = &apply->stranger},
                                   .enrolment = item->enrolment,
                                   .entry = item->entry,
                                   .came_ms = item->until_ms,
                                   .tally = item->branch == NULL ? NULL : tally,
                                   .successor = item->branch == NULL ? 0 : item->branch->successor};
        vn_post_begin(post);
        status = vn_apply_entry(apply, NULL);
    } while (has_more(post, &status));
    return status;
}

/* What can't be granted ahead is asked for when it is needed. */
static enum vn_status grant_ahead(struct vn_post *post, const struct vn_post_item *item,
                                  struct vn_apply *apply)
{
    enum vn_status status = VN_OK;
    do {
        vn_post_begin(post);
        status = vn_post_ahead(apply, item->enrolment, item->until_ms);
    } while (has_more(post, &status));
    return vn_apply_is_to_blame(status, apply->turn.error) ? VN_OK : status;
}

static enum vn_status post_item(struct vn_post *post, const struct vn_post_item *item)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_apply apply;
    struct vn_branch_tally tally;
    enum vn_status status = run(post, item, &apply, &tally, &error);
    if (status == VN_OK && item->branch != NULL) {
        vn_branch_count(item->branch, &tally);
    }
    item->enrolment->back += status == VN_OK && apply.back ? 1 : 0;
    post->news.lent = post->news.lent || (status == VN_OK && item->entry->transfer_count > 0);
    if (status == VN_OK && item->branch == NULL && item->enrolment->ahead) {
        return grant_ahead(post, item, &apply);
    }
    if (!vn_apply_is_to_blame(status, &error)) {
        return status;
    }
    enum vn_status why = status;
    do {
        vn_post_begin(post);
        status = quarantine(&apply, item, why);
    } while (has_more(post, &status));
    return status;
}

/* Asks for what an entry names, so that a slice's rows are loaded together. */
static enum vn_status want(struct vn_post *post, const struct vn_post_item *item)
{
    const struct vn_prepared *entry = item->entry;
    struct vn_post_sale *sale = NULL;
    struct vn_post_account *account = NULL;
    struct vn_post_claim *claim = NULL;
    int64_t id = 0;
    enum vn_status status = VN_OK;
    if (entry->has_sale) {
        status = vn_post_sale(post, item->enrolment->till, &entry->sale, &sale);
    }
    if ((status == VN_OK || status == VN_AGAIN) && vn_account_id(entry->account, &id)) {
        status = vn_post_account(post, id, &account);
    }
    if ((status == VN_OK || status == VN_AGAIN) && entry->account[0] == '\0' && entry->has_card) {
        const struct vn_post_fact card = {.kind = VN_FACT_CARD,
                                          .key = vn_view_of(entry->card.bytes, VN_HASH_SIZE)};
        const struct vn_post_fact *fact = NULL;
        status = vn_post_fact(post, &card, &fact);
    }
    if ((status == VN_OK || status == VN_AGAIN) && item->enrolment->ahead && id != 0) {
        status = vn_post_claim(post, item->enrolment->id, id, &claim);
    }
    for (unsigned i = 0; i < entry->right_count && (status == VN_OK || status == VN_AGAIN); i++) {
        status = vn_post_account_id(post, entry->rights[i].account, &id);
        if (status == VN_OK) {
            status = vn_post_account(post, id, &account);
        }
        if (status == VN_OK || status == VN_AGAIN) {
            status = id == 0 ? status : vn_post_claim(post, item->enrolment->id, id, &claim);
        }
        status = status == VN_ABSENT ? VN_OK : status;
    }
    return status == VN_AGAIN ? VN_OK : status;
}

enum vn_status vn_post_slice(struct vn_post *post, const struct vn_post_item *items, size_t count,
                             size_t *done, bool *others)
{
    enum vn_status status = VN_OK;
    *done = 0;
    *others = false;
    post->body_bytes = 0;
    vn_post_clear(post);
    post->items = items;
    post->item_count = count;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        status = want(post, &items[i]);
    }
    if (status == VN_OK) {
        status = vn_post_load(post);
    }
    while (*done < count && post->body_bytes < VN_POSTING_BYTES_MAX && status == VN_OK) {
        status = post_item(post, &items[*done]);
        *done += status == VN_OK ? 1 : 0;
    }
    if (status == VN_OK) {
        status = vn_post_store(post);
    }
    return status == VN_OK ? vn_post_release_waiting(post, items, *done, others) : status;
}
