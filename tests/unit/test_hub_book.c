/* All that an outcome says is in the member's book: lots with their wallet's terms, further wallets, stamps, coupons and tags,
 * returns by lines; and entries in quarantine get out of it. After each, the audit finds no contradiction. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/storage/book.h"
#include "sync/hub/storage/sql.h"

#define DAY_MS INT64_C(86400000)
#define RULESET                                                                                              \
    "{\"ruleset\":1,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"         \
    "\"none\",\"wallet\":{\"matures_days\":14,\"expires_days\":30},"                                         \
    "\"wallets\":[{\"id\":\"partner\",\"expires_days\":60}]}\n"
/* Two lines of 100.00; the first earned 30 of the 40 points. */
#define BASKET                                                                                               \
    "\"basket\":{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"1\"},\"lines\":["             \
    "{\"id\":1,\"code\":\"a\",\"qty_milli\":2000,\"amount_minor\":20000},"                                   \
    "{\"id\":2,\"code\":\"b\",\"qty_milli\":1000,\"amount_minor\":10000}]},"
#define OUTCOME                                                                                              \
    "\"outcome\":{\"engine\":2,\"total_minor\":30000,\"payable_minor\":30000,\"points_earned\":40,"          \
    "\"lines\":["                                                                                            \
    "{\"id\":1,\"payable_minor\":20000,\"qty_milli\":2000,\"list_minor\":20000,\"earn_minor\":30000},"       \
    "{\"id\":2,\"payable_minor\":10000,\"qty_milli\":1000,\"list_minor\":10000,\"earn_minor\":10000}]}"

static void publish(struct world *world)
{
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    if (vn_publish_ruleset(&world->hub, vn_view_str(RULESET), VN_PUBLISH_REFUSE_SKIPPED, &published,
                           &error) != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
}

/* An entry of member 2's receipt, with this body. */
static void append(struct world_till *till, const char *kind, const char *receipt, const char *body)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"v\":1,\"kind\":\"%s\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-22\",\"%s\"],"
                   "\"account\":\"w2\",\"body\":{%s}}",
                   kind, (long long)till->world->now_ms, receipt, body);
    world_append_raw(till, text);
}

static const struct vn_book *book_of(struct world *world, const char *account)
{
    enum vn_status status =
        vn_ledger_view_read(world->hub.view, world->hub.storage, world_account(world, account));
    assert_true(status == VN_OK || status == VN_ABSENT);
    return vn_ledger_view_book(world->hub.view);
}

static void test_lots_have_the_terms_of_their_wallet(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    publish(world);
    world_commit(&till, "1", "w2", 1000, 35);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_WAITING, 0), 35);
    assert_int_equal(world_owned(world, "w2"), 35);
    assert_int_equal(world_rights(&till, "w2", 35), 0);
    const struct vn_book_lot *lot = &book_of(world, "w2")->wallets[0].lots[0];
    assert_int_equal(lot->matures_ms, world->now_ms + 14 * DAY_MS);
    assert_int_equal(lot->expires_ms, world->now_ms + 30 * DAY_MS);
    world->now_ms += 14 * DAY_MS;
    assert_int_equal(world_rights(&till, "w2", 35), 35);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_WAITING, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

static void test_points_of_a_further_wallet_have_an_account_of_their_own(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_member *member = calloc(1, sizeof *member);
    world_start(world, &till);
    publish(world);
    append(&till, "commit", "1",
           "\"outcome\":{\"total_minor\":1000,\"payable_minor\":1000,\"points_earned\":5,"
           "\"wallets\":[{\"wallet\":\"partner\",\"account\":\"w2.1\",\"earned\":40}]}");
    append(
        &till, "commit", "2",
        "\"outcome\":{\"total_minor\":1,\"payable_minor\":1,\"wallets\":[{\"wallet\":\"x\",\"earned\":1}]}");
    assert_int_equal(world_sync(&till), 1); /* there is no wallet "x" */
    assert_int_equal(world_owned(world, "w2.1"), 40);
    assert_int_equal(book_of(world, "w2.1")->wallets[0].lots[0].expires_ms, world->now_ms + 60 * DAY_MS);
    assert_int_equal(vn_ledger_tell(world->hub.view, world->hub.storage, 2, member), VN_OK);
    assert_int_equal(member->balance, 5);
    assert_int_equal(member->wallet_count, 1);
    assert_string_equal(member->wallets[0].id, "partner");
    assert_string_equal(member->wallets[0].account, "w2.1");
    assert_int_equal(member->wallets[0].balance, 40);
    assert_int_equal(world_rights(&till, "w2.1", 15), 15);
    append(&till, "void", "1", "");
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(world_balance(world, "w2.1", VN_PLACE_FREE, 0), 0);
    assert_int_equal(world_balance(world, "w2.1", VN_PLACE_DEBT, 0), -15);
    world_audit(world);
    free(member);
    world_till_end(&till);
}

static void test_what_a_sale_gives_is_the_members_until_its_void(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_member *member = calloc(1, sizeof *member);
    world_start(world, &till);
    append(&till, "commit", "1",
           "\"outcome\":{\"total_minor\":9000,\"payable_minor\":9000,\"qualifying\":9000,\"tier_after\":"
           "\"gold\",\"given\":["
           "{\"kind\":\"stamp\",\"what\":\"coffee\",\"account\":\"s7e4bb668b17278ff\",\"amount\":3},"
           "{\"kind\":\"coupon\",\"what\":\"five\"},{\"kind\":\"tag\",\"what\":\"fan\"}],"
           "\"consumptions\":[{\"account\":\"n6996bf9f4ac4bd30\",\"amount\":1,\"risk\":true}]}");
    assert_int_equal(world_sync(&till), 0);
    const struct vn_book *book = book_of(world, "w2");
    assert_int_equal(vn_book_counter(book, "s7e4bb668b17278ff"), 3);
    assert_int_equal(vn_book_counter(book, "n6996bf9f4ac4bd30"), 1);
    assert_int_equal(book->given_count, 2);
    assert_true(vn_book_has_tag(book, "fan"));
    assert_int_equal(vn_ledger_tell(world->hub.view, world->hub.storage, 2, member), VN_OK);
    assert_int_equal(member->qualifying, 9000);
    assert_int_equal(member->visits, 1);
    assert_int_equal(member->last_visit_ms, world->now_ms);
    assert_int_equal(member->counter_count, 2);
    assert_string_equal(member->tier, "gold");
    assert_string_equal(member->segments[0], "fan");
    append(&till, "void", "1", "");
    assert_int_equal(world_sync(&till), 0);
    book = book_of(world, "w2");
    assert_int_equal(book->counter_count, 0);
    assert_int_equal(book->given_count, 0);
    assert_int_equal(book->qualifying, 0);
    assert_int_equal(book->lifetime_minor, 0);
    world_audit(world);
    free(member);
    world_till_end(&till);
}

#define TEN_STAMPS                                                                                           \
    "\"outcome\":{\"total_minor\":9000,\"payable_minor\":9000,\"points_earned\":90,"                         \
    "\"consumptions\":[{\"account\":\"s7e4bb668b17278ff\",\"amount\":10}]}"

/* Twelve stamps, of which a hold has taken ten: the customer has the gift, and no receipt was ever heard of. */
static void start_with_used_stamps(struct world *world, struct world_till *till)
{
    world_start(world, till);
    append(till, "commit", "1",
           "\"outcome\":{\"total_minor\":9000,\"payable_minor\":9000,\"given\":["
           "{\"kind\":\"stamp\",\"what\":\"coffee\",\"account\":\"s7e4bb668b17278ff\",\"amount\":12}]}");
    append(till, "hold", "2", TEN_STAMPS);
    append(till, "used", "2", "");
    assert_int_equal(world_sync(till), 0);
    assert_int_equal(vn_book_counter(book_of(world, "w2"), "s7e4bb668b17278ff"), 2);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_FREE, 0), 0);
}

static void test_stamps_of_a_hold_that_nobody_ended_are_gone_until_its_void(void **state)
{
    struct world *world = *state;
    struct world_till till;
    start_with_used_stamps(world, &till);
    append(&till, "void", "2", "");
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(vn_book_counter(book_of(world, "w2"), "s7e4bb668b17278ff"), 12);
    world_audit(world);
    world_till_end(&till);
}

static void test_stamps_of_a_hold_that_nobody_ended_count_once_when_it_is_committed_late(void **state)
{
    struct world *world = *state;
    struct world_till till;
    start_with_used_stamps(world, &till);
    append(&till, "commit", "2", TEN_STAMPS);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(vn_book_counter(book_of(world, "w2"), "s7e4bb668b17278ff"), 2);
    assert_int_equal(world_owned(world, "w2"), 90);
    append(&till, "void", "2", "");
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(vn_book_counter(book_of(world, "w2"), "s7e4bb668b17278ff"), 12);
    world_audit(world);
    world_till_end(&till);
}

/* Tills count what they know each, the hub all of them together. */
static void test_a_days_maximum_of_the_ruleset_holds_over_all_tills(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    struct vn_published published;
    struct vn_sale_row sale;
    struct vn_error error = {VN_OK, "", ""};
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    const char *rules = "{\"ruleset\":1,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,"
                        "\"utc_offset_min\":60,\"law\":\"none\",\"wallet\":{\"earn_max_day\":50}}\n";
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str(rules), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_OK);
    world_commit(&other, "1", "w2", 1000, 35);
    assert_int_equal(world_sync(&other), 0);
    world_commit(&till, "2", "w2", 1000, 35);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), 50);
    world_sale(world, "2", &sale);
    assert_int_equal(sale.points_earned, 15);
    assert_string_equal(sale.flags, "capped");
    world->now_ms += DAY_MS;
    world_commit(&till, "3", "w2", 1000, 35);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), 85);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_lines_come_back_at_other_tills_until_nothing_is_left(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    struct vn_sale_row sale;
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    append(&till, "commit", "1", BASKET OUTCOME);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), 40);
    append(&other, "return", "1", "\"lines\":[{\"id\":1,\"qty_milli\":1000}]");
    assert_int_equal(world_sync(&other), 0);
    assert_int_equal(world_owned(world, "w2"), 25);
    assert_int_equal(book_of(world, "w2")->lifetime_minor, 20000);
    append(&other, "void", "1", "\"elsewhere\":true"); /* a part is back already */
    assert_int_equal(world_sync(&other), 1);
    append(&other, "return", "1", "\"lines\":[{\"id\":1,\"qty_milli\":2000}]"); /* more than there was */
    assert_int_equal(world_sync(&other), 2);
    assert_int_equal(world_owned(world, "w2"), 25);
    append(&other, "return", "1", ""); /* all that is left */
    assert_int_equal(world_sync(&other), 2);
    assert_int_equal(world_owned(world, "w2"), 0);
    assert_int_equal(book_of(world, "w2")->lifetime_minor, 0);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_RETURNED);
    append(&other, "return", "1", "");
    assert_int_equal(world_sync(&other), 3);
    append(&till, "void", "1", ""); /* its own till has nothing left to void either */
    assert_int_equal(world_sync(&till), 1);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_a_return_that_came_first_goes_on_when_its_sale_arrives(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    struct vn_enrolment_row row;
    struct vn_sale_row sale;
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    append(&other, "return", "1", "");
    assert_int_equal(world_sync(&other), 1);
    append(&till, "commit", "1", BASKET OUTCOME);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_owned(world, "w2"), 0);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_RETURNED);
    world_row(&other, &row);
    assert_int_equal(row.quarantined, 0);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&other);
}

/* The slice that posts the sale has read the row of the till whose return waits, before it is counted down. */
static void test_what_is_released_is_counted_down_though_its_till_is_posted_beside(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    struct vn_enrolment_row row;
    struct vn_ingest_result result;
    world_start(world, &till);
    world_till_start(world, &other, "t2");
    append(&other, "return", "1", "");
    assert_int_equal(world_sync(&other), 1);
    append(&till, "commit", "1", BASKET OUTCOME);
    world_take(&till, till.head_seq, &result);
    world_commit(&other, "2", "w1", 1000, 1);
    world_take(&other, other.head_seq, &result);
    world_post(world);
    world_row(&other, &row);
    assert_int_equal(row.posted_seq, row.high_seq);
    assert_int_equal(row.quarantined, 0);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_an_entry_is_released_by_what_it_moved_itself(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 300), 300);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                             .receipt = "1",
                                             .account = "w9",
                                             .earned = 7,
                                             .spent = 100,
                                             .right = "w1",
                                             .out = 100});
    int64_t seq = till.head_seq;
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 50});
    assert_int_equal(world_sync(&till), 1); /* there is no member 9 */
    assert_int_equal(world_balance(world, "w1", VN_PLACE_SUSPENSE, till.id), 100);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", seq, "uid 7", "test", &error), VN_INPUT);
    assert_non_null(strstr(error.text, "w9"));
    assert_int_equal(world_balance(world, "w1", VN_PLACE_SUSPENSE, till.id), 100);
    world_audit(world);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[]}\n");
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", seq, "uid 7", "test", &error), VN_OK);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_SUSPENSE, till.id), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 150);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_REDEEMED, 0), 100);
    assert_int_equal(world_owned(world, "w9"), 7);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 0);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", seq, "uid 7", "test", &error), VN_ABSENT);
    world_audit(world);
    world_till_end(&till);
}

static enum vn_status on_row(void *ctx, const struct vn_quarantine_row *row)
{
    *(struct vn_quarantine_row *)ctx = *row;
    return VN_OK;
}

/* A member who was imported after the backup that the hub was restored from, and is imported again. */
static void test_what_names_nobody_known_goes_on_when_that_one_is_imported(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_quarantine_row waiting;
    struct vn_quarantine_round round = {.counts = true};
    world_start(world, &till);
    world_commit(&till, "1", "w9", 1000, 7);
    world_commit(&till, "2", "w8", 1000, 5);
    assert_int_equal(world_sync(&till), 2);
    assert_int_equal(vn_storage_quarantine_get(world->hub.storage, till.id, till.head_seq, on_row, &waiting),
                     VN_OK);
    assert_int_equal(waiting.class_, VN_QUARANTINE_WAITS_ACCOUNT);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 2); /* and neither was tried */
    assert_false(round.more);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[]}\n");
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    assert_int_equal(world_owned(world, "w9"), 7);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 1);
    assert_int_equal(vn_storage_quarantine_get(world->hub.storage, till.id, till.head_seq, on_row, &waiting),
                     VN_OK);
    assert_int_equal(waiting.attempts, 0);
    assert_int_equal(waiting.decision, VN_QUARANTINE_OPEN);
    world_audit(world);
    world_till_end(&till);
}

static enum vn_status lose_batch(void *ctx, struct vn_storage *storage)
{
    return vn_sql_run(storage, "DELETE FROM segment WHERE from_seq = ?", "i", *(int64_t *)ctx);
}

/* Each is a batch of its own, so one can be lost, as on a disk that is dying: those behind it don't wait for it. */
static void test_an_entry_that_is_lost_holds_up_nobody_behind_it(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    int64_t released = 0;
    int64_t left = 0;
    world_start(world, &till);
    world_commit(&till, "1", "w9", 1000, 7);
    int64_t first = till.head_seq;
    assert_int_equal(world_sync(&till), 1);
    world_commit(&till, "2", "w9", 1000, 5);
    assert_int_equal(world_sync(&till), 2);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[]}\n");
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, lose_batch, &first), VN_OK);
    assert_int_equal(vn_quarantine_release_class(&world->hub, VN_QUARANTINE_WAITS_ACCOUNT, "uid 7", "test",
                                                 &released, &left),
                     VN_OK);
    assert_int_equal(released, 1);
    assert_int_equal(left, 1);
    assert_int_equal(world_owned(world, "w9"), 5);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 1);
    world_till_end(&till);
}

static void test_a_discarded_entry_has_lost_what_it_moved(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_error error = {VN_OK, "", ""};
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 300), 300);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w1", .out = 40});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w1", .in = 15});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING, .right = "w1", .out = 400});
    assert_int_equal(world_sync(&till), 3);
    for (int64_t seq = till.head_seq; seq > till.head_seq - 3; seq--) {
        assert_int_equal(vn_quarantine_discard(&world->hub, "t1", seq, "uid 7", "stolen", &error), VN_OK);
        world_audit(world);
    }
    assert_int_equal(world_balance(world, "w1", VN_PLACE_SUSPENSE, till.id), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_LOST, 0), 425);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), -125);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 200);
    world_till_end(&till);
}

/* --- the same facts in a book that no hub keeps */

struct fact {
    int64_t at_ms, earned, spent;
    bool voided;
};

static int64_t below(uint64_t *seed, int64_t most)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*seed >> 33) % (uint64_t)most);
}

static void book_fact(struct vn_book *book, const struct fact *fact, int64_t sale, bool voids, int64_t at_ms)
{
    static struct vn_outcome outcome;
    static struct vn_movements moves;
    struct vn_error error = {VN_OK, "", ""};
    vn_outcome_reset(&outcome);
    if (!voids) { /* the hub spends first, and then earns */
        outcome.points_spent = fact->spent;
        assert_int_equal(vn_book_commit(book, sale, at_ms, &outcome, &moves, &error), VN_OK);
        outcome.points_spent = 0;
        outcome.points_earned = fact->earned;
        assert_int_equal(vn_book_commit(book, sale, at_ms, &outcome, &moves, &error), VN_OK);
        return;
    }
    outcome.points_earned = fact->earned;
    outcome.points_spent = fact->spent;
    assert_int_equal(vn_book_void(book, sale, at_ms, &outcome, &moves, &error), VN_OK);
}

static void compare(struct world *world, const struct vn_book *book)
{
    const struct vn_book_wallet *expected = &book->wallets[0];
    const struct vn_book_wallet *found = &book_of(world, "w2")->wallets[0];
    int64_t free_points = 0;
    int64_t spent = 0;
    for (unsigned i = 0; i < expected->lot_count; i++) {
        free_points += expected->lots[i].amount;
    }
    for (unsigned i = 0; i < found->lot_count; i++) {
        spent += found->lots[i].amount;
    }
    assert_int_equal(spent, free_points);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_FREE, 0), free_points);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), -expected->debt);
    assert_int_equal(world_owned(world, "w2"), free_points - expected->debt);
}

static void test_the_ledger_is_the_book_of_the_same_facts(void **state)
{
    struct world *world = *state;
    static struct vn_book book;
    struct fact facts[20];
    uint64_t seed = 11;
    for (int round = 0; round < 6; round++) {
        struct world_till till;
        char name[8];
        unsigned count = 0;
        char receipt[16];
        (void)snprintf(name, sizeof name, "t%d", round + 1);
        if (round == 0) {
            world_fill(world);
            memset(&book, 0, sizeof book);
            book.next_lot = 1;
            assert_int_equal(vn_book_open(&book, "", "w2"), VN_OK);
            book.wallets[0].expires_days = 365;
            book.wallets[0].return_grace_days = 30;
        }
        world_till_start(world, &till, name);
        for (int step = 0; step < 30; step++) {
            unsigned at = (unsigned)below(&seed, count + 1);
            world->now_ms += below(&seed, 3) * DAY_MS;
            if (at < count && !facts[at].voided && below(&seed, 2) == 0) {
                (void)snprintf(receipt, sizeof receipt, "%d-%u", round, at);
                world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = receipt});
                book_fact(&book, &facts[at], round * 100 + at + 1, true, world->now_ms);
                facts[at].voided = true;
            } else if (count < 20) {
                struct fact *fact = &facts[count];
                *fact = (struct fact){world->now_ms, below(&seed, 100), below(&seed, 3) * below(&seed, 60),
                                      false};
                (void)snprintf(receipt, sizeof receipt, "%d-%u", round, count);
                world_append(&till, &(struct world_step){.kind = VN_ENTRY_COMMIT,
                                                         .receipt = receipt,
                                                         .account = "w2",
                                                         .earned = fact->earned,
                                                         .spent = fact->spent,
                                                         .right = fact->spent > 0 ? "w2" : NULL});
                book_fact(&book, fact, round * 100 + count + 1, false, world->now_ms);
                count++;
            } else {
                continue;
            }
            assert_int_equal(world_sync(&till), 0);
            compare(world, &book);
        }
        world_audit(world);
        world_till_end(&till);
    }
}

static void test_lots_of_one_day_are_joined_when_they_are_many(void **state)
{
    struct world *world = *state;
    struct world_till tills[8];
    char name[8];
    char receipt[16];
    world_fill(world);
    for (int t = 0; t < 8; t++) {
        (void)snprintf(name, sizeof name, "t%d", t + 1);
        world_till_start(world, &tills[t], name);
        for (int i = 0; i < 60; i++) {
            (void)snprintf(receipt, sizeof receipt, "%d", i);
            world_commit(&tills[t], receipt, "w2", 100, 1);
        }
        assert_int_equal(world_sync(&tills[t]), 0);
        world_till_end(&tills[t]);
    }
    assert_int_equal(world_owned(world, "w2"), 480);
    assert_true(book_of(world, "w2")->wallets[0].lot_count < VN_BOOK_LOTS_SOFT + 1);
    world_audit(world);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_lots_have_the_terms_of_their_wallet),
        TEST(test_points_of_a_further_wallet_have_an_account_of_their_own),
        TEST(test_what_a_sale_gives_is_the_members_until_its_void),
        TEST(test_stamps_of_a_hold_that_nobody_ended_are_gone_until_its_void),
        TEST(test_stamps_of_a_hold_that_nobody_ended_count_once_when_it_is_committed_late),
        TEST(test_a_days_maximum_of_the_ruleset_holds_over_all_tills),
        TEST(test_lines_come_back_at_other_tills_until_nothing_is_left),
        TEST(test_a_return_that_came_first_goes_on_when_its_sale_arrives),
        TEST(test_what_is_released_is_counted_down_though_its_till_is_posted_beside),
        TEST(test_an_entry_is_released_by_what_it_moved_itself),
        TEST(test_what_names_nobody_known_goes_on_when_that_one_is_imported),
        TEST(test_an_entry_that_is_lost_holds_up_nobody_behind_it),
        TEST(test_a_discarded_entry_has_lost_what_it_moved),
        TEST(test_the_ledger_is_the_book_of_the_same_facts),
        TEST(test_lots_of_one_day_are_joined_when_they_are_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
