#include "tests/unit/database.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One database a program, emptied for each test: that is ten times as fast as one a test. */
struct database {
    char server[DATABASE_URI];
    char name[32];
};

static void read_server(struct database *database)
{
    const char *path = getenv("VERNO_TEST_POSTGRES");
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    if (file == NULL || fgets(database->server, sizeof database->server, file) == NULL) {
        (void)fprintf(stderr, "VERNO_TEST_POSTGRES names no running server\n");
        abort();
    }
    database->server[strcspn(database->server, "\n")] = '\0';
    (void)fclose(file);
    (void)snprintf(database->name, sizeof database->name, "verno_%ld", (long)getpid());
}

/* The same address with this database in place of "/postgres?". */
static void write_uri(const struct database *database, char uri[DATABASE_URI])
{
    const char *mark = strstr(database->server, "/postgres?");
    if (mark == NULL) {
        abort();
    }
    (void)snprintf(uri, DATABASE_URI, "%.*s/%s?%s", (int)(mark - database->server), database->server,
                   database->name, mark + strlen("/postgres?"));
}

static void run(const char *uri, const char *sql)
{
    PGconn *conn = PQconnectdb(uri);
    PQclear(PQexec(conn, "SET client_min_messages = warning"));
    PGresult *result = PQexec(conn, sql);
    ExecStatusType how = PQresultStatus(result);
    if (how != PGRES_COMMAND_OK && how != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(conn));
        abort();
    }
    PQclear(result);
    PQfinish(conn);
}

static bool exists(const struct database *database)
{
    char uri[DATABASE_URI];
    write_uri(database, uri);
    PGconn *conn = PQconnectdb(uri);
    bool there = PQstatus(conn) == CONNECTION_OK;
    PQfinish(conn);
    return there;
}

bool database_is_postgres(void)
{
    return getenv("VERNO_TEST_POSTGRES") != NULL;
}

const char *database_make(char uri[DATABASE_URI])
{
    struct database database;
    char sql[128];
    if (!database_is_postgres()) {
        return NULL;
    }
    read_server(&database);
    write_uri(&database, uri);
    if (exists(&database)) {
        run(uri, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    } else {
        (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0", database.name);
        run(database.server, sql);
    }
    return uri;
}

void database_run(const char *sql)
{
    struct database database;
    char uri[DATABASE_URI];
    read_server(&database);
    write_uri(&database, uri);
    run(uri, sql);
}

void database_away(bool away)
{
    struct database database;
    char sql[256];
    read_server(&database);
    (void)snprintf(sql, sizeof sql, "ALTER DATABASE %s ALLOW_CONNECTIONS %s", database.name,
                   away ? "false" : "true");
    run(database.server, sql);
    (void)snprintf(sql, sizeof sql,
                   "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
                   database.name);
    if (away) {
        run(database.server, sql);
    }
}
