/* What a sale used, as its row keeps it. */
#include "sync/hub/ledger/post_work.h"

int64_t vn_post_use_sum(const struct vn_sale_rest *rest, int64_t account)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < rest->use_count; i++) {
        sum += rest->uses[i].account == account ? rest->uses[i].amount : 0;
    }
    return sum;
}

enum vn_status vn_post_use_add(const struct vn_turn *turn, struct vn_sale_rest *rest,
                               const struct vn_sale_use *use)
{
    for (unsigned i = 0; i < rest->use_count; i++) {
        struct vn_sale_use *at = &rest->uses[i];
        if (at->account == use->account && at->lot == use->lot && at->by_right == use->by_right) {
            at->amount += use->amount;
            return VN_OK;
        }
    }
    if (rest->use_count == VN_SALE_USES_MAX) {
        return vn_fail(turn->error, VN_INPUT, "the sale takes from more than %d lots", VN_SALE_USES_MAX);
    }
    rest->uses[rest->use_count++] = *use;
    return VN_OK;
}
