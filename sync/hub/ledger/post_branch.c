/* Entries of a journal that branched off: sales that the hub does not know yet, whatever became of the others. */
#include "sync/hub/ledger/post_work.h"

static bool is_committed(const struct vn_sale_row *sale)
{
    return sale->id != 0 && (sale->commit_seq != 0 || sale->state > VN_SALE_USED);
}

static bool is_undone(const struct vn_sale_row *sale)
{
    return sale->id != 0 && (sale->state == VN_SALE_VOIDED || sale->state == VN_SALE_RETURNED);
}

enum vn_status vn_apply_branch(struct vn_apply *apply)
{
    const struct vn_prepared *entry = apply->entry;
    struct vn_branch_tally *tally = apply->tally;
    struct vn_post_sale *sale = NULL;
    *tally = (struct vn_branch_tally){.points = 0};
    if (!entry->has_sale ||
        (entry->kind != VN_ENTRY_COMMIT && entry->kind != VN_ENTRY_VOID && entry->kind != VN_ENTRY_RETURN)) {
        return VN_OK;
    }
    enum vn_status status = vn_post_sale(apply->turn.post, apply->enrolment->till, &entry->sale, &sale);
    if (status != VN_OK) {
        return status;
    }
    switch (entry->kind) {
    case VN_ENTRY_COMMIT:
        tally->known = is_committed(&sale->row);
        tally->differs = tally->known && entry->points != sale->row.points_earned - sale->row.points_spent;
        tally->posted = !tally->known;
        return tally->known ? VN_OK : vn_apply_commit(apply);
    case VN_ENTRY_VOID: return is_undone(&sale->row) ? VN_OK : vn_apply_void(apply);
    default: return vn_apply_return(apply);
    }
}

void vn_branch_count(struct vn_branch_row *branch, const struct vn_branch_tally *tally)
{
    branch->sales += tally->posted ? 1 : 0;
    branch->known += tally->known ? 1 : 0;
    branch->differing += tally->differs ? 1 : 0;
    branch->points += tally->points;
    branch->coupons += tally->coupons;
}
