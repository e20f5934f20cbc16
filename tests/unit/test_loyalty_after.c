/* What comes after the sale, over outcomes that were really reckoned: random rulesets and baskets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_after.h"
#include "tests/unit/loyalty_random.h"
#include "tests/unit/loyalty_world.h"

#define RULESETS 120
#define SALES    15

struct papers {
    struct vn_outcome outcome;
    struct random_rules rules;
    struct random_sale sale;
    struct after_fiscal fiscal;
    struct after_returns returns;
    struct after_book after_book;
    struct vn_book book;
};

static void open_wallet(struct papers *papers, const char *wallet, const char *account,
                        const struct vn_lot *lots, unsigned count)
{
    unsigned at = papers->book.wallet_count;
    assert_int_equal(vn_book_open(&papers->book, wallet, account), VN_OK);
    struct vn_book_wallet *of = &papers->book.wallets[at];
    of->expires_days = 365;
    of->return_grace_days = 30;
    for (unsigned i = 0; i < count; i++) {
        const struct vn_book_lot lot = {.id = lots[i].id,
                                        .amount = lots[i].amount,
                                        .earned_ms = lots[i].earned_ms,
                                        .matures_ms = lots[i].matures_ms,
                                        .expires_ms = lots[i].expires_ms};
        unsigned place = of->lot_count++;
        for (; place > 0; place--) {
            const struct vn_book_lot *other = &of->lots[place - 1];
            int64_t mine = lot.expires_ms == 0 ? INT64_MAX : lot.expires_ms;
            int64_t its = other->expires_ms == 0 ? INT64_MAX : other->expires_ms;
            if (its < mine || (its == mine && other->id < lot.id)) {
                break;
            }
            of->lots[place] = *other;
        }
        of->lots[place] = lot;
    }
}

/* The member's book as a hub would have it. */
static void open_book(struct papers *papers)
{
    const struct vn_member *member = papers->sale.input.member;
    memset(&papers->book, 0, sizeof papers->book);
    papers->book.next_lot = 1000000;
    open_wallet(papers, "", member == NULL ? "w1" : member->account, member == NULL ? NULL : member->lots,
                member == NULL ? 0 : member->lot_count);
    for (unsigned i = 0; member != NULL && i < member->wallet_count; i++) {
        const struct vn_member_wallet *of = &member->wallets[i];
        open_wallet(papers, of->id, of->account, of->lots, of->lot_count);
    }
}

static void test_what_was_reckoned_can_be_printed_taken_back_and_booked(void **state)
{
    struct world *world = *state;
    struct papers *papers = calloc(1, sizeof *papers);
    uint64_t seed = 1122;
    unsigned quoted = 0;
    unsigned discounted = 0;
    assert_non_null(papers);
    for (int rules = 0; rules < RULESETS; rules++) {
        random_rules(&seed, 14, &papers->rules);
        world_ruleset(world, papers->rules.text);
        for (int sale = 0; sale < SALES; sale++) {
            random_sale(&seed, &papers->rules, world->ruleset, 12, &papers->sale);
            papers->sale.input.ruleset = world->ruleset;
            if (vn_quote(world->work, &papers->sale.input, &papers->outcome, &world->error) != VN_OK) {
                continue;
            }
            const struct vn_basket *basket = &papers->sale.basket;
            quoted++;
            discounted += papers->outcome.discount_minor > 0 ? 1 : 0;
            after_check_fiscal(&papers->fiscal, basket, &papers->outcome);
            after_check_returns(&seed, &papers->returns, basket, &papers->outcome);
            open_book(papers);
            after_check_book(&seed, &papers->after_book, &papers->book, basket, &papers->outcome,
                             basket->started_ms);
        }
    }
    assert_true(quoted > RULESETS * SALES * 8 / 10 && discounted > quoted / 3);
    assert_true(papers->fiscal.split > 500 && papers->returns.revoked > 50 && papers->returns.tender > 0);
    assert_true(papers->after_book.back > quoted && papers->after_book.rights > 200);
    free(papers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_reckoned_can_be_printed_taken_back_and_booked,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
