#include "tests/unit/cache_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/wire/member_row.h"

enum vn_status cache_file_append(void *ctx, struct vn_view bytes)
{
    return vn_buf_append(ctx, bytes);
}

void cache_file_put(struct vn_snapshot_writer *writer, enum vn_snapshot_section section, struct vn_view key,
                    const struct vn_buf *value)
{
    const struct vn_snapshot_row row = {section, key, vn_buf_view(value)};
    assert_int_equal(vn_snapshot_put(writer, &row), VN_OK);
}

struct vn_hash cache_file_card(unsigned number)
{
    struct vn_hash hash = {{(uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
    return hash;
}

static void put_member(struct vn_snapshot_writer *writer, unsigned number, struct vn_buf *value)
{
    struct vn_member *member = calloc(1, sizeof *member);
    assert_non_null(member);
    member->known = true;
    (void)snprintf(member->account, sizeof member->account, "w%u", number);
    member->balance = cache_file_balance(number);
    uint8_t len = (uint8_t)strlen(member->account);
    struct vn_hash hash = cache_file_card(number);
    vn_buf_clear(value);
    assert_int_equal(vn_buf_append(value, vn_view_of(&len, 1)), VN_OK);
    assert_int_equal(vn_buf_append_str(value, member->account), VN_OK);
    assert_int_equal(vn_member_row_write(member, value), VN_OK);
    cache_file_put(writer, VN_SNAPSHOT_CARDS, vn_view_of(hash.bytes, VN_HASH_SIZE), value);
    free(member);
}

void cache_file_write(struct world *world, int64_t number, unsigned members, struct vn_buf *file)
{
    static const uint8_t own[8] = {0, 0, 0, 0, 0, 0, 0, CACHE_FILE_OWN_SEQ},
                         ruleset[8] = {0, 0, 0, 0, 0, 0, 0, 7};
    const struct vn_cursor cursor = {1, number};
    struct vn_snapshot_writer *writer = NULL;
    struct vn_coupon coupon = {.promotion = "p", .label = "0001"};
    struct vn_item item = {.code = "4006381333931", .name = "beans", .known = true};
    struct vn_buf value;
    vn_buf_init(&value, CACHE_FILE_MAX);
    vn_buf_init(file, CACHE_FILE_MAX);
    assert_int_equal(vn_snapshot_writer_create(&cursor, cache_file_append, file, &writer), VN_OK);
    assert_int_equal(vn_buf_append(&value, vn_view_of(own, sizeof own)), VN_OK);
    cache_file_put(writer, VN_SNAPSHOT_TILLS, vn_view_of(world->enrolment.bytes, VN_ID_BYTES), &value);
    struct vn_enrolment_id other = world->enrolment; /* of a till that has sold more */
    other.bytes[0]++;
    value.data[7] = CACHE_FILE_OWN_SEQ + 100;
    cache_file_put(writer, VN_SNAPSHOT_TILLS, vn_view_of(other.bytes, VN_ID_BYTES), &value);
    add_signed(world, VN_FEED_RULESET, 7, "the rules", false);
    world->frame.len--; /* its line, without the end */
    cache_file_put(writer, VN_SNAPSHOT_RULES, vn_view_of(ruleset, sizeof ruleset), &world->frame);
    next_frame(world);
    for (unsigned i = 1; i <= members; i++) {
        put_member(writer, i, &value);
    }
    vn_buf_clear(&value);
    assert_int_equal(vn_buf_append_str(&value, "\2c9"), VN_OK);
    assert_int_equal(vn_coupon_row_write(&coupon, &value), VN_OK);
    struct vn_hash hash = cache_file_card(5);
    cache_file_put(writer, VN_SNAPSHOT_COUPONS, vn_view_of(hash.bytes, VN_HASH_SIZE), &value);
    vn_buf_clear(&value);
    assert_int_equal(vn_item_row_write(&item, &value), VN_OK);
    cache_file_put(writer, VN_SNAPSHOT_ITEMS, vn_view_str(item.code), &value);
    assert_int_equal(vn_snapshot_finish(writer), VN_OK);
    vn_snapshot_writer_destroy(writer);
    vn_buf_deinit(&value);
}
