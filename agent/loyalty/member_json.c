/* Members, coupons and choices as JSON; defaults are left out, as in loyalty_json.c. */
#include <string.h>

#include "agent/loyalty/json_write.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/rules/schema.h"

#define POINTS_MAX VN_AMOUNT_MAX

/* A list of texts of `size` bytes each, one after the other from `first`. */
static void read_words(const struct vn_json_in *in, const char *key, size_t max, char *first, size_t size,
                       unsigned *count_out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, key, VN_OPTIONAL, max, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, NULL, VN_REQUIRED, first + i * size, size);
    }
    *count_out = (unsigned)count;
}

static json_t *write_words(const char *first, size_t size, unsigned count)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < count; i++) {
        vn_json_append(&list, json_string(first + i * size));
    }
    return vn_json_out_end(&list);
}

static void read_lots(const struct vn_json_in *in, struct vn_lot lots[VN_LOTS_MAX], unsigned *count_out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "lots", VN_OPTIONAL, VN_LOTS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_lot *lot = &lots[i];
        vn_json_int(&at, "id", VN_REQUIRED, 0, INT64_MAX, &lot->id);
        vn_json_int(&at, "amount", VN_REQUIRED, 0, POINTS_MAX, &lot->amount);
        vn_json_int(&at, "earned_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &lot->earned_ms);
        vn_json_int(&at, "matures_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &lot->matures_ms);
        vn_json_int(&at, "expires_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &lot->expires_ms);
    }
    *count_out = (unsigned)count;
}

static json_t *write_lots(const struct vn_lot *lots, unsigned count)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_int(&row, "id", lots[i].id);
        vn_json_put_int(&row, "amount", lots[i].amount);
        vn_json_put_int_unless(&row, "earned_ms", lots[i].earned_ms, 0);
        vn_json_put_int_unless(&row, "matures_ms", lots[i].matures_ms, 0);
        vn_json_put_int_unless(&row, "expires_ms", lots[i].expires_ms, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static void read_counters(const struct vn_json_in *in, struct vn_member *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "counters", VN_OPTIONAL, VN_COUNTERS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, "account", VN_REQUIRED, out->counters[i].account, VN_ID_MAX);
        vn_json_int(&at, "value", VN_REQUIRED, -POINTS_MAX, POINTS_MAX, &out->counters[i].value);
    }
    out->counter_count = (unsigned)count;
}

/* Points of one account must not be spent from two wallets. */
static bool stands_before(const struct vn_member *member, size_t at)
{
    const struct vn_member_wallet *wallet = &member->wallets[at];
    bool same = wallet->account[0] != '\0' && strcmp(wallet->account, member->account) == 0;
    for (size_t i = 0; i < at && !same; i++) {
        const struct vn_member_wallet *other = &member->wallets[i];
        same = strcmp(wallet->id, other->id) == 0 ||
               (wallet->account[0] != '\0' && strcmp(wallet->account, other->account) == 0);
    }
    return same;
}

static void read_wallets(const struct vn_json_in *in, struct vn_member *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "wallets", VN_OPTIONAL, VN_WALLETS_MAX - 1, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_member_wallet *wallet = &out->wallets[i];
        vn_json_str(&at, "id", VN_REQUIRED, wallet->id, sizeof wallet->id);
        vn_json_str(&at, "account", VN_OPTIONAL, wallet->account, sizeof wallet->account);
        vn_json_int(&at, "balance", VN_OPTIONAL, -POINTS_MAX, POINTS_MAX, &wallet->balance);
        read_lots(&at, wallet->lots, &wallet->lot_count);
        if (stands_before(out, i)) {
            vn_json_refuse(&list, NULL,
                           "a member has each wallet and each account once: take one of them out");
        }
    }
    out->wallet_count = (unsigned)count;
}

/* What the hub knows of a member beside his card. */
static void read_history(const struct vn_json_in *in, struct vn_member *out)
{
    vn_json_str(in, "id", VN_OPTIONAL, out->id, sizeof out->id);
    vn_json_str(in, "household", VN_OPTIONAL, out->household, sizeof out->household);
    vn_json_str(in, "operator", VN_OPTIONAL, out->operator_id, sizeof out->operator_id);
    vn_json_bool(in, "staff", VN_OPTIONAL, &out->staff);
    vn_json_bool(in, "referred", VN_OPTIONAL, &out->referred);
    vn_json_int(in, "as_of_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &out->as_of_ms);
    vn_json_int(in, "joined_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &out->joined_ms);
    vn_json_int(in, "last_visit_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &out->last_visit_ms);
    vn_json_int(in, "visits", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->visits);
    vn_json_int(in, "qualifying", VN_OPTIONAL, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &out->qualifying);
    vn_json_int(in, "debt", VN_OPTIONAL, 0, POINTS_MAX, &out->debt);
    vn_json_int(in, "earned_today", VN_OPTIONAL, 0, POINTS_MAX, &out->earned_today);
    read_words(in, "clubs", VN_CLUBS_MAX, out->clubs[0], sizeof out->clubs[0], &out->club_count);
    read_counters(in, out);
    read_wallets(in, out);
}

void vn_member_read(const struct vn_json_in *in, struct vn_member *out)
{
    memset(out, 0, sizeof *out);
    if (!vn_schema_check(&vn_schema_member, in)) {
        return;
    }
    int64_t month = 0;
    int64_t day = 0;
    vn_json_bool(in, "known", VN_OPTIONAL, &out->known);
    vn_json_bool(in, "blocked", VN_OPTIONAL, &out->blocked);
    vn_json_str(in, "account", VN_OPTIONAL, out->account, sizeof out->account);
    vn_json_str(in, "first_name", VN_OPTIONAL, out->first_name, sizeof out->first_name);
    vn_json_str(in, "tier", VN_OPTIONAL, out->tier, sizeof out->tier);
    vn_json_int(in, "balance", VN_OPTIONAL, -POINTS_MAX, POINTS_MAX, &out->balance);
    vn_json_int(in, "lifetime_spend_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->lifetime_spend_minor);
    vn_json_int(in, "birth_month", VN_OPTIONAL, 0, 12, &month);
    vn_json_int(in, "birth_day", VN_OPTIONAL, 0, 31, &day);
    out->birth_month = (unsigned)month;
    out->birth_day = (unsigned)day;
    read_words(in, "segments", VN_SEGMENTS_MAX, out->segments[0], sizeof out->segments[0],
               &out->segment_count);
    read_lots(in, out->lots, &out->lot_count);
    read_history(in, out);
}

static json_t *write_counters(const struct vn_member *member)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < member->counter_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "account", member->counters[i].account);
        vn_json_put_int(&row, "value", member->counters[i].value);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_wallets(const struct vn_member *member)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < member->wallet_count; i++) {
        const struct vn_member_wallet *wallet = &member->wallets[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "id", wallet->id);
        vn_json_put_str_unless(&row, "account", wallet->account, "");
        vn_json_put_int_unless(&row, "balance", wallet->balance, 0);
        vn_json_put_unless_empty(&row, "lots", write_lots(wallet->lots, wallet->lot_count));
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static void write_history(struct vn_json_out *out, const struct vn_member *member)
{
    vn_json_put_str_unless(out, "id", member->id, "");
    vn_json_put_str_unless(out, "household", member->household, "");
    vn_json_put_str_unless(out, "operator", member->operator_id, "");
    vn_json_put_true(out, "staff", member->staff);
    vn_json_put_true(out, "referred", member->referred);
    vn_json_put_int_unless(out, "as_of_ms", member->as_of_ms, 0);
    vn_json_put_int_unless(out, "joined_ms", member->joined_ms, 0);
    vn_json_put_int_unless(out, "last_visit_ms", member->last_visit_ms, 0);
    vn_json_put_int_unless(out, "visits", member->visits, 0);
    vn_json_put_int_unless(out, "qualifying", member->qualifying, 0);
    vn_json_put_int_unless(out, "debt", member->debt, 0);
    vn_json_put_int_unless(out, "earned_today", member->earned_today, 0);
    vn_json_put_unless_empty(out, "clubs",
                             write_words(member->clubs[0], sizeof member->clubs[0], member->club_count));
    vn_json_put_unless_empty(out, "counters", write_counters(member));
    vn_json_put_unless_empty(out, "wallets", write_wallets(member));
}

json_t *vn_member_write(const struct vn_member *member)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_true(&out, "known", member->known);
    vn_json_put_true(&out, "blocked", member->blocked);
    vn_json_put_str_unless(&out, "account", member->account, "");
    vn_json_put_str_unless(&out, "first_name", member->first_name, "");
    vn_json_put_str_unless(&out, "tier", member->tier, "");
    vn_json_put_int_unless(&out, "balance", member->balance, 0);
    vn_json_put_int_unless(&out, "lifetime_spend_minor", member->lifetime_spend_minor, 0);
    vn_json_put_int_unless(&out, "birth_month", member->birth_month, 0);
    vn_json_put_int_unless(&out, "birth_day", member->birth_day, 0);
    vn_json_put_unless_empty(
        &out, "segments",
        write_words(member->segments[0], sizeof member->segments[0], member->segment_count));
    vn_json_put_unless_empty(&out, "lots", write_lots(member->lots, member->lot_count));
    write_history(&out, member);
    return vn_json_out_end(&out);
}

static void read_terms(const struct vn_json_in *in, struct vn_coupon *out)
{
    struct vn_json_in terms = vn_json_object(in, "terms", VN_OPTIONAL);
    if (terms.value == NULL) {
        return;
    }
    out->has_terms = true;
    vn_json_int(&terms, "off_bp", VN_OPTIONAL, 1, 10000, &out->off_bp);
    vn_json_int(&terms, "off_minor", VN_OPTIONAL, 1, VN_AMOUNT_MAX, &out->off_minor);
    vn_json_int(&terms, "least_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->least_minor);
    read_words(&terms, "codes", VN_COUPON_CODES_MAX, out->codes[0], sizeof out->codes[0], &out->code_count);
    if ((out->off_bp == 0) == (out->off_minor == 0)) {
        vn_json_refuse(&terms, NULL, "expected off_bp or off_minor, one of them");
    }
}

static void read_coupon(const struct vn_json_in *in, struct vn_coupon *out)
{
    /* terms of its own need no promotion */
    enum vn_json_need promotion = vn_json_has(in, "terms") ? VN_OPTIONAL : VN_REQUIRED;
    vn_json_str(in, "account", VN_OPTIONAL, out->account, sizeof out->account);
    vn_json_str(in, "promotion", promotion, out->promotion, sizeof out->promotion);
    vn_json_str(in, "label", VN_OPTIONAL, out->label, sizeof out->label);
    vn_json_bool(in, "single_use", VN_OPTIONAL, &out->single_use);
    vn_json_bool(in, "spent", VN_OPTIONAL, &out->spent);
    vn_json_int(in, "valid_from_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &out->valid_from_ms);
    vn_json_int(in, "valid_until_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &out->valid_until_ms);
    vn_json_str(in, "member", VN_OPTIONAL, out->member, sizeof out->member);
    read_terms(in, out);
}

void vn_coupon_read(const struct vn_json_in *in, struct vn_coupon *out)
{
    memset(out, 0, sizeof *out);
    if (vn_schema_check(&vn_schema_coupon, in)) {
        read_coupon(in, out);
    }
}

static json_t *write_terms(const struct vn_coupon *coupon)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_int_unless(&out, "off_bp", coupon->off_bp, 0);
    vn_json_put_int_unless(&out, "off_minor", coupon->off_minor, 0);
    vn_json_put_int_unless(&out, "least_minor", coupon->least_minor, 0);
    vn_json_put_unless_empty(&out, "codes",
                             write_words(coupon->codes[0], sizeof coupon->codes[0], coupon->code_count));
    return vn_json_out_end(&out);
}

json_t *vn_coupon_write(const struct vn_coupon *coupon)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_str_unless(&out, "account", coupon->account, "");
    if (!coupon->has_terms || coupon->promotion[0] != '\0') {
        vn_json_put_str(&out, "promotion", coupon->promotion);
    }
    vn_json_put_str_unless(&out, "label", coupon->label, "");
    vn_json_put_true(&out, "single_use", coupon->single_use);
    vn_json_put_true(&out, "spent", coupon->spent);
    vn_json_put_int_unless(&out, "valid_from_ms", coupon->valid_from_ms, 0);
    vn_json_put_int_unless(&out, "valid_until_ms", coupon->valid_until_ms, 0);
    vn_json_put_str_unless(&out, "member", coupon->member, "");
    if (coupon->has_terms) {
        vn_json_put(&out, "terms", write_terms(coupon));
    }
    return vn_json_out_end(&out);
}

void vn_choices_read(const struct vn_json_in *in, struct vn_choices *out)
{
    memset(out, 0, sizeof *out);
    if (in->value == NULL || !vn_schema_check(&vn_schema_choices, in)) { /* nothing was chosen */
        return;
    }
    vn_json_int(in, "spend_points", VN_OPTIONAL, 0, POINTS_MAX, &out->spend_points);
    size_t count = 0;
    struct vn_json_in spends = vn_json_array(in, "spends", VN_OPTIONAL, VN_WALLETS_MAX - 1, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&spends, i);
        vn_json_str(&at, "wallet", VN_REQUIRED, out->spends[i].wallet, sizeof out->spends[i].wallet);
        vn_json_int(&at, "points", VN_REQUIRED, 0, POINTS_MAX, &out->spends[i].points);
    }
    out->spend_count = (unsigned)count;
    struct vn_json_in coupons = vn_json_array(in, "coupons", VN_OPTIONAL, VN_COUPONS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&coupons, i);
        read_coupon(&at, &out->coupons[i]);
    }
    out->coupon_count = (unsigned)count;
}

json_t *vn_choices_write(const struct vn_choices *choices)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_int_unless(&out, "spend_points", choices->spend_points, 0);
    struct vn_json_out spends = vn_json_out_array();
    for (unsigned i = 0; i < choices->spend_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "wallet", choices->spends[i].wallet);
        vn_json_put_int(&row, "points", choices->spends[i].points);
        vn_json_append(&spends, vn_json_out_end(&row));
    }
    vn_json_put_unless_empty(&out, "spends", vn_json_out_end(&spends));
    struct vn_json_out coupons = vn_json_out_array();
    for (unsigned i = 0; i < choices->coupon_count; i++) {
        vn_json_append(&coupons, vn_coupon_write(&choices->coupons[i]));
    }
    vn_json_put_unless_empty(&out, "coupons", vn_json_out_end(&coupons));
    return vn_json_out_end(&out);
}
