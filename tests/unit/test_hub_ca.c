/* The chain's authority: a root that is not there, an issuing key that is, and folders of version 1. */
#include <pthread.h>
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

#include "agent/base/file.h"
#include "sync/hub/ca/ca.h"
#include "tests/unit/folder.h"

#define TODAY_MS INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */

struct authority {
    struct folder hub, safe; /* the root's key is in the second one */
    struct vn_random random;
    struct vn_key *till;
    struct vn_buf csr;
    struct vn_ca *ca;
    char root_key[512];
    struct vn_error error;
};

static int setup(void **state)
{
    struct authority *a = calloc(1, sizeof *a);
    if (a == NULL) {
        return -1;
    }
    *state = a;
    folder_create(&a->hub);
    folder_create(&a->safe);
    a->random = vn_random_system();
    (void)snprintf(a->root_key, sizeof a->root_key, "%s/root.key", a->safe.path);
    vn_buf_init(&a->csr, VN_PEM_MAX);
    return vn_key_generate(&a->random, &a->till) == VN_OK &&
                   vn_csr_create(a->till, &a->random, "till", &a->csr, NULL) == VN_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct authority *a = *state;
    vn_ca_close(a->ca);
    vn_key_destroy(a->till);
    vn_buf_deinit(&a->csr);
    folder_remove(&a->hub);
    folder_remove(&a->safe);
    free(a);
    return 0;
}

static void make(struct authority *a)
{
    assert_int_equal(
        vn_ca_create_in(a->hub.path, a->safe.path, "Practice chain", TODAY_MS, &a->random, &a->error), VN_OK);
    assert_int_equal(vn_ca_open(a->hub.path, &a->ca, &a->error), VN_OK);
}

/* The folder of a hub of version 1, as it was made by one. */
static void make_v1(struct authority *a)
{
    static const char *const files[] = {"ca.key", "ca.pem", "server.key", "server.pem"};
    char from[512];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(from, sizeof from, VERNO_SOURCE "/fixtures/chains/v1/%s", files[i]);
        folder_copy(from, folder_file(&a->hub, files[i]));
    }
    assert_int_equal(vn_ca_open(a->hub.path, &a->ca, &a->error), VN_OK);
}

static void read_file(struct folder *folder, const char *name, char out[VN_PEM_MAX])
{
    assert_int_equal(vn_file_read_in(folder->path, name, VN_FILE_OPEN, out, VN_PEM_MAX, NULL), VN_OK);
}

static enum vn_status issue_at(struct authority *a, enum vn_cert_kind kind, int64_t now_ms,
                               struct vn_buf *chain, struct vn_cert_info *info)
{
    *info = (struct vn_cert_info){.not_before_ms = 0};
    static const char *const names[] = {"hub.example"};
    const struct vn_cert_terms terms = {
        .kind = kind, .common_name = "0042", .names = names, .name_count = kind == VN_CERT_SERVER ? 1 : 0};
    vn_buf_clear(chain);
    enum vn_status status =
        vn_ca_issue(a->ca, &terms, vn_buf_view(&a->csr), now_ms, &a->random, chain, &a->error);
    if (status == VN_OK) { /* a NUL behind it, for strstr */
        assert_int_equal(vn_buf_append(chain, vn_view_of("", 1)), VN_OK);
        chain->len--;
    }
    return status == VN_OK ? vn_cert_read(vn_buf_view(chain), info, &a->error) : status;
}

static bool is_good(const struct vn_buf *chain, const char *pinned)
{
    return vn_cert_check(vn_buf_view(chain), vn_view_str(pinned), NULL) == VN_OK;
}

static unsigned certs_in(const char *pem)
{
    unsigned count = 0;
    for (const char *at = pem; (at = strstr(at, "BEGIN CERTIFICATE")) != NULL; at++) {
        count++;
    }
    return count;
}

static void test_the_root_signs_only_the_issuing_key_and_goes_away(void **state)
{
    struct authority *a = *state;
    char root[VN_PEM_MAX];
    struct stat info;
    struct vn_ca_state what;
    make(a);
    assert_int_equal(folder_count(&a->hub), 2); /* ca.pem and issuing.pem; no key of the root */
    assert_int_equal(stat(a->root_key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(folder_file(&a->hub, "issuing.pem"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    read_file(&a->hub, "ca.pem", root);
    assert_int_equal(certs_in(root), 1);
    vn_ca_describe(a->ca, &what);
    assert_int_equal(what.kind, VN_CA_SPLIT);
    assert_string_equal(what.root.common_name, "Practice chain");
    assert_string_equal(what.issuing.common_name, "Practice chain issuing 2026-11-22");
    assert_int_equal(what.root.not_after_ms, TODAY_MS + VN_CA_ROOT_TERM_MS);
    assert_int_equal(what.issuing.not_after_ms, TODAY_MS + VN_CA_ISSUE_TERM_MS);
    assert_int_equal(vn_ca_create_in(a->hub.path, a->safe.path, "Other", TODAY_MS, &a->random, &a->error),
                     VN_CONFLICT);
}

static void test_certificates_bring_their_chain_along(void **state)
{
    struct authority *a = *state;
    char root[VN_PEM_MAX];
    struct vn_buf chain = {.data = NULL};
    struct vn_cert_info info;
    vn_buf_init(&chain, VN_PEM_MAX);
    make(a);
    read_file(&a->hub, "ca.pem", root);
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, TODAY_MS, &chain, &info), VN_OK);
    assert_true(is_good(&chain, root));
    assert_int_equal(info.not_before_ms, TODAY_MS - VN_CA_DAY_MS);
    assert_int_equal(info.not_after_ms, TODAY_MS + VN_CA_LEAF_TERM_MS);
    char *second = strstr(strstr((char *)chain.data, "BEGIN CERTIFICATE") + 1, "-----BEGIN CERTIFICATE");
    assert_non_null(second);
    chain.len = (size_t)(second - (char *)chain.data); /* the end certificate alone leads nowhere */
    assert_false(is_good(&chain, root));
    vn_buf_deinit(&chain);
}

static void test_an_issuing_key_makes_no_further_authority(void **state)
{
    struct authority *a = *state;
    char root[VN_PEM_MAX];
    char issuing[VN_PEM_MAX];
    struct vn_key *key = NULL;
    struct vn_buf deeper;
    struct vn_buf chain;
    struct vn_cert_terms terms = {.kind = VN_CERT_ISSUING,
                                  .common_name = "deeper",
                                  .not_before_ms = TODAY_MS,
                                  .not_after_ms = TODAY_MS + VN_CA_DAY_MS};
    make(a);
    vn_buf_init(&deeper, VN_PEM_MAX);
    vn_buf_init(&chain, VN_PEM_MAX);
    read_file(&a->hub, "ca.pem", root);
    read_file(&a->hub, "issuing.pem", issuing);
    assert_int_equal(vn_key_load(folder_file(&a->hub, "issuing.pem"), &key, NULL), VN_OK);
    assert_int_equal(
        vn_cert_issue(key, vn_view_str(issuing), vn_buf_view(&a->csr), &terms, &a->random, &deeper, NULL),
        VN_OK); /* whoever stole the key can write one */
    terms.kind = VN_CERT_CLIENT;
    terms.common_name = "0042";
    assert_int_equal(
        vn_cert_issue(a->till, vn_buf_view(&deeper), vn_buf_view(&a->csr), &terms, &a->random, &chain, NULL),
        VN_OK);
    assert_int_equal(vn_buf_append(&chain, vn_buf_view(&deeper)), VN_OK);
    assert_int_equal(vn_buf_append_str(&chain, strstr(issuing, "-----BEGIN CERTIFICATE")), VN_OK);
    assert_false(is_good(&chain, root)); /* and nobody takes what it signs */
    vn_key_destroy(key);
    vn_buf_deinit(&deeper);
    vn_buf_deinit(&chain);
}

static void test_with_the_root_another_issuing_key_is_made_and_tills_go_on(void **state)
{
    struct authority *a = *state;
    char root[VN_PEM_MAX];
    struct vn_buf old;
    struct vn_buf fresh;
    struct vn_cert_info info;
    struct vn_ca_state before;
    struct vn_ca_state after;
    const int64_t later_ms = TODAY_MS + 4 * 365 * VN_CA_DAY_MS;
    vn_buf_init(&old, VN_PEM_MAX);
    vn_buf_init(&fresh, VN_PEM_MAX);
    make(a);
    read_file(&a->hub, "ca.pem", root);
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, later_ms, &old, &info), VN_OK);
    vn_ca_describe(a->ca, &before);
    assert_true(vn_ca_is_due(&before.issuing, later_ms));
    assert_int_equal(vn_ca_renew_issuing(a->hub.path, a->root_key, later_ms, &a->random, &a->error), VN_OK);
    assert_int_equal(vn_ca_reopen(a->ca, &a->error), VN_OK);
    vn_ca_describe(a->ca, &after);
    assert_string_not_equal(before.issuing.serial, after.issuing.serial);
    assert_memory_not_equal(&before.issuing.public_key, &after.issuing.public_key,
                            sizeof before.issuing.public_key);
    assert_string_equal(before.root.serial, after.root.serial);
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, later_ms, &fresh, &info), VN_OK);
    assert_true(is_good(&old, root)); /* by what tills pinned in the first year */
    assert_true(is_good(&fresh, root));
    vn_buf_deinit(&old);
    vn_buf_deinit(&fresh);
}

static void test_only_this_chains_root_makes_an_issuing_key(void **state)
{
    struct authority *a = *state;
    struct vn_key *other = NULL;
    char before[VN_PEM_MAX];
    char after[VN_PEM_MAX];
    make(a);
    read_file(&a->hub, "issuing.pem", before);
    const char *path = folder_file(&a->safe, "other.key");
    assert_int_equal(vn_key_generate(&a->random, &other), VN_OK);
    assert_int_equal(vn_key_save(other, path, NULL), VN_OK);
    assert_int_equal(vn_ca_renew_issuing(a->hub.path, path, TODAY_MS, &a->random, &a->error), VN_DENIED);
    assert_non_null(strstr(a->error.text, "is not the key of this chain's root"));
    const char *issuing = folder_file(&a->hub, "issuing.pem");
    assert_int_equal(vn_ca_renew_issuing(a->hub.path, issuing, TODAY_MS, &a->random, &a->error), VN_DENIED);
    assert_int_equal(vn_ca_renew_issuing(a->hub.path, "/nonexistent", TODAY_MS, &a->random, &a->error),
                     VN_ABSENT);
    read_file(&a->hub, "issuing.pem", after);
    assert_string_equal(before, after);
    vn_key_destroy(other);
}

static void test_no_certificate_outlives_its_issuer(void **state)
{
    struct authority *a = *state;
    struct vn_buf chain = {.data = NULL};
    struct vn_cert_info info;
    const int64_t end_ms = TODAY_MS + VN_CA_ISSUE_TERM_MS;
    vn_buf_init(&chain, VN_PEM_MAX);
    make(a);
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, end_ms - 10 * VN_CA_DAY_MS, &chain, &info), VN_OK);
    assert_int_equal(info.not_after_ms, end_ms);
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, TODAY_MS, &chain, &info), VN_OK);
    assert_int_equal(info.not_before_ms, TODAY_MS - VN_CA_DAY_MS); /* as its issuer's */
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, end_ms + 2 * VN_CA_DAY_MS, &chain, &info), VN_DENIED);
    assert_non_null(strstr(a->error.text, "verno-hub ca renew"));
    vn_buf_deinit(&chain);
}

static void test_due_at_two_thirds(void **state)
{
    const struct vn_cert_info info = {.not_before_ms = 1000, .not_after_ms = 4000};
    (void)state;
    assert_false(vn_ca_is_due(&info, 2999));
    assert_true(vn_ca_is_due(&info, 3000));
    assert_true(vn_ca_is_due(&info, 9000));
}

/* server.key and server.pem for some names, as vn_hub_init makes them. */
static struct vn_key *make_server(struct authority *a)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "hub.example.org", "2001:db8::7"};
    struct vn_key *key = NULL;
    struct vn_buf chain;
    const struct vn_cert_terms terms = {
        .kind = VN_CERT_SERVER, .common_name = "verno-hub", .names = names, .name_count = 4};
    vn_buf_init(&chain, VN_PEM_MAX);
    vn_buf_clear(&a->csr);
    assert_int_equal(vn_key_generate(&a->random, &key), VN_OK);
    assert_int_equal(vn_csr_create(key, &a->random, "verno-hub", &a->csr, NULL), VN_OK);
    assert_int_equal(vn_ca_issue(a->ca, &terms, vn_buf_view(&a->csr), TODAY_MS, &a->random, &chain, NULL),
                     VN_OK);
    assert_int_equal(vn_file_create_in(a->hub.path, "server.pem", vn_buf_view(&chain), NULL), VN_OK);
    vn_buf_deinit(&chain);
    return key;
}

/* A hub that does not know whether it was off for a year: what it issues is good whichever clock is right. */
static void test_a_certificate_can_be_good_by_two_clocks(void **state)
{
    struct authority *a = *state;
    struct vn_cert_info info;
    struct vn_cert_terms terms = {.kind = VN_CERT_CLIENT, .common_name = "till"};
    static const struct {
        int64_t latest_ms, until_ms;
    } rows[] = {{TODAY_MS, TODAY_MS + VN_CA_LEAF_TERM_MS},
                {TODAY_MS + 400 * VN_CA_DAY_MS, TODAY_MS + 765 * VN_CA_DAY_MS},
                {TODAY_MS + 4000 * VN_CA_DAY_MS, TODAY_MS + VN_CA_ISSUE_TERM_MS}};
    make(a);
    struct vn_key *server = make_server(a);
    vn_buf_clear(&a->csr);
    assert_int_equal(vn_csr_create(server, &a->random, "till", &a->csr, NULL), VN_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_buf chain;
        vn_buf_init(&chain, VN_PEM_MAX);
        terms.not_after_ms = rows[i].latest_ms + VN_CA_LEAF_TERM_MS;
        assert_int_equal(
            vn_ca_issue(a->ca, &terms, vn_buf_view(&a->csr), TODAY_MS, &a->random, &chain, &a->error), VN_OK);
        assert_int_equal(vn_cert_read(vn_buf_view(&chain), &info, NULL), VN_OK);
        assert_int_equal(info.not_before_ms, TODAY_MS - VN_CA_DAY_MS);
        assert_int_equal(info.not_after_ms, rows[i].until_ms);
        vn_buf_deinit(&chain);
        bool renewed = false;
        assert_int_equal(
            vn_ca_renew_server(a->ca, server, TODAY_MS, rows[i].latest_ms, &a->random, &renewed, NULL),
            VN_OK);
        assert_int_equal(renewed, i > 0);
        assert_int_equal(
            vn_ca_renew_server(a->ca, server, TODAY_MS, rows[i].latest_ms, &a->random, &renewed, NULL),
            VN_OK);
        assert_false(renewed); /* not again and again */
    }
    vn_key_destroy(server);
}

/* Made by a clock that was a year ahead and is right now. */
static void test_the_hubs_own_certificate_that_begins_tomorrow_is_made_anew(void **state)
{
    struct authority *a = *state;
    const int64_t ahead_ms = TODAY_MS + 400 * VN_CA_DAY_MS;
    bool renewed = false;
    make(a);
    struct vn_key *server = make_server(a);
    assert_int_equal(vn_ca_renew_server(a->ca, server, ahead_ms, ahead_ms, &a->random, &renewed, NULL),
                     VN_OK);
    assert_true(renewed);
    assert_int_equal(vn_ca_renew_server(a->ca, server, TODAY_MS, TODAY_MS, &a->random, &renewed, NULL),
                     VN_OK);
    assert_true(renewed);
    assert_int_equal(vn_ca_renew_server(a->ca, server, TODAY_MS, TODAY_MS, &a->random, &renewed, NULL),
                     VN_OK);
    assert_false(renewed);
    vn_key_destroy(server);
}

static void test_the_hubs_own_certificate_renews_itself_with_its_names(void **state)
{
    struct authority *a = *state;
    char root[VN_PEM_MAX];
    char before[VN_PEM_MAX];
    char after[VN_PEM_MAX];
    struct vn_cert_names names;
    struct vn_cert_info info;
    bool renewed = true;
    const int64_t due_ms = TODAY_MS + 250 * VN_CA_DAY_MS;
    make(a);
    struct vn_key *server = make_server(a);
    read_file(&a->hub, "ca.pem", root);
    read_file(&a->hub, "server.pem", before);
    assert_int_equal(vn_ca_renew_server(a->ca, server, TODAY_MS + 200 * VN_CA_DAY_MS,
                                        TODAY_MS + 200 * VN_CA_DAY_MS, &a->random, &renewed, NULL),
                     VN_OK);
    assert_false(renewed);
    assert_int_equal(vn_ca_renew_server(a->ca, server, due_ms, due_ms, &a->random, &renewed, NULL), VN_OK);
    assert_true(renewed);
    read_file(&a->hub, "server.pem", after);
    assert_string_not_equal(before, after);
    assert_int_equal(vn_cert_check(vn_view_str(after), vn_view_str(root), NULL), VN_OK);
    assert_int_equal(vn_cert_read(vn_view_str(after), &info, NULL), VN_OK);
    assert_int_equal(info.not_after_ms, due_ms + VN_CA_LEAF_TERM_MS);
    assert_int_equal(vn_cert_names(vn_view_str(after), &names, NULL), VN_OK);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.name[1], "127.0.0.1");
    assert_string_equal(names.name[2], "hub.example.org");
    assert_string_equal(names.name[3], "2001:db8::7");
    assert_int_equal(vn_ca_renew_server(a->ca, server, due_ms, due_ms, &a->random, &renewed, NULL), VN_OK);
    assert_false(renewed);
    vn_key_destroy(server);
}

/* --- folders of version 1 ---------------------------------------------------------------------------------- */

static void test_a_chain_of_version_1_goes_on(void **state)
{
    struct authority *a = *state;
    char pinned[VN_PEM_MAX];
    struct vn_buf chain;
    struct vn_cert_info info;
    struct vn_ca_state what;
    struct vn_key *server = NULL;
    bool renewed = false;
    vn_buf_init(&chain, VN_PEM_MAX);
    make_v1(a);
    read_file(&a->hub, "ca.pem", pinned);
    vn_ca_describe(a->ca, &what);
    assert_int_equal(what.kind, VN_CA_V1);
    assert_string_equal(what.root.common_name, "Practice chain");
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, TODAY_MS, &chain, &info), VN_OK);
    assert_int_equal(certs_in((char *)chain.data), 1);
    assert_true(is_good(&chain, pinned));
    assert_int_equal(vn_key_load(folder_file(&a->hub, "server.key"), &server, NULL), VN_OK);
    assert_int_equal(vn_ca_renew_server(a->ca, server, TODAY_MS + 700 * VN_CA_DAY_MS,
                                        TODAY_MS + 700 * VN_CA_DAY_MS, &a->random, &renewed, NULL),
                     VN_OK);
    assert_true(renewed);
    assert_int_equal(vn_ca_renew_issuing(a->hub.path, a->root_key, TODAY_MS, &a->random, &a->error),
                     VN_CONFLICT);
    assert_non_null(strstr(a->error.text, "verno-hub ca split"));
    assert_int_equal(vn_ca_retire(a->hub.path, &a->error), VN_CONFLICT);
    vn_key_destroy(server);
    vn_buf_deinit(&chain);
}

static void test_a_chain_of_version_1_moves_while_its_tills_work(void **state)
{
    struct authority *a = *state;
    char pinned[VN_PEM_MAX]; /* by tills of version 1 */
    char both[VN_PEM_MAX];   /* by tills that enrolled or renewed since */
    char last[VN_PEM_MAX];
    char server_pem[VN_PEM_MAX];
    struct vn_buf chain;
    struct vn_buf trusted;
    struct vn_buf old_till;
    struct vn_cert_info info;
    struct vn_ca_state what;
    struct vn_key *server = NULL;
    bool renewed = false;
    vn_buf_init(&chain, VN_PEM_MAX);
    vn_buf_init(&old_till, VN_PEM_MAX);
    vn_buf_init(&trusted, 2 * VN_PEM_MAX);
    make_v1(a);
    read_file(&a->hub, "ca.pem", pinned);
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, TODAY_MS, &old_till, &info), VN_OK);
    assert_int_equal(vn_key_load(folder_file(&a->hub, "server.key"), &server, NULL), VN_OK);
    assert_int_equal(
        vn_ca_split(a->hub.path, a->safe.path, "Practice chain 2", TODAY_MS, &a->random, &a->error), VN_OK);
    assert_int_equal(vn_ca_reopen(a->ca, &a->error), VN_OK);
    vn_ca_describe(a->ca, &what);
    assert_int_equal(what.kind, VN_CA_MOVING);
    assert_string_equal(what.root.common_name, "Practice chain 2");
    read_file(&a->hub, "ca.pem", both);
    assert_int_equal(certs_in(both), 2);
    /* The hub shows what both kinds of tills know; tills get what is to last; both kinds are let in. */
    assert_int_equal(issue_at(a, VN_CERT_SERVER, TODAY_MS, &chain, &info), VN_OK);
    assert_true(is_good(&chain, pinned));
    assert_true(is_good(&chain, both));
    assert_int_equal(issue_at(a, VN_CERT_CLIENT, TODAY_MS, &chain, &info), VN_OK);
    assert_int_equal(vn_ca_trusted(a->ca, &trusted), VN_OK);
    assert_int_equal(vn_cert_check(vn_buf_view(&chain), vn_buf_view(&trusted), NULL), VN_OK);
    assert_int_equal(vn_cert_check(vn_buf_view(&old_till), vn_buf_view(&trusted), NULL), VN_OK);
    assert_int_equal(vn_ca_split(a->hub.path, a->safe.path, "Again", TODAY_MS, &a->random, &a->error),
                     VN_CONFLICT);
    /* And the end of it. */
    assert_int_equal(vn_ca_retire(a->hub.path, &a->error), VN_OK);
    assert_false(folder_has(&a->hub, "ca.key"));
    assert_int_equal(vn_ca_reopen(a->ca, &a->error), VN_OK);
    vn_ca_describe(a->ca, &what);
    assert_int_equal(what.kind, VN_CA_SPLIT);
    read_file(&a->hub, "ca.pem", last);
    assert_int_equal(certs_in(last), 1);
    assert_int_equal(vn_ca_renew_server(a->ca, server, TODAY_MS, TODAY_MS, &a->random, &renewed, NULL),
                     VN_OK);
    assert_true(renewed); /* not due, but of a root that is no more */
    read_file(&a->hub, "server.pem", server_pem);
    assert_int_equal(vn_cert_check(vn_view_str(server_pem), vn_view_str(both), NULL), VN_OK);
    assert_true(is_good(&chain, last));
    assert_false(is_good(&old_till, last));
    assert_int_equal(vn_ca_retire(a->hub.path, &a->error), VN_CONFLICT);
    vn_key_destroy(server);
    vn_buf_deinit(&chain);
    vn_buf_deinit(&old_till);
    vn_buf_deinit(&trusted);
}

static void test_a_moving_that_was_cut_off_may_begin_again(void **state)
{
    struct authority *a = *state;
    struct vn_ca_state what;
    make_v1(a);
    assert_int_equal(vn_ca_split(a->hub.path, a->safe.path, "First", TODAY_MS, &a->random, &a->error), VN_OK);
    assert_int_equal(unlink(folder_file(&a->hub, "issuing.pem")),
                     0); /* the power went before it was written */
    assert_int_equal(vn_ca_reopen(a->ca, &a->error), VN_OK);
    vn_ca_describe(a->ca, &what);
    assert_int_equal(what.kind, VN_CA_V1);
    assert_int_equal(unlink(a->root_key), 0);
    assert_int_equal(vn_ca_split(a->hub.path, a->safe.path, "Second", TODAY_MS, &a->random, &a->error),
                     VN_OK);
    char roots[VN_PEM_MAX];
    read_file(&a->hub, "ca.pem", roots);
    assert_int_equal(certs_in(roots), 2); /* the first attempt's root is gone */
    assert_int_equal(vn_ca_reopen(a->ca, &a->error), VN_OK);
    vn_ca_describe(a->ca, &what);
    assert_string_equal(what.root.common_name, "Second");
    assert_int_equal(what.kind, VN_CA_MOVING);
}

/* --- damage ------------------------------------------------------------------------------------------------ */

static void test_files_that_do_not_belong_together_are_refused(void **state)
{
    struct authority *a = *state;
    struct authority *b = NULL;
    char other[VN_PEM_MAX];
    assert_int_equal(setup((void **)&b), 0);
    make(a);
    make(b);
    struct vn_ca *ca = NULL;
    read_file(&b->hub, "ca.pem", other);
    assert_int_equal(vn_file_replace(folder_file(&a->hub, "ca.pem"), vn_view_str(other), NULL), VN_OK);
    assert_int_equal(vn_ca_open(a->hub.path, &ca, &a->error), VN_DENIED); /* another chain's root */
    assert_int_equal(vn_ca_reopen(a->ca, &a->error), VN_DENIED);
    struct vn_ca_state what; /* and what was open goes on as it was */
    vn_ca_describe(a->ca, &what);
    assert_int_equal(what.kind, VN_CA_SPLIT);
    assert_int_equal(chmod(folder_file(&b->hub, "issuing.pem"), 0644), 0);
    assert_int_equal(vn_ca_open(b->hub.path, &ca, &a->error), VN_DENIED); /* a key that all can read */
    assert_int_equal(unlink(folder_file(&b->hub, "issuing.pem")), 0);
    assert_int_equal(vn_ca_open(b->hub.path, &ca, &a->error), VN_ABSENT);
    assert_null(ca);
    assert_int_equal(teardown((void **)&b), 0);
}

struct racer {
    struct authority *a;
    int failed;
};

static void *issue_many(void *ctx)
{
    struct racer *racer = ctx;
    const struct vn_cert_terms terms = {.kind = VN_CERT_CLIENT, .common_name = "0042"};
    struct vn_buf chain;
    vn_buf_init(&chain, VN_PEM_MAX);
    for (int i = 0; i < 20; i++) {
        vn_buf_clear(&chain);
        racer->failed += vn_ca_issue(racer->a->ca, &terms, vn_buf_view(&racer->a->csr), TODAY_MS,
                                     &racer->a->random, &chain, NULL) != VN_OK;
    }
    vn_buf_deinit(&chain);
    return NULL;
}

static void test_threads_issue_while_the_folder_is_read_again(void **state)
{
    struct authority *a = *state;
    struct racer racers[2] = {{a, 0}, {a, 0}};
    pthread_t threads[2];
    make(a);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, issue_many, &racers[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(vn_ca_reopen(a->ca, NULL), VN_OK);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(racers[i].failed, 0);
    }
}

#define CA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CA(test_the_root_signs_only_the_issuing_key_and_goes_away),
        CA(test_certificates_bring_their_chain_along),
        CA(test_an_issuing_key_makes_no_further_authority),
        CA(test_a_certificate_can_be_good_by_two_clocks),
        CA(test_with_the_root_another_issuing_key_is_made_and_tills_go_on),
        CA(test_only_this_chains_root_makes_an_issuing_key),
        CA(test_no_certificate_outlives_its_issuer),
        cmocka_unit_test(test_due_at_two_thirds),
        CA(test_the_hubs_own_certificate_that_begins_tomorrow_is_made_anew),
        CA(test_the_hubs_own_certificate_renews_itself_with_its_names),
        CA(test_a_chain_of_version_1_goes_on),
        CA(test_a_chain_of_version_1_moves_while_its_tills_work),
        CA(test_a_moving_that_was_cut_off_may_begin_again),
        CA(test_files_that_do_not_belong_together_are_refused),
        CA(test_threads_issue_while_the_folder_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
