/* The names of accounts that a member or the chain has without a number of its own: limits, budgets, stamp cards.
 *
 * Till and hub make the same name from the same facts, so that a right can be asked for before the hub ever heard of
 * the account: it is opened by who takes from it. A name is a letter and 16 hexadecimal digits: a 64-bit FNV-1a hash of the
 * parts, with a NUL between them. Two that collide share one limit, which is on the safe side; at 10^7 names the odds are 1 in
 * 370,000. */
#ifndef VN_LOYALTY_ACCOUNTS_H
#define VN_LOYALTY_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"

/* Uses of a promotion by a member in the period that starts on that local day (days since 1970; 0: ever): "n..." */
void vn_account_member_limit(const char *member, const char *promotion, int64_t period_day,
                             char out[VN_ID_MAX]);
/* Applications of a promotion in the whole chain: "a...". Its budget in minor units: "b..." */
void vn_account_chain_count(const char *promotion, char out[VN_ID_MAX]);
void vn_account_chain_budget(const char *promotion, char out[VN_ID_MAX]);
/* Stamps of a member on a card: "s..." */
void vn_account_stamps(const char *member, const char *card, char out[VN_ID_MAX]);
/* The chain's allowance for what tills that are alone give without a right to it (decision 27). */
#define VN_ACCOUNT_RISK "r"
/* The text is such a name: of a limit, a count, a budget or stamps, whoever made it. */
bool vn_account_is_named(const char *account);
/* The number in such a name, for who compares many without making them: 'n' of member, promotion and day, 'a' and 'b' of the
 * promotion, 's' of member and card. False: it is none. */
bool vn_account_name_hash(const char *account, uint64_t *out);
/* The number of these parts: the first, and one more. */
uint64_t vn_account_hash_of(const char *part);
uint64_t vn_account_hash_more(uint64_t hash, const char *part);
/* The share of a control group: the same member and campaign always give the same number in 0..9999. */
int64_t vn_account_share_bp(const char *member, const char *campaign);

#endif
