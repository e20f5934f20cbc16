/* Which write-ahead log belongs to which database.
 *
 * SQLite applies any log that lies beside a file, by its name alone. After a crash there is one; whoever then copies an older
 * file over the database, and leaves the log, gets pages of two states mixed: no error, and a ledger that is wrong.
 *
 * So the file has a number (the header's application id, which is SQLite's to keep and nobody's to read), and each log's first
 * transaction raises it by one. A log is begun anew only when the file has all of the one before, so what belongs to a log
 * has the number below its first, or a number of its own, which the file gets when its pages are moved. The second transaction of
 * each opening takes a number at random: copies of a file that went on apart don't meet again. What was written without numbers,
 * by an older version or another program, is believed as before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/db/internal.h"

#define HEADER_SIZE       32 /* https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
#define FRAME_HEADER_SIZE 24
#define PAGE_SIZE_MAX     65536
#define FILE_MAGIC        "SQLite format 3" /* with its NUL */
#define NUMBER_AT         68                /* in a database's first page: its application id */
#define NUMBER_SIZE       4

struct walk {
    sqlite3_file *log;
    sqlite3_int64 at, size;
    uint32_t page_size;
    bool big_endian; /* of its checksums */
    uint32_t sum[2];
    uint8_t header[HEADER_SIZE];
    uint8_t *frame;
};

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t word(const struct walk *walk, const uint8_t *at)
{
    return walk->big_endian ? be32(at)
                            : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void add(struct walk *walk, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        walk->sum[0] += word(walk, data + i) + walk->sum[1];
        walk->sum[1] += word(walk, data + i + 4) + walk->sum[0];
    }
}

static bool sum_is(const struct walk *walk, const uint8_t *at)
{
    return be32(at) == walk->sum[0] && be32(at + 4) == walk->sum[1];
}

/* False: there is no log in it that SQLite would read. */
static bool is_log(struct walk *walk)
{
    uint32_t magic = be32(walk->header);
    walk->page_size = be32(walk->header + 8);
    walk->big_endian = (magic & 1) != 0;
    add(walk, walk->header, HEADER_SIZE - 8);
    return (magic & ~UINT32_C(1)) == 0x377f0682 && walk->page_size >= 512 &&
           walk->page_size <= PAGE_SIZE_MAX && sum_is(walk, walk->header + HEADER_SIZE - 8);
}

static int start(struct walk *walk, sqlite3_file *log, bool *any)
{
    *any = false;
    walk->log = log;
    int code = log->pMethods->xFileSize(log, &walk->size);
    if (code != SQLITE_OK || walk->size < HEADER_SIZE) {
        return code;
    }
    code = log->pMethods->xRead(log, walk->header, HEADER_SIZE, 0);
    *any = code == SQLITE_OK && is_log(walk);
    walk->at = HEADER_SIZE;
    walk->frame = *any ? malloc(FRAME_HEADER_SIZE + (size_t)walk->page_size) : NULL;
    return *any && walk->frame == NULL ? SQLITE_NOMEM : code;
}

/* SQLITE_DONE: what follows, if anything, is torn or of the log before. */
static int next(struct walk *walk)
{
    int len = FRAME_HEADER_SIZE + (int)walk->page_size;
    if (walk->at + len > walk->size) {
        return SQLITE_DONE;
    }
    int code = walk->log->pMethods->xRead(walk->log, walk->frame, len, walk->at);
    if (code != SQLITE_OK) {
        return code;
    }
    walk->at += len;
    add(walk, walk->frame, 8);
    add(walk, walk->frame + FRAME_HEADER_SIZE, walk->page_size);
    bool good = memcmp(walk->frame + 8, walk->header + 16, 8) == 0 && sum_is(walk, walk->frame + 16);
    return good ? SQLITE_OK : SQLITE_DONE;
}

/* The rule above. A transaction that did not end says nothing: SQLite does not read it either. */
static int look(struct walk *walk, uint32_t file_number, bool *foreign)
{
    bool committed = false;
    bool any = false;
    bool belongs = false;
    int code = SQLITE_OK;
    while ((code = next(walk)) == SQLITE_OK) {
        if (be32(walk->frame) == 1) {
            uint32_t number = be32(walk->frame + FRAME_HEADER_SIZE + NUMBER_AT);
            belongs = belongs || number == file_number || (!any && number == file_number + 1);
            any = true;
        }
        committed = committed || (any && be32(walk->frame + 4) != 0);
    }
    *foreign = committed && !belongs;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int vn_db_log_is_foreign(sqlite3_file *database, sqlite3_file *log, bool *foreign)
{
    struct walk walk = {.frame = NULL};
    uint8_t head[NUMBER_AT + NUMBER_SIZE];
    bool any = false;
    *foreign = false;
    int code = database->pMethods->xRead(database, head, sizeof head, 0);
    if (code == SQLITE_IOERR_SHORT_READ) {
        return SQLITE_OK; /* a new file */
    }
    /* The power went while the log was moved, and left the first sector as noise: its log heals it, and a copy that somebody put
     * back would begin as a database does. */
    if (code == SQLITE_OK && memcmp(head, FILE_MAGIC, sizeof FILE_MAGIC) != 0) {
        return SQLITE_OK;
    }
    if (code == SQLITE_OK) {
        code = start(&walk, log, &any);
    }
    if (code == SQLITE_OK && any) {
        code = look(&walk, be32(head + NUMBER_AT), foreign);
    }
    free(walk.frame);
    return code;
}

static enum vn_status read_number(struct vn_db *db, uint32_t *out, struct vn_error *error)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->handle, "PRAGMA application_id", -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
    }
    if (code == SQLITE_ROW) {
        *out = (uint32_t)sqlite3_column_int(stmt, 0);
    }
    enum vn_status status =
        code == SQLITE_ROW ? VN_OK : vn_db_fail(db, code, error, "can't read the number of the log");
    (void)sqlite3_finalize(stmt);
    return status;
}

enum vn_status vn_db_number_log(struct vn_db *db, struct vn_error *error)
{
    char sql[48];
    uint32_t number = 0;
    if (!db->numbers_logs || (db->wal_pages > 0 && db->number_drawn)) {
        return VN_OK;
    }
    db->number_drawing = db->wal_pages > 0;
    enum vn_status status = read_number(db, &number, error);
    if (status != VN_OK) {
        return status;
    }
    if (db->number_drawing) {
        sqlite3_randomness(sizeof number, &number);
        number >>= 2; /* room above, to be raised by one */
    } else {
        number++;
    }
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id=%d", (int)(number & INT32_MAX));
    return vn_db_exec(db, sql, error);
}
