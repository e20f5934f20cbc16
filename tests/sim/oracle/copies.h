/* What copies of tills held: rights that may be spent once more than there are, because a disk was put back or cloned. By the
 * hub's name of the account. What no copy held is counted as if there were none. */
#ifndef SIM_ORACLE_COPIES_H
#define SIM_ORACLE_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/limits.h"

struct sim_copied {
    char account[VN_ID_MAX];
    int64_t amount;
};

struct sim_copies { /* zeros at first */
    size_t count, cap;
    struct sim_copied *list;
};

void sim_copies_deinit(struct sim_copies *copies);
/* One more copy has so much of it. */
void sim_copies_add(struct sim_copies *copies, const char *account, int64_t amount);
/* What all copies together held of it. */
int64_t sim_copies_of(const struct sim_copies *copies, const char *account);

#endif
