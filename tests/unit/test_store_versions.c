/* A till's databases as version 2 left them, and what its hub sent it, opened by this one: fixtures/db/v2 and fixtures/wire/v2,
 * of one till and one day (their README.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/file.h"
#include "agent/store/cache.h"
#include "agent/store/journal.h"
#include "tests/unit/folder.h"

#define FIXTURES VERNO_SOURCE "/fixtures/"
#define FILE_MAX (1024 * 1024)
#define ALIAS    "40170725"
#define ALIAS_OF "8601001000031"

struct till {
    struct folder folder;
    char *batch_text; /* its journal, as its hub got it */
    struct vn_batch batch;
    char *feed; /* all that the hub told at the end of the day */
};

static char *read_file(const char *name, size_t *len)
{
    struct vn_error error;
    char path[VN_PATH_MAX];
    char *text = malloc(FILE_MAX);
    assert_non_null(text);
    (void)snprintf(path, sizeof path, FIXTURES "%s", name);
    assert_int_equal(vn_file_read(path, VN_FILE_OPEN, text, FILE_MAX, len, &error), VN_OK);
    return text;
}

static int set_up(void **state)
{
    struct till *till = calloc(1, sizeof *till);
    struct vn_error error;
    size_t len = 0;
    assert_non_null(till);
    folder_create(&till->folder);
    till->batch_text = read_file("wire/v2/journal.ndjson", &len);
    assert_int_equal(vn_batch_decode(vn_view_of(till->batch_text, len), &till->batch, &error), VN_OK);
    till->feed = read_file("wire/v2/feed.ndjson", &len);
    *state = till;
    return 0;
}

static int tear_down(void **state)
{
    struct till *till = *state;
    folder_remove(&till->folder);
    free(till->batch_text);
    free(till->feed);
    free(till);
    return 0;
}

static struct vn_entry new_boot(void)
{
    struct vn_entry entry;
    vn_entry_init(&entry, VN_ENTRY_BOOT);
    entry.wall_ms = 1800000000000;
    entry.mono_ms = 1000;
    return entry;
}

static void test_journal_of_version_2_goes_on(void **state)
{
    struct till *till = *state;
    struct vn_journal *journal = NULL;
    struct vn_error error;
    uint64_t seed = 7;
    struct vn_random random = vn_random_seeded(&seed);
    struct vn_journal_head head;
    struct vn_sale_key open[4];
    static struct vn_batch batch;
    struct vn_buf memory;
    size_t open_count = 0;
    int64_t bad_seq = 0;
    int64_t seq = 0;
    folder_copy(FIXTURES "db/v2/journal.sqlite", folder_file(&till->folder, "journal.db"));
    assert_int_equal(
        vn_journal_open(till->folder.file, &till->batch.enrolment, &random, NULL, &journal, &error), VN_OK);
    assert_int_equal(vn_journal_verify(journal, &bad_seq), VN_OK);
    vn_journal_head(journal, &head);
    assert_int_equal(head.seq, till->batch.count);
    assert_memory_equal(head.hash.bytes, till->batch.head.bytes, VN_HASH_SIZE);
    assert_int_equal(head.acked_seq, head.seq);
    vn_buf_init(&memory, VN_BATCH_BYTES_MAX);
    assert_int_equal(
        vn_journal_batch(journal, 0, VN_BATCH_ENTRIES_MAX, VN_BATCH_BYTES_MAX / 2, &batch, &memory), VN_OK);
    assert_int_equal(batch.count, till->batch.count);
    for (unsigned i = 0; i < batch.count; i++) {
        assert_true(vn_view_equal(batch.bodies[i], till->batch.bodies[i]));
    }
    assert_int_equal(vn_journal_open_holds(journal, "1", open, 4, &open_count), VN_OK);
    assert_int_equal(open_count, 1);
    assert_string_equal(open[0].receipt, "0016");
    struct vn_entry boot = new_boot();
    const struct vn_journal_append append = {.entry = &boot};
    assert_int_equal(vn_journal_append(journal, &append, &seq, &error), VN_OK);
    assert_int_equal(seq, head.seq + 1);
    vn_entry_deinit(&boot);
    vn_buf_deinit(&memory);
    vn_journal_close(journal);
}

/* --- what a till looks up ------------------------------------------------------------------------------------ */

/* The feed's member rows: each of their cards leads to that row, and all that the feed has of the catalogue is as it says. */
static void check_told(struct vn_cache_reader *reader, const char *feed)
{
    static struct vn_feed_item told;
    static struct vn_member member;
    static struct vn_item item;
    struct vn_error error;
    struct vn_view rest = vn_view_str(feed);
    struct vn_view line;
    unsigned cards = 0;
    int64_t seq = 0;
    assert_true(vn_wire_next_line(&rest, &line));
    while (vn_wire_next_line(&rest, &line)) {
        assert_int_equal(vn_feed_item_decode(line, &told, &error), VN_OK);
        for (unsigned i = 0; told.kind == VN_FEED_MEMBER && i < told.card_count; i++, cards++) {
            assert_int_equal(vn_cache_member(reader, &told.cards[i], &member, &seq), VN_OK);
            assert_memory_equal(&member, &told.member, sizeof member);
        }
        if (told.kind == VN_FEED_ITEM) {
            assert_int_equal(vn_cache_item(reader, told.key[0] == '\0' ? told.item.code : told.key, &item),
                             VN_OK);
            assert_memory_equal(&item, &told.item, sizeof item);
        } else if (told.kind == VN_FEED_ITEM_GONE) {
            assert_int_equal(vn_cache_item(reader, told.key, &item), VN_ABSENT);
        }
        vn_feed_item_deinit(&told);
    }
    assert_true(cards > 5);
}

static void check_rules(struct vn_cache_reader *reader)
{
    char stops[4][VN_ID_MAX];
    size_t count = 0;
    int64_t number = 0;
    struct vn_buf text;
    vn_buf_init(&text, FILE_MAX);
    assert_int_equal(vn_cache_ruleset(reader, &text, &number), VN_OK);
    assert_int_equal(number, 1);
    assert_int_equal(vn_cache_stops(reader, stops, 4, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(stops[0], "milk-10");
    vn_buf_deinit(&text);
}

static struct vn_cache_reader *reader_of(struct till *till)
{
    struct vn_cache_reader *reader = NULL;
    struct vn_error error;
    assert_int_equal(vn_cache_reader_open(till->folder.path, NULL, &reader, &error), VN_OK);
    return reader;
}

/* A cache of another schema may be thrown away; one of this must not be: the till may have been cut off since. */
static void test_cache_of_version_2_is_in_force(void **state)
{
    struct till *till = *state;
    struct vn_cache_writer *writer = NULL;
    struct vn_error error;
    bool fresh = true;
    folder_copy(FIXTURES "db/v2/cache.sqlite", folder_file(&till->folder, "cache-2.db"));
    folder_write(&till->folder, "cache.current", "2\n", 2);
    assert_int_equal(vn_cache_open(till->folder.path, &till->batch.enrolment, NULL, &writer, &fresh, &error),
                     VN_OK);
    assert_false(fresh);
    struct vn_cache_reader *reader = reader_of(till);
    check_told(reader, till->feed);
    check_rules(reader);
    vn_cache_reader_close(reader);
    vn_cache_close(writer);
}

static void take_snapshot(struct till *till, struct vn_cache_writer *writer, const char *pem)
{
    struct vn_cache_part *part = NULL;
    struct vn_error error;
    size_t len = 0;
    int64_t next = 0;
    bool whole = false, selected = false;
    unsigned refused = 0;
    char *file = read_file("wire/v2/snapshot.vns", &len);
    assert_int_equal(vn_cache_part_open(till->folder.path, &part), VN_OK);
    assert_int_equal(vn_cache_part_take(part, "\"1\"", 0, vn_view_of(file, len), &next, &whole, &error),
                     VN_OK);
    assert_true(whole);
    const struct vn_cache_source source = {.part = part, .publishing_key = pem};
    assert_int_equal(vn_cache_replace_from(writer, &source, &selected, &refused, &error), VN_OK);
    assert_true(selected);
    assert_int_equal(refused, 0);
    vn_cache_part_close(part);
    free(file);
}

/* The morning's snapshot, and the feed after it. */
static void test_snapshot_and_feed_of_version_2_fill_a_cache(void **state)
{
    struct till *till = *state;
    struct vn_cache_writer *writer = NULL;
    struct vn_error error;
    struct vn_item item;
    size_t len = 0;
    unsigned refused = 0;
    bool changed = false, fresh = false;
    char *pem = read_file("wire/v2/publishing-key.pem", &len);
    char *included = read_file("wire/v2/feed.included", &len);
    assert_int_equal(vn_cache_open(till->folder.path, &till->batch.enrolment, NULL, &writer, &fresh, &error),
                     VN_OK);
    take_snapshot(till, writer, pem);
    struct vn_cache_reader *reader = reader_of(till);
    assert_int_equal(vn_cache_item(reader, ALIAS, &item), VN_OK);
    assert_string_equal(item.code, ALIAS_OF);
    struct vn_cache_frame frame = {.lines = vn_view_str(till->feed),
                                   .included_seq = strtoll(included, NULL, 10),
                                   .publishing_key = pem,
                                   .told_seq = -1};
    assert_int_equal(vn_cache_apply(writer, &frame, &changed, &refused, &error), VN_OK);
    assert_true(changed);
    assert_int_equal(refused, 0);
    check_told(reader, till->feed);
    check_rules(reader);
    vn_cache_reader_close(reader);
    vn_cache_close(writer);
    free(pem);
    free(included);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_journal_of_version_2_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cache_of_version_2_is_in_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_snapshot_and_feed_of_version_2_fill_a_cache, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
