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

/* It is open, and not again by now in the journal that goes on. */
static bool is_held(const struct vn_apply *apply, const struct vn_sale_row *sale)
{
    return sale->id != 0 && sale->state == VN_SALE_HELD && sale->enrolment != apply->successor;
}

/* A hold that was cancelled, or that the next receipt found open: what it took was used then. It was told in this journal, or in
 * the part that the hub had of it, where it holds rights. */
static enum vn_status end_hold(struct vn_apply *apply, const struct vn_sale_row *sale,
                               enum vn_hub_sale_state state)
{
    int64_t holder = sale->enrolment;
    enum vn_status status = vn_apply_open(apply); /* from now on it is of this journal */
    if (status == VN_OK && state == VN_SALE_USED) {
        status = vn_apply_use_hold(apply, holder);
        vn_apply_flag(&apply->sale->row, "branch");
    }
    if (status == VN_OK) {
        status = vn_apply_free_elsewhere(apply);
    }
    apply->sale->row.state = state;
    apply->sale->row.points_earned = 0;
    return status == VN_OK ? vn_apply_close(apply) : status;
}

static bool concerns_a_sale(const struct vn_prepared *entry)
{
    return entry->has_sale && (entry->kind == VN_ENTRY_HOLD || entry->kind == VN_ENTRY_CANCEL ||
                               entry->kind == VN_ENTRY_COMMIT || entry->kind == VN_ENTRY_USED ||
                               entry->kind == VN_ENTRY_VOID || entry->kind == VN_ENTRY_RETURN);
}

enum vn_status vn_apply_branch(struct vn_apply *apply)
{
    const struct vn_prepared *entry = apply->entry;
    struct vn_branch_tally *tally = apply->tally;
    struct vn_post_sale *sale = NULL;
    *tally = (struct vn_branch_tally){.points = 0};
    if (!concerns_a_sale(entry)) {
        return VN_OK;
    }
    enum vn_status status = vn_post_sale(apply->turn.post, apply->enrolment->till, &entry->sale, &sale);
    if (status != VN_OK) {
        return status;
    }
    const bool over = sale->row.id != 0 && sale->row.state != VN_SALE_CANCELLED;
    switch (entry->kind) {
    case VN_ENTRY_HOLD: return over && !is_held(apply, &sale->row) ? VN_OK : vn_apply_hold(apply);
    case VN_ENTRY_CANCEL:
        return is_held(apply, &sale->row) ? end_hold(apply, &sale->row, VN_SALE_CANCELLED) : VN_OK;
    case VN_ENTRY_USED: return is_held(apply, &sale->row) ? end_hold(apply, &sale->row, VN_SALE_USED) : VN_OK;
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
