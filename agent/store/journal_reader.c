#include "agent/store/journal_reader.h"

#include <stdlib.h>

#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

#define READER_CACHE_KIB 256

/* A journal of which only some statements are prepared. */
struct vn_journal_reader {
    struct vn_journal journal;
};

static enum vn_status prepare(struct vn_journal *journal, struct vn_error *error)
{
    static const enum journal_sql needed[] = {SQL_META,     SQL_POINTS_ACCOUNT, SQL_POINTS_CARD, SQL_CARRIED,
                                              SQL_COUNTERS, SQL_AVAILABLE,      SQL_RISKED,      SQL_EARNED};
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0] && status == VN_OK; i++) {
        status = journal_prepare(journal, needed[i], error);
    }
    return status;
}

enum vn_status vn_journal_reader_open(const char *path, const char *vfs, struct vn_journal_reader **out,
                                      struct vn_error *error)
{
    const struct vn_db_options options = {.mode = VN_DB_READER, .vfs = vfs, .cache_kib = READER_CACHE_KIB};
    *out = NULL;
    struct vn_journal_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_db_open(path, &options, &reader->journal.db, error);
    if (status == VN_OK) {
        status = prepare(&reader->journal, error);
    }
    if (status != VN_OK) {
        vn_journal_reader_close(reader);
        return status;
    }
    *out = reader;
    return VN_OK;
}

void vn_journal_reader_close(struct vn_journal_reader *reader)
{
    if (reader != NULL) {
        vn_db_close(reader->journal.db);
        free(reader);
    }
}

/* A transaction's state is that of its first reading, not of its BEGIN. */
enum vn_status vn_journal_reader_begin(struct vn_journal_reader *reader)
{
    struct vn_error ignored;
    struct vn_statement *meta = reader->journal.sql[SQL_META];
    enum vn_status status = vn_db_begin(reader->journal.db, &ignored);
    if (status == VN_OK) {
        status = vn_statement_step(meta);
        if (status == VN_OK && VN_PLANTED(INCLUDED_OF_ALL)) {
            reader->journal.head.acked_seq = vn_column_int(meta, 3);
        }
        vn_statement_reset(meta);
    }
    if (status != VN_OK) {
        vn_journal_reader_end(reader);
    }
    return status;
}

void vn_journal_reader_end(struct vn_journal_reader *reader)
{
    vn_db_rollback(reader->journal.db); /* it has only read */
}

static enum vn_status add_of_card(struct vn_journal *journal, const struct vn_hash *card,
                                  int64_t included_seq, int64_t *sum)
{
    char hex[2 * VN_HASH_SIZE + 1];
    int64_t points = 0;
    vn_hex_encode(vn_view_of(card->bytes, VN_HASH_SIZE), hex);
    enum vn_status status = vn_journal_points_of_card(journal, hex, included_seq, &points);
    *sum += points;
    return status;
}

enum vn_status vn_journal_reader_points(struct vn_journal_reader *reader, const char *account,
                                        int64_t included_seq, const struct vn_hash *cards,
                                        unsigned card_count, int64_t *out)
{
    if (VN_PLANTED(INCLUDED_OF_ALL) && included_seq < reader->journal.head.acked_seq) {
        included_seq = reader->journal.head.acked_seq;
    }
    enum vn_status status = vn_journal_points_since(&reader->journal, account, included_seq, out);
    for (unsigned i = 0; i < card_count && status == VN_OK; i++) {
        status = add_of_card(&reader->journal, &cards[i], included_seq, out);
    }
    return status;
}

enum vn_status vn_journal_reader_unknown(struct vn_journal_reader *reader, const struct vn_hash *card,
                                         int64_t *out)
{
    *out = 0;
    return add_of_card(&reader->journal, card, -1, out);
}

enum vn_status vn_journal_reader_counters(struct vn_journal_reader *reader, const char *account,
                                          struct vn_counters *out)
{
    return vn_journal_counters(&reader->journal, account, out);
}

enum vn_status vn_journal_reader_available(struct vn_journal_reader *reader, const char *from, const char *to,
                                           struct vn_counters *out, size_t max, size_t *count)
{
    return vn_journal_available(&reader->journal, from, to, out, max, count);
}

enum vn_status vn_journal_reader_risked(struct vn_journal_reader *reader, const char *member, int64_t *out)
{
    return vn_journal_risked(&reader->journal, member, out);
}

enum vn_status vn_journal_reader_earned(struct vn_journal_reader *reader, const char *who, int64_t now_ms,
                                        int64_t *out)
{
    return vn_journal_earned(&reader->journal, who, now_ms, out);
}
