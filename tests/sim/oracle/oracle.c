#include "tests/sim/oracle/oracle.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "tests/sim/world/story.h"

static const char *const invariants[SIM_INVARIANTS + 1] = {
    [1] = "issued + borrowed = balances, rights, holds, in flight, redeemed, expired, written off, - debts",
    [2] = "each confirmed sale is at the hub exactly once, and nothing else is",
    [3] = "what a customer spent is at most what he earned, and the stated loss",
    [4] = "sequences have no gaps, chains verify, acked <= committed, pruned <= durable and included",
    [5] = "a single-use coupon, a stamp set, a once-a-day offer at most once, a promotion within its limit",
    [6] = "same sale key and content: same reply, one entry",
    [7] = "at rest all tills agree with the hub",
    [8] = "only signed, rising rulesets apply",
    [9] = "a poison entry, an old schema, a wrong clock neither block nor vanish",
    [10] = "nothing is stuck: transfers, holds, quarantines and reclaims all end",
    [11] = "queues drain, memory and disk stay within limits",
    [12] = "a revoked till gets nothing; the POS is answered in time",
    [13] = "programs go on: none ends but by power or by order",
};

const char *sim_invariant(unsigned number)
{
    return invariants[number];
}

unsigned sim_oracle_broken(const struct sim_oracle *oracle)
{
    unsigned broken = 0;
    for (unsigned i = 1; i <= SIM_INVARIANTS; i++) {
        broken |= oracle->violations[i] > 0 ? 1U << i : 0;
    }
    return broken;
}

void sim_oracle_init(struct sim_oracle *oracle, const struct sim_oracle_chain *chain)
{
    memset(oracle, 0, sizeof *oracle);
    assert(chain->members < SIM_ORACLE_PEOPLE);
    oracle->chain = *chain;
}

void sim_oracle_deinit(struct sim_oracle *oracle)
{
    free(oracle->sales);
    sim_copies_deinit(&oracle->copies);
    sim_copies_deinit(&oracle->settled);
    sim_copies_deinit(&oracle->settled_sure);
}

void sim_violation(struct sim_oracle *oracle, unsigned invariant, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    oracle->first_broken = oracle->violation_count == 0 ? invariant : oracle->first_broken;
    oracle->violations[invariant]++;
    oracle->violation_count++;
    sim_story("ORACLE", "invariant %u broken: %s", invariant, text);
    if (!sim_story_told() && oracle->violation_count <= 10) {
        (void)printf("  invariant %u (%s): %s\n", invariant, invariants[invariant], text);
    }
}

/* --- what is printed ----------------------------------------------------------------------------------------- */

size_t sim_oracle_asks(struct sim_oracle *oracle, const struct sim_sale *sale)
{
    if (oracle->sale_count == oracle->sale_cap) {
        oracle->sale_cap = oracle->sale_cap == 0 ? 256 : 2 * oracle->sale_cap;
        /* NOLINTNEXTLINE(bugprone-suspicious-realloc-usage): without memory it ends */
        oracle->sales = realloc(oracle->sales, oracle->sale_cap * sizeof *oracle->sales);
        assert(oracle->sales != NULL);
    }
    struct sim_sale *here = &oracle->sales[oracle->sale_count++];
    assert(sale->member < SIM_ORACLE_PEOPLE);
    *here = *sale;
    here->before = oracle->last_of[sale->member];
    oracle->last_of[sale->member] = oracle->sale_count;
    return oracle->sale_count - 1;
}

/* The member's sale before that one; NULL: none. Begin with `last_of`. */
static const struct sim_sale *sale_at(const struct sim_oracle *oracle, size_t from_1)
{
    return from_1 == 0 ? NULL : &oracle->sales[from_1 - 1];
}

static bool is_taken(const struct sim_sale *sale)
{
    return sale->state == SIM_SALE_COMMITTED || sale->state == SIM_SALE_USED;
}

static bool stands(const struct sim_sale *sale)
{
    return is_taken(sale) && !sale->unwinding;
}

/* Whether what the sale earned may be spent by `at_ms`. */
static bool is_mature(const struct sim_oracle *oracle, const struct sim_sale *sale, int64_t at_ms)
{
    const struct sim_oracle_chain *chain = &oracle->chain;
    /* What a hub that was set back owes by a grant that it forgot it takes of points that wait, too. */
    return chain->forgot || sale->begun_ms + chain->terms.matures_days * 86400000 - chain->slack_ms <= at_ms;
}

/* Points that nobody had, of all members: what tills gave at a risk, and what is not to be. */
static void check_risk(struct sim_oracle *oracle, const struct sim_sale *sale, int64_t overdrawn)
{
    int64_t sum = 0;
    int64_t may = oracle->chain.terms.risk_total + oracle->settled_sum +
                  sim_copies_of(&oracle->copies, VN_ACCOUNT_RISK);
    oracle->overdrawn[sale->member] = overdrawn;
    for (unsigned m = 1; m <= oracle->chain.members; m++) {
        sum += oracle->overdrawn[m];
    }
    if (overdrawn > 0 && sum > may) {
        sim_violation(oracle, 3,
                      "with receipt %s of POS %s %lld points are spent that nobody had, where %lld may be",
                      sale->receipt, sale->pos, (long long)sum, (long long)may);
    }
}

int64_t sim_oracle_copied_points(const struct sim_oracle *oracle, unsigned member)
{
    char account[VN_ID_MAX];
    (void)snprintf(account, sizeof account, "w%u", member);
    return sim_copies_of(&oracle->copies, account);
}

/* Nobody knows of it any more, maybe: its till was set back, and the hub too. */
static bool may_be_forgotten(const struct sim_sale *sale)
{
    return sale->may_be_gone && sale->hub_forgot;
}

/* All that he may have had to spend by now, against what he spent. What was taken back of his earnings is a debt, and no loss. */
static void check_spent(struct sim_oracle *oracle, const struct sim_sale *sale)
{
    int64_t had = sim_opening(sale->member) + sim_oracle_copied_points(oracle, sale->member);
    int64_t spent = 0;
    int64_t risked = 0;
    for (const struct sim_sale *one = sale_at(oracle, oracle->last_of[sale->member]); one != NULL;
         one = sale_at(oracle, one->before)) {
        bool known = one->state != SIM_SALE_ABANDONED && is_mature(oracle, one, sale->printed_ms);
        had += known ? one->earned : 0;
        risked += stands(one) ? one->printed.risked : 0;
        spent += stands(one) && !may_be_forgotten(one) ? one->spent : 0;
    }
    if (spent > had + risked) {
        sim_violation(oracle, 3, "member %u spent %lld points by receipt %s of POS %s, and had %lld",
                      sale->member, (long long)spent, sale->receipt, sale->pos, (long long)had + risked);
    }
    check_risk(oracle, sale, spent > had ? spent - had : 0);
}

static bool same_thing(const struct sim_use *a, const struct sim_use *b)
{
    return a->of == b->of && a->subject == b->subject && a->period == b->period;
}

/* What there is of it, by what was printed so far. */
static int64_t limit_of(const struct sim_oracle *oracle, const struct sim_use *use)
{
    int64_t given = 0;
    switch (use->of) {
    case SIM_COUNT: return oracle->chain.terms.count;
    case SIM_BUDGET: return oracle->chain.terms.budget_minor;
    case SIM_STAMPED:
        for (const struct sim_sale *one = sale_at(oracle, oracle->last_of[use->subject]); one != NULL;
             one = sale_at(oracle, one->before)) {
            given += one->state == SIM_SALE_ABANDONED ? 0 : one->printed.stamps;
        }
        return given;
    default: return 1;
    }
}

/* What copies of tills held of it. */
static int64_t copied(const struct sim_oracle *oracle, const struct sim_use *use)
{
    char account[VN_ID_MAX];
    sim_use_account(use, account);
    return sim_copies_of(&oracle->copies, account);
}

/* How much of it stands on receipts; *risked: of that without a right, and said so. */
static int64_t used_of(const struct sim_oracle *oracle, const struct sim_use *use, int64_t *risked)
{
    int64_t used = 0;
    *risked = 0;
    for (size_t i = 0; i < oracle->sale_count; i++) {
        const struct sim_sale *sale = &oracle->sales[i];
        bool counts = stands(sale) && !may_be_forgotten(sale);
        for (unsigned u = 0; counts && u < sale->printed.use_count; u++) {
            if (same_thing(&sale->printed.uses[u], use)) {
                used += sale->printed.uses[u].amount;
                *risked += sale->printed.uses[u].risk ? sale->printed.uses[u].amount : 0;
            }
        }
    }
    return used;
}

static void check_uses(struct sim_oracle *oracle, const struct sim_sale *sale)
{
    for (unsigned u = 0; u < sale->printed.use_count; u++) {
        const struct sim_use *use = &sale->printed.uses[u];
        int64_t risked = 0;
        int64_t used = used_of(oracle, use, &risked);
        int64_t limit = limit_of(oracle, use) + copied(oracle, use);
        if (used > limit + risked) {
            sim_violation(oracle, 5,
                          "%s of %u is used %lld with receipt %s of POS %s, where %lld is the most",
                          sim_promotion(use->of), use->subject, (long long)used, sale->receipt, sale->pos,
                          (long long)limit);
        }
    }
}

void sim_oracle_sold(struct sim_oracle *oracle, size_t sale, int64_t earned, int64_t spent, int64_t at_ms)
{
    assert(sale < oracle->sale_count);
    struct sim_sale *one = &oracle->sales[sale];
    one->earned = earned;
    one->spent = spent;
    one->printed_ms = at_ms;
    one->state = SIM_SALE_COMMITTED;
    if (one->member != 0 && spent > 0) {
        check_spent(oracle, one);
    }
    check_uses(oracle, one);
}

void sim_oracle_used(struct sim_oracle *oracle, const struct sim_sale *sale)
{
    size_t index = sim_oracle_asks(oracle, sale);
    struct sim_sale *one = &oracle->sales[index];
    one->state = SIM_SALE_USED;
    one->earned = 0;
    one->spent = sale->printed.spent;
    one->printed.stamps = 0;
}

void sim_oracle_refused(struct sim_oracle *oracle, size_t sale)
{
    assert(sale < oracle->sale_count);
    oracle->sales[sale].state = SIM_SALE_ABANDONED;
}

void sim_oracle_unwinds(struct sim_oracle *oracle, size_t sale)
{
    assert(sale < oracle->sale_count);
    oracle->sales[sale].unwinding = true;
}

void sim_oracle_undone(struct sim_oracle *oracle, size_t sale, enum sim_sale_state how)
{
    assert(sale < oracle->sale_count);
    oracle->sales[sale].state = how;
    oracle->sales[sale].unwinding = false;
}

void sim_oracle_asked_back(struct sim_oracle *oracle, size_t sale, enum sim_sale_state how, const char *till)
{
    struct sim_sale *row = &oracle->sales[sale];
    sim_oracle_undone(oracle, sale, how);
    (void)snprintf(row->asked_at, sizeof row->asked_at, "%s", till);
}

void sim_oracle_asked_again(struct sim_oracle *oracle, size_t sale)
{
    oracle->sales[sale].asked_again = true;
    oracle->may_be_refused++;
}

void sim_oracle_set_back(struct sim_oracle *oracle, const char *till, int64_t since_ms)
{
    for (size_t i = 0; i < oracle->sale_count; i++) {
        struct sim_sale *sale = &oracle->sales[i];
        bool since = sale->printed_ms >= since_ms || sale->state != SIM_SALE_COMMITTED;
        bool concerned = strcmp(sale->till, till) == 0 || strcmp(sale->asked_at, till) == 0;
        sale->may_be_gone = sale->may_be_gone || (since && concerned);
    }
}

void sim_oracle_hub_set_back(struct sim_oracle *oracle, int64_t since_ms)
{
    oracle->chain.forgot = true;
    oracle->set_backs++;
    sim_copies_deinit(&oracle->settled_sure);
    oracle->settled_sure = (struct sim_copies){0};
    oracle->chain.forgot_since_ms = since_ms;
    for (size_t i = 0; i < oracle->sale_count; i++) {
        struct sim_sale *sale = &oracle->sales[i];
        sale->hub_forgot =
            sale->hub_forgot || sale->printed_ms >= since_ms || sale->state != SIM_SALE_COMMITTED;
    }
}

void sim_oracle_settles(struct sim_oracle *oracle, const char *account, int64_t points)
{
    sim_copies_add(&oracle->settled, account, points);
    oracle->settled_sum += points;
}

void sim_oracle_settled(struct sim_oracle *oracle, const char *account, int64_t points)
{
    sim_copies_add(&oracle->settled_sure, account, points);
}

void sim_oracle_enrolled(struct sim_oracle *oracle, const char *till)
{
    for (size_t i = 0; i < oracle->sale_count; i++) {
        struct sim_sale *sale = &oracle->sales[i];
        sale->of_before = sale->of_before || strcmp(sale->till, till) == 0;
    }
}

int64_t sim_oracle_balance(const struct sim_oracle *oracle, unsigned member)
{
    int64_t balance = sim_opening(member);
    for (const struct sim_sale *sale = sale_at(oracle, oracle->last_of[member]); sale != NULL;
         sale = sale_at(oracle, sale->before)) {
        balance += is_taken(sale) ? sale->earned - sale->spent : 0;
    }
    return balance;
}

void sim_oracle_left_open(struct sim_oracle *oracle, unsigned member, bool open)
{
    oracle->held_of[member] += open ? 1 : -1U;
}

/* A sale that the till may know of, or not yet: what it does to a balance. */
static void add_uncertain(const struct sim_sale *sale, struct sim_balance *out)
{
    bool stands_elsewhere =
        sale->state == SIM_SALE_COMMITTED && !sale->unwinding && sale->asked_at[0] == '\0';
    int64_t net = sale->earned - sale->spent;
    if (sale->state == SIM_SALE_ABANDONED) { /* it may count as used for a while */
        out->least -= sale->printed.spent;
    } else {
        out->least -= sale->spent;
        out->most += !stands_elsewhere ? sale->earned : net > 0 ? net : 0;
    }
}

bool sim_oracle_may_show(const struct sim_oracle *oracle, unsigned member, const char *pos,
                         struct sim_balance *out)
{
    bool certain =
        oracle->chain.terms.expires_days == 0 && !oracle->chain.forgot && oracle->held_of[member] == 0;
    char account[VN_ID_MAX];
    (void)snprintf(account, sizeof account, "w%u", member);
    int64_t opening = sim_opening(member);
    *out = (struct sim_balance){opening, opening + sim_copies_of(&oracle->settled, account)};
    for (const struct sim_sale *sale = sale_at(oracle, oracle->last_of[member]); sale != NULL && certain;
         sale = sale_at(oracle, sale->before)) {
        bool here =
            strcmp(sale->pos, pos) == 0 && !sale->of_before && !sale->unwinding && sale->asked_at[0] == '\0';
        certain = !sale->provisional && sale->state != SIM_SALE_ASKED && !sale->may_be_gone;
        if (here && is_taken(sale)) {
            out->least += sale->earned - sale->spent;
            out->most += sale->earned - sale->spent;
        } else if (!here || sale->state != SIM_SALE_VOIDED) {
            add_uncertain(sale, out);
        }
    }
    return certain;
}

void sim_oracle_same(struct sim_oracle *oracle, const struct sim_sale *sale, const char *step, int http,
                     int http_again, bool same_bytes)
{
    if (http != http_again || !same_bytes) {
        sim_violation(oracle, 6, "%s of receipt %s of POS %s is answered %d, and when asked again %d%s", step,
                      sale->receipt, sale->pos, http, http_again,
                      http == http_again ? " in other words" : "");
    }
}

/* --- at the end ----------------------------------------------------------------------------------------------- */

size_t sim_oracle_limited(const struct sim_oracle *oracle, struct sim_use **out)
{
    size_t count = 0;
    struct sim_use *list = calloc(oracle->sale_count * SIM_LIMITED + 1, sizeof *list);
    assert(list != NULL);
    for (size_t i = 0; i < oracle->sale_count; i++) {
        const struct sim_sale *sale = &oracle->sales[i];
        for (unsigned u = 0; sale->state != SIM_SALE_ABANDONED && u < sale->printed.use_count; u++) {
            size_t at = 0;
            while (at < count && !same_thing(&list[at], &sale->printed.uses[u])) {
                at++;
            }
            if (at == count) {
                list[count] = sale->printed.uses[u];
                list[count].risked = list[count].unsure = 0;
                list[count++].amount = 0;
            }
            list[at].risked += sale->printed.uses[u].risk ? sale->printed.uses[u].amount : 0;
            list[at].amount += is_taken(sale) ? sale->printed.uses[u].amount : 0;
            list[at].unsure +=
                is_taken(sale) && (sale->may_be_gone || sale->held_before) ? sale->printed.uses[u].amount : 0;
        }
    }
    *out = list;
    return count;
}

int64_t sim_oracle_limit(const struct sim_oracle *oracle, const struct sim_use *use)
{
    return limit_of(oracle, use);
}
