/* The numbers and names of accounts. On the wire an account is a text; in the store it is a number, which for members and
 * coupons follows from the text:
 *
 *     w7        the wallet of member 7            7 * 64 + 1
 *     w7.2      his wallet number 2 (terms.h)     7 * 64 + 8 + 2
 *     c9        single-use coupon 9               9 * 64 + 2
 *     b...      nobody's: a card that is blocked by itself, by the first half of its hash; only in the feed
 *     card:...  what a card earned that the hub does not know;
 *     n... a... b... s...  limits, budgets, stamps (agent/loyalty/accounts.h):   n * 64 + 3, numbered as they come
 *
 * Pure. */
#ifndef VN_HUB_ACCOUNT_H
#define VN_HUB_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"
#include "sync/wire/chain.h"

#define VN_HUB_ACCOUNT_MAX 72 /* "card:" and a hash in hex: the longest account */
#define VN_HUB_WALLETS_MAX 55 /* further wallets of a chain, in all its time */

enum vn_account_kind {
    VN_ACCOUNT_MEMBER = 1,
    VN_ACCOUNT_COUPON = 2,
    VN_ACCOUNT_NAMED = 3,
    VN_ACCOUNT_FURTHER = 8
};

/* False when the text is no wallet and no coupon: a name, whose number the store knows, or nonsense; *id stays as it was then. */
bool vn_account_id(const char *account, int64_t *id);
/* The text of a wallet or coupon; false for names. */
bool vn_account_text(int64_t id, char out[VN_HUB_ACCOUNT_MAX]);

enum vn_account_kind vn_account_kind(int64_t id); /* FURTHER for all of them */
/* Of a wallet, whichever, its member; of a coupon its number; of a name how many were before it. */
int64_t vn_account_owner(int64_t id);
unsigned vn_account_wallet(int64_t id); /* 0: the first, and of all that are no further wallets */

int64_t vn_account_of_member(int64_t member, unsigned wallet);
int64_t vn_account_of_coupon(int64_t coupon);
int64_t vn_account_of_name(int64_t number);

/* The number of a member's first wallet or of a coupon; false when the text is no such account. */
bool vn_account_member(const char *account, int64_t *member);
bool vn_account_coupon(const char *account, int64_t *coupon);

#define VN_BLOCKED_BYTES 16 /* of a card's hash, in the account of a blocked one */
void vn_account_of_blocked(const struct vn_hash *card, char out[VN_ID_MAX]);
bool vn_account_blocked(const char *account, uint8_t out[VN_BLOCKED_BYTES]);

#endif
