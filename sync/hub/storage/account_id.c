#include "sync/hub/storage/account_id.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/bytes.h"

#define KINDS 64

/* Digits without a zero in front; *rest is what follows them. */
static bool read_number(const char *text, int64_t most, int64_t *out, const char **rest)
{
    int64_t value = 0;
    if (*text < '1' || *text > '9') {
        return false;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (*text - '0');
        if (value > most) {
            return false;
        }
    }
    *out = value;
    *rest = text;
    return true;
}

bool vn_account_id(const char *account, int64_t *id)
{
    const char *rest = "";
    int64_t number = 0;
    int64_t wallet = 0;
    if ((account[0] != 'w' && account[0] != 'c') ||
        !read_number(account + 1, VN_NUMBER_MAX, &number, &rest)) {
        return false;
    }
    bool further = account[0] == 'w' && *rest == '.';
    if ((further && !read_number(rest + 1, VN_HUB_WALLETS_MAX, &wallet, &rest)) || *rest != '\0') {
        return false;
    }
    *id = account[0] == 'c' ? vn_account_of_coupon(number) : vn_account_of_member(number, (unsigned)wallet);
    return true;
}

bool vn_account_text(int64_t id, char out[VN_HUB_ACCOUNT_MAX])
{
    long long owner = (long long)vn_account_owner(id);
    out[0] = '\0';
    switch (vn_account_kind(id)) {
    case VN_ACCOUNT_MEMBER: (void)snprintf(out, VN_HUB_ACCOUNT_MAX, "w%lld", owner); break;
    case VN_ACCOUNT_FURTHER:
        (void)snprintf(out, VN_HUB_ACCOUNT_MAX, "w%lld.%u", owner, vn_account_wallet(id));
        break;
    case VN_ACCOUNT_COUPON: (void)snprintf(out, VN_HUB_ACCOUNT_MAX, "c%lld", owner); break;
    case VN_ACCOUNT_NAMED: break;
    }
    return out[0] != '\0';
}

enum vn_account_kind vn_account_kind(int64_t id)
{
    int64_t kind = id % KINDS;
    return kind >= VN_ACCOUNT_FURTHER ? VN_ACCOUNT_FURTHER : (enum vn_account_kind)kind;
}

int64_t vn_account_owner(int64_t id)
{
    return id / KINDS;
}

unsigned vn_account_wallet(int64_t id)
{
    return id % KINDS > VN_ACCOUNT_FURTHER ? (unsigned)(id % KINDS - VN_ACCOUNT_FURTHER) : 0;
}

int64_t vn_account_of_member(int64_t member, unsigned wallet)
{
    return member * KINDS + (wallet == 0 ? VN_ACCOUNT_MEMBER : (int64_t)VN_ACCOUNT_FURTHER + wallet);
}

int64_t vn_account_of_coupon(int64_t coupon)
{
    return coupon * KINDS + VN_ACCOUNT_COUPON;
}

int64_t vn_account_of_name(int64_t number)
{
    return number * KINDS + VN_ACCOUNT_NAMED;
}

bool vn_account_member(const char *account, int64_t *member)
{
    int64_t id = 0;
    if (!vn_account_id(account, &id) || vn_account_kind(id) != VN_ACCOUNT_MEMBER) {
        return false;
    }
    *member = vn_account_owner(id);
    return true;
}

bool vn_account_coupon(const char *account, int64_t *coupon)
{
    int64_t id = 0;
    if (!vn_account_id(account, &id) || vn_account_kind(id) != VN_ACCOUNT_COUPON) {
        return false;
    }
    *coupon = vn_account_owner(id);
    return true;
}

void vn_account_of_blocked(const struct vn_hash *card, char out[VN_ID_MAX])
{
    out[0] = 'b';
    vn_hex_encode(vn_view_of(card->bytes, VN_BLOCKED_BYTES), out + 1);
}

bool vn_account_blocked(const char *account, uint8_t out[VN_BLOCKED_BYTES])
{
    return account[0] == 'b' && strlen(account) == 1 + 2 * VN_BLOCKED_BYTES &&
           vn_hex_decode(vn_view_str(account + 1), out, VN_BLOCKED_BYTES) == VN_OK;
}
