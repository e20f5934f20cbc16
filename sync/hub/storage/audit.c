#include <stdio.h>

#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/sql.h"

/* Each query gives rows of (what, difference): both sides of an equation are added up with opposite signs, and
 * what does not cancel out is a contradiction. Places by number, as enum vn_ledger_place has them: 2 right, 3 held, 6 suspense,
 * 11 lent. */
#define FROM_SIDE                                                                                            \
    "SELECT CASE WHEN from_account = 0 THEN account ELSE from_account END AS account, from_place AS place,"  \
    " from_enrolment AS enrolment, -amount AS a FROM movement"
#define TO_SIDE                                                                                              \
    "SELECT CASE WHEN to_account = 0 THEN account ELSE to_account END, to_place, to_enrolment, amount FROM " \
    "movement"
#define COLUMN(place, column) " UNION ALL SELECT id, " #place ", 0, -" column " FROM account"

static const struct {
    const char *sql;
    const char *middle; /* of the sentence: what, this, by how much */
} checks[] = {
    {"SELECT 'account ' || account || ', place ' || place, CAST(sum(a) AS BIGINT) FROM (" FROM_SIDE
     " UNION ALL " TO_SIDE COLUMN(0, "issued") COLUMN(1, "free") COLUMN(2, "rights") COLUMN(3, "held")
         COLUMN(4, "redeemed") COLUMN(5, "debt") COLUMN(6, "suspense") COLUMN(7, "past") COLUMN(8, "waiting")
             COLUMN(9, "expired") COLUMN(10, "lost")
                 COLUMN(11, "lent") ") AS d GROUP BY account, place HAVING sum(a) <> 0",
     ": the movements differ from the account by"},
    {"SELECT 'account ' || account || ', place ' || place || ' at enrolment ' || enrolment, CAST(sum(a) AS "
     "BIGINT)"
     " FROM (SELECT * FROM (" FROM_SIDE " UNION ALL " TO_SIDE ") AS sides WHERE place IN (2, 3, 6, 11)"
     " UNION ALL SELECT account, 2, enrolment, -rights FROM claim"
     " UNION ALL SELECT account, 3, enrolment, -held FROM claim"
     " UNION ALL SELECT account, 6, enrolment, -suspense FROM claim"
     " UNION ALL SELECT account, 11, enrolment, -lent FROM claim) AS d"
     " GROUP BY account, place, enrolment HAVING sum(a) <> 0",
     ": the movements differ from what is out by"},
    {"SELECT 'account ' || account || ' at enrolment ' || enrolment, granted + inward - outward - rights "
     "FROM claim"
     " WHERE granted + inward - outward <> rights",
     ": the counters differ from the right by"},
    {"SELECT 'account ' || account || ' at enrolment ' || enrolment, CAST(sum(a) AS BIGINT) FROM ("
     /* given and not ended: lent; taken before it was given: the other way round */
     "SELECT account, lender AS enrolment, CASE WHEN steps IN (1, 5) THEN amount WHEN steps = 2 THEN -amount "
     "ELSE 0 END AS a"
     " FROM transfer UNION ALL SELECT account, enrolment, -lent FROM claim) AS d"
     " GROUP BY account, enrolment HAVING sum(a) <> 0",
     ": the transfers differ from what is lent by"},
    {"SELECT 'movement ' || id, amount FROM movement WHERE amount <= 0", ": it moves"},
    {"SELECT 'account ' || id, CASE WHEN free < 0 THEN free WHEN waiting < 0 THEN waiting ELSE held END"
     " FROM account WHERE free < 0 OR waiting < 0 OR held < 0",
     ": what can not be below 0 is"},
    {"SELECT 'account ' || id, debt FROM account WHERE debt > 0", ": a debt can not be above 0, but is"},
};

enum vn_status vn_storage_audit(struct vn_storage *storage, vn_sentence_visit visit, void *ctx)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < sizeof checks / sizeof *checks && status == VN_OK; i++) {
        struct vn_row *row = NULL;
        status = vn_sql_open(storage, &row, checks[i].sql, "");
        while (vn_row_next(row, &status)) {
            char what[VN_ERROR_TEXT_MAX];
            char sentence[VN_ERROR_TEXT_MAX];
            status = vn_row_text(row, 0, what, sizeof what);
            if (status == VN_OK) {
                (void)snprintf(sentence, sizeof sentence, "%s%s %lld", what, checks[i].middle,
                               (long long)vn_row_int(row, 1));
                status = visit(ctx, sentence);
            }
        }
    }
    return status;
}
