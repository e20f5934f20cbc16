/* What the hub says at the end, against the count. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/oracle/oracle.h"

#define DAY_MS  (86400 * 1000LL)
#define AGED_MS (600 * 1000LL) /* so long the hub may take to notice that points have expired */

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text == NULL ? "" : text;
}

static int64_t number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static const char *at(const json_t *list, size_t index)
{
    const char *text = json_string_value(json_array_get(list, index));
    return text == NULL ? "" : text;
}

/* What stands in one place of an account; at tills: of all of them together. */
static int64_t place_of(const json_t *ledger, const char *place)
{
    size_t index = 0;
    json_t *row = NULL;
    int64_t sum = 0;
    json_array_foreach(json_object_get(ledger, "places"), index, row)
    {
        sum += strcmp(text_of(row, "place"), place) == 0 ? number_of(row, "amount") : 0;
    }
    return sum;
}

/* --- members ------------------------------------------------------------------------------------------------------ */

/* Of what he got, so much must have expired at least, and so much may have. */
struct expiry {
    int64_t may_be_gone, may_be_there;
};

static void add_lot(const struct sim_oracle *oracle, struct expiry *out, int64_t amount, int64_t from_ms,
                    int64_t to_ms, int64_t now_ms)
{
    int64_t life_ms = oracle->chain.terms.expires_days * DAY_MS;
    out->may_be_gone += life_ms > 0 && from_ms + life_ms <= now_ms ? amount : 0;
    out->may_be_there += life_ms == 0 || to_ms + life_ms + AGED_MS > now_ms ? amount : 0;
}

static void reckon_expiry(const struct sim_oracle *oracle, unsigned member, int64_t now_ms,
                          struct expiry *out)
{
    int64_t slack_ms = oracle->chain.slack_ms;
    *out = (struct expiry){0};
    add_lot(oracle, out, sim_opening(member), oracle->chain.opened_ms - slack_ms,
            oracle->chain.opened_ms + slack_ms + AGED_MS, now_ms);
    for (size_t next = oracle->last_of[member]; next != 0; next = oracle->sales[next - 1].before) {
        const struct sim_sale *sale = &oracle->sales[next - 1];
        if (sale->state == SIM_SALE_ABANDONED) {
            continue;
        }
        add_lot(oracle, out, sale->earned,
                (sale->misdated ? oracle->chain.opened_ms : sale->begun_ms) - slack_ms,
                (sale->misdated ? now_ms : sale->printed_ms) + slack_ms, now_ms);
        /* What comes back may live on, or begin to live anew. */
        bool back = sale->state == SIM_SALE_VOIDED || sale->state == SIM_SALE_RETURNED;
        out->may_be_there += back ? sale->spent : 0;
    }
}

static void check_expiry(struct sim_oracle *oracle, unsigned member, const json_t *ledger, int64_t now_ms)
{
    struct expiry expiry;
    int64_t expired = place_of(ledger, "expired");
    int64_t there = place_of(ledger, "free") + place_of(ledger, "waiting");
    reckon_expiry(oracle, member, now_ms, &expiry);
    if (expired > expiry.may_be_gone) {
        sim_violation(oracle, 1, "member %u lost %lld points that expired, and at most %lld were old enough",
                      member, (long long)expired, (long long)expiry.may_be_gone);
    }
    if (there > expiry.may_be_there) {
        sim_violation(oracle, 1, "member %u has %lld points, and all but %lld must have expired", member,
                      (long long)there, (long long)expiry.may_be_there);
    }
}

/* Points that are owed: of sales that were taken back after their points were spent, what was given at a risk, and what a
 * copy spent once more. A hub that was set back lets points expire that it has forgotten to be at a till: what was paid with them
 * is owed when it hears of it. */
static void check_debt(struct sim_oracle *oracle, unsigned member, const json_t *ledger)
{
    int64_t owed = -place_of(ledger, "debt");
    int64_t reasons = sim_oracle_copied_points(oracle, member);
    reasons += oracle->chain.forgot ? place_of(ledger, "expired") : 0;
    for (size_t next = oracle->last_of[member]; next != 0; next = oracle->sales[next - 1].before) {
        const struct sim_sale *sale = &oracle->sales[next - 1];
        bool back = sale->state == SIM_SALE_VOIDED || sale->state == SIM_SALE_RETURNED;
        reasons += back ? sale->earned : sale->printed.risked;
    }
    if (owed > reasons) {
        sim_violation(oracle, 3, "member %u owes %lld points at the hub, and %lld can be accounted for",
                      member, (long long)owed, (long long)reasons);
    }
}

static void check_stamps(struct sim_oracle *oracle, unsigned member, const json_t *ledger)
{
    const struct sim_use use = {.of = SIM_STAMPED, .subject = member};
    char account[VN_ID_MAX];
    int64_t given = 0;
    int64_t used = 0;
    int64_t hubs = 0;
    size_t index = 0;
    json_t *row = NULL;
    int64_t unsure = 0;
    bool back = false;
    for (size_t next = oracle->last_of[member]; next != 0; next = oracle->sales[next - 1].before) {
        const struct sim_sale *sale = &oracle->sales[next - 1];
        bool forgotten = sale->may_be_gone || sale->held_before;
        unsure += forgotten && sale->state != SIM_SALE_ABANDONED ? sale->printed.stamps : 0;
        back = back || ((sale->state == SIM_SALE_VOIDED || sale->state == SIM_SALE_RETURNED) &&
                        sale->printed.stamps > 0);
        given += sale->state == SIM_SALE_COMMITTED ? sale->printed.stamps : 0;
        for (unsigned u = 0; (sale->state == SIM_SALE_COMMITTED || sale->state == SIM_SALE_USED) &&
                             u < sale->printed.use_count;
             u++) {
            used += sale->printed.uses[u].of == SIM_STAMPED ? sale->printed.uses[u].amount : 0;
            back = back || (forgotten && sale->printed.uses[u].of == SIM_STAMPED);
        }
    }
    sim_use_account(&use, account);
    json_array_foreach(json_object_get(ledger, "counters"), index, row)
    {
        hubs += strcmp(text_of(row, "account"), account) == 0 ? number_of(row, "value") : 0;
    }
    /* Stamps that were used before their sale was taken back stay used. */
    int64_t least = given - used - unsure;
    if (hubs < least || (!back && hubs > given - used)) {
        sim_violation(oracle, 1, "member %u has %lld stamps at the hub, and %lld by what was printed", member,
                      (long long)hubs, (long long)(given - used));
    }
}

void sim_oracle_check_member(struct sim_oracle *oracle, unsigned member, const json_t *ledger, int64_t now_ms)
{
    char account[VN_ID_MAX];
    (void)snprintf(account, sizeof account, "w%u", member);
    int64_t ours = sim_oracle_balance(oracle, member);
    int64_t hubs = number_of(ledger, "balance");
    int64_t expired = place_of(ledger, "expired");
    int64_t least = ours + sim_copies_of(&oracle->settled_sure, account);
    int64_t most = ours + sim_copies_of(&oracle->settled, account);
    if (hubs + expired < least || hubs + expired > most) {
        sim_violation(
            oracle, 1,
            "member %u has %lld at the hub and %lld expired, and %lld by what was printed and settled",
            member, (long long)hubs, (long long)expired, (long long)least);
    }
    check_expiry(oracle, member, ledger, now_ms);
    check_debt(oracle, member, ledger);
    check_stamps(oracle, member, ledger);
}

/* --- what is limited ------------------------------------------------------------------------------------------------ */

/* What was settled is owed no more, and issued instead. */
static int64_t settled_of(const struct sim_oracle *oracle, const struct sim_use *use)
{
    char account[VN_ID_MAX];
    sim_use_account(use, account);
    return sim_copies_of(&oracle->settled, account);
}

/* So much of what is owed is no loss beside those that were stated: a hub that was set back forgot what it had issued, and issues
 * it again with the next request; and what was written off with a till may have been used there, as is heard later. */
static int64_t covered(const struct sim_oracle *oracle, const struct sim_use *use, const json_t *ledger)
{
    int64_t owed = -place_of(ledger, "debt");
    int64_t unissued = sim_oracle_limit(oracle, use) + place_of(ledger, "issued") + settled_of(oracle, use);
    int64_t left = place_of(ledger, "lost") + (oracle->chain.forgot && unissued > 0 ? unissued : 0);
    return left > owed ? owed : left;
}

void sim_oracle_check_limited(struct sim_oracle *oracle, const struct sim_use *use, const json_t *ledger)
{
    const char *promotion = sim_promotion(use->of);
    int64_t redeemed = place_of(ledger, "redeemed");
    int64_t owed = -place_of(ledger, "debt") - covered(oracle, use, ledger);
    int64_t out = place_of(ledger, "right") + place_of(ledger, "held");
    int64_t limit = sim_oracle_limit(oracle, use);
    int64_t used = redeemed < use->amount && redeemed >= use->amount - use->unsure ? redeemed : use->amount;
    int64_t over = used > limit ? used - limit : 0;
    if (redeemed != used) {
        sim_violation(oracle, 1, "%s of %u is used %lld at the hub, and %lld by what was printed", promotion,
                      use->subject, (long long)redeemed, (long long)use->amount);
    }
    /* What was taken at a risk is owed until it is settled, whether the limit had room for it or not. */
    if (owed + settled_of(oracle, use) < over ||
        (out == 0 && owed > over + use->risked && use->of != SIM_STAMPED)) {
        sim_violation(oracle, 3, "%s of %u is used %lld too much, and the hub states a loss of %lld",
                      promotion, use->subject, (long long)over, (long long)owed);
    }
}

void sim_oracle_check_rest(struct sim_oracle *oracle, const json_t *totals)
{
    static const char *const places[] = {"held", "suspense", "lent"};
    const json_t *sums = json_object_get(totals, "totals");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int64_t sum = number_of(sums, places[i]);
        if (sum != 0) {
            sim_violation(oracle, 10, "at rest %lld are still %s", (long long)sum, places[i]);
        }
    }
}

/* --- sales -------------------------------------------------------------------------------------------------------- */

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

/* A sale that nobody printed may be known as one that came to nothing. */
static bool came_to_nothing(const char *kind)
{
    return strcmp(kind, "held") == 0 || strcmp(kind, "cancelled") == 0 || strcmp(kind, "voided") == 0;
}

static bool came_back(const char *kind)
{
    return strcmp(kind, "voided") == 0 || strcmp(kind, "returned") == 0;
}

bool sim_oracle_may_stay(const struct sim_oracle *oracle, const json_t *entry)
{
    const char *class = text_of(entry, "class");
    size_t found = find_sale(oracle, entry);
    return (strcmp(class, "waits-for-sale") == 0 || strcmp(class, "refused") == 0) &&
           found < oracle->sale_count &&
           (oracle->sales[found].may_be_gone || oracle->sales[found].held_before);
}

static void check_sale(struct sim_oracle *oracle, struct sim_sale *sale, const json_t *row)
{
    static const char *const states[] = {"committed", "voided", "returned", "committed", "", "used"};
    int64_t earned = number_of(row, "points_earned");
    int64_t spent = number_of(row, "points_spent");
    const char *kind = text_of(row, "kind");
    if (sale->state == SIM_SALE_ABANDONED && came_to_nothing(kind)) {
        return;
    }
    /* Left open at a till whose journal ended: its next receipt counted it as used, and nobody can take it back there any
     * more. */
    bool used = sale->of_before && sale->state == SIM_SALE_ABANDONED && strcmp(kind, "used") == 0;
    if (sale->may_be_gone || used) {
        bool taken = strcmp(kind, "committed") == 0 || strcmp(kind, "used") == 0;
        bool back = came_back(kind) && (sale->state == SIM_SALE_VOIDED || sale->state == SIM_SALE_RETURNED);
        sale->state = taken ? SIM_SALE_COMMITTED : back ? sale->state : SIM_SALE_ABANDONED;
        if (strcmp(kind, "used") == 0) { /* it takes, and gives nothing */
            earned = 0;
            sale->printed.stamps = 0;
        }
        sale->earned = earned;
        sale->spent = spent;
        return;
    }
    if (strcmp(kind, states[sale->state]) != 0 && !(sale->asked_again && came_back(kind))) {
        sim_violation(oracle, 2, "sale %s %s of POS %s is %s at the hub, and was %s", sale->date,
                      sale->receipt, sale->pos, kind,
                      sale->state == SIM_SALE_ABANDONED ? "given up" : states[sale->state]);
        return;
    }
    if (sale->provisional && earned >= sale->earned) {
        sale->earned = earned; /* what the till did not know of the member is added */
    }
    if (earned != sale->earned || spent != sale->spent) {
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
        } else if (!came_to_nothing(kind)) {
            const json_t *key = json_object_get(row, "sale");
            sim_violation(oracle, 2, "sale %s %s of POS %s is %s at the hub, and nobody printed it",
                          at(key, 1), at(key, 2), at(key, 0), kind);
        }
    }
    for (size_t i = 0; i < oracle->sale_count; i++) {
        struct sim_sale *sale = &oracle->sales[i];
        if (sale->may_be_gone && seen[i] == 0) {
            sale->state = SIM_SALE_ABANDONED;
        }
        bool given_up = sale->state == SIM_SALE_ABANDONED && seen[i] == 0;
        if (seen[i] != 1 && !given_up) {
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
        char *text = json_dumps(json_array_get(list, 0), JSON_COMPACT | JSON_ENCODE_ANY);
        sim_violation(oracle, 1, "the hub's own audit finds %zu contradictions, the first: %s",
                      json_array_size(list), text);
        free(text);
    }
}
