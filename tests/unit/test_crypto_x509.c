#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/crypto/x509.h"

#define JAN_2026_MS 1767225600000 /* 2026-01-01T00:00:00Z */
#define DAY_MS      86400000

struct fixture {
    struct vn_random random;
    struct vn_key *ca_key;
    struct vn_key *key;
    struct vn_buf ca;
    struct vn_buf csr;
    struct vn_buf cert;
    struct vn_cert_terms terms;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    *state = f;
    f->random = vn_random_system();
    vn_buf_init(&f->ca, VN_PEM_MAX);
    vn_buf_init(&f->csr, VN_PEM_MAX);
    vn_buf_init(&f->cert, VN_PEM_MAX);
    f->terms =
        (struct vn_cert_terms){VN_CERT_CLIENT, "till-0042", JAN_2026_MS, JAN_2026_MS + DAY_MS, NULL, 0};
    bool ok = vn_key_generate(&f->random, &f->ca_key) == VN_OK &&
              vn_key_generate(&f->random, &f->key) == VN_OK &&
              vn_ca_create(f->ca_key, &f->random, "Practice chain", JAN_2026_MS,
                           JAN_2026_MS + 3650LL * DAY_MS, &f->ca, NULL) == VN_OK &&
              vn_csr_create(f->key, &f->random, "what the till calls itself", &f->csr, NULL) == VN_OK;
    return ok ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    vn_key_destroy(f->ca_key);
    vn_key_destroy(f->key);
    vn_buf_deinit(&f->ca);
    vn_buf_deinit(&f->csr);
    vn_buf_deinit(&f->cert);
    free(f);
    return 0;
}

static enum vn_status issue(struct fixture *f, struct vn_error *error)
{
    vn_buf_clear(&f->cert);
    return vn_cert_issue(f->ca_key, vn_buf_view(&f->ca), vn_buf_view(&f->csr), &f->terms, &f->random,
                         &f->cert, error);
}

static void test_authority_reads_back_as_one(void **state)
{
    struct fixture *f = *state;
    struct vn_cert_info info;
    assert_int_equal(vn_cert_read(vn_buf_view(&f->ca), &info, NULL), VN_OK);
    assert_string_equal(info.common_name, "Practice chain");
    assert_true(info.is_ca);
    assert_int_equal(info.not_before_ms, JAN_2026_MS);
    assert_int_equal(vn_cert_check(vn_buf_view(&f->ca), vn_buf_view(&f->ca), NULL), VN_OK);
}

static void test_issued_certificate_says_what_the_terms_say(void **state)
{
    struct fixture *f = *state;
    struct vn_cert_info info;
    struct vn_public_key public_key;
    f->terms.not_before_ms = 1709164799000; /* 2024-02-28T23:59:59Z, a leap year */
    f->terms.not_after_ms = 4102444800000;  /* 2100-01-01, past two-digit years */
    assert_int_equal(issue(f, NULL), VN_OK);
    assert_int_equal(vn_cert_read(vn_buf_view(&f->cert), &info, NULL), VN_OK);
    assert_string_equal(info.common_name, "till-0042"); /* not what the request asked for */
    assert_int_equal(info.not_before_ms, 1709164799000);
    assert_int_equal(info.not_after_ms, 4102444800000);
    assert_int_equal(strlen(info.serial), 32);
    assert_false(info.is_ca);
    vn_key_public(f->key, &public_key);
    assert_memory_equal(&info.public_key, &public_key, sizeof public_key);
    assert_int_equal(vn_cert_check(vn_buf_view(&f->cert), vn_buf_view(&f->ca), NULL), VN_OK);
}

static void test_tills_and_hubs_can_be_servers_and_other_clients_can_not(void **state)
{
    struct fixture *f = *state;
    struct vn_cert_info info;
    static const struct {
        enum vn_cert_kind kind;
        bool serves;
    } rows[] = {{VN_CERT_CLIENT, false}, {VN_CERT_TILL, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->terms.kind = rows[i].kind;
        assert_int_equal(issue(f, NULL), VN_OK);
        assert_int_equal(vn_cert_read(vn_buf_view(&f->cert), &info, NULL), VN_OK);
        assert_int_equal(info.serves, rows[i].serves);
    }
}

/* Draws bytes of 0 first, as the serial number, and after that what the machine draws. */
static enum vn_status zeros_first(void *ctx, uint8_t *out, size_t len)
{
    int *calls = ctx;
    struct vn_random random = vn_random_system();
    memset(out, 0, len);
    return (*calls)++ == 0 ? VN_OK : vn_random_fill(&random, out, len);
}

static void test_a_serial_number_is_whole_and_positive_whatever_was_drawn(void **state)
{
    struct fixture *f = *state;
    struct vn_cert_info info;
    int calls = 0;
    f->random = (struct vn_random){zeros_first, &calls};
    assert_int_equal(issue(f, NULL), VN_OK);
    assert_int_equal(vn_cert_read(vn_buf_view(&f->cert), &info, NULL), VN_OK);
    assert_string_equal(info.serial, "40000000000000000000000000000000");
}

static void test_serial_numbers_differ(void **state)
{
    struct fixture *f = *state;
    struct vn_cert_info first;
    struct vn_cert_info second;
    assert_int_equal(issue(f, NULL), VN_OK);
    assert_int_equal(vn_cert_read(vn_buf_view(&f->cert), &first, NULL), VN_OK);
    assert_int_equal(issue(f, NULL), VN_OK);
    assert_int_equal(vn_cert_read(vn_buf_view(&f->cert), &second, NULL), VN_OK);
    assert_string_not_equal(first.serial, second.serial);
}

/* The request's base64 is changed one character at a time: it either doesn't parse or its signature fails. */
static void test_tampered_request_is_never_issued(void **state)
{
    struct fixture *f = *state;
    size_t corrupt = 0;
    for (size_t i = 36; i + 40 < f->csr.len; i += 3) {
        uint8_t was = f->csr.data[i];
        if (was == '\n') {
            continue;
        }
        f->csr.data[i] = was == 'A' ? 'B' : 'A';
        enum vn_status status = issue(f, NULL);
        assert_true(status == VN_CORRUPT || status == VN_INPUT);
        corrupt += status == VN_CORRUPT;
        f->csr.data[i] = was;
    }
    assert_true(corrupt > 10);
    assert_int_equal(issue(f, NULL), VN_OK);
}

static void test_terms_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct vn_cert_terms good = f->terms;
    const char *const bad_names[] = {
        "",     "a,O=b", "a+b",
        "a=b",  "#41",   "a\"b",
        "a\nb", " a",    "0123456789012345678901234567890123456789012345678901234567890123x"};
    for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++) {
        f->terms.common_name = bad_names[i];
        assert_int_equal(issue(f, NULL), VN_ARG);
    }
    f->terms = good;
    f->terms.not_after_ms = f->terms.not_before_ms;
    assert_int_equal(issue(f, NULL), VN_ARG);
    f->terms = good;
    f->terms.not_before_ms = -1;
    assert_int_equal(issue(f, NULL), VN_ARG);
    f->terms = good;
    f->terms.kind = VN_CERT_SERVER; /* without names */
    assert_int_equal(issue(f, NULL), VN_ARG);
    assert_int_equal(f->cert.len, 0);
}

static void test_key_and_certificate_of_the_authority_must_belong_together(void **state)
{
    struct fixture *f = *state;
    struct vn_error error;
    assert_int_equal(vn_cert_issue(f->key, vn_buf_view(&f->ca), vn_buf_view(&f->csr), &f->terms, &f->random,
                                   &f->cert, &error),
                     VN_ARG);
}

static void test_certificate_of_another_authority_is_denied(void **state)
{
    struct fixture *f = *state;
    struct vn_buf other;
    vn_buf_init(&other, VN_PEM_MAX);
    assert_int_equal(
        vn_ca_create(f->key, &f->random, "Practice chain", JAN_2026_MS, JAN_2026_MS + DAY_MS, &other, NULL),
        VN_OK);
    assert_int_equal(issue(f, NULL), VN_OK);
    assert_int_equal(vn_cert_check(vn_buf_view(&f->cert), vn_buf_view(&other), NULL), VN_DENIED);
    vn_buf_deinit(&other);
}

static void test_what_is_no_certificate_is_refused(void **state)
{
    struct fixture *f = *state;
    struct vn_cert_info info;
    assert_int_equal(vn_cert_read(VN_VIEW_NONE, &info, NULL), VN_INPUT);
    assert_int_equal(vn_cert_read(vn_view_str("hello"), &info, NULL), VN_INPUT);
    assert_int_equal(vn_cert_read(vn_buf_view(&f->csr), &info, NULL), VN_INPUT);
    assert_int_equal(vn_cert_read_der(vn_view_str("0\x82"), &info, NULL), VN_INPUT);
    f->csr.len = 40;
    assert_int_equal(issue(f, NULL), VN_INPUT);
}

#define WITH_CA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CA(test_authority_reads_back_as_one),
        WITH_CA(test_issued_certificate_says_what_the_terms_say),
        WITH_CA(test_tills_and_hubs_can_be_servers_and_other_clients_can_not),
        WITH_CA(test_a_serial_number_is_whole_and_positive_whatever_was_drawn),
        WITH_CA(test_serial_numbers_differ),
        WITH_CA(test_tampered_request_is_never_issued),
        WITH_CA(test_terms_that_cannot_be_are_refused),
        WITH_CA(test_key_and_certificate_of_the_authority_must_belong_together),
        WITH_CA(test_certificate_of_another_authority_is_denied),
        WITH_CA(test_what_is_no_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
