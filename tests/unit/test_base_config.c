#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/base/config.h"
#include "tests/unit/folder.h"

struct options {
    char name[8];
    char path[300];
    int64_t port;
    bool on;
};

#define FIELD(name) offsetof(struct options, name), sizeof(((struct options *)0)->name)

static const struct vn_option table[] = {
    {"name", VN_OPTION_TEXT, "till", 0, 0, FIELD(name), "a name"},
    {"path", VN_OPTION_TEXT, "", 0, 0, FIELD(path), "a path"},
    {"port", VN_OPTION_INT, "80", 1, 65535, FIELD(port), "a port"},
    {"on", VN_OPTION_BOOL, "no", 0, 0, FIELD(on), "a switch"},
};
#define ROWS (sizeof table / sizeof table[0])

struct world {
    struct folder folder;
    struct options options;
    struct vn_error error;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    folder_create(&world->folder);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    folder_remove(&world->folder);
    free(world);
    return 0;
}

static enum vn_status load(struct world *world, const char *text)
{
    (void)unlink(folder_file(&world->folder, "conf"));
    folder_write(&world->folder, "conf", text, strlen(text));
    memset(&world->options, 0xee, sizeof world->options);
    memset(&world->error, 0, sizeof world->error);
    return vn_config_load(table, ROWS, &world->options, folder_file(&world->folder, "conf"), &world->error);
}

static void test_every_option_has_its_default_until_the_file_says_otherwise(void **state)
{
    struct world *world = *state;
    assert_int_equal(load(world, "# nothing\n\n"), VN_OK);
    assert_string_equal(world->options.name, "till");
    assert_string_equal(world->options.path, "");
    assert_int_equal(world->options.port, 80);
    assert_false(world->options.on);
    assert_int_equal(load(world, "name = b\r\nport=65535\non = yes\n\npath = /dev/x ; a remark"), VN_OK);
    assert_string_equal(world->options.name, "b");
    assert_string_equal(world->options.path, "/dev/x");
    assert_int_equal(world->options.port, 65535);
    assert_true(world->options.on);
}

static void test_what_does_not_fit_is_refused_with_line_and_option(void **state)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"\nport = 0\n", "line 2: port"},
        {"port = 65536\n", "line 1: port"},
        {"port = 99999999999999999999\n", "port"},
        {"port = 8 0\n", "port"},
        {"port =\n", "port"},
        {"on = true\n", "line 1: on"},
        {"name = 12345678\n", "line 1: name"},
        {"nmae = x\n", "'nmae'"},
        {"just words\n", "line 1"},
        {"name = x\n[section]\nport = 5\n", "section"},
        {"port = 0\nname = 12345678\n", "line 1: port"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(load(world, cases[i].text), VN_INPUT);
        assert_non_null(strstr(world->error.text, cases[i].word));
    }
}

/* inih alone would take the rest of a long line for a line of its own. */
static void test_a_line_is_whole_or_refused(void **state)
{
    struct world *world = *state;
    char text[400];
    for (size_t len = 150; len < 300; len++) {
        (void)snprintf(text, sizeof text, "path = %0*d\nport = 7\n", (int)len, 5);
        enum vn_status status = load(world, text);
        if (status == VN_OK) {
            assert_int_equal(strlen(world->options.path), len);
            assert_int_equal(world->options.port, 7);
        } else {
            assert_int_equal(status, VN_INPUT);
            assert_non_null(strstr(world->error.text, "line 1: the line is too long"));
            assert_true(len > 180);
        }
    }
}

/* inih alone would take it for more of the option above. */
static void test_an_indented_line_is_refused(void **state)
{
    struct world *world = *state;
    assert_int_equal(load(world, "name = a\n  port = 9\n"), VN_INPUT);
    assert_non_null(strstr(world->error.text, "line 2"));
    assert_int_equal(load(world, "name = a\n  \t\nport = 9\n"), VN_OK);
    assert_int_equal(world->options.port, 9);
}

static void test_a_file_that_can_not_be_read_is_not_an_absent_one(void **state)
{
    struct world *world = *state;
    assert_int_equal(
        vn_config_load(table, ROWS, &world->options, folder_file(&world->folder, "none"), &world->error),
        VN_ABSENT);
    assert_int_equal(world->options.port, 80);
    assert_int_equal(vn_config_load(table, ROWS, &world->options, world->folder.path, &world->error), VN_IO);
    assert_non_null(strstr(world->error.text, world->folder.path));
}

static void test_help_names_every_option_with_its_default(void **state)
{
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    (void)state;
    assert_non_null(out);
    vn_config_help(table, ROWS, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "  port               a port [80]\n"));
    assert_non_null(strstr(text, "  path               a path\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_option_has_its_default_until_the_file_says_otherwise),
        TEST(test_what_does_not_fit_is_refused_with_line_and_option),
        TEST(test_a_line_is_whole_or_refused),
        TEST(test_an_indented_line_is_refused),
        TEST(test_a_file_that_can_not_be_read_is_not_an_absent_one),
        TEST(test_help_names_every_option_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
