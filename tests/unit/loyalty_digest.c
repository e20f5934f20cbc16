/* loyalty_digest [RULESETS [SEED]]: quotes random worlds and prints their outcomes, what fiscal printers get of them, and
 * what comes back with a part of them.
 *
 * toolchain/determinism compares what it prints when it was built by other compilers, without optimisation, and for
 * another processor. The counts of what occurred go to stderr; a kind of reward, a reason or a branch of the outcome that
 * never did is a failure, because what is never reached is never compared. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/fiscal.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/returns_json.h"
#include "tests/unit/loyalty_random.h"

#define RULESETS          1000
#define SALES_PER_RULESET 5
#define PROMOTIONS        16
#define LINES             10

enum branch {
    BRANCH_REFUSED,
    BRANCH_NOT_OPTIMAL,
    BRANCH_PROVISIONAL,
    BRANCH_TENDER,
    BRANCH_POINTS_OFF,
    BRANCH_SECOND_WALLET,
    BRANCH_LOTS,
    BRANCH_RISK,
    BRANCH_NEAR_MISS,
    BRANCH_TIER,
    BRANCH_FUNDING,
    BRANCH_GIVEN, /* and the kinds of it */
    BRANCH_COUNT = BRANCH_GIVEN + 5,
};

static const char *const branch_names[BRANCH_COUNT] = {
    "refused",       "not-optimal",  "provisional", "points-as-tender", "points-as-discount",
    "second-wallet", "lots",         "risk",        "near-miss",        "tier-after",
    "funding",       "given-coupon", "given-tag",   "given-stamp",      "given-gift",
    "given-say",
};

static const char *const kinds[] = {
    "percent_off",
    "amount_off",
    "new_price",
    "nth_free",
    "buy_get",
    "bundle",
    "gift",
    "ladder",
    "accumulative",
    "points_per_spend",
    "points_per_unit",
    "points_multiplier",
    "points_bonus",
    "stamp",
    "issue_coupon",
    "add_tag",
    "say",
};

#define KINDS (sizeof kinds / sizeof kinds[0])

struct counts {
    unsigned quotes;
    unsigned reasons[VN_REASON_COUNT];
    unsigned stages[VN_STAGE_COUNT];
    unsigned kinds[KINDS]; /* promotions that applied, by their first reward */
    unsigned branches[BRANCH_COUNT];
};

static void count_rows(const struct vn_outcome *out, struct counts *counts)
{
    for (unsigned i = 0; i < out->application_count; i++) {
        counts->stages[out->applications[i].stage]++;
    }
    for (unsigned i = 0; i < out->explanation_count; i++) {
        const struct vn_explanation *at = &out->explanations[i];
        counts->reasons[at->reason]++;
        const char *dot = strchr(at->promotion, '.');
        for (size_t k = 0; dot != NULL && at->reason == VN_REASON_APPLIED && k < KINDS; k++) {
            counts->kinds[k] += strcmp(dot + 1, kinds[k]) == 0 ? 1 : 0;
        }
    }
    for (unsigned i = 0; i < out->consumption_count; i++) {
        counts->branches[BRANCH_RISK] += out->consumptions[i].risk ? 1 : 0;
    }
    for (unsigned i = 0; i < out->given_count; i++) {
        counts->branches[BRANCH_GIVEN + (int)out->given[i].kind]++;
    }
}

static void count(enum vn_status status, const struct vn_outcome *out, struct counts *counts)
{
    unsigned *branches = counts->branches;
    counts->quotes++;
    if (status != VN_OK) {
        branches[BRANCH_REFUSED]++;
        return;
    }
    branches[BRANCH_NOT_OPTIMAL] += out->optimal ? 0 : 1;
    branches[BRANCH_PROVISIONAL] += out->provisional ? 1 : 0;
    branches[BRANCH_TENDER] += out->points_spent > 0 && out->spent_as_tender ? 1 : 0;
    branches[BRANCH_POINTS_OFF] += out->points_spent > 0 && !out->spent_as_tender ? 1 : 0;
    branches[BRANCH_SECOND_WALLET] += out->wallet_count > 0 && out->wallets[0].spent > 0 ? 1 : 0;
    branches[BRANCH_LOTS] += out->lot_use_count > 0 ? 1 : 0;
    branches[BRANCH_NEAR_MISS] += out->near_miss_count > 0 ? 1 : 0;
    branches[BRANCH_TIER] += out->tier_after[0] != '\0' ? 1 : 0;
    branches[BRANCH_FUNDING] += out->funding_count > 0 ? 1 : 0;
    count_rows(out, counts);
}

static unsigned report(const char *what, unsigned number)
{
    (void)fprintf(stderr, "%-20s %u%s\n", what, number, number == 0 ? "  <- never" : "");
    return number == 0 ? 1 : 0;
}

/* How much of what can occur never did. */
static unsigned report_all(const struct counts *counts)
{
    unsigned never = report("quotes", counts->quotes);
    for (int i = 0; i < VN_REASON_COUNT; i++) {
        never += report(vn_reason_name((enum vn_reason)i), counts->reasons[i]);
    }
    for (int i = 0; i < VN_STAGE_COUNT; i++) {
        never += report(vn_stage_name((enum vn_stage)i), counts->stages[i]);
    }
    for (size_t i = 0; i < KINDS; i++) {
        never += report(kinds[i], counts->kinds[i]);
    }
    for (int i = 0; i < BRANCH_COUNT; i++) {
        never += report(branch_names[i], counts->branches[i]);
    }
    return never;
}

static bool print_outcome(enum vn_status status, const struct vn_outcome *out, const struct vn_error *error)
{
    if (status != VN_OK) {
        return printf("%s at %s\n", error->text, error->pointer) > 0;
    }
    json_t *json = vn_outcome_write(out);
    bool printed = json != NULL && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return printed;
}

struct worlds {
    struct random_rules rules;
    struct random_sale sale;
    struct vn_outcome out;
    struct counts counts;
    struct vn_quote_work *work;
    struct vn_sold sold;
    struct vn_fiscal fiscal;
    struct vn_return_work returning;
    struct vn_return plan;
};

/* What each country's printer gets. */
static bool print_fiscal(struct worlds *worlds)
{
    struct vn_fiscal *fiscal = &worlds->fiscal;
    for (int country = 0; country < VN_FISCAL_COUNT; country++) {
        enum vn_status status =
            vn_fiscal_lines(vn_fiscal_profile((enum vn_fiscal_country)country), &worlds->sale.basket,
                            &worlds->out, &worlds->sold, fiscal, NULL);
        if (status != VN_OK) {
            return printf("%s\n", vn_status_name(status)) > 0;
        }
        for (unsigned i = 0; i < fiscal->count; i++) {
            const struct vn_fiscal_line *line = &fiscal->lines[i];
            (void)printf("%" PRId64 ":%" PRId64 "x%" PRId64 "=%" PRId64 " ", line->line_id, line->qty_milli,
                         line->unit_price_minor, line->total_minor);
        }
        if (printf("%" PRId64 " %" PRId64 "\n", fiscal->total_minor, fiscal->off_minor) < 0) {
            return false;
        }
    }
    return true;
}

/* A piece of the first line comes back, or all of what has no pieces. */
static bool print_return(struct worlds *worlds)
{
    struct vn_error error;
    if (worlds->sold.count == 0) {
        return true;
    }
    const struct vn_sold_line *line = &worlds->sold.lines[0];
    const struct vn_return_item item = {line->line_id, line->pieces ? 1000 : line->qty_milli};
    const struct vn_return_input input = {
        .basket = &worlds->sale.basket, .outcome = &worlds->out, .now = &item, .now_count = 1};
    if (vn_return_plan(&input, &worlds->returning, &worlds->plan, &error) != VN_OK) {
        return printf("%s at %s\n", error.text, error.pointer) > 0;
    }
    json_t *json = vn_return_write(&worlds->plan);
    bool printed = json != NULL && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return printed;
}

/* False when a world could not be made or printed; says why. */
static bool run_ruleset(uint64_t *seed, struct worlds *worlds)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    random_rules(seed, 1 + random_below(seed, PROMOTIONS), &worlds->rules);
    if (vn_ruleset_parse(vn_view_str(worlds->rules.text), &ruleset, &error) != VN_OK) {
        (void)fprintf(stderr, "%s at %s of\n%s\n", error.text, error.pointer, worlds->rules.text);
        return false;
    }
    bool good = vn_ruleset_skipped_count(ruleset) == 0;
    if (!good) {
        (void)fprintf(stderr, "%s at %s of\n%s\n", vn_ruleset_skipped(ruleset)->text,
                      vn_ruleset_skipped(ruleset)->pointer, worlds->rules.text);
    }
    for (int i = 0; good && i < SALES_PER_RULESET; i++) {
        random_sale(seed, &worlds->rules, ruleset, LINES, &worlds->sale);
        enum vn_status status = vn_quote(worlds->work, &worlds->sale.input, &worlds->out, &error);
        count(status, &worlds->out, &worlds->counts);
        good = print_outcome(status, &worlds->out, &error) &&
               (status != VN_OK || (print_fiscal(worlds) && print_return(worlds)));
    }
    vn_ruleset_destroy(ruleset);
    return good;
}

int main(int argc, char **argv)
{
    unsigned long rulesets = argc > 1 ? strtoul(argv[1], NULL, 10) : RULESETS;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261122;
    struct worlds *worlds = calloc(1, sizeof *worlds);
    bool good = worlds != NULL && vn_quote_work_create(&worlds->work) == VN_OK;
    for (unsigned long i = 0; good && i < rulesets; i++) {
        good = run_ruleset(&seed, worlds);
    }
    good = good && fflush(stdout) == 0 && report_all(&worlds->counts) == 0;
    if (worlds != NULL) {
        vn_quote_work_destroy(worlds->work);
    }
    free(worlds);
    return good ? 0 : 1;
}
