/* Snapshot files: what was put in comes out, cut anywhere it goes on there, and nothing damaged is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <zlib.h>

#include "agent/crypto/hash.h"
#include "sync/wire/snapshot.h"

#define CARDS     9000
#define FILE_MAX  (64 * 1024 * 1024)
#define BIG_BYTES (600 * 1024)

static const struct vn_cursor cursor = {3, 4711};

static enum vn_status append(void *ctx, struct vn_view bytes)
{
    return vn_buf_append(ctx, bytes);
}

static void put(struct vn_snapshot_writer *writer, enum vn_snapshot_section section, const void *key,
                size_t key_len, struct vn_view value, enum vn_status expected)
{
    const struct vn_snapshot_row row = {section, vn_view_of(key, key_len), value};
    assert_int_equal(vn_snapshot_put(writer, &row), expected);
}

/* Value of card i: grows and does not zip well, so that there are many blocks. */
static size_t card_value(unsigned i, uint8_t out[256])
{
    uint32_t random = i * 2654435761u + 1;
    size_t len = 60 + i % 100;
    for (size_t at = 0; at < len; at++) {
        random = random * 1664525u + 1013904223u;
        out[at] = (uint8_t)(random >> 24);
    }
    return len;
}

static void card_key(unsigned i, uint8_t out[VN_HASH_SIZE])
{
    memset(out, 7, VN_HASH_SIZE);
    out[0] = (uint8_t)(i >> 8);
    out[1] = (uint8_t)i;
}

/* A ruleset larger than a block, cards, two coupons, an item. */
static void write_file(struct vn_buf *file)
{
    struct vn_snapshot_writer *writer = NULL;
    uint8_t key[VN_HASH_SIZE], value[256];
    char *rules = malloc(BIG_BYTES);
    assert_non_null(rules);
    memset(rules, 'r', BIG_BYTES);
    vn_buf_init(file, FILE_MAX);
    assert_int_equal(vn_snapshot_writer_create(&cursor, append, file, &writer), VN_OK);
    put(writer, VN_SNAPSHOT_RULES, "\0\0\0\0\0\0\0\10", 8, vn_view_of(rules, BIG_BYTES), VN_OK);
    put(writer, VN_SNAPSHOT_RULES, "\0\0\0\0\0\0\0\11", 8, vn_view_str("stop"), VN_OK);
    for (unsigned i = 0; i < CARDS; i++) {
        card_key(i, key);
        put(writer, VN_SNAPSHOT_CARDS, key, sizeof key, vn_view_of(value, card_value(i, value)), VN_OK);
    }
    put(writer, VN_SNAPSHOT_COUPONS, "a", 1, vn_view_str("first"), VN_OK);
    put(writer, VN_SNAPSHOT_COUPONS, "aa", 2, VN_VIEW_NONE, VN_OK);
    put(writer, VN_SNAPSHOT_ITEMS, "4006381333931", 13, vn_view_str("beans"), VN_OK);
    assert_int_equal(vn_snapshot_finish(writer), VN_OK);
    vn_snapshot_writer_destroy(writer);
    free(rules);
}

static void check_row(const struct vn_snapshot_row *row, unsigned *cards, unsigned *others)
{
    uint8_t key[VN_HASH_SIZE], value[256];
    if (row->section == VN_SNAPSHOT_CARDS) {
        card_key(*cards, key);
        assert_true(vn_view_equal(row->key, vn_view_of(key, sizeof key)));
        assert_true(vn_view_equal(row->value, vn_view_of(value, card_value(*cards, value))));
        (*cards)++;
        return;
    }
    static const char *const keys[] = {NULL, NULL, "a", "aa", "4006381333931"};
    assert_true(*others < sizeof keys / sizeof *keys);
    if (keys[*others] != NULL) {
        assert_true(vn_view_is(row->key, keys[*others]));
    }
    assert_int_equal(row->section, *others < 2    ? VN_SNAPSHOT_RULES
                                   : *others == 4 ? VN_SNAPSHOT_ITEMS
                                                  : VN_SNAPSHOT_COUPONS);
    assert_int_equal(row->value.len, *others == 0 ? BIG_BYTES : *others == 1 ? 4 : *others == 3 ? 0 : 5);
    (*others)++;
}

static void check_block(struct vn_snapshot_reader *reader, const struct vn_snapshot_block *block,
                        struct vn_buf *raw, unsigned *cards, unsigned *others)
{
    struct vn_snapshot_row row;
    assert_int_equal(vn_snapshot_unpack(block, raw), VN_OK);
    assert_true(raw->len <= VN_SNAPSHOT_BLOCK_MAX || block->rows == 1);
    struct vn_view rest = vn_buf_view(raw);
    enum vn_status status;
    while ((status = vn_snapshot_next_row(reader, block, &rest, &row)) == VN_OK) {
        check_row(&row, cards, others);
    }
    assert_int_equal(status, VN_ABSENT);
}

static struct vn_view from(const struct vn_buf *file, int64_t offset)
{
    return vn_view_of(file->data + offset, file->len - (size_t)offset);
}

static void test_rows_come_out_as_they_went_in(void **state)
{
    struct vn_buf file, raw;
    struct vn_snapshot_reader reader;
    struct vn_snapshot_block block;
    unsigned cards = 0, others = 0, blocks = 0;
    size_t need = 0;
    enum vn_status status;
    (void)state;
    write_file(&file);
    vn_buf_init(&raw, FILE_MAX);
    vn_snapshot_reader_init(&reader);
    while ((status = vn_snapshot_next_block(&reader, from(&file, reader.offset), &block, &need)) == VN_OK) {
        check_block(&reader, &block, &raw, &cards, &others);
        blocks++;
    }
    assert_int_equal(status, VN_ABSENT);
    assert_int_equal(reader.offset, file.len);
    assert_int_equal(cards, CARDS);
    assert_int_equal(others, 5);
    assert_true(blocks >= 8);
    assert_int_equal(reader.cursor.epoch, 3);
    assert_int_equal(reader.cursor.number, 4711);
    vn_buf_deinit(&raw);
    vn_buf_deinit(&file);
}

/* As a download does: whatever came so far, the reader says how much more a block needs, and never goes back. */
static void test_reading_goes_on_wherever_the_bytes_were_cut(void **state)
{
    struct vn_buf file;
    (void)state;
    write_file(&file);
    for (size_t piece = 1000; piece < 400000; piece = piece * 3 + 1) {
        struct vn_snapshot_reader reader;
        struct vn_snapshot_block block;
        size_t have = 0, need = 0;
        enum vn_status status = VN_AGAIN;
        vn_snapshot_reader_init(&reader);
        while (status == VN_OK || status == VN_AGAIN) {
            struct vn_view bytes = vn_view_of(file.data + reader.offset, have - (size_t)reader.offset);
            status = vn_snapshot_next_block(&reader, bytes, &block, &need);
            if (status == VN_AGAIN) {
                assert_true(need > bytes.len);
                assert_true(have < file.len);
                have = have + piece < file.len ? have + piece : file.len;
            }
        }
        /* All that came together with the end is part of it: the file ends there. */
        assert_int_equal(status, VN_ABSENT);
        assert_int_equal(reader.offset, file.len);
    }
    vn_buf_deinit(&file);
}

/* One read of everything: the status at the end, and how far it came. */
static enum vn_status read_all(struct vn_view bytes, struct vn_snapshot_reader *reader)
{
    struct vn_snapshot_block block;
    struct vn_snapshot_row row;
    struct vn_buf raw;
    size_t need = 0;
    enum vn_status status = VN_OK;
    vn_buf_init(&raw, FILE_MAX);
    vn_snapshot_reader_init(reader);
    while (status == VN_OK) {
        struct vn_view at = vn_view_of(bytes.data + reader->offset, bytes.len - (size_t)reader->offset);
        status = vn_snapshot_next_block(reader, at, &block, &need);
        if (status == VN_OK && (status = vn_snapshot_unpack(&block, &raw)) == VN_OK) {
            struct vn_view rest = vn_buf_view(&raw);
            while (status == VN_OK) {
                status = vn_snapshot_next_row(reader, &block, &rest, &row);
            }
            status = status == VN_ABSENT ? VN_OK : status;
        }
    }
    vn_buf_deinit(&raw);
    return status;
}

/* Blocks hang together by their hashes, so any byte that is another is found in its block. */
static void test_a_damaged_byte_is_found_in_its_block(void **state)
{
    struct vn_buf file;
    struct vn_snapshot_reader good, reader;
    struct vn_snapshot_block block;
    size_t need = 0;
    (void)state;
    write_file(&file);
    vn_snapshot_reader_init(&good);
    do {
        int64_t begin = good.offset;
        enum vn_status status = vn_snapshot_next_block(&good, from(&file, begin), &block, &need);
        for (size_t at = 0; at < need; at += need / 7 + 1) {
            file.data[(size_t)begin + at] ^= 0x40;
            enum vn_status damaged = read_all(vn_buf_view(&file), &reader);
            assert_true(damaged == VN_INPUT || damaged == VN_AGAIN ||
                        (begin == 0 && damaged == VN_UNSUPPORTED));
            assert_int_equal(reader.offset, begin);
            file.data[(size_t)begin + at] ^= 0x40;
        }
        if (status == VN_ABSENT) {
            break;
        }
    } while (!good.ended);
    vn_buf_deinit(&file);
}

static void test_a_cut_file_has_no_end_and_a_longer_one_is_refused(void **state)
{
    struct vn_buf file;
    struct vn_snapshot_reader reader;
    (void)state;
    write_file(&file);
    assert_int_equal(read_all(vn_view_of(file.data, file.len - VN_BLOCK_HEAD_BYTES), &reader), VN_AGAIN);
    assert_int_equal(read_all(vn_view_of(file.data, file.len - 1), &reader), VN_AGAIN);
    assert_int_equal(read_all(vn_view_of(file.data, 0), &reader), VN_AGAIN);
    assert_int_equal(vn_buf_append_str(&file, "x"), VN_OK);
    assert_int_equal(read_all(vn_buf_view(&file), &reader), VN_INPUT);
    vn_buf_deinit(&file);
}

static void test_rows_out_of_order_are_refused_by_the_writer(void **state)
{
    struct vn_snapshot_writer *writer = NULL;
    struct vn_buf file;
    (void)state;
    vn_buf_init(&file, FILE_MAX);
    assert_int_equal(vn_snapshot_writer_create(&cursor, append, &file, &writer), VN_OK);
    put(writer, VN_SNAPSHOT_CARDS, "b", 1, VN_VIEW_NONE, VN_OK);
    put(writer, VN_SNAPSHOT_CARDS, "b", 1, VN_VIEW_NONE, VN_ARG);
    put(writer, VN_SNAPSHOT_CARDS, "a", 1, VN_VIEW_NONE, VN_ARG);
    put(writer, VN_SNAPSHOT_RULES, "c", 1, VN_VIEW_NONE, VN_ARG);
    put(writer, VN_SNAPSHOT_END, "c", 1, VN_VIEW_NONE, VN_ARG);
    put(writer, VN_SNAPSHOT_CARDS, "", 0, VN_VIEW_NONE, VN_ARG);
    put(writer, VN_SNAPSHOT_CARDS, "c", 1, vn_view_of(file.data, VN_SNAPSHOT_ROW_MAX + 1), VN_FULL);
    put(writer, VN_SNAPSHOT_COUPONS, "a", 1, VN_VIEW_NONE, VN_OK);
    vn_snapshot_writer_destroy(writer);
    vn_buf_deinit(&file);
}

/* A block by hand: whoever writes hashes rightly still has to keep to the limits and to the order. */
static enum vn_status lie(unsigned section, unsigned rows, size_t announced, struct vn_view raw)
{
    struct vn_snapshot_writer *writer = NULL;
    struct vn_snapshot_reader reader;
    struct vn_buf file;
    vn_buf_init(&file, FILE_MAX);
    assert_int_equal(vn_snapshot_writer_create(&cursor, append, &file, &writer), VN_OK);
    vn_snapshot_writer_destroy(writer);
    uint8_t packed[4096];
    unsigned long packed_len = sizeof packed;
    assert_int_equal(compress2(packed, &packed_len, raw.data, raw.len, 1), 0);
    uint8_t head[VN_BLOCK_HEAD_BYTES] = {0};
    const size_t numbers[] = {section, rows, announced, packed_len};
    for (int i = 0; i < 4; i++) {
        head[4 * i + 1] = (uint8_t)(numbers[i] >> 16);
        head[4 * i + 2] = (uint8_t)(numbers[i] >> 8);
        head[4 * i + 3] = (uint8_t)numbers[i];
    }
    uint8_t chain[VN_HASH_SIZE];
    struct vn_sha256 hash;
    vn_sha256(vn_buf_view(&file), chain);
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_of(chain, sizeof chain));
    vn_sha256_add(&hash, vn_view_of(head, 16));
    vn_sha256_add(&hash, vn_view_of(packed, packed_len));
    vn_sha256_finish(&hash, head + 16);
    assert_int_equal(vn_buf_append(&file, vn_view_of(head, sizeof head)), VN_OK);
    assert_int_equal(vn_buf_append(&file, vn_view_of(packed, packed_len)), VN_OK);
    enum vn_status status = read_all(vn_buf_view(&file), &reader);
    vn_buf_deinit(&file);
    return status;
}

static void test_a_block_that_lies_is_refused(void **state)
{
    static const char two[] = "\1\0\0\0\0a\1\0\0\0\0b";
    static const char falling[] = "\1\0\0\0\0b\1\0\0\0\0a";
    static const char beyond[] = "\1\0\0\0\2ab";
    const struct vn_view raw = vn_view_of(two, 12);
    (void)state;
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 2, 12, raw), VN_AGAIN); /* sound: only the end is missing */
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 1, 12, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 3, 15, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 2, 11, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 2, 13, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 2, VN_SNAPSHOT_BLOCK_MAX + 1, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_RULES, 2, VN_SNAPSHOT_BLOCK_MAX + 1, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 0, 12, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_END, 2, 12, raw), VN_INPUT);
    assert_int_equal(lie(9, 2, 12, raw), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 2, 12, vn_view_of(falling, 12)), VN_INPUT);
    assert_int_equal(lie(VN_SNAPSHOT_CARDS, 1, 7, vn_view_of(beyond, 7)), VN_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_out_as_they_went_in),
        cmocka_unit_test(test_reading_goes_on_wherever_the_bytes_were_cut),
        cmocka_unit_test(test_a_damaged_byte_is_found_in_its_block),
        cmocka_unit_test(test_a_cut_file_has_no_end_and_a_longer_one_is_refused),
        cmocka_unit_test(test_rows_out_of_order_are_refused_by_the_writer),
        cmocka_unit_test(test_a_block_that_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
