/* Looking things up in the cache, on a connection that only reads. */
#include <stdlib.h>
#include <string.h>

#include "agent/store/cache_internal.h"
#include "sync/wire/member_row.h"

enum read_sql {
    READ_MEMBER,
    READ_CARDS,
    READ_COUPON,
    READ_ITEM,
    READ_RULESET,
    READ_STOPS,
    READ_COUNTS,
    READ_CURSOR,
    READ_COUNT,
};

struct vn_cache_reader {
    struct vn_db *db;
    struct vn_statement *sql[READ_COUNT];
};

static const char sql_counts[] =
    "SELECT (SELECT count(DISTINCT account) FROM cards WHERE account NOT GLOB 'b*'),"
    " (SELECT count(*) FROM items), (SELECT count(*) FROM coupons)";

static const char *const statements[READ_COUNT] = {
    [READ_MEMBER] = CACHE_SQL_MEMBER,
    [READ_CARDS] = CACHE_SQL_CARDS,
    [READ_COUPON] = CACHE_SQL_COUPON,
    [READ_ITEM] = CACHE_SQL_ITEM,
    [READ_RULESET] = CACHE_SQL_RULESET,
    [READ_STOPS] = "SELECT DISTINCT promotion FROM stops ORDER BY promotion",
    [READ_COUNTS] = sql_counts,
    [READ_CURSOR] = "SELECT epoch, number FROM meta",
};

enum vn_status vn_cache_reader_open(const char *folder, const char *vfs, struct vn_cache_reader **out,
                                    struct vn_error *error)
{
    char path[VN_PATH_MAX];
    int64_t generation = 0;
    *out = NULL;
    enum vn_status status = generation_current(folder, &generation);
    if (status != VN_OK) {
        return vn_fail(error, status, "no cache in %s", folder);
    }
    struct vn_cache_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    struct vn_db_options options = {.mode = VN_DB_READER, .vfs = vfs, .cache_kib = CACHE_CACHE_KIB};
    generation_path(folder, generation, path);
    status = vn_db_open(path, &options, &reader->db, error);
    for (int i = 0; i < READ_COUNT && status == VN_OK; i++) {
        status = vn_db_prepare(reader->db, statements[i], &reader->sql[i], error);
    }
    if (status != VN_OK) {
        vn_cache_reader_close(reader);
        return status;
    }
    *out = reader;
    return VN_OK;
}

void vn_cache_reader_close(struct vn_cache_reader *reader)
{
    if (reader != NULL) {
        vn_db_close(reader->db);
        free(reader);
    }
}

/* What was never written so is damage, whatever it is. */
static enum vn_status damaged_unless(enum vn_status status)
{
    return status == VN_OK ? VN_OK : VN_CORRUPT;
}

enum vn_status vn_cache_reader_cursor(struct vn_cache_reader *reader, struct vn_cursor *out)
{
    struct vn_statement *sql = reader->sql[READ_CURSOR];
    *out = (struct vn_cursor){0, 0};
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *out = (struct vn_cursor){vn_column_int(sql, 0), vn_column_int(sql, 1)};
        vn_statement_reset(sql);
    }
    return damaged_unless(status);
}

enum vn_status vn_cache_member(struct vn_cache_reader *reader, const struct vn_hash *card,
                               struct vn_member *out, int64_t *included_seq)
{
    struct vn_statement *sql = reader->sql[READ_MEMBER];
    memset(out, 0, sizeof *out);
    *included_seq = 0;
    vn_bind_blob(sql, 1, vn_view_of(card->bytes, sizeof card->bytes));
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *included_seq = vn_column_int(sql, 0);
        status = damaged_unless(vn_member_row_read(vn_column_blob(sql, 1), out));
        out->known = true;
        vn_statement_reset(sql);
    }
    return status;
}

enum vn_status vn_cache_cards(struct vn_cache_reader *reader, const char *account,
                              struct vn_hash out[VN_FEED_CARDS_MAX], unsigned *count)
{
    struct vn_statement *sql = reader->sql[READ_CARDS];
    enum vn_status status;
    *count = 0;
    vn_bind_text(sql, 1, account);
    vn_bind_int(sql, 2, VN_FEED_CARDS_MAX);
    while ((status = vn_statement_step(sql)) == VN_OK) {
        struct vn_view card = vn_column_blob(sql, 0);
        if (card.len != VN_HASH_SIZE) {
            vn_statement_reset(sql);
            return VN_CORRUPT;
        }
        memcpy(out[(*count)++].bytes, card.data, card.len);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_cache_coupon(struct vn_cache_reader *reader, const struct vn_hash *number,
                               struct vn_coupon *out)
{
    struct vn_statement *sql = reader->sql[READ_COUPON];
    memset(out, 0, sizeof *out);
    vn_bind_blob(sql, 1, vn_view_of(number->bytes, sizeof number->bytes));
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        status = damaged_unless(vn_coupon_row_read(vn_column_blob(sql, 0), out));
        vn_statement_reset(sql);
    }
    return status;
}

enum vn_status vn_cache_item(struct vn_cache_reader *reader, const char *code, struct vn_item *out)
{
    struct vn_statement *sql = reader->sql[READ_ITEM];
    memset(out, 0, sizeof *out);
    if (strlen(code) >= sizeof out->code) {
        return VN_ABSENT; /* longer than any code */
    }
    vn_bind_text(sql, 1, code);
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        status = damaged_unless(vn_item_row_read(vn_column_blob(sql, 0), out));
        out->known = true;
        vn_statement_reset(sql);
    }
    return status;
}

enum vn_status vn_cache_ruleset(struct vn_cache_reader *reader, struct vn_buf *out, int64_t *number)
{
    struct vn_statement *sql = reader->sql[READ_RULESET];
    vn_buf_clear(out);
    *number = 0;
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *number = vn_column_int(sql, 0);
        status = vn_buf_append(out, vn_column_blob(sql, 1));
        vn_statement_reset(sql);
    }
    return status;
}

/* Stops below the ruleset in force are removed when it is taken, so all that are there count. */
enum vn_status vn_cache_stops(struct vn_cache_reader *reader, char (*out)[VN_ID_MAX], size_t max,
                              size_t *count)
{
    struct vn_statement *sql = reader->sql[READ_STOPS];
    enum vn_status status;
    *count = 0;
    while ((status = vn_statement_step(sql)) == VN_OK) {
        if (*count == max || vn_column_text(sql, 0, out[*count], VN_ID_MAX) != VN_OK) {
            vn_statement_reset(sql);
            return *count == max ? VN_FULL : VN_CORRUPT;
        }
        (*count)++;
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_cache_counts(struct vn_cache_reader *reader, int64_t *members, int64_t *items,
                               int64_t *coupons)
{
    struct vn_statement *sql = reader->sql[READ_COUNTS];
    *members = *items = *coupons = 0;
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *members = vn_column_int(sql, 0);
        *items = vn_column_int(sql, 1);
        *coupons = vn_column_int(sql, 2);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_CORRUPT : status;
}
