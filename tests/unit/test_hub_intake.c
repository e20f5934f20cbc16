/* Reading what a till sent: the scanner beside jansson, and batches whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/json.h"
#include "agent/base/random.h"
#include "sync/hub/ingest/intake.h"
#include "sync/hub/ingest/intake_scan.h"
#include "sync/net/gzip.h"

#define MUTATIONS 100000
#define LINE_MAX  1024

/* As tills write them, and as nobody does. */
static const char *const lines[] = {
    "{\"v\":1,\"kind\":\"boot\",\"t\":1795334400123,\"mono\":81234,\"body\":{\"boot\":"
    "\"d70d3259e4e1cb631c663cf4d73c4c04\",\"version\":\"0.1.0\",\"engine\":1}}",
    "{\"v\":1,\"kind\":\"grant\",\"t\":1795334401623,\"mono\":82734,\"rights\":[{\"account\":\"w42\","
    "\"granted\":700,"
    "\"in\":0,\"out\":0,\"move\":700}],\"body\":{\"number\":7,\"slices\":[]}}",
    "{\"v\":1,\"kind\":\"commit\",\"t\":-5,\"mono\":0,\"sale\":[\"1\",\"2026-11-22\",\"17\"],\"account\":"
    "\"w42\","
    "\"points\":-35,\"body\":{\"fiscal\":\"F\\u010d\\n\\\"\\\\\",\"late\":true,\"differs\":false,\"basket\":"
    "null}}",
    "{\"body\":{\"text\":\"\xc4\x8d \xe2\x82\xac \xf0\x9f\x98\x80 \\ud83d\\ude00\"},\"t\":0,\"k\\u0069nd\":"
    "\"f\\u0069nding\",\"mono\":1,\"v\":1}",
    " { \"v\" : 1 ,\t\"kind\" : \"void\" , \"t\" : 9007199254740991 , \"mono\" : 3 , \"body\" : [ [ [ ] , { "
    "} ] ] } ",
    "{\"v\":2,\"kind\":\"later\",\"t\":1,\"x\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}",
    "{\"v\":9223372036854775807,\"kind\":\"hold\",\"t\":-9223372036854775808,\"mono\":0}",
};

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    struct vn_random random = vn_random_seeded(seed);
    uint32_t value = 0;
    assert_int_equal(vn_random_fill(&random, (uint8_t *)&value, sizeof value), VN_OK);
    return value % below;
}

static size_t splice(uint8_t *line, size_t len, size_t at, size_t cut, const void *put, size_t put_len)
{
    cut = cut > len - at ? len - at : cut;
    if (len - cut + put_len > LINE_MAX) {
        return len;
    }
    memmove(line + at + put_len, line + at + cut, len - at - cut);
    memcpy(line + at, put, put_len);
    return len - cut + put_len;
}

static size_t mutate(uint64_t *seed, uint8_t *line, size_t len)
{
    static const char *const words[] = {"\"",
                                        "\\",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "null",
                                        "true",
                                        "-",
                                        "0",
                                        "1e5",
                                        "1.5",
                                        "\\u0000",
                                        "\\ud800",
                                        "\\udc00",
                                        "\xc3\xa9",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80",
                                        "\xc0\xaf",
                                        "\"kind\":\"used\",",
                                        "\"t\":7,",
                                        "99999999999999999999",
                                        " ",
                                        "\n",
                                        "\x01"};
    uint8_t copy[64];
    size_t at = draw(seed, (uint32_t)len + 1);
    uint8_t byte = (uint8_t)draw(seed, 256);
    switch (draw(seed, 6)) {
    case 0: return splice(line, len, at, 1, &byte, 1);
    case 1: return splice(line, len, at, 1 + draw(seed, 8), "", 0);
    case 2: {
        size_t from = draw(seed, (uint32_t)len + 1);
        size_t part = draw(seed, sizeof copy);
        part = part > len - from ? len - from : part;
        memcpy(copy, line + from, part);
        return splice(line, len, at, 0, copy, part);
    }
    case 3: return at == 0 ? len : at; /* cut short */
    default: {
        const char *word = words[draw(seed, sizeof words / sizeof *words)];
        return splice(line, len, at, draw(seed, 3), word, strlen(word));
    }
    }
}

static bool has_real(const json_t *value)
{
    size_t i = 0;
    const char *key = NULL;
    json_t *child = NULL;
    if (json_is_array(value)) {
        json_array_foreach(value, i, child)
        {
            if (has_real(child)) {
                return true;
            }
        }
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        if (has_real(child)) {
            return true;
        }
    }
    return json_is_real(value);
}

/* What the scanner took, jansson reads likewise. Keys of it that come twice are refused by the scanner alone. */
static void compare_taken(struct vn_view line, const struct vn_scan *scan)
{
    json_error_t error;
    json_t *tree = json_loadb((const char *)line.data, line.len, 0, &error);
    assert_non_null(tree);
    assert_true(json_is_object(tree) && !has_real(tree));
    assert_int_equal(json_integer_value(json_object_get(tree, "v")), scan->version);
    assert_int_equal(json_integer_value(json_object_get(tree, "t")), scan->wall_ms);
    const char *kind = json_string_value(json_object_get(tree, "kind"));
    assert_non_null(kind);
    if (scan->kind < VN_ENTRY_KINDS) {
        assert_string_equal(kind, vn_entry_kind_name(scan->kind));
    }
    json_decref(tree);
}

/* Returns whether the scanner took it. */
static bool compare(struct vn_view line)
{
    struct vn_scan scan;
    struct vn_error error;
    struct vn_entry *entry = malloc(sizeof *entry);
    assert_non_null(entry);
    enum vn_status status = vn_intake_scan(line, &scan);
    if (status == VN_OK) {
        compare_taken(line, &scan);
    }
    if (vn_entry_decode(line, entry, &error) == VN_OK && status != VN_OK) {
        json_error_t where;
        json_t *tree = json_loadb((const char *)line.data, line.len, 0, &where);
        /* what the scanner is stricter with: fractions, and a NUL, which jansson passes over after a number */
        assert_true(has_real(tree) || memchr(line.data, '\0', line.len) != NULL);
        json_decref(tree);
    }
    vn_entry_deinit(entry);
    free(entry);
    return status == VN_OK;
}

static void test_the_scanner_takes_what_jansson_takes(void **state)
{
    uint64_t seed = 20261122;
    unsigned taken = 0;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_true(compare(vn_view_str(lines[i])));
    }
    for (unsigned i = 0; i < MUTATIONS; i++) {
        uint8_t line[LINE_MAX];
        const char *from = lines[draw(&seed, sizeof lines / sizeof *lines)];
        size_t len = strlen(from);
        for (size_t at = 0; at < len; at++) { /* without its NUL */
            line[at] = (uint8_t)from[at];
        }
        for (uint32_t times = 1 + draw(&seed, 3); times > 0; times--) {
            len = mutate(&seed, line, len);
        }
        uint8_t *exact = malloc(len + 1); /* so that a byte read beyond the end is noticed */
        assert_non_null(exact);
        memcpy(exact, line, len);
        taken += compare(vn_view_of(exact, len)) ? 1 : 0;
        free(exact);
    }
    assert_in_range(taken, MUTATIONS / 20, MUTATIONS / 2);
}

static void test_the_scanner_says_what_the_envelope_says(void **state)
{
    struct vn_scan scan;
    (void)state;
    assert_int_equal(vn_intake_scan(vn_view_str(lines[2]), &scan), VN_OK);
    assert_int_equal(scan.kind, VN_ENTRY_COMMIT);
    assert_int_equal(scan.wall_ms, -5);
    assert_int_equal(vn_intake_scan(vn_view_str(lines[3]), &scan), VN_OK);
    assert_int_equal(scan.kind, VN_ENTRY_FINDING);
    assert_int_equal(vn_intake_scan(vn_view_str(lines[5]), &scan), VN_OK);
    assert_int_equal(scan.kind, VN_ENTRY_KINDS);
    assert_int_equal(scan.version, 2);
    static const char *const refused[] = {
        "",
        "[]",
        "{}",
        "{\"v\":1,\"kind\":\"void\"}",
        "{\"v\":1,\"kind\":\"void\",\"t\":1,\"t\":2}",
        "{\"v\":1,\"kind\":\"void\",\"t\":1}x",
        "{\"v\":1,\"kind\":\"void\",\"t\":01}",
        "{\"v\":1,\"kind\":\"void\",\"t\":1.0}",
        "{\"v\":1,\"kind\":\"void\",\"t\":9223372036854775808}",
        "{\"v\":1,\"kind\":\"a name that is longer than any of ours\",\"t\":1}",
        "{\"v\":1,\"kind\":\"void\",\"t\":1,\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(vn_intake_scan(vn_view_str(refused[i]), &scan), VN_INPUT);
        assert_int_equal(scan.kind, VN_ENTRY_KINDS);
    }
}

/* --- batches ---------------------------------------------------------------------------------------------- */

static void encode(const char *const *bodies, unsigned count, struct vn_batch *batch, struct vn_buf *out)
{
    memset(batch, 0, sizeof *batch);
    memset(batch->enrolment.bytes, 0x42, VN_ID_BYTES);
    batch->from_seq = 7;
    memset(batch->prev_hash.bytes, 9, VN_HASH_SIZE);
    batch->head = batch->prev_hash;
    batch->count = count;
    for (unsigned i = 0; i < count; i++) {
        batch->bodies[i] = vn_view_str(bodies[i]);
        vn_chain_next(&batch->head, batch->from_seq + i, batch->bodies[i], &batch->head);
    }
    vn_buf_init(out, VN_BATCH_BYTES_MAX);
    assert_int_equal(vn_batch_encode(batch, out), VN_OK);
}

static void check_read(const struct vn_batch *batch, const struct vn_intake *intake)
{
    struct vn_batch *again = calloc(1, sizeof *again);
    struct vn_error error;
    struct vn_buf text;
    assert_non_null(again);
    vn_buf_init(&text, VN_BATCH_BYTES_MAX);
    assert_memory_equal(intake->enrolment.bytes, batch->enrolment.bytes, VN_ID_BYTES);
    assert_int_equal(intake->from_seq, batch->from_seq);
    assert_memory_equal(intake->prev_hash.bytes, batch->prev_hash.bytes, VN_HASH_SIZE);
    assert_int_equal(intake->count, batch->count);
    assert_memory_equal(intake->entries[batch->count - 1].hash.bytes, batch->head.bytes, VN_HASH_SIZE);
    enum vn_status status = intake->packing == VN_PACKING_GZIP
                                ? vn_gunzip(vn_buf_view(&intake->bytes), VN_BATCH_BYTES_MAX, &text)
                                : vn_buf_append(&text, vn_buf_view(&intake->bytes));
    assert_int_equal(status, VN_OK);
    assert_int_equal(vn_batch_decode(vn_buf_view(&text), again, &error), VN_OK);
    assert_int_equal(again->count, batch->count);
    for (unsigned i = 0; i < batch->count; i++) {
        assert_true(vn_view_equal(again->bodies[i], batch->bodies[i]));
    }
    vn_buf_deinit(&text);
    free(again);
}

static void test_a_batch_is_kept_as_it_came(void **state)
{
    const char *const bodies[] = {lines[0], lines[1], "not JSON", lines[2], lines[0]};
    struct vn_batch *batch = calloc(1, sizeof *batch);
    struct vn_intake *intake = NULL;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf plain;
    struct vn_buf zipped;
    (void)state;
    assert_non_null(batch);
    encode(bodies, 5, batch, &plain);
    vn_buf_init(&zipped, VN_BATCH_BYTES_MAX);
    assert_int_equal(vn_gzip(vn_buf_view(&plain), 6, &zipped), VN_OK);
    assert_int_equal(vn_intake_read(vn_buf_view(&zipped), true, &intake, &error), VN_OK);
    assert_int_equal(intake->packing, VN_PACKING_GZIP);
    assert_true(vn_view_equal(vn_buf_view(&intake->bytes), vn_buf_view(&zipped)));
    check_read(batch, intake);
    assert_int_equal(intake->entries[1].kind, VN_ENTRY_GRANT);
    assert_false(intake->entries[2].readable);
    assert_int_equal(intake->boot_count, 2);
    assert_int_equal(intake->entries[0].boot, 1);
    assert_int_equal(intake->entries[4].boot, 2);
    assert_int_equal(intake->boots[1][0], 0xd7);
    vn_intake_destroy(intake);
    /* plain: zipped here, because it is long enough */
    assert_int_equal(vn_intake_read(vn_buf_view(&plain), false, &intake, &error), VN_OK);
    assert_int_equal(intake->packing, VN_PACKING_GZIP);
    assert_true(intake->bytes.len < plain.len);
    check_read(batch, intake);
    vn_intake_destroy(intake);
    vn_buf_deinit(&plain);
    encode(bodies, 1, batch, &plain);
    assert_int_equal(vn_intake_read(vn_buf_view(&plain), false, &intake, &error), VN_OK);
    assert_int_equal(intake->packing, VN_PACKING_NONE);
    check_read(batch, intake);
    vn_intake_destroy(intake);
    vn_buf_deinit(&plain);
    vn_buf_deinit(&zipped);
    free(batch);
}

static void test_what_is_no_batch_is_refused_with_a_sentence(void **state)
{
    const char *const bodies[] = {lines[0], lines[2]};
    struct vn_batch *batch = calloc(1, sizeof *batch);
    struct vn_intake *intake = NULL;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf plain;
    struct vn_buf zipped;
    (void)state;
    assert_non_null(batch);
    encode(bodies, 2, batch, &plain);
    for (size_t len = 0; len + 1 < plain.len; len++) { /* the last line may end without a newline */
        error = (struct vn_error){VN_OK, "", ""};
        assert_int_not_equal(vn_intake_read(vn_view_of(plain.data, len), false, &intake, &error), VN_OK);
        assert_true(error.text[0] != '\0' && intake == NULL);
    }
    plain.data[plain.len - 20] ^= 1;
    assert_int_equal(vn_intake_read(vn_buf_view(&plain), false, &intake, &error), VN_CORRUPT);
    assert_int_equal(vn_intake_read(vn_buf_view(&plain), true, &intake, &error), VN_INPUT);
    /* a bomb */
    uint8_t *zeros = calloc(1, VN_BATCH_BYTES_MAX + 1);
    assert_non_null(zeros);
    vn_buf_init(&zipped, VN_BATCH_BYTES_MAX);
    assert_int_equal(vn_gzip(vn_view_of(zeros, VN_BATCH_BYTES_MAX + 1), 9, &zipped), VN_OK);
    assert_int_equal(vn_intake_read(vn_buf_view(&zipped), true, &intake, &error), VN_FULL);
    assert_null(intake);
    free(zeros);
    vn_buf_deinit(&plain);
    vn_buf_deinit(&zipped);
    free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_scanner_takes_what_jansson_takes),
        cmocka_unit_test(test_the_scanner_says_what_the_envelope_says),
        cmocka_unit_test(test_a_batch_is_kept_as_it_came),
        cmocka_unit_test(test_what_is_no_batch_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
