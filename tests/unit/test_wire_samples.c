/* Bytes of earlier versions, pinned: what they wrote is read, and written again it is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/crypto/sign.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/wire/batch.h"
#include "sync/wire/enrol.h"
#include "sync/wire/entry.h"
#include "sync/wire/entry_sale.h"
#include "sync/wire/feed.h"
#include "sync/wire/rights.h"
#include "sync/wire/signup.h"

struct sample {
    struct vn_buf bytes;   /* of the file */
    struct vn_buf written; /* what the encoder makes of it */
    struct vn_error error;
};

static void sample_read(struct sample *sample, const char *name)
{
    char path[400];
    uint8_t piece[4096];
    vn_buf_init(&sample->bytes, VN_BATCH_BYTES_MAX);
    vn_buf_init(&sample->written, VN_BATCH_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/fixtures/wire/%s", VERNO_SOURCE, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    for (ssize_t got = 0; (got = read(file, piece, sizeof piece)) > 0;) {
        assert_int_equal(vn_buf_append(&sample->bytes, vn_view_of(piece, (size_t)got)), VN_OK);
    }
    (void)close(file);
}

/* Compares, and lets go of both. */
static void sample_end(struct sample *sample)
{
    assert_int_equal(sample->written.len, sample->bytes.len);
    assert_memory_equal(sample->written.data, sample->bytes.data, sample->bytes.len);
    vn_buf_deinit(&sample->bytes);
    vn_buf_deinit(&sample->written);
}

static struct vn_basket basket;
static struct vn_outcome outcome;

static void check_sale(const struct vn_entry *entry)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_json_in body = vn_json_root(entry->body, &error);
    struct vn_json_in basket_in = vn_json_object(&body, "basket", VN_REQUIRED);
    struct vn_json_in outcome_in = vn_json_object(&body, "outcome", VN_REQUIRED);
    vn_basket_read(&basket_in, &basket);
    vn_outcome_read(&outcome_in, &outcome);
    assert_int_equal(error.status, VN_OK);
    assert_string_equal(basket.key.receipt, entry->sale.receipt);
}

static void check_sale_body(const struct vn_entry *entry)
{
    check_sale(entry);
    assert_int_equal(basket.line_count, 2);
    assert_int_equal(outcome.points_spent, 500);
    assert_string_equal(outcome.consumptions[0].account, "w42");
}

/* Decodes it, and encodes it to the same bytes; the caller lets go of the entry. */
static void read_and_write(struct vn_view body, struct vn_entry *entry)
{
    struct vn_error error;
    struct vn_buf again;
    vn_buf_init(&again, VN_ENTRY_MAX);
    assert_int_equal(vn_entry_decode(body, entry, &error), VN_OK);
    assert_int_equal(vn_entry_encode(entry, &again), VN_OK);
    assert_true(vn_view_equal(vn_buf_view(&again), body));
    vn_buf_deinit(&again);
}

static void test_wire_reads_a_journal_of_version_1(void **state)
{
    (void)state;
    static const struct {
        enum vn_entry_kind kind;
        const char *receipt;
        int64_t in, out, move, points;
    } wanted[] = {
        {VN_ENTRY_BOOT, "", 0, 0, 0, 0},
        {VN_ENTRY_GRANT, "", 0, 0, 700, 0},
        {VN_ENTRY_HOLD, "16", 0, 500, 500, 0},
        {VN_ENTRY_CANCEL, "16", 500, 500, 500, 0},
        {VN_ENTRY_HOLD, "17", 500, 1000, 500, 0},
        {VN_ENTRY_COMMIT, "17", 500, 1000, 500, 35},
        {VN_ENTRY_VOID, "17", 1000, 1000, 500, -35},
        {VN_ENTRY_RELEASE, "", 1000, 1700, 700, 0},
    };
    struct sample sample;
    struct vn_batch batch;
    sample_read(&sample, "v1/journal.ndjson");
    assert_int_equal(vn_batch_decode(vn_buf_view(&sample.bytes), &batch, &sample.error), VN_OK);
    assert_int_equal(batch.count, 8);
    assert_int_equal(batch.from_seq, 1);
    struct vn_hash start;
    vn_chain_start(&batch.enrolment, &start);
    assert_memory_equal(start.bytes, batch.prev_hash.bytes, sizeof start.bytes);
    for (unsigned i = 0; i < batch.count; i++) {
        struct vn_entry entry;
        read_and_write(batch.bodies[i], &entry);
        assert_int_equal(entry.kind, wanted[i].kind);
        assert_string_equal(entry.sale.receipt, wanted[i].receipt);
        assert_int_equal(entry.points, wanted[i].points);
        assert_int_equal(entry.right_count > 0 ? entry.rights[0].move : 0, wanted[i].move);
        assert_int_equal(entry.rights[0].in, wanted[i].in);
        assert_int_equal(entry.rights[0].out, wanted[i].out);
        if (entry.kind == VN_ENTRY_HOLD || entry.kind == VN_ENTRY_COMMIT) {
            check_sale_body(&entry);
        }
        vn_entry_deinit(&entry);
    }
    assert_int_equal(vn_batch_encode(&batch, &sample.written), VN_OK);
    sample_end(&sample);
}

/* What the body says is read, and written again it is the same. */
static void check_again(const struct vn_entry *entry)
{
    check_sale(entry);
    const json_t *was_basket = json_object_get(entry->body, "basket");
    const json_t *was_outcome = json_object_get(entry->body, "outcome");
    json_t *basket_json = vn_basket_write(&basket);
    json_t *outcome_json = vn_outcome_write(&outcome);
    assert_true(json_equal(basket_json, was_basket));
    assert_true(json_equal(outcome_json, was_outcome));
    json_decref(basket_json);
    json_decref(outcome_json);
}

static void test_wire_reads_a_day_of_version_1_and_engine_2(void **state)
{
    (void)state;
    struct sample sample;
    struct vn_batch batch;
    unsigned kinds[VN_ENTRY_KINDS] = {0};
    sample_read(&sample, "v1-engine2/journal.ndjson");
    assert_int_equal(vn_batch_decode(vn_buf_view(&sample.bytes), &batch, &sample.error), VN_OK);
    for (unsigned i = 0; i < batch.count; i++) {
        struct vn_entry entry;
        read_and_write(batch.bodies[i], &entry);
        kinds[entry.kind]++;
        if (entry.kind == VN_ENTRY_HOLD || entry.kind == VN_ENTRY_COMMIT) {
            check_again(&entry);
            assert_int_equal(outcome.engine, 2);
        }
        vn_entry_deinit(&entry);
    }
    for (int kind = 0; kind <= VN_ENTRY_FINDING; kind++) { /* tills of that version lent nothing */
        assert_true(kinds[kind] > 0);
    }
    assert_int_equal(vn_batch_encode(&batch, &sample.written), VN_OK);
    sample_end(&sample);
}

static void test_wire_reads_a_feed_of_version_1(void **state)
{
    (void)state;
    struct sample sample;
    struct sample key_file;
    struct vn_public_key key;
    struct vn_feed_header header;
    struct vn_view line;
    sample_read(&sample, "v1/feed.ndjson");
    sample_read(&key_file, "v1/publishing-key.pem");
    assert_int_equal(vn_public_key_from_pem(vn_buf_view(&key_file.bytes), &key), VN_OK);
    vn_buf_deinit(&key_file.bytes);
    struct vn_view rest = vn_buf_view(&sample.bytes);
    assert_true(vn_wire_next_line(&rest, &line));
    assert_int_equal(vn_feed_header_decode(line, &header, &sample.error), VN_OK);
    assert_int_equal(header.cursor.epoch, 1);
    assert_int_equal(header.cursor.number, 345);
    assert_int_equal(header.count, VN_FEED_KINDS);
    assert_int_equal(vn_feed_header_encode(&header, &sample.written), VN_OK);
    assert_int_equal(vn_buf_append_str(&sample.written, "\n"), VN_OK);
    for (int kind = 0; kind < VN_FEED_KINDS; kind++) {
        struct vn_feed_item item;
        struct vn_buf text;
        vn_buf_init(&text, 1000);
        assert_true(vn_wire_next_line(&rest, &line));
        assert_int_equal(vn_feed_item_decode(line, &item, &sample.error), VN_OK);
        assert_int_equal(item.kind, kind);
        if (kind == VN_FEED_MEMBER) {
            assert_int_equal(item.card_count, 2);
            assert_int_equal(item.included_seq, 6);
            assert_int_equal(item.member.lots[1].amount, 740);
            assert_string_equal(item.member.segments[1], "families");
        } else if (kind == VN_FEED_RULESET || kind == VN_FEED_STOP) {
            struct vn_view what = kind == VN_FEED_STOP ? vn_view_str(item.key) : item.text;
            assert_int_equal(vn_feed_signed_text(item.kind, item.number, what, &text), VN_OK);
            assert_int_equal(
                vn_verify(&key, vn_buf_view(&text), vn_view_of(item.signature, item.signature_len)), VN_OK);
        }
        assert_int_equal(vn_feed_item_encode(&item, &sample.written), VN_OK);
        assert_int_equal(vn_buf_append_str(&sample.written, "\n"), VN_OK);
        vn_buf_deinit(&text);
        vn_feed_item_deinit(&item);
    }
    sample_end(&sample);
}

static void test_wire_reads_rights_of_version_1(void **state)
{
    (void)state;
    struct sample sample;
    struct vn_rights_request request;
    struct vn_rights_reply reply;
    sample_read(&sample, "v1/rights-request.json");
    assert_int_equal(vn_rights_request_decode(vn_buf_view(&sample.bytes), &request, &sample.error), VN_OK);
    assert_int_equal(request.wants[0].granted, 1200);
    assert_int_equal(vn_rights_request_encode(&request, &sample.written), VN_OK);
    sample_end(&sample);
    sample_read(&sample, "v1/rights-reply.json");
    assert_int_equal(vn_rights_reply_decode(vn_buf_view(&sample.bytes), &reply, &sample.error), VN_OK);
    assert_int_equal(reply.number, 8);
    assert_int_equal(reply.grants[0].slices[1].lot, 9020);
    assert_int_equal(reply.grants[0].free, 340);
    assert_int_equal(vn_rights_reply_encode(&reply, &sample.written), VN_OK);
    sample_end(&sample);
}

static void test_wire_reads_answers_of_version_1(void **state)
{
    (void)state;
    struct sample sample;
    struct vn_ack ack;
    struct vn_expected expected;
    sample_read(&sample, "v1/ack.json");
    assert_int_equal(vn_ack_decode(vn_buf_view(&sample.bytes), &ack, &sample.error), VN_OK);
    assert_int_equal(ack.durable_seq, 4);
    assert_int_equal(ack.spread_s, 30);
    assert_int_equal(vn_ack_encode(&ack, &sample.written), VN_OK);
    sample_end(&sample);
    sample_read(&sample, "v1/expected.json");
    assert_int_equal(vn_expected_decode(vn_buf_view(&sample.bytes), &expected, &sample.error), VN_OK);
    assert_int_equal(expected.expected_seq, 9);
    assert_int_equal(vn_expected_encode(&expected, &sample.written), VN_OK);
    sample_end(&sample);
}

static void test_wire_reads_enrolment_of_version_1(void **state)
{
    (void)state;
    struct sample sample;
    static struct vn_enrol_request request;
    static struct vn_enrol_reply reply;
    sample_read(&sample, "v1/enrol-request.json");
    assert_int_equal(vn_enrol_request_decode(vn_buf_view(&sample.bytes), &request, &sample.error), VN_OK);
    assert_string_equal(request.code, "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z");
    assert_int_equal(vn_enrol_request_encode(&request, &sample.written), VN_OK);
    sample_end(&sample);
    sample_read(&sample, "v1/enrol-reply.json");
    assert_int_equal(vn_enrol_reply_decode(vn_buf_view(&sample.bytes), &reply, &sample.error), VN_OK);
    assert_string_equal(reply.till, "3");
    assert_int_equal(reply.card_key[31], 0x5a);
    assert_int_equal(vn_enrol_reply_encode(&reply, &sample.written), VN_OK);
    sample_end(&sample);
}

static void test_wire_reads_a_stamp_of_version_1(void **state)
{
    (void)state;
    struct sample sample;
    struct vn_stamp stamp;
    char text[VN_STAMP_TEXT_MAX];
    sample_read(&sample, "v1/stamp.txt");
    assert_int_equal(vn_stamp_read(vn_buf_view(&sample.bytes), &stamp, &sample.error), VN_OK);
    assert_int_equal(stamp.head_seq, 8);
    assert_int_equal(stamp.cursor.number, 345);
    assert_int_equal(stamp.grant, 7);
    vn_stamp_write(&stamp, text);
    assert_int_equal(vn_buf_append_str(&sample.written, text), VN_OK);
    sample_end(&sample);
}

/* What the entry says of its sale; a commit that names its hold has it from there. */
static bool read_sale(const struct vn_batch *batch, const struct vn_entry *entry, struct vn_entry_sale *said)
{
    struct vn_error error;
    assert_int_equal(vn_entry_sale_read(entry, &basket, &outcome, said, &error), VN_OK);
    bool held = said->held > 0;
    if (held) {
        assert_true(said->held <= batch->count);
        assert_int_equal(
            vn_entry_hold_read(entry, batch->bodies[said->held - 1], &basket, &outcome, said, &error), VN_OK);
    }
    return held;
}

static void test_wire_reads_a_day_of_version_2(void **state)
{
    (void)state;
    struct sample sample;
    struct vn_batch batch;
    unsigned kinds[VN_ENTRY_KINDS] = {0};
    unsigned held = 0;
    sample_read(&sample, "v2/journal.ndjson");
    assert_int_equal(vn_batch_decode(vn_buf_view(&sample.bytes), &batch, &sample.error), VN_OK);
    for (unsigned i = 0; i < batch.count; i++) {
        struct vn_entry entry;
        struct vn_entry_sale said;
        read_and_write(batch.bodies[i], &entry);
        kinds[entry.kind]++;
        if (entry.kind == VN_ENTRY_HOLD || entry.kind == VN_ENTRY_COMMIT) {
            held += read_sale(&batch, &entry, &said);
            assert_true(said.has_basket && said.has_outcome);
            assert_string_equal(basket.key.receipt, entry.sale.receipt);
            assert_int_equal(outcome.engine, 2);
            assert_int_equal(outcome.line_count, basket.line_count);
        }
        vn_entry_deinit(&entry);
    }
    assert_true(held > 5);
    for (int kind = 0; kind <= VN_ENTRY_FINDING; kind++) { /* tills of that version lent nothing */
        assert_true(kinds[kind] > 0);
    }
    assert_int_equal(vn_batch_encode(&batch, &sample.written), VN_OK);
    sample_end(&sample);
}

/* What stands in a feed, by kind, and what is new in version 2. */
struct told {
    unsigned kinds[VN_FEED_KINDS];
    unsigned aliases, blocked;
};

static void hear(struct vn_view line, int64_t included_seq, struct told *told, struct vn_buf *written)
{
    static struct vn_feed_item item;
    struct vn_error error;
    assert_int_equal(vn_feed_item_decode(line, &item, &error), VN_OK);
    told->kinds[item.kind]++;
    told->aliases += item.kind == VN_FEED_ITEM && item.key[0] != '\0';
    if (item.kind == VN_FEED_MEMBER) {
        assert_int_equal(item.included_seq, included_seq);
        told->blocked += item.member.blocked;
        assert_int_equal(item.member.account[0], item.member.blocked ? 'b' : 'w');
    }
    assert_int_equal(vn_feed_item_encode(&item, written), VN_OK);
    assert_int_equal(vn_buf_append_str(written, "\n"), VN_OK);
    vn_feed_item_deinit(&item);
}

/* A frame that tills share, and the same as one till's own. */
static void test_wire_reads_feeds_of_version_2(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t included_seq;
    } files[] = {{"v2/feed.ndjson", -1}, {"v2/feed-own.ndjson", 1}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct sample sample;
        struct vn_feed_header header;
        struct told told = {.aliases = 0};
        struct vn_view line;
        sample_read(&sample, files[i].name);
        struct vn_view rest = vn_buf_view(&sample.bytes);
        assert_true(vn_wire_next_line(&rest, &line));
        assert_int_equal(vn_feed_header_decode(line, &header, &sample.error), VN_OK);
        assert_int_equal(vn_feed_header_encode(&header, &sample.written), VN_OK);
        assert_int_equal(vn_buf_append_str(&sample.written, "\n"), VN_OK);
        while (vn_wire_next_line(&rest, &line)) {
            hear(line, files[i].included_seq, &told, &sample.written);
        }
        for (int kind = 0; kind < VN_FEED_KINDS; kind++) {
            assert_true(told.kinds[kind] > 0);
        }
        assert_int_equal(told.aliases, 2);
        assert_int_equal(told.blocked, 1);
        sample_end(&sample);
    }
}

static void test_wire_reads_messages_of_version_2(void **state)
{
    (void)state;
    struct sample sample;
    struct vn_ack ack;
    struct vn_signup signup;
    static struct vn_renew_request request;
    static struct vn_renew_reply reply;
    sample_read(&sample, "v2/ack.json");
    assert_int_equal(vn_ack_decode(vn_buf_view(&sample.bytes), &ack, &sample.error), VN_OK);
    assert_int_equal(ack.acked_seq, 4);
    assert_int_equal(vn_ack_encode(&ack, &sample.written), VN_OK);
    sample_end(&sample);
    sample_read(&sample, "v2/signup.json");
    assert_int_equal(vn_signup_decode(vn_buf_view(&sample.bytes), &signup, &sample.error), VN_OK);
    assert_string_equal(signup.first_name, "Ana");
    assert_string_equal(signup.consents[0], "sms");
    assert_int_equal(vn_signup_encode(&signup, &sample.written), VN_OK);
    sample_end(&sample);
    sample_read(&sample, "v2/renew-request.json");
    assert_int_equal(vn_renew_request_decode(vn_buf_view(&sample.bytes), &request, &sample.error), VN_OK);
    assert_int_equal(vn_renew_request_encode(&request, &sample.written), VN_OK);
    sample_end(&sample);
    sample_read(&sample, "v2/renew-reply.json");
    assert_int_equal(vn_renew_reply_decode(vn_buf_view(&sample.bytes), &reply, &sample.error), VN_OK);
    assert_non_null(strstr(reply.certificate, "BEGIN CERTIFICATE"));
    assert_int_equal(vn_renew_reply_encode(&reply, &sample.written), VN_OK);
    sample_end(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_reads_a_journal_of_version_1),
        cmocka_unit_test(test_wire_reads_a_day_of_version_1_and_engine_2),
        cmocka_unit_test(test_wire_reads_a_feed_of_version_1),
        cmocka_unit_test(test_wire_reads_rights_of_version_1),
        cmocka_unit_test(test_wire_reads_answers_of_version_1),
        cmocka_unit_test(test_wire_reads_enrolment_of_version_1),
        cmocka_unit_test(test_wire_reads_a_stamp_of_version_1),
        cmocka_unit_test(test_wire_reads_a_day_of_version_2),
        cmocka_unit_test(test_wire_reads_feeds_of_version_2),
        cmocka_unit_test(test_wire_reads_messages_of_version_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
