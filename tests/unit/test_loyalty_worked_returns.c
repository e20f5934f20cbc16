/* The worked examples of docs/rules.md for what comes after the sale, as they stand in fixtures/returns (its README.md says
 * what a file may have): each comes out as it was computed by hand. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/late.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/returns_json.h"
#include "tests/unit/loyalty_after.h"
#include "tests/unit/loyalty_case.h"

#define FOLDER       "fixtures/returns"
#define SHOWN        "`returns/"
#define SUFFIX       ".json"
#define EXAMPLES_MIN 9
#define ITEMS_MAX    64
#define FIRST_LOT    101
#define SALE         1

struct example {
    const char *name;
    struct world *world;
    struct vn_outcome sale; /* with what a late card earned */
    struct vn_basket late_basket;
    struct vn_return_work work;
    struct vn_return plan;
    struct vn_return_item items[ITEMS_MAX]; /* that came back */
    size_t item_count;
    int64_t charged_minor;
    struct vn_book book, before;
    struct vn_movements moves;
    struct vn_error error;
};

static int64_t number(const json_t *of, const char *key)
{
    return json_integer_value(json_object_get(of, key));
}

static bool flag(const json_t *of, const char *key)
{
    return json_is_true(json_object_get(of, key));
}

static void must(const struct example *example, enum vn_status status)
{
    if (status != VN_OK) {
        fail_msg("%s: %s at %s", example->name, example->error.text, example->error.pointer);
    }
}

static void check_outcome(const struct example *example, const json_t *expect)
{
    world_check_outcome(&example->world->basket, &example->sale);
    json_t *outcome = vn_outcome_write(&example->sale);
    assert_non_null(outcome);
    case_check(example->name, expect, outcome, true);
    json_decref(outcome);
}

static void judge(const struct example *example, const json_t *rows)
{
    int64_t days = vn_ruleset_late_card_days(example->world->ruleset);
    int64_t started_ms = example->world->basket.started_ms;
    size_t at = 0;
    json_t *row = NULL;
    json_array_foreach(rows, at, row)
    {
        const struct vn_late_receipt receipt = {.committed = !flag(row, "held"),
                                                .taken_back = flag(row, "taken_back"),
                                                .has_card = flag(row, "has_card"),
                                                .next_started = flag(row, "next_started"),
                                                .by_code = flag(row, "by_code"),
                                                .committed_ms = started_ms};
        const char *answer =
            vn_late_name(vn_late_judge(&receipt, days, started_ms + number(row, "after_ms")));
        assert_string_equal(answer, json_string_value(json_object_get(row, "answer")));
    }
}

static void attach_card(struct example *example, const json_t *late)
{
    struct world *world = example->world;
    struct vn_json_in in = vn_json_root(json_object_get(late, "member"), &example->error);
    vn_member_read(&in, &world->member);
    must(example, vn_json_failed(&in) ? VN_INPUT : VN_OK);
    must(example, vn_late_basket(&world->basket, &example->sale, &example->late_basket, &example->error));
    world->input.member = &world->member;
    world->input.basket = &example->late_basket;
    world->input.earning_only = true;
    world_again(world);
    must(example, world->status);
    struct vn_outcome *joined = malloc(sizeof *joined);
    assert_non_null(joined);
    must(example, vn_late_join(&example->sale, &world->out, joined, &example->error));
    example->sale = *joined;
    free(joined);
    check_outcome(example, json_object_get(late, "expect"));
    judge(example, json_object_get(late, "judge"));
}

/* Plans what comes back, and remembers it as done; what must be refused is, at that place. */
static void come_back(struct example *example, const json_t *row)
{
    const char *refused = json_string_value(json_object_get(row, "refused"));
    struct vn_return_item *now = &example->items[example->item_count];
    size_t count = 0;
    struct vn_json_in in = vn_json_root(row, &example->error);
    vn_return_items_read(&in, "lines", ITEMS_MAX - example->item_count, now, &count);
    must(example, vn_json_failed(&in) ? VN_INPUT : VN_OK);
    const struct vn_return_input input = {.basket = &example->world->basket,
                                          .outcome = &example->sale,
                                          .before = example->items,
                                          .before_count = example->item_count,
                                          .charged_minor = example->charged_minor,
                                          .now = now,
                                          .now_count = count};
    enum vn_status status = vn_return_plan(&input, &example->work, &example->plan, &example->error);
    if (refused != NULL) {
        assert_int_equal(status, VN_INPUT);
        assert_string_equal(example->error.pointer, refused);
        return;
    }
    must(example, status);
    example->item_count += count;
    example->charged_minor += example->plan.charge_minor;
}

static void run_returns(struct example *example, const json_t *returns)
{
    size_t at = 0;
    json_t *row = NULL;
    json_array_foreach(returns, at, row)
    {
        come_back(example, row);
        json_t *plan = vn_return_write(&example->plan);
        assert_non_null(plan);
        if (json_object_get(row, "refused") == NULL) {
            case_check(example->name, json_object_get(row, "expect"), plan, true);
        }
        json_decref(plan);
    }
}

/* The last first: when all is back, it is exactly what was paid, earned and spent. */
static void check_reverse_order(struct example *example, const json_t *returns)
{
    int64_t paid = 0;
    int64_t earned = 0;
    int64_t spent = 0;
    example->item_count = 0;
    example->charged_minor = 0;
    for (size_t at = json_array_size(returns); at-- > 0;) {
        const json_t *row = json_array_get(returns, at);
        if (json_object_get(row, "refused") == NULL) {
            come_back(example, row);
            paid += example->plan.refund_minor + example->plan.tender_minor + example->plan.charge_minor;
            earned += example->plan.points_taken_back;
            spent += example->plan.points_given_back;
        }
    }
    assert_true(example->plan.all);
    assert_int_equal(paid, example->sale.payable_minor);
    assert_int_equal(earned, example->sale.points_earned);
    assert_int_equal(spent, example->sale.points_spent);
}

static void run_exchange(struct example *example, json_t *document)
{
    json_t *exchange = json_object_get(document, "exchange");
    json_t *next = json_copy(document);
    assert_int_equal(json_object_update(next, exchange), 0);
    case_run(example->world, example->name, next, true);
    json_decref(next);
}

static void open_book(struct example *example, const json_t *opening)
{
    struct vn_book *book = &example->book;
    assert_int_equal(vn_book_open(book, "", "w1"), VN_OK);
    struct vn_book_wallet *wallet = &book->wallets[0];
    book->next_lot = FIRST_LOT;
    wallet->expires_days = number(opening, "expires_days");
    wallet->return_grace_days = number(opening, "return_grace_days");
    size_t at = 0;
    json_t *lot = NULL;
    json_array_foreach(json_object_get(opening, "lots"), at, lot)
    {
        wallet->lots[wallet->lot_count++] = (struct vn_book_lot){.id = number(lot, "id"),
                                                                 .amount = number(lot, "amount"),
                                                                 .expires_ms = number(lot, "expires_ms")};
    }
}

static void put(json_t *row, const char *key, int64_t value)
{
    assert_int_equal(value == 0 ? 0 : json_object_set_new(row, key, json_integer(value)), 0);
}

static json_t *write_lots(const struct vn_book_wallet *wallet)
{
    json_t *lots = json_array();
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        json_t *row = json_object();
        put(row, "id", wallet->lots[i].id);
        put(row, "amount", wallet->lots[i].amount);
        put(row, "spent", wallet->lots[i].spent);
        put(row, "expired", wallet->lots[i].expired);
        put(row, "expires_ms", wallet->lots[i].expires_ms);
        assert_int_equal(json_array_append_new(lots, row), 0);
    }
    return lots;
}

static json_t *write_book(const struct vn_book *book, int64_t now_ms)
{
    const struct vn_book_balance balance = vn_book_balance(&book->wallets[0], now_ms);
    json_t *counters = json_array();
    json_t *coupons = json_array();
    for (unsigned i = 0; i < book->counter_count; i++) {
        json_t *row = json_pack("{s:s}", "account", book->counters[i].account);
        put(row, "value", book->counters[i].value);
        assert_int_equal(json_array_append_new(counters, row), 0);
    }
    for (unsigned i = 0; i < book->given_count; i++) {
        json_t *row = json_pack("{s:s}", "what", book->given[i].what);
        put(row, "amount", book->given[i].amount);
        assert_int_equal(json_array_append_new(coupons, row), 0);
    }
    json_t *out = json_pack("{s:o,s:o,s:o}", "lots", write_lots(&book->wallets[0]), "counters", counters,
                            "coupons", coupons);
    put(out, "spendable", balance.spendable);
    put(out, "debt", balance.debt);
    put(out, "lifetime_minor", book->lifetime_minor);
    return out;
}

/* Another sale, of which no more is known than its points. */
static void sell_other(struct example *example, const json_t *step, int64_t sale, int64_t at_ms)
{
    struct vn_outcome *other = calloc(1, sizeof *other);
    assert_non_null(other);
    other->points_earned = number(step, "earned");
    other->points_spent = number(step, "spent");
    must(example, vn_book_commit(&example->book, sale, at_ms, other, &example->moves, &example->error));
    free(other);
}

static void run_step(struct example *example, const json_t *step, int64_t other)
{
    const char *kind = json_string_value(json_object_get(step, "step"));
    int64_t at_ms = number(step, "at_ms");
    struct vn_book *book = &example->book;
    struct vn_movements *moves = &example->moves;
    assert_non_null(kind);
    if (strcmp(kind, "commit") == 0) {
        must(example, vn_book_commit(book, SALE, at_ms, &example->sale, moves, &example->error));
    } else if (strcmp(kind, "void") == 0) {
        must(example, vn_book_void(book, SALE, at_ms, &example->sale, moves, &example->error));
    } else if (strcmp(kind, "return") == 0) {
        come_back(example, step);
        must(example, vn_book_return(book, SALE, at_ms, &example->plan, moves, &example->error));
    } else if (strcmp(kind, "other") == 0) {
        sell_other(example, step, other, at_ms);
    } else if (strcmp(kind, "expire") == 0) {
        vn_book_expire(book, at_ms, moves);
    } else {
        fail_msg("%s: step %s", example->name, kind);
    }
}

static void run_book(struct example *example, const json_t *opening)
{
    open_book(example, opening);
    size_t at = 0;
    json_t *step = NULL;
    json_array_foreach(json_object_get(opening, "steps"), at, step)
    {
        example->before = example->book;
        run_step(example, step, SALE + 1 + (int64_t)at);
        after_check_moves(&example->moves, &example->before, &example->book);
        json_t *found = write_book(&example->book, number(step, "at_ms"));
        assert_non_null(found);
        case_check(example->name, json_object_get(step, "expect"), found, true);
        json_decref(found);
    }
}

static void run_example(void *ctx, const char *name)
{
    (void)ctx;
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, FOLDER "/%s" SUFFIX, name);
    char *text = world_read_file(path);
    json_error_t where;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL) {
        fail_msg("%s: %s line %d", path, where.text, where.line);
    }
    struct example *example = calloc(1, sizeof *example);
    assert_non_null(example);
    example->name = name;
    example->world = world_create();
    case_run(example->world, name, document, true);
    example->sale = example->world->out;
    const json_t *late = json_object_get(document, "late");
    if (late != NULL) {
        attach_card(example, late);
    }
    const json_t *returns = json_object_get(document, "returns");
    if (returns != NULL) {
        run_returns(example, returns);
        check_reverse_order(example, returns);
    }
    if (json_object_get(document, "exchange") != NULL) {
        run_exchange(example, document);
    }
    const json_t *book = json_object_get(document, "book");
    if (book != NULL) {
        run_book(example, book);
    }
    assert_true(example->item_count > 0 || example->moves.count > 0);
    world_destroy(example->world);
    free(example);
    json_decref(document);
    free(text);
}

/* Calls `visit` with the name of each example, without its suffix; returns how many there are. */
static size_t each_example(void (*visit)(void *ctx, const char *name), void *ctx)
{
    size_t count = 0;
    DIR *folder = opendir(VERNO_SOURCE "/" FOLDER);
    if (folder == NULL) {
        fail_msg("can't open %s", FOLDER);
        return 0;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[VN_NAME_MAX];
        const char *suffix = strstr(entry->d_name, SUFFIX);
        if (suffix != NULL && suffix[strlen(SUFFIX)] == '\0') {
            (void)snprintf(name, sizeof name, "%.*s", (int)(suffix - entry->d_name), entry->d_name);
            visit(ctx, name);
            count++;
        }
    }
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void test_each_worked_example_comes_out_as_computed_by_hand(void **state)
{
    (void)state;
    assert_true(each_example(run_example, NULL) >= EXAMPLES_MIN);
}

/* The specification shows an example as `returns/name.json`. */
static void find_in_page(void *page, const char *name)
{
    char shown[VN_PATH_MAX];
    (void)snprintf(shown, sizeof shown, SHOWN "%s" SUFFIX "`", name);
    if (strstr(page, shown) == NULL) {
        fail_msg("docs/rules.md does not name %s", shown);
    }
}

static void test_the_page_names_each_example_and_no_other(void **state)
{
    (void)state;
    char *page = world_read_file("docs/rules.md");
    size_t examples = each_example(find_in_page, page);
    size_t named = 0;
    for (const char *at = strstr(page, SHOWN); at != NULL; at = strstr(at + 1, SHOWN)) {
        const char *name = at + strlen(SHOWN);
        char path[VN_PATH_MAX];
        (void)snprintf(path, sizeof path, FOLDER "/%.*s", (int)strcspn(name, "`\n"), name);
        free(world_read_file(path)); /* fails the test when it is not there */
        named++;
    }
    assert_true(named >= examples);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_worked_example_comes_out_as_computed_by_hand),
        cmocka_unit_test(test_the_page_names_each_example_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
