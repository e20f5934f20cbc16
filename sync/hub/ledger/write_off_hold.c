/* Holds of a till that is gone: they will not be heard of. What they held is at the till's hand again, and goes with the rest. */
#include "sync/hub/ledger/write_off_work.h"

struct holding {
    const struct vn_write_off *write_off;
    struct vn_sale_key sales[VN_WRITE_OFF_UNIT];
    int64_t last;
    unsigned count, at; /* the one under way */
};

static enum vn_status on_sale(void *ctx, int64_t sale, const struct vn_sale_key *key)
{
    struct holding *self = ctx;
    self->sales[self->count++] = *key;
    self->last = sale;
    return VN_OK;
}

static enum vn_status end_hold(const struct vn_write_off *self, const struct vn_turn *turn,
                               const struct vn_sale_hold *hold, struct vn_sale_rest *rest)
{
    const int64_t account = hold->account; /* it is forgotten in between */
    struct vn_post_claim *claim = NULL;
    enum vn_status status = vn_post_unhold(turn, hold, rest);
    if (status == VN_OK && self->late) {
        status = vn_post_claim(turn->post, self->row->id, account, &claim);
    }
    return status == VN_OK && self->late ? vn_write_off_claim(self, turn, claim) : status;
}

static enum vn_status run_sale(struct vn_post *post, void *ctx)
{
    struct holding *self = ctx;
    const struct vn_turn turn = vn_write_off_turn(self->write_off);
    const struct vn_enrolment_row *row = self->write_off->row;
    struct vn_post_sale *sale = NULL;
    struct vn_sale_rest *rest = &post->rest;
    bool ended = false;
    enum vn_status status = vn_post_sale(post, row->till, &self->sales[self->at], &sale);
    if (status == VN_OK) {
        status = vn_sale_rest_read(sale->row.rest, rest);
    }
    for (unsigned i = status == VN_OK ? rest->hold_count : 0; i-- > 0 && status == VN_OK;) {
        if (rest->holds[i].enrolment == row->id) {
            status = end_hold(self->write_off, &turn, &rest->holds[i], rest);
            ended = true;
        }
    }
    if (status != VN_OK || (!ended && sale->row.enrolment != row->id)) {
        return status; /* it is another enrolment's */
    }
    status = vn_post_touch_sale(post, sale);
    sale->row.state = rest->hold_count == 0 ? VN_SALE_CANCELLED : sale->row.state;
    vn_buf_clear(&post->packed);
    if (status == VN_OK) {
        status = vn_sale_rest_write(rest, &post->packed);
    }
    return status == VN_OK ? vn_post_keep(post, vn_buf_view(&post->packed), &sale->row.rest) : status;
}

enum vn_status vn_write_off_holds(const struct vn_write_off *self, int64_t *after, unsigned *count)
{
    struct holding holding = {.write_off = self};
    enum vn_status status = vn_storage_sales_held(self->post->storage, self->row->till, *after,
                                                  VN_WRITE_OFF_UNIT, on_sale, &holding);
    for (holding.at = 0; holding.at < holding.count && status == VN_OK; holding.at++) {
        status = vn_post_once(self->post, run_sale, &holding);
    }
    *after = holding.count > 0 ? holding.last : *after;
    *count = holding.count;
    return status;
}
