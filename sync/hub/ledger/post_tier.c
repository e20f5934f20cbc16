#include <string.h>

#include "agent/loyalty/tiers.h"
#include "sync/hub/ledger/post_work.h"

/* NULL: the account is no member's, or the ruleset in force has no periods. */
static enum vn_status rules_of(const struct vn_turn *turn, const struct vn_post_books *books,
                               const struct vn_ruleset **out)
{
    *out = NULL;
    if (vn_account_kind(books->accounts[0]->row.id) != VN_ACCOUNT_MEMBER) {
        return VN_OK;
    }
    enum vn_status status = vn_terms_header(turn->post->terms, turn->post->storage, out);
    if (status == VN_OK && *out != NULL && vn_tier_rules(*out) == 0) {
        *out = NULL;
    }
    return status;
}

static struct vn_tier_state state_of(const struct vn_post_books *books, int64_t qualifying)
{
    const struct vn_book_person *person = &books->person;
    struct vn_tier_state state = {.qualifying = qualifying,
                                  .before = person->before,
                                  .period_ms = person->period_ms,
                                  .fall_ms = person->fall_ms};
    memcpy(state.tier, person->tier, sizeof state.tier);
    return state;
}

static void keep(const struct vn_tier_state *state, struct vn_post_books *books, struct vn_book *book)
{
    struct vn_book_person *person = &books->person;
    memcpy(person->tier, state->tier, sizeof person->tier);
    person->before = vn_book_sum(state->before, 0); /* likewise a sum: the next one is to fit */
    person->period_ms = state->period_ms;
    person->fall_ms = state->fall_ms;
    book->qualifying = vn_book_sum(state->qualifying, 0);
}

enum vn_status vn_post_tier_open(const struct vn_turn *turn, struct vn_post_books *books)
{
    struct vn_book *book = &turn->post->book;
    const struct vn_ruleset *rules = NULL;
    enum vn_status status = books->person.has_periods ? rules_of(turn, books, &rules) : VN_OK;
    if (status == VN_OK && rules != NULL) {
        struct vn_tier_state state = state_of(books, book->qualifying);
        vn_tier_turn(rules, turn->at_ms, &state);
        keep(&state, books, book);
    }
    books->counted = book->qualifying;
    return status;
}

enum vn_status vn_post_tier_close(const struct vn_turn *turn, struct vn_post_books *books, int64_t *due_ms)
{
    struct vn_book *book = &turn->post->book;
    const struct vn_ruleset *rules = NULL;
    enum vn_status status = rules_of(turn, books, &rules);
    *due_ms = 0;
    if (status != VN_OK || rules == NULL) {
        return status;
    }
    if (!books->person.has_periods) {
        /* A job adopts it; nobody says what the tier of somebody was who was taken out. */
        *due_ms = books->accounts[0]->row.closed ? 0 : 1;
        return VN_OK;
    }
    struct vn_tier_state state = state_of(books, books->counted);
    status = vn_tier_count(rules, turn->at_ms, book->qualifying - books->counted, &state, turn->error);
    if (status == VN_OK) {
        keep(&state, books, book);
        *due_ms = vn_tier_due_ms(rules, &state);
    }
    return status;
}

enum vn_status vn_post_tier_adopt(const struct vn_turn *turn, struct vn_post_books *books, const char *tier,
                                  int64_t qualifying)
{
    struct vn_book *book = &turn->post->book;
    const struct vn_ruleset *rules = NULL;
    enum vn_status status = books->person.has_periods ? VN_OK : rules_of(turn, books, &rules);
    if (status != VN_OK || rules == NULL) {
        return status;
    }
    struct vn_tier_state state = state_of(books, vn_book_sum(book->qualifying, qualifying));
    if (state.tier[0] == '\0') {
        memcpy(state.tier, tier, sizeof state.tier);
    }
    vn_tier_turn(rules, turn->at_ms, &state);
    keep(&state, books, book);
    books->person.has_periods = true;
    books->counted = book->qualifying;
    return VN_OK;
}
