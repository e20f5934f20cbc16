/* What a person is told of the authority: certificates that are due, keys that should not be there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sync/hub/ca/ca.h"
#include "tests/unit/folder.h"

#define TODAY_MS INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */

static void test_what_is_left_for_a_person(void **state)
{
    struct folder hub;
    struct folder safe;
    struct vn_random random = vn_random_system();
    struct vn_error error = {VN_OK, "", ""};
    struct vn_ca *ca = NULL;
    struct vn_ca_look look;
    struct vn_key *key = NULL;
    const struct vn_ca_names names = {{"localhost"}, 1};
    (void)state;
    folder_create(&hub);
    folder_create(&safe);
    assert_int_equal(vn_ca_create_in(hub.path, safe.path, "Practice chain", TODAY_MS, &random, &error),
                     VN_OK);
    assert_int_equal(vn_ca_open(hub.path, &ca, &error), VN_OK);
    vn_ca_look(ca, TODAY_MS, &look);
    assert_false(look.one_key || look.issuing_due || look.server_due);
    assert_int_equal(look.issuing_until_ms, TODAY_MS + VN_CA_ISSUE_TERM_MS);
    assert_true(look.server_until_ms == 0 && look.root_key_ms == 0 && look.old_key_ms == 0);
    assert_int_equal(vn_key_generate(&random, &key), VN_OK);
    assert_int_equal(vn_ca_write_server(ca, key, &names, TODAY_MS, TODAY_MS, &random, &error), VN_OK);
    int64_t due_ms = TODAY_MS - VN_CA_DAY_MS + (VN_CA_LEAF_TERM_MS + VN_CA_DAY_MS) / 3 * 2;
    vn_ca_look(ca, due_ms + VN_CA_DAY_MS / 2, &look); /* it renews itself within the hour */
    assert_int_equal(look.server_until_ms, TODAY_MS + VN_CA_LEAF_TERM_MS);
    assert_false(look.server_due);
    vn_ca_look(ca, due_ms + 2 * VN_CA_DAY_MS, &look);
    assert_true(look.server_due && !look.issuing_due);
    /* one that ends with its issuer can't be had longer, and the issuer is to be renewed */
    int64_t late_ms = TODAY_MS + VN_CA_ISSUE_TERM_MS - 10 * VN_CA_DAY_MS;
    assert_int_equal(vn_ca_write_server(ca, key, &names, late_ms, late_ms, &random, &error), VN_OK);
    vn_ca_look(ca, late_ms + 9 * VN_CA_DAY_MS, &look);
    assert_true(look.issuing_due && !look.server_due);
    vn_key_destroy(key);
    vn_ca_close(ca);
    folder_remove(&hub);
    folder_remove(&safe);
}

static void test_a_chain_of_version_1_is_known_by_its_key(void **state)
{
    static const char *const files[] = {"ca.key", "ca.pem"};
    struct folder hub;
    struct vn_random random = vn_random_system();
    struct vn_error error = {VN_OK, "", ""};
    struct vn_ca *ca = NULL;
    struct vn_ca_look look;
    char from[512];
    (void)state;
    folder_create(&hub);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(from, sizeof from, VERNO_SOURCE "/fixtures/chains/v1/%s", files[i]);
        folder_copy(from, folder_file(&hub, files[i]));
    }
    assert_int_equal(vn_ca_open(hub.path, &ca, &error), VN_OK);
    vn_ca_look(ca, TODAY_MS, &look);
    assert_true(look.one_key && look.old_key_ms > 0 && look.root_key_ms == 0);
    assert_int_equal(
        vn_ca_split(hub.path, folder_file(&hub, "offline"), "Practice chain", TODAY_MS, &random, &error),
        VN_OK);
    assert_int_equal(vn_ca_reopen(ca, &error), VN_OK);
    vn_ca_look(ca, TODAY_MS, &look);
    assert_true(!look.one_key && look.root_key_ms > 0);
    assert_true(look.old_key_ms <= TODAY_MS &&
                look.old_key_ms >= TODAY_MS - VN_CA_DAY_MS);            /* since the split */
    assert_int_equal(unlink(folder_file(&hub, "offline/root.key")), 0); /* taken away */
    assert_int_equal(rmdir(folder_file(&hub, "offline")), 0);
    assert_int_equal(vn_ca_retire(hub.path, &error), VN_OK);
    assert_int_equal(vn_ca_reopen(ca, &error), VN_OK);
    vn_ca_look(ca, TODAY_MS, &look);
    assert_true(look.old_key_ms == 0 && look.root_key_ms == 0);
    vn_ca_close(ca);
    folder_remove(&hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_left_for_a_person),
        cmocka_unit_test(test_a_chain_of_version_1_is_known_by_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
