/* Every database opens its files on the disk that it is given by name, so that a simulated one can stand in its place. The disk
 * here is SQLite's own under another name, and notes what is opened. And what is put in force was synced before: the two
 * calls by which a program waits for the disk are taken over and noted too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/syscall.h>

#include "agent/store/cache.h"
#include "agent/store/journal.h"
#include "sync/hub/storage/storage.h"
#include "tests/unit/folder.h"

struct disk {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *below;
    char opened[4096];
};

static struct disk disk;
static char synced[4096]; /* names of the files, in their order */

static int note_sync(int fd, long call)
{
    char link[64];
    char path[512];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, path, sizeof path - 1);
    path[got < 0 ? 0 : got] = '\0';
    const char *last = strrchr(path, '/');
    size_t len = strlen(synced);
    (void)snprintf(synced + len, sizeof synced - len, "%s ", last == NULL ? "?" : last + 1);
    return (int)syscall(call, fd);
}

/* The C library's own names for the parameters are reserved. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    return note_sync(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return note_sync(fd, SYS_fdatasync);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

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

static void test_disk_has_all_of_a_snapshot_before_it_is_put_in_force(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_cache_writer *writer = NULL;
    struct folder *folder = *state;
    struct vn_buf frame;
    const struct vn_feed_header header = {{1, 7}, 0, true};
    unsigned refused = 0;
    bool fresh = false;
    vn_buf_init(&frame, 4096);
    assert_int_equal(vn_feed_header_encode(&header, &frame), VN_OK);
    assert_int_equal(vn_buf_append_str(&frame, "\n"), VN_OK);
    assert_int_equal(vn_cache_open(folder->path, &enrolment, "noting", &writer, &fresh, &error), VN_OK);
    disk.opened[0] = '\0';
    synced[0] = '\0';
    const struct vn_cache_frame lines = {
        .lines = vn_buf_view(&frame), .included_seq = -1, .publishing_key = NULL};
    assert_int_equal(vn_cache_replace(writer, &lines, &refused, &error), VN_OK);
    assert_non_null(strstr(disk.opened, "cache-2.db "));
    const char *file = strstr(synced, "cache-2.db ");
    const char *pointer = strstr(synced, "cache.current");
    assert_non_null(file);
    assert_non_null(pointer);
    assert_true(file < pointer);
    vn_cache_close(writer);
    vn_buf_deinit(&frame);
}

static void test_disk_of_the_hub_is_the_named_one(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_storage *storage = NULL;
    const struct vn_storage_options noting = {
        .vfs = "noting", .clock = vn_clock_system(), .random = vn_random_system()};
    assert_int_equal(vn_storage_open(folder_file(*state, "hub.db"), &noting, &storage, &error), VN_ABSENT);
    assert_int_equal(vn_storage_create(folder_file(*state, "hub.db"), &noting, &storage, &error), VN_OK);
    vn_storage_close(storage);
    assert_non_null(strstr(disk.opened, "hub.db "));
    assert_non_null(strstr(disk.opened, "hub.db-wal "));
}

static void test_disk_that_nobody_knows_is_refused(void **state)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_storage *storage = NULL;
    const struct vn_storage_options none_such = {
        .vfs = "none-such", .clock = vn_clock_system(), .random = vn_random_system()};
    assert_int_not_equal(vn_storage_create(folder_file(*state, "hub.db"), &none_such, &storage, &error),
                         VN_OK);
    assert_null(storage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_disk_of_the_journal_is_the_named_one),
        TEST(test_disk_of_the_cache_is_the_named_one_for_writer_and_reader),
        TEST(test_disk_has_all_of_a_snapshot_before_it_is_put_in_force),
        TEST(test_disk_of_the_hub_is_the_named_one),
        TEST(test_disk_that_nobody_knows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
