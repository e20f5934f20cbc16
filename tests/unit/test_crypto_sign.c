#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/crypto/sign.h"
#include "tests/unit/folder.h"

struct fixture {
    char folder[FOLDER_PATH];
    char path[128];
    struct vn_random random;
    struct vn_key *key;
    struct vn_public_key public_key;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    folder_make(f->folder, "sign");
    (void)snprintf(f->path, sizeof f->path, "%s/key.pem", f->folder);
    f->random = vn_random_system();
    *state = f;
    if (vn_key_generate(&f->random, &f->key) != VN_OK) {
        return -1;
    }
    vn_key_public(f->key, &f->public_key);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)unlink(f->path);
    int failed = rmdir(f->folder); /* fails if anything else was left there */
    vn_key_destroy(f->key);
    free(f);
    return failed;
}

static void test_signature_verifies_and_fits(void **state)
{
    struct fixture *f = *state;
    uint8_t signature[VN_SIGNATURE_MAX];
    size_t len = 0;
    struct vn_view message = vn_view_str("ruleset 7");
    assert_int_equal(vn_sign(f->key, &f->random, message, signature, &len), VN_OK);
    assert_in_range(len, 64, VN_SIGNATURE_MAX);
    assert_int_equal(vn_verify(&f->public_key, message, vn_view_of(signature, len)), VN_OK);
}

static void test_any_changed_byte_spoils_the_signature(void **state)
{
    struct fixture *f = *state;
    uint8_t signature[VN_SIGNATURE_MAX];
    char message[] = "ruleset 7";
    size_t len = 0;
    assert_int_equal(vn_sign(f->key, &f->random, vn_view_str(message), signature, &len), VN_OK);
    for (size_t i = 0; i < len; i++) {
        signature[i] ^= 1;
        assert_int_equal(vn_verify(&f->public_key, vn_view_str(message), vn_view_of(signature, len)),
                         VN_CORRUPT);
        signature[i] ^= 1;
        assert_int_equal(vn_verify(&f->public_key, vn_view_str(message), vn_view_of(signature, i)),
                         VN_CORRUPT);
    }
    message[8] = '8';
    assert_int_equal(vn_verify(&f->public_key, vn_view_str(message), vn_view_of(signature, len)), VN_CORRUPT);
}

static void test_signature_of_another_key_is_refused(void **state)
{
    struct fixture *f = *state;
    struct vn_key *other = NULL;
    uint8_t signature[VN_SIGNATURE_MAX];
    size_t len = 0;
    assert_int_equal(vn_key_generate(&f->random, &other), VN_OK);
    assert_int_equal(vn_sign(other, &f->random, vn_view_str("x"), signature, &len), VN_OK);
    assert_int_equal(vn_verify(&f->public_key, vn_view_str("x"), vn_view_of(signature, len)), VN_CORRUPT);
    vn_key_destroy(other);
}

static void test_point_beside_the_curve_is_refused(void **state)
{
    struct fixture *f = *state;
    struct vn_public_key bad = f->public_key;
    struct vn_buf pem;
    uint8_t signature[VN_SIGNATURE_MAX];
    size_t len = 0;
    vn_buf_init(&pem, 4096);
    assert_int_equal(vn_sign(f->key, &f->random, vn_view_str("x"), signature, &len), VN_OK);
    bad.point[64] ^= 1;
    assert_int_equal(vn_verify(&bad, vn_view_str("x"), vn_view_of(signature, len)), VN_CORRUPT);
    assert_int_equal(vn_public_key_to_pem(&bad, &pem), VN_INPUT);
    memset(&bad, 0, sizeof bad);
    assert_int_equal(vn_verify(&bad, vn_view_str("x"), vn_view_of(signature, len)), VN_CORRUPT);
    vn_buf_deinit(&pem);
}

static void test_public_key_survives_pem(void **state)
{
    struct fixture *f = *state;
    struct vn_public_key back;
    struct vn_buf pem;
    vn_buf_init(&pem, 4096);
    assert_int_equal(vn_public_key_to_pem(&f->public_key, &pem), VN_OK);
    assert_int_equal(vn_public_key_from_pem(vn_buf_view(&pem), &back), VN_OK);
    assert_memory_equal(&back, &f->public_key, sizeof back);
    assert_int_equal(vn_public_key_from_pem(vn_view_of(pem.data, pem.len / 2), &back), VN_INPUT);
    assert_int_equal(vn_public_key_from_pem(VN_VIEW_NONE, &back), VN_INPUT);
    vn_buf_deinit(&pem);
}

static void test_key_file_is_private_and_read_back(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    struct vn_key *back = NULL;
    struct vn_public_key public_key;
    struct vn_error error;
    assert_int_equal(vn_key_save(f->key, f->path, &error), VN_OK);
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(vn_key_load(f->path, &back, &error), VN_OK);
    vn_key_public(back, &public_key);
    assert_memory_equal(&public_key, &f->public_key, sizeof public_key);
    vn_key_destroy(back);
}

static void test_key_file_is_never_overwritten(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    assert_int_equal(vn_key_save(f->key, f->path, &error), VN_OK);
    assert_int_equal(vn_key_save(f->key, f->path, &error), VN_CONFLICT);
    assert_non_null(strstr(error.text, "not overwritten"));
}

static void test_key_file_that_others_can_read_is_refused(void **state)
{
    struct fixture *f = *state;
    struct vn_key *back = NULL;
    struct vn_error error;
    assert_int_equal(vn_key_save(f->key, f->path, &error), VN_OK);
    const mode_t modes[] = {0640, 0604, 0620, 0601};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(f->path, modes[i]), 0);
        assert_int_equal(vn_key_load(f->path, &back, &error), VN_DENIED);
        assert_null(back);
    }
}

static void test_missing_and_broken_key_files_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct vn_key *back = NULL;
    struct vn_error error;
    assert_int_equal(vn_key_load(f->path, &back, &error), VN_ABSENT);
    FILE *file = fopen(f->path, "w");
    if (file == NULL) {
        fail_msg("can't write %s", f->path);
        return;
    }
    assert_true(fputs("-----BEGIN EC PRIVATE KEY-----\nAAAA\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->path, 0600), 0);
    assert_int_equal(vn_key_load(f->path, &back, &error), VN_INPUT);
    assert_int_equal(vn_key_load(f->folder, &back, &error), VN_INPUT);
    assert_null(back);
}

static enum vn_status no_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return VN_IO;
}

static void test_no_randomness_means_no_key(void **state)
{
    struct vn_random none = {no_random, NULL};
    struct vn_key *key = NULL;
    (void)state;
    assert_int_equal(vn_key_generate(&none, &key), VN_IO);
    assert_null(key);
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEY(test_signature_verifies_and_fits),
        WITH_KEY(test_any_changed_byte_spoils_the_signature),
        WITH_KEY(test_signature_of_another_key_is_refused),
        WITH_KEY(test_point_beside_the_curve_is_refused),
        WITH_KEY(test_public_key_survives_pem),
        WITH_KEY(test_key_file_is_private_and_read_back),
        WITH_KEY(test_key_file_is_never_overwritten),
        WITH_KEY(test_key_file_that_others_can_read_is_refused),
        WITH_KEY(test_missing_and_broken_key_files_are_told_apart),
        cmocka_unit_test(test_no_randomness_means_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
