/* A cache from a snapshot's file: loaded in pieces over a line that breaks, built while look-ups go on, and put in force only
 * when it does not show too little. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cache_file.h"

#define MEMBERS 12000

static struct vn_cache_part *open_part(struct world *world)
{
    struct vn_cache_part *part = NULL;
    assert_int_equal(vn_cache_part_open(world->folder.path, &part), VN_OK);
    return part;
}

/* One piece; returns where to go on. */
static int64_t take(struct world *world, struct vn_cache_part *part, const char *etag,
                    const struct vn_buf *file, int64_t at, int64_t end, bool *whole)
{
    int64_t next = -1;
    end = end < (int64_t)file->len ? end : (int64_t)file->len;
    assert_int_equal(vn_cache_part_take(part, etag, at, vn_view_of(file->data + at, (size_t)(end - at)),
                                        &next, whole, &world->error),
                     VN_OK);
    return next;
}

static void take_rest(struct world *world, struct vn_cache_part *part, const char *etag,
                      const struct vn_buf *file, int64_t at, int64_t piece)
{
    bool whole = false;
    while (!whole) {
        int64_t next = take(world, part, etag, file, at, at + piece, &whole);
        assert_true(next > at);
        at = next;
    }
    assert_int_equal(at, file->len);
}

static void build(struct world *world, struct vn_cache_part *part, int64_t base_seq, bool selected)
{
    const struct vn_cache_source source = {.part = part, .publishing_key = world->pem, .base_seq = base_seq};
    bool is = !selected;
    if (vn_cache_replace_from(world->writer, &source, &is, &world->refused, &world->error) != VN_OK) {
        fail_msg("%s", world->error.text);
    }
    assert_int_equal(is, selected);
    assert_int_equal(world->refused, 0);
}

static void check_member(struct world *world, unsigned number, int64_t balance, int64_t included_seq)
{
    struct vn_member *member = calloc(1, sizeof *member);
    struct vn_hash hash = cache_file_card(number);
    int64_t included = -1;
    assert_non_null(member);
    assert_int_equal(vn_cache_member(world->reader, &hash, member, &included), VN_OK);
    assert_int_equal(member->balance, balance);
    assert_int_equal(included, included_seq);
    free(member);
}

static void test_a_file_becomes_the_cache(void **state)
{
    struct world world;
    struct vn_buf file, rules;
    int64_t members = 0, items = 0, coupons = 0, number = 0;
    (void)state;
    world_create(&world);
    cache_file_write(&world, 500, MEMBERS, &file);
    struct vn_cache_part *part = open_part(&world);
    take_rest(&world, part, "\"a\"", &file, 0, 300000);
    build(&world, part, CACHE_FILE_OWN_SEQ, true);
    reopen_reader(&world);
    assert_int_equal(vn_cache_counts(world.reader, &members, &items, &coupons), VN_OK);
    assert_int_equal(members, MEMBERS);
    assert_int_equal(items, 1);
    assert_int_equal(coupons, 1);
    check_member(&world, 1, 10, CACHE_FILE_OWN_SEQ);
    check_member(&world, MEMBERS, MEMBERS * 10, CACHE_FILE_OWN_SEQ);
    vn_buf_init(&rules, CACHE_FILE_MAX);
    assert_int_equal(vn_cache_ruleset(world.reader, &rules, &number), VN_OK);
    assert_int_equal(number, 7);
    assert_true(vn_view_is(vn_buf_view(&rules), "the rules"));
    assert_cursor(&world, 1, 500);
    assert_int_not_equal(access(folder_file(&world.folder, "snapshot.part"), F_OK), 0);
    vn_buf_deinit(&rules);
    vn_buf_deinit(&file);
    vn_cache_part_close(part);
    world_destroy(&world);
}

/* The till is switched off wherever the line has brought it: what is on its disk is not asked for again. */
static void test_loading_goes_on_at_every_block_after_a_restart(void **state)
{
    struct world world;
    struct vn_buf file;
    struct vn_snapshot_reader reader;
    struct vn_snapshot_block block;
    size_t need = 0;
    (void)state;
    world_create(&world);
    cache_file_write(&world, 500, MEMBERS, &file);
    vn_snapshot_reader_init(&reader);
    while (vn_snapshot_next_block(&reader,
                                  vn_view_of(file.data + reader.offset, file.len - (size_t)reader.offset),
                                  &block, &need) == VN_OK) {
        for (int64_t cut = reader.offset - 1; cut <= reader.offset + 1; cut++) {
            bool whole = true;
            struct vn_cache_part *part = open_part(&world);
            assert_int_equal(take(&world, part, "\"a\"", &file, 0, cut, &whole), cut);
            assert_false(whole);
            vn_cache_part_close(part);
            part = open_part(&world);
            assert_int_equal(take(&world, part, "\"a\"", &file, 0, 10, &whole), cut);
            take_rest(&world, part, "\"a\"", &file, cut, 1 << 20);
            vn_cache_part_drop(part);
            vn_cache_part_close(part);
        }
    }
    vn_buf_deinit(&file);
    world_destroy(&world);
}

static void test_another_file_begins_anew(void **state)
{
    struct world world;
    struct vn_buf first, second;
    bool whole = false;
    (void)state;
    world_create(&world);
    cache_file_write(&world, 500, MEMBERS, &first);
    cache_file_write(&world, 600, MEMBERS - 1, &second);
    struct vn_cache_part *part = open_part(&world);
    int64_t half = (int64_t)first.len / 2;
    assert_int_equal(take(&world, part, "\"a\"", &first, 0, half, &whole), half);
    assert_int_equal(take(&world, part, "\"b\"", &second, half, half + 1000, &whole), 0);
    take_rest(&world, part, "\"b\"", &second, 0, 1 << 20);
    build(&world, part, 0, true);
    assert_cursor(&world, 1, 600);
    vn_cache_part_close(part);
    vn_buf_deinit(&first);
    vn_buf_deinit(&second);
    world_destroy(&world);
}

static void test_a_damaged_block_is_asked_for_again_and_not_for_ever(void **state)
{
    struct world world;
    struct vn_buf file;
    bool whole = false;
    int64_t next = 0;
    (void)state;
    world_create(&world);
    cache_file_write(&world, 500, MEMBERS, &file);
    struct vn_cache_part *part = open_part(&world);
    size_t at = file.len / 2;
    file.data[at] ^= 1;
    int64_t begin = take(&world, part, "\"a\"", &file, 0, CACHE_FILE_MAX, &whole);
    assert_true(begin > 0 && begin <= (int64_t)at);
    assert_false(whole);
    file.data[at] ^= 1;
    take_rest(&world, part, "\"a\"", &file, begin, CACHE_FILE_MAX);
    vn_cache_part_drop(part);
    file.data[at] ^= 1;
    begin = take(&world, part, "\"a\"", &file, 0, CACHE_FILE_MAX, &whole);
    assert_int_equal(take(&world, part, "\"a\"", &file, begin, CACHE_FILE_MAX, &whole), begin);
    assert_int_equal(vn_cache_part_take(part, "\"a\"", begin,
                                        vn_view_of(file.data + begin, file.len - (size_t)begin), &next,
                                        &whole, &world.error),
                     VN_INPUT);
    assert_int_equal(next, 0);
    vn_cache_part_close(part);
    vn_buf_deinit(&file);
    world_destroy(&world);
}

/* Right by its hashes, and still nothing that a look-up could read: the cache stays as it is. */
static void test_a_row_that_can_not_be_read_is_refused_with_the_file(void **state)
{
    struct world world;
    struct vn_snapshot_writer *writer = NULL;
    struct vn_buf file, value;
    const struct vn_cursor cursor = {1, 500};
    struct vn_hash hash = cache_file_card(1);
    bool selected = false;
    (void)state;
    world_create(&world);
    add_member(&world, "w1", 77, 3, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    vn_buf_init(&file, CACHE_FILE_MAX);
    vn_buf_init(&value, CACHE_FILE_MAX);
    assert_int_equal(vn_snapshot_writer_create(&cursor, cache_file_append, &file, &writer), VN_OK);
    assert_int_equal(vn_buf_append_str(&value, "\2w1no row"), VN_OK);
    cache_file_put(writer, VN_SNAPSHOT_CARDS, vn_view_of(hash.bytes, VN_HASH_SIZE), &value);
    assert_int_equal(vn_snapshot_finish(writer), VN_OK);
    vn_snapshot_writer_destroy(writer);
    struct vn_cache_part *part = open_part(&world);
    take_rest(&world, part, "\"a\"", &file, 0, CACHE_FILE_MAX);
    const struct vn_cache_source source = {.part = part, .publishing_key = world.pem};
    assert_int_equal(vn_cache_replace_from(world.writer, &source, &selected, &world.refused, &world.error),
                     VN_INPUT);
    assert_false(selected);
    assert_member(&world, 1, "w1", 77, 3);
    vn_cache_part_close(part);
    vn_buf_deinit(&value);
    vn_buf_deinit(&file);
    world_destroy(&world);
}

/* The journal has let go of entries that the file does not include: seen now, it would show too little. */
static void test_an_old_file_grows_unseen_until_all_was_told(void **state)
{
    struct world world;
    struct vn_buf file;
    struct vn_member *member = calloc(1, sizeof *member);
    struct vn_hash hash = cache_file_card(1);
    int64_t included = 0;
    (void)state;
    assert_non_null(member);
    world_create(&world);
    cache_file_write(&world, 500, 3, &file);
    struct vn_cache_part *part = open_part(&world);
    take_rest(&world, part, "\"a\"", &file, 0, CACHE_FILE_MAX);
    build(&world, part, CACHE_FILE_OWN_SEQ + 5, false);
    reopen_reader(&world);
    assert_int_equal(vn_cache_member(world.reader, &hash, member, &included), VN_ABSENT);
    next_frame(&world);
    world.included_seq = CACHE_FILE_OWN_SEQ + 5;
    world.told_seq = CACHE_FILE_OWN_SEQ + 4;
    assert_int_equal(apply(&world, 600), VN_OK);
    reopen_reader(&world);
    assert_int_equal(vn_cache_member(world.reader, &hash, member, &included), VN_ABSENT);
    next_frame(&world);
    world.told_seq = CACHE_FILE_OWN_SEQ + 5;
    assert_int_equal(apply(&world, 700), VN_OK);
    reopen_reader(&world);
    check_member(&world, 1, 10, CACHE_FILE_OWN_SEQ);
    assert_cursor(&world, 1, 700);
    vn_cache_part_close(part);
    vn_buf_deinit(&file);
    free(member);
    world_destroy(&world);
}

static void scan(void *ctx)
{
    struct world *world = ctx;
    assert_member(world, 1, "w1", 77, 3);
    world->items++;
}

static void test_scans_go_on_while_it_is_built(void **state)
{
    struct world world;
    struct vn_buf file;
    bool selected = false;
    (void)state;
    world_create(&world);
    add_member(&world, "w1", 77, 3, 1);
    assert_int_equal(apply(&world, 1), VN_OK);
    next_frame(&world);
    cache_file_write(&world, 500, MEMBERS, &file);
    struct vn_cache_part *part = open_part(&world);
    take_rest(&world, part, "\"a\"", &file, 0, CACHE_FILE_MAX);
    const struct vn_cache_source source = {
        .part = part, .publishing_key = world.pem, .pause = scan, .ctx = &world};
    world.items = 0;
    assert_int_equal(vn_cache_replace_from(world.writer, &source, &selected, &world.refused, &world.error),
                     VN_OK);
    assert_true(selected);
    assert_true(world.items >= 5);
    assert_member(&world, 1, "w1", 77, 3); /* until the reader follows */
    reopen_reader(&world);
    check_member(&world, 1, 10, CACHE_FILE_OWN_SEQ);
    vn_cache_part_close(part);
    vn_buf_deinit(&file);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_becomes_the_cache),
        cmocka_unit_test(test_loading_goes_on_at_every_block_after_a_restart),
        cmocka_unit_test(test_another_file_begins_anew),
        cmocka_unit_test(test_a_damaged_block_is_asked_for_again_and_not_for_ever),
        cmocka_unit_test(test_a_row_that_can_not_be_read_is_refused_with_the_file),
        cmocka_unit_test(test_an_old_file_grows_unseen_until_all_was_told),
        cmocka_unit_test(test_scans_go_on_while_it_is_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
