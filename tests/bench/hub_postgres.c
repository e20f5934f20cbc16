/* Journal rows into PostgreSQL by the hub's storage, and the same rows by binary COPY, the fastest way in that the server has.
 *
 *     bench_hub_postgres URI ROWS GROUP      prints one JSON object, times in nanoseconds
 *
 * URI is an empty database. A row is a batch of RECEIPTS receipts with their baskets, zipped, as a till sends it; a second series
 * has a row a receipt. GROUP rows are one transaction. Storage and COPY take turns, on one connection each, into tables of the
 * same definition. */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/segments.h"
#include "sync/net/gzip.h"
#include "tests/bench/bench.h"
#include "tests/bench/hub_tills.h"

#define RECEIPTS 20
#define POOL     200 /* different rows */
#define MEMBERS  100000
#define ROUNDS   3
#define COLUMNS  9

struct rows {
    struct vn_buf bytes[POOL];
    enum vn_packing packing;
    int64_t receipts; /* of one row */
    int64_t enrolment, next;
    long count, group;
};

struct run {
    struct vn_storage *storage;
    PGconn *copy;
    struct vn_buf message;
};

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        bench_die(what, error == NULL || error->text[0] == '\0' ? vn_status_name(status) : error->text);
    }
}

static void fill(struct rows *rows, struct bench_receipts *receipts)
{
    for (long i = 0; i < POOL; i++) {
        struct vn_buf plain;
        vn_buf_init(&plain, VN_BATCH_BYTES_MAX);
        vn_buf_init(&rows->bytes[i], VN_BATCH_BYTES_MAX);
        for (int64_t n = 0; n < rows->receipts; n++) {
            bench_receipt_entry(receipts, n, &plain);
            must(vn_buf_append_str(&plain, "\n"), "row", NULL);
        }
        must(rows->packing == VN_PACKING_BODY ? vn_buf_append(&rows->bytes[i], vn_buf_view(&plain))
                                              : vn_gzip(vn_buf_view(&plain), 1, &rows->bytes[i]),
             "row", NULL);
        vn_buf_deinit(&plain);
    }
}

static void make_row(struct rows *rows, struct vn_segment_row *out)
{
    const struct vn_buf *bytes = &rows->bytes[rows->next % POOL];
    *out = (struct vn_segment_row){.enrolment = rows->enrolment + rows->next % 50,
                                   .from_seq = 1 + rows->next / 50 * rows->receipts,
                                   .count = rows->receipts,
                                   .since_ms = 1795334400000,
                                   .arrived_ms = 1795334400123,
                                   .packing = rows->packing,
                                   .bytes = vn_buf_view(bytes)};
    memcpy(out->head.bytes, bytes->data + bytes->len - VN_HASH_SIZE, VN_HASH_SIZE);
    rows->next++;
}

/* --- by the storage ------------------------------------------------------------------------------------------------- */

static enum vn_status put_group(void *ctx, struct vn_storage *storage)
{
    struct rows *rows = ctx;
    int64_t first = rows->next;
    struct vn_segment_row *group = calloc((size_t)rows->group, sizeof *group);
    if (group == NULL) {
        return VN_NOMEM;
    }
    for (long i = 0; i < rows->group; i++) {
        make_row(rows, &group[i]);
    }
    enum vn_status status = vn_storage_segments_put(storage, group, (size_t)rows->group);
    if (status != VN_OK) {
        rows->next = first; /* it may run again */
    }
    free(group);
    return status;
}

static int64_t by_storage(struct run *run, struct rows *rows)
{
    int64_t start = bench_now_ns();
    for (long done = 0; done < rows->count; done += rows->group) {
        must(vn_storage_unit(run->storage, VN_SQL_WRITE, put_group, rows), "unit", NULL);
    }
    return bench_now_ns() - start;
}

/* --- by COPY -------------------------------------------------------------------------------------------------------- */

static void command(struct run *run, const char *sql)
{
    PGresult *result = PQexec(run->copy, sql);
    ExecStatusType how = PQresultStatus(result);
    if (how != PGRES_COMMAND_OK && how != PGRES_TUPLES_OK && how != PGRES_COPY_IN) {
        bench_die(sql, PQerrorMessage(run->copy));
    }
    PQclear(result);
}

static void add(struct run *run, const void *bytes, size_t len)
{
    must(vn_buf_append(&run->message, vn_view_of(bytes, len)), "copy", NULL);
}

static void add_field(struct run *run, const void *bytes, size_t len)
{
    uint32_t size = htonl((uint32_t)len);
    add(run, &size, sizeof size);
    add(run, bytes, len);
}

static void add_int(struct run *run, int64_t value)
{
    uint64_t big = htobe64((uint64_t)value);
    add_field(run, &big, sizeof big);
}

/* In the order of the COPY below. */
static void add_row(struct run *run, const struct vn_segment_row *row)
{
    uint16_t columns = htons(COLUMNS);
    vn_buf_clear(&run->message);
    add(run, &columns, sizeof columns);
    add_int(run, row->enrolment);
    add_int(run, row->from_seq);
    add_int(run, row->count);
    add_int(run, row->skip);
    add_field(run, row->head.bytes, VN_HASH_SIZE);
    add_int(run, row->since_ms);
    add_int(run, row->arrived_ms);
    add_int(run, row->packing);
    add_field(run, row->bytes.data, row->bytes.len);
    if (PQputCopyData(run->copy, (const char *)run->message.data, (int)run->message.len) != 1) {
        bench_die("copy", PQerrorMessage(run->copy));
    }
}

static void copy_group(struct run *run, struct rows *rows)
{
    static const char header[] =
        "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* signature, flags, extension: 19 bytes with the last NUL */
    static const char trailer[] = "\377\377";
    command(run, "COPY segment_copy(enrolment, from_seq, count, skip, head, since_ms, arrived_ms, packing, "
                 "bytes) FROM STDIN (FORMAT binary)");
    int sent = PQputCopyData(run->copy, header, sizeof header);
    for (long i = 0; i < rows->group && sent == 1; i++) {
        struct vn_segment_row row;
        make_row(rows, &row);
        add_row(run, &row);
    }
    if (sent != 1 || PQputCopyData(run->copy, trailer, 2) != 1 || PQputCopyEnd(run->copy, NULL) != 1) {
        bench_die("copy", PQerrorMessage(run->copy));
    }
    PGresult *result = PQgetResult(run->copy);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        bench_die("copy", PQerrorMessage(run->copy));
    }
    while (result != NULL) {
        PQclear(result);
        result = PQgetResult(run->copy);
    }
}

static int64_t by_copy(struct run *run, struct rows *rows)
{
    int64_t start = bench_now_ns();
    for (long done = 0; done < rows->count; done += rows->group) {
        copy_group(run, rows);
    }
    return bench_now_ns() - start;
}

static void measure(struct run *run, struct rows *rows, const char *name, const char *end)
{
    size_t bytes = 0;
    for (size_t i = 0; i < POOL; i++) {
        bytes += rows->bytes[i].len;
    }
    (void)printf("\"%s\":{\"rows\":%ld,\"group\":%ld,\"receipts\":%lld,\"row_bytes\":%zu,\"rounds\":[", name,
                 rows->count, rows->group, (long long)rows->receipts, bytes / POOL);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t storage_ns = by_storage(run, rows);
        (void)printf("%s{\"storage_ns\":%lld,\"copy_ns\":%lld}", i == 0 ? "" : ",", (long long)storage_ns,
                     (long long)by_copy(run, rows));
    }
    (void)printf("]}%s", end);
    for (size_t i = 0; i < POOL; i++) {
        vn_buf_deinit(&rows->bytes[i]);
    }
}

int main(int argc, char **argv)
{
    static struct rows batches = {.packing = VN_PACKING_GZIP, .receipts = RECEIPTS, .enrolment = 1000};
    static struct rows entries = {.packing = VN_PACKING_BODY, .receipts = 1, .enrolment = 2000};
    struct vn_error error = {VN_OK, "", ""};
    struct run run = {.storage = NULL};
    long rows = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    long group = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    if (rows < 1 || group < 1 || group > rows) {
        (void)fprintf(stderr, "Usage: bench_hub_postgres URI ROWS GROUP\n");
        return 2;
    }
    batches.count = entries.count = rows;
    batches.group = entries.group = group;
    struct bench_receipts *receipts = bench_receipts_make(MEMBERS, BENCH_BASKETS);
    fill(&batches, receipts);
    fill(&entries, receipts);
    bench_receipts_free(receipts);
    must(vn_storage_create(argv[1], NULL, &run.storage, &error), "database", &error);
    run.copy = PQconnectdb(argv[1]);
    vn_buf_init(&run.message, VN_BATCH_BYTES_MAX);
    command(&run, "CREATE TABLE segment_copy (LIKE segment INCLUDING ALL)");
    (void)printf("{");
    measure(&run, &batches, "batches", ",");
    measure(&run, &entries, "entries", "}\n");
    PQfinish(run.copy);
    vn_storage_close(run.storage);
    vn_buf_deinit(&run.message);
    return 0;
}
