/* Basket and outcome as a journal keeps them: what is read reverses, returns and books as what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/book.h"
#include "agent/loyalty/journal_json.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/returns.h"
#include "agent/loyalty/returns_json.h"
#include "tests/unit/loyalty_worlds.h"

#define AT_MS INT64_C(1795334400123)

/* Through its bytes, as a journal does it; takes `json`, to be freed by the caller. */
static json_t *through_text(json_t *json)
{
    assert_non_null(json);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_non_null(text);
    json_t *again = json_loads(text, 0, NULL);
    assert_non_null(again);
    free(text);
    json_decref(json);
    return again;
}

static void read_basket(json_t *json, const struct vn_sale_key *key, struct vn_basket *out)
{
    struct vn_error error;
    struct vn_json_in in = vn_json_root(json, &error);
    vn_basket_read_journal(&in, key, AT_MS, out);
    if (error.status != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
}

static void read_outcome(json_t *json, const struct vn_basket *basket, struct vn_outcome *out)
{
    struct vn_error error;
    struct vn_json_in in = vn_json_root(json, &error);
    vn_outcome_read_journal(&in, basket, out);
    if (error.status != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
}

/* What is for the lane alone. */
static void drop_unkept(struct vn_outcome *outcome)
{
    outcome->explanation_count = 0;
    outcome->near_miss_count = 0;
    outcome->spend_min_points = outcome->spend_max_points = outcome->spend_step_points = 0;
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        struct vn_wallet_outcome *wallet = &outcome->wallets[i];
        wallet->spend_min = wallet->spend_max = wallet->spend_step = 0;
    }
}

static void assert_same_json(json_t *a, json_t *b)
{
    assert_non_null(a);
    if (!json_equal(a, b)) {
        char *was = json_dumps(a, JSON_COMPACT);
        char *now = json_dumps(b, JSON_COMPACT);
        print_error("%s\n%s\n", was, now);
        free(was);
        free(now);
        fail();
    }
    json_decref(a);
    json_decref(b);
}

/* --- of random sales ---------------------------------------------------------------------------------------------- */

struct pair {
    struct vn_basket basket;
    struct vn_outcome was, now;
    struct vn_reversal undo_was, undo_now;
    struct vn_return_work work;
    struct vn_return plan_was, plan_now;
    struct vn_book book_was, book_now;
    struct vn_movements moves_was, moves_now;
};

static unsigned unusual_lines, plans, bookings;

/* The outcome as its own form says it, without what a journal drops, and with nothing above its counts. */
static void read_was(const struct vn_outcome *outcome, struct vn_outcome *out)
{
    struct vn_error error;
    json_t *json = vn_outcome_write(outcome);
    struct vn_json_in in = vn_json_root(json, &error);
    vn_outcome_read(&in, out);
    assert_int_equal(error.status, VN_OK);
    json_decref(json);
    drop_unkept(out);
}

static void check_reversal(struct pair *pair)
{
    vn_outcome_reverse(&pair->was, &pair->undo_was);
    vn_outcome_reverse(&pair->now, &pair->undo_now);
    assert_memory_equal(&pair->undo_was, &pair->undo_now, sizeof pair->undo_was);
}

/* One piece of one line comes back, as far as that can be. */
static void check_return(struct random_world *world, struct pair *pair)
{
    unsigned at = random_below(&world->state, pair->basket.line_count);
    const struct vn_return_item item = {pair->basket.lines[at].id, 1000};
    struct vn_return_input input = {
        .basket = &world->sale.basket, .outcome = &pair->was, .now = &item, .now_count = 1};
    enum vn_status was = vn_return_plan(&input, &pair->work, &pair->plan_was, NULL);
    input.basket = &pair->basket;
    input.outcome = &pair->now;
    assert_int_equal(vn_return_plan(&input, &pair->work, &pair->plan_now, NULL), was);
    assert_same_json(vn_return_write(&pair->plan_was), vn_return_write(&pair->plan_now));
    plans += was == VN_OK;
}

static void open_book(const struct vn_outcome *outcome, struct vn_book *book)
{
    memset(book, 0, sizeof *book);
    book->next_lot = 1;
    assert_int_equal(vn_book_open(book, "", "w1"), VN_OK);
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        assert_int_equal(vn_book_open(book, outcome->wallets[i].wallet, outcome->wallets[i].account), VN_OK);
    }
}

static void check_booking(struct pair *pair)
{
    struct vn_error error;
    open_book(&pair->was, &pair->book_was);
    open_book(&pair->was, &pair->book_now);
    memset(&pair->moves_was, 0, sizeof pair->moves_was);
    memset(&pair->moves_now, 0, sizeof pair->moves_now);
    enum vn_status was = vn_book_commit(&pair->book_was, 1, AT_MS, &pair->was, &pair->moves_was, &error);
    assert_int_equal(vn_book_commit(&pair->book_now, 1, AT_MS, &pair->now, &pair->moves_now, &error), was);
    assert_int_equal(pair->moves_was.count, pair->moves_now.count);
    assert_memory_equal(pair->moves_was.rows, pair->moves_now.rows,
                        pair->moves_was.count * sizeof pair->moves_was.rows[0]);
    bookings += was == VN_OK;
}

static void check_world(struct random_world *world)
{
    const struct vn_basket *basket = &world->sale.basket;
    if (world->status != VN_OK) {
        return;
    }
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    json_t *json = through_text(vn_basket_write_journal(basket, NULL, AT_MS));
    read_basket(json, &basket->key, &pair->basket);
    assert_same_json(vn_basket_write(basket), vn_basket_write(&pair->basket));
    json_decref(json);

    read_was(&world->out, &pair->was);
    json = through_text(vn_outcome_write_journal(&world->out, basket));
    read_outcome(json, &pair->basket, &pair->now);
    assert_same_json(vn_outcome_write(&pair->was), vn_outcome_write(&pair->now));
    assert_null(json_object_get(json, "own_lines"));
    unusual_lines += json_array_size(json_object_get(json, "lines")) > 0;
    json_decref(json);

    check_reversal(pair);
    if (basket->line_count > 0) {
        check_return(world, pair);
    }
    check_booking(pair);
    free(pair);
}

static void test_what_a_journal_keeps_reverses_returns_and_books_as_before(void **state)
{
    (void)state;
    unsigned quoted = 0;
    unusual_lines = plans = bookings = 0;
    worlds_each(250, NULL, check_world, &quoted);
    worlds_assert_seen(unusual_lines, 100);
    worlds_assert_seen(plans, 100);
    worlds_assert_seen(bookings, 500);
}

/* The printed basket may be another than the quoted one; then nothing is lost either. */
static void check_beside_another(struct random_world *world)
{
    struct vn_outcome *was = calloc(1, sizeof *was);
    struct vn_outcome *now = calloc(1, sizeof *now);
    struct vn_basket *other = malloc(sizeof *other);
    if (was == NULL || now == NULL || other == NULL) {
        fail_msg("out of memory");
        abort();
    }
    *other = world->sale.basket;
    uint32_t change = random_below(&world->state, 4);
    if (other->line_count > 0 && change == 0) {
        other->lines[0].amount_minor += 100;
    } else if (other->line_count > 0 && change == 1) {
        other->line_count--;
    } else if (other->line_count > 0 && change == 2) {
        other->lines[0].id = 4711;
    }
    read_was(&world->out, was);
    json_t *json = through_text(vn_outcome_write_journal(&world->out, change == 3 ? NULL : other));
    read_outcome(json, change == 3 ? NULL : other, now);
    assert_same_json(vn_outcome_write(was), vn_outcome_write(now));
    json_decref(json);
    free(was);
    free(now);
    free(other);
}

static void test_an_outcome_is_kept_whole_beside_another_basket(void **state)
{
    (void)state;
    worlds_each(100, NULL, check_beside_another, NULL);
}

/* --- forms -------------------------------------------------------------------------------------------------------- */

static const struct vn_sale_key key = {"1", "2026-11-22", "17"};

static void test_the_form_is_as_the_header_says(void **state)
{
    (void)state;
    static const char form[] =
        "{\"operator\":\"7\",\"ago\":81000,\"unit_prices\":true,\"lines\":[[\"8600000000017\",15999],"
        "[\"8600000000024\",31998,2000,\"E\"],[\"8600000000031\",-15999,-1000,{\"id\":9,\"parent\":1,"
        "\"name\":\"Tea\",\"unit_price_minor\":15999}]]}";
    static struct vn_basket basket;
    struct vn_item items[3] = {{.known = true}, {.known = true}, {.known = false}};
    json_t *json = json_loads(form, 0, NULL);
    read_basket(json, &key, &basket);
    assert_int_equal(basket.line_count, 3);
    assert_string_equal(basket.key.receipt, "17");
    assert_int_equal(basket.started_ms, AT_MS - 81000);
    assert_int_equal(basket.lines[1].id, 2);
    assert_int_equal(basket.lines[1].unit_price_minor, 15999);
    assert_int_equal(basket.lines[1].list_amount_minor, 31998);
    assert_string_equal(basket.lines[1].tax, "E");
    assert_int_equal(basket.lines[2].id, 9);
    assert_int_equal(basket.lines[2].parent, 1);
    memcpy(basket.lines[0].name, "Coffee", sizeof "Coffee"); /* which the catalogue knows */
    json_t *again = vn_basket_write_journal(&basket, items, AT_MS);
    assert_same_json(again, json);
}

static void test_an_outcome_says_what_basket_and_applications_do_not(void **state)
{
    (void)state;
    static struct vn_basket basket;
    static struct vn_outcome outcome;
    json_t *lines = json_loads("{\"lines\":[[\"a\",1000],[\"b\",3000,3000],[\"c\",500]]}", 0, NULL);
    json_t *json =
        json_loads("{\"ruleset\":7,\"applications\":[[\"p\",\"units\",[1,100],[2,1000,1000]],"
                   "[\"\",\"earning\",34]],\"earn_bp\":20000,\"lines\":[{\"id\":3,\"earn_minor\":0}],"
                   "\"engine\":2}",
                   0, NULL);
    read_basket(lines, &key, &basket);
    read_outcome(json, &basket, &outcome);
    assert_int_equal(outcome.total_minor, 4500);
    assert_int_equal(outcome.discount_minor, 1100);
    assert_int_equal(outcome.payable_minor, 3400);
    assert_int_equal(outcome.points_earned, 34);
    assert_int_equal(outcome.applications[0].qty_milli, 1000);
    assert_int_equal(outcome.applications[1].discount_minor, 1000);
    assert_int_equal(outcome.lines[0].payable_minor, 900);
    assert_int_equal(outcome.lines[0].earn_minor, 1800);
    assert_int_equal(outcome.lines[1].qty_milli, 3000);
    assert_int_equal(outcome.lines[1].earn_minor, 4000);
    assert_int_equal(outcome.lines[2].earn_minor, 0);
    assert_same_json(vn_outcome_write_journal(&outcome, &basket), json);
    json_decref(lines);
}

static void test_what_no_journal_has_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *basket, *outcome; /* one of them is wrong */
        const char *pointer;
    } cases[] = {
        {"{}", NULL, "/lines"},
        {"{\"lines\":[{}]}", NULL, "/lines/0"},
        {"{\"lines\":[[\"a\"]]}", NULL, "/lines/0"},
        {"{\"lines\":[[1,1]]}", NULL, "/lines/0/0"},
        {"{\"lines\":[[\"a\",\"b\"]]}", NULL, "/lines/0/1"},
        {"{\"lines\":[[\"a\",1,\"E\",2]]}", NULL, "/lines/0"},
        {"{\"lines\":[[\"a\",1,2,\"E\",{},5]]}", NULL, "/lines/0"},
        {"{\"lines\":[[\"a\",1],[\"b\",1,{\"id\":1}]]}", NULL, "/lines/1"},
        {"{\"lines\":[[\"a\",1,{\"id\":9223372036854775807}],[\"b\",1]]}", NULL, "/lines/1"},
        {"{\"lines\":[[\"a\",1,{\"kind\":\"x\"}]]}", NULL, "/lines/0/2/kind"},
        {"{\"ago\":9007199254740991,\"lines\":[]}", NULL, "/ago"},
        {"{\"lines\":[]}", "{\"applications\":[[\"p\",\"units\"]]}", "/applications/0"},
        {"{\"lines\":[]}", "{\"applications\":[[\"p\",\"x\",1]]}", "/applications/0/1"},
        {"{\"lines\":[]}", "{\"applications\":[[\"p\",\"units\",[1]]]}", "/applications/0/2"},
        {"{\"lines\":[]}", "{\"applications\":[[\"p\",\"units\",-1]]}", "/applications/0/2"},
        {"{\"lines\":[]}", "{\"applications\":[[\"p\",\"units\",[1,2,3,4]]]}", "/applications/0/2"},
        {"{\"lines\":[]}", "{\"lines\":[{\"id\":1}]}", "/lines/0/id"},
        {"{\"lines\":[[\"a\",1]]}",
         "{\"applications\":[[\"p\",\"units\",[1,1000000000000000000],[1,1000000000000000000]]]}",
         "/applications"},
        {"{\"lines\":[]}", "{\"applications\":[[\"p\",\"earning\",1000000000000000000,1000000000000000000]]}",
         "/points_earned"},
        {"{\"lines\":[]}", "{\"consumptions\":[{}]}", "/consumptions/0/account"},
    };
    static struct vn_basket basket;
    static struct vn_outcome outcome;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_error error;
        json_t *json = json_loads(cases[i].basket, 0, NULL);
        struct vn_json_in in = vn_json_root(json, &error);
        vn_basket_read_journal(&in, &key, AT_MS, &basket);
        json_decref(json);
        if (cases[i].outcome != NULL) {
            assert_int_equal(error.status, VN_OK);
            json = json_loads(cases[i].outcome, 0, NULL);
            in = vn_json_root(json, &error);
            vn_outcome_read_journal(&in, &basket, &outcome);
            json_decref(json);
        }
        assert_int_equal(error.status, VN_INPUT);
        assert_string_equal(error.pointer, cases[i].pointer);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_a_journal_keeps_reverses_returns_and_books_as_before,
                                  worlds_say_seed),
        cmocka_unit_test_teardown(test_an_outcome_is_kept_whole_beside_another_basket, worlds_say_seed),
        cmocka_unit_test(test_the_form_is_as_the_header_says),
        cmocka_unit_test(test_an_outcome_says_what_basket_and_applications_do_not),
        cmocka_unit_test(test_what_no_journal_has_is_refused_at_its_place),
    };
    worlds_words(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
