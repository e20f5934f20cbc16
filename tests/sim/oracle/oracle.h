/* The oracle: counts again what every account must have, by what POSes printed and operators did, and holds the hub against it.
 *
 * It never asks the hub what is right. Violations are counted by the number of the invariant, told in a sentence. */
#ifndef SIM_ORACLE_ORACLE_H
#define SIM_ORACLE_ORACLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_INVARIANTS 13 /* counted from 1 */

enum sim_sale_state { SIM_SALE_COMMITTED, SIM_SALE_VOIDED, SIM_SALE_RETURNED };

/* A receipt that a customer holds. */
struct sim_sale {
    char till[32];
    char pos[16], date[16], receipt[16];
    unsigned member; /* 0: none */
    int64_t earned, spent;
    enum sim_sale_state state;
    bool provisional; /* printed for a card that the till did not know: the hub corrects the points */
};

struct sim_oracle {
    struct sim_sale *sales;
    size_t sale_count, sale_cap;
    unsigned members;
    unsigned violations[SIM_INVARIANTS + 1], violation_count;
};

const char *sim_invariant(unsigned number); /* what must hold */

void sim_oracle_init(struct sim_oracle *oracle, unsigned members);
void sim_oracle_deinit(struct sim_oracle *oracle);
/* The index of the sale, for sim_oracle_undone. */
size_t sim_oracle_sold(struct sim_oracle *oracle, const struct sim_sale *sale);
void sim_oracle_undone(struct sim_oracle *oracle, size_t sale, enum sim_sale_state how);
int64_t sim_oracle_balance(const struct sim_oracle *oracle, unsigned member);

void sim_violation(struct sim_oracle *oracle, unsigned invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the hub says at the end, against our count. */
void sim_oracle_check_member(struct sim_oracle *oracle, unsigned member, const json_t *ledger);
void sim_oracle_check_sales(struct sim_oracle *oracle, const json_t *sales);
void sim_oracle_check_audit(struct sim_oracle *oracle, const json_t *audit);

#endif
