/* What is handed over for promotions that applied: stamps, coupons for the next visit, tags, sentences, and gifts that the
 * POS has yet to add.
 *
 * A promotion hands over all that it promises or nothing; its price stands either way. Stamps and tags are a known
 * member's; the rest is anybody's, but not a blocked member's. Whether a gift of this kind stands after a return must be
 * plain from the outcome alone, so each row carries what it was for: the goods and the amount of the promotion's minimum
 * spend (in list amounts, whatever it was measured on), else of its first quantity, else the goods that it is about, of
 * which any will do. Stamps by the piece are for the pieces that earned them. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/points.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"

#define MINUTE_MS 60000

static bool is_known(const struct vn_quote_work *work)
{
    return vn_audience_judge_card(work) == VN_REASON_APPLIED;
}

/* Pieces that a stamp counts: paid for, and lawful to earn on. */
static int64_t stamped_pieces(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              const struct vn_reward *reward)
{
    int64_t pieces = 0;
    for (size_t l = 0; l < work->line_count; l++) {
        const struct vn_work_line *at = &work->lines[l];
        if (!at->counts || (at->forbids & VN_FORBID_EARN) != 0 || !vn_match_line(work, reward->selector, l)) {
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            pieces += vn_unit_unpaid(&work->units[u]) > 0 ? 1 : 0;
        }
    }
    int64_t most = reward->once ? 1 : promotion->limits.per_receipt;
    return most > 0 && pieces > most ? most : pieces;
}

/* The reward has something to hand over here. */
static bool hands_over(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                       const struct vn_reward *reward)
{
    switch (reward->kind) {
    case VN_REWARD_STAMP: return is_known(work) && stamped_pieces(work, promotion, reward) > 0;
    case VN_REWARD_ADD_TAG: return is_known(work);
    case VN_REWARD_ISSUE_COUPON:
    case VN_REWARD_SAY: return !vn_audience_is_blocked(work);
    default: return false;
    }
}

size_t vn_given_rows(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                     int64_t gifts_missing)
{
    size_t rows = gifts_missing > 0 ? 1 : 0;
    for (uint32_t i = promotion->price_count; i < promotion->reward_count; i++) {
        rows += hands_over(work, promotion, &promotion->rewards[i]) ? 1 : 0;
    }
    return rows;
}

bool vn_given_has_room(const struct vn_quote_work *work, size_t rows)
{
    for (size_t i = 0; rows > 0 && i < work->applied_count; i++) {
        rows += work->applied[i].rows;
    }
    return rows <= VN_GIVEN_MAX;
}

/* The first millisecond of a local day of the store. */
static int64_t day_start_ms(const struct vn_quote_work *work, int64_t day)
{
    const struct vn_zone *zone = vn_clock_zone(work->ruleset, work->input->place.store);
    int64_t local_ms = day * VN_MINUTES_OF_DAY * MINUTE_MS;
    int64_t ms = local_ms - vn_clock_offset_min(zone, local_ms) * MINUTE_MS;
    return local_ms - vn_clock_offset_min(zone, ms) * MINUTE_MS; /* clocks that changed in between */
}

static void set_validity(const struct vn_quote_work *work, const struct vn_reward *reward,
                         struct vn_given *row)
{
    int64_t from = vn_clock_day(work->local_minute) + reward->valid_after_days;
    row->valid_from_ms = day_start_ms(work, from);
    row->valid_until_ms = reward->valid_days == 0 ? 0 : day_start_ms(work, from + reward->valid_days);
}

static void set_lines(const struct vn_quote_work *work, const struct vn_selector *selector, unsigned forbids,
                      struct vn_given *row)
{
    for (size_t l = 0; l < work->line_count; l++) {
        const struct vn_work_line *at = &work->lines[l];
        if (at->counts && (at->forbids & forbids) == 0 && vn_match_line(work, selector, l)) {
            row->lines[l / 64] |= UINT64_C(1) << (l % 64);
        }
    }
}

/* What the row was for. */
static void set_ground(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                       const struct vn_reward *reward, struct vn_given *row)
{
    const struct vn_if *cond = &promotion->cond;
    if (reward->kind == VN_REWARD_STAMP && !reward->once) {
        row->by_quantity = true;
        set_lines(work, reward->selector, VN_FORBID_EARN, row);
    } else if (cond->spend_asked) {
        row->least = cond->spend_least_minor;
        set_lines(work, cond->spend_selector, VN_FORBID_THRESHOLD, row);
    } else if (cond->quantity_count > 0) {
        row->by_quantity = true;
        row->least = cond->quantities[0].least_milli;
        set_lines(work, cond->quantities[0].selector, VN_FORBID_THRESHOLD, row);
    } else { /* a gift is not a reason for itself */
        const struct vn_reward *first = &promotion->rewards[0];
        set_lines(work, first->kind == VN_REWARD_GIFT ? NULL : first->selector, 0, row);
    }
}

static struct vn_given *add_row(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                uint32_t reward, enum vn_given_kind kind, const char *what)
{
    const struct vn_reward *terms = &promotion->rewards[reward];
    struct vn_given *row = &work->out->given[work->out->given_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->promotion, sizeof row->promotion, "%s", promotion->id);
    (void)snprintf(row->what, sizeof row->what, "%s", what);
    row->kind = kind;
    row->reward = reward;
    row->on_return = terms->on_return;
    row->charge_minor = terms->charge_minor;
    set_ground(work, promotion, terms, row);
    return row;
}

static void hand_over(struct vn_quote_work *work, const struct vn_promotion *promotion, uint32_t reward)
{
    const struct vn_reward *terms = &promotion->rewards[reward];
    struct vn_given *row = NULL;
    switch (terms->kind) {
    case VN_REWARD_STAMP:
        row = add_row(work, promotion, reward, VN_GIVEN_STAMP, terms->what);
        row->amount = stamped_pieces(work, promotion, terms) * terms->points;
        vn_account_stamps(vn_audience_member_id(work->input->member), terms->what, row->account);
        break;
    case VN_REWARD_ISSUE_COUPON:
        row = add_row(work, promotion, reward, VN_GIVEN_COUPON, terms->what);
        row->amount = terms->n;
        set_validity(work, terms, row);
        break;
    case VN_REWARD_ADD_TAG: (void)add_row(work, promotion, reward, VN_GIVEN_TAG, terms->what); break;
    default: (void)add_row(work, promotion, reward, VN_GIVEN_SAY, terms->what); break;
    }
}

static void give(struct vn_quote_work *work, const struct vn_applied *applied)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, applied->promotion);
    size_t rows = vn_given_rows(work, promotion, applied->gifts_missing);
    if (work->out->given_count + rows > VN_GIVEN_MAX) {
        const struct vn_verdict verdict = {.reason = VN_REASON_CAPPED};
        vn_explain_add(work, promotion->id, &verdict);
        return;
    }
    if (applied->gifts_missing > 0) {
        const struct vn_selector *gift = promotion->rewards[0].selector;
        struct vn_given *row =
            add_row(work, promotion, 0, VN_GIVEN_GIFT, gift->include[VN_SELECT_CODES].values[0]);
        row->amount = applied->gifts_missing;
    }
    for (uint32_t i = promotion->price_count; i < promotion->reward_count; i++) {
        if (hands_over(work, promotion, &promotion->rewards[i])) {
            hand_over(work, promotion, i);
        }
    }
}

void vn_given_close(struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->applied_count; i++) {
        give(work, &work->applied[i]);
    }
}
