/* What the journal asks of the disk. The two calls by which SQLite waits for it are taken over here, noted, and
 * made to fail: a program's own function comes before the C library's. */
#include "tests/unit/journal_world.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static struct {
    unsigned files;
    unsigned folders;
    bool fails;
} syncs;

static int synced(int fd, long call)
{
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        syncs.folders++;
    } else {
        syncs.files++;
    }
    if (syncs.fails) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, fd);
}

/* The C library's own names for the parameters are reserved. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    return synced(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return synced(fd, SYS_fdatasync);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    memset(&syncs, 0, sizeof syncs);
    world_create(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    syncs.fails = false;
    world_destroy(world);
    free(world);
    return 0;
}

static void test_journal_create_syncs_the_folder_that_names_it(void **state)
{
    (void)state; /* world_create made it */
    assert_true(syncs.folders > 0);
    assert_true(syncs.files > 0);
}

static void test_journal_every_append_waits_for_the_disk(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 5; i++) {
        syncs.files = 0;
        assert_int_equal(world_put(world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
        assert_true(syncs.files > 0);
    }
}

/* What the hub acknowledged is written without waiting; the next append must wait again. */
static void test_journal_append_waits_for_the_disk_after_an_acknowledgement_too(void **state)
{
    struct world *world = *state;
    for (int64_t seq = 1; seq <= 3; seq++) {
        assert_int_equal(world_put(world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
        syncs.files = 0;
        assert_int_equal(vn_journal_acked(world->journal, seq, 0, 0), VN_OK);
        assert_int_equal(syncs.files, 0);
        assert_int_equal(world_put(world, VN_ENTRY_FINDING, "", NULL, 0), VN_OK);
        assert_true(syncs.files > 0);
    }
}

static void test_journal_trusts_nothing_after_a_failed_sync_until_it_is_opened_anew(void **state)
{
    struct world *world = *state;
    struct vn_journal_head before;
    struct vn_journal_head after;
    int64_t bad_seq = 0;
    assert_int_equal(world_put(world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
    vn_journal_head(world->journal, &before);
    syncs.fails = true;
    assert_int_equal(world_put(world, VN_ENTRY_BOOT, "", NULL, 0), VN_IO);
    syncs.fails = false;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(world_put(world, VN_ENTRY_BOOT, "", NULL, 0), VN_IO);
        assert_int_equal(vn_journal_acked(world->journal, 1, 0, 0), VN_IO);
    }
    vn_journal_head(world->journal, &after);
    assert_int_equal(after.seq, before.seq);
    assert_memory_equal(after.hash.bytes, before.hash.bytes, sizeof after.hash.bytes);
    world_reopen(world);
    vn_journal_head(world->journal, &after);
    assert_in_range(after.seq, before.seq, before.seq + 1);
    assert_int_equal(vn_journal_verify(world->journal, &bad_seq), VN_OK);
    assert_int_equal(world_put(world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_journal_create_syncs_the_folder_that_names_it),
        TEST(test_journal_every_append_waits_for_the_disk),
        TEST(test_journal_append_waits_for_the_disk_after_an_acknowledgement_too),
        TEST(test_journal_trusts_nothing_after_a_failed_sync_until_it_is_opened_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
