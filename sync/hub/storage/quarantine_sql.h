/* Conditions that find what waits in quarantine beside a million refused entries of one till. Each says what its index says
 * (schema.c), word by word: a database takes such an index for no statement that leaves it to the parameters. A test holds them
 * against the plans of SQLite and PostgreSQL. Not for other folders. */
#ifndef VN_HUB_STORAGE_QUARANTINE_SQL_H
#define VN_HUB_STORAGE_QUARANTINE_SQL_H

/* Open, and waits for something, behind {enrolment, seq}: quarantine_waits. */
#define VN_SQL_WAITS                                                                                         \
    " FROM quarantine WHERE decision = 0 AND (stranger <> 0 OR class = 0) AND (enrolment, seq) > (?, ?)"

/* Of these, up to {enrolment, seq}: the tills (VN_QUARANTINE_FOR_TILLS) or a sale were waited for less often than so many times,
 * or an account was; and what was waited for is there now, unless it is the tills. Subqueries with a value, since PostgreSQL
 * reads the whole table for an EXISTS beside an OR. */
#define VN_SQL_KNOWN                                                                                         \
    VN_SQL_WAITS                                                                                             \
    " AND (enrolment, seq) <= (?, ?) AND ((stranger = ? AND attempts < ?)"                                   \
    " OR (stranger <> 0 AND (SELECT 1 FROM account WHERE account.id = quarantine.stranger"                   \
    " AND (account.closed = 0 OR account.issued <> 0)) = 1)"                                                 \
    " OR (class = 0 AND has_sale = 1 AND attempts < ? AND (SELECT 1 FROM sale"                               \
    " WHERE sale.pos = quarantine.pos AND sale.date = quarantine.date AND sale.receipt = quarantine.receipt" \
    " AND sale.commit_seq <> 0 LIMIT 1) = 1))"

/* Of an enrolment, waits for the tills (VN_QUARANTINE_FOR_TILLS) and was not tried yet: quarantine_stranger. */
#define VN_SQL_UNTRIED                                                                                       \
    " FROM quarantine WHERE decision = 0 AND stranger = ? AND stranger <> 0 AND attempts = 0"                \
    " AND quarantine.enrolment = enrolment.id AND quarantine.seq <= enrolment.shown_seq"

#endif
