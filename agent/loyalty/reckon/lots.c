/* Which points a purse spends. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/points.h"
#include "agent/loyalty/sort.h"

static bool sooner(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_lot *lots = ctx;
    int64_t left = lots[a].expires_ms == 0 ? INT64_MAX : lots[a].expires_ms;
    int64_t right = lots[b].expires_ms == 0 ? INT64_MAX : lots[b].expires_ms;
    if (left != right) {
        return left < right;
    }
    return lots[a].id != lots[b].id ? lots[a].id < lots[b].id : a < b;
}

/* Mature lots that have not expired, in the order of spending: as many as the outcome can still name. */
static size_t usable(const struct vn_quote_work *work, const struct vn_purse *purse,
                     uint16_t order[VN_LOTS_MAX])
{
    int64_t now = work->input->basket->started_ms;
    size_t count = 0;
    for (unsigned i = 0; i < purse->lot_count && i < VN_LOTS_MAX; i++) {
        const struct vn_lot *lot = &purse->lots[i];
        if (lot->amount > 0 && lot->matures_ms <= now && (lot->expires_ms == 0 || now < lot->expires_ms)) {
            order[count++] = (uint16_t)i;
        }
    }
    vn_sort_order(order, count, sooner, purse->lots);
    size_t room = VN_LOT_USES_MAX - work->out->lot_use_count;
    return count < room ? count : room;
}

int64_t vn_lots_spendable(const struct vn_quote_work *work, const struct vn_purse *purse)
{
    int64_t points = purse->balance > 0 ? purse->balance : 0;
    if (purse->lot_count > 0) {
        uint16_t order[VN_LOTS_MAX];
        size_t count = usable(work, purse, order);
        int64_t in_lots = 0; /* what is beyond the balance adds nothing, so the sum stops there */
        for (size_t i = 0; i < count && in_lots < points; i++) {
            int64_t amount = purse->lots[order[i]].amount;
            in_lots += amount < points - in_lots ? amount : points - in_lots;
        }
        points = in_lots;
    }
    int64_t debt = purse->debt > 0 ? purse->debt : 0;
    return points > debt ? points - debt : 0;
}

void vn_lots_use(struct vn_quote_work *work, const struct vn_purse *purse, int64_t points)
{
    uint16_t order[VN_LOTS_MAX];
    size_t count = usable(work, purse, order);
    for (size_t i = 0; i < count && points > 0; i++) {
        const struct vn_lot *lot = &purse->lots[order[i]];
        struct vn_lot_use *row = &work->out->lot_uses[work->out->lot_use_count++];
        memset(row, 0, sizeof *row);
        (void)snprintf(row->account, sizeof row->account, "%s", purse->account);
        row->lot = lot->id;
        row->amount = lot->amount < points ? lot->amount : points;
        points -= row->amount;
    }
}
