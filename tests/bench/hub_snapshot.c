/* A snapshot of a large chain at a till: built into the cache, beside what can't be avoided, unzipping the same bytes and putting
 * the same rows in their order into a table; and how long scans took meanwhile.
 *
 *     bench_hub_snapshot FOLDER MEMBERS      prints one JSON object, times in nanoseconds */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/db/db.h"
#include "agent/store/cache.h"
#include "sync/wire/member_row.h"
#include "sync/wire/snapshot.h"
#include "tests/bench/bench.h"

#define FILE_MAX  ((size_t)1024 * 1024 * 1024)
#define SCANS_MAX 1000000

static const struct vn_enrolment_id enrolment = {{1, 2, 3}};

static void check(enum vn_status status, const char *what)
{
    if (status != VN_OK) {
        bench_die(what, vn_status_name(status));
    }
}

static int64_t now_us(void)
{
    return bench_now_ns() / 1000;
}

static enum vn_status append(void *ctx, struct vn_view bytes)
{
    return vn_buf_append(ctx, bytes);
}

/* Hashes that rise, and look drawn behind their first bytes. */
static struct vn_hash card(unsigned number)
{
    struct vn_hash hash = {
        {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
    uint64_t drawn = number + UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 4; i < VN_HASH_SIZE; i++) {
        drawn = drawn * UINT64_C(6364136223846793005) + 1442695040888963407u;
        hash.bytes[i] = (uint8_t)(drawn >> 56);
    }
    return hash;
}

static void write_file(unsigned members, struct vn_buf *file)
{
    const struct vn_cursor cursor = {1, members};
    struct vn_snapshot_writer *writer = NULL;
    struct vn_member *member = calloc(1, sizeof *member);
    struct vn_buf value;
    vn_buf_init(&value, 65536);
    check(member == NULL ? VN_NOMEM : vn_snapshot_writer_create(&cursor, append, file, &writer), "writer");
    for (unsigned i = 0; i < members; i++) {
        struct vn_hash hash = card(i);
        member->known = true;
        member->lot_count = 2;
        (void)snprintf(member->account, sizeof member->account, "w%u", i + 1);
        (void)snprintf(member->first_name, sizeof member->first_name, "Ana%u", i % 5000);
        memcpy(member->tier, "gold", 5);
        member->balance = i % 9000;
        for (unsigned lot = 0; lot < 2; lot++) {
            member->lots[lot] =
                (struct vn_lot){i * 2 + lot, i % 4500, 1795000000000 + i, 1795000000000 + i, 1826000000000};
        }
        uint8_t len = (uint8_t)strlen(member->account);
        vn_buf_clear(&value);
        check(vn_buf_append(&value, vn_view_of(&len, 1)), "value");
        check(vn_buf_append_str(&value, member->account), "value");
        check(vn_member_row_write(member, &value), "row");
        const struct vn_snapshot_row row = {VN_SNAPSHOT_CARDS, vn_view_of(hash.bytes, VN_HASH_SIZE),
                                            vn_buf_view(&value)};
        check(vn_snapshot_put(writer, &row), "put");
    }
    check(vn_snapshot_finish(writer), "finish");
    vn_snapshot_writer_destroy(writer);
    vn_buf_deinit(&value);
    free(member);
}

/* What nobody can leave out. */
static int64_t load_sorted(const char *folder, const struct vn_buf *file)
{
    char path[VN_PATH_MAX];
    const struct vn_db_options options = {.mode = VN_DB_BUILD, .cache_kib = 4096};
    struct vn_db *db = NULL;
    struct vn_statement *insert = NULL;
    struct vn_snapshot_reader reader;
    struct vn_snapshot_block block;
    struct vn_snapshot_row row;
    struct vn_buf raw;
    size_t need = 0;
    (void)snprintf(path, sizeof path, "%s/sorted.db", folder);
    vn_buf_init(&raw, FILE_MAX);
    int64_t start = now_us();
    check(vn_db_open(path, &options, &db, NULL), "open");
    check(vn_db_exec(db,
                     "CREATE TABLE cards (card BLOB PRIMARY KEY, row BLOB NOT NULL) STRICT, WITHOUT ROWID",
                     NULL),
          "table");
    check(vn_db_prepare(db, "INSERT INTO cards VALUES (?, ?)", &insert, NULL), "insert");
    check(vn_db_begin(db, NULL), "begin");
    vn_snapshot_reader_init(&reader);
    while (vn_snapshot_next_block(&reader,
                                  vn_view_of(file->data + reader.offset, file->len - (size_t)reader.offset),
                                  &block, &need) == VN_OK) {
        check(vn_snapshot_unpack(&block, &raw), "unpack");
        struct vn_view rest = vn_buf_view(&raw);
        while (vn_snapshot_next_row(&reader, &block, &rest, &row) == VN_OK) {
            vn_bind_blob(insert, 1, row.key);
            vn_bind_blob(insert, 2, row.value);
            check(vn_statement_run(insert), "row");
        }
    }
    check(vn_db_commit(db, NULL), "commit");
    check(vn_db_settle(db, NULL), "settle");
    int64_t took = now_us() - start;
    vn_db_close(db);
    vn_buf_deinit(&raw);
    return took;
}

struct scanner {
    const char *folder;
    unsigned members, count;
    atomic_bool stop;
    atomic_int scanning;
    int64_t took_us[SCANS_MAX];
};

/* A scan every five milliseconds, in the generation before. */
static void *scan(void *ctx)
{
    struct scanner *scanner = ctx;
    struct vn_cache_reader *reader = NULL;
    struct vn_error error;
    struct vn_member *member = malloc(sizeof *member);
    int64_t included = 0;
    check(member == NULL ? VN_NOMEM : vn_cache_reader_open(scanner->folder, NULL, &reader, &error), "reader");
    while (!atomic_load(&scanner->stop) && scanner->count < SCANS_MAX) {
        struct vn_hash hash = card((unsigned)((scanner->count * UINT64_C(7919)) % scanner->members));
        int64_t start = now_us();
        atomic_fetch_add(&scanner->scanning, 1);
        check(vn_cache_member(reader, &hash, member, &included), "scan");
        atomic_fetch_sub(&scanner->scanning, 1);
        scanner->took_us[scanner->count++] = now_us() - start;
        bench_pause_us(5000);
    }
    vn_cache_reader_close(reader);
    free(member);
    return NULL;
}

static void give_way(void *ctx)
{
    struct scanner *scanner = ctx;
    if (atomic_load(&scanner->scanning) > 0) {
        bench_pause_us(1000);
    }
}

static int64_t build(struct vn_cache_writer *writer, const char *folder, const struct vn_buf *file,
                     struct scanner *scanner)
{
    struct vn_cache_part *part = NULL;
    struct vn_error error = {VN_OK, "", ""};
    int64_t next = 0;
    bool whole = false, selected = false;
    unsigned refused = 0;
    check(vn_cache_part_open(folder, &part), "part");
    for (size_t piece = 0; !whole; piece = (size_t)next) {
        size_t len = file->len - piece < 1048576 ? file->len - piece : 1048576;
        check(vn_cache_part_take(part, "\"a\"", (int64_t)piece, vn_view_of(file->data + piece, len), &next,
                                 &whole, &error),
              "piece");
    }
    const struct vn_cache_source source = {
        .part = part, .pause = scanner == NULL ? NULL : give_way, .ctx = scanner};
    int64_t start = now_us();
    check(vn_cache_replace_from(writer, &source, &selected, &refused, &error), error.text);
    int64_t took = now_us() - start;
    vn_cache_part_close(part);
    return took;
}

int main(int argc, char **argv)
{
    struct vn_cache_writer *writer = NULL;
    struct vn_error error;
    struct vn_buf file;
    bool fresh = false;
    pthread_t thread;
    if (argc != 3 || strtoul(argv[2], NULL, 10) == 0) {
        (void)fprintf(stderr, "usage: bench_hub_snapshot FOLDER MEMBERS\n");
        return 2;
    }
    unsigned members = (unsigned)strtoul(argv[2], NULL, 10);
    struct scanner *scanner = calloc(1, sizeof *scanner);
    check(scanner == NULL ? VN_NOMEM : VN_OK, "memory");
    vn_buf_init(&file, FILE_MAX);
    write_file(members, &file);
    int64_t sorted_us = load_sorted(argv[1], &file);
    check(vn_cache_open(argv[1], &enrolment, NULL, &writer, &fresh, &error), "cache");
    int64_t alone_us = build(writer, argv[1], &file, NULL);
    *scanner = (struct scanner){.folder = argv[1], .members = members};
    if (pthread_create(&thread, NULL, scan, scanner) != 0) {
        check(VN_IO, "thread");
    }
    int64_t beside_us = build(writer, argv[1], &file, scanner);
    atomic_store(&scanner->stop, true);
    (void)pthread_join(thread, NULL);
    (void)printf("{\"members\":%u,\"bytes\":%zu,\"sorted_ns\":%lld,\"alone_ns\":%lld,\"beside_ns\":%lld,",
                 members, file.len, (long long)sorted_us * 1000, (long long)alone_us * 1000,
                 (long long)beside_us * 1000);
    for (unsigned i = 0; i < scanner->count; i++) {
        scanner->took_us[i] *= 1000;
    }
    bench_print("scan", scanner->took_us, scanner->count, "}\n");
    vn_cache_close(writer);
    vn_buf_deinit(&file);
    free(scanner);
    return 0;
}
