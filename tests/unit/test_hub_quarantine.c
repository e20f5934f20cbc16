/* Entries in quarantine are found by their till and number, however many there are. */
#include "tests/unit/hub_world.h"

#include <string.h>

#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/storage/sql.h"

/* As many open ones of an enrolment as a whole list has, and one more. */
static void fill_quarantine(struct world *world, int64_t enrolment)
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
            "iib", (int64_t)VN_REPORT_ROWS_MAX, enrolment, vn_view_str("")),
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
    fill_quarantine(world, first.id);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_entry_is_found_behind_more_than_a_list_shows, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
