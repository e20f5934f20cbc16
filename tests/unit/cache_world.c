#include "tests/unit/cache_world.h"

bool world_open(struct world *world)
{
    bool fresh = false;
    enum vn_status status =
        vn_cache_open(world->folder.path, &world->enrolment, NULL, &world->writer, &fresh, &world->error);
    if (status != VN_OK) {
        fail_msg("%s", world->error.text);
    }
    assert_int_equal(vn_cache_reader_open(world->folder.path, NULL, &world->reader, &world->error), VN_OK);
    return fresh;
}

void world_close(struct world *world)
{
    vn_cache_reader_close(world->reader);
    vn_cache_close(world->writer);
    world->reader = NULL;
    world->writer = NULL;
}

void world_create(struct world *world)
{
    memset(world, 0, sizeof *world);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->included_seq = -1;
    world->told_seq = -1;
    world->random = vn_random_seeded(&world->seed);
    struct vn_public_key public;
    struct vn_buf pem;
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    assert_int_equal(vn_key_generate(&world->random, &world->key), VN_OK);
    vn_key_public(world->key, &public);
    assert_int_equal(vn_public_key_to_pem(&public, &pem), VN_OK);
    memcpy(world->pem, pem.data, pem.len);
    vn_buf_deinit(&pem);
    vn_buf_init(&world->frame, VN_FEED_BYTES_MAX);
    assert_true(world_open(world));
}

void world_destroy(struct world *world)
{
    world_close(world);
    vn_key_destroy(world->key);
    vn_buf_deinit(&world->frame);
    folder_remove(&world->folder);
}

static void harness(const struct world *world, bool works)
{
    if (world->harness != NULL) {
        world->harness(works);
    }
}

void add(struct world *world, const struct vn_feed_item *item)
{
    harness(world, true);
    assert_int_equal(vn_feed_item_encode(item, &world->frame), VN_OK);
    assert_int_equal(vn_buf_append_str(&world->frame, "\n"), VN_OK);
    harness(world, false);
    world->items++;
}

struct vn_hash card_of(unsigned number)
{
    struct vn_hash hash = {{0}};
    uint32_t mixed = number * 2654435761U;
    memcpy(hash.bytes, &mixed, sizeof mixed);
    memcpy(hash.bytes + 4, &number, sizeof number);
    return hash;
}

void add_member(struct world *world, const char *account, int64_t balance, int64_t included_seq,
                unsigned card)
{
    struct vn_feed_item item;
    vn_feed_item_init(&item, VN_FEED_MEMBER);
    item.member.known = true;
    (void)snprintf(item.member.account, sizeof item.member.account, "%s", account);
    item.member.balance = balance;
    item.included_seq = included_seq;
    item.card_count = card == 0 ? 0 : 1;
    item.cards[0] = card_of(card);
    add(world, &item);
}

void add_gone(struct world *world, enum vn_feed_kind kind, const char *key)
{
    struct vn_feed_item item;
    vn_feed_item_init(&item, kind);
    (void)snprintf(item.key, sizeof item.key, "%s", key);
    add(world, &item);
}

/* A ruleset with `text`, or a stop of promotion `text`. */
void add_signed(struct world *world, enum vn_feed_kind kind, int64_t number, const char *text, bool forged)
{
    struct vn_feed_item item;
    struct vn_buf what;
    vn_feed_item_init(&item, kind);
    vn_buf_init(&what, 10000);
    item.number = number;
    item.text = vn_view_str(text);
    if (kind == VN_FEED_STOP) {
        (void)snprintf(item.key, sizeof item.key, "%s", text);
    }
    assert_int_equal(vn_feed_signed_text(kind, forged ? number + 1 : number, item.text, &what), VN_OK);
    assert_int_equal(
        vn_sign(world->key, &world->random, vn_buf_view(&what), item.signature, &item.signature_len), VN_OK);
    vn_buf_deinit(&what);
    add(world, &item);
}

/* Sends what was added, as a checkpoint up to 1.number or as a snapshot; returns what the cache said. */
enum vn_status send_frame(struct world *world, int64_t number, bool snapshot, unsigned count)
{
    struct vn_buf frame;
    struct vn_feed_header header = {{1, number}, count, snapshot};
    harness(world, true);
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    assert_int_equal(vn_feed_header_encode(&header, &frame), VN_OK);
    assert_int_equal(vn_buf_append_str(&frame, "\n"), VN_OK);
    assert_int_equal(vn_buf_append(&frame, vn_buf_view(&world->frame)), VN_OK);
    struct vn_cache_frame lines = {.lines = vn_buf_view(&frame),
                                   .included_seq = world->included_seq,
                                   .publishing_key = world->unsigned_chain ? NULL : world->pem,
                                   .told_seq = world->told_seq};
    harness(world, false);
    enum vn_status status =
        snapshot ? vn_cache_replace(world->writer, &lines, &world->refused, &world->error)
                 : vn_cache_apply(world->writer, &lines, &world->changed, &world->refused, &world->error);
    vn_buf_deinit(&frame);
    return status;
}

void next_frame(struct world *world)
{
    vn_buf_clear(&world->frame);
    world->items = 0;
}

enum vn_status apply(struct world *world, int64_t number)
{
    enum vn_status status = send_frame(world, number, false, world->items);
    next_frame(world);
    return status;
}

enum vn_status replace(struct world *world, int64_t number)
{
    enum vn_status status = send_frame(world, number, true, world->items);
    next_frame(world);
    return status;
}

void assert_member(struct world *world, unsigned card, const char *account, int64_t balance,
                   int64_t included_seq)
{
    struct vn_member member;
    struct vn_hash hash = card_of(card);
    int64_t seq = 0;
    enum vn_status status = vn_cache_member(world->reader, &hash, &member, &seq);
    assert_int_equal(status, account == NULL ? VN_ABSENT : VN_OK);
    assert_string_equal(member.account, account == NULL ? "" : account);
    assert_int_equal(member.balance, balance);
    assert_int_equal(seq, included_seq);
}

void assert_cursor(struct world *world, int64_t epoch, int64_t number)
{
    struct vn_cursor cursor;
    vn_cache_cursor(world->writer, &cursor);
    assert_int_equal(cursor.epoch, epoch);
    assert_int_equal(cursor.number, number);
}

void reopen_reader(struct world *world)
{
    vn_cache_reader_close(world->reader);
    assert_int_equal(vn_cache_reader_open(world->folder.path, NULL, &world->reader, &world->error), VN_OK);
}
