/* The oracle: counts again what every account must have, by what POSes printed and operators did, and holds the hub against it.
 *
 * It never asks the hub what is right. Violations are counted by the number of the invariant, told in a sentence. */
#ifndef SIM_ORACLE_ORACLE_H
#define SIM_ORACLE_ORACLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/oracle/copies.h"
#include "tests/sim/oracle/uses.h"

#define SIM_INVARIANTS    13 /* counted from 1 */
#define SIM_ORACLE_PEOPLE 513

enum sim_sale_state {
    SIM_SALE_COMMITTED,
    SIM_SALE_VOIDED,
    SIM_SALE_RETURNED,
    SIM_SALE_ASKED,     /* the POS waits for the answer to its commit */
    SIM_SALE_ABANDONED, /* held or quoted, and never printed */
    SIM_SALE_USED, /* held, left open for good, and found by the next receipt: it counts as used and earns nothing */
};

/* A receipt that a customer holds, or may be about to. */
struct sim_sale {
    char till[32];
    char pos[16], date[16], receipt[16];
    unsigned member; /* 0: none */
    int64_t earned, spent;
    int64_t begun_ms, printed_ms; /* the first line; the answer to the commit */
    enum sim_sale_state state;
    bool provisional;  /* printed for a card that the till did not know: the hub corrects the points */
    bool unwinding;    /* somebody asked to take it back */
    char asked_at[32]; /* the till that took down for the hub that it came back; "": none did */
    bool asked_again;  /* of two tills */
    bool of_before;    /* its till was enrolled anew since, and has of it what the hub tells */
    /* The till's disk was set back behind it: it, or what was done to it, may be lost; then the hub's word counts. */
    bool may_be_gone;
    bool hub_forgot; /* the hub was set back to before it */
    bool
        held_before; /* by a journal that is gone: the one that took it knows nothing of what the hold told but its basket */
    bool
        misdated; /* its till's clock, or the hub's, was off by more than the slack: its day is any until the hub hears of it */
    struct sim_printed printed;
    size_t before; /* the member's sale before this one, counted from 1 */
};

/* What the oracle is told of the chain. */
struct sim_oracle_chain {
    unsigned members;
    struct sim_terms terms;
    int64_t opened_ms; /* when members and coupons were imported */
    int64_t slack_ms;  /* by which the hub's accounting time may miss: clocks are wrong */
    bool forgot; /* the hub was set back: it hears again of what it had, and nothing may be lost by that */
    int64_t forgot_since_ms; /* to when the last time */
};

struct sim_oracle {
    struct sim_oracle_chain chain;
    struct sim_sale *sales;
    size_t sale_count, sale_cap;
    size_t last_of[SIM_ORACLE_PEOPLE]; /* by member, counted from 1 */
    unsigned held_of
        [SIM_ORACLE_PEOPLE]; /* sales of his that a POS left open: they may count as used, or not yet */
    int64_t overdrawn[SIM_ORACLE_PEOPLE]; /* by the member: points that he spent and did not have */
    size_t may_be_refused; /* entries that the hub keeps for people, because nothing is left to come back */
    struct sim_copies copies; /* what these spend twice is a loss */
    /* What an operator settled of debts at a risk, by account: what may be, and what is for sure. */
    struct sim_copies settled, settled_sure;
    int64_t settled_sum;
    unsigned set_backs; /* of the hub */
    unsigned violations[SIM_INVARIANTS + 1], violation_count;
    unsigned first_broken; /* invariant; 0: none yet */
};

const char *sim_invariant(unsigned number); /* what must hold */
unsigned
sim_oracle_broken(const struct sim_oracle *oracle); /* a bit for each that was broken, by its number */

void sim_oracle_init(struct sim_oracle *oracle, const struct sim_oracle_chain *chain);
void sim_oracle_deinit(struct sim_oracle *oracle);
/* The POS is about to ask for the commit, or has given the sale up (SIM_SALE_ABANDONED). The index of the sale. */
size_t sim_oracle_asks(struct sim_oracle *oracle, const struct sim_sale *sale);
/* The answer: it was printed, with these points; it is held against all that was printed before. */
void sim_oracle_sold(struct sim_oracle *oracle, size_t sale, int64_t earned, int64_t spent, int64_t at_ms);
/* What it holds counts as used: a later receipt of that POS was printed, and nobody ever ends the hold. */
void sim_oracle_used(struct sim_oracle *oracle, const struct sim_sale *sale);
void sim_oracle_refused(struct sim_oracle *oracle, size_t sale); /* it is not to be printed */
/* Somebody asks to take it back, before the answer; then what came of it, or SIM_SALE_COMMITTED when it was refused. */
void sim_oracle_unwinds(struct sim_oracle *oracle, size_t sale);
void sim_oracle_undone(struct sim_oracle *oracle, size_t sale, enum sim_sale_state how);
/* A till that lacks it has taken down that it came back: the hub will do it, and other tills hear of it then. */
void sim_oracle_asked_back(struct sim_oracle *oracle, size_t sale, enum sim_sale_state how, const char *till);
/* And another till once more, in whatever way: which of the two counts is decided by who the hub hears first. */
void sim_oracle_asked_again(struct sim_oracle *oracle, size_t sale);
/* The disk of this till is again as it was then: what was printed since may be gone, and what is spent twice is a loss. */
void sim_oracle_set_back(struct sim_oracle *oracle, const char *till, int64_t since_ms);
/* So is the hub's: it knows of what was printed since as far as tills send it again. */
void sim_oracle_hub_set_back(struct sim_oracle *oracle, int64_t since_ms);
/* Somebody is about to settle so much that this account owes of the chain's risk: it may be risked again from here on. */
void sim_oracle_settles(struct sim_oracle *oracle, const char *account, int64_t points);
/* The hub did, and was not set back meanwhile: until it is, it has that. */
void sim_oracle_settled(struct sim_oracle *oracle, const char *account, int64_t points);
/* This till is enrolled anew: its new journal begins without any sale. */
void sim_oracle_enrolled(struct sim_oracle *oracle, const char *till);
/* What a member has by what was printed, as if nothing had expired. */
int64_t sim_oracle_balance(const struct sim_oracle *oracle, unsigned member);
/* What copies of tills held of a member's points: so much may be spent once more. */
int64_t sim_oracle_copied_points(const struct sim_oracle *oracle, unsigned member);
/* A sale was held and left open; and it was settled, one way or the other. */
void sim_oracle_left_open(struct sim_oracle *oracle, unsigned member, bool open);
/* What he may be shown at this POS, which knows its own sales and perhaps those of others; false: nobody can tell. */
struct sim_balance {
    int64_t least, most;
};
bool sim_oracle_may_show(const struct sim_oracle *oracle, unsigned member, const char *pos,
                         struct sim_balance *out);
/* The same step with the same content was asked again: both answers. */
void sim_oracle_same(struct sim_oracle *oracle, const struct sim_sale *sale, const char *step, int http,
                     int http_again, bool same_bytes);

void sim_violation(struct sim_oracle *oracle, unsigned invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the hub says at the end, against our count: sales first, for what it corrected. `now_ms`: when it was asked. */
void sim_oracle_check_sales(struct sim_oracle *oracle, const json_t *sales);
void sim_oracle_check_member(struct sim_oracle *oracle, unsigned member, const json_t *ledger,
                             int64_t now_ms);
/* Of all that is limited and was used: each once, with how much of it is used in the end. The list is the caller's. */
size_t sim_oracle_limited(const struct sim_oracle *oracle, struct sim_use **out);
/* How much of it there is. */
int64_t sim_oracle_limit(const struct sim_oracle *oracle, const struct sim_use *use);
/* `ledger`: of that account; NULL: the hub knows none. */
void sim_oracle_check_limited(struct sim_oracle *oracle, const struct sim_use *use, const json_t *ledger);
/* The entry stays in quarantine until people end it: the sale that it waits for is gone with the journal of a till that was set
 * back, or its POS told that sale to the next journal, too, and the hub has it already. */
bool sim_oracle_may_stay(const struct sim_oracle *oracle, const json_t *entry);
void sim_oracle_check_audit(struct sim_oracle *oracle, const json_t *audit);
/* The sums over all: nothing is held, lent or in suspense any more. */
void sim_oracle_check_rest(struct sim_oracle *oracle, const json_t *totals);

#endif
