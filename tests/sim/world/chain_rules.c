#include <stdlib.h>

#include "tests/sim/world/chain.h"

static const char *const promotions[SIM_LIMITED] = {"coupon-100", "stamped", "daily", "first",
                                                    "birthday",   "risky",   "count", "budget"};

const char *sim_promotion(enum sim_limited limited)
{
    return promotions[limited];
}

static const char header[] = /* number, offset, days until points mature and expire */
    "{\"ruleset\":%lld,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":%d,\"law\":\"rs\","
    "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":10,\"spend_step\":5,"
    "\"spend_share_bp\":5000,\"matures_days\":%lld,\"expires_days\":%lld},"
    "\"earning\":{\"points\":1,\"per_minor\":1000},"
    "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"best\"},"
    "{\"id\":\"stamps\",\"stage\":\"units\",\"base\":\"running\",\"choice\":\"all\"},"
    "{\"id\":\"receipt\",\"stage\":\"basket\",\"base\":\"running\",\"choice\":\"all\"},"
    "{\"id\":\"coupons\",\"stage\":\"coupons\",\"base\":\"running\",\"choice\":\"all\"},"
    "{\"id\":\"earning\",\"stage\":\"earning\",\"base\":\"running\",\"choice\":\"all\"}],"
    "\"cards\":[{\"prefix\":\"2990\",\"length\":13}],\"coupons\":[{\"prefix\":\"2991\",\"length\":13}]}\n";

/* Of those that have a limit only what members get: a receipt that the agent first sees when it is committed has none. */
static const char lasting[] =
    "{\"id\":\"coffee-10\",\"group\":\"shelf\",\"priority\":20,"
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":{\"tags\":[\"coffee\"]}}}\n"
    "{\"id\":\"stamp\",\"group\":\"earning\",\"who\":{\"kind\":\"members\"},"
    "\"then\":{\"kind\":\"stamp\",\"card\":\"" SIM_STAMP_CARD "\",\"selector\":{\"tags\":[\"coffee\"]}}}\n"
    "{\"id\":\"bonus-5\",\"group\":\"earning\",\"who\":{\"kind\":\"members\"},"
    "\"then\":{\"kind\":\"points_bonus\",\"points\":5}}\n"
    "{\"id\":\"coupon-100\",\"group\":\"coupons\",\"if\":{\"coupon\":true},"
    "\"then\":{\"kind\":\"amount_off\",\"amount_minor\":1000}}\n"
    "{\"id\":\"daily\",\"group\":\"receipt\",\"who\":{\"kind\":\"members\"},"
    "\"limits\":{\"member\":{\"count\":1,\"period\":\"day\"}},"
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":300}}\n"
    "{\"id\":\"first\",\"group\":\"earning\",\"who\":{\"kind\":\"members\",\"first_purchase\":true},"
    "\"then\":{\"kind\":\"points_bonus\",\"points\":50}}\n"
    "{\"id\":\"birthday\",\"group\":\"receipt\",\"who\":{\"kind\":\"members\",\"birthday\":"
    "{\"days_before\":2,\"days_after\":2}},\"then\":{\"kind\":\"percent_off\",\"rate_bp\":500}}\n"
    "{\"id\":\"risky\",\"group\":\"receipt\",\"who\":{\"kind\":\"members\"},\"offline\":\"risk\","
    "\"limits\":{\"member\":{\"count\":1,\"period\":\"ever\"}},"
    "\"then\":{\"kind\":\"amount_off\",\"amount_minor\":700}}\n";

static void put(enum vn_status status)
{
    if (status != VN_OK) {
        abort();
    }
}

void sim_ruleset(int64_t number, const struct sim_terms *terms, struct vn_buf *out)
{
    put(vn_buf_printf(out, header, (long long)number, SIM_OFFSET_MIN, (long long)terms->matures_days,
                      (long long)terms->expires_days));
    put(vn_buf_append(out, vn_view_str(lasting)));
    put(vn_buf_printf(
        out,
        "{\"id\":\"stamped\",\"group\":\"stamps\",\"who\":{\"kind\":\"members\"},\"if\":{\"stamps\":"
        "{\"card\":\"" SIM_STAMP_CARD "\",\"count\":%d}},\"limits\":{\"per_receipt\":1},"
        "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":10000,"
        "\"selector\":{\"tags\":[\"coffee\"]}}}\n"
        "{\"id\":\"budget\",\"group\":\"receipt\",\"who\":{\"kind\":\"members\"},"
        "\"limits\":{\"all\":{\"budget_minor\":%lld}},\"then\":{\"kind\":\"percent_off\","
        "\"rate_bp\":1000,\"selector\":{\"tags\":[\"other\"]}}}\n",
        SIM_STAMPS, (long long)terms->budget_minor));
    if (number < terms->count_until) {
        put(vn_buf_printf(out,
                          "{\"id\":\"count\",\"group\":\"receipt\",\"who\":{\"kind\":\"members\"},"
                          "\"limits\":{\"all\":{\"count\":%lld}},"
                          "\"then\":{\"kind\":\"amount_off\",\"amount_minor\":500}}\n",
                          (long long)terms->count));
    }
}
