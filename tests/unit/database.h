/* Where a test's hub keeps its data: SQLite, or a database of the test's own at the PostgreSQL server whose address is in the
 * file that VERNO_TEST_POSTGRES names (tests/integration/postgres.py starts it). */
#ifndef VN_TESTS_DATABASE_H
#define VN_TESTS_DATABASE_H

#include <stdbool.h>

#define DATABASE_URI 256

bool database_is_postgres(void);
/* An empty database of this program, which goes with the server. Its address goes into `uri`, NULL when the test's database is
 * hub.db. */
const char *database_make(char uri[DATABASE_URI]);
/* Runs statements in it, beside the program under test. */
void database_run(const char *sql);

/* Lets nobody connect any more and ends who is connected, or lets them again. */
void database_away(bool away);

#endif
