/* Joining lots.
 *
 * A wallet has a bounded number of lots, and its owner may come more often than that before the first of them expires: each day,
 * where points live two years. Dropping a lot would take points away, refusing the sale would take them away, too. So the lots
 * that are most alike become one: those whose last days lie close together, and only as few of them as there must be. What the
 * customer sees is a last day that comes later than he was told, by less than the span of time that was joined. */
#include <stddef.h>

#include "agent/loyalty/after/book_work.h"

#define DAY_MS INT64_C(86400000)

/* The last days of lots that are joined lie in one span, counted from 1970. */
static const int64_t spans_ms[] = {DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 366 * DAY_MS, INT64_MAX};
#define SPANS (sizeof spans_ms / sizeof spans_ms[0])

static bool one_state(const struct vn_book_lot *a, const struct vn_book_lot *b, int64_t now_ms)
{
    bool gone = a->expires_ms != 0 && a->expires_ms <= now_ms;
    bool both = (b->expires_ms != 0 && b->expires_ms <= now_ms) == gone;
    return both && (a->matures_ms <= now_ms) == (b->matures_ms <= now_ms);
}

/* One that never expires is like others that never do. */
static bool one_span(const struct vn_book_lot *a, const struct vn_book_lot *b, int64_t span_ms)
{
    return a->expires_ms == 0 || b->expires_ms == 0 ? a->expires_ms == b->expires_ms
                                                    : a->expires_ms / span_ms == b->expires_ms / span_ms;
}

/* Sums of two stay in their range. */
static bool fits(const struct vn_book_lot *a, const struct vn_book_lot *b)
{
    return a->spent <= VN_BOOK_SUM_MAX - b->spent && a->expired <= VN_BOOK_SUM_MAX - b->expired &&
           a->paid <= VN_BOOK_SUM_MAX - b->paid;
}

/* The slices of tills name their lots. */
static bool may_join(const struct vn_book_lot *lot, bool whole)
{
    return lot->granted == 0 && (!whole || (lot->spent == 0 && lot->expired == 0));
}

/* Puts what is in `from` into the later `into`. */
static void join(struct vn_book_lot *into, const struct vn_book_lot *from)
{
    into->amount += from->amount;
    into->spent += from->spent;
    into->expired += from->expired;
    into->lapsed += from->lapsed;
    into->paid += from->paid;
    into->earned_ms = from->earned_ms < into->earned_ms ? from->earned_ms : into->earned_ms;
    into->matures_ms = from->matures_ms < into->matures_ms ? from->matures_ms : into->matures_ms;
    into->sale = 0;
}

/* Whom lot `at` joins; the count of lots: nobody. */
static unsigned find_partner(const struct vn_book_wallet *wallet, unsigned at, int64_t span_ms, bool whole,
                             int64_t now_ms)
{
    const struct vn_book_lot *lot = &wallet->lots[at];
    for (unsigned i = at + 1; i < wallet->lot_count && one_span(lot, &wallet->lots[i], span_ms); i++) {
        const struct vn_book_lot *other = &wallet->lots[i];
        if (may_join(other, whole) && one_state(lot, other, now_ms) && fits(lot, other)) {
            return i;
        }
    }
    return wallet->lot_count;
}

/* Joins lots of one span, as long as there are more than `most`. */
static void join_span(struct vn_book_wallet *wallet, int64_t span_ms, bool whole, int64_t now_ms,
                      unsigned most)
{
    unsigned kept = 0;
    unsigned left = wallet->lot_count;
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        unsigned partner = left > most && may_join(&wallet->lots[i], whole)
                               ? find_partner(wallet, i, span_ms, whole, now_ms)
                               : wallet->lot_count;
        if (partner < wallet->lot_count) {
            join(&wallet->lots[partner], &wallet->lots[i]);
            left--;
        } else {
            wallet->lots[kept++] = wallet->lots[i];
        }
    }
    wallet->lot_count = kept;
}

void vn_book_join(struct vn_book_wallet *wallet, int64_t now_ms)
{
    if (wallet->lot_count >= VN_BOOK_LOTS_SOFT) {
        join_span(wallet, DAY_MS, true, now_ms, 0);
    }
    for (size_t i = 0; i < SPANS && !vn_book_lots_have_room(wallet); i++) {
        join_span(wallet, spans_ms[i], false, now_ms, VN_BOOK_LOTS_MAX - 1);
    }
}
