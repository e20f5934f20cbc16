#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sync/wire/batch.h"
#include "sync/wire/entry.h"
#include "sync/wire/feed.h"
#include "sync/wire/rights.h"

static void assert_hex(const struct vn_hash *hash, const char *wanted)
{
    char text[2 * VN_HASH_SIZE + 1];
    vn_hex_encode(vn_view_of(hash->bytes, sizeof hash->bytes), text);
    assert_string_equal(text, wanted);
}

/* Reckoned independently: printf 'verno-journal-1BBBBBBBBBBBBBBBB' | sha256sum, and so on. */
static void test_chain_is_as_published(void **state)
{
    (void)state;
    struct vn_enrolment_id enrolment;
    struct vn_hash hash;
    memset(enrolment.bytes, 0x42, sizeof enrolment.bytes);
    vn_chain_start(&enrolment, &hash);
    assert_hex(&hash, "2ae113d596a9d51a6ae16815c70a229d93120833477c858999b35dc19ba5f367");
    vn_chain_next(&hash, 1, vn_view_str("{}"), &hash);
    assert_hex(&hash, "57cc1d609c5b75982aea55c85eb0bf304abd8fa582a1d713970c29bc1b00f6d9");
}

static enum vn_status decode(const char *text, struct vn_entry *entry, struct vn_error *error)
{
    return vn_entry_decode(vn_view_str(text), entry, error);
}

static void test_entry_of_a_newer_version_keeps_its_counters(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"v\":3,\"kind\":\"commit\",\"t\":\"later\",\"rights\":[{\"account\":\"w1\",\"granted\":5,\"in\":0,"
        "\"out\":3,\"move\":3,\"why\":1}]}",
        "{\"v\":1,\"kind\":\"lend\",\"rights\":[{\"account\":\"w1\",\"granted\":5,\"in\":0,\"out\":3,"
        "\"move\":3}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct vn_entry entry;
        struct vn_error error;
        assert_int_equal(decode(texts[i], &entry, &error), VN_UNSUPPORTED);
        assert_int_equal(entry.right_count, 1);
        assert_string_equal(entry.rights[0].account, "w1");
        assert_int_equal(vn_counters_available(&entry.rights[0]), 2);
        vn_entry_deinit(&entry);
    }
}

static void test_entry_refuses_what_can_not_be(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pointer;
    } cases[] = {
        {"[]", "/v"},
        {"{\"v\":1}", "/kind"},
        {"{\"v\":1,\"kind\":\"boot\",\"t\":1.5,\"mono\":0}", "/t"},
        {"{\"v\":2,\"kind\":\"boot\",\"t\":1,\"mono\":0}", "/up_since"},
        {"{\"v\":2,\"kind\":\"boot\",\"t\":1,\"up_since\":2}", "/up_since"},
        {"{\"v\":2,\"kind\":\"boot\",\"t\":1,\"up_since\":-9007199254740991}", "/up_since"},
        {"{\"v\":1,\"kind\":\"boot\",\"t\":1,\"mono\":0,\"sale\":[\"1\",\"2\"]}", "/sale"},
        {"{\"v\":1,\"kind\":\"boot\",\"t\":1,\"mono\":0,\"sale\":[\"1\",\"2\",3]}", "/sale/2"},
        {"{\"v\":1,\"kind\":\"boot\",\"t\":1,\"mono\":0,\"card\":\"00ff\"}", "/card"},
        {"{\"v\":1,\"kind\":\"boot\",\"t\":1,\"mono\":0,\"points\":9000000000000000000}", "/points"},
        {"{\"v\":1,\"kind\":\"boot\",\"t\":1,\"mono\":0,\"body\":[]}", "/body"},
        {"{\"v\":1,\"kind\":\"boot\",\"rights\":[{\"account\":\"\",\"granted\":1,\"in\":0,\"out\":0,"
         "\"move\":0}]}",
         "/rights/0/account"},
        {"{\"v\":1,\"kind\":\"boot\",\"rights\":[{\"account\":\"a\",\"granted\":-1,\"in\":0,\"out\":0,"
         "\"move\":0}]}",
         "/rights/0/granted"},
        {"{\"v\":1,\"kind\":\"boot\",\"rights\":[{\"account\":\"a\",\"granted\":1,\"in\":0,\"out\":0,"
         "\"move\":0},{\"account\":\"a\",\"granted\":1,\"in\":0,\"out\":0,\"move\":0}]}",
         "/rights"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_entry entry;
        struct vn_error error;
        assert_int_equal(decode(cases[i].text, &entry, &error), VN_INPUT);
        assert_string_equal(error.pointer, cases[i].pointer);
        assert_int_equal(entry.right_count, 0);
        vn_entry_deinit(&entry);
    }
}

static void test_entry_with_a_wrong_clock_is_still_an_entry(void **state)
{
    (void)state;
    struct vn_entry entry;
    struct vn_entry read;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, VN_ENTRY_MAX);
    vn_entry_init(&entry, VN_ENTRY_FINDING);
    entry.wall_ms = -86400000; /* 1969 */
    assert_int_equal(vn_entry_encode(&entry, &out), VN_OK);
    assert_int_equal(vn_entry_decode(vn_buf_view(&out), &read, &error), VN_OK);
    assert_int_equal(read.wall_ms, -86400000);
    assert_false(read.has_sale);
    (void)snprintf(entry.account, sizeof entry.account, "%s", "w\n1");
    size_t before = out.len;
    assert_int_equal(vn_entry_encode(&entry, &out), VN_ARG);
    assert_int_equal(out.len, before);
    vn_buf_deinit(&out);
}

static struct vn_buf make_batch(void)
{
    static const char *const bodies[] = {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"};
    struct vn_batch batch;
    struct vn_buf out;
    memset(&batch, 0, sizeof batch);
    vn_buf_init(&out, VN_BATCH_BYTES_MAX);
    vn_chain_start(&batch.enrolment, &batch.prev_hash);
    batch.head = batch.prev_hash;
    batch.from_seq = 1;
    batch.count = 3;
    for (unsigned i = 0; i < 3; i++) {
        batch.bodies[i] = vn_view_str(bodies[i]);
        vn_chain_next(&batch.head, 1 + i, batch.bodies[i], &batch.head);
    }
    assert_int_equal(vn_batch_encode(&batch, &out), VN_OK);
    return out;
}

static void test_batch_that_was_changed_is_found(void **state)
{
    (void)state;
    struct vn_buf good = make_batch();
    struct vn_batch read;
    struct vn_error error;
    assert_int_equal(vn_batch_decode(vn_buf_view(&good), &read, &error), VN_OK);
    for (size_t i = 0; i < good.len; i++) {
        uint8_t kept = good.data[i];
        good.data[i] ^= 1;
        enum vn_status status = vn_batch_decode(vn_buf_view(&good), &read, &error);
        bool enrolment = i >= 25 && i < 57; /* bound by hash(0), which the hub knows, not by this batch */
        if (!enrolment) {
            assert_int_not_equal(status, VN_OK);
        }
        good.data[i] = kept;
    }
    for (size_t len = 0; len < good.len - 1; len++) { /* the last line feed may be missing */
        assert_int_not_equal(vn_batch_decode(vn_view_of(good.data, len), &read, &error), VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&good, "{}\n"), VN_OK);
    assert_int_equal(vn_batch_decode(vn_buf_view(&good), &read, &error), VN_INPUT);
    vn_buf_deinit(&good);
}

/* A batch of one entry of so many bytes, whose hashes are right. */
static enum vn_status decode_one(size_t len)
{
    struct vn_batch read;
    struct vn_error error;
    struct vn_hash start;
    struct vn_hash head;
    char before[2 * VN_HASH_SIZE + 1];
    char after[2 * VN_HASH_SIZE + 1];
    struct vn_enrolment_id enrolment = {{0x42}};
    struct vn_buf body;
    struct vn_buf text;
    vn_buf_init(&body, len);
    vn_buf_init(&text, len + 1024);
    assert_int_equal(vn_buf_reserve(&body, len), VN_OK);
    memset(body.data, 'x', len);
    body.len = len;
    vn_chain_start(&enrolment, &start);
    vn_chain_next(&start, 1, vn_buf_view(&body), &head);
    vn_hex_encode(vn_view_of(start.bytes, VN_HASH_SIZE), before);
    vn_hex_encode(vn_view_of(head.bytes, VN_HASH_SIZE), after);
    assert_int_equal(vn_buf_printf(&text,
                                   "{\"schema\":1,\"enrolment\":\"42000000000000000000000000000000\","
                                   "\"from_seq\":1,\"prev_hash\":\"%s\",\"count\":1,\"head\":\"%s\"}\n",
                                   before, after),
                     VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_buf_view(&body)), VN_OK);
    enum vn_status status = vn_batch_decode(vn_buf_view(&text), &read, &error);
    vn_buf_deinit(&body);
    vn_buf_deinit(&text);
    return status;
}

static void test_entries_and_batches_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(decode_one(VN_ENTRY_MAX), VN_OK);
    assert_int_equal(decode_one(VN_ENTRY_MAX + 1), VN_INPUT);
    assert_int_equal(decode_one(VN_BATCH_BYTES_MAX), VN_INPUT);
}

static void test_batch_of_a_newer_schema_is_unsupported(void **state)
{
    (void)state;
    struct vn_batch read;
    struct vn_ack ack;
    struct vn_error error;
    assert_int_equal(vn_batch_decode(vn_view_str("{\"schema\":2,\"more\":1}\n"), &read, &error),
                     VN_UNSUPPORTED);
    assert_int_equal(vn_batch_decode(vn_view_str("{\"schema\":0}\n"), &read, &error), VN_INPUT);
    assert_int_equal(vn_ack_decode(vn_view_str("{\"schema\":9}"), &ack, &error), VN_UNSUPPORTED);
}

#define HEX32 "42424242424242424242424242424242"
#define HEX64 HEX32 HEX32

static void test_stamp_takes_any_order_and_refuses_doubles(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum vn_status status;
    } cases[] = {
        {"grant=7;cursor=1.345;acked=40;boot=" HEX32 ";hash=" HEX64 ";seq=42;enrolment=" HEX32 ";new=x",
         VN_OK},
        {"grant=7;grant=8;cursor=1.3;acked=4;boot=" HEX32 ";hash=" HEX64 ";seq=42;enrolment=" HEX32,
         VN_INPUT},
        {"grant=-7;cursor=1.345;acked=40;boot=" HEX32 ";hash=" HEX64 ";seq=42;enrolment=" HEX32, VN_INPUT},
        {"grant=7;cursor=1345;acked=40;boot=" HEX32 ";hash=" HEX64 ";seq=42;enrolment=" HEX32, VN_INPUT},
        {"grant=7;cursor=1.345;acked=;boot=" HEX32 ";hash=" HEX64 ";seq=42;enrolment=" HEX32, VN_INPUT},
        {"grant=7;cursor=1.3;acked=4;boot=" HEX32 ";hash=" HEX32 ";seq=42;enrolment=" HEX32, VN_INPUT},
        {"grant=7;cursor=1.345;acked=40;boot=" HEX32 ";hash=" HEX64 ";seq=9999999999999999;enrolment=" HEX32,
         VN_INPUT},
        {"grant=7", VN_INPUT},
        {"", VN_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_stamp stamp;
        struct vn_error error;
        assert_int_equal(vn_stamp_read(vn_view_str(cases[i].text), &stamp, &error), cases[i].status);
    }
}

static void test_rights_refuse_an_account_twice(void **state)
{
    (void)state;
    struct vn_rights_request request;
    struct vn_error error;
    const char *text = "{\"schema\":1,\"wants\":[{\"account\":\"w1\",\"granted\":1},{\"account\":\"w1\","
                       "\"granted\":2}]}";
    assert_int_equal(vn_rights_request_decode(vn_view_str(text), &request, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/wants/1/account");
}

static void test_rights_say_what_a_name_is_made_of(void **state)
{
    (void)state;
    static struct vn_rights_request in;
    static struct vn_rights_request out;
    struct vn_error error;
    struct vn_buf bytes;
    vn_buf_init(&bytes, 4096);
    in = (struct vn_rights_request){
        .count = 3,
        .wants = {{"w1", 7, false, {"", "", 0, ""}},
                  {"n0123456789abcdef", 1, true, {"p", "w1", 20779, ""}},
                  {"s0123456789abcdef", 10, true, {"free-coffee", "w1", 0, "coffee"}}}};
    assert_int_equal(vn_rights_request_encode(&in, &bytes), VN_OK);
    assert_int_equal(vn_rights_request_decode(vn_buf_view(&bytes), &out, &error), VN_OK);
    assert_false(out.wants[0].has_of);
    assert_int_equal(out.wants[1].of.day, 20779);
    assert_string_equal(out.wants[1].of.member, "w1");
    assert_string_equal(out.wants[2].of.promotion, "free-coffee");
    assert_string_equal(out.wants[2].of.card, "coffee");
    const char *nameless = "{\"schema\":1,\"wants\":[{\"account\":\"n1\",\"granted\":1,\"of\":{}}]}";
    assert_int_equal(vn_rights_request_decode(vn_view_str(nameless), &out, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/wants/0/of/promotion");
    vn_buf_deinit(&bytes);
}

static void test_rights_reply_asks_back(void **state)
{
    (void)state;
    static struct vn_rights_reply in;
    static struct vn_rights_reply out;
    struct vn_error error;
    struct vn_buf bytes;
    vn_buf_init(&bytes, 4096);
    in = (struct vn_rights_reply){.number = 3,
                                  .count = 1,
                                  .grants = {{.account = "w1", .granted = 5, .free = 2, .elsewhere = 9}},
                                  .back_count = 1,
                                  .back = {{.account = "w2", .released = 300}},
                                  .asked = 4,
                                  .reason = "two tills were not heard of since the hub was set back"};
    assert_int_equal(vn_rights_reply_encode(&in, &bytes), VN_OK);
    assert_int_equal(vn_rights_reply_decode(vn_buf_view(&bytes), &out, &error), VN_OK);
    assert_memory_equal(&in, &out, sizeof in);
    const char *twice =
        "{\"schema\":1,\"number\":0,\"grants\":[],\"back\":[{\"account\":\"w1\",\"released\":1},"
        "{\"account\":\"w1\",\"released\":2}]}";
    assert_int_equal(vn_rights_reply_decode(vn_view_str(twice), &out, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/back/1/account");
    in.back_count = VN_RIGHTS_MAX + 1;
    assert_int_equal(vn_rights_reply_encode(&in, &bytes), VN_ARG);
    vn_buf_deinit(&bytes);
}

/* Without it, it is of an older hub; what this version does not know is read over, as older tills read over the enrolment. */
static void test_rights_reply_says_whose_it_is(void **state)
{
    (void)state;
    static struct vn_rights_reply in;
    static struct vn_rights_reply out;
    struct vn_error error;
    struct vn_buf bytes;
    vn_buf_init(&bytes, 4096);
    in = (struct vn_rights_reply){.has_enrolment = true, .enrolment = {{0xab, 0xcd}}, .number = 3};
    assert_int_equal(vn_rights_reply_encode(&in, &bytes), VN_OK);
    assert_int_equal(vn_rights_reply_decode(vn_buf_view(&bytes), &out, &error), VN_OK);
    assert_true(out.has_enrolment);
    assert_memory_equal(&in.enrolment, &out.enrolment, sizeof in.enrolment);
    assert_int_equal(
        vn_rights_reply_decode(vn_view_str("{\"schema\":1,\"later\":{\"x\":[1]},\"number\":0,\"grants\":[]}"),
                               &out, &error),
        VN_OK);
    assert_false(out.has_enrolment);
    const char *no_hex = "{\"schema\":1,\"enrolment\":\"till-1\",\"number\":0,\"grants\":[]}";
    assert_int_equal(vn_rights_reply_decode(vn_view_str(no_hex), &out, &error), VN_INPUT);
    assert_string_equal(error.pointer, "/enrolment");
    vn_buf_deinit(&bytes);
}

static void test_rights_mark_in_a_header(void **state)
{
    (void)state;
    char text[VN_RIGHTS_MARK_MAX];
    struct vn_rights_mark mark = {VN_NUMBER_MAX, VN_NUMBER_MAX};
    struct vn_rights_mark read;
    vn_rights_mark_write(&mark, text);
    assert_int_equal(vn_rights_mark_read(vn_view_str(text), &read), VN_OK);
    assert_memory_equal(&mark, &read, sizeof mark);
    static const char *const wrong[] = {"",   ".", "7", "7.", ".7", "-7.1", "7.1.1", "99999999999999999.1",
                                        "7.x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(vn_rights_mark_read(vn_view_str(wrong[i]), &read), VN_INPUT);
    }
}

static void test_feed_skips_what_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum vn_status status;
    } cases[] = {
        {"{\"kind\":\"budget\",\"amount\":5}", VN_UNSUPPORTED},
        {"{\"kind\":\"item-gone\",\"key\":\"1\",\"reason\":\"new field\"}", VN_OK},
        {"{\"kind\":\"item-gone\",\"key\":\"\"}", VN_INPUT},
        {"{\"kind\":\"item-gone\"}", VN_INPUT},
        {"{\"kind\":\"member\",\"cards\":[\"00\"],\"included_seq\":1,\"member\":{\"account\":\"w1\"}}",
         VN_INPUT},
        {"{\"kind\":\"member\",\"cards\":[],\"included_seq\":1,\"member\":{\"account\":\"w1\"}}", VN_OK},
        {"{\"kind\":\"member\",\"cards\":[],\"member\":{\"account\":\"w1\"}}",
         VN_OK}, /* the header says it */
        {"{\"kind\":\"member\",\"cards\":[],\"included_seq\":-1,\"member\":{\"account\":\"w1\"}}", VN_INPUT},
        {"{\"kind\":\"member\",\"cards\":[],\"included_seq\":1,\"member\":{}}", VN_INPUT},
        {"{\"kind\":\"stop\",\"key\":\"p\",\"number\":0,\"signature\":\"00\"}", VN_INPUT},
        {"{\"kind\":\"stop\",\"key\":\"p\",\"number\":1,\"signature\":\"0\"}", VN_INPUT},
        {"{\"kind\":\"stop\",\"key\":\"p\",\"number\":1}", VN_INPUT},
        {"{\"kind\":\"ruleset\",\"number\":1,\"signature\":\"00\",\"text\":7}", VN_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_feed_item item;
        struct vn_error error;
        assert_int_equal(vn_feed_item_decode(vn_view_str(cases[i].text), &item, &error), cases[i].status);
        vn_feed_item_deinit(&item);
    }
}

static void test_lines_are_cut_at_line_feeds_alone(void **state)
{
    (void)state;
    struct vn_view rest = vn_view_str("a\n\nb\rc");
    struct vn_view line;
    assert_true(vn_wire_next_line(&rest, &line) && vn_view_is(line, "a"));
    assert_true(vn_wire_next_line(&rest, &line) && vn_view_is(line, ""));
    assert_true(vn_wire_next_line(&rest, &line) && vn_view_is(line, "b\rc"));
    assert_false(vn_wire_next_line(&rest, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_is_as_published),
        cmocka_unit_test(test_entry_of_a_newer_version_keeps_its_counters),
        cmocka_unit_test(test_entry_refuses_what_can_not_be),
        cmocka_unit_test(test_entry_with_a_wrong_clock_is_still_an_entry),
        cmocka_unit_test(test_batch_that_was_changed_is_found),
        cmocka_unit_test(test_entries_and_batches_are_bounded),
        cmocka_unit_test(test_batch_of_a_newer_schema_is_unsupported),
        cmocka_unit_test(test_stamp_takes_any_order_and_refuses_doubles),
        cmocka_unit_test(test_rights_refuse_an_account_twice),
        cmocka_unit_test(test_rights_say_what_a_name_is_made_of),
        cmocka_unit_test(test_rights_reply_asks_back),
        cmocka_unit_test(test_rights_reply_says_whose_it_is),
        cmocka_unit_test(test_rights_mark_in_a_header),
        cmocka_unit_test(test_feed_skips_what_it_does_not_know),
        cmocka_unit_test(test_lines_are_cut_at_line_feeds_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
