/* Branches seen in the stamp, and the feed. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/report.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/service/service.h"
#include "tests/unit/hub_world.h"

#define MEMBERS                                                                                              \
    "{\"id\":1,\"cards\":[\"2990000000017\"],\"first_name\":\"Ana\",\"balance\":500}\n"                      \
    "{\"id\":2,\"cards\":[\"2990000000024\"],\"balance\":0}\n"
#define ITEMS "{\"code\":\"8600000000017\",\"name\":\"Coffee\",\"price_minor\":25000}\n"

static const char *judge(const struct world_till *till, const struct vn_stamp *stamp)
{
    struct vn_enrolment_row row;
    const char *branch = NULL;
    world_row(till, &row);
    assert_int_equal(vn_fleet_check(&till->world->hub, &row, stamp, &branch), VN_OK);
    return branch;
}

static void boot(struct world_till *till, uint8_t id)
{
    memset(till->boot, id, sizeof till->boot);
    world_append(till, &(struct world_step){.kind = VN_ENTRY_BOOT});
}

static void test_a_stamp_that_was_delayed_is_no_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_stamp first;
    struct vn_stamp old;
    struct vn_stamp starting;
    struct vn_stamp stamp;
    world_till_start(world, &till, "t1");
    world_stamp(&till, &first);
    assert_null(judge(&till, &first));
    boot(&till, 1);
    world_stamp(&till, &old);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING});
    world_stamp(&till, &starting);
    memset(starting.boot, 2, sizeof starting.boot); /* sent before the boot entry was written */
    boot(&till, 2);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING});
    world_stamp(&till, &stamp);
    assert_null(judge(&till, &stamp)); /* ahead of the hub */
    assert_int_equal(world_sync(&till), 0);
    assert_null(judge(&till, &stamp));
    assert_null(judge(&till, &old));
    assert_null(judge(&till, &starting));
    world_till_end(&till);
}

/* A start that lost power before its boot entry was written has left a long poll behind; the next start's entries are here when
 * it ends. */
static void test_a_poll_of_a_start_that_left_no_entry_is_no_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_call poll = {.serial = ""};
    struct vn_enrolment_row row;
    world_till_start(world, &till, "t1");
    boot(&till, 1);
    assert_int_equal(world_sync(&till), 0);
    world_row(&till, &row);
    poll.enrolment = till.enrolment;
    memcpy(poll.serial, row.serial, sizeof poll.serial);
    world_stamp(&till, &poll.stamp);
    memset(poll.stamp.boot, 2, sizeof poll.stamp.boot);
    struct vn_call again = poll;
    assert_true(vn_call_check(&poll, &world->hub));
    boot(&till, 3);
    assert_int_equal(world_sync(&till), 0);
    assert_true(vn_call_check(&poll, &world->hub));
    assert_false(vn_call_check(&again, &world->hub)); /* a request that comes now is one */
    assert_non_null(again.branch);
    vn_answer_deinit(&again.task.answer);
    world_till_end(&till);
}

static void test_a_stamp_with_another_hash_is_a_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_stamp stamp;
    world_till_start(world, &till, "t1");
    boot(&till, 1);
    assert_int_equal(world_sync(&till), 0);
    world_stamp(&till, &stamp);
    stamp.head_hash.bytes[5] ^= 1;
    assert_non_null(judge(&till, &stamp));
    world_till_end(&till);
}

static void test_a_start_on_an_older_journal_is_a_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_stamp stamp;
    world_till_start(world, &till, "t1");
    boot(&till, 1);
    world_stamp(&till, &stamp);
    world_append(&till, &(struct world_step){.kind = VN_ENTRY_FINDING});
    assert_int_equal(world_sync(&till), 0);
    memset(stamp.boot, 9, sizeof stamp.boot);
    assert_non_null(judge(&till, &stamp));
    world_till_end(&till);
}

static void test_an_earlier_start_that_goes_on_is_a_branch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_stamp stamp;
    world_till_start(world, &till, "t1");
    boot(&till, 1);
    boot(&till, 2);
    assert_int_equal(world_sync(&till), 0);
    world_stamp(&till, &stamp);
    memset(stamp.boot, 1, sizeof stamp.boot);
    assert_non_null(judge(&till, &stamp));
    stamp.head_seq++; /* the copy appended an entry of its own */
    assert_non_null(judge(&till, &stamp));
    world_till_end(&till);
}

static int64_t contact_shown(struct world *world, const struct vn_report_contacts *contacts, const char *till)
{
    json_t *out = NULL;
    assert_int_equal(vn_report_till(&world->hub, contacts, till, &out), VN_OK);
    int64_t at_ms =
        json_integer_value(json_object_get(json_array_get(json_object_get(out, "tills"), 0), "contact_ms"));
    json_decref(out);
    return at_ms;
}

/* As it hears of tills that another process enrolled. */
static void test_contacts_are_shown_in_whatever_order_the_hub_heard_of_its_tills(void **state)
{
    struct world *world = *state;
    struct world_till tills[3];
    static const char *const names[] = {"t1", "t2", "t3"};
    static const size_t heard[] = {2, 0, 1};
    struct vn_fleet_table *table = NULL;
    struct vn_report_contacts contacts;
    assert_int_equal(vn_fleet_table_create(world->hub.storage, 0, &table), VN_OK);
    for (size_t i = 0; i < 3; i++) {
        world_till_start(world, &tills[i], names[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        struct vn_enrolment_row row;
        world_row(&tills[heard[i]], &row);
        assert_int_equal(vn_fleet_table_put(table, &row, 0), VN_OK);
        vn_fleet_table_find(table, &row.enrolment)->contact_ms = world->now_ms + 1000 + (int64_t)heard[i];
    }
    assert_int_equal(vn_report_contacts_take(&contacts, table), VN_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(contact_shown(world, &contacts, names[i]), world->now_ms + 1000 + (int64_t)i);
        world_till_end(&tills[i]);
    }
    vn_report_contacts_deinit(&contacts);
    vn_fleet_table_destroy(table);
}

/* A frame, decoded as a till does. */
struct frame {
    struct vn_buf bytes;
    struct vn_feed_header header;
    struct vn_feed_item items[8];
};

static struct frame *frame_of(const struct world_till *till, int64_t after, bool snapshot)
{
    struct vn_enrolment_row row;
    struct vn_error error;
    struct vn_view rest;
    struct vn_view line;
    struct vn_feed_made made;
    unsigned seen = 0;
    struct frame *frame = calloc(1, sizeof *frame);
    assert_non_null(frame);
    vn_buf_init(&frame->bytes, 1024 * 1024);
    world_row(till, &row);
    (void)world_publish(till->world);
    const struct vn_feed_ask ask = {row.store, after, snapshot, 1000, &row};
    assert_int_equal(vn_feed_make(&till->world->hub, &ask, &frame->bytes, &made), VN_OK);
    rest = vn_buf_view(&frame->bytes);
    assert_true(vn_wire_next_line(&rest, &line));
    assert_int_equal(vn_feed_header_decode(line, &frame->header, &error), VN_OK);
    assert_int_equal(frame->header.count, made.count);
    assert_true(made.count <= 8);
    while (vn_wire_next_line(&rest, &line)) {
        assert_int_equal(vn_feed_item_decode(line, &frame->items[seen++], &error), VN_OK);
    }
    assert_int_equal(seen, made.count);
    return frame;
}

static void frame_end(struct frame *frame)
{
    for (unsigned i = 0; i < frame->header.count; i++) {
        vn_feed_item_deinit(&frame->items[i]);
    }
    vn_buf_deinit(&frame->bytes);
    free(frame);
}

static void test_the_feed_tells_a_tills_own_posting_with_its_included_seq(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    world_import(world, VN_IMPORT_MEMBERS, MEMBERS);
    world_till_start(world, &till, "t1");
    world_till_start(world, &other, "t2");
    struct frame *frame = frame_of(&till, 0, true);
    int64_t after = frame->header.cursor.number;
    assert_int_equal(frame->header.count, 2);
    assert_true(frame->header.snapshot);
    assert_int_equal(frame->items[0].member.balance, 500);
    assert_int_equal(frame->items[0].card_count, 1);
    frame_end(frame);
    world_append(
        &till, &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .earned = 30});
    assert_int_equal(world_sync(&till), 0);
    frame = frame_of(&till, after, false);
    assert_int_equal(frame->header.count, 1);
    assert_int_equal(frame->items[0].kind, VN_FEED_MEMBER);
    assert_string_equal(frame->items[0].member.account, "w1");
    assert_int_equal(frame->items[0].member.balance, 530);
    assert_int_equal(frame->items[0].included_seq, 1);
    assert_int_equal(frame->items[0].member.lot_count, 2);
    assert_true(frame->header.cursor.number > after);
    int64_t now = frame->header.cursor.number;
    frame_end(frame);
    frame = frame_of(&other, after, false);
    assert_int_equal(frame->items[0].included_seq, 0);
    frame_end(frame);
    frame = frame_of(&till, now, false);
    assert_int_equal(frame->header.count, 0);
    assert_int_equal(frame->header.cursor.number, now);
    frame_end(frame);
    /* What is taken in and not posted yet is in no balance, and not said to be. */
    struct vn_ingest_result taken;
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "2", .account = "w1", .earned = 4});
    world_take(&till, 2, &taken);
    frame = frame_of(&till, after, false);
    assert_int_equal(frame->items[0].member.balance, 530);
    assert_int_equal(frame->items[0].included_seq, 1);
    frame_end(frame);
    world_till_end(&till);
    world_till_end(&other);
}

/* The till counts them no more, since the hub says that it has posted up to there; nobody else has ever counted them. */
static void test_a_tills_own_points_in_quarantine_stand_in_its_balances_alone(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct world_till other;
    world_import(world, VN_IMPORT_MEMBERS, MEMBERS);
    world_till_start(world, &till, "t1");
    world_till_start(world, &other, "t2");
    world_append(
        &till, &(struct world_step){
                   .kind = VN_ENTRY_COMMIT, .receipt = "1", .account = "w1", .earned = 30, .at_risk = "c99"});
    assert_int_equal(world_sync(&till), 1);
    struct frame *frame = frame_of(&till, 0, true);
    assert_string_equal(frame->items[0].member.account, "w1");
    assert_int_equal(frame->items[0].member.balance, 530);
    assert_int_equal(frame->items[0].included_seq, 1);
    frame_end(frame);
    frame = frame_of(&other, 0, true);
    assert_int_equal(frame->items[0].member.balance, 500);
    frame_end(frame);
    world_till_end(&till);
    world_till_end(&other);
}

static void test_what_is_gone_leaves_a_tombstone_in_the_feed_and_nothing_in_a_snapshot(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_import(world, VN_IMPORT_ITEMS, ITEMS);
    world_import(world, VN_IMPORT_COUPONS, "{\"number\":\"299100001\",\"promotion\":\"p\"}\n");
    world_till_start(world, &till, "t1");
    struct frame *frame = frame_of(&till, 0, false);
    int64_t after = frame->header.cursor.number;
    assert_int_equal(frame->items[0].kind, VN_FEED_ITEM);
    assert_true(frame->items[0].item.known);
    assert_string_equal(frame->items[1].coupon.label, "0001");
    frame_end(frame);
    world_import(world, VN_IMPORT_ITEMS, "{\"code\":\"8600000000017\",\"gone\":true}\n");
    world_import(world, VN_IMPORT_COUPONS, "{\"number\":\"299100001\",\"gone\":true}\n");
    frame = frame_of(&till, after, false);
    assert_int_equal(frame->header.count, 2);
    assert_int_equal(frame->items[0].kind, VN_FEED_ITEM_GONE);
    assert_string_equal(frame->items[0].key, "8600000000017");
    assert_int_equal(frame->items[1].kind, VN_FEED_COUPON_GONE);
    assert_string_equal(frame->items[1].key, "c1");
    frame_end(frame);
    frame = frame_of(&till, 0, true);
    assert_int_equal(frame->header.count, 0);
    frame_end(frame);
    world_till_end(&till);
}

static void test_a_single_use_coupon_that_was_used_is_told_as_spent(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"299100001\",\"promotion\":\"p\",\"single_use\":true}\n");
    world_till_start(world, &till, "t1");
    assert_int_equal(world_rights(&till, "c1", 1), 1);
    world_append(&till,
                 &(struct world_step){.kind = VN_ENTRY_COMMIT, .receipt = "1", .right = "c1", .out = 1});
    assert_int_equal(world_sync(&till), 0);
    struct frame *frame = frame_of(&till, 0, false);
    assert_string_equal(frame->items[0].coupon.account, "c1");
    assert_true(frame->items[0].coupon.spent);
    frame_end(frame);
    world_till_end(&till);
}

static void test_a_members_own_coupon_says_whose_it_is(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_import(world, VN_IMPORT_COUPONS,
                 "{\"number\":\"299100001\",\"promotion\":\"p\",\"member\":7}\n"
                 "{\"number\":\"299100002\",\"promotion\":\"p\"}\n");
    world_till_start(world, &till, "t1");
    struct frame *frame = frame_of(&till, 0, false);
    assert_int_equal(frame->header.count, 2);
    assert_string_equal(frame->items[0].coupon.member, "w7"); /* the account that his row has */
    assert_string_equal(frame->items[1].coupon.member, "");
    frame_end(frame);
    world_till_end(&till);
}

static void test_a_cursor_of_another_epoch_or_ahead_needs_a_snapshot(void **state)
{
    struct world *world = *state;
    world_import(world, VN_IMPORT_ITEMS, ITEMS);
    (void)world_publish(world);
    const struct vn_cursor cursors[] = {{0, 0}, {2, 1}, {1, 99}};
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        assert_false(world_cursor_usable(world, &cursors[i]));
    }
    assert_true(world_cursor_usable(world, &(struct vn_cursor){1, 1}));
}

static const char ruleset[] =
    "{\"ruleset\":77,\"engine\":1,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,"
    "\"law\":\"rs\",\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},"
    "\"spend_min\":50,\"spend_step\":10,\"spend_share_bp\":5000},"
    "\"earning\":{\"points\":1,\"per_minor\":5000},"
    "\"groups\":[{\"id\":\"g\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"first\"}],"
    "\"cards\":[{\"prefix\":\"2990\",\"length\":13}]}\n"
    "{\"id\":\"p1\",\"version\":1,\"name\":{\"en\":\"One\"},\"group\":\"g\",\"priority\":1,"
    "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000,\"selector\":{\"tags\":[\"milk\"]}}}\n";

static void test_a_published_ruleset_is_numbered_and_signed_and_a_stop_follows_it(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_published published;
    struct vn_public_key key;
    struct vn_error error;
    struct vn_buf text;
    int64_t number = 0;
    world_till_start(world, &till, "t1");
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str("{}"), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_INPUT);
    if (vn_publish_ruleset(&world->hub, vn_view_str(ruleset), VN_PUBLISH_REFUSE_SKIPPED, &published,
                           &error) != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
    assert_int_equal(published.number, 1);
    assert_int_equal(vn_publish_stop(&world->hub, "nobody", &number, &error), VN_ABSENT);
    assert_int_equal(vn_publish_stop(&world->hub, "p1", &number, &error), VN_OK);
    assert_int_equal(number, 2);
    struct frame *frame = frame_of(&till, 0, false);
    assert_int_equal(frame->header.count, 2);
    assert_int_equal(vn_public_key_from_pem(vn_view_str(world->keys.publishing_pem), &key), VN_OK);
    vn_buf_init(&text, 4096);
    assert_int_equal(vn_feed_signed_text(VN_FEED_RULESET, 1, frame->items[0].text, &text), VN_OK);
    assert_int_equal(vn_verify(&key, vn_buf_view(&text),
                               vn_view_of(frame->items[0].signature, frame->items[0].signature_len)),
                     VN_OK);
    vn_buf_clear(&text);
    assert_string_equal(frame->items[1].key, "p1");
    assert_int_equal(vn_feed_signed_text(VN_FEED_STOP, 2, vn_view_str("p1"), &text), VN_OK);
    assert_int_equal(vn_verify(&key, vn_buf_view(&text),
                               vn_view_of(frame->items[1].signature, frame->items[1].signature_len)),
                     VN_OK);
    frame_end(frame);
    /* The next ruleset ends the stop. */
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str(ruleset), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_OK);
    assert_int_equal(published.number, 3);
    frame = frame_of(&till, 0, true);
    assert_int_equal(frame->header.count, 1);
    assert_int_equal(frame->items[0].number, 3);
    frame_end(frame);
    vn_buf_deinit(&text);
    world_till_end(&till);
}

/* A typing error in a key reads as a key of a newer engine: the promotion would be gone from every till. */
static void test_a_promotion_that_tills_would_skip_is_published_only_when_asked(void **state)
{
    struct world *world = *state;
    struct vn_published published;
    struct vn_error error;
    struct vn_buf text;
    int64_t number = 0;
    vn_buf_init(&text, 4096);
    assert_int_equal(vn_buf_append_str(&text, ruleset), VN_OK);
    assert_int_equal(vn_buf_append_str(&text, "\n{\"id\":\"p2\",\"group\":\"g\",\"prioriti\":1,"
                                              "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000}}\n"),
                     VN_OK);
    struct vn_view view = vn_buf_view(&text);
    assert_int_equal(vn_publish_ruleset(&world->hub, view, VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
                     VN_INPUT);
    assert_non_null(strstr(error.text, "line 4: engine 2 does not know this key"));
    assert_string_equal(error.pointer, "/prioriti");
    assert_int_equal(vn_publish_stop(&world->hub, "p1", &number, &error), VN_ABSENT); /* nothing is there */
    assert_int_equal(vn_publish_ruleset(&world->hub, view, VN_PUBLISH_ALLOW_SKIPPED, &published, &error),
                     VN_OK);
    assert_int_equal(published.promotions, 1);
    assert_int_equal(published.skipped, 1);
    vn_buf_deinit(&text);
}

/* What is doubtful is told, as of the hub's own clock, and published all the same. */
static void test_a_doubtful_promotion_is_told_of(void **state)
{
    struct world *world = *state;
    struct vn_published published;
    struct vn_error error;
    char text[2048];
    struct vn_lint *lint = calloc(1, sizeof *lint);
    assert_non_null(lint);
    (void)snprintf(text, sizeof text,
                   "%s{\"id\":\"old\",\"group\":\"g\",\"when\":{\"to\":\"2026-11-22T12:00\"},"
                   "\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1}}\n",
                   ruleset);
    world->now_ms = INT64_C(1795345200000) - 1; /* a millisecond before */
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str(text), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_OK);
    assert_int_equal(vn_publish_warnings(&world->hub, vn_view_str(text), lint), VN_OK);
    assert_int_equal(lint->count, 0);
    world->now_ms++;
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str(text), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_OK);
    assert_int_equal(vn_publish_warnings(&world->hub, vn_view_str(text), lint), VN_OK);
    assert_int_equal(lint->count, 1);
    assert_int_equal(lint->list[0].code, VN_LINT_PAST);
    assert_string_equal(lint->list[0].promotion, "old");
    assert_int_equal(vn_publish_warnings(&world->hub, vn_view_str("{}"), lint), VN_INPUT);
    assert_int_equal(lint->count, 0);
    free(lint);
}

/* A new till of a large chain gets its members over many frames, and must not take cards for goods meanwhile. */
static void test_a_snapshot_begins_with_the_rules_in_force_and_has_them_once(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_published published;
    struct vn_error error;
    world_import(world, VN_IMPORT_MEMBERS, MEMBERS);
    world_till_start(world, &till, "t1");
    assert_int_equal(
        vn_publish_ruleset(&world->hub, vn_view_str(ruleset), VN_PUBLISH_REFUSE_SKIPPED, &published, &error),
        VN_OK);
    struct frame *frame = frame_of(&till, 0, true);
    assert_int_equal(frame->header.count, 3);
    assert_int_equal(frame->items[0].kind, VN_FEED_RULESET);
    assert_int_equal(frame->items[1].kind, VN_FEED_MEMBER);
    assert_int_equal(frame->items[2].kind, VN_FEED_MEMBER);
    frame_end(frame);
    world_till_end(&till);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_contacts_are_shown_in_whatever_order_the_hub_heard_of_its_tills,
                                        world_setup, world_teardown),
        TEST(test_a_stamp_that_was_delayed_is_no_branch),
        TEST(test_a_poll_of_a_start_that_left_no_entry_is_no_branch),
        TEST(test_a_stamp_with_another_hash_is_a_branch),
        TEST(test_a_start_on_an_older_journal_is_a_branch),
        TEST(test_an_earlier_start_that_goes_on_is_a_branch),
        TEST(test_the_feed_tells_a_tills_own_posting_with_its_included_seq),
        TEST(test_a_tills_own_points_in_quarantine_stand_in_its_balances_alone),
        TEST(test_what_is_gone_leaves_a_tombstone_in_the_feed_and_nothing_in_a_snapshot),
        TEST(test_a_single_use_coupon_that_was_used_is_told_as_spent),
        TEST(test_a_members_own_coupon_says_whose_it_is),
        TEST(test_a_cursor_of_another_epoch_or_ahead_needs_a_snapshot),
        TEST(test_a_published_ruleset_is_numbered_and_signed_and_a_stop_follows_it),
        TEST(test_a_promotion_that_tills_would_skip_is_published_only_when_asked),
        TEST(test_a_doubtful_promotion_is_told_of),
        TEST(test_a_snapshot_begins_with_the_rules_in_force_and_has_them_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
