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

#define FRAME_MEMBERS 50000
#define YEAR_MS       (365LL * 24 * 3600 * 1000)

static const char ruleset[] =
    "{\"ruleset\":1,\"engine\":1,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":100,\"spend_step\":50,"
    "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":10000},\"groups\":[{\"id\":\"shelf\","
    "\"stage\":"
    "\"units\",\"base\":\"list\",\"choice\":\"first\"}],\"cards\":[{\"prefix\":\"2990\",\"length\":13}],"
    "\"coupons\":[{\"prefix\":\"2991\",\"length\":13}]}\n"
    "{\"id\":\"coffee-20\",\"version\":1,\"engine\":1,\"name\":{\"en\":\"Coffee week\"},\"who\":\"anyone\","
    "\"then\":{\"kind\":\"percent_off\",\"selector\":{\"tags\":[\"coffee\"]},\"rate_bp\":2000},\"group\":"
    "\"shelf\","
    "\"priority\":10}\n";

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        (void)fprintf(stderr, "bench_till: %s: %s %s\n", what, vn_status_name(status), error->text);
        exit(1);
    }
}

static void card_number(long n, char out[16])
{
    int sum = 0;
    (void)snprintf(out, 16, "2990%08ld", n);
    for (int i = 0; i < 12; i++) {
        sum += (out[i] - '0') * (i % 2 == 0 ? 1 : 3);
    }
    out[12] = (char)('0' + (10 - sum % 10) % 10);
    out[13] = '\0';
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
    struct vn_buf signed_text;
    vn_feed_item_init(&item, VN_FEED_RULESET);
    vn_buf_init(&signed_text, VN_RULESET_MAX);
    item.number = 1;
    item.text = vn_view_str(ruleset);
    must(vn_feed_signed_text(VN_FEED_RULESET, 1, item.text, &signed_text), "signed text", &error);
    must(vn_sign(key, &random, vn_buf_view(&signed_text), item.signature, &item.signature_len), "sign",
         &error);
    put_line(frame, &item);
    vn_buf_deinit(&signed_text);
    vn_feed_item_deinit(&item);
    vn_feed_item_init(&item, VN_FEED_ITEM);
    item.item.known = true;
    (void)snprintf(item.item.code, sizeof item.item.code, "4006381333931");
    (void)snprintf(item.item.name, sizeof item.item.name, "Coffee beans 500 g");
    (void)snprintf(item.item.tags[0], sizeof item.item.tags[0], "coffee");
    item.item.tag_count = 1;
    put_line(frame, &item);
    vn_feed_item_deinit(&item);
}

static void put_member(struct vn_buf *frame, long n, const uint8_t card_key[VN_HASH_SIZE])
{
    char number[16];
    struct vn_feed_item item;
    vn_feed_item_init(&item, VN_FEED_MEMBER);
    card_number(n, number);
    vn_hmac_sha256(vn_view_of(card_key, VN_HASH_SIZE), vn_view_str(number), item.cards[0].bytes);
    item.card_count = 1;
    item.member.known = true;
    (void)snprintf(item.member.account, sizeof item.member.account, "w%ld", n);
    (void)snprintf(item.member.first_name, sizeof item.member.first_name, "Milica");
    (void)snprintf(item.member.tier, sizeof item.member.tier, "%s", n % 10 == 0 ? "gold" : "basic");
    item.member.balance = 100 + n % 900;
    put_line(frame, &item);
    vn_feed_item_deinit(&item);
}

static void fill(const char *folder, const struct vn_enrolment *enrolment, const struct vn_key *key,
                 long members)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_cache_writer *writer = NULL;
    bool fresh = false;
    bool changed = false;
    unsigned refused = 0;
    must(vn_cache_open(folder, &enrolment->id, &writer, &fresh, &error), "cache", &error);
    for (long from = 0, part = 1; from == 0 || from < members; from += FRAME_MEMBERS, part++) {
        struct vn_buf frame;
        struct vn_buf items;
        long until = from + FRAME_MEMBERS < members ? from + FRAME_MEMBERS : members;
        vn_buf_init(&frame, VN_FEED_BYTES_MAX);
        vn_buf_init(&items, VN_FEED_BYTES_MAX);
        struct vn_feed_header header = {
            .cursor = {1, part}, .count = (unsigned)(until - from), .snapshot = from == 0};
        if (from == 0) {
            put_ruleset(&items, key);
            header.count += 2;
        }
        for (long n = from; n < until; n++) {
            put_member(&items, n, enrolment->card_key);
        }
        must(vn_feed_header_encode(&header, &frame), "header", &error);
        must(vn_buf_append_str(&frame, "\n"), "header", &error);
        must(vn_buf_append(&frame, vn_buf_view(&items)), "frame", &error);
        if (from == 0) {
            must(vn_cache_replace(writer, vn_buf_view(&frame), enrolment->publishing_key, &refused, &error),
                 "snapshot", &error);
        } else {
            must(vn_cache_apply(writer, vn_buf_view(&frame), enrolment->publishing_key, &changed, &refused,
                                &error),
                 "frame", &error);
        }
        vn_buf_deinit(&items);
        vn_buf_deinit(&frame);
    }
    vn_cache_close(writer);
}

int main(int argc, char **argv)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    int64_t now_ms = 0;
    char path[VN_PATH_MAX];
    static struct vn_enrolment enrolment;
    struct vn_key *key = NULL;
    struct vn_key *authority = NULL;
    struct vn_public_key public;
    struct vn_buf pem;
    struct vn_buf csr;
    if (argc != 3) {
        (void)fprintf(stderr, "Usage: bench_till DIR MEMBERS\n");
        return 2;
    }
    struct vn_clock clock = vn_clock_system();
    now_ms = vn_clock_wall_ms(&clock);
    (void)mkdir(argv[1], 0700);
    must(vn_random_fill(&random, enrolment.id.bytes, VN_ID_BYTES), "random", &error);
    must(vn_random_fill(&random, enrolment.card_key, VN_HASH_SIZE), "random", &error);
    must(vn_key_generate(&random, &authority), "key", &error);
    must(vn_key_generate(&random, &key), "key", &error);
    (void)snprintf(path, sizeof path, "%s/till.key", argv[1]);
    must(vn_key_save(key, path, &error), "key", &error);
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    vn_buf_init(&csr, VN_PEM_MAX - 1);
    must(vn_ca_create(authority, &random, "bench", now_ms - YEAR_MS, now_ms + YEAR_MS, &pem, &error), "ca",
         &error);
    must(vn_view_copy_str(vn_buf_view(&pem), enrolment.hub_ca, sizeof enrolment.hub_ca), "ca", &error);
    must(vn_csr_create(key, &random, "till", &csr, &error), "csr", &error);
    vn_buf_clear(&pem);
    struct vn_cert_terms terms = {VN_CERT_CLIENT, "till", now_ms - YEAR_MS, now_ms + YEAR_MS, NULL, 0};
    must(vn_cert_issue(authority, vn_view_str(enrolment.hub_ca), vn_buf_view(&csr), &terms, &random, &pem,
                       &error),
         "certificate", &error);
    must(vn_view_copy_str(vn_buf_view(&pem), enrolment.certificate, sizeof enrolment.certificate), "cert",
         &error);
    vn_buf_clear(&pem);
    vn_key_public(authority, &public);
    must(vn_public_key_to_pem(&public, &pem), "public key", &error);
    must(vn_view_copy_str(vn_buf_view(&pem), enrolment.publishing_key, sizeof enrolment.publishing_key),
         "key", &error);
    (void)snprintf(enrolment.store, sizeof enrolment.store, "s1");
    (void)snprintf(enrolment.till, sizeof enrolment.till, "t1");
    (void)snprintf(enrolment.hub_host, sizeof enrolment.hub_host, "127.0.0.1");
    enrolment.hub_port = 9;
    (void)snprintf(path, sizeof path, "%s/journal.db", argv[1]);
    must(vn_journal_create(path, &enrolment.id, &error), "journal", &error);
    must(vn_enrolment_save(argv[1], &enrolment, &error), "enrolment", &error);
    fill(argv[1], &enrolment, authority, strtol(argv[2], NULL, 10));
    vn_buf_deinit(&pem);
    vn_buf_deinit(&csr);
    vn_key_destroy(key);
    vn_key_destroy(authority);
    return 0;
}
