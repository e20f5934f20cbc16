#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "agent/base/file.h"
#include "agent/store/enrolment.h"
#include "tests/unit/folder.h"

struct world {
    struct folder folder;
    struct vn_enrolment enrolment;
    struct vn_enrolment loaded;
    struct vn_error error;
};

static const char *const names[] = {"till.crt", "hub-ca.crt", "enrolment.json"};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    folder_create(&world->folder);
    struct vn_enrolment *e = &world->enrolment;
    memset(e->id.bytes, 0x1d, sizeof e->id.bytes);
    memset(e->card_key, 0xca, sizeof e->card_key);
    (void)snprintf(e->store, sizeof e->store, "store \xc5\xa1");
    (void)snprintf(e->till, sizeof e->till, "till-3");
    (void)snprintf(e->hub_host, sizeof e->hub_host, "hub.example");
    e->hub_port = 8443;
    e->epoch = 9007199254740991;
    (void)snprintf(e->publishing_key, sizeof e->publishing_key,
                   "-----BEGIN PUBLIC KEY-----\nAA\n-----END-----\n");
    (void)snprintf(e->certificate, sizeof e->certificate, "a certificate\n");
    (void)snprintf(e->hub_ca, sizeof e->hub_ca, "an authority\n");
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

static void save(struct world *world)
{
    assert_int_equal(vn_enrolment_save(world->folder.path, &world->enrolment, &world->error), VN_OK);
}

static enum vn_status load(struct world *world)
{
    memset(&world->loaded, 0xee, sizeof world->loaded);
    return vn_enrolment_load(world->folder.path, &world->loaded, &world->error);
}

static void test_an_enrolment_is_read_back_as_it_was_saved(void **state)
{
    struct world *world = *state;
    save(world);
    assert_int_equal(load(world), VN_OK);
    assert_memory_equal(&world->loaded, &world->enrolment, sizeof world->loaded);
}

static void test_its_files_are_for_the_agents_user_alone_and_nothing_else_is_left(void **state)
{
    struct world *world = *state;
    save(world);
    for (size_t i = 0; i < 3; i++) {
        struct stat info;
        assert_int_equal(stat(folder_file(&world->folder, names[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    assert_int_equal(folder_count(&world->folder), 3);
}

static void test_an_enrolment_is_never_saved_over_another(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 3; i++) {
        folder_write(&world->folder, names[i], "x", 1);
        assert_int_equal(vn_enrolment_save(world->folder.path, &world->enrolment, &world->error),
                         VN_CONFLICT);
        assert_non_null(strstr(world->error.text, names[i]));
        for (size_t j = 0; j < 3; j++) {
            (void)unlink(folder_file(&world->folder, names[j]));
        }
    }
}

static void test_a_file_that_is_gone_means_not_enrolled(void **state)
{
    struct world *world = *state;
    assert_int_equal(load(world), VN_ABSENT);
    for (size_t i = 0; i < 3; i++) {
        save(world);
        assert_int_equal(unlink(folder_file(&world->folder, names[i])), 0);
        assert_int_equal(load(world), VN_ABSENT);
        assert_non_null(strstr(world->error.text, names[i]));
        for (size_t j = 0; j < 3; j++) {
            (void)unlink(folder_file(&world->folder, names[j]));
        }
    }
}

static void test_a_card_key_that_others_can_read_is_refused(void **state)
{
    struct world *world = *state;
    save(world);
    assert_int_equal(chmod(folder_file(&world->folder, "enrolment.json"), 0644), 0);
    assert_int_equal(load(world), VN_DENIED);
    assert_non_null(strstr(world->error.text, "enrolment.json"));
}

/* Puts other text into enrolment.json. */
static void test_a_damaged_document_is_refused_by_name_and_field(void **state)
{
    static const struct {
        const char *from, *to, *word;
    } cases[] = {
        {"1d1d1d", "1d1dxd", "/enrolment"},
        {"\"hub_port\":8443", "\"hub_port\":0", "/hub_port"},
        {"\"epoch\":", "\"epoc\":", "/epoch"},
        {"\"till\":\"till-3\"", "\"till\":7", "/till"},
        {"\"card_key\":\"ca", "\"card_key\":\"", "/card_key"},
        {"\"store\"", "store", "column"},
    };
    static const struct vn_enrolment nothing;
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[4096];
        size_t size = 0;
        char changed[4096];
        save(world);
        assert_int_equal(vn_file_read(folder_file(&world->folder, "enrolment.json"), VN_FILE_SECRET, text,
                                      sizeof text, &size, NULL),
                         VN_OK);
        char *at = strstr(text, cases[i].from);
        assert_non_null(at);
        int len = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, cases[i].to,
                           at + strlen(cases[i].from));
        assert_int_equal(unlink(folder_file(&world->folder, "enrolment.json")), 0);
        folder_write(&world->folder, "enrolment.json", changed, (size_t)len);
        assert_int_equal(load(world), VN_INPUT);
        assert_non_null(strstr(world->error.text, "enrolment.json"));
        assert_non_null(strstr(world->error.text, cases[i].word));
        assert_null(strstr(world->error.text, "caca")); /* the card key is a secret */
        assert_memory_equal(&world->loaded, &nothing, sizeof nothing);
        for (size_t j = 0; j < 3; j++) {
            (void)unlink(folder_file(&world->folder, names[j]));
        }
    }
}

static void test_a_folder_whose_name_is_too_long_is_refused(void **state)
{
    struct world *world = *state;
    char folder[VN_PATH_MAX + 8];
    memset(folder, '/', sizeof folder - 1);
    folder[sizeof folder - 1] = '\0';
    assert_int_equal(vn_enrolment_save(folder, &world->enrolment, &world->error), VN_ARG);
    assert_int_equal(vn_enrolment_load(folder, &world->loaded, &world->error), VN_ARG);
}

/* The power went between the certificate and the journal: the same folder is used again. */
static void test_what_an_attempt_that_was_cut_off_left_is_cleared(void **state)
{
    struct world *world = *state;
    save(world);
    assert_int_equal(vn_enrolment_clear(world->folder.path, &world->error), VN_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(access(folder_file(&world->folder, names[i]), F_OK), -1);
    }
    save(world);
    assert_int_equal(load(world), VN_OK);
}

static void test_an_enrolment_with_a_journal_is_never_cleared(void **state)
{
    struct world *world = *state;
    save(world);
    folder_write(&world->folder, "journal.db", "sales", 5);
    assert_int_equal(vn_enrolment_clear(world->folder.path, &world->error), VN_CONFLICT);
    assert_int_equal(load(world), VN_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_enrolment_is_read_back_as_it_was_saved),
        TEST(test_its_files_are_for_the_agents_user_alone_and_nothing_else_is_left),
        TEST(test_an_enrolment_is_never_saved_over_another),
        TEST(test_a_file_that_is_gone_means_not_enrolled),
        TEST(test_a_card_key_that_others_can_read_is_refused),
        TEST(test_a_damaged_document_is_refused_by_name_and_field),
        TEST(test_a_folder_whose_name_is_too_long_is_refused),
        TEST(test_what_an_attempt_that_was_cut_off_left_is_cleared),
        TEST(test_an_enrolment_with_a_journal_is_never_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
