/* Conditions that find what waits in quarantine beside a million refused entries of one till. Each says what its index says
 * (schema.c), word by word: a database takes such an index for no statement that leaves it to the parameters. A test holds them
 * against SQLite's plans. Not for other folders. */
#ifndef VN_HUB_STORAGE_QUARANTINE_SQL_H
#define VN_HUB_STORAGE_QUARANTINE_SQL_H

/* Open, and waits for something, behind {enrolment, seq}: quarantine_waits. */
#define VN_SQL_WAITS                                                                                         \
    " FROM quarantine WHERE decision = 0 AND (stranger <> 0 OR class = 0) AND (enrolment, seq) > (?, ?)"

/* Of an enrolment, waits for the tills (VN_QUARANTINE_FOR_TILLS) and was not tried yet: quarantine_stranger. */
#define VN_SQL_UNTRIED                                                                                       \
    " FROM quarantine WHERE decision = 0 AND stranger = ? AND stranger <> 0 AND attempts = 0"                \
    " AND quarantine.enrolment = enrolment.id AND quarantine.seq <= enrolment.shown_seq"

#endif
