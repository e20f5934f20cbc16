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

int64_t *vn_post_gone(struct vn_sale_rest *rest, int64_t account)
{
    for (unsigned i = 0; i < rest->gone_count; i++) {
        if (rest->gone[i].account == account) {
            return &rest->gone[i].amount;
        }
    }
    return NULL;
}

enum vn_status vn_post_gone_add(const struct vn_turn *turn, struct vn_sale_rest *rest, int64_t account,
                                int64_t amount)
{
    int64_t *gone = vn_post_gone(rest, account);
    if (gone != NULL) {
        *gone += amount;
        return VN_OK;
    }
    if (rest->gone_count == VN_SALE_GONE_MAX) {
        return vn_fail(turn->error, VN_INPUT, "the sale takes from more than %d accounts by right",
                       VN_SALE_GONE_MAX);
    }
    rest->gone[rest->gone_count++] = (struct vn_sale_gone){account, amount};
    return VN_OK;
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
