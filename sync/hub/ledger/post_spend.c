/* Points between the hub, tills and sales: grants, what is spent by right and without, and what goes back. */
#include <stdio.h>
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "sync/hub/ledger/post_work.h"

/* Takes `amount` off a use; a use of nothing is forgotten. */
static void use_less(struct vn_sale_rest *rest, unsigned at, int64_t amount)
{
    rest->uses[at].amount -= amount;
    if (rest->uses[at].amount == 0) {
        rest->use_count--;
        memmove(&rest->uses[at], &rest->uses[at + 1], (rest->use_count - at) * sizeof rest->uses[0]);
    }
}

enum vn_status vn_post_known(const struct vn_turn *turn, const char *text, int64_t *id)
{
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account_id(turn->post, text, id);
    if (status == VN_OK) {
        status = vn_post_account(turn->post, *id, &account);
    }
    if (status == VN_OK && account->row.heir != 0) {
        *id = account->row.heir;
        status = vn_post_account(turn->post, *id, &account);
    }
    bool named = status == VN_OK && vn_account_kind(*id) == VN_ACCOUNT_NAMED;
    bool closed = status == VN_OK && !named && (!account->there || account->row.closed);
    bool opened = closed && account->there && account->row.places[VN_PLACE_ISSUED] != 0;
    if (closed && !opened && turn->stranger != NULL) {
        *turn->stranger = *id;
    }
    if (status == VN_ABSENT || closed) {
        return vn_fail(turn->error, VN_INPUT, "account '%s' is not known", text);
    }
    return status;
}

/* --- with their books open */

struct open_claim {
    struct vn_post_account *account;
    struct vn_post_books books;
};

/* The claim is touched first: whoever gives up later has it put back. */
static enum vn_status open_claim(const struct vn_turn *turn, struct vn_post_claim *claim,
                                 struct open_claim *out)
{
    out->books.count = 0;
    enum vn_status status = vn_post_touch_claim(turn->post, claim);
    if (status == VN_OK) {
        status = vn_post_account(turn->post, claim->row.account, &out->account);
    }
    if (status == VN_OK) {
        status = vn_slices_read(claim->row.slices, &turn->post->slices);
    }
    return status == VN_OK ? vn_post_book_open(turn, out->account, NULL, &out->books) : status;
}

static enum vn_status keep_slices(const struct vn_turn *turn, struct vn_post_claim *claim)
{
    struct vn_post *post = turn->post;
    vn_buf_clear(&post->packed);
    enum vn_status status = vn_slices_write(&post->slices, &post->packed);
    return status == VN_OK ? vn_post_keep(post, vn_buf_view(&post->packed), &claim->row.slices) : status;
}

static enum vn_status close_claim(const struct vn_turn *turn, struct vn_post_claim *claim,
                                  struct open_claim *open, enum vn_status status)
{
    if (status == VN_OK) {
        status = keep_slices(turn, claim);
    }
    return status == VN_OK ? vn_post_book_close(turn, &open->books) : status;
}

/* The next slice, soonest to expire first; what hangs on no lot comes last. */
static bool next_slice(struct vn_post *post, struct vn_book_lot **lot, int64_t *id, int64_t *amount)
{
    const struct vn_book_wallet *wallet = &post->book.wallets[0];
    unsigned best = wallet->lot_count + 1;
    *lot = NULL;
    for (unsigned i = 0; i < post->slices.count; i++) {
        unsigned at = 0;
        while (at < wallet->lot_count && wallet->lots[at].id != post->slices.rows[i].lot) {
            at++;
        }
        if (post->slices.rows[i].amount > 0 && at < best) {
            best = at;
            *id = post->slices.rows[i].lot;
            *amount = post->slices.rows[i].amount;
        }
    }
    if (best < wallet->lot_count) {
        *lot = &post->book.wallets[0].lots[best];
    }
    return best <= wallet->lot_count;
}

static int64_t *claim_place(struct vn_post_claim *claim, enum vn_ledger_place place)
{
    return place == VN_PLACE_RIGHT  ? &claim->row.right
           : place == VN_PLACE_HELD ? &claim->row.held
                                    : &claim->row.suspense;
}

/* Parts of slices on their way out of a claim. */
struct leaving {
    struct open_claim open;
    struct vn_post_step step;
    int64_t left;              /* to be taken */
    int64_t ahead;             /* of lots that are still to come: a neighbour's take was posted first */
    struct vn_sale_rest *rest; /* where what is spent is noted */
    bool moved;                /* by who was told of the part (part_becomes) */
};

/* What neighbours took of it before the give was posted, and maybe before what was borrowed for them. */
static int64_t taken_ahead(const struct vn_post_claim *claim)
{
    return claim->row.lent < 0 ? -claim->row.lent : 0;
}

/* What becomes of a part of a lot; `lot` NULL: of points that hang on none. */
typedef enum vn_status (*part_becomes)(const struct vn_turn *turn, struct leaving *leaving,
                                       struct vn_book_lot *lot, int64_t id, int64_t part);

/* Slice by slice, until nothing is left to be taken, or none is out any more. */
static enum vn_status take_slices(const struct vn_turn *turn, struct leaving *leaving, part_becomes become)
{
    struct vn_post *post = turn->post;
    struct vn_book_lot *lot = NULL;
    int64_t id = 0;
    int64_t part = 0;
    enum vn_status status = VN_OK;
    while (status == VN_OK && leaving->left > 0 && next_slice(post, &lot, &id, &part)) {
        part = vn_least(part, leaving->left);
        leaving->left -= part;
        if (lot != NULL) {
            lot->granted -= part;
        }
        status = vn_slices_add(&post->slices, id, -part);
        if (status == VN_OK && become != NULL) {
            status = become(turn, leaving, lot, id, part);
        }
        if (status == VN_OK && !leaving->moved) {
            status = vn_post_move(turn, leaving->open.account, &leaving->step, part, id);
        }
        leaving->moved = false;
    }
    return status;
}

/* As take_slices, all of it: what is ahead as a slice of no lot, below 0, until something comes. */
static enum vn_status take_all(const struct vn_turn *turn, struct leaving *leaving, part_becomes become)
{
    enum vn_status status = take_slices(turn, leaving, become);
    if (status == VN_OK && leaving->left > 0 && leaving->left <= leaving->ahead) {
        int64_t part = leaving->left;
        leaving->left = 0;
        status = vn_slices_add(&turn->post->slices, 0, -part);
        if (status == VN_OK) {
            status = become(turn, leaving, NULL, 0, part);
        }
        return status == VN_OK && !leaving->moved
                   ? vn_post_move(turn, leaving->open.account, &leaving->step, part, 0)
                   : status;
    }
    return status == VN_OK && leaving->left > 0
               ? vn_fail(turn->error, VN_INPUT, "no lot is out for %lld of %s", (long long)leaving->left,
                         vn_post_called(turn->post, leaving->open.account))
               : status;
}

static enum vn_status is_spent(const struct vn_turn *turn, struct leaving *leaving, struct vn_book_lot *lot,
                               int64_t id, int64_t part)
{
    const struct vn_sale_use use = {leaving->open.account->row.id, id, part, true};
    if (lot != NULL) {
        lot->spent += part;
    }
    return vn_post_use_add(turn, leaving->rest, &use);
}

enum vn_status vn_post_spend_claim(const struct vn_turn *turn, struct vn_post_claim *claim,
                                   enum vn_ledger_place from, int64_t amount, struct vn_sale_rest *rest)
{
    struct leaving leaving = {.step = {from, VN_PLACE_REDEEMED, claim->row.enrolment, 0},
                              .left = amount,
                              .ahead = turn->decided ? amount : taken_ahead(claim),
                              .rest = rest};
    enum vn_status status = vn_post_enough_to_spend(turn, claim, from, amount);
    if (status != VN_OK || amount == 0) {
        return status;
    }
    status = open_claim(turn, claim, &leaving.open);
    if (status == VN_OK) {
        status = take_all(turn, &leaving, is_spent);
    }
    if (status == VN_INPUT && claim->row.suspense < 0) { /* what came in by an entry that waits */
        vn_post_wait_for_tills(turn);
    }
    *claim_place(claim, from) -= amount;
    return close_claim(turn, claim, &leaving.open, status);
}

/* What is missing here of no lot, since neighbours took it before it came, is made good first by what comes of a lot: that is out
 * with nobody then, and the lot has it back when what was taken comes back of no lot (vn_post_lot_back). *amount: what is left of
 * it. */
static enum vn_status make_good(struct vn_post *post, int64_t id, int64_t *amount)
{
    struct vn_book_lot *lot = vn_post_book_lot(post, 0, id);
    bool ends = lot != NULL && (lot->expires_ms != 0 || post->book.wallets[0].expires_days != 0);
    int64_t missing = 0;
    for (unsigned i = 0; i < post->slices.count && id != 0; i++) {
        missing -= post->slices.rows[i].lot == 0 ? vn_least(post->slices.rows[i].amount, 0) : 0;
    }
    int64_t good = vn_least(*amount, missing);
    *amount -= good;
    if (lot != NULL) {
        lot->granted -= good;
        lot->paid = ends ? vn_book_sum(lot->paid, good) : lot->paid;
    }
    return good == 0 ? VN_OK : vn_slices_add(&post->slices, 0, good);
}

/* --- between two tills */

/* Slices on their way from one claim to another. */
struct parts {
    unsigned count;
    struct {
        int64_t lot, amount;
    } rows[VN_SLICES_MAX + 1];
};

/* Out of the lender's slices that are open; what is missing there is a slice of no lot, below 0, until something comes. */
static enum vn_status part_from(const struct vn_turn *turn, struct leaving *leaving, struct parts *parts)
{
    struct vn_post *post = turn->post;
    struct vn_book_lot *lot = NULL;
    int64_t id = 0;
    int64_t part = 0;
    enum vn_status status = VN_OK;
    parts->count = 0;
    while (status == VN_OK && leaving->left > 0) {
        bool found = next_slice(post, &lot, &id, &part);
        id = found ? id : 0;
        part = found ? vn_least(part, leaving->left) : leaving->left;
        leaving->left -= part;
        parts->rows[parts->count].lot = id;
        parts->rows[parts->count++].amount = part;
        status = vn_slices_add(&post->slices, id, -part);
        if (status == VN_OK) {
            status = vn_post_move(turn, leaving->open.account, &leaving->step, part, id);
        }
    }
    return status;
}

static enum vn_status part_to(const struct vn_turn *turn, const struct parts *parts)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < parts->count && status == VN_OK; i++) {
        int64_t left = parts->rows[i].amount;
        status = make_good(turn->post, parts->rows[i].lot, &left);
        if (status == VN_OK && left > 0) {
            status = vn_slices_add(&turn->post->slices, parts->rows[i].lot, left);
        }
    }
    return status;
}

enum vn_status vn_post_lend(const struct vn_turn *turn, struct vn_post_claim *lender,
                            struct vn_post_claim *borrower, int64_t amount)
{
    struct leaving leaving = {
        .step = {VN_PLACE_LENT, VN_PLACE_RIGHT, lender->row.enrolment, borrower->row.enrolment},
        .left = amount};
    struct parts parts;
    struct vn_post *post = turn->post;
    enum vn_status status = vn_post_touch_claim(post, borrower); /* before anything is found missing */
    if (status == VN_OK) {
        status = open_claim(turn, lender, &leaving.open);
    }
    if (status == VN_OK) {
        status = part_from(turn, &leaving, &parts);
    }
    if (status == VN_OK) {
        status = keep_slices(turn, lender);
    }
    if (status == VN_OK) {
        status = vn_slices_read(borrower->row.slices, &post->slices);
    }
    if (status == VN_OK) {
        status = part_to(turn, &parts);
    }
    lender->row.lent -= amount;
    borrower->row.right += amount;
    if (status == VN_FULL) {
        return vn_fail(turn->error, VN_INPUT, "too many lots of %s are out",
                       vn_post_called(post, leaving.open.account));
    }
    return close_claim(turn, borrower, &leaving.open, status);
}

/* What an entry in quarantine moved is written off. A right that it went below has no lots: that is a slice below 0. */
enum vn_status vn_post_write_off(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t amount)
{
    const struct vn_post_step in = {VN_PLACE_LOST, VN_PLACE_SUSPENSE, 0, claim->row.enrolment};
    struct leaving leaving = {.step = {VN_PLACE_SUSPENSE, VN_PLACE_LOST, claim->row.enrolment, 0},
                              .left = amount};
    enum vn_status status = open_claim(turn, claim, &leaving.open);
    if (status == VN_OK) {
        status = take_slices(turn, &leaving, NULL);
    }
    int64_t left = leaving.left;
    if (status == VN_OK && left != 0) {
        status = vn_slices_add(&turn->post->slices, 0, -left);
    }
    if (status == VN_OK) {
        status = vn_post_move(turn, leaving.open.account, left < 0 ? &in : &leaving.step,
                              left < 0 ? -left : left, 0);
    }
    claim->row.suspense -= amount;
    return close_claim(turn, claim, &leaving.open, status);
}

static enum vn_status is_free(const struct vn_turn *turn, struct leaving *leaving, struct vn_book_lot *lot,
                              int64_t id, int64_t part)
{
    (void)id; /* of a lot that is there */
    leaving->step.to = VN_PLACE_FREE;
    if (lot != NULL) {
        lot->amount += part;
        return VN_OK;
    }
    leaving->moved = true;
    return vn_post_lot_back(turn, leaving->open.account, &leaving->step, part);
}

/* To the owner; of slices that are here: what is lent and hangs on none is let go of as a slice below 0. */
static enum vn_status give_back(const struct vn_turn *turn, struct vn_post_claim *claim,
                                struct leaving *leaving, bool all)
{
    enum vn_status status = open_claim(turn, claim, &leaving->open);
    if (status == VN_OK) {
        status = all ? take_all(turn, leaving, is_free) : take_slices(turn, leaving, is_free);
    }
    if (status == VN_OK && leaving->left > 0) {
        status = vn_slices_add(&turn->post->slices, 0, -leaving->left);
    }
    if (status == VN_OK && leaving->left > 0) {
        status = vn_post_lot_back(turn, leaving->open.account, &leaving->step, leaving->left);
    }
    return status == VN_OK ? vn_post_settle(turn, &leaving->open.books) : status;
}

enum vn_status vn_post_release_claim(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t amount)
{
    struct leaving leaving = {.step = {.from = VN_PLACE_RIGHT, .from_enrolment = claim->row.enrolment},
                              .left = amount,
                              .ahead = taken_ahead(claim)};
    enum vn_status status = vn_post_enough(turn, claim, VN_PLACE_RIGHT, amount);
    if (status != VN_OK || amount == 0) {
        return status;
    }
    status = give_back(turn, claim, &leaving, true);
    claim->row.right -= amount;
    return close_claim(turn, claim, &leaving.open, status);
}

enum vn_status vn_post_lent_free(const struct vn_turn *turn, struct vn_post_claim *lender, int64_t amount)
{
    struct leaving leaving = {.step = {.from = VN_PLACE_LENT, .from_enrolment = lender->row.enrolment},
                              .left = amount};
    enum vn_status status = give_back(turn, lender, &leaving, false);
    lender->row.lent -= amount;
    return close_claim(turn, lender, &leaving.open, status);
}

static bool is_spendable(const struct vn_book_lot *lot, int64_t now_ms)
{
    return lot->amount > 0 && lot->matures_ms <= now_ms && (lot->expires_ms == 0 || lot->expires_ms > now_ms);
}

/* One lot's part of a grant; *part is 0 when so much of the account is out already that it can't be named. */
static enum vn_status grant_lot(const struct vn_turn *turn, struct vn_post_claim *claim,
                                struct vn_post_account *account, struct vn_book_lot *lot, int64_t *part)
{
    const struct vn_post_step step = {VN_PLACE_FREE, VN_PLACE_RIGHT, 0, claim->row.enrolment};
    int64_t left = *part;
    lot->granted += *part;
    enum vn_status status = make_good(turn->post, lot->id, &left);
    if (status == VN_OK && left > 0) {
        status = vn_slices_add(&turn->post->slices, lot->id, left);
    }
    if (status == VN_FULL) {
        lot->granted -= left;
        *part -= left;
        status = VN_OK;
    }
    lot->amount -= VN_PLANTED(GRANTED_TO_TWO) ? 0 : *part;
    return status == VN_OK && *part > 0 ? vn_post_move(turn, account, &step, *part, lot->id) : status;
}

enum vn_status vn_post_grant(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t amount,
                             struct vn_grant *out, int64_t *given)
{
    struct open_claim open;
    enum vn_status status = open_claim(turn, claim, &open);
    struct vn_book_wallet *wallet = &turn->post->book.wallets[0];
    *given = 0;
    out->free = 0;
    /* What is free now is free for what happened before it was, too: a till tells of that late. */
    int64_t now_ms = turn->at_ms;
    if (status == VN_OK && open.account->row.matured_ms > now_ms) {
        now_ms = open.account->row.matured_ms;
    }
    for (unsigned i = 0; status == VN_OK && i < wallet->lot_count; i++) {
        struct vn_book_lot *lot = &wallet->lots[i];
        if (!is_spendable(lot, now_ms)) {
            continue;
        }
        int64_t part = out->slice_count < VN_LOTS_MAX ? vn_least(lot->amount, amount - *given) : 0;
        if (part > 0) {
            status = grant_lot(turn, claim, open.account, lot, &part);
        }
        if (part > 0) {
            out->slices[out->slice_count++] = (struct vn_slice){lot->id, part, lot->expires_ms};
            *given += part;
        }
        out->free += lot->amount;
    }
    claim->row.right += *given;
    return close_claim(turn, claim, &open, status);
}

enum vn_status vn_post_grant_owed(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t amount)
{
    const struct vn_post_step step = {VN_PLACE_DEBT, VN_PLACE_RIGHT, 0, claim->row.enrolment};
    struct open_claim open;
    enum vn_status status = open_claim(turn, claim, &open);
    if (status != VN_OK) {
        return status;
    }
    bool fits = amount <= VN_AMOUNT_MAX + open.account->row.places[VN_PLACE_DEBT];
    status = fits ? vn_slices_add(&turn->post->slices, 0, amount) : VN_FULL;
    if (status == VN_FULL) {
        return vn_fail(turn->error, VN_INPUT, "%s can't owe %lld more",
                       vn_post_called(turn->post, open.account), (long long)amount);
    }
    if (status == VN_OK) {
        status = vn_post_move(turn, open.account, &step, amount, 0);
    }
    claim->row.right += amount;
    return close_claim(turn, claim, &open, status);
}

enum vn_status vn_post_spend_free(const struct vn_turn *turn, int64_t account, int64_t amount,
                                  const struct vn_prepared *outcome, struct vn_sale_rest *rest)
{
    struct vn_post *post = turn->post;
    struct vn_post_account *row = NULL;
    struct vn_post_books books = {.count = 0};
    enum vn_status status = vn_post_account(post, account, &row);
    if (status == VN_OK) {
        status = vn_post_book_open(turn, row, NULL, &books);
    }
    if (status != VN_OK) {
        return status;
    }
    vn_outcome_reset(&post->outcome);
    post->outcome.points_spent = amount;
    for (unsigned i = 0; i < outcome->lot_use_count; i++) {
        if (strcmp(outcome->lot_uses[i].account, row->text) == 0) {
            post->outcome.lot_uses[post->outcome.lot_use_count++] = outcome->lot_uses[i];
        }
    }
    status = vn_book_commit(&post->book, turn->sale, turn->at_ms, &post->outcome, &post->moves, turn->error);
    if (status == VN_OK) {
        status = vn_post_book_moved(turn, &books, rest);
    }
    return status == VN_OK ? vn_post_book_close(turn, &books) : status;
}

/* --- what goes back */

/* The lot that a use was of; if it was joined with another or forgotten, one that has so much out in sales. */
static struct vn_book_lot *lot_of_use(struct vn_post *post, const struct vn_sale_use *use, int64_t part)
{
    struct vn_book_wallet *wallet = &post->book.wallets[0];
    struct vn_book_lot *lot = vn_post_book_lot(post, 0, use->lot);
    for (unsigned i = wallet->lot_count; lot == NULL && i-- > 0;) {
        lot = use->lot != 0 && wallet->lots[i].spent >= part ? &wallet->lots[i] : NULL;
    }
    return lot;
}

enum vn_status vn_post_use_to_right(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t amount,
                                    struct vn_sale_rest *rest)
{
    const struct vn_post_step step = {VN_PLACE_REDEEMED, VN_PLACE_RIGHT, 0, claim->row.enrolment};
    struct open_claim open;
    int64_t left = amount;
    if (amount == 0) {
        return VN_OK;
    }
    enum vn_status status = open_claim(turn, claim, &open);
    for (unsigned i = rest->use_count; i-- > 0 && left > 0 && status == VN_OK;) {
        const struct vn_sale_use use = rest->uses[i];
        if (use.account != claim->row.account || !use.by_right) {
            continue;
        }
        int64_t part = vn_least(use.amount, left);
        struct vn_book_lot *lot = lot_of_use(turn->post, &use, part);
        if (lot != NULL) {
            lot->spent -= vn_least(part, lot->spent);
            lot->granted += part;
        }
        status = vn_slices_add(&turn->post->slices, lot != NULL ? lot->id : 0, part);
        if (status == VN_OK) {
            status = vn_post_move(turn, open.account, &step, part, use.lot);
        }
        use_less(rest, i, part);
        left -= part;
    }
    if (status == VN_OK && left > 0) {
        return vn_fail(turn->error, VN_INPUT, "gives back %lld of %s more than the sale used",
                       (long long)left, vn_post_called(turn->post, open.account));
    }
    claim->row.right += amount;
    return close_claim(turn, claim, &open, status);
}

/* One account's uses, as many as one fact can name; *given is how much they are. */
static enum vn_status gather(const struct vn_turn *turn, struct vn_sale_rest *rest,
                             const struct vn_post_account *account, int64_t amount, int64_t *given)
{
    struct vn_post *post = turn->post;
    enum vn_status status = VN_OK;
    vn_outcome_reset(&post->outcome);
    *given = 0;
    for (unsigned i = rest->use_count; i-- > 0 && *given < amount && status == VN_OK;) {
        if (rest->uses[i].account != account->row.id) {
            continue;
        }
        int64_t part = vn_least(rest->uses[i].amount, amount - *given);
        if (rest->uses[i].lot != 0) {
            if (post->outcome.lot_use_count == VN_LOT_USES_MAX) {
                break;
            }
            struct vn_lot_use *use = &post->outcome.lot_uses[post->outcome.lot_use_count++];
            *use = (struct vn_lot_use){.lot = rest->uses[i].lot, .amount = part};
            (void)snprintf(use->account, sizeof use->account, "%s", account->text);
        }
        if (turn->elsewhere && rest->uses[i].by_right) {
            status = vn_post_gone_add(turn, rest, account->row.id, part);
        }
        *given += part;
        use_less(rest, i, part);
    }
    post->outcome.points_spent = *given;
    return status;
}

enum vn_status vn_post_use_back(const struct vn_turn *turn, int64_t account, int64_t amount,
                                struct vn_sale_rest *rest)
{
    struct vn_post *post = turn->post;
    struct vn_post_account *row = NULL;
    struct vn_post_books books = {.count = 0};
    int64_t given = 0;
    int64_t left = vn_least(amount, vn_post_use_sum(rest, account));
    if (left == 0) {
        return VN_OK;
    }
    enum vn_status status = vn_post_account(post, account, &row);
    if (status == VN_OK) {
        status = vn_post_book_open(turn, row, NULL, &books);
    }
    for (; left > 0 && status == VN_OK; left -= given) {
        status = gather(turn, rest, row, left, &given);
        if (status == VN_OK) {
            status =
                vn_book_void(&post->book, turn->sale, turn->at_ms, &post->outcome, &post->moves, turn->error);
        }
        if (status == VN_OK) {
            status = vn_post_book_moved(turn, &books, NULL);
        }
    }
    return status == VN_OK ? vn_post_book_close(turn, &books) : status;
}
