/* Aliases of goods and cards that are blocked by themselves: from the import to the look-up at a till, over the feed and over a
 * snapshot's file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/store/cache.h"
#include "sync/hub/api/report.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/feed/snapshot.h"
#include "sync/hub/masters/import_signup.h"
#include "tests/unit/hub_world.h"

#define FRAME_MAX (8 * 1024 * 1024)
#define CARD      "2990000000017" /* of member 1, see world_fill */
#define SECOND    "2990000000093"
#define STRANGER  "2990000000086"
#define BLOCK     "{\"number\":\"" CARD "\",\"reason\":\"lost\"}\n"
#define COFFEE                                                                                               \
    "{\"code\":\"8600000000017\",\"name\":\"Kafa\",\"tax\":\"A\",\"tags\":[\"coffee\"],\"aliases\":[%s]}\n"

/* A till of store "s1" whose cache is a real one. */
struct shop {
    struct world *world;
    struct world_till till;
    char folder[VN_PATH_MAX];
    struct vn_cache_writer *writer;
    struct vn_cache_reader *reader;
    unsigned rows; /* of the last frame */
};

static void reopen(struct shop *shop)
{
    struct vn_error error;
    vn_cache_reader_close(shop->reader);
    assert_int_equal(vn_cache_reader_open(shop->folder, NULL, &shop->reader, &error), VN_OK);
}

static struct shop *shop_open(struct world *world)
{
    struct vn_error error;
    bool fresh = false;
    struct shop *shop = calloc(1, sizeof *shop);
    assert_non_null(shop);
    shop->world = world;
    world_fill(world);
    world_till_start(world, &shop->till, "t1");
    (void)snprintf(shop->folder, sizeof shop->folder, "%s", world->dir);
    assert_int_equal(vn_cache_open(shop->folder, &shop->till.enrolment, NULL, &shop->writer, &fresh, &error),
                     VN_OK);
    reopen(shop);
    return shop;
}

static void shop_close(struct shop *shop)
{
    vn_cache_reader_close(shop->reader);
    vn_cache_close(shop->writer);
    world_till_end(&shop->till);
    free(shop);
}

/* Publishes, and takes what the feed has for this till's store. */
static void hear(struct shop *shop)
{
    struct vn_enrolment_row row;
    struct vn_cursor cursor;
    struct vn_feed_made made;
    struct vn_buf lines;
    struct vn_error error;
    bool changed = false;
    unsigned refused = 0;
    (void)world_publish(shop->world);
    world_row(&shop->till, &row);
    vn_cache_cursor(shop->writer, &cursor);
    const struct vn_feed_ask ask = {"s1", cursor.number, false, 1000, &row};
    vn_buf_init(&lines, FRAME_MAX);
    assert_int_equal(vn_feed_make(&shop->world->hub, &ask, &lines, &made), VN_OK);
    struct vn_cache_frame frame = {.lines = vn_buf_view(&lines), .included_seq = -1, .told_seq = -1};
    assert_int_equal(vn_cache_apply(shop->writer, &frame, &changed, &refused, &error), VN_OK);
    shop->rows = made.count;
    vn_buf_deinit(&lines);
}

/* A new cache from a snapshot's file. */
static void load_snapshot(struct shop *shop)
{
    struct vn_snapshot_file file;
    struct vn_error error;
    struct vn_cache_part *part = NULL;
    atomic_bool stop = false;
    bool whole = false, selected = false;
    unsigned refused = 0;
    int64_t next = 0;
    size_t got = 0;
    (void)world_publish(shop->world);
    assert_int_equal(vn_snapshot_build(&shop->world->hub, shop->world->dir, &stop, &error), VN_OK);
    assert_int_equal(vn_snapshot_find(shop->world->dir, shop->world->hub.epoch, NULL, &file), VN_OK);
    char *bytes = malloc(FRAME_MAX);
    assert_non_null(bytes);
    assert_int_equal(vn_file_read(file.path, VN_FILE_OPEN, bytes, FRAME_MAX, &got, &error), VN_OK);
    assert_int_equal(vn_cache_part_open(shop->folder, &part), VN_OK);
    assert_int_equal(vn_cache_part_take(part, file.etag, 0, vn_view_of(bytes, got), &next, &whole, &error),
                     VN_OK);
    assert_true(whole);
    const struct vn_cache_source source = {.part = part};
    assert_int_equal(vn_cache_replace_from(shop->writer, &source, &selected, &refused, &error), VN_OK);
    assert_true(selected);
    vn_cache_part_close(part);
    free(bytes);
    assert_int_equal(unlink(file.path), 0);
    reopen(shop);
}

/* What a till says of a card: its account; "" when it does not know it, "blocked" when it is blocked and nothing is told. */
static const char *scan(struct shop *shop, const char *number)
{
    static struct vn_member member;
    struct vn_hash card;
    int64_t seq = 0;
    vn_hub_card_hash(&shop->world->hub, number, &card);
    enum vn_status status = vn_cache_member(shop->reader, &card, &member, &seq);
    assert_true(status == VN_OK || status == VN_ABSENT);
    if (status == VN_ABSENT) {
        return "";
    }
    if (member.blocked) {
        assert_string_equal(member.first_name, "");
        assert_int_equal(member.balance, 0);
        assert_int_equal(member.lot_count, 0);
        assert_int_equal(member.account[0], 'b');
        return "blocked";
    }
    return member.account;
}

/* The own code of the item that a code leads to; "" when it leads nowhere. */
static const char *look_up(struct shop *shop, const char *code)
{
    static struct vn_item item;
    enum vn_status status = vn_cache_item(shop->reader, code, &item);
    assert_true(status == VN_OK || status == VN_ABSENT);
    return status == VN_OK ? item.code : "";
}

static void import_coffee(struct world *world, const char *aliases)
{
    char line[256];
    (void)snprintf(line, sizeof line, COFFEE, aliases);
    world_import(world, VN_IMPORT_ITEMS, line);
}

static void refused(struct world *world, enum vn_import_kind kind, const char *text, const char *says,
                    const char *pointer)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    assert_int_equal(vn_import(&world->hub, kind, vn_view_str(text), &count, &error), VN_INPUT);
    assert_non_null(strstr(error.text, says));
    assert_string_equal(error.pointer, pointer);
}

static void test_each_code_of_an_item_leads_to_it(void **state)
{
    struct world *world = *state;
    struct shop *shop = shop_open(world);
    import_coffee(world, "\"40170725\",\"5900951012341\"");
    hear(shop);
    assert_string_equal(look_up(shop, "8600000000017"), "8600000000017");
    assert_string_equal(look_up(shop, "40170725"), "8600000000017");
    assert_string_equal(look_up(shop, "5900951012341"), "8600000000017");
    load_snapshot(shop);
    assert_string_equal(look_up(shop, "8600000000017"), "8600000000017");
    assert_string_equal(look_up(shop, "40170725"), "8600000000017");
    assert_string_equal(look_up(shop, "5900951012341"), "8600000000017");
    import_coffee(world, "\"5900951012341\"");
    hear(shop);
    assert_string_equal(look_up(shop, "40170725"), "");
    assert_string_equal(look_up(shop, "5900951012341"), "8600000000017");
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"8600000000017\",\"gone\":true}\n");
    hear(shop);
    assert_string_equal(look_up(shop, "5900951012341"), "");
    assert_string_equal(look_up(shop, "8600000000017"), "");
    shop_close(shop);
}

static void test_an_alias_moves_to_the_item_that_names_it_last(void **state)
{
    struct world *world = *state;
    struct shop *shop = shop_open(world);
    import_coffee(world, "\"40170725\"");
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"8600000000024\",\"aliases\":[\"40170725\"]}\n");
    hear(shop);
    assert_string_equal(look_up(shop, "40170725"), "8600000000024");
    import_coffee(world, ""); /* it has not been its alias for a while */
    hear(shop);
    assert_string_equal(look_up(shop, "40170725"), "8600000000024");
    shop_close(shop);
}

static void test_a_code_is_an_items_own_or_an_alias(void **state)
{
    struct world *world = *state;
    import_coffee(world, "\"40170725\"");
    refused(world, VN_IMPORT_ITEMS, "{\"code\":\"40170725\"}\n", "an alias of 8600000000017", "/code");
    refused(world, VN_IMPORT_ITEMS, "{\"code\":\"40170725\",\"gone\":true}\n", "an alias of 8600000000017",
            "/code");
    refused(world, VN_IMPORT_ITEMS, "{\"code\":\"8\",\"aliases\":[\"9\",\"8600000000017\"]}\n",
            "take it out first", "/aliases/1");
    refused(world, VN_IMPORT_ITEMS, "{\"code\":\"8\",\"aliases\":[\"8\"]}\n", "another code", "/aliases/0");
    refused(world, VN_IMPORT_ITEMS, "{\"code\":\"8\",\"aliases\":[\"9\",\"9\"]}\n", "another code",
            "/aliases/1");
    refused(world, VN_IMPORT_ITEMS, "{\"code\":\"8\",\"aliases\":[\"\"]}\n", "another code", "/aliases/0");
}

static void test_a_blocked_card_leads_to_nobody_and_the_member_keeps_his_others(void **state)
{
    struct world *world = *state;
    struct shop *shop = shop_open(world);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":1,\"cards\":[\"" CARD "\",\"" SECOND "\"]}\n");
    hear(shop);
    assert_string_equal(scan(shop, CARD), "w1");
    world_import(world, VN_IMPORT_CARDS, BLOCK "{\"number\":\"" STRANGER "\"}\n");
    hear(shop);
    assert_string_equal(scan(shop, CARD), "blocked");
    assert_string_equal(scan(shop, SECOND), "w1");
    assert_string_equal(scan(shop, STRANGER), "blocked"); /* of nobody that the hub knows */
    load_snapshot(shop);
    assert_string_equal(scan(shop, CARD), "blocked");
    assert_string_equal(scan(shop, SECOND), "w1");
    assert_string_equal(scan(shop, STRANGER), "blocked");
    world_import(world, VN_IMPORT_CARDS,
                 "{\"number\":\"" CARD "\",\"gone\":true}\n{\"number\":\"" STRANGER "\",\"gone\":true}\n");
    hear(shop);
    assert_string_equal(scan(shop, CARD), "w1");
    assert_string_equal(scan(shop, STRANGER), "");
    shop_close(shop);
}

/* What an import says of its member does not make it good, nor does his leaving. */
static void test_a_card_stays_blocked_whoever_it_is_given_to(void **state)
{
    struct world *world = *state;
    struct shop *shop = shop_open(world);
    world_import(world, VN_IMPORT_CARDS, BLOCK);
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":2,\"cards\":[\"" CARD "\"]}\n");
    hear(shop);
    assert_string_equal(scan(shop, CARD), "blocked");
    world_import(world, VN_IMPORT_MEMBERS, "{\"id\":2,\"gone\":true}\n");
    hear(shop);
    assert_string_equal(scan(shop, CARD), "blocked");
    shop_close(shop);
}

/* A block can't wait for the hour at which other stores hear of a member. */
static void test_a_block_is_in_the_next_checkpoint_of_every_store(void **state)
{
    struct world *world = *state;
    world_slow_lane(world, 3600);
    struct shop *shop = shop_open(world);
    struct world_till far;
    world_store(world, "s9");
    world_till_start_at(world, &far, "s9", "t9");
    world_append(
        &far, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .earned = 30});
    assert_int_equal(world_sync(&far), 0);
    hear(shop);
    world_append(
        &far, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w1", .earned = 30});
    assert_int_equal(world_sync(&far), 0);
    hear(shop);
    assert_int_equal(shop->rows, 0); /* the slow lane */
    assert_string_equal(scan(shop, CARD), "w1");
    world_import(world, VN_IMPORT_CARDS, BLOCK);
    hear(shop);
    assert_int_equal(shop->rows, 2); /* the card, and its member without it */
    assert_string_equal(scan(shop, CARD), "blocked");
    world_till_end(&far);
    shop_close(shop);
}

static void test_a_tombstone_of_a_block_is_buried_when_its_time_has_come(void **state)
{
    struct world *world = *state;
    struct shop *shop = shop_open(world);
    bool more = false;
    world_import(world, VN_IMPORT_CARDS, BLOCK);
    hear(shop);
    world_import(world, VN_IMPORT_CARDS, "{\"number\":\"" CARD "\",\"gone\":true}\n");
    int64_t last = world_publish(world);
    world->now_ms += VN_TOMBSTONE_MS + 1;
    assert_int_equal(vn_feed_bury(&world->hub, 1000, &more), VN_OK);
    struct vn_feed_bounds bounds;
    assert_int_equal(vn_feed_bounds(&world->hub, &bounds), VN_OK);
    assert_true(bounds.floor > 0 && bounds.floor <= last);
    load_snapshot(shop);
    assert_string_equal(scan(shop, CARD), "w1");
    shop_close(shop);
}

static void test_a_till_that_asks_for_one_card_hears_that_it_is_blocked(void **state)
{
    struct world *world = *state;
    struct vn_feed_item *item = calloc(1, sizeof *item);
    struct vn_signup signup = {.first_name = "Ana"};
    struct vn_error error = {VN_OK, "", ""};
    int64_t member = 0;
    bool fresh = false;
    assert_non_null(item);
    world_fill(world);
    vn_hub_card_hash(&world->hub, CARD, &signup.card);
    assert_int_equal(vn_feed_card_item(&world->hub, &signup.card, NULL, item), VN_OK);
    assert_string_equal(item->member.account, "w1");
    world_import(world, VN_IMPORT_CARDS, BLOCK);
    assert_int_equal(vn_feed_card_item(&world->hub, &signup.card, NULL, item), VN_OK);
    assert_true(item->member.blocked);
    assert_int_equal(item->member.balance, 0);
    assert_memory_equal(&item->cards[0], &signup.card, sizeof signup.card);
    assert_int_equal(vn_import_signup(&world->hub, &signup, &member, &fresh, &error), VN_CONFLICT);
    assert_non_null(strstr(error.text, "give another card"));
    free(item);
}

/* A sale that a till made before it heard of the block is the member's. */
static void test_what_a_card_earned_before_its_till_heard_is_its_members(void **state)
{
    struct world *world = *state;
    struct shop *shop = shop_open(world);
    struct vn_hash card;
    char hex[2 * VN_HASH_SIZE + 1];
    vn_hub_card_hash(&world->hub, CARD, &card);
    vn_hex_encode(vn_view_of(card.bytes, sizeof card.bytes), hex);
    world_import(world, VN_IMPORT_CARDS, BLOCK);
    world_append(&shop->till,
                 &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .card = hex, .earned = 30});
    assert_int_equal(world_sync(&shop->till), 0);
    assert_int_equal(world_owned(world, "w1"), 530);
    world_audit(world);
    shop_close(shop);
}

static void test_blocked_cards_and_aliases_are_exported_and_taken_back(void **state)
{
    struct world *world = *state;
    json_t *page = NULL;
    world_fill(world);
    import_coffee(world, "\"5900951012341\",\"40170725\"");
    world_import(world, VN_IMPORT_CARDS, BLOCK);
    assert_int_equal(vn_report_export(&world->hub, VN_IMPORT_ITEMS, "", &page), VN_OK);
    const json_t *row = json_array_get(json_object_get(page, "rows"), 0);
    assert_int_equal(json_array_size(json_object_get(page, "rows")), 1);
    const json_t *aliases = json_object_get(row, "aliases");
    assert_int_equal(json_array_size(aliases), 2);
    assert_string_equal(json_string_value(json_array_get(aliases, 0)), "40170725");
    char *line = json_dumps(row, JSON_COMPACT);
    world_import(world, VN_IMPORT_ITEMS, line);
    free(line);
    json_decref(page);
    assert_int_equal(vn_report_export(&world->hub, VN_IMPORT_CARDS, "", &page), VN_OK);
    row = json_array_get(json_object_get(page, "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "reason")), "lost");
    assert_int_equal(json_integer_value(json_object_get(row, "since_ms")), world->now_ms);
    line = json_dumps(row, JSON_COMPACT);
    world_import(world, VN_IMPORT_CARDS, "{\"number\":\"" CARD "\",\"gone\":true}\n");
    world->now_ms += 1000;
    world_import(world, VN_IMPORT_CARDS, line);
    json_t *again = NULL;
    assert_int_equal(vn_report_export(&world->hub, VN_IMPORT_CARDS, "", &again), VN_OK);
    assert_true(json_equal(page, again));
    free(line);
    json_decref(page);
    json_decref(again);
}

static void test_lines_of_cards_that_say_nothing_useful_are_refused(void **state)
{
    struct world *world = *state;
    refused(world, VN_IMPORT_CARDS, "{\"reason\":\"lost\"}\n", "line 1", "/number");
    refused(world, VN_IMPORT_CARDS, "{\"number\":\"29 90\"}\n", "digits and letters", "/number");
    refused(world, VN_IMPORT_CARDS, "{\"card_hash\":\"12\"}\n", "line 1", "/card_hash");
    refused(world, VN_IMPORT_CARDS, "{\"number\":\"" CARD "\",\"reason\":\"4111111111111111\"}\n", "payment",
            "/reason");
    refused(world, VN_IMPORT_CARDS, "{\"number\":\"" CARD "\",\"since_ms\":99999999999999}\n", "line 1",
            "/since_ms");
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_each_code_of_an_item_leads_to_it),
        WORLD(test_an_alias_moves_to_the_item_that_names_it_last),
        WORLD(test_a_code_is_an_items_own_or_an_alias),
        WORLD(test_a_blocked_card_leads_to_nobody_and_the_member_keeps_his_others),
        WORLD(test_a_card_stays_blocked_whoever_it_is_given_to),
        WORLD(test_a_block_is_in_the_next_checkpoint_of_every_store),
        WORLD(test_a_tombstone_of_a_block_is_buried_when_its_time_has_come),
        WORLD(test_a_till_that_asks_for_one_card_hears_that_it_is_blocked),
        WORLD(test_what_a_card_earned_before_its_till_heard_is_its_members),
        WORLD(test_blocked_cards_and_aliases_are_exported_and_taken_back),
        WORLD(test_lines_of_cards_that_say_nothing_useful_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
