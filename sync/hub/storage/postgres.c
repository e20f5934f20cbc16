/* The driver over libpq: several hub processes on one PostgreSQL.
 *
 * What goes wrong there: a transaction collides with another one (it is told so at any statement, or at the commit); the server
 * or the line goes away, also in the middle of a commit, and then nobody knows whether it was done; a commit answers well and
 * says in a warning that the standby does not have it; a statement that fails ends the transaction, and the commit of such a one
 * answers well and has rolled back. So every unit can be run again (storage.h), only a commit without any warning counts, and
 * its command tag is looked at.
 *
 * Write transactions are SERIALIZABLE: what one decides by looking (a sale that is not there, a balance) holds when it
 * commits. */
#include "sync/hub/storage/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/schema.h"

#define SERVER_VERSION_MIN 150000
#define RETRY_FIRST_NS     INT64_C(100000000)
#define RETRY_MAX_NS       INT64_C(5000000000)
#define SCHEMA_BYTES_MAX   65536

/* What a server that shuts down, or is a standby, says counts as a lost connection: the next one may find another server. */
static const struct {
    const char *state; /* the beginning of a SQLSTATE */
    enum vn_status status;
} states[] = {
    {"40001", VN_AGAIN},    {"40P01", VN_AGAIN},  {"55P03", VN_AGAIN}, {"57014", VN_AGAIN},
    {"23505", VN_CONFLICT}, {"25006", VN_GONE},   {"08", VN_GONE},     {"57P", VN_GONE},
    {"25P03", VN_GONE},     {"53300", VN_GONE},   {"53100", VN_FULL},  {"53200", VN_NOMEM},
    {"54", VN_FULL},        {"58", VN_IO},        {"XX", VN_CORRUPT},  {"28", VN_DENIED},
    {"42501", VN_DENIED},   {"3D000", VN_ABSENT},
};

static void keep_text(struct postgres *postgres, const char *text)
{
    /* "ERROR:  " is what each begins with. */
    const char *colon = strstr(text, ":  ");
    const char *from = colon == NULL ? text : colon + 3;
    (void)snprintf(postgres->text, sizeof postgres->text, "%.*s", (int)strcspn(from, "\n"), from);
}

/* The connection is no use any more; the next one is tried at once, and later ones with pauses. */
static void give_up(struct postgres *postgres)
{
    if (postgres->conn != NULL) {
        PQfinish(postgres->conn);
        postgres->conn = NULL;
        postgres->retry_ns = 0;
        postgres->retry_wait_ns = RETRY_FIRST_NS;
    }
    if (postgres->sql.away_since_ms == 0) {
        postgres->sql.away_since_ms = vn_clock_wall_ms(&postgres->options.clock);
    }
}

/* What has no SQLSTATE, the server did not say: the line broke, which libpq may not yet call a bad connection. Statements that
 * were skipped behind one that failed have none either. */
static enum vn_status status_of(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == NULL) {
        return PQresultStatus(result) == PGRES_PIPELINE_ABORTED ? VN_ARG : VN_GONE;
    }
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0) {
            return states[i].status;
        }
    }
    return VN_ARG;
}

enum vn_status vn_postgres_fail(struct postgres *postgres, const PGresult *result)
{
    enum vn_status status = status_of(result);
    if (postgres->failed == VN_OK) {
        keep_text(postgres, result == NULL ? PQerrorMessage(postgres->conn) : PQresultErrorMessage(result));
    }
    if (status == VN_GONE || PQstatus(postgres->conn) == CONNECTION_BAD) {
        status = VN_GONE;
        give_up(postgres);
    }
    /* What follows in the same transaction fails because of this one. */
    if (postgres->open && postgres->failed == VN_OK) {
        postgres->failed = status;
    }
    return postgres->open && status != VN_GONE ? postgres->failed : status;
}

/* Runs statements without rows; VN_GONE when there is no connection. `tag` gets the last one's command tag when it is not
 * NULL. */
static enum vn_status run_tagged(struct postgres *postgres, const char *text, char *tag, size_t tag_size)
{
    if (postgres->conn == NULL) {
        return VN_GONE;
    }
    PGresult *result = PQexec(postgres->conn, text);
    ExecStatusType how = PQresultStatus(result);
    enum vn_status status = VN_OK;
    if (how != PGRES_COMMAND_OK && how != PGRES_TUPLES_OK) {
        status = vn_postgres_fail(postgres, result);
    } else if (tag != NULL) {
        (void)snprintf(tag, tag_size, "%s", PQcmdStatus(result));
    }
    PQclear(result);
    return status;
}

static enum vn_status run(struct vn_sql *sql, const char *text)
{
    struct postgres *postgres = vn_postgres_of(sql);
    enum vn_status status = run_tagged(postgres, text, NULL, 0);
    if (status == VN_OK) {
        postgres->failed =
            VN_OK; /* of all statements, only going back to a savepoint works after a failure */
    }
    return status;
}

static void on_notice(void *ctx, const PGresult *result)
{
    struct postgres *postgres = ctx;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity != NULL && strcmp(severity, "WARNING") == 0) {
        postgres->warned = true;
        keep_text(postgres, PQresultErrorMessage(result));
    }
}

static enum vn_status set_up(struct postgres *postgres)
{
    const char *encoding = PQparameterStatus(postgres->conn, "server_encoding");
    if (PQserverVersion(postgres->conn) < SERVER_VERSION_MIN) {
        (void)snprintf(postgres->text, sizeof postgres->text, "PostgreSQL 15 or newer is needed");
        return VN_UNSUPPORTED;
    }
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0) {
        (void)snprintf(postgres->text, sizeof postgres->text,
                       "the database's encoding is %s; make one with ENCODING 'UTF8'",
                       encoding == NULL ? "?" : encoding);
        return VN_UNSUPPORTED;
    }
    (void)PQsetNoticeReceiver(postgres->conn, on_notice, postgres);
    /* A commit that the server answers must be durable, whatever its default is; a hub that stands still must not hold up the
     * others for ever. */
    enum vn_status status = run_tagged(postgres,
                                       "SET client_min_messages = warning; SET lock_timeout = '10s';"
                                       "SET idle_in_transaction_session_timeout = '60s';"
                                       "SELECT set_config('synchronous_commit', 'on', false)"
                                       " WHERE current_setting('synchronous_commit') IN ('off', 'local')",
                                       NULL, 0);
    if (status == VN_OK && postgres->options.reader) {
        status = run_tagged(postgres, "SET default_transaction_read_only = on", NULL, 0);
    }
    return status;
}

/* What the database's own words leave out: a line that is dead is noticed in seconds. */
static PGconn *dial(const char *database)
{
    const char *const names[] = {
        "connect_timeout",     "target_session_attrs",
        "tcp_user_timeout",    "keepalives_idle",
        "keepalives_interval", "keepalives_count",
        "application_name",    "dbname",
        "client_encoding",     NULL,
    };
    const char *const values[] = {
        "5", "read-write", "10000", "10", "3", "3", "verno-hub", database, "UTF8", NULL,
    };
    return PQconnectdbParams(names, values, 1);
}

enum vn_status vn_postgres_ready(struct postgres *postgres)
{
    if (postgres->conn != NULL && PQstatus(postgres->conn) == CONNECTION_OK) {
        return VN_OK;
    }
    int64_t now_ns = vn_clock_mono_ns(&postgres->options.clock);
    if (postgres->retry_ns != 0 && now_ns < postgres->retry_ns) {
        return VN_GONE;
    }
    PQfinish(postgres->conn);
    postgres->conn = dial(postgres->database);
    enum vn_status status = VN_GONE;
    if (PQstatus(postgres->conn) == CONNECTION_OK) {
        postgres->sql.connection++;
        status = set_up(postgres);
    } else {
        keep_text(postgres, PQerrorMessage(postgres->conn));
    }
    if (status == VN_OK) {
        postgres->sql.away_since_ms = 0;
        return VN_OK;
    }
    int64_t wait_ns = postgres->retry_wait_ns;
    give_up(postgres);
    postgres->retry_ns = now_ns + wait_ns;
    postgres->retry_wait_ns = wait_ns * 2 > RETRY_MAX_NS ? RETRY_MAX_NS : wait_ns * 2;
    return status;
}

static enum vn_status begin(struct vn_sql *sql, enum vn_sql_kind kind)
{
    static const char *const texts[] = {[VN_SQL_WRITE] = "BEGIN ISOLATION LEVEL SERIALIZABLE",
                                        [VN_SQL_READ] = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
                                        [VN_SQL_SNAPSHOT] =
                                            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
    struct postgres *postgres = vn_postgres_of(sql);
    enum vn_status status = VN_GONE;
    if (postgres->open) { /* the server would only warn, and the inner commit end both */
        return VN_ARG;
    }
    /* That the line broke while nothing was said is noticed here, and a new one may do. */
    for (int tries = 0; tries < 2 && status == VN_GONE; tries++) {
        status = vn_postgres_ready(postgres);
        if (status != VN_OK) {
            return status;
        }
        status = run_tagged(postgres, texts[kind], NULL, 0);
    }
    postgres->open = status == VN_OK;
    postgres->failed = VN_OK;
    return status;
}

static void rollback(struct vn_sql *sql)
{
    struct postgres *postgres = vn_postgres_of(sql);
    if (!postgres->open) {
        return;
    }
    postgres->open = false;
    postgres->failed = VN_OK;
    if (postgres->conn != NULL && run_tagged(postgres, "ROLLBACK", NULL, 0) != VN_OK) {
        give_up(postgres);
    }
}

static enum vn_status commit(struct vn_sql *sql)
{
    struct postgres *postgres = vn_postgres_of(sql);
    enum vn_status failed = postgres->failed;
    char tag[16] = "";
    if (failed != VN_OK || !postgres->open) {
        rollback(sql);
        return failed != VN_OK ? failed : VN_ARG;
    }
    postgres->warned = false;
    enum vn_status status = run_tagged(postgres, "COMMIT", tag, sizeof tag);
    postgres->open = false;
    postgres->failed = VN_OK;
    if (status == VN_OK && strcmp(tag, "COMMIT") != 0) {
        return VN_ARG;
    }
    /* Such as "canceling wait for synchronous replication": it is here, and maybe nowhere else. */
    return status == VN_OK && postgres->warned ? VN_GONE : status;
}

/* A number of the server's own, as a text. */
static enum vn_status ask(struct postgres *postgres, const char *text, int64_t *out)
{
    *out = 0;
    if (postgres->conn == NULL) {
        return VN_GONE;
    }
    PGresult *result = PQexec(postgres->conn, text);
    enum vn_status status = VN_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        status = vn_postgres_fail(postgres, result);
    } else if (PQntuples(result) == 1 && PQgetisnull(result, 0, 0) == 0) {
        *out = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    }
    PQclear(result);
    return status;
}

/* The server reads its settings anew between statements, and waits by those of the moment. */
static enum vn_status held(struct vn_sql *sql, bool *out)
{
    int64_t waits = 0;
    enum vn_status status =
        ask(vn_postgres_of(sql),
            "SELECT count(*) FROM (SELECT 1) AS one WHERE current_setting('synchronous_standby_names') <> ''"
            " AND current_setting('synchronous_commit') IN ('on', 'remote_apply')",
            &waits);
    *out = waits != 0;
    return status;
}

static enum vn_status now_ms(struct vn_sql *sql, int64_t *out)
{
    return ask(vn_postgres_of(sql), "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
               out);
}

static enum vn_status failed(const struct vn_sql *sql)
{
    return vn_postgres_of(sql)->failed;
}

static bool is_lost(const struct vn_sql *sql)
{
    (void)sql;
    return false; /* what its disk does is the server's business, and it says so by failing */
}

static void describe(struct vn_sql *sql, enum vn_status status, struct vn_error *error)
{
    (void)vn_fail(error, status, "PostgreSQL: %s", vn_postgres_of(sql)->text);
}

static void close_postgres(struct vn_sql *sql)
{
    struct postgres *postgres = vn_postgres_of(sql);
    PQfinish(postgres->conn);
    free(postgres->database);
    free(postgres);
}

static const struct vn_sql_ops ops = {
    .close = close_postgres,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .failed = failed,
    .now_ms = now_ms,
    .held = held,
    .run = run,
    .prepare = vn_postgres_prepare,
    .destroy = vn_postgres_destroy,
    .bind_int = vn_postgres_bind_int,
    .bind_text = vn_postgres_bind_text,
    .bind_view = vn_postgres_bind_view,
    .step = vn_postgres_step,
    .reset = vn_postgres_reset,
    .many = vn_postgres_many,
    .column_int = vn_postgres_int,
    .column_view = vn_postgres_view,
    .is_lost = is_lost,
    .describe = describe,
};

static enum vn_status apply_steps(struct postgres *postgres, int64_t version)
{
    struct vn_buf text;
    char mark[128];
    int first = version == 0 ? 0 : (int)version - VN_SCHEMA_FIRST + 1;
    int count = VN_SCHEMA_VERSION - VN_SCHEMA_FIRST + 1;
    enum vn_status status = VN_OK;
    vn_buf_init(&text, SCHEMA_BYTES_MAX);
    for (int i = first; i < count && status == VN_OK; i++) {
        vn_buf_clear(&text);
        status = vn_schema_translate(vn_schema_common[i], &text);
        if (status == VN_OK) {
            status = vn_buf_append(&text, vn_view_of("", 1));
        }
        if (status == VN_OK) {
            status = run_tagged(postgres, (const char *)vn_buf_view(&text).data, NULL, 0);
        }
    }
    if (status == VN_OK) {
        (void)snprintf(mark, sizeof mark,
                       "INSERT INTO number(name, value) VALUES('schema', %d) ON CONFLICT(name) DO UPDATE SET"
                       " value = excluded.value",
                       VN_SCHEMA_VERSION);
        status = run_tagged(postgres, mark, NULL, 0);
    }
    vn_buf_deinit(&text);
    return status;
}

/* In one transaction, and one program after the other. */
static enum vn_status migrate(struct postgres *postgres, bool create, struct vn_error *error)
{
    int64_t there = 0;
    int64_t version = 0;
    enum vn_status status = run_tagged(postgres, "BEGIN; SELECT pg_advisory_xact_lock(6083977215)", NULL, 0);
    postgres->open = status == VN_OK;
    if (status == VN_OK) {
        status =
            ask(postgres,
                "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'number'",
                &there);
    }
    if (status == VN_OK && there != 0) {
        status = ask(postgres, "SELECT value FROM number WHERE name = 'schema'", &version);
    }
    if (status == VN_OK && create && there != 0) {
        status =
            vn_fail(error, VN_CONFLICT, "the database has a chain already: a chain is never overwritten");
    } else if (status == VN_OK && !create && version == 0) {
        status = vn_fail(error, VN_ABSENT,
                         "there is no chain in this database; make one with verno-hub init --database");
    } else if (status == VN_OK && version > VN_SCHEMA_VERSION) {
        status = vn_fail(error, VN_UNSUPPORTED, "schema %lld is newer than this program's %d",
                         (long long)version, VN_SCHEMA_VERSION);
    } else if (status == VN_OK && version < VN_SCHEMA_VERSION) {
        status = apply_steps(postgres, version);
    }
    if (status != VN_OK) {
        rollback(&postgres->sql);
        return error->status == status ? status : vn_fail(error, status, "PostgreSQL: %s", postgres->text);
    }
    status = commit(&postgres->sql);
    return status == VN_OK ? VN_OK : vn_fail(error, status, "PostgreSQL: %s", postgres->text);
}

enum vn_status vn_postgres_open(const char *database, const struct vn_storage_options *options, bool create,
                                struct vn_sql **out, struct vn_error *error)
{
    *out = NULL;
    struct postgres *postgres = calloc(1, sizeof *postgres);
    if (postgres == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    postgres->sql.ops = &ops;
    postgres->options = *options;
    postgres->retry_wait_ns = RETRY_FIRST_NS;
    postgres->database = strdup(database);
    enum vn_status status =
        postgres->database == NULL ? vn_fail(error, VN_NOMEM, "out of memory") : vn_postgres_ready(postgres);
    if (status != VN_OK && postgres->database != NULL) {
        status = vn_fail(error, status, "PostgreSQL: %s", postgres->text);
    }
    if (status == VN_OK && !options->reader) {
        status = migrate(postgres, create, error);
    }
    if (status != VN_OK) {
        close_postgres(&postgres->sql);
        return status;
    }
    *out = &postgres->sql;
    return VN_OK;
}
