#include "sync/hub/ledger/ledger.h"

#include <stdlib.h>

#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/tiers.h"
#include "sync/hub/ledger/post_work.h"

#define FACTS_MAX 65536
#define DAY_MS    INT64_C(86400000)

static enum vn_status tier_rules(struct vn_post *post, int64_t *out)
{
    const struct vn_ruleset *header = NULL;
    enum vn_status status = vn_terms_header(post->terms, post->storage, &header);
    *out = status == VN_OK && header != NULL ? vn_tier_rules(header) : 0;
    return status;
}

/* --- what the hub moves by itself */

struct opening {
    struct vn_turn turn;
    int64_t account;
    struct vn_book_lot lot; /* amount 0: none; of a member: expires as points of his wallet do */
};

/* A job adopts the tier that was imported. */
static enum vn_status open_member(struct vn_post *post, struct opening *self, struct vn_account_row *row)
{
    const struct vn_term_set *terms = NULL;
    int64_t rules = 0;
    enum vn_status status = vn_terms_of(post->terms, post->storage, 0, true, &terms);
    if (status == VN_OK) {
        int64_t days = terms->wallets[0].expires_days;
        self->lot.expires_ms = days == 0 ? 0 : self->lot.earned_ms + days * DAY_MS;
        status = row->due_ms == 0 ? tier_rules(post, &rules) : VN_OK;
    }
    row->due_ms = rules != 0 ? 1 : row->due_ms;
    return status;
}

static enum vn_status run_opening(struct vn_post *post, void *ctx)
{
    struct opening *self = ctx;
    struct vn_post_account *account = NULL;
    struct vn_error error;
    self->turn.post = post;
    self->turn.error = &error;
    enum vn_status status = vn_post_account(post, self->account, &account);
    if (status == VN_OK) {
        status = vn_post_touch_account(post, account);
    }
    if (status == VN_OK && vn_account_kind(self->account) == VN_ACCOUNT_MEMBER) {
        status = open_member(post, self, &account->row);
    }
    if (status != VN_OK) {
        return status;
    }
    bool had = account->there && account->row.places[VN_PLACE_ISSUED] != 0;
    account->there = true;
    account->row.closed = false;
    return had || self->lot.amount == 0 ? VN_OK : vn_post_issue(&self->turn, self->account, &self->lot);
}

enum vn_status vn_ledger_open_member(struct vn_post *post, int64_t member, int64_t points, int64_t at_ms)
{
    struct opening opening = {.turn = {.why = "opening", .at_ms = at_ms},
                              .account = vn_account_of_member(member, 0),
                              .lot = {.amount = points, .earned_ms = at_ms, .matures_ms = at_ms}};
    return vn_post_once(post, run_opening, &opening);
}

enum vn_status vn_ledger_open_coupon(struct vn_post *post, int64_t coupon, int64_t from_ms, int64_t until_ms,
                                     int64_t at_ms)
{
    struct opening opening = {
        .turn = {.why = "coupon", .at_ms = at_ms},
        .account = vn_account_of_coupon(coupon),
        .lot = {.amount = 1, .earned_ms = at_ms, .matures_ms = from_ms, .expires_ms = until_ms}};
    return vn_post_once(post, run_opening, &opening);
}

static enum vn_status run_close(struct vn_post *post, void *ctx)
{
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(post, *(const int64_t *)ctx, &account);
    if (status == VN_OK && account->there) {
        status = vn_post_touch_account(post, account);
        account->row.closed = true;
    }
    return status;
}

enum vn_status vn_ledger_close(struct vn_post *post, int64_t account)
{
    return vn_post_once(post, run_close, &account);
}

struct past {
    struct vn_turn turn;
    int64_t account, points;
};

static enum vn_status run_past(struct vn_post *post, void *ctx)
{
    static const struct vn_post_step step = {.from = VN_PLACE_ISSUED, .to = VN_PLACE_PAST};
    struct past *self = ctx;
    struct vn_post_account *account = NULL;
    self->turn.post = post;
    enum vn_status status = vn_post_account(post, self->account, &account);
    return status == VN_OK ? vn_post_move(&self->turn, account, &step, self->points, 0) : status;
}

enum vn_status vn_ledger_past(struct vn_post *post, int64_t member, int64_t points, int64_t at_ms)
{
    struct past past = {.turn = {.why = "history", .at_ms = at_ms},
                        .account = vn_account_of_member(member, 0),
                        .points = points};
    return vn_post_once(post, run_past, &past);
}

/* --- time */

struct ageing {
    struct vn_turn turn;
    int64_t account;
    const struct vn_member *facts; /* NULL: it is no member's */
};

static enum vn_status run_ageing(struct vn_post *post, void *ctx)
{
    struct ageing *self = ctx;
    struct vn_post_books books = {.count = 0};
    struct vn_post_account *account = NULL;
    struct vn_error error;
    self->turn.post = post;
    self->turn.error = &error;
    enum vn_status status = vn_post_account(post, self->account, &account);
    if (status == VN_OK) {
        status = vn_post_book_open(&self->turn, account, NULL, &books);
    }
    if (status == VN_OK && self->facts != NULL) {
        status = vn_post_tier_adopt(&self->turn, &books, self->facts->tier, self->facts->qualifying);
    }
    if (status == VN_OK) {
        vn_book_expire(&post->book, self->turn.at_ms, &post->moves);
        status = vn_post_book_moved(&self->turn, &books, NULL);
    }
    if (status == VN_OK) {
        vn_post_ask_idle(&self->turn, &books);
        status = vn_post_book_close(&self->turn, &books);
    }
    return status;
}

enum vn_status vn_ledger_age(struct vn_post *post, int64_t account, int64_t at_ms)
{
    struct ageing ageing = {.turn = {.why = "expire", .at_ms = at_ms}, .account = account};
    struct vn_member *facts = NULL;
    enum vn_status status = VN_OK;
    if (vn_account_kind(account) == VN_ACCOUNT_MEMBER) {
        facts = calloc(1, sizeof *facts);
        status = facts == NULL ? VN_NOMEM : vn_ledger_facts(post->storage, vn_account_owner(account), facts);
        ageing.facts = status == VN_OK ? facts : NULL;
        status = status == VN_ABSENT ? VN_OK : status; /* he was taken out */
    }
    if (status == VN_OK) {
        status = vn_post_once(post, run_ageing, &ageing);
    }
    free(facts);
    return status;
}

static enum vn_status run_tier_rules(struct vn_post *post, void *ctx)
{
    return tier_rules(post, ctx);
}

enum vn_status vn_ledger_tier_rules(struct vn_post *post, int64_t *out)
{
    return vn_post_once(post, run_tier_rules, out);
}

enum vn_status vn_ledger_facts(struct vn_storage *storage, int64_t member, struct vn_member *out)
{
    struct vn_buf facts;
    json_t *root = NULL;
    struct vn_error error;
    vn_buf_init(&facts, FACTS_MAX);
    enum vn_status status = vn_storage_member_get(storage, member, &facts);
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&facts), &root, &error);
    }
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_member_read(&in, out);
        status = vn_json_failed(&in) ? VN_CORRUPT : VN_OK;
    }
    json_decref(root);
    vn_buf_deinit(&facts);
    return status;
}
