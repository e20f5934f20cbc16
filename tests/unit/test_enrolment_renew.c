/* What a till makes of the answer to POST /v1/renew: it takes a certificate that is its own, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "agent/base/file.h"
#include "agent/store/enrolment.h"
#include "tests/unit/folder.h"

#define TODAY_MS INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */
#define DAY_MS   INT64_C(86400000)

struct world {
    struct folder folder;
    struct vn_random random;
    struct vn_key *ca_key, *old_key, *key;
    struct vn_buf ca;
    struct vn_enrolment enrolment;
    struct vn_renew_reply reply;
    struct vn_cert_info info;
    struct vn_error error;
    char name[2 * VN_ID_BYTES + 1];
};

/* A certificate for `key`, appended to what is in `out`. */
static void issue(struct world *w, struct vn_key *ca_key, struct vn_key *key, const char *name,
                  char out[VN_PEM_MAX])
{
    struct vn_buf csr;
    struct vn_buf pem;
    const struct vn_cert_terms terms = {.kind = VN_CERT_CLIENT,
                                        .common_name = name,
                                        .not_before_ms = TODAY_MS,
                                        .not_after_ms = TODAY_MS + 365 * DAY_MS};
    vn_buf_init(&csr, VN_PEM_MAX);
    vn_buf_init(&pem, VN_PEM_MAX);
    assert_int_equal(vn_csr_create(key, &w->random, "till", &csr, NULL), VN_OK);
    assert_int_equal(
        vn_cert_issue(ca_key, vn_buf_view(&w->ca), vn_buf_view(&csr), &terms, &w->random, &pem, NULL), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&pem), out, VN_PEM_MAX), VN_OK);
    vn_buf_deinit(&csr);
    vn_buf_deinit(&pem);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return -1;
    }
    *state = w;
    folder_create(&w->folder);
    w->random = vn_random_system();
    vn_buf_init(&w->ca, VN_PEM_MAX - 1);
    memset(w->enrolment.id.bytes, 0x1d, sizeof w->enrolment.id.bytes);
    vn_hex_encode(vn_view_of(w->enrolment.id.bytes, VN_ID_BYTES), w->name);
    assert_int_equal(vn_key_generate(&w->random, &w->ca_key), VN_OK);
    assert_int_equal(vn_key_generate(&w->random, &w->old_key), VN_OK);
    assert_int_equal(vn_key_generate(&w->random, &w->key), VN_OK);
    assert_int_equal(vn_ca_create(w->ca_key, &w->random, "Practice chain", TODAY_MS, TODAY_MS + 3650 * DAY_MS,
                                  &w->ca, NULL),
                     VN_OK);
    (void)snprintf(w->enrolment.store, sizeof w->enrolment.store, "s1");
    (void)snprintf(w->enrolment.till, sizeof w->enrolment.till, "t1");
    (void)snprintf(w->enrolment.hub_host, sizeof w->enrolment.hub_host, "hub.example");
    (void)snprintf(w->enrolment.publishing_key, sizeof w->enrolment.publishing_key, "a key\n");
    w->enrolment.hub_port = 7443;
    issue(w, w->ca_key, w->old_key, w->name, w->enrolment.certificate);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&w->ca), w->enrolment.hub_ca, sizeof w->enrolment.hub_ca),
                     VN_OK);
    assert_int_equal(vn_key_save(w->old_key, folder_file(&w->folder, "till.key"), NULL), VN_OK);
    assert_int_equal(vn_enrolment_save(w->folder.path, &w->enrolment, NULL), VN_OK);
    issue(w, w->ca_key, w->key, w->name, w->reply.certificate);
    memcpy(w->reply.authority, w->enrolment.hub_ca, sizeof w->reply.authority);
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    vn_key_destroy(w->ca_key);
    vn_key_destroy(w->old_key);
    vn_key_destroy(w->key);
    vn_buf_deinit(&w->ca);
    folder_remove(&w->folder);
    free(w);
    return 0;
}

static enum vn_status renew(struct world *w)
{
    w->error = (struct vn_error){VN_OK, "", ""};
    return vn_enrolment_renew(w->folder.path, &w->enrolment, w->key, &w->reply, &w->info, &w->error);
}

/* What the next start finds. */
static void expect_found(struct world *w, const struct vn_key *key, const char *certificate)
{
    struct vn_enrolment *loaded = calloc(1, sizeof *loaded);
    struct vn_public_key expected;
    struct vn_public_key found;
    struct vn_key *loaded_key = NULL;
    assert_non_null(loaded);
    assert_int_equal(vn_enrolment_load(w->folder.path, loaded, &w->error), VN_OK);
    assert_string_equal(loaded->certificate, certificate);
    assert_string_equal(loaded->hub_ca, w->enrolment.hub_ca);
    assert_int_equal(vn_enrolment_key(w->folder.path, &loaded_key, &w->error), VN_OK);
    vn_key_public(key, &expected);
    vn_key_public(loaded_key, &found);
    assert_memory_equal(&expected, &found, sizeof found);
    vn_key_destroy(loaded_key);
    free(loaded);
}

static void test_renewed_certificate_and_key_are_found_by_the_next_start(void **state)
{
    struct world *w = *state;
    struct stat info;
    expect_found(w, w->old_key, w->enrolment.certificate);
    assert_int_equal(renew(w), VN_OK);
    assert_string_equal(w->enrolment.certificate, w->reply.certificate);
    assert_int_equal(w->info.not_after_ms, TODAY_MS + 365 * DAY_MS);
    expect_found(w, w->key, w->reply.certificate);
    assert_int_equal(stat(folder_file(&w->folder, "till.pem"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_false(folder_has(&w->folder, "till.key")); /* of no use but to a thief */
    assert_false(folder_has(&w->folder, "till.crt"));
}

static void test_renewed_once_more_replaces_it_whole(void **state)
{
    struct world *w = *state;
    struct vn_key *third = NULL;
    assert_int_equal(renew(w), VN_OK);
    assert_int_equal(vn_key_generate(&w->random, &third), VN_OK);
    issue(w, w->ca_key, third, w->name, w->reply.certificate);
    vn_key_destroy(w->key);
    w->key = third;
    assert_int_equal(renew(w), VN_OK);
    expect_found(w, third, w->reply.certificate);
    assert_int_equal(folder_count(&w->folder), 3); /* till.pem, hub-ca.crt, enrolment.json */
}

static void test_renewed_files_count_when_the_power_went_before_the_old_ones_were_removed(void **state)
{
    struct world *w = *state;
    assert_int_equal(renew(w), VN_OK);
    assert_int_equal(vn_key_save(w->old_key, folder_file(&w->folder, "till.key"), NULL), VN_OK);
    folder_write(&w->folder, "till.crt", "an old one", 10);
    expect_found(w, w->key, w->reply.certificate);
}

static void test_renewed_brings_another_authority_along(void **state)
{
    struct world *w = *state;
    struct vn_key *root = NULL;
    struct vn_buf both;
    vn_buf_init(&both, VN_PEM_MAX - 1);
    assert_int_equal(vn_key_generate(&w->random, &root), VN_OK);
    assert_int_equal(
        vn_ca_create(root, &w->random, "New root", TODAY_MS, TODAY_MS + 3650 * DAY_MS, &both, NULL), VN_OK);
    assert_int_equal(vn_buf_append(&both, vn_buf_view(&w->ca)), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&both), w->reply.authority, sizeof w->reply.authority),
                     VN_OK);
    assert_int_equal(renew(w), VN_OK);
    assert_string_equal(w->enrolment.hub_ca, w->reply.authority);
    expect_found(w, w->key, w->reply.certificate);
    vn_buf_deinit(&both);
    vn_key_destroy(root);
}

static void test_renewed_answer_that_is_not_this_tills_changes_nothing(void **state)
{
    struct world *w = *state;
    struct vn_key *stranger = NULL;
    struct vn_renew_reply good = w->reply;
    struct vn_enrolment before = w->enrolment;
    assert_int_equal(vn_key_generate(&w->random, &stranger), VN_OK);
    issue(w, w->ca_key, w->old_key, w->name, w->reply.certificate);
    assert_int_equal(renew(w), VN_CORRUPT);
    assert_string_equal(w->error.text, "the hub's answer is a certificate of another key");
    issue(w, w->ca_key, w->key, "2222", w->reply.certificate);
    assert_int_equal(renew(w), VN_CORRUPT);
    assert_string_equal(w->error.text, "the hub's answer is a certificate of another enrolment");
    vn_buf_clear(&w->ca); /* an authority of the same name, which is not the one that comes along */
    assert_int_equal(vn_ca_create(stranger, &w->random, "Practice chain", TODAY_MS, TODAY_MS + 3650 * DAY_MS,
                                  &w->ca, NULL),
                     VN_OK);
    issue(w, stranger, w->key, w->name, w->reply.certificate);
    assert_int_equal(renew(w), VN_DENIED);
    (void)snprintf(w->reply.certificate, sizeof w->reply.certificate, "nothing");
    assert_int_equal(renew(w), VN_INPUT);
    w->reply = good;
    (void)snprintf(w->reply.authority, sizeof w->reply.authority, "nothing");
    assert_int_equal(renew(w), VN_INPUT);
    assert_memory_equal(&before, &w->enrolment, sizeof before);
    assert_false(folder_has(&w->folder, "till.pem"));
    expect_found(w, w->old_key, w->enrolment.certificate);
    vn_key_destroy(stranger);
}

static void test_renewed_file_that_is_damaged_is_told_by_name(void **state)
{
    struct world *w = *state;
    struct vn_enrolment *loaded = calloc(1, sizeof *loaded);
    assert_non_null(loaded);
    assert_int_equal(renew(w), VN_OK);
    assert_int_equal(chmod(folder_file(&w->folder, "till.pem"), 0644), 0);
    assert_int_equal(vn_enrolment_load(w->folder.path, loaded, &w->error), VN_DENIED);
    assert_int_equal(unlink(w->folder.file), 0);
    folder_write(&w->folder, "till.pem", "nothing", 7);
    assert_int_equal(vn_enrolment_load(w->folder.path, loaded, &w->error), VN_INPUT);
    assert_non_null(strstr(w->error.text, "till.pem"));
    assert_int_equal(unlink(folder_file(&w->folder, "till.pem")), 0);
    assert_int_equal(vn_enrolment_load(w->folder.path, loaded, &w->error), VN_ABSENT);
    free(loaded);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_renewed_certificate_and_key_are_found_by_the_next_start),
        TEST(test_renewed_once_more_replaces_it_whole),
        TEST(test_renewed_files_count_when_the_power_went_before_the_old_ones_were_removed),
        TEST(test_renewed_brings_another_authority_along),
        TEST(test_renewed_answer_that_is_not_this_tills_changes_nothing),
        TEST(test_renewed_file_that_is_damaged_is_told_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
