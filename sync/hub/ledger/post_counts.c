/* Room for counters in a member's book.
 *
 * Each use of an offer that is limited by member leaves a counter, whose name has the period in it: an offer of once a day leaves
 * one for each day. 32 travel with a member, so those that no promotion asks for any more are forgotten when there are so
 * many: of periods that are over, and of promotions that are gone. When all of them still count, the ones whose period is over
 * first are forgotten, and the sale says so: the sale was made, and is not refused for it. Stamps are never forgotten. */
#include <string.h>

#include "sync/hub/ledger/post_work.h"

#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS 60000

/* The outcome counts by it. */
static bool is_named(const struct vn_outcome *outcome, const char *account)
{
    bool named = false;
    for (unsigned i = 0; i < outcome->consumption_count && !named; i++) {
        named = strcmp(outcome->consumptions[i].account, account) == 0;
    }
    return named;
}

int64_t vn_post_day(const struct vn_ruleset *ruleset, int64_t at_ms)
{
    return (at_ms + vn_ruleset_utc_offset_min(ruleset, "", at_ms) * MINUTE_MS) / DAY_MS;
}

/* The book's counters, and when their periods end. */
struct counters {
    struct vn_book *book;
    int64_t ends[VN_COUNTERS_MAX]; /* INT64_MAX: not of a limit, or of one that this sale counts by */
};

static void read_ends(struct counters *counters, const struct vn_ruleset *ruleset, const char *member,
                      const struct vn_outcome *outcome, int64_t day)
{
    const struct vn_book *book = counters->book;
    for (unsigned i = 0; i < book->counter_count; i++) {
        const char *account = book->counters[i].account;
        bool may = account[0] == 'n' && !is_named(outcome, account);
        counters->ends[i] = !may              ? INT64_MAX
                            : ruleset == NULL ? 0
                                              : vn_ruleset_limit_end(ruleset, member, account, day);
        if (may && counters->ends[i] == INT64_MAX) {
            counters->ends[i]--; /* for ever: after all others */
        }
    }
}

static void forget(struct counters *counters, unsigned at)
{
    vn_book_forget_counter(counters->book, at);
    memmove(&counters->ends[at], &counters->ends[at + 1],
            (counters->book->counter_count - at) * sizeof counters->ends[0]);
}

static unsigned first_to_end(const struct counters *counters)
{
    unsigned first = 0;
    for (unsigned i = 1; i < counters->book->counter_count; i++) {
        first = counters->ends[i] < counters->ends[first] ? i : first;
    }
    return first;
}

static unsigned given_rows(const struct vn_outcome *outcome)
{
    unsigned rows = 0;
    for (unsigned i = 0; i < outcome->given_count; i++) {
        enum vn_given_kind kind = outcome->given[i].kind;
        rows += kind == VN_GIVEN_COUPON || kind == VN_GIVEN_TAG ? 1 : 0;
    }
    return rows;
}

bool vn_post_cut_stamps(struct vn_outcome *outcome, int64_t most)
{
    int64_t left = most;
    unsigned kept = 0;
    bool cut = false;
    for (unsigned i = 0; i < outcome->given_count; i++) {
        struct vn_given *given = &outcome->given[i];
        bool counts = given->kind == VN_GIVEN_STAMP && given->amount > 0; /* below 0 is refused later */
        bool above = counts && given->amount > left;
        given->amount = above ? left : given->amount;
        left -= counts ? given->amount : 0;
        cut = cut || above;
        if (!above || given->amount > 0) {
            outcome->given[kept++] = *given;
        }
    }
    outcome->given_count = kept;
    return cut;
}

enum vn_status vn_post_make_room(const struct vn_turn *turn, const struct vn_post_books *books,
                                 const struct vn_outcome *outcome, bool *uncounted)
{
    struct vn_post *post = turn->post;
    struct counters counters = {.book = &post->book};
    unsigned wanted = vn_book_new_counters(&post->book, outcome);
    const struct vn_ruleset *ruleset = NULL;
    *uncounted = false;
    vn_book_make_room(&post->book, turn->at_ms, given_rows(outcome));
    if (post->book.counter_count + wanted <= VN_COUNTERS_MAX) {
        return VN_OK;
    }
    enum vn_status status = vn_terms_ruleset(post->terms, post->storage, &ruleset);
    if (status != VN_OK) {
        return status;
    }
    int64_t day = ruleset == NULL ? 0 : vn_post_day(ruleset, turn->at_ms);
    read_ends(&counters, ruleset, books->accounts[0]->text, outcome, day);
    for (unsigned i = post->book.counter_count; i-- > 0;) {
        if (counters.ends[i] <= day) {
            forget(&counters, i);
        }
    }
    while (post->book.counter_count > 0 && post->book.counter_count + wanted > VN_COUNTERS_MAX) {
        unsigned at = first_to_end(&counters);
        if (counters.ends[at] == INT64_MAX) {
            break; /* stamps */
        }
        forget(&counters, at);
        *uncounted = true;
    }
    return VN_OK;
}
