/* The hub quotes posted receipts again: what an honest till sold comes out the same, what a lying one says is flagged and stays
 * posted, and what can't be judged is counted, never flagged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/report.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/storage/items.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_seller.h"

#define HEADER                                                                                               \
    "{\"ruleset\":1,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"         \
    "\"none\",\"wallet\":{\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":10,\"spend_step\":1},"        \
    "\"earning\":{\"points\":1,\"per_minor\":1000},"                                                         \
    "\"tiers\":{\"by\":\"spend\",\"steps\":[{\"id\":\"silver\",\"from\":100000}]},"                          \
    "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"choice\":\"all\"},"                                 \
    "{\"id\":\"code\",\"stage\":\"coupons\",\"choice\":\"all\"},"                                            \
    "{\"id\":\"more\",\"stage\":\"earning\",\"choice\":\"all\"}]}\n"
#define COFFEE(rate)                                                                                         \
    "{\"id\":\"coffee\",\"group\":\"shelf\",\"then\":{\"kind\":\"percent_off\",\"selector\":{"               \
    "\"categories\":[\"food/coffee\"]},\"rate_bp\":" #rate "}}\n"
#define COUPON                                                                                               \
    "{\"id\":\"c100\",\"group\":\"code\",\"if\":{\"coupon\":true},\"then\":{\"kind\":\"amount_off\","        \
    "\"amount_minor\":100}}\n"
#define RULES HEADER COFFEE(1000)
#define GOODS                                                                                                \
    "{\"code\":\"100\",\"name\":\"Coffee\",\"category\":\"food/coffee\"}\n"                                  \
    "{\"code\":\"200\",\"name\":\"Tea\",\"category\":\"food/tea\"}\n"

static struct seller *begin(void **state)
{
    struct seller *seller = seller_start(*state);
    seller_publish(seller, RULES);
    seller_import(seller, GOODS);
    return seller;
}

static void sell(struct seller *seller, const char *receipt, const char *account)
{
    seller_begin(seller, receipt);
    seller_line(seller, "100", 10000);
    seller_line(seller, "200", 5000);
    seller_line(seller, "300", 700); /* nobody knows it */
    if (account != NULL) {
        seller_member(seller, account);
    }
    seller_sell(seller);
}

static void test_requote_an_honest_day_comes_out_the_same(void **state)
{
    struct seller *seller = begin(state);
    sell(seller, "1", NULL);
    sell(seller, "2", "w2");
    assert_int_equal(seller->outcome.discount_minor, 1000);
    assert_int_equal(seller->outcome.points_earned, 14);
    seller_begin(seller, "3"); /* held, and committed in the next batch */
    seller_line(seller, "100", 20000);
    seller_member(seller, "w2");
    seller->input.hub_reachable = false;
    assert_int_equal(seller_quote(seller), VN_OK);
    seller_write(seller, VN_ENTRY_HOLD);
    int64_t hold = seller->till.head_seq;
    assert_int_equal(world_sync(&seller->till), 0);
    seller_write_held(seller, hold);
    seller_begin(seller, "4"); /* likewise, in one */
    seller_line(seller, "200", 150000);
    seller_member(seller, "w2");
    assert_int_equal(seller_quote(seller), VN_OK);
    assert_string_equal(seller->outcome.tier_after, "silver");
    seller_write(seller, VN_ENTRY_HOLD);
    seller_write_held(seller, seller->till.head_seq);
    world_append(&seller->till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "2", .account = "w2"});
    world_append(&seller->till,
                 &(struct world_step){.kind = VN_ENTRY_RETURN, .receipt = "3", .account = "w2"});
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 4, NULL);
    seller_requote(seller, 1000); /* nothing is looked at twice */
    seller_check(seller, 4, NULL);
    seller_end(seller);
}

/* --- a lying till ----------------------------------------------------------------------------------------------- */

static enum vn_status take_differing(void *ctx, const struct vn_differing_row *row)
{
    struct vn_differing_row *out = ctx;
    assert_int_equal(out->seq, 0); /* there is one */
    *out = *row;
    return VN_OK;
}

static void test_requote_a_lying_till_is_flagged_and_stays_posted(void **state)
{
    struct seller *seller = begin(state);
    struct vn_differing_row row = {.seq = 0};
    struct vn_sale_row sale;
    sell(seller, "1", "w2");
    seller_begin(seller, "2");
    seller_line(seller, "100", 10000);
    seller_member(seller, "w2");
    assert_int_equal(seller_quote(seller), VN_OK);
    seller->outcome.points_earned += 50;
    seller_write(seller, VN_ENTRY_COMMIT);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 1, "differs", 1, NULL);
    assert_int_equal(seller->totals.recent, 1);
    assert_int_equal(vn_storage_differing(seller->world->hub.storage, "t1", take_differing, &row), VN_OK);
    assert_int_equal(row.seq, 2);
    assert_string_equal(row.sale.receipt, "2");
    assert_int_equal(row.earned[0], 59);
    assert_int_equal(row.earned[1], 9);
    assert_int_equal(row.discount_minor[0], 1000);
    assert_int_equal(row.discount_minor[1], 1000);
    assert_string_equal(row.pointer, "/points_earned");
    assert_string_equal(row.text, "points earned 59, not 9");
    world_sale(seller->world, "2", &sale);
    assert_string_equal(sale.flags, VN_FLAG_DIFFERING);
    assert_int_equal(sale.points_earned, 59);
    assert_int_equal(world_balance(seller->world, "w2", VN_PLACE_FREE, 0), 14 + 59);
    world_sale(seller->world, "1", &sale);
    assert_string_equal(sale.flags, "");
    seller->world->now_ms += VN_REQUOTE_RECENT_MS + 1;
    seller_requote(seller, 1000);
    assert_int_equal(seller->totals.recent, 0);
    seller_end(seller);
}

static void test_requote_a_discount_that_no_rule_gives_is_told_with_its_line(void **state)
{
    struct seller *seller = begin(state);
    struct vn_differing_row row = {.seq = 0};
    json_t *report = NULL;
    seller_begin(seller, "1");
    seller_line(seller, "200", 5000);
    assert_int_equal(seller_quote(seller), VN_OK);
    seller->outcome.discount_minor = 2000;
    seller->outcome.payable_minor = 3000;
    seller->outcome.lines[0].discount_minor = 2000;
    seller->outcome.lines[0].payable_minor = 3000;
    seller_write(seller, VN_ENTRY_COMMIT);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 0, "differs", 1, NULL);
    assert_int_equal(vn_storage_differing(seller->world->hub.storage, "", take_differing, &row), VN_OK);
    assert_string_equal(row.text,
                        "discount 2000, not 0; to pay 3000, not 5000; line 1: discount 2000, not 0; "
                        "line 1: to pay 3000, not 5000");
    assert_int_equal(vn_storage_differing(seller->world->hub.storage, "t2", take_differing, &row), VN_OK);
    assert_int_equal(vn_report_differing(&seller->world->hub, "t1", &report), VN_OK);
    json_t *first = json_array_get(json_object_get(report, "differing"), 0);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(first, "till_says"), "discount_minor")), 2000);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(first, "comes_out"), "discount_minor")), 0);
    assert_string_equal(json_string_value(json_object_get(first, "text")), row.text);
    assert_int_equal(json_integer_value(json_object_get(report, "checked")), 1);
    json_decref(report);
    seller_end(seller);
}

/* --- what changes meanwhile ------------------------------------------------------------------------------------- */

static void test_requote_goods_are_as_they_were_then(void **state)
{
    struct seller *seller = begin(state);
    sell(seller, "1", "w2");
    int64_t before = seller->cursor;
    struct vn_item coffee = seller->items[0];
    seller->world->now_ms += 1000;
    assert_int_equal(world_sync(&seller->till), 0);
    seller->world->now_ms += 1000;
    seller_import(seller, "{\"code\":\"100\",\"name\":\"Coffee\",\"category\":\"food/tea\"}\n"
                          "{\"code\":\"200\",\"gone\":true}\n");
    sell(seller, "2", "w2");
    assert_int_equal(seller->outcome.discount_minor, 0);
    int64_t after = seller->cursor;
    seller->cursor = before; /* a till that was away, and sells on as it knows it */
    seller_begin(seller, "3");
    seller_line(seller, "100", 10000);
    seller->items[0] = coffee;
    seller_sell(seller);
    assert_int_equal(seller->outcome.discount_minor, 1000);
    seller->cursor = after; /* looked up before and after the change: the first line is as it was */
    seller->since = before;
    seller_begin(seller, "4");
    seller_line(seller, "100", 10000);
    seller_line(seller, "200", 700);
    seller->items[0] = coffee;
    seller_sell(seller);
    seller->since = 0;
    world_sync(&seller->till);
    seller_requote(seller, 1000);
    seller_check(seller, 3, "goods-moved", 1, NULL);
    seller_end(seller);
}

static void test_requote_goods_that_are_not_known_any_more_are_not_judged(void **state)
{
    struct seller *seller = begin(state);
    int64_t before = seller->cursor;
    bool more = true;
    seller->world->now_ms += 1000;
    seller_import(seller, "{\"code\":\"100\",\"name\":\"Coffee\",\"category\":\"food/tea\"}\n");
    int64_t after = seller->cursor;
    seller->world->now_ms += VN_ITEM_STATES_MS - 1;
    assert_int_equal(vn_requote_forget(&seller->world->hub, &more), VN_OK);
    assert_false(more);
    sell(seller, "1", NULL);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 1, NULL);
    seller->world->now_ms += 2;
    assert_int_equal(vn_requote_forget(&seller->world->hub, &more), VN_OK);
    seller->cursor = before;
    sell(seller, "2", NULL);
    seller->cursor = after;
    sell(seller, "3", NULL);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 2, "goods", 1, NULL);
    struct vn_storage *storage = seller->world->hub.storage; /* a damaged row stops nobody */
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE item_state SET document = ? WHERE code = '200'", "b",
                                vn_view_str("{\"code\":")),
                     VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    sell(seller, "4", NULL);
    seller_begin(seller, "5");
    seller_line(seller, "100", 10000);
    seller_sell(seller);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 3, "goods", 2, NULL);
    seller_end(seller);
}

/* More than an item can be: no damage that the row itself would show. */
static void test_requote_a_row_that_can_not_be_taken_stops_no_other_journal(void **state)
{
    static const char much[70000];
    struct seller *seller = begin(state);
    struct vn_storage *storage = seller->world->hub.storage;
    struct world_till first;
    struct world_till second;
    sell(seller, "1", NULL);
    assert_int_equal(world_sync(&seller->till), 0);
    first = seller->till;
    world_till_start(seller->world, &second, "t2");
    seller->till = second;
    seller_begin(seller, "2");
    seller_line(seller, "100", 10000);
    seller_sell(seller);
    assert_int_equal(world_sync(&seller->till), 0);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE item_state SET document = ? WHERE code = '200'", "b",
                                vn_view_of(much, sizeof much)),
                     VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    seller_requote(seller, 1000);
    seller_check(seller, 1, "unreadable", 1, NULL);
    world_till_end(&first);
    seller_end(seller);
}

static void test_requote_takes_the_ruleset_and_the_stops_of_the_till(void **state)
{
    static const char stops[1][VN_ID_MAX] = {"coffee"};
    struct seller *seller = begin(state);
    struct vn_error error;
    int64_t number = 0;
    sell(seller, "1", "w2");
    assert_int_equal(vn_publish_stop(&seller->world->hub, "coffee", &number, &error), VN_OK);
    seller_begin(seller, "2");
    seller_line(seller, "100", 10000);
    seller->input.stopped = stops;
    seller->input.stopped_count = 1;
    seller_sell(seller);
    assert_int_equal(seller->outcome.discount_minor, 0);
    sell(seller, "3", "w2"); /* of a till that has not heard of it yet */
    assert_int_equal(seller->outcome.discount_minor, 1000);
    seller_publish(seller, HEADER COFFEE(3000) COUPON);
    sell(seller, "4", "w2");
    assert_int_equal(seller->outcome.discount_minor, 3000);
    seller_begin(seller, "5");
    seller_line(seller, "200", 10000);
    seller->choices.coupon_count = 1;
    (void)snprintf(seller->choices.coupons[0].promotion, VN_ID_MAX, "c100");
    seller_sell(seller);
    assert_int_equal(seller->outcome.discount_minor, 100);
    seller_begin(seller, "6");
    seller_line(seller, "200", 10000);
    assert_int_equal(seller_quote(seller), VN_OK);
    seller->outcome.ruleset = 99; /* of a hub that was set back since */
    seller_write(seller, VN_ENTRY_COMMIT);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 5, "ruleset", 1, NULL);
    seller_end(seller);
}

/* --- what can't be judged --------------------------------------------------------------------------------------- */

/* Of the newer ruleset first: a till that was away sells by the older one on. */
static void test_requote_takes_an_older_ruleset_after_a_newer_one(void **state)
{
    struct seller *seller = begin(state);
    struct vn_ruleset *older = seller->ruleset;
    seller->ruleset = NULL;
    seller_publish(seller, HEADER COFFEE(3000));
    sell(seller, "1", "w2");
    assert_int_equal(seller->outcome.discount_minor, 3000);
    vn_ruleset_destroy(seller->ruleset);
    seller->ruleset = older;
    sell(seller, "2", "w2");
    assert_int_equal(seller->outcome.discount_minor, 1000);
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 2, NULL);
    seller_end(seller);
}

static void test_requote_a_receipt_without_inputs_is_counted_by_what_it_lacks(void **state)
{
    struct seller *seller = begin(state);
    world_commit(&seller->till, "1", "w2", 1000, 35); /* of the first version */
    seller_begin(seller, "2");
    seller_line(seller, "100", 10000);
    assert_int_equal(seller_quote(seller), VN_OK);
    seller->outcome.engine = VN_ENGINE_VERSION + 1;
    seller_write(seller, VN_ENTRY_COMMIT);
    seller->printed_differs = true;
    sell(seller, "3", NULL);
    seller->printed_differs = false;
    seller->silent = true;
    sell(seller, "4", "w2");
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 1000);
    seller_check(seller, 0, "no-rules", 1, "engine", 1, "printed", 1, "with", 1, NULL);
    assert_int_equal(seller->totals.recent, 0);
    seller_end(seller);
}

static void test_requote_what_is_in_quarantine_waits_for_its_release(void **state)
{
    struct seller *seller = begin(state);
    struct world *world = seller->world;
    struct vn_error error = {VN_OK, "", ""};
    sell(seller, "1", "w9");
    sell(seller, "2", "w9");
    sell(seller, "3", "w2");
    assert_int_equal(world_sync(&seller->till), 2); /* there is no member 9 */
    seller_requote(seller, 1000);
    seller_check(seller, 1, NULL);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[]}\n");
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", 1, "test", "known now", &error), VN_OK);
    assert_int_equal(vn_quarantine_discard(&world->hub, "t1", 2, "test", "not ours", &error), VN_OK);
    seller_requote(seller, 1000);
    seller_check(seller, 2, NULL);
    seller_requote(seller, 1000);
    seller_check(seller, 2, NULL);
    seller_end(seller);
}

/* --- slices ----------------------------------------------------------------------------------------------------- */

static void test_requote_goes_on_after_it_was_killed_in_a_slice(void **state)
{
    struct seller *seller = begin(state);
    struct vn_requote_slice *lost = malloc(sizeof *lost);
    const struct vn_requote_budget budget = {.receipts = 4, .ms = 60000};
    char receipt[16];
    bool held = false;
    assert_non_null(lost);
    for (int i = 1; i <= 10; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        sell(seller, receipt, "w2");
        assert_int_equal(world_sync(&seller->till), 0);
    }
    assert_int_equal(vn_requote_look(seller->requoter, &seller->world->hub, &budget, lost), VN_OK);
    assert_true(lost->full);
    assert_int_equal(lost->turns[0].sums[VN_REQUOTED_SAME], 4);
    vn_requoter_destroy(seller->requoter); /* and nobody wrote it down */
    world_reopen(seller->world);
    assert_int_equal(vn_requoter_create(&seller->requoter), VN_OK);
    seller_requote(seller, 3);
    seller_check(seller, 10, NULL);
    assert_int_equal(vn_requote_note(&seller->world->hub, lost, &held), VN_OK); /* another hub's, too late */
    seller_requote(seller, 3);
    seller_check(seller, 10, NULL);
    free(lost);
    seller_end(seller);
}

/* Journals are cut by people who need the room: what is behind goes on. */
static void test_requote_entries_that_are_not_there_are_passed_over(void **state)
{
    struct seller *seller = begin(state);
    struct vn_storage *storage = seller->world->hub.storage;
    char receipt[16];
    for (int i = 1; i <= 6; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        sell(seller, receipt, "w2");
        if (i % 2 == 0) {
            assert_int_equal(world_sync(&seller->till), 0);
        }
    }
    sell(seller, "7", NULL);
    assert_int_equal(world_sync(&seller->till), 0);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE segment SET bytes = ? WHERE from_seq = 3", "b",
                                vn_view_str("what a disk made of it")),
                     VN_OK);
    assert_int_equal(vn_sql_run(storage, "DELETE FROM segment WHERE from_seq = 7", ""), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    seller_requote(seller, 1000);
    seller_check(seller, 4, "unreadable", 2, NULL);
    vn_requoter_destroy(seller->requoter);
    vn_quote_work_destroy(seller->work);
    vn_ruleset_destroy(seller->ruleset);
    world_till_end(&seller->till); /* no audit: it would find what is missing */
    free(seller);
}

static void test_requote_many_that_differ_are_all_told(void **state)
{
    struct seller *seller = begin(state);
    char receipt[16];
    for (int i = 1; i <= 20; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        seller_begin(seller, receipt);
        seller_line(seller, "100", 10000);
        assert_int_equal(seller_quote(seller), VN_OK);
        seller->outcome.qualifying += i % 2;
        seller_write(seller, VN_ENTRY_COMMIT);
    }
    assert_int_equal(world_sync(&seller->till), 0);
    seller_requote(seller, 7);
    seller_check(seller, 10, "differs", 10, NULL);
    assert_int_equal(seller->totals.recent, 10);
    seller_end(seller);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

static enum vn_status count_differing(void *ctx, const struct vn_differing_row *row)
{
    int64_t *count = ctx;
    assert_true(row->found_ms >= count[1]);
    count[0]++;
    return VN_OK;
}

static void test_requote_what_differed_is_told_for_a_year(void **state)
{
    enum { OLD = 1201, YOUNG = 3 }; /* more than is forgotten at a time */
    struct seller *seller = begin(state);
    struct vn_storage *storage = seller->world->hub.storage;
    int64_t before_ms = seller->world->now_ms - VN_REQUOTE_KEPT_MS;
    bool more = true;
    int turns = 0;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    for (int i = 1; i <= OLD + YOUNG; i++) {
        const struct vn_differing_row row = {.enrolment = seller->till.id,
                                             .seq = i,
                                             .till = "t1",
                                             .found_ms = i <= OLD ? before_ms - i : before_ms};
        assert_int_equal(vn_storage_differing_put(storage, &row), VN_OK);
    }
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    while (more) {
        assert_int_equal(vn_requote_forget(&seller->world->hub, &more), VN_OK);
        assert_true(++turns < 10);
    }
    assert_true(turns > 1);
    int64_t found[2] = {0, before_ms};
    assert_int_equal(vn_storage_differing(storage, "", count_differing, found), VN_OK);
    assert_int_equal(found[0], YOUNG);
    seller_end(seller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requote_an_honest_day_comes_out_the_same),
        TEST(test_requote_a_lying_till_is_flagged_and_stays_posted),
        TEST(test_requote_a_discount_that_no_rule_gives_is_told_with_its_line),
        TEST(test_requote_goods_are_as_they_were_then),
        TEST(test_requote_goods_that_are_not_known_any_more_are_not_judged),
        TEST(test_requote_a_row_that_can_not_be_taken_stops_no_other_journal),
        TEST(test_requote_takes_the_ruleset_and_the_stops_of_the_till),
        TEST(test_requote_takes_an_older_ruleset_after_a_newer_one),
        TEST(test_requote_a_receipt_without_inputs_is_counted_by_what_it_lacks),
        TEST(test_requote_what_is_in_quarantine_waits_for_its_release),
        TEST(test_requote_goes_on_after_it_was_killed_in_a_slice),
        TEST(test_requote_entries_that_are_not_there_are_passed_over),
        TEST(test_requote_many_that_differ_are_all_told),
        TEST(test_requote_what_differed_is_told_for_a_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
