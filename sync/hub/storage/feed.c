/* What the feed keeps: marks that wait for their numbers, numbered changes by scope, closed checkpoints, where members shop. */
#include <string.h>

#include "sync/hub/storage/sql.h"

#define CHECKPOINTS_MAX 256 /* read at once */

enum vn_status vn_storage_change_by(struct vn_storage *storage, enum vn_feed_kind kind, const char *key,
                                    int64_t enrolment)
{
    int64_t id = 0;
    enum vn_status status = vn_sql_next(storage, VN_SERIES_MARK, &id);
    return status == VN_OK ? vn_sql_run(storage,
                                        "INSERT INTO mark(id, kind, key, store) VALUES(?, ?, ?,"
                                        " coalesce((SELECT store FROM enrolment WHERE id = ?), ''))",
                                        "iiti", id, (int64_t)kind, key, enrolment)
                           : status;
}

enum vn_status vn_storage_change(struct vn_storage *storage, enum vn_feed_kind kind, const char *key)
{
    return vn_storage_change_by(storage, kind, key, 0);
}

enum vn_status vn_storage_marks(struct vn_storage *storage, struct vn_change_mark *out, unsigned max,
                                unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT id, kind, key, store FROM mark ORDER BY id LIMIT ?", "i", (int64_t)max);
    while (vn_row_next(row, &status)) {
        struct vn_change_mark *mark = &out[*count];
        *mark = (struct vn_change_mark){.id = vn_row_int(row, 0)};
        mark->kind = (enum vn_feed_kind)vn_row_int(row, 1);
        status = vn_row_text(row, 2, mark->key, sizeof mark->key);
        if (status == VN_OK) {
            status = vn_row_text(row, 3, mark->store, sizeof mark->store);
        }
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_marks_drop(struct vn_storage *storage, int64_t last)
{
    return vn_sql_run(storage, "DELETE FROM mark WHERE id <= ?", "i", last);
}

enum vn_status vn_storage_change_raise(struct vn_storage *storage, int64_t by, int64_t *last)
{
    return vn_sql_number(storage, last,
                         "INSERT INTO number(name, value) VALUES('change', ?) ON CONFLICT(name)"
                         " DO UPDATE SET value = number.value + excluded.value RETURNING value",
                         "i", by);
}

enum vn_status vn_storage_change_last(struct vn_storage *storage, int64_t *number)
{
    return vn_storage_number_or(storage, "change", 0, number);
}

enum vn_status vn_storage_change_put(struct vn_storage *storage, const char *scope,
                                     const struct vn_change *change)
{
    return vn_sql_run(storage,
                      "INSERT INTO change(scope, n, checkpoint, at_ms, kind, key) VALUES(?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT(kind, key, scope) DO UPDATE SET n = excluded.n,"
                      " checkpoint = excluded.checkpoint, at_ms = excluded.at_ms",
                      "tiiiit", scope, change->number, change->checkpoint, change->at_ms,
                      (int64_t)change->kind, change->key);
}

enum vn_status vn_storage_change_drop(struct vn_storage *storage, enum vn_feed_kind kind, const char *key)
{
    return vn_sql_run(storage, "DELETE FROM change WHERE kind = ? AND key = ?", "it", (int64_t)kind, key);
}

enum vn_status vn_storage_change_forget(struct vn_storage *storage, enum vn_feed_kind kind)
{
    return vn_sql_run(storage, "DELETE FROM change WHERE kind = ?", "i", (int64_t)kind);
}

enum vn_status vn_storage_changes(struct vn_storage *storage, const char *scope, int64_t after,
                                  struct vn_change *out, unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT n, checkpoint, at_ms, kind, key FROM change WHERE scope = ?"
                                        " AND n > ? ORDER BY n LIMIT ?",
                                        "tii", scope, after, (int64_t)max);
    while (vn_row_next(row, &status)) {
        struct vn_change *change = &out[*count];
        change->number = vn_row_int(row, 0);
        change->checkpoint = vn_row_int(row, 1);
        change->at_ms = vn_row_int(row, 2);
        change->kind = (enum vn_feed_kind)vn_row_int(row, 3);
        status = vn_row_text(row, 4, change->key, sizeof change->key);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_change_before(struct vn_storage *storage, const char *scope, int64_t number,
                                        int64_t *out)
{
    *out = 0;
    enum vn_status status =
        vn_sql_number(storage, out, "SELECT n FROM change WHERE scope = ? AND n <= ? ORDER BY n DESC LIMIT 1",
                      "ti", scope, number);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_slow_put(struct vn_storage *storage, int64_t member, enum vn_feed_kind kind,
                                   const char *key)
{
    return vn_sql_run(storage,
                      "INSERT INTO slow(member, kind, key) VALUES(?, ?, ?)"
                      " ON CONFLICT(member, kind, key) DO NOTHING",
                      "iit", member, (int64_t)kind, key);
}

enum vn_status vn_storage_slow_drop(struct vn_storage *storage, int64_t member, enum vn_feed_kind kind,
                                    const char *key)
{
    return vn_sql_run(storage, "DELETE FROM slow WHERE member = ? AND kind = ? AND key = ?", "iit", member,
                      (int64_t)kind, key);
}

enum vn_status vn_storage_slow(struct vn_storage *storage, struct vn_change_mark *out, unsigned max,
                               unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row, "SELECT member, kind, key FROM slow ORDER BY member, kind, key LIMIT ?",
                    "i", (int64_t)max);
    while (vn_row_next(row, &status)) {
        struct vn_change_mark *mark = &out[*count];
        *mark = (struct vn_change_mark){.member = vn_row_int(row, 0),
                                        .kind = (enum vn_feed_kind)vn_row_int(row, 1)};
        status = vn_row_text(row, 2, mark->key, sizeof mark->key);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

/* Stores are lines of one text. */
static enum vn_status split(struct vn_view text, struct vn_near *out)
{
    struct vn_view line;
    while (vn_wire_next_line(&text, &line)) {
        if (out->count == VN_NEAR_MAX ||
            vn_view_copy_str(line, out->stores[out->count], sizeof out->stores[0]) != VN_OK) {
            return VN_CORRUPT;
        }
        out->count++;
    }
    return VN_OK;
}

enum vn_status vn_storage_near(struct vn_storage *storage, int64_t member, struct vn_near *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT stores FROM near WHERE member = ?", "i", member);
    if (status == VN_ABSENT) {
        return VN_OK;
    }
    if (status == VN_OK) {
        status = split(vn_row_view(row, 0), out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_near_put(struct vn_storage *storage, int64_t member, const struct vn_near *near)
{
    char text[VN_NEAR_MAX * VN_ID_MAX + 1];
    size_t len = 0;
    for (unsigned i = 0; i < near->count; i++) {
        size_t bytes = strlen(near->stores[i]);
        memcpy(text + len, near->stores[i], bytes);
        text[len + bytes] = '\n';
        len += bytes + 1;
    }
    text[len] = '\0';
    return vn_sql_run(storage,
                      "INSERT INTO near(member, stores) VALUES(?, ?) ON CONFLICT(member)"
                      " DO UPDATE SET stores = excluded.stores",
                      "it", member, text);
}

enum vn_status vn_storage_checkpoint_put(struct vn_storage *storage, int64_t last, int64_t now_ms,
                                         const char *scopes)
{
    return vn_sql_run(storage, "INSERT INTO checkpoint(n, at_ms, scopes) VALUES(?, ?, ?)", "iit", last,
                      now_ms, scopes);
}

enum vn_status vn_storage_checkpoints(struct vn_storage *storage, int64_t after, vn_checkpoint_visit visit,
                                      void *ctx)
{
    int64_t read = CHECKPOINTS_MAX;
    enum vn_status status = VN_OK;
    while (status == VN_OK && read == CHECKPOINTS_MAX) {
        struct vn_row *row = NULL;
        read = 0;
        status = vn_sql_open(storage, &row, "SELECT n, scopes FROM checkpoint WHERE n > ? ORDER BY n LIMIT ?",
                             "ii", after, (int64_t)CHECKPOINTS_MAX);
        while (vn_row_next(row, &status)) {
            read++;
            after = vn_row_int(row, 0);
            status = visit(ctx, after, vn_row_view(row, 1));
        }
    }
    return status;
}

enum vn_status vn_storage_checkpoints_forget(struct vn_storage *storage, int64_t before_ms)
{
    return vn_sql_run(
        storage,
        "DELETE FROM checkpoint WHERE n IN (SELECT n FROM checkpoint ORDER BY n LIMIT 16) AND at_ms < ?", "i",
        before_ms);
}

enum vn_status vn_storage_tell(struct vn_storage *storage)
{
    return vn_sql_run(storage,
                      "INSERT INTO told(enrolment, seq) SELECT e.id, e.posted_seq FROM enrolment e"
                      " WHERE e.posted_seq > 0 AND NOT EXISTS (SELECT 1 FROM told t WHERE t.enrolment = e.id"
                      " AND t.seq = e.posted_seq) ON CONFLICT(enrolment) DO UPDATE SET seq = excluded.seq",
                      "");
}

enum vn_status vn_storage_told(struct vn_storage *storage, int64_t enrolment, int64_t *out)
{
    *out = 0;
    enum vn_status status =
        vn_sql_number(storage, out, "SELECT seq FROM told WHERE enrolment = ?", "i", enrolment);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_enrolments_count(struct vn_storage *storage, int64_t most, int64_t *out)
{
    return vn_sql_number(storage, out,
                         "SELECT count(*) FROM (SELECT 1 FROM enrolment WHERE state = ? LIMIT ?) AS counted",
                         "ii", (int64_t)VN_ENROLMENT_ACTIVE, most);
}

/* --- pages for snapshots ------------------------------------------------------------------------------------ */

enum vn_status vn_storage_cards_after(struct vn_storage *storage, const struct vn_hash *after,
                                      struct vn_card_row *out, unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    struct vn_view above = vn_view_of(after->bytes, VN_HASH_SIZE);
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT hash, member FROM card WHERE hash > ? AND NOT EXISTS"
                    " (SELECT 1 FROM blocked WHERE blocked.hash = card.hash)"
                    " UNION ALL SELECT hash, 0 FROM blocked WHERE hash > ? ORDER BY hash LIMIT ?",
                    "bbi", above, above, (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[*count].member = vn_row_int(row, 1);
        status = vn_row_bytes(row, 0, out[*count].card.bytes, VN_HASH_SIZE);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_coupons_after(struct vn_storage *storage, const struct vn_hash *after, int64_t *out,
                                        unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row, "SELECT id FROM coupon WHERE number > ? ORDER BY number LIMIT ?", "bi",
                    vn_view_of(after->bytes, VN_HASH_SIZE), (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[(*count)++] = vn_row_int(row, 0);
    }
    return status;
}

enum vn_status vn_storage_items_after(struct vn_storage *storage, const char *after, char (*out)[VN_CODE_MAX],
                                      unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row, "SELECT code FROM item WHERE code > ? ORDER BY code LIMIT ?", "ti", after,
                    (int64_t)max);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, out[*count], VN_CODE_MAX);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_posted_after(struct vn_storage *storage, const struct vn_enrolment_id *after,
                                       struct vn_posted_row *out, unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT enrolment, posted_seq FROM enrolment WHERE enrolment > ?"
                                        " ORDER BY enrolment LIMIT ?",
                                        "bi", vn_view_of(after->bytes, VN_ID_BYTES), (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[*count].posted_seq = vn_row_int(row, 1);
        status = vn_row_bytes(row, 0, out[*count].enrolment.bytes, VN_ID_BYTES);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}
