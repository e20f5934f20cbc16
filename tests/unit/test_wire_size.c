/* How many bytes a receipt takes on the wire: batches of 500 as tills send them, zipped as tills zip them. The receipts are drawn
 * from a seed: cards of a million members, a catalogue of 2,000 goods of which some sell often, 7.3 lines a receipt as a
 * register sends them (names, prices a piece, tax labels), promotions and points as the engine reckons them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/random.h"
#include "agent/loyalty/quote.h"
#include "sync/net/gzip.h"
#include "sync/wire/batch.h"
#include "sync/wire/entry_sale.h"

#define GOODS     2000
#define MEMBERS   1000000
#define ENTRIES   VN_BATCH_ENTRIES_MAX
#define START_MS  INT64_C(1795334400123)
#define PLAIN_MAX 60
#define SALE_MAX  220

static const char rules[] =
    "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"rs\","
    "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":50,\"spend_step\":10,"
    "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":5000},\"tiers\":{\"by\":\"spend\","
    "\"steps\":[{\"id\":\"silver\",\"from\":10000000},{\"id\":\"gold\",\"from\":50000000}]},"
    "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"best\"},"
    "{\"id\":\"club\",\"stage\":\"basket\",\"base\":\"running\",\"choice\":\"all\"},"
    "{\"id\":\"earning\",\"stage\":\"earning\",\"base\":\"running\",\"choice\":\"all\"}],"
    "\"cards\":[{\"prefix\":\"2990\",\"length\":13}]}\n"
    "{\"id\":\"leaflet-20\",\"group\":\"shelf\",\"then\":{\"kind\":\"percent_off\",\"rate_bp\":2000,"
    "\"selector\":{\"tags\":[\"leaflet\"]}}}\n"
    "{\"id\":\"three-for-two\",\"group\":\"shelf\",\"then\":{\"kind\":\"nth_free\",\"n\":3,\"free\":1,"
    "\"selector\":{\"tags\":[\"drinks\"]}}}\n"
    "{\"id\":\"families-10\",\"group\":\"shelf\",\"who\":{\"kind\":\"members\",\"segments\":[\"families\"]},"
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":{\"tags\":[\"baby\"]}}}\n"
    "{\"id\":\"gold-5\",\"group\":\"club\",\"who\":{\"kind\":\"members\",\"tiers\":[\"gold\"]},"
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":500}}\n"
    "{\"id\":\"triple-fruit\",\"group\":\"earning\",\"then\":{\"kind\":\"points_multiplier\",\"times_bp\":"
    "30000,"
    "\"selector\":{\"tags\":[\"fruit\"]}}}\n";

struct shop {
    uint64_t seed;
    struct vn_random random;
    struct vn_ruleset *ruleset;
    struct vn_quote_work *work;
    struct vn_item goods[GOODS];
    int64_t wall_ms, receipt;
    unsigned lines, receipts, discounted, members;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_member member;
    struct vn_outcome outcome;
    struct vn_with with;
    int64_t spent_ms; /* from the first line to the end */
};

static uint32_t below(struct shop *shop, uint32_t limit)
{
    uint8_t bytes[4];
    assert_int_equal(vn_random_fill(&shop->random, bytes, sizeof bytes), VN_OK);
    uint32_t value = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return (uint32_t)((uint64_t)value * limit >> 32);
}

static int setup(void **state)
{
    struct shop *shop = calloc(1, sizeof *shop);
    struct vn_error error;
    assert_non_null(shop);
    shop->seed = 4;
    shop->random = vn_random_seeded(&shop->seed);
    if (vn_ruleset_parse(vn_view_str(rules), &shop->ruleset, &error) != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
    assert_int_equal(vn_ruleset_skipped_count(shop->ruleset), 0);
    assert_int_equal(vn_quote_work_create(&shop->work), VN_OK);
    static const char *const tags[] = {"leaflet", "drinks", "baby", "fruit"};
    for (unsigned i = 0; i < GOODS; i++) {
        struct vn_item *item = &shop->goods[i];
        (void)snprintf(item->code, sizeof item->code, "%013llu",
                       8600000000000ULL + (unsigned long long)below(shop, 1000000) * 1000 + i % 1000);
        (void)snprintf(item->name, sizeof item->name, "Article %u of %u g", i, below(shop, 900) + 100);
        (void)snprintf(item->tax, sizeof item->tax, "%s", below(shop, 3) == 0 ? "E" : "\xd0\x82");
        item->price_minor = 4900 + (int64_t)below(shop, 60) * 1000 + 99;
        item->known = true;
        uint32_t tag = below(shop, 20);
        if (tag < 4) {
            (void)snprintf(item->tags[item->tag_count++], VN_TAG_MAX, "%s", tags[tag]);
        }
    }
    shop->wall_ms = START_MS;
    shop->receipt = 4711;
    *state = shop;
    return 0;
}

static int teardown(void **state)
{
    struct shop *shop = *state;
    vn_ruleset_destroy(shop->ruleset);
    vn_quote_work_destroy(shop->work);
    free(shop);
    return 0;
}

/* A few goods are in many baskets, most in few: the product of two draws is small more often than not. */
static unsigned draw_good(struct shop *shop)
{
    return (unsigned)((uint64_t)below(shop, GOODS) * below(shop, GOODS) / GOODS);
}

/* 1 to 20 lines, 7.3 on average. */
static void draw_basket(struct shop *shop)
{
    struct vn_basket *basket = &shop->basket;
    memset(basket, 0, sizeof *basket);
    (void)snprintf(basket->key.pos, VN_ID_MAX, "1");
    (void)snprintf(basket->key.date, VN_ID_MAX, "2026-11-22");
    (void)snprintf(basket->key.receipt, VN_ID_MAX, "%06lld", (long long)shop->receipt++);
    (void)snprintf(basket->operator_id, VN_ID_MAX, "%u", 11 + (unsigned)(shop->receipt / 120));
    unsigned count = 1 + below(shop, 7) + below(shop, 7) + (below(shop, 20) == 0 ? 6 : 0);
    for (unsigned i = 0; i < count; i++) {
        const struct vn_item *item = &shop->goods[draw_good(shop)];
        struct vn_line *line = &basket->lines[basket->line_count];
        int64_t pieces = below(shop, 6) == 0 ? 2 + (int64_t)below(shop, 3) : 1;
        shop->items[basket->line_count++] = *item;
        line->id = i + 1;
        memcpy(line->code, item->code, sizeof line->code);
        memcpy(line->name, item->name, sizeof line->name);
        memcpy(line->tax, item->tax, sizeof line->tax);
        line->qty_milli = pieces * 1000;
        line->unit_price_minor = item->price_minor;
        line->amount_minor = line->list_amount_minor = pieces * item->price_minor;
    }
    shop->lines += count;
    shop->receipts++;
    shop->wall_ms += 20000 + below(shop, 90000);
    shop->spent_ms = 10000 + below(shop, 80000);
    basket->started_ms = shop->wall_ms - shop->spent_ms;
}

static void draw_member(struct shop *shop)
{
    static const char *const tiers[] = {"", "", "", "silver", "gold"};
    static const char *const segments[] = {"families", "students", "seniors", "pets"};
    struct vn_member *member = &shop->member;
    memset(member, 0, sizeof *member);
    member->known = true;
    (void)snprintf(member->account, VN_ID_MAX, "w%u", 1 + below(shop, MEMBERS));
    (void)snprintf(member->first_name, VN_TAG_MAX, "Milica");
    (void)snprintf(member->tier, VN_TAG_MAX, "%s", tiers[below(shop, 5)]);
    (void)snprintf(member->segments[member->segment_count++], VN_TAG_MAX, "%s", segments[below(shop, 4)]);
    member->balance = below(shop, 3000);
    member->lifetime_spend_minor = below(shop, 90000000);
    member->qualifying = below(shop, 9000000);
    member->birth_month = 1 + below(shop, 12);
    member->birth_day = 1 + below(shop, 28);
    member->lots[member->lot_count++] = (struct vn_lot){7, member->balance, START_MS, START_MS, 0};
}

/* A receipt as the till has it when it is paid; two of three show a card. */
static void draw_sale(struct shop *shop, bool always_card)
{
    draw_basket(shop);
    draw_member(shop);
    bool card = always_card || below(shop, 3) > 0;
    struct vn_quote_input input = {.ruleset = shop->ruleset,
                                   .basket = &shop->basket,
                                   .items = shop->items,
                                   .member = card ? &shop->member : NULL,
                                   .place = {"s1", "t1"},
                                   .hub_reachable = true};
    assert_int_equal(vn_quote(shop->work, &input, &shop->outcome, NULL), VN_OK);
    vn_with_take(&input, &shop->with);
    vn_with_narrow(&shop->with, shop->ruleset, &shop->basket);
    (void)snprintf(shop->with.items, sizeof shop->with.items, "1.%lld",
                   4700 + (long long)(shop->receipt / 40));
    shop->discounted += shop->outcome.discount_minor > 0;
    shop->members += card;
}

static void begin(const struct shop *shop, enum vn_entry_kind kind, int64_t wall_ms, struct vn_entry *out)
{
    vn_entry_init(out, kind);
    out->wall_ms = wall_ms;
    out->mono_ms = wall_ms - START_MS + 86400000;
    out->has_sale = true;
    out->sale = shop->basket.key;
    if (shop->with.has_member) {
        memcpy(out->account, shop->member.account, sizeof out->account);
    }
    if (kind == VN_ENTRY_COMMIT) {
        char fiscal[VN_ID_MAX];
        (void)snprintf(fiscal, sizeof fiscal, "8Q2LHX4W-8Q2LHX4W-%s", out->sale.receipt);
        out->points = shop->outcome.points_earned - shop->outcome.points_spent;
        out->body = json_pack("{s:s}", "fiscal", fiscal);
    }
}

struct upload {
    struct vn_batch batch;
    struct vn_buf bodies[ENTRIES];
};

static void add(struct upload *upload, struct vn_entry *entry)
{
    struct vn_buf *body = &upload->bodies[upload->batch.count];
    vn_buf_init(body, VN_ENTRY_MAX);
    assert_int_equal(vn_entry_encode(entry, body), VN_OK);
    upload->batch.bodies[upload->batch.count++] = vn_buf_view(body);
    vn_entry_deinit(entry);
}

/* Bytes on the wire; lets go of the bodies. */
static size_t zipped(struct upload *upload, size_t *plain)
{
    struct vn_buf text;
    struct vn_buf out;
    vn_buf_init(&text, VN_BATCH_BYTES_MAX);
    vn_buf_init(&out, VN_BATCH_BYTES_MAX);
    upload->batch.from_seq = 123457;
    memset(upload->batch.prev_hash.bytes, 0xa7, VN_HASH_SIZE);
    struct vn_hash hash = upload->batch.prev_hash;
    for (unsigned i = 0; i < upload->batch.count; i++) {
        vn_chain_next(&hash, upload->batch.from_seq + i, upload->batch.bodies[i], &hash);
    }
    upload->batch.head = hash;
    assert_int_equal(vn_batch_encode(&upload->batch, &text), VN_OK);
    assert_int_equal(vn_gzip(vn_buf_view(&text), 1, &out), VN_OK);
    *plain = text.len;
    size_t len = out.len;
    for (unsigned i = 0; i < upload->batch.count; i++) {
        vn_buf_deinit(&upload->bodies[i]);
    }
    vn_buf_deinit(&text);
    vn_buf_deinit(&out);
    free(upload);
    return len;
}

static struct upload *start_upload(void)
{
    struct upload *upload = calloc(1, sizeof *upload);
    assert_non_null(upload);
    return upload;
}

static void tell(const char *what, size_t bytes, size_t plain, unsigned sales)
{
    print_message("%s: %zu.%zu bytes a sale on the wire, %zu before zipping\n", what, bytes / sales,
                  bytes * 10 / sales % 10, plain / sales);
}

static void check_mix(const struct shop *shop)
{
    assert_in_range(shop->lines * 10 / shop->receipts, 70, 76);
    assert_in_range(shop->discounted * 100 / shop->receipts, 30, 80);
    assert_true(shop->members * 2 > shop->receipts);
}

/* A POS that sends no lines: who bought when for how much, and what it earned. */
static void test_500_plain_sales_take_60_bytes_each(void **state)
{
    struct shop *shop = *state;
    struct upload *upload = start_upload();
    size_t plain = 0;
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct vn_entry entry;
        static struct vn_outcome sums;
        draw_sale(shop, true);
        begin(shop, VN_ENTRY_COMMIT, shop->wall_ms, &entry);
        memset(&sums, 0, sizeof sums);
        sums.ruleset = shop->outcome.ruleset;
        sums.engine = shop->outcome.engine;
        sums.optimal = true;
        sums.total_minor = shop->outcome.total_minor;
        sums.discount_minor = shop->outcome.discount_minor;
        sums.payable_minor = shop->outcome.payable_minor;
        sums.points_earned = shop->outcome.points_earned;
        assert_int_equal(json_object_set_new(entry.body, "outcome", vn_outcome_write_journal(&sums, NULL)),
                         0);
        add(upload, &entry);
    }
    size_t bytes = zipped(upload, &plain);
    tell("plain", bytes, plain, ENTRIES);
    assert_true(bytes <= PLAIN_MAX * ENTRIES);
}

static void test_500_sales_with_baskets_take_220_bytes_each(void **state)
{
    struct shop *shop = *state;
    struct upload *upload = start_upload();
    size_t plain = 0;
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct vn_entry entry;
        draw_sale(shop, false);
        begin(shop, VN_ENTRY_COMMIT, shop->wall_ms, &entry);
        assert_int_equal(vn_entry_sale_write(&entry, &shop->basket, shop->items, &shop->outcome, &shop->with),
                         VN_OK);
        add(upload, &entry);
    }
    size_t bytes = zipped(upload, &plain);
    tell("with baskets", bytes, plain, ENTRIES);
    check_mix(shop);
    assert_true(bytes <= SALE_MAX * ENTRIES);
}

/* Hold and commit together, as most registers do it. */
static void test_held_sales_take_220_bytes_each(void **state)
{
    struct shop *shop = *state;
    struct upload *upload = start_upload();
    size_t plain = 0;
    for (unsigned i = 0; i < ENTRIES; i += 2) {
        struct vn_entry entry;
        draw_sale(shop, false);
        begin(shop, VN_ENTRY_HOLD, shop->wall_ms, &entry);
        assert_int_equal(vn_entry_sale_write(&entry, &shop->basket, shop->items, &shop->outcome, &shop->with),
                         VN_OK);
        add(upload, &entry);
        begin(shop, VN_ENTRY_COMMIT, shop->wall_ms + 4000 + below(shop, 20000), &entry);
        assert_int_equal(vn_entry_held_write(&entry, 123457 + i), VN_OK);
        add(upload, &entry);
    }
    size_t bytes = zipped(upload, &plain);
    tell("held, then committed", bytes, plain, ENTRIES / 2);
    check_mix(shop);
    assert_true(bytes <= SALE_MAX * ENTRIES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_500_plain_sales_take_60_bytes_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_500_sales_with_baskets_take_220_bytes_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_held_sales_take_220_bytes_each, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
