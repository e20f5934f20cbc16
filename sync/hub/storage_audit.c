#include <stdio.h>

#include "sync/hub/storage_sql.h"

/* Each query gives rows of (what, difference): both sides of an equation are added up with opposite signs, and
 * what does not cancel out is a contradiction. Places by number: 1 free, 2 right, 3 held, 5 debt,
 * 6 suspense. */
static const struct {
    const char *sql;
    const char *middle; /* of the sentence: what, this, by how much */
} checks[] = {
    {"SELECT 'movement ' || movement, CAST(sum(amount) AS BIGINT) FROM posting GROUP BY movement HAVING "
     "sum(amount) <> 0",
     " does not sum to 0 but to"},
    {"SELECT 'all balances', CAST(coalesce(sum(amount), 0) AS BIGINT) FROM balance HAVING "
     "coalesce(sum(amount), 0) <> 0",
     " do not sum to 0 but to"},
    {"SELECT account || ', place ' || place, CAST(sum(a) AS BIGINT) FROM"
     " (SELECT account, place, enrolment, amount AS a FROM posting"
     "  UNION ALL SELECT account, place, enrolment, -amount FROM balance) AS d"
     " GROUP BY account, place, enrolment HAVING sum(a) <> 0",
     ": the postings differ from the balance by"},
    {"SELECT account || ' at enrolment ' || enrolment, CAST(sum(a) AS BIGINT) FROM"
     " (SELECT enrolment, account, granted + inward - outward AS a FROM counter"
     "  UNION ALL SELECT enrolment, account, -amount FROM balance WHERE place = 2) AS d"
     " GROUP BY enrolment, account HAVING sum(a) <> 0",
     ": the counters differ from the right by"},
    {"SELECT account, CAST(sum(a) AS BIGINT) FROM (SELECT account, free AS a FROM lot"
     "  UNION ALL SELECT account, -amount FROM balance WHERE place = 1) AS d"
     " GROUP BY account HAVING sum(a) <> 0",
     ": the lots differ from what is free by"},
    {"SELECT account || ' at enrolment ' || enrolment, CAST(sum(a) AS BIGINT) FROM"
     " (SELECT s.enrolment, l.account, s.amount AS a FROM slice s JOIN lot l ON l.id = s.lot"
     "  UNION ALL SELECT enrolment, account, -amount FROM balance WHERE place IN (2, 3, 6)) AS d"
     " GROUP BY enrolment, account HAVING sum(a) <> 0",
     ": the slices differ from what is out by"},
    {"SELECT account || ' at enrolment ' || enrolment, CAST(sum(a) AS BIGINT) FROM"
     " (SELECT enrolment, account, amount AS a FROM hold"
     "  UNION ALL SELECT enrolment, account, -amount FROM balance WHERE place = 3) AS d"
     " GROUP BY enrolment, account HAVING sum(a) <> 0",
     ": the open holds differ from what is held by"},
    {"SELECT account, amount FROM balance WHERE place IN (1, 3) AND amount < 0",
     ": what can not be below 0 is"},
    {"SELECT account, amount FROM balance WHERE place = 5 AND amount > 0",
     ": a debt can not be above 0, but is"},
};

enum vn_status vn_storage_audit(struct vn_storage *storage, vn_sentence_visit visit, void *ctx)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < sizeof checks / sizeof *checks && status == VN_OK; i++) {
        struct vn_row *row = NULL;
        status = vn_sql_first(storage, &row, checks[i].sql, "");
        while (status == VN_OK) {
            char what[VN_ERROR_TEXT_MAX];
            char sentence[VN_ERROR_TEXT_MAX];
            status = vn_row_text(row, 0, what, sizeof what);
            if (status == VN_OK) {
                (void)snprintf(sentence, sizeof sentence, "%s%s %lld", what, checks[i].middle,
                               (long long)vn_row_int(row, 1));
                status = visit(ctx, sentence);
            }
            if (status == VN_OK) {
                status = vn_row_step(row);
            }
        }
        status = row == NULL ? status : vn_row_end(row, status);
    }
    return status;
}
