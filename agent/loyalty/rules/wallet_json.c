/* Points: the chain's own wallet, and the acceptance table of further ones. */
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/readers.h"

#define RETURN_GRACE_DAYS 30

static void read_spending(const struct vn_json_in *wallet, struct vn_ruleset *ruleset, struct vn_wallet *out)
{
    static const char *const ways[] = {"discount", "tender", NULL};
    int way = 0;
    int64_t share_bp = VN_BP_WHOLE;
    struct vn_json_in worth = vn_json_object(wallet, "worth", VN_OPTIONAL);
    if (worth.value != NULL) {
        vn_take_int(&worth, "points", &out->worth_minor_den);
        vn_take_int(&worth, "minor", &out->worth_minor_num);
    }
    vn_take_int(wallet, "spend_min", &out->spend_min_points);
    vn_take_int(wallet, "spend_step", &out->spend_step_points);
    vn_take_int(wallet, "spend_share_bp", &share_bp);
    vn_take_int(wallet, "spend_left_minor", &out->spend_left_minor);
    vn_take_word(wallet, "spent_as", ways, &way);
    vn_take_bool(wallet, "proof", &out->proof_needed);
    vn_take_int(wallet, "unproved_points", &out->unproved_points);
    out->excluded = vn_selector_read(wallet, "exclude", ruleset);
    out->spend_share_bp = (int32_t)share_bp;
    out->tender = way == 1;
}

static void read_wallet(const struct vn_json_in *wallet, struct vn_ruleset *ruleset, struct vn_wallet *out)
{
    int64_t exponent = 0;
    vn_take_int(wallet, "exponent", &exponent);
    out->exponent = (unsigned)exponent;
    read_spending(wallet, ruleset, out);
    vn_take_int(wallet, "earn_max_receipt", &out->earn_max_receipt);
    vn_take_int(wallet, "matures_days", &out->matures_days);
    vn_take_int(wallet, "expires_days", &out->expires_days);
    vn_take_int(wallet, "return_grace_days", &out->return_grace_days);
    if (!vn_json_failed(wallet) && out->expires_days > 0 && out->expires_days <= out->matures_days) {
        vn_json_refuse(wallet, "expires_days", "points expire before they mature");
    }
}

static void set_defaults(struct vn_wallet *out)
{
    out->worth_minor_den = 1;
    out->spend_step_points = 1;
    out->spend_share_bp = VN_BP_WHOLE;
    out->earn_per_minor = 1;
    out->return_grace_days = RETURN_GRACE_DAYS;
}

static void read_earning(const struct vn_json_in *in, struct vn_wallet *out)
{
    struct vn_json_in earning = vn_json_object(in, "earning", VN_OPTIONAL);
    if (earning.value != NULL) {
        vn_take_int(&earning, "points", &out->earn_points);
        vn_take_int(&earning, "per_minor", &out->earn_per_minor);
    }
}

void vn_wallets_read(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    ruleset->wallet_count = 1;
    set_defaults(&ruleset->wallets[0]);
    struct vn_json_in wallet = vn_json_object(in, "wallet", VN_OPTIONAL);
    if (wallet.value != NULL) {
        read_wallet(&wallet, ruleset, &ruleset->wallets[0]);
        vn_take_int(&wallet, "earn_max_day", &ruleset->wallets[0].earn_max_day);
    }
    read_earning(in, &ruleset->wallets[0]);
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "wallets", VN_OPTIONAL, VN_WALLETS_MAX - 1, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_wallet *out = &ruleset->wallets[ruleset->wallet_count];
        set_defaults(out);
        vn_json_str(&at, "id", VN_REQUIRED, out->id, sizeof out->id);
        for (unsigned other = 0; other < ruleset->wallet_count && !vn_json_failed(in); other++) {
            if (strcmp(ruleset->wallets[other].id, out->id) == 0) {
                vn_json_fail(&at, "id", "an id of its own"); /* the empty one is the first wallet's */
            }
        }
        read_wallet(&at, ruleset, out);
        read_earning(&at, out);
        ruleset->wallet_count++;
    }
}
