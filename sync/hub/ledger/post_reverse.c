/* Void and return: the opposite of what a sale did, from what was stored of it. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "sync/hub/ledger/post_work.h"
#include "sync/wire/entry_sale.h"

/* Paper of a return: what came back is reckoned from basket and outcome as they stand in the journal. */
struct vn_post_returns {
    struct vn_entry entry;
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_return_item now[VN_LINES_MAX];
    struct vn_return_work work;
    struct vn_return plan, taken;
};

void vn_post_returns_destroy(struct vn_post_returns *returns)
{
    free(returns);
}

/* The entry that committed the sale: it was applied, so it is there. */
static enum vn_status commit_body(struct vn_apply *apply, struct vn_view *out)
{
    const struct vn_sale_row *sale = &apply->sale->row;
    const struct vn_post_fact *body = NULL;
    enum vn_status status = vn_post_body(apply->turn.post, sale->enrolment, sale->commit_seq, &body);
    if (status == VN_OK && !body->known) {
        return VN_CORRUPT;
    }
    *out = status == VN_OK ? body->bytes : VN_VIEW_NONE;
    return status;
}

/* Takes back what the sale earned and gave, gives back all that it still uses. */
static enum vn_status reverse(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    struct vn_sale_row *sale = &apply->sale->row;
    struct vn_view body = VN_VIEW_NONE;
    enum vn_status status = VN_OK;
    if (sale->state == VN_SALE_COMMITTED && sale->account != 0) {
        struct vn_prepared *commit = NULL;
        const struct vn_prepared *outcome = NULL;
        status = commit_body(apply, &body);
        if (status == VN_OK) {
            status = vn_prepare(post->preparer, body, &commit);
        }
        if (status == VN_OK) {
            status = vn_apply_outcome(apply, sale->enrolment, commit, &outcome);
        }
        if (status == VN_OK) {
            status = vn_apply_unearn(apply, outcome);
        }
        if (status == VN_OK && VN_PLANTED(VOID_COUNTED_TWICE)) {
            status = vn_apply_unearn(apply, outcome);
        }
        vn_prepared_destroy(commit);
    }
    while (post->rest.use_count > 0 && status == VN_OK) {
        status =
            vn_post_use_back(&apply->turn, post->rest.uses[0].account, VN_AMOUNT_MAX * 1000, &post->rest);
    }
    return status;
}

/* A till voids what it has a receipt of: of a sale that is held, the commit is still to come out of quarantine. */
static enum vn_status may_go_back(struct vn_apply *apply)
{
    const struct vn_sale_row *sale = &apply->sale->row;
    if (sale->state == VN_SALE_HELD) {
        return vn_fail(apply->turn.error, VN_ABSENT, "a %s of a sale that is not committed yet",
                       apply->entry->kind_name);
    }
    return sale->state == VN_SALE_COMMITTED || sale->state == VN_SALE_USED
               ? VN_OK
               : vn_fail(apply->turn.error, VN_CONFLICT, "the sale is %s", vn_sale_state_name(sale->state));
}

/* A sale that was heard of in this slice is not in the store yet. */
static const struct vn_post_sale *find_here(const struct vn_post *post, const struct vn_sale_key *key,
                                            unsigned *count)
{
    const struct vn_post_map *sales = &post->maps[VN_POST_SALES];
    const struct vn_post_sale *found = NULL;
    *count = 0;
    for (size_t i = 0; i < sales->cap; i++) {
        const struct vn_post_sale *sale = sales->slots[i].item;
        if (sale != NULL && sale->fresh && sale->row.commit_seq != 0 &&
            vn_sale_key_equal(&sale->row.key, key)) {
            found = sale;
            ++*count;
        }
    }
    return found;
}

static enum vn_status find_anywhere(struct vn_apply *apply, struct vn_post_sale **out)
{
    struct vn_post *post = apply->turn.post;
    const struct vn_sale_key *key = &apply->entry->sale;
    const struct vn_post_fact want = {.kind = VN_FACT_ANYWHERE, .key = vn_view_of(key, sizeof *key)};
    const struct vn_post_fact *fact = NULL;
    char till[VN_ID_MAX] = "";
    unsigned here = 0;
    enum vn_status status = vn_post_fact(post, &want, &fact);
    if (status != VN_OK) {
        return status;
    }
    const struct vn_post_sale *fresh = find_here(post, key, &here);
    int64_t count = here + fact->value;
    if (count > 1) {
        return vn_fail(apply->turn.error, VN_CONFLICT, "several tills have the sale of this %s",
                       apply->entry->kind_name);
    }
    if (count == 0) {
        return vn_fail(apply->turn.error, VN_ABSENT, "a %s of a sale that is not known, or not committed yet",
                       apply->entry->kind_name);
    }
    if (fresh != NULL) {
        memcpy(till, fresh->row.till, sizeof till);
    } else {
        status = vn_view_copy_str(fact->bytes, till, sizeof till);
    }
    return status == VN_OK ? vn_post_sale(post, till, key, out) : status;
}

/* A till that has forgotten a receipt of its own asks as others do, but can't raise its rights by it then: the journal is what
 * tells. */
static void note_elsewhere(struct vn_apply *apply)
{
    struct vn_sale_row *sale = &apply->sale->row;
    apply->turn.elsewhere = apply->enrolment->id != sale->enrolment;
    if (apply->turn.elsewhere) {
        apply->turn.post->rest.elsewhere = true;
    }
    if (strcmp(apply->enrolment->till, sale->till) != 0) {
        vn_apply_flag(sale, "back-elsewhere");
        apply->back = true;
    }
}

/* The entry's sale key is the receipt that comes back (sync/wire/entry.h); the return's own receipt stays in the entry. Who asks
 * has seen a receipt, so a sale that has none yet is waited for. */
static enum vn_status find_original(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    if (!apply->entry->has_sale) {
        return vn_fail(apply->turn.error, VN_INPUT, "'%s' without a sale key", apply->entry->kind_name);
    }
    enum vn_status status = vn_post_sale(post, apply->enrolment->till, &apply->entry->sale, &apply->sale);
    if (status == VN_OK && apply->sale->row.commit_seq == 0) {
        status = find_anywhere(apply, &apply->sale);
    }
    if (status == VN_OK) {
        status = vn_post_touch_sale(post, apply->sale);
    }
    if (status == VN_OK) {
        apply->turn.sale = apply->sale->row.id;
        status = vn_sale_rest_read(apply->sale->row.rest, &post->rest);
    }
    if (status == VN_OK) {
        note_elsewhere(apply);
    }
    return status == VN_OK ? may_go_back(apply) : status;
}

/* --- returns */

static enum vn_status read_entry(struct vn_apply *apply, struct vn_view body, struct vn_entry_sale *said)
{
    struct vn_post_returns *returns = apply->turn.post->returns;
    const struct vn_post_fact *hold = NULL;
    enum vn_status status = vn_entry_decode(body, &returns->entry, apply->turn.error);
    if (status == VN_OK) {
        status =
            vn_entry_sale_read(&returns->entry, &returns->basket, &returns->outcome, said, apply->turn.error);
    }
    if (status == VN_OK && said->held > 0) {
        status = vn_post_body(apply->turn.post, apply->sale->row.enrolment, said->held, &hold);
        if (status == VN_OK) {
            status = vn_entry_hold_read(&returns->entry, hold->bytes, &returns->basket, &returns->outcome,
                                        said, apply->turn.error);
        }
    }
    vn_entry_deinit(&returns->entry);
    return status;
}

/* Basket and outcome of the sale, as its till committed them. *has_lines: they say what each line earned. */
static enum vn_status read_sale(struct vn_apply *apply, bool *has_lines)
{
    struct vn_post *post = apply->turn.post;
    struct vn_view body = VN_VIEW_NONE;
    struct vn_entry_sale said = {0};
    *has_lines = false;
    enum vn_status status = commit_body(apply, &body);
    if (status == VN_OK && post->returns == NULL &&
        (post->returns = calloc(1, sizeof *post->returns)) == NULL) {
        status = VN_NOMEM;
    }
    if (status == VN_OK) {
        status = read_entry(apply, body, &said);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_outcome *outcome = &post->returns->outcome;
    *has_lines = said.has_basket && said.has_outcome && outcome->engine > 0;
    outcome->points_earned = 0;
    outcome->lot_use_count = 0; /* what the sale took is noted with it */
    if (post->rest.cut) {
        (void)vn_post_cut_stamps(outcome, post->rest.stamps);
    }
    for (unsigned i = 0; *has_lines && i < outcome->wallet_count; i++) {
        outcome->wallets[i].earned = 0;
    }
    return VN_OK;
}

/* What was posted as earned, in the place of what the outcome said. */
static void put_earned(struct vn_post *post, const struct vn_post_books *books)
{
    struct vn_outcome *outcome = &post->returns->outcome;
    for (unsigned i = 0; i < post->rest.earned_count; i++) {
        const struct vn_sale_earned *earned = &post->rest.earned[i];
        for (unsigned at = 0; at < books->count; at++) {
            if (books->accounts[at]->row.id != earned->account) {
                continue;
            }
            for (unsigned w = 0; at > 0 && w < outcome->wallet_count; w++) {
                if (strcmp(outcome->wallets[w].wallet, post->book.wallets[at].wallet) == 0) {
                    outcome->wallets[w].earned = earned->amount;
                }
            }
            outcome->points_earned = at == 0 ? earned->amount : outcome->points_earned;
        }
    }
}

/* All that is left with the customer. */
static enum vn_status all_lines(struct vn_post *post, size_t *count, struct vn_error *error)
{
    struct vn_post_returns *returns = post->returns;
    struct vn_sold *sold = &returns->work.sold;
    *count = 0;
    enum vn_status status = vn_sold_read(&returns->basket, &returns->outcome, sold, error);
    for (unsigned i = 0; status == VN_OK && i < sold->count; i++) {
        int64_t left = sold->lines[i].qty_milli;
        for (unsigned j = 0; j < post->rest.back_count; j++) {
            left -= post->rest.back[j].line_id == sold->lines[i].line_id ? post->rest.back[j].qty_milli : 0;
        }
        if (left > 0 && !sold->lines[i].follows) {
            returns->now[(*count)++] = (struct vn_return_item){sold->lines[i].line_id, left};
        }
    }
    return status;
}

static enum vn_status make_plan(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    struct vn_post_returns *returns = post->returns;
    size_t count = apply->entry->line_count;
    enum vn_status status = VN_OK;
    if (apply->entry->whole) {
        status = all_lines(post, &count, apply->turn.error);
    } else if (count > 0) {
        memcpy(returns->now, apply->entry->lines, count * sizeof returns->now[0]);
    }
    const struct vn_return_input input = {.basket = &returns->basket,
                                          .outcome = &returns->outcome,
                                          .before = post->rest.back,
                                          .before_count = post->rest.back_count,
                                          .charged_minor = post->rest.charged_minor,
                                          .now = returns->now,
                                          .now_count = count};
    return status == VN_OK ? vn_return_plan(&input, &returns->work, &returns->plan, apply->turn.error)
                           : status;
}

static enum vn_status note_lines(struct vn_apply *apply)
{
    struct vn_sale_rest *rest = &apply->turn.post->rest;
    const struct vn_return *plan = &apply->turn.post->returns->plan;
    const struct vn_sold *sold = &apply->turn.post->returns->work.sold;
    for (unsigned i = 0; i < plan->line_count; i++) {
        unsigned at = 0;
        unsigned of = vn_sold_find(sold, plan->lines[i].line_id);
        if (of < sold->count && sold->lines[of].follows) {
            continue; /* it goes with its goods, and is never named */
        }
        while (at < rest->back_count && rest->back[at].line_id != plan->lines[i].line_id) {
            at++;
        }
        if (at == VN_LINES_MAX) {
            return vn_fail(apply->turn.error, VN_INPUT, "more than %d lines came back", VN_LINES_MAX);
        }
        if (at == rest->back_count) {
            rest->back[rest->back_count++] = (struct vn_return_item){plan->lines[i].line_id, 0};
        }
        rest->back[at].qty_milli += plan->lines[i].qty_milli;
    }
    rest->charged_minor += plan->charge_minor;
    return VN_OK;
}

/* An account that nobody took from has nothing to get back. */
static enum vn_status use_back(struct vn_apply *apply, const char *text, int64_t amount)
{
    struct vn_post *post = apply->turn.post;
    int64_t account = 0;
    enum vn_status status = vn_post_account_id(post, text, &account);
    return status == VN_OK       ? vn_post_use_back(&apply->turn, account, amount, &post->rest)
           : status == VN_ABSENT ? VN_OK
                                 : status;
}

static enum vn_status give_by_plan(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    const struct vn_return *plan = &post->returns->plan;
    const struct vn_sale_row *sale = &apply->sale->row;
    enum vn_status status =
        vn_post_use_back(&apply->turn, sale->account, plan->points_given_back, &post->rest);
    for (unsigned i = 0; i < plan->wallet_count && status == VN_OK; i++) {
        status = use_back(apply, plan->wallets[i].account, plan->wallets[i].given_back);
    }
    for (unsigned i = 0; i < plan->consumption_count && status == VN_OK; i++) {
        status = use_back(apply, plan->consumptions[i].account, plan->consumptions[i].amount);
    }
    while (plan->all && post->rest.use_count > 0 && status == VN_OK) {
        status =
            vn_post_use_back(&apply->turn, post->rest.uses[0].account, VN_AMOUNT_MAX * 1000, &post->rest);
    }
    return status;
}

/* What was earned and given is taken back of the book; points that were spent go back apart. */
static enum vn_status take_by_plan(struct vn_apply *apply, struct vn_post_books *books)
{
    struct vn_post *post = apply->turn.post;
    struct vn_return *taken = &post->returns->taken;
    unsigned kept = 0;
    *taken = post->returns->plan;
    taken->points_given_back = 0;
    for (unsigned i = 0; i < taken->wallet_count; i++) {
        taken->wallets[i].given_back = 0;
        if (taken->wallets[i].taken_back > 0) {
            taken->wallets[kept++] = taken->wallets[i];
        }
    }
    taken->wallet_count = kept;
    enum vn_status status = vn_book_return(&post->book, apply->turn.sale, apply->turn.at_ms, taken,
                                           &post->moves, apply->turn.error);
    if (status == VN_OK) {
        status = vn_post_book_moved(&apply->turn, books, NULL);
    }
    return status == VN_OK ? vn_post_book_close(&apply->turn, books) : status == VN_FULL ? VN_INPUT : status;
}

static enum vn_status return_lines(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    struct vn_post_books books = {.count = 0};
    enum vn_status status = apply->sale->row.account != 0 ? vn_apply_open_earned(apply, &books) : VN_OK;
    if (status == VN_OK) {
        put_earned(post, &books);
        status = make_plan(apply);
    }
    if (status == VN_OK && books.count > 0) {
        status = take_by_plan(apply, &books);
    }
    if (status == VN_OK) {
        status = give_by_plan(apply);
    }
    if (status == VN_OK) {
        status = note_lines(apply);
    }
    if (post->returns->plan.all) {
        apply->sale->row.state = VN_SALE_RETURNED;
    }
    return status;
}

enum vn_status vn_apply_return(struct vn_apply *apply)
{
    bool has_lines = false;
    enum vn_status status = find_original(apply);
    if (status == VN_OK && apply->sale->row.state == VN_SALE_COMMITTED) {
        status = read_sale(apply, &has_lines);
    }
    if (status != VN_OK) {
        return status;
    }
    if (!has_lines && !apply->entry->whole) {
        return vn_fail(apply->turn.error, VN_INPUT, "lines of a receipt that came without them");
    }
    if (has_lines) {
        status = return_lines(apply);
    } else {
        status = reverse(apply);
        apply->sale->row.state = VN_SALE_RETURNED;
    }
    return status == VN_OK ? vn_apply_close(apply) : status;
}

/* --- voids */

/* This till held the sale when it was enrolled before, and all of that journal is posted: no receipt is to come of it, so the POS
 * ends the hold here. A journal that branched off has no rights, and a receipt that it has behind the void is one that came
 * back. */
static enum vn_status find_left(struct vn_apply *apply, bool *left)
{
    struct vn_post *post = apply->turn.post;
    struct vn_post_sale *sale = NULL;
    const struct vn_post_fact *journal = NULL;
    int64_t own = apply->enrolment->id;
    *left = false;
    enum vn_status status = vn_post_sale(post, apply->enrolment->till, &apply->entry->sale, &sale);
    if (status != VN_OK || sale->row.id == 0 || sale->row.commit_seq != 0 || sale->row.state > VN_SALE_USED ||
        sale->row.enrolment == own) {
        return status;
    }
    const struct vn_post_fact want = {.kind = VN_FACT_JOURNAL, .a = sale->row.enrolment};
    status = vn_post_fact(post, &want, &journal);
    if (status == VN_OK) {
        int64_t newest = apply->successor != 0 ? apply->successor : own;
        *left = journal->known && (journal->over || sale->row.enrolment < newest);
        apply->sale = sale;
    }
    return status;
}

/* What it held is that journal's right again, and what it used since it was found open goes back; it never gave anything. */
static enum vn_status void_left(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    struct vn_sale_row *sale = &apply->sale->row;
    apply->turn.sale = sale->id;
    enum vn_status status = vn_post_touch_sale(post, apply->sale);
    if (status == VN_OK) {
        status = vn_sale_rest_read(sale->rest, &post->rest);
    }
    if (status == VN_OK) {
        status = vn_apply_uncount_hold(apply, sale->enrolment);
    }
    if (status == VN_OK) {
        status = reverse(apply);
    }
    if (status == VN_OK) {
        status = vn_apply_free_elsewhere(apply);
    }
    sale->state = VN_SALE_VOIDED;
    return status == VN_OK ? vn_apply_close(apply) : status;
}

/* A till that lacks the sale has no rights of it: all that the sale used becomes free. */
static enum vn_status void_elsewhere(struct vn_apply *apply)
{
    bool left = false;
    if (apply->entry->right_count > 0) {
        return vn_fail(apply->turn.error, VN_INPUT, "a void elsewhere moves no rights");
    }
    enum vn_status status = apply->entry->has_sale ? find_left(apply, &left) : VN_OK;
    if (status == VN_OK && left) {
        return void_left(apply);
    }
    if (status == VN_OK) {
        status = find_original(apply);
    }
    if (status == VN_OK && apply->turn.post->rest.back_count > 0) {
        return vn_fail(apply->turn.error, VN_CONFLICT, "a part of the sale has come back already");
    }
    if (status == VN_OK) {
        status = reverse(apply);
    }
    if (status != VN_OK) {
        return status;
    }
    apply->sale->row.state = VN_SALE_VOIDED;
    return vn_apply_close(apply);
}

/* What the till gave itself again of an account that the sale took by right: what went back to the member meanwhile is granted,
 * or owed. More than it took is nobody's. */
static enum vn_status right_again(struct vn_apply *apply, unsigned i)
{
    struct vn_sale_rest *rest = &apply->turn.post->rest;
    struct vn_post_claim *claim = apply->claims[i];
    const int64_t *gone = vn_post_gone(rest, claim->row.account);
    int64_t left = gone != NULL ? *gone : 0;
    int64_t used = 0;
    for (unsigned j = 0; j < rest->use_count; j++) {
        bool fits = rest->uses[j].by_right && rest->uses[j].account == claim->row.account;
        used += fits ? rest->uses[j].amount : 0;
    }
    used = vn_least(used, apply->in[i]);
    int64_t more = apply->in[i] - used;
    if (more > left) {
        return vn_fail(apply->turn.error, VN_INPUT, "gives back %lld of %s more than the sale took by right",
                       (long long)(more - left), apply->entry->rights[i].account);
    }
    enum vn_status status = vn_post_use_to_right(&apply->turn, claim, used, rest);
    if (status == VN_OK && more > 0) {
        status = vn_apply_grant_more(apply, claim, more);
    }
    return status;
}

/* The till of the sale voids it and does not know that it came back elsewhere before. What it has raised can't be refused any
 * more, and what is left of the sale comes back: once. With neither there is nothing to void. */
static bool came_back_elsewhere(const struct vn_apply *apply)
{
    const struct vn_sale_rest *rest = &apply->turn.post->rest;
    const struct vn_sale_row *sale = &apply->sale->row;
    bool raised = false;
    for (unsigned i = 0; i < apply->entry->right_count; i++) {
        raised = raised || apply->in[i] > 0;
    }
    return rest->elsewhere && !rest->again && sale->enrolment == apply->enrolment->id &&
           (raised || sale->state == VN_SALE_COMMITTED);
}

/* Its rights are made good, and what is left of the sale comes back. */
static enum vn_status void_again(struct vn_apply *apply)
{
    struct vn_sale_row *sale = &apply->sale->row;
    bool has_lines = false;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = right_again(apply, i);
    }
    if (status == VN_OK && sale->state == VN_SALE_COMMITTED) {
        status = read_sale(apply, &has_lines);
        if (status == VN_OK && has_lines) {
            status = return_lines(apply);
        }
    }
    if (status != VN_OK) {
        return status;
    }
    apply->turn.post->rest.again = true;
    apply->turn.post->rest.gone_count = 0;
    vn_apply_flag(sale, "void-after-return");
    vn_log_event(apply->turn.post->log, VN_LOG_WARN, "void_after_return", VN_S("till", sale->till),
                 VN_S("receipt", sale->key.receipt));
    return vn_apply_close(apply);
}

enum vn_status vn_apply_void(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    if (apply->entry->elsewhere) {
        return void_elsewhere(apply);
    }
    int64_t holder = 0;
    enum vn_status status = vn_apply_holder(apply, &holder);
    if (status == VN_OK) {
        status = vn_apply_open(apply);
    }
    if (status == VN_OK && apply->sale->row.id == 0) {
        return vn_fail(apply->turn.error, VN_ABSENT, "a void of a sale that is not known");
    }
    if (status == VN_OK && came_back_elsewhere(apply)) {
        return void_again(apply);
    }
    if (status == VN_OK) {
        status = may_go_back(apply);
    }
    if (status == VN_OK && post->rest.back_count > 0) {
        return vn_fail(apply->turn.error, VN_CONFLICT, "a part of the sale has come back already");
    }
    if (status == VN_OK) {
        status = vn_apply_uncount_hold(apply, holder);
    }
    for (unsigned i = 0; i < apply->entry->right_count && status == VN_OK; i++) {
        status = vn_post_use_to_right(&apply->turn, apply->claims[i], apply->in[i], &post->rest);
    }
    if (status == VN_OK) {
        status = reverse(apply);
    }
    if (status != VN_OK) {
        return status;
    }
    apply->sale->row.state = VN_SALE_VOIDED;
    return vn_apply_close(apply);
}
