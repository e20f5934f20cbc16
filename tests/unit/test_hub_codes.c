/* One-time codes, and the end of what was enrolled with them. */
#include <stdlib.h>
#include <string.h>

#include "agent/crypto/hash.h"
#include "agent/crypto/x509.h"
#include "sync/hub/core/mark_revoked.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

static enum vn_status enrol_with(struct world *world, const char *code, const char *csr)
{
    struct vn_error error;
    struct vn_enrol_request *request = calloc(1, sizeof *request);
    struct vn_enrol_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(request);
    assert_non_null(reply);
    assert_int_equal(vn_view_copy_str(vn_view_str(code), request->code, sizeof request->code), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_view_str(csr), request->csr, sizeof request->csr), VN_OK);
    enum vn_status status = vn_fleet_enrol(&world->hub, request, reply, &error);
    free(request);
    free(reply);
    return status;
}

static void test_a_code_enrols_once(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    struct vn_random random = vn_random_system();
    struct vn_key *key = NULL;
    struct vn_buf csr;
    char code[VN_ENROL_CODE_MAX];
    char text[VN_PEM_MAX];
    vn_buf_init(&csr, VN_PEM_MAX);
    assert_int_equal(vn_key_generate(&random, &key), VN_OK);
    assert_int_equal(vn_csr_create(key, &random, "till", &csr, &error), VN_OK);
    assert_int_equal(vn_view_copy_str(vn_buf_view(&csr), text, sizeof text), VN_OK);
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t1", code, &error), VN_OK);
    assert_int_equal(strlen(code), 31);
    assert_int_equal(enrol_with(world, "00000-00000-00000-00000-00000-0", text), VN_DENIED);
    assert_int_equal(enrol_with(world, code, text), VN_OK);
    assert_int_equal(enrol_with(world, code, text), VN_DENIED);
    /* A broken request uses its code up too. */
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t1", code, &error), VN_OK);
    assert_int_equal(enrol_with(world, code, "no request"), VN_INPUT);
    assert_int_equal(enrol_with(world, code, text), VN_DENIED);
    vn_key_destroy(key);
    vn_buf_deinit(&csr);
}

/* 0, 1, 2 ...: what is drawn once stands in the code once. */
static enum vn_status count_up(void *ctx, uint8_t *out, size_t len)
{
    uint8_t *next = ctx;
    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
    return VN_OK;
}

/* 26 letters of 5 bits each, none of them drawn twice; in the database is what they hash to, and no more. */
static void test_a_code_is_130_bits_of_which_the_database_has_the_hash(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    struct vn_row *row = NULL;
    char code[VN_ENROL_CODE_MAX];
    uint8_t next = 0;
    uint8_t hash[VN_HASH_SIZE];
    const struct vn_random before = world->hub.random;
    world->hub.random = (struct vn_random){count_up, &next};
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t1", code, &error), VN_OK);
    world->hub.random = before;
    assert_string_equal(code, "01234-56789-ABCDE-FGHJK-MNPQR-S");
    vn_sha256(vn_view_str("0123456789ABCDEFGHJKMNPQRS"), hash);
    assert_int_equal(vn_sql_first(world->hub.storage, &row, "SELECT hash FROM code", ""), VN_OK);
    assert_true(vn_view_equal(vn_row_view(row, 0), vn_view_of(hash, sizeof hash)));
    assert_int_equal(vn_row_step(row), VN_ABSENT); /* it is the only one */
}

static void test_a_code_expires_after_a_day(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    char code[VN_ENROL_CODE_MAX];
    assert_int_equal(VN_ENROL_CODE_TERM_MS, 86400000);
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t1", code, &error), VN_OK);
    world->now_ms += VN_ENROL_CODE_TERM_MS - 1;
    assert_int_equal(enrol_with(world, code, "whatever"), VN_INPUT); /* the code was good */
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t1", code, &error), VN_OK);
    world->now_ms += VN_ENROL_CODE_TERM_MS;
    assert_int_equal(enrol_with(world, code, "whatever"), VN_DENIED);
}

static void test_a_till_belongs_to_one_store(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    char code[VN_ENROL_CODE_MAX];
    world_store(world, "s2");
    assert_int_equal(vn_fleet_code(&world->hub, "s9", "t1", code, &error), VN_ABSENT);
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t1", code, &error), VN_OK);
    assert_int_equal(vn_fleet_code(&world->hub, "s2", "t1", code, &error), VN_CONFLICT);
}

static void test_a_revoked_till_stays_revoked(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_revoked count = {.codes = 0};
    world_till_start(world, &till, "t1");
    assert_int_equal(vn_fleet_revoke(&world->hub, "nobody", "uid 7", &count), VN_ABSENT);
    assert_int_equal(vn_fleet_revoke(&world->hub, "t1", "uid 7", &count), VN_OK);
    assert_int_equal(count.enrolments, 1);
    assert_int_equal(vn_fleet_revoke(&world->hub, "t1", "uid 7", &count), VN_OK);
    assert_int_equal(count.enrolments, 0);
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    world_till_end(&till);
}

/* The file is not there to be written at first, and is when the next till is revoked. */
static void test_a_revocation_that_is_not_kept_says_so_and_is_kept_later(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_revoked count;
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_PATH_MAX];
    char code[VN_ENROL_CODE_MAX];
    int64_t again = 0;
    world_till_start(world, &till, "t1");
    (void)snprintf(path, sizeof path, "%s/away/revoked", world->dir);
    world->hub.revoked = path;
    assert_int_equal(vn_fleet_revoke(&world->hub, "t1", "uid 7", &count), VN_OK);
    assert_int_equal(count.enrolments, 1);
    assert_non_null(strstr(count.unkept, "/away/revoked: No such file"));
    assert_non_null(strstr(count.unkept, "the hub then notes it"));
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
    (void)snprintf(path, sizeof path, "%s/revoked", world->dir);
    assert_int_equal(vn_fleet_code(&world->hub, "s1", "t2", code, &error), VN_OK);
    assert_int_equal(vn_fleet_revoke(&world->hub, "t2", "uid 7", &count), VN_OK);
    assert_int_equal(count.enrolments, 0);
    assert_string_equal(count.unkept, "");
    row.state = VN_ENROLMENT_ACTIVE; /* as it was before */
    assert_int_equal(vn_storage_enrolment_put(world->hub.storage, &row), VN_OK);
    assert_int_equal(vn_mark_revoke_again(path, world->hub.storage, &again, &error), VN_OK);
    assert_int_equal(again, 1);
    world_till_end(&till);
}

static void test_a_till_has_one_code_which_its_revocation_takes_back(void **state)
{
    struct world *world = *state;
    struct vn_error error;
    struct vn_revoked count = {.codes = 0};
    char codes[3][VN_ENROL_CODE_MAX];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vn_fleet_code(&world->hub, "s1", i == 2 ? "t2" : "t1", codes[i], &error), VN_OK);
    }
    assert_int_equal(enrol_with(world, codes[0], "no request"), VN_DENIED);
    assert_int_equal(vn_fleet_revoke(&world->hub, "t1", "uid 7", &count), VN_OK);
    assert_int_equal(count.enrolments, 0);
    assert_int_equal(count.codes, 1);
    assert_int_equal(enrol_with(world, codes[1], "no request"), VN_DENIED);
    assert_int_equal(enrol_with(world, codes[2], "no request"), VN_INPUT); /* the code is good */
    assert_int_equal(vn_fleet_revoke(&world->hub, "t1", "uid 7", &count), VN_ABSENT);
}

static void test_all_enrolments_of_a_till_are_revoked(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_enrolment_row row;
    struct vn_revoked count = {.codes = 0};
    for (int i = 0; i <= VN_FLEET_ENROLMENTS_MAX; i++) {
        world_till_start(world, &till, "t1");
        world_till_end(&till);
    }
    assert_int_equal(vn_fleet_revoke(&world->hub, "t1", "uid 7", &count), VN_OK);
    assert_int_equal(count.enrolments, VN_FLEET_ENROLMENTS_MAX + 1);
    world_row(&till, &row);
    assert_int_equal(row.state, VN_ENROLMENT_REVOKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_code_enrols_once),
        TEST(test_a_code_is_130_bits_of_which_the_database_has_the_hash),
        TEST(test_a_code_expires_after_a_day),
        TEST(test_a_till_belongs_to_one_store),
        TEST(test_a_revoked_till_stays_revoked),
        TEST(test_a_revocation_that_is_not_kept_says_so_and_is_kept_later),
        TEST(test_a_till_has_one_code_which_its_revocation_takes_back),
        TEST(test_all_enrolments_of_a_till_are_revoked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
