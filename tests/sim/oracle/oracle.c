#include "tests/sim/oracle/oracle.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world/chain.h"
#include "tests/sim/world/story.h"

static const char *const invariants[SIM_INVARIANTS + 1] = {
    [1] = "issued + borrowed = balances + rights + holds + in flight + redeemed + expired + written off - "
          "debts",
    [2] = "each confirmed sale is at the hub exactly once, and nothing else is",
    [3] = "what a customer spent is at most what he earned, and the stated loss",
    [4] = "sequences have no gaps, chains verify, acked <= committed, pruned <= durable and included",
    [5] = "a single-use coupon, a stamp set, a once-a-day offer at most once",
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

void sim_oracle_init(struct sim_oracle *oracle, unsigned members)
{
    memset(oracle, 0, sizeof *oracle);
    oracle->members = members;
}

void sim_oracle_deinit(struct sim_oracle *oracle)
{
    free(oracle->sales);
}

void sim_violation(struct sim_oracle *oracle, unsigned invariant, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    oracle->violations[invariant]++;
    oracle->violation_count++;
    sim_story("ORACLE", "invariant %u broken: %s", invariant, text);
    if (!sim_story_told() && oracle->violation_count <= 10) {
        (void)printf("  invariant %u (%s): %s\n", invariant, invariants[invariant], text);
    }
}

size_t sim_oracle_sold(struct sim_oracle *oracle, const struct sim_sale *sale)
{
    if (oracle->sale_count == oracle->sale_cap) {
        oracle->sale_cap = oracle->sale_cap == 0 ? 256 : 2 * oracle->sale_cap;
        oracle->sales = realloc(oracle->sales, oracle->sale_cap * sizeof *oracle->sales);
        assert(oracle->sales != NULL);
    }
    oracle->sales[oracle->sale_count] = *sale;
    return oracle->sale_count++;
}

void sim_oracle_undone(struct sim_oracle *oracle, size_t sale, enum sim_sale_state how)
{
    assert(sale < oracle->sale_count);
    oracle->sales[sale].state = how;
}

int64_t sim_oracle_balance(const struct sim_oracle *oracle, unsigned member)
{
    int64_t balance = sim_opening(member);
    for (size_t i = 0; i < oracle->sale_count; i++) {
        const struct sim_sale *sale = &oracle->sales[i];
        if (sale->member == member && sale->state == SIM_SALE_COMMITTED) {
            balance += sale->earned - sale->spent;
        }
    }
    return balance;
}

/* --- against the hub --------------------------------------------------------------------------------------- */

void sim_oracle_check_member(struct sim_oracle *oracle, unsigned member, const json_t *ledger)
{
    int64_t ours = sim_oracle_balance(oracle, member);
    int64_t hubs = json_integer_value(json_object_get(ledger, "balance"));
    if (ours != hubs) {
        sim_violation(oracle, 1, "member %u has %lld at the hub, and %lld by what was printed", member,
                      (long long)hubs, (long long)ours);
    }
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text == NULL ? "" : text;
}

static const char *at(const json_t *list, size_t index)
{
    const char *text = json_string_value(json_array_get(list, index));
    return text == NULL ? "" : text;
}

static size_t find_sale(const struct sim_oracle *oracle, const json_t *row)
{
    const json_t *key = json_object_get(row, "sale");
    for (size_t i = 0; i < oracle->sale_count; i++) {
        const struct sim_sale *sale = &oracle->sales[i];
        if (strcmp(sale->receipt, at(key, 2)) == 0 && strcmp(sale->pos, at(key, 0)) == 0 &&
            strcmp(sale->date, at(key, 1)) == 0) {
            return i;
        }
    }
    return oracle->sale_count;
}

static void check_sale(struct sim_oracle *oracle, const struct sim_sale *sale, const json_t *row)
{
    static const char *const states[] = {"committed", "voided", "returned"};
    int64_t earned = json_integer_value(json_object_get(row, "points_earned"));
    int64_t spent = json_integer_value(json_object_get(row, "points_spent"));
    if (strcmp(text_of(row, "kind"), states[sale->state]) != 0) {
        sim_violation(oracle, 2, "sale %s %s of POS %s is %s at the hub, and was %s", sale->date,
                      sale->receipt, sale->pos, text_of(row, "kind"), states[sale->state]);
    }
    if ((!sale->provisional && earned != sale->earned) || spent != sale->spent) {
        sim_violation(oracle, 2,
                      "sale %s %s of POS %s: %lld earned and %lld paid at the hub, %lld and %lld printed",
                      sale->date, sale->receipt, sale->pos, (long long)earned, (long long)spent,
                      (long long)sale->earned, (long long)sale->spent);
    }
}

void sim_oracle_check_sales(struct sim_oracle *oracle, const json_t *sales)
{
    size_t index = 0;
    json_t *row = NULL;
    unsigned *seen = calloc(oracle->sale_count + 1, sizeof *seen);
    assert(seen != NULL);
    json_array_foreach(json_object_get(sales, "sales"), index, row)
    {
        size_t found = find_sale(oracle, row);
        const char *kind = text_of(row, "kind");
        seen[found]++;
        if (found < oracle->sale_count) {
            check_sale(oracle, &oracle->sales[found], row);
        } else if (strcmp(kind, "held") != 0 && strcmp(kind, "cancelled") != 0) {
            const json_t *key = json_object_get(row, "sale");
            sim_violation(oracle, 2, "sale %s %s of POS %s is %s at the hub, and nobody printed it",
                          at(key, 1), at(key, 2), at(key, 0), kind);
        }
    }
    for (size_t i = 0; i < oracle->sale_count; i++) {
        if (seen[i] != 1) {
            const struct sim_sale *sale = &oracle->sales[i];
            sim_violation(oracle, 2, "sale %s %s of POS %s was printed, and is %u times at the hub",
                          sale->date, sale->receipt, sale->pos, seen[i]);
        }
    }
    free(seen);
}

void sim_oracle_check_audit(struct sim_oracle *oracle, const json_t *audit)
{
    const json_t *list = json_object_get(audit, "contradictions");
    if (json_array_size(list) > 0) {
        char *text = json_dumps(json_array_get(list, 0), JSON_COMPACT);
        sim_violation(oracle, 1, "the hub's own audit finds %zu contradictions, the first: %s",
                      json_array_size(list), text);
        free(text);
    }
}
