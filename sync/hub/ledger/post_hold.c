/* Holds, suspense and what is lent: amounts alone move between a till's right and where they wait, the slices stay out. */
#include <string.h>

#include "agent/base/number.h"
#include "sync/hub/ledger/post_work.h"

/* Others' outs that stand in suspense still are not gone for one that is released. */
int64_t vn_post_said(const struct vn_turn *turn, const struct vn_claim_row *row)
{
    return row->right + (turn->released && row->suspense > 0 ? row->suspense : 0);
}

int64_t vn_post_sure(const struct vn_turn *turn, const struct vn_claim_row *row)
{
    return vn_post_said(turn, row) + vn_least(row->suspense, 0);
}

/* So much is there by what the till's journal says, and so much of that for sure. */
static void look_at(const struct vn_turn *turn, const struct vn_claim_row *row, enum vn_ledger_place place,
                    int64_t *said, int64_t *sure)
{
    bool held = place == VN_PLACE_HELD;
    int64_t unheld = held && row->right > 0 ? row->right : 0;
    *said = held ? row->held : vn_post_said(turn, row);
    *sure = *said + vn_least(unheld + row->suspense, 0);
}

enum vn_status vn_post_enough(const struct vn_turn *turn, const struct vn_post_claim *claim,
                              enum vn_ledger_place place, int64_t amount)
{
    struct vn_post_account *account = NULL;
    int64_t said = 0;
    int64_t sure = 0;
    look_at(turn, &claim->row, place, &said, &sure);
    enum vn_status status = vn_post_account(turn->post, claim->row.account, &account);
    /* A right can be below 0 after an entry in quarantine; who takes nothing from it is not to blame. */
    if (status != VN_OK || amount <= 0 || sure >= amount) {
        return status;
    }
    if (said >= amount) {
        vn_post_wait_for_tills(turn);
    }
    return vn_fail(turn->error, VN_INPUT, "takes %lld from '%s' of %s, %s %lld is%s", (long long)amount,
                   vn_ledger_place_name(place), vn_post_called(turn->post, account),
                   said >= amount ? "of which" : "where", (long long)sure, said >= amount ? " sure" : "");
}

enum vn_status vn_post_enough_to_spend(const struct vn_turn *turn, const struct vn_post_claim *claim,
                                       enum vn_ledger_place from, int64_t amount)
{
    int64_t said = 0;
    int64_t sure = 0;
    look_at(turn, &claim->row, from, &said, &sure);
    return turn->decided && said >= amount ? VN_OK : vn_post_enough(turn, claim, from, amount);
}

static unsigned hold_at(const struct vn_sale_rest *rest, const struct vn_post_claim *claim)
{
    unsigned at = 0;
    while (at < rest->hold_count && (rest->holds[at].enrolment != claim->row.enrolment ||
                                     rest->holds[at].account != claim->row.account)) {
        at++;
    }
    return at;
}

static enum vn_status change_hold(const struct vn_turn *turn, struct vn_sale_rest *rest, unsigned at,
                                  int64_t delta)
{
    if (at == VN_SALE_HOLDS_MAX) {
        return vn_fail(turn->error, VN_INPUT, "the sale holds of more than %d accounts", VN_SALE_HOLDS_MAX);
    }
    rest->holds[at].amount += delta;
    if (rest->holds[at].amount == 0) {
        rest->hold_count--;
        memmove(&rest->holds[at], &rest->holds[at + 1], (rest->hold_count - at) * sizeof rest->holds[0]);
    }
    return VN_OK;
}

enum vn_status vn_post_hold(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t delta,
                            struct vn_sale_rest *rest)
{
    int64_t enrolment = claim->row.enrolment;
    const struct vn_post_step out = {VN_PLACE_RIGHT, VN_PLACE_HELD, enrolment, enrolment};
    const struct vn_post_step in = {VN_PLACE_HELD, VN_PLACE_RIGHT, enrolment, enrolment};
    struct vn_post_account *account = NULL;
    int64_t amount = delta < 0 ? -delta : delta;
    unsigned at = hold_at(rest, claim);
    if (delta == 0) {
        return VN_OK;
    }
    enum vn_status status = vn_post_account(turn->post, claim->row.account, &account);
    /* Of what is said: it is looked at again when it is spent. */
    int64_t said = vn_post_said(turn, &claim->row);
    int64_t there = delta > 0 ? said : at < rest->hold_count ? rest->holds[at].amount : 0;
    if (status == VN_OK && there < amount) {
        return vn_fail(turn->error, VN_INPUT,
                       delta > 0 ? "holds %lld of %s, where %lld is"
                                 : "gives back %lld of %s, where %lld is held",
                       (long long)amount, vn_post_called(turn->post, account), (long long)there);
    }
    if (status == VN_OK && at == rest->hold_count && at < VN_SALE_HOLDS_MAX) {
        rest->holds[rest->hold_count++] = (struct vn_sale_hold){enrolment, claim->row.account, 0};
    }
    if (status == VN_OK) {
        status = change_hold(turn, rest, at, delta);
    }
    if (status == VN_OK) {
        status = vn_post_touch_claim(turn->post, claim);
    }
    if (status == VN_OK) {
        claim->row.right -= delta;
        claim->row.held += delta;
        status = vn_post_move(turn, account, delta > 0 ? &out : &in, amount, 0);
    }
    return status;
}

enum vn_status vn_post_unhold(const struct vn_turn *turn, const struct vn_sale_hold *hold,
                              struct vn_sale_rest *rest)
{
    const int64_t amount = hold->amount; /* it is forgotten in between */
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_claim(turn->post, hold->enrolment, hold->account, &claim);
    if (status == VN_OK) {
        status = vn_post_hold(turn, claim, -amount, rest);
    }
    if (status == VN_OK) {
        claim->row.in += amount;
    }
    return status;
}

/* Between the right and where it waits, by `delta`; *waits is that part of the claim. */
static enum vn_status move_beside(const struct vn_turn *turn, struct vn_post_claim *claim,
                                  enum vn_ledger_place place, int64_t *waits, int64_t delta)
{
    int64_t enrolment = claim->row.enrolment;
    const struct vn_post_step out = {VN_PLACE_RIGHT, place, enrolment, enrolment};
    const struct vn_post_step in = {place, VN_PLACE_RIGHT, enrolment, enrolment};
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(turn->post, claim->row.account, &account);
    if (status == VN_OK) {
        status = vn_post_touch_claim(turn->post, claim);
    }
    if (status == VN_OK) {
        claim->row.right -= delta;
        *waits += delta;
        status = vn_post_move(turn, account, delta > 0 ? &out : &in, delta < 0 ? -delta : delta, 0);
    }
    return status;
}

enum vn_status vn_post_suspend(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t delta)
{
    return move_beside(turn, claim, VN_PLACE_SUSPENSE, &claim->row.suspense, delta);
}

enum vn_status vn_post_lent(const struct vn_turn *turn, struct vn_post_claim *claim, int64_t delta)
{
    return move_beside(turn, claim, VN_PLACE_LENT, &claim->row.lent, delta);
}
