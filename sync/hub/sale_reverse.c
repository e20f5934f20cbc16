/* Void and return: the opposite of what a sale did, from what was stored of it. */
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "sync/hub/sale_apply.h"

/* Takes back what `sale` earned, gives back what it used. */
static enum vn_status reverse(struct vn_apply *apply, struct vn_sale_row *sale, enum vn_hub_sale_state state,
                              bool to_rights)
{
    struct vn_give_back back = {.enrolment = apply->enrolment->id, .sale = sale->id};
    int64_t member = 0;
    enum vn_status status = VN_OK;
    if (sale->state != VN_SALE_COMMITTED && sale->state != VN_SALE_USED) {
        return vn_fail(apply->error, VN_CONFLICT, "the sale is %s", vn_sale_state_name(sale->state));
    }
    for (unsigned i = 0; to_rights && i < apply->entry->right_count; i++) {
        struct vn_right_want *want = &back.to_right[back.count++];
        memcpy(want->account, apply->entry->rights[i].account, sizeof want->account);
        want->granted = vn_apply_in(apply, i);
    }
    if (sale->account[0] != '\0' && sale->points_earned > 0) {
        status = vn_ledger_take_back(apply->storage, sale->account, sale->points_earned, &apply->cause);
    }
    if (status == VN_OK) {
        status = vn_ledger_give_back(apply->storage, &back, &apply->cause, apply->error);
    }
    if (status == VN_OK && sale->state == VN_SALE_COMMITTED && vn_account_member(sale->account, &member)) {
        status = vn_storage_member_spent(apply->storage, member, sale->discount_minor - sale->total_minor);
        if (status == VN_OK) {
            status = vn_ledger_changed(apply->storage, sale->account, apply->cause.enrolment);
        }
    }
    sale->state = state;
    return status == VN_OK ? vn_storage_sale_put(apply->storage, sale) : status;
}

enum vn_status vn_apply_void(struct vn_apply *apply)
{
    enum vn_status status = vn_apply_open(apply);
    if (status == VN_OK && apply->sale.id == 0) {
        return vn_fail(apply->error, VN_INPUT, "a void of a sale that is not known");
    }
    return status == VN_OK ? reverse(apply, &apply->sale, VN_SALE_VOIDED, true) : status;
}

/* The entry's sale key is the receipt that comes back (sync/wire/entry.h); the return's own receipt stays in the entry. */
enum vn_status vn_apply_return(struct vn_apply *apply)
{
    struct vn_sale_row original;
    const struct vn_sale_key *of = &apply->entry->sale;
    enum vn_status status = vn_storage_sale_get(apply->storage, apply->enrolment->till, of, &original);
    if (status == VN_ABSENT) {
        status = vn_storage_sale_find(apply->storage, of, &original);
    }
    if (status == VN_ABSENT) {
        return vn_fail(apply->error, VN_INPUT, "a return of a sale that is not known");
    }
    if (status == VN_CONFLICT) {
        return vn_fail(apply->error, VN_CONFLICT, "several tills have the sale that is returned");
    }
    return status == VN_OK ? reverse(apply, &original, VN_SALE_RETURNED, false) : status;
}
