/* Certificates of tills that are renewed: both good until the new one was used, then that one alone. */
#include "agent/crypto/x509.h"
#include "tests/unit/hub_world.h"

#define DAY_MS INT64_C(86400000)

struct renewing {
    struct world *world;
    struct world_till till;
    struct vn_key *key;
    struct vn_renew_request request;
    struct vn_renew_reply reply;
};

static int setup(void **state)
{
    struct renewing *r = calloc(1, sizeof *r);
    struct vn_random random = vn_random_system();
    struct vn_buf csr;
    void *inner = NULL;
    if (r == NULL || world_setup(&inner) != 0) {
        free(r);
        return -1;
    }
    r->world = inner;
    world_start(r->world, &r->till);
    vn_buf_init(&csr, VN_PEM_MAX);
    assert_int_equal(vn_key_generate(&random, &r->key), VN_OK);
    assert_int_equal(vn_csr_create(r->key, &random, "till", &csr, NULL), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&csr), r->request.csr, sizeof r->request.csr), VN_OK);
    vn_buf_deinit(&csr);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct renewing *r = *state;
    void *inner = r->world;
    world_till_end(&r->till);
    vn_key_destroy(r->key);
    int failed = world_teardown(&inner);
    free(r);
    return failed;
}

/* One more certificate; its serial number. */
static void renew(struct renewing *r, char serial[VN_SERIAL_TEXT_MAX])
{
    struct vn_enrolment_row row;
    struct vn_cert_info info;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_storage *storage = r->world->hub.storage;
    world_row(&r->till, &row);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_fleet_renew(&r->world->hub, &row, &r->request, &r->reply, &error), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    assert_int_equal(vn_cert_read(vn_view_str(r->reply.certificate), &info, &error), VN_OK);
    memcpy(serial, info.serial, sizeof info.serial);
}

static void use(struct renewing *r, const char *serial)
{
    struct vn_storage *storage = r->world->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_certificate_use(storage, r->till.id, serial), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

/* Whether the till may show it. */
static bool is_good(struct renewing *r, const char *serial)
{
    struct vn_enrolment_row row;
    bool first = false;
    world_row(&r->till, &row);
    assert_int_equal(vn_fleet_other_certificate(&r->world->hub, &row, serial, &first), VN_OK);
    return first || strcmp(row.serial, serial) == 0;
}

static void current(struct renewing *r, char serial[VN_SERIAL_TEXT_MAX])
{
    struct vn_enrolment_row row;
    world_row(&r->till, &row);
    memcpy(serial, row.serial, sizeof row.serial);
}

static bool wants_renewal(struct renewing *r)
{
    struct vn_enrolment_row row;
    bool wants = false;
    world_row(&r->till, &row);
    assert_int_equal(vn_fleet_wants_renewal(&r->world->hub, &row, &wants), VN_OK);
    return wants;
}

static void test_renewed_certificate_is_the_tills_and_of_the_chain(void **state)
{
    struct renewing *r = *state;
    char serial[VN_SERIAL_TEXT_MAX];
    char name[2 * VN_ID_BYTES + 1];
    struct vn_cert_info info;
    struct vn_public_key own;
    renew(r, serial);
    assert_int_equal(vn_cert_read(vn_view_str(r->reply.certificate), &info, NULL), VN_OK);
    vn_hex_encode(vn_view_of(r->till.enrolment.bytes, VN_ID_BYTES), name);
    assert_string_equal(info.common_name, name);
    vn_key_public(r->key, &own);
    assert_memory_equal(&own, &info.public_key, sizeof own);
    assert_int_equal(info.not_after_ms / 1000, (r->world->now_ms + VN_CA_LEAF_TERM_MS) / 1000);
    assert_int_equal(vn_cert_check(vn_view_str(r->reply.certificate), vn_view_str(r->reply.authority), NULL),
                     VN_OK);
}

static void test_both_are_good_until_the_new_one_was_used(void **state)
{
    struct renewing *r = *state;
    char first[VN_SERIAL_TEXT_MAX];
    char second[VN_SERIAL_TEXT_MAX];
    current(r, first);
    renew(r, second);
    assert_true(is_good(r, first));
    assert_true(is_good(r, second));
    use(r, second);
    assert_false(is_good(r, first));
    assert_true(is_good(r, second));
    char now[VN_SERIAL_TEXT_MAX];
    current(r, now);
    assert_string_equal(now, second);
    use(r, first); /* a copy of the disk tries the old one */
    assert_false(is_good(r, first));
    assert_true(is_good(r, second));
    world_reopen(r->world);
    assert_false(is_good(r, first));
    assert_true(is_good(r, second));
}

static void test_an_answer_that_got_lost_leaves_no_second_key_behind(void **state)
{
    struct renewing *r = *state;
    char first[VN_SERIAL_TEXT_MAX];
    char lost[VN_SERIAL_TEXT_MAX];
    char second[VN_SERIAL_TEXT_MAX];
    current(r, first);
    renew(r, lost);
    renew(r, second);
    assert_true(is_good(r, first));
    assert_false(is_good(r, lost));
    assert_true(is_good(r, second));
}

static void test_a_certificate_of_after_the_backup_is_taken(void **state)
{
    struct renewing *r = *state;
    static const char unknown[] = "4711aa";
    char first[VN_SERIAL_TEXT_MAX];
    current(r, first);
    assert_true(is_good(r, unknown)); /* our key signed it, and this hub was set back */
    use(r, unknown);
    assert_true(is_good(r, unknown));
    assert_false(is_good(r, first));
    assert_true(wants_renewal(r)); /* nobody knows who issued it */
}

static void test_a_request_that_is_none_is_refused_and_changes_nothing(void **state)
{
    struct renewing *r = *state;
    struct vn_enrolment_row row;
    struct vn_error error = {VN_OK, "", ""};
    char first[VN_SERIAL_TEXT_MAX];
    current(r, first);
    world_row(&r->till, &row);
    (void)snprintf(r->request.csr, sizeof r->request.csr, "nothing");
    assert_int_equal(vn_storage_begin(r->world->hub.storage), VN_OK);
    assert_int_equal(vn_fleet_renew(&r->world->hub, &row, &r->request, &r->reply, &error), VN_INPUT);
    vn_storage_rollback(r->world->hub.storage);
    assert_true(is_good(r, first));
}

static void test_another_issuing_key_asks_its_tills_to_renew(void **state)
{
    struct renewing *r = *state;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_ca_state authority;
    char root_key[FOLDER_PATH + 16];
    char second[VN_SERIAL_TEXT_MAX];
    int64_t left = 0;
    vn_ca_describe(r->world->keys.ca, &authority);
    assert_false(wants_renewal(r));
    assert_int_equal(vn_storage_certificates_of(r->world->hub.storage, authority.issuing.serial, &left),
                     VN_OK);
    assert_int_equal(left, 1);
    (void)snprintf(root_key, sizeof root_key, "%s/root.key", r->world->dir);
    assert_int_equal(vn_ca_renew_issuing(r->world->dir, root_key, r->world->now_ms, &random, &error), VN_OK);
    assert_int_equal(vn_ca_reopen(r->world->keys.ca, &error), VN_OK);
    assert_true(wants_renewal(r));
    renew(r, second);
    assert_true(wants_renewal(r)); /* until it was used */
    use(r, second);
    assert_false(wants_renewal(r));
    assert_int_equal(vn_storage_certificates_of(r->world->hub.storage, authority.issuing.serial, &left),
                     VN_OK);
    assert_int_equal(left, 0);
}

#define RENEW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RENEW(test_renewed_certificate_is_the_tills_and_of_the_chain),
        RENEW(test_both_are_good_until_the_new_one_was_used),
        RENEW(test_an_answer_that_got_lost_leaves_no_second_key_behind),
        RENEW(test_a_certificate_of_after_the_backup_is_taken),
        RENEW(test_a_request_that_is_none_is_refused_and_changes_nothing),
        RENEW(test_another_issuing_key_asks_its_tills_to_renew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
