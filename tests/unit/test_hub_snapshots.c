/* Snapshot files in their folder: which one is served, and which are taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sync/hub/feed/snapshot.h"
#include "tests/unit/folder.h"

static void put(struct folder *folder, const char *name, int64_t built_s)
{
    const struct timespec times[2] = {{built_s, 0}, {built_s, 0}};
    folder_write(folder, name, "snapshot", 8);
    assert_int_equal(utimensat(AT_FDCWD, folder_file(folder, name), times, 0), 0);
}

static enum vn_status find(const struct folder *folder, int64_t epoch, const char *etag,
                           struct vn_snapshot_file *out)
{
    return vn_snapshot_find(folder->path, epoch, etag, out);
}

static void test_the_newest_of_the_epoch_is_served_and_the_one_before_is_kept(void **state)
{
    struct folder folder;
    struct vn_snapshot_file file;
    (void)state;
    folder_create(&folder);
    assert_int_equal(find(&folder, 2, NULL, &file), VN_ABSENT);
    put(&folder, "snapshot-2.7-00000001.vns", 1000);
    put(&folder, "snapshot-2.70-00000002.vns", 900); /* the number counts, not the time */
    put(&folder, "snapshot-2.8-00000003.vns", 1100);
    put(&folder, "snapshot-1.900-00000004.vns", 1200);
    put(&folder, "snapshot-3.1-00000005.vns", 1300);
    put(&folder, "snapshot.building", 1400);
    assert_int_equal(find(&folder, 2, NULL, &file), VN_OK);
    assert_string_equal(file.etag, "\"2.70-00000002\"");
    assert_int_equal(file.cursor.epoch, 2);
    assert_int_equal(file.cursor.number, 70);
    assert_int_equal(file.size, 8);
    assert_int_equal(file.built_ms, 900000);
    assert_int_equal(find(&folder, 2, "\"2.8-00000003\"", &file), VN_OK);
    assert_int_equal(file.cursor.number, 8);
    assert_int_equal(find(&folder, 2, "\"2.8-00000002\"", &file), VN_ABSENT);
    assert_false(folder_has(&folder, "snapshot-2.7-00000001.vns"));
    assert_false(folder_has(&folder, "snapshot-1.900-00000004.vns")); /* no till may load what was set back */
    assert_false(folder_has(&folder, "snapshot-3.1-00000005.vns"));
    assert_true(folder_has(&folder, "snapshot.building"));
    folder_remove(&folder);
}

/* Nothing has changed for hours: the one that was built last is the newest, or each request would build another. */
static void test_of_two_with_one_cursor_the_later_one_is_served(void **state)
{
    static const char *const names[] = {"snapshot-1.5-00000001.vns", "snapshot-1.5-00000002.vns",
                                        "snapshot-1.5-00000003.vns"};
    (void)state;
    for (int latest = 0; latest < 3; latest++) {
        struct folder folder;
        struct vn_snapshot_file file;
        folder_create(&folder);
        for (int i = 0; i < 3; i++) {
            put(&folder, names[i], i == latest ? 3000 : 1000 + i);
        }
        assert_int_equal(find(&folder, 1, NULL, &file), VN_OK);
        assert_int_equal(file.built_ms, 3000000);
        assert_int_equal(find(&folder, 1, NULL, &file), VN_OK); /* and stays */
        assert_int_equal(file.built_ms, 3000000);
        assert_int_equal(folder_count(&folder), 2);
        folder_remove(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_of_the_epoch_is_served_and_the_one_before_is_kept),
        cmocka_unit_test(test_of_two_with_one_cursor_the_later_one_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
