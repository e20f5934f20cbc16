#include "agent/loyalty/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FNV_START   14695981039346656037U
#define FNV_PRIME   1099511628211U
#define SHARES      10000
#define HASH_DIGITS 16

uint64_t vn_account_hash_more(uint64_t hash, const char *part)
{
    for (const char *c = part; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * FNV_PRIME;
    }
    return hash * FNV_PRIME; /* the NUL */
}

uint64_t vn_account_hash_of(const char *part)
{
    return vn_account_hash_more(FNV_START, part);
}

static void make_name(char letter, uint64_t hash, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "%c%016" PRIx64, letter, hash);
}

void vn_account_member_limit(const char *member, const char *promotion, int64_t period_day,
                             char out[VN_ID_MAX])
{
    char day[24];
    (void)snprintf(day, sizeof day, "%" PRId64, period_day);
    make_name('n', vn_account_hash_more(vn_account_hash_more(vn_account_hash_of(member), promotion), day),
              out);
}

void vn_account_chain_count(const char *promotion, char out[VN_ID_MAX])
{
    make_name('a', vn_account_hash_of(promotion), out);
}

void vn_account_chain_budget(const char *promotion, char out[VN_ID_MAX])
{
    make_name('b', vn_account_hash_of(promotion), out);
}

void vn_account_stamps(const char *member, const char *card, char out[VN_ID_MAX])
{
    make_name('s', vn_account_hash_more(vn_account_hash_of(member), card), out);
}

bool vn_account_is_named(const char *account)
{
    return account[0] != '\0' && strchr("nabs", account[0]) != NULL &&
           strspn(account + 1, "0123456789abcdef") == HASH_DIGITS && account[1 + HASH_DIGITS] == '\0';
}

bool vn_account_name_hash(const char *account, uint64_t *out)
{
    if (!vn_account_is_named(account)) {
        return false;
    }
    *out = strtoull(account + 1, NULL, 16); /* these digits are all of it */
    return true;
}

int64_t vn_account_share_bp(const char *member, const char *campaign)
{
    /* the low bits of FNV hang on few of the last letters alone: fold the high ones in */
    uint64_t hash = vn_account_hash_more(vn_account_hash_of(member), campaign);
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdU; /* the finaliser of MurmurHash3 */
    hash ^= hash >> 33;
    return (int64_t)(hash % SHARES);
}
