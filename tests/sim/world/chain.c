#include "tests/sim/world/chain.h"

#include <stdio.h>
#include <stdlib.h>

static void ean13(const char *prefix, unsigned number, char out[SIM_NUMBER_SIZE])
{
    unsigned sum = 0;
    (void)snprintf(out, SIM_NUMBER_SIZE, "%s%08u", prefix, number);
    for (unsigned i = 0; i < 12; i++) {
        sum += (unsigned)(out[i] - '0') * (i % 2 == 0 ? 1 : 3);
    }
    out[12] = (char)('0' + (10 - sum % 10) % 10);
    out[13] = '\0';
}

void sim_good(unsigned number, struct sim_good *out)
{
    ean13("8601", number + 1, out->code);
    (void)snprintf(out->name, sizeof out->name, "Good %u", number);
    out->price_minor = 4990 + 3700 * (int64_t)number;
}

void sim_card(unsigned member, bool second, char out[SIM_NUMBER_SIZE])
{
    ean13("2990", 2 * member + (second ? 1 : 0), out);
}

void sim_coupon(unsigned number, char out[SIM_NUMBER_SIZE])
{
    ean13("2991", number, out);
}

int64_t sim_opening(unsigned member)
{
    return member % 3 == 0 ? 0 : 200 + 50 * (int64_t)(member % 7);
}

static void put(enum vn_status status)
{
    if (status != VN_OK) {
        abort(); /* they are small */
    }
}

void sim_catalogue(struct vn_buf *out)
{
    for (unsigned i = 0; i < SIM_GOODS; i++) {
        struct sim_good good;
        sim_good(i, &good);
        put(vn_buf_printf(
            out,
            "{\"code\":\"%s\",\"name\":\"%s\",\"category\":\"food\",\"legal_class\":\"general\","
            "\"tax\":\"E\",\"price_minor\":%lld,\"tags\":[\"%s\"]}\n",
            good.code, good.name, (long long)good.price_minor, i % SIM_COFFEE == 0 ? "coffee" : "other"));
    }
}

void sim_members(unsigned count, struct vn_buf *out)
{
    for (unsigned i = 1; i <= count; i++) {
        char card[SIM_NUMBER_SIZE];
        char second[SIM_NUMBER_SIZE];
        sim_card(i, false, card);
        sim_card(i, true, second);
        put(vn_buf_printf(out,
                          "{\"id\":%u,\"cards\":[\"%s\",\"%s\"],\"tier\":\"regular\",\"segments\":[],"
                          "\"joined\":\"2024-01-01\",\"birth\":\"%02u-%02u\",\"balance\":%lld}\n",
                          i, card, second, i % 4 == 0 ? 6U : 12U, 1 + i % 9, (long long)sim_opening(i)));
    }
}

void sim_coupons(unsigned count, struct vn_buf *out)
{
    for (unsigned i = 1; i <= count; i++) {
        char number[SIM_NUMBER_SIZE];
        sim_coupon(i, number);
        put(vn_buf_printf(out,
                          "{\"number\":\"%s\",\"promotion\":\"coupon-100\",\"single_use\":true,"
                          "\"valid_from\":\"2026-01-01\",\"valid_until\":\"2039-12-31\"}\n",
                          number));
    }
}
