/* Journals that are handed in by a later enrolment of their till: set back, copied, and unknown here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/requote/requote.h"
#include "sync/hub/storage/branch.h"
#include "tests/unit/hub_handed.h"

/* The till as it is now, under its own memory. */
static void copy_till(const struct world_till *till, struct world_till *out)
{
    *out = *till;
    for (int64_t i = 1; i <= till->head_seq; i++) {
        out->bodies[i] = strdup(till->bodies[i]);
        assert_non_null(out->bodies[i]);
    }
}

static enum vn_status keep_last(void *ctx, const struct vn_branch_row *row)
{
    *(struct vn_branch_row *)ctx = *row;
    return VN_OK;
}

static void last_branch(struct world *world, struct vn_branch_row *out)
{
    out->id = 0;
    assert_int_equal(vn_storage_branches(world->hub.storage, keep_last, out), VN_OK);
}

static int64_t quarantined(struct world *world, int64_t branch)
{
    struct vn_enrolment_row row;
    assert_int_equal(vn_storage_enrolment_by_number(world->hub.storage, branch, &row), VN_OK);
    assert_int_equal(row.posted_seq, row.high_seq);
    return row.quarantined;
}

/* Three sales are common, two were lost at the till by being set back, and then it sold two more. */
static void set_back(struct world *world, struct world_till *till, struct world_till *old)
{
    world_start(world, till);
    for (int i = 1; i <= 3; i++) {
        char receipt[] = {(char)('0' + i), '\0'};
        world_commit(till, receipt, "w1", 1000, 10);
    }
    assert_int_equal(world_sync(till), 0);
    copy_till(till, old);
    world_commit(till, "4", "w1", 1000, 10);
    world_commit(till, "5", "w2", 1000, 10);
    assert_int_equal(world_sync(till), 0);
    world_commit(old, "6", "w1", 1000, 20);
    world_commit(old, "7", "w2", 1000, 20);
}

static void test_sales_of_a_till_that_was_set_back_are_taken_once(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    struct vn_branch_row branch;
    struct vn_sale_row sale;
    struct vn_enrolment_row row;
    set_back(world, &till, &old);
    world_commit(&old, "4", "w1", 1000, 30); /* the POS numbered on from what it had, too: another sale 4 */
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &old, 4);
    world_hand_in(&next, &old, 4); /* the answer was lost */
    world_hand_in(&next, &old, 1);
    last_branch(world, &branch);
    assert_int_equal(branch.origin, till.id);
    assert_int_equal(branch.successor, next.id);
    assert_int_equal(branch.from_seq, 4);
    assert_int_equal(branch.sales, 2);
    assert_int_equal(branch.known, 1);
    assert_int_equal(branch.differing, 1);
    assert_int_equal(branch.points + branch.coupons, 0);
    assert_int_equal(quarantined(world, branch.id), 0);
    world_sale(world, "6", &sale);
    assert_int_equal(sale.enrolment, branch.id);
    assert_string_equal(sale.flags, "branch");
    world_sale(world, "4", &sale);
    assert_int_equal(sale.points_earned, 10);
    assert_int_equal(world_owned(world, "w1"), 500 + 30 + 10 + 20);
    assert_int_equal(world_owned(world, "w2"), 10 + 20);
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    world_audit(world);
    world_commit(&old, "8", "w2", 1000, 5); /* what it recorded after that */
    world_hand_in(&next, &old, old.head_seq);
    assert_int_equal(world_owned(world, "w2"), 35);
    world_commit(&next, "9", "w2", 1000, 1);
    assert_int_equal(world_sync(&next), 0);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* How many receipts were looked at for quoting them again. */
static int64_t looked_at(struct world *world)
{
    const struct vn_requote_budget budget = {.receipts = 1000, .ms = 60000};
    struct vn_requote_slice *slice = malloc(sizeof *slice);
    struct vn_requoter *requoter = NULL;
    struct vn_requote_totals totals;
    int64_t count = 0;
    bool held = false;
    assert_non_null(slice);
    assert_int_equal(vn_requoter_create(&requoter), VN_OK);
    assert_int_equal(vn_requote_look(requoter, &world->hub, &budget, slice), VN_OK);
    assert_int_equal(vn_requote_note(&world->hub, slice, &held), VN_OK);
    assert_int_equal(vn_requote_totals(&world->hub, &totals), VN_OK);
    assert_int_equal(totals.lag, 0);
    for (unsigned i = 0; i < VN_REQUOTED_SUMS; i++) {
        count += totals.sums[i];
    }
    vn_requoter_destroy(requoter);
    free(slice);
    return count;
}

static void test_sales_of_a_branch_are_quoted_again_unless_they_were_known(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    set_back(world, &till, &old);
    world_commit(&old, "4", "w1", 1000, 30);
    assert_int_equal(looked_at(world), 5);
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &old, 4);
    assert_int_equal(looked_at(world), 5 + 2);
    assert_int_equal(looked_at(world), 5 + 2);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

static void test_what_the_hub_has_all_of_is_no_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    struct vn_branch_row branch;
    set_back(world, &till, &old);
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &till, 2);
    last_branch(world, &branch);
    assert_int_equal(branch.id, 0);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* Both copies of a till were refused, and both are enrolled anew. */
static void test_both_copies_of_a_till_are_taken(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till copy;
    struct world_till first;
    struct world_till second;
    struct vn_branch_row branch;
    set_back(world, &till, &copy);
    world_commit(&till, "8", "w1", 1000, 40);
    world_till_start(world, &first, "t1");
    world_till_start(world, &second, "t1");
    world_hand_in(&first, &till, 4);
    last_branch(world, &branch);
    assert_int_equal(branch.from_seq, 6);
    assert_int_equal(branch.sales, 1);
    world_hand_in(&second, &copy, 4);
    last_branch(world, &branch);
    assert_int_equal(branch.from_seq, 4);
    assert_int_equal(branch.sales, 2);
    assert_int_equal(world_owned(world, "w1"), 500 + 30 + 10 + 20 + 40);
    assert_int_equal(world_owned(world, "w2"), 10 + 20);
    struct vn_ingest_result result;
    assert_int_equal(world_hand(&first, &copy, 4, 1, &result),
                     VN_CONFLICT); /* the other one's folder, by mistake */
    world_audit(world);
    world_till_end(&till);
    world_till_end(&copy);
    world_till_end(&first);
    world_till_end(&second);
}

/* The hub was set back, say, and the folder is handed in once more, under the certificate of today: a part that came back comes
 * back once, and what the journal has beside that is taken. */
static void test_a_journal_that_two_successors_hand_in_counts_once(void **state)
{
    static const char format[] = "{\"v\":1,\"kind\":\"%s\",\"t\":%lld,\"mono\":1,\"sale\":[\"1\",\"2026-11-"
                                 "22\",\"8\"],\"account\":\"%s\","
                                 "\"points\":%d,\"body\":{%s}}";
    static const char sold[] =
        "\"basket\":{\"sale\":{\"pos\":\"1\",\"date\":\"2026-11-22\",\"receipt\":\"8\"},\"lines\":["
        "{\"id\":1,\"code\":\"a\",\"qty_milli\":4000,\"amount_minor\":20000}]},\"outcome\":{\"engine\":2,"
        "\"total_minor\":20000,\"payable_minor\":20000,\"points_earned\":40,\"lines\":[{\"id\":1,"
        "\"payable_minor\":20000,\"qty_milli\":4000,\"list_minor\":20000,\"earn_minor\":20000}]}";
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next[2];
    struct vn_branch_row branch;
    char body[1024];
    set_back(world, &till, &old);
    (void)snprintf(body, sizeof body, format, "commit", (long long)world->now_ms, "w1", 40, sold);
    world_append_raw(&old, body);
    (void)snprintf(body, sizeof body, format, "return", (long long)world->now_ms, "", 0,
                   "\"receipt\":[\"2\",\"2026-11-22\",\"9\"],\"lines\":[{\"id\":1,\"qty_milli\":1000}]");
    world_append_raw(&old, body);
    for (int i = 0; i < 2; i++) {
        world_till_start(world, &next[i], "t1");
        world_hand_in(&next[i], &old, 4);
        world_hand_in(&next[i], &old, old.head_seq);
        assert_int_equal(world_owned(world, "w1"), 500 + 30 + 10 + 20 + 30);
    }
    last_branch(world, &branch);
    assert_int_equal(branch.successor, next[0].id);
    assert_int_equal(branch.sales, 3);
    assert_int_equal(quarantined(world, branch.id), 0);
    world_commit(&old, "9", "w2", 1000, 5);
    world_hand_in(&next[1], &old, 4);
    assert_int_equal(world_owned(world, "w2"), 10 + 20 + 5);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next[0]);
    world_till_end(&next[1]);
}

/* A right that both have is spent at both: the second time it is a stated loss. A hold of before, a commit of after it. */
static void test_rights_do_not_count_and_holds_are_found(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    struct vn_branch_row branch;
    struct vn_sale_row sale;
    const struct world_step hold = {
        .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .total_minor = 1000, .earned = 3};
    struct world_step spend = {.kind = VN_ENTRY_COMMIT,
                               .receipt = "2",
                               .account = "w1",
                               .total_minor = 1000,
                               .spent = 100,
                               .right = "w1",
                               .out = 100};
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    world_append(&till, &hold);
    assert_int_equal(world_sync(&till), 0);
    copy_till(&till, &old);
    world_append(&till, &spend);
    assert_int_equal(world_sync(&till), 0);
    spend.receipt = "3";
    world_append(&old, &spend);
    world_commit(&old, "1", "w1", 1000, 3);
    world_append(&old, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "1", .account = "w1"});
    world_append(&old, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w1", .out = 0});
    world_append_raw(&old, "no entry");
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &old, 2);
    last_branch(world, &branch);
    assert_int_equal(branch.sales, 2);
    assert_int_equal(branch.points, 100);
    assert_int_equal(quarantined(world, branch.id), 1);
    world_sale(world, "3", &sale);
    assert_string_equal(sale.flags, "branch no-right");
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 0);
    assert_int_equal(world_owned(world, "w1"), 300);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* Points were held for a sale, the till was set back behind that, and the receipt was printed without them. */
static void test_what_a_branch_does_not_use_of_a_hold_is_a_right_again(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    const struct world_step hold = {.kind = VN_ENTRY_HOLD,
                                    .receipt = "1",
                                    .account = "w1",
                                    .total_minor = 1000,
                                    .spent = 100,
                                    .right = "w1",
                                    .out = 100};
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 100), 100);
    copy_till(&till, &old);
    world_append(&till, &hold);
    assert_int_equal(world_sync(&till), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, till.id), 100);
    int64_t from = old.head_seq;
    world_commit(&old, "1", "w1", 1000, 3);
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &old, from);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, till.id), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 100);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* Holds that the next receipts found open: of before the branch with a right, in it without one. The POS took one back later. */
static void test_holds_that_a_branch_forgot_are_used_and_taken_back(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    struct vn_branch_row branch;
    struct vn_sale_row sale;
    struct world_step hold = {.kind = VN_ENTRY_HOLD,
                              .receipt = "1",
                              .account = "w1",
                              .total_minor = 1000,
                              .spent = 100,
                              .right = "w1",
                              .out = 100};
    world_start(world, &till);
    assert_int_equal(world_rights(&till, "w1", 200), 200);
    world_append(&till, &hold);
    assert_int_equal(world_sync(&till), 0);
    copy_till(&till, &old);
    world_commit(&till, "9", "w2", 1000, 0);
    assert_int_equal(world_sync(&till), 0);
    const int64_t from = old.head_seq;
    const char *const used[] = {"1", "2", "3", NULL};
    for (int i = 1; used[i] != NULL; i++) {
        hold.receipt = used[i];
        hold.spent = hold.out = 40;
        world_append(&old, &hold);
    }
    for (int i = 0; used[i] != NULL; i++) {
        world_append(&old, &(struct world_step){.kind = VN_ENTRY_USED, .receipt = used[i]});
    }
    world_append(&old, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "3"});
    hold.receipt = "4";
    world_append(&old, &hold);
    world_append(&old, &(struct world_step){.kind = VN_ENTRY_CANCEL, .receipt = "4"});
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &old, from);
    last_branch(world, &branch);
    assert_int_equal(quarantined(world, branch.id), 0);
    assert_int_equal(branch.points, 80);
    world_sale(world, "1", &sale); /* by its hold */
    assert_string_equal(sale.flags, "used taken branch");
    world_sale(world, "2", &sale);
    assert_int_equal(sale.state, VN_SALE_USED);
    assert_string_equal(sale.flags, "used no-right taken branch");
    world_sale(world, "3", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    world_sale(world, "4", &sale);
    assert_int_equal(sale.state, VN_SALE_CANCELLED);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_HELD, 0), 0);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_REDEEMED, 0), 140);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, till.id), 100);
    world_hand_in(&next, &old, from);
    assert_int_equal(world_owned(world, "w1"), 360);
    world_audit(world);
    /* what goes on under the new enrolment is its own */
    hold = (struct world_step){.kind = VN_ENTRY_HOLD, .receipt = "5", .account = "w1", .total_minor = 1000};
    world_append(&next, &hold);
    assert_int_equal(world_sync(&next), 0);
    world_append(&old, &(struct world_step){.kind = VN_ENTRY_CANCEL, .receipt = "5"});
    world_hand_in(&next, &old, from);
    world_sale(world, "5", &sale);
    assert_int_equal(sale.state, VN_SALE_HELD);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* The hub was restored from a backup that is older than the enrolment. */
static void test_a_journal_that_the_hub_does_not_know_is_taken(void **state)
{
    struct world *world = *state;
    struct world_till next;
    struct world_till old = {.world = world};
    struct vn_ingest_result result;
    struct vn_branch_row branch;
    world_fill(world);
    memset(old.enrolment.bytes, 7, sizeof old.enrolment.bytes);
    vn_chain_start(&old.enrolment, &old.hashes[0]);
    for (int i = 1; i <= 4; i++) {
        char receipt[] = {(char)('0' + i), '\0'};
        world_commit(&old, receipt, "w2", 1000, 10);
    }
    world_till_start(world, &next, "t1");
    assert_int_equal(world_hand(&next, &old, 4, 1, &result), VN_OK);
    assert_int_equal(result.verdict, VN_INGEST_EXPECTED);
    assert_int_equal(result.expected.expected_seq, 1);
    assert_int_equal(world_hand(&next, &old, 4, 3, &result), VN_OK);
    assert_int_equal(result.expected.expected_seq, 3);
    assert_int_equal(world_hand(&next, &old, 3, 3, &result),
                     VN_OK); /* what was before is not there any more */
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    assert_int_equal(world_hand(&next, &old, 3, 3, &result), VN_OK);
    last_branch(world, &branch);
    assert_int_equal(branch.origin, 0);
    assert_int_equal(branch.from_seq, 3);
    assert_int_equal(branch.sales, 2);
    assert_int_equal(world_owned(world, "w2"), 20);
    world_audit(world);
    world_till_end(&old);
    world_till_end(&next);
}

/* A journal of one sale, of an enrolment that the hub never heard of. */
static void make_unknown(struct world *world, uint8_t name, struct world_till *out)
{
    *out = (struct world_till){.world = world};
    memset(out->enrolment.bytes, name, sizeof out->enrolment.bytes);
    vn_chain_start(&out->enrolment, &out->hashes[0]);
    const char receipt[] = {'r', (char)('a' + name), '\0'};
    world_commit(out, receipt, "w2", 1000, 1);
}

static void test_a_till_hands_in_some_journals_and_not_any_number(void **state)
{
    struct world *world = *state;
    struct world_till *old = calloc(1, sizeof *old);
    struct world_till next;
    struct world_till again;
    struct vn_ingest_result result;
    struct vn_branch_row last;
    struct vn_branch_row after;
    assert_non_null(old);
    world_fill(world);
    world_till_start(world, &next, "t1");
    for (uint8_t i = 0; i < VN_BRANCHES_MAX; i++) {
        make_unknown(world, i, old);
        world_hand_in(&next, old, 1);
        world_till_end(old);
    }
    last_branch(world, &last);
    make_unknown(world, VN_BRANCHES_MAX, old);
    assert_int_equal(world_hand(&next, old, 1, 1, &result), VN_DENIED);
    last_branch(world, &after);
    assert_int_equal(after.id, last.id);
    assert_int_equal(world_owned(world, "w2"), VN_BRANCHES_MAX);
    world_till_start(world, &again, "t1"); /* what the sentence says is the way */
    world_hand_in(&again, old, 1);
    assert_int_equal(world_owned(world, "w2"), VN_BRANCHES_MAX + 1);
    world_till_end(old);
    make_unknown(world, 0, old);
    world_hand_in(&next, old, 1); /* what it has begun to hand in goes on */
    world_audit(world);
    world_till_end(old);
    world_till_end(&next);
    world_till_end(&again);
    free(old);
}

static void test_another_tills_journal_is_refused(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    struct vn_ingest_result result;
    struct vn_enrolment_row row;
    set_back(world, &till, &old);
    world_till_start(world, &next, "t2");
    assert_int_equal(world_hand(&next, &old, 4, 1, &result), VN_DENIED);
    world_commit(&next, "1", "w1", 1000, 10);
    assert_int_equal(world_hand(&next, &next, 1, 1, &result), VN_INPUT); /* its own */
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_ACTIVE);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* What a branch has in quarantine is a branch's when it is released, too: without rights, counted, and not once more when the
 * sale came in otherwise meanwhile. */
static void test_what_a_branch_had_in_quarantine_is_posted_as_its_other_entries_are(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till old;
    struct world_till next;
    struct vn_branch_row branch;
    struct vn_sale_row sale;
    struct vn_error error = {VN_OK, "", ""};
    const struct world_step spend = {.kind = VN_ENTRY_COMMIT,
                                     .receipt = "8",
                                     .account = "w9",
                                     .total_minor = 1000,
                                     .spent = 10,
                                     .right = "w1",
                                     .out = 10};
    set_back(world, &till, &old);
    world_append(&old, &spend);
    world_commit(&old, "9", "w9", 1000, 7);
    world_append(&old, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "8", .account = "w9"});
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &old, 4);
    last_branch(world, &branch);
    assert_int_equal(quarantined(world, branch.id),
                     3); /* there is no member 9, and so no sale to be voided */
    assert_int_equal(branch.sales, 2);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[]}\n");
    world_commit(&next, "9", "w9", 1000, 7);
    assert_int_equal(world_sync(&next), 0);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", old.head_seq - 1, "uid 7", "test", &error),
                     VN_OK);
    assert_int_equal(world_owned(world, "w9"), 7);
    assert_int_equal(quarantined(world, branch.id), 2);
    assert_int_equal(vn_quarantine_release(&world->hub, "t1", old.head_seq - 2, "uid 7", "test", &error),
                     VN_OK);
    assert_int_equal(quarantined(world, branch.id), 0); /* the void had waited for it */
    last_branch(world, &branch);
    assert_int_equal(branch.sales, 3);
    assert_int_equal(branch.known, 1);
    assert_int_equal(branch.differing, 0);
    assert_int_equal(branch.points, 10);
    world_sale(world, "8", &sale);
    assert_string_equal(sale.flags, "branch no-right");
    assert_int_equal(sale.enrolment, branch.id);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_FREE, 0), 500 + 30 + 10 + 20);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&old);
    world_till_end(&next);
}

/* Both copies of a till voided a sale that a third journal brings: one of them did, and neither stays behind. */
static void test_voids_of_branches_that_waited_for_their_sale_are_taken_once(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till copy;
    struct world_till next;
    struct vn_branch_row branch;
    struct vn_sale_row sale;
    const struct world_step undo = {.kind = VN_ENTRY_VOID, .receipt = "9", .account = "w1"};
    set_back(world, &till, &copy);
    world_append(&till, &undo);
    world_append(&copy, &undo);
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &till, 4);
    last_branch(world, &branch);
    assert_int_equal(quarantined(world, branch.id), 1);
    int64_t first = branch.id;
    world_till_end(&next);
    world_till_start(world, &next, "t1");
    world_hand_in(&next, &copy, 4);
    last_branch(world, &branch);
    assert_int_equal(quarantined(world, branch.id), 1);
    world_commit(&next, "9", "w1", 1000, 15);
    assert_int_equal(world_sync(&next), 0);
    assert_int_equal(quarantined(world, first), 0);
    assert_int_equal(quarantined(world, branch.id), 0);
    world_sale(world, "9", &sale);
    assert_int_equal(sale.state, VN_SALE_VOIDED);
    assert_int_equal(world_owned(world, "w1"), 500 + 30 + 10 + 20);
    world_audit(world);
    world_till_end(&till);
    world_till_end(&copy);
    world_till_end(&next);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sales_of_a_till_that_was_set_back_are_taken_once),
        TEST(test_sales_of_a_branch_are_quoted_again_unless_they_were_known),
        TEST(test_what_the_hub_has_all_of_is_no_branch),
        TEST(test_both_copies_of_a_till_are_taken),
        TEST(test_a_journal_that_two_successors_hand_in_counts_once),
        TEST(test_rights_do_not_count_and_holds_are_found),
        TEST(test_what_a_branch_does_not_use_of_a_hold_is_a_right_again),
        TEST(test_holds_that_a_branch_forgot_are_used_and_taken_back),
        TEST(test_a_journal_that_the_hub_does_not_know_is_taken),
        TEST(test_a_till_hands_in_some_journals_and_not_any_number),
        TEST(test_another_tills_journal_is_refused),
        TEST(test_what_a_branch_had_in_quarantine_is_posted_as_its_other_entries_are),
        TEST(test_voids_of_branches_that_waited_for_their_sale_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
