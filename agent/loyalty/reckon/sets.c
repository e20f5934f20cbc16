/* Rewards on sets of pieces: buy some and get some, bundles at a price; n-th pieces are in nth.c.
 *
 * By itself a promotion takes what gives most: what is bought to get something is the cheapest, what is got the dearest (of
 * what an earlier group left something to give); a bundle takes the dearest of each part. */
#include <string.h>

#include "agent/loyalty/reckon/rewards.h"
#include "agent/loyalty/sort.h"

static bool is_running(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return work->ruleset->groups[promotion->group].running;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Free pieces that fit the parts of a set: of each part, the dearest first. */
struct shelf {
    const struct vn_selector *selector;
    unsigned forbids;
    enum vn_reason reason; /* APPLIED: there are some */
    size_t count;
    uint16_t units[VN_UNITS_MAX];
};

struct shelves {
    size_t count;
    struct shelf list[VN_PARTS_MAX];
    int64_t fitting[1U << VN_PARTS_MAX]; /* pieces, by the parts that they fit, bit by bit */
};

/* The shelves on which the line's free pieces belong, bit by bit. */
static uint8_t shelves_of(const struct vn_quote_work *work, size_t line, bool whole_alone,
                          struct shelves *shelves)
{
    const struct vn_work_line *at = &work->lines[line];
    uint8_t fits = 0;
    for (size_t i = 0; at->counts && i < shelves->count; i++) {
        struct shelf *shelf = &shelves->list[i];
        if ((whole_alone && !work->units[at->first].whole) || !vn_match_line(work, shelf->selector, line)) {
            continue;
        }
        bool lawful = (at->forbids & shelf->forbids) == 0;
        fits |= (uint8_t)(lawful ? 1U << i : 0);
        shelf->reason = lawful                                       ? VN_REASON_OUTBID
                        : shelf->reason == VN_REASON_NOTHING_MATCHES ? VN_REASON_LAW
                                                                     : shelf->reason;
    }
    return fits;
}

static void fill_shelves(struct vn_quote_work *work, const struct vn_promotion *promotion,
                         struct shelves *shelves)
{
    uint8_t fits[VN_LINES_MAX];
    bool all = vn_group_is_all(work, promotion);
    memset(shelves->fitting, 0, sizeof shelves->fitting);
    for (size_t i = 0; i < VN_PARTS_MAX; i++) {
        shelves->list[i].reason = VN_REASON_NOTHING_MATCHES;
        shelves->list[i].count = 0;
    }
    for (size_t i = 0; i < work->line_count; i++) {
        fits[i] = shelves_of(work, i, !promotion->rewards[0].weighed, shelves);
    }
    const uint16_t *order = vn_units_by_price(work, is_running(work, promotion));
    for (size_t i = 0; i < work->unit_count; i++) {
        const struct vn_unit *unit = &work->units[order[i]];
        unsigned on = all || !unit->taken ? fits[unit->line] : 0;
        shelves->fitting[on]++;
        for (struct shelf *shelf = shelves->list; on != 0; on >>= 1, shelf++) {
            if ((on & 1) != 0) {
                shelf->reason = VN_REASON_APPLIED;
                shelf->units[shelf->count++] = order[i];
            }
        }
    }
}

bool vn_set_give(struct vn_quote_work *work, const struct vn_promotion *promotion, const uint16_t *first,
                 size_t count, int64_t *worth)
{
    for (size_t i = 0; i < count; i++) {
        struct vn_unit *unit = &work->units[first[i]];
        if (!vn_piece_rate_off(work, promotion, unit, &unit->off_minor)) {
            return false;
        }
        *worth += unit->off_minor;
    }
    return true;
}

void vn_set_fall_short(struct vn_quote_work *work, int64_t least, int64_t missing, struct vn_offer *offer)
{
    work->pick_count = 0;
    offer->reason = VN_REASON_QUANTITY_SHORT;
    offer->least = least * 1000;
    offer->missing = missing * 1000;
}

/* Buy some, get some: what can be bought is `meant`. */
enum deal_shelves { GET, BUY };

/* The dearest that may be got when so many pieces that could be bought have to stay. False when there are too few. */
static bool choose_got(const struct vn_quote_work *work, const struct shelves *deal, size_t wanted,
                       size_t spare, uint16_t *out)
{
    size_t found = 0;
    for (size_t i = 0; i < deal->list[GET].count && found < wanted; i++) {
        bool both = work->units[deal->list[GET].units[i]].meant;
        if (!both || spare > 0) {
            spare -= both ? 1 : 0;
            out[found++] = deal->list[GET].units[i];
        }
    }
    return found == wanted;
}

/* What the dearest `count` give, of a list of such sums. */
static int64_t sum_of(const int64_t *sums, size_t count)
{
    return count == 0 ? 0 : sums[count - 1];
}

/* The number of sets that gives most; *worth is that. What is got are the dearest, as far as enough stays to be bought: of
 * those that could be bought the dearest that are not needed, and for the rest those that can only be got. */
static enum vn_status choose_sets(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                  const struct shelves *deal, int64_t times, int64_t *sets, int64_t *worth)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    int64_t *of_both = work->weights; /* by number of pieces, the dearest first */
    int64_t *of_got = work->parts;
    size_t both = 0;
    size_t alone = 0;
    for (size_t i = 0; i < deal->list[GET].count; i++) {
        int64_t off = 0;
        if (!vn_set_give(work, promotion, &deal->list[GET].units[i], 1, &off)) {
            return vn_quote_overflow(work);
        }
        if (work->units[deal->list[GET].units[i]].meant) {
            of_both[both] = sum_of(of_both, both) + off;
            both++;
        } else {
            of_got[alone] = sum_of(of_got, alone) + off;
            alone++;
        }
    }
    size_t seen = 0; /* of the dearest of all, and how many of them could be bought */
    size_t seen_both = 0;
    for (int64_t k = 1; k <= times && k * reward->n <= (int64_t)deal->list[BUY].count; k++) {
        size_t wanted = (size_t)(k * reward->take);
        size_t spare = deal->list[BUY].count - (size_t)(k * reward->n);
        if (wanted > deal->list[GET].count) {
            break;
        }
        for (; seen < wanted; seen++) {
            seen_both += work->units[deal->list[GET].units[seen]].meant ? 1 : 0;
        }
        size_t taken = seen_both < spare ? seen_both : spare;
        if (wanted - taken > alone) {
            break;
        }
        int64_t sum = sum_of(of_both, taken) + sum_of(of_got, wanted - taken);
        if (sum > *worth) {
            *worth = sum;
            *sets = k;
        }
    }
    return VN_OK;
}

/* Picks what is got, and the cheapest of what else is bought. */
static bool pick_deal(struct vn_quote_work *work, const struct vn_promotion *promotion,
                      const struct shelves *deal, int64_t sets, int64_t *worth)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    size_t bought = (size_t)(sets * reward->n);
    size_t got = (size_t)(sets * reward->take);
    *worth = 0;
    if (!choose_got(work, deal, got, deal->list[BUY].count - bought, work->picks) ||
        !vn_set_give(work, promotion, work->picks, got, worth)) {
        return false;
    }
    for (size_t i = 0; i < deal->list[BUY].count; i++) {
        work->units[deal->list[BUY].units[i]].meant = true;
    }
    for (size_t i = 0; i < got; i++) {
        work->units[work->picks[i]].meant = false;
    }
    work->pick_count = got;
    for (size_t i = deal->list[BUY].count; i-- > 0 && work->pick_count < got + bought;) {
        struct vn_unit *unit = &work->units[deal->list[BUY].units[i]];
        if (unit->meant) {
            unit->off_minor = 0;
            work->picks[work->pick_count++] = deal->list[BUY].units[i];
        }
    }
    vn_pick_sort_by_place(work);
    return true;
}

struct gain_order {
    const struct vn_unit *units;
    bool running;
};

static bool gives_more(const void *ctx, uint16_t a, uint16_t b)
{
    const struct gain_order *by = ctx;
    const struct vn_unit *left = &by->units[a];
    const struct vn_unit *right = &by->units[b];
    if (left->off_minor != right->off_minor) {
        return left->off_minor > right->off_minor;
    }
    int64_t left_base = vn_unit_base(left, by->running);
    int64_t right_base = vn_unit_base(right, by->running);
    return left_base != right_base ? left_base > right_base : a < b;
}

/* What is got: the dearest, but for those of which earlier groups left less than that to give. */
static bool sort_by_gain(struct vn_quote_work *work, const struct vn_promotion *promotion,
                         struct shelf *shelf)
{
    const struct gain_order by = {work->units, is_running(work, promotion)};
    int64_t sum = 0;
    bool fits = vn_set_give(work, promotion, shelf->units, shelf->count, &sum);
    vn_sort_order(shelf->units, shelf->count, gives_more, &by);
    return fits;
}

static enum vn_status offer_buy_get(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                    int64_t times, struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    struct shelves deal;
    struct shelf *get = &deal.list[GET];
    struct shelf *buy = &deal.list[BUY];
    deal.count = 2;
    get->selector = reward->selector;
    get->forbids = vn_reward_forbids(promotion);
    buy->selector = reward->parts[0].selector;
    buy->forbids = VN_FORBID_THRESHOLD;
    fill_shelves(work, promotion, &deal);
    if (get->count == 0 && buy->count == 0) {
        offer->reason = get->reason == VN_REASON_NOTHING_MATCHES ? buy->reason : get->reason;
        return VN_OK;
    }
    if (!sort_by_gain(work, promotion, get)) {
        return vn_quote_overflow(work);
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].meant = false;
    }
    for (size_t i = 0; i < buy->count; i++) {
        work->units[buy->units[i]].meant = true;
    }
    int64_t pieces = (int64_t)work->unit_count - deal.fitting[0];
    int64_t missing = reward->n + reward->take - pieces;
    int64_t buy_short = reward->n - (int64_t)buy->count;
    int64_t get_short = reward->take - (int64_t)get->count;
    int64_t apart = (buy_short > 0 ? buy_short : 0) + (get_short > 0 ? get_short : 0);
    missing = apart > missing ? apart : missing;
    if (missing > 0) {
        size_t wanted = (size_t)reward->take;
        size_t given = get->count < wanted ? get->count : wanted;
        bool fits = vn_set_give(work, promotion, get->units, given, &offer->worth_minor);
        vn_set_fall_short(work, reward->n + reward->take, missing, offer);
        return fits ? VN_OK : vn_quote_overflow(work);
    }
    enum vn_status status = choose_sets(work, promotion, &deal, times, &offer->times, &offer->worth_minor);
    if (status != VN_OK || offer->times == 0) {
        work->pick_count = 0;
        return status;
    }
    return pick_deal(work, promotion, &deal, offer->times, &offer->worth_minor) ? VN_OK
                                                                                : vn_quote_overflow(work);
}

enum vn_status vn_picks_cap(struct vn_quote_work *work, int64_t total, int64_t most)
{
    if (total <= most) {
        return VN_OK;
    }
    for (size_t i = 0; i < work->pick_count; i++) {
        work->weights[i] = work->units[work->picks[i]].off_minor;
    }
    if (!vn_money_spread(most, work->weights, work->pick_count, &work->spread, work->parts)) {
        return vn_quote_overflow(work);
    }
    for (size_t i = 0; i < work->pick_count; i++) {
        work->units[work->picks[i]].off_minor = work->parts[i];
    }
    return VN_OK;
}

/* Takes what the bundles' pieces cost more than the bundles off the picks, as far as their rooms go; *total is that. */
static enum vn_status spread_over_bundles(struct vn_quote_work *work, int64_t off, int64_t *total)
{
    int64_t room = 0;
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        unit->off_minor = vn_unit_room(unit);
        room += unit->off_minor;
    }
    *total = smaller(off, room);
    return vn_picks_cap(work, room, *total);
}

/* Adds a set of the dearest pieces that are left to the picks; false when there is none. `next` is how far each shelf has been
 * gone through. */
static bool pick_bundle(struct vn_quote_work *work, const struct vn_reward *reward,
                        const struct shelves *shelves, size_t next[VN_PARTS_MAX], bool running, int64_t *base)
{
    *base = 0;
    for (uint32_t p = 0; p < reward->part_count; p++) {
        const struct shelf *shelf = &shelves->list[p];
        int64_t found = 0;
        for (; next[p] < shelf->count && found < reward->parts[p].n; next[p]++) {
            struct vn_unit *unit = &work->units[shelf->units[next[p]]];
            if (!unit->meant) {
                unit->meant = true;
                *base += vn_unit_base(unit, running);
                work->picks[work->pick_count++] = shelf->units[next[p]];
                found++;
            }
        }
        if (found < reward->parts[p].n) {
            return false;
        }
    }
    return true;
}

/* What the pieces of an incomplete bundle say: how many are missing, and what it gives at least. */
static void fall_short_of_bundle(struct vn_quote_work *work, const struct vn_reward *reward, int64_t missing,
                                 int64_t base, struct vn_offer *offer)
{
    int64_t pieces = 0;
    for (uint32_t p = 0; p < reward->part_count; p++) {
        pieces += reward->parts[p].n;
    }
    vn_set_fall_short(work, pieces, missing, offer);
    offer->worth_minor = base > reward->amount_minor ? base - reward->amount_minor : 0;
}

/* How many pieces a first set lacks. A piece stands for one part alone: of some parts together what they ask for is held
 * against the pieces that fit any of them, and where most is missing, so many are (Hall). */
static int64_t count_missing(const struct vn_reward *reward, const struct shelves *shelves)
{
    int64_t most = 0;
    for (unsigned parts = 1; parts < 1U << reward->part_count; parts++) {
        int64_t missing = 0;
        for (uint32_t p = 0; p < reward->part_count; p++) {
            missing += (parts >> p & 1) != 0 ? reward->parts[p].n : 0;
        }
        for (unsigned of = 1; of < 1U << reward->part_count; of++) {
            missing -= (of & parts) != 0 ? shelves->fitting[of] : 0;
        }
        most = missing > most ? missing : most;
    }
    return most;
}

/* Some piece could stand for two parts: then the dearest of each may be the wrong ones. */
static bool parts_overlap(const struct shelves *shelves)
{
    for (unsigned of = 1; of < 1U << shelves->count; of++) {
        if ((of & (of - 1)) != 0 && shelves->fitting[of] > 0) {
            return true;
        }
    }
    return false;
}

/* Set by set the dearest of each part, part by part. */
static enum vn_status offer_dearest(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                    int64_t times, const struct shelves *shelves, int64_t missing,
                                    struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    bool running = is_running(work, promotion);
    int64_t total = 0;
    int64_t base = 0;
    size_t kept = 0;
    size_t next[VN_PARTS_MAX] = {0};
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].meant = false;
    }
    work->pick_count = 0;
    while (offer->times < times && pick_bundle(work, reward, shelves, next, running, &base) &&
           base > reward->amount_minor) {
        total += base - reward->amount_minor;
        offer->times++;
        kept = work->pick_count;
    }
    if (missing > 0) {
        fall_short_of_bundle(work, reward, missing, base, offer);
        return VN_OK;
    }
    if (offer->times == 0) { /* the pieces cost no more than the bundle */
        work->pick_count = 0;
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    work->pick_count = kept;
    vn_pick_sort_by_place(work);
    return spread_over_bundles(work, total, &offer->worth_minor);
}

static enum vn_status offer_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                   int64_t times, struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    struct shelves shelves;
    enum vn_reason reason = VN_REASON_NOTHING_MATCHES;
    shelves.count = reward->part_count;
    for (uint32_t p = 0; p < reward->part_count; p++) {
        shelves.list[p].selector = reward->parts[p].selector;
        shelves.list[p].forbids = vn_reward_forbids(promotion);
    }
    fill_shelves(work, promotion, &shelves);
    for (uint32_t p = 0; p < reward->part_count; p++) {
        enum vn_reason of_part = shelves.list[p].reason;
        reason = reason == VN_REASON_NOTHING_MATCHES || of_part == VN_REASON_APPLIED ? of_part : reason;
    }
    if (reason != VN_REASON_APPLIED) {
        work->pick_count = 0;
        offer->reason = reason;
        return VN_OK;
    }
    int64_t missing = count_missing(reward, &shelves);
    if (parts_overlap(&shelves)) {
        if (missing > 0) {
            fall_short_of_bundle(work, reward, missing, 0, offer);
            return VN_OK;
        }
        bool searched = false;
        int64_t roles = 0;
        for (uint32_t p = 0; p < reward->part_count; p++) {
            roles += (int64_t)shelves.list[p].count;
        }
        enum vn_status status = vn_best_bundle(work, promotion, times, roles, offer, &searched);
        if (status != VN_OK || searched) {
            return status;
        }
    }
    return offer_dearest(work, promotion, times, &shelves, missing, offer);
}

enum vn_status vn_sets_offer(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times,
                             struct vn_offer *offer)
{
    switch (promotion->rewards[0].kind) {
    case VN_REWARD_NTH: return vn_nth_offer(work, promotion, times, offer);
    case VN_REWARD_BUY_GET: return offer_buy_get(work, promotion, times, offer);
    default: return offer_bundle(work, promotion, times, offer);
    }
}
