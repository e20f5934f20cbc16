/* Replays fixtures/scans: every .scan must give its .expect, as it stands and, for serial, cut into bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/frame.h"
#include "drivers/hid.h"

#define MS        INT64_C(1000000)
#define TEXT_MAX  16384
#define LINE_SIZE 8192

struct replay {
    char said[TEXT_MAX]; /* what came, in the form of .expect */
    size_t len;
    struct vn_frame frame;
    struct vn_hid_join join;
    uint8_t descriptor[VN_HID_DESCRIPTOR_MAX];
    size_t descriptor_len;
    bool is_hid, bytewise, joined;
    int64_t last_ms;
};

static void say(struct replay *replay, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct replay *replay, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(replay->said + replay->len, sizeof replay->said - replay->len, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof replay->said - replay->len);
    replay->len += (size_t)len;
}

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct replay *replay = ctx;
    say(replay, "scan %lld %s ", (long long)(scan->mono_ns / MS), scan->aim[0] == '\0' ? "-" : scan->aim);
    for (size_t i = 0; i < scan->len; i++) {
        uint8_t c = scan->data[i];
        if (c == '\\') {
            say(replay, "\\\\");
        } else if (c >= 0x20 && c < 0x7f) {
            say(replay, "%c", c);
        } else {
            say(replay, "\\x%02x", c);
        }
    }
    say(replay, "\n");
}

static void on_frame_drop(void *ctx, enum vn_frame_drop why, size_t len)
{
    say(ctx, "drop %s %zu\n", vn_frame_drop_name(why), len);
}

static void on_hid_drop(void *ctx, enum vn_hid_drop why, size_t len)
{
    say(ctx, "drop %s %zu\n", vn_hid_drop_name(why), len);
}

static size_t unescape(const char *text, uint8_t *out)
{
    size_t len = 0;
    while (*text != '\0') {
        if (text[0] != '\\') {
            out[len++] = (uint8_t)*text++;
        } else if (text[1] == '\\') {
            out[len++] = '\\';
            text += 2;
        } else {
            assert_int_equal(text[1], 'x');
            assert_int_equal(vn_hex_decode(vn_view_of(text + 2, 2), &out[len++], 1), VN_OK);
            text += 4;
        }
    }
    return len;
}

static size_t unhex(const char *text, uint8_t *out, size_t max)
{
    size_t len = strlen(text) / 2;
    assert_true(len <= max);
    assert_int_equal(vn_hex_decode(vn_view_str(text), out, len), VN_OK);
    return len;
}

static void feed(struct replay *replay, int64_t at_ms, struct vn_view bytes)
{
    assert_true(at_ms >= replay->last_ms);
    replay->last_ms = at_ms;
    if (!replay->is_hid) {
        size_t step = replay->bytewise ? 1 : bytes.len;
        for (size_t i = 0; i < bytes.len; i += step) {
            vn_frame_feed(&replay->frame, vn_view_of(bytes.data + i, step), at_ms * MS);
        }
        return;
    }
    if (!replay->joined) {
        struct vn_hid_layout layout;
        struct vn_view descriptor = vn_view_of(replay->descriptor, replay->descriptor_len);
        assert_int_equal(vn_hid_parse(descriptor, &layout, NULL), VN_OK);
        vn_hid_join_init(&replay->join, "x", &layout, (struct vn_hid_sink){on_scan, on_hid_drop, replay});
        replay->joined = true;
    }
    vn_hid_join_report(&replay->join, bytes, at_ms * MS);
}

static void read_line(struct replay *replay, const char *line)
{
    uint8_t bytes[LINE_SIZE];
    char *rest = NULL;
    assert_true(strlen(line) < sizeof bytes);
    if (strcmp(line, "kind serial") == 0 || line[0] == '#') {
        return;
    }
    if (strcmp(line, "kind hid") == 0) {
        replay->is_hid = true;
    } else if (strncmp(line, "descriptor ", 11) == 0) {
        replay->descriptor_len += unhex(line + 11, replay->descriptor + replay->descriptor_len,
                                        sizeof replay->descriptor - replay->descriptor_len);
    } else {
        int64_t at_ms = strtoll(line, &rest, 10);
        bool text = strncmp(rest, " text ", 6) == 0;
        assert_true(text || strncmp(rest, " hex ", 5) == 0);
        size_t len = text ? unescape(rest + 6, bytes) : unhex(rest + 5, bytes, sizeof bytes);
        feed(replay, at_ms, vn_view_of(bytes, len));
    }
}

static void read_text(const char *path, char *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s is missing", path);
        abort(); /* fail_msg does not return */
    }
    size_t len = fread(out, 1, TEXT_MAX - 1, file);
    out[len] = '\0';
    assert_int_equal(fclose(file), 0);
}

static void replay_file(const char *path, bool bytewise)
{
    struct replay *replay = calloc(1, sizeof *replay);
    assert_non_null(replay);
    replay->bytewise = bytewise;
    vn_frame_init(&replay->frame, "x", (struct vn_frame_sink){on_scan, on_frame_drop, replay});
    char text[TEXT_MAX];
    read_text(path, text);
    assert_int_equal(strncmp(text, "# origin: ", 10), 0); /* every fixture says where it is from */
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        read_line(replay, line);
    }
    (void)vn_frame_tick(&replay->frame, (replay->last_ms + VN_FRAME_IDLE_MS) * MS);
    char expect_path[512];
    (void)snprintf(expect_path, sizeof expect_path, "%.*sexpect", (int)(strlen(path) - strlen("scan")), path);
    char expected[TEXT_MAX];
    read_text(expect_path, expected);
    if (strcmp(replay->said, expected) != 0) {
        fail_msg("%s gives\n%sbut should give\n%s", path, replay->said, expected);
    }
    free(replay);
}

static void replay_all(bool bytewise)
{
    glob_t found;
    assert_int_equal(glob(VERNO_SOURCE "/fixtures/scans/*/*.scan", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 20);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        replay_file(found.gl_pathv[i], bytewise);
    }
    globfree(&found);
}

static void test_scans_fixtures_give_what_they_expect(void **state)
{
    (void)state;
    replay_all(false);
}

static void test_scans_fixtures_byte_by_byte_give_the_same(void **state)
{
    (void)state;
    replay_all(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scans_fixtures_give_what_they_expect),
        cmocka_unit_test(test_scans_fixtures_byte_by_byte_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
