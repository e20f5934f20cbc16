/* Receipts that came out otherwise when they were quoted again, and what was not judged. */
#include "sync/hub/api/report.h"
#include "sync/hub/requote/requote.h"

static json_t *figures(const struct vn_differing_row *row, int which)
{
    return json_pack("{s:I, s:I, s:I}", "points_earned", (json_int_t)row->earned[which], "points_spent",
                     (json_int_t)row->spent[which], "discount_minor", (json_int_t)row->discount_minor[which]);
}

static enum vn_status add_row(void *ctx, const struct vn_differing_row *row)
{
    json_t *one =
        json_pack("{s:s, s:[s,s,s], s:I, s:I, s:I, s:o, s:o, s:s, s:s}", "till", row->till, "sale",
                  row->sale.pos, row->sale.date, row->sale.receipt, "seq", (json_int_t)row->seq, "at_ms",
                  (json_int_t)row->at_ms, "found_ms", (json_int_t)row->found_ms, "till_says", figures(row, 0),
                  "comes_out", figures(row, 1), "pointer", row->pointer, "text", row->text);
    return json_array_append_new(ctx, one) == 0 ? VN_OK : VN_NOMEM;
}

static json_t *not_judged(const struct vn_requote_totals *totals)
{
    json_t *sums = json_object();
    for (unsigned i = VN_REQUOTED_UNREADABLE; i < VN_REQUOTED_SUMS; i++) {
        if (totals->sums[i] > 0) {
            (void)json_object_set_new(sums, vn_requoted_name(i), json_integer((json_int_t)totals->sums[i]));
        }
    }
    return sums;
}

enum vn_status vn_report_differing(struct vn_hub *hub, const char *till, json_t **out)
{
    struct vn_requote_totals totals;
    json_t *list = json_array();
    *out = NULL;
    enum vn_status status = list == NULL ? VN_NOMEM : vn_requote_totals(hub, &totals);
    if (status == VN_OK) {
        status = vn_storage_differing(hub->storage, till, add_row, list);
    }
    if (status != VN_OK) {
        json_decref(list);
        return status;
    }
    int64_t differ = totals.sums[VN_REQUOTED_DIFFERS];
    int64_t checked = totals.sums[VN_REQUOTED_SAME] + differ;
    *out =
        json_pack("{s:I, s:I, s:o, s:I, s:o}", "checked", (json_int_t)checked, "differ", (json_int_t)differ,
                  "not_judged", not_judged(&totals), "behind", (json_int_t)totals.lag, "differing", list);
    return *out == NULL ? VN_NOMEM : VN_OK;
}
