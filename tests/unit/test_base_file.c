/* The disk is played by wrappers around four calls: they note the order of what happens, cut writes short,
 * interrupt them, and fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/base/file.h"
#include "tests/unit/folder.h"

ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_link(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_link(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

struct world {
    struct folder folder;
    struct vn_error error;
};

static struct {
    char steps[32]; /* s: a file is synced, f: a folder, l: link, r: rename */
    bool short_writes;
    bool interrupt;   /* the next write is interrupted */
    int fail_write;   /* errno of all writes */
    int fail_sync_at; /* which fsync fails, from 1 */
    int syncs;
} disk;

static void step(char what)
{
    size_t len = strlen(disk.steps);
    if (len + 1 < sizeof disk.steps) {
        disk.steps[len] = what;
    }
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (disk.fail_write != 0) {
        errno = disk.fail_write;
        return -1;
    }
    if (disk.interrupt) {
        disk.interrupt = false;
        errno = EINTR;
        return -1;
    }
    return __real_write(fd, data, disk.short_writes && len > 1 ? 1 : len);
}

int __wrap_fsync(int fd)
{
    struct stat info;
    step(fstat(fd, &info) == 0 && S_ISDIR(info.st_mode) ? 'f' : 's');
    if (++disk.syncs == disk.fail_sync_at) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(fd);
}

int __wrap_link(const char *from, const char *to)
{
    step('l');
    return __real_link(from, to);
}

int __wrap_rename(const char *from, const char *to)
{
    step('r');
    return __real_rename(from, to);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    memset(&disk, 0, sizeof disk);
    folder_create(&world->folder);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    memset(&disk, 0, sizeof disk);
    folder_remove(&world->folder);
    free(world);
    return 0;
}

static void assert_content(struct world *world, const char *name, const char *content)
{
    char text[64];
    size_t len = 0;
    assert_int_equal(
        vn_file_read(folder_file(&world->folder, name), VN_FILE_SECRET, text, sizeof text, &len, NULL),
        VN_OK);
    assert_string_equal(text, content);
    assert_int_equal(len, strlen(content));
}

static void test_a_new_file_is_synced_before_it_has_its_name_and_its_folder_after(void **state)
{
    struct world *world = *state;
    const char *path = folder_file(&world->folder, "a");
    assert_int_equal(vn_file_create(path, vn_view_str("one"), &world->error), VN_OK);
    assert_string_equal(disk.steps, "slf");
    assert_content(world, "a", "one");
    assert_int_equal(folder_count(&world->folder), 1);
}

static void test_a_replaced_file_is_synced_before_it_has_its_name_and_its_folder_after(void **state)
{
    struct world *world = *state;
    const char *path = folder_file(&world->folder, "a");
    assert_int_equal(vn_file_replace(path, vn_view_str("one"), &world->error), VN_OK);
    assert_int_equal(vn_file_replace(path, vn_view_str("two"), &world->error), VN_OK);
    assert_string_equal(disk.steps, "srfsrf");
    assert_content(world, "a", "two");
    assert_int_equal(folder_count(&world->folder), 1);
}

static void test_an_existing_file_is_never_created_again(void **state)
{
    struct world *world = *state;
    const char *path = folder_file(&world->folder, "a");
    assert_int_equal(vn_file_create(path, vn_view_str("one"), NULL), VN_OK);
    assert_int_equal(vn_file_create(path, vn_view_str("two"), &world->error), VN_CONFLICT);
    assert_content(world, "a", "one");
    assert_int_equal(folder_count(&world->folder), 1);
}

static void test_short_and_interrupted_writes_go_on(void **state)
{
    struct world *world = *state;
    disk.short_writes = true;
    disk.interrupt = true;
    assert_int_equal(vn_file_create(folder_file(&world->folder, "a"), vn_view_str("a long text"), NULL),
                     VN_OK);
    assert_content(world, "a", "a long text");
}

static void test_what_can_not_be_written_leaves_the_old_content_and_no_orphan(void **state)
{
    struct world *world = *state;
    const char *path = folder_file(&world->folder, "a");
    assert_int_equal(vn_file_replace(path, vn_view_str("old"), NULL), VN_OK);
    disk.fail_write = ENOSPC;
    assert_int_equal(vn_file_replace(path, vn_view_str("new"), &world->error), VN_FULL);
    assert_non_null(strstr(world->error.text, strerror(ENOSPC)));
    disk.fail_write = EIO;
    assert_int_equal(vn_file_replace(path, vn_view_str("new"), NULL), VN_IO);
    disk.fail_write = 0;
    disk.fail_sync_at = disk.syncs + 1;
    assert_int_equal(vn_file_replace(path, vn_view_str("new"), NULL), VN_IO);
    assert_content(world, "a", "old");
    assert_int_equal(folder_count(&world->folder), 1);
}

static void test_a_folder_that_can_not_be_synced_is_told(void **state)
{
    struct world *world = *state;
    disk.fail_sync_at = 2;
    assert_int_equal(vn_file_create(folder_file(&world->folder, "a"), vn_view_str("x"), NULL), VN_IO);
    disk.fail_sync_at = disk.syncs + 2;
    assert_int_equal(vn_file_replace(folder_file(&world->folder, "b"), vn_view_str("x"), NULL), VN_IO);
}

static void test_an_orphan_of_a_power_cut_neither_stops_nor_lends_its_mode(void **state)
{
    struct world *world = *state;
    struct stat info;
    folder_write(&world->folder, "a.new", "half", 4);
    assert_int_equal(chmod(folder_file(&world->folder, "a.new"), 0666), 0);
    const char *path = folder_file(&world->folder, "a");
    assert_int_equal(vn_file_replace(path, vn_view_str("w"), NULL), VN_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_content(world, "a", "w");
}

static void test_reading_refuses_what_is_too_long_no_file_or_not_there(void **state)
{
    struct world *world = *state;
    char text[8];
    size_t len = 99;
    folder_write(&world->folder, "a", "1234567", 7);
    folder_write(&world->folder, "b", "12345678", 8);
    assert_int_equal(
        vn_file_read(folder_file(&world->folder, "a"), VN_FILE_OPEN, text, sizeof text, &len, NULL), VN_OK);
    assert_int_equal(len, 7);
    assert_int_equal(
        vn_file_read(folder_file(&world->folder, "b"), VN_FILE_OPEN, text, sizeof text, &len, NULL),
        VN_INPUT);
    assert_int_equal(len, 0);
    assert_string_equal(text, "");
    assert_int_equal(vn_file_read(world->folder.path, VN_FILE_OPEN, text, sizeof text, &len, NULL), VN_INPUT);
    assert_int_equal(
        vn_file_read(folder_file(&world->folder, "c"), VN_FILE_OPEN, text, sizeof text, &len, NULL),
        VN_ABSENT);
    assert_int_equal(mkfifo(folder_file(&world->folder, "pipe"), 0600), 0);
    assert_int_equal(
        vn_file_read(folder_file(&world->folder, "pipe"), VN_FILE_OPEN, text, sizeof text, &len, NULL),
        VN_INPUT);
}

static void test_a_secret_that_others_can_read_or_write_is_refused(void **state)
{
    struct world *world = *state;
    static const mode_t modes[] = {0640, 0604, 0620, 0602};
    char text[8];
    size_t len = 0;
    folder_write(&world->folder, "a", "x", 1);
    const char *path = folder_file(&world->folder, "a");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(vn_file_read(path, VN_FILE_SECRET, text, sizeof text, &len, &world->error),
                         VN_DENIED);
        assert_int_equal(vn_file_read(path, VN_FILE_OPEN, text, sizeof text, &len, NULL), VN_OK);
    }
}

static void test_a_path_that_does_not_fit_is_never_cut(void **state)
{
    struct world *world = *state;
    char folder[VN_PATH_MAX];
    char path[VN_PATH_MAX];
    memset(folder, 'a', sizeof folder - 1);
    folder[sizeof folder - 1] = '\0';
    assert_int_equal(vn_file_path(folder, "b", path, &world->error), VN_ARG);
    assert_string_equal(path, "");
    folder[VN_PATH_MAX - 3] = '\0';
    assert_int_equal(vn_file_path(folder, "b", path, NULL), VN_OK);
    assert_int_equal(strlen(path), VN_PATH_MAX - 1);
    assert_int_equal(vn_file_create(path, vn_view_str("x"), NULL), VN_ARG);
    assert_int_equal(vn_file_replace(path, vn_view_str("x"), NULL), VN_ARG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_file_is_synced_before_it_has_its_name_and_its_folder_after),
        TEST(test_a_replaced_file_is_synced_before_it_has_its_name_and_its_folder_after),
        TEST(test_an_existing_file_is_never_created_again),
        TEST(test_short_and_interrupted_writes_go_on),
        TEST(test_what_can_not_be_written_leaves_the_old_content_and_no_orphan),
        TEST(test_a_folder_that_can_not_be_synced_is_told),
        TEST(test_an_orphan_of_a_power_cut_neither_stops_nor_lends_its_mode),
        TEST(test_reading_refuses_what_is_too_long_no_file_or_not_there),
        TEST(test_a_secret_that_others_can_read_or_write_is_refused),
        TEST(test_a_path_that_does_not_fit_is_never_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
