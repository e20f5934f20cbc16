/* The rights that a quote lacked. What this till has is looked up before anybody hears of the quote: a right may have been
 * granted ahead. What it does not have the hub is asked for afterwards, once in a sale as long as the basket wants no more of it.
 */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/till/internal.h"

/* Kept free for the member's points and for coupons. */
#define ROOM (VN_COUPONS_MAX + 2)

bool wants_look_up(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    struct vn_till_lookup *lookup = &till->lookup;
    char accounts[VN_RIGHTS_MAX][VN_ID_MAX];
    if (till->ruleset == NULL || vn_ruleset_number(till->ruleset) != lane->outcome.ruleset) {
        lane->lacks = false;
        return false;
    }
    unsigned count = vn_quote_lacked(till->work, accounts);
    lane->lacks = count > 0;
    lookup->right_count = 0;
    for (unsigned i = 0; i < count && lane->right_count + lookup->right_count + ROOM < VN_RIGHTS_MAX; i++) {
        if (lane_right(till, accounts[i]) == NULL) {
            struct vn_counters *right = &lookup->rights[lookup->right_count++];
            memset(right, 0, sizeof *right);
            memcpy(right->account, accounts[i], VN_ID_MAX);
        }
    }
    lookup->want_risk = lane->lacks && till->risk_member > 0 && !lane->risk_known;
    if (lookup->right_count == 0 && !lookup->want_risk) {
        return false;
    }
    lookup->want_card = lookup->want_coupon = lookup->want_chain = false;
    lookup->code_count = 0;
    (void)snprintf(lookup->risk_member, VN_ID_MAX, "%s", lane->member.account);
    till->io.lookup(till->io.ctx, lookup);
    return true;
}

void wants_take(struct vn_till *till)
{
    const struct vn_till_lookup *lookup = &till->lookup;
    for (unsigned i = 0; i < lookup->right_count; i++) {
        if (lane_right(till, lookup->rights[i].account) == NULL) {
            lane_store_right(till, &lookup->rights[i]);
        }
    }
    if (lookup->want_risk) {
        till->lane.risk_known = true;
        till->lane.risked = lookup->risked;
        lane_store_right(till, &lookup->risk_right);
    }
}

static struct right_target *question_of(struct lane *lane, const char *account)
{
    for (unsigned i = 0; i < lane->question_count; i++) {
        if (strcmp(lane->questions[i].account, account) == 0) {
            return &lane->questions[i];
        }
    }
    if (lane->question_count == VN_RIGHTS_MAX) {
        return NULL;
    }
    struct right_target *question = &lane->questions[lane->question_count++];
    memset(question, 0, sizeof *question);
    memcpy(question->account, account, VN_ID_MAX);
    return question;
}

/* Whether this is the first time that the sale wants so much of it; then that is remembered. */
static bool is_news(struct vn_till *till, const struct vn_quote_want *want, int64_t granted)
{
    struct right_target *question = question_of(&till->lane, want->account);
    if (question == NULL || question->granted >= granted) {
        return false;
    }
    question->granted = granted;
    return true;
}

static void add(struct vn_rights_request *asking, const struct vn_quote_want *want, int64_t granted)
{
    unsigned at = 0;
    while (at < asking->count && strcmp(asking->wants[at].account, want->account) != 0) {
        at++;
    }
    if (at == VN_RIGHTS_MAX) {
        return;
    }
    asking->count += at == asking->count;
    struct vn_right_want *row = &asking->wants[at];
    memset(row, 0, sizeof *row);
    memcpy(row->account, want->account, VN_ID_MAX);
    row->granted = granted;
    row->has_of = true;
    memcpy(row->of.promotion, want->promotion, VN_ID_MAX);
    memcpy(row->of.member, want->member, VN_ID_MAX);
    row->of.day = want->day;
    memcpy(row->of.card, want->card, VN_ID_MAX);
}

/* Points and coupons are asked for by whoever chose or presented them. */
void wants_ask(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    struct vn_quote_want wants[VN_RIGHTS_MAX];
    struct vn_right rights[VN_RIGHTS_MAX];
    struct vn_quote_input input;
    bool news = false;
    if (!lane->lacks || !lane->has_outcome || lane->phase != VN_SESSION_OPEN || till->pending.active ||
        !rights_can_ask(till)) {
        return;
    }
    lane_input(till, rights, &input);
    unsigned count = vn_quote_wants(till->work, &input, &till->other_outcome, wants);
    for (unsigned i = 0; i < count; i++) {
        const struct vn_counters *right = lane_right(till, wants[i].account);
        int64_t granted = (right == NULL ? 0 : right->granted) + wants[i].missing;
        if (vn_account_is_named(wants[i].account) && is_news(till, &wants[i], granted)) {
            add(&till->asking, &wants[i], granted);
            news = true;
        }
    }
    if (news) {
        rights_ask_more(till);
    }
}

void wants_withheld(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    struct vn_right rights[VN_RIGHTS_MAX];
    struct vn_quote_input input;
    bool away = !till->online && !till->quarantined;
    lane->withheld_count = 0;
    if (!away || till->ruleset == NULL || !lane->has_outcome || lane->phase != VN_SESSION_OPEN) {
        return;
    }
    lane_input(till, rights, &input);
    lane->withheld_count =
        vn_quote_withheld(till->work, &input, &lane->outcome, &till->other_outcome, lane->withheld);
}
