/* Transactions, units that run again, numbers, and what the schema promises, over each database. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/feed/publisher.h"
#include "sync/hub/storage/schema.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

#define OTHERS                                                                                               \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"              \
    " AND pid <> pg_backend_pid()"

static int64_t number_of(struct vn_storage *storage, const char *name)
{
    int64_t value = -1;
    enum vn_status status = vn_storage_number(storage, name, &value);
    assert_true(status == VN_OK || status == VN_ABSENT);
    return value;
}

/* A second connection to the world's database; NULL when it can have only one. */
static struct vn_storage *second(const struct world *world)
{
    struct vn_storage *storage = NULL;
    struct vn_error error;
    if (world->database != NULL) {
        assert_int_equal(vn_storage_open(world->database, NULL, &storage, &error), VN_OK);
    }
    return storage;
}

static void test_storage_rollback_leaves_nothing(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_number_put(storage, "x", 1), VN_OK);
    vn_storage_rollback(storage);
    assert_int_equal(number_of(storage, "x"), -1);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_number_put(storage, "x", 2), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    vn_storage_rollback(storage); /* of nothing */
    assert_int_equal(number_of(storage, "x"), 2);
}

struct counted {
    int runs;
    int fail_below; /* run number */
    enum vn_status status;
};

static enum vn_status count_up(void *ctx, struct vn_storage *storage)
{
    struct counted *counted = ctx;
    enum vn_status status = vn_storage_number_put(storage, "runs", ++counted->runs);
    return status != VN_OK ? status : counted->runs < counted->fail_below ? counted->status : VN_OK;
}

static void test_storage_unit_runs_again_when_it_collides(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    struct counted counted = {0, 3, VN_AGAIN};
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, count_up, &counted), VN_OK);
    assert_int_equal(counted.runs, 3);
    assert_int_equal(number_of(storage, "runs"), 3);
    counted = (struct counted){0, 1000, VN_AGAIN};
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, count_up, &counted), VN_AGAIN);
    assert_int_equal(counted.runs, VN_STORAGE_TRIES);
    counted = (struct counted){0, 1000, VN_INPUT};
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, count_up, &counted), VN_INPUT);
    assert_int_equal(counted.runs, 1);
    assert_int_equal(number_of(storage, "runs"), 3);
}

static void test_storage_reading_does_not_write(void **state)
{
    struct world *world = *state;
    struct vn_storage *reader = NULL;
    struct vn_error error;
    char path[VN_PATH_MAX];
    struct counted counted = {0};
    const struct vn_storage_options options = {
        .reader = true, .clock = vn_clock_system(), .random = vn_random_system()};
    (void)snprintf(path, sizeof path, "%s/hub.db", world->dir);
    assert_int_equal(
        vn_storage_open(world->database == NULL ? path : world->database, &options, &reader, &error), VN_OK);
    assert_int_equal(number_of(reader, "epoch"), 1);
    assert_int_not_equal(vn_storage_unit(reader, VN_SQL_READ, count_up, &counted), VN_OK);
    counted.runs = 0;
    assert_int_not_equal(vn_storage_unit(reader, VN_SQL_SNAPSHOT, count_up, &counted), VN_OK);
    assert_int_equal(number_of(world->hub.storage, "runs"), -1);
    vn_storage_close(reader);
}

struct looked {
    struct world *world;
    int64_t before, after;
};

static enum vn_status look_twice(void *ctx, struct vn_storage *storage)
{
    struct looked *looked = ctx;
    looked->before = number_of(storage, "seen");
    assert_int_equal(vn_storage_begin(looked->world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_number_put(looked->world->hub.storage, "seen", 2), VN_OK);
    assert_int_equal(vn_storage_commit(looked->world->hub.storage), VN_OK);
    looked->after = number_of(storage, "seen");
    return VN_OK;
}

static void test_storage_a_snapshot_is_of_one_moment(void **state)
{
    struct world *world = *state;
    struct vn_storage *reader = NULL;
    struct vn_error error;
    char path[VN_PATH_MAX];
    struct looked looked = {.world = world};
    const struct vn_storage_options options = {
        .reader = true, .clock = vn_clock_system(), .random = vn_random_system()};
    (void)snprintf(path, sizeof path, "%s/hub.db", world->dir);
    assert_int_equal(
        vn_storage_open(world->database == NULL ? path : world->database, &options, &reader, &error), VN_OK);
    assert_int_equal(vn_storage_unit(reader, VN_SQL_SNAPSHOT, look_twice, &looked), VN_OK);
    assert_int_equal(looked.before, -1);
    assert_int_equal(looked.after, -1);
    assert_int_equal(number_of(reader, "seen"), 2);
    vn_storage_close(reader);
}

static void test_storage_numbers_are_given_once(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    int64_t last = 0;
    int64_t next = 0;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    for (int i = 0; i < 2500; i++) {
        assert_int_equal(vn_sql_next(storage, VN_SERIES_NAME, &next), VN_OK);
        assert_true(next > last);
        last = next;
    }
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    /* A block that was raised in what is rolled back was never raised. */
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    for (int i = 0; i < 1450; i++) { /* up to the midst of one */
        assert_int_equal(vn_sql_next(storage, VN_SERIES_NAME, &next), VN_OK);
    }
    vn_storage_rollback(storage);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_next(storage, VN_SERIES_NAME, &next), VN_OK);
    assert_true(next > last);
    last = next;
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    world_reopen(world);
    storage = world->hub.storage;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_next(storage, VN_SERIES_NAME, &next), VN_OK);
    assert_true(next > last);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static void test_storage_two_processes_share_numbers(void **state)
{
    struct world *world = *state;
    struct vn_storage *storages[] = {world->hub.storage, second(world)};
    bool seen[8000] = {false};
    for (int turn = 0; turn < 4 && storages[1] != NULL; turn++) {
        struct vn_storage *storage = storages[turn % 2];
        assert_int_equal(vn_storage_begin(storage), VN_OK);
        for (int i = 0; i < 700; i++) {
            int64_t number = 0;
            assert_int_equal(vn_sql_next(storage, VN_SERIES_SALE, &number), VN_OK);
            assert_in_range(number, 1, 7999);
            assert_false(seen[number]);
            seen[number] = true;
        }
        assert_int_equal(vn_storage_commit(storage), VN_OK);
    }
    vn_storage_close(storages[1]);
}

static void mark_in(struct vn_storage *storage, const char *key)
{
    assert_int_equal(vn_storage_change(storage, VN_FEED_ITEM, key), VN_OK);
}

static void commit_mark(struct vn_storage *storage, const char *key)
{
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    mark_in(storage, key);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

/* A till that reads between the two commits must hear of the one that came late: its mark has the lower number, and the
 * publisher has passed it by. */
static void test_storage_a_late_commit_is_not_skipped_by_the_feed(void **state)
{
    struct world *world = *state;
    struct vn_storage *late = second(world);
    struct vn_change changes[4];
    unsigned count = 0;
    if (late == NULL) {
        return; /* one writer after the other */
    }
    commit_mark(late, "early"); /* both have their block of ids from here on */
    commit_mark(world->hub.storage, "early");
    int64_t before = world_publish(world);
    assert_int_equal(vn_storage_begin(late), VN_OK);
    mark_in(late, "late");
    commit_mark(world->hub.storage, "soon");
    int64_t read_up_to = world_publish(world);
    assert_int_equal(vn_storage_changes(world->hub.storage, "", before, changes, 4, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(changes[0].key, "soon");
    assert_int_equal(vn_storage_commit(late), VN_OK);
    assert_true(world_publish(world) > read_up_to);
    assert_int_equal(vn_storage_changes(world->hub.storage, "", read_up_to, changes, 4, &count), VN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(changes[0].key, "late");
    vn_storage_close(late);
}

/* Two publishers take turns: whoever finds the numbers taken runs again, and finds the marks gone. */
static void test_storage_two_publishers_give_each_number_once(void **state)
{
    struct world *world = *state;
    struct vn_hub other = world->hub;
    struct vn_change changes[8];
    int64_t taken = 0, last = 0;
    unsigned count = 0;
    bool more = false;
    other.storage = second(world);
    if (other.storage == NULL) {
        return;
    }
    commit_mark(world->hub.storage, "a");
    commit_mark(other.storage, "b");
    assert_int_equal(vn_feed_publish(&other, &last, &more), VN_OK);
    assert_int_equal(world_publish(world), last);
    assert_int_equal(vn_storage_changes(world->hub.storage, "", 0, changes, 8, &count), VN_OK);
    assert_int_equal(count, 2);
    assert_true(changes[0].number < changes[1].number);
    /* Who took numbers makes the other wait, or run again, until he has committed. */
    assert_int_equal(vn_storage_begin(other.storage), VN_OK);
    assert_int_equal(vn_storage_change_raise(other.storage, 5, &taken), VN_OK);
    assert_int_equal(taken, last + 5);
    vn_storage_rollback(other.storage);
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_change_raise(world->hub.storage, 1, &taken), VN_OK);
    assert_int_equal(taken, last + 1);
    vn_storage_rollback(world->hub.storage);
    vn_storage_close(other.storage);
}

struct rival {
    struct vn_storage *other;
    int runs;
    bool blames; /* somebody else for what fails */
};

/* In its first run another one changes what it has read and goes on to write. */
static enum vn_status against_a_rival(void *ctx, struct vn_storage *storage)
{
    struct rival *rival = ctx;
    int64_t value = number_of(storage, "epoch");
    if (rival->runs++ == 0) {
        assert_int_equal(vn_storage_begin(rival->other), VN_OK);
        assert_int_equal(vn_storage_number_put(rival->other, "epoch", value + 10), VN_OK);
        assert_int_equal(vn_storage_commit(rival->other), VN_OK);
    }
    enum vn_status status = vn_storage_number_put(storage, "epoch", value + 1);
    return status != VN_OK && rival->blames ? VN_INPUT : status;
}

static void test_storage_collision_is_resolved_by_another_run(void **state)
{
    struct world *world = *state;
    struct rival rival = {.other = second(world)};
    if (rival.other == NULL) {
        return; /* one writer at a time: nothing can collide */
    }
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, against_a_rival, &rival), VN_OK);
    assert_int_equal(rival.runs, 2);
    assert_int_equal(number_of(world->hub.storage, "epoch"), 12);
    rival.runs = 0;
    rival.blames = true;
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, against_a_rival, &rival), VN_OK);
    assert_int_equal(rival.runs, 2);
    assert_int_equal(number_of(world->hub.storage, "epoch"), 23);
    vn_storage_close(rival.other);
}

/* Each of two looks for what the other one writes: whoever commits second must run again. */
static enum vn_status look_and_write(void *ctx, struct vn_storage *storage)
{
    struct rival *rival = ctx;
    int64_t there = number_of(storage, "theirs");
    if (rival->runs++ == 0) {
        assert_int_equal(vn_storage_begin(rival->other), VN_OK);
        assert_int_equal(number_of(rival->other, "ours"), -1);
        assert_int_equal(vn_storage_number_put(rival->other, "theirs", 1), VN_OK);
        assert_int_equal(vn_storage_commit(rival->other), VN_OK);
    }
    return vn_storage_number_put(storage, "ours", there == 1 ? 2 : 1);
}

static void test_storage_what_was_looked_for_is_still_so_at_the_commit(void **state)
{
    struct world *world = *state;
    struct rival rival = {.other = second(world)};
    if (rival.other == NULL) {
        return;
    }
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, look_and_write, &rival), VN_OK);
    assert_int_equal(rival.runs, 2);
    assert_int_equal(number_of(world->hub.storage, "ours"), 2);
    vn_storage_close(rival.other);
}

struct cut {
    int runs;
    int cuts;
};

static enum vn_status cut_in_the_middle(void *ctx, struct vn_storage *storage)
{
    struct cut *cut = ctx;
    enum vn_status status = vn_storage_number_put(storage, "cut", ++cut->runs);
    if (status == VN_OK && cut->runs <= cut->cuts) {
        database_run(OTHERS);
    }
    return status == VN_OK ? vn_storage_number_put(storage, "after", cut->runs) : status;
}

static void test_storage_a_lost_connection_is_made_again(void **state)
{
    struct world *world = *state;
    struct cut cut = {0, 2};
    if (world->database == NULL) {
        return;
    }
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, cut_in_the_middle, &cut), VN_OK);
    assert_int_equal(cut.runs, 3);
    assert_int_equal(number_of(world->hub.storage, "after"), 3);
    /* Between two statements that are alone, and between two units. */
    database_run(OTHERS);
    assert_int_equal(number_of(world->hub.storage, "after"), 3);
    database_run(OTHERS);
    cut = (struct cut){0, 0};
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, cut_in_the_middle, &cut), VN_OK);
    assert_int_equal(cut.runs, 1);
    assert_int_equal(vn_storage_away_since_ms(world->hub.storage), 0);
}

static void test_storage_says_since_when_the_database_is_away(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = NULL;
    struct vn_error error;
    const struct vn_storage_options options = {.clock = world->hub.clock, .random = world->hub.random};
    struct cut cut = {0, 0};
    if (world->database == NULL) {
        assert_int_equal(vn_storage_away_since_ms(world->hub.storage), 0);
        return;
    }
    assert_int_equal(vn_storage_open(world->database, &options, &storage, &error), VN_OK);
    assert_int_equal(vn_storage_away_since_ms(storage), 0);
    database_away(true);
    int64_t since_ms = world->now_ms;
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, cut_in_the_middle, &cut), VN_GONE);
    world->now_ms += 60000;
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, cut_in_the_middle, &cut), VN_GONE);
    assert_int_equal(vn_storage_away_since_ms(storage), since_ms);
    database_away(false);
    /* The next try is not due yet; then it is. */
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, cut_in_the_middle, &cut), VN_GONE);
    world->now_ms += 60000;
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, cut_in_the_middle, &cut), VN_OK);
    assert_int_equal(vn_storage_away_since_ms(storage), 0);
    vn_storage_close(storage);
}

static enum vn_status add_store(void *ctx, struct vn_storage *storage)
{
    ++*(int *)ctx;
    return vn_storage_store_put(storage, "warned", "warned");
}

/* As it does when the wait for a standby was cancelled, which needs a standby (tests/integration/test_postgres.py). */
static void test_storage_a_warning_at_the_commit_is_no_commit(void **state)
{
    struct world *world = *state;
    int runs = 0;
    if (world->database == NULL) {
        return;
    }
    database_run(
        "CREATE SEQUENCE warned;"
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('warned') <= 2 THEN RAISE WARNING 'canceling wait'; END IF; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER warn AFTER INSERT OR UPDATE ON store DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION warn()");
    assert_int_equal(vn_storage_unit(world->hub.storage, VN_SQL_WRITE, add_store, &runs), VN_OK);
    assert_int_equal(runs, 3);
}

/* What a new connection waits for at a commit, where the database's own default is `given`. */
static void read_commit(const struct world *world, const char *given, char out[VN_TAG_MAX])
{
    char sql[192];
    struct vn_storage *storage = NULL;
    struct vn_row *row = NULL;
    struct vn_error error;
    (void)snprintf(sql, sizeof sql,
                   "DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET synchronous_commit = %%L',"
                   " current_database(), '%s'); END $$",
                   given);
    database_run(sql);
    assert_int_equal(vn_storage_open(world->database, NULL, &storage, &error), VN_OK);
    assert_int_equal(vn_sql_first(storage, &row, "SELECT current_setting('synchronous_commit')", ""), VN_OK);
    assert_int_equal(vn_row_text(row, 0, out, VN_TAG_MAX), VN_OK);
    vn_row_reset(row);
    vn_storage_close(storage);
}

static void test_storage_a_commit_that_is_answered_is_durable_whatever_the_servers_default(void **state)
{
    static const char *const defaults[][2] = {{"off", "on"},
                                              {"local", "on"},
                                              {"on", "on"},
                                              {"remote_write", "remote_write"},
                                              {"remote_apply", "remote_apply"}};
    const struct world *world = *state;
    char found[5][VN_TAG_MAX];
    if (world->database == NULL) {
        return;
    }
    for (size_t i = 0; i < 5; i++) {
        read_commit(world, defaults[i][0], found[i]);
    }
    read_commit(world, "on", (char[VN_TAG_MAX]){""}); /* for the tests that follow */
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(found[i], defaults[i][1]);
    }
}

static void test_storage_text_that_was_cut_in_a_letter_is_taken(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    static const char *const texts[] = {
        "caf\xc3",      "\xe2\x82",         "a\xff\xfe b",      "\xc3\xa9",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x98\x80", "\xe2\x82\xac \xc0\xaf"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char name[VN_NAME_MAX];
        assert_int_equal(vn_storage_begin(storage), VN_OK);
        assert_int_equal(vn_storage_store_put(storage, "s9", texts[i]), VN_OK);
        assert_int_equal(vn_storage_commit(storage), VN_OK);
        assert_int_equal(vn_storage_store_name(storage, "s9", name), VN_OK);
        assert_int_equal(strlen(name), strlen(texts[i]));
    }
}

static void test_storage_a_chain_is_never_overwritten(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = NULL;
    struct vn_error error = {VN_OK, "", ""};
    if (world->database == NULL) {
        return; /* vn_hub_init looks for the file */
    }
    assert_int_equal(vn_storage_create(world->database, NULL, &storage, &error), VN_CONFLICT);
    assert_null(storage);
    assert_non_null(strstr(error.text, "never overwritten"));
    database_run("UPDATE number SET value = 99 WHERE name = 'schema'");
    assert_int_equal(vn_storage_open(world->database, NULL, &storage, &error), VN_UNSUPPORTED);
    database_run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    assert_int_equal(vn_storage_open(world->database, NULL, &storage, &error), VN_ABSENT);
    assert_non_null(strstr(error.text, "verno-hub init"));
}

/* Reads one word of letters, digits and '_'. */
static const char *word(const char *at, char out[64])
{
    size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
    assert_in_range(len, 1, 63);
    memcpy(out, at, len);
    out[len] = '\0';
    return at + len;
}

/* Whether `column` is a word of the list of columns up to `end`. */
static bool lists(const char *from, const char *end, const char *column)
{
    size_t len = strlen(column);
    for (const char *at = from; at + len <= end; at++) {
        bool begins = at[-1] == '(' || at[-1] == ' ';
        if (begins && strncmp(at, column, len) == 0 && (at[len] == ',' || at[len] == ')')) {
            return true;
        }
    }
    return false;
}

/* What docs/scale.md tells: rows of a table that is spread over machines are found by one column. */
static void test_storage_each_table_has_a_distribution_key_in_its_primary_key(void **state)
{
    unsigned tables = 0;
    unsigned keys = 0;
    (void)state;
    for (size_t i = 0; i < sizeof vn_schema_common / sizeof *vn_schema_common; i++) {
        for (const char *at = vn_schema_common[i]; (at = strstr(at, "CREATE TABLE ")) != NULL; at++) {
            tables++;
        }
        for (const char *at = vn_schema_common[i]; (at = strstr(at, "-- key: ")) != NULL; at++) {
            char key[64];
            char table[64];
            char single[128];
            keys++;
            const char *ddl = word(at + strlen("-- key: "), key) + 1;
            assert_memory_equal(ddl, "CREATE TABLE ", strlen("CREATE TABLE "));
            const char *columns = word(ddl + strlen("CREATE TABLE "), table);
            const char *end = strchr(columns, ';');
            const char *primary = strstr(columns, "PRIMARY KEY(");
            bool many = primary != NULL && primary < end;
            (void)snprintf(single, sizeof single, "(%s ", key);
            bool found = strcmp(key, "none") == 0 ||
                         (many ? lists(primary + strlen("PRIMARY KEY("), strchr(primary, ')') + 1, key)
                               : strncmp(columns, single, strlen(single)) == 0);
            if (!found) {
                fail_msg("table %s: its key %s is not in its primary key", table, key);
            }
        }
    }
    assert_true(tables > 20);
    assert_int_equal(tables, keys);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_storage_rollback_leaves_nothing),
        TEST(test_storage_unit_runs_again_when_it_collides),
        TEST(test_storage_reading_does_not_write),
        TEST(test_storage_a_snapshot_is_of_one_moment),
        TEST(test_storage_numbers_are_given_once),
        TEST(test_storage_two_processes_share_numbers),
        TEST(test_storage_a_late_commit_is_not_skipped_by_the_feed),
        TEST(test_storage_two_publishers_give_each_number_once),
        TEST(test_storage_collision_is_resolved_by_another_run),
        TEST(test_storage_what_was_looked_for_is_still_so_at_the_commit),
        TEST(test_storage_a_lost_connection_is_made_again),
        TEST(test_storage_says_since_when_the_database_is_away),
        TEST(test_storage_a_warning_at_the_commit_is_no_commit),
        TEST(test_storage_a_commit_that_is_answered_is_durable_whatever_the_servers_default),
        TEST(test_storage_text_that_was_cut_in_a_letter_is_taken),
        TEST(test_storage_a_chain_is_never_overwritten),
        cmocka_unit_test(test_storage_each_table_has_a_distribution_key_in_its_primary_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
