/* The simulated disk does what its header says: what was synced is there after a crash, what was not has one of the fates that it
 * can have, and clones and restored images are the disk at that moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/disk.h"

#define A    "/simdisk/a"
#define B    "/simdisk/b"
#define SIZE 40000

struct fixture {
    struct vn_random random;
    uint64_t seed;
    struct disk *disk;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.seed = 7;
    fixture.random = vn_random_seeded(&fixture.seed);
    fixture.disk = disk_create(&fixture.random);
    *state = &fixture;
    return disk_make_folder(fixture.disk, "/simdisk");
}

static int teardown(void **state)
{
    disk_destroy(((struct fixture *)*state)->disk);
    return 0;
}

static struct disk_file *must_open(struct disk *disk, const char *path)
{
    struct disk_file *file = NULL;
    assert_int_equal(disk_open(disk, path, DISK_CREATES, &file), 0);
    return file;
}

static void must_write(struct disk_file *file, const char *text, int64_t at)
{
    assert_int_equal(disk_write(file, text, strlen(text), at), 0);
}

static void assert_content(struct disk *disk, const char *path, const char *text)
{
    char found[100] = "";
    size_t got = 0;
    struct disk_file *file = NULL;
    assert_int_equal(disk_open(disk, path, 0, &file), 0);
    assert_int_equal(disk_read(file, found, sizeof found - 1, 0, &got), 0);
    assert_int_equal(got, strlen(text));
    assert_memory_equal(found, text, got);
    disk_close(file);
}

static unsigned below(struct fixture *fixture, unsigned limit)
{
    uint32_t number = 0;
    assert_int_equal(vn_random_fill(&fixture->random, (uint8_t *)&number, sizeof number), VN_OK);
    return number % limit;
}

static void test_sim_disk_keeps_what_was_synced_and_loses_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    struct disk_file *file = must_open(disk, A);
    must_write(file, "synced", 0);
    assert_int_equal(disk_sync(file), 0);
    assert_int_equal(disk_sync_folder(disk, "/simdisk"), 0);
    assert_false(disk_in_doubt(disk));
    must_write(file, "and not", 6);
    disk_close(must_open(disk, B));
    assert_true(disk_in_doubt(disk));
    disk_crash(disk, &fixture->random, &disk_loses_all);
    assert_int_equal(disk_write(file, "dead", 4, 0), EIO);
    assert_int_equal(disk_sync(file), EIO);
    disk_close(file);
    assert_content(disk, A, "synced");
    assert_int_equal(disk_there(disk, B), DISK_NOTHING);
    assert_int_equal(disk_told(disk)->dropped, 1);
    assert_int_equal(disk_told(disk)->names_dropped, 1);
}

static void test_sim_disk_loses_names_whose_folder_was_not_synced(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    struct disk_file *file = must_open(disk, A);
    must_write(file, "text", 0);
    assert_int_equal(disk_sync(file), 0);
    disk_close(file);
    disk_crash(disk, &fixture->random, &disk_loses_all);
    assert_int_equal(disk_there(disk, A), DISK_NOTHING);
}

static void test_sim_disk_renames_wholly_or_not_at_all(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    int renamed = 0;
    const char *const names[] = {A, B};
    for (int i = 0; i < 2; i++) {
        struct disk_file *file = must_open(disk, names[i]);
        must_write(file, names[i], 0);
        assert_int_equal(disk_sync(file), 0);
        disk_close(file);
    }
    assert_int_equal(disk_sync_folder(disk, "/simdisk"), 0);
    assert_int_equal(disk_rename(disk, A, B), 0);
    assert_int_equal(disk_there(disk, A), DISK_NOTHING);
    assert_content(disk, B, A);
    for (int i = 0; i < 40; i++) {
        struct disk *clone = disk_clone(disk);
        disk_crash(clone, &fixture->random, i % 2 == 0 ? &disk_mixes : &disk_mixes_names);
        bool is_renamed = disk_there(clone, A) == DISK_NOTHING;
        assert_content(clone, B, is_renamed ? A : B);
        renamed += is_renamed;
        disk_destroy(clone);
    }
    assert_in_range(renamed, 5, 35);
}

static void test_sim_disk_links_and_lists(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    char name[DISK_PATH_MAX];
    struct disk_file *file = must_open(disk, A);
    must_write(file, "x", 0);
    assert_int_equal(disk_link(disk, A, B), 0);
    assert_int_equal(disk_link(disk, A, B), EEXIST);
    assert_int_equal(disk_delete(disk, A), 0);
    assert_int_equal(disk_delete(disk, A), ENOENT);
    must_write(file, "y", 1);
    disk_close(file);
    assert_content(disk, B, "xy");
    assert_true(disk_list(disk, "/simdisk", 0, name));
    assert_string_equal(name, "b");
    assert_false(disk_list(disk, "/simdisk/", 1, name));
    assert_int_equal(disk_open(disk, B, DISK_CREATES | DISK_EXCLUSIVE, &file), EEXIST);
    assert_int_equal(disk_open(disk, "/simdisk/none/c", DISK_CREATES, &file), ENOENT);
    assert_int_equal(disk_make_folder(disk, "/simdisk/none"), 0);
    assert_int_equal(disk_rename(disk, B, "/simdisk/none/b"), EXDEV);
}

/* What the disk has, and may have after a crash, kept beside it byte by byte: for each byte what was written there since the last
 * sync. */
struct model {
    uint8_t now[SIZE], kept[SIZE];
    bool doubtful[SIZE];
    int64_t size, kept_size;
};

static void scribble(struct fixture *fixture, struct disk_file *file, struct model *model)
{
    uint8_t bytes[9000];
    size_t len = 1 + below(fixture, sizeof bytes);
    size_t at = below(fixture, SIZE - (unsigned)len);
    memset(bytes, (int)(1 + below(fixture, 255)), len);
    assert_int_equal(disk_write(file, bytes, len, (int64_t)at), 0);
    memcpy(model->now + at, bytes, len);
    memset(model->doubtful + at, 1, len);
    model->size = (int64_t)(at + len) > model->size ? (int64_t)(at + len) : model->size;
}

static void shorten(struct fixture *fixture, struct disk_file *file, struct model *model)
{
    int64_t size = below(fixture, SIZE);
    assert_int_equal(disk_truncate(file, size), 0);
    size_t from = (size_t)(size < model->size ? size : model->size);
    memset(model->now + from, 0, SIZE - from);
    memset(model->doubtful + from, 1, SIZE - from);
    model->size = size;
}

static void keep(struct disk_file *file, struct model *model)
{
    assert_int_equal(disk_sync(file), 0);
    memcpy(model->kept, model->now, SIZE);
    memset(model->doubtful, 0, SIZE);
    model->kept_size = model->size;
}

static void read_all(struct disk *disk, uint8_t *out, int64_t *size)
{
    struct disk_file *file = must_open(disk, A);
    size_t got = 0;
    memset(out, 0, SIZE);
    assert_int_equal(disk_read(file, out, SIZE, 0, &got), 0);
    *size = disk_size(file);
    assert_int_equal(got, *size);
    disk_close(file);
}

static void assert_fates(struct fixture *fixture, const struct model *model)
{
    static uint8_t found[SIZE];
    const struct disk_policy *policies[] = {&disk_loses_all, &disk_keeps_all, &disk_mixes};
    for (int i = 0; i < 3; i++) {
        int64_t size = 0;
        struct disk *clone = disk_clone(fixture->disk);
        read_all(clone, found, &size);
        assert_memory_equal(found, model->now, SIZE);
        disk_crash(clone, &fixture->random, policies[i]);
        read_all(clone, found, &size);
        if (i < 2) {
            assert_memory_equal(found, i == 0 ? model->kept : model->now, SIZE);
            assert_int_equal(size, i == 0 ? model->kept_size : model->size);
        }
        for (size_t at = 0; at < SIZE; at++) {
            assert_true(model->doubtful[at] || found[at] == model->kept[at]);
        }
        disk_destroy(clone);
    }
}

static void test_sim_disk_is_what_a_model_says(void **state)
{
    static struct model model;
    struct fixture *fixture = *state;
    struct disk_file *file = must_open(fixture->disk, A);
    assert_int_equal(disk_sync_folder(fixture->disk, "/simdisk"), 0);
    memset(&model, 0, sizeof model);
    for (int i = 0; i < 400; i++) {
        switch (below(fixture, 8)) {
        case 0: keep(file, &model); break;
        case 1: shorten(fixture, file, &model); break;
        default: scribble(fixture, file, &model); break;
        }
        assert_fates(fixture, &model);
    }
    disk_close(file);
}

static void test_sim_disk_has_all_fates(void **state)
{
    struct fixture *fixture = *state;
    struct disk_file *file = must_open(fixture->disk, A);
    char text[3000];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(disk_write(file, text, sizeof text, i * 3000), 0);
    }
    disk_crash(fixture->disk, &fixture->random, &disk_mixes);
    const struct disk_fates *fates = disk_told(fixture->disk);
    assert_true(fates->kept > 40 && fates->dropped > 30 && fates->torn > 15 && fates->garbled > 5);
    assert_int_equal(fates->kept + fates->dropped + fates->torn + fates->garbled, 200);
    disk_close(file);
}

static void test_sim_disk_full_cuts_and_refuses(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    struct disk_file *file = must_open(disk, A);
    disk_set_room(disk, 5);
    must_write(file, "abc", 0);
    assert_int_equal(disk_write(file, "cdef", 4, 2), ENOSPC);
    assert_content(disk, A, "abcde");
    assert_int_equal(disk_truncate(file, 6), ENOSPC);
    must_write(file, "x", 1);
    assert_int_equal(disk_truncate(file, 1), 0);
    disk_close(must_open(disk, B));
    struct disk_file *other = must_open(disk, B);
    must_write(other, "1234", 0);
    assert_int_equal(disk_write(other, "5", 1, 4), ENOSPC);
    assert_int_equal(disk_delete(disk, A), 0);
    assert_int_equal(disk_write(other, "5", 1, 4), ENOSPC);
    disk_close(file);
    must_write(other, "5", 4);
    disk_close(other);
}

static void test_sim_disk_frozen_takes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    struct disk_file *file = must_open(disk, A), *other = NULL;
    must_write(file, "abc", 0);
    disk_freeze(disk);
    assert_int_equal(disk_write(file, "x", 1, 0), EIO);
    assert_int_equal(disk_truncate(file, 0), EIO);
    assert_int_equal(disk_sync(file), EIO);
    assert_int_equal(disk_sync_folder(disk, "/simdisk"), EIO);
    assert_int_equal(disk_delete(disk, A), EIO);
    assert_int_equal(disk_rename(disk, A, B), EIO);
    assert_int_equal(disk_open(disk, B, DISK_CREATES, &other), EIO);
    assert_int_equal(disk_open(disk, A, DISK_EMPTIES, &other), EIO);
    disk_close(file);
    disk_kill(disk);
    assert_content(disk, A, "abc");
    assert_true(disk_in_doubt(disk));
}

static int refuse_third(void *ctx, struct disk *disk, const struct disk_call *call)
{
    return call->kind == *(const enum disk_kind *)ctx && disk_count(disk, call->kind) == 3 ? ENXIO : 0;
}

static void test_sim_disk_judge_refuses_the_third_write(void **state)
{
    struct fixture *fixture = *state;
    enum disk_kind kind = DISK_WRITE;
    struct disk_file *file = must_open(fixture->disk, A);
    disk_judge_by(fixture->disk, refuse_third, &kind);
    must_write(file, "a", 0);
    must_write(file, "a", 1);
    assert_int_equal(disk_write(file, "1234", 4, 2), ENXIO);
    must_write(file, "b", 0);
    disk_judge_by(fixture->disk, NULL, NULL);
    assert_content(fixture->disk, A, "ba12");
    disk_close(file);
}

/* After a sync that failed the next one says that all is well, and it is not. */
static void test_sim_disk_failed_sync_is_not_made_good_by_the_next(void **state)
{
    struct fixture *fixture = *state;
    enum disk_kind kind = DISK_SYNC;
    uint8_t found[1000];
    size_t got = 0;
    struct disk_file *file = must_open(fixture->disk, A);
    assert_int_equal(disk_sync_folder(fixture->disk, "/simdisk"), 0);
    disk_judge_by(fixture->disk, refuse_third, &kind);
    assert_int_equal(disk_sync(file), 0);
    assert_int_equal(disk_sync(file), 0);
    for (int i = 0; i < 1000; i++) {
        must_write(file, "x", i);
    }
    assert_int_equal(disk_sync(file), ENXIO);
    assert_int_equal(disk_sync(file), 0);
    assert_int_equal(disk_read(file, found, sizeof found, 0, &got), 0);
    assert_null(memchr(found, 0, got));
    disk_close(file);
    disk_crash(fixture->disk, &fixture->random, &disk_keeps_all);
    file = must_open(fixture->disk, A);
    assert_int_equal(disk_read(file, found, sizeof found, 0, &got), 0);
    assert_non_null(memchr(found, 0, got));
    assert_non_null(memchr(found, 'x', got));
    disk_close(file);
}

static void test_sim_disk_restores_an_image(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    struct disk_file *file = must_open(disk, A);
    must_write(file, "before", 0);
    struct disk *image = disk_clone(disk);
    must_write(file, "later!", 0);
    disk_close(must_open(disk, B));
    disk_restore(disk, image);
    assert_int_equal(disk_write(file, "dead", 4, 0), EIO);
    disk_close(file);
    assert_content(disk, A, "before");
    assert_int_equal(disk_there(disk, B), DISK_NOTHING);
    file = must_open(disk, A);
    must_write(file, "other.", 0);
    disk_close(file);
    assert_content(image, A, "before");
    disk_destroy(image);
}

static void test_sim_disk_locks_and_shared_memory_end_with_the_process(void **state)
{
    struct fixture *fixture = *state;
    struct disk *disk = fixture->disk;
    struct disk_file *one = must_open(disk, A), *two = must_open(disk, A);
    volatile void *mine = NULL, *theirs = NULL;
    assert_int_equal(disk_hold(one, 3, DISK_SHARED), 0);
    assert_int_equal(disk_hold(two, 3, DISK_SHARED), 0);
    assert_int_equal(disk_hold(two, 3, DISK_ALONE), EAGAIN);
    assert_int_equal(disk_hold(one, 3, DISK_FREE), 0);
    assert_int_equal(disk_hold(two, 3, DISK_ALONE), 0);
    assert_int_equal(disk_hold(one, 3, DISK_SHARED), EAGAIN);
    assert_int_equal(disk_held_by_anybody(one, 3), DISK_ALONE);
    assert_int_equal(disk_share(one, 0, 32768, false, &mine), 0);
    assert_true(mine == NULL);
    assert_int_equal(disk_share(one, 0, 32768, true, &mine), 0);
    assert_int_equal(disk_share(two, 0, 32768, false, &theirs), 0);
    assert_true(mine != NULL && mine == theirs);
    *(volatile char *)mine = 'x';
    disk_kill(disk);
    assert_int_equal(disk_hold(one, 3, DISK_SHARED), EIO);
    struct disk_file *three = must_open(disk, A);
    assert_int_equal(disk_hold(three, 3, DISK_ALONE), 0);
    assert_int_equal(disk_share(three, 0, 32768, true, &mine), 0);
    assert_int_equal(*(volatile char *)mine, 0);
    disk_close(one);
    disk_close(two);
    assert_int_equal(disk_held_by_anybody(three, 3), DISK_ALONE);
    disk_close(three);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sim_disk_keeps_what_was_synced_and_loses_the_rest),
        TEST(test_sim_disk_loses_names_whose_folder_was_not_synced),
        TEST(test_sim_disk_renames_wholly_or_not_at_all),
        TEST(test_sim_disk_links_and_lists),
        TEST(test_sim_disk_is_what_a_model_says),
        TEST(test_sim_disk_has_all_fates),
        TEST(test_sim_disk_full_cuts_and_refuses),
        TEST(test_sim_disk_frozen_takes_nothing),
        TEST(test_sim_disk_judge_refuses_the_third_write),
        TEST(test_sim_disk_failed_sync_is_not_made_good_by_the_next),
        TEST(test_sim_disk_restores_an_image),
        TEST(test_sim_disk_locks_and_shared_memory_end_with_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
