/* Epochs: a hub that was set back begins one, so that no number means two things. */
#include <stdint.h>
#include <stdio.h>

#include "agent/base/planted.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/quarantine_sql.h"
#include "sync/hub/storage/sql.h"

/* Between what may have been given and what is given from now on, for each epoch that may have been begun since. */
#define NUMBERS_APART  1000000
#define RULESETS_APART 1000

#define GAPS_KEPT 1000
#define SHOWN     "rights-epoch" /* all enrolments have shown in it what they have */
#define BY        "epoch-by-"
#define BY_END    "epoch-by:" /* behind all digits */

enum vn_status vn_storage_position(struct vn_storage *storage, struct vn_position *out)
{
    struct vn_row *row = NULL;
    *out = (struct vn_position){.epoch = 0};
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT CAST(coalesce(sum(CASE WHEN name = 'epoch' THEN value END), 0) AS BIGINT),"
        " CAST(coalesce(sum(CASE WHEN name = 'change' THEN value END), 0) AS BIGINT),"
        " CAST(coalesce(sum(CASE WHEN name = 'movement' THEN value END), 0) AS BIGINT),"
        " CAST(coalesce(sum(CASE WHEN name = 'published' THEN value END), 0) AS BIGINT) FROM number",
        "");
    if (status == VN_OK) {
        *out = (struct vn_position){vn_row_int(row, 0), vn_row_int(row, 1), vn_row_int(row, 2),
                                    vn_row_int(row, 3)};
        vn_row_reset(row);
    }
    return status;
}

static enum vn_status raise(struct vn_storage *storage, const char *name, int64_t seen, int64_t by)
{
    return vn_sql_run(
        storage, "UPDATE number SET value = CASE WHEN value < ? THEN ? ELSE value END + ? WHERE name = ?",
        "iiit", seen, seen, by, name);
}

enum vn_status vn_storage_epoch_open(struct vn_storage *storage, const struct vn_position *seen,
                                     const char *why, int64_t now_ms)
{
    struct vn_position ours;
    enum vn_status status = vn_storage_position(storage, &ours);
    int64_t epoch = (seen->epoch > ours.epoch ? seen->epoch : ours.epoch) + 1;
    int64_t lost = epoch - ours.epoch;
    if (status == VN_OK) {
        status = vn_sql_run(storage, "INSERT INTO epoch(epoch, opened_ms, branch, why) VALUES(?, ?, ?, ?)",
                            "iiit", epoch, now_ms, ours.change, why);
    }
    if (status == VN_OK) {
        status = vn_storage_number_put(storage, "epoch", epoch);
    }
    if (status == VN_OK) { /* what had ended got nothing since */
        status = vn_sql_run(storage, "UPDATE enrolment SET epoch = ? WHERE state <> 0", "i", epoch);
    }
    static const char *const series[] = {"enrolment", "name", "sale", "coupon"};
    for (size_t i = 0; i < sizeof series / sizeof series[0] && status == VN_OK; i++) {
        status = raise(storage, series[i], 0, lost * NUMBERS_APART);
    }
    if (status == VN_OK) {
        status = raise(storage, "change", seen->change, lost * NUMBERS_APART);
    }
    if (status == VN_OK) {
        status = raise(storage, "movement", seen->movement, lost * NUMBERS_APART);
    }
    if (status == VN_OK) {
        status = raise(storage, "published", VN_PLANTED(OLD_RULES_TAKEN) ? 0 : seen->published,
                       VN_PLANTED(OLD_RULES_TAKEN) ? 0 : lost * RULESETS_APART);
    }
    if (status == VN_OK) { /* which of them were used or taken back since, nobody knows */
        status = vn_sql_run(storage, "DELETE FROM code", "");
    }
    vn_sql_forget_numbers(storage); /* blocks at hand are below */
    return status;
}

enum vn_status vn_storage_unnumber(struct vn_storage *storage, int64_t by)
{
    int64_t last = 0;
    enum vn_status status = vn_storage_change_raise(storage, by, &last);
    if (status == VN_OK) {
        status =
            vn_sql_run(storage, "INSERT INTO unnumbered(below, above) VALUES(?, ?)", "ii", last - by, last);
    }
    return status == VN_OK ? vn_sql_run(storage,
                                        "DELETE FROM unnumbered WHERE below <= (SELECT below FROM unnumbered"
                                        " ORDER BY below DESC LIMIT 1 OFFSET ?)",
                                        "i", (int64_t)GAPS_KEPT)
                           : status;
}

enum vn_status vn_storage_is_unnumbered(struct vn_storage *storage, int64_t number, bool *out)
{
    int64_t above = 0;
    enum vn_status status = vn_sql_number(
        storage, &above,
        "SELECT coalesce((SELECT above FROM unnumbered WHERE below < ? ORDER BY below DESC LIMIT 1), 0)", "i",
        number);
    *out = status == VN_OK && number < above;
    return status;
}

/* The epoch, if it is not known yet that all have shown theirs; else 0. */
static enum vn_status open_epoch(struct vn_storage *storage, int64_t *out)
{
    int64_t epoch = 1;
    int64_t shown = 0;
    *out = 0;
    enum vn_status status = vn_storage_number_or(storage, "epoch", 1, &epoch);
    if (status == VN_OK) {
        status = vn_storage_number_or(storage, SHOWN, 1, &shown);
    }
    *out = status == VN_OK && epoch > shown ? epoch : 0;
    return status;
}

enum vn_status vn_storage_not_told(struct vn_storage *storage, int64_t *out)
{
    int64_t epoch = 0;
    *out = 0;
    enum vn_status status = open_epoch(storage, &epoch);
    return status == VN_OK && epoch > 0
               ? vn_sql_number(storage, out,
                               "SELECT count(*) FROM enrolment WHERE (epoch < ? OR posted_seq < shown_seq)"
                               " AND state = ?",
                               "ii", epoch, (int64_t)VN_ENROLMENT_ACTIVE)
               : status;
}

/* `of`: an enrolment; 0: all. */
static enum vn_status count_unshown(struct vn_storage *storage, int64_t of, int64_t *out)
{
    int64_t epoch = 0;
    *out = 0;
    enum vn_status status = open_epoch(storage, &epoch);
    return status == VN_OK && epoch > 0
               ? vn_sql_number(storage, out,
                               "SELECT count(*) FROM enrolment WHERE (epoch < ? OR posted_seq < shown_seq"
                               " OR EXISTS(SELECT 1" VN_SQL_UNTRIED ")) AND state <> ? AND (? = 0 OR id = ?)",
                               "iiiii", epoch, (int64_t)VN_QUARANTINE_FOR_TILLS,
                               (int64_t)VN_ENROLMENT_HANDED_IN, of, of)
               : status;
}

enum vn_status vn_storage_unshown(struct vn_storage *storage, int64_t *out)
{
    return count_unshown(storage, 0, out);
}

enum vn_status vn_storage_unshown_of(struct vn_storage *storage, int64_t enrolment, int64_t *out)
{
    return count_unshown(storage, enrolment, out);
}

enum vn_status vn_storage_all_shown(struct vn_storage *storage, int64_t epoch)
{
    return vn_storage_number_put(storage, SHOWN, epoch);
}

enum vn_status vn_storage_epoch_above(struct vn_storage *storage)
{
    int64_t newest_ms = 0;
    enum vn_status status =
        vn_sql_number(storage, &newest_ms, "SELECT coalesce(max(created_ms), 0) FROM enrolment", "");
    return status == VN_OK ? vn_sql_run(storage,
                                        "UPDATE epoch SET opened_ms = ? WHERE opened_ms <= ? AND epoch ="
                                        " (SELECT max(epoch) FROM epoch)",
                                        "ii", newest_ms + 1, newest_ms)
                           : status;
}

enum vn_status vn_storage_set_back_ms(struct vn_storage *storage, int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out, "SELECT coalesce(max(opened_ms), 0) FROM epoch", "");
}

enum vn_status vn_storage_set_back_epoch(struct vn_storage *storage, int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out, "SELECT coalesce(max(epoch), 0) FROM epoch", "");
}

/* "epoch-by-7" */
static void by_name(int64_t enrolment, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, BY "%lld", (long long)enrolment);
}

enum vn_status vn_storage_epoch_by(struct vn_storage *storage, int64_t enrolment, int64_t *out_ms)
{
    char name[VN_ID_MAX];
    by_name(enrolment, name);
    return vn_storage_number_or(storage, name, 0, out_ms);
}

enum vn_status vn_storage_epoch_by_put(struct vn_storage *storage, int64_t enrolment, int64_t now_ms,
                                       int64_t forget_ms)
{
    char name[VN_ID_MAX];
    by_name(enrolment, name);
    enum vn_status status =
        vn_sql_run(storage, "DELETE FROM number WHERE name > '" BY "' AND name < '" BY_END "' AND value <= ?",
                   "i", forget_ms);
    return status == VN_OK ? vn_storage_number_put(storage, name, now_ms) : status;
}

enum vn_status vn_storage_epoch_branch(struct vn_storage *storage, int64_t epoch, int64_t *out)
{
    *out = INT64_MAX;
    return vn_sql_number(storage, out,
                         "SELECT coalesce(min(branch), 9223372036854775807) FROM epoch WHERE epoch > ?", "i",
                         epoch);
}

enum vn_status vn_storage_last_ack(struct vn_storage *storage, int64_t *out_ms)
{
    *out_ms = 0;
    return vn_sql_number(storage, out_ms, "SELECT coalesce(max(ack_ms), 0) FROM enrolment", "");
}
