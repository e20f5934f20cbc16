#include "tests/sim/oracle/copies.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_copied *find(const struct sim_copies *copies, const char *account)
{
    for (size_t i = 0; i < copies->count; i++) {
        if (strcmp(copies->list[i].account, account) == 0) {
            return &copies->list[i];
        }
    }
    return NULL;
}

void sim_copies_deinit(struct sim_copies *copies)
{
    free(copies->list);
}

void sim_copies_add(struct sim_copies *copies, const char *account, int64_t amount)
{
    struct sim_copied *there = find(copies, account);
    if (there != NULL) {
        there->amount += amount;
        return;
    }
    if (copies->count == copies->cap) {
        copies->cap = copies->cap == 0 ? 64 : 2 * copies->cap;
        /* NOLINTNEXTLINE(bugprone-suspicious-realloc-usage): without memory it ends */
        copies->list = realloc(copies->list, copies->cap * sizeof *copies->list);
        assert(copies->list != NULL);
    }
    struct sim_copied *more = &copies->list[copies->count++];
    (void)snprintf(more->account, sizeof more->account, "%s", account);
    more->amount = amount;
}

int64_t sim_copies_of(const struct sim_copies *copies, const char *account)
{
    const struct sim_copied *there = find(copies, account);
    return there == NULL ? 0 : there->amount;
}
