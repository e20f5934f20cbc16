/* What this machine can do at best, for the figures of hub_load: the same receipts, parsed and written by one loop without
 * network, ledger or checks; the disk's syncs; hashes, zip and signatures.
 *
 *     bench_hub_limits DIR MEMBERS RECEIPTS plain|baskets      prints one JSON object, times in nanoseconds
 *
 * DIR is a folder on the hub's file system. The loop writes what any hub must write for a receipt: the entry as it came, the sale
 * by its key, a movement, the account's balance; GROUP receipts a commit, as 50 batches of 20 that arrive together. */
#include <jansson.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/crypto/hash.h"
#include "agent/crypto/sign.h"
#include "sync/net/gzip.h"
#include "sync/wire/batch.h"
#include "tests/bench/bench.h"
#include "tests/bench/hub_tills.h"

#define GROUP      1000
#define SYNCS      500
#define SYNC_BYTES 65536
#define SIGNATURES 200
#define ROUNDS     200

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        bench_die("sqlite", sqlite3_errmsg(db));
    }
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *out = NULL;
    if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &out, NULL) != SQLITE_OK) {
        bench_die("sqlite", sqlite3_errmsg(db));
    }
    return out;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK) {
        bench_die("sqlite", sqlite3_errmsg(db));
    }
}

static sqlite3 *open_database(const char *folder, long members)
{
    char path[512];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/limits.db", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK) {
        bench_die(path, "can't be made");
    }
    sql(db, "PRAGMA journal_mode=WAL");
    sql(db, "PRAGMA synchronous=FULL");
    sql(db, "CREATE TABLE entry(enrolment, seq, body, PRIMARY KEY(enrolment, seq)) WITHOUT ROWID");
    sql(db, "CREATE TABLE sale(id INTEGER PRIMARY KEY, till, pos, date, receipt, account, points, fiscal)");
    sql(db, "CREATE UNIQUE INDEX sale_key ON sale(till, pos, date, receipt)");
    sql(db, "CREATE TABLE movement(id INTEGER PRIMARY KEY, account, amount, sale)");
    sql(db, "CREATE TABLE account(id INTEGER PRIMARY KEY, balance)");
    sql(db, "BEGIN");
    sqlite3_stmt *put = prepare(db, "INSERT INTO account VALUES(?1, 100)");
    for (long n = 1; n <= members; n++) {
        (void)sqlite3_bind_int64(put, 1, n);
        step(db, put);
    }
    (void)sqlite3_finalize(put);
    sql(db, "COMMIT");
    sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    return db;
}

struct writer {
    sqlite3 *db;
    sqlite3_stmt *entry, *sale, *movement, *account;
};

static void bind_text(sqlite3_stmt *statement, int at, const json_t *text)
{
    (void)sqlite3_bind_text(statement, at, json_string_value(text), -1, SQLITE_TRANSIENT);
}

static void write_one(const struct writer *writer, const struct vn_buf *body, long seq, long till)
{
    json_error_t where;
    json_t *root = json_loadb((const char *)body->data, body->len, JSON_REJECT_DUPLICATES, &where);
    const json_t *key = json_object_get(root, "sale");
    const json_t *account = json_object_get(root, "account");
    if (key == NULL || account == NULL) {
        bench_die("entry", "has no sale or account");
    }
    long member = strtol(json_string_value(account) + 1, NULL, 10);
    json_int_t points = json_integer_value(json_object_get(root, "points"));
    (void)sqlite3_bind_int64(writer->entry, 1, till);
    (void)sqlite3_bind_int64(writer->entry, 2, seq);
    (void)sqlite3_bind_blob(writer->entry, 3, body->data, (int)body->len, SQLITE_STATIC);
    step(writer->db, writer->entry);
    (void)sqlite3_bind_int64(writer->sale, 1, till);
    for (int i = 0; i < 3; i++) {
        bind_text(writer->sale, 2 + i, json_array_get(key, (size_t)i));
    }
    (void)sqlite3_bind_int64(writer->sale, 5, member);
    (void)sqlite3_bind_int64(writer->sale, 6, points);
    bind_text(writer->sale, 7, json_object_get(json_object_get(root, "body"), "fiscal"));
    step(writer->db, writer->sale);
    (void)sqlite3_bind_int64(writer->movement, 1, member);
    (void)sqlite3_bind_int64(writer->movement, 2, points);
    (void)sqlite3_bind_int64(writer->movement, 3, sqlite3_last_insert_rowid(writer->db));
    step(writer->db, writer->movement);
    (void)sqlite3_bind_int64(writer->account, 1, member);
    (void)sqlite3_bind_int64(writer->account, 2, points);
    step(writer->db, writer->account);
    json_decref(root);
}

static void parse_and_write(const char *folder, long members, const struct vn_buf *bodies, long count)
{
    struct writer writer = {.db = open_database(folder, members)};
    sqlite3 *db = writer.db;
    writer.entry = prepare(db, "INSERT INTO entry VALUES(?1, ?2, ?3)");
    writer.sale = prepare(db, "INSERT INTO sale VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    writer.movement = prepare(db, "INSERT INTO movement VALUES(NULL, ?1, ?2, ?3)");
    writer.account = prepare(db, "UPDATE account SET balance = balance + ?2 WHERE id = ?1");
    int64_t start = bench_now_ns();
    for (long i = 0; i < count; i++) {
        if (i % GROUP == 0) {
            sql(db, "BEGIN");
        }
        write_one(&writer, &bodies[i], i / 50, i % 50);
        if (i % GROUP == GROUP - 1 || i + 1 == count) {
            sql(db, "COMMIT");
        }
    }
    int64_t spent = bench_now_ns() - start;
    (void)sqlite3_finalize(writer.entry);
    (void)sqlite3_finalize(writer.sale);
    (void)sqlite3_finalize(writer.movement);
    (void)sqlite3_finalize(writer.account);
    (void)sqlite3_close(db);
    (void)printf("\"loop_ns\":%lld,\"receipts\":%ld,", (long long)spent, count);
}

static void parse_only(const struct vn_buf *bodies, long count)
{
    int64_t start = bench_now_ns();
    for (long i = 0; i < count; i++) {
        json_error_t where;
        json_decref(json_loadb((const char *)bodies[i].data, bodies[i].len, JSON_REJECT_DUPLICATES, &where));
    }
    (void)printf("\"parse_ns\":%lld,", (long long)(bench_now_ns() - start));
}

static void syncs(const char *folder)
{
    static int64_t times[SYNCS];
    static char bytes[SYNC_BYTES];
    char path[512];
    (void)snprintf(path, sizeof path, "%s/limits.sync", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        bench_die(path, "can't be made");
    }
    (void)unlink(path);
    for (size_t i = 0; i < SYNCS; i++) {
        int64_t start = bench_now_ns();
        if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) != 0) {
            bench_die(path, "the disk refuses");
        }
        times[i] = bench_now_ns() - start;
    }
    (void)close(fd);
    bench_print("sync_64k", times, SYNCS, ",");
}

/* Bytes of the receipts as they are, so that the rates are those of a hub. */
static void bytes(const struct vn_buf *bodies, long count)
{
    struct vn_buf plain;
    struct vn_buf zipped;
    uint8_t digest[VN_HASH_SIZE];
    vn_buf_init(&plain, VN_BATCH_BYTES_MAX);
    vn_buf_init(&zipped, VN_BATCH_BYTES_MAX);
    for (long i = 0; i < count && i < 20; i++) {
        if (vn_buf_append(&plain, vn_buf_view(&bodies[i])) != VN_OK) {
            bench_die("bytes", "out of memory");
        }
    }
    int64_t at[4] = {bench_now_ns()};
    for (int i = 0; i < ROUNDS; i++) {
        vn_sha256(vn_buf_view(&plain), digest);
    }
    at[1] = bench_now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        vn_buf_clear(&zipped);
        if (vn_gzip(vn_buf_view(&plain), 1, &zipped) != VN_OK) {
            bench_die("zip", "out of memory");
        }
    }
    at[2] = bench_now_ns();
    struct vn_buf back;
    vn_buf_init(&back, VN_BATCH_BYTES_MAX);
    for (int i = 0; i < ROUNDS; i++) {
        vn_buf_clear(&back);
        if (vn_gunzip(vn_buf_view(&zipped), VN_BATCH_BYTES_MAX, &back) != VN_OK) {
            bench_die("unzip", "it differs");
        }
    }
    at[3] = bench_now_ns();
    (void)printf("\"bytes\":%zu,\"sha256_ns\":%lld,\"zip_ns\":%lld,\"unzip_ns\":%lld,", plain.len * ROUNDS,
                 (long long)(at[1] - at[0]), (long long)(at[2] - at[1]), (long long)(at[3] - at[2]));
    vn_buf_deinit(&plain);
    vn_buf_deinit(&zipped);
    vn_buf_deinit(&back);
}

/* One till's receipts in the largest batch there is. */
static void wire(struct bench_receipts *receipts)
{
    static struct vn_batch batch = {.from_seq = 1, .count = VN_BATCH_ENTRIES_MAX};
    static struct vn_buf bodies[VN_BATCH_ENTRIES_MAX];
    struct vn_buf plain;
    struct vn_buf zipped;
    vn_buf_init(&plain, VN_BATCH_BYTES_MAX);
    vn_buf_init(&zipped, VN_BATCH_BYTES_MAX);
    for (unsigned i = 0; i < batch.count; i++) {
        vn_buf_init(&bodies[i], VN_ENTRY_MAX);
        bench_receipt_entry(receipts, i, &bodies[i]);
        batch.bodies[i] = vn_buf_view(&bodies[i]);
    }
    if (vn_batch_encode(&batch, &plain) != VN_OK || vn_gzip(vn_buf_view(&plain), 1, &zipped) != VN_OK) {
        bench_die("batch", "can't be encoded");
    }
    (void)printf("\"wire\":{\"receipts\":%u,\"zipped\":%zu,\"plain\":%zu},", batch.count, zipped.len,
                 plain.len);
    for (unsigned i = 0; i < batch.count; i++) {
        vn_buf_deinit(&bodies[i]);
    }
    vn_buf_deinit(&plain);
    vn_buf_deinit(&zipped);
}

static void signatures(void)
{
    static int64_t sign[SIGNATURES];
    static int64_t verify[SIGNATURES];
    struct vn_random random = vn_random_system();
    struct vn_key *key = NULL;
    struct vn_public_key public;
    uint8_t signature[VN_SIGNATURE_MAX];
    size_t len = 0;
    if (vn_key_generate(&random, &key) != VN_OK) {
        bench_die("key", "can't be made");
    }
    vn_key_public(key, &public);
    for (size_t i = 0; i < SIGNATURES; i++) {
        int64_t start = bench_now_ns();
        bool ok = vn_sign(key, &random, vn_view_of(&i, sizeof i), signature, &len) == VN_OK;
        int64_t signed_ns = bench_now_ns();
        ok = ok && vn_verify(&public, vn_view_of(&i, sizeof i), vn_view_of(signature, len)) == VN_OK;
        if (!ok) {
            bench_die("signature", "is wrong");
        }
        sign[i] = signed_ns - start;
        verify[i] = bench_now_ns() - signed_ns;
    }
    vn_key_destroy(key);
    bench_print("sign", sign, SIGNATURES, ",");
    bench_print("verify", verify, SIGNATURES, "}\n");
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        (void)fprintf(stderr, "Usage: bench_hub_limits DIR MEMBERS RECEIPTS plain|baskets\n");
        return 2;
    }
    long members = strtol(argv[2], NULL, 10);
    long count = strtol(argv[3], NULL, 10);
    if (members < 1 || count < 1) {
        bench_die("limits", "nothing to do");
    }
    struct bench_receipts *receipts =
        bench_receipts_make(members, strcmp(argv[4], "plain") == 0 ? BENCH_PLAIN : BENCH_BASKETS);
    struct vn_buf *bodies = calloc((size_t)count, sizeof *bodies);
    if (bodies == NULL) {
        bench_die("limits", "out of memory");
    }
    for (long i = 0; i < count; i++) {
        vn_buf_init(&bodies[i], VN_ENTRY_MAX);
        bench_receipt_entry(receipts, i / 50, &bodies[i]);
    }
    (void)printf("{");
    parse_and_write(argv[1], members, bodies, count);
    parse_only(bodies, count);
    syncs(argv[1]);
    bytes(bodies, count);
    wire(receipts);
    signatures();
    for (long i = 0; i < count; i++) {
        vn_buf_deinit(&bodies[i]);
    }
    free(bodies);
    bench_receipts_free(receipts);
    return 0;
}
