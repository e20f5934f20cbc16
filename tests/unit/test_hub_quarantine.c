/* Entries in quarantine are found by their till and number, however many there are, and what can go on goes on. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/storage/quarantine_sql.h"
#include "sync/hub/storage/schema.h"
#include "sync/hub/storage/sql.h"

/* Open ones of an enrolment, so many and one more. */
static void fill_quarantine(struct world *world, int64_t enrolment, int64_t count)
{
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(
        vn_sql_run(
            world->hub.storage,
            "INSERT INTO quarantine(enrolment, seq, kind, class, reason, account, points, has_sale,"
            " pos, date, receipt, since_ms, until_ms, attempts, decision, decided_ms, decided_by, moves)"
            " WITH RECURSIVE seqs(seq) AS (SELECT 1000 UNION ALL SELECT seq + 1 FROM seqs"
            " WHERE seq < 1000 + ?)"
            " SELECT ?, seq, 'commit', 3, 'refused', 0, 0, 0, '', '', '', 1, 1, 0, 0, 0, '', ?"
            " FROM seqs",
            "iib", count, enrolment, vn_view_str("")),
        VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
}

static int64_t found_at(struct world *world, const char *till, int64_t seq)
{
    struct vn_quarantine_entry entry;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = vn_quarantine_find(&world->hub, till, seq, &entry, &error);
    if (status == VN_OK) {
        assert_string_equal(entry.till, till);
        assert_true(entry.body.len > 0);
    } else {
        assert_int_equal(status, VN_ABSENT);
        assert_non_null(strstr(error.text, till));
    }
    vn_quarantine_entry_deinit(&entry);
    return status == VN_OK ? entry.row.enrolment : 0;
}

static void test_an_entry_is_found_behind_more_than_a_list_shows(void **state)
{
    struct world *world = *state;
    struct world_till first;
    struct world_till before;
    struct world_till till;
    world_start(world, &first);
    world_till_start(world, &before, "t2");
    world_append_raw(&before, "no entry");
    world_append_raw(&before, "no entry");
    assert_int_equal(world_sync(&before), 2);
    int64_t seq = before.head_seq;
    world_till_start(world, &till, "t2"); /* enrolled anew */
    world_append_raw(&till, "no entry");
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(till.head_seq, seq - 1);
    fill_quarantine(world, first.id, VN_REPORT_ROWS_MAX); /* a whole list */
    assert_int_equal(found_at(world, "t2", seq), before.id);
    assert_int_equal(found_at(world, "t2", seq - 1), till.id);
    assert_int_equal(found_at(world, "t1", seq), 0);
    assert_int_equal(found_at(world, "t3", seq), 0);
    struct vn_error error = {VN_OK, "", ""};
    assert_int_equal(vn_quarantine_discard(&world->hub, "t2", seq - 1, "uid 7", "test", &error), VN_OK);
    assert_int_equal(found_at(world, "t2", seq - 1), before.id);
    world_till_end(&first);
    world_till_end(&before);
    world_till_end(&till);
}

static void run(struct world *world, const char *sql, int64_t enrolment)
{
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_sql_run(world->hub.storage, sql, "i", enrolment), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
}

/* A sale of a member whom nobody knows yet. */
static void sell_to_a_stranger(struct world *world, struct world_till *till, const char *name)
{
    world_till_start(world, till, name);
    world_append(
        till, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w77", .earned = 30});
    assert_int_equal(world_sync(till), 1);
}

static int64_t waiting(const struct world_till *till)
{
    struct vn_enrolment_row row;
    world_row(till, &row);
    return row.quarantined;
}

#define STRANGER "{\"id\":77,\"cards\":[\"2990000000774\"],\"balance\":0}\n"

/* The class says so: what is stored is what an earlier version made of an entry that this one reads. */
static void test_what_an_earlier_version_could_not_read_is_released_at_the_first_start(void **state)
{
    struct world *world = *state;
    struct world_till till;
    int64_t reads = 0;
    assert_int_equal(vn_quarantine_start(&world->hub), VN_OK);
    sell_to_a_stranger(world, &till, "t1");
    world_import(world, VN_IMPORT_MEMBERS, STRANGER);
    run(world, "UPDATE quarantine SET class = 1 WHERE enrolment = ?", till.id);
    assert_int_equal(vn_quarantine_start(&world->hub), VN_OK); /* this version has started before */
    assert_int_equal(waiting(&till), 1);
    assert_int_equal(vn_storage_number(world->hub.storage, "reads_up_to", &reads), VN_OK);
    run(world, "UPDATE number SET value = ? WHERE name = 'reads_up_to'", reads - 1);
    assert_int_equal(vn_quarantine_start(&world->hub), VN_OK);
    assert_int_equal(waiting(&till), 0);
    assert_int_equal(world_owned(world, "w77"), 30);
    assert_int_equal(vn_storage_number(world->hub.storage, "reads_up_to", &reads), VN_OK);
    assert_true(reads >= VN_ENTRY_VERSION * 1000);
    world_till_end(&till);
}

static void test_an_entry_whose_batch_is_lost_does_not_keep_others_in_quarantine(void **state)
{
    struct world *world = *state;
    struct world_till lost;
    struct world_till till;
    sell_to_a_stranger(world, &lost, "t1");
    sell_to_a_stranger(world, &till, "t2");
    world_import(world, VN_IMPORT_MEMBERS, STRANGER);
    run(world, "DELETE FROM segment WHERE enrolment = ?", lost.id);
    struct vn_quarantine_round round = {.counts = true};
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    assert_int_equal(waiting(&till), 0); /* the lost one is in nobody's place */
    assert_true(round.more);             /* for all that is known */
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    assert_false(round.more); /* the lost one would come again and again */
    assert_int_equal(waiting(&lost), 1);
    assert_int_equal(world_owned(world, "w77"), 30);
    world_till_end(&lost);
    world_till_end(&till);
}

static int64_t open_ones(struct world *world, int class_)
{
    int64_t count = 0;
    assert_int_equal(vn_sql_number(world->hub.storage, &count,
                                   "SELECT count(*) FROM quarantine WHERE decision = 0 AND class = ?", "i",
                                   (int64_t)class_),
                     VN_OK);
    return count;
}

static void test_one_sale_lets_a_few_of_those_go_on_that_wait_for_it(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    for (int i = 0; i < VN_RELEASE_SALE_MAX + 4; i++) {
        world_append(&till, &(struct world_step){.kind = VN_ENTRY_RETURN, .receipt = "1"});
    }
    assert_int_equal(world_sync(&till), VN_RELEASE_SALE_MAX + 4);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS), VN_RELEASE_SALE_MAX + 4);
    world_commit(&till, "1", "w1", 1000, 7);
    assert_int_equal(world_sync(&till), VN_RELEASE_SALE_MAX + 3); /* it is back, once */
    assert_int_equal(open_ones(world, VN_QUARANTINE_REFUSED), VN_RELEASE_SALE_MAX - 1);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS), 4);
    assert_int_equal(world_owned(world, "w1"), 500);
    world_audit(world);
    world_till_end(&till);
}

/* However many wait for one account, others have their turn between. */
static void test_what_waits_for_an_account_goes_on_by_pieces(void **state)
{
    struct world *world = *state;
    struct world_till till;
    char receipt[4];
    struct vn_quarantine_round round = {.counts = true};
    world_start(world, &till);
    for (int i = 0; i < 5; i++) {
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        world_commit(&till, receipt, "w9", 1000, 7);
    }
    assert_int_equal(world_sync(&till), 5);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[]}\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vn_quarantine_release_known(&world->hub, 2, &round), VN_OK);
        assert_true(round.more);
        assert_int_equal(world_owned(world, "w9"), 14 * (i + 1));
    }
    assert_int_equal(vn_quarantine_release_known(&world->hub, 2, &round), VN_OK);
    assert_false(round.more);
    assert_int_equal(world_owned(world, "w9"), 35);
    world_till_end(&till);
}

/* A till that names rights of nobody has its counters counted, and no more: it does not make him a member. */
static void test_who_is_named_in_quarantine_alone_is_not_known_by_it(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w77", .out = 1});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "c7", .out = 1});
    assert_int_equal(world_sync(&till), 2);
    world_commit(&till, "1", "w77", 1000, 30);
    world_append(
        &till,
        &(struct world_step){
            .kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w1", .total_minor = 1000, .at_risk = "c7"});
    assert_int_equal(world_sync(&till), 4);
    world_look_again(world);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS_ACCOUNT), 2);
    assert_int_equal(world_balance(world, "c7", VN_PLACE_DEBT, 0), 0);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":77,\"cards\":[],\"balance\":2000}\n");
    world_look_again(world);
    assert_int_equal(world_balance(world, "w77", VN_PLACE_FREE, 0), 2030);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":77,\"cards\":[],\"balance\":2000}\n");
    assert_int_equal(world_balance(world, "w77", VN_PLACE_FREE, 0), 2030);
    world_audit(world);
    world_till_end(&till);
}

/* Who was imported after the backup had paid with points, too: the same right of his is in all that waits. */
static void test_who_was_imported_after_the_backup_and_paid_gets_all_that_is_his(void **state)
{
    struct world_till till;
    struct vn_enrolment_row row;
    world_start(*state, &till);
    struct world *world = till.world;
    struct world_step step = {.kind = VN_ENTRY_HOLD,
                              .receipt = "r1",
                              .account = "w9",
                              .total_minor = 1000,
                              .spent = 100,
                              .right = "w9",
                              .out = 100};
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_GRANT, .right = "w9", .granted = 100});
    world_append(&till, &step);
    step.kind = VN_ENTRY_COMMIT;
    step.out = 0;
    world_append(&till, &step);
    world->now_ms += 60000;
    world_set_back(world);
    assert_int_equal(world_sync(&till), 3);
    world_commit(&till, "r2", "w9", 1000, 30);
    assert_int_equal(world_sync(&till), 4); /* as long as nobody has imported him */
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[\"2990000000093\"],\"balance\":2000}\n");
    world_look_again(world);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 0);
    assert_int_equal(world_owned(world, "w9"), 1930);
    assert_int_equal(world_balance(world, "w9", VN_PLACE_REDEEMED, 0), 100);
    assert_int_equal(world_balance(world, "w9", VN_PLACE_DEBT, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

/* Its hold is posted and its receipt waits for its member: so does the void, whatever is tried first. */
static void test_a_void_waits_for_a_receipt_that_waits(void **state)
{
    struct world_till till;
    struct vn_enrolment_row row;
    world_start(*state, &till);
    struct world *world = till.world;
    struct world_step step = {.kind = VN_ENTRY_HOLD, .receipt = "r1", .total_minor = 1000};
    world_append(&till, &step);
    step.kind = VN_ENTRY_COMMIT;
    step.account = "w9";
    step.earned = 10;
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 1);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "r1"});
    assert_int_equal(world_sync(&till), 2);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS), 1);
    world_look_again(world);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS), 1);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[\"2990000000093\"],\"balance\":2000}\n");
    world_look_again(world);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 0);
    assert_int_equal(world_owned(world, "w9"), 2000);
    world_audit(world);
    world_till_end(&till);
}

/* So does what ends a hold that waits: it was given up, or the next receipt found it open, and then it was voided. */
static void test_what_ends_a_hold_waits_for_it(void **state)
{
    static const enum vn_entry_kind ends[] = {VN_ENTRY_CANCEL, VN_ENTRY_USED};
    struct world_till till;
    struct vn_enrolment_row row;
    world_start(*state, &till);
    struct world *world = till.world;
    assert_int_equal(world_rights(&till, "c1", 1), 1);
    for (unsigned i = 0; i < 2; i++) {
        const char *receipt = i == 0 ? "r1" : "r2";
        bool used = ends[i] == VN_ENTRY_USED;
        struct world_step step = {.kind = VN_ENTRY_HOLD,
                                  .receipt = receipt,
                                  .account = "w9",
                                  .total_minor = 1000,
                                  .right = "c1",
                                  .out = 1};
        world_append(&till, &step);
        step.kind = ends[i];
        step.out = 0;
        step.in = used ? 0 : 1;
        world_append(&till, &step);
        if (used) {
            world_append(&till, &(struct world_step){
                                    .kind = VN_ENTRY_VOID, .receipt = receipt, .right = "c1", .in = 1});
        }
    }
    assert_int_equal(world_sync(&till), 5);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS_ACCOUNT), 2);
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS), 3);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[\"2990000000093\"],\"balance\":2000}\n");
    world_look_again(world);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 0);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_RIGHT, till.id), 1);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_HELD, till.id), 0);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_SUSPENSE, till.id), 0);
    world_audit(world);
    world_till_end(&till);
}

/* The same coupon is in a hold that waits and in a sale that the till paid with what a void gave back to it, which waits for that
 * sale: nothing of it is sure, so people decide. */
static void test_a_sale_that_nothing_is_sure_for_is_for_people(void **state)
{
    struct world_till till;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrolment_row row;
    world_start(*state, &till);
    struct world *world = till.world;
    struct world_step step = {.kind = VN_ENTRY_HOLD,
                              .receipt = "r1",
                              .account = "w9",
                              .total_minor = 1000,
                              .right = "c1",
                              .out = 1};
    assert_int_equal(world_rights(&till, "c1", 1), 1);
    assert_int_equal(world_sync(&till), 0);
    world_append(&till, &step);
    step.kind = VN_ENTRY_COMMIT;
    step.out = 0;
    world_append(&till, &step);
    int64_t commit = till.head_seq;
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "r1", .right = "c1", .in = 1});
    assert_int_equal(world_sync(&till), 3);
    step = (struct world_step){.kind = VN_ENTRY_COMMIT,
                               .receipt = "r2",
                               .account = "w1",
                               .total_minor = 1000,
                               .right = "c1",
                               .out = 1};
    world_append(&till, &step);
    assert_int_equal(world_sync(&till), 3);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":9,\"cards\":[\"2990000000093\"],\"balance\":2000}\n");
    world_look_again(world);
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 2); /* its hold was not */
    assert_int_equal(open_ones(world, VN_QUARANTINE_WAITS_TILLS), 1);
    if (vn_quarantine_release(&world->hub, "t1", commit, "me", "it is believed", &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    world_row(&till, &row);
    assert_int_equal(row.quarantined, 0);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_REDEEMED, 0), 1);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_RIGHT, till.id), 0);
    assert_int_equal(world_balance(world, "c1", VN_PLACE_SUSPENSE, till.id), 0);
    world_audit(world);
    world_till_end(&till);
}

/* Who was taken out is not waited for: his entries are refused, as ever. */
static void test_who_was_taken_out_is_known_and_refused(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":1,\"gone\":true}\n");
    world_commit(&till, "1", "w1", 1000, 30);
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(open_ones(world, VN_QUARANTINE_REFUSED), 1);
    world_till_end(&till);
}

/* What an earlier version made of it was an open account. */
static void test_rows_that_an_earlier_version_made_of_nobody_are_closed(void **state)
{
    static const int step = 23;
    struct world *world = *state;
    struct world_till till;
    int64_t open = 0;
    world_start(world, &till);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "w77", .out = 1});
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_RELEASE, .right = "c7", .out = 1});
    assert_int_equal(world_sync(&till), 2);
    run(world, "UPDATE account SET closed = 0 WHERE closed <> ?", 0);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_sql_run(world->hub.storage, vn_schema_common[step - VN_SCHEMA_FIRST], ""), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    assert_int_equal(vn_sql_number(world->hub.storage, &open,
                                   "SELECT count(*) FROM account WHERE closed = 0 AND id IN (?, ?, ?, ?)",
                                   "iiii", world_account(world, "w77"), world_account(world, "c7"),
                                   world_account(world, "w2"), world_account(world, "c1")),
                     VN_OK);
    assert_int_equal(open, 2); /* w2, who has nothing, and the coupon */
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":77,\"cards\":[],\"balance\":2000}\n");
    assert_int_equal(world_balance(world, "w77", VN_PLACE_FREE, 0), 2000);
    world_till_end(&till);
}

/* So many of one till that a look ends among them; the one behind them has its turn with the next. */
static void test_a_look_ends_among_many_that_wait_and_goes_on(void **state)
{
    struct world *world = *state;
    struct world_till liar, till;
    struct vn_quarantine_round round = {.counts = true};
    world_start(world, &liar);
    sell_to_a_stranger(world, &till, "t2");
    fill_quarantine(world, liar.id, VN_RELEASE_LOOK_MAX);
    run(world, "UPDATE quarantine SET class = 4, stranger = 64 * seq + 1 WHERE enrolment = ?", liar.id);
    world_import(world, VN_IMPORT_MEMBERS, STRANGER);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    assert_true(round.more);
    assert_int_equal(round.place.enrolment, liar.id);
    assert_int_equal(waiting(&till), 1);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    assert_int_equal(waiting(&till), 0);
    assert_int_equal(world_owned(world, "w77"), 30);
    assert_true(round.more);
    assert_int_equal(vn_quarantine_release_known(&world->hub, 1, &round), VN_OK);
    assert_false(round.more);
    world_till_end(&liar);
    world_till_end(&till);
}

static bool plan_says(struct world *world, const char *sql, const char *types, const char *what)
{
    struct vn_row *row = NULL;
    char step[1000];
    bool found = false;
    enum vn_status status = vn_sql_open(world->hub.storage, &row, sql, types, (int64_t)0, (int64_t)0,
                                        (int64_t)INT64_MAX, (int64_t)0, (int64_t)0, (int64_t)0, (int64_t)0);
    while (vn_row_next(row, &status)) {
        assert_int_equal(vn_row_text(row, database_is_postgres() ? 0 : 3, step, sizeof step), VN_OK);
        found = found || strstr(step, what) != NULL;
    }
    assert_int_equal(status, VN_OK);
    return found;
}

/* Refused entries are none of those that a look goes through, and neither are accounts and sales of others. */
static void test_what_waits_is_found_by_its_index(void **state)
{
    static const char known[] = "EXPLAIN QUERY PLAN SELECT enrolment, seq" VN_SQL_KNOWN;
    if (database_is_postgres()) {
        return; /* it reads small tables whole */
    }
    assert_true(plan_says(*state,
                          "EXPLAIN QUERY PLAN SELECT enrolment, seq" VN_SQL_WAITS " ORDER BY enrolment, seq",
                          "ii", "USING INDEX quarantine_waits ((enrolment,seq)>(?,?))"));
    assert_true(plan_says(
        *state, "EXPLAIN QUERY PLAN SELECT id FROM enrolment WHERE EXISTS(SELECT 1" VN_SQL_UNTRIED ")", "i",
        "quarantine_stranger (stranger=? AND attempts=? AND enrolment=? AND seq<?)"));
    assert_true(plan_says(*state, known, "iiiiiii", "quarantine_waits ((enrolment,seq)>(?,?)"));
    assert_true(plan_says(*state, known, "iiiiiii", "SEARCH account USING INTEGER PRIMARY KEY"));
    assert_true(plan_says(*state, known, "iiiiiii", "(pos=? AND date=? AND receipt=?)"));
}

/* PostgreSQL, which takes no index for small tables, has accounts and sales enough here to read none of them whole. */
static void test_what_is_known_by_now_is_found_by_its_index(void **state)
{
    static const char known[] = "EXPLAIN SELECT enrolment, seq" VN_SQL_KNOWN;
    struct world *world = *state;
    struct world_till till;
    if (!database_is_postgres()) {
        return;
    }
    world_start(world, &till);
    fill_quarantine(world, till.id, VN_RELEASE_LOOK_MAX);
    run(world, "UPDATE quarantine SET class = 4, stranger = 64 * seq + 1 WHERE enrolment = ?", till.id);
    run(world,
        "INSERT INTO account SELECT (copy).* FROM (SELECT jsonb_populate_record(account,"
        " jsonb_build_object('id', 64 * number + 1)) AS copy FROM generate_series(100000, ?) AS s(number),"
        " account WHERE id = (SELECT min(id) FROM account)) AS copies",
        130000);
    assert_int_equal(vn_sql_run(world->hub.storage, "ANALYZE", ""), VN_OK);
    assert_true(plan_says(world, known, "iiiiiii", "account_pkey"));
    assert_false(plan_says(world, known, "iiiiiii", "Seq Scan on account"));
    assert_false(plan_says(world, known, "iiiiiii", "hashed SubPlan"));
    world_till_end(&till);
}

/* Whatever it meets - no sale, or one that has ended - who asks gets one status and the sentence. */
static void test_what_is_released_in_vain_says_why(void **state)
{
    struct world_till till;
    struct vn_error error = {VN_OK, "", ""};
    world_start(*state, &till);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_VOID, .receipt = "9", .account = "w1"});
    assert_int_equal(world_sync(&till), 1);
    assert_int_equal(vn_quarantine_release(&till.world->hub, "t1", till.head_seq, "uid 7", "test", &error),
                     VN_INPUT);
    assert_int_equal(error.status, VN_INPUT);
    assert_non_null(strstr(error.text, "not known"));
    world_till_end(&till);
}

static enum vn_status note_reason(void *ctx, const struct vn_quarantine_row *row)
{
    (void)snprintf(ctx, VN_ERROR_TEXT_MAX, "%s", row->reason);
    return VN_OK;
}

/* Limits and stamps have a name and no number of their own; the entry said it, and so does its reason, also when the account was
 * there before. */
static void test_a_reason_names_the_account_that_it_is_about(void **state)
{
    static const char name[] = "n6996bf9f4ac4bd30";
    static const char *const wanted[] = {"holds 5 of n6996bf9f4ac4bd30, where 0 is",
                                         "takes 7 from 'right' of n6996bf9f4ac4bd30, where -5 is"};
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    assert_int_equal(world_sync(&till), 0);
    const struct world_step opens = {.kind = VN_ENTRY_RELEASE, .right = name, .in = 0};
    world_append(&till, &opens);
    assert_int_equal(world_sync(&till), 0);
    world_append(&till, &(struct world_step){
                            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w2", .right = name, .out = 5});
    world_append(&till,
                 &(struct world_step){
                     .kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w2", .right = name, .out = 7});
    for (int64_t i = 0; i < 2; i++) {
        char reason[VN_ERROR_TEXT_MAX] = "";
        assert_int_equal(world_sync(&till), 2);
        assert_int_equal(vn_storage_quarantine_get(world->hub.storage, till.id, till.head_seq - 1 + i,
                                                   note_reason, reason),
                         VN_OK);
        assert_string_equal(reason, wanted[i]);
    }
    world_audit(world);
    world_till_end(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_entry_is_found_behind_more_than_a_list_shows, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            test_what_an_earlier_version_could_not_read_is_released_at_the_first_start, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_an_entry_whose_batch_is_lost_does_not_keep_others_in_quarantine,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_one_sale_lets_a_few_of_those_go_on_that_wait_for_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_waits_for_an_account_goes_on_by_pieces, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_who_is_named_in_quarantine_alone_is_not_known_by_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_who_was_imported_after_the_backup_and_paid_gets_all_that_is_his,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_void_waits_for_a_receipt_that_waits, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_ends_a_hold_waits_for_it, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_sale_that_nothing_is_sure_for_is_for_people, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_who_was_taken_out_is_known_and_refused, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_rows_that_an_earlier_version_made_of_nobody_are_closed,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_look_ends_among_many_that_wait_and_goes_on, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_waits_is_found_by_its_index, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_known_by_now_is_found_by_its_index, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_released_in_vain_says_why, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_reason_names_the_account_that_it_is_about, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
