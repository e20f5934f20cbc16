/* Branches: what tills handed in of journals that the hub had otherwise, or not at all. */
#include "sync/hub/api/report.h"
#include "sync/hub/storage/branch.h"

static json_t *branch_json(const struct vn_branch_row *branch, const struct vn_enrolment_row *row)
{
    char old[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(branch->enrolment.bytes, VN_ID_BYTES), old);
    return json_pack("{s:I, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "branch",
                     (json_int_t)branch->id, "store", row->store, "till", row->till, "enrolment", old,
                     "enrolment_known", branch->origin != 0, "opened_ms", (json_int_t)branch->opened_ms,
                     "from_seq", (json_int_t)branch->from_seq, "high_seq", (json_int_t)row->high_seq,
                     "posted_seq", (json_int_t)row->posted_seq, "quarantined", (json_int_t)row->quarantined,
                     "sales", (json_int_t)branch->sales, "known", (json_int_t)branch->known, "differing",
                     (json_int_t)branch->differing, "lost_points", (json_int_t)branch->points, "lost_coupons",
                     (json_int_t)branch->coupons);
}

struct list {
    struct vn_hub *hub;
    json_t *rows;
};

static enum vn_status add_branch(void *ctx, const struct vn_branch_row *branch)
{
    struct list *self = ctx;
    struct vn_enrolment_row row;
    enum vn_status status = vn_storage_enrolment_by_number(self->hub->storage, branch->id, &row);
    return status != VN_OK                                                     ? status
           : json_array_append_new(self->rows, branch_json(branch, &row)) == 0 ? VN_OK
                                                                               : VN_NOMEM;
}

enum vn_status vn_report_branches(struct vn_hub *hub, json_t **out)
{
    struct list self = {hub, json_array()};
    enum vn_status status = vn_storage_branches(hub->storage, add_branch, &self);
    *out = status == VN_OK ? json_pack("{s:O}", "branches", self.rows) : NULL;
    json_decref(self.rows);
    return status == VN_OK && *out == NULL ? VN_NOMEM : status;
}

struct sales {
    int64_t branch;
    json_t *rows;
};

static enum vn_status add_sale(void *ctx, const struct vn_sale_row *sale)
{
    struct sales *self = ctx;
    if (sale->enrolment != self->branch) {
        return VN_OK;
    }
    json_t *one = json_pack("{s:[s,s,s], s:s, s:I, s:I, s:I, s:s}", "sale", sale->key.pos, sale->key.date,
                            sale->key.receipt, "state", vn_sale_state_name(sale->state), "total_minor",
                            (json_int_t)sale->total_minor, "points_earned", (json_int_t)sale->points_earned,
                            "points_spent", (json_int_t)sale->points_spent, "flags", sale->flags);
    return json_array_append_new(self->rows, one) == 0 ? VN_OK : VN_NOMEM;
}

enum vn_status vn_report_branch(struct vn_hub *hub, int64_t number, json_t **out, struct vn_error *error)
{
    struct vn_branch_row branch;
    struct vn_enrolment_row row;
    struct sales self = {number, json_array()};
    *out = NULL;
    enum vn_status status = vn_storage_branch_get(hub->storage, number, &branch);
    if (status == VN_ABSENT) {
        status = vn_fail(error, status, "there is no branch %lld", (long long)number);
    }
    if (status == VN_OK) {
        status = vn_storage_enrolment_by_number(hub->storage, number, &row);
    }
    if (status == VN_OK) {
        status = vn_storage_sales(hub->storage, row.till, add_sale, &self);
    }
    if (status == VN_OK) {
        *out = branch_json(&branch, &row);
        status = *out != NULL && json_object_set(*out, "taken", self.rows) == 0 ? VN_OK : VN_NOMEM;
    }
    json_decref(self.rows);
    return status;
}
