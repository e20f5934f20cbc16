/* Makes the folder of an enrolled till with a cache of N members, without a hub: for the benchmark of the agent.
 *
 *     bench_till DIR MEMBERS
 *
 * Card n is "2990", n as eight digits, and the EAN-13 check digit. The hub named in it is a port on loopback where nobody
 * listens, so what is measured is a till without a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/crypto/hash.h"
#include "agent/crypto/x509.h"
#include "agent/store/cache.h"
#include "agent/store/enrolment.h"
#include "agent/store/journal.h"
#include "tests/bench/bench.h"

#define SNAPSHOT_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024)
#define YEAR_MS            (365LL * 24 * 3600 * 1000)

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        (void)fprintf(stderr, "bench_till: %s: %s %s\n", what, vn_status_name(status), error->text);
        exit(1);
    }
}

static void put_line(struct vn_buf *frame, const struct vn_feed_item *item)
{
    struct vn_error error = {VN_OK, "", ""};
    must(vn_feed_item_encode(item, frame), "item", &error);
    must(vn_buf_append_str(frame, "\n"), "item", &error);
}

static void put_ruleset(struct vn_buf *frame, const struct vn_key *key)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_feed_item item;
    struct vn_buf text;
    struct vn_buf signed_text;
    vn_buf_init(&text, VN_RULESET_MAX);
    vn_buf_init(&signed_text, VN_RULESET_MAX);
    bench_ruleset(BENCH_PROMOTIONS, &text);
    vn_feed_item_init(&item, VN_FEED_RULESET);
    item.number = 1;
    item.text = vn_buf_view(&text);
    must(vn_feed_signed_text(VN_FEED_RULESET, 1, item.text, &signed_text), "signed text", &error);
    must(vn_sign(key, &random, vn_buf_view(&signed_text), item.signature, &item.signature_len), "sign",
         &error);
    put_line(frame, &item);
    vn_buf_deinit(&signed_text);
    vn_buf_deinit(&text);
    vn_feed_item_deinit(&item);
}

static void put_catalogue(struct vn_buf *frame)
{
    for (unsigned n = 0; n < BENCH_CATALOGUE; n++) {
        struct vn_feed_item item;
        vn_feed_item_init(&item, VN_FEED_ITEM);
        bench_item(n, &item.item);
        put_line(frame, &item);
        vn_feed_item_deinit(&item);
    }
}

static void put_member(struct vn_buf *frame, long n, const uint8_t card_key[VN_HASH_SIZE])
{
    char number[BENCH_CARD_SIZE];
    struct vn_feed_item item;
    vn_feed_item_init(&item, VN_FEED_MEMBER);
    bench_card(n, number);
    vn_hmac_sha256(vn_view_of(card_key, VN_HASH_SIZE), vn_view_str(number), item.cards[0].bytes);
    item.card_count = 1;
    item.member.known = true;
    (void)snprintf(item.member.account, sizeof item.member.account, "w%ld", n);
    (void)snprintf(item.member.first_name, sizeof item.member.first_name, "Milica");
    (void)snprintf(item.member.tier, sizeof item.member.tier, "%s", n % 10 == 0 ? "gold" : "basic");
    item.member.balance = bench_balance(n);
    put_line(frame, &item);
    vn_feed_item_deinit(&item);
}

/* One snapshot with all members. A hub's would have to fit VN_FEED_BYTES_MAX; this one is only as large as memory. */
static void make_snapshot(struct vn_buf *frame, const struct vn_enrolment *enrolment,
                          const struct vn_key *key, long members)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_feed_header header = {
        .cursor = {1, 1}, .count = (unsigned)members + 1 + BENCH_CATALOGUE, .snapshot = true};
    must(vn_feed_header_encode(&header, frame), "header", &error);
    must(vn_buf_append_str(frame, "\n"), "header", &error);
    put_ruleset(frame, key);
    put_catalogue(frame);
    for (long n = 0; n < members; n++) {
        put_member(frame, n, enrolment->card_key);
    }
}

static void fill(const char *folder, const struct vn_enrolment *enrolment, const struct vn_key *key,
                 long members)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_cache_writer *writer = NULL;
    struct vn_buf frame;
    bool fresh = false;
    unsigned refused = 0;
    vn_buf_init(&frame, SNAPSHOT_BYTES_MAX);
    make_snapshot(&frame, enrolment, key, members);
    must(vn_cache_open(folder, &enrolment->id, NULL, &writer, &fresh, &error), "cache", &error);
    const struct vn_cache_frame lines = {
        .lines = vn_buf_view(&frame), .included_seq = -1, .publishing_key = enrolment->publishing_key};
    must(vn_cache_replace(writer, &lines, &refused, &error), "snapshot", &error);
    if (refused > 0) {
        bench_die("snapshot", "the ruleset was refused");
    }
    vn_cache_close(writer);
    vn_buf_deinit(&frame);
}

static void certify(struct vn_enrolment *enrolment, struct vn_key *authority, struct vn_key *key,
                    int64_t now_ms)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_cert_terms terms = {VN_CERT_CLIENT, "till", now_ms - YEAR_MS, now_ms + YEAR_MS, NULL, 0};
    struct vn_public_key public;
    struct vn_buf pem;
    struct vn_buf csr;
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    vn_buf_init(&csr, VN_PEM_MAX - 1);
    must(vn_ca_create(authority, &random, "bench", now_ms - YEAR_MS, now_ms + YEAR_MS, &pem, &error), "ca",
         &error);
    must(vn_view_copy_str(vn_buf_view(&pem), enrolment->hub_ca, sizeof enrolment->hub_ca), "ca", &error);
    must(vn_csr_create(key, &random, "till", &csr, &error), "csr", &error);
    vn_buf_clear(&pem);
    must(vn_cert_issue(authority, vn_view_str(enrolment->hub_ca), vn_buf_view(&csr), &terms, &random, &pem,
                       &error),
         "certificate", &error);
    must(vn_view_copy_str(vn_buf_view(&pem), enrolment->certificate, sizeof enrolment->certificate), "cert",
         &error);
    vn_buf_clear(&pem);
    vn_key_public(authority, &public);
    must(vn_public_key_to_pem(&public, &pem), "public key", &error);
    must(vn_view_copy_str(vn_buf_view(&pem), enrolment->publishing_key, sizeof enrolment->publishing_key),
         "key", &error);
    vn_buf_deinit(&pem);
    vn_buf_deinit(&csr);
}

int main(int argc, char **argv)
{
    static struct vn_enrolment enrolment;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    struct vn_clock clock = vn_clock_system();
    struct vn_key *key = NULL;
    struct vn_key *authority = NULL;
    char path[VN_PATH_MAX];
    long members = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (members < 1 || members > VN_SNAPSHOT_ITEMS_MAX) {
        (void)fprintf(stderr, "Usage: bench_till DIR MEMBERS\n");
        return 2;
    }
    (void)mkdir(argv[1], 0700);
    must(vn_random_fill(&random, enrolment.id.bytes, VN_ID_BYTES), "random", &error);
    must(vn_random_fill(&random, enrolment.card_key, VN_HASH_SIZE), "random", &error);
    must(vn_key_generate(&random, &authority), "key", &error);
    must(vn_key_generate(&random, &key), "key", &error);
    (void)snprintf(path, sizeof path, "%s/till.key", argv[1]);
    must(vn_key_save(key, path, &error), "key", &error);
    certify(&enrolment, authority, key, vn_clock_wall_ms(&clock));
    (void)snprintf(enrolment.store, sizeof enrolment.store, "s1");
    (void)snprintf(enrolment.till, sizeof enrolment.till, "t1");
    (void)snprintf(enrolment.hub_host, sizeof enrolment.hub_host, "127.0.0.1");
    enrolment.hub_port = 9;
    (void)snprintf(path, sizeof path, "%s/journal.db", argv[1]);
    must(vn_journal_create(path, &enrolment.id, NULL, &error), "journal", &error);
    must(vn_enrolment_save(argv[1], &enrolment, &error), "enrolment", &error);
    fill(argv[1], &enrolment, authority, members);
    vn_key_destroy(key);
    vn_key_destroy(authority);
    return 0;
}
