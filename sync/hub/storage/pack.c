#include "sync/hub/storage/pack.h"

#include <string.h>

#include "sync/hub/storage/book.h"

#define VERSION           1
#define VERSION_ELSEWHERE 2 /* with what is known of a sale that came back elsewhere */
#define VERSION_CUT       3 /* and of one whose stamps were cut */

enum { STATE_ELSEWHERE = 1, STATE_AGAIN = 2 };

static enum vn_status put(struct vn_buf *out, const int64_t *values, size_t count)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        status = vn_pack_int(out, values[i]);
    }
    return status;
}

static enum vn_status put_uses(const struct vn_sale_rest *rest, struct vn_buf *out)
{
    enum vn_status status = vn_pack_int(out, rest->hold_count);
    for (unsigned i = 0; i < rest->hold_count && status == VN_OK; i++) {
        const struct vn_sale_hold *hold = &rest->holds[i];
        status = put(out, (const int64_t[]){hold->enrolment, hold->account, hold->amount}, 3);
    }
    if (status == VN_OK) {
        status = vn_pack_int(out, rest->use_count);
    }
    for (unsigned i = 0; i < rest->use_count && status == VN_OK; i++) {
        const struct vn_sale_use *use = &rest->uses[i];
        status = put(out, (const int64_t[]){use->account, use->lot, use->amount, use->by_right ? 1 : 0}, 4);
    }
    return status;
}

static enum vn_status put_back(const struct vn_sale_rest *rest, struct vn_buf *out)
{
    enum vn_status status = vn_pack_int(out, rest->earned_count);
    for (unsigned i = 0; i < rest->earned_count && status == VN_OK; i++) {
        status = put(out, (const int64_t[]){rest->earned[i].account, rest->earned[i].amount}, 2);
    }
    if (status == VN_OK) {
        status = vn_pack_int(out, rest->back_count);
    }
    for (unsigned i = 0; i < rest->back_count && status == VN_OK; i++) {
        status = put(out, (const int64_t[]){rest->back[i].line_id, rest->back[i].qty_milli}, 2);
    }
    return status == VN_OK ? vn_pack_int(out, rest->charged_minor) : status;
}

static enum vn_status put_elsewhere(const struct vn_sale_rest *rest, struct vn_buf *out)
{
    int64_t state = (rest->elsewhere ? STATE_ELSEWHERE : 0) + (rest->again ? STATE_AGAIN : 0);
    enum vn_status status = put(out, (const int64_t[]){state, rest->gone_count}, 2);
    for (unsigned i = 0; i < rest->gone_count && status == VN_OK; i++) {
        status = put(out, (const int64_t[]){rest->gone[i].account, rest->gone[i].amount}, 2);
    }
    return status;
}

enum vn_status vn_sale_rest_write(const struct vn_sale_rest *rest, struct vn_buf *out)
{
    bool elsewhere = rest->elsewhere || rest->again || rest->gone_count > 0 || rest->cut;
    if (rest->hold_count + rest->use_count + rest->earned_count + rest->back_count == 0 &&
        rest->charged_minor == 0 && !elsewhere) {
        return VN_OK;
    }
    enum vn_status status = vn_pack_int(out, rest->cut   ? VERSION_CUT
                                             : elsewhere ? VERSION_ELSEWHERE
                                                         : VERSION);
    if (status == VN_OK) {
        status = put_uses(rest, out);
    }
    if (status == VN_OK) {
        status = put_back(rest, out);
    }
    if (status == VN_OK && elsewhere) {
        status = put_elsewhere(rest, out);
    }
    return status == VN_OK && rest->cut ? vn_pack_int(out, rest->stamps) : status;
}

static void take_elsewhere(struct vn_unpack *in, struct vn_sale_rest *out)
{
    unsigned state = vn_unpack_count(in, STATE_ELSEWHERE + STATE_AGAIN);
    out->elsewhere = (state & STATE_ELSEWHERE) != 0;
    out->again = (state & STATE_AGAIN) != 0;
    out->gone_count = vn_unpack_count(in, VN_SALE_GONE_MAX);
    for (unsigned i = 0; i < out->gone_count; i++) {
        out->gone[i].account = vn_unpack_int(in);
        out->gone[i].amount = vn_unpack_int(in);
    }
}

enum vn_status vn_sale_rest_read(struct vn_view packed, struct vn_sale_rest *out)
{
    struct vn_unpack in = {.rest = packed};
    out->hold_count = out->use_count = out->earned_count = out->back_count = 0;
    out->charged_minor = 0;
    out->elsewhere = out->again = out->cut = false;
    out->gone_count = 0;
    out->stamps = 0;
    if (packed.len == 0) {
        return VN_OK;
    }
    int64_t version = vn_unpack_int(&in);
    if (version < VERSION || version > VERSION_CUT) {
        return VN_CORRUPT;
    }
    out->hold_count = vn_unpack_count(&in, VN_SALE_HOLDS_MAX);
    for (unsigned i = 0; i < out->hold_count; i++) {
        out->holds[i].enrolment = vn_unpack_int(&in);
        out->holds[i].account = vn_unpack_int(&in);
        out->holds[i].amount = vn_unpack_int(&in);
    }
    out->use_count = vn_unpack_count(&in, VN_SALE_USES_MAX);
    for (unsigned i = 0; i < out->use_count; i++) {
        out->uses[i].account = vn_unpack_int(&in);
        out->uses[i].lot = vn_unpack_int(&in);
        out->uses[i].amount = vn_unpack_int(&in);
        out->uses[i].by_right = vn_unpack_int(&in) == 1;
    }
    out->earned_count = vn_unpack_count(&in, VN_WALLETS_MAX);
    for (unsigned i = 0; i < out->earned_count; i++) {
        out->earned[i].account = vn_unpack_int(&in);
        out->earned[i].amount = vn_unpack_int(&in);
    }
    out->back_count = vn_unpack_count(&in, VN_LINES_MAX);
    for (unsigned i = 0; i < out->back_count; i++) {
        out->back[i].line_id = vn_unpack_int(&in);
        out->back[i].qty_milli = vn_unpack_int(&in);
    }
    out->charged_minor = vn_unpack_int(&in);
    if (version >= VERSION_ELSEWHERE) {
        take_elsewhere(&in, out);
    }
    if (version == VERSION_CUT) {
        out->cut = true;
        out->stamps = vn_unpack_int(&in);
    }
    return in.bad || in.rest.len != 0 ? VN_CORRUPT : VN_OK;
}

enum vn_status vn_late_read(struct vn_view packed, int64_t first, struct vn_late_days *out)
{
    struct vn_unpack in = {.rest = packed};
    unsigned count = packed.len == 0 ? 0 : vn_unpack_count(&in, VN_LATE_DAYS_MAX);
    out->count = 0;
    int64_t before = -1;
    for (unsigned i = 0; i < count; i++) {
        int64_t day = vn_unpack_int(&in);
        int64_t earned = vn_unpack_int(&in);
        in.bad = in.bad || day <= before || earned < 0;
        before = day;
        if (day >= first) {
            out->rows[out->count].day = day;
            out->rows[out->count++].earned = earned;
        }
    }
    return in.bad || in.rest.len != 0 ? VN_CORRUPT : VN_OK;
}

enum vn_status vn_late_write(const struct vn_late_days *days, struct vn_buf *out)
{
    enum vn_status status = days->count == 0 ? VN_OK : vn_pack_int(out, days->count);
    for (unsigned i = 0; i < days->count && status == VN_OK; i++) {
        status = put(out, (const int64_t[]){days->rows[i].day, days->rows[i].earned}, 2);
    }
    return status;
}

enum vn_status vn_slices_read(struct vn_view packed, struct vn_slices *out)
{
    struct vn_unpack in = {.rest = packed};
    out->count = packed.len == 0 ? 0 : vn_unpack_count(&in, VN_SLICES_MAX);
    for (unsigned i = 0; i < out->count; i++) {
        out->rows[i].lot = vn_unpack_int(&in);
        out->rows[i].amount = vn_unpack_int(&in);
    }
    return in.bad || in.rest.len != 0 ? VN_CORRUPT : VN_OK;
}

enum vn_status vn_slices_write(const struct vn_slices *slices, struct vn_buf *out)
{
    enum vn_status status = slices->count == 0 ? VN_OK : vn_pack_int(out, slices->count);
    for (unsigned i = 0; i < slices->count && status == VN_OK; i++) {
        status = put(out, (const int64_t[]){slices->rows[i].lot, slices->rows[i].amount}, 2);
    }
    return status;
}

enum vn_status vn_slices_add(struct vn_slices *slices, int64_t lot, int64_t delta)
{
    unsigned at = 0;
    while (at < slices->count && slices->rows[at].lot != lot) {
        at++;
    }
    if (at == slices->count) {
        if (at == VN_SLICES_MAX) {
            return VN_FULL;
        }
        slices->rows[slices->count].lot = lot;
        slices->rows[slices->count++].amount = 0;
    }
    slices->rows[at].amount += delta;
    if (slices->rows[at].amount == 0) {
        slices->count--;
        memmove(&slices->rows[at], &slices->rows[at + 1], (slices->count - at) * sizeof slices->rows[0]);
    }
    return VN_OK;
}

enum vn_status vn_moved_write(const struct vn_moved *moved, struct vn_buf *out)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < moved->count && status == VN_OK; i++) {
        status =
            put(out, (const int64_t[]){moved->rows[i].account, moved->rows[i].in, moved->rows[i].out}, 3);
    }
    return status;
}

enum vn_status vn_moved_read(struct vn_view packed, struct vn_moved *out)
{
    struct vn_unpack in = {.rest = packed};
    out->count = 0;
    while (in.rest.len > 0 && out->count < VN_RIGHTS_MAX) {
        out->rows[out->count].account = vn_unpack_int(&in);
        out->rows[out->count].in = vn_unpack_int(&in);
        out->rows[out->count++].out = vn_unpack_int(&in);
    }
    return in.bad || in.rest.len != 0 ? VN_CORRUPT : VN_OK;
}
