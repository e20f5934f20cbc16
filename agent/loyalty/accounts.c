#include "agent/loyalty/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FNV_START   14695981039346656037U
#define FNV_PRIME   1099511628211U
#define SHARES      10000
#define HASH_DIGITS 16

static uint64_t hash_part(uint64_t hash, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * FNV_PRIME;
    }
    return hash * FNV_PRIME; /* the NUL */
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
    make_name('n', hash_part(hash_part(hash_part(FNV_START, member), promotion), day), out);
}

void vn_account_chain_count(const char *promotion, char out[VN_ID_MAX])
{
    make_name('a', hash_part(FNV_START, promotion), out);
}

void vn_account_chain_budget(const char *promotion, char out[VN_ID_MAX])
{
    make_name('b', hash_part(FNV_START, promotion), out);
}

void vn_account_stamps(const char *member, const char *card, char out[VN_ID_MAX])
{
    make_name('s', hash_part(hash_part(FNV_START, member), card), out);
}

bool vn_account_is_named(const char *account)
{
    return account[0] != '\0' && strchr("nabs", account[0]) != NULL &&
           strspn(account + 1, "0123456789abcdef") == HASH_DIGITS && account[1 + HASH_DIGITS] == '\0';
}

int64_t vn_account_share_bp(const char *member, const char *campaign)
{
    /* the low bits of FNV hang on few of the last letters alone: fold the high ones in */
    uint64_t hash = hash_part(hash_part(FNV_START, member), campaign);
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdU; /* the finaliser of MurmurHash3 */
    hash ^= hash >> 33;
    return (int64_t)(hash % SHARES);
}
