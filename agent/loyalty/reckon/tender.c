/* Points that pay and lower no price: the tax stays on the full amount, and what they paid earns nothing. */
#include "agent/loyalty/reckon/points.h"

enum vn_status vn_tender_pay(struct vn_quote_work *work, int64_t minor)
{
    enum vn_status status = vn_spread_over_picks_by(work, minor, vn_unit_unpaid);
    for (size_t i = 0; i < work->pick_count && status == VN_OK; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        unit->paid_minor += unit->off_minor;
    }
    return status;
}
