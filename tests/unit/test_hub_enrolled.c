/* Enrolments that a database lacks which was set back: known by the file beside the mark. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/hub/core/clock_guard.h"
#include "sync/hub/core/mark_enrolled.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

struct place {
    char mark[VN_PATH_MAX], revoked[VN_PATH_MAX], enrolled[VN_PATH_MAX];
};

static void keep_files(struct world *world, struct place *out)
{
    (void)snprintf(out->mark, sizeof out->mark, "%s/mark", world->dir);
    (void)snprintf(out->revoked, sizeof out->revoked, "%s/revoked", world->dir);
    (void)snprintf(out->enrolled, sizeof out->enrolled, "%s/enrolled", world->dir);
    world->hub.revoked = out->revoked;
    world->hub.enrolled = out->enrolled;
}

static void must_start(struct world *world, const struct place *files)
{
    struct vn_error error = {VN_OK, "", ""};
    if (vn_epoch_start(&world->hub, files->mark, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
}

/* The database of before it was enrolled, as far as that goes. */
static void must_forget(struct world *world, const char *till)
{
    struct vn_storage *storage = world->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage,
                                "DELETE FROM certificate WHERE enrolment IN"
                                " (SELECT id FROM enrolment WHERE till = ?)",
                                "t", till),
                     VN_OK);
    assert_int_equal(vn_sql_run(storage, "DELETE FROM enrolment WHERE till = ?", "t", till), VN_OK);
    assert_int_equal(vn_sql_run(storage, "DELETE FROM till WHERE id = ?", "t", till), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static long length_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (long)info.st_size;
}

static void test_a_till_of_after_the_backup_goes_on(void **state)
{
    struct world *world = *state;
    struct world_till before, after, gone;
    struct place files;
    struct vn_ingest_result result;
    struct vn_enrolment_row row;
    struct vn_revoked count;
    char store[VN_ID_MAX];
    int64_t unshown = 0;
    keep_files(world, &files);
    world_start(world, &before);
    must_start(world, &files);
    world_store(world, "s2");
    world_till_start_at(world, &after, "s2", "u1");
    world_till_start_at(world, &gone, "s2", "u2");
    assert_int_equal(vn_fleet_revoke(&world->hub, "u2", "uid 1", &count), VN_OK);
    const struct world_step grant = {.kind = VN_ENTRY_GRANT, .right = "w1", .granted = 100};
    world_append(&after, &grant); /* that hub gave it, and has forgotten it */
    world_commit(&after, "1", "w1", 1000, 10);
    world->now_ms += 60000;
    must_forget(world, "u1");
    must_forget(world, "u2");
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_sql_run(world->hub.storage, "DELETE FROM store WHERE id = 's2'", ""), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
    must_start(world, &files);
    assert_int_equal(world->hub.epoch, 2);
    world_row(&after, &row);
    assert_int_equal(row.state, VN_ENROLMENT_ACTIVE);
    assert_string_equal(row.store, "s2");
    assert_string_equal(row.till, "u1");
    assert_int_equal(vn_storage_till_store(world->hub.storage, "u1", store), VN_OK);
    assert_string_equal(store, "s2");
    assert_int_equal(vn_storage_unshown(world->hub.storage, &unshown), VN_OK);
    assert_int_equal(unshown, 3); /* nothing is granted before it has shown what it has */
    after.id = row.id;
    world_send(&after, 1, &result);
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    assert_int_equal(world_balance(world, "w1", VN_PLACE_RIGHT, after.id), 100);
    assert_int_equal(world_owned(world, "w1"), 510);
    world_row(&gone, &row); /* what was revoked since is known as that */
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    must_start(world, &files); /* that was all */
    assert_int_equal(world->hub.epoch, 2);
    world_audit(world);
    world_till_end(&before);
    world_till_end(&after);
    world_till_end(&gone);
}

/* Two hubs over one database, each with a folder of its own; the machine of the one that enrolled a till is gone. */
static void test_each_hub_notes_what_another_one_enrolled(void **state)
{
    struct world *world = *state;
    struct world_till first, second;
    struct place files;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_epoch_lists lists = {.enrolment = 0};
    struct vn_hub other;
    char there[VN_PATH_MAX];
    int64_t count = 0;
    keep_files(world, &files);
    (void)snprintf(there, sizeof there, "%s/enrolled-there", world->dir);
    world_start(world, &first);
    other = world->hub;
    other.enrolled = there;
    vn_epoch_note_lists(&other, &lists);
    long one = length_of(there);
    world_till_start(world, &second, "t2"); /* at the first hub */
    vn_epoch_note_lists(&other, &lists);
    assert_int_equal(length_of(there), 2 * one);
    assert_int_equal(length_of(files.enrolled), 2 * one);
    assert_int_equal(remove(there), 0);
    vn_epoch_note_lists(&other, &lists); /* nobody is new: it does not look */
    assert_int_equal(access(there, F_OK), -1);
    lists.enrolment = 0;
    vn_epoch_note_lists(&other, &lists);
    must_forget(world, "t2"); /* the database of a backup */
    assert_int_equal(vn_mark_enrolled_missing(there, world->hub.storage, &count, &error), VN_OK);
    assert_int_equal(count, 1);
    world_till_end(&first);
    world_till_end(&second);
}

static void test_each_enrolment_has_one_line(void **state)
{
    struct world *world = *state;
    struct world_till first, second;
    struct place files;
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    keep_files(world, &files);
    world_start(world, &first);
    long one = length_of(files.enrolled);
    must_start(world, &files);
    assert_int_equal(length_of(files.enrolled), one); /* it has its line */
    world_till_start(world, &second, "t2");
    assert_int_equal(length_of(files.enrolled), 2 * one);
    assert_int_equal(unlink(files.enrolled), 0); /* of a version that had none */
    must_start(world, &files);
    assert_int_equal(length_of(files.enrolled), 2 * one);
    static const char cut[] = "0123456789abcdef0123456789abcdef 17";
    int file = open(files.enrolled, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(write(file, cut, sizeof cut - 1), sizeof cut - 1);
    assert_int_equal(close(file), 0);
    assert_int_equal(vn_mark_enrolled_missing(files.enrolled, world->hub.storage, &count, &error), VN_OK);
    assert_int_equal(count, 0);
    must_start(world, &files);
    assert_int_equal(world->hub.epoch, 1);
    world->hub.enrolled = world->dir; /* no file */
    assert_int_equal(vn_epoch_start(&world->hub, files.mark, &error), VN_IO);
    assert_non_null(strstr(error.text, "make it readable, or"));
    world_till_end(&first);
    world_till_end(&second);
}

static int64_t machine_wall(void *world)
{
    return ((struct world *)world)->now_ms;
}

static int64_t machine_mono(void *world)
{
    (void)world;
    return INT64_C(5000000000);
}

/* An epoch begins by the latest that it can be, and who enrols then is of later; but no sale is dated by a clock that is doubted,
 * and no hub takes it for the time when it ran last. */
static void test_a_doubted_clock_is_in_no_till_s_books(void **state)
{
    const int64_t years_ms = INT64_C(10) * 365 * 86400000;
    struct world *world = *state;
    struct world_till before, fresh;
    struct place files;
    struct vn_clock_guard guard;
    int64_t last_ms = 0;
    keep_files(world, &files);
    world_till_start(world, &before, "t1");
    must_start(world, &files);
    const int64_t truth_ms = world->now_ms;
    const struct vn_clock clock = world->hub.clock;
    vn_clock_guard_init(&guard, (struct vn_clock){machine_wall, machine_mono, world}, truth_ms);
    world->hub.clock = vn_clock_guard_clock(&guard);
    world->hub.guard = &guard;
    world->now_ms += years_ms;
    assert_true(vn_clock_guard_look(&guard).doubted);
    world_set_back(world);
    world_till_start(world, &fresh, "t2");
    assert_int_equal(vn_storage_last_ack(world->hub.storage, &last_ms), VN_OK);
    assert_true(last_ms < truth_ms + years_ms);
    must_forget(world, "t2");
    world_set_back(world); /* it is known again by its line */
    assert_int_equal(vn_storage_last_ack(world->hub.storage, &last_ms), VN_OK);
    assert_true(last_ms < truth_ms + years_ms);
    world->now_ms = truth_ms;
    world->hub.guard = NULL;
    world->hub.clock = clock;
    world_till_end(&fresh);
    world_till_end(&before);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_till_of_after_the_backup_goes_on),
        T(test_each_hub_notes_what_another_one_enrolled),
        T(test_each_enrolment_has_one_line),
        T(test_a_doubted_clock_is_in_no_till_s_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
