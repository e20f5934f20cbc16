/* Every database opens its files on the disk that it is given by name, so that a simulated one can stand in its place: nothing
 * of till or hub goes past it. The disk here is SQLite's own under another name, and notes what is opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "agent/store/cache.h"
#include "agent/store/journal.h"
#include "sync/hub/storage.h"
#include "tests/unit/folder.h"

struct disk {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *below;
    char opened[4096];
};

static struct disk disk;

static int note_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct disk *self = (struct disk *)vfs;
    const char *last = name == NULL ? NULL : strrchr(name, '/');
    size_t len = strlen(self->opened);
    (void)snprintf(self->opened + len, sizeof self->opened - len, "%s ", last == NULL ? "?" : last + 1);
    return self->below->xOpen(self->below, name, file, flags, out_flags);
}

static int setup(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    if (folder == NULL) {
        return -1;
    }
    folder_create(folder);
    *state = folder;
    disk = (struct disk){.below = sqlite3_vfs_find(NULL)};
    disk.vfs = *disk.below;
    disk.vfs.zName = "noting";
    disk.vfs.pNext = NULL;
    disk.vfs.xOpen = note_open;
    return sqlite3_vfs_register(&disk.vfs, 0) == SQLITE_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)sqlite3_vfs_unregister(&disk.vfs);
    folder_remove(*state);
    free(*state);
    return 0;
}

static const struct vn_enrolment_id enrolment = {.bytes = {1, 2, 3}};

static void test_disk_of_the_journal_is_the_named_one(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_journal *journal = NULL;
    uint64_t seed = 1;
    const struct vn_random random = vn_random_seeded(&seed);
    const char *path = folder_file(*state, "journal.db");
    assert_int_equal(vn_journal_open(path, &enrolment, &random, "noting", &journal, &error), VN_ABSENT);
    assert_int_equal(vn_journal_create(path, &enrolment, "noting", &error), VN_OK);
    assert_non_null(strstr(disk.opened, "journal.db-wal "));
    disk.opened[0] = '\0';
    assert_int_equal(vn_journal_open(path, &enrolment, &random, "noting", &journal, &error), VN_OK);
    vn_journal_close(journal);
    assert_non_null(strstr(disk.opened, "journal.db "));
}

static void test_disk_of_the_cache_is_the_named_one_for_writer_and_reader(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_cache_writer *writer = NULL;
    struct vn_cache_reader *reader = NULL;
    struct folder *folder = *state;
    bool fresh = false;
    assert_int_equal(vn_cache_open(folder->path, &enrolment, "noting", &writer, &fresh, &error), VN_OK);
    assert_non_null(strstr(disk.opened, "cache-1.db-wal "));
    disk.opened[0] = '\0';
    assert_int_equal(vn_cache_reader_open(folder->path, "noting", &reader, &error), VN_OK);
    assert_non_null(strstr(disk.opened, "cache-1.db "));
    vn_cache_reader_close(reader);
    vn_cache_close(writer);
}

static void test_disk_of_the_hub_is_the_named_one(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_storage *storage = NULL;
    assert_int_equal(vn_storage_open(folder_file(*state, "hub.db"), "noting", &storage, &error), VN_OK);
    vn_storage_close(storage);
    assert_non_null(strstr(disk.opened, "hub.db "));
    assert_non_null(strstr(disk.opened, "hub.db-wal "));
}

static void test_disk_that_nobody_knows_is_refused(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_storage *storage = NULL;
    assert_int_not_equal(vn_storage_open(folder_file(*state, "hub.db"), "none-such", &storage, &error),
                         VN_OK);
    assert_null(storage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_disk_of_the_journal_is_the_named_one),
        TEST(test_disk_of_the_cache_is_the_named_one_for_writer_and_reader),
        TEST(test_disk_of_the_hub_is_the_named_one),
        TEST(test_disk_that_nobody_knows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
