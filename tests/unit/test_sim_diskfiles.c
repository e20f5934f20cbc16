/* The product's small files on a simulated disk: it writes and reads them with its own code, and their crashes are the disk's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "tests/sim/diskfiles.h"

#define ROOT "/simdisk/files"

struct fixture {
    uint64_t seed;
    struct vn_random random;
    struct disks disks;
    struct disk *disk;
};

/* NOLINTBEGIN(clang-analyzer-*): what is asserted before ends the test, which the analyzer does not know */
static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    fixture.random = vn_random_seeded(&fixture.seed);
    fixture.disk = disk_create(&fixture.random);
    disks_mount(&fixture.disks, ROOT, fixture.disk);
    diskfiles_lead_to(&fixture.disks);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    unsigned open = diskfiles_open();
    diskfiles_lead_to(NULL);
    disk_destroy(fixture->disk);
    return open == 0 ? 0 : -1;
}

static void assert_read(const char *path, const char *text)
{
    char found[64];
    size_t len = 0;
    assert_int_equal(vn_file_read(path, VN_FILE_SECRET, found, sizeof found, &len, NULL), VN_OK);
    assert_string_equal(found, text);
}

static void test_sim_diskfiles_product_writes_and_reads(void **state)
{
    const struct fixture *fixture = *state;
    struct vn_error error;
    char found[8];
    size_t len = 0;
    assert_int_equal(vn_file_create(ROOT "/a", vn_view_str("one"), &error), VN_OK);
    assert_int_equal(vn_file_create(ROOT "/a", vn_view_str("two"), &error), VN_CONFLICT);
    assert_read(ROOT "/a", "one");
    assert_int_equal(vn_file_replace(ROOT "/a", vn_view_str("two"), &error), VN_OK);
    assert_read(ROOT "/a", "two");
    assert_int_equal(vn_file_there(ROOT "/b", &error), VN_ABSENT);
    assert_int_equal(vn_file_read(ROOT "/b", VN_FILE_OPEN, found, sizeof found, &len, &error), VN_ABSENT);
    assert_int_equal(vn_file_read(ROOT, VN_FILE_OPEN, found, sizeof found, &len, &error), VN_INPUT);
    assert_int_equal(vn_file_create(ROOT "/none/a", vn_view_str("one"), &error), VN_IO);
    assert_false(disk_in_doubt(fixture->disk));
    assert_int_not_equal(access(ROOT, F_OK), -1);
    diskfiles_lead_to(NULL);
    assert_int_equal(access(ROOT, F_OK), -1); /* nothing of it is on the machine */
    diskfiles_lead_to(&fixture->disks);
}

/* What was created or replaced is there whatever is lost; what was under way is there or not. */
static void test_sim_diskfiles_replaced_file_is_the_old_or_the_new(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(vn_file_create(ROOT "/a", vn_view_str("one"), NULL), VN_OK);
    disk_crash(fixture->disk, &fixture->random, &disk_loses_all);
    assert_read(ROOT "/a", "one");
    assert_int_equal(vn_file_replace(ROOT "/a", vn_view_str("two"), NULL), VN_OK);
    disk_crash(fixture->disk, &fixture->random, &disk_loses_all);
    assert_read(ROOT "/a", "two");
    disk_freeze(fixture->disk);
    assert_int_equal(vn_file_replace(ROOT "/a", vn_view_str("three"), NULL), VN_IO);
    disk_crash(fixture->disk, &fixture->random, &disk_mixes);
    assert_read(ROOT "/a", "two");
}

static void test_sim_diskfiles_full_disk_says_so(void **state)
{
    const struct fixture *fixture = *state;
    struct vn_error error;
    for (int room = 0; room < 5; room++) {
        disk_set_room(fixture->disk, room);
        assert_int_equal(vn_file_create(ROOT "/a", vn_view_str("12345"), &error), VN_FULL);
        assert_int_equal(access(ROOT "/a", F_OK), -1);
    }
    disk_set_room(fixture->disk, 5);
    assert_int_equal(vn_file_create(ROOT "/a", vn_view_str("12345"), &error), VN_OK);
    assert_read(ROOT "/a", "12345");
}

static void test_sim_diskfiles_appending_seeking_and_cutting(void **state)
{
    (void)state;
    char found[8] = "";
    struct stat facts;
    int fd = open(ROOT "/a", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int other = open(ROOT "/a", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && other >= 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_int_equal(pwrite(other, "X", 1, 0), 1);
    assert_int_equal(write(fd, "def", 3), 3);
    assert_int_equal(lseek(other, 2, SEEK_SET), 2);
    assert_int_equal(read(other, found, 2), 2);
    assert_string_equal(found, "cd");
    assert_int_equal(pread(other, found, 8, 4), 2);
    assert_int_equal(ftruncate(other, 1), 0);
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(facts.st_size, 1);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(close(other), 0);
}

static void test_sim_diskfiles_folders_and_streams(void **state)
{
    (void)state;
    char line[16];
    unsigned names = 0;
    struct stat facts;
    assert_int_equal(mkdir(ROOT "/sub", 0700), 0);
    assert_int_equal(mkdir(ROOT "/sub", 0700), -1);
    assert_int_equal(vn_file_create(ROOT "/sub/a", vn_view_str("first\nsecond\n"), NULL), VN_OK);
    assert_int_equal(vn_file_create(ROOT "/sub/b", vn_view_str("x"), NULL), VN_OK);
    DIR *dir = opendir(ROOT "/sub");
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        names++;
    }
    assert_int_equal(closedir(dir), 0);
    assert_int_equal(names, 2);
    FILE *file = fopen(ROOT "/sub/a", "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "second\n");
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(ROOT "/sub", ROOT "/other"), 0);
    assert_int_equal(stat(ROOT "/other/b", &facts), 0);
    assert_true(S_ISREG(facts.st_mode) && facts.st_size == 1);
    assert_int_equal(stat(ROOT "/other", &facts), 0);
    assert_true(S_ISDIR(facts.st_mode));
    assert_int_equal(remove(ROOT "/other/b"), 0);
    assert_int_equal(stat(ROOT "/other/b", &facts), -1);
}

/* Other files are the machine's. */
static void test_sim_diskfiles_pass_all_others_through(void **state)
{
    (void)state;
    char found[8] = "";
    FILE *file = fopen("/dev/null", "re");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, found, 4), 4);
    assert_int_equal(close(fd), 0);
    DIR *dir = opendir("/dev");
    assert_non_null(dir);
    assert_non_null(readdir(dir));
    assert_int_equal(closedir(dir), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sim_diskfiles_product_writes_and_reads),
        TEST(test_sim_diskfiles_replaced_file_is_the_old_or_the_new),
        TEST(test_sim_diskfiles_full_disk_says_so),
        TEST(test_sim_diskfiles_appending_seeking_and_cutting),
        TEST(test_sim_diskfiles_folders_and_streams),
        TEST(test_sim_diskfiles_pass_all_others_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
/* NOLINTEND(clang-analyzer-*) */
