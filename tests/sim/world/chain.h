/* The chain that is simulated: its goods, members, coupons and ruleset, as documents for the hub's imports. Pure. */
#ifndef SIM_WORLD_CHAIN_H
#define SIM_WORLD_CHAIN_H

#include "agent/base/bytes.h"

#define SIM_GOODS       12
#define SIM_NUMBER_SIZE 16

struct sim_good {
    char code[SIM_NUMBER_SIZE];
    char name[24];
    int64_t price_minor;
};

void sim_good(unsigned number, struct sim_good *out);        /* from 0 to SIM_GOODS - 1 */
void sim_card(unsigned member, char out[SIM_NUMBER_SIZE]);   /* members count from 1 */
void sim_coupon(unsigned number, char out[SIM_NUMBER_SIZE]); /* from 1 */
int64_t sim_opening(unsigned member);                        /* points that he has at first */

/* Lines for POST /admin/import/..., and for /admin/publish. */
void sim_catalogue(struct vn_buf *out);
void sim_members(unsigned count, struct vn_buf *out);
void sim_coupons(unsigned count, struct vn_buf *out);
void sim_ruleset(int64_t number, struct vn_buf *out);

#endif
